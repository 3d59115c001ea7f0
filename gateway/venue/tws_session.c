/*
 * A session with TWS: from the handshake to ready, and what ends it.
 *
 * HELLO: versions. LOGON: START_API is answered with the accounts and the next
 * order id, in any order. SYNC: contracts are looked up and a round of
 * questions tells the state of our orders (tws_round.c). READY: the trader
 * hears VENUE_UP. CUT: TWS is there but has lost IB; nothing can be sent, and
 * what is at exchanges goes on. Whatever is not answered in time ends the
 * connection: the caller makes another. Reference tws-protocol.md 4, 17.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/venue/tws_int.h"

#define LOGON_WAIT (15 * FIX_SEC)
#define SILENCE (30 * FIX_SEC)
#define PING_WAIT (15 * FIX_SEC)
#define MARK_FIRST (TWS_REQ_FIRST + 100000)

void
tws_say(struct tws *t, bool alert, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->out.say(t->out.arg, alert, text);
}

void
tws_drop(struct tws *t, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->phase_due_ns = INT64_MAX;
	t->dropped = true;
	t->out.drop(t->out.arg, text);
}

struct tws *
tws_new(const struct tws_cfg *cfg, struct tws_out out)
{
	struct tws *t;

	if (cfg->client_id < 1 || cfg->rate < 1 || cfg->rate > TWS_RATE_MAX ||
	    cfg->max_orders < 1 || cfg->max_orders > 1000000)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->cfg = *cfg;
	t->out = out;
	t->next_id = 1;
	t->phase_due_ns = t->look_ns = t->due_ns = INT64_MAX;
	fix_span_copy(fix_span_of(cfg->account), t->account,
	    sizeof(t->account));
	fix_span_copy(fix_span_of(cfg->zone_name), t->zone_name,
	    sizeof(t->zone_name));
	t->contracts = calloc(cfg->n_symbols + 1, sizeof(*t->contracts));
	if (t->contracts == NULL || !tws_book_init(t) || !tws_queue_init(t)) {
		tws_free(t);
		return NULL;
	}
	for (unsigned i = 0; i < cfg->n_symbols; i++) {
		t->contracts[i].s = cfg->symbols[i];
		t->contracts[i].day = -1;
	}
	return t;
}

void
tws_free(struct tws *t)
{
	if (t == NULL)
		return;
	tws_book_fini(t);
	free(t->urgent.buf);
	free(t->normal.buf);
	free(t->contracts);
	free(t);
}

void
tws_load(struct tws *t, struct fix_span key, struct fix_span value)
{
	int64_t id;

	if (fix_span_is(key, "next-id") && fix_int_parse(value, &id) == 0 &&
	    id > t->next_id && id < INT32_MAX)
		t->next_id = t->reserved_id = id;
}

bool
tws_up(const struct tws *t)
{
	return t->phase == TWS_READY;
}

unsigned
tws_version(const struct tws *t)
{
	return t->version;
}

/* ----- up and down ----- */

static void
go_down(struct tws *t, const char *why)
{
	struct venue_event e = tws_event(t, VENUE_DOWN, NULL);

	e.text = why;
	if (t->was_up)
		t->out.event(t->out.arg, &e);
	t->was_up = false;
}

static void
ask_marks(struct tws *t)
{
	struct tws_msg m;

	if (!t->cfg.marks || t->marks_asked)
		return;
	t->marks_asked = true;
	for (unsigned i = 0; i < t->cfg.n_symbols; i++) {
		if (t->contracts[i].con_id == 0)
			continue;
		tws_begin(&m, TWS_REQ_MKT_DATA, t->version);
		tws_set_int(&m, TWS_MD_REQ_ID, MARK_FIRST + (int64_t)i);
		tws_set_int(&m, TWS_MD_CON_ID, t->contracts[i].con_id);
		tws_set_str(&m, TWS_MD_EXCHANGE, t->contracts[i].s.exchange);
		(void)tws_queue_put(t, false, &m, NULL);
	}
}

