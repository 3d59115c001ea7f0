/*
 * Limits that people change while it runs, as versions.
 *
 * A change names the version it was made for and is refused after any other.
 * Tightening counts at once; anything else waits until another person approves.
 * It is kept, and thereby journaled, in the turn that puts it into force, and
 * the answer leaves after that: an order sees the old limits or the new, a
 * restart finds what was answered. Temporary limits go back by themselves, after
 * a restart before the first order.
 *
 * Rows of FIX_TAB_CONTROL: "limits" version and last proposal, "limit KIND ID"
 * a scope's limits, "limitt KIND ID" what a temporary one goes back to, "limitp
 * NUMBER" a proposal, "limith VERSION" a line of history.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/trader/command.h"

#define LAPSE_NS (3600 * FIX_SEC)
#define FOR_MAX_S (366 * 86400L)

enum form { FORM_E8, FORM_WHOLE, FORM_PERCENT };

static const struct {
	const char *name;
	size_t at;
	enum form form;
} keys[] = {
#define KEY(n, f, form) { n, offsetof(struct risk_limits, f), form }
	KEY("MaxOrderQty", max_order_qty_e8, FORM_E8),
	KEY("MaxOrderNotional", max_order_notional_e8, FORM_E8),
	KEY("MaxLong", max_long_e8, FORM_E8),
	KEY("MaxShort", max_short_e8, FORM_E8),
	KEY("MaxOpenOrders", max_open_orders, FORM_WHOLE),
	KEY("MaxOpenNotional", max_open_notional_e8, FORM_E8),
	KEY("CollarPercent", collar_bp, FORM_PERCENT),
	KEY("OrdersPerSecond", orders_per_s, FORM_WHOLE),
	KEY("OrderBurst", order_burst, FORM_WHOLE),
#undef KEY
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static int64_t *
field(struct risk_limits *l, size_t key)
{
	return (int64_t *)(void *)((char *)l + keys[key].at);
}

static int64_t
unit_of(enum form form)
{
	return form == FORM_E8 ? 1 :
	    form == FORM_WHOLE ? FIX_E8 : FIX_E8 / 100;
}

void
trader_operator(struct trader *t, const char *who)
{
	snprintf(t->limits.who, sizeof(t->limits.who), "%s", who);
}

static void
keep_row(struct trader *t, const char *key, const void *p, size_t len)
{
	struct fix_span v = { p, len };

	trader_keep(t, FIX_TAB_CONTROL, 0, fix_span_of(key), v);
}

static void
keep_change(struct trader *t, const char *row, const struct limit_change *c,
    bool gone)
{
	char key[96];

	if (strcmp(row, "limitp") == 0)
		snprintf(key, sizeof(key), "limitp %020" PRIu64, c->number);
	else
		snprintf(key, sizeof(key), "%s %d %s", row, c->kind, c->id);
	if (strcmp(row, "limit") == 0)
		keep_row(t, key, &c->is, gone ? 0 : sizeof(c->is));
	else
		keep_row(t, key, c, gone ? 0 : sizeof(*c));
}

static void
keep_version(struct trader *t)
{
	uint64_t row[2] = { t->limits.version, t->limits.last_proposal };

	keep_row(t, "limits", row, sizeof(row));
}

static void
new_version(struct trader *t, const struct limit_change *c, const char *what,
    const char *by)
{
	char key[40], text[256];

	t->limits.version++;
	keep_version(t);
	snprintf(key, sizeof(key), "limith %020" PRIu64, t->limits.version);
	snprintf(text, sizeof(text), "%" PRIu64 " %s %s %s by %s",
	    t->limits.version, what,
	    risk_scope_name((enum risk_scope)c->kind), c->id, by);
	keep_row(t, key, text, strlen(text));
	trader_note(t, LOG_L_WARN, 0, "limits: version %s", text);
}

static struct limit_change *
temporary_of(struct trader *t, const struct limit_change *c)
{
	struct limits *s = &t->limits;

	for (unsigned i = 0; i < s->n_temporary; i++)
		if (s->temporary[i].kind == c->kind &&
		    strcmp(s->temporary[i].id, c->id) == 0)
			return &s->temporary[i];
	return NULL;
}

static void
drop(struct limit_change *all, unsigned *n, struct limit_change *one)
{
	*one = all[--*n];
}

/* Kept first; the swap is between two orders, since this is their thread. */
static void
put_in_force(struct trader *t, struct limit_change *c, const char *by)
{
	struct limits *s = &t->limits;
	struct limit_change *old = temporary_of(t, c);

	if (old != NULL) { /* it goes back to what was before that one */
		c->was = old->was;
		c->had = old->had;
		keep_change(t, "limitt", old, true);
		drop(s->temporary, &s->n_temporary, old);
	}
	if (c->until_ns != 0) {
		s->temporary[s->n_temporary++] = *c;
		keep_change(t, "limitt", c, false);
	}
	keep_change(t, "limit", c, false);
	new_version(t, c, c->until_ns != 0 ? "for a while" : "set", by);
	if (risk_set_limits(t->risk, (enum risk_scope)c->kind, c->id, &c->is) !=
	    0)
		trader_fail(t, -FIX_E_NOMEM, "limits");
}

