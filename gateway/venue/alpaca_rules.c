/*
 * Assets and rules, checked before an order is sent: what breaks one is refused
 * here with a sentence, and costs no request of the two hundred a minute. What
 * is not known here (buying power, wash trades, hours) the venue checks alone.
 */
#include "gateway/venue/alpaca_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

#include "fix/decimal.h"
#include "gateway/venue/json.h"

#define DOLLAR FIX_E8
#define CRYPTO_MIN (10 * DOLLAR)      /* price x quantity */
#define CRYPTO_MAX (200000 * DOLLAR)

static bool
get(const json_t *o, const char *key, int64_t *out)
{
	int rc = json_e8(o, key, out);

	if (rc == -FIX_E_RANGE) { /* finer than we count: the venue checks it */
		*out = 0;
		return true;
	}
	if (rc == -FIX_E_NOTFOUND || json_text(o, key)[0] == '\0')
		return json_is_null(json_object_get(o, key)) ||
		       json_object_get(o, key) == NULL || rc == 0;
	return rc == 0 && *out >= 0;
}

static bool
truth(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

int
alpaca_rules_read(struct alpaca_rules *r, const json_t *asset)
{
	memset(r, 0, sizeof(*r));
	if (!fix_span_copy(fix_span_of(json_text(asset, "symbol")), r->symbol,
		sizeof(r->symbol)) ||
	    r->symbol[0] == '\0')
		return -FIX_E_FORMAT;
	fix_span_copy(fix_span_of(json_text(asset, "status")), r->status,
	    sizeof(r->status));
	r->crypto = strcmp(json_text(asset, "class"), "crypto") == 0;
	r->tradable = truth(asset, "tradable");
	r->shortable = truth(asset, "shortable");
	r->fractionable = truth(asset, "fractionable");
	if (!get(asset, "min_order_size", &r->min_qty) ||
	    !get(asset, "min_trade_increment", &r->qty_step) ||
	    !get(asset, "price_increment", &r->price_step))
		return -FIX_E_FORMAT;
	return 0;
}

const char *
alpaca_currency(const struct alpaca_rules *r)
{
	const char *slash = strchr(r->symbol, '/');

	return slash != NULL ? slash + 1 : r->crypto ? "" : "USD";
}

/* ----- checks; each returns -1: it may go ----- */

static int __attribute__((format(printf, 4, 5)))
no(char *text, size_t cap, int reason, const char *why, ...)
{
	va_list ap;

	va_start(ap, why);
	vsnprintf(text, cap, why, ap);
	va_end(ap);
	return reason;
}

static int
check_side(const struct alpaca_rules *r, const struct alpaca_wish *w,
    char *text, size_t cap)
{
	if (w->side == '1' || w->side == '2')
		return -1;
	if (w->side != '5')
		return no(text, cap, 11, "Side not supported on %s", "ALPACA");
	return r->shortable && !r->crypto ?
	    -1 : no(text, cap, 11, "%s is not shortable", r->symbol);
}

/* The venue's table of types and times in force. */
static bool
kind_taken(const struct alpaca_rules *r, const struct alpaca_wish *w)
{
	bool plain = w->type == '1' || w->type == '2';

	if (r->crypto && w->tif == '1')
		return w->type != '3' && w->type != 'P';
	if (r->crypto)
		return w->tif == '3' && plain;
	switch (w->tif) {
	case '0':
	case '1':
		return true;
	case '2':
	case '3':
	case '4':
	case '7':
		return plain;
	default:
		return false;
	}
}

static int
check_kind(const struct alpaca_rules *r, const struct alpaca_wish *w,
    char *text, size_t cap)
{
	bool limit = w->type == '2' || w->type == '4';
	bool stop = w->type == '3' || w->type == '4';

	if (w->type == '\0' || strchr("1234P", w->type) == NULL ||
	    limit != (w->price > 0) || stop != (w->stop > 0) ||
	    (w->type == 'P') != (w->trail > 0))
		return no(text, cap, 11, "OrdType not supported for %s",
		    r->symbol);
	if (w->extended && (r->crypto || w->type != '2' ||
			       (w->tif != '0' && w->tif != '1')))
		return no(text, cap, 11, "TradingSessionID EXTENDED of %s needs "
		    "a stock, OrdType 2, TimeInForce Day or GTC", r->symbol);
	if (!kind_taken(r, w))
		return no(text, cap, 11,
		    r->crypto ? "TimeInForce not supported for %s; use GTC or "
				"IOC"
			      : "TimeInForce not supported for %s with this "
				"OrdType; use Day or GTC",
		    r->symbol);
	return -1;
}

static int
check_qty(const struct alpaca_rules *r, const struct alpaca_wish *w, char *text,
    size_t cap)
{
	char is[FIX_DEC_MAX + 1];

	if (w->qty <= 0)
		return no(text, cap, 13, "OrderQty of %s must be above 0",
		    r->symbol);
	if (r->crypto && w->qty < r->min_qty) {
		is[fix_e8_format((uint8_t *)is, r->min_qty)] = '\0';
		return no(text, cap, 13, "OrderQty violates min_order_size: at "
		    "least %s", is);
	}
	if (r->crypto && r->qty_step > 0 && w->qty % r->qty_step != 0) {
		is[fix_e8_format((uint8_t *)is, r->qty_step)] = '\0';
		return no(text, cap, 13, "OrderQty violates "
		    "min_trade_increment: in steps of %s", is);
	}
	if (r->crypto || w->qty % FIX_E8 == 0)
		return -1;
	if (!r->fractionable)
		return no(text, cap, 13, "%s is not fractionable", r->symbol);
	if (w->type == 'P')
		return no(text, cap, 13, "a fraction of %s can't trail",
		    r->symbol);
	if (w->side == '5')
		return no(text, cap, 13, "a fraction of %s can't be sold short",
		    r->symbol);
	return w->tif == '0' ? -1 :
	    no(text, cap, 13, "a fraction of %s needs TimeInForce Day",
		r->symbol);
}

static int
check_price(const struct alpaca_rules *r, int64_t px, const char *what,
    char *text, size_t cap)
{
	char is[FIX_DEC_MAX + 1];

	if (px == 0)
		return -1;
	if (r->crypto) {
		if (r->price_step == 0 || px % r->price_step == 0)
			return -1;
		is[fix_e8_format((uint8_t *)is, r->price_step)] = '\0';
		snprintf(text, cap, "%s violates price_increment: in steps of "
		    "%s", what, is);
		return 99;
	}
	if (px >= DOLLAR ? px % (FIX_E8 / 100) == 0
			 : px % (FIX_E8 / 10000) == 0)
		return -1;
	snprintf(text, cap, "%s violates %d decimals", what,
	    px >= DOLLAR ? 2 : 4);
	return 99;
}

static int
check_cost(const struct alpaca_rules *r, const struct alpaca_wish *w,
    char *text, size_t cap)
{
	__int128 cost = (__int128)w->qty * w->price / FIX_E8;

	if (!r->crypto || w->price == 0)
		return -1;
	if (cost < CRYPTO_MIN)
		return no(text, cap, 13, "OrderQty of %s: price x quantity at "
		    "least 10", r->symbol);
	return cost <= CRYPTO_MAX ? -1 :
	    no(text, cap, 3, "OrderQty of %s: price x quantity at most 200000",
		r->symbol);
}

int
alpaca_rules_check(const struct alpaca_rules *r, const struct alpaca_wish *w,
    char *text, size_t cap)
{
	int no_;

	if (strcmp(r->status, "active") != 0 || !r->tradable)
		return no(text, cap, 1, "%s is not tradable", r->symbol);
	if ((no_ = check_side(r, w, text, cap)) >= 0 ||
	    (no_ = check_kind(r, w, text, cap)) >= 0 ||
	    (no_ = check_qty(r, w, text, cap)) >= 0 ||
	    (no_ = check_price(r, w->price, "Price", text, cap)) >= 0 ||
	    (no_ = check_price(r, w->stop, "StopPx", text, cap)) >= 0 ||
	    (w->trail_type != '1' &&
		(no_ = check_price(r, w->trail, "PegOffsetValue", text,
		     cap)) >= 0))
		return no_;
	return check_cost(r, w, text, cap);
}

/* ----- answers ----- */

static bool
says(const char *msg, const char *what)
{
	return strcasestr(msg, what) != NULL;
}

enum alpaca_fate
alpaca_fate_of(long status, int64_t code, const char *msg)
{
	(void)code;
	if (status == 200 || status == 204 || status == 207)
		return ALPACA_DONE;
	if (status == 422 && says(msg, "client_order_id must be unique"))
		return ALPACA_TWICE;
	if (status == 429)
		return ALPACA_LATER;
	return status >= 400 && status < 500 && status != 408 ?
	    ALPACA_REFUSED : ALPACA_UNKNOWN;
}

/* 403 40310000 is many things. */
static int
reason_403(const char *msg)
{
	if (says(msg, "wash trade") || says(msg, "user request") ||
	    says(msg, "account"))
		return 0;
	if (says(msg, "not changed"))
		return 99;
	if (says(msg, "short"))
		return 11;
	return says(msg, "forbidden") ? 0 : 3;
}

int
alpaca_reason(long status, int64_t code, const char *msg)
{
	if (status == 401 || status == 429 || status == 0 || code == 40310100)
		return 0;
	if (status == 403)
		return reason_403(msg);
	if (status == 404)
		return 1;
	if (says(msg, "asset") && says(msg, "not found"))
		return 1;
	if (says(msg, "fractionable") || says(msg, "qty"))
		return 13;
	if (says(msg, "sub-penny"))
		return 99;
	if (says(msg, "must be unique"))
		return 6;
	if (says(msg, "time_in_force") || says(msg, "type") ||
	    says(msg, "not allowed") || says(msg, "require"))
		return 11;
	return 99;
}

/* ----- executions ----- */

static bool
hex(char c, unsigned *out)
{
	static const char set[] = "0123456789abcdef";
	const char *at = strchr(set, c >= 'A' && c <= 'F' ? c + 32 : c);

	if (c == '\0' || at == NULL)
		return false;
	*out = (unsigned)(at - set);
	return true;
}

/* A UUID's 32 hex digits as 22 letters and digits, six bits each. */
static bool
short_uuid(const char *id, char out[23])
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
				  "tuvwxyz0123456789_.";
	unsigned bits = 0, n_bits = 0, n = 0, n_hex = 0, v;

	for (; *id != '\0'; id++) {
		if (*id == '-')
			continue;
		if (!hex(*id, &v) || ++n_hex > 32)
			return false;
		bits = (bits << 4 | v) & 0xfff;
		n_bits += 4;
		if (n_bits >= 6) {
			n_bits -= 6;
			out[n++] = set[bits >> n_bits & 63];
		}
	}
	if (n_hex != 32)
		return false;
	out[n++] = set[bits << (6 - n_bits) & 63];
	out[n] = '\0';
	return true;
}

