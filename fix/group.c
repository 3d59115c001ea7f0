/*
 * Repeating groups: which fields are whose.
 *
 * In: a message and a definition of the group. Out: entries as ranges of
 * fields. FIX volume 1, "Repeating groups": the delimiter opens every entry and
 * members follow; the first field that is no member ends the group, but for a
 * user's own tag (5000 and up) that no group around knows: it was put into the
 * entry by someone whose dictionary is newer, and stays in it. Fields of nested
 * groups lie inside the entry, but are not its own: they are stepped
 * over, so that a tag that occurs in both is never taken from the wrong one.
 * Whether the count is right and members are in order is the dictionary's to
 * say; here the fields that are there count, not what the count field says.
 */
#include "fix/group.h"

#define USER_TAGS 5000u

static const struct fix_group_def *
nested_of(const struct fix_group_def *def, uint32_t tag)
{
	uint32_t i;

	for (i = 0; i < def->n_nested; i++)
		if (def->nested[i].count_tag == tag)
			return &def->nested[i];
	return NULL;
}

static bool
is_member(const struct fix_group_def *def, uint32_t tag)
{
	uint32_t i;

	for (i = 0; i < def->n_members; i++)
		if (def->members[i] == tag)
			return true;
	return tag == def->delimiter;
}

/* A group and those it is nested in. */
struct level {
	const struct fix_group_def *def;
	const struct level *outer;
};

static uint32_t skip_entries(const struct level *at, const struct fix_msg *m,
    uint32_t i, uint32_t end);

/* The field behind field i of an entry, and behind what is nested in it. */
static uint32_t
step_over(const struct level *at, const struct fix_msg *m, uint32_t i,
    uint32_t end)
{
	const struct level in = { nested_of(at->def, m->fields[i].tag), at };

	return in.def == NULL ? i + 1 : skip_entries(&in, m, i + 1, end);
}

/* Does a field that is not the first of an entry belong to it? */
static bool
stays(const struct level *at, uint32_t tag)
{
	if (tag == at->def->delimiter)
		return false;
	if (is_member(at->def, tag))
		return true;
	if (tag < USER_TAGS)
		return false;
	for (at = at->outer; at != NULL; at = at->outer)
		if (is_member(at->def, tag))
			return false;
	return true;
}

/* One entry whose first field is i: the first field that is not its. */
static uint32_t
skip_entry(const struct level *at, const struct fix_msg *m, uint32_t i,
    uint32_t end)
{
	do
		i = step_over(at, m, i, end);
	while (i < end && stays(at, m->fields[i].tag));
	return i;
}

static uint32_t
skip_entries(const struct level *at, const struct fix_msg *m, uint32_t i,
    uint32_t end)
{
	while (i < end && m->fields[i].tag == at->def->delimiter)
		i = skip_entry(at, m, i, end);
	return i;
}

int
fix_group_open(struct fix_group *g, const struct fix_msg *m,
    const struct fix_group_def *def, uint32_t begin, uint32_t end)
{
	uint32_t i = fix_msg_find(m, def->count_tag, begin);
	int64_t n;

	if (end > m->n)
		end = m->n;
	if (i == FIX_MSG_NONE || i >= end)
		return 0;
	if (fix_int_parse(fix_msg_at(m, i), &n) != 0 || n < 0 || n > UINT32_MAX)
		return -FIX_E_FORMAT;
	*g = (struct fix_group){ m, def, (uint32_t)n, i + 1, end };
	return 1;
}

int
fix_group_next(struct fix_group *g, struct fix_entry *e)
{
	const struct level at = { g->def, NULL };

	if (g->next >= g->limit ||
	    g->msg->fields[g->next].tag != g->def->delimiter)
		return 0;
	e->begin = g->next;
	e->end = skip_entry(&at, g->msg, g->next, g->limit);
	g->next = e->end;
	return 1;
}

bool
fix_entry_get(const struct fix_group *g, struct fix_entry e, uint32_t tag,
    struct fix_span *out)
{
	const struct level at = { g->def, NULL };
	uint32_t i = e.begin;

	while (i < e.end) {
		if (g->msg->fields[i].tag == tag) {
			*out = fix_msg_at(g->msg, i);
			return true;
		}
		i = step_over(&at, g->msg, i, e.end);
	}
	return false;
}
