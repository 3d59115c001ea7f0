/*
 * Sessions made from templates: what a Logon makes is there after a crash, in
 * the same turn as its answer or not at all; and what a start can't serve it
 * tells and keeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/gateway/trader/rig.h"

#define LOGON "|98=0|108=30"

static struct rig *
with_template(const char *target, unsigned max)
{
	struct rig *r = rig_new();

	assert_non_null(r);
	r->sessions[3] = r->sessions[0];
	r->sessions[3].fix.target_comp_id = target;
	r->n_templates = 1;
	r->max_dynamic = max;
	return r;
}

static struct rig_conn *
comes(struct rig *r, int i, const char *name, unsigned seq)
{
	struct rig_conn *c = rig_accept(r, i);
	char text[200];

	snprintf(text, sizeof(text), "35=A|49=%s|34=%u" LOGON, name, seq);
	rig_say(r, c, text);
	return c;
}

static bool
is_up(const struct rig_conn *c)
{
	return rig_sent(c, "|35=A|");
}

static void
a_logon_makes_a_session_that_a_crash_keeps(void **state)
{
	(void)state;
	for (int tables_too = 0; tables_too < 2; tables_too++) {
		struct rig *r = with_template("*", 10);
		struct rig_conn *c;
		uint32_t number;

		assert_int_equal(rig_start(r), 0);
		assert_int_equal(r->trader->n_clients, 3);
		c = comes(r, 0, "NEW", 1);
		assert_true(is_up(c));
		assert_int_equal(r->trader->n_clients, 4);
		number = r->trader->clients[3].number;
		rig_kill(r, tables_too);
		assert_int_equal(rig_start(r), 0);
		assert_int_equal(r->trader->n_clients, 4);
		assert_int_equal(r->trader->clients[3].number, number);
		assert_string_equal(r->trader->clients[3].id,
		    "FIX.4.4:FIXGATE->NEW");
		c = comes(r, 0, "NEW", 2);
		assert_true(is_up(c));
		assert_true(rig_sent(c, "|34=2|"));
		rig_free(r);
	}
}

static void
one_whose_turn_was_not_committed_never_was(void **state)
{
	struct rig *r = with_template("*", 10);
	struct rig_conn *c;

	(void)state;
	assert_int_equal(rig_start(r), 0);
	c = rig_accept(r, 0);
	rig_feed(r, c, "35=A|49=NEW|34=1" LOGON);
	assert_int_equal(c->out_len, 0);
	rig_kill(r, false);
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(r->trader->n_clients, 3);
	c = comes(r, 0, "OTHER", 1);
	assert_true(is_up(c));
	assert_true(rig_sent(c, "|34=1|"));
	rig_free(r);
}

static void
there_is_a_cap_and_known_ones_are_under_it(void **state)
{
	struct rig *r = with_template("*", 2);
	struct rig_conn *c;

	(void)state;
	assert_int_equal(rig_start(r), 0);
	assert_true(is_up(comes(r, 0, "N1", 1)));
	assert_true(is_up(comes(r, 1, "N2", 1)));
	c = comes(r, 2, "N3", 1);
	assert_true(c->closed && c->out_len == 0);
	assert_non_null(strstr(r->log, "MaxDynamicSessions"));
	rig_hangup(r, &r->conns[0]);
	rig_turn(r);
	assert_true(is_up(comes(r, 3, "N1", 2)));
	rig_free(r);
}

static void
sessions_of_the_settings_come_first(void **state)
{
	struct rig *r = with_template("*", 2);

	(void)state;
	assert_int_equal(rig_start(r), 0);
	assert_true(is_up(comes(r, 0, "CLIENTA", 1)));
	assert_int_equal(r->trader->n_clients, 3);
	rig_free(r);
}

static void
names_that_could_be_another_id_make_none(void **state)
{
	static const char sixty_five[] = "A2345678901234567890123456789012"
					 "345678901234567890123456789012345";
	const char *const names[] = { "A/B", "A->B", "A:B", "A B",
		"A*", "\xc3\xa4", sixty_five };
	struct rig *r = with_template("*", 10);

	(void)state;
	assert_int_equal(rig_start(r), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct rig_conn *c = comes(r, 0, names[i], 1);

		assert_true(c->closed && c->out_len == 0);
		rig_hangup(r, c);
		rig_turn(r);
	}
	assert_int_equal(r->trader->n_clients, 3);
	rig_free(r);
}

static void
one_without_a_template_is_told_and_kept(void **state)
{
	struct rig *r = with_template("*", 10);
	struct rig_conn *c;

	(void)state;
	assert_int_equal(rig_start(r), 0);
	assert_true(is_up(comes(r, 0, "NEW", 1)));
	rig_kill(r, false);
	r->n_templates = 0;
	r->log_len = 0;
	assert_int_equal(rig_start(r), 0);
	assert_non_null(strstr(r->log, "no template fits any more"));
	c = comes(r, 0, "NEW", 2);
	assert_true(c->closed && c->out_len == 0);
	rig_kill(r, false);
	r->n_templates = 1;
	r->max_dynamic = 0;
	r->log_len = 0;
	assert_int_equal(rig_start(r), 0);
	assert_non_null(strstr(r->log, "MaxDynamicSessions has become less"));
	rig_kill(r, false);
	r->max_dynamic = 10;
	assert_int_equal(rig_start(r), 0);
	c = comes(r, 0, "NEW", 2);
	assert_true(is_up(c) && rig_sent(c, "|34=2|"));
	rig_free(r);
}

static void
one_that_the_settings_take_over_keeps_its_numbers(void **state)
{
	struct rig *r = with_template("*", 10);
	struct rig_conn *c;

	(void)state;
	assert_int_equal(rig_start(r), 0);
	assert_true(is_up(comes(r, 0, "NEW", 1)));
	rig_kill(r, false);
	r->sessions[1].fix.target_comp_id = "NEW";
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(r->trader->n_clients, 3);
	c = comes(r, 0, "NEW", 2);
	assert_true(is_up(c) && rig_sent(c, "|34=2|"));
	rig_free(r);
}

static void
orders_of_a_made_session_find_it_again(void **state)
{
	struct rig *r = with_template("*", 10);
	struct rig_conn *c;
	char text[400];

	(void)state;
	r->sessions[3].accounts = "OTHER, DEMO";
	assert_int_equal(rig_start(r), 0);
	c = comes(r, 0, "NEW", 1);
	snprintf(text, sizeof(text), "35=D|49=NEW|%s",
	    rig_order(2, "A1", 10, "90") + strlen("35=D|"));
	rig_say(r, c, text);
	assert_true(rig_sent(c, "|11=A1|"));
	assert_true(rig_sent(c, "|39=0|"));
	rig_kill(r, true);
	assert_int_equal(rig_start(r), 0);
	assert_int_equal(desk_live(r->trader->desk), 1);
	c = comes(r, 0, "NEW", 3);
	assert_true(is_up(c));
	rig_free(r);
}

static void
a_template_may_ask_for_a_sub_id(void **state)
{
	struct rig *r = with_template("*", 10);
	struct rig_conn *c;

	(void)state;
	r->sessions[3].fix.target_sub_id = "*";
	assert_int_equal(rig_start(r), 0);
	c = comes(r, 0, "NEW", 1);
	assert_true(c->closed && c->out_len == 0);
	rig_hangup(r, c);
	rig_turn(r);
	c = rig_accept(r, 0);
	rig_say(r, c, "35=A|49=NEW|34=1|50=DESK1" LOGON);
	assert_true(is_up(c));
	assert_true(rig_sent(c, "|57=DESK1|"));
	assert_string_equal(r->trader->clients[3].id,
	    "FIX.4.4:FIXGATE->NEW/DESK1");
	rig_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_logon_makes_a_session_that_a_crash_keeps),
		cmocka_unit_test(one_whose_turn_was_not_committed_never_was),
		cmocka_unit_test(there_is_a_cap_and_known_ones_are_under_it),
		cmocka_unit_test(sessions_of_the_settings_come_first),
		cmocka_unit_test(names_that_could_be_another_id_make_none),
		cmocka_unit_test(one_without_a_template_is_told_and_kept),
		cmocka_unit_test(
		    one_that_the_settings_take_over_keeps_its_numbers),
		cmocka_unit_test(orders_of_a_made_session_find_it_again),
		cmocka_unit_test(a_template_may_ask_for_a_sub_id),
	};

	return cmocka_run_group_tests_name("dynamic", tests, NULL, NULL);
}
