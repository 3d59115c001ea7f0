/*
 * May this order go? Pre-trade controls in integers, without allocation, in
 * one fixed order; the first failure is named by code, scope and decision
 * number.
 *
 * Quantities and prices are in units of 10^-8; notional is quantity * price
 * rounded up to units of 10^-8, in 128 bits. A limit that was never set blocks.
 */
#ifndef FIXGATE_RISK_RISK_H
#define FIXGATE_RISK_RISK_H

#include "fix/decimal.h"
#include "fix/span.h"
#include "fix/time.h"

struct risk;

#define RISK_ID_MAX 32   /* bytes of an account, symbol, class or group */
#define RISK_TEXT_MAX 200

enum risk_code {
	RISK_OK, RISK_ACCOUNT, RISK_SYMBOL, RISK_PERM, RISK_CHARACTERISTIC,
	RISK_KILL, RISK_RATE, RISK_DUP_CLORDID, RISK_HOURS, RISK_TICK, RISK_LOT,
	RISK_QTY_MAX, RISK_NOTIONAL_MAX, RISK_COLLAR, RISK_REF_MISSING,
	RISK_POS_LONG, RISK_POS_SHORT, RISK_OPEN_ORDERS, RISK_OPEN_NOTIONAL,
	RISK_INTERNAL, RISK_FAT_FINGER, RISK_RESTRICTED, RISK_SHORT_MARK,
	RISK_SHORT_LOCATE, RISK_SHORT_ACCOUNT, RISK_DUP_CONTENT,
	RISK_REPEAT_EXEC, RISK_SELF_TRADE, RISK_NET, RISK_GROSS,
	RISK_TURNOVER, RISK_OTR, RISK_CANCEL_RATE, RISK_CREDIT, RISK_LOSS_HALT,
	RISK_N_CODE
};

enum risk_scope { /* in the order they are checked */
	RISK_SCOPE_SYMBOL, RISK_SCOPE_CLASS, RISK_SCOPE_ACCOUNT,
	RISK_SCOPE_GROUP, RISK_SCOPE_FIRM, RISK_SCOPE_SESSION,
	RISK_SCOPE_TRADER, RISK_SCOPE_VENUE, /* no limits: kill switches,
	                                        grants */
	RISK_N_SCOPE
};

#define RISK_UNLIMITED INT64_MAX /* must be said explicitly */

/*
 * What a limit counts, by the scope that it was set for:
 *
 *            one order  max_long, max_short   open orders, notional  rate
 *   symbol   yes        account in symbol     account in symbol      all of it
 *   class    yes        account in the class  account in the class   all of it
 *   account  yes        account in symbol     account                account
 *   group    yes        group in symbol       group                  group
 *   firm     yes        everyone in symbol    everyone               everyone
 *   session  yes        -                     -                      session
 *
 * "in symbol": the order's. Where several holdings are counted, their worst
 * cases are added: one account's long is no room for another's. Open notional
 * is counted for buys and for sells apart.
 *
 * Every scope of an order that has limits is checked. A scope for which none
 * were set is skipped; but an account that has none, and whose group and firm
 * have none, is blocked: RISK_QTY_MAX, limit 0. Within limits that were set, a
 * 0 blocks.
 */
struct risk_limits { /* 0: blocked */
	int64_t max_order_qty_e8;
	int64_t max_order_notional_e8;
	int64_t max_long_e8;       /* position + open buys */
	int64_t max_short_e8;      /* open sells - position */
	int64_t max_open_orders;
	int64_t max_open_notional_e8;
	int64_t collar_bp;         /* price and stop may leave the reference by
	                              so many hundredths of a percent: a buy
	                              upward, a sell downward */
	int64_t orders_per_s;      /* token bucket, new and replace */
	int64_t order_burst;       /* its size; 0: as orders_per_s */
	int64_t cancels_per_s;     /* counted, never blocks */
};

/* whose limits they are. In force is the least of all of them. */
enum risk_owner {
	RISK_OWNER_FIRM, RISK_OWNER_EXCHANGE, RISK_OWNER_CLEARING,
	RISK_OWNER_CLIENT, RISK_N_OWNER
};

