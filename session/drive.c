/*
 * The driver of one session.
 *
 * A round: take what is queued, keep what is to be kept, gather what is to be
 * sent; then commit, then send, then close. Bytes of a SEND may be overwritten
 * once the queue is empty, so they are copied. A ResendRequest is answered from
 * memory as far as the queue takes it, a round at a time, so that a long one
 * needs no more room than a short one.
 */
#include "session/drive.h"

#include <stdlib.h>

#include "session/internal.h"

struct buffer {
	uint8_t *p;
	size_t len, cap;
};

struct fix_drive {
	struct fix_session *s;
	struct fix_keep keep;
	struct fix_drive_ops ops;
	void *wire; /* what send and close get */
	struct buffer in, out;
	uint64_t replay, replay_end; /* still to hand in; replay 0: none */
	bool closing;
	enum fix_why why;
};

struct fix_drive *
fix_drive_new(struct fix_session *s, const struct fix_keep *keep,
    const struct fix_drive_ops *ops)
{
	struct fix_drive *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->s = s;
	d->keep = *keep;
	d->ops = *ops;
	d->wire = ops->arg;
	return d;
}

void
fix_drive_take(struct fix_drive *d, void *arg,
    int (*send_to)(void *arg, struct fix_span bytes),
    void (*close_it)(void *arg, enum fix_why why))
{
	d->wire = arg;
	d->ops.send = send_to;
	d->ops.close = close_it;
}

void
fix_drive_free(struct fix_drive *d)
{
	if (d == NULL)
		return;
	free(d->in.p);
	free(d->out.p);
	free(d);
}

static int
put(struct buffer *b, const uint8_t *p, size_t len)
{
	size_t cap = b->cap == 0 ? 4096 : b->cap;
	uint8_t *more;

	while (cap - b->len < len)
		cap *= 2;
	if (cap != b->cap) {
		more = realloc(b->p, cap);
		if (more == NULL)
			return -FIX_E_NOMEM;
		b->p = more;
		b->cap = cap;
	}
	if (len > 0)
		memcpy(b->p + b->len, p, len);
	b->len += len;
	return 0;
}

static void
tell(struct fix_drive *d, const struct fix_act *a)
{
	if (d->ops.report != NULL)
		d->ops.report(d->ops.arg, a->why,
		    a->text != NULL ? a->text : "");
}

static int
carry_out(struct fix_drive *d, const struct fix_act *a, struct fix_now now)
{
	struct fix_drive_ops *ops = &d->ops;
	struct fix_keep *k = &d->keep;

	switch (a->kind) {
	case FIX_ACT_RECEIVED:
		return k->received(k->of, a->seq, a->bytes, now);
	case FIX_ACT_PERSIST:
		return k->sent(k->of, a->seq, a->bytes, now);
	case FIX_ACT_NUMBERS:
		return k->numbers(k->of, a->seq, a->seq_end, a->flag, now);
	case FIX_ACT_SEND:
		return put(&d->out, a->bytes.p, a->bytes.len);
	case FIX_ACT_DELIVER:
		if (ops->deliver != NULL)
			ops->deliver(ops->arg, a->msg, a->flag);
		return 0;
	case FIX_ACT_REPLAY:
		d->replay = a->seq;
		d->replay_end = a->seq_end;
		return 0;
	case FIX_ACT_QUEUED:
		return 0; /* drive.h: not kept before its turn */
	case FIX_ACT_NOT_RESENT:
	case FIX_ACT_REPORT:
		tell(d, a);
		return 0;
	case FIX_ACT_UP:
		if (ops->up != NULL)
			ops->up(ops->arg);
		return 0;
	case FIX_ACT_DOWN:
		d->replay = 0;
		if (ops->down != NULL)
			ops->down(ops->arg);
		return 0;
	case FIX_ACT_CLOSE:
		d->closing = true;
		d->why = a->why;
		return 0;
	}
	return 0;
}

