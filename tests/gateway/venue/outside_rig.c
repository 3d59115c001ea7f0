/*
 * See outside_rig.h.
 */
#include "tests/gateway/venue/outside_rig.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/venue/outside.h"
#include "gateway/venue/record.h"

struct rig rig;

static void add(char *to, size_t cap, const char *fmt, ...) FIX_PRINTF(3, 4);

static void
add(char *to, size_t cap, const char *fmt, ...)
{
	size_t n = strlen(to);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(to + n, cap - n, fmt, ap);
	va_end(ap);
}

/* ----- in the place of outside_now.c ----- */

int64_t
outside_mono(void)
{
	return rig.mono;
}

int64_t
outside_utc(void)
{
	return rig.utc;
}

/* ----- in the place of rest.c ----- */

struct rest *
rest_new(const struct rest_cfg *cfg)
{
	rig.base = cfg->base;
	return (struct rest *)(void *)&rig;
}

void
rest_free(struct rest *r)
{
	(void)r;
}

int
rest_do(struct rest *r, const struct rest_request *q)
{
	(void)r;
	if (rig.full)
		return -FIX_E_FULL;
	assert_true(rig.n_calls < RIG_CALLS);
	rig.calls[rig.n_calls++] = (struct rig_call){ .q = *q };
	return 0;
}

void
rest_pause(struct rest *r, int64_t until_ns)
{
	(void)r;
	if (until_ns > rig.paused)
		rig.paused = until_ns;
}

bool
rest_spent(struct rest *r, enum rest_rank rank)
{
	(void)r;
	return rig.spent && rank != REST_CANCEL;
}

void
rest_budget(struct rest *r, unsigned weight)
{
	(void)r;
	(void)weight;
}

/* done() may ask again, so the call is off the list before. */
static void
finish(unsigned i, const struct rest_answer *a)
{
	struct rest_request q = rig.calls[i].q;

	memmove(&rig.calls[i], &rig.calls[i + 1],
	    (--rig.n_calls - i) * sizeof(rig.calls[0]));
	q.done(&q, a);
}

const char *
rig_asked(void)
{
	struct rest_answer none = { .fate = REST_NOT_SENT,
		.retry_after_s = -1, .why = "out of memory" };

	rig.asked[0] = '\0';
	if (rig.paused > rig.mono)
		return rig.asked;
	for (unsigned i = 0; i < rig.n_calls; i++) {
		struct rig_call *c = &rig.calls[i];
		size_t n = strlen(rig.prefix);

		if (c->sent)
			continue;
		c->sent = c->q.make(&c->q, c->url, c->body);
		add(rig.asked, sizeof(rig.asked), "%s%s %s",
		    rig.asked[0] == '\0' ? "" : "; ", c->q.method, !c->sent ?
		    "given up" : strncmp(c->url, rig.prefix, n) == 0 ?
		    c->url + n : c->url);
		memcpy(rig.body, c->body, sizeof(rig.body));
		if (!c->sent)
			finish(i--, &none);
	}
	return rig.asked;
}

static unsigned
find(const char *call)
{
	char text[sizeof(rig.calls[0].url) + 16];
	size_t n = strlen(rig.prefix);

	for (unsigned i = 0; i < rig.n_calls; i++) {
		const struct rig_call *c = &rig.calls[i];

		snprintf(text, sizeof(text), "%s %s", c->q.method,
		    strncmp(c->url, rig.prefix, n) == 0 ? c->url + n : c->url);
		if (c->sent && strncmp(text, call, strlen(call)) == 0)
			return i;
	}
	fail_msg("%s is not under way", call);
	return 0;
}

void
rig_answer(const char *call, long status, const char *body)
{
	finish(find(call), &(struct rest_answer){ .fate = REST_ANSWERED,
	    .status = status, .body = fix_span_of(body), .retry_after_s = -1 });
}

void
rig_no_answer(const char *call, enum rest_fate fate)
{
	finish(find(call), &(struct rest_answer){ .fate = fate,
	    .retry_after_s = -1, .why = "the connection broke" });
}

void
rig_limited(const char *call, long status, int64_t retry_after_s)
{
	finish(find(call), &(struct rest_answer){ .fate = REST_ANSWERED,
	    .status = status, .body = fix_span_of("{}"),
	    .retry_after_s = retry_after_s });
}

/* ----- in the place of lines.c ----- */

struct lines *
lines_new(const struct lines_cfg *cfg)
{
	struct rig_stream *s = &rig.streams[rig.n_streams++];

	assert_true(rig.n_streams <= 2);
	s->cfg = *cfg;
	snprintf(s->url, sizeof(s->url), "%s", cfg->url);
	return (struct lines *)(void *)s;
}

void
lines_free(struct lines *l)
{
	(void)l;
}

void
lines_again(struct lines *l, const char *why)
{
	((struct rig_stream *)(void *)l)->again = why;
}

void
lines_well(struct lines *l)
{
	((struct rig_stream *)(void *)l)->well = true;
}

void
rig_open(unsigned n)
{
	assert_true(n < rig.n_streams);
	rig.streams[n].cfg.opened(rig.streams[n].cfg.arg);
}

