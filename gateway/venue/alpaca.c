/*
 * Connecting to Alpaca, and staying connected.
 *
 * Clock, account, assets, stream: one step after the other; whichever fails
 * makes the venue down with its reason, and all begins again after a pause that
 * grows. When the stream is lost the venue is down until there is another, for
 * the stream repeats nothing: on "up" the trader asks for every order and for
 * what was executed since.
 */
#include "gateway/venue/alpaca.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/crypt/crypt.h"
#include "gateway/trader/role.h"
#include "gateway/venue/alpaca_int.h"

#define TICK_NS (50 * FIX_MSEC)
#define INFO_EVERY_NS (3600 * FIX_SEC)
#define PAUSE_FIRST_NS (500 * FIX_MSEC)
#define PAUSE_MAX_NS (60 * FIX_SEC)
#define ORDER_TIMEOUT_MS 10000
#define BUDGET 200 /* requests a minute, until the venue says another number */

/* Names with and without '/' are the same: old orders have none. */
static bool
same_name(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += *a == '/';
		b += *b == '/';
		if (*a != *b)
			return false;
		if (*a == '\0')
			return true;
	}
}

struct asset *
alpaca_asset(struct alpaca *v, const char *name)
{
	for (unsigned i = 0; i < v->n_assets; i++)
		if (same_name(v->assets[i].rules.symbol, name))
			return &v->assets[i];
	return NULL;
}

/* ----- what is wrong ----- */

void
alpaca_fail(struct alpaca *v, const char *why)
{
	if (v->step == ASTEP_WAIT)
		return;
	if (!v->failing) {
		v->try_ns = outside_mono() + v->pause_ns;
		v->pause_ns *= 2;
		if (v->pause_ns > PAUSE_MAX_NS)
			v->pause_ns = PAUSE_MAX_NS;
	}
	v->step = ASTEP_CLOCK;
	v->failing = true;
	outside_down(v->peer, v->down, sizeof(v->down), why);
}

/* ----- the steps ----- */

/* The venue's time is not needed for anything; ours is for logs and reports. */
static void
compare_clock(struct alpaca *v, const json_t *j)
{
	int64_t at;

	if (outside_time(json_text(j, "timestamp"), &at) == 0)
		outside_clock(&v->clock_told, at - outside_utc());
}

static void
take_clock(const struct rest_request *q, const struct rest_answer *a)
{
	struct alpaca *v = q->arg;
	char why[160];
	struct said s;

	alpaca_hear(v, a, &s);
	if (s.fate == ALPACA_DONE) {
		compare_clock(v, s.body);
		if (v->step == ASTEP_CLOCK && !v->failing) {
			v->step = ASTEP_ACCOUNT;
			alpaca_next(v);
		}
	} else if (!v->failing) {
		snprintf(why, sizeof(why), "clock: %.120s", s.text);
		alpaca_fail(v, why);
	}
	json_decref(s.body);
}

static void
stream_closed(void *arg, const char *why)
{
	struct alpaca *v = arg;
	char text[160];

	if (v->step < ASTEP_STREAM)
		return;
	snprintf(text, sizeof(text), "stream: %.130s", why);
	v->step = ASTEP_STREAM; /* it comes back by itself */
	outside_down(v->peer, v->down, sizeof(v->down), text);
}

static void
open_stream(struct alpaca *v)
{
	struct ws_cfg cfg = { v->base, v->dns, v->stream_url, v->ca_file, v,
		alpaca_stream_opened, alpaca_stream_message, stream_closed };

	if (v->stream != NULL)
		ws_free(v->stream);
	v->stream_over = false;
	v->stream = ws_new(&cfg);
	if (v->stream == NULL)
		alpaca_fail(v, "StreamUrl is no ws:// or wss:// address");
}

void
alpaca_stream_up(struct alpaca *v)
{
	if (v->step != ASTEP_STREAM)
		return;
	ws_well(v->stream);
	alpaca_count(v);
	v->step = ASTEP_UP;
	v->failing = false;
	v->pause_ns = PAUSE_FIRST_NS;
	if (v->down[0] != '\0')
		log_info("connected");
	v->down[0] = '\0';
	v->reconcile_due_ns = outside_mono() + v->reconcile_ns;
	peer_begin(v->peer, "up");
	peer_send(v->peer);
}

void
alpaca_next(struct alpaca *v)
{
	switch (v->step) {
	case ASTEP_WAIT:
	case ASTEP_UP:
		break;
	case ASTEP_CLOCK:
		if (!alpaca_call(v, REST_REST, "GET", "/v2/clock", 0,
			alpaca_make_get, take_clock))
			alpaca_fail(v, "too many requests wait for the venue");
		break;
	case ASTEP_ACCOUNT:
		alpaca_ask_account(v);
		break;
	case ASTEP_ASSETS:
		alpaca_ask_assets(v);
		break;
	case ASTEP_STREAM:
		open_stream(v);
		alpaca_open_market(v);
		break;
	}
}

