/*
 * How far limits are used, for people: what nears a limit, and what is beyond one.
 */
#ifndef FIXGATE_RISK_ALERT_H
#define FIXGATE_RISK_ALERT_H

#include "risk/risk.h"

/* A limit that is used to 70, 90 or 100 percent (>=), told once; taken back at 5
 * percent less. The first four are of limits, the others of rules; of several
 * that are broken the first is named. */
enum risk_measure { RISK_M_LONG, RISK_M_SHORT, RISK_M_OPEN, RISK_M_NOTIONAL,
	RISK_M_GROSS, RISK_M_TURNOVER, RISK_M_BOUGHT, RISK_M_SOLD,
	RISK_M_TRADED, RISK_M_CREDIT, RISK_M_NET,
	RISK_M_LOSS, RISK_M_REDUCING, RISK_M_DRAWDOWN, /* never breached */
	RISK_N_MEASURE };
const char *risk_measure_name(enum risk_measure m);
/** Its key in the settings, "MaxLong". */
const char *risk_measure_key(enum risk_measure m);

struct risk_alert {
	enum risk_scope kind;      /* whose limit */
	const char *id, *account, *symbol; /* by which order or execution */
	enum risk_measure measure;
	unsigned percent;
	bool raised;               /* false: it is taken back */
	int64_t used, limit;       /* in 10^-8; of open orders, their number */
};
/** Tell alerts from now on. */
void risk_watch(struct risk *r);
/** The next, oldest first; names live as long as r. @return false: none */
bool risk_alert_next(struct risk *r, struct risk_alert *a);

/*
 * Use beyond a limit, since that was cut or a venue has done more than was asked
 * of it: live orders stay, and as long as it is so orders of the scope pass that
 * can't raise the worst side of the account in their symbol, and no others.
 * Found when limits are set, and after each event, before the next decision.
 */
struct risk_breach {
	enum risk_scope kind;
	const char *id;
	bool over; /* false: it is breached no more; what follows is empty */
	enum risk_measure measure;
	const char *account, *symbol; /* where; live as long as r */
	int64_t used, limit; /* in 10^-8; of open orders, their number */
};
/** Is it? *b: where.
 * @return false: all is within its limits */
bool risk_breached(struct risk *r, enum risk_scope kind, const char *id,
    struct risk_breach *b);
/** The next scope that is breached, or is not any more, since this was last
 * asked. Ask when an event is over: within an execution the position has moved
 * and the reservation has not. @return false: none */
bool risk_breach_next(struct risk *r, struct risk_breach *b);
/** Would it help to cancel this live order? Then it counts as canceled for the
 * rest of this run; runs have rising numbers from 1. Ask newest first. */
bool risk_excess(struct risk *r, enum risk_scope kind, const char *id,
    const struct risk_order *o, struct risk_hold hold, uint64_t run);

#endif
