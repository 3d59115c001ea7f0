/*
 * The state of an order: OrdStatus by precedence, quantities, exact average
 * price, and what follows from them: the hold at risk, the list of live
 * orders, and waiting for a venue's answer.
 *
 * Precedence (FIX volume 4, order state changes), high to low: pending cancel,
 * pending replace, done for day, filled, canceled or expired, partially
 * filled, in 4.2 replaced, new. The status kept in the order is the one under
 * a pending request. 'U' (in doubt) is ours alone: the client goes on seeing
 * what it was told last, the hold stays.
 */
#include "gateway/order/desk.h"

#include <assert.h>

char
state_of(const struct order *o)
{
	return o->status == 'U' ? o->told : o->status;
}

bool
state_is_gt(const struct order *o)
{
	return o->time_in_force == '1' || o->time_in_force == '6';
}

bool
state_ended(const struct order *o)
{
	switch (state_of(o)) {
	case '2':
	case '4':
	case '8':
	case 'C':
		return true;
	case '3':
		return o->leaves_e8 == 0;
	default:
		return false;
	}
}

bool
order_is_live(const struct order *o)
{
	return o->pending != '\0' || o->status == 'U' || !state_ended(o);
}

char
order_status(const struct order *o, enum fix_version v)
{
	char s = state_of(o);

	/* A cancel of our own is not the client's business until it is done */
	if (o->pending == 'F' && o->request_id[0] != '\0')
		return '6';
	if (o->pending == 'G')
		return 'E';
	if (s == '0' && o->replaced && report_face(v) == FIX_V_42)
		return '5';
	return s;
}

void
state_set(struct order *o, char status)
{
	bool over =
	    status == '2' || status == '4' || status == '8' || status == 'C';

	if (o->status == 'U' && (!over || o->pending != '\0')) {
		o->told = status;
		return;
	}
	o->status = status;
	o->told = '\0';
}

void
state_by_qty(struct order *o)
{
	if (state_of(o) == '3' && o->cum_e8 < o->qty_e8)
		return;
	if (o->cum_e8 >= o->qty_e8)
		state_set(o, '2');
	else if (o->stopped)
		state_set(o, '7');
	else if (o->cum_e8 > 0)
		state_set(o, '1');
	else
		state_set(o, o->acked ? '0' : 'A');
}

void
state_known(struct order *o)
{
	if (o->status != 'U')
		return;
	o->status = o->told;
	o->told = '\0';
}

static __int128
paid_get(int64_t hi, int64_t lo)
{
	unsigned __int128 v = (uint64_t)hi;

	return (__int128)(v << 64 | (uint64_t)lo);
}

static void
put_paid(int64_t *hi, int64_t *lo, int64_t qty_e8, int64_t px_e8)
{
	__int128 v = paid_get(*hi, *lo) + (__int128)qty_e8 * px_e8;

	*hi = (int64_t)(uint64_t)((unsigned __int128)v >> 64);
	*lo = (int64_t)(uint64_t)v;
}

/* Can't overflow: CumQty fits 63 bits, and so does every price. */
void
paid_add(struct order *o, int64_t qty_e8, int64_t px_e8)
{
	put_paid(&o->paid_hi, &o->paid_lo, qty_e8, px_e8);
}

static struct fix_dec
average(__int128 v, int64_t cum_e8)
{
	__int128 half = cum_e8 / 2;

	if (cum_e8 <= 0)
		return fix_dec_of_e8(0);
	v = (v < 0 ? v - half : v + half) / cum_e8;
	if (v > INT64_MAX)
		v = INT64_MAX;
	if (v < -INT64_MAX)
		v = -INT64_MAX;
	return fix_dec_of_e8((int64_t)v);
}

struct fix_dec
paid_avg(const struct order *o)
{
	return average(paid_get(o->paid_hi, o->paid_lo), o->cum_e8);
}

struct fix_dec
paid_day_avg(const struct order *o)
{
	return average(
	    paid_get(o->day_paid_hi, o->day_paid_lo), o->day_cum_e8);
}

void
day_begin(struct order *o)
{
	if (o->day == 0 && o->cum_e8 == 0)
		return;
	o->day++;
	o->day_cum_e8 = o->day_paid_hi = o->day_paid_lo = 0;
}

void
day_add(struct order *o, uint8_t day, int64_t qty_e8, int64_t px_e8)
{
	if (o->day == 0 || day != (uint8_t)o->day)
		return;
	o->day_cum_e8 += qty_e8;
	put_paid(&o->day_paid_hi, &o->day_paid_lo, qty_e8, px_e8);
}

