/*
 * The object: scopes by name, what was set for them, and who may use what.
 *
 * Everything here runs at set-up or at a reload, between two orders, and may
 * allocate; the check path only looks up. A scope comes to life when something
 * is said about it (an account, limits, a kill switch). An account or symbol
 * that only a limit or a venue's execution named is not `known`: orders for
 * it are refused.
 *
 * Controls R-01 (accounts of a session) and R-03 (symbols) begin here.
 */
#include <stdlib.h>

#include "risk/inside.h"
#include "risk/known.h"

struct risk *
risk_new(int64_t ref_max_age_ns)
{
	struct risk *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->ref_max_age_ns = ref_max_age_ns;
	r->last_changed = &r->first_changed;
	r->last_moved = &r->first_moved;
	r->last_unseen = &r->first_unseen;
	r->last_untold = &r->first_untold;
	r->last_stale = &r->first_stale;
	if (scope_named(r, RISK_SCOPE_FIRM, "", &r->firm) != 0 ||
	    scope_named(r, RISK_SCOPE_ACCOUNT, "", &r->lost_account) != 0 ||
	    scope_named(r, RISK_SCOPE_SYMBOL, "", &r->lost_symbol) != 0)
		goto fail;
	r->lost_symbol->multiplier_e8 = FIX_E8;
	r->lost = holding_make(r, r->lost_account, r->lost_symbol);
	if (r->lost == NULL)
		goto fail;
	return r;
fail:
	risk_free(r);
	return NULL;
}

static void
free_entries(struct map *m)
{
	struct link *l, *next;
	size_t i;

	for (i = 0; i < m->n_bucket; i++)
		for (l = m->bucket[i]; l != NULL; l = next) {
			next = l->next;
			free(l);
		}
	map_free(m);
}

void
risk_free(struct risk *r)
{
	struct scope *s;

	if (r == NULL)
		return;
	for (s = r->first_scope; s != NULL; s = s->next) {
		free(s->permit);
		free(s->range);
		grant_free(s);
		owned_free(s);
	}
	free(r->alikes);
	free(r->tape.bytes);
	switches_free(r);
	free_entries(&r->holdings);
	free_entries(&r->uses);
	free_entries(&r->scopes);
	free(r);
}

/* Which scope has this name? Sessions are found by number. */
struct scope *
scope_find(const struct risk *r, enum risk_scope kind, struct fix_span id)
{
	struct link *l;
	struct scope *s;

	l = map_first(&r->scopes, risk_hash_bytes(kind, id.p, id.len));
	for (; l != NULL; l = map_after(l)) {
		s = (struct scope *)l;
		if (s->kind == kind && fix_span_is(id, s->id))
			return s;
	}
	return NULL;
}

struct scope *
scope_numbered(const struct risk *r, enum risk_scope kind, uint32_t number)
{
	struct link *l = map_first(&r->scopes, hash_two(kind, number));
	struct scope *s;

	for (; l != NULL; l = map_after(l)) {
		s = (struct scope *)l;
		if (s->kind == kind && s->number == number)
			return s;
	}
	return NULL;
}

struct scope *
scope_of_session(const struct risk *r, uint32_t number)
{
	return scope_numbered(r, RISK_SCOPE_SESSION, number);
}

static struct scope *
scope_new(struct risk *r, enum risk_scope kind, struct fix_span id)
{
	struct scope *s;

	if (map_reserve(&r->scopes, 1) != 0)
		return NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	s->kind = kind;
	s->number = ++r->n_scope;
	r->n_trader += kind == RISK_SCOPE_TRADER;
	r->n_venue += kind == RISK_SCOPE_VENUE;
	s->tally.owner = s;
	fix_span_copy(id, s->id, sizeof(s->id));
	if (r->last_scope == NULL)
		r->first_scope = s;
	else
		r->last_scope->next = s;
	r->last_scope = s;
	return s;
}

/* Find it, or bring it to life. */
int
scope_make(struct risk *r, enum risk_scope kind, struct fix_span id,
    struct scope **out)
{
	if (id.len > RISK_ID_MAX)
		return -FIX_E_TOOBIG;
	*out = scope_find(r, kind, id);
	if (*out != NULL)
		return 0;
	*out = scope_new(r, kind, id);
	if (*out == NULL)
		return -FIX_E_NOMEM;
	map_add(&r->scopes, &(*out)->link, risk_hash_bytes(kind, id.p, id.len));
	return 0;
}

static int
number_make(struct risk *r, enum risk_scope kind, uint32_t number,
    struct scope **out)
{
	char id[11], *at = id + sizeof(id);
	uint32_t n = number;

