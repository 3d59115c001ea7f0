/*
 * Turns.
 *
 * libevent says which sockets are ready; each is read once, at most LOOP_CHUNK
 * bytes, so that no peer starves another. Then links that ended are told to
 * the trader, timers run, one trader_commit() makes the turn durable, and what
 * it hands over goes straight to the sockets: one system call for a read, one
 * for a write. Clocks are read once a turn. What the trader has to do off the
 * path of an order it does when nothing has come for a millisecond.
 */
#include "config.h"

#include "gateway/failpoint.h"
#include "gateway/trader/loop_int.h"

#include <event2/dns.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define IDLE_AFTER_NS FIX_MSEC
#define IDLE_EVERY_NS (20 * FIX_MSEC) /* it leaves cold caches behind */

static int64_t
clock_ns(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return ts.tv_sec * FIX_SEC + ts.tv_nsec;
}

struct fix_now
loop_now(struct loop *l)
{
	if (!l->now_read) {
		l->now.utc.ns = clock_ns(CLOCK_REALTIME) + CLOCK_ASIDE();
		l->now.mono.ns = clock_ns(CLOCK_MONOTONIC);
		l->now_read = true;
	}
	return l->now;
}

static void
expire(struct loop *l, struct link_list *list, const char *why)
{
	struct link *next;

	for (struct link *k = list->first; k != NULL; k = next) {
		next = k->next;
		if (k->deadline.ns > l->now.mono.ns)
			return;
		link_doom(k, false, why);
	}
}

/* A stranger's failure is for the journal, too. */
static void
expire_shakes(struct loop *l, struct link_list *list)
{
	static const char why[] = "no TLS handshake in time";
	struct link *next;

	for (struct link *k = list->first; k != NULL; k = next) {
		next = k->next;
		if (k->deadline.ns > l->now.mono.ns)
			return;
		if (k->dialer == NULL)
			link_refuse(k, why);
		else
			link_doom(k, false, why);
	}
}

static void
run_deadlines(struct loop *l)
{
	expire_shakes(l, &l->silent);
	expire_shakes(l, &l->queued);
	expire_shakes(l, &l->shaking);
	expire(l, &l->first, "no Logon in time");
	expire(l, &l->checking, "its logon was not checked in time");
	expire(l, &l->calling, "no connection in time");
	expire(l, &l->linger, NULL);
	if (l->accept_again.ns <= l->now.mono.ns)
		accept_resume(l);
	dial_due(l);
	certs_watch(l);
	clock_watch(l);
	gate_due(l);
}

static void
free_dead(struct loop *l)
{
	while (l->dead.first != NULL)
		conn_free(l->dead.first);
}

/* Its bytes wait in our memory; it is read all the same, for it may wait for
 * us to read before it reads. Over its limit it is cut off: what it has not got
 * is in the journal, and its ResendRequest will ask for it. */
static void
queue(struct link *k, struct fix_span bytes)
{
	size_t max = k->max_queued;

	if (!conn_queue(k, bytes.p, bytes.len, max)) {
		log_warn("%s reads too slowly: closed with %zu bytes waiting "
			 "and %zu to come, MaxQueuedBytes is %zu",
		    k->peer, k->out_len, bytes.len, max);
		link_doom(k, false, NULL);
		return;
	}
	conn_weigh(k, max);
	link_watch(k, !k->paused, true);
}

static void
on_send(void *arg, struct conn *c, struct fix_span bytes)
{
	struct link *k = (struct link *)c;
	ssize_t n = CONN_AGAIN;

	(void)arg;
	if (k->doomed || k->closing)
		return;
	if (FAILPOINT_HIT("K9_half_sent")) {
		(void)k->ops->write(k, bytes.p, bytes.len / 2);
		raise(SIGKILL);
	}
	if (k->out_len == 0)
		n = k->ops->write(k, bytes.p, bytes.len);
	if (n == CONN_BROKEN) {
		link_doom(k, false, "the connection broke");
		return;
	}
	if (n > 0) {
		bytes.p += n;
		bytes.len -= (size_t)n;
	}
	if (bytes.len == 0)
		return;
	queue(k, bytes);
}

static void
on_close(void *arg, struct conn *c)
{
	struct link *k = (struct link *)c;
	struct loop *l = arg;

	if (k->doomed || k->closing)
		return;
	k->closing = true;
	if (k->out_len == 0) {
		link_doom(k, true, NULL);
		return;
	}
	k->deadline.ns = l->now.mono.ns + LOOP_LINGER_NS;
	list_put(&l->linger, k);
}

static void
on_connect(void *arg, uint32_t session)
{
	dial_want(arg, session);
}

static void
on_log(void *arg, int level, const char *text)
{
	(void)arg;
	log_at((enum log_level)level, "%s", text);
}

struct trader_io
loop_io(struct loop *l)
{
	return (struct trader_io){ l, on_send, on_close, on_connect, on_log,
		stages_on };
}

