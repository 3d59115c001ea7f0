/*
 * Use beyond a limit: the scope is breached. Limits were cut below what is used
 * already, or a venue did more than was asked of it: a fill of too much, after
 * the end, or of an order that nobody sent; a bust, an order that it restated or
 * brought back to life.
 *
 * Live orders stay, unless the caller takes away what is too much; but an
 * order that could raise the worst side of the account in its symbol is
 * refused, whichever of the scope's limits it is that is broken, until use is
 * within them again; of MaxNet one may, if the net becomes less (value.c). Looked
 * at when limits are set, after each event, and with each order as long as it is
 * so; told when it begins and when it is over. Prices move values to and fro over
 * a limit: that is over, for who is told, a twentieth below it.
 */
#include "risk/inside.h"

struct found {
	struct risk_breach b;
	const struct use *use;
};

static inline bool
is_over(const struct holding *h, const struct scope *s, const struct use *u,
    int64_t limit, wide used, enum risk_measure m, struct found *f)
{
	if (limit == RISK_UNLIMITED || used <= limit)
		return false;
	f->use = u;
	f->b = (struct risk_breach){ .kind = s->kind,
		.id = s->id,
		.measure = m,
		.account = h->account->id,
		.symbol = h->symbol->id,
		.used = clamp(used),
		.limit = limit };
	return true;
}

static bool
rules_over(struct holding *h, const struct scope *s, struct found *f)
{
	const struct use *u = h->orders[s->kind];
	int64_t limit, back;
	unsigned m;
	wide used;

	for (m = RISK_M_GROSS; m < RISK_M_LOSS; m++) {
		if ((s->measured >> m & 1) == 0 ||
		    !used_get(h, s, (enum risk_measure)m, &used, &limit))
			continue;
		back = s->told && limit != RISK_UNLIMITED &&
		    (m == RISK_M_GROSS || m == RISK_M_NET) ? limit / 20 : 0;
		if (!is_over(h, s, u, limit - back, used, (enum risk_measure)m, f))
			continue;
		f->b.limit = limit;
		return true;
	}
	return false;
}

static inline bool
limits_over(const struct holding *h, const struct scope *s, struct found *f)
{
	const struct risk_limits *l = &s->limits;
	const struct use *p = h->position[s->kind], *o = h->orders[s->kind];
	wide notional = o->buy_e8 > o->sell_e8 ? o->buy_e8 : o->sell_e8;

	return is_over(h, s, p, l->max_long_e8, p->long_e8, RISK_M_LONG, f) ||
	       is_over(h, s, p, l->max_short_e8, p->short_e8, RISK_M_SHORT,
		   f) ||
	       is_over(h, s, o, l->max_open_orders, o->open, RISK_M_OPEN, f) ||
	       is_over(h, s, o, l->max_open_notional_e8, notional,
		   RISK_M_NOTIONAL, f);
}

static inline bool
over_here(struct holding *h, const struct scope *s, struct found *f)
{
	return (s->limited && limits_over(h, s, f)) ||
	       (s->measured != 0 && rules_over(h, s, f));
}

/* Of two the one that is named, in whatever order they are found. */
static bool
goes_before(const struct risk_breach *a, const struct risk_breach *b)
{
	int by;

	if (a->measure != b->measure)
		return a->measure < b->measure;
	if (a->used != b->used)
		return a->used > b->used;
	by = strcmp(a->account, b->account);
	return by != 0 ? by < 0 : strcmp(a->symbol, b->symbol) < 0;
}

static bool
find(const struct risk *r, const struct scope *s, struct found *f)
{
	struct holding *h;
	struct found one;
	bool found = false;

	if (!s->limited && s->measured == 0)
		return false;
	for (h = r->first_holding; h != NULL; h = h->next) {
		if (owner_of(h, s->kind) != s || !over_here(h, s, &one) ||
		    (found && !goes_before(&one.b, &f->b)))
			continue;
		*f = one;
		found = true;
	}
	return found;
}

static void
set_breached(struct risk *r, struct scope *s, const struct use *over)
{
	s->breached = over != NULL;
	s->over = over;
	if (s->untold || s->breached == s->told)
		return;
	s->untold = true;
	s->next_untold = NULL;
	*r->last_untold = s;
	r->last_untold = &s->next_untold;
}

bool
breach_look(struct risk *r, struct scope *s, struct risk_breach *b)
{
	struct found f = { .use = NULL };

	if (find(r, s, &f)) {
		*b = f.b;
		b->over = true;
	}
	set_breached(r, s, f.use);
	return s->breached;
}

/* Most scopes are not, and one holding is enough to see that they are. That one
 * is not any more takes all, and is asked where it was found. */
