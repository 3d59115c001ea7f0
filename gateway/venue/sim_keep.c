/*
 * What outlives the process, through sink.keep; sim_load.c reads it back.
 *
 * Key 'k' and a number holds an order ('O'), a request under way (its kind) or
 * an event that waits ('E'); key 'l' and a symbol its last price; key 'i' how
 * often the venue was started. Numbers are 8 bytes, the highest first in keys
 * and as the machine has them in values; texts are a length byte and bytes.
 * An order is kept again at each change, whole: the last value counts.
 */
#include <assert.h>

#include "gateway/venue/sim_inside.h"

#define VALUE_MAX 512

struct out {
	size_t n;
	uint8_t buf[VALUE_MAX]; /* n of them are set */
};

static void
put_bytes(struct out *o, const void *p, size_t n)
{
	assert(n <= sizeof(o->buf) - o->n);
	if (n > 0)
		memcpy(o->buf + o->n, p, n);
	o->n += n;
}

static void
put_char(struct out *o, char c)
{
	put_bytes(o, &c, 1);
}

static void
put_int(struct out *o, int64_t v)
{
	put_bytes(o, &v, sizeof(v));
}

static void
put_text(struct out *o, const char *s)
{
	size_t n = s == NULL ? 0 : strlen(s);

	put_char(o, (char)n);
	put_bytes(o, s, n);
}

static void
keep(struct sim *s, struct fix_span key, struct fix_span value)
{
	if (s->venue.sink.keep != NULL)
		s->venue.sink.keep(s->venue.sink.arg, &s->venue, key, value);
}

static void
keep_number(struct sim *s, uint64_t number, const struct out *o)
{
	uint8_t key[9] = { 'k' };
	int i;

	for (i = 8; i > 0; i--, number >>= 8)
		key[i] = (uint8_t)number;
	keep(s, (struct fix_span){ key, sizeof(key) },
	    (struct fix_span){ o->buf, o->n });
}

void
sim_unkeep(struct sim *s, uint64_t number)
{
	struct out nothing;

	nothing.n = 0;
	keep_number(s, number, &nothing);
}

void
sim_keep_order(struct sim *s, const struct sim_order *o)
{
	struct out b;
	unsigned i;

	b.n = 0;
	put_char(&b, 'O');
	put_char(&b, o->side);
	put_char(&b, o->ord_type);
	put_char(&b, o->time_in_force);
	put_char(&b, o->status);
	put_char(&b, o->triggered ? 'T' : 'W');
	put_int(&b, (int64_t)o->rank);
	put_int(&b, o->qty_e8);
	put_int(&b, o->price_e8);
	put_int(&b, o->stop_e8);
	put_int(&b, o->cum_e8);
	put_int(&b, o->expire_ns);
	put_text(&b, o->book == NULL ? "" : o->book->cfg.symbol);
	for (i = 0; i < SIM_N_ID; i++)
		put_text(&b, o->id[i].text);
	if (o->floor_e8 != 0) { /* few have it */
		put_int(&b, o->floor_e8);
		put_int(&b, o->shown_e8);
	}
	keep_number(s, o->number, &b);
}

void
sim_keep_request(struct sim *s, const struct sim_request *q)
{
	struct out b;

	b.n = 0;
	put_char(&b, q->kind);
	put_char(&b, q->side);
	put_char(&b, q->ord_type);
	put_char(&b, q->time_in_force);
	put_int(&b, q->qty_e8);
	put_int(&b, q->price_e8);
	put_int(&b, q->stop_e8);
	put_int(&b, q->expire_ns);
	put_text(&b, q->symbol);
	put_text(&b, q->cl_ord_id);
	put_text(&b, q->orig_cl_ord_id);
	if (q->post || (q->min_qty_e8 | q->floor_e8 | q->cash_e8) != 0) {
		put_int(&b, q->min_qty_e8);
		put_int(&b, q->floor_e8);
		put_int(&b, q->cash_e8);
		put_char(&b, q->post ? '6' : '-');
	}
	keep_number(s, q->number, &b);
}

void
sim_keep_late(struct sim *s, const struct sim_late *l)
{
	const struct venue_event *e = &l->e;
	struct out b;

	b.n = 0;
	put_char(&b, 'E');
	put_char(&b, (char)e->kind);
	put_char(&b, e->side);
	put_char(&b, e->status);
	put_int(&b, e->reason);
	put_int(&b, e->last_qty_e8);
	put_int(&b, e->last_px_e8);
	put_int(&b, e->qty_e8);
	put_int(&b, e->price_e8);
	put_int(&b, e->stop_e8);
	put_int(&b, e->cum_qty_e8);
	put_int(&b, e->when.ns);
	put_text(&b, e->cl_ord_id);
	put_text(&b, e->orig_cl_ord_id);
	put_text(&b, e->venue_order_id);
	put_text(&b, e->exec_id);
	put_text(&b, e->ref_exec_id);
	put_text(&b, e->symbol);
	put_text(&b, e->text);
	keep_number(s, l->number, &b);
}

void
sim_keep_last(struct sim *s, const struct sim_book *b)
{
	struct out key = { .n = 0 }, value = { .n = 0 };

	put_char(&key, 'l');
	put_bytes(&key, b->cfg.symbol, strlen(b->cfg.symbol));
	put_int(&value, b->last_e8);
	keep(s, (struct fix_span){ key.buf, key.n },
	    (struct fix_span){ value.buf, value.n });
}

void
sim_keep_incarnation(struct sim *s)
{
	struct out value = { .n = 0 };

	put_int(&value, (int64_t)s->incarnation);
	keep(s, fix_span_of("i"), (struct fix_span){ value.buf, value.n });
}
