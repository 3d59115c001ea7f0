/*
 * The settings reader: what it reads, what it says of every kind of fault, and
 * that its values keep their types. Files are strings here; those about secrets
 * use a folder of their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/settings/conf.h"
#include "gateway/settings/conf_keys.h"

struct told {
	unsigned errors, notices, line;
	char text[8192]; /* "LINE text\n" of all */
};

static void
tell(void *arg, bool error, const char *file, unsigned line, const char *text)
{
	struct told *t = arg;
	size_t n = strlen(t->text);

	assert_non_null(file);
	*(error ? &t->errors : &t->notices) += 1;
	t->line = line;
	snprintf(t->text + n, sizeof(t->text) - n, "%u %s\n", line, text);
}

static int
try(struct conf **c, const char *text, struct told *t)
{
	struct conf_sink sink = { t, tell };

	memset(t, 0, sizeof(*t));
	*c = NULL;
	return conf_read_mem(c, "dir/test.conf", text, strlen(text), &sink);
}

static struct conf *
good(const char *text, struct told *t)
{
	struct conf *c;

	if (try(&c, text, t) != 0)
		fail_msg("refused: %s", t->text);
	return c;
}

/* One fault, in this line, that says this. */
static void
bad(const char *text, unsigned line, const char *says)
{
	struct conf *c;
	struct told t;

	assert_int_equal(try(&c, text, &t), -FIX_E_CONFIG);
	assert_null(c);
	assert_int_equal(t.errors, 1);
	assert_int_equal(t.line, line);
	if (strstr(t.text, says) == NULL)
		fail_msg("expected \"%s\" in: %s", says, t.text);
}

static void
sections_come_in_file_order_with_name_and_line(void **state)
{
	struct told t;
	struct conf *c = good("[VENUE B]\n\n[SESSION]\n[venue  A]\n", &t);
	const struct conf_section *s = conf_next(c, "VENUE", NULL);

	(void)state;
	assert_string_equal(conf_name(s), "B");
	assert_int_equal(conf_line(s), 1);
	s = conf_next(c, "VENUE", s);
	assert_string_equal(conf_name(s), "A");
	assert_int_equal(conf_line(s), 4);
	assert_string_equal(conf_file(s), "dir/test.conf");
	assert_null(conf_next(c, "VENUE", s));
	conf_free(c);
}

static void
blanks_comments_crlf_and_byte_order_mark_do_not_count(void **state)
{
	struct told t;
	struct conf *c = good("\xef\xbb\xbf; x\r\n# y\r\n[SESSION]\r\n"
			      "  SenderCompID =  A B # c \t\r\n",
	    &t);
	const struct conf_section *s = conf_next(c, "SESSION", NULL);

	(void)state;
	assert_string_equal(conf_str(s, "SenderCompID", ""), "A B # c");
	conf_free(c);
}

static void
a_line_of_60000_bytes_is_read_whole(void **state)
{
	size_t len = 60000;
	char *text = malloc(len + 64);
	struct told t;
	struct conf *c;

	(void)state;
	strcpy(text, "[VENUE X]\nSymbols=");
	memset(text + strlen(text), 'A', len + 1);
	text[len] = '\0';
	c = good(text, &t);
	assert_int_equal(
	    strlen(conf_str(conf_next(c, "VENUE", NULL), "Symbols", "")),
	    len - strlen("[VENUE X]\nSymbols="));
	conf_free(c);
	free(text);
}

static void
default_shines_through_in_sessions_only(void **state)
{
	struct told t;
	struct conf *c =
	    good("[SESSION]\nHeartBtInt=5\n[DEFAULT]\n"
		 "HeartBtInt=30\nSenderCompID=US\n[DROPCOPY D]\n[API]\n",
		&t);
	const struct conf_section *s = conf_next(c, "SESSION", NULL);
	unsigned line = 0;

	(void)state;
	assert_int_equal(conf_int(s, "HeartBtInt", 1, 60, 0), 5);
	assert_string_equal(conf_str(s, "SenderCompID", ""), "US");
	assert_true(conf_has(s, "SenderCompID", &line));
	assert_int_equal(line, 5);
	s = conf_next(c, "DROPCOPY", NULL);
	assert_int_equal(conf_int(s, "HeartBtInt", 1, 60, 0), 30);
	s = conf_next(c, "API", NULL);
	assert_false(conf_has(s, "SenderCompID", NULL));
	conf_free(c);
}

