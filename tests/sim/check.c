/*
 * The books of all parties against each other: clients, gateway, venue, drop
 * copy, and a replay of the journal from zero.
 */
#include "tests/sim/world.h"

#include <stdlib.h>

#include "fix/scan.h"
#include "gateway/trader/retrace.h"

static void
check_numbers(struct world *w, int i)
{
	struct trader *t = w->gateway.trader;
	struct fix_session_numbers ours, theirs;

	ours = fix_session_numbers(t->clients[i].fix);
	theirs = fix_session_numbers(w->clients[i].fix);
	if (ours.next_in != theirs.next_out || ours.next_out != theirs.next_in)
		world_fault(w,
		    "client %d: numbers differ: gateway %lu/%lu, "
		    "client %lu/%lu",
		    i, (unsigned long)ours.next_in,
		    (unsigned long)ours.next_out,
		    (unsigned long)theirs.next_out,
		    (unsigned long)theirs.next_in);
}

static void
check_order(struct world *w, int i, const struct mine *m)
{
	struct trader *t = w->gateway.trader;
	const struct order *o =
	    desk_find_client(t->desk, t->clients[i].number, fix_span_of(m->id));

	if (o == NULL) {
		if (!m->gave_up && m->status != '8')
			world_fault(w,
			    "client %d: %s is unknown to the "
			    "gateway, the client has 39=%c",
			    i, m->id, m->status == 0 ? '?' : m->status);
		return;
	}
	if (o->cum_e8 != m->cum)
		world_fault(w,
		    "client %d: %s has cum %ld at the gateway, %ld "
		    "at the client",
		    i, m->id, (long)o->cum_e8, (long)m->cum);
	if (order_status(o, w->clients[i].version) != m->status)
		world_fault(w,
		    "client %d: %s is 39=%c at the gateway, 39=%c "
		    "at the client",
		    i, m->id, order_status(o, w->clients[i].version),
		    m->status == 0 ? '?' : m->status);
}

static const char *const symbols[] = { "AAPL", "MSFT" };

static bool
is_buy(char side)
{
	return side == '1';
}

/* What clients were told, and what the venue outside has executed. */
static int64_t
told_in(const struct world *w, const char *symbol)
{
	int64_t sum = 0;

	for (int i = 0; i < N_CLIENTS; i++) {
		const struct client_node *c = &w->clients[i];

		for (unsigned k = 0; k < c->n_orders; k++) {
			const struct mine *m = &c->orders[k];

			if (strcmp(m->symbol, symbol) == 0)
				sum += is_buy(m->side) ? m->cum : -m->cum;
		}
	}
	return sum;
}

static int64_t
executed_in(const struct world *w, const char *symbol)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < w->venue.n_execs; i++) {
		const struct vexec *x = &w->venue.execs[i];
		const struct vorder *o = &w->venue.orders[x->order];

		if (x->live && strcmp(o->symbol, symbol) == 0)
			sum += is_buy(o->side) ? x->qty : -x->qty;
	}
	return sum;
}

static void
check_positions(struct world *w)
{
	for (int s = 0; s < 2; s++) {
		const struct risk_position *p =
		    risk_get_position(w->gateway.trader->risk,
			fix_span_of("DEMO"), fix_span_of(symbols[s]));
		int64_t qty = p == NULL ? 0 : p->qty_e8;

		if (qty != told_in(w, symbols[s]))
			world_fault(w, "%s: position %ld, clients' fills %ld",
			    symbols[s], (long)qty,
			    (long)told_in(w, symbols[s]));
		if (w->rules.outside && qty != executed_in(w, symbols[s]))
			world_fault(w,
			    "%s: position %ld, venue's executions "
			    "%ld",
			    symbols[s], (long)qty,
			    (long)executed_in(w, symbols[s]));
	}
}

/* --- venue -------------------------------------------------------------- */

static const struct order *
order_at(const struct world *w, const struct vorder *o)
{
	return desk_find(
	    w->gateway.trader->desk, order_number(fix_span_of(o->last)));
}

/* Sum of LastQty * LastPx, as the venue has it. */
static __int128
paid_at(const struct world *w, unsigned order)
{
	__int128 sum = 0;

	for (unsigned i = 0; i < w->venue.n_execs; i++) {
		const struct vexec *x = &w->venue.execs[i];

		if (x->live && x->order == order)
			sum += (__int128)x->qty * x->px;
	}
	return sum;
}

