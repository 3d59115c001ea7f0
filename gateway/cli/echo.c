/*
 * fixgate echo -c FILE: one settings file's sessions, acceptors and initiators,
 * that send application messages back. What acceptance suites run against.
 *
 * A program on the public headers of fix, dictionaries and session: read the
 * settings, make a session each, and carry out what the sessions ask for from
 * one libevent loop. Sent messages are kept in memory; there is no journal, so
 * nothing survives its end. What is answered is in echo_app.c, connections are
 * in echo_conn.c.
 */
#include "gateway/cli/echo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/listener.h>
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gateway/cli/cli.h"
#include "gateway/log.h"

#define KEPT_MAX (1u << 20) /* messages of one session */
#define STOP_S 3            /* wait for Logouts when told to end */
#define MAX_MSG_BYTES (1u << 20)

static const char help_text[] =
    "usage: fixgate echo -c FILE [-v]\n"
    "Run the sessions of a settings file and send their application messages\n"
    "back: NewOrderSingle, SecurityDefinition and Email as they came, a\n"
    "BusinessMessageReject for the rest. Sessions start at 1 and are kept in\n"
    "memory only. Ends at SIGTERM or SIGINT, logging out.\n\n"
    "  -c, --config FILE  settings, QuickFIX's names\n"
    "  -v, --verbose      tell what happens\n"
    "      --help         this text\n";

static int64_t
ns_of(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * FIX_SEC + t.tv_nsec;
}

struct fix_now
echo_now(void)
{
	struct fix_now now = { { ns_of(CLOCK_REALTIME) },
		{ ns_of(CLOCK_MONOTONIC) } };

	return now;
}

static void
forget_kept(struct echo_session *es)
{
	for (size_t i = 0; i < es->n_kept; i++)
		free(es->kept[i].p);
	es->n_kept = 0;
}

static bool
kept_room(struct echo_session *es, size_t n)
{
	size_t cap = es->cap_kept == 0 ? 64 : es->cap_kept;
	void *p;

	if (n <= es->cap_kept)
		return true;
	while (cap < n)
		cap *= 2;
	p = realloc(es->kept, cap * sizeof(*es->kept));
	if (p == NULL)
		return false;
	es->kept = p;
	es->cap_kept = cap;
	return true;
}

/* Beyond what is kept, the peer gets gap fills. */
static int
keep_sent(void *of, uint64_t seq, struct fix_span bytes, struct fix_now now)
{
	struct echo_kept none = { NULL, 0 };
	struct echo_session *es = of;
	uint8_t *p;

	(void)now;
	if (seq > KEPT_MAX)
		return 0;
	p = malloc(bytes.len);
	if (p == NULL || !kept_room(es, seq)) {
		free(p);
		return -FIX_E_NOMEM;
	}
	while (es->n_kept < seq)
		es->kept[es->n_kept++] = none;
	memcpy(p, bytes.p, bytes.len);
	free(es->kept[seq - 1].p);
	es->kept[seq - 1].p = p;
	es->kept[seq - 1].len = bytes.len;
	return 0;
}

static int
keep_received(void *of, uint64_t seq, struct fix_span bytes, struct fix_now now)
{
	(void)of;
	(void)seq;
	(void)bytes;
	(void)now;
	return 0;
}

static int
keep_numbers(void *of, uint64_t next_in, uint64_t next_out, bool reset,
    struct fix_now now)
{
	(void)next_in;
	(void)next_out;
	(void)now;
	if (reset)
		forget_kept(of);
	return 0;
}

static int
keep_commit(void *of)
{
	(void)of;
	return 0; /* memory is all there is */
}

static int
keep_message(void *of, uint64_t seq, struct fix_span *out)
{
	const struct echo_session *es = of;

	if (seq == 0 || seq > es->n_kept || es->kept[seq - 1].p == NULL)
		return -FIX_E_NOTFOUND;
	out->p = es->kept[seq - 1].p;
	out->len = es->kept[seq - 1].len;
	return 0;
}

static int
on_send(void *arg, struct fix_span bytes)
{
	struct echo_session *es = arg;

	if (es->conn != NULL)
		echo_conn_write(es->conn, bytes);
	return 0;
}

