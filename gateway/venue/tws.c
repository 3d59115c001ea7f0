/*
 * The process of a venue of Type=tws: a link to the trader on one side, a
 * connection to TWS on the other, between them the session (tws_session.h),
 * which decides everything.
 *
 * In: records of fixgate-venue-link(7), frames of TWS, time. Out: the same. A
 * connection that ends is made again, ever later, up to ten seconds: TWS
 * restarts every day and once a week waits for a person to log on.
 */
#include "config.h"

#include "gateway/venue/tws.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "gateway/log.h"
#include "gateway/settings/setup.h"
#include "gateway/trader/role.h"
#include "gateway/venue/outside.h"
#include "gateway/venue/peer.h"
#include "gateway/venue/tws_session.h"

#define PAUSE_FIRST_NS (200 * FIX_MSEC)
#define PAUSE_MAX_NS (10 * FIX_SEC)

struct adapter {
	struct event_base *base;
	struct peer *peer;
	struct bufferevent *tcp; /* NULL: none */
	struct event *timer, *again, *term;
	struct setup_tws at;
	struct tws *t;
	int64_t pause_ns;
	char down[160]; /* the reason that was told last */
	char drop[256]; /* not empty: the session wants the connection ended */
	int status;
};

static struct fix_now
read_clocks(void)
{
	struct timespec utc, mono;
	struct fix_now now;

	clock_gettime(CLOCK_REALTIME, &utc);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	now.utc.ns = utc.tv_sec * FIX_SEC + utc.tv_nsec;
	now.mono.ns = mono.tv_sec * FIX_SEC + mono.tv_nsec;
	return now;
}

static void
wake_in(struct event *e, int64_t ns)
{
	struct timeval tv = { ns / FIX_SEC, ns % FIX_SEC / FIX_USEC + 1 };

	(void)event_add(e, &tv);
}

/* ----- what the session wants ----- */

static void
on_send(void *arg, const uint8_t *p, size_t len)
{
	struct adapter *a = arg;

	if (a->tcp != NULL)
		(void)bufferevent_write(a->tcp, p, len);
}

static void
tell_state(struct adapter *a, const char *type, const char *text)
{
	record_put(peer_begin(a->peer, type), "text", text);
	peer_send(a->peer);
}

static const char *const types[VENUE_N_EVENT] = {
	[VENUE_ACK] = "ack",
	[VENUE_REJECT] = "reject",
	[VENUE_FILL] = "fill",
	[VENUE_CANCELED] = "canceled",
	[VENUE_REPLACED] = "replaced",
	[VENUE_CXL_REJECT] = "cancel-reject",
	[VENUE_EXPIRED] = "expired",
	[VENUE_RESTATED] = "restated",
	[VENUE_TRIGGERED] = "triggered",
	[VENUE_CORRECT] = "correct",
	[VENUE_STATUS] = "status",
	[VENUE_UNKNOWN] = "unknown",
	[VENUE_FEE] = "fee",
	[VENUE_ALL_TOLD] = "", /* nobody asks it so */
};

static void
put_e8(struct record_out *o, const char *name, int64_t v)
{
	if (v != 0)
		record_put_e8(o, name, v);
}

static void
tell_mark(struct adapter *a, const struct venue_event *e)
{
	struct record_out *o = peer_begin(a->peer, "mark");

	record_put(o, "symbol", e->symbol);
	record_put_e8(o, "last", e->last_px_e8);
	record_put_int(o, "time", e->when.ns);
	peer_send(a->peer);
}

