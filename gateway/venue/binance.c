/*
 * Connecting to Binance, and staying connected.
 *
 * Clock, symbols, account, stream: one step after the other; whichever fails
 * makes the venue down with its reason, and all begins again after a pause that
 * grows. When the stream is lost the venue is down until there is another, for
 * the stream repeats nothing: on "up" the trader asks for every order and for
 * what was executed since.
 */
#include "gateway/venue/binance.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/crypt/crypt.h"
#include "gateway/trader/role.h"
#include "gateway/venue/binance_int.h"

#define TICK_NS (50 * FIX_MSEC)
#define TIME_EVERY_NS (120 * FIX_SEC)
#define INFO_EVERY_NS (3600 * FIX_SEC)
#define PAUSE_FIRST_NS (500 * FIX_MSEC)
#define PAUSE_MAX_NS (60 * FIX_SEC)
#define ORDER_TIMEOUT_MS 12000 /* more than the venue's own ten seconds */

struct symbol *
binance_symbol(struct binance *b, const char *name)
{
	for (unsigned i = 0; i < b->n_symbols; i++)
		if (strcmp(b->symbols[i].rules.symbol, name) == 0)
			return &b->symbols[i];
	return NULL;
}

/* ----- what is wrong ----- */

void
binance_fail(struct binance *b, const char *why)
{
	if (b->step == STEP_WAIT)
		return;
	b->step = STEP_TIME;
	b->failing = true;
	b->try_ns = outside_mono() + b->pause_ns;
	b->pause_ns *= 2;
	if (b->pause_ns > PAUSE_MAX_NS)
		b->pause_ns = PAUSE_MAX_NS;
	outside_down(b->peer, b->down, sizeof(b->down), why);
	orders_forsake(b);
}

static void
banned(struct binance *b, const struct rest_answer *a)
{
	int64_t s = a->retry_after_s < 0 ? 60 : a->retry_after_s;
	char why[120];

	rest_pause(b->rest, outside_mono() + s * FIX_SEC);
	snprintf(why, sizeof(why),
	    "%s, retry after %" PRId64 " s",
	    a->status == 418 ? "the venue has banned this address: fewer "
			       "requests are needed"
			     : "venue rate limit", s);
	if (a->status == 418)
		binance_fail(b, why);
	else
		log_warn("%s", why);
}

void
binance_judge(struct binance *b, const struct rest_answer *a, int64_t code,
    const char *msg)
{
	char why[160];

	if (a->fate != REST_ANSWERED)
		return;
	if (a->status == 429 || a->status == 418) {
		banned(b, a);
		return;
	}
	if (code == -1021)
		b->time_due_ns = 0;
	if (code != -2014 && code != -2015 && code != -1022)
		return;
	snprintf(why, sizeof(why), "%.100s: see ApiKey and its permissions",
	    msg);
	binance_fail(b, why);
}

/* ----- the steps ----- */

void
binance_get(struct binance *b, const char *path, unsigned weight,
    bool (*make)(const struct rest_request *, char *, char *),
    void (*done)(const struct rest_request *, const struct rest_answer *))
{
	struct rest_request q = { .rank = REST_REST, .method = "GET",
		.weight = weight, .arg = b, .arg1 = outside_utc(),
		.make = make, .done = done };

	snprintf(q.text, sizeof(q.text), "%s", path);
	if (rest_do(b->rest, &q) != 0)
		binance_fail(b, "too many requests wait for the venue");
}

static bool
make_path(const struct rest_request *q, char *url, char *body)
{
	body[0] = '\0';
	snprintf(url, sizeof(q->text), "%s", q->text);
	return true;
}

