/*
 * The account: may it trade, and does it hold what the stream has told?
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

static bool
says(const json_t *pair, size_t at, const json_t *v)
{
	const char *free = json_string_value(json_array_get(pair, at));
	const char *locked = json_string_value(json_array_get(pair, at + 1));

	return free != NULL && locked != NULL &&
	       strcmp(free, json_text(v, "free")) == 0 &&
	       strcmp(locked, json_text(v, "locked")) == 0;
}

static void
alert_balance(struct binance *b, const json_t *is, const json_t *v)
{
	struct record_out *out = peer_begin(b->peer, "alert");
	char text[400];

	snprintf(text, sizeof(text), "balance of %.16s: the account says %.30s "
	    "free and %.30s locked, its stream %.30s and %.30s",
	    json_text(v, "asset"), json_text(v, "free"), json_text(v, "locked"),
	    json_string_value(json_array_get(is, 0)),
	    json_string_value(json_array_get(is, 1)));
	record_put(out, "text", text);
	peer_send(b->peer);
}

/* What the stream has made us believe, against what the account says. A
 * difference counts when the next comparison finds the same: the two may be of
 * different moments. */
static void
compare(struct binance *b, const json_t *v)
{
	const char *asset = json_text(v, "asset");
	json_t *is = json_object_get(b->balances, asset);

	if (is == NULL || says(is, 2, v)) {
		if (is != NULL)
			alert_balance(b, is, v);
		(void)json_object_set_new(b->balances, asset,
		    json_pack("[ss]", json_text(v, "free"),
			json_text(v, "locked")));
		return;
	}
	while (json_array_size(is) > 2)
		(void)json_array_remove(is, 2);
	if (says(is, 0, v))
		return;
	(void)json_array_append_new(is, json_string(json_text(v, "free")));
	(void)json_array_append_new(is, json_string(json_text(v, "locked")));
}

static void
done_account(const struct rest_request *q, const struct rest_answer *a)
{
	struct binance *b = q->arg;
	json_t *j = binance_good(b, a, "account");
	const json_t *v;
	size_t i;

	if (j == NULL)
		return;
	if (b->step != STEP_UP)
		json_object_clear(b->balances); /* while it was away */
	json_array_foreach(json_object_get(j, "balances"), i, v)
		compare(b, v);
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
