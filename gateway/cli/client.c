/*
 * The client's turn: bytes in, session, kept, bytes out.
 *
 * The same order as in the gateway's trader, in small: everything that a turn
 * decides is appended to the journal and committed, and only then does the
 * socket see it. A ResendRequest of the peer is answered from the journal. The
 * session itself is session/'s, the socket wire.c's; here are a clock and
 * poll().
 */
#include "gateway/cli/client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "fix/scan.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/kept.h"

#define IN_CAP (256u * 1024)

struct client {
	struct client_cfg cfg;
	struct client_ops ops;
	struct client_counts counts;
	struct kept *kept;
	struct fix_acts *acts;
	struct fix_session *session;
	struct wire *wire; /* NULL: none */
	bool close_wanted;
	uint64_t replay, replay_end; /* replay 0: none is open */
	uint8_t *in;
	size_t in_at, in_len; /* not eaten: bytes [in_at, in_len) */
	uint8_t *out;
	size_t out_len, out_cap;
	struct fix_field *fields;
};

struct fix_now
client_now(void)
{
	struct timespec wall, mono;
	struct fix_now now;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	now.utc.ns = wall.tv_sec * FIX_SEC + wall.tv_nsec;
	now.mono.ns = mono.tv_sec * FIX_SEC + mono.tv_nsec;
	return now;
}

static int
make_session(struct client *c)
{
	struct fix_session_cfg s = { 0 };
	const struct client_cfg *cfg = &c->cfg;

	s.role = FIX_INITIATOR;
	s.begin_string = fix_version_begin(cfg->version);
	s.sender_comp_id = cfg->sender;
	s.target_comp_id = cfg->target;
	if (cfg->version >= FIX_V_50)
		s.default_appl = cfg->version;
	s.transport = cfg->dicts.transport;
	s.app = cfg->dicts.app;
	if (cfg->strict)
		s.check = fix_check_all;
	s.heart_bt_int_s = cfg->heart_bt_s;
	s.username = cfg->username;
	s.password = cfg->password;
	s.reset_on_logon = cfg->state == NULL || cfg->reset;
	c->acts = fix_acts_new(0, 0);
	if (c->acts != NULL)
		c->session =
		    fix_session_new(&s, kept_numbers(c->kept), c->acts);
	if (c->session != NULL)
		return 0;
	cli_fail("can't make a %s session of %s with %s", s.begin_string,
	    cfg->sender, cfg->target);
	return -FIX_E_CONFIG;
}

