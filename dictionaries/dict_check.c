/*
 * The check of a message against its dictionary: FIX session test cases 14a to
 * 14j and 2q, in the order that QuickFIX's acceptance cases rely on.
 *
 * One walk over the fields, no memory but the stack. Each is looked up on the
 * level that it stands on (header, message, entry of a group, trailer); only
 * one that is not found there may begin another part of the message. A message
 * may have several faults, and which one counts is said by rank, not by place:
 * order, MsgType, a required field, then the header's fields, the trailer's,
 * the body's. So a fault is noted and the walk goes on; the least rank wins,
 * the first one within a rank. Parts in disorder, where they are allowed, are
 * put in order first.
 *
 * Groups: the first member of the definition (or, where that is asked for, the
 * first one found) opens an entry, or stands late in the one that was opened
 * without it; a tag that no open level knows stays in
 * the entry it is found in; a tag that this entry has already, or has passed,
 * ends the group if a level outside knows it. Count 0 with no entry is good
 * (QuickFIX case 21). Not checked: conditionally required fields, which are the
 * application's (BusinessMessageReject).
 */
#include "dictionaries/dict_impl.h"
#include "dictionaries/dict_type.h"

#include "fix/decimal.h"

#define USER_TAGS 5000u
#define NOINLINE __attribute__((noinline))

enum rank { K_ORDER, K_REQUIRED, K_HEADER, K_TRAILER, K_BODY, K_NONE };

enum reason {
	R_TAG_NUMBER = 0,
	R_REQUIRED = 1,
	R_NOT_IN_MSG = 2,
	R_EMPTY = 4,
	R_VALUE = 5,
	R_FORMAT = 6,
	R_MSG_TYPE = 11,
	R_REPEATED = 13,
	R_ORDER = 14,
	R_GROUP_ORDER = 15,
	R_GROUP_COUNT = 16
};

const struct fix_check fix_check_all = {
	.fields_out_of_order = true,
	.fields_have_values = true,
	.user_defined_fields = true,
	.unknown_msg_fields = true,
	.unknown_fields = true,
	.enums = true,
	.required = true,
	.group_order = true,
	.group_count = true,
};

/* Which members of a level were seen: a byte for each, since a bit would make
 * every field wait for the one before. */
struct seen {
	uint8_t at[DICT_LEVEL_MAX];
};

#define CLEARED 64u
_Static_assert(DICT_LEVEL_MAX % CLEARED == 0, "whole steps");

struct level {
	const struct dict_level *table;
	const struct level *outer;
};

struct walk {
	const struct fix_dict *d; /* of the fields at hand */
	const struct fix_dict *transport;
	const struct fix_msg *m;
	const struct fix_check *c;
	struct fix_fault *f;
	enum rank worst; /* of the fault noted */
	enum rank rank;  /* of the fields at hand */
	uint32_t class;  /* and their part of the message */
	uint32_t n;      /* fields */
};

static NOINLINE void
fault(struct walk *w, enum rank rank, int reason, uint32_t field, uint32_t tag)
{
	if (rank >= w->worst)
		return;
	w->worst = rank;
	w->f->reason = reason;
	w->f->field = field;
	w->f->tag = tag;
}

static NOINLINE void
fault_at(struct walk *w, int reason, uint32_t i)
{
	fault(w, w->rank, reason, i, w->m->fields[i].tag);
}

static uint32_t
class_of(const struct fix_dict *d, uint32_t tag)
{
	return tag < d->n_classes ? d->classes[tag] & ~DICT_OWN : DICT_BODY;
}

/* In steps that need no call: a level is rarely of more than a few. */
static inline void
seen_clear(struct seen *s, const struct dict_level *l)
{
	uint32_t i = 0;

	do
		memset(s->at + i, 0, CLEARED);
	while ((i += CLEARED) < l->n);
}

/* ---- one field ---- */

