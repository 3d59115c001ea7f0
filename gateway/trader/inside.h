/* What the files of the trader share, and nobody else sees. */
#ifndef FIXGATE_GATEWAY_TRADER_INSIDE_H
#define FIXGATE_GATEWAY_TRADER_INSIDE_H

#include "gateway/log.h"
#include "gateway/failpoint.h"
#include "gateway/trader/grants.h"
#include "gateway/trader/keeps.h"
#include "gateway/trader/limits.h"
#include "gateway/trader/sent.h"
#include "gateway/trader/space.h"
#include "gateway/trader/tables.h"
#include "gateway/trader/timers.h"
#include "gateway/trader/trader.h"
#include "risk/tape.h"

#define SESSION_ID_MAX 199 /* bytes of "FIX.4.4:US->PEER" */

/* A connection as the trader sees it. */
struct peer {
	struct conn *conn;        /* the loop's; NULL once it is closed */
	struct peer *next, *prev; /* all connections */
	struct peer *next_out;    /* those with bytes to send in this turn */
	struct client *client;    /* NULL until its Logon has named it */
	char name[64];            /* address, for logs */
	uint8_t *out;             /* bytes of this turn */
	size_t out_len, out_cap;
	uint8_t *first;           /* a Logon that waits for the end of an old
	                             connection of the same session */
	size_t first_len;
	unsigned first_turns;     /* turns it has waited */
	bool queued;              /* in the turn's list */
	bool closing;             /* close after this turn's bytes */
	bool told;                /* io->close() was called */
};

/* What the peer has asked to see again. */
struct replay {
	bool open;
	uint64_t from, next, end;
	uint64_t messages;        /* of them, sent again */
	int64_t later;            /* monotonic: not before, by its pace */
};

/* How fast its peer was: flow.c. */
struct flow {
	struct fix_pace in, cancels, all;
	uint64_t over;            /* messages refused, or made to wait */
	uint64_t cancels_over;
	int64_t said_at;          /* monotonic: when that was last told */
	int64_t waits_at;         /* until when nothing is read; 0: it is */
	/* On a full disk, monotonic: when the next is read, */
	int64_t admin_at;
	int64_t cancel_at; /* behind one that was refused, */
	int64_t logon_at;  /* and when the next Logon may come */
	unsigned logons;   /* of those that may come before */
	bool ended;               /* logged out for it */
};

/* Orders to cancel since it is gone: cod.c. */
struct cod {
	int64_t at;               /* monotonic: when; FIX_MONO_NEVER: none */
	uint64_t up_to;           /* number of the last order that counts */
	unsigned pieces;          /* of work left, at most */
	unsigned n;               /* cancels so far */
	char why;                 /* ORDER_WHY_* */
	bool begun;               /* the grace is over */
};

/* A session and what the trader knows of it. */
struct client {
	struct timer timer;       /* first: a timer is cast back to its client */
	const struct trader_session_cfg *cfg;
	struct fix_session *fix;
	struct peer *peer;        /* NULL while there is no connection */
	uint32_t number;          /* in journal and tables, from 1 */
	uint64_t generation;      /* one more at each reset of numbers */
	uint64_t owed;            /* first application message made while
	                             logged off and not resent yet; 0: none */
	struct sent sent;
	uint64_t ahead;           /* numbers below it are noted as used, though
	                             nothing was kept of them; 0: none */
	struct replay replay;
	uint64_t *orphans;        /* positions of messages that a reset voided
	                             before they were sent */
	uint32_t n_orphans, cap_orphans;
	struct copies *copies; /* of a drop copy session; NULL: it is none */
	struct venue *venue;   /* that speaks through it; NULL: none */
	struct client *next_replay;   /* those with an open replay */
	bool in_replays;              /* stands in trader.replays */
	struct fix_schedule schedule; /* held; a reload changes it */
	int64_t born_ns;          /* with hours: when its numbers began at 1,
	                             by the wall clock; 0: unknown */
	int64_t reset_due_ns;     /* ResetSeqTime, ours to start: when next, by
	                             the wall clock; 0: not reckoned yet */
	int64_t hours_at;         /* monotonic: look at its hours again */
	struct made *made;        /* from a template; NULL: of the settings */
	struct flow flow;
	struct cod cod;
	int64_t garbled_at;       /* second of the last note of that, from 1 */
	unsigned garbled;         /* that were not noted since */
	bool up;
	bool shut;                /* out of its hours */
	bool held;                /* an initiator that may not connect */
	bool disabled;            /* by an operator, whatever the hours */
	bool resetting;           /* a timed reset waits for the peer's answer */
	bool wants_connect;       /* an initiator whose connection is asked for */
	char id[SESSION_ID_MAX + 1];
};

