/* Rejects, by version and with a dictionary: FIX session test case 14, 2q, 2r,
 * 18, R25 to R27. */
#include "tests/session/world.h"

#include <stdio.h>
#include <stdlib.h>

static struct fix_dict *
load(const char *name)
{
	const char *top = getenv("TOP_SRCDIR");
	struct fix_dict_error e;
	struct fix_dict *d;
	char path[4096];

	snprintf(path, sizeof(path), "%s/dictionaries/%s.xml",
	    top != NULL ? top : "..", name);
	if (fix_dict_load(&d, path, &e) != 0)
		fail_msg("%s", e.text);
	return d;
}

static struct fix_dict *dict44, *dict42, *dict40, *dict_t11, *dict_50;

static int
load_all(void **state)
{
	(void)state;
	dict40 = load("FIX40");
	dict42 = load("FIX42");
	dict44 = load("FIX44");
	dict_t11 = load("FIXT11");
	dict_50 = load("FIX50SP2");
	return 0;
}

static int
free_all(void **state)
{
	(void)state;
	fix_dict_free(dict40);
	fix_dict_free(dict42);
	fix_dict_free(dict44);
	fix_dict_free(dict_t11);
	fix_dict_free(dict_50);
	return 0;
}

static void
up_with(struct world *w, const char *begin, struct fix_dict *d)
{
	w->cfg.begin_string = begin;
	w->cfg.transport = w->cfg.app = d;
	w->cfg.check = fix_check_all;
	up(w);
}

#define D44 "11=a|55=X|54=1|60=20260101-00:00:00|40=1|38=5"

/* 14a to 14h: the reason, the tag, and a number used up. */
static void
faults_are_rejected_with_reason_and_tag(void **state)
{
	static const struct {
		const char *msg, *reject;
	} cases[] = {
		{ "35=0|34=2|999=x",
		    "45=2|58=Invalid tag number|371=999|372=0|373=0" },
		{ "35=0|34=3|-1=x",
		    "45=3|58=Invalid tag number|371=-1|372=0|373=0" },
		{ "35=0|34=4|0=x",
		    "45=4|58=Invalid tag number|371=0|372=0|373=0" },
		{ "35=1|34=5",
		    "45=5|58=Required tag missing|371=112|372=1|373=1" },
		{ "35=0|34=6|55=X",
		    "45=6|58=Tag not defined for this message type|371=55|"
		    "372=0|373=2" },
		{ "35=1|34=7|112=",
		    "45=7|58=Tag specified without a value|371=112|372=1|"
		    "373=4" },
		{ "35=D|34=8|21=9|" D44,
		    "45=8|58=Value is incorrect (out of range) for this "
		    "tag|371=21|372=D|373=5" },
		{ "35=D|34=9|44=+1|" D44,
		    "45=9|58=Incorrect data format for value|371=44|372=D|"
		    "373=6" },
		{ "35=D|34=10|40=1|" D44,
		    "45=10|58=Tag appears more than once|371=40|372=D|"
		    "373=13" },
		{ "35=*|34=11",
		    "45=11|58=Invalid MsgType|371=35|372=*|373=11" },
	};
	struct world *w = *state;

	up_with(w, "FIX.4.4", dict44);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char want[300];

		say(w, "%s", cases[i].msg);
		snprintf(want, sizeof(want), "> 35=3|34=%u|%s", i + 2,
		    cases[i].reject);
		expect(w, want, NULL);
		assert_numbers(w, i + 3, i + 3);
	}
}

/* What is quoted from the peer has a limit. */
static void
a_long_value_is_not_quoted(void **state)
{
	struct world *w = *state;
	char x[200];

	memset(x, 'X', sizeof(x) - 1);
	x[sizeof(x) - 1] = '\0';
	up_with(w, "FIX.4.4", dict44);
	say(w, "35=%s|34=2|115=%s", x, x);
	expect(w, "> 35=3|34=2|45=2|58=Invalid MsgType|371=35|373=11", NULL);
}

/* 373 above 11 is younger than 4.2; 371, 372 and 373 than 4.1. */
static void
old_versions_say_less(void **state)
{
	struct world *w = *state;

	up_with(w, "FIX.4.2", dict42);
	say(w, "35=1|34=2|112=x|112=y");
	expect(w,
	    "> 35=3|34=2|45=2|58=Tag appears more than once|371=112|372=1",
	    NULL);
	say(w, "35=1|34=3");
	expect(w,
	    "> 35=3|34=3|45=3|58=Required tag missing|371=112|372=1|373=1",
	    NULL);
}

