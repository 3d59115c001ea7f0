/* FIX as text in tests: '|' stands for SOH. */
#ifndef FIXGATE_TESTS_FIX_TEXT_H
#define FIXGATE_TESTS_FIX_TEXT_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "fix/scan.h"

/** Text to bytes. @return bytes */
static inline size_t
wire(uint8_t *out, const char *text)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++)
		out[i] = text[i] == '|' ? 1 : (uint8_t)text[i];
	return i;
}

static inline unsigned
sum_up(const uint8_t *p, size_t n)
{
	unsigned sum = 0;

	while (n-- > 0)
		sum += p[n];
	return sum % 256;
}

/** A whole message of BeginString, body bytes, right length and sum. */
static inline size_t
enclose(uint8_t *out, const char *begin, const uint8_t *body, size_t len)
{
	char text[80];
	size_t n;

	snprintf(text, sizeof(text), "8=%s|9=%zu|", begin, len);
	n = wire(out, text);
	memcpy(out + n, body, len);
	n += len;
	snprintf(text, sizeof(text), "10=%03u|", sum_up(out, n));
	return n + wire(out + n, text);
}

/** The same of a text. */
static inline size_t
whole(uint8_t *out, const char *begin, const char *body)
{
	uint8_t *b = malloc(strlen(body) + 1);
	size_t n;

	assert_non_null(b);
	n = enclose(out, begin, b, wire(b, body));
	free(b);
	return n;
}

/* Room for n bytes with a page that can't be read on either side. */
struct guarded {
	uint8_t *map;
	size_t page;
	size_t room; /* whole pages */
};

static inline struct guarded
guarded_new(size_t n)
{
	struct guarded g;

	g.page = (size_t)sysconf(_SC_PAGESIZE);
	g.room = (n + g.page - 1) / g.page * g.page;
	g.map = mmap(NULL, g.room + 2 * g.page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(g.map != MAP_FAILED);
	assert_int_equal(mprotect(g.map, g.page, PROT_NONE), 0);
	assert_int_equal(
	    mprotect(g.map + g.page + g.room, g.page, PROT_NONE), 0);
	return g;
}

/** Bytes laid so that the next one behind can't be read. */
static inline uint8_t *
lay_last(const struct guarded *g, const uint8_t *p, size_t n)
{
	uint8_t *to = g->map + g->page + g->room - n;

	assert_true(n <= g->room);
	if (n > 0)
		memmove(to, p, n);
	return to;
}

/** Bytes laid so that the one before can't be read. */
static inline uint8_t *
lay_first(const struct guarded *g, const uint8_t *p, size_t n)
{
	uint8_t *to = g->map + g->page;

	assert_true(n <= g->room);
	if (n > 0)
		memmove(to, p, n);
	return to;
}

static inline void
guarded_free(struct guarded *g)
{
	munmap(g->map, g->room + 2 * g->page);
}

/* Value of a field as a C string, for comparing; good until the next call. */
static inline const char *
value(const struct fix_msg *m, uint32_t i)
{
	static char text[512];
	struct fix_span v;

	assert_true(i < m->n);
	v = fix_msg_at(m, i);
	assert_true(fix_span_copy(v, text, sizeof(text)));
	return text;
}

#endif
