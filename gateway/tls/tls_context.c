/*
 * Contexts: what one listener or one initiator has in common for all its
 * connections.
 *
 * Rules F01 and F02 of FIX over TLS (FIXS): 1.2 or 1.3, in 1.2 only ECDHE with
 * an AEAD, X25519 or P-256; no renegotiation, also not by the client, no
 * compression, no tickets, no early data. Settings may narrow that, never widen
 * it. All files are read here, so that a handshake never waits for a disk, and
 * a reload makes another context: connections keep the one that they began
 * with.
 */
#include "config.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/tls/tls_int.h"

/* OpenSSL's macro casts const away: this goes in as plain char. */
static char groups[] = "X25519:P-256";
#define SECURITY_LEVEL 2 /* RSA from 2048 bits, no SHA-1 */

const char *
tls_why(char *buf, size_t cap)
{
	unsigned long e = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(e);

	if (e == 0)
		snprintf(buf, cap, "the peer has gone");
	else if (ERR_SYSTEM_ERROR(e))
		snprintf(buf, cap, "%s", strerror(ERR_GET_REASON(e)));
	else
		snprintf(buf, cap, "%s", reason == NULL ? "unknown" : reason);
	ERR_clear_error();
	return buf;
}

bool
tls_bad(struct tls_fault *f, const char *key, const char *fmt, ...)
{
	va_list ap;

	f->key = key;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	return false;
}

bool
tls_no(struct tls_fault *f, const char *key, const char *fmt, ...)
{
	char why[160];
	va_list ap;
	size_t n;

	f->key = key;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	n = strlen(f->text);
	snprintf(f->text + n, sizeof(f->text) - n, ": %s",
	    tls_why(why, sizeof(why)));
	return false;
}

static void
policy_free(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int idx, long argl,
    void *argp)
{
	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	free(ptr);
}

static int
policy_index(void)
{
	static int index = -1;

	if (index < 0)
		index = SSL_CTX_get_ex_new_index(
		    0, NULL, NULL, NULL, policy_free);
	return index;
}

const struct tls_policy *
tls_policy_of(const SSL_CTX *ctx)
{
	return SSL_CTX_get_ex_data(ctx, policy_index());
}

static bool
set_policy(SSL_CTX *ctx, const struct setup_tls *cfg,
    const struct setup_peer *const *peers, uint32_t n, struct tls_fault *f)
{
	struct tls_policy *p;
	unsigned pins = 0;

	for (uint32_t i = 0; i < n; i++)
		pins += peers[i]->n_pins;
	p = calloc(1, sizeof(*p) + (size_t)pins * SETUP_PIN_BYTES);
	if (p == NULL)
		return tls_bad(f, "SocketUseSSL", "out of memory");
	p->pinned = cfg->pinned;
	p->stale_crl = cfg->stale_crl;
	p->system = cfg->ca == NULL && cfg->ca_dir == NULL;
	for (uint32_t i = 0; i < n; i++) {
		memcpy(p->pins + p->n_pins, peers[i]->pins,
		    (size_t)peers[i]->n_pins * SETUP_PIN_BYTES);
		p->n_pins += peers[i]->n_pins;
	}
	if (SSL_CTX_set_ex_data(ctx, policy_index(), p) == 1)
		return true;
	free(p);
	return tls_no(f, "SocketUseSSL", "TLS can't be set up");
}

bool
tls_rules(SSL_CTX *ctx, struct tls_fault *f)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
				     SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
				     SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_max_early_data(ctx, 0);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, tls_suites_12) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx, tls_suites_13) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, groups) != 1)
		return tls_no(
		    f, "SocketUseSSL", "this OpenSSL lacks what TLS needs");
	return true;
}

static void
ask_peer(SSL_CTX *ctx, const struct setup_tls *cfg, bool server)
{
	int mode = SSL_VERIFY_PEER;

	if (server && cfg->verify == 0)
		return;
	if (server && cfg->verify == 1)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(ctx, mode, tls_verify);
}

SSL_CTX *
tls_context(const struct setup_tls *cfg, bool server,
    const struct setup_peer *const *peers, uint32_t n, struct tls_fault *f)
{
	SSL_CTX *ctx;

	ERR_clear_error();
	ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	if (ctx == NULL) {
		tls_no(f, "SocketUseSSL", "TLS can't be set up");
		return NULL;
	}
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				  SSL_MODE_RELEASE_BUFFERS);
	if (tls_rules(ctx, f) && set_policy(ctx, cfg, peers, n, f) &&
	    tls_narrow(ctx, cfg, f) && tls_load_own(ctx, cfg, f) &&
	    ((server && cfg->verify == 0) ||
		(tls_load_authorities(ctx, cfg, f) &&
		    tls_load_crls(ctx, cfg, f)))) {
		ask_peer(ctx, cfg, server);
		return ctx;
	}
	SSL_CTX_free(ctx);
	ERR_clear_error();
	return NULL;
}

void
tls_context_free(SSL_CTX *ctx)
{
	SSL_CTX_free(ctx);
}

SSL_CTX *
tls_context_share(SSL_CTX *ctx)
{
	if (ctx != NULL && SSL_CTX_up_ref(ctx) != 1)
		return NULL;
	return ctx;
}
