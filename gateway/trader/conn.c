/*
 * Sockets and their two buffers.
 *
 * In: what is left of a read when no whole message remains; it is put before
 * the next read. Such tails are kept in one size and reused, since under load
 * most reads end within a message. Out: what the peer's window did not take.
 * Both exist only while they are needed, so an idle session costs no buffer.
 */
#include "config.h"

#include "gateway/trader/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/proxy.h"

#define TAIL_BYTES 4096u
#define OUT_KEEP 65536u /* a larger buffer is given back when it is empty */

void
list_drop(struct link *l)
{
	struct link_list *list = l->in;

	if (list == NULL)
		return;
	if (l->prev != NULL)
		l->prev->next = l->next;
	else
		list->first = l->next;
	if (l->next != NULL)
		l->next->prev = l->prev;
	else
		list->last = l->prev;
	list->n--;
	l->in = NULL;
	l->next = l->prev = NULL;
}

void
list_put(struct link_list *list, struct link *l)
{
	list_drop(l);
	l->prev = list->last;
	if (list->last != NULL)
		list->last->next = l;
	else
		list->first = l;
	list->last = l;
	list->n++;
	l->in = list;
}

static int
plain_handshake(struct link *l)
{
	(void)l;
	return 1;
}

static ssize_t
answer(ssize_t n)
{
	if (n >= 0)
		return n;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return CONN_AGAIN;
	return CONN_BROKEN;
}

static ssize_t
plain_read(struct link *l, uint8_t *buf, size_t len)
{
	return answer(recv(l->fd, buf, len, 0));
}

static ssize_t
plain_write(struct link *l, const uint8_t *buf, size_t len)
{
	return answer(send(l->fd, buf, len, MSG_NOSIGNAL));
}

static bool
plain_pending(const struct link *l)
{
	(void)l;
	return false;
}

static void
plain_end(struct link *l)
{
	(void)shutdown(l->fd, SHUT_WR);
}

static void
plain_free(struct link *l)
{
	(void)l;
}

const struct conn_ops conn_plain = {
	.handshake = plain_handshake,
	.read = plain_read,
	.write = plain_write,
	.pending = plain_pending,
	.end = plain_end,
	.free = plain_free,
};

static bool
make_room(struct link *l, size_t len)
{
	size_t cap = l->out_cap == 0 ? 4096 : l->out_cap;
	uint8_t *more;

	if (l->out_off > 0) {
		memmove(l->out, l->out + l->out_off, l->out_len);
		l->out_off = 0;
	}
	while (cap - l->out_len < len)
		cap *= 2;
	if (cap == l->out_cap)
		return true;
	more = realloc(l->out, cap);
	if (more == NULL)
		return false;
	l->out = more;
	l->out_cap = cap;
	return true;
}

#define CHOKED (256u << 10) /* a quarter of the cap, and never more */
#define TLS_RECORD 16384u /* bytes in a full one */
#define TLS_ROUND 64u     /* header, explicit nonce, tag: never more */

size_t
conn_waiting(const struct link *l)
{
	if (l->ssl == NULL || l->out_len == 0)
		return l->out_len;
	return l->out_len + (l->out_len / TLS_RECORD + 1) * TLS_ROUND;
}

void
conn_weigh(struct link *l, size_t cap)
{
	size_t enough = cap / 4 < CHOKED ? cap / 4 : CHOKED;

	l->conn.choked = conn_waiting(l) > enough;
}

bool
conn_queue(struct link *l, const uint8_t *p, size_t len, size_t cap)
{
	size_t waiting = conn_waiting(l);

	if (waiting > cap || len > cap - waiting)
		return false;
	if (l->out_cap - l->out_off - l->out_len < len && !make_room(l, len))
		return false;
	memcpy(l->out + l->out_off + l->out_len, p, len);
	l->out_len += len;
	return true;
}

int
conn_flush(struct link *l)
{
	while (l->out_len > 0) {
		ssize_t n = l->ops->write(l, l->out + l->out_off, l->out_len);

		if (n == CONN_AGAIN)
			return 0;
		if (n < 0)
			return CONN_BROKEN;
		l->out_off += (size_t)n;
		l->out_len -= (size_t)n;
	}
	l->out_off = 0;
	if (l->out_cap > OUT_KEEP) {
		free(l->out);
		l->out = NULL;
		l->out_cap = 0;
	}
	return 1;
}

bool
conn_keep_tail(struct link *l, const uint8_t *p, size_t len)
{
	size_t cap = l->tail_cap == 0 ? TAIL_BYTES : l->tail_cap;

	l->tail_len = 0;
	if (len == 0)
		return true;
	while (cap < len)
		cap *= 2;
	if (cap != l->tail_cap) {
		uint8_t *more = realloc(l->tail, cap);

		if (more == NULL)
			return false;
		l->tail = more;
		l->tail_cap = cap;
	}
	memcpy(l->tail, p, len);
	l->tail_len = len;
	return true;
}

void
conn_free(struct link *l)
{
	list_drop(l);
	if (l->ops != NULL)
		l->ops->free(l);
	if (l->fd >= 0)
		close(l->fd);
	free(l->who);
	free(l->tail);
	free(l->out);
	free(l);
}

static void
map_address(struct in6_addr *out, const struct sockaddr *sa)
{
	memset(out, 0, sizeof(*out));
	if (sa->sa_family == AF_INET6) {
		*out =
		    ((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
	} else if (sa->sa_family == AF_INET) {
		out->s6_addr[10] = out->s6_addr[11] = 0xff;
		memcpy(&out->s6_addr[12],
		    &((const struct sockaddr_in *)(const void *)sa)->sin_addr,
		    4);
	}
}

void
conn_name(struct link *l, const struct sockaddr *sa, socklen_t len)
{
	char host[INET6_ADDRSTRLEN + 1] = "?", port[8] = "0";

	map_address(&l->addr, sa);
	(void)getnameinfo(sa, len, host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(l->peer, sizeof(l->peer),
	    sa->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
	l->conn.name = l->peer;
}

void
conn_named(struct link *l, const struct proxy_head *head)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(head->port), .sin6_addr = head->addr };
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		.sin_port = htons(head->port) };

	if (IN6_IS_ADDR_V4MAPPED(&head->addr)) {
		memcpy(&v4.sin_addr, &head->addr.s6_addr[12], 4);
		conn_name(l, (const struct sockaddr *)&v4, sizeof(v4));
	} else {
		conn_name(l, (const struct sockaddr *)&v6, sizeof(v6));
	}
}

void
conn_buffers(int fd, const struct setup_socket *s)
{
	if (s->sndbuf > 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &s->sndbuf,
		    sizeof(s->sndbuf));
	if (s->rcvbuf > 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &s->rcvbuf,
		    sizeof(s->rcvbuf));
}
