/*
 * Rounds of questions: what does TWS know of our orders?
 *
 * Open orders, executions, completed orders, in this order: after a new
 * connection, after TWS was cut off from IB, and whenever an order's state is
 * not clear. What a round does not find twice is gone; but never an order whose
 * bytes went over the present connection, unless TWS had acknowledged it.
 * Reference tws-protocol.md 17.2.
 */
#include "config.h"

#include "gateway/venue/tws_int.h"

#define LOOK_AGAIN (2 * FIX_SEC)

static void
ask(struct tws *t, enum tws_round round, struct tws_msg *m)
{
	t->round = round;
	t->phase_due_ns = t->now.mono.ns + TWS_ANSWER_WAIT;
	if (!tws_queue_put(t, true, m, NULL))
		tws_drop(t, "no room to ask for orders");
}

void
tws_look_soon(struct tws *t, int64_t in_ns)
{
	int64_t at = t->now.mono.ns + in_ns;

	if (at < t->look_ns)
		t->look_ns = at;
}

void
tws_round_begin(struct tws *t)
{
	struct tws_order *o;
	struct tws_msg m;

	if (t->round != TWS_NONE || t->phase < TWS_SYNC || t->phase == TWS_CUT)
		return;
	t->look_ns = INT64_MAX;
	t->round_ns = t->now.mono.ns;
	TAILQ_FOREACH(o, &t->orders, all)
		o->seen = false;
	tws_begin(&m, TWS_REQ_OPEN_ORDERS, t->version);
	ask(t, TWS_OPENS, &m);
}

void
tws_on_open_end(struct tws *t)
{
	struct tws_msg m;

	if (t->round != TWS_OPENS)
		return;
	tws_begin(&m, TWS_REQ_EXECUTIONS, t->version);
	tws_set_int(&m, TWS_RE_REQ_ID, TWS_REQ_FIRST - 1);
	tws_set_int(&m, TWS_RE_CLIENT_ID, t->cfg.client_id);
	ask(t, TWS_EXECS, &m);
}

void
tws_on_executions_end(struct tws *t, int64_t req)
{
	struct tws_msg m;

	if (t->round != TWS_EXECS || req != TWS_REQ_FIRST - 1)
		return;
	tws_begin(&m, TWS_REQ_COMPLETED_ORDERS, t->version);
	ask(t, TWS_DONES, &m);
}

/* Its request went over a connection that is gone: the values tell. */
static void
settle_request(struct tws *t, struct tws_order *o)
{
	if (!o->this_link && o->pending != '\0' && o->seen) {
		o->pending = '\0'; /* the trader asks, and decides */
		o->this_link = true;
	}
	(void)t;
}

static void
not_found(struct tws *t, struct tws_order *o)
{
	if (o->queued || o->sent_ns >= t->round_ns ||
	    o->state == TWS_S_ENDED)
		return;
	if (o->state == TWS_S_NEW && o->this_link)
		return; /* may be under way */
	if (++o->misses < 2) {
		tws_look_soon(t, LOOK_AGAIN);
		return;
	}
	if (!o->acked && o->cum_e8 == 0 && o->told_e8 == 0) {
		tws_order_gone(t, o); /* it never reached TWS */
	} else if (o->state == TWS_S_LIVE) {
		tws_say(t, true, "order %s is in no list of TWS: canceled",
		    o->id);
		o->state = TWS_S_ENDING;
		o->told_e8 = o->cum_e8;
		o->due_ns = t->now.mono.ns;
		tws_tell_end(t, o);
	}
}

static void
answer_question(struct tws *t, unsigned i)
{
	struct tws_question *q = &t->questions[i];
	struct tws_order *o = tws_order_by_ref(t, fix_span_of(q->id));
	struct venue_event e = tws_event(t, VENUE_UNKNOWN, NULL);
	struct tws_question was = *q;

	if (o == NULL && ++q->looks < 2) {
		tws_look_soon(t, LOOK_AGAIN);
		return;
	}
	*q = t->questions[--t->n_questions];
	if (o != NULL) {
		fix_span_copy(fix_span_of(was.id), o->id, sizeof(o->id));
		tws_tell_state(t, o, o->id);
		return;
	}
	e.cl_ord_id = was.id;
	t->out.event(t->out.arg, &e);
}

void
tws_on_completed_end(struct tws *t)
{
	struct tws_order *o, *next;

	if (t->round != TWS_DONES)
		return;
	t->round = TWS_NONE;
	t->phase_due_ns = INT64_MAX;
	for (o = TAILQ_FIRST(&t->orders); o != NULL; o = next) {
		next = TAILQ_NEXT(o, all);
		if (o->adopted && o->cum_e8 < o->told_e8)
			o->cum_e8 = o->told_e8; /* of days before */
		settle_request(t, o);
		if (!o->seen)
			not_found(t, o);
	}
	for (unsigned i = t->n_questions; i-- > 0;)
		answer_question(t, i);
	t->orders_known = true;
	tws_try_ready(t);
}

bool
tws_is_asked(const struct tws *t, struct fix_span ref)
{
	for (unsigned i = 0; i < t->n_questions; i++)
		if (tws_same_order(fix_span_of(t->questions[i].id), ref))
			return true;
	return false;
}

void
tws_ask(struct tws *t, const char *id)
{
	struct tws_question *q = &t->questions[t->n_questions];

	if (tws_is_asked(t, fix_span_of(id)) || t->n_questions == TWS_QUESTIONS)
		return; /* if not, the trader asks again */
	q->looks = 0;
	fix_span_copy(fix_span_of(id), q->id, sizeof(q->id));
	t->n_questions++;
	tws_look_soon(t, 0);
}
