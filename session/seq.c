/*
 * Numbers of what comes in: using them up, gaps, messages that came too early.
 *
 * FIX volume 2, "Ordered Message Processing": of the two ways it allows, ours
 * is to keep what is too high and to ask for everything from the first missing
 * number, once per gap. Messages that were acted on out of turn (Logon,
 * ResendRequest) are kept too, marked, so that they are counted when their
 * number comes and not acted on twice. What is kept has a limit in bytes and in
 * messages; beyond it later messages are dropped and asked for again when the
 * gap has closed. Held messages are taken up one at a time, as the driver takes
 * out the actions of the one before.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "fix/scan.h"
#include "session/internal.h"

struct rec {
	uint64_t seq;
	uint32_t len;
	uint32_t done; /* acted on already: only its number counts */
};

#define HELD_FIRST 4096u /* bytes of the first allocation */

void
fs_tell_numbers(struct fix_session *s, bool reset)
{
	fs_acts_push(s, (struct fix_act){ .kind = FIX_ACT_NUMBERS,
			    .seq = s->next_in,
			    .seq_end = s->next_out,
			    .flag = reset });
}

static void
count(struct fix_session *s, uint64_t seq, struct fix_span bytes)
{
	assert(seq == s->next_in);
	s->next_in = seq + 1;
	s->gap_at = s->now.mono;
	fs_acts_push(
	    s, (struct fix_act){
		   .kind = FIX_ACT_RECEIVED, .seq = seq, .bytes = bytes });
}

/* The message's number is used up. */
void
fs_consume(struct fix_session *s, const struct event *e)
{
	struct fix_span bytes = { e->m->bytes, e->m->len };

	count(s, e->seq, bytes);
}

void
fs_consume_if(struct fix_session *s, const struct event *e)
{
	if (e->m != NULL && e->seq == s->next_in)
		fs_consume(s, e);
}

/* The number that a written one stands for: with max_seq the one nearest to
 * where it is expected. */
uint64_t
fs_seq_near(const struct fix_session *s, int64_t wire, uint64_t near)
{
	uint64_t round = s->cfg.max_seq + 1, v = (uint64_t)wire;

	if (s->cfg.max_seq == 0 || wire < 0 || v >= round)
		return v;
	v += near - near % round;
	if (v > near && v - near > round / 2 && v >= round)
		v -= round;
	else if (near > v && near - v > round / 2)
		v += round;
	return v;
}

/* Value of a tag in bytes that are no good message. */
static struct fix_span
look_for(struct fix_span in, const char *tag)
{
	const uint8_t *p = in.p, *end = in.p + in.len, *soh;
	size_t n = strlen(tag);

	for (; p < end; p = soh + 1) {
		soh = memchr(p, '\001', (size_t)(end - p));
		if (soh == NULL)
			break;
		if ((size_t)(soh - p) > n && memcmp(p, tag, n) == 0)
			return (struct fix_span){ p + n,
				(size_t)(soh - p) - n };
	}
	return (struct fix_span){ NULL, 0 };
}

/* A garbled message whose number can be read and is the next uses it up.
 * @return true: it did; *type is its MsgType, empty: none */
bool
fs_consume_garbled(
    struct fix_session *s, struct fix_span bytes, struct fix_span *type)
{
	struct fix_span v = look_for(bytes, "34=");
	int64_t seq;

	if (fix_int_parse(v, &seq) < 0 ||
	    fs_seq_near(s, seq, s->next_in) != s->next_in)
		return false;
	*type = look_for(bytes, "35=");
	count(s, s->next_in, bytes);
	return true;
}

static size_t
rec_size(size_t len)
{
	return sizeof(struct rec) + (len + 7) / 8 * 8;
}

static struct rec *
rec_at(const struct held *h, size_t off)
{
	return (struct rec *)(void *)(h->buf + off);
}

/* Make room behind the last record, within the limit. */
static bool
held_room(struct held *h, size_t need, size_t limit)
{
	size_t live = h->tail - h->head, cap = h->cap;
	uint8_t *p;

	if (need > limit || live > limit - need)
		return false;
	if (h->cap - h->tail >= need)
		return true;
	if (h->head > 0) {
		memmove(h->buf, h->buf + h->head, live);
		h->head = 0;
		h->tail = live;
	}
	if (cap - live >= need)
		return true;
	if (cap == 0)
		cap = HELD_FIRST;
	while (cap - live < need)
		cap *= 2;
	p = realloc(h->buf, cap);
	if (p == NULL)
		return false;
	h->buf = p;
	h->cap = cap;
	return true;
}

