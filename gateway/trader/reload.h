/*
 * SIGHUP: reading the settings again while orders are under way.
 *
 * A part that can change adds a row to the table in reload.c. It gets settings
 * that were read and checked without a fault.
 */
#ifndef FIXGATE_GATEWAY_TRADER_RELOAD_H
#define FIXGATE_GATEWAY_TRADER_RELOAD_H

#include "gateway/plan.h"
#include "gateway/trader/loop.h"

struct reload {
	struct plan *plan; /* of the start; borrowed, as all below */
	struct risk *risk;
	struct trader *trader;
	struct loop *loop;
	struct plan *fresh; /* owned: the newest that was taken, NULL: none */
	unsigned n;         /* reloads so far */
};

/** Read the settings file again; every part takes what is its own, or, where
 * the file has a fault, nothing changes and the log says so. Between two turns
 * only. What a part keeps of the fresh plan is good until the next reload has
 * called the part again. */
void reload_settings(struct reload *r);
/** At a start, all set up: limits that the file loosens against those in force
 * when the gateway ended wait, too. @return false, with a log line */
bool reload_compare(struct trader *t, const struct plan *p) FIX_MUST_CHECK;
/** After the loop and the trader are gone. */
void reload_free(struct reload *r);
/** Index in fresh of session or template i of the start, found by its whole id.
 * @return setup_all(fresh->setup): it is not there any more */
uint32_t reload_session(const struct reload *r, const struct plan *fresh,
    uint32_t i);

#endif