void
breach_moved(struct holding *h)
{
	struct risk_breach b;
	struct found f;
	struct scope *s;
	unsigned k;

	for (k = 0; k < RISK_N_USED; k++) {
		s = owner_of(h, (enum risk_scope)k);
		if (s == NULL || (!s->limited && s->measured == 0))
			continue;
		if (over_here(h, s, &f))
			set_breached(h->r, s, f.use);
		else if (s->breached && (s->over == h->position[k] ||
		    s->over == h->orders[k]))
			(void)breach_look(h->r, s, &b);
	}
}

bool
risk_breached(
    struct risk *r, enum risk_scope kind, const char *id, struct risk_breach *b)
{
	struct scope *s;

	use_look(r);
	for (s = r->first_scope; s != NULL; s = s->next) {
		if (s->kind != kind ||
		    (kind != RISK_SCOPE_FIRM && strcmp(s->id, id) != 0))
			continue;
		tape_scope(r, RISK_CALL_BREACHED, kind, id, NULL, 0);
		return breach_look(r, s, b) && b->used > b->limit;
	}
	return false;
}

bool
risk_breach_next(struct risk *r, struct risk_breach *b)
{
	struct scope *s;

	use_look(r);
	while ((s = r->first_untold) != NULL) {
		*b = (struct risk_breach){ .kind = s->kind, .id = s->id };
		(void)breach_look(r, s, b);
		r->first_untold = s->next_untold;
		if (r->first_untold == NULL)
			r->last_untold = &r->first_untold;
		s->untold = false;
		if (s->breached == s->told)
			continue; /* it was over before anybody asked */
		s->told = s->breached;
		return true;
	}
	return false;
}

/* The worst side of the account in the symbol, with so much more on one side.
 */
static wide
worst_side(const struct check *c, wide more)
{
	const struct holding *h = c->h;
	bool buy = side_is_buy(c->o->side);
	wide longs = wide_of(h->pos.qty_e8) + h->buys_e8 + (buy ? more : 0);
	wide shorts = h->sells_e8 - h->pos.qty_e8 + (buy ? 0 : more);

	return longs > shorts ? longs : shorts;
}

static enum risk_code
code_of(enum risk_measure m)
{
	switch (m) {
	case RISK_M_LONG:
		return RISK_POS_LONG;
	case RISK_M_SHORT:
		return RISK_POS_SHORT;
	case RISK_M_OPEN:
		return RISK_OPEN_ORDERS;
	case RISK_M_NOTIONAL:
		return RISK_OPEN_NOTIONAL;
	case RISK_M_GROSS:
		return RISK_GROSS;
	case RISK_M_TURNOVER:
	case RISK_M_BOUGHT:
	case RISK_M_SOLD:
	case RISK_M_TRADED:
		return RISK_TURNOVER;
	case RISK_M_CREDIT:
		return RISK_CREDIT;
	case RISK_M_NET:
	case RISK_M_LOSS:
	case RISK_M_REDUCING:
	case RISK_M_DRAWDOWN:
	case RISK_N_MEASURE:
		break;
	}
	return RISK_OK; /* another control sees to it */
}

enum risk_code
check_breach(struct check *c)
{
	struct risk_breach b;
	wide more = wide_of(c->hold.qty_e8) - c->held.qty_e8;
	unsigned k;

	for (k = 0; k < RISK_N_USED; k++)
		if (c->scope[k] != NULL && c->scope[k]->breached &&
		    breach_look(c->r, c->scope[k], &b) &&
		    b.used > b.limit && code_of(b.measure) != RISK_OK &&
		    worst_side(c, more) > worst_side(c, 0))
			return refuse(c, code_of(b.measure), (enum risk_scope)k,
			    b.limit, b.used);
	return RISK_OK;
}

static bool
takes(wide used, wide *planned, wide mine, int64_t limit)
{
	return limit != RISK_UNLIMITED && mine > 0 && used - *planned > limit;
}

/* What is planned lives with the use, as long as the run goes. */
static struct plan *
plan_of(struct plan *p, uint64_t run)
{
	if (p->run != run)
		*p = (struct plan){ .run = run };
	return p;
}

/* What the holding is worth without what is planned, and then without more. */
static struct value
less_by(const struct holding *h, const struct plan *p, bool buy, wide qty)
{
	struct holding is = *h;

	is.buys_e8 -= p->qty_e8[true] + (buy ? qty : 0);
	is.sells_e8 -= p->qty_e8[false] + (buy ? 0 : qty);
	return value_of(&is);
}

static wide
magnitude(wide v)
{
	return v < 0 ? -v : v;
}

