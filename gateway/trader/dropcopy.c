/*
 * Drop copy: a session whose peer gets copies of what clients and gateway have
 * said to each other, as far as it is entitled to (copyrule.c).
 *
 * Copies are made from the committed journal, not from live orders, while the
 * session is up and takes them. While it is down nothing is done and nothing is
 * kept: the journal is the buffer. What can't be copied never stops the trader:
 * a message that can't be made is passed over, with an alert, and counted as
 * lost; what can't be sent now is tried again.
 *
 * A native copy has the ExecID, ids and quantities of the original in the face
 * of the copy's own FIX version (dropcopy_face.c), and 797=Y says that it is a
 * copy (from FIX.4.4). An envelope, 35=n, holds the message itself. Answers to
 * status requests are no executions, and what is sent once more after a reset
 * of numbers, with PossResend(97), is no new one.
 */
#include "gateway/trader/dropcopy.h"
#include "fix/scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BODY_MAX 4096u
#define KEEP_EVERY 10000u /* records without a copy */
#define PAUSE (FIX_SEC)   /* after a fault */

static void
keep_cursor(struct trader *t, struct client *c)
{
	struct copies *k = c->copies;
	struct fix_span v = { (const uint8_t *)&k->at, sizeof(k->at) };

	trader_keep(t, FIX_TAB_CURSORS, c->number, fix_span_of(c->id), v);
	counts_keep(t, c);
	k->kept = k->at.record;
}

/* What it is entitled to, when that was last noted. */
static void
note_rule(struct trader *t, struct client *c)
{
	char key[SESSION_ID_MAX + 16], is[600], was[600];
	struct fix_span k = { (const uint8_t *)key,
		(size_t)snprintf(key, sizeof(key), "copies %s", c->id) };
	struct fix_span v = { (const uint8_t *)is,
		copy_rule_text(&c->cfg->copy, is, sizeof(is)) };
	ssize_t n =
	    fix_store_get(t->cfg.store, FIX_TAB_CONTROL, k, was, sizeof(was));

	if (n >= 0 && (size_t)n == v.len && memcmp(was, is, v.len) == 0)
		return;
	trader_keep(t, FIX_TAB_CONTROL, c->number, k, v);
	trader_note(t, LOG_L_INFO, c->number,
	    "%s: from record %" PRIu64 " on entitled to %s", c->id,
	    c->copies->at.record + 1, is);
}

int
dropcopy_load(struct trader *t, struct client *c)
{
	struct copies *k = calloc(1, sizeof(*k));
	uint64_t last = fix_journal_last(t->cfg.journal);

	c->copies = k;
	if (k == NULL)
		return -FIX_E_NOMEM;
	if (!copy_cursor_read(t->cfg.store, c->id, &k->at)) {
		k->at.record = c->cfg->copy.from_now ? last : 0;
		k->at.wall_ns = t->now.utc.ns;
		keep_cursor(t, c);
	}
	k->kept = k->at.record;
	k->level_at = t->now.mono.ns;
	counts_load(t, c);
	note_rule(t, c);
	t->copies[t->n_copies++] = c;
	return 0;
}

static void
close_reader(struct client *c)
{
	if (c->copies->reader != NULL)
		fix_journal_reader_close(c->copies->reader);
	c->copies->reader = NULL;
}

void
dropcopy_up(struct trader *t, struct client *c)
{
	if (c->copies != NULL)
		counts_up(t, c);
}

void
dropcopy_down(struct client *c)
{
	if (c->copies == NULL)
		return;
	close_reader(c);
	again_close(c);
	c->copies->later = 0;
}

void
dropcopy_free(struct client *c)
{
	if (c->copies == NULL)
		return;
	dropcopy_down(c);
	free(c->copies->counts);
	free(c->copies);
	c->copies = NULL;
}

/* Asked before each copy: what has to wait, waits in the journal and not in the
 * session's queue, which is small. */
static bool
may_send(const struct trader *t, const struct client *c)
{
	return c->up && !space_tight(t) && !client_choked(c) && !paced_waits(t, c) &&
	       c->copies->later <= t->now.mono.ns;
}

static void
pause(struct trader *t, struct client *c, const char *why)
{
	trader_note(t, LOG_L_ERROR, c->number, "alert: %s: copies wait: %s",
	    c->id, why);
	close_reader(c);
	c->copies->later = t->now.mono.ns + PAUSE;
}

/* @return false: nothing to read, or it can't be read */
static bool
open_reader(struct trader *t, struct client *c)
{
	uint64_t first = fix_journal_first(t->cfg.journal);
	struct copies *k = c->copies;
	struct fix_store_error e;

	if (k->reader != NULL)
		return true;
	if (k->at.record + 1 < first && k->at.record > 0)
		trader_note(t, LOG_L_ERROR, c->number,
		    "alert: %s: records %" PRIu64 " to %" PRIu64
		    " are pruned and can't be copied",
		    c->id, k->at.record + 1, first - 1);
	if (k->at.record + 1 < first)
		k->at.record = first - 1;
	if (fix_journal_reader_open(
		&k->reader, t->cfg.disk, k->at.record + 1, &e) == 0)
		return true;
	k->reader = NULL;
	pause(t, c, e.text);
	return false;
}

