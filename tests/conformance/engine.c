/* See engine.h. Sent messages are kept in memory as `fixgate echo` does it, and
 * it is checked that each was kept before it left, and with the same bytes. */
#include "tests/conformance/engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fix/scan.h"

#define T0 (INT64_C(1767225600) * FIX_SEC) /* 20260101-00:00:00 */
#define IN_BYTES (4u << 20)
#define BIT_BYTES 7u
#define ACTS_BYTES (4u << 20)

struct pipe {
	bool open;    /* the player has it */
	bool closing; /* the engine closes once all has left */
	uint8_t *in;  /* to the engine */
	size_t n_in;
	uint8_t *out; /* from the engine */
	size_t n_out, cap_out;
};

struct engine {
	struct cc_peer peer;
	struct fix_session_cfg cfg;
	enum carriage how;
	struct fix_acts *acts;
	struct echo_session es;          /* what the application works on */
	struct fix_session_numbers fold; /* as a store would have them */
	struct echo_kept *kept;
	size_t n_kept;
	uint64_t replay_at, replay_end;
	struct pipe pipes[CC_LINKS];
	int of; /* the session's pipe, -1: none */
	struct fix_msg first;
	struct fix_field fields[FIX_FIELDS_MAX];
	char fault[160];
};

static struct fix_now now; /* one world at a time */

struct fix_now
echo_now(void)
{
	return now;
}

static void broken(struct engine *e, const char *fmt, ...) FIX_PRINTF(2, 3);

