/*
 * A desk with a good FIX client: it keeps what it sent and what it has taken,
 * answers ResendRequests with the same orders, and checks everything that the
 * gateway tells it.
 *
 * Promises checked here: no MsgSeqNum with two contents. What the messages say
 * is checked in ledger.c.
 */
#include "tests/sim/world.h"

#include <stdlib.h>

#include "fix/scan.h"

static const char *const symbols[] = { "AAPL", "MSFT" };
static const int64_t prices[] = { 18725, 41000 }; /* hundredths */

struct fix_now
client_now(const struct client_node *c)
{
	return world_now(c->w, c->wall_offset);
}

static struct fix_session_numbers
numbers_of(const struct client_node *c)
{
	struct fix_session_numbers one = { 1, 1 };

	return c->fix != NULL ? fix_session_numbers(c->fix) : one;
}

static void
make_session(struct client_node *c)
{
	struct fix_session_numbers n = numbers_of(c);

	fix_session_free(c->fix);
	c->fix = fix_session_new(&c->cfg, n, c->acts);
	if (c->fix == NULL)
		abort();
}

static void
set_version(struct client_node *c)
{
	static const enum fix_version versions[N_CLIENTS] = { FIX_V_42,
		FIX_V_50SP2, FIX_V_44, FIX_V_44 };
	const struct dicts *d = c->w->dicts;

	c->version = versions[c->index];
	c->transport = c->app = c->version == FIX_V_42 ? d->v42 : d->v44;
	if (c->version == FIX_V_50SP2) {
		c->transport = d->fixt;
		c->app = d->v50;
	}
}

void
client_init(struct world *w, int index)
{
	struct client_node *c = &w->clients[index];

	c->w = w;
	c->index = index;
	c->acts = fix_acts_new(0, 0);
	set_version(c);
	snprintf(c->comp_id, sizeof(c->comp_id), "CLIENT%d", index);
	c->cfg = (struct fix_session_cfg){
		.role = FIX_INITIATOR,
		.begin_string = fix_version_begin(c->version),
		.default_appl =
		    c->version == FIX_V_50SP2 ? c->version : FIX_V_NONE,
		.sender_comp_id = c->comp_id,
		.target_comp_id = "FIXGATE",
		.transport = c->transport,
		.app = c->app,
		.check = fix_check_all,
		.heart_bt_int_s = 5,
		.logon_timeout_s = 5,
		.resend_never = index == 0 ? "D,F,G" : NULL,
	};
	if (index == STORM)
		storm_init(c);
	make_session(c);
	c->to_send =
	    index == COPY ? 0 : 8 + (unsigned)chance_below(&w->chance, 12);
	c->connect_at = 1;
	c->act_at = FIX_SEC;
}

void
client_free(struct client_node *c)
{
	for (uint64_t i = 0; i < c->n_kept; i++)
		free(c->kept[i].bytes);
	free(c->kept);
	free(c->hashes);
	fix_session_free(c->fix);
	fix_acts_free(c->acts);
}

static void
keep(struct client_node *c, uint64_t seq, struct fix_span bytes)
{
	if (seq > c->cap_kept) {
		c->cap_kept = seq * 2 + 64;
		c->kept = realloc(c->kept, c->cap_kept * sizeof(*c->kept));
		if (c->kept == NULL)
			abort();
	}
	while (c->n_kept < seq)
		c->kept[c->n_kept++] = (struct kept){ NULL, 0 };
	if (c->kept[seq - 1].bytes != NULL)
		world_fault(c->w, "client %d: number %lu persisted twice",
		    c->index, (unsigned long)seq);
	c->kept[seq - 1].bytes = malloc(bytes.len);
	if (c->kept[seq - 1].bytes == NULL)
		abort();
	memcpy(c->kept[seq - 1].bytes, bytes.p, bytes.len);
	c->kept[seq - 1].len = bytes.len;
}

/* Hash of what a resend must not change: all but 8 9 10 43 52 122. */
static uint64_t
content_hash(const struct fix_msg *m)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (uint32_t i = 0; i < m->n; i++) {
		uint32_t tag = m->fields[i].tag;
		struct fix_span v = fix_msg_at(m, i);

		if (tag == 8 || tag == 9 || tag == 10 || tag == 43 ||
		    tag == 52 || tag == 122)
			continue;
		h = (h ^ tag) * UINT64_C(0x100000001b3);
		for (size_t k = 0; k < v.len; k++)
			h = (h ^ v.p[k]) * UINT64_C(0x100000001b3);
	}
	return h;
}

