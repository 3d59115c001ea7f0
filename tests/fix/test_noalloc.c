/*
 * No allocation per message: the whole of fix/ runs without one malloc.
 *
 * This program defines malloc and its kin itself and counts; what it counts it
 * takes from a pool, so no other allocator is needed. That the counter counts
 * is a test too.
 */
#include "tests/fix/text.h"

#include <errno.h>

#include "fix/group.h"
#include "fix/order.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#ifndef SANITIZED /* a sanitizer has a malloc of its own */

#define POOL (8u << 20)

static _Alignas(64) uint8_t pool[POOL];
static size_t used;
static volatile unsigned long calls;

static void *
take(size_t align, size_t n)
{
	size_t at = (used + align - 1) / align * align;

	calls++;
	if (n > POOL - at) {
		errno = ENOMEM;
		return NULL;
	}
	used = at + n;
	return pool + at;
}

void *
malloc(size_t n)
{
	uint64_t *p = take(16, n + 16);

	if (p == NULL)
		return NULL;
	p[0] = n; /* realloc() wants to know */
	return p + 2;
}

void *
calloc(size_t n, size_t size)
{
	if (size != 0 && n > POOL / size)
		return NULL;
	return malloc(n * size); /* the pool is zero, and used once */
}

void *
realloc(void *old, size_t n)
{
	void *p = malloc(n);
	size_t had = old == NULL ? 0 : ((uint64_t *)old)[-2];

	if (p != NULL && old != NULL)
		memcpy(p, old, had < n ? had : n);
	return p;
}

void
free(void *p)
{
	(void)p;
}

static void
counter_counts(void **state)
{
	unsigned long before = calls;
	void *volatile p = malloc(1);

	(void)state;
	free(p);
	assert_int_equal(calls, before + 1);
}

#else

static volatile unsigned long calls;

static void
counter_counts(void **state)
{
	(void)state;
	assert_int_equal(calls, 0); /* the plain build counts */
}

#endif

static const uint32_t party_tags[] = { 448, 447, 452 };
static const struct fix_group_def parties = { 453, 448, party_tags, 3, NULL,
	0 };

static void
read_and_write(const uint8_t *in, size_t len)
{
	static struct fix_field fields[64];
	static uint8_t out[1024];
	struct fix_msg m = { .fields = fields, .cap = 64 };
	struct fix_scan s = { .max_bytes = 4096 };
	struct fix_build b;
	struct fix_order o;
	struct fix_exec e;
	struct fix_group g;
	struct fix_entry entry;
	uint32_t bad;

	if (fix_scan(&s, in, len, &m) != (ssize_t)len || s.why != FIX_G_NONE)
		abort();
	fix_build_start(&b, out, sizeof(out), fix_msg_type(&m));
	if (fix_group_open(&g, &m, &parties, 0, m.n) == 1)
		while (fix_group_next(&g, &entry) == 1)
			;
	if (fix_order_read(&o, &m, &bad) == 0)
		fix_order_write(&b, &o);
	if (fix_exec_read(&e, &m, &bad) == 0)
		fix_exec_write(&b, &e);
	if (fix_build_end(&b, fix_span_of("FIX.4.4")) <= 0)
		abort();
	if (fix_scan(&s, in + 1, len - 1, &m) <= 0) /* and garbage */
		abort();
}

static void
a_message_is_read_and_written_without_allocation(void **state)
{
	uint8_t order[512], exec[512];
	size_t n, k;
	unsigned long before;
	int i;

	(void)state;
	n = whole(order, "FIX.4.4",
	    "35=D|49=B|56=V|34=178|52=20250314-14:30:15.124|11=O|453=1|448=T|"
	    "447=D|452=11|55=C|54=1|60=20250314-14:30:15.123|38=500|40=2|"
	    "44=296.38|");
	k = whole(exec, "FIX.4.4",
	    "35=8|37=V|17=E|150=F|39=1|55=C|54=1|38=5|32=1|31=2.5|151=4|14=1|"
	    "6=2.5|60=20250314-14:30:15.123|");
	before = calls;
	for (i = 0; i < 1000; i++) {
		read_and_write(order, n);
		read_and_write(exec, k);
	}
	assert_int_equal(calls, before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counter_counts),
		cmocka_unit_test(
		    a_message_is_read_and_written_without_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