/* What was asked for again, until the queue is full. */
static int
answer(struct fix_drive *d, struct fix_now now, bool *paced)
{
	uint64_t last = fix_session_numbers(d->s).next_out - 1;
	struct fix_span bytes;
	int rc = 0;

	if (d->replay_end == 0 || d->replay_end > last)
		d->replay_end = last;
	while (rc == 0 && d->replay <= d->replay_end) {
		rc = d->keep.message(d->keep.of, d->replay, &bytes);
		if (rc == 0)
			rc = fix_session_replay(d->s, d->replay, bytes, now);
		if (rc == -FIX_E_NOTFOUND)
			rc = 0; /* becomes a gap fill */
		if (rc == 0)
			d->replay++;
	}
	if (rc == 0)
		rc = fix_session_replay_done(d->s, now);
	if (rc == 0 || rc == -FIX_E_STATE)
		d->replay = 0;
	*paced = rc == -FIX_E_FULL;
	return rc == -FIX_E_SPACE || rc == -FIX_E_STATE || *paced ? 0 : rc;
}

/* Kept first, sent then, closed last. */
static int
settle(struct fix_drive *d)
{
	struct fix_span out = { d->out.p, d->out.len };
	int rc = d->keep.commit(d->keep.of);

	d->out.len = 0;
	if (rc == 0 && out.len > 0 && d->ops.send != NULL)
		rc = d->ops.send(d->wire, out);
	if (rc == 0 && d->closing) {
		d->closing = false;
		d->in.len = 0; /* what it sent behind that counts no more */
		if (d->ops.close != NULL)
			d->ops.close(d->wire, d->why);
	}
	return rc;
}

static void
forget(struct fix_drive *d)
{
	struct fix_act a;

	while (fix_session_next(d->s, &a) == 1)
		;
	d->out.len = 0;
	d->replay = 0;
	d->closing = false;
}

int
fix_drive_run(struct fix_drive *d, struct fix_now now)
{
	struct fix_act a;
	bool more = true, paced;
	int rc = 0;

	while (rc == 0 && more) {
		more = false;
		while (rc == 0 && fix_session_next(d->s, &a) == 1) {
			rc = carry_out(d, &a, now);
			more = true;
		}
		if (rc == 0)
			rc = settle(d);
		if (rc == 0 && d->replay != 0) {
			rc = answer(d, now, &paced);
			more = more || !paced;
		}
	}
	if (rc != 0)
		forget(d);
	return rc;
}

int
fix_drive_feed(
    struct fix_drive *d, const uint8_t *in, size_t len, struct fix_now now)
{
	size_t at = 0;
	ssize_t n = 1;
	int rc = put(&d->in, in, len);

	while (rc == 0 && n > 0 && at < d->in.len) {
		n = fix_session_recv(d->s, d->in.p + at, d->in.len - at, now);
		if (n > 0)
			at += (size_t)n;
		rc = fix_drive_run(d, now);
		if (rc == 0 && n < 0)
			rc = (int)n;
	}
	/* A close has emptied it meanwhile. */
	if (at > d->in.len)
		at = d->in.len;
	if (at > 0)
		memmove(d->in.p, d->in.p + at, d->in.len - at);
	d->in.len -= at;
	return rc;
}

int
fix_drive_tick(struct fix_drive *d, struct fix_now now)
{
	if (fix_session_deadline(d->s).ns <= now.mono.ns)
		fix_session_tick(d->s, now);
	return fix_drive_run(d, now);
}

int
fix_drive_lost(struct fix_drive *d, struct fix_now now)
{
	d->in.len = 0;
	fix_session_lost(d->s, now);
	return fix_drive_run(d, now);
}

int
fix_drive_wait_ms(const struct fix_drive *d, struct fix_now now)
{
	struct fix_mono at = fix_session_deadline(d->s);
	int64_t ms;

	if (at.ns == FIX_MONO_NEVER)
		return -1;
	ms = (at.ns - now.mono.ns + FIX_MSEC - 1) / FIX_MSEC;
	return ms < 0 ? 0 : ms > 60000 ? 60000 : (int)ms;
}
