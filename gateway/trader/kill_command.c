/*
 * Kill switches as people see them: set, released, reported.
 *
 * Whoever may use the kill switch may stop anything; a trader only what is of
 * his own scopes. The same person's second word on the same scopes is the same
 * switch, which it can only make stricter; another person's is another switch,
 * and wants a release of its own. A release takes risk:kill_switch, and for a
 * firm's or a group's switch two people within an hour. The gateway itself
 * never releases one. A venue that is not reconciled yet is no switch of people:
 * it is released with its last answer, or by its name.
 */
#include <inttypes.h>
#include <stdio.h>

#include "gateway/trader/kill.h"
#include "gateway/trader/operator.h"

#define LAPSE_NS (3600 * FIX_SEC)
#define LISTED_MAX 100

static const char *const states[] = { "active", "reducing", "halted" };

static bool
stands(const struct kill_op *k)
{
	return k->released_ns == 0;
}

static void
set_text(char *dst, size_t cap, const char *src)
{
	snprintf(dst, cap, "%s", src);
	for (; *dst != '\0'; dst++)
		if (*dst < ' ' || *dst > '~')
			*dst = '?';
}

/* ----- kill ----- */

/* A name that nothing has is taken, since it may come to be; but it is more
 * often a slip. */
static void
warn_unknown(struct trader *t, struct answer *a, const struct risk_where *w)
{
	const char *account = w->id[RISK_SCOPE_ACCOUNT];
	const char *symbol = w->id[RISK_SCOPE_SYMBOL];

	if (*account != '\0' &&
	    !risk_permitted(t->risk, 0, fix_span_of(account)))
		command_say(
		    a, "warning: no account is called %s now\n", account);
	if (*symbol != '\0' && !risk_trades(t->risk, fix_span_of(symbol)))
		command_say(
		    a, "warning: no symbol is called %s now\n", symbol);
}

/* "SCOPE [ID]" again and again, up to what is none. @return the word after
 * them, 0 after a complaint */
static unsigned
read_where(struct trader *t, struct answer *a, const struct words *w,
    unsigned at, struct kill_op *k)
{
	enum risk_scope kind;
	char id[RISK_ID_MAX + 1];
	unsigned n;

	do {
		n = command_scope(t, a, w, at, &kind, id, sizeof(id));
		if (n == 0)
			return 0;
		if (!risk_where_add(&k->where, kind, id)) {
			command_say(
			    a, "error: %s can be named once\n", w->w[at]);
			return 0;
		}
		kill_name(k, kind, n > 1 ? w->w[at + 1] : "");
		at += n;
	} while (at < w->n && command_is_scope(w->w[at]));
	return at;
}

static bool
read_kill(struct trader *t, struct answer *a, const struct words *w,
    struct kill_op *k)
{
	unsigned at = read_where(t, a, w, 2, k);

	if (at == 0)
		return false;
	k->state = strcmp(w->w[1], "reduce") == 0 ? RISK_REDUCING : RISK_HALTED;
	set_text(k->reason, sizeof(k->reason), w->reason);
	if (at == w->n)
		return true;
	command_say(a, "error: expected reason=TEXT or another scope, not %s\n",
	    w->w[at]);
	return false;
}

static struct kill_op *
same(struct trader *t, const struct kill_op *k)
{
	for (unsigned i = 0; i < t->kills.n; i++) {
		struct kill_op *o = &t->kills.ops[i];

		if (stands(o) && strcmp(o->who, k->who) == 0 &&
		    memcmp(&o->where, &k->where, sizeof(k->where)) == 0)
			return o;
	}
	return NULL;
}

/* The last word is never out of room. */
static bool
room(struct trader *t, struct answer *a, const struct kill_op *k)
{
	unsigned n = 0;

	for (unsigned i = 0; i < t->kills.n; i++)
		n += stands(&t->kills.ops[i]);
	if (n < KILLS_MAX || (k->where.kinds & 1u << RISK_SCOPE_FIRM) != 0)
		return true;
	command_say(a,
	    "error: %u kill switches stand: release some, or kill the firm\n",
	    n);
	return false;
}