static void
broken(struct engine *e, const char *fmt, ...)
{
	va_list ap;

	if (e->fault[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(e->fault, sizeof(e->fault), fmt, ap);
	va_end(ap);
}

static void
forget_kept(struct engine *e)
{
	for (size_t i = 0; i < e->n_kept; i++)
		free(e->kept[i].p);
	free(e->kept);
	e->kept = NULL;
	e->n_kept = 0;
}

static void
keep(struct engine *e, const struct fix_act *a)
{
	struct echo_kept *k;
	uint8_t *p;

	if (a->seq != e->fold.next_out)
		broken(e, "number %llu is kept where %llu was next",
		    (unsigned long long)a->seq,
		    (unsigned long long)e->fold.next_out);
	e->fold.next_out = a->seq + 1;
	if (a->seq > 1u << 20)
		return;
	k = realloc(e->kept, a->seq * sizeof(*k));
	p = malloc(a->bytes.len);
	if (k == NULL || p == NULL)
		abort();
	e->kept = k;
	while (e->n_kept < a->seq)
		e->kept[e->n_kept++] = (struct echo_kept){ NULL, 0 };
	memcpy(p, a->bytes.p, a->bytes.len);
	free(e->kept[a->seq - 1].p);
	e->kept[a->seq - 1] = (struct echo_kept){ p, a->bytes.len };
}

/* Durable before the wire: nothing new leaves that was not kept. */
static void
check_kept(struct engine *e, const struct fix_act *a)
{
	const struct echo_kept *k;

	if (memmem(a->bytes.p, a->bytes.len, "\00143=Y\001", 6) != NULL)
		return;
	if (a->seq >= e->fold.next_out) {
		broken(e, "number %llu leaves and was not kept",
		    (unsigned long long)a->seq);
		return;
	}
	if (a->seq > e->n_kept || e->cfg.no_persist)
		return;
	k = &e->kept[a->seq - 1];
	if (k->p == NULL || k->len != a->bytes.len ||
	    memcmp(k->p, a->bytes.p, k->len) != 0)
		broken(e, "number %llu leaves otherwise than it was kept",
		    (unsigned long long)a->seq);
}

static void
put_out(struct engine *e, struct fix_span v)
{
	struct pipe *l;

	if (e->of < 0)
		return;
	l = &e->pipes[e->of];
	if (l->n_out + v.len > l->cap_out) {
		l->cap_out = 2 * (l->n_out + v.len);
		l->out = realloc(l->out, l->cap_out);
		if (l->out == NULL)
			abort();
	}
	memcpy(l->out + l->n_out, v.p, v.len);
	l->n_out += v.len;
}

static void
hang_up(struct engine *e)
{
	if (e->of >= 0)
		e->pipes[e->of].closing = true;
	e->of = -1;
}

static void
carry_out(struct engine *e, const struct fix_act *a)
{
	switch (a->kind) {
	case FIX_ACT_RECEIVED:
		if (a->seq != e->fold.next_in)
			broken(e, "number %llu is used up, out of turn",
			    (unsigned long long)a->seq);
		e->fold.next_in = a->seq + 1;
		break;
	case FIX_ACT_PERSIST:
		keep(e, a);
		break;
	case FIX_ACT_NUMBERS:
		e->fold.next_in = a->seq;
		e->fold.next_out = a->seq_end;
		if (a->flag)
			forget_kept(e);
		break;
	case FIX_ACT_SEND:
		check_kept(e, a);
		put_out(e, a->bytes);
		break;
	case FIX_ACT_DELIVER:
		echo_answer(&e->es, a->msg);
		break;
	case FIX_ACT_REPLAY:
		e->replay_at = a->seq;
		e->replay_end = a->seq_end;
		break;
	case FIX_ACT_QUEUED:
	case FIX_ACT_NOT_RESENT:
	case FIX_ACT_REPORT:
		break;
	case FIX_ACT_UP:
	case FIX_ACT_DOWN:
		echo_ids_clear(&e->es.ids);
		break;
	case FIX_ACT_CLOSE:
		hang_up(e);
		fix_session_lost(e->es.s, now);
		break;
	}
}

static void
replay(struct engine *e)
{
	int rc = 0;

	while (e->replay_at != 0 && e->replay_at <= e->replay_end) {
		size_t i = e->replay_at - 1;

		if (i < e->n_kept && e->kept[i].p != NULL) {
			struct fix_span v = { e->kept[i].p, e->kept[i].len };

			rc = fix_session_replay(e->es.s, i + 1, v, now);
		}
		if (rc == -FIX_E_SPACE)
			return;
		e->replay_at++;
	}
	if (fix_session_replay_done(e->es.s, now) != -FIX_E_SPACE)
		e->replay_at = 0;
}

static void
run(struct engine *e)
{
	struct fix_session_numbers n;
	struct fix_act a;
	bool any = true;

	while (any) {
		any = false;
		while (fix_session_next(e->es.s, &a) == 1) {
			carry_out(e, &a);
			any = true;
		}
		if (e->replay_at != 0)
			replay(e);
	}
	n = fix_session_numbers(e->es.s);
	if (n.next_in != e->fold.next_in || n.next_out != e->fold.next_out)
		broken(e, "the store would not have the session's numbers");
}

/* As an acceptor finds the session of a connection's first message. */
static size_t
first_message(struct engine *e, unsigned i)
{
	struct fix_scan scan = { .max_bytes = 65536 };
	struct pipe *l = &e->pipes[i];
	struct fix_identity id;
	ssize_t n = fix_scan(&scan, l->in, l->n_in, &e->first);

	if (n == 0)
		return 0;
	if (n < 0 || scan.why != FIX_G_NONE || e->of >= 0 ||
	    fix_session_identify(&e->first, &id) < 0 ||
	    !fix_span_is(id.begin_string, e->cfg.begin_string) ||
	    !fix_span_is(id.sender_comp_id, e->cfg.target_comp_id) ||
	    !fix_span_is(id.target_comp_id, e->cfg.sender_comp_id) ||
	    fix_session_connected(e->es.s, now) < 0) {
		l->closing = true;
		return l->n_in;
	}
	e->of = (int)i;
	fix_session_recv_msg(e->es.s, &e->first, now);
	run(e);
	return (size_t)n;
}

static void
offer(struct engine *e, unsigned i)
{
	struct pipe *l = &e->pipes[i];
	size_t n = 1;
	ssize_t rc;

	while (l->n_in > 0 && n > 0 && !l->closing) {
		if (e->of == (int)i) {
			rc = fix_session_recv(e->es.s, l->in, l->n_in, now);
			run(e);
			n = rc < 0 ? l->n_in : (size_t)rc;
		} else {
			n = first_message(e, i);
		}
		l->n_in -= n;
		memmove(l->in, l->in + n, l->n_in);
	}
}

/* A clock goes on while a message is made. */
static struct fix_now
peer_now(void *arg)
{
	static int64_t last;
	struct fix_now n = now;

	(void)arg;
	if (last < n.utc.ns || last > n.utc.ns + FIX_SEC)
		last = n.utc.ns;
	n.utc.ns = last += FIX_MSEC;
	return n;
}

static int
peer_open(void *arg, unsigned i, struct fix_mono until, const char **why)
{
	struct engine *e = arg;
	struct pipe *l = &e->pipes[i];

	(void)until;
	if (l->in == NULL)
		l->in = malloc(IN_BYTES);
	if (l->in == NULL)
		abort();
	l->open = true;
	l->closing = false;
	l->n_in = l->n_out = 0;
	if (e->cfg.role == FIX_ACCEPTOR)
		return 0;
	if (e->of >= 0 || fix_session_connected(e->es.s, now) < 0) {
		*why = "the engine does not connect now";
		l->open = false;
		return -FIX_E_NOTFOUND;
	}
	e->of = (int)i;
	run(e);
	return 0;
}

static int
peer_send(void *arg, unsigned i, struct fix_span v)
{
	struct engine *e = arg;
	struct pipe *l = &e->pipes[i];
	size_t step = e->how == BY_BYTE ? 1 : v.len;

	if (l->closing || !l->open)
		return 0; /* into the void, as a socket would take it */
	for (size_t at = 0; at < v.len && !l->closing; at += step) {
		if (step > IN_BYTES - l->n_in)
			abort();
		memcpy(l->in + l->n_in, v.p + at, step);
		l->n_in += step;
		offer(e, i);
	}
	return 0;
}

static void
peer_close(void *arg, unsigned i)
{
	struct engine *e = arg;

	e->pipes[i].open = e->pipes[i].closing = false;
	e->pipes[i].n_out = 0;
	if (e->of != (int)i)
		return;
	e->of = -1;
	fix_session_lost(e->es.s, now);
	run(e);
}

static ssize_t
leave(struct engine *e, struct pipe *l, uint8_t *buf, size_t cap)
{
	size_t n = l->n_out < cap ? l->n_out : cap;

	if (e->how == BY_BITS && n > BIT_BYTES)
		n = BIT_BYTES;
	memcpy(buf, l->out, n);
	l->n_out -= n;
	memmove(l->out, l->out + n, l->n_out);
	return (ssize_t)n;
}

static ssize_t
peer_turn(
    void *arg, struct fix_mono until, unsigned *link, uint8_t *buf, size_t cap)
{
	struct engine *e = arg;
	struct fix_mono at;

	for (;;) {
		for (unsigned i = 0; i < CC_LINKS; i++) {
			struct pipe *l = &e->pipes[i];

			*link = i;
			if (l->open && l->n_out > 0)
				return leave(e, l, buf, cap);
			if (l->open && l->closing) {
				l->open = false;
				return -FIX_E_STATE;
			}
		}
		at = fix_session_deadline(e->es.s);
		if (at.ns > until.ns)
			break;
		if (at.ns > now.mono.ns) {
			now.utc.ns += at.ns - now.mono.ns;
			now.mono = at;
		}
		fix_session_tick(e->es.s, now);
		run(e);
	}
	if (until.ns > now.mono.ns) {
		now.utc.ns += until.ns - now.mono.ns;
		now.mono = until;
	}
	return 0;
}

/* The process dies and comes back with what its store has. */
static int
restart(struct engine *e)
{
	hang_up(e);
	echo_ids_clear(&e->es.ids);
	fix_session_free(e->es.s);
	fix_acts_free(e->acts);
	e->replay_at = 0;
	e->acts = fix_acts_new(0, ACTS_BYTES);
	e->es.s = fix_session_new(&e->cfg, e->fold, e->acts);
	return e->acts == NULL || e->es.s == NULL ? -FIX_E_NOMEM : 0;
}

static int
send_app(struct engine *e, struct fix_span body)
{
	const uint8_t *soh = memchr(body.p, 1, body.len);
	struct fix_span type = { body.p + 3, (size_t)(soh - body.p) - 3 };
	struct fix_span rest = { soh + 1,
		body.len - (size_t)(soh + 1 - body.p) };

	return fix_session_send(e->es.s, type, rest, now, NULL);
}

static int
peer_operate(void *arg, const char *verb, const char *word,
    struct fix_span body, const char **why)
{
	struct engine *e = arg;
	int rc = 0;

	if (strcmp(verb, "logout") == 0) {
		fix_session_logout(e->es.s, NULL, now);
	} else if (strcmp(verb, "send") == 0) {
		rc = send_app(e, body);
	} else if (strcmp(verb, "restart") == 0) {
		rc = restart(e);
	} else if (strcmp(verb, "lose") == 0) {
		e->fold = (struct fix_session_numbers){ 1, 1 };
		forget_kept(e);
		rc = restart(e);
	} else if (strcmp(verb, "reset") == 0) {
		if (e->of >= 0)
			fix_session_schedule(e->es.s, true, true, now);
		else
			rc = fix_session_set_numbers(e->es.s, 1, 1);
	} else if (strcmp(verb, "schedule") == 0) {
		fix_session_schedule(e->es.s, strcmp(word, "close") != 0,
		    strcmp(word, "new") == 0, now);
	} else if (strcmp(verb, "application") == 0) {
		e->es.away = strcmp(word, "away") == 0;
	} else {
		rc = -FIX_E_NOTFOUND;
	}
	run(e);
	*why = fix_strerror(rc);
	return rc;
}

struct engine *
engine_new(const struct fix_session_cfg *cfg, enum carriage how)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (e == NULL)
		abort();
	now.utc.ns = T0;
	now.mono.ns = 1000 * FIX_SEC;
	e->cfg = *cfg;
	e->how = how;
	e->of = -1;
	e->fold = (struct fix_session_numbers){ 1, 1 };
	e->acts = fix_acts_new(0, ACTS_BYTES);
	e->es.cfg = &e->cfg;
	e->es.s = fix_session_new(&e->cfg, e->fold, e->acts);
	e->first.fields = e->fields;
	e->first.cap = FIX_FIELDS_MAX;
	e->peer = (struct cc_peer){ e, peer_now, peer_open, peer_send,
		peer_close, peer_turn, peer_operate };
	if (e->acts == NULL || e->es.s == NULL)
		abort();
	return e;
}

void
engine_free(struct engine *e)
{
	echo_ids_clear(&e->es.ids);
	fix_session_free(e->es.s);
	fix_acts_free(e->acts);
	forget_kept(e);
	for (unsigned i = 0; i < CC_LINKS; i++) {
		free(e->pipes[i].in);
		free(e->pipes[i].out);
	}
	free(e);
}

const struct cc_peer *
engine_peer(struct engine *e)
{
	return &e->peer;
}

const char *
engine_fault(const struct engine *e)
{
	return e->fault[0] == '\0' ? NULL : e->fault;
}
