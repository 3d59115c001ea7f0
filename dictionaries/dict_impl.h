/*
 * How a dictionary is laid out, and what its loaders hand to its builder.
 * Private to this folder.
 *
 * A level is what may stand side by side: the header, the trailer, the body of
 * a message, an entry of a group. Every level has its members in the file's
 * order and a hash table from tag to member, so that a look-up costs one
 * multiplication and, nearly always, one comparison.
 */
#ifndef FIXGATE_DICTIONARIES_DICT_IMPL_H
#define FIXGATE_DICTIONARIES_DICT_IMPL_H

#include "dictionaries/dict.h"

/* Caps. The largest published dictionary (FIX 5.0 SP2 with every extension
 * pack) has 6,000 fields, 160 messages, 560 groups, 7 levels of groups and
 * 310,000 members when written out. */
#define DICT_BYTES_MAX (64u << 20)
#define DICT_FIELDS_MAX 60000u
#define DICT_VALUES_MAX 200000u
#define DICT_MSGS_MAX 8000u
#define DICT_BLOCKS_MAX 30000u
#define DICT_REFS_MAX 400000u
#define DICT_GROUPS_MAX 30000u
#define DICT_LEVEL_MAX 4096u /* members of one level */
#define DICT_FLAT_MAX 4000000u
#define DICT_NAME_MAX 200u /* of a field that has a length field */
#define DICT_TEXT_MAX 4096u /* of an attribute */
#define DICT_GROUP_DEPTH 16u
#define DICT_NEST_MAX 40u
#define DICT_CLASS_MAX 65536u

/* ---- memory: chunks that live and die together ---- */

struct dict_chunk;

struct dict_arena {
	struct dict_chunk *last;
	size_t used; /* bytes of the last chunk */
	size_t cap;
};

void *dict_alloc(struct dict_arena *a, size_t n) FIX_MUST_CHECK;
char *dict_strdup(struct dict_arena *a, const char *s, size_t n) FIX_MUST_CHECK;
void dict_arena_free(struct dict_arena *a);

/* ---- a string table: text to number ---- */

struct dict_names {
	const char **keys; /* cap of them, NULL is free */
	uint32_t *values;
	uint32_t cap; /* a power of two, or 0 */
	uint32_t n;
};

/** @return 0, -FIX_E_EXISTS (*value is what was there), -FIX_E_NOMEM */
int dict_names_add(struct dict_names *t, const char *key, uint32_t *value)
    FIX_MUST_CHECK;
bool dict_names_find(const struct dict_names *t, const char *key, size_t len,
    uint32_t *value);
void dict_names_free(struct dict_names *t);
uint32_t dict_hash(const void *p, size_t n);

/* ---- the flat tables ---- */

struct dict_value {
	const char *value;
	const char *name;
	uint32_t len;
};

/* Values of an enumeration: those of one byte in a bitmap, those of up to
 * seven packed into a number in a hash table, and all in a hash table of
 * indices + 1. */
struct dict_enum {
	uint64_t bytes[4];
	const uint64_t *keys; /* 0 is free; as many as slots */
	uint32_t key_shift;
	const uint16_t *slots;
	uint32_t mask; /* of slots; 0 if there are none */
	bool several;  /* a value is a list: tokens split by one space */
	const struct dict_value *values;
};

struct dict_field {
	struct fix_dict_field pub;
	const struct dict_value *values;
	const struct dict_enum *check; /* NULL if any value will do */
	uint32_t length_tag; /* of a data field: the field before it, or 0 */
};

#define DICT_REQUIRED 1u
#define DICT_ENUM 2u
#define DICT_BYTES 4u /* a data field: behind its length */
#define DICT_GROUP 8u /* a count that opens a group */
#define DICT_FREE_TEXT 16u /* any text that is not empty */
#define DICT_CODE 32u /* a text or character of an enumeration */

#define DICT_FREE UINT32_MAX /* and not 0, which is FIX_TAG_BAD */

/* All that the commonest fields need, in eight bytes; the rest is the item's
 * at pos. */
struct dict_slot {
	uint32_t tag; /* DICT_FREE: none */
	uint16_t pos; /* in the file's order */
	uint8_t type;
	uint8_t flags;
};