int
client_new(struct client **out, const struct client_cfg *cfg,
    const struct client_ops *ops)
{
	struct client *c = calloc(1, sizeof(*c));
	int rc = -FIX_E_NOMEM;

	if (c == NULL)
		return rc;
	c->cfg = *cfg;
	c->ops = *ops;
	c->in = malloc(IN_CAP);
	c->fields = calloc(FIX_FIELDS_MAX, sizeof(*c->fields));
	if (c->in != NULL && c->fields != NULL)
		rc = kept_open(&c->kept, cfg->state);
	if (rc == 0)
		rc = make_session(c);
	if (rc != 0) {
		client_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	client_drop(c);
	fix_session_free(c->session);
	fix_acts_free(c->acts);
	kept_close(c->kept);
	free(c->fields);
	free(c->out);
	free(c->in);
	free(c);
}

static bool
split(struct client *c, struct fix_span bytes, struct fix_msg *m)
{
	m->fields = c->fields;
	m->cap = FIX_FIELDS_MAX;
	m->n = 0;
	return fix_split(bytes.p, bytes.len, m) == 0 && m->n >= 3;
}

static bool
is_admin(const struct fix_msg *m)
{
	struct fix_span t = fix_msg_type(m);

	return t.len == 1 && memchr("012345A", t.p[0], 7) != NULL;
}

static void
crossed(struct client *c, bool out, struct fix_span bytes)
{
	struct fix_msg m;
	bool dup = false;
	int64_t seq;

	if (!split(c, bytes, &m))
		return;
	if (!out && fix_span_is(fix_msg_type(&m), "A") &&
	    fix_msg_int(&m, 34, &seq) == 0)
		c->counts.logon_seq = (uint64_t)seq;
	if (fix_span_is(fix_msg_type(&m), "2")) {
		c->counts.gaps_asked += out;
		c->counts.gaps_told += !out;
	}
	if (out && !is_admin(&m) && fix_msg_bool(&m, 43, &dup) == 0 && dup)
		c->counts.resent++;
	if (c->ops.wire != NULL)
		c->ops.wire(c->ops.arg, out, &m);
}

static int
queue(struct client *c, struct fix_span bytes)
{
	size_t cap = c->out_cap == 0 ? 4096 : c->out_cap;
	uint8_t *p;

	while (cap - c->out_len < bytes.len)
		cap *= 2;
	if (cap != c->out_cap) {
		p = realloc(c->out, cap);
		if (p == NULL)
			return -FIX_E_NOMEM;
		c->out = p;
		c->out_cap = cap;
	}
	memcpy(c->out + c->out_len, bytes.p, bytes.len);
	c->out_len += bytes.len;
	crossed(c, true, bytes);
	return 0;
}

static void
numbered(struct client *c, struct fix_span bytes)
{
	struct fix_msg m;

	if (c->ops.numbered != NULL && split(c, bytes, &m) && !is_admin(&m))
		c->ops.numbered(c->ops.arg, &m);
}

static void
deliver(struct client *c, const struct fix_act *act)
{
	bool dup = false;

	c->counts.received++;
	if (fix_msg_bool(act->msg, 43, &dup) == 0 && dup)
		c->counts.received_dup++;
	if (c->ops.deliver != NULL)
		c->ops.deliver(c->ops.arg, act->msg, act->flag);
}

static int
carry_out(struct client *c, const struct fix_act *act, struct fix_now now)
{
	switch (act->kind) {
	case FIX_ACT_PERSIST:
		numbered(c, act->bytes);
		return kept_note(c->kept, act, now);
	case FIX_ACT_RECEIVED:
	case FIX_ACT_NUMBERS:
		return kept_note(c->kept, act, now);
	case FIX_ACT_SEND:
		return queue(c, act->bytes);
	case FIX_ACT_DELIVER:
		deliver(c, act);
		return 0;
	case FIX_ACT_REPLAY:
		c->replay = act->seq;
		c->replay_end = act->seq_end;
		return 0;
	case FIX_ACT_CLOSE:
		c->close_wanted = true;
		/* fallthrough */
	case FIX_ACT_QUEUED:
		return 0;
	case FIX_ACT_NOT_RESENT:
	case FIX_ACT_REPORT:
		if (c->ops.note != NULL)
			c->ops.note(c->ops.arg, act->why,
			    act->text != NULL ? act->text
					      : fix_why_name(act->why));
		return 0;
	case FIX_ACT_UP:
	case FIX_ACT_DOWN:
		return 0;
	}
	return 0;
}

static int
drain(struct client *c, struct fix_now now)
{
	struct fix_act act;
	int rc = 0;

	while (fix_session_next(c->session, &act) == 1)
		if (rc == 0)
			rc = carry_out(c, &act, now);
	return rc;
}

/* Give the session what the peer asks for again, as much as fits at a time. */
static int
answer_replay(struct client *c, struct fix_now now)
{
	struct fix_session_numbers n = fix_session_numbers(c->session);
	struct fix_span bytes;
	int rc = 0;

	if (c->replay_end == 0 || c->replay_end >= n.next_out)
		c->replay_end = n.next_out - 1;
	while (rc == 0 && c->replay <= c->replay_end) {
		if (kept_message(c->kept, c->replay, &bytes) != 0) {
			c->replay++; /* becomes a gap fill */
			continue;
		}
		rc = fix_session_replay(c->session, c->replay, bytes, now);
		if (rc == 0)
			c->replay++;
	}
	if (rc == 0)
		rc = fix_session_replay_done(c->session, now);
	if (rc == 0 || rc == -FIX_E_STATE)
		c->replay = 0;
	return rc == -FIX_E_STATE ? 0 : rc;
}

/* All that the session wants done. */
static int
settle(struct client *c, struct fix_now now)
{
	uint64_t before;
	int rc = drain(c, now);

	while (rc == 0 && c->replay != 0) {
		before = c->replay;
		rc = answer_replay(c, now);
		if (rc == -FIX_E_SPACE && c->replay > before)
			rc = 0;
		if (rc == 0)
			rc = drain(c, now);
	}
	return rc;
}

/* Keep, then let it leave. */
static int
commit(struct client *c, int rc)
{
	ssize_t n;

	if (rc == 0)
		rc = kept_commit(c->kept);
	if (rc != 0) {
		cli_fail("can't keep the session: %s", fix_strerror(rc));
		client_drop(c);
		return -FIX_E_IO;
	}
	while (c->wire != NULL && c->out_len > 0) {
		n = wire_write(c->wire, c->out, c->out_len);
		if (n < 0)
			client_drop(c);
		if (n <= 0)
			break;
		c->out_len -= (size_t)n;
		memmove(c->out, c->out + n, c->out_len);
	}
	if (c->close_wanted && (c->out_len == 0 || c->wire == NULL))
		client_drop(c);
	return 0;
}

void
client_drop(struct client *c)
{
	c->close_wanted = false;
	c->out_len = 0;
	c->in_at = c->in_len = 0;
	c->replay = 0;
	if (c->wire == NULL)
		return;
	wire_close(c->wire);
	c->wire = NULL;
	fix_session_lost(c->session, client_now());
	if (drain(c, client_now()) == 0 && kept_commit(c->kept) == 0)
		c->out_len = 0;
}

static int
dial(struct client *c, int timeout_ms, bool quiet)
{
	char why[256];
	int rc = wire_open(
	    &c->wire, c->cfg.host, c->cfg.port, &c->cfg.tls, timeout_ms, why);

	if (rc != 0 && !quiet)
		cli_fail("can't connect to %s port %s: %s", c->cfg.host,
		    c->cfg.port, why);
	return rc;
}

int
client_connect(struct client *c, int timeout_ms, bool quiet)
{
	struct fix_now now;
	int rc;

	client_drop(c);
	rc = dial(c, timeout_ms, quiet);
	if (rc != 0)
		return rc;
	now = client_now();
	rc = fix_session_connected(c->session, now);
	if (rc == 0)
		rc = settle(c, now);
	return commit(c, rc);
}

static int
eat(struct client *c, struct fix_now now)
{
	struct fix_span bytes;
	ssize_t n = 1;
	int rc = 0;

	while (rc == 0 && n > 0 && c->in_at < c->in_len && !c->close_wanted) {
		bytes.p = c->in + c->in_at;
		n = fix_session_recv(
		    c->session, bytes.p, c->in_len - c->in_at, now);
		if (n > 0) {
			bytes.len = (size_t)n;
			crossed(c, false, bytes);
			c->in_at += (size_t)n;
		}
		rc = settle(c, now);
	}
	return rc;
}

static int
read_some(struct client *c, struct fix_now now)
{
	ssize_t n;
	int rc;

	c->in_len -= c->in_at;
	memmove(c->in, c->in + c->in_at, c->in_len);
	c->in_at = 0;
	n = wire_read(c->wire, c->in + c->in_len, IN_CAP - c->in_len);
	if (n > 0) {
		c->in_len += (size_t)n;
		return commit(c, eat(c, now));
	}
	if (n == 0)
		return 0;
	rc = commit(c, 0);
	client_drop(c);
	return rc;
}

static int
wait_ms(const struct client *c, int timeout_ms)
{
	struct fix_mono at = fix_session_deadline(c->session);
	int64_t left;

	if (at.ns == FIX_MONO_NEVER || c->wire == NULL)
		return timeout_ms;
	left = (at.ns - client_now().mono.ns) / FIX_MSEC + 1;
	if (left < 0)
		left = 0;
	return timeout_ms >= 0 && timeout_ms < left ? timeout_ms : (int)left;
}

static volatile sig_atomic_t caught;

static void
on_signal(int sig)
{
	caught = sig;
}

void
client_catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal }; /* no SA_RESTART */

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