static void
on_deliver(void *arg, const struct fix_msg *m, bool again)
{
	(void)again;
	echo_answer(arg, m);
}

static void
on_report(void *arg, enum fix_why why, const char *text)
{
	const struct echo_session *es = arg;

	log_info(
	    "%s: %s: %s", es->cfg->target_comp_id, fix_why_name(why), text);
}

/* Up, or down: the ids that were seen are of the time before. */
static void
on_change(void *arg)
{
	struct echo_session *es = arg;

	echo_ids_clear(&es->ids);
}

static void
on_session_close(void *arg, enum fix_why why)
{
	struct echo_session *es = arg;

	(void)why;
	if (es->conn != NULL)
		echo_conn_close(es->conn);
	fix_session_lost(es->s, echo_now());
}

static struct fix_drive *
drive_new(struct echo_session *es)
{
	const struct fix_keep keep = { es, keep_received, keep_sent,
		keep_numbers, keep_commit, keep_message };
	const struct fix_drive_ops ops = {
		.arg = es,
		.send = on_send,
		.deliver = on_deliver,
		.up = on_change,
		.down = on_change,
		.report = on_report,
		.close = on_session_close,
	};

	return fix_drive_new(es->s, &keep, &ops);
}

static void
set_timer(struct echo_session *es)
{
	struct fix_mono at = fix_session_deadline(es->s);
	int64_t ns = at.ns - ns_of(CLOCK_MONOTONIC);
	struct timeval tv;

	if (at.ns == FIX_MONO_NEVER) {
		(void)evtimer_del(es->timer);
		return;
	}
	if (ns < 0)
		ns = 0;
	tv.tv_sec = (time_t)(ns / FIX_SEC);
	tv.tv_usec = (suseconds_t)(ns % FIX_SEC / FIX_USEC);
	(void)evtimer_add(es->timer, &tv);
}

static void
end_if_done(struct echo *e)
{
	if (!e->stopping)
		return;
	for (uint32_t i = 0; i < e->n_sessions; i++)
		if (e->sessions[i].conn != NULL)
			return;
	(void)event_base_loopbreak(e->base);
}

void
echo_run(struct echo_session *es)
{
	int rc = fix_drive_run(es->drive, echo_now());

	if (rc != 0) {
		log_error("%s: %s", es->cfg->target_comp_id, fix_strerror(rc));
		es->echo->stopping = true;
		(void)event_base_loopbreak(es->echo->base);
	}
	set_timer(es);
	end_if_done(es->echo);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct echo_session *es = arg;

	(void)fd;
	(void)what;
	fix_session_tick(es->s, echo_now());
	echo_run(es);
}

static void
on_dial(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	echo_dial(arg);
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa,
    int len, void *arg)
{
	(void)l;
	(void)sa;
	(void)len;
	echo_accepted(arg, fd);
}

static void
on_stop_time(evutil_socket_t fd, short what, void *arg)
{
	struct echo *e = arg;

	(void)fd;
	(void)what;
	(void)event_base_loopbreak(e->base);
}

static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct echo *e = arg;
	struct timeval wait = { STOP_S, 0 };

	(void)sig;
	(void)what;
	if (e->stopping) {
		(void)event_base_loopbreak(e->base);
		return;
	}
	e->stopping = true;
	(void)event_base_once(e->base, -1, EV_TIMEOUT, on_stop_time, e, &wait);
	for (uint32_t i = 0; i < e->n_sessions; i++) {
		fix_session_logout(
		    e->sessions[i].s, "fixgate echo ends", echo_now());
		echo_run(&e->sessions[i]);
	}
	end_if_done(e);
}

/* The application goes away, or is back: test case 14l. */
static void
on_usr1(evutil_socket_t sig, short what, void *arg)
{
	struct echo *e = arg;

	(void)sig;
	(void)what;
	for (uint32_t i = 0; i < e->n_sessions; i++)
		e->sessions[i].away = !e->sessions[i].away;
}

