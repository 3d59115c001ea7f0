/*
 * Repeating groups: entries, nesting, and groups that are not as they should.
 *
 * In: Parties (453: 448, 447, 452, nested 802: 523, 803) and an order list in
 * which a tag occurs on two levels.
 */
#include "tests/fix/text.h"

#include "fix/group.h"

static const uint32_t sub_tags[] = { 523, 803 };
static const struct fix_group_def subs = { 802, 523, sub_tags, 2, NULL, 0 };
static const uint32_t party_tags[] = { 448, 447, 452, 802 };
static const struct fix_group_def parties = { 453, 448, party_tags, 4, &subs,
	1 };
/* 73: 11, 58, nested 453; 58 also stands in the group nested in it */
static const uint32_t leg_tags[] = { 600, 58 };
static const struct fix_group_def legs = { 555, 600, leg_tags, 2, NULL, 0 };
static const uint32_t order_tags[] = { 11, 555, 453, 58 };
static const struct fix_group_def order_nested[] = {
	{ 453, 448, party_tags, 4, &subs, 1 },
	{ 555, 600, leg_tags, 2, NULL, 0 },
};
static const struct fix_group_def orders = { 73, 11, order_tags, 4,
	order_nested, 2 };

static uint8_t buf[1024];
static struct fix_field fields[64];

static struct fix_msg
message(const char *body)
{
	struct fix_msg m = { .fields = fields, .cap = 64 };
	struct fix_scan s = { .max_bytes = sizeof(buf) };
	size_t n = whole(buf, "FIX.4.4", body);

	assert_int_equal(fix_scan(&s, buf, n, &m), n);
	assert_int_equal(s.why, FIX_G_NONE);
	return m;
}

static struct fix_group
opened(const struct fix_msg *m, const struct fix_group_def *def)
{
	struct fix_group g;

	assert_int_equal(fix_group_open(&g, m, def, 0, m->n), 1);
	return g;
}

static void
tag_is(const struct fix_group *g, struct fix_entry e, uint32_t tag,
    const char *want)
{
	struct fix_span v;

	if (want == NULL) {
		assert_false(fix_entry_get(g, e, tag, &v));
		return;
	}
	assert_true(fix_entry_get(g, e, tag, &v));
	assert_true(fix_span_is(v, want));
}

/* A user's tag that nobody told us of: not the end of the group. */
static void
unknown_user_tag_stays_in_its_entry(void **state)
{
	struct fix_msg m = message("35=D|453=2|448=P1|9001=x|447=D|"
				   "448=P2|9001=y|58=text|452=3|");
	struct fix_group g = opened(&m, &parties);
	struct fix_entry e;

	(void)state;
	assert_int_equal(fix_group_next(&g, &e), 1);
	tag_is(&g, e, 447, "D");
	tag_is(&g, e, 9001, "x");
	assert_int_equal(fix_group_next(&g, &e), 1);
	tag_is(&g, e, 448, "P2");
	tag_is(&g, e, 9001, "y");
	tag_is(&g, e, 58, NULL);
	assert_int_equal(fix_group_next(&g, &e), 0);
}

/* One that the group around has is that group's. */
static void
user_tag_of_the_group_around_ends_the_nested_one(void **state)
{
	static const uint32_t inner_tags[] = { 600, 58 };
	static const struct fix_group_def inner = { 555, 600, inner_tags, 2,
		NULL, 0 };
	static const uint32_t outer_tags[] = { 11, 555, 9002 };
	static const struct fix_group_def outer = { 73, 11, outer_tags, 3,
		&inner, 1 };
	struct fix_msg m = message("35=E|73=2|11=A|555=1|600=L|9001=i|9002=o|"
				   "11=B|9002=p|");
	struct fix_group g = opened(&m, &outer);
	struct fix_entry e;

	(void)state;
	assert_int_equal(fix_group_next(&g, &e), 1);
	tag_is(&g, e, 9002, "o");
	tag_is(&g, e, 9001, NULL);
	assert_int_equal(fix_group_next(&g, &e), 1);
	tag_is(&g, e, 9002, "p");
}

static void
entries_come_one_by_one(void **state)
{
	struct fix_msg m = message("35=D|11=A|453=2|448=P1|447=D|452=11|"
				   "448=P2|452=3|55=X|");
	struct fix_group g = opened(&m, &parties);
	struct fix_entry e;

	(void)state;
	assert_int_equal(g.declared, 2);
	assert_int_equal(fix_group_next(&g, &e), 1);
	assert_int_equal(e.begin, 5);
	assert_int_equal(e.end, 8);
	tag_is(&g, e, 448, "P1");
	tag_is(&g, e, 447, "D");
	tag_is(&g, e, 452, "11");
	assert_int_equal(fix_group_next(&g, &e), 1);
	assert_int_equal(e.end, 10);
	tag_is(&g, e, 448, "P2");
	tag_is(&g, e, 447, NULL);
	tag_is(&g, e, 452, "3");
	tag_is(&g, e, 55, NULL);
	assert_int_equal(fix_group_next(&g, &e), 0);
	assert_int_equal(fix_group_next(&g, &e), 0);
	assert_int_equal(g.next, 10);
}