/* A report that the desk made while a session was at work. */
struct waiting {
	uint32_t session;
	uint32_t venue; /* of its order; 0: none */
	uint32_t off, len;
	char type[3]; /* MsgType(35), one letter or two */
};

/* Leave for one order. Plain bytes, kept under "token NUMBER". */
struct token_op {
	struct risk_token risk;
	char reason[160];
};

struct tokens {
	struct token_op open[RISK_TOKENS_MAX];
	unsigned n;
	uint64_t last; /* number given */
};

/* Who gives the command that is carried out. */
struct operator_is {
	char name[40];
	char line[256];  /* the command */
	uint32_t may;    /* bits 1 << enum access */
	const char *scopes;
};

/* A kill switch as an operation. Plain bytes, kept under "kill NUMBER". */
struct kill_op {
	uint64_t number;       /* 1, 2, ...: what it is called */
	struct risk_where where;
	uint32_t state;        /* enum risk_state */
	int64_t begun_ns;      /* UTC */
	int64_t released_ns;   /* 0: it stands */
	uint64_t up_to;        /* last order that it can be for */
	/* Orders that were live when it began to halt, and how they ended */
	uint64_t targeted, canceled, filled, rejected;
	uint64_t stuck;        /* of those left, as they were told last */
	uint64_t told;         /* 0: not complete; else 1 + those left then */
	int64_t asked_ns;      /* release: the first of two people, when */
	char asked_by[40];
	char who[40], role[8];
	char scope[256];       /* "account DEMO, symbol AAPL" */
	char text[RISK_KILL_TEXT + 1]; /* of refusals */
	char reason[160];
	uint64_t changed;      /* not kept yet; 0 in what is kept */
};

struct kills {
	struct kill_op *ops;   /* oldest first */
	unsigned n, cap;
	uint64_t last;         /* number given */
	uint64_t sweep;        /* of orders that are to be canceled, */
	bool sweeping;         /* under way */
	int64_t again_at;      /* monotonic: the next; FIX_MONO_NEVER */
	int64_t wait;          /* and after that one so long */
	bool changed;          /* counts, not kept yet */
	bool busy;             /* one stands, or has orders left */
};

/* Pruning while the trader runs: a snapshot under way. */
struct pruning {
	int64_t at;      /* monotonic: look again what may go */
	uint64_t number; /* segments before it go then; 0: none is */
	int table;       /* enum fix_table, and the next key of it */
	size_t key_len;
	uint8_t key[FIX_STORE_KEY_MAX];
};

struct markets { /* markets.c */
	struct trader_market *of;
	unsigned n;
	int64_t looked_ns, due_ns; /* UTC: their intervals are told between */
};