/* What an order passes over, of its client's own limits only. */
enum { RISK_SKIP_PRICE = 1 << 1, RISK_SKIP_NOTIONAL = 1 << 2,
	RISK_SKIP_QTY = 1 << 3 }; /* by ValueCheckType(1869) */

struct risk_symbol {
	const char *symbol;
	const char *class_;     /* "" for none */
	int64_t tick_e8, lot_e8; /* 0: any */
	int64_t multiplier_e8;   /* FIX_E8 for shares */
};

/* how a sale must be marked. CHECKED: Side(54)=2 sells no more than is
 * held and not already offered. STRICT: and 5 no less. */
enum risk_marking { RISK_MARK_ANY, RISK_MARK_CHECKED, RISK_MARK_STRICT };

/* who an order must come from. KNOWN: a trader that it names has a grant;
 * REQUIRED: and it names one. */
enum risk_traders {
	RISK_TRADERS_ANY, RISK_TRADERS_KNOWN, RISK_TRADERS_REQUIRED
};

/* Section 9: refusals that leave for one order lifts. */
enum { RISK_SOFT_QTY = 1, RISK_SOFT_NOTIONAL = 2, RISK_SOFT_COLLAR = 4,
	RISK_SOFT_VOLUME = 8, RISK_SOFT_DUPLICATE = 16 };

/*
 * Controls that are off until they are set: RISK_UNLIMITED, 0 masks, false.
 * One that is set and lacks what it compares with (ADV, tick, locate) refuses.
 * They are looked at for every scope of an order that has them.
 */
struct risk_rules {
	uint32_t ord_types;      /* bit n allows kind n, or plain OrdType n;
	                            0: all */
	uint32_t times_in_force; /* bit n allows TimeInForce n; 0: all */
	int64_t far_bp;       /* a buy may be so far below the
	                         reference, a sell so far above it */
	int64_t collar_ticks; /* and so many ticks off it, either way */
	int64_t max_adv_bp;   /* of the average daily volume */
	bool adv_optional;    /* a symbol without one passes */
	int64_t dup_max;       /* orders alike, */
	int64_t dup_window_ns; /* accepted within so long */
	int64_t max_executed;  /* orders that may be executed, at all or
	                          in part, before a person re-arms; account and
	                          session only */
	enum risk_marking short_sale;
	bool conservative; /* of max_long and max_short: a short position
	                      is no room for buys, nor a long one for sells */
	int64_t max_net_e8;   /* worst sides at their references, summed
	                         with their signs */
	int64_t max_gross_e8; /* and without */
	int64_t max_turnover_e8; /* executed today and open, both sides */
	int64_t max_bought_e8, max_sold_e8; /* and each */
	int64_t max_traded_qty_e8;
	int64_t max_otr_e8, max_otr_volume_e8; /* orders / trades - 1, of
	                         the account in the symbol, today */
	int64_t otr_min;         /* orders before it is looked at */
	int64_t max_cancel_bp;   /* R-29, session: cancels of new orders */
	int64_t cancel_min;      /* new orders before it is looked at */
	int64_t cancel_window_ns;
	bool has_credit;  /* R-26, account: buys may cost what there is */
	int64_t cash_e8;  /* before all executions that are known */
	int64_t credit_e8, fee_bp;
	int64_t max_loss_e8;     /* R-31, account, group, firm: since the day
	                            began; halts until a person re-arms */
	int64_t max_drawdown_e8; /* since the day's peak; the same */
	int64_t reducing_loss_e8; /* from here on only what reduces */
	enum risk_traders traders;
	uint32_t soft;    /* RISK_SOFT_*: refusals that a token lifts */
	bool self_trade;  /* no order may meet a live one of this scope;
	                     account, group and firm; set before orders flow */
};
#define RISK_RULES_INIT                                                        \
	{                                                                      \
		.far_bp = RISK_UNLIMITED, .collar_ticks = RISK_UNLIMITED,      \
		.max_adv_bp = RISK_UNLIMITED, .dup_max = RISK_UNLIMITED,       \
		.max_executed = RISK_UNLIMITED, .max_net_e8 = RISK_UNLIMITED,  \
		.max_gross_e8 = RISK_UNLIMITED,                                \
		.max_turnover_e8 = RISK_UNLIMITED,                             \
		.max_bought_e8 = RISK_UNLIMITED,                               \
		.max_sold_e8 = RISK_UNLIMITED,                                 \
		.max_traded_qty_e8 = RISK_UNLIMITED,                           \
		.max_otr_e8 = RISK_UNLIMITED,                                  \
		.max_otr_volume_e8 = RISK_UNLIMITED,                           \
		.max_cancel_bp = RISK_UNLIMITED,                               \
		.max_loss_e8 = RISK_UNLIMITED,                                 \
		.max_drawdown_e8 = RISK_UNLIMITED,                             \
		.reducing_loss_e8 = RISK_UNLIMITED                             \
	}

