/*
 * From what a file says to flat tables, second half: levels, groups, messages.
 *
 * A group is the same wherever its component is used, so it is built once.
 * First every block is measured: a component that holds itself, or blocks that
 * nest too deeply, are refused before anything is written out. Then levels are
 * written out, components dissolved into their members, each group met on the
 * way being noted and built in its turn; so depth costs no stack. A field that
 * is listed twice on one level keeps its first place: published tables have
 * such, by way of components. Last, the members of each message are listed
 * with those of their groups.
 *
 * A field of a component is required where both the component and the field
 * in it are; in a group, per entry. That a component is required says nothing
 * by itself (QuickFIX acceptance cases, FIX.4.4 NewOrderSingle).
 */
#include "dictionaries/dict_impl.h"

#include <stdlib.h>

struct builder {
	struct dict_src *s;
	struct dict_item *items; /* of the level under way */
	uint32_t n;
	uint32_t steps;  /* refs looked at for it */
	uint32_t total;  /* and for all */
	uint32_t *stamp; /* per field: the level it was last put in */
	uint32_t level;
	uint32_t *sites; /* per group: the ref or block it comes from */
	uint32_t n_groups, cap_groups;
	uint32_t line; /* of the block under way, for messages */
};

static int
nomem(struct dict_src *s)
{
	return dict_fail(s, FIX_E_NOMEM, 0, "out of memory");
}

/* ---- measuring ---- */

static int measure(struct dict_src *s, uint32_t block, uint32_t nest);
static int measure_refs(struct dict_src *s, uint32_t i, uint32_t end,
    uint32_t nest, uint32_t *height);

/* Depth of groups that a group or component brings in. */
static int
measure_ref(struct dict_src *s, uint32_t i, uint32_t nest, uint32_t *height)
{
	const struct dict_ref *m = &s->refs[i];
	uint32_t h = 0;

	if (nest > DICT_NEST_MAX)
		return dict_fail(s, FIX_E_CONFIG, m->line,
		    "components and groups nest too deeply");
	if (m->kind == DICT_R_GROUP && m->name != NULL) {
		if (m->end == i + 1)
			return dict_fail(s, FIX_E_CONFIG, m->line,
			    "group %s is empty", m->name);
		if (measure_refs(s, i + 1, m->end, nest + 1, &h) != 0)
			return s->err;
	} else {
		if (s->blocks[m->target].mark == 1)
			return dict_fail(s, FIX_E_CONFIG, m->line,
			    "%s holds itself", s->blocks[m->target].name);
		if (measure(s, m->target, nest + 1) != 0)
			return s->err;
		h = s->blocks[m->target].height;
	}
	h += m->kind == DICT_R_GROUP;
	if (h > *height)
		*height = h;
	return 0;
}

/* Index after a ref and what is written within it. */
static uint32_t
after(const struct dict_src *s, uint32_t i)
{
	const struct dict_ref *m = &s->refs[i];

	return m->kind == DICT_R_GROUP && m->name != NULL ? m->end : i + 1;
}

static int
measure_refs(struct dict_src *s, uint32_t i, uint32_t end, uint32_t nest,
    uint32_t *height)
{
	for (; i < end; i = after(s, i)) {
		if (s->refs[i].kind != DICT_R_FIELD &&
		    measure_ref(s, i, nest, height) != 0)
			return s->err;
	}
	return 0;
}

static int
measure(struct dict_src *s, uint32_t block, uint32_t nest)
{
	struct dict_block *b = &s->blocks[block];

	if (b->mark == 2)
		return 0;
	b->mark = 1;
	if (measure_refs(s, b->first, b->end, nest, &b->height) != 0)
		return s->err;
	b->mark = 2;
	if (b->height > DICT_GROUP_DEPTH)
		return dict_fail(s, FIX_E_CONFIG, b->line,
		    "groups nest too deeply: %u levels", b->height);
	return 0;
}

/* ---- writing levels out ---- */

