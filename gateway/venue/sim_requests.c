/*
 * Requests: taken from the desk, kept until their time, then worked.
 *
 * New orders, cancels, replaces and status requests, each with the refusals
 * that a real venue has: unknown symbol or order, an id used before, terms
 * that it does not trade, too late. OrdRejReason(103) and CxlRejReason(102)
 * are given in FIX.4.4's numbers.
 */
#include "gateway/venue/sim_inside.h"

void
sim_drop_request(struct sim *s, struct sim_request **at)
{
	struct sim_request *q = *at, *r;

	*at = q->next;
	s->n_requests--;
	if (s->last_request == q) {
		s->last_request = NULL;
		for (r = s->first_request; r != NULL; r = r->next)
			s->last_request = r;
	}
	sim_unkeep(s, q->number);
	pool_put(&s->requests, q);
}

static bool
fits(const struct venue_order *o)
{
	return strlen(o->cl_ord_id) < SIM_ID_MAX &&
	       (o->orig_cl_ord_id == NULL ||
		   strlen(o->orig_cl_ord_id) < SIM_ID_MAX) &&
	       strlen(o->symbol) <= SIM_SYMBOL_MAX;
}

int
sim_take(
    struct venue *v, const struct venue_order *o, struct fix_now now, char kind)
{
	struct sim *s = (struct sim *)v;
	struct sim_request *q;

	if (!v->up)
		return -FIX_E_STATE;
	if (!fits(o))
		return -FIX_E_TOOBIG;
	if (kind == 'D' && venue_wrong_currency(fix_span_of(o->currency),
			       o->symbol, s->currency, v->refused,
			       sizeof(v->refused)))
		return -FIX_E_RANGE;
	q = pool_get(&s->requests);
	if (q == NULL)
		return -FIX_E_NOMEM;
	q->number = sim_next_number(s);
	q->due_ns = now.mono.ns + s->latency_ns;
	q->kind = kind;
	fix_span_copy(fix_span_of(o->cl_ord_id), q->cl_ord_id, SIM_ID_MAX);
	fix_span_copy(
	    fix_span_of(o->orig_cl_ord_id), q->orig_cl_ord_id, SIM_ID_MAX);
	fix_span_copy(fix_span_of(o->symbol), q->symbol, sizeof(q->symbol));
	q->side = o->side;
	q->ord_type = o->ord_type;
	q->time_in_force = o->time_in_force == '\0' ? '0' : o->time_in_force;
	q->qty_e8 = o->qty_e8;
	q->price_e8 = o->price_e8;
	q->stop_e8 = o->stop_e8;
	q->expire_ns = o->expire.ns;
	q->min_qty_e8 = o->rare.min_qty_e8;
	q->floor_e8 = o->rare.max_floor_e8;
	q->cash_e8 = o->rare.cash_e8;
	q->post = memchr(o->rare.inst, '6', sizeof(o->rare.inst)) != NULL;
	if (s->last_request == NULL)
		s->first_request = q;
	else
		s->last_request->next = q;
	s->last_request = q;
	s->n_requests++;
	sim_keep_request(s, q);
	return 0;
}

/* Do the terms make an order that this venue takes? NULL: yes. */
static const char *
unfit(const struct sim *s, const struct sim_request *q)
{
	bool limit = q->ord_type == '2' || q->ord_type == '4';
	bool stop = q->ord_type == '3' || q->ord_type == '4' ||
	    q->ord_type == 'J';

	if (q->side != '1' && q->side != '2' && q->side != '5' &&
	    q->side != '6')
		return "side not taken here";
	if (q->ord_type == '\0' || strchr("1234J", q->ord_type) == NULL)
		return "order type not taken here";
	if (strchr("01346", q->time_in_force) == NULL)
		return "time in force not taken here";
	if (q->qty_e8 <= 0 || (limit && q->price_e8 <= 0) ||
	    (stop && q->stop_e8 <= 0))
		return "quantity or price missing";
	if (q->min_qty_e8 != 0 && q->time_in_force != '3')
		return "MinQty needs TimeInForce 3";
	if (q->time_in_force == '6' && q->expire_ns <= s->at.utc.ns)
		return "expire time missing or past";
	return NULL;
}

