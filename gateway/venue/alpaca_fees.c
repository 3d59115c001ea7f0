/*
 * Fees that no execution tells: regulators' (FEE) and those of coins (CFEE),
 * which the venue books later, and lists among the account's activities.
 *
 * They are told as sums of each asset since the first look, so that it does not
 * matter how often one is heard. A row has a day and no time, and may come days
 * late: those of the last days are read again each time, and a sum of what is
 * older is kept. A look of n pages is followed by n counts of the account
 * without one, for requests are few.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/alpaca_int.h"

#define LATE_DAYS 7
#define PREFIX "fee " /* of what is kept */

static struct fee *
get(struct alpaca *v, const char *asset)
{
	struct fees *f = &v->fees;
	size_t n = strlen(asset);

	for (unsigned i = 0; i < f->n; i++)
		if (strcmp(f->of[i].asset, asset) == 0)
			return &f->of[i];
	if (f->n == ALPACA_FEES || n == 0 || n >= sizeof(f->of[0].asset)) {
		if (!f->full_told)
			log_error("fees of %s and others are not counted: of "
			    "more than %u assets", asset, ALPACA_FEES);
		f->full_told = true;
		return NULL;
	}
	memcpy(f->of[f->n].asset, asset, n + 1);
	return &f->of[f->n++];
}

static void
add(amount *sum, amount more)
{
	amount is;

	if (!__builtin_add_overflow(*sum, more, &is) && is < AMOUNT_MAX &&
	    is > -AMOUNT_MAX)
		*sum = is;
}

/* ----- over restarts ----- */

void
alpaca_fees_kept(struct alpaca *v, struct fix_span key, struct fix_span value)
{
	char asset[ALPACA_SYMBOL_MAX + 8], text[AMOUNT_BYTES + 16];
	size_t n = strlen(PREFIX);
	struct fee *f;

	if (key.len <= n || memcmp(key.p, PREFIX, n) != 0 ||
	    !fix_span_copy((struct fix_span){ key.p + n, key.len - n }, asset,
		sizeof(asset)) || !fix_span_copy(value, text, sizeof(text)) ||
	    strlen(text) < ALPACA_DAY + 1 || (f = get(v, asset)) == NULL ||
	    !amount_read(text + ALPACA_DAY + 1, &f->before))
		return;
	text[ALPACA_DAY] = '\0';
	memcpy(f->day, text, sizeof(f->day));
	f->kept = true;
}

static void
keep(struct alpaca *v, const struct fee *f)
{
	char key[sizeof(f->asset) + 8], text[AMOUNT_BYTES + 16];
	char sum[AMOUNT_BYTES];
	struct record_out *out = peer_begin(v->peer, "keep");

	snprintf(key, sizeof(key), PREFIX "%s", f->asset);
	snprintf(text, sizeof(text), "%s %s", f->day,
	    amount_show(f->before, sum));
	record_put(out, "key", key);
	record_put(out, "value", text);
	peer_send(v->peer);
}

/* ----- reading ----- */

static void
first_day(char day[ALPACA_DAY + 1])
{
	int y, m, d;

	fix_civil_of(outside_utc() / FIX_DAY - LATE_DAYS, &y, &m, &d);
	snprintf(day, ALPACA_DAY + 1, "%04u-%02u-%02u", (unsigned)y % 10000,
	    (unsigned)m % 100, (unsigned)d % 100);
}

static bool
make_fees(const struct rest_request *q, char *url, char *body)
{
	struct alpaca *v = q->arg;

	body[0] = '\0';
	snprintf(url, 160, "/v2/account/activities?activity_types=FEE%%2CCFEE&"
	    "direction=asc&page_size=%u&after=", ALPACA_FILLS);
	alpaca_put_time(url, (outside_utc() / FIX_DAY - 2 * LATE_DAYS) *
	    FIX_DAY);
	if (v->fees.page[0] != '\0') {
		strcat(url, "&page_token=");
		alpaca_put(url, v->fees.page);
	}
	return true;
}

