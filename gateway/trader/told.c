/*
 * "venue NAME EVENT [ORDER] [WORD...]": what a venue of Type=told says next.
 *
 * ORDER is the ClOrdID of a client, any of the order's chain; "-" is an order
 * that nobody knows. Words: a number is the quantity, @PRICE, exec=NAME and
 * ref=NAME name an execution of this order, why=REASON, text=WORD, cum=QTY,
 * 39=STATUS, as=ID (a venue order id, instead of ours), times=2 (say it twice).
 * canceled, replaced and refused answer the request that is under way; killed
 * is a cancel that nobody asked for. What is said goes the way of every event.
 *
 * "venue NAME ids ORDER" asks, of any venue, under which ids it has an order.
 */
#include "gateway/venue/told.h"
#include "gateway/trader/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SAID_MAX 80

struct said {
	struct venue_event e;
	char exec[SAID_MAX], ref[SAID_MAX];
	int times;
	const char *bad; /* what is wrong with a word, NULL: nothing */
};

static const struct {
	const char *name;
	enum venue_event_kind kind;
	bool request; /* answers the request that is under way */
} says[] = {
	{ "ack", VENUE_ACK, false },
	{ "reject", VENUE_REJECT, false },
	{ "fill", VENUE_FILL, false },
	{ "canceled", VENUE_CANCELED, true },
	{ "killed", VENUE_CANCELED, false },
	{ "replaced", VENUE_REPLACED, true },
	{ "refused", VENUE_CXL_REJECT, true },
	{ "expired", VENUE_EXPIRED, false },
	{ "done", VENUE_DONE_FOR_DAY, false },
	{ "restated", VENUE_RESTATED, false },
	{ "triggered", VENUE_TRIGGERED, false },
	{ "stopped", VENUE_STOPPED, false },
	{ "bust", VENUE_BUST, false },
	{ "correct", VENUE_CORRECT, false },
	{ "status", VENUE_STATUS, false },
	{ "unknown", VENUE_UNKNOWN, false },
	{ "up", VENUE_UP, false },
	{ "down", VENUE_DOWN, false },
};

static const struct order *
order_called(const struct trader *t, const char *id)
{
	const struct order *o = NULL;

	for (uint32_t i = 0; o == NULL && i < t->n_clients; i++)
		o = desk_find_client(
		    t->desk, t->clients[i].number, fix_span_of(id));
	return o;
}

static int64_t
number(struct said *s, const char *w)
{
	struct fix_dec d;
	int64_t v = 0;

	if (fix_dec_parse(fix_span_of(w), &d) != 0 || fix_dec_to_e8(d, &v) != 0)
		s->bad = w;
	return v;
}

static const char *
value_of(const char *w, const char *key)
{
	size_t n = strlen(key);

	return strncmp(w, key, n) == 0 && w[n] == '=' ? w + n + 1 : NULL;
}

/* Executions are named apart for each order, so that names may come again. */
static void
name_exec(struct said *s, char out[SAID_MAX], const char *order, const char *v)
{
	if (snprintf(out, SAID_MAX, "%s.%s", order, v) > VENUE_ID_MAX)
		s->bad = v;
}

static void
said_word(struct said *s, const char *order, const char *w)
{
	struct venue_event *e = &s->e;
	const char *v;

	if (w[0] == '@')
		e->last_px_e8 = e->price_e8 = number(s, w + 1);
	else if ((v = value_of(w, "exec")) != NULL)
		name_exec(s, s->exec, order, v);
	else if ((v = value_of(w, "ref")) != NULL)
		name_exec(s, s->ref, order, v);
	else if ((v = value_of(w, "why")) != NULL)
		e->reason = (int)strtol(v, NULL, 10);
	else if ((v = value_of(w, "text")) != NULL)
		e->text = v;
	else if ((v = value_of(w, "cum")) != NULL)
		e->cum_qty_e8 = number(s, v);
	else if ((v = value_of(w, "39")) != NULL)
		e->status = v[0];
	else if ((v = value_of(w, "as")) != NULL)
		e->venue_order_id = v;
	else if ((v = value_of(w, "times")) != NULL)
		s->times = atoi(v);
	else if (e->kind == VENUE_FILL || e->kind == VENUE_CORRECT ||
		 e->kind == VENUE_STOPPED)
		e->last_qty_e8 = number(s, w);
	else
		e->qty_e8 = number(s, w);
}