struct trader {
	struct trader_io io;
	struct trader_cfg cfg;
	struct fix_acts *acts;
	struct desk *desk;
	struct risk *risk;
	struct tables *tables;
	struct client *clients;      /* by the order of the config, then those
	                                made from templates */
	uint32_t n_clients;
	uint32_t highest;            /* session number given */
	struct fix_schedule *hours;  /* of templates, held */
	struct client **by_number;   /* by session number */
	uint32_t n_by_number;
	struct timers timers;
	struct venue **venues;
	uint32_t n_venues;
	struct holdings **holdings;  /* by venue's number - 1; NULL: none */
	uint32_t holdings_differ;
	uint64_t n_told;             /* events said on command */
	struct desk_route *routes;   /* until the desk is there */
	uint32_t n_routes;
	struct peer *peers;          /* all connections */
	uint32_t n_first;            /* of them waiting with a Logon */
	struct client **copies;      /* drop copy sessions */
	uint32_t n_copies;
	uint32_t next_copy;          /* which of them is first in a turn */
	int64_t copies_look_at;      /* monotonic: is one too far behind? */
	unsigned copies_waited;      /* turns that have left them to others */
	uint32_t out_venue;          /* of the report that is being sent */
	uint32_t gone_number;        /* a venue that is no more in the settings */
	char gone_venue[VENUE_NAME_MAX + 1]; /* its name; see venue_called() */
	struct peer *out;            /* with bytes in this turn */
	struct client *replays, *last_replay; /* by whose turn it is */
	struct waiting *waiting;     /* reports of this turn */
	uint32_t n_waiting, cap_waiting, next_waiting;
	uint8_t *bodies;             /* their bytes */
	size_t bodies_len, bodies_cap;
	uint8_t *scratch;            /* one message */
	size_t scratch_cap;
	struct fix_field *fields;    /* of the message being split */
	struct keeps keeps;          /* of the turn, not in the journal yet */
	struct fix_now now;          /* of the turn */
	uint64_t incarnation;
	int64_t ended_ns;            /* UTC: the last trader's last record */
	uint64_t turn_records, turn_fills;
	int64_t refusals_at;         /* second in which refusals are counted */
	unsigned refusals;
	struct pruning pruning;
	unsigned prepare_in;         /* turns until the next segment is made, */
	uint64_t prepare_room;       /* or when room has come down to this */
	struct limits limits;
	struct grants grants;
	struct kills kills;
	struct tokens tokens;
	struct markets markets;
	struct operator_is who;
	bool killed, relimited;      /* in this turn */
	int failed;                  /* the trader has stopped: why */
	int64_t calendars_day;       /* when their ends were looked at */
	bool short_of_space;         /* no room for a next segment */
	enum space space;            /* space.c */
	int64_t look_at;             /* monotonic: ask the disk again, */
	uint64_t look_used;          /* or when so many bytes are used, */
	uint64_t look_step;          /* which is after so many */
	int64_t refuse_at;           /* monotonic: flow.c */
	bool logons_told;            /* that some are refused for space */
	bool draining;
	bool working;                /* actions of a session are carried out */
	struct trader_counts counts;
};

/* venues.c */
void venues_free(struct trader *t);

/* trader.c */
void trader_log(struct trader *t, enum log_level level, const char *fmt, ...)
    FIX_PRINTF(3, 4);
/** A line in the journal, for people and the audit trail, and in the log. */
void trader_note(struct trader *t, enum log_level level, uint32_t session,
    const char *fmt, ...) FIX_PRINTF(4, 5);
/** The trader can't go on: nothing of this turn may leave. */
void trader_fail(struct trader *t, int rc, const char *what);
/** Append to the turn; a failure stops the trader. @return true if it stands */
bool trader_append(struct trader *t, enum rec_type type, uint32_t session,
    uint64_t order, const struct fix_span *parts, unsigned n, uint64_t *pos);
/** Under this key of this table stands this value now; empty: forget it.
 * Rows of orders and venues go to the journal at the end of the turn, once. */
void trader_keep(struct trader *t, enum fix_table table, uint32_t session,
    struct fix_span key, struct fix_span value);
/** Those rows now; whoever commits by itself must, before it does. */
void trader_append_keeps(struct trader *t);
/** Venue events, desk's timers and waiting reports, until nothing is due. */
void trader_settle(struct trader *t);

/* decided.c */
/** What risk was told and decided in this turn: to the journal. */
void decided_append(struct trader *t);
/** Keep the sums of what moved, and counters and latches that changed. */
void sums_keep(struct trader *t);
/** All is loaded: does it add up to what was kept?
 * @return 0, -FIX_E_STATE (told), -FIX_E_FOREIGN, -FIX_E_CORRUPT, -FIX_E_IO */
