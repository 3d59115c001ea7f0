/* What a gateway knows, seen from outside: its tables with the journal's tail
 * laid over them. The gateway may run or not, and notices nothing. */
#ifndef FIXGATE_GATEWAY_CLI_VIEW_H
#define FIXGATE_GATEWAY_CLI_VIEW_H

#include "gateway/cli/options.h"
#include "gateway/order/order.h"
#include "gateway/trader/records.h"

struct view {
	struct fix_store *store; /* in memory */
	uint64_t tables_at;      /* journal number that the tables had reached */
	uint64_t journal_at;     /* and the last one in the journal */
	bool running;            /* the gateway answers on its control socket */
};

/** @return 0; with a complaint: -FIX_E_NOTFOUND (never ran), the store's or
 * the journal's error */
int view_open(struct view *v, const struct gateway_paths *g) FIX_MUST_CHECK;
void view_close(struct view *v);

/** Session number of "3", "CLIENT44" or "FIX.4.4:FIXGATE->CLIENT44".
 * @return 0: there is none */
uint32_t view_session(const struct view *v, const char *name);
/** Its row. @return true, false: unknown */
bool view_session_row(const struct view *v, uint32_t number,
    struct rec_session *out);
/** Peer's CompID of a session for a column; number when unknown. */
void view_session_name(const struct view *v, uint32_t number, char *out,
    size_t cap);
/** Orders in the order of their numbers; fn returns non-zero to stop. */
int view_orders(const struct view *v, int (*fn)(void *arg,
    const struct order *o), void *arg);

/** Does a gateway answer on the control socket? @return its fd, -1: no */
int view_dial(const struct gateway_paths *g);

#endif
