/*
 * Sealed pieces as they leave: each knows which backup it is of, its place and
 * whether it is the last one, so none can be left out, doubled or moved.
 */
#include "gateway/backup/stream.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
bk_bad(struct bk_out *o, int rc, const char *fmt, ...)
{
	va_list ap;

	if (o->rc != 0)
		return o->rc;
	o->rc = rc;
	va_start(ap, fmt);
	(void)vsnprintf(o->e->text, sizeof(o->e->text), fmt, ap);
	va_end(ap);
	return rc;
}

void
bk_aad(
    uint8_t out[BK_AAD], const uint8_t head[BK_HEAD], uint64_t place, bool last)
{
	memcpy(out, head, BK_HEAD);
	memcpy(out + BK_HEAD, &place, sizeof(place));
	out[BK_AAD - 1] = last;
}

void
bk_write(struct bk_out *o, const void *at, size_t len)
{
	const uint8_t *p = at;
	ssize_t n;

	if (o->rc == 0 && EVP_DigestUpdate(o->sum, at, len) != 1)
		bk_bad(o, -FIX_E_NOMEM, "out of memory");
	for (; len > 0 && o->rc == 0; p += n, len -= (size_t)n) {
		n = write(o->fd, p, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			bk_bad(o, -FIX_E_IO, "%s: %s", o->j->file,
			    strerror(errno));
		else
			o->bytes += (uint64_t)n;
	}
}

void
bk_pace(struct bk_out *o, uint64_t bytes)
{
	uint64_t due;
	struct timespec at = o->began;

	o->moved += bytes;
	due = o->moved * 1000 / o->j->rate; /* ns, of MB a second */
	at.tv_sec += (time_t)(due / 1000000000);
	at.tv_nsec += (long)(due % 1000000000);
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	if (o->j->stop != NULL && o->j->stop(o->j->arg))
		bk_bad(o, -FIX_E_STATE, "%s: told to stop before it was whole",
		    o->j->file);
}

static void
piece(struct bk_out *o, bool last)
{
	uint8_t aad[BK_AAD], len[4];
	ssize_t n;

	bk_aad(aad, o->head, o->place++, last);
	n = crypt_seal(o->sealed, sizeof(o->sealed), o->j->key,
	    (struct fix_span){ aad, sizeof(aad) },
	    (struct fix_span){ o->plain, o->fill });
	if (n < 0)
		bk_bad(o, (int)n, "sealing failed: %s", fix_strerror(n));
	for (int i = 0; n > 0 && i < 4; i++)
		len[i] = (uint8_t)((size_t)n >> 8 * i);
	if (n > 0) {
		bk_write(o, len, sizeof(len));
		bk_write(o, o->sealed, (size_t)n);
	}
	o->fill = 0;
}

void
bk_put(struct bk_out *o, const void *at, size_t len)
{
	const uint8_t *p = at;
	size_t n;

	for (; len > 0 && o->rc == 0; p += n, len -= n) {
		if (o->fill == BK_PIECE)
			piece(o, false);
		n = BK_PIECE - o->fill < len ? BK_PIECE - o->fill : len;
		memcpy(o->plain + o->fill, p, n);
		o->fill += n;
	}
}

void
bk_end(struct bk_out *o)
{
	static const struct bk_entry end;
	static const uint8_t no_more[4];

	bk_put(o, &end, sizeof(end));
	if (o->rc != 0)
		return;
	piece(o, true);
	bk_write(o, no_more, sizeof(no_more));
}
