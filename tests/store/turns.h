/*
 * Turns whose content can be told from their records alone, for tests of the
 * journal: order is the turn's salt, type its length, session the index in it,
 * and the data are drawn from number and salt. So any record that comes back
 * can be checked, and whether its turn is whole.
 */
#ifndef FIXGATE_TESTS_STORE_TURNS_H
#define FIXGATE_TESTS_STORE_TURNS_H

#include "store/journal.h"

#define TURNS_DATA_MAX 2048

/** Numbers from a seed; *state is the seed. */
uint64_t draw(uint64_t *state);

/** Data of a record. @return length, below TURNS_DATA_MAX */
size_t turn_data(uint64_t number, uint64_t salt, uint8_t out[TURNS_DATA_MAX]);
/** Append n records with this salt. @return what append said last */
int turn_append(struct fix_journal *j, unsigned n, uint64_t salt);
/** The same, then commit; must work. */
void turn_write(struct fix_journal *j, unsigned n, uint64_t salt);

struct turn_check {
	uint64_t next;  /* number expected; 0: any */
	unsigned index; /* in its turn */
	uint64_t turns; /* whole ones seen */
};

/** Check one record. @return NULL, or what is wrong with it */
const char *turn_see(struct turn_check *c, const struct fix_rec *r);
/** Read all of a disk, from the oldest; the last turn must be whole.
 * @return number of the last record, 0: none; fails the test otherwise */
uint64_t turns_read(struct fix_disk *d);

#endif
