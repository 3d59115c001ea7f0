/*
 * How good the time of records is.
 *
 * In: the kernel's word on its clock, adjtimex(2), which it has from chrony, ntpd
 * or ptp4l; and how the wall clock moves against the monotonic one. Out: a CLOCK
 * record at the start, every ten seconds, and at once when the clock was set by
 * more than a slew explains; an alert when the kernel's own bound of the error is
 * over MaxClockError, once until it is well again.
 *
 * Nothing here changes time: sessions' timers run on the monotonic clock, and
 * records are ordered by their numbers.
 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/timex.h>

#include "gateway/trader/loop_int.h"
#include "gateway/trader/records.h"

#define EVERY_NS (10 * FIX_SEC)
#define STEP_NS (50 * FIX_MSEC)
#define SLEW 10 /* a tenth of the time that went by: chrony slews by up to that */

static int64_t
step_of(struct loop *l)
{
	struct clock_watch *w = &l->clock;
	int64_t apart = l->now.utc.ns - l->now.mono.ns;
	int64_t step = apart - w->apart_ns;
	int64_t slew = STEP_NS + (l->now.mono.ns - w->seen_ns) / SLEW;

	w->apart_ns = apart;
	w->seen_ns = l->now.mono.ns;
	return w->due_ns == 0 || (step < slew && step > -slew) ? 0 : step;
}

static uint32_t
leap_of(int state)
{
	switch (state) {
	case TIME_INS:
		return 1;
	case TIME_DEL:
		return 2;
	case TIME_OOP:
		return 3;
	default:
		return 0;
	}
}

static struct rec_clock
ask_kernel(void)
{
	struct timex t = { 0 };
	int state = adjtimex(&t);
	int64_t unit = (t.status & STA_NANO) != 0 ? 1 : FIX_USEC;

	return (struct rec_clock){ .offset_ns = t.offset * unit,
		.error_ns = t.esterror * FIX_USEC,
		.max_error_ns = t.maxerror * FIX_USEC,
		.synchronised =
		    state >= 0 && state != TIME_ERROR && (t.status & STA_UNSYNC) == 0,
		.leap = leap_of(state) };
}

/* What a person should know of it. @return NULL: nothing */
static const char *
alert_of(struct loop *l, struct rec_clock *c, char out[200])
{
	int64_t limit = l->cfg.max_clock_error_ns, step = c->step_ns;
	bool was = l->clock.bad;

	c->bad = limit > 0 && (c->synchronised == 0 || c->max_error_ns > limit);
	l->clock.bad = c->bad != 0;
	if (step != 0)
		snprintf(out, 200, "the clock was set %s by %" PRId64 " ms; "
		    "records are in the order of their numbers",
		    step > 0 ? "forward" : "back",
		    (step > 0 ? step : -step) / FIX_MSEC);
	else if (l->clock.bad && !was)
		snprintf(out, 200, "the clock may be wrong by %" PRId64 " us%s, "
		    "and MaxClockError is %" PRId64, c->max_error_ns / FIX_USEC,
		    c->synchronised ? "" : " and nothing disciplines it",
		    limit / FIX_USEC);
	else if (was && !l->clock.bad)
		snprintf(out, 200, "the clock is within MaxClockError again");
	else
		return NULL;
	return out;
}

void
clock_watch(struct loop *l)
{
	int64_t step = step_of(l);
	struct rec_clock c;
	char text[200];

	if (step == 0 && l->now.mono.ns < l->clock.due_ns)
		return;
	c = ask_kernel();
	c.step_ns = step;
	trader_clock(l->trader, &c, alert_of(l, &c, text), l->now);
	l->clock.due_ns = l->now.mono.ns + EVERY_NS;
}

struct fix_mono
clock_deadline(const struct loop *l)
{
	return (struct fix_mono){ l->clock.due_ns };
}
