/*
 * The market data stream: what symbols are quoted at, for reference prices.
 *
 * A connection of its own, to another host, and none that orders wait for: when
 * it is lost, prices grow old, which risk sees. Messages are lists; prices are
 * numbers with a point, which are read as text, exactly.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/alpaca_int.h"

#define MARK_EVERY_NS (200 * FIX_MSEC)

static void
say(struct alpaca *v, json_t *m)
{
	char *out = m == NULL ? NULL : json_dumps(m, JSON_COMPACT);

	if (out == NULL || ws_send(v->market, fix_span_of(out)) != 0)
		ws_again(v->market, "it can't be written to");
	free(out);
	json_decref(m);
}

/* One stream is of shares, another of crypto: its address tells which. */
static void
subscribe(struct alpaca *v)
{
	bool crypto = strstr(v->market_url, "crypto") != NULL;
	json_t *names = json_array();

	for (unsigned i = 0; i < v->n_assets; i++)
		if (v->assets[i].rules.crypto == crypto)
			(void)json_array_append_new(
			    names, json_string(v->assets[i].rules.symbol));
	say(v, json_pack("{s:s,s:o}", "action", "subscribe", "quotes", names));
}

static void
mark(struct alpaca *v, struct asset *a, const json_t *q)
{
	int64_t bid = 0, ask = 0, at, now = outside_mono();
	struct record_out *out;

	if (json_e8(q, "bp", &bid) != 0 || json_e8(q, "ap", &ask) != 0 ||
	    bid <= 0 || ask < bid || now - a->marked_ns < MARK_EVERY_NS ||
	    outside_time(json_text(q, "t"), &at) != 0)
		return;
	a->marked_ns = now;
	out = peer_begin(v->peer, "mark");
	record_put(out, "symbol", a->rules.symbol);
	record_put_e8(out, "bid", bid);
	record_put_e8(out, "ask", ask);
	record_put_int(out, "time", at);
	peer_send(v->peer);
}

static void
on_one(struct alpaca *v, const json_t *m)
{
	const char *kind = json_text(m, "T"), *msg = json_text(m, "msg");
	struct asset *a;

	if (strcmp(kind, "q") == 0) {
		a = alpaca_asset(v, json_text(m, "S"));
		if (a != NULL)
			mark(v, a, m);
	} else if (strcmp(kind, "success") == 0 &&
		   strcmp(msg, "connected") == 0) {
		say(v, json_pack("{s:s,s:s,s:s}", "action", "auth", "key",
		    v->api_key, "secret", v->secret));
	} else if (strcmp(kind, "success") == 0 &&
		   strcmp(msg, "authenticated") == 0) {
		ws_well(v->market);
		v->market_told[0] = '\0';
		subscribe(v);
	} else if (strcmp(kind, "error") == 0) {
		log_warn("market stream: %.100s", msg);
		ws_again(v->market, "the venue reports an error");
	}
}

static void
on_message(void *arg, struct fix_span text)
{
	struct alpaca *v = arg;
	json_t *all = json_read_exact(text), *m;
	size_t i;

	if (all == NULL)
		ws_again(v->market, "what came is no JSON");
	json_array_foreach(all, i, m)
	{
		on_one(v, m);
	}
	json_decref(all);
}

static void
on_opened(void *arg)
{
	(void)arg; /* the venue speaks first */
}

static void
on_closed(void *arg, const char *why)
{
	struct alpaca *v = arg;

	if (outside_news(v->market_told, sizeof(v->market_told), why))
		log_warn("market stream: %s", why);
}

void
alpaca_open_market(struct alpaca *v)
{
	struct ws_cfg cfg = { v->base, v->dns, v->market_url, v->ca_file, v,
		on_opened, on_message, on_closed };

	if (v->market_url == NULL || v->market != NULL)
		return;
	v->market = ws_new(&cfg);
	if (v->market == NULL)
		log_error("MarketUrl is no ws:// or wss:// address");
}