void
kills_kill(struct trader *t, struct answer *a, const struct words *w)
{
	struct kill_op k = { 0 }, *at;

	snprintf(k.who, sizeof(k.who), "%s", access_who(t));
	snprintf(k.role, sizeof(k.role), "%s",
	    access_may(t, ACCESS_KILL_SWITCH) ? "RISK" : "TRADER");
	if (!read_kill(t, a, w, &k))
		return;
	if (!access_may(t, ACCESS_KILL_SWITCH) && !access_owns(t, &k.where)) {
		access_deny(t, a, ACCESS_KILL_SWITCH);
		return;
	}
	at = same(t, &k);
	if (at != NULL && at->state >= k.state) {
		command_say(a, "ok: kill %" PRIu64 ": %s is %s already\n",
		    at->number, at->scope, states[at->state]);
		return;
	}
	if (at == NULL) {
		if (!room(t, a, &k))
			return;
		at = kill_new(t);
		if (at == NULL) {
			command_say(a, "error: out of memory\n");
			return;
		}
		k.number = ++t->kills.last;
	} else {
		k.number = at->number; /* stricter from now on */
	}
	k.begun_ns = t->now.utc.ns;
	strcat(k.text, k.role[0] == 'R' ? " by=RISK" : " by=TRADER");
	*at = k;
	kill_begin(t, at);
	command_say(a,
	    "ok: kill %" PRIu64 ": %s is %s, %" PRIu64 " orders to cancel\n",
	    at->number, at->scope, states[at->state], at->targeted);
	warn_unknown(t, a, &at->where);
}

/* ----- release ----- */

static struct kill_op *
numbered(struct trader *t, struct answer *a, const struct words *w)
{
	int64_t n;

	if (w->n < 3 || fix_int_parse(fix_span_of(w->w[2]), &n) != 0) {
		command_say(a, "error: expected the number of a kill switch\n");
		return NULL;
	}
	for (unsigned i = 0; i < t->kills.n; i++)
		if (t->kills.ops[i].number == (uint64_t)n)
			return &t->kills.ops[i];
	command_say(a, "error: there is no kill switch %" PRId64 "\n", n);
	return NULL;
}

static bool
needs_two(const struct kill_op *k)
{
	return (k->where.kinds &
		   (1u << RISK_SCOPE_FIRM | 1u << RISK_SCOPE_GROUP)) != 0;
}

/* @return true: this is the second of two */
static bool
second(struct trader *t, struct answer *a, struct kill_op *k)
{
	const char *who = access_who(t);

	if (who[0] == '\0') {
		command_say(a,
		    "error: nobody knows who you are, and two people "
		    "must release this\n");
		return false;
	}
	if (k->asked_by[0] != '\0' && strcmp(k->asked_by, who) != 0 &&
	    t->now.utc.ns - k->asked_ns < LAPSE_NS)
		return true;
	snprintf(k->asked_by, sizeof(k->asked_by), "%s", who);
	k->asked_ns = t->now.utc.ns;
	kill_keep(t, k, false);
	trader_note(t, LOG_L_WARN, 0,
	    "operator: release of kill %" PRIu64 " asked for by %s", k->number,
	    who);
	command_say(a,
	    "waits: kill %" PRIu64 " is of %s: another person must "
	    "release it, too, within an hour\n",
	    k->number, k->scope);
	return false;
}

bool
kill_release(
    struct trader *t, struct answer *a, struct kill_op *k, const char *reason)
{
	char by[100];

	if (needs_two(k) && !second(t, a, k))
		return false;
	snprintf(by, sizeof(by), "%s%s%s", access_who(t),
	    needs_two(k) ? " and " : "", needs_two(k) ? k->asked_by : "");
	k->released_ns = t->now.utc.ns;
	kill_keep(t, k, false);
	trader_note(t, LOG_L_WARN, 0,
	    "kill %" PRIu64 " active by %s (RISK): %s%s%s", k->number, by,
	    k->scope, *reason != '\0' ? ": " : "", reason);
	(void)risk_unkill(t->risk, k->number);
	t->kills.changed = true; /* perhaps none stands any more */
	return true;
}

