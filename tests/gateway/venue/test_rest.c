/*
 * HTTP to a venue, against a server that does what each case says: what is sent
 * once, what is known to have left, who goes first, how long it is quiet, where
 * nothing must go; and streams of lines, which are watched for silence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/venue/json.h"
#include "gateway/venue/lines.h"
#include "gateway/venue/outside.h"
#include "gateway/venue/rest.h"

#define CONNS 16
#define PATIENCE_NS (30 * FIX_SEC) /* a busy machine; nothing waits for it */

static struct {
	struct event_base *base;
	struct evconnlistener *listener;
	struct bufferevent *conn[CONNS];
	unsigned n_conn, n_requests;
	char in[65536]; /* all that came, of all connections */
	bool mute;      /* requests are only counted */
	const char *answer;
	int64_t at_ns;  /* when the last request came */
	unsigned port;
	char url[64];
	/* what the venue's side was told */
	unsigned n_done, n_opened, n_lines, n_closed;
	enum rest_fate fate;
	long status;
	int64_t retry_after_s;
	char why[200], line[64], order[64];
	struct rest *rest;
	struct lines *lines;
} t;

/* ----- the server ----- */

static void
on_read(struct bufferevent *bev, void *arg)
{
	size_t n = strlen(t.in);
	const char *p;

	(void)arg;
	n += bufferevent_read(bev, t.in + n, sizeof(t.in) - n - 1);
	t.in[n] = '\0';
	for (t.n_requests = 0, p = t.in; (p = strstr(p, " HTTP/1.1")) != NULL;
	     p++)
		t.n_requests++;
	t.at_ns = outside_mono();
	if (!t.mute && t.answer != NULL)
		bufferevent_write(bev, t.answer, strlen(t.answer));
}

static void
on_conn(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *a,
    int len, void *arg)
{
	struct bufferevent *bev =
	    bufferevent_socket_new(t.base, fd, BEV_OPT_CLOSE_ON_FREE);

	(void)l;
	(void)a;
	(void)len;
	(void)arg;
	assert_non_null(bev);
	assert_true(t.n_conn < CONNS);
	t.conn[t.n_conn++] = bev;
	bufferevent_setcb(bev, on_read, NULL, NULL, NULL);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void
hang_up(unsigned i)
{
	bufferevent_free(t.conn[i]);
	t.conn[i] = NULL;
}

static void
say(unsigned i, const char *text)
{
	bufferevent_write(t.conn[i], text, strlen(text));
}

static void
turn(void)
{
	struct timeval tv = { 0, 5000 };

	(void)event_base_loopexit(t.base, &tv);
	(void)event_base_dispatch(t.base);
}

#define until(cond)                                                            \
	do {                                                                   \
		int64_t patience = outside_mono() + PATIENCE_NS;               \
		while (!(cond) && outside_mono() < patience)                   \
			turn();                                                \
		assert_true(cond);                                             \
	} while (0)

/* ----- the venue's side ----- */

static bool
make(const struct rest_request *q, char *url, char *body)
{
	snprintf(url, 64, "/%.60s", q->text);
	snprintf(body, 64, "%s", q->method[1] == 'E' ? "" : "{\"order\":1}");
	return q->arg1 == 0;
}

static void
done(const struct rest_request *q, const struct rest_answer *a)
{
	t.n_done++;
	t.fate = a->fate;
	t.status = a->status;
	t.retry_after_s = a->retry_after_s;
	snprintf(t.why, sizeof(t.why), "%s", a->why == NULL ? "" : a->why);
	snprintf(t.order + strlen(t.order), sizeof(t.order) - strlen(t.order),
	    "%s ", q->text);
}

static void
request(enum rest_rank rank, const char *method, const char *text)
{
	struct rest_request q = { .rank = rank, .method = method, .weight = 1,
		.make = make, .done = done };

	snprintf(q.text, sizeof(q.text), "%s", text);
	assert_int_equal(rest_do(t.rest, &q), 0);
}

static void
begin_paced(const char *url, unsigned timeout_ms, unsigned budget, int64_t wait)
{
	rest_free(t.rest);
	t.rest = rest_new(&(struct rest_cfg){ .base = t.base, .url = url,
	    .header = "X-Key: secret\nX-More: 1", .used_header = "",
	    .window_ns = 500 * FIX_SEC, .budget = budget,
	    .order_wait_ns = wait, .timeout_ms = timeout_ms });
	assert_non_null(t.rest);
}

static void
begin_rest(const char *url, unsigned timeout_ms)
{
	begin_paced(url, timeout_ms, 0, 0);
}

static int
set_up(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);

	(void)state;
	memset(&t, 0, sizeof(t));
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	t.base = event_base_new();
	t.listener = evconnlistener_new_bind(t.base, on_conn, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, -1,
	    (struct sockaddr *)&a, sizeof(a));
	assert_non_null(t.listener);
	assert_int_equal(getsockname(evconnlistener_get_fd(t.listener),
			     (struct sockaddr *)&a, &len), 0);
	t.port = ntohs(a.sin_port);
	snprintf(t.url, sizeof(t.url), "http://127.0.0.1:%u", t.port);
	t.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
	begin_rest(t.url, 20000);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	rest_free(t.rest);
	lines_free(t.lines);
	for (unsigned i = 0; i < t.n_conn; i++)
		if (t.conn[i] != NULL)
			bufferevent_free(t.conn[i]);
	if (t.listener != NULL)
		evconnlistener_free(t.listener);
	event_base_free(t.base);
	return 0;
}

