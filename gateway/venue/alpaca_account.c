/*
 * The account: may it trade, is it the one that is meant, what does it hold;
 * and the assets that are traded.
 */
#include <stdio.h>

#include "gateway/venue/alpaca_int.h"

/* ----- may it trade? ----- */

static bool
is_true(const json_t *j, const char *key)
{
	return json_is_true(json_object_get(j, key));
}

static bool
is_other(const struct alpaca *v, const json_t *j)
{
	return v->account != NULL &&
	       strcmp(v->account, json_text(j, "account_number")) != 0 &&
	       strcmp(v->account, json_text(j, "id")) != 0;
}

static const char *
account_fault(const struct alpaca *v, const json_t *j, char *why, size_t cap)
{
	const char *status = json_text(j, "status");

	if (is_other(v, j))
		snprintf(why, cap, "ApiKey is for account %.20s, AccountId "
		    "says %.20s", json_text(j, "account_number"), v->account);
	else if (strcmp(status, "ACTIVE") != 0)
		snprintf(why, cap, "the account is %.20s: see the venue's "
		    "dashboard", status);
	else if (is_true(j, "account_blocked"))
		snprintf(why, cap, "the account is blocked: ask the venue why");
	else if (is_true(j, "trading_blocked"))
		snprintf(why, cap, "the account may not trade: ask the venue "
		    "why");
	else if (is_true(j, "trade_suspended_by_user"))
		snprintf(why, cap, "trading is suspended by the account's "
		    "user: end it in the venue's dashboard");
	else
		return NULL;
	return why;
}

static void ask_positions(struct alpaca *v);

static void
take_account(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	char why[160];
	const char *fault;
	struct said s;

	alpaca_hear(v, a, &s);
	if (s.fate == ALPACA_DONE) {
		fault = account_fault(v, s.body, why, sizeof(why));
		if (fault != NULL) {
			alpaca_fail(v, fault);
		} else if (v->step == ASTEP_ACCOUNT) {
			v->step = ASTEP_ASSETS;
			alpaca_next(v);
		} else {
			snprintf(v->cash, sizeof(v->cash), "%s",
			    json_text(s.body, "cash"));
			ask_positions(v);
		}
	} else if (v->step == ASTEP_ACCOUNT) {
		snprintf(why, sizeof(why), "account: %.120s", s.text);
		alpaca_fail(v, why);
	}
	json_decref(s.body);
}

void
alpaca_ask_account(struct alpaca *v)
{
	if (!alpaca_call(v, REST_ASK, "GET", "/v2/account", 0, alpaca_make_get,
		take_account))
		alpaca_fail(v, "too many requests wait for the venue");
}

/* ----- what it holds ----- */

const char *
alpaca_name_of(struct alpaca *v, const char *symbol)
{
	struct asset *a = alpaca_asset(v, symbol);

	return a == NULL ? symbol : a->rules.symbol;
}

static void
tell_held(struct alpaca *v, const char *asset, const char *qty,
    const char *unit)
{
	struct record_out *out = peer_begin(v->peer, "balance");
	char charged[AMOUNT_BYTES];

	record_put(out, "asset", asset);
	record_put(out, "free", qty);
	record_put(out, "unit", unit);
	record_put(out, "charged", alpaca_charged(v, asset, charged));
	peer_send(v->peer);
}

void
alpaca_position(struct alpaca *v, const char *symbol, const char *qty)
{
	if (qty[0] != '\0' && symbol[0] != '\0')
		tell_held(v, alpaca_name_of(v, symbol), qty, NULL);
}

