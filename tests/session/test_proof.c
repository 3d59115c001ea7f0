/* What a Logon proves: the hook that signs ours, and what is asked of a peer
 * beyond its numbers. Rules L08, L14 and L15 of the security design. */
#include "tests/session/world.h"

#include <stdio.h>
#include <string.h>

struct pen {
	int calls, rc;
	char text[256];
};

/* "49,56,34,52,108,141" into the message, as a signature would be. */
static int
sign(void *arg, const struct fix_logon_draft *d, struct fix_build *b)
{
	struct pen *p = arg;
	uint8_t stamp[FIX_STAMP_MAX];
	struct fix_span at = { stamp, fix_utc_format(stamp, d->time, 3) };

	p->calls++;
	assert_true(fix_span_eq(at, d->sending_time));
	snprintf(p->text, sizeof(p->text), "%.*s,%.*s,%.*s,%.*s,%.*s",
	    (int)d->sender.len, (const char *)d->sender.p, (int)d->target.len,
	    (const char *)d->target.p, (int)d->seq.len,
	    (const char *)d->seq.p, (int)d->heart_bt_int.len,
	    (const char *)d->heart_bt_int.p, (int)d->reset.len,
	    (const char *)d->reset.p);
	fix_build_str(b, 553, "key");
	fix_build_data(b, 95, 96, fix_span_of("a\001b"));
	return p->rc;
}

static struct world *
signing(void **state, struct pen *p)
{
	struct world *w = *state;

	memset(p, 0, sizeof(*p));
	w->cfg.role = FIX_INITIATOR;
	w->cfg.logon_fields = sign;
	w->cfg.logon_arg = p;
	w->cfg.username = "not this";
	w->cfg.password = "nor this";
	return w;
}

static void
a_signer_sees_the_values_that_leave(void **state)
{
	struct pen p;
	struct world *w = signing(state, &p);
	char want[128];

	w->start.next_out = 7;
	connected(w);
	expect(w, "> 35=A|34=7|98=0|108=30|553=key|95=3|96=a\001b", NULL);
	snprintf(want, sizeof(want), "%s,%s,7,30,", w->cfg.sender_comp_id,
	    w->cfg.target_comp_id);
	assert_string_equal(p.text, want);
	assert_int_equal(p.calls, 1);
}

static void
a_signer_sees_a_reset(void **state)
{
	struct pen p;
	struct world *w = signing(state, &p);

	w->cfg.reset_on_logon = true;
	connected(w);
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y|553=key|95=3|96=a\001b", NULL);
	assert_string_equal(strrchr(p.text, ','), ",Y");
}

static void
what_cannot_be_signed_is_not_sent(void **state)
{
	struct pen p;
	struct world *w = signing(state, &p);

	p.rc = -FIX_E_FORMAT;
	connected(w);
	expect_nothing(w);
	assert_noted(w, FIX_WHY_LOGON_REFUSED);
	assert_numbers(w, 1, 1);
	pass(w, 11000);
	expect(w, "close no Logon in time", NULL);
}

static void
a_peer_without_the_right_may_not_reset(void **state)
{
	struct world *w = *state;

	w->start.next_in = 5;
	w->start.next_out = 9;
	connected(w);
	fix_session_refuse_reset(w->s);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect(w,
	    "> 35=5|34=9|58=ResetSeqNumFlag (141) is not accepted",
	    "close Logon refused", NULL);
	assert_numbers(w, 5, 10);
	/* Also not once it is on, and only on that connection. */
	lost(w);
	forget(w);
	assert_int_equal(fix_session_connected(w->s, w->now), 0);
	fix_session_refuse_reset(w->s);
	say(w, "35=A|34=5|98=0|108=30");
	forget(w);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect(w,
	    "> 35=5|34=11|58=ResetSeqNumFlag (141) is not accepted", "down",
	    "close Logon refused", NULL);
	lost(w);
	forget(w);
	assert_int_equal(fix_session_connected(w->s, w->now), 0);
	say(w, "35=A|34=1|98=0|108=30|141=Y");
	expect(w, "> 35=A|34=1|98=0|108=30|141=Y", "up", NULL);
}

static void
who_is_known_is_turned_away_by_a_logout(void **state)
{
	struct world *w = *state;

	w->start.next_in = 5;
	w->start.next_out = 9;
	start(w);
	assert_int_equal(
	    fix_session_turn_away(w->s, "no", w->now), -FIX_E_STATE);
	assert_int_equal(fix_session_connected(w->s, w->now), 0);
	assert_int_equal(
	    fix_session_turn_away(w->s, "Logon refused", w->now), 0);
	drain(w);
	expect(w, "> 35=5|34=9|58=Logon refused", "close Logon refused", NULL);
	assert_numbers(w, 5, 10);
	assert_int_equal(
	    fix_session_turn_away(w->s, "no", w->now), -FIX_E_STATE);
}

static void
heartbeats_have_bounds(void **state)
{
	static const struct {
		const char *beat, *says;
	} cases[] = {
		{ "4", "HeartBtInt (108) is less than is accepted" },
		{ "0", "HeartBtInt (108) is less than is accepted" },
		{ "61", "HeartBtInt (108) is more than is accepted" },
	};
	struct world *w = *state;
	char want[128];
	unsigned seq = 1;

	w->cfg.heart_min_s = 5;
	w->cfg.heart_max_s = 60;
	connected(w);
	for (unsigned i = 0; i < 3; i++) {
		say(w, "35=A|34=1|98=0|108=%s", cases[i].beat);
		snprintf(want, sizeof(want), "> 35=5|34=%u|58=%s", seq++,
		    cases[i].says);
		expect(w, want, "close Logon refused", NULL);
		lost(w);
		forget(w);
		assert_int_equal(fix_session_connected(w->s, w->now), 0);
	}
	say(w, "35=A|34=1|98=0|108=5");
	expect(w, "> 35=A|34=4|98=0|108=5", "up", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		THRICE(a_signer_sees_the_values_that_leave),
		THRICE(a_signer_sees_a_reset),
		THRICE(what_cannot_be_signed_is_not_sent),
		THRICE(a_peer_without_the_right_may_not_reset),
		THRICE(who_is_known_is_turned_away_by_a_logout),
		THRICE(heartbeats_have_bounds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
