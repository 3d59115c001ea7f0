/*
 * The loader, good files and bad ones: every refusal names file and line, and
 * a file made to hurt (entities, cycles, doubling components, depth, size) is
 * refused in no time.
 */
#include "tests/dictionaries/faces.h"

#include <unistd.h>

static struct fix_dict_error e;

/* Parts to put dictionaries together from; lines count. */
#define ROOT "<fix type='FIX' major='4' minor='4' servicepack='0'>\n"
#define FIELDS                                                                 \
	"<fields>"                                                             \
	"<field number='11' name='ClOrdID' type='STRING'/>"                    \
	"<field number='54' name='Side' type='CHAR'>"                          \
	"<value enum='1' description='BUY'/>"                                  \
	"<value enum='2' description='SELL'/></field>"                         \
	"<field number='453' name='NoPartyIDs' type='NUMINGROUP'/>"            \
	"<field number='448' name='PartyID' type='STRING'/>"                   \
	"</fields>\n"
#define MESSAGE(members)                                                       \
	"<messages><message name='Order' msgtype='D' msgcat='app'>\n" members  \
	"</message></messages>\n"
#define PLAIN "<field name='ClOrdID' required='Y'/>\n"

static struct fix_dict *
load(const char *xml)
{
	struct fix_dict *d;
	int rc = fix_dict_load_mem(&d, "f.xml", xml, strlen(xml), &e);

	if (rc != 0)
		fail_msg("%s", e.text);
	assert_string_equal(e.text, "");
	return d;
}

/* Refused, and the text has both the place and the reason. */
static void
refused(const char *xml, const char *place, const char *reason)
{
	struct fix_dict *d = (void *)&e;
	int rc = fix_dict_load_mem(&d, "f.xml", xml, strlen(xml), &e);

	if (rc == 0)
		fail_msg("taken: %s", xml);
	assert_null(d);
	assert_int_equal(rc, -FIX_E_CONFIG);
	if (strncmp(e.text, place, strlen(place)) != 0 ||
	    strstr(e.text, reason) == NULL)
		fail_msg("%s\nis not\n%s ... %s", e.text, place, reason);
}

static void
a_small_dictionary_loads(void **state)
{
	const struct fix_dict_member *m;
	struct fix_dict *d = load(ROOT "<header/><trailer/>" MESSAGE(PLAIN
	    "<component name='Parties' required='N'/>") "<components><"
							"component "
							"name='Parties'>"
							"<group "
							"name='NoPartyIDs' "
							"required='Y'>"
							"<field name='PartyID' "
							"required='Y'/></group>"
							"</component></"
							"components>" FIELDS
							"</fix>");
	uint32_t n;

	(void)state;
	assert_int_equal(fix_dict_version(d), FIX_V_44);
	assert_int_equal(fix_dict_n_fields(d), 4);
	assert_int_equal(fix_dict_n_msgs(d), 1);
	m = fix_dict_members(d, 0, &n);
	assert_int_equal(n, 3);
	assert_true(m[0].tag == 11 && m[0].required && !m[0].group);
	/* required in a component that is not: not required */
	assert_true(m[1].tag == 453 && !m[1].required && m[1].group);
	assert_true(m[2].tag == 448 && m[2].required && m[2].depth == 1);
	fix_dict_free(d);
}

static void
elements_that_others_added_are_passed_over(void **state)
{
	struct fix_dict *d =
	    load("<?xml version='1.0'?>\n<!-- hello -->\n" ROOT
		 "<extra><field name='Nonsense'/></extra>" MESSAGE(
		     PLAIN "<note><field name='Nonsense'/></note>") FIELDS
		"<!-- bye --></fix>");

	(void)state;
	assert_int_equal(fix_dict_n_msgs(d), 1);
	fix_dict_free(d);
}

static void
predefined_entities_and_escapes_are_read(void **state)
{
	const char *value, *name;
	struct fix_dict *d = load(ROOT MESSAGE(
	    PLAIN) "<fields><field number='11' name='ClOrdID' type='STRING'>"
		   "<value enum='&lt;&#38;' description='A&quot;B'/></field>"
		   "</fields></fix>");

	(void)state;
	fix_dict_value(d, 11, 0, &value, &name);
	assert_string_equal(value, "<&");
	assert_string_equal(name, "A\"B");
	fix_dict_free(d);
}

