/*
 * Fields of an order or replace that nobody would obey: see fields.c.
 */
#ifndef FIXGATE_GATEWAY_TRADER_FIELDS_H
#define FIXGATE_GATEWAY_TRADER_FIELDS_H

#include "dictionaries/dict.h"
#include "fix/msg.h"

#define FIELDS_TEXT_MAX 179

/**
 * The first field of a D or G that would be lost; of other messages there is none.
 *
 * @param ignore  tags with commas that may be, or NULL
 * @param d       for its name; NULL: there is none
 * @return        text, which says what and why; NULL: none would
 */
const char *fields_lost(const struct fix_msg *m, const char *ignore,
    const struct fix_dict *d, char text[FIELDS_TEXT_MAX + 1]);
/** Is it read, or of no account whatever it says? */
bool fields_harmless(uint32_t tag);
/** Values with which a field is harmless, with commas; NULL: not by value. */
const char *fields_values(uint32_t tag);

#endif
