/*
 * Drop copy: a session whose peer gets copies of what clients and gateway have
 * said to each other, as far as it is entitled to (copyrule.c).
 *
 * Copies are made from the committed journal, not from live orders: a copier
 * reads the OUT records behind its own cursor, a bounded piece a turn, while
 * its session is up. While it is down nothing is done and nothing is kept: the
 * journal is the buffer. The cursor is kept in the same turn as the copies, so
 * that each execution is copied once, whatever dies when.
 *
 * A native copy has the ExecID, ids and quantities of the original in the face of the
 * copy's own FIX version, 115 names the client, 797=Y says that it is a copy
 * (from FIX.4.4). An envelope, 35=n, holds the message itself. Answers to status
 * requests are no executions.
 */
#include "fix/scan.h"
#include "gateway/trader/inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PIECE 256u
#define BODY_MAX 4096u
#define KEEP_EVERY 10000u /* records without a copy */

static struct fix_span
cursor_key(const struct client *c)
{
	return fix_span_of(c->id);
}

static void
keep_cursor(struct trader *t, struct client *c)
{
	struct fix_span v = { (const uint8_t *)&c->copied,
		sizeof(c->copied) };

	trader_keep(t, FIX_TAB_CURSORS, c->number, cursor_key(c), v);
	c->copied_kept = c->copied;
}

void
dropcopy_load(struct trader *t, struct client *c)
{
	if (fix_store_get(t->cfg.store, FIX_TAB_CURSORS, cursor_key(c),
	    &c->copied, sizeof(c->copied)) != (ssize_t)sizeof(c->copied))
		c->copied = 0;
	c->copied_kept = c->copied;
}

void
dropcopy_close(struct client *c)
{
	if (c->copier != NULL)
		fix_journal_reader_close(c->copier);
	c->copier = NULL;
	again_close(c);
}

/* Asked before each copy: what has to wait, waits in the journal and not in the
 * session's queue, which is small. */
bool
dropcopy_may_send(const struct trader *t, const struct client *c)
{
	return c->up && !client_choked(c) && !paced_waits(t, c);
}

/* @return false: nothing to read, or it can't be read */
static bool
open_reader(struct trader *t, struct client *c)
{
	uint64_t first = fix_journal_first(t->cfg.journal);
	struct fix_store_error e;

	if (c->copier != NULL)
		return true;
	if (c->copied + 1 < first) {
		trader_note(t, LOG_L_ERROR, c->number, "%s: records %" PRIu64
		    " to %" PRIu64 " are pruned and can't be copied", c->id,
		    c->copied + 1, first - 1);
		c->copied = first - 1;
	}
	if (fix_journal_reader_open(&c->copier, t->cfg.disk, c->copied + 1,
	    &e) == 0)
		return true;
	c->copier = NULL;
	return false;
}

/* FIX.4.2 tells by ExecTransType what later versions tell by ExecType.
 * @return false: no execution */
static bool
to_later(struct fix_exec *e)
{
	bool traded = e->exec_type == '1' || e->exec_type == '2';

	if (e->exec_trans_type == '3')
		return false;
	if (e->exec_trans_type == '1')
		e->exec_type = 'H';
	else if (e->exec_trans_type == '2')
		e->exec_type = 'G';
	else if (traded)
		e->exec_type = 'F';
	else
		e->has &= ~(uint32_t)FIX_EH_LAST;
	if (e->ord_status == '5')
		e->ord_status = '0';
	e->exec_trans_type = '\0';
	return true;
}

static bool
to_42(struct fix_exec *e)
{
	char type = e->exec_type;

	if (type == 'I' || type == 'L')
		return false;
	e->exec_trans_type = type == 'H' ? '1' : type == 'G' ? '2' : '0';
	if (type == 'F' || type == 'G' || type == 'H')
		e->exec_type = e->cum_qty_e8 >= e->order_qty_e8 ? '2' : '1';
	if (type == '5' && e->ord_status == '0')
		e->ord_status = '5';
	if ((e->has & FIX_EH_LAST) == 0)
		e->last_qty_e8 = e->last_px_e8 = 0;
	e->has |= FIX_EH_LAST;
	if (e->ord_rej_reason > 8)
		e->ord_rej_reason = 0;
	e->ord_status_req_id = (struct fix_span){ NULL, 0 };
	return true;
}

/* @return false: no execution for this peer */
static bool
reface(struct fix_exec *e, enum fix_version from, enum fix_version to)
{
	bool was_42 = from <= FIX_V_42, is_42 = to <= FIX_V_42;

	if (was_42 && !is_42)
		return to_later(e);
	if (!was_42 && is_42)
		return to_42(e);
	return is_42 ? e->exec_trans_type != '3' : e->exec_type != 'I';
}

bool
dropcopy_exec(const struct fix_msg *m, const struct client *from,
    enum fix_version to, struct fix_exec *e)
{
	uint32_t bad;

	return fix_exec_read(e, m, &bad) == 0 &&
	    (e->kind == '9' || reface(e, from->cfg->desk.version, to));
}

/* CxlRejReason(102) has four values in 4.2. */
static void
reface_reject(struct fix_exec *e, enum fix_version to)
{
	if (e->kind == '9' && to <= FIX_V_42 && e->cxl_rej_reason > 3)
		e->cxl_rej_reason = 2;
}

