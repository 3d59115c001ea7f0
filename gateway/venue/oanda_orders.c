/*
 * New orders, cancels and replaces.
 *
 * An order is sent once, under the id that the gateway gave it. What became of
 * it the log says; an answer is only the way on which its transactions come
 * first. A cancel or replace may be sent again, for the venue takes it once.
 */
#include <stdio.h>

#include "gateway/venue/oanda_int.h"

/* ----- new ----- */

static bool
make_new(const struct rest_request *q, char *url, char *body)
{
	struct oanda *b = q->arg;
	struct oorder *o = oanda_book_of(q);

	snprintf(url, 200, "/v3/accounts/%s/orders", b->account);
	oanda_body(body, REST_BODY_MAX, o->symbol, &o->wish, o->wish.qty,
	    o->id);
	o->sent_ns = outside_mono();
	return true;
}

static bool
has_fate(const json_t *j)
{
	return json_object_get(j, "orderCreateTransaction") != NULL ||
	       json_object_get(j, "orderRejectTransaction") != NULL;
}

static void
done_new(const struct rest_request *q, const struct rest_answer *a)
{
	struct oanda *b = q->arg;
	struct oorder *o = oanda_book_of(q);
	char text[200] = "", code[64];
	json_t *j;
	enum ofate fate = oanda_fate(b, a, &j, code, text, sizeof(text));

	o->wait &= ~(unsigned)O_SENT;
	if (fate == OFATE_DONE && !has_fate(j))
		fate = OFATE_UNKNOWN;
	if (fate == OFATE_DONE || fate == OFATE_REFUSED)
		oanda_log_answer(b, j);
	if (o->order_id == 0 && !o->ended) {
		if (fate == OFATE_REFUSED || fate == OFATE_LATER) {
			outside_refuse(b->peer, "reject", o->id,
			    fate == OFATE_LATER ? 0 : oanda_reason(code), text);
			oanda_book_ended(o, '8');
		} else { /* the log will say; sure: it is there */
			o->sure = fate != OFATE_UNKNOWN;
			o->asks = 0;
			oanda_ask_soon(b, o, O_DOUBT, FIX_SEC / 2);
		}
	}
	oanda_orders_go_on(b, o);
	json_decref(j);
}

static void
call(struct oanda *b, const struct oorder *o, enum rest_rank rank,
    const char *method,
    bool (*make)(const struct rest_request *, char *, char *),
    void (*done)(const struct rest_request *, const struct rest_answer *))
{
	struct rest_request q = { .rank = rank, .method = method, .weight = 1,
		.arg = b, .make = make, .done = done };
	struct rest_answer full = { .fate = REST_NOT_SENT,
		.retry_after_s = -1,
		.why = "too many requests wait for the venue" };

	snprintf(q.text, sizeof(q.text), "%s", o->id);
	if (rest_do(b->rest, &q) != 0)
		done(&q, &full);
}

/* ----- changes ----- */

#define TOO_FEW "OrderQty is not more than what is executed"

static bool
is_too_few(const struct oorder *o)
{
	return o->at.kind == 'G' && o->at.wish.qty <= o->cum;
}

static bool
make_change(const struct rest_request *q, char *url, char *body)
{
	struct oanda *b = q->arg;
	struct oorder *o = oanda_book_of(q);

	if (o->at.kind == '\0')
		return false; /* its end came first */
	snprintf(url, 200, "/v3/accounts/%s/orders/%" PRId64 "%s", b->account,
	    o->order_id, o->at.kind == 'F' ? "/cancel" : "");
	if (is_too_few(o))
		return false;
	if (o->at.kind == 'G')
		oanda_body(body, REST_BODY_MAX, o->symbol, &o->at.wish,
		    o->at.wish.qty - o->cum, o->at.id);
	else
		body[0] = '\0';
	return true;
}

static void
refuse_change(struct oanda *b, struct oorder *o, int reason, const char *text)
{
	outside_refuse(b->peer, "cancel-reject", o->at.id, reason, text);
	o->at.kind = '\0';
}

static void
done_change(const struct rest_request *q, const struct rest_answer *a)
{
	struct oanda *b = q->arg;
	struct oorder *o = oanda_book_of(q);
	char text[200] = "", code[64];
	json_t *j;
	enum ofate fate = oanda_fate(b, a, &j, code, text, sizeof(text));
	bool gone = a->status == 404;

	o->wait &= ~(unsigned)O_CHANGE;
	if (fate == OFATE_DONE || fate == OFATE_REFUSED)
		oanda_log_answer(b, j);
	if (o->at.kind != '\0') {
		if ((fate == OFATE_REFUSED && !gone) ||
		    (gone && code[0] != '\0' &&
			strstr(code, "EXIST") == NULL &&
			strcmp(code, "NO_SUCH_ORDER") != 0))
			refuse_change(b, o, 2, text);
		else if (fate == OFATE_LATER)
			refuse_change(b, o, 99, is_too_few(o) ? TOO_FEW : text);
		else /* the log says what became of it, or it goes again */
			oanda_ask_soon(b, o, O_REDO,
			    (int64_t)(FIX_SEC / 2) << (o->asks < 4 ? o->asks++
								   : 4));
		oanda_log_sync(b);
	}
	oanda_orders_go_on(b, o);
	json_decref(j);
}

