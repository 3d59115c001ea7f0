/*
 * How full the journal's place is, and what is refused because of it.
 *
 * Its place is JournalMaxBytes, or the files it has and those that the disk has
 * room for. What the reserve should have counts as used. At JournalAlarm percent
 * there is an alert; from JournalReducing on orders must reduce positions, by a
 * kill switch that only this file sets and takes back; from JournalHalt on, or
 * when the reserve can't be made, new orders are refused (driver.c). Cancels go
 * on to the last byte.
 *
 * The reserve is segments made ahead, which others can't take when they fill the
 * disk. It has SPACE_CANCEL for each live order, and some to spare: half of that
 * for whatever comes; a quarter for what flow.c lets in after that, the slower the
 * less is left; the last for what the gateway says by itself. So the orders' part
 * is left to their cancels.
 */
#include "gateway/trader/inside.h"

#include <inttypes.h>

#include "gateway/failpoint.h"

#define PREPARE_TURNS 64
#define LOOK_NS 50000000 /* 50 ms */
#define STEP_BACK 5 /* percent below where a step began it is taken back */
#define SWITCH UINT64_MAX /* no number of a person's kill switch */

#define CANCELS_MOST (UINT64_C(64) << 20) /* of that in the reserve */
#define SPARE_BYTES (UINT64_C(1) << 20)
#define SPARE_CLIENT 8192u /* SPACE_LOGONS, and numbers of heartbeats */
#define SLOW_MOST 3000u

static const char *const says[] = { "all orders are taken",
	"this is an alarm only", "orders must reduce positions",
	"only cancels are taken" };

_Static_assert(sizeof(says) / sizeof(says[0]) == SPACE_HALT + 1, "one for each");

bool
space_ended(const struct trader *t)
{
	return t->short_of_space || t->space == SPACE_HALT;
}

static uint64_t
for_cancels(const struct trader *t)
{
	return (uint64_t)desk_live(t->desk) * SPACE_CANCEL;
}

static uint64_t
reserved_for_cancels(const struct trader *t)
{
	uint64_t n = for_cancels(t);

	return n < CANCELS_MOST ? n : CANCELS_MOST;
}

static uint64_t
spare(const struct trader *t)
{
	return SPARE_BYTES + (uint64_t)t->n_clients * SPARE_CLIENT;
}

bool
space_tight(const struct trader *t)
{
	return t->short_of_space && fix_journal_room(t->cfg.journal) <
	    reserved_for_cancels(t) + spare(t) / 2;
}

int64_t
space_slow(const struct trader *t, int64_t ns)
{
	uint64_t room = fix_journal_room(t->cfg.journal);
	uint64_t part = spare(t) / 4, kept = reserved_for_cancels(t) + part;
	uint64_t left = room > kept ? room - kept : 0;

	if (left < part / SLOW_MOST)
		left = part / SLOW_MOST;
	return left >= part ? ns : ns * (int64_t)(part / left);
}

static bool
reached(unsigned percent, unsigned bound, bool was)
{
	return bound != 0 && percent + (was ? STEP_BACK : 0) >= bound;
}

static enum space
step_at(const struct trader *t, unsigned percent)
{
	const struct trader_space *s = &t->cfg.space;

	if (reached(percent, s->halt, t->space >= SPACE_HALT))
		return SPACE_HALT;
	if (reached(percent, s->reducing, t->space >= SPACE_REDUCING))
		return SPACE_REDUCING;
	if (reached(percent, s->alarm, t->space >= SPACE_ALARM))
		return SPACE_ALARM;
	return SPACE_AMPLE;
}

static void
set_switch(struct trader *t, bool on)
{
	struct risk_where firm = { .kinds = 1u << RISK_SCOPE_FIRM };

	if (!on)
		(void)risk_unkill(t->risk, SWITCH);
	else if (risk_kill(t->risk, SWITCH, &firm, RISK_REDUCING,
		     "FIRM by=DISK") != 0)
		trader_fail(t, -FIX_E_NOMEM, "a kill switch");
}

/* The disk is asked when time has passed, for others fill it, too, and when we
 * have: the question costs more than an order. */
static bool
must_look(const struct trader *t, uint64_t used)
{
	return t->now.mono.ns >= t->look_at || used >= t->look_used;
}

static void
look(struct trader *t)
{
	uint64_t used = fix_journal_used(t->cfg.journal), whole, taken;
	enum space was = t->space;
	unsigned percent;

	if (!must_look(t, used))
		return;
	whole = fix_journal_whole(t->cfg.journal);
	if (t->cfg.space.max_bytes != 0 && t->cfg.space.max_bytes < whole)
		whole = t->cfg.space.max_bytes;
	t->look_at = t->now.mono.ns + LOOK_NS;
	t->look_step = whole / 256;
	t->look_used = used + t->look_step;
	taken = used + for_cancels(t) + spare(t);
	percent = taken >= whole ? 100 : (unsigned)(taken / (whole / 100 + 1));
	t->space = step_at(t, percent);
	if (t->space == was)
		return;
	if ((was >= SPACE_REDUCING) != (t->space >= SPACE_REDUCING))
		set_switch(t, t->space >= SPACE_REDUCING);
	trader_note(t, t->space > was ? LOG_L_ERROR : LOG_L_INFO, 0,
	    "%sthe journal has used, or needs for cancels, %u %% of %" PRIu64
	    " bytes: %s", t->space > was ? "alert: " : "",
	    percent, whole, says[t->space]);
}

/* By bytes, too: in a burst the journal can take a segment in a few turns. */
bool
space_due(struct trader *t)
{
	return t->prepare_in == 0 || --t->prepare_in == 0 ||
	       fix_journal_room(t->cfg.journal) <= t->prepare_room;
}

static void
set_due(struct trader *t)
{
	uint64_t room = fix_journal_room(t->cfg.journal), step = room / 2;

	if (t->look_step < step)
		step = t->look_step;
	t->prepare_in = PREPARE_TURNS;
	t->prepare_room = room - step;
}

void
space_prepare(struct trader *t)
{
	bool was = t->short_of_space;
	int rc;

	fix_journal_reserve(t->cfg.journal, reserved_for_cancels(t) + spare(t));
	rc = fix_journal_prepare(t->cfg.journal);
	FAILPOINT("J1_segment_ready");
	t->short_of_space = rc != 0;
	if (t->short_of_space && !was)
		trader_log(t, LOG_L_ERROR, "no room for the next journal "
		    "segment (%s): new orders are refused, cancels go on, with "
		    "%" PRIu64 " bytes kept for them; free space in the data "
		    "folder", fix_strerror(rc),
		    fix_journal_room(t->cfg.journal));
	else if (was && !t->short_of_space)
		trader_log(t, LOG_L_INFO, "room for the journal again: new "
		    "orders are taken");
	look(t);
	set_due(t);
}
