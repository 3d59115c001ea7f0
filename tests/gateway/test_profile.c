/*
 * Profiles: which setting counts, what is said of a faulty one, and that all
 * that came with fixgate load, name settings that exist, and say whom they are
 * for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/settings/conf.h"
#include "gateway/settings/deviate.h"
#include "gateway/settings/profile.h"
#include "session/session.h"

struct told {
	unsigned errors, notices;
	char text[4096]; /* "FILE:LINE: text\n" of all */
};

static void
tell(void *arg, bool error, const char *file, unsigned line, const char *text)
{
	struct told *t = arg;
	size_t n = strlen(t->text);

	*(error ? &t->errors : &t->notices) += 1;
	snprintf(t->text + n, sizeof(t->text) - n, "%s:%u: %s\n", file, line,
	    text);
}

static int
try(struct conf **c, const char *name, const char *text, struct told *t)
{
	struct conf_sink sink = { t, tell };

	memset(t, 0, sizeof(*t));
	*c = NULL;
	return conf_read_mem(c, name, text, strlen(text), &sink);
}

static struct conf *
good(const char *text)
{
	struct told t;
	struct conf *c;

	if (try(&c, "dir/test.conf", text, &t) != 0 || t.notices != 0)
		fail_msg("told: %s", t.text);
	return c;
}

static uint64_t
deviations(const char *text)
{
	struct conf *c = good(text);
	uint64_t all = deviate_read(conf_next(c, "SESSION", NULL));

	conf_free(c);
	return all;
}

/* A file of this name in a new folder; to be given to done_with(). */
static char *
write_profile(const char *text)
{
	static char path[64];
	char folder[] = "/tmp/fixgate-profile-XXXXXX";
	FILE *f;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/own.conf", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path;
}

static void
done_with(char *path)
{
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

static void
every_shipped_profile_loads_and_says_whom_it_is_for(void **state)
{
	char text[128], last[64] = "";
	size_t len;

	(void)state;
	for (const struct profile *p = profiles; p->name != NULL; p++) {
		snprintf(
		    text, sizeof(text), "[SESSION]\nProfile=%s\n", p->name);
		conf_free(good(text));
		assert_int_equal(p->text[0], '#');
		assert_non_null(strchr(profile_summary(p, &len), ':'));
		assert_in_range(len, 20, 78);
		assert_true(strcmp(last, p->name) < 0);
		snprintf(last, sizeof(last), "%s", p->name);
	}
	assert_non_null(profile_named("QuickFIX"));
	assert_null(profile_named("nobody"));
}

static void
without_a_profile_nothing_deviates(void **state)
{
	(void)state;
	assert_int_equal(deviations("[SESSION]\n"), 0);
	assert_int_equal(deviations("[SESSION]\nProfile=standard\n"), 0);
}

/* All that QuickFIX's suites need, and no venue's. */
static void
quickfix_has_its_deviations(void **state)
{
	uint64_t all = deviations("[SESSION]\nProfile=quickfix\n");

	(void)state;
	assert_true(all & FIX_DEV(LOGON_SILENT));
	assert_true(all & FIX_DEV(LOW_CLOSE));
	assert_false(all & FIX_DEV(LOW_REJECT));
	assert_true(all & FIX_DEV(REJECT_EXEC));
}

static void
what_a_section_says_itself_counts_before_its_profile(void **state)
{
	uint64_t all =
	    deviations("[SESSION]\nLowMsgSeqNum=reject\nCloseAfterLogout=N\n"
		       "Profile=quickfix\n");

	(void)state;
	assert_true(all & FIX_DEV(LOW_REJECT));
	assert_false(all & (FIX_DEV(LOW_CLOSE) | FIX_DEV(BYE_CLOSE)));
	assert_true(all & FIX_DEV(LOGON_SILENT));
}

static void
what_default_says_itself_counts_before_a_profile(void **state)
{
	uint64_t all = deviations(
	    "[SESSION]\nProfile=quickfix\n[DEFAULT]\nTestReqID=time\n");

	(void)state;
	assert_false(all & FIX_DEV(TEST_ID));
	assert_true(all & FIX_DEV(LOW_CLOSE));
}

static void
a_session_may_have_another_profile_than_default(void **state)
{
	(void)state;
	assert_true(
	    deviations("[DEFAULT]\nProfile=quickfix\n[SESSION]\n") != 0);
	assert_int_equal(deviations("[DEFAULT]\nProfile=quickfix\n[SESSION]\n"
				    "Profile=standard\n"),
	    0);
}

static void
an_unknown_profile_lists_the_known_ones(void **state)
{
	struct told t;
	struct conf *c;

	(void)state;
	assert_int_equal(
	    try(&c, "a.conf", "[SESSION]\nProfile=quikfix\n", &t),
	    -FIX_E_CONFIG);
	assert_non_null(strstr(t.text, "a.conf:2: no profile 'quikfix'"));
	for (const struct profile *p = profiles; p->name != NULL; p++)
		assert_non_null(strstr(t.text, p->name));
}

static void
a_file_of_the_users_own_is_found_beside_the_settings(void **state)
{
	char *path = write_profile("# ours: x\nLowMsgSeqNum=reject\n"
				   "DataDictionary=mine.xml\n");
	char settings[96], dict[96];
	const struct conf_section *s;
	struct told t;
	struct conf *c;

	(void)state;
	snprintf(dict, sizeof(dict), "%.*s/./mine.xml",
	    (int)(strrchr(path, '/') - path), path);
	snprintf(settings, sizeof(settings), "%.*s/x.conf",
	    (int)(strrchr(path, '/') - path), path);
	assert_int_equal(
	    try(&c, settings, "[SESSION]\nProfile=./own.conf\n", &t), 0);
	s = conf_next(c, "SESSION", NULL);
	assert_int_equal(deviate_read(s), FIX_DEV(LOW_REJECT));
	assert_string_equal(conf_path(s, "DataDictionary", ""), dict);
	conf_free(c);
	done_with(path);
}

static void
faults_in_a_profile_name_its_file_and_line(void **state)
{
	char *path = write_profile("# ours\nLowMsgSeqNum=never\n\n"
				   "LowMsgSeqNumm=close\n[SESSION]\n"
				   "Profile=quickfix\nHeartBtInt=9999999\n");
	static const char *const says[] = { ":2: LowMsgSeqNum must be",
		":4: unknown key 'LowMsgSeqNumm'", ":5: a profile has no",
		":6: a profile can't name another" };
	char settings[128], want[128];
	struct told t;
	struct conf *c;

	(void)state;
	snprintf(settings, sizeof(settings), "[SESSION]\nProfile=%s\n", path);
	assert_int_equal(try(&c, "a.conf", settings, &t), -FIX_E_CONFIG);
	assert_int_equal(t.errors, 4);
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		snprintf(want, sizeof(want), "%s%s", path, says[i]);
		if (strstr(t.text, want) == NULL)
			fail_msg("expected \"%s\" in: %s", want, t.text);
	}
	done_with(path);
}