static void
nested_groups_are_opened_inside_their_entry(void **state)
{
	struct fix_msg m =
	    message("35=D|453=2|448=P1|802=2|523=a|803=1|523=b|452=1|"
		    "448=P2|452=2|802=1|523=c|55=X|");
	struct fix_group g = opened(&m, &parties), in;
	struct fix_entry e, s;

	(void)state;
	assert_int_equal(fix_group_next(&g, &e), 1);
	tag_is(&g, e, 448, "P1");
	tag_is(&g, e, 452, "1");
	tag_is(&g, e, 523, NULL); /* not its own */
	assert_int_equal(fix_group_open(&in, &m, &subs, e.begin, e.end), 1);
	assert_int_equal(in.declared, 2);
	assert_int_equal(fix_group_next(&in, &s), 1);
	tag_is(&in, s, 523, "a");
	tag_is(&in, s, 803, "1");
	assert_int_equal(fix_group_next(&in, &s), 1);
	tag_is(&in, s, 523, "b");
	assert_int_equal(fix_group_next(&in, &s), 0);
	assert_int_equal(fix_group_next(&g, &e), 1);
	assert_int_equal(fix_group_open(&in, &m, &subs, e.begin, e.end), 1);
	assert_int_equal(fix_group_next(&in, &s), 1);
	tag_is(&in, s, 523, "c");
	assert_int_equal(fix_group_next(&in, &s), 0);
	assert_int_equal(fix_group_next(&g, &e), 0);
}

static void
tag_of_two_levels_is_taken_from_its_own(void **state)
{
	struct fix_msg m = message(
	    "35=E|73=2|11=A|555=2|600=l1|58=leg|600=l2|453=1|448=P|802=1|"
	    "523=s|58=order|11=B|555=1|600=l3|58=leg|58=late|4999=x|");
	struct fix_group g = opened(&m, &orders);
	struct fix_entry e;

	(void)state;
	assert_int_equal(fix_group_next(&g, &e), 1);
	tag_is(&g, e, 58, "order");
	tag_is(&g, e, 448, NULL);
	assert_int_equal(fix_group_next(&g, &e), 1);
	tag_is(&g, e, 11, "B");
	tag_is(&g, e, 58, NULL); /* both belong to the leg */
	assert_int_equal(fix_group_next(&g, &e), 0);
	assert_int_equal(m.fields[g.next].tag, 4999);
}

static void
count_that_says_more_or_less_is_no_matter(void **state)
{
	static const char *const bodies[] = { "35=D|453=9|448=a|448=b|55=x|",
		"35=D|453=0|448=a|448=b|55=x|",
		"35=D|453=4294967295|448=a|448=b|" };
	struct fix_entry e;
	struct fix_group g;
	struct fix_msg m;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		m = message(bodies[i]);
		g = opened(&m, &parties);
		assert_int_equal(fix_group_next(&g, &e), 1);
		assert_int_equal(fix_group_next(&g, &e), 1);
		assert_int_equal(fix_group_next(&g, &e), 0);
	}
}

static void
group_without_its_delimiter_has_no_entries(void **state)
{
	struct fix_msg m = message("35=D|453=1|447=D|448=P|55=X|");
	struct fix_group g = opened(&m, &parties);
	struct fix_entry e;

	(void)state;
	assert_int_equal(fix_group_next(&g, &e), 0);
	m = message("35=D|58=x|453=1|");
	g = opened(&m, &parties);
	assert_int_equal(fix_group_next(&g, &e), 0); /* 10= is behind it */
}

static void
nested_count_without_entries_takes_nothing(void **state)
{
	struct fix_msg m = message("35=D|453=1|448=P|802=0|452=1|55=X|");
	struct fix_group g = opened(&m, &parties), in;
	struct fix_entry e;

	(void)state;
	assert_int_equal(fix_group_next(&g, &e), 1);
	tag_is(&g, e, 452, "1");
	assert_int_equal(fix_group_open(&in, &m, &subs, e.begin, e.end), 1);
	assert_int_equal(fix_group_next(&in, &e), 0);
}

static void
group_that_is_not_there_is_not_opened(void **state)
{
	struct fix_msg m = message("35=D|58=x|453=1|448=P|");
	struct fix_group g;

	(void)state;
	assert_int_equal(fix_group_open(&g, &m, &legs, 0, m.n), 0);
	assert_int_equal(fix_group_open(&g, &m, &parties, 0, 4), 0);
	assert_int_equal(fix_group_open(&g, &m, &parties, 5, m.n), 0);
	assert_int_equal(fix_group_open(&g, &m, &parties, 99, 100), 0);
	assert_int_equal(fix_group_open(&g, &m, &parties, 0, UINT32_MAX), 1);
	assert_int_equal(g.limit, m.n);
}

static void
count_that_is_no_count_is_refused(void **state)
{
	static const char *const bodies[] = { "35=D|453=|448=a|",
		"35=D|453=x|448=a|", "35=D|453=-1|448=a|",
		"35=D|453=1.0|448=a|", "35=D|453=4294967296|448=a|",
		"35=D|453=99999999999999999999|448=a|" };
	struct fix_group g;
	struct fix_msg m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		m = message(bodies[i]);
		assert_int_equal(
		    fix_group_open(&g, &m, &parties, 0, m.n), -FIX_E_FORMAT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_come_one_by_one),
		cmocka_unit_test(nested_groups_are_opened_inside_their_entry),
		cmocka_unit_test(tag_of_two_levels_is_taken_from_its_own),
		cmocka_unit_test(count_that_says_more_or_less_is_no_matter),
		cmocka_unit_test(group_without_its_delimiter_has_no_entries),
		cmocka_unit_test(nested_count_without_entries_takes_nothing),
		cmocka_unit_test(group_that_is_not_there_is_not_opened),
		cmocka_unit_test(count_that_is_no_count_is_refused),
		cmocka_unit_test(unknown_user_tag_stays_in_its_entry),
		cmocka_unit_test(
		    user_tag_of_the_group_around_ends_the_nested_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