static void
fix40_names_the_tag_in_the_text(void **state)
{
	struct world *w = *state;

	up_with(w, "FIX.4.0", dict40);
	say(w, "35=1|34=2");
	expect(w, "> 35=3|34=2|45=2|58=Required tag missing (112)", NULL);
}

/* ReverseRoute */
static void
rejects_go_back_the_way_they_came(void **state)
{
	struct world *w = *state;

	up_with(w, "FIX.4.4", dict44);
	say(w, "35=1|34=2|115=JCD|116=CS|144=CHI");
	expect(w,
	    "> 35=3|34=2|128=JCD|129=CS|145=CHI|45=2|58=Required tag "
	    "missing|371=112|372=1|373=1",
	    NULL);
	say(w, "35=1|34=3|128=JCD|129=CS|145=CHI");
	expect(w,
	    "> 35=3|34=3|115=JCD|116=CS|144=CHI|45=3|58=Required tag "
	    "missing|371=112|372=1|373=1",
	    NULL);
}

/* Burns 29, 30: no execution is lost for a field of it, no Reject rejected. */
static void
executions_are_delivered_whatever_is_wrong_with_them(void **state)
{
	struct world *w = *state;

	up_with(w, "FIX.4.4", dict44);
	say(w, "35=8|34=2|5000=x|39=?");
	expect(w, "app 8 2", NULL);
	assert_noted(w, FIX_WHY_TOLERATED);
	say(w, "35=3|34=3|45=1|373=999");
	say(w, "35=j|34=4|380=999");
	expect(w, "app j 4", NULL);
	assert_numbers(w, 5, 2);
}

/* One line for a thousand of them: each is told with how often it came. */
static void
a_tolerated_fault_is_counted(void **state)
{
	struct world *w = *state;

	up_with(w, "FIX.4.4", dict44);
	say(w, "35=8|34=2|39=?");
	assert_non_null(strstr(w->note[FIX_WHY_TOLERATED],
	    "35=8: Required tag missing (tag 37)"));
	assert_int_equal(w->times, 1);
	say(w, "35=AE|34=3|571=1");
	assert_int_equal(w->times, 1);
	say(w, "35=8|34=4|39=?");
	assert_int_equal(w->times, 2);
	assert_int_equal(fix_session_tolerated(w->s), 3);
	expect(w, "app 8 2", "app AE 3", "app 8 4", NULL);
}

/* What has no room of its own is counted together. */
static void
many_tolerated_faults_share_the_last_count(void **state)
{
	struct world *w = *state;

	w->cfg.level = FIX_LEVEL_REPORT;
	up_with(w, "FIX.4.4", dict44);
	for (int i = 0; i < 40; i++) {
		say(w, "35=0|34=%d|%d=x", i + 2, 6000 + i);
		assert_int_equal(w->times, i < 32 ? 1 : i - 30);
	}
	expect_nothing(w);
	assert_int_equal(fix_session_tolerated(w->s), 40);
}

static void
a_level_is_set_for_all_or_for_a_type(void **state)
{
	static const struct fix_type_level levels[] = {
		{ "0", FIX_LEVEL_REPORT },
		{ "8", FIX_LEVEL_REJECT },
		{ "D", FIX_LEVEL_OFF },
		{ "9", FIX_LEVEL_REJECT },
	};
	struct world *w = *state;

	w->cfg.levels = levels;
	w->cfg.n_levels = 4;
	up_with(w, "FIX.4.4", dict44);
	say(w, "35=0|34=2|999=x");
	expect_nothing(w);
	assert_int_equal(fix_session_tolerated(w->s), 1);
	say(w, "35=D|34=3|999=x");
	expect(w, "app D 3", NULL);
	assert_int_equal(fix_session_tolerated(w->s), 1);
	say(w, "35=8|34=4|999=x");
	assert_non_null(strstr(w->log, "> 35=3|34=2|45=4|"));
	forget(w);
	/* A refusal is never refused, whatever is asked for. */
	say(w, "35=9|34=5|999=x");
	expect(w, "app 9 5", NULL);
	say(w, "35=1|34=6|112=x|999=x");
	assert_non_null(strstr(w->log, "> 35=3|34=3|45=6|"));
}