static int64_t
expiry_of(const struct sim *s, const struct sim_request *q)
{
	int64_t start = s->at.utc.ns - s->at.utc.ns % FIX_DAY;

	if (q->time_in_force == '6')
		return q->expire_ns;
	if (q->time_in_force != '0' || s->day_end_ns == 0)
		return 0;
	if (start + s->day_end_ns > s->at.utc.ns)
		return start + s->day_end_ns;
	return start + FIX_DAY + s->day_end_ns;
}

static void
set_terms(const struct sim *s, struct sim_order *o, const struct sim_request *q)
{
	o->side = q->side == '1' ? '1' : '2';
	o->ord_type = q->ord_type;
	o->time_in_force = q->time_in_force;
	o->qty_e8 = q->qty_e8;
	o->price_e8 = q->price_e8;
	o->stop_e8 = q->stop_e8;
	o->floor_e8 = o->shown_e8 = q->floor_e8;
	o->expire_ns = expiry_of(s, q);
}

static struct sim_order *
make_order(struct sim *s, const struct sim_request *q, struct sim_book *b)
{
	struct sim_order *o;

	if (sim_reserve_id(s) != 0)
		return NULL;
	o = pool_get(&s->orders);
	if (o == NULL)
		return NULL;
	o->number = o->rank = q->number;
	o->book = b;
	o->status = '0';
	set_terms(s, o, q);
	sim_set_id(s, o, 0, q->cl_ord_id);
	if (sim_expires(s, o) == 0)
		return o;
	sim_set_id(s, o, 0, "");
	pool_put(&s->orders, o);
	return NULL;
}

/* Does the book stand against it? An order by amount gets its quantity.
 * NULL: it may come in. */
static const char *
unlucky(struct sim_order *o, const struct sim_request *q)
{
	int64_t n;

	if (!q->post && q->min_qty_e8 == 0 && q->cash_e8 == 0)
		return NULL;
	n = sim_at_once(o, q->cash_e8);
	if (q->post && n > 0)
		return "it would trade at once";
	if (n < q->min_qty_e8)
		return "MinQty is not there";
	if (q->cash_e8 != 0 && n == 0)
		return "nothing to trade with";
	if (q->cash_e8 != 0)
		o->qty_e8 = n;
	return NULL;
}

static void
refuse(struct sim *s, const struct sim_request *q, int reason, const char *text)
{
	sim_unkeep(s, q->number);
	sim_tell_request(s, q, VENUE_REJECT, reason, text);
}

/* It was made, and is gone before anybody could see it. */
static void
turn_away(struct sim *s, struct sim_order *o, const struct sim_request *q,
    const char *why)
{
	sim_expires_not(s, o);
	sim_set_id(s, o, 0, "");
	pool_put(&s->orders, o);
	refuse(s, q, 99, why);
}

static void
work_new(struct sim *s, const struct sim_request *q)
{
	struct sim_book *b = sim_book_of(s, q->symbol);
	const char *why = unfit(s, q);
	struct sim_order *o;

	if (sim_strikes(s, SIM_F_DISCONNECT, s->faults.disconnect)) {
		sim_go_down(s);
		if (sim_random(s) & 1) {
			sim_unkeep(s, q->number);
			return;
		}
	}
	if (b == NULL)
		refuse(s, q, 1, "unknown symbol");
	else if (sim_find(s, q->cl_ord_id) != NULL)
		refuse(s, q, 6, "ClOrdID used before");
	else if (why != NULL)
		refuse(s, q, 11, why);
	else if (sim_strikes(s, SIM_F_REJECT, s->faults.reject))
		refuse(s, q, 0, "refused as told to");
	else if ((o = make_order(s, q, b)) == NULL)
		refuse(s, q, 0, "out of memory");
	else if ((why = unlucky(o, q)) != NULL)
		turn_away(s, o, q, why);
	else
		sim_enter(s, o, true);
}

/* The order that a cancel or replace names; or tell why not. */
static struct sim_order *
named(struct sim *s, const struct sim_request *q)
{
	struct sim_order *o = sim_find(s, q->orig_cl_ord_id);

	if (o == NULL)
		sim_tell_request(s, q, VENUE_CXL_REJECT, 1, "unknown order");
	else if (!sim_live(o))
		sim_tell_request(s, q, VENUE_CXL_REJECT, 0, "too late");
	else
		return o;
	return NULL;
}

