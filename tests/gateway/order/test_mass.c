/*
 * Requests on many orders: what q and AF answer, what they touch, and what of
 * it outlives a restart. M and S are the scenarios' ids.
 */
#include <stdio.h>

#include "tests/gateway/order/script.h"

#define TWO "> D X 100\nV ack\n< 8 X 0/0 100 0 100\n" \
	    "> D Y 50\nV ack\n< 8 Y 0/0 50 0 50\n"

static struct order_mass
all_of(char kind, const char *id)
{
	struct order_mass m = { .kind = kind, .scope = '7',
		.id = fix_span_of(id) };

	return m;
}

/* @return what was said first, or NULL */
static const char *
ask(struct rig *r, const struct order_mass *m)
{
	const char *why;
	unsigned n = r->n_said;

	assert_int_equal(desk_mass(r->desk, 1, m, r->now, &why), 0);
	return r->n_said > n ? r->said[n] : NULL;
}

static void
has(const char *message, const char *part)
{
	if (message == NULL || strstr(message, part) == NULL)
		fail_msg("%s is not in %s", part,
		    message == NULL ? "nothing" : message);
}

static unsigned
cancels(const struct rig *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->n_sent; i++)
		n += r->sent[i].kind == 'F';
	return n;
}

static void
m1_all_orders_are_canceled_and_each_says_so(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct order_mass m = all_of('q', "Q1");
	const char *said;

	(void)state;
	script_run(r, TWO);
	said = ask(r, &m);
	has(said, "r|11=Q1|");
	has(said, "|530=7|531=7|533=2|534=2|41=X|535=");
	assert_null(strstr(said, "532="));
	assert_null(strstr(said, "1369="));
	assert_int_equal(cancels(r), 2);
	script_run(r, "= D\n= D\n= F\n= F\nV canceled\n< 8 Y 4/4 50 0 0\n");
	rig_free(r);
}

static void
m2_no_order_is_an_accepted_request(void **state)
{
	struct rig *r = rig_new(FIX_V_50SP2);
	struct order_mass m = all_of('q', "Q1");
	const char *said = ask(r, &m);

	(void)state;
	has(said, "|531=7|533=0|");
	has(said, "|1369=");
	assert_null(strstr(said, "534="));
	rig_free(r);
}

static void
m4_a_scope_that_is_not_served_touches_nothing(void **state)
{
	static const struct {
		char scope;
		const char *symbol, *account, *reason;
	} t[] = { { '2', "", "", "|532=0|" }, { '6', "", "", "|532=0|" },
		{ 'A', "", "", "|532=0|" }, { '1', "NOSUCH", "", "|532=1|" },
		{ '1', "", "", "|532=1|" }, { '7', "", "OTHER", "|532=99|" } };
	struct rig *r = rig_new(FIX_V_44);
	char id[8];

	(void)state;
	script_run(r, TWO);
	for (unsigned i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct order_mass m;
		const char *said;

		snprintf(id, sizeof(id), "Q%u", i);
		m = all_of('q', id);
		m.scope = t[i].scope;
		m.symbol = fix_span_of(t[i].symbol);
		m.account = fix_span_of(t[i].account);
		said = ask(r, &m);
		has(said, "|531=0|");
		has(said, t[i].reason);
		assert_null(strstr(said, "533="));
	}
	assert_int_equal(cancels(r), 0);
	rig_free(r);
}

static void
only_the_side_and_symbol_that_were_named(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct order_mass m = all_of('q', "Q1");

	(void)state;
	script_run(r, TWO);
	m.side = '2';
	has(ask(r, &m), "|533=0|");
	m = all_of('q', "Q2");
	m.scope = '1';
	m.symbol = fix_span_of("ABC");
	m.side = '1';
	has(ask(r, &m), "|531=1|533=2|");
	assert_int_equal(cancels(r), 2);
	rig_free(r);
}

static void
m6_orders_without_an_ack_are_canceled_and_later_ones_are_not(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct order_mass m = all_of('q', "Q1");

	(void)state;
	script_run(r, "> D X 100\n");
	has(ask(r, &m), "|533=1|");
	assert_int_equal(cancels(r), 1);
	script_run(r, "= D\n= F\n> D Z 10\n= D 10\n= -\n");
	rig_free(r);
}

static void
m8_the_id_is_used_up_and_the_answer_given_again(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct order_mass m = all_of('q', "Q1");
	char first[RIG_TEXT];
	const char *said;

	(void)state;
	script_run(r, TWO);
	snprintf(first, sizeof(first), "%s", ask(r, &m));
	said = ask(r, &m);
	has(said, "|531=0|532=99|");
	rig_die_and_return(r);
	m.poss_resend = true;
	said = ask(r, &m);
	*strstr(first, "|530=") = '\0';
	has(said, first); /* 11 and 37 */
	has(said, "|531=7|533=2|");
	assert_int_equal(cancels(r), 2);
	script_run(r, "> D Q1 10\n< 8 Q1 8/8 10 0 0 103=6\n"
		      "42|> F Q1,X\n4+|> F Q1,X\n< 9 Q1,X 0 6/1\n");
	m = all_of('q', "X");
	has(ask(r, &m), "|532=99|");
	rig_free(r);
}