/* @return the body, NULL: it has failed */
json_t *
binance_good(struct binance *b, const struct rest_answer *a, const char *what)
{
	char text[200] = "", why[160];
	int64_t code;
	json_t *j;

	if (call_fate(a, &j, &code, text, sizeof(text)) == CALL_DONE)
		return j;
	json_decref(j);
	binance_judge(b, a, code, text);
	if (code == -2014 || code == -2015 || code == -1022 ||
	    a->status == 418)
		return NULL; /* told */
	snprintf(why, sizeof(why), "%s: %.120s", what, text);
	binance_fail(b, why);
	return NULL;
}

static void
done_time(const struct rest_request *q, const struct rest_answer *a)
{
	struct binance *b = q->arg;
	json_t *j = binance_good(b, a, "clock");
	int64_t ms, now = outside_utc();

	if (j == NULL)
		return;
	if (json_whole(j, "serverTime", &ms) == 0) {
		/* arg1: when it was asked for */
		b->offset_ms = ms - (now - (now - q->arg1) / 2) / FIX_MSEC;
		b->time_due_ns = outside_mono() + TIME_EVERY_NS;
		outside_clock(&b->clock_told, b->offset_ms * FIX_MSEC);
		if (b->step == STEP_TIME) {
			b->step = STEP_INFO;
			binance_next(b);
		}
	} else {
		binance_fail(b, "clock: its answer has no serverTime");
	}
	json_decref(j);
}

static bool
make_info(const struct rest_request *q, char *url, char *body)
{
	const struct binance *b = q->arg;
	size_t n = (size_t)snprintf(
	    url, 64, "/api/v3/exchangeInfo?symbols=%%5B");

	body[0] = '\0';
	for (unsigned i = 0; i < b->n_symbols; i++)
		n += (size_t)snprintf(url + n, 64, "%s%%22%s%%22",
		    i == 0 ? "" : "%2C", b->symbols[i].rules.symbol);
	snprintf(url + n, 8, "%%5D");
	return true;
}

static void
read_limits(struct binance *b, const json_t *list)
{
	int64_t limit = 0, n = 0;
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		if (strcmp(json_text(v, "rateLimitType"), "REQUEST_WEIGHT") ==
			0 &&
		    strcmp(json_text(v, "interval"), "MINUTE") == 0 &&
		    json_whole(v, "intervalNum", &n) == 0 && n == 1 &&
		    json_whole(v, "limit", &limit) == 0 && limit > 0 &&
		    limit < 100000000)
			rest_budget(b->rest, (unsigned)limit);
	}
}

static void
read_symbols(struct binance *b, const json_t *list)
{
	struct binance_rules rules;
	struct symbol *s;
	const json_t *v;
	size_t i;

	for (unsigned n = 0; n < b->n_symbols; n++)
		b->symbols[n].known = false;
	json_array_foreach(list, i, v)
	{
		s = binance_symbol(b, json_text(v, "symbol"));
		if (s == NULL)
			continue;
		if (binance_rules_read(&rules, v) == 0) {
			s->rules = rules;
			s->known = true;
		} else {
			log_error("%s: its filters can't be read: it is not "
				  "traded", s->rules.symbol);
		}
	}
}

static void
done_info(const struct rest_request *q, const struct rest_answer *a)
{
	struct binance *b = q->arg;
	json_t *j = binance_good(b, a, "exchangeInfo, see Symbols");

	if (j == NULL)
		return;
	read_limits(b, json_object_get(j, "rateLimits"));
	limits_read(b, json_object_get(j, "rateLimits"));
	read_symbols(b, json_object_get(j, "symbols"));
	b->info_due_ns = outside_mono() + INFO_EVERY_NS;
	json_decref(j);
	if (b->step == STEP_INFO) {
		b->step = STEP_ACCOUNT;
		binance_next(b);
	}
}

static void
stream_closed(void *arg, const char *why)
{
	struct binance *b = arg;
	char text[160];

	if (b->step < STEP_STREAM)
		return;
	snprintf(text, sizeof(text), "user stream: %.130s", why);
	b->step = STEP_STREAM; /* it comes back by itself */
	outside_down(b->peer, b->down, sizeof(b->down), text);
	orders_forsake(b);
}

