/*
 * Messages that are sent again.
 *
 * A ResendRequest is answered from the journal, a small piece a turn, so that a
 * long resend costs other sessions little, and none at all while the peer does
 * not take what it has got. Many resends share the piece, and take turns. The
 * session decides what of it is resent and what becomes a gap fill.
 *
 * Messages made while the peer was logged off wait for its ResendRequest. If
 * instead both sides begin at 1 again, they would be lost: they are sent anew
 * after the Logon, under new numbers and with PossResend(97), since the peer may
 * have had them from a resend that was cut short. No execution is ever dropped.
 */
#include "fix/scan.h"
#include "gateway/trader/inside.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TURN_NUMBERS 10u /* of all resends together: a turn of some 15 us, most
			    of which is the write */
#define PIECE_BYTES (48u * 1024u) /* fits into the least MaxQueuedBytes */

static bool
is_one_of(struct fix_span m, const char *types)
{
	const uint8_t *at = m.len < 8 ? NULL :
	    memmem(m.p, m.len < 64 ? m.len : 64, "\x01" "35=", 4);

	if (at == NULL || at + 6 > m.p + m.len)
		return false;
	return at[5] == 1 && memchr(types, at[4], strlen(types)) != NULL;
}

bool
is_admin(struct fix_span m)
{
	return is_one_of(m, "0A12345");
}

bool
is_heartbeat(struct fix_span m)
{
	return is_one_of(m, "01");
}

static uint64_t
stored_pos(struct trader *t, const struct client *c, uint64_t seq)
{
	uint8_t key[12];
	struct fix_span k = { key, tables_sent_key(key, c->number, seq) };
	uint64_t pos = 0;
	struct fix_rec r;

	if (fix_store_get(t->cfg.store, FIX_TAB_SENT, k, &pos, sizeof(pos)) !=
	    (ssize_t)sizeof(pos))
		return 0;
	/* The tables follow late: this may be of before the last reset. */
	return fix_journal_at(t->cfg.journal, pos, &r) == 0 &&
		       rec_generation(&r) == c->generation
		   ? pos
		   : 0;
}

/* The message sent under a number, NULL span if it is not kept. */
static struct fix_span
kept(struct trader *t, const struct client *c, uint64_t pos)
{
	struct fix_span none = { NULL, 0 };
	struct fix_rec r;

	if (pos == 0 || fix_journal_at(t->cfg.journal, pos, &r) != 0 ||
	    r.type != REC_OUT || r.session != c->number ||
	    r.len < sizeof(uint64_t))
		return none;
	return (struct fix_span){ r.data + sizeof(uint64_t),
		r.len - sizeof(uint64_t) };
}

static uint64_t
pos_of(struct trader *t, const struct client *c, uint64_t seq)
{
	uint64_t pos = sent_find(&c->sent, seq);

	return pos != 0 ? pos : stored_pos(t, c, seq);
}

struct fix_span
client_sent(struct trader *t, const struct client *c, uint64_t seq)
{
	return kept(t, c, pos_of(t, c, seq));
}

/* Once, though one that was cut short, or has just opened again, may be there. */
static void
enlist(struct trader *t, struct client *c)
{
	if (c->in_replays)
		return;
	c->in_replays = true;
	c->next_replay = NULL;
	if (t->replays == NULL)
		t->replays = c;
	else
		t->last_replay->next_replay = c;
	t->last_replay = c;
}

static struct client *
take_first(struct trader *t)
{
	struct client *c = t->replays;

	t->replays = c->next_replay;
	c->next_replay = NULL;
	c->in_replays = false;
	return c;
}

void
replay_open(struct trader *t, struct client *c, uint64_t from, uint64_t to)
{
	enlist(t, c);
	c->replay = (struct replay){ .open = true, .from = from, .next = from,
		.end = to };
}