#define RISK_BANDS_MAX 16
#define RISK_DUP_WINDOW_MAX_NS (60 * FIX_SEC)

enum risk_restriction { RISK_FREE, RISK_SELL_ONLY, RISK_NO_TRADE };
enum risk_shortable { RISK_SHORT_NEVER, RISK_SHORT_EASY, RISK_SHORT_LOCATED };

/* What else is known of a symbol. */
struct risk_detail {
	int64_t adv_e8; /* average daily volume; 0: not known */
	int64_t range_window_ns, range_ticks; /* R-12 over a period: accepted
	                        prices may span so many ticks; 0: off */
	bool inactive;      /* as if it were not known */
	struct fix_utc expires; /* from then on, too; 0: never */
	enum risk_restriction restriction; /* R-18, for everybody */
	enum risk_shortable shortable;     /* */
	unsigned n_bands; /* from this |price| on, this tick; rising */
	struct {
		int64_t from_e8, tick_e8;
	} band[RISK_BANDS_MAX];
};

/* when orders in a symbol, or of a class, may come: from `from` on and
 * before `until`. INT64_MIN and INT64_MAX: always. */
struct risk_hours {
	struct fix_utc from, until;
	uint64_t queued; /* bit n: TimeInForce n may also come at other times,
	                    for the venue to keep until it opens */
};

/* A live order as self-trade prevention sees it. Embedded in the caller's
 * order, zeroed at first, and not moved while it is in. */
struct risk_rest {
	struct risk_rest *up, *left, *right;
	struct risk_rest **root; /* NULL: not in */
	void *holding;
	uint64_t number; /* on tape; 0: not there yet */
	int64_t key; /* price, from best to worst */
	uint32_t venue, rank;
};

/* What an order is to R-04 where that is more than its ord_type. */
enum risk_kind { RISK_KIND_PLAIN, RISK_KIND_AT_CLOSE = 5, RISK_KIND_LIMIT_CLOSE,
	RISK_KIND_TOUCHED, RISK_KIND_TO_LIMIT, RISK_KIND_PEGGED,
	RISK_KIND_TRAILING, RISK_N_KIND };
struct risk_order {
	struct fix_span account, symbol;
	struct fix_span trader; /* person or algorithm; empty: not said */
	uint32_t session;
	char side;          /* '1' buy, '2' sell, '5' sell short, ... */
	char ord_type;      /* '1' market, '2' limit, '3' stop, '4' stop limit */
	char time_in_force;
	uint8_t kind;       /* enum risk_kind */
	bool has_price, has_stop;
	int64_t qty_e8;     /* whole order */
	int64_t cum_e8;     /* filled already (a replace) */
	int64_t price_e8, stop_e8;
	int64_t cash_e8;        /* an order by amount is worth this much, qty_e8
	                           is an estimate; 0: it is not by amount */
	uint32_t venue;         /* number, where it goes */
	unsigned skip;          /* RISK_SKIP_* */
	uint32_t token;         /* leave that it names; 0: none */
	struct risk_rest *rest; /* of the order; NULL: it is in no book */
	uint64_t number; /* the caller's, to find it by on tape; 0: none */
};

/* What an order reserves while it lives. */
struct risk_hold {
	int64_t qty_e8;
	int64_t notional_e8;
};