int sums_check(struct trader *t) FIX_MUST_CHECK;

/* kill.c */
/** Kill switches, before the first order. */
int kills_load(struct trader *t) FIX_MUST_CHECK;
void kills_free(struct trader *t);
/** desk_ops.lives */
void kills_lives(void *arg, const struct order *o, bool live);
/** desk_ops.tripped */
void kills_trip(void *arg, enum risk_scope kind, const char *id);
/** Go through the orders that are to be canceled, from now on. */
void kills_sweep(struct trader *t);
/** A bounded piece of that. */
void kills_tick(struct trader *t);
int64_t kills_due(const struct trader *t);
/** What ended in this turn is counted: keep it. */
void kills_keep(struct trader *t);

/* token.c */
/** Those that are open, before the first order. */
int tokens_load(struct trader *t) FIX_MUST_CHECK;
/** desk_ops.token */
void tokens_spent(void *arg, uint32_t number, const struct order *o);
/** Those that have expired are gone. */
void tokens_tick(struct trader *t);
/** When the next does; FIX_MONO_NEVER. */
int64_t tokens_due(const struct trader *t);

/* markets.c */
/** Before an order: risk knows which markets are open. */
void markets_look(struct trader *t);
void markets_free(struct trader *t);

/* person.c */
/** Who of its client's people gave an order (empty: it is not said), what the
 * order asks of risk, and the parties of a new one.
 * @param parties  of FIX_PARTIES_MAX bytes, which o borrows
 * @return NULL, or why the parties can't be taken */
const char *person_read(const struct fix_msg *m, struct fix_order *o,
    uint8_t *parties) FIX_MUST_CHECK;

/* complaint.c */
/** A message that only complains of ours: told. @return false: it is another */
bool complaint(struct trader *t, struct client *c, const struct fix_msg *m);

/* driver.c */
/** Carry out all actions that are queued for a session. */
void client_work(struct trader *t, struct client *c);
/** Only those; what else they bring about is the caller's. */
void client_carry_out(struct trader *t, struct client *c);
/** Send what the desk has said meanwhile. */
void reports_send(struct trader *t);
void report_queue(
    void *arg, uint32_t session, uint32_t venue, const struct fix_exec *e);
void report_say(
    void *arg, uint32_t session, struct fix_span type, struct fix_span body);
void client_note_numbers(struct trader *t, struct client *c);
/** Answer an application message that nobody here takes. */
void client_refuse(struct trader *t, struct client *c, const struct fix_msg *m,
    int reason, const char *text);

/* shown.c */
/** An execution that no client gets: to the journal, for drop copies.
 * @param body  of an ExecutionReport */
void shown_keep(
    struct trader *t, uint32_t session, uint32_t venue, struct fix_span body);

/* fixvenue.c */
/** Venues get their sessions. */
void fixvenue_bind(struct trader *t);
void fixvenue_deliver(
    struct trader *t, struct client *c, const struct fix_msg *m);
/** Its session is gone. */
void fixvenue_down(struct client *c);
/** It has rejected our message of this number (0: not said) with 35=3. */
void fixvenue_rejected(
    struct trader *t, struct client *c, uint64_t seq, const char *text);
/** It will not get a message that it asked for again. */
void fixvenue_not_resent(
    struct trader *t, struct client *c, struct fix_span message);

/* resend.c */
/** The message that we sent under a number. @return empty: not kept */
struct fix_span client_sent(
    struct trader *t, const struct client *c, uint64_t seq);

static inline void
stage(struct trader *t, enum counter_stage s)
{
	if (t->io.stage != NULL)
		t->io.stage(t->io.arg, s);
}

/** It says that something has happened: noted, and what follows from it. */
void client_report(struct trader *t, struct client *c, const struct fix_act *a);
/** How many garbled messages there were, and how far a resend came, if that is
 * still to be told. */