static void
an_id_is_free_again_when_its_day_is_forgotten(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct order_mass m = all_of('q', "Q1");

	(void)state;
	has(ask(r, &m), "|531=7|");
	desk_forget(r->desk, r->now.utc.ns);
	has(ask(r, &m), "|532=99|");
	desk_forget(r->desk, r->now.utc.ns + 1);
	has(ask(r, &m), "|531=7|");
	rig_free(r);
}

static void
s1_every_live_order_is_told_and_the_last_says_so(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct order_mass m = all_of('A', "S1");

	(void)state;
	script_run(r, TWO "> D Z 10\nV reject why=0\n< 8 Z 8/8 10 0 0\n");
	has(ask(r, &m), "|11=X|17=0|150=I|39=0|");
	has(r->said[0], "|584=S1|911=2|912=N|");
	has(r->said[1], "|11=Y|17=0|150=I|39=0|");
	has(r->said[1], "|584=S1|911=2|912=Y|");
	assert_int_equal(r->n_said, 2);
	rig_free(r);
}

static void
no_live_order_is_one_report_or_a_refusal(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct order_mass m = all_of('A', "S1");
	struct desk_session s = { .number = 1, .version = FIX_V_44,
		.refuse_empty = true };
	const char *why;

	(void)state;
	has(ask(r, &m), "|37=NONE|17=0|150=I|39=8|");
	has(r->said[0], "|584=S1|911=0|912=Y|");
	assert_int_equal(desk_add_session(r->desk, &s), 0);
	assert_int_equal(desk_mass(r->desk, 1, &m, r->now, &why), 1);
	assert_string_equal(why, "no order is live");
	rig_free(r);
}

static void
another_sessions_orders_are_not_shown_and_not_canceled(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct order_mass q = all_of('q', "Q1"), af = all_of('A', "S1");
	const char *why;

	(void)state;
	script_run(r, TWO);
	assert_int_equal(desk_mass(r->desk, 2, &q, r->now, &why), 0);
	has(r->said[0], "|533=0|");
	assert_int_equal(desk_mass(r->desk, 2, &af, r->now, &why), 0);
	has(r->said[1], "|911=0|");
	assert_int_equal(cancels(r), 0);
	rig_free(r);
}

static void
m10_versions_before_have_neither(void **state)
{
	struct rig *r = rig_new(FIX_V_42);
	struct order_mass q = all_of('q', "Q1"), af = all_of('A', "S1");
	const char *why;

	(void)state;
	assert_int_equal(desk_mass(r->desk, 1, &q, r->now, &why), 1);
	assert_int_equal(desk_mass(r->desk, 1, &af, r->now, &why), 1);
	assert_non_null(strstr(why, "FIX.4.3"));
	assert_int_equal(r->n_said, 0);
	rig_free(r);
}

static void
a_status_scope_that_is_not_served_is_refused(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct order_mass m = all_of('A', "S1");
	const char *why;

	(void)state;
	for (const char *s = "234568"; *s != '\0'; s++) {
		m.scope = *s;
		assert_int_equal(desk_mass(r->desk, 1, &m, r->now, &why), 1);
		assert_non_null(strstr(why, "585"));
	}
	m.scope = '7';
	m.account = fix_span_of("OTHER");
	assert_int_equal(desk_mass(r->desk, 1, &m, r->now, &why), 1);
	rig_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(m1_all_orders_are_canceled_and_each_says_so),
		cmocka_unit_test(m2_no_order_is_an_accepted_request),
		cmocka_unit_test(m4_a_scope_that_is_not_served_touches_nothing),
		cmocka_unit_test(only_the_side_and_symbol_that_were_named),
		cmocka_unit_test(
		    m6_orders_without_an_ack_are_canceled_and_later_ones_are_not),
		cmocka_unit_test(m8_the_id_is_used_up_and_the_answer_given_again),
		cmocka_unit_test(an_id_is_free_again_when_its_day_is_forgotten),
		cmocka_unit_test(s1_every_live_order_is_told_and_the_last_says_so),
		cmocka_unit_test(no_live_order_is_one_report_or_a_refusal),
		cmocka_unit_test(
		    another_sessions_orders_are_not_shown_and_not_canceled),
		cmocka_unit_test(m10_versions_before_have_neither),
		cmocka_unit_test(a_status_scope_that_is_not_served_is_refused),
	};

	return cmocka_run_group_tests_name("mass requests", tests, NULL, NULL);
}
