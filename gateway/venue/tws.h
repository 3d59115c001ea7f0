/*
 * Interactive Brokers, through TWS or IB Gateway, as a venue's process.
 */
#ifndef FIXGATE_GATEWAY_VENUE_TWS_H
#define FIXGATE_GATEWAY_VENUE_TWS_H

#include "gateway/settings/conf.h"

/** Be that venue, over the link fd, until it ends or SIGTERM comes.
 * @return an exit status */
int tws_run(const struct conf_section *s, int fd);

#endif