/* R64: a data field stands right behind its length, which is true. */
static void
check_data(struct walk *w, const struct dict_field *f, uint32_t i)
{
	const struct fix_field *fields = w->m->fields;
	int64_t n;

	if (f->length_tag == 0)
		return;
	if (i == 0 || fields[i - 1].tag != f->length_tag)
		fault(w, w->rank, R_REQUIRED, FIX_MSG_NONE, f->length_tag);
	else if (fix_int_parse(fix_msg_at(w->m, i - 1), &n) != 0 ||
		 n != (int64_t)fields[i].len)
		fault_at(w, R_FORMAT, i - 1);
}

/* A field whose enumeration others may add to without asking us. */
static NOINLINE bool
is_open(const struct fix_check *c, uint32_t tag)
{
	uint32_t i;

	for (i = 0; i < c->n_open_enums; i++)
		if (c->open_enums[i] == tag)
			return true;
	return false;
}

/* Empty, format, enumeration. @return false if a fault was noted */
static bool
check_value(struct walk *w, const struct dict_enum *list, enum fix_type type,
    uint32_t i)
{
	struct fix_span v = fix_msg_at(w->m, i);

	if (v.len == 0) {
		if (w->c->fields_have_values)
			fault_at(w, R_EMPTY, i);
		return !w->c->fields_have_values;
	}
	if (!dict_type_ok(type, v)) {
		fault_at(w, R_FORMAT, i);
		return false;
	}
	if (list != NULL && w->c->enums && !dict_enum_has(list, v) &&
	    !is_open(w->c, w->m->fields[i].tag)) {
		fault_at(w, R_VALUE, i);
		return false;
	}
	return true;
}

static NOINLINE void
check_rules(struct walk *w, const struct dict_level *l,
    const struct dict_slot *s, uint32_t i)
{
	const struct dict_item *it = &l->items[s->pos];

	if (check_value(w, it->list, (enum fix_type)s->type, i) &&
	    s->flags & DICT_BYTES)
		check_data(w, &w->d->fields[it->field], i);
}

/* Most values are of few types and are good: a function that calls no other
 * says so, and leaves what is not sure to check_rules(). */
static NOINLINE bool
surely_good(const struct dict_level *l, const struct dict_slot *s,
    const uint8_t *value, size_t len)
{
	struct fix_span v = { value, len };

	if (len == 0 || s->flags & DICT_BYTES || !dict_surely_type(s->type, v))
		return false;
	return !(s->flags & DICT_ENUM) ||
	       dict_surely_listed(l->items[s->pos].list, v);
}

static inline void
check_member(struct walk *w, const struct dict_level *l,
    const struct dict_slot *s, const struct fix_field *f)
{
	const uint8_t *value = w->m->bytes + f->off;

	/* Half of all fields are texts that may be anything, and many of the
	 * others are one letter of few. */
	if (f->len > 0 && s->flags & DICT_FREE_TEXT)
		return;
	if (f->len == 1 && s->flags & DICT_CODE &&
	    dict_surely_listed(l->items[s->pos].list, (struct fix_span){ value, 1 }))
		return;
	if (f->off + 8u > w->m->len || !surely_good(l, s, value, f->len))
		check_rules(w, l, s, (uint32_t)(f - w->m->fields));
}

/* QuickFIX judges tags of users by one switch, FIX's own by another. */
static bool
refuses(const struct fix_check *c, uint32_t tag, bool own)
{
	return tag < USER_TAGS ? own : c->user_defined_fields;
}

/* A tag that is not of this message, or of no message at all. */
static void
check_stranger(struct walk *w, const struct fix_dict *d, uint32_t i)
{
	uint32_t tag = w->m->fields[i].tag;
	const struct dict_field *f = dict_field_of(d, tag);

	if (f == NULL) {
		if (w->m->fields[i].len == 0 && w->c->fields_have_values)
			fault_at(w, R_EMPTY, i);
		else if (tag == FIX_TAG_BAD ||
			 refuses(w->c, tag, w->c->unknown_fields))
			fault_at(w, R_TAG_NUMBER, i);
		return;
	}
	if (!check_value(w, f->check, f->pub.type, i))
		return;
	if (refuses(w->c, tag, w->c->unknown_msg_fields))
		fault_at(w, R_NOT_IN_MSG, i);
}