/* "risk release venue NAME": a person has looked, and knows better than the
 * answers that are still missing. */
static void
believe(struct trader *t, struct answer *a, const struct words *w)
{
	const char *name = w->n == 4 ? w->w[3] : "";
	uint32_t venue = trader_venue_number(t, name);
	unsigned n;

	if (venue == 0) {
		command_say(a, "error: expected release venue NAME\n");
		return;
	}
	n = desk_believe(t->desk, venue);
	trader_note(t, LOG_L_WARN, 0,
	    "operator: venue %s is taken as reconciled by %s, %u orders are "
	    "unanswered%s%s", name, access_who(t), n,
	    *w->reason != '\0' ? ": " : "", w->reason);
	command_say(a, "ok: venue %s takes new orders, %u orders there are "
	    "unanswered\n", name, n);
}

void
kills_release(struct trader *t, struct answer *a, const struct words *w)
{
	struct kill_op *k;

	if (w->n > 2 && strcmp(w->w[2], "venue") == 0) {
		believe(t, a, w);
		return;
	}
	k = numbered(t, a, w);
	if (k == NULL)
		return;
	if (!stands(k))
		command_say(
		    a, "ok: kill %" PRIu64 " was released before\n", k->number);
	else if (strcmp(k->role, "SYSTEM") == 0)
		command_say(a,
		    "error: losses have set it: fixgate control rearm %s "
		    "releases it\n",
		    k->scope);
	else if (kill_release(t, a, k, w->reason))
		command_say(a, "ok: kill %" PRIu64 " of %s is released\n",
		    k->number, k->scope);
}

/* ----- what people see ----- */

static void
say_when(struct answer *a, int64_t ns)
{
	uint8_t text[FIX_STAMP_MAX + 1] = { 0 };
	struct fix_utc at = { ns };

	fix_utc_format(text, at, 0);
	command_say(a, "%s", (const char *)text);
}

static void
say_counts(struct trader *t, struct answer *a, const struct kill_op *k)
{
	uint64_t left = kill_left(k), stuck = kill_stuck(t, k);

	command_say(a,
	    a->json ? "\"targeted\":%" PRIu64 ",\"cancelled\":%" PRIu64
		      ",\"filled\":%" PRIu64 ",\"rejected\":%" PRIu64
		      ",\"pending\":%" PRIu64 ",\"uncancellable\":%" PRIu64
		    : "  targeted %" PRIu64 " cancelled %" PRIu64
		      " filled %" PRIu64 " rejected %" PRIu64
		      " pending %" PRIu64 " uncancellable %" PRIu64 "\n",
	    k->targeted, k->canceled, k->filled, k->rejected, left - stuck,
	    stuck);
}

static const char *
state_of(const struct kill_op *k)
{
	return stands(k) ? states[k->state] : "released";
}

static void
say_json(struct trader *t, struct answer *a, const struct kill_op *k)
{
	command_say(a, "{\"kill\":%" PRIu64 ",\"state\":\"%s\",\"since\":\"",
	    k->number, state_of(k));
	say_when(a, k->begun_ns);
	command_say(a, "\",\"scope\":");
	command_json(a, k->scope);
	command_say(a, ",\"by\":");
	command_json(a, k->who);
	command_say(a, ",\"role\":\"%s\",\"reason\":", k->role);
	command_json(a, k->reason);
	command_say(a, ",\"release_asked_by\":");
	command_json(a, stands(k) ? k->asked_by : "");
	command_say(a, ",\"complete\":%s,",
	    k->state != RISK_HALTED || kill_left(k) == kill_stuck(t, k)
		? "true"
		: "false");
	say_counts(t, a, k);
}

