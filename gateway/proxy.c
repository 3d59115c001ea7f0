/*
 * PROXY headers.
 *
 * Version 1 is a line of text of at most 107 bytes, version 2 is binary with a
 * length of its own. Both come first, before TLS. Everything that the text
 * leaves to the receiver is refused here: other families than TCP over IPv4
 * and IPv6 with the command PROXY, lengths that do not fit the family, TLVs
 * that do not end where the header ends, a checksum TLV that is wrong. With
 * LOCAL (a health check of the balancer itself), UNKNOWN and UNSPEC the
 * connection's own address is the peer's.
 */
#include "config.h"

#include "gateway/proxy.h"

#include <arpa/inet.h>
#include <string.h>

#define LINE_MAX_V1 107u
#define HEAD_V2 16u
#define TLV_CRC32C 0x03u

static const uint8_t sign_v2[12] = "\r\n\r\n\0\r\nQUIT\n";

static ssize_t
wrong(const char **why, const char *what)
{
	*why = what;
	return -1;
}

static void
map_v4(const uint8_t *v4, struct in6_addr *out)
{
	memset(out, 0, sizeof(*out));
	out->s6_addr[10] = out->s6_addr[11] = 0xff;
	memcpy(&out->s6_addr[12], v4, 4);
}

/* The next word of a line, which ends at a single blank, copied. */
static bool
word(const char **p, char *out, size_t cap)
{
	size_t n = strcspn(*p, " ");

	if (n == 0 || n >= cap)
		return false;
	memcpy(out, *p, n);
	out[n] = '\0';
	*p += n;
	if (**p == ' ')
		(*p)++;
	return true;
}

static bool
port_of(const char *s, uint16_t *out)
{
	unsigned n = 0;

	if (*s == '\0' || (s[0] == '0' && s[1] != '\0'))
		return false;
	for (; *s >= '0' && *s <= '9' && n <= 65535; s++)
		n = n * 10 + (unsigned)(*s - '0');
	*out = (uint16_t)n;
	return *s == '\0' && n <= 65535;
}

static bool
address_of(bool v6, const char *s, struct in6_addr *out)
{
	uint8_t v4[4];

	if (v6)
		return inet_pton(AF_INET6, s, out) == 1;
	if (inet_pton(AF_INET, s, v4) != 1)
		return false;
	map_v4(v4, out);
	return true;
}

/* "TCP4 SOURCE DESTINATION PORT PORT" */
static bool
read_line(const char *p, struct proxy_head *out)
{
	char family[8], from[48], to[48], ports[2][8];
	struct in6_addr unused;
	uint16_t port;
	bool v6;

	if (!word(&p, family, sizeof(family)))
		return false;
	if (strcmp(family, "UNKNOWN") == 0)
		return true; /* what follows does not count */
	v6 = strcmp(family, "TCP6") == 0;
	if (!v6 && strcmp(family, "TCP4") != 0)
		return false;
	out->named = true;
	return word(&p, from, sizeof(from)) && word(&p, to, sizeof(to)) &&
	       word(&p, ports[0], sizeof(ports[0])) &&
	       word(&p, ports[1], sizeof(ports[1])) && *p == '\0' &&
	       p[-1] != ' ' && address_of(v6, from, &out->addr) &&
	       address_of(v6, to, &unused) && port_of(ports[0], &out->port) &&
	       port_of(ports[1], &port);
}

static ssize_t
read_v1(const uint8_t *p, size_t len, struct proxy_head *out, const char **why)
{
	size_t max = len < LINE_MAX_V1 ? len : LINE_MAX_V1;
	const uint8_t *cr = memchr(p, '\r', max);
	char line[LINE_MAX_V1 + 1];
	size_t n;

	if (cr == NULL)
		return max < LINE_MAX_V1 ? 0 : wrong(why, "a PROXY line "
							  "without end");
	n = (size_t)(cr - p);
	if (n + 2 > LINE_MAX_V1)
		return wrong(why, "a PROXY line of more than 107 bytes");
	if (n + 1 == len)
		return 0;
	if (cr[1] != '\n' || memchr(p, '\0', n) != NULL)
		return wrong(why, "a PROXY line with control characters");
	memcpy(line, p, n);
	line[n] = '\0';
	if (!read_line(line + 6, out))
		return wrong(why, "a PROXY line that does not read");
	return (ssize_t)n + 2;
}

