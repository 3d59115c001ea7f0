/*
 * Messages of ours that wait, because the peer takes so many in so much time.
 *
 * Two lines, each bounded in bytes: cancels (F, q), which go first, and the
 * rest. A number, a time and a header a message gets as it leaves, so numbers
 * ascend on the wire whatever overtook what. A cancel does not overtake an
 * order that waits and that it may be for: one whose ClOrdID(11) is its
 * OrigClOrdID(41), or, where it names none, any. Else the venue would refuse
 * the cancel and then take the order.
 *
 * What still waits when the session ends is numbered and kept like whatever is
 * sent while it is down.
 */
#include <stdlib.h>

#include "session/internal.h"

struct rec {
	uint64_t id;
	uint32_t type, body; /* bytes; "35=TYPE\x01" and the body follow */
};

#define KEPT_MAX 65536u /* bytes that an empty line holds on to */
#define FRAME 4u        /* "35=" and its end */

bool
fs_wire(const struct fix_session *s)
{
	return s->state == S_UP || s->state == S_GAP;
}

static bool
may_go(const struct fix_session *s)
{
	return fix_pace_when(&s->pace, s->now.mono).ns <= s->now.mono.ns;
}

bool
fs_waiting_any(const struct fix_session *s)
{
	return s->cancels.n > 0 || s->others.n > 0;
}

bool
fs_must_wait(const struct fix_session *s)
{
	return fs_waiting_any(s) || (fs_wire(s) && !may_go(s));
}

bool
fs_waiting_ready(const struct fix_session *s)
{
	return fs_waiting_any(s) && (!fs_wire(s) || may_go(s));
}

void
fs_waiting_free(struct line *l)
{
	free(l->buf);
	memset(l, 0, sizeof(*l));
}

/* @return where it begins, NULL: full, or no memory; *err says which */
static uint8_t *
grow(struct line *l, size_t need, size_t max, int *err)
{
	size_t used = l->tail - l->head;
	size_t cap = l->cap == 0 ? 4096 : l->cap;
	uint8_t *p;

	*err = -FIX_E_FULL;
	if (need > max - used)
		return NULL;
	if (need <= l->cap - l->tail)
		return l->buf + l->tail;
	if (l->head > 0)
		memmove(l->buf, l->buf + l->head, used);
	l->head = 0;
	l->tail = used;
	while (cap - used < need)
		cap *= 2;
	if (cap != l->cap) {
		p = realloc(l->buf, cap);
		*err = -FIX_E_NOMEM;
		if (p == NULL)
			return NULL;
		l->buf = p;
		l->cap = cap;
	}
	return l->buf + l->tail;
}

/* The first field with this tag in a body; data with SOH in it may hide one. */
static struct fix_span
field(struct fix_span body, const char *tag)
{
	struct fix_span v = { NULL, 0 };
	size_t n = strlen(tag);
	const uint8_t *p = body.p, *end = p + body.len, *soh;

	while (p < end && (soh = memchr(p, 1, (size_t)(end - p))) != NULL) {
		if ((size_t)(soh - p) >= n && memcmp(p, tag, n) == 0) {
			v.p = p + n;
			v.len = (size_t)(soh - v.p);
			return v;
		}
		p = soh + 1;
	}
	return v;
}

static struct rec
rec_at(const struct line *l, size_t at, struct fix_span *type,
    struct fix_span *body)
{
	struct rec r;

	memcpy(&r, l->buf + at, sizeof(r));
	type->p = l->buf + at + sizeof(r) + FRAME - 1;
	type->len = r.type;
	body->p = type->p + r.type + 1;
	body->len = r.body;
	return r;
}

static size_t
rec_len(size_t type, size_t body)
{
	return sizeof(struct rec) + FRAME + type + body;
}

