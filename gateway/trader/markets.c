/*
 * When symbols trade: their schedules become intervals for risk.
 *
 * Risk is told the interval that holds the moment, or the next one. All are
 * looked at before the first order behind the next edge of any of them, or
 * when the clock has been set back; between edges an order costs two
 * comparisons. No venue tells its phases, so the calendar decides.
 */
#include "gateway/trader/inside.h"

#include <stdlib.h>

static const struct risk_hours always = { { INT64_MIN }, { INT64_MAX }, 0 };
static const struct risk_hours never = { { INT64_MIN }, { INT64_MIN }, 0 };

static struct risk_hours
hours_of(const struct trader_market *m, struct fix_utc now)
{
	struct risk_hours h = never;
	struct fix_interval v;

	if (fix_schedule_window(&m->schedule, now, &v))
		h = (struct risk_hours){ v.start, v.end, 0 };
	h.queued = m->queued;
	return h;
}

/* The scope has been there since trader_set_markets(): no memory is needed. */
static void
tell(struct trader *t, const struct trader_market *m, struct risk_hours h)
{
	if (risk_set_hours(t->risk, m->kind, m->id, &h) != 0)
		trader_fail(t, -FIX_E_NOMEM, "trading hours");
}

void
markets_look(struct trader *t)
{
	struct markets *k = &t->markets;
	int64_t now = t->now.utc.ns, edge;

	if (k->n == 0 || (now >= k->looked_ns && now < k->due_ns))
		return;
	k->looked_ns = now;
	k->due_ns = now + FIX_DAY;
	for (unsigned i = 0; i < k->n; i++) {
		struct risk_hours h = hours_of(&k->of[i], t->now.utc);

		edge = h.from.ns > now ? h.from.ns : h.until.ns;
		if (edge > now && edge < k->due_ns)
			k->due_ns = edge;
		tell(t, &k->of[i], h);
	}
}

void
markets_free(struct trader *t)
{
	for (unsigned i = 0; i < t->markets.n; i++)
		fix_schedule_drop(&t->markets.of[i].schedule);
	free(t->markets.of);
	t->markets = (struct markets){ 0 };
}

int
trader_set_markets(
    struct trader *t, const struct trader_market *m, unsigned n)
{
	struct trader_market *of = calloc(n + 1, sizeof(*of));
	int rc = of == NULL ? -FIX_E_NOMEM : 0;

	for (unsigned i = 0; i < t->markets.n && rc == 0; i++)
		tell(t, &t->markets.of[i], always);
	for (unsigned i = 0; i < n && rc == 0; i++)
		rc = risk_set_hours(t->risk, m[i].kind, m[i].id, &never);
	if (rc != 0) {
		free(of);
		return rc;
	}
	markets_free(t);
	for (unsigned i = 0; i < n; i++) {
		of[i] = m[i];
		fix_schedule_hold(&of[i].schedule, &m[i].schedule);
	}
	t->markets.of = of;
	t->markets.n = n;
	return 0;
}