static void
what_is_no_dictionary_is_refused(void **state)
{
	(void)state;
	refused("x", "f.xml:1: ", "");
	refused("", "f.xml:1: ", "empty");
	refused("<html/>", "f.xml:1: ", "is no dictionary");
	refused(ROOT "<messages>", "f.xml:2: ", "");
	refused(ROOT MESSAGE(PLAIN) FIELDS "</fix>trailing", "f.xml:6: ", "");
	refused(ROOT MESSAGE("<field name='ClOrdID>\n") FIELDS "</fix>",
	    "f.xml:", "");
	refused("<fix type='FIX' major='7' minor='1'>" MESSAGE(PLAIN) FIELDS
	    "</fix>",
	    "f.xml:1: ", "not known");
	refused("<fix type='FIX'>" MESSAGE(PLAIN) FIELDS "</fix>",
	    "f.xml:1: ", "major");
	refused(ROOT FIELDS "</fix>", "f.xml:", "no messages");
	refused(ROOT MESSAGE(PLAIN) "</fix>", "f.xml:", "no fields");
}

static void
missing_and_odd_attributes_are_refused_with_their_line(void **state)
{
	(void)state;
	refused(ROOT MESSAGE(PLAIN) "<fields>\n<field name='X' type='INT'/>"
				    "</fields></fix>",
	    "f.xml:6: ", "number");
	refused(ROOT MESSAGE(PLAIN) "<fields>\n<field number='1' type='INT'/>"
				    "</fields></fix>",
	    "f.xml:6: ", "name");
	refused(ROOT MESSAGE(PLAIN) "<fields>\n<field number='1' name='X'/>"
				    "</fields></fix>",
	    "f.xml:6: ", "type");
	refused(ROOT MESSAGE(PLAIN) "<fields>\n<field number='1' name='X' "
				    "type='INTEGER'/></fields></fix>",
	    "f.xml:6: ", "unknown type INTEGER");
	refused(ROOT MESSAGE(PLAIN) "<fields>\n<field number='0' name='X' "
				    "type='INT'/></fields></fix>",
	    "f.xml:6: ", "number");
	refused(ROOT MESSAGE(PLAIN) "<fields>\n<field number='1000000000' "
				    "name='X' type='INT'/></fields></fix>",
	    "f.xml:6: ", "number");
	refused(ROOT MESSAGE(PLAIN) "<fields>\n<field number='-3' name='X' "
				    "type='INT'/></fields></fix>",
	    "f.xml:6: ", "number");
	refused(ROOT "<messages>\n<message name='Order'/></messages>" FIELDS
		     "</fix>",
	    "f.xml:3: ", "msgtype");
	refused(ROOT MESSAGE("<field required='Y'/>") FIELDS "</fix>",
	    "f.xml:3: ", "name");
	refused(ROOT MESSAGE(PLAIN) "<fields><field number='1' name='X' "
				    "type='CHAR'>\n<value "
				    "description='A'/></field></fields></fix>",
	    "f.xml:6: ", "enum");
}

static void
what_is_used_must_be_defined(void **state)
{
	(void)state;
	refused(ROOT MESSAGE(PLAIN "<field name='Nope'/>") FIELDS "</fix>",
	    "f.xml:4: ", "field Nope is not defined");
	refused(ROOT MESSAGE(PLAIN "<component name='Nope'/>") FIELDS "</fix>",
	    "f.xml:4: ", "component Nope is not defined");
	refused(ROOT MESSAGE("<group name='Nope'>\n" PLAIN "</group>") FIELDS
	    "</fix>",
	    "f.xml:3: ", "group Nope is not defined");
	refused(ROOT MESSAGE("<group name='NoPartyIDs'/>") FIELDS "</fix>",
	    "f.xml:3: ", "empty");
	refused(ROOT MESSAGE(PLAIN) "<fields>\n<field number='11' "
				    "name='ClOrdID' type='STRING' "
				    "valuesOf='Nope'/></fields></fix>",
	    "f.xml:6: ", "Nope");
}

