/*
 * The check of a message: what is good, and one test per
 * SessionRejectReason(373) in every version, after the FIX session test cases
 * 14a to 14j and 2q.
 */
#include "tests/dictionaries/checks.h"

/* ---- good ones ---- */

static void
session_messages_are_good_in_every_version(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < N_FACES; i++) {
		good(&faces[i], BEAT);
		good(&faces[i], "35=1|" HEAD "112=HELLO|");
		good(&faces[i], "35=2|" HEAD "7=1|16=0|");
		good(&faces[i], "35=4|" HEAD "123=Y|36=20|");
		good(&faces[i], "35=5|" HEAD "58=bye|");
		good(&faces[i], is_fixt(&faces[i])
				    ? "35=A|" HEAD "98=0|108=30|1137=9|"
				    : "35=A|" HEAD "98=0|108=30|");
	}
}

static void
a_plain_order_is_good_in_every_version(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < N_FACES; i++)
		good(&faces[i], order_of(&faces[i]));
}

/* Case 15. */
static void
any_order_within_header_and_body_is_good(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < N_FACES; i++) {
		good(&faces[i], "35=0|52=20250314-14:30:15|34=2|43=N|56=ISLD|"
				"49=TW|112=X|");
		good(&faces[i], "35=2|" HEAD "16=0|7=1|");
	}
}

/* Conformance notes 21: Instrument and OrderQtyData are required components
 * of FIX.4.4's D, but none of their members is. */
static void
a_required_component_may_have_no_member(void **state)
{
	(void)state;
	good(face(FIX_V_44),
	    "35=D|" HEAD "11=ID|54=1|60=20250314-14:30:15|40=1|");
	good(face(FIX_V_50SP2),
	    "35=D|" HEAD "11=ID|54=1|60=20250314-14:30:15|40=1|");
}

/* Case 21. */
static void
a_group_with_count_0_and_no_entry_is_good(void **state)
{
	int v;

	(void)state;
	for (v = FIX_V_43; v <= FIX_V_50SP2; v++)
		good(face(v), order_and(face(v), "453=0|"));
}

static void
extreme_but_legal_values_are_good(void **state)
{
	(void)state;
	good(face(FIX_V_42),
	    "35=D|" HEAD "11=ID|21=1|55=AAPL|54=1|60=19981231-23:59:60|"
	    "38=002000.00|40=2|44=-0.5|");
	good(face(FIX_V_44), order_and(face(FIX_V_44), "18=1 2 M|"));
}

/* ---- one per reason ---- */

/* Case 14a. */
static void
an_unknown_tag_is_reason_0_with_the_tag(void **state)
{
	struct said s;
	uint32_t at;
	int i;

	(void)state;
	bad_all(BEAT "999=HI|", 0, 999);
	bad_all(BEAT "5000=HI|", 0, 5000);
	for (i = 0; i < N_FACES; i++) {
		at = bad(&faces[i], BEAT "-1=HI|", 0, 0);
		say(&s, faces[i].begin, BEAT "-1=HI|");
		assert_int_equal(s.m.fields[at].tag, FIX_TAG_BAD);
		(void)bad(&faces[i], BEAT "0=HI|", 0, 0);
	}
}

/* Conformance notes 23: a header field of later versions does not make the
 * header's rest look out of order. */
static void
a_header_tag_of_a_later_version_is_reason_0(void **state)
{
	(void)state;
	bad(face(FIX_V_40),
	    "35=0|49=TW|144=X|56=ISLD|34=2|"
	    "52=20250314-14:30:15|",
	    0, 144);
	bad(face(FIX_V_44),
	    "35=0|49=TW|1128=9|56=ISLD|34=2|"
	    "52=20250314-14:30:15|",
	    0, 1128);
	good(face(FIX_V_50SP2), "35=0|49=TW|1128=9|56=ISLD|34=2|"
				"52=20250314-14:30:15|");
}

/* Case 14b. */
static void
a_missing_required_field_is_reason_1(void **state)
{
	const struct face *f;
	int i;

	(void)state;
	bad_all("35=0|49=TW|34=2|52=20250314-14:30:15|", 1, 56);
	bad_all("35=1|" HEAD, 1, 112);
	for (i = 0; i < N_FACES; i++) {
		f = &faces[i];
		assert_int_equal(bad(f,
				     "35=D|" HEAD "21=1|55=AAPL|54=1|"
				     "38=100|40=1|60=20250314-14:30:15|",
				     1, 11),
		    FIX_MSG_NONE);
	}
	bad(face(FIX_V_50SP2), "35=D|" HEAD "11=ID|60=20250314-14:30:15|40=1|",
	    1, 54);
	bad(face(FIX_V_50), "35=A|" HEAD "98=0|108=30|", 1, 1137);
}

