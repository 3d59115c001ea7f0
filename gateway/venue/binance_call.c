/*
 * Calls of Binance's REST API: parameters, the signature behind them, and what
 * an answer means for the order that it is about.
 *
 * Refused is what the venue has certainly not done; later, what it has not done
 * and would do at another time; unknown, what it may have done. By code first,
 * whatever the status, then by status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "gateway/venue/binance_int.h"

void
call_begin(struct binance_call *c, char *p)
{
	*c = (struct binance_call){ p, 0 };
	*p = '\0';
}

static void
put(struct binance_call *c, const char *p, size_t n)
{
	if (n >= REST_BODY_MAX - c->len)
		return;
	memcpy(c->p + c->len, p, n);
	c->len += n;
	c->p[c->len] = '\0';
}

void
call_put(struct binance_call *c, const char *name, const char *value)
{
	char hex[4];

	if (c->len > 0)
		put(c, "&", 1);
	put(c, name, strlen(name));
	put(c, "=", 1);
	for (; *value != '\0'; value++) {
		bool plain = (*value >= '0' && *value <= '9') ||
			     (*value >= 'A' && *value <= 'Z') ||
			     (*value >= 'a' && *value <= 'z') ||
			     strchr("-_.~", *value) != NULL;

		snprintf(hex, sizeof(hex), "%%%02X", (unsigned char)*value);
		put(c, plain ? value : hex, plain ? 1 : 3);
	}
}

void
call_put_e8(struct binance_call *c, const char *name, int64_t v)
{
	char text[FIX_DEC_MAX + 1];

	text[fix_e8_format((uint8_t *)text, v)] = '\0';
	call_put(c, name, text);
}

void
call_put_int(struct binance_call *c, const char *name, int64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, v);
	call_put(c, name, text);
}

static void
put_rare(struct binance_call *c, const struct venue_rare *r)
{
	if (r->max_floor_e8 != 0)
		call_put_e8(c, "icebergQty", r->max_floor_e8);
	if (r->peg == '\0')
		return;
	call_put(c, "pegPriceType",
	    r->peg == 'R' ? "PRIMARY_PEG" : "MARKET_PEG");
	if (r->offset_e8 == 0)
		return;
	call_put(c, "pegOffsetType", "PRICE_LEVEL");
	call_put_int(c, "pegOffsetValue", r->offset_e8 / FIX_E8);
}

void
call_put_wish(struct binance_call *c, const struct symbol *s,
    const struct binance_wish *w, const char *name)
{
	enum binance_type type = binance_type_of(w);

	call_put(c, "symbol", s->rules.symbol);
	call_put(c, "side", w->side == '1' ? "BUY" : "SELL");
	call_put(c, "type", binance_type_name(type));
	if (type == BINANCE_LIMIT || type == BINANCE_STOP_LIMIT)
		call_put(c, "timeInForce", w->tif == '3' ? "IOC" :
		    w->tif == '4' ? "FOK" : "GTC");
	if (w->rare.cash_e8 != 0)
		call_put_e8(c, "quoteOrderQty", w->rare.cash_e8);
	else
		call_put_e8(c, "quantity", w->qty);
	if (w->price != 0)
		call_put_e8(c, "price", w->price);
	if (w->stop != 0)
		call_put_e8(c, "stopPrice", w->stop);
	put_rare(c, &w->rare);
	call_put(c, "newClientOrderId", name);
	call_put(c, "newOrderRespType", "RESULT");
}

void
call_put_target(struct binance_call *c, const struct border *o,
    const char *by_id, const char *by_name)
{
	call_put(c, "symbol", o->symbol->rules.symbol);
	if (o->order_id != 0)
		call_put_int(c, by_id, o->order_id);
	else
		call_put(c, by_name, o->id);
}

bool
call_sign(struct binance *b, struct binance_call *c)
{
	char sig[BINANCE_SIGNATURE_MAX];
	struct fix_span text;

	call_put_int(c, "recvWindow", b->recv_window_ms);
	call_put_int(c, "timestamp",
	    outside_utc() / FIX_MSEC + b->offset_ms);
	text = (struct fix_span){ (const uint8_t *)c->p, c->len };
	if (binance_sign(&b->key, text, true, sig) != 0)
		return false;
	put(c, "&signature=", 11);
	put(c, sig, strlen(sig));
	return c->len + 1 < REST_BODY_MAX;
}

static enum call_fate
by_code(int64_t code, long status)
{
	switch (code) {
	case -1000:
	case -1001:
	case -1006:
	case -1007:
		return CALL_UNKNOWN;
	case -1003:
	case -1008:
	case -1015:
	case -1021:
		return CALL_LATER;
	default:
		break;
	}
	if (status == 429 || status == 418 || status == 403)
		return CALL_LATER;
	return status >= 400 && status < 500 ? CALL_REFUSED : CALL_UNKNOWN;
}

enum call_fate
call_fate_of(int64_t code)
{
	return code == 0 ? CALL_DONE : by_code(code, 400);
}

enum call_fate
call_fate(const struct rest_answer *a, json_t **body, int64_t *code, char *text,
    size_t cap)
{
	const char *msg;

	*body = NULL;
	*code = 0;
	if (a->fate != REST_ANSWERED) {
		snprintf(text, cap, "%s", a->why);
		return a->fate == REST_NOT_SENT ? CALL_LATER : CALL_UNKNOWN;
	}
	*body = json_read(a->body);
	if (a->status == 200 && *body != NULL)
		return CALL_DONE;
	if (a->status == 200) {
		snprintf(text, cap, "its answer is no JSON");
		return CALL_UNKNOWN;
	}
	if (json_whole(*body, "code", code) != 0)
		*code = 0;
	msg = json_text(*body, "msg");
	if (*code != 0)
		snprintf(text, cap, "%" PRId64 " %.100s%s", *code, msg,
		    outside_advice(a->status, true));
	else
		snprintf(text, cap, "HTTP status %ld%s", a->status,
		    outside_advice(a->status, false));
	return by_code(*code, a->status);
}

static bool
says(const char *msg, const char *what)
{
	return strcasestr(msg, what) != NULL;
}

static int
reason_2010(const char *msg)
{
	if (says(msg, "Market is closed"))
		return 2;
	if (says(msg, "insufficient balance"))
		return 3;
	if (says(msg, "Duplicate order"))
		return 6;
	if (says(msg, "not supported"))
		return 11;
	if (says(msg, "may not place"))
		return 0;
	return 99;
}

int
call_reason(int64_t code, const char *msg)
{
	switch (code) {
	case -1121:
		return 1;
	case -2010:
		return reason_2010(msg);
	case -1014:
	case -1106:
	case -1114:
	case -1115:
	case -1116:
		return 11;
	case -1003:
	case -1008:
	case -1015:
	case -1002:
	case -1022:
	case -2014:
	case -2015:
		return 0;
	default:
		break;
	}
	if (says(msg, "MAX_NUM") || says(msg, "MAX_POSITION") ||
	    says(msg, "MAX_ASSET"))
		return 3;
	if (says(msg, "LOT_SIZE") || says(msg, "NOTIONAL") ||
	    (code == -1111 && says(msg, "quantity")))
		return 13;
	return 99;
}
