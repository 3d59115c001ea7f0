/*
 * fixgate witness: a witness for other gateways' audit trails, on a machine that
 * their administrators have no hand in.
 *
 * In: HTTP POST /add-checkpoint, C2SP tlog-witness. Out: a cosignature, or why
 * not. All that it says is signed and all that it takes is, too, so what stands
 * between may be plain HTTP, or a web server that adds TLS.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "gateway/auditor/cosigner.h"
#include "gateway/cli/audit.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/options.h"

#define HEADERS_MAX 4096
#define TIMEOUT_S 10
#define PATH "/add-checkpoint"

static const char help[] =
    "usage: fixgate witness --dir DIR --name NAME [--trail FILE...]\n"
    "                       [--listen ADDRESS]\n"
    "Cosign checkpoints of audit trails, as long as none contradicts an earlier\n"
    "one. Without a trail its key is printed, and made if it is missing.\n\n"
    "  -d, --dir DIR         its key, and what it has seen; made if missing\n"
    "  -n, --name NAME       of its key, as witness.example/desk\n"
    "  -t, --trail FILE      key.pub of a trail that it knows; up to 64 of them\n"
    "  -l, --listen ADDRESS  HOST:PORT [127.0.0.1:8082]\n"
    "  -h, --help\n";

struct job {
	const char *dir, *name, *listen;
	const char *trails[COSIGNER_TRAILS_MAX];
	unsigned n_trails;
	struct cosigner *cosigner;
};

static struct fix_utc
utc_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (struct fix_utc){ t.tv_sec * FIX_SEC + t.tv_nsec };
}

static void
reply(struct evhttp_request *q, const struct cosigner_answer *a)
{
	struct evbuffer *body = evbuffer_new();

	evhttp_add_header(
	    evhttp_request_get_output_headers(q), "Content-Type", a->type);
	if (body != NULL)
		evbuffer_add(body, a->body, strlen(a->body));
	evhttp_send_reply(q, (int)a->status, NULL, body);
	if (body != NULL)
		evbuffer_free(body);
}

static void
on_request(struct evhttp_request *q, void *arg)
{
	struct job *j = arg;
	struct evbuffer *in = evhttp_request_get_input_buffer(q);
	const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(q));
	char *peer = NULL;
	uint16_t port;
	struct cosigner_answer a;
	struct fix_span body;

	if (evhttp_request_get_command(q) != EVHTTP_REQ_POST || path == NULL ||
	    strcmp(path, PATH) != 0) {
		evhttp_send_error(q, HTTP_NOTFOUND, "only POST " PATH);
		return;
	}
	body.len = evbuffer_get_length(in);
	body.p = evbuffer_pullup(in, -1);
	cosigner_ask(j->cosigner, body, utc_now(), &a);
	evhttp_connection_get_peer(
	    evhttp_request_get_connection(q), &peer, &port);
	if (a.why[0] != '\0')
		fprintf(stderr, "fixgate witness: %s: %u: %s\n",
		    peer == NULL ? "?" : peer, a.status, a.why);
	reply(q, &a);
}

static void
on_signal(evutil_socket_t sig, short what, void *base)
{
	(void)sig;
	(void)what;
	(void)event_base_loopbreak(base);
}

static uint16_t
port_of(evutil_socket_t fd)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		return 0;
	return ntohs(a.ss_family == AF_INET6
		? ((struct sockaddr_in6 *)&a)->sin6_port
		: ((struct sockaddr_in *)&a)->sin_port);
}

static int
open_door(struct job *j, struct evhttp *http)
{
	struct evhttp_bound_socket *s;
	struct place place;
	uint64_t port;

	if (opt_place(&place, j->listen) != 0 ||
	    opt_number("--listen", place.port, 0, 65535, &port) != 0)
		return cli_usage("--listen takes HOST:PORT, not '%s'", j->listen);
	evhttp_set_allowed_methods(http, EVHTTP_REQ_POST);
	evhttp_set_max_body_size(http, COSIGNER_REQUEST_MAX);
	evhttp_set_max_headers_size(http, HEADERS_MAX);
	evhttp_set_timeout(http, TIMEOUT_S);
	evhttp_set_gencb(http, on_request, j);
	s = evhttp_bind_socket_with_handle(http, place.host, (uint16_t)port);
	if (s == NULL)
		return cli_fail("can't listen on %s: %s", j->listen,
		    strerror(errno));
	fprintf(stderr, "fixgate witness: listening on %s:%u for %u trails\n",
	    place.host, port_of(evhttp_bound_socket_get_fd(s)), j->n_trails);
	return CLI_OK;
}

static int
serve(struct job *j)
{
	struct event_base *base = event_base_new();
	struct evhttp *http = base == NULL ? NULL : evhttp_new(base);
	struct event *on_int = NULL, *on_term = NULL;
	int status = CLI_FAILED;

	if (http != NULL) {
		on_int = evsignal_new(base, SIGINT, on_signal, base);
		on_term = evsignal_new(base, SIGTERM, on_signal, base);
	}
	if (on_int != NULL && on_term != NULL && evsignal_add(on_int, NULL) == 0 &&
	    evsignal_add(on_term, NULL) == 0)
		status = open_door(j, http);
	if (status == CLI_OK)
		(void)event_base_dispatch(base);
	if (on_int != NULL)
		event_free(on_int);
	if (on_term != NULL)
		event_free(on_term);
	if (http != NULL)
		evhttp_free(http);
	if (base != NULL)
		event_base_free(base);
	return status;
}

static int
know(struct job *j)
{
	struct fix_store_error e;
	char *text;
	size_t len;
	int rc;

	for (unsigned i = 0; i < j->n_trails; i++) {
		text = audit_slurp(j->trails[i], &len);
		if (text == NULL)
			return CLI_FAILED;
		rc = cosigner_trust(j->cosigner,
		    (struct fix_span){ (uint8_t *)text, len }, &e);
		free(text);
		if (rc != 0)
			return cli_fail("%s: %s", j->trails[i], e.text);
	}
	return CLI_OK;
}

static int
run(struct job *j)
{
	char vkey[AUDIT_VKEY_MAX];
	struct fix_store_error e;
	int status;

	if (cosigner_open(&j->cosigner, j->dir, j->name, &e) != 0)
		return cli_fail("%s", e.text);
	status = know(j);
	if (status == CLI_OK) {
		audit_key_text(cosigner_key(j->cosigner), vkey);
		puts(vkey);
		fflush(stdout);
		status = j->n_trails == 0 ? CLI_OK : serve(j);
	}
	cosigner_close(j->cosigner);
	return status;
}

static const struct option options[] = {
	{ "dir", required_argument, NULL, 'd' },
	{ "name", required_argument, NULL, 'n' },
	{ "trail", required_argument, NULL, 't' },
	{ "listen", required_argument, NULL, 'l' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* @return -1: go on; or the status to end with */
