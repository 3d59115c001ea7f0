/*
 * What the parts of risk share; nobody else includes this.
 *
 * Three kinds of things live in hash maps that only grow at set-up: scopes
 * (an account, a symbol, the firm ...), holdings (an account in a symbol) and
 * uses (what the holdings under a limit add up to). A holding knows every use
 * it counts in, so an order costs two look-ups by name and one by number.
 */
#ifndef FIXGATE_RISK_INSIDE_H
#define FIXGATE_RISK_INSIDE_H

#include "risk/alert.h"
#include "risk/risk.h"
#include "risk/stale.h"
#include "risk/tape.h"

typedef __int128 wide; /* products and sums of int64 without overflow */

#define WIDE_MAX ((wide)(~(unsigned __int128)0 >> 1))
#define RISK_N_USED RISK_SCOPE_SESSION /* scopes that count exposure */
#define RISK_PAIRS_MAX 65536           /* holdings made at set-up */
#define RISK_SUSPENSE_MAX 4096 /* unknown names that get their own holding */

struct link { /* first member of whatever lives in a map */
	struct link *next;
	uint64_t hash;
};

struct map {
	struct link **bucket;
	size_t n_bucket, n;
};

struct bucket { /* of tokens; a token is 10^9 units */
	wide units;
	int64_t last_ns;
	bool begun;
};

/* A memory and whose it is: of a use, or of a session. */
struct tally {
	struct risk_memory m;
	struct scope *owner, *within; /* within NULL: everything */
	struct tally *next; /* of those that changed */
	bool changed;
};

#define RANGE_SLICES 16 /* of a window; one more is under way */

/* Lowest and highest accepted price, by slices of the window. */
struct range {
	struct {
		int64_t at, low_e8, high_e8; /* at: number of the slice */
	} slice[RANGE_SLICES + 1];
};

#define ALIKE_MAX 65536 /* accepted orders that R-16 looks back on */
#define ALIKE_BUCKETS 65536

struct alike { /* the content of an accepted order */
	struct holding *h;
	int64_t qty_e8, price_e8, stop_e8, at_ns;
	uint32_t older; /* of the same bucket, 1-based; 0: none */
	uint32_t hash;
	char side, ord_type, time_in_force;
};

struct alikes {
	struct alike ring[ALIKE_MAX];
	uint32_t newest[ALIKE_BUCKETS]; /* 1-based */
	uint64_t n; /* noted so far */
};

struct scope {
	struct link link;
	struct scope *next; /* all scopes, oldest first */
	enum risk_scope kind;
	uint32_t number; /* of a session; of others, by age from 1 */
	char id[RISK_ID_MAX + 1];
	bool known;   /* account or symbol: orders may name it */
	bool limited; /* limits were set */
	bool by_firm, by_house; /* by the firm; by anybody but the client */
	struct owned *owned; /* by whom: owner.c; NULL: by the firm alone */
	bool breached; /* and are below what is used: breach.c */
	const struct use *over; /* the use that is */
	bool told, untold; /* breached, as it was told; and there is news */
	struct scope *next_untold;
	struct risk_stale stale;
	bool stale_listed;
	struct scope *next_stale;
	struct risk_limits limits; /* in force */
	bool ruled; /* rules were set */
	uint32_t measured; /* bit n: once they limited enum risk_measure n */
	struct risk_rules rules;
	struct bucket orders, cancels;
	uint64_t cancels_over;
	struct scope *parent; /* symbol: its class; account: its group */
	int64_t tick_e8, lot_e8, multiplier_e8; /* symbol */
	int64_t ref_e8, ref_ns;
	bool has_ref;
	bool ref_untold; /* not on tape yet */
	struct risk_detail detail; /* symbol */
	bool timed; /* symbol, class: it has hours */
	struct risk_hours hours;
	struct range *range;
	bool exempt; /* account: may sell short exempt */
	struct grant *grant; /* trader: grant.c; NULL: it has none */
	struct tally tally; /* session */
	struct holding *holdings; /* symbol: by same_symbol */
	bool tripped;             /* by R-31, not asked for yet */
	struct half {             /* session: R-29, two halves of its window */
		int64_t at, orders, cancels;
	} half[2];
	struct scope **permit; /* session: accounts that it may use */
	size_t n_permit;
};

/* What holdings are worth at their references. */
struct value {
	wide net_e8, gross_e8; /* of the worst sides */
	wide equity_e8;        /* cash and position */
	wide cash_e8;
	int64_t unknown;       /* holdings without a reference */
};

