/*
 * What is reserved and held, and what it adds up to.
 *
 * A holding (account in symbol) has a position and reservations of its live
 * orders. Its worst cases, long = max(0, position + open buys) and short =
 * max(0, open sells - position), are summed into the uses that limits look at;
 * each change moves every sum by the difference, so a check is a comparison.
 * A fill moves quantity from the reservation to the position and leaves its
 * side's worst case as it was. Sums are 128 bits wide and can't overflow;
 * positions are 64 and stop at their end, since an execution is never refused.
 *
 * Rules: section 7 of the pre-trade controls (reserve before send, keep until
 * the venue says so, the greater of old and new while a replace is pending).
 */
#include <assert.h>
#include <stdlib.h>

#include "risk/inside.h"

static const struct {
	bool within_symbol, within_class;
} counted[RISK_N_USED][2] = {
	/* position; orders */
	[RISK_SCOPE_SYMBOL] = { { true, false }, { true, false } },
	[RISK_SCOPE_CLASS] = { { false, true }, { false, true } },
	[RISK_SCOPE_ACCOUNT] = { { true, false }, { false, false } },
	[RISK_SCOPE_GROUP] = { { true, false }, { false, false } },
	[RISK_SCOPE_FIRM] = { { true, false }, { false, false } },
};

bool
side_is_buy(char side)
{
	return side == '1' || side == '3'; /* buy, buy minus */
}

wide
wide_of(int64_t v)
{
	return v;
}

int64_t
clamp(wide v)
{
	if (v > INT64_MAX)
		return INT64_MAX;
	return v < INT64_MIN ? INT64_MIN : (int64_t)v;
}

struct holding *
holding_find(const struct risk *r, const struct scope *account,
    const struct scope *symbol)
{
	struct link *l =
	    map_first(&r->holdings, hash_two(account->number, symbol->number));
	struct holding *h;

	for (; l != NULL; l = map_after(l)) {
		h = (struct holding *)l;
		if (h->account == account && h->symbol == symbol)
			return h;
	}
	return NULL;
}

static struct use *
use_find(const struct risk *r, uint32_t owner, uint32_t within)
{
	struct link *l = map_first(&r->uses, hash_two(owner, within));
	struct use *u;

	for (; l != NULL; l = map_after(l)) {
		u = (struct use *)l;
		if (u->owner == owner && u->within == within)
			return u;
	}
	return NULL;
}

static struct use *
use_make(struct risk *r, struct scope *by, struct scope *in)
{
	uint32_t owner = by->number, within = in == NULL ? 0 : in->number;
	struct use *u = use_find(r, owner, within);

	if (u != NULL)
		return u;
	if (map_reserve(&r->uses, 1) != 0)
		return NULL;
	u = calloc(1, sizeof(*u));
	if (u == NULL)
		return NULL;
	u->owner = owner;
	u->within = within;
	u->tally.owner = by;
	u->tally.within = in;
	map_add(&r->uses, &u->link, hash_two(owner, within));
	return u;
}

struct tally *
tally_of(struct risk *r, struct scope *owner, struct scope *within)
{
	struct use *u;

	if (owner->kind == RISK_SCOPE_SESSION)
		return &owner->tally;
	u = use_make(r, owner, within);
	return u == NULL ? NULL : &u->tally;
}

/* The use of one limit; *none when there is no such scope. */
static struct use *
use_of(struct risk *r, const struct holding *h, enum risk_scope kind,
    unsigned measure, bool *none)
{
	struct scope *owner = h->account, *within = NULL;

	if (kind == RISK_SCOPE_GROUP)
		owner = h->account->parent;
	else if (kind == RISK_SCOPE_FIRM)
		owner = r->firm;
	if (counted[kind][measure].within_symbol)
		within = h->symbol;
	else if (counted[kind][measure].within_class)
		within = h->symbol->parent;
	*none = owner == NULL ||
		(within == NULL && counted[kind][measure].within_class);
	if (*none)
		return NULL;
	return use_make(r, owner, within);
}

static void
count_in(struct holding *h, struct use *u)
{
	unsigned i;

	for (i = 0; i < h->n_all; i++)
		if (h->all[i] == u)
			return;
	h->all[h->n_all++] = u;
}

