/*
 * Vault's answers: JSON from outside, read strictly, into plain values.
 *
 * What is not the documented form is refused as a whole. Memory that held a
 * value is wiped, jansson's included: vault_answer_init() sees to that.
 */
#ifndef FIXGATE_GATEWAY_VAULT_ANSWER_H
#define FIXGATE_GATEWAY_VAULT_ANSWER_H

#include <stdbool.h>

#include "fix/err.h"
#include "fix/span.h"

#define VAULT_TOKEN_MAX 2048   /* with NUL; batch tokens are long */
#define VAULT_FIELDS_MAX 16384 /* all names and values of a secret */

struct vault_login {
	char token[VAULT_TOKEN_MAX]; /* "" in the answer to a renewal */
	int64_t lease_s;             /* 0: it never ends */
	bool renewable;
};

/* Name, NUL, value, NUL, and so on. Fields that are no text are left out: no
 * secret is a number. */
struct vault_values {
	int64_t version;
	int64_t lease_s; /* 0: none, as of KV */
	size_t len;
	char fields[VAULT_FIELDS_MAX];
};

/** Before anything else here, once in a process: jansson wipes what it frees.
 */
void vault_answer_init(void);
/** Of a login or a renewal: auth.client_token, .lease_duration, .renewable.
 * @return 0, -FIX_E_FORMAT */
int vault_answer_login(
    struct vault_login *out, struct fix_span body) FIX_MUST_CHECK;
/** Of auth/token/lookup-self: data.ttl and data.renewable; no token.
 * @return 0, -FIX_E_FORMAT */
int vault_answer_lookup(
    struct vault_login *out, struct fix_span body) FIX_MUST_CHECK;
/** Of KV v2's data: data.data, data.metadata.version.
 * @return 0; -FIX_E_FORMAT, -FIX_E_TOOBIG, -FIX_E_NOTFOUND (this version is
 *         deleted or destroyed) */
int vault_answer_secret(
    struct vault_values *out, struct fix_span body) FIX_MUST_CHECK;
/** Value of a field, borrowed. @return NULL: it has none of that name */
const char *vault_value(const char *fields, size_t len, const char *name);
/** {"a": x, "b": y} for a login, to be wiped and freed by
 * vault_answer_free(); b may be NULL. @return NULL: no memory, or no UTF-8 */
char *vault_request(const char *a, const char *x, const char *b, const char *y);
void vault_answer_free(char *request);

#endif