	*out = scope_numbered(r, kind, number);
	if (*out != NULL)
		return 0;
	*--at = '\0';
	do
		*--at = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	*out = scope_new(r, kind, fix_span_of(at));
	if (*out == NULL)
		return -FIX_E_NOMEM;
	(*out)->number = number;
	map_add(&r->scopes, &(*out)->link, hash_two(kind, number));
	return 0;
}

static int
read_number(const char *id, uint32_t *out)
{
	uint64_t n = 0;

	if (*id == '\0')
		return -FIX_E_FORMAT;
	for (; *id != '\0'; id++) {
		if (*id < '0' || *id > '9')
			return -FIX_E_FORMAT;
		n = n * 10 + (uint64_t)(*id - '0');
		if (n > UINT32_MAX)
			return -FIX_E_FORMAT;
	}
	*out = (uint32_t)n;
	return 0;
}

/* A scope as an operator names it: the firm needs no id, a session and a venue
 * a number. */
int
scope_named(
    struct risk *r, enum risk_scope kind, const char *id, struct scope **out)
{
	uint32_t n;
	int rc;

	if (kind == RISK_SCOPE_FIRM)
		return scope_make(r, kind, fix_span_of(""), out);
	if (kind != RISK_SCOPE_SESSION && kind != RISK_SCOPE_VENUE)
		return scope_make(r, kind, fix_span_of(id), out);
	rc = read_number(id, &n);
	return rc != 0 ? rc : number_make(r, kind, n, out);
}

/* Holdings of all pairs with s, so that no order has to make one. */
static int
make_pairs(struct risk *r, struct scope *s)
{
	struct scope *o;
	bool account = s->kind == RISK_SCOPE_ACCOUNT;

	for (o = r->first_scope; o != NULL; o = o->next) {
		if (!o->known || r->holdings.n >= RISK_PAIRS_MAX)
			continue;
		if (account && o->kind == RISK_SCOPE_SYMBOL &&
		    holding_make(r, s, o) == NULL)
			return -FIX_E_NOMEM;
		if (!account && o->kind == RISK_SCOPE_ACCOUNT &&
		    holding_make(r, o, s) == NULL)
			return -FIX_E_NOMEM;
	}
	return 0;
}

/* A new group or class changes what a holding counts in. */
static int
enter(struct risk *r, struct scope *s, struct scope *parent)
{
	struct scope *old = s->parent;

	s->parent = parent;
	if (old != parent && exposure_relink(r) != 0) {
		s->parent = old;
		return -FIX_E_NOMEM;
	}
	if (s->known)
		return 0;
	s->known = true;
	return make_pairs(r, s);
}

int
risk_add_account(struct risk *r, const char *account, const char *group)
{
	struct scope *s, *g = NULL;
	int rc;

	if (*account == '\0')
		return -FIX_E_FORMAT;
	rc = scope_named(r, RISK_SCOPE_ACCOUNT, account, &s);
	if (rc == 0 && group != NULL && *group != '\0')
		rc = scope_named(r, RISK_SCOPE_GROUP, group, &g);
	if (rc == 0)
		rc = enter(r, s, g);
	if (rc == 0)
		tape_names(r, RISK_CALL_ACCOUNT, account, group, 0);
	return rc;
}

int
risk_add_symbol(struct risk *r, const struct risk_symbol *d)
{
	struct scope *s, *cl = NULL;
	int rc;

	if (*d->symbol == '\0' || d->tick_e8 < 0 || d->lot_e8 < 0 ||
	    d->multiplier_e8 <= 0)
		return -FIX_E_FORMAT;
	rc = scope_named(r, RISK_SCOPE_SYMBOL, d->symbol, &s);
	if (rc == 0 && d->class_ != NULL && *d->class_ != '\0')
		rc = scope_named(r, RISK_SCOPE_CLASS, d->class_, &cl);
	if (rc != 0)
		return rc;
	s->tick_e8 = d->tick_e8;
	s->lot_e8 = d->lot_e8;
	s->multiplier_e8 = d->multiplier_e8;
	rc = enter(r, s, cl);
	if (rc == 0)
		tape_symbol(r, d);
	return rc;
}

int
risk_permit(struct risk *r, uint32_t session, const char *account)
{
	struct scope *s, *a, **bigger;
	size_t i;
	int rc;

	rc = number_make(r, RISK_SCOPE_SESSION, session, &s);
	if (rc == 0)
		rc = scope_named(r, RISK_SCOPE_ACCOUNT, account, &a);
	if (rc != 0)
		return rc;
	for (i = 0; i < s->n_permit; i++)
		if (s->permit[i] == a)
			return 0;
	bigger = reallocarray(s->permit, s->n_permit + 1, sizeof(*bigger));
	if (bigger == NULL)
		return -FIX_E_NOMEM;
	s->permit = bigger;
	s->permit[s->n_permit++] = a;
	tape_session(r, RISK_CALL_PERMIT, session, fix_span_of(account),
	    (struct fix_span){ NULL, 0 }, 0);
	return 0;
}

