/*
 * fixgate audit book and corrections: queries Q2 and Q5, from the chain alone.
 *
 * book: the live orders of an account and its positions as they were at a moment
 * (the end, without one), replayed from the gateway's reports. An execution
 * counts once, however often it was reported; one that was corrected or canceled
 * counts as what it became.
 *
 * corrections: each replaced order and each corrected or canceled trade with
 * what stood there before. The first pass finds out of what to remember the last
 * report, the second one remembers it.
 *
 * PostgreSQL answers the same by report.book_at(), positions_at() and
 * corrections().
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "fix/decimal.h"
#include "gateway/cli/audit.h"
#include "gateway/cli/columns.h"

#define AMOUNT (FIX_DEC_MAX + 1)

static bool
is_type(const struct audit_seen *e, const char *type)
{
	return fix_span_is(e->field[AUDIT_EVENT_TYPE], type);
}

static bool
changes_trade(const struct audit_seen *e)
{
	return is_type(e, "TRADE_CORRECTED") || is_type(e, "TRADE_CANCELLED");
}

/* A report of the gateway's own on an order that it knows. */
static bool
is_report(const struct audit_seen *e, char order_id[AUDIT_TEXT])
{
	char type[AUDIT_TEXT];

	return audit_is_ours(e) && audit_detail_text(e, "msg_type", type) &&
	       strcmp(type, "8") == 0 &&
	       audit_detail_text(e, "order_id", order_id) &&
	       strcmp(order_id, "NONE") != 0;
}

static int64_t
e8_of(const struct audit_seen *e, const char *key)
{
	char text[AUDIT_TEXT];
	struct fix_dec v;
	int64_t e8;

	return audit_detail_text(e, key, text) &&
	       fix_dec_parse(fix_span_of(text), &v) == 0 &&
	       fix_dec_to_e8(v, &e8) == 0 ? e8 : 0;
}

static const char *
amount(char out[AMOUNT], int64_t e8)
{
	out[fix_e8_format((uint8_t *)out, e8)] = '\0';
	return out;
}

/* All details of an event. @return NULL when out of memory */
static json_t *
details_of(const struct audit_seen *e)
{
	char name[AUDIT_TEXT], text[AUDIT_TEXT];
	struct fix_span key, v;
	json_t *all = json_object();
	bool number;
	size_t at = 0;

	while (audit_detail_next(e, &at, &key, &v, &number)) {
		if (!fix_span_copy(key, name, sizeof(name)) ||
		    v.len >= sizeof(text))
			continue;
		text[audit_plain(text, v)] = '\0';
		(void)!json_object_set_new_nocheck(all, name, number ?
		    json_integer(strtoll(text, NULL, 10)) :
		    json_string_nocheck(text));
	}
	return all;
}

/* ----- Q2 ----- */

struct book {
	json_t *orders; /* OrderID: details of its last report, while it lives */
	json_t *trades; /* ExecID: its symbol, and what it changes in 10^-8 */
};

static void
see_order(struct book *b, const struct audit_seen *e)
{
	char id[AUDIT_TEXT];

	if (!is_report(e, id))
		return;
	(void)json_object_del(b->orders, id);
	if (e8_of(e, "leaves_quantity") > 0)
		(void)!json_object_set_new_nocheck(b->orders, id,
		    details_of(e));
}

static void
see_trade(struct book *b, const struct audit_seen *e)
{
	char id[AUDIT_TEXT], ref[AUDIT_TEXT], symbol[AUDIT_TEXT];
	char side[AUDIT_TEXT];
	json_t *was;
	int64_t qty = e8_of(e, "last_quantity");

	if ((!is_type(e, "ORDER_FILLED") && !changes_trade(e)) ||
	    !audit_detail_text(e, "exec_id", id) ||
	    json_object_get(b->trades, id) != NULL)
		return;
	(void)audit_detail_text(e, "symbol", symbol);
	(void)audit_detail_text(e, "side", side);
	if (is_type(e, "TRADE_CANCELLED"))
		qty = 0;
	else if (strcmp(side, "1") != 0 && strcmp(side, "3") != 0)
		qty = -qty;
	if (changes_trade(e) && audit_detail_text(e, "exec_ref_id", ref)) {
		was = json_object_get(b->trades, ref);
		(void)json_integer_set(json_object_get(was, "e8"), 0);
	}
	(void)!json_object_set_new_nocheck(b->trades, id,
	    json_pack("{s:s, s:I}", "symbol", symbol, "e8", (json_int_t)qty));
}

