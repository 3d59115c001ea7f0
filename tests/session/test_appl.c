/* FIXT.1.1: versions of application messages, R16. */
#include "tests/session/world.h"

#include <string.h>

#include "fix/scan.h"

static struct fix_dict *t11, *d42, *d44, *d50, *sp2;

static int
load_all(void **state)
{
	static const struct {
		struct fix_dict **to;
		enum fix_version v;
	} all[] = { { &t11, FIX_V_NONE }, { &d42, FIX_V_42 },
		{ &d44, FIX_V_44 }, { &d50, FIX_V_50 }, { &sp2, FIX_V_50SP2 } };
	struct fix_dict_error e;

	(void)state;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (fix_dict_load_version(all[i].to, all[i].v, &e) != 0)
			fail_msg("%s", e.text);
	return 0;
}

static int
free_all(void **state)
{
	(void)state;
	fix_dict_free(t11);
	fix_dict_free(d42);
	fix_dict_free(d44);
	fix_dict_free(d50);
	fix_dict_free(sp2);
	return 0;
}

/* A session of FIX.5.0SP2 that knows 4.2 and 4.4 as well. */
static void
fixt(struct world *w)
{
	w->cfg.begin_string = "FIXT.1.1";
	w->cfg.default_appl = FIX_V_50SP2;
	w->cfg.transport = t11;
	w->cfg.app = sp2;
	w->cfg.apps[FIX_V_42] = d42;
	w->cfg.apps[FIX_V_44] = d44;
	w->cfg.check = fix_check_all;
}

static void
logged_on(struct world *w, const char *more)
{
	connected(w);
	say(w, "35=A|34=%u|98=0|108=30%s",
	    (unsigned)fix_session_numbers(w->s).next_in, more);
	assert_true(fix_session_up(w->s));
	forget(w);
}

/* Right in FIX.5.0SP2 and 4.4; in 4.2 HandlInst(21) is required. */
#define ORDER "11=a|55=X|54=1|60=20260101-00:00:00|40=1|38=5"

static void
a_message_is_checked_as_its_own_version(void **state)
{
	struct world *w = *state;

	fixt(w);
	logged_on(w, "|1137=9");
	say(w, "35=D|34=2|" ORDER);
	say(w, "35=D|34=3|1128=9|" ORDER);
	say(w, "35=D|34=4|1128=6|" ORDER);
	say(w, "35=D|34=5|1128=4|21=1|" ORDER);
	expect(w, "app D 2", "app D 3", "app D 4", "app D 5", NULL);
	say(w, "35=D|34=6|1128=4|" ORDER);
	expect(w,
	    "> 35=3|34=2|45=6|58=Required tag missing|371=21|372=D|373=1",
	    NULL);
}

static void
a_version_without_a_dictionary_is_refused(void **state)
{
	struct world *w = *state;

	fixt(w);
	logged_on(w, "|1137=9");
	say(w, "35=D|34=2|1128=5|" ORDER);
	expect(w,
	    "> 35=3|34=2|45=2|58=Invalid or unsupported application version|"
	    "371=1128|372=D|373=18",
	    NULL);
	say(w, "35=D|34=3|1128=11|" ORDER);
	assert_non_null(strstr(w->log, "373=18"));
	forget(w);
	/* An execution is taken whatever it is. */
	say(w, "35=8|34=4|1128=5|37=a|17=b|150=0|39=0|54=1|151=1|14=0");
	expect(w, "app 8 4", NULL);
	assert_noted(w, FIX_WHY_TOLERATED);
}

static void
nothing_is_refused_where_nothing_is_checked(void **state)
{
	struct world *w = *state;

	fixt(w);
	memset(&w->cfg.check, 0, sizeof(w->cfg.check));
	logged_on(w, "|1137=3");
	say(w, "35=D|34=2|1128=5|" ORDER);
	expect(w, "app D 2", NULL);
}

