/* Which dictionary explains a message: found by BeginString and ApplVerID,
 * loaded when first needed. */
#ifndef FIXGATE_GATEWAY_CLI_DICTS_H
#define FIXGATE_GATEWAY_CLI_DICTS_H

#include "dictionaries/dict.h"

struct dicts;

struct dict_pair { /* either may be NULL: not known */
	const struct fix_dict
	    *transport; /* header, trailer, session messages */
	const struct fix_dict *app;
};

/**
 * @param path  a dictionary file to use for every application message, or NULL
 * @param why   says what is wrong with path
 * @return NULL: out of memory, or path does not load
 */
struct dicts *dicts_new(const char *path, struct fix_dict_error *why);
void dicts_free(struct dicts *d); /* NULL is fine */

/**
 * Dictionaries of a message. A Logon's DefaultApplVerID(1137) is remembered
 * for the messages that follow it in the same session.
 *
 * A dictionary that does not load is told on stderr once and stays NULL.
 */
struct dict_pair dicts_of(struct dicts *d, const struct fix_msg *m);
/** Dictionaries of a version, to look up names. */
struct dict_pair dicts_of_version(struct dicts *d, enum fix_version v);

/** Field by tag in either; NULL if neither has it. */
const struct fix_dict_field *dicts_field(struct dict_pair p, uint32_t tag);
/** Name of an enumeration's value, from either; NULL if it has none. */
const char *dicts_value_name(
    struct dict_pair p, uint32_t tag, struct fix_span value);
/** Name of a message type, NULL if unknown. */
const char *dicts_msg_name(struct dict_pair p, struct fix_span type);

#endif
