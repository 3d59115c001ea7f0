/*
 * The gateway's process in the simulated world: it dies at any moment, with
 * bytes half sent or a sync half done, and comes back to what its disk kept.
 */
#include "tests/sim/world.h"

#include <stdlib.h>

#define SEGMENT (64u * 1024u)

static struct link *
link_of(struct conn *c)
{
	return (struct link *)c;
}

static struct fix_now
now_of(const struct world *w)
{
	return world_now(w, w->gateway.wall_offset);
}

static void
on_send(void *arg, struct conn *c, struct fix_span bytes)
{
	struct world *w = arg;
	struct gateway_node *g = &w->gateway;
	struct link *l = link_of(c);

	if (g->restart_at != 0)
		return; /* dead already */
	if (g->dies_in_send) {
		g->dies_in_send = false;
		bytes.len = (size_t)chance_below(&w->chance, bytes.len + 1);
		if (bytes.len > 0)
			net_write(w, l, END_CLIENT, bytes);
		gateway_crash(w);
		return;
	}
	net_write(w, l, END_CLIENT, bytes);
}

static void
on_close(void *arg, struct conn *c)
{
	struct world *w = arg;
	struct link *l = link_of(c);

	if (w->gateway.restart_at != 0 || !l->open[END_GATEWAY])
		return;
	net_close(w, l, END_GATEWAY);
	trader_closed(w->gateway.trader, c, now_of(w));
	w->gateway.fed = true;
}

static void
on_connect(void *arg, uint32_t session)
{
	(void)arg;
	(void)session;
}

static void
on_log(void *arg, int level, const char *text)
{
	(void)level;
	world_trace(arg, "gateway: %s", text);
}

static struct risk *
make_risk(void)
{
	struct risk *r = risk_new(0);
	struct risk_limits firm = { RISK_UNLIMITED, RISK_UNLIMITED,
		RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED,
		1000, RISK_UNLIMITED, 0, RISK_UNLIMITED };
	struct risk_symbol s = { "AAPL", "", 0, 0, FIX_E8 };

	if (r == NULL || risk_tape_begin(r) != 0 ||
	    risk_add_account(r, "DEMO", "") != 0 ||
	    risk_set_limits(r, RISK_SCOPE_FIRM, "", &firm) != 0 ||
	    risk_set_limits(r, RISK_SCOPE_ACCOUNT, "DEMO", &firm) != 0 ||
	    risk_add_symbol(r, &s) != 0)
		abort();
	s.symbol = "MSFT";
	if (risk_add_symbol(r, &s) != 0)
		abort();
	return r;
}

static void
add_venue(struct world *w, struct trader *t)
{
	static const struct sim_symbol symbols[] = {
		{ "AAPL", 18725 * (FIX_E8 / 100), FIX_E8 / 100, 100 * FIX_E8,
		    5 },
		{ "MSFT", 41000 * (FIX_E8 / 100), FIX_E8 / 100, 100 * FIX_E8,
		    5 },
	};
	struct sim_cfg cfg = { .name = "SIM",
		.symbols = symbols,
		.n_symbols = 2,
		.refill_ms = 2000,
		.seed = w->seed };
	struct venue *v;

	cfg.latency_us = (unsigned)(w->seed % 3) * 700;
	if (w->seed % 4 == 1)
		cfg.faults.dup_exec = 3;
	if (w->seed % 5 == 1)
		cfg.faults.fill_before_ack = 3;
	if (w->seed % 7 == 1)
		cfg.faults.late_ack_ms = 40;
	v = w->rules.outside ? wire_new(w, trader_sink(t))
			     : venue_sim_new(&cfg, trader_sink(t));
	if (v == NULL || trader_add_venue(t, v) != 0)
		abort();
}

static struct trader_session_cfg sessions[N_CLIENTS];

