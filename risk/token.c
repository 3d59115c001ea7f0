/*
 * Leave for one order (section 9 of the pre-trade controls): what a scope calls
 * soft it refuses unless the order names a token that a second person has
 * issued for it.
 *
 * A token is for an account, a symbol and a side, for at most so much and at a
 * price that is no worse; it is good until a moment and for one order, which
 * must not be of who issued it. It lifts soft refusals alone, of as many scopes
 * as there are, and is spent by the order that passes; one that is refused all
 * the same leaves it. A limit of 0, and one that was never set, is no soft one.
 */
#include "risk/inside.h"

int
risk_token_add(struct risk *r, const struct risk_token *t)
{
	if (t->number == 0 || t->qty_e8 <= 0 || t->side < '1' || t->side > '9')
		return -FIX_E_FORMAT;
	if (r->n_tokens == RISK_TOKENS_MAX)
		return -FIX_E_FULL;
	r->tokens[r->n_tokens++] = *t;
	tape_token(r, t);
	return 0;
}

static bool
drop(struct risk *r, uint32_t number)
{
	unsigned i = 0;

	while (i < r->n_tokens && r->tokens[i].number != number)
		i++;
	if (i == r->n_tokens)
		return false;
	r->tokens[i] = r->tokens[--r->n_tokens];
	return true;
}

bool
risk_token_drop(struct risk *r, uint32_t number)
{
	bool was = drop(r, number);

	if (was)
		tape_number(r, RISK_CALL_NO_TOKEN, number);
	return was;
}

static bool
no_worse(const struct risk_order *o, int64_t px_e8)
{
	return side_is_buy(o->side) ? o->price_e8 <= px_e8 :
				      o->price_e8 >= px_e8;
}

static bool
is_for(const struct risk_token *t, const struct check *c)
{
	const struct risk_order *o = c->o;

	return fix_span_is(o->account, t->account) &&
	       fix_span_is(o->symbol, t->symbol) && o->side == t->side &&
	       o->qty_e8 <= t->qty_e8 && o->has_price &&
	       no_worse(o, t->price_e8) && c->now.utc.ns < t->until.ns &&
	       !fix_span_is(o->trader, t->issuer);
}

/* The token that the order names, if it is for it. */
void
token_find(struct check *c)
{
	for (unsigned i = 0; c->o->token != 0 && i < c->r->n_tokens; i++)
		if (c->r->tokens[i].number == c->o->token &&
		    is_for(&c->r->tokens[i], c))
			c->token = &c->r->tokens[i];
}

void
token_spend(struct check *c)
{
	if (!c->lifted)
		return;
	c->v->token = c->token->number;
	(void)drop(c->r, c->token->number);
}

static uint32_t
soft_bit(enum risk_code code)
{
	return code == RISK_QTY_MAX ? RISK_SOFT_QTY :
	    code == RISK_NOTIONAL_MAX ? RISK_SOFT_NOTIONAL :
	    code == RISK_COLLAR ? RISK_SOFT_COLLAR :
	    code == RISK_FAT_FINGER ? RISK_SOFT_VOLUME :
	    code == RISK_DUP_CONTENT ? RISK_SOFT_DUPLICATE : 0;
}

/* Refuse, if it is not soft or no token lifts it. */
enum risk_code
refuse_soft(struct check *c, enum risk_code code, enum risk_scope scope,
    wide limit, wide value)
{
	const struct scope *s = c->scope[scope];
	bool soft = s != NULL && s->ruled && limit != 0 &&
		    (s->rules.soft & soft_bit(code)) != 0;

	if (soft && c->token != NULL) {
		c->lifted = true;
		return RISK_OK;
	}
	(void)refuse(c, code, scope, limit, value);
	c->v->soft = soft;
	return code;
}
