/*
 * Whose limit it is: the firm's, the exchange's, the clearing member's
 * or the client's own.
 *
 * A scope has limits of each; in force is the least of every measure, so a
 * check compares once, whoever has spoken. Only a refusal asks whose it was: in
 * the order above, the first that is no higher than what bound. A client may
 * ask for an order that its own limits of one order be passed over; nobody
 * else's ever are.
 */
#include <stdlib.h>

#include "risk/inside.h"
#include "risk/known.h"

#define N_TERMS (sizeof(struct risk_limits) / sizeof(int64_t))

struct owned {
	bool has[RISK_N_OWNER];
	struct risk_limits limits[RISK_N_OWNER];
	struct risk_limits house; /* in force without the client's */
};

union terms {
	struct risk_limits l;
	int64_t v[N_TERMS];
};
_Static_assert(sizeof(union terms) == sizeof(struct risk_limits),
    "limits are numbers alone");

void
owned_free(struct scope *s)
{
	free(s->owned);
	s->owned = NULL;
}

static void
least(struct risk_limits *to, const struct risk_limits *l)
{
	union terms a = { .l = *to }, b = { .l = *l };

	/* A burst that was not set is as the rate */
	if (a.l.order_burst == 0)
		a.l.order_burst = a.l.orders_per_s;
	if (b.l.order_burst == 0)
		b.l.order_burst = b.l.orders_per_s;
	for (size_t i = 0; i < N_TERMS; i++)
		if (b.v[i] < a.v[i])
			a.v[i] = b.v[i];
	*to = a.l;
}

static void
put_in_force(struct scope *s)
{
	struct owned *o = s->owned;
	bool any = false;

	for (unsigned i = 0; i < RISK_N_OWNER; i++) {
		if (i == RISK_OWNER_CLIENT)
			o->house = s->limits;
		if (!o->has[i])
			continue;
		if (any)
			least(&s->limits, &o->limits[i]);
		else
			s->limits = o->limits[i];
		any = true;
	}
	s->limited = any;
	s->by_firm = o->has[RISK_OWNER_FIRM];
	s->by_house = s->by_firm || o->has[RISK_OWNER_EXCHANGE] ||
		      o->has[RISK_OWNER_CLEARING];
}

/* The firm's alone need no list of owners. */
int
owner_set(struct scope *s, enum risk_owner owner, const struct risk_limits *l)
{
	if (s->owned == NULL && owner == RISK_OWNER_FIRM) {
		s->limits = *l;
		s->limited = s->by_house = s->by_firm = true;
		return 0;
	}
	if (s->owned == NULL) {
		s->owned = calloc(1, sizeof(*s->owned));
		if (s->owned == NULL)
			return -FIX_E_NOMEM;
		s->owned->has[RISK_OWNER_FIRM] = s->limited;
		s->owned->limits[RISK_OWNER_FIRM] = s->limits;
	}
	s->owned->has[owner] = true;
	s->owned->limits[owner] = *l;
	put_in_force(s);
	return 0;
}

void
owner_unset(struct scope *s, enum risk_owner owner)
{
	if (s->owned == NULL) {
		if (owner == RISK_OWNER_FIRM)
			s->limited = s->by_house = s->by_firm = false;
		return;
	}
	s->owned->has[owner] = false;
	put_in_force(s);
}

const struct risk_limits *
owner_get(const struct scope *s, enum risk_owner owner)
{
	if (s->owned == NULL)
		return owner == RISK_OWNER_FIRM && s->limited ? &s->limits :
								NULL;
	return s->owned->has[owner] ? &s->owned->limits[owner] : NULL;
}

static const struct risk_limits nothing = { RISK_UNLIMITED, RISK_UNLIMITED,
	RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED,
	RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED };

