/*
 * No order may meet a live one of the same scope.
 *
 * Live orders with a price lie in two trees for each owner and symbol, bids and
 * asks, ordered by venue and then from the best price to the worst: one descent
 * finds what a new order would meet, among any number of orders. A tree is a
 * treap (a search tree by key that is a heap by a random rank), its nodes are
 * part of the caller's orders, so nothing is allocated. Orders pending cancel
 * still lie in it; untriggered stops don't.
 *
 * The widest scope that asks for it decides: what may not meet within the firm
 * may not meet within an account.
 */
#include "risk/inside.h"

#define MEETS_ALL (-INT64_MAX) /* the best key of all: a market order */

static struct use *
book_of(const struct risk *r, const struct holding *h)
{
	if (r->firm->rules.self_trade)
		return h->position[RISK_SCOPE_FIRM];
	if (h->account->parent != NULL && h->account->parent->rules.self_trade)
		return h->position[RISK_SCOPE_GROUP];
	if (h->account->rules.self_trade)
		return h->position[RISK_SCOPE_ACCOUNT];
	return NULL;
}

static bool
before(const struct risk_rest *a, const struct risk_rest *b)
{
	if (a->venue != b->venue)
		return a->venue < b->venue;
	return a->key < b->key;
}

static void
set_child(struct risk_rest *up, struct risk_rest *old, struct risk_rest *is)
{
	if (up == NULL)
		return;
	if (up->left == old)
		up->left = is;
	else
		up->right = is;
}

/* n takes the place of its parent. */
static void
rotate_up(struct risk_rest *n)
{
	struct risk_rest *p = n->up, *inner;

	if (p->left == n) {
		inner = n->right;
		p->left = inner;
		n->right = p;
	} else {
		inner = n->left;
		p->right = inner;
		n->left = p;
	}
	if (inner != NULL)
		inner->up = p;
	n->up = p->up;
	set_child(p->up, p, n);
	if (n->up == NULL)
		*n->root = n;
	p->up = n;
}

static void
insert(struct risk_rest **root, struct risk_rest *n)
{
	struct risk_rest **at = root;

	n->up = n->left = n->right = NULL;
	n->root = root;
	while (*at != NULL) {
		n->up = *at;
		at = before(n, *at) ? &(*at)->left : &(*at)->right;
	}
	*at = n;
	while (n->up != NULL && n->up->rank < n->rank)
		rotate_up(n);
}

static void
drop(struct risk_rest *n)
{
	if (n->root == NULL)
		return;
	while (n->left != NULL || n->right != NULL) {
		if (n->right == NULL ||
		    (n->left != NULL && n->left->rank > n->right->rank))
			rotate_up(n->left);
		else
			rotate_up(n->right);
	}
	if (n->up == NULL)
		*n->root = NULL;
	else
		set_child(n->up, n, NULL);
	n->root = NULL;
	n->up = NULL;
}

void
risk_rest_drop(struct risk_rest *n)
{
	const struct holding *h = n->holding;

	if (n->root != NULL)
		tape_number(h->r, RISK_CALL_NO_REST, n->number);
	drop(n);
}

/* The best of a venue. */
static const struct risk_rest *
best_of(const struct risk_rest *n, uint32_t venue)
{
	const struct risk_rest *best = NULL;

	while (n != NULL) {
		if (n->venue >= venue) {
			best = n;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best != NULL && best->venue == venue ? best : NULL;
}

static int64_t
key_of(const struct risk_order *o)
{
	if (!o->has_price || o->price_e8 == INT64_MIN)
		return MEETS_ALL;
	return side_is_buy(o->side) ? -o->price_e8 : o->price_e8;
}

/* @return false: it stands there already, or needs not */
static bool
put(struct risk *r, struct risk_rest *n, struct holding *h,
    const struct risk_order *o, int64_t key)
{
	struct use *u = book_of(r, h);

	n->holding = h;
	if (u == NULL || (n->root != NULL && n->key == key))
		return false;
	drop(n);
	n->key = key;
	n->venue = o->venue;
	r->ranks++;
	n->rank = (uint32_t)(hash_two((uint32_t)r->ranks, 1) >> 24);
	insert(side_is_buy(o->side) ? &u->bids : &u->asks, n);
	return true;
}

void
risk_rest_set(
    struct risk *r, struct risk_rest *n, const struct risk_order *o)
{
	struct risk_order at = *o;

	if (!r->self_trade ||
	    !put(r, n,
		n->holding != NULL ? n->holding
				   : holding_named(r, o->account, o->symbol),
		o, key_of(o)))
		return;
	if (n->number == 0 && r->tape.on)
		n->number = ++r->n_rest;
	at.rest = n;
	tape_rest(r, &at);
}

/* An order that passed; of a replace, the better of both prices. */
void
rest_put(struct check *c)
{
	struct risk_rest *n = c->o->rest;
	int64_t key;

	if (!c->r->self_trade || n == NULL || c->o->has_stop)
		return;
	key = key_of(c->o);
	if (c->replace && n->root != NULL && n->key < key)
		key = n->key;
	(void)put(c->r, n, c->h, c->o, key);
}

enum risk_code
check_self_trade(struct check *c)
{
	const struct risk_order *o = c->o;
	bool buy = side_is_buy(o->side);
	const struct risk_rest *best;
	enum risk_scope k;
	struct use *u;

	if (!c->r->self_trade || o->has_stop)
		return RISK_OK;
	u = book_of(c->r, c->h);
	if (u == NULL)
		return RISK_OK;
	best = best_of(buy ? u->asks : u->bids, o->venue);
	/* Keys of both sides have opposite signs: they meet where their sum
	 * is not above zero. */
	if (best == NULL || (wide_of(best->key) + key_of(o) > 0 &&
	    best->key != MEETS_ALL && key_of(o) != MEETS_ALL))
		return RISK_OK;
	k = c->r->firm->rules.self_trade ? RISK_SCOPE_FIRM :
	    u == c->h->position[RISK_SCOPE_GROUP] ? RISK_SCOPE_GROUP :
						    RISK_SCOPE_ACCOUNT;
	return refuse(c, RISK_SELF_TRADE, k, 0, 0);
}
