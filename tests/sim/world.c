/*
 * Time and chance of the simulated world.
 *
 * For half a minute of its time everything may go wrong; then trouble ends,
 * and within a minute all must be well: both sides of each session agree on
 * every number, every order is accounted for.
 */
#include "tests/sim/world.h"

#include <stdarg.h>
#include <stdlib.h>

#define TROUBLE (20 * FIX_SEC)
#define SETTLE (120 * FIX_SEC)
#define STEPS_MAX 400000

uint64_t
chance_next(struct chance *c)
{
	uint64_t z = c->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t
chance_below(struct chance *c, uint64_t n)
{
	return chance_next(c) % n;
}

bool
chance_one_in(struct chance *c, unsigned n)
{
	return n > 0 && chance_next(c) % n == 0;
}

void
world_fault(struct world *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (w->fault[0] == '\0')
		vsnprintf(w->fault, sizeof(w->fault), fmt, ap);
	va_end(ap);
	world_trace(w, "FAULT %s", w->fault);
}

void
world_trace(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->trace == NULL)
		return;
	fprintf(w->trace, "%11.6ld ", (long)(w->now / 1000));
	va_start(ap, fmt);
	vfprintf(w->trace, fmt, ap);
	va_end(ap);
	fputc('\n', w->trace);
}

struct fix_now
world_now(const struct world *w, int64_t wall_offset)
{
	/* 2026-03-02 12:00:00 UTC and what the clock was moved by. */
	struct fix_now n = {
		{ INT64_C(1772452800) * FIX_SEC + w->now + wall_offset },
		{ w->now },
	};

	return n;
}

static void
throw_switch(struct world *w)
{
	static const char *const lines[] = { "risk kill account DEMO",
		"risk reduce account DEMO", "risk kill symbol AAPL",
		"cancel account DEMO" };
	char line[48];

	w->seen.kills++;
	if (chance_one_in(&w->chance, 2)) /* one of them, or none */
		snprintf(line, sizeof(line), "risk release %lu",
		    1 + (unsigned long)chance_below(&w->chance, w->seen.kills));
	else
		snprintf(line, sizeof(line), "%s",
		    lines[chance_below(
			&w->chance, sizeof(lines) / sizeof(lines[0]))]);
	gateway_command(w, line);
}

static void
mischief(struct world *w)
{
	struct link *l =
	    &w->links[chance_below(&w->chance, N_CLIENTS * N_PER_CLIENT)];
	struct client_node *c =
	    &w->clients[chance_below(&w->chance, N_CLIENTS)];

	w->trouble_at =
	    w->now + FIX_MSEC * (int64_t)(1 + chance_below(&w->chance, 1200));
	if (chance_one_in(&w->chance, w->rules.drop_1_in) && l->used)
		net_break(w, l);
	if (chance_one_in(&w->chance, 9))
		client_restart(c);
	if (chance_one_in(&w->chance, w->rules.crash_1_in))
		gateway_crash(w);
	if (w->rules.outside && chance_one_in(&w->chance, 12))
		venue_down(w);
	if (chance_one_in(&w->chance, 25))
		throw_switch(w);
	if (chance_one_in(&w->chance, w->rules.jump_1_in))
		w->gateway.wall_offset =
		    FIX_SEC * ((int64_t)chance_below(&w->chance, 110) - 55);
	if (chance_one_in(&w->chance, w->rules.jump_1_in))
		c->wall_offset =
		    FIX_SEC * ((int64_t)chance_below(&w->chance, 110) - 55);
	/* Half open: the client begins anew while the gateway still believes in
	 * the old connection. */
	if (chance_one_in(&w->chance, w->rules.dup_1_in) && c->link != NULL) {
		c->link->open[END_CLIENT] = false;
		c->link = NULL;
		c->in_len = 0;
		c->up = false;
		fix_session_lost(c->fix, world_now(w, c->wall_offset));
		client_drain(c);
		client_restart(c);
	}
}

static void
calm(struct world *w)
{
	w->rules.calm = true;
	w->gateway.wall_offset = 0;
	if (w->rules.outside)
		venue_down(w);
	for (int i = 0; i < N_CLIENTS; i++)
		w->clients[i].wall_offset = 0;
	world_trace(w, "trouble is over");
}

