/*
 * Grants of by the rule of limits: what a settings file takes away
 * from a trader counts at once, when it is read again and at a start; what it
 * adds waits, as a proposal of "settings", for a person to approve it. That is
 * also a trader whom it did not name, where traders must be known, and one whom
 * it does not name any more, where they need not: without a grant he may trade
 * anything. Until then he may what both files allow; where that is nothing, what
 * the old one did.
 *
 * Rows of FIX_TAB_CONTROL: "grant NAME" the text of what is in force, kept in the
 * turn that puts it there, "grantp NUMBER" a proposal: "MADE NAME\n", and its
 * text.
 */
#include "gateway/trader/inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/trader/grant_text.h"
#include "gateway/trader/operator.h"
#include "risk/known.h"

#define LAPSE_NS (3600 * FIX_SEC)
/* ----- lists ----- */

static struct granted *
add(struct trader *t, struct granted **list, const char *name, const char *text)
{
	struct granted *g = calloc(1, sizeof(*g));

	if (g != NULL && text != NULL)
		g->text = strdup(text);
	if (g == NULL || (text != NULL && g->text == NULL)) {
		free(g);
		trader_fail(t, -FIX_E_NOMEM, "grants");
		return NULL;
	}
	snprintf(g->name, sizeof(g->name), "%s", name);
	g->next = *list;
	*list = g;
	return g;
}

static void
drop(struct granted **at)
{
	struct granted *g = *at;

	*at = g->next;
	free(g->text);
	free(g);
}

static struct granted *
named(struct granted *list, const char *name)
{
	while (list != NULL && strcmp(list->name, name) != 0)
		list = list->next;
	return list;
}

void
grants_free(struct trader *t)
{
	while (t->grants.held != NULL)
		drop(&t->grants.held);
	while (t->grants.proposed != NULL)
		drop(&t->grants.proposed);
}

/* All that risk has. */
static struct granted *
in_force(struct trader *t)
{
	struct granted *list = NULL;
	const char *name;
	bool oom = false;

	for (size_t i = 0; (name = risk_granted_trader(t->risk, i)) != NULL;
	    i++) {
		char *text = grant_text_of(t->risk, name, &oom);

		if (oom)
			trader_fail(t, -FIX_E_NOMEM, "grants");
		if (text != NULL)
			(void)add(t, &list, name, text);
		free(text);
	}
	return list;
}

/* Into force: these, and nothing else. The list is used up. */
static void
use(struct trader *t, struct granted *list)
{
	risk_grants_clear(t->risk);
	while (list != NULL) {
		if (list->text != NULL &&
		    grant_text_use(t->risk, list->name, list->text) != 0)
			trader_fail(t, -FIX_E_NOMEM, "grants");
		drop(&list);
	}
	/* What they have been seen in today stands in the orders of the day. */
	if (t->desk != NULL)
		desk_reach(t->desk, t->now);
}

/* ----- rows ----- */

static void
keep(struct trader *t, const char *name, const char *text)
{
	char key[64];
	struct fix_span v = { (const uint8_t *)text,
		text == NULL ? 0 : strlen(text) };

	snprintf(key, sizeof(key), "grant %s", name);
	trader_keep(t, FIX_TAB_CONTROL, 0, fix_span_of(key), v);
}

static void
keep_proposal(struct trader *t, const struct granted *g, bool gone)
{
	char key[40], *row = NULL;
	int n = gone ? 0 : asprintf(&row, "%" PRId64 " %s\n%s", g->made_ns,
	    g->name, g->text == NULL ? "" : g->text);
	struct fix_span v = { (const uint8_t *)row, n > 0 ? (size_t)n : 0 };

	if (n < 0) {
		trader_fail(t, -FIX_E_NOMEM, "grants");
		return;
	}
	snprintf(key, sizeof(key), "grantp %020" PRIu64, g->number);
	trader_keep(t, FIX_TAB_CONTROL, 0, fix_span_of(key), v);
	free(row);
}

