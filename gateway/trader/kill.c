/*
 * Kill switches at work: from the operator's word to the last order's end.
 *
 * A switch is journaled, blocks new orders and replaces in the same call, and
 * the first cancels leave with that turn; the rest follows in pieces. Its
 * targets are the orders of its scope that were live then: each of them that
 * ends is counted in the turn that it ends in, so the report is exact after any
 * crash. Orders that go on living (a cancel was refused, or lost) are tried
 * again, ever more patiently, until each has ended or its venue can't cancel
 * it; those are tried on, too. Switches stand until people release them: no
 * restart and no timer does.
 *
 * Rows of FIX_TAB_CONTROL: "kill NUMBER", struct kill_op.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/trader/kill.h"

static const char *const states[] = { "active", "reducing", "halted" };

#define PIECE 500u
#define AGAIN_NS FIX_SEC
#define AGAIN_MOST_NS (60 * FIX_SEC)

uint64_t
kill_left(const struct kill_op *k)
{
	return k->targeted - k->canceled - k->filled - k->rejected;
}

static bool
stands(const struct kill_op *k)
{
	return k->released_ns == 0;
}

static bool
is_for(const struct trader *t, const struct kill_op *k, const struct order *o)
{
	struct risk_order r;

	if (o->number > k->up_to || k->state != RISK_HALTED)
		return false;
	r = order_risk(o);
	return risk_where_has(t->risk, &k->where, &r);
}

void
kill_keep(struct trader *t, struct kill_op *k, bool gone)
{
	char key[40];
	struct fix_span v = { (const uint8_t *)k, gone ? 0 : sizeof(*k) };

	k->changed = 0;
	snprintf(key, sizeof(key), "kill %020" PRIu64, k->number);
	trader_keep(t, FIX_TAB_CONTROL, 0, fix_span_of(key), v);
}

static void
count_end(struct kill_op *k, char status)
{
	if (status == '2')
		k->filled++;
	else if (status == '8')
		k->rejected++;
	else
		k->canceled++;
}

/* An order that ended has come back to life: it is a target once more. */
void
kills_lives(void *arg, const struct order *o, bool live)
{
	struct trader *t = arg;
	struct kills *s = &t->kills;

	for (unsigned i = 0; s->busy && i < s->n; i++) {
		struct kill_op *k = &s->ops[i];

		if ((live ? !stands(k) : kill_left(k) == 0) || !is_for(t, k, o))
			continue;
		if (live)
			k->targeted++;
		else
			count_end(k, o->status);
		s->changed = true;
		k->changed = 1;
		if (live)
			kills_sweep(t);
	}
}

void
kills_sweep(struct trader *t)
{
	t->kills.sweep++;
	t->kills.sweeping = true;
	t->kills.wait = AGAIN_NS;
}

static bool
wanted(void *arg, const struct order *o)
{
	const struct trader *t = arg;

	for (unsigned i = 0; i < t->kills.n; i++)
		if (stands(&t->kills.ops[i]) && is_for(t, &t->kills.ops[i], o))
			return true;
	return false;
}

struct tally_stuck {
	const struct trader *t;
	const struct kill_op *k;
	uint64_t n;
};

static int
count_stuck(void *arg, const struct order *o)
{
	struct tally_stuck *c = arg;

	c->n += desk_stuck(c->t->desk, o) != NULL && is_for(c->t, c->k, o);
	return 0;
}

uint64_t
kill_stuck(const struct trader *t, const struct kill_op *k)
{
	struct tally_stuck c = { t, k, 0 };

	if (kill_left(k) > 0)
		(void)desk_each_live(t->desk, count_stuck, &c);
	return c.n;
}

static void
tell_complete(struct trader *t, struct kill_op *k)
{
	k->told = 1 + kill_left(k);
	trader_note(t, LOG_L_WARN, 0,
	    "kill %" PRIu64 " is complete: targeted %" PRIu64
	    " cancelled %" PRIu64 " filled %" PRIu64 " rejected %" PRIu64
	    " pending 0 uncancellable %" PRIu64,
	    k->number, k->targeted, k->canceled, k->filled, k->rejected,
	    k->stuck);
	kill_keep(t, k, false);
}

