/* Addresses of brokers, of an operator's hand. */
#include "gateway/bus/url.h"

#include <string.h>
#include <strings.h>

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* [p, end) with %XX undone. */
static bool
part(char *out, size_t cap, const char *p, const char *end)
{
	size_t n = 0;

	for (; p < end; p++) {
		char c = *p;

		if (c == '%') {
			if (end - p < 3 || hex(p[1]) < 0 || hex(p[2]) < 0)
				return false;
			c = (char)(hex(p[1]) * 16 + hex(p[2]));
			p += 2;
		}
		if (c == '\0' || n + 1 >= cap)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

static bool
read_login(struct bus_url *u, const char *p, const char *end)
{
	const char *colon = memchr(p, ':', (size_t)(end - p));

	if (colon == NULL)
		return part(u->user, sizeof(u->user), p, end);
	return part(u->user, sizeof(u->user), p, colon) &&
	       part(u->password, sizeof(u->password), colon + 1, end);
}

static bool
read_host(struct bus_url *u, const char *p, const char *end)
{
	const char *close =
	    *p == '[' ? memchr(p, ']', (size_t)(end - p)) : NULL;
	const char *colon =
	    close != NULL ? close + 1
			  : (const char *)memchr(p, ':', (size_t)(end - p));

	if (close != NULL) {
		if (!part(u->host, sizeof(u->host), p + 1, close))
			return false;
		if (colon == end)
			return true;
	} else if (!part(u->host, sizeof(u->host), p,
		       colon == NULL ? end : colon)) {
		return false;
	}
	if (colon == NULL)
		return *u->host != '\0';
	return *colon == ':' && end - colon > 1 && end - colon < 7 &&
	       strspn(colon + 1, "0123456789") >= (size_t)(end - colon - 1) &&
	       part(u->port, sizeof(u->port), colon + 1, end);
}

bool
bus_url_read(
    struct bus_url *out, const char *text, const char *scheme, const char *port)
{
	size_t n = strlen(scheme);
	const char *p = text + n + 3, *end, *at, *host;

	memset(out, 0, sizeof(*out));
	if (strncasecmp(text, scheme, n) != 0 ||
	    strncmp(text + n, "://", 3) != 0)
		return false;
	end = p + strcspn(p, "/");
	at = NULL;
	for (const char *q = p; q < end; q++)
		if (*q == '@')
			at = q;
	host = at == NULL ? p : at + 1;
	memcpy(out->port, port, strlen(port) + 1);
	return (at == NULL || read_login(out, p, at)) && host < end &&
	       read_host(out, host, end) &&
	       part(out->path, sizeof(out->path), *end == '/' ? end + 1 : end,
		   end + strlen(end));
}
