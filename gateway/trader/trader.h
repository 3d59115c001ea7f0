/*
 * The trader: sessions, desk, risk, venues and the journal joined, without a
 * socket or a clock of its own. The loop (loop.c), or a simulated world
 * (tests/sim), feeds it and carries out what it asks.
 *
 * A turn: any number of trader_*() calls with what is ready, then
 * trader_commit(): one append to the journal, and only then io->send() is
 * called, once for each connection that has bytes.
 */
#ifndef FIXGATE_GATEWAY_TRADER_TRADER_H
#define FIXGATE_GATEWAY_TRADER_TRADER_H

#include "gateway/counters.h"
#include "gateway/trader/copyrow.h"
#include "gateway/order/order.h"
#include "gateway/trader/copyrule.h"
#include "session/pace.h"
#include "session/schedule.h"
#include "session/session.h"
#include "store/journal.h"
#include "store/store.h"

struct trader;

/* Who is at the other end by TLS, found in the handshake. */
struct trader_who {
	bool verified;          /* it has shown a certificate that an authority
	                           or a pin vouches for */
	bool bound;             /* and it is the one that the session's
	                           PeerCertificateName or Pins ask for, or an
	                           initiator's host */
	char subject[200];      /* RFC 2253; "" without a certificate */
	uint8_t key_sha256[32]; /* of its SubjectPublicKeyInfo */
	char version[12];       /* "TLSv1.3" */
	char suite[40];         /* "TLS_AES_256_GCM_SHA384" */
};

/* A connection: the first member of the loop's own struct, zeroed by it. */
struct conn {
	struct peer *peer;            /* the trader's */
	const struct trader_who *who; /* NULL: not TLS. Set before the trader
	                                 gets the connection, lives as long */
	const char *name;  /* the loop's: "127.0.0.1:40112"; may be NULL */
	bool up;           /* the trader's: a Logon was answered on it */
	const char *refuse; /* the loop's: the peer is known, but its Logon is
	                      refused with this text; static; NULL: it is not */
	bool no_reset;     /* the loop's: 141=Y from this peer is refused; set
	                      before the Logon is handed in */
	bool choked;       /* the loop's: the peer does not take what it got;
	                      what can wait, as a resend, does */
	struct fix_mono later; /* the trader's: it takes no bytes before; the
	                      loop reads none until then, and offers what it
	                      has again. 0: it takes them */
};

struct trader_io {
	void *arg;
	/* Bytes for the wire, borrowed for the call; the loop keeps what the
	 * socket does not take. Only called from trader_commit(). */
	void (*send)(void *arg, struct conn *c, struct fix_span bytes);
	/* No more of this connection: flush, close, then trader_closed(). */
	void (*close)(void *arg, struct conn *c);
	/* An initiator wants to connect; the loop answers with
	 * trader_connected() or tries again later by its own back-off. */
	void (*connect)(void *arg, uint32_t session);
	/* level as enum log_level. */
	void (*log)(void *arg, int level, const char *text);
	/* An order, or its turn, has come so far, from STAGE_PARSED on; cheap,
	 * and nothing depends on it. NULL: nobody measures. */
	void (*stage)(void *arg, enum counter_stage s);
};

/* How fast a session may be, and what is left of it when it is gone: flow.c,
 * cod.c. Zeroed: no limit, any age, nothing is canceled. */
struct trader_flow_cfg {
	struct fix_pace_cfg in;         /* application messages but cancels */
	struct fix_pace_cfg in_cancels; /* F and q: told, never refused */
	struct fix_pace_cfg in_all;     /* whatever comes; beyond: Logout */
	enum trader_over { TRADER_REJECT, TRADER_DELAY, TRADER_LOGOUT } over;
	unsigned again_age_s;  /* D or G with 43=Y or 97=Y; 0: any age */
	unsigned first_age_s;  /* and those without */
	bool age_by_transact;  /* by 60, whatever 122 and 52 say */
	enum trader_cod { TRADER_COD_OFF, TRADER_COD_DROP, TRADER_COD_ANY } cod;
	unsigned cod_grace_s;
	bool cod_gt;           /* GTC and GTD, too */
};

