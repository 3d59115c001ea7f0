/*
 * What the desk keeps and what it costs: restart, forgetting, foreign bytes,
 * memory.
 */
#include "config.h"

#include <malloc.h>
#include <stdio.h>

#include "tests/gateway/order/script.h"

#define ACK "> D X 100\n= D 100\nV ack\n< 8 X 0/0 100 0 100\n"

static const struct order *
order_of(const struct rig *r, uint32_t session, const char *id)
{
	const struct order *o =
	    desk_find_client(r->desk, session, fix_span_of(id));

	assert_non_null(o);
	return o;
}

/* ----- ids ----- */

static void
order_ids_and_exec_ids_never_repeat_over_restarts(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	char id[16], first[ORDER_ID_MAX + 1];
	struct fix_order o;
	unsigned i;

	(void)state;
	script_run(r, ACK); /* the judge knows every ExecID */
	strcpy(first, order_of(r, 1, "X")->order_id);
	for (i = 0; i < 5; i++) {
		rig_restart(r);
		script_run(r, "V up\n");
		(void)desk_believe(r->desk, 1);
		snprintf(id, sizeof(id), "N%u", i);
		o = plain(id, 100);
		rig_request(r, 1, &o, false);
		assert_string_not_equal(order_of(r, 1, id)->order_id, first);
		assert_null(strchr(order_of(r, 1, id)->order_id, ' '));
		desk_forget(r->desk, INT64_MAX);
		script_run(r, "> H X\n< 8 X I/0 100 0 100\n");
	}
	rig_free(r);
}

static void
a_clordid_must_be_printable_without_blanks_and_short(void **state)
{
	static char too_long[ORDER_CLORDID_MAX + 2];
	static const char *const bad[] = { "a b", "a\tb", "a\177", "\xc3\xa4",
		too_long };
	struct rig *r = rig_new(FIX_V_44);
	struct fix_order o;
	unsigned i;

	memset(too_long, 'x', sizeof(too_long) - 1);
	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		o = plain(bad[i], 100);
		rig_request(r, 1, &o, false);
		assert_int_equal(r->n_told, i + 1);
		assert_int_equal(r->told[i].e.exec_type, '8');
		assert_string_equal(r->told[i].order_id, "NONE");
		assert_string_equal(r->told[i].id, bad[i]);
		assert_null(desk_find_client(r->desk, 1, o.cl_ord_id));
	}
	assert_int_equal(r->n_sent, 0);
	rig_free(r);
}

static void
executions_with_long_ids_are_told_apart(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	r->told_seen = r->n_told;
	script_run(r,
	    ACK "V fill 1 =0123456789012345678901234567890123456789A\n"
		"< 8 X F/1 100 1 99 1\n"
		"V fill 1 =0123456789012345678901234567890123456789B\n"
		"< 8 X F/1 100 2 98 1\n"
		"V fill 1 =0123456789012345678901234567890123456789A\n");
	rig_free(r);
}

/* ----- what is kept ----- */

static int
load(struct rig *r, enum fix_table t, const void *key, size_t key_len,
    const void *value, size_t len)
{
	struct fix_span k = { key, key_len }, v = { value, len };

	return desk_load(r->desk, t, k, v);
}

static struct rig *
before_start(void)
{
	struct rig *r = rig_new(FIX_V_44);
	struct desk_cfg cfg = { .node = 7, .incarnation = 9, .risk = r->risk };
	struct desk_ops none = { 0 };

	desk_free(r->desk);
	r->desk = desk_new(&cfg, &none);
	assert_non_null(r->desk);
	return r;
}

static int
load_order(struct rig *r, const uint8_t *key, size_t len, const struct order *o)
{
	uint8_t v[ORDER_KEPT_MAX];

	return load(r, FIX_TAB_ORDERS, key, len, v, order_keep(o, v));
}

/* All but the last n bytes, and less; and one byte more. */
static int
load_short(
    struct rig *r, const uint8_t *key, const struct order *o, size_t n)
{
	uint8_t v[ORDER_KEPT_MAX];
	size_t len = order_keep(o, v);

	assert_true(len > 20);
	return load(r, FIX_TAB_ORDERS, key, 8, v, n == 0 ? 0 : len - n);
}

static int
load_long(struct rig *r, const uint8_t *key, const struct order *o)
{
	uint8_t v[ORDER_KEPT_MAX + 1];
	size_t len = order_keep(o, v);

	v[len] = 1;
	return load(r, FIX_TAB_ORDERS, key, 8, v, len + 1);
}

