/* See turns.h. */
#include "tests/store/turns.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Slow enough that segments come of age, see journal.c. */
#define TURNS_STEP (200 * FIX_MSEC)

uint64_t
draw(uint64_t *state)
{
	uint64_t x = (*state += UINT64_C(0x9e3779b97f4a7c15));

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

size_t
turn_data(uint64_t number, uint64_t salt, uint8_t out[TURNS_DATA_MAX])
{
	uint64_t state = number * 1000003 + salt, word = 0;
	size_t i, len = draw(&state) % 8 == 0 ? draw(&state) % TURNS_DATA_MAX
					      : draw(&state) % 300;

	for (i = 0; i < len; i++) {
		if (i % 8 == 0)
			word = draw(&state);
		out[i] = (uint8_t)(word >> (i % 8 * 8));
	}
	return len;
}

int
turn_append(struct fix_journal *j, unsigned n, uint64_t salt)
{
	uint8_t data[TURNS_DATA_MAX];
	struct fix_span parts[2];
	struct fix_now now;
	uint64_t number = fix_journal_last(j) + 1;
	size_t len;
	unsigned i;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++, number++) {
		len = turn_data(number, salt, data);
		parts[0] = (struct fix_span){ data, len / 3 };
		parts[1] = (struct fix_span){ data + len / 3, len - len / 3 };
		now.utc.ns = (int64_t)number * 7;
		now.mono.ns = (int64_t)number * TURNS_STEP;
		rc = fix_journal_append(
		    j, (uint16_t)n, i, salt, now, parts, 2, NULL);
	}
	return rc;
}

void
turn_write(struct fix_journal *j, unsigned n, uint64_t salt)
{
	assert_int_equal(turn_append(j, n, salt), 0);
	assert_int_equal(fix_journal_commit(j), n);
}

const char *
turn_see(struct turn_check *c, const struct fix_rec *r)
{
	uint8_t data[TURNS_DATA_MAX];
	size_t len = turn_data(r->number, r->order, data);
	bool ends = (r->flags & FIX_REC_END) != 0;

	if (c->next != 0 && r->number != c->next)
		return "number out of row";
	if (c->next != 0 && r->session != c->index)
		return "not the next of its turn";
	if (r->len != len || memcmp(r->data, data, len) != 0)
		return "other data than written";
	if (r->wall.ns != (int64_t)r->number * 7 ||
	    r->mono.ns != (int64_t)r->number * TURNS_STEP)
		return "other times than written";
	if (ends != (r->session + 1 == r->type))
		return "end of turn at the wrong record";
	c->next = r->number + 1;
	c->index = ends ? 0 : r->session + 1;
	c->turns += ends;
	return NULL;
}

uint64_t
turns_read(struct fix_disk *d)
{
	struct fix_journal_reader *r;
	struct fix_store_error e;
	struct turn_check c = { 0 };
	struct fix_rec rec;
	const char *bad;
	int rc;

	rc = fix_journal_reader_open(&r, d, 0, &e);
	if (rc != 0)
		fail_msg("reader: %s", e.text);
	while ((rc = fix_journal_next(r, &rec, &e)) == 1) {
		bad = turn_see(&c, &rec);
		if (bad != NULL)
			fail_msg("record %llu: %s",
			    (unsigned long long)rec.number, bad);
	}
	if (rc != 0)
		fail_msg("reader: %s", e.text);
	if (c.index != 0)
		fail_msg("half a turn before record %llu",
		    (unsigned long long)c.next);
	fix_journal_reader_close(r);
	return c.next == 0 ? 0 : c.next - 1;
}