void
loop_use(struct loop *l, struct trader *t)
{
	l->trader = t;
}

void
loop_credentials(struct loop *l, struct credentials *c)
{
	gate_credentials(l, c);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;

	(void)fd;
	(void)what;
	l->timer_at.ns = FIX_MONO_NEVER;
}

static void
doom_list(struct link_list *list)
{
	for (struct link *k = list->first; k != NULL; k = k->next)
		link_doom(k, false, NULL);
}

static void
on_term(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;

	(void)fd;
	(void)what;
	l->busy = true;
	if (l->draining) {
		l->hang_up = true;
		return;
	}
	log_info("stopping: every session is logged out");
	l->draining = true;
	l->drain_end.ns =
	    loop_now(l).mono.ns + (int64_t)l->cfg.drain_s * FIX_SEC;
	accept_stop(l);
	doom_list(&l->silent);
	doom_list(&l->queued);
	doom_list(&l->shaking);
	doom_list(&l->first);
	doom_list(&l->checking);
	doom_list(&l->calling);
	trader_drain(l->trader, l->now);
}

static void
on_hup(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;

	(void)fd;
	(void)what;
	l->busy = true;
	if (l->cfg.reload != NULL)
		l->cfg.reload(l->cfg.arg);
}

static void
sooner(struct fix_mono *a, struct fix_mono b)
{
	if (b.ns < a->ns)
		*a = b;
}

static struct fix_mono
next_deadline(struct loop *l)
{
	struct fix_mono at = trader_deadline(l->trader);

	sooner(&at, shakes_deadline(l));
	sooner(&at, l->idle_at);
	sooner(&at, l->accept_again);
	sooner(&at, dial_deadline(l));
	sooner(&at, gate_deadline(l));
	if (l->draining)
		sooner(&at, l->drain_end);
	sooner(&at, certs_deadline(l));
	sooner(&at, clock_deadline(l));
	if (l->silent.first != NULL)
		sooner(&at, l->silent.first->deadline);
	if (l->queued.first != NULL)
		sooner(&at, l->queued.first->deadline);
	if (l->shaking.first != NULL)
		sooner(&at, l->shaking.first->deadline);
	if (l->first.first != NULL)
		sooner(&at, l->first.first->deadline);
	if (l->checking.first != NULL)
		sooner(&at, l->checking.first->deadline);
	if (l->calling.first != NULL)
		sooner(&at, l->calling.first->deadline);
	if (l->linger.first != NULL)
		sooner(&at, l->linger.first->deadline);
	return at;
}

/* A timer that rings too early costs a turn; one that is moved at every turn
 * costs each of them, so it is only moved forward. */
static void
set_timer(struct loop *l)
{
	struct fix_mono at = next_deadline(l);
	int64_t wait;
	struct timeval tv;

	if (at.ns == FIX_MONO_NEVER || at.ns >= l->timer_at.ns)
		return;
	wait = at.ns - l->now.mono.ns;
	if (wait <= 0) {
		l->again = true;
		return;
	}
	tv.tv_sec = wait / FIX_SEC;
	tv.tv_usec = wait % FIX_SEC / 1000;
	l->timer_at = at;
	(void)event_add(&l->ev_timer, &tv);
}

static void
idle(struct loop *l)
{
	int64_t now = l->now.mono.ns;

	if (l->busy) {
		l->idle_at.ns = now + IDLE_AFTER_NS;
		if (l->idle_at.ns < l->idled.ns + IDLE_EVERY_NS)
			l->idle_at.ns = l->idled.ns + IDLE_EVERY_NS;
	} else if (l->idle_at.ns <= now) {
		if (trader_idle(l->trader)) {
			l->again = true;
			return;
		}
		l->idle_at.ns = FIX_MONO_NEVER;
		l->idled.ns = now;
		l->counted_ns = 0; /* now, for there may be no turn for long */
	}
}

static void
wait_for_events(struct loop *l)
{
	int flags = EVLOOP_ONCE;

	if (l->again || l->now.mono.ns < l->spin_until_ns)
		flags |= EVLOOP_NONBLOCK;
	l->again = false;
	l->now_read = false;
	l->busy = false;
	(void)event_base_loop(l->base, flags);
	(void)loop_now(l);
	if (l->busy)
		l->spin_until_ns = l->now.mono.ns +
		    l->cfg.tuning->busy_poll_us * FIX_USEC;
}

static int
turn(struct loop *l)
{
	int rc;

	wait_for_events(l);
	links_offer_again(l);
	run_deadlines(l);
	links_end(l);
	trader_tick(l->trader, l->now);
	rc = trader_commit(l->trader, l->now);
	if (rc != 0)
		return rc;
	control_answer(l);
	courier_turn(l);
	shakes_work(l);
	free_dead(l);
	idle(l);
	stages_count(l);
	set_timer(l);
	return 0;
}