/* Orders that are to be taken away: breach.c. */
struct plan {
	uint64_t run;
	wide qty_e8[2], notional_e8[2], open; /* by side: sells, buys */
	wide gross_e8, net_e8;
};

struct use {
	struct link link;
	uint32_t owner, within; /* scope numbers; within 0: everything */
	wide long_e8, short_e8; /* worst case, never below 0 */
	wide buy_e8, sell_e8;   /* open notional by side */
	int64_t open;           /* live orders */
	wide hard_long_e8, hard_short_e8; /* without netting */
	wide open_qty_e8;
	struct value value;     /* where r->valued */
	uint8_t alert[RISK_N_USED][RISK_N_MEASURE]; /* level told */
	struct tally tally;
	struct risk_rest *bids, *asks; /* best first */
	struct plan plan;
};

struct holding {
	struct link link;
	struct risk *r;
	struct holding *same_symbol; /* next of its symbol */
	struct holding *next;
	struct holding *next_moved; /* of those whose sums changed */
	struct holding *next_unseen; /* of those to be looked at: alert.c */
	bool moved, unseen;
	struct scope *account, *symbol;
	struct risk_position pos;
	wide buys_e8, sells_e8; /* reserved quantity by side */
	wide buy_notional_e8, sell_notional_e8;
	int64_t open;
	wide shorts_e8; /* reserved by sales marked short, part of sells */
	int64_t locate_e8;
	enum risk_restriction restriction;
	struct use *position[RISK_N_USED]; /* by scope, where it counts */
	struct use *orders[RISK_N_USED];
	struct use *all[2 * RISK_N_USED]; /* each of the above once */
	unsigned n_all;
	struct plan plan;
};

/* What was said to the object: tape.h. */
struct tape {
	uint8_t *bytes;
	size_t len, cap;
	bool on, torn;
};

struct risk {
	struct map scopes, holdings, uses;
	struct scope *first_scope, *last_scope;
	struct holding *first_holding, *last_holding;
	struct scope *firm;
	struct scope *lost_account, *lost_symbol; /* suspense without a name */
	struct holding *lost;
	uint32_t n_scope, n_account, n_symbol, n_suspense;
	uint32_t n_trader, n_venue; /* scopes; 0: no need to look for one */
	struct kill_switch *kills;  /* oldest first */
	int64_t ref_max_age_ns;
	uint64_t decision;
	int64_t day;
	struct tally *first_changed, **last_changed;
	struct alikes *alikes; /* NULL: no scope asks for it */
	int64_t alike_ns;      /* the longest window */
	bool stated[RISK_N_OWNER]; /* limits of theirs must be there */
	unsigned n_tripped;
	bool self_trade; /* some scope asks for R-14 */
	bool restarted; /* at: */
	int64_t restarted_ns;
	bool watched; /* alerts are told */
	struct risk_token tokens[RISK_TOKENS_MAX];
	unsigned n_tokens;
	struct risk_alert alerts[64];
	unsigned n_alert, first_alert;
	bool valued; /* some rule looks at values */
	uint64_t ranks;
	struct tape tape;
	uint64_t n_rest; /* orders of self-trade prevention on tape */
	struct holding *first_moved, **last_moved;
	struct holding *first_unseen, **last_unseen;
	struct scope *first_untold, **last_untold; /* of breaches */
	struct scope *first_stale, **last_stale;
	bool held; /* there has been a position or a reservation */
};

/* A kill switch; scope NULL: any. */
struct kill_switch {
	struct kill_switch *next;
	uint64_t number;
	enum risk_state state;
	enum risk_scope first; /* the first scope that it names */
	const struct scope *scope[RISK_N_SCOPE];
	char text[RISK_KILL_TEXT + 1];
};

/* One order on its way through the controls. */
struct check {
	struct risk *r;
	const struct risk_order *o;
	struct fix_now now;
	struct risk_verdict *v;
	struct scope *scope[RISK_N_SCOPE]; /* NULL: none */
	struct holding *h;
	bool replace;
	bool lifted;     /* the token has let something pass */
	const struct risk_token *token; /* that is for this order; NULL: none */
	bool in_rate;    /* the session's bucket had a token */
	bool ref_ok;     /* ref_e8 is there and young enough */
	int64_t ref_e8;
	int64_t whole_e8;  /* notional of the whole order */
	int64_t leaves_e8; /* of the whole order, once it is in force */
	struct risk_hold held; /* before */
	struct risk_hold hold; /* after, when it passes */
};