/* Number of a group, given when it is first met. */
static int
group_of(struct builder *b, uint32_t ref, uint16_t *out)
{
	struct dict_ref *m = &b->s->refs[ref];
	uint32_t *known, *p, more;

	known = m->name != NULL ? &m->group : &b->s->blocks[m->target].group;
	if (*known == 0) {
		if (b->n_groups >= DICT_GROUPS_MAX)
			return dict_fail(b->s, FIX_E_CONFIG, m->line,
			    "more than %u groups", DICT_GROUPS_MAX);
		if (b->n_groups == b->cap_groups) {
			more = b->cap_groups == 0 ? 128 : b->cap_groups * 2;
			p = realloc(b->sites, more * sizeof(*p));
			if (p == NULL)
				return nomem(b->s);
			b->sites = p;
			b->cap_groups = more;
		}
		b->sites[b->n_groups++] = ref;
		*known = b->n_groups;
	}
	*out = (uint16_t)*known;
	return 0;
}

static uint32_t
field_of_ref(const struct dict_src *s, const struct dict_ref *m)
{
	const struct dict_field *f;

	if (m->kind == DICT_R_FIELD || m->name != NULL)
		return m->target;
	f = dict_field_of(s->d, s->blocks[m->target].count_tag);
	return f == NULL ? UINT32_MAX : (uint32_t)(f - s->d->fields);
}

static int
put(struct builder *b, uint32_t ref, bool required)
{
	const struct dict_ref *m = &b->s->refs[ref];
	uint32_t field = field_of_ref(b->s, m);
	struct dict_item *it = &b->items[b->n];

	if (field == UINT32_MAX)
		return dict_fail(b->s, FIX_E_CONFIG, m->line,
		    "the count field of group %s is not defined",
		    b->s->blocks[m->target].name);
	if (b->stamp[field] == b->level)
		return 0;
	if (b->n >= DICT_LEVEL_MAX)
		return dict_fail(b->s, FIX_E_CONFIG, b->line,
		    "more than %u members on one level", DICT_LEVEL_MAX);
	b->stamp[field] = b->level;
	it->tag = b->s->d->fields[field].pub.tag;
	it->field = (uint16_t)field;
	it->list = b->s->d->fields[field].check;
	it->required = required;
	it->group = 0;
	b->n++;
	return m->kind == DICT_R_GROUP ? group_of(b, ref, &it->group) : 0;
}

static int
put_refs(struct builder *b, uint32_t i, uint32_t end, bool required)
{
	const struct dict_block *c;
	const struct dict_ref *m;
	int rc;

	for (; i < end; i = after(b->s, i)) {
		m = &b->s->refs[i];
		if (b->steps++ > 8 * DICT_LEVEL_MAX ||
		    b->total++ > 8 * DICT_FLAT_MAX)
			return dict_fail(b->s, FIX_E_CONFIG, b->line,
			    "components multiply: too many members");
		if (m->kind != DICT_R_BLOCK) {
			rc = put(b, i, required && m->required);
		} else {
			c = &b->s->blocks[m->target];
			/* The header and trailer are levels of their own. */
			rc = c->kind != DICT_K_COMPONENT
				 ? 0
				 : put_refs(b, c->first, c->end,
				       required && m->required);
		}
		if (rc != 0)
			return rc;
	}
	return 0;
}

static struct dict_slot
slot_of(const struct fix_dict *d, const struct dict_item *it, uint32_t pos)
{
	const struct dict_field *f = &d->fields[it->field];
	struct dict_slot s = { 0 };

	s.tag = it->tag;
	s.pos = (uint16_t)pos;
	s.type = (uint8_t)f->pub.type;
	s.flags = it->required ? DICT_REQUIRED : 0;
	if (it->list != NULL)
		s.flags |= DICT_ENUM;
	if (f->length_tag != 0)
		s.flags |= DICT_BYTES;
	if (it->group != 0)
		s.flags |= DICT_GROUP;
	if (s.type == FIX_T_STRING && s.flags <= DICT_REQUIRED)
		s.flags |= DICT_FREE_TEXT;
	if ((s.type == FIX_T_STRING || s.type == FIX_T_CHAR) &&
	    (s.flags & ~DICT_REQUIRED) == DICT_ENUM)
		s.flags |= DICT_CODE;
	return s;
}

