/*
 * Looking things up in the dictionaries that come with fixgate, and finding
 * their folder.
 */
#include "tests/dictionaries/faces.h"

static struct face faces[N_FACES];

static const struct fix_dict *
dict(enum fix_version v)
{
	return faces[v - FIX_V_40].app;
}

static void
fields_are_found_by_tag_and_name(void **state)
{
	const struct fix_dict_field *f;
	uint32_t i, last;
	int k;

	(void)state;
	for (k = 0; k < N_FACES; k++) {
		last = 0;
		for (i = 0; i < fix_dict_n_fields(faces[k].app); i++) {
			f = fix_dict_field_at(faces[k].app, i);
			assert_true(f->tag > last); /* by tag */
			last = f->tag;
			assert_ptr_equal(
			    f, fix_dict_field(faces[k].app, f->tag));
			assert_ptr_equal(
			    f, fix_dict_field_named(faces[k].app, f->name));
		}
		assert_null(fix_dict_field(faces[k].app, 0));
		assert_null(fix_dict_field(faces[k].app, last + 1));
		assert_null(fix_dict_field(faces[k].app, UINT32_MAX));
		assert_null(fix_dict_field_named(faces[k].app, "clordid"));
		assert_null(fix_dict_field_named(faces[k].app, ""));
	}
}

static void
lengths_are_pairs(const struct fix_dict *d)
{
	const struct fix_dict_field *f;
	uint32_t i, length;

	for (i = 0; i < fix_dict_n_fields(d); i++) {
		f = fix_dict_field_at(d, i);
		length = fix_dict_length_tag(d, f->tag);
		if (f->type != FIX_T_DATA && f->type != FIX_T_XMLDATA)
			assert_int_equal(length, 0);
		else if (fix_data_tag_of(length) != f->tag)
			fail_msg("%s (%u): length %u", f->name, f->tag, length);
	}
}

/* What a dictionary says of data fields, and what the scanner knows. */
static void
every_data_field_has_the_length_that_the_scanner_knows(void **state)
{
	int k;

	(void)state;
	for (k = 0; k < N_FACES; k++)
		lengths_are_pairs(faces[k].app);
	lengths_are_pairs(faces[N_FACES - 1].transport);
	assert_int_equal(fix_dict_length_tag(dict(FIX_V_44), 96), 95);
	assert_int_equal(fix_dict_length_tag(dict(FIX_V_44), 89), 93);
	assert_int_equal(fix_dict_length_tag(dict(FIX_V_50SP2), 41874), 41873);
	assert_int_equal(fix_dict_length_tag(dict(FIX_V_44), 999999), 0);
}

static void
tags_beyond_the_index_are_found(void **state)
{
	static const char xml[] =
	    "<fix type='FIX' major='4' minor='4' servicepack='0'><messages>"
	    "<message name='M' msgtype='UM' msgcat='app'>"
	    "<field name='A' required='N'/><field name='B' required='N'/>"
	    "</message></messages><fields>"
	    "<field number='999999999' name='B' type='INT'/>"
	    "<field number='100000' name='A' type='STRING'/>"
	    "<field number='5' name='C' type='INT'/></fields></fix>";
	struct fix_dict_error e;
	struct fix_dict *d;

	(void)state;
	assert_int_equal(
	    fix_dict_load_mem(&d, "x", xml, sizeof(xml) - 1, &e), 0);
	assert_string_equal(fix_dict_field(d, 100000)->name, "A");
	assert_string_equal(fix_dict_field(d, 999999999)->name, "B");
	assert_string_equal(fix_dict_field(d, 5)->name, "C");
	assert_null(fix_dict_field(d, 99999));
	assert_null(fix_dict_field(d, 100001));
	assert_string_equal(fix_dict_msg_name(d, fix_span_of("UM")), "M");
	fix_dict_free(d);
}

