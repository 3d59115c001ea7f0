/* The log of a process: lines to stderr, syslog or journald. One line an
 * event; control characters of peers are escaped; a line that repeats is told
 * once, with a count. */
#ifndef FIXGATE_GATEWAY_LOG_H
#define FIXGATE_GATEWAY_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "fix/err.h"

enum log_level { LOG_L_ERROR, LOG_L_WARN, LOG_L_INFO, LOG_L_DEBUG };

/** @param ident  role that speaks ("trader"); @param to  "stderr", "syslog" */
void log_open(const char *ident, const char *to, enum log_level max);
void log_error(const char *fmt, ...) FIX_PRINTF(1, 2);
void log_warn(const char *fmt, ...) FIX_PRINTF(1, 2);
void log_info(const char *fmt, ...) FIX_PRINTF(1, 2);
void log_debug(const char *fmt, ...) FIX_PRINTF(1, 2);
void log_at(enum log_level l, const char *fmt, ...) FIX_PRINTF(2, 3);
/** Tell of repeated lines that are held back; before a process ends. */
void log_flush(void);
/** Text for people: SOH as '|', other unprintable bytes as \xNN. Cuts at cap.
 * @return bytes written, NUL-terminated */
size_t log_escape(char *out, size_t cap, const char *in);
bool log_wants(enum log_level l);

#endif
