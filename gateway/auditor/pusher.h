/*
 * One witness as the gateway sees it: what it has cosigned last, and how to prove
 * that the newest checkpoint goes on from there. It is fed the chain's events and
 * checkpoints in order, and asked to push when the end is reached.
 */
#ifndef FIXGATE_GATEWAY_AUDITOR_PUSHER_H
#define FIXGATE_GATEWAY_AUDITOR_PUSHER_H

#include "store/audit_note.h"
#include "store/audit_proof.h"

enum pusher_said { /* of pusher_push() */
	PUSHER_NOTHING,   /* there is nothing new */
	PUSHER_COSIGNED,
	PUSHER_AWAY,      /* no answer, or one that is none: try again later */
	PUSHER_REWIND,    /* the chain must be read from its beginning again: the
	                     witness has seen less of it than was thought */
	PUSHER_REFUSED,   /* it knows another history, or more: a person must look */
};

struct http;
struct pusher;

/** @param folder  of the trail, where witnessed-NAME holds what it cosigned last
 * @param key      the witness's, as text; borrowed as all of these
 * @return NULL: no memory, or no such key */
struct pusher *pusher_new(const char *folder, const char *name, const char *url,
    const char *ca_file, const char *key);
void pusher_free(struct pusher *p);
const char *pusher_name(const struct pusher *p);
/** Events that it has cosigned; 0: none, or it is not known yet. */
uint64_t pusher_at(const struct pusher *p);
/** The event behind those that are in walk. Those that it was given before are
 * passed over. */
void pusher_event(struct pusher *p, const struct audit_tree *walk,
    const uint8_t hash[AUDIT_HASH]);
/** A checkpoint over what is in walk. */
void pusher_checkpoint(struct pusher *p, const struct audit_tree *walk,
    struct fix_span note);
/** Send the last checkpoint, if the witness has not cosigned it; it blocks up to
 * some seconds. @param walk  of the whole chain
 * @param why  a sentence, unless it was cosigned */
enum pusher_said pusher_push(struct pusher *p, const struct audit_tree *walk,
    struct http *http, char *why, size_t why_cap) FIX_MUST_CHECK;

#endif
