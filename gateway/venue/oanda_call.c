/*
 * Calls of OANDA's REST API, and what an answer means for what it is about.
 *
 * Refused is what the venue has certainly not done; later, what it has not done
 * and would do at another time; unknown, what it may have done.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/oanda_int.h"

/* ----- answers ----- */

static void
judge(struct oanda *b, const struct rest_answer *a, const char *msg)
{
	int64_t s = a->retry_after_s < 1 ? 1 : a->retry_after_s;
	char why[200];

	if (a->status == 429) {
		rest_pause(b->rest, outside_mono() + s * FIX_SEC);
		log_warn("venue rate limit, retry after %" PRId64 " s", s);
	} else if (a->status == 403 && msg[0] == '\0') {
		snprintf(why, sizeof(why), "HTTP status 403%s",
		    outside_advice(403, false)); /* a firewall's */
		oanda_fail(b, why);
	} else if (a->status == 401 || a->status == 403) {
		snprintf(why, sizeof(why),
		    "HTTP status %ld, %.80s: see ApiKey, and whether it is of "
		    "RestUrl and AccountId", a->status, msg);
		oanda_fail(b, why);
	}
}

static const char *
reject_reason(const json_t *body)
{
	static const char *const names[] = { "orderRejectTransaction",
		"orderCancelRejectTransaction" };

	for (int i = 0; i < 2; i++) {
		const json_t *t = json_object_get(body, names[i]);

		if (json_text(t, "rejectReason")[0] != '\0')
			return json_text(t, "rejectReason");
	}
	return json_text(body, "errorCode");
}

enum ofate
oanda_fate(struct oanda *b, const struct rest_answer *a, json_t **body,
    char code[64], char *text, size_t cap)
{
	const char *msg;

	*body = NULL;
	code[0] = '\0';
	if (a->fate != REST_ANSWERED) {
		snprintf(text, cap, "%s", a->why);
		return a->fate == REST_NOT_SENT ? OFATE_LATER : OFATE_UNKNOWN;
	}
	*body = json_read(a->body);
	if ((a->status == 200 || a->status == 201) && *body != NULL)
		return OFATE_DONE;
	if (a->status >= 200 && a->status < 300) {
		snprintf(text, cap, "its answer is no JSON");
		return OFATE_UNKNOWN;
	}
	msg = json_text(*body, "errorMessage");
	snprintf(code, 64, "%s", reject_reason(*body));
	if (code[0] != '\0' || msg[0] != '\0')
		snprintf(text, cap, "%.60s%s%.80s%s", code,
		    code[0] != '\0' && msg[0] != '\0' ? ": " : "", msg,
		    outside_advice(a->status, true));
	else
		snprintf(text, cap, "HTTP status %ld%s", a->status,
		    outside_advice(a->status, false));
	judge(b, a, msg);
	if (a->status == 429 || a->status == 401 || a->status == 403)
		return OFATE_LATER;
	return a->status >= 400 && a->status < 500 ? OFATE_REFUSED
						   : OFATE_UNKNOWN;
}

json_t *
oanda_good(struct oanda *b, const struct rest_answer *a, const char *what)
{
	char text[200] = "", code[64], why[200];
	json_t *j;

	if (oanda_fate(b, a, &j, code, text, sizeof(text)) == OFATE_DONE)
		return j;
	json_decref(j);
	if (a->fate == REST_ANSWERED && (a->status == 401 || a->status == 403))
		return NULL; /* told */
	snprintf(why, sizeof(why), "%s: %.140s", what, text);
	oanda_fail(b, why);
	return NULL;
}

/* ----- questions ----- */

static bool
make_get(const struct rest_request *q, char *url, char *body)
{
	const struct oanda *b = q->arg;
	const char *path = q->text + strlen(q->text) + 1;

	body[0] = '\0';
	snprintf(url, 300, "/v3/accounts/%s%s", b->account, path);
	return true;
}

int
oanda_ask(struct oanda *b, enum rest_rank rank, const char *path,
    const char *text, int64_t arg,
    void (*done)(const struct rest_request *, const struct rest_answer *))
{
	struct rest_request q = { .rank = rank, .method = "GET", .weight = 1,
		.arg = b, .arg1 = arg, .make = make_get, .done = done };
	size_t n = strlen(text) + 1;

	/* Two texts in one: what it is about, and the path. */
	assert(n + strlen(path) + 1 <= sizeof(q.text));
	memcpy(q.text, text, n);
	memcpy(q.text + n, path, strlen(path) + 1);
	return rest_do(b->rest, &q);
}

int64_t
oanda_id(const json_t *o, const char *key)
{
	const char *s = json_text(o, key);
	int64_t v = 0;
	size_t n = strspn(s, "0123456789");

	if (n == 0 || n > 18 || s[n] != '\0')
		return json_whole_or(o, key, 0) > 0 ?
		    json_whole_or(o, key, 0) : 0;
	for (; *s != '\0'; s++)
		v = v * 10 + (*s - '0');
	return v;
}

/* ----- orders ----- */

static void
put(char *body, size_t cap, const char *name, const char *value)
{
	size_t n = strlen(body);

	snprintf(body + n, cap - n, ",\"%s\":\"%s\"", name, value);
}