/* Sums by symbol, as text; those that are 0 left out. */
static json_t *
positions(const struct book *b)
{
	json_t *sums = json_object(), *out = json_object(), *v;
	const char *key;
	char text[AMOUNT];

	json_object_foreach(b->trades, key, v) {
		const char *symbol =
		    json_string_value(json_object_get(v, "symbol"));
		json_int_t e8 = json_integer_value(json_object_get(v, "e8"));

		if (symbol == NULL)
			continue;
		e8 += json_integer_value(json_object_get(sums, symbol));
		(void)!json_object_set_new(sums, symbol, json_integer(e8));
	}
	json_object_foreach(sums, key, v)
		if (json_integer_value(v) != 0)
			(void)!json_object_set_new(out, key, json_string(
			    amount(text, json_integer_value(v))));
	json_decref(sums);
	return out;
}

static const char *
text_of(const json_t *details, const char *key)
{
	const char *s = json_string_value(json_object_get(details, key));

	return s == NULL ? "" : s;
}

static int
print_book(const struct audit_job *j, const struct book *b, json_t *held)
{
	static const char *const heads[] = { "ORDERID", "CLORDID", "SYMBOL",
		"SIDE", ">LEAVES", ">PRICE", "STATUS", NULL };
	static const char *const sums[] = { "SYMBOL", ">POSITION", NULL };
	struct columns *c = columns_new(heads), *p = columns_new(sums);
	const char *key;
	json_t *v;

	if (c == NULL || p == NULL)
		return cli_fail("out of memory");
	json_object_foreach(b->orders, key, v) {
		columns_add(c, "%s", key);
		columns_add(c, "%s", text_of(v, "cl_ord_id"));
		columns_add(c, "%s", text_of(v, "symbol"));
		columns_add(c, "%s", text_of(v, "side"));
		columns_add(c, "%s", text_of(v, "leaves_quantity"));
		columns_add(c, "%s", text_of(v, "price"));
		columns_add(c, "%s", text_of(v, "order_status"));
	}
	json_object_foreach(held, key, v) {
		columns_add(p, "%s", key);
		columns_add(p, "%s", json_string_value(v));
	}
	printf("account %s, %s%s\n\n", j->account,
	    j->until == NULL ? "now" : "up to ",
	    j->until == NULL ? "" : j->until);
	columns_print(c, stdout, true);
	putchar('\n');
	columns_print(p, stdout, true);
	columns_free(c);
	columns_free(p);
	return CLI_OK;
}

