/*
 * What a trader, a desk or an algorithm may trade, and in how many
 * symbols and at how many venues a day.
 *
 * A scope says whether orders must name one that is known; one that is known
 * has a grant: sides, symbols or classes, venues. What it has been seen in
 * today is remembered as its orders pass, in room that was made at set-up;
 * after a restart the caller says it again from the orders of the day. Cancels
 * never come here.
 */
#include <stdlib.h>

#include "risk/inside.h"
#include "risk/known.h"

enum { TO_SYMBOL, TO_CLASS, TO_VENUE, N_TO };

struct list {
	const struct scope **at;
	size_t n;
};

struct seen { /* numbers, in the order of their coming */
	uint32_t *at;
	int64_t n, most;
};

struct grant {
	struct risk_grant g;
	struct list to[N_TO];
	int64_t day;
	struct seen symbols, venues;
};

void
grant_free(struct scope *s)
{
	struct grant *g = s->grant;

	if (g == NULL)
		return;
	for (unsigned i = 0; i < N_TO; i++)
		free(g->to[i].at);
	free(g->symbols.at);
	free(g->venues.at);
	free(g);
	s->grant = NULL;
}

static const struct grant *
grant_of(const struct risk *r, const char *trader)
{
	const struct scope *s =
	    scope_find(r, RISK_SCOPE_TRADER, fix_span_of(trader));

	return s == NULL ? NULL : s->grant;
}

const char *
risk_granted_trader(const struct risk *r, size_t i)
{
	const struct scope *s = r->first_scope;

	while (s != NULL && (s->grant == NULL || i-- > 0))
		s = s->next;
	return s == NULL ? NULL : s->id;
}

bool
risk_wants_traders(const struct risk *r, bool everywhere)
{
	const struct scope *s = r->first_scope;

	while (s != NULL &&
	    (!s->ruled || s->rules.traders == RISK_TRADERS_ANY ||
		(everywhere && s->kind != RISK_SCOPE_FIRM)))
		s = s->next;
	return s != NULL;
}

bool
risk_get_grant(const struct risk *r, const char *trader, struct risk_grant *g)
{
	const struct grant *is = grant_of(r, trader);

	if (is != NULL)
		*g = is->g;
	return is != NULL;
}

static int
to_of(enum risk_scope kind)
{
	return kind == RISK_SCOPE_SYMBOL ? TO_SYMBOL
	       : kind == RISK_SCOPE_CLASS ? TO_CLASS
	       : kind == RISK_SCOPE_VENUE ? TO_VENUE
					  : N_TO;
}

const char *
risk_granted(
    const struct risk *r, const char *trader, enum risk_scope kind, size_t i)
{
	const struct grant *g = grant_of(r, trader);
	const struct list *l;

	if (g == NULL || to_of(kind) == N_TO)
		return NULL;
	l = &g->to[to_of(kind)];
	return i < l->n ? l->at[i]->id : NULL;
}

void
risk_grants_clear(struct risk *r)
{
	for (struct scope *s = r->first_scope; s != NULL; s = s->next)
		grant_free(s);
	tape_number(r, RISK_CALL_NO_GRANTS, 0);
}

static int
room(struct seen *s, int64_t most)
{
	if (most == RISK_UNLIMITED)
		return 0;
	if (most < 0 || most > RISK_REACH_MAX)
		return -FIX_E_FORMAT;
	s->most = most;
	s->at = calloc((size_t)most + 1, sizeof(*s->at));
	return s->at == NULL ? -FIX_E_NOMEM : 0;
}

int
risk_grant(struct risk *r, const char *trader, const struct risk_grant *g)
{
	struct scope *s;
	int rc = *trader == '\0' ? -FIX_E_FORMAT :
	    scope_named(r, RISK_SCOPE_TRADER, trader, &s);

	if (rc != 0)
		return rc;
	grant_free(s);
	s->grant = calloc(1, sizeof(*s->grant));
	if (s->grant == NULL)
		return -FIX_E_NOMEM;
	s->grant->g = *g;
	rc = room(&s->grant->symbols, g->max_symbols);
	if (rc == 0)
		rc = room(&s->grant->venues, g->max_venues);
	if (rc != 0) {
		grant_free(s);
		return rc;
	}
	tape_scope(r, RISK_CALL_GRANT, RISK_SCOPE_TRADER, trader, g, sizeof(*g));
	return 0;
}