static bool
enters_orders(struct fix_span type)
{
	static const char *const types[] = { "D", "E", "G", "AB", "AC", "s",
		"t" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (fix_span_is(type, types[i]))
			return true;
	return false;
}

/* Does an order wait that this cancel may be for? */
static bool
concerns_waiting(const struct fix_session *s, struct fix_span cancel)
{
	struct fix_span orig = field(cancel, "41="), type, body;
	const struct line *l = &s->others;
	size_t at = l->head;

	while (at < l->tail) {
		struct rec r = rec_at(l, at, &type, &body);

		if (enters_orders(type) &&
		    (orig.len == 0 || fix_span_eq(field(body, "11="), orig)))
			return true;
		at += rec_len(r.type, r.body);
	}
	return false;
}

static bool
is_cancel(struct fix_span type)
{
	return fix_span_is(type, "F") || fix_span_is(type, "q");
}

static void
tell(struct fix_session *s, uint64_t id, struct fix_span bytes)
{
	fs_acts_push(s, (struct fix_act){ .kind = FIX_ACT_QUEUED,
			    .seq = id,
			    .flag = bytes.len == 0,
			    .bytes = bytes });
}

/* appl: ApplVerID(1128), NULL: none. Room in the acts was checked. */
int
fs_waiting_put(struct fix_session *s, struct fix_span type,
    struct fix_span body, const char *appl)
{
	bool first = is_cancel(type) && !concerns_waiting(s, body);
	struct line *l = first ? &s->cancels : &s->others;
	size_t extra = appl == NULL ? 0 : strlen(appl) + strlen("1128=\001");
	struct rec r = { s->line_id + 1, (uint32_t)type.len,
		(uint32_t)(body.len + extra) };
	size_t len = rec_len(type.len, body.len + extra);
	struct fix_span whole;
	int rc;
	uint8_t *p = grow(l, len, s->cfg.max_paced_bytes, &rc);

	if (p == NULL)
		return rc;
	s->line_id++;
	l->n++;
	l->tail += len;
	memcpy(p, &r, sizeof(r));
	p += sizeof(r);
	whole.p = p;
	whole.len = len - sizeof(r);
	memcpy(p, "35=", 3);
	memcpy(p + 3, type.p, type.len);
	p += 3 + type.len;
	*p++ = 1;
	if (extra > 0) {
		memcpy(p, "1128=", 5);
		memcpy(p + 5, appl, extra - 6);
		p += extra;
		p[-1] = 1;
	}
	memcpy(p, body.p, body.len);
	tell(s, r.id, fs_acts_copy(s, whole));
	return 0;
}

static void
leave(struct line *l, const struct rec *r)
{
	l->head += rec_len(r->type, r->body);
	if (--l->n > 0)
		return;
	l->head = l->tail = 0;
	if (l->cap > KEPT_MAX)
		fs_waiting_free(l);
}

/* The next in line goes: to the wire, or only into the store. */
void
fs_waiting_send(struct fix_session *s)
{
	struct line *l = s->cancels.n > 0 ? &s->cancels : &s->others;
	struct fix_span type, body;
	struct rec r = rec_at(l, l->head, &type, &body);
	struct fix_span none = { NULL, 0 };
	int rc;

	tell(s, r.id, none);
	if (!fs_wire(s) && fs_would_void(s)) {
		struct fix_span id = field(body, "11=");

		fs_report(s, FIX_WHY_NOT_RESENT,
		    "35=%.*s ClOrdID %.*s waited "
		    "and is not sent: the next Logon would void it",
		    (int)type.len, (const char *)type.p,
		    (int)(id.len > QUOTE_MAX ? QUOTE_MAX : id.len),
		    id.p == NULL ? "" : (const char *)id.p);
		leave(l, &r);
		return;
	}
	rc = fs_send_app(s, type, body, FIX_V_NONE, NULL);
	if (rc < 0)
		fs_report(s, FIX_WHY_TOOBIG,
		    "a message that waited can't be sent: %s",
		    fix_strerror(rc));
	leave(l, &r);
}

void
fix_session_paced(const struct fix_session *s, struct fix_now now,
    struct fix_session_paced *out)
{
	out->messages = s->cancels.n + s->others.n;
	out->bytes = (s->cancels.tail - s->cancels.head) +
		     (s->others.tail - s->others.head);
	out->use = fix_pace_use(&s->pace, now.mono);
}
