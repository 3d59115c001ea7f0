/*
 * Executions: fills, busts and corrects.
 *
 * An execution is never discarded. It is known by the venue's ExecID and
 * counts once, however often it is told; an id that comes again with another
 * order, as ids do that begin anew each day, is another execution's. One whose
 * order we do not know moves the position of the account SUSPENSE; more than
 * was ordered is taken, with an alert. A correct leaves the first record behind
 * as "corrected" and makes a new one, so that ExecRefID(19) names the last of a
 * chain of corrects.
 */
#include "gateway/order/desk.h"

#include <stdio.h>

#define CORRECTS_MAX 1000 /* of one execution that we follow */

const char *
exec_name(struct desk *d, const struct venue *v, const struct entry *en,
    const char *id, char other[VENUE_ID_MAX + 1])
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
	const struct exec *x;

	if (en == NULL || id == NULL || id[0] == '\0')
		return id;
	x = exec_find(d, v->number, id);
	if (x == NULL ? !d->renamed
		      : x->kept.order == 0 || x->kept.order == en->o.number)
		return id;
	for (size_t i = 0; id[i] != '\0'; i++)
		h = (h ^ (uint8_t)id[i]) * UINT64_C(0x100000001b3);
	snprintf(other, VENUE_ID_MAX + 1, "%.22s@%016llx", en->o.order_id,
	    (unsigned long long)h);
	return x != NULL || exec_find(d, v->number, other) != NULL ? other
								    : id;
}

/* Record it under the venue's id; without one it can't be told twice. */
static void
record(struct desk *d, struct venue *v, struct entry *en,
    const char *venue_exec_id, const struct order_exec *kept)
{
	struct exec spare, *x;
	const char *id = venue_exec_id;

	if (id == NULL || id[0] == '\0')
		id = kept->exec_id;
	x = exec_new(d, v->number, id);
	if (x == NULL) { /* kept all the same */
		desk_alert(d, "no memory to know execution %s again", id);
		memset(&spare, 0, sizeof(spare));
		spare.venue = v->number;
		fix_span_copy(fix_span_of(id), spare.venue_exec_id,
		    sizeof(spare.venue_exec_id));
		spare.kept = *kept;
		desk_save_exec(d, &spare);
		return;
	}
	x->kept = *kept;
	if (en != NULL) {
		x->sibling = en->execs;
		en->execs = x;
	}
	desk_save_exec(d, x);
}

static void
begin_kept(struct desk *d, struct order_exec *k, uint64_t order, int64_t qty_e8,
    int64_t px_e8)
{
	memset(k, 0, sizeof(*k));
	k->order = order;
	k->qty_e8 = qty_e8;
	k->px_e8 = px_e8;
	k->live = 1;
	ids_exec(d, k->exec_id);
}

/* For whoever compares it with the venue's account. */
static void
count(struct desk *d, const struct venue *v, const char *symbol, char side,
    const struct order_exec *k, const struct venue_event *fee)
{
	struct desk_executed x = { v->number, symbol, side, k->qty_e8, k->px_e8,
		fee == NULL ? 0 : fee->fee_e8,
		fee == NULL ? NULL : fee->fee_currency };

	if (d->ops.executed != NULL)
		d->ops.executed(d->ops.arg, &x);
}

static void
suspend(struct desk *d, struct venue *v, const struct venue_event *e,
    struct fix_now now)
{
	struct shown s = { NULL, NULL, NULL, e->last_qty_e8, e->last_px_e8,
		e->side };
	struct order_exec k;

	begin_kept(d, &k, 0, e->last_qty_e8, e->last_px_e8);
	k.side = e->side;
	fix_span_copy(fix_span_of(e->symbol), k.symbol, sizeof(k.symbol));
	record(d, v, NULL, e->exec_id, &k);
	desk_save_fill(d, DESK_SUSPENSE, k.symbol, k.side, k.qty_e8, k.px_e8);
	count(d, v, k.symbol, k.side, &k, e);
	s.exec_id = k.exec_id;
	shown_event(d, v, e, &s, now);
	desk_alert(d,
	    "venue %s: execution %s of an unknown order (%s) is in "
	    "suspense",
	    v->name, e->exec_id == NULL ? "" : e->exec_id,
	    e->cl_ord_id == NULL ? "" : e->cl_ord_id);
}

