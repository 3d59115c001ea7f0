/*
 * The account: may it trade, and what does it hold? The trader compares.
 */
#include <stdio.h>

#include "gateway/venue/binance_int.h"

static bool
make_account(const struct rest_request *q, char *url, char *body)
{
	struct binance *b = q->arg;
	struct binance_call c;
	size_t n = (size_t)snprintf(url, 64, "/api/v3/account?");

	body[0] = '\0';
	call_begin(&c, url + n);
	call_put(&c, "omitZeroBalances", "true");
	return call_sign(b, &c);
}

void
account_held(struct binance *b, const json_t *v, const char *const names[3])
{
	struct record_out *out = peer_begin(b->peer, "balance");

	record_put(out, "asset", json_text(v, names[0]));
	record_put(out, "free", json_text(v, names[1]));
	record_put(out, "locked", json_text(v, names[2]));
	peer_send(b->peer);
}

/* What a symbol trades, for the trader's sums. */
static void
tell_pairs(struct binance *b)
{
	struct record_out *out;

	for (unsigned i = 0; i < b->n_symbols; i++) {
		const struct binance_rules *r = &b->symbols[i].rules;

		out = peer_begin(b->peer, "pair");
		record_put(out, "symbol", r->symbol);
		record_put(out, "base", r->base);
		record_put(out, "quote", r->quote);
		peer_send(b->peer);
	}
}

/* While an order is in doubt its executions may be missing here. */
static void
done_account(const struct rest_request *q, const struct rest_answer *a)
{
	static const char *const names[] = { "asset", "free", "locked" };
	struct binance *b = q->arg;
	json_t *j = binance_good(b, a, "account");
	const json_t *v, *all = json_object_get(j, "balances");
	size_t i;

	if (j == NULL)
		return;
	tell_pairs(b);
	json_array_foreach(all, i, v)
		account_held(b, v, names);
	if (json_is_array(all) && TAILQ_EMPTY(&b->doubtful)) {
		peer_begin(b->peer, "counted");
		peer_send(b->peer);
	}
	if (b->step == STEP_ACCOUNT) {
		if (!json_is_true(json_object_get(j, "canTrade"))) {
			binance_fail(b, "this account may not trade");
		} else {
			b->step = STEP_STREAM;
			binance_next(b);
		}
	}
	json_decref(j);
}

void
account_ask(struct binance *b)
{
	binance_get(b, "", 20, make_account, done_account);
}