void
oanda_orders_change(struct oanda *b, struct oorder *o)
{
	o->wait |= O_CHANGE;
	call(b, o, o->at.kind == 'F' ? REST_CANCEL : REST_ORDER, "PUT",
	    make_change, done_change);
}

static void
begin_change(struct oanda *b, struct oorder *o)
{
	const struct oanda_wish *w = &o->at.wish;
	char text[200] = "";

	o->asks = 0;
	if (o->at.kind == 'G') {
		if (o->wish.type == '1' || w->type != o->wish.type ||
		    w->side != o->wish.side)
			snprintf(text, sizeof(text), "OrdType and Side can't "
			    "be replaced on OANDA, nor a market order");
		else if (is_too_few(o))
			snprintf(text, sizeof(text), TOO_FEW);
		else
			(void)oanda_rules_check(&o->symbol->rules, w,
			    w->qty - o->cum, outside_utc(), text, sizeof(text));
	}
	if (text[0] != '\0')
		refuse_change(b, o, 2, text);
	else
		oanda_orders_change(b, o);
}

void
oanda_orders_go_on(struct oanda *b, struct oorder *o)
{
	if (o->held.kind == '\0' || o->at.kind != '\0' || o->order_id == 0 ||
	    o->in_batch || b->replaying || (o->wait & O_CHANGE) != 0)
		return;
	o->at = o->held;
	o->held.kind = '\0';
	begin_change(b, o);
}

/* ----- requests ----- */

static bool
may_e8(const struct record *r, const char *name, int64_t *out)
{
	int rc = record_e8(r, name, out);

	return rc == 0 || rc == -FIX_E_NOTFOUND;
}

static char
letter(const struct record *r, const char *name)
{
	struct fix_span s = record_get(r, name);

	return s.len == 1 ? (char)s.p[0] : '?';
}

static bool
read_wish(const struct record *r, struct oanda_wish *w)
{
	memset(w, 0, sizeof(*w));
	w->side = letter(r, "side");
	w->type = letter(r, "type");
	w->tif = letter(r, "tif");
	if (record_get(r, "position").len == 1)
		w->position = letter(r, "position");
	if (record_int(r, "expire", &w->expire_ns) != 0)
		w->expire_ns = 0;
	return record_e8(r, "qty", &w->qty) == 0 && w->qty > 0 &&
	       may_e8(r, "price", &w->price) && may_e8(r, "stop", &w->stop);
}

static void
take_new(struct oanda *b, const char *id, struct osymbol *s,
    const struct oanda_wish *w)
{
	char text[200];
	struct oorder *o;
	int reason = 1;

	if (oanda_book_find(b, id) != NULL)
		return; /* sent before: there is one already */
	if (b->step != OSTEP_UP) {
		outside_refuse(b->peer, "reject", id, 99, b->down);
		return;
	}
	if (s == NULL || !s->known)
		snprintf(text, sizeof(text), "INSTRUMENT_UNKNOWN: this account "
		    "can't trade it");
	else
		reason = oanda_rules_check(
		    &s->rules, w, w->qty, outside_utc(), text, sizeof(text));
	o = reason == 0 ? oanda_book_get(b, id, s) : NULL;
	if (o == NULL) {
		outside_refuse(b->peer, "reject", id, reason == 0 ? 99 : reason,
		    reason == 0 ? "out of memory" : text);
		return;
	}
	o->wish = *w;
	o->wait |= O_SENT;
	call(b, o, REST_ORDER, "POST", make_new, done_new);
}

static void
take_change(struct oanda *b, const struct record *r, const char *id,
    struct osymbol *s, const struct oanda_wish *w, char kind)
{
	char orig[OUTSIDE_ID];
	struct oorder *o;

	record_copy(r, "orig", orig, sizeof(orig));
	o = oanda_book_get(b, orig, s);
	if (o == NULL || o->ended) {
		outside_refuse(b->peer, "cancel-reject", id, o == NULL ? 1 : 0,
		    o == NULL ? "Unknown order" : "too late");
		return;
	}
	if (strcmp(o->at.id, id) == 0)
		return;
	o->held.kind = kind;
	snprintf(o->held.id, sizeof(o->held.id), "%s", id);
	o->held.wish = *w;
	if (o->order_id == 0 && (o->wait & (O_SENT | O_DOUBT)) == 0)
		oanda_ask_soon(b, o, O_DOUBT, 0); /* not of this process */
	oanda_orders_go_on(b, o);
}

static bool
is_plain(const char *id)
{
	for (; *id != '\0'; id++)
		if (strchr("-._", *id) == NULL &&
		    !(*id >= '0' && *id <= '9') &&
		    !((*id | 32) >= 'a' && (*id | 32) <= 'z'))
			return false;
	return true;
}

void
oanda_orders_take(struct oanda *b, const struct record *r, char kind)
{
	char id[OUTSIDE_ID], symbol[OANDA_SYMBOL_MAX + 1];
	struct oanda_wish w;

	if (!record_copy(r, "id", id, sizeof(id)) || id[0] == '\0' ||
	    !is_plain(id) || !read_wish(r, &w)) {
		outside_refuse(b->peer, kind == 'D' ? "reject" : "cancel-reject",
		    id, 99, "the request can't be read");
		return;
	}
	record_copy(r, "symbol", symbol, sizeof(symbol));
	if (kind == 'D')
		take_new(b, id, oanda_symbol(b, symbol), &w);
	else
		take_change(b, r, id, oanda_symbol(b, symbol), &w, kind);
}
