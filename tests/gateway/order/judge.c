/*
 * The judge: keeps a book of its own from the reports alone and asserts when
 * one breaks an invariant of order state section 2, whatever test it is in:
 * quantities that add up, exact AvgPx over live executions, ExecIDs used once,
 * what each face may and must carry.
 */
#include "tests/gateway/order/rig.h"

#include <stdio.h>
#include <stdlib.h>

struct seen_id {
	struct node node;
	char id[32];
};

#define OF(n, type) ((type *)(void *)((char *)(n)-offsetof(type, node)))
#define COF(n, type)                                                           \
	((const type *)(const void *)((const char *)(n)-offsetof(type, node)))

static bool
eq_seen(const struct node *n, const void *key)
{
	return strcmp(COF(n, struct seen_id)->id, key) == 0;
}

static void
judge_exec_id(struct rig *r, const struct told *t)
{
	uint64_t h = hash_bytes(7, t->exec, strlen(t->exec));
	struct seen_id *s;

	if (strcmp(t->exec, "0") == 0) {
		assert_true(
		    t->e.exec_type == 'I' || t->e.exec_trans_type == '3');
		return;
	}
	assert_true(t->exec[0] != '\0');
	assert_null(hmap_find(&r->exec_ids, h, eq_seen, t->exec));
	s = calloc(1, sizeof(*s));
	assert_non_null(s);
	assert_true(strlen(t->exec) < sizeof(s->id));
	strcpy(s->id, t->exec);
	hmap_put(&r->exec_ids, &s->node, h);
}

static struct judged *
judged_of(struct rig *r, const struct told *t)
{
	struct judged *j;
	unsigned i;

	for (i = r->n_judged; i-- > 0;) {
		if (strcmp(r->judged[i].order_id, t->order_id) == 0)
			return &r->judged[i];
	}
	r->judged = rig_grown(r->judged, r->n_judged, sizeof(*r->judged));
	j = &r->judged[r->n_judged++];
	memset(j, 0, sizeof(*j));
	strcpy(j->order_id, t->order_id);
	return j;
}

/* 'F' fill, 'H' bust, 'G' correct, else no execution: undo 4.2's words. */
char
rig_execution(const struct rig *r, const struct told *t)
{
	if (r->version != FIX_V_42)
		return t->e.exec_type;
	if (t->e.exec_trans_type == '1')
		return 'H';
	if (t->e.exec_trans_type == '2')
		return 'G';
	if (t->e.exec_trans_type == '3')
		return 'I';
	return t->e.exec_type == '1' || t->e.exec_type == '2' ? 'F'
							      : t->e.exec_type;
}

static void
judge_part(struct judged *j, const struct told *t, char kind)
{
	struct part *p;
	unsigned i;

	if (kind == 'I')
		return; /* a fee names its execution, and changes nothing */
	assert_int_equal(t->ref[0] != '\0', kind == 'H' || kind == 'G');
	for (i = 0; t->ref[0] != '\0'; i++) {
		assert_true(i < j->n_parts);
		p = &j->parts[i];
		if (strcmp(p->exec, t->ref) == 0) {
			assert_true(p->live); /* never of a bust */
			p->live = false;
			break;
		}
	}
	if (kind != 'F' && kind != 'G')
		return;
	assert_true((t->e.has & FIX_EH_LAST) != 0 && t->e.last_qty_e8 > 0);
	j->parts = rig_grown(j->parts, j->n_parts, sizeof(*j->parts));
	p = &j->parts[j->n_parts++];
	assert_true(strlen(t->exec) < sizeof(p->exec));
	memcpy(p->exec, t->exec, strlen(t->exec) + 1);
	p->qty_e8 = t->e.last_qty_e8;
	p->px_e8 = t->e.last_px_e8;
	p->live = true;
}

static void
judge_sums(const struct judged *j, const struct told *t)
{
	__int128 paid = 0;
	int64_t cum = 0, avg = 0, got;
	unsigned i;

	for (i = 0; i < j->n_parts; i++) {
		if (!j->parts[i].live)
			continue;
		cum += j->parts[i].qty_e8;
		paid += (__int128)j->parts[i].qty_e8 * j->parts[i].px_e8;
	}
	if (cum > 0)
		avg = (int64_t)((paid * 2 + cum) / ((__int128)cum * 2));
	assert_int_equal(t->e.cum_qty_e8, cum);
	assert_int_equal(fix_dec_to_e8(t->e.avg_px, &got), 0);
	assert_int_equal(got, avg);
}

static bool
ended(const struct told *t, char s)
{
	bool gt = t->e.time_in_force == '1' || t->e.time_in_force == '6';

	return s == '4' || s == 'C' || s == '8' || (s == '3' && !gt);
}

static void
judge_quantities(const struct told *t, char kind)
{
	int64_t q = t->e.order_qty_e8, c = t->e.cum_qty_e8,
		l = t->e.leaves_qty_e8;

	if (q < 0) { /* an order by amount: nobody knows yet */
		assert_true((t->e.has & FIX_EH_CASH_ORDER_QTY) != 0);
		q = c + l;
	}
	assert_true(l >= 0 && c >= 0);
	assert_true((t->e.has & FIX_EH_QTYS) != 0);
	if (ended(t, t->e.ord_status) ||
	    (kind != '8' && ended(t, t->e.exec_type) && kind != 'F'))
		assert_int_equal(l, 0);
	else if (t->e.ord_status == '2')
		assert_true(l == 0 && c >= q);
	else if (l > 0)
		assert_int_equal(q, c + l);
	else
		assert_true(c >= q || t->e.ord_status == '6' ||
			    t->e.ord_status == 'E' || kind == '8');
}

