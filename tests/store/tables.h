/* Tables in a folder of their own, for tests: made by tables_setup(). */
#ifndef FIXGATE_TESTS_STORE_TABLES_H
#define FIXGATE_TESTS_STORE_TABLES_H

#include "store/store.h"

#define MAP (16u * 1024 * 1024)

extern char folder[64];

int tables_setup(void **state);
int tables_teardown(void **state);
/** Open as their owner; must work, *e is kept. */
struct fix_store *open_tables(struct fix_store_error *e);
/** One batch with one pair in ORDERS. */
void put(struct fix_store *s, const char *key, const char *value,
    uint64_t applied);

#endif