/* table.c */
int map_reserve(struct map *m, size_t n) FIX_MUST_CHECK;
void map_add(struct map *m, struct link *l, uint64_t hash);
void map_del(struct map *m, struct link *l); /* l is in it */
struct link *map_first(const struct map *m, uint64_t hash);
struct link *map_after(const struct link *l);
void map_free(struct map *m);
uint64_t risk_hash_bytes(uint64_t seed, const void *p, size_t len);
uint64_t hash_two(uint32_t a, uint32_t b);

/* risk.c */
struct scope *scope_find(const struct risk *r, enum risk_scope kind,
    struct fix_span id);
struct scope *scope_of_session(const struct risk *r, uint32_t number);
struct scope *scope_numbered(const struct risk *r, enum risk_scope kind,
    uint32_t number);
int scope_make(struct risk *r, enum risk_scope kind, struct fix_span id,
    struct scope **out) FIX_MUST_CHECK;
int scope_named(struct risk *r, enum risk_scope kind, const char *id,
    struct scope **out) FIX_MUST_CHECK;

/* exposure.c */
struct holding *holding_find(const struct risk *r, const struct scope *account,
    const struct scope *symbol);
struct holding *holding_make(struct risk *r, struct scope *account,
    struct scope *symbol);
void holding_hold(struct holding *h, char side, struct risk_hold was,
    struct risk_hold is, int opened);
void exposure_mark(struct risk *r, struct scope *symbol, int64_t px_e8);
int exposure_relink(struct risk *r) FIX_MUST_CHECK;
/** Others are in force in s now (risk.c). */
void limits_changed(struct risk *r, struct scope *s);
bool side_is_buy(char side);
wide wide_of(int64_t v);
int64_t clamp(wide v);

/* tally.c */
struct risk_memory *tally_now(struct risk *r, struct tally *t);
void tally_changed(struct risk *r, struct tally *t);
/* exposure.c: the memory of a use, or of a session; NULL: out of memory */
struct tally *tally_of(struct risk *r, struct scope *owner,
    struct scope *within);
/* Whatever a venue calls account and symbol; never NULL. */
struct holding *holding_named(struct risk *r, struct fix_span account,
    struct fix_span symbol);

/* rules.c */
int64_t tick_at(const struct scope *symbol, int64_t px_e8);

/* value.c */
struct value value_of(const struct holding *h);
void value_all(struct risk *r);
void loss_look(struct risk *r, struct holding *h);
bool reduces(const struct check *c);
/* day.c */
void day_count_order(struct check *c);
void day_count_fill(struct holding *h, char side, int64_t qty_e8,
    int64_t notional_e8);
void cancels_note(struct scope *session, int64_t now_ns, bool cancel);

struct scope *owner_of(const struct holding *h, enum risk_scope kind);
/* alert.c */
/** Something of h has changed: look at it once the event is over. */
void use_moved(struct holding *h);
/** It is: see what limits are used to, and which are broken. */
void use_look(struct risk *r);
/** ... the first of the two, where alerts are told. */
void alert_look(struct holding *h);

/* once.c: what is remembered of an order that passed */
void range_note(struct check *c);
void alike_note(struct check *c);
/* selftrade.c */
void rest_put(struct check *c);

/* hours.c */
enum risk_code check_hours(struct check *c);

/* used.c */
/** Bit n: they limit enum risk_measure n. */
uint32_t rules_measured(const struct risk_rules *l);
/** Of a measure of rules, which h is part of: what is used of s's limit, in *used
 * and *limit. @return false: it can't be known now, or never is of s */
bool used_get(struct holding *h, const struct scope *s, enum risk_measure m,
    wide *used, int64_t *limit);

/* breach.c */
/** Limits or use have changed: is it breached? *b: where, if it is. */
bool breach_look(struct risk *r, struct scope *s, struct risk_breach *b);
/** The use of h has changed. */
void breach_moved(struct holding *h);

/* stale.c */
void stale_note_use(struct holding *h);
void stale_note_order(struct check *c);

/* token.c */
void token_find(struct check *c);
void token_spend(struct check *c);
/** As refuse(), but RISK_OK where it is soft and the order's token lifts it. */
enum risk_code refuse_soft(struct check *c, enum risk_code code,
    enum risk_scope scope, wide limit, wide value);

/* owner.c */
void owned_free(struct scope *s);
int owner_set(struct scope *s, enum risk_owner owner,
    const struct risk_limits *l) FIX_MUST_CHECK;
void owner_unset(struct scope *s, enum risk_owner owner);
/** @return NULL: none of theirs */
const struct risk_limits *owner_get(const struct scope *s,
    enum risk_owner owner);
/** What is in force for the order in a scope that has limits, its client's
 * left out where it asks for that. */
