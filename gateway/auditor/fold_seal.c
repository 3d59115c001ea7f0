/*
 * What is personal, sealed before it is hashed.
 *
 * In: an event that is about to go into the chain. Out: the same with tokens
 * for IP address and user agent, for who is refused, for SenderSubID, the
 * trader of an order and the free text of what came from outside, and the
 * message behind it sealed as a whole; details.personal_key says by which key.
 * The chain hashes what is stored, so it verifies whether or not the key still
 * exists.
 *
 * The subject is the peer of the session, in the year of the event; of
 * connections that never logged on it is "strangers".
 */
#include "gateway/auditor/fold.h"

#include <stdlib.h>
#include <time.h>

#include "gateway/crypt/keyring.h"

#define PLAIN_MAX 300 /* bytes: its token fits in an event's value */
#define KEY_DETAIL "personal_key"

struct seal {
	struct fold *f;
	uint8_t key[CRYPT_KEY];
	uint64_t id;
	unsigned n; /* tokens made */
	bool ready; /* key and id are there */
};

static unsigned
year_of(struct fix_utc t)
{
	time_t s = t.ns / FIX_SEC;
	struct tm tm;

	return gmtime_r(&s, &tm) == NULL ? 1970u : (unsigned)tm.tm_year + 1900;
}

/* A key is looked for, and made, only for what needs one. */
static int
start(struct seal *s)
{
	struct fold *f = s->f;
	struct fix_span strangers = fix_span_of("strangers");
	struct fix_span peer =
	    f->of_session ? fold_peer(fix_span_of(f->session)) : strangers;

	if (s->ready)
		return 0;
	s->ready = true;
	return keyring_for(f->ring, peer.len == 0 ? strangers : peer,
	    year_of(f->e.when), f->e.when.ns / FIX_SEC, s->key, &s->id);
}

/* No address begins so. */
static bool
is_sealed(struct fix_span v)
{
	return v.len >= 100 && memcmp(v.p, "gAAAAA", 6) == 0;
}

static int
seal_span(struct seal *s, struct fix_span *v)
{
	char *out = s->f->tokens[s->n];
	ssize_t n;

	if (v->len == 0)
		return 0;
	n = start(s);
	if (n != 0)
		return (int)n;
	if (s->n == FOLD_TOKENS)
		return -FIX_E_FULL;
	if (v->len > PLAIN_MAX)
		v->len = PLAIN_MAX;
	n = crypt_field_seal(
	    out, sizeof(s->f->tokens[0]), s->key, *v, s->f->e.when);
	if (n < 0)
		return (int)n;
	s->n++;
	*v = (struct fix_span){ (uint8_t *)out, (size_t)n };
	return 0;
}

static bool
is_personal(const struct fold *f, const char *key)
{
	if (strcmp(key, "sender_sub_id") == 0 || strcmp(key, "trader") == 0)
		return true;
	return strcmp(key, "text") == 0 && f->from_outside;
}

static int
seal_fields(struct seal *s)
{
	struct audit_event *e = &s->f->e;
	bool refused = !s->f->of_session &&
		       strcmp(e->type, "USER_LOGIN_REFUSED") == 0;
	/* The address of a session was kept sealed. */
	int rc = is_sealed(e->ip) ? start(s) : seal_span(s, &e->ip);

	if (rc == 0)
		rc = seal_span(s, &e->agent);
	if (rc == 0 && refused)
		rc = seal_span(s, &e->actor);
	if (rc == 0 && refused)
		rc = seal_span(s, &e->resource_id);
	for (unsigned i = 0; i < e->n_details && rc == 0; i++)
		if (is_personal(s->f, e->details[i].key))
			rc = seal_span(s, &e->details[i].text);
	return rc;
}

static bool
has_key(const struct audit_event *e)
{
	for (unsigned i = 0; i < e->n_details; i++)
		if (strcmp(e->details[i].key, KEY_DETAIL) == 0)
			return true;
	return false;
}

int
fold_add(struct fold *f)
{
	struct seal s = { .f = f };
	int rc;

	if (f->ring == NULL)
		return audit_add(f->audit, &f->e);
	f->from_outside =
	    f->from_outside || strcmp(f->e.type, "USER_LOGIN_REFUSED") == 0;
	rc = seal_fields(&s);
	crypt_wipe(s.key, sizeof(s.key));
	if (rc == 0 && s.ready && !has_key(&f->e))
		audit_number(&f->e, KEY_DETAIL, (int64_t)s.id);
	return rc != 0 ? rc : audit_add(f->audit, &f->e);
}

int
fold_seal_raw(struct fold *f, struct fix_span *raw)
{
	size_t need = raw->len + CRYPT_OVERHEAD;
	struct seal s = { .f = f };
	uint8_t *more;
	ssize_t n;
	int rc;

	if (f->ring == NULL)
		return 0;
	if (need > f->raw_cap) {
		more = realloc(f->raw, need + 4096);
		if (more == NULL)
			return -FIX_E_NOMEM;
		f->raw = more;
		f->raw_cap = need + 4096;
	}
	rc = start(&s);
	if (rc != 0)
		return rc;
	n = crypt_seal(
	    f->raw, f->raw_cap, s.key, (struct fix_span){ NULL, 0 }, *raw);
	crypt_wipe(s.key, sizeof(s.key));
	if (n < 0)
		return (int)n;
	*raw = (struct fix_span){ f->raw, (size_t)n };
	audit_number(&f->e, KEY_DETAIL, (int64_t)s.id);
	return 0;
}

int
fold_seal_address(struct fold *f, uint32_t session, struct fix_span name,
    struct fix_utc when, struct fix_span *address)
{
	struct seal s = { .f = f };
	int rc;

	if (f->ring == NULL || address->len == 0)
		return 0;
	f->of_session = session != 0;
	(void)fix_span_copy(name, f->session, sizeof(f->session));
	f->e.when = when;
	rc = seal_span(&s, address);
	crypt_wipe(s.key, sizeof(s.key));
	return rc;
}
