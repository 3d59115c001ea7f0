/*
 * Order rates: a token bucket for each scope that has limits.
 *
 * A token is 10^9 units and a bucket gains orders_per_s units a nanosecond, so
 * no time is lost to rounding. Only the monotonic clock counts; should it step
 * back, nothing is gained. The session's bucket pays for every request, also
 * for one that is refused later. The other buckets pay once the request has
 * passed account, kill switch and all rates: what one session is refused must
 * not eat the rate of the others.
 */
#include "risk/inside.h"

#define TOKEN INT64_C(1000000000)

void
risk_restarted(struct risk *r, struct fix_now now)
{
	r->restarted = true;
	r->restarted_ns = now.mono.ns;
	tape_time(r, RISK_CALL_RESTARTED, now.mono.ns);
}

/* A bucket begins full, but not because the process has begun anew. */
static void
begin(const struct risk *r, struct bucket *b, wide most, int64_t now_ns)
{
	b->begun = true;
	b->last_ns = r->restarted ? r->restarted_ns : now_ns;
	b->units = r->restarted ? 0 : most;
}

static bool
refill(const struct risk *r, struct bucket *b, int64_t rate, int64_t burst,
    int64_t now_ns)
{
	wide most = wide_of(burst > 0 ? burst : rate) * TOKEN;

	if (rate == RISK_UNLIMITED)
		return true;
	if (rate <= 0)
		return false;
	if (!b->begun)
		begin(r, b, most, now_ns);
	if (now_ns > b->last_ns) {
		b->units += (wide_of(now_ns) - b->last_ns) * rate;
		b->last_ns = now_ns;
	}
	if (b->units > most)
		b->units = most;
	return b->units >= TOKEN;
}

static bool
ready(struct check *c, unsigned k)
{
	struct scope *s = c->scope[k];

	return refill(c->r, &s->orders, s->limits.orders_per_s,
	    s->limits.order_burst, c->now.mono.ns);
}

static void
take(struct bucket *b, int64_t rate)
{
	if (rate != RISK_UNLIMITED)
		b->units -= TOKEN;
}

/* Before anything is looked at: one request of this session. */
void
rate_session(struct check *c)
{
	struct scope *s = c->scope[RISK_SCOPE_SESSION];

	c->in_rate = true;
	if (s == NULL || !s->limited)
		return;
	c->in_rate = ready(c, RISK_SCOPE_SESSION);
	if (c->in_rate)
		take(&s->orders, s->limits.orders_per_s);
}

enum risk_code
check_rate(struct check *c)
{
	const struct risk_limits *l;
	unsigned k;

	for (k = 0; (l = next_limits(c, &k)) != NULL; k++)
		if (k == RISK_SCOPE_SESSION ? !c->in_rate : !ready(c, k))
			return refuse(c, RISK_RATE, (enum risk_scope)k,
			    l->orders_per_s, 0);
	for (k = 0; (l = next_limits(c, &k)) != NULL; k++)
		if (k != RISK_SCOPE_SESSION)
			take(&c->scope[k]->orders, l->orders_per_s);
	return RISK_OK;
}

void
risk_count_cancel(struct risk *r, uint32_t session, struct fix_now now)
{
	struct scope *s = scope_of_session(r, session);

	tape_session(r, RISK_CALL_CANCEL, session,
	    (struct fix_span){ NULL, 0 }, (struct fix_span){ NULL, 0 },
	    now.mono.ns);
	if (s != NULL)
		cancels_note(s, now.mono.ns, true);
	if (s == NULL || !s->limited)
		return;
	if (refill(r, &s->cancels, s->limits.cancels_per_s, 0, now.mono.ns))
		take(&s->cancels, s->limits.cancels_per_s);
	else
		s->cancels_over++;
}

uint64_t
risk_cancels_over(const struct risk *r, uint32_t session)
{
	const struct scope *s = scope_of_session(r, session);

	return s == NULL ? 0 : s->cancels_over;
}
