/*
 * The hours of sessions: opening, closing, and a new interval's numbers.
 *
 * At the end of an interval a session logs out and is shut: its peer's Logon
 * is refused without a word, an initiator does not connect. With the first
 * event of another interval than the one its numbers began in, they begin at 1
 * again, as QuickFIX has it; which moment they began at is kept in the journal,
 * so that a restart decides the same way. Where one interval ends as the next
 * begins the session logs out, too, and may be back at once.
 *
 * Only the wall clock of the turn decides. It is asked when an interval starts
 * or ends, with every Logon, and at least once a minute, for it may jump.
 */
#include "gateway/trader/inside.h"

#include <stdio.h>

#define LOOK_EVERY (60 * FIX_SEC)
/* A clock set back by less leaves an interval that has begun as it is. */
#define SET_BACK_MAX (300 * FIX_SEC)

static struct fix_span
born_key(const struct client *c, char out[32])
{
	struct fix_span k = { (const uint8_t *)out,
		(size_t)snprintf(out, 32, "born %u", c->number) };

	return k;
}

/* A session that had no hours before: its numbers are as old as their last
 * change says. */
void
hours_load(struct trader *t, struct client *c, const struct rec_session *row)
{
	char key[32];

	c->hours_at = FIX_MONO_NEVER;
	if (c->cfg->schedule.kind == FIX_SCHED_ALWAYS)
		return;
	c->shut = true;
	if (fix_store_get(t->cfg.store, FIX_TAB_CONTROL, born_key(c, key),
		&c->born_ns, sizeof(c->born_ns)) != (ssize_t)sizeof(c->born_ns))
		c->born_ns = row != NULL ? row->changed_ns : 0;
}

static const char *
stamp(struct fix_utc u, char out[FIX_STAMP_MAX + 1])
{
	out[fix_utc_format((uint8_t *)out, u, 0)] = '\0';
	return out;
}

void
hours_say(const struct trader *t, const struct client *c, char *out, size_t cap)
{
	char when[FIX_STAMP_MAX + 1];
	struct fix_interval v;

	if (!fix_schedule_at(&c->cfg->schedule, t->now.utc, &v))
		snprintf(out, cap, "out of its hours");
	else if (v.start.ns > t->now.utc.ns)
		snprintf(out, cap, "out of its hours until %s UTC",
		    stamp(v.start, when));
	else
		snprintf(out, cap, "open until %s UTC", stamp(v.end, when));
}

static int64_t
next_look(const struct trader *t, const struct client *c)
{
	struct fix_interval v;
	int64_t wait = LOOK_EVERY, now = t->now.utc.ns, edge;

	if (fix_schedule_at(&c->cfg->schedule, t->now.utc, &v)) {
		edge = v.start.ns > now ? v.start.ns : v.end.ns;
		if (edge - now < wait)
			wait = edge - now;
	}
	return t->now.mono.ns + wait;
}

static bool
is_current(const struct trader *t, const struct client *c)
{
	struct fix_utc born = { c->born_ns };
	int64_t ahead = born.ns - t->now.utc.ns;

	return (ahead > 0 && ahead < SET_BACK_MAX) ||
	       fix_schedule_same(&c->cfg->schedule, born, t->now.utc);
}

static void
shut_down(struct trader *t, struct client *c)
{
	char text[96];

	if (c->shut)
		return;
	c->shut = true;
	c->wants_connect = false;
	hours_say(t, c, text, sizeof(text));
	trader_note(
	    t, LOG_L_INFO, c->number, "%s: its hours end; %s", c->id, text);
	fix_session_schedule(c->fix, false, false, t->now);
	client_work(t, c);
}

static void
open_up(struct trader *t, struct client *c, bool anew)
{
	struct fix_span k,
	    v = { (const uint8_t *)&c->born_ns, sizeof(c->born_ns) };
	char key[32], text[96];

	c->shut = false;
	hours_say(t, c, text, sizeof(text));
	trader_note(t, LOG_L_INFO, c->number, "%s: %s%s", c->id, text,
	    anew ? ", numbers begin at 1" : "");
	if (anew) {
		c->born_ns = t->now.utc.ns;
		k = born_key(c, key);
		trader_keep(t, FIX_TAB_CONTROL, 0, k, v);
	}
	fix_session_schedule(c->fix, true, anew, t->now);
	client_work(t, c);
	if (anew)
		(void)hold_release(t, c, "its schedule");
	if (c->cfg->fix.role == FIX_INITIATOR && !c->held &&
	    !c->wants_connect) {
		c->wants_connect = true;
		t->io.connect(t->io.arg, c->number);
	}
}

void
hours_check(struct trader *t, struct client *c)
{
	bool inside, current;

	c->hours_at = FIX_MONO_NEVER;
	if (c->cfg->schedule.kind == FIX_SCHED_ALWAYS || t->draining ||
	    t->failed != 0)
		return;
	c->hours_at = next_look(t, c);
	timers_set(&t->timers, &c->timer, c->hours_at);
	inside = fix_schedule_inside(&c->cfg->schedule, t->now.utc);
	current = inside && is_current(t, c);
	if (!inside || (!current && c->peer != NULL))
		shut_down(t, c);
	else if ((c->shut || !current) && c->peer == NULL)
		open_up(t, c, !current);
}

void
hours_start(struct trader *t)
{
	for (uint32_t i = 0; i < t->cfg.n_sessions; i++) {
		struct client *c = &t->clients[i];

		if (c->shut)
			fix_session_schedule(c->fix, false, false, t->now);
		hours_check(t, c);
	}
}

bool
trader_may_connect(const struct trader *t, uint32_t session)
{
	const struct client *c = client_numbered(t, session);

	return c != NULL && !c->shut && !c->held;
}
