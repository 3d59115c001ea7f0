/*
 * What risk decided, as events.
 *
 * In: the tape of risk (risk/tape.h) that the trader appends at the end of a
 * turn. Out: an event for each order or replace that was checked, with the
 * terms that it was checked with, the reference price, the version of the
 * limits, the verdict, and of a refusal the control, its limit and its value.
 * It is the turn's last word on the order, behind what the turn sent; checked_at
 * is the time of the decision. All else that the decision depended on stands
 * in the journal: 'fixgate risk replay' makes it again.
 */
#include "gateway/auditor/fold.h"

#include <inttypes.h>
#include <stdio.h>

#include "risk/tape.h"

#define NODE "n"
#define VERSION "v"

int
fold_node(struct fold *f, const struct fix_rec *start)
{
	struct rec_start s;
	uint8_t node;

	if (start->len < sizeof(s))
		return 0;
	memcpy(&s, start->data, sizeof(s));
	node = (uint8_t)s.node;
	return fold_keep(f, fix_span_of(NODE), (struct fix_span){ &node, 1 });
}

static struct fix_span
venue_key(uint8_t out[5], uint32_t venue)
{
	out[0] = 'w';
	return (struct fix_span){ out, 1 + fix_key_u32(out + 1, venue) };
}

/* The row "venue NAME", and its number. */
int
fold_venue(struct fold *f, struct fix_span name, struct fix_span number)
{
	static const char row[] = "venue ";
	const size_t n = sizeof(row) - 1;
	uint32_t venue;
	uint8_t key[5];

	if (name.len <= n || name.len - n > VENUE_NAME_MAX ||
	    memcmp(name.p, row, n) != 0 || number.len != sizeof(venue))
		return 0;
	memcpy(&venue, number.p, sizeof(venue));
	return fold_keep(f, venue_key(key, venue),
	    (struct fix_span){ name.p + n, name.len - n });
}

static void
put_char(struct audit_event *e, const char *key, const char *c)
{
	if (*c > ' ' && *c <= '~')
		audit_text(e, key, (struct fix_span){ (const uint8_t *)c, 1 });
}

/* What was to be decided. */
static void
put_terms(struct fold *f, const struct risk_played *p)
{
	const struct risk_order *o = &p->o;
	bool replace = p->call == RISK_CALL_REPLACE;
	uint8_t key[5];

	audit_text(&f->e, "request", fix_span_of(replace ? "replace" : "new"));
	audit_text(&f->e, "account", o->account);
	audit_text(&f->e, "symbol", o->symbol);
	audit_text(&f->e, "trader", o->trader);
	audit_text(&f->e, "venue",
	    pairs_get(&f->pairs, venue_key(key, o->venue)));
	put_char(&f->e, "side", &o->side);
	put_char(&f->e, "order_type", &o->ord_type);
	put_char(&f->e, "time_in_force", &o->time_in_force);
	fold_amount(f, "quantity", o->qty_e8);
	if (o->has_price)
		fold_amount(f, "price", o->price_e8);
	if (o->has_stop)
		fold_amount(f, "stop_price", o->stop_e8);
	if (o->cash_e8 != 0)
		fold_amount(f, "cash_quantity", o->cash_e8);
	if (replace) {
		fold_amount(f, "cumulative_quantity", o->cum_e8);
		fold_amount(f, "held_quantity", p->held.qty_e8);
		fold_amount(f, "held_notional", p->held.notional_e8);
	}
}

static void
put_number(struct fold *f, const char *key, const struct risk_verdict *v,
    int64_t n)
{
	if (n == RISK_UNLIMITED)
		audit_text(&f->e, key, fix_span_of("unlimited"));
	else if (risk_code_numbers(v->code) == RISK_NUMBERS_E8)
		fold_amount(f, key, n);
	else
		audit_number(&f->e, key, n);
}

static void
put_verdict(struct fold *f, const struct risk_verdict *v)
{
	bool passed = v->code == RISK_OK;

	audit_text(&f->e, "verdict",
	    fix_span_of(passed ? "accepted" : "refused"));
	audit_number(&f->e, "decision", (int64_t)v->decision);
	if (v->ref != 0)
		fold_amount(f, "reference_price", v->ref);
	if (passed) {
		fold_amount(f, "reserved_quantity", v->hold.qty_e8);
		fold_amount(f, "reserved_notional", v->hold.notional_e8);
		if (v->token != 0)
			audit_number(&f->e, "token", v->token);
		return;
	}
	audit_text(&f->e, "control", fix_span_of(risk_code_name(v->code)));
	audit_text(&f->e, "scope", fix_span_of(risk_scope_name(v->scope)));
	audit_text(&f->e, "scope_id", fix_span_of(v->scope_id));
	if (risk_code_numbers(v->code) == RISK_NUMBERS_NONE)
		return;
	audit_text(&f->e, "limit_owner",
	    fix_span_of(risk_owner_name(v->owner)));
	put_number(f, "limit", v, v->limit);
	if (v->code != RISK_RATE)
		put_number(f, "value", v, v->value);
}

static int
decision(struct fold *f, const struct fix_rec *r, const struct risk_played *p)
{
	struct fix_span node = pairs_get(&f->pairs, fix_span_of(NODE));
	struct fix_span version = pairs_get(&f->pairs, fix_span_of(VERSION));
	struct fix_rec of = *r;
	char id[ORDER_ID_MAX + 1], at[AUDIT_STAMP_MAX];
	int64_t v;

	of.session = p->o.session;
	fold_start(f, &of, "RISK_CHECKED", "check", "order");
	snprintf(id, sizeof(id), "%" PRIu64, p->o.number);
	if (node.len == 1) {
		order_make_id(node.p[0], p->o.number, id);
		audit_text(&f->e, "order_id", fix_span_of(id));
	}
	f->e.resource_id = fix_span_of(id);
	put_terms(f, p);
	put_verdict(f, &p->was);
	if (version.len == sizeof(v)) {
		memcpy(&v, version.p, sizeof(v));
		audit_number(&f->e, "limits_version", v);
	}
	audit_stamp(at, p->now.utc);
	audit_text(&f->e, "checked_at", fix_span_of(at));
	return fold_add(f);
}

static int
new_version(struct fold *f, uint64_t version)
{
	return fold_keep(f, fix_span_of(VERSION), (struct fix_span){
	    (const uint8_t *)&version, sizeof(version) });
}

static int
unreadable(struct fold *f, const struct fix_rec *r)
{
	fold_start(f, r, "AUDIT_GAP", "miss_decisions", "journal");
	f->e.resource_id = fix_span_of("trading");
	audit_number(&f->e, "last_record", (int64_t)r->number);
	audit_text(&f->e, "text", fix_span_of("what risk decided is written in "
	    "a way that this program does not know"));
	return fold_add(f);
}

int
fold_risk(struct fold *f, const struct fix_rec *r)
{
	struct fix_span tape = { r->data, r->len };
	struct risk_played p;
	int rc = 0, more = 0;

	while (rc == 0 && (more = risk_tape_read(&tape, &p)) == 1) {
		if (p.call == RISK_CALL_CHECK || p.call == RISK_CALL_REPLACE)
			rc = decision(f, r, &p);
		else if (p.call == RISK_CALL_VERSION)
			rc = new_version(f, p.version);
	}
	return rc == 0 && more < 0 ? unreadable(f, r) : rc;
}
