/*
 * The tree of a message's fields.
 *
 * What a group holds is the dictionary's to say; a count that promises more
 * entries than there are, or fields that the dictionary does not place, leave
 * fields outside a group, where they are met as plain ones. So whatever the
 * message is, each field is met once, in the order it was sent.
 */
#include "gateway/cli/walk.h"

struct walk {
	const struct fix_msg *m;
	struct dict_pair p;
	const struct walk_ops *ops;
};

static const struct fix_group_def *
top_group(const struct walk *w, uint32_t tag)
{
	const struct fix_group_def *def = NULL;
	struct fix_span header = { NULL, 0 };
	struct fix_span type = fix_msg_type(w->m);

	if (w->p.app != NULL)
		def = fix_dict_group(w->p.app, type, tag);
	if (def == NULL && w->p.transport != NULL)
		def = fix_dict_group(w->p.transport, type, tag);
	if (def == NULL && w->p.transport != NULL)
		def = fix_dict_group(w->p.transport, header, tag);
	return def;
}

static const struct fix_group_def *
group_of(const struct walk *w, const struct fix_group_def *in, uint32_t tag)
{
	uint32_t i;

	if (in == NULL)
		return top_group(w, tag);
	for (i = 0; i < in->n_nested; i++)
		if (in->nested[i].count_tag == tag)
			return &in->nested[i];
	return NULL;
}

static void range(const struct walk *w, const struct fix_group_def *in,
    uint32_t begin, uint32_t end, unsigned depth);

/* @return the field after the group */
static uint32_t
group(const struct walk *w, const struct fix_group_def *def, uint32_t at,
    uint32_t end, unsigned depth)
{
	struct fix_group g;
	struct fix_entry e;
	uint32_t next = at + 1, k = 0;

	w->ops->open(w->ops->arg, depth, at);
	if (fix_group_open(&g, w->m, def, at, end) == 1) {
		while (
		    fix_group_next(&g, &e) && e.begin == next && e.end > next) {
			w->ops->entry(w->ops->arg, depth, k++);
			range(w, def, e.begin, e.end, depth + 1);
			w->ops->entry_end(w->ops->arg, depth);
			next = e.end;
		}
	}
	w->ops->close(w->ops->arg, depth);
	return next;
}

static void
range(const struct walk *w, const struct fix_group_def *in, uint32_t begin,
    uint32_t end, unsigned depth)
{
	const struct fix_group_def *def;
	uint32_t i = begin;

	while (i < end) {
		def = depth < WALK_DEPTH_MAX
			  ? group_of(w, in, w->m->fields[i].tag)
			  : NULL;
		if (def != NULL)
			i = group(w, def, i, end, depth);
		else
			w->ops->field(w->ops->arg, depth, i++);
	}
}

void
walk_fields(
    const struct fix_msg *m, struct dict_pair p, const struct walk_ops *ops)
{
	struct walk w = { m, p, ops };

	range(&w, NULL, 0, m->n, 0);
}
