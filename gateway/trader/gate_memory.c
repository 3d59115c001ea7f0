/*
 * What the gate must not forget: signed Logons that were used, and passwords
 * that their users have changed.
 *
 * Both are kept by the trader's journal, in the turn of the Logon and before
 * its answer leaves, so a restart neither lets a captured Logon in again (L05)
 * nor brings an old password back. The credentials file is the operator's: it
 * is never written. A changed password stands instead of one line of it, named
 * by a hash of that line's verifier; once the operator changes the line the
 * file counts again.
 */
#include "config.h"

#include "gateway/trader/gate_int.h"

#include <stdlib.h>

#define SEEN "seen logon "
#define CHANGED "password "

struct kept_change { /* value of a CHANGED pair, behind it the user */
	uint8_t instead_of[32];
	struct verifier v;
};

void
memory_hash(const struct verifier *v, uint8_t out[32])
{
	if (!proof_sha256(
		(struct fix_span){ (const uint8_t *)v, sizeof(*v) }, out))
		memset(out, 0, 32);
}

static struct seen **
bucket(struct gate *g, const uint8_t *what)
{
	return &g->seen[(what[0] << 8 | what[1]) % GATE_BUCKETS];
}

static void
remember(struct gate *g, const char *prefix, struct fix_span name,
    struct fix_span value)
{
	uint8_t key[128];
	size_t n = strlen(prefix);

	memcpy(key, prefix, n);
	memcpy(key + n, name.p, name.len);
	trader_remember(g->loop->trader,
	    (struct fix_span){ key, n + name.len }, value,
	    loop_now(g->loop));
}

static bool
add_seen(struct gate *g, const uint8_t *what, struct fix_utc until)
{
	struct seen *s = calloc(1, sizeof(*s)), **at = bucket(g, what);

	if (s == NULL)
		return false;
	memcpy(s->what, what, sizeof(s->what));
	s->until = until;
	s->next = *at;
	*at = s;
	g->n_seen++;
	return true;
}

/* Forget what no clock would let in again, one bucket at each call. */
static void
sweep(struct gate *g)
{
	struct seen **at = &g->seen[g->sweep++ % GATE_BUCKETS], *s;
	int64_t now = loop_now(g->loop).utc.ns;

	while ((s = *at) != NULL) {
		if (s->until.ns >= now) {
			at = &s->next;
			continue;
		}
		remember(g, SEEN,
		    (struct fix_span){ s->what, sizeof(s->what) },
		    (struct fix_span){ NULL, 0 });
		*at = s->next;
		free(s);
		g->n_seen--;
	}
}

const char *
memory_seen(struct gate *g, const struct pass *p)
{
	struct fix_span what = { p->seen, sizeof(p->seen) };
	struct fix_span until = { (const uint8_t *)&p->seen_until,
		sizeof(p->seen_until) };

	sweep(g);
	sweep(g);
	for (const struct seen *s = *bucket(g, p->seen); s != NULL; s = s->next)
		if (memcmp(s->what, p->seen, sizeof(s->what)) == 0)
			return "this signed Logon was used before";
	if (g->n_seen >= GATE_SEEN_MAX || !add_seen(g, p->seen, p->seen_until))
		return "too many signed Logons";
	remember(g, SEEN, what, until);
	return NULL;
}

static struct changed *
find_changed(struct gate *g, const char *user)
{
	struct changed *c = g->changed;

	while (c != NULL && strcmp(c->user, user) != 0)
		c = c->next;
	return c;
}

static struct changed *
add_changed(struct gate *g, const char *user)
{
	struct changed *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	(void)fix_span_copy(fix_span_of(user), c->user, sizeof(c->user));
	c->next = g->changed;
	g->changed = c;
	return c;
}

bool
memory_change(
    struct gate *g, struct credential *cred, const struct verifier *fresh)
{
	struct changed *c = find_changed(g, cred->user);
	struct kept_change kept;

	memset(&kept, 0, sizeof(kept));
	if (c == NULL) {
		c = add_changed(g, cred->user);
		if (c == NULL)
			return false;
		memory_hash(&cred->v, c->instead_of);
	} else if (memcmp(&c->v, &cred->v, sizeof(c->v)) != 0) {
		memory_hash(&cred->v, c->instead_of); /* the file's, anew */
	}
	c->v = cred->v = *fresh;
	memcpy(kept.instead_of, c->instead_of, sizeof(kept.instead_of));
	kept.v = *fresh;
	remember(g, CHANGED, fix_span_of(c->user),
	    (struct fix_span){ (const uint8_t *)&kept, sizeof(kept) });
	return true;
}

void
memory_apply(struct gate *g)
{
	uint8_t hash[32];

	for (struct changed *c = g->changed; c != NULL; c = c->next) {
		struct credential *cred = credentials_find(
		    g->creds, fix_span_of(c->user), PROOF_PASSWORD);

		if (cred == NULL)
			continue;
		memory_hash(&cred->v, hash);
		if (memcmp(hash, c->instead_of, sizeof(hash)) == 0)
			cred->v = c->v;
	}
}

static int
load_seen(void *arg, struct fix_span key, struct fix_span value)
{
	struct gate *g = arg;
	size_t n = sizeof(SEEN) - 1;
	struct fix_utc until;

	if (key.len != n + 32 || value.len != sizeof(until))
		return 0;
	memcpy(&until, value.p, sizeof(until));
	return add_seen(g, key.p + n, until) ? 0 : -FIX_E_NOMEM;
}

static int
load_changed(void *arg, struct fix_span key, struct fix_span value)
{
	struct gate *g = arg;
	size_t n = sizeof(CHANGED) - 1;
	struct fix_span user = { key.p + n, key.len - n };
	struct kept_change kept;
	char name[CRED_USER_MAX + 1];
	struct changed *c;

	if (value.len != sizeof(kept) || !fix_span_copy(user, name, sizeof(name)))
		return 0;
	memcpy(&kept, value.p, sizeof(kept));
	c = add_changed(g, name);
	if (c == NULL)
		return -FIX_E_NOMEM;
	memcpy(c->instead_of, kept.instead_of, sizeof(c->instead_of));
	c->v = kept.v;
	return 0;
}

void
memory_load(struct gate *g)
{
	struct trader *t = g->loop->trader;

	if (trader_remembered(t, SEEN, load_seen, g) != 0 ||
	    trader_remembered(t, CHANGED, load_changed, g) != 0)
		log_error("what logons have used before can't be read");
}

void
memory_free(struct gate *g)
{
	struct changed *c, *next;
	struct seen *s;

	for (unsigned i = 0; i < GATE_BUCKETS; i++)
		while ((s = g->seen[i]) != NULL) {
			g->seen[i] = s->next;
			free(s);
		}
	for (c = g->changed; c != NULL; c = next) {
		next = c->next;
		proof_wipe(c, sizeof(*c));
		free(c);
	}
}
