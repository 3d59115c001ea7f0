/*
 * A venue that comes up with orders in doubt takes only what reduces, until it
 * has answered for each of them (section 12 of the pre-trade controls, point 8).
 */
#include "tests/gateway/order/script.h"

#define ACK(id) "> D " id " 100\n= D\nV ack\n< 8 " id " 0/0 100 0 100\n"
#define LONG ACK("L") "V fill 100\n< 8 L F/2 100 100 0 100\n"
#define AGAIN "V down\nV up\n= H\n"
#define REFUSED(id)                                                            \
	"> D " id " 100\n42|< 8 " id " 8/8 100 0 0 103=0 58=reconciled\n"  \
	"4+|< 8 " id " 8/8 100 0 0 103=99 58=reconciled\n= -\n"

static void
answer(struct rig *r, const char *id, enum venue_event_kind kind)
{
	const struct order *o =
	    desk_find_client(r->desk, 1, fix_span_of(id));
	struct venue_event e = { .kind = kind, .status = '0' };

	assert_non_null(o);
	e.cl_ord_id = o->venue_cl_ord_id;
	rig_event(r, &e);
}

static void
until_the_answer_only_what_reduces_passes(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, LONG ACK("X") AGAIN);
	assert_int_equal(desk_unproven(r->desk, 1), 1);
	script_run(r, REFUSED("N1")
	    "> D S 60 side=2\n= D\nV ack\n< 8 S 0/0 60 0 60\n"
	    /* with S it would be short */
	    "> D S2 60 side=2\n< 8 S2 8/8 60 0 0 103=99 58=reconciled\n"
	    "> G Y,X 110\n< 9 Y,X 0 99/2 58=reconciled\n"
	    "> F C,S\n< 8 C,S 6/6 60 0 60\n= F\nV canceled\n< 8 C,S 4/4 60 0 0\n");
	rig_free(r);
}

static void
the_last_answer_ends_it(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, ACK("X") ACK("Y") "V down\nV up\n= H\n= H\n" REFUSED("N1"));
	assert_int_equal(desk_unproven(r->desk, 1), 2);
	answer(r, "X", VENUE_STATUS);
	assert_int_equal(desk_unproven(r->desk, 1), 1);
	script_run(r, REFUSED("N2"));
	answer(r, "Y", VENUE_UNKNOWN);
	assert_int_equal(desk_unproven(r->desk, 1), 0);
	script_run(r, "< 8 Y 4/4 100 0 0 58=know\n" ACK("N3"));
	rig_free(r);
}

/* What came in doubt one by one is no reason to stop, nor what was live at a
 * venue that is gone; and another venue is another matter. */
static void
without_a_venue_that_came_up_nothing_changes(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct desk_route route = { "DEF", "", "", "", "ALT" };

	(void)state;
	script_run(r, "> D X 100\n= D\nT 6\n= H\n" ACK("Y"));
	assert_int_equal(desk_unproven(r->desk, 1), 0);
	assert_int_equal(desk_add_route(r->desk, &route), 0);
	r->second.up = true;
	script_run(r, "V down\nV up\n= H\n= H\n" REFUSED("N1")
	    "> D Z 100 sym=DEF\n= D\n");
	rig_free(r);
	r = rig_new(FIX_V_44);
	script_run(r, LONG "V down\nV up\n" ACK("X"));
	rig_free(r);
}

static void
a_start_asks_first_and_a_second_loss_asks_again(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, ACK("X"));
	rig_restart(r);
	script_run(r, "V up\n= H\n" REFUSED("N1") AGAIN REFUSED("N2"));
	answer(r, "X", VENUE_STATUS);
	script_run(r, ACK("N3"));
	rig_free(r);
}

static void
a_person_may_take_it_as_reconciled(void **state)
{
	struct rig *r = rig_new(FIX_V_44);

	(void)state;
	script_run(r, ACK("X") AGAIN
	    "V status 39=2 cum=100\n! executions are missing\n" REFUSED("N1"));
	assert_int_equal(desk_believe(r->desk, 1), 1);
	assert_int_equal(desk_believe(r->desk, 1), 0);
	script_run(r, ACK("N2"));
	rig_free(r);
}

static unsigned n_all; /* questions for all */

static int
on_status_all(struct venue *v, struct fix_now now)
{
	(void)v;
	(void)now;
	n_all++;
	return 0;
}

/* One question for all; what its answer leaves out is asked for, which is no
 * proof of anything yet. */
static void
a_venue_may_be_asked_for_all_at_once(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct venue_event told = { .kind = VENUE_ALL_TOLD, .cum_qty_e8 = -1 };
	struct venue_ops ops = *r->venue.ops;

	(void)state;
	n_all = 0;
	ops.send_status_all = on_status_all;
	r->venue.ops = &ops;
	script_run(r, ACK("X") AGAIN); /* a single one is asked for by itself */
	answer(r, "X", VENUE_STATUS);
	script_run(r, ACK("Y") ACK("Z") "V down\nV up\n= -\n");
	assert_int_equal(n_all, 1);
	assert_int_equal(desk_unproven(r->desk, 1), 3);
	answer(r, "X", VENUE_STATUS);
	answer(r, "Y", VENUE_STATUS);
	rig_event(r, &told);
	script_run(r, "= H\n= -\n");
	assert_string_equal(r->sent[r->n_sent - 1].id,
	    desk_find_client(r->desk, 1, fix_span_of("Z"))->venue_cl_ord_id);
	assert_int_equal(desk_unproven(r->desk, 1), 1);
	rig_event(r, &told); /* once more: nothing is left to ask */
	script_run(r, "= -\n");
	answer(r, "Z", VENUE_UNKNOWN);
	script_run(r, "< 8 Z 4/4 100 0 0 58=know\n");
	/* without an answer they are asked for as ever */
	script_run(r, "V down\nV up\n= -\nT 6\n= H\n= H\n= -\n");
	assert_int_equal(n_all, 2);
	rig_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(until_the_answer_only_what_reduces_passes),
		cmocka_unit_test(the_last_answer_ends_it),
		cmocka_unit_test(without_a_venue_that_came_up_nothing_changes),
		cmocka_unit_test(
		    a_start_asks_first_and_a_second_loss_asks_again),
		cmocka_unit_test(a_person_may_take_it_as_reconciled),
		cmocka_unit_test(a_venue_may_be_asked_for_all_at_once),
	};

	return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