/* @return is there anything left to cancel? */
static bool
look(struct trader *t, struct kill_op *k, bool swept)
{
	uint64_t left = kill_left(k);

	if (k->state != RISK_HALTED || k->told == 1 + left)
		return left > 0 && stands(k);
	if (left > 0 && !swept)
		return stands(k);
	k->stuck = kill_stuck(t, k);
	if (k->stuck == left)
		tell_complete(t, k);
	return left > 0 && stands(k);
}

static void
look_at_all(struct trader *t, bool swept)
{
	struct kills *s = &t->kills;
	bool more = false;

	for (unsigned i = 0; i < s->n; i++)
		more |= look(t, &s->ops[i], swept);
	if (!more)
		s->again_at = FIX_MONO_NEVER;
	else if (swept)
		s->again_at = t->now.mono.ns + s->wait;
}

void
kills_tick(struct trader *t)
{
	struct kills *s = &t->kills;
	struct desk_sweep sweep = { s->sweep, wanted, t };

	if (!s->sweeping && s->again_at <= t->now.mono.ns) {
		sweep.number = ++s->sweep;
		s->sweeping = true;
		look_at_all(t, true); /* what the last one came to */
		s->wait =
		    s->wait * 2 < AGAIN_MOST_NS ? s->wait * 2 : AGAIN_MOST_NS;
		if (s->again_at == FIX_MONO_NEVER)
			s->sweeping = false;
	}
	if (s->sweeping && desk_sweep(t->desk, &sweep, PIECE, t->now) < PIECE &&
	    sweep.number == s->sweep) {
		s->sweeping = false;
		s->again_at = t->now.mono.ns + s->wait;
	}
}

void
kills_keep(struct trader *t)
{
	struct kills *s = &t->kills;

	if (!s->changed)
		return;
	s->changed = s->busy = false;
	for (unsigned i = 0; i < s->n; i++) {
		struct kill_op *k = &s->ops[i];

		if (k->changed != 0)
			kill_keep(t, k, false);
		s->busy = s->busy || stands(k) || kill_left(k) > 0;
	}
	look_at_all(t, false);
}

int64_t
kills_due(const struct trader *t)
{
	return t->kills.sweeping ? t->now.mono.ns : t->kills.again_at;
}

int
kill_set(struct trader *t, const struct kill_op *k)
{
	return risk_kill(
	    t->risk, k->number, &k->where, (enum risk_state)k->state, k->text);
}
/* ----- a new one ----- */

void
kill_name(struct kill_op *k, enum risk_scope kind, const char *shown)
{
	const size_t most = sizeof(k->text) - sizeof(" by=TRADER");
	const char *name = risk_scope_name(kind);
	size_t n = strlen(k->scope), m = strlen(k->text);

	snprintf(k->scope + n, sizeof(k->scope) - n, "%s%s%s%s",
	    n > 0 ? ", " : "", name, *shown != '\0' ? " " : "", shown);
	if (m > 0 && m < most - 1)
		k->text[m++] = '+';
	for (; *name != '\0' && m < most - 1; name++)
		k->text[m++] = (char)(*name - 'a' + 'A');
	snprintf(
	    k->text + m, most - m, "%s%.32s", *shown != '\0' ? ":" : "", shown);
}

struct targets {
	const struct trader *t;
	const struct kill_op *k;
	uint64_t n;
};

static int
count_target(void *arg, const struct order *o)
{
	struct targets *c = arg;
	struct risk_order r = order_risk(o);

	c->n += risk_where_has(c->t->risk, &c->k->where, &r);
	return 0;
}

/* Journaled, in force, and its cancels begun, in this order. */
void
kill_begin(struct trader *t, struct kill_op *k)
{
	struct targets c = { t, k, 0 };

	t->kills.busy = true;
	k->up_to = desk_last(t->desk);
	if (k->state == RISK_HALTED)
		(void)desk_each_live(t->desk, count_target, &c);
	k->targeted = c.n;
	k->canceled = k->filled = k->rejected = k->told = 0;
	kill_keep(t, k, false);
	trader_note(t, LOG_L_WARN, 0, "kill %" PRIu64 " %s by %s (%s): %s%s%s",
	    k->number, states[k->state], k->who, k->role, k->scope,
	    k->reason[0] != '\0' ? ": " : "", k->reason);
	if (kill_set(t, k) != 0) {
		trader_fail(t, -FIX_E_NOMEM, "a kill switch");
		return;
	}
	if (c.n > 0)
		kills_sweep(t);
	t->killed = true;
}

