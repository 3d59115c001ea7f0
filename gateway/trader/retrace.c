/*
 * The fold of RISK records: see retrace.h.
 *
 * Where a journal was pruned it may begin within a run of the trader whose
 * beginning is gone; those decisions can't be made again and are counted apart,
 * up to the next start. Between the start of a run and the entry that says it is
 * ready, an earlier run's state is given back, and nothing is compared.
 */
#include "gateway/trader/retrace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/trader/keeps.h"
#include "risk/tape.h"

struct retrace {
	uint64_t from, to;
	struct risk_player *is, *was; /* was: of the run before, until ready */
	bool ready;
	struct keeps rows; /* of the turn */
	struct retrace_counts n;
	char text[RETRACE_TEXT];
};

struct retrace *
retrace_new(uint64_t from, uint64_t to)
{
	struct retrace *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->from = from;
	t->to = to == 0 ? UINT64_MAX : to;
	return t;
}

void
retrace_free(struct retrace *t)
{
	if (t == NULL)
		return;
	risk_player_free(t->is);
	risk_player_free(t->was);
	keeps_fini(&t->rows);
	free(t);
}

const char *
retrace_text(const struct retrace *t)
{
	return t->text;
}

const struct retrace_counts *
retrace_counts(const struct retrace *t)
{
	return &t->n;
}

static int say(struct retrace *t, int rc, const char *fmt, ...)
    FIX_PRINTF(3, 4);

static int
say(struct retrace *t, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->text, sizeof(t->text), fmt, ap);
	va_end(ap);
	return rc;
}

static void
describe(const struct risk_verdict *v, char *out, size_t cap)
{
	if (v->code == RISK_OK)
		snprintf(out, cap, "accepted, reserved %" PRId64
		    " of notional %" PRId64, v->hold.qty_e8,
		    v->hold.notional_e8);
	else
		snprintf(out, cap, "refused %s, scope %s%s%s, limit %" PRId64
		    " of the %s, value %" PRId64 ", reference %" PRId64,
		    risk_code_name(v->code), risk_scope_name(v->scope),
		    v->scope_id[0] == '\0' ? "" : " ", v->scope_id, v->limit,
		    risk_owner_name(v->owner), v->value, v->ref);
}

static int
differs(struct retrace *t, const struct fix_rec *r, const struct risk_played *p)
{
	char was[300], is[300];

	describe(&p->was, was, sizeof(was));
	describe(&p->is, is, sizeof(is));
	return say(t, 1, "record %" PRIu64 ": decision %" PRIu64 " on order %"
	    PRIu64 " (session %u, account %.*s, symbol %.*s, side %c, quantity %"
	    PRId64 ", price %" PRId64 ", limits of version %" PRIu64
	    ") differs, in 10^-8:\n  journal: decision %" PRIu64 ", %s\n"
	    "  replay:  decision %" PRIu64 ", %s", r->number, p->was.decision,
	    p->o.number, p->o.session, (int)p->o.account.len,
	    (const char *)p->o.account.p,
	    (int)p->o.symbol.len, (const char *)p->o.symbol.p, p->o.side,
	    p->o.qty_e8, p->o.price_e8, p->version, p->was.decision, was,
	    p->is.decision, is);
}

static bool
asked_for(const struct retrace *t, const struct fix_rec *r)
{
	return r->number >= t->from && r->number <= t->to;
}

static int
judge(struct retrace *t, const struct fix_rec *r, const struct risk_played *p)
{
	if (p->call != RISK_CALL_CHECK && p->call != RISK_CALL_REPLACE)
		return 0;
	if (!asked_for(t, r))
		return 0;
	t->n.decisions++;
	if (!risk_verdict_same(&p->was, &p->is))
		return differs(t, r, p);
	t->n.same++;
	if (p->is.code == RISK_OK)
		t->n.accepted++;
	else
		t->n.refused++;
	return 0;
}

