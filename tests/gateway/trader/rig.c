/* See rig.h. */
#include "tests/gateway/trader/rig.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void
on_send(void *arg, struct conn *c, struct fix_span bytes)
{
	struct rig_conn *rc = (struct rig_conn *)c;
	const struct rig *r = arg;

	if (r->deaf)
		return;
	assert(bytes.len < sizeof(rc->out) - rc->out_len);
	for (size_t i = 0; i < bytes.len; i++)
		rc->out[rc->out_len++] =
		    bytes.p[i] == 1 ? '|' : (char)bytes.p[i];
	rc->out[rc->out_len] = '\0';
}

static void
on_close(void *arg, struct conn *c)
{
	struct rig *r = arg;
	struct rig_conn *rc = (struct rig_conn *)c;

	rc->closed = true;
	trader_closed(r->trader, c, r->now);
}

static void
on_connect(void *arg, uint32_t session)
{
	struct rig *r = arg;

	(void)session;
	r->connects++;
}

static void
on_log(void *arg, int level, const char *text)
{
	struct rig *r = arg;
	size_t room = sizeof(r->log) - r->log_len;
	int n = snprintf(r->log + r->log_len, room, "%d %s\n", level, text);

	if (n > 0 && (size_t)n < room)
		r->log_len += (size_t)n;
}

static const char *const clients[] = { "CLIENTA", "CLIENTB", "CLIENTC" };

struct rig *
rig_new(void)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct fix_dict_error e;

	assert(r != NULL);
	r->now.utc.ns = INT64_C(1772452800) * FIX_SEC;
	r->now.mono.ns = FIX_SEC;
	r->disk = memdisk_new(1);
	assert(r->disk != NULL);
	if (fix_dict_load_version(&r->dict, FIX_V_44, &e) != 0) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	for (int i = 0; i < 3; i++) {
		r->sessions[i].fix = (struct fix_session_cfg){
			.role = FIX_ACCEPTOR, .begin_string = "FIX.4.4",
			.sender_comp_id = "FIXGATE",
			.target_comp_id = clients[i],
			.transport = r->dict, .app = r->dict,
			.check = fix_check_all,
		};
		r->sessions[i].desk.version = FIX_V_44;
	}
	r->sessions[2].is_drop_copy = true;
	r->sessions[2].copy.classes = COPY_TRADES | COPY_STATUS | COPY_REJECTS;
	return r;
}

static struct risk *
make_risk(void)
{
	struct risk *k = risk_new(0);
	struct risk_limits l = { RISK_UNLIMITED, RISK_UNLIMITED,
		RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED,
		RISK_UNLIMITED, 1000, RISK_UNLIMITED, 0, RISK_UNLIMITED };
	struct risk_symbol s = { "AAPL", "", 0, 0, FIX_E8 };

	assert(k != NULL);
	if (risk_tape_begin(k) != 0 ||
	    risk_add_account(k, "DEMO", "") != 0 ||
	    risk_set_limits(k, RISK_SCOPE_FIRM, "", &l) != 0 ||
	    risk_set_limits(k, RISK_SCOPE_ACCOUNT, "DEMO", &l) != 0 ||
	    risk_add_symbol(k, &s) != 0)
		abort();
	return k;
}

static uint64_t
unread(const void *arg)
{
	return ((const struct rig *)arg)->unread;
}

int
rig_start(struct rig *r)
{
	static const struct sim_symbol symbol = { "AAPL", 100 * FIX_E8,
		FIX_E8 / 100, 100 * FIX_E8, 5 };
	struct sim_cfg sim = { .name = "SIM", .symbols = &symbol,
		.n_symbols = 1, .seed = 1 };
	struct fix_journal_cfg jc = { NULL, 64 * 1024, FIX_DURABLE_PROCESS };
	struct trader_io io = { r, on_send, on_close, on_connect, on_log,
		NULL };
	struct trader_cfg cfg = { .sessions = r->sessions, .n_sessions = 3,
		.keep_days = r->keep_days, .unread = r->unread != 0 ? unread : NULL,
		.unread_arg = r, .space = r->space,
		.unread_days = r->unread_days, .n_templates = r->n_templates,
		.max_dynamic = r->max_dynamic };
	struct fix_store_error e;
	struct venue *v;

	if (r->segment_bytes != 0)
		jc.segment_bytes = r->segment_bytes;
	r->handle = memdisk_attach(r->disk);
	jc.disk = r->handle;
	if (fix_journal_open(&r->journal, &jc, &e) != 0) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	if (r->store == NULL && fix_store_open_mem(&r->store) != 0)
		abort();
	cfg.journal = r->journal;
	cfg.store = r->store;
	cfg.disk = r->handle;
	cfg.risk = make_risk();
	r->trader = trader_new(&cfg, &io);
	assert(r->trader != NULL);
	trader_operator(r->trader, "ann", true);
	v = venue_sim_new(&sim, trader_sink(r->trader));
	if (v == NULL || trader_add_venue(r->trader, v) != 0)
		abort();
	return trader_recover(r->trader, r->now);
}

