/*
 * The bench: a venue and a store that write down what they get, and a desk
 * with real risk between them. judge.c looks at every report.
 */
#include "tests/gateway/order/rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct pair {
	struct node node;
	unsigned table;
	size_t key_len, len;
	uint8_t key[FIX_STORE_KEY_MAX];
	uint8_t value[2048];
};

#define OF(n, type) ((type *)(void *)((char *)(n)-offsetof(type, node)))
#define COF(n, type)                                                           \
	((const type *)(const void *)((const char *)(n)-offsetof(type, node)))

void *
rig_grown(void *p, unsigned n, size_t size)
{
	if ((n & (n - 1)) != 0)
		return p;
	p = realloc(p, (n == 0 ? 1 : n * 2) * size);
	assert_non_null(p);
	return p;
}

static void
text_of(struct fix_span s, char *out, size_t cap)
{
	assert_true(fix_span_copy(s, out, cap));
}

/* ----- the store ----- */

struct pair_key {
	unsigned table;
	struct fix_span key;
};

static bool
eq_pair(const struct node *n, const void *key)
{
	const struct pair *p = COF(n, struct pair);
	const struct pair_key *k = key;

	return p->table == k->table && p->key_len == k->key.len &&
	       memcmp(p->key, k->key.p, k->key.len) == 0;
}

static struct pair *
pair_find(const struct rig *r, const struct pair_key *k)
{
	struct node *n = hmap_find(&r->kept,
	    hash_bytes(k->table, k->key.p, k->key.len), eq_pair, k);

	return n == NULL ? NULL : OF(n, struct pair);
}

static void
on_keep(void *arg, enum fix_table t, struct fix_span key, struct fix_span value)
{
	struct rig *r = arg;
	struct pair_key k = { t, key };
	struct pair *p = pair_find(r, &k);

	assert_true(key.len > 0 && key.len <= FIX_STORE_KEY_MAX);
	r->n_kept++;
	if (p == NULL && value.len == 0)
		return;
	if (value.len == 0) {
		hmap_del(&r->kept, &p->node);
		free(p);
		return;
	}
	if (p == NULL) {
		p = calloc(1, sizeof(*p));
		assert_non_null(p);
		p->table = t;
		p->key_len = key.len;
		memcpy(p->key, key.p, key.len);
		hmap_put(
		    &r->kept, &p->node, hash_bytes(t, key.p, key.len));
	}
	assert_true(value.len <= sizeof(p->value));
	p->len = value.len;
	memcpy(p->value, value.p, value.len);
}

/* ----- what the desk tells ----- */

static void
on_report(void *arg, uint32_t session, uint32_t venue, const struct fix_exec *e)
{
	struct rig *r = arg;
	struct told *t;

	(void)venue;
	if (session == 0) { /* no client's: for drop copies */
		r->n_shown++;
		r->shown_type = e->exec_type;
		return;
	}
	r->told = rig_grown(r->told, r->n_told, sizeof(*r->told));
	t = &r->told[r->n_told++];
	memset(t, 0, sizeof(*t));
	t->e = *e;
	t->session = session;
	text_of(e->order_id, t->order_id, sizeof(t->order_id));
	text_of(e->cl_ord_id, t->id, sizeof(t->id));
	text_of(e->orig_cl_ord_id, t->orig, sizeof(t->orig));
	text_of(e->exec_id, t->exec, sizeof(t->exec));
	text_of(e->exec_ref_id, t->ref, sizeof(t->ref));
	text_of(e->account, t->account, sizeof(t->account));
	text_of(e->symbol, t->symbol, sizeof(t->symbol));
	text_of(e->ord_status_req_id, t->req_id, sizeof(t->req_id));
	text_of(e->text, t->text, sizeof(t->text));
	text_of(e->parties, t->parties, sizeof(t->parties));
	if (r->trace) {
		char shown[RIG_TEXT];

		rig_show(r, t, shown);
		print_message(
		    "# < %s 17=%s 19=%s %s\n", shown, t->exec, t->ref, t->text);
	}
	if (r->judge_off)
		return;
	judge(r, t);
}

static void
on_say(void *arg, uint32_t session, struct fix_span type, struct fix_span body)
{
	struct rig *r = arg;
	char *out;

	(void)session;
	r->said = rig_grown(r->said, r->n_said, sizeof(*r->said));
	out = r->said[r->n_said++];
	snprintf(out, RIG_TEXT, "%.*s|%.*s", (int)type.len,
	    (const char *)type.p, (int)body.len, (const char *)body.p);
	for (; *out != '\0'; out++)
		if (*out == '\001')
			*out = '|';
}