/* R66: required members stand in every entry, the group being there. */
static void
a_missing_member_of_an_entry_is_reason_1(void **state)
{
	(void)state;
	good(face(FIX_V_42), "35=i|" HEAD "117=Q|296=1|302=S|311=X|304=1|"
			     "295=1|299=E|");
	bad(face(FIX_V_42),
	    "35=i|" HEAD "117=Q|296=1|302=S|311=X|295=1|"
	    "299=E|",
	    1, 304);
	bad(face(FIX_V_42),
	    "35=i|" HEAD "117=Q|296=2|302=S|311=X|304=1|"
	    "295=1|299=E|302=S2|311=X|295=1|299=E|",
	    1, 304);
}

/* Case 14c. */
static void
a_tag_of_other_messages_is_reason_2(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < N_FACES; i++) {
		(void)bad(&faces[i], BEAT "58=HI|", 2, 58);
		(void)bad(&faces[i], order_and(&faces[i], "112=X|"), 2, 112);
	}
}

/* Case 14d. */
static void
a_tag_without_value_is_reason_4(void **state)
{
	int i;

	(void)state;
	bad_all("35=0|49=TW|56=|34=2|52=20250314-14:30:15|", 4, 56);
	bad_all(BEAT "112=|", 4, 112);
	bad_all(BEAT "5000=|", 4, 5000);
	for (i = 0; i < N_FACES; i++)
		(void)bad(&faces[i], order_and(&faces[i], "58=|"), 4, 58);
}

/* Case 14e. */
static void
a_value_outside_its_enumeration_is_reason_5(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < N_FACES; i++) {
		(void)bad(&faces[i], order_and(&faces[i], "59=z|"), 5, 59);
		(void)bad(&faces[i], order_and(&faces[i], "18=1 z!|"),
		    is_fixt(&faces[i]) ? 6 : 5, 18);
	}
	for (i = FIX_V_43; i <= FIX_V_50SP2; i++) {
		(void)bad(face(i), order_and(face(i), "167=BOO|"), 5, 167);
		good(face(i), order_and(face(i), "167=CS|"));
	}
}

/* Case 14f. */
static void
a_value_of_the_wrong_type_is_reason_6(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < N_FACES; i++) {
		(void)bad(
		    &faces[i], order_and(&faces[i], "110=+200.00|"), 6, 110);
		(void)bad(
		    &faces[i], order_and(&faces[i], "126=notime|"), 6, 126);
	}
	bad_all("35=0|49=TW|56=ISLD|34=two|52=20250314-14:30:15|", 6, 34);
}

/* Case 2q; 371 is left out, as the acceptance suites have it. */
static void
an_unknown_message_type_is_reason_11_or_private(void **state)
{
	(void)state;
	bad_all("35=*|" HEAD, 11, 0);
	bad_all("35=ZZZ|" HEAD, 11, 0);
	bad_all("35=U1|" HEAD, -1, 0);
}

/* Case 14h, adjacent and apart. */
static void
a_repeated_tag_is_reason_13(void **state)
{
	int i;

	(void)state;
	bad_all("35=0|49=TW|49=TW|56=ISLD|34=2|52=20250314-14:30:15|", 13, 49);
	for (i = 0; i < N_FACES; i++) {
		(void)bad(&faces[i], order_and(&faces[i], "40=2|"), 13, 40);
		(void)bad(
		    &faces[i], order_and(&faces[i], "58=a|58=b|"), 13, 58);
	}
}

/* Case 14g. */
static void
mixed_header_body_and_trailer_is_reason_14(void **state)
{
	uint32_t at;

	(void)state;
	bad_all("35=1|49=TW|56=ISLD|52=20250314-14:30:15|112=X|34=2|", 14, 34);
	bad_all("35=1|" HEAD "93=1|89=x|112=X|", 14, 112);
	bad_all("35=1|" HEAD "93=1|89=x|43=N|112=X|", 14, 43);
	at = bad(face(FIX_V_44),
	    "35=1|49=TW|56=ISLD|52=20250314-14:30:15|"
	    "112=X|34=2|",
	    14, 34);
	assert_int_equal(at, 7);
}

