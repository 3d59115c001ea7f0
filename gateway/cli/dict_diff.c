/*
 * The comparison of two dictionaries, as the check sees them: members as they
 * are written out (components are gone by then), fields with type and values.
 *
 * Each change is asked one thing: can it refuse a message that was good, can it
 * take one that was not? Names and the order of fields outside of groups do
 * neither. A type is wider than another if it takes all of its texts; where
 * neither is, a change between them does both.
 */
#include "gateway/cli/dict_diff.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BOTH (DIFF_STRICTER | DIFF_LOOSER)
#define PATH_MAX_BYTES 512

/* Where in a message we are: the two lists of members and what leads there. */
struct place {
	struct diff *d;
	const struct fix_dict *a, *b;
	const char *type;
	const struct fix_dict_member *am, *bm;
	char path[PATH_MAX_BYTES]; /* "453 NoPartyIDs > " */
};

static void FIX_PRINTF(7, 8)
note(struct diff *d, enum diff_part part, const char *type, uint32_t tag,
    unsigned effect, char mark, const char *fmt, ...)
{
	struct diff_change *c;
	va_list ap;
	int n;

	if (d->n == d->cap) {
		uint32_t cap = d->cap == 0 ? 256 : d->cap * 2;
		void *p = realloc(d->changes, cap * sizeof(*d->changes));

		if (p == NULL) {
			d->no_memory = true;
			return;
		}
		d->changes = p;
		d->cap = cap;
	}
	c = &d->changes[d->n];
	*c = (struct diff_change){ .part = part,
		.effect = effect,
		.tag = tag,
		.type = type,
		.mark = mark };
	va_start(ap, fmt);
	n = vasprintf(&c->text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		d->no_memory = true;
		return;
	}
	d->n++;
	d->effect |= effect;
}

static const char *
name_of(const struct fix_dict *d, uint32_t tag)
{
	const struct fix_dict_field *f = fix_dict_field(d, tag);

	return f == NULL ? "" : f->name;
}

/* ---- members ---- */

/* The member behind index i on the same level, or the end of the level. */
static uint32_t
after(const struct fix_dict_member *m, uint32_t i, uint32_t end)
{
	uint8_t depth = m[i].depth;

	for (i++; i < end && m[i].depth > depth; i++)
		;
	return i;
}

static uint32_t
find(const struct fix_dict_member *m, uint32_t from, uint32_t end, uint32_t tag)
{
	while (from < end && m[from].tag != tag)
		from = after(m, from, end);
	return from;
}

static unsigned
effect_of_new(bool required)
{
	return required ? BOTH : DIFF_LOOSER;
}

static void
note_new(struct place *p, const struct fix_dict_member *m)
{
	note(p->d, DIFF_MEMBER, p->type, m->tag, effect_of_new(m->required),
	    '+', "%s%u %s, %s%s", p->path, m->tag, name_of(p->b, m->tag),
	    m->required ? "required" : "optional", m->group ? ", a group" : "");
}

static void
note_gone(struct place *p, const struct fix_dict_member *m)
{
	/* Who had to send it may leave it out now. */
	note(p->d, DIFF_MEMBER, p->type, m->tag,
	    m->required ? BOTH : DIFF_STRICTER, '-', "%s%u %s, was %s%s", p->path,
	    m->tag, name_of(p->a, m->tag),
	    m->required ? "required" : "optional", m->group ? ", a group" : "");
}

/* Entries of a group keep the dictionary's order; bodies need not. */
static void
compare_order(struct place *p, uint32_t a, uint32_t a_end, uint32_t b,
    uint32_t b_end)
{
	while (a < a_end && b < b_end) {
		if (find(p->bm, b, b_end, p->am[a].tag) == b_end) {
			a = after(p->am, a, a_end);
			continue;
		}
		if (find(p->am, a, a_end, p->bm[b].tag) == a_end) {
			b = after(p->bm, b, b_end);
			continue;
		}
		if (p->am[a].tag != p->bm[b].tag) {
			note(p->d, DIFF_MEMBER, p->type, p->bm[b].tag, BOTH,
			    '~', "%sorder: %u %s stands where %u %s was", p->path,
			    p->bm[b].tag, name_of(p->b, p->bm[b].tag),
			    p->am[a].tag, name_of(p->a, p->am[a].tag));
			return;
		}
		a = after(p->am, a, a_end);
		b = after(p->bm, b, b_end);
	}
}

static void compare_level(struct place *p, uint32_t a, uint32_t a_end,
    uint32_t b, uint32_t b_end);

