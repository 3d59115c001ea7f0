/*
 * TLS over a non-blocking socket, behind the same table as plain TCP.
 *
 * What TLS may be, and who the peer is, is in gateway/tls_*.c; here are the
 * handshake, reads and writes. Nothing falls back to plain. Reasons of failures
 * are for the log; the peer gets TLS's own alert.
 */
#include "config.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "gateway/tls/tls.h"
#include "gateway/trader/conn.h"

bool
tls_start(struct link *l, SSL_CTX *ctx, const char *host)
{
	SSL *ssl = SSL_new(ctx);

	ERR_clear_error();
	if (ssl == NULL || SSL_set_fd(ssl, l->fd) != 1 ||
	    (host != NULL && !tls_expect(ssl, host))) {
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
tls_identify(struct link *l)
{
	l->who = calloc(1, sizeof(*l->who));
	if (l->who == NULL)
		return false;
	tls_who(l->ssl, l->who);
	l->conn.who = l->who;
	return true;
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
