/* What the files of the loop share: loop.c turns, link.c reads, accept.c lets
 * in, dial.c calls out, control.c answers the operator. */
#ifndef FIXGATE_GATEWAY_TRADER_LOOP_INT_H
#define FIXGATE_GATEWAY_TRADER_LOOP_INT_H

#include "fix/scan.h"
#include "gateway/log.h"
#include "gateway/trader/conn.h"
#include "gateway/trader/gate.h"
#include "gateway/trader/loop.h"
#include "gateway/trader/share.h"

#define LOOP_CHUNK 32768u      /* bytes read from one peer in a turn */
#define LOOP_FIRST_MAX 16384u  /* bytes of a first message, at most */
#define LOOP_LINGER_NS (2 * FIX_SEC)  /* for the peer to take the rest */
#define LOOP_RESTLESS_NS (5 * FIX_SEC)
#define LOOP_ACCEPTS 64        /* connections taken in a turn */

struct listener {
	struct loop *loop;
	struct event ev;
	uint32_t index;
	int fd;
	bool on;
	bool open_to_all;         /* a session of it has no list */
	struct addr_list allowed; /* the lists of all its sessions */
};

struct dialer { /* of one initiator session */
	struct loop *loop;
	const struct setup_link *cfg;
	uint32_t index;           /* of the session */
	uint32_t number;          /* the trader's */
	struct link *link;        /* NULL while there is none */
	struct evdns_getaddrinfo_request *asking;
	struct fix_mono next;     /* when to try; FIX_MONO_NEVER: not wanted */
	struct fix_mono up_since;
	struct evutil_addrinfo *all, *at; /* the host's addresses; the next */
	unsigned host;            /* index of the one that is tried */
	unsigned tried;           /* hosts that failed in this round */
	unsigned rounds;          /* that failed in a row */
	struct fix_mono first_at; /* when the first host was last tried */
	int64_t *begun;           /* when the last cfg->max_attempts began */
	unsigned next_begun;
};

struct clock_watch {
	int64_t due_ns;   /* monotonic; 0: at once */
	int64_t apart_ns; /* wall clock less monotonic, at the last turn */
	int64_t seen_ns;  /* monotonic, then */
	bool bad;         /* its error is over the limit */
};

struct control; /* the operator's connections */
struct courier; /* links to venues' processes */
struct addrs;   /* how many connections come from where */

struct loop {
	struct loop_cfg cfg;
	struct trader *trader;
	struct event_base *base;
	struct evdns_base *dns;
	struct event ev_timer, ev_term, ev_int, ev_hup;
	struct fix_now now;
	bool now_read;            /* in this turn */
	bool busy;                /* something happened in this turn */
	bool again;               /* the next turn must not wait */
	bool draining;
	bool sessions_open; /* may be let in, may be called */
	bool hang_up;             /* drain time is over */
	struct fix_mono drain_end, idle_at, timer_at, accept_again;
	int64_t spin_until_ns;    /* BusyPoll: until then it does not wait */
	struct fix_mono idled;    /* when idle work was last done */
	uint8_t *buf;             /* one read: a tail and a chunk behind it */
	size_t tail_max;
	struct listener *listeners;
	struct dialer *dialers;
	uint32_t n_dialers;
	/* LINK_SHAKING: */
	struct link_list silent;  /* nothing has come yet */
	struct link_list queued;  /* too many of their address are under way */
	struct link_list shaking; /* under way */
	struct link_list first;   /* LINK_FIRST */
	struct link_list checking; /* held by the gate */
	struct link_list calling; /* initiators on their way */
	struct link_list open;
	struct link_list linger;
	struct link_list dead;
	struct link_list restless; /* open, with bytes to take up unasked */
	struct link *doomed;
	unsigned accepted;        /* accepted connections that are not dead */
	struct link *shake_first, *shake_last; /* handshakes to go on with */
	bool shake_room;          /* one has ended: another may begin */
	struct share shake_share; /* what they may take of the time */
	int64_t ordered_ns;       /* monotonic clock: when an order last came */
	struct certs *certs;
	struct clock_watch clock;
	struct addrs *addrs;
	uint64_t seed;            /* of its hash */
	struct control *control;
	struct courier *courier;  /* NULL: no venue has a process */
	struct gate *gate;        /* NULL: no session asks for proof */
	struct fix_field *fields; /* of a first message */
	uint64_t rand;
	struct counters *counters; /* NULL: none */
	int64_t counted_ns;       /* when counts were last copied there */
	int64_t read_at;          /* clock of the last read */
	int64_t stages[STAGE_N];  /* of the first order of this turn */
	enum counter_stage stage; /* that it has reached; STAGE_READ: no order */
};