static void
set_session(const struct client_node *c)
{
	struct trader_session_cfg *s = &sessions[c->index];

	memset(s, 0, sizeof(*s));
	s->fix = (struct fix_session_cfg){
		.role = FIX_ACCEPTOR,
		.begin_string = c->cfg.begin_string,
		.default_appl = c->cfg.default_appl,
		.sender_comp_id = "FIXGATE",
		.target_comp_id = c->comp_id,
		.transport = c->transport,
		.app = c->app,
		.check = fix_check_all,
		.no_check_latency = false,
	};
	s->desk.version = c->version;
	if (c->index == 0) { /* gone longer, it finds orders canceled */
		s->flow.cod = TRADER_COD_DROP;
		s->flow.cod_grace_s = 2;
	}
	if (c->index == COPY) {
		s->is_drop_copy = true;
		s->copy.classes = COPY_TRADES | COPY_STATUS | COPY_REJECTS;
	}
}

static struct trader *
make_trader(struct world *w)
{
	struct trader_cfg cfg = { .sessions = sessions,
		.n_sessions = N_CLIENTS,
		.journal = w->gateway.journal,
		.store = w->gateway.store,
		.disk = w->gateway.handle,
		.risk = make_risk(),
		.ack_timeout_ns = FIX_SEC };
	struct trader_io io = { w, on_send, on_close, on_connect, on_log,
		NULL };
	struct trader *t;

	for (int i = 0; i < N_CLIENTS; i++)
		set_session(&w->clients[i]);
	t = trader_new(&cfg, &io);
	if (t == NULL)
		abort();
	add_venue(w, t);
	return t;
}

static void
start(struct world *w)
{
	struct gateway_node *g = &w->gateway;
	struct fix_journal_cfg cfg = { NULL, SEGMENT,
		w->rules.disk ? FIX_DURABLE_DISK : FIX_DURABLE_PROCESS };
	struct fix_store_error e;
	int rc;

	g->restart_at = 0;
	g->lives++;
	g->broken = false;
	g->handle = memdisk_attach(g->disk);
	if (g->handle == NULL)
		abort();
	cfg.disk = g->handle;
	rc = fix_journal_open(&g->journal, &cfg, &e);
	if (rc != 0) {
		world_fault(w, "life %u: %s", g->lives, e.text);
		g->journal = NULL;
		return;
	}
	if (g->store == NULL && fix_store_open_mem(&g->store) != 0)
		abort();
	g->trader = make_trader(w);
	rc = trader_recover(g->trader, now_of(w));
	if (rc != 0 && g->restart_at == 0)
		world_fault(
		    w, "life %u can't recover: %s", g->lives, fix_strerror(rc));
}

/* The dead process's memory is given back; its calls led nowhere. */
static void
bury(struct world *w)
{
	struct gateway_node *g = &w->gateway;

	trader_free(g->trader);
	g->trader = NULL;
	fix_journal_close(g->journal);
	g->journal = NULL;
	if (g->handle != NULL)
		g->handle->ops->close(g->handle);
	g->handle = NULL;
	/* Tables live on after a kill, and are gone with the power; often they
	 * are thrown away as well. */
	if (w->rules.disk || chance_one_in(&w->chance, 3)) {
		fix_store_close(g->store);
		g->store = NULL;
	}
	for (int i = 0; i < N_CLIENTS * N_PER_CLIENT; i++) {
		struct link *l = &w->links[i];

		if (l->used && l->open[END_GATEWAY]) {
			l->conn.peer = NULL;
			net_close(w, l, END_GATEWAY);
		}
	}
}

void
gateway_crash(struct world *w)
{
	struct gateway_node *g = &w->gateway;

	if (g->trader == NULL || g->restart_at != 0)
		return;
	world_trace(w, "gateway dies");
	w->seen.crashes++;
	if (w->rules.outside)
		venue_cut(w);
	memdisk_crash(g->disk, w->rules.disk ? MEMDISK_POWER : MEMDISK_KILL);
	g->restart_at =
	    w->now + FIX_MSEC * (int64_t)(1 + chance_below(&w->chance, 800));
}

void
gateway_init(struct world *w)
{
	w->gateway.disk = memdisk_new(w->seed);
	if (w->gateway.disk == NULL)
		abort();
	start(w);
}

