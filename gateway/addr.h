/*
 * Lists of addresses and networks as settings have them: "10.1.0.0/16,
 * 192.0.2.7, 2001:db8::/32". An IPv4 address and the same one in its
 * IPv6-mapped form, ::ffff:192.0.2.7, are one. No I/O, no names.
 */
#ifndef FIXGATE_GATEWAY_ADDR_H
#define FIXGATE_GATEWAY_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fix/err.h"

struct addr_net {
	struct in6_addr base; /* IPv4 as a mapped one */
	uint8_t bits;         /* of 128 */
};

struct addr_list {
	struct addr_net *nets; /* owned; NULL: empty */
	uint32_t n;
};

/** Address of a text, IPv4 as a mapped one. @return false: it is none */
bool addr_read(const char *text, struct in6_addr *out);

/**
 * Read a list; commas or blanks stand between its members.
 *
 * @param out  zeroed or a list to add to; to be freed with addr_list_free()
 * @param why  one sentence of at most cap bytes about what does not read
 * @return 0; -FIX_E_CONFIG: a member is no address or network, has bits behind
 *         its prefix, or there are none or more than 10,000; -FIX_E_NOMEM
 */
int addr_list_read(struct addr_list *out, const char *text, char *why,
    size_t cap) FIX_MUST_CHECK;
/** Put all of b's into a. @return 0, -FIX_E_NOMEM */
int addr_list_add(struct addr_list *a, const struct addr_list *b)
    FIX_MUST_CHECK;
bool addr_list_has(const struct addr_list *l, const struct in6_addr *addr);
void addr_list_free(struct addr_list *l);

#endif