bool
alpaca_exec_id(const char *order, int64_t cum, char out[40])
{
	char id[23], sum[FIX_DEC_MAX + 1];
	size_t n = fix_e8_format((uint8_t *)sum, cum);

	sum[n] = '\0';
	if (cum <= 0 || n > 16 || !short_uuid(order, id))
		return false;
	snprintf(out, 40, "%s-%.16s", id, sum);
	return true;
}

char
alpaca_state(const char *status)
{
	static const struct {
		const char *name;
		char state;
	} states[] = {
		{ "partially_filled", '1' }, { "filled", '2' },
		{ "canceled", '4' },	     { "expired", 'C' },
		{ "rejected", '8' },	     { "replaced", '5' },
		{ "pending_cancel", '6' },   { "pending_replace", 'E' },
		{ "pending_new", 'A' },	     { "done_for_day", '3' },
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(status, states[i].name) == 0)
			return states[i].state;
	return '0';
}

int64_t
alpaca_price_of_rest(int64_t cum, int64_t avg, int64_t told, __int128 cost)
{
	__int128 rest = (__int128)cum * avg - cost;

	if (cum <= told || avg <= 0 || rest <= 0)
		return 0;
	rest /= cum - told;
	return rest > INT64_MAX ? 0 : (int64_t)rest;
}
