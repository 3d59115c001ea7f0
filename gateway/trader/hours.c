/*
 * The hours of sessions: opening, closing, and a new interval's numbers.
 *
 * Out of its windows (session/schedule.h) a session logs out and is shut: its
 * peer's Logon is refused without a word, an initiator does not connect. With
 * the first event of another interval than the one its numbers began in, they
 * begin at 1 again, as QuickFIX has it; which moment they began at is kept in
 * the journal, so that a restart decides the same way. Where one interval ends
 * as the next begins the session logs out, too, and may be back at once.
 *
 * A reset time within the interval is ours to start or the peer's. Ours is due
 * at the moment that was reckoned when the last one was done, kept likewise,
 * and stays due until the peer has answered: over connections and restarts, but
 * once.
 *
 * Only the wall clock of the turn decides. It is asked when an interval starts
 * or ends, with every Logon, and at least once a minute, for it may jump. An
 * operator's "disabled" is another thing than hours: neither changes the other.
 */
#include "gateway/trader/inside.h"

#include <stdio.h>

#define LOOK_EVERY (60 * FIX_SEC)
/* A clock set back by less leaves an interval that has begun as it is. */
#define SET_BACK_MAX (300 * FIX_SEC)
/* A reset due later than that was reckoned while the clock was wrong. */
#define RESET_AHEAD_MAX (2 * FIX_DAY)

#define CALENDAR_WARN_DAYS 30
#define CALENDARS_MAX 64 /* looked at; more are not warned of */

/* Kept for each session that has hours, as "born NUMBER". */
struct since {
	int64_t born_ns, reset_due_ns;
};

static struct fix_span
key_of(const char *what, const struct client *c, char out[32])
{
	struct fix_span k = { (const uint8_t *)out,
		(size_t)snprintf(out, 32, "%s %u", what, c->number) };

	return k;
}

static void
keep_since(struct trader *t, const struct client *c)
{
	struct since s = { c->born_ns, c->reset_due_ns };
	char key[32];

	trader_keep(t, FIX_TAB_CONTROL, 0, key_of("born", c, key),
	    (struct fix_span){ (const uint8_t *)&s, sizeof(s) });
}

/* A session that had no hours before: its numbers are as old as their last
 * change says. */
void
hours_load(struct trader *t, struct client *c, const struct rec_session *row)
{
	struct since s = { 0, 0 };
	char key[32], yes;

	c->hours_at = FIX_MONO_NEVER;
	fix_schedule_hold(&c->schedule, &c->cfg->schedule);
	c->disabled = fix_store_get(t->cfg.store, FIX_TAB_CONTROL,
			  key_of("disabled", c, key), &yes, 1) == 1;
	if (fix_schedule_is_plain(&c->schedule))
		return;
	c->shut = true;
	if (fix_store_get(t->cfg.store, FIX_TAB_CONTROL, key_of("born", c, key),
		&s, sizeof(s)) < (ssize_t)sizeof(s.born_ns))
		s.born_ns = row != NULL ? row->changed_ns : 0;
	c->born_ns = s.born_ns;
	c->reset_due_ns = s.reset_due_ns;
}

static const char *
stamp(struct fix_utc u, char out[FIX_STAMP_MAX + 1])
{
	out[fix_utc_format((uint8_t *)out, u, 0)] = '\0';
	return out;
}

/* Is today a date of the calendar? */
static const struct fix_calendar_day *
today(const struct trader *t, const struct client *c)
{
	int64_t s = t->now.utc.ns / FIX_SEC;

	s += fix_tz_offset(c->schedule.hours.start_tz, s);
	return fix_calendar_on(c->schedule.calendar, s / 86400);
}

void
hours_say(const struct trader *t, const struct client *c, char *out, size_t cap)
{
	const struct fix_calendar_day *d = today(t, c);
	char when[FIX_STAMP_MAX + 1];
	struct fix_interval v;
	int n;

	if (c->disabled) {
		snprintf(out, cap, "disabled by an operator");
		return;
	}
	if (!fix_schedule_window(&c->schedule, t->now.utc, &v))
		n = snprintf(out, cap, "out of its hours");
	else if (v.start.ns > t->now.utc.ns)
		n = snprintf(out, cap, "out of its hours until %s UTC",
		    stamp(v.start, when));
	else if (v.end.ns == INT64_MAX)
		n = snprintf(out, cap, "open");
	else
		n = snprintf(out, cap, "open until %s UTC", stamp(v.end, when));
	if (d != NULL && n > 0 && (size_t)n < cap)
		snprintf(out + n, cap - (size_t)n, " (%s%s%s)",
		    d->closed ? "holiday" : "part of a day",
		    d->name[0] != '\0' ? ": " : "", d->name);
}

