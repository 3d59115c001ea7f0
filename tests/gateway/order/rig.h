/*
 * A desk on a bench: real risk, a venue that only writes down what it is sent,
 * a store in memory, and a judge that checks every report against the rules
 * that hold for all reports (order state, invariants).
 */
#ifndef TESTS_GATEWAY_ORDER_RIG_H
#define TESTS_GATEWAY_ORDER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/order/order.h"
#include "gateway/memory.h"

#define RIG_TEXT 256
#define RIG_SESSIONS 3 /* 3 is strict and may replace what is filled */

struct sent { /* what the venue got */
	char kind; /* D F G H */
	char id[VENUE_ID_MAX + 1], orig[VENUE_ID_MAX + 1];
	char venue_order_id[VENUE_ID_MAX + 1];
	char account[RISK_ID_MAX + 1], symbol[RISK_ID_MAX + 1];
	int64_t qty_e8, price_e8, stop_e8;
	struct venue_rare rare;
	char currency[VENUE_CURRENCY_MAX + 1];
};

struct told { /* a report, copied */
	struct fix_exec e; /* its spans are stale: use the texts */
	uint32_t session;
	char order_id[80], id[80], orig[80], exec[80], ref[80];
	char account[80], symbol[80], req_id[80], text[RIG_TEXT];
	char parties[80];
};

struct part { /* the judge's own book of an execution */
	char exec[32];
	int64_t qty_e8, px_e8;
	bool live;
};

struct judged { /* an order as its reports show it */
	char order_id[32], symbol[RISK_ID_MAX + 1];
	struct part *parts;
	unsigned n_parts;
	int64_t cum_e8;
	char last_status;
};

struct rig {
	struct venue venue; /* first: the ops get it back */
	struct venue second;
	struct desk *desk;
	struct risk *risk;
	enum fix_version version;
	bool no_pending, judge_off, trace; /* DESK_TRACE: print all */
	struct fix_now now;
	uint64_t incarnation;
	unsigned node; /* of ids, from the next restart on */
	bool refuse_sends; /* up, but a send fails */
	struct sent *sent;
	unsigned n_sent, sent_seen;
	struct told *told;
	unsigned n_told, told_seen;
	unsigned n_shown; /* to drop copies alone */
	char shown_type;  /* ExecType of the last of them */
	char (*alerts)[RIG_TEXT];
	unsigned n_alerts, alerts_seen;
	char (*said)[RIG_TEXT]; /* other messages: "r 11=X|..." */
	unsigned n_said;
	struct hmap kept;     /* (table, key) -> value */
	unsigned n_kept;
	struct judged *judged;
	unsigned n_judged;
	struct hmap exec_ids; /* every ExecID ever told */
};

struct rig *rig_new(enum fix_version v);
void rig_free(struct rig *r);
/** Die and come back from what was kept. */
void rig_restart(struct rig *r);
/** The same, with a venue that says that all is as we have it: nobody may
 * notice. */
void rig_die_and_return(struct rig *r);
/** The same, but desk_start() is left to the test. */
void rig_before_start(struct rig *r);
/** Another desk from the same pairs. */
struct rig *rig_twin(struct rig *r);
void rig_request(struct rig *r, uint32_t session, const struct fix_order *o,
    bool poss_dup);
void rig_event(struct rig *r, const struct venue_event *e);
void rig_pass(struct rig *r, int64_t ns); /* time passes, desk_tick() */
void rig_forget_seen(struct rig *r); /* drop what was captured */
/** Does the report break an invariant (order state, section 2)? Then fail. */
void judge(struct rig *r, const struct told *t);
void judge_free(struct rig *r);
void *rig_grown(void *p, unsigned n, size_t size); /* room for an n-th */
/** ExecType as 4.4 has it, whatever the face. */
char rig_execution(const struct rig *r, const struct told *t);
/** A report as scripts write it: "8 Y,X 6/6 100 0 100". */
void rig_show(const struct rig *r, const struct told *t, char out[RIG_TEXT]);
void rig_whole(char *out, size_t cap, int64_t e8); /* append a number */
struct fix_dec rig_dec(int64_t e8);
/** Sums of open quantity at risk, and as the orders add up; equal or fail. */
void rig_check_holds(const struct rig *r);
/** Are the same orders, ids and positions kept? (Executions hold ExecIDs of
 * ours, which count up from each start.) */
void rig_same_orders(struct rig *a, struct rig *b);

#endif