/* What only the getters see is told in its place as well. */
static void
a_range_is_told_where_the_profile_says_it(void **state)
{
	char *path = write_profile("# ours\n\nHeartBtInt=9999999\n");
	char settings[128], want[128];
	struct told t;
	struct conf *c;

	(void)state;
	snprintf(settings, sizeof(settings), "[SESSION]\nProfile=%s\n", path);
	assert_int_equal(try(&c, "a.conf", settings, &t), 0);
	assert_int_equal(conf_int(conf_next(c, "SESSION", NULL), "HeartBtInt",
			     1, 86400, 30),
	    30);
	snprintf(want, sizeof(want), "%s:3: HeartBtInt must be", path);
	assert_non_null(strstr(t.text, want));
	assert_int_equal(conf_faults(c), 1);
	conf_free(c);
	done_with(path);
}

static void
a_profile_that_is_no_file_is_told(void **state)
{
	struct told t;
	struct conf *c;

	(void)state;
	assert_int_equal(
	    try(&c, "a.conf", "[SESSION]\nProfile=/nowhere/x\n", &t),
	    -FIX_E_CONFIG);
	assert_non_null(strstr(t.text, "a.conf:2: profile /nowhere/x: "));
	assert_int_equal(
	    try(&c, "a.conf", "[SESSION]\nProfile=/dev/zero\n", &t),
	    -FIX_E_CONFIG);
	assert_non_null(strstr(t.text, "a.conf:2: profile /dev/zero: "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_shipped_profile_loads_and_says_whom_it_is_for),
		cmocka_unit_test(without_a_profile_nothing_deviates),
		cmocka_unit_test(quickfix_has_its_deviations),
		cmocka_unit_test(
		    what_a_section_says_itself_counts_before_its_profile),
		cmocka_unit_test(
		    what_default_says_itself_counts_before_a_profile),
		cmocka_unit_test(
		    a_session_may_have_another_profile_than_default),
		cmocka_unit_test(an_unknown_profile_lists_the_known_ones),
		cmocka_unit_test(
		    a_file_of_the_users_own_is_found_beside_the_settings),
		cmocka_unit_test(faults_in_a_profile_name_its_file_and_line),
		cmocka_unit_test(a_range_is_told_where_the_profile_says_it),
		cmocka_unit_test(a_profile_that_is_no_file_is_told),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