static void
pairs_that_are_not_ours_are_refused(void **state)
{
	struct rig *r = before_start();
	struct order o;
	struct order_exec x;
	uint8_t one[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };

	(void)state;
	memset(&o, 0, sizeof(o));
	memset(&x, 0, sizeof(x));
	o.number = 1;
	o.status = 'A';
	assert_int_equal(load_order(r, one, 7, &o), -FIX_E_CORRUPT);
	o.changed_ns = o.entered_ns = 1;
	for (size_t n = 0; n < 20; n++)
		assert_int_equal(load_short(r, one, &o, n), -FIX_E_CORRUPT);
	assert_int_equal(load_long(r, one, &o), -FIX_E_CORRUPT);
	o.number = 2;
	assert_int_equal(load_order(r, one, 8, &o), -FIX_E_CORRUPT);
	o.number = 1;
	o.status = 'x';
	assert_int_equal(load_order(r, one, 8, &o), -FIX_E_CORRUPT);
	o.status = 'A';
	memset(o.symbol, 'x', sizeof(o.symbol));
	assert_int_equal(load_order(r, one, 8, &o), -FIX_E_CORRUPT);
	memset(o.symbol, 0, sizeof(o.symbol));
	o.leaves_e8 = -1;
	assert_int_equal(load_order(r, one, 8, &o), -FIX_E_CORRUPT);
	o.leaves_e8 = 0;
	assert_int_equal(load_order(r, one, 8, &o), 0);
	assert_int_equal(load_order(r, one, 8, &o), -FIX_E_CORRUPT);
	assert_int_equal(
	    load(r, FIX_TAB_IDS, "\0\0\0\1 X", 6, &o, 24), -FIX_E_CORRUPT);
	assert_int_equal(load(r, FIX_TAB_EXECS, "\0\0\0\1", 4, &x, sizeof(x)),
	    -FIX_E_CORRUPT);
	assert_int_equal(
	    load(r, FIX_TAB_POSITIONS, "ACCABC", 6, &x, 40), -FIX_E_CORRUPT);
	assert_int_equal(load(r, FIX_TAB_META, one, 8, &x, 8), -FIX_E_CORRUPT);
	rig_free(r);
}

static void
suspense_survives_a_restart(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	const struct risk_position *p;

	(void)state;
	script_run(r, "V fill 40 id=NOBODY =E1\n! in suspense\nR\n");
	p = risk_get_position(
	    r->risk, fix_span_of("SUSPENSE"), fix_span_of("ABC"));
	assert_non_null(p);
	assert_int_equal(p->qty_e8, 40 * FIX_E8);
	rig_forget_seen(r);
	script_run(r, "V fill 40 id=NOBODY =E1\n");
	assert_int_equal(risk_get_position(r->risk, fix_span_of("SUSPENSE"),
			     fix_span_of("ABC"))
			     ->qty_e8,
	    40 * FIX_E8);
	rig_free(r);
}

static void
a_fill_moves_the_position_and_a_restart_brings_it_back(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct fix_span acc = fix_span_of("ACC"), abc = fix_span_of("ABC");

	(void)state;
	script_run(r, ACK "V fill 40 =E1\n< 8 X F/1 100 40 60 40\n"
			  "V fill 10 =E2\n< 8 X F/1 100 50 50 10\n"
			  "V bust ref=E2\n< 8 X H/1 100 40 60 19=E2\n");
	assert_int_equal(
	    risk_get_position(r->risk, acc, abc)->qty_e8, 40 * FIX_E8);
	rig_restart(r);
	assert_int_equal(
	    risk_get_position(r->risk, acc, abc)->qty_e8, 40 * FIX_E8);
	rig_free(r);
}

static void
what_ended_is_forgotten_with_its_ids_and_executions(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, ACK "V fill 100 =E1\n< 8 X F/2 100 100 0 100\n"
			  "> F Y,X\n< 9 Y,X 2 0/1\n"
			  "> D L 100\nV ack\n< 8 L 0/0 100 0 100\n");
	assert_int_equal(desk_forget(r->desk, r->now.utc.ns), 0);
	rig_pass(r, FIX_DAY);
	rig_before_start(r); /* as a trader does it: load, forget, start */
	assert_int_equal(desk_forget(r->desk, r->now.utc.ns), 1);
	desk_start(r->desk, r->now);
	assert_int_equal(desk_live(r->desk), 1);
	assert_null(desk_find_client(r->desk, 1, fix_span_of("X")));
	assert_null(desk_find_client(r->desk, 1, fix_span_of("Y")));
	/* one order, one id, one position are left */
	assert_int_equal(r->kept.count, 3);
	rig_restart(r);
	assert_int_equal(r->kept.count, 3);
	assert_int_equal(desk_live(r->desk), 1);
	rig_forget_seen(r);
	script_run(r, "> H X\n< 8 X I/8 0 0 0 37=NONE\n");
	rig_free(r);
}

