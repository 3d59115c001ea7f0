/*
 * The trader's end of a venue link: records in and out over a real socket pair,
 * with a clock of ours.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fix/decimal.h"
#include "gateway/venue/process.h"
#include "gateway/venue/record.h"

#define HEARD 64

struct rig {
	struct venue *v;
	int fd; /* the process's end */
	int64_t ns;
	unsigned n, alerts, keeps;
	char account[200];
	struct venue_event heard[HEARD];
	char text[HEARD][128];
	char key[64], value[64];
	uint8_t in[1 << 16];
	size_t in_len;
};

static struct fix_now
at(const struct rig *g)
{
	struct fix_now now = { { 1700000000 * FIX_SEC + g->ns }, { g->ns } };

	return now;
}

static void
on_event(void *arg, struct venue *v, const struct venue_event *e)
{
	struct rig *g = arg;

	(void)v;
	assert_true(g->n < HEARD);
	snprintf(g->text[g->n], sizeof(g->text[0]), "%s",
	    e->text == NULL ? "" : e->text);
	g->heard[g->n++] = *e;
}

static void
on_keep(void *arg, struct venue *v, struct fix_span key, struct fix_span value)
{
	struct rig *g = arg;

	(void)v;
	g->keeps++;
	fix_span_copy(key, g->key, sizeof(g->key));
	fix_span_copy(value, g->value, sizeof(g->value));
}

static void
on_alert(void *arg, struct venue *v, const char *text)
{
	(void)v;
	(void)text;
	((struct rig *)arg)->alerts++;
}

static void
on_account(void *arg, struct venue *v, const struct venue_account *a)
{
	struct rig *g = arg;

	(void)v;
	snprintf(g->account, sizeof(g->account), "%d %s %s %s", (int)a->kind,
	    a->symbol != NULL ? a->symbol : a->asset != NULL ? a->asset : "-",
	    a->base != NULL ? a->base : a->free != NULL ? a->free : "-",
	    a->ours != NULL ? a->ours : "-");
}

static void
tick(struct rig *g)
{
	venue_process_read(g->v);
	g->v->ops->tick(g->v, at(g));
	g->v->ops->flush(g->v);
}

static void
say(struct rig *g, const char *text)
{
	size_t n = strlen(text);
	uint8_t head[4] = { 0, 0, (uint8_t)(n >> 8), (uint8_t)n };

	assert_int_equal(send(g->fd, head, 4, 0), 4);
	assert_int_equal(send(g->fd, text, n, 0), n);
	tick(g);
}

/* The next record that the trader has sent. @return its type, "" none */
static const char *
next(struct rig *g, struct record *r)
{
	static char type[40];
	static uint8_t last[RECORD_HEAD + RECORD_MAX];
	ssize_t n = recv(g->fd, g->in + g->in_len, sizeof(g->in) - g->in_len,
	    MSG_DONTWAIT);

	if (n > 0)
		g->in_len += (size_t)n;
	n = record_read(r, g->in, g->in_len);
	assert_true(n >= 0);
	if (n == 0)
		return "";
	memcpy(last, g->in, (size_t)n);
	assert_int_equal(record_read(r, last, (size_t)n), n);
	g->in_len -= (size_t)n;
	memmove(g->in, g->in + n, g->in_len);
	fix_span_copy(r->type, type, sizeof(type));
	return type;
}

static void
attach(struct rig *g)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	if (g->fd >= 0)
		close(g->fd);
	g->fd = fds[1];
	g->in_len = 0;
	venue_process_attach(g->v, fds[0], at(g));
	tick(g);
}

static int
setup(void **state)
{
	struct rig *g = calloc(1, sizeof(*g));
	struct venue_sink sink = { g, on_event, on_keep, on_alert,
		on_account };

	g->fd = -1;
	g->v = venue_process_new("BIN", sink);
	g->v->ops->start(g->v, at(g));
	*state = g;
	return 0;
}

static int
teardown(void **state)
{
	struct rig *g = *state;

	g->v->ops->free(g->v);
	if (g->fd >= 0)
		close(g->fd);
	free(g);
	return 0;
}

