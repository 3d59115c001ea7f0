/*
 * From what a file says to flat tables, first half: fields, their values, and
 * what each reference refers to.
 *
 * Definitions may come after their use, so nothing is resolved while the file
 * is read. Fields are sorted by tag; names, tags and values that are defined
 * twice are refused; code sets (FIX Orchestra) are copied into the fields that
 * use them. Then every reference of a block is turned into a field's index or
 * a block's, or refused with its line.
 *
 * Levels, groups and messages are dict_level.c's.
 */
#include "dictionaries/dict_impl.h"
#include "dictionaries/dict_type.h"

#include "fix/scan.h"

#include <stdio.h>
#include <stdlib.h>

#define MSG_TYPE 35u

static void *
add(struct dict_src *s, void **list, uint32_t *n, uint32_t *cap, size_t size,
    uint32_t max, uint32_t line)
{
	uint32_t more;
	uint8_t *p;

	if (s->err != 0)
		return NULL;
	if (*n >= max) {
		dict_fail(s, FIX_E_CONFIG, line,
		    "too many entries of one kind: more than %u", max);
		return NULL;
	}
	if (*n == *cap) {
		more = *cap == 0 ? 256 : *cap * 2;
		p = realloc(*list, more * size);
		if (p == NULL) {
			dict_fail(s, FIX_E_NOMEM, line, "out of memory");
			return NULL;
		}
		*list = p;
		*cap = more;
	}
	p = (uint8_t *)*list + *n * size;
	memset(p, 0, size);
	(*n)++;
	return p;
}

#define ADD(type, list, max)                                                   \
	do {                                                                   \
		void *p_ = s->list;                                            \
		struct type *one_ = add(s, &p_, &s->n_##list, &s->cap_##list,  \
		    sizeof(*one_), (max), line);                               \
		s->list = p_;                                                  \
		if (one_ != NULL)                                              \
			one_->line = line;                                     \
		return one_;                                                   \
	} while (0)

struct dict_src_field *
dict_add_field(struct dict_src *s, uint32_t line)
{
	ADD(dict_src_field, fields, DICT_FIELDS_MAX);
}

struct dict_src_value *
dict_add_value(struct dict_src *s, uint32_t line)
{
	ADD(dict_src_value, values, DICT_VALUES_MAX);
}

struct dict_src_codes *
dict_add_codes(struct dict_src *s, uint32_t line)
{
	ADD(dict_src_codes, codes, DICT_BLOCKS_MAX);
}

struct dict_block *
dict_add_block(struct dict_src *s, uint32_t line)
{
	ADD(dict_block, blocks, DICT_BLOCKS_MAX);
}

struct dict_ref *
dict_add_ref(struct dict_src *s, uint32_t line)
{
	ADD(dict_ref, refs, DICT_REFS_MAX);
}

static int
nomem(struct dict_src *s)
{
	return dict_fail(s, FIX_E_NOMEM, 0, "out of memory");
}

/* ---- code sets ---- */

static int
use_codes(
    struct dict_src *s, struct dict_src_field *f, const struct dict_names *sets)
{
	uint32_t i;

	if (f->codes == NULL)
		return 0;
	if (!dict_names_find(sets, f->codes, strlen(f->codes), &i))
		return dict_fail(s, FIX_E_CONFIG, f->line,
		    "field %s has the unknown type %s", f->name, f->codes);
	f->type = s->codes[i].type;
	f->first = s->codes[i].first;
	f->end = s->codes[i].end;
	return 0;
}

static int
resolve_codes(struct dict_src *s)
{
	struct dict_names sets = { 0 };
	uint32_t i, at;
	int rc = 0;

	for (i = 0; rc == 0 && i < s->n_codes; i++) {
		at = i;
		rc = dict_names_add(&sets, s->codes[i].name, &at);
		if (rc == -FIX_E_EXISTS)
			rc = dict_fail(s, FIX_E_CONFIG, s->codes[i].line,
			    "code set %s is defined twice, first in line %u",
			    s->codes[i].name, s->codes[at].line);
		else if (rc != 0)
			rc = nomem(s);
	}
	for (i = 0; rc == 0 && i < s->n_fields; i++)
		rc = use_codes(s, &s->fields[i], &sets);
	dict_names_free(&sets);
	return rc;
}

