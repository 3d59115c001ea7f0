/*
 * Rows of the order state tables that are no sequence of a client and a venue:
 * the rules of ClOrdID chains (section 5), mass cancel (M), mass status (S),
 * and a clock that steps. The names begin with the row's id.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/gateway/order/script.h"

#define ACK "> D X 100\n= D 100\nV ack\n< 8 X 0/0 100 0 100\n"

static const enum fix_version faces[] = { FIX_V_42, FIX_V_44, FIX_V_50SP2 };

static void
in_each_face(const char *text)
{
	for (unsigned i = 0; i < 3; i++) {
		struct rig *r = rig_new(faces[i]);

		script_run(r, text);
		rig_free(r);
	}
}

static void
chain_c1_an_id_is_used_once_by_any_request(void **state)
{
	(void)state;
	in_each_face(ACK "> G Y,X 90\n< 8 Y,X E/E 100 0 100\nV replaced\n"
			 "42|< 8 Y,X 5/5 90 0 90\n4+|< 8 Y,X 5/0 90 0 90\n"
			 "> D Y 100\n42|< 8 Y 8/5 90 0 90 103=6\n"
			 "4+|< 8 Y 8/0 90 0 90 103=6\n"
			 "> F X,Y\n42|< 9 X,Y 5 2/1\n4+|< 9 X,Y 0 6/1\n"
			 "> H X\n42|< 8 Y,X I/5 90 0 90\n"
			 "4+|< 8 Y,X I/0 90 0 90\n");
}

static void
chain_c2_a_request_may_name_one_that_is_pending(void **state)
{
	(void)state;
	in_each_face(ACK "> G Y,X 90\n< 8 Y,X E/E 100 0 100\n> F Z,Y\n"
			 "V replaced\n42|< 8 Y,X 5/5 90 0 90\n"
			 "4+|< 8 Y,X 5/0 90 0 90\n< 8 Z,Y 6/6 90 0 90\n");
}

static void
chain_c3_reports_name_the_last_accepted_id(void **state)
{
	(void)state;
	in_each_face(ACK "> G Y,X 90\n< 8 Y,X E/E 100 0 100\n> F Z,Y\n"
			 "> F W,Y\n42|< 9 W,Y E 3/1\n4+|< 9 W,X E 3/1\n");
}

static void
chain_c4_a_refused_id_names_no_order_and_is_used_up(void **state)
{
	(void)state;
	in_each_face(ACK "> G Y,X 2000\n42|< 9 Y,X 0 2/2\n4+|< 9 Y,X 0 99/2\n"
			 "> G Y,X 90\n42|< 9 Y,X 0 2/2\n4+|< 9 Y,X 0 6/2\n"
			 "> G Z,X 90\n< 8 Z,X E/E 100 0 100\n");
}

static void
chain_c5_an_unknown_order_uses_nothing_up(void **state)
{
	(void)state;
	in_each_face("> F Y,X\n< 9 Y,X 8 1/1 37=NONE\n> G Y,X 10\n"
		     "< 9 Y,X 8 1/2 37=NONE\n> D Y 100\nV ack\n"
		     "< 8 Y 0/0 100 0 100\n");
}

static void
chain_c6_both_ids_find_a_canceled_order(void **state)
{
	(void)state;
	in_each_face(ACK "V fill 10 =A\n< 8 X F/1 100 10 90 10\n> F Y,X\n"
			 "< 8 Y,X 6/6 100 10 90\nV canceled\n"
			 "< 8 Y,X 4/4 100 10 0\n> F Z,Y\n< 9 Z,Y 4 0/1\n"
			 "> F W,X\n< 9 W,X 4 0/1\nV bust ref=A\n"
			 "42|< 8 Y H/4 100 0 0\n4+|< 8 X H/4 100 0 0\n");
}

static void
chain_c7_an_order_id_that_disagrees_is_unknown(void **state)
{
	(void)state;
	in_each_face(ACK "> F Y,X 37=NO\n< 9 Y,X 8 1/1 37=NONE\n"
			 "> F Y,X 37=OK\n< 8 Y,X 6/6 100 0 100\n");
}

static void
chain_c8_status_by_an_older_id_names_both(void **state)
{
	(void)state;
	in_each_face(ACK "V fill 10\n< 8 X F/1 100 10 90 10\n> G Y,X 90\n"
			 "< 8 Y,X E/E 100 10 90\nV replaced\n"
			 "< 8 Y,X 5/1 90 10 80\n> H X\n< 8 Y,X I/1 90 10 80\n"
			 "> H Y\n< 8 Y I/1 90 10 80\n");
}

static void
chain_c9_a_cancel_changes_no_quantity(void **state)
{
	(void)state;
	in_each_face(ACK "> F Y,X 40\n= F 100\n< 8 Y,X 6/6 100 0 100\n"
			 "V canceled\n< 8 Y,X 4/4 100 0 0\n");
}

static void
chain_c10_some_fields_can_not_be_replaced(void **state)
{
	(void)state;
	in_each_face(ACK "= -\n> G A,X 100 sym=DEF\n< 9 A,X 0 2/2\n"
			 "> G B,X 100 side=2\n< 9 B,X 0 2/2\n"
			 "> G C,X 100 acc=ACC2\n< 9 C,X 0 2/2\n= -\n");
}

static void
chain_c11_a_replace_is_the_whole_order(void **state)
{
	(void)state;
	in_each_face(ACK "> G Y,X 90 @11\n< 8 Y,X E/E 100 0 100\n> G Z,X 80\n"
			 "V refused why=2\n< 9 Y,X 0 2/2\n"
			 "< 8 Z,X E/E 100 0 100\nV replaced\n"
			 "42|< 8 Z,X 5/5 80 0 80 44=10\n"
			 "4+|< 8 Z,X 5/0 80 0 80 44=10\n");
}

static void
c11_a_request_may_say_which_state_it_was_made_for(void **state)
{
	static const char text[] = ACK
	    "> G A,X 90 586=OLD\n< 9 A,X 0 5/2 58=MODIFIED\n= -\n"
	    "> F B,X 586=OLD\n< 9 B,X 0 5/1\n= -\n> H X 790=S\n< 8 X I/0 100 0 100\n"
	    "> D Z 5\nV ack\n< 8 Z 0/0 5 0 5\n"
	    "> G Y,Z 4 586=LAST\n< 8 Y,Z E/E 5 0 5\nV replaced\n"
	    "< 8 Y,Z 5/0 4 0 4\n> F W,Y 586=LAST\n< 8 W,Y 6/6 4 0 4\n";

	(void)state;
	for (unsigned i = 1; i < 3; i++) {
		struct rig *r = rig_new(faces[i]);

		script_run(r, text);
		rig_free(r);
	}
}

/* 4.3 has the forms of 4.4, but not all of its reasons. */
static void
reasons_are_those_that_the_version_knows(void **state)
{
	static const struct {
		enum fix_version v;
		const char *account, *big;
	} want[] = {
		{ FIX_V_42, "0", "2" }, { FIX_V_43, "0", "2" },
		{ FIX_V_44, "15", "99" }, { FIX_V_50, "15", "99" },
		{ FIX_V_50SP2, "15", "99" },
	};
	char text[200];

	(void)state;
	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct rig *r = rig_new(want[i].v);

		snprintf(text, sizeof(text), "> D C 100 acc=NONE\n"
		    "< 8 C 8/8 100 0 0 103=%s\n" ACK "> G Y,X 2000\n"
		    "< 9 Y,X 0 %s/2\n", want[i].account, want[i].big);
		script_run(r, text);
		rig_free(r);
	}
	for (int v = FIX_V_40; v < FIX_N_VERSION; v++)
		for (int r = -1; r < 40; r++) {
			int got = report_cxl_reason((enum fix_version)v, r);

			assert_in_range(got, 0, v <= FIX_V_41 ? 1 :
			    v == FIX_V_42 ? 3 : v == FIX_V_43 ? 6 : 99);
		}
}