static void
put_e8(char *body, size_t cap, const char *name, int64_t v, bool negative)
{
	char text[FIX_DEC_MAX + 2] = "-";
	char *p = text + negative;

	p[fix_e8_format((uint8_t *)p, v)] = '\0';
	put(body, cap, name, text);
}

static void
put_time(char *body, size_t cap, const char *name, int64_t ns)
{
	int64_t s = ns / FIX_SEC, day = s % 86400;
	int year, month, mday;
	char text[48];

	fix_civil_of(s / 86400, &year, &month, &mday);
	snprintf(text, sizeof(text),
	    "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", year, month, mday,
	    (int)(day / 3600), (int)(day / 60 % 60), (int)(day % 60),
	    (int)(ns % FIX_SEC));
	put(body, cap, name, text);
}

static const char *
type_of(char type)
{
	return type == '1' ? "MARKET" : type == '2' ? "LIMIT" :
	    type == '3' ? "STOP" : "MARKET_IF_TOUCHED";
}

static const char *
tif_of(const struct oanda_wish *w)
{
	switch (w->tif) {
	case '1':
		return "GTC";
	case '3':
		return "IOC";
	case '4':
		return "FOK";
	case '6':
		return "GTD";
	default:
		return w->type == '1' ? "FOK" : "GFD";
	}
}

void
oanda_body(char *body, size_t cap, const struct osymbol *s,
    const struct oanda_wish *w, int64_t units, const char *id)
{
	size_t n;

	snprintf(body, cap, "{\"order\":{\"type\":\"%s\"", type_of(w->type));
	put(body, cap, "instrument", s->instrument);
	put_e8(body, cap, "units", units, w->side == '2');
	put(body, cap, "timeInForce", tif_of(w));
	put(body, cap, "positionFill", w->position == 'O' ? "OPEN_ONLY" :
	    w->position == 'C' ? "REDUCE_ONLY" : "DEFAULT");
	if (w->type == '1' && w->price > 0)
		put_e8(body, cap, "priceBound", w->price, false);
	if (w->type == '2')
		put_e8(body, cap, "price", w->price, false);
	if (w->type == '3' || w->type == 'J')
		put_e8(body, cap, "price", w->stop > 0 ? w->stop : w->price,
		    false);
	if (w->tif == '6')
		put_time(body, cap, "gtdTime", w->expire_ns);
	n = strlen(body);
	snprintf(body + n, cap - n, ",\"clientExtensions\":{\"id\":\"%s\"}", id);
	n = strlen(body);
	if (w->type == '1' && w->position != 'C') /* it opens no trade */
		snprintf(body + n, cap - n,
		    ",\"tradeClientExtensions\":{\"id\":\"%s\"}", id);
	n = strlen(body);
	snprintf(body + n, cap - n, "}}");
}

/* ----- reasons ----- */

static bool
has(const char *code, const char *part)
{
	return strstr(code, part) != NULL;
}

static bool
one_of(const char *code, const char *list)
{
	size_t n = strlen(code);
	const char *p = n == 0 ? NULL : strstr(list, code);

	return p != NULL && (p == list || p[-1] == ' ') &&
	       (p[n] == ' ' || p[n] == '\0');
}

int
oanda_reason(const char *code)
{
	if (one_of(code, "INSTRUMENT_UNKNOWN INSTRUMENT_MISSING"))
		return 1;
	if (one_of(code, "INSTRUMENT_NOT_TRADEABLE INSTRUMENT_PRICE_UNKNOWN") ||
	    has(code, "_HALTED"))
		return 2;
	if (one_of(code, "INSUFFICIENT_MARGIN INSUFFICIENT_FUNDS "
		"PENDING_ORDERS_ALLOWED_EXCEEDED UNITS_LIMIT_EXCEEDED "
		"POSITION_SIZE_EXCEEDED OPEN_TRADES_ALLOWED_EXCEEDED "
		"ACCOUNT_POSITION_VALUE_LIMIT_EXCEEDED"))
		return 3;
	if (one_of(code, "ORDER_DOESNT_EXIST TRADE_DOESNT_EXIST"))
		return 5;
	if (has(code, "_ID_ALREADY_EXISTS") ||
	    has(code, "DUPLICATE_CLIENT_ORDER_IDS"))
		return 6;
	if (strncmp(code, "UNITS_", 6) == 0)
		return 13;
	if (strncmp(code, "ACCOUNT_", 8) == 0 || has(code, "_REDUCE_ONLY") ||
	    one_of(code, "INTERNAL_SERVER_ERROR MIGRATION FIFO_VIOLATION "
		"HEDGING_GSLO_VIOLATION POSITION_CLOSEOUT_FAILED"))
		return 0;
	if (strncmp(code, "TIME_IN_FORCE_", 14) == 0 ||
	    strncmp(code, "TRIGGER_CONDITION_", 18) == 0 ||
	    strncmp(code, "ORDER_FILL_POSITION_ACTION_", 27) == 0 ||
	    strncmp(code, "ORDER_PARTIAL_FILL_OPTION_", 26) == 0 ||
	    has(code, "_NOT_SUPPORTED"))
		return 11;
	if (strncmp(code, "STOP_LOSS_", 10) == 0 &&
	    (has(code, "_REQUIRED") || has(code, "_NOT_ALLOWED")) &&
	    !has(code, "_ON_FILL_GUARANTEED"))
		return 11;
	return 99;
}
