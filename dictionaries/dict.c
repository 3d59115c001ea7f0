/*
 * Looking things up in a dictionary.
 *
 * What comes in is a tag, a name, a message type or a value; what goes out is
 * borrowed from the dictionary and lives as long as it does. Tags below
 * n_by_tag are found by index, larger ones (custom tags of six digits and
 * more) by binary search; names and message types by hash, types of one byte
 * by index.
 *
 * Loading is dict_load.c, checking a message dict_check.c.
 */
#include "dictionaries/dict_impl.h"

#include <assert.h>
#include <stdlib.h>

const struct dict_field *
dict_field_of(const struct fix_dict *d, uint32_t tag)
{
	uint32_t lo = 0, hi = d->n_fields, mid;

	if (tag < d->n_by_tag)
		return d->by_tag[tag] == 0 ? NULL
					   : &d->fields[d->by_tag[tag] - 1];
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (d->fields[mid].pub.tag < tag)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < d->n_fields && d->fields[lo].pub.tag == tag)
		return &d->fields[lo];
	return NULL;
}

const struct dict_msg *
dict_msg_of(const struct fix_dict *d, struct fix_span type)
{
	uint32_t i;

	if (type.len == 1) {
		i = d->msg_of_byte[type.p[0]];
		return i == 0 ? NULL : &d->msgs[i - 1];
	}
	if (!dict_names_find(&d->msg_types, (const char *)type.p, type.len, &i))
		return NULL;
	return &d->msgs[i];
}

const struct dict_value *
dict_value_of(const struct dict_enum *e, struct fix_span v)
{
	const struct dict_value *c;
	uint32_t i;

	if (v.len == 0 || e->mask == 0)
		return NULL;
	i = dict_hash(v.p, v.len) & e->mask;
	for (; e->slots[i] != 0; i = (i + 1) & e->mask) {
		c = &e->values[e->slots[i] - 1];
		if (c->len == v.len && memcmp(c->value, v.p, v.len) == 0)
			return c;
	}
	return NULL;
}

static bool
has_one(const struct dict_enum *e, struct fix_span v)
{
	if (v.len == 1)
		return e->bytes[v.p[0] >> 6] >> (v.p[0] & 63) & 1;
	return dict_value_of(e, v) != NULL;
}

bool
dict_enum_has(const struct dict_enum *e, struct fix_span v)
{
	struct fix_span token = { v.p, 0 };
	size_t i;

	if (!e->several || v.len == 1)
		return has_one(e, v);
	for (i = 0; i < v.len; i++) {
		if (v.p[i] != ' ') {
			token.len++;
			continue;
		}
		if (!has_one(e, token))
			return false;
		token.p = v.p + i + 1;
		token.len = 0;
	}
	return has_one(e, token);
}

const struct fix_dict *
fix_dict_hold(const struct fix_dict *d)
{
	if (d != NULL)
		d->self->more_holders++;
	return d;
}

void
fix_dict_free(const struct fix_dict *shared)
{
	struct fix_dict *d = shared == NULL ? NULL : shared->self;

	if (d == NULL || d->more_holders-- > 0)
		return;
	dict_names_free(&d->field_names);
	dict_names_free(&d->msg_types);
	dict_names_free(&d->msg_names);
	dict_arena_free(&d->arena);
	free(d);
}

enum fix_version
fix_dict_version(const struct fix_dict *d)
{
	return d->version;
}

const struct fix_dict_field *
fix_dict_field(const struct fix_dict *d, uint32_t tag)
{
	const struct dict_field *f = dict_field_of(d, tag);

	return f == NULL ? NULL : &f->pub;
}

const struct fix_dict_field *
fix_dict_field_named(const struct fix_dict *d, const char *name)
{
	uint32_t i;

	if (!dict_names_find(&d->field_names, name, strlen(name), &i))
		return NULL;
	return &d->fields[i].pub;
}

uint32_t
fix_dict_length_tag(const struct fix_dict *d, uint32_t tag)
{
	const struct dict_field *f = dict_field_of(d, tag);

	return f == NULL ? 0 : f->length_tag;
}

