/*
 * Input: what somebody sends to a witness. Whatever it is, it is refused with one
 * of the protocol's statuses, or it is a request that is the same when it is
 * written and read again. The witness here trusts one key whose secret half is
 * lost, so nothing is ever cosigned.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/auditor/cosigner.h"

static struct cosigner *
witness(void)
{
	static const char trail[] = "log.example/a+1b99e088+AQRXTk+"
	    "dGElW3s6tENyEK/Y79r9IECUDCIKrxI8CB1Sy";
	static struct cosigner *c;
	char dir[] = "/tmp/fixgate-fuzz-XXXXXX", command[64];
	struct fix_store_error e;

	if (c != NULL)
		return c;
	assert(mkdtemp(dir) != NULL);
	assert(cosigner_open(&c, dir, "fuzz.example/w", &e) == 0);
	assert(cosigner_trust(c, fix_span_of(trail), &e) == 0);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert(system(command) == 0);
	return c;
}

static void
write_again(const struct cosigner_request *r)
{
	static char text[2 * COSIGNER_REQUEST_MAX];
	char hash[AUDIT_HASH_TEXT];
	struct cosigner_request again;
	int n = snprintf(text, sizeof(text), "old %" PRIu64 "\n", r->old);

	for (unsigned i = 0; i < r->n_proof; i++) {
		audit_hash_write(hash, r->proof[i]);
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s\n", hash);
	}
	text[n++] = '\n';
	memcpy(text + n, r->note.p, r->note.len);
	assert(cosigner_read(&again, (struct fix_span){ (uint8_t *)text,
	    (size_t)n + r->note.len }) == 0);
	assert(again.old == r->old && again.n_proof == r->n_proof);
	assert(memcmp(again.proof, r->proof, r->n_proof * AUDIT_HASH) == 0);
	assert(fix_span_eq(again.note, r->note));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fix_span in = { data, size };
	struct cosigner_request r;
	struct cosigner_answer a;
	bool good = cosigner_read(&r, in) == 0;

	if (good)
		write_again(&r);
	cosigner_ask(witness(), in, (struct fix_utc){ 0 }, &a);
	assert(a.status == (good ? a.status : 400));
	assert(a.status == 400 || a.status == 403 || a.status == 404);
	assert(a.why[0] != '\0' && a.body[0] != '\0');
	return 0;
}
