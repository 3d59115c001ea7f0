/*
 * What venues' accounts hold, beside what executions make of it.
 *
 * A venue's process says what is in its account; our sum begins with the first
 * count of all of it and then moves by each execution that counts, its fee and
 * what was paid, from whichever process told it, over restarts, and by what a
 * process says was charged beside. Nothing else moves it: deposits and lost
 * executions are differences.
 * One counts when two counts in a row find it, since account and executions
 * come by different ways. It is an alert with both numbers, once, and stands
 * until they agree or an operator takes the account's number.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/amount.h"
#include "gateway/trader/command.h"
#include "gateway/trader/holdings.h"
#include "gateway/trader/operator.h"

#define ASSETS_MAX 2000u /* of a venue */
#define PAIRS_MAX 1000u
#define NAME_BYTES 33u
#define ROW_BYTES (2 * AMOUNT_BYTES + 24)

struct holding {
	char asset[NAME_BYTES];
	bool seen;      /* since the last count of all */
	bool own_books; /* ours is what the venue's process makes of it, or
	                   nobody can: both are 0 */
	amount theirs, ours, unit;
	amount last;    /* difference at the last count */
	amount differs; /* the one that was told; 0: they agree */
	uint64_t moves; /* executions in ours */
	amount charged; /* as said; ours is less what came to it */
	bool uncharged; /* of a row from before there was such a thing */
};

struct pair {
	char symbol[NAME_BYTES];
	struct holding *base, *quote; /* quote NULL: none */
};

struct holdings { /* of a venue; memory for all from the start */
	bool based;     /* ours has begun */
	bool full_told;
	unsigned n, n_pairs;
	struct holding of[ASSETS_MAX];
	struct pair pairs[PAIRS_MAX];
};

/* ----- rows ----- */

static struct holdings *
holdings_of(struct trader *t, const struct venue *v)
{
	if (t->holdings == NULL)
		t->holdings = calloc(t->n_venues, sizeof(struct holdings *));
	if (t->holdings == NULL || v->number == 0 || v->number > t->n_venues)
		return NULL;
	if (t->holdings[v->number - 1] == NULL)
		t->holdings[v->number - 1] = calloc(1, sizeof(struct holdings));
	return t->holdings[v->number - 1];
}

static struct holding *
find(struct holdings *h, const char *asset)
{
	for (unsigned i = 0; i < h->n; i++)
		if (strcmp(h->of[i].asset, asset) == 0)
			return &h->of[i];
	return NULL;
}

static void
tell_full(struct trader *t, struct holdings *h, uint32_t venue)
{
	if (!h->full_told)
		trader_note(t, LOG_L_WARN, 0, "alert: venue %s: its account "
		    "has more than %u assets, or names of more than %u bytes: "
		    "the others are not compared",
		    t->venues[venue - 1]->name, ASSETS_MAX, NAME_BYTES - 1);
	h->full_told = true;
}

/* @return NULL: no room, told */
static struct holding *
get(struct trader *t, struct holdings *h, uint32_t venue, const char *asset)
{
	struct holding *a = find(h, asset);

	if (a != NULL)
		return a;
	if (h->n == ASSETS_MAX || strlen(asset) >= NAME_BYTES ||
	    asset[0] == '\0') {
		tell_full(t, h, venue);
		return NULL;
	}
	a = &h->of[h->n++];
	memcpy(a->asset, asset, strlen(asset) + 1);
	return a;
}

static void
keep(struct trader *t, uint32_t venue, const char *asset, const char *value)
{
	const struct venue *v = t->venues[venue - 1];
	char key[NAME_BYTES + 1];
	int n = snprintf(key, sizeof(key), "%c%s", HOLDINGS_KEY, asset);

	v->sink.keep(v->sink.arg, t->venues[venue - 1],
	    (struct fix_span){ (const uint8_t *)key, (size_t)n },
	    fix_span_of(value));
}

static void
keep_one(struct trader *t, uint32_t venue, const struct holding *a)
{
	char ours[AMOUNT_BYTES], charged[AMOUNT_BYTES], text[ROW_BYTES];

	if (a->own_books)
		return;
	snprintf(text, sizeof(text), "%s %" PRIu64 " %s",
	    amount_show(a->ours, ours), a->moves,
	    amount_show(a->charged, charged));
	keep(t, venue, a->asset, text);
}

int
holdings_load(struct trader *t, const struct venue *v, struct fix_span key,
    struct fix_span value)
{
	struct holdings *h = holdings_of(t, v);
	char asset[NAME_BYTES + 1], text[ROW_BYTES], *moves, *charged;
	struct holding *a;

	if (h == NULL)
		return -FIX_E_NOMEM;
	if (key.len == 1) {
		h->based = true;
		return 0;
	}
	if (!fix_span_copy((struct fix_span){ key.p + 1, key.len - 1 }, asset,
		sizeof(asset)) || !fix_span_copy(value, text, sizeof(text)) ||
	    (moves = strchr(text, ' ')) == NULL)
		return -FIX_E_CORRUPT;
	*moves++ = '\0';
	a = get(t, h, v->number, asset);
	if (a == NULL || !amount_read(text, &a->ours))
		return -FIX_E_CORRUPT;
	a->moves = strtoull(moves, &charged, 10);
	a->uncharged = *charged == '\0';
	return a->uncharged || (*charged == ' ' &&
		   amount_read(charged + 1, &a->charged)) ? 0 :
							    -FIX_E_CORRUPT;
}

