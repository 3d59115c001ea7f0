/*
 * A client that begins anew and asks again, without end: ResetSeqNumFlag in the
 * middle of trading and after every lost connection, bursts of ResendRequests
 * over ranges that overlap, or the same one until the gateway has had enough.
 *
 * A reset voids what either side had still to say, so this client can't add up
 * its fills as the others do. When trouble is over it asks for the status of
 * each order (H), and the answers must be what the gateway has.
 */
#include "tests/sim/world.h"

#include <stdlib.h>

#define FLOOD_MAX 30 /* more than a gateway takes of the same */
#define QUIET (2 * FIX_SEC) /* without a reset, before it asks */

void
storm_init(struct client_node *c)
{
	c->cfg.reset_on_disconnect = true;
}

static void
flood(struct client_node *c)
{
	uint64_t n = 1 + chance_below(&c->w->chance, FLOOD_MAX);
	uint64_t sent = fix_session_numbers(c->fix).next_in;
	bool same = chance_one_in(&c->w->chance, 3);
	uint64_t from = 1, to = 0;

	c->w->seen.floods++;
	for (uint64_t i = 0; i < n && c->up; i++) {
		char body[64];

		if (!same) {
			from = 1 + chance_below(&c->w->chance, sent);
			to = chance_below(&c->w->chance, 2) == 0 ? 0 :
			    from + chance_below(&c->w->chance, 5);
		}
		snprintf(body, sizeof(body), "7=%lu\00116=%lu\001",
		    (unsigned long)from, (unsigned long)to);
		client_send(c, fix_span_of("2"), fix_span_of(body));
		c->w->seen.asked++;
	}
}

/* What it said while down would be void at the next Logon: it is refused, in
 * whatever way the session is not up, and no number is spent on it. */
static void
try_while_down(struct client_node *c)
{
	struct fix_session_numbers was = fix_session_numbers(c->fix), is;
	uint64_t seq = 0;
	int rc = fix_session_send(c->fix, fix_span_of("D"),
	    fix_span_of("11=void\00155=X\001"), client_now(c), &seq);

	is = fix_session_numbers(c->fix);
	if (rc != -FIX_E_STATE || is.next_out != was.next_out)
		world_fault(c->w, "client %d: took an order that its Logon "
		    "would void: %d", c->index, rc);
	c->w->seen.tried++;
	client_drain(c);
}

bool
storm_act(struct client_node *c)
{
	if (!c->up) {
		try_while_down(c);
		return true;
	}
	if (chance_one_in(&c->w->chance, 5)) {
		fix_session_schedule(c->fix, true, true, client_now(c));
		client_drain(c);
		return true;
	}
	if (chance_one_in(&c->w->chance, 5)) {
		flood(c);
		return true;
	}
	return false;
}

void
storm_reset(struct client_node *c, const struct fix_act *a)
{
	if (a->seq == 1)
		c->n_hashes = 0;
	if (!a->flag)
		return;
	c->w->seen.resets++;
	for (uint64_t i = 0; i < c->n_kept; i++)
		free(c->kept[i].bytes);
	c->n_kept = 0;
	c->ask_at = 0;
	for (unsigned i = 0; i < c->n_orders; i++) {
		c->orders[i].lost = true;
		c->orders[i].told = false;
		c->orders[i].answered = c->orders[i].requests;
	}
}

static void
ask_status(struct client_node *c, const struct mine *o)
{
	char body[160];

	snprintf(body, sizeof(body), "11=%s\00155=%s\00154=%c\001", o->id,
	    o->symbol, o->side);
	client_send(c, fix_span_of("H"), fix_span_of(body));
}

void
storm_ask(struct client_node *c)
{
	if (!c->up || c->ask_at < 0)
		return;
	if (c->ask_at == 0)
		c->ask_at = c->w->now + QUIET;
	if (c->ask_at > c->w->now)
		return;
	c->ask_at = -1;
	for (unsigned i = 0; i < c->n_orders && c->ask_at < 0; i++)
		ask_status(c, &c->orders[i]);
}

bool
storm_settled(const struct client_node *c, char *what, size_t cap)
{
	for (unsigned i = 0; i < c->n_orders; i++) {
		if (c->orders[i].told || c->orders[i].gave_up)
			continue;
		if (what != NULL)
			snprintf(what, cap, "no status of %s", c->orders[i].id);
		return false;
	}
	return c->ask_at < 0 || c->n_orders == 0;
}
