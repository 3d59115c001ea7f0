/* Bytes that someone else owns. A span never outlives what it points into. */
#ifndef FIXGATE_FIX_SPAN_H
#define FIXGATE_FIX_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct fix_span {
	const uint8_t *p; /* may be NULL when len is 0 */
	size_t len;       /* bytes */
};

/** Span over a C string, without its NUL; NULL gives an empty span. */
static inline struct fix_span
fix_span_of(const char *s)
{
	struct fix_span v = { (const uint8_t *)s, s == NULL ? 0 : strlen(s) };

	return v;
}

static inline bool
fix_span_eq(struct fix_span a, struct fix_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/** Does the span hold exactly this C string? */
static inline bool
fix_span_is(struct fix_span a, const char *s)
{
	return fix_span_eq(a, fix_span_of(s));
}

/**
 * Copy into a NUL-terminated array.
 *
 * @return true if it fitted; otherwise dst holds what fitted
 */
static inline bool
fix_span_copy(struct fix_span a, char *dst, size_t cap)
{
	size_t n = a.len < cap ? a.len : cap - 1;

	if (n > 0)
		memcpy(dst, a.p, n);
	dst[n] = '\0';
	return n == a.len;
}

#endif
