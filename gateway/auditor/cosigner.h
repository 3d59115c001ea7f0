/*
 * A witness: it has the newest checkpoint of each trail that it knows, takes a
 * newer one only with a proof that the old trail is its beginning, and signs what
 * it took. So nobody who has the trail's own key can show one history here and
 * another there, or cut the trail's end, without this witness having signed
 * against it. The protocol is C2SP tlog-witness, in which any log and any witness
 * can speak to each other; what carries the bytes is somebody else's.
 */
#ifndef FIXGATE_GATEWAY_AUDITOR_COSIGNER_H
#define FIXGATE_GATEWAY_AUDITOR_COSIGNER_H

#include "store/audit_note.h"
#include "store/audit_proof.h"

#define COSIGNER_TRAILS_MAX 64
#define COSIGNER_REQUEST_MAX 8192 /* bytes */

struct cosigner;

struct cosigner_request { /* what add-checkpoint brings */
	uint64_t old; /* events that it thinks the witness has seen */
	uint8_t proof[AUDIT_PROOF_MAX][AUDIT_HASH];
	unsigned n_proof;
	struct fix_span note; /* borrowed */
};

struct cosigner_answer {
	unsigned status;  /* of HTTP: 200 cosigned; 400 no such request; 403 not
	                     signed by its key; 404 an unknown trail; 409 the
	                     witness has seen another size, which is the body;
	                     422 the proof does not hold; 500 */
	const char *type; /* Content-Type */
	char body[AUDIT_COSIGNATURE_MAX];
	char why[300]; /* a sentence for the log, empty if all is well */
};

/** Read a request. @return 0, -FIX_E_FORMAT */
int cosigner_read(struct cosigner_request *out,
    struct fix_span bytes) FIX_MUST_CHECK;
/**
 * A witness with its folder, which holds its key and what it has seen; both are
 * made if they are missing. Only one may use the folder at a time.
 *
 * @return 0, or an error told in *e: -FIX_E_IO, -FIX_E_FORMAT, -FIX_E_NOMEM,
 *         -FIX_E_STATE (another one uses the folder)
 */
int cosigner_open(struct cosigner **out, const char *folder, const char *name,
    struct fix_store_error *e) FIX_MUST_CHECK;
void cosigner_close(struct cosigner *c);
/** Know a trail by the text of its key. Of several keys of one name the last is
 * the newest: it goes on from what was seen of the others, and once it has signed
 * they are refused.
 * @return 0, or an error told in *e: -FIX_E_FORMAT (no such key), -FIX_E_FULL,
 *         -FIX_E_CORRUPT (what the folder has of it is not what was put there),
 *         -FIX_E_IO, -FIX_E_NOMEM */
int cosigner_trust(struct cosigner *c, struct fix_span vkey,
    struct fix_store_error *e) FIX_MUST_CHECK;
/** Its own key, for whoever checks cosignatures. */
const struct audit_key *cosigner_key(const struct cosigner *c);
/** Answer a request; what is cosigned was synced before. */
void cosigner_ask(struct cosigner *c, struct fix_span request,
    struct fix_utc now, struct cosigner_answer *out);

#endif