int
client_turn(struct client *c, int timeout_ms, int fd)
{
	struct pollfd p[2] = { { -1, POLLIN, 0 }, { fd, POLLIN, 0 } };
	bool pending = c->wire != NULL && wire_pending(c->wire);
	struct fix_now now;
	int rc = 0;

	if (c->wire != NULL)
		p[0].fd = wire_poll(c->wire, c->out_len > 0, &p[0].events);
	if (poll(p, 2, pending ? 0 : wait_ms(c, timeout_ms)) < 0 &&
	    errno != EINTR)
		return -FIX_E_IO;
	if (caught != 0) {
		caught = 0;
		return -FIX_E_STATE;
	}
	now = client_now();
	if (c->wire != NULL && (pending || p[0].revents != 0))
		rc = read_some(c, now);
	if (rc == 0 && c->wire != NULL &&
	    fix_session_deadline(c->session).ns <= now.mono.ns) {
		fix_session_tick(c->session, now);
		rc = settle(c, now);
	}
	if (rc == 0 && c->wire != NULL)
		rc = commit(c, rc);
	if (rc != 0)
		return rc;
	return fd >= 0 && p[1].revents != 0;
}

int
client_until(
    struct client *c, bool (*done)(void *arg), void *arg, int timeout_ms)
{
	int64_t end = client_now().mono.ns + timeout_ms * FIX_MSEC, left;
	int rc;

