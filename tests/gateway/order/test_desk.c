/*
 * What the desk promises beyond single scenarios: routing, ids, settings of a
 * session, kill and cancel-all, time-outs.
 */
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

static void
a_route_matches_by_symbol_exchange_destination_and_account(void **state)
{
	static const struct {
		struct desk_route route;
		const char *venue;
	} t[] = { { { "DEF", "", "", "", "ALT" }, "ALT" },
		{ { "", "XNAS", "", "", "ALT" }, "ALT" },
		{ { "", "", "DEST", "", "ALT" }, "ALT" },
		{ { "", "", "", "ACC", "ALT" }, "ALT" },
		{ { "ABC", "", "", "", "ALT" }, NULL },
		{ { "DEF", "XNYS", "", "", "ALT" }, NULL } };
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct rig *r = rig_new(FIX_V_44);
		struct fix_order o = plain("X", 100);

		assert_int_equal(desk_add_route(r->desk, &t[i].route), 0);
		o.symbol = fix_span_of("DEF");
		o.security_exchange = fix_span_of("XNAS");
		o.ex_destination = fix_span_of("DEST");
		rig_request(r, 1, &o, false);
		if (t[i].venue == NULL) {
			assert_int_equal(order_of(r, 1, "X")->status, '8');
			o = plain("Y", 100);
			o.symbol = fix_span_of("DEF");
			rig_request(r, 1, &o, false);
			assert_int_equal(order_of(r, 1, "Y")->venue, 1);
			o.cl_ord_id = fix_span_of("Z");
			o.ex_destination = fix_span_of("SIM");
			rig_request(r, 1, &o, false);
			assert_int_equal(order_of(r, 1, "Z")->venue, 1);
		} else {
			assert_int_equal(order_of(r, 1, "X")->venue, 2);
		}
		rig_free(r);
	}
}

static void
the_first_route_that_matches_counts(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct desk_route a = { "ABC", "", "", "", "ALT" };
	struct desk_route b = { "", "", "", "", "SIM" };
	struct desk_route none = { "", "", "", "", "NONE" };
	struct fix_order o = plain("X", 100);

	(void)state;
	assert_int_equal(desk_add_route(r->desk, &a), 0);
	assert_int_equal(desk_add_route(r->desk, &b), 0);
	assert_int_equal(desk_add_route(r->desk, &none), -FIX_E_NOTFOUND);
	rig_request(r, 1, &o, false);
	assert_int_equal(order_of(r, 1, "X")->venue, 2);
	rig_free(r);
}

static void
an_event_of_another_venue_does_not_touch_the_order(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct venue_event e = { .kind = VENUE_ACK, .cum_qty_e8 = -1 };

	(void)state;
	script_run(r, "> D X 100\n");
	e.cl_ord_id = order_of(r, 1, "X")->venue_cl_ord_id;
	desk_venue_event(r->desk, &r->second, &e, r->now);
	assert_int_equal(r->n_told, 0);
	assert_int_equal(r->n_alerts, 1);
	rig_free(r);
}

static void
the_only_account_of_a_session_is_its_default(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, "> D X 100\nV ack\n< 8 X 0/0 100 0 100\n"
		      "> D Y 100 s=2\n< 8 Y 8/8 100 0 0 103=15\n");
	assert_string_equal(order_of(r, 1, "X")->account, "ACC");
	assert_string_equal(r->sent[0].account, "ACC");
	rig_free(r);
}

static void
a_name_with_a_nul_inside_is_not_the_name_before_it(void **state)
{
	static const uint8_t abc[] = "ABC\0X", acc[] = "ACC\0X";
	struct rig *r = rig_new(FIX_V_44);
	struct fix_order o = plain("X", 100);

	(void)state;
	o.symbol.p = abc;
	o.symbol.len = 5;
	rig_request(r, 1, &o, false);
	o = plain("Y", 100);
	o.account.p = acc;
	o.account.len = 5;
	rig_request(r, 1, &o, false);
	assert_int_equal(r->n_sent, 0);
	assert_int_equal(r->told[0].e.ord_rej_reason, 1);
	assert_int_equal(r->told[1].e.ord_rej_reason, 15);
	rig_free(r);
}