/* ----- M, S ----- */

static const char *
ask(struct rig *r, char kind, const char *id, const char *account)
{
	struct order_mass m = { .kind = kind,
		.scope = '7',
		.id = fix_span_of(id),
		.account = fix_span_of(account) };
	const char *why;
	unsigned n = r->n_said;

	assert_int_equal(desk_mass(r->desk, 1, &m, r->now, &why), 0);
	return r->n_said > n ? r->said[n] : "";
}

static void
has(const char *message, const char *part)
{
	if (strstr(message, part) == NULL)
		fail_msg("%s is not in %s", part, message);
}

/* The venue fills so much of X. */
static void
fill(struct rig *r, int64_t qty)
{
	const struct order *o = desk_find_client(r->desk, 1, fix_span_of("X"));
	struct venue_event e = { .kind = VENUE_FILL,
		.cl_ord_id = o->venue_cl_ord_id,
		.exec_id = "fill",
		.last_qty_e8 = qty * FIX_E8,
		.last_px_e8 = 10 * FIX_E8,
		.cum_qty_e8 = -1 };

	rig_event(r, &e);
}

static void
m3_one_that_fills_meanwhile_is_counted_and_filled(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, ACK);
	has(ask(r, 'q', "Q1", ""), "|531=7|533=1|");
	script_run(r, "= F\n");
	fill(r, 100);
	script_run(r, "< 8 X F/2 100 100 0 100\n> H X\n"
		      "< 8 X I/2 100 100 0\n");
	rig_free(r);
}

