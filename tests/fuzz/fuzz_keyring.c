/*
 * Input: the file of a keyring. It is taken or refused as a whole; of one that
 * is taken the ids rise and every subject is a word.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/crypt/keyring_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keyring r = { 0 };
	uint8_t *p = malloc(size + (size == 0));
	uint64_t last = 0;

	if (p == NULL)
		abort();
	if (size > 0)
		memcpy(p, data, size);
	if (keyring_parse(&r, (struct fix_span){ p, size }) != 0)
		assert(r.n == 0 && r.keys == NULL);
	for (unsigned i = 0; i < r.n; i++) {
		const struct keyring_key *k = &r.keys[i];

		assert(k->id > last && k->year <= 9999);
		assert(
		    *k->subject != '\0' && strpbrk(k->subject, " \n") == NULL);
		assert(memchr(k->subject, '\0', sizeof(k->subject)) != NULL);
		last = k->id;
	}
	free(r.keys);
	free(p);
	return 0;
}
