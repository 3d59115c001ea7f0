/*
 * Plays a tape: see tape.h. What comes in are bytes of a journal; what they say
 * is told to a risk object of the player's own, by the calls of risk.h.
 *
 * Of an entry all fields are read, then comes one look whether they were there,
 * then the call: a bad entry changes nothing. Orders of self-trade prevention are
 * found by their number on tape.
 */
#include <stdlib.h>

#include "risk/eye.h"

struct resting { /* an order in a book */
	struct link link;
	struct risk_rest rest;
};

struct risk_player {
	struct risk *r;
	struct map resting;
	uint64_t version;
	unsigned written; /* version of the tape */
};

struct risk_player *
risk_player_new(void)
{
	return calloc(1, sizeof(struct risk_player));
}

static void
forget_all(struct risk_player *p)
{
	struct link *l, *next;
	size_t i;

	for (i = 0; i < p->resting.n_bucket; i++)
		for (l = p->resting.bucket[i]; l != NULL; l = next) {
			next = l->next;
			free(l);
		}
	map_free(&p->resting);
	risk_free(p->r);
	p->r = NULL;
}

void
risk_player_free(struct risk_player *p)
{
	if (p == NULL)
		return;
	forget_all(p);
	free(p);
}

struct risk *
risk_player_risk(struct risk_player *p)
{
	return p->r;
}

static struct resting *
find_resting(struct risk_player *p, uint64_t number)
{
	struct link *l = map_first(&p->resting, number);

	return l == NULL ? NULL : (struct resting *)l;
}

static int
make_resting(struct risk_player *p, uint64_t number, struct risk_rest **out)
{
	struct resting *n = find_resting(p, number);

	*out = NULL;
	if (number == 0)
		return 0;
	if (n == NULL) {
		if (map_reserve(&p->resting, 1) != 0)
			return -FIX_E_NOMEM;
		n = calloc(1, sizeof(*n));
		if (n == NULL)
			return -FIX_E_NOMEM;
		n->rest.number = number;
		map_add(&p->resting, &n->link, number);
	}
	*out = &n->rest;
	return 0;
}

static int
play_begin(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	unsigned version = eye_byte(e);
	int64_t age = eye_int(e);

	(void)out;
	if (version == 0 || version > RISK_TAPE_VERSION)
		return -FIX_E_FOREIGN;
	if (!eye_done(e))
		return -FIX_E_CORRUPT;
	forget_all(p);
	p->version = 0;
	p->written = version;
	p->r = risk_new(age);
	return p->r == NULL ? -FIX_E_NOMEM : 0;
}

/* What set-up did well is well again; a bad entry is not. */
static int
again(int rc)
{
	return rc == 0 || rc == -FIX_E_NOMEM ? rc : -FIX_E_CORRUPT;
}

static int
play_names(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	char a[RISK_ID_MAX + 1], b[RISK_ID_MAX + 1];
	int64_t n;

	eye_text(e, a, sizeof(a));
	eye_text(e, b, sizeof(b));
	n = eye_int(e);
	if (!eye_done(e))
		return -FIX_E_CORRUPT;
	if (out->call == RISK_CALL_ACCOUNT)
		return again(risk_add_account(p->r, a, b));
	if (out->call == RISK_CALL_LOCATE)
		return again(risk_set_locate(p->r, a, b, n));
	if (out->call == RISK_CALL_EXEMPT)
		return again(risk_allow_exempt(p->r, a));
	if (out->call == RISK_CALL_GRANT_TO)
		return n < 0 || n >= RISK_N_SCOPE ? -FIX_E_CORRUPT :
		    again(risk_grant_to(p->r, a, (enum risk_scope)n, b));
	if (n < RISK_FREE || n > RISK_NO_TRADE)
		return -FIX_E_CORRUPT;
	return again(risk_restrict(p->r, a, b, (enum risk_restriction)n));
}

