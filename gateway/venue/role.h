/*
 * The process of a venue that lives outside the trader.
 */
#ifndef FIXGATE_GATEWAY_VENUE_ROLE_H
#define FIXGATE_GATEWAY_VENUE_ROLE_H

#include "gateway/plan.h"

#define VENUE_LINK_FD 3 /* where a program of its own finds its link */

/** Are the settings of venues outside good? Faults are told. */
bool venue_check(const struct plan *p);
/** Does this [VENUE] have a process of its own? */
bool venue_outside(const struct conf_section *s);
/** The first record on the link of a venue of Type=process: its settings,
 * secrets included. To be written on the trader's end of a fresh link; for
 * other types nothing is. */
void venue_settings(const struct plan *p, const char *name, int fd);
/** Be that venue, its link is fd, until the link or SIGTERM ends it.
 * @return an exit status */
int role_venue(const struct plan *p, const char *name, int fd);

#endif