static bool
make_session(struct echo *e, struct echo_session *es,
    const struct trader_session_cfg *cfg, const struct setup_link *link)
{
	struct fix_session_numbers start = { 1, 1 };

	es->echo = e;
	es->cfg = &cfg->fix;
	es->link = link;
	es->s = fix_session_new(&cfg->fix, start, e->acts);
	es->drive = es->s == NULL ? NULL : drive_new(es);
	es->timer = evtimer_new(e->base, on_timer, es);
	es->dial = evtimer_new(e->base, on_dial, es);
	return es->drive != NULL && es->timer != NULL && es->dial != NULL;
}

static void
free_sessions(struct echo *e)
{
	for (uint32_t i = 0; e->sessions != NULL && i < e->n_sessions; i++) {
		struct echo_session *es = &e->sessions[i];

		forget_kept(es);
		free(es->kept);
		echo_ids_clear(&es->ids);
		fix_drive_free(es->drive);
		fix_session_free(es->s);
		tls_context_free(es->tls);
		if (es->timer != NULL)
			event_free(es->timer);
		if (es->dial != NULL)
			event_free(es->dial);
	}
	free(e->sessions);
}

static int
make_sessions(struct echo *e, const struct setup *set)
{
	struct tls_fault f;

	if (set->n_templates > 0)
		return cli_fail("sessions are not made from templates by echo");
	e->acts = fix_acts_new(0, 4 * MAX_MSG_BYTES);
	e->sessions = calloc(set->n_sessions, sizeof(*e->sessions));
	if (e->acts == NULL || e->sessions == NULL)
		return cli_fail("no memory");
	e->n_sessions = set->n_sessions;
	for (uint32_t i = 0; i < set->n_sessions; i++) {
		if (!make_session(
			e, &e->sessions[i], &set->sessions[i], &set->links[i]))
			return cli_fail("no memory");
		if (!set->links[i].initiator || !set->links[i].tls)
			continue;
		e->sessions[i].tls = tls_of_link(set, i, &f);
		if (e->sessions[i].tls == NULL)
			return cli_fail("%s", f.text);
	}
	return CLI_OK;
}

/* Say where, for whoever left the choice of a port to the kernel. */
static void
tell_port(struct evconnlistener *l)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	char host[INET6_ADDRSTRLEN] = "";
	in_port_t port = 0;

	if (getsockname(evconnlistener_get_fd(l), (void *)&sa, &len) < 0)
		return;
	if (sa.ss_family == AF_INET) {
		struct sockaddr_in *in = (void *)&sa;

		(void)inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		port = in->sin_port;
	} else if (sa.ss_family == AF_INET6) {
		struct sockaddr_in6 *in = (void *)&sa;

		(void)inet_ntop(AF_INET6, &in->sin6_addr, host, sizeof(host));
		port = in->sin6_port;
	}
	printf("listening on %s port %u\n", host, (unsigned)ntohs(port));
	fflush(stdout);
}

static int
listen_on(struct echo_listen *l, const struct setup *set)
{
	const struct setup_listen *at = &set->listens[l->index];
	struct sockaddr_storage sa;
	int len = sizeof(sa);
	struct tls_fault f;
	char text[160];

	snprintf(text, sizeof(text),
	    strchr(at->address, ':') != NULL ? "[%s]:%u" : "%s:%u", at->address,
	    at->port);
	/* No port at all reads as 0, which is what it means. */
	if (at->port == 0)
		text[strlen(text) - 2] = '\0';
	if (evutil_parse_sockaddr_port(text, (struct sockaddr *)&sa, &len) < 0)
		return cli_fail("no address: %s", text);
	if (at->tls && (l->tls = tls_of_listen(set, l->index, &f)) == NULL)
		return cli_fail("%s", f.text);
	l->at = evconnlistener_new_bind(l->echo->base, on_accept, l,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC,
	    -1, (struct sockaddr *)&sa, len);
	if (l->at == NULL)
		return cli_fail(
		    "can't listen on %s: %s", text, strerror(errno));
	tell_port(l->at);
	return CLI_OK;
}

