/*
 * What a refusal says, T5-1 to T5-4 of the pre-trade controls.
 */
#include <stdio.h>
#include <string.h>

#include "tests/risk/help.h"

static const char *
text_of(const struct risk_verdict *v)
{
	static char out[RISK_TEXT_MAX + 1];
	size_t n = risk_text(v, out);

	assert_int_equal(n, strlen(out));
	assert_true(n <= RISK_TEXT_MAX);
	return out;
}

static void
t5_1_a_collar_breach_in_4_2_is_0(void **state)
{
	(void)state;
	assert_int_equal(risk_ord_rej_reason(RISK_COLLAR, FIX_V_42), 0);
	assert_int_equal(risk_ord_rej_reason(RISK_COLLAR, FIX_V_44), 99);
	assert_int_equal(risk_ord_rej_reason(RISK_COLLAR, FIX_V_50SP2), 16);
}

static void
t5_2_a_tick_breach_in_4_4_is_99(void **state)
{
	(void)state;
	assert_int_equal(risk_ord_rej_reason(RISK_TICK, FIX_V_42), 0);
	assert_int_equal(risk_ord_rej_reason(RISK_TICK, FIX_V_44), 99);
	assert_int_equal(risk_ord_rej_reason(RISK_TICK, FIX_V_50SP2), 18);
}

static void
t5_3_the_firm_s_numbers_are_not_told(void **state)
{
	struct risk *r = wide_firm();
	struct risk_limits l = unlimited();
	struct risk_verdict v;

	(void)state;
	l.max_order_qty_e8 = 1000 * E8;
	limit(r, RISK_SCOPE_FIRM, "", l);
	check(r, limit_order("A", "X", '1', 1001, E8), &v);
	assert_string_equal(text_of(&v), "RISK QTY_MAX scope=FIRM dec=1");
	limit(r, RISK_SCOPE_GROUP, "G", l);
	check(r, limit_order("A", "X", '1', 1001, E8), &v);
	assert_string_equal(text_of(&v), "RISK QTY_MAX scope=GROUP:G dec=2");
	risk_free(r);
}

/* The desk makes the 35=9; risk gives it a reason from tag 102. */
static void
t5_4_a_refused_replace_has_a_reason_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(risk_cxl_rej_reason(RISK_QTY_MAX, FIX_V_42), 2);
	assert_int_equal(risk_cxl_rej_reason(RISK_QTY_MAX, FIX_V_44), 99);
	assert_int_equal(risk_cxl_rej_reason(RISK_COLLAR, FIX_V_50SP2), 8);
	assert_int_equal(risk_cxl_rej_reason(RISK_COLLAR, FIX_V_50), 99);
	assert_int_equal(risk_cxl_rej_reason(RISK_TICK, FIX_V_50SP2), 18);
	assert_int_equal(risk_cxl_rej_reason(RISK_DUP_CLORDID, FIX_V_42), 2);
	assert_int_equal(risk_cxl_rej_reason(RISK_DUP_CLORDID, FIX_V_44), 6);
	assert_int_equal(risk_cxl_rej_reason(RISK_ACCOUNT, FIX_V_44), 1);
}

