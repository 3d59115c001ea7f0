/*
 * What TWS says of executions: execDetails and commissionReport.
 *
 * They come in any order and more than once. Executions count by their execId,
 * of which what is behind the last point numbers corrections; the part in front
 * is the id under which the trader knows an execution, so that a new process
 * that only ever sees a correction does not make a second execution of it. A
 * commission comes behind its execution as a rule, and now and then before it.
 * Reference tws-protocol.md 13, 18.4.
 */
#include "config.h"

#include <stdio.h>

#include "gateway/venue/tws_int.h"

static int64_t
int_of(const struct tws_msg *m, unsigned field)
{
	int64_t v;

	tws_read_int(tws_get(m, field), &v);
	return v;
}

static int64_t
qty_of(const struct tws_msg *m, unsigned field)
{
	int64_t v;

	tws_qty_e8(tws_get(m, field), &v);
	return v;
}

static int64_t
price_of(const struct tws_msg *m, unsigned field)
{
	int64_t v;

	tws_price_e8(tws_get(m, field), &v);
	return v;
}

struct execution {
	char stem[VENUE_ID_MAX + 1], full[VENUE_ID_MAX + 1];
	char ref[VENUE_ID_MAX + 1];
	int64_t qty_e8, px_e8, cum_e8;
	char side;
	struct fix_utc when;
};

static struct venue_event
execution_event(struct tws *t, enum venue_event_kind kind,
    const struct tws_order *o, const struct execution *x)
{
	struct venue_event e = tws_event(t, kind, o);

	if (o == NULL)
		e.cl_ord_id = x->ref;
	e.exec_id = kind == VENUE_FILL ? x->stem : x->full;
	e.last_qty_e8 = x->qty_e8;
	e.last_px_e8 = x->px_e8;
	e.side = x->side;
	if (kind == VENUE_FILL)
		e.cum_qty_e8 = x->cum_e8;
	if (x->when.ns != 0)
		e.when = x->when;
	return e;
}

/* What an execution costs comes behind it as a rule, and once: (a) of 18.4. */
static void
charge(struct tws *t, struct tws_fill *f, const struct tws_fee *fee)
{
	struct venue_event e = tws_event(
	    t, VENUE_FEE, tws_order_by_id(t, f->order_id));
	char id[TWS_EXEC_MAX + 1];

	if (f->charged)
		return;
	f->charged = true;
	memcpy(id, f->exec_id, sizeof(id));
	if (!f->corrected)
		id[f->stem] = '\0';
	e.ref_exec_id = id;
	e.fee_e8 = fee->fee_e8;
	e.fee_currency = fee->currency;
	if (fee->fee_e8 != 0)
		t->out.event(t->out.arg, &e);
}

/* Its commission was here first. */
static void
charge_early(struct tws *t, struct tws_fill *f)
{
	for (unsigned i = 0; i < TWS_FEES; i++) {
		if (strcmp(t->fees[i].exec_id, f->exec_id) != 0)
			continue;
		charge(t, f, &t->fees[i]);
		t->fees[i].exec_id[0] = '\0';
	}
}

static void
correct(struct tws *t, struct tws_order *o, struct tws_fill *f,
    const struct execution *x)
{
	struct venue_event e = execution_event(t, VENUE_CORRECT, o, x);
	char was[TWS_EXEC_MAX + 1];

	memcpy(was, f->exec_id, sizeof(was));
	if (!f->corrected)
		was[f->stem] = '\0';
	e.ref_exec_id = was;
	if (o != NULL)
		o->cum_e8 += x->qty_e8 - f->qty_e8;
	f->corrected = true;
	f->charged = false; /* another execution */
	f->qty_e8 = x->qty_e8;
	f->px_e8 = x->px_e8;
	fix_span_copy(fix_span_of(x->full), f->exec_id, sizeof(f->exec_id));
	t->out.event(t->out.arg, &e);
	charge_early(t, f);
}