static void
tell_event(struct adapter *a, const struct venue_event *e)
{
	struct record_out *o = peer_begin(a->peer, types[e->kind]);

	record_put(o, "id", e->cl_ord_id);
	record_put(o, "orig", e->orig_cl_ord_id);
	record_put(o, "order", e->venue_order_id);
	record_put(o, "exec", e->exec_id);
	record_put(o, "ref", e->ref_exec_id);
	record_put(o, "symbol", e->symbol);
	record_put_char(o, "side", e->side);
	record_put_char(o, "status", e->status);
	put_e8(o, "last_qty", e->last_qty_e8);
	put_e8(o, "last_px", e->last_px_e8);
	put_e8(o, "qty", e->qty_e8);
	put_e8(o, "price", e->price_e8);
	put_e8(o, "stop", e->stop_e8);
	put_e8(o, "fee", e->fee_e8);
	record_put(o, "fee_currency", e->fee_currency);
	if (e->cum_qty_e8 >= 0)
		record_put_e8(o, "cum", e->cum_qty_e8);
	if (e->reason != 0 || e->kind == VENUE_CXL_REJECT)
		record_put_int(o, "reason", e->reason);
	record_put_int(o, "time", e->when.ns);
	record_put(o, "text", e->text);
	peer_send(a->peer);
}

static void
on_event(void *arg, const struct venue_event *e)
{
	struct adapter *a = arg;

	if (e->kind == VENUE_UP) {
		log_info("TWS is ready, server version %u", tws_version(a->t));
		a->pause_ns = PAUSE_FIRST_NS;
		a->down[0] = '\0';
		tell_state(a, "up", NULL);
	} else if (e->kind == VENUE_DOWN) {
		outside_down(a->peer, a->down, sizeof(a->down), e->text);
	} else if (e->kind == VENUE_MARK) {
		tell_mark(a, e);
	} else if (types[e->kind] != NULL) {
		tell_event(a, e);
	}
}

static void
on_account(void *arg, const struct venue_account *a)
{
	static const char *const names[] = { [VENUE_ACCOUNT_PAIR] = "pair",
		[VENUE_ACCOUNT_HOLDS] = "balance",
		[VENUE_ACCOUNT_COUNTED] = "counted" };
	struct adapter *is = arg;
	struct record_out *o = peer_begin(is->peer, names[a->kind]);

	record_put(o, "symbol", a->symbol);
	record_put(o, "base", a->base);
	record_put(o, "quote", a->quote);
	record_put(o, "asset", a->asset);
	record_put(o, "free", a->free);
	record_put(o, "unit", a->unit);
	peer_send(is->peer);
}

static void
on_keep(void *arg, const char *key, const char *value)
{
	struct adapter *a = arg;
	struct record_out *o = peer_begin(a->peer, "keep");

	record_put(o, "key", key);
	record_put(o, "value", value);
	peer_send(a->peer);
}

static void
on_say(void *arg, bool alert, const char *text)
{
	struct adapter *a = arg;

	if (!alert) {
		log_info("%s", text);
		return;
	}
	log_warn("%s", text);
	tell_state(a, "alert", text);
}

static void
on_drop(void *arg, const char *why)
{
	struct adapter *a = arg;

	fix_span_copy(fix_span_of(why), a->drop, sizeof(a->drop));
}

/* ----- the connection to TWS ----- */

static void
lost(struct adapter *a, const char *text)
{
	char why[160];

	snprintf(why, sizeof(why), "%s", text); /* it may be drop */
	if (a->tcp != NULL)
		bufferevent_free(a->tcp);
	a->tcp = NULL;
	a->drop[0] = '\0';
	if (!tws_up(a->t))
		outside_down(a->peer, a->down, sizeof(a->down), why);
	tws_closed(a->t, why, read_clocks());
	wake_in(a->again, a->pause_ns);
	a->pause_ns *= 2;
	if (a->pause_ns > PAUSE_MAX_NS)
		a->pause_ns = PAUSE_MAX_NS;
}

/* Behind each call of the session. */
static void
after(struct adapter *a)
{
	struct fix_now now = read_clocks();
	struct fix_mono at;

	if (a->drop[0] != '\0')
		lost(a, a->drop);
	at = tws_deadline(a->t);
	if (at.ns == FIX_MONO_NEVER)
		(void)event_del(a->timer);
	else
		wake_in(a->timer, at.ns > now.mono.ns ? at.ns - now.mono.ns : 0);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct adapter *a = arg;

	(void)fd;
	(void)what;
	tws_tick(a->t, read_clocks());
	after(a);
}

