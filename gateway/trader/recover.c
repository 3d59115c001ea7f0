/*
 * From what stands on the disk to a trader that may open its doors.
 *
 * Tables are brought up to the journal's last whole turn, or thrown away and
 * made from the journal alone when they can't be continued. Sessions, desk,
 * positions, kill switches and venues are loaded from them: the same pairs
 * that live traffic kept. Every start has its own incarnation number, so that
 * no OrderID or ExecID is ever given twice.
 */
#include "gateway/trader/holdings.h"
#include "gateway/venue/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FOLLOW_BATCH 100000
#define JOURNAL_PER_ORDER 1280u /* bytes, New and Fill out */

static const struct fix_span all = { NULL, 0 };

static int
start_again(struct trader *t, const char *why)
{
	int rc;

	trader_log(t, LOG_L_WARN, "tables are made anew from the journal: %s",
	    why);
	tables_free(t->tables);
	t->tables = NULL;
	rc = fix_store_clear(t->cfg.store);
	if (rc != 0)
		return rc;
	t->tables = tables_new(t->cfg.store);
	return t->tables == NULL ? -FIX_E_NOMEM : 0;
}

/* Can the tables be continued with the journal that is there? */
static int
check_tables(struct trader *t)
{
	uint64_t applied = fix_store_applied(t->cfg.store);
	uint64_t last = fix_journal_last(t->cfg.journal);

	t->tables = tables_new(t->cfg.store);
	if (t->tables == NULL)
		return start_again(t, "they can't be read");
	if (applied > last)
		return start_again(t, "they are ahead of it");
	if (applied > 0 && applied + 1 < fix_journal_first(t->cfg.journal))
		return start_again(t, "they end before it begins");
	return 0;
}

static int
catch_up(struct trader *t)
{
	struct fix_store_error e = { "" };
	uint64_t last = fix_journal_last(t->cfg.journal);
	ssize_t n;

	if (last == 0)
		return 0;
	if (fix_store_applied(t->cfg.store) == 0 &&
	    fix_journal_first(t->cfg.journal) > 1)
		trader_log(t, LOG_L_INFO, "the journal begins at record %"
		    PRIu64 ", with a snapshot", fix_journal_first(
		    t->cfg.journal));
	while ((n = tables_follow(t->tables, t->cfg.disk, FOLLOW_BATCH, &e)) ==
	    FOLLOW_BATCH)
		trader_log(t, LOG_L_INFO, "replaying the journal: record %"
		    PRIu64 " of %" PRIu64, fix_store_applied(t->cfg.store),
		    last);
	if (n < 0)
		trader_log(t, LOG_L_ERROR, "the journal can't be replayed: %s",
		    e.text);
	return n < 0 ? (int)n : 0;
}

/* A number that stays with a name, in FIX_TAB_CONTROL. */
static uint32_t
number_of(struct trader *t, const char *kind, const char *name,
    uint32_t *highest)
{
	char key[128];
	struct fix_span k, v;
	uint32_t number = 0;

	k.len = (size_t)snprintf(key, sizeof(key), "%s %s", kind, name);
	k.p = (const uint8_t *)key;
	if (fix_store_get(t->cfg.store, FIX_TAB_CONTROL, k, &number,
	    sizeof(number)) == (ssize_t)sizeof(number))
		return number;
	number = ++*highest;
	v = (struct fix_span){ (const uint8_t *)&number, sizeof(number) };
	trader_keep(t, FIX_TAB_CONTROL, 0, k, v);
	return number;
}

struct called {
	uint32_t number;
	char *out; /* VENUE_NAME_MAX + 1 */
};

static int
see_name(void *arg, struct fix_span key, struct fix_span value)
{
	struct called *n = arg;
	uint32_t number;

	if (value.len != sizeof(number))
		return 0;
	memcpy(&number, value.p, sizeof(number));
	if (number == n->number)
		(void)fix_span_copy((struct fix_span){ key.p + 6, key.len - 6 },
		    n->out, VENUE_NAME_MAX + 1);
	return 0;
}

const char *
venue_called(struct trader *t, uint32_t number)
{
	struct called n = { number, t->gone_venue };

	for (uint32_t i = 0; i < t->n_venues; i++)
		if (t->venues[i]->number == number)
			return t->venues[i]->name;
	if (number == 0)
		return NULL;
	if (number != t->gone_number) {
		t->gone_venue[0] = '\0';
		(void)fix_store_each(t->cfg.store, FIX_TAB_CONTROL,
		    fix_span_of("venue "), all, see_name, &n);
		t->gone_number = number;
	}
	return t->gone_venue[0] == '\0' ? NULL : t->gone_venue;
}