int
audit_book(struct audit_job *j)
{
	struct book b = { json_object(), json_object() };
	json_t *held, *all;
	uint8_t hash[AUDIT_HASH];
	struct audit_seen e;
	struct fix_rec r;
	int rc;

	if (j->account == NULL)
		return cli_usage("whose book? Give --account");
	while ((rc = audit_next(j, &r, &e, hash)) == 1) {
		if (!audit_wanted(j, &e))
			continue;
		see_order(&b, &e);
		see_trade(&b, &e);
	}
	held = positions(&b);
	if (rc == 0 && j->json) {
		all = json_pack("{s:s, s:O, s:O}", "account", j->account,
		    "orders", b.orders, "positions", held);
		(void)!json_dumpf(all, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(all);
	} else if (rc == 0) {
		rc = print_book(j, &b, held);
	}
	json_decref(held);
	json_decref(b.orders);
	json_decref(b.trades);
	return rc < 0 ? CLI_FAILED : rc;
}

/* ----- Q5 ----- */

struct corrections {
	struct audit_job *j;
	json_t *orders; /* OrderID: details of its last report, or null */
	json_t *trades; /* ExecID: the same */
};

/* Of what is it a correction? @return NULL: of nothing */
static json_t *
corrected(const struct corrections *c, const struct audit_seen *e,
    char id[AUDIT_TEXT])
{
	if (changes_trade(e) && audit_is_ours(e))
		return audit_detail_text(e, "exec_ref_id", id) ? c->trades
							       : NULL;
	return is_type(e, "ORDER_MODIFIED") && is_report(e, id) ? c->orders
								: NULL;
}

static bool
find_corrected(struct corrections *c, const struct audit_seen *e)
{
	char id[AUDIT_TEXT];
	json_t *of = corrected(c, e, id);

	return of == NULL ||
	       json_object_set_new_nocheck(of, id, json_null()) == 0;
}

static void
remember(const struct corrections *c, const struct audit_seen *e)
{
	struct fix_span type = e->field[AUDIT_EVENT_TYPE];
	char order_id[AUDIT_TEXT], exec_id[AUDIT_TEXT];
	bool pending = type.len > 8 &&
		       memcmp(type.p + type.len - 8, "_PENDING", 8) == 0;

	if (!is_report(e, order_id))
		return;
	if (!pending && json_object_get(c->orders, order_id) != NULL)
		(void)!json_object_set_new_nocheck(c->orders, order_id,
		    details_of(e));
	if (audit_detail_text(e, "exec_id", exec_id) &&
	    json_object_get(c->trades, exec_id) != NULL)
		(void)!json_object_set_new_nocheck(c->trades, exec_id,
		    details_of(e));
}

static void
print_correction(const struct corrections *c, const struct audit_seen *e,
    const char *id, json_t *before)
{
	static const char *const keys[] = { "cl_ord_id", "account", "symbol",
		"side", "order_type", "time_in_force", "quantity", "price",
		"stop_price", "last_quantity", "last_price" };
	json_t *after = details_of(e), *all;
	struct fix_span type = e->field[AUDIT_EVENT_TYPE];

	if (c->j->json) {
		all = json_pack("{s:s%, s:s%, s:s, s:O, s:O}", "timestamp",
		    (const char *)e->field[AUDIT_TIMESTAMP].p,
		    e->field[AUDIT_TIMESTAMP].len, "event_type",
		    (const char *)type.p, type.len, "id", id, "before", before,
		    "after", after);
		(void)!json_dumpf(all, stdout, JSON_COMPACT);
		json_decref(all);
	} else {
		printf("%8lld  %.26s  %-15.*s  %s", (long long)
		    json_integer_value(json_object_get(after, "seq")),
		    (const char *)e->field[AUDIT_TIMESTAMP].p, (int)type.len,
		    (const char *)type.p, id);
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			const char *was = text_of(before, keys[i]);
			const char *is = text_of(after, keys[i]);

			if (strcmp(was, is) != 0)
				printf("  %s %s -> %s", keys[i],
				    *was == '\0' ? "-" : was,
				    *is == '\0' ? "-" : is);
		}
	}
	putchar('\n');
	json_decref(after);
}

static int
see_corrections(struct corrections *c)
{
	char id[AUDIT_TEXT];
	uint8_t hash[AUDIT_HASH];
	struct audit_seen e;
	struct fix_rec r;
	json_t *of;
	int rc;

	while ((rc = audit_next(c->j, &r, &e, hash)) == 1) {
		of = corrected(c, &e, id);
		if (of != NULL && audit_wanted(c->j, &e))
			print_correction(c, &e, id, json_object_get(of, id));
		remember(c, &e);
	}
	return rc < 0 ? CLI_FAILED : CLI_OK;
}

int
audit_corrections(struct audit_job *j)
{
	struct corrections c = { j, json_object(), json_object() };
	uint8_t hash[AUDIT_HASH];
	struct audit_seen e;
	struct fix_rec r;
	int rc, status = CLI_OK;

	while (status == CLI_OK && (rc = audit_next(j, &r, &e, hash)) != 0)
		if (rc < 0)
			status = CLI_FAILED;
		else if (!find_corrected(&c, &e))
			status = cli_fail("out of memory");
	if (status == CLI_OK)
		status = audit_reopen(j);
	if (status == CLI_OK)
		status = see_corrections(&c);
	json_decref(c.orders);
	json_decref(c.trades);
	return status;
}
