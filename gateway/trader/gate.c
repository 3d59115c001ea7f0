/*
 * Who is it? A first Logon is held until the worker has checked its proofs.
 *
 * In: a Logon whose CompIDs, address and TLS identity have passed. Out: the
 * link is handed to the trader, or closed without a word: an answer would use
 * up a number of a session that is not the stranger's (FIX session test case
 * 1S). Only whom TLS has proven to be the session's peer is told by a Logout,
 * in one text for all reasons. Reasons go to log and journal only. A user that
 * there is not, and one that may not log on to this session, cost the worker
 * the same work as a wrong proof. Rules L03 to L09, L13, L14.
 */
#include "config.h"

#include "gateway/trader/gate_int.h"

#include <stdio.h>
#include <stdlib.h>

static void
pass_free(struct pass *p)
{
	for (unsigned i = 0; i < GATE_PROOFS; i++)
		if (p->proofs[i].job != NULL) {
			proof_wipe(p->proofs[i].job, sizeof(struct worker_job));
			free(p->proofs[i].job);
		}
	free(p);
}

/* Whose credentials count: a template's are those of the session that it would
 * make, so that nobody gets another's name. */
static void
pass_name(struct pass *p, const struct setup *s, const struct fix_identity *id)
{
	const struct trader_session_cfg *cfg = &s->sessions[p->index];

	if (p->index < s->n_sessions)
		(void)setup_session_id(cfg, p->id, sizeof(p->id));
	else
		(void)trader_template_id(&cfg->fix, id, p->id, sizeof(p->id));
	(void)fix_span_copy(id->sender_comp_id, p->comp_id,
	    sizeof(p->comp_id));
}

static struct pass *
pass_new(struct gate *g, struct link *k, uint32_t index,
    const struct fix_identity *id)
{
	struct pass *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->gate = g;
	p->link = k;
	p->index = index;
	pass_name(p, g->loop->cfg.setup, id);
	p->may_reset = true;
	p->next = g->passes;
	if (p->next != NULL)
		p->next->prev = p;
	g->passes = p;
	k->pass = p;
	return p;
}

void
gate_forget(struct link *k)
{
	struct pass *p = k->pass;
	struct gate *g;

	if (p == NULL)
		return;
	g = p->gate;
	worker_unqueue(g, p);
	if (g->sent == p)
		g->sent = NULL; /* the answer will find nobody */
	if (p->prev != NULL)
		p->prev->next = p->next;
	else
		g->passes = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	k->pass = NULL;
	pass_free(p);
}

/* A user that nobody knows is not repeated: he may have typed his password
 * there. */
static const char *
user_name(const struct pass *p)
{
	return p->known ? p->user : "an unknown user";
}

/* Who has shown the certificate of this session is no stranger: the session may
 * spend a number on him. */
static bool
may_answer(const struct gate *g, const struct pass *p)
{
	const struct link *k = p->link;

	return k->who != NULL && k->who->bound &&
	       p->index < g->loop->cfg.setup->n_sessions;
}

int
gate_refuse(struct gate *g, struct pass *p, const char *why)
{
	struct link *k = p->link;
	char text[640];

	if (p->refused)
		return -1;
	p->refused = true;
	snprintf(text, sizeof(text), "%s, %s: %s", p->id, user_name(p), why);
	trader_refused(g->loop->trader, k->peer, text, loop_now(g->loop));
	if (!may_answer(g, p)) {
		link_doom(k, false, NULL);
		return -1;
	}
	k->conn.refuse = "Logon refused";
	if (k->state == LINK_CHECKING)
		link_admit(k);
	return 1;
}

static int
failed(struct gate *g, struct pass *p, const char *why)
{
	lockout_failed(g->lockout, p->link->addr.s6_addr,
	    fix_span_of(p->user), loop_now(g->loop).mono);
	return gate_refuse(g, p, why);
}

static bool
fill(uint8_t *to, uint32_t *len, size_t cap, struct fix_span from)
{
	if (from.len > cap)
		return false;
	if (from.len > 0)
		memcpy(to, from.p, from.len);
	*len = (uint32_t)from.len;
	return true;
}

static const char *
fill_password(struct worker_job *job, const struct claim *c,
    const struct link *k)
{
	if (c->password.len == 0)
		return "its Logon has no Password (554)";
	if (!fill(job->proof, &job->proof_len, sizeof(job->proof),
		c->password) ||
	    !fill(job->fresh, &job->fresh_len, sizeof(job->fresh), c->fresh))
		return "its password is too long";
	if (c->fresh.len > 0 && k->ssl == NULL)
		return "NewPassword (925) is taken over TLS only";
	if (c->fresh.len > 0 && c->fresh.len < PROOF_PASSWORD_MIN)
		return "its NewPassword (925) has less than 15 bytes";
	return NULL;
}

