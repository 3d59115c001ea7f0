/* Lists of executions, and the messages of a log as such. */
#include "gateway/cli/copylist.h"

#include <stdlib.h>

#include "fix/group.h"
#include "gateway/cli/copyfile.h"
#include "gateway/cli/input.h"
#include "gateway/trader/dropcopy.h"

static void
put(char out[COPY_ID_MAX + 1], struct fix_span v)
{
	(void)fix_span_copy(v, out, COPY_ID_MAX + 1);
}

void
copy_item_of(struct copy_item *out, const struct fix_exec *e)
{
	memset(out, 0, sizeof(*out));
	out->kind = e->exec_type;
	out->side = e->side;
	out->qty_e8 = e->last_qty_e8;
	out->px_e8 = e->last_px_e8;
	out->when_ns = e->transact_time.ns;
	put(out->exec_id, e->exec_id);
	put(out->ref_id, e->exec_ref_id);
	put(out->order_id, e->order_id);
	put(out->cl_ord_id, e->cl_ord_id);
	put(out->account, e->account);
	put(out->symbol, e->symbol);
}

int
copy_list_add(struct copy_list *l, const struct copy_item *i)
{
	size_t cap = l->cap == 0 ? 1024 : 2 * l->cap;
	struct copy_item *more;

	if (l->n == l->cap) {
		more = realloc(l->v, cap * sizeof(*more));
		if (more == NULL)
			return -FIX_E_NOMEM;
		l->v = more;
		l->cap = cap;
	}
	l->v[l->n++] = *i;
	return 0;
}

void
copy_list_free(struct copy_list *l)
{
	free(l->v);
	memset(l, 0, sizeof(*l));
}

static int
by_id(const void *a, const void *b)
{
	const struct copy_item *x = a, *y = b;

	return strcmp(x->exec_id, y->exec_id);
}

void
copy_list_sort(struct copy_list *l)
{
	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), by_id);
}

struct copy_item *
copy_list_find(const struct copy_list *l, const char *id)
{
	struct copy_item key;

	if (l->n == 0)
		return NULL;
	(void)fix_span_copy(fix_span_of(id), key.exec_id, sizeof(key.exec_id));
	return bsearch(&key, l->v, l->n, sizeof(*l->v), by_id);
}

/* ----- messages ----- */

static bool
is_marked(const struct fix_msg *m)
{
	struct fix_span v;

	return (fix_msg_get(m, 43, &v) && fix_span_is(v, "Y")) ||
	       (fix_msg_get(m, 97, &v) && fix_span_is(v, "Y"));
}

static int
report(struct copy_log *log, const struct fix_msg *m, bool again)
{
	struct copy_item i;
	struct fix_exec e;

	if (copy_class_of(m, true) != COPY_TRADES ||
	    !copy_exec(m, FIX_V_44, &e))
		return 0;
	copy_item_of(&i, &e);
	return log->fn(log->arg, &i, again);
}

static char
letter(const struct fix_msg *m, uint32_t tag)
{
	struct fix_span v;

	return fix_msg_get(m, tag, &v) && v.len == 1 ? (char)v.p[0] : '\0';
}

static int64_t
amount(const struct fix_msg *m, uint32_t tag)
{
	struct fix_dec d;
	int64_t e8;

	return fix_msg_dec(m, tag, &d) == 0 && fix_dec_to_e8(d, &e8) == 0 ? e8
									  : 0;
}

/* A TradeCaptureReport(AE): asked for again, or not. */
static int
trade(struct copy_log *log, const struct fix_msg *m, bool again)
{
	static const struct {
		uint32_t tag, other;
		size_t at;
	} ids[] = {
		{ 17, 17, offsetof(struct copy_item, exec_id) },
		{ 572, 19, offsetof(struct copy_item, ref_id) },
		{ 37, 37, offsetof(struct copy_item, order_id) },
		{ 11, 11, offsetof(struct copy_item, cl_ord_id) },
		{ 1, 1, offsetof(struct copy_item, account) },
		{ 55, 55, offsetof(struct copy_item, symbol) },
	};
	struct copy_item i = { .kind = letter(m, 150),
		.side = letter(m, 54),
		.qty_e8 = amount(m, 32),
		.px_e8 = amount(m, 31) };
	struct fix_span v;

	for (size_t k = 0; k < sizeof(ids) / sizeof(ids[0]); k++)
		if (fix_msg_get(m, ids[k].tag, &v) ||
		    fix_msg_get(m, ids[k].other, &v))
			put((char *)&i + ids[k].at, v);
	return log->fn(
	    log->arg, &i, again || fix_msg_find(m, 568, 0) != FIX_MSG_NONE);
}

static int
enveloped(struct copy_log *log, const struct fix_msg *m, bool again)
{
	static struct fix_field fields[FIX_FIELDS_MAX];
	struct fix_msg in = { .fields = fields, .cap = FIX_FIELDS_MAX };
	struct fix_span v;

	if (!fix_msg_get(m, 213, &v) || fix_split(v.p, v.len, &in) != 0 ||
	    !fix_span_is(fix_msg_type(&in), "8"))
		return 0;
	return report(log, &in, again || copy_again(&in));
}

static void
on_item(void *arg, const struct input_item *it)
{
	struct copy_log *log = arg;
	const struct fix_msg *m = it->msg;
	struct fix_span type;

	if (m == NULL || it->cut || log->rc != 0)
		return;
	log->messages++;
	type = fix_msg_type(m);
	if (fix_span_is(type, "8"))
		log->rc = report(log, m, is_marked(m));
	else if (fix_span_is(type, "AE"))
		log->rc = trade(log, m, is_marked(m));
	else if (fix_span_is(type, "n"))
		log->rc = enveloped(log, m, is_marked(m));
}

int
copy_log_read(struct copy_log *log, const uint8_t *p, size_t len)
{
	struct input *in;
	int rc;

	if (len >= strlen(COPY_FILE_HEAD) &&
	    memcmp(p, COPY_FILE_HEAD, strlen(COPY_FILE_HEAD)) == 0)
		return copy_file_read(log, p, len);
	in = input_new(on_item, log);
	if (in == NULL)
		return -FIX_E_NOMEM;
	rc = input_feed(in, p, len);
	if (rc == 0)
		input_end(in);
	input_free(in);
	return rc != 0 ? rc : log->rc;
}