static void
go_back(struct trader *t, struct limit_change *one)
{
	struct limit_change c = *one;
	enum risk_scope kind = (enum risk_scope)c.kind;

	keep_change(t, "limitt", &c, true);
	drop(t->limits.temporary, &t->limits.n_temporary, one);
	c.is = c.was;
	keep_change(t, "limit", &c, !c.had);
	new_version(t, &c, "reverted", "time");
	if (!c.had)
		risk_unset_limits(t->risk, kind, c.id);
	else if (risk_set_limits(t->risk, kind, c.id, &c.was) != 0)
		trader_fail(t, -FIX_E_NOMEM, "limits");
}

static void
forget_proposal(struct trader *t, struct limit_change *p)
{
	keep_change(t, "limitp", p, true);
	drop(t->limits.proposed, &t->limits.n_proposed, p);
}

void
limits_tick(struct trader *t)
{
	struct limits *s = &t->limits;

	for (unsigned i = s->n_temporary; i-- > 0;)
		if (s->temporary[i].until_ns <= t->now.utc.ns)
			go_back(t, &s->temporary[i]);
	for (unsigned i = s->n_proposed; i-- > 0;)
		if (s->proposed[i].made_ns + LAPSE_NS <= t->now.utc.ns) {
			trader_note(t, LOG_L_WARN, 0,
			    "limits: proposal %" PRIu64 " has lapsed",
			    s->proposed[i].number);
			forget_proposal(t, &s->proposed[i]);
		}
}

int64_t
limits_due(const struct trader *t)
{
	const struct limits *s = &t->limits;
	int64_t first = INT64_MAX, left;

	for (unsigned i = 0; i < s->n_temporary; i++)
		if (s->temporary[i].until_ns < first)
			first = s->temporary[i].until_ns;
	for (unsigned i = 0; i < s->n_proposed; i++)
		if (s->proposed[i].made_ns + LAPSE_NS < first)
			first = s->proposed[i].made_ns + LAPSE_NS;
	if (first == INT64_MAX)
		return FIX_MONO_NEVER;
	left = first - t->now.utc.ns;
	return t->now.mono.ns + (left > 0 ? left : 0);
}

/* ----- commands ----- */

static void
say_value(struct answer *a, size_t key, int64_t v)
{
	uint8_t digits[FIX_DEC_MAX + 1];
	struct fix_dec d;

	if (v == RISK_UNLIMITED) {
		command_say(a, "%s=unlimited\n", keys[key].name);
		return;
	}
	d = keys[key].form == FORM_E8 ? fix_dec_of_e8(v) :
	    keys[key].form == FORM_WHOLE ? (struct fix_dec){ v, 0 } :
					   (struct fix_dec){ v, -2 };
	digits[fix_dec_format(digits, d)] = '\0';
	command_say(a, "%s=%s\n", keys[key].name, (const char *)digits);
}

static void
get(struct trader *t, struct answer *a, enum risk_scope kind, const char *id)
{
	struct risk_limits l;

	command_say(a, "version=%" PRIu64 "\n", t->limits.version);
	if (!risk_get_limits(t->risk, kind, id, &l)) {
		command_say(a, "no limits\n");
		return;
	}
	for (size_t i = 0; i < N_KEYS; i++)
		say_value(a, i, *field(&l, i));
}

static bool
read_value(struct answer *a, size_t key, const char *text, int64_t *out)
{
	struct fix_dec d;
	int64_t unit = unit_of(keys[key].form), v;

	if (strcmp(text, "unlimited") == 0) {
		*out = RISK_UNLIMITED;
		return true;
	}
	if (fix_dec_parse(fix_span_of(text), &d) != 0 ||
	    fix_dec_to_e8(d, &v) != 0 || v < 0 || v == RISK_UNLIMITED ||
	    v % unit != 0) {
		command_say(a, "error: %s=%s: expected %s that is not "
		    "negative, or unlimited\n", keys[key].name, text,
		    keys[key].form == FORM_WHOLE ? "a whole number" :
		    keys[key].form == FORM_E8 ? "a decimal of at most 8 places" :
						"a percentage of at most 2 "
						"places");
		return false;
	}
	*out = v / unit;
	return true;
}