static void
compare_group(struct place *p, uint32_t a, uint32_t a_end, uint32_t b,
    uint32_t b_end)
{
	uint32_t tag = p->am[a].tag;
	size_t len = strlen(p->path);

	snprintf(p->path + len, sizeof(p->path) - len, "%u %s > ", tag,
	    name_of(p->b, tag));
	if (a + 1 < a_end && b + 1 < b_end &&
	    p->am[a + 1].tag != p->bm[b + 1].tag)
		note(p->d, DIFF_MEMBER, p->type, tag, BOTH, '~',
		    "%sentries open with %u %s, did with %u %s", p->path,
		    p->bm[b + 1].tag, name_of(p->b, p->bm[b + 1].tag),
		    p->am[a + 1].tag, name_of(p->a, p->am[a + 1].tag));
	else
		compare_order(p, a + 1, a_end, b + 1, b_end);
	compare_level(p, a + 1, a_end, b + 1, b_end);
	p->path[len] = '\0';
}

static void
compare_member(struct place *p, uint32_t a, uint32_t a_end, uint32_t b,
    uint32_t b_end)
{
	const struct fix_dict_member *x = &p->am[a], *y = &p->bm[b];

	if (x->required != y->required)
		note(p->d, DIFF_MEMBER, p->type, y->tag,
		    y->required ? DIFF_STRICTER : DIFF_LOOSER, '~', "%s%u %s is %s",
		    p->path, y->tag, name_of(p->b, y->tag),
		    y->required ? "required now" : "not required any more");
	if (x->group != y->group)
		note(p->d, DIFF_MEMBER, p->type, y->tag, BOTH, '~', "%s%u %s is %s",
		    p->path, y->tag, name_of(p->b, y->tag),
		    y->group ? "a group now" : "no group any more");
	else if (x->group)
		compare_group(p, a, after(p->am, a, a_end), b,
		    after(p->bm, b, b_end));
}

static void
compare_level(struct place *p, uint32_t a, uint32_t a_end, uint32_t b,
    uint32_t b_end)
{
	uint32_t i, at;

	for (i = a; i < a_end; i = after(p->am, i, a_end)) {
		at = find(p->bm, b, b_end, p->am[i].tag);
		if (at == b_end)
			note_gone(p, &p->am[i]);
		else
			compare_member(p, i, a_end, at, b_end);
	}
	for (i = b; i < b_end; i = after(p->bm, i, b_end))
		if (find(p->am, a, a_end, p->bm[i].tag) == a_end)
			note_new(p, &p->bm[i]);
}

static void
compare_members(struct diff *d, const struct fix_dict *a,
    const struct fix_dict *b, const char *type, uint32_t ai, uint32_t bi)
{
	struct place p = { .d = d, .a = a, .b = b, .type = type };
	uint32_t na, nb;

	p.am = fix_dict_members(a, ai, &na);
	p.bm = fix_dict_members(b, bi, &nb);
	compare_level(&p, 0, na, 0, nb);
}

/* ---- messages ---- */

/* @return false: the dictionary has no such message */
static bool
index_of(const struct fix_dict *d, const char *type, uint32_t *out)
{
	const char *t, *name;
	bool admin;

	for (*out = 0; *out < fix_dict_n_msgs(d); ++*out) {
		fix_dict_msg_at(d, *out, &t, &name, &admin);
		if (strcmp(t, type) == 0)
			return true;
	}
	return false;
}

static void
compare_messages(
    struct diff *d, const struct fix_dict *a, const struct fix_dict *b)
{
	const char *type, *name, *other;
	bool admin, was;
	uint32_t i, j;

	for (i = 0; i < fix_dict_n_msgs(a); i++) {
		fix_dict_msg_at(a, i, &type, &name, &was);
		if (!index_of(b, type, &j)) {
			note(d, DIFF_MESSAGE, type, 0, DIFF_STRICTER, '-', "%s",
			    name);
			continue;
		}
		fix_dict_msg_at(b, j, &type, &other, &admin);
		if (strcmp(name, other) != 0)
			note(d, DIFF_MESSAGE, type, 0, 0, '~', "%s is called %s",
			    name, other);
		if (was != admin)
			note(d, DIFF_MESSAGE, type, 0, 0,
			    '~', "%s is %s message now", other,
			    admin ? "a session" : "an application");
		compare_members(d, a, b, type, i, j);
	}
	for (j = 0; j < fix_dict_n_msgs(b); j++) {
		fix_dict_msg_at(b, j, &type, &name, &admin);
		if (!index_of(a, type, &i))
			note(d, DIFF_MESSAGE, type, 0, DIFF_LOOSER, '+', "%s",
			    name);
	}
}