/* LeavesQty after CumQty changed; an order that ended keeps none. */
static void
cum_changed(struct order *o, bool revives)
{
	char s = state_of(o);

	if (state_ended(o) && !(s == '2' && revives))
		return;
	o->leaves_e8 = o->qty_e8 > o->cum_e8 ? o->qty_e8 - o->cum_e8 : 0;
	state_by_qty(o);
}

static void
check_fill(struct desk *d, const struct order *o, const struct venue_event *e)
{
	if (o->cum_e8 > o->qty_e8)
		desk_alert(d, "order %s is overfilled", o->order_id);
	if (e->cum_qty_e8 >= 0 && e->cum_qty_e8 != o->cum_e8)
		desk_alert(d,
		    "order %s: the venue's CumQty is not ours, "
		    "executions are missing or late",
		    o->order_id);
}

static void
apply_fill(struct desk *d, struct venue *v, struct entry *en,
    const struct venue_event *e, struct fix_now now)
{
	struct order *o = &en->o;
	struct report r = REPORT_INIT('F');
	struct order_exec k;
	char text[DESK_TEXT_MAX + 1];

	if (state_of(o) == '8') {
		order_revive(d, en, now);
		o->cancel_wanted = 1;
	} else if (!o->acked) {
		order_ack(d, en, e->when, now); /* N1 */
	}
	if (o->cum_e8 == 0)
		risk_executed(d->cfg.risk, o->session, fix_span_of(o->account),
		    fix_span_of(o->symbol));
	rare_size(o, e);
	o->cum_e8 += e->last_qty_e8;
	paid_add(o, e->last_qty_e8, e->last_px_e8);
	cum_changed(o, false);
	begin_kept(d, &k, o->number, e->last_qty_e8, e->last_px_e8);
	k.day = (uint8_t)o->day;
	day_add(o, k.day, k.qty_e8, k.px_e8);
	record(d, v, en, e->exec_id, &k);
	desk_save_fill(d, o->account, o->symbol, o->side, k.qty_e8, k.px_e8);
	count(d, v, o->symbol, o->side, &k, e);
	desk_settle(d, en, now);
	r.exec_id = k.exec_id;
	r.has_last = true;
	r.last_qty_e8 = k.qty_e8;
	r.last_px_e8 = k.px_e8;
	r.fee_e8 = e->fee_e8;
	r.fee_currency = e->fee_currency;
	r.text = report_clean(e->text, text);
	r.when = e->when;
	report_exec(d, en, &r, now);
	check_fill(d, o, e);
	chain_next(d, en, now);
}

static bool
too_much(const struct order *o, int64_t qty_e8)
{
	int64_t cum;

	return __builtin_add_overflow(o->cum_e8, qty_e8, &cum);
}

void
exec_fill(struct desk *d, struct venue *v, struct entry *en,
    const struct venue_event *e, struct fix_now now)
{
	const struct exec *x = exec_find(d, v->number, e->exec_id);

	if (x != NULL && !BROKEN("dedupe")) { /* N2 */
		if (x->kept.qty_e8 != e->last_qty_e8 ||
		    x->kept.px_e8 != e->last_px_e8)
			desk_alert(d,
			    "venue %s: execution %s came again with "
			    "other values",
			    v->name, e->exec_id);
		return;
	}
	if (e->exec_id == NULL || e->exec_id[0] == '\0')
		desk_alert(d, "venue %s: an execution without ExecID", v->name);
	if (en == NULL || e->last_qty_e8 <= 0 ||
	    too_much(&en->o, e->last_qty_e8))
		suspend(d, v, e, now);
	else
		apply_fill(d, v, en, e, now);
}

bool
exec_again(struct desk *d, struct entry *en, const struct venue_event *e)
{
	struct venue *v = desk_venue_of(d, en->o.venue);
	struct order_exec k;

	if (v == NULL || e->exec_id == NULL || e->exec_id[0] == '\0')
		return false;
	if (exec_find(d, v->number, e->exec_id) != NULL)
		return true;
	begin_kept(d, &k, en->o.number, 0, 0);
	k.live = 0;
	record(d, v, en, e->exec_id, &k);
	return false;
}