static void
replay_finish(struct trader *t, struct client *c)
{
	client_note_resent(t, c);
	c->replay.open = false;
	if (fix_session_replay_done(c->fix, t->now) != 0)
		return;
	client_work(t, c);
	if (c->owed != 0 && c->replay.from <= c->owed) {
		c->owed = 0;
		client_note_numbers(t, c);
	}
}

/* @param left  numbers that this turn may still take up
 * @return true when the replay is over */
static bool
replay_piece(struct trader *t, struct client *c, unsigned *left)
{
	size_t bytes = 0;

	if (!c->replay.open || c->peer == NULL)
		return true;
	if (client_choked(c) || c->replay.later > t->now.mono.ns)
		return false;
	for (; *left > 0 && bytes < PIECE_BYTES; (*left)--) {
		struct replay *r = &c->replay;
		struct fix_span m;
		int rc;

		if (!r->open || c->peer == NULL || t->failed != 0)
			return true;
		if (r->next > r->end) {
			replay_finish(t, c);
			return !c->replay.open;
		}
		m = kept(t, c, pos_of(t, c, r->next));
		rc = m.p == NULL ? 0 :
		    fix_session_replay(c->fix, r->next, m, t->now);
		if (rc == -FIX_E_STATE)
			return true;
		if (rc == -FIX_E_FULL) {
			r->later = fix_session_deadline(c->fix).ns;
			client_work(t, c);
			return false;
		}
		if (rc == 0) {
			r->next++;
			r->messages += m.p != NULL && !is_admin(m);
			t->counts.resent += m.p != NULL;
		}
		bytes += m.len;
		client_work(t, c);
	}
	return false;
}

void
replays_work(struct trader *t)
{
	const struct client *last = t->last_replay, *done = NULL;
	unsigned left = TURN_NUMBERS;

	while (t->replays != NULL && left > 0 && done != last) {
		struct client *c = take_first(t);

		done = c;
		if (replay_piece(t, c, &left))
			c->replay.open = false;
		else
			enlist(t, c);
	}
}

bool
replays_due(const struct trader *t)
{
	const struct client *c = t->replays;

	while (c != NULL && (client_choked(c) ||
	    c->replay.later > t->now.mono.ns))
		c = c->next_replay;
	return c != NULL;
}

/* Whoever gave the order learns it here, in the journal and the log; if it was
 * the desk, its venue is asked what is so. */
void
client_withheld(struct trader *t, struct client *c, const struct fix_act *a)
{
	trader_note(t, LOG_L_WARN, c->number, "%s: message %" PRIu64 " is not "
	    "sent again: %s", c->id, a->seq, a->text);
	if (c->venue != NULL)
		fixvenue_not_resent(t, c, a->bytes);
}

/* Kept until it is sent, for a crash may come between the Logon that voids it
 * and the answer: the row has the message, which may outlive its segment. */
static struct fix_span
orphan_key(const struct client *c, uint64_t pos, char out[48])
{
	return (struct fix_span){ (const uint8_t *)out,
		(size_t)snprintf(out, 48, "orphan %u %020" PRIu64, c->number,
		    pos) };
}

static int
orphan_add(struct client *c, uint64_t pos)
{
	uint64_t *more;

	if (c->n_orphans == c->cap_orphans) {
		uint32_t cap = c->cap_orphans == 0 ? 16 : c->cap_orphans * 2;

		more = realloc(c->orphans, cap * sizeof(*more));
		if (more == NULL)
			return -FIX_E_NOMEM;
		c->orphans = more;
		c->cap_orphans = cap;
	}
	c->orphans[c->n_orphans++] = pos;
	return 0;
}

static void
orphan(struct trader *t, struct client *c, uint64_t pos)
{
	struct fix_span m = kept(t, c, pos);
	char key[48];

	if (m.p == NULL || is_admin(m))
		return;
	if (orphan_add(c, pos) != 0) {
		trader_fail(t, -FIX_E_NOMEM, "messages of a reset");
		return;
	}
	trader_keep(
	    t, FIX_TAB_CONTROL, c->number, orphan_key(c, pos, key), m);
}