static void
on_alert(void *arg, const char *text)
{
	struct rig *r = arg;

	r->alerts = rig_grown(r->alerts, r->n_alerts, sizeof(*r->alerts));
	snprintf(r->alerts[r->n_alerts++], RIG_TEXT, "%s", text);
}

/* ----- the venue ----- */

static int
on_send(struct venue *v, const struct venue_order *o, char kind)
{
	struct rig *r = v->sink.arg;
	struct sent *s;

	assert_true(v->up); /* never behind its back */
	if (r->refuse_sends)
		return -FIX_E_STATE;
	r->sent = rig_grown(r->sent, r->n_sent, sizeof(*r->sent));
	s = &r->sent[r->n_sent++];
	memset(s, 0, sizeof(*s));
	s->kind = kind;
	snprintf(s->id, sizeof(s->id), "%s", o->cl_ord_id);
	snprintf(s->orig, sizeof(s->orig), "%s", o->orig_cl_ord_id);
	snprintf(s->venue_order_id, sizeof(s->venue_order_id), "%s",
	    o->venue_order_id);
	snprintf(s->account, sizeof(s->account), "%s", o->account);
	snprintf(s->symbol, sizeof(s->symbol), "%s", o->symbol);
	s->qty_e8 = o->qty_e8;
	s->price_e8 = o->price_e8;
	s->stop_e8 = o->stop_e8;
	s->rare = o->rare;
	fix_span_copy(
	    fix_span_of(o->currency), s->currency, sizeof(s->currency));
	return 0;
}

static int
on_new(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	(void)now;
	return on_send(v, o, 'D');
}

static int
on_cancel(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	(void)now;
	return on_send(v, o, 'F');
}

static int
on_replace(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	(void)now;
	return on_send(v, o, 'G');
}

static int
on_status(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	(void)now;
	return on_send(v, o, 'H');
}

static const struct venue_ops venue_ops = {
	.send_new = on_new,
	.send_cancel = on_cancel,
	.send_replace = on_replace,
	.send_status = on_status,
};

/* ----- the rig ----- */

static void
set_up_risk(struct rig *r)
{
	struct risk_limits l = { RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED,
		RISK_UNLIMITED, RISK_UNLIMITED, RISK_UNLIMITED, 100000,
		RISK_UNLIMITED, 0, RISK_UNLIMITED };
	static const char *const symbols[] = { "ABC", "DEF", "OTHER" };
	struct fix_mono when = r->now.mono;
	unsigned i;

	r->risk = risk_new(0);
	assert_non_null(r->risk);
	for (i = 0; i < 3; i++) {
		struct risk_symbol s = { symbols[i],
			strcmp(symbols[i], "DEF") == 0 ? "BOND" : "", 0, 0,
			FIX_E8 };

		assert_int_equal(risk_add_symbol(r->risk, &s), 0);
		assert_int_equal(risk_set_ref(r->risk, fix_span_of(symbols[i]),
				     100 * FIX_E8, when),
		    0);
	}
	assert_int_equal(risk_add_account(r->risk, "ACC", ""), 0);
	assert_int_equal(risk_add_account(r->risk, "ACC2", "DESK"), 0);
	assert_int_equal(risk_permit(r->risk, 1, "ACC"), 0);
	assert_int_equal(risk_permit(r->risk, 3, "ACC"), 0);
	l.orders_per_s = RISK_UNLIMITED;
	assert_int_equal(risk_set_limits(r->risk, RISK_SCOPE_FIRM, "", &l), 0);
	l.max_order_qty_e8 = 1000 * FIX_E8;
	assert_int_equal(
	    risk_set_limits(r->risk, RISK_SCOPE_ACCOUNT, "ACC", &l), 0);
	assert_int_equal(
	    risk_set_limits(r->risk, RISK_SCOPE_ACCOUNT, "ACC2", &l), 0);
}