static bool
read_number(const char *text, int64_t most, int64_t *out)
{
	return fix_int_parse(fix_span_of(text), out) == 0 && *out >= 0 &&
	       *out <= most;
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
	for (size_t i = 0; i < N_KEYS; i++)
		if (strcasecmp(keys[i].name, word) == 0)
			return read_value(a, i, value, field(&c->is, i));
	command_say(a, "error: there is no limit %s\n", word);
	return false;
}

/* What the words from `from` on ask for. @return false after a complaint */
static bool
read_change(struct trader *t, struct answer *a, const struct words *w,
    unsigned from, struct limit_change *c)
{
	int64_t version = -1;
	enum risk_scope kind = (enum risk_scope)c->kind;

	c->had = risk_get_limits(t->risk, kind, c->id, &c->was);
	if (!c->had)
		for (size_t i = 0; i < N_KEYS; i++)
			*field(&c->was, i) = RISK_UNLIMITED;
	if (!c->had)
		c->was.cancels_per_s = RISK_UNLIMITED;
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
	    temporary_of(t, c) == NULL)
		command_say(a, "error: too many temporary limits\n");
	else
		return true;
	return false;
}

/* A scope that had none: only symbols, classes and sessions are unlimited
 * then; of the others nobody can say, so two people look. */
static const char *
loosens(struct limit_change *c)
{
	if (!c->had && (c->kind == RISK_SCOPE_FIRM ||
			   c->kind == RISK_SCOPE_GROUP ||
			   c->kind == RISK_SCOPE_ACCOUNT))
		return "a scope without limits";
	for (size_t i = 0; i < N_KEYS; i++)
		if (*field(&c->is, i) > *field(&c->was, i))
			return keys[i].name;
	return NULL;
}

static void
put(struct trader *t, struct answer *a, struct limit_change *c)
{
	const char *what = loosens(c);

	if (what != NULL) {
		command_say(a, "error: this loosens %s: propose it, another "
		    "person must approve\n", what);
		return;
	}
	put_in_force(t, c, t->limits.who);
	command_say(a, "ok: version %" PRIu64 "\n", t->limits.version);
}

static void
propose(struct trader *t, struct answer *a, struct limit_change *c)
{
	struct limits *s = &t->limits;

	if (s->n_proposed == LIMITS_PENDING) {
		command_say(a, "error: too many proposals wait\n");
		return;
	}
	c->number = ++s->last_proposal;
	c->made_ns = t->now.utc.ns;
	s->proposed[s->n_proposed++] = *c;
	keep_version(t);
	keep_change(t, "limitp", c, false);
	trader_note(t, LOG_L_WARN, 0, "limits: %s proposes %" PRIu64 " for "
	    "%s %s", c->who, c->number,
	    risk_scope_name((enum risk_scope)c->kind), c->id);
	command_say(a, "ok: proposal %" PRIu64 "\n", c->number);
}

static void
decide(struct trader *t, struct answer *a, const struct words *w, bool yes)
{
	struct limits *s = &t->limits;
	struct limit_change *p = NULL, c;
	char by[96];
	int64_t n;

	for (unsigned i = 0; w->n > 2 && i < s->n_proposed; i++)
		if (read_number(w->w[2], INT64_MAX, &n) &&
		    s->proposed[i].number == (uint64_t)n)
			p = &s->proposed[i];
	if (p == NULL) {
		command_say(a, "error: there is no such proposal\n");
		return;
	}
	if (yes && (s->who[0] == '\0' || strcmp(p->who, s->who) == 0)) {
		command_say(a, "error: %s has proposed it, another person must "
		    "approve\n", p->who);
		return;
	}
	c = *p;
	if (yes && c.until_ns != 0 && s->n_temporary == LIMITS_PENDING &&
	    temporary_of(t, &c) == NULL) {
		command_say(a, "error: too many temporary limits\n");
		return;
	}
	forget_proposal(t, p);
	snprintf(by, sizeof(by), "%s, approved by %s", c.who, s->who);
	if (!yes) {
		trader_note(t, LOG_L_WARN, 0, "limits: %s rejects proposal %"
		    PRIu64, s->who, c.number);
		command_say(a, "ok: rejected\n");
		return;
	}
	c.had = risk_get_limits(t->risk, (enum risk_scope)c.kind, c.id, &c.was);
	put_in_force(t, &c, by);
	command_say(a, "ok: version %" PRIu64 "\n", s->version);
}

static int
say_line(void *arg, struct fix_span key, struct fix_span value)
{
	(void)key;
	command_say(arg, "%.*s\n", (int)value.len, (const char *)value.p);
	return 0;
}