	for (;;) {
		if (done(arg))
			return 0;
		if (c->wire == NULL)
			return -FIX_E_STATE;
		left = (end - client_now().mono.ns) / FIX_MSEC;
		if (left <= 0)
			return -FIX_E_NOTFOUND;
		rc = client_turn(c, (int)left, -1);
		if (rc < 0)
			return rc;
	}
}

int
client_send(struct client *c, struct fix_span type, struct fix_span body)
{
	struct fix_now now = client_now();
	int rc = fix_session_send(c->session, type, body, now, NULL);

	if (rc != 0)
		return rc;
	c->counts.sent++;
	return commit(c, settle(c, now));
}

static bool
is_closed(void *arg)
{
	struct client *c = arg;

	return c->wire == NULL;
}

int
client_logout(struct client *c, int timeout_ms)
{
	struct fix_now now = client_now();
	int rc;

	if (c->wire == NULL)
		return 0;
	fix_session_logout(c->session, NULL, now);
	rc = commit(c, settle(c, now));
	return rc != 0 ? rc : client_until(c, is_closed, c, timeout_ms);
}

void
client_each_sent(
    struct client *c, void (*fn)(void *arg, const struct fix_msg *m), void *arg)
{
	uint64_t seq, end = kept_numbers(c->kept).next_out;
	struct fix_span bytes;
	struct fix_msg m;

	for (seq = 1; seq < end; seq++)
		if (kept_message(c->kept, seq, &bytes) == 0 &&
		    split(c, bytes, &m) && !is_admin(&m))
			fn(arg, &m);
}

bool
client_up(const struct client *c)
{
	return fix_session_up(c->session);
}

bool
client_connected(const struct client *c)
{
	return c->wire != NULL;
}

struct fix_session_numbers
client_numbers(const struct client *c)
{
	return fix_session_numbers(c->session);
}

void
client_counts(const struct client *c, struct client_counts *out)
{
	*out = c->counts;
}