const struct risk_limits *limits_for(const struct check *c, unsigned k,
    unsigned skip);
enum risk_owner owner_of_refusal(const struct check *c, enum risk_code code,
    enum risk_scope scope);
enum risk_code check_owners(struct check *c);

/* grant.c */
void grant_free(struct scope *s);
void reach_note(struct check *c);

/* kill.c */
void switches_free(struct risk *r);

/* sums.c */
void sums_moved(struct holding *h);

/* tape.c: each writes one entry, if r is written down */
void tape_number(struct risk *r, enum risk_call call, uint64_t n);
void tape_time(struct risk *r, enum risk_call call, int64_t ns);
void tape_names(struct risk *r, enum risk_call call, const char *a,
    const char *b, int64_t n);
void tape_symbol(struct risk *r, const struct risk_symbol *s);
void tape_session(struct risk *r, enum risk_call call, uint32_t session,
    struct fix_span account, struct fix_span symbol, int64_t ns);
void tape_scope(struct risk *r, enum risk_call call, enum risk_scope kind,
    const char *id, const void *whole, size_t len);
void tape_pair(struct risk *r, enum risk_call call, struct fix_span a,
    struct fix_span b, const void *whole, size_t len);
void tape_ref(struct scope *symbol, struct risk *r);
/* Around a check: what it looks at, then what came of it. */
void tape_before(struct check *c);
void tape_check(const struct check *c);
void tape_hold(struct risk *r, struct fix_span account, struct fix_span symbol,
    char side, struct risk_hold was, struct risk_hold is, int opened);
void tape_fill(struct risk *r, struct fix_span account, struct fix_span symbol,
    char side, int64_t qty_e8, int64_t px_e8);
void tape_rest(struct risk *r, const struct risk_order *o);
void tape_saw(struct risk *r, const struct risk_order *o, struct fix_utc when);
void tape_limits(struct risk *r, enum risk_owner owner, enum risk_scope kind,
    const char *id, const struct risk_limits *l);
void tape_token(struct risk *r, const struct risk_token *t);
void tape_kill(struct risk *r, uint64_t number, const struct risk_where *where,
    enum risk_state state, const char *text);

/* The controls, in the order of check.c: RISK_OK, or why not, with *v set. */
enum risk_code refuse(struct check *c, enum risk_code code,
    enum risk_scope scope, wide limit, wide value);
enum risk_code check_trader(struct check *c);
enum risk_code check_kill(struct check *c);
enum risk_code check_breach(struct check *c);
enum risk_code check_rate(struct check *c);
enum risk_code check_reach(struct check *c);
enum risk_code check_tick(struct check *c);
enum risk_code check_qty(struct check *c);
enum risk_code check_notional(struct check *c);
enum risk_code check_collar(struct check *c);
enum risk_code check_fat_finger(struct check *c);
enum risk_code check_range(struct check *c);
enum risk_code check_restricted(struct check *c);
enum risk_code check_short(struct check *c);
enum risk_code check_alike(struct check *c);
enum risk_code check_repeat(struct check *c);
enum risk_code check_self_trade(struct check *c);
enum risk_code check_ratios(struct check *c);
enum risk_code check_turnover(struct check *c);
enum risk_code check_value(struct check *c);
enum risk_code check_credit(struct check *c);
enum risk_code check_loss(struct check *c);
enum risk_code check_position(struct check *c);
enum risk_code check_open(struct check *c);

/* bands.c */
int64_t reserve_price(const struct check *c);
bool notional_of(const struct scope *symbol, int64_t qty_e8, int64_t px_e8,
    int64_t *out);
/** The same of so much of an order: of one by amount, its part of that. */
bool worth_of(const struct scope *symbol, const struct risk_order *o,
    int64_t qty_e8, int64_t px_e8, int64_t *out);

/* check.c */
bool ref_is_fresh(const struct risk *r, const struct scope *s,
    struct fix_now now);

/* throttle.c */
void rate_session(struct check *c);

/** The next scope of the order that has limits, from *k on; NULL: no more. */
static inline const struct risk_limits *
next_limits(const struct check *c, unsigned *k)
{
	for (; *k < RISK_N_SCOPE; ++*k)
		if (c->scope[*k] != NULL && c->scope[*k]->limited)
			return &c->scope[*k]->limits;
	return NULL;
}

/** The same for rules. */
static inline const struct risk_rules *
next_rules(const struct check *c, unsigned *k)
{
	for (; *k < RISK_N_SCOPE; ++*k)
		if (c->scope[*k] != NULL && c->scope[*k]->ruled)
			return &c->scope[*k]->rules;
	return NULL;
}

#endif
