/* What the files of the settings reader share: conf.c reads, conf_profile.c
 * adds profiles, conf_keys.c knows the keys, conf_get.c gives values out. */
#ifndef FIXGATE_GATEWAY_SETTINGS_CONF_INT_H
#define FIXGATE_GATEWAY_SETTINGS_CONF_INT_H

#include <stdarg.h>

#include "gateway/settings/conf.h"

#define CONF_FILE_MAX (16u << 20) /* bytes of a settings file */
#define CONF_LINE_MAX (64u << 10) /* bytes of a line, before and after ${} */
#define CONF_NAME_MAX 128         /* bytes of a key, of a ${NAME} */

struct conf_entry {
	const struct conf_key *known;
	const char *name; /* the key's, with its number if it has one */
	char *value;
	const char *file, *dir; /* the settings file's, or a profile's */
	unsigned line;
};

struct conf_section {
	struct conf *conf;
	const struct conf_kind *kind;
	char *name; /* "" for none */
	unsigned line;
	struct conf_entry *entries;
	unsigned n, cap;
	const struct conf_section *defaults; /* [DEFAULT], or NULL */
	const struct conf_section *profile;  /* of its Profile=, or NULL */
	struct conf_section *next;
};

struct conf_piece { /* memory that lives as long as the conf */
	struct conf_piece *next;
	size_t len;
	char text[];
};

struct conf {
	char *file, *dir;
	struct conf_section *first, *last;
	struct conf_section *profiles; /* read ones; .name is Profile='s value */
	struct conf_piece *pieces;
	struct conf_sink sink;
	unsigned faults;
	uint64_t told[64]; /* hashes of the last complaints */
	unsigned n_told;
	bool nomem;
};

/** Memory that conf_free() wipes and frees. @return NULL: out of memory */
char *conf_alloc(struct conf *c, size_t len);
/** NUL-terminated copy of bytes. @return NULL: out of memory */
char *conf_copy(struct conf *c, const char *from, size_t len);

void conf_tell(struct conf *c, bool error, unsigned line, const char *fmt, ...)
    FIX_PRINTF(4, 5);

void conf_vtell_at(struct conf *c, bool error, const char *file, unsigned line,
    const char *fmt, va_list ap) FIX_PRINTF(5, 0);

/** A whole file, to be freed. @return NULL: errno says why */
char *conf_slurp(const char *path, size_t *len);
/** Read a text of keys alone, without sections, into a section. Faults are told
 * with this file's name, which is copied. */
void conf_read_keys(struct conf *c, struct conf_section *into, const char *file,
    const char *text, size_t len);
/** Profiles of all sections that name one. */
void conf_link_profiles(struct conf *c);
/** path as seen from a folder; owned by the conf. */
const char *conf_beside(struct conf *c, const char *dir, const char *path);

const struct conf_entry *conf_entry_of(const struct conf_section *s,
    const char *key);

/**
 * Does the value read as the key's type? The range of numbers is the getters'
 * business.
 * @return NULL if it does, else what was expected: "Y or N"
 */
const char *conf_form(const struct conf_key *k, const char *value);

bool conf_has_control(const char *p, size_t len); /* a tab is none */

/* Where the value of a line is put together. */
struct conf_expand {
	struct conf *c;
	unsigned line;
	char *out; /* CONF_LINE_MAX + 1 bytes */
	size_t n;
};

/** Put [p, end) into x->out with every ${} replaced; "$${" is a plain "${".
 * @return false: told why not */
bool conf_expand(struct conf_expand *x, const char *p, const char *end);

/* Read a value by its type; false: it does not read as that. */
bool conf_read_bool(const char *v, bool *out);
bool conf_read_int(const char *v, long *out);
bool conf_read_bytes(const char *v, size_t *out);
bool conf_read_e8(const char *v, int64_t *out);
/** Index of v among "a|b|c", in any case. @return -1 if it is not there */
int conf_word_index(const char *words, const char *v);

/** Name nearest to what was written, NULL if none is near. */
const char *conf_nearest(const char *written,
    const char *(*name_at)(const void *arg, unsigned i), const void *arg);

#endif