void client_note_garbled(struct trader *t, struct client *c);
void client_note_resent(struct trader *t, const struct client *c);
/** May one more refusal be noted in this second? */
bool peers_may_note(struct trader *t);
/** The peer asked for it, and a gap fill stands for it: see FIX_ACT_NOT_RESENT. */
void client_withheld(
    struct trader *t, struct client *c, const struct fix_act *a);
/** A bounded piece of each open replay. */
void replays_work(struct trader *t);
bool replays_due(const struct trader *t);
void replay_open(struct trader *t, struct client *c, uint64_t from,
    uint64_t to);
/** Numbers begin anew: remember what was never sent, forget the rest. */
void client_reset(struct trader *t, struct client *c);
/** Is this a session message, 35=0 to 5 or A? */
bool is_admin(struct fix_span message);
/** Heartbeat(0) or TestRequest(1). */
bool is_heartbeat(struct fix_span message);
/** What a reset orphaned before the last end. @return 0, -FIX_E_NOMEM,
 * -FIX_E_FOREIGN, the store's */
int orphans_load(struct trader *t, struct client *c) FIX_MUST_CHECK;
/** Logged on: what a reset orphaned is sent with new numbers. */
void orphans_send(struct trader *t, struct client *c);

/* dropcopy.c */
/** Cursor and counts. @return 0, -FIX_E_NOMEM */
int dropcopy_load(struct trader *t, struct client *c) FIX_MUST_CHECK;
void dropcopy_free(struct client *c);
void dropcopy_up(struct trader *t, struct client *c);
void dropcopy_down(struct client *c);
/** A bounded piece of copies for those drop copy sessions that are up. */
void dropcopy_work(struct trader *t);
/** When there is more of it; FIX_MONO_NEVER. */
int64_t dropcopy_deadline(const struct trader *t);

/* dropcopy_again.c */
/** What a subscriber sends: a request for executions, or what is refused. */
void dropcopy_deliver(
    struct trader *t, struct client *c, const struct fix_msg *m);

/* hours.c */
void hours_load(struct trader *t, struct client *c,
    const struct rec_session *row);
/** Recovered: open what is to be open. */
void hours_start(struct trader *t);
/** Open, close or begin a session anew as the wall clock says. */
void hours_check(struct trader *t, struct client *c);
/** "out of its hours until 20260302-08:00:00 UTC" */
void hours_say(const struct trader *t, const struct client *c, char *out,
    size_t cap);
/** Its actions were carried out: has the peer answered a timed reset? */
void hours_reset_done(struct trader *t, struct client *c);
/** An operator's word. Kept over a restart. */
void hours_disable(struct trader *t, struct client *c, bool disabled);
/** May it be logged on: within its hours, and not disabled? */
bool hours_may_log_on(const struct client *c);

/* recover.c */
/** Name of a venue, also of one that the settings had once. @return valid until
 * the next call; NULL: none has this number */
const char *venue_called(struct trader *t, uint32_t number);
/** A client and its session, as the tables have it, or new. @return 0,
 * -FIX_E_NOMEM */
int client_load(struct trader *t, struct client *c,
    const struct trader_session_cfg *cfg) FIX_MUST_CHECK;
/** "FIX.4.4:US->PEER". @return its length, even over cap */
size_t client_id(const struct fix_session_cfg *cfg, char *out, size_t cap);

/* dynamic.c */
/** A session for a Logon that none is for. @return NULL: *why, or the trader
 * has failed */
struct client *dynamic_make(struct trader *t, const struct fix_identity *id,
    const char **why);
/** After the sessions of the settings. @return 0, -FIX_E_NOMEM,
 * -FIX_E_FOREIGN */
int dynamic_load(struct trader *t) FIX_MUST_CHECK;
/** Index of its template in cfg->sessions, UINT32_MAX: it has none. */
uint32_t dynamic_template(const struct client *c);
void dynamic_free(struct client *c);

