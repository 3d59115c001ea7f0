/*
 * libcurl with the switches that secrets need. In: a request. Out: a status and
 * a body, or a sentence. SIGTERM that waits ends a request at once.
 */
#include "gateway/vault/http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/crypt/crypt.h"
#include "gateway/curl_why.h"

struct http {
	CURL *curl;
	char error[CURL_ERROR_SIZE];
	uint8_t *body; /* HTTP_BODY_MAX bytes */
	size_t len;
	bool too_big;
};

struct http *
http_new(void)
{
	struct http *h = calloc(1, sizeof(*h));

	if (h == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		free(h);
		return NULL;
	}
	h->curl = curl_easy_init();
	h->body = crypt_alloc(HTTP_BODY_MAX);
	if (h->curl != NULL && h->body != NULL)
		return h;
	http_free(h);
	return NULL;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->curl);
	crypt_free(h->body, HTTP_BODY_MAX);
	free(h);
}

static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	struct http *h = arg;

	n *= size;
	h->too_big = h->too_big || n > HTTP_BODY_MAX - h->len;
	if (h->too_big)
		return 0;
	memcpy(h->body + h->len, p, n);
	h->len += n;
	return n;
}

static int
stop_if_told(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	sigset_t waiting;

	(void)arg;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return sigpending(&waiting) == 0 && sigismember(&waiting, SIGTERM) == 1;
}

static bool
add_header(struct curl_slist **list, const char *name, const char *value)
{
	struct curl_slist *more;
	char line[4096];

	if (value == NULL || *value == '\0')
		return true;
	snprintf(line, sizeof(line), "%s: %s", name, value);
	more = curl_slist_append(*list, line);
	crypt_wipe(line, sizeof(line));
	if (more != NULL)
		*list = more;
	return more != NULL;
}

static bool
add_headers(struct curl_slist **list, const struct http_request *r)
{
	if (r->type != NULL)
		return add_header(list, "Content-Type", r->type);
	return add_header(list, "X-Vault-Token", r->token) &&
	       add_header(list, "X-Vault-Namespace", r->ns) &&
	       add_header(list, "X-Vault-Request", "true") &&
	       add_header(list, "Content-Type",
		   r->body == NULL ? NULL : "application/json");
}

static void
drop_headers(struct curl_slist *list)
{
	for (struct curl_slist *p = list; p != NULL; p = p->next)
		crypt_wipe(p->data, strlen(p->data));
	curl_slist_free_all(list);
}

static void
prepare(struct http *h, const struct http_request *r, struct curl_slist *list)
{
	CURL *c = h->curl;
	bool tls = strncmp(r->url, "https:", 6) == 0;

	curl_easy_reset(c);
	curl_easy_setopt(c, CURLOPT_URL, r->url);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, tls ? "https" : "http");
#else
	curl_easy_setopt(c, CURLOPT_PROTOCOLS,
	    (long)(tls ? CURLPROTO_HTTPS : CURLPROTO_HTTP));
#endif
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)r->timeout_s * 1000);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "fixgate");
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->error);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, stop_if_told);
	if (r->ca_file != NULL && *r->ca_file != '\0')
		curl_easy_setopt(c, CURLOPT_CAINFO, r->ca_file);
	if (r->body != NULL)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body);
}

long
http_do(struct http *h, const struct http_request *r, struct fix_span *body,
    char *why, size_t why_cap)
{
	struct curl_slist *list = NULL;
	long status = 0;
	CURLcode rc = CURLE_OUT_OF_MEMORY;

	crypt_wipe(h->body, h->len);
	h->len = 0;
	h->too_big = false;
	h->error[0] = '\0';
	if (add_headers(&list, r)) {
		prepare(h, r, list);
		rc = curl_easy_perform(h->curl);
		curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	}
	drop_headers(list);
	*body = (struct fix_span){ h->body, h->len };
	if (h->too_big) {
		snprintf(why, why_cap, "its answer is larger than %u bytes",
		    HTTP_BODY_MAX);
		return -FIX_E_TOOBIG;
	}
	if (rc == CURLE_OK)
		return status;
	snprintf(why, why_cap, "%s", curl_why(rc, h->error));
	return -FIX_E_IO;
}

static bool
is_loopback(const char *host)
{
	struct in_addr a;

	return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	       (inet_pton(AF_INET, host, &a) == 1 &&
		   ntohl(a.s_addr) >> 24 == 127);
}

static const char *
fault_of(CURLU *u, const char *url)
{
	char *scheme = NULL, *host = NULL, *user = NULL, *query = NULL;
	const char *fault = NULL;

	if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		fault = "it is no address such as https://vault:8200";
	else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK ||
		 curl_url_get(u, CURLUPART_QUERY, &query, 0) == CURLUE_OK)
		fault = "it must hold no user and no query";
	else if (strcmp(scheme, "http") == 0 && !is_loopback(host))
		fault = "plain http is only for a loopback address: tokens and "
			"secrets would cross the network readably; use https";
	else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
		fault = "it must be https://";
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	curl_free(query);
	return fault;
}

const char *
http_address_fault(const char *url)
{
	CURLU *u = curl_url();
	const char *fault = u == NULL ? "out of memory" : fault_of(u, url);

	curl_url_cleanup(u);
	return fault;
}