static void
duplicates_are_refused(void **state)
{
	(void)state;
	refused(ROOT MESSAGE(
		    PLAIN) "<fields>\n"
			   "<field number='11' name='ClOrdID' type='STRING'/>\n"
			   "<field number='11' name='Other' "
			   "type='STRING'/></fields>"
			   "</fix>",
	    "f.xml:7: ",
	    "tag 11 is defined twice, first in "
	    "line 6");
	refused(ROOT MESSAGE(
		    PLAIN) "<fields>\n"
			   "<field number='11' name='ClOrdID' type='STRING'/>\n"
			   "<field number='12' name='ClOrdID' "
			   "type='STRING'/></fields>"
			   "</fix>",
	    "f.xml:7: ", "ClOrdID is defined twice");
	refused(ROOT MESSAGE(
		    PLAIN) "<fields>\n"
			   "<field number='11' name='ClOrdID' type='STRING'>"
			   "<value enum='A' description='X'/>\n"
			   "<value enum='A' "
			   "description='Y'/></field></fields></fix>",
	    "f.xml:7: ", "value A of field ClOrdID is defined twice");
	refused(ROOT "<messages><message name='A' msgtype='D'>" PLAIN
		     "</message><message name='B' msgtype='D'>" PLAIN
		     "</message></messages>" FIELDS "</fix>",
	    "f.xml:3: ", "message type D is defined twice");
	refused(ROOT "<messages><message name='A' msgtype='D'>" PLAIN
		     "</message><message name='A' msgtype='E'>" PLAIN
		     "</message></messages>" FIELDS "</fix>",
	    "f.xml:3: ", "message A is defined twice");
	refused(ROOT MESSAGE(PLAIN) "<components><component name='C'>" PLAIN
				    "</component><component name='C'>" PLAIN
				    "</component></components>" FIELDS "</fix>",
	    "f.xml:6: ", "C is defined twice");
	refused(ROOT "<header/><header><field name='ClOrdID'/></header>"
		     "<header><field name='ClOrdID'/></header>" MESSAGE(PLAIN)
			 FIELDS "</fix>",
	    "f.xml:2: ", "second header");
}

/* QuickFIX's FIX43.xml has one, jspurefix's FIX50SP2.xml many. */
static void
a_member_listed_twice_counts_once(void **state)
{
	struct fix_dict *d = load(ROOT MESSAGE(
	    PLAIN "<field name='ClOrdID' required='N'/>") FIELDS "</fix>");
	const struct fix_dict_member *m;
	uint32_t n;

	(void)state;
	m = fix_dict_members(d, 0, &n);
	assert_int_equal(n, 1);
	assert_true(m[0].required);
	fix_dict_free(d);
}

static void
components_that_hold_themselves_are_refused(void **state)
{
	(void)state;
	refused(ROOT MESSAGE(
		    "<component name='A'/>") "<components>"
					     "<component name='A'>\n<component "
					     "name='A'/></component>"
					     "</components>" FIELDS "</fix>",
	    "f.xml:5: ", "A holds itself");
	refused(
	    ROOT MESSAGE(
		"<component name='A'/>") "<components>"
					 "<component name='A'>\n<component "
					 "name='B'/></component>"
					 "<component name='B'>\n<group "
					 "name='NoPartyIDs'>"
					 "<field name='PartyID'/>\n<component "
					 "name='A'/></group>"
					 "</component></components>" FIELDS
					 "</fix>",
	    "f.xml:7: ", "A holds itself");
	/* even where no message uses it */
	refused(
	    ROOT MESSAGE(
		PLAIN) "<components>"
		       "<component name='A'>\n<component name='A'/></component>"
		       "</components>" FIELDS "</fix>",
	    "f.xml:6: ", "A holds itself");
}

static void
dtds_and_entities_are_refused_unread(void **state)
{
	(void)state;
	refused(
	    "<?xml version='1.0'?>\n"
	    "<!DOCTYPE fix [\n<!ENTITY a 'aaaaaaaaaaaaaaaaaaaa'>\n"
	    "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>\n"
	    "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>\n"
	    "<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>\n"
	    "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'>]>\n" ROOT
		MESSAGE("<field name='&e;'/>") FIELDS "</fix>",
	    "f.xml:2: ", "DOCTYPE is not allowed");
	refused(
	    "<!DOCTYPE fix SYSTEM 'http://127.0.0.1:1/fix.dtd'>" ROOT MESSAGE(
		PLAIN) FIELDS "</fix>",
	    "f.xml:1: ", "DOCTYPE is not allowed");
	refused("<!DOCTYPE fix [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" ROOT
		    MESSAGE("<field name='&x;'/>") FIELDS "</fix>",
	    "f.xml:1: ", "DOCTYPE is not allowed");
	refused(ROOT MESSAGE("<field name='&undefined;'/>") FIELDS "</fix>",
	    "f.xml:3: ", "");
}