/* Every message off the wire, whatever the session makes of it. */
static void
watch(struct client_node *c, const struct fix_msg *m)
{
	int64_t seq;
	char type = (char)fix_msg_type(m).p[0];
	uint64_t h = content_hash(m);
	struct fix_span flag;

	if (type == 'A' && fix_msg_get(m, 141, &flag) && fix_span_is(flag, "Y"))
		c->n_hashes = 0; /* a new row of numbers */
	if (type == '4' || fix_msg_int(m, 34, &seq) != 0 || seq < 1)
		return; /* gap fills stand for others */
	if ((uint64_t)seq > c->n_hashes) {
		uint64_t n = (uint64_t)seq + 256;

		c->hashes = realloc(c->hashes, n * sizeof(*c->hashes));
		if (c->hashes == NULL)
			abort();
		memset(c->hashes + c->n_hashes, 0,
		    (n - c->n_hashes) * sizeof(*c->hashes));
		c->n_hashes = n;
	}
	if (c->hashes[seq - 1] != 0 && c->hashes[seq - 1] != h)
		world_fault(c->w, "client %d: number %ld has two contents",
		    c->index, (long)seq);
	c->hashes[seq - 1] = h;
}

struct mine *
client_order(struct client_node *c, struct fix_span id)
{
	for (unsigned i = 0; i < c->n_orders; i++) {
		size_t n = strlen(c->orders[i].id);

		/* Requests are called ID-1, ID-2. */
		if (id.len >= n && memcmp(id.p, c->orders[i].id, n) == 0 &&
		    (id.len == n || id.p[n] == '-'))
			return &c->orders[i];
	}
	return NULL;
}

static void
replay(struct client_node *c, uint64_t from, uint64_t to)
{
	for (uint64_t seq = from; seq <= to && seq <= c->n_kept; seq++) {
		struct kept *k = &c->kept[seq - 1];
		struct fix_span bytes = { k->bytes, k->len };

		if (k->bytes == NULL)
			continue;
		if (fix_session_replay(c->fix, seq, bytes, client_now(c)) != 0)
			world_fault(
			    c->w, "client %d: replay refused", c->index);
		c->resent_here = true;
	}
	if (fix_session_replay_done(c->fix, client_now(c)) != 0)
		world_fault(c->w, "client %d: replay has no end", c->index);
}

static void
drop_link(struct client_node *c)
{
	if (c->gap_here && c->resent_here)
		c->w->seen.both_gaps++;
	c->gap_here = c->resent_here = false;
	if (c->link != NULL && c->link->open[END_CLIENT])
		net_close(c->w, c->link, END_CLIENT);
	c->link = NULL;
	c->in_len = 0;
	c->connect_at =
	    c->w->now +
	    FIX_MSEC * (int64_t)(20 + chance_below(&c->w->chance,
					  c->index == COPY && !c->w->rules.calm
					      ? 6000
					      : 500));
}

static void
lose(struct client_node *c)
{
	drop_link(c);
	c->up = false;
	fix_session_lost(c->fix, client_now(c));
	client_drain(c);
}

static void
carry_out(struct client_node *c, const struct fix_act *a, bool *close)
{
	switch (a->kind) {
	case FIX_ACT_PERSIST:
		keep(c, a->seq, a->bytes);
		break;
	case FIX_ACT_SEND:
		if (c->link != NULL)
			net_write(c->w, c->link, END_GATEWAY, a->bytes);
		break;
	case FIX_ACT_DELIVER:
		ledger_take(c, a->msg);
		break;
	case FIX_ACT_REPLAY:
		replay(c, a->seq, a->seq_end);
		break;
	case FIX_ACT_QUEUED:
		break;
	case FIX_ACT_NOT_RESENT:
		client_not_resent(c, a->bytes);
		break;
	case FIX_ACT_REPORT:
		if (a->why == FIX_WHY_SEQ_HIGH)
			c->gap_here = true;
		world_trace(c->w, "client %d: %s %s", c->index,
		    fix_why_name(a->why), a->text != NULL ? a->text : "");
		break;
	case FIX_ACT_UP:
		c->up = true;
		break;
	case FIX_ACT_DOWN:
		c->up = false;
		break;
	case FIX_ACT_CLOSE:
		*close = true;
		break;
	case FIX_ACT_NUMBERS:
		if (c->index == STORM)
			storm_reset(c, a);
		else if (a->flag)
			world_fault(
			    c->w, "client %d: numbers were reset", c->index);
		break;
	case FIX_ACT_RECEIVED:
		break;
	}
}

void
client_drain(struct client_node *c)
{
	struct fix_act a;
	bool close = false;

	while (fix_session_next(c->fix, &a) == 1)
		carry_out(c, &a, &close);
	if (close && c->link != NULL)
		lose(c);
}