bool
hours_may_log_on(const struct client *c)
{
	return !c->shut && !c->disabled;
}

static int64_t
next_look(const struct trader *t, const struct client *c)
{
	struct fix_interval v;
	int64_t wait = LOOK_EVERY, now = t->now.utc.ns, edge;

	if (fix_schedule_window(&c->schedule, t->now.utc, &v)) {
		edge = v.start.ns > now ? v.start.ns : v.end.ns;
		if (edge - now < wait)
			wait = edge - now;
	}
	edge = c->reset_due_ns;
	if (edge > now && edge - now < wait)
		wait = edge - now;
	return t->now.mono.ns + wait;
}

static bool
is_current(const struct trader *t, const struct client *c)
{
	struct fix_utc born = { c->born_ns };
	int64_t ahead = born.ns - t->now.utc.ns;

	return (ahead > 0 && ahead < SET_BACK_MAX) ||
	       fix_schedule_same(&c->schedule, born, t->now.utc);
}

/* When its numbers are to begin anew next; 0: never, or not by us. */
static int64_t
next_reset(const struct trader *t, const struct client *c)
{
	struct fix_utc at = { 0 };

	if (c->schedule.peer_resets ||
	    !fix_schedule_next_reset(&c->schedule, t->now.utc, &at))
		return 0;
	return at.ns;
}

static void
connect_if_may(struct trader *t, struct client *c)
{
	if (c->cfg->fix.role != FIX_INITIATOR || c->wants_connect ||
	    c->peer != NULL || t->draining || c->held || !hours_may_log_on(c))
		return;
	c->wants_connect = true;
	t->io.connect(t->io.arg, c->number);
}

static void
shut_down(struct trader *t, struct client *c)
{
	char text[192];

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
	char text[192];

	c->shut = false;
	hours_say(t, c, text, sizeof(text));
	trader_note(t, LOG_L_INFO, c->number, "%s: %s%s", c->id, text,
	    anew ? ", numbers begin at 1" : "");
	if (anew) {
		c->born_ns = t->now.utc.ns;
		c->reset_due_ns = next_reset(t, c);
		c->resetting = false;
		keep_since(t, c);
	}
	fix_session_schedule(c->fix, true, anew, t->now);
	client_work(t, c);
	if (anew)
		(void)hold_release(t, c, "its schedule");
	connect_if_may(t, c);
}

void
hours_reset_done(struct trader *t, struct client *c)
{
	c->resetting = false;
	c->reset_due_ns = next_reset(t, c);
	keep_since(t, c);
	trader_note(t, LOG_L_INFO, c->number,
	    "%s: numbers have begun anew, as its reset time has it", c->id);
}

/* The first look at a reset time: nothing was missed before it was set. */
static void
reckon_reset(struct trader *t, struct client *c)
{
	int64_t next = next_reset(t, c);
	bool set = c->reset_due_ns != 0 &&
		   c->reset_due_ns - t->now.utc.ns < RESET_AHEAD_MAX;

	/* One that is due stays due, whatever the next one is. */
	if (set && next != 0 && c->reset_due_ns <= t->now.utc.ns)
		return;
	if (next == c->reset_due_ns)
		return;
	/* Set back by a little, the clock comes to a moment a second time. */
	if (set && next != 0 && next < c->reset_due_ns &&
	    next - t->now.utc.ns < SET_BACK_MAX)
		return;
	c->reset_due_ns = next;
	keep_since(t, c);
}

static void
reset_if_due(struct trader *t, struct client *c)
{
	reckon_reset(t, c);
	if (c->reset_due_ns == 0 || c->reset_due_ns > t->now.utc.ns ||
	    c->resetting)
		return;
	c->resetting = true;
	trader_note(t, LOG_L_INFO, c->number,
	    "%s: its reset time has come: numbers begin anew %s", c->id,
	    c->up ? "now" : "with the next Logon");
	fix_session_reset(c->fix, t->now);
	client_work(t, c);
}