static void
reasons_of_the_table_in_5_1(void **state)
{
	static const struct {
		enum risk_code code;
		int v42, v44, v50sp2;
	} table[] = {
		{ RISK_QTY_MAX, 3, 3, 26 },
		{ RISK_NOTIONAL_MAX, 3, 3, 27 },
		{ RISK_COLLAR, 0, 99, 16 },
		{ RISK_REF_MISSING, 0, 99, 19 },
		{ RISK_TICK, 0, 99, 18 },
		{ RISK_LOT, 0, 13, 13 },
		{ RISK_POS_LONG, 3, 3, 3 },
		{ RISK_POS_SHORT, 3, 3, 3 },
		{ RISK_OPEN_ORDERS, 3, 3, 3 },
		{ RISK_OPEN_NOTIONAL, 3, 3, 3 },
		{ RISK_RATE, 0, 99, 99 },
		{ RISK_DUP_CLORDID, 6, 6, 6 },
		{ RISK_KILL, 0, 99, 99 },
		{ RISK_PERM, 0, 99, 99 },
		{ RISK_HOURS, 2, 2, 2 },
		{ RISK_SYMBOL, 1, 1, 1 },
		{ RISK_ACCOUNT, 0, 15, 15 },
		{ RISK_CHARACTERISTIC, 0, 11, 11 },
		{ RISK_INTERNAL, 0, 99, 99 },
		{ RISK_FAT_FINGER, 3, 3, 26 },
		{ RISK_RESTRICTED, 0, 99, 99 },
		{ RISK_SHORT_MARK, 0, 99, 22 },
		{ RISK_SHORT_LOCATE, 0, 99, 23 },
		{ RISK_SHORT_ACCOUNT, 0, 99, 24 },
		{ RISK_DUP_CONTENT, 6, 6, 6 },
		{ RISK_REPEAT_EXEC, 0, 99, 21 },
		{ RISK_SELF_TRADE, 0, 99, 99 },
		{ RISK_NET, 3, 3, 3 },
		{ RISK_GROSS, 3, 3, 3 },
		{ RISK_TURNOVER, 3, 3, 3 },
		{ RISK_CREDIT, 3, 3, 25 },
		{ RISK_OTR, 0, 99, 99 },
		{ RISK_CANCEL_RATE, 0, 99, 99 },
		{ RISK_LOSS_HALT, 0, 99, 99 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(
		    risk_ord_rej_reason(table[i].code, FIX_V_42), table[i].v42);
		assert_int_equal(
		    risk_ord_rej_reason(table[i].code, FIX_V_44), table[i].v44);
		assert_int_equal(
		    risk_ord_rej_reason(table[i].code, FIX_V_50SP2),
		    table[i].v50sp2);
		assert_int_equal(
		    risk_ord_rej_reason(table[i].code, FIX_V_LATEST),
		    table[i].v50sp2);
	}
}

/* Values that the published dictionaries of each version know. */
static void
no_version_is_told_a_value_it_does_not_know(void **state)
{
	static const char *const ord[] = { "0 1 2 3 4 ", "0 1 2 3 4 5 6 ",
		"0 1 2 3 4 5 6 7 8 ", "0 1 2 3 4 5 6 7 8 9 10 11 12 ",
		"0 1 2 3 4 5 6 7 8 9 10 11 13 14 15 99 ",
		"0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 18 99 ",
		"0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 18 99 ",
		("0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 18 19 21 22 "
		 "23 24 25 26 27 99 ") };
	static const char *const cxl[] = { "0 1 ", "0 1 ", "0 1 2 3 ",
		"0 1 2 3 4 5 6 ", "0 1 2 3 4 5 6 99 ", "0 1 2 3 4 5 6 18 99 ",
		"0 1 2 3 4 5 6 7 8 18 99 ", "0 1 2 3 4 5 6 7 8 18 99 " };
	char value[8];
	int c, v;

	(void)state;
	for (c = 0; c < RISK_N_CODE; c++)
		for (v = FIX_V_40; v <= FIX_V_50SP2; v++) {
			snprintf(value, sizeof(value), "%d ",
			    risk_ord_rej_reason((enum risk_code)c, v));
			assert_non_null(strstr(ord[v - FIX_V_40], value));
			snprintf(value, sizeof(value), "%d ",
			    risk_cxl_rej_reason((enum risk_code)c, v));
			assert_non_null(strstr(cxl[v - FIX_V_40], value));
		}
}

static void
the_client_s_own_numbers_are_told_as_it_writes_them(void **state)
{
	struct risk *r = bare_firm();
	struct risk_limits l = unlimited();
	struct risk_verdict v;

	(void)state;
	l.collar_bp = 1000;
	l.max_open_orders = 3;
	limit(r, RISK_SCOPE_ACCOUNT, "A", l);
	check(r, limit_order("A", "X", '1', 1, PX(30050)), &v);
	assert_string_equal(text_of(&v),
	    "RISK COLLAR scope=ACCOUNT:A lim=110 val=300.5 ref=100 dec=1");
	buy(r, "A", "X", 1);
	buy(r, "A", "X", 1);
	buy(r, "A", "X", 1);
	check(r, limit_order("A", "X", '1', 1, E8), &v);
	assert_string_equal(
	    text_of(&v), "RISK OPEN_ORDERS scope=ACCOUNT:A lim=3 val=4 dec=5");
	risk_free(r);
}

static void
what_only_the_client_said_is_not_repeated(void **state)
{
	struct risk *r = wide_firm();
	struct risk_verdict v;

	(void)state;
	check(r, limit_order("A", "EVIL", '1', 1, E8), &v);
	assert_string_equal(text_of(&v), "RISK SYMBOL scope=SYMBOL dec=1");
	check(r, limit_order("EVIL", "X", '1', 1, E8), &v);
	assert_string_equal(text_of(&v), "RISK ACCOUNT scope=ACCOUNT dec=2");
	risk_free(r);
}

static void
a_kill_names_its_scope(void **state)
{
	struct risk *r = wide_firm();
	struct risk_verdict v;

	(void)state;
	set_kill(r, RISK_SCOPE_ACCOUNT, "A", RISK_HALTED);
	check(r, limit_order("A", "X", '1', 1, E8), &v);
	assert_string_equal(text_of(&v), "RISK KILL scope=ACCOUNT:A dec=1");
	risk_free(r);
}

/* Every code and scope, with the longest name and numbers there are. */
static void
a_text_is_printable_and_at_most_200_bytes(void **state)
{
	struct risk_verdict v = { .limit = INT64_MIN,
		.value = INT64_MIN,
		.ref = INT64_MIN,
		.decision = UINT64_MAX };
	const char *s;
	int c, k;

	(void)state;
	memset(v.scope_id, 'x', RISK_ID_MAX);
	v.scope_id[3] = '\001';
	v.scope_id[4] = (char)0xe4;
	for (c = 0; c < RISK_N_CODE; c++)
		for (k = 0; k < RISK_N_SCOPE; k++) {
			v.code = (enum risk_code)c;
			v.scope = (enum risk_scope)k;
			for (s = text_of(&v); *s != '\0'; s++)
				assert_in_range(*s, ' ', '~');
			assert_non_null(
			    strstr(text_of(&v), risk_code_name(v.code)));
		}
	assert_string_equal(risk_code_name(RISK_N_CODE), "?");
	assert_string_equal(risk_scope_name(RISK_N_SCOPE), "?");
	assert_string_equal(risk_scope_name(RISK_SCOPE_FIRM), "firm");
}

/* Also in a scope where others have limits: a switch is nobody's limit, and the
 * number of the decision is whole. */
static void
the_longest_text_of_a_kill_switch_fits(void **state)
{
	struct risk_where w = { 0 };
	struct risk_limits l = unlimited();
	struct risk *r = wide_firm();
	struct risk_verdict v;
	char text[RISK_KILL_TEXT + 1], want[RISK_TEXT_MAX + 1];

	(void)state;
	memset(text, 'x', RISK_KILL_TEXT);
	text[RISK_KILL_TEXT] = '\0';
	assert_int_equal(risk_set_owned(r, RISK_OWNER_CLIENT,
	    RISK_SCOPE_ACCOUNT, "A", &l), 0);
	assert_true(risk_where_add(&w, RISK_SCOPE_ACCOUNT, "A"));
	assert_int_equal(risk_kill(r, 1, &w, RISK_HALTED, text), 0);
	risk_set_decision(r, INT64_MAX - 1);
	check(r, limit_order("A", "X", '1', 1, E8), &v);
	snprintf(want, sizeof(want),
	    "RISK KILL scope=%s dec=9223372036854775807", text);
	assert_string_equal(text_of(&v), want);
	risk_free(r);
}

static void
what_is_not_printable_is_a_question_mark(void **state)
{
	struct risk_where w = { 0 };
	struct risk *r = wide_firm();
	struct risk_verdict v = { .code = RISK_LOT, .scope_id = "a ~\177\001" };

	(void)state;
	assert_string_equal(text_of(&v),
	    "RISK LOT scope=SYMBOL:a?~?? lim=0 val=0 dec=0");
	assert_true(risk_where_add(&w, RISK_SCOPE_ACCOUNT, "A"));
	assert_int_equal(
	    risk_kill(r, 1, &w, RISK_HALTED, "a ~\177\001\377"), 0);
	check(r, limit_order("A", "X", '1', 1, E8), &v);
	assert_string_equal(text_of(&v), "RISK KILL scope=a ~??? dec=1");
	risk_free(r);
}

static void
the_owner_is_told_where_there_is_more_than_one(void **state)
{
	struct risk_verdict v = { .code = RISK_QTY_MAX,
		.scope = RISK_SCOPE_ACCOUNT, .scope_id = "A" };

	(void)state;
	assert_string_equal(text_of(&v),
	    "RISK QTY_MAX scope=ACCOUNT:A lim=0 val=0 dec=0");
	v.owned = true; /* others have limits there, this is the firm's */
	assert_string_equal(text_of(&v),
	    "RISK QTY_MAX scope=ACCOUNT:A owner=firm lim=0 val=0 dec=0");
	v.owned = false; /* of another who has said nothing */
	v.owner = RISK_OWNER_EXCHANGE;
	assert_string_equal(text_of(&v),
	    "RISK QTY_MAX scope=ACCOUNT:A owner=exchange lim=0 val=0 dec=0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t5_1_a_collar_breach_in_4_2_is_0),
		cmocka_unit_test(t5_2_a_tick_breach_in_4_4_is_99),
		cmocka_unit_test(t5_3_the_firm_s_numbers_are_not_told),
		cmocka_unit_test(
		    t5_4_a_refused_replace_has_a_reason_of_its_own),
		cmocka_unit_test(reasons_of_the_table_in_5_1),
		cmocka_unit_test(no_version_is_told_a_value_it_does_not_know),
		cmocka_unit_test(
		    the_client_s_own_numbers_are_told_as_it_writes_them),
		cmocka_unit_test(what_only_the_client_said_is_not_repeated),
		cmocka_unit_test(a_kill_names_its_scope),
		cmocka_unit_test(a_text_is_printable_and_at_most_200_bytes),
		cmocka_unit_test(the_longest_text_of_a_kill_switch_fits),
		cmocka_unit_test(what_is_not_printable_is_a_question_mark),
		cmocka_unit_test(
		    the_owner_is_told_where_there_is_more_than_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