struct dict_item {
	uint32_t tag;
	uint16_t field;
	uint16_t group; /* index + 1 of the group it opens, or 0 */
	const struct dict_enum *list; /* values it may have; NULL: any */
	bool required;
};

struct dict_level {
	const struct dict_slot *slots;
	const struct dict_item *items;
	uint32_t shift; /* 32 - log2 of the number of slots */
	uint32_t mask;
	uint32_t n;
	uint32_t n_required;
	bool framed; /* a header that begins with BeginString and BodyLength, a
	                trailer in which CheckSum alone is required and last:
	                framing has read them, there is nothing left to check */
};

struct dict_group {
	struct fix_group_def def;
	struct dict_level level;
	uint32_t n_flat; /* members with those of nested groups; 0: not counted */
};

struct dict_msg {
	const char *type;
	const char *name;
	bool admin;
	struct dict_level level;
	const struct fix_dict_member *members;
	uint32_t n_members;
};

/* Part of a message that a tag stands in. Tags that are of the header in some
 * version count as such in all, or one of them in the wrong version would look
 * like the body's beginning; those that this dictionary has are DICT_OWN. */
#define DICT_BODY 0u
#define DICT_HEADER 1u
#define DICT_TRAILER 2u
#define DICT_OWN 4u

struct fix_dict {
	struct fix_dict *self; /* not const: for who counts the holders */
	uint32_t more_holders; /* than one */
	struct dict_arena arena;
	enum fix_version version;
	struct dict_field *fields; /* by tag */
	uint32_t n_fields;
	uint16_t *by_tag; /* tag to index + 1, for tags below n_by_tag */
	uint32_t n_by_tag;
	uint8_t *classes; /* DICT_HEADER and so on, for tags below n_classes */
	uint32_t n_classes;
	struct dict_msg *msgs;
	uint32_t n_msgs;
	uint16_t msg_of_byte[256]; /* index + 1 of types of one byte */
	struct dict_msg header;
	struct dict_msg trailer;
	struct dict_group *groups;
	uint32_t n_groups;
	struct dict_names field_names;
	struct dict_names msg_types;
	struct dict_names msg_names;
};

static inline const struct dict_slot *
dict_level_find(const struct dict_level *l, uint32_t tag)
{
	uint32_t i;

	i = (tag * 2654435769u) >> l->shift;
	while (l->slots[i].tag != tag) {
		if (l->slots[i].tag == DICT_FREE)
			return NULL;
		i = (i + 1) & l->mask;
	}
	return &l->slots[i];
}

const struct dict_field *dict_field_of(const struct fix_dict *d, uint32_t tag);
const struct dict_msg *dict_msg_of(const struct fix_dict *d,
    struct fix_span type);
/** Is the value in the enumeration? Lists are split here. */
bool dict_enum_has(const struct dict_enum *e, struct fix_span v);
/** Value of an enumeration, without splitting lists; NULL if none. */
const struct dict_value *dict_value_of(const struct dict_enum *e,
    struct fix_span v);
/** Does the text read as the type? Not empty. */
bool dict_type_ok(enum fix_type type, struct fix_span v);
/** Type of a name, whatever its case; FIX_N_TYPE if unknown. */
enum fix_type dict_type_named(const char *name, size_t len);

/* ---- what a loader hands over ---- */

enum dict_ref_kind { DICT_R_FIELD, DICT_R_GROUP, DICT_R_BLOCK };

/* One line of a block: a field, a group or a component. */
struct dict_ref {
	enum dict_ref_kind kind;
	bool required;
	const char *name; /* what it refers to, NULL: by id */
	uint32_t id;
	uint32_t line;
	uint32_t end;    /* DICT_R_GROUP written in place: past its members */
	uint32_t target; /* filled by the builder: field or block */
	uint32_t group;  /* filled by the builder: index + 1 of its group */
};

enum dict_block_kind {
	DICT_K_COMPONENT,
	DICT_K_GROUP, /* referred to by id: FIX Orchestra */
	DICT_K_MSG,
	DICT_K_HEADER,
	DICT_K_TRAILER
};