static const char *
fill_signature(struct pass *p, struct worker_job *job, const struct claim *c,
    const struct fix_msg *m)
{
	struct loop *l = p->gate->loop;
	int64_t window = l->cfg.setup->links[p->index].logon_window_s * FIX_SEC;
	int64_t off = c->sent.ns - loop_now(l).utc.ns;
	ssize_t n = claim_signature(c, (enum proof_method)job->v.method,
	    job->proof);
	ssize_t len = claim_text(job->text, m);

	if (n < 0)
		return "its RawData (96) is no signature of the kind wanted";
	if (len < 0)
		return "its Logon lacks a field that is signed";
	if (off > window || -off > window)
		return "its SendingTime (52) is out of LogonWindow";
	job->proof_len = (uint32_t)n;
	job->text_len = (uint32_t)len;
	p->signed_ = true;
	p->seen_until.ns = c->sent.ns + 2 * window;
	return NULL;
}

/* One more thing to prove. @return NULL, or why it can't be */
static const char *
add_proof(struct pass *p, enum proof_method method, const struct claim *c,
    const struct fix_msg *m)
{
	struct gate *g = p->gate;
	struct credential *cred = credentials_find(g->creds, c->user, method);
	struct proof *f = &p->proofs[p->n_proofs];

	f->job = calloc(1, sizeof(*f->job));
	if (f->job == NULL)
		return "out of memory";
	p->n_proofs++;
	p->known = p->known || cred != NULL;
	f->no_such = cred == NULL ||
		     !credential_allows(cred, p->id, p->comp_id);
	if (f->no_such) {
		verifier_dummy(&f->job->v, method);
		p->may_reset = false;
	} else {
		f->job->v = cred->v;
		memory_hash(&cred->v, f->fitted);
		p->may_reset = p->may_reset && cred->may_reset;
	}
	if (method == PROOF_PASSWORD)
		return fill_password(f->job, c, p->link);
	return fill_signature(p, f->job, c, m);
}

/* The cheap ones first. */
static const char *
add_proofs(struct pass *p, uint8_t auth, const struct claim *c,
    const struct fix_msg *m)
{
	const char *why = NULL;

	if (c->user.len == 0 || c->user.len > CRED_USER_MAX)
		return "its Logon has no Username (553) that can be one";
	if ((auth & SETUP_AUTH_HMAC) != 0)
		why = add_proof(p, PROOF_HMAC, c, m);
	if (why == NULL && (auth & SETUP_AUTH_ED25519) != 0)
		why = add_proof(p, PROOF_ED25519, c, m);
	if (why == NULL && (auth & SETUP_AUTH_PASSWORD) != 0)
		why = add_proof(p, PROOF_PASSWORD, c, m);
	if (why == NULL && p->signed_ &&
	    !proof_sha256((struct fix_span){ p->proofs[0].job->text,
			      p->proofs[0].job->text_len },
		p->seen))
		why = "out of memory";
	return why;
}

/* @return false: it may be checked; else why has the reason */
static bool
too_soon(struct gate *g, struct pass *p, char *why, size_t cap)
{
	int64_t wait = lockout_wait(g->lockout, p->link->addr.s6_addr,
	    fix_span_of(p->user), loop_now(g->loop).mono);

	if (wait == 0)
		return false;
	snprintf(why, cap,
	    "too many failures: not checked for another %lld s",
	    (long long)(wait / FIX_SEC + 1));
	return true;
}

int
gate_first(struct link *k, uint32_t index, const struct fix_msg *m,
    const struct fix_identity *id)
{
	struct gate *g = k->loop->gate;
	uint8_t auth = k->loop->cfg.setup->links[index].auth;
	char wait[96];
	const char *why;
	struct claim c;
	struct pass *p;

	if (g == NULL || (auth & SETUP_AUTH_PROOFS) == 0)
		return 1;
	p = pass_new(g, k, index, id);
	if (p == NULL) {
		link_doom(k, false, "out of memory");
		return -1;
	}
	why = claim_read(&c, m);
	(void)fix_span_copy(c.user, p->user, sizeof(p->user));
	if (too_soon(g, p, wait, sizeof(wait)))
		return gate_refuse(g, p, wait);
	if (why == NULL)
		why = add_proofs(p, auth, &c, m);
	if (why != NULL)
		return failed(g, p, why);
	if (!worker_queue(g, p))
		return gate_refuse(g, p, "it can't be checked now");
	k->state = LINK_CHECKING;
	k->deadline.ns = k->loop->now.mono.ns + GATE_HOLD_NS;
	list_put(&k->loop->checking, k);
	link_watch(k, false, false);
	return 0;
}

static void
admit(struct gate *g, struct pass *p)
{
	struct loop *l = g->loop;
	const char *why = p->signed_ ? memory_seen(g, p) : NULL;
	char text[640];

	if (why != NULL) {
		(void)failed(g, p, why);
		return;
	}
	lockout_passed(
	    g->lockout, p->link->addr.s6_addr, fix_span_of(p->user));
	snprintf(text, sizeof(text), "%s%suser %s has proven itself from %s",
	    p->index < l->cfg.setup->n_sessions ? "" : p->id,
	    p->index < l->cfg.setup->n_sessions ? "" : ": ", p->user,
	    p->link->peer);
	trader_proven(l->trader, p->index, text, loop_now(l));
	p->link->conn.no_reset = !p->may_reset;
	link_admit(p->link);
}

