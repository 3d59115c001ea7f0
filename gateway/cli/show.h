/* Messages made readable: names beside tags, words beside enum values, groups
 * indented, secrets masked, control characters escaped. */
#ifndef FIXGATE_GATEWAY_CLI_SHOW_H
#define FIXGATE_GATEWAY_CLI_SHOW_H

#include <jansson.h>
#include <stdio.h>

#include "gateway/cli/dicts.h"

struct show {
	FILE *out;
	struct dicts *dicts;
	unsigned columns; /* of show_brief(); 0: 80 */
	bool color;
};

/** @param color  -1: when out is a terminal and NO_COLOR is not set */
void show_init(struct show *sh, FILE *out, struct dicts *dicts, int color);

/** Every field on a line of its own, under a line that says what it is. */
void show_full(const struct show *sh, const struct fix_msg *m);
/** One line that says what it is, and the body's fields flowing below it.
 * @param lead  stands before it, like "10:15:02.123  ->" */
void show_brief(
    const struct show *sh, const char *lead, const struct fix_msg *m);
/** The message as an object, groups nested. NULL: out of memory */
json_t *show_json(const struct show *sh, const struct fix_msg *m);

/** Untrusted text: UTF-8 passes, anything else and every control character
 * is escaped, and what looks like a secret field in it is masked; at most max
 * bytes of it (0: all). */
void show_text(FILE *out, struct fix_span text, size_t max);
/** The same into a string, to be freed; NULL: out of memory. */
char *show_text_dup(struct fix_span text);
/** Would show_text() mask something in it? */
bool show_has_secret(struct fix_span text);
/** Bytes that are no message, SOH as '|', with secrets masked. */
void show_raw(FILE *out, struct fix_span bytes, size_t max);
/** Is it a value that must never be shown? type may be empty: not known. */
bool show_secret(struct fix_span type, uint32_t tag);
/** The same for field i, also where its tag is written as 0554. */
bool show_secret_field(const struct fix_msg *m, uint32_t i);

/** Escape sequences for people, "" when sh has no colour. */
const char *show_bold(const struct show *sh);
const char *show_dim(const struct show *sh);
const char *show_red(const struct show *sh);
const char *show_green(const struct show *sh);
const char *show_plain(const struct show *sh);

#endif
