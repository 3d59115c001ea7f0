/* What a peer or a setting says of sizes never keeps a report back. */
#include "tests/session/world.h"

/* The peer's MaxMessageSize(383) has no rule behind it (R11): a small one must
 * not keep executions from going out. */
static void
what_the_peer_cannot_take_is_sent_and_told_once(void **state)
{
	struct world *w = *state;

	connected(w);
	say(w, "35=A|34=1|98=0|108=30|383=3");
	forget(w);
	assert_int_equal(app_send(w, "8", "11=a|"), 0);
	assert_noted(w, FIX_WHY_TOOBIG);
	w->noted[FIX_WHY_TOOBIG] = false;
	assert_int_equal(app_send(w, "8", "11=b|"), 0);
	assert_false(w->noted[FIX_WHY_TOOBIG]);
	expect(w, "> 35=8|34=2|11=a", "> 35=8|34=3|11=b", NULL);
}

/* MaxMessageSize is about what comes in. */
static void
a_small_inbound_limit_does_not_limit_what_is_sent(void **state)
{
	struct world *w = *state;
	char body[4001];

	memset(body, 'x', 4000);
	memcpy(body, "58=", 3);
	body[3999] = '|';
	body[4000] = '\0';
	w->cfg.max_msg_bytes = 1024;
	up(w);
	assert_int_equal(app_send(w, "8", body), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		THRICE(what_the_peer_cannot_take_is_sent_and_told_once),
		THRICE(a_small_inbound_limit_does_not_limit_what_is_sent),
	};

	return cmocka_run_group_tests_name("size", tests, NULL, NULL);
}
