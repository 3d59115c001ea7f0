/* What share of the time may be used now, and when there is some again. */
#include "gateway/trader/share.h"

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void
save(struct share *s, int64_t now)
{
	int64_t parts = (now - s->at) / SHARE_PART;

	if (parts <= 0)
		return;
	if (s->at == 0)
		s->saved = SHARE_SAVED_NS;
	s->saved = least(s->saved + parts, SHARE_SAVED_NS);
	s->at = now;
}

int64_t
share_next(struct share *s, int64_t now, int64_t ordered, int64_t since,
    int64_t patience)
{
	int64_t at;

	save(s, now);
	if (s->saved > 0 || ordered == 0)
		return now;
	at = now + (1 - s->saved) * SHARE_PART;
	at = least(at, ordered + SHARE_QUIET_NS);
	return least(at, since + patience);
}

void
share_spend(struct share *s, int64_t ns)
{
	s->saved -= ns;
	if (s->saved < -SHARE_SAVED_NS)
		s->saved = -SHARE_SAVED_NS;
}
