/*
 * Repeating groups: whatever fields come, entries lie one behind the other
 * inside the group, nested ones inside their entry, and walking ends.
 *
 * Input: one message as it would be read from a store.
 */
#include <stdlib.h>

#include "fix/group.h"
#include "fix/scan.h"

#define CAP 256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 453 Parties, in it 802, and in that a group that FIX does not have, whose
 * tags occur on all three levels. */
static const uint32_t deep_tags[] = { 448, 1, 523 };
static const struct fix_group_def deep = { 900, 1, deep_tags, 3, NULL, 0 };
static const uint32_t sub_tags[] = { 523, 803, 900 };
static const struct fix_group_def subs = { 802, 523, sub_tags, 3, &deep, 1 };
static const uint32_t party_tags[] = { 448, 447, 452, 802, 523 };
static const struct fix_group_def parties = { 453, 448, party_tags, 5, &subs,
	1 };

static void
need(bool good)
{
	if (!good)
		abort();
}

static void
walk(const struct fix_msg *m, const struct fix_group_def *def, uint32_t begin,
    uint32_t end)
{
	struct fix_group g;
	struct fix_entry e;
	struct fix_span v;
	uint32_t at, i;

	if (fix_group_open(&g, m, def, begin, end) != 1)
		return;
	at = g.next;
	need(at > begin && at <= end);
	while (fix_group_next(&g, &e) == 1) {
		need(e.begin == at && e.end > e.begin && e.end <= end);
		need(m->fields[e.begin].tag == def->delimiter);
		need(fix_entry_get(&g, e, def->delimiter, &v));
		need(v.p == m->bytes + m->fields[e.begin].off);
		for (i = 0; i < def->n_members; i++)
			if (fix_entry_get(&g, e, def->members[i], &v))
				need(v.p >= m->bytes + m->fields[e.begin].off);
		for (i = 0; i < def->n_nested; i++)
			walk(m, &def->nested[i], e.begin, e.end);
		at = e.end;
	}
	need(fix_group_next(&g, &e) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fix_field fields[CAP];
	struct fix_msg m = { .fields = fields, .cap = CAP };

	if (size > 8192 || fix_split(data, size, &m) != 0)
		return 0;
	walk(&m, &parties, 0, m.n);
	return 0;
}
