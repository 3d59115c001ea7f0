/* What the parts of the simulated venue share; nobody else includes this. */
#ifndef FIXGATE_GATEWAY_VENUE_SIM_INSIDE_H
#define FIXGATE_GATEWAY_VENUE_SIM_INSIDE_H

#include "gateway/memory.h"
#include "gateway/venue/sim.h"

#define SIM_HEIGHT 12 /* of a skip list: good for 4^12 levels */
#define SIM_SYMBOL_MAX 32
#define SIM_N_ID 3
#define SIM_ID_MAX (VENUE_ID_MAX + 1)

typedef __int128 sim_wide; /* sums of quantities */

struct sim_order;

struct sim_level {
	struct sim_level *next[SIM_HEIGHT];
	unsigned height;
	int64_t px_e8;
	sim_wide leaves_e8;
	struct sim_order *first, *last; /* oldest first */
};

struct sim_side { /* levels, the best first */
	struct sim_level *next[SIM_HEIGHT];
	bool down; /* the highest price is best */
};

struct sim_id {
	struct node node;
	struct sim_order *order;
	char text[SIM_ID_MAX]; /* "": not in use */
};

struct sim_order {
	uint64_t number; /* by age; in its venue_order_id */
	uint64_t rank;   /* place in its queue, by age there */
	struct sim_id id[SIM_N_ID]; /* in force, the one before, the first */
	struct sim_book *book;
	struct sim_side *side_of;  /* where it rests; NULL: nowhere */
	struct sim_level *level;
	struct sim_order *prev, *next; /* of a level, or of the ended */
	size_t in_heap;            /* 1 + index among those that expire */
	char side, ord_type, time_in_force, status;
	bool triggered;
	bool house;                /* the venue's own */
	int64_t qty_e8, price_e8, stop_e8, cum_e8;
	int64_t floor_e8;          /* shown of it at a time; 0: all */
	int64_t shown_e8;          /* and left of that; floor_e8 0: unused */
	int64_t expire_ns;         /* UTC; 0: never */
	int64_t told_ns;           /* its ack is told at this time */
};

struct sim_book {
	struct sim_symbol cfg;
	int64_t last_e8;
	bool traded; /* a mark is owed */
	struct sim_side bids, offers;
	struct sim_side buy_stops, sell_stops; /* next to trigger first */
	struct sim_side buy_touches, sell_touches; /* market if touched */
	struct sim_order **house; /* 2 * levels: bid, offer, bid, ... */
	struct sim_book *next_refill;
	bool refilling;
	int64_t refill_ns;
};

struct sim_request {
	struct sim_request *next;
	uint64_t number;
	int64_t due_ns;
	char kind; /* 'D' new, 'F' cancel, 'G' replace, 'H' status */
	char cl_ord_id[SIM_ID_MAX], orig_cl_ord_id[SIM_ID_MAX];
	char symbol[SIM_SYMBOL_MAX + 1];
	char side, ord_type, time_in_force;
	int64_t qty_e8, price_e8, stop_e8, expire_ns;
	int64_t min_qty_e8, floor_e8, cash_e8;
	bool post; /* it must not trade when it comes in */
};

struct sim_late { /* an event that waits */
	struct sim_late *next;
	uint64_t number;
	int64_t due_ns;
	struct venue_event e; /* its strings are the arrays below, or NULL */
	char cl_ord_id[SIM_ID_MAX], orig_cl_ord_id[SIM_ID_MAX];
	char venue_order_id[SIM_ID_MAX], exec_id[SIM_ID_MAX];
	char ref_exec_id[SIM_ID_MAX], symbol[SIM_SYMBOL_MAX + 1], text[64];
};

enum sim_fault { /* that are counted */
	SIM_F_FILL_BEFORE_ACK,
	SIM_F_NO_ACK,
	SIM_F_DUP_EXEC,
	SIM_F_REJECT,
	SIM_F_DISCONNECT,
	SIM_F_BUST,
	SIM_N_FAULT
};

