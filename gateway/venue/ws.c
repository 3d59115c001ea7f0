/*
 * The connection under a WebSocket: TCP, TLS with the host's name checked, the
 * HTTP upgrade, and then frames, which wslay reads and writes. Pings are
 * answered by wslay. Whatever fails is one sentence to closed(), and another
 * attempt after a pause that grows, with chance in it, so that many gateways
 * do not come back in one second.
 */
#include "gateway/venue/ws.h"

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <wslay/wslay.h>

#define ANSWER_MAX 8192u

enum ws_state { WS_IDLE, WS_CONNECTING, WS_UPGRADING, WS_OPEN };

struct ws {
	struct ws_cfg cfg;
	enum ws_state state;
	bool tls;
	int port;
	char host[256], path[512];
	struct bufferevent *bev;
	SSL_CTX *ctx;
	wslay_event_context_ptr frames;
	struct event *timer; /* to connect, or that it is silent */
	int64_t pause_ns;
	char accept[29];
	bool pinged; /* and nothing has come since */
	const char *why; /* it is to be closed, at the end of a callback */
	char text[160];  /* a why that is made */
};

/* ----- pure ----- */

void
ws_accept_of(const char *key, char out[29])
{
	static const char magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char sum[SHA_DIGEST_LENGTH];
	char text[128];
	int n = snprintf(text, sizeof(text), "%.40s%s", key, magic);

	(void)SHA1((const unsigned char *)text, (size_t)n, sum);
	(void)EVP_EncodeBlock((unsigned char *)out, sum, sizeof(sum));
}

static bool
has_line(struct fix_span head, const char *name, const char *value)
{
	size_t n = strlen(name), m = strlen(value), at = 0;

	while (at < head.len) {
		const uint8_t *lf = memchr(head.p + at, '\n', head.len - at);
		const char *line = (const char *)head.p + at;
		size_t len = lf == NULL ? head.len - at :
					  (size_t)(lf - head.p) - at, i = n;

		at += len + 1;
		if (len <= n || strncasecmp(line, name, n) != 0 ||
		    line[n] != ':')
			continue;
		for (i++; i < len && (line[i] == ' ' || line[i] == '\t'); i++)
			;
		while (len > i && (line[len - 1] == '\r' || line[len - 1] == ' '))
			len--;
		if (len - i == m && memcmp(line + i, value, m) == 0)
			return true;
	}
	return false;
}

ssize_t
ws_answer(struct fix_span in, const char *accept)
{
	static const char good[] = "HTTP/1.1 101";
	const uint8_t *end =
	    in.len < 4 ? NULL : memmem(in.p, in.len, "\r\n\r\n", 4);
	struct fix_span head = { in.p, 0 };

	if (end == NULL)
		return in.len > ANSWER_MAX ? -FIX_E_FORMAT : 0;
	head.len = (size_t)(end - in.p);
	if (head.len < sizeof(good) - 1 ||
	    memcmp(head.p, good, sizeof(good) - 1) != 0 ||
	    !has_line(head, "Sec-WebSocket-Accept", accept))
		return -FIX_E_FORMAT;
	return (ssize_t)head.len + 4;
}

static bool
read_url(struct ws *w, const char *url)
{
	const char *host = strstr(url, "://"), *path, *colon;
	size_t n;

	w->tls = strncmp(url, "wss://", 6) == 0;
	if (host == NULL || (!w->tls && strncmp(url, "ws://", 5) != 0))
		return false;
	host += 3;
	path = host + strcspn(host, "/?");
	colon = memchr(host, ':', (size_t)(path - host));
	n = (size_t)((colon == NULL ? path : colon) - host);
	w->port = colon != NULL ? atoi(colon + 1) : w->tls ? 443 : 80;
	if (n == 0 || n >= sizeof(w->host) || strlen(path) >= sizeof(w->path) ||
	    w->port <= 0 || w->port > 65535)
		return false;
	memcpy(w->host, host, n);
	snprintf(w->path, sizeof(w->path), "%s", *path == '\0' ? "/" : path);
	return true;
}

/* ----- coming and going ----- */

static void
set_timer(struct ws *w, int64_t ns)
{
	struct timeval tv = { ns / FIX_SEC, ns % FIX_SEC / 1000 };

	(void)event_add(w->timer, &tv);
}

static void
shut(struct ws *w)
{
	if (w->frames != NULL)
		wslay_event_context_free(w->frames);
	if (w->bev != NULL)
		bufferevent_free(w->bev);
	w->frames = NULL;
	w->bev = NULL;
	w->state = WS_IDLE;
}

static void
again(struct ws *w, const char *why)
{
	uint32_t chance = 0;

	if (w->state == WS_IDLE)
		return;
	shut(w);
	if (RAND_bytes((unsigned char *)&chance, sizeof(chance)) != 1)
		chance = 0;
	set_timer(w, w->pause_ns / 2 + w->pause_ns / 2 * (chance % 100) / 100);
	w->pause_ns *= 2;
	if (w->pause_ns > WS_PAUSE_MAX_NS)
		w->pause_ns = WS_PAUSE_MAX_NS;
	w->cfg.closed(w->cfg.arg, why);
}