int
dict_level_fill(struct fix_dict *d, struct dict_level *l,
    const struct dict_item *items, uint32_t n)
{
	struct dict_item *copy;
	struct dict_slot *slots;
	uint32_t i, at, bits = 2;

	while ((UINT32_C(1) << bits) < n + n / 2 + 1)
		bits++;
	copy = dict_alloc(&d->arena, (n + 1) * sizeof(*copy));
	slots = dict_alloc(&d->arena, sizeof(*slots) << bits);
	if (copy == NULL || slots == NULL)
		return -FIX_E_NOMEM;
	if (n > 0)
		memcpy(copy, items, n * sizeof(*copy));
	l->items = copy;
	l->slots = slots;
	l->shift = 32 - bits;
	l->mask = (UINT32_C(1) << bits) - 1;
	l->n = n;
	for (i = 0; i <= l->mask; i++)
		slots[i].tag = DICT_FREE;
	for (i = 0; i < n; i++) {
		at = (items[i].tag * 2654435769u) >> l->shift;
		while (slots[at].tag != DICT_FREE)
			at = (at + 1) & l->mask;
		slots[at] = slot_of(d, &items[i], i);
		l->n_required += items[i].required;
	}
	return 0;
}

static int
write_level(struct builder *b, uint32_t first, uint32_t end, uint32_t line,
    struct dict_level *out)
{
	b->n = 0;
	b->steps = 0;
	b->level++;
	b->line = line;
	if (put_refs(b, first, end, true) != 0)
		return b->s->err;
	if (dict_level_fill(b->s->d, out, b->items, b->n) != 0)
		return nomem(b->s);
	return 0;
}

/* ---- messages ---- */

static int
add_msg(struct builder *b, const struct dict_block *k)
{
	struct fix_dict *d = b->s->d;
	struct dict_msg *m = &d->msgs[d->n_msgs];
	uint32_t at = d->n_msgs, also = d->n_msgs;
	int rc;

	m->type = k->type;
	m->name = k->name;
	m->admin = k->admin;
	rc = dict_names_add(&d->msg_types, k->type, &at);
	if (rc == -FIX_E_EXISTS)
		return dict_fail(b->s, FIX_E_CONFIG, k->line,
		    "message type %s is defined twice", k->type);
	if (rc == 0)
		rc = dict_names_add(&d->msg_names, k->name, &also);
	if (rc == -FIX_E_EXISTS)
		return dict_fail(b->s, FIX_E_CONFIG, k->line,
		    "message %s is defined twice", k->name);
	if (rc != 0)
		return nomem(b->s);
	d->n_msgs++;
	if (k->type[1] == '\0')
		d->msg_of_byte[(uint8_t)k->type[0]] = (uint16_t)d->n_msgs;
	return write_level(b, k->first, k->end, k->line, &m->level);
}

/* Is a member required, and is what framing knows of it all there is? */
static bool
is_framing(const struct fix_dict *d, const struct dict_item *it, uint32_t tag,
    enum fix_type type)
{
	return it->tag == tag && it->required && it->list == NULL &&
	    it->group == 0 && d->fields[it->field].pub.type == type;
}

static bool
is_framed(const struct fix_dict *d, bool header, const struct dict_level *l)
{
	const struct dict_item *it = l->items;

	if (header)
		return l->n >= 2 && is_framing(d, &it[0], 8, FIX_T_STRING) &&
		    is_framing(d, &it[1], 9, FIX_T_LENGTH);
	return l->n >= 1 && l->n_required == 1 &&
	    is_framing(d, &it[l->n - 1], 10, FIX_T_STRING);
}

static int
add_part(struct builder *b, const struct dict_block *k, struct dict_msg *m)
{
	if (m->name != NULL)
		return dict_fail(
		    b->s, FIX_E_CONFIG, k->line, "a second header or trailer");
	m->name = k->kind == DICT_K_HEADER ? "header" : "trailer";
	if (write_level(b, k->first, k->end, k->line, &m->level) != 0)
		return b->s->err;
	m->level.framed =
	    is_framed(b->s->d, k->kind == DICT_K_HEADER, &m->level);
	return 0;
}

