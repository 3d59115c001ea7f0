/*
 * What risk decided, and what is reserved, into the journal of the turn.
 *
 * The tape of the risk object goes in at the end of each turn, in records of whole
 * entries, before anything of the turn leaves; retrace.c makes every decision
 * again from it. Beside it each pair of account and symbol whose reservations
 * moved has its sums kept. At a start the live orders are added up anew: where
 * they do not come to what was kept, nothing opens (section 12 of the pre-trade
 * controls).
 */
#include "gateway/trader/inside.h"
#include "gateway/trader/limits_stale.h"

#include <inttypes.h>

#define RECORD_BYTES (16u * 1024) /* the smallest segment has 64 KiB */
#define PAIR_MAX (2 * RISK_ID_MAX + 1)

static const struct fix_span all = { NULL, 0 };
static const char mark[] = "sums"; /* in FIX_TAB_CONTROL: they are kept */

void
decided_append(struct trader *t)
{
	struct fix_span tape = risk_tape(t->risk), part;

	if (risk_tape_torn(t->risk))
		trader_fail(t, -FIX_E_NOMEM, "what risk has decided");
	for (; tape.len > 0 && t->failed == 0; tape.len -= part.len) {
		part = (struct fix_span){ tape.p,
			risk_tape_cut(tape, RECORD_BYTES) };
		(void)trader_append(t, REC_RISK, 0, 0, &part, 1, NULL);
		tape.p += part.len;
	}
	risk_tape_clear(t->risk);
}

static struct fix_span
pair_key(uint8_t key[PAIR_MAX], const char *account, const char *symbol)
{
	size_t a = strlen(account), b = strlen(symbol);

	memcpy(key, account, a + 1);
	memcpy(key + a + 1, symbol, b);
	return (struct fix_span){ key, a + 1 + b };
}

static bool
is_zero(const struct risk_sums *s)
{
	const struct risk_sums none = { 0 };

	return memcmp(s, &none, sizeof(none)) == 0;
}

void
sums_keep(struct trader *t)
{
	const char *account, *symbol;
	uint8_t key[PAIR_MAX];
	struct risk_sums s;

	desk_tell_risk(t->desk);
	desk_keep_risk(t->desk);
	stale_keep(t);
	while (risk_moved(t->risk, &account, &symbol, &s)) {
		struct fix_span v = { (const uint8_t *)&s,
			is_zero(&s) ? 0 : sizeof(s) };

		trader_keep(t, FIX_TAB_SUMS, 0, pair_key(key, account, symbol),
		    v);
	}
}

static void
say(struct trader *t, struct fix_span key, const struct risk_sums *is,
    const struct risk_sums *was)
{
	size_t a = strnlen((const char *)key.p, key.len);

	trader_log(t, LOG_L_ERROR,
	    "account %.*s, symbol %.*s: live orders and position add up to buys %"
	    PRId64 ", sells %" PRId64 ", open orders %" PRId64 ", position %"
	    PRId64 "; kept were buys %" PRId64 ", sells %" PRId64
	    ", open orders %" PRId64 ", position %" PRId64
	    " (in 10^-8). Nothing opens. Remove the folder of the tables "
	    "('fixgate journal hash' compares them with the journal), they are "
	    "made anew; if it stays so, 'fixgate risk replay' says where it "
	    "began", (int)a, (const char *)key.p,
	    a < key.len ? (int)(key.len - a - 1) : 0,
	    a < key.len ? (const char *)key.p + a + 1 : "", is->buys_e8,
	    is->sells_e8, is->open, is->position_e8, was->buys_e8,
	    was->sells_e8, was->open, was->position_e8);
}

static int
compare(struct trader *t, struct fix_span key, const struct risk_sums *was)
{
	size_t a = strnlen((const char *)key.p, key.len);
	struct fix_span account = { key.p, a },
			symbol = { key.p + a + 1, key.len - a - 1 };
	struct risk_sums is;

	if (a == key.len)
		return -FIX_E_FOREIGN;
	is = risk_get_sums(t->risk, account, symbol);
	if (memcmp(&is, was, sizeof(is)) == 0)
		return 0;
	say(t, key, &is, was);
	return -FIX_E_STATE;
}

static int
compare_row(void *arg, struct fix_span key, struct fix_span value)
{
	struct risk_sums was;

	if (value.len != sizeof(was))
		return -FIX_E_FOREIGN;
	memcpy(&was, value.p, sizeof(was));
	return compare(arg, key, &was);
}

/* Pairs that came back and have no row. */
static int
compare_rest(struct trader *t)
{
	struct risk_sums is, was, none = { 0 };
	const char *account, *symbol;
	uint8_t key[PAIR_MAX];
	int rc = 0;

	while (rc == 0 && risk_moved(t->risk, &account, &symbol, &is)) {
		struct fix_span k = pair_key(key, account, symbol);

		if (fix_store_get(t->cfg.store, FIX_TAB_SUMS, k, &was,
		    sizeof(was)) == -FIX_E_NOTFOUND)
			rc = compare(t, k, &none);
	}
	return rc;
}

int
sums_check(struct trader *t)
{
	struct fix_span k = fix_span_of(mark);
	uint32_t kept = 1;
	struct fix_span v = { (const uint8_t *)&kept, sizeof(kept) };
	int rc;

	if (BROKEN("sums"))
		return 0;
	if (fix_store_get(t->cfg.store, FIX_TAB_CONTROL, k, &kept,
	    sizeof(kept)) == -FIX_E_NOTFOUND) {
		/* The first start, or the last one kept none. */
		trader_keep(t, FIX_TAB_CONTROL, 0, k, v);
		sums_keep(t);
		return t->failed;
	}
	rc = fix_store_each(t->cfg.store, FIX_TAB_SUMS, all, all, compare_row,
	    t);
	return rc != 0 ? rc : compare_rest(t);
}
