/*
 * What an order wants: quantity, prices, type, time in force.
 *
 * Comes from a NewOrderSingle or an OrderCancelReplaceRequest and goes to risk
 * and to venues. A field that would change how the order trades and that we
 * can't carry to a venue (MinQty, MaxFloor, most of ExecInst, CashOrderQty)
 * refuses the order: to leave it out in silence would be another order than
 * the client wanted.
 */
#include "gateway/order/desk.h"

bool
type_has_price(char ord_type)
{
	return ord_type == '2' || ord_type == '4';
}

bool
type_has_stop(char ord_type)
{
	return ord_type == '3' || ord_type == '4';
}

/* ExecInst: not held, work and held say nothing that a venue must know. */
static bool
inst_ok(struct fix_span inst)
{
	size_t i;

	for (i = 0; i < inst.len; i++) {
		if (memchr("125 ", inst.p[i], 4) == NULL)
			return false;
	}
	return true;
}

static const char *
unsupported(const struct fix_order *o)
{
	if ((o->has & FIX_OH_MIN_QTY) != 0 && o->min_qty.mant != 0)
		return "UNSUPPORTED MinQty(110)";
	if ((o->has & FIX_OH_MAX_FLOOR) != 0)
		return "UNSUPPORTED MaxFloor(111)";
	if ((o->has & FIX_OH_ORDER_QTY) == 0 &&
	    (o->has & FIX_OH_CASH_ORDER_QTY) != 0)
		return "UNSUPPORTED CashOrderQty(152)";
	if (!inst_ok(o->exec_inst))
		return "UNSUPPORTED ExecInst(18)";
	if (o->ord_type < '1' || o->ord_type > '4')
		return "UNSUPPORTED OrdType(40)";
	if (o->time_in_force != '\0' &&
	    memchr("01346", o->time_in_force, 5) == NULL)
		return "UNSUPPORTED TimeInForce(59)";
	return NULL;
}

static const char *
read_prices(const struct fix_order *o, struct terms *t)
{
	if (type_has_price(o->ord_type)) {
		if ((o->has & FIX_OH_PRICE) == 0)
			return "MISSING Price(44)";
		if (fix_dec_to_e8(o->price, &t->price_e8) != 0)
			return "PRECISION Price(44)";
	}
	if (type_has_stop(o->ord_type)) {
		if ((o->has & FIX_OH_STOP_PX) == 0)
			return "MISSING StopPx(99)";
		if (fix_dec_to_e8(o->stop_px, &t->stop_e8) != 0)
			return "PRECISION StopPx(99)";
	}
	return NULL;
}

/* ExpireDate(432) ends with its day in UTC. */
static bool
read_date(struct fix_span s, int64_t *ns)
{
	int64_t v;

	if (!fix_date_ok(s) || fix_int_parse(s, &v) != 0)
		return false;
	*ns = (fix_days_of(
		   (int)(v / 10000), (int)(v / 100 % 100), (int)(v % 100)) +
		  1) *
	      FIX_DAY;
	return true;
}

static const char *
read_expiry(const struct fix_order *o, struct fix_now now, struct terms *t)
{
	if (t->time_in_force != '6')
		return NULL;
	if ((o->has & FIX_OH_EXPIRE_TIME) != 0)
		t->expire_ns = o->expire_time.utc.ns;
	else if (!read_date(o->expire_date, &t->expire_ns))
		return "MISSING ExpireTime(126)";
	return t->expire_ns <= now.utc.ns ? "EXPIRED ExpireTime(126)" : NULL;
}

int
terms_read(const struct fix_order *o, struct fix_now now, struct terms *t,
    const char **why)
{
	memset(t, 0, sizeof(*t));
	t->ord_type = o->ord_type;
	t->time_in_force = o->time_in_force;
	t->skip = o->skip;
	t->token = o->token;
	if (t->time_in_force == '\0')
		t->time_in_force = '0'; /* FIX: absent means day */
	if ((o->has & FIX_OH_ORDER_QTY) == 0 ||
	    fix_dec_to_e8(o->order_qty, &t->qty_e8) != 0 || t->qty_e8 < 0)
		t->qty_e8 = 0;
	*why = unsupported(o);
	if (*why != NULL)
		return 11;
	*why = "QUANTITY OrderQty(38)";
	if (t->qty_e8 == 0)
		return 13;
	*why = read_prices(o, t);
	if (*why != NULL)
		return 99;
	*why = read_expiry(o, now, t);
	return *why == NULL ? 0 : 4;
}

struct terms
terms_now(const struct order *o)
{
	struct terms t = { o->qty_e8, o->price_e8, o->stop_e8, o->expire_ns,
		o->ord_type, o->time_in_force, 0, 0 };

	return t;
}

struct terms
terms_request(const struct order *o)
{
	struct terms t = { o->request_qty_e8, o->request_price_e8,
		o->request_stop_e8, o->request_expire_ns, o->request_ord_type,
		o->request_time_in_force, 0, 0 };

	return t;
}

void
terms_set(struct order *o, const struct terms *t)
{
	o->qty_e8 = t->qty_e8;
	o->price_e8 = t->price_e8;
	o->stop_e8 = t->stop_e8;
	o->expire_ns = t->expire_ns;
	o->ord_type = t->ord_type;
	o->time_in_force = t->time_in_force;
}

void
terms_set_request(struct order *o, const struct terms *t)
{
	o->request_qty_e8 = t->qty_e8;
	o->request_price_e8 = t->price_e8;
	o->request_stop_e8 = t->stop_e8;
	o->request_expire_ns = t->expire_ns;
	o->request_ord_type = t->ord_type;
	o->request_time_in_force = t->time_in_force;
}

struct risk_order
terms_risk(const struct order *o, const struct terms *t)
{
	struct risk_order r = { .account = fix_span_of(o->account),
		.symbol = fix_span_of(o->symbol),
		.trader = fix_span_of(o->trader),
		.session = o->session,
		.side = o->side,
		.ord_type = t->ord_type,
		.time_in_force = t->time_in_force,
		.has_price = type_has_price(t->ord_type),
		.has_stop = type_has_stop(t->ord_type),
		.qty_e8 = t->qty_e8,
		.cum_e8 = o->cum_e8,
		.price_e8 = t->price_e8,
		.stop_e8 = t->stop_e8,
		.venue = o->venue,
		.skip = t->skip,
		.token = t->token,
		.number = o->number };

	return r;
}

struct risk_order
order_risk(const struct order *o)
{
	struct terms t = terms_now(o);

	return terms_risk(o, &t);
}

struct venue_order
terms_venue(const struct order *o, const struct terms *t)
{
	struct venue_order v = { .cl_ord_id = o->venue_cl_ord_id,
		.orig_cl_ord_id = "",
		.venue_order_id = o->venue_order_id,
		.account = o->account,
		.symbol = o->symbol,
		.side = o->side,
		.ord_type = t->ord_type,
		.time_in_force = t->time_in_force,
		.qty_e8 = t->qty_e8,
		.price_e8 = t->price_e8,
		.stop_e8 = t->stop_e8,
		.expire = { t->expire_ns },
		.cum_qty_e8 = o->cum_e8 };

	return v;
}