static int
play_no_owner(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	char id[RISK_ID_MAX + 1], name[RISK_ID_MAX + 1];
	unsigned owner = RISK_OWNER_FIRM + 1;
	int64_t kind;

	(void)out;
	eye_text(e, id, sizeof(id));
	eye_text(e, name, sizeof(name));
	kind = eye_int(e);
	while (owner < RISK_N_OWNER &&
	       strcmp(name, risk_owner_name((enum risk_owner)owner)) != 0)
		owner++;
	if (!eye_done(e) || kind < 0 || kind >= RISK_N_SCOPE ||
	    owner == RISK_N_OWNER)
		return -FIX_E_CORRUPT;
	risk_unset_limits(
	    p->r, (enum risk_owner)owner, (enum risk_scope)kind, id);
	return 0;
}

static int
play_symbol(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	char id[RISK_ID_MAX + 1], class_[RISK_ID_MAX + 1];
	struct risk_symbol s = { .symbol = id, .class_ = class_ };

	(void)out;
	eye_text(e, id, sizeof(id));
	eye_text(e, class_, sizeof(class_));
	s.tick_e8 = eye_int(e);
	s.lot_e8 = eye_int(e);
	s.multiplier_e8 = eye_int(e);
	return !eye_done(e) ? -FIX_E_CORRUPT : again(risk_add_symbol(p->r, &s));
}

static int
play_session(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	uint32_t session = eye_number(e);
	struct fix_span account = eye_name(e), symbol = eye_name(e);
	struct fix_now now = { .mono = { eye_int(e) } };
	char id[RISK_ID_MAX + 1];

	if (!eye_done(e))
		return -FIX_E_CORRUPT;
	if (out->call == RISK_CALL_CANCEL) {
		risk_count_cancel(p->r, session, now);
		return 0;
	}
	if (out->call == RISK_CALL_EXECUTED) {
		risk_executed(p->r, session, account, symbol);
		return 0;
	}
	if (!fix_span_copy(account, id, sizeof(id)))
		return -FIX_E_CORRUPT;
	return again(risk_permit(p->r, session, id));
}

static bool
is_bool(const bool *b)
{
	uint8_t v;

	memcpy(&v, b, 1);
	return v <= 1;
}

static bool
rules_ok(const struct risk_rules *r)
{
	uint32_t mark, traders;

	memcpy(&mark, &r->short_sale, sizeof(mark));
	memcpy(&traders, &r->traders, sizeof(traders));
	return mark <= RISK_MARK_STRICT && traders <= RISK_TRADERS_REQUIRED &&
	       is_bool(&r->adv_optional) &&
	       is_bool(&r->conservative) && is_bool(&r->has_credit) &&
	       is_bool(&r->self_trade);
}

static int
play_limits(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	enum risk_scope kind = (enum risk_scope)eye_below(e, RISK_N_SCOPE);
	char id[RISK_ID_MAX + 1];
	struct risk_limits limits;
	enum risk_owner owner;
	int rc;

	(void)out;
	eye_text(e, id, sizeof(id));
	owner = (enum risk_owner)eye_below(e, RISK_N_OWNER);
	rc = eye_whole(e, &limits, sizeof(limits));
	if (rc != 0)
		return rc;
	return !eye_done(e) ? -FIX_E_CORRUPT :
	    again(risk_set_owned(p->r, owner, kind, id, &limits));
}

/* Controls of a scope, or what a trader may trade. */
static int
play_whole(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	enum risk_scope kind = (enum risk_scope)eye_below(e, RISK_N_SCOPE);
	bool grants = out->call == RISK_CALL_GRANT;
	char id[RISK_ID_MAX + 1];
	struct risk_rules rules;
	struct risk_grant grant;
	int rc;

	eye_text(e, id, sizeof(id));
	rc = grants ? eye_whole(e, &grant, sizeof(grant)) :
	    eye_whole(e, &rules, sizeof(rules));
	if (rc != 0)
		return rc;
	if (!eye_done(e) || (!grants && !rules_ok(&rules)))
		return -FIX_E_CORRUPT;
	return again(grants ? risk_grant(p->r, id, &grant) :
	    risk_set_rules(p->r, kind, id, &rules));
}

