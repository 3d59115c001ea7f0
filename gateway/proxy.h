/*
 * The PROXY protocol, versions 1 and 2, as a load balancer puts it before the
 * bytes of a connection: who it is that really connects. Source: haproxy's
 * doc/proxy-protocol.txt. Pure: bytes in, an address out.
 */
#ifndef FIXGATE_GATEWAY_PROXY_H
#define FIXGATE_GATEWAY_PROXY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROXY_HEAD_MAX 4096u /* bytes of a header, its TLVs included */
#define PROXY_LEAST 13u      /* read so many before anything is known: every
                                header has more */

struct proxy_head {
	bool named;           /* false: LOCAL, UNKNOWN, UNSPEC: the connection's
	                         own address is the one */
	struct in6_addr addr; /* of the peer, IPv4 as a mapped one */
	uint16_t port;
};

/**
 * Read a header.
 *
 * @param p    untrusted bytes from the beginning of the connection
 * @param why  set when -1 is returned: what is wrong; static
 * @return its length, 1 to PROXY_HEAD_MAX; 0: more bytes are needed; -1: this
 *         is no header, or not a right one
 */
ssize_t proxy_read(const uint8_t *p, size_t len, struct proxy_head *out,
    const char **why);
/** Do these bytes begin like a header? Five of them tell. */
bool proxy_is(const uint8_t *p, size_t len);

#endif