/* A buffer that text is added to, as large as it gets. */
struct text {
	char *p;
	size_t n;
	size_t cap;
};

static void FIX_PRINTF(2, 3) add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->cap - t->n < 512) {
		t->cap = t->cap == 0 ? 65536 : t->cap * 2;
		t->p = realloc(t->p, t->cap);
		assert_non_null(t->p);
	}
	va_start(ap, fmt);
	n = vsnprintf(t->p + t->n, t->cap - t->n, fmt, ap);
	va_end(ap);
	assert_in_range(n, 0, 511);
	t->n += (size_t)n;
}

static void
refused_text(struct text *t, const char *place, const char *reason)
{
	refused(t->p, place, reason);
	free(t->p);
}

static void
components_that_double_are_refused(void **state)
{
	struct text t = { 0 };
	int i;

	(void)state;
	add(&t, "%s", ROOT MESSAGE("<component name='C0'/>") "<components>\n");
	for (i = 0; i < 30; i++)
		add(&t,
		    "<component name='C%d'><component name='C%d'/>"
		    "<component name='C%d'/></component>\n",
		    i, i + 1, i + 1);
	add(&t, "<component name='C30'>" PLAIN
		"</component></components>" FIELDS "</fix>");
	refused_text(&t, "f.xml:2: ", "multiply");
}

static void
components_and_groups_nested_deeply_are_refused(void **state)
{
	struct text t = { 0 };
	int i;

	(void)state;
	add(&t, "%s", ROOT MESSAGE("<component name='C0'/>") "<components>\n");
	for (i = 0; i < 1000; i++)
		add(&t,
		    "<component name='C%d'><component name='C%d'/>"
		    "</component>\n",
		    i, i + 1);
	add(&t, "<component name='C1000'>" PLAIN
		"</component></components>" FIELDS "</fix>");
	refused_text(&t, "f.xml:", "too deeply");

	t = (struct text){ 0 };
	add(&t, "%s<messages><message name='M' msgtype='M'>\n", ROOT);
	for (i = 0; i < 20; i++)
		add(&t, "<group name='NoPartyIDs'><field name='PartyID'/>\n");
	for (i = 0; i < 20; i++)
		add(&t, "</group>");
	add(&t, "</message></messages>" FIELDS "</fix>");
	refused_text(&t, "f.xml:2: ", "groups nest too deeply");

	t = (struct text){ 0 };
	add(&t, "%s<messages>\n", ROOT);
	for (i = 0; i < 100; i++)
		add(&t, "<x>");
	refused_text(&t, "f.xml:3: ", "too deeply");
}

static void
too_many_of_anything_is_refused(void **state)
{
	struct text t = { 0 };
	int i;

	(void)state;
	add(&t, "%s<fields>\n", ROOT MESSAGE(PLAIN));
	for (i = 1; i <= 60001; i++)
		add(&t, "<field number='%d' name='F%d' type='INT'/>\n", i, i);
	add(&t, "</fields></fix>");
	refused_text(&t, "f.xml:60006: ", "too many");

	t = (struct text){ 0 };
	add(&t, "%s<messages><message name='M' msgtype='M'>\n", ROOT);
	for (i = 1; i <= 9000; i++)
		add(&t, "<field name='F%d'/>\n", i);
	add(&t, "</message></messages><fields>");
	for (i = 1; i <= 9000; i++)
		add(&t, "<field number='%d' name='F%d' type='INT'/>\n", i, i);
	add(&t, "</fields></fix>");
	refused_text(&t, "f.xml:2: ", "more than 4096 members");

	t = (struct text){ 0 };
	add(&t, "%s<fields><field number='1' name='", ROOT MESSAGE(PLAIN));
	for (i = 0; i < 5000; i++)
		add(&t, "N");
	add(&t, "' type='INT'/></fields></fix>");
	refused_text(&t, "f.xml:5: ", "too long");
}

