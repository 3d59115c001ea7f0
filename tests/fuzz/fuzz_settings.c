/*
 * Input: a settings file. Whatever it holds, it is read or refused; what is
 * read, printed without secrets, reads again and prints the same.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/settings/conf.h"

static void
tell(void *arg, bool error, const char *file, unsigned line, const char *text)
{
	unsigned *errors = arg;

	(void)line;
	assert(file != NULL && text[0] != '\0');
	*errors += error;
}

static char *
print(const struct conf *c, size_t *len)
{
	char *out = NULL;
	FILE *f = open_memstream(&out, len);

	if (f == NULL)
		abort();
	conf_print(c, f);
	fclose(f);
	return out;
}

/* Values with a "${" in them would be read as variables again. */
static int
again(const char *text, size_t len)
{
	unsigned errors = 0;
	struct conf_sink sink = { &errors, tell };
	struct conf *c = NULL;
	size_t len2;
	char *text2;

	if (conf_read_mem(&c, "again", text, len, &sink) != 0)
		return 0;
	text2 = print(c, &len2);
	assert(len == len2 && memcmp(text, text2, len) == 0);
	free(text2);
	conf_free(c);
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned errors = 0;
	struct conf_sink sink = { &errors, tell };
	struct conf *c = NULL;
	size_t len;
	char *text;
	int rc = conf_read_mem(&c, "fuzz", (const char *)data, size, &sink);

	assert((rc == 0) == (errors == 0) && (rc == 0) == (c != NULL));
	if (rc != 0)
		return 0;
	text = print(c, &len);
	if (strstr(text, "${") == NULL)
		assert(again(text, len));
	free(text);
	conf_free(c);
	return 0;
}