static int64_t
limit_price(struct client_node *c, int s, char side)
{
	int64_t off = (int64_t)chance_below(&c->w->chance, 40) - 10;

	return (prices[s] + (side == '1' ? -off : off)) * (FIX_E8 / 100);
}

void
client_send(struct client_node *c, struct fix_span type, struct fix_span body)
{
	uint64_t seq = 0;

	if (fix_session_send(c->fix, type, body, client_now(c), &seq) != 0)
		world_fault(c->w, "client %d: can't send", c->index);
	world_trace(c->w, "client %d: sends %.*s as %lu", c->index,
	    (int)type.len, (const char *)type.p, (unsigned long)seq);
	client_drain(c);
}

static void
submit(struct client_node *c, const struct fix_order *o)
{
	uint8_t buf[1024];
	struct fix_build b;
	struct fix_span type = { (const uint8_t *)&o->kind, 1 };
	size_t from;

	fix_build_start(&b, buf, sizeof(buf), type);
	from = b.len;
	fix_order_write(&b, o);
	if (b.err != 0)
		abort();
	world_trace(c->w, "client %d: %c %.*s", c->index, o->kind,
	    (int)o->cl_ord_id.len, (const char *)o->cl_ord_id.p);
	client_send(c, type, (struct fix_span){ buf + from, b.len - from });
}

static void
new_order(struct client_node *c)
{
	struct mine *m = &c->orders[c->n_orders++];
	int s = (int)chance_below(&c->w->chance, 2);
	struct fix_order o = { .kind = 'D' };
	bool market = chance_one_in(&c->w->chance, 4);

	memset(m, 0, sizeof(*m));
	snprintf(m->id, sizeof(m->id), "%s.%u", c->comp_id, c->n_orders);
	memcpy(m->last, m->id, sizeof(m->last));
	(void)fix_span_copy(
	    fix_span_of(symbols[s]), m->symbol, sizeof(m->symbol));
	m->side = chance_one_in(&c->w->chance, 2) ? '1' : '2';
	m->qty = (int64_t)(1 + chance_below(&c->w->chance, 300)) * FIX_E8;
	o.cl_ord_id = fix_span_of(m->id);
	o.symbol = fix_span_of(m->symbol);
	o.account = fix_span_of("DEMO");
	o.side = m->side;
	o.handl_inst = '1';
	o.ord_type = market ? '1' : '2';
	o.time_in_force = "0134"[chance_below(&c->w->chance, 4)];
	if (market)
		o.time_in_force = '0';
	o.has = FIX_OH_ORDER_QTY | FIX_OH_TRANSACT_TIME;
	o.order_qty = fix_dec_of_e8(m->qty);
	if (!market) {
		o.has |= FIX_OH_PRICE;
		o.price = fix_dec_of_e8(limit_price(c, s, m->side));
	}
	o.transact_time.utc = client_now(c).utc;
	o.transact_time.digits = 3;
	submit(c, &o);
}

static void
change_order(struct client_node *c)
{
	struct mine *m = &c->orders[chance_below(&c->w->chance, c->n_orders)];
	char id[48], orig[32];
	struct fix_order o = { .kind = chance_one_in(&c->w->chance, 2) ? 'F'
								       : 'G' };
	int s = m->symbol[0] == 'A' ? 0 : 1;

	if (m->requests >= 6 || m->status == '\0' ||
	    (m->requests > m->answered && chance_one_in(&c->w->chance, 2)))
		return;
	memcpy(orig, m->last, sizeof(orig));
	if (m->requests > m->answered) /* names what is under way */
		snprintf(orig, sizeof(orig), "%s-%u", m->id, m->requests);
	snprintf(id, sizeof(id), "%s-%u", m->id, ++m->requests);
	o.cl_ord_id = fix_span_of(id);
	o.orig_cl_ord_id = fix_span_of(orig);
	o.symbol = fix_span_of(m->symbol);
	o.account = fix_span_of("DEMO");
	o.side = m->side;
	o.has = FIX_OH_ORDER_QTY | FIX_OH_TRANSACT_TIME;
	o.order_qty = fix_dec_of_e8(
	    (int64_t)(1 + chance_below(&c->w->chance, 300)) * FIX_E8);
	if (o.kind == 'G') {
		o.ord_type = '2';
		o.handl_inst = '1';
		o.has |= FIX_OH_PRICE;
		o.price = fix_dec_of_e8(limit_price(c, s, m->side));
	}
	o.transact_time.utc = client_now(c).utc;
	o.transact_time.digits = 3;
	submit(c, &o);
}