static void
values_have_the_names_that_counterparties_know(void **state)
{
	const char *value, *name;
	int k;

	(void)state;
	for (k = 0; k < N_FACES; k++) {
		assert_string_equal(
		    fix_dict_value_name(faces[k].app, 54, fix_span_of("1")),
		    "BUY");
		assert_string_equal(
		    fix_dict_value_name(faces[k].app, 39, fix_span_of("1")),
		    "PARTIALLY_FILLED");
		assert_null(
		    fix_dict_value_name(faces[k].app, 54, fix_span_of("?")));
		assert_null(
		    fix_dict_value_name(faces[k].app, 54, fix_span_of("")));
		assert_null(
		    fix_dict_value_name(faces[k].app, 11, fix_span_of("1")));
		assert_null(fix_dict_value_name(
		    faces[k].app, 999999, fix_span_of("1")));
	}
	fix_dict_value(dict(FIX_V_44), 43, 0, &value, &name);
	assert_true(value[0] == 'Y' || value[0] == 'N');
}

/* PartyRole's values are NestedPartyRole's too: named, not enforced. */
static void
values_by_reference_are_named_but_not_enforced(void **state)
{
	const struct face *f = &faces[FIX_V_44 - FIX_V_40];
	struct fix_fault fault;
	struct said s;

	(void)state;
	assert_string_equal(fix_dict_value_name(f->app, 538, fix_span_of("1")),
	    "EXECUTING_FIRM");
	assert_string_equal(
	    fix_dict_value_name(dict(FIX_V_50SP2), 624, fix_span_of("1")),
	    "BUY");
	assert_int_equal(fix_dict_check(f->transport, f->app,
			     say(&s, f->begin,
				 "35=j|49=A|56=B|34=2|52=20250314-14:30:15|"
				 "372=U7|380=3|"),
			     &fix_check_all, &fault),
	    0);
}

static void
messages_are_found_by_type_and_name(void **state)
{
	const char *type, *name;
	uint32_t i;
	bool admin;
	int k;

	(void)state;
	for (k = 0; k < N_FACES; k++) {
		for (i = 0; i < fix_dict_n_msgs(faces[k].app); i++) {
			fix_dict_msg_at(faces[k].app, i, &type, &name, &admin);
			assert_string_equal(
			    fix_dict_msg_name(faces[k].app, fix_span_of(type)),
			    name);
			assert_string_equal(
			    fix_dict_msg_type(faces[k].app, name), type);
			assert_int_equal(
			    fix_dict_msg_admin(faces[k].app, fix_span_of(type)),
			    admin);
		}
		assert_string_equal(
		    fix_dict_msg_type(faces[k].app, "NewOrderSingle"), "D");
		assert_null(fix_dict_msg_name(faces[k].app, fix_span_of("?")));
		assert_null(
		    fix_dict_msg_name(faces[k].app, fix_span_of("DD?")));
		assert_null(fix_dict_msg_name(faces[k].app, fix_span_of("")));
		assert_null(fix_dict_msg_type(faces[k].app, "Nope"));
		assert_true(
		    fix_dict_msg_admin(faces[k].transport, fix_span_of("A")));
		assert_false(
		    fix_dict_msg_admin(faces[k].app, fix_span_of("D")));
		assert_false(
		    fix_dict_msg_admin(faces[k].app, fix_span_of("?")));
	}
}

/* FIX44 D: NoPartyIDs(453) with NoPartySubIDs(802) in it. */
static void
groups_are_found_with_what_they_nest(void **state)
{
	const struct fix_group_def *g;

	(void)state;
	g = fix_dict_group(dict(FIX_V_44), fix_span_of("D"), 453);
	assert_non_null(g);
	assert_int_equal(g->count_tag, 453);
	assert_int_equal(g->delimiter, 448);
	assert_int_equal(g->n_members, 4);
	assert_int_equal(g->members[0], 448);
	assert_int_equal(g->members[1], 447);
	assert_int_equal(g->members[2], 452);
	assert_int_equal(g->members[3], 802);
	assert_int_equal(g->n_nested, 1);
	assert_int_equal(g->nested[0].count_tag, 802);
	assert_int_equal(g->nested[0].delimiter, 523);
	assert_int_equal(g->nested[0].n_members, 2);
	assert_int_equal(g->nested[0].n_nested, 0);
	g = fix_dict_group(dict(FIX_V_44), fix_span_of("D"), 802);
	assert_non_null(g);
	assert_int_equal(g->delimiter, 523);
	assert_null(fix_dict_group(dict(FIX_V_44), fix_span_of("D"), 11));
	assert_null(fix_dict_group(dict(FIX_V_44), fix_span_of("?"), 453));
	g = fix_dict_group(dict(FIX_V_44), fix_span_of(""), 627);
	assert_non_null(g);
	assert_int_equal(g->delimiter, 628);
	assert_null(fix_dict_group(dict(FIX_V_44), fix_span_of(""), 453));
}

