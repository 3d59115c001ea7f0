/* Random events, and the smallest case of them that breaks a promise. */
#ifndef FIXGATE_TESTS_RISK_PROMISES_H
#define FIXGATE_TESTS_RISK_PROMISES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/risk/help.h"

#define SLOTS 16
#define PIECE 100 /* events of a case */

enum kind { NEW, FILL, END, CHANGE, CANCEL, MARK, LIMIT, NEXT_DAY, RESTART,
	STRAY, OWNED,
	N_KIND };

struct event {
	enum kind kind;
	unsigned slot, account, symbol;
	int64_t n;
	char side;
};

/* Plays events; broken: with its protection taken away.
 * @return what broke, NULL: nothing */
typedef const char *promise(const struct event *e, unsigned n, bool broken);

static inline unsigned
make_smaller(promise *play, struct event *e, unsigned n, bool broken)
{
	struct event less[PIECE];
	unsigned piece, at;

	for (piece = n / 2; piece > 0; piece /= 2)
		for (at = 0; at + piece <= n;) {
			memcpy(less, e, at * sizeof(*e));
			memcpy(less + at, e + at + piece,
			    (n - at - piece) * sizeof(*e));
			if (play(less, n - piece, broken) == NULL) {
				at += piece;
				continue;
			}
			n -= piece;
			memcpy(e, less, n * sizeof(*e));
		}
	return n;
}

static inline void
draw(struct event *e, uint64_t *seed)
{
	for (unsigned i = 0; i < PIECE; i++) {
		uint64_t x = *seed = *seed * 6364136223846793005u +
				     1442695040888963407u;

		e[i] = (struct event){ (enum kind)((x >> 60) < 6 ? NEW :
				(x >> 56) % N_KIND),
			(unsigned)(x >> 33) % SLOTS, (x >> 40) & 1,
			(x >> 41) & 1, (int64_t)(x >> 43) % 300 + 1,
			"12"[(x >> 42) & 1] };
	}
}

/* @return events of the smallest case that breaks it, 0: none does */
static inline unsigned
find(promise *play, unsigned long events, bool broken, const char **why)
{
	uint64_t seed = 20261126;
	struct event e[PIECE];
	unsigned n;

	for (; events >= PIECE; events -= PIECE) {
		draw(e, &seed);
		if (play(e, PIECE, broken) == NULL)
			continue;
		n = make_smaller(play, e, PIECE, broken);
		*why = play(e, n, broken);
		for (unsigned i = 0; i < n && !broken; i++)
			print_message("# kind %d slot %u account %u symbol %u "
			    "side %c n %d\n", (int)e[i].kind, e[i].slot,
			    e[i].account, e[i].symbol, e[i].side, (int)e[i].n);
		return n;
	}
	return 0;
}

static inline void
holds(promise *play)
{
	const char *size = getenv("FIXGATE_TEST_SIZE"), *why = NULL;
	bool full = size != NULL && strcmp(size, "full") == 0;
	unsigned n;

	if (find(play, full ? 1000000 : 20000, false, &why) != 0)
		fail_msg("%s", why);
	n = find(play, 20000, true, &why);
	print_message("# without its protection: %s, in %u events\n",
	    n == 0 ? "nothing" : why, n);
	assert_in_range(n, 1, 8);
}

#endif
