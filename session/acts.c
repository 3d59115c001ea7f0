/*
 * The queue of actions, shared by the sessions of one loop.
 *
 * Sessions push, the driver takes out what is its session's, in order. Bytes
 * that we compose lie in one block behind each other; it is begun anew when
 * every action was taken and the driver has seen the end of them, so whatever
 * it was given stays readable until then. Who composes checks for room first;
 * nothing is allocated after fix_acts_new() by a driver that takes out what one
 * call queued before it makes the next.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "session/internal.h"

#define MIN_ACTS (2 * ACTS_PER_STEP)
#define REPORT_MAX 256 /* bytes of a report's text */

struct fix_acts *
fix_acts_new(unsigned max_acts, size_t max_bytes)
{
	struct fix_acts *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->cap = max_acts == 0 ? 64 : max_acts;
	if (q->cap < MIN_ACTS)
		q->cap = MIN_ACTS;
	q->cap_bytes = max_bytes == 0 ? 256 * 1024 : max_bytes;
	q->ring = calloc(q->cap, sizeof(*q->ring));
	q->buf = malloc(q->cap_bytes);
	q->msg.fields = q->fields;
	q->kept.fields = q->kept_fields;
	q->msg.cap = q->kept.cap = FIX_FIELDS_MAX;
	q->spent = true;
	if (q->ring == NULL || q->buf == NULL) {
		fix_acts_free(q);
		return NULL;
	}
	return q;
}

/* A session with longer messages than any before: a longer block. */
bool
fs_acts_fit(struct fix_acts *q, size_t bytes)
{
	uint8_t *p;

	if (bytes <= q->cap_bytes)
		return true;
	if (q->live > 0 || !q->spent)
		return false;
	p = realloc(q->buf, bytes);
	if (p == NULL)
		return false;
	q->buf = p;
	q->cap_bytes = bytes;
	return true;
}

void
fix_acts_free(struct fix_acts *q)
{
	if (q == NULL)
		return;
	free(q->ring);
	free(q->buf);
	free(q);
}

/* Entries were copied out when they were taken, bytes were not. */
static void
rewind_queue(struct fix_acts *q)
{
	if (q->live > 0)
		return;
	q->head = q->tail = 0;
	if (q->spent)
		q->used = 0;
}

/* Close up behind entries of a session that is slow to take its own. */
static void
compact(struct fix_acts *q)
{
	unsigned to = 0;

	for (unsigned i = q->head; i < q->tail; i++)
		if (q->ring[i].owner != NULL)
			q->ring[to++] = q->ring[i];
	q->head = 0;
	q->tail = to;
}

/* Only if a driver lets many sessions act and takes nothing out between. */
static void
grow(struct fix_acts *q)
{
	void *p = realloc(q->ring, 2 * q->cap * sizeof(*q->ring));

	assert(p != NULL);
	q->ring = p;
	q->cap *= 2;
}

void
fs_acts_push(struct fix_session *s, struct fix_act a)
{
	struct fix_acts *q = s->acts;

	if (q->tail == q->cap)
		compact(q);
	if (q->tail == q->cap)
		grow(q);
	q->ring[q->tail].owner = s;
	q->ring[q->tail++].act = a;
	q->live++;
}

bool
fs_acts_pop(struct fix_session *s, struct fix_act *out)
{
	struct fix_acts *q = s->acts;

	for (unsigned i = q->head; i < q->tail; i++) {
		if (q->ring[i].owner != s)
			continue;
		*out = q->ring[i].act;
		q->ring[i].owner = NULL;
		q->live--;
		q->spent = false;
		while (q->head < q->tail && q->ring[q->head].owner == NULL)
			q->head++;
		return true;
	}
	if (q->live == 0)
		q->spent = true;
	return false;
}

/* Is there room for so many more actions, and bytes composed for them? */
bool
fs_acts_room(struct fix_acts *q, unsigned acts, size_t bytes)
{
	rewind_queue(q);
	return q->cap - q->live >= acts && q->cap_bytes - q->used >= bytes;
}

/* The same, giving up the bytes of actions that were taken already. */
bool
fs_acts_room_by_force(struct fix_acts *q, size_t bytes)
{
	if (fs_acts_room(q, ACTS_PER_STEP, bytes))
		return true;
	if (q->live > 0)
		return false;
	q->spent = true;
	return fs_acts_room(q, ACTS_PER_STEP, bytes);
}

/* Does a DELIVER wait? It lies over the one array of fields. */
bool
fs_acts_deliver_waits(const struct fix_acts *q)
{
	for (unsigned i = q->head; i < q->tail; i++)
		if (q->ring[i].owner != NULL &&
		    q->ring[i].act.kind == FIX_ACT_DELIVER)
			return true;
	return false;
}

/* Are there actions that this session's driver has not taken? */
bool
fs_acts_wait(const struct fix_acts *q, const struct fix_session *s)
{
	for (unsigned i = q->head; i < q->tail; i++)
		if (q->ring[i].owner == s)
			return true;
	return false;
}

void
fs_acts_forget(struct fix_acts *q, const struct fix_session *s)
{
	for (unsigned i = q->head; i < q->tail; i++) {
		if (q->ring[i].owner != s)
			continue;
		q->ring[i].owner = NULL;
		q->live--;
	}
}

/* Bytes of the caller's that an action is to name: copied, for the queue may be
 * emptied after they are gone. Room was checked. */
struct fix_span
fs_acts_copy(struct fix_session *s, struct fix_span bytes)
{
	struct fix_acts *q = s->acts;
	struct fix_span v = { q->buf + q->used, bytes.len };

	assert(bytes.len <= q->cap_bytes - q->used);
	memcpy(q->buf + q->used, bytes.p, bytes.len);
	q->used += bytes.len;
	return v;
}

static const char * FIX_PRINTF(2, 0)
write_text(struct fix_acts *q, const char *fmt, va_list ap)
{
	size_t room = q->cap_bytes - q->used;
	const char *text = (const char *)q->buf + q->used;
	int n;

	if (room == 0)
		return "";
	if (room > REPORT_MAX)
		room = REPORT_MAX;
	n = vsnprintf((char *)q->buf + q->used, room, fmt, ap);
	q->used += n < 0 || (size_t)n >= room ? room : (size_t)n + 1;
	return text;
}

/* Text in the queue's memory, cut where it is too long. */
const char *
fs_acts_text(struct fix_session *s, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = write_text(s->acts, fmt, ap);
	va_end(ap);
	return text;
}

static void FIX_PRINTF(3, 0)
report(struct fix_session *s, struct fix_act a, const char *fmt, va_list ap)
{
	a.text = write_text(s->acts, fmt, ap);
	fs_acts_push(s, a);
}

void
fs_report(struct fix_session *s, enum fix_why why, const char *fmt, ...)
{
	struct fix_act a = { .kind = FIX_ACT_REPORT, .why = why, .text = "" };
	va_list ap;

	va_start(ap, fmt);
	report(s, a, fmt, ap);
	va_end(ap);
}

void
fs_report_times(struct fix_session *s, enum fix_why why, uint64_t times,
    const char *fmt, ...)
{
	struct fix_act a = { .kind = FIX_ACT_REPORT,
		.why = why,
		.text = "",
		.seq_end = times };
	va_list ap;

	va_start(ap, fmt);
	report(s, a, fmt, ap);
	va_end(ap);
}