static void
header_and_trailer_are_known(void **state)
{
	const struct fix_dict *fixt = faces[N_FACES - 1].transport;

	(void)state;
	assert_true(fix_dict_in_header(dict(FIX_V_44), 34));
	assert_true(fix_dict_in_header(dict(FIX_V_44), 628)); /* NoHops' */
	assert_false(fix_dict_in_header(dict(FIX_V_44), 1128));
	assert_false(fix_dict_in_header(dict(FIX_V_40), 144));
	assert_true(fix_dict_in_header(fixt, 1128));
	assert_false(fix_dict_in_header(dict(FIX_V_50), 34));
	assert_false(fix_dict_in_header(dict(FIX_V_44), 11));
	assert_false(fix_dict_in_header(dict(FIX_V_44), UINT32_MAX));
	assert_true(fix_dict_in_trailer(dict(FIX_V_44), 10));
	assert_true(fix_dict_in_trailer(dict(FIX_V_44), 89));
	assert_false(fix_dict_in_trailer(dict(FIX_V_44), 34));
}

static void
every_version_loads_as_what_it_is(void **state)
{
	struct fix_dict_error e;
	struct fix_dict *d;
	int k;

	(void)state;
	for (k = 0; k < N_FACES; k++)
		assert_int_equal(
		    fix_dict_version(faces[k].app), faces[k].version);
	assert_int_equal(
	    fix_dict_version(faces[N_FACES - 1].transport), FIX_V_NONE);
	assert_int_equal(
	    fix_dict_load_version(&d, FIX_V_LATEST, &e), -FIX_E_CONFIG);
	assert_null(d);
	assert_true(strlen(e.text) > 0);
}

static void
the_environment_says_where_dictionaries_are(void **state)
{
	struct fix_dict_error e;
	struct fix_dict *d;
	char *was = getenv("FIXGATE_DICTIONARIES");

	(void)state;
	was = was == NULL ? NULL : strdup(was);
	assert_int_equal(setenv("FIXGATE_DICTIONARIES", "/nonexistent", 1), 0);
	assert_string_equal(fix_dict_default_dir(), "/nonexistent");
	assert_int_equal(fix_dict_load_version(&d, FIX_V_42, &e), -FIX_E_IO);
	assert_string_equal(
	    e.text, "/nonexistent/FIX42.xml: No such file or directory");
	if (was == NULL)
		assert_int_equal(unsetenv("FIXGATE_DICTIONARIES"), 0);
	else
		assert_int_equal(setenv("FIXGATE_DICTIONARIES", was, 1), 0);
	free(was);
	assert_int_equal(fix_dict_load_version(&d, FIX_V_42, &e), 0);
	fix_dict_free(d);
	fix_dict_free(NULL);
}

static int
set_up(void **state)
{
	(void)state;
	faces_load(faces);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	faces_free(faces);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_found_by_tag_and_name),
		cmocka_unit_test(
		    every_data_field_has_the_length_that_the_scanner_knows),
		cmocka_unit_test(tags_beyond_the_index_are_found),
		cmocka_unit_test(
		    values_have_the_names_that_counterparties_know),
		cmocka_unit_test(
		    values_by_reference_are_named_but_not_enforced),
		cmocka_unit_test(messages_are_found_by_type_and_name),
		cmocka_unit_test(groups_are_found_with_what_they_nest),
		cmocka_unit_test(header_and_trailer_are_known),
		cmocka_unit_test(every_version_loads_as_what_it_is),
		cmocka_unit_test(the_environment_says_where_dictionaries_are),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
