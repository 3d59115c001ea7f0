/*
 * The trader's turn.
 *
 * What the loop hands in (bytes, connections, time) goes to sessions, desk and
 * venues at once, and everything that must survive is appended to the open
 * turn of the journal on the way. trader_commit() closes the turn with one
 * commit and only then hands bytes to the loop. A failure to append or commit
 * stops the trader: nothing of that turn leaves, and a restart goes back to
 * the turn before.
 */
#include "gateway/trader/inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLLOW_BATCH 2000     /* records a piece of idle work */
#define FOLLOW_BEHIND 500000  /* records that tables may lag before they are
                                 brought on even under load */
#define SETTLE_ROUNDS 1000

void
trader_log(struct trader *t, enum log_level level, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->io.log(t->io.arg, (int)level, text);
}

void
trader_note(struct trader *t, enum log_level level, uint32_t session,
    const char *fmt, ...)
{
	char text[512];
	struct fix_span part;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->io.log(t->io.arg, (int)level, text);
	part = fix_span_of(text);
	(void)trader_append(t, REC_NOTE, session, 0, &part, 1, NULL);
}

void
trader_event(struct trader *t, const char *text)
{
	trader_note(t, LOG_L_INFO, 0, "%s", text);
}

static int
set_validation(
    struct trader *t, struct client *c, const struct fix_session_cfg *cfg)
{
	int rc = fix_session_set_validation(c->fix, cfg);

	if (rc != 0)
		trader_log(t, LOG_L_ERROR,
		    "%s: dictionaries and validation stay as they were: %s",
		    c->id,
		    rc == -FIX_E_STATE ? "another DefaultApplVerID needs a "
					 "restart"
				       : fix_strerror(rc));
	return rc;
}

void
trader_set_logon(
    struct trader *t, uint32_t index, const struct fix_session_cfg *cfg)
{
	if (index < t->cfg.n_sessions)
		fix_session_set_logon(t->clients[index].fix, cfg);
}

int
trader_set_validation(
    struct trader *t, uint32_t index, const struct fix_session_cfg *cfg)
{
	int rc = 0;

	if (index < t->cfg.n_sessions)
		return set_validation(t, &t->clients[index], cfg);
	for (uint32_t i = t->cfg.n_sessions; i < t->n_clients && rc == 0; i++)
		if (dynamic_template(&t->clients[i]) == index)
			rc = set_validation(t, &t->clients[i], cfg);
	return rc;
}

void
trader_fail(struct trader *t, int rc, const char *what)
{
	if (t->failed != 0)
		return;
	t->failed = rc;
	fix_journal_abort(t->cfg.journal);
	trader_log(t, LOG_L_ERROR, "%s: %s; the trader stops, nothing of this "
	    "turn was sent", what, fix_strerror(rc));
}

bool
trader_append(struct trader *t, enum rec_type type, uint32_t session,
    uint64_t order, const struct fix_span *parts, unsigned n, uint64_t *pos)
{
	int rc;

	if (t->failed != 0)
		return false;
	rc = fix_journal_append(t->cfg.journal, (uint16_t)type, session, order,
	    t->now, parts, n, pos);
	if (rc != 0) {
		trader_fail(t, rc, "the journal can't be written");
		return false;
	}
	t->turn_records++;
	return true;
}

static void
append_keep(struct trader *t, enum fix_table table, uint32_t session,
    struct fix_span key, struct fix_span value)
{
	struct rec_keep head = { (uint16_t)table, (uint16_t)key.len };
	struct fix_span parts[3] = {
		{ (const uint8_t *)&head, sizeof(head) }, key, value,
	};

	(void)trader_append(t, REC_KEEP, session, 0, parts, 3, NULL);
}

/* Rows that an order changes again and again within a turn. The others have
 * records of their own kind beside them, and keep their order. */
static bool
kept_at_the_end(enum fix_table table)
{
	return table == FIX_TAB_ORDERS || table == FIX_TAB_IDS ||
	    table == FIX_TAB_EXECS || table == FIX_TAB_POSITIONS ||
	    table == FIX_TAB_VENUES || table == FIX_TAB_SUMS;
}

void
trader_keep(struct trader *t, enum fix_table table, uint32_t session,
    struct fix_span key, struct fix_span value)
{
	int rc;

	if (!kept_at_the_end(table)) {
		append_keep(t, table, session, key, value);
		return;
	}
	rc = t->failed != 0 ? 0 :
	    keeps_put(&t->keeps, table, session, key, value);
	if (rc != 0)
		trader_fail(t, rc, "what this turn keeps");
}

void
trader_append_keeps(struct trader *t)
{
	for (uint32_t i = 0; i < t->keeps.n && t->failed == 0; i++) {
		const struct keep *e = &t->keeps.list[i];

		if (BROKEN("intent") && e->table == FIX_TAB_ORDERS)
			continue;
		append_keep(t, (enum fix_table)e->table, e->session,
		    keeps_key(&t->keeps, e), keeps_value(&t->keeps, e));
	}
	keeps_clear(&t->keeps);
}

static uint32_t
clients_max(const struct trader_cfg *cfg)
{
	return cfg->n_sessions + (cfg->n_templates > 0 ? cfg->max_dynamic : 0);
}