static void
m5_an_account_that_is_not_permitted_leaks_nothing(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	const char *said;

	(void)state;
	script_run(r, ACK);
	said = ask(r, 'q', "Q1", "NOBODYS");
	has(said, "|531=0|532=99|");
	assert_null(strstr(said, "533="));
	script_run(r, "= -\n");
	rig_free(r);
}

static void
m7_a_mass_cancel_passes_while_all_is_halted(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct risk_where all = { 0 };

	(void)state;
	script_run(r, ACK);
	assert_true(risk_where_add(&all, RISK_SCOPE_FIRM, ""));
	assert_int_equal(risk_kill(r->risk, 1, &all, RISK_HALTED, NULL), 0);
	has(ask(r, 'q', "Q1", ""), "|531=7|533=1|");
	script_run(r, "= F\n= -\n");
	rig_free(r);
}

/* The answer is first; all cancels are out before anything that comes later. */
static void
m9_of_many_orders_every_cancel_leaves_before_a_new_order(void **state)
{
	enum { MANY = 900 };
	struct rig *r = rig_new(FIX_V_44);
	struct fix_order o = { .kind = 'D',
		.side = '1',
		.ord_type = '2',
		.symbol = fix_span_of("ABC"),
		.has = FIX_OH_PRICE | FIX_OH_ORDER_QTY };
	char id[16];
	unsigned i, cancels = 0;

	(void)state;
	o.price = rig_dec(10 * FIX_E8);
	o.order_qty = rig_dec(FIX_E8);
	for (i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "M%u", i);
		o.cl_ord_id = fix_span_of(id);
		rig_request(r, 1, &o, false);
	}
	assert_int_equal(r->n_sent, MANY);
	has(ask(r, 'q', "Q1", ""), "|533=900|");
	o.cl_ord_id = fix_span_of("NEW");
	rig_request(r, 1, &o, false);
	for (i = MANY; i < r->n_sent; i++) {
		assert_int_equal(r->sent[i].kind, i < 2 * MANY ? 'F' : 'D');
		cancels += r->sent[i].kind == 'F';
	}
	assert_int_equal(cancels, MANY);
	rig_free(r);
}

static void
s2_orders_of_others_are_not_in_it(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, "> D X 100 s=3\nV ack\n< 8 X 0/0 100 0 100\n");
	has(ask(r, 'A', "S1", ""), "|911=0|");
	rig_free(r);
}

static void
s4_ended_orders_are_not_in_it(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, ACK "V fill 100\n< 8 X F/2 100 100 0 100\n");
	has(ask(r, 'A', "S1", ""), "|911=0|");
	rig_free(r);
}

/* Before the venue's answer it tells what the client was told last. */
static void
s5_after_a_restart_it_is_what_was_told(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, ACK "V fill 10\n< 8 X F/1 100 10 90 10\nR\n");
	has(ask(r, 'A', "S1", ""), "|39=1|");
	rig_free(r);
}

