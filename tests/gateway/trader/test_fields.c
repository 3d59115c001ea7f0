/*
 * Every field that a dictionary has in a NewOrderSingle(D) or
 * OrderCancelReplaceRequest(G), over all versions: read, of no account, or it
 * refuses the order. The tables here say what each of those that pass is for;
 * a field that is not in them must be refused.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fix/order.h"
#include "fix/scan.h"
#include "gateway/trader/fields.h"

static const struct {
	uint32_t tag;
	bool read; /* by the desk, with the order */
	const char *why;
} passes[] = {
	{ 1, true, "risk, venue" }, { 11, true, "id" }, { 15, true, "venue" },
	{ 18, true, "venue" }, { 37, true, "which order" },
	{ 38, true, "venue" }, { 40, true, "venue" },
	{ 41, true, "which order" }, { 44, true, "venue" },
	{ 54, true, "venue" }, { 55, true, "venue" },
	{ 58, true, "words" }, { 59, true, "venue" },
	{ 60, true, "age of the order" }, { 77, true, "venue" },
	{ 99, true, "venue" }, { 100, true, "route" }, { 110, true, "venue" },
	{ 111, true, "venue" }, { 126, true, "venue" },
	{ 152, true, "venue" }, { 168, true, "venue" },
	{ 207, true, "route" }, { 211, true, "venue" },
	{ 336, true, "venue" }, { 432, true, "venue" },
	{ 586, true, "which order" }, { 836, true, "venue" },
	{ 1094, true, "venue" }, { 1138, true, "venue" },

	{ 76, false, "party" }, { 109, false, "party" },
	{ 439, false, "party" }, { 447, false, "party" },
	{ 448, false, "party" }, { 452, false, "party" },
	{ 453, false, "party" }, { 523, false, "party" },
	{ 802, false, "party" }, { 803, false, "party" },
	{ 2376, false, "party" },
	{ 376, false, "risk" }, { 1868, false, "risk" },
	{ 1869, false, "risk" }, { 1870, false, "risk" },

	{ 47, false, "capacity" }, { 106, false, "words" },
	{ 107, false, "words" }, { 114, false, "risk has its own shorts" },
	{ 140, false, "price of yesterday" },
	{ 204, false, "capacity" }, { 348, false, "words" },
	{ 349, false, "words" }, { 350, false, "words" },
	{ 351, false, "words" }, { 354, false, "words" },
	{ 355, false, "words" }, { 377, false, "who asked for it" },
	{ 526, false, "name" }, { 528, false, "capacity" },
	{ 529, false, "capacity" }, { 581, false, "capacity" },
	{ 582, false, "capacity" }, { 660, false, "of whom 1 is the name" },
	{ 1815, false, "capacity" },
};

static const struct {
	uint32_t tag;
	const char *good, *bad;
} by_value[] = {
	{ 21, "1", "3" }, { 21, "2", "" }, { 63, "0", "1" }, { 78, "0", "1" },
	{ 121, "N", "Y" }, { 167, "CS", "OPT" },
	{ 386, "1", "2" }, { 423, "2", "1" }, { 854, "0", "1" },
};

#define N(a) (sizeof(a) / sizeof((a)[0]))

static int
passing(uint32_t tag)
{
	for (size_t i = 0; i < N(passes); i++)
		if (passes[i].tag == tag)
			return (int)i;
	return -1;
}

static bool
valued(uint32_t tag)
{
	for (size_t i = 0; i < N(by_value); i++)
		if (by_value[i].tag == tag)
			return true;
	return false;
}

/* @return what is said of a message of this type with this field */
static const char *
lost(char type, uint32_t tag, const char *value, const char *ignore,
    const struct fix_dict *d)
{
	static char text[FIELDS_TEXT_MAX + 1];
	static char bytes[80];
	static struct fix_field fields[4];
	struct fix_msg m = { .bytes = (const uint8_t *)bytes,
		.fields = fields, .n = 4, .cap = 4 };

	snprintf(bytes, sizeof(bytes), "%c%s", type, value);
	m.len = strlen(bytes);
	fields[0] = (struct fix_field){ .tag = 8 };
	fields[1] = (struct fix_field){ .tag = 9 };
	fields[2] = (struct fix_field){ .tag = 35, .off = 0, .len = 1 };
	fields[3] = (struct fix_field){ .tag = tag, .off = 1,
		.len = (uint32_t)strlen(value) };
	return fields_lost(&m, ignore, d, text);
}

