/*
 * What the desk keeps, and how it comes back.
 *
 * Every change leaves as an after-image under its key; giving all images back
 * in any order and calling desk_start() makes the same desk. The one thing a
 * restart changes is that every live order is then in doubt until its venue
 * says where it stands; that is not kept, since it is so after every restart.
 */
#include "gateway/order/desk.h"
#include "risk/known.h"

static struct fix_span
bytes(const void *p, size_t len)
{
	struct fix_span s = { p, len };

	return s;
}

static void
keep_order(struct desk *d, const struct entry *en)
{
	uint8_t key[8], value[ORDER_KEPT_MAX];
	size_t len = order_keep(&en->o, value);

	if (en->parties != NULL) {
		memcpy(value + len, en->parties->fields, en->parties->len);
		len += en->parties->len;
	}
	d->ops.keep(d->ops.arg, FIX_TAB_ORDERS,
	    bytes(key, fix_key_u64(key, en->o.number)), bytes(value, len));
}

/* An order changes some times in a turn; its image is made once, at the end. */
void
desk_save(struct desk *d, struct entry *en, struct fix_now now)
{
	en->dirty = false;
	en->o.changed_ns = now.utc.ns;
	if (en->unkept)
		return;
	en->unkept = true;
	STAILQ_INSERT_TAIL(&d->unkept, en, unkept_next);
}

void
desk_keep(struct desk *d)
{
	struct entry *en;

	while ((en = STAILQ_FIRST(&d->unkept)) != NULL) {
		STAILQ_REMOVE_HEAD(&d->unkept, unkept_next);
		en->unkept = false;
		keep_order(d, en);
	}
}

static size_t
key_of(uint8_t *out, uint32_t number, const char *id)
{
	size_t n = fix_key_u32(out, number), len = strlen(id);

	memcpy(out + n, id, len);
	return n + len;
}

void
desk_save_use(struct desk *d, const struct use *u)
{
	uint8_t key[4 + sizeof(u->id)];
	uint8_t value[sizeof(u->kept) + sizeof(*u->wish)];
	size_t len = sizeof(u->kept);

	memcpy(value, &u->kept, sizeof(u->kept));
	if (u->wish != NULL) {
		memcpy(value + len, u->wish, sizeof(*u->wish));
		len += sizeof(*u->wish);
	}
	d->ops.keep(d->ops.arg, FIX_TAB_IDS,
	    bytes(key, key_of(key, u->session, u->id)), bytes(value, len));
}

void
desk_save_exec(struct desk *d, const struct exec *x)
{
	uint8_t key[4 + sizeof(x->venue_exec_id)];

	desk_keep(d); /* an order stands before its executions */
	d->ops.keep(d->ops.arg, FIX_TAB_EXECS,
	    bytes(key, key_of(key, x->venue, x->venue_exec_id)),
	    bytes(&x->kept, sizeof(x->kept)));
}

void
desk_keep_risk(struct desk *d)
{
	uint8_t key[sizeof("risk ") + RISK_MEMORY_KEY] = "risk ";
	const struct risk_memory *m;
	size_t n;

	while (risk_changed(d->cfg.risk, key + 5, &n, &m))
		d->ops.keep(d->ops.arg, FIX_TAB_CONTROL, bytes(key, 5 + n),
		    bytes(m, sizeof(*m)));
}

void
desk_save_fill(struct desk *d, const char *account, const char *symbol,
    char side, int64_t qty_e8, int64_t px_e8)
{
	const struct risk_position *p;
	uint8_t key[2 * RISK_ID_MAX + 3];
	size_t a = strlen(account), b = strlen(symbol);

	p = risk_fill(d->cfg.risk, fix_span_of(account), fix_span_of(symbol),
	    side, qty_e8, px_e8);
	if (p == NULL) {
		desk_alert(d, "no memory for the position of %s in %s", account,
		    symbol);
		return;
	}
	memcpy(key, account, a + 1);
	memcpy(key + a + 1, symbol, b);
	d->ops.keep(d->ops.arg, FIX_TAB_POSITIONS, bytes(key, a + 1 + b),
	    bytes(p, sizeof(*p)));
	desk_keep_risk(d);
}