struct highest {
	const char *kind;
	uint32_t number;
};

static int
see_number(void *arg, struct fix_span key, struct fix_span value)
{
	struct highest *h = arg;
	uint32_t n;

	(void)key;
	if (value.len == sizeof(n)) {
		memcpy(&n, value.p, sizeof(n));
		if (n > h->number)
			h->number = n;
	}
	return 0;
}

static uint32_t
highest_of(struct trader *t, const char *kind)
{
	struct highest h = { kind, 0 };
	char prefix[32];
	struct fix_span p = { (const uint8_t *)prefix,
		(size_t)snprintf(prefix, sizeof(prefix), "%s ", kind) };

	(void)fix_store_each(t->cfg.store, FIX_TAB_CONTROL, p, all, see_number,
	    &h);
	return h.number;
}

size_t
client_id(const struct fix_session_cfg *cfg, char *out, size_t cap)
{
	const char *const parts[][2] = {
		{ "", cfg->begin_string },
		{ ":", cfg->sender_comp_id },
		{ "/", cfg->sender_sub_id },
		{ "/", cfg->sender_location_id },
		{ "->", cfg->target_comp_id },
		{ "/", cfg->target_sub_id },
		{ "/", cfg->target_location_id },
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i][1] != NULL)
			n += (size_t)snprintf(n < cap ? out + n : NULL,
			    n < cap ? cap - n : 0, "%s%s", parts[i][0],
			    parts[i][1]);
	return n;
}

uint32_t
trader_session_number(const struct trader *t, uint32_t index)
{
	return t->clients[index].number;
}

static bool
table_client(struct trader *t, struct client *c)
{
	uint32_t n = t->n_by_number == 0 ? 16 : t->n_by_number;
	struct client **more;

	while (n <= c->number)
		n *= 2;
	if (n != t->n_by_number) {
		more = realloc(t->by_number, n * sizeof(struct client *));
		if (more == NULL)
			return false;
		memset(more + t->n_by_number, 0,
		    (n - t->n_by_number) * sizeof(struct client *));
		t->by_number = more;
		t->n_by_number = n;
	}
	t->by_number[c->number] = c;
	return true;
}

/* A row in the tables as soon as there is a session, for people to see. */
static void
keep_session(struct trader *t, struct client *c,
    struct fix_session_numbers numbers)
{
	struct rec_session row;
	uint8_t key[4];
	struct fix_span k = { key, fix_key_u32(key, c->number) };
	struct fix_span v = { (const uint8_t *)&row, sizeof(row) };

	memset(&row, 0, sizeof(row));
	row.numbers.next_in = numbers.next_in;
	row.numbers.next_out = numbers.next_out;
	row.numbers.generation = c->generation;
	row.numbers.owed = c->owed;
	row.changed_ns = t->now.utc.ns;
	memcpy(row.id, c->id, sizeof(row.id) < sizeof(c->id) ? sizeof(row.id) :
	    sizeof(c->id));
	trader_keep(t, FIX_TAB_SESSIONS, c->number, k, v);
}

int
client_load(struct trader *t, struct client *c,
    const struct trader_session_cfg *cfg)
{
	struct fix_session_numbers numbers = { 1, 1 };
	const struct rec_session *row;
	struct fix_session_cfg fix = cfg->fix;

	fix.sends_void_anew = true; /* orphans_send() */
	c->cfg = cfg;
	(void)client_id(&cfg->fix, c->id, sizeof(c->id));
	c->number = number_of(t, "session", c->id, &t->highest);
	row = tables_session(t->tables, c->number);
	if (row != NULL && row->numbers.next_in > 0) {
		numbers.next_in = row->numbers.next_in;
		numbers.next_out = row->numbers.next_out > 0 ?
		    row->numbers.next_out : 1;
		c->generation = row->numbers.generation;
		c->owed = row->numbers.owed;
	} else if (row != NULL && row->numbers.next_out > 0) {
		numbers.next_out = row->numbers.next_out;
	}
	hours_load(t, c, row);
	hold_load(t, c);
	c->fix = fix_session_new(&fix, numbers, t->acts);
	if (c->fix == NULL || flow_load(c) != 0 || !table_client(t, c))
		return -FIX_E_NOMEM;
	cod_load(t, c, row);
	if (c->cfg->is_drop_copy && dropcopy_load(t, c) != 0)
		return -FIX_E_NOMEM;
	if (row == NULL || row->id[0] == '\0' ||
	    (row->numbers.flags & REC_NUM_UP) != 0)
		keep_session(t, c, numbers);
	if (orphans_load(t, c) != 0)
		return -FIX_E_NOMEM;
	return paced_load(t, c);
}

