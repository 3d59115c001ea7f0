/*
 * The trader's end of a venue link.
 *
 * In: the desk's requests, and records of the process. Out: records, after the
 * commit; events for the desk, from tick() alone. What is queued is bounded:
 * beyond three quarters only cancels, questions and pings are taken, and a new
 * order is refused. The socket never blocks. A link that breaks, speaks
 * nonsense or is silent for too long is closed, and the venue is down: its
 * orders are in doubt, nothing is sent twice, and the desk asks for each of
 * them when the next process says that it is up. What a process wants to be
 * kept is kept under "k" and its key, and given to the next one.
 */
#include "gateway/venue/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/venue/process_int.h"

static void
begin(struct process *p, struct record_out *o, const char *type)
{
	record_begin(o, p->scratch, sizeof(p->scratch), type);
}

/* @return 0; -FIX_E_FULL: not taken */
static int
queue(struct process *p, struct record_out *o, size_t reserve)
{
	ssize_t n = record_end(o);

	if (n < 0)
		return -FIX_E_FULL;
	if ((size_t)n > VENUE_PROCESS_QUEUE - reserve ||
	    p->out_len > VENUE_PROCESS_QUEUE - reserve - (size_t)n)
		return -FIX_E_FULL;
	if (p->out_at + p->out_len + (size_t)n > VENUE_PROCESS_QUEUE) {
		memmove(p->out, p->out + p->out_at, p->out_len);
		p->out_at = 0;
	}
	memcpy(p->out + p->out_at + p->out_len, p->scratch, (size_t)n);
	p->out_len += (size_t)n;
	return 0;
}

static void
put_order(struct record_out *o, const struct venue_order *v)
{
	record_put(o, "id", v->cl_ord_id);
	record_put(o, "orig", v->orig_cl_ord_id);
	record_put(o, "order", v->venue_order_id);
	record_put(o, "symbol", v->symbol);
	record_put(o, "account", v->account);
	record_put_char(o, "side", v->side);
	record_put_char(o, "type", v->ord_type);
	record_put_char(o, "tif", v->time_in_force);
	record_put_e8(o, "qty", v->qty_e8);
	if (v->price_e8 != 0)
		record_put_e8(o, "price", v->price_e8);
	if (v->stop_e8 != 0)
		record_put_e8(o, "stop", v->stop_e8);
	record_put_e8(o, "cum", v->cum_qty_e8);
	if (v->expire.ns != 0)
		record_put_int(o, "expire", v->expire.ns);
	record_put(o, "currency", v->currency);
}

/* Fields that few orders have: absent where they are zero. */
static void
put_rare(struct record_out *o, const struct venue_rare *r)
{
	char inst[sizeof(r->inst) + 1] = "";

	memcpy(inst, r->inst, sizeof(r->inst));
	if (r->min_qty_e8 != 0)
		record_put_e8(o, "min_qty", r->min_qty_e8);
	if (r->max_floor_e8 != 0)
		record_put_e8(o, "max_floor", r->max_floor_e8);
	if (r->cash_e8 != 0)
		record_put_e8(o, "cash", r->cash_e8);
	if (r->offset_e8 != 0)
		record_put_e8(o, "offset", r->offset_e8);
	if (r->effective_ns != 0)
		record_put_int(o, "effective", r->effective_ns);
	record_put_char(o, "peg", r->peg);
	record_put_char(o, "offset_type", r->offset_type);
	record_put_char(o, "position", r->position);
	record_put_char(o, "session", r->session);
	record_put(o, "inst", inst);
}

static int
send_order(struct venue *v, const char *type, const struct venue_order *vo,
    size_t reserve)
{
	struct process *p = (struct process *)v;
	struct record_out o;

	if (!v->up)
		return -FIX_E_STATE;
	begin(p, &o, type);
	put_order(&o, vo);
	if (venue_is_rare(&vo->rare))
		put_rare(&o, &vo->rare);
	return queue(p, &o, reserve);
}

static int
send_new(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	(void)now;
	return send_order(v, "new", o, VENUE_PROCESS_RESERVE);
}

static int
send_cancel(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	(void)now;
	return send_order(v, "cancel", o, 0);
}

static int
send_replace(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	(void)now;
	return send_order(v, "replace", o, VENUE_PROCESS_RESERVE);
}

static int
send_status(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	(void)now;
	return send_order(v, "status", o, VENUE_PROCESS_RESERVE / 2);
}

static void
say(struct process *p, const char *type)
{
	struct record_out o;

	begin(p, &o, type);
	(void)queue(p, &o, 0);
}

void
process_start(struct process *p)
{
	struct record_out o;

	for (unsigned i = 0; i < p->n_kept; i++) {
		begin(p, &o, "kept");
		record_put(&o, "key", p->kept[i].key);
		record_put(&o, "value", p->kept[i].value);
		(void)queue(p, &o, 0);
	}
	say(p, "start");
}

void
process_reconcile(struct process *p)
{
	struct record_out o;

	begin(p, &o, "reconcile");
	record_put_int(&o, "since", p->since_ns);
	(void)queue(p, &o, 0);
}

void
process_tell(struct process *p, enum venue_event_kind kind, const char *text)
{
	struct venue_event e = { .kind = kind, .text = text, .cum_qty_e8 = -1 };

	p->venue.up = kind == VENUE_UP;
	venue_why(&p->venue, text);
	p->venue.sink.event(p->venue.sink.arg, &p->venue, &e);
}