static void
a_header_tag_beyond_its_table_is_refused(void **state)
{
	(void)state;
	refused(ROOT "<header><field name='Far'/></header>" MESSAGE(
		    PLAIN) "<fields><field number='11' name='ClOrdID' "
			   "type='STRING'/>"
			   "<field number='70000' name='Far' "
			   "type='INT'/></fields></fix>",
	    "f.xml:", "too large for the header");
}

static void
files_too_large_or_unreadable_are_refused(void **state)
{
	char path[] = "/tmp/fixgate-dict-XXXXXX";
	struct fix_dict *d = NULL;
	int fd;

	(void)state;
	assert_int_equal(
	    fix_dict_load(&d, "/nonexistent/FIX44.xml", &e), -FIX_E_IO);
	assert_string_equal(
	    e.text, "/nonexistent/FIX44.xml: No such file or directory");
	assert_int_equal(fix_dict_load(&d, "/tmp", &e), -FIX_E_IO);
	assert_non_null(strstr(e.text, "/tmp: not a file"));
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(fix_dict_load(&d, path, &e), -FIX_E_CONFIG);
	assert_non_null(strstr(e.text, "empty"));
	assert_int_equal(ftruncate(fd, (64 << 20) + 1), 0);
	assert_int_equal(fix_dict_load(&d, path, &e), -FIX_E_CONFIG);
	assert_non_null(strstr(e.text, "larger than 64 MiB"));
	assert_null(d);
	close(fd);
	unlink(path);
	assert_int_equal(fix_dict_load_mem(&d, "f", "x", (64u << 20) + 1, &e),
	    -FIX_E_CONFIG);
}

/* ---- FIX Orchestra ---- */

#define ORCHESTRA                                                              \
	"<fixr:repository xmlns:fixr='http://fixprotocol.io/2020/orchestra/"   \
	"repository' name='FIX.4.4' version='FIX.4.4'>\n"
#define CODES                                                                  \
	"<fixr:codeSets><fixr:codeSet name='SideCodeSet' id='54' "             \
	"type='char'><fixr:code name='Buy' id='1' value='1'>"                  \
	"<fixr:annotation><fixr:documentation>as in <b>bought</b>"             \
	"</fixr:documentation></fixr:annotation></fixr:code>"                  \
	"</fixr:codeSet></fixr:codeSets>\n"
#define OFIELDS                                                                \
	"<fixr:fields><fixr:field id='11' name='ClOrdID' type='String'/>"      \
	"<fixr:field id='54' name='Side' type='SideCodeSet'/>"                 \
	"<fixr:field id='624' name='LegSide' type='SideCodeSet' "              \
	"unionDataType='Reserved100Plus'/>"                                    \
	"<fixr:field id='453' name='NoPartyIDs' type='NumInGroup'/>"           \
	"<fixr:field id='448' name='PartyID' type='String'/>"                  \
	"<fixr:field id='8' name='BeginString' type='String'/>"                \
	"</fixr:fields>\n"
#define OBLOCKS                                                                \
	"<fixr:components><fixr:component name='StandardHeader' id='1'>"       \
	"<fixr:fieldRef id='8' presence='required'/></fixr:component>"         \
	"</fixr:components>\n<fixr:groups><fixr:group name='Parties' "         \
	"id='1'><fixr:numInGroup id='453'/><fixr:fieldRef id='448' "           \
	"presence='required'/></fixr:group></fixr:groups>\n"
#define OMESSAGE(members)                                                      \
	"<fixr:messages><fixr:message name='Order' id='14' msgType='D' "       \
	"category='Single'><fixr:structure>"                                   \
	"<fixr:componentRef id='1' presence='required'/>\n" members            \
	"</fixr:structure></fixr:message></fixr:messages>\n"