static uint32_t
crc32c(uint32_t crc, const uint8_t *p, size_t len)
{
	crc = ~crc;
	while (len-- > 0) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1)));
	}
	return ~crc;
}

/* The checksum is over the whole header with its own four bytes as zeros. */
static bool
sums_up(const uint8_t *p, size_t len, const uint8_t *sum)
{
	static const uint8_t zero[4];
	uint32_t crc = crc32c(0, p, (size_t)(sum - p));

	crc = crc32c(crc, zero, 4);
	crc = crc32c(crc, sum + 4, len - (size_t)(sum + 4 - p));
	return crc == ((uint32_t)sum[0] << 24 | (uint32_t)sum[1] << 16 |
			  (uint32_t)sum[2] << 8 | sum[3]);
}

/* @return NULL, or what is wrong with the values behind the addresses */
static const char *
check_tlvs(const uint8_t *p, size_t len, size_t at)
{
	while (at < len) {
		size_t n;

		if (len - at < 3)
			return "a PROXY header with half a TLV";
		n = (size_t)p[at + 1] << 8 | p[at + 2];
		if (n > len - at - 3)
			return "a PROXY header with a TLV over its end";
		if (p[at] == TLV_CRC32C &&
		    (n != 4 || !sums_up(p, len, p + at + 3)))
			return "a PROXY header whose checksum is wrong";
		at += 3 + n;
	}
	return NULL;
}

static ssize_t
read_v2(const uint8_t *p, size_t len, struct proxy_head *out, const char **why)
{
	size_t n = len < HEAD_V2 ? 0 : (size_t)p[14] << 8 | p[15];
	size_t bytes;

	if (len < HEAD_V2)
		return 0;
	if (p[12] != 0x20 && p[12] != 0x21)
		return wrong(why, "a PROXY header of an unknown version or "
				  "command");
	if (HEAD_V2 + n > PROXY_HEAD_MAX)
		return wrong(why, "a PROXY header of more than 4096 bytes");
	if (len < HEAD_V2 + n)
		return 0;
	if (p[12] == 0x20 || p[13] == 0x00)
		return (ssize_t)(HEAD_V2 + n);
	if (p[13] != 0x11 && p[13] != 0x21)
		return wrong(why, "a PROXY header of another family than TCP");
	bytes = p[13] == 0x11 ? 12 : 36;
	if (n < bytes)
		return wrong(why, "a PROXY header too short for its family");
	*why = check_tlvs(p, HEAD_V2 + n, HEAD_V2 + bytes);
	if (*why != NULL)
		return -1;
	out->named = true;
	if (bytes == 12)
		map_v4(p + HEAD_V2, &out->addr);
	else
		memcpy(&out->addr, p + HEAD_V2, 16);
	p += HEAD_V2 + bytes - 4;
	out->port = (uint16_t)(p[0] << 8 | p[1]);
	return (ssize_t)(HEAD_V2 + n);
}

bool
proxy_is(const uint8_t *p, size_t len)
{
	return len >= 5 &&
	       (memcmp(p, "PROXY", 5) == 0 || memcmp(p, sign_v2, 5) == 0);
}

ssize_t
proxy_read(const uint8_t *p, size_t len, struct proxy_head *out,
    const char **why)
{
	size_t n = len < sizeof(sign_v2) ? len : sizeof(sign_v2);

	memset(out, 0, sizeof(*out));
	*why = NULL;
	if (memcmp(p, sign_v2, n) == 0)
		return n < sizeof(sign_v2) ? 0 : read_v2(p, len, out, why);
	n = len < 6 ? len : 6;
	if (memcmp(p, "PROXY ", n) == 0)
		return n < 6 ? 0 : read_v1(p, len, out, why);
	return wrong(why, "no PROXY header");
}