void
queue_put(struct entry *en, struct use *u)
{
	struct use **at = &en->queue;

	while (*at != NULL && (*at)->kept.turn < u->kept.turn)
		at = &(*at)->behind;
	u->behind = *at;
	*at = u;
	en->queued++;
}

struct use *
queue_take(struct entry *en)
{
	struct use *u = en->queue;

	if (u == NULL)
		return NULL;
	en->queue = u->behind;
	u->behind = NULL;
	en->queued--;
	return u;
}

#define ENDS(array) ((array)[sizeof(array) - 1] == '\0')

static bool
order_ok(const struct order *o, uint64_t number)
{
	return o->number == number && number != 0 && ENDS(o->order_id) &&
	       ENDS(o->venue_cl_ord_id) && ENDS(o->venue_request_id) &&
	       ENDS(o->venue_order_id) && ENDS(o->cl_ord_id) &&
	       ENDS(o->cancel_id) && ENDS(o->request_id) &&
	       ENDS(o->request_orig_id) && ENDS(o->account) &&
	       ENDS(o->symbol) && o->qty_e8 >= 0 && o->cum_e8 >= 0 &&
	       o->leaves_e8 >= 0 && o->status != '\0' &&
	       memchr("A012347C8U", o->status, 10) != NULL &&
	       (o->status != 'U' || o->told != '\0');
}

static uint64_t
get_be(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	for (; len > 0; len--)
		v = v << 8 | *p++;
	return v;
}

static int
load_order(struct desk *d, struct fix_span key, struct fix_span value)
{
	struct entry *en;
	struct order o;

	if (key.len != 8 || !order_of_kept(&o, value))
		return -FIX_E_CORRUPT;
	if (!order_ok(&o, get_be(key.p, 8)))
		return -FIX_E_CORRUPT;
	if (entry_find(d, o.number) != NULL)
		return -FIX_E_CORRUPT;
	en = entry_new(d, o.number);
	if (en == NULL ||
	    !entry_set_parties(d, en, order_parties_of_kept(value)))
		return -FIX_E_NOMEM;
	memcpy(&en->o, &o, sizeof(o));
	en->out_e8 = o.qty_e8;
	entry_index(d, en);
	return 0;
}

/* As a rule the order is there when an id of it is loaded, or an execution.
 * @return false: not yet */
static bool
hang_use(struct desk *d, struct use *u)
{
	struct entry *en;

	if (u->kept.kind == 'q') {
		mass_link(d, u);
		return true;
	}
	if (u->kept.turn > d->turn)
		d->turn = u->kept.turn;
	en = entry_find(d, u->kept.order);
	if (en == NULL)
		return false;
	use_link(u, en);
	if (u->wish != NULL)
		queue_put(en, u);
	else if (u->kept.state == ORDER_USE_REJECTED)
		en->refused++;
	return true;
}

static bool
hang_exec(struct desk *d, struct exec *x)
{
	struct entry *en = entry_find(d, x->kept.order);

	if (en == NULL)
		return false;
	x->sibling = en->execs;
	en->execs = x;
	if (BROKEN("post_once"))
		desk_save_fill(d, en->o.account, en->o.symbol, en->o.side,
		    x->kept.qty_e8, x->kept.px_e8);
	return true;
}

static int
load_use(struct desk *d, struct fix_span key, struct fix_span value)
{
	struct fix_span id = { key.p + 4, key.len - 4 };
	struct order_use kept;
	struct use *u;
	size_t more;

	if (key.len <= 4 || !ids_client_ok(id) || value.len < sizeof(kept))
		return -FIX_E_CORRUPT;
	memcpy(&kept, value.p, sizeof(kept));
	more = value.len - sizeof(kept);
	if (kept.state == ORDER_USE_QUEUED
		? more != sizeof(*u->wish) && more != ORDER_WISH_PLAIN
		: more != 0)
		return -FIX_E_CORRUPT;
	if (use_find(d, (uint32_t)get_be(key.p, 4), id) != NULL)
		return -FIX_E_CORRUPT;
	u = use_new(d, (uint32_t)get_be(key.p, 4), id);
	if (u == NULL)
		return -FIX_E_NOMEM;
	u->kept = kept;
	if (more != 0) {
		u->wish = pool_get(&d->wishes);
		if (u->wish == NULL)
			return -FIX_E_NOMEM;
		memcpy(u->wish, value.p + sizeof(kept), more);
		if (!ENDS(u->wish->orig_id))
			return -FIX_E_CORRUPT;
	}
	if (!hang_use(d, u)) {
		u->sibling = d->loose_uses;
		d->loose_uses = u;
	}
	return 0;
}

