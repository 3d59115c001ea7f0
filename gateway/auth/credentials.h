/*
 * The credentials file: who may log on to what, and what proves it.
 *
 * One credential a line, fields parted by blanks, # begins a comment:
 *
 *     USER METHOD VERIFIER SESSIONS [reset]
 *
 * fixgate-credentials(5) explains it. Nothing here does I/O but
 * credentials_load().
 */
#ifndef FIXGATE_GATEWAY_AUTH_CREDENTIALS_H
#define FIXGATE_GATEWAY_AUTH_CREDENTIALS_H

#include "gateway/auth/proof.h"

#define CRED_LINE_MAX 4096u
#define CRED_USER_MAX 64u /* bytes of a user or key id */
#define CRED_MAX 100000u  /* lines that say something */
#define CRED_FILE_MAX (16u << 20)

struct credential {
	char user[CRED_USER_MAX + 1];
	struct verifier v;
	bool may_reset;   /* a Logon with 141=Y is taken */
	unsigned line;
	char *sessions;   /* ids or CompIDs with commas, or "*" */
};

struct credentials; /* sorted; opaque */

/* Called for each fault: one sentence. */
typedef void credentials_tell(void *arg, unsigned line, const char *text);

/** Read a file's text. @return 0; -FIX_E_CONFIG (each fault is told),
 * -FIX_E_NOMEM */
int credentials_parse(struct credentials **out, struct fix_span text,
    credentials_tell *tell, void *arg) FIX_MUST_CHECK;
/** Read a file that only its owner may read. @return as credentials_parse();
 * -FIX_E_IO (told as line 0) */
int credentials_load(struct credentials **out, const char *path,
    credentials_tell *tell, void *arg) FIX_MUST_CHECK;
/** Secrets are wiped. */
void credentials_free(struct credentials *c);
unsigned credentials_n(const struct credentials *c);
/** In order of user and method. Not const: a new password replaces .v. */
struct credential *credentials_at(struct credentials *c, unsigned i);

/** @return NULL: there is none. Lives as long as c. */
struct credential *credentials_find(struct credentials *c,
    struct fix_span user, enum proof_method m);
/** May it log on to this session? id: "FIX.4.4:US->THEM", comp_id: "THEM" */
bool credential_allows(const struct credential *cred, const char *id,
    const char *comp_id);

#endif
