/*
 * An order desk on a pipe, for the model in oracle.py: a line in, the reports
 * that it caused out, and a "." behind them.
 *
 *   N FACE [twice]          another desk; FACE is 4.2, 4.4 or 5.0SP2; its
 *                           venue says everything twice
 *   D ID QTY                client: new order, at 10
 *   F ID ORIG   G ID ORIG QTY   H ID
 *   V EVENT ORDER EXEC REF QTY PRICE   the venue says; ORDER is the D's id,
 *                           "-" and 0 are none
 *   R                       die and come back
 *
 * A report is as scripts have it (script.h), with AvgPx, and for busts and
 * corrects the number of the execution that they take back.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/gateway/order/rig.h"

#define WORDS 7

static const struct {
	const char *name;
	enum venue_event_kind kind;
	bool request;
} says[] = {
	{ "ack", VENUE_ACK, false },
	{ "reject", VENUE_REJECT, false },
	{ "fill", VENUE_FILL, false },
	{ "canceled", VENUE_CANCELED, true },
	{ "killed", VENUE_CANCELED, false },
	{ "replaced", VENUE_REPLACED, true },
	{ "refused", VENUE_CXL_REJECT, true },
	{ "expired", VENUE_EXPIRED, false },
	{ "done", VENUE_DONE_FOR_DAY, false },
	{ "restated", VENUE_RESTATED, false },
	{ "bust", VENUE_BUST, false },
	{ "correct", VENUE_CORRECT, false },
};

static enum fix_version
face_of(const char *name)
{
	if (strcmp(name, "4.2") == 0)
		return FIX_V_42;
	return strcmp(name, "4.4") == 0 ? FIX_V_44 : FIX_V_50SP2;
}

static void
client(struct rig *r, char *w[WORDS])
{
	struct fix_order o = { .kind = w[0][0],
		.side = '1',
		.ord_type = '2',
		.symbol = fix_span_of("ABC"),
		.cl_ord_id = fix_span_of(w[1]),
		.has = FIX_OH_PRICE };
	const char *qty = o.kind == 'D' ? w[2] : o.kind == 'G' ? w[3] : NULL;

	o.price = rig_dec(10 * FIX_E8);
	if (o.kind == 'F' || o.kind == 'G')
		o.orig_cl_ord_id = fix_span_of(w[2]);
	if (qty != NULL) {
		o.order_qty = rig_dec(atoll(qty) * FIX_E8);
		o.has |= FIX_OH_ORDER_QTY;
	}
	rig_request(r, 1, &o, false);
}

static void
venue(struct rig *r, char *w[WORDS], bool twice)
{
	const struct order *o = desk_find_client(r->desk, 1, fix_span_of(w[2]));
	struct venue_event e = { .cum_qty_e8 = -1, .symbol = "ABC" };
	int64_t qty = atoll(w[5]) * FIX_E8;
	char id[ORDER_ID_MAX + 1];
	unsigned k = 0;

	assert_non_null(o);
	while (strcmp(says[k].name, w[1]) != 0)
		assert_true(++k < sizeof(says) / sizeof(says[0]));
	e.kind = says[k].kind;
	e.cl_ord_id = says[k].request && o->venue_request_id[0] != '\0'
			  ? o->venue_request_id
			  : o->venue_cl_ord_id;
	e.exec_id = w[3];
	e.ref_exec_id = strcmp(w[4], "-") == 0 ? NULL : w[4];
	e.last_px_e8 = atoll(w[6]) * FIX_E8;
	if (e.kind == VENUE_FILL || e.kind == VENUE_CORRECT)
		e.last_qty_e8 = qty;
	else if (e.kind == VENUE_CXL_REJECT)
		e.reason = atoi(w[5]);
	else if (e.kind == VENUE_RESTATED)
		e.qty_e8 = qty;
	snprintf(id, sizeof(id), "%s", e.cl_ord_id); /* as it was said */
	e.cl_ord_id = id;
	rig_event(r, &e);
	if (twice)
		rig_event(r, &e);
}

/* Which of the executions told before it takes back. */
static unsigned
number_of(const struct rig *r, const char *ref)
{
	for (unsigned i = 0; i < r->n_told; i++)
		if (strcmp(r->told[i].exec, ref) == 0)
			return i;
	return r->n_told;
}

static void
print_told(struct rig *r)
{
	for (; r->told_seen < r->n_told; r->told_seen++) {
		const struct told *t = &r->told[r->told_seen];
		char line[RIG_TEXT];
		int64_t avg = 0;

		rig_show(r, t, line);
		fputs(line, stdout);
		if (t->e.kind == '8' && fix_dec_to_e8(t->e.avg_px, &avg) == 0)
			printf(" 6=%lld", (long long)avg);
		if (t->ref[0] != '\0')
			printf(" 19=%u", number_of(r, t->ref));
		putchar('\n');
	}
	puts(".");
}

/* The model knows no limits: new orders go while others are in doubt. */
static struct rig *
begin(enum fix_version v)
{
	struct rig *r = rig_new(v);

	r->venue.open_in_doubt = r->second.open_in_doubt = true;
	return r;
}

static void
play(void **state)
{
	struct rig *r = begin(FIX_V_44);
	char line[RIG_TEXT], *w[WORDS + 1], *save;
	char none[] = "";
	bool twice = false;

	(void)state;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		unsigned n = 0;

		for (char *p = strtok_r(line, " \n", &save);
		     p != NULL && n < WORDS; p = strtok_r(NULL, " \n", &save))
			w[n++] = p;
		while (n < WORDS)
			w[n++] = none;
		if (w[0][0] == 'N') {
			rig_free(r);
			r = begin(face_of(w[1]));
			twice = w[2][0] != '\0';
		} else if (w[0][0] == 'V') {
			venue(r, w, twice);
		} else if (w[0][0] == 'R') {
			rig_die_and_return(r);
		} else {
			client(r, w);
		}
		rig_check_holds(r);
		print_told(r);
	}
	rig_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(play) };

	return cmocka_run_group_tests_name("desk", tests, NULL, NULL);
}
