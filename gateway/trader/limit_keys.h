/*
 * Limits that can be changed while it runs, by the names that [RISK ...] gives
 * them: their text, and which way is looser.
 */
#ifndef FIXGATE_GATEWAY_TRADER_LIMIT_KEYS_H
#define FIXGATE_GATEWAY_TRADER_LIMIT_KEYS_H

#include "risk/risk.h"

#define LIMIT_TEXT_MAX 128  /* bytes of a value */
#define LIMIT_SET_TEXT 4096 /* of a whole set */

/* What a scope is limited by. */
struct limit_set {
	struct risk_limits limits;
	struct risk_rules rules;
	bool limited, ruled; /* they were set at all */
};

/* Orders by OrdTypes, and what each is to risk: the kind as a digit. */
#define LIMIT_KINDS                                                            \
	{                                                                      \
		"market", "limit", "stop", "stop-limit", "market-on-close",    \
		    "limit-on-close", "market-if-touched", "market-to-limit",  \
		    "pegged", "trailing-stop", NULL                            \
	}
#define LIMIT_KIND_BITS "123456789:"
#define LIMIT_KIND_NAMES                                                       \
	"market, limit, stop, stop-limit, market-on-close, limit-on-close, "   \
	"market-if-touched, market-to-limit, pegged, trailing-stop"

/** Nothing is limited. */
struct limit_set limit_set_none(void);
struct limit_set limit_set_of(const struct risk *r, enum risk_scope kind,
    const char *id);
/** Put it into force. @return 0, risk's */
int limit_set_use(const struct limit_set *s, struct risk *r,
    enum risk_scope kind, const char *id) FIX_MUST_CHECK;
/** The same of another owner, whose are limits alone, no rules. */
struct limit_set limit_set_owned(const struct risk *r, enum risk_owner owner,
    enum risk_scope kind, const char *id);
int limit_set_use_owned(const struct limit_set *s, struct risk *r,
    enum risk_owner owner, enum risk_scope kind, const char *id)
    FIX_MUST_CHECK;

unsigned limit_keys(void);
const char *limit_key_name(unsigned key);
/** @return the key, limit_keys(): there is none of that name, in any case */
unsigned limit_key_named(const char *name);
/** Does it mean anything for this kind of scope? */
bool limit_key_fits(unsigned key, enum risk_scope kind);
/** Can another owner than the firm have one? */
bool limit_key_owned(unsigned key);
/** Was it set, or is it one of a part that was? */
bool limit_key_is_set(const struct limit_set *s, unsigned key);
/** Its text in a set, NUL-terminated. */
void limit_key_text(const struct limit_set *s, unsigned key,
    char out[LIMIT_TEXT_MAX]);
/** Set it. @return NULL, or what was expected */
const char *limit_key_set(struct limit_set *s, unsigned key, const char *text);
/** Does more pass with `is` than with `was`? */
bool limit_key_looser(unsigned key, const struct limit_set *is,
    const struct limit_set *was);
bool limit_key_differs(unsigned key, const struct limit_set *a,
    const struct limit_set *b);

/** "KEY=VALUE\n" of all keys that were set. @return bytes, NUL-terminated */
size_t limit_set_text(const struct limit_set *s, char out[LIMIT_SET_TEXT]);
/** Read such lines. @return false: it is none */
bool limit_set_read(struct limit_set *s, const char *text);

#endif