static void
pending_reports_can_be_turned_off(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct desk_session s = {
		.number = 1, .version = FIX_V_44, .no_pending_reports = true
	};

	(void)state;
	assert_int_equal(desk_add_session(r->desk, &s), 0);
	script_run(r, ACK "> G Y,X 110\n= G\nV replaced\n"
			  "< 8 Y,X 5/0 110 0 110\n> F Z,Y\n= F\n"
			  "V canceled\n< 8 Z,Y 4/4 110 0 0\n");
	rig_free(r);
}

static void
older_and_newer_versions_get_the_nearest_face(void **state)
{
	static const enum fix_version v[][2] = { { FIX_V_40, FIX_V_42 },
		{ FIX_V_41, FIX_V_42 }, { FIX_V_43, FIX_V_44 },
		{ FIX_V_50, FIX_V_50SP2 }, { FIX_V_LATEST, FIX_V_50SP2 } };
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct rig *r = rig_new(v[i][1]);
		struct desk_session s = { .number = 1, .version = v[i][0] };

		assert_int_equal(desk_add_session(r->desk, &s), 0);
		script_run(r, ACK "V fill 100\n< 8 X F/2 100 100 0 100\n");
		rig_free(r);
	}
}

/* ----- numbers ----- */

static void
avgpx_is_the_exact_quotient_rounded_to_eight_digits(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, ACK "V fill 1 @1\n< 8 X F/1 100 1 99 1 6=1\n"
			  "V fill 2 @2\n< 8 X F/1 100 3 97 2 6=1.66666667\n"
			  "V fill 3 @0.00000001\n"
			  "< 8 X F/1 100 6 94 3 6=0.83333334\n");
	rig_free(r);
}

static void
a_split_rescales_quantities_and_average(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	r->judge_off = true; /* its book knows no splits */
	script_run(r, "> D X 100 tif=1 @50\nV ack\n< 8 X 0/0 100 0 100\n"
		      "V fill 20 @50\n< 8 X F/1 100 20 80 20 6=50\n"
		      "V restated 200 why=0 cum=40 @25\n"
		      "< 8 X D/1 200 40 160 378=0 6=25\n");
	rig_free(r);
}

static int64_t
held(const struct rig *r, const char *id)
{
	return order_of(r, 1, id)->hold.qty_e8 / FIX_E8;
}

/* Pre-trade controls section 7, E1 to E3 and E6. */
static void
a_pending_replace_holds_the_greater_of_old_and_new(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, "> D X 600\nV ack\n< 8 X 0/0 600 0 600\n");
	assert_int_equal(held(r, "X"), 600);
	script_run(r, "> G Y,X 900\n< 8 Y,X E/E 600 0 600\n");
	assert_int_equal(held(r, "X"), 900);
	r->told_seen = r->n_told;
	{
		struct venue_event e = { .kind = VENUE_FILL,
			.exec_id = "E",
			.last_qty_e8 = 250 * FIX_E8,
			.last_px_e8 = 10 * FIX_E8,
			.cum_qty_e8 = -1 };

		e.cl_ord_id = order_of(r, 1, "X")->venue_cl_ord_id;
		rig_event(r, &e);
		assert_int_equal(held(r, "X"), 650);
		e.kind = VENUE_CXL_REJECT;
		e.reason = 2;
		e.cl_ord_id = order_of(r, 1, "X")->venue_request_id;
		rig_event(r, &e);
		assert_int_equal(held(r, "X"), 350);
		e.kind = VENUE_CANCELED;
		e.cl_ord_id = order_of(r, 1, "X")->venue_cl_ord_id;
		rig_event(r, &e);
		assert_int_equal(held(r, "X"), 0);
		e.kind = VENUE_BUST;
		e.exec_id = "B";
		e.ref_exec_id = "E";
		rig_event(r, &e);
		assert_int_equal(held(r, "X"), 0);
	}
	rig_check_holds(r);
	rig_free(r);
}

static void
a_replace_to_less_frees_nothing_before_it_is_done(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, "> D X 900\nV ack\n< 8 X 0/0 900 0 900\n"
		      "> G Y,X 500\n< 8 Y,X E/E 900 0 900\n");
	assert_int_equal(held(r, "X"), 900);
	{
		struct venue_event e = { .kind = VENUE_REPLACED,
			.cum_qty_e8 = -1 };

		e.cl_ord_id = order_of(r, 1, "X")->venue_request_id;
		rig_event(r, &e);
	}
	assert_int_equal(held(r, "X"), 500);
	rig_free(r);
}