struct risk_verdict {
	enum risk_code code;
	enum risk_scope scope;
	char scope_id[RISK_ID_MAX + 1];
	enum risk_owner owner;     /* of the limit */
	bool owned;                /* others than the firm have limits there */
	bool soft;                 /* a token could lift it */
	uint32_t token;            /* accepted: that was spent; 0: none */
	int64_t limit, value, ref; /* ref 0: none; of a collar, limit is the
	                              outermost price that passes */
	uint64_t decision;
	struct risk_hold hold;     /* reserved when code is RISK_OK */
	const char *kill;          /* RISK_KILL: risk_kill()'s text, as long
	                              as that stands */
};

struct risk_position {
	int64_t qty_e8;        /* signed */
	int64_t bought_e8, sold_e8; /* sums of executions */
	int64_t cash_e8;       /* - bought notional + sold notional */
	uint64_t fills;
};

/** @param ref_max_age_ns  older references are missing; 0: never too old
 * @return NULL when out of memory */
struct risk *risk_new(int64_t ref_max_age_ns);
void risk_free(struct risk *r);

/* Set-up; before orders flow, or at a reload between two orders. Whatever changes
 * the object is written on its tape (tape.h), so that each decision can be made
 * again: a new call here needs its entry there.
 * @return 0, -FIX_E_NOMEM, -FIX_E_TOOBIG (id too long) */
int risk_add_account(struct risk *r, const char *account, const char *group)
    FIX_MUST_CHECK;
int risk_add_symbol(struct risk *r, const struct risk_symbol *s)
    FIX_MUST_CHECK;
/** Session may use this account; a session with none may use every one. */
int risk_permit(struct risk *r, uint32_t session, const char *account)
    FIX_MUST_CHECK;
/** The firm's limits of a scope; id is ignored for the firm; for a session its number.
 * Traders and venues have none. */
int risk_set_limits(struct risk *r, enum risk_scope kind, const char *id,
    const struct risk_limits *l) FIX_MUST_CHECK;
/** Limits of another owner, or of the firm: as risk_set_limits(). */
int risk_set_owned(struct risk *r, enum risk_owner owner, enum risk_scope kind,
    const char *id, const struct risk_limits *l) FIX_MUST_CHECK;
/** @return false: none of theirs */
bool risk_get_owned(const struct risk *r, enum risk_owner owner,
    enum risk_scope kind, const char *id, struct risk_limits *l);
/** All that others than the firm have set is gone, as before a reload. */
void risk_unset_owned(struct risk *r);
/** Without limits of this owner in its scopes an order is blocked; false: they
 * see to their limits themselves, which is how it begins. */
void risk_must_state(struct risk *r, enum risk_owner owner, bool must);
const char *risk_owner_name(enum risk_owner o);
/** The firm's limits that were set. @return false: none */
bool risk_get_limits(const struct risk *r, enum risk_scope kind,
    const char *id, struct risk_limits *l);
/** As if none had been set. */
void risk_unset_limits(struct risk *r, enum risk_owner owner,
    enum risk_scope kind, const char *id);
/** Controls of a scope, as risk_set_limits(). */
int risk_set_rules(struct risk *r, enum risk_scope kind, const char *id,
    const struct risk_rules *rules) FIX_MUST_CHECK;
/** The controls that were set. @return false: none */
bool risk_get_rules(const struct risk *r, enum risk_scope kind,
    const char *id, struct risk_rules *rules);
void risk_unset_rules(struct risk *r, enum risk_scope kind, const char *id);
/** More about a symbol that risk_add_symbol() has made known.
 * @return 0, -FIX_E_NOTFOUND, -FIX_E_FORMAT (bands don't rise, a negative
 *         number), -FIX_E_NOMEM */
int risk_describe(struct risk *r, const char *symbol,
    const struct risk_detail *d) FIX_MUST_CHECK;
/** R-18 of one account in one symbol; both are made if need be. */
int risk_restrict(struct risk *r, const char *account, const char *symbol,
    enum risk_restriction what) FIX_MUST_CHECK;
/** what the account has located of a hard-to-borrow symbol, per day. */
int risk_set_locate(struct risk *r, const char *account, const char *symbol,
    int64_t qty_e8) FIX_MUST_CHECK;
/** the account may mark its sales Side(54)=6. */
int risk_allow_exempt(struct risk *r, const char *account) FIX_MUST_CHECK;
/*
 * what a trader (a person, desk or algorithm, as orders name it) may
 * trade; then risk_grant_to() for each symbol, class and venue. With neither a
 * symbol nor a class it may trade all of them, without a venue go to all.
 */
