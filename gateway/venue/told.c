/*
 * The venue that does what it is told, behind struct venue_ops.
 *
 * It is up from its first tick on and tells its symbols' reference prices then;
 * all else is said on command. Questions about an order are not answered
 * either: a test says what the answer is.
 */
#include <stdlib.h>

#include "gateway/venue/told.h"

struct told {
	struct venue venue;
	struct sim_symbol *symbols;
	unsigned n_symbols;
	bool ticked;
	struct fix_mono started;
};

static int
told_take(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	(void)o;
	(void)now;
	return v->up ? 0 : -FIX_E_STATE;
}

static void
told_load(struct venue *v, struct fix_span key, struct fix_span value)
{
	(void)v;
	(void)key;
	(void)value;
}

static void
told_start(struct venue *v, struct fix_now now)
{
	((struct told *)v)->started = now.mono;
}

static void
told_tick(struct venue *v, struct fix_now now)
{
	struct told *t = (struct told *)v;
	struct venue_event e = { .cum_qty_e8 = -1, .when = now.utc };

	if (t->ticked)
		return;
	t->ticked = true;
	e.kind = VENUE_MARK;
	for (unsigned i = 0; i < t->n_symbols; i++) {
		e.symbol = t->symbols[i].symbol;
		e.last_px_e8 = t->symbols[i].ref_e8;
		v->sink.event(v->sink.arg, v, &e);
	}
	v->up = true;
	e = (struct venue_event){ .kind = VENUE_UP, .cum_qty_e8 = -1 };
	v->sink.event(v->sink.arg, v, &e);
}

static struct fix_mono
told_deadline(const struct venue *v)
{
	const struct told *t = (const struct told *)v;
	struct fix_mono never = { FIX_MONO_NEVER };

	return t->ticked ? never : t->started;
}

static void
told_free(struct venue *v)
{
	free(((struct told *)v)->symbols);
	free(v);
}

static const struct venue_ops ops = {
	.send_new = told_take,
	.send_cancel = told_take,
	.send_replace = told_take,
	.send_status = told_take,
	.load = told_load,
	.start = told_start,
	.tick = told_tick,
	.deadline = told_deadline,
	.free = told_free,
};

bool
venue_is_told(const struct venue *v)
{
	return v->ops == &ops;
}

struct venue *
venue_told_new(const char *name, const struct sim_symbol *symbols,
    unsigned n_symbols, struct venue_sink sink)
{
	struct told *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->symbols = calloc(n_symbols + 1, sizeof(*symbols));
	if (t->symbols == NULL) {
		free(t);
		return NULL;
	}
	for (unsigned i = 0; i < n_symbols; i++)
		t->symbols[i] = symbols[i];
	t->n_symbols = n_symbols;
	t->venue.ops = &ops;
	t->venue.sink = sink;
	fix_span_copy(fix_span_of(name), t->venue.name, sizeof(t->venue.name));
	return &t->venue;
}