void
holdings_free(struct trader *t)
{
	for (uint32_t i = 0; t->holdings != NULL && i < t->n_venues; i++)
		free(t->holdings[i]);
	free(t->holdings);
	t->holdings = NULL;
}

/* ----- executions ----- */

static const struct pair *
pair_of(const struct holdings *h, const char *symbol)
{
	for (unsigned i = 0; i < h->n_pairs; i++)
		if (strcmp(h->pairs[i].symbol, symbol) == 0)
			return &h->pairs[i];
	return NULL;
}

static void
move(struct trader *t, uint32_t venue, struct holding *a, amount by)
{
	amount is;

	if (a == NULL || a->own_books)
		return;
	if (__builtin_add_overflow(a->ours, by, &is) || is >= AMOUNT_MAX ||
	    is <= -AMOUNT_MAX) {
		trader_note(t, LOG_L_WARN, 0, "alert: venue %s: our sum of %s "
		    "is too large: an execution is not in it",
		    t->venues[venue - 1]->name, a->asset);
		return;
	}
	a->ours = is;
	a->moves++;
	keep_one(t, venue, a);
}

void
holdings_executed(void *arg, const struct desk_executed *x)
{
	struct trader *t = arg;
	struct holdings *h = t->holdings == NULL ? NULL :
				t->holdings[x->venue - 1];
	amount qty = (amount)x->qty_e8 * FIX_E8, paid;
	const struct pair *p;

	if (h == NULL || !h->based)
		return;
	paid = (amount)x->qty_e8 * x->px_e8;
	if (x->side == '2' || x->side == '5' || x->side == '6') {
		qty = -qty;
		paid = -paid;
	}
	p = pair_of(h, x->symbol);
	move(t, x->venue,
	    p == NULL ? get(t, h, x->venue, x->symbol) : p->base, qty);
	if (p != NULL)
		move(t, x->venue, p->quote, -paid);
	if (x->fee_e8 != 0 && x->fee_currency != NULL)
		move(t, x->venue, get(t, h, x->venue, x->fee_currency),
		    -(amount)x->fee_e8 * FIX_E8);
}

/* ----- the account ----- */

static void
set_pair(struct trader *t, struct holdings *h, uint32_t venue,
    const struct venue_account *a)
{
	struct pair *p = (struct pair *)(uintptr_t)pair_of(h, a->symbol);

	if (p == NULL && h->n_pairs < PAIRS_MAX &&
	    strlen(a->symbol) < NAME_BYTES) {
		p = &h->pairs[h->n_pairs++];
		memcpy(p->symbol, a->symbol, strlen(a->symbol) + 1);
	}
	if (p == NULL) {
		tell_full(t, h, venue);
		return;
	}
	p->base = get(t, h, venue, a->base);
	p->quote = a->quote == NULL ? NULL : get(t, h, venue, a->quote);
}

/* What no execution has told: it is no difference. */
static void
charge(struct trader *t, struct holdings *h, uint32_t venue, struct holding *a,
    amount all)
{
	amount is;

	if (a->own_books || (all == a->charged && !a->uncharged))
		return;
	if (h->based && !a->uncharged && !__builtin_sub_overflow(a->ours, all - a->charged, &is) &&
	    is < AMOUNT_MAX && is > -AMOUNT_MAX)
		a->ours = is;
	a->charged = all;
	a->uncharged = false;
	if (h->based)
		keep_one(t, venue, a);
}

static void
set_held(struct trader *t, struct holdings *h, const struct venue *v,
    const struct venue_account *said)
{
	struct holding *a = get(t, h, v->number, said->asset);
	amount free_ = 0, locked = 0, ours = 0, unit = 0;
	amount charged = a == NULL ? 0 : a->charged;

	if (a == NULL)
		return;
	if ((said->free != NULL && !amount_read(said->free, &free_)) ||
	    (said->locked != NULL && !amount_read(said->locked, &locked)) ||
	    (said->ours != NULL && !amount_read(said->ours, &ours)) ||
	    (said->unit != NULL && !amount_read(said->unit, &unit)) ||
	    (said->charged != NULL && !amount_read(said->charged, &charged)) ||
	    unit < 0 || unit > AMOUNT_ONE) {
		trader_note(t, LOG_L_WARN, 0, "alert: venue %s: what its "
		    "account holds of %s can't be read: %.40s", v->name,
		    a->asset, said->free);
		return;
	}
	a->seen = true;
	a->theirs = free_ + locked;
	a->unit = unit;
	a->own_books = said->ours != NULL || said->free == NULL;
	if (a->own_books)
		a->ours = said->free == NULL ? a->theirs : ours;
	charge(t, h, v->number, a, charged);
}

