/*
 * Whatever happens, in any order (section 14 of the pre-trade controls): what is
 * reserved is what the live orders add up to (P1), accepted orders and all their
 * fills stay within the limits (P2), a refusal leaves nothing behind (P10).
 *
 * Events are drawn at random and played against a plain list of orders. A case
 * that fails is made smaller, by leaving events out, before it is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/risk/help.h"

/* One at a time is taken away, to see that it is missed. */
static enum { ALL, RELEASE, REFUSAL, NO_TRACE } without;

#define SLOTS 32
#define PIECE 200 /* events of a case */
#define MAX_LONG 1000
#define MAX_OPEN 20

struct event {
	unsigned kind, slot;
	int64_t qty;
	char side;
};

struct live {
	struct risk_hold hold;
	int64_t leaves;
	char side; /* NUL: none */
};

struct sums {
	int64_t pos, buys, sells;
};

static int
add_sums(void *arg, const char *account, const char *symbol,
    const struct risk_position *p, int64_t buys, int64_t sells)
{
	struct sums *s = arg;

	(void)account, (void)symbol;
	s->pos += p->qty_e8;
	s->buys += buys;
	s->sells += sells;
	return 0;
}

static struct sums
sums_of(const struct risk *r)
{
	struct sums s = { 0, 0, 0 };

	(void)risk_each_position(r, add_sums, &s);
	return s;
}

static const char *
enter(struct risk *r, struct live *l, const struct event *e)
{
	struct risk_order o = limit_order("A", "X", e->side, e->qty, PX(10000));
	struct sums before = sums_of(r), after;
	struct risk_verdict v;

	if (risk_check_new(r, &o, at_ns(0), &v) == 0) {
		*l = (struct live){ v.hold, e->qty, e->side };
		return NULL;
	}
	if (without == REFUSAL) { /* it goes all the same */
		v.hold = risk_hold_of(r, &o, o.qty_e8);
		*l = (struct live){ v.hold, e->qty, e->side };
	}
	if (without == REFUSAL || without == NO_TRACE)
		risk_rehold(r, o.account, o.symbol, e->side,
		    (struct risk_hold){ 0, 0 },
		    risk_hold_of(r, &o, o.qty_e8), 1);
	if (without == REFUSAL)
		return NULL;
	after = sums_of(r);
	return memcmp(&before, &after, sizeof(before)) == 0 ?
	    NULL : "P10: a refusal left something behind";
}

/* The venue fills some of it, or all, or it ends. */
static void
shrink_order(struct risk *r, struct live *l, int64_t fill, bool ends)
{
	struct risk_order o = limit_order("A", "X", l->side, l->leaves, PX(10000));
	struct risk_hold is;

	if (fill > l->leaves)
		fill = l->leaves;
	if (fill > 0)
		risk_fill(r, o.account, o.symbol, l->side, fill * E8, PX(10000));
	l->leaves -= fill;
	ends = ends || l->leaves == 0;
	is = risk_hold_of(r, &o, ends ? 0 : l->leaves * E8);
	if (without != RELEASE)
		risk_rehold(r, o.account, o.symbol, l->side, l->hold, is,
		    ends ? -1 : 0);
	l->hold = is;
	if (ends)
		l->side = '\0';
}

static const char *
judge(const struct risk *r, const struct live *l)
{
	struct sums is = sums_of(r), want = { is.pos, 0, 0 };
	int i;

	for (i = 0; i < SLOTS; i++) {
		if (l[i].side == '1')
			want.buys += l[i].leaves * E8;
		else if (l[i].side != '\0')
			want.sells += l[i].leaves * E8;
	}
	if (memcmp(&is, &want, sizeof(is)) != 0)
		return "P1: reserved is not what the orders add up to";
	if (is.pos + is.buys > MAX_LONG * E8 || is.sells - is.pos > MAX_LONG * E8)
		return "P2: the worst case is over its limit";
	return NULL;
}

/* @return what broke, NULL: nothing */
static const char *
play(const struct event *e, unsigned n)
{
	struct risk_limits l = unlimited();
	struct risk *r = bare_firm();
	struct live live[SLOTS] = { { { 0, 0 }, 0, '\0' } };
	const char *why = NULL;
	unsigned i;

	l.max_long_e8 = l.max_short_e8 = MAX_LONG * E8;
	l.max_open_orders = MAX_OPEN;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	for (i = 0; i < n && why == NULL; i++) {
		struct live *at = &live[e[i].slot];

		if (at->side == '\0')
			why = enter(r, at, &e[i]);
		else
			shrink_order(r, at, e[i].qty, e[i].kind == 0);
		if (why == NULL)
			why = judge(r, live);
	}
	risk_free(r);
	return why;
}

/* Leave out what is not needed for it to fail, in ever smaller pieces. */
static unsigned
make_smaller(struct event *e, unsigned n)
{
	struct event less[PIECE];
	unsigned piece, at;

	for (piece = n / 2; piece > 0; piece /= 2)
		for (at = 0; at + piece <= n;) {
			memcpy(less, e, at * sizeof(*e));
			memcpy(less + at, e + at + piece,
			    (n - at - piece) * sizeof(*e));
			if (play(less, n - piece) == NULL) {
				at += piece;
				continue;
			}
			n -= piece;
			memcpy(e, less, n * sizeof(*e));
		}
	return n;
}

static void
draw(struct event *e, uint64_t *seed)
{
	for (unsigned i = 0; i < PIECE; i++) {
		*seed = *seed * 6364136223846793005u + 1442695040888963407u;
		e[i] = (struct event){ (unsigned)(*seed >> 60) % 4,
			(unsigned)(*seed >> 33) % SLOTS,
			(int64_t)(*seed >> 40) % 300 + 1,
			"125"[(*seed >> 50) % 3] };
	}
}

static void
whatever_happens_sums_and_limits_hold(void **state)
{
	const char *size = getenv("FIXGATE_TEST_SIZE");
	unsigned long events =
	    size != NULL && strcmp(size, "full") == 0 ? 1000000 : 20000;
	uint64_t seed = 20261126;
	struct event e[PIECE];
	unsigned i, n;

	(void)state;
	for (; events >= PIECE; events -= PIECE) {
		draw(e, &seed);
		if (play(e, PIECE) == NULL)
			continue;
		n = make_smaller(e, PIECE);
		for (i = 0; i < n; i++)
			print_message("# slot %u side %c qty %d kind %u\n",
			    e[i].slot, e[i].side, (int)e[i].qty, e[i].kind);
		fail_msg("%s", play(e, n));
	}
}

static void
what_is_taken_away_is_missed(void **state)
{
	static const char *const says[] = { "", "P1", "P2", "P10" };
	uint64_t seed = 20261126;
	struct event e[PIECE];
	const char *why;
	unsigned n;

	(void)state;
	draw(e, &seed);
	for (int i = RELEASE; i <= NO_TRACE; i++) {
		struct event mine[PIECE];

		without = i;
		memcpy(mine, e, sizeof(e));
		n = make_smaller(mine, PIECE);
		why = play(mine, n);
		without = ALL;
		assert_non_null(why);
		assert_memory_equal(why, says[i], strlen(says[i]));
		assert_in_range(n, 1, 8);
		print_message("# %s, in %u events\n", why, n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_happens_sums_and_limits_hold),
		cmocka_unit_test(what_is_taken_away_is_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
