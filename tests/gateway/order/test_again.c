/*
 * What a venue tells again after a connection was lost, and what it did
 * meanwhile: nothing that was told before may undo what came after it (N2).
 */
#include <string.h>

#include "tests/gateway/order/rig.h"
#include "tests/gateway/order/script.h"

#define ACK "> D X 100\nV ack\n< 8 X 0/0 100 0 100\n"

static const struct order *
order_x(const struct rig *r)
{
	return desk_find_client(r->desk, 1, fix_span_of("X"));
}

static struct venue_event
about(const char *id, enum venue_event_kind k)
{
	return (struct venue_event){ .kind = k,
		.cl_ord_id = id,
		.cum_qty_e8 = -1 };
}

static void
replace(struct rig *r, const char *text, int64_t qty)
{
	struct venue_event e;
	char id[ORDER_ID_MAX + 1];

	script_run(r, text);
	memcpy(id, order_x(r)->venue_request_id, sizeof(id));
	e = about(id, VENUE_REPLACED);
	e.qty_e8 = qty * FIX_E8;
	rig_event(r, &e);
}

static void
a_replace_told_again_does_not_undo_the_next(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct venue_event e;
	char first[ORDER_ID_MAX + 1];

	(void)state;
	replace(r, ACK "> G Y,X 50\n< 8 Y,X E/E 100 0 100\n", 50);
	memcpy(first, order_x(r)->venue_cl_ord_id, sizeof(first));
	script_run(r, "< 8 Y,X 5/0 50 0 50\n");
	replace(r, "> G Z,Y 200\n< 8 Z,Y E/E 50 0 50\n", 200);
	script_run(r, "< 8 Z,Y 5/0 200 0 200\n");
	e = about(first, VENUE_REPLACED);
	e.qty_e8 = 50 * FIX_E8;
	rig_event(r, &e);
	script_run(r, "= D\n= G\n= G\n= -\n");
	assert_int_equal(order_x(r)->qty_e8, 200 * FIX_E8);
	assert_int_equal(r->n_alerts, 0);
	rig_free(r);
}

static void
a_restatement_counts_once(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct venue_event e;
	char id[ORDER_ID_MAX + 1];
	unsigned told;

	(void)state;
	script_run(r, ACK);
	memcpy(id, order_x(r)->venue_cl_ord_id, sizeof(id));
	e = about(id, VENUE_RESTATED);
	e.exec_id = "R1";
	e.reason = 5;
	e.qty_e8 = 90 * FIX_E8;
	rig_event(r, &e);
	assert_int_equal(order_x(r)->qty_e8, 90 * FIX_E8);
	told = r->n_told;
	rig_restart(r); /* it is known over a death, too */
	rig_event(r, &e);
	assert_int_equal(r->n_told, told);
	e.exec_id = "R2";
	rig_event(r, &e);
	assert_int_equal(r->n_told, told + 1);
	rig_free(r);
}

/* Filled, so not asked for when the venue came back; then a bust puts it to
 * work again, and what else happened meanwhile the venue has to say. */
static void
an_order_back_at_work_by_a_bust_is_asked_for(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct venue_event e;
	char id[ORDER_ID_MAX + 1];

	(void)state;
	script_run(r, ACK "= D\nV fill 100 =E1\n< 8 X F/2 100 100 0 100\n");
	memcpy(id, order_x(r)->venue_cl_ord_id, sizeof(id));
	script_run(r, "= -\nV bust ref=E1\n< 8 X H/0 100 0 100\n= H\n");
	e = about(id, VENUE_STATUS);
	e.status = '4';
	e.cum_qty_e8 = 0;
	rig_event(r, &e);
	script_run(r, "< 8 X 4/4 100 0 0\n");
	rig_check_holds(r);
	rig_free(r);
}

/* The answer to a replace got lost, the fills did not, then the day ended. */
static void
a_status_that_names_the_replace_tells_that_it_was_done(void **state)
{
	struct rig *r = rig_new(FIX_V_44);
	struct venue_event e;
	char id[ORDER_ID_MAX + 1];

	(void)state;
	script_run(r, ACK "= D\n> G Y,X 200\n= G\n< 8 Y,X E/E 100 0 100\n"
			  "V fill 110\n< 8 X F/E 100 110 0 110\n"
			  "! overfilled\n");
	memcpy(id, order_x(r)->venue_request_id, sizeof(id));
	e = about(id, VENUE_STATUS);
	e.status = '3';
	e.qty_e8 = 200 * FIX_E8;
	e.cum_qty_e8 = 110 * FIX_E8;
	rig_event(r, &e);
	script_run(r, "< 8 Y,X 5/1 200 110 90\n< 8 Y 3/3 200 110 0\n");
	rig_check_holds(r);
	rig_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replace_told_again_does_not_undo_the_next),
		cmocka_unit_test(a_restatement_counts_once),
		cmocka_unit_test(an_order_back_at_work_by_a_bust_is_asked_for),
		cmocka_unit_test(
		    a_status_that_names_the_replace_tells_that_it_was_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