/* A live order, and where it counts. */
struct canceled {
	struct holding *h;
	const struct scope *s;
	struct risk_hold hold;
	bool buy;
	struct plan *here, *position, *orders; /* of h, and of its two uses */
	wide gross_e8, net_e8; /* less by so much */
};

static bool
helps_limits(const struct canceled *c)
{
	const struct use *p = c->h->position[c->s->kind];
	const struct use *o = c->h->orders[c->s->kind];
	const struct risk_limits *l = &c->s->limits;

	return takes(c->buy ? p->long_e8 : p->short_e8,
		   &c->position->qty_e8[c->buy], c->hold.qty_e8,
		   c->buy ? l->max_long_e8 : l->max_short_e8) ||
	       takes(o->open, &c->orders->open, 1, l->max_open_orders) ||
	       takes(c->buy ? o->buy_e8 : o->sell_e8,
		   &c->orders->notional_e8[c->buy], c->hold.notional_e8,
		   l->max_open_notional_e8);
}

static bool
helps_net(const struct canceled *c)
{
	const struct use *u = c->h->orders[c->s->kind];
	wide net = u->value.net_e8 - c->orders->net_e8, used;
	int64_t most;

	return used_get(c->h, c->s, RISK_M_NET, &used, &most) &&
	       most != RISK_UNLIMITED && magnitude(net) > most &&
	       magnitude(net - c->net_e8) < magnitude(net);
}

static bool
helps_rule(const struct canceled *c, enum risk_measure m, wide planned,
    wide mine)
{
	int64_t limit;
	wide used;

	return used_get(c->h, c->s, m, &used, &limit) &&
	       takes(used, &planned, mine, limit);
}

static bool
helps_rules(const struct canceled *c)
{
	const wide *notional = c->orders->notional_e8, *qty = c->orders->qty_e8;
	wide mine = c->hold.notional_e8;

	return helps_rule(c, RISK_M_GROSS, c->orders->gross_e8, c->gross_e8) ||
	       helps_rule(c, RISK_M_TURNOVER, notional[0] + notional[1],
		   mine) ||
	       helps_rule(c, RISK_M_BOUGHT, notional[1], c->buy ? mine : 0) ||
	       helps_rule(c, RISK_M_SOLD, notional[0], c->buy ? 0 : mine) ||
	       helps_rule(c, RISK_M_TRADED, qty[0] + qty[1], c->hold.qty_e8) ||
	       helps_rule(c, RISK_M_CREDIT, notional[1], c->buy ? mine : 0) ||
	       helps_net(c);
}

static bool
finds(struct risk *r, enum risk_scope kind, const char *id,
    const struct risk_order *o, struct canceled *c)
{
	struct scope *a = scope_find(r, RISK_SCOPE_ACCOUNT, o->account);
	struct scope *y = scope_find(r, RISK_SCOPE_SYMBOL, o->symbol);

	c->h = a == NULL || y == NULL ? NULL : holding_find(r, a, y);
	if (c->h == NULL)
		return false;
	c->s = owner_of(c->h, kind);
	return c->s != NULL && (c->s->limited || c->s->measured != 0) &&
	       (kind == RISK_SCOPE_FIRM || strcmp(c->s->id, id) == 0);
}

bool
risk_excess(struct risk *r, enum risk_scope kind, const char *id,
    const struct risk_order *o, struct risk_hold hold, uint64_t run)
{
	struct canceled c = { .hold = hold, .buy = side_is_buy(o->side) };
	struct value was, is;

	if (!finds(r, kind, id, o, &c))
		return false;
	c.here = plan_of(&c.h->plan, run);
	c.position = plan_of(&c.h->position[kind]->plan, run);
	c.orders = plan_of(&c.h->orders[kind]->plan, run);
	was = less_by(c.h, c.here, c.buy, 0);
	is = less_by(c.h, c.here, c.buy, hold.qty_e8);
	c.gross_e8 = was.gross_e8 - is.gross_e8;
	c.net_e8 = was.net_e8 - is.net_e8;
	if (!(c.s->limited && helps_limits(&c)) &&
	    !(c.s->measured != 0 && helps_rules(&c)))
		return false;
	c.here->qty_e8[c.buy] += hold.qty_e8;
	c.position->qty_e8[c.buy] += hold.qty_e8;
	if (c.orders != c.position)
		c.orders->qty_e8[c.buy] += hold.qty_e8;
	c.orders->notional_e8[c.buy] += hold.notional_e8;
	c.orders->open++;
	c.orders->gross_e8 += c.gross_e8;
	c.orders->net_e8 += c.net_e8;
	return true;
}
