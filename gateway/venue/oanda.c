/*
 * Connecting to OANDA, and staying connected.
 *
 * Account, instruments, stream, log: one step after the other; whichever fails
 * makes the venue down with its reason, and all begins again after a pause that
 * grows. The stream is opened before the log is read to its end, so that
 * nothing falls between them; when it is lost the venue is down until it is
 * back and the log has been read.
 */
#include "gateway/venue/oanda.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/crypt/crypt.h"
#include "gateway/trader/role.h"
#include "gateway/venue/oanda_int.h"

#define TICK_NS (50 * FIX_MSEC)
#define PAUSE_FIRST_NS (500 * FIX_MSEC)
#define PAUSE_MAX_NS (60 * FIX_SEC)
#define SILENT_NS (12 * FIX_SEC)   /* heartbeats come every five seconds */
#define INSTRUMENTS_EVERY_NS (3600 * FIX_SEC)
#define REQUESTS_PER_S 20u         /* the venue takes more of one address */
#define TIMEOUT_MS 10000u

struct osymbol *
oanda_symbol(struct oanda *b, const char *name)
{
	for (unsigned i = 0; i < b->n_symbols; i++)
		if (strcmp(b->symbols[i].name, name) == 0)
			return &b->symbols[i];
	return NULL;
}

struct osymbol *
oanda_instrument(struct oanda *b, const char *name)
{
	for (unsigned i = 0; i < b->n_symbols; i++)
		if (strcmp(b->symbols[i].instrument, name) == 0)
			return &b->symbols[i];
	return NULL;
}

/* ----- what is wrong ----- */

void
oanda_alert(struct oanda *b, const char *text)
{
	struct record_out *out = peer_begin(b->peer, "alert");

	record_put(out, "text", text);
	peer_send(b->peer);
}

void
oanda_fail(struct oanda *b, const char *why)
{
	b->step = OSTEP_ACCOUNT;
	b->failing = true;
	b->try_ns = outside_mono() + b->pause_ns;
	b->pause_ns *= 2;
	if (b->pause_ns > PAUSE_MAX_NS)
		b->pause_ns = PAUSE_MAX_NS;
	outside_down(b->peer, b->down, sizeof(b->down), why);
}

/* ----- the steps ----- */

static void
stream_opened(void *arg)
{
	struct oanda *b = arg;

	b->stream_open = true;
	if (b->step == OSTEP_STREAM) {
		b->step = OSTEP_LOG;
		oanda_next(b);
	}
}

static void
stream_closed(void *arg, long status, const char *why)
{
	struct oanda *b = arg;
	char text[180];

	b->stream_open = false;
	if (b->step < OSTEP_STREAM)
		return;
	snprintf(text, sizeof(text), "transaction stream: %.120s", why);
	if (status == 401 || status == 403)
		oanda_fail(b, text);
	b->step = b->failing ? OSTEP_ACCOUNT : OSTEP_STREAM;
	outside_down(b->peer, b->down, sizeof(b->down), text);
}

static void
stream_start(struct oanda *b)
{
	char url[600];
	struct lines_cfg cfg = { b->base, url, b->ca_file, b->header,
		SILENT_NS, b, stream_opened, oanda_stream_line, stream_closed };

	snprintf(url, sizeof(url), "%.400s/v3/accounts/%.64s/transactions/stream",
	    b->stream_url, b->account);
	if (b->stream == NULL)
		b->stream = lines_new(&cfg);
	if (b->stream == NULL)
		oanda_fail(b, "out of memory");
	else if (b->stream_open)
		stream_opened(b);
}

static void
go_up(struct oanda *b)
{
	b->step = OSTEP_UP;
	b->pause_ns = PAUSE_FIRST_NS;
	lines_well(b->stream);
	if (b->down[0] != '\0')
		log_info("connected");
	b->down[0] = '\0';
	b->reconcile_due_ns = outside_mono() + b->reconcile_ns;
	b->instruments_due_ns = outside_mono() + INSTRUMENTS_EVERY_NS;
	peer_begin(b->peer, "up");
	peer_send(b->peer);
	oanda_account_compare(b);
}

void
oanda_synced(struct oanda *b)
{
	oanda_events_settle(b);
	b->replaying = false;
	if (b->step == OSTEP_LOG)
		go_up(b);
	oanda_ask_synced(b);
	if (!b->reconciling)
		return;
	b->reconciling = false;
	oanda_log_keep(b);
	peer_begin(b->peer, "reconciled");
	peer_send(b->peer);
}

