/*
 * A world in one thread: a gateway, three desks with FIX clients of three
 * versions, a drop copy's subscriber, a venue, a network and a disk that
 * misbehave, clocks that jump. One seed, one run.
 */
#ifndef FIXGATE_TESTS_SIM_WORLD_H
#define FIXGATE_TESTS_SIM_WORLD_H

#include <stdio.h>

#include "gateway/trader/inside.h"
#include "gateway/venue/sim.h"
#include "tests/lib/memdisk.h"

#define N_CLIENTS 4
#define STORM 2 /* the client that resets and asks without end: storm.c */
#define COPY 3  /* the drop copy's subscriber: sends no orders */
#define N_PER_CLIENT 2 /* connections at once: an old and a new one */
#define MAX_ORDERS 64
#define MAX_VORDERS 128 /* at the venue, and what there may be of each: */
#define MAX_EXECS 4096
#define MAX_REQUESTS 1024
#define MAX_IDS 4096
#define TOLD_MAX 8192 /* executions that a client has heard of; power of 2 */

struct world;

struct dicts {
	struct fix_dict *v42, *v44, *v50, *fixt;
};

/* --- chance ------------------------------------------------------------- */

struct chance {
	uint64_t state;
};

uint64_t chance_next(struct chance *c);
/** 0 to n-1; n > 0 */
uint64_t chance_below(struct chance *c, uint64_t n);
/** true in one of n cases */
bool chance_one_in(struct chance *c, unsigned n);

/* --- network ------------------------------------------------------------ */

enum end { END_CLIENT, END_GATEWAY };

/* One direction: bytes in order, each stretch due at its time. */
struct pipe {
	uint8_t *bytes;
	size_t head, len, cap;
	int64_t due;  /* of the bytes at head */
	bool closing; /* the writer has closed: end after the bytes */
};

struct link {
	struct conn conn;  /* the gateway's end, first member */
	struct pipe to[2]; /* by enum end */
	bool open[2];      /* that end still has the connection */
	bool accepted;     /* the gateway knows it */
	bool used;
	int client;
	int64_t accept_at;
};

/* --- nodes -------------------------------------------------------------- */

/* An order as its client sees it. */
struct mine {
	char id[32];   /* ClOrdID of the D */
	char last[32]; /* ClOrdID in force */
	char symbol[8];
	char side;
	int64_t qty, cum;  /* 10^-8, as reported */
	char status;       /* 39 as last reported, NUL: nothing yet */
	unsigned requests; /* F and G sent */
	unsigned answered; /* of them */
	bool gave_up;      /* answered by a BusinessMessageReject */
	bool lost;         /* a reset voided what may have been said of it */
	bool told;         /* its status came as an answer to H */
};

/* What happened, so that a run shows what it was made of. */
struct seen {
	uint64_t
	    both_gaps;     /* connections on which each side lacked something */
	uint64_t tried;    /* orders offered while down, and refused */
	uint64_t resets;   /* numbers of the storm's client back to 1 */
	uint64_t floods;   /* bursts of ResendRequests */
	uint64_t asked;    /* ResendRequests in them */
	uint64_t withheld; /* orders that a client did not send again */
	uint64_t fills, busts, corrects, overfills; /* at the venue outside */
	uint64_t doubles;                           /* fills told twice */
	uint64_t lost;    /* things the venue never told */
	uint64_t swapped; /* told behind the next one */
	uint64_t unasked; /* orders that it ended or changed by itself */
	uint64_t downs;   /* times it went away */
	uint64_t retold;  /* events told again after a connection */
	uint64_t unsent;  /* requests that never arrived */
	uint64_t kills;   /* kill switches thrown */
	uint64_t masses;  /* mass cancels */
	uint64_t crashes; /* of the gateway */
	uint64_t copies;  /* executions that the drop copy got */
};

/* An execution as a client was told of it. */
struct told {
	uint64_t id; /* hash of its ExecID, 0: free */
	int64_t qty;
};