static int
other_sums(struct retrace *t, uint64_t number, const char *account,
    const char *symbol, const struct risk_sums *is, const struct risk_sums *was,
    const char *whose)
{
	return say(t, 1, "record %" PRIu64 ": account %s, symbol %s, in 10^-8:\n"
	    "  %s: position %" PRId64 ", buys %" PRId64 " (%" PRId64
	    "), sells %" PRId64 " (%" PRId64 "), short %" PRId64
	    ", open orders %" PRId64 "\n"
	    "  replay:  position %" PRId64 ", buys %" PRId64 " (%" PRId64
	    "), sells %" PRId64 " (%" PRId64 "), short %" PRId64
	    ", open orders %" PRId64, number, account, symbol, whose,
	    was->position_e8, was->buys_e8, was->buy_notional_e8, was->sells_e8,
	    was->sell_notional_e8, was->shorts_e8, was->open, is->position_e8,
	    is->buys_e8, is->buy_notional_e8, is->sells_e8,
	    is->sell_notional_e8, is->shorts_e8, is->open);
}

/* A pair with anything left in the run before must be in this one. */
struct left {
	struct retrace *t;
	uint64_t number;
};

static int
same_left(void *arg, const char *account, const char *symbol,
    const struct risk_position *p, int64_t buys, int64_t sells)
{
	struct left *l = arg;
	struct fix_span a = fix_span_of(account), s = fix_span_of(symbol);
	struct risk_sums was =
	    risk_get_sums(risk_player_risk(l->t->was), a, s);
	struct risk_sums is = risk_get_sums(risk_player_risk(l->t->is), a, s);

	(void)p, (void)buys, (void)sells;
	if (memcmp(&is, &was, sizeof(is)) == 0)
		return 0;
	return other_sums(l->t, l->number, account, symbol, &is, &was,
	    "before the restart");
}

static int
become_ready(struct retrace *t, const struct fix_rec *r)
{
	struct risk *is = risk_player_risk(t->is);
	struct left l = { t, r->number };
	const char *account, *symbol;
	struct risk_sums now, was;
	int rc = 0;

	t->ready = true;
	t->n.runs++;
	while (risk_moved(is, &account, &symbol, &now)) {
		if (t->was == NULL || rc != 0)
			continue;
		was = risk_get_sums(risk_player_risk(t->was),
		    fix_span_of(account), fix_span_of(symbol));
		if (memcmp(&now, &was, sizeof(now)) != 0)
			rc = other_sums(t, r->number, account, symbol, &now,
			    &was, "before the restart");
	}
	if (rc == 0 && t->was != NULL)
		rc = risk_each_position(
		    risk_player_risk(t->was), same_left, &l);
	risk_player_free(t->was);
	t->was = NULL;
	return rc;
}

/* Another run: what the last one had stays until it is compared. */
static int
begin_run(struct retrace *t)
{
	if (t->was == NULL && t->ready)
		t->was = t->is;
	else
		risk_player_free(t->is);
	t->ready = false;
	t->is = risk_player_new();
	return t->is == NULL ? -FIX_E_NOMEM : 0;
}

static int
no_entry(struct retrace *t, const struct fix_rec *r, int rc)
{
	if (rc == -FIX_E_FOREIGN)
		return say(t, rc, "record %" PRIu64 " was written by another "
		    "version of fixgate: replay it with that one", r->number);
	return say(t, rc, "record %" PRIu64 " can't be played: %s", r->number,
	    fix_strerror(rc));
}

static int
play(struct retrace *t, const struct fix_rec *r)
{
	struct fix_span tape = { r->data, r->len }, ahead;
	struct risk_played p;
	int rc = 0, more;

	for (; rc == 0; ) {
		ahead = tape;
		more = risk_tape_read(&ahead, &p);
		if (more == 1 && p.call == RISK_CALL_BEGIN)
			more = begin_run(t) == 0 ? 1 : -FIX_E_NOMEM;
		if (more == 1 && t->is == NULL) { /* it began before */
			t->n.before += p.call == RISK_CALL_CHECK ||
				       p.call == RISK_CALL_REPLACE;
			tape = ahead;
			continue;
		}
		if (more == 1)
			more = risk_play(t->is, &tape, &p);
		if (more <= 0)
			return more == 0 ? 0 : no_entry(t, r, more);
		rc = p.call == RISK_CALL_READY ? become_ready(t, r) :
						 judge(t, r, &p);
	}
	return rc;
}