struct trader *
trader_new(const struct trader_cfg *cfg, const struct trader_io *io)
{
	struct trader *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->cfg = *cfg;
	t->io = *io;
	t->risk = cfg->risk;
	t->acts = fix_acts_new(0, 0);
	t->fields = calloc(FIX_FIELDS_MAX, sizeof(*t->fields));
	t->scratch_cap = 256 * 1024;
	t->scratch = malloc(t->scratch_cap);
	t->n_clients = cfg->n_sessions;
	t->clients = calloc(clients_max(cfg) + 1, sizeof(*t->clients));
	t->hours = calloc(cfg->n_templates + 1, sizeof(*t->hours));
	t->copies = calloc(cfg->n_sessions + 1, sizeof(struct client *));
	if (t->acts == NULL || t->fields == NULL || t->scratch == NULL ||
	    t->clients == NULL || t->hours == NULL || t->copies == NULL ||
	    timers_init(&t->timers, clients_max(cfg)) != 0) {
		trader_log(t, LOG_L_ERROR, "out of memory");
		trader_free(t);
		return NULL;
	}
	for (uint32_t i = 0; i < cfg->n_templates; i++)
		fix_schedule_hold(&t->hours[i],
		    &cfg->sessions[cfg->n_sessions + i].schedule);
	return t;
}

void
trader_free(struct trader *t)
{
	if (t == NULL)
		return;
	for (uint32_t i = 0; i < t->n_clients && t->clients != NULL; i++) {
		fix_session_free(t->clients[i].fix);
		flow_free(&t->clients[i]);
		sent_fini(&t->clients[i].sent);
		free(t->clients[i].orphans);
		fix_schedule_drop(&t->clients[i].schedule);
		dropcopy_free(&t->clients[i]);
		dynamic_free(&t->clients[i]);
	}
	peers_free(t);
	kills_free(t);
	limits_free(t);
	markets_free(t);
	desk_free(t->desk);
	venues_free(t);
	risk_free(t->risk);
	tables_free(t->tables);
	timers_fini(&t->timers);
	fix_acts_free(t->acts);
	free(t->clients);
	for (uint32_t i = 0; i < t->cfg.n_templates && t->hours != NULL; i++)
		fix_schedule_drop(&t->hours[i]);
	free(t->hours);
	free(t->copies);
	free(t->by_number);
	free(t->routes);
	free(t->waiting);
	free(t->bodies);
	free(t->scratch);
	free(t->fields);
	keeps_fini(&t->keeps);
	free(t);
}

int
trader_add_route(struct trader *t, const struct desk_route *r)
{
	struct desk_route *more = realloc(t->routes,
	    (t->n_routes + 1) * sizeof(*more));

	if (more == NULL)
		return -FIX_E_NOMEM;
	t->routes = more;
	t->routes[t->n_routes++] = *r;
	return 0;
}

static bool
venues_due(const struct trader *t)
{
	for (uint32_t i = 0; i < t->n_venues; i++) {
		if (t->venues[i]->ops->deadline(t->venues[i]).ns <=
		    t->now.mono.ns)
			return true;
	}
	return false;
}

/* A venue's event may make the desk send the next request, whose answer is
 * due at once: so round by round, with an end. */
void
trader_settle(struct trader *t)
{
	for (int i = 0; i < SETTLE_ROUNDS && t->failed == 0; i++) {
		for (uint32_t v = 0; v < t->n_venues; v++)
			t->venues[v]->ops->tick(t->venues[v], t->now);
		limits_tick(t);
		tokens_tick(t);
		kills_tick(t);
		/* Once: a million orders in doubt are asked for turn by turn. */
		if (i == 0 && desk_deadline(t->desk).ns <= t->now.mono.ns)
			desk_tick(t->desk, t->now);
		reports_send(t);
		if (!venues_due(t))
			break;
	}
}

static int64_t
client_due(const struct client *c)
{
	int64_t due = fix_session_deadline(c->fix).ns;

	if (c->hours_at < due)
		due = c->hours_at;
	if (c->flow.waits_at > 0 && c->flow.waits_at < due)
		due = c->flow.waits_at;
	return c->cod.at < due ? c->cod.at : due;
}

static void
run_timers(struct trader *t)
{
	struct timer *top;

	while ((top = timers_top(&t->timers)) != NULL &&
	    top->at <= t->now.mono.ns && t->failed == 0) {
		struct client *c = (struct client *)top;
		int64_t due = client_due(c);

		if (due <= t->now.mono.ns) {
			if (c->hours_at <= t->now.mono.ns)
				hours_check(t, c);
			if (c->cod.at <= t->now.mono.ns)
				cod_run(t, c);
			flow_tick(t, c);
			fix_session_tick(c->fix, t->now);
			client_work(t, c);
			due = client_due(c);
			if (due <= t->now.mono.ns)
				due = t->now.mono.ns + FIX_MSEC;
		}
		if (timers_top(&t->timers) == top)
			timers_reset_top(&t->timers, due);
	}
}