static void
n14_a_clock_that_steps_changes_no_state(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, ACK);
	r->now.utc.ns -= 3600 * FIX_SEC;
	fill(r, 10);
	script_run(r, "< 8 X F/1 100 10 90 10\n");
	r->now.utc.ns += 3 * 3600 * FIX_SEC;
	script_run(r, "= -\n> H X\n< 8 X I/1 100 10 90\n");
	rig_free(r);
}

static unsigned
note_ids(const struct rig *r, char (*ids)[80], unsigned n)
{
	for (unsigned i = 0; i < r->n_sent; i++)
		snprintf(ids[n++], 80, "%s", r->sent[i].id);
	for (unsigned i = 0; i < r->n_told; i++) {
		if (r->told[i].e.exec_type == '0')
			snprintf(ids[n++], 80, "%s", r->told[i].order_id);
		snprintf(ids[n++], 80, "%s", r->told[i].exec);
	}
	return n;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* OrderIDs, ExecIDs and what venues see, of two nodes, each started thrice. */
static void
ids_never_come_twice_over_nodes_and_restarts(void **state)
{
	static const char *const days[] = {
		"> D A 5\nV ack\n< 8 A 0/0 5 0 5\n"
		"V fill 2\n< 8 A F/1 5 2 3 2\n> F B,A\n< 8 B,A 6/6 5 2 3\n",
		"> D C 5\nV ack\n< 8 C 0/0 5 0 5\n",
		"> D D 5\nV ack\n< 8 D 0/0 5 0 5\n"
	};
	static char ids[100][80];
	unsigned n = 0;

	(void)state;
	for (unsigned node = 1; node <= 2; node++) {
		struct rig *r = rig_new(FIX_V_44);

		r->node = node;
		for (unsigned i = 0; i < 3; i++) {
			rig_restart(r);
			r->venue.up = true;
			script_run(r, days[i]);
		}
		n = note_ids(r, ids, n);
		rig_free(r);
	}
	assert_in_range(n, 20, 100);
	qsort(ids, n, sizeof(ids[0]), by_text);
	for (unsigned i = 1; i < n; i++)
		if (strcmp(ids[i - 1], ids[i]) == 0)
			fail_msg("%s came twice", ids[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chain_c1_an_id_is_used_once_by_any_request),
		cmocka_unit_test(
		    chain_c2_a_request_may_name_one_that_is_pending),
		cmocka_unit_test(chain_c3_reports_name_the_last_accepted_id),
		cmocka_unit_test(
		    chain_c4_a_refused_id_names_no_order_and_is_used_up),
		cmocka_unit_test(chain_c5_an_unknown_order_uses_nothing_up),
		cmocka_unit_test(chain_c6_both_ids_find_a_canceled_order),
		cmocka_unit_test(
		    chain_c7_an_order_id_that_disagrees_is_unknown),
		cmocka_unit_test(chain_c8_status_by_an_older_id_names_both),
		cmocka_unit_test(chain_c9_a_cancel_changes_no_quantity),
		cmocka_unit_test(chain_c10_some_fields_can_not_be_replaced),
		cmocka_unit_test(chain_c11_a_replace_is_the_whole_order),
		cmocka_unit_test(
		    c11_a_request_may_say_which_state_it_was_made_for),
		cmocka_unit_test(reasons_are_those_that_the_version_knows),
		cmocka_unit_test(
		    m3_one_that_fills_meanwhile_is_counted_and_filled),
		cmocka_unit_test(
		    m5_an_account_that_is_not_permitted_leaks_nothing),
		cmocka_unit_test(m7_a_mass_cancel_passes_while_all_is_halted),
		cmocka_unit_test(
		    m9_of_many_orders_every_cancel_leaves_before_a_new_order),
		cmocka_unit_test(s2_orders_of_others_are_not_in_it),
		cmocka_unit_test(s4_ended_orders_are_not_in_it),
		cmocka_unit_test(s5_after_a_restart_it_is_what_was_told),
		cmocka_unit_test(ids_never_come_twice_over_nodes_and_restarts),
		cmocka_unit_test(n14_a_clock_that_steps_changes_no_state),
	};

	return cmocka_run_group_tests_name(
	    "order state rows", tests, NULL, NULL);
}