/* A calendar that has ended knows no holiday: somebody must be told. */
static void
calendar_look(struct trader *t, const struct fix_calendar *k, int64_t day)
{
	const char *name;
	int32_t last;

	for (size_t i = 0; (name = fix_calendar_file(k, i, &last)) != NULL; i++)
		if (last < day)
			trader_note(t, LOG_L_WARN, 0,
			    "calendar %s has ended %d days ago: no later "
			    "holiday is known",
			    name, (int)(day - last));
		else if (last - day <= CALENDAR_WARN_DAYS)
			trader_note(t, LOG_L_WARN, 0,
			    "calendar %s ends in %d days: no later holiday "
			    "is known",
			    name, (int)(last - day));
}

/* Once a day, each calendar once; many sessions share one. */
static void
calendars_look(struct trader *t)
{
	const struct fix_calendar *seen[CALENDARS_MAX], *k;
	int64_t day = t->now.utc.ns / FIX_DAY;
	unsigned n = 0, j;

	if (t->calendars_day == day)
		return;
	t->calendars_day = day;
	for (uint32_t i = 0; i < t->n_clients; i++) {
		k = t->clients[i].schedule.calendar;
		for (j = 0; j < n && seen[j] != k; j++)
			;
		if (k == NULL || j < n || n == CALENDARS_MAX)
			continue;
		seen[n++] = k;
		calendar_look(t, k, day);
	}
}

void
hours_check(struct trader *t, struct client *c)
{
	bool open, current;

	c->hours_at = FIX_MONO_NEVER;
	if (t->draining || t->failed != 0 ||
	    (fix_schedule_is_plain(&c->schedule) && !c->shut))
		return;
	calendars_look(t);
	open = fix_schedule_open(&c->schedule, t->now.utc);
	current =
	    fix_schedule_inside(&c->schedule, t->now.utc) && is_current(t, c);
	if (!open || (!current && c->peer != NULL))
		shut_down(t, c);
	else if ((c->shut || !current) && c->peer == NULL)
		open_up(t, c, !current);
	if (current)
		reset_if_due(t, c);
	c->hours_at = next_look(t, c);
	timers_set(&t->timers, &c->timer, c->hours_at);
}

void
hours_start(struct trader *t)
{
	for (uint32_t i = 0; i < t->n_clients; i++) {
		struct client *c = &t->clients[i];

		if (c->shut)
			fix_session_schedule(c->fix, false, false, t->now);
		hours_check(t, c);
	}
}

void
hours_disable(struct trader *t, struct client *c, bool disabled)
{
	struct fix_span yes = { (const uint8_t *)"Y", disabled ? 1 : 0 };
	char key[32];

	c->disabled = disabled;
	trader_keep(t, FIX_TAB_CONTROL, 0, key_of("disabled", c, key), yes);
	if (disabled) {
		c->wants_connect = false;
		fix_session_logout(
		    c->fix, "session is disabled by an operator", t->now);
		client_work(t, c);
	}
	connect_if_may(t, c);
}

bool
trader_may_connect(const struct trader *t, uint32_t session)
{
	const struct client *c = client_numbered(t, session);

	return c != NULL && !c->held && hours_may_log_on(c);
}

/* Whoever was in its interval and still is goes on with its numbers. */
static void
set_schedule(struct trader *t, struct client *c, const struct fix_schedule *s)
{
	struct fix_schedule old = c->schedule;
	struct fix_utc now = t->now.utc;
	bool current = fix_schedule_is_plain(&old) ||
		       (fix_schedule_inside(&old, now) && is_current(t, c));

	fix_schedule_hold(&c->schedule, s);
	if (current && fix_schedule_inside(s, now) && !is_current(t, c)) {
		c->born_ns = now.ns;
		keep_since(t, c);
	}
	if (c->reset_due_ns > now.ns)
		c->reset_due_ns = 0; /* to be reckoned by the new time */
	hours_check(t, c);
	fix_schedule_drop(&old);
}

void
trader_set_schedules(
    struct trader *t, const struct fix_schedule *const *s, struct fix_now now)
{
	t->now = now;
	for (uint32_t i = 0; i < t->cfg.n_templates; i++) {
		struct fix_schedule old = t->hours[i];

		if (s[t->cfg.n_sessions + i] == NULL)
			continue;
		fix_schedule_hold(&t->hours[i], s[t->cfg.n_sessions + i]);
		fix_schedule_drop(&old);
	}
	for (uint32_t i = 0; i < t->n_clients && t->failed == 0; i++) {
		struct client *c = &t->clients[i];
		uint32_t j = c->made == NULL ? i : dynamic_template(c);

		if (s[j] != NULL)
			set_schedule(t, c, s[j]);
	}
	t->calendars_day = 0;
	calendars_look(t);
}
