/*
 * An operator's line: a row of the table says which permission it takes. What
 * changes something is journaled before it takes effect, in the turn that
 * carries it out, with who gave it; so is what was denied. "json" in front asks
 * for the answer as JSON.
 */
#include "gateway/trader/dropcopy.h"
#include "gateway/trader/kill.h"
#include "gateway/trader/operator.h"
#include "gateway/trader/token.h"

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

void
command_json(struct answer *a, const char *text)
{
	command_say(a, "\"");
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			command_say(a, "\\%c", c);
		else if (c < ' ' || c > '~')
			command_say(a, "\\u%04x", c);
		else
			command_say(a, "%c", c);
	}
	command_say(a, "\"");
}

static void
split(struct words *w, const char *line)
{
	static const char key[] = " reason=";
	char *save = NULL, *reason;

	memset(w, 0, sizeof(*w));
	(void)fix_span_copy(fix_span_of(line), w->line, sizeof(w->line));
	reason = strstr(w->line, key);
	w->reason = reason == NULL ? "" : reason + sizeof(key) - 1;
	if (reason != NULL)
		*reason = '\0';
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

bool
command_is_scope(const char *word)
{
	return scope_named(word) >= 0;
}

/* A session is named by its peer's CompID or its whole id; risk knows its
 * number. */
static struct client *
client_called(const struct trader *t, const char *name)
{
	for (uint32_t i = 0; i < t->n_clients; i++) {
		struct client *c = &t->clients[i];

		if (strcmp(c->id, name) == 0 ||
		    strcmp(c->cfg->fix.target_comp_id, name) == 0)
			return c;
	}
	return NULL;
}

/* Number of what is called so; 0: there is none. */
static uint32_t
number_of(const struct trader *t, enum risk_scope kind, const char *name)
{
	const struct client *c;

	if (kind == RISK_SCOPE_SESSION) {
		c = client_called(t, name);
		return c == NULL ? 0 : c->number;
	}
	for (uint32_t i = 0; i < t->n_venues; i++)
		if (strcmp(t->venues[i]->name, name) == 0)
			return t->venues[i]->number;
	return 0;
}

uint32_t
trader_venue_number(const struct trader *t, const char *name)
{
	return number_of(t, RISK_SCOPE_VENUE, name);
}

static unsigned
scope_id(const struct trader *t, struct answer *a, enum risk_scope kind,
    const char *name, char *id, size_t cap)
{
	uint32_t n;

	if (kind != RISK_SCOPE_SESSION && kind != RISK_SCOPE_VENUE) {
		/* A trader's name is cut where orders' are */
		if (snprintf(id, cap, "%s", name) <= RISK_ID_MAX ||
		    kind == RISK_SCOPE_TRADER)
			return 2;
		command_say(a, "error: a name has at most %d bytes\n",
		    RISK_ID_MAX);
		return 0;
	}
	n = number_of(t, kind, name);
	if (n == 0) {
		command_say(a, "error: no %s %s\n", risk_scope_name(kind),
		    name);
		return 0;
	}
	snprintf(id, cap, "%u", n);
	return 2;
}

unsigned
command_scope(const struct trader *t, struct answer *a, const struct words *w,
    unsigned at, enum risk_scope *scope, char *id, size_t cap)
{
	int s = w->n > at ? scope_named(w->w[at]) : -1;

	if (s < 0) {
		command_say(a, "error: expected firm, group, account, class, "
		    "symbol, session, trader or venue%s%s\n",
		    at > 0 ? " after " : "", at > 0 ? w->w[at - 1] : "");
		return 0;
	}
	*scope = (enum risk_scope)s;
	id[0] = '\0';
	if (*scope == RISK_SCOPE_FIRM)
		return 1;
	if (w->n < at + 2) {
		command_say(a, "error: expected which %s\n", w->w[at]);
		return 0;
	}
	return scope_id(t, a, *scope, w->w[at + 1], id, cap);
}

static void
operator_note(struct trader *t, uint32_t session)
{
	trader_note(t, LOG_L_WARN, session, "operator: %s, by %s", t->who.line,
	    access_who(t));
}

/* A person lets repeated execution, or losses, go on: never alone whose own
 * scope it is. */
static void
rearm_command(struct trader *t, struct answer *a, const struct words *w)
{
	struct risk_where where = { 0 };
	struct kill_op *k;
	enum risk_scope scope;
	char id[RISK_ID_MAX + 1];

	if (command_scope(t, a, w, 1, &scope, id, sizeof(id)) == 0)
		return;
	if (!risk_where_add(&where, scope, id) || access_owns(t, &where)) {
		command_say(a, "error: %s %s is your own: somebody else must "
		    "re-arm it\n", w->w[1], id);
		return;
	}
	k = kill_of_system(t, scope, id);
	if (k != NULL && !kill_release(t, a, k, "re-armed"))
		return;
	if (risk_rearm(t->risk, scope, id) != 0) {
		command_say(a, "error: nothing of %s %s is to be re-armed\n", w->w[1],
		    id);
		return;
	}
	operator_note(t, 0);
	desk_keep_risk(t->desk);
	command_say(a, "ok: %s %s is armed\n", w->w[1], w->n > 2 ? w->w[2] : "");
}

static void
cancel_command(struct trader *t, struct answer *a, const struct words *w)
{
	enum risk_scope scope;
	char id[RISK_ID_MAX + 1];

	if (command_scope(t, a, w, 1, &scope, id, sizeof(id)) == 0)
		return;
	operator_note(t, 0);
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
	operator_note(t, c->number);
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
	operator_note(t, c->number);
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

static void
say_venue(struct trader *t, struct answer *a, const struct venue *v)
{
	unsigned n = desk_unproven(t->desk, v->number);

	command_say(a, "venue %s %s%s%s\n", v->name, v->up ? "up" : "down",
	    v->why[0] == '\0' ? "" : ": ", v->why);
	if (n > 0)
		command_say(a, "venue %s takes only what reduces: %u orders "
		    "are unanswered since it came up\n", v->name, n);
}

static void
status_command(struct trader *t, struct answer *a, const struct words *w)
{
	struct trader_counts n;

	(void)w;
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
		say_venue(t, a, t->venues[i]);
	kills_list(t, a);
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
sessions_command(struct trader *t, struct answer *a, const struct words *w)
{
	(void)w;
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

/* What is done to keys of data at rest is done elsewhere, once this stands in
 * the journal; a drill was. */
static void
note_command(struct trader *t, struct answer *a, const struct words *w)
{
	if (w->n < 3) {
		command_say(a, "error: expected more words\n");
		return;
	}
	operator_note(t, 0);
	command_say(a, "ok: journaled\n");
}

/* Session number and the record copied last: fixgate sessions shows how far
 * that is behind. */
static void
copies_command(struct trader *t, struct answer *a, const struct words *w)
{
	(void)w;
	for (uint32_t i = 0; i < t->n_copies; i++)
		command_say(a, "%u %" PRIu64 "\n", t->copies[i]->number,
		    t->copies[i]->copies->at.record);
}

static void
hash_command(struct trader *t, struct answer *a, const struct words *w)
{
	uint64_t hash;
	int rc = trader_hash(t, &hash);

	(void)w;
	if (rc != 0)
		command_say(a, "error: %s\n", fix_strerror(rc));
	else
		command_say(a, "%016" PRIx64 " at record %" PRIu64 "\n", hash,
		    fix_store_applied(t->cfg.store));
}

/* sub NULL: the first word alone tells. */
static const struct row {
	const char *name, *sub;
	enum access needs;
	void (*run)(struct trader *t, struct answer *a, const struct words *w);
} rows[] = {
	{ "status", NULL, ACCESS_SYSTEM_VIEW, status_command },
	{ "sessions", NULL, ACCESS_SYSTEM_VIEW, sessions_command },
	{ "copies", NULL, ACCESS_SYSTEM_VIEW, copies_command },
	{ "hours", NULL, ACCESS_SYSTEM_VIEW, hours_command },
	{ "hash", NULL, ACCESS_SYSTEM_VIEW, hash_command },
	{ "cancel", NULL, ACCESS_TRADING_ADMIN, cancel_command },
	{ "holdings", NULL, ACCESS_SYSTEM_VIEW, holdings_command },
	{ "accept", NULL, ACCESS_TRADING_ADMIN, holdings_command },
	{ "venue", NULL, ACCESS_TRADING_ADMIN, told_command },
	{ "rearm", NULL, ACCESS_RISK_MODIFY, rearm_command },
	{ "logout", NULL, ACCESS_TRADING_ADMIN, logout_command },
	{ "keys", "rotate", ACCESS_SYSTEM_ADMIN, note_command },
	{ "keys", "destroy", ACCESS_SYSTEM_ADMIN, note_command },
	{ "keys", "hold", ACCESS_SYSTEM_ADMIN, note_command },
	{ "keys", "release", ACCESS_SYSTEM_ADMIN, note_command },
	{ "drill", NULL, ACCESS_SYSTEM_ADMIN, note_command },
	{ "release", NULL, ACCESS_TRADING_ADMIN, release_command },
	{ "disable", NULL, ACCESS_TRADING_ADMIN, disable_command },
	{ "enable", NULL, ACCESS_TRADING_ADMIN, disable_command },
	/* Who may kill what: kill_command.c asks again */
	{ "risk", "kill", ACCESS_RISK_VIEW, kills_kill },
	{ "risk", "reduce", ACCESS_RISK_VIEW, kills_kill },
	{ "risk", "release", ACCESS_KILL_SWITCH, kills_release },
	{ "risk", "report", ACCESS_RISK_VIEW, kills_report },
	{ "risk", "status", ACCESS_RISK_VIEW, kills_status },
	{ "risk", "get", ACCESS_RISK_VIEW, limits_scope },
	{ "risk", "history", ACCESS_RISK_VIEW, limits_history },
	{ "risk", "stale", ACCESS_RISK_VIEW, limits_stale },
	{ "risk", "put", ACCESS_RISK_MODIFY, limits_scope },
	{ "risk", "propose", ACCESS_RISK_MODIFY, limits_scope },
	{ "risk", "approve", ACCESS_RISK_MODIFY, limits_decide },
	{ "risk", "reject", ACCESS_RISK_MODIFY, limits_decide },
	{ "risk", "token", ACCESS_RISK_OVERRIDE, tokens_issue },
	{ "risk", "tokens", ACCESS_RISK_VIEW, tokens_list },
	{ "risk", "revoke", ACCESS_RISK_OVERRIDE, tokens_revoke },
};

static const struct row *
row_for(const struct words *w)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, w->w[0]) == 0 &&
		    (rows[i].sub == NULL || (w->n > 1 &&
			strcmp(rows[i].sub, w->w[1]) == 0)))
			return &rows[i];
	return NULL;
}

static bool
has_subs(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].sub != NULL;
	return false;
}