/* A Logon whose every message would be refused. */
static void
a_default_that_is_not_served_ends_the_logon(void **state)
{
	struct world *w = *state;

	fixt(w);
	connected(w);
	say(w, "35=A|34=1|98=0|108=30|1137=7");
	expect(w,
	    "> 35=5|34=1|58=DefaultApplVerID (1137) FIX.5.0 is not served here",
	    "close Logon refused", NULL);
}

/* The peer's default counts, not ours. */
static void
the_peers_default_is_what_it_says(void **state)
{
	struct world *w = *state;

	fixt(w);
	logged_on(w, "|1137=4");
	say(w, "35=D|34=2|" ORDER);
	assert_non_null(strstr(w->log, "371=21"));
	forget(w);
	say(w, "35=D|34=3|1128=9|" ORDER);
	expect(w, "app D 3", NULL);
}

static enum fix_version
version(struct world *w, const char *text)
{
	static uint8_t out[512];
	static struct fix_field fields[64];
	struct fix_msg m = { .fields = fields, .cap = 64 };

	assert_int_equal(
	    fix_split(out, frame(w, text, out, sizeof(out)), &m), 0);
	return fix_session_msg_version(w->s, &m);
}

/* 384: per MsgType, of what the peer sends. */
static void
a_logon_names_versions_of_types(void **state)
{
	struct world *w = *state;

	fixt(w);
	logged_on(w, "|384=7|372=D|385=S|1130=4|372=8|385=R|1130=4|"
		     "372=F|1130=6|372=G|385=S|1130=4|372=G|385=S|1130=6|1410=Y|"
		     "372=E|385=S|1130=4|372=E|385=S|1130=6|1137=9");
	assert_int_equal(version(w, "35=D|34=2"), FIX_V_42);
	assert_int_equal(version(w, "35=D|34=2|1128=9"), FIX_V_50SP2);
	assert_int_equal(version(w, "35=8|34=2"), FIX_V_50SP2);
	assert_int_equal(version(w, "35=F|34=2"), FIX_V_44);
	assert_int_equal(version(w, "35=G|34=2"), FIX_V_44);
	/* Two, and neither is the default. */
	assert_int_equal(version(w, "35=E|34=2"), FIX_V_50SP2);
	assert_int_equal(version(w, "35=B|34=2"), FIX_V_50SP2);
	say(w, "35=D|34=2|" ORDER);
	assert_non_null(strstr(w->log, "371=21"));
	/* The next Logon says otherwise. */
	lost(w);
	logged_on(w, "|1137=9");
	assert_int_equal(version(w, "35=D|34=2"), FIX_V_50SP2);
}

/* Dictionaries that are taken in while it runs. */
static void
versions_may_come_and_go_while_it_runs(void **state)
{
	struct world *w = *state;

	fixt(w);
	logged_on(w, "|1137=9");
	w->cfg.apps[FIX_V_42] = NULL;
	w->cfg.apps[FIX_V_50] = d50;
	assert_int_equal(fix_session_set_validation(w->s, &w->cfg), 0);
	say(w, "35=D|34=2|1128=7|" ORDER);
	expect(w, "app D 2", NULL);
	say(w, "35=D|34=3|1128=4|21=1|" ORDER);
	assert_non_null(strstr(w->log, "373=18"));
}

/* FIX Latest has no dictionary of its own here: that of 5.0SP2 serves. */
static void
fix_latest_is_taken_by_the_dictionary_of_50sp2(void **state)
{
	struct world *w = *state;

	fixt(w);
	logged_on(w, "|1137=10");
	say(w, "35=D|34=2|" ORDER);
	say(w, "35=D|34=3|1128=10|" ORDER);
	say(w, "35=D|34=4|1128=9|" ORDER);
	expect(w, "app D 2", "app D 3", "app D 4", NULL);
	say(w, "35=D|34=5|4999=x|" ORDER);
	assert_non_null(strstr(w->log, "371=4999"));
}