static void
compare(struct trader *t, const struct venue *v, struct holding *a)
{
	char x[AMOUNT_BYTES], y[AMOUNT_BYTES];
	amount d = a->theirs - a->ours, may = a->unit * (amount)a->moves;

	if (d <= may && d >= -may)
		d = 0;
	if (d == 0 && a->differs != 0) {
		trader_note(t, LOG_L_INFO, 0, "venue %s: its account and our "
		    "executions agree again: %s of %s", v->name,
		    amount_show(a->theirs, x), a->asset);
		a->differs = 0;
	} else if (d != 0 && d == a->last && d != a->differs) {
		trader_note(t, LOG_L_WARN, 0, "alert: venue %s: its account "
		    "holds %s of %s, %s make %s: see 'fixgate control "
		    "holdings'", v->name, amount_show(a->theirs, x), a->asset,
		    a->own_books ? "its transactions" : "our executions",
		    amount_show(a->ours, y));
		a->differs = d;
	}
	a->last = d;
}

static void
count_differences(struct trader *t)
{
	t->holdings_differ = 0;
	for (uint32_t i = 0; i < t->n_venues; i++) {
		const struct holdings *h = t->holdings[i];

		for (unsigned k = 0; h != NULL && k < h->n; k++)
			t->holdings_differ += h->of[k].differs != 0;
	}
}

static void
adopt(struct trader *t, uint32_t venue, struct holding *a)
{
	a->last = a->differs = 0;
	if (a->own_books)
		return;
	a->ours = a->theirs;
	a->moves = 0;
	keep_one(t, venue, a);
}

static void
counted(struct trader *t, struct holdings *h, const struct venue *v)
{
	for (unsigned i = 0; i < h->n; i++) {
		struct holding *a = &h->of[i];

		if (!a->seen && !a->own_books)
			a->theirs = 0;
		a->seen = false;
		if (h->based)
			compare(t, v, a);
		else
			adopt(t, v->number, a);
	}
	if (!h->based)
		keep(t, v->number, "", "1");
	h->based = true;
	count_differences(t);
}

void
holdings_account(void *arg, struct venue *v, const struct venue_account *a)
{
	struct trader *t = arg;
	struct holdings *h = holdings_of(t, v);

	if (h == NULL) {
		trader_fail(t, -FIX_E_NOMEM, "what a venue's account holds");
		return;
	}
	switch (a->kind) {
	case VENUE_ACCOUNT_PAIR:
		set_pair(t, h, v->number, a);
		break;
	case VENUE_ACCOUNT_HOLDS:
		set_held(t, h, v, a);
		break;
	case VENUE_ACCOUNT_COUNTED:
		counted(t, h, v);
		break;
	}
}

/* ----- for an operator ----- */

static bool
say_one(struct answer *out, const struct venue *v, const struct holdings *h,
    const struct holding *a)
{
	char x[AMOUNT_BYTES], y[AMOUNT_BYTES], z[AMOUNT_BYTES];

	if (a->theirs == 0 && a->ours == 0)
		return false;
	command_say(out, "%s %s holds %s ours %s", v->name, a->asset,
	    amount_show(a->theirs, x),
	    h->based || a->own_books ? amount_show(a->ours, y) : "-");
	if (a->differs != 0)
		command_say(out, " differs by %s", amount_show(a->differs, z));
	command_say(out, "\n");
	return true;
}

static void
take_over(struct trader *t, struct answer *out, const struct venue *v,
    struct holding *a)
{
	char x[AMOUNT_BYTES], y[AMOUNT_BYTES];

	trader_note(t, LOG_L_WARN, 0, "operator: our sum of %s at venue %s is "
	    "%s from now on, it was %s, by %s", a->asset, v->name,
	    amount_show(a->theirs, x), amount_show(a->ours, y), access_who(t));
	command_say(out, "ok: %s %s is %s, it was %s\n", v->name, a->asset,
	    amount_show(a->theirs, x), amount_show(a->ours, y));
	adopt(t, v->number, a);
}

/* "holdings [VENUE]", "accept VENUE ASSET" */
void
holdings_command(struct trader *t, struct answer *out, const struct words *w)
{
	bool accept = strcmp(w->w[0], "accept") == 0, done = false;
	bool any = false;

	for (uint32_t i = 0; t->holdings != NULL && i < t->n_venues; i++) {
		const struct venue *v = t->venues[i];
		struct holdings *h = t->holdings[i];

		if (h == NULL || (w->n > 1 && strcmp(w->w[1], v->name) != 0))
			continue;
		for (unsigned k = 0; k < h->n; k++) {
			struct holding *a = &h->of[k];

			if (!accept) {
				any = say_one(out, v, h, a) || any;
			} else if (w->n > 2 && a->differs != 0 &&
				   strcmp(w->w[2], a->asset) == 0 &&
				   !a->own_books) {
				take_over(t, out, v, a);
				done = true;
			}
		}
	}
	if (accept && done)
		count_differences(t);
	else if (accept)
		command_say(out, "error: expected a venue and an asset of it "
		    "that differs by our executions: see holdings\n");
	else if (!any)
		command_say(out, "none: no such venue has said yet what it "
		    "holds\n");
}
