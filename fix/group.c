/*
 * Repeating groups: which fields are whose.
 *
 * In: a message and a definition of the group. Out: entries as ranges of
 * fields. FIX volume 1, "Repeating groups": the delimiter opens every entry and
 * members follow; the first field that is no member ends the group. Fields of
 * nested groups lie inside the entry, but are not its own: they are stepped
 * over, so that a tag that occurs in both is never taken from the wrong one.
 * Whether the count is right and members are in order is the dictionary's to
 * say; here the fields that are there count, not what the count field says.
 */
#include "fix/group.h"

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

static uint32_t skip_entries(const struct fix_group_def *def,
    const struct fix_msg *m, uint32_t i, uint32_t end);

/* The field behind field i of an entry, and behind what is nested in it. */
static uint32_t
step_over(const struct fix_group_def *def, const struct fix_msg *m, uint32_t i,
    uint32_t end)
{
	const struct fix_group_def *in = nested_of(def, m->fields[i].tag);

	return in == NULL ? i + 1 : skip_entries(in, m, i + 1, end);
}

/* One entry whose first field is i: the first field that is not its. */
static uint32_t
skip_entry(const struct fix_group_def *def, const struct fix_msg *m, uint32_t i,
    uint32_t end)
{
	do
		i = step_over(def, m, i, end);
	while (i < end && m->fields[i].tag != def->delimiter &&
	       is_member(def, m->fields[i].tag));
	return i;
}

static uint32_t
skip_entries(const struct fix_group_def *def, const struct fix_msg *m,
    uint32_t i, uint32_t end)
{
	while (i < end && m->fields[i].tag == def->delimiter)
		i = skip_entry(def, m, i, end);
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
	if (g->next >= g->limit ||
	    g->msg->fields[g->next].tag != g->def->delimiter)
		return 0;
	e->begin = g->next;
	e->end = skip_entry(g->def, g->msg, g->next, g->limit);
	g->next = e->end;
	return 1;
}

bool
fix_entry_get(const struct fix_group *g, struct fix_entry e, uint32_t tag,
    struct fix_span *out)
{
	uint32_t i = e.begin;

	while (i < e.end) {
		if (g->msg->fields[i].tag == tag) {
			*out = fix_msg_at(g->msg, i);
			return true;
		}
		i = step_over(g->def, g->msg, i, e.end);
	}
	return false;
}
