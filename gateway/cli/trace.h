/* The way of an order through the gateway, read back from its journal. */
#ifndef FIXGATE_GATEWAY_CLI_TRACE_H
#define FIXGATE_GATEWAY_CLI_TRACE_H

#include "gateway/cli/show.h"
#include "gateway/cli/view.h"

#define TRACE_ORDERS_MAX 100 /* orders that one id may stand for */

enum trace_stage {
	TRACE_CLIENT,    /* what the client sent */
	TRACE_RISK,      /* taken or refused */
	TRACE_VENUE,     /* what went to the venue, and what it made of it */
	TRACE_EXECUTION, /* what the venue executed */
	TRACE_REPORT,    /* what the client was told */
	TRACE_DROP_COPY, /* what others were told */
	TRACE_N_STAGE
};

struct trace_id { /* a ClOrdID of the client's */
	char text[ORDER_CLORDID_MAX + 1];
};

struct trace_order {
	uint64_t number;
	uint32_t session;
	char order_id[ORDER_ID_MAX + 1];
	struct trace_id *ids;
	size_t n_ids, cap_ids;
};

struct trace {
	const struct view *view;
	struct fix_disk *disk;      /* the journal's */
	const struct conf *conf;    /* names of venues; NULL: numbers */
	struct show sh;
	const char *id;             /* asked for */
	char order_id[ORDER_ID_MAX + 1]; /* of the report with this ExecID */
	struct trace_order orders[TRACE_ORDERS_MAX];
	unsigned n_orders;
	bool more;                  /* than TRACE_ORDERS_MAX */
	uint64_t first;             /* record that the journal begins with */
};

/** Which orders does t->id stand for, and which ClOrdIDs had they?
 * @return 0, or a negative error that was told */
int trace_find(struct trace *t) FIX_MUST_CHECK;
void trace_done(struct trace *t);
/** Each committed record of the journal. fn returns non-zero to stop.
 * @return 0, what fn returned, or a negative error that was told */
int trace_walk(const struct trace *t, int (*fn)(void *arg,
    const struct fix_rec *r), void *arg) FIX_MUST_CHECK;
/** A pair that a record keeps. @return false: the record is of another kind */
bool trace_pair(const struct fix_rec *r, enum fix_table *table,
    struct fix_span *key, struct fix_span *value);
bool trace_has_id(const struct trace_order *o, struct fix_span id);
/** Print the steps of an order; json NULL: as lines. @return 0, or a negative
 * error that was told */
int trace_print(struct trace *t, const struct trace_order *o, json_t *json)
    FIX_MUST_CHECK;

#endif