/* ---- levels ---- */

static NOINLINE void
find_missing(struct walk *w, const struct dict_level *l, const struct seen *s)
{
	uint32_t i;

	if (!w->c->required)
		return;
	for (i = 0; i < l->n; i++) {
		if (l->items[i].required && !s->at[i]) {
			fault(w, K_REQUIRED, R_REQUIRED, FIX_MSG_NONE,
			    l->items[i].tag);
			return;
		}
	}
}

static inline void
check_missing(struct walk *w, const struct dict_level *l, const struct seen *s,
    uint32_t n_seen)
{
	if (n_seen != l->n_required)
		find_missing(w, l, s);
}

/* Does the field begin another part of the message? */
static bool
is_elsewhere(const struct walk *w, uint32_t i)
{
	return class_of(w->transport, w->m->fields[i].tag) != w->class;
}

static bool
known_outside(const struct level *at, uint32_t tag)
{
	for (at = at->outer; at != NULL; at = at->outer) {
		if (dict_level_find(at->table, tag) != NULL)
			return true;
	}
	return false;
}

static uint32_t walk_group(struct walk *w, const struct dict_group *g,
    uint32_t i, const struct level *outer);

static const struct dict_group *
group_at(
    const struct walk *w, const struct dict_level *l, const struct dict_slot *s)
{
	return &w->d->groups[l->items[s->pos].group - 1];
}

/* One entry under way. */
struct entry {
	struct seen seen;
	uint32_t n_required; /* seen */
	uint32_t next;       /* least position that is still in order */
	uint32_t opener;     /* position of the member that opens entries */
};

static void
entry_begin(struct entry *e, const struct dict_level *l)
{
	seen_clear(&e->seen, l);
	e->n_required = 0;
	e->next = 0;
}

/* Place of a member in its entry. @return false: it ends the group */
static bool
entry_put(struct walk *w, struct entry *e, const struct dict_slot *s,
    uint32_t i, const struct level *at)
{
	bool again = e->seen.at[s->pos];

	if ((again || (s->pos < e->next && w->c->group_order)) &&
	    known_outside(at, s->tag))
		return false;
	if (again) {
		fault_at(w, R_REPEATED, i);
		return true;
	}
	e->seen.at[s->pos] = true;
	e->n_required += s->flags & DICT_REQUIRED;
	if (s->pos < e->next && w->c->group_order)
		fault_at(w, R_GROUP_ORDER, i);
	e->next = s->pos + 1u;
	return true;
}

/* The count stands before its entries, so its fault comes before theirs:
 * before is the rank that was noted when they began. */
static void
check_count(struct walk *w, uint32_t count, uint32_t entries, enum rank before)
{
	struct fix_span v = fix_msg_at(w->m, count);
	int64_t declared;

	if (v.len == 1 && entries == (uint32_t)(v.p[0] - '0'))
		return;
	if (!w->c->group_count)
		return;
	if (v.len == 0 || fix_int_parse(v, &declared) != 0)
		return; /* told already */
	if (declared == (int64_t)entries)
		return;
	if (before > w->rank && w->worst == w->rank)
		w->worst = before;
	fault_at(w, R_GROUP_COUNT, count);
}

