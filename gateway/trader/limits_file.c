/*
 * A settings file that is read again may tighten limits, as one person may. What
 * it loosens needs two: whoever wrote the file, and whoever approves. So a scope
 * keeps what was in force before, key by key, where the file is looser, and the
 * rest of what the file says stands as a proposal of "settings".
 *
 * A scope without limits, and what a start finds, are taken as they stand.
 */
#include "gateway/trader/inside.h"

#include <stdio.h>
#include <stdlib.h>

#define WHO "settings"

struct limit_held {
	struct limit_held *next;
	enum risk_scope kind;
	char id[RISK_ID_MAX + 8];
	struct limit_set was;
};

int
trader_limits_hold(struct trader *t, enum risk_scope kind, const char *id)
{
	struct limit_held *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -FIX_E_NOMEM;
	h->kind = kind;
	snprintf(h->id, sizeof(h->id), "%s", id);
	h->was = limit_set_of(t->risk, kind, id);
	h->next = t->limits.held;
	t->limits.held = h;
	return 0;
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

/* What it has proposed for the scope before is out of date. */
static void
forget_old(struct trader *t, const struct limit_held *h)
{
	struct limits *s = &t->limits;

	for (unsigned i = s->n_proposed; i-- > 0;)
		if (s->proposed[i].kind == (int32_t)h->kind &&
		    strcmp(s->proposed[i].id, h->id) == 0 &&
		    strcmp(s->proposed[i].who, WHO) == 0)
			limits_forget(t, &s->proposed[i]);
}

static bool
compare(struct trader *t, const struct limit_held *h)
{
	struct limit_change c = { .kind = (int32_t)h->kind, .who = WHO };

	forget_old(t, h);
	if (!h->was.limited && !h->was.ruled)
		return false;
	snprintf(c.id, sizeof(c.id), "%s", h->id);
	c.is = c.was = limit_set_of(t->risk, h->kind, h->id);
	if (!tighten(&c.was, &h->was))
		return false;
	if (limit_set_use(&c.was, t->risk, h->kind, h->id) != 0)
		trader_fail(t, -FIX_E_NOMEM, "limits");
	if (!limits_propose(t, &c))
		trader_note(t, LOG_L_ERROR, 0, "limits: too many proposals "
		    "wait; what the file loosens for %s %s is left out",
		    risk_scope_name(h->kind), h->id);
	return true;
}

unsigned
trader_limits_tighter(struct trader *t)
{
	struct limit_held *h;
	unsigned n = 0;

	while ((h = t->limits.held) != NULL) {
		t->limits.held = h->next;
		n += compare(t, h);
		free(h);
	}
	return n;
}