static void
all_may_be_taken_and_told(void **state)
{
	struct world *w = *state;

	w->cfg.level = FIX_LEVEL_REPORT;
	up_with(w, "FIX.4.4", dict44);
	say(w, "35=D|34=2|54=?");
	expect(w, "app D 2", NULL);
	assert_noted(w, FIX_WHY_TOLERATED);
	/* Who sent what when stays sure. */
	say(w, "35=D|34=3|54=1|49=OTHER");
	assert_null(strstr(w->log, "app D 3"));
}

static void
all_may_be_left_unchecked(void **state)
{
	struct world *w = *state;

	w->cfg.level = FIX_LEVEL_OFF;
	up_with(w, "FIX.4.4", dict44);
	say(w, "35=D|34=2|54=?|999=|54=1");
	say(w, "35=QQ|34=3");
	say(w, "35=8|34=4|999=x");
	expect(w, "app D 2", "app QQ 3", "app 8 4", NULL);
	assert_int_equal(fix_session_tolerated(w->s), 0);
}

static void
unless_they_are_to_be_rejected(void **state)
{
	struct world *w = *state;

	w->cfg.deviations = FIX_DEV(REJECT_EXEC);
	up_with(w, "FIX.4.4", dict44);
	say(w, "35=8|34=2|5000=x");
	assert_non_null(strstr(w->log, "> 35=3|34=2|45=2|"));
}

/* RejectResentMessage: what fills a gap may be invalid, and fills it. */
static void
an_invalid_message_fills_its_gap(void **state)
{
	struct world *w = *state;

	up_with(w, "FIX.4.4", dict44);
	say(w, "35=1|34=3|112=HELLO");
	expect(w, "> 35=2|34=2|7=2|16=0", NULL);
	say(w, "35=D|34=2|43=Y|122=20260101-00:00:00|126=x|" D44);
	expect(w,
	    "> 35=3|34=3|45=2|58=Incorrect data format for value|371=126|"
	    "372=D|373=6",
	    "> 35=0|34=4|112=HELLO", NULL);
}

/* What is invalid and too high is judged when its turn comes, once. */
static void
an_invalid_message_out_of_turn_is_rejected_in_turn(void **state)
{
	struct world *w = *state;

	up_with(w, "FIX.4.4", dict44);
	say(w, "35=1|34=3");
	expect(w, "> 35=2|34=2|7=2|16=0", NULL);
	say(w, "35=0|34=2");
	expect(w,
	    "> 35=3|34=3|45=3|58=Required tag missing|371=112|372=1|373=1",
	    NULL);
	assert_numbers(w, 4, 4);
}

/* 2r */
static void
a_message_nobody_takes_is_refused(void **state)
{
	struct world *w = *state;
	struct fix_span ref = fix_span_of("id-1");
	struct fix_field f[32];
	struct fix_msg m = { .fields = f, .cap = 32 };
	struct fix_act a;
	uint8_t b[512];
	size_t n;

	up_with(w, "FIX.4.4", dict44);
	n = frame(w, "35=D|34=2|" D44, b, sizeof(b));
	assert_int_equal(fix_session_recv(w->s, b, n, w->now), n);
	while (fix_session_next(w->s, &a) == 1) {
		w->fold = fix_session_numbers(w->s);
		if (a.kind != FIX_ACT_DELIVER)
			continue;
		memcpy(f, a.msg->fields, a.msg->n * sizeof(f[0]));
		m.bytes = b;
		m.len = n;
		m.n = a.msg->n;
	}
	assert_int_equal(fix_session_refuse(w->s, &m, 3, ref,
			     "Unsupported Message Type", w->now),
	    0);
	w->fold.next_out = 2;
	drain(w);
	expect(w,
	    "> 35=j|34=2|45=2|58=Unsupported Message Type|372=D|379=id-1|"
	    "380=3",
	    NULL);
}