/* ----- requests ----- */

/* libcurl would send it again on another connection: the venue may have acted
 * on it. */
static void
what_a_dead_connection_took_is_not_sent_again(void **state)
{
	(void)state;
	request(REST_REST, "GET", "a");
	until(t.n_done == 1);
	assert_int_equal(t.fate, REST_ANSWERED);
	assert_non_null(strstr(t.in, "X-Key: secret\r\n"));
	t.mute = true;
	request(REST_ORDER, "POST", "b");
	until(t.n_requests == 2);
	assert_int_equal(t.n_conn, 1); /* kept alive */
	hang_up(0);
	until(t.n_done == 2);
	assert_int_equal(t.fate, REST_UNKNOWN);
	assert_int_equal(t.n_requests, 2);
	assert_string_equal(t.why, "the connection broke");
	/* A question may go again. */
	t.mute = false;
	request(REST_REST, "GET", "c");
	until(t.n_done == 3);
	assert_int_equal(t.fate, REST_ANSWERED);
}

/* Only what never left is not in doubt. */
static void
what_left_is_in_doubt_without_an_answer(void **state)
{
	(void)state;
	begin_rest(t.url, 200);
	t.mute = true;
	request(REST_ORDER, "POST", "slow");
	until(t.n_done == 1);
	assert_int_equal(t.fate, REST_UNKNOWN);
	assert_int_equal(t.n_requests, 1);
	t.mute = false;
	t.answer = "HTTP/1.1 201 OK\r\nContent-Length: 100\r\n\r\n{";
	request(REST_ORDER, "POST", "half");
	until(t.n_done == 2);
	assert_int_equal(t.fate, REST_UNKNOWN);
	evconnlistener_free(t.listener);
	t.listener = NULL;
	request(REST_ORDER, "POST", "nobody");
	until(t.n_done == 3);
	assert_int_equal(t.fate, REST_NOT_SENT);
	assert_string_not_equal(t.why, "");
}

static void
an_answer_of_any_size_is_bounded(void **state)
{
	size_t n = JSON_BODY_MAX + 1;
	char *big = malloc(n + 200);
	int at;

	(void)state;
	assert_non_null(big);
	at = snprintf(big, 200, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
	    n);
	memset(big + at, '1', n);
	big[(size_t)at + n] = '\0';
	t.answer = big;
	request(REST_ORDER, "POST", "a");
	until(t.n_done == 1);
	assert_int_equal(t.fate, REST_UNKNOWN);
	assert_string_equal(t.why, "its answer is too large");
	free(big);
}

