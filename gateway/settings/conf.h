/*
 * The settings file: INI sections whose keys keep their file and line, so that
 * every complaint can name them.
 *
 * [DEFAULT] and [SESSION] take QuickFIX's names and meaning; ours are
 * [GATEWAY], [VENUE name], [ROUTE], [RISK scope], [AUDIT], [API],
 * [DROPCOPY name]. ${NAME} and ${NAME:-default} come from the environment.
 */
#ifndef FIXGATE_GATEWAY_SETTINGS_CONF_H
#define FIXGATE_GATEWAY_SETTINGS_CONF_H

#include <stdio.h>
#include <sys/types.h>

#include "fix/decimal.h"
#include "fix/err.h"
#include "fix/span.h"

struct conf;
struct conf_section;

/* Called for every complaint and notice; error false: a notice. */
struct conf_sink {
	void *arg;
	void (*tell)(void *arg, bool error, const char *file, unsigned line,
	    const char *text);
};

/**
 * Read a file. Values are owned by the conf. [DEFAULT] values appear in every
 * [SESSION] that does not set them.
 *
 * Tells every fault it finds, not only the first: unknown key with the nearest
 * known one, bad section, missing ${NAME}, a key twice. QuickFIX settings that
 * mean nothing here are a notice.
 * @return 0, -FIX_E_IO, -FIX_E_CONFIG, -FIX_E_NOMEM
 */
int conf_read(struct conf **out, const char *path,
    const struct conf_sink *sink) FIX_MUST_CHECK;
int conf_read_mem(struct conf **out, const char *name, const char *text,
    size_t len, const struct conf_sink *sink) FIX_MUST_CHECK;
void conf_free(struct conf *c);

/** Sections of a kind ("SESSION", "VENUE", ...) in file order: give NULL for
 * the first, the last one got for the next; NULL at the end. */
const struct conf_section *conf_next(const struct conf *c, const char *kind,
    const struct conf_section *after);
const char *conf_name(const struct conf_section *s); /* "SIM" of [VENUE SIM] */
const char *conf_file(const struct conf_section *s);
unsigned conf_line(const struct conf_section *s);    /* of the [SECTION] */

/*
 * Typed values. A key that is not there gives the default; one that does not
 * read as its type is told to the sink that conf_read() got, with file, line
 * and what was expected, and counted: see conf_faults(). s NULL: the default.
 */
const char *conf_str(const struct conf_section *s, const char *key,
    const char *def);
long conf_int(const struct conf_section *s, const char *key, long min,
    long max, long def);
bool conf_bool(const struct conf_section *s, const char *key, bool def); /* Y/N */
/** Bytes with K, M, G suffix. */
size_t conf_bytes(const struct conf_section *s, const char *key, size_t min,
    size_t max, size_t def);
/** Decimal in 10^-8; "unlimited" gives INT64_MAX. */
int64_t conf_e8(const struct conf_section *s, const char *key, int64_t def);
/** One of words ("process|disk"), its index. */
int conf_word(const struct conf_section *s, const char *key,
    const char *words, int def);
/** Path, relative to the settings file's folder if it is not absolute. */
const char *conf_path(const struct conf_section *s, const char *key,
    const char *def);
/** The same for one of several names in the key's value. @return name itself,
 * or a path owned by the conf */
const char *conf_path_in(const struct conf_section *s, const char *key,
    const char *name);
/** A secret: the value, what the file of "file:PATH" holds, without its last
 * line end, or what conf_vault() gives for "vault:REF". A file that others may
 * read is a fault. Owned and wiped by the conf. */
const char *conf_secret(const struct conf_section *s, const char *key,
    const char *def);
/** What stands behind "vault:": write the value, with NUL, into out. @return
 * its length, or an error said in why. Without such a function the reference is
 * a fault. */
typedef ssize_t conf_vault_fn(const struct conf *c, const char *ref, char *out,
    size_t cap, char *why, size_t why_cap);
void conf_vault(conf_vault_fn *fn);
/** The process is going to run as this user: private files may be his. */
void conf_run_as(uid_t uid);
/** Why a key file can't be used: not there, or others may read it.
 * @return NULL if it is the owner's alone */
const char *conf_private(const char *path);
/** Was the key set? *line, if not NULL, is where. */
bool conf_has(const struct conf_section *s, const char *key, unsigned *line);
/** Complain about a key's value, or (key NULL) the section. */
void conf_fault(const struct conf_section *s, const char *key,
    const char *fmt, ...) FIX_PRINTF(3, 4);
/** The same, but only a notice. */
void conf_notice(const struct conf_section *s, const char *key,
    const char *fmt, ...) FIX_PRINTF(3, 4);
unsigned conf_faults(const struct conf *c);

/** Write what was read, as a settings file: ${} replaced, secrets masked. */
void conf_print(const struct conf *c, FILE *to);

/** Every setting there is, with its type and meaning. @return 0 */
int conf_list(FILE *to);

/** "mo", "Monday". @return 0 Sunday to 6, -1 no day */
int conf_weekday(const char *v, size_t len);

/** Known keys of a section kind, for the manual's test; NULL at the end. */
const char *conf_known(const char *kind, unsigned i);

#endif
