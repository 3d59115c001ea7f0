/*
 * Limits as people ask for them: get, put, propose, approve, reject, history.
 *
 * Of the firm's limits, or of those that the exchange, the clearing member or the
 * client has set: an order passes all of them. What loosens a limit, or gives
 * some to a scope that had none, can only be proposed; another person approves. A
 * proposal is laid upon what the scope has by then: what others have changed
 * meanwhile stays.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "gateway/trader/grant_text.h"
#include "gateway/trader/kill.h"
#include "gateway/trader/operator.h"
#include "risk/alert.h"
#include "risk/known.h"

#define FOR_MAX_S (366 * 86400L)

static void
say_value(struct answer *a, const struct limit_set *set, unsigned key,
    bool first)
{
	char text[LIMIT_TEXT_MAX];

	limit_key_text(set, key, text);
	command_say(a, a->json ? "%s\"%s\":\"%s\"" : "%s%s=%s\n",
	    a->json && !first ? "," : "", limit_key_name(key), text);
}


static bool
read_number(const char *text, int64_t most, int64_t *out)
{
	return fix_int_parse(fix_span_of(text), out) == 0 && *out >= 0 &&
	       *out <= most;
}

static bool
read_key(struct answer *a, const char *word, const char *value,
    struct limit_change *c)
{
	unsigned key = limit_key_named(word);
	const char *expected;

	if (key == limit_keys() ||
	    !limit_key_fits(key, (enum risk_scope)c->kind)) {
		command_say(a, "error: there is no limit %s%s%s\n", word,
		    key == limit_keys() ? "" : " of a ",
		    key == limit_keys() ? "" :
			risk_scope_name((enum risk_scope)c->kind));
		return false;
	}
	if (c->owner != RISK_OWNER_FIRM && !limit_key_owned(key)) {
		command_say(a, "error: %s is the firm's alone; %s has %s to %s\n",
		    limit_key_name(key),
		    risk_owner_name((enum risk_owner)c->owner),
		    limit_key_name(0), "CancelsPerSecond");
		return false;
	}
	expected = limit_key_set(&c->is, key, value);
	if (expected == NULL)
		return true;
	command_say(a, "error: %s=%s: expected %s\n", limit_key_name(key),
	    value, expected);
	return false;
}

/* One KEY=VALUE. @return false after a complaint */
static bool
read_word(struct trader *t, struct answer *a, char *word,
    struct limit_change *c, int64_t *version)
{
	char *value = strchr(word, '=');
	int64_t n;

	if (value == NULL) {
		command_say(a, "error: expected KEY=VALUE, not %s\n", word);
		return false;
	}
	*value++ = '\0';
	if (strcmp(word, "if") == 0) {
		if (read_number(value, INT64_MAX, version))
			return true;
		command_say(a, "error: if=VERSION must be a number\n");
		return false;
	}
	if (strcmp(word, "for") == 0) {
		if (read_number(value, FOR_MAX_S, &n) && n > 0) {
			c->until_ns = t->now.utc.ns + n * FIX_SEC;
			return true;
		}
		command_say(a, "error: for=SECONDS must be 1 to %ld\n",
		    FOR_MAX_S);
		return false;
	}
	if (strcmp(word, "excess") == 0) {
		c->take_excess = strcmp(value, "cancel") == 0;
		if (c->take_excess || strcmp(value, "keep") == 0)
			return true;
		command_say(a, "error: excess= must be keep or cancel\n");
		return false;
	}
	return read_key(a, word, value, c);
}

/* What the words from `from` on ask for. @return false after a complaint */
static bool
read_change(struct trader *t, struct answer *a, const struct words *w,
    unsigned from, struct limit_change *c)
{
	int64_t version = -1;

	c->was = limit_set_owned(t->risk, (enum risk_owner)c->owner,
	    (enum risk_scope)c->kind, c->id);
	c->is = c->was;
	if (from >= w->n) {
		command_say(a, "error: expected if=VERSION and KEY=VALUE\n");
		return false;
	}
	for (; from < w->n; from++)
		if (!read_word(t, a, w->w[from], c, &version))
			return false;
	if (version < 0)
		command_say(a, "error: if=VERSION is missing, the version that "
		    "get has shown\n");
	else if ((uint64_t)version != t->limits.version)
		command_say(a, "error: version %" PRId64 " is stale, it is %"
		    PRIu64 " now\n", version, t->limits.version);
	else if (c->until_ns != 0 &&
	    t->limits.n_temporary == LIMITS_PENDING &&
	    limits_temporary(t, c) == NULL)
		command_say(a, "error: too many temporary limits\n");
	else
		return true;
	return false;
}