static void
a_flood_of_refused_requests_is_answered_but_not_remembered(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct fix_order o = { .kind = 'F',
		.orig_cl_ord_id = fix_span_of("X") };
	unsigned i;
	char id[16];

	(void)state;
	script_run(r, ACK "V fill 100\n< 8 X F/2 100 100 0 100\n");
	for (i = 0; i < 5000; i++) {
		snprintf(id, sizeof(id), "F%u", i);
		o.cl_ord_id = fix_span_of(id);
		rig_request(r, 1, &o, false);
	}
	assert_int_equal(r->n_told, 5002);
	assert_in_range(r->kept.count, 1000, 1010);
	rig_free(r);
}

static void
a_session_that_is_not_served_is_told_so(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct fix_order o = plain("X", 100);
	const char *why = NULL;

	(void)state;
	assert_int_equal(desk_request(r->desk, 99, &o, false, r->now, &why), 1);
	assert_non_null(why);
	rig_free(r);
}

/* ----- memory ----- */

static unsigned quiet_reports;

static void
quiet_keep(void *arg, enum fix_table t, struct fix_span k, struct fix_span v)
{
	(void)arg, (void)t, (void)k, (void)v;
}

static void
quiet_report(
    void *arg, uint32_t session, uint32_t venue, const struct fix_exec *e)
{
	(void)arg, (void)session, (void)venue, (void)e;
	quiet_reports++;
}

static void
quiet_alert(void *arg, const char *text)
{
	(void)arg;
	fail_msg("%s", text);
}

static int
quiet_send(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	char *id = v->sink.arg;

	(void)now;
	strcpy(id, o->cl_ord_id);
	return 0;
}

static void
trade(struct desk *d, struct venue *v, struct fix_now now, unsigned i)
{
	char id[16], exec[16];
	struct fix_order o = plain("", 100);
	struct venue_event e = { .kind = VENUE_ACK,
		.cl_ord_id = v->sink.arg,
		.exec_id = exec,
		.last_qty_e8 = 100 * FIX_E8,
		.last_px_e8 = 10 * FIX_E8,
		.cum_qty_e8 = -1 };
	const char *why;

	snprintf(id, sizeof(id), "O%u", i);
	o.cl_ord_id = fix_span_of(id);
	snprintf(exec, sizeof(exec), "E%u", i);
	assert_int_equal(desk_request(d, 1, &o, false, now, &why), 0);
	desk_venue_event(d, v, &e, now);
	e.kind = VENUE_FILL;
	desk_venue_event(d, v, &e, now);
}

static void
no_order_costs_a_malloc(void **state)
{
	static const struct venue_ops ops = { .send_new = quiet_send };
	struct rig *r = rig_new(FIX_V_44);
	char last[64] = "";
	struct venue v = { .ops = &ops,
		.sink = { .arg = last },
		.name = "Q",
		.number = 1,
		.up = true };
	struct desk_cfg cfg = { .incarnation = 1, .risk = r->risk };
	struct desk_ops quiet = { NULL, quiet_keep, quiet_report, NULL,
		quiet_alert, NULL, NULL, NULL, NULL,
		NULL };
	struct desk_session s = { .number = 1, .version = FIX_V_44 };
	struct desk *d = desk_new(&cfg, &quiet);
	unsigned i, changed = 0;

	(void)state;
	assert_non_null(d);
	assert_int_equal(desk_add_session(d, &s), 0);
	assert_int_equal(desk_add_venue(d, &v), 0);
	desk_start(d, r->now);
	for (i = 0; i < 4000; i++) {
		struct mallinfo2 before = mallinfo2(), after;

		trade(d, &v, r->now, i);
		after = mallinfo2();
		changed += before.uordblks + before.hblkhd !=
			   after.uordblks + after.hblkhd;
	}
	assert_int_equal(quiet_reports, 8000);
#ifndef SANITIZED
	assert_in_range(changed, 1, 40); /* pools and maps, in big steps */
#endif
	desk_free(d);
	rig_free(r);
}