/* ---- fields ---- */

/* Types that take the same texts. */
static enum fix_type
kind_of(enum fix_type t)
{
	static const enum fix_type same[FIX_N_TYPE] = {
		[FIX_T_SEQNUM] = FIX_T_LENGTH,
		[FIX_T_NUMINGROUP] = FIX_T_LENGTH,
		[FIX_T_QTY] = FIX_T_FLOAT,
		[FIX_T_PRICE] = FIX_T_FLOAT,
		[FIX_T_PRICEOFFSET] = FIX_T_FLOAT,
		[FIX_T_AMT] = FIX_T_FLOAT,
		[FIX_T_PERCENTAGE] = FIX_T_FLOAT,
		[FIX_T_LOCALMKTDATE] = FIX_T_UTCDATEONLY,
		[FIX_T_XMLDATA] = FIX_T_DATA,
	};

	/* Those of countries and so on are texts: FIX_T_STRING is 0. */
	if (t == FIX_T_COUNTRY || t == FIX_T_CURRENCY || t == FIX_T_EXCHANGE ||
	    t == FIX_T_LANGUAGE)
		return FIX_T_STRING;
	return same[t] == FIX_T_STRING ? t : same[t];
}

static bool
is_wider(enum fix_type wide, enum fix_type than)
{
	if (wide == FIX_T_STRING)
		return than != FIX_T_DATA;
	if (wide == FIX_T_FLOAT)
		return than == FIX_T_INT || than == FIX_T_LENGTH;
	return wide == FIX_T_INT && than == FIX_T_LENGTH;
}

static unsigned
effect_of_type(enum fix_type was, enum fix_type is)
{
	was = kind_of(was);
	is = kind_of(is);
	if (was == is)
		return 0;
	if (is_wider(is, was))
		return DIFF_LOOSER;
	return is_wider(was, is) ? DIFF_STRICTER : BOTH;
}

static bool
has_value(const struct fix_dict *d, uint32_t tag, const char *value,
    const char **name)
{
	*name = fix_dict_value_name(d, tag, fix_span_of(value));
	return *name != NULL;
}

/* Values of x's that y has not. */
static void
compare_values(struct diff *d, const struct fix_dict *x,
    const struct fix_dict_field *f, const struct fix_dict *y, char mark,
    unsigned effect)
{
	const char *value, *name, *other;

	for (uint32_t i = 0; i < f->n_values; i++) {
		fix_dict_value(x, f->tag, i, &value, &name);
		if (!has_value(y, f->tag, value, &other))
			note(d, DIFF_FIELD, NULL, f->tag, effect,
			    mark, "%u %s: value %s %s", f->tag, f->name, value,
			    name);
		else if (mark == '+' && strcmp(name, other) != 0)
			note(d, DIFF_FIELD, NULL, f->tag, 0,
			    '~', "%u %s: value %s is called %s, was %s", f->tag,
			    f->name, value, name, other);
	}
}

static void
compare_field(struct diff *d, const struct fix_dict *a,
    const struct fix_dict_field *x, const struct fix_dict *b,
    const struct fix_dict_field *y)
{
	uint32_t la = fix_dict_length_tag(a, x->tag);
	uint32_t lb = fix_dict_length_tag(b, x->tag);
	bool both = x->closed && y->closed;

	if (strcmp(x->name, y->name) != 0)
		note(d, DIFF_FIELD, NULL, x->tag, 0, '~', "%u %s is called %s",
		    x->tag, x->name, y->name);
	if (x->type != y->type)
		note(d, DIFF_FIELD, NULL, x->tag,
		    effect_of_type(x->type, y->type),
		    '~', "%u %s is of type %s, was %s", x->tag, y->name,
		    fix_type_name(y->type), fix_type_name(x->type));
	if (la != lb)
		note(d, DIFF_FIELD, NULL, x->tag, BOTH,
		    '~', "%u %s has its length in %u, was %u", x->tag, y->name, lb,
		    la);
	if (x->closed != y->closed)
		note(d, DIFF_FIELD, NULL, x->tag,
		    y->closed ? DIFF_STRICTER : DIFF_LOOSER,
		    '~', "%u %s takes %s", x->tag, y->name,
		    y->closed ? "listed values only" : "any value now");
	compare_values(d, a, x, b, '-', both ? DIFF_STRICTER : 0);
	compare_values(d, b, y, a, '+', both ? DIFF_LOOSER : 0);
}

static void
compare_fields(
    struct diff *d, const struct fix_dict *a, const struct fix_dict *b)
{
	const struct fix_dict_field *x, *y;