static int
play_hours(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	enum risk_scope kind = (enum risk_scope)eye_below(e, RISK_N_SCOPE);
	char id[RISK_ID_MAX + 1];
	struct risk_hours h;
	int rc;

	(void)out;
	eye_text(e, id, sizeof(id));
	rc = eye_whole(e, &h, sizeof(h));
	if (rc != 0)
		return rc;
	return !eye_done(e) ? -FIX_E_CORRUPT :
	    again(risk_set_hours(p->r, kind, id, &h));
}

static int
play_scope(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	enum risk_scope kind = (enum risk_scope)eye_below(e, RISK_N_SCOPE);
	struct risk_breach b;
	char id[RISK_ID_MAX + 1];

	eye_text(e, id, sizeof(id));
	if (!eye_done(e))
		return -FIX_E_CORRUPT;
	if (out->call == RISK_CALL_REARM)
		return again(risk_rearm(p->r, kind, id));
	if (out->call == RISK_CALL_NO_LIMITS)
		risk_unset_limits(p->r, RISK_OWNER_FIRM, kind, id);
	else if (out->call == RISK_CALL_NO_RULES)
		risk_unset_rules(p->r, kind, id);
	else
		(void)risk_breached(p->r, kind, id, &b);
	return 0;
}

static bool
detail_enums_ok(const struct risk_detail *d)
{
	uint32_t a, b;

	memcpy(&a, &d->restriction, sizeof(a));
	memcpy(&b, &d->shortable, sizeof(b));
	return is_bool(&d->inactive) && a <= RISK_NO_TRADE && b <= RISK_SHORT_LOCATED;
}

static int
play_describe(struct risk_player *p, struct eye *e)
{
	struct risk_detail d;
	char id[RISK_ID_MAX + 1];
	struct fix_span none;
	int rc;

	eye_text(e, id, sizeof(id));
	none = eye_name(e);
	rc = eye_whole(e, &d, sizeof(d));
	if (rc != 0)
		return rc;
	if (!eye_done(e) || none.len > 0 || !detail_enums_ok(&d))
		return -FIX_E_CORRUPT;
	return again(risk_describe(p->r, id, &d));
}

static int
play_pair(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	struct risk_memory m;
	struct risk_position pos;
	struct fix_span a, b;
	int rc;

	if (out->call == RISK_CALL_DESCRIBE)
		return play_describe(p, e);
	a = eye_name(e);
	b = eye_name(e);
	rc = out->call == RISK_CALL_REMEMBER ? eye_whole(e, &m, sizeof(m)) :
	    eye_whole(e, &pos, sizeof(pos));
	if (rc != 0)
		return rc;
	if (!eye_done(e))
		return -FIX_E_CORRUPT;
	if (out->call == RISK_CALL_POSITION)
		return again(risk_set_position(p->r, a, b, &pos));
	return again(risk_remember(p->r, a,
	    (struct fix_span){ (const uint8_t *)&m, sizeof(m) }));
}

static int
play_ref(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	struct fix_span symbol = eye_name(e);
	int64_t px = eye_int(e);
	struct fix_mono when = { eye_int(e) };

	(void)out;
	return !eye_done(e) ? -FIX_E_CORRUPT :
	    again(risk_set_ref(p->r, symbol, px, when));
}