static void
it_is_quiet_for_as_long_as_it_is_told(void **state)
{
	int64_t end_ns = outside_mono() + 300 * FIX_MSEC;

	(void)state;
	rest_pause(t.rest, end_ns);
	rest_pause(t.rest, end_ns - 250 * FIX_MSEC); /* the longer one counts */
	request(REST_CANCEL, "PUT", "a");
	request(REST_REST, "GET", "b");
	t.answer = "HTTP/1.1 429 No\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n"
		   "{}";
	until(t.n_done == 2);
	assert_true(t.at_ns >= end_ns);
	assert_int_equal(t.status, 429);
	assert_int_equal(t.retry_after_s, 7);
}

/* Its price is of another time; a cancel is never too old. */
static void
an_order_that_waits_for_too_long_is_not_sent(void **state)
{
	(void)state;
	begin_paced(t.url, 20000, 0, 100 * FIX_MSEC);
	rest_pause(t.rest, outside_mono() + 60 * FIX_SEC);
	request(REST_CANCEL, "PUT", "a");
	request(REST_ORDER, "POST", "c");
	until(t.n_done == 1);
	assert_int_equal(t.fate, REST_NOT_SENT);
	assert_non_null(strstr(t.why, "too old to be sent"));
	assert_int_equal(t.n_requests, 0);
}

/* Where the venue does not count, none waits for a window to begin. */
static void
a_budget_of_ours_comes_back_bit_by_bit(void **state)
{
	struct rest_request q = { .rank = REST_ORDER, .method = "POST",
		.weight = 800, .make = make, .done = done };
	int64_t start_ns = outside_mono();

	(void)state;
	begin_paced(t.url, 20000, 1000, 0); /* one in half a second */
	assert_int_equal(rest_do(t.rest, &q), 0);
	request(REST_ORDER, "POST", "a");
	until(t.n_done == 2);
	assert_true(outside_mono() - start_ns >= 400 * FIX_MSEC);
}

/* Cancels have connections of their own, and go before all else. */
static void
a_cancel_goes_first(void **state)
{
	(void)state;
	t.mute = true;
	for (unsigned i = 0; i < REST_FLYING; i++)
		request(REST_ORDER, "POST", "order");
	until(t.n_requests == REST_FLYING - REST_SPARE);
	request(REST_ASK, "GET", "question");
	request(REST_CANCEL, "PUT", "cancel");
	until(t.n_requests == REST_FLYING - REST_SPARE + 1);
	assert_non_null(strstr(t.in, "PUT /cancel"));
	assert_null(strstr(t.in, "GET /question"));
	t.mute = false;
	for (unsigned i = 0; i < t.n_conn; i++)
		say(i, t.answer);
	until(t.n_done == REST_FLYING + 2);
	/* Then questions. */
	assert_true(strstr(t.in, "GET /question") < strstr(
	    strstr(t.in, "PUT /cancel"), "POST /order"));
}

static void
what_waits_is_bounded_but_for_cancels(void **state)
{
	struct rest_request q = { .rank = REST_ORDER, .method = "POST",
		.weight = 1, .make = make, .done = done };

	(void)state;
	for (unsigned i = 0; i < REST_WAITING; i++)
		assert_int_equal(rest_do(t.rest, &q), 0);
	assert_int_equal(rest_do(t.rest, &q), -FIX_E_FULL);
	q.rank = REST_CANCEL;
	assert_int_equal(rest_do(t.rest, &q), 0);
}