void
limits_changed(struct risk *r, struct scope *s)
{
	struct risk_breach b;
	struct holding *h;

	if (r->held)
		(void)breach_look(r, s, &b);
	for (h = r->first_holding; r->watched && h != NULL; h = h->next)
		alert_look(h);
}

int
risk_set_owned(struct risk *r, enum risk_owner owner, enum risk_scope kind,
    const char *id, const struct risk_limits *l)
{
	struct scope *s;
	int rc = scope_named(r, kind, id, &s);

	if (rc != 0)
		return rc;
	rc = owner_set(s, owner, l);
	if (rc != 0)
		return rc;
	tape_limits(r, owner, kind, id, l);
	limits_changed(r, s);
	return 0;
}

int
risk_set_limits(struct risk *r, enum risk_scope kind, const char *id,
    const struct risk_limits *l)
{
	return risk_set_owned(r, RISK_OWNER_FIRM, kind, id, l);
}

void
risk_unset_owned(struct risk *r)
{
	for (struct scope *s = r->first_scope; s != NULL; s = s->next) {
		if (s->owned == NULL)
			continue;
		for (unsigned i = RISK_OWNER_FIRM + 1; i < RISK_N_OWNER; i++)
			owner_unset(s, (enum risk_owner)i);
		owned_free(s);
		limits_changed(r, s);
	}
	tape_number(r, RISK_CALL_NO_OWNED, 0);
}

int
risk_set_ref(
    struct risk *r, struct fix_span symbol, int64_t px_e8, struct fix_mono when)
{
	struct scope *s = scope_find(r, RISK_SCOPE_SYMBOL, symbol);

	if (s == NULL || !s->known)
		return -FIX_E_NOTFOUND;
	exposure_mark(r, s, px_e8);
	s->ref_ns = when.ns;
	s->ref_untold = true;
	if (r->valued)
		tape_ref(s, r);
	return 0;
}

/* By name where there is no such scope: a live order outlives the settings. */
bool
risk_in_scope(const struct risk *r, enum risk_scope kind, const char *id,
    struct fix_span account, struct fix_span symbol)
{
	const struct scope *s = NULL;

	switch (kind) {
	case RISK_SCOPE_FIRM:
		return true;
	case RISK_SCOPE_ACCOUNT:
		return fix_span_is(account, id);
	case RISK_SCOPE_SYMBOL:
		return fix_span_is(symbol, id);
	case RISK_SCOPE_GROUP:
		s = scope_find(r, RISK_SCOPE_ACCOUNT, account);
		break;
	case RISK_SCOPE_CLASS:
		s = scope_find(r, RISK_SCOPE_SYMBOL, symbol);
		break;
	case RISK_SCOPE_SESSION:
	case RISK_SCOPE_TRADER:
	case RISK_SCOPE_VENUE:
	case RISK_N_SCOPE:
		break;
	}
	return s != NULL && s->parent != NULL && strcmp(s->parent->id, id) == 0;
}

bool
risk_knows(const struct risk *r, enum risk_scope kind, const char *id)
{
	const struct scope *s;

	if (kind == RISK_SCOPE_FIRM)
		return true;
	for (s = r->first_scope; s != NULL; s = s->next) {
		if (s->kind == kind && strcmp(s->id, id) == 0 &&
		    (s->known || s->limited || s->ruled || s->grant != NULL))
			return true;
		if (s->known && s->parent != NULL && s->parent->kind == kind &&
		    strcmp(s->parent->id, id) == 0)
			return true;
	}
	return false;
}

bool
risk_permitted(const struct risk *r, uint32_t session, struct fix_span account)
{
	const struct scope *s = scope_of_session(r, session);
	const struct scope *a = scope_find(r, RISK_SCOPE_ACCOUNT, account);
	size_t i = 0;

	if (a == NULL || !a->known)
		return false;
	if (s == NULL || s->n_permit == 0)
		return true;
	while (i < s->n_permit && s->permit[i] != a)
		i++;
	return i < s->n_permit;
}

bool
risk_trades(const struct risk *r, struct fix_span symbol)
{
	const struct scope *s = scope_find(r, RISK_SCOPE_SYMBOL, symbol);

	return s != NULL && s->known;
}

struct fix_span
risk_default_account(const struct risk *r, uint32_t session)
{
	const struct scope *s = scope_of_session(r, session);

	if (s == NULL || s->n_permit != 1)
		return (struct fix_span){ NULL, 0 };
	return fix_span_of(s->permit[0]->id);
}

void
risk_set_decision(struct risk *r, uint64_t last)
{
	r->decision = last;
	tape_number(r, RISK_CALL_DECISION, last);
}