static void
set_up_desk(struct rig *r)
{
	struct desk_cfg cfg = {
		.node = r->node, .incarnation = r->incarnation, .risk = r->risk
	};
	struct desk_ops ops = { r, on_keep, on_report, on_say, on_alert,
		NULL, NULL, NULL, NULL, NULL };
	uint32_t i;

	r->desk = desk_new(&cfg, &ops);
	assert_non_null(r->desk);
	for (i = 1; i <= RIG_SESSIONS; i++) {
		struct desk_session s = { .number = i,
			.version = r->version,
			.no_pending_reports = r->no_pending,
			.replace_filled = i == 3,
			.strict = i == 3 };

		assert_int_equal(desk_add_session(r->desk, &s), 0);
	}
	assert_int_equal(desk_add_venue(r->desk, &r->venue), 0);
	assert_int_equal(desk_add_venue(r->desk, &r->second), 0);
}

static void
set_up_venue(struct rig *r, struct venue *v, const char *name, uint32_t number)
{
	v->ops = &venue_ops;
	v->sink.arg = r;
	strcpy(v->name, name);
	v->number = number;
}

static struct rig *
rig_empty(enum fix_version v)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->version = v;
	r->trace = getenv("DESK_TRACE") != NULL;
	r->incarnation = 1;
	r->node = 7;
	r->now.utc.ns = INT64_C(1800000000) * FIX_SEC;
	r->now.mono.ns = 1000 * FIX_SEC;
	assert_true(hmap_init(&r->kept) && hmap_init(&r->exec_ids));
	set_up_venue(r, &r->venue, "SIM", 1);
	set_up_venue(r, &r->second, "ALT", 2);
	return r;
}

static void
venues_up(struct rig *r)
{
	struct venue_event up = { .kind = VENUE_UP, .cum_qty_e8 = -1 };

	r->venue.up = r->second.up = true;
	desk_venue_event(r->desk, &r->venue, &up, r->now);
	desk_venue_event(r->desk, &r->second, &up, r->now);
}

struct rig *
rig_new(enum fix_version v)
{
	struct rig *r = rig_empty(v);

	set_up_risk(r);
	set_up_desk(r);
	desk_start(r->desk, r->now);
	venues_up(r);
	return r;
}

static void
free_pair(void *arg, struct node *n)
{
	(void)arg;
	free(OF(n, struct pair));
}

void
rig_free(struct rig *r)
{
	desk_free(r->desk);
	risk_free(r->risk);
	hmap_each(&r->kept, free_pair, NULL);
	hmap_fini(&r->kept);
	judge_free(r);
	free(r->sent);
	free(r->told);
	free(r->alerts);
	free(r->said);
	free(r);
}

static void
load_pair(void *arg, struct node *n)
{
	struct rig *r = arg;
	const struct pair *p = OF(n, struct pair);
	struct fix_span key = { p->key, p->key_len };
	struct fix_span value = { p->value, p->len };

	assert_int_equal(
	    desk_load(r->desk, (enum fix_table)p->table, key, value), 0);
}

void
rig_before_start(struct rig *r)
{
	desk_keep(r->desk);
	desk_free(r->desk);
	risk_free(r->risk);
	r->incarnation++;
	r->venue.up = r->second.up = false;
	set_up_risk(r);
	set_up_desk(r);
	hmap_each(&r->kept, load_pair, r);
}

void
rig_restart(struct rig *r)
{
	rig_before_start(r);
	desk_start(r->desk, r->now);
}

struct live_list {
	uint64_t number[64];
	unsigned n;
};

static int
note_live(void *arg, const struct order *o)
{
	struct live_list *l = arg;

	if (order_is_live(o) && o->venue == 1 && l->n < 64)
		l->number[l->n++] = o->number;
	return 0;
}

void
rig_die_and_return(struct rig *r)
{
	unsigned told = r->n_told, sent = r->n_sent, i;
	struct live_list live = { .n = 0 };

	rig_restart(r);
	venues_up(r);
	desk_each(r->desk, note_live, &live);
	for (i = 0; i < live.n; i++) {
		const struct order *o = desk_find(r->desk, live.number[i]);
		struct venue_event e = { .kind = VENUE_STATUS,
			.cl_ord_id = o->venue_cl_ord_id,
			.status = order_status(o, FIX_V_44),
			.cum_qty_e8 = o->cum_e8 };

		if (o->acked || o->pending == '\0') /* else still silent */
			rig_event(r, &e);
	}
	assert_int_equal(r->n_told, told);
	r->n_sent = sent; /* the questions */
}

static void
copy_pair(void *arg, struct node *n)
{
	struct rig *to = arg;
	const struct pair *p = OF(n, struct pair);
	struct fix_span key = { p->key, p->key_len };
	struct fix_span value = { p->value, p->len };

	on_keep(to, (enum fix_table)p->table, key, value);
	assert_int_equal(
	    desk_load(to->desk, (enum fix_table)p->table, key, value), 0);
}