/* Find the uses that h counts in, making those that are missing. */
static int
attach(struct risk *r, struct holding *h)
{
	struct use *u[RISK_N_USED][2];
	unsigned k, m;
	bool none;

	for (k = 0; k < RISK_N_USED; k++)
		for (m = 0; m < 2; m++) {
			u[k][m] = use_of(r, h, (enum risk_scope)k, m, &none);
			if (u[k][m] == NULL && !none)
				return -FIX_E_NOMEM;
		}
	h->n_all = 0;
	for (k = 0; k < RISK_N_USED; k++) {
		h->position[k] = u[k][0];
		h->orders[k] = u[k][1];
		for (m = 0; m < 2; m++)
			if (u[k][m] != NULL)
				count_in(h, u[k][m]);
	}
	return 0;
}

struct holding *
holding_make(struct risk *r, struct scope *account, struct scope *symbol)
{
	struct holding *h = holding_find(r, account, symbol);

	if (h != NULL)
		return h;
	if (map_reserve(&r->holdings, 1) != 0)
		return NULL;
	h = calloc(1, sizeof(*h));
	if (h == NULL)
		return NULL;
	h->r = r;
	h->account = account;
	h->symbol = symbol;
	if (attach(r, h) != 0) {
		free(h);
		return NULL;
	}
	map_add(
	    &r->holdings, &h->link, hash_two(account->number, symbol->number));
	if (r->last_holding == NULL)
		r->first_holding = h;
	else
		r->last_holding->next = h;
	r->last_holding = h;
	h->same_symbol = symbol->holdings;
	symbol->holdings = h;
	return h;
}

static wide
worst(wide v)
{
	return v > 0 ? v : 0;
}

/* What a holding adds to each of its uses. */
struct weight {
	wide long_e8, short_e8, buy_e8, sell_e8;
	wide hard_long_e8, hard_short_e8, open_qty_e8;
	int64_t open;
	struct value value;
};

static struct weight
weight_of(const struct holding *h)
{
	struct weight w = { .long_e8 = worst(h->pos.qty_e8 + h->buys_e8),
		.short_e8 = worst(h->sells_e8 - h->pos.qty_e8),
		.buy_e8 = h->buy_notional_e8,
		.sell_e8 = h->sell_notional_e8,
		.hard_long_e8 = worst(h->pos.qty_e8) + h->buys_e8,
		.hard_short_e8 = worst(-wide_of(h->pos.qty_e8)) + h->sells_e8,
		.open_qty_e8 = h->buys_e8 + h->sells_e8,
		.open = h->open };

	if (h->r->valued)
		w.value = value_of(h);
	return w;
}

static void empty_uses(struct risk *r);

/* h weighed `was` before it changed: move its uses by the difference. */
static void
reweigh(struct holding *h, struct weight was)
{
	struct weight is = weight_of(h);
	struct use *u;
	unsigned i;

	for (i = 0; i < h->n_all; i++) {
		u = h->all[i];
		u->long_e8 += is.long_e8 - was.long_e8;
		u->short_e8 += is.short_e8 - was.short_e8;
		u->buy_e8 += is.buy_e8 - was.buy_e8;
		u->sell_e8 += is.sell_e8 - was.sell_e8;
		u->open += is.open - was.open;
		u->hard_long_e8 += is.hard_long_e8 - was.hard_long_e8;
		u->hard_short_e8 += is.hard_short_e8 - was.hard_short_e8;
		u->open_qty_e8 += is.open_qty_e8 - was.open_qty_e8;
		if (!h->r->valued)
			continue;
		u->value.net_e8 += is.value.net_e8 - was.value.net_e8;
		u->value.gross_e8 += is.value.gross_e8 - was.value.gross_e8;
		u->value.equity_e8 += is.value.equity_e8 - was.value.equity_e8;
		u->value.cash_e8 += is.value.cash_e8 - was.value.cash_e8;
		u->value.unknown += is.value.unknown - was.value.unknown;
	}
}

void
value_all(struct risk *r)
{
	const struct weight nothing = { 0 };
	struct holding *h;
	struct scope *s;

	r->valued = true;
	empty_uses(r);
	for (s = r->first_scope; s != NULL; s = s->next)
		if (s->ref_untold)
			tape_ref(s, r);
	for (h = r->first_holding; h != NULL; h = h->next)
		reweigh(h, nothing);
}

