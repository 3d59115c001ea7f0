/*
 * Cancel on disconnect: a client that is gone leaves no orders behind.
 *
 * A session counts as dropped when its connection ends without a Logout of its
 * peer: closed, reset, a TLS alert, or silent beyond HeartBtInt; and, when the
 * trader itself ended without logging it out, at the last moment that the
 * journal knows of it. With "any" a Logout counts, too. If it has not logged on
 * again when the grace is over, the live orders that it had entered by its drop
 * are canceled, those good beyond the day (GTC, GTD) only if that is set.
 *
 * What is to be done stands in the tables from the turn of the drop until its
 * last order was seen to, so a crash on the way only delays it. It is done in
 * bounded pieces, and goes on if the client comes back meanwhile; what the
 * client enters then is not touched. Whether a drop copy session is up does not
 * matter.
 */
#include "gateway/trader/inside.h"

#include <inttypes.h>
#include <stdio.h>

#define PIECE 500u
#define PIECES 10000u /* and then it ends, though a venue refuses on and on */

/* Kept as "cod NUMBER". */
struct row {
	int64_t dropped_ns; /* UTC */
	uint64_t up_to;
	char why;
	char begun;
	char unused[6];
};

static struct fix_span
key_of(const struct client *c, char out[32])
{
	return (struct fix_span){ (const uint8_t *)out,
		(size_t)snprintf(out, 32, "cod %u", c->number) };
}

static void
keep(struct trader *t, const struct client *c, int64_t dropped_ns)
{
	struct row r = { dropped_ns, c->cod.up_to, c->cod.why,
		(char)c->cod.begun, { 0 } };
	char key[32];

	trader_keep(t, FIX_TAB_CONTROL, 0, key_of(c, key),
	    (struct fix_span){ (const uint8_t *)&r, sizeof(r) });
}

static void
forget(struct trader *t, struct client *c)
{
	const struct fix_span none = { NULL, 0 };
	char key[32];

	c->cod = (struct cod){ .at = FIX_MONO_NEVER };
	trader_keep(t, FIX_TAB_CONTROL, 0, key_of(c, key), none);
}

static int64_t
grace(const struct client *c)
{
	return (int64_t)c->cfg->flow.cod_grace_s * FIX_SEC;
}

/* wait: nanoseconds from now */
static void
arm(struct trader *t, struct client *c, int64_t wait)
{
	if (wait < 0)
		wait = 0;
	if (wait > grace(c)) /* the clock was set back */
		wait = grace(c);
	c->cod.at = t->now.mono.ns + wait;
	timers_set(&t->timers, &c->timer, c->cod.at);
}

static void
begin(struct trader *t, struct client *c)
{
	c->cod.begun = true;
	c->cod.pieces = PIECES;
	keep(t, c, t->now.utc.ns);
}

void
cod_load(struct trader *t, struct client *c, const struct rec_session *row)
{
	struct row r = { 0 };
	char key[32];
	bool kept = fix_store_get(t->cfg.store, FIX_TAB_CONTROL,
			key_of(c, key), &r, sizeof(r)) == (ssize_t)sizeof(r);
	bool was_up = row != NULL && (row->numbers.flags & REC_NUM_UP) != 0;

	c->cod.at = FIX_MONO_NEVER;
	if (c->cfg->flow.cod == TRADER_COD_OFF) {
		if (kept)
			forget(t, c);
		return;
	}
	if (!kept && !was_up)
		return;
	if (!kept || (was_up && !r.begun))
		r = (struct row){ .dropped_ns = t->ended_ns,
			.why = ORDER_WHY_DROP };
	c->cod.up_to = desk_last(t->desk);
	c->cod.why = r.why;
	trader_note(t, LOG_L_WARN, c->number, "%s: cancel on disconnect goes "
	    "on after the restart", c->id);
	if (r.begun)
		begin(t, c);
	else
		keep(t, c, r.dropped_ns);
	arm(t, c, r.begun ? 0 : r.dropped_ns + grace(c) - t->now.utc.ns);
}

void
cod_recover(struct trader *t)
{
	struct fix_journal_reader *j;
	struct fix_store_error e;
	struct fix_rec r;

	t->ended_ns = t->now.utc.ns;
	if (fix_journal_last(t->cfg.journal) == 0 ||
	    fix_journal_reader_open(&j, t->cfg.disk,
		fix_journal_last(t->cfg.journal), &e) != 0)
		return;
	if (fix_journal_next(j, &r, &e) == 1)
		t->ended_ns = r.wall.ns;
	fix_journal_reader_close(j);
}

void
cod_down(struct trader *t, struct client *c, bool orderly)
{
	enum trader_cod mode = c->cfg->flow.cod;

	if (mode == TRADER_COD_OFF || (orderly && mode == TRADER_COD_DROP))
		return;
	while (c->cod.begun) /* of its last drop */
		cod_run(t, c);
	c->cod = (struct cod){ .up_to = desk_last(t->desk),
		.why = orderly ? ORDER_WHY_LOGOUT : ORDER_WHY_DROP };
	keep(t, c, t->now.utc.ns);
	arm(t, c, grace(c));
}

void
cod_up(struct trader *t, struct client *c)
{
	if (c->cod.at == FIX_MONO_NEVER || c->cod.begun)
		return;
	trader_note(t, LOG_L_INFO, c->number, "%s: back in time, its orders "
	    "stay", c->id);
	forget(t, c);
}

void
cod_run(struct trader *t, struct client *c)
{
	struct cod *d = &c->cod;
	struct desk_drop what = { c->number, d->up_to, d->why,
		c->cfg->flow.cod_gt };
	unsigned n;

	if (!d->begun) {
		trader_note(t, LOG_L_WARN, c->number, "%s: gone for %u s: its "
		    "orders are canceled", c->id, c->cfg->flow.cod_grace_s);
		begin(t, c);
	}
	n = desk_cancel_dropped(t->desk, &what, PIECE, t->now);
	d->n += n;
	if (n == PIECE && --d->pieces > 0)
		return;
	trader_note(t, LOG_L_WARN, c->number, "%s: cancel on disconnect: %u "
	    "orders", c->id, d->n);
	forget(t, c);
}

void
cod_say(const struct trader *t, const struct client *c, char *out, size_t cap)
{
	int64_t left = c->cod.at - t->now.mono.ns;

	if (c->cfg->flow.cod == TRADER_COD_OFF)
		snprintf(out, cap, "off");
	else if (c->cod.at == FIX_MONO_NEVER)
		snprintf(out, cap, c->up ? "armed" : "done");
	else if (c->cod.begun || left <= 0)
		snprintf(out, cap, "canceling");
	else
		snprintf(out, cap, "in:%" PRId64 "s",
		    (left + FIX_SEC - 1) / FIX_SEC);
}