void
process_drop(struct process *p, const char *why)
{
	bool was = p->venue.up;

	if (p->fd < 0)
		return;
	close(p->fd);
	p->fd = -1;
	p->state = PROCESS_GONE;
	p->in_len = p->out_len = p->out_at = 0;
	p->ended = NULL;
	if (was)
		process_tell(p, VENUE_DOWN, why);
	else
		venue_why(&p->venue, why);
}

void
venue_process_attach(struct venue *v, int fd, struct fix_now now)
{
	struct process *p = (struct process *)v;
	struct record_out o;

	process_drop(p, "its process was replaced");
	p->fd = fd;
	p->state = PROCESS_GREETED;
	p->told_unknown = false;
	p->heard = p->asked = now.mono;
	venue_why(v, "its process has not said that it is ready");
	begin(p, &o, "hello");
	record_put_int(&o, "version", RECORD_VERSION);
	record_put(&o, "venue", v->name);
	(void)queue(p, &o, 0);
}

int
venue_process_fd(const struct venue *v)
{
	return ((const struct process *)v)->fd;
}

void
venue_process_read(struct venue *v)
{
	struct process *p = (struct process *)v;
	ssize_t n;

	if (p->fd < 0 || p->in_len == sizeof(p->in))
		return;
	n = recv(p->fd, p->in + p->in_len, sizeof(p->in) - p->in_len,
	    MSG_DONTWAIT);
	if (n > 0)
		p->in_len += (size_t)n;
	else if (n == 0)
		p->ended = "its process has ended";
	else if (errno != EAGAIN && errno != EINTR)
		p->ended = "the link to its process broke";
	p->came |= n > 0;
}

/* Only here, when the turn is committed. */
static void
process_flush(struct venue *v)
{
	struct process *p = (struct process *)v;
	ssize_t n;

	while (p->fd >= 0 && p->out_len > 0) {
		n = send(p->fd, p->out + p->out_at, p->out_len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			p->ended = "the link to its process broke";
		if (n <= 0)
			return;
		p->out_at += (size_t)n;
		p->out_len -= (size_t)n;
	}
	p->out_at = 0;
}

bool
venue_process_waits(const struct venue *v)
{
	const struct process *p = (const struct process *)v;

	return p->fd >= 0 && p->out_len > 0;
}

bool
venue_process_hangs(struct venue *v)
{
	struct process *p = (struct process *)v;
	bool was = p->hangs;

	p->hangs = false;
	return was;
}

/* ----- struct venue_ops ----- */

static void
process_load(struct venue *v, struct fix_span key, struct fix_span value)
{
	struct process *p = (struct process *)v;

	if (key.len == 0)
		return;
	if (key.p[0] == 'k')
		(void)process_set_kept(p,
		    (struct fix_span){ key.p + 1, key.len - 1 }, value);
	else if (fix_int_parse(value, &p->since_ns) != 0)
		p->since_ns = 0; /* then all is told again */
}

static void
process_begin(struct venue *v, struct fix_now now)
{
	(void)v;
	(void)now;
}

static void
ask(struct process *p, struct fix_now now)
{
	if (p->fd < 0)
		return;
	if (now.mono.ns - p->heard.ns >= VENUE_PROCESS_SILENT_NS) {
		p->hangs = true;
		process_drop(p, "its process does not answer");
	} else if (now.mono.ns - p->asked.ns >= VENUE_PROCESS_PING_NS &&
		   now.mono.ns - p->heard.ns >= VENUE_PROCESS_PING_NS) {
		p->asked = now.mono;
		say(p, "ping");
	}
}

static void
process_tick(struct venue *v, struct fix_now now)
{
	struct process *p = (struct process *)v;

	if (p->came)
		p->heard = now.mono;
	p->came = false;
	process_hand_over(p, now);
	if (p->ended != NULL && !record_whole(p->in, p->in_len))
		process_drop(p, p->ended);
	ask(p, now);
}

static struct fix_mono
process_deadline(const struct venue *v)
{
	const struct process *p = (const struct process *)v;
	struct fix_mono at = { FIX_MONO_NEVER };

	if (p->fd < 0)
		return at;
	at.ns = p->heard.ns + VENUE_PROCESS_PING_NS;
	if (p->asked.ns >= at.ns)
		at.ns = p->asked.ns + VENUE_PROCESS_PING_NS;
	if (at.ns > p->heard.ns + VENUE_PROCESS_SILENT_NS)
		at.ns = p->heard.ns + VENUE_PROCESS_SILENT_NS;
	if (p->ended != NULL || record_whole(p->in, p->in_len))
		at.ns = 0;
	return at;
}

static void
process_free(struct venue *v)
{
	struct process *p = (struct process *)v;

	if (p->fd >= 0)
		close(p->fd);
	free(p->out);
	free(p);
}

static const struct venue_ops ops = {
	.send_new = send_new,
	.send_cancel = send_cancel,
	.send_replace = send_replace,
	.send_status = send_status,
	.load = process_load,
	.start = process_begin,
	.tick = process_tick,
	.flush = process_flush,
	.deadline = process_deadline,
	.free = process_free,
};

bool
venue_is_process(const struct venue *v)
{
	return v->ops == &ops;
}

struct venue *
venue_process_new(const char *name, struct venue_sink sink)
{
	struct process *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->out = malloc(VENUE_PROCESS_QUEUE);
	if (p->out == NULL) {
		free(p);
		return NULL;
	}
	p->fd = -1;
	p->venue.ops = &ops;
	p->venue.sink = sink;
	fix_span_copy(fix_span_of(name), p->venue.name, sizeof(p->venue.name));
	venue_why(&p->venue, "its process has not been started yet");
	return &p->venue;
}