/* In dollars it has an amount, in coins a quantity. @return false: none */
static bool
cost_of(struct alpaca *v, const json_t *t, const char **asset, amount *cost)
{
	const char *net = json_text(t, "net_amount");
	const char *currency = json_text(t, "currency");

	if (strcmp(json_text(t, "status"), "canceled") == 0)
		return false;
	*asset = currency[0] == '\0' ? "USD" : currency;
	*cost = 0;
	if (net[0] != '\0' && !amount_read(net, cost))
		log_warn("a fee can't be read: %.40s", net);
	if (*cost == 0 && strcmp(json_text(t, "activity_type"), "CFEE") == 0) {
		*asset = alpaca_name_of(v, json_text(t, "symbol"));
		if (!amount_read(json_text(t, "qty"), cost))
			*cost = 0;
	}
	*cost = -*cost;
	return *cost != 0;
}

static void
take_one(struct alpaca *v, const json_t *t)
{
	const char *day = json_text(t, "date"), *asset;
	struct fee *f;
	amount cost;

	if (strlen(day) != ALPACA_DAY || !cost_of(v, t, &asset, &cost) ||
	    (f = get(v, asset)) == NULL)
		return;
	if (f->day[0] == '\0')
		memcpy(f->day, v->fees.first, sizeof(f->day));
	if (strcmp(day, f->day) < 0)
		return; /* in what is kept, or from before */
	add(strcmp(day, v->fees.first) < 0 ? &f->older : &f->reading, cost);
}

/* All that is there is read. */
static void
settle(struct alpaca *v)
{
	struct fees *all = &v->fees;

	for (unsigned i = 0; i < all->n; i++) {
		struct fee *f = &all->of[i];
		bool moves = strcmp(f->day, all->first) != 0;

		add(&f->before, f->older);
		f->since = f->reading;
		memcpy(f->day, all->first, sizeof(f->day));
		if (moves || !f->kept)
			keep(v, f);
		f->kept = true;
	}
	all->known = true;
}

static void take_fees(
    const struct rest_request *q, const struct rest_answer *a);

static bool
next_page(struct alpaca *v)
{
	v->fees.pages++;
	return alpaca_call(v, REST_REST, "GET", "", 0, make_fees, take_fees);
}

static void
take_fees(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	const json_t *t;
	bool more = false;
	struct said s;
	size_t i;

	alpaca_hear(v, a, &s);
	if (s.fate == ALPACA_DONE && json_is_array(s.body)) {
		json_array_foreach(s.body, i, t)
		{
			take_one(v, t);
			snprintf(v->fees.page, sizeof(v->fees.page), "%s",
			    json_text(t, "id"));
		}
		more = json_array_size(s.body) >= ALPACA_FILLS;
		if (!more)
			settle(v);
	}
	json_decref(s.body);
	if (more && next_page(v))
		return;
	v->fees.busy = false;
	alpaca_ask_account(v);
}

void
alpaca_count(struct alpaca *v)
{
	struct fees *all = &v->fees;

	if (all->busy)
		return;
	if (all->pages > 1) {
		all->pages--;
		alpaca_ask_account(v);
		return;
	}
	first_day(all->first);
	all->page[0] = '\0';
	all->pages = 0;
	for (unsigned i = 0; i < all->n; i++)
		all->of[i].older = all->of[i].reading = 0;
	all->busy = next_page(v);
	if (!all->busy)
		alpaca_ask_account(v);
}

const char *
alpaca_charged(const struct alpaca *v, const char *asset, char buf[AMOUNT_BYTES])
{
	for (unsigned i = 0; v->fees.known && i < v->fees.n; i++)
		if (strcmp(v->fees.of[i].asset, asset) == 0)
			return amount_show(v->fees.of[i].before +
			    v->fees.of[i].since, buf);
	return NULL;
}