static void
market_closed(void *arg, const char *why)
{
	struct binance *b = arg;

	if (outside_news(b->market_told, sizeof(b->market_told), why))
		log_warn("market stream: %s", why);
}

static void
market_opened(void *arg)
{
	struct binance *b = arg;

	ws_well(b->market);
	b->market_told[0] = '\0';
}

static void
open_streams(struct binance *b)
{
	struct ws_cfg cfg = { b->base, b->dns, b->stream_url, b->ca_file, b,
		stream_opened, stream_message, stream_closed };

	if (b->user != NULL)
		ws_free(b->user);
	b->user = ws_new(&cfg);
	if (b->user == NULL)
		binance_fail(b, "StreamUrl is no ws:// or wss:// address");
}

static void
open_market(struct binance *b)
{
	static char url[REST_URL_MAX];
	struct ws_cfg cfg = { b->base, b->dns, url, b->ca_file, b,
		market_opened, market_message, market_closed };
	size_t n;

	if (b->market_url == NULL || b->market != NULL)
		return;
	n = (size_t)snprintf(url, sizeof(url) / 2, "%s/stream?streams=",
	    b->market_url);
	for (unsigned i = 0; i < b->n_symbols && n < 450; i++) {
		for (const char *p = b->symbols[i].rules.symbol; *p; p++)
			url[n++] = (char)(*p | (*p >= 'A' && *p <= 'Z' ? 32 : 0));
		n += (size_t)snprintf(url + n, 32, "@bookTicker%s",
		    i + 1 < b->n_symbols ? "/" : "");
	}
	b->market = ws_new(&cfg);
	if (b->market == NULL)
		log_error("MarketUrl is no ws:// or wss:// address");
}

void
binance_stream_up(struct binance *b)
{
	if (b->step != STEP_STREAM)
		return;
	ws_well(b->user);
	b->step = STEP_UP;
	b->failing = false;
	b->pause_ns = PAUSE_FIRST_NS;
	if (b->down[0] != '\0')
		log_info("connected");
	b->down[0] = '\0';
	b->reconcile_due_ns = outside_mono() + b->reconcile_ns;
	peer_begin(b->peer, "up");
	peer_send(b->peer);
}

void
binance_next(struct binance *b)
{
	switch (b->step) {
	case STEP_WAIT:
	case STEP_UP:
		break;
	case STEP_TIME:
		binance_get(b, "/api/v3/time", 1, make_path, done_time);
		break;
	case STEP_INFO:
		binance_get(b, "", 20, make_info, done_info);
		break;
	case STEP_ACCOUNT:
		account_ask(b);
		break;
	case STEP_STREAM:
		open_streams(b);
		open_market(b);
		break;
	}
}

/* ----- time passes ----- */

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct binance *b = arg;
	int64_t now = outside_mono();

	(void)fd;
	(void)what;
	if (b->failing && b->step == STEP_TIME && now >= b->try_ns) {
		b->failing = false;
		binance_next(b);
	}
	ask_tick(b);
	ask_reconciled(b);
	if (b->step != STEP_UP)
		return;
	if (now >= b->time_due_ns) {
		b->time_due_ns = now + TIME_EVERY_NS;
		binance_get(b, "/api/v3/time", 1, make_path, done_time);
	}
	if (now >= b->info_due_ns) {
		b->info_due_ns = now + INFO_EVERY_NS;
		binance_get(b, "", 20, make_info, done_info);
	}
	if (now >= b->reconcile_due_ns && !b->reconciling) {
		b->reconcile_due_ns = now + b->reconcile_ns;
		ask_reconcile(b);
		account_ask(b);
	}
}

/* ----- the trader ----- */

static void
on_kept(struct binance *b, const struct record *r)
{
	char key[BINANCE_SYMBOL_MAX + 1];
	struct symbol *s;

	record_copy(r, "key", key, sizeof(key));
	s = binance_symbol(b, key);
	if (s != NULL && record_int(r, "value", &s->trade) == 0)
		s->kept = s->trade;
}

