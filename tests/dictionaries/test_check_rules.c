/*
 * The check of a message: groups and data fields, which of two faults is told,
 * QuickFIX's switches, and FIXT's two dictionaries.
 */
#include "tests/dictionaries/checks.h"

/* ---- groups ---- */

static void
nested_groups_are_followed(void **state)
{
	(void)state;
	good(face(FIX_V_44),
	    order_and(face(FIX_V_44),
		"453=2|448=A|447=D|452=11|802=2|523=a|803=1|523=b|803=2|"
		"448=B|447=D|452=12|58=text|"));
	bad(face(FIX_V_44),
	    order_and(face(FIX_V_44),
		"453=2|448=A|447=D|452=11|802=3|523=a|803=1|523=b|803=2|"
		"448=B|447=D|452=12|58=text|"),
	    16, 802);
	bad(face(FIX_V_44),
	    order_and(
		face(FIX_V_44), "453=1|448=A|447=D|452=11|802=1|803=1|523=a|"),
	    15, 803);
	bad(face(FIX_V_44), order_and(face(FIX_V_44), "523=a|"), 2, 523);
}

static void
a_group_of_the_header_is_followed(void **state)
{
	const char *hops = "35=0|49=TW|56=ISLD|34=2|52=20250314-14:30:15|"
			   "627=2|628=A|630=1|628=B|";

	(void)state;
	good(face(FIX_V_44), hops);
	good(face(FIX_V_50SP2), hops);
	bad(face(FIX_V_44),
	    "35=0|49=TW|56=ISLD|34=2|52=20250314-14:30:15|"
	    "627=3|628=A|630=1|628=B|",
	    16, 627);
}

static void
a_member_twice_in_an_entry_is_reason_13(void **state)
{
	(void)state;
	bad(face(FIX_V_44),
	    order_and(face(FIX_V_44), "453=1|448=A|447=D|447=D|452=11|"), 13,
	    447);
}

static void
a_field_of_the_level_outside_ends_the_group(void **state)
{
	(void)state;
	good(face(FIX_V_42), "35=E|" HEAD "66=L|394=1|68=1|73=1|11=A|67=1|"
			     "55=X|54=1|38=5|40=1|69=instruction|");
	good(face(FIX_V_44), "35=AE|" HEAD "571=R|570=N|32=5|31=1.5|"
			     "75=20250314|60=20250314-14:30:15|55=X|"
			     "552=1|54=1|37=O|58=side|64=20250315|");
}

/* A tag that nobody knows does not end the entry it stands in. */
static void
an_unknown_tag_stays_in_its_entry(void **state)
{
	struct fix_check c = fix_check_all;

	(void)state;
	c.user_defined_fields = false;
	good_as(face(FIX_V_44), &c,
	    order_and(face(FIX_V_44),
		"453=2|448=A|9001=x|447=D|452=11|448=B|447=D|452=1|"));
	bad(face(FIX_V_44),
	    order_and(face(FIX_V_44),
		"453=2|448=A|9001=x|447=D|452=11|448=B|447=D|452=1|"),
	    0, 9001);
}

/* ---- data ---- */

/* R64. */
static void
a_data_field_stands_behind_its_length(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < N_FACES; i++) {
		good(&faces[i], is_fixt(&faces[i])
				    ? "35=A|" HEAD
				      "98=0|108=30|1137=9|95=3|96=a|b|"
				    : "35=A|" HEAD "98=0|108=30|95=3|96=a|b|");
		bad(&faces[i],
		    is_fixt(&faces[i]) ? "35=A|" HEAD
					 "98=0|108=30|1137=9|96=abc|"
				       : "35=A|" HEAD "98=0|108=30|96=abc|",
		    1, 95);
		bad(&faces[i],
		    is_fixt(&faces[i])
			? "35=A|" HEAD "98=0|95=3|108=30|1137=9|96=abc|"
			: "35=A|" HEAD "98=0|95=3|108=30|96=abc|",
		    1, 95);
	}
}

/* ---- which fault is told ---- */

static void
faults_are_told_in_the_order_of_the_acceptance_cases(void **state)
{
	const struct face *f = face(FIX_V_44);

	(void)state;
	/* order before type before required before fields */
	bad(f, "35=*|49=TW|56=ISLD|52=x|112=X|34=2|", 14, 34);
	bad(f, "35=*|49=TW|34=2|52=x|", 11, 0);
	bad(f, "35=0|49=TW|34=2|52=x|999=|", 1, 56);
	/* header before trailer before body */
	bad(f, BEAT "999=x|93=z|89=x|", 6, 93);
	bad(f, "35=0|49=TW|56=ISLD|34=z|52=20250314-14:30:15|999=x|93=z|89=x|",
	    6, 34);
	/* repeated, empty, format, value, tag number, message, count */
	bad(f, order_and(f, "40=|"), 13, 40);
	bad(f, order_and(f, "126=|"), 4, 126);
	bad(f, BEAT "108=x|", 6, 108);
	bad(f, BEAT "59=z|", 5, 59);
	bad(f, order_and(f, "386=x|336=1|"), 6, 386);
	/* a header's required field before the body's */
	bad(f, "35=D|49=TW|34=2|52=20250314-14:30:15|", 1, 56);
	/* required in a group before a wrong value in the body */
	bad(face(FIX_V_42),
	    "35=i|" HEAD "117=Q|301=z|296=1|302=S|311=X|295=1|"
	    "299=E|",
	    1, 304);
}