static bool
take_fresh(struct gate *g, struct pass *p, struct proof *f,
    const struct verifier *fresh)
{
	struct credential *cred = credentials_find(
	    g->creds, fix_span_of(p->user), PROOF_PASSWORD);
	struct loop *l = g->loop;
	uint8_t old[32], new[32];

	memcpy(old, f->fitted, sizeof(old));
	memory_hash(fresh, new);
	if (cred == NULL || !memory_change(g, cred, fresh))
		return false;
	/* Also where else this user is: it has withdrawn nothing. */
	for (struct pass *q = g->passes; q != NULL; q = q->next)
		for (unsigned i = 0; i < q->n_proofs; i++)
			if (strcmp(q->user, p->user) == 0 &&
			    memcmp(q->proofs[i].fitted, old, sizeof(old)) == 0)
				memcpy(q->proofs[i].fitted, new, sizeof(new));
	trader_proven(l->trader, p->index, "its user has set a new password",
	    loop_now(l));
	return true;
}

void
gate_answer(struct gate *g, struct pass *p, bool fits,
    const struct verifier *fresh)
{
	struct proof *f = &p->proofs[p->at];
	bool wanted = f->job->fresh_len > 0;

	proof_wipe(f->job, sizeof(*f->job));
	free(f->job);
	f->job = NULL;
	if (!fits || f->no_such) {
		(void)failed(g, p,
		    !p->known	 ? "no such user"
		    : f->no_such ? "it may not log on to this session"
				 : "its proof is wrong");
		return;
	}
	p->at++;
	if (wanted && (fresh == NULL || !take_fresh(g, p, f, fresh)))
		(void)gate_refuse(g, p, "its new password can't be kept");
	else if (p->at == p->n_proofs)
		admit(g, p);
	else if (!worker_queue(g, p))
		(void)gate_refuse(g, p, "it can't be checked now");
}

static bool
still_holds(struct gate *g, const struct pass *p)
{
	const struct setup *s = g->loop->cfg.setup;
	uint8_t auth = s->links[p->index].auth, hash[32];
	unsigned n = 0;

	for (unsigned i = 0; i < PROOF_N; i++) {
		enum proof_method m = (enum proof_method)((i + 1) % PROOF_N);
		const struct credential *c;

		if ((auth & 1u << m) == 0)
			continue;
		c = credentials_find(g->creds, fix_span_of(p->user), m);
		if (c == NULL ||
		    !credential_allows(c, p->id, p->comp_id))
			return false;
		memory_hash(&c->v, hash);
		if (memcmp(hash, p->proofs[n++].fitted, sizeof(hash)) != 0)
			return false;
	}
	return true;
}

void
gate_credentials(struct loop *l, struct credentials *c)
{
	struct gate *g = l->gate;
	struct pass *next;

	if (g == NULL)
		return;
	g->creds = c != NULL ? c : g->none;
	memory_apply(g);
	for (struct pass *p = g->passes; p != NULL; p = next) {
		next = p->next;
		if (p->link->doomed || p->refused || still_holds(g, p))
			continue;
		if (p->at < p->n_proofs)
			(void)gate_refuse(g, p, "its credential was withdrawn");
		else
			trader_log_out_conn(l->trader, &p->link->conn,
			    "the credential was withdrawn", loop_now(l));
	}
}

bool
gate_open(struct loop *l)
{
	const struct setup *s = l->cfg.setup;
	bool needed = false;
	struct gate *g;

	for (uint32_t i = 0; i < setup_all(s); i++)
		needed = needed || (s->links[i].auth & SETUP_AUTH_PROOFS) != 0;
	if (!needed)
		return true;
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return false;
	l->gate = g;
	g->loop = l;
	g->fd = -1;
	if (credentials_parse(
		&g->none, (struct fix_span){ NULL, 0 }, NULL, NULL) != 0)
		return false;
	g->creds = l->cfg.credentials != NULL ? l->cfg.credentials : g->none;
	g->restart_at.ns = FIX_MONO_NEVER;
	g->lockout = lockout_new();
	return g->lockout != NULL && worker_start(g);
}

void
gate_start(struct loop *l)
{
	if (l->gate == NULL)
		return;
	memory_load(l->gate);
	memory_apply(l->gate);
}

void
gate_close(struct loop *l)
{
	struct gate *g = l->gate;

	if (g == NULL)
		return;
	while (g->passes != NULL)
		gate_forget(g->passes->link);
	worker_stop(g);
	memory_free(g);
	credentials_free(g->none);
	free(g->lockout);
	free(g);
	l->gate = NULL;
}
