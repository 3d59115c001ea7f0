/*
 * TLS over a non-blocking socket, behind the same table as plain TCP.
 *
 * Rules F01 to F05 of FIX over TLS (FIXS): 1.2 or 1.3, in 1.2 only ECDHE with
 * an AEAD; no renegotiation, compression, tickets or early data. A server may
 * ask for the client's certificate; a client always verifies the server's
 * chain and the host name that it asked for, and never falls back to plain.
 * Reasons of failures are for the log; the peer gets TLS's own alert.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#include "gateway/trader/conn.h"

#define CIPHERS_12                                                             \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"           \
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"           \
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"

/* OpenSSL's macros cast const away: these two go in as plain char. */
static char groups[] = "X25519:P-256";
#define HOST_MAX 255

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

static bool FIX_PRINTF(3, 4) no(char *err, size_t cap, const char *fmt, ...)
{
	char why[160];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(err, cap, fmt, ap);
	va_end(ap);
	n = strlen(err);
	snprintf(err + n, cap - n, ": %s", tls_why(why, sizeof(why)));
	return false;
}

static bool
load_own(SSL_CTX *ctx, const struct setup_tls *cfg, char *err, size_t cap)
{
	const char *why;

	if (cfg->cert == NULL)
		return true;
	why = conf_private(cfg->key);
	if (why != NULL) {
		snprintf(err, cap, "key file %s: %s", cfg->key, why);
		return false;
	}
	if (SSL_CTX_use_certificate_chain_file(ctx, cfg->cert) != 1)
		return no(err, cap, "certificate file %s", cfg->cert);
	if (SSL_CTX_use_PrivateKey_file(ctx, cfg->key, SSL_FILETYPE_PEM) != 1)
		return no(err, cap, "key file %s", cfg->key);
	if (SSL_CTX_check_private_key(ctx) != 1)
		return no(err, cap, "key file %s does not belong to %s",
		    cfg->key, cfg->cert);
	return true;
}

static bool
load_trust(SSL_CTX *ctx, const struct setup_tls *cfg, bool server, char *err,
    size_t cap)
{
	int mode = SSL_VERIFY_PEER;

	if (cfg->ca != NULL &&
	    SSL_CTX_load_verify_locations(ctx, cfg->ca, NULL) != 1)
		return no(err, cap, "authorities file %s", cfg->ca);
	if (!server) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		if (cfg->ca == NULL &&
		    SSL_CTX_set_default_verify_paths(ctx) != 1)
			return no(err, cap, "the system's authorities");
		return true;
	}
	if (cfg->verify == 0)
		return true;
	if (cfg->verify == 1)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(ctx, mode, NULL);
	SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(cfg->ca));
	return true;
}

static bool
set_rules(SSL_CTX *ctx, char *err, size_t cap)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
				     SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
				     SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				  SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_max_early_data(ctx, 0);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, CIPHERS_12) != 1 ||
	    SSL_CTX_set1_groups_list(ctx, groups) != 1)
		return no(err, cap, "this OpenSSL lacks what TLS needs");
	return true;
}

SSL_CTX *
tls_context(const struct setup_tls *cfg, bool server, char *err, size_t cap)
{
	SSL_CTX *ctx =
	    SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

	ERR_clear_error();
	if (ctx == NULL)
		no(err, cap, "TLS can't be set up");
	else if (set_rules(ctx, err, cap) && load_own(ctx, cfg, err, cap) &&
		 load_trust(ctx, cfg, server, err, cap))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

void
tls_context_free(SSL_CTX *ctx)
{
	SSL_CTX_free(ctx);
}

/* A host name goes into SNI; an address only into the check. */
static bool
expect_host(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	char name[HOST_MAX + 1];
	unsigned char any[16];

	if (inet_pton(AF_INET, host, any) == 1 ||
	    inet_pton(AF_INET6, host, any) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
	if (!fix_span_copy(fix_span_of(host), name, sizeof(name)))
		return false;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, host) == 1 &&
	       SSL_set_tlsext_host_name(ssl, name) == 1;
}

bool
tls_start(struct link *l, SSL_CTX *ctx, const char *host)
{
	SSL *ssl = SSL_new(ctx);

	ERR_clear_error();
	if (ssl == NULL || SSL_set_fd(ssl, l->fd) != 1 ||
	    (host != NULL && !expect_host(ssl, host))) {
		SSL_free(ssl);
		return false;
	}
	if (host != NULL)
		SSL_set_connect_state(ssl);
	else
		SSL_set_accept_state(ssl);
	l->ssl = ssl;
	l->ops = &conn_tls;
	return true;
}

bool
tls_peer_is(const struct link *l, const char *name)
{
	X509 *cert = l->ssl == NULL ? NULL : SSL_get0_peer_certificate(l->ssl);

	return cert != NULL && SSL_get_verify_result(l->ssl) == X509_V_OK &&
	       X509_check_host(
		   cert, name, 0, X509_CHECK_FLAG_NO_WILDCARDS, NULL) == 1;
}

/* What a call that did not succeed means. OpenSSL's queue of errors is the
 * thread's, not the connection's: every call begins with an empty one. */
static ssize_t
tls_answer(struct link *l, int n)
{
	switch (SSL_get_error(l->ssl, n)) {
	case SSL_ERROR_WANT_READ:
		return CONN_AGAIN;
	case SSL_ERROR_WANT_WRITE:
		l->want_write = true;
		return CONN_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		return CONN_BROKEN;
	}
}

static int
tls_handshake(struct link *l)
{
	int n;

	ERR_clear_error();
	l->want_write = false;
	n = SSL_do_handshake(l->ssl);
	if (n == 1)
		return 1;
	return tls_answer(l, n) == CONN_AGAIN ? CONN_AGAIN : CONN_BROKEN;
}

static ssize_t
tls_read(struct link *l, uint8_t *buf, size_t len)
{
	size_t done = 0;
	ssize_t rc = CONN_AGAIN;
	int n;

	while (done < len) {
		ERR_clear_error();
		n = SSL_read(l->ssl, buf + done,
		    len - done > INT32_MAX ? INT32_MAX : (int)(len - done));
		if (n <= 0) {
			rc = tls_answer(l, n);
			break;
		}
		done += (size_t)n;
		if (!SSL_has_pending(l->ssl))
			break;
	}
	l->more = done == len && SSL_has_pending(l->ssl) == 1;
	return done > 0 ? (ssize_t)done : rc;
}

static ssize_t
tls_write(struct link *l, const uint8_t *buf, size_t len)
{
	int n;

	ERR_clear_error();
	n = SSL_write(l->ssl, buf, len > INT32_MAX ? INT32_MAX : (int)len);
	if (n > 0)
		return n;
	return tls_answer(l, n) == CONN_AGAIN ? CONN_AGAIN : CONN_BROKEN;
}

static bool
tls_pending(const struct link *l)
{
	return l->more;
}

static void
tls_end(struct link *l)
{
	ERR_clear_error();
	if (SSL_is_init_finished(l->ssl))
		(void)SSL_shutdown(l->ssl);
	ERR_clear_error();
	(void)shutdown(l->fd, SHUT_WR);
}

static void
tls_free(struct link *l)
{
	SSL_free(l->ssl);
	l->ssl = NULL;
	ERR_clear_error();
}

const struct conn_ops conn_tls = {
	.handshake = tls_handshake,
	.read = tls_read,
	.write = tls_write,
	.pending = tls_pending,
	.end = tls_end,
	.free = tls_free,
};
