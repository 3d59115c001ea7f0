/*
 * Sockets and TLS of the FIX client.
 *
 * Opening waits, up to a time-out, for TCP and the handshake; from then on
 * nothing blocks. With TLS the peer's certificate is checked against
 * authorities and its name against the host's, unless the one certificate that
 * it may show is given: from a gateway's own settings file that is known. What
 * TLS may be is what it is for the gateway (gateway/tls/tls.h).
 */
#include "gateway/cli/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gateway/tls/tls.h"

#define WHY_MAX 256

struct wire {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;         /* NULL: plain */
	bool wants_write; /* TLS does, to go on with whatever it does */
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
wait_for(int fd, short events, int64_t end_ms)
{
	struct pollfd p = { fd, events, 0 };
	int64_t left = end_ms - now_ms();
	int rc;

	do
		rc = poll(&p, 1, left < 0 ? 0 : (int)left);
	while (rc < 0 && errno == EINTR);
	return rc == 1 ? 0 : ETIMEDOUT;
}

/* @return 0, errno */
static int
connect_to(int fd, const struct addrinfo *ai, int64_t end_ms)
{
	socklen_t len = sizeof(int);
	int err = 0, one = 1;

	if (connect(fd, ai->ai_addr, ai->ai_addrlen) != 0) {
		if (errno != EINPROGRESS)
			return errno;
		if (wait_for(fd, POLLOUT, end_ms) != 0)
			return ETIMEDOUT;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
			return errno;
	}
	if (err == 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return err;
}

/* @return fd, -1 with why */
static int
dial(const char *host, const char *port, int64_t end_ms, char *why)
{
	struct addrinfo hints = { 0 }, *list, *ai;
	int rc, err = ECONNREFUSED, fd = -1;

	hints.ai_socktype = SOCK_STREAM;
	rc = getaddrinfo(host, port, &hints, &list);
	if (rc != 0) {
		snprintf(why, WHY_MAX, "%s", gai_strerror(rc));
		return -1;
	}
	for (ai = list; ai != NULL && fd < 0; ai = ai->ai_next) {
		fd = socket(ai->ai_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		err = fd < 0 ? errno : connect_to(fd, ai, end_ms);
		if (err != 0 && fd >= 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	if (fd < 0)
		snprintf(why, WHY_MAX, "%s", strerror(err));
	return fd;
}

static int
why_not(const char *what, char *why)
{
	unsigned long e = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(e);

	ERR_clear_error();
	snprintf(why, WHY_MAX, "%s%s%s", what, reason == NULL ? "" : ": ",
	    reason == NULL ? "" : reason);
	return -FIX_E_CONFIG;
}

/* Whom we believe and who we are. */
static int
set_files(SSL_CTX *ctx, const struct wire_tls *tls, char *why)
{
	if (tls->pin == NULL && tls->ca != NULL &&
	    SSL_CTX_load_verify_file(ctx, tls->ca) != 1)
		return why_not(tls->ca, why);
	if (tls->pin == NULL && tls->ca == NULL &&
	    SSL_CTX_set_default_verify_paths(ctx) != 1)
		return why_not("the system's authorities", why);
	if (tls->cert != NULL &&
	    SSL_CTX_use_certificate_chain_file(ctx, tls->cert) != 1)
		return why_not(tls->cert, why);
	if (tls->cert != NULL &&
	    SSL_CTX_use_PrivateKey_file(ctx,
		tls->key == NULL ? tls->cert : tls->key, SSL_FILETYPE_PEM) != 1)
		return why_not(tls->key == NULL ? tls->cert : tls->key, why);
	return 0;
}

static bool
is_address(const char *name)
{
	unsigned char buf[16];

	return inet_pton(AF_INET, name, buf) == 1 ||
	       inet_pton(AF_INET6, name, buf) == 1;
}

static int
set_name(SSL *ssl, const char *name)
{
	if (is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name);
	/* SSL_set_tlsext_host_name(), whose cast clang does not like */
	return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
		   TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)name) == 1 &&
	       SSL_set1_host(ssl, name) == 1;
}

static int
set_up(struct wire *w, const char *host, const struct wire_tls *tls, char *why)
{
	struct tls_fault f;
	int rc;

	w->ctx = SSL_CTX_new(TLS_client_method());
	if (w->ctx == NULL)
		return -FIX_E_NOMEM;
	if (!tls_rules(w->ctx, &f)) {
		snprintf(why, WHY_MAX, "%.200s", f.text);
		return -FIX_E_CONFIG;
	}
	SSL_CTX_set_verify(
	    w->ctx, tls->pin == NULL ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	rc = set_files(w->ctx, tls, why);
	if (rc != 0)
		return rc;
	w->ssl = SSL_new(w->ctx);
	if (w->ssl == NULL || SSL_set_fd(w->ssl, w->fd) != 1)
		return -FIX_E_NOMEM;
	if (tls->pin == NULL &&
	    set_name(w->ssl, tls->name == NULL ? host : tls->name) != 1)
		return why_not("the peer's name", why);
	return 0;
}

/* Is the peer's certificate the first one of this file? */
static int
check_pin(struct wire *w, const char *file, char *why)
{
	X509 *peer = SSL_get1_peer_certificate(w->ssl), *ours = NULL;
	FILE *f = fopen(file, "re");
	bool same;

	if (f != NULL) {
		ours = PEM_read_X509(f, NULL, NULL, NULL);
		fclose(f);
	}
	same = peer != NULL && ours != NULL && X509_cmp(peer, ours) == 0;
	if (!same)
		snprintf(why, WHY_MAX,
		    "the peer's certificate is not that of "
		    "%.200s",
		    file);
	X509_free(peer);
	X509_free(ours);
	return same ? 0 : -FIX_E_IO;
}

static int
shake_hands(struct wire *w, int64_t end_ms, char *why)
{
	long verdict;
	int rc, err;

	while ((rc = SSL_connect(w->ssl)) != 1) {
		err = SSL_get_error(w->ssl, rc);
		if (err != SSL_ERROR_WANT_READ && err != SSL_ERROR_WANT_WRITE)
			break;
		if (wait_for(w->fd,
			err == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT,
			end_ms) != 0) {
			snprintf(why, WHY_MAX,
			    "the TLS handshake took too "
			    "long");
			return -FIX_E_IO;
		}
	}
	if (rc == 1)
		return 0;
	verdict = SSL_get_verify_result(w->ssl);
	if (verdict != X509_V_OK)
		snprintf(why, WHY_MAX, "the peer's certificate: %s",
		    X509_verify_cert_error_string(verdict));
	else
		why_not("TLS", why);
	return -FIX_E_IO;
}

int
wire_open(struct wire **out, const char *host, const char *port,
    const struct wire_tls *tls, int timeout_ms, char *why)
{
	int64_t end_ms = now_ms() + timeout_ms;
	struct wire *w = calloc(1, sizeof(*w));
	int rc = 0;

	snprintf(why, WHY_MAX, "out of memory");
	if (w == NULL)
		return -FIX_E_NOMEM;
	w->fd = dial(host, port, end_ms, why);
	if (w->fd < 0)
		rc = -FIX_E_IO;
	if (rc == 0 && tls->use)
		rc = set_up(w, host, tls, why);
	if (rc == 0 && tls->use)
		rc = shake_hands(w, end_ms, why);
	if (rc == 0 && tls->use && tls->pin != NULL)
		rc = check_pin(w, tls->pin, why);
	if (rc != 0) {
		wire_close(w);
		return rc;
	}
	*out = w;
	return 0;
}

int
wire_adopt(struct wire **out, int fd)
{
	struct wire *w = calloc(1, sizeof(*w));
	int one = 1;

	if (w == NULL) {
		close(fd);
		return -FIX_E_NOMEM;
	}
	w->fd = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	*out = w;
	return 0;
}

void
wire_half_close(struct wire *w)
{
	if (w->ssl != NULL)
		SSL_shutdown(w->ssl);
	shutdown(w->fd, SHUT_WR);
	ERR_clear_error();
}

void
wire_close(struct wire *w)
{
	if (w == NULL)
		return;
	if (w->ssl != NULL && SSL_is_init_finished(w->ssl))
		SSL_shutdown(w->ssl);
	SSL_free(w->ssl);
	SSL_CTX_free(w->ctx);
	if (w->fd >= 0)
		close(w->fd);
	ERR_clear_error();
	free(w);
}

int
wire_poll(const struct wire *w, bool want_write, short *events)
{
	*events = POLLIN;
	if (want_write || w->wants_write)
		*events |= POLLOUT;
	return w->fd;
}

/* What a TLS call that did not succeed means for the caller. */
static ssize_t
tls_result(struct wire *w, int rc)
{
	int err = SSL_get_error(w->ssl, rc);

	ERR_clear_error();
	w->wants_write = err == SSL_ERROR_WANT_WRITE;
	if (err == SSL_ERROR_WANT_READ || err == SSL_ERROR_WANT_WRITE)
		return 0;
	return -FIX_E_IO;
}

ssize_t
wire_read(struct wire *w, void *buf, size_t len)
{
	ssize_t n;
	int rc;

	if (w->ssl != NULL) {
		rc = SSL_read(w->ssl, buf, len > 65536 ? 65536 : (int)len);
		return rc > 0 ? rc : tls_result(w, rc);
	}
	n = recv(w->fd, buf, len, 0);
	if (n > 0)
		return n;
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -FIX_E_IO;
}

ssize_t
wire_write(struct wire *w, const void *buf, size_t len)
{
	ssize_t n;
	int rc;

	if (w->ssl != NULL) {
		rc = SSL_write(w->ssl, buf, len > 16384 ? 16384 : (int)len);
		return rc > 0 ? rc : tls_result(w, rc);
	}
	n = send(w->fd, buf, len, MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EINTR ? 0 : -FIX_E_IO;
}

bool
wire_pending(const struct wire *w)
{
	return w->ssl != NULL && SSL_pending(w->ssl) > 0;
}