#define RISK_REACH_MAX 100000
struct risk_grant {
	uint32_t sides; /* bit n allows Side(54)=n; 0: all */
	int64_t max_symbols, max_venues; /* different ones a day, UTC; at
	                                    most RISK_REACH_MAX, or unlimited */
};
#define RISK_GRANT_INIT                                                        \
	{                                                                      \
		.max_symbols = RISK_UNLIMITED, .max_venues = RISK_UNLIMITED    \
	}
/** Grant, or grant anew: what it had, and was seen in, is forgotten.
 * @return 0, -FIX_E_FORMAT (no name; a number out of range), -FIX_E_TOOBIG,
 *         -FIX_E_NOMEM */
int risk_grant(struct risk *r, const char *trader, const struct risk_grant *g)
    FIX_MUST_CHECK;
/** @return 0, -FIX_E_NOTFOUND (it has no grant), -FIX_E_FORMAT (no symbol,
 * class or venue), -FIX_E_TOOBIG, -FIX_E_NOMEM */
int risk_grant_to(struct risk *r, const char *trader, enum risk_scope kind,
    const char *id) FIX_MUST_CHECK;
/** Nobody has one, as before a reload. */
void risk_grants_clear(struct risk *r);
/** After a restart or a reload: an order that passed then. Of another day than
 * risk_set_day()'s it counts nothing. */
void risk_saw(struct risk *r, const struct risk_order *o, struct fix_utc when);
/*
 * Leave for one order beyond soft limits. The order names it, is of the account,
 * the symbol and the side, of no more and at no worse a price (a buy at most, a
 * sale at least), passes before `until`, and is not of who issued it.
 */
#define RISK_TOKENS_MAX 64
#define RISK_ISSUER_MAX 39
struct risk_token {
	int64_t qty_e8, price_e8;
	struct fix_utc until;
	uint32_t number; /* never 0 */
	char side;
	char account[RISK_ID_MAX + 1], symbol[RISK_ID_MAX + 1];
	char issuer[RISK_ISSUER_MAX + 1];
};
/** @return 0, -FIX_E_FORMAT (no number, side or quantity), -FIX_E_FULL */
int risk_token_add(struct risk *r, const struct risk_token *t) FIX_MUST_CHECK;
/** Take it back. @return false: there is none of that number, or it is spent */
bool risk_token_drop(struct risk *r, uint32_t number);
/** The interval that holds the moment, or else the next one, of a symbol or a
 * class; to be told anew when it is over. @return as risk_set_limits(),
 * -FIX_E_FORMAT (a scope of another kind) */
int risk_set_hours(struct risk *r, enum risk_scope kind, const char *id,
    const struct risk_hours *h) FIX_MUST_CHECK;
/** Reference price of a symbol. @return 0, -FIX_E_NOTFOUND */
int risk_set_ref(struct risk *r, struct fix_span symbol, int64_t px_e8,
    struct fix_mono when);
/** The fresh reference price and so much, from a tick to the next one away from
 * it. @return 0, -FIX_E_NOTFOUND (no such symbol, or no fresh reference),
 *         -FIX_E_RANGE (not above 0, or too big) */
int risk_price_off(const struct risk *r, struct fix_span symbol, int64_t off_e8,
    struct fix_now now, int64_t *px_e8) FIX_MUST_CHECK;
/** Hundredths of a percent of the reference. @return as risk_price_off() */
int risk_part_of_ref(const struct risk *r, struct fix_span symbol,
    int64_t bp_e8, struct fix_now now, int64_t *off_e8) FIX_MUST_CHECK;
/** How much an amount may buy if the price falls by a twentieth, up to the next
 * lot. @return as risk_price_off() */
int risk_qty_for(const struct risk *r, struct fix_span symbol, int64_t cash_e8,
    struct fix_now now, int64_t *qty_e8) FIX_MUST_CHECK;
/** Does an order of this account in this symbol count in that scope? Of a
 * session it is not known here: false. */
bool risk_in_scope(const struct risk *r, enum risk_scope kind, const char *id,
    struct fix_span account, struct fix_span symbol);