static void
history(struct trader *t, struct answer *a)
{
	const struct fix_span all = { NULL, 0 };

	(void)fix_store_each(t->cfg.store, FIX_TAB_CONTROL,
	    fix_span_of("limith "), all, say_line, a);
	for (unsigned i = 0; i < t->limits.n_proposed; i++) {
		struct limit_change *c = &t->limits.proposed[i];

		command_say(a, "proposal %" PRIu64 " of %s for %s %s waits\n",
		    c->number, c->who,
		    risk_scope_name((enum risk_scope)c->kind), c->id);
		for (size_t k = 0; k < N_KEYS; k++)
			if (*field(&c->is, k) != *field(&c->was, k))
				say_value(a, k, *field(&c->is, k));
	}
}

static void
about_scope(struct trader *t, struct answer *a, const struct words *w)
{
	struct words shifted = *w; /* the scope begins at the third word */
	struct limit_change c;
	enum risk_scope kind;
	unsigned n;

	memset(&c, 0, sizeof(c));
	for (unsigned i = 1; i < w->n; i++)
		shifted.w[i - 1] = w->w[i];
	shifted.n = w->n - 1;
	n = command_scope(t, a, &shifted, &kind, c.id, RISK_ID_MAX + 1);
	if (n == 0)
		return;
	c.kind = (int32_t)kind;
	memcpy(c.who, t->limits.who, sizeof(c.who));
	if (strcmp(w->w[1], "get") == 0)
		get(t, a, kind, c.id);
	else if (!read_change(t, a, w, n + 1, &c))
		return;
	else if (strcmp(w->w[1], "put") == 0)
		put(t, a, &c);
	else
		propose(t, a, &c);
}

void
limits_command(struct trader *t, struct answer *a, const struct words *w)
{
	const char *what = w->n > 1 ? w->w[1] : "";

	if (w->n == COMMAND_WORDS)
		command_say(a, "error: too many words\n");
	else if (strcmp(what, "get") == 0 || strcmp(what, "put") == 0 ||
	    strcmp(what, "propose") == 0)
		about_scope(t, a, w);
	else if (strcmp(what, "approve") == 0)
		decide(t, a, w, true);
	else if (strcmp(what, "reject") == 0)
		decide(t, a, w, false);
	else if (strcmp(what, "history") == 0)
		history(t, a);
	else
		command_say(a, "error: expected risk get, put, propose, "
		    "approve, reject or history\n");
}

/* ----- restart ----- */

static int
load_limit(void *arg, struct fix_span key, struct fix_span value)
{
	struct trader *t = arg;
	struct risk_limits l;
	char text[96], *id;
	long kind;

	if (!fix_span_copy(key, text, sizeof(text)) || value.len != sizeof(l))
		return -FIX_E_FOREIGN;
	kind = strtol(text + 6, &id, 10);
	if (*id == ' ')
		id++;
	if (kind < 0 || kind >= RISK_N_SCOPE)
		return -FIX_E_FOREIGN;
	memcpy(&l, value.p, sizeof(l));
	return risk_set_limits(t->risk, (enum risk_scope)kind, id, &l);
}

static int
load_change(struct fix_span value, struct limit_change *all, unsigned *n)
{
	struct limit_change *c = &all[*n];

	if (value.len != sizeof(*c) || *n == LIMITS_PENDING)
		return -FIX_E_FOREIGN;
	memcpy(c, value.p, sizeof(*c));
	if (c->kind < 0 || c->kind >= RISK_N_SCOPE ||
	    c->id[sizeof(c->id) - 1] != '\0' ||
	    c->who[sizeof(c->who) - 1] != '\0')
		return -FIX_E_FOREIGN;
	++*n;
	return 0;
}

static int
load_proposal(void *arg, struct fix_span key, struct fix_span value)
{
	struct limits *s = &((struct trader *)arg)->limits;

	(void)key;
	return load_change(value, s->proposed, &s->n_proposed);
}

static int
load_temporary(void *arg, struct fix_span key, struct fix_span value)
{
	struct limits *s = &((struct trader *)arg)->limits;

	(void)key;
	return load_change(value, s->temporary, &s->n_temporary);
}

int
limits_load(struct trader *t)
{
	const struct fix_span all = { NULL, 0 };
	struct fix_store *store = t->cfg.store;
	uint64_t row[2] = { 0, 0 };
	int rc;

	t->limits.version = 1; /* the settings */
	if (fix_store_get(store, FIX_TAB_CONTROL, fix_span_of("limits"), row,
		sizeof(row)) == (ssize_t)sizeof(row)) {
		t->limits.version = row[0];
		t->limits.last_proposal = row[1];
	}
	rc = fix_store_each(store, FIX_TAB_CONTROL, fix_span_of("limit "), all,
	    load_limit, t);
	if (rc == 0)
		rc = fix_store_each(store, FIX_TAB_CONTROL,
		    fix_span_of("limitp "), all, load_proposal, t);
	if (rc == 0)
		rc = fix_store_each(store, FIX_TAB_CONTROL,
		    fix_span_of("limitt "), all, load_temporary, t);
	if (rc == 0)
		limits_tick(t);
	return rc;
}