static void
on_read(struct bufferevent *tcp, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(tcp);
	struct adapter *a = arg;
	size_t len = evbuffer_get_length(in);
	const uint8_t *p = evbuffer_pullup(in, -1);

	if (p == NULL)
		return;
	len = tws_received(a->t, p, len, read_clocks());
	(void)evbuffer_drain(in, len);
	after(a);
}

static void
on_state(struct bufferevent *tcp, short what, void *arg)
{
	struct adapter *a = arg;
	int one = 1;

	if (what & BEV_EVENT_CONNECTED) {
		(void)setsockopt(bufferevent_getfd(tcp), IPPROTO_TCP,
		    TCP_NODELAY, &one, sizeof(one));
		tws_connected(a->t, read_clocks());
	} else if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
		lost(a, what & BEV_EVENT_EOF ? "TWS has closed it" :
		    "TWS can't be reached: see Host and Port, and whether its "
		    "API is on");
	}
	after(a);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct adapter *a = arg;

	(void)fd;
	(void)what;
	if (a->tcp != NULL)
		return;
	a->tcp = bufferevent_socket_new(a->base, -1, BEV_OPT_CLOSE_ON_FREE |
	    BEV_OPT_DEFER_CALLBACKS);
	if (a->tcp == NULL) {
		lost(a, "out of memory");
		return;
	}
	bufferevent_setcb(a->tcp, on_read, NULL, on_state, a);
	(void)bufferevent_enable(a->tcp, EV_READ | EV_WRITE);
	/* Its failure comes as an event, too. */
	(void)bufferevent_socket_connect_hostname(
	    a->tcp, NULL, AF_UNSPEC, a->at.host, (int)a->at.port);
}

/* ----- what the trader wants ----- */

struct asked { /* an order and its strings */
	struct venue_order o;
	char currency[VENUE_CURRENCY_MAX + 1];
	char id[VENUE_ID_MAX + 1], orig[VENUE_ID_MAX + 1];
	char order[VENUE_ID_MAX + 1], account[64], symbol[64];
};

static char
letter(const struct record *r, const char *name)
{
	struct fix_span s = record_get(r, name);

	return s.len == 1 ? (char)s.p[0] : '\0';
}

/* @return does every number read? */
static bool
read_order(const struct record *r, struct asked *a)
{
	struct venue_order *o = &a->o;
	bool ok;

	memset(a, 0, sizeof(*a));
	ok = record_copy(r, "id", a->id, sizeof(a->id)) &&
	     record_copy(r, "orig", a->orig, sizeof(a->orig)) &&
	     record_copy(r, "order", a->order, sizeof(a->order)) &&
	     record_copy(r, "account", a->account, sizeof(a->account)) &&
	     record_copy(r, "currency", a->currency, sizeof(a->currency)) &&
	     record_copy(r, "symbol", a->symbol, sizeof(a->symbol));
	o->cl_ord_id = a->id;
	o->orig_cl_ord_id = a->orig;
	o->venue_order_id = a->order;
	o->account = a->account;
	o->symbol = a->symbol;
	o->currency = a->currency;
	o->side = letter(r, "side");
	o->ord_type = letter(r, "type");
	o->time_in_force = letter(r, "tif");
	return ok && record_rare(r, &o->rare) &&
	       record_e8(r, "qty", &o->qty_e8) != -FIX_E_RANGE &&
	       record_e8(r, "price", &o->price_e8) != -FIX_E_RANGE &&
	       record_e8(r, "stop", &o->stop_e8) != -FIX_E_RANGE &&
	       record_int(r, "expire", &o->expire.ns) != -FIX_E_RANGE;
}