struct trader_session_cfg {
	struct fix_session_cfg fix;   /* borrowed strings and dictionaries */
	struct desk_session desk;     /* number is set by the trader: 1, 2, ... */
	bool is_drop_copy;            /* may not send orders */
	struct copy_rule copy;        /* then: what it gets */
	const char *on_behalf_of;     /* OnBehalfOfCompIDs that may stand in 115
	                                 of its messages, with commas; "": none,
	                                 NULL: any */
	const char *deliver_to;       /* the same of 128 */
	const char *ignore_fields;    /* IgnoreFields: tags of orders with
	                                 commas, or NULL */
	bool hold_low_seq;            /* initiator: HoldAfterLowMsgSeqNum */
	struct fix_schedule schedule; /* borrowed zones; zeroed: always open */
	const char *accounts;         /* of a template: see trader_permit() */
	struct trader_flow_cfg flow;
};

/* Somebody who gives commands. */
struct trader_user {
	const char *name;   /* of the local account */
	uint32_t may;       /* bits 1 << enum access */
	const char *scopes; /* "account A, trader T": his own; NULL: none */
};

/* What of its place the journal may use, and what happens then. */
struct trader_space {
	uint64_t max_bytes; /* JournalMaxBytes; 0: what the disk has room for */
	unsigned alarm, reducing, halt; /* percent; 0: never */
};

struct trader_cfg {
	const struct trader_user *users; /* borrowed */
	uint32_t n_users;
	const struct trader_session_cfg *sessions; /* borrowed; behind the
	                                 sessions stand the templates */
	uint32_t n_sessions, n_templates;
	unsigned max_dynamic;         /* MaxDynamicSessions */
	unsigned node;
	struct fix_journal *journal;  /* not owned */
	struct fix_store *store;      /* not owned; the tables */
	struct fix_disk *disk;        /* the journal's, to follow it */
	struct risk *risk;            /* owned from here on */
	unsigned keep_days;           /* JournalKeepDays; 0: keep all */
	unsigned limit_max_days;      /* LimitMaxAge; 0: as old as they like */
	unsigned limit_idle_days;     /* LimitIdleDays; 0: never told */
	struct trader_space space;
	/* First record that the auditor has not read; NULL: there is none. */
	uint64_t (*unread)(const void *arg);
	const void *unread_arg;
	unsigned unread_days;         /* kept for it at most so long */
	size_t ready_orders;          /* ReadyOrders: memory made ready */
	int64_t ack_timeout_ns;       /* 0: the desk's default */
};

/** @return NULL when out of memory, with a log line. Venues and routes are
 * added next, then trader_recover(). */
struct trader *trader_new(const struct trader_cfg *cfg,
    const struct trader_io *io);
void trader_free(struct trader *t);
/** The trader owns the venue from here on. Its sink must be trader_sink(). */
struct venue_sink trader_sink(struct trader *t);
int trader_add_venue(struct trader *t, struct venue *v) FIX_MUST_CHECK;
/** One that speaks FIX through session cfg->session of the settings.
 * @return 0, -FIX_E_NOMEM */
struct venue_fix_cfg;
int trader_add_fix_venue(struct trader *t, const struct venue_fix_cfg *cfg)
    FIX_MUST_CHECK;
/** The venue of that name, the trader's; NULL: none. */
struct venue *trader_venue(struct trader *t, const char *name);
/** The n-th venue, from 0 on; NULL behind the last. */
struct venue *trader_venue_at(struct trader *t, uint32_t n);
int trader_add_route(struct trader *t, const struct desk_route *r)
    FIX_MUST_CHECK;

/**
 * Bring tables up to the journal, load everything from them, note the start.
 * @return 0, -FIX_E_CORRUPT, -FIX_E_IO, -FIX_E_FULL, with a log line
 */
int trader_recover(struct trader *t, struct fix_now now) FIX_MUST_CHECK;

/** Number of cfg->sessions[index], the same at every start; from
 * trader_recover() on, also while it runs. */
uint32_t trader_session_number(const struct trader *t, uint32_t index);
/** Of a venue, 0: there is none of that name. From trader_recover() on. */
uint32_t trader_venue_number(const struct trader *t, const char *name);

