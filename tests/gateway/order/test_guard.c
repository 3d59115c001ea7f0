/*
 * Out against in: with a fault between risk and the venue, nothing leaves
 * that is more than the order is for. The fault is put where what a venue gets
 * is made.
 */
#include "gateway/order/desk.h"
#include "tests/gateway/order/script.h"

struct venue_order __real_terms_venue(
    const struct order *o, const struct terms *t);
struct venue_order __wrap_terms_venue(
    const struct order *o, const struct terms *t);

static int64_t too_much_e8; /* the fault */

struct venue_order
__wrap_terms_venue(const struct order *o, const struct terms *t)
{
	struct venue_order v = __real_terms_venue(o, t);

	v.qty_e8 += too_much_e8;
	return v;
}

static int
setup(void **state)
{
	too_much_e8 = 0;
	*state = rig_new(FIX_V_44);
	return 0;
}

static int
teardown(void **state)
{
	rig_free(*state);
	return 0;
}

static void
r16_children_add_up_to_no_more_than_their_parent(void **state)
{
	struct rig *r = *state;
	struct entry en = { .o = { .qty_e8 = 100 * FIX_E8,
		.hold = { .qty_e8 = 100 * FIX_E8 } } };

	assert_true(guard_new(r->desk, &en, 60 * FIX_E8));
	assert_true(guard_new(r->desk, &en, 40 * FIX_E8));
	assert_int_equal(r->n_alerts, 0);
	assert_false(guard_new(r->desk, &en, 1));
	assert_int_equal(r->n_alerts, 1);
	/* An execution makes room for nothing */
	en.o.cum_e8 = 60 * FIX_E8;
	en.o.hold.qty_e8 = 40 * FIX_E8;
	assert_false(guard_new(r->desk, &en, 1));
	assert_false(guard_new(r->desk, &en, 0));
	assert_false(guard_new(r->desk, &en, INT64_MAX));
}

static void
what_risk_has_not_reserved_does_not_go(void **state)
{
	struct rig *r = *state;
	struct entry en = { .o = { .qty_e8 = 100, .hold = { .qty_e8 = 50 } } };

	assert_false(guard_new(r->desk, &en, 51));
	assert_true(guard_new(r->desk, &en, 50));
	en.o.request_qty_e8 = 200;
	en.o.cum_e8 = 30;
	en.o.hold.qty_e8 = 170;
	assert_true(guard_replace(r->desk, &en, 200));
	assert_int_equal(en.out_e8, 200);
	assert_false(guard_replace(r->desk, &en, 201));
	en.o.hold.qty_e8 = 169;
	assert_false(guard_replace(r->desk, &en, 200));
}

static void
an_order_that_became_more_on_its_way_is_refused(void **state)
{
	struct rig *r = *state;

	too_much_e8 = 1;
	script_run(r, "> D X 100\n= -\n! more would have gone\n"
		      "< 8 X 8/8 100 0 0 103=99\n");
	assert_int_equal(r->n_sent, 0);
	too_much_e8 = 0;
	script_run(r, "> D Y 100\n= D\nV ack\n< 8 Y 0/0 100 0 100\n");
}

static void
a_replace_that_became_more_is_refused_and_the_order_stays(void **state)
{
	struct rig *r = *state;

	script_run(r, "> D X 100\n= D\nV ack\n< 8 X 0/0 100 0 100\n");
	too_much_e8 = 1;
	script_run(r, "> G Y,X 120\n= -\n! more would have gone\n"
		      "< 9 Y,X 0 99/2\n");
	assert_int_equal(r->n_sent, 1);
	too_much_e8 = 0;
	script_run(r, "> G Z,X 120\n= G\n< 8 Z,X E/E 100 0 100\n"
		      "V replaced\n< 8 Z,X 5/0 120 0 120\n");
}

static void
after_a_restart_it_is_known_that_all_went(void **state)
{
	struct rig *r = *state;
	const struct order *o;
	struct entry *en;

	script_run(r, "> D X 100\n= D\nV ack\n< 8 X 0/0 100 0 100\n");
	rig_restart(r);
	o = desk_find_client(r->desk, 1, fix_span_of("X"));
	assert_non_null(o);
	en = entry_find(r->desk, o->number);
	assert_false(guard_new(r->desk, en, 1));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(r16_children_add_up_to_no_more_than_their_parent),
		T(what_risk_has_not_reserved_does_not_go),
		T(an_order_that_became_more_on_its_way_is_refused),
		T(a_replace_that_became_more_is_refused_and_the_order_stays),
		T(after_a_restart_it_is_known_that_all_went),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
