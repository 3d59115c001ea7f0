/*
 * Writing and checking checkpoints.
 *
 * C2SP signed-note: the signed text ends in a newline; after an empty line each
 * signature is "— NAME base64(key hash, 4 bytes | signature)". The key hash is
 * of NAME, a newline, 0x01 for Ed25519 and the public key. Lines of other keys,
 * as witnesses add them, are passed over.
 */
#include "store/audit_note.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PUB 32
#define SIG 64
#define ALG_ED25519 1
#define ALG_COSIGNATURE 4 /* Ed25519 over a time and the note */
#define DASH "\xe2\x80\x94 "

struct audit_key {
	EVP_PKEY *pkey;
	bool secret;
	uint8_t alg, pub[PUB], hash[4];
	char name[AUDIT_NAME_MAX + 1];
};

bool
audit_name_ok(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '+')
			return false;
	return n > 0 && n <= AUDIT_NAME_MAX;
}

static size_t
to_b64(char *out, const uint8_t *p, size_t n)
{
	return (size_t)EVP_EncodeBlock((unsigned char *)out, p, (int)n);
}

/* Exactly n bytes, in the one spelling that they have. */
static bool
of_b64(uint8_t *out, size_t n, struct fix_span text)
{
	char again[128];
	uint8_t raw[96];

	if (n > 76 || text.len != (n + 2) / 3 * 4 ||
	    EVP_DecodeBlock(raw, text.p, (int)text.len) < (int)n)
		return false;
	to_b64(again, raw, n);
	memcpy(out, raw, n);
	return memcmp(again, text.p, text.len) == 0;
}

bool
audit_hash_read(uint8_t out[AUDIT_HASH], struct fix_span text)
{
	return of_b64(out, AUDIT_HASH, text);
}

void
audit_hash_write(char out[AUDIT_HASH_TEXT], const uint8_t hash[AUDIT_HASH])
{
	to_b64(out, hash, AUDIT_HASH);
}

static bool
set_name(struct audit_key *k, struct fix_span name)
{
	char in[AUDIT_NAME_MAX + 2 + PUB + 1];
	uint8_t full[AUDIT_HASH];
	size_t n = name.len;

	if (!fix_span_copy(name, k->name, sizeof(k->name)) ||
	    !audit_name_ok(k->name))
		return false;
	memcpy(in, k->name, n);
	in[n++] = '\n';
	in[n++] = (char)k->alg;
	memcpy(in + n, k->pub, PUB);
	audit_sha256(full, in, n + PUB);
	memcpy(k->hash, full, sizeof(k->hash));
	return true;
}

static EVP_PKEY *
make_key(int fd)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	FILE *f = fdopen(fd, "w");
	bool good = pkey != NULL && f != NULL &&
	    PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) == 1 &&
	    fflush(f) == 0 && fsync(fileno(f)) == 0;

	if (f != NULL)
		good = fclose(f) == 0 && good;
	else
		close(fd);
	if (good)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