static void
environment_fills_values(void **state)
{
	struct told t;
	struct conf *c;
	const struct conf_section *s;

	(void)state;
	setenv("FGT_SET", "seven", 1);
	setenv("FGT_EMPTY", "", 1);
	unsetenv("FGT_NOT");
	c = good("[SESSION]\nSenderCompID=a${FGT_SET}b${FGT_NOT:-c d}"
		 "${FGT_EMPTY:-e}$ ${FGT_EMPTY}|$${x}\n",
	    &t);
	s = conf_next(c, "SESSION", NULL);
	assert_string_equal(
	    conf_str(s, "SenderCompID", ""), "asevenbc de$ |${x}");
	conf_free(c);
	bad("[SESSION]\nSenderCompID=${FGT_NOT}\n", 2, "${FGT_NOT} is not set");
	bad("[SESSION]\nSenderCompID=${FGT_NOT\n", 2, "without a '}'");
	bad("[SESSION]\nSenderCompID=${1x}\n", 2, "neither ${NAME} nor");
	bad("[SESSION]\nSenderCompID=${A-b}\n", 2, "neither ${NAME} nor");
}

/* Whoever sets a variable must not be able to add a setting. */
static void
environment_never_adds_a_line(void **state)
{
	(void)state;
	setenv("FGT_EVIL", "x\n[RISK firm]\nMaxOrderQty=unlimited", 1);
	bad("[SESSION]\nSenderCompID=${FGT_EVIL}\n", 2, "control character");
	unsetenv("FGT_EVIL");
}

static void
unknown_names_are_told_with_the_nearest_known_one(void **state)
{
	(void)state;
	bad("[SESSION]\nHeartBeatInt=3\n", 2, "did you mean 'HeartBtInt'?");
	bad("[SESSION]\nSocketAcceptProt=3\n", 2, "'SocketAcceptPort'?");
	bad("[SESION]\nHeartBtInt=3\n", 1, "did you mean 'SESSION'?");
	bad("[GATEWAY]\nHeartBtInt=3\n", 2,
	    "unknown key 'HeartBtInt' in "
	    "[GATEWAY]");
	bad("[SESSION]\nXyzzy=3\n", 2, "unknown key 'Xyzzy' in [SESSION]\n");
}

static void
every_fault_of_a_file_is_told(void **state)
{
	struct conf *c;
	struct told t;

	(void)state;
	assert_int_equal(try(&c, "x=1\n[SESSION]\nA\nB=1\nHeartBtInt=x\n", &t),
	    -FIX_E_CONFIG);
	assert_int_equal(t.errors, 4);
	assert_string_equal(t.text,
	    "1 a key before the first [SECTION]\n"
	    "3 neither [SECTION] nor Key=Value: 'A'\n"
	    "4 unknown key 'B' in [SESSION]\n"
	    "5 HeartBtInt must be a whole number, not 'x'\n");
}

static void
faults_of_form_name_their_line(void **state)
{
	(void)state;
	bad("\n[SESSION\n", 2, "without a ']'");
	bad("[]\n", 1, "unknown section");
	bad("[VENUE]\n", 1, "needs a name");
	bad("[GATEWAY x]\n", 1, "takes no name");
	bad("[GATEWAY]\n[SESSION]\n[GATEWAY]\n", 3, "stands in line 1");
	bad("[RISK account A]\n[RISK account  a]\n", 2, "stands in line 1");
	bad("[SESSION]\n=1\n", 2, "in front of the '='");
	bad("[SESSION]\nHeartBtInt=1\nheartbtint=2\n", 3, "set in line 2");
	bad("[SESSION]\nSenderCompID=\n", 2, "must be set to something");
	bad("[AUDIT]\nDatabase=\n", 2, "must be set to something");
	bad("[SESSION]\nResetOnLogon=maybe\n", 2, "Y or N, not 'maybe'");
	bad("[SESSION]\nHeartBtInt=99999999999999999999\n", 2, "whole number");
	bad("[SESSION]\nStartTime=25:00:00\n", 2, "a time as");
	bad("[SESSION]\nStartDay=Caturday\n", 2, "a day of the week");
	bad("[GATEWAY]\nDurability=maybe\n", 2, "process|disk");
	bad("[GATEWAY]\nSegmentSize=1T\n", 2, "K, M or G");
	bad("[GATEWAY]\nSegmentSize=99999999999999G\n", 2, "K, M or G");
	bad("[RISK firm]\nMaxOrderQty=1e5\n", 2, "decimal");
	bad("[RISK firm]\nMaxOrderQty=0.123456789\n", 2, "decimal");
	bad("[SESSION]\nSender\x01"
	    "CompID=1\n",
	    2, "control character");
}

