/* The end-of-day file, read back. */
#ifndef FIXGATE_GATEWAY_CLI_COPYFILE_H
#define FIXGATE_GATEWAY_CLI_COPYFILE_H

#include "gateway/cli/copylist.h"

#define COPY_SUM_MAX 65 /* SHA-256 in hex, with its NUL */

void copy_file_sum(const uint8_t *p, size_t len, char out[COPY_SUM_MAX]);
/** See copy_log_read(): p is such a file, by its first bytes. */
int copy_file_read(
    struct copy_log *log, const uint8_t *p, size_t len) FIX_MUST_CHECK;

#endif