void
oanda_next(struct oanda *b)
{
	switch (b->step) {
	case OSTEP_WAIT:
	case OSTEP_UP:
		break;
	case OSTEP_ACCOUNT:
		oanda_account_ask(b);
		break;
	case OSTEP_INSTRUMENTS:
		oanda_account_instruments(b);
		break;
	case OSTEP_STREAM:
		stream_start(b);
		oanda_prices_open(b);
		break;
	case OSTEP_LOG:
		oanda_log_start(b);
		break;
	}
}

/* ----- time passes ----- */

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct oanda *b = arg;
	int64_t now = outside_mono();

	(void)fd;
	(void)what;
	if (b->failing && now >= b->try_ns) {
		b->failing = false;
		oanda_next(b);
	}
	oanda_log_tick(b);
	oanda_ask_tick(b);
	if (b->step != OSTEP_UP)
		return;
	if (now >= b->instruments_due_ns) {
		b->instruments_due_ns = now + INSTRUMENTS_EVERY_NS;
		oanda_account_instruments(b);
	}
	if (now >= b->reconcile_due_ns) {
		b->reconcile_due_ns = now + b->reconcile_ns;
		oanda_log_sync(b);
		oanda_account_compare(b);
	}
}

/* ----- the trader ----- */

static void
on_kept(struct oanda *b, const struct record *r)
{
	int64_t v;

	if (record_int(r, "value", &v) != 0 || v < 0)
		return;
	if (fix_span_is(record_get(r, "key"), "from"))
		b->from = v;
	else if (fix_span_is(record_get(r, "key"), "told"))
		b->told = v;
}

static bool
is(const struct record *r, const char *type)
{
	return fix_span_is(r->type, type);
}

static void
on_record(void *arg, const struct record *r)
{
	struct oanda *b = arg;

	if (is(r, "new"))
		oanda_orders_take(b, r, 'D');
	else if (is(r, "cancel"))
		oanda_orders_take(b, r, 'F');
	else if (is(r, "replace"))
		oanda_orders_take(b, r, 'G');
	else if (is(r, "status"))
		oanda_ask_status(b, r);
	else if (is(r, "kept"))
		on_kept(b, r);
	else if (is(r, "start") && b->step == OSTEP_WAIT) {
		b->step = OSTEP_ACCOUNT;
		oanda_next(b);
	} else if (is(r, "reconcile")) {
		b->reconciling = true;
		oanda_log_sync(b);
	} else if (is(r, "ping")) {
		peer_begin(b->peer, "pong");
		peer_send(b->peer);
	}
}

static void
on_ended(void *arg, const char *why)
{
	struct oanda *b = arg;

	b->status = why == NULL ? ROLE_DONE : ROLE_AGAIN;
	if (why != NULL)
		log_error("%s", why);
	(void)event_base_loopbreak(b->base);
}

static void
on_term(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)event_base_loopbreak(((struct oanda *)arg)->base);
}

/* ----- settings ----- */

static void
check_account(const struct conf_section *s)
{
	const char *id = conf_str(s, "AccountId", NULL);

	if (id == NULL)
		conf_fault(s, NULL, "[VENUE %s] needs AccountId, such as "
		    "101-001-1234567-001", conf_name(s));
	else if (id[0] == '\0' || strlen(id) > 20 ||
		 id[strspn(id, "0123456789-")] != '\0')
		conf_fault(s, "AccountId", "AccountId: it is of digits and '-', "
		    "such as 101-001-1234567-001");
}

void
oanda_check_settings(const struct conf_section *s)
{
	outside_check_url(s, "RestUrl", "https://", "http://", true);
	outside_check_url(s, "StreamUrl", "https://", "http://", true);
	if (conf_secret(s, "ApiKey", NULL) == NULL)
		conf_fault(s, NULL, "[VENUE %s] needs ApiKey, the account's "
		    "token", conf_name(s));
	check_account(s);
	(void)conf_int(s, "UnknownAfter", 1, 3600000, 1);
	(void)conf_int(s, "ReconcileInterval", 100, 3600000, 30000);
	(void)outside_order_wait(s);
}

