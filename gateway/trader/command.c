/*
 * An operator's line: "status", "sessions", "kill SCOPE [ID] STATE",
 * "cancel SCOPE [ID]"; "logout", "release", "disable", "enable" or "hours" with
 * a session; "hash". What changes something is journaled before it takes effect,
 * in the turn that carries it out.
 */
#include "gateway/trader/command.h"
#include "gateway/trader/dropcopy.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void
command_say(struct answer *a, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(a->out + a->len, a->cap - a->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		a->len += (size_t)n < a->cap - a->len ? (size_t)n :
		    a->cap - a->len - 1;
}

static void
split(struct words *w, const char *line)
{
	char *save = NULL;

	memset(w, 0, sizeof(*w));
	(void)fix_span_copy(fix_span_of(line), w->line, sizeof(w->line));
	for (char *p = strtok_r(w->line, " \t\r\n", &save);
	    p != NULL && w->n < COMMAND_WORDS; p = strtok_r(NULL, " \t\r\n", &save))
		w->w[w->n++] = p;
}

static int
scope_named(const char *name)
{
	for (int i = 0; i < RISK_N_SCOPE; i++) {
		if (strcasecmp(name, risk_scope_name((enum risk_scope)i)) == 0)
			return i;
	}
	return -1;
}

static int
state_named(const char *name)
{
	static const char *const names[] = { "active", "reducing", "halted" };

	for (int i = 0; i < 3; i++) {
		if (strcasecmp(name, names[i]) == 0)
			return i;
	}
	return -1;
}

/* A session is named by its peer's CompID or its whole id; risk knows its
 * number. */
static struct client *
client_called(struct trader *t, const char *name)
{
	for (uint32_t i = 0; i < t->n_clients; i++) {
		struct client *c = &t->clients[i];

		if (strcmp(c->id, name) == 0 ||
		    strcmp(c->cfg->fix.target_comp_id, name) == 0)
			return c;
	}
	return NULL;
}

/* Scope and id of "firm", "account DEMO", "session CLIENT44".
 * @return words eaten, 0 after a complaint */
unsigned
command_scope(struct trader *t, struct answer *a, const struct words *w,
    enum risk_scope *scope, char *id, size_t cap)
{
	int s = w->n > 1 ? scope_named(w->w[1]) : -1;
	struct client *c;

	if (s < 0) {
		command_say(a, "error: expected firm, group, account, class, symbol or "
		    "session after %s\n", w->w[0]);
		return 0;
	}
	*scope = (enum risk_scope)s;
	id[0] = '\0';
	if (*scope == RISK_SCOPE_FIRM)
		return 2;
	if (w->n < 3) {
		command_say(a, "error: expected which %s\n", w->w[1]);
		return 0;
	}
	(void)fix_span_copy(fix_span_of(w->w[2]), id, cap);
	if (*scope == RISK_SCOPE_SESSION) {
		c = client_called(t, w->w[2]);
		if (c == NULL) {
			command_say(a, "error: no session %s\n", w->w[2]);
			return 0;
		}
		snprintf(id, cap, "%u", c->number);
	}
	return 3;
}

static void
keep_kill(struct trader *t, enum risk_scope scope, const char *id,
    uint8_t state)
{
	char key[96];
	struct fix_span k, v = { &state, 1 };

	k.len = (size_t)snprintf(key, sizeof(key), "kill %d %s", (int)scope,
	    id);
	k.p = (const uint8_t *)key;
	if (state == RISK_ACTIVE)
		v.len = 0;
	trader_keep(t, FIX_TAB_CONTROL, 0, k, v);
}

static void
kill_command(struct trader *t, struct answer *a, const struct words *w)
{
	enum risk_scope scope;
	char id[RISK_ID_MAX + 1];
	unsigned n = command_scope(t, a, w, &scope, id, sizeof(id));
	unsigned cancels = 0;
	int state;

	if (n == 0)
		return;
	state = w->n > n ? state_named(w->w[n]) : -1;
	if (state < 0) {
		command_say(a, "error: expected active, reducing or halted\n");
		return;
	}
	trader_note(t, LOG_L_WARN, 0, "operator: kill %s %s %s", w->w[1], id,
	    w->w[n]);
	keep_kill(t, scope, id, (uint8_t)state);
	if (risk_kill(t->risk, scope, id, (enum risk_state)state) != 0) {
		trader_fail(t, -FIX_E_NOMEM, "a kill switch");
		return;
	}
	if (state == RISK_HALTED)
		cancels = desk_cancel_all(t->desk, scope, id, t->now);
	command_say(a, "ok: %s%s%s is %s, %u cancels sent\n", w->w[1],
	    n > 2 ? " " : "", n > 2 ? w->w[2] : "", w->w[n], cancels);
}

/* A person lets repeated execution go on. */
static void
rearm_command(struct trader *t, struct answer *a, const struct words *w)
{
	enum risk_scope scope;
	char id[RISK_ID_MAX + 1];

	if (command_scope(t, a, w, &scope, id, sizeof(id)) == 0)
		return;
	if (risk_rearm(t->risk, scope, id) != 0) {
		command_say(a, "error: nothing of %s %s is to be re-armed\n", w->w[1],
		    id);
		return;
	}
	trader_note(t, LOG_L_WARN, 0, "operator: rearm %s %s", w->w[1], id);
	desk_keep_risk(t->desk);
	command_say(a, "ok: %s %s is armed\n", w->w[1], w->n > 2 ? w->w[2] : "");
}

static void
cancel_command(struct trader *t, struct answer *a, const struct words *w)
{
	enum risk_scope scope;
	char id[RISK_ID_MAX + 1];

	if (command_scope(t, a, w, &scope, id, sizeof(id)) == 0)
		return;
	trader_note(t, LOG_L_WARN, 0, "operator: cancel %s %s", w->w[1], id);
	command_say(a, "ok: %u cancels sent\n", desk_cancel_all(t->desk, scope, id,
	    t->now));
}

static void
logout_command(struct trader *t, struct answer *a, const struct words *w)
{
	struct client *c = w->n > 1 ? client_called(t, w->w[1]) : NULL;

	if (c == NULL) {
		command_say(a, "error: expected a session, by CompID or id\n");
		return;
	}
	trader_note(t, LOG_L_WARN, c->number, "operator: logout %s", c->id);
	fix_session_logout(c->fix, "logged out by the operator", t->now);
	client_work(t, c);
	command_say(a, "ok: %s is logging out\n", c->id);
}

static void
release_command(struct trader *t, struct answer *a, const struct words *w)
{
	struct client *c = w->n > 1 ? client_called(t, w->w[1]) : NULL;

	if (c == NULL)
		command_say(a, "error: expected a session, by CompID or id\n");
	else if (hold_release(t, c, "the operator"))
		command_say(a, "ok: %s is released\n", c->id);
	else
		command_say(a, "ok: %s was not held\n", c->id);
}

/* Not logged on until enabled, whatever its hours are. */
static void
disable_command(struct trader *t, struct answer *a, const struct words *w)
{
	struct client *c = w->n > 1 ? client_called(t, w->w[1]) : NULL;
	bool disable = strcmp(w->w[0], "disable") == 0;

	if (c == NULL) {
		command_say(a, "error: expected a session, by CompID or id\n");
		return;
	}
	trader_note(t, LOG_L_WARN, c->number, "operator: %s %s", w->w[0],
	    c->id);
	hours_disable(t, c, disable);
	command_say(a, "ok: %s is %sd\n", c->id, w->w[0]);
}

static void
hours_command(struct trader *t, struct answer *a, const struct words *w)
{
	struct client *c = w->n > 1 ? client_called(t, w->w[1]) : NULL;
	char text[192];

	if (c == NULL) {
		command_say(a, "error: expected a session, by CompID or id\n");
		return;
	}
	hours_say(t, c, text, sizeof(text));
	command_say(a, "%s is %s\n", c->id, text);
}

static int
say_kill(void *arg, enum risk_scope kind, const char *id, enum risk_state state)
{
	static const char *const names[] = { "active", "reducing", "halted" };

	command_say(arg, "kill %s%s%s %s\n", risk_scope_name(kind),
	    id[0] != '\0' ? " " : "", id, names[state]);
	return 0;
}

static void
status_command(struct trader *t, struct answer *a)
{
	struct trader_counts n;

	trader_counts(t, &n);
	command_say(a, "sessions %u up %" PRIu64 "\n", t->n_clients,
	    n.sessions_up);
	command_say(a, "messages in %" PRIu64 " out %" PRIu64 " resent %" PRIu64 "\n",
	    n.in_msgs, n.out_msgs, n.resent);
	command_say(a, "orders %" PRIu64 " live %u fills %" PRIu64 " refused %" PRIu64
	    "\n", n.orders, desk_live(t->desk), n.fills, n.refused);
	command_say(a, "tolerated %" PRIu64 "\n", n.tolerated);
	command_say(a, "journal record %" PRIu64 " tables %" PRIu64 " turns %" PRIu64
	    "\n", fix_journal_last(t->cfg.journal),
	    fix_store_applied(t->cfg.store), n.turns);
	for (uint32_t i = 0; i < t->n_venues; i++)
		command_say(a, "venue %s %s\n", t->venues[i]->name,
		    t->venues[i]->up ? "up" : "down");
	(void)risk_each_kill(t->risk, say_kill, a);
}

/* What only the sessions themselves know, for `fixgate sessions`: number, the
 * peer's clock less ours in ns, the number it says it has processed; use of
 * InboundLimit in %, messages over it, use of OutboundLimit in %, bytes that wait
 * for it, cancel on disconnect; state. */
static const char *
state_of(const struct client *c)
{
	if (c->peer != NULL || hours_may_log_on(c))
		return c->held ? "held" : fix_session_state_name(c->fix);
	return c->disabled ? "disabled" : "out of its hours";
}

static void
say_use(struct answer *a, const struct fix_pace_cfg *cfg, unsigned percent)
{
	if (cfg->n > 0)
		command_say(a, "%u ", percent);
	else
		command_say(a, "- ");
}

static void
say_flow(const struct trader *t, struct answer *a, const struct client *c)
{
	struct fix_session_paced p;
	char cod[32];

	fix_session_paced(c->fix, t->now, &p);
	cod_say(t, c, cod, sizeof(cod));
	say_use(a, &c->cfg->flow.in, fix_pace_use(&c->flow.in, t->now.mono));
	command_say(a, "%" PRIu64 " ", c->flow.over);
	say_use(a, &c->cfg->fix.out_pace, p.use);
	command_say(a, "%zu %s ", p.bytes, cod);
}

static void
sessions_command(struct trader *t, struct answer *a)
{
	for (uint32_t i = 0; i < t->n_clients; i++) {
		const struct client *c = &t->clients[i];
		struct fix_session_peer p;

		fix_session_peer(c->fix, &p);
		command_say(a, "%u ", c->number);
		if (p.clock_known)
			command_say(a, "%" PRId64, p.clock_ns);
		else
			command_say(a, "-");
		command_say(a, " %" PRIu64 " ", p.processed);
		say_flow(t, a, c);
		command_say(a, "%s\n", state_of(c));
	}
}

/* Session number and the record copied last: fixgate sessions shows how far
 * that is behind. */
static void
copies_command(struct trader *t, struct answer *a)
{
	for (uint32_t i = 0; i < t->n_copies; i++)
		command_say(a, "%u %" PRIu64 "\n", t->copies[i]->number,
		    t->copies[i]->copies->at.record);
}

static void
hash_command(struct trader *t, struct answer *a)
{
	uint64_t hash;
	int rc = trader_hash(t, &hash);

	if (rc != 0)
		command_say(a, "error: %s\n", fix_strerror(rc));
	else
		command_say(a, "%016" PRIx64 " at record %" PRIu64 "\n", hash,
		    fix_store_applied(t->cfg.store));
}

size_t
trader_command(struct trader *t, const char *line, char *out, size_t cap,
    struct fix_now now)
{
	struct answer a = { out, cap, 0 };
	struct words w;

	t->now = now;
	out[0] = '\0';
	split(&w, line);
	if (t->failed != 0)
		command_say(&a, "error: the trader has stopped: %s\n",
		    fix_strerror(t->failed));
	else if (w.n == 0)
		command_say(&a, "error: expected a command\n");
	else if (strcmp(w.w[0], "status") == 0)
		status_command(t, &a);
	else if (strcmp(w.w[0], "sessions") == 0)
		sessions_command(t, &a);
	else if (strcmp(w.w[0], "copies") == 0)
		copies_command(t, &a);
	else if (strcmp(w.w[0], "kill") == 0)
		kill_command(t, &a, &w);
	else if (strcmp(w.w[0], "cancel") == 0)
		cancel_command(t, &a, &w);
	else if (strcmp(w.w[0], "risk") == 0)
		limits_command(t, &a, &w);
	else if (strcmp(w.w[0], "rearm") == 0)
		rearm_command(t, &a, &w);
	else if (strcmp(w.w[0], "logout") == 0)
		logout_command(t, &a, &w);
	else if (strcmp(w.w[0], "release") == 0)
		release_command(t, &a, &w);
	else if (strcmp(w.w[0], "disable") == 0 ||
	    strcmp(w.w[0], "enable") == 0)
		disable_command(t, &a, &w);
	else if (strcmp(w.w[0], "hours") == 0)
		hours_command(t, &a, &w);
	else if (strcmp(w.w[0], "hash") == 0)
		hash_command(t, &a);
	else
		command_say(&a, "error: unknown command %s; expected status, "
		    "sessions, kill, cancel, rearm, risk, logout, release, disable, enable, "
		    "hours or hash\n", w.w[0]);
	trader_settle(t);
	return a.len;
}