/* Keep a message whose number is too high. @return false: no room */
bool
fs_hold(struct fix_session *s, const struct event *e, bool done)
{
	struct held *h = &s->held;
	size_t need = rec_size(e->m->len);
	struct rec *r;

	if (h->tail > h->head && e->seq <= h->last_seq)
		return true; /* have it, or the peer will be asked again */
	if (h->n >= s->cfg.max_held_msgs ||
	    !held_room(h, need, s->cfg.max_held_bytes)) {
		if (!s->full_told)
			fs_report(s, FIX_WHY_QUEUE_FULL,
			    "no room to hold %" PRIu64 ": to be asked for "
			    "again",
			    e->seq);
		s->full_told = true;
		return false;
	}
	r = rec_at(h, h->tail);
	r->seq = e->seq;
	r->len = (uint32_t)e->m->len;
	r->done = done;
	memcpy(r + 1, e->m->bytes, e->m->len);
	h->tail += need;
	h->n++;
	h->last_seq = e->seq;
	return true;
}

static void
held_pop(struct held *h)
{
	h->head += rec_size(rec_at(h, h->head)->len);
	h->n--;
	if (h->head == h->tail)
		h->head = h->tail = 0;
}

bool
fs_held_peek(const struct fix_session *s, uint64_t *seq)
{
	if (s->held.head == s->held.tail)
		return false;
	*seq = rec_at(&s->held, s->held.head)->seq;
	return true;
}

void
fs_held_drop_old(struct fix_session *s)
{
	uint64_t seq;

	while (fs_held_peek(s, &seq) && seq < s->next_in)
		held_pop(&s->held);
}

void
fs_held_clear(struct fix_session *s)
{
	s->held.head = s->held.tail = 0;
	s->held.n = 0;
}

/* Give the memory back once no action points into it: a gap is rare, and
 * sessions are many. */
void
fs_held_trim(struct fix_session *s)
{
	if (s->held.buf == NULL || s->held.head != s->held.tail ||
	    fs_acts_wait(s->acts, s))
		return;
	free(s->held.buf);
	memset(&s->held, 0, sizeof(s->held));
}

/* Is it the turn of a message that was held? */
bool
fs_held_ready(const struct fix_session *s)
{
	uint64_t seq;

	return s->state == S_UP && fs_held_peek(s, &seq) && seq == s->next_in;
}

void
fs_take_up(struct fix_session *s)
{
	struct fix_acts *q = s->acts;
	const struct rec *r = rec_at(&s->held, s->held.head);
	struct fix_span bytes = { (const uint8_t *)(r + 1), r->len };
	struct event e = { .m = &q->msg, .held = true, .seq = r->seq };
	bool done = r->done != 0;

	/* The bytes stay where they are until the next message comes in. */
	held_pop(&s->held);
	if (done)
		count(s, e.seq, bytes);
	else if (fix_split(bytes.p, bytes.len, &q->msg) == 0)
		fs_step(s, fs_classify(s, &e), &e);
	fs_settle(s);
}

/* Everything below seen, from next_in on, is missing. */
void
fs_open_gap(struct fix_session *s, uint64_t seen)
{
	s->gap_top = seen - 1;
	s->asked_to = 0;
	s->gap_at = s->now.mono;
	s->full_told = false;
}

void
fs_ask(struct fix_session *s)
{
	uint64_t chunk = s->cfg.resend_chunk, to = 0;

	if (chunk > 0 && s->gap_top - s->next_in >= chunk)
		to = s->next_in + chunk - 1;
	else if (s->cfg.closed_resend ||
		 (chunk > 0 && !deviates(s, FIX_DEV_CHUNKS_OPEN)))
		to = s->gap_top;
	s->asked_to = to;
	s->gap_at = s->now.mono;
	s->ask_after_replay = false;
	fs_report(s, FIX_WHY_SEQ_HIGH,
	    "expecting %" PRIu64 ", missing up to %" PRIu64, s->next_in,
	    s->gap_top);
	fs_send_resend_request(s, s->next_in, to);
}