static void
say_plain(struct trader *t, struct answer *a, const struct kill_op *k)
{
	command_say(a, "kill %" PRIu64 " %s %s by %s (%s) since ", k->number,
	    state_of(k), k->scope, k->who, k->role);
	say_when(a, k->begun_ns);
	command_say(
	    a, " UTC%s%s\n", k->reason[0] != '\0' ? ": " : "", k->reason);
	if (stands(k) && k->asked_by[0] != '\0')
		command_say(a, "  release asked for by %s\n", k->asked_by);
	if (k->state == RISK_HALTED)
		say_counts(t, a, k);
}

struct list {
	struct trader *t;
	struct answer *a;
	const struct kill_op *k;
	unsigned n;
};

static const char *
why_left(const struct trader *t, const struct order *o)
{
	const char *why = desk_stuck(t->desk, o);

	if (why != NULL)
		return why;
	for (uint32_t i = 0; i < t->n_venues; i++)
		if (t->venues[i]->number == o->venue && !t->venues[i]->up)
			return "it waits for its venue's connection";
	return "its venue has not answered yet";
}

static int
say_order(void *arg, const struct order *o)
{
	struct list *l = arg;
	struct risk_order r = order_risk(o);
	const char *why = why_left(l->t, o);
	bool json = l->a->json, stuck = desk_stuck(l->t->desk, o) != NULL;

	if (o->number > l->k->up_to ||
	    !risk_where_has(l->t->risk, &l->k->where, &r))
		return 0;
	if (json)
		command_say(l->a,
		    "%s{\"order_id\":\"%s\",\"stuck\":%s,"
		    "\"why\":\"%s\"}",
		    l->n > 0 ? "," : "", o->order_id, stuck ? "true" : "false",
		    why);
	else
		command_say(l->a, "  order %s %s: %s\n", o->order_id,
		    stuck ? "uncancellable" : "pending", why);
	return ++l->n == LISTED_MAX;
}

static void
say_one(struct trader *t, struct answer *a, const struct kill_op *k)
{
	struct list l = { t, a, k, 0 };

	if (a->json)
		say_json(t, a, k);
	else
		say_plain(t, a, k);
	if (a->json)
		command_say(a, ",\"orders\":[");
	if (kill_left(k) > 0)
		(void)desk_each_live(t->desk, say_order, &l);
	if (a->json)
		command_say(a, "]}");
}

static void
say_some(struct trader *t, struct answer *a, bool all)
{
	unsigned n = 0;

	for (unsigned i = 0; i < t->kills.n; i++) {
		const struct kill_op *k = &t->kills.ops[i];

		if (!all && !stands(k))
			continue;
		if (!a->json) {
			say_plain(t, a, k);
		} else {
			command_say(a, n > 0 ? "," : "");
			say_json(t, a, k);
			command_say(a, "}");
		}
		n++;
	}
	if (n == 0 && !a->json)
		command_say(a, "no kill switch stands\n");
}

void
kills_report(struct trader *t, struct answer *a, const struct words *w)
{
	const struct kill_op *k;

	if (w->n > 2) {
		k = numbered(t, a, w);
		if (k != NULL)
			say_one(t, a, k);
	} else {
		command_say(a, a->json ? "[" : "");
		say_some(t, a, true);
		command_say(a, a->json ? "]" : "");
	}
	command_say(a, a->json ? "\n" : "");
}

void
kills_status(struct trader *t, struct answer *a, const struct words *w)
{
	(void)w;
	command_say(a, a->json ? "{\"kills\":[" : "");
	say_some(t, a, false);
	command_say(a, a->json ? "]," : "");
	limits_status(t, a);
	command_say(a, a->json ? "}\n" : "");
}

void
kills_list(struct trader *t, struct answer *a)
{
	for (unsigned i = 0; i < t->kills.n; i++)
		if (stands(&t->kills.ops[i]))
			command_say(a, "kill %" PRIu64 " %s %s by %s\n",
			    t->kills.ops[i].number, t->kills.ops[i].scope,
			    states[t->kills.ops[i].state], t->kills.ops[i].who);
}
