/*
 * What TWS says about orders: openOrder, orderStatus, completedOrder and errors
 * with an order's id.
 *
 * All come in any order and more than once. A replace is in force when an
 * openOrder shows its values: there is no other answer to one. Reference
 * tws-protocol.md 8.5, 11, 12; executions are in tws_fills.c.
 */
#include "config.h"

#include <stdio.h>

#include "gateway/venue/tws_int.h"

#define LOOK_SOON (2 * FIX_SEC)
#define HELD_WAIT (5 * FIX_SEC)
#define TRY_WAIT (1 * FIX_SEC)

static int64_t
int_of(const struct tws_msg *m, unsigned field)
{
	int64_t v;

	tws_read_int(tws_get(m, field), &v);
	return v;
}

static int64_t
i64_of(const struct tws_msg *m, unsigned field)
{
	int64_t v;

	tws_read_i64(tws_get(m, field), &v);
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

/* An order of ours, if it has that client id; notes the number as used. */
bool
tws_is_ours(struct tws *t, int64_t client, int64_t order_id)
{
	if (client != t->cfg.client_id || order_id <= 0)
		return false;
	if (order_id >= t->next_id)
		t->next_id = order_id + 1;
	return true;
}

static void
set_text(struct tws_order *o, int64_t code, struct fix_span text)
{
	o->code = (int)code;
	if (code == 0)
		snprintf(o->text, sizeof(o->text), "%.*s", (int)text.len,
		    text.len == 0 ? "" : (const char *)text.p);
	else
		snprintf(o->text, sizeof(o->text), "%lld %.*s",
		    (long long)code, (int)text.len,
		    text.len == 0 ? "" : (const char *)text.p);
}

/* ----- life ----- */

void
tws_filled(struct tws *t, struct tws_order *o)
{
	if (o->state == TWS_S_ENDED || o->cum_e8 < o->is.qty_e8)
		return;
	if (o->pending == 'G' && o->want.qty_e8 > o->cum_e8 &&
	    strcmp(o->status, "Filled") != 0)
		return; /* it may still be in force before the last of it */
	if (o->pending != '\0')
		tws_tell_request_refused(t, o, 0, "TOO LATE the order is filled");
	tws_order_ended(t, o, '2');
}

static void
on_live(struct tws *t, struct tws_order *o)
{
	if (o->state == TWS_S_ENDED && o->ended_as == '8' && !o->alerted) {
		o->alerted = true;
		o->acked = false;
		tws_say(t, true, "order %s was refused but lives at TWS", o->id);
		tws_order_again(t, o);
		tws_tell_ack(t, o);
	} else if (o->state == TWS_S_NEW || o->state == TWS_S_HELD) {
		o->due_ns = INT64_MAX;
		tws_tell_ack(t, o);
	}
}

static void
on_ending(struct tws *t, struct tws_order *o, enum tws_state state,
    int64_t wait_ns)
{
	if (o->state == TWS_S_ENDED)
		return;
	if (o->state != state)
		tws_set_due(t, o, wait_ns);
	o->state = state; /* once more: the wait goes on */
	tws_tell_end(t, o);
}

/* ----- openOrder ----- */

/* How far behind the market a trailing stop is. */
static int64_t
trail_of(const struct tws_msg *m, char *type)
{
	int64_t percent = price_of(m, TWS_OO_TRAILING_PERCENT);

	*type = percent > 0 ? '1' : '0';
	return percent > 0 && percent < INT64_MAX / 100
		   ? percent * 100
		   : price_of(m, TWS_OO_AUX_PRICE);
}

static struct tws_terms
terms_of(const struct tws_msg *m)
{
	struct tws_terms s = { 0 };
	const struct tws_kind_of_order *k;

	s.qty_e8 = qty_of(m, TWS_OO_TOTAL_QUANTITY);
	tws_unmap(tws_get(m, TWS_OO_ORDER_TYPE), tws_get(m, TWS_OO_TIF),
	    &s.type, &s.tif);
	k = tws_map_type(s.type, s.tif);
	if (k != NULL && k->price)
		s.price_e8 = price_of(m, TWS_OO_LMT_PRICE);
	if (k != NULL && k->stop)
		s.stop_e8 = price_of(m, TWS_OO_AUX_PRICE);
	if (s.type == 'P')
		s.rare.offset_e8 = trail_of(m, &s.rare.offset_type);
	tws_read_time(tws_get(m, TWS_OO_GOOD_TILL_DATE), NULL, "", &s.expire);
	return s;
}

/* Texts of TWS, so that MOC is MOC however FIX said it. */
static bool
same_terms(const struct tws_terms *a, const struct tws_terms *b)
{
	const struct tws_kind_of_order *k = tws_map_type(a->type, a->tif);
	const struct tws_kind_of_order *l = tws_map_type(b->type, b->tif);

	return k != NULL && l != NULL && strcmp(k->code, l->code) == 0 &&
	       a->qty_e8 == b->qty_e8 &&
	       a->rare.offset_e8 == b->rare.offset_e8 &&
	       (!k->price || a->price_e8 == b->price_e8) &&
	       (!k->stop || a->stop_e8 == b->stop_e8);
}

static void
replaced(struct tws *t, struct tws_order *o)
{
	struct venue_event e = tws_event(t, VENUE_REPLACED, o);
	char was[VENUE_ID_MAX + 1];

	memcpy(was, o->id, sizeof(was));
	memcpy(o->id, o->request, sizeof(o->id));
	e.orig_cl_ord_id = was;
	o->is = o->want;
	o->pending = '\0';
	e.qty_e8 = o->is.qty_e8;
	e.price_e8 = o->is.price_e8;
	e.stop_e8 = o->is.stop_e8;
	o->acked = true;
	t->out.event(t->out.arg, &e);
	tws_filled(t, o);
}

static void
restated(struct tws *t, struct tws_order *o, const struct tws_terms *s)
{
	struct venue_event e = tws_event(t, VENUE_RESTATED, o);

	o->is = *s;
	e.qty_e8 = s->qty_e8;
	e.price_e8 = s->price_e8;
	e.stop_e8 = s->stop_e8;
	e.reason = 99;
	e.text = "changed at TWS";
	t->out.event(t->out.arg, &e);
}

static unsigned
symbol_of(const struct tws *t, int64_t con_id)
{
	unsigned i = 0;

	while (i < t->cfg.n_symbols && t->contracts[i].con_id != con_id)
		i++;
	return i;
}

static struct tws_order *
adopt(struct tws *t, const struct tws_msg *m, int64_t order_id)
{
	struct tws_order *o;

	o = tws_order_new(t, order_id, tws_get(m, TWS_OO_ORDER_REF));
	if (o == NULL)
		return NULL;
	o->adopted = true;
	o->acked = false;
	o->side = fix_span_is(tws_get(m, TWS_OO_ACTION), "BUY") ? '1' : '2';
	o->symbol = symbol_of(t, int_of(m, TWS_OO_CON_ID));
	fix_span_copy(tws_get(m, TWS_OO_ACCOUNT), o->account,
	    sizeof(o->account));
	o->is = terms_of(m);
	return o;
}

void
tws_on_open_order(struct tws *t, const struct tws_msg *m)
{
	int64_t order_id = int_of(m, TWS_OO_ORDER_ID);
	struct fix_span status = tws_get(m, TWS_OO_STATUS);
	struct tws_terms s = terms_of(m);
	struct tws_order *o;

	if (!tws_is_ours(t, int_of(m, TWS_OO_CLIENT_ID), order_id))
		return;
	o = tws_order_by_id(t, order_id);
	if (o == NULL && tws_get(m, TWS_OO_ORDER_REF).len > 0)
		o = adopt(t, m, order_id);
	if (o == NULL)
		return;
	o->seen = true;
	o->misses = 0;
	o->perm_id = i64_of(m, TWS_OO_PERM_ID);
	if (o->pending == 'G' && same_terms(&s, &o->want))
		replaced(t, o);
	else if (t->round == TWS_OPENS && o->pending == '\0' &&
	    o->state == TWS_S_LIVE && s.qty_e8 > 0 && !same_terms(&s, &o->is))
		restated(t, o, &s);
	if (fix_span_is(status, "Submitted") ||
	    fix_span_is(status, "PreSubmitted"))
		on_live(t, o);
}

/* ----- orderStatus ----- */

static void
on_triggered(struct tws *t, struct tws_order *o, struct fix_span status,
    struct fix_span held)
{
	struct venue_event e;

	if (fix_span_is(held, "trigger")) {
		o->trigger = true;
	} else if (o->trigger && fix_span_is(status, "Submitted")) {
		o->trigger = false;
		e = tws_event(t, VENUE_TRIGGERED, o);
		t->out.event(t->out.arg, &e);
	}
}

static void
on_inactive(struct tws *t, struct tws_order *o)
{
	bool attempt = o->is.tif == '3' || o->is.tif == '4';

	if (strstr(o->held, "locate") != NULL || o->code == 404)
		return; /* waits for shares to be found */
	if (o->state == TWS_S_NEW || o->state == TWS_S_LIVE)
		on_ending(t, o, TWS_S_HELD, attempt ? TRY_WAIT : HELD_WAIT);
}

static void
apply_status(struct tws *t, struct tws_order *o, struct fix_span status,
    struct fix_span held)
{
	if (fix_span_is(status, "Submitted") ||
	    fix_span_is(status, "PreSubmitted")) {
		on_live(t, o);
		if (o->state == TWS_S_LIVE)
			on_triggered(t, o, status, held);
	} else if (fix_span_is(status, "Cancelled") ||
	    fix_span_is(status, "ApiCancelled")) {
		on_ending(t, o, TWS_S_ENDING, FIX_SEC);
	} else if (fix_span_is(status, "Inactive")) {
		on_inactive(t, o);
	} else if (fix_span_is(status, "Filled")) {
		tws_filled(t, o);
	}
	if (o->cum_e8 < o->told_e8 && o->due_ns == INT64_MAX &&
	    o->state != TWS_S_ENDED)
		tws_set_due(t, o, LOOK_SOON + FIX_SEC);
}

void
tws_on_status(struct tws *t, const struct tws_msg *m)
{
	int64_t order_id = int_of(m, TWS_OS_ORDER_ID);
	struct fix_span status = tws_get(m, TWS_OS_STATUS);
	struct fix_span held = tws_get(m, TWS_OS_WHY_HELD);
	int64_t done = qty_of(m, TWS_OS_FILLED);
	struct tws_order *o;

	if (!tws_is_ours(t, int_of(m, TWS_OS_CLIENT_ID), order_id))
		return;
	o = tws_order_by_id(t, order_id);
	if (o == NULL) {
		if (t->phase == TWS_READY)
			tws_look_soon(t, LOOK_SOON);
		return;
	}
	fix_span_copy(status, o->status, sizeof(o->status));
	fix_span_copy(held, o->held, sizeof(o->held));
	o->perm_id = i64_of(m, TWS_OS_PERM_ID);
	if (done > o->told_e8)
		o->told_e8 = done;
	apply_status(t, o, status, held);
}

/* ----- completedOrder ----- */

static struct tws_order *
completed(struct tws *t, const struct tws_msg *m)
{
	struct fix_span ref = tws_get(m, TWS_CO_ORDER_REF);
	struct tws_order *o = tws_order_by_ref(t, ref);

	if (o != NULL || !tws_is_asked(t, ref))
		return o;
	o = tws_order_new(t, -i64_of(m, TWS_CO_PERM_ID), ref);
	if (o != NULL) {
		o->adopted = true;
		o->is.qty_e8 = qty_of(m, TWS_CO_TOTAL_QUANTITY);
		o->side = fix_span_is(tws_get(m, TWS_CO_ACTION), "BUY") ? '1'
									: '2';
	}
	return o;
}

void
tws_on_completed(struct tws *t, const struct tws_msg *m)
{
	struct fix_span status = tws_get(m, TWS_CO_STATUS);
	struct tws_order *o = completed(t, m);
	int64_t done = qty_of(m, TWS_CO_FILLED_QUANTITY);

	if (o == NULL || o->state == TWS_S_ENDED)
		return;
	o->seen = true;
	o->misses = 0;
	if (done > o->told_e8)
		o->told_e8 = done;
	if (fix_span_is(status, "Filled")) {
		if (o->adopted)
			o->cum_e8 = o->is.qty_e8;
		fix_span_copy(status, o->status, sizeof(o->status));
		tws_filled(t, o);
		return;
	}
	if (o->code == 0)
		set_text(o, 0, tws_get(m, TWS_CO_COMPLETED_STATUS));
	on_ending(t, o, fix_span_is(status, "Inactive") ? TWS_S_HELD
							: TWS_S_ENDING, 0);
}

/* ----- errors ----- */

static void
on_canceled(struct tws *t, struct tws_order *o, struct fix_span text)
{
	if (o->state == TWS_S_ENDED)
		return;
	set_text(o, 202, text);
	if (o->state == TWS_S_ENDING)
		tws_tell_end(t, o);
	else
		tws_set_due(t, o, LOOK_SOON); /* its status should come */
	o->suspect = true;
}

static void
on_refusal(struct tws *t, struct tws_order *o, int64_t code,
    struct fix_span text)
{
	if (o->state == TWS_S_ENDED)
		return;
	set_text(o, code, text);
	if (o->state == TWS_S_NEW || o->state == TWS_S_HELD) {
		o->state = TWS_S_HELD;
		tws_tell_end(t, o);
		return;
	}
	o->suspect = true;
	tws_set_due(t, o, LOOK_SOON);
}

void
tws_on_order_error(struct tws *t, struct tws_order *o, int64_t code,
    struct fix_span text)
{
	enum tws_class class = tws_class_of(code);
	char words[TWS_TEXT_MAX + 1];

	snprintf(words, sizeof(words), "%lld %.*s", (long long)code,
	    (int)text.len, text.len == 0 ? "" : (const char *)text.p);
	if (class == TWS_E_WARN || class == TWS_E_LINK) {
		if (code == 404)
			o->code = 404;
		tws_say(t, false, "order %s: %s", o->id, words);
	} else if (class == TWS_E_DONE) {
		on_canceled(t, o, text);
	} else if (class == TWS_E_CANCEL) {
		if (o->pending == 'F' && o->state != TWS_S_ENDING)
			tws_tell_request_refused(
			    t, o, tws_cxl_reason(code, text), words);
	} else if (o->pending == 'G' && o->acked) {
		tws_tell_request_refused(
		    t, o, tws_cxl_reason(code, text), words);
		tws_look_soon(t, LOOK_SOON);
		tws_filled(t, o);
	} else {
		on_refusal(t, o, code, text);
	}
}
