/*
 * Counterparty profiles that came with fixgate: what profiles/ holds, built in.
 * A profile is text, Key=Value lines and comments; its first line is a comment
 * that says in one line whom it is for. conf.c reads it where a section says
 * Profile=NAME.
 */
#ifndef FIXGATE_GATEWAY_SETTINGS_PROFILE_H
#define FIXGATE_GATEWAY_SETTINGS_PROFILE_H

#include <stddef.h>

struct profile {
	const char *name; /* "quickfix": the file's name without .conf */
	const char *text; /* static */
};

/** All of them, by name; the last has no name. Written by
 * profiles/embed.sh. */
extern const struct profile profiles[];

/** @return NULL if there is none of this name, in any case of letters */
const struct profile *profile_named(const char *name);
/** "binance, cme, ...". */
void profile_names(char *out, size_t cap);
/** The first line's length and start, without "# ". */
const char *profile_summary(const struct profile *p, size_t *len);

#endif
