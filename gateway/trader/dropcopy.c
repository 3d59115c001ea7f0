/*
 * Drop copy: a session whose peer gets every execution that the clients got.
 *
 * Copies are made from the committed journal, not from live orders: a copier
 * reads the OUT records behind its own cursor, a bounded piece a turn, while
 * its session is up. While it is down nothing is done and nothing is kept: the
 * journal is the buffer. The cursor is kept in the same turn as the copies, so
 * that each execution is copied once, whatever dies when.
 *
 * A copy has the ExecID, ids and quantities of the original in the face of the
 * copy's own FIX version, 115 names the client, 797=Y says that it is a copy
 * (from FIX.4.4). Answers to status requests are no executions.
 */
#include "fix/scan.h"
#include "gateway/trader/inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PIECE 256u
#define BODY_MAX 4096u

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
}

void
dropcopy_load(struct trader *t, struct client *c)
{
	if (fix_store_get(t->cfg.store, FIX_TAB_CURSORS, cursor_key(c),
	    &c->copied, sizeof(c->copied)) != (ssize_t)sizeof(c->copied))
		c->copied = 0;
}

void
dropcopy_close(struct client *c)
{
	if (c->copier != NULL)
		fix_journal_reader_close(c->copier);
	c->copier = NULL;
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

/* @return true if a copy was sent */
static bool
copy(struct trader *t, struct client *c, const struct client *from,
    struct fix_span message)
{
	struct fix_msg m = { .fields = t->fields, .cap = FIX_FIELDS_MAX };
	enum fix_version to = c->cfg->desk.version;
	struct fix_exec e;
	struct fix_build b;
	struct fix_span body;
	uint32_t bad;
	size_t at;

	if (fix_split(message.p, message.len, &m) != 0 ||
	    !fix_span_is(fix_msg_type(&m), "8") ||
	    fix_exec_read(&e, &m, &bad) != 0 ||
	    !reface(&e, from->cfg->desk.version, to))
		return false;
	fix_build_start(&b, t->scratch, BODY_MAX, fix_span_of("8"));
	at = b.len;
	fix_build_str(&b, 115, from->cfg->fix.target_comp_id);
	fix_exec_write(&b, &e);
	if (to >= FIX_V_44)
		fix_build_bool(&b, 797, true);
	body = (struct fix_span){ t->scratch + at, b.len - at };
	if (b.err != 0 || paced_send(t, c, fix_span_of("8"), body) != 0) {
		trader_fail(t, -FIX_E_SPACE, "a drop copy can't be sent");
		return false;
	}
	client_work(t, c);
	return true;
}

static bool
copy_record(struct trader *t, struct client *c, const struct fix_rec *r)
{
	const struct client *from = client_numbered(t, r->session);
	struct fix_span message;

	if (r->type != REC_OUT || from == NULL || from->cfg->is_drop_copy ||
	    r->len < sizeof(uint64_t))
		return false;
	message.p = r->data + sizeof(uint64_t);
	message.len = r->len - sizeof(uint64_t);
	return !is_admin(message) && copy(t, c, from, message);
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
	for (unsigned i = 0; i < PIECE && c->up && t->failed == 0 &&
	    !paced_waits(t, c); i++) {
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
	if (copied)
		keep_cursor(t, c);
}

void
dropcopy_work(struct trader *t)
{
	for (uint32_t i = 0; i < t->n_copies; i++) {
		struct client *c = t->copies[i];

		if (c->up && !client_choked(c) && !paced_waits(t, c) &&
		    c->copied < fix_journal_last(t->cfg.journal))
			work(t, c);
	}
}

bool
dropcopy_due(const struct trader *t)
{
	for (uint32_t i = 0; i < t->n_copies; i++) {
		if (t->copies[i]->up && !client_choked(t->copies[i]) &&
		    !paced_waits(t, t->copies[i]) &&
		    t->copies[i]->copied < fix_journal_last(t->cfg.journal))
			return true;
	}
	return false;
}