static int
add_blocks(struct builder *b)
{
	struct dict_src *s = b->s;
	uint32_t i, n = 0;

	for (i = 0; i < s->n_blocks; i++) {
		if (measure(s, i, 0) != 0)
			return s->err;
		n += s->blocks[i].kind == DICT_K_MSG;
	}
	if (n == 0 || n > DICT_MSGS_MAX)
		return dict_fail(s, FIX_E_CONFIG, 1, "%s messages are defined",
		    n == 0 ? "no" : "too many");
	s->d->msgs = dict_alloc(&s->d->arena, n * sizeof(*s->d->msgs));
	if (s->d->msgs == NULL)
		return nomem(s);
	for (i = 0; s->err == 0 && i < s->n_blocks; i++) {
		if (s->blocks[i].kind == DICT_K_MSG)
			(void)add_msg(b, &s->blocks[i]);
		else if (s->blocks[i].kind == DICT_K_HEADER)
			(void)add_part(b, &s->blocks[i], &s->d->header);
		else if (s->blocks[i].kind == DICT_K_TRAILER)
			(void)add_part(b, &s->blocks[i], &s->d->trailer);
	}
	return s->err;
}

/* ---- groups ---- */

static int
write_group(struct builder *b, uint32_t i, struct dict_level *out)
{
	const struct dict_ref *m = &b->s->refs[b->sites[i]];
	const struct dict_block *k;

	if (m->name != NULL)
		return write_level(b, b->sites[i] + 1, m->end, m->line, out);
	k = &b->s->blocks[m->target];
	return write_level(b, k->first, k->end, k->line, out);
}

/* Everything of a group's definition but the contents of nested ones. */
static int
define_group(struct builder *b, uint32_t i, struct dict_group *g)
{
	struct fix_dict *d = b->s->d;
	const struct dict_level *l = &g->level;
	uint32_t k, *members;

	if (l->n == 0)
		return dict_fail(b->s, FIX_E_CONFIG,
		    b->s->refs[b->sites[i]].line, "a group has no members");
	members = dict_alloc(&d->arena, l->n * sizeof(*members));
	if (members == NULL)
		return nomem(b->s);
	for (k = 0; k < l->n; k++) {
		members[k] = l->items[k].tag;
		g->def.n_nested += l->items[k].group != 0;
	}
	g->def.count_tag =
	    d->fields[field_of_ref(b->s, &b->s->refs[b->sites[i]])].pub.tag;
	g->def.members = members;
	g->def.n_members = l->n;
	g->def.delimiter = members[0];
	g->def.nested =
	    dict_alloc(&d->arena, g->def.n_nested * sizeof(*g->def.nested));
	return g->def.nested == NULL ? nomem(b->s) : 0;
}

/* Copies of the definitions of nested groups, whose own lists are in place. */
static void
fill_nested(struct fix_dict *d, struct dict_group *g)
{
	struct fix_group_def *to = NULL;
	uint32_t k, n = 0;

	memcpy(&to, &g->def.nested, sizeof(to)); /* ours, still writable */
	for (k = 0; k < g->level.n; k++) {
		if (g->level.items[k].group != 0)
			to[n++] = d->groups[g->level.items[k].group - 1].def;
	}
}

/* Groups are found while levels are written, those of groups included. */
static int
add_groups(struct builder *b)
{
	struct fix_dict *d = b->s->d;
	struct dict_level *levels = NULL, *p;
	uint32_t i, cap = 0;

	for (i = 0; b->s->err == 0 && i < b->n_groups; i++) {
		if (i == cap) {
			cap = b->cap_groups;
			p = realloc(levels, cap * sizeof(*levels));
			if (p == NULL) {
				free(levels);
				return nomem(b->s);
			}
			levels = p;
		}
		memset(&levels[i], 0, sizeof(levels[i]));
		(void)write_group(b, i, &levels[i]);
	}
	d->n_groups = b->n_groups;
	d->groups = dict_alloc(&d->arena, b->n_groups * sizeof(*d->groups));
	if (d->groups == NULL)
		(void)nomem(b->s);
	for (i = 0; b->s->err == 0 && i < b->n_groups; i++) {
		d->groups[i].level = levels[i];
		(void)define_group(b, i, &d->groups[i]);
	}
	free(levels);
	for (i = 0; b->s->err == 0 && i < b->n_groups; i++)
		fill_nested(d, &d->groups[i]);
	return b->s->err;
}

/* ---- members written out ---- */

static uint64_t
count_flat(struct fix_dict *d, const struct dict_level *l)
{
	uint64_t n = l->n;
	struct dict_group *g;
	uint32_t i;

	for (i = 0; i < l->n; i++) {
		if (l->items[i].group == 0)
			continue;
		g = &d->groups[l->items[i].group - 1];
		if (g->n_flat == 0) {
			uint64_t inner = count_flat(d, &g->level);

			g->n_flat = inner > DICT_FLAT_MAX ? DICT_FLAT_MAX
							  : (uint32_t)inner;
		}
		n += g->n_flat;
	}
	return n;
}