static int
orphan_load(void *arg, struct fix_span key, struct fix_span value)
{
	int64_t pos;

	(void)value;
	if (key.len < 20 || fix_int_parse((struct fix_span){
		key.p + key.len - 20, 20 }, &pos) != 0)
		return -FIX_E_FOREIGN;
	return orphan_add(arg, (uint64_t)pos);
}

int
orphans_load(struct trader *t, struct client *c)
{
	const struct fix_span all = { NULL, 0 };
	char prefix[32];
	struct fix_span p = { (const uint8_t *)prefix,
		(size_t)snprintf(prefix, sizeof(prefix), "orphan %u ",
		    c->number) };

	return fix_store_each(
	    t->cfg.store, FIX_TAB_CONTROL, p, all, orphan_load, c);
}

void
client_reset(struct trader *t, struct client *c)
{
	for (uint64_t seq = c->owed; seq != 0; seq++) {
		uint64_t pos = pos_of(t, c, seq);

		if (pos == 0)
			break;
		orphan(t, c, pos);
	}
	c->owed = 0;
	c->generation++;
	c->replay.open = false;
	sent_reset(&c->sent);
}

/* Fields of the standard header that may stand in what we send. */
static bool
in_header(uint32_t tag)
{
	static const uint32_t tags[] = { 8, 9, 35, 49, 56, 34, 52, 50, 142, 57,
		143, 43, 97, 122, 369, 115, 116, 144, 128, 129, 145, 1128 };

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (tags[i] == tag)
			return true;
	}
	return false;
}

/* From the journal or, if that has been pruned, from its row. */
static struct fix_span
orphan_bytes(struct trader *t, const struct client *c, uint64_t pos)
{
	struct fix_span m = kept(t, c, pos);
	char key[48];
	ssize_t n;

	if (m.p == NULL) {
		n = fix_store_get(t->cfg.store, FIX_TAB_CONTROL,
		    orphan_key(c, pos, key), t->scratch, t->scratch_cap);
		if (n > 0)
			m = (struct fix_span){ t->scratch, (size_t)n };
	}
	return m;
}

static void
orphan_send(struct trader *t, struct client *c, uint64_t pos)
{
	struct fix_msg msg = { .fields = t->fields, .cap = FIX_FIELDS_MAX };
	const struct fix_span none = { NULL, 0 };
	struct fix_span m = orphan_bytes(t, c, pos), body;
	static const char again[] = "97=Y\x01";
	char key[48];
	uint32_t i = 0;

	trader_keep(
	    t, FIX_TAB_CONTROL, c->number, orphan_key(c, pos, key), none);
	if (m.p == NULL || fix_split(m.p, m.len, &msg) != 0)
		return;
	if (c->venue != NULL) { /* never an order twice: the desk asks */
		fixvenue_not_resent(t, c, m);
		return;
	}
	while (i < msg.n && in_header(msg.fields[i].tag))
		i++;
	if (i + 1 >= msg.n || m.len > t->scratch_cap)
		return;
	memmove(t->scratch, m.p, m.len);
	/* The header before it is longer than this, and made anew. */
	body.p = t->scratch + msg.fields[i].at - strlen(again);
	memcpy(t->scratch + msg.fields[i].at - strlen(again), again,
	    strlen(again));
	body.len = msg.fields[msg.n - 1].at - msg.fields[i].at + strlen(again);
	if (paced_send(t, c, fix_msg_type(&msg), body) != 0)
		trader_fail(t, -FIX_E_SPACE, "a report can't be sent again");
	client_work(t, c);
}

void
orphans_send(struct trader *t, struct client *c)
{
	uint32_t n = c->n_orphans;

	c->n_orphans = 0;
	trader_note(t, LOG_L_INFO, c->number, "%s: %u messages from before the "
	    "reset are sent under new numbers", c->id, n);
	for (uint32_t i = 0; i < n && t->failed == 0; i++)
		orphan_send(t, c, c->orphans[i]);
}