/* The entries behind the count at i - 1. @return the field after them */
static uint32_t
walk_group(struct walk *w, const struct dict_group *g, uint32_t i,
    const struct level *outer)
{
	const struct level at = { &g->level, outer };
	const struct fix_field *fields = w->m->fields;
	uint32_t count = i - 1, entries = 0;
	const enum rank before = w->worst;
	const struct dict_slot *s;
	struct entry e;

	entry_begin(&e, &g->level);
	e.opener = 0;
	while (i < w->n) {
		s = dict_level_find(&g->level, fields[i].tag);
		if (s == NULL) {
			if (known_outside(&at, fields[i].tag) ||
			    is_elsewhere(w, i))
				break;
			check_stranger(w, w->d, i++);
			continue;
		}
		if (entries == 0 && w->c->first_is_delimiter)
			e.opener = s->pos;
		if (entries == 0 ||
		    (s->pos == e.opener && e.seen.at[e.opener])) {
			if (entries++ > 0)
				check_missing(
				    w, &g->level, &e.seen, e.n_required);
			if (s->pos != e.opener && w->c->group_order)
				fault_at(w, R_GROUP_ORDER, i);
			entry_begin(&e, &g->level);
		}
		if (!entry_put(w, &e, s, i, &at))
			break;
		check_member(w, &g->level, s, &fields[i++]);
		if (s->flags & DICT_GROUP)
			i = walk_group(w, group_at(w, &g->level, s), i, &at);
	}
	if (entries > 0)
		check_missing(w, &g->level, &e.seen, e.n_required);
	check_count(w, count, entries, before);
	return i;
}

/* The fields of a part from i on. @return the field after them */
static uint32_t
walk_level(struct walk *w, const struct dict_level *l, uint32_t i)
{
	const struct level at = { l, NULL };
	const struct fix_field *fields = w->m->fields, *f = fields + i;
	const struct fix_field *end = fields + w->n;
	uint32_t n_required = 0;
	const struct dict_slot *s;
	struct seen seen;

	seen_clear(&seen, l);
	if (l->framed && f[0].tag == 8 && f[1].tag == 9) {
		/* Framing has read them: nothing is left to ask. */
		seen.at[0] = seen.at[1] = true;
		n_required = 2;
		f += 2;
	}
	for (; f < end; f++) {
		s = dict_level_find(l, f->tag);
		if (s == NULL) {
			i = (uint32_t)(f - fields);
			if (is_elsewhere(w, i))
				break;
			check_stranger(w, w->d, i);
			continue;
		}
		if (seen.at[s->pos]) {
			fault_at(w, R_REPEATED, (uint32_t)(f - fields));
		} else {
			seen.at[s->pos] = true;
			n_required += s->flags & DICT_REQUIRED;
		}
		check_member(w, l, s, f);
		if (s->flags & DICT_GROUP) {
			i = (uint32_t)(f - fields) + 1;
			i = walk_group(w, group_at(w, l, s), i, &at);
			f = fields + i - 1;
		}
	}
	check_missing(w, l, &seen, n_required);
	return (uint32_t)(f - fields);
}

/* ---- the message ---- */

/* By class alone, for a message whose body nobody knows. */
static uint32_t
first_in_disorder(const struct fix_dict *d, const struct fix_msg *m)
{
	static const uint32_t parts[] = { DICT_HEADER, DICT_BODY,
		DICT_TRAILER };
	uint32_t i = 0, k;

	for (k = 0; k < 3; k++) {
		while (i < m->n && class_of(d, m->fields[i].tag) == parts[k])
			i++;
	}
	return i;
}

/* The fields in order of header, body, trailer, for peers that are allowed to
 * mix them. */
struct sorted {
	struct fix_msg m;
	struct fix_field fields[FIX_FIELDS_MAX];
	uint32_t from[FIX_FIELDS_MAX]; /* where each was */
};

static void
sort_fields(const struct fix_dict *d, const struct fix_msg *m, struct sorted *s)
{
	static const uint32_t order[] = { DICT_HEADER, DICT_BODY,
		DICT_TRAILER };
	uint32_t k, i, n = 0;

	for (k = 0; k < 3; k++) {
		for (i = 0; i < m->n; i++) {
			if (class_of(d, m->fields[i].tag) != order[k])
				continue;
			s->fields[n] = m->fields[i];
			s->from[n++] = i;
		}
	}
	s->m = *m;
	s->m.fields = s->fields;
	s->m.cap = FIX_FIELDS_MAX;
}