static void
an_order_in_doubt_keeps_its_hold(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, "> D X 600\n");
	assert_int_equal(order_of(r, 1, "X")->status, 'A');
	rig_pass(r, 6 * FIX_SEC);
	assert_int_equal(order_of(r, 1, "X")->status, 'U');
	assert_int_equal(order_status(order_of(r, 1, "X"), FIX_V_44), 'A');
	assert_int_equal(held(r, "X"), 600);
	rig_restart(r);
	assert_int_equal(order_of(r, 1, "X")->status, 'U');
	assert_int_equal(held(r, "X"), 600);
	rig_check_holds(r);
	rig_free(r);
}

/* ----- kill, cancel-all ----- */

static void
cancels_pass_while_everything_is_halted(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct risk_where w = { 0 };

	(void)state;
	script_run(r, ACK);
	assert_true(risk_where_add(&w, RISK_SCOPE_FIRM, ""));
	assert_int_equal(risk_kill(r->risk, 1, &w, RISK_HALTED, NULL), 0);
	script_run(r, "> G Y,X 90\n< 9 Y,X 0 99/2 58=KILL\n"
		      "> D N 100\n< 8 N 8/8 100 0 0 103=99 58=KILL\n");
	r->sent_seen = r->n_sent;
	{
		struct fix_order o = { .kind = 'F',
			.cl_ord_id = fix_span_of("Z"),
			.orig_cl_ord_id = fix_span_of("X") };

		rig_request(r, 1, &o, false);
	}
	assert_int_equal(r->n_sent, r->sent_seen + 1);
	assert_int_equal(r->told[r->n_told - 1].e.ord_status, '6');
	rig_free(r);
}

static struct venue_event
about(const struct rig *r, const char *id, enum venue_event_kind kind)
{
	const struct order *o = order_of(r, 1, id);
	struct venue_event e = { .kind = kind, .cum_qty_e8 = -1 };

	e.cl_ord_id =
	    o->pending != '\0' ? o->venue_request_id : o->venue_cl_ord_id;
	return e;
}

static void
cancel_all_takes_the_orders_of_its_scope(void **state)
{
	static const struct {
		enum risk_scope kind;
		const char *id;
		unsigned n;
	} t[] = { { RISK_SCOPE_FIRM, "", 4 }, { RISK_SCOPE_SYMBOL, "DEF", 1 },
		{ RISK_SCOPE_ACCOUNT, "ACC", 3 },
		{ RISK_SCOPE_GROUP, "DESK", 1 }, { RISK_SCOPE_GROUP, "ACC", 0 },
		{ RISK_SCOPE_CLASS, "BOND", 1 }, { RISK_SCOPE_CLASS, "", 0 },
		{ RISK_SCOPE_SESSION, "2", 1 },
		{ RISK_SCOPE_SESSION, "9", 0 } };
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct rig *r = rig_new(FIX_V_44);

		script_run(r, "> D A 100\nV ack\n< 8 A 0/0 100 0 100\n"
			      "> D B 100 sym=DEF\n> D C 100\n"
			      "> D D 100 s=2 acc=ACC2\n> D E 100\n"
			      "V reject why=0\n< 8 E 8/8 100 0 0\n");
		r->sent_seen = r->n_sent;
		assert_int_equal(
		    desk_cancel_all(r->desk, t[i].kind, t[i].id, r->now),
		    t[i].n);
		assert_int_equal(r->n_sent - r->sent_seen, t[i].n);
		/* told only when it is done, as unsolicited */
		assert_int_equal(r->told_seen, r->n_told);
		assert_int_equal(
		    desk_cancel_all(r->desk, t[i].kind, t[i].id, r->now), 0);
		rig_free(r);
	}
}

static void
a_cancel_of_ours_is_told_as_unsolicited_when_done(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct venue_event e;

	(void)state;
	script_run(r, ACK "V fill 10\n< 8 X F/1 100 10 90 10\n");
	assert_int_equal(
	    desk_cancel_all(r->desk, RISK_SCOPE_FIRM, "", r->now), 1);
	script_run(r, "");
	assert_int_equal(order_status(order_of(r, 1, "X"), FIX_V_44), '1');
	e = about(r, "X", VENUE_CANCELED);
	rig_event(r, &e);
	assert_int_equal(r->n_told, 3);
	assert_string_equal(r->told[2].id, "X");
	assert_string_equal(r->told[2].orig, "");
	assert_int_equal(r->told[2].e.ord_status, '4');
	rig_free(r);
}

