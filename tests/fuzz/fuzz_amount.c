/*
 * Amounts of venues' accounts. Input: a text. What is read is shown as the text
 * is without zeros that say nothing, and read back the same.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/venue/amount.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Without needless zeros, and no "-0". */
static void
trim(char *s)
{
	char *digits = s + (*s == '-'), *end = s + strlen(s), *p = digits;

	if (strchr(s, '.') != NULL) {
		while (end[-1] == '0')
			*--end = '\0';
		if (end[-1] == '.')
			*--end = '\0';
	}
	while (p[0] == '0' && p[1] != '\0' && p[1] != '.')
		p++;
	memmove(digits, p, strlen(p) + 1);
	if (strcmp(s, "-0") == 0)
		memcpy(s, "0", 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), buf[AMOUNT_BYTES];
	amount v = 7, again;

	assert(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (!amount_read(text, &v)) {
		assert(v == 7);
	} else {
		assert(v < AMOUNT_MAX && v > -AMOUNT_MAX);
		trim(text);
		assert(strcmp(amount_show(v, buf), text) == 0);
		assert(amount_read(text, &again) && again == v);
	}
	free(text);
	return 0;
}