static int
play_number(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	uint64_t n = eye_count(e);
	struct resting *at;

	if (!eye_done(e))
		return -FIX_E_CORRUPT;
	if (out->call == RISK_CALL_DECISION) {
		risk_set_decision(p->r, n);
	} else if (out->call == RISK_CALL_VERSION) {
		p->version = n;
	} else if (out->call == RISK_CALL_NO_OWNED) {
		risk_unset_owned(p->r);
	} else if (out->call == RISK_CALL_NO_GRANTS) {
		risk_grants_clear(p->r);
	} else if (out->call == RISK_CALL_MUST_STATE) {
		if (n >> 1 >= RISK_N_OWNER)
			return -FIX_E_CORRUPT;
		risk_must_state(p->r, (enum risk_owner)(n >> 1), (n & 1) != 0);
	} else if (out->call == RISK_CALL_NO_TOKEN) {
		return n <= UINT32_MAX && risk_token_drop(p->r, (uint32_t)n) ?
		    0 : -FIX_E_CORRUPT;
	} else if (out->call == RISK_CALL_UNKILL) {
		return risk_unkill(p->r, n) ? 0 : -FIX_E_CORRUPT;
	} else if (out->call == RISK_CALL_NO_REST) {
		at = find_resting(p, n);
		if (at == NULL)
			return -FIX_E_CORRUPT;
		risk_rest_drop(&at->rest);
		map_del(&p->resting, &at->link);
		free(at);
	}
	return 0;
}

static int
play_time(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	int64_t ns = eye_int(e);
	struct fix_now now = { { ns }, { ns } };

	if (!eye_done(e))
		return -FIX_E_CORRUPT;
	if (out->call == RISK_CALL_DAY)
		risk_set_day(p->r, now.utc);
	else
		risk_restarted(p->r, now);
	return 0;
}

static int
play_check(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	uint64_t rest;
	int rc = eye_check(e, out, &rest);

	out->version = p->version;
	if (rc == 0)
		rc = make_resting(p, rest, &out->o.rest);
	if (rc != 0)
		return rc;
	rc = out->call == RISK_CALL_CHECK ?
	    risk_check_new(p->r, &out->o, out->now, &out->is) :
	    risk_check_replace(p->r, &out->o, out->held, out->now, &out->is);
	if (rc == 0 && p->written == 1)
		out->is.ref = 0;
	return 0;
}

static int
play_rest(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	uint64_t number;
	struct risk_order o = eye_order(e, &number);
	int rc;

	(void)out;
	if (!eye_done(e) || number == 0)
		return -FIX_E_CORRUPT;
	rc = make_resting(p, number, &o.rest);
	if (rc == 0)
		risk_rest_set(p->r, o.rest, &o);
	return rc;
}

static int
play_saw(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	struct fix_utc when = { eye_int(e) };
	uint64_t number;
	struct risk_order o = eye_order(e, &number);

	(void)out;
	if (!eye_done(e))
		return -FIX_E_CORRUPT;
	risk_saw(p->r, &o, when);
	return 0;
}

static int
play_token(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	struct risk_token t = { .number = eye_number(e) };

	(void)out;
	t.side = (char)eye_byte(e);
	eye_text(e, t.account, sizeof(t.account));
	eye_text(e, t.symbol, sizeof(t.symbol));
	eye_text(e, t.issuer, sizeof(t.issuer));
	t.qty_e8 = eye_int(e);
	t.price_e8 = eye_int(e);
	t.until.ns = eye_int(e);
	return !eye_done(e) ? -FIX_E_CORRUPT : again(risk_token_add(p->r, &t));
}

static int
play_hold(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	struct fix_span account = eye_name(e), symbol = eye_name(e);
	char side = (char)eye_byte(e);
	struct risk_hold was = { 0, 0 }, is;
	int64_t n, qty = 0;

	if (out->call == RISK_CALL_FILL)
		qty = eye_int(e);
	else
		was = eye_hold(e);
	is = out->call == RISK_CALL_FILL ? was : eye_hold(e);
	n = eye_int(e);
	if (!eye_done(e))
		return -FIX_E_CORRUPT;
	if (out->call == RISK_CALL_FILL) {
		(void)risk_fill(p->r, account, symbol, side, qty, n);
		return 0;
	}
	if (n < -1 || n > 1)
		return -FIX_E_CORRUPT;
	risk_rehold(p->r, account, symbol, side, was, is, (int)n);
	return 0;
}