/* It was not sent, and never will be. */
static void
not_taken(struct adapter *a, const struct record *r, const struct asked *q,
    int rc)
{
	struct record_out *o;

	if (!fix_span_is(r->type, "new"))
		return; /* the trader asks again when we are up */
	o = peer_begin(a->peer, "reject");
	record_put(o, "id", q->id);
	record_put_int(o, "reason", 99);
	record_put(o, "text", rc == -FIX_E_FULL ? "TWS takes no more orders now"
						: "TWS is not connected");
	peer_send(a->peer);
}

static bool
on_order(struct adapter *a, const struct record *r)
{
	static const struct {
		const char *type;
		int (*send)(struct tws *t, const struct venue_order *o,
		    struct fix_now now);
	} requests[] = { { "new", tws_send_new },
		{ "cancel", tws_send_cancel }, { "replace", tws_send_replace },
		{ "status", tws_send_status } };
	struct asked q;
	int rc;

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (!fix_span_is(r->type, requests[i].type))
			continue;
		rc = -FIX_E_RANGE;
		if (read_order(r, &q))
			rc = requests[i].send(a->t, &q.o, read_clocks());
		if (rc != 0)
			not_taken(a, r, &q, rc);
		return true;
	}
	return false;
}

static void
answer(struct adapter *a, const char *type)
{
	(void)peer_begin(a->peer, type);
	peer_send(a->peer);
}

static void
on_record(void *arg, const struct record *r)
{
	struct adapter *a = arg;

	if (on_order(a, r))
		after(a);
	else if (fix_span_is(r->type, "ping"))
		answer(a, "pong");
	else if (fix_span_is(r->type, "reconcile"))
		answer(a, "reconciled"); /* all is told in front of "up" */
	else if (fix_span_is(r->type, "kept"))
		tws_load(a->t, record_get(r, "key"), record_get(r, "value"));
	else if (fix_span_is(r->type, "start"))
		on_again(-1, 0, a);
}

static void
on_ended(void *arg, const char *why)
{
	struct adapter *a = arg;

	if (why != NULL)
		log_error("the link to the trader ends: %s", why);
	a->status = why == NULL ? ROLE_DONE : ROLE_AGAIN;
	(void)event_base_loopbreak(a->base);
}

static void
on_term(evutil_socket_t fd, short what, void *arg)
{
	struct adapter *a = arg;

	(void)fd;
	(void)what;
	a->status = ROLE_DONE;
	(void)event_base_loopbreak(a->base);
}

/* ----- the process ----- */

static bool
set_up(struct adapter *a, const struct conf_section *s, int fd)
{
	struct peer_ops ops = { a, on_record, on_ended };
	struct tws_out out = { a, on_send, on_event, on_account, on_keep, on_say,
		on_drop };
	struct tws_cfg cfg;

	if (setup_tws(s, &a->at, &cfg) != 0)
		return false;
	a->t = tws_new(&cfg, out);
	a->base = event_base_new();
	if (a->t == NULL || a->base == NULL)
		return false;
	a->peer = peer_new(a->base, fd, &ops);
	a->timer = evtimer_new(a->base, on_timer, a);
	a->again = evtimer_new(a->base, on_again, a);
	a->term = evsignal_new(a->base, SIGTERM, on_term, a);
	return a->peer != NULL && a->timer != NULL && a->again != NULL &&
	       a->term != NULL && event_add(a->term, NULL) == 0;
}

int
tws_run(const struct conf_section *s, int fd)
{
	static struct adapter a = { .pause_ns = PAUSE_FIRST_NS,
		.status = ROLE_AGAIN }; /* until the process ends */
	struct record_out *o;
	sigset_t none;

	if (!set_up(&a, s, fd)) {
		log_error("the venue can't be set up: out of memory");
		return ROLE_AGAIN;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	o = peer_begin(a.peer, "hello");
	record_put_int(o, "version", RECORD_VERSION);
	record_put(o, "name", "TWS");
	record_put(o, "takes", TWS_TAKES);
	peer_send(a.peer);
	(void)event_base_dispatch(a.base);
	log_flush();
	return a.status;
}
