/*
 * What a session reports, in log and journal; the audit trail is made from that.
 *
 * A Logon that is refused is told with where it came from, and garbled messages
 * with how many there were. Neither fills the disk: of refused Logons so many a
 * second are noted as of refused connections, of garbled messages of a session
 * one a second, and the rest is counted. A resend is told when it is over, or
 * how far it came.
 */
#include "gateway/trader/inside.h"

#include <inttypes.h>

/* A fault that comes with each execution gets a line the first, the tenth, the
 * hundredth time. */
static bool
tolerated(struct trader *t, struct client *c, const struct fix_act *a)
{
	uint64_t n = a->seq_end;

	t->counts.tolerated++;
	while (n >= 10 && n % 10 == 0)
		n /= 10;
	if (n != 1)
		return true;
	if (a->seq_end == 1)
		return false;
	trader_note(t, LOG_L_WARN, c->number, "%s: %s: %s, %" PRIu64 " times",
	    c->id, fix_why_name(a->why), a->text, a->seq_end);
	return true;
}

/* Does this report, before it is up, mean that it does not come up? */
static bool
ends_logon(const struct client *c, enum fix_why why)
{
	switch (why) {
	case FIX_WHY_GARBLED:
		return c->cfg->fix.role == FIX_ACCEPTOR;
	case FIX_WHY_NOT_LOGON:
	case FIX_WHY_IDENTITY:
	case FIX_WHY_LOGON_REFUSED:
	case FIX_WHY_SENDING_TIME:
	case FIX_WHY_SEQ_LOW:
	case FIX_WHY_REJECTED:
	case FIX_WHY_LOGON_TIMEOUT:
	case FIX_WHY_OUT_OF_SCHEDULE:
	case FIX_WHY_TOOBIG:
		return true;
	case FIX_WHY_NONE:
	case FIX_WHY_SEQ_HIGH:
	case FIX_WHY_PEER_REJECTED:
	case FIX_WHY_TEST_TIMEOUT:
	case FIX_WHY_LOGOUT_TIMEOUT:
	case FIX_WHY_LOGOUT:
	case FIX_WHY_RESET:
	case FIX_WHY_TRANSPORT:
	case FIX_WHY_QUEUE_FULL:
	case FIX_WHY_DUPLICATE:
	case FIX_WHY_TOLERATED:
	case FIX_WHY_REPLAY_BAD:
	case FIX_WHY_RESEND_FLOOD:
	case FIX_WHY_NOT_RESENT:
	case FIX_WHY_COUNT:
	case FIX_N_WHY:
		break;
	}
	return false;
}

static void
note_refused(struct trader *t, struct client *c, const struct fix_act *a)
{
	bool named = a->why == FIX_WHY_LOGON_REFUSED || a->text == NULL;

	if (c->cfg->fix.role == FIX_ACCEPTOR && !peers_may_note(t))
		return;
	trader_note(t, LOG_L_WARN, c->number, "%s: Logon refused: %s%s%s, from "
	    "%s", c->id, named ? "" : fix_why_name(a->why), named ? "" : ": ",
	    a->text != NULL ? a->text : fix_why_name(a->why),
	    c->peer == NULL ? "?" : c->peer->name);
}

void
client_note_garbled(struct trader *t, struct client *c)
{
	if (c->garbled > 0)
		trader_note(t, LOG_L_WARN, c->number, "%s: %s: %u more", c->id,
		    fix_why_name(FIX_WHY_GARBLED), c->garbled);
	c->garbled = 0;
}

static void
garbled(struct trader *t, struct client *c, const struct fix_act *a)
{
	int64_t second = t->now.mono.ns / FIX_SEC + 1;

	if (second == c->garbled_at || space_tight(t)) {
		c->garbled++;
		return;
	}
	client_note_garbled(t, c);
	c->garbled_at = second;
	trader_note(t, LOG_L_WARN, c->number, "%s: %s: %s", c->id,
	    fix_why_name(a->why), a->text);
}

void
client_note_resent(struct trader *t, const struct client *c)
{
	const struct replay *r = &c->replay;

	if (!r->open || r->next == r->from)
		return;
	trader_note(t, LOG_L_INFO, c->number, "%s: resent %" PRIu64 " to %"
	    PRIu64 ": %" PRIu64 " messages, else gap fills%s", c->id, r->from,
	    r->next - 1, r->messages, r->next > r->end ? "" : "; cut short");
}

void
client_report(struct trader *t, struct client *c, const struct fix_act *a)
{
	enum log_level level = LOG_L_WARN;

	if (a->why == FIX_WHY_TOLERATED && tolerated(t, c, a))
		return;
	if (!c->up && ends_logon(c, a->why)) {
		note_refused(t, c, a);
	} else if (a->why == FIX_WHY_GARBLED) {
		garbled(t, c, a);
	} else {
		if (a->why == FIX_WHY_LOGOUT || a->why == FIX_WHY_RESET ||
		    a->why == FIX_WHY_DUPLICATE || a->why == FIX_WHY_TRANSPORT)
			level = LOG_L_INFO;
		trader_note(t, level, c->number, "%s: %s%s%s", c->id,
		    fix_why_name(a->why), a->text != NULL ? ": " : "",
		    a->text != NULL ? a->text : "");
	}
	if (a->why == FIX_WHY_PEER_REJECTED && c->venue != NULL)
		fixvenue_rejected(t, c, a->seq_end, a->text);
	if (a->why == FIX_WHY_SEQ_LOW)
		hold(t, c, fix_span_of(a->text != NULL ? a->text :
		    fix_why_name(a->why)));
}