/* hold.c */
void hold_load(struct trader *t, struct client *c);
/** Don't connect again, if its settings say so. */
void hold(struct trader *t, struct client *c, struct fix_span why);
/** A message that came before the Logon was answered: a Logout for numbers? */
void hold_heard(struct trader *t, struct client *c, const uint8_t *p,
    size_t len);
/** @return false: it was not held */
bool hold_release(struct trader *t, struct client *c, const char *who);

/* paced.c */
/** A message waits, or has got its turn: kept until then. */
void paced_keep(struct trader *t, struct client *c, const struct fix_act *a);
/** What waited when the last trader ended gets its numbers. @return 0,
 * -FIX_E_FOREIGN, or why the trader has stopped */
int paced_load(struct trader *t, struct client *c) FIX_MUST_CHECK;
/** fix_session_send(), which nothing that was done may be refused by: a client
 * for whom too much waits is logged out, and asks for it later. Then take the
 * actions out. @return as that, but not -FIX_E_FULL */
int paced_send(struct trader *t, struct client *c, struct fix_span type,
    struct fix_span body) FIX_MUST_CHECK;
/** Does something wait for the pace of this client? */
bool paced_waits(const struct trader *t, const struct client *c);

/* flow.c */
/** @return 0, -FIX_E_NOMEM, -FIX_E_RANGE */
int flow_load(struct client *c) FIX_MUST_CHECK;
void flow_free(struct client *c);
/** A new connection: nothing of the last one's speed but what was counted. */
void flow_connected(struct client *c);
/** May it log on? Not if it does so again and again on a full disk. */
bool flow_may_log_on(struct trader *t, struct client *c);
/** A report of this type goes to it: that its cancel was refused, say. */
void flow_told(struct trader *t, struct client *c, struct fix_span type);
/** May its next message be read, or must it wait? */
bool flow_waits(struct trader *t, struct client *c, const uint8_t *in,
    size_t len);
/** While it waits its silence is our doing. */
void flow_tick(struct trader *t, struct client *c);
/** A message of any kind has come and was dealt with. */
void flow_heard(struct trader *t, struct client *c, const uint8_t *in,
    size_t len);
/** An application message: is it too many? Then it was refused. */
bool flow_refuses(struct trader *t, struct client *c, const struct fix_msg *m);
/** Is this D or G, whose order nobody knows, too old? Then it was refused. */
bool flow_stale(struct trader *t, struct client *c, const struct fix_msg *m,
    const struct fix_order *o, bool poss_dup);

/* cod.c */
/** Before anything is appended: when did the last trader end? */
void cod_recover(struct trader *t);
/** row: its numbers as they were when the last trader ended. */
void cod_load(struct trader *t, struct client *c,
    const struct rec_session *row);
void cod_down(struct trader *t, struct client *c, bool orderly);
void cod_up(struct trader *t, struct client *c);
/** Its moment has come. A bounded piece. */
void cod_run(struct trader *t, struct client *c);
/** "off", "armed", "in:12s", "canceling", "done"; no blanks. */
void cod_say(const struct trader *t, const struct client *c, char *out,
    size_t cap);

/* prune.c */
/** Remove old segments by the rule that fixgated.conf(5) states. @return 0, or
 * why the trader can't go on */
int prune_journal(struct trader *t) FIX_MUST_CHECK;
/** The same while orders flow: a piece, when the tables have all that the
 * journal has. @return is there more to do? */
bool prune_work(struct trader *t);

/* peers.c */
void peer_out(struct trader *t, struct peer *p, struct fix_span bytes);
void peer_close(struct trader *t, struct peer *p);
void peers_retry(struct trader *t);
void peers_flush(struct trader *t);
/** The turn is committed: what venues and peers are to get leaves. */
void everything_leaves(struct trader *t);
void peers_free(struct trader *t);

/** Its peer does not take what it got: what can wait, waits. */
static inline bool
client_choked(const struct client *c)
{
	return c->peer != NULL && c->peer->conn->choked;
}

static inline struct client *
client_numbered(const struct trader *t, uint32_t number)
{
	return number < t->n_by_number ? t->by_number[number] : NULL;
}

#endif
