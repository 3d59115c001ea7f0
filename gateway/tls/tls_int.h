/* What the files of TLS share. */
#ifndef FIXGATE_GATEWAY_TLS_TLS_INT_H
#define FIXGATE_GATEWAY_TLS_TLS_INT_H

#include <openssl/ssl.h>

#include "gateway/tls/tls.h"

/* Beside each context, freed with it: a connection may outlive a reload. */
struct tls_policy {
	bool pinned, stale_crl, system;
	unsigned n_pins;
	uint8_t pins[][SETUP_PIN_BYTES];
};

const struct tls_policy *tls_policy_of(const SSL_CTX *ctx);

/** Say what is wrong with key, with OpenSSL's reason behind it. @return false */
bool tls_no(struct tls_fault *f, const char *key, const char *fmt, ...)
    FIX_PRINTF(3, 4);
/** The same without a reason. */
bool tls_bad(struct tls_fault *f, const char *key, const char *fmt, ...)
    FIX_PRINTF(3, 4);

/* tls_files.c */
bool tls_load_own(SSL_CTX *ctx, const struct setup_tls *cfg,
    struct tls_fault *f);
bool tls_load_authorities(SSL_CTX *ctx, const struct setup_tls *cfg,
    struct tls_fault *f);
bool tls_load_crls(SSL_CTX *ctx, const struct setup_tls *cfg,
    struct tls_fault *f);

/* tls_suites.c */
/** Narrow versions and suites as the settings say. */
bool tls_narrow(SSL_CTX *ctx, const struct setup_tls *cfg,
    struct tls_fault *f);
extern const char tls_suites_12[], tls_suites_13[];

/* tls_peer.c */
bool tls_pin_of(X509 *cert, uint8_t out[SETUP_PIN_BYTES]);
/** RFC 2253, cut at cap. @return bytes, 0: none */
size_t tls_name_text(const X509_NAME *name, char *out, size_t cap);
/** For SSL_CTX_set_verify() and stores. */
int tls_verify(int ok, X509_STORE_CTX *store);
int tls_judge(const struct tls_policy *p, int ok, X509_STORE_CTX *store);

#endif
