/*
 * Stale limits: those that nobody has set anew for LimitMaxAge days, and
 * those of which less than a hundredth was used for LimitIdleDays. They are told
 * once a day and named on request; they refuse no order.
 *
 * Of the firm's own limits: what others set is theirs to look through. A limit
 * counts from when it was first seen as it stands, by a hash of its text, so a
 * restart and a reload of the same settings make nothing younger. Its use counts
 * from when its own number was set.
 *
 * Rows of FIX_TAB_CONTROL: "limita KIND ID", a struct risk_stale.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/trader/command.h"
#include "gateway/trader/limits_stale.h"
#include "risk/stale.h"

static const char *const names[RISK_N_USE] = { [RISK_M_LONG] = "MaxLong",
	[RISK_M_SHORT] = "MaxShort", [RISK_M_OPEN] = "MaxOpenOrders",
	[RISK_M_NOTIONAL] = "MaxOpenNotional", [RISK_USE_QTY] = "MaxOrderQty",
	[RISK_USE_ORDER_NOTIONAL] = "MaxOrderNotional" };

static int64_t
today(const struct trader *t)
{
	return t->now.utc.ns / FIX_DAY;
}

static struct fix_span
row_key(enum risk_scope kind, const char *id, char out[64])
{
	snprintf(out, 64, "limita %d %s", (int)kind, id);
	return fix_span_of(out);
}

static void
keep(struct trader *t, enum risk_scope kind, const char *id,
    const struct risk_stale *s)
{
	struct fix_span v = { (const uint8_t *)s, sizeof(*s) };
	char key[64];

	trader_keep(t, FIX_TAB_CONTROL, 0, row_key(kind, id, key), v);
}

/* Never 0, which is what nobody has looked at. */
static uint64_t
mark_of(const struct limit_set *set)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
	char text[LIMIT_SET_TEXT];
	size_t n = limit_set_text(set, text);

	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)text[i]) * UINT64_C(0x100000001b3);
	return h | 1;
}

static int64_t
limit_of(const struct risk_limits *l, unsigned use)
{
	switch (use) {
	case RISK_M_LONG:
		return l->max_long_e8;
	case RISK_M_SHORT:
		return l->max_short_e8;
	case RISK_M_OPEN:
		return l->max_open_orders;
	case RISK_M_NOTIONAL:
		return l->max_open_notional_e8;
	case RISK_USE_QTY:
		return l->max_order_qty_e8;
	default:
		return l->max_order_notional_e8;
	}
}

/* What it was when the gateway ended; live orders that came back are used by now. */
static void
load(struct trader *t, enum risk_scope kind, const char *id,
    struct risk_stale *s)
{
	struct risk_stale kept;
	char key[64];

	if (fix_store_get(t->cfg.store, FIX_TAB_CONTROL,
		row_key(kind, id, key), &kept, sizeof(kept)) !=
	    (ssize_t)sizeof(kept))
		return;
	for (unsigned i = 0; i < RISK_N_USE; i++)
		if (kept.used_day[i] < s->used_day[i])
			kept.used_day[i] = s->used_day[i];
	*s = kept;
}

static void
look(void *arg, enum risk_scope kind, const char *id, struct risk_stale *s)
{
	struct trader *t = arg;
	struct limit_set set = limit_set_of(t->risk, kind, id);
	uint64_t mark = mark_of(&set);

	if (s->mark == 0)
		load(t, kind, id, s);
	if (s->mark == mark)
		return;
	s->mark = mark;
	s->since_day = today(t);
	for (unsigned i = 0; i < RISK_N_USE; i++) {
		if (s->limit[i] == limit_of(&set.limits, i))
			continue;
		s->limit[i] = limit_of(&set.limits, i);
		s->used_day[i] = s->since_day;
	}
	keep(t, kind, id, s);
}

void
stale_look(struct trader *t)
{
	t->limits.looked = true;
	risk_each_limited(t->risk, look, t);
}

