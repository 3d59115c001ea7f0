/*
 * Repeating groups, nested ones too, over a message's fields.
 *
 * What belongs to a group is said by a struct fix_group_def: from a dictionary
 * or written by hand. FIX volume 1, "Repeating groups": the first member is
 * the delimiter and opens every entry. A tag from 5000 on that no definition
 * knows stays in the entry it stands in; another ends the group.
 */
#ifndef FIXGATE_FIX_GROUP_H
#define FIXGATE_FIX_GROUP_H

#include "fix/msg.h"

struct fix_group_def {
	uint32_t count_tag;      /* NoXXX */
	uint32_t delimiter;      /* first member */
	const uint32_t *members; /* all tags that may stand in an entry, in
	                            order, nested counts included */
	uint32_t n_members;
	const struct fix_group_def *nested; /* groups whose count is a member */
	uint32_t n_nested;
};

/* One entry: fields [begin, end) of the message. */
struct fix_entry {
	uint32_t begin;
	uint32_t end;
};

struct fix_group {
	const struct fix_msg *msg;
	const struct fix_group_def *def;
	uint32_t declared; /* what the count field says */
	uint32_t next;     /* where the next entry begins */
	uint32_t limit;    /* fields at and after this are not ours */
};

/**
 * Open the group whose count stands among fields [begin, end).
 *
 * @return 1 opened, 0 no count field there, -FIX_E_FORMAT a count that is no
 *         number or is negative
 */
FIX_API int fix_group_open(struct fix_group *g, const struct fix_msg *m,
    const struct fix_group_def *def, uint32_t begin, uint32_t end)
    FIX_MUST_CHECK;
/** Next entry. @return 1 and *e set; 0 at the end, whatever the count said */
FIX_API int fix_group_next(struct fix_group *g, struct fix_entry *e);
/** Value of a tag of this entry itself, not of groups nested in it.
 * @return true and *out set, borrowed from the message; false: it has none */
FIX_API bool fix_entry_get(const struct fix_group *g, struct fix_entry e,
    uint32_t tag, struct fix_span *out);

#endif