/* Memory runs out at the n-th allocation of a request, for every n: it is not
 * taken, and nothing of it stays. */
static long mallocs_left = -1;
void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);

static bool
none_left(void)
{
	if (mallocs_left == 0)
		return true;
	if (mallocs_left > 0)
		mallocs_left--;
	return false;
}

void *
__wrap_malloc(size_t n)
{
	return none_left() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return none_left() ? NULL : __real_calloc(n, size);
}

#ifndef SANITIZED /* pools are off there */

static void
without_memory_a_request_is_not_taken(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct fix_order o = plain("X", 100);
	const char *why = NULL;
	long n;
	int rc;

	(void)state;
	for (n = 0;; n++) {
		mallocs_left = n;
		rc = desk_request(r->desk, 1, &o, false, r->now, &why);
		mallocs_left = -1;
		if (rc == 0)
			break;
		assert_non_null(why);
		assert_int_equal(r->n_told + r->n_sent + r->n_kept, 0);
		assert_null(desk_find_client(r->desk, 1, o.cl_ord_id));
	}
	assert_in_range(n, 1, 10);
	assert_int_equal(r->n_sent, 1);
	rig_free(r);
}

#endif

struct thing {
	struct node node;
	unsigned key;
};

static bool
eq_thing(const struct node *n, const void *key)
{
	return ((const struct thing *)(const void *)n)->key ==
	       *(const unsigned *)key;
}

static void
a_map_finds_everything_while_it_grows(void **state)
{
	static struct thing things[20000];
	struct hmap m;
	unsigned i, k;

	(void)state;
	assert_true(hmap_init(&m));
	for (i = 0; i < 20000; i++) {
		things[i].key = i;
		hmap_put(&m, &things[i].node, i % 5000 * 2654435761u);
		for (k = i < 50 ? 0 : i - 50; k <= i; k++)
			assert_ptr_equal(
			    hmap_find(
				&m, k % 5000 * 2654435761u, eq_thing, &k),
			    &things[k].node);
		if (i % 3 == 0 && i > 100) {
			k = i - 60;
			hmap_del(&m, &things[k].node);
			assert_null(hmap_find(
			    &m, k % 5000 * 2654435761u, eq_thing, &k));
			hmap_put(
			    &m, &things[k].node, k % 5000 * 2654435761u);
		}
	}
	assert_int_equal(m.count, 20000);
	hmap_fini(&m);
}

/* What came and went leaves marks; they are swept, or the map would grow with
 * all that ever was in it. */
static void
a_map_does_not_grow_with_what_has_gone(void **state)
{
	static struct thing things[64];
	struct hmap m;
	unsigned i, k;

	(void)state;
	assert_true(hmap_init(&m));
	for (i = 0; i < 100000; i++) {
		struct thing *t = &things[i % 64];

		if (i >= 64)
			hmap_del(&m, &t->node);
		t->key = i;
		hmap_put(&m, &t->node, i * UINT64_C(0x9e3779b97f4a7c15));
		k = i < 63 ? 0 : i - 63;
		assert_ptr_equal(
		    hmap_find(&m, k * UINT64_C(0x9e3779b97f4a7c15), eq_thing,
			&k),
		    &things[k % 64].node);
	}
	assert_int_equal(m.count, 64);
	assert_in_range(m.mask, 63, 1023);
	hmap_fini(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    order_ids_and_exec_ids_never_repeat_over_restarts),
		cmocka_unit_test(
		    a_clordid_must_be_printable_without_blanks_and_short),
		cmocka_unit_test(executions_with_long_ids_are_told_apart),
		cmocka_unit_test(pairs_that_are_not_ours_are_refused),
		cmocka_unit_test(suspense_survives_a_restart),
		cmocka_unit_test(
		    a_fill_moves_the_position_and_a_restart_brings_it_back),
		cmocka_unit_test(
		    what_ended_is_forgotten_with_its_ids_and_executions),
		cmocka_unit_test(
		    a_flood_of_refused_requests_is_answered_but_not_remembered),
		cmocka_unit_test(a_session_that_is_not_served_is_told_so),
		cmocka_unit_test(no_order_costs_a_malloc),
#ifndef SANITIZED
		cmocka_unit_test(without_memory_a_request_is_not_taken),
#endif
		cmocka_unit_test(a_map_finds_everything_while_it_grows),
		cmocka_unit_test(a_map_does_not_grow_with_what_has_gone),
	};

	return cmocka_run_group_tests_name(
	    "what the order desk keeps", tests, NULL, NULL);
}