void
ws_again(struct ws *w, const char *why)
{
	w->why = why;
	set_timer(w, 0); /* never inside of a callback of wslay */
}

void
ws_well(struct ws *w)
{
	w->pause_ns = WS_PAUSE_FIRST_NS;
}

/* ----- frames ----- */

static ssize_t
give(wslay_event_context_ptr c, uint8_t *buf, size_t len, int flags, void *arg)
{
	struct ws *w = arg;
	int n = bufferevent_get_input(w->bev) == NULL ? 0 :
	    evbuffer_remove(bufferevent_get_input(w->bev), buf, len);

	(void)flags;
	if (n <= 0)
		wslay_event_set_error(c, WSLAY_ERR_WOULDBLOCK);
	return n <= 0 ? -1 : n;
}

static ssize_t
take(wslay_event_context_ptr c, const uint8_t *p, size_t len, int flags,
    void *arg)
{
	struct ws *w = arg;

	(void)flags;
	if (bufferevent_write(w->bev, p, len) == 0)
		return (ssize_t)len;
	wslay_event_set_error(c, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static int
mask(wslay_event_context_ptr c, uint8_t *buf, size_t len, void *arg)
{
	(void)c;
	(void)arg;
	return RAND_bytes(buf, (int)len) == 1 ? 0 : -1;
}

static void
on_message(wslay_event_context_ptr c,
    const struct wslay_event_on_msg_recv_arg *m, void *arg)
{
	struct ws *w = arg;

	(void)c;
	if (m->opcode == WSLAY_CONNECTION_CLOSE)
		w->why = "it closed the stream";
	else if (!wslay_is_ctrl_frame(m->opcode) && w->why == NULL)
		w->cfg.message(w->cfg.arg,
		    (struct fix_span){ m->msg, m->msg_length });
}

static void
push(struct ws *w)
{
	if (w->frames != NULL && wslay_event_send(w->frames) != 0)
		w->why = "the stream broke";
}

static void
work_frames(struct ws *w)
{
	set_timer(w, WS_SILENT_NS);
	w->pinged = false;
	if (wslay_event_recv(w->frames) != 0)
		w->why = "what came is no WebSocket frame";
	push(w);
	if (w->why == NULL && !wslay_event_want_read(w->frames))
		w->why = "it broke the rules of a WebSocket";
}

static bool
open_frames(struct ws *w)
{
	static const struct wslay_event_callbacks calls = { give, take, mask,
		NULL, NULL, NULL, on_message };

	if (wslay_event_context_client_init(&w->frames, &calls, w) != 0)
		return false;
	wslay_event_config_set_max_recv_msg_length(w->frames, WS_MESSAGE_MAX);
	return true;
}

/* ----- the connection ----- */

static void
upgrade(struct ws *w)
{
	unsigned char raw[16];
	char key[32];

	if (RAND_bytes(raw, sizeof(raw)) != 1) {
		w->why = "no random numbers";
		return;
	}
	(void)EVP_EncodeBlock((unsigned char *)key, raw, sizeof(raw));
	ws_accept_of(key, w->accept);
	w->state = WS_UPGRADING;
	(void)evbuffer_add_printf(bufferevent_get_output(w->bev),
	    "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
	    "Sec-WebSocket-Version: 13\r\nUser-Agent: fixgate\r\n\r\n",
	    w->path, w->host, w->port, key);
}

static void
read_answer(struct ws *w)
{
	struct evbuffer *in = bufferevent_get_input(w->bev);
	size_t len = evbuffer_get_length(in);
	struct fix_span s = { evbuffer_pullup(in, -1), len };
	ssize_t n = ws_answer(s, w->accept);

	if (n == 0)
		return;
	if (n < 0 || !open_frames(w)) {
		w->why = "it does not open a WebSocket there";
		return;
	}
	(void)evbuffer_drain(in, (size_t)n);
	w->state = WS_OPEN;
	w->pinged = false;
	w->cfg.opened(w->cfg.arg);
}

/* Only here is it closed: no callback of its own may free it. */
static void
settle(struct ws *w)
{
	const char *why = w->why;

	w->why = NULL;
	if (why != NULL)
		again(w, why);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct ws *w = arg;

	(void)bev;
	if (w->state == WS_UPGRADING)
		read_answer(w);
	if (w->state == WS_OPEN && w->why == NULL)
		work_frames(w);
	settle(w);
}

/* What TLS says; of a certificate, what is wrong with it and where to look. */
static const char *
tls_fault(struct ws *w, struct bufferevent *bev, unsigned long e)
{
	long rc = SSL_get_verify_result(bufferevent_openssl_get_ssl(bev));
	const char *why = ERR_reason_error_string(e);

	if (rc == X509_V_OK)
		return why != NULL ? why : "TLS failed";
	snprintf(w->text, sizeof(w->text), "its certificate: %.60s: see the "
	    "address and CAFile", X509_verify_cert_error_string(rc));
	return w->text;
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct ws *w = arg;
	unsigned long e = w->tls ? bufferevent_get_openssl_error(bev) : 0;

	if (what & BEV_EVENT_CONNECTED) {
		upgrade(w);
	} else if (e != 0) {
		w->why = tls_fault(w, bev, e);
	} else if (what & BEV_EVENT_EOF) {
		w->why = "it closed the connection";
	} else {
		w->why = w->state == WS_CONNECTING ? "it can't be reached"
						   : "the connection broke";
	}
	settle(w);
}

/* Whose certificate it must be: a host's, or that of an address. */
static bool
expect(SSL *ssl, const char *host)
{
	if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1)
		return true;
	return SSL_set1_host(ssl, host) == 1 &&
	       SSL_set_tlsext_host_name(
		   ssl, (char *)(uintptr_t)host) == 1; /* a macro takes no const */
}

static struct bufferevent *
new_tls(struct ws *w)
{
	struct bufferevent *bev;
	SSL *ssl;

	if (w->ctx == NULL) {
		w->ctx = SSL_CTX_new(TLS_client_method());
		if (w->ctx == NULL)
			return NULL;
		(void)SSL_CTX_set_min_proto_version(w->ctx, TLS1_2_VERSION);
		SSL_CTX_set_verify(w->ctx, SSL_VERIFY_PEER, NULL);
		if ((w->cfg.ca_file == NULL
			    ? SSL_CTX_set_default_verify_paths(w->ctx)
			    : SSL_CTX_load_verify_locations(
				  w->ctx, w->cfg.ca_file, NULL)) != 1)
			return NULL;
	}
	ssl = SSL_new(w->ctx);
	if (ssl == NULL)
		return NULL;
	if (!expect(ssl, w->host)) {
		SSL_free(ssl);
		return NULL;
	}
	bev = bufferevent_openssl_socket_new(w->cfg.base, -1, ssl,
	    BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL)
		SSL_free(ssl);
	return bev;
}

static void
dial(struct ws *w)
{
	w->bev = w->tls ? new_tls(w)
			: bufferevent_socket_new(
			      w->cfg.base, -1, BEV_OPT_CLOSE_ON_FREE);
	w->state = WS_CONNECTING;
	w->why = NULL;
	set_timer(w, WS_CONNECT_NS);
	if (w->bev == NULL) {
		again(w, "no memory, or no certificates to check with");
		return;
	}
	bufferevent_setcb(w->bev, on_read, NULL, on_event, w);
	(void)bufferevent_enable(w->bev, EV_READ | EV_WRITE);
	(void)bufferevent_socket_connect_hostname(
	    w->bev, w->cfg.dns, AF_UNSPEC, w->host, w->port);
}

int
ws_adopt(struct ws *w, int fd)
{
	w->bev = bufferevent_socket_new(w->cfg.base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (w->bev == NULL || !open_frames(w))
		return -FIX_E_NOMEM;
	bufferevent_setcb(w->bev, on_read, NULL, on_event, w);
	(void)bufferevent_enable(w->bev, EV_READ | EV_WRITE);
	w->state = WS_OPEN;
	set_timer(w, WS_SILENT_NS);
	return 0;
}

static bool
ping(struct ws *w)
{
	struct wslay_event_msg m = { WSLAY_PING, NULL, 0 };

	w->pinged = wslay_event_queue_msg(w->frames, &m) == 0;
	if (w->pinged)
		push(w);
	return w->pinged && w->state == WS_OPEN;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct ws *w = arg;

	(void)fd;
	(void)what;
	if (w->why != NULL && w->state != WS_IDLE)
		settle(w);
	else if (w->state == WS_IDLE)
		dial(w);
	else if (w->state == WS_OPEN && !w->pinged && ping(w))
		set_timer(w, WS_PONG_NS);
	else
		again(w, w->state == WS_OPEN ? "it is silent"
						: "it does not answer");
}

int
ws_send(struct ws *w, struct fix_span text)
{
	struct wslay_event_msg m = { WSLAY_TEXT_FRAME, text.p, text.len };

	if (w->state != WS_OPEN ||
	    wslay_event_queue_msg(w->frames, &m) != 0)
		return -FIX_E_STATE;
	push(w);
	return 0;
}

struct ws *
ws_new(const struct ws_cfg *cfg)
{
	struct ws *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->cfg = *cfg;
	w->pause_ns = WS_PAUSE_FIRST_NS;
	w->timer = event_new(cfg->base, -1, 0, on_timer, w);
	if (w->timer == NULL || !read_url(w, cfg->url)) {
		ws_free(w);
		return NULL;
	}
	set_timer(w, 0);
	return w;
}

void
ws_free(struct ws *w)
{
	if (w == NULL)
		return;
	shut(w);
	if (w->timer != NULL)
		event_free(w->timer);
	SSL_CTX_free(w->ctx);
	free(w);
}
