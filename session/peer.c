/*
 * What the peer's messages say of the peer, beside their numbers: how its clock
 * stands to ours, and how far it has come with what we sent.
 *
 * SendingTime(52) less our clock on arrival is the clock's offset less the time
 * the message took. The way is never shorter than nothing, so the largest of
 * these differences is the nearest; it is kept for a window of time and the one
 * before it, since clocks drift and are set. Duplicates and messages that waited
 * in a gap say nothing. LastMsgSeqNumProcessed(369): FIX volume 2, "Standard
 * Message Header"; of messages that are not sent again.
 */
#include <inttypes.h>

#include "session/head.h"

#define CLOCK_WINDOW (300 * FIX_SEC)

static void
note_clock(struct fix_session *s, int64_t sent_ns)
{
	int64_t off = sent_ns - s->now.utc.ns;
	int64_t age = s->now.mono.ns - s->clock_at.ns;

	if (age >= CLOCK_WINDOW) {
		s->clock[1] = s->clock[0];
		s->clock[1].known = s->clock[0].known && age < 2 * CLOCK_WINDOW;
		s->clock[0].known = false;
		s->clock_at = s->now.mono;
	}
	if (!s->clock[0].known || off > s->clock[0].ns)
		s->clock[0].ns = off;
	s->clock[0].known = true;
}

/* The header alone is searched: this is done for every message. */
static bool
read_processed(
    const struct fix_session *s, const struct fix_msg *m, uint64_t *out)
{
	int64_t v;

	for (uint32_t i = 3; i < m->n && fs_is_head_tag(m->fields[i].tag); i++)
		if (m->fields[i].tag == 369) {
			if (fix_msg_int(m, 369, &v) < 0 || v < 0)
				return false;
			*out = fs_seq_near(s, v, s->next_out);
			return true;
		}
	return false;
}

static void
note_processed(struct fix_session *s, const struct fix_msg *m)
{
	uint64_t v;

	if (!read_processed(s, m, &v) || v < s->processed)
		return;
	if (v < s->next_out) {
		s->processed = v;
		return;
	}
	if (!s->processed_told)
		fs_report(s, FIX_WHY_COUNT,
		    "LastMsgSeqNumProcessed (369) is %" PRIu64
		    ", but our last message was %" PRIu64, v, s->next_out - 1);
	s->processed_told = true;
}

static bool
is_good(enum input in)
{
	return in <= I_APP || (in >= I_RELOGON && in <= I_HIGH_LOGOUT);
}

void
fs_note_peer(struct fix_session *s, const struct event *e, enum input in)
{
	if (!is_good(in) || e->dup)
		return;
	if (e->sent_known)
		note_clock(s, e->sent_ns);
	/* What belongs to a reset may still count the old row. */
	if (!s->reset_asked &&
	    (!fs_type_is(e->m, 'A') || !fs_flag_set(e->m, 141)))
		note_processed(s, e->m);
}

/* A new connection: another machine, perhaps. */
void
fs_forget_peer(struct fix_session *s)
{
	s->clock[0].known = s->clock[1].known = false;
	s->clock_at = s->now.mono;
	s->processed = 0;
	s->processed_told = false;
}

void
fix_session_peer(const struct fix_session *s, struct fix_session_peer *out)
{
	const struct clock *a = &s->clock[0], *b = &s->clock[1];

	memset(out, 0, sizeof(*out));
	out->clock_known = a->known || b->known;
	if (out->clock_known)
		out->clock_ns = !b->known || (a->known && a->ns >= b->ns)
				    ? a->ns
				    : b->ns;
	out->processed = s->processed;
}
