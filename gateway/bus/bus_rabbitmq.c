/*
 * RabbitMQ: persistent messages to a durable topic exchange, with publisher
 * confirms.
 *
 * The exchange has the name of Prefix, a routing key is a stream's name, and
 * a durable queue of the same name is bound to it, so that nothing falls on the
 * floor before the first consumer comes. Messages are mandatory: one that no
 * queue takes comes back, which counts as not published.
 */
#include "config.h"

#include "gateway/bus/bus.h"

#include <amqp.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "gateway/bus/url.h"
#include "gateway/crypt/crypt.h"

#define CHANNEL 1

struct rabbit {
	amqp_connection_state_t c;
	const struct bus_cfg *cfg;
	uint64_t tag; /* delivery tag of the last message */
};

static void
say(char *why, size_t cap, const char *what, amqp_rpc_reply_t r)
{
	const amqp_connection_close_t *c = r.reply.decoded;
	const amqp_channel_close_t *ch = r.reply.decoded;

	if (r.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
		snprintf(why, cap, "%s: %s", what,
		    amqp_error_string2(r.library_error));
	else if (r.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
		 r.reply.id == AMQP_CONNECTION_CLOSE_METHOD)
		snprintf(why, cap, "%s: %.*s", what,
		    (int)(c->reply_text.len > 160 ? 160 : c->reply_text.len),
		    (const char *)c->reply_text.bytes);
	else if (r.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
		 r.reply.id == AMQP_CHANNEL_CLOSE_METHOD)
		snprintf(why, cap, "%s: %.*s", what,
		    (int)(ch->reply_text.len > 160 ? 160 : ch->reply_text.len),
		    (const char *)ch->reply_text.bytes);
	else
		snprintf(why, cap, "%s: no such answer", what);
}

static bool
good(struct rabbit *r, const char *what, char *why, size_t cap)
{
	amqp_rpc_reply_t reply = amqp_get_rpc_reply(r->c);

	if (reply.reply_type == AMQP_RESPONSE_NORMAL)
		return true;
	say(why, cap, what, reply);
	return false;
}

static amqp_socket_t *
make_socket(struct rabbit *r, bool tls, char *why, size_t cap)
{
	amqp_socket_t *s;

	if (!tls)
		return amqp_tcp_socket_new(r->c);
	s = amqp_ssl_socket_new(r->c);
	if (s == NULL)
		return NULL;
	amqp_ssl_socket_set_verify_peer(s, 1);
	amqp_ssl_socket_set_verify_hostname(s, 1);
	if (r->cfg->ca_file == NULL ||
	    amqp_ssl_socket_set_cacert(s, r->cfg->ca_file) == 0)
		return s;
	snprintf(why, cap, "CAFile %s can't be used", r->cfg->ca_file);
	return NULL;
}

static bool
log_in(struct rabbit *r, const struct bus_url *u, char *why, size_t cap)
{
	amqp_rpc_reply_t reply =
	    amqp_login(r->c, *u->path == '\0' ? "/" : u->path, 0, 131072, 0,
		AMQP_SASL_METHOD_PLAIN, u->user, u->password);

	if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
		say(why, cap, "login", reply);
		return false;
	}
	amqp_channel_open(r->c, CHANNEL);
	return good(r, "channel", why, cap);
}

static bool
declare(struct rabbit *r, char *why, size_t cap)
{
	amqp_bytes_t exchange = amqp_cstring_bytes(r->cfg->prefix), queue;
	char name[BUS_NAME_MAX];

	amqp_exchange_declare(r->c, CHANNEL, exchange,
	    amqp_cstring_bytes("topic"), 0, 1, 0, 0, amqp_empty_table);
	if (!good(r, "exchange", why, cap))
		return false;
	for (unsigned i = 0; i < BUS_N_STREAM; i++) {
		if ((r->cfg->streams & 1u << i) == 0)
			continue;
		snprintf(name, sizeof(name), "%s.%s", r->cfg->prefix,
		    bus_stream_name((enum bus_stream)i));
		queue = amqp_cstring_bytes(name);
		amqp_queue_declare(
		    r->c, CHANNEL, queue, 0, 1, 0, 0, amqp_empty_table);
		if (!good(r, "queue", why, cap))
			return false;
		amqp_queue_bind(
		    r->c, CHANNEL, queue, exchange, queue, amqp_empty_table);
		if (!good(r, "binding", why, cap))
			return false;
	}
	amqp_confirm_select(r->c, CHANNEL);
	return good(r, "confirms", why, cap);
}

static bool
start(
    struct rabbit *r, const struct bus_url *u, bool tls, char *why, size_t cap)
{
	struct timeval t = { r->cfg->timeout_s, 0 };
	amqp_socket_t *s;
	int rc;

	r->c = amqp_new_connection();
	s = r->c == NULL ? NULL : make_socket(r, tls, why, cap);
	if (s == NULL) {
		if (*why == '\0')
			snprintf(why, cap, "out of memory");
		return false;
	}
	if (amqp_set_handshake_timeout(r->c, &t) != AMQP_STATUS_OK ||
	    amqp_set_rpc_timeout(r->c, &t) != AMQP_STATUS_OK)
		return false;
	rc = amqp_socket_open_noblock(s, u->host, atoi(u->port), &t);
	if (rc == AMQP_STATUS_OK)
		return log_in(r, u, why, cap) && declare(r, why, cap);
	snprintf(why, cap, "%s port %s: %s", u->host, u->port,
	    amqp_error_string2(rc));
	return false;
}

