/*
 * The table of schemes, and what they share.
 *
 * In: the values of our Logon as they will leave, a key id and a secret. Out:
 * fields that prove who we are. Nothing of a secret goes anywhere else; the
 * journal masks the fields.
 */
#include "config.h"

#include "gateway/auth/signer.h"

#include <strings.h>

#include "gateway/auth/b64.h"

static const struct signer_type *const types[] = { &signer_none,
	&signer_password, &signer_fixgate_hmac, &signer_fixgate_ed25519,
	&signer_binance, &signer_coinbase_exchange, &signer_coinbase_prime,
	&signer_coinbase_international, &signer_kraken, &signer_bitvavo };

#define N_TYPES (sizeof(types) / sizeof(types[0]))

const struct signer_type *
signer_type_at(unsigned i)
{
	return i < N_TYPES ? types[i] : NULL;
}

const struct signer_type *
signer_type_named(const char *name)
{
	for (size_t i = 0; i < N_TYPES; i++)
		if (strcasecmp(types[i]->name, name) == 0)
			return types[i];
	return NULL;
}

static int
sign_none(const struct signer *s, const struct fix_logon_draft *d,
    struct fix_build *b)
{
	(void)s;
	(void)d;
	(void)b;
	return 0;
}

static int
sign_password(const struct signer *s, const struct fix_logon_draft *d,
    struct fix_build *b)
{
	(void)d;
	fix_build_str(b, 553, s->user);
	fix_build_str(b, 554, s->password);
	return 0;
}

const struct signer_type signer_none = { "none", false, false, SIGNER_NO_KEY,
	sign_none };
const struct signer_type signer_password = { "password", true, true,
	SIGNER_NO_KEY, sign_password };

/* What the gateway writes itself, or a scheme does. */
static bool
is_ours(uint32_t tag)
{
	static const uint32_t tags[] = { 8, 9, 10, 34, 35, 43, 49, 50, 52, 56,
		57, 95, 96, 97, 98, 108, 122, 141, 142, 143, 369, 553, 554,
		789, 1137 };

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (tags[i] == tag)
			return true;
	return false;
}

/* The next "tag=value" of a list, parted by '|'. @return false: none, or (p
 * does not move on) it is no field */
static bool
next_field(const char **p, uint32_t *tag, struct fix_span *v)
{
	const char *q = *p;
	size_t len;

	*tag = 0;
	for (; *q >= '0' && *q <= '9' && *tag < FIX_TAG_MAX; q++)
		*tag = *tag * 10 + (uint32_t)(*q - '0');
	if (*q != '=' || *tag == 0)
		return false;
	len = strcspn(++q, "|");
	*v = (struct fix_span){ (const uint8_t *)q, len };
	*p = q + len + (q[len] == '|');
	return len > 0;
}

static const char *
check_fields(const char *p)
{
	struct fix_span v;
	uint32_t tag;

	while (*p != '\0') {
		if (!next_field(&p, &tag, &v))
			return "more fields are written as TAG=VALUE, with | "
			       "between";
		if (is_ours(tag))
			return "a field is one that the gateway writes itself";
	}
	return NULL;
}

static const char *
read_key(struct signer *s, const char *key)
{
	struct fix_span text = fix_span_of(key);
	uint8_t out[64];
	ssize_t n;

	if (s->type->key == SIGNER_BASE64) {
		n = b64_decode(s->secret, sizeof(s->secret), text);
		if (n <= 0)
			return "the key is not base64";
		s->secret_len = (size_t)n;
		return NULL;
	}
	if (text.len > sizeof(s->secret))
		return "the key is too long";
	memcpy(s->secret, text.p, text.len);
	s->secret_len = text.len;
	if (s->type->key == SIGNER_PEM &&
	    proof_ed25519_sign(text, text, out) != 0)
		return "the key is no Ed25519 private key in PEM without a "
		       "passphrase";
	return NULL;
}

const char *
signer_init(struct signer *s, const struct signer_type *type, const char *user,
    const char *password, const char *key, const char *fields)
{
	s->type = type;
	s->user = user;
	s->password = password;
	s->fields = fields == NULL ? "" : fields;
	s->secret_len = 0;
	if (type->user && user == NULL)
		return "it needs Username, the key id";
	if (type->password && password == NULL)
		return "it needs Password";
	if ((type->key != SIGNER_NO_KEY) != (key != NULL))
		return key == NULL ? "it needs LogonKey" : "it has no key: "
							   "LogonKey is "
							   "for others";
	if (key != NULL) {
		const char *why = read_key(s, key);

		if (why != NULL)
			return why;
	}
	return check_fields(s->fields);
}

int
signer_fields(void *arg, const struct fix_logon_draft *d, struct fix_build *b)
{
	const struct signer *s = arg;
	const char *p = s->fields;
	int rc = s->type->sign(s, d, b);
	struct fix_span v;
	uint32_t tag;

	while (rc == 0 && next_field(&p, &tag, &v))
		fix_build_span(b, tag, v);
	return rc != 0 ? rc : b->err;
}

void
signer_put(struct signer_text *t, struct fix_span v)
{
	if (v.len > sizeof(t->p) - t->len) {
		t->full = true;
		return;
	}
	if (v.len > 0)
		memcpy(t->p + t->len, v.p, v.len);
	t->len += v.len;
}

void
signer_put_str(struct signer_text *t, const char *v)
{
	signer_put(t, fix_span_of(v));
}

void
signer_put_soh(struct signer_text *t)
{
	signer_put_str(t, "\001");
}

int
signer_hmac(const struct signer *s, const struct signer_text *t,
    uint8_t out[32])
{
	struct fix_span key = { s->secret, s->secret_len };

	if (t->full)
		return -FIX_E_SPACE;
	return proof_hmac(256, key, (struct fix_span){ t->p, t->len }, out)
		   ? 0
		   : -FIX_E_IO;
}

void
signer_put_raw(struct fix_build *b, const uint8_t *p, size_t len)
{
	char text[B64_CHARS(64) + 1];

	(void)b64_encode(text, sizeof(text), (struct fix_span){ p, len });
	fix_build_data(b, 95, 96, fix_span_of(text));
}