static void
go_up(struct rig *g)
{
	struct record r;

	attach(g);
	say(g, "hello\nversion=1\nname=test");
	say(g, "up");
	while (*next(g, &r) != '\0')
		;
	g->n = 0;
}

static struct venue_order
order(const char *id)
{
	struct venue_order o = { .cl_ord_id = id,
		.orig_cl_ord_id = "",
		.venue_order_id = "",
		.account = "A",
		.symbol = "BTCUSDT",
		.side = '1',
		.ord_type = '2',
		.time_in_force = '1',
		.qty_e8 = 100000,
		.price_e8 = 60000 * FIX_E8 };

	return o;
}

static void
hello_kept_things_start_and_up(void **state)
{
	struct rig *g = *state;
	struct record r;

	g->v->ops->load(g->v, fix_span_of("kBTCUSDT"), fix_span_of("17"));
	g->v->ops->load(g->v, fix_span_of("s"), fix_span_of("1234"));
	attach(g);
	assert_string_equal(next(g, &r), "hello");
	assert_true(fix_span_is(record_get(&r, "version"), "1"));
	assert_string_equal(next(g, &r), "");
	say(g, "hello\nversion=1\nname=test");
	assert_string_equal(next(g, &r), "kept");
	assert_true(fix_span_is(record_get(&r, "key"), "BTCUSDT"));
	assert_true(fix_span_is(record_get(&r, "value"), "17"));
	assert_string_equal(next(g, &r), "start");
	assert_false(g->v->up);
	say(g, "up");
	assert_true(g->v->up);
	assert_int_equal(g->heard[0].kind, VENUE_UP);
	assert_string_equal(next(g, &r), "reconcile");
	assert_true(fix_span_is(record_get(&r, "since"), "1234"));
}

static void
nothing_is_written_before_the_turn_is_committed(void **state)
{
	struct rig *g = *state;
	struct venue_order o = order("0-1-1-0");
	struct record r;

	go_up(g);
	assert_int_equal(g->v->ops->send_new(g->v, &o, at(g)), 0);
	venue_process_read(g->v);
	g->v->ops->tick(g->v, at(g));
	assert_string_equal(next(g, &r), "");
	g->v->ops->flush(g->v);
	assert_string_equal(next(g, &r), "new");
	assert_true(fix_span_is(record_get(&r, "qty"), "0.001"));
	assert_true(fix_span_is(record_get(&r, "price"), "60000"));
	assert_null(record_get(&r, "stop").p);
}

static void
another_version_is_refused_with_the_reason(void **state)
{
	struct rig *g = *state;

	attach(g);
	say(g, "hello\nversion=2");
	assert_int_equal(venue_process_fd(g->v), -1);
	assert_non_null(strstr(g->v->why, "version"));
}

static void
the_end_of_the_process_is_down_and_refuses(void **state)
{
	struct rig *g = *state;
	struct venue_order o = order("0-1-1-0");

	go_up(g);
	say(g, "ack\nid=0-1-1-0\norder=28");
	close(g->fd);
	g->fd = -1;
	tick(g);
	assert_int_equal(g->n, 2);
	assert_int_equal(g->heard[0].kind, VENUE_ACK);
	assert_int_equal(g->heard[1].kind, VENUE_DOWN);
	assert_int_equal(g->v->ops->send_new(g->v, &o, at(g)), -FIX_E_STATE);
}

/* What was queued for a process that died is never said to the next one. */
static void
the_next_process_gets_nothing_of_the_last(void **state)
{
	struct rig *g = *state;
	struct venue_order o = order("0-1-1-0");
	struct record r;

	go_up(g);
	assert_int_equal(g->v->ops->send_new(g->v, &o, at(g)), 0);
	attach(g);
	assert_string_equal(next(g, &r), "hello");
	say(g, "hello\nversion=1");
	assert_string_equal(next(g, &r), "start");
	assert_string_equal(next(g, &r), "");
}

