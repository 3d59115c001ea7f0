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
 * What was changed so stands above the settings, whenever those are read again.
 *
 * Rows of FIX_TAB_CONTROL: "limits" version and last proposal, "limit KIND ID"
 * a scope's limits, "limitt KIND ID" what a temporary one goes back to, "limitp
 * NUMBER" a proposal, "limith VERSION" a line of history, and those of
 * limits_file.c. Limits are kept as
 * text, so that a later version of this program reads them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/trader/inside.h"
#include "gateway/trader/limits_stale.h"

#define LAPSE_NS (3600 * FIX_SEC)

static void
keep_row(struct trader *t, const char *key, const void *p, size_t len)
{
	struct fix_span v = { p, len };

	trader_keep(t, FIX_TAB_CONTROL, 0, fix_span_of(key), v);
}

/* Kind and owner as a row says them: the firm's are as if nobody else had any. */
static int32_t
place_of(int32_t kind, int32_t owner)
{
	return owner << 4 | kind;
}

static bool
read_place(long place, int32_t *kind, int32_t *owner)
{
	*kind = (int32_t)(place & 15);
	*owner = (int32_t)(place >> 4);
	return place >= 0 && place >> 4 < RISK_N_OWNER &&
	       *kind <= RISK_SCOPE_SESSION;
}

/* "NUMBER MADE UNTIL KIND WHO", its id, the set, "--", what was before */
static size_t
change_text(const struct limit_change *c, char *out, size_t cap)
{
	char set[LIMIT_SET_TEXT], was[LIMIT_SET_TEXT];

	(void)limit_set_text(&c->is, set);
	(void)limit_set_text(&c->was, was);
	return (size_t)snprintf(out, cap, "%" PRIu64 " %" PRId64 " %" PRId64
	    " %" PRId32 " %s\n%s\n%s--\n%s", c->number, c->made_ns,
	    c->until_ns, place_of(c->kind, c->owner), c->who, c->id, set, was);
}

void
limits_keep(struct trader *t, const char *row, const struct limit_change *c,
    bool gone)
{
	char key[96], text[2 * LIMIT_SET_TEXT + 256];
	size_t len;

	if (strcmp(row, "limitp") == 0)
		snprintf(key, sizeof(key), "limitp %020" PRIu64, c->number);
	else
		snprintf(key, sizeof(key), "%s %d %s", row,
		    place_of(c->kind, c->owner), c->id);
	if (strcmp(row, "limit") == 0)
		len = limit_set_text(&c->is, text);
	else
		len = change_text(c, text, sizeof(text));
	keep_row(t, key, text, gone ? 0 : len);
}

void
limits_keep_version(struct trader *t)
{
	uint64_t row[2] = { t->limits.version, t->limits.last_proposal };

	keep_row(t, "limits", row, sizeof(row));
}

const char *
limits_whose(const struct limit_change *c, char out[LIMITS_WHOSE])
{
	bool firm = c->owner == RISK_OWNER_FIRM;

	snprintf(out, LIMITS_WHOSE, "%s%s%s%s%s",
	    firm ? "" : risk_owner_name((enum risk_owner)c->owner),
	    firm ? "" : " ", risk_scope_name((enum risk_scope)c->kind),
	    c->id[0] != '\0' ? " " : "", c->id);
	return out;
}

void
limits_new_version(struct trader *t, const struct limit_change *c,
    const char *what, const char *by)
{
	char key[40], text[256], whose[LIMITS_WHOSE];

	t->limits.version++;
	risk_set_version(t->risk, t->limits.version);
	limits_keep_version(t);
	snprintf(key, sizeof(key), "limith %020" PRIu64, t->limits.version);
	snprintf(text, sizeof(text), "%" PRIu64 " %s %s by %s",
	    t->limits.version, what, limits_whose(c, whose), by);
	keep_row(t, key, text, strlen(text));
	trader_note(t, LOG_L_WARN, 0, "limits: version %s", text);
	t->relimited = true;
}

/* ----- what stands above the settings ----- */

static struct limit_row *
row_of(struct trader *t, int32_t kind, int32_t owner, const char *id)
{
	for (struct limit_row *r = t->limits.rows; r != NULL; r = r->next)
		if (r->kind == kind && r->owner == owner &&
		    strcmp(r->id, id) == 0)
			return r;
	return NULL;
}

static int
row_set(struct trader *t, int32_t kind, int32_t owner, const char *id,
    const struct limit_set *set)
{
	struct limit_row *r = row_of(t, kind, owner, id);

	if (r == NULL) {
		r = calloc(1, sizeof(*r));
		if (r == NULL)
			return -FIX_E_NOMEM;
		r->kind = kind;
		r->owner = owner;
		snprintf(r->id, sizeof(r->id), "%s", id);
		r->next = t->limits.rows;
		t->limits.rows = r;
	}
	r->set = *set;
	return 0;
}