static void
bury(struct rig *r)
{
	trader_free(r->trader);
	fix_journal_close(r->journal);
	r->handle->ops->close(r->handle);
	r->trader = NULL;
	memset(r->conns, 0, sizeof(r->conns));
}

void
rig_kill(struct rig *r, bool tables_too)
{
	memdisk_crash(r->disk, MEMDISK_KILL);
	bury(r);
	if (tables_too) {
		fix_store_close(r->store);
		r->store = NULL;
	}
}

void
rig_free(struct rig *r)
{
	if (r->trader != NULL)
		bury(r);
	fix_store_close(r->store);
	memdisk_free(r->disk);
	fix_dict_free(r->dict);
	free(r);
}

struct rig_conn *
rig_accept(struct rig *r, int i)
{
	struct rig_conn *c = &r->conns[i];

	memset(c, 0, sizeof(*c));
	if (trader_accepted(r->trader, &c->conn, "rig", r->now) != 0)
		abort();
	return c;
}

static size_t
frame(struct rig *r, uint8_t *out, const char *text)
{
	char body[2048], stamp[FIX_STAMP_MAX + 1] = { 0 };
	const char *who, *rest;
	int n_who = 7, n_type = (int)strcspn(text, "|") + 1;
	unsigned sum = 0;
	int n;

	fix_utc_format((uint8_t *)stamp, r->now.utc, 3);
	rest = text + n_type;
	who = strstr(text, "49=");
	if (who != NULL) {
		n_who = (int)strcspn(who + 3, "|");
		rest = who + 3 + n_who + 1;
	}
	n = snprintf(body, sizeof(body), "%.*s49=%.*s|56=FIXGATE|52=%s|%s|",
	    n_type, text, n_who, who != NULL ? who + 3 : "CLIENTA", stamp,
	    rest);
	assert(n > 0 && (size_t)n < sizeof(body));
	n = sprintf((char *)out, "8=FIX.4.4|9=%d|%s", n, body);
	for (int i = 0; i < n; i++) {
		if (out[i] == '|')
			out[i] = 1;
		sum += out[i];
	}
	return (size_t)(n + sprintf((char *)out + n, "10=%03u\x01",
	    sum & 255));
}

bool
rig_offer(struct rig *r, struct rig_conn *c, const char *text)
{
	uint8_t bytes[4096];
	size_t n = frame(r, bytes, text);

	return trader_received(r->trader, &c->conn, bytes, n, r->now) == n;
}

void
rig_feed(struct rig *r, struct rig_conn *c, const char *text)
{
	if (!rig_offer(r, c, text))
		abort();
}

int
rig_turn(struct rig *r)
{
	trader_tick(r->trader, r->now);
	return trader_commit(r->trader, r->now);
}

void
rig_say(struct rig *r, struct rig_conn *c, const char *text)
{
	rig_feed(r, c, text);
	if (rig_turn(r) != 0)
		abort();
}

void
rig_pass(struct rig *r, int64_t seconds)
{
	r->now.utc.ns += seconds * FIX_SEC;
	r->now.mono.ns += seconds * FIX_SEC;
	if (rig_turn(r) != 0)
		abort();
}

void
rig_hangup(struct rig *r, struct rig_conn *c)
{
	trader_closed(r->trader, &c->conn, r->now);
	c->closed = true;
	if (rig_turn(r) != 0)
		abort();
}

bool
rig_sent(const struct rig_conn *c, const char *part)
{
	return strstr(c->out, part) != NULL;
}

void
rig_clear(struct rig_conn *c)
{
	c->out_len = 0;
	c->out[0] = '\0';
}

const char *
rig_order(unsigned seq, const char *id, int qty, const char *price)
{
	static char text[512];

	snprintf(text, sizeof(text), "35=D|34=%u|11=%s|1=DEMO|21=1|55=AAPL|"
	    "54=1|60=20260302-12:00:00|38=%d|40=2|44=%s|59=0", seq, id, qty,
	    price);
	return text;
}