static void
cancel_all(struct client_node *c)
{
	char body[160];
	uint8_t when[FIX_STAMP_MAX + 1];

	when[fix_utc_format(when, client_now(c).utc, 3)] = '\0';
	snprintf(body, sizeof(body), "11=%s.M%u\001530=7\00160=%s\001",
	    c->comp_id, ++c->n_masses, (const char *)when);
	c->w->seen.masses++;
	client_send(c, fix_span_of("q"), fix_span_of(body));
}

static void
act(struct client_node *c)
{
	c->act_at = c->w->now +
		    FIX_MSEC * (int64_t)(1 + chance_below(&c->w->chance, 1500));
	if (c->index == STORM && storm_act(c))
		return;
	if (c->n_orders > 0 && c->version > FIX_V_42 &&
	    chance_one_in(&c->w->chance, 20))
		cancel_all(c);
	else if (c->n_orders > 0 && chance_one_in(&c->w->chance, 3))
		change_order(c);
	else if (c->n_orders < c->to_send)
		new_order(c);
}

static void
connect_again(struct client_node *c)
{
	struct link *l = net_connect(c->w, c->index);

	if (l == NULL) {
		c->connect_at = c->w->now + FIX_SEC / 5;
		return;
	}
	c->link = l;
	c->gap_here = c->resent_here = false;
	if (fix_session_connected(c->fix, client_now(c)) != 0)
		world_fault(
		    c->w, "client %d: has a connection already", c->index);
	client_drain(c);
}

static void
take(struct client_node *c)
{
	static struct fix_field fields[FIX_FIELDS_MAX];
	size_t at = 0;

	while (at < c->in_len && c->link != NULL) {
		struct fix_scan s = { .max_bytes = 65536 };
		struct fix_msg m = { .fields = fields, .cap = FIX_FIELDS_MAX };
		ssize_t n = fix_scan(&s, c->in + at, c->in_len - at, &m);

		if (n == 0)
			break;
		if (n < 0 || s.why != FIX_G_NONE) {
			world_fault(c->w,
			    "client %d: the gateway sent "
			    "garbage: %s",
			    c->index, fix_garbled_name(s.why));
			return;
		}
		watch(c, &m);
		fix_session_recv_msg(c->fix, &m, client_now(c));
		at += (size_t)n;
		client_drain(c);
	}
	if (c->link == NULL)
		return;
	memmove(c->in, c->in + at, c->in_len - at);
	c->in_len -= at;
}

void
client_run(struct client_node *c)
{
	size_t n;

	if (c->link == NULL && c->connect_at <= c->w->now)
		connect_again(c);
	while (c->link != NULL &&
	       (n = net_read(c->w, c->link, END_CLIENT, c->in + c->in_len,
		    sizeof(c->in) - c->in_len)) > 0) {
		c->in_len += n;
		take(c);
	}
	if (c->link != NULL && net_ended(c->w, c->link, END_CLIENT))
		lose(c);
	if (fix_session_deadline(c->fix).ns <= c->w->now) {
		fix_session_tick(c->fix, client_now(c));
		client_drain(c);
	}
	if (c->act_at <= c->w->now && !c->w->rules.calm)
		act(c);
	if (c->index == STORM && c->w->rules.calm)
		storm_ask(c);
}

int64_t
client_deadline(const struct client_node *c)
{
	int64_t first = fix_session_deadline(c->fix).ns;

	if (c->link == NULL && c->connect_at < first)
		first = c->connect_at;
	if (!c->w->rules.calm && c->act_at < first)
		first = c->act_at;
	if (c->w->rules.calm && c->ask_at > 0 && c->ask_at < first)
		first = c->ask_at;
	return first;
}

void
client_restart(struct client_node *c)
{
	world_trace(c->w, "client %d restarts", c->index);
	drop_link(c);
	c->up = false;
	make_session(c);
	/* In the middle of a reset the peer may be in its new row already. */
	if (c->index == STORM)
		c->n_hashes = 0;
}

bool
client_settled(const struct client_node *c, char *what, size_t cap)
{
	if (!c->up || c->link == NULL) {
		if (what != NULL)
			snprintf(what, cap, "not logged on");
		return false;
	}
	if (c->index == STORM)
		return storm_settled(c, what, cap);
	for (unsigned i = 0; i < c->n_orders; i++) {
		const struct mine *o = &c->orders[i];

		if (o->gave_up ||
		    (o->status != '\0' && o->answered >= o->requests))
			continue;
		if (what != NULL)
			snprintf(what, cap,
			    "%s 39=%c, %u of %u requests "
			    "answered",
			    o->id, o->status == 0 ? '?' : o->status,
			    o->answered, o->requests);
		return false;
	}
	return true;
}
