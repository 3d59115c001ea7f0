/*
 * One order through the controls, in the order of section 4 of the pre-trade
 * controls; the first that refuses names the verdict.
 *
 * Nothing but rate buckets and the decision counter changes until all have
 * passed; then the reservation is made at once, before anyone can send. The
 * path allocates nothing for accounts and symbols that were set up (beyond
 * RISK_PAIRS_MAX pairs, the first order of a pair makes its holding).
 *
 * Not here, because risk does not know them: ClOrdIDs, whose code is the
 * order desk's to use.
 */
#include "risk/inside.h"

enum risk_code
refuse(struct check *c, enum risk_code code, enum risk_scope scope, wide limit,
    wide value)
{
	struct risk_verdict *v = c->v;

	v->code = code;
	v->scope = scope;
	v->limit = clamp(limit);
	v->value = clamp(value);
	v->owner = owner_of_refusal(c, code, scope);
	v->owned = c->scope[scope] != NULL && c->scope[scope]->owned != NULL;
	if (c->scope[scope] != NULL)
		fix_span_copy(fix_span_of(c->scope[scope]->id), v->scope_id,
		    sizeof(v->scope_id));
	return code;
}

static bool
permitted(const struct scope *session, const struct scope *account)
{
	size_t i;

	if (session == NULL || session->n_permit == 0)
		return true;
	for (i = 0; i < session->n_permit; i++)
		if (session->permit[i] == account)
			return true;
	return false;
}

/* A refusal does not tell whether the account exists. */
static enum risk_code
check_account(struct check *c)
{
	const struct scope *a = c->scope[RISK_SCOPE_ACCOUNT];

	if (a != NULL && a->known && permitted(c->scope[RISK_SCOPE_SESSION], a))
		return RISK_OK;
	c->scope[RISK_SCOPE_ACCOUNT] = NULL;
	return refuse(c, RISK_ACCOUNT, RISK_SCOPE_ACCOUNT, 0, 0);
}

static bool
is_traded(const struct scope *s, struct fix_now now)
{
	return s->known && !s->detail.inactive &&
	       (s->detail.expires.ns == 0 ||
		   now.utc.ns < s->detail.expires.ns);
}

/* */
static enum risk_code
check_symbol(struct check *c)
{
	struct scope *s = c->scope[RISK_SCOPE_SYMBOL];

	if (s == NULL || !is_traded(s, c->now)) {
		c->scope[RISK_SCOPE_SYMBOL] = NULL;
		return refuse(c, RISK_SYMBOL, RISK_SCOPE_SYMBOL, 0, 0);
	}
	c->h = holding_make(c->r, c->scope[RISK_SCOPE_ACCOUNT], s);
	if (c->h == NULL)
		return refuse(c, RISK_INTERNAL, RISK_SCOPE_FIRM, 0, 0);
	return RISK_OK;
}

static bool
allows(uint32_t mask, char value)
{
	return mask == 0 || (mask >> (value - '0') & 1) != 0;
}

/* what these controls can judge, and with all that it must have. */
static enum risk_code
check_type(struct check *c)
{
	const struct risk_order *o = c->o;
	const struct risk_rules *rules;
	unsigned k;
	bool ok = o->side == '1' || o->side == '2' || o->side == '5' ||
		  o->side == '6';

	if (o->time_in_force != '\0' &&
	    (o->time_in_force < '0' || o->time_in_force > '7'))
		ok = false;
	switch (o->ord_type) {
	case '1':
		break;
	case '2':
		ok = ok && o->has_price;
		break;
	case '3':
		ok = ok && o->has_stop;
		break;
	case '4':
		ok = ok && o->has_price && o->has_stop;
		break;
	default:
		ok = false;
	}
	for (k = 0; ok && (rules = next_rules(c, &k)) != NULL; k++)
		ok = allows(rules->ord_types, o->kind == RISK_KIND_PLAIN ?
			 o->ord_type : (char)('0' + o->kind)) &&
		     allows(rules->times_in_force,
			 o->time_in_force == '\0' ? '0' : o->time_in_force);
	if (ok && o->cum_e8 >= 0)
		return RISK_OK;
	return refuse(c, RISK_CHARACTERISTIC, RISK_SCOPE_SYMBOL, 0, 0);
}