static int
hang_up(struct loop *l)
{
	int rc;

	doom_list(&l->silent);
	doom_list(&l->queued);
	doom_list(&l->shaking);
	doom_list(&l->first);
	doom_list(&l->checking);
	doom_list(&l->calling);
	doom_list(&l->open);
	doom_list(&l->restless);
	doom_list(&l->linger);
	links_end(l);
	rc = trader_commit(l->trader, l->now);
	doom_list(&l->linger);
	links_end(l);
	free_dead(l);
	return rc;
}

static bool
is_drained(const struct loop *l)
{
	if (l->hang_up || l->drain_end.ns <= l->now.mono.ns)
		return true;
	return trader_drained(l->trader) && l->linger.n == 0 &&
	       l->doomed == NULL;
}

/* Last of all: the store is recovered, limits and switches are in force, drop
 * copies go on where they were, and people could say a word by the control
 * socket (section 12 of the pre-trade controls, point 8). */
static void
open_sessions(struct loop *l)
{
	log_info("sessions may log on");
	l->sessions_open = true;
	accept_resume(l);
	l->again = true;
}

int
loop_run(struct loop *l)
{
	int rc = courier_open(l) ? 0 : -FIX_E_NOMEM;

	gate_start(l);
	l->again = true;
	if (l->control != NULL)
		log_info("control socket answers");
	if (rc == 0)
		rc = turn(l);
	if (rc == 0)
		open_sessions(l);
	while (rc == 0 && !(l->draining && is_drained(l)))
		rc = turn(l);
	if (rc != 0)
		return rc;
	if (!trader_drained(l->trader))
		log_warn("time is over: some sessions did not answer our "
			 "Logout");
	return hang_up(l);
}

static bool
open_events(struct loop *l)
{
	struct event_config *cfg = event_config_new();

	if (cfg != NULL) {
		(void)event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
		l->base = event_base_new_with_config(cfg);
		event_config_free(cfg);
	}
	if (l->base == NULL)
		return false;
	(void)evtimer_assign(&l->ev_timer, l->base, on_timer, l);
	(void)evsignal_assign(&l->ev_term, l->base, SIGTERM, on_term, l);
	(void)evsignal_assign(&l->ev_int, l->base, SIGINT, on_term, l);
	(void)evsignal_assign(&l->ev_hup, l->base, SIGHUP, on_hup, l);
	return event_add(&l->ev_term, NULL) == 0 &&
	       event_add(&l->ev_int, NULL) == 0 &&
	       event_add(&l->ev_hup, NULL) == 0;
}

static size_t
longest_message(const struct setup *s)
{
	size_t max = LOOP_FIRST_MAX;

	for (uint32_t i = 0; i < setup_all(s); i++)
		if (s->sessions[i].fix.max_msg_bytes > max)
			max = s->sessions[i].fix.max_msg_bytes;
	return max;
}

struct loop *
loop_new(const struct loop_cfg *cfg)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->cfg = *cfg;
	l->idle_at.ns = l->timer_at.ns = l->accept_again.ns = FIX_MONO_NEVER;
	l->drain_end.ns = FIX_MONO_NEVER;
	l->tail_max = longest_message(cfg->setup);
	l->buf = malloc(l->tail_max + 2 * LOOP_CHUNK);
	l->fields = calloc(FIX_FIELDS_MAX, sizeof(*l->fields));
	if (getrandom(&l->rand, sizeof(l->rand), GRND_NONBLOCK) < 0)
		l->rand = (uint64_t)clock_ns(CLOCK_MONOTONIC);
	l->rand |= 1;
	if (l->buf == NULL || l->fields == NULL || !open_events(l) ||
	    !certs_open(l) || !accept_open(l) || !dial_open(l) ||
	    !control_open(l) || !gate_open(l)) {
		log_error("the loop can't be set up");
		loop_free(l);
		return NULL;
	}
	stages_open(l, cfg->counters_path);
	return l;
}

static void
free_list(struct link_list *list)
{
	while (list->first != NULL) {
		link_watch(list->first, false, false);
		conn_free(list->first);
	}
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	stages_close(l);
	courier_close(l);
	control_close(l);
	gate_close(l);
	dial_close(l);
	accept_close(l);
	free_list(&l->silent);
	free_list(&l->queued);
	free_list(&l->shaking);
	free_list(&l->first);
	free_list(&l->checking);
	free_list(&l->calling);
	free_list(&l->open);
	free_list(&l->restless);
	free_list(&l->linger);
	free_list(&l->dead);
	if (l->base != NULL) {
		(void)event_del(&l->ev_timer);
		(void)event_del(&l->ev_term);
		(void)event_del(&l->ev_int);
		(void)event_del(&l->ev_hup);
		event_base_free(l->base);
	}
	certs_close(l);
	free(l->buf);
	free(l->fields);
	free(l);
}
