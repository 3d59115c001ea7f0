/*
 * The log of a process: one line an event, to stderr or syslog.
 *
 * Lines hold what peers sent, so bytes that are not printable ASCII are written
 * as \xNN: nobody outside can forge a line, colour a terminal or hide one. A
 * line that is the same as the one before is counted and not written; the count
 * is told before the next different line, or after a minute. Logging never
 * allocates and never fails the caller.
 */
#include "config.h"

#include "gateway/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024
#define REPEAT_S 60

static struct {
	char ident[32];
	bool to_syslog;
	enum log_level max;
	char last[LINE_MAX_BYTES]; /* text of the last line */
	enum log_level last_level;
	unsigned long repeats; /* of it, not written */
	time_t repeated_since;
} lg = { .ident = "fixgate", .max = LOG_L_INFO };

static const char *const level_names[] = { "error", "warn", "info", "debug" };
static const int priorities[] = { LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

_Static_assert(sizeof(level_names) / sizeof(level_names[0]) == LOG_L_DEBUG + 1,
    "every level has a name");

void
log_open(const char *ident, const char *to, enum log_level max)
{
	snprintf(lg.ident, sizeof(lg.ident), "%s", ident);
	lg.to_syslog = strcmp(to, "syslog") == 0;
	lg.max = max;
	if (lg.to_syslog)
		openlog("fixgated", LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

bool
log_wants(enum log_level l)
{
	return l <= lg.max;
}

size_t
log_escape(char *out, size_t cap, const char *in)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (; *in != '\0'; in++) {
		unsigned char ch = (unsigned char)*in;

		if (ch == 0x01 && n + 2 <= cap) { /* SOH, as people write it */
			out[n++] = '|';
		} else if (ch >= 0x20 && ch < 0x7f && ch != '\\' &&
			   n + 2 <= cap) {
			out[n++] = (char)ch;
		} else if (n + 5 <= cap) {
			out[n++] = '\\';
			out[n++] = 'x';
			out[n++] = hex[ch >> 4];
			out[n++] = hex[ch & 15];
		} else {
			break;
		}
	}
	out[n] = '\0';
	return n;
}

/* stamp level role: text. One write, so that lines of processes don't mix. */
static void
put(enum log_level l, const char *text)
{
	char line[LINE_MAX_BYTES + 128];
	struct timespec ts;
	struct tm tm;
	int n;

	if (lg.to_syslog) {
		syslog(priorities[l], "%s: %s", lg.ident, text);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	n = snprintf(line, sizeof(line),
	    "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ %s %s: %s\n",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, ts.tv_nsec / 1000, level_names[l], lg.ident, text);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(line)) {
		n = sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	while (write(STDERR_FILENO, line, (size_t)n) < 0 && errno == EINTR)
		;
}

void
log_flush(void)
{
	char text[64];

	if (lg.repeats == 0)
		return;
	snprintf(text, sizeof(text), "the last line came %lu more times",
	    lg.repeats);
	lg.repeats = 0;
	put(lg.last_level, text);
}

static bool
is_repeat(enum log_level l, const char *text, time_t now)
{
	if (l != lg.last_level || strcmp(text, lg.last) != 0)
		return false;
	if (lg.repeats == 0)
		lg.repeated_since = now;
	lg.repeats++;
	if (now - lg.repeated_since >= REPEAT_S)
		log_flush();
	return true;
}

static void FIX_PRINTF(2, 0) say(enum log_level l, const char *fmt, va_list ap)
{
	char raw[LINE_MAX_BYTES], text[LINE_MAX_BYTES];
	int saved = errno;

	if (!log_wants(l))
		return;
	vsnprintf(raw, sizeof(raw), fmt, ap);
	log_escape(text, sizeof(text), raw);
	if (!is_repeat(l, text, time(NULL))) {
		log_flush();
		snprintf(lg.last, sizeof(lg.last), "%s", text);
		lg.last_level = l;
		put(l, text);
	}
	errno = saved;
}

void
log_at(enum log_level l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(l, fmt, ap);
	va_end(ap);
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_L_ERROR, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_L_WARN, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_L_INFO, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_L_DEBUG, fmt, ap);
	va_end(ap);
}