/* The symbol has another reference: what it is worth moves with it. */
void
exposure_mark(struct risk *r, struct scope *symbol, int64_t px_e8)
{
	struct holding *h;
	struct weight before;

	for (h = symbol->holdings; r->valued && h != NULL; h = h->same_symbol)
		loss_look(r, h);
	if (!r->valued || symbol->holdings == NULL) {
		symbol->ref_e8 = px_e8;
		symbol->has_ref = true;
		return;
	}
	for (h = symbol->holdings; h != NULL; h = h->same_symbol) {
		int64_t old = symbol->ref_e8;
		bool had = symbol->has_ref;

		before = weight_of(h);
		symbol->ref_e8 = px_e8;
		symbol->has_ref = true;
		reweigh(h, before);
		if (h->same_symbol != NULL) { /* the next was weighed by it */
			symbol->ref_e8 = old;
			symbol->has_ref = had;
		}
	}
	for (h = symbol->holdings; h != NULL; h = h->same_symbol) {
		loss_look(r, h);
		use_moved(h);
	}
}

static void
empty_uses(struct risk *r)
{
	struct link *l;
	struct use *u;
	size_t i;

	for (i = 0; i < r->uses.n_bucket; i++)
		for (l = r->uses.bucket[i]; l != NULL; l = l->next) {
			u = (struct use *)l;
			u->long_e8 = u->short_e8 = u->buy_e8 = u->sell_e8 = 0;
			u->hard_long_e8 = u->hard_short_e8 = 0;
			u->open_qty_e8 = 0;
			u->value = (struct value){ .unknown = 0 };
			u->open = 0;
		}
}

/* Accounts or symbols moved to other groups or classes. */
int
exposure_relink(struct risk *r)
{
	const struct weight nothing = { 0 };
	struct holding *h;
	unsigned k, m;
	bool none;
	int rc;

	for (h = r->first_holding; h != NULL; h = h->next)
		for (k = 0; k < RISK_N_USED; k++)
			for (m = 0; m < 2; m++)
				if (use_of(r, h, (enum risk_scope)k, m,
					&none) == NULL &&
				    !none)
					return -FIX_E_NOMEM;
	empty_uses(r);
	for (h = r->first_holding; h != NULL; h = h->next) {
		rc = attach(r, h);
		assert(rc == 0); /* all uses were made above */
		reweigh(h, nothing);
		use_moved(h);
	}
	return 0;
}

/* Reservations never fall below nothing, whatever the caller says was. */
static void
shift(wide *sum, int64_t was, int64_t is)
{
	*sum += wide_of(is) - was;
	if (*sum < 0)
		*sum = 0;
}

void
holding_hold(struct holding *h, char side, struct risk_hold was,
    struct risk_hold is, int opened)
{
	struct weight before = weight_of(h);

	if (side_is_buy(side)) {
		shift(&h->buys_e8, was.qty_e8, is.qty_e8);
		shift(&h->buy_notional_e8, was.notional_e8, is.notional_e8);
	} else {
		shift(&h->sells_e8, was.qty_e8, is.qty_e8);
		if (side != '2')
			shift(&h->shorts_e8, was.qty_e8, is.qty_e8);
		shift(&h->sell_notional_e8, was.notional_e8, is.notional_e8);
	}
	h->open += opened;
	if (h->open < 0)
		h->open = 0;
	sums_moved(h);
	reweigh(h, before);
	use_moved(h);
}

/* A name that a venue or the past says: it gets a scope of its own, unless
 * there are too many; then the nameless one. */
static struct scope *
any_scope(struct risk *r, enum risk_scope kind, struct fix_span id,
    struct scope *lost)
{
	struct scope *s = scope_find(r, kind, id);

	if (s == NULL) {
		if (r->n_suspense >= RISK_SUSPENSE_MAX ||
		    scope_make(r, kind, id, &s) != 0)
			return lost;
		r->n_suspense++;
	}
	if (kind == RISK_SCOPE_SYMBOL && s->multiplier_e8 == 0)
		s->multiplier_e8 = FIX_E8;
	return s;
}

struct holding *
holding_named(struct risk *r, struct fix_span account, struct fix_span symbol)
{
	struct scope *a, *s;
	struct holding *h;

	a = any_scope(r, RISK_SCOPE_ACCOUNT, account, r->lost_account);
	s = any_scope(r, RISK_SCOPE_SYMBOL, symbol, r->lost_symbol);
	h = holding_make(r, a, s);
	return h != NULL ? h : r->lost;
}

void
risk_rehold(struct risk *r, struct fix_span account, struct fix_span symbol,
    char side, struct risk_hold was, struct risk_hold is, int opened)
{
	holding_hold(holding_named(r, account, symbol), side, was, is, opened);
	tape_hold(r, account, symbol, side, was, is, opened);
}