static void
what_is_given_up_never_left(void **state)
{
	struct rest_request q = { .rank = REST_ORDER, .method = "POST",
		.weight = 1, .arg1 = 1, .make = make, .done = done };

	(void)state;
	assert_int_equal(rest_do(t.rest, &q), 0);
	until(t.n_done == 1);
	assert_int_equal(t.fate, REST_NOT_SENT);
	assert_int_equal(t.n_requests, 0);
}

/* The key goes to the venue alone, and in no other way than it says. */
static void
nothing_goes_elsewhere(void **state)
{
	char elsewhere[64], answer[200], url[128];

	(void)state;
	snprintf(elsewhere, sizeof(elsewhere), "http://127.0.0.1:%u/moved",
	    t.port);
	snprintf(answer, sizeof(answer), "HTTP/1.1 307 Moved\r\nLocation: %s\r\n"
	    "Content-Length: 2\r\n\r\n{}", elsewhere);
	t.answer = answer;
	request(REST_REST, "GET", "a");
	until(t.n_done == 1);
	assert_int_equal(t.status, 307);
	assert_int_equal(t.n_requests, 1);
	/* A proxy of the environment. */
	setenv("http_proxy", elsewhere, 1);
	setenv("all_proxy", elsewhere, 1);
	begin_rest("http://127.0.0.1:1", 20000);
	request(REST_REST, "GET", "b");
	until(t.n_done == 2);
	assert_int_equal(t.fate, REST_NOT_SENT);
	assert_int_equal(t.n_requests, 1);
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	/* Of two kinds of address the one that the settings name. */
	snprintf(url, sizeof(url), "https://127.0.0.1:%u", t.port);
	t.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
	begin_rest(url, 20000);
	request(REST_REST, "GET", "c");
	until(t.n_done == 3);
	assert_int_equal(t.fate, REST_NOT_SENT);
	assert_null(strstr(t.in, "GET /c"));
}

/* ----- streams of lines ----- */

static void
opened(void *arg)
{
	(void)arg;
	t.n_opened++;
}

static void
line(void *arg, struct fix_span text)
{
	(void)arg;
	t.n_lines++;
	fix_span_copy(text, t.line, sizeof(t.line));
}

static void
closed(void *arg, long status, const char *why)
{
	(void)arg;
	t.n_closed++;
	t.status = status;
	snprintf(t.why, sizeof(t.why), "%s", why);
}

static void
begin_lines(int64_t silent_ns)
{
	char url[128];

	snprintf(url, sizeof(url), "%s/stream", t.url);
	t.lines = lines_new(&(struct lines_cfg){ t.base, url, NULL, "X-Key: s",
	    silent_ns, NULL, opened, line, closed });
	assert_non_null(t.lines);
}

#define OK "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void
lines_are_whole_however_they_come(void **state)
{
	(void)state;
	t.answer = OK "5\r\nab\ncd\r\n";
	begin_lines(60 * FIX_SEC);
	until(t.n_lines == 1);
	assert_int_equal(t.n_opened, 1);
	assert_string_equal(t.line, "ab");
	say(0, "4\r\nef\n\n\r\n");
	until(t.n_lines == 2);
	assert_string_equal(t.line, "cdef");
	t.answer = OK "2\r\nx\n\r\n"; /* what was half is gone with it */
	say(0, "2\r\ngh\r\n");
	turn();
	hang_up(0);
	until(t.n_closed == 1);
	until(t.n_lines == 3);
	assert_string_equal(t.line, "x");
	assert_int_equal(t.n_opened, 2);
}

static void
a_stream_that_is_silent_is_another_one(void **state)
{
	int64_t from_ns = outside_mono();

	(void)state;
	t.answer = OK "2\r\na\n\r\n";
	begin_lines(300 * FIX_MSEC);
	until(t.n_lines == 1);
	until(t.n_closed == 1);
	assert_string_equal(t.why, "it is silent");
	assert_true(outside_mono() - from_ns >= 150 * FIX_MSEC);
	until(t.n_lines == 2);
	assert_int_equal(t.n_conn, 2);
	/* A server that does not even answer. */
	t.mute = true;
	hang_up(1);
	until(t.n_closed == 2);
	until(t.n_closed == 3);
	assert_string_equal(t.why, "it is silent");
	assert_int_equal(t.n_opened, 2);
}