void
trader_tick(struct trader *t, struct fix_now now)
{
	t->now = now;
	peers_retry(t);
	run_timers(t);
	replays_work(t);
	dropcopy_work(t);
	trader_settle(t);
}

struct fix_mono
trader_deadline(const struct trader *t)
{
	struct fix_mono first = desk_deadline(t->desk);
	struct timer *top = timers_top(&t->timers);

	for (uint32_t i = 0; i < t->n_venues; i++) {
		struct fix_mono at =
		    t->venues[i]->ops->deadline(t->venues[i]);

		if (at.ns < first.ns)
			first = at;
	}
	if (limits_due(t) < first.ns)
		first.ns = limits_due(t);
	if (tokens_due(t) < first.ns)
		first.ns = tokens_due(t);
	if (kills_due(t) < first.ns)
		first.ns = kills_due(t);
	if (top != NULL && top->at < first.ns)
		first.ns = top->at;
	if (dropcopy_deadline(t) < first.ns)
		first.ns = dropcopy_deadline(t);
	if (replays_due(t) || t->n_first > 0)
		first.ns = t->now.mono.ns;
	return first;
}

static uint64_t
behind(const struct trader *t)
{
	return fix_journal_last(t->cfg.journal) -
	    fix_store_applied(t->cfg.store);
}

static bool
follow(struct trader *t)
{
	struct fix_store_error e;
	ssize_t n;

	FAILPOINT("T1_before_tables");
	n = tables_follow(t->tables, t->cfg.disk, FOLLOW_BATCH, &e);
	FAILPOINT("T2_after_tables");
	if (n < 0) {
		/* Tables are no truth: orders go on, a restart remakes them. */
		trader_log(t, LOG_L_ERROR, "tables can't follow the journal, "
		    "orders go on: %s", e.text);
		return false;
	}
	for (uint32_t i = 0; (i = tables_moved(t->tables, i)) != 0;) {
		struct client *c = client_numbered(t, i);
		const struct rec_session *s;

		if (c == NULL || c->sent.n == 0)
			continue;
		s = tables_session(t->tables, i);
		if (s != NULL && s->numbers.generation == c->generation)
			sent_drop(&c->sent, s->numbers.next_out);
	}
	return n == FOLLOW_BATCH;
}

int
trader_commit(struct trader *t, struct fix_now now)
{
	ssize_t n;

	t->now = now;
	reports_send(t);
	kills_keep(t);
	FAILPOINT("K3_decided");
	if (BROKEN("send_first"))
		everything_leaves(t);
	decided_append(t);
	sums_keep(t);
	desk_keep(t->desk);
	trader_append_keeps(t);
	if (t->failed == 0) {
		n = fix_journal_commit(t->cfg.journal);
		if (n < 0)
			trader_fail(t, (int)n, "the journal can't be synced");
	}
	if (t->failed != 0)
		return t->failed;
	t->counts.turns++;
	t->counts.records += t->turn_records;
	if (t->turn_records > 0)
		FAILPOINT("K4_committed");
	if (t->turn_fills > 0)
		FAILPOINT("K8_execution_stored");
	if (t->relimited)
		FAILPOINT("K13_limits_journaled");
	if (t->killed)
		FAILPOINT("K14_kill_journaled");
	t->killed = t->relimited = false;
	t->turn_records = t->turn_fills = 0;
	stage(t, STAGE_JOURNALED);
	everything_leaves(t);
	stage(t, STAGE_WRITTEN);
	FAILPOINT("K10_sent");
	fix_journal_warm(t->cfg.journal);
	if (space_due(t))
		space_prepare(t);
	if (behind(t) > FOLLOW_BEHIND)
		(void)follow(t);
	return 0;
}

bool
trader_idle(struct trader *t)
{
	if (t->failed != 0)
		return false;
	space_prepare(t);
	if (behind(t) > 0 && follow(t))
		return true;
	return behind(t) == 0 && prune_work(t);
}

int
trader_stop(struct trader *t, struct fix_now now)
{
	int rc;

	t->now = now;
	if (!trader_append(t, REC_STOP, 0, 0, NULL, 0, NULL))
		return t->failed;
	rc = trader_commit(t, now);
	if (rc == 0)
		rc = fix_journal_sync(t->cfg.journal);
	while (rc == 0 && behind(t) > 0) {
		struct fix_store_error e;
		ssize_t n = tables_follow(t->tables, t->cfg.disk, 100000, &e);

		if (n <= 0) {
			rc = (int)n;
			break;
		}
	}
	return rc;
}

int
trader_hash(struct trader *t, uint64_t *out)
{
	struct fix_store_error e;
	ssize_t n;

	while ((n = tables_follow(t->tables, t->cfg.disk, 100000, &e)) > 0)
		;
	if (n < 0)
		return (int)n;
	*out = fix_store_hash(t->cfg.store);
	return 0;
}

void
trader_counts(const struct trader *t, struct trader_counts *out)
{
	*out = t->counts;
	out->orders_live = desk_live(t->desk);
	out->holdings_differ = t->holdings_differ;
	out->journal_record = fix_journal_last(t->cfg.journal);
	out->tables_record = fix_store_applied(t->cfg.store);
}