/* The system's own: once for a scope, until people release it. */
void
kills_trip(void *arg, enum risk_scope kind, const char *id)
{
	struct trader *t = arg;
	struct kill_op *k = kill_of_system(t, kind, id);

	if (k != NULL) {
		kills_sweep(t);
		return;
	}
	k = kill_new(t);
	if (k == NULL || !risk_where_add(&k->where, kind, id)) {
		trader_fail(t, -FIX_E_NOMEM, "a kill switch");
		return;
	}
	k->number = ++t->kills.last;
	k->state = RISK_HALTED;
	k->begun_ns = t->now.utc.ns;
	snprintf(k->who, sizeof(k->who), "fixgate");
	snprintf(k->role, sizeof(k->role), "SYSTEM");
	snprintf(k->reason, sizeof(k->reason), "losses");
	kill_name(k, kind, id);
	strcat(k->text, " by=SYSTEM");
	kill_begin(t, k);
}

struct kill_op *
kill_of_system(struct trader *t, enum risk_scope kind, const char *id)
{
	struct risk_where w = { 0 };

	if (!risk_where_add(&w, kind, id))
		return NULL;
	for (unsigned i = 0; i < t->kills.n; i++) {
		struct kill_op *k = &t->kills.ops[i];

		if (stands(k) && strcmp(k->role, "SYSTEM") == 0 &&
		    memcmp(&k->where, &w, sizeof(w)) == 0)
			return k;
	}
	return NULL;
}

/* ----- restart ----- */

/* The oldest that is over makes room. */
static void
forget_old(struct trader *t)
{
	struct kills *s = &t->kills;
	unsigned i = 0;

	while (i < s->n && (stands(&s->ops[i]) || kill_left(&s->ops[i]) > 0))
		i++;
	if (s->n < KILLS_KEPT || i == s->n)
		return;
	kill_keep(t, &s->ops[i], true);
	memmove(&s->ops[i], &s->ops[i + 1], (s->n - i - 1) * sizeof(s->ops[0]));
	s->n--;
}

struct kill_op *
kill_new(struct trader *t)
{
	struct kills *s = &t->kills;
	unsigned cap = s->cap == 0 ? 16 : s->cap * 2;
	struct kill_op *more;

	forget_old(t);
	if (s->n == s->cap) {
		more = realloc(s->ops, cap * sizeof(*more));
		if (more == NULL)
			return NULL;
		s->ops = more;
		s->cap = cap;
	}
	memset(&s->ops[s->n], 0, sizeof(*s->ops));
	return &s->ops[s->n++];
}

static int
load(void *arg, struct fix_span key, struct fix_span value)
{
	struct trader *t = arg;
	struct kill_op *k;

	(void)key;
	if (value.len != sizeof(*k)) /* what it stops is not known: no start */
		return -FIX_E_FOREIGN;
	k = kill_new(t);
	if (k == NULL)
		return -FIX_E_NOMEM;
	memcpy(k, value.p, sizeof(*k));
	t->kills.busy = true;
	if (k->number > t->kills.last)
		t->kills.last = k->number;
	return stands(k) ? kill_set(t, k) : 0;
}

int
kills_load(struct trader *t)
{
	const struct fix_span all = { NULL, 0 };
	int rc = fix_store_each(
	    t->cfg.store, FIX_TAB_CONTROL, fix_span_of("kill "), all, load, t);

	t->kills.again_at = FIX_MONO_NEVER;
	t->kills.wait = AGAIN_NS;
	for (unsigned i = 0; i < t->kills.n && rc == 0; i++)
		if (stands(&t->kills.ops[i]) && kill_left(&t->kills.ops[i]) > 0)
			kills_sweep(t);
	return rc;
}

void
kills_free(struct trader *t)
{
	free(t->kills.ops);
}
