/*
 * A world in one thread: a gateway, three desks with FIX clients, a network and
 * a disk that misbehave, clocks that jump. One seed, one run.
 */
#ifndef FIXGATE_TESTS_SIM_WORLD_H
#define FIXGATE_TESTS_SIM_WORLD_H

#include <stdio.h>

#include "gateway/trader/inside.h"
#include "gateway/venue/sim.h"
#include "tests/lib/memdisk.h"

#define N_CLIENTS 3
#define STORM 2 /* the client that resets and asks without end: storm.c */
#define N_PER_CLIENT 2 /* connections at once: an old and a new one */
#define MAX_ORDERS 64

struct world;

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
	int64_t due;     /* of the bytes at head */
	bool closing;    /* the writer has closed: end after the bytes */
};

struct link {
	struct conn conn;    /* the gateway's end, first member */
	struct pipe to[2];   /* by enum end */
	bool open[2];        /* that end still has the connection */
	bool accepted;       /* the gateway knows it */
	bool used;
	int client;
	int64_t accept_at;
};

/* --- nodes -------------------------------------------------------------- */

/* An order as its client sees it. */
struct mine {
	char id[32];          /* ClOrdID of the D */
	char last[32];        /* ClOrdID in force */
	char symbol[8];
	char side;
	int64_t qty, cum;     /* 10^-8, as reported */
	char status;          /* 39 as last reported, NUL: nothing yet */
	unsigned requests;    /* F and G sent */
	unsigned answered;    /* of them */
	bool gave_up;         /* answered by a BusinessMessageReject */
	bool lost;            /* a reset voided what may have been said of it */
	bool told;            /* its status came as an answer to H */
};

/* What happened, so that a run shows what it was made of. */
struct seen {
	uint64_t both_gaps; /* connections on which each side lacked something */
	uint64_t tried;     /* orders offered while down, and refused */
	uint64_t resets;    /* numbers of the storm's client back to 1 */
	uint64_t floods;    /* bursts of ResendRequests */
	uint64_t asked;     /* ResendRequests in them */
	uint64_t withheld;  /* orders that a client did not send again */
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
	struct link *link;       /* NULL: none */
	int64_t connect_at;
	struct kept *kept;       /* sent messages, by MsgSeqNum - 1 */
	uint64_t n_kept, cap_kept;
	uint64_t *hashes;        /* of received messages, by MsgSeqNum - 1 */
	uint64_t n_hashes;
	struct mine orders[MAX_ORDERS];
	unsigned n_orders, to_send;
	int64_t act_at;          /* next order or request */
	char exec_ids[4096][24];
	unsigned n_exec_ids;
	uint8_t in[65536];       /* not eaten yet */
	size_t in_len;
	int64_t wall_offset;
	bool gap_here, resent_here; /* on this connection, either side's gap */
	int64_t ask_at;          /* storm: asks for every order's status then */
	bool up;
};

struct gateway_node {
	struct memdisk *disk;
	struct fix_disk *handle;
	struct fix_journal *journal;
	struct fix_store *store;
	struct trader *trader;   /* NULL: dead */
	int64_t restart_at;
	int64_t wall_offset;
	unsigned lives;
	bool fed;                /* something happened in this turn */
	bool dies_in_send;       /* the next bytes it sends are its last */
	bool broken;             /* it has stopped by itself: a failed sync */
};

struct rules {
	bool disk;               /* Durability=disk, and power fails */
	bool calm;               /* trouble is over: only heal and settle */
	unsigned drop_1_in, crash_1_in, jump_1_in, dup_1_in;
	int64_t max_delay;
};

struct world {
	uint64_t seed;
	struct chance chance;
	int64_t now;             /* monotonic ns */
	struct rules rules;
	struct link links[N_CLIENTS * N_PER_CLIENT];
	struct client_node clients[N_CLIENTS];
	struct gateway_node gateway;
	const struct fix_dict *dict;
	int64_t trouble_at;      /* next mischief */
	int64_t calm_at;
	struct seen seen;
	FILE *trace;             /* NULL: quiet */
	char fault[512];         /* first broken promise, "" while all is well */
};

/** Note a broken promise; the first one counts. */
void world_fault(struct world *w, const char *fmt, ...) FIX_PRINTF(2, 3);
void world_trace(struct world *w, const char *fmt, ...) FIX_PRINTF(2, 3);
struct fix_now world_now(const struct world *w, int64_t wall_offset);

/* net.c */
struct link *net_connect(struct world *w, int client);
void net_write(struct world *w, struct link *l, enum end to,
    struct fix_span bytes);
/** Bytes due at an end now, in one piece of random size. @return bytes */
size_t net_read(struct world *w, struct link *l, enum end at, uint8_t *buf,
    size_t cap);
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
void client_send(struct client_node *c, struct fix_span type,
    struct fix_span body);
/** Carry out what the session asks for. */
void client_drain(struct client_node *c);
struct fix_now client_now(const struct client_node *c);
/** Order that a ClOrdID is of, a request's too; NULL: of none. */
struct mine *client_order(struct client_node *c, struct fix_span id);

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
void gateway_check(struct world *w);

/** Run a seed. @param seen  grows by what happened; may be NULL
 * @return true if every promise was kept */
bool world_run(uint64_t seed, const struct fix_dict *dict, FILE *trace,
    struct seen *seen, char *fault, size_t cap);

#endif