/* ----- time passes ----- */

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct alpaca *v = arg;
	int64_t now = outside_mono();

	(void)fd;
	(void)what;
	if (v->stream_over && v->stream != NULL) {
		ws_free(v->stream);
		v->stream = NULL;
		v->stream_over = false;
	}
	if (v->failing && v->step == ASTEP_CLOCK && now >= v->try_ns) {
		v->failing = false;
		alpaca_next(v);
	}
	alpaca_ask_tick(v);
	alpaca_scan_tick(v);
	alpaca_reconciled(v);
	if (v->step != ASTEP_UP)
		return;
	if (now >= v->info_due_ns) {
		v->info_due_ns = now + INFO_EVERY_NS;
		alpaca_ask_assets(v);
	}
	if (now >= v->reconcile_due_ns && !v->reconciling) {
		v->reconcile_due_ns = now + v->reconcile_ns;
		alpaca_reconcile(v, v->scan.done_ns - 60 * FIX_SEC);
		alpaca_count(v);
	}
}

/* ----- the trader ----- */

static bool
is(const struct record *r, const char *type)
{
	return fix_span_is(r->type, type);
}

/* All that was executed up to there is told. */
static void
on_kept(struct alpaca *v, const struct record *r)
{
	if (fix_span_is(record_get(r, "key"), "fills") &&
	    record_int(r, "value", &v->scan.kept_ns) != 0)
		v->scan.kept_ns = 0;
	alpaca_fees_kept(v, record_get(r, "key"), record_get(r, "value"));
}

/* From the trader's last execution, or from where nothing is missing, which
 * may be earlier. */
static void
on_reconcile(struct alpaca *v, const struct record *r)
{
	int64_t since = 0, done = v->scan.done_ns;

	if (done == 0)
		done = v->scan.kept_ns;
	if (record_int(r, "since", &since) != 0)
		since = 0;
	if (since == 0 || (done != 0 && done < since))
		since = done;
	v->reconciling = true;
	alpaca_reconcile(v, since - 60 * FIX_SEC);
}

static void
on_record(void *arg, const struct record *r)
{
	struct alpaca *v = arg;

	if (is(r, "new"))
		alpaca_request(v, r, 'D');
	else if (is(r, "cancel"))
		alpaca_request(v, r, 'F');
	else if (is(r, "replace"))
		alpaca_request(v, r, 'G');
	else if (is(r, "status"))
		alpaca_ask_status(v, r);
	else if (is(r, "kept"))
		on_kept(v, r);
	else if (is(r, "start") && v->step == ASTEP_WAIT) {
		v->step = ASTEP_CLOCK;
		alpaca_tell_pairs(v);
		alpaca_next(v);
	} else if (is(r, "reconcile"))
		on_reconcile(v, r);
	else if (is(r, "ping")) {
		peer_begin(v->peer, "pong");
		peer_send(v->peer);
	}
}

static void
on_ended(void *arg, const char *why)
{
	struct alpaca *v = arg;

	v->status = why == NULL ? ROLE_DONE : ROLE_AGAIN;
	if (why != NULL)
		log_error("%s", why);
	(void)event_base_loopbreak(v->base);
}

static void
on_term(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)event_base_loopbreak(((struct alpaca *)arg)->base);
}

/* ----- settings ----- */

void
alpaca_check_settings(const struct conf_section *s)
{
	outside_check_url(s, "RestUrl", "https://", "http://", true);
	outside_check_url(s, "StreamUrl", "wss://", "ws://", true);
	outside_check_url(s, "MarketUrl", "wss://", "ws://", false);
	if (conf_secret(s, "ApiKey", NULL) == NULL)
		conf_fault(s, NULL, "[VENUE %s] needs ApiKey", conf_name(s));
	if (conf_secret(s, "ApiSecret", NULL) == NULL)
		conf_fault(s, NULL, "[VENUE %s] needs ApiSecret", conf_name(s));
	(void)conf_int(s, "UnknownAfter", 1, 3600000, 20000);
	(void)conf_int(s, "ReconcileInterval", 100, 3600000, 30000);
	(void)outside_order_wait(s);
}