void
rig_line(unsigned n, const char *text)
{
	assert_true(n < rig.n_streams);
	rig.streams[n].cfg.line(rig.streams[n].cfg.arg, fix_span_of(text));
}

void
rig_close(unsigned n, long status, const char *why)
{
	assert_true(n < rig.n_streams);
	rig.streams[n].cfg.closed(rig.streams[n].cfg.arg, status, why);
}

/* ----- in the place of ws.c ----- */

static struct rig_socket *
socket_of(struct ws *w)
{
	return (struct rig_socket *)(void *)w;
}

struct ws *
ws_new(const struct ws_cfg *cfg)
{
	assert_true(rig.n_sockets < 8);
	rig.sockets[rig.n_sockets] = (struct rig_socket){ .cfg = *cfg };
	return (struct ws *)(void *)&rig.sockets[rig.n_sockets++];
}

void
ws_free(struct ws *w)
{
	if (w != NULL)
		socket_of(w)->freed = true;
}

int
ws_send(struct ws *w, struct fix_span text)
{
	if (!socket_of(w)->open)
		return -FIX_E_STATE;
	fix_span_copy(text, socket_of(w)->sent, sizeof(socket_of(w)->sent));
	return 0;
}

void
ws_again(struct ws *w, const char *why)
{
	socket_of(w)->again = why;
}

void
ws_well(struct ws *w)
{
	socket_of(w)->well = true;
}

void
rig_ws_open(unsigned n)
{
	assert_true(n < rig.n_sockets && !rig.sockets[n].freed);
	rig.sockets[n].open = true;
	rig.sockets[n].cfg.opened(rig.sockets[n].cfg.arg);
}

void
rig_ws_say(unsigned n, const char *text)
{
	assert_true(n < rig.n_sockets && !rig.sockets[n].freed);
	rig.sockets[n].cfg.message(rig.sockets[n].cfg.arg, fix_span_of(text));
}

void
rig_ws_close(unsigned n, const char *why)
{
	assert_true(n < rig.n_sockets && !rig.sockets[n].freed);
	rig.sockets[n].open = false;
	rig.sockets[n].cfg.closed(rig.sockets[n].cfg.arg, why);
}

/* ----- the trader ----- */

static void
turn(void)
{
	(void)event_base_loop(rig.base, EVLOOP_NONBLOCK);
}

void
rig_trader(const char *type, ...)
{
	uint8_t buf[RECORD_HEAD + RECORD_MAX];
	struct record_out out;
	const char *name;
	va_list ap;
	ssize_t n;

	record_begin(&out, buf, sizeof(buf), type);
	va_start(ap, type);
	while ((name = va_arg(ap, const char *)) != NULL)
		record_put(&out, name, va_arg(ap, const char *));
	va_end(ap);
	n = record_end(&out);
	assert_true(n > 0);
	assert_int_equal(send(rig.fd, buf, (size_t)n, 0), n);
	turn();
}

const char *
rig_told(void)
{
	static uint8_t buf[65536];
	struct record r;
	size_t at = 0;
	ssize_t got, len;

	turn();
	got = recv(rig.fd, buf, sizeof(buf), MSG_DONTWAIT);
	rig.told[0] = '\0';
	while (got > 0 &&
	       (len = record_read(&r, buf + at, (size_t)got - at)) > 0) {
		add(rig.told, sizeof(rig.told), "%s%.*s", at == 0 ? "" : "; ",
		    (int)r.type.len, (const char *)r.type.p);
		at += (size_t)len;
		for (unsigned i = 0; i < r.n; i++)
			add(rig.told, sizeof(rig.told), " %.*s=%.*s",
			    (int)r.fields[i].name.len,
			    (const char *)r.fields[i].name.p,
			    (int)r.fields[i].value.len,
			    (const char *)r.fields[i].value.p);
	}
	return rig.told;
}

/* ----- begin and end ----- */

void
rig_wait_ms(int64_t ms)
{
	for (; ms > 0; ms -= 50) {
		int64_t step = (ms < 50 ? ms : 50) * FIX_MSEC;

		rig.mono += step;
		rig.utc += step;
		event_active(rig.tick, EV_TIMEOUT, 1);
		turn();
	}
}

static void
on_fault(void *arg, bool error, const char *file, unsigned at, const char *text)
{
	(void)arg;
	if (error)
		fail_msg("%s:%u: %s", file, at, text);
}

int
rig_begin(const char *settings, const struct conf_section **s)
{
	struct conf_sink sink = { NULL, on_fault };
	char text[2048];
	int fd[2];

	memset(&rig, 0, sizeof(rig));
	rig.mono = 1000 * FIX_SEC;
	rig.utc = RIG_UTC;
	rig.prefix = "";
	snprintf(text, sizeof(text), "[VENUE V]\n%s\n", settings);
	assert_int_equal(conf_read_mem(&rig.conf, "test", text, strlen(text),
			     &sink), 0);
	*s = conf_next(rig.conf, "VENUE", NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	rig.fd = fd[1];
	return fd[0];
}

void
rig_end(void)
{
	conf_free(rig.conf);
	close(rig.fd);
}