struct sim {
	struct venue venue;
	struct pool orders, levels, requests, lates;
	struct sim_book *books; /* sorted by symbol */
	unsigned n_books;
	char currency[VENUE_CURRENCY_MAX + 1];
	int64_t latency_ns, refill_after_ns, day_end_ns;
	struct sim_faults faults;
	uint64_t struck[SIM_N_FAULT];
	uint64_t random;
	bool started, ticked;
	struct fix_now now; /* as the caller last said */
	struct fix_now at;  /* the moment that is being worked */
	uint64_t incarnation, last_number, last_exec;
	int64_t up_ns; /* while down */
	unsigned n_bad; /* kept things that could not be read */
	struct hmap ids;
	struct sim_order *first_ended, *last_ended;
	size_t n_ended;
	struct sim_order **heap; /* by expire_ns */
	size_t n_heap, heap_cap;
	struct sim_request *first_request, *last_request;
	size_t n_requests;
	struct sim_late *first_late, *last_late;
	struct sim_book *first_refill, *last_refill;
	struct sim_book *touched; /* traded since the request began */
	struct sim_order *loaded; /* between load() and start() */
	struct sim_order *orphans; /* loaded, their symbol is gone */
};

/* sim_book.c */
bool sim_rest(struct sim *s, struct sim_side *side, struct sim_order *o,
    int64_t px_e8);
void sim_unrest(struct sim *s, struct sim_order *o);
/* Less of a resting order is left; its place stays. */
void sim_shrink(struct sim_order *o, int64_t by_e8);

/* sim_orders.c */
struct sim_book *sim_book_of(const struct sim *s, const char *symbol);
struct sim_order *sim_find(const struct sim *s, const char *cl_ord_id);
int sim_reserve_id(struct sim *s) FIX_MUST_CHECK;
void sim_set_id(struct sim *s, struct sim_order *o, unsigned i,
    const char *text);
void sim_push_id(struct sim *s, struct sim_order *o, const char *text);
bool sim_live(const struct sim_order *o);
int64_t sim_leaves(const struct sim_order *o);
uint64_t sim_next_number(struct sim *s);
void sim_end(struct sim *s, struct sim_order *o, char status);
void sim_add_ended(struct sim *s, struct sim_order *o);
void sim_forget(struct sim *s, struct sim_order *o);
int sim_expires(struct sim *s, struct sim_order *o) FIX_MUST_CHECK;
void sim_expires_not(struct sim *s, struct sim_order *o);

/* sim_match.c: o is not resting anywhere; ends resting or ended, and kept */
void sim_enter(struct sim *s, struct sim_order *o, bool ack);
/* Would this request trade at once, and how much of it, or of its cash_e8? */
int64_t sim_at_once(const struct sim_order *o, int64_t cash_e8);
/* A loaded order takes its place again. */
bool sim_place(struct sim *s, struct sim_order *o);
void sim_fire_stops(struct sim *s, struct sim_book *b);
void sim_refill(struct sim *s, struct sim_book *b);
void sim_refill_later(struct sim *s, struct sim_book *b, int64_t after_ns);

/* sim_events.c */
bool sim_strikes(struct sim *s, enum sim_fault f, unsigned n);
uint64_t sim_random(struct sim *s);
struct venue_event sim_event(struct sim *s, const struct sim_order *o,
    enum venue_event_kind k);
void sim_tell(struct sim *s, struct sim_order *o, struct venue_event *e,
    bool with_exec_id);
void sim_last_exec_id(const struct sim *s, char out[SIM_ID_MAX]);
void sim_tell_ack(struct sim *s, struct sim_order *o);
void sim_tell_fill(struct sim *s, struct sim_order *o, int64_t qty_e8,
    int64_t px_e8);
void sim_tell_request(struct sim *s, const struct sim_request *q,
    enum venue_event_kind k, int reason, const char *text);
void sim_tell_mark(struct sim *s, const struct sim_book *b);
void sim_tell_late(struct sim *s);
void sim_go_down(struct sim *s);
void sim_go_up(struct sim *s);

/* sim_keep.c */
void sim_keep_order(struct sim *s, const struct sim_order *o);
void sim_keep_request(struct sim *s, const struct sim_request *q);
void sim_keep_late(struct sim *s, const struct sim_late *l);
void sim_keep_last(struct sim *s, const struct sim_book *b);
void sim_keep_incarnation(struct sim *s);
void sim_unkeep(struct sim *s, uint64_t number);

/* sim_load.c */
void sim_load(struct venue *v, struct fix_span key, struct fix_span value);
void sim_settle_loaded(struct sim *s);

/* sim_requests.c */
int sim_take(struct venue *v, const struct venue_order *o, struct fix_now now,
    char kind);
void sim_work_request(struct sim *s);
void sim_drop_request(struct sim *s, struct sim_request **at);

#endif