static void
our_own_default_may_be_fix_latest(void **state)
{
	struct world *w = *state;

	fixt(w);
	w->cfg.role = FIX_INITIATOR;
	w->cfg.default_appl = FIX_V_LATEST;
	connected(w);
	expect(w, "> 35=A|34=1|98=0|108=30|1137=10", NULL);
	say(w, "35=A|34=1|98=0|108=30|1137=9");
	expect(w, "up", NULL);
	say(w, "35=D|34=2|" ORDER);
	expect(w, "app D 2", NULL);
}

static int
send_as(struct world *w, enum fix_version v, const char *body)
{
	static uint8_t b[256];
	struct fix_span s = { b, strlen(body) };
	uint64_t seq;
	int rc;

	for (size_t i = 0; i < s.len; i++)
		b[i] = body[i] == '|' ? 1 : (uint8_t)body[i];
	rc = fix_session_send_as(
	    w->s, v, fix_span_of("8"), s, w->now, &seq);
	drain(w);
	return rc;
}

static void
our_message_of_another_version_says_so(void **state)
{
	struct world *w = *state;

	fixt(w);
	logged_on(w, "|1137=9");
	assert_int_equal(send_as(w, FIX_V_50SP2, "37=a|"), 0);
	assert_int_equal(send_as(w, FIX_V_42, "37=b|"), 0);
	assert_int_equal(send_as(w, FIX_V_44, "115=OBO|37=c|"), 0);
	assert_int_equal(send_as(w, FIX_V_NONE, "37=d|"), -FIX_E_RANGE);
	expect(w, "> 35=8|34=2|37=a", "> 35=8|34=3|1128=4|37=b",
	    "> 35=8|34=4|115=OBO|1128=6|37=c", NULL);
	/* And again when it is sent again. */
	say(w, "35=2|34=2|7=3|16=3");
	expect(w,
	    "> 35=8|34=3|43=Y|122=20260101-00:00:00.000|1128=4|37=b", NULL);
}

static void
before_fixt_there_is_one_version(void **state)
{
	struct world *w = *state;

	up(w);
	assert_int_equal(send_as(w, FIX_V_44, "37=a|"), 0);
	assert_int_equal(send_as(w, FIX_V_42, "37=b|"), -FIX_E_RANGE);
	expect(w, "> 35=8|34=2|37=a", NULL);
}

/* The dictionary that reads a message, for who walks its groups. */
static void
each_message_has_its_dictionary(void **state)
{
	static uint8_t out[512];
	static struct fix_field fields[64];
	static const struct {
		const char *text;
		struct fix_dict **d;
	} want[] = { { "35=D|34=2", &sp2 }, { "35=D|34=2|1128=4", &d42 },
		{ "35=A|34=2", &t11 }, { "35=D|34=2|1128=5", NULL },
		{ "35=D|34=2|1128=zz", NULL } };
	struct world *w = *state;

	fixt(w);
	logged_on(w, "|1137=9");
	for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct fix_msg m = { .fields = fields, .cap = 64 };
		size_t n = frame(w, want[i].text, out, sizeof(out));

		assert_int_equal(fix_split(out, n, &m), 0);
		assert_ptr_equal(fix_session_dict(w->s, &m),
		    want[i].d == NULL ? NULL : *want[i].d);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		THRICE(a_message_is_checked_as_its_own_version),
		THRICE(a_version_without_a_dictionary_is_refused),
		THRICE(nothing_is_refused_where_nothing_is_checked),
		THRICE(a_default_that_is_not_served_ends_the_logon),
		THRICE(the_peers_default_is_what_it_says),
		THRICE(a_logon_names_versions_of_types),
		THRICE(versions_may_come_and_go_while_it_runs),
		THRICE(fix_latest_is_taken_by_the_dictionary_of_50sp2),
		THRICE(our_own_default_may_be_fix_latest),
		THRICE(our_message_of_another_version_says_so),
		THRICE(before_fixt_there_is_one_version),
		THRICE(each_message_has_its_dictionary),
	};

	return cmocka_run_group_tests_name("appl", tests, load_all, free_all);
}