enum copy_sent
copy_send(struct trader *t, struct client *c, const char *type,
    const struct fix_build *b, size_t at)
{
	struct fix_span body = { b->buf + at, b->len - at };
	int rc = b->err;

	if (rc == 0)
		rc = fix_session_send(
		    c->fix, fix_span_of(type), body, t->now, NULL);
	if (rc == 0) {
		client_work(t, c);
		return COPY_SENT;
	}
	trader_note(t, LOG_L_ERROR, c->number,
	    "alert: %s: a copy, 35=%s, "
	    "can't be %s: %s",
	    c->id, type, b->err != 0 ? "made" : "sent", fix_strerror(rc));
	return b->err != 0 || rc == -FIX_E_TOOBIG || rc == -FIX_E_FORMAT
		   ? COPY_NEVER
		   : COPY_LATER;
}

static enum copy_sent
copy_native(struct trader *t, struct client *c, const struct fix_rec *r,
    const struct fix_msg *m, const struct fix_exec *e)
{
	enum fix_version to = c->cfg->desk.version;
	char type[2] = { e->kind, '\0' };
	struct fix_build b;
	size_t at;

	fix_build_start(&b, t->scratch, BODY_MAX, fix_span_of(type));
	at = b.len;
	copy_origin(&b, t, r, m, c);
	fix_exec_write(&b, e);
	copy_parties(&b, m, to);
	if (to >= FIX_V_44 && e->kind == '8')
		fix_build_bool(&b, 797, true);
	return copy_send(t, c, type, &b, at);
}

static struct fix_span
message_of(const struct fix_rec *r)
{
	return (struct fix_span){ r->data + sizeof(uint64_t),
		r->len - sizeof(uint64_t) };
}

/* The message itself, byte by byte, with its own numbers and times. */
static enum copy_sent
copy_enveloped(struct trader *t, struct client *c, const struct fix_rec *r,
    const struct fix_msg *m)
{
	struct fix_build b;
	size_t at;

	fix_build_start(&b, t->scratch, t->scratch_cap, fix_span_of("n"));
	at = b.len;
	copy_origin(&b, t, r, m, c);
	fix_build_data(&b, 212, 213, message_of(r));
	return copy_send(t, c, "n", &b, at);
}

/* Copies for another subscriber, maybe of one that the settings do not have any
 * more, are no client's messages. */
static bool
is_copy(const struct trader *t, uint32_t session)
{
	const struct client *c = client_numbered(t, session);
	const struct rec_session *row;
	struct copy_cursor at;

	if (session == 0)
		return false;
	if (c != NULL)
		return c->cfg->is_drop_copy;
	row = tables_session(t->tables, session);
	return row != NULL && copy_cursor_read(t->cfg.store, row->id, &at);
}

/* The order that a message is about, as far as it is still known. */
static const struct order *
order_of(
    const struct trader *t, const struct fix_rec *r, const struct fix_msg *m)
{
	struct fix_span v;

	if (fix_msg_get(m, 37, &v))
		return desk_find(t->desk, order_number(v));
	if (fix_msg_get(
		m, r->type == REC_IN && fix_msg_get(m, 41, &v) ? 41 : 11, &v))
		return desk_find_client(t->desk, r->session, v);
	return NULL;
}

bool
copy_again(const struct fix_msg *m)
{
	struct fix_span v;

	return fix_msg_get(m, 97, &v) && fix_span_is(v, "Y");
}

bool
copy_takes(struct trader *t, const struct client *c, const struct fix_rec *r,
    struct fix_msg *m)
{
	const struct copy_rule *rule = &c->cfg->copy;
	struct copy_about a = { .sent = r->type != REC_IN };
	const struct order *o = NULL;

	if ((r->type != REC_OUT && r->type != REC_IN && r->type != REC_SHOWN) ||
	    r->len <= sizeof(uint64_t) || is_admin(message_of(r)) ||
	    is_copy(t, r->session) ||
	    fix_split(message_of(r).p, message_of(r).len, m) != 0 ||
	    (copy_class_of(m, a.sent) & rule->classes) == 0 ||
	    (a.sent && !rule->enveloped && copy_again(m)))
		return false;
	if (copy_asks_order(rule, m, rec_venue(r)))
		o = order_of(t, r, m);
	(void)fix_msg_get(m, r->type == REC_IN ? 49 : 56, &a.client);
	if (o != NULL)
		a.parties = desk_parties(t->desk, o->number);
	a.account = o == NULL ? NULL : o->account;
	a.symbol = o == NULL ? NULL : o->symbol;
	a.venue = venue_called(t, rec_venue(r) != 0 ? rec_venue(r)
				  : o == NULL       ? 0
						    : o->venue);
	return copy_wanted(rule, m, &a);
}