static void
work_cancel(struct sim *s, const struct sim_request *q)
{
	struct sim_order *o = named(s, q);
	struct venue_event e;

	if (o == NULL)
		return;
	e = sim_event(s, o, VENUE_CANCELED);
	e.cl_ord_id = q->cl_ord_id;
	e.orig_cl_ord_id = o->id[0].text;
	sim_tell(s, o, &e, true);
	sim_end(s, o, '4');
}

static bool
keeps_place(const struct sim_order *o, const struct sim_request *q)
{
	return q->ord_type == o->ord_type && q->price_e8 == o->price_e8 &&
	       q->stop_e8 == o->stop_e8 && q->qty_e8 <= o->qty_e8 &&
	       q->floor_e8 == o->floor_e8 &&
	       q->time_in_force == o->time_in_force;
}

static void
replace(struct sim *s, struct sim_order *o, struct sim_request *q)
{
	bool stays = keeps_place(o, q);
	struct venue_event e;
	char old[SIM_ID_MAX];

	memcpy(old, o->id[0].text, sizeof(old));
	if (stays)
		sim_shrink(o, o->qty_e8 - q->qty_e8);
	else
		sim_unrest(s, o);
	if (q->ord_type != o->ord_type)
		o->triggered = false;
	set_terms(s, o, q);
	if (sim_expires(s, o) != 0)
		o->expire_ns = 0; /* no memory to watch it: it stays */
	sim_push_id(s, o, q->cl_ord_id);
	e = sim_event(s, o, VENUE_REPLACED);
	e.orig_cl_ord_id = old;
	sim_tell(s, o, &e, true);
	if (o->qty_e8 == o->cum_e8) {
		sim_end(s, o, '2');
	} else if (stays) {
		sim_keep_order(s, o);
	} else {
		o->rank = q->number;
		sim_enter(s, o, false);
	}
}

static bool
trades_at_once(const struct sim_order *o, const struct sim_request *q)
{
	struct sim_order as = *o;

	as.ord_type = q->ord_type;
	as.price_e8 = q->price_e8;
	return sim_at_once(&as, 0) > 0;
}

static void
work_replace(struct sim *s, struct sim_request *q)
{
	struct sim_order *o = named(s, q);
	const char *why;

	if (o == NULL)
		return;
	q->side = o->side;
	if (q->ord_type == '\0')
		q->ord_type = o->ord_type;
	why = unfit(s, q);
	if (why == NULL && q->post && trades_at_once(o, q))
		why = "it would trade at once";
	if (sim_find(s, q->cl_ord_id) != NULL)
		sim_tell_request(
		    s, q, VENUE_CXL_REJECT, 6, "ClOrdID used before");
	else if (why != NULL)
		sim_tell_request(s, q, VENUE_CXL_REJECT, 2, why);
	else if (q->qty_e8 < o->cum_e8)
		sim_tell_request(
		    s, q, VENUE_CXL_REJECT, 2, "more is filled already");
	else if (sim_reserve_id(s) != 0)
		sim_tell_request(s, q, VENUE_CXL_REJECT, 2, "out of memory");
	else
		replace(s, o, q);
}

static void
work_status(struct sim *s, const struct sim_request *q)
{
	struct sim_order *o = sim_find(s, q->cl_ord_id);
	struct venue_event e;

	if (o == NULL)
		o = sim_find(s, q->orig_cl_ord_id);
	if (o == NULL) {
		sim_tell_request(s, q, VENUE_UNKNOWN, 0, NULL);
		return;
	}
	e = sim_event(s, o, VENUE_STATUS);
	e.cl_ord_id = q->cl_ord_id;
	sim_tell(s, o, &e, false);
}

void
sim_work_request(struct sim *s)
{
	struct sim_request *q = s->first_request;

	s->touched = NULL;
	s->first_request = q->next;
	if (q->next == NULL)
		s->last_request = NULL;
	s->n_requests--;
	switch (q->kind) {
	case 'D':
		work_new(s, q);
		break;
	case 'F':
		work_cancel(s, q);
		break;
	case 'G':
		work_replace(s, q);
		break;
	default:
		work_status(s, q);
	}
	if (q->kind != 'D')
		sim_unkeep(s, q->number);
	pool_put(&s->requests, q);
	if (s->touched != NULL)
		sim_fire_stops(s, s->touched);
}