static int
load_exec(struct desk *d, struct fix_span key, struct fix_span value)
{
	char id[VENUE_ID_MAX + 1];
	struct fix_span text = { key.p + 4, key.len - 4 };
	struct exec *x;

	if (key.len <= 4 || value.len != sizeof(x->kept) ||
	    !fix_span_copy(text, id, sizeof(id)) || strlen(id) != text.len)
		return -FIX_E_CORRUPT;
	if (exec_find(d, (uint32_t)get_be(key.p, 4), id) != NULL)
		return -FIX_E_CORRUPT;
	x = exec_new(d, (uint32_t)get_be(key.p, 4), id);
	if (x == NULL)
		return -FIX_E_NOMEM;
	memcpy(&x->kept, value.p, sizeof(x->kept));
	if (!ENDS(x->kept.exec_id) || !ENDS(x->kept.ref) ||
	    !ENDS(x->kept.symbol))
		return -FIX_E_CORRUPT;
	if (BROKEN("post_once") || !hang_exec(d, x)) {
		x->sibling = d->loose_execs;
		d->loose_execs = x;
	}
	return 0;
}

static int
load_position(struct desk *d, struct fix_span key, struct fix_span value)
{
	struct risk_position p;
	const uint8_t *nul = memchr(key.p, '\0', key.len);
	struct fix_span account, symbol;

	if (nul == NULL || value.len != sizeof(p))
		return -FIX_E_CORRUPT;
	account = bytes(key.p, (size_t)(nul - key.p));
	symbol = bytes(nul + 1, key.len - account.len - 1);
	memcpy(&p, value.p, sizeof(p));
	return risk_set_position(d->cfg.risk, account, symbol, &p);
}

/* "risk ..."; other rows of this table are not the desk's. */
static int
load_risk(struct desk *d, struct fix_span key, struct fix_span value)
{
	if (key.len <= 5 || memcmp(key.p, "risk ", 5) != 0)
		return -FIX_E_CORRUPT;
	return risk_remember(d->cfg.risk, bytes(key.p + 5, key.len - 5), value);
}

int
desk_load(struct desk *d, enum fix_table t, struct fix_span key,
    struct fix_span value)
{
	if (d->linked)
		return -FIX_E_STATE;
	if (key.len == 0 || value.len == 0)
		return -FIX_E_CORRUPT;
	if (t == FIX_TAB_ORDERS)
		return load_order(d, key, value);
	if (t == FIX_TAB_IDS)
		return load_use(d, key, value);
	if (t == FIX_TAB_EXECS)
		return load_exec(d, key, value);
	if (t == FIX_TAB_CONTROL)
		return load_risk(d, key, value);
	if (t == FIX_TAB_POSITIONS)
		return load_position(d, key, value);
	return -FIX_E_CORRUPT;
}


/* The hold as it was kept comes back whole: nothing is freed by a restart. */
static void
start_order(struct desk *d, struct entry *en, struct fix_now now)
{
	struct order *o = &en->o;
	struct risk_hold none = { 0, 0 };

	if (!order_is_live(o))
		return;
	risk_rehold(d->cfg.risk, fix_span_of(o->account),
	    fix_span_of(o->symbol), o->side, none, o->hold, 1);
	en->is_live = true;
	TAILQ_INSERT_TAIL(&d->live, en, live);
	d->n_live++;
	desk_rest(d, en);
	expiry_note(d, o, now);
	if (o->status != 'U') {
		o->told = o->status;
		o->status = 'U';
	}
}

