/*
 * What the account at TWS holds, for the trader, who compares.
 *
 * A count asks for all positions and then for what there is in cash, which TWS
 * takes from IB each three minutes; nothing of it stays subscribed. A position
 * in a contract of Symbols has its name there, any other one the symbol of IB
 * and the conId. Cash of a currency is compared where each contract of Symbols
 * that moves it is a share: what a future or an exchange of currencies does to
 * it is not quantity times price. Reference tws-protocol.md 15.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "gateway/venue/tws_int.h"

#define CASH_REQ (TWS_REQ_FIRST - 2)

static void
tell(struct tws *t, const struct venue_account *a)
{
	t->out.account(t->out.arg, a);
}

/* The first of the settings' names for it; NULL: none */
static const char *
name_of(const struct tws *t, int64_t con_id)
{
	for (unsigned i = 0; i < t->cfg.n_symbols && con_id != 0; i++)
		if (t->contracts[i].con_id == con_id)
			return t->contracts[i].s.name;
	return NULL;
}

void
tws_tell_pairs(struct tws *t)
{
	for (unsigned i = 0; i < t->cfg.n_symbols; i++) {
		const struct tws_contract *c = &t->contracts[i];
		struct venue_account a = { .kind = VENUE_ACCOUNT_PAIR,
			.symbol = c->s.name, .base = name_of(t, c->con_id),
			.quote = c->share ? c->currency : NULL };

		if (a.base != NULL)
			tell(t, &a);
	}
}

/* ----- a count ----- */

static void
ask(struct tws *t, struct tws_msg *m)
{
	(void)tws_queue_put(t, false, m, NULL); /* else the next count does */
}

static void
stop_cash(struct tws *t)
{
	struct tws_msg m;

	tws_begin(&m, TWS_CANCEL_ACCOUNT_SUMMARY, t->version);
	tws_set_int(&m, TWS_XS_REQ_ID, CASH_REQ);
	ask(t, &m);
}

void
tws_count_due(struct tws *t)
{
	struct tws_msg m;

	if (t->count_ns > t->now.mono.ns || t->phase != TWS_READY)
		return;
	t->count_ns = t->now.mono.ns + t->cfg.count_every_ns;
	if (t->counting == TWS_COUNT_CASH)
		stop_cash(t);
	t->counting = TWS_COUNT_POSITIONS;
	tws_begin(&m, TWS_REQ_POSITIONS, t->version);
	ask(t, &m);
}

static void
tell_held(struct tws *t, const char *asset, const char *free, const char *unit)
{
	struct venue_account a = { .kind = VENUE_ACCOUNT_HOLDS,
		.asset = asset, .free = free, .unit = unit };

	tell(t, &a);
}

static bool
is_ours(const struct tws *t, struct fix_span account)
{
	char ours[32];

	return tws_account_of(t, "", ours) && fix_span_is(account, ours);
}

void
tws_on_position(struct tws *t, const struct tws_msg *m)
{
	struct fix_span symbol = tws_get(m, TWS_PS_SYMBOL);
	char name[64], text[FIX_DEC_MAX + 1];
	int64_t con_id, qty_e8;
	const char *known;

	if (t->counting == TWS_COUNT_NONE ||
	    !is_ours(t, tws_get(m, TWS_PS_ACCOUNT)))
		return;
	tws_read_int(tws_get(m, TWS_PS_CON_ID), &con_id);
	tws_qty_e8(tws_get(m, TWS_PS_POSITION), &qty_e8);
	text[fix_e8_format((uint8_t *)text, qty_e8)] = '\0';
	known = name_of(t, con_id);
	if (known == NULL) {
		snprintf(name, sizeof(name), "%.*s#%" PRId64,
		    symbol.len > 20 ? 20 : (int)symbol.len,
		    symbol.len == 0 ? "" : (const char *)symbol.p, con_id);
		for (char *p = name; *p != '\0'; p++)
			if (*p == ' ')
				*p = '_'; /* a word in commands */
		known = name;
	}
	tell_held(t, known, text, NULL);
}

void
tws_on_position_end(struct tws *t)
{
	struct tws_msg m;

	if (t->counting != TWS_COUNT_POSITIONS)
		return;
	t->counting = TWS_COUNT_CASH;
	t->cash_told = false;
	tws_begin(&m, TWS_CANCEL_POSITIONS, t->version);
	ask(t, &m);
	tws_begin(&m, TWS_REQ_ACCOUNT_SUMMARY, t->version);
	tws_set_int(&m, TWS_RS_REQ_ID, CASH_REQ);
	tws_set_str(&m, TWS_RS_TAGS, "$LEDGER:ALL");
	ask(t, &m);
}

/* ----- cash ----- */

/* Is all that moves it quantity times price? */
static bool
is_plain(const struct tws *t, const char *currency)
{
	for (unsigned i = 0; i < t->cfg.n_symbols; i++) {
		const struct tws_contract *c = &t->contracts[i];

		if (c->con_id != 0 && !c->share &&
		    (strcmp(c->currency, currency) == 0 ||
			strcmp(c->of, currency) == 0))
			return false;
	}
	return true;
}

void
tws_on_cash(struct tws *t, const struct tws_msg *m)
{
	char currency[8], value[48];

	if (t->counting != TWS_COUNT_CASH ||
	    !is_ours(t, tws_get(m, TWS_AS_ACCOUNT)) ||
	    !fix_span_is(tws_get(m, TWS_AS_TAG), "CashBalance") ||
	    !fix_span_copy(tws_get(m, TWS_AS_CURRENCY), currency,
		sizeof(currency)) || strcmp(currency, "BASE") == 0 ||
	    !fix_span_copy(tws_get(m, TWS_AS_VALUE), value, sizeof(value)))
		return;
	t->cash_told = true;
	if (is_plain(t, currency)) /* in cents, what is charged may be not */
		tell_held(t, currency, value, "0.01");
}

/* Is it the first of its currency? */
static bool
is_first(const struct tws *t, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (strcmp(t->contracts[k].currency, t->contracts[i].currency) ==
		    0)
			return false;
	return t->contracts[i].currency[0] != '\0';
}

static bool
in_doubt(const struct tws *t)
{
	return t->round != TWS_NONE || t->look_ns != INT64_MAX ||
	       t->due_ns != INT64_MAX || t->n_questions > 0;
}

static void
end_count(struct tws *t)
{
	struct venue_account a = { .kind = VENUE_ACCOUNT_COUNTED };

	t->counting = TWS_COUNT_NONE;
	for (unsigned i = 0; i < t->cfg.n_symbols; i++) {
		const char *currency = t->contracts[i].currency;

		if (is_first(t, i) &&
		    (!t->cash_told || !is_plain(t, currency)))
			tell_held(t, currency, NULL, NULL);
	}
	if (!in_doubt(t)) /* else executions may be missing */
		tell(t, &a);
}

void
tws_on_cash_end(struct tws *t, int64_t req)
{
	if (t->counting != TWS_COUNT_CASH || req != CASH_REQ)
		return;
	stop_cash(t);
	end_count(t);
}

bool
tws_cash_error(struct tws *t, int64_t req, int64_t code, struct fix_span text)
{
	if (req != CASH_REQ)
		return false;
	tws_say(t, false, "cash of the account: %lld %.*s", (long long)code,
	    (int)text.len, text.len == 0 ? "" : (const char *)text.p);
	if (t->counting == TWS_COUNT_CASH)
		end_count(t);
	return true;
}
