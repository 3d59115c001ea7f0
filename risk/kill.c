/*
 * Kill switches: a state for any scope, and what it lets pass.
 *
 * Every scope of an order must allow it; the first that does not is named.
 * Halted refuses each new order and replace. Reducing lets an order pass that,
 * together with all that is reserved on its side, only brings the position
 * nearer to nothing, and a replace that leaves less than before. Cancels never
 * come here. Keeping the state over a restart is the caller's duty.
 */
#include "risk/inside.h"

bool
reduces(const struct check *c)
{
	const struct scope *s = c->scope[RISK_SCOPE_SYMBOL];
	const struct holding *h = NULL;
	wide room, reserved;

	if (c->replace && c->leaves_e8 < c->held.qty_e8)
		return true;
	if (c->replace && c->leaves_e8 > c->held.qty_e8)
		return false;
	if (s != NULL)
		h = holding_find(c->r, c->scope[RISK_SCOPE_ACCOUNT], s);
	if (h == NULL)
		return false;
	if (side_is_buy(c->o->side)) {
		room = -wide_of(h->pos.qty_e8);
		reserved = h->buys_e8;
	} else {
		room = wide_of(h->pos.qty_e8);
		reserved = h->sells_e8;
	}
	return reserved - c->held.qty_e8 + c->leaves_e8 <= room;
}

enum risk_code
check_kill(struct check *c)
{
	unsigned k;

	for (k = 0; k < RISK_N_SCOPE; k++) {
		if (c->scope[k] == NULL || c->scope[k]->state == RISK_ACTIVE)
			continue;
		if (c->scope[k]->state == RISK_HALTED || !reduces(c))
			return refuse(c, RISK_KILL, (enum risk_scope)k, 0, 0);
	}
	return RISK_OK;
}

int
risk_kill(
    struct risk *r, enum risk_scope kind, const char *id, enum risk_state state)
{
	struct scope *s;
	int rc = scope_named(r, kind, id, &s);

	if (rc == 0)
		s->state = state;
	return rc;
}

enum risk_state
risk_state_of(const struct risk *r, enum risk_scope kind, const char *id)
{
	const struct scope *s;

	for (s = r->first_scope; s != NULL; s = s->next)
		if (s->kind == kind &&
		    (kind == RISK_SCOPE_FIRM || strcmp(s->id, id) == 0))
			return s->state;
	return RISK_ACTIVE;
}

int
risk_each_kill(const struct risk *r,
    int (*fn)(
	void *arg, enum risk_scope kind, const char *id, enum risk_state state),
    void *arg)
{
	const struct scope *s;
	int rc;

	for (s = r->first_scope; s != NULL; s = s->next) {
		if (s->state == RISK_ACTIVE)
			continue;
		rc = fn(arg, s->kind, s->id, s->state);
		if (rc != 0)
			return rc;
	}
	return 0;
}