static void
new_fill(struct tws *t, struct tws_order *o, struct fix_span exec_id,
    const struct execution *x)
{
	struct tws_fill *f = tws_fill_new(t, exec_id);
	struct venue_event e = execution_event(t, VENUE_FILL, o, x);

	if (o != NULL) {
		o->cum_e8 += x->qty_e8;
		o->acked = true;
		if (o->state == TWS_S_NEW)
			o->state = TWS_S_LIVE;
	}
	t->out.event(t->out.arg, &e);
	if (f == NULL)
		return; /* the trader knows it by its id, too */
	f->order_id = o == NULL ? 0 : o->order_id;
	f->qty_e8 = x->qty_e8;
	f->px_e8 = x->px_e8;
	if (strcmp(x->full + f->stem, ".01") != 0)
		correct(t, o, f, x);
	else
		charge_early(t, f);
}

/* Is the number behind the last point higher than the one that we know? */
static bool
is_later(const struct tws_fill *f, const char *full)
{
	const char *a = full + f->stem, *b = f->exec_id + f->stem;
	size_t n = strlen(a), m = strlen(b);

	return n != m ? n > m : strcmp(a, b) > 0;
}

static bool
read_execution(struct tws *t, const struct tws_msg *m, struct execution *x)
{
	struct fix_span id = tws_get(m, TWS_ED_EXEC_ID);

	memset(x, 0, sizeof(*x));
	x->qty_e8 = qty_of(m, TWS_ED_SHARES);
	x->px_e8 = price_of(m, TWS_ED_PRICE);
	x->cum_e8 = int_of(m, TWS_ED_REQ_ID) == -1 ? qty_of(m, TWS_ED_CUM_QTY)
						   : -1;
	x->side = fix_span_is(tws_get(m, TWS_ED_SIDE), "BOT") ? '1' : '2';
	fix_span_copy(tws_get(m, TWS_ED_ORDER_REF), x->ref, sizeof(x->ref));
	tws_read_time(tws_get(m, TWS_ED_TIME), t->cfg.zone, t->zone_name,
	    &x->when);
	if (fix_span_copy(id, x->full, sizeof(x->full)) && id.len > 0 &&
	    x->qty_e8 > 0) {
		id.len = tws_exec_stem(id);
		return fix_span_copy(id, x->stem, sizeof(x->stem));
	}
	tws_say(t, true, "execution %.*s can't be read: order %lld, look at TWS",
	    (int)id.len, id.len == 0 ? "" : (const char *)id.p,
	    (long long)int_of(m, TWS_ED_ORDER_ID));
	return false;
}

void
tws_on_execution(struct tws *t, const struct tws_msg *m)
{
	struct fix_span id = tws_get(m, TWS_ED_EXEC_ID);
	struct execution x;
	struct tws_order *o;
	struct tws_fill *f;

	if (!tws_is_ours(t, int_of(m, TWS_ED_CLIENT_ID),
		int_of(m, TWS_ED_ORDER_ID)) ||
	    !read_execution(t, m, &x))
		return;
	o = tws_order_by_id(t, int_of(m, TWS_ED_ORDER_ID));
	f = tws_fill_find(t, id);
	if (f == NULL)
		new_fill(t, o, id, &x);
	else if (is_later(f, x.full))
		correct(t, o, f, &x);
	if (o == NULL)
		return;
	tws_filled(t, o);
	if (o->state == TWS_S_HELD || o->state == TWS_S_ENDING)
		tws_tell_end(t, o);
}

void
tws_on_commission(struct tws *t, const struct tws_msg *m)
{
	struct fix_span id = tws_get(m, TWS_CR_EXEC_ID);
	struct tws_fill *f = tws_fill_find(t, id);
	struct tws_fee fee = { .exec_id = "" };

	if (tws_price_e8(tws_get(m, TWS_CR_COMMISSION), &fee.fee_e8) != 1)
		return; /* not said */
	fix_span_copy(tws_get(m, TWS_CR_CURRENCY), fee.currency,
	    sizeof(fee.currency));
	fix_span_copy(id, fee.exec_id, sizeof(fee.exec_id));
	if (f != NULL) {
		charge(t, f, &fee);
		return;
	}
	t->fees[t->fee_at++ % TWS_FEES] = fee;
}