static void
rabbit_close(void *bus)
{
	struct rabbit *r = bus;

	if (r == NULL)
		return;
	if (r->c != NULL)
		amqp_destroy_connection(r->c);
	free(r);
}

static void *
rabbit_open(const struct bus_cfg *cfg, char *why, size_t cap)
{
	struct rabbit *r = calloc(1, sizeof(*r));
	struct bus_url u;
	bool plain = bus_url_read(&u, cfg->url, "amqp", "5672");
	bool tls = !plain && bus_url_read(&u, cfg->url, "amqps", "5671");
	bool up = false;

	if (r == NULL)
		snprintf(why, cap, "out of memory");
	else if (!plain && !tls)
		snprintf(why, cap,
		    "URL is not amqp[s]://USER:PASSWORD@HOST"
		    "[:PORT][/VHOST]");
	else {
		r->cfg = cfg;
		up = start(r, &u, tls, why, cap);
	}
	crypt_wipe(&u, sizeof(u));
	if (up)
		return r;
	rabbit_close(r);
	return NULL;
}

static int
publish(struct rabbit *r, const struct bus_message *m)
{
	amqp_basic_properties_t p = {
		._flags = AMQP_BASIC_CONTENT_TYPE_FLAG |
			  AMQP_BASIC_DELIVERY_MODE_FLAG |
			  AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TYPE_FLAG,
		.content_type = amqp_cstring_bytes("application/json"),
		.delivery_mode = AMQP_DELIVERY_PERSISTENT,
		.message_id = amqp_cstring_bytes(m->key),
		.type = amqp_cstring_bytes(m->type),
	};
	amqp_bytes_t body = { m->json.len, (void *)(uintptr_t)m->json.p };
	int rc = amqp_basic_publish(r->c, CHANNEL,
	    amqp_cstring_bytes(r->cfg->prefix), amqp_cstring_bytes(m->stream),
	    1, 0, &p, body);

	r->tag += rc == AMQP_STATUS_OK;
	return rc;
}

/* Acks come in any grouping: up to a tag, or one by one. */
struct confirms {
	uint64_t base; /* tag before the batch */
	unsigned n, done;
	uint8_t *seen; /* n flags */
};

static void
confirm(struct confirms *k, uint64_t tag, bool all_before)
{
	for (uint64_t t = all_before ? k->base + 1 : tag;
	     t <= tag && t <= k->base + k->n; t++) {
		if (t <= k->base || k->seen[t - k->base - 1])
			continue;
		k->seen[t - k->base - 1] = 1;
		k->done++;
	}
}

/* @return 0, or an error said in why */
static int
take(struct confirms *k, const amqp_frame_t *f, char *why, size_t cap)
{
	const amqp_basic_ack_t *ack = f->payload.method.decoded;

	if (f->frame_type != AMQP_FRAME_METHOD)
		return 0;
	switch (f->payload.method.id) {
	case AMQP_BASIC_ACK_METHOD:
		confirm(k, ack->delivery_tag, ack->multiple);
		return 0;
	case AMQP_BASIC_NACK_METHOD:
		snprintf(why, cap, "the broker could not keep a message");
		return -FIX_E_IO;
	case AMQP_BASIC_RETURN_METHOD:
		snprintf(why, cap,
		    "no queue takes what is published: the "
		    "binding is gone");
		return -FIX_E_IO;
	case AMQP_CHANNEL_CLOSE_METHOD:
	case AMQP_CONNECTION_CLOSE_METHOD:
		snprintf(why, cap, "the broker closed the connection");
		return -FIX_E_IO;
	default:
		return 0;
	}
}

static int
await(struct rabbit *r, struct confirms *k, char *why, size_t cap)
{
	struct timeval t;
	amqp_frame_t f;
	int rc = AMQP_STATUS_OK;

	while (k->done < k->n) {
		t = (struct timeval){ r->cfg->timeout_s, 0 };
		rc = amqp_simple_wait_frame_noblock(r->c, &f, &t);
		if (rc != AMQP_STATUS_OK)
			break;
		rc = take(k, &f, why, cap);
		if (rc != 0)
			return rc;
		amqp_maybe_release_buffers(r->c);
	}
	if (rc == AMQP_STATUS_OK)
		return 0;
	snprintf(why, cap, "%u of %u confirmed: %s", k->done, k->n,
	    amqp_error_string2(rc));
	return -FIX_E_IO;
}

static int
rabbit_send(
    void *bus, const struct bus_message *m, unsigned n, char *why, size_t cap)
{
	struct rabbit *r = bus;
	struct confirms k = { r->tag, n, 0, calloc(n, 1) };
	int rc = AMQP_STATUS_OK;

	if (k.seen == NULL) {
		snprintf(why, cap, "out of memory");
		return -FIX_E_NOMEM;
	}
	for (unsigned i = 0; i < n && rc == AMQP_STATUS_OK; i++)
		rc = publish(r, &m[i]);
	if (rc != AMQP_STATUS_OK) {
		snprintf(why, cap, "%s", amqp_error_string2(rc));
		rc = -FIX_E_IO;
	} else {
		rc = await(r, &k, why, cap);
	}
	free(k.seen);
	return rc;
}

const struct bus_ops bus_rabbitmq = { rabbit_open, rabbit_send, rabbit_close };
