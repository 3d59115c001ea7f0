/*
 * The account: may it trade, what may it trade, what does it hold, which the
 * trader compares; and what its instruments trade at.
 */
#include <stdio.h>

#include "gateway/venue/oanda_int.h"

/* ----- instruments ----- */

static void
done_instruments(const struct rest_request *q, const struct rest_answer *a)
{
	struct oanda *b = q->arg;
	json_t *j = oanda_good(b, a, "instruments, see Symbols");
	const json_t *v;
	struct osymbol *s;
	size_t i;

	if (j == NULL)
		return;
	for (unsigned n = 0; n < b->n_symbols; n++)
		b->symbols[n].known = false;
	json_array_foreach(json_object_get(j, "instruments"), i, v)
	{
		s = oanda_instrument(b, json_text(v, "name"));
		if (s != NULL)
			s->known = oanda_rules_read(&s->rules, v) == 0;
	}
	json_decref(j);
	for (unsigned n = 0; n < b->n_symbols; n++) {
		char why[160];

		if (b->symbols[n].known)
			continue;
		snprintf(why, sizeof(why), "this account has no instrument "
		    "%.32s that can be read: see Symbols",
		    b->symbols[n].instrument);
		oanda_fail(b, why);
		return;
	}
	if (b->step == OSTEP_INSTRUMENTS) {
		b->step = OSTEP_STREAM;
		oanda_next(b);
	}
}

void
oanda_account_instruments(struct oanda *b)
{
	if (oanda_ask(b, REST_REST, "/instruments", "", 0, done_instruments) !=
	    0)
		oanda_fail(b, "too many requests wait for the venue");
}

/* ----- the summary ----- */

/* Beside what the transactions make of it: only of the same moment. */
static void
tell_balance(struct oanda *b, const json_t *s, int64_t last)
{
	struct record_out *out;

	if (last != b->last)
		return;
	if (b->balance[0] == '\0')
		snprintf(b->balance, sizeof(b->balance), "%s",
		    json_text(s, "balance"));
	out = peer_begin(b->peer, "balance");
	record_put(out, "asset", b->currency);
	record_put(out, "free", json_text(s, "balance"));
	record_put(out, "ours", b->balance);
	peer_send(b->peer);
}

static bool
has_funds(const json_t *s)
{
	int64_t v = 0;

	/* What can't be read exactly is large. */
	return json_e8(s, "balance", &v) != 0 || v > 0;
}

static void
done_summary(const struct rest_request *q, const struct rest_answer *a)
{
	struct oanda *b = q->arg;
	json_t *j = oanda_good(b, a, "account, see AccountId");
	const json_t *s = json_object_get(j, "account");

	if (j == NULL)
		return;
	b->hedging = json_is_true(json_object_get(s, "hedgingEnabled"));
	snprintf(b->currency, sizeof(b->currency), "%s",
	    json_text(s, "currency"));
	tell_balance(b, s, oanda_id(j, "lastTransactionID"));
	if (b->step == OSTEP_ACCOUNT) {
		if (!has_funds(s)) {
			oanda_fail(b, "this account has no funds: orders would "
				      "be refused; see AccountId");
		} else {
			log_info("account %s in %s, %s", b->account,
			    b->currency, b->hedging ? "hedging: its positions "
			    "may be long and short at once" : "netting");
			b->step = OSTEP_INSTRUMENTS;
			b->failing = false;
			oanda_next(b);
		}
	}
	json_decref(j);
}

void
oanda_account_ask(struct oanda *b)
{
	if (oanda_ask(b, REST_REST, "/summary", "", 0, done_summary) != 0)
		oanda_fail(b, "too many requests wait for the venue");
}

/* ----- positions ----- */

