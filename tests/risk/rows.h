/* Vectors as tables: one row an order, and helpers to set rules. */
#ifndef FIXGATE_TESTS_RISK_ROWS_H
#define FIXGATE_TESTS_RISK_ROWS_H

#include "tests/risk/help.h"

#define MS INT64_C(1000000)

struct row {
	const char *vector;
	const char *account;
	char side, type;
	int64_t qty, cents;
	int64_t ms;
	enum risk_code code;
};

static inline void
run_rows(struct risk *r, const struct row *row, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct risk_order o = limit_order(row[i].account, "X",
		    row[i].side, row[i].qty, PX(row[i].cents));
		enum risk_code code;

		if (row[i].type == '1')
			o = market_order(
			    row[i].account, "X", row[i].side, row[i].qty);
		code = check_at(r, o, row[i].ms * MS);
		if (code != row[i].code)
			fail_msg("%s: %s, expected %s", row[i].vector,
			    risk_code_name(code), risk_code_name(row[i].code));
	}
}
#define RUN(r, rows) run_rows(r, rows, sizeof(rows) / sizeof((rows)[0]))

static inline struct risk_rules
no_rules(void)
{
	struct risk_rules rules = RISK_RULES_INIT;

	return rules;
}

static inline void
rule(struct risk *r, enum risk_scope kind, const char *id,
    struct risk_rules rules)
{
	assert_int_equal(risk_set_rules(r, kind, id, &rules), 0);
}

static inline void
describe(struct risk *r, const char *symbol, struct risk_detail d)
{
	assert_int_equal(risk_describe(r, symbol, &d), 0);
}

static inline void
ref(struct risk *r, int64_t cents)
{
	struct fix_mono when = { 0 };

	assert_int_equal(
	    risk_set_ref(r, fix_span_of("X"), PX(cents), when), 0);
}

static inline void
fill(struct risk *r, const char *account, const char *symbol, char side,
    int64_t qty, int64_t cents)
{
	risk_fill(r, fix_span_of(account), fix_span_of(symbol), side, qty * E8,
	    PX(cents));
}

static inline void
mark(struct risk *r, const char *symbol, int64_t px_e8)
{
	struct fix_mono when = { 0 };

	assert_int_equal(
	    risk_set_ref(r, fix_span_of(symbol), px_e8, when), 0);
}

static inline enum risk_code
try_order(struct risk *r, const char *account, const char *symbol, char side,
    int64_t qty, int64_t cents)
{
	return check(
	    r, limit_order(account, symbol, side, qty, PX(cents)), NULL);
}

#endif
