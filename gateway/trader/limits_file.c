/*
 * A settings file may tighten limits, as one person may. What it loosens needs
 * two: whoever wrote the file, and whoever approves. So a scope keeps what was in
 * force before, key by key, where the file is looser, and the rest of what the
 * file says stands as a proposal of "settings".
 *
 * What was in force before is, for a file that is read again, what is in force
 * now, and at a start what was when the gateway ended: a row "limitf OWNER KIND
 * ID" of FIX_TAB_CONTROL has each scope's limits, kept in the turn that puts them into
 * force. A scope that had none, and all at the first start, are taken as they
 * stand.
 */
#include "gateway/trader/inside.h"
#include "gateway/trader/limits_stale.h"
#include "risk/known.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define WHO "settings"

struct limit_held {
	struct limit_held *next;
	struct trader_scope at;
	char id[RISK_ID_MAX + 8]; /* which at.id is */
	char where[160]; /* which at.where is */
	struct limit_set was;
};

static struct fix_span
row_key(char out[96], const struct trader_scope *at)
{
	snprintf(out, 96, "limitf %d %d %s", (int)at->owner, (int)at->kind,
	    at->id);
	return fix_span_of(out);
}

static struct limit_set
in_force(const struct trader *t, const struct trader_scope *at)
{
	return limit_set_owned(t->risk, at->owner, at->kind, at->id);
}

static void
keep_force(struct trader *t, const struct trader_scope *at)
{
	struct limit_set set = in_force(t, at);
	char key[96], text[LIMIT_SET_TEXT];
	struct fix_span v = { (const uint8_t *)text,
		limit_set_text(&set, text) };

	trader_keep(t, FIX_TAB_CONTROL, 0, row_key(key, at), v);
}

void
limits_keep_force(struct trader *t, const struct limit_change *c)
{
	struct trader_scope at = { (enum risk_owner)c->owner,
		(enum risk_scope)c->kind, c->id, "" };

	keep_force(t, &at);
}

static int
add_held(struct trader *t, const struct trader_scope *at,
    const struct limit_set *was)
{
	struct limit_held *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -FIX_E_NOMEM;
	snprintf(h->id, sizeof(h->id), "%s", at->id);
	snprintf(h->where, sizeof(h->where), "%s", at->where);
	h->at = (struct trader_scope){ at->owner, at->kind, h->id, h->where };
	h->was = *was;
	h->next = t->limits.held;
	t->limits.held = h;
	return 0;
}

int
trader_limits_hold(struct trader *t, const struct trader_scope *at)
{
	struct limit_set was = in_force(t, at);

	return add_held(t, at, &was);
}

int
trader_limits_hold_last(struct trader *t, const struct trader_scope *at)
{
	struct limit_set was = limit_set_none();
	char key[96], text[LIMIT_SET_TEXT];
	ssize_t n = fix_store_get(t->cfg.store, FIX_TAB_CONTROL,
	    row_key(key, at), text, sizeof(text) - 1);

	if (n == -FIX_E_NOTFOUND)
		return add_held(t, at, &was);
	if (n < 0)
		return (int)n;
	text[n] = '\0';
	if (!limit_set_read(&was, text))
		return -FIX_E_FOREIGN;
	return add_held(t, at, &was);
}

static bool
is_there(const struct trader *t, const struct trader_scope *at)
{
	if (at->kind == RISK_SCOPE_SESSION)
		return client_numbered(t,
		    (uint32_t)strtoul(at->id, NULL, 10)) != NULL;
	return risk_knows(t->risk, at->kind, at->id);
}

/* A scope that the file does not limit any more. */
static int
hold_gone(void *arg, struct fix_span key, struct fix_span value)
{
	struct trader *t = arg;
	struct trader_scope at = { 0 };
	struct limit_set is;
	char name[96], *id;
	long owner, kind;

	(void)value;
	t->limits.any_kept = true;
	if (!fix_span_copy(key, name, sizeof(name)))
		return -FIX_E_FOREIGN;
	owner = strtol(name + strlen("limitf "), &id, 10);
	kind = strtol(id, &id, 10);
	if (*id == ' ')
		id++;
	if (owner < 0 || owner >= RISK_N_OWNER || kind < 0 ||
	    kind > RISK_SCOPE_SESSION)
		return -FIX_E_FOREIGN;
	at = (struct trader_scope){ (enum risk_owner)owner,
		(enum risk_scope)kind, id, "" };
	is = in_force(t, &at);
	if (is.limited || is.ruled || !is_there(t, &at))
		return 0;
	return trader_limits_hold_last(t, &at);
}