static void
read_settings(struct alpaca *v, const struct conf_section *s)
{
	const char *p = conf_str(s, "Symbols", "");

	v->rest_url = conf_str(s, "RestUrl", "");
	v->stream_url = conf_str(s, "StreamUrl", "");
	v->market_url = conf_str(s, "MarketUrl", NULL);
	v->ca_file = conf_path(s, "CAFile", NULL);
	v->api_key = conf_secret(s, "ApiKey", "");
	v->secret = conf_secret(s, "ApiSecret", "");
	v->account = conf_str(s, "AccountId", NULL);
	v->unknown_after_ns = FIX_MSEC *
	    (int64_t)conf_int(s, "UnknownAfter", 1, 3600000, 20000);
	v->reconcile_ns = FIX_MSEC *
	    (int64_t)conf_int(s, "ReconcileInterval", 100, 3600000, 30000);
	v->order_wait_ns = outside_order_wait(s);
	while (*(p += strspn(p, ", \t")) != '\0' &&
	       v->n_assets < ALPACA_SYMBOLS) {
		struct fix_span name = { (const uint8_t *)p,
			strcspn(p, ", \t") };

		fix_span_copy(name, v->assets[v->n_assets++].rules.symbol,
		    ALPACA_SYMBOL_MAX + 1);
		p += name.len;
	}
}

/* ----- the process ----- */

static struct rest *
new_rest(struct alpaca *v)
{
	char header[512];
	struct rest_cfg cfg = { .base = v->base,
		.url = v->rest_url,
		.ca_file = v->ca_file,
		.header = header,
		.limit_header = "x-ratelimit-limit",
		.left_header = "x-ratelimit-remaining",
		.reset_header = "x-ratelimit-reset",
		.window_ns = 60 * FIX_SEC,
		.budget = BUDGET,
		.order_wait_ns = v->order_wait_ns,
		.timeout_ms = ORDER_TIMEOUT_MS };
	struct rest *r;

	snprintf(header, sizeof(header), "APCA-API-KEY-ID: %s\n"
	    "APCA-API-SECRET-KEY: %s\nContent-Type: application/json",
	    v->api_key, v->secret);
	r = rest_new(&cfg);
	crypt_wipe(header, sizeof(header));
	return r;
}

static bool
set_up(struct alpaca *v, int fd)
{
	struct peer_ops ops = { v, on_record, on_ended };
	struct timeval tick = { 0, TICK_NS / 1000 };

	TAILQ_INIT(&v->all);
	TAILQ_INIT(&v->doubtful);
	v->base = event_base_new();
	if (v->base == NULL || !hmap_init(&v->by_family) ||
	    !hmap_init(&v->by_venue))
		return false;
	v->dns = evdns_base_new(v->base,
	    EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	v->rest = new_rest(v);
	v->peer = peer_new(v->base, fd, &ops);
	v->tick = event_new(v->base, -1, EV_PERSIST, on_tick, v);
	return v->dns != NULL && v->rest != NULL && v->peer != NULL &&
	       v->tick != NULL &&
	       event_add(v->tick, &tick) == 0;
}

static void
say_hello(struct alpaca *v)
{
	struct record_out *out = peer_begin(v->peer, "hello");

	record_put_int(out, "version", RECORD_VERSION);
	record_put(out, "name", "Alpaca");
	record_put(out, "takes", ALPACA_TAKES);
	peer_send(v->peer);
}

struct alpaca *
alpaca_new(const struct conf_section *s, int fd)
{
	struct alpaca *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	read_settings(v, s);
	v->pause_ns = PAUSE_FIRST_NS;
	v->start_ns = outside_mono();
	v->info_due_ns = v->start_ns + INFO_EVERY_NS;
	snprintf(v->down, sizeof(v->down), "it is not connected yet");
	if (!set_up(v, fd)) {
		alpaca_free(v);
		return NULL;
	}
	say_hello(v);
	return v;
}

void
alpaca_free(struct alpaca *v)
{
	ws_free(v->stream);
	ws_free(v->market);
	rest_free(v->rest);
	peer_free(v->peer);
	alpaca_forget_all(v);
	if (v->tick != NULL)
		event_free(v->tick);
	if (v->dns != NULL)
		evdns_base_free(v->dns, 0);
	if (v->base != NULL)
		event_base_free(v->base);
	free(v);
}

int
alpaca_run(const struct conf_section *s, int fd)
{
	struct alpaca *v = alpaca_new(s, fd);
	struct event *term;
	sigset_t none;
	int status;

	if (v == NULL) {
		log_error("out of memory");
		return ROLE_AGAIN;
	}
	term = evsignal_new(v->base, SIGTERM, on_term, v);
	if (term != NULL)
		(void)event_add(term, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	(void)event_base_dispatch(v->base);
	status = v->status;
	if (term != NULL)
		event_free(term);
	alpaca_free(v);
	log_flush();
	return status;
}