/* @return false: it can't be sent now. *spent grows */
static bool
copy_record(struct trader *t, struct client *c, const struct fix_rec *r,
    unsigned *spent)
{
	struct fix_msg m = { .fields = t->fields, .cap = FIX_FIELDS_MAX };
	enum copy_sent sent;
	struct fix_exec e;

	if (!copy_takes(t, c, r, &m))
		return true;
	if (c->cfg->copy.enveloped)
		sent = copy_enveloped(t, c, r, &m);
	else if (r->type != REC_IN && copy_exec(&m, c->cfg->desk.version, &e))
		sent = copy_native(t, c, r, &m, &e);
	else
		return true;
	*spent += COPY_COST;
	if (sent == COPY_LATER)
		return false;
	counts_add(t, c, r, sent == COPY_NEVER);
	return true;
}

static bool
due(const struct trader *t, const struct client *c)
{
	return c->cfg->copy.classes != 0 &&
	       c->copies->at.record < fix_journal_last(t->cfg.journal);
}

/* Never so: a test proves that the cursor must not move before the copies. */
static bool
claim(struct trader *t, struct client *c)
{
	struct copies *k = c->copies;
	struct copy_cursor at = k->at;

	if (k->kept > at.record)
		return false;
	k->at.record = fix_journal_last(t->cfg.journal);
	keep_cursor(t, c);
	k->at = at;
	return true;
}

/* @return what it cost */
static unsigned
work(struct trader *t, struct client *c, unsigned most)
{
	struct copies *k = c->copies;
	struct fix_store_error e;
	struct fix_rec r;
	unsigned spent = 0, records = 0;
	int rc = 1;

	if (BROKEN("copy_first") && claim(t, c))
		return most;
	while (spent < most && may_send(t, c) && t->failed == 0 &&
	       open_reader(t, c)) {
		rc = fix_journal_next(k->reader, &r, &e);
		if (rc != 1)
			break;
		records++;
		spent++;
		if (!copy_record(t, c, &r, &spent)) {
			pause(t, c, "the session takes none");
			break;
		}
		k->at = (struct copy_cursor){ r.number, r.wall.ns };
	}
	if (rc < 0)
		pause(t, c, e.text);
	if (BROKEN("copy_cursor"))
		return spent;
	if (spent > records || k->at.record - k->kept >= KEEP_EVERY)
		keep_cursor(t, c);
	return spent;
}

/* What a session has to do, in this order. */
static unsigned
work_all(struct trader *t, struct client *c)
{
	unsigned spent = 0;

	if (may_send(t, c) && due(t, c))
		spent += work(t, c, COPY_TURN);
	if (spent < COPY_TURN && may_send(t, c) && again_due(c))
		spent += again_work(t, c, COPY_TURN - spent);
	if (spent < COPY_TURN && may_send(t, c) && counts_due(t, c))
		spent += counts_tell(t, c);
	return spent;
}

/* Records that the furthest of those that take copies is behind. */
static uint64_t
behind(const struct trader *t)
{
	uint64_t last = fix_journal_last(t->cfg.journal), most = 0;

	for (uint32_t i = 0; i < t->n_copies; i++) {
		const struct client *c = t->copies[i];

		if (c->cfg->copy.classes != 0 && may_send(t, c) &&
		    last - c->copies->at.record > most)
			most = last - c->copies->at.record;
	}
	return most;
}

/* A turn that has served clients or venues leaves copies to one that has not,
 * but neither for long nor while many wait. */
static bool
gives_way(struct trader *t)
{
	if (t->turn_records == 0 || t->copies_waited >= COPY_PATIENCE ||
	    behind(t) > COPY_MANY) {
		t->copies_waited = 0;
		return false;
	}
	t->copies_waited++;
	return true;
}

/* One subscriber a turn, the next that has anything to do: what it gets leaves
 * in one write, and an order that comes meanwhile waits for little. */
void
dropcopy_work(struct trader *t)
{
	unsigned spent = 0;

	if (t->n_copies == 0)
		return;
	lag_watch(t);
	if (gives_way(t))
		return;
	for (uint32_t i = 0;
	     i < t->n_copies && t->failed == 0 && spent < COPY_COST; i++)
		spent += work_all(t, t->copies[t->next_copy++ % t->n_copies]);
}

int64_t
dropcopy_deadline(const struct trader *t)
{
	int64_t first = lag_due(t), at;

	for (uint32_t i = 0; i < t->n_copies; i++) {
		const struct client *c = t->copies[i];

		if (!c->up || space_tight(t) || client_choked(c) || paced_waits(t, c))
			continue;
		at = FIX_MONO_NEVER;
		if (due(t, c) || again_due(c))
			at = t->now.mono.ns;
		else if (c->copies->untold)
			at = c->copies->counts_at;
		if (at < c->copies->later)
			at = c->copies->later;
		if (at < first)
			first = at;
	}
	return first;
}