/** May a session's orders name this account; and this symbol? */
bool risk_permitted(const struct risk *r, uint32_t session,
    struct fix_span account);
bool risk_trades(const struct risk *r, struct fix_span symbol);
/** The one account of a session, if it has exactly one; else empty. */
struct fix_span risk_default_account(const struct risk *r, uint32_t session);
/** Decisions go on from here: the last number that an earlier run used. */
void risk_set_decision(struct risk *r, uint64_t last);

/**
 * Check a new order and reserve for it.
 * @return 0 accepted: v->hold is reserved; 1 refused: v says why
 */
int risk_check_new(struct risk *r, const struct risk_order *o,
    struct fix_now now, struct risk_verdict *v) FIX_MUST_CHECK;
/**
 * Check a replace. o holds the new totals; `held` is what the order has
 * reserved now. Accepted: the greater of old and new is reserved, v->hold.
 * @return 0, 1
 */
int risk_check_replace(struct risk *r, const struct risk_order *o,
    struct risk_hold held, struct fix_now now, struct risk_verdict *v)
    FIX_MUST_CHECK;
/** A cancel is counted and never refused; the session's over its limit are
 * told by risk_cancels_over(). */
void risk_count_cancel(struct risk *r, uint32_t session, struct fix_now now);
uint64_t risk_cancels_over(const struct risk *r, uint32_t session);
/** What a live order with these leaves must reserve. Takes a reference of any
 * age; without one, the prices that the order itself names. */
struct risk_hold risk_hold_of(struct risk *r, const struct risk_order *o,
    int64_t leaves_e8);
/** Change a reservation: from what it was to what it shall be; {0,0} frees.
 * opened: +1 the order became live, -1 it ended, 0 neither. */
void risk_rehold(struct risk *r, struct fix_span account,
    struct fix_span symbol, char side, struct risk_hold was,
    struct risk_hold is, int opened);
/** An execution: the position moves. qty may be negative: a bust. Unknown
 * account or symbol is taken too (suspense). @return the position after */
const struct risk_position *risk_fill(struct risk *r, struct fix_span account,
    struct fix_span symbol, char side, int64_t qty_e8, int64_t px_e8);

/** The first execution of an order: counted for account and session. */
void risk_executed(struct risk *r, uint32_t session, struct fix_span account,
    struct fix_span symbol);
/** A person lets a scope trade again: counter and latch of R-17, latch of R-31,
 * whose day begins anew.
 * @return 0; -FIX_E_NOTFOUND: there is nothing to re-arm */
int risk_rearm(struct risk *r, enum risk_scope kind, const char *id)
    FIX_MUST_CHECK;
/** It has run before: order rates begin with nothing saved up, from now on. */
void risk_restarted(struct risk *r, struct fix_now now);
/** A scope that has been halted by its losses since this was last asked: its
 * orders are to be canceled. @return false: none */
bool risk_tripped(struct risk *r, enum risk_scope *kind, const char **id);
/** Day counters begin anew with another day: whole days UTC since 1970. The
 * checks and the desk see to it. */
void risk_set_day(struct risk *r, struct fix_utc now);

/**
 * The price at which a live order may trade, for R-14: put in, moved, or taken
 * out. An order without price (market) meets every other. Stops that have not
 * been triggered are in no book: leave them out.
 */
void risk_rest_set(struct risk *r, struct risk_rest *rest,
    const struct risk_order *o);
void risk_rest_drop(struct risk_rest *rest);

/* Counters and latches that outlive a restart, as the caller keeps them. */
#define RISK_MEMORY_KEY (2 * RISK_ID_MAX + 8)
struct risk_memory {
	int64_t day;         /* of the counters that begin anew */
	int64_t shorted_e8;  /* sold short, executed */
	int64_t bought_e8, sold_e8, traded_qty_e8; /* executed today */
	int64_t orders, trades, order_qty_e8, ratio_qty_e8; /* R-28, today */
	int64_t executed;    /* orders since a person armed it */
	int64_t fees_e8;     /* of all executions */
	int64_t loss_day, start_e8, peak_e8; /* equity */
	uint8_t repeat_latch;
	uint8_t loss_state;  /* enum risk_state, latched */
	uint8_t unused[6];
};
/** The next memory that changed since it was asked for, with its key.
 * @return false: none */
