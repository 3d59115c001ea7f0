/*
 * The session's face: making one, feeding it, asking it.
 *
 * Bytes and time come in here, become inputs for the state table (rules.c),
 * and leave as actions (acts.c). One message, or one stretch of garbage, is
 * taken a call; messages that were held in a gap are taken up one by one while
 * the driver takes out the actions of the one before, so that nobody's silence
 * or flood makes the queue grow. Nothing here reads a clock, writes or waits.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "fix/scan.h"
#include "session/internal.h"

#define BODY_ROOM 512u /* of a message, for header and trailer */
#define OUT_MAX 65536u /* we may always send as much */
#define SEND_ACTS 5u

static void
or_default(unsigned *v, unsigned def)
{
	if (*v == 0)
		*v = def;
}

static void
fill_defaults(struct fix_session_cfg *c)
{
	or_default(&c->heart_bt_int_s, 30);
	or_default(&c->max_latency_s, 120);
	or_default(&c->logon_timeout_s, 10);
	or_default(&c->logout_timeout_s, 2);
	if (c->max_msg_bytes == 0)
		c->max_msg_bytes = 65536;
	if (c->max_held_bytes == 0)
		c->max_held_bytes = 1024 * 1024;
	or_default(&c->max_held_msgs, 10000);
	if (c->max_paced_bytes == 0)
		c->max_paced_bytes = 1024 * 1024;
	or_default(&c->resend_max_age_s, 60);
	if (c->resend_aged == NULL)
		c->resend_aged =
		    c->role == FIX_INITIATOR ? "D F G E AB AC" : "";
}

static bool
has(const char *s)
{
	return s != NULL && *s != '\0';
}

static bool
usable(const struct fix_session_cfg *c, const struct fix_acts *acts)
{
	struct fix_span begin = fix_span_of(c->begin_string);
	bool fixt = fix_span_is(begin, "FIXT.1.1");

	if (acts == NULL || !has(c->begin_string) || !has(c->sender_comp_id) ||
	    !has(c->target_comp_id))
		return false;
	if (!fixt && fix_version_of_begin(begin) == FIX_V_NONE)
		return false;
	return !fixt || c->default_appl != FIX_V_NONE;
}

/* MaxMessageSize is about what comes in; a small one must not keep our own
 * reports from going out. */
static size_t
longest(const struct fix_session *s)
{
	return s->cfg.max_msg_bytes > OUT_MAX ? s->cfg.max_msg_bytes : OUT_MAX;
}

static void
forget_connection(struct fix_session *s)
{
	s->why = FIX_WHY_NONE;
	s->was_up = s->logged_out = s->test_open = false;
	s->tests = 0;
	s->reset_asked = s->full_told = s->want_logout = false;
	s->no_reset = false;
	s->heart_ns = 0;
	s->peer_appl = FIX_V_NONE;
	fs_forget_types(s);
	s->peer_max = 0;
	s->garbled = s->logons = s->same_resend = 0;
	s->last_resend = 0;
	s->gap_top = s->asked_to = s->asked_again = 0;
	s->logout_at.ns = s->reset_at.ns = FIX_MONO_NEVER;
	s->ask_after_replay = false;
	s->replaying = s->replay_waits = false;
	s->again_from = s->again_to = 0;
	fs_held_clear(s);
	fs_held_trim(s);
}

struct fix_session *
fix_session_new(const struct fix_session_cfg *cfg,
    struct fix_session_numbers start, struct fix_acts *acts)
{
	struct fix_session *s;

	if (!usable(cfg, acts))
		return NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->cfg = *cfg;
	fill_defaults(&s->cfg);
	s->acts = acts;
	s->fixt = fix_span_is(fix_span_of(cfg->begin_string), "FIXT.1.1");
	s->version = s->fixt
			 ? FIX_V_50
			 : fix_version_of_begin(fix_span_of(cfg->begin_string));
	s->next_in = start.next_in == 0 ? 1 : start.next_in;
	s->next_out = start.next_out == 0 ? 1 : start.next_out;
	s->cut_off = cfg->reset_on_disconnect &&
		     (s->next_in != 1 || s->next_out != 1);
	forget_connection(s);
	if (fix_pace_init(&s->pace, &cfg->out_pace) == 0 &&
	    fs_acts_fit(acts, longest(s) + 2 * BYTES_PER_STEP) &&
	    fs_validation_own(s))
		return s;
	fix_pace_fini(&s->pace);
	free(s);
	return NULL;
}