static bool
send_copy(struct trader *t, struct client *c, char type, struct fix_build *b,
    size_t at)
{
	struct fix_span body = { b->buf + at, b->len - at };
	struct fix_span name = { (const uint8_t *)&type, 1 };

	if (b->err != 0 ||
	    fix_session_send(c->fix, name, body, t->now, NULL) != 0) {
		trader_fail(t, -FIX_E_SPACE, "a drop copy can't be sent");
		return false;
	}
	client_work(t, c);
	return true;
}

/* @return true if a copy was sent */
static bool
copy_native(struct trader *t, struct client *c, const struct client *from,
    const struct fix_msg *m)
{
	enum fix_version to = c->cfg->desk.version;
	struct fix_exec e;
	struct fix_build b;
	size_t at;

	if (!dropcopy_exec(m, from, to, &e))
		return false;
	reface_reject(&e, to);
	fix_build_start(&b, t->scratch, BODY_MAX, fix_span_of("8"));
	at = b.len;
	fix_build_str(&b, 115, from->cfg->fix.target_comp_id);
	fix_exec_write(&b, &e);
	if (to >= FIX_V_44 && e.kind == '8')
		fix_build_bool(&b, 797, true);
	return send_copy(t, c, e.kind, &b, at);
}

/* The message itself, byte by byte, with its own numbers and times. */
static bool
copy_enveloped(struct trader *t, struct client *c, const struct client *from,
    struct fix_span message)
{
	struct fix_build b;
	size_t at;

	if (message.len + 512 > t->scratch_cap) {
		trader_note(t, LOG_L_ERROR, c->number, "%s: a message of %zu "
		    "bytes is too long for an envelope", c->id, message.len);
		return false;
	}
	fix_build_start(&b, t->scratch, t->scratch_cap, fix_span_of("n"));
	at = b.len;
	fix_build_str(&b, 115, from->cfg->fix.target_comp_id);
	fix_build_data(&b, 212, 213, message);
	return send_copy(t, c, 'n', &b, at);
}

static struct fix_span
message_of(const struct fix_rec *r)
{
	return (struct fix_span){ r->data + sizeof(uint64_t),
		r->len - sizeof(uint64_t) };
}

bool
dropcopy_read(struct trader *t, const struct client *c,
    const struct fix_rec *r, struct fix_msg *m, const struct client **from)
{
	const struct order *o = NULL;
	const char *venue = NULL;
	struct fix_span v;

	*from = client_numbered(t, r->session);
	if ((r->type != REC_OUT && r->type != REC_IN) || *from == NULL ||
	    (*from)->cfg->is_drop_copy || r->len <= sizeof(uint64_t) ||
	    is_admin(message_of(r)) ||
	    fix_split(message_of(r).p, message_of(r).len, m) != 0)
		return false;
	if (fix_msg_get(m, 37, &v))
		o = desk_find(t->desk, order_number(v));
	else if (fix_msg_get(m, r->type == REC_IN && fix_msg_get(m, 41, &v) ?
	    41 : 11, &v))
		o = desk_find_client(t->desk, r->session, v);
	for (uint32_t i = 0; o != NULL && i < t->n_venues; i++)
		if (t->venues[i]->number == o->venue)
			venue = t->venues[i]->name;
	return copy_wanted(&c->cfg->copy, m, r->type == REC_OUT,
	    (*from)->cfg->fix.target_comp_id, o, venue);
}

static bool
copy_record(struct trader *t, struct client *c, const struct fix_rec *r)
{
	struct fix_msg m = { .fields = t->fields, .cap = FIX_FIELDS_MAX };
	const struct client *from;

	if (!dropcopy_read(t, c, r, &m, &from))
		return false;
	if (c->cfg->copy.enveloped)
		return copy_enveloped(t, c, from, message_of(r));
	return r->type == REC_OUT && copy_native(t, c, from, &m);
}

static void
work(struct trader *t, struct client *c)
{
	struct fix_store_error e;
	struct fix_rec r;
	bool copied = false;
	int rc = 1;

	if (!open_reader(t, c))
		return;
	for (unsigned i = 0;
	     i < PIECE && dropcopy_may_send(t, c) && t->failed == 0; i++) {
		rc = fix_journal_next(c->copier, &r, &e);
		if (rc != 1)
			break;
		copied = copy_record(t, c, &r) || copied;
		c->copied = r.number;
	}
	if (rc < 0) {
		trader_note(t, LOG_L_ERROR, c->number, "%s: the journal can't "
		    "be copied: %s", c->id, e.text);
		dropcopy_close(c);
	}
	if (copied || c->copied - c->copied_kept >= KEEP_EVERY)
		keep_cursor(t, c);
}

static bool
due(const struct trader *t, const struct client *c)
{
	return dropcopy_may_send(t, c) && c->cfg->copy.classes != 0 &&
	    c->copied < fix_journal_last(t->cfg.journal);
}

void
dropcopy_work(struct trader *t)
{
	for (uint32_t i = 0; i < t->n_copies; i++) {
		struct client *c = t->copies[i];

		if (due(t, c))
			work(t, c);
		if (c->again != NULL && dropcopy_may_send(t, c))
			again_work(t, c);
	}
}

bool
dropcopy_due(const struct trader *t)
{
	for (uint32_t i = 0; i < t->n_copies; i++) {
		const struct client *c = t->copies[i];

		if (due(t, c) || (c->again != NULL && dropcopy_may_send(t, c)))
			return true;
	}
	return false;
}