void
tws_try_ready(struct tws *t)
{
	struct venue_event e = tws_event(t, VENUE_UP, NULL);

	if (t->phase != TWS_SYNC || t->round != TWS_NONE || !tws_lookup_done(t))
		return;
	if (!t->orders_known) {
		tws_tell_pairs(t); /* before any execution */
		tws_round_begin(t);
		return;
	}
	t->phase = TWS_READY;
	t->phase_due_ns = INT64_MAX;
	t->was_up = true;
	ask_marks(t);
	t->counting = TWS_COUNT_NONE;
	t->count_ns = t->now.mono.ns;
	t->out.event(t->out.arg, &e);
}

static void
sync_all(struct tws *t)
{
	t->phase = TWS_SYNC;
	t->phase_due_ns = t->now.mono.ns + TWS_ANSWER_WAIT;
	t->orders_known = false;
	tws_try_ready(t);
}

static void
begin_sync(struct tws *t)
{
	if (t->phase != TWS_LOGON || !t->have_accounts || !t->have_id)
		return;
	tws_lookup(t);
	sync_all(t);
}

void
tws_connected(struct tws *t, struct fix_now now)
{
	uint8_t hello[64];
	ssize_t n = tws_write_hello(hello, sizeof(hello));

	t->now = now;
	t->phase = TWS_HELLO;
	t->round = TWS_NONE;
	t->have_accounts = t->have_id = t->pinged = t->dropped = false;
	t->marks_asked = false;
	t->version = 0;
	t->heard_ns = now.mono.ns;
	t->phase_due_ns = now.mono.ns + LOGON_WAIT;
	t->look_ns = t->count_ns = INT64_MAX;
	if (n > 0)
		t->out.send(t->out.arg, hello, (size_t)n);
}

void
tws_closed(struct tws *t, const char *why, struct fix_now now)
{
	struct tws_order *o, *next;

	t->now = now;
	t->phase = TWS_OFF;
	t->round = TWS_NONE;
	t->phase_due_ns = t->look_ns = t->count_ns = INT64_MAX;
	t->n_questions = 0; /* asked again when it is up */
	tws_queue_clear(t);
	for (o = TAILQ_FIRST(&t->orders); o != NULL; o = next) {
		next = TAILQ_NEXT(o, all);
		o->this_link = false;
		if (o->queued)
			tws_order_gone(t, o); /* it never left */
	}
	go_down(t, why);
}

static void
on_hello(struct tws *t, struct fix_span payload)
{
	struct fix_span time;
	struct tws_msg m;
	int rc = tws_read_hello(payload, &t->version, &time);

	if (rc != 0) {
		tws_drop(t, rc == -FIX_E_FORMAT
			? "this is no TWS: its greeting does not read"
			: "server version %u, but %u to %u are known here",
		    t->version, TWS_MIN_VERSION, TWS_MAX_VERSION);
		return;
	}
	t->phase = TWS_LOGON;
	tws_begin(&m, TWS_START_API, t->version);
	tws_set_int(&m, TWS_SA_CLIENT_ID, t->cfg.client_id);
	(void)tws_queue_put(t, true, &m, NULL);
	tws_queue_run(t);
}

/* ----- messages that are about no order ----- */

static void
on_accounts(struct tws *t, const struct tws_msg *m)
{
	struct fix_span s = tws_get(m, TWS_AC_ACCOUNTS);
	char unused[32];

	if (s.len + 3 > sizeof(t->accounts)) {
		tws_drop(t, "more accounts than can be held");
		return;
	}
	snprintf(t->accounts, sizeof(t->accounts), ",%.*s,", (int)s.len,
	    s.len == 0 ? "" : (const char *)s.p);
	for (size_t n = strlen(t->accounts); n > 1 &&
	     t->accounts[n - 2] == ','; n--)
		t->accounts[n - 1] = '\0';
	if (t->account[0] != '\0' && !tws_account_of(t, "", unused)) {
		tws_drop(t, "AccountId %s is not among the accounts of this "
		    "login", t->account);
		return;
	}
	if ((t->cfg.paper == TWS_PAPER && t->accounts[1] != 'D') ||
	    (t->cfg.paper == TWS_LIVE && t->accounts[1] == 'D')) {
		tws_drop(t, "the port is one of %s accounts, the account is "
		    "not: see Port and AccountId",
		    t->cfg.paper == TWS_PAPER ? "paper" : "live");
		return;
	}
	t->have_accounts = true;
	begin_sync(t);
}