static void
row_drop(struct trader *t, int32_t kind, int32_t owner, const char *id)
{
	struct limit_row **at = &t->limits.rows;
	struct limit_row *r = row_of(t, kind, owner, id);

	if (r == NULL)
		return;
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	free(r);
}

void
limits_free(struct trader *t)
{
	grants_free(t);
	while (t->limits.rows != NULL)
		row_drop(t, t->limits.rows->kind, t->limits.rows->owner,
		    t->limits.rows->id);
}

/* The part that nobody has changed, and what only settings can say, stay. */
static int
use_row(struct trader *t, const struct limit_row *r)
{
	enum risk_scope kind = (enum risk_scope)r->kind;
	enum risk_owner owner = (enum risk_owner)r->owner;
	struct limit_set now = limit_set_owned(t->risk, owner, kind, r->id);
	struct limit_set s = r->set;

	if (!s.limited) {
		s.limits = now.limits;
		s.limited = now.limited;
	}
	if (!s.ruled) {
		s.rules = now.rules;
		s.ruled = now.ruled;
	}
	return limit_set_use_owned(&s, t->risk, owner, kind, r->id);
}

int
trader_limits_again(struct trader *t)
{
	int rc = 0;

	for (struct limit_row *r = t->limits.rows; r != NULL && rc == 0;
	    r = r->next)
		rc = use_row(t, r);
	if (t->desk != NULL)
		desk_reach(t->desk, t->now);
	return rc;
}

struct limit_change *
limits_temporary(struct trader *t, const struct limit_change *c)
{
	struct limits *s = &t->limits;

	for (unsigned i = 0; i < s->n_temporary; i++)
		if (s->temporary[i].kind == c->kind &&
		    s->temporary[i].owner == c->owner &&
		    strcmp(s->temporary[i].id, c->id) == 0)
			return &s->temporary[i];
	return NULL;
}

static void
drop(struct limit_change *all, unsigned *n, struct limit_change *one)
{
	*one = all[--*n];
}

bool
limits_propose(struct trader *t, struct limit_change *c)
{
	struct limits *s = &t->limits;
	char whose[LIMITS_WHOSE];

	if (s->n_proposed == LIMITS_PENDING)
		return false;
	c->number = ++s->last_proposal;
	c->made_ns = t->now.utc.ns;
	s->proposed[s->n_proposed++] = *c;
	limits_keep_version(t);
	limits_keep(t, "limitp", c, false);
	trader_note(t, LOG_L_WARN, 0, "limits: %s proposes %" PRIu64 " for %s",
	    c->who, c->number, limits_whose(c, whose));
	return true;
}

/* Kept first; the swap is between two orders, since this is their thread. */
void
limits_use(struct trader *t, struct limit_change *c, const char *by)
{
	struct limits *s = &t->limits;
	struct limit_change *old = limits_temporary(t, c);

	if (old != NULL) { /* it goes back to what was before that one */
		c->was = old->was;
		limits_keep(t, "limitt", old, true);
		drop(s->temporary, &s->n_temporary, old);
	}
	if (c->until_ns != 0) {
		s->temporary[s->n_temporary++] = *c;
		limits_keep(t, "limitt", c, false);
	}
	limits_keep(t, "limit", c, false);
	limits_new_version(t, c, c->until_ns != 0 ? "for a while" : "set", by);
	if (row_set(t, c->kind, c->owner, c->id, &c->is) != 0 ||
	    limit_set_use_owned(&c->is, t->risk, (enum risk_owner)c->owner,
		(enum risk_scope)c->kind, c->id) != 0)
		trader_fail(t, -FIX_E_NOMEM, "limits");
	limits_keep_force(t, c);
	stale_set(t, (enum risk_scope)c->kind, c->id);
}

static void
go_back(struct trader *t, struct limit_change *one)
{
	struct limit_change c = *one;
	enum risk_scope kind = (enum risk_scope)c.kind;

	limits_keep(t, "limitt", &c, true);
	drop(t->limits.temporary, &t->limits.n_temporary, one);
	c.is = c.was;
	limits_keep(t, "limit", &c, !c.was.limited && !c.was.ruled);
	limits_new_version(t, &c, "reverted", "time");
	if (!c.was.limited && !c.was.ruled)
		row_drop(t, c.kind, c.owner, c.id);
	else if (row_set(t, c.kind, c.owner, c.id, &c.was) != 0)
		trader_fail(t, -FIX_E_NOMEM, "limits");
	if (limit_set_use_owned(&c.was, t->risk, (enum risk_owner)c.owner, kind,
		c.id) != 0)
		trader_fail(t, -FIX_E_NOMEM, "limits");
	limits_keep_force(t, &c);
	stale_set(t, kind, c.id);
}

