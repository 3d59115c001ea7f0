/*
 * Input: bytes of a venue's process. They are records or not; what is read is
 * written again as the same record, and a venue that is given them never reads
 * past them, hands over only what it may, and takes at least the good ones in
 * front.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/venue/process.h"
#include "gateway/venue/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_event(void *arg, struct venue *v, const struct venue_event *e)
{
	(void)arg;
	assert(e->kind < VENUE_N_EVENT && e->qty_e8 >= 0);
	assert(e->kind != VENUE_MARK || e->last_px_e8 > 0);
	assert(e->kind != VENUE_UP || v->up);
	assert(e->kind != VENUE_STATUS || e->cum_qty_e8 >= 0);
}

static void
on_keep(void *arg, struct venue *v, struct fix_span key, struct fix_span value)
{
	(void)arg;
	(void)v;
	assert(key.len > 0 && key.len <= 32 && value.len < 128);
}

static void
on_account(void *arg, struct venue *v, const struct venue_account *a)
{
	(void)arg;
	(void)v;
	assert(a->kind != VENUE_ACCOUNT_PAIR ||
	       (a->symbol != NULL && a->base != NULL));
	assert(a->kind != VENUE_ACCOUNT_HOLDS ||
	       (a->asset != NULL && a->free != NULL));
}

static void
write_again(const struct record *r, const uint8_t *p, size_t len)
{
	uint8_t buf[RECORD_HEAD + RECORD_MAX];
	char name[RECORD_MAX + 1];
	struct record_out o;
	struct record again;
	struct venue_rare rare;
	ssize_t n;

	fix_span_copy(r->type, name, sizeof(name));
	record_begin(&o, buf, sizeof(buf), name);
	for (unsigned i = 0; i < r->n; i++) {
		fix_span_copy(r->fields[i].name, name, sizeof(name));
		record_put_span(&o, name, r->fields[i].value);
	}
	if (record_rare(r, &rare))
		assert(rare.cash_e8 >= 0 && rare.offset_e8 >= 0 &&
		    rare.min_qty_e8 >= 0 && rare.max_floor_e8 >= 0);
	n = record_end(&o);
	assert(n > 0 && (size_t)n <= len && p != NULL);
	assert(record_read(&again, buf, (size_t)n) == n);
	assert(again.n <= r->n && fix_span_eq(again.type, r->type));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct venue_sink sink = { NULL, on_event, on_keep, NULL, on_account };
	struct fix_now now = { { FIX_DAY }, { FIX_SEC } };
	struct venue *v = venue_process_new("FUZZ", sink);
	uint8_t *p = malloc(size + (size == 0));
	size_t at = 0;
	struct record r;
	ssize_t n;
	int fds[2];

	if (v == NULL || p == NULL || size > 60000 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		abort();
	if (size > 0)
		memcpy(p, data, size);
	while ((n = record_read(&r, p + at, size - at)) > 0) {
		write_again(&r, p + at, (size_t)n);
		at += (size_t)n;
	}
	venue_process_attach(v, fds[0], now);
	if (send(fds[1], p, size, MSG_DONTWAIT) != (ssize_t)size)
		abort();
	for (unsigned i = 0; i < 100 && venue_process_fd(v) >= 0; i++) {
		venue_process_read(v);
		v->ops->tick(v, now);
		v->ops->flush(v);
	}
	close(fds[1]);
	v->ops->free(v);
	free(p);
	return 0;
}