static enum risk_code (*const stages[])(struct check *) = {
	check_account,
	check_trader,
	check_kill,
	check_rate,
	check_symbol,
	check_hours,
	check_type,
	check_reach,
	check_tick,
	check_qty,
	check_notional,
	check_collar,
	check_range,
	check_fat_finger,
	check_restricted,
	check_short,
	check_alike,
	check_repeat,
	check_ratios,
	check_self_trade,
	check_breach,
	check_position,
	check_open,
	check_value,
	check_credit,
	check_turnover,
	check_loss,
};

static void
find_scopes(struct check *c)
{
	const struct risk_order *o = c->o;
	struct risk *r = c->r;
	struct scope *a, *s;

	a = scope_find(r, RISK_SCOPE_ACCOUNT, o->account);
	s = scope_find(r, RISK_SCOPE_SYMBOL, o->symbol);
	c->scope[RISK_SCOPE_SYMBOL] = s;
	c->scope[RISK_SCOPE_CLASS] = s == NULL ? NULL : s->parent;
	c->scope[RISK_SCOPE_ACCOUNT] = a;
	c->scope[RISK_SCOPE_GROUP] = a == NULL ? NULL : a->parent;
	c->scope[RISK_SCOPE_FIRM] = r->firm;
	c->scope[RISK_SCOPE_SESSION] = scope_of_session(r, o->session);
	if (r->n_trader > 0)
		c->scope[RISK_SCOPE_TRADER] =
		    scope_find(r, RISK_SCOPE_TRADER, o->trader);
	if (r->n_venue > 0)
		c->scope[RISK_SCOPE_VENUE] =
		    scope_numbered(r, RISK_SCOPE_VENUE, o->venue);
}

bool
ref_is_fresh(const struct risk *r, const struct scope *s, struct fix_now now)
{
	int64_t most = r->ref_max_age_ns;

	if (s == NULL || !s->has_ref)
		return false;
	return most == 0 || wide_of(now.mono.ns) - s->ref_ns <= most;
}

static void
begin(struct check *c)
{
	const struct scope *s;

	find_scopes(c);
	s = c->scope[RISK_SCOPE_SYMBOL];
	c->ref_ok = ref_is_fresh(c->r, s, c->now);
	c->ref_e8 = c->ref_ok ? s->ref_e8 : 0;
	c->v->ref = c->ref_e8;
	if (c->o->qty_e8 > c->o->cum_e8 && c->o->cum_e8 >= 0)
		c->leaves_e8 = c->o->qty_e8 - c->o->cum_e8;
	token_find(c);
}

static int
decide(struct check *c)
{
	size_t i;

	*c->v = (struct risk_verdict){ .code = RISK_OK };
	c->v->decision = ++c->r->decision;
	risk_set_day(c->r, c->now.utc);
	use_look(c->r);
	begin(c);
	tape_before(c);
	rate_session(c);
	for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (stages[i](c) != RISK_OK)
			return 1;
	token_spend(c);
	c->v->hold = c->hold;
	holding_hold(c->h, c->o->side, c->held, c->hold, c->replace ? 0 : 1);
	day_count_order(c);
	range_note(c);
	reach_note(c);
	alike_note(c);
	rest_put(c);
	stale_note_order(c);
	return 0;
}

static int
run(struct check *c)
{
	int rc = decide(c);

	tape_check(c);
	return rc;
}

int
risk_check_new(struct risk *r, const struct risk_order *o, struct fix_now now,
    struct risk_verdict *v)
{
	struct check c = { .r = r, .o = o, .now = now, .v = v };

	return run(&c);
}

int
risk_check_replace(struct risk *r, const struct risk_order *o,
    struct risk_hold held, struct fix_now now, struct risk_verdict *v)
{
	struct check c = { .r = r,
		.o = o,
		.now = now,
		.v = v,
		.replace = true,
		.held = held };

	return run(&c);
}

struct risk_hold
risk_hold_of(struct risk *r, const struct risk_order *o, int64_t leaves_e8)
{
	struct check c = { .r = r, .o = o };
	struct risk_hold h = { .qty_e8 = leaves_e8 < 0 ? 0 : leaves_e8 };
	const struct scope *s;

	find_scopes(&c);
	s = c.scope[RISK_SCOPE_SYMBOL];
	if (s == NULL || s->multiplier_e8 == 0)
		s = r->lost_symbol;
	c.ref_ok = s->has_ref;
	c.ref_e8 = s->ref_e8;
	if (!worth_of(s, o, h.qty_e8, reserve_price(&c), &h.notional_e8))
		h.notional_e8 = INT64_MAX;
	return h;
}