static void
check_vorder(struct world *w, unsigned i)
{
	const struct vorder *v = &w->venue.orders[i];
	const struct order *o = order_at(w, v);
	__int128 paid;

	if (o == NULL) {
		world_fault(w,
		    "%s is at the venue, the gateway does not know "
		    "it",
		    v->last);
		return;
	}
	paid = (__int128)o->paid_hi << 64 | (uint64_t)o->paid_lo;
	if (o->cum_e8 != v->cum || o->side != v->side ||
	    paid != paid_at(w, i) || strcmp(o->symbol, v->symbol) != 0)
		world_fault(w,
		    "%s: %c %ld of %s at the venue, %c %ld of %s at "
		    "the gateway%s",
		    v->last, v->side, (long)v->cum, v->symbol, o->side,
		    (long)o->cum_e8, o->symbol,
		    paid != paid_at(w, i) ? ", paid differs" : "");
	if (o->leaves_e8 != venue_leaves(v) ||
	    order_is_live(o) != venue_live(v))
		world_fault(w,
		    "%s: 39=%c leaves %ld at the venue, 39=%c %ld "
		    "at the gateway",
		    v->last, v->status, (long)venue_leaves(v), o->status,
		    (long)o->leaves_e8);
	if (order_status(o, FIX_V_50SP2) != v->status)
		world_fault(w, "%s: 39=%c at the venue, 39=%c at the gateway",
		    v->last, v->status, order_status(o, FIX_V_50SP2));
}

static int
live_is_there(void *arg, const struct order *o)
{
	struct world *w = arg;

	for (unsigned i = 0; i < w->venue.n_orders; i++)
		if (order_at(w, &w->venue.orders[i]) == o)
			return 0;
	if (order_is_live(o))
		world_fault(w, "%s lives at the gateway only", o->order_id);
	return 0;
}

struct open {
	int64_t buy[2], sell[2];
};

static int
add_open(void *arg, const char *account, const char *symbol,
    const struct risk_position *p, int64_t buy_e8, int64_t sell_e8)
{
	struct open *o = arg;
	int s = strcmp(symbol, symbols[0]) == 0 ? 0 : 1;

	(void)account;
	(void)p;
	o->buy[s] += buy_e8;
	o->sell[s] += sell_e8;
	return 0;
}

/* What lives at the venue, or at the gateway with a venue inside. */
static int
add_leaves(void *arg, const struct order *o)
{
	struct open *open = arg;
	int s = strcmp(o->symbol, symbols[0]) == 0 ? 0 : 1;

	if (order_is_live(o))
		*(is_buy(o->side) ? &open->buy[s] : &open->sell[s]) +=
		    o->leaves_e8;
	return 0;
}

static void
check_exposure(struct world *w)
{
	struct trader *t = w->gateway.trader;
	struct open is = { 0 }, due = { 0 };

	(void)risk_each_position(t->risk, add_open, &is);
	(void)desk_each(t->desk, add_leaves, &due);
	if (memcmp(&is, &due, sizeof(is)) != 0)
		world_fault(w,
		    "reserved: buy %ld %ld, sell %ld %ld; live: %ld "
		    "%ld, %ld %ld",
		    (long)is.buy[0], (long)is.buy[1], (long)is.sell[0],
		    (long)is.sell[1], (long)due.buy[0], (long)due.buy[1],
		    (long)due.sell[0], (long)due.sell[1]);
}

/* Has the venue put quantity back that it has not told of yet? */
static bool
puts_back(const struct world *w)
{
	uint64_t i = wire_next(w->gateway.trader->venues[0]);

	for (; i < w->venue.n_events; i++)
		if (w->venue.events[i].e.kind == VENUE_BUST ||
		    w->venue.events[i].e.kind == VENUE_CORRECT)
			return true;
	return false;
}

void
check_turn(struct world *w)
{
	struct open is = { 0 }, due = { 0 };

	if (!w->rules.outside || puts_back(w))
		return;
	for (unsigned i = 0; i < w->venue.n_orders; i++) {
		const struct vorder *v = &w->venue.orders[i];
		int s = strcmp(v->symbol, symbols[0]) == 0 ? 0 : 1;

		*(is_buy(v->side) ? &due.buy[s] : &due.sell[s]) +=
		    venue_leaves(v);
	}
	(void)risk_each_position(w->gateway.trader->risk, add_open, &is);
	for (int s = 0; s < 2; s++)
		if (is.buy[s] < due.buy[s] || is.sell[s] < due.sell[s])
			world_fault(w,
			    "%s: reserved buy %ld sell %ld, open at "
			    "the venue %ld and %ld",
			    symbols[s], (long)is.buy[s], (long)is.sell[s],
			    (long)due.buy[s], (long)due.sell[s]);
}