/* Coins are held as if each had been bought for dollars. */
static void
tell_pair(struct alpaca *v, const struct asset *a)
{
	const char *symbol = a->rules.symbol, *slash = strchr(symbol, '/');
	char base[ALPACA_SYMBOL_MAX + 8], quote[ALPACA_SYMBOL_MAX + 8] = "USD";
	struct record_out *out;

	snprintf(base, sizeof(base), "%s", symbol);
	if (slash != NULL) {
		snprintf(base, sizeof(base), "%.*sUSD", (int)(slash - symbol),
		    symbol);
		if (strcmp(slash + 1, "USD") != 0)
			snprintf(quote, sizeof(quote), "%sUSD", slash + 1);
	}
	out = peer_begin(v->peer, "pair");
	record_put(out, "symbol", symbol);
	record_put(out, "base", alpaca_name_of(v, base));
	record_put(out, "quote", alpaca_name_of(v, quote));
	peer_send(v->peer);
}

void
alpaca_tell_pairs(struct alpaca *v)
{
	for (unsigned n = 0; n < v->n_assets; n++)
		tell_pair(v, &v->assets[n]);
}

/* While an order is in doubt its executions may be missing here. Cash is in
 * cents, what an execution costs may be not. */
static void
take_positions(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	const json_t *t;
	struct said s;
	size_t i;

	alpaca_hear(v, a, &s);
	if (s.fate == ALPACA_DONE && json_is_array(s.body)) {
		for (unsigned n = 0; n < v->fees.n; n++) /* if it has gone */
			tell_held(v, v->fees.of[n].asset, "0", NULL);
		tell_held(v, "USD", v->cash, "0.01");
		json_array_foreach(s.body, i, t)
		{
			alpaca_position(v, json_text(t, "symbol"),
			    json_text(t, "qty"));
		}
		if (TAILQ_EMPTY(&v->doubtful) && v->fees.known) {
			peer_begin(v->peer, "counted");
			peer_send(v->peer);
		}
	}
	json_decref(s.body);
}

static void
ask_positions(struct alpaca *v)
{
	(void)!alpaca_call(v, REST_REST, "GET", "/v2/positions", 0,
	    alpaca_make_get, take_positions);
}

/* ----- assets ----- */

static bool
make_asset(const struct rest_request *q, char *url, char *body)
{
	body[0] = '\0';
	snprintf(url, 16, "/v2/assets/");
	alpaca_put(url, q->text);
	return true;
}

static void
read_asset(struct alpaca *v, struct asset *a, const json_t *j)
{
	struct alpaca_rules rules;

	(void)v;
	a->seen = true;
	a->known = alpaca_rules_read(&rules, j) == 0;
	if (a->known) { /* under the name that the settings give it */
		memcpy(rules.symbol, a->rules.symbol, sizeof(rules.symbol));
		a->rules = rules;
	} else {
		log_error("%s: its asset can't be read: it is not traded",
		    a->rules.symbol);
	}
}

static void
all_answered(struct alpaca *v)
{
	for (unsigned i = 0; i < v->n_assets; i++) {
		if (!v->assets[i].seen) {
			alpaca_fail(v, "assets can't be asked for");
			return;
		}
	}
	v->step = ASTEP_STREAM;
	alpaca_next(v);
}

static void
take_asset(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	struct asset *is = alpaca_asset(v, q->text);
	char why[160];
	struct said s;

	alpaca_hear(v, a, &s);
	if (s.fate == ALPACA_DONE && is != NULL) {
		read_asset(v, is, s.body);
	} else if (v->step == ASTEP_ASSETS) {
		snprintf(why, sizeof(why), "asset %.32s: %.80s, see Symbols",
		    q->text, s.text);
		alpaca_fail(v, why);
	} else if (s.status == 404 && is != NULL) {
		is->known = false;
	}
	json_decref(s.body);
	if (v->assets_due > 0 && --v->assets_due == 0 &&
	    v->step == ASTEP_ASSETS)
		all_answered(v);
}

void
alpaca_ask_assets(struct alpaca *v)
{
	if (v->assets_due > 0)
		return; /* the answers to the last ones are still out */
	for (unsigned i = 0; i < v->n_assets; i++)
		v->assets_due += alpaca_call(v, REST_REST, "GET",
		    v->assets[i].rules.symbol, 0, make_asset, take_asset);
	if (v->assets_due == 0)
		alpaca_fail(v, "too many requests wait for the venue");
}
