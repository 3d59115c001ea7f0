/*
 * libcurl's multi interface on libevent, and the options that every transfer to
 * a venue has: the scheme of its address and no other, no proxy, no redirect,
 * TLS 1.2 with a checked certificate.
 */
#ifndef FIXGATE_GATEWAY_VENUE_MULTI_H
#define FIXGATE_GATEWAY_VENUE_MULTI_H

#include <curl/curl.h>
#include <event2/event.h>
#include <stdbool.h>

#include "fix/err.h"

struct multi;

/** done(arg, c, rc) is called once for each transfer that has ended, which is
 * still added. @return NULL: no memory */
struct multi *multi_new(struct event_base *base,
    void (*done)(void *arg, CURL *c, CURLcode rc), void *arg);
/** All transfers must have been removed. */
void multi_free(struct multi *m);
/** At most so many connections to one host. */
void multi_limit(struct multi *m, long n);
/** @return false: no memory */
bool multi_add(struct multi *m, CURL *c) FIX_MUST_CHECK;
void multi_remove(struct multi *m, CURL *c);
/** Say why a transfer failed, and what to do about a certificate: a sentence.
 * error: libcurl's own, or "". */
void multi_why(
    CURL *c, CURLcode rc, const char *error, char *out, size_t cap);
/** Options for a transfer to url; ca_file NULL: the system's. */
void multi_safety(CURL *c, const char *url, const char *ca_file);

#endif