/* The last of a chain of corrects. */
static struct exec *
latest(struct desk *d, const struct venue *v, const char *id)
{
	struct exec *x = exec_find(d, v->number, id);
	unsigned n;

	for (n = 0; x != NULL && x->kept.ref[0] != '\0' && n < CORRECTS_MAX;
	     n++)
		x = exec_find(d, v->number, x->kept.ref);
	return x;
}

static bool
has_own_id(const struct venue_event *e)
{
	return e->exec_id != NULL && e->exec_id[0] != '\0' &&
	       (e->ref_exec_id == NULL ||
		   strcmp(e->exec_id, e->ref_exec_id) != 0);
}

/* J5: kept, so that it is known again, and shown to an operator. */
static void
orphan_bust(struct desk *d, struct venue *v, const struct venue_event *e,
    const char *why, struct fix_now now)
{
	struct shown s = { .ref_id = e->ref_exec_id,
		.qty_e8 = e->last_qty_e8,
		.px_e8 = e->last_px_e8 };
	struct order_exec k;

	begin_kept(d, &k, 0, 0, 0);
	k.live = 0;
	s.exec_id = k.exec_id;
	shown_event(d, v, e, &s, now);
	if (has_own_id(e))
		record(d, v, NULL, e->exec_id, &k);
	desk_alert(d, "venue %s: %s of execution %s: %s", v->name,
	    venue_event_name(e->kind),
	    e->ref_exec_id == NULL ? "" : e->ref_exec_id, why);
}

/* Old record out, new one in; k is what stands now. */
static void
supersede(struct desk *d, struct venue *v, struct entry *en, struct exec *x,
    const struct venue_event *e, const struct order_exec *k)
{
	bool correct = e->kind == VENUE_CORRECT;

	if (!has_own_id(e)) {
		x->kept = *k;
		desk_save_exec(d, x);
		return;
	}
	x->kept.live = 0;
	if (correct)
		fix_span_copy(
		    fix_span_of(e->exec_id), x->kept.ref, sizeof(x->kept.ref));
	desk_save_exec(d, x);
	record(d, v, en, e->exec_id, k);
}

static void
move_position(struct desk *d, const struct venue *v, const struct entry *en,
    const struct order_exec *was, const struct order_exec *is)
{
	const char *account = en == NULL ? DESK_SUSPENSE : en->o.account;
	const char *symbol = en == NULL ? was->symbol : en->o.symbol;
	char side = en == NULL ? was->side : en->o.side;
	struct order_exec back = *was;

	back.qty_e8 = -was->qty_e8;
	desk_save_fill(d, account, symbol, side, back.qty_e8, was->px_e8);
	count(d, v, symbol, side, &back, NULL);
	if (!is->live)
		return;
	desk_save_fill(d, account, symbol, side, is->qty_e8, is->px_e8);
	count(d, v, symbol, side, is, NULL);
}

static void
tell_bust(struct desk *d, struct entry *en, const struct venue_event *e,
    const struct order_exec *is, const char *ref, struct fix_now now)
{
	struct report r = REPORT_INIT(is->live ? 'G' : 'H');
	char text[DESK_TEXT_MAX + 1];

	r.exec_id = is->exec_id;
	r.ref_id = ref;
	r.has_last = true;
	if (is->live) {
		r.last_qty_e8 = is->qty_e8;
		r.last_px_e8 = is->px_e8;
	}
	r.text = report_clean(e->text, text);
	r.when = e->when;
	report_exec(d, en, &r, now);
}

