/*
 * The parties of an order: kept beside it, echoed in its reports.
 */
#include "tests/gateway/order/script.h"

static uint64_t
number_of(const struct rig *r, const char *id)
{
	const struct order *o = desk_find_client(r->desk, 1, fix_span_of(id));

	assert_non_null(o);
	return o->number;
}

/* Every report of an order has them, over a restart, and only its own. */
static void
parties_stay_with_their_order(void **state)
{
	static const char its[] =
	    "453=1\001448=ACME\001447=D\001452=3\001802=1\001523=x\001803=1\001";
	struct rig *r = rig_new(FIX_V_44);
	struct fix_order o = plain("P", 100), h = plain("P", 0);
	struct venue_event ack = { .kind = VENUE_ACK };
	unsigned n;

	(void)state;
	o.parties = fix_span_of(its);
	h.kind = 'H';
	rig_request(r, 1, &o, false);
	ack.cl_ord_id = r->sent[0].id;
	rig_event(r, &ack);
	n = r->n_told;
	assert_true(n > 0);
	assert_string_equal(r->told[n - 1].parties, its);
	rig_restart(r);
	assert_true(fix_span_is(
	    desk_parties(r->desk, number_of(r, "P")), its));
	rig_request(r, 1, &h, false);
	assert_int_equal(r->n_told, n + 1);
	assert_string_equal(r->told[n].parties, its);
	r->told_seen = r->n_told;
	script_run(r, "V up\n");
	(void)desk_believe(r->desk, 1);
	o = plain("Q", 100);
	rig_request(r, 1, &o, false);
	assert_int_equal(
	    desk_parties(r->desk, number_of(r, "Q")).len, 0);
	rig_free(r);
}

/* Those of an order that is refused come back with the refusal; a session that
 * speaks another version by now is told none. */
static void
parties_are_told_in_their_own_form_alone(void **state)
{
	struct rig *r = rig_new(FIX_V_42);
	struct fix_order o = plain("a b", 100);

	(void)state;
	o.parties = fix_span_of("109=ACME\001");
	rig_request(r, 1, &o, false);
	assert_string_equal(r->told[0].parties, "109=ACME\001");
	o.cl_ord_id = fix_span_of("X");
	rig_request(r, 1, &o, false);
	o.kind = 'H';
	rig_request(r, 1, &o, false);
	assert_string_equal(
	    r->told[r->n_told - 1].parties, "109=ACME\001");
	r->version = FIX_V_44;
	rig_restart(r);
	rig_request(r, 1, &o, false);
	assert_int_equal(r->told[r->n_told - 1].e.exec_type, 'I');
	assert_string_equal(r->told[r->n_told - 1].parties, "");
	rig_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parties_stay_with_their_order),
		cmocka_unit_test(parties_are_told_in_their_own_form_alone),
	};

	return cmocka_run_group_tests_name("parties", tests, NULL, NULL);
}