/* A scope that had none: only symbols, classes and sessions are unlimited
 * then; of the others nobody can say, so two people look. What others than the
 * firm add is tighter, unless orders were blocked because they had added nothing.
 */
static bool
opens(const struct risk *r, const struct limit_change *c)
{
	if (c->was.limited || !c->is.limited)
		return false;
	if (c->owner != RISK_OWNER_FIRM)
		return risk_states(r, (enum risk_owner)c->owner);
	return c->kind == RISK_SCOPE_FIRM || c->kind == RISK_SCOPE_GROUP ||
	       c->kind == RISK_SCOPE_ACCOUNT;
}

static const char *
loosens(const struct risk *r, const struct limit_change *c)
{
	if (opens(r, c))
		return "a scope without limits";
	for (unsigned i = 0; i < limit_keys(); i++)
		if (limit_key_looser(i, &c->is, &c->was))
			return limit_key_name(i);
	return NULL;
}

struct excess {
	struct trader *t;
	const struct limit_change *c;
};

static bool
too_much(void *arg, const struct order *o)
{
	struct excess *e = arg;
	struct risk_order r = order_risk(o);

	return risk_excess(e->t->risk, (enum risk_scope)e->c->kind, e->c->id,
	    &r, o->hold, e->t->limits.runs);
}

static void
say_breach(struct answer *a, const struct risk_breach *b)
{
	uint8_t used[FIX_DEC_MAX + 1];
	struct fix_dec d = b->measure == RISK_M_OPEN ?
	    (struct fix_dec){ b->used, 0 } : fix_dec_of_e8(b->used);

	used[fix_dec_format(used, d)] = '\0';
	command_say(a, a->json ? ",\"breached\":\"%s\",\"used\":\"%s\"" :
	    "breached: %s is used to %s: only what reduces passes\n",
	    risk_measure_key(b->measure), (const char *)used);
}

static void
get(struct trader *t, struct answer *a, const struct limit_change *c)
{
	enum risk_scope kind = (enum risk_scope)c->kind;
	struct limit_set set = limit_set_owned(
	    t->risk, (enum risk_owner)c->owner, kind, c->id);
	struct risk_breach b;
	bool first = true;

	command_say(a, a->json ? "{\"version\":%" PRIu64 ",\"limits\":{" :
	    "version=%" PRIu64 "\n", t->limits.version);
	for (unsigned i = 0; i < limit_keys(); i++) {
		if (!limit_key_is_set(&set, i) || !limit_key_fits(i, kind))
			continue;
		say_value(a, &set, i, first);
		first = false;
	}
	command_say(a, a->json ? "}" : first ? "no limits\n" : "");
	if (risk_breached(t->risk, kind, c->id, &b))
		say_breach(a, &b);
	command_say(a, a->json ? "}\n" : "");
}

/* A limit below what is used: say so, and take away what is too much. */
static void
after_put(struct trader *t, struct answer *a, const struct limit_change *c)
{
	struct excess e = { t, c };
	struct risk_breach b;

	if (!risk_breached(t->risk, (enum risk_scope)c->kind, c->id, &b))
		return;
	say_breach(a, &b);
	if (!c->take_excess)
		return;
	t->limits.runs++;
	command_say(a, "%u orders are canceled\n",
	    desk_cancel_newest(t->desk, too_much, &e, t->now));
}

static void
put(struct trader *t, struct answer *a, struct limit_change *c)
{
	const char *what = loosens(t->risk, c);

	if (what != NULL) {
		command_say(a, "error: this loosens %s: propose it, another "
		    "person must approve\n", what);
		return;
	}
	limits_use(t, c, access_who(t));
	command_say(a, "ok: version %" PRIu64 "\n", t->limits.version);
	after_put(t, a, c);
}

