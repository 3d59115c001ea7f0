/*
 * Finding out what is not known: orders in doubt, questions of the trader.
 *
 * An order in doubt is asked for by its client's id. If it is there, or was,
 * the log brings it. "No such order" is believed only when the log has been
 * read up to that answer and nothing that was sent can be under way any more.
 */
#include <stdio.h>

#include "gateway/venue/oanda_int.h"

void
oanda_ask_soon(struct oanda *b, struct oorder *o, unsigned what, int64_t wait_ns)
{
	o->wait |= what;
	o->ask_ns = outside_mono() + wait_ns;
	if (!o->listed)
		TAILQ_INSERT_TAIL(&b->waiting, o, waiting);
	o->listed = true;
}

static void
later(struct oorder *o)
{
	o->ask_ns = outside_mono() + (FIX_SEC << (o->asks < 3 ? o->asks : 3));
	o->asks++;
}

static bool
is_over(const struct oanda *b, const struct oorder *o)
{
	int64_t from = o->sent_ns > b->start_ns ? o->sent_ns : b->start_ns;

	return outside_mono() - from > b->unknown_after_ns;
}

static void
is_nowhere(struct oanda *b, struct oorder *o)
{
	struct record_out *out;

	if (o->held.kind != '\0' && o->sent_ns == 0) {
		outside_refuse(b->peer, "cancel-reject", o->held.id, 1,
		    "Unknown order");
		o->held.kind = '\0';
	}
	if (!is_over(b, o) || o->sure) {
		later(o);
		return;
	}
	if (o->asked) {
		out = peer_begin(b->peer, "unknown");
		record_put(out, "id", o->id);
		peer_send(b->peer);
	} else if (o->sent_ns != 0) {
		outside_refuse(b->peer, "reject", o->id, 99,
		    "the venue never got it");
	}
	o->asked = false;
	if (o->sent_ns != 0)
		oanda_book_ended(o, '8');
	o->wait &= ~(unsigned)O_DOUBT;
}

static void
done_question(const struct rest_request *q, const struct rest_answer *a)
{
	struct oanda *b = q->arg;
	struct oorder *o = oanda_book_of(q);
	char text[200] = "", code[64];
	json_t *j;
	enum ofate fate = oanda_fate(b, a, &j, code, text, sizeof(text));
	int64_t last = oanda_id(j, "lastTransactionID");
	int64_t id = oanda_id(json_object_get(j, "order"), "id");

	o->wait &= ~(unsigned)O_ASKING;
	if ((o->wait & O_DOUBT) != 0) {
		if (fate == OFATE_DONE && id > 0 && id <= b->last) {
			oanda_log_rewind(b, id); /* older than what was read */
			later(o);
		} else if (a->status == 404 && last == b->last) {
			is_nowhere(b, o);
		} else {
			later(o);
			oanda_log_sync(b);
		}
	}
	json_decref(j);
}

static void
question(struct oanda *b, struct oorder *o)
{
	char path[80];

	snprintf(path, sizeof(path), "/orders/@%s", o->id);
	if (oanda_ask(b, REST_ASK, path, o->id, 0, done_question) != 0)
		later(o);
	else
		o->wait |= O_ASKING;
}

void
oanda_ask_tick(struct oanda *b)
{
	int64_t now = outside_mono();
	struct oorder *o, *next;

	if (b->step < OSTEP_LOG || b->syncing)
		return;
	for (o = TAILQ_FIRST(&b->waiting); o != NULL; o = next) {
		next = TAILQ_NEXT(o, waiting);
		if ((o->wait & (O_DOUBT | O_REDO)) == 0) {
			TAILQ_REMOVE(&b->waiting, o, waiting);
			o->listed = false;
		} else if (o->ask_ns > now || (o->wait & O_ASKING) != 0) {
			continue;
		} else if ((o->wait & O_DOUBT) != 0) {
			question(b, o);
		} else if (o->in_batch) {
			continue;
		} else {
			o->wait &= ~(unsigned)O_REDO;
			oanda_orders_change(b, o);
		}
	}
}

/* ----- questions of the trader ----- */

static void
say_state(struct oanda *b, struct oorder *o)
{
	struct record_out *out;

	o->asked = false;
	out = peer_begin(b->peer, "status");
	record_put(out, "id", o->id);
	record_put_int(out, "order", o->order_id);
	record_put_char(out, "status",
	    o->ended ? o->state : o->cum > 0 ? '1' : '0');
	record_put_e8(out, "cum", o->cum);
	record_put_e8(out, "qty", o->wish.qty);
	if (o->wish.price > 0)
		record_put_e8(out, "price", o->wish.price);
	if (o->wish.stop > 0)
		record_put_e8(out, "stop", o->wish.stop);
	peer_send(b->peer);
}

void
oanda_ask_synced(struct oanda *b)
{
	struct oorder *o;

	TAILQ_FOREACH(o, &b->all, all)
	{
		oanda_orders_go_on(b, o);
		if (!o->asked || (o->wait & (O_SENT | O_DOUBT)) != 0 ||
		    o->at.kind == 'G')
			continue;
		if (o->order_id != 0 || o->ended)
			say_state(b, o);
		else
			oanda_ask_soon(b, o, O_DOUBT, 0);
	}
}

void
oanda_ask_status(struct oanda *b, const struct record *r)
{
	char id[OUTSIDE_ID], symbol[OANDA_SYMBOL_MAX + 1];
	struct oorder *o;

	record_copy(r, "id", id, sizeof(id));
	record_copy(r, "symbol", symbol, sizeof(symbol));
	o = oanda_book_get(b, id, oanda_symbol(b, symbol));
	if (o == NULL)
		return; /* not of ours: it can't be said that it is not there */
	o->asked = true;
	oanda_log_sync(b);
}
