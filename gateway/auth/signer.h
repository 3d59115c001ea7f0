/*
 * How we prove to a peer who we are: the signers of our own Logons.
 *
 * A scheme is one struct signer_type in a file of its own and one row of the
 * table in signer.c; fixgated.conf(5) says what each wants.
 */
#ifndef FIXGATE_GATEWAY_AUTH_SIGNER_H
#define FIXGATE_GATEWAY_AUTH_SIGNER_H

#include "gateway/auth/proof.h"
#include "session/session.h"

#define SIGNER_SECRET_MAX 4096u

enum signer_key {
	SIGNER_NO_KEY,
	SIGNER_TEXT,   /* a secret, as it stands */
	SIGNER_BASE64, /* a secret in base64 */
	SIGNER_PEM,    /* an Ed25519 private key */
};

struct signer { /* of one session */
	const struct signer_type *type;
	const char *user, *password; /* NULL: none. Borrowed */
	const char *fields;          /* more of our Logon: "25035=1|5001=Y" */
	uint8_t secret[SIGNER_SECRET_MAX];
	size_t secret_len;
};

struct signer_type {
	const char *name;
	bool user, password;   /* are needed */
	enum signer_key key;
	/* Add the fields that prove who we are. @return 0, -FIX_E_* */
	int (*sign)(const struct signer *s, const struct fix_logon_draft *d,
	    struct fix_build *b);
};

extern const struct signer_type signer_none, signer_password,
    signer_fixgate_hmac, signer_fixgate_ed25519, signer_binance,
    signer_coinbase_exchange, signer_coinbase_prime,
    signer_coinbase_international, signer_kraken, signer_bitvavo;

/** Schemes in the order of their names' list. @return NULL behind the last */
const struct signer_type *signer_type_at(unsigned i);
/** @return NULL: there is none of this name */
const struct signer_type *signer_type_named(const char *name);

/** Set it up. key is the secret's text, NULL: none; borrowed for the call.
 * @return NULL, or what is wrong, a static phrase */
const char *signer_init(struct signer *s, const struct signer_type *type,
    const char *user, const char *password, const char *key,
    const char *fields) FIX_MUST_CHECK;
/** For fix_session_cfg.logon_fields; arg is the signer. */
int signer_fields(void *arg, const struct fix_logon_draft *d,
    struct fix_build *b);

/* For the schemes. */
struct signer_text { /* what is signed, put together */
	uint8_t p[1024];
	size_t len;
	bool full;
};
void signer_put(struct signer_text *t, struct fix_span v);
void signer_put_str(struct signer_text *t, const char *v);
void signer_put_soh(struct signer_text *t);
/** HMAC-SHA256 of the text by the signer's secret. @return 0, -FIX_E_SPACE,
 * -FIX_E_IO */
int signer_hmac(const struct signer *s, const struct signer_text *t,
    uint8_t out[32]);
/** Signature as base64 into RawDataLength(95) and RawData(96). */
void signer_put_raw(struct fix_build *b, const uint8_t *p, size_t len);

#endif