static void
propose(struct trader *t, struct answer *a, struct limit_change *c)
{
	if (limits_propose(t, c))
		command_say(a, "ok: proposal %" PRIu64 "\n", c->number);
	else
		command_say(a, "error: too many proposals wait\n");
}

/* Meanwhile others may have changed other limits of the scope: those stay. */
static void
rebase(const struct trader *t, struct limit_change *c)
{
	struct limit_set now = limit_set_owned(t->risk,
	    (enum risk_owner)c->owner, (enum risk_scope)c->kind, c->id);
	struct limit_set is = now;
	char text[LIMIT_TEXT_MAX];

	for (unsigned i = 0; i < limit_keys(); i++) {
		if (!limit_key_differs(i, &c->is, &c->was))
			continue;
		limit_key_text(&c->is, i, text);
		(void)limit_key_set(&is, i, text);
	}
	is.limited = is.limited || c->is.limited;
	is.ruled = is.ruled || c->is.ruled;
	c->is = is;
	c->was = now;
}

void
limits_decide(struct trader *t, struct answer *a, const struct words *w)
{
	bool yes = strcmp(w->w[1], "approve") == 0;
	const char *who = access_who(t);
	struct limits *s = &t->limits;
	struct limit_change *p = NULL, c;
	char by[96];
	int64_t n;

	for (unsigned i = 0; w->n > 2 && i < s->n_proposed; i++)
		if (read_number(w->w[2], INT64_MAX, &n) &&
		    s->proposed[i].number == (uint64_t)n)
			p = &s->proposed[i];
	if (p == NULL) {
		if (w->n <= 2 || !read_number(w->w[2], INT64_MAX, &n) ||
		    !grants_decide(t, a, (uint64_t)n, yes))
			command_say(a, "error: there is no such proposal\n");
		return;
	}
	if (yes && (who[0] == '\0' || strcmp(p->who, who) == 0)) {
		command_say(a, "error: %s has proposed it, another person must "
		    "approve\n", p->who);
		return;
	}
	c = *p;
	if (yes && c.until_ns != 0 && s->n_temporary == LIMITS_PENDING &&
	    limits_temporary(t, &c) == NULL) {
		command_say(a, "error: too many temporary limits\n");
		return;
	}
	limits_forget(t, p);
	snprintf(by, sizeof(by), "%s, approved by %s", c.who, who);
	if (!yes) {
		trader_note(t, LOG_L_WARN, 0, "limits: %s rejects proposal %"
		    PRIu64, who, c.number);
		command_say(a, "ok: rejected\n");
		return;
	}
	rebase(t, &c);
	limits_use(t, &c, by);
	command_say(a, "ok: version %" PRIu64 "\n", s->version);
}

static int
say_line(void *arg, struct fix_span key, struct fix_span value)
{
	(void)key;
	command_say(arg, "%.*s\n", (int)value.len, (const char *)value.p);
	return 0;
}

void
limits_history(struct trader *t, struct answer *a, const struct words *w)
{
	const struct fix_span all = { NULL, 0 };

	(void)w;
	(void)fix_store_each(t->cfg.store, FIX_TAB_CONTROL,
	    fix_span_of("limith "), all, say_line, a);
	a->json = false;
	limits_status(t, a);
}

static void
say_change(struct answer *a, const struct limit_change *c, bool waits,
    int64_t now_ns)
{
	char whose[LIMITS_WHOSE];
	bool first = true;

	if (a->json) {
		command_say(a, "{\"number\":%" PRIu64 ",\"by\":", c->number);
		command_json(a, c->who);
		command_say(a, ",\"owner\":\"%s\",\"scope\":\"%s\",\"id\":",
		    risk_owner_name((enum risk_owner)c->owner),
		    risk_scope_name((enum risk_scope)c->kind));
		command_json(a, c->id);
		if (c->until_ns != 0)
			command_say(a, ",\"seconds\":%" PRId64,
			    (c->until_ns - now_ns) / FIX_SEC);
		command_say(a, ",\"limits\":{");
	} else if (waits) {
		command_say(a, "proposal %" PRIu64 " of %s for %s waits\n",
		    c->number, c->who, limits_whose(c, whose));
	} else {
		command_say(a, "for %" PRId64 " s more for %s, by %s\n",
		    (c->until_ns - now_ns) / FIX_SEC, limits_whose(c, whose),
		    c->who);
	}
	for (unsigned i = 0; i < limit_keys(); i++) {
		if (!limit_key_differs(i, &c->is, &c->was))
			continue;
		say_value(a, &c->is, i, first);
		first = false;
	}
	command_say(a, a->json ? "}}" : "");
}