void
limits_forget(struct trader *t, struct limit_change *p)
{
	limits_keep(t, "limitp", p, true);
	drop(t->limits.proposed, &t->limits.n_proposed, p);
}

void
limits_tick(struct trader *t)
{
	struct limits *s = &t->limits;

	grants_tick(t);
	for (unsigned i = s->n_temporary; i-- > 0;)
		if (s->temporary[i].until_ns <= t->now.utc.ns)
			go_back(t, &s->temporary[i]);
	for (unsigned i = s->n_proposed; i-- > 0;)
		if (s->proposed[i].made_ns + LAPSE_NS <= t->now.utc.ns) {
			trader_note(t, LOG_L_WARN, 0,
			    "limits: proposal %" PRIu64 " has lapsed",
			    s->proposed[i].number);
			limits_forget(t, &s->proposed[i]);
		}
	stale_tick(t);
}

int64_t
limits_due(const struct trader *t)
{
	const struct limits *s = &t->limits;
	int64_t first = grants_due_ns(t), left;

	if (stale_due(t) < first)
		first = stale_due(t);
	for (unsigned i = 0; i < s->n_temporary; i++)
		if (s->temporary[i].until_ns < first)
			first = s->temporary[i].until_ns;
	for (unsigned i = 0; i < s->n_proposed; i++)
		if (s->proposed[i].made_ns + LAPSE_NS < first)
			first = s->proposed[i].made_ns + LAPSE_NS;
	left = first - t->now.utc.ns;
	return t->now.mono.ns + (left > 0 ? left : 0);
}

/* ----- restart ----- */

static int
load_limit(void *arg, struct fix_span key, struct fix_span value)
{
	struct trader *t = arg;
	char name[96], text[LIMIT_SET_TEXT], *id;
	struct limit_set set;
	int32_t kind, owner;
	long place;

	if (!fix_span_copy(key, name, sizeof(name)) ||
	    !fix_span_copy(value, text, sizeof(text)) ||
	    !limit_set_read(&set, text))
		return -FIX_E_FOREIGN;
	place = strtol(name + 6, &id, 10);
	if (*id == ' ')
		id++;
	if (!read_place(place, &kind, &owner))
		return -FIX_E_FOREIGN;
	return row_set(t, kind, owner, id, &set);
}

static bool
read_head(const char *line, struct limit_change *c)
{
	long place = -1;

	return sscanf(line, "%" SCNu64 " %" SCNd64 " %" SCNd64 " %ld"
		      " %39[^\n]", &c->number, &c->made_ns, &c->until_ns,
		   &place, c->who) >= 4 &&
	       read_place(place, &c->kind, &c->owner);
}

static int
load_change(struct fix_span value, struct limit_change *all, unsigned *n)
{
	struct limit_change *c = &all[*n];
	char text[2 * LIMIT_SET_TEXT + 256], *id, *set, *was;

	if (*n == LIMITS_PENDING || !fix_span_copy(value, text, sizeof(text)))
		return -FIX_E_FOREIGN;
	memset(c, 0, sizeof(*c));
	id = strchr(text, '\n');
	set = id == NULL ? NULL : strchr(id + 1, '\n');
	was = set == NULL ? NULL : strstr(set, "\n--\n");
	if (was == NULL || !read_head(text, c))
		return -FIX_E_FOREIGN;
	*set = '\0';
	snprintf(c->id, sizeof(c->id), "%s", id + 1);
	was[1] = '\0'; /* behind the end of the set's last line */
	if (!limit_set_read(&c->is, set + 1) ||
	    !limit_set_read(&c->was, was + 4))
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
	risk_set_version(t->risk, t->limits.version);
	rc = fix_store_each(store, FIX_TAB_CONTROL, fix_span_of("limit "), all,
	    load_limit, t);
	if (rc == 0)
		rc = fix_store_each(store, FIX_TAB_CONTROL,
		    fix_span_of("limitp "), all, load_proposal, t);
	if (rc == 0)
		rc = fix_store_each(store, FIX_TAB_CONTROL,
		    fix_span_of("limitt "), all, load_temporary, t);
	if (rc == 0)
		rc = grants_load(t);
	if (rc == 0)
		rc = trader_limits_again(t);
	if (rc == 0)
		limits_tick(t);
	return rc;
}
