/*
 * Alpaca as a venue's process: REST for orders, a WebSocket for what happens to
 * them.
 */
#ifndef FIXGATE_GATEWAY_VENUE_ALPACA_H
#define FIXGATE_GATEWAY_VENUE_ALPACA_H

#include "gateway/settings/conf.h"

/** Check the section. Faults are told to its sink. */
void alpaca_check_settings(const struct conf_section *s);
/** Be that venue, over the link fd, until it ends or SIGTERM comes.
 * @return an exit status */
int alpaca_run(const struct conf_section *s, int fd);

#endif
