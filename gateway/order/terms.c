/*
 * What an order wants: quantity, prices, type, time in force.
 *
 * Comes from a NewOrderSingle or an OrderCancelReplaceRequest and goes to risk
 * and to venues. What few orders have is in rare.c.
 */
#include "gateway/order/desk.h"

bool
type_has_price(char ord_type)
{
	return ord_type == '2' || ord_type == '4' || ord_type == 'B' ||
	       ord_type == 'P';
}

bool
type_has_stop(char ord_type)
{
	return ord_type == '3' || ord_type == '4' || ord_type == 'J' ||
	       ord_type == 'P';
}

/* Market if touched: some say where in Price(44). */
static bool
touch_by_price(const struct fix_order *o)
{
	return o->ord_type == 'J' && (o->has & FIX_OH_STOP_PX) == 0;
}

/* A price other than 0 that the type does not have: it would hold nothing. */
static const char *
unused_price(const struct fix_order *o)
{
	if ((o->has & FIX_OH_PRICE) != 0 && o->price.mant != 0 &&
	    !type_has_price(o->ord_type) && !touch_by_price(o))
		return "UNSUPPORTED Price(44) with an OrdType(40) that has no "
		       "limit";
	if ((o->has & FIX_OH_STOP_PX) != 0 && o->stop_px.mant != 0 &&
	    !type_has_stop(o->ord_type))
		return "UNSUPPORTED StopPx(99) with an OrdType(40) that is no "
		       "stop";
	return NULL;
}

static const char *
unsupported(const struct fix_order *o)
{
	if (o->ord_type == '\0' ||
	    strchr("12345BJKP", o->ord_type) == NULL)
		return "UNSUPPORTED OrdType(40)";
	if (o->time_in_force != '\0' &&
	    (o->time_in_force < '0' || o->time_in_force > '7'))
		return "UNSUPPORTED TimeInForce(59)";
	if (o->time_in_force != '6' && (o->expire_date.len > 0 ||
				    (o->has & FIX_OH_EXPIRE_TIME) != 0))
		return "UNSUPPORTED ExpireTime(126), ExpireDate(432) without "
		       "TimeInForce(59)=6";
	return unused_price(o);
}

static const char *
read_prices(const struct fix_order *o, struct terms *t)
{
	bool pegged = o->ord_type == 'P';
	bool touch = touch_by_price(o);

	if (type_has_price(o->ord_type)) {
		if ((o->has & FIX_OH_PRICE) == 0 && !pegged)
			return "MISSING Price(44)";
		if (fix_dec_to_e8(o->price, &t->price_e8) != 0)
			return "PRECISION Price(44)";
	}
	if (type_has_stop(o->ord_type)) {
		if ((o->has & (touch ? FIX_OH_PRICE : FIX_OH_STOP_PX)) == 0 &&
		    !pegged)
			return "MISSING StopPx(99)";
		if (fix_dec_to_e8(touch ? o->price : o->stop_px,
			&t->stop_e8) != 0)
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
	int reason;

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
	*why = o->wrong != NULL ? o->wrong : unsupported(o);
	if (*why != NULL)
		return 11;
	reason = rare_read(o, t, why);
	if (reason != 0)
		return reason;
	*why = "QUANTITY OrderQty(38)";
	if (t->qty_e8 == 0 && t->rare.cash_e8 == 0)
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
		o->ord_type, o->time_in_force, 0, 0, o->rare };

	return t;
}

struct terms
terms_request(const struct order *o)
{
	struct terms t = { o->request_qty_e8, o->request_price_e8,
		o->request_stop_e8, o->request_expire_ns, o->request_ord_type,
		o->request_time_in_force, 0, 0, o->request_rare };

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
	o->rare = t->rare;
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
	o->request_rare = t->rare;
}

/* What an order is to risk: market(1), limit(2), stop(3) or stop limit(4). At the
 * close it is what it will be then, market if touched what a stop is, and so is
 * a trailing stop; other pegs trade at any price but a limit that they have. */
static char
risk_type(const struct terms *t)
{
	switch (t->ord_type) {
	case '5':
	case 'K':
		return '1';
	case 'B':
		return '2';
	case 'J':
		return '3';
	case 'P':
		return t->rare.peg == 'a' ? '3' : t->price_e8 != 0 ? '2' : '1';
	default:
		return t->ord_type;
	}
}

/* And by its own name, which a list of allowed ones goes by. */
static uint8_t
risk_kind(const struct terms *t)
{
	switch (t->ord_type) {
	case '5':
		return RISK_KIND_AT_CLOSE;
	case 'B':
		return RISK_KIND_LIMIT_CLOSE;
	case 'J':
		return RISK_KIND_TOUCHED;
	case 'K':
		return RISK_KIND_TO_LIMIT;
	case 'P':
		return t->rare.peg == 'a' ? RISK_KIND_TRAILING
					  : RISK_KIND_PEGGED;
	default:
		return RISK_KIND_PLAIN;
	}
}

struct risk_order
terms_risk(const struct order *o, const struct terms *t)
{
	char type = risk_type(t);
	struct risk_order r = { .account = fix_span_of(o->account),
		.symbol = fix_span_of(o->symbol),
		.trader = fix_span_of(o->trader),
		.session = o->session,
		.side = o->side,
		.ord_type = type,
		.kind = risk_kind(t),
		.time_in_force = t->time_in_force,
		.has_price = type == '2' || type == '4',
		.has_stop = type == '3' || type == '4',
		.qty_e8 = t->qty_e8,
		.cum_e8 = o->cum_e8,
		.price_e8 = t->price_e8,
		.stop_e8 = t->rare.at_e8 != 0 ? t->rare.at_e8 : t->stop_e8,
		.cash_e8 = t->rare.cash_e8,
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
		.cum_qty_e8 = o->cum_e8,
		.currency = o->currency,
		.rare = t->rare };

	return v;
}
