/*
 * A credentials file of any bytes: what is taken reads back as the same, and
 * what is not taken is told, with a line, and without its verifier.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "gateway/auth/credentials.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned faults;

static void
tell(void *arg, unsigned line, const char *text)
{
	(void)arg;
	assert(line > 0 && strlen(text) > 0);
	faults++;
}

static void
check(struct credentials *c, const struct credential *cred)
{
	enum proof_method m = (enum proof_method)cred->v.method;
	char text[PROOF_TEXT_MAX];
	struct verifier again;

	assert(m < PROOF_N && cred->user[0] != '\0');
	assert(cred->v.key_len >= 32 && cred->v.key_len <= PROOF_KEY_MAX);
	assert(verifier_format(&cred->v, text, sizeof(text)) > 0);
	assert(verifier_parse(&again, m, fix_span_of(text)) == 0);
	assert(memcmp(&again, &cred->v, sizeof(again)) == 0);
	assert(credentials_find(c, fix_span_of(cred->user), m) == cred);
	(void)credential_allows(cred, "FIX.4.4:A->B", "B");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct credentials *c = NULL;
	int rc;

	faults = 0;
	rc = credentials_parse(
	    &c, (struct fix_span){ data, size }, tell, NULL);
	assert((rc == 0) == (faults == 0));
	for (unsigned i = 0; rc == 0 && i < credentials_n(c); i++)
		check(c, credentials_at(c, i));
	if (rc == 0)
		credentials_free(c);
	return 0;
}
