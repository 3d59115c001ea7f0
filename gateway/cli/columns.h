/* Rows of text in aligned columns, for people. */
#ifndef FIXGATE_GATEWAY_CLI_COLUMNS_H
#define FIXGATE_GATEWAY_CLI_COLUMNS_H

#include <stdbool.h>
#include <stdio.h>

#include "fix/err.h"

struct columns;

/** @param heads  "Name" of each column, ">Name": to the right; NULL ends.
 * Borrowed. @return NULL when out of memory */
struct columns *columns_new(const char *const *heads);
void columns_free(struct columns *c);
/** The next cell; a row is over when every column has one. */
void columns_add(struct columns *c, const char *fmt, ...) FIX_PRINTF(2, 3);
size_t columns_rows(const struct columns *c);
/** @param head  print the column names first */
void columns_print(const struct columns *c, FILE *out, bool head);

#endif