static int
keep_row(struct retrace *t, const struct fix_rec *r)
{
	struct rec_keep k;
	struct fix_span key, value;

	if (r->len < sizeof(k))
		return no_entry(t, r, -FIX_E_CORRUPT);
	memcpy(&k, r->data, sizeof(k));
	if (k.key_len > r->len - sizeof(k))
		return no_entry(t, r, -FIX_E_CORRUPT);
	if (k.table != FIX_TAB_SUMS && k.table != FIX_TAB_POSITIONS &&
	    k.table != FIX_TAB_CONTROL)
		return 0;
	key = (struct fix_span){ r->data + sizeof(k), k.key_len };
	value = (struct fix_span){ key.p + key.len,
		r->len - sizeof(k) - key.len };
	return keeps_put(&t->rows, (enum fix_table)k.table, 0, key, value);
}

static bool
split_pair(struct fix_span key, char account[RISK_ID_MAX + 1],
    char symbol[RISK_ID_MAX + 1])
{
	size_t n = key.len == 0 ? 0 : strnlen((const char *)key.p, key.len);

	return n < key.len &&
	       fix_span_copy((struct fix_span){ key.p, n }, account,
		   RISK_ID_MAX + 1) &&
	       fix_span_copy(
		   (struct fix_span){ key.p + n + 1, key.len - n - 1 }, symbol,
		   RISK_ID_MAX + 1);
}

static int
same_sums(struct retrace *t, const struct fix_rec *r, struct fix_span key,
    struct fix_span value)
{
	char account[RISK_ID_MAX + 1], symbol[RISK_ID_MAX + 1];
	struct risk_sums was = { 0 }, is;

	if (!split_pair(key, account, symbol) ||
	    (value.len != 0 && value.len != sizeof(was)))
		return no_entry(t, r, -FIX_E_FOREIGN);
	if (value.len > 0)
		memcpy(&was, value.p, sizeof(was));
	is = risk_get_sums(risk_player_risk(t->is), fix_span_of(account),
	    fix_span_of(symbol));
	if (memcmp(&is, &was, sizeof(is)) == 0)
		return 0;
	return other_sums(
	    t, r->number, account, symbol, &is, &was, "journal");
}

static int
same_position(struct retrace *t, const struct fix_rec *r, struct fix_span key,
    struct fix_span value)
{
	char account[RISK_ID_MAX + 1], symbol[RISK_ID_MAX + 1];
	struct risk_position was = { 0 };
	const struct risk_position *is;

	if (!split_pair(key, account, symbol) || value.len != sizeof(was))
		return no_entry(t, r, -FIX_E_FOREIGN);
	memcpy(&was, value.p, sizeof(was));
	is = risk_get_position(risk_player_risk(t->is), fix_span_of(account),
	    fix_span_of(symbol));
	if (is != NULL && memcmp(is, &was, sizeof(was)) == 0)
		return 0;
	return say(t, 1, "record %" PRIu64 ": account %s, symbol %s, in 10^-8:\n"
	    "  journal: position %" PRId64 ", bought %" PRId64 ", sold %" PRId64
	    ", cash %" PRId64 "\n"
	    "  replay:  position %" PRId64 ", bought %" PRId64 ", sold %" PRId64
	    ", cash %" PRId64, r->number, account, symbol, was.qty_e8,
	    was.bought_e8, was.sold_e8, was.cash_e8,
	    is == NULL ? 0 : is->qty_e8, is == NULL ? 0 : is->bought_e8,
	    is == NULL ? 0 : is->sold_e8, is == NULL ? 0 : is->cash_e8);
}