static int
take_option(struct job *j, int c, int argc, char **argv)
{
	switch (c) {
	case 'd':
		j->dir = optarg;
		return -1;
	case 'n':
		j->name = optarg;
		return -1;
	case 'l':
		j->listen = optarg;
		return -1;
	case 't':
		if (j->n_trails == COSIGNER_TRAILS_MAX)
			return cli_usage("a witness knows %d trails at most",
			    COSIGNER_TRAILS_MAX);
		j->trails[j->n_trails++] = optarg;
		return -1;
	case 'h':
		fputs(help, stdout);
		return CLI_OK;
	default:
		return opt_unknown(argc, argv, optind);
	}
}

int
cmd_witness(int argc, char **argv)
{
	struct job j = { .listen = "127.0.0.1:8082" };
	int c, status;

	while ((c = getopt_long(argc, argv, ":d:n:t:l:h", options, NULL)) != -1) {
		status = take_option(&j, c, argc, argv);
		if (status >= 0)
			return status;
	}
	if (optind < argc)
		return cli_usage("unexpected '%s'", argv[optind]);
	if (j.dir == NULL || j.name == NULL)
		return cli_usage("--dir and --name are needed");
	if (!audit_name_ok(j.name))
		return cli_usage("--name takes up to %d printable characters "
		    "without blank and plus", AUDIT_NAME_MAX);
	return run(&j);
}
