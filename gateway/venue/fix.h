/*
 * A venue that speaks FIX, behind struct venue_ops: the desk's requests become
 * D, F, G, H and AF in the version of the venue's session, and ExecutionReports and
 * OrderCancelRejects become the events that any venue tells.
 *
 * It has no session of its own: the trader does, an initiator, whose messages
 * are journaled before they leave. Nothing is kept here either: ids carry what
 * is needed, and what was missed comes again by the session's own recovery.
 * Versions 4.2 and later; FIX volume 4, order state changes.
 */
#ifndef FIXGATE_GATEWAY_VENUE_FIX_H
#define FIXGATE_GATEWAY_VENUE_FIX_H

#include "fix/msg.h"
#include "fix/version.h"
#include "gateway/venue/sim.h"

#define VENUE_FIX_BODY_MAX 4096u
#define VENUE_FIX_TEXT_MAX 255

/* How the venue's session is reached; arg is the sink's. */
struct venue_fix_line {
	/* Queue a message: it is journaled with the turn, and leaves after it. */
	void (*say)(void *arg, struct venue *v, struct fix_span type,
	    struct fix_span body);
	/* May it be said there, by the session's dictionary?
	 * @return false: why says what stands in the way, VENUE_WHY_MAX */
	bool (*fits)(void *arg, struct venue *v, struct fix_span type,
	    struct fix_span body, char *why);
	/* Is there room for what can wait? */
	bool (*room)(void *arg, struct venue *v);
	/* Is the session logged on, and has it all that it missed? */
	bool (*ready)(void *arg, struct venue *v);
	/* CumQty as we know it of the order that an event's ids name.
	 * @return false: we know no such order */
	bool (*cum)(void *arg, struct venue *v, const struct venue_event *e,
	    int64_t *cum_e8);
	/* That order is in doubt: ask for it. NULL: it has no id. */
	void (*doubt)(void *arg, struct venue *v, const char *cl_ord_id);
};

/* What goes out beside the order. Strings are borrowed for the venue's life. */
struct venue_fix_cfg {
	const char *name;
	uint32_t session;          /* index of its session */
	enum fix_version version;  /* of its application messages, 4.2 to 5.0SP2 */
	char handl_inst;           /* 21; NUL: left out */
	const char *exchange;      /* 207, NULL: left out */
	const char *destination;   /* 100, the same */
	const char *accounts;      /* "OURS:THEIRS, *:REST", "-" for none; NULL:
	                              they are the same */
	struct fix_span fields;    /* more fields of D and G, "47=A" SOH ...;
	                              copied */
	bool dont_know;            /* answer an execution of an order that we do
	                              not know with DontKnowTrade(Q) */
	bool ask_all;              /* when it is back, one AF for all orders */
	bool resends;              /* see struct venue; with PossResend(97) */
	bool open_in_doubt;        /* the same */
	const struct sim_symbol *symbols; /* copied; names and prices count */
	unsigned n_symbols;
};

/** @return a venue, to be freed with its ops->free(); NULL: no memory */
struct venue *venue_fix_new(const struct venue_fix_cfg *cfg,
    const struct venue_fix_line *line, struct venue_sink sink);
bool venue_is_fix(const struct venue *v);
/** Index of its session, as it was made with. */
uint32_t venue_fix_session(const struct venue *v);
/** Its session was lost or has logged off: DOWN, if it was up. */
void venue_fix_down(struct venue *v, const char *why);
/** Its question for all orders was refused, or will not arrive. */
void venue_fix_no_answer(struct venue *v);
/**
 * A message of the venue, in sequence, borrowed for the call: what it says goes
 * to the sink at once. Each field is read by itself, so that a fault in one
 * does not lose an execution.
 *
 * @return false: neither ExecutionReport nor OrderCancelReject
 */
bool venue_fix_message(struct venue *v, const struct fix_msg *m);

/* ----- its parts, for tests ----- */

enum venue_fix_says {
	VENUE_FIX_EVENT,  /* .e happened */
	VENUE_FIX_NOTHING, /* it changes nothing: pending, or told before */
	VENUE_FIX_NOTICE, /* neither, but a person must see .note */
	VENUE_FIX_ASK,    /* the same, and only a question can tell what is so */
};

struct venue_fix_said { /* strings of e point in here */
	struct venue_event e;
	char kind; /* 434: '1' F, '2' G; NUL */
	char ids[5][VENUE_ID_MAX + 1]; /* 11, 41, 37, 17, 19 */
	char symbol[33];
	char text[VENUE_FIX_TEXT_MAX + 1];
	char note[VENUE_WHY_MAX + 1];
};

/** What an 8 or 9 says. cum_e8: of the order as we know it, -1: not known.
 * @return its kind; *out is filled in for all of them */
enum venue_fix_says venue_fix_read(const struct fix_msg *m, int64_t cum_e8,
    struct venue_fix_said *out);
/** An id as it is kept: one that is longer than VENUE_ID_MAX becomes its
 * beginning and a hash of all of it. @return was it kept whole? */
bool venue_fix_id(struct fix_span id, char out[VENUE_ID_MAX + 1]);
/** Account of ours as the venue calls it. @return NULL: the map has none; "":
 * none is said */
const char *venue_fix_account(const char *map, const char *account, char *buf,
    size_t cap);

struct fix_build;
/** Body of a message of kind 'D', 'F', 'G' or 'H', begun with
 * fix_build_start(). @return 0, -FIX_E_RANGE: the map lacks the account */
int venue_fix_write(const struct venue_fix_cfg *cfg, char kind,
    const struct venue_order *o, struct fix_now now, struct fix_build *b)
    FIX_MUST_CHECK;

#endif