static struct fix_dict_member *
put_flat(const struct fix_dict *d, const struct dict_level *l,
    struct fix_dict_member *out, uint8_t depth)
{
	const struct dict_item *it;
	uint32_t i;

	for (i = 0; i < l->n; i++) {
		it = &l->items[i];
		out->tag = it->tag;
		out->depth = depth;
		out->required = it->required;
		out->group = it->group != 0;
		out++;
		if (it->group != 0)
			out = put_flat(d, &d->groups[it->group - 1].level, out,
			    (uint8_t)(depth + 1));
	}
	return out;
}

static int
list_members(struct dict_src *s, struct dict_msg *m, uint64_t *total)
{
	uint64_t n = count_flat(s->d, &m->level);
	struct fix_dict_member *list;

	*total += n;
	if (*total > DICT_FLAT_MAX)
		return dict_fail(s, FIX_E_CONFIG, 1,
		    "more than %u members when written out", DICT_FLAT_MAX);
	list = dict_alloc(&s->d->arena, (n + 1) * sizeof(*list));
	if (list == NULL)
		return nomem(s);
	(void)put_flat(s->d, &m->level, list, 0);
	m->members = list;
	m->n_members = (uint32_t)n;
	return 0;
}

/* ---- header and trailer ---- */

static int
classify(struct dict_src *s, const struct dict_msg *m, uint8_t class)
{
	uint32_t i;

	for (i = 0; i < m->n_members; i++) {
		if (m->members[i].tag >= s->d->n_classes)
			return dict_fail(s, FIX_E_CONFIG, 1,
			    "tag %u is too large for the %s", m->members[i].tag,
			    m->name);
		s->d->classes[m->members[i].tag] = class | DICT_OWN;
	}
	return 0;
}

static int
add_classes(struct dict_src *s)
{
	static const uint16_t header[] = { 8, 9, 34, 35, 43, 49, 50, 52, 56, 57,
		90, 91, 97, 115, 116, 122, 128, 129, 142, 143, 144, 145, 212,
		213, 347, 369, 370, 627, 628, 629, 630, 1128, 1129, 1156 };
	static const uint16_t trailer[] = { 10, 89, 93 };
	struct fix_dict *d = s->d;
	size_t i;

	d->n_classes = d->n_by_tag < 1200 ? 1200 : d->n_by_tag;
	d->classes = dict_alloc(&d->arena, d->n_classes);
	if (d->classes == NULL)
		return nomem(s);
	for (i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		d->classes[header[i]] = DICT_HEADER;
	for (i = 0; i < sizeof(trailer) / sizeof(trailer[0]); i++)
		d->classes[trailer[i]] = DICT_TRAILER;
	if (classify(s, &d->header, DICT_HEADER) != 0)
		return s->err;
	return classify(s, &d->trailer, DICT_TRAILER);
}

int
dict_build_msgs(struct dict_src *s)
{
	struct builder b = { .s = s };
	struct fix_dict *d = s->d;
	uint64_t total = 0;
	uint32_t i;

	/* Of an application's dictionary they stay empty. */
	if (dict_level_fill(d, &d->header.level, NULL, 0) != 0 ||
	    dict_level_fill(d, &d->trailer.level, NULL, 0) != 0)
		return nomem(s);
	b.items = calloc(DICT_LEVEL_MAX, sizeof(*b.items));
	b.stamp = calloc(d->n_fields, sizeof(*b.stamp));
	if (b.items == NULL || b.stamp == NULL)
		(void)nomem(s);
	if (s->err == 0 && add_blocks(&b) == 0 && add_groups(&b) == 0 &&
	    list_members(s, &d->header, &total) == 0)
		(void)list_members(s, &d->trailer, &total);
	for (i = 0; s->err == 0 && i < d->n_msgs; i++)
		(void)list_members(s, &d->msgs[i], &total);
	if (s->err == 0)
		(void)add_classes(s);
	free(b.items);
	free(b.stamp);
	free(b.sites);
	return s->err;
}