static int
compare_rows(struct retrace *t, const struct fix_rec *r)
{
	int rc = 0;

	for (uint32_t i = 0; i < t->rows.n && rc == 0; i++) {
		const struct keep *e = &t->rows.list[i];
		struct fix_span key = keeps_key(&t->rows, e);
		struct fix_span value = keeps_value(&t->rows, e);

		if (e->table == FIX_TAB_SUMS)
			rc = same_sums(t, r, key, value);
		else if (e->table == FIX_TAB_POSITIONS && value.len > 0)
			rc = same_position(t, r, key, value);
		else
			continue;
		t->n.rows++;
	}
	return rc;
}

/* What the live object kept, and nothing besides. */
static const struct keep *
row_of(const struct retrace *t, enum fix_table table, struct fix_span key)
{
	for (uint32_t i = 0; i < t->rows.n; i++)
		if (t->rows.list[i].table == table &&
		    fix_span_eq(keeps_key(&t->rows, &t->rows.list[i]), key))
			return &t->rows.list[i];
	return NULL;
}

static int
same_moved(struct retrace *t, const struct fix_rec *r)
{
	uint8_t key[2 * RISK_ID_MAX + 1];
	const char *account, *symbol;
	struct risk_sums s;
	size_t a, b;

	while (risk_moved(risk_player_risk(t->is), &account, &symbol, &s)) {
		a = strlen(account);
		b = strlen(symbol);
		memcpy(key, account, a + 1);
		memcpy(key + a + 1, symbol, b);
		if (row_of(t, FIX_TAB_SUMS,
			(struct fix_span){ key, a + 1 + b }) == NULL)
			return say(t, 1, "record %" PRIu64 ": the sums of "
			    "account %s, symbol %s moved, and the turn that "
			    "ends here did not keep them", r->number, account,
			    symbol);
	}
	return 0;
}

/* Counters and latches, which the live object kept when they changed. */
static int
same_memories(struct retrace *t, const struct fix_rec *r)
{
	uint8_t key[sizeof("risk ") + RISK_MEMORY_KEY] = "risk ";
	const struct risk_memory *m;
	const struct keep *e;
	struct fix_span k = { key, 0 };
	size_t n;

	while (risk_changed(risk_player_risk(t->is), key + 5, &n, &m)) {
		k.len = 5 + n;
		e = row_of(t, FIX_TAB_CONTROL, k);
		if (e != NULL && fix_span_eq(keeps_value(&t->rows, e),
			(struct fix_span){ (const uint8_t *)m, sizeof(*m) }))
			continue;
		return say(t, 1, "record %" PRIu64 ": the counters of %c:%.*s %s",
		    r->number, key[5], (int)n - 1, (const char *)key + 6,
		    e == NULL ? "changed, and the turn that ends here did not "
				"keep them" :
				"differ from what the journal has");
	}
	return 0;
}

static void
pass_over(struct retrace *t)
{
	uint8_t key[RISK_MEMORY_KEY];
	const char *account, *symbol;
	const struct risk_memory *m;
	struct risk_sums s;
	size_t n;

	while (risk_moved(risk_player_risk(t->is), &account, &symbol, &s))
		;
	while (risk_changed(risk_player_risk(t->is), key, &n, &m))
		;
}

static int
end_turn(struct retrace *t, const struct fix_rec *r)
{
	int rc = 0;

	if (t->ready && !asked_for(t, r)) {
		pass_over(t);
	} else if (t->ready) {
		rc = compare_rows(t, r);
		if (rc == 0)
			rc = same_moved(t, r);
		if (rc == 0)
			rc = same_memories(t, r);
	}
	keeps_clear(&t->rows);
	return rc;
}

int
retrace_record(struct retrace *t, const struct fix_rec *r)
{
	int rc = 0;

	if (r->type == REC_RISK)
		rc = play(t, r);
	else if (r->type == REC_KEEP)
		rc = keep_row(t, r);
	if (rc == 0 && (r->flags & FIX_REC_END) != 0)
		rc = end_turn(t, r);
	return rc;
}