static void
tell_position(struct oanda *b, const json_t *v)
{
	int64_t l = json_e8_or(json_object_get(v, "long"), "units", 0);
	int64_t s = json_e8_or(json_object_get(v, "short"), "units", 0);
	const struct osymbol *o = oanda_instrument(b, json_text(v, "instrument"));
	struct record_out *out;

	if (l < -INT64_MAX / 2 || l > INT64_MAX / 2 || s < -INT64_MAX / 2 ||
	    s > INT64_MAX / 2)
		return;
	out = peer_begin(b->peer, "balance");
	record_put(out, "asset",
	    o != NULL ? o->name : json_text(v, "instrument"));
	record_put_e8(out, "free", l + s);
	peer_send(b->peer);
}

static void
done_positions(const struct rest_request *q, const struct rest_answer *a)
{
	struct oanda *b = q->arg;
	char text[200] = "", code[64];
	json_t *j;
	enum ofate fate = oanda_fate(b, a, &j, code, text, sizeof(text));
	const json_t *list = json_object_get(j, "positions"), *v;
	size_t i;

	/* Only of the same moment. */
	if (fate == OFATE_DONE && oanda_id(j, "lastTransactionID") == b->last &&
	    !b->replaying && json_is_array(list)) {
		json_array_foreach(list, i, v)
			tell_position(b, v);
		peer_begin(b->peer, "counted");
		peer_send(b->peer);
	}
	json_decref(j);
}

void
oanda_account_compare(struct oanda *b)
{
	oanda_account_ask(b);
	if (oanda_ask(b, REST_REST, "/openPositions", "", 0, done_positions) !=
	    0)
		log_warn("too many requests wait for the venue");
}

/* ----- prices ----- */

static void
on_price(struct oanda *b, const json_t *m)
{
	struct osymbol *s = oanda_instrument(b, json_text(m, "instrument"));
	const json_t *bid = json_array_get(json_object_get(m, "bids"), 0);
	const json_t *ask = json_array_get(json_object_get(m, "asks"), 0);
	const json_t *open = json_object_get(m, "tradeable");
	struct record_out *out;
	int64_t time = 0;
	bool halted = json_is_false(open) ||
		      strcmp(json_text(m, "status"), "non-tradeable") == 0;

	if (s == NULL)
		return;
	if (halted != s->halted)
		log_warn("%s: the market is %s", s->name,
		    halted ? "halted, orders will be refused" : "open again");
	s->halted = halted;
	if (bid == NULL || ask == NULL)
		return;
	if (outside_time(json_text(m, "time"), &time) != 0)
		return;
	out = peer_begin(b->peer, "mark");
	record_put(out, "symbol", s->name);
	record_put(out, "bid", json_text(bid, "price"));
	record_put(out, "ask", json_text(ask, "price"));
	record_put_int(out, "time", time);
	peer_send(b->peer);
}

static void
price_line(void *arg, struct fix_span text)
{
	struct oanda *b = arg;
	json_t *j = json_read(text);

	if (j == NULL)
		lines_again(b->prices, "what came is no JSON");
	else if (strcmp(json_text(j, "type"), "PRICE") == 0)
		on_price(b, j);
	json_decref(j);
}

static void
price_opened(void *arg)
{
	struct oanda *b = arg;

	lines_well(b->prices);
	b->prices_told[0] = '\0';
}

static void
price_closed(void *arg, long status, const char *why)
{
	struct oanda *b = arg;

	(void)status;
	if (outside_news(b->prices_told, sizeof(b->prices_told), why))
		log_warn("price stream: %s", why);
}

void
oanda_prices_open(struct oanda *b)
{
	char url[2048];
	struct lines_cfg cfg = { b->base, url, b->ca_file, b->header,
		15 * FIX_SEC, b, price_opened, price_line, price_closed };
	size_t n = (size_t)snprintf(url, 1024,
	    "%s/v3/accounts/%s/pricing/stream?instruments=", b->stream_url,
	    b->account);

	if (b->prices != NULL)
		return;
	for (unsigned i = 0; i < b->n_symbols && n < sizeof(url) - 40; i++)
		n += (size_t)snprintf(url + n, sizeof(url) - n, "%s%s",
		    i == 0 ? "" : "%2C", b->symbols[i].instrument);
	b->prices = lines_new(&cfg);
	if (b->prices == NULL)
		log_error("out of memory: no reference prices");
}