/* Case 14j: QuickFIX/J's answer, the tag being the misplaced member. */
static void
group_members_out_of_order_are_reason_15(void **state)
{
	int v;

	(void)state;
	for (v = FIX_V_43; v <= FIX_V_50SP2; v++) {
		good(face(v), order_and(face(v), "453=1|448=A|447=D|452=11|"));
		bad(face(v), order_and(face(v), "453=1|448=A|452=11|447=D|"),
		    15, 447);
	}
}

static void
an_entry_without_its_delimiter_is_reason_15(void **state)
{
	int v;

	(void)state;
	for (v = FIX_V_43; v <= FIX_V_50SP2; v++)
		bad(face(v), order_and(face(v), "453=1|447=D|452=11|"), 15,
		    447);
}

/* Case 14i. */
static void
a_wrong_group_count_is_reason_16_with_the_count(void **state)
{
	int v;

	(void)state;
	for (v = FIX_V_42; v <= FIX_V_50SP2; v++) {
		good(face(v), order_and(face(v), "386=2|336=1|336=2|"));
		bad(face(v), order_and(face(v), "386=3|336=1|336=2|"), 16, 386);
		bad(face(v), order_and(face(v), "386=1|336=1|336=2|"), 16, 386);
		bad(face(v), order_and(face(v), "386=0|336=1|"), 16, 386);
		bad(face(v), order_and(face(v), "386=2|"), 16, 386);
		/* before what is wrong with an entry */
		bad(face(v), order_and(face(v), "386=3|336=|336=2|"), 16, 386);
	}
}

static void
every_reason_has_the_text_of_the_acceptance_cases(void **state)
{
	(void)state;
	assert_string_equal(fix_reject_text(0), "Invalid tag number");
	assert_string_equal(fix_reject_text(1), "Required tag missing");
	assert_string_equal(
	    fix_reject_text(2), "Tag not defined for this message type");
	assert_string_equal(
	    fix_reject_text(4), "Tag specified without a value");
	assert_string_equal(fix_reject_text(5),
	    "Value is incorrect (out of range) for this tag");
	assert_string_equal(
	    fix_reject_text(6), "Incorrect data format for value");
	assert_string_equal(fix_reject_text(9), "CompID problem");
	assert_string_equal(
	    fix_reject_text(10), "SendingTime accuracy problem");
	assert_string_equal(fix_reject_text(11), "Invalid MsgType");
	assert_string_equal(fix_reject_text(13), "Tag appears more than once");
	assert_string_equal(
	    fix_reject_text(14), "Tag specified out of required order");
	assert_string_equal(fix_reject_text(16),
	    "Incorrect NumInGroup count for repeating group");
	assert_string_equal(fix_reject_text(-1), "Unsupported Message Type");
	assert_string_equal(fix_reject_text(99), "Other");
	assert_string_equal(fix_reject_text(4711), "Other");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(session_messages_are_good_in_every_version),
		cmocka_unit_test(a_plain_order_is_good_in_every_version),
		cmocka_unit_test(any_order_within_header_and_body_is_good),
		cmocka_unit_test(a_required_component_may_have_no_member),
		cmocka_unit_test(a_group_with_count_0_and_no_entry_is_good),
		cmocka_unit_test(extreme_but_legal_values_are_good),
		cmocka_unit_test(an_unknown_tag_is_reason_0_with_the_tag),
		cmocka_unit_test(a_header_tag_of_a_later_version_is_reason_0),
		cmocka_unit_test(a_missing_required_field_is_reason_1),
		cmocka_unit_test(a_missing_member_of_an_entry_is_reason_1),
		cmocka_unit_test(a_tag_of_other_messages_is_reason_2),
		cmocka_unit_test(a_tag_without_value_is_reason_4),
		cmocka_unit_test(a_value_outside_its_enumeration_is_reason_5),
		cmocka_unit_test(a_value_of_the_wrong_type_is_reason_6),
		cmocka_unit_test(
		    an_unknown_message_type_is_reason_11_or_private),
		cmocka_unit_test(a_repeated_tag_is_reason_13),
		cmocka_unit_test(mixed_header_body_and_trailer_is_reason_14),
		cmocka_unit_test(group_members_out_of_order_are_reason_15),
		cmocka_unit_test(an_entry_without_its_delimiter_is_reason_15),
		cmocka_unit_test(
		    a_wrong_group_count_is_reason_16_with_the_count),
		cmocka_unit_test(
		    every_reason_has_the_text_of_the_acceptance_cases),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