static int
load_proposal(void *arg, struct fix_span key, struct fix_span value)
{
	struct trader *t = arg;
	char text[GRANT_TEXT_MAX], name[RISK_ID_MAX + 1], number[40];
	const char *grant_text;
	struct granted *g;
	int64_t made;

	if (!fix_span_copy(value, text, sizeof(text)) ||
	    !fix_span_copy(key, number, sizeof(number)) ||
	    sscanf(text, "%" SCNd64 " %32[^\n]", &made, name) != 2)
		return -FIX_E_FOREIGN;
	grant_text = grant_text_line(text);
	g = add(t, &t->grants.proposed, name, grant_text);
	if (g == NULL)
		return -FIX_E_NOMEM;
	g->made_ns = made;
	g->number = strtoull(number + strlen("grantp "), NULL, 10);
	t->grants.n_proposed++;
	return 0;
}

int
grants_load(struct trader *t)
{
	const struct fix_span all = { NULL, 0 };

	return fix_store_each(t->cfg.store, FIX_TAB_CONTROL,
	    fix_span_of("grantp "), all, load_proposal, t);
}

/* ----- a file ----- */

void
trader_grants_hold(struct trader *t)
{
	t->grants.held = in_force(t);
}

static int
load_held(void *arg, struct fix_span key, struct fix_span value)
{
	struct trader *t = arg;
	char text[GRANT_TEXT_MAX], name[64];

	if (!fix_span_copy(value, text, sizeof(text)) ||
	    !fix_span_copy(key, name, sizeof(name)))
		return -FIX_E_FOREIGN;
	return add(t, &t->grants.held, name + strlen("grant "), text) == NULL ?
	    -FIX_E_NOMEM : 0;
}

int
trader_grants_hold_last(struct trader *t)
{
	const struct fix_span all = { NULL, 0 };

	return fix_store_each(t->cfg.store, FIX_TAB_CONTROL,
	    fix_span_of("grant "), all, load_held, t);
}

static void
forget(struct trader *t, struct granted **at)
{
	keep_proposal(t, *at, true);
	drop(at);
	t->grants.n_proposed--;
}

static void
propose(struct trader *t, const char *name, const char *text)
{
	struct granted *g;

	if (t->grants.n_proposed == GRANTS_PENDING) {
		trader_note(t, LOG_L_ERROR, 0, "limits: too many proposals "
		    "wait; what the settings grant trader %s is left out: "
		    "approve or reject some, and reload", name);
		return;
	}
	g = add(t, &t->grants.proposed, name, text);
	if (g == NULL)
		return;
	t->grants.n_proposed++;
	g->number = ++t->limits.last_proposal;
	g->made_ns = t->now.utc.ns;
	limits_keep_version(t);
	keep_proposal(t, g, false);
	trader_note(t, LOG_L_WARN, 0, "limits: settings proposes %" PRIu64
	    " for trader %s", g->number, name);
	trader_note(t, LOG_L_WARN, 0, "trader %s: the settings %s, which is "
	    "looser, and waits until somebody says 'fixgate risk approve %"
	    PRIu64 "'", name, text == NULL ? "have no grant for him any more" :
	    "grant him more", g->number);
}

/* What counts of a trader's old and new grant. @return to be freed; NULL: none */
static char *
decide(struct trader *t, const char *is, const char *was, bool *looser)
{
	char *now = NULL;

	if (is != NULL && was != NULL) {
		now = grant_text_meet(is, was);
		if (now == NULL) {
			trader_fail(t, -FIX_E_NOMEM, "grants");
			return NULL;
		}
		*looser = !grant_text_same(now, is);
		return now;
	}
	/* Without a grant he may all, or nothing where he must have one. */
	if (is != NULL)
		*looser = risk_wants_traders(t->risk, false);
	else if (was != NULL)
		*looser = !risk_wants_traders(t->risk, true);
	if (*looser ? was == NULL : is == NULL)
		return NULL;
	now = strdup(*looser ? was : is);
	if (now == NULL)
		trader_fail(t, -FIX_E_NOMEM, "grants");
	return now;
}

static void
version(struct trader *t, const char *name, const char *by)
{
	struct limit_change c = { .kind = RISK_SCOPE_TRADER };

	snprintf(c.id, sizeof(c.id), "%s", name);
	limits_new_version(t, &c, "set", by);
}