struct kept {
	uint8_t *bytes;
	size_t len;
};

struct client_node {
	struct world *w;
	int index;
	struct fix_acts *acts;
	struct fix_session *fix;
	struct fix_session_cfg cfg;
	char comp_id[16];
	struct link *link; /* NULL: none */
	int64_t connect_at;
	struct kept *kept; /* sent messages, by MsgSeqNum - 1 */
	uint64_t n_kept, cap_kept;
	uint64_t *hashes; /* of received messages, by MsgSeqNum - 1 */
	uint64_t n_hashes;
	struct mine orders[MAX_ORDERS];
	unsigned n_orders, to_send;
	int64_t act_at;             /* next order or request */
	struct told told[TOLD_MAX]; /* open addressing by id */
	unsigned n_told, n_masses;
	enum fix_version version;
	const struct fix_dict *transport, *app;
	uint8_t in[65536]; /* not eaten yet */
	size_t in_len;
	int64_t wall_offset;
	bool gap_here, resent_here; /* on this connection, either side's gap */
	int64_t ask_at; /* storm: asks for every order's status then */
	bool up;
};

struct gateway_node {
	struct memdisk *disk;
	struct fix_disk *handle;
	struct fix_journal *journal;
	struct fix_store *store;
	struct trader *trader; /* NULL: dead */
	int64_t restart_at;
	int64_t wall_offset;
	unsigned lives;
	bool fed;          /* something happened in this turn */
	bool commanded;    /* by an operator, not committed yet */
	bool dies_in_send; /* the next bytes it sends are its last */
	bool broken;       /* it has stopped by itself: a failed sync */
};

/* --- the venue outside -------------------------------------------------- */

struct vrequest {  /* on its way to the venue */
	char kind; /* D F G H */
	char cl[24], orig[24], symbol[8];
	char side, type, tif;
	int64_t qty, price, due;
};

struct vevent {               /* told by the venue */
	struct venue_event e; /* its strings are those below */
	char cl[24], orig[24], vid[16], exec[16], ref[16], symbol[8];
	int64_t due;
	unsigned conn; /* only on this connection; 0: on any */
};

struct vorder {
	char last[24]; /* id in force; OrderID and a number */
	char vid[16], symbol[8];
	char side, tif, status;
	bool overfilled;
	int64_t qty, cum, price;
};

struct vexec {
	unsigned order, number;
	int64_t qty, px;
	bool live; /* neither busted nor corrected */
};

struct outside {
	struct vorder orders[MAX_VORDERS];
	unsigned n_orders;
	struct vexec execs[MAX_EXECS];
	unsigned n_execs;
	char ids[MAX_IDS][24]; /* ever seen */
	unsigned n_ids;
	struct vrequest requests[MAX_REQUESTS];
	unsigned n_requests;
	struct vevent *events; /* all it ever told */
	uint64_t n_events, cap_events;
	struct vevent held;
	bool holds;
	int64_t held_until, last_due, life_at;
	unsigned conn, last_conn; /* 0: none */
	int64_t up_at;
};

struct rules {
	bool outside; /* the venue is a party of its own */
	bool disk;    /* Durability=disk, and power fails */
	bool calm;    /* trouble is over: only heal and settle */
	unsigned drop_1_in, crash_1_in, jump_1_in, dup_1_in;
	int64_t max_delay;
};

struct world {
	uint64_t seed;
	struct chance chance;
	int64_t now; /* monotonic ns */
	struct rules rules;
	struct link links[N_CLIENTS * N_PER_CLIENT];
	struct client_node clients[N_CLIENTS];
	struct gateway_node gateway;
	struct outside venue;
	const struct dicts *dicts;
	int64_t trouble_at; /* next mischief */
	int64_t calm_at;
	struct seen seen;
	FILE *trace;     /* NULL: quiet */
	char fault[512]; /* first broken promise, "" while all is well */
};