static void
on_next_id(struct tws *t, const struct tws_msg *m)
{
	int64_t id;

	if (tws_read_int(tws_get(m, TWS_NI_ORDER_ID), &id) != 1)
		return;
	if (id + 1000 < t->next_id)
		tws_say(t, true, "the order ids of TWS were reset: it says "
		    "%lld, we go on with %lld", (long long)id,
		    (long long)t->next_id);
	if (id > t->next_id)
		t->next_id = id;
	t->have_id = true;
	begin_sync(t);
}

static void
on_tick(struct tws *t, const struct tws_msg *m)
{
	struct venue_event e = tws_event(t, VENUE_MARK, NULL);
	int64_t req, type;

	tws_read_int(tws_get(m, TWS_TP_REQ_ID), &req);
	tws_read_int(tws_get(m, TWS_TP_TICK_TYPE), &type);
	req -= MARK_FIRST;
	if (req < 0 || req >= (int64_t)t->cfg.n_symbols ||
	    (type != 4 && type != 68) || /* last, and last of delayed data */
	    tws_price_e8(tws_get(m, TWS_TP_PRICE), &e.last_px_e8) != 1 ||
	    e.last_px_e8 <= 0)
		return;
	e.symbol = t->contracts[req].s.name;
	t->out.event(t->out.arg, &e);
}

static void
on_link_error(struct tws *t, int64_t code, struct fix_span text)
{
	const char *p = text.len == 0 ? "" : (const char *)text.p;

	if (code != 326 && code != 1300)
		tws_say(t, code == 100 || code == 1100, "TWS: %lld %.*s",
		    (long long)code, (int)text.len, p);
	if (code == 1100 && t->phase >= TWS_SYNC && t->phase != TWS_CUT) {
		t->phase = TWS_CUT;
		t->round = TWS_NONE;
		t->phase_due_ns = t->look_ns = INT64_MAX;
		go_down(t, "TWS has lost its connection to IB");
	} else if ((code == 1101 || code == 1102) && t->phase == TWS_CUT) {
		t->marks_asked = code == 1102; /* 1101: they are lost */
		sync_all(t);
	} else if (code == 326 || code == 1300) {
		tws_drop(t, "TWS: %lld %.*s%s", (long long)code, (int)text.len,
		    p, code == 326 ? ": see ClientId" : "");
	}
}

static void
on_error(struct tws *t, const struct tws_msg *m)
{
	struct fix_span text = tws_get(m, TWS_ER_TEXT);
	struct tws_order *o;
	int64_t id, code;

	tws_read_int(tws_get(m, TWS_ER_ID), &id);
	tws_read_int(tws_get(m, TWS_ER_CODE), &code);
	o = id > 0 ? tws_order_by_id(t, id) : NULL;
	if (o != NULL)
		tws_on_order_error(t, o, code, text);
	else if (!tws_contract_error(t, id, code, text) &&
		 !tws_cash_error(t, id, code, text))
		on_link_error(t, code, text);
}

static int64_t
req_of(const struct tws_msg *m, unsigned field)
{
	int64_t v;

	tws_read_int(tws_get(m, field), &v);
	return v;
}

/* One line a message that means something here. */
static void
dispatch(struct tws *t, const struct tws_msg *m)
{
	if (m->kind == TWS_ACCOUNTS)
		on_accounts(t, m);
	else if (m->kind == TWS_NEXT_VALID_ID)
		on_next_id(t, m);
	else if (m->kind == TWS_ERROR)
		on_error(t, m);
	else if (m->kind == TWS_OPEN_ORDER)
		tws_on_open_order(t, m);
	else if (m->kind == TWS_ORDER_STATUS)
		tws_on_status(t, m);
	else if (m->kind == TWS_EXEC_DETAILS)
		tws_on_execution(t, m);
	else if (m->kind == TWS_COMMISSION_REPORT)
		tws_on_commission(t, m);
	else if (m->kind == TWS_OPEN_ORDER_END)
		tws_on_open_end(t);
	else if (m->kind == TWS_EXECUTIONS_END)
		tws_on_executions_end(t, req_of(m, TWS_EE_REQ_ID));
	else if (m->kind == TWS_COMPLETED_ORDER)
		tws_on_completed(t, m);
	else if (m->kind == TWS_COMPLETED_END)
		tws_on_completed_end(t);
	else if (m->kind == TWS_CONTRACT)
		tws_on_contract(t, m);
	else if (m->kind == TWS_CONTRACT_END)
		tws_on_contract_end(t, req_of(m, TWS_CE_REQ_ID));
	else if (m->kind == TWS_POSITION)
		tws_on_position(t, m);
	else if (m->kind == TWS_POSITION_END)
		tws_on_position_end(t);
	else if (m->kind == TWS_ACCOUNT_SUMMARY)
		tws_on_cash(t, m);
	else if (m->kind == TWS_ACCOUNT_SUMMARY_END)
		tws_on_cash_end(t, req_of(m, TWS_SE_REQ_ID));
	else if (m->kind == TWS_TICK_PRICE)
		on_tick(t, m);
}