static void
apply_bust(struct desk *d, struct venue *v, struct exec *x,
    const struct venue_event *e, struct fix_now now)
{
	struct entry *en = entry_find(d, x->kept.order);
	bool was_live = en != NULL && en->is_live;
	struct order_exec was = x->kept, is;
	struct shown s;

	begin_kept(d, &is, was.order, e->last_qty_e8, e->last_px_e8);
	is.side = was.side;
	is.day = was.day;
	memcpy(is.symbol, was.symbol, sizeof(is.symbol));
	if (e->kind == VENUE_BUST) {
		is.live = 0;
		is.qty_e8 = 0;
		is.px_e8 = 0;
	}
	supersede(d, v, en, x, e, &is);
	move_position(d, v, en, &was, &is);
	if (en == NULL) {
		s = (struct shown){ is.exec_id, was.exec_id, is.symbol,
			is.qty_e8, is.px_e8, is.side };
		shown_event(d, v, e, &s, now);
		desk_alert(d, "venue %s: %s of an execution in suspense",
		    v->name, venue_event_name(e->kind));
		return;
	}
	en->o.cum_e8 += is.qty_e8 - was.qty_e8;
	paid_add(&en->o, -was.qty_e8, was.px_e8);
	paid_add(&en->o, is.qty_e8, is.px_e8);
	day_add(&en->o, was.day, -was.qty_e8, was.px_e8);
	day_add(&en->o, is.day, is.qty_e8, is.px_e8);
	cum_changed(&en->o, true);
	desk_settle(d, en, now);
	tell_bust(d, en, e, &is, was.exec_id, now);
	if (en->is_live && !was_live)
		doubt_ask(d, en, now); /* back at work, or so it seems */
	if (en->o.cum_e8 > en->o.qty_e8)
		desk_alert(d, "order %s is overfilled", en->o.order_id);
}

/* Can the quantities hold it? */
static bool
fits(struct desk *d, const struct exec *x, const struct venue_event *e)
{
	const struct entry *en = entry_find(d, x->kept.order);

	if (e->kind == VENUE_CORRECT && e->last_qty_e8 <= 0)
		return false;
	if (en == NULL)
		return x->kept.order == 0;
	if (en->o.cum_e8 < x->kept.qty_e8)
		return false;
	return e->kind == VENUE_BUST ||
	       e->last_qty_e8 <= INT64_MAX - (en->o.cum_e8 - x->kept.qty_e8);
}

void
exec_bust(struct desk *d, struct venue *v, const struct venue_event *e,
    struct fix_now now)
{
	struct exec *x = latest(d, v, e->ref_exec_id);

	if (has_own_id(e) && exec_find(d, v->number, e->exec_id) != NULL)
		return; /* told twice */
	if (x == NULL)
		orphan_bust(d, v, e, "unknown", now);
	else if (!x->kept.live)
		orphan_bust(d, v, e, "busted before", now);
	else if (!fits(d, x, e))
		orphan_bust(d, v, e, "quantity is impossible", now);
	else
		apply_bust(d, v, x, e, now);
}

void
exec_fee(struct desk *d, const struct venue *v, const struct venue_event *e,
    struct fix_now now)
{
	struct exec *x = exec_find(d, v->number, e->ref_exec_id);
	struct entry *en = x == NULL ? NULL : entry_find(d, x->kept.order);
	struct report r = REPORT_INIT('I');
	struct order_exec none = { .order = 0 };
	char text[DESK_TEXT_MAX + 1];

	if (x != NULL && x->kept.charged)
		return; /* told twice */
	if (en == NULL)
		desk_alert(d, "venue %s: the fee of execution %s, which is of "
		    "no order that is known", v->name,
		    e->ref_exec_id == NULL ? "" : e->ref_exec_id);
	if (x == NULL)
		return;
	x->kept.charged = 1;
	desk_save_exec(d, x);
	if (en == NULL)
		return;
	count(d, v, en->o.symbol, en->o.side, &none, e);
	r.ref_id = x->kept.exec_id;
	r.fee_e8 = e->fee_e8;
	r.fee_currency = e->fee_currency;
	r.text = e->text == NULL ? "FEE" : report_clean(e->text, text);
	r.when = e->when;
	report_exec(d, en, &r, now);
}

bool
desk_executed(const struct desk *d, uint32_t session, struct fix_span order_id,
    struct fix_span exec_id)
{
	const struct entry *en = entry_find(d, ids_number(order_id));
	const struct exec *x;

	if (en == NULL || en->o.session != session ||
	    !fix_span_is(order_id, en->o.order_id))
		return false;
	for (x = en->execs; x != NULL; x = x->sibling)
		if (fix_span_is(exec_id, x->kept.exec_id))
			return true;
	return false;
}