/* ReverseRouteWithEmptyRoutingTags, FIX.4.0's ReverseRoute. */
static void
the_first_of_two_like_faults_is_told(void **state)
{
	(void)state;
	bad(face(FIX_V_44), BEAT "998=x|999=y|", 0, 998);
	bad(face(FIX_V_44),
	    "35=D|49=TW|56=ISLD|115=|34=2|"
	    "52=20250314-14:30:15|11=|",
	    1, 54);
	bad(face(FIX_V_44),
	    "35=0|49=TW|56=ISLD|115=|34=2|"
	    "52=20250314-14:30:15|112=|",
	    4, 115);
}

/* ---- switches ---- */

#define WITHOUT(member)                                                        \
	struct fix_check c = fix_check_all;                                    \
	(void)state;                                                           \
	c.member = false

static void
fields_out_of_order_may_be_allowed(void **state)
{
	const char *mixed = "35=1|49=TW|56=ISLD|52=20250314-14:30:15|112=X|"
			    "34=2|";
	uint32_t at;
	WITHOUT(fields_out_of_order);

	good_as(face(FIX_V_44), &c, mixed);
	good_as(face(FIX_V_50), &c, mixed);
	bad_as(face(FIX_V_44), &c, "35=1|49=TW|56=ISLD|112=X|34=2|", 1, 52);
	at = bad_as(face(FIX_V_44), &c,
	    "35=1|49=TW|56=ISLD|52=20250314-14:30:15|112=X|34=z|", 6, 34);
	assert_int_equal(at, 7); /* where it was in the message */
}

/* validate/CheckFieldsHaveValues. */
static void
empty_values_may_be_allowed(void **state)
{
	WITHOUT(fields_have_values);

	good_as(face(FIX_V_44), &c, BEAT "112=|");
	good_as(face(FIX_V_44), &c, order_and(face(FIX_V_44), "126=|59=|"));
	good_as(face(FIX_V_44), &c, order_and(face(FIX_V_44), "453=|"));
}

static void
user_defined_fields_may_be_allowed(void **state)
{
	WITHOUT(user_defined_fields);

	good_as(face(FIX_V_44), &c, order_and(face(FIX_V_44), "5000=x|"));
	bad_as(
	    face(FIX_V_44), &c, order_and(face(FIX_V_44), "4999=x|"), 0, 4999);
	bad_as(
	    face(FIX_V_44), &c, order_and(face(FIX_V_44), "5000=|"), 4, 5000);
}

static void
fields_of_other_messages_may_be_allowed(void **state)
{
	WITHOUT(unknown_msg_fields);

	good_as(face(FIX_V_44), &c, BEAT "58=x|");
	bad_as(face(FIX_V_44), &c, BEAT "999=x|", 0, 999);
	bad_as(face(FIX_V_44), &c, BEAT "59=z|", 5, 59);
}

static void
unknown_fields_may_be_allowed_but_no_tag_that_is_none(void **state)
{
	WITHOUT(unknown_fields);

	good_as(face(FIX_V_44), &c, BEAT "999=x|4999=y|");
	bad_as(face(FIX_V_44), &c, BEAT "5000=y|", 0, 5000);
	bad_as(face(FIX_V_44), &c, BEAT "-1=x|", 0, 0);
	bad_as(face(FIX_V_44), &c, BEAT "58=x|", 2, 58);
}

static void
enumerations_may_be_open(void **state)
{
	WITHOUT(enums);

	good_as(face(FIX_V_44), &c, order_and(face(FIX_V_44), "59=z|"));
	bad_as(face(FIX_V_44), &c, order_and(face(FIX_V_44), "59=zz|"), 6, 59);
}

static void
required_fields_may_be_missing(void **state)
{
	WITHOUT(required);

	good_as(face(FIX_V_44), &c, "35=0|49=TW|34=2|");
	good_as(face(FIX_V_42), &c, "35=i|" HEAD "296=1|302=S|");
}

static void
group_order_may_be_free(void **state)
{
	WITHOUT(group_order);

	good_as(face(FIX_V_44), &c,
	    order_and(face(FIX_V_44), "453=1|448=A|452=11|447=D|"));
	good_as(face(FIX_V_44), &c,
	    order_and(face(FIX_V_44), "453=1|447=D|448=A|452=11|"));
}