bool risk_changed(struct risk *r, uint8_t key[RISK_MEMORY_KEY],
    size_t *key_len, const struct risk_memory **m);
/** Give one back, after accounts, symbols and sessions are set up.
 * @return 0, -FIX_E_CORRUPT, -FIX_E_NOMEM */
int risk_remember(struct risk *r, struct fix_span key, struct fix_span value)
    FIX_MUST_CHECK;

/* What an account holds and has reserved in a symbol; the end of int64 stands for
 * what is beyond it. */
struct risk_sums {
	int64_t position_e8, buys_e8, sells_e8, shorts_e8;
	int64_t buy_notional_e8, sell_notional_e8;
	int64_t open; /* live orders */
};
/** The next pair whose sums changed since it was asked for; names live as long
 * as r. @return false: none */
bool risk_moved(struct risk *r, const char **account, const char **symbol,
    struct risk_sums *s);
/** Zero for a pair that is not there. */
struct risk_sums risk_get_sums(const struct risk *r, struct fix_span account,
    struct fix_span symbol);

/** Positions, for tables and restart. */
int risk_set_position(struct risk *r, struct fix_span account,
    struct fix_span symbol, const struct risk_position *p) FIX_MUST_CHECK;
const struct risk_position *risk_get_position(const struct risk *r,
    struct fix_span account, struct fix_span symbol);
int risk_each_position(const struct risk *r, int (*fn)(void *arg,
    const char *account, const char *symbol, const struct risk_position *p,
    int64_t open_buy_e8, int64_t open_sell_e8), void *arg);

/*
 * Kill switches. Each is for the orders that are in every one of its scopes,
 * and stands until it is taken back; an order passes if every switch that it
 * falls under lets it. HALTED: no new order, no replace. REDUCING: only what
 * brings the account's position in the symbol nearer to nothing, reservations
 * counted, and a replace that asks for no more than before. Cancels always
 * pass.
 */
enum risk_state { RISK_ACTIVE, RISK_REDUCING, RISK_HALTED };
struct risk_where { /* zeroed: nowhere */
	uint32_t kinds; /* bit 1 << enum risk_scope: that one is named */
	char id[RISK_N_SCOPE][RISK_ID_MAX + 1]; /* the firm's is ""; a session's
	                                           and a venue's a number */
};
/** @return false: the id is too long, or the kind is named already */
bool risk_where_add(struct risk_where *w, enum risk_scope kind, const char *id)
    FIX_MUST_CHECK;
/** Is an order in it? Of accounts, symbols and groups as they are set up now;
 * a live order outlives the settings, then names alone count. */
bool risk_where_has(const struct risk *r, const struct risk_where *w,
    const struct risk_order *o);
/**
 * Set switch `number`, or change its state and text.
 *
 * @param text  what a refusal says of it, "ACCOUNT:A by=RISK"; NULL: its first
 *              scope. Copied, cut at RISK_KILL_TEXT.
 * @return 0, -FIX_E_FORMAT (nowhere, or an id that is no number),
 *         -FIX_E_NOMEM
 */
int risk_kill(struct risk *r, uint64_t number, const struct risk_where *w,
    enum risk_state state, const char *text) FIX_MUST_CHECK;
#define RISK_KILL_TEXT 159
/** Take it back. @return false: there is none of this number */
bool risk_unkill(struct risk *r, uint64_t number);

/** Text(58) of a refusal: "RISK CODE scope=kind:id lim=n val=n ref=n dec=n".
 * Group and firm show no numbers, nor does a code that has none; a name that
 * only the client said is not repeated. @return bytes, NUL-terminated */
size_t risk_text(const struct risk_verdict *v, char out[RISK_TEXT_MAX + 1]);
const char *risk_code_name(enum risk_code c);
const char *risk_scope_name(enum risk_scope s);
/** OrdRejReason(103) and CxlRejReason(102) by FIX version; the face asks. */
int risk_ord_rej_reason(enum risk_code c, int fix_version);
int risk_cxl_rej_reason(enum risk_code c, int fix_version);

#endif