/* Limits of one order, with what it passes over. */
const struct risk_limits *
limits_for(const struct check *c, unsigned k, unsigned skip)
{
	const struct scope *s = c->scope[k];

	if (s->owned == NULL || (c->o->skip & skip) == 0)
		return &s->limits;
	return s->by_house ? &s->owned->house : &nothing;
}

static bool
measure_of(enum risk_code code, size_t *at)
{
	switch ((int)code) {
	case RISK_QTY_MAX:
		*at = offsetof(struct risk_limits, max_order_qty_e8);
		return true;
	case RISK_NOTIONAL_MAX:
		*at = offsetof(struct risk_limits, max_order_notional_e8);
		return true;
	case RISK_POS_LONG:
		*at = offsetof(struct risk_limits, max_long_e8);
		return true;
	case RISK_POS_SHORT:
		*at = offsetof(struct risk_limits, max_short_e8);
		return true;
	case RISK_OPEN_ORDERS:
		*at = offsetof(struct risk_limits, max_open_orders);
		return true;
	case RISK_OPEN_NOTIONAL:
		*at = offsetof(struct risk_limits, max_open_notional_e8);
		return true;
	case RISK_RATE:
		*at = offsetof(struct risk_limits, orders_per_s);
		return true;
	case RISK_COLLAR:
		*at = offsetof(struct risk_limits, collar_bp);
		return true;
	default:
		return false;
	}
}

static unsigned
skip_of(enum risk_code code)
{
	return code == RISK_QTY_MAX ? RISK_SKIP_QTY :
	    code == RISK_NOTIONAL_MAX ? RISK_SKIP_NOTIONAL :
	    code == RISK_COLLAR ? RISK_SKIP_PRICE : 0;
}

/* Whose term it was that has refused. */
enum risk_owner
owner_of_refusal(const struct check *c, enum risk_code code,
    enum risk_scope scope)
{
	const struct scope *s = c->scope[scope];
	enum risk_owner who = RISK_OWNER_FIRM;
	union terms t;
	int64_t low = RISK_UNLIMITED;
	size_t at;

	if (s == NULL || s->owned == NULL || !measure_of(code, &at))
		return RISK_OWNER_FIRM;
	for (unsigned i = 0; i < RISK_N_OWNER; i++) {
		if (!s->owned->has[i] || (i == RISK_OWNER_CLIENT &&
		    (c->o->skip & skip_of(code)) != 0))
			continue;
		t.l = s->owned->limits[i];
		if (t.v[at / sizeof(int64_t)] >= low)
			continue;
		low = t.v[at / sizeof(int64_t)];
		who = (enum risk_owner)i;
	}
	return who;
}

/* What the firm must have said at all, and others unless they check it
 * themselves: no limits of theirs in the whole chain are limits of 0. */
enum risk_code
check_owners(struct check *c)
{
	static const enum risk_owner asked[] = { RISK_OWNER_EXCHANGE,
		RISK_OWNER_CLEARING };
	unsigned k;

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		if (!c->r->stated[asked[i]])
			continue;
		for (k = 0; k < RISK_N_USED; k++)
			if (c->scope[k] != NULL && c->scope[k]->owned != NULL &&
			    c->scope[k]->owned->has[asked[i]])
				break;
		if (k < RISK_N_USED)
			continue;
		(void)refuse(c, RISK_QTY_MAX, RISK_SCOPE_FIRM, 0, c->o->qty_e8);
		c->v->owner = asked[i];
		return RISK_QTY_MAX;
	}
	return RISK_OK;
}

void
risk_must_state(struct risk *r, enum risk_owner owner, bool must)
{
	r->stated[owner] = must;
	tape_number(r, RISK_CALL_MUST_STATE, (uint64_t)owner << 1 | must);
}

bool
risk_states(const struct risk *r, enum risk_owner owner)
{
	return r->stated[owner];
}

const char *
risk_owner_name(enum risk_owner o)
{
	static const char *const names[RISK_N_OWNER] = { "firm", "exchange",
		"clearing", "client" };

	return names[o];
}