/* A bad [SECTION] is one fault, not one for each key in it. */
static void
keys_of_a_bad_section_are_not_told(void **state)
{
	(void)state;
	bad("[SESION]\nAnything=1\nMore=2\n", 1, "unknown section");
}

static void
quickfix_settings_without_meaning_are_a_notice(void **state)
{
	struct told t;
	struct conf *c = good("[DEFAULT]\nFileLogPath=log\n"
			      "ScreenLogShowEvents=Y\n[SESSION]\nJdbcURL=x\n",
	    &t);

	(void)state;
	assert_int_equal(t.notices, 3);
	assert_non_null(strstr(t.text, "2 FileLogPath is QuickFIX's"));
	conf_free(c);
}

static void
a_key_may_have_a_number(void **state)
{
	struct told t;
	struct conf *c = good("[SESSION]\nSocketConnectHost=a\n"
			      "socketconnecthost1=b\nSocketConnectHost12=c\n",
	    &t);
	const struct conf_section *s = conf_next(c, "SESSION", NULL);
	static const char *const unknown[] = { "SocketConnectHost0=a",
		"SocketConnectHost01=a", "SocketConnectHost1000=a",
		"SocketConnectHost1x=a", "HeartBtInt1=3" };

	(void)state;
	assert_string_equal(conf_str(s, "SocketConnectHost", ""), "a");
	assert_string_equal(conf_str(s, "SocketConnectHost1", ""), "b");
	assert_string_equal(conf_str(s, "SocketConnectHost12", ""), "c");
	assert_null(conf_str(s, "SocketConnectHost2", NULL));
	conf_free(c);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		char text[200];

		snprintf(text, sizeof(text), "[SESSION]\n%s\n", unknown[i]);
		bad(text, 2, "unknown key");
	}
	bad("[SESSION]\nSocketConnectHost1=a\nSOCKETCONNECTHOST1=b\n", 3,
	    "SocketConnectHost1 is set in line 2 already");
}

static void
typed_values_read_and_fall_back(void **state)
{
	struct told t;
	struct conf *c = good("[GATEWAY]\nSegmentSize=4K\nNode=7\n"
			      "Durability=DISK\n[RISK firm]\nMaxOrderQty=12.5\n"
			      "MaxLong=unlimited\n[SESSION]\nResetOnLogon=y\n"
			      "SocketUseSSL=No\nDataDictionary=spec/FIX44.xml\n"
			      "AppDataDictionary=/abs.xml\n",
	    &t);
	const struct conf_section *g = conf_next(c, "GATEWAY", NULL);
	const struct conf_section *r = conf_next(c, "RISK", NULL);
	const struct conf_section *s = conf_next(c, "SESSION", NULL);

	(void)state;
	assert_int_equal(conf_bytes(g, "SegmentSize", 1, 1 << 20, 0), 4096);
	assert_int_equal(conf_int(g, "Node", 0, 255, 0), 7);
	assert_int_equal(conf_word(g, "Durability", "process|disk", 0), 1);
	assert_int_equal(conf_word(g, "LogTo", "stderr|syslog", 0), 0);
	assert_int_equal(conf_e8(r, "MaxOrderQty", 0), 1250000000);
	assert_int_equal(conf_e8(r, "MaxLong", 0), INT64_MAX);
	assert_int_equal(conf_e8(r, "MaxShort", 42), 42);
	assert_true(conf_bool(s, "ResetOnLogon", false));
	assert_false(conf_bool(s, "SocketUseSSL", true));
	assert_string_equal(
	    conf_path(s, "DataDictionary", ""), "dir/spec/FIX44.xml");
	assert_string_equal(conf_path(s, "AppDataDictionary", ""), "/abs.xml");
	assert_null(conf_path(s, "TransportDataDictionary", NULL));
	assert_int_equal(conf_int(NULL, "Node", 0, 1, 9), 9);
	assert_int_equal(conf_faults(c), 0);
	conf_free(c);
}