static int
listen_all(struct echo *e, const struct setup *set)
{
	int rc = CLI_OK;

	e->listens = calloc(set->n_listens + 1, sizeof(*e->listens));
	if (e->listens == NULL)
		return cli_fail("no memory");
	e->n_listens = set->n_listens;
	for (uint32_t i = 0; rc == CLI_OK && i < e->n_listens; i++) {
		e->listens[i].echo = e;
		e->listens[i].index = i;
		rc = listen_on(&e->listens[i], set);
	}
	return rc;
}

static void
free_listens(struct echo *e)
{
	for (uint32_t i = 0; e->listens != NULL && i < e->n_listens; i++) {
		if (e->listens[i].at != NULL)
			evconnlistener_free(e->listens[i].at);
		tls_context_free(e->listens[i].tls);
	}
	free(e->listens);
}

static void
dial_all(struct echo *e)
{
	for (uint32_t i = 0; i < e->n_sessions; i++)
		if (e->sessions[i].link->initiator)
			echo_dial(&e->sessions[i]);
}

static int
serve(struct echo *e, const struct setup *set)
{
	struct event *sigint, *sigterm, *sigusr1;
	int rc = make_sessions(e, set);

	sigint = evsignal_new(e->base, SIGINT, on_signal, e);
	sigterm = evsignal_new(e->base, SIGTERM, on_signal, e);
	sigusr1 = evsignal_new(e->base, SIGUSR1, on_usr1, e);
	if (sigint == NULL || sigterm == NULL || sigusr1 == NULL ||
	    evsignal_add(sigint, NULL) < 0 ||
	    evsignal_add(sigterm, NULL) < 0 || evsignal_add(sigusr1, NULL) < 0)
		rc = cli_fail("no memory");
	if (rc == CLI_OK)
		rc = listen_all(e, set);
	if (rc == CLI_OK) {
		dial_all(e);
		(void)event_base_dispatch(e->base);
	}
	free_listens(e);
	if (sigint != NULL)
		event_free(sigint);
	if (sigterm != NULL)
		event_free(sigterm);
	if (sigusr1 != NULL)
		event_free(sigusr1);
	return rc;
}

static int
run(const struct setup *set)
{
	struct echo *e = calloc(1, sizeof(*e));
	int rc;

	if (e == NULL)
		return cli_fail("no memory");
	e->first.fields = e->fields;
	e->first.cap = FIX_FIELDS_MAX;
	e->base = event_base_new();
	rc = e->base == NULL ? cli_fail("no event loop") : serve(e, set);
	echo_drop_all(e);
	free_sessions(e);
	fix_acts_free(e->acts);
	if (e->base != NULL) {
		/* Freed connections go in one more turn of the loop. */
		(void)event_base_loop(e->base, EVLOOP_NONBLOCK);
		event_base_free(e->base);
	}
	free(e);
	return rc;
}

static void
tell(void *arg, bool error, const char *file, unsigned line, const char *text)
{
	const bool *verbose = arg;

	if (error || *verbose)
		fprintf(stderr, "%s:%u: %s%s\n", file, line,
		    error ? "" : "note: ", text);
}

static int
echo_file(const char *path, bool verbose)
{
	struct conf_sink sink = { &verbose, tell };
	struct setup *set = NULL;
	struct conf *c = NULL;
	int rc = conf_read(&c, path, &sink);

	if (rc == 0)
		rc = setup_read(&set, c);
	rc = rc == 0 ? run(set) : cli_fail("%s: %s", path, fix_strerror(rc));
	setup_free(set);
	conf_free(c);
	return rc;
}

int
cmd_echo(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = NULL;
	bool verbose = false;
	int o;

	optind = 1;
	opterr = 0;
	while ((o = getopt_long(argc, argv, "c:vh", options, NULL)) != -1) {
		if (o == 'h')
			return cli_help(help_text);
		if (o == 'c')
			path = optarg;
		else if (o == 'v')
			verbose = true;
		else
			return cli_usage("option not understood");
	}
	if (path == NULL || optind != argc)
		return cli_usage("needs -c FILE and nothing else");
	log_open("echo", "stderr", verbose ? LOG_L_INFO : LOG_L_WARN);
	return echo_file(path, verbose);
}