static void
say_changes(struct trader *t, struct answer *a, const struct limit_change *c,
    unsigned n, bool waits)
{
	int64_t now_ns = t->now.utc.ns;


	if (a->json)
		command_say(a, "\"%s\":[", waits ? "proposals" : "temporary");
	for (unsigned i = 0; i < n; i++) {
		if (a->json && i > 0)
			command_say(a, ",");
		say_change(a, &c[i], waits, now_ns);
	}
	if (waits)
		grants_say(t, a, n == 0);
	command_say(a, a->json ? "]" : "");
}

void
limits_status(struct trader *t, struct answer *a)
{
	if (a->json)
		command_say(a, "\"limits_version\":%" PRIu64 ",",
		    t->limits.version);
	say_changes(t, a, t->limits.proposed, t->limits.n_proposed, true);
	command_say(a, a->json ? "," : "");
	say_changes(t, a, t->limits.temporary, t->limits.n_temporary, false);
}

/* What a trader may trade: the settings say it, whole. */
static void
get_grant(struct trader *t, struct answer *a, const char *name)
{
	bool oom = false;
	char *text = grant_text_of(t->risk, name, &oom);

	command_say(a, a->json ? "{" : "");
	grant_text_say(t, a, text);
	command_say(a, a->json ? "}\n" : "");
	free(text);
}

/* Whose they are, by the first word. @return words used */
static unsigned
owner_word(const struct words *w, unsigned at, int32_t *owner)
{
	for (unsigned i = RISK_OWNER_FIRM + 1; w->n > at && i < RISK_N_OWNER; i++)
		if (strcasecmp(w->w[at],
			risk_owner_name((enum risk_owner)i)) == 0) {
			*owner = (int32_t)i;
			return 1;
		}
	*owner = RISK_OWNER_FIRM;
	return 0;
}

/* @return false after a complaint */
static bool
has_limits(struct trader *t, struct answer *a, const char *verb,
    const struct limit_change *c)
{
	enum risk_scope kind = (enum risk_scope)c->kind;

	if (kind == RISK_SCOPE_VENUE)
		command_say(a, "error: a venue has no limits, only kill "
		    "switches\n");
	else if (kind != RISK_SCOPE_SESSION && !risk_knows(t->risk, kind, c->id))
		command_say(a, "error: there is no %s %s\n",
		    risk_scope_name(kind), c->id);
	else if (c->owner != RISK_OWNER_FIRM && kind >= RISK_SCOPE_SESSION)
		command_say(a, "error: only the firm limits a %s\n",
		    risk_scope_name(kind));
	else if (kind == RISK_SCOPE_TRADER && strcmp(verb, "get") != 0)
		command_say(a, "error: what a trader may trade is changed in "
		    "[RISK trader %s] of the settings\n", c->id);
	else
		return true;
	return false;
}

void
limits_scope(struct trader *t, struct answer *a, const struct words *w)
{
	const char *verb = w->w[1];
	struct limit_change c;
	enum risk_scope kind;
	unsigned n, at;

	memset(&c, 0, sizeof(c));
	at = 2 + owner_word(w, 2, &c.owner);
	n = command_scope(t, a, w, at, &kind, c.id, RISK_ID_MAX + 1);
	if (n == 0)
		return;
	c.kind = (int32_t)kind;
	if (!has_limits(t, a, verb, &c))
		return;
	snprintf(c.who, sizeof(c.who), "%s", access_who(t));
	if (kind == RISK_SCOPE_TRADER)
		get_grant(t, a, c.id);
	else if (strcmp(verb, "get") == 0)
		get(t, a, &c);
	else if (!read_change(t, a, w, n + at, &c))
		return;
	else if (strcmp(verb, "put") == 0)
		put(t, a, &c);
	else
		propose(t, a, &c);
}
