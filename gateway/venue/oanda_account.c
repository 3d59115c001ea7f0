/*
 * The account: may it trade, what may it trade, does it hold what the log says;
 * and what its instruments trade at.
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

static void
say_balance(struct oanda *b, const json_t *s)
{
	struct record_out *out = peer_begin(b->peer, "balance");

	record_put(out, "asset", b->currency);
	record_put(out, "free", json_text(s, "marginAvailable"));
	record_put(out, "locked", json_text(s, "marginUsed"));
	peer_send(b->peer);
}

static void
compare_balance(struct oanda *b, const json_t *s, int64_t last)
{
	const char *is = json_text(s, "balance");
	int64_t ours = 0, theirs = 0;
	char text[240];

	if (last == b->last && b->balance[0] != '\0' &&
	    json_e8(s, "balance", &theirs) == 0 && theirs != ours) {
		struct fix_dec d;

		if (fix_dec_parse(fix_span_of(b->balance), &d) == 0 &&
		    fix_dec_to_e8(d, &ours) == 0 && ours != theirs) {
			snprintf(text, sizeof(text), "balance in %s: the "
			    "account says %.40s, its transactions %.40s",
			    b->currency, is, b->balance);
			oanda_alert(b, text);
		}
	}
	if (last == b->last || b->balance[0] == '\0')
		snprintf(b->balance, sizeof(b->balance), "%s", is);
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
	say_balance(b, s);
	compare_balance(b, s, oanda_id(j, "lastTransactionID"));
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

void
oanda_account_fill(struct oanda *b, const json_t *t, int64_t id)
{
	const char *name = json_text(t, "instrument");
	int64_t units = 0, sum;

	if (b->positions == NULL || id <= b->position_id ||
	    json_e8(t, "units", &units) != 0)
		return;
	b->position_id = id;
	if (__builtin_add_overflow(
		json_whole_or(b->positions, name, 0), units, &sum))
		sum = units < 0 ? INT64_MIN : INT64_MAX;
	(void)json_object_set_new(b->positions, name, json_integer(sum));
}

static void
compare_one(struct oanda *b, const json_t *theirs, const char *name)
{
	int64_t is = json_whole_or(theirs, name, 0);
	int64_t ours = json_whole_or(b->positions, name, 0);
	char x[FIX_DEC_MAX + 2], y[FIX_DEC_MAX + 2], text[240];

	if (is == ours)
		return;
	x[fix_e8_format((uint8_t *)x, is)] = '\0';
	y[fix_e8_format((uint8_t *)y, ours)] = '\0';
	snprintf(text, sizeof(text), "position in %.32s: the account says %s, "
	    "its transactions %s", name, x, y);
	oanda_alert(b, text);
}

static json_t *
read_positions(const json_t *list)
{
	json_t *out = json_object();
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		int64_t l = json_e8_or(json_object_get(v, "long"), "units", 0);
		int64_t s = json_e8_or(json_object_get(v, "short"), "units", 0);

		if (l > -INT64_MAX / 2 && l < INT64_MAX / 2 &&
		    s > -INT64_MAX / 2 && s < INT64_MAX / 2)
			(void)json_object_set_new(out,
			    json_text(v, "instrument"), json_integer(l + s));
	}
	return out;
}

static void
done_positions(const struct rest_request *q, const struct rest_answer *a)
{
	struct oanda *b = q->arg;
	char text[200] = "", code[64];
	const char *name;
	json_t *j, *is, *v;
	enum ofate fate = oanda_fate(b, a, &j, code, text, sizeof(text));

	/* Only of the same moment. */
	if (fate == OFATE_DONE && oanda_id(j, "lastTransactionID") == b->last &&
	    !b->replaying &&
	    json_is_array(json_object_get(j, "positions"))) {
		is = read_positions(json_object_get(j, "positions"));
		if (b->positions != NULL) {
			json_object_foreach(is, name, v)
				compare_one(b, is, name);
			json_object_foreach(b->positions, name, v)
				if (json_object_get(is, name) == NULL)
					compare_one(b, is, name);
			json_decref(b->positions);
		}
		b->positions = is;
		b->position_id = b->last;
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