int
trader_limits_hold_gone(struct trader *t)
{
	const struct fix_span all = { NULL, 0 };

	t->limits.any_kept = false;
	return fix_store_each(t->cfg.store, FIX_TAB_CONTROL,
	    fix_span_of("limitf "), all, hold_gone, t);
}

/* @return whether the file loosens a key; that key is as it was in *is */
static bool
tighten(struct limit_set *is, const struct limit_set *was)
{
	char text[LIMIT_TEXT_MAX];
	bool looser = false;

	for (unsigned i = 0; i < limit_keys(); i++) {
		if (!limit_key_looser(i, is, was))
			continue;
		limit_key_text(was, i, text);
		(void)limit_key_set(is, i, text);
		looser = true;
	}
	return looser;
}

static bool
differs(const struct limit_set *a, const struct limit_set *b)
{
	bool any = a->limited != b->limited || a->ruled != b->ruled;

	for (unsigned i = 0; i < limit_keys() && !any; i++)
		any = limit_key_differs(i, a, b);
	return any;
}

/* What it has proposed for the scope before is out of date. */
static void
forget_old(struct trader *t, const struct limit_held *h)
{
	struct limits *s = &t->limits;

	for (unsigned i = s->n_proposed; i-- > 0;)
		if (s->proposed[i].kind == (int32_t)h->at.kind &&
		    s->proposed[i].owner == (int32_t)h->at.owner &&
		    strcmp(s->proposed[i].id, h->id) == 0 &&
		    strcmp(s->proposed[i].who, WHO) == 0)
			limits_forget(t, &s->proposed[i]);
}

static void
tell(struct trader *t, const struct limit_held *h, const struct limit_change *c)
{
	char is[LIMIT_TEXT_MAX], was[LIMIT_TEXT_MAX], whose[LIMITS_WHOSE];

	for (unsigned i = 0; i < limit_keys(); i++) {
		if (!limit_key_differs(i, &c->is, &c->was))
			continue;
		limit_key_text(&c->is, i, is);
		limit_key_text(&c->was, i, was);
		trader_note(t, LOG_L_WARN, 0, "%s%s%s: %s is %s in the "
		    "settings, which is looser, and stays %s until somebody "
		    "says 'fixgate risk approve %" PRIu64 "'", h->where,
		    h->where[0] == '\0' ? "" : ": ", limits_whose(c, whose),
		    limit_key_name(i), is, was, c->number);
	}
}

static void
propose(struct trader *t, const struct limit_held *h, struct limit_change *c)
{
	char whose[LIMITS_WHOSE];

	if (limits_propose(t, c))
		tell(t, h, c);
	else
		trader_note(t, LOG_L_ERROR, 0, "limits: too many proposals "
		    "wait; what the settings loosen for %s is left out: "
		    "approve or reject some, and reload",
		    limits_whose(c, whose));
}

static bool
compare(struct trader *t, const struct limit_held *h, bool first)
{
	struct limit_change c = { .kind = (int32_t)h->at.kind,
		.owner = (int32_t)h->at.owner, .who = WHO };
	bool had = h->was.limited || h->was.ruled, looser;

	forget_old(t, h);
	snprintf(c.id, sizeof(c.id), "%s", h->id);
	c.is = c.was = in_force(t, &h->at);
	looser = had && tighten(&c.was, &h->was);
	if (looser && limit_set_use_owned(&c.was, t->risk, h->at.owner,
			  h->at.kind, h->id) != 0)
		trader_fail(t, -FIX_E_NOMEM, "limits");
	if (differs(&c.was, &h->was)) {
		keep_force(t, &h->at);
		if (!first)
			limits_new_version(t, &c, "set", WHO);
	}
	if (looser)
		propose(t, h, &c);
	return looser;
}

static unsigned
compare_all(struct trader *t, bool first)
{
	struct limit_held *h;
	unsigned n = 0;

	while ((h = t->limits.held) != NULL) {
		t->limits.held = h->next;
		n += compare(t, h, first);
		free(h);
	}
	stale_look(t);
	return n;
}

unsigned
trader_limits_tighter(struct trader *t)
{
	unsigned n = compare_all(t, false);

	return n + grants_tighter(t, false);
}

unsigned
trader_limits_start(struct trader *t)
{
	unsigned n = compare_all(t, !t->limits.any_kept);

	return n + grants_tighter(t, !t->limits.any_kept);
}