/* stages.c */
void stages_open(struct loop *l, const char *path); /* told if it fails */
void stages_close(struct loop *l);
void stages_read(struct loop *l); /* bytes have been read */
void stages_on(void *arg, enum counter_stage s); /* struct trader_io.stage */
void stages_count(struct loop *l); /* at the end of a turn */

/* addrs.c */
bool addrs_open(struct loop *l);
void addrs_close(struct loop *l);
/** Count an accepted connection. @return NULL, or why there are too many */
const char *addrs_take(struct link *k);
void addrs_known(struct link *k); /* it has logged on */
void addrs_drop(struct link *k);  /* it is gone */

/* link.c */
struct link *link_new(struct loop *l, int fd);
/** End a link at the next chance; orderly: what was sent shall arrive. */
void link_doom(struct link *k, bool orderly, const char *why);
/** The trader's from here on. */
void link_opened(struct link *k);
/** An accepted link whose first message, its tail, may go to the trader. */
void link_admit(struct link *k);
/** Give bytes to the trader, keep the rest as tail. */
void link_offer(struct link *k, const uint8_t *p, size_t len);
void link_read(struct link *k);
void link_watch(struct link *k, bool read, bool write);
/** Bytes that wait although their sockets are silent. */
void links_offer_again(struct loop *l);
/** Tell the trader of links that ended. */
void links_end(struct loop *l);

/** Close it without a word; the journal gets to know why. */
void link_refuse(struct link *k, const char *why);

/* shake.c */
/** The link is to speak TLS: begin, or wait until its address may.
 * @return false: no memory */
bool shake_begin(struct link *k) FIX_MUST_CHECK;
/** Its socket is ready: go on at the end of the turn. */
void shake_want(struct link *k);
/** Leave the queue: the link has ended. */
void shake_forget(struct link *k);
/** A bounded piece of the handshakes, when all else of the turn is done. */
void shakes_work(struct loop *l);
/** When it has a piece to do; FIX_MONO_NEVER: none waits. */
struct fix_mono shakes_deadline(struct loop *l);

/* certs.c */
bool certs_open(struct loop *l);
void certs_close(struct loop *l);
/** NULL: plain. Of a listener; of an initiator's session. */
SSL_CTX *certs_listen(const struct loop *l, uint32_t listen);
SSL_CTX *certs_link(const struct loop *l, uint32_t session);
/** Whom a session's peer must be. */
const struct setup_peer *certs_peer(const struct loop *l, uint32_t session);
/** Look for changed revocation lists and for dates that come near, every few
 * seconds. */
void certs_watch(struct loop *l);
struct fix_mono certs_deadline(const struct loop *l);
/** Everything in use that has a date, as lines. @return bytes, NUL-terminated */
size_t certs_say(const struct loop *l, char *out, size_t cap);

/* accept.c */
/** Nobody is let in before accept_resume(). */
bool accept_open(struct loop *l);
void accept_stop(struct loop *l);
void accept_close(struct loop *l);
void accept_resume(struct loop *l);
/** Plain, or its handshake is done: its Logon is to come. */
void accept_first(struct link *k);
void accept_forget(struct link *k); /* an accepted one is gone */
void accept_proxied(struct link *k); /* bytes of a PROXY header */
/** Is the first message there, and may it come from here?
 * @return 1 to the trader, 0 more bytes, -1 doomed */
int accept_check(struct link *k, const uint8_t *p, size_t len);

/* dial.c */
bool dial_open(struct loop *l);
void dial_close(struct loop *l);
void dial_want(struct loop *l, uint32_t number);
void dial_due(struct loop *l);
void dial_connected(struct link *k); /* TCP is up, or has failed */
void dial_ready(struct link *k);     /* TLS, too: to the trader */
void dial_gone(struct link *k);
struct fix_mono dial_deadline(const struct loop *l);

/* clock.c */
/** Journal how good the clock is, every ten seconds and when it was set. */
void clock_watch(struct loop *l);
struct fix_mono clock_deadline(const struct loop *l);

/* courier.c */
/** The trader has its venues. @return false: no memory */
bool courier_open(struct loop *l) FIX_MUST_CHECK;
void courier_turn(struct loop *l); /* after the commit */
void courier_close(struct loop *l);

/* control.c */
bool control_open(struct loop *l);
void control_close(struct loop *l);
void control_answer(struct loop *l); /* after the commit */

#endif