	for (uint32_t i = 0; i < fix_dict_n_fields(a); i++) {
		x = fix_dict_field_at(a, i);
		y = fix_dict_field(b, x->tag);
		if (y != NULL)
			compare_field(d, a, x, b, y);
		else
			note(d, DIFF_FIELD, NULL, x->tag, 0, '-', "%u %s, %s",
			    x->tag, x->name, fix_type_name(x->type));
	}
	for (uint32_t i = 0; i < fix_dict_n_fields(b); i++) {
		y = fix_dict_field_at(b, i);
		if (fix_dict_field(a, y->tag) == NULL)
			note(d, DIFF_FIELD, NULL, y->tag, 0, '+', "%u %s, %s",
			    y->tag, y->name, fix_type_name(y->type));
	}
}

/* ---- all of it ---- */

static int
rank(unsigned effect)
{
	return effect == BOTH ? 0 : effect == DIFF_STRICTER ? 1
			       : effect == DIFF_LOOSER	    ? 2
							    : 3;
}

static int
in_order(const void *pa, const void *pb)
{
	const struct diff_change *a = pa, *b = pb;
	int n;

	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	if (a->effect != b->effect)
		return rank(a->effect) < rank(b->effect) ? -1 : 1;
	if (a->tag != b->tag)
		return a->tag < b->tag ? -1 : 1;
	n = strcmp(a->text, b->text);
	if (n == 0)
		n = a->mark - b->mark;
	return n != 0 || a->type == NULL ? n : strcmp(a->type, b->type);
}

int
diff_dicts(struct diff *d, const struct fix_dict *a, const struct fix_dict *b)
{
	memset(d, 0, sizeof(*d));
	compare_members(d, a, b, "header", FIX_DICT_HEADER, FIX_DICT_HEADER);
	compare_members(d, a, b, "trailer", FIX_DICT_TRAILER, FIX_DICT_TRAILER);
	compare_messages(d, a, b);
	compare_fields(d, a, b);
	if (d->no_memory)
		return -FIX_E_NOMEM;
	if (d->n > 0)
		qsort(d->changes, d->n, sizeof(*d->changes), in_order);
	return 0;
}

void
diff_free(struct diff *d)
{
	for (uint32_t i = 0; i < d->n; i++)
		free(d->changes[i].text);
	free(d->changes);
}

static bool
holds(const struct fix_dict *d, uint32_t msg, uint32_t tag)
{
	uint32_t n;
	const struct fix_dict_member *m = fix_dict_members(d, msg, &n);

	for (uint32_t i = 0; i < n; i++)
		if (m[i].tag == tag)
			return true;
	return false;
}

static unsigned
effect_on(const struct diff *d, const struct fix_dict *a, uint32_t ai,
    const struct fix_dict *b, uint32_t bi, const char *type)
{
	unsigned effect = 0;

	for (uint32_t i = 0; i < d->n && effect != BOTH; i++) {
		const struct diff_change *c = &d->changes[i];

		if ((c->effect | effect) == effect)
			continue;
		if (c->type != NULL ? strcmp(c->type, type) == 0
				    : holds(a, ai, c->tag) && holds(b, bi, c->tag))
			effect |= c->effect;
	}
	return effect;
}

unsigned
diff_effect_on(const struct diff *d, const struct fix_dict *a,
    const struct fix_dict *b, const char *type)
{
	uint32_t ai, bi;
	bool was = index_of(a, type, &ai), is = index_of(b, type, &bi);

	if (was != is)
		return was ? DIFF_STRICTER : DIFF_LOOSER;
	return was ? effect_on(d, a, ai, b, bi, type) : 0;
}

unsigned
diff_effect_on_all(
    const struct diff *d, const struct fix_dict *a, const struct fix_dict *b)
{
	return effect_on(d, a, FIX_DICT_HEADER, b, FIX_DICT_HEADER, "header") |
	       effect_on(d, a, FIX_DICT_TRAILER, b, FIX_DICT_TRAILER,
		   "trailer");
}

const char *
diff_effect_name(unsigned effect)
{
	static const char *const names[] = {
		[0] = "",
		[DIFF_STRICTER] = "stricter",
		[DIFF_LOOSER] = "looser",
		[BOTH] = "stricter, looser",
	};

	return names[effect];
}

const char *
diff_part_name(enum diff_part p)
{
	static const char *const names[] = {
		[DIFF_MESSAGE] = "messages",
		[DIFF_MEMBER] = "members",
		[DIFF_FIELD] = "fields",
	};

	_Static_assert(sizeof(names) / sizeof(names[0]) == DIFF_N_PART,
	    "every part has a name");
	return names[p];
}