static void
down_by_itself_keeps_the_link_and_says_why(void **state)
{
	struct rig *g = *state;

	go_up(g);
	say(g, "down\ntext=-2015 Invalid API-key");
	assert_int_equal(g->heard[0].kind, VENUE_DOWN);
	assert_string_equal(g->v->why, "-2015 Invalid API-key");
	assert_true(venue_process_fd(g->v) >= 0);
	say(g, "up");
	assert_int_equal(g->heard[1].kind, VENUE_UP);
	assert_string_equal(g->v->why, "");
}

static void
a_full_queue_refuses_new_orders_and_takes_cancels(void **state)
{
	struct rig *g = *state;
	struct venue_order o = order("0-1-1-0");
	unsigned n = 0, cancels = 0;

	go_up(g);
	while (g->v->ops->send_new(g->v, &o, at(g)) == 0)
		n++;
	assert_true(n > 1000 && n < 100000);
	assert_int_equal(g->v->ops->send_new(g->v, &o, at(g)), -FIX_E_FULL);
	while (g->v->ops->send_cancel(g->v, &o, at(g)) == 0)
		cancels++;
	assert_true(cancels > 1000);
	assert_true(g->v->up);
}

static void
an_execution_with_bad_numbers_is_not_lost(void **state)
{
	struct rig *g = *state;

	go_up(g);
	say(g, "fill\nid=0-1-1-0\nexec=9\nlast_qty=0.1234567891\nlast_px=1");
	assert_int_equal(g->n, 1);
	assert_int_equal(g->heard[0].kind, VENUE_FILL);
	assert_int_equal(g->heard[0].last_qty_e8, 0);
	assert_int_equal(g->alerts, 1);
	say(g, "fill\nid=0-1-1-0\nexec=10\nlast_qty=0.5\nlast_px=1e3");
	assert_int_equal(g->n, 2);
	assert_int_equal(g->heard[1].last_qty_e8, 0);
}

static void
other_bad_records_are_told_and_not_acted_upon(void **state)
{
	struct rig *g = *state;

	go_up(g);
	say(g, "status\nid=0-1-1-0\nstatus=2");
	say(g, "ack\norder=");
	say(g, "mark\nsymbol=BTCUSDT\nlast=-1");
	say(g, "canceled\nid=0-1-1-1\ncum=many");
	assert_int_equal(g->n, 0);
	assert_int_equal(g->alerts, 4);
	assert_true(g->v->up);
}

static void
what_the_account_holds_is_handed_over(void **state)
{
	struct rig *g = *state;

	go_up(g);
	say(g, "pair\nsymbol=BTCUSDT\nbase=BTC\nquote=USDT");
	assert_string_equal(g->account, "0 BTCUSDT BTC -");
	say(g, "balance\nasset=BTC\nfree=1.5\nlocked=0.5\nours=2.1");
	assert_string_equal(g->account, "1 BTC 1.5 2.1");
	say(g, "counted");
	assert_string_equal(g->account, "2 - - -");
	say(g, "pair\nsymbol=BTCUSDT");
	say(g, "balance\nfree=1");
	assert_string_equal(g->account, "2 - - -");
	assert_int_equal(g->alerts, 2);
	say(g, "balance\nasset=BTC"); /* it can't be compared */
	assert_string_equal(g->account, "1 BTC - -");
}

static void
what_is_not_known_is_left_out_with_one_word(void **state)
{
	struct rig *g = *state;

	go_up(g);
	say(g, "of-tomorrow\nx=1");
	say(g, "of-tomorrow\nx=2");
	say(g, "ack\nid=0-1-1-0\norder=28\ncolor=green");
	assert_int_equal(g->n, 1);
	assert_int_equal(g->alerts, 1);
}

static void
nonsense_closes_the_link(void **state)
{
	struct rig *g = *state;

	go_up(g);
	assert_int_equal(send(g->fd, "\0\0\0\0", 4, 0), 4);
	tick(g);
	assert_int_equal(venue_process_fd(g->v), -1);
	assert_int_equal(g->heard[0].kind, VENUE_DOWN);
	go_up(g);
	say(g, "ack\nno field");
	assert_int_equal(venue_process_fd(g->v), -1);
}