/** Note a broken promise; the first one counts. */
void world_fault(struct world *w, const char *fmt, ...) FIX_PRINTF(2, 3);
void world_trace(struct world *w, const char *fmt, ...) FIX_PRINTF(2, 3);
struct fix_now world_now(const struct world *w, int64_t wall_offset);

/* net.c */
struct link *net_connect(struct world *w, int client);
void net_write(
    struct world *w, struct link *l, enum end to, struct fix_span bytes);
/** Bytes due at an end now, in one piece of random size. @return bytes */
size_t net_read(
    struct world *w, struct link *l, enum end at, uint8_t *buf, size_t cap);
/** That end closes; the other reads what is on its way, then the end. */
void net_close(struct world *w, struct link *l, enum end who);
/** The connection breaks: bytes on their way are lost. */
void net_break(struct world *w, struct link *l);
bool net_ended(const struct world *w, const struct link *l, enum end at);
int64_t net_deadline(const struct world *w);
void net_sweep(struct world *w);
void net_free(struct world *w);

/* client.c */
void client_init(struct world *w, int index);
void client_free(struct client_node *c);
void client_run(struct client_node *c);
int64_t client_deadline(const struct client_node *c);
/** The client's process dies and comes back; what it kept is kept. */
void client_restart(struct client_node *c);
/** @param what  if not: what is missing, cap bytes; may be NULL */
bool client_settled(const struct client_node *c, char *what, size_t cap);
/** Number, keep and send a message of this type. */
void client_send(
    struct client_node *c, struct fix_span type, struct fix_span body);
/** Carry out what the session asks for. */
void client_drain(struct client_node *c);
struct fix_now client_now(const struct client_node *c);
/** Order that a ClOrdID is of, a request's too; NULL: of none. */
struct mine *client_order(struct client_node *c, struct fix_span id);

/* ledger.c */
/** An application message that a client got. */
void ledger_take(struct client_node *c, const struct fix_msg *m);
/** Was it told of that execution? */
bool ledger_has(struct client_node *c, struct fix_span exec_id);

/* withheld.c */
/** Its session did not send a message again. */
void client_not_resent(struct client_node *c, struct fix_span bytes);

/* storm.c: a client that begins anew and asks again, without end */
void storm_init(struct client_node *c);
/** One of its own mischiefs. @return false: none, act as others do */
bool storm_act(struct client_node *c);
/** Numbers went back to 1, for one direction or both. */
void storm_reset(struct client_node *c, const struct fix_act *a);
/** Once trouble is over and no reset follows: ask what became of each order. */
void storm_ask(struct client_node *c);
bool storm_settled(const struct client_node *c, char *what, size_t cap);

/* gateway.c */
void gateway_init(struct world *w);
void gateway_free(struct world *w);
void gateway_run(struct world *w);
int64_t gateway_deadline(const struct world *w);
void gateway_crash(struct world *w);
/** An operator's command, as part of the next turn; not while it is dead. */
void gateway_command(struct world *w, const char *line);

/* venue.c */
void venue_run(struct world *w);
int64_t venue_deadline(const struct world *w);
void venue_request(struct world *w, const struct vrequest *q);
/** The connection is gone; of the requests under way some arrive. */
void venue_cut(struct world *w);
void venue_down(struct world *w);
void venue_free(struct world *w);
bool venue_live(const struct vorder *o);
int64_t venue_leaves(const struct vorder *o);

/* wire.c */
struct venue *wire_new(struct world *w, struct venue_sink sink);
uint64_t wire_next(const struct venue *v);

/* check.c */
/** After each turn: what is open at the venue is reserved. */
void check_turn(struct world *w);
/** When the dust has settled: everybody has the same books. */
void check_all(struct world *w);

/** Run a seed. @param seen  grows by what happened; may be NULL
 * @return true if every promise was kept */
bool world_run(uint64_t seed, const struct dicts *dicts, FILE *trace,
    struct seen *seen, char *fault, size_t cap);

#endif
