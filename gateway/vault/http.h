/*
 * One HTTP request at a time, to Vault and to witnesses, by libcurl. It blocks, up to the
 * time-out: it is only for processes that have nothing else to do.
 *
 * Certificates and names are checked. No redirect is followed, no proxy asked:
 * the token goes to the address that the settings name and nowhere else.
 */
#ifndef FIXGATE_GATEWAY_VAULT_HTTP_H
#define FIXGATE_GATEWAY_VAULT_HTTP_H

#include <stdbool.h>

#include "fix/err.h"
#include "fix/span.h"

#define HTTP_BODY_MAX (1u << 20) /* bytes of an answer */

struct http;

struct http_request {
	const char *url, *token, *ns; /* token, namespace: NULL or "": none */
	const char *ca_file;          /* "": the system's */
	const char *body;             /* NULL: GET, else a POST of JSON */
	const char *type;             /* NULL: it is Vault's; else not, and this
	                                 is the body's Content-Type */
	unsigned timeout_s;
};

struct http *http_new(void); /* NULL: no memory */
void http_free(struct http *h);
/**
 * @param body  the answer's, borrowed until the next call, which wipes it
 * @param why   a sentence when there was no answer
 * @return      status of the answer; -FIX_E_IO none (why says it),
 *              -FIX_E_TOOBIG over HTTP_BODY_MAX
 */
long http_do(struct http *h, const struct http_request *r,
    struct fix_span *body, char *why, size_t why_cap) FIX_MUST_CHECK;
/** Why an address can't be used: it is https, or http of this machine itself.
 * @return NULL: it can */
const char *http_address_fault(const char *url);

#endif