static int
add_sessions(struct trader *t)
{
	t->highest = highest_of(t, "session");
	for (uint32_t i = 0; i < t->cfg.n_sessions; i++) {
		struct desk_session d = t->cfg.sessions[i].desk;
		int rc = client_load(t, &t->clients[i], &t->cfg.sessions[i]);

		d.number = t->clients[i].number;
		if (rc == 0)
			rc = desk_add_session(t->desk, &d);
		if (rc != 0)
			return rc;
	}
	return dynamic_load(t);
}

static int
add_venues(struct trader *t)
{
	uint32_t highest = highest_of(t, "venue");
	int rc = 0;

	for (uint32_t i = 0; i < t->n_venues && rc == 0; i++) {
		struct venue *v = t->venues[i];

		v->number = number_of(t, "venue", v->name, &highest);
		rc = desk_add_venue(t->desk, v);
	}
	fixvenue_bind(t);
	for (uint32_t i = 0; i < t->n_routes && rc == 0; i++)
		rc = desk_add_route(t->desk, &t->routes[i]);
	return rc;
}

static void
on_keep(void *arg, enum fix_table table, struct fix_span key,
    struct fix_span value)
{
	trader_keep(arg, table, 0, key, value);
}

static void
on_alert(void *arg, const char *text)
{
	trader_note(arg, LOG_L_WARN, 0, "alert: %s", text);
}

static void
on_breached(void *arg, bool over, const char *text)
{
	trader_note(arg, LOG_L_WARN, 0, "breached%s: %s",
	    over ? "" : " no more", text);
}

static int
new_incarnation(struct trader *t)
{
	static const char key[] = "incarnation";
	struct fix_span k = { (const uint8_t *)key, sizeof(key) - 1 };
	struct fix_span v = { (const uint8_t *)&t->incarnation,
		sizeof(t->incarnation) };
	struct rec_start start = { 0, REC_VERSION, (uint32_t)getpid(),
		t->cfg.node, 0 };
	struct fix_span part = { (const uint8_t *)&start, sizeof(start) };

	if (fix_store_get(t->cfg.store, FIX_TAB_CONTROL, k, &t->incarnation,
	    sizeof(t->incarnation)) != (ssize_t)sizeof(t->incarnation))
		t->incarnation = 0;
	start.incarnation = ++t->incarnation;
	trader_keep(t, FIX_TAB_CONTROL, 0, k, v);
	return trader_append(t, REC_START, 0, 0, &part, 1, NULL) ? 0 :
	    t->failed;
}

/* Memory for what the tables hold, and memory and journal of so many orders
 * more, before the first one. */
static int
make_ready(struct trader *t)
{
	struct fix_store *s = t->cfg.store;
	size_t n = t->cfg.ready_orders;
	size_t orders = fix_store_count(s, FIX_TAB_ORDERS) + n;
	int rc = desk_prepare(t->desk, orders,
	    fix_store_count(s, FIX_TAB_IDS) + n,
	    fix_store_count(s, FIX_TAB_EXECS) + n);

	for (uint32_t i = 0; i < t->n_venues && rc == 0; i++) {
		struct venue *v = t->venues[i];

		if (v->ops->prepare != NULL)
			rc = v->ops->prepare(v, n + (orders - n) / t->n_venues);
	}
	return rc != 0 || n == 0 ? rc :
	    fix_journal_ready(t->cfg.journal, n * JOURNAL_PER_ORDER);
}

static int
make_desk(struct trader *t)
{
	struct desk_cfg cfg = { t->cfg.node, t->incarnation, t->risk,
		t->cfg.ack_timeout_ns };
	struct desk_ops ops = { t, on_keep, report_queue, report_say, on_alert,
		kills_lives, kills_trip, on_breached, tokens_spent,
		holdings_executed };

	risk_set_decision(t->risk, t->incarnation << 32);
	if (t->incarnation > 1)
		risk_restarted(t->risk, t->now);
	t->desk = desk_new(&cfg, &ops);
	return t->desk == NULL ? -FIX_E_NOMEM : make_ready(t);
}