static void
check_venue(struct world *w)
{
	for (unsigned i = 0; i < w->venue.n_orders; i++)
		check_vorder(w, i);
	(void)desk_each(w->gateway.trader->desk, live_is_there, w);
}

/* --- drop copy ---------------------------------------------------------- */

/* An execution that a client was sent, by the journal. */
static bool
is_execution(const struct fix_rec *r, struct fix_msg *m, struct fix_span *id)
{
	struct fix_span v;

	return r->type == REC_OUT && r->len > sizeof(uint64_t) &&
	       fix_split(r->data + sizeof(uint64_t), r->len - sizeof(uint64_t),
		   m) == 0 &&
	       fix_span_is(fix_msg_type(m), "8") &&
	       !(fix_msg_get(m, 150, &v) && fix_span_is(v, "I")) &&
	       !(fix_msg_get(m, 20, &v) && fix_span_is(v, "3")) &&
	       fix_msg_get(m, 17, id);
}

static void
check_copies(struct world *w)
{
	static struct fix_field fields[FIX_FIELDS_MAX];
	struct gateway_node *g = &w->gateway;
	struct client_node *c = &w->clients[COPY];
	struct fix_journal_reader *r;
	struct fix_store_error e;
	struct fix_rec rec;

	if (fix_journal_reader_open(&r, g->handle, 1, &e) != 0)
		abort();
	while (fix_journal_next(r, &rec, &e) == 1) {
		struct fix_msg m = { .fields = fields, .cap = FIX_FIELDS_MAX };
		struct fix_span id;

		if (rec.session == g->trader->clients[COPY].number ||
		    !is_execution(&rec, &m, &id))
			continue;
		if (!ledger_has(c, id))
			world_fault(w, "drop copy lacks ExecID %.*s",
			    (int)id.len, (const char *)id.p);
		w->seen.copies++;
	}
	fix_journal_reader_close(r);
}

/* Deleting every table and replaying gives the same state. */
static void
check_replay(struct world *w)
{
	struct gateway_node *g = &w->gateway;
	struct fix_store *fresh;
	struct tables *t;
	struct fix_store_error e = { "" };
	uint64_t live;

	if (trader_hash(g->trader, &live) != 0 ||
	    fix_store_open_mem(&fresh) != 0)
		abort();
	t = tables_new(fresh);
	if (t == NULL)
		abort();
	while (tables_follow(t, g->handle, 100000, &e) > 0)
		;
	if (fix_store_applied(fresh) != fix_journal_last(g->journal) ||
	    fix_store_hash(fresh) != live)
		world_fault(
		    w, "a replay from zero gives another state %s", e.text);
	tables_free(t);
	fix_store_close(fresh);
}

/* Every decision of risk comes out again, from the journal alone. */
static void
check_decisions(struct world *w)
{
	struct retrace *t = retrace_new(0, 0);
	struct fix_journal_reader *in;
	struct fix_store_error e = { "" };
	struct fix_rec r;
	int rc = 0;

	if (t == NULL ||
	    fix_journal_reader_open(&in, w->gateway.handle, 0, &e) != 0)
		abort();
	while (rc == 0 && fix_journal_next(in, &r, &e) == 1)
		rc = retrace_record(t, &r);
	if (rc != 0)
		world_fault(w, "a decision differs: %s", retrace_text(t));
	else if (retrace_counts(t)->same == 0 || e.text[0] != '\0')
		world_fault(w, "no decision was made again %s", e.text);
	fix_journal_reader_close(in);
	retrace_free(t);
}

void
check_all(struct world *w)
{
	if (w->gateway.trader == NULL) {
		world_fault(w, "the gateway is not back");
		return;
	}
	for (int i = 0; i < N_CLIENTS; i++) {
		check_numbers(w, i);
		for (unsigned k = 0; k < w->clients[i].n_orders; k++)
			check_order(w, i, &w->clients[i].orders[k]);
	}
	check_positions(w);
	check_exposure(w);
	if (w->rules.outside)
		check_venue(w);
	check_copies(w);
	check_replay(w);
	check_decisions(w);
}
