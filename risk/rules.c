/*
 * Controls that are off unless they are set, and the details of symbols and
 * accounts that they need. Set-up only, but for tick_at().
 */
#include <stdlib.h>

#include "risk/inside.h"

/* by band of the price, or the symbol's only one; 0: any. */
int64_t
tick_at(const struct scope *symbol, int64_t px_e8)
{
	const struct risk_detail *d = &symbol->detail;
	wide p = px_e8 < 0 ? -wide_of(px_e8) : wide_of(px_e8);
	unsigned i = d->n_bands;

	while (i > 0)
		if (p >= d->band[--i].from_e8)
			return d->band[i].tick_e8;
	return symbol->tick_e8;
}

static int
want_alikes(struct risk *r, const struct risk_rules *rules)
{
	if (rules->dup_max == RISK_UNLIMITED)
		return 0;
	if (rules->dup_window_ns <= 0 ||
	    rules->dup_window_ns > RISK_DUP_WINDOW_MAX_NS)
		return -FIX_E_FORMAT;
	if (r->alikes == NULL)
		r->alikes = calloc(1, sizeof(*r->alikes));
	if (r->alikes == NULL)
		return -FIX_E_NOMEM;
	if (rules->dup_window_ns > r->alike_ns)
		r->alike_ns = rules->dup_window_ns;
	return 0;
}

static bool
needs_value(const struct risk_rules *l)
{
	return l->max_net_e8 != RISK_UNLIMITED ||
	       l->max_gross_e8 != RISK_UNLIMITED || l->has_credit ||
	       l->max_loss_e8 != RISK_UNLIMITED ||
	       l->max_drawdown_e8 != RISK_UNLIMITED ||
	       l->reducing_loss_e8 != RISK_UNLIMITED;
}

int
risk_set_rules(struct risk *r, enum risk_scope kind, const char *id,
    const struct risk_rules *rules)
{
	struct scope *s;
	int rc = want_alikes(r, rules);

	if (rc == 0)
		rc = scope_named(r, kind, id, &s);
	if (rc != 0)
		return rc;
	if (rules->self_trade)
		r->self_trade = true;
	s->rules = *rules;
	s->ruled = true;
	s->measured |= rules_measured(rules);
	if (!r->valued && needs_value(rules))
		value_all(r);
	tape_scope(r, RISK_CALL_RULES, kind, id, rules, sizeof(*rules));
	if (s->measured != 0)
		limits_changed(r, s);
	return 0;
}

static struct scope *
ruled_scope(const struct risk *r, enum risk_scope kind, const char *id)
{
	struct scope *s;

	for (s = r->first_scope; s != NULL; s = s->next)
		if (s->kind == kind && s->ruled &&
		    (kind == RISK_SCOPE_FIRM || strcmp(s->id, id) == 0))
			return s;
	return NULL;
}

bool
risk_get_rules(const struct risk *r, enum risk_scope kind, const char *id,
    struct risk_rules *rules)
{
	const struct scope *s = ruled_scope(r, kind, id);

	if (s != NULL)
		*rules = s->rules;
	return s != NULL;
}

void
risk_unset_rules(struct risk *r, enum risk_scope kind, const char *id)
{
	struct scope *s = ruled_scope(r, kind, id);

	if (s == NULL)
		return;
	s->rules.self_trade = false;
	s->ruled = false;
	tape_scope(r, RISK_CALL_NO_RULES, kind, id, NULL, 0);
	if (s->measured != 0)
		limits_changed(r, s);
}

static bool
detail_ok(const struct risk_detail *d)
{
	unsigned i;

	if (d->adv_e8 < 0 || d->range_window_ns < 0 || d->range_ticks < 0 ||
	    d->n_bands > RISK_BANDS_MAX)
		return false;
	if (d->range_window_ns > 0 && d->range_window_ns < RANGE_SLICES)
		return false;
	for (i = 0; i < d->n_bands; i++)
		if (d->band[i].tick_e8 <= 0 || d->band[i].from_e8 < 0 ||
		    (i > 0 && d->band[i].from_e8 <= d->band[i - 1].from_e8))
			return false;
	return true;
}

int
risk_describe(
    struct risk *r, const char *symbol, const struct risk_detail *d)
{
	struct scope *s =
	    scope_find(r, RISK_SCOPE_SYMBOL, fix_span_of(symbol));

	if (s == NULL || !s->known)
		return -FIX_E_NOTFOUND;
	if (!detail_ok(d))
		return -FIX_E_FORMAT;
	if (d->range_window_ns > 0 && s->range == NULL) {
		s->range = calloc(1, sizeof(*s->range));
		if (s->range == NULL)
			return -FIX_E_NOMEM;
	}
	s->detail = *d;
	tape_pair(r, RISK_CALL_DESCRIBE, fix_span_of(symbol),
	    (struct fix_span){ NULL, 0 }, d, sizeof(*d));
	return 0;
}

static int
pair(struct risk *r, const char *account, const char *symbol,
    struct holding **h)
{
	struct scope *a, *s;
	int rc = scope_named(r, RISK_SCOPE_ACCOUNT, account, &a);

	if (rc == 0)
		rc = scope_named(r, RISK_SCOPE_SYMBOL, symbol, &s);
	if (rc != 0)
		return rc;
	*h = holding_make(r, a, s);
	return *h == NULL ? -FIX_E_NOMEM : 0;
}

int
risk_restrict(struct risk *r, const char *account, const char *symbol,
    enum risk_restriction what)
{
	struct holding *h;
	int rc = pair(r, account, symbol, &h);

	if (rc != 0)
		return rc;
	h->restriction = what;
	tape_names(r, RISK_CALL_RESTRICT, account, symbol, (int64_t)what);
	return 0;
}

int
risk_set_locate(struct risk *r, const char *account, const char *symbol,
    int64_t qty_e8)
{
	struct holding *h;
	int rc = qty_e8 < 0 ? -FIX_E_FORMAT : pair(r, account, symbol, &h);

	if (rc != 0)
		return rc;
	h->locate_e8 = qty_e8;
	tape_names(r, RISK_CALL_LOCATE, account, symbol, qty_e8);
	return 0;
}

int
risk_allow_exempt(struct risk *r, const char *account)
{
	struct scope *s;
	int rc = scope_named(r, RISK_SCOPE_ACCOUNT, account, &s);

	if (rc != 0)
		return rc;
	s->exempt = true;
	tape_names(r, RISK_CALL_EXEMPT, account, NULL, 0);
	return 0;
}