/**
 * Templates: acceptors' settings with "*" for parts of an identity, each of
 * which stands for any name of at most 64 letters, digits and ._-+@#&, not for
 * none. A Logon that fits one makes a session, which is journaled with it and
 * stays (dynamic.c).
 */
bool trader_template_fits(const struct fix_session_cfg *tpl,
    const struct fix_identity *id);
/** Id of the session that it would make. @return its length, even over cap */
size_t trader_template_id(const struct fix_session_cfg *tpl,
    const struct fix_identity *id, char *out, size_t cap);
/** Let a session use these accounts and no other, "A,B". r NULL: check only.
 * @return 0, -FIX_E_TOOBIG, risk_permit()'s */
int trader_permit(struct risk *r, uint32_t number, const char *accounts)
    FIX_MUST_CHECK;

/** Check cfg->sessions[index] by other dictionaries and rules from its next
 * message on: see fix_session_set_validation(), whose errors it returns; the
 * log says why. */
int trader_set_validation(struct trader *t, uint32_t index,
    const struct fix_session_cfg *cfg) FIX_MUST_CHECK;
/** Log on with other secrets from the next Logon on; what cfg points to is
 * borrowed until this is called again. */
void trader_set_logon(struct trader *t, uint32_t index,
    const struct fix_session_cfg *cfg);
/** Risk was set from the settings again: what people have changed meanwhile
 * stands above them. @return 0, -FIX_E_NOMEM */
int trader_limits_again(struct trader *t) FIX_MUST_CHECK;
struct trader_scope { /* that a settings file limits; borrowed */
	enum risk_owner owner;
	enum risk_scope kind;
	const char *id;
	const char *where; /* file and line, for people, or "" */
};
/** Before limits are read again: note what is in force for a scope.
 * @return 0, -FIX_E_NOMEM */
int trader_limits_hold(struct trader *t, const struct trader_scope *at)
    FIX_MUST_CHECK;
/** Before grants of traders are read again: note those that are in force. */
void trader_grants_hold(struct trader *t);
/** And after, with _hold_gone for scopes that are not in the file any more: what
 * counts for those scopes is the tighter of both, key by key, and what both grant
 * a trader. What the file would loosen is proposed, and waits for a person.
 * @return how many scopes wait */
unsigned trader_limits_tighter(struct trader *t);
/** The same at a start, once the file's limits are in force and the trader has
 * recovered: _last for each scope that the file limits and once for grants, _gone
 * once, _start.
 * The first start takes all as it stands.
 * @return 0, -FIX_E_NOMEM, -FIX_E_FOREIGN, -FIX_E_IO */
int trader_limits_hold_last(struct trader *t, const struct trader_scope *at)
    FIX_MUST_CHECK;
int trader_limits_hold_gone(struct trader *t) FIX_MUST_CHECK;
int trader_grants_hold_last(struct trader *t) FIX_MUST_CHECK;
unsigned trader_limits_start(struct trader *t);
/** Something that people shall find in the journal and in the log. */
void trader_event(struct trader *t, const char *text);
/** Other hours, by the index of cfg->sessions; NULL leaves one as it is. What
 * they point to is held. A session that was in its interval and still is goes
 * on, with its numbers. */
void trader_set_schedules(struct trader *t,
    const struct fix_schedule *const *s, struct fix_now now);

/* when a symbol, or all of a class, trades. */
struct trader_market {
	enum risk_scope kind; /* RISK_SCOPE_SYMBOL, RISK_SCOPE_CLASS */
	char id[RISK_ID_MAX + 1];
	struct fix_schedule schedule; /* open in its windows */
	uint64_t queued; /* bit n: TimeInForce n also comes at other times */
};
/** In place of all before; what they point to is held.
 * @return 0, -FIX_E_NOMEM */
int trader_set_markets(struct trader *t, const struct trader_market *m,
    unsigned n) FIX_MUST_CHECK;

/** An inbound connection; its session is found by its Logon. peer: for logs. */
int trader_accepted(struct trader *t, struct conn *c, const char *peer,
    struct fix_now now) FIX_MUST_CHECK;
/** A connection was refused before the trader got it: a note in the journal and
 * the log, a few a second. peer: its address. */
void trader_refused(struct trader *t, const char *peer, const char *why,
    struct fix_now now);
