/*
 * What a client was told, added up, and a drop copy's subscriber's account.
 *
 * Promises checked here: no ExecID twice, fills, busts and corrects that add up
 * to CumQty, LeavesQty that follows from it, an order that ended stays ended,
 * no report for an order that was not sent, no order taken twice.
 */
#include "tests/sim/world.h"

static uint64_t
hash_of(struct fix_span s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ s.p[i]) * UINT64_C(0x100000001b3);
	return h == 0 ? 1 : h;
}

/* Where it is, or would be. */
static struct told *
told_of(struct client_node *c, struct fix_span exec_id)
{
	uint64_t h = hash_of(exec_id);
	struct told *t = &c->told[h % TOLD_MAX];

	while (t->id != 0 && t->id != h)
		t = t == &c->told[TOLD_MAX - 1] ? c->told : t + 1;
	return t;
}

bool
ledger_has(struct client_node *c, struct fix_span exec_id)
{
	return told_of(c, exec_id)->id != 0;
}

static void
note_exec(struct client_node *c, const struct fix_exec *e)
{
	struct told *t = told_of(c, e->exec_id);

	if (t->id != 0) {
		world_fault(c->w, "client %d: ExecID %.*s twice", c->index,
		    (int)e->exec_id.len, (const char *)e->exec_id.p);
		return;
	}
	if (++c->n_told >= TOLD_MAX / 2)
		world_fault(c->w, "client %d: too many executions", c->index);
	t->id = hash_of(e->exec_id);
	t->qty = e->exec_type == 'H' ? 0 : e->last_qty_e8;
}

/* FIX.4.2 has ExecTransType(20) where later versions have 150=F, G, H, I. */
static void
to_later(struct fix_exec *e)
{
	if (e->kind != '8' || e->exec_trans_type == '\0')
		return;
	if (e->exec_trans_type == '3')
		e->exec_type = 'I';
	else if (e->exec_trans_type != '0')
		e->exec_type = e->exec_trans_type == '1' ? 'H' : 'G';
	else if (e->exec_type == '1' || e->exec_type == '2')
		e->exec_type = 'F';
}

/* A PossResend of what is here already: the application passes it over. */
static bool
had(struct client_node *c, const struct fix_msg *m, struct fix_span id)
{
	struct fix_span flag;

	return fix_msg_get(m, 97, &flag) && fix_span_is(flag, "Y") &&
	       ledger_has(c, id);
}

static void
move_cum(struct client_node *c, struct mine *o, const struct fix_exec *e)
{
	struct told *was;

	if (e->exec_type == 'F') {
		o->cum += e->last_qty_e8;
	} else {
		was = told_of(c, e->exec_ref_id);
		if (was->id == 0 && !o->lost)
			world_fault(c->w,
			    "client %d: %.*s is %c of %.*s, "
			    "which was never told",
			    c->index, (int)e->exec_id.len,
			    (const char *)e->exec_id.p, e->exec_type,
			    (int)e->exec_ref_id.len,
			    (const char *)e->exec_ref_id.p);
		o->cum -= was->qty;
		if (e->exec_type == 'G')
			o->cum += e->last_qty_e8;
	}
	if (o->lost)
		o->cum = e->cum_qty_e8;
	if (o->cum != e->cum_qty_e8)
		world_fault(c->w, "client %d: %s CumQty %ld, executions %ld",
		    c->index, o->id, (long)e->cum_qty_e8, (long)o->cum);
}

static bool
ended(char status)
{
	return status == '4' || status == 'C' || status == '8';
}

static void
check_leaves(
    struct client_node *c, const struct mine *o, const struct fix_exec *e)
{
	int64_t left = e->order_qty_e8 - e->cum_qty_e8;

	if (left < 0 || ended(e->ord_status) || e->ord_status == '3' ||
	    (e->exec_type != '5' && e->leaves_qty_e8 == 0 &&
		(e->ord_status == '6' || e->ord_status == 'E')))
		left = 0;
	if (e->leaves_qty_e8 != left)
		world_fault(c->w,
		    "client %d: %s 39=%c OrderQty %ld, CumQty "
		    "%ld, LeavesQty %ld",
		    c->index, o->id, e->ord_status, (long)e->order_qty_e8,
		    (long)e->cum_qty_e8, (long)e->leaves_qty_e8);
}

/* A refused order may turn out to live at its venue; nothing else comes back
 * but a filled one, by a bust. */
static void
check_state(
    struct client_node *c, const struct mine *o, const struct fix_exec *e)
{
	if (o->lost)
		return;
	if ((o->status == '4' || o->status == 'C') &&
	    e->ord_status != o->status)
		world_fault(c->w, "client %d: %s was 39=%c and is 39=%c",
		    c->index, o->id, o->status, e->ord_status);
	if (e->exec_type == '8' && o->status != '\0' && o->status != '8' &&
	    (e->has & FIX_EH_ORD_REJ_REASON) != 0 && e->ord_rej_reason == 6)
		world_fault(
		    c->w, "client %d: %s handled twice", c->index, o->id);
}

static void
on_report(struct client_node *c, struct mine *o, const struct fix_exec *e)
{
	check_state(c, o, e);
	if (e->exec_type == 'I') {
		o->told = true;
		o->cum = e->cum_qty_e8;
	} else {
		note_exec(c, e);
		check_leaves(c, o, e);
	}
	if (e->exec_type != '\0' && strchr("FGH", e->exec_type) != NULL)
		move_cum(c, o, e);
	if (e->exec_type == '5' || e->exec_type == '4') {
		if (e->orig_cl_ord_id.len > 0)
			o->answered++;
		(void)fix_span_copy(e->cl_ord_id, o->last, sizeof(o->last));
	}
	o->status = e->ord_status;
	o->qty = e->order_qty_e8;
}

static void
on_exec(struct client_node *c, const struct fix_exec *e)
{
	struct mine *o = client_order(c, e->cl_ord_id);

	world_trace(c->w, "client %d: gets %c %.*s %c/%c %.*s", c->index,
	    e->kind, (int)e->cl_ord_id.len, (const char *)e->cl_ord_id.p,
	    e->kind == '8' ? e->exec_type : '-', e->ord_status,
	    (int)e->text.len, (const char *)e->text.p);
	if (o == NULL) {
		world_fault(c->w, "client %d: a report for %.*s, never sent",
		    c->index, (int)e->cl_ord_id.len,
		    (const char *)e->cl_ord_id.p);
	} else if (e->kind == '9') {
		o->answered++;
		o->status = e->ord_status;
	} else {
		on_report(c, o, e);
	}
}

static void
on_refused(struct client_node *c, const struct fix_msg *m)
{
	struct fix_span ref;
	struct mine *o;

	if (fix_msg_get(m, 379, &ref) && (o = client_order(c, ref)) != NULL)
		o->gave_up = true;
}

void
ledger_take(struct client_node *c, const struct fix_msg *m)
{
	struct fix_exec e;
	uint32_t bad;
	char type = (char)fix_msg_type(m).p[0];

	if (type == 'j')
		on_refused(c, m);
	if (type != '8' && type != '9')
		return;
	if (fix_exec_read(&e, m, &bad) != 0) {
		world_fault(c->w, "client %d: 35=%c can't be read (%u)",
		    c->index, type, bad);
		return;
	}
	to_later(&e);
	if (had(c, m, e.exec_id))
		return;
	if (c->index != COPY)
		on_exec(c, &e);
	else if (type == '8')
		note_exec(c, &e);
}