void
fix_session_free(struct fix_session *s)
{
	if (s == NULL)
		return;
	fs_acts_forget(s->acts, s);
	fs_validation_leave(s);
	free(s->held.buf);
	fs_waiting_free(&s->cancels);
	fs_waiting_free(&s->others);
	fix_pace_fini(&s->pace);
	fs_forget_types(s);
	free(s);
}

int
fix_session_connected(struct fix_session *s, struct fix_now now)
{
	struct event e = { .m = NULL };

	if (s->state != S_DOWN || (s->shut && s->cfg.role == FIX_INITIATOR))
		return -FIX_E_STATE;
	s->now = now;
	forget_connection(s);
	fs_forget_peer(s);
	fs_step(s, I_CONNECT, &e);
	return 0;
}

void
fix_session_refuse_reset(struct fix_session *s)
{
	s->no_reset = true;
}

void
fix_session_lost(struct fix_session *s, struct fix_now now)
{
	struct event e = { .m = NULL };

	if (s->state == S_DOWN)
		return;
	s->now = now;
	fs_step(s, I_LOST, &e);
	forget_connection(s);
}

/* Test case 6: the Heartbeat that our TestRequest waits for, whatever number it
 * has. Life is another thing: that any good message shows. */
static void
note_answer(struct fix_session *s, const struct fix_msg *m)
{
	struct fix_span id;

	if (!s->test_open)
		return;
	if (!deviates(s, FIX_DEV_TEST_ANY) &&
	    (!fs_type_is(m, '0') || !fix_msg_get(m, 112, &id) ||
		!fix_span_is(id, s->test_id)))
		return;
	s->test_open = false;
	s->tests = 0;
}

/* A good frame: the peer lives, whatever the message turns out to be. */
static void
take(struct fix_session *s, const struct fix_msg *m)
{
	struct event e = { .m = m };
	enum input in;

	s->last_in = s->now.mono;
	s->garbled = 0;
	note_answer(s, m);
	in = fs_classify(s, &e);
	fs_note_peer(s, &e, in);
	fs_step(s, in, &e);
	fs_settle(s);
}

/* What was held comes before what comes now. */
static bool
caught_up(struct fix_session *s)
{
	while (fs_held_ready(s)) {
		if (fs_acts_deliver_waits(s->acts) ||
		    !fs_acts_room_by_force(
			s->acts, s->cfg.max_msg_bytes + BYTES_PER_STEP))
			return false;
		fs_take_up(s);
	}
	return true;
}

static bool
listens(const struct fix_session *s)
{
	return s->state != S_DOWN && s->state != S_CLOSED;
}

ssize_t
fix_session_recv(
    struct fix_session *s, const uint8_t *in, size_t len, struct fix_now now)
{
	struct fix_acts *q = s->acts;
	struct fix_scan scan = { .max_bytes = s->cfg.max_msg_bytes,
		.sum_unchecked = deviates(s, FIX_DEV_ANY_CHECKSUM) };
	struct event e = { .m = NULL };
	ssize_t n;

	s->now = now;
	if (!listens(s) || !caught_up(s) || fs_acts_deliver_waits(q))
		return 0;
	fs_held_trim(s);
	n = fix_scan(&scan, in, len, &q->msg);
	if (n == 0 ||
	    !fs_acts_room_by_force(q, (n > 0 ? (size_t)n : 0) + BYTES_PER_STEP))
		return 0;
	e.garbled = scan.why;
	e.bytes = (struct fix_span){ in, n > 0 ? (size_t)n : 0 };
	if (n < 0)
		fs_step(s, I_TOOBIG, &e);
	else if (scan.why != FIX_G_NONE)
		fs_step(s, I_GARBLED, &e);
	else
		take(s, &q->msg);
	return n;
}

void
fix_session_recv_msg(
    struct fix_session *s, const struct fix_msg *m, struct fix_now now)
{
	s->now = now;
	if (!listens(s) || !caught_up(s) ||
	    !fs_acts_room_by_force(s->acts, m->len + BYTES_PER_STEP))
		return;
	fs_held_trim(s);
	take(s, m);
}

static bool
send_fits(struct fix_session *s, size_t len)
{
	return s->next_out < (uint64_t)INT64_MAX &&
	       len <= longest(s) - BODY_ROOM &&
	       fs_acts_room(s->acts, SEND_ACTS, len + BODY_ROOM);
}