/* Fields whose values others may add to, told one by one. */
static void
single_enumerations_may_be_open(void **state)
{
	static const uint32_t open[] = { 103, 59 };
	WITHOUT(group_order);

	c.open_enums = open;
	c.n_open_enums = 2;
	good_as(face(FIX_V_44), &c, order_and(face(FIX_V_44), "59=z|"));
	bad_as(face(FIX_V_44), &c, order_and(face(FIX_V_44), "59=zz|"), 6, 59);
	bad_as(face(FIX_V_44), &c, order_and(face(FIX_V_44), "21=9|"), 13, 21);
	bad_as(face(FIX_V_44), &c, order_and(face(FIX_V_44), "377=z|"), 6, 377);
	c.n_open_enums = 1;
	bad_as(face(FIX_V_44), &c, order_and(face(FIX_V_44), "59=z|"), 5, 59);
}

static void
counts_of_groups_may_be_wrong(void **state)
{
	WITHOUT(group_count);

	good_as(face(FIX_V_44), &c,
	    order_and(face(FIX_V_44), "453=3|448=A|447=D|452=11|58=text|"));
	good_as(face(FIX_V_44), &c, order_and(face(FIX_V_44), "453=1|58=x|"));
	bad_as(face(FIX_V_44), &c, order_and(face(FIX_V_44), "453=x|"), 6, 453);
}

/* QuickFIX/J's case: legs that open with their currency, or their id. */
static void
the_first_member_found_may_open_the_entries(void **state)
{
	const char *legs = "453=2|447=D|448=A|452=11|447=D|448=B|452=12|";
	WITHOUT(group_order);

	/* Two entries in which 447 stands twice: the definition opens with
	 * 448. */
	bad_as(face(FIX_V_44), &c,
	    order_and(face(FIX_V_44), "453=2|447=D|448=A|447=D|448=B|"), 13,
	    447);
	c.first_is_delimiter = true;
	good_as(face(FIX_V_44), &c, order_and(face(FIX_V_44), legs));
	good_as(face(FIX_V_44), &c,
	    order_and(face(FIX_V_44), "453=2|447=D|448=A|447=D|448=B|"));
	bad_as(face(FIX_V_44), &c,
	    order_and(face(FIX_V_44), "453=3|447=D|448=A|447=D|448=B|"), 16,
	    453);
}

/* ---- FIXT ---- */

static void
fixt_checks_session_messages_by_the_transport(void **state)
{
	(void)state;
	/* 384 is of FIXT 1.1's Logon, not of FIX 5.0's own tables. */
	good(face(FIX_V_50SP2), "35=A|" HEAD "98=0|108=30|1137=9|384=1|372=D|"
				"385=S|1130=9|");
	/* BusinessMessageReject is an application's. */
	good(face(FIX_V_50SP2), "35=j|" HEAD "45=2|372=U7|380=3|58=x|");
	bad(face(FIX_V_50SP2), "35=j|" HEAD "45=2|372=D|380=3|1137=9|", 2,
	    1137);
}

static void
without_an_application_dictionary_only_session_messages_are_known(void **state)
{
	const struct face *f = face(FIX_V_50SP2);
	struct fix_fault fault;
	struct said s;

	(void)state;
	assert_int_equal(fix_dict_check(f->transport, NULL,
			     say(&s, f->begin, BEAT), &fix_check_all, &fault),
	    0);
	assert_int_equal(fix_dict_check(f->transport, NULL,
			     say(&s, f->begin, ORDER), &fix_check_all, &fault),
	    1);
	assert_int_equal(fault.reason, 11);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nested_groups_are_followed),
		cmocka_unit_test(a_group_of_the_header_is_followed),
		cmocka_unit_test(a_member_twice_in_an_entry_is_reason_13),
		cmocka_unit_test(a_field_of_the_level_outside_ends_the_group),
		cmocka_unit_test(an_unknown_tag_stays_in_its_entry),
		cmocka_unit_test(a_data_field_stands_behind_its_length),
		cmocka_unit_test(
		    faults_are_told_in_the_order_of_the_acceptance_cases),
		cmocka_unit_test(the_first_of_two_like_faults_is_told),
		cmocka_unit_test(fields_out_of_order_may_be_allowed),
		cmocka_unit_test(empty_values_may_be_allowed),
		cmocka_unit_test(user_defined_fields_may_be_allowed),
		cmocka_unit_test(fields_of_other_messages_may_be_allowed),
		cmocka_unit_test(
		    unknown_fields_may_be_allowed_but_no_tag_that_is_none),
		cmocka_unit_test(enumerations_may_be_open),
		cmocka_unit_test(required_fields_may_be_missing),
		cmocka_unit_test(group_order_may_be_free),
		cmocka_unit_test(single_enumerations_may_be_open),
		cmocka_unit_test(counts_of_groups_may_be_wrong),
		cmocka_unit_test(the_first_member_found_may_open_the_entries),
		cmocka_unit_test(fixt_checks_session_messages_by_the_transport),
		cmocka_unit_test(
		    without_an_application_dictionary_only_session_messages_are_known),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
