/*
 * Everything that changes a risk object, written down as it happens, and played
 * again: whoever keeps the tape can make each decision once more, with all that
 * it depended on (section 4 rule d and property P5 of the pre-trade controls).
 *
 * A tape begins with the object itself, as long as nothing was said to it. It is
 * a row of entries, each a call of risk.h with what it was given; an entry of a
 * check holds its outcome, too. A reference price is written when a check could
 * look at it first. Alerts, and looking, change nothing and are not written.
 */
#ifndef FIXGATE_RISK_TAPE_H
#define FIXGATE_RISK_TAPE_H

#include "risk/risk.h"

#define RISK_TAPE_VERSION 2 /* in 1, who passed had no reference written */
#define RISK_ENTRY_MAX 1024 /* bytes of an entry */

enum risk_call {
	RISK_CALL_NONE, RISK_CALL_BEGIN, RISK_CALL_ACCOUNT, RISK_CALL_SYMBOL,
	RISK_CALL_PERMIT, RISK_CALL_LIMITS, RISK_CALL_NO_LIMITS,
	RISK_CALL_RULES, RISK_CALL_NO_RULES, RISK_CALL_DESCRIBE,
	RISK_CALL_RESTRICT, RISK_CALL_LOCATE, RISK_CALL_EXEMPT, RISK_CALL_REF,
	RISK_CALL_DECISION, RISK_CALL_RESTARTED, RISK_CALL_DAY,
	RISK_CALL_CHECK, RISK_CALL_REPLACE, RISK_CALL_CANCEL, RISK_CALL_HOLD,
	RISK_CALL_FILL, RISK_CALL_EXECUTED, RISK_CALL_REARM,
	RISK_CALL_REST, RISK_CALL_NO_REST, RISK_CALL_REMEMBER,
	RISK_CALL_POSITION, RISK_CALL_KILL, RISK_CALL_UNKILL,
	RISK_CALL_BREACHED, RISK_CALL_VERSION, RISK_CALL_READY,
	RISK_CALL_NO_OWNED, RISK_CALL_MUST_STATE, RISK_CALL_GRANT,
	RISK_CALL_GRANT_TO, RISK_CALL_NO_GRANTS, RISK_CALL_SAW,
	RISK_CALL_TOKEN, RISK_CALL_NO_TOKEN, RISK_CALL_HOURS,
	RISK_CALL_NO_OWNER,
	RISK_N_CALL
};

/** Write down all that is said to r from now on; call it right after
 * risk_new(). @return 0, -FIX_E_NOMEM */
int risk_tape_begin(struct risk *r) FIX_MUST_CHECK;
/** What was written since risk_tape_clear(). Lives until the next call with r;
 * empty where it is not written down. */
struct fix_span risk_tape(const struct risk *r);
/** Has there been no memory for an entry? Then it is worth nothing. */
bool risk_tape_torn(const struct risk *r);
void risk_tape_clear(struct risk *r);
/** So many of its bytes are whole entries and at most `max`, which is
 * RISK_ENTRY_MAX or more. */
size_t risk_tape_cut(struct fix_span tape, size_t max);

/** Under this version of all limits the next checks are made. */
void risk_set_version(struct risk *r, uint64_t version);
/** What an earlier run knew has been given back: orders may come. */
void risk_set_ready(struct risk *r);

/* An entry that was played. Names point into the tape. */
struct risk_played {
	enum risk_call call;
	uint64_t version; /* of the limits: of a check that was played, and of
	                     RISK_CALL_VERSION */
	/* Of a check: */
	struct risk_order o;   /* its .rest is NULL where it is only read */
	struct risk_hold held; /* of a replace: what the order had reserved */
	struct fix_now now;
	struct risk_verdict was, is; /* as written; as it comes out now */
};

struct risk_player;
/** @return NULL: out of memory */
struct risk_player *risk_player_new(void);
void risk_player_free(struct risk_player *p);
/** The object, NULL before the first RISK_CALL_BEGIN. */
struct risk *risk_player_risk(struct risk_player *p);
/**
 * Play the first entry of a tape and move on behind it. RISK_CALL_BEGIN makes
 * another object; the one before is freed.
 *
 * @param tape  untrusted bytes
 * @return 1 played; 0 at the end; -FIX_E_CORRUPT (no entry), -FIX_E_FOREIGN
 *         (of another version), -FIX_E_STATE (before the first BEGIN),
 *         -FIX_E_NOMEM; then nothing has changed, or the player is of no more
 *         use
 */
int risk_play(struct risk_player *p, struct fix_span *tape,
    struct risk_played *out) FIX_MUST_CHECK;
/** Only read it: nothing is played, `is` stays empty. @return as risk_play() */
int risk_tape_read(struct fix_span *tape, struct risk_played *out)
    FIX_MUST_CHECK;
/** Do both verdicts say the same: code, scope, numbers, reservation? */
bool risk_verdict_same(const struct risk_verdict *a,
    const struct risk_verdict *b);

/** What limit and value of a refusal are: nothing, plain numbers, in 10^-8.
 * RISK_RATE has a limit only. */
enum risk_numbers { RISK_NUMBERS_NONE, RISK_NUMBERS_PLAIN, RISK_NUMBERS_E8 };
enum risk_numbers risk_code_numbers(enum risk_code c);

#endif