static int
send_app(struct fix_session *s, struct fix_span type, struct fix_span body,
    enum fix_version v, uint64_t *seq)
{
	if (fs_would_void(s))
		return -FIX_E_STATE;
	if (type.len == 0 || !send_fits(s, type.len + body.len))
		return -FIX_E_SPACE;
	if (!fs_must_wait(s))
		return fs_send_app(s, type, body, v, seq);
	if (seq != NULL)
		*seq = 0;
	return fs_waiting_put(s, type, body, fix_version_appl(v));
}

int
fix_session_send(struct fix_session *s, struct fix_span type,
    struct fix_span body, struct fix_now now, uint64_t *seq)
{
	s->now = now;
	return send_app(s, type, body, FIX_V_NONE, seq);
}

int
fix_session_send_as(struct fix_session *s, enum fix_version v,
    struct fix_span type, struct fix_span body, struct fix_now now,
    uint64_t *seq)
{
	enum fix_version own = s->fixt ? s->cfg.default_appl : s->version;

	s->now = now;
	if (v == own)
		v = FIX_V_NONE;
	else if (!s->fixt || fix_version_appl(v) == NULL)
		return -FIX_E_RANGE;
	return send_app(s, type, body, v, seq);
}

int
fix_session_refuse(struct fix_session *s, const struct fix_msg *m, int reason,
    struct fix_span ref_id, const char *text, struct fix_now now)
{
	size_t len = ref_id.len + fix_span_of(text).len;

	s->now = now;
	if (fs_would_void(s))
		return -FIX_E_STATE;
	if (!send_fits(s, len))
		return -FIX_E_SPACE;
	return fs_send_refusal(s, m, reason, ref_id, text);
}

void
fix_session_logout(struct fix_session *s, const char *text, struct fix_now now)
{
	struct event e = { .m = NULL, .text = text };

	s->now = now;
	if (!listens(s))
		return;
	if (fs_acts_room(s->acts, ACTS_PER_STEP, BYTES_PER_STEP))
		fs_step(s, I_WANT_LOGOUT, &e);
	else
		s->want_logout = true;
}

int
fix_session_turn_away(
    struct fix_session *s, const char *text, struct fix_now now)
{
	struct event e = { .m = NULL, .text = text, .refused = true };

	if (s->state != S_WAIT_LOGON ||
	    !fs_acts_room(s->acts, ACTS_PER_STEP, BYTES_PER_STEP))
		return -FIX_E_STATE;
	s->now = now;
	fs_step(s, I_WANT_LOGOUT, &e);
	return 0;
}

void
fix_session_schedule(
    struct fix_session *s, bool open, bool reset, struct fix_now now)
{
	s->now = now;
	s->shut = !open;
	if (reset)
		s->owes_reset = false;
	if (reset && s->state != S_DOWN)
		s->reset_due = RESET_WAITS;
	else if (reset && (s->next_in != 1 || s->next_out != 1))
		fs_reset_numbers(s);
	if (!open || (reset && s->version < FIX_V_41))
		fix_session_logout(s, "session is out of its hours", now);
}

void
fix_session_reset(struct fix_session *s, struct fix_now now)
{
	s->now = now;
	if (s->version < FIX_V_41)
		return;
	s->owes_reset = true;
	if (s->state == S_LOGON_SENT || fix_session_up(s))
		s->reset_due = RESET_WAITS;
}

bool
fix_session_resetting(const struct fix_session *s)
{
	return s->owes_reset;
}

int
fix_session_set_numbers(
    struct fix_session *s, uint64_t next_in, uint64_t next_out)
{
	if (s->state != S_DOWN || next_in > (uint64_t)INT64_MAX ||
	    next_out > (uint64_t)INT64_MAX)
		return -FIX_E_STATE;
	s->cut_off = false;
	if (next_in != 0)
		s->next_in = next_in;
	if (next_out != 0)
		s->next_out = next_out;
	fs_tell_numbers(s, false);
	return 0;
}

/* When the queue runs dry, the next held message takes its turn, and then the
 * next one that waits to be sent. */