int
risk_grant_to(struct risk *r, const char *trader, enum risk_scope kind,
    const char *id)
{
	struct scope *s =
	    scope_find(r, RISK_SCOPE_TRADER, fix_span_of(trader));
	struct scope *to;
	const struct scope **bigger;
	struct list *l;
	int rc;

	if (s == NULL || s->grant == NULL)
		return -FIX_E_NOTFOUND;
	if (to_of(kind) == N_TO)
		return -FIX_E_FORMAT;
	rc = scope_named(r, kind, id, &to);
	if (rc != 0)
		return rc;
	l = &s->grant->to[to_of(kind)];
	bigger = reallocarray(l->at, l->n + 1, sizeof(*bigger));
	if (bigger == NULL)
		return -FIX_E_NOMEM;
	l->at = bigger;
	l->at[l->n++] = to;
	tape_names(r, RISK_CALL_GRANT_TO, trader, id, (int64_t)kind);
	return 0;
}

static bool
has(const struct list *l, const struct scope *s)
{
	size_t i = 0;

	while (i < l->n && l->at[i] != s)
		i++;
	return i < l->n;
}

/* Symbols and classes are one list; an empty one is everything. */
static bool
covers(const struct grant *g, const struct check *c)
{
	const struct list *symbols = &g->to[TO_SYMBOL];
	const struct list *classes = &g->to[TO_CLASS];
	const struct list *venues = &g->to[TO_VENUE];

	if (g->g.sides != 0 && (g->g.sides >> (c->o->side - '0') & 1) == 0)
		return false;
	if (venues->n > 0 && !has(venues, c->scope[RISK_SCOPE_VENUE]))
		return false;
	return (symbols->n == 0 && classes->n == 0) ||
	       has(symbols, c->scope[RISK_SCOPE_SYMBOL]) ||
	       has(classes, c->scope[RISK_SCOPE_CLASS]);
}

/* The strictest that any scope of the order asks for. */
enum risk_code
check_trader(struct check *c)
{
	const struct scope *s = c->scope[RISK_SCOPE_TRADER];
	const struct grant *g = s == NULL ? NULL : s->grant;
	enum risk_traders want = RISK_TRADERS_ANY;
	const struct risk_rules *l;
	unsigned k;

	for (k = 0; (l = next_rules(c, &k)) != NULL; k++)
		if (l->traders > want)
			want = l->traders;
	if (c->o->trader.len == 0 && want == RISK_TRADERS_REQUIRED)
		return refuse(c, RISK_PERM, RISK_SCOPE_TRADER, 0, 0);
	if (c->o->trader.len > 0 && g == NULL && want != RISK_TRADERS_ANY)
		return refuse(c, RISK_PERM, RISK_SCOPE_TRADER, 0, 0);
	if (g != NULL &&
	    (c->o->side < '0' || c->o->side > '9' || !covers(g, c)))
		return refuse(c, RISK_PERM, RISK_SCOPE_TRADER, 0, 0);
	return RISK_OK;
}

static bool
was_seen(const struct seen *s, uint32_t number)
{
	int64_t i = 0;

	while (i < s->n && s->at[i] != number)
		i++;
	return i < s->n;
}

static void
see(struct seen *s, uint32_t number)
{
	if (s->at != NULL && s->n < s->most && !was_seen(s, number))
		s->at[s->n++] = number;
}

static bool
one_more(const struct seen *s, uint32_t number)
{
	return s->at != NULL && s->n >= s->most && !was_seen(s, number);
}

static void
begin_day(struct grant *g, int64_t day)
{
	if (g->day == day)
		return;
	g->day = day;
	g->symbols.n = g->venues.n = 0;
}

/* one symbol, or one venue, more than a day has. */
enum risk_code
check_reach(struct check *c)
{
	const struct scope *s = c->scope[RISK_SCOPE_TRADER];
	struct grant *g = s == NULL ? NULL : s->grant;

	if (g == NULL)
		return RISK_OK;
	begin_day(g, c->r->day);
	if (one_more(&g->symbols, c->scope[RISK_SCOPE_SYMBOL]->number) ||
	    one_more(&g->venues, c->o->venue))
		return refuse(c, RISK_CHARACTERISTIC, RISK_SCOPE_TRADER, 0, 0);
	return RISK_OK;
}

static void
note(struct risk *r, struct grant *g, uint32_t symbol, uint32_t venue)
{
	begin_day(g, r->day);
	see(&g->symbols, symbol);
	see(&g->venues, venue);
}

void
reach_note(struct check *c)
{
	const struct scope *s = c->scope[RISK_SCOPE_TRADER];

	if (s != NULL && s->grant != NULL)
		note(c->r, s->grant, c->scope[RISK_SCOPE_SYMBOL]->number,
		    c->o->venue);
}

void
risk_saw(struct risk *r, const struct risk_order *o, struct fix_utc when)
{
	struct scope *t = scope_find(r, RISK_SCOPE_TRADER, o->trader);
	struct scope *s = scope_find(r, RISK_SCOPE_SYMBOL, o->symbol);

	if (t != NULL && t->grant != NULL && s != NULL &&
	    when.ns / FIX_DAY == r->day) {
		note(r, t->grant, s->number, o->venue);
		tape_saw(r, o, when);
	}
}
