/* What the tests of risk share: a small firm, and orders in one line. */
#ifndef FIXGATE_TESTS_RISK_HELP_H
#define FIXGATE_TESTS_RISK_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fix/version.h"
#include "risk/alert.h"
#include "risk/risk.h"

#define E8 FIX_E8
#define PX(cents) ((int64_t)(cents) * (FIX_E8 / 100))

static inline struct fix_now
at_ns(int64_t ns)
{
	struct fix_now n = { { 1000 * FIX_SEC + ns }, { ns } };

	return n;
}

static inline struct risk_limits
unlimited(void)
{
	struct risk_limits l = { RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED,
		RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED,
		RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED };

	return l;
}

/* One switch for one scope, until it is set active again. */
static inline void
set_kill(struct risk *r, enum risk_scope kind, const char *id,
    enum risk_state state)
{
	struct risk_where w = { 0 };
	uint64_t number = (uint64_t)kind + 1;

	assert_true(risk_where_add(&w, kind, id));
	for (const char *p = w.id[kind]; *p != '\0'; p++)
		number = number * 257 + (unsigned char)*p;
	if (state == RISK_ACTIVE)
		assert_true(risk_unkill(r, number));
	else
		assert_int_equal(risk_kill(r, number, &w, state, NULL), 0);
}

static inline void
limit(struct risk *r, enum risk_scope kind, const char *id,
    struct risk_limits l)
{
	assert_int_equal(risk_set_limits(r, kind, id, &l), 0);
}

static inline void
add_symbol(struct risk *r, const char *symbol, const char *cls, int64_t tick,
    int64_t lot, int64_t mult)
{
	struct risk_symbol s = { symbol, cls, tick, lot, mult };

	assert_int_equal(risk_add_symbol(r, &s), 0);
}

/* Accounts A, B of group G, C of none; X and Y of class EQ, Z of none; all
 * reference prices 100.00; limits of nothing. */
static inline struct risk *
bare_firm(void)
{
	struct risk *r = risk_new(5 * FIX_SEC);

	assert_non_null(r);
	assert_int_equal(risk_add_account(r, "A", "G"), 0);
	assert_int_equal(risk_add_account(r, "B", "G"), 0);
	assert_int_equal(risk_add_account(r, "C", ""), 0);
	add_symbol(r, "X", "EQ", 0, 0, E8);
	add_symbol(r, "Y", "EQ", 0, 0, E8);
	add_symbol(r, "Z", "", 0, 0, E8);
	for (const char *s = "XYZ"; *s != '\0'; s++) {
		struct fix_span sym = { (const uint8_t *)s, 1 };
		struct fix_mono when = { 0 };

		assert_int_equal(risk_set_ref(r, sym, PX(10000), when), 0);
	}
	return r;
}

static inline struct risk *
wide_firm(void)
{
	struct risk *r = bare_firm();

	limit(r, RISK_SCOPE_FIRM, "", unlimited());
	return r;
}

static inline struct risk_order
limit_order(const char *account, const char *symbol, char side, int64_t qty,
    int64_t px_e8)
{
	struct risk_order o = { .account = fix_span_of(account),
		.symbol = fix_span_of(symbol),
		.session = 1,
		.side = side,
		.ord_type = '2',
		.has_price = true,
		.qty_e8 = qty * E8,
		.price_e8 = px_e8 };

	return o;
}

static inline struct risk_order
market_order(const char *account, const char *symbol, char side, int64_t qty)
{
	struct risk_order o = limit_order(account, symbol, side, qty, 0);

	o.ord_type = '1';
	o.has_price = false;
	return o;
}

static inline enum risk_code
check(struct risk *r, struct risk_order o, struct risk_verdict *v)
{
	struct risk_verdict mine;
	int rc;

	if (v == NULL)
		v = &mine;
	rc = risk_check_new(r, &o, at_ns(0), v);
	assert_int_equal(rc, v->code == RISK_OK ? 0 : 1);
	return v->code;
}

static inline enum risk_code
check_at(struct risk *r, struct risk_order o, int64_t ns)
{
	struct risk_verdict v;
	int rc = risk_check_new(r, &o, at_ns(ns), &v);

	assert_int_equal(rc, v.code == RISK_OK ? 0 : 1);
	return v.code;
}

static inline enum risk_code
buy(struct risk *r, const char *account, const char *symbol, int64_t qty)
{
	return check(r, limit_order(account, symbol, '1', qty, PX(10000)),
	    NULL);
}

static inline enum risk_code
sell(struct risk *r, const char *account, const char *symbol, int64_t qty)
{
	return check(r, limit_order(account, symbol, '2', qty, PX(10000)),
	    NULL);
}

static inline void
position(struct risk *r, const char *account, const char *symbol, int64_t qty)
{
	struct risk_position p = { .qty_e8 = qty * E8 };

	assert_int_equal(risk_set_position(r, fix_span_of(account),
	                     fix_span_of(symbol), &p), 0);
}

/* A's live order in X, of so many at 100.00, is to be another. */
static inline enum risk_code
replaced(struct risk *r, char side, int64_t was, int64_t is, int64_t px_e8)
{
	struct risk_order o = limit_order("A", "X", side, is, px_e8);
	struct risk_hold held = { was * E8, was * 100 * E8 };
	struct risk_verdict v;
	int rc = risk_check_replace(r, &o, held, at_ns(0), &v);

	assert_int_equal(rc, v.code == RISK_OK ? 0 : 1);
	return v.code;
}

/* A live order of whole shares at 100.00 ends. */
static inline void
release(struct risk *r, const char *account, const char *symbol, char side,
    int64_t qty)
{
	struct risk_hold was = { qty * E8, qty * 100 * E8 };
	struct risk_hold none = { 0, 0 };

	risk_rehold(r, fix_span_of(account), fix_span_of(symbol), side, was,
	    none, -1);
}

#endif
