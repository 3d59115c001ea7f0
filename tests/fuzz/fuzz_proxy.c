/*
 * Input: what comes first on a connection of a proxy. It is read as a header,
 * asks for more, or is refused; and a header is the same one however many
 * bytes stand behind it, and never one before its last byte is there.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* At the end of a block of just their size. */
static ssize_t
read_some(const uint8_t *data, size_t n, struct proxy_head *h)
{
	uint8_t *p = malloc(n + (n == 0));
	const char *why = NULL;
	ssize_t got;

	if (p == NULL)
		abort();
	memcpy(p, data, n);
	got = proxy_read(p, n, h, &why);
	assert(got >= -1 && got <= (ssize_t)n);
	assert(got <= (ssize_t)PROXY_HEAD_MAX);
	assert((got < 0) == (why != NULL));
	assert(got <= 0 || n < 5 || proxy_is(p, n));
	free(p);
	return got;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_head whole, part;
	ssize_t got;

	if (size == 0 || size > 8192)
		return 0;
	got = read_some(data, size, &whole);
	if (got == 0)
		assert(size < PROXY_HEAD_MAX);
	if (got <= 0)
		return 0;
	assert(read_some(data, (size_t)got, &part) == got);
	assert(whole.named == part.named && whole.port == part.port &&
	    memcmp(&whole.addr, &part.addr, sizeof(part.addr)) == 0);
	for (size_t n = 1; n < (size_t)got; n += 1 + n / 64)
		assert(read_some(data, n, &part) == 0);
	return 0;
}