struct load {
	struct trader *t;
	enum fix_table table;
};

static int
load_pair(void *arg, struct fix_span key, struct fix_span value)
{
	struct load *l = arg;

	return desk_load(l->t->desk, l->table, key, value);
}

/* Counters and latches of risk: "risk ...". */
static int
load_risk(struct trader *t)
{
	struct load l = { t, FIX_TAB_CONTROL };

	return fix_store_each(t->cfg.store, FIX_TAB_CONTROL,
	    fix_span_of("risk "), all, load_pair, &l);
}

static int
load_desk(struct trader *t)
{
	static const enum fix_table tables[] = { FIX_TAB_POSITIONS,
		FIX_TAB_ORDERS, FIX_TAB_IDS, FIX_TAB_EXECS };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct load l = { t, tables[i] };
		int rc = fix_store_each(t->cfg.store, tables[i], all, all,
		    load_pair, &l);

		if (rc != 0)
			return rc;
	}
	risk_set_day(t->risk, t->now.utc);
	return load_risk(t);
}

static int
load_venue_pair(void *arg, struct fix_span key, struct fix_span value)
{
	struct venue *v = arg;
	size_t name = strlen(v->name) + 1;
	struct fix_span k = { key.p + name, key.len - name };

	if (venue_is_process(v) && k.len > 0 && k.p[0] == HOLDINGS_KEY)
		return holdings_load(v->sink.arg, v, k, value);
	v->ops->load(v, k, value);
	return 0;
}

static int
load_venues(struct trader *t)
{
	for (uint32_t i = 0; i < t->n_venues; i++) {
		struct venue *v = t->venues[i];
		struct fix_span prefix = { (const uint8_t *)v->name,
			strlen(v->name) + 1 };
		int rc = fix_store_each(t->cfg.store, FIX_TAB_VENUES, prefix,
		    all, load_venue_pair, v);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
recover(struct trader *t)
{
	int rc = check_tables(t);

	cod_recover(t);
	if (rc == 0)
		rc = catch_up(t);
	if (rc == 0)
		rc = prune_journal(t);
	if (rc == 0)
		rc = new_incarnation(t);
	if (rc == 0)
		rc = make_desk(t);
	if (rc == 0)
		rc = add_sessions(t);
	if (rc == 0)
		rc = add_venues(t);
	if (rc == 0)
		rc = load_desk(t);
	if (rc == 0)
		rc = kills_load(t);
	if (rc == 0)
		rc = limits_load(t);
	if (rc == 0)
		rc = tokens_load(t);
	if (rc == 0)
		rc = load_venues(t);
	return rc;
}

static void
ask_connections(struct trader *t)
{
	for (uint32_t i = 0; i < t->n_clients; i++) {
		struct client *c = &t->clients[i];

		if (c->cfg->fix.role != FIX_INITIATOR || c->wants_connect ||
		    c->held || !hours_may_log_on(c))
			continue;
		c->wants_connect = true;
		t->io.connect(t->io.arg, c->number);
	}
}

int
trader_recover(struct trader *t, struct fix_now now)
{
	int rc;

	t->now = now;
	rc = recover(t);
	if (rc == 0) {
		desk_forget(t->desk, now.utc.ns - now.utc.ns % FIX_DAY);
		desk_start(t->desk, now);
		rc = sums_check(t);
	}
	if (rc != 0) {
		trader_log(t, LOG_L_ERROR, "the store can't be loaded: %s%s",
		    fix_strerror(rc), rc == -FIX_E_CORRUPT ? "; remove the "
		    "folder of the tables, they are made anew from the journal"
		    : "");
		return rc;
	}
	risk_set_ready(t->risk);
	for (uint32_t i = 0; i < t->n_venues; i++)
		t->venues[i]->ops->start(t->venues[i], now);
	trader_settle(t);
	hours_start(t);
	rc = trader_commit(t, now);
	if (rc == 0) {
		trader_log(t, LOG_L_INFO, "recovered: journal record %" PRIu64
		    ", start %" PRIu64 ", %u live orders, %u drop copies go on",
		    fix_journal_last(t->cfg.journal), t->incarnation,
		    desk_live(t->desk), t->n_copies);
		ask_connections(t);
	}
	return rc;
}