static EVP_PKEY *
read_key(const char *path, struct fix_store_error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	EVP_PKEY *pkey = NULL;
	struct stat st;

	if (f == NULL) {
		snprintf(e->text, sizeof(e->text), "can't read the audit key "
		    "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (fstat(fd, &st) != 0 || (st.st_mode & 077) != 0)
		snprintf(e->text, sizeof(e->text), "others may read the audit "
		    "key %s: chmod 600 it, and if they did, make a new one",
		    path);
	else
		pkey = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	if (pkey == NULL && e->text[0] == '\0')
		snprintf(e->text, sizeof(e->text), "%s holds no key: expected "
		    "a private key in PEM", path);
	fclose(f);
	return pkey;
}

/* Under its name only when it is whole. */
static EVP_PKEY *
new_key(const char *path, struct fix_store_error *e)
{
	EVP_PKEY *pkey = NULL;
	char fresh[4096];
	int fd;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		pkey = make_key(fd);
	if (pkey != NULL && rename(fresh, path) == 0)
		return pkey;
	snprintf(e->text, sizeof(e->text), "can't make the audit key %s: %s",
	    path, strerror(errno));
	EVP_PKEY_free(pkey);
	return NULL;
}

static int
open_key(struct audit_key **out, uint8_t alg, const char *path,
    const char *name, struct fix_store_error *e)
{
	struct audit_key *k = calloc(1, sizeof(*k));
	size_t n = PUB;

	e->text[0] = '\0';
	if (k == NULL)
		return -FIX_E_NOMEM;
	k->secret = true;
	k->alg = alg;
	k->pkey = access(path, F_OK) == 0 ? read_key(path, e) : new_key(path, e);
	if (k->pkey == NULL) {
		audit_key_free(k);
		return -FIX_E_IO;
	}
	if (EVP_PKEY_get_raw_public_key(k->pkey, k->pub, &n) != 1 ||
	    !EVP_PKEY_is_a(k->pkey, "ED25519") ||
	    !set_name(k, fix_span_of(name))) {
		snprintf(e->text, sizeof(e->text), "%s is no Ed25519 key",
		    path);
		audit_key_free(k);
		return -FIX_E_FORMAT;
	}
	*out = k;
	return 0;
}

int
audit_key_open(struct audit_key **out, const char *path, const char *name,
    struct fix_store_error *e)
{
	return open_key(out, ALG_ED25519, path, name, e);
}

int
audit_witness_key_open(struct audit_key **out, const char *path,
    const char *name, struct fix_store_error *e)
{
	return open_key(out, ALG_COSIGNATURE, path, name, e);
}

int
audit_key_read(struct audit_key **out, struct fix_span text)
{
	struct audit_key *k = calloc(1, sizeof(*k));
	const uint8_t *plus = NULL, *last = NULL;
	char want[9];
	uint8_t raw[1 + PUB];

	if (k == NULL)
		return -FIX_E_NOMEM;
	while (text.len > 0 && text.p[text.len - 1] <= ' ')
		text.len--;
	if (text.len > 0)
		plus = memchr(text.p, '+', text.len);
	if (plus != NULL && text.len - (size_t)(plus - text.p) > 10 &&
	    plus[9] == '+')
		last = plus + 9;
	if (last == NULL ||
	    !of_b64(raw, sizeof(raw), (struct fix_span){ last + 1,
		text.len - (size_t)(last + 1 - text.p) }) ||
	    (raw[0] != ALG_ED25519 && raw[0] != ALG_COSIGNATURE))
		goto fail;
	k->alg = raw[0];
	memcpy(k->pub, raw + 1, PUB);
	k->pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->pub,
	    PUB);
	if (k->pkey == NULL || !set_name(k, (struct fix_span){ text.p,
	    (size_t)(plus - text.p) }))
		goto fail;
	audit_key_hash(k, want);
	if (memcmp(want, plus + 1, 8) != 0)
		goto fail;
	*out = k;
	return 0;
fail:
	audit_key_free(k);
	return -FIX_E_FORMAT;
}

size_t
audit_key_text(const struct audit_key *k, char out[AUDIT_VKEY_MAX])
{
	uint8_t raw[1 + PUB] = { k->alg };
	char b64[64];

	memcpy(raw + 1, k->pub, PUB);
	to_b64(b64, raw, sizeof(raw));
	return (size_t)snprintf(out, AUDIT_VKEY_MAX, "%s+%02x%02x%02x%02x+%s",
	    k->name, k->hash[0], k->hash[1], k->hash[2], k->hash[3], b64);
}

const char *
audit_key_name(const struct audit_key *k)
{
	return k->name;
}

bool
audit_key_cosigns(const struct audit_key *k)
{
	return k->alg == ALG_COSIGNATURE;
}

void
audit_key_hash(const struct audit_key *k, char out[9])
{
	snprintf(out, 9, "%02x%02x%02x%02x", k->hash[0], k->hash[1], k->hash[2],
	    k->hash[3]);
}

bool
audit_key_same(const struct audit_key *a, const struct audit_key *b)
{
	return a->alg == b->alg && memcmp(a->pub, b->pub, PUB) == 0 &&
	       strcmp(a->name, b->name) == 0;
}

void
audit_key_free(struct audit_key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

static bool
sign(const struct audit_key *k, uint8_t sig[SIG], const char *text, size_t len)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t n = SIG;
	bool good = c != NULL &&
	    EVP_DigestSignInit(c, NULL, NULL, NULL, k->pkey) == 1 &&
	    EVP_DigestSign(c, sig, &n, (const uint8_t *)text, len) == 1;

	EVP_MD_CTX_free(c);
	return good && n == SIG;
}

static bool
signed_by(const struct audit_key *k, const uint8_t sig[SIG],
    struct fix_span text)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool good = c != NULL &&
	    EVP_DigestVerifyInit(c, NULL, NULL, NULL, k->pkey) == 1 &&
	    EVP_DigestVerify(c, sig, SIG, text.p, text.len) == 1;

	EVP_MD_CTX_free(c);
	return good;
}

