/* scheme://[user:password@]host[:port][/path], as brokers are named. */
#ifndef FIXGATE_GATEWAY_BUS_URL_H
#define FIXGATE_GATEWAY_BUS_URL_H

#include <stdbool.h>

struct bus_url { /* to be wiped */
	char user[256], password[512], host[256], port[8], path[256];
};

/** %XX is undone; what the text does not say is "" or the port given.
 * @return false: another scheme, or no such text */
bool bus_url_read(struct bus_url *out, const char *text, const char *scheme,
    const char *port);

#endif