/** Is it an initiator's time to connect? Asked before each attempt; when its
 * time comes io->connect() is called again. */
bool trader_may_connect(const struct trader *t, uint32_t session);
/** An initiator's connection is up. */
int trader_connected(struct trader *t, struct conn *c, uint32_t session,
    struct fix_now now) FIX_MUST_CHECK;
/** Bytes came. @return bytes eaten: keep the rest and offer it again, with
 * more behind it */
size_t trader_received(struct trader *t, struct conn *c, const uint8_t *in,
    size_t len, struct fix_now now) FIX_MUST_CHECK;
/** The connection is gone; c is not used again. */
void trader_closed(struct trader *t, struct conn *c, struct fix_now now);
/** Timers. Call when trader_deadline() has come, and once each turn. */
void trader_tick(struct trader *t, struct fix_now now);
struct fix_mono trader_deadline(const struct trader *t);
/** End the turn: journal, then send. @return 0, or the error that made the
 * trader stop: nothing of the turn left, and no further turn will */
int trader_commit(struct trader *t, struct fix_now now) FIX_MUST_CHECK;
/** Nothing to do: bring tables on, make segments ready. A bounded piece of
 * work, between turns. @return true if there is more of it */
bool trader_idle(struct trader *t);

/** Log every session out; trader_drained() once all are gone. */
void trader_drain(struct trader *t, struct fix_now now);
bool trader_drained(const struct trader *t);
/** Orderly end, after the drain: note it, bring the tables on to the last
 * record. @return 0 or the error */
int trader_stop(struct trader *t, struct fix_now now) FIX_MUST_CHECK;
/** Bring the tables on to the last record and hash them: the state hash.
 * @return 0, -FIX_E_IO */
int trader_hash(struct trader *t, uint64_t *out) FIX_MUST_CHECK;

/** An operator's command line ("kill firm halted", "status"), answered with
 * text lines. @return bytes of the answer in out */
/** Who gives the next commands: a local user's name, "" for nobody known.
 * owner: he may do whatever he is not told otherwise about. */
void trader_operator(struct trader *t, const char *who, bool owner);
size_t trader_command(struct trader *t, const char *line, char *out,
    size_t cap, struct fix_now now);

/*
 * What is checked outside, before a Logon is handed in (identity.c).
 */
/** A note about session index: who has proven itself, and how. */
void trader_proven(struct trader *t, uint32_t index, const char *text,
    struct fix_now now);
/** Log out the session that a connection is logged on to; text goes to the
 * peer. */
void trader_log_out_conn(struct trader *t, struct conn *conn, const char *text,
    struct fix_now now);
/** Keep a pair over restarts, from this turn's commit on; an empty value
 * forgets it. Its key must begin with a word of its own. */
void trader_remember(struct trader *t, struct fix_span key,
    struct fix_span value, struct fix_now now);
/** Each pair that was remembered when the trader recovered. fn returns 0, or
 * non-zero to stop. @return 0, what fn returned, -FIX_E_IO, -FIX_E_CORRUPT */
int trader_remembered(struct trader *t, const char *prefix,
    int (*fn)(void *arg, struct fix_span key, struct fix_span value),
    void *arg);

/** How good the clock is, for the journal. @param alert  NULL: none */
struct rec_clock;
void trader_clock(struct trader *t, const struct rec_clock *c,
    const char *alert, struct fix_now now);

struct trader_counts {
	uint64_t in_msgs, out_msgs, orders, fills, refused, reports;
	uint64_t turns, records, resent, sessions_up;
	uint64_t orders_live, holdings_differ, journal_record, tables_record;
	uint64_t tolerated; /* messages taken although they are not valid */
};
void trader_counts(const struct trader *t, struct trader_counts *out);
/* What a subscriber has got of a source, by their CompIDs; *row is the caller's
 * to set, 0 at first. Borrowed for the call. */
typedef void trader_copies_fn(void *arg, uint32_t *row, const char *subscriber,
    const char *source, const struct copy_row *is);
/** Each subscriber and source of the drop copies, as far as any of the
 * subscriber's has changed since the last call. */
void trader_show_copies(
    const struct trader *t, trader_copies_fn *fn, void *arg);

#endif