/* Behind len bytes, of which the first body ones are signed. */
static ssize_t
put_signature(char note[AUDIT_NOTE_MAX], size_t body, size_t len,
    const struct audit_key *k)
{
	uint8_t raw[4 + SIG];
	char b64[128];

	memcpy(raw, k->hash, 4);
	if (!sign(k, raw + 4, note, body))
		return -FIX_E_NOMEM;
	to_b64(b64, raw, sizeof(raw));
	return (ssize_t)len + snprintf(note + len, AUDIT_NOTE_MAX - len,
	    DASH "%s %s\n", k->name, b64);
}

ssize_t
audit_note_write(char out[AUDIT_NOTE_MAX], const struct audit_note *n,
    const struct audit_key *k)
{
	char root[64], head[AUDIT_HEX + 1], stamp[AUDIT_STAMP_MAX];
	int len;

	if (!k->secret || audit_key_cosigns(k))
		return -FIX_E_STATE;
	to_b64(root, n->root, AUDIT_HASH);
	audit_hex(head, n->head);
	audit_stamp(stamp, n->when);
	len = snprintf(out, AUDIT_NOTE_MAX, "%s\n%llu\n%s\nhead %s\ntime %s\n",
	    k->name, (unsigned long long)n->size, root, head, stamp);
	out[len++] = '\n';
	return put_signature(out, (size_t)len - 1, (size_t)len, k);
}

ssize_t
audit_note_sign_too(char note[AUDIT_NOTE_MAX], size_t len,
    const struct audit_key *k)
{
	const char *end = strstr(note, "\n\n");

	if (!k->secret || audit_key_cosigns(k) || end == NULL)
		return -FIX_E_STATE;
	return put_signature(note, (size_t)(end - note) + 1, len, k);
}

/* The next line, without its end. @return false: there is no whole one */
static bool
line(struct fix_span *rest, struct fix_span *out)
{
	const uint8_t *end =
	    rest->len == 0 ? NULL : memchr(rest->p, '\n', rest->len);

	if (end == NULL)
		return false;
	*out = (struct fix_span){ rest->p, (size_t)(end - rest->p) };
	rest->p = end + 1;
	rest->len -= out->len + 1;
	return true;
}

static bool
has_prefix(struct fix_span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && memcmp(s.p, prefix, n) == 0;
}

static bool
read_size(struct fix_span l, uint64_t *out)
{
	*out = 0;
	if (l.len == 0 || l.len > 18 || (l.p[0] == '0' && l.len > 1))
		return false;
	for (size_t i = 0; i < l.len; i++) {
		if (l.p[i] < '0' || l.p[i] > '9')
			return false;
		*out = *out * 10 + (uint64_t)(l.p[i] - '0');
	}
	return true;
}

/* The n bytes behind the name in "— NAME base64", if the line is this key's. */
static bool
signature_of(const struct audit_key *k, struct fix_span l, uint8_t *raw,
    size_t n)
{
	size_t at = strlen(DASH) + strlen(k->name);

	if (!has_prefix(l, DASH) || l.len <= at + 1 ||
	    memcmp(l.p + strlen(DASH), k->name, strlen(k->name)) != 0 ||
	    l.p[at] != ' ')
		return false;
	return of_b64(raw, n, (struct fix_span){ l.p + at + 1,
		   l.len - at - 1 }) && memcmp(raw, k->hash, 4) == 0;
}

/* What is signed of a note, up to the empty line, and the lines behind it.
 * @return false: it has no such line */
