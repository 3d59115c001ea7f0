/*
 * Which addresses a venue may have: no plain text leaves this host, and no
 * name or password stands in an address. And numbers of headers.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "gateway/venue/rest.h"

static bool
is_loopback(const char *host)
{
	struct in_addr a;

	return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	       (inet_pton(AF_INET, host, &a) == 1 &&
		   ntohl(a.s_addr) >> 24 == 127);
}

const char *
rest_url_fault(const char *url)
{
	const char *fault = NULL;
	char *scheme = NULL, *host = NULL, *user = NULL;
	CURLU *u = curl_url();

	if (u == NULL ||
	    curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) !=
		CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		fault = "it is no address such as https://HOST";
	else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
		fault = "it must hold no user";
	else if ((strcmp(scheme, "http") == 0 || strcmp(scheme, "ws") == 0) &&
		 !is_loopback(host))
		fault = "plain http and ws are only for a loopback address: "
			"use https or wss";
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	curl_url_cleanup(u);
	return fault;
}

bool
rest_header(const char *p, size_t n, const char *name, int64_t *out)
{
	size_t at = name == NULL ? 0 : strlen(name);
	int64_t v = 0;

	if (at == 0 || n <= at || strncasecmp(p, name, at) != 0 || p[at] != ':')
		return false;
	for (at++; at < n && (p[at] == ' ' || p[at] == '\t'); at++)
		;
	if (at == n || p[at] < '0' || p[at] > '9')
		return false;
	for (; at < n && p[at] >= '0' && p[at] <= '9' && v < 1000000000; at++)
		v = v * 10 + (p[at] - '0');
	*out = v;
	return true;
}
