/*
 * From records of the trading journal to audit events.
 *
 * The events are a function of the records alone: read again from the same
 * place with the same state they come out the same, which is why an auditor
 * that dies makes none twice and leaves none out.
 */
#ifndef FIXGATE_GATEWAY_AUDITOR_FOLD_H
#define FIXGATE_GATEWAY_AUDITOR_FOLD_H

#include "fix/msg.h"
#include "gateway/auditor/pairs.h"
#include "gateway/order/order.h"
#include "gateway/trader/records.h"
#include "store/audit.h"

#define FOLD_TOKENS 8     /* of one event */
#define FOLD_FILLS_MAX 1024 /* of one turn of the trader */
#define FOLD_AMOUNTS 16   /* of one event */

struct fold_fill {
	uint8_t key[PAIR_KEY_MAX]; /* of its position */
	size_t key_len;
	int64_t qty_e8; /* signed */
	char exec_id[64];
};

struct keyring;

struct fold {
	struct audit *audit;    /* where events go; set by the caller */
	struct keyring *ring;   /* not owned; NULL: nothing is sealed */
	bool of_session;        /* the event that is made */
	bool from_outside;      /* and its text is not ours */
	char tokens[FOLD_TOKENS][AUDIT_VALUE_MAX];
	uint8_t *raw;           /* of a sealed message */
	size_t raw_cap;
	struct pairs pairs;     /* "s" session: its name, NUL, address;
	                           "p" account, NUL, symbol: quantity;
	                           "r" it runs; "n" its node;
	                           "w" venue: its name;
	                           "v" version of the limits;
	                           "x" session: it is a venue's */
	struct fold_fill *fills; /* of the turn that is read */
	unsigned n_fills;
	bool too_many;           /* not all of them are there */
	struct fix_field *fields;
	struct audit_event e;
	char session[PAIR_VALUE_MAX]; /* of the event that is made */
	char id[PAIR_VALUE_MAX];      /* resource_id of it */
	char hash[AUDIT_HEX + 1];     /* message_sha256 of it */
	char parent[ORDER_ID_MAX + 1]; /* parent_order_id of it */
	char amount[FOLD_AMOUNTS][FIX_DEC_MAX + 1];
	unsigned n_amounts; /* of the event that is made */
};

/** @return 0, -FIX_E_NOMEM */
int fold_init(struct fold *f) FIX_MUST_CHECK;
void fold_fini(struct fold *f);
/** audit_cfg's functions: take back what was kept, keep all of it again. */
int fold_kept(void *fold, struct fix_span key, struct fix_span value);
int fold_keep_all(void *fold, struct audit *a);

/** Events of one record; records come in order. @return 0 or audit_add()'s */
int fold_record(struct fold *f, const struct fix_rec *r) FIX_MUST_CHECK;
/** An event that the chain's key changes; and is this the key that the last one
 * of them named? */
int fold_rotated(struct fold *f, const char *was, const char *is,
    struct fix_utc when) FIX_MUST_CHECK;
bool fold_key_is(const struct fold *f, const char *text);
/** The records first to last can't be read any more, because why. */
int fold_gap(struct fold *f, uint64_t first, uint64_t last, const char *why,
    struct fix_utc when) FIX_MUST_CHECK;

/*
 * For the parts of the fold.
 */
/** A new f->e, about this record. */
void fold_start(struct fold *f, const struct fix_rec *r, const char *type,
    const char *action, const char *resource_type);
/** Add an amount in units of 10^-8 to f->e, as the text of a decimal. */
void fold_amount(struct fold *f, const char *key, int64_t e8);
/** A pair of the state, from now on. */
int fold_keep(struct fold *f, struct fix_span key, struct fix_span value)
    FIX_MUST_CHECK;
/** Seal what is personal in f->e, if that is wanted, and add it to the chain.
 * @return 0, audit_add()'s, keyring_for()'s */
int fold_add(struct fold *f) FIX_MUST_CHECK;
/** The message behind f->e, sealed if that is wanted; before it is hashed.
 * Good until the next call. @return 0, keyring_for()'s */
int fold_seal_raw(struct fold *f, struct fix_span *raw) FIX_MUST_CHECK;
/** The address that fold_set_session() is to keep, sealed if that is wanted. */
int fold_seal_address(struct fold *f, uint32_t session, struct fix_span name,
    struct fix_utc when, struct fix_span *address) FIX_MUST_CHECK;
/** Name and address of a session; empty if unknown. Borrowed until the next
 * fold_set_session(). */
struct fix_span fold_session(const struct fold *f, uint32_t session,
    struct fix_span *address);
int fold_set_session(struct fold *f, uint32_t session, struct fix_span name,
    struct fix_span address) FIX_MUST_CHECK;
/** The peer's part of a session's name: CLIENT44 of "FIX.4.4:FIXGATE->CLIENT44".
 */
struct fix_span fold_peer(struct fix_span name);
int fold_message(struct fold *f, const struct fix_rec *r) FIX_MUST_CHECK;
int fold_note(struct fold *f, const struct fix_rec *r) FIX_MUST_CHECK;
/** What risk decided in a turn; and whose numbers and names it speaks of. */
int fold_risk(struct fold *f, const struct fix_rec *r) FIX_MUST_CHECK;
int fold_node(struct fold *f, const struct fix_rec *start) FIX_MUST_CHECK;
int fold_venue(struct fold *f, struct fix_span name, struct fix_span number)
    FIX_MUST_CHECK;
int fold_position(struct fold *f, const struct fix_rec *r, struct fix_span key,
    int64_t qty_e8) FIX_MUST_CHECK;

#endif
