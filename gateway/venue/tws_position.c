/*
 * Positions of TWS, compared with ours.
 *
 * TWS tells all of them once it is asked, then each one that changes. Ours is
 * what was there when this process first saw it, and every execution of ours
 * since. Both come on ways of their own, so they are compared when neither has
 * moved for a moment. A difference is told once, with both numbers, until it is
 * another one; ours is never set to theirs. Somebody may trade by hand, or an
 * execution be lost: a person has to look. Reference tws-protocol.md 15.
 */
#include "config.h"

#include <stdio.h>

#include "gateway/venue/tws_int.h"

#define QUIET (2 * FIX_SEC)

static void
stir(struct tws *t, struct tws_contract *c)
{
	c->moved = true;
	t->positions_due_ns = t->now.mono.ns + QUIET;
}

void
tws_ask_positions(struct tws *t)
{
	struct tws_msg m;

	for (unsigned i = 0; i < t->cfg.n_symbols; i++)
		t->contracts[i].theirs_e8 = 0; /* what is not told is none */
	t->positions_told = false;
	tws_begin(&m, TWS_REQ_POSITIONS, t->version);
	(void)tws_queue_put(t, false, &m, NULL);
}

void
tws_on_position(struct tws *t, const struct tws_msg *m)
{
	struct fix_span account = tws_get(m, TWS_PS_ACCOUNT);
	char ours[32];
	int64_t con_id;

	if (!tws_account_of(t, "", ours) || !fix_span_is(account, ours))
		return; /* another account of the login */
	tws_read_int(tws_get(m, TWS_PS_CON_ID), &con_id);
	for (unsigned i = 0; i < t->cfg.n_symbols; i++) {
		struct tws_contract *c = &t->contracts[i];

		if (c->con_id != con_id || con_id == 0)
			continue;
		tws_qty_e8(tws_get(m, TWS_PS_POSITION), &c->theirs_e8);
		stir(t, c);
	}
}

void
tws_on_position_end(struct tws *t)
{
	t->positions_told = true;
	for (unsigned i = 0; i < t->cfg.n_symbols; i++)
		stir(t, &t->contracts[i]);
}

void
tws_moved(struct tws *t, const struct tws_order *o, int64_t qty_e8)
{
	struct tws_contract *c;

	if (o == NULL || o->symbol >= t->cfg.n_symbols)
		return;
	c = &t->contracts[o->symbol];
	c->ours_e8 += o->side == '1' ? qty_e8 : -qty_e8;
	stir(t, c);
}

static void
compare(struct tws *t, struct tws_contract *c)
{
	char ours[FIX_DEC_MAX + 1], theirs[FIX_DEC_MAX + 1];

	c->moved = false;
	if (c->con_id == 0)
		return;
	theirs[fix_e8_format((uint8_t *)theirs, c->theirs_e8)] = '\0';
	if (!c->based) {
		c->based = true;
		c->ours_e8 = c->theirs_e8;
		if (c->theirs_e8 != 0)
			tws_say(t, false, "position in %s: %s, from here on "
			    "compared", c->s.name, theirs);
	}
	if (c->theirs_e8 - c->ours_e8 == c->off_e8)
		return;
	c->off_e8 = c->theirs_e8 - c->ours_e8;
	ours[fix_e8_format((uint8_t *)ours, c->ours_e8)] = '\0';
	tws_say(t, c->off_e8 != 0, "position in %s: TWS has %s, by our "
	    "executions it is %s%s", c->s.name, theirs, ours,
	    c->off_e8 != 0 ? ": see who else trades there" : "");
}

void
tws_positions_due(struct tws *t)
{
	if (t->positions_due_ns > t->now.mono.ns || t->phase != TWS_READY)
		return;
	t->positions_due_ns = INT64_MAX;
	for (unsigned i = 0; i < t->cfg.n_symbols && t->positions_told; i++)
		if (t->contracts[i].moved)
			compare(t, &t->contracts[i]);
}