/* N10. */
static void
a_kill_while_a_replace_is_pending_cancels_after_it(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct venue_event e;

	(void)state;
	script_run(r, ACK "> G Y,X 110\n= G\n< 8 Y,X E/E 100 0 100\n"
			  "> G Z,Y 120\n= -\n");
	assert_int_equal(
	    desk_cancel_all(r->desk, RISK_SCOPE_FIRM, "", r->now), 0);
	rig_restart(r); /* it is not forgotten */
	r->venue.up = true;
	e = about(r, "X", VENUE_REPLACED);
	rig_event(r, &e);
	assert_int_equal(r->sent[r->n_sent - 1].kind, 'F');
	e = about(r, "X", VENUE_CANCELED);
	rig_event(r, &e);
	assert_int_equal(order_of(r, 1, "X")->status, '4');
	/* and what the client had behind it is too late */
	assert_int_equal(r->told[r->n_told - 1].e.kind, '9');
	assert_string_equal(r->told[r->n_told - 1].id, "Z");
	rig_check_holds(r);
	rig_free(r);
}

static void
a_kill_cancel_that_is_refused_is_an_alert(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct venue_event e;

	(void)state;
	script_run(r, ACK);
	desk_cancel_all(r->desk, RISK_SCOPE_FIRM, "", r->now);
	e = about(r, "X", VENUE_CXL_REJECT);
	e.reason = 2;
	rig_event(r, &e);
	assert_int_equal(r->n_alerts, 1);
	assert_int_equal(order_of(r, 1, "X")->pending, '\0');
	rig_free(r);
}

/* ----- the way to the venue ----- */

static void
a_send_that_fails_is_no_order(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, ACK);
	r->refuse_sends = true;
	script_run(r, "> D N 100\n< 8 N 8/8 100 0 0 103=99 58=connected\n");
	assert_int_equal(held(r, "N"), 0);
	rig_free(r);
}

static void
a_replace_or_cancel_that_can_not_be_sent(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, ACK);
	r->refuse_sends = true;
	script_run(r, "> G Y,X 110\n< 9 Y,X 0 99/2 58=take\n");
	assert_int_equal(held(r, "X"), 100);
	script_run(r, "> F Z,X\n< 8 Z,X 6/6 100 0 100\n");
	r->refuse_sends = false;
	r->sent_seen = r->n_sent;
	{
		struct venue_event up = { .kind = VENUE_UP, .cum_qty_e8 = -1 };

		rig_event(r, &up);
	}
	assert_int_equal(r->sent[r->sent_seen].kind, 'F');
	rig_free(r);
}

static void
silence_is_asked_about_ever_more_patiently(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	unsigned i, asked = 0;
	int64_t at[4] = { 0 };

	(void)state;
	script_run(r, "> D X 100\n= D\n");
	assert_int_equal(
	    desk_deadline(r->desk).ns, r->now.mono.ns + 5 * FIX_SEC);
	for (i = 1; i <= 200 && asked < 4; i++) {
		r->sent_seen = r->n_sent;
		rig_pass(r, FIX_SEC);
		if (r->n_sent > r->sent_seen)
			at[asked++] = i;
	}
	assert_int_equal(asked, 3);
	assert_int_equal(at[0], 5);
	assert_int_equal(at[1], 15);
	assert_int_equal(at[2], 55);
	rig_free(r);
}

static void
an_order_past_its_expiry_is_asked_about(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct fix_order o = plain("X", 100);
	struct venue_event e;

	(void)state;
	o.time_in_force = '6';
	o.expire_time.utc.ns = r->now.utc.ns + 3600 * FIX_SEC;
	o.has |= FIX_OH_EXPIRE_TIME;
	rig_request(r, 1, &o, false);
	e = about(r, "X", VENUE_ACK);
	rig_event(r, &e);
	assert_int_equal(
	    desk_deadline(r->desk).ns, r->now.mono.ns + 3600 * FIX_SEC);
	rig_pass(r, 3599 * FIX_SEC);
	assert_int_equal(r->n_sent, 1);
	rig_pass(r, FIX_SEC);
	assert_int_equal(r->n_sent, 2);
	assert_int_equal(r->sent[1].kind, 'H');
	assert_true(desk_deadline(r->desk).ns > r->now.mono.ns);
	rig_free(r);
}