void
gateway_free(struct world *w)
{
	bury(w);
	fix_store_close(w->gateway.store);
	memdisk_free(w->gateway.disk);
}

static void
feed_link(struct world *w, struct link *l)
{
	static uint8_t buf[65536];
	struct gateway_node *g = &w->gateway;
	struct pipe *p = &l->to[END_GATEWAY];
	size_t n, eaten;

	if (!l->accepted && l->accept_at <= w->now) {
		l->accepted = true;
		g->fed = true;
		if (trader_accepted(g->trader, &l->conn, "sim", now_of(w)) !=
		    0) {
			net_close(w, l, END_GATEWAY);
			return;
		}
	}
	if (!l->accepted)
		return;
	n = net_read(w, l, END_GATEWAY, buf, sizeof(buf));
	if (n > 0) {
		g->fed = true;
		eaten = trader_received(g->trader, &l->conn, buf, n, now_of(w));
		/* What it did not eat is offered again, with more behind. */
		if (l->open[END_GATEWAY] && eaten < n) {
			p->head -= n - eaten;
			p->len += n - eaten;
			if (eaten == 0)
				p->due = w->now + FIX_MSEC / 10;
			if (p->closing && p->due <= w->now)
				p->due = w->now + FIX_MSEC / 10;
		}
	}
}

/* A message without its end waits in vain once the peer has closed. */
static bool
ended(struct world *w, struct link *l)
{
	struct pipe *p = &l->to[END_GATEWAY];

	if (!l->accepted || !l->open[END_GATEWAY] || !p->closing)
		return false;
	if (p->len > 0 && p->due + 50 * FIX_MSEC <= w->now)
		p->len = 0;
	return net_ended(w, l, END_GATEWAY);
}

static void
turn(struct world *w)
{
	struct gateway_node *g = &w->gateway;

	g->fed = g->commanded;
	g->commanded = false;
	for (int i = 0; i < N_CLIENTS * N_PER_CLIENT; i++) {
		struct link *l = &w->links[i];

		if (!l->used || !l->open[END_GATEWAY])
			continue;
		feed_link(w, l);
		if (ended(w, l)) {
			net_close(w, l, END_GATEWAY);
			trader_closed(g->trader, &l->conn, now_of(w));
			g->fed = true;
		}
	}
	if (!g->fed && trader_deadline(g->trader).ns > w->now)
		return;
	trader_tick(g->trader, now_of(w));
	if (!w->rules.calm && chance_one_in(&w->chance, w->rules.crash_1_in)) {
		if (chance_one_in(&w->chance, 2)) {
			gateway_crash(w); /* decided, not committed */
			return;
		}
		g->dies_in_send = true;
	}
	if (trader_commit(g->trader, now_of(w)) != 0 && g->restart_at == 0)
		world_fault(w, "the trader stopped by itself");
	g->dies_in_send = false;
	if (g->restart_at == 0)
		check_turn(w);
}

void
gateway_command(struct world *w, const char *line)
{
	struct gateway_node *g = &w->gateway;
	char answer[512];

	if (g->trader == NULL || g->restart_at != 0)
		return;
	world_trace(w, "operator: %s", line);
	(void)trader_command(
	    g->trader, line, answer, sizeof(answer), now_of(w));
	g->commanded = true;
}

void
gateway_run(struct world *w)
{
	struct gateway_node *g = &w->gateway;

	if (g->trader != NULL && g->restart_at == 0)
		turn(w);
	if (g->restart_at != 0 && g->trader != NULL)
		bury(w);
	if (g->restart_at != 0 && g->restart_at <= w->now)
		start(w);
	else if (g->trader != NULL && g->restart_at == 0 &&
		 chance_one_in(&w->chance, 8))
		(void)trader_idle(g->trader);
}

int64_t
gateway_deadline(const struct world *w)
{
	const struct gateway_node *g = &w->gateway;

	if (g->restart_at != 0)
		return g->restart_at;
	if (g->trader == NULL)
		return INT64_MAX;
	return trader_deadline(g->trader).ns;
}