/* One trader. @return whether something waits */
static bool
compare(struct trader *t, const char *name, const struct granted *file,
    struct granted **list, bool first)
{
	struct granted *held = named(t->grants.held, name);
	const char *was = held == NULL ? NULL : held->text;
	const char *is = file == NULL ? NULL : file->text;
	bool looser = false;
	char *now = first ? (is == NULL ? NULL : strdup(is))
			  : decide(t, is, was, &looser);

	for (struct granted **at = &t->grants.proposed; *at != NULL;) {
		if (strcmp((*at)->name, name) == 0)
			forget(t, at);
		else
			at = &(*at)->next;
	}
	if (now != NULL)
		(void)add(t, list, name, now);
	if ((now == NULL) != (was == NULL) ||
	    (now != NULL && !grant_text_same(now, was))) {
		keep(t, name, now);
		if (!first)
			version(t, name, "settings");
	}
	if (looser)
		propose(t, name, is);
	free(now);
	return looser;
}

unsigned
grants_tighter(struct trader *t, bool first)
{
	struct granted *file = in_force(t), *list = NULL, *g;
	unsigned n = 0;

	for (g = file; g != NULL; g = g->next)
		n += compare(t, g->name, g, &list, first);
	for (g = t->grants.held; g != NULL; g = g->next)
		if (named(file, g->name) == NULL)
			n += compare(t, g->name, NULL, &list, first);
	while (file != NULL)
		drop(&file);
	while (t->grants.held != NULL)
		drop(&t->grants.held);
	use(t, list);
	return n;
}

/* ----- people ----- */

void
grants_tick(struct trader *t)
{
	for (struct granted **at = &t->grants.proposed; *at != NULL;) {
		if ((*at)->made_ns + LAPSE_NS > t->now.utc.ns) {
			at = &(*at)->next;
			continue;
		}
		trader_note(t, LOG_L_WARN, 0, "limits: proposal %" PRIu64
		    " has lapsed", (*at)->number);
		forget(t, at);
	}
}

int64_t
grants_due_ns(const struct trader *t)
{
	int64_t first = INT64_MAX;

	for (const struct granted *g = t->grants.proposed; g != NULL;
	    g = g->next)
		if (g->made_ns + LAPSE_NS < first)
			first = g->made_ns + LAPSE_NS;
	return first;
}

static void
approve(struct trader *t, const struct granted *p, const char *who)
{
	struct granted *list = in_force(t), *g = named(list, p->name);
	char by[96];

	if (g != NULL) {
		free(g->text);
		g->text = p->text == NULL ? NULL : strdup(p->text);
		if (g->text == NULL && p->text != NULL)
			trader_fail(t, -FIX_E_NOMEM, "grants");
	} else if (p->text != NULL) {
		(void)add(t, &list, p->name, p->text);
	}
	keep(t, p->name, p->text);
	snprintf(by, sizeof(by), "settings, approved by %s", who);
	version(t, p->name, by);
	use(t, list);
}

bool
grants_decide(struct trader *t, struct answer *a, uint64_t n, bool yes)
{
	struct granted **at = &t->grants.proposed;
	const char *who = access_who(t);

	while (*at != NULL && (*at)->number != n)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	if (yes && who[0] == '\0') {
		command_say(a, "error: settings has proposed it, a person must "
		    "approve\n");
		return true;
	}
	if (yes)
		approve(t, *at, who);
	else
		trader_note(t, LOG_L_WARN, 0, "limits: %s rejects proposal %"
		    PRIu64, who, n);
	forget(t, at);
	if (yes)
		command_say(a, "ok: version %" PRIu64 "\n", t->limits.version);
	else
		command_say(a, "ok: rejected\n");
	return true;
}

void
grants_say(struct trader *t, struct answer *a, bool first)
{
	for (const struct granted *g = t->grants.proposed; g != NULL;
	    g = g->next) {
		if (a->json) {
			command_say(a, "%s{\"number\":%" PRIu64
			    ",\"by\":\"settings\",\"scope\":\"trader\",\"id\":",
			    first ? "" : ",", g->number);
			command_json(a, g->name);
			command_say(a, ",");
		} else {
			command_say(a, "proposal %" PRIu64 " of settings for "
			    "trader %s waits\n", g->number, g->name);
		}
		grant_text_say(t, a, g->text);
		command_say(a, a->json ? "}" : "");
		first = false;
	}
}