/* FIXT: session messages by FIXT11, the others by the application's. */
static void
fixt_checks_with_two_dictionaries(void **state)
{
	struct world *w = *state;

	w->cfg.begin_string = "FIXT.1.1";
	w->cfg.default_appl = FIX_V_50SP2;
	w->cfg.transport = dict_t11;
	w->cfg.app = dict_50;
	w->cfg.check = fix_check_all;
	connected(w);
	say(w, "35=A|34=1|98=0|108=30|1137=9");
	expect(w, "> 35=A|34=1|98=0|108=30|1137=9", "up", NULL);
	say(w, "35=1|34=2");
	expect(w,
	    "> 35=3|34=2|45=2|58=Required tag missing|371=112|372=1|373=1",
	    NULL);
	say(w, "35=D|34=3|11=a|55=X|54=1|60=20260101-00:00:00|40=1|38=5");
	expect(w, "app D 3", NULL);
	say(w, "35=D|34=4|55=X|54=1|60=20260101-00:00:00|40=1|38=5");
	assert_non_null(strstr(w->log, "371=11|372=D|373=1"));
}

/* Between two messages, in any state, and held as long as it is needed. */
static void
the_dictionary_is_swapped_while_it_runs(void **state)
{
	struct world *w = *state;
	char type[] = "D";
	uint32_t tags[] = { 21 };
	struct fix_type_level levels[] = { { type, FIX_LEVEL_REPORT } };
	struct fix_dict *first = load("FIX42"), *second = load("FIX44");

	w->cfg.levels = levels;
	w->cfg.n_levels = 1;
	w->cfg.check.open_enums = tags;
	w->cfg.check.n_open_enums = 1;
	up_with(w, "FIX.4.4", first);
	fix_dict_free(first); /* the session has it */
	type[0] = 'E';        /* and a list of its own */
	/* 526 came with FIX.4.3. */
	say(w, "35=D|34=2|21=1|526=x|" D44);
	expect(w, "app D 2", NULL);
	assert_noted(w, FIX_WHY_TOLERATED);
	say(w, "35=F|34=4|41=b|526=x|" D44);
	expect(w, "> 35=2|34=2|7=3|16=0", NULL);

	w->cfg.transport = w->cfg.app = second;
	w->cfg.check = fix_check_all;
	w->cfg.n_levels = 0;
	assert_int_equal(fix_session_set_validation(w->s, &w->cfg), 0);
	fix_dict_free(second);
	memset(levels, 0xee, sizeof(levels));
	/* What was held is judged by what is valid when its turn comes. */
	say(w, "35=0|34=3|43=Y|122=20260101-00:00:00");
	assert_null(strstr(w->log, "371=526"));
	forget(w);
	say(w, "35=D|34=5|526=x|" D44);
	expect(w, "app D 5", NULL);
	say(w, "35=D|34=6|5000=x|" D44);
	assert_non_null(strstr(w->log, "371=5000"));
	w->cfg.default_appl = FIX_V_50;
	assert_int_equal(
	    fix_session_set_validation(w->s, &w->cfg), -FIX_E_STATE);
	w->cfg.default_appl = FIX_V_NONE;
}

/* A first Logon with a fault is told why (1Sd). */
static void
an_invalid_logon_is_told_why(void **state)
{
	struct world *w = *state;

	w->cfg.transport = w->cfg.app = dict44;
	w->cfg.check = fix_check_all;
	connected(w);
	say(w, "35=A|34=1|98=0");
	expect(w, "> 35=5|34=1|58=Required tag missing (108)",
	    "close Logon refused", NULL);
	assert_numbers(w, 1, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		THRICE(faults_are_rejected_with_reason_and_tag),
		THRICE(a_long_value_is_not_quoted),
		THRICE(old_versions_say_less),
		THRICE(fix40_names_the_tag_in_the_text),
		THRICE(rejects_go_back_the_way_they_came),
		THRICE(executions_are_delivered_whatever_is_wrong_with_them),
		THRICE(unless_they_are_to_be_rejected),
		THRICE(a_tolerated_fault_is_counted),
		THRICE(many_tolerated_faults_share_the_last_count),
		THRICE(a_level_is_set_for_all_or_for_a_type),
		THRICE(all_may_be_taken_and_told),
		THRICE(all_may_be_left_unchecked),
		THRICE(an_invalid_message_fills_its_gap),
		THRICE(an_invalid_message_out_of_turn_is_rejected_in_turn),
		THRICE(a_message_nobody_takes_is_refused),
		THRICE(fixt_checks_with_two_dictionaries),
		THRICE(the_dictionary_is_swapped_while_it_runs),
		THRICE(an_invalid_logon_is_told_why),
	};

	return cmocka_run_group_tests_name("reject", tests, load_all, free_all);
}
