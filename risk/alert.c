/*
 * How far limits are used: told at 70, 90 and 100 percent, once each, and taken
 * back 5 percent lower, so that a use that swings round a level is one alert
 * and not a hundred. Compared as products, so a limit of 0 divides nothing.
 *
 * Looked at when limits change, and after each event: before the next decision,
 * or when the caller asks what there is to tell, whichever is first. Not within
 * it, since an execution moves a position first and the reservation then, and in
 * between both count. Alerts wait in a ring for the caller; should it be full, the
 * oldest are lost, never the newest.
 */
#include "risk/inside.h"

#define RING (sizeof(((struct risk *)0)->alerts) / sizeof(struct risk_alert))
#define BACK 5 /* percent below a level where it is taken back */

static const unsigned percents[] = { 0, 70, 90, 100 };
#define TOP 3

void
risk_watch(struct risk *r)
{
	r->watched = true;
}

const char *
risk_measure_name(enum risk_measure m)
{
	static const char *const names[RISK_N_MEASURE] = { "long position",
		"short position", "open orders", "open notional", "gross value",
		"turnover", "value bought", "value sold", "traded quantity",
		"buying power", "net value", "loss", "loss that reduces",
		"drawdown" };

	return names[m];
}

const char *
risk_measure_key(enum risk_measure m)
{
	static const char *const keys[RISK_N_MEASURE] = { "MaxLong", "MaxShort",
		"MaxOpenOrders", "MaxOpenNotional", "MaxGross", "MaxTurnover",
		"MaxBought", "MaxSold", "MaxTradedQty", "Credit", "MaxNet",
		"MaxLoss", "ReducingLoss", "MaxDrawdown" };

	return keys[m];
}

static bool
used_to(wide used, int64_t limit, unsigned percent)
{
	return used > 0 && used * 100 >= wide_of(limit) * percent;
}

static void
tell(struct holding *h, enum risk_scope k, enum risk_measure m,
    unsigned level, bool raised, wide used, int64_t limit)
{
	struct risk *r = h->r;
	struct risk_alert *a;

	if (r->n_alert == RING) {
		r->first_alert = (r->first_alert + 1) % RING;
		r->n_alert--;
	}
	a = &r->alerts[(r->first_alert + r->n_alert++) % RING];
	*a = (struct risk_alert){ .kind = k,
		.id = owner_of(h, k)->id,
		.account = h->account->id,
		.symbol = h->symbol->id,
		.measure = m,
		.percent = percents[level],
		.raised = raised,
		.used = clamp(used),
		.limit = limit };
}

static void
look(struct holding *h, enum risk_scope k, enum risk_measure m, uint8_t *level,
    wide used, int64_t limit)
{
	unsigned was = *level, is = was, i;

	if (limit == RISK_UNLIMITED)
		limit = INT64_MAX;
	for (i = TOP; i > is; i--)
		if (used_to(used, limit, percents[i]))
			is = i;
	while (is > 0 && is == was && !used_to(used, limit,
	    percents[is] - BACK))
		was = --is;
	if (is > *level)
		tell(h, k, m, is, true, used, limit);
	else if (is < *level)
		tell(h, k, m, is + 1, false, used, limit);
	*level = (uint8_t)is;
}

static void
look_rules(struct holding *h, const struct scope *s)
{
	uint8_t *levels = h->orders[s->kind]->alert[s->kind];
	int64_t limit;
	unsigned m;
	wide used;

	for (m = RISK_M_GROSS; m < RISK_N_MEASURE; m++)
		if ((s->measured >> m & 1) != 0 &&
		    used_get(h, s, (enum risk_measure)m, &used, &limit))
			look(h, s->kind, (enum risk_measure)m, &levels[m],
			    used, limit);
}

void
alert_look(struct holding *h)
{
	const struct scope *s;
	struct use *p, *o;
	unsigned k;

	for (k = 0; k < RISK_N_USED; k++) {
		enum risk_scope kind = (enum risk_scope)k;

		s = owner_of(h, kind);
		if (s != NULL && s->measured != 0)
			look_rules(h, s);
		if (s == NULL || !s->limited)
			continue;
		p = h->position[k];
		o = h->orders[k];
		look(h, kind, RISK_M_LONG, &p->alert[k][RISK_M_LONG],
		    p->long_e8, s->limits.max_long_e8);
		look(h, kind, RISK_M_SHORT, &p->alert[k][RISK_M_SHORT],
		    p->short_e8, s->limits.max_short_e8);
		look(h, kind, RISK_M_OPEN, &o->alert[k][RISK_M_OPEN], o->open,
		    s->limits.max_open_orders);
		look(h, kind, RISK_M_NOTIONAL, &o->alert[k][RISK_M_NOTIONAL],
		    o->buy_e8 > o->sell_e8 ? o->buy_e8 : o->sell_e8,
		    s->limits.max_open_notional_e8);
	}
}

void
use_moved(struct holding *h)
{
	h->r->held = true;
	if (h->unseen)
		return;
	h->unseen = true;
	h->next_unseen = NULL;
	*h->r->last_unseen = h;
	h->r->last_unseen = &h->next_unseen;
}

void
use_look(struct risk *r)
{
	struct holding *h;

	while ((h = r->first_unseen) != NULL) {
		r->first_unseen = h->next_unseen;
		h->unseen = false;
		if (r->watched)
			alert_look(h);
		breach_moved(h);
		stale_note_use(h);
	}
	r->last_unseen = &r->first_unseen;
}

bool
risk_alert_next(struct risk *r, struct risk_alert *a)
{
	use_look(r);
	if (r->n_alert == 0)
		return false;
	*a = r->alerts[r->first_alert];
	r->first_alert = (r->first_alert + 1) % RING;
	r->n_alert--;
	return true;
}