/* While a replace is pending either outcome must be covered. */
static struct risk_hold
hold_of(const struct desk *d, const struct order *o)
{
	struct terms t = terms_now(o);
	struct risk_order r = terms_risk(o, &t);
	struct risk_hold h = risk_hold_of(d->cfg.risk, &r, o->leaves_e8), g;

	if (o->pending != 'G')
		return h;
	t = terms_request(o);
	r = terms_risk(o, &t);
	g = risk_hold_of(
	    d->cfg.risk, &r, t.qty_e8 > o->cum_e8 ? t.qty_e8 - o->cum_e8 : 0);
	if (g.qty_e8 > h.qty_e8)
		h.qty_e8 = g.qty_e8;
	if (g.notional_e8 > h.notional_e8)
		h.notional_e8 = g.notional_e8;
	return h;
}

static void
wait_stop(struct desk *d, struct entry *en)
{
	if (en->round == 0)
		return;
	TAILQ_REMOVE(&d->wait[en->round - 1], en, wait);
	en->round = 0;
}

static void
wait_in(struct desk *d, struct entry *en, unsigned round, struct fix_now now)
{
	static const int64_t times[DESK_ROUNDS] = { 1, 2, 8, 64 };

	wait_stop(d, en);
	en->due_ns = now.mono.ns + d->cfg.ack_timeout_ns * times[round];
	en->round = (uint8_t)(round + 1);
	TAILQ_INSERT_TAIL(&d->wait[round], en, wait);
}

void
wait_from(struct desk *d, struct entry *en, struct fix_now now)
{
	wait_in(d, en, 0, now);
}

void
wait_later(struct desk *d, struct entry *en, struct fix_now now)
{
	wait_in(
	    d, en, en->round < DESK_ROUNDS ? en->round : DESK_ROUNDS - 1, now);
}

static bool
waits(const struct entry *en)
{
	const struct order *o = &en->o;

	if (!en->is_live)
		return false;
	return !o->acked || en->asked || o->status == 'U' ||
	       (o->pending != '\0' && !o->unsent);
}

static void
set_live(struct desk *d, struct entry *en, bool live)
{
	if (live == en->is_live)
		return;
	en->is_live = live;
	if (live) {
		TAILQ_INSERT_TAIL(&d->live, en, live);
		d->n_live++;
	} else {
		TAILQ_REMOVE(&d->live, en, live);
		d->n_live--;
		en->asked = false;
	}
	if (d->started && d->ops.lives != NULL)
		d->ops.lives(d->ops.arg, &en->o, live);
}

void
expiry_note(struct desk *d, const struct order *o, struct fix_now now)
{
	int64_t left = o->expire_ns - now.utc.ns;

	if (o->expire_ns == 0)
		return;
	if (left < 0)
		left = 0;
	if (left < d->expiry_due_ns - now.mono.ns)
		d->expiry_due_ns = now.mono.ns + left;
}

void
live_begin(
    struct desk *d, struct entry *en, struct risk_hold hold, struct fix_now now)
{
	en->o.hold = hold;
	set_live(d, en, true);
	expiry_note(d, &en->o, now);
	wait_from(d, en, now);
	en->dirty = true;
}

/* The price at which it may trade now: with a replace under way, the better of
 * both for the others. A stop that waits for its price trades with nobody. */
void
desk_rest(struct desk *d, struct entry *en)
{
	struct terms t = terms_now(&en->o), g;
	struct risk_order r;
	bool waits = type_has_stop(t.ord_type) &&
	    (t.ord_type != 'P' || t.rare.peg == 'a');
	bool buy = en->o.side == '1' || en->o.side == '3';

	if (!en->is_live || waits) {
		risk_rest_drop(&en->rest);
		return;
	}
	if (en->o.pending == 'G' && type_has_price(t.ord_type)) {
		g = terms_request(&en->o);
		if (!type_has_price(g.ord_type) ||
		    (buy ? g.price_e8 > t.price_e8 : g.price_e8 < t.price_e8))
			t = g;
	}
	r = terms_risk(&en->o, &t);
	risk_rest_set(d->cfg.risk, &en->rest, &r);
}

void
desk_settle(struct desk *d, struct entry *en, struct fix_now now)
{
	struct order *o = &en->o;
	bool live = order_is_live(o);
	int opened = (int)live - (int)en->is_live;
	struct risk_hold h = { 0, 0 };

	assert(o->leaves_e8 >= 0 && o->cum_e8 >= 0);
	if (live)
		h = hold_of(d, o);
	if (opened != 0 || h.qty_e8 != o->hold.qty_e8 ||
	    h.notional_e8 != o->hold.notional_e8)
		risk_rehold(d->cfg.risk, fix_span_of(o->account),
		    fix_span_of(o->symbol), o->side, o->hold, h, opened);
	o->hold = h;
	set_live(d, en, live);
	proof_seen(d, en);
	desk_rest(d, en);
	if (live)
		expiry_note(d, o, now);
	if (!waits(en))
		wait_stop(d, en);
	else if (en->round == 0)
		wait_from(d, en, now);
	en->dirty = true;
}
