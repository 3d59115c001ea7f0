/*
 * Order state scenarios as text. A line is one of
 *
 *   > D X 100 [opts]    client sends; F Y,X and G Y,X 120 and H X likewise
 *   V what [args]       the venue says; V ack, V fill 20 @110 =LABEL, ...
 *   < 8 Y,X 6/6 100 0 100 [x] [tag=value]   a report must have come
 *   < 9 Y,X 0 0/1       an OrderCancelReject: 39, 102/434
 *   = F                 the venue must have got this; = - nothing more
 *   = D 100 111=5       and with this: 18 77 99 110 111 152 211 836
 *   K J:01 111:2        the venue takes these kinds of orders
 *   ! words             an alert that holds these words must have come
 *   T 6                 seconds pass
 *   R                   die and come back
 *
 * in front of which "42|", "44|", "50|" or "4+|" say for which versions it
 * holds. ExecType is written as in 4.4; quantities are whole, prices 10 unless
 * said. Every report and every alert must be expected.
 */
#ifndef TESTS_GATEWAY_ORDER_SCRIPT_H
#define TESTS_GATEWAY_ORDER_SCRIPT_H

#include "tests/gateway/order/rig.h"

/** Run it, fail the test at the first line that does not hold. */
void script_run(struct rig *r, const char *text);
/** The same with a death and return before every line of client or venue,
 * which the client may not notice. */
void script_run_restarting(struct rig *r, const char *text);
/** Take up a word of a request. @return false: it is no field */
bool script_field(struct fix_order *o, const char *w);
/** A field that few orders have, of a report or as the venue got it, as text; "0"
 * of a number that is not there. @return false: no such field */
bool script_told(const struct fix_exec *e, int tag, char out[40]);
bool script_sent(const struct sent *s, int tag, char out[40]);
/** Can a script be run like that? Not if it is about lost connections. */
bool script_may_restart(const char *text);

/* A limit order to buy at 10. */
static inline struct fix_order
plain(const char *id, int64_t qty)
{
	struct fix_order o = { .kind = 'D',
		.has = FIX_OH_ORDER_QTY | FIX_OH_PRICE,
		.cl_ord_id = fix_span_of(id),
		.symbol = fix_span_of("ABC"),
		.side = '1',
		.ord_type = '2',
		.order_qty = { qty, 0 },
		.price = { 10, 0 } };

	return o;
}

#endif