static int
play_kill(struct risk_player *p, struct eye *e, struct risk_played *out)
{
	uint64_t number = eye_count(e);
	enum risk_state state = (enum risk_state)eye_below(e, RISK_HALTED + 1);
	char text[RISK_KILL_TEXT + 1], id[RISK_ID_MAX + 1];
	struct risk_where w = { 0 };
	uint64_t kinds;
	unsigned i;

	(void)out;
	eye_text(e, text, sizeof(text));
	kinds = eye_count(e);
	for (i = 0; i < RISK_N_SCOPE && !e->bad; i++) {
		if ((kinds >> i & 1) == 0)
			continue;
		eye_text(e, id, sizeof(id));
		e->bad = e->bad || !risk_where_add(&w, (enum risk_scope)i, id);
	}
	if (!eye_done(e) || kinds >> RISK_N_SCOPE != 0)
		return -FIX_E_CORRUPT;
	return again(risk_kill(p->r, number, &w, state, text));
}

static int (*const players[])(
    struct risk_player *, struct eye *, struct risk_played *) = {
	[RISK_CALL_BEGIN] = play_begin,
	[RISK_CALL_ACCOUNT] = play_names,
	[RISK_CALL_SYMBOL] = play_symbol,
	[RISK_CALL_PERMIT] = play_session,
	[RISK_CALL_LIMITS] = play_limits,
	[RISK_CALL_NO_LIMITS] = play_scope,
	[RISK_CALL_RULES] = play_whole,
	[RISK_CALL_NO_RULES] = play_scope,
	[RISK_CALL_DESCRIBE] = play_pair,
	[RISK_CALL_RESTRICT] = play_names,
	[RISK_CALL_LOCATE] = play_names,
	[RISK_CALL_EXEMPT] = play_names,
	[RISK_CALL_REF] = play_ref,
	[RISK_CALL_DECISION] = play_number,
	[RISK_CALL_RESTARTED] = play_time,
	[RISK_CALL_DAY] = play_time,
	[RISK_CALL_CHECK] = play_check,
	[RISK_CALL_REPLACE] = play_check,
	[RISK_CALL_CANCEL] = play_session,
	[RISK_CALL_HOLD] = play_hold,
	[RISK_CALL_FILL] = play_hold,
	[RISK_CALL_EXECUTED] = play_session,
	[RISK_CALL_REARM] = play_scope,
	[RISK_CALL_REST] = play_rest,
	[RISK_CALL_NO_REST] = play_number,
	[RISK_CALL_REMEMBER] = play_pair,
	[RISK_CALL_POSITION] = play_pair,
	[RISK_CALL_KILL] = play_kill,
	[RISK_CALL_UNKILL] = play_number,
	[RISK_CALL_BREACHED] = play_scope,
	[RISK_CALL_VERSION] = play_number,
	[RISK_CALL_READY] = play_number,
	[RISK_CALL_NO_OWNED] = play_number,
	[RISK_CALL_MUST_STATE] = play_number,
	[RISK_CALL_GRANT] = play_whole,
	[RISK_CALL_GRANT_TO] = play_names,
	[RISK_CALL_NO_GRANTS] = play_number,
	[RISK_CALL_SAW] = play_saw,
	[RISK_CALL_TOKEN] = play_token,
	[RISK_CALL_NO_TOKEN] = play_number,
	[RISK_CALL_HOURS] = play_hours,
	[RISK_CALL_NO_OWNER] = play_no_owner,
};

_Static_assert(sizeof(players) / sizeof(players[0]) == RISK_N_CALL,
    "every call can be played");

int
risk_play(
    struct risk_player *p, struct fix_span *tape, struct risk_played *out)
{
	struct eye e;
	int rc = eye_entry(tape, &e, out);

	if (rc <= 0)
		return rc;
	if (p->r == NULL && out->call != RISK_CALL_BEGIN)
		return -FIX_E_STATE;
	rc = players[out->call](p, &e, out);
	return rc == 0 ? 1 : rc;
}