static void
judge_face(const struct rig *r, const struct told *t, char kind)
{
	bool exec = kind == 'F' || kind == 'G' || kind == 'H';
	bool last = (t->e.has & FIX_EH_LAST) != 0;
	char s = t->e.ord_status;

	if (r->version == FIX_V_42) {
		assert_int_equal(last, kind != 'I');
		assert_true(
		    t->e.exec_trans_type >= '0' && t->e.exec_trans_type <= '3');
		assert_null(memchr("FGHIL", t->e.exec_type, 5));
		if (exec)
			assert_int_equal(t->e.exec_type,
			    t->e.cum_qty_e8 >= t->e.order_qty_e8 ? '2' : '1');
		if (kind == 'I' && strcmp(t->order_id, "NONE") != 0)
			assert_int_equal(t->e.exec_type, s);
		assert_int_equal(t->req_id[0], '\0');
	} else {
		assert_int_equal(last, exec || kind == '7');
		assert_int_equal(t->e.exec_trans_type, '\0');
		assert_true(s != '5');
	}
	if (!exec && last && kind != '7') /* 7 has what is guaranteed */
		assert_true(t->e.last_qty_e8 == 0 && t->e.last_px_e8 == 0);
	/* 150 is 39, but for the exceptions of invariant 6 */
	if (!exec && memchr("IDL58", kind, 5) == NULL && s != '6' && s != 'E')
		assert_int_equal(kind, s);
	if (exec) /* never of the request */
		assert_int_equal(t->orig[0], '\0');
}

/* A corporate action: more shares, each at less. */
static void
judge_split(struct judged *j, const struct told *t)
{
	int64_t was = 0, is = t->e.cum_qty_e8;
	unsigned i;

	for (i = 0; i < j->n_parts; i++)
		was += j->parts[i].live ? j->parts[i].qty_e8 : 0;
	for (i = 0; was > 0 && i < j->n_parts; i++) {
		j->parts[i].qty_e8 =
		    (int64_t)((__int128)j->parts[i].qty_e8 * is / was);
		j->parts[i].px_e8 =
		    (int64_t)((__int128)j->parts[i].px_e8 * was / is);
	}
}

static void
judge_8(struct rig *r, const struct told *t)
{
	char kind = rig_execution(r, t);
	struct judged *j;

	judge_exec_id(r, t);
	judge_face(r, t, kind);
	if (strcmp(t->order_id, "NONE") == 0)
		return;
	judge_quantities(t, kind);
	j = judged_of(r, t);
	if (kind == 'D' && t->e.exec_restatement_reason == 0)
		judge_split(j, t);
	judge_part(j, t, kind);
	judge_sums(j, t);
	j->last_status = t->e.ord_status;
}

static void
judge_9(const struct rig *r, const struct told *t)
{
	assert_true(t->text[0] != '\0');
	assert_true(t->order_id[0] != '\0' && t->id[0] != '\0');
	assert_true(
	    t->e.cxl_rej_response_to == '1' || t->e.cxl_rej_response_to == '2');
	assert_true((t->e.has & FIX_EH_CXL_REJ_REASON) != 0);
	assert_int_equal(t->e.has & FIX_EH_QTYS, 0);
	if (r->version == FIX_V_42)
		assert_in_range(t->e.cxl_rej_reason, 0, 3);
}

void
judge(struct rig *r, const struct told *t)
{
	if (t->e.kind == '8')
		judge_8(r, t);
	else
		judge_9(r, t);
}

static void
free_seen(void *arg, struct node *n)
{
	(void)arg;
	free(OF(n, struct seen_id));
}

void
judge_free(struct rig *r)
{
	unsigned i;

	hmap_each(&r->exec_ids, free_seen, NULL);
	hmap_fini(&r->exec_ids);
	for (i = 0; i < r->n_judged; i++)
		free(r->judged[i].parts);
	free(r->judged);
}

void
rig_whole(char *out, size_t cap, int64_t e8)
{
	char text[FIX_DEC_MAX + 1];

	text[fix_dec_format((uint8_t *)text, fix_dec_of_e8(e8))] = '\0';
	snprintf(out + strlen(out), cap - strlen(out), " %s", text);
}

void
rig_show(const struct rig *r, const struct told *t, char out[RIG_TEXT])
{
	const struct fix_exec *e = &t->e;

	snprintf(out, RIG_TEXT, "%c %s%s%s ", e->kind,
	    t->id[0] == '\0' ? "-" : t->id, t->orig[0] == '\0' ? "" : ",",
	    t->orig);
	if (e->kind == '9') {
		snprintf(out + strlen(out), RIG_TEXT - strlen(out), "%c %d/%c",
		    e->ord_status, (int)e->cxl_rej_reason,
		    e->cxl_rej_response_to);
		return;
	}
	snprintf(out + strlen(out), RIG_TEXT - strlen(out), "%c/%c",
	    rig_execution(r, t), e->ord_status);
	if (e->order_qty_e8 < 0)
		strcat(out, " -");
	else
		rig_whole(out, RIG_TEXT, e->order_qty_e8);
	rig_whole(out, RIG_TEXT, e->cum_qty_e8);
	rig_whole(out, RIG_TEXT, e->leaves_qty_e8);
	if ((e->has & FIX_EH_LAST) != 0 && e->last_qty_e8 != 0)
		rig_whole(out, RIG_TEXT, e->last_qty_e8);
}