struct dict_block {
	enum dict_block_kind kind;
	const char *name;
	const char *type; /* MsgType */
	bool admin;
	uint32_t id;
	uint32_t count_tag; /* DICT_K_GROUP */
	uint32_t first;     /* refs [first, end) */
	uint32_t end;
	uint32_t line;
	uint32_t height;     /* filled by the builder */
	uint32_t group;      /* filled by the builder: index + 1 */
	uint8_t mark;        /* builder: 0 new, 1 under way, 2 done */
};

struct dict_src_field {
	uint32_t tag;
	enum fix_type type;
	const char *name;
	const char *codes; /* code set that its values are in, or NULL */
	const char *like;  /* field whose values' names serve here, or NULL */
	bool open;         /* other values are allowed too */
	uint32_t first;    /* values [first, end) */
	uint32_t end;
	uint32_t line;
};

struct dict_src_value {
	const char *value;
	const char *name;
	uint32_t line;
};

struct dict_src_codes {
	const char *name;
	enum fix_type type;
	uint32_t first;
	uint32_t end;
	uint32_t line;
};

struct dict_src {
	const char *file;
	struct fix_dict_error *e;
	struct fix_dict *d; /* strings go to its arena */
	int err;            /* the first error, negated */
	struct dict_src_field *fields;
	uint32_t n_fields, cap_fields;
	struct dict_src_value *values;
	uint32_t n_values, cap_values;
	struct dict_src_codes *codes;
	uint32_t n_codes, cap_codes;
	struct dict_block *blocks;
	uint32_t n_blocks, cap_blocks;
	struct dict_ref *refs;
	uint32_t n_refs, cap_refs;
};

/** Note the first error as FILE:LINE: text. @return the error, negated */
int dict_fail(struct dict_src *s, int err, uint32_t line, const char *fmt, ...)
    FIX_PRINTF(4, 5);
/** One more, all zero; NULL after an error. */
struct dict_src_field *dict_add_field(struct dict_src *s, uint32_t line);
struct dict_src_value *dict_add_value(struct dict_src *s, uint32_t line);
struct dict_src_codes *dict_add_codes(struct dict_src *s, uint32_t line);
struct dict_block *dict_add_block(struct dict_src *s, uint32_t line);
struct dict_ref *dict_add_ref(struct dict_src *s, uint32_t line);

/** Turn the source into s->d. @return 0 or the error */
int dict_build(struct dict_src *s) FIX_MUST_CHECK;
/** Its first half: tables of fields, and what the refs refer to. */
int dict_build_fields(struct dict_src *s) FIX_MUST_CHECK;
int dict_build_msgs(struct dict_src *s) FIX_MUST_CHECK;
int dict_resolve(struct dict_src *s) FIX_MUST_CHECK;
/** Items into a level: hash table, count of required ones. */
int dict_level_fill(struct fix_dict *d, struct dict_level *l,
    const struct dict_item *items, uint32_t n) FIX_MUST_CHECK;

/* ---- reading XML ---- */

#define DICT_STACK_MAX 64

struct dict_attr {
	const char *name;
	const char *value; /* not NUL-terminated */
	size_t len;
};

struct dict_reader;

/* A file format: what to do at a start and an end tag. */
struct dict_format {
	void (*start)(struct dict_reader *r, const char *element);
	void (*end)(struct dict_reader *r, const char *element);
};

struct dict_reader {
	struct dict_src src;
	const struct dict_format *format; /* NULL before the root */
	void *parser;
	const struct dict_attr *attrs; /* of the element at hand */
	uint32_t n_attrs;
	uint32_t line;
	uint32_t depth;                /* open elements */
	uint8_t stack[DICT_STACK_MAX]; /* what the format makes of each */
	uint32_t open[DICT_STACK_MAX]; /* index of the object, as it likes */
	bool fixt;
};

extern const struct dict_format dict_format_quickfix;
extern const struct dict_format dict_format_orchestra;

/** Attribute as a string of the dictionary's; NULL after an error.
 * @param need  its absence is an error */
const char *dict_attr_str(struct dict_reader *r, const char *name, bool need);
/** Attribute as a number from 1 to max. @return false after an error */
bool dict_attr_num(struct dict_reader *r, const char *name, uint32_t max,
    uint32_t *out);
bool dict_attr_is(struct dict_reader *r, const char *name, const char *value);

#endif