const char *
fix_dict_value_name(
    const struct fix_dict *d, uint32_t tag, struct fix_span value)
{
	const struct dict_field *f = dict_field_of(d, tag);
	uint32_t i;

	if (f == NULL)
		return NULL;
	for (i = 0; i < f->pub.n_values; i++) {
		if (fix_span_is(value, f->values[i].value))
			return f->values[i].name;
	}
	return NULL;
}

void
fix_dict_value(const struct fix_dict *d, uint32_t tag, uint32_t i,
    const char **value, const char **name)
{
	const struct dict_field *f = dict_field_of(d, tag);

	assert(f != NULL && i < f->pub.n_values);
	*value = f->values[i].value;
	*name = f->values[i].name;
}

const char *
fix_dict_msg_name(const struct fix_dict *d, struct fix_span type)
{
	const struct dict_msg *m = dict_msg_of(d, type);

	return m == NULL ? NULL : m->name;
}

const char *
fix_dict_msg_type(const struct fix_dict *d, const char *name)
{
	uint32_t i;

	if (!dict_names_find(&d->msg_names, name, strlen(name), &i))
		return NULL;
	return d->msgs[i].type;
}

bool
fix_dict_msg_admin(const struct fix_dict *d, struct fix_span type)
{
	const struct dict_msg *m = dict_msg_of(d, type);

	return m != NULL && m->admin;
}

/* The group that a count opens here, or in a group of here. */
static const struct dict_group *
group_in(const struct fix_dict *d, const struct dict_level *l, uint32_t tag)
{
	const struct dict_slot *s = dict_level_find(l, tag);
	const struct dict_group *g;
	uint32_t i;

	if (s != NULL && s->flags & DICT_GROUP)
		return &d->groups[l->items[s->pos].group - 1];
	for (i = 0; i < l->n; i++) {
		if (l->items[i].group == 0)
			continue;
		g = group_in(d, &d->groups[l->items[i].group - 1].level, tag);
		if (g != NULL)
			return g;
	}
	return NULL;
}

const struct fix_group_def *
fix_dict_group(
    const struct fix_dict *d, struct fix_span type, uint32_t count_tag)
{
	const struct dict_msg *m = &d->header;
	const struct dict_group *g;

	if (type.len > 0)
		m = dict_msg_of(d, type);
	if (m == NULL)
		return NULL;
	g = group_in(d, &m->level, count_tag);
	return g == NULL ? NULL : &g->def;
}

static uint32_t
class_of(const struct fix_dict *d, uint32_t tag)
{
	return tag < d->n_classes ? d->classes[tag] : DICT_BODY;
}

bool
fix_dict_in_header(const struct fix_dict *d, uint32_t tag)
{
	return class_of(d, tag) == (DICT_HEADER | DICT_OWN);
}

bool
fix_dict_in_trailer(const struct fix_dict *d, uint32_t tag)
{
	return class_of(d, tag) == (DICT_TRAILER | DICT_OWN);
}

uint32_t
fix_dict_n_msgs(const struct fix_dict *d)
{
	return d->n_msgs;
}

void
fix_dict_msg_at(const struct fix_dict *d, uint32_t i, const char **type,
    const char **name, bool *admin)
{
	assert(i < d->n_msgs);
	*type = d->msgs[i].type;
	*name = d->msgs[i].name;
	*admin = d->msgs[i].admin;
}

const struct fix_dict_member *
fix_dict_members(const struct fix_dict *d, uint32_t i, uint32_t *n)
{
	const struct dict_msg *m;

	if (i == FIX_DICT_HEADER) {
		m = &d->header;
	} else if (i == FIX_DICT_TRAILER) {
		m = &d->trailer;
	} else {
		assert(i < d->n_msgs);
		m = &d->msgs[i];
	}
	*n = m->n_members;
	return m->members;
}

uint32_t
fix_dict_n_fields(const struct fix_dict *d)
{
	return d->n_fields;
}

const struct fix_dict_field *
fix_dict_field_at(const struct fix_dict *d, uint32_t i)
{
	assert(i < d->n_fields);
	return &d->fields[i].pub;
}