/* ---- fields ---- */

static int
by_tag(const void *a, const void *b)
{
	const struct dict_src_field *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static bool
is_data(const struct dict_field *f)
{
	return f->pub.type == FIX_T_DATA || f->pub.type == FIX_T_XMLDATA;
}

static bool
is_list(enum fix_type t)
{
	return t == FIX_T_MULTIPLECHAR || t == FIX_T_MULTIPLESTRING;
}

static void
enum_add(struct dict_enum *e, uint16_t *slots, uint64_t *keys,
    const struct dict_value *v, uint32_t i)
{
	struct fix_span text = fix_span_of(v->value);
	uint32_t at;

	if (v->len == 1)
		e->bytes[text.p[0] >> 6] |= UINT64_C(1) << (text.p[0] & 63);
	at = dict_hash(v->value, v->len) & e->mask;
	while (slots[at] != 0)
		at = (at + 1) & e->mask;
	slots[at] = (uint16_t)(i + 1);
	if (v->len > DICT_KEY_BYTES)
		return;
	at = dict_key_hash(dict_key_of(text.p, text.len), e->key_shift);
	while (keys[at] != 0)
		at = (at + 1) & e->mask;
	keys[at] = dict_key_of(text.p, text.len);
}

/* Values into an enumeration's bitmap and hash tables. */
static int
enum_fill(struct dict_src *s, struct dict_enum *e, const struct dict_value *v,
    const struct dict_src_field *f)
{
	uint32_t i, n = f->end - f->first, bits = 2;
	uint16_t *slots;
	uint64_t *keys;

	while ((UINT32_C(1) << bits) < n * 2)
		bits++;
	slots = dict_alloc(&s->d->arena, sizeof(*slots) << bits);
	keys = dict_alloc(&s->d->arena, sizeof(*keys) << bits);
	if (slots == NULL || keys == NULL)
		return nomem(s);
	e->values = v;
	e->slots = slots;
	e->keys = keys;
	e->mask = (UINT32_C(1) << bits) - 1;
	e->key_shift = 64 - bits;
	e->several = is_list(f->type);
	for (i = 0; i < n; i++) {
		if (dict_value_of(e, fix_span_of(v[i].value)) != NULL)
			return dict_fail(s, FIX_E_CONFIG,
			    s->values[f->first + i].line,
			    "value %s of field %s is defined twice", v[i].value,
			    f->name);
		enum_add(e, slots, keys, &v[i], i);
	}
	return 0;
}

static int
add_values(
    struct dict_src *s, struct dict_field *out, const struct dict_src_field *f)
{
	uint32_t i, n = f->end - f->first;
	struct dict_value *v;
	struct dict_enum *e;

	if (n == 0)
		return 0;
	if (n >= UINT16_MAX)
		return dict_fail(s, FIX_E_CONFIG, f->line,
		    "field %s has too many values", f->name);
	v = dict_alloc(&s->d->arena, n * sizeof(*v));
	e = dict_alloc(&s->d->arena, sizeof(*e));
	if (v == NULL || e == NULL)
		return nomem(s);
	for (i = 0; i < n; i++) {
		v[i].value = s->values[f->first + i].value;
		v[i].name = s->values[f->first + i].name;
		v[i].len = (uint32_t)strlen(v[i].value);
	}
	out->values = v;
	out->pub.n_values = n;
	/* The type of a message is looked up itself: a session layer's table
	 * need not list those of applications. */
	if (!f->open && f->tag != MSG_TYPE) {
		out->check = e;
		out->pub.closed = true;
	}
	return enum_fill(s, e, v, f);
}

static int
add_one(struct dict_src *s, uint32_t i)
{
	const struct dict_src_field *f = &s->fields[i];
	struct dict_field *out = &s->d->fields[i];
	uint32_t at = i;
	int rc;

	if (i > 0 && f[-1].tag == f->tag)
		return dict_fail(s, FIX_E_CONFIG, f->line,
		    "tag %u is defined twice, first in line %u", f->tag,
		    f[-1].line);
	out->pub.tag = f->tag;
	out->pub.type = f->type;
	out->pub.name = f->name;
	rc = dict_names_add(&s->d->field_names, f->name, &at);
	if (rc == -FIX_E_EXISTS)
		return dict_fail(s, FIX_E_CONFIG, f->line,
		    "field %s is defined twice, also in line %u", f->name,
		    s->fields[at].line);
	if (rc != 0)
		return nomem(s);
	return add_values(s, out, f);
}

static int
index_tags(struct dict_src *s)
{
	struct fix_dict *d = s->d;
	uint32_t i;

	for (i = 0; i < d->n_fields; i++) {
		if (d->fields[i].pub.tag < DICT_CLASS_MAX)
			d->n_by_tag = d->fields[i].pub.tag + 1;
	}
	d->by_tag =
	    dict_alloc(&d->arena, (d->n_by_tag + 1) * sizeof(*d->by_tag));
	if (d->by_tag == NULL)
		return nomem(s);
	for (i = 0; i < d->n_fields; i++) {
		if (d->fields[i].pub.tag < d->n_by_tag)
			d->by_tag[d->fields[i].pub.tag] = (uint16_t)(i + 1);
	}
	return 0;
}

/* RawData has RawDataLength before it, EncodedText EncodedTextLen: nearly every
 * data field, of every version, is paired by name with its length. */
static void
pair_by_name(struct fix_dict *d, struct dict_field *f)
{
	char name[DICT_NAME_MAX + 8];
	size_t n = strlen(f->pub.name);
	uint32_t i;

	if (n > DICT_NAME_MAX || !is_data(f))
		return;
	memcpy(name, f->pub.name, n);
	memcpy(name + n, "Length", 7);
	if (dict_names_find(&d->field_names, name, n + 3, &i) ||
	    dict_names_find(&d->field_names, name, n + 6, &i))
		f->length_tag = d->fields[i].pub.tag;
}

/* Where a name was too long and is cut, the scanner knows the pair. */
static void
pair_by_tag(struct fix_dict *d, const struct dict_field *length)
{
	const struct dict_field *f;

	f = dict_field_of(d, fix_data_tag_of(length->pub.tag));
	if (f != NULL && is_data(f) && f->length_tag == 0)
		d->fields[f - d->fields].length_tag = length->pub.tag;
}

/* Names of values that are another field's; no check, as they are a hint. */
static int
borrow_values(struct dict_src *s, uint32_t i)
{
	const struct dict_src_field *f = &s->fields[i];
	struct dict_field *out = &s->d->fields[i];
	uint32_t from;

	if (f->like == NULL || out->pub.n_values > 0)
		return 0;
	if (!dict_names_find(
		&s->d->field_names, f->like, strlen(f->like), &from))
		return dict_fail(s, FIX_E_CONFIG, f->line,
		    "field %s has the values of %s, which is not defined",
		    f->name, f->like);
	out->values = s->d->fields[from].values;
	out->pub.n_values = s->d->fields[from].pub.n_values;
	return 0;
}

int
dict_build_fields(struct dict_src *s)
{
	struct fix_dict *d = s->d;
	uint32_t i;

	if (resolve_codes(s) != 0)
		return s->err;
	if (s->n_fields == 0)
		return dict_fail(s, FIX_E_CONFIG, 1, "no fields are defined");
	qsort(s->fields, s->n_fields, sizeof(*s->fields), by_tag);
	d->n_fields = s->n_fields;
	d->fields = dict_alloc(&d->arena, s->n_fields * sizeof(*d->fields));
	if (d->fields == NULL)
		return nomem(s);
	for (i = 0; i < s->n_fields; i++) {
		if (add_one(s, i) != 0)
			return s->err;
	}
	for (i = 0; i < s->n_fields; i++) {
		if (borrow_values(s, i) != 0)
			return s->err;
	}
	if (index_tags(s) != 0)
		return s->err;
	for (i = 0; i < d->n_fields; i++)
		pair_by_name(d, &d->fields[i]);
	for (i = 0; i < d->n_fields; i++)
		pair_by_tag(d, &d->fields[i]);
	return 0;
}

/* ---- references ---- */

/* Components by name; by id, in FIX Orchestra, as "c1003", groups "g2077". */
static int
add_target(struct dict_src *s, struct dict_names *t, uint32_t i)
{
	const struct dict_block *b = &s->blocks[i];
	const char *key = b->name;
	char id[16];
	uint32_t at = i;
	int rc, n;

	if (b->id != 0) {
		n = snprintf(id, sizeof(id), "%c%u",
		    b->kind == DICT_K_GROUP ? 'g' : 'c', b->id);
		key = dict_strdup(&s->d->arena, id, (size_t)n);
		if (key == NULL)
			return nomem(s);
	} else if (b->kind != DICT_K_COMPONENT) {
		return 0;
	}
	rc = dict_names_add(t, key, &at);
	if (rc == -FIX_E_EXISTS)
		return dict_fail(s, FIX_E_CONFIG, b->line,
		    "component or group %s is defined twice, first in line %u",
		    key, s->blocks[at].line);
	return rc == 0 ? 0 : nomem(s);
}

static bool
find_id(const struct dict_names *t, const struct dict_ref *m, uint32_t *out)
{
	char id[16];
	int n;

	n = snprintf(
	    id, sizeof(id), "%c%u", m->kind == DICT_R_GROUP ? 'g' : 'c', m->id);
	return dict_names_find(t, id, (size_t)n, out);
}

static bool
find_tag(const struct dict_src *s, uint32_t tag, uint32_t *out)
{
	const struct dict_field *f = dict_field_of(s->d, tag);

	if (f == NULL)
		return false;
	*out = (uint32_t)(f - s->d->fields);
	return true;
}

static int
resolve_one(struct dict_src *s, const struct dict_names *t, struct dict_ref *m)
{
	static const char *const kinds[] = { "field", "group", "component" };
	bool found;

	if (m->name != NULL && m->kind == DICT_R_BLOCK)
		found =
		    dict_names_find(t, m->name, strlen(m->name), &m->target);
	else if (m->name != NULL)
		found = dict_names_find(
		    &s->d->field_names, m->name, strlen(m->name), &m->target);
	else if (m->kind == DICT_R_FIELD)
		found = find_tag(s, m->id, &m->target);
	else
		found = find_id(t, m, &m->target);
	if (found)
		return 0;
	if (m->name != NULL)
		return dict_fail(s, FIX_E_CONFIG, m->line,
		    "%s %s is not defined", kinds[m->kind], m->name);
	return dict_fail(s, FIX_E_CONFIG, m->line, "%s %u is not defined",
	    kinds[m->kind], m->id);
}

int
dict_resolve(struct dict_src *s)
{
	struct dict_names t = { 0 };
	uint32_t i;

	for (i = 0; s->err == 0 && i < s->n_blocks; i++)
		(void)add_target(s, &t, i);
	for (i = 0; s->err == 0 && i < s->n_refs; i++)
		(void)resolve_one(s, &t, &s->refs[i]);
	dict_names_free(&t);
	return s->err;
}

int
dict_build(struct dict_src *s)
{
	if (dict_build_fields(s) != 0)
		return s->err;
	if (dict_resolve(s) != 0)
		return s->err;
	return dict_build_msgs(s);
}