static void
a_stream_with_lines_goes_on(void **state)
{
	(void)state;
	t.answer = OK "2\r\na\n\r\n";
	begin_lines(2 * FIX_SEC);
	until(t.n_lines == 1);
	for (unsigned i = 0; i < 23; i++) {
		struct timeval tv = { 0, 100000 };

		(void)event_base_loopexit(t.base, &tv);
		(void)event_base_dispatch(t.base);
		say(0, "2\r\nb\n\r\n");
	}
	assert_int_equal(t.n_closed, 0);
}

static void
a_line_is_bounded(void **state)
{
	char *big = malloc(LINES_MAX + 100);
	int at;

	(void)state;
	assert_non_null(big);
	at = snprintf(big, 100, OK "%x\r\n", LINES_MAX + 2);
	memset(big + at, 'a', LINES_MAX + 2);
	big[(unsigned)at + LINES_MAX + 2] = '\0';
	t.answer = big;
	begin_lines(60 * FIX_SEC);
	until(t.n_closed == 1);
	assert_string_equal(t.why, "a line is too long");
	assert_int_equal(t.n_lines, 0);
	free(big);
	t.answer = OK "2\r\nb\n\r\n";
	until(t.n_lines == 1);
}

static void
what_is_no_stream_is_told(void **state)
{
	(void)state;
	t.answer = "HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\na\n";
	begin_lines(60 * FIX_SEC);
	until(t.n_closed == 1);
	assert_int_equal(t.status, 401);
	assert_string_equal(t.why, "HTTP status 401");
	assert_int_equal(t.n_opened + t.n_lines, 0);
	t.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nb\n";
	until(t.n_closed == 2);
	assert_string_equal(t.why, "the venue has ended it");
	assert_int_equal(t.n_lines, 1);
	/* The reader may want another. */
	t.answer = OK "2\r\nc\n\r\n";
	until(t.n_lines == 2);
	lines_again(t.lines, "nonsense");
	say(t.n_conn - 1, "2\r\nd\n\r\n");
	t.answer = NULL;
	until(t.n_closed == 3);
	assert_string_equal(t.why, "nonsense");
	assert_string_equal(t.line, "c"); /* no line behind that */
}

/* Twice as long each time, until all is well. */
static void
attempts_come_slower(void **state)
{
	int64_t at_ns[3];

	(void)state;
	t.answer = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
	begin_lines(60 * FIX_SEC);
	for (unsigned i = 0; i < 3; i++) {
		until(t.n_requests == i + 1);
		at_ns[i] = t.at_ns;
	}
	/* Of libevent's clock, which is that of a turn's begin: half is sure. */
	assert_true(at_ns[1] - at_ns[0] > LINES_PAUSE_FIRST_NS / 2);
	assert_true(at_ns[2] - at_ns[1] > LINES_PAUSE_FIRST_NS * 3 / 2);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(what_a_dead_connection_took_is_not_sent_again),
		T(what_left_is_in_doubt_without_an_answer),
		T(an_answer_of_any_size_is_bounded),
		T(it_is_quiet_for_as_long_as_it_is_told),
		T(an_order_that_waits_for_too_long_is_not_sent),
		T(a_budget_of_ours_comes_back_bit_by_bit),
		T(a_cancel_goes_first),
		T(what_waits_is_bounded_but_for_cancels),
		T(what_is_given_up_never_left),
		T(nothing_goes_elsewhere),
		T(lines_are_whole_however_they_come),
		T(a_stream_that_is_silent_is_another_one),
		T(a_stream_with_lines_goes_on),
		T(a_line_is_bounded),
		T(what_is_no_stream_is_told),
		T(attempts_come_slower),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
