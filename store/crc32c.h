/* CRC32C (Castagnoli), by the processor where it can. Not installed. */
#ifndef FIXGATE_STORE_CRC32C_H
#define FIXGATE_STORE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/** Go on from crc (0 at the beginning) over n bytes. */
uint32_t fix_crc32c(uint32_t crc, const void *p, size_t n);
/** The same by table: what fix_crc32c() falls back to, and its test's twin. */
uint32_t fix_crc32c_plain(uint32_t crc, const void *p, size_t n);

#endif