static void
records_byte_by_byte_are_the_same(void **state)
{
	static const char text[] = "\0\0\0\x19"
				   "ack\nid=0-1-1-0\norder=X-28";
	struct rig *g = *state;

	go_up(g);
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		assert_int_equal(g->n, 0);
		assert_int_equal(send(g->fd, text + i, 1, 0), 1);
		tick(g);
	}
	assert_int_equal(g->n, 1);
	assert_int_equal(g->heard[0].kind, VENUE_ACK);
}

static void
a_mark_without_a_trade_is_the_middle(void **state)
{
	struct rig *g = *state;

	go_up(g);
	say(g, "mark\nsymbol=BTCUSDT\nbid=100.00\nask=100.02\ntime=5");
	assert_int_equal(g->heard[0].last_px_e8, 10001 * FIX_E8 / 100);
	assert_int_equal(g->heard[0].when.ns, 5);
}

static void
what_it_keeps_is_kept_and_given_to_the_next(void **state)
{
	struct rig *g = *state;
	struct record r;

	go_up(g);
	say(g, "keep\nkey=BTCUSDT\nvalue=56");
	assert_string_equal(g->key, "kBTCUSDT");
	assert_string_equal(g->value, "56");
	attach(g);
	assert_string_equal(next(g, &r), "hello");
	say(g, "hello\nversion=1");
	assert_string_equal(next(g, &r), "kept");
	assert_true(fix_span_is(record_get(&r, "value"), "56"));
	say(g, "keep\nkey=BTCUSDT\nvalue=");
	assert_string_equal(g->value, "");
}

static void
the_time_of_the_last_execution_is_kept(void **state)
{
	struct rig *g = *state;

	go_up(g);
	say(g, "fill\nid=0-1-1-0\nexec=1\nlast_qty=1\nlast_px=1\ntime=77");
	assert_string_equal(g->key, "s");
	assert_string_equal(g->value, "77");
	say(g, "fill\nid=0-1-1-0\nexec=2\nlast_qty=1\nlast_px=1\ntime=76");
	assert_int_equal(g->keeps, 1);
}

static void
silence_is_asked_about_then_ends_the_link(void **state)
{
	struct rig *g = *state;
	struct record r;

	go_up(g);
	g->ns += VENUE_PROCESS_PING_NS - 1;
	tick(g);
	assert_string_equal(next(g, &r), "");
	g->ns += 1;
	assert_true(g->v->ops->deadline(g->v).ns <= g->ns);
	tick(g);
	assert_string_equal(next(g, &r), "ping");
	say(g, "pong");
	g->ns += VENUE_PROCESS_SILENT_NS - 1;
	tick(g);
	assert_true(g->v->up);
	assert_false(venue_process_hangs(g->v));
	g->ns += 1;
	assert_true(g->v->ops->deadline(g->v).ns <= g->ns);
	tick(g);
	assert_false(g->v->up);
	assert_true(venue_process_hangs(g->v));
	assert_false(venue_process_hangs(g->v));
	assert_int_equal(g->v->ops->deadline(g->v).ns, FIX_MONO_NEVER);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(hello_kept_things_start_and_up),
		T(nothing_is_written_before_the_turn_is_committed),
		T(another_version_is_refused_with_the_reason),
		T(the_end_of_the_process_is_down_and_refuses),
		T(the_next_process_gets_nothing_of_the_last),
		T(down_by_itself_keeps_the_link_and_says_why),
		T(a_full_queue_refuses_new_orders_and_takes_cancels),
		T(an_execution_with_bad_numbers_is_not_lost),
		T(other_bad_records_are_told_and_not_acted_upon),
			T(what_the_account_holds_is_handed_over),
		T(what_is_not_known_is_left_out_with_one_word),
		T(nonsense_closes_the_link),
		T(records_byte_by_byte_are_the_same),
		T(a_mark_without_a_trade_is_the_middle),
		T(what_it_keeps_is_kept_and_given_to_the_next),
		T(the_time_of_the_last_execution_is_kept),
		T(silence_is_asked_about_then_ends_the_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
