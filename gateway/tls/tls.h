/*
 * TLS as FIXS wants it: contexts from settings, the peer's identity, dates of
 * certificates. No sockets: conn_tls.c of the trader, and fixgate's own
 * connections, bring those.
 */
#ifndef FIXGATE_GATEWAY_TLS_TLS_H
#define FIXGATE_GATEWAY_TLS_TLS_H

#include <openssl/types.h>

#include "gateway/settings/setup.h"

struct tls_fault {
	const char *key; /* the setting that is at fault */
	char text[480];  /* one sentence */
};

/** The rules that no setting loosens: versions 1.2 and 1.3, ECDHE with an AEAD,
 * X25519 and P-256, no renegotiation, compression, tickets or early data.
 * @return false: this OpenSSL can't; text is told */
bool tls_rules(SSL_CTX *ctx, struct tls_fault *f);

/**
 * Context of a listener or of an initiator.
 *
 * @param cfg    its files are read here, and never again
 * @param peers  whom it may be, n of them: their pins vouch when cfg->pinned;
 *               copied
 * @return to be given to tls_context_free(); NULL: f says why
 */
SSL_CTX *tls_context(const struct setup_tls *cfg, bool server,
    const struct setup_peer *const *peers, uint32_t n, struct tls_fault *f);
/** The same of listener i, or of session i, an initiator's. */
SSL_CTX *tls_of_listen(const struct setup *s, uint32_t i, struct tls_fault *f);
SSL_CTX *tls_of_link(const struct setup *s, uint32_t i, struct tls_fault *f);
void tls_context_free(SSL_CTX *ctx);
SSL_CTX *tls_context_share(SSL_CTX *ctx); /* one more to free; NULL is NULL */

/** A number that changes with the revocation lists' files. 0: none are set */
uint64_t tls_crl_stamp(const struct setup_tls *cfg);

/** Ask for host (an address is only checked) and take no other certificate.
 * @return false: no memory, or no name */
bool tls_expect(SSL *ssl, const char *host);
/** May the peer, whose handshake is done, be this one? comp_id: its CompID, which
 * a name "*" stands for.
 * @return NULL: yes; else why not, for the log */
const char *tls_peer_wrong(SSL *ssl, const struct setup_peer *peer,
    const char *comp_id);
/** Would the peer's certificate pass a handshake of ctx, too, for one that was
 * revoked meanwhile, or whose authority is trusted no more? */
bool tls_still_good(SSL *ssl, SSL_CTX *ctx);
/** Who the peer is, for the trader. bound is left to the caller. */
void tls_who(SSL *ssl, struct trader_who *out);
/** Why the last TLS operation failed, for the log. */
const char *tls_why(char *buf, size_t cap);

/* What has a date in a context. */
enum tls_dated { TLS_D_OWN, TLS_D_CHAIN, TLS_D_AUTHORITY, TLS_D_CRL };
#define TLS_N_DATED 4

struct tls_date {
	enum tls_dated what;
	char name[200];  /* subject, or issuer of a list; RFC 2253 */
	int64_t until_s; /* seconds since 1970; INT64_MAX: for ever */
};

const char *tls_dated_name(enum tls_dated what);
/** Everything with a date, except the system's authorities. */
void tls_each_date(SSL_CTX *ctx,
    void (*tell)(void *arg, const struct tls_date *d), void *arg);
/** How near the end is: 0 more than 30 days, 1 up to 30 days, 2 up to 7, 3 the
 * last day, 4 past. A list has only 0 and 4, since lists live for days. */
int tls_date_level(const struct tls_date *d, int64_t now_s);
/** "31 days, 20261226" or "expired 20261126"; for log and operator. */
void tls_date_say(const struct tls_date *d, int64_t now_s, char *out,
    size_t cap);

#endif