/* Which event, of which order. @return words eaten, 0 after a complaint */
static unsigned
said_begin(
    struct trader *t, struct answer *a, const struct words *w, struct said *s)
{
	const struct order *o;
	bool request = false;
	size_t i, n = sizeof(says) / sizeof(says[0]);

	for (i = 0; i < n && strcmp(says[i].name, w->w[2]) != 0;)
		i++;
	if (i == n) {
		command_say(a, "error: a venue does not say %s, but", w->w[2]);
		for (i = 0; i < n; i++)
			command_say(a, "%s %s", i > 0 ? "," : "", says[i].name);
		command_say(a, "\n");
		return 0;
	}
	s->e.kind = says[i].kind;
	if (s->e.kind == VENUE_UP || s->e.kind == VENUE_DOWN)
		return 3;
	o = w->n > 3 ? order_called(t, w->w[3]) : NULL;
	if (o == NULL && (w->n < 4 || strcmp(w->w[3], "-") != 0)) {
		command_say(a, "error: no order has the ClOrdID %s\n",
		    w->n > 3 ? w->w[3] : "(none was said)");
		return 0;
	}
	request =
	    o != NULL && says[i].request && o->venue_request_id[0] != '\0';
	if (o != NULL) {
		s->e.cl_ord_id =
		    request ? o->venue_request_id : o->venue_cl_ord_id;
		s->e.symbol = o->symbol;
		s->e.side = o->side;
		s->e.last_px_e8 = o->price_e8;
	}
	return 4;
}

/* "venue NAME ids ORDER": what its venue calls it, and the request under way. */
static void
say_ids(struct trader *t, struct answer *a, const char *id)
{
	const struct order *o = order_called(t, id);

	if (o == NULL)
		command_say(a, "error: no order has the ClOrdID %s\n", id);
	else
		command_say(
		    a, "%s %s\n", o->venue_cl_ord_id, o->venue_request_id);
}

void
told_command(struct trader *t, struct answer *a, const struct words *w)
{
	struct said s = { .e = { .cum_qty_e8 = -1, .side = '1' }, .times = 1 };
	struct venue *v = NULL;
	unsigned n;

	for (uint32_t i = 0; w->n > 2 && i < t->n_venues; i++)
		if (strcmp(t->venues[i]->name, w->w[1]) == 0)
			v = t->venues[i];
	if (v != NULL && w->n == 4 && strcmp(w->w[2], "ids") == 0) {
		say_ids(t, a, w->w[3]);
		return;
	}
	if (v == NULL || !venue_is_told(v)) {
		command_say(a, "error: expected a venue of Type=told and what "
			       "it says\n");
		return;
	}
	if ((n = said_begin(t, a, w, &s)) == 0)
		return;
	snprintf(s.exec, sizeof(s.exec), "T%" PRId64 ".%" PRIu64, t->now.utc.ns,
	    ++t->n_told);
	for (; n < w->n; n++)
		said_word(&s, w->w[3], w->w[n]);
	if (s.bad != NULL) {
		command_say(a, "error: %s is not understood\n", s.bad);
		return;
	}
	s.e.exec_id = s.exec;
	s.e.ref_exec_id = s.ref[0] != '\0' ? s.ref : NULL;
	trader_note(t, LOG_L_INFO, 0, "operator: venue %s says %s %s", w->w[1],
	    w->w[2], w->n > 3 ? w->w[3] : "");
	if (s.e.kind == VENUE_UP || s.e.kind == VENUE_DOWN)
		v->up = s.e.kind == VENUE_UP;
	while (s.times-- > 0)
		v->sink.event(v->sink.arg, v, &s.e);
	command_say(a, "ok\n");
}