void
stale_set(struct trader *t, enum risk_scope kind, const char *id)
{
	struct risk_stale *s = risk_stale_of(t->risk, kind, id);

	if (s != NULL && t->limits.looked)
		look(t, kind, id, s);
}

void
stale_keep(struct trader *t)
{
	const struct risk_stale *s;
	enum risk_scope kind;
	const char *id;

	while (t->limits.looked && risk_stale_next(t->risk, &kind, &id, &s))
		keep(t, kind, id, s);
}

/* ----- the report ----- */

struct report {
	struct trader *t;
	struct answer *a; /* NULL: only counted */
	unsigned n;
};

/* key NULL: all limits of the scope */
static void
say(struct report *r, enum risk_scope kind, const char *id, const char *key,
    const char *value, int64_t days)
{
	const struct client *c = NULL;
	const char *name = id;

	r->n++;
	if (r->a == NULL)
		return;
	if (kind == RISK_SCOPE_SESSION)
		c = client_numbered(r->t, (uint32_t)strtoul(id, NULL, 10));
	if (c != NULL)
		name = c->id;
	if (!r->a->json) {
		command_say(r->a, "%s%s%s", risk_scope_name(kind),
		    *name != '\0' ? " " : "", name);
		if (key == NULL)
			command_say(r->a, ": set %" PRId64 " days ago\n", days);
		else
			command_say(r->a, ": less than 1 %% of %s=%s was used "
			    "for %" PRId64 " days\n", key, value, days);
		return;
	}
	command_say(r->a, "%s{\"scope\":\"%s\",\"id\":", r->n > 1 ? "," : "",
	    risk_scope_name(kind));
	command_json(r->a, name);
	command_say(r->a, ",\"days\":%" PRId64, days);
	if (key != NULL)
		command_say(r->a, ",\"limit\":\"%s\",\"value\":\"%s\"", key,
		    value);
	command_say(r->a, "}");
}

static void
judge(void *arg, enum risk_scope kind, const char *id, struct risk_stale *s)
{
	struct report *r = arg;
	int64_t most = r->t->cfg.limit_max_days, day = today(r->t);
	struct limit_set set = limit_set_of(r->t->risk, kind, id);
	char value[LIMIT_TEXT_MAX];

	if (most > 0 && day - s->since_day > most)
		say(r, kind, id, NULL, NULL, day - s->since_day);
	most = r->t->cfg.limit_idle_days;
	for (unsigned i = 0; most > 0 && set.limited && i < RISK_N_USE; i++) {
		int64_t limit = limit_of(&set.limits, i);
		bool counted = kind < RISK_SCOPE_SESSION || i >= RISK_USE_QTY;

		if (!counted || limit == 0 || limit == RISK_UNLIMITED ||
		    day - s->used_day[i] < most)
			continue;
		limit_key_text(&set, limit_key_named(names[i]), value);
		say(r, kind, id, names[i], value, day - s->used_day[i]);
	}
}

void
stale_tick(struct trader *t)
{
	struct report r = { .t = t };

	if (t->limits.stale_day == today(t) || !t->limits.looked)
		return;
	t->limits.stale_day = today(t);
	risk_stale_day(t->risk, t->now.utc);
	risk_each_limited(t->risk, judge, &r);
	if (r.n > 0)
		trader_note(t, LOG_L_WARN, 0, "alert: %u limits are stale, too "
		    "old or hardly used: 'fixgate risk stale' names them", r.n);
}

int64_t
stale_due(const struct trader *t)
{
	return (today(t) + 1) * FIX_DAY;
}

void
limits_stale(struct trader *t, struct answer *a, const struct words *w)
{
	struct report r = { .t = t, .a = a };

	(void)w;
	risk_stale_day(t->risk, t->now.utc);
	command_say(a, a->json ? "{\"stale\":[" : "");
	risk_each_limited(t->risk, judge, &r);
	command_say(a, a->json ? "]}\n" : r.n == 0 ? "no stale limits\n" : "");
}
