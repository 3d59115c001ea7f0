/*
 * Input: an answer of Vault, read as each of its kinds. It is taken or refused;
 * what is taken is bounded, a token is fit for a header line, and every field
 * that is held is found again by its name.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/vault/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_fields(const struct vault_values *v)
{
	const char *p = v->fields, *end = p + v->len, *value;

	assert(v->version >= 1 && v->lease_s >= 0);
	assert(v->len <= sizeof(v->fields));
	while (p < end) {
		value = vault_value(v->fields, v->len, p);
		assert(value == p + strlen(p) + 1 && value < end);
		p = value + strlen(value) + 1;
	}
	assert(p == end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vault_values values;
	static struct vault_login login;
	static bool ready;
	uint8_t *p = malloc(size + (size == 0));
	struct fix_span body = { p, size };

	if (p == NULL)
		abort();
	if (!ready)
		vault_answer_init();
	ready = true;
	if (size > 0)
		memcpy(p, data, size);
	if (vault_answer_login(&login, body) == 0) {
		assert(*login.token != '\0' && login.lease_s >= 0);
		for (const char *c = login.token; *c != '\0'; c++)
			assert(*c > 0x20 && *c < 0x7f);
	}
	if (vault_answer_lookup(&login, body) == 0)
		assert(login.lease_s >= 0);
	if (vault_answer_secret(&values, body) == 0)
		check_fields(&values);
	free(p);
	return 0;
}