static void
add_clamped(int64_t *to, wide v)
{
	*to = clamp(*to + v);
}

/* Cash of an execution: exact to 10^-8, toward zero, so that a bust takes
 * back what the fill brought. Beyond 128 bits it stands at their end, far beyond
 * what a position holds. */
static wide
cash_of(const struct scope *symbol, int64_t qty_e8, int64_t px_e8)
{
	wide p = wide_of(qty_e8) * px_e8;
	wide most = WIDE_MAX / symbol->multiplier_e8;

	if (p > most)
		p = most;
	if (p < -most)
		p = -most;
	return p * symbol->multiplier_e8 / FIX_E8 / FIX_E8;
}

const struct risk_position *
risk_fill(struct risk *r, struct fix_span account, struct fix_span symbol,
    char side, int64_t qty_e8, int64_t px_e8)
{
	struct holding *h = holding_named(r, account, symbol);
	struct risk_position *p = &h->pos;
	wide cash = cash_of(h->symbol, qty_e8, px_e8);
	struct weight before;

	if (r->valued)
		loss_look(r, h); /* the day begins with what was before */
	before = weight_of(h);
	if (side_is_buy(side)) {
		add_clamped(&p->qty_e8, qty_e8);
		add_clamped(&p->bought_e8, qty_e8);
		add_clamped(&p->cash_e8, -cash);
	} else {
		add_clamped(&p->qty_e8, -wide_of(qty_e8));
		add_clamped(&p->sold_e8, qty_e8);
		add_clamped(&p->cash_e8, cash);
	}
	if (side == '5' || side == '6') {
		add_clamped(&tally_now(r, &h->position[RISK_SCOPE_ACCOUNT]
		    ->tally)->shorted_e8, qty_e8);
		tally_changed(r, &h->position[RISK_SCOPE_ACCOUNT]->tally);
	}
	if (qty_e8 >= 0)
		p->fills++;
	else if (p->fills > 0)
		p->fills--;
	if (qty_e8 > 0)
		day_count_fill(h, side, qty_e8, clamp(cash < 0 ? -cash : cash));
	sums_moved(h);
	reweigh(h, before);
	tape_fill(r, account, symbol, side, qty_e8, px_e8);
	use_moved(h);
	if (r->valued)
		loss_look(r, h);
	return p;
}

int
risk_set_position(struct risk *r, struct fix_span account,
    struct fix_span symbol, const struct risk_position *p)
{
	struct holding *h;
	struct weight before;

	if (account.len > RISK_ID_MAX || symbol.len > RISK_ID_MAX)
		return -FIX_E_TOOBIG;
	h = holding_named(r, account, symbol);
	if (!fix_span_is(account, h->account->id) ||
	    !fix_span_is(symbol, h->symbol->id))
		return -FIX_E_NOMEM; /* it would land on a nameless one */
	before = weight_of(h);
	h->pos = *p;
	sums_moved(h);
	reweigh(h, before);
	use_moved(h);
	tape_pair(r, RISK_CALL_POSITION, account, symbol, p, sizeof(*p));
	return 0;
}

const struct risk_position *
risk_get_position(
    const struct risk *r, struct fix_span account, struct fix_span symbol)
{
	const struct scope *a = scope_find(r, RISK_SCOPE_ACCOUNT, account);
	const struct scope *s = scope_find(r, RISK_SCOPE_SYMBOL, symbol);
	const struct holding *h;

	if (a == NULL || s == NULL)
		return NULL;
	h = holding_find(r, a, s);
	return h == NULL ? NULL : &h->pos;
}

int
risk_each_position(const struct risk *r,
    int (*fn)(void *arg, const char *account, const char *symbol,
	const struct risk_position *p, int64_t open_buy_e8,
	int64_t open_sell_e8),
    void *arg)
{
	const struct risk_position none = { 0 };
	const struct holding *h;
	int rc;

	for (h = r->first_holding; h != NULL; h = h->next) {
		if (h->open == 0 && h->buys_e8 == 0 && h->sells_e8 == 0 &&
		    memcmp(&h->pos, &none, sizeof(none)) == 0)
			continue;
		rc = fn(arg, h->account->id, h->symbol->id, &h->pos,
		    clamp(h->buys_e8), clamp(h->sells_e8));
		if (rc != 0)
			return rc;
	}
	return 0;
}
