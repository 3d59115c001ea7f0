/*
 * OANDA v20 as a venue's process: REST for orders, a stream of transactions for
 * what happens to them, a stream of prices.
 */
#ifndef FIXGATE_GATEWAY_VENUE_OANDA_H
#define FIXGATE_GATEWAY_VENUE_OANDA_H

#include "gateway/settings/conf.h"

/** Check the section. Faults are told to its sink. */
void oanda_check_settings(const struct conf_section *s);
/** Be that venue, over the link fd, until it ends or SIGTERM comes.
 * @return an exit status */
int oanda_run(const struct conf_section *s, int fd);

#endif