static void
link_all(struct desk *d)
{
	struct use *u;
	struct exec *x;

	if (d->linked)
		return;
	d->linked = true;
	while ((u = d->loose_uses) != NULL) {
		d->loose_uses = u->sibling;
		u->sibling = NULL;
		if (!hang_use(d, u))
			desk_alert(d, "ClOrdID %s of session %u names no order",
			    u->id, (unsigned)u->session);
	}
	while ((x = d->loose_execs) != NULL) {
		d->loose_execs = x->sibling;
		x->sibling = NULL;
		(void)hang_exec(d, x); /* if not: in suspense */
	}
}

void
desk_reach(struct desk *d, struct fix_now now)
{
	struct entry *en;

	risk_set_day(d->cfg.risk, now.utc);
	if (risk_granted_trader(d->cfg.risk, 0) == NULL)
		return; /* all orders are not looked at for nothing */
	TAILQ_FOREACH(en, &d->all, all) {
		struct risk_order o;
		struct fix_utc when = { en->o.entered_ns };

		if (en->o.trader[0] == '\0' ||
		    en->o.venue_cl_ord_id[0] == '\0') /* it was not sent */
			continue;
		o = order_risk(&en->o);
		risk_saw(d->cfg.risk, &o, when);
	}
}

void
desk_start(struct desk *d, struct fix_now now)
{
	struct entry *en;
	unsigned i;

	link_all(d);
	TAILQ_FOREACH(en, &d->all, all)
	start_order(d, en, now);
	d->started = true;
	for (i = 0; i < d->n_venues; i++) {
		if (d->venues[i]->up)
			doubt_up(d, d->venues[i], now);
	}
}

static void
forget(struct desk *d, enum fix_table t, const uint8_t *key, size_t len)
{
	d->ops.keep(d->ops.arg, t, bytes(key, len), bytes(NULL, 0));
}

void
desk_forget_use(struct desk *d, struct use *u)
{
	uint8_t key[4 + ORDER_CLORDID_MAX + 1];

	forget(d, FIX_TAB_IDS, key, key_of(key, u->session, u->id));
	hmap_del(&d->by_use, &u->node);
	if (u->wish != NULL)
		pool_put(&d->wishes, u->wish);
	pool_put(&d->uses, u);
}

static void
forget_uses(struct desk *d, struct entry *en)
{
	struct use *u;

	while ((u = en->uses) != NULL) {
		en->uses = u->sibling;
		desk_forget_use(d, u);
	}
}

static void
forget_execs(struct desk *d, struct entry *en)
{
	uint8_t key[4 + VENUE_ID_MAX + 1];
	struct exec *x;

	while ((x = en->execs) != NULL) {
		en->execs = x->sibling;
		forget(d, FIX_TAB_EXECS, key,
		    key_of(key, x->venue, x->venue_exec_id));
		hmap_del(&d->by_exec, &x->node);
		pool_put(&d->execs, x);
	}
}

unsigned
desk_forget(struct desk *d, int64_t before_ns)
{
	struct entry *en, *next;
	unsigned n = 0;
	uint8_t key[8];

	desk_keep(d);
	link_all(d);
	mass_forget(d, before_ns);
	for (en = TAILQ_FIRST(&d->all); en != NULL; en = next) {
		next = TAILQ_NEXT(en, all);
		if (order_is_live(&en->o) || en->o.changed_ns >= before_ns)
			continue;
		forget_uses(d, en);
		forget_execs(d, en);
		forget(d, FIX_TAB_ORDERS, key, fix_key_u64(key, en->o.number));
		hmap_del(&d->by_number, &en->by_number);
		if (en->has_venue_id)
			hmap_del(&d->by_venue_id, &en->by_venue_id);
		TAILQ_REMOVE(&d->all, en, all);
		if (en->parties != NULL)
			pool_put(&d->parties, en->parties);
		pool_put(&d->entries, en);
		d->n_orders--;
		n++;
	}
	return n;
}