int
fix_session_next(struct fix_session *s, struct fix_act *act)
{
	for (;;) {
		if (fs_acts_pop(s, act))
			return 1;
		if ((!fs_held_ready(s) && !fs_waiting_ready(s)) ||
		    !fs_acts_room_by_force(
			s->acts, longest(s) + BYTES_PER_STEP))
			return 0;
		if (fs_held_ready(s))
			fs_take_up(s);
		else
			fs_waiting_send(s);
	}
}

bool
fix_session_up(const struct fix_session *s)
{
	return s->state == S_UP || s->state == S_GAP;
}

bool
fix_session_recovering(const struct fix_session *s)
{
	return s->state == S_GAP;
}

void
fix_session_unread(struct fix_session *s, struct fix_now now)
{
	s->now = now;
	s->last_in = now.mono;
	s->test_open = false;
}

struct fix_session_numbers
fix_session_numbers(const struct fix_session *s)
{
	struct fix_session_numbers n = { s->next_in, s->next_out };

	return n;
}

int
fix_session_identify(const struct fix_msg *m, struct fix_identity *out)
{
	memset(out, 0, sizeof(*out));
	out->begin_string = fix_msg_at(m, 0);
	(void)fix_msg_get(m, 49, &out->sender_comp_id);
	(void)fix_msg_get(m, 56, &out->target_comp_id);
	(void)fix_msg_get(m, 50, &out->sender_sub_id);
	(void)fix_msg_get(m, 142, &out->sender_location_id);
	(void)fix_msg_get(m, 57, &out->target_sub_id);
	(void)fix_msg_get(m, 143, &out->target_location_id);
	if (!fs_type_is(m, 'A') || out->sender_comp_id.len == 0 ||
	    out->target_comp_id.len == 0)
		return -FIX_E_NOTFOUND;
	return 0;
}

uint64_t
fix_session_tolerated(const struct fix_session *s)
{
	return s->n_tolerated;
}

const char *
fix_session_state_name(const struct fix_session *s)
{
	static const char *const names[] = {
		[S_DOWN] = "down",
		[S_WAIT_LOGON] = "waiting for Logon",
		[S_LOGON_SENT] = "Logon sent",
		[S_UP] = "active",
		[S_GAP] = "recovering",
		[S_LOGOUT_SENT] = "Logout sent",
		[S_ENDING] = "ending",
		[S_BYE] = "logged out",
		[S_CLOSED] = "closed",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == N_STATES,
	    "every state has a name");
	return names[s->state];
}

const char *
fix_why_name(enum fix_why why)
{
	static const char *const names[] = {
		[FIX_WHY_NONE] = "none",
		[FIX_WHY_GARBLED] = "garbled",
		[FIX_WHY_NOT_LOGON] = "first message is no Logon",
		[FIX_WHY_IDENTITY] = "wrong identity",
		[FIX_WHY_LOGON_REFUSED] = "Logon refused",
		[FIX_WHY_SENDING_TIME] = "SendingTime out of range",
		[FIX_WHY_SEQ_LOW] = "MsgSeqNum too low",
		[FIX_WHY_SEQ_HIGH] = "MsgSeqNum too high",
		[FIX_WHY_REJECTED] = "rejected",
		[FIX_WHY_PEER_REJECTED] = "rejected by the peer",
		[FIX_WHY_TEST_TIMEOUT] = "no answer to TestRequest",
		[FIX_WHY_LOGON_TIMEOUT] = "no Logon in time",
		[FIX_WHY_LOGOUT_TIMEOUT] = "no Logout in time",
		[FIX_WHY_LOGOUT] = "Logout",
		[FIX_WHY_OUT_OF_SCHEDULE] = "out of schedule",
		[FIX_WHY_RESET] = "reset",
		[FIX_WHY_TRANSPORT] = "connection lost",
		[FIX_WHY_TOOBIG] = "message too big",
		[FIX_WHY_QUEUE_FULL] = "held messages dropped",
		[FIX_WHY_DUPLICATE] = "duplicate",
		[FIX_WHY_TOLERATED] = "fault tolerated",
		[FIX_WHY_REPLAY_BAD] = "kept message damaged",
		[FIX_WHY_RESEND_FLOOD] = "too many ResendRequests",
		[FIX_WHY_COUNT] = "numbers do not agree",
		[FIX_WHY_NOT_RESENT] = "not sent again",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == FIX_N_WHY,
	    "every reason has a name");
	if ((unsigned)why >= FIX_N_WHY)
		return "unknown";
	return names[why];
}