static bool
is(const struct record *r, const char *type)
{
	return fix_span_is(r->type, type);
}

static void
on_record(void *arg, const struct record *r)
{
	struct binance *b = arg;

	if (is(r, "new"))
		orders_take(b, r, 'D');
	else if (is(r, "cancel"))
		orders_take(b, r, 'F');
	else if (is(r, "replace"))
		orders_take(b, r, 'G');
	else if (is(r, "status"))
		ask_status(b, r);
	else if (is(r, "kept"))
		on_kept(b, r);
	else if (is(r, "start") && b->step == STEP_WAIT) {
		b->step = STEP_TIME;
		binance_next(b);
	} else if (is(r, "reconcile")) {
		if (record_int(r, "since", &b->since_ns) != 0)
			b->since_ns = 0;
		ask_reconcile(b);
	} else if (is(r, "ping")) {
		peer_begin(b->peer, "pong");
		peer_send(b->peer);
	}
}

static void
on_ended(void *arg, const char *why)
{
	struct binance *b = arg;

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
	(void)event_base_loopbreak(((struct binance *)arg)->base);
}

static bool
set_up(struct binance *b, int fd)
{
	struct peer_ops ops = { b, on_record, on_ended };
	struct timeval tick = { 0, TICK_NS / 1000 };
	char header[400];
	struct rest_cfg cfg = { .url = b->rest_url,
		.ca_file = b->ca_file,
		.header = header,
		.used_header = "x-mbx-used-weight-1m",
		.heard = limits_heard,
		.arg = b,
		.window_ns = 60 * FIX_SEC,
		.budget = 6000,
		.order_wait_ns = b->order_wait_ns,
		.timeout_ms = ORDER_TIMEOUT_MS };

	TAILQ_INIT(&b->all);
	TAILQ_INIT(&b->doubtful);
	b->base = event_base_new();
	if (b->base == NULL || !hmap_init(&b->by_family))
		return false;
	cfg.base = b->base;
	snprintf(header, sizeof(header), "X-MBX-APIKEY: %s", b->key.api_key);
	b->dns = evdns_base_new(b->base,
	    EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	b->rest = rest_new(&cfg);
	crypt_wipe(header, sizeof(header));
	b->peer = peer_new(b->base, fd, &ops);
	b->tick = event_new(b->base, -1, EV_PERSIST, on_tick, b);
	return b->dns != NULL && b->rest != NULL && b->peer != NULL &&
	       b->tick != NULL &&
	       event_add(b->tick, &tick) == 0;
}

static void
say_hello(struct binance *b)
{
	struct record_out *out = peer_begin(b->peer, "hello");

	record_put_int(out, "version", RECORD_VERSION);
	record_put(out, "name", "Binance");
	record_put(out, "takes", BINANCE_TAKES);
	peer_send(b->peer);
}

struct binance *
binance_new(const struct conf_section *s, int fd)
{
	struct binance *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	settings_read(b, s);
	b->pause_ns = PAUSE_FIRST_NS;
	b->start_ns = outside_mono();
	snprintf(b->down, sizeof(b->down), "it is not connected yet");
	if (!set_up(b, fd)) {
		binance_free(b);
		return NULL;
	}
	say_hello(b);
	return b;
}

void
binance_free(struct binance *b)
{
	ws_free(b->user);
	ws_free(b->market);
	rest_free(b->rest);
	peer_free(b->peer);
	orders_free(b);
	if (b->tick != NULL)
		event_free(b->tick);
	if (b->dns != NULL)
		evdns_base_free(b->dns, 0);
	if (b->base != NULL)
		event_base_free(b->base);
	free(b);
}

int
binance_run(const struct conf_section *s, int fd)
{
	struct binance *b = binance_new(s, fd);
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
	binance_free(b);
	log_flush();
	return status;
}
