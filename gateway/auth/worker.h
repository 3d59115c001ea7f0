/*
 * The worker: a process that checks passwords and signatures, so that the loop
 * never waits for one. It holds no state: all it needs comes with each job over
 * a socket pair (SOCK_SEQPACKET), one job and one answer at a time.
 */
#ifndef FIXGATE_GATEWAY_AUTH_WORKER_H
#define FIXGATE_GATEWAY_AUTH_WORKER_H

#include "gateway/auth/claim.h"

struct worker_job {
	uint64_t id;
	struct verifier v;
	uint32_t text_len, proof_len, fresh_len;
	uint8_t text[CLAIM_TEXT_MAX];
	uint8_t proof[PROOF_PASSWORD_MAX];
	uint8_t fresh[PROOF_PASSWORD_MAX]; /* new password: make its verifier,
	                                      if the proof fits */
};

struct worker_answer {
	uint64_t id;
	uint32_t fits;
	uint32_t has_fresh;
	struct verifier fresh;
};

/** Do one job. */
void worker_do(const struct worker_job *job, struct worker_answer *out);
/** Serve the socket until its other end closes. @return exit status */
int worker_main(int fd);

#endif