static void
many_orders_are_asked_about_in_portions(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct venue_event up = { .kind = VENUE_UP, .cum_qty_e8 = -1 };
	struct fix_order o;
	unsigned i, n = 2 * DESK_ASK_MAX + 50;
	char id[16];

	(void)state;
	for (i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "O%u", i);
		o = plain(id, 1);
		rig_request(r, 1, &o, false);
	}
	rig_restart(r);
	rig_forget_seen(r);
	r->venue.up = true;
	rig_event(r, &up);
	assert_int_equal(r->n_sent, DESK_ASK_MAX);
	for (i = 0; i < 10 && desk_deadline(r->desk).ns <= r->now.mono.ns; i++)
		rig_pass(r, 0);
	assert_int_equal(r->n_sent, n);
	rig_free(r);
}

/* R-04 goes by what an order is called, not by what its prices are checked as. */
static void
r04_a_kind_is_allowed_by_its_name(void **state)
{
	static const struct {
		const char *order;
		unsigned bit;
	} v[] = { { "type=1", 1 }, { "type=2", 2 }, { "type=3 stop=9", 3 },
		{ "type=4 stop=9 @9", 4 }, { "type=5", 5 }, { "type=B @9", 6 },
		{ "type=J stop=9", 7 }, { "type=K", 8 },
		{ "type=P inst=R tif=1 @99", 9 }, { "type=P inst=a 211=2", 10 } };
	struct risk_rules rules = RISK_RULES_INIT;
	char line[200];
	struct rig *r;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(v) / sizeof(v[0]); i++) {
		r = rig_new(FIX_V_44);
		rules.ord_types = 1u << v[i / 2].bit;
		if (i % 2 == 1)
			rules.ord_types = ~rules.ord_types;
		assert_int_equal(risk_set_rules(r->risk, RISK_SCOPE_ACCOUNT,
		    "ACC", &rules), 0);
		snprintf(line, sizeof(line), "K J:016 K:0 5:0 B:0 Pa:01 PR:1\n"
		    "> D X 100 %s\n%s", v[i / 2].order, i % 2 == 0 ?
		    "= D\nV ack\n< 8 X 0/0 100 0 100\n" :
		    "< 8 X 8/8 100 0 0 103=11 58=CHARACTERISTIC\n= -\n");
		script_run(r, line);
		rig_free(r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_route_matches_by_symbol_exchange_destination_and_account),
		cmocka_unit_test(the_first_route_that_matches_counts),
		cmocka_unit_test(
		    an_event_of_another_venue_does_not_touch_the_order),
		cmocka_unit_test(the_only_account_of_a_session_is_its_default),
		cmocka_unit_test(
		    a_name_with_a_nul_inside_is_not_the_name_before_it),
		cmocka_unit_test(pending_reports_can_be_turned_off),
		cmocka_unit_test(older_and_newer_versions_get_the_nearest_face),
		cmocka_unit_test(
		    avgpx_is_the_exact_quotient_rounded_to_eight_digits),
		cmocka_unit_test(a_split_rescales_quantities_and_average),
		cmocka_unit_test(
		    a_pending_replace_holds_the_greater_of_old_and_new),
		cmocka_unit_test(
		    a_replace_to_less_frees_nothing_before_it_is_done),
		cmocka_unit_test(an_order_in_doubt_keeps_its_hold),
		cmocka_unit_test(cancels_pass_while_everything_is_halted),
		cmocka_unit_test(cancel_all_takes_the_orders_of_its_scope),
		cmocka_unit_test(
		    a_cancel_of_ours_is_told_as_unsolicited_when_done),
		cmocka_unit_test(
		    a_kill_while_a_replace_is_pending_cancels_after_it),
		cmocka_unit_test(a_kill_cancel_that_is_refused_is_an_alert),
		cmocka_unit_test(a_send_that_fails_is_no_order),
		cmocka_unit_test(a_replace_or_cancel_that_can_not_be_sent),
		cmocka_unit_test(silence_is_asked_about_ever_more_patiently),
		cmocka_unit_test(an_order_past_its_expiry_is_asked_about),
		cmocka_unit_test(many_orders_are_asked_about_in_portions),
		cmocka_unit_test(r04_a_kind_is_allowed_by_its_name),
	};

	return cmocka_run_group_tests_name("order desk", tests, NULL, NULL);
}
