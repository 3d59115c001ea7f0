/*
 * Kill switches: for any scope, or where several meet, and what they let
 * pass.
 *
 * Every switch that an order falls under must allow it; one that does not is
 * named. Halted refuses each new order and replace. Reducing lets an order pass
 * that, together with all that is reserved on its side, only brings the position
 * nearer to nothing, and a replace that leaves less than before. Cancels never
 * come here. Keeping switches over a restart is the caller's duty. They are few,
 * and looked through one by one; without any an order pays nothing.
 */
#include <stdlib.h>

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

static bool
falls_under(const struct check *c, const struct kill_switch *k)
{
	unsigned i;

	for (i = 0; i < RISK_N_SCOPE; i++)
		if (k->scope[i] != NULL && k->scope[i] != c->scope[i])
			return false;
	return true;
}

/* The one that is named: symbol first, then the oldest. */
enum risk_code
check_kill(struct check *c)
{
	const struct kill_switch *k, *first = NULL;

	for (k = c->r->kills; k != NULL; k = k->next) {
		if (!falls_under(c, k) ||
		    (k->state == RISK_REDUCING && reduces(c)))
			continue;
		if (first == NULL || k->first < first->first)
			first = k;
	}
	if (first == NULL)
		return RISK_OK;
	if (first->text[0] != '\0')
		c->v->kill = first->text;
	return refuse(c, RISK_KILL, first->first, 0, 0);
}

bool
risk_where_add(struct risk_where *w, enum risk_scope kind, const char *id)
{
	if ((w->kinds & 1u << kind) != 0 ||
	    (kind != RISK_SCOPE_FIRM && *id == '\0') ||
	    !fix_span_copy(
		fix_span_of(kind == RISK_SCOPE_FIRM ? "" : id), w->id[kind],
		sizeof(w->id[kind])))
		return false;
	w->kinds |= 1u << kind;
	return true;
}

static bool
is_number(const char *id, uint32_t n)
{
	int64_t v;

	return fix_int_parse(fix_span_of(id), &v) == 0 && v == (int64_t)n;
}

static bool
in_one(const struct risk *r, enum risk_scope kind, const char *id,
    const struct risk_order *o)
{
	switch (kind) {
	case RISK_SCOPE_SESSION:
		return is_number(id, o->session);
	case RISK_SCOPE_VENUE:
		return is_number(id, o->venue);
	case RISK_SCOPE_TRADER:
		return fix_span_is(o->trader, id);
	case RISK_SCOPE_SYMBOL:
	case RISK_SCOPE_CLASS:
	case RISK_SCOPE_ACCOUNT:
	case RISK_SCOPE_GROUP:
	case RISK_SCOPE_FIRM:
	case RISK_N_SCOPE:
		break;
	}
	return risk_in_scope(r, kind, id, o->account, o->symbol);
}

bool
risk_where_has(const struct risk *r, const struct risk_where *w,
    const struct risk_order *o)
{
	unsigned k;

	for (k = 0; k < RISK_N_SCOPE; k++)
		if ((w->kinds & 1u << k) != 0 &&
		    !in_one(r, (enum risk_scope)k, w->id[k], o))
			return false;
	return w->kinds != 0;
}

/* Scopes come to life by it, so that an order finds them. */
static int
name_scopes(struct risk *r, const struct risk_where *w, struct kill_switch *k)
{
	struct scope *s;
	unsigned i = RISK_N_SCOPE;
	int rc;

	while (i-- > 0) {
		if ((w->kinds & 1u << i) == 0)
			continue;
		rc = scope_named(r, (enum risk_scope)i, w->id[i], &s);
		if (rc != 0)
			return rc;
		k->scope[i] = s;
		k->first = (enum risk_scope)i;
	}
	return w->kinds == 0 ? -FIX_E_FORMAT : 0;
}

static struct kill_switch **
find(struct risk *r, uint64_t number)
{
	struct kill_switch **at = &r->kills;

	while (*at != NULL && (*at)->number != number)
		at = &(*at)->next;
	return at;
}

int
risk_kill(struct risk *r, uint64_t number, const struct risk_where *w,
    enum risk_state state, const char *text)
{
	struct kill_switch k = { .number = number, .state = state }, **at;
	int rc = name_scopes(r, w, &k);

	if (rc != 0)
		return rc;
	if (text != NULL)
		memcpy(k.text, text, strnlen(text, RISK_KILL_TEXT));
	at = find(r, number);
	if (*at == NULL)
		*at = calloc(1, sizeof(k));
	if (*at == NULL)
		return -FIX_E_NOMEM;
	k.next = (*at)->next;
	**at = k;
	tape_kill(r, number, w, state, text);
	return 0;
}

bool
risk_unkill(struct risk *r, uint64_t number)
{
	struct kill_switch **at = find(r, number), *k = *at;

	if (k == NULL)
		return false;
	*at = k->next;
	free(k);
	tape_number(r, RISK_CALL_UNKILL, number);
	return true;
}

void
switches_free(struct risk *r)
{
	struct kill_switch *k;

	while ((k = r->kills) != NULL) {
		r->kills = k->next;
		free(k);
	}
}
