/*
 * What proves that nothing is left out: for each source, how many of its
 * messages were copied to this subscriber, and the MsgSeqNum of the last.
 *
 * Told every CopyCounts seconds, if anything has changed, and of every source
 * after a Logon, by News(B), which every FIX version has: Headline(148) "DROP
 * COPY COUNTS", and in each Text(58) of the lines (33) a source: "CLIENT44
 * copies=12 last=40 lost=0". The difference between two of them is the number
 * of copies that stand between them. Counts never begin anew. The same stands in
 * the file of counters, for fixgate top and whoever watches.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/trader/dropcopy.h"

#define LINES 25u /* of a message */
#define SOURCES_MAX 1000000u

static bool
room(struct copies *k, uint32_t session)
{
	uint32_t n = k->n_counts == 0 ? 8 : k->n_counts;
	struct copy_count *more;

	if (session < k->n_counts)
		return true;
	if (session > SOURCES_MAX)
		return false;
	while (n <= session)
		n *= 2;
	more = realloc(k->counts, n * sizeof(*more));
	if (more == NULL)
		return false;
	memset(more + k->n_counts, 0, (n - k->n_counts) * sizeof(*more));
	k->counts = more;
	k->n_counts = n;
	return true;
}

static int
load(void *arg, struct fix_span key, struct fix_span value)
{
	struct client *c = arg;
	const uint8_t *p = key.p + key.len - 4;
	uint32_t n;

	if (key.len != strlen(c->id) + 5 ||
	    value.len != sizeof(struct copy_row))
		return 0;
	n = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
	    p[3];
	if (room(c->copies, n))
		memcpy(&c->copies->counts[n].row, value.p, value.len);
	c->copies->unshown = true;
	return 0;
}

void
counts_load(struct trader *t, struct client *c)
{
	const struct fix_span all = { NULL, 0 };
	struct fix_span prefix = { (const uint8_t *)c->id, strlen(c->id) + 1 };

	(void)fix_store_each(
	    t->cfg.store, FIX_TAB_CURSORS, prefix, all, load, c);
}

void
counts_up(struct trader *t, struct client *c)
{
	struct copies *k = c->copies;

	k->counts_at =
	    t->now.mono.ns + (int64_t)c->cfg->copy.counts_s * FIX_SEC;
	for (uint32_t i = 0; i < k->n_counts; i++)
		if (k->counts[i].row.copies + k->counts[i].row.lost > 0)
			k->counts[i].untold = k->untold =
			    c->cfg->copy.counts_s > 0;
}

void
counts_add(
    struct trader *t, struct client *c, const struct fix_rec *r, bool lost)
{
	struct copies *k = c->copies;
	struct copy_count *n;

	if (!room(k, r->session)) {
		trader_note(t, LOG_L_ERROR, c->number,
		    "alert: %s: no memory "
		    "to count the copies of session %u",
		    c->id, r->session);
		return;
	}
	n = &k->counts[r->session];
	k->unshown = true;
	n->row.copies += !lost;
	n->row.lost += lost;
	if (r->type == REC_OUT)
		memcpy(&n->row.last, r->data, sizeof(n->row.last));
	if (!n->dirty && k->n_dirty < COPY_PIECE)
		k->dirty[k->n_dirty++] = r->session;
	n->dirty = true;
	if (c->cfg->copy.counts_s > 0)
		n->untold = k->untold = true;
}

void
counts_keep(struct trader *t, struct client *c)
{
	struct copies *k = c->copies;
	uint8_t key[FIX_STORE_KEY_MAX];

	for (unsigned i = 0; i < k->n_dirty; i++) {
		struct copy_count *n = &k->counts[k->dirty[i]];
		struct fix_span at = { key, 0 };
		struct fix_span v = { (const uint8_t *)&n->row,
			sizeof(n->row) };

		n->dirty = false;
		at.len = copy_row_key(key, c->id, k->dirty[i]);
		if (at.len > 0)
			trader_keep(t, FIX_TAB_CURSORS, c->number, at, v);
	}
	k->n_dirty = 0;
}

bool
counts_due(const struct trader *t, const struct client *c)
{
	return c->copies->untold && c->copies->counts_at <= t->now.mono.ns;
}

static void
name_of(const struct trader *t, uint32_t session, char *out, size_t cap)
{
	const struct client *c = client_numbered(t, session);

	if (session == 0)
		snprintf(out, cap, "(no client)");
	else if (c != NULL)
		snprintf(out, cap, "%s", c->cfg->fix.target_comp_id);
	else
		snprintf(out, cap, "session-%u", session);
}

static void
put_line(const struct trader *t, struct fix_build *b, uint32_t session,
    const struct copy_row *row)
{
	char name[80], text[200];

	name_of(t, session, name, sizeof(name));
	snprintf(text, sizeof(text),
	    "%s copies=%" PRIu64 " last=%" PRIu64 " lost=%" PRIu64, name,
	    row->copies, row->last, row->lost);
	fix_build_str(b, 58, text);
}

/* The next sources that are untold. @return how many */
static unsigned
choose(const struct copies *k, uint32_t list[LINES])
{
	unsigned n = 0;

	for (uint32_t i = 0; i < k->n_counts && n < LINES; i++)
		if (k->counts[i].untold)
			list[n++] = i;
	return n;
}

unsigned
counts_tell(struct trader *t, struct client *c)
{
	struct copies *k = c->copies;
	uint32_t list[LINES];
	unsigned n = choose(k, list);
	struct fix_build b;
	size_t at;

	if (n > 0) {
		fix_build_start(
		    &b, t->scratch, LINES * 256 + 256, fix_span_of("B"));
		at = b.len;
		fix_build_str(&b, 148, "DROP COPY COUNTS");
		fix_build_int(&b, 33, n);
		for (unsigned i = 0; i < n; i++)
			put_line(t, &b, list[i], &k->counts[list[i]].row);
		if (copy_send(t, c, "B", &b, at) == COPY_LATER) {
			k->later = t->now.mono.ns + FIX_SEC;
			return COPY_COST;
		}
	}
	for (unsigned i = 0; i < n; i++)
		k->counts[list[i]].untold = false;
	if (n < LINES) {
		k->untold = false;
		k->counts_at =
		    t->now.mono.ns + (int64_t)c->cfg->copy.counts_s * FIX_SEC;
	}
	return COPY_COST;
}

static void
show(const struct trader *t, const struct client *c, trader_copies_fn *fn,
    void *arg)
{
	struct copies *k = c->copies;

	k->unshown = false;
	for (uint32_t i = 0; i < k->n_counts; i++) {
		char name[80];

		if (k->counts[i].row.copies + k->counts[i].row.lost == 0)
			continue;
		name_of(t, i, name, sizeof(name));
		fn(arg, &k->counts[i].shown, c->cfg->fix.target_comp_id, name,
		    &k->counts[i].row);
	}
}

void
trader_show_copies(const struct trader *t, trader_copies_fn *fn, void *arg)
{
	for (uint32_t i = 0; i < t->n_copies; i++)
		if (t->copies[i]->copies->unshown)
			show(t, t->copies[i], fn, arg);
}