static void
an_orchestra_file_loads(void **state)
{
	struct fix_dict *d = load(ORCHESTRA CODES OFIELDS OBLOCKS OMESSAGE(
	    "<fixr:fieldRef id='11' presence='required'/>"
	    "<fixr:fieldRef id='54'><fixr:rule><fixr:when>x</fixr:when>"
	    "</fixr:rule></fixr:fieldRef>"
	    "<fixr:fieldRef id='624' presence='forbidden'/>"
	    "<fixr:groupRef id='1'/>") "</fixr:repository>");
	const struct fix_dict_member *m;
	uint32_t n;

	(void)state;
	assert_int_equal(fix_dict_version(d), FIX_V_44);
	m = fix_dict_members(d, FIX_DICT_HEADER, &n);
	assert_true(n == 1 && m[0].tag == 8 && m[0].required);
	m = fix_dict_members(d, 0, &n);
	assert_int_equal(n, 4);
	assert_true(m[0].tag == 11 && m[0].required);
	assert_true(m[1].tag == 54 && !m[1].required);
	assert_true(m[2].tag == 453 && m[2].group);
	assert_true(m[3].tag == 448 && m[3].depth == 1 && m[3].required);
	assert_int_equal(fix_dict_field(d, 54)->type, FIX_T_CHAR);
	assert_string_equal(
	    fix_dict_value_name(d, 624, fix_span_of("1")), "Buy");
	fix_dict_free(d);
}

static void
bad_orchestra_files_are_refused_with_their_line(void **state)
{
	(void)state;
	refused(ORCHESTRA OFIELDS OBLOCKS OMESSAGE("") "</fixr:repository>",
	    "f.xml:2: ", "unknown type SideCodeSet");
	refused(ORCHESTRA CODES OFIELDS OBLOCKS OMESSAGE(
		    "<fixr:fieldRef id='999'/>") "</fixr:repository>",
	    "f.xml:7: ", "field 999 is not defined");
	refused(ORCHESTRA CODES OFIELDS OBLOCKS OMESSAGE(
		    "<fixr:groupRef id='9'/>") "</fixr:repository>",
	    "f.xml:7: ", "group 9 is not defined");
	refused(ORCHESTRA CODES OFIELDS OBLOCKS OBLOCKS OMESSAGE(
		    "") "</fixr:repository>",
	    "f.xml:6: ", "twice");
	refused(ORCHESTRA CODES CODES OFIELDS OBLOCKS OMESSAGE(
		    "") "</fixr:repository>",
	    "f.xml:3: ", "SideCodeSet is defined twice");
	refused(ORCHESTRA CODES OFIELDS
	    "<fixr:groups>\n<fixr:group name='G' "
	    "id='2'><fixr:fieldRef id='448'/></fixr:group></fixr:groups>"
	    "</fixr:repository>",
	    "f.xml:5: ", "no numInGroup");
	refused(ORCHESTRA CODES OFIELDS
	    "<fixr:groups>\n<fixr:group name='G' "
	    "id='2'><fixr:numInGroup id='453'/><fixr:groupRef id='2'/>"
	    "</fixr:group></fixr:groups></fixr:repository>",
	    "f.xml:5: ", "G holds itself");
	refused("<repository name='x' version='FIX.9.9'></repository>",
	    "f.xml:1: ", "not known");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_dictionary_loads),
		cmocka_unit_test(elements_that_others_added_are_passed_over),
		cmocka_unit_test(predefined_entities_and_escapes_are_read),
		cmocka_unit_test(what_is_no_dictionary_is_refused),
		cmocka_unit_test(
		    missing_and_odd_attributes_are_refused_with_their_line),
		cmocka_unit_test(what_is_used_must_be_defined),
		cmocka_unit_test(duplicates_are_refused),
		cmocka_unit_test(a_member_listed_twice_counts_once),
		cmocka_unit_test(components_that_hold_themselves_are_refused),
		cmocka_unit_test(dtds_and_entities_are_refused_unread),
		cmocka_unit_test(components_that_double_are_refused),
		cmocka_unit_test(
		    components_and_groups_nested_deeply_are_refused),
		cmocka_unit_test(too_many_of_anything_is_refused),
		cmocka_unit_test(a_header_tag_beyond_its_table_is_refused),
		cmocka_unit_test(files_too_large_or_unreadable_are_refused),
		cmocka_unit_test(an_orchestra_file_loads),
		cmocka_unit_test(
		    bad_orchestra_files_are_refused_with_their_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