static int64_t
next_time(const struct world *w)
{
	int64_t t = net_deadline(w);

	for (int i = 0; i < N_CLIENTS; i++) {
		if (client_deadline(&w->clients[i]) < t)
			t = client_deadline(&w->clients[i]);
	}
	if (gateway_deadline(w) < t)
		t = gateway_deadline(w);
	if (w->rules.outside && venue_deadline(w) < t)
		t = venue_deadline(w);
	if (!w->rules.calm && w->trouble_at < t)
		t = w->trouble_at;
	if (!w->rules.calm && w->calm_at < t)
		t = w->calm_at;
	return t;
}

static int
in_doubt(void *arg, const struct order *o)
{
	(void)arg;
	return o->status == 'U' || o->pending != '\0' || o->cancel_wanted;
}

static bool
venue_settled(const struct world *w)
{
	const struct trader *t = w->gateway.trader;

	return !w->rules.outside ||
	       (t->venues[0]->up && venue_deadline(w) == INT64_MAX &&
		   wire_next(t->venues[0]) == w->venue.n_events &&
		   desk_each(t->desk, in_doubt, NULL) == 0);
}

static bool
settled(const struct world *w)
{
	if (w->gateway.restart_at != 0 || w->gateway.trader == NULL)
		return false;
	for (int i = 0; i < N_CLIENTS; i++) {
		if (!client_settled(&w->clients[i], NULL, 0))
			return false;
	}
	/* A resend goes on, or a copy waits: a piece a turn. */
	if (replays_due(w->gateway.trader) ||
	    dropcopy_deadline(w->gateway.trader) <= w->now)
		return false;
	return venue_settled(w) && net_deadline(w) > w->now + FIX_SEC;
}

static void
unsettled(struct world *w)
{
	char what[64];

	for (int i = 0; i < N_CLIENTS; i++) {
		if (!client_settled(&w->clients[i], what, sizeof(what)))
			world_fault(w,
			    "client %d has not settled two minutes "
			    "after trouble ended: %s",
			    i, what);
	}
	if (!venue_settled(w))
		world_fault(w, "an order is still in doubt");
	world_fault(w, "bytes never stop");
}

static void
live(struct world *w)
{
	int steps = 0;

	while (w->fault[0] == '\0' && steps++ < STEPS_MAX) {
		int64_t t = next_time(w);

		w->now = t > w->now ? t : w->now + FIX_USEC;
		if (!w->rules.calm && w->now >= w->calm_at)
			calm(w);
		if (!w->rules.calm && w->trouble_at <= w->now)
			mischief(w);
		for (int i = 0; i < N_CLIENTS; i++)
			client_run(&w->clients[i]);
		if (w->rules.outside)
			venue_run(w);
		gateway_run(w);
		net_sweep(w);
		if (w->rules.calm && settled(w))
			return;
		if (w->now > w->calm_at + SETTLE)
			unsettled(w);
	}
	if (w->fault[0] == '\0')
		world_fault(w,
		    "too many steps: now %ld, next: net %ld, clients "
		    "%ld %ld, gateway %ld",
		    (long)w->now, (long)net_deadline(w),
		    (long)client_deadline(&w->clients[0]),
		    (long)client_deadline(&w->clients[1]),
		    (long)gateway_deadline(w));
}

bool
world_run(uint64_t seed, const struct dicts *dicts, FILE *trace,
    struct seen *seen, char *fault, size_t cap)
{
	struct world *w = calloc(1, sizeof(*w));
	bool good;

	if (w == NULL)
		abort();
	w->seed = seed;
	w->chance.state = seed * UINT64_C(0x2545f4914f6cdd1d) + 1;
	w->dicts = dicts;
	w->trace = trace;
	w->calm_at = TROUBLE;
	w->rules = (struct rules){ .disk = seed % 2 == 1,
		.outside = seed % 4 != 0,
		.drop_1_in = 3,
		.crash_1_in = 20 + (unsigned)(seed % 40),
		.jump_1_in = 8,
		.dup_1_in = 10,
		.max_delay = 50 * FIX_MSEC };
	for (int i = 0; i < N_CLIENTS; i++)
		client_init(w, i);
	gateway_init(w);
	live(w);
	if (w->fault[0] == '\0')
		check_all(w);
	good = w->fault[0] == '\0';
	if (seen != NULL) {
		const uint64_t *from = (const uint64_t *)&w->seen;
		uint64_t *to = (uint64_t *)seen;

		for (size_t i = 0; i < sizeof(*seen) / sizeof(*to); i++)
			to[i] += from[i];
	}
	snprintf(fault, cap, "%s", w->fault);
	for (int i = 0; i < N_CLIENTS; i++)
		client_free(&w->clients[i]);
	gateway_free(w);
	net_free(w);
	venue_free(w);
	free(w);
	return good;
}
