/*
 * A first Logon of any bytes: its signature, the signed text, and the mask that
 * keeps its secrets out of the journal.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fix/scan.h"
#include "gateway/auth/b64.h"
#include "gateway/auth/claim.h"
#include "gateway/trader/secrets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fix_field fields[256];

/* Base64 that is read has one spelling. */
static void
one_spelling(struct fix_span text)
{
	uint8_t raw[3072];
	char again[4100];
	ssize_t n = b64_decode(raw, sizeof(raw), text);
	size_t len;

	if (n < 0)
		return;
	len = b64_encode(
	    again, sizeof(again), (struct fix_span){ raw, (size_t)n });
	assert(len == text.len && (len == 0 || memcmp(again, text.p, len) == 0));
}

static void
claim(const struct fix_msg *m)
{
	uint8_t text[CLAIM_TEXT_MAX], raw[64];
	struct claim c;
	ssize_t n;

	if (claim_read(&c, m) != NULL)
		return;
	one_spelling(c.raw);
	n = claim_text(text, m);
	assert(n <= (ssize_t)sizeof(text));
	n = claim_signature(&c, PROOF_HMAC, raw);
	assert(n < 0 || n == 32);
	n = claim_signature(&c, PROOF_ED25519, raw);
	assert(n < 0 || n == 64);
}

/* Nothing but values changes, no secret value stays. */
static void
mask(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	struct fix_msg m = { .fields = fields, .cap = 256 };
	struct fix_span v;

	assert(copy != NULL);
	memcpy(copy, data, size);
	(void)secrets_mask(copy, size);
	if (fix_split(copy, size, &m) == 0)
		for (uint32_t i = 0; i < m.n; i++) {
			v = fix_msg_at(&m, i);
			if (m.fields[i].tag == 554)
				for (size_t j = 0; j < v.len; j++)
					assert(v.p[j] == '*');
		}
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fix_msg m = { .fields = fields, .cap = 256 };
	struct fix_span all = { data, size };

	if (size > 4096)
		return 0;
	one_spelling(all);
	(void)secrets_may_be_in(all);
	mask(data, size);
	if (fix_split(data, size, &m) == 0)
		claim(&m);
	return 0;
}