static void
check(const struct fix_dict *d, char type, uint32_t tag)
{
	const struct fix_dict_field *f = fix_dict_field(d, tag);
	const char *why = lost(type, tag, "ZZ", NULL, d);
	char named[140];

	assert_non_null(f);
	snprintf(named, sizeof(named), "UNSUPPORTED %s(%u)", f->name, tag);
	if (passing(tag) >= 0) {
		if (why != NULL)
			fail_msg("%s", why);
	} else if (why == NULL || strstr(why, named) != why) {
		fail_msg("%s is lost in silence: %s", named,
		    why == NULL ? "taken" : why);
	} else if (valued(tag) != (strstr(why, "here it can be") != NULL)) {
		fail_msg("%s", why);
	}
}

static void
no_field_of_an_order_is_lost_in_silence(void **state)
{
	static const enum fix_version versions[] = { FIX_V_40, FIX_V_41,
		FIX_V_42, FIX_V_43, FIX_V_44, FIX_V_50, FIX_V_50SP1,
		FIX_V_50SP2 };
	unsigned checked = 0;

	(void)state;
	for (size_t v = 0; v < N(versions); v++) {
		struct fix_dict_error e = { "" };
		struct fix_dict *d;
		const char *type, *name;
		bool admin;

		assert_int_equal(fix_dict_load_version(&d, versions[v], &e), 0);
		for (uint32_t i = 0; i < fix_dict_n_msgs(d); i++) {
			const struct fix_dict_member *m;
			uint32_t n;

			fix_dict_msg_at(d, i, &type, &name, &admin);
			if (strcmp(type, "D") != 0 && strcmp(type, "G") != 0)
				continue;
			m = fix_dict_members(d, i, &n);
			for (uint32_t k = 0; k < n; k++, checked++)
				check(d, type[0], m[k].tag);
		}
		fix_dict_free(d);
	}
	assert_true(checked > 5000);
}

static void
what_passes_is_read_or_known_to_say_nothing(void **state)
{
	(void)state;
	for (uint32_t tag = 1; tag < 5000; tag++) {
		int i = passing(tag);
		bool known = i >= 0 || valued(tag) || tag == 790 || tag == 97;

		if (fix_order_reads(tag) && !known)
			fail_msg("%u is read: what for?", tag);
		if (i >= 0 && passes[i].read != fix_order_reads(tag))
			fail_msg("%u: %s", tag, passes[i].why);
	}
	for (size_t i = 0; i < N(by_value); i++) {
		assert_null(lost('D', by_value[i].tag, by_value[i].good, NULL,
		    NULL));
		assert_non_null(lost('G', by_value[i].tag, by_value[i].bad,
		    NULL, NULL));
	}
}

static void
a_session_may_take_more_for_nothing_said(void **state)
{
	(void)state;
	assert_string_equal(lost('D', 64, "20260302", NULL, NULL),
	    "UNSUPPORTED field 64: no venue would be told of it");
	assert_null(lost('D', 64, "20260302", "48, 64", NULL));
	assert_non_null(lost('D', 64, "20260302", "640,6", NULL));
	assert_null(lost('F', 64, "20260302", NULL, NULL));
	assert_null(lost('D', 5001, "x", NULL, NULL));
	assert_null(lost('D', 39999, "x", NULL, NULL));
	assert_non_null(lost('D', 40000, "x", NULL, NULL));
	assert_non_null(lost('D', 4999, "x", NULL, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_field_of_an_order_is_lost_in_silence),
		cmocka_unit_test(what_passes_is_read_or_known_to_say_nothing),
		cmocka_unit_test(a_session_may_take_more_for_nothing_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
