/*
 * Values in JSON of venues, read exactly: a decimal is a text or a whole
 * number, never a binary fraction.
 */
#ifndef FIXGATE_GATEWAY_VENUE_JSON_H
#define FIXGATE_GATEWAY_VENUE_JSON_H

#include <jansson.h>

#include "fix/err.h"
#include "fix/span.h"

#define JSON_BODY_MAX (8u << 20) /* bytes of a body, at most */

/** Read a body that nobody trusts. @return NULL: no JSON object or array, or
 * too big; to be given back with json_decref() */
json_t *json_read(struct fix_span body);
/** The same; a number with a point or an exponent becomes the text that it is
 * written with, so that json_e8() reads it exactly. */
json_t *json_read_exact(struct fix_span body);
/** A text; "" when it is none or not there. Borrowed from o. */
const char *json_text(const json_t *o, const char *key);
/** @return 0; -FIX_E_NOTFOUND; -FIX_E_FORMAT: no whole number */
int json_whole(const json_t *o, const char *key, int64_t *out) FIX_MUST_CHECK;
/** The same, or def. */
int64_t json_whole_or(const json_t *o, const char *key, int64_t def);
/** In units of 10^-8, from "0.00100000" or 5. @return 0; -FIX_E_NOTFOUND,
 * -FIX_E_FORMAT, -FIX_E_RANGE (not exact, or too big) */
int json_e8(const json_t *o, const char *key, int64_t *out) FIX_MUST_CHECK;
/** The same, or def. */
int64_t json_e8_or(const json_t *o, const char *key, int64_t def);

#endif