static bool
split(struct fix_span text, struct fix_span *body, struct fix_span *lines)
{
	struct fix_span l;

	*lines = text;
	do {
		*body = (struct fix_span){ text.p, text.len - lines->len };
		if (text.len > AUDIT_NOTE_MAX || !line(lines, &l))
			return false;
	} while (l.len > 0);
	return body->len > 0;
}

int
audit_note_read(struct audit_note *out, struct fix_span text,
    const struct audit_key *k)
{
	struct fix_span rest = text, l, body;
	uint8_t raw[4 + SIG];

	memset(out, 0, sizeof(*out));
	if (text.len > AUDIT_NOTE_MAX || !line(&rest, &l) ||
	    !fix_span_is(l, k->name) || !line(&rest, &l) ||
	    !read_size(l, &out->size) || !line(&rest, &l) ||
	    !of_b64(out->root, AUDIT_HASH, l) || !line(&rest, &l) ||
	    !has_prefix(l, "head ") || l.len != 5 + AUDIT_HEX ||
	    !audit_of_hex(out->head,
		(struct fix_span){ l.p + 5, AUDIT_HEX }) ||
	    !split(text, &body, &rest))
		return -FIX_E_FORMAT;
	while (line(&rest, &l))
		if (!audit_key_cosigns(k) &&
		    signature_of(k, l, raw, sizeof(raw)) &&
		    signed_by(k, raw + 4, body))
			return 0;
	return -FIX_E_CORRUPT;
}

int
audit_note_of_any(struct audit_note *out, struct fix_span text,
    const struct audit_keys *keys)
{
	int rc = -FIX_E_CORRUPT;

	for (unsigned i = 0; i < keys->n && rc == -FIX_E_CORRUPT; i++)
		rc = audit_note_read(out, text, keys->v[i]);
	return rc;
}

/* What a witness signs: a line that says so, a time, and the note's body. */
static size_t
cosigned_text(char out[AUDIT_NOTE_MAX + 64], uint64_t seconds,
    struct fix_span body)
{
	int n = snprintf(out, 64, "cosignature/v1\ntime %llu\n",
	    (unsigned long long)seconds);

	memcpy(out + n, body.p, body.len);
	return (size_t)n + body.len;
}

ssize_t
audit_cosign(char out[AUDIT_COSIGNATURE_MAX], struct fix_span note,
    struct fix_utc when, const struct audit_key *k)
{
	char text[AUDIT_NOTE_MAX + 64], b64[128];
	uint64_t seconds = (uint64_t)(when.ns / FIX_SEC);
	uint8_t raw[4 + 8 + SIG];
	struct fix_span body, rest;

	if (!k->secret || !audit_key_cosigns(k))
		return -FIX_E_STATE;
	if (!split(note, &body, &rest))
		return -FIX_E_FORMAT;
	memcpy(raw, k->hash, 4);
	for (unsigned i = 0; i < 8; i++)
		raw[4 + i] = (uint8_t)(seconds >> (56 - 8 * i));
	if (!sign(k, raw + 12, text, cosigned_text(text, seconds, body)))
		return -FIX_E_NOMEM;
	to_b64(b64, raw, sizeof(raw));
	return snprintf(out, AUDIT_COSIGNATURE_MAX, DASH "%s %s\n", k->name,
	    b64);
}

int
audit_cosigned(struct fix_span note, struct fix_span lines,
    const struct audit_key *k, struct fix_utc *when)
{
	char text[AUDIT_NOTE_MAX + 64];
	uint8_t raw[4 + 8 + SIG];
	struct fix_span body, rest, l;
	uint64_t s;
	size_t n;

	if (!split(note, &body, &rest))
		return -FIX_E_FORMAT;
	while (audit_key_cosigns(k) && line(&lines, &l)) {
		if (!signature_of(k, l, raw, sizeof(raw)))
			continue;
		s = 0;
		for (unsigned i = 0; i < 8; i++)
			s = s << 8 | raw[4 + i];
		n = cosigned_text(text, s, body);
		if (s > INT64_MAX / FIX_SEC || !signed_by(k, raw + 12,
		    (struct fix_span){ (const uint8_t *)text, n }))
			continue;
		*when = (struct fix_utc){ (int64_t)s * FIX_SEC };
		return 0;
	}
	return -FIX_E_NOTFOUND;
}