static void
read_symbols(struct oanda *b, const char *p)
{
	while (*(p += strspn(p, ", \t")) != '\0' &&
	       b->n_symbols < OANDA_SYMBOLS) {
		struct fix_span name = { (const uint8_t *)p,
			strcspn(p, ", \t") };
		struct osymbol *s = &b->symbols[b->n_symbols++];

		fix_span_copy(name, s->name, sizeof(s->name));
		memcpy(s->instrument, s->name, sizeof(s->name));
		for (char *c = s->instrument; *c != '\0'; c++)
			if (*c == '/')
				*c = '_';
		p += name.len;
	}
}

static void
read_settings(struct oanda *b, const struct conf_section *s)
{
	b->rest_url = conf_str(s, "RestUrl", "");
	b->stream_url = conf_str(s, "StreamUrl", "");
	b->account = conf_str(s, "AccountId", "");
	b->ca_file = conf_path(s, "CAFile", NULL);
	b->unknown_after_ns = FIX_MSEC *
	    (int64_t)conf_int(s, "UnknownAfter", 1, 3600000, 20000);
	b->reconcile_ns = FIX_MSEC *
	    (int64_t)conf_int(s, "ReconcileInterval", 100, 3600000, 30000);
	b->order_wait_ns = outside_order_wait(s);
	snprintf(b->header, sizeof(b->header),
	    "Authorization: Bearer %s\nContent-Type: application/json\n"
	    "Accept-Datetime-Format: RFC3339",
	    conf_secret(s, "ApiKey", ""));
	read_symbols(b, conf_str(s, "Symbols", ""));
}

static bool
set_up(struct oanda *b, int fd)
{
	struct peer_ops ops = { b, on_record, on_ended };
	struct timeval tick = { 0, TICK_NS / 1000 };
	struct rest_cfg cfg = { .url = b->rest_url,
		.ca_file = b->ca_file,
		.header = b->header,
		.used_header = "",
		.window_ns = FIX_SEC,
		.budget = REQUESTS_PER_S,
		.order_wait_ns = b->order_wait_ns,
		.timeout_ms = TIMEOUT_MS };

	TAILQ_INIT(&b->all);
	TAILQ_INIT(&b->waiting);
	TAILQ_INIT(&b->touched);
	b->base = event_base_new();
	if (b->base == NULL || !hmap_init(&b->by_family))
		return false;
	cfg.base = b->base;
	b->rest = rest_new(&cfg);
	b->peer = peer_new(b->base, fd, &ops);
	b->tick = event_new(b->base, -1, EV_PERSIST, on_tick, b);
	return b->rest != NULL && b->peer != NULL && b->tick != NULL &&
	       event_add(b->tick, &tick) == 0;
}

static void
say_hello(struct oanda *b)
{
	struct record_out *out = peer_begin(b->peer, "hello");

	record_put_int(out, "version", RECORD_VERSION);
	record_put(out, "name", "OANDA");
	record_put(out, "takes", OANDA_TAKES);
	peer_send(b->peer);
}

struct oanda *
oanda_new(const struct conf_section *s, int fd)
{
	struct oanda *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	read_settings(b, s);
	b->last = -1;
	b->replaying = true;
	b->pause_ns = PAUSE_FIRST_NS;
	b->start_ns = outside_mono();
	snprintf(b->down, sizeof(b->down), "it is not connected yet");
	if (!set_up(b, fd)) {
		oanda_free(b);
		return NULL;
	}
	say_hello(b);
	return b;
}

void
oanda_free(struct oanda *b)
{
	lines_free(b->stream);
	lines_free(b->prices);
	rest_free(b->rest);
	peer_free(b->peer);
	oanda_book_free(b);
	if (b->tick != NULL)
		event_free(b->tick);
	if (b->base != NULL)
		event_base_free(b->base);
	crypt_wipe(b->header, sizeof(b->header));
	free(b);
}

int
oanda_run(const struct conf_section *s, int fd)
{
	struct oanda *b = oanda_new(s, fd);
	struct event *term;
	sigset_t none;
	int status;

	if (b == NULL) {
		log_error("out of memory");
		return ROLE_AGAIN;
	}
	term = evsignal_new(b->base, SIGTERM, on_term, b);
	if (term != NULL)
		(void)event_add(term, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	(void)event_base_dispatch(b->base);
	status = b->status;
	if (term != NULL)
		event_free(term);
	oanda_free(b);
	log_flush();
	return status;
}