/* What could be meant, out of the table. */
static void
unknown(struct answer *a, const struct words *w)
{
	const char *of = w->n > 0 && has_subs(w->w[0]) ? w->w[0] : NULL;
	const char *last = "";

	command_say(a, "error: expected %s", of != NULL ? of : "a command:");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name = of != NULL ? rows[i].sub : rows[i].name;

		if ((of != NULL && strcmp(rows[i].name, of) != 0) ||
		    strcmp(name, last) == 0)
			continue;
		command_say(a, "%s %s", last[0] != '\0' ? "," : "", name);
		last = name;
	}
	command_say(a, "\n");
}

static void
carry_out(struct trader *t, struct answer *a, const struct words *w)
{
	const struct row *r = w->n == 0 ? NULL : row_for(w);

	if (t->failed != 0)
		command_say(a, "error: the trader has stopped: %s\n",
		    fix_strerror(t->failed));
	else if (w->n == COMMAND_WORDS)
		command_say(a, "error: too many words\n");
	else if (r == NULL)
		unknown(a, w);
	else if (!access_may(t, r->needs))
		access_deny(t, a, r->needs);
	else
		r->run(t, a, w);
}

size_t
trader_command(struct trader *t, const char *line, char *out, size_t cap,
    struct fix_now now)
{
	struct answer a = { out, cap, 0, false };
	struct words w;

	t->now = now;
	out[0] = '\0';
	if (strncmp(line, "json ", 5) == 0) {
		a.json = true;
		line += 5;
	}
	snprintf(t->who.line, sizeof(t->who.line), "%s", line);
	split(&w, line);
	carry_out(t, &a, &w);
	trader_settle(t);
	return a.len;
}
