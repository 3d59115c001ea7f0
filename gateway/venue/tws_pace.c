/*
 * What may be sent to TWS, and when.
 *
 * TWS takes 50 messages a second from all its clients together and punishes
 * more with error 100 and an end of the connection. So frames wait in two
 * queues: cancels in front of all else. In no second and a quarter more than
 * cfg.rate of them leave: TWS counts when they arrive, and what left a second
 * apart may arrive closer. In front of a frame stands the id of the order that
 * it places: one that was canceled while it waited is left out.
 */
#include "config.h"

#include <stdlib.h>

#include "gateway/venue/tws_int.h"

#define URGENT_BYTES 262144u
#define NORMAL_BYTES 2097152u
#define SECOND (FIX_SEC + FIX_SEC / 4)
#define HEAD 8u /* bytes of an order's id; 0: of none */

bool
tws_queue_init(struct tws *t)
{
	t->urgent.cap = URGENT_BYTES;
	t->normal.cap = NORMAL_BYTES;
	t->urgent.buf = malloc(URGENT_BYTES);
	t->normal.buf = malloc(NORMAL_BYTES);
	for (unsigned i = 0; i < TWS_RATE_MAX; i++)
		t->window_ns[i] = INT64_MIN / 2;
	return t->urgent.buf != NULL && t->normal.buf != NULL;
}

void
tws_queue_clear(struct tws *t)
{
	t->urgent.head = t->urgent.len = 0;
	t->normal.head = t->normal.len = 0;
}

size_t
tws_queue_room(const struct tws *t)
{
	return t->normal.cap - t->normal.len;
}

/* Make room behind the last byte by moving what waits to the front. */
static bool
make_room(struct tws_queue *q, size_t n)
{
	if (q->cap - q->len < n)
		return false;
	if (q->cap - q->len - q->head < n || q->len == 0) {
		memmove(q->buf, q->buf + q->head, q->len);
		q->head = 0;
	}
	return true;
}

bool
tws_queue_put(struct tws *t, bool urgent, const struct tws_msg *m,
    struct tws_order *o)
{
	struct tws_queue *q = urgent ? &t->urgent : &t->normal;
	int64_t id = o == NULL ? 0 : o->order_id;
	const char *bad = "";
	uint8_t *p;
	ssize_t n;

	if (!make_room(q, HEAD + TWS_REQUEST_MAX)) {
		tws_say(t, true, "the queue to TWS is full");
		return false;
	}
	p = q->buf + q->head + q->len;
	n = tws_encode(p + HEAD, TWS_REQUEST_MAX, m, &bad);
	if (n < 0) {
		tws_say(t, true, "%s can't be written: field %s: %s",
		    tws_kind_name(m->kind), bad, fix_strerror(n));
		return false;
	}
	memcpy(p, &id, HEAD);
	q->len += HEAD + (size_t)n;
	return true;
}

static void
send_first(struct tws *t, struct tws_queue *q)
{
	const uint8_t *p = q->buf + q->head;
	struct fix_span payload = { NULL, 0 };
	struct tws_order *o;
	int64_t id;
	ssize_t n;

	memcpy(&id, p, HEAD);
	n = tws_frame(p + HEAD, q->len - HEAD, &payload);
	q->head += HEAD + (size_t)n;
	q->len -= HEAD + (size_t)n;
	o = id == 0 ? NULL : tws_order_by_id(t, id);
	if (id != 0 && o == NULL)
		return; /* canceled while it waited */
	if (o != NULL)
		o->queued = false;
	t->window_ns[t->window_at] = t->now.mono.ns;
	t->window_at = (t->window_at + 1) % t->cfg.rate;
	t->out.send(t->out.arg, p + HEAD, (size_t)n);
}

static int64_t
next_slot(const struct tws *t)
{
	return t->window_ns[t->window_at] + SECOND;
}

void
tws_queue_run(struct tws *t)
{
	if (t->phase < TWS_LOGON)
		return;
	while (next_slot(t) <= t->now.mono.ns) {
		if (t->urgent.len > 0)
			send_first(t, &t->urgent);
		else if (t->normal.len > 0)
			send_first(t, &t->normal);
		else
			break;
	}
}

int64_t
tws_queue_due(const struct tws *t)
{
	if (t->phase < TWS_LOGON || (t->urgent.len == 0 && t->normal.len == 0))
		return INT64_MAX;
	return next_slot(t);
}