static const struct dict_msg *
rules_of(const struct fix_dict *transport, const struct fix_dict *app,
    const struct fix_msg *m, const struct fix_dict **d)
{
	const struct dict_msg *r = dict_msg_of(transport, fix_msg_type(m));

	*d = transport;
	if ((r != NULL && r->admin) || app == NULL || app == transport)
		return r;
	*d = app;
	return dict_msg_of(app, fix_msg_type(m));
}

static uint32_t
walk_part(struct walk *w, enum rank rank, uint32_t class,
    const struct fix_dict *d, const struct dict_level *l, uint32_t i)
{
	w->rank = rank;
	w->class = class;
	w->d = d;
	return walk_level(w, l, i);
}

/* @return the first field that is out of order, or m->n */
static uint32_t
check_parts(struct walk *w, const struct fix_dict *app)
{
	const struct fix_dict *t = w->transport, *d;
	const struct dict_msg *rules = rules_of(t, app, w->m, &d);
	uint32_t i;

	if (rules == NULL) {
		/* Types that begin with U are private: none of FIX's. */
		fault(w, K_REQUIRED,
		    fix_msg_at(w->m, 2).p[0] == 'U' ? -1 : R_MSG_TYPE, 2, 0);
		return first_in_disorder(t, w->m);
	}
	i = walk_part(w, K_HEADER, DICT_HEADER, t, &t->header.level, 0);
	i = walk_part(w, K_BODY, DICT_BODY, d, &rules->level, i);
	if (t->trailer.level.framed && i + 1 == w->n &&
	    w->m->fields[i].tag == 10 && w->m->fields[i].len > 0)
		return w->n; /* framing has read it */
	return walk_part(w, K_TRAILER, DICT_TRAILER, t, &t->trailer.level, i);
}

/* Apart, because of what it takes of the stack. */
static NOINLINE int
check_sorted(struct walk *w, const struct fix_dict *app)
{
	struct sorted s;

	sort_fields(w->transport, w->m, &s);
	w->m = &s.m;
	w->worst = K_NONE;
	(void)check_parts(w, app);
	if (w->worst == K_NONE)
		return 0;
	if (w->f->field != FIX_MSG_NONE)
		w->f->field = s.from[w->f->field];
	return 1;
}

int
fix_dict_check(const struct fix_dict *transport, const struct fix_dict *app,
    const struct fix_msg *m, const struct fix_check *c, struct fix_fault *f)
{
	struct walk w = { transport, transport, m, c, f, K_NONE, K_BODY,
		DICT_BODY, m->n };
	uint32_t wrong;

	if (m->n < 3 || m->fields[2].tag != 35 || m->fields[2].len == 0) {
		fault(&w, K_REQUIRED, R_MSG_TYPE, FIX_MSG_NONE, 0);
		return 1;
	}
	wrong = check_parts(&w, app);
	if (wrong == m->n)
		return w.worst != K_NONE;
	if (!c->fields_out_of_order && m->n <= FIX_FIELDS_MAX)
		return check_sorted(&w, app);
	fault(&w, K_ORDER, R_ORDER, wrong, m->fields[wrong].tag);
	return 1;
}

const char *
fix_reject_text(int reason)
{
	static const char *const texts[] = {
		"Invalid tag number",
		"Required tag missing",
		"Tag not defined for this message type",
		"Undefined tag",
		"Tag specified without a value",
		"Value is incorrect (out of range) for this tag",
		"Incorrect data format for value",
		"Decryption problem",
		"Signature problem",
		"CompID problem",
		"SendingTime accuracy problem",
		"Invalid MsgType",
		"XML validation error",
		"Tag appears more than once",
		"Tag specified out of required order",
		"Repeating group fields out of order",
		"Incorrect NumInGroup count for repeating group",
		"Non \"data\" value includes field delimiter",
		"Invalid or unsupported application version",
	};

	if (reason >= 0 && reason < (int)(sizeof(texts) / sizeof(texts[0])))
		return texts[reason];
	return reason == -1 ? "Unsupported Message Type" : "Other";
}
