/* What traders were granted ([RISK trader NAME]), as a settings file changes it. */
#ifndef FIXGATE_GATEWAY_TRADER_GRANTS_H
#define FIXGATE_GATEWAY_TRADER_GRANTS_H

#include "fix/time.h"
#include "risk/risk.h"

struct trader;
struct answer;

#define GRANTS_PENDING 64 /* proposals at once */

/* A grant of a trader as text, see grants.c; NULL: he has none. */
struct granted {
	struct granted *next;
	char name[RISK_ID_MAX + 1];
	char *text;
	uint64_t number; /* of a proposal */
	int64_t made_ns;
};

struct grants {
	struct granted *held;     /* while a file is compared */
	struct granted *proposed;
	unsigned n_proposed;
};

/** Proposals that wait, before the first order. @return 0, or an error */
int grants_load(struct trader *t) FIX_MUST_CHECK;
void grants_free(struct trader *t);
/** Proposals lapse. */
void grants_tick(struct trader *t);
/** When the next does, UTC; INT64_MAX: none waits. */
int64_t grants_due_ns(const struct trader *t);
/** Approve or reject proposal n. @return false: it is none of a grant */
bool grants_decide(struct trader *t, struct answer *a, uint64_t n, bool yes);
/** What risk has been granted by a file, against what was held; whatever waits is
 * proposed. @param first  all is taken as it stands. @return how many wait */
unsigned grants_tighter(struct trader *t, bool first);
/** Those that wait. @param first  JSON: nothing stands before them */
void grants_say(struct trader *t, struct answer *a, bool first);

#endif