static void
a_value_out_of_range_is_told_at_its_line(void **state)
{
	struct told t;
	struct conf *c = good("[GATEWAY]\n\nNode=256\n", &t);
	const struct conf_section *g = conf_next(c, "GATEWAY", NULL);

	(void)state;
	assert_int_equal(conf_int(g, "Node", 0, 255, 3), 3);
	assert_int_equal(conf_faults(c), 1);
	assert_string_equal(
	    t.text, "3 Node must be a whole number from 0 to 255, not '256'\n");
	conf_free(c);
}

/* What was read, printed, reads as the same again. */
static void
printing_and_reading_again_changes_nothing(void **state)
{
	static const char text[] =
	    "[GATEWAY]\nDataDir=x\nNode=1\n\n"
	    "[RISK account A]\nMaxLong=unlimited\n\n"
	    "[SESSION]\nSenderCompID=US\nPassword=file:pw\n";
	struct told t;
	struct conf *c = good(text, &t);
	char *out;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	(void)state;
	conf_print(c, f);
	fclose(f);
	assert_string_equal(out, text);
	free(out);
	conf_free(c);
}

static void
secrets_are_masked_in_print_and_complaint(void **state)
{
	struct told t;
	struct conf *c = good("[SESSION]\nPassword=hunter2\n", &t);
	char *out;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	(void)state;
	assert_string_equal(
	    conf_secret(conf_next(c, "SESSION", NULL), "Password", ""),
	    "hunter2");
	conf_print(c, f);
	fclose(f);
	assert_null(strstr(out, "hunter2"));
	free(out);
	conf_free(c);
}

struct folder {
	char dir[64], conf[96], secret[96];
};