static void
on_payload(struct tws *t, struct fix_span payload)
{
	struct tws_msg m;
	int rc;

	if (t->phase == TWS_HELLO) {
		on_hello(t, payload);
		return;
	}
	rc = tws_decode(&m, TWS_FROM_SERVER, t->version, payload);
	if (rc == -FIX_E_NOTFOUND)
		return; /* a message that a gateway has no use for */
	if (rc != 0) {
		tws_say(t, true, "a message of TWS does not read: %.20s",
		    (const char *)payload.p);
		tws_look_soon(t, 0);
		return;
	}
	if (m.missing > 0 || m.extra > 0)
		tws_say(t, false, "%s of TWS: %u fields missing, %zu bytes "
		    "too many", tws_kind_name(m.kind), m.missing, m.extra);
	dispatch(t, &m);
}

size_t
tws_received(struct tws *t, const uint8_t *in, size_t len, struct fix_now now)
{
	struct fix_span payload;
	size_t at = 0;
	ssize_t n = 1;

	t->now = now;
	t->heard_ns = now.mono.ns;
	t->pinged = false;
	while (at < len && n > 0 && t->phase != TWS_OFF && !t->dropped) {
		n = tws_frame(in + at, len - at, &payload);
		if (n <= 0)
			break;
		on_payload(t, payload);
		at += (size_t)n;
	}
	if (n < 0 && !t->dropped)
		tws_drop(t, "bytes that are no frame of TWS: %s",
		    fix_strerror(n));
	tws_queue_run(t);
	return at;
}

/* ----- timers ----- */

static void
watch(struct tws *t)
{
	struct tws_msg m;
	int64_t silent = t->now.mono.ns - t->heard_ns;

	if (t->phase < TWS_SYNC || silent < SILENCE)
		return;
	if (silent >= SILENCE + PING_WAIT) {
		tws_drop(t, "TWS says nothing");
	} else if (!t->pinged) {
		t->pinged = true;
		tws_begin(&m, TWS_REQ_TIME, t->version);
		(void)tws_queue_put(t, true, &m, NULL);
	}
}

void
tws_tick(struct tws *t, struct fix_now now)
{
	t->now = now;
	if (t->phase == TWS_OFF || t->dropped)
		return;
	if (t->phase_due_ns <= now.mono.ns) {
		tws_drop(t, "no answer in time");
		return;
	}
	watch(t);
	if (t->phase == TWS_READY || t->phase == TWS_SYNC) {
		tws_orders_due(t);
		tws_count_due(t);
		if (t->look_ns <= now.mono.ns)
			tws_round_begin(t);
	}
	tws_queue_run(t);
}

static void
earlier(struct fix_mono *at, int64_t ns)
{
	if (ns < at->ns)
		at->ns = ns;
}

struct fix_mono
tws_deadline(const struct tws *t)
{
	struct fix_mono at = { FIX_MONO_NEVER };

	if (t->phase == TWS_OFF || t->dropped)
		return at;
	earlier(&at, t->phase_due_ns);
	earlier(&at, tws_queue_due(t));
	if (t->phase >= TWS_SYNC)
		earlier(&at, t->heard_ns + SILENCE +
		    (t->pinged ? PING_WAIT : 0));
	if (t->phase == TWS_READY || t->phase == TWS_SYNC) {
		earlier(&at, t->due_ns);
		if (t->phase == TWS_READY)
			earlier(&at, t->count_ns);
		if (t->round == TWS_NONE)
			earlier(&at, t->look_ns);
	}
	return at;
}
