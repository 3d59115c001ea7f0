/* The auditor's small state: values of a few bytes by key, in memory. */
#ifndef FIXGATE_GATEWAY_AUDITOR_PAIRS_H
#define FIXGATE_GATEWAY_AUDITOR_PAIRS_H

#include "fix/err.h"
#include "fix/span.h"

#define PAIR_KEY_MAX 80
#define PAIR_VALUE_MAX 320

struct pair {
	uint16_t key_len, value_len;
	uint8_t key[PAIR_KEY_MAX], value[PAIR_VALUE_MAX];
};

struct pairs { /* zeroed: empty */
	struct pair **list;
	uint32_t n, cap;
	uint32_t *slots; /* place in the list + 1, by hash; 0 none */
	uint32_t mask;
};

/** @return its value, empty if there is none; borrowed until the next put */
struct fix_span pairs_get(const struct pairs *p, struct fix_span key);
/** An empty value forgets what was there. @return 1 changed, 0 it was that
 * already; -FIX_E_NOMEM, -FIX_E_TOOBIG */
int pairs_put(struct pairs *p, struct fix_span key, struct fix_span value)
    FIX_MUST_CHECK;
void pairs_fini(struct pairs *p);

#endif