struct rig *
rig_twin(struct rig *r)
{
	struct rig *t = rig_empty(r->version);

	desk_keep(r->desk);
	t->now = r->now;
	t->incarnation = r->incarnation;
	t->no_pending = r->no_pending;
	t->judge_off = true;
	set_up_risk(t);
	set_up_desk(t);
	hmap_each(&r->kept, copy_pair, t);
	desk_start(t->desk, t->now);
	return t;
}

void
rig_request(
    struct rig *r, uint32_t session, const struct fix_order *o, bool poss_dup)
{
	const char *why;

	assert_int_equal(
	    desk_request(r->desk, session, o, poss_dup, r->now, &why), 0);
}

void
rig_event(struct rig *r, const struct venue_event *e)
{
	if (r->trace)
		print_message("# V %s %s 39=%c q=%lld cum=%lld x=%lld %s %s\n",
		    venue_event_name(e->kind),
		    e->cl_ord_id == NULL ? "" : e->cl_ord_id,
		    e->status == '\0' ? '-' : e->status, (long long)e->qty_e8,
		    (long long)e->cum_qty_e8, (long long)e->last_qty_e8,
		    e->exec_id == NULL ? "" : e->exec_id,
		    e->ref_exec_id == NULL ? "" : e->ref_exec_id);
	desk_venue_event(r->desk, &r->venue, e, r->now);
}

void
rig_pass(struct rig *r, int64_t ns)
{
	r->now.utc.ns += ns;
	r->now.mono.ns += ns;
	desk_tick(r->desk, r->now);
}

void
rig_forget_seen(struct rig *r)
{
	r->n_sent = r->sent_seen = 0;
	r->n_told = r->told_seen = 0;
	r->n_alerts = r->alerts_seen = 0;
}

struct fix_dec
rig_dec(int64_t e8)
{
	return fix_dec_of_e8(e8);
}

/* ----- checks over the whole desk ----- */

struct open {
	const char *account, *symbol;
	int64_t buy, sell;
	unsigned live;
};

static int
add_open(void *arg, const struct order *o)
{
	struct open *sum = arg;

	sum->live += order_is_live(o);
	if (!order_is_live(o))
		assert_true(o->hold.qty_e8 == 0 && o->hold.notional_e8 == 0);
	else
		assert_true(o->hold.qty_e8 >= o->leaves_e8);
	if (sum->account == NULL || strcmp(o->account, sum->account) != 0 ||
	    strcmp(o->symbol, sum->symbol) != 0)
		return 0;
	if (o->side == '1')
		sum->buy += o->hold.qty_e8;
	else
		sum->sell += o->hold.qty_e8;
	return 0;
}

struct at {
	const struct rig *r;
};

static int
check_position(void *arg, const char *account, const char *symbol,
    const struct risk_position *p, int64_t open_buy_e8, int64_t open_sell_e8)
{
	const struct at *at = arg;
	struct open sum = { account, symbol, 0, 0, 0 };

	(void)p;
	desk_each(at->r->desk, add_open, &sum);
	assert_int_equal(open_buy_e8, sum.buy);
	assert_int_equal(open_sell_e8, sum.sell);
	return 0;
}

void
rig_check_holds(const struct rig *r)
{
	struct open sum = { NULL, NULL, 0, 0, 0 };
	struct at at = { r };

	desk_each(r->desk, add_open, &sum);
	assert_int_equal(sum.live, desk_live(r->desk));
	risk_each_position(r->risk, check_position, &at);
}

struct compare {
	const struct rig *other;
	unsigned n;
};

static void
same_pair(void *arg, struct node *n)
{
	struct compare *c = arg;
	const struct pair *p = OF(n, struct pair);
	struct pair_key k = { p->table, { p->key, p->key_len } };
	const struct pair *q = pair_find(c->other, &k);

	if (p->table == FIX_TAB_EXECS)
		return;
	assert_non_null(q);
	assert_int_equal(p->len, q->len);
	assert_memory_equal(p->value, q->value, p->len);
	c->n++;
}

void
rig_same_orders(struct rig *a, struct rig *b)
{
	struct compare c = { b, 0 }, back = { a, 0 };

	desk_keep(a->desk);
	desk_keep(b->desk);
	hmap_each(&a->kept, same_pair, &c);
	hmap_each(&b->kept, same_pair, &back);
	assert_int_equal(c.n, back.n);
}
