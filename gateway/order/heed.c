/*
 * What risk has to say once an event is over: losses that halt a scope, use that
 * nears a limit, use beyond one. Operators are told of all, and the orders of
 * what is halted are canceled.
 */
#include "gateway/order/desk.h"

#include <stdio.h>

#include "risk/alert.h"

static void
tell_breach(struct desk *d, const struct risk_breach *b)
{
	const char *gap = b->id[0] == '\0' ? "" : " ";
	char text[300];
	bool turnover = b->measure >= RISK_M_TURNOVER &&
	    b->measure <= RISK_M_TRADED;

	if (b->over)
		snprintf(text, sizeof(text), "%s%s%s: the %s of account %s, "
		    "symbol %s is %lld of %lld (%s), %s",
		    risk_scope_name(b->kind), gap, b->id,
		    risk_measure_name(b->measure), b->account, b->symbol,
		    (long long)b->used, (long long)b->limit,
		    b->measure == RISK_M_OPEN ? "orders" : "10^-8",
		    turnover ? "nothing passes that raises it" :
		    "only what reduces passes");
	else
		snprintf(text, sizeof(text), "%s%s%s is within its limits",
		    risk_scope_name(b->kind), gap, b->id);
	if (d->ops.breached != NULL)
		d->ops.breached(d->ops.arg, b->over, text);
	else
		desk_alert(d, "breached%s: %s", b->over ? "" : " no more", text);
}

void
desk_tell_risk(struct desk *d)
{
	struct risk_alert a;
	struct risk_breach b;

	while (risk_alert_next(d->cfg.risk, &a))
		desk_alert(d, "%s %s%s%s is %s %u %% of its limit: %lld of %lld "
		    "(%s), account %s, symbol %s",
		    risk_measure_name(a.measure), risk_scope_name(a.kind),
		    a.id[0] == '\0' ? "" : " ", a.id,
		    a.raised ? "at" : "below", a.percent, (long long)a.used,
		    (long long)a.limit,
		    a.measure == RISK_M_OPEN ? "orders" : "10^-8", a.account,
		    a.symbol);
	while (risk_breach_next(d->cfg.risk, &b))
		tell_breach(d, &b);
}

/* Losses that an execution or a price has made may have halted a scope. */
void
desk_follow_risk(struct desk *d, struct fix_now now)
{
	enum risk_scope kind;
	const char *id;

	while (risk_tripped(d->cfg.risk, &kind, &id)) {
		desk_keep_risk(d);
		desk_alert(d, "losses halt %s %s until a person re-arms it: "
		    "its orders are canceled", risk_scope_name(kind), id);
		if (d->ops.tripped != NULL)
			d->ops.tripped(d->ops.arg, kind, id);
		else
			desk_cancel_all(d, kind, id, now);
	}
	desk_tell_risk(d);
	desk_keep_risk(d);
}