static void
folder_make(struct folder *f, mode_t mode)
{
	FILE *out;

	strcpy(f->dir, "/tmp/fixgate-conf-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->conf, sizeof(f->conf), "%s/a.conf", f->dir);
	snprintf(f->secret, sizeof(f->secret), "%s/pw", f->dir);
	out = fopen(f->conf, "w");
	fputs("[SESSION]\nPassword=file:pw\n", out);
	fclose(out);
	out = fopen(f->secret, "w");
	fputs("s3cret\n", out);
	fclose(out);
	assert_int_equal(chmod(f->secret, mode), 0);
}

static void
folder_remove(struct folder *f)
{
	unlink(f->conf);
	unlink(f->secret);
	rmdir(f->dir);
}

static const char *
secret_of(struct folder *f, struct conf **c, struct told *t)
{
	struct conf_sink sink = { t, tell };

	memset(t, 0, sizeof(*t));
	assert_int_equal(conf_read(c, f->conf, &sink), 0);
	return conf_secret(conf_next(*c, "SESSION", NULL), "Password", NULL);
}

static void
a_secret_file_of_the_owner_is_read(void **state)
{
	struct folder f;
	struct conf *c;
	struct told t;

	(void)state;
	folder_make(&f, 0600);
	assert_string_equal(secret_of(&f, &c, &t), "s3cret");
	assert_null(conf_private(f.secret));
	conf_free(c);
	folder_remove(&f);
}

static void
a_secret_file_that_others_may_read_is_refused(void **state)
{
	struct folder f;
	struct conf *c;
	struct told t;

	(void)state;
	folder_make(&f, 0640);
	assert_null(secret_of(&f, &c, &t));
	assert_int_equal(t.errors, 1);
	assert_int_equal(t.line, 2);
	assert_non_null(strstr(t.text, "chmod 600"));
	assert_non_null(conf_private(f.secret));
	conf_free(c);
	folder_remove(&f);
}

static void
a_secret_in_vault_needs_who_asks_it(void **state)
{
	struct told t;
	struct conf *c = good("[SESSION]\nPassword=vault:x\n", &t);

	(void)state;
	assert_null(
	    conf_secret(conf_next(c, "SESSION", NULL), "Password", NULL));
	assert_int_equal(t.errors, 1);
	conf_free(c);
}

static void
a_file_that_is_not_there_is_told(void **state)
{
	struct told t = { 0 };
	struct conf_sink sink = { &t, tell };
	struct conf *c = NULL;

	(void)state;
	assert_int_equal(conf_read(&c, "/nowhere/at/all", &sink), -FIX_E_IO);
	assert_int_equal(conf_read(&c, "/", &sink), -FIX_E_IO);
	assert_int_equal(t.errors, 2);
	assert_non_null(strstr(t.text, "No such file"));
}

static void
no_key_stands_twice_in_the_tables(void **state)
{
	const struct conf_kind *k;
	const struct conf_key *a, *b;

	(void)state;
	for (unsigned i = 0; (k = conf_kind_at(i)) != NULL; i++)
		for (unsigned x = 0; (a = conf_key_at(k, x)) != NULL; x++) {
			char name[64];

			snprintf(name, sizeof(name), "%s%s", a->name,
			    conf_is_numbered(a) ? "7" : "");
			b = conf_key_named(k, name);
			assert_ptr_equal(a, b);
			assert_non_null(a->meaning);
		}
	assert_string_equal(conf_known("ROUTE", 0), "Symbol");
	assert_null(conf_known("ROUTE", 99));
	assert_null(conf_known("NOSUCH", 0));
}

/* The file that the acceptance suite of QuickFIX comes with. */
static void
a_quickfix_settings_file_loads_unchanged(void **state)
{
	const char *shared = getenv("FIXGATE_SHARED");
	const char *top = getenv("TOP_SRCDIR");
	char path[4096];
	struct told t = { 0 };
	struct conf_sink sink = { &t, tell };
	struct conf *c;
	unsigned n = 0;

	(void)state;
	if (shared != NULL)
		snprintf(path, sizeof(path), "%s/data/acceptance/settings.cfg",
		    shared);
	else
		snprintf(path, sizeof(path),
		    "%s/../shared/data/acceptance/settings.cfg",
		    top != NULL ? top : ".");
	if (access(path, R_OK) != 0) {
		print_message("# SKIP %s is not there\n", path);
		return;
	}
	assert_int_equal(conf_read(&c, path, &sink), 0);
	assert_int_equal(t.errors, 0);
	for (const struct conf_section *s = NULL;
	     (s = conf_next(c, "SESSION", s)) != NULL;)
		n++;
	assert_true(n >= 10);
	conf_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    sections_come_in_file_order_with_name_and_line),
		cmocka_unit_test(
		    blanks_comments_crlf_and_byte_order_mark_do_not_count),
		cmocka_unit_test(a_line_of_60000_bytes_is_read_whole),
		cmocka_unit_test(default_shines_through_in_sessions_only),
		cmocka_unit_test(environment_fills_values),
		cmocka_unit_test(environment_never_adds_a_line),
		cmocka_unit_test(
		    unknown_names_are_told_with_the_nearest_known_one),
		cmocka_unit_test(every_fault_of_a_file_is_told),
		cmocka_unit_test(faults_of_form_name_their_line),
		cmocka_unit_test(keys_of_a_bad_section_are_not_told),
		cmocka_unit_test(
		    quickfix_settings_without_meaning_are_a_notice),
		cmocka_unit_test(a_key_may_have_a_number),
		cmocka_unit_test(typed_values_read_and_fall_back),
		cmocka_unit_test(a_value_out_of_range_is_told_at_its_line),
		cmocka_unit_test(printing_and_reading_again_changes_nothing),
		cmocka_unit_test(secrets_are_masked_in_print_and_complaint),
		cmocka_unit_test(a_secret_file_of_the_owner_is_read),
		cmocka_unit_test(a_secret_file_that_others_may_read_is_refused),
		cmocka_unit_test(a_secret_in_vault_needs_who_asks_it),
		cmocka_unit_test(a_file_that_is_not_there_is_told),
		cmocka_unit_test(no_key_stands_twice_in_the_tables),
		cmocka_unit_test(a_quickfix_settings_file_loads_unchanged),
	};

	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
