/*
 * Address lists. In: the text of a setting; out: networks of 128 bits, IPv4
 * ones under ::ffff:0:0/96, so that one comparison serves both families.
 *
 * A network with bits behind its prefix, as 10.0.0.5/24, is refused: whoever
 * wrote it meant one of two things, and a list that lets peers in must not
 * guess. What is not here: names, which would make a list depend on a name
 * server.
 */
#include "config.h"

#include "gateway/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NETS_MAX 10000u
#define MEMBER_MAX 64u
#define BETWEEN ", \t"

static void
map_v4(const struct in_addr *v4, struct in6_addr *out)
{
	memset(out, 0, sizeof(*out));
	out->s6_addr[10] = out->s6_addr[11] = 0xff;
	memcpy(&out->s6_addr[12], v4, 4);
}

bool
addr_read(const char *text, struct in6_addr *out)
{
	struct in_addr v4;

	if (inet_pton(AF_INET6, text, out) == 1)
		return true;
	if (inet_pton(AF_INET, text, &v4) != 1)
		return false;
	map_v4(&v4, out);
	return true;
}

/* Do the first bits agree? */
static bool
agree(const struct in6_addr *a, const struct in6_addr *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff00u >> rest);

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || ((a->s6_addr[whole] ^ b->s6_addr[whole]) & mask) == 0;
}

static bool
ends_at(const struct in6_addr *a, unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		if ((a->s6_addr[i / 8] & (0x80u >> i % 8)) != 0)
			return false;
	return true;
}

static bool
read_bits(const char *p, unsigned max, unsigned *out)
{
	unsigned n = 0;

	if (*p == '\0' || (p[0] == '0' && p[1] != '\0'))
		return false;
	for (; *p >= '0' && *p <= '9' && n <= max; p++)
		n = n * 10 + (unsigned)(*p - '0');
	*out = n;
	return *p == '\0' && n <= max;
}

/* @return NULL, or what is wrong with it */
static const char *
read_net(char *text, struct addr_net *net)
{
	char *slash = strchr(text, '/');
	unsigned bits = 128, off = strchr(text, ':') == NULL ? 96 : 0;

	if (slash != NULL)
		*slash = '\0';
	if (!addr_read(text, &net->base))
		return "is no address";
	if (slash != NULL) {
		*slash = '/';
		if (!read_bits(slash + 1, 128 - off, &bits))
			return "has no prefix length that fits";
		bits += off;
	}
	if (!ends_at(&net->base, bits))
		return "has bits behind its prefix";
	net->bits = (uint8_t)bits;
	return NULL;
}

static int
add_net(struct addr_list *l, const struct addr_net *net)
{
	struct addr_net *more;

	/* The room is a power of two, so n alone says when it is full. */
	if ((l->n & (l->n - 1)) == 0) {
		more = realloc(
		    l->nets, (l->n == 0 ? 1 : l->n * 2) * sizeof(*more));
		if (more == NULL)
			return -FIX_E_NOMEM;
		l->nets = more;
	}
	l->nets[l->n++] = *net;
	return 0;
}

int
addr_list_read(struct addr_list *out, const char *text, char *why, size_t cap)
{
	char one[MEMBER_MAX];
	struct addr_net net;
	const char *wrong;
	int rc;

	while (*(text += strspn(text, BETWEEN)) != '\0') {
		size_t n = strcspn(text, BETWEEN);

		snprintf(one, sizeof(one), "%.*s", (int)(n > 63 ? 63 : n),
		    text);
		wrong = n > 63 ? "is too long" : read_net(one, &net);
		if (wrong == NULL && out->n >= NETS_MAX)
			wrong = "is one too many: 10000 are allowed";
		if (wrong != NULL) {
			snprintf(why, cap, "'%s' %s", one, wrong);
			return -FIX_E_CONFIG;
		}
		rc = add_net(out, &net);
		if (rc != 0)
			return rc;
		text += n;
	}
	if (out->n == 0)
		snprintf(why, cap, "it names no address");
	return out->n == 0 ? -FIX_E_CONFIG : 0;
}

int
addr_list_add(struct addr_list *a, const struct addr_list *b)
{
	int rc = 0;

	for (uint32_t i = 0; i < b->n && rc == 0; i++)
		rc = add_net(a, &b->nets[i]);
	return rc;
}

bool
addr_list_has(const struct addr_list *l, const struct in6_addr *addr)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (agree(&l->nets[i].base, addr, l->nets[i].bits))
			return true;
	return false;
}

void
addr_list_free(struct addr_list *l)
{
	free(l->nets);
	l->nets = NULL;
	l->n = 0;
}
