/*
 * Conformance cases: what a case file says, as a list of steps.
 *
 * The language is described in fixgate-conform(1). A case is read once, checked
 * whole, and played any number of times; nothing in it changes while it is.
 */
#ifndef FIXGATE_GATEWAY_CLI_CONFORM_CASE_H
#define FIXGATE_GATEWAY_CLI_CONFORM_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "fix/err.h"
#include "fix/version.h"

#define CC_ROLE_ACCEPTOR 1u /* the engine under test is dialled */
#define CC_ROLE_INITIATOR 2u
#define CC_CAN_ECHO 1u     /* it sends an order back */
#define CC_CAN_ORDERS 4u   /* it works orders at a venue */
#define CC_CAN_OPERATOR 2u /* it does what a "do" step says */
#define CC_LINES_MAX 2000u

enum cc_verb {
	CC_CONNECT, CC_DISCONNECT, CC_LOGON, CC_SEND, CC_RAW, CC_EXPECT,
	CC_REJECT, CC_BMR, CC_ANSWER, CC_GAPFILL, CC_QUIET, CC_WAIT, CC_SYNC,
	CC_LINK, CC_SET, CC_MARK, CC_DO, CC_EITHER, CC_OR, CC_REPEAT,
	CC_TOGETHER, CC_END,
	CC_N_VERBS
};

enum cc_op {
	CC_IS,       /* tag=value */
	CC_ABSENT,   /* !tag */
	CC_MAY_BE,   /* tag?=value: absent, or this */
	CC_CONTAINS, /* tag~value */
};

/* Strings are the case's, as written: quotes and $names are still in them. */
struct cc_field {
	enum cc_op op;
	const char *tag;
	const char *value; /* "" with CC_ABSENT */
};

/* A span of time: nanoseconds, or thousandths of a heartbeat interval. */
struct cc_time {
	int64_t n; /* -1: not said */
	bool beats;
};

struct cc_step {
	enum cc_verb verb;
	unsigned line;
	const char *guard; /* NULL: always */
	const char *text;  /* the line, without guard */
	const char *what;  /* MsgType, template, name, number; "" if none */
	struct cc_field *fields;
	unsigned n_fields;
	bool may;          /* may expect */
	struct cc_time within, after, span;
	const char *from;  /* mark that times count from; NULL: last step */
	const char *as;    /* name to keep the message under, or the second
	                      word; NULL: none. do: from is the third */
	unsigned next;     /* either, or: index of the next or, else of end;
	                      repeat, together: of end */
};

struct cc_case {
	const char *file;  /* "2b.case" */
	const char *id, *title, *source, *about;
	unsigned roles;    /* CC_ROLE_* */
	uint32_t versions; /* bits 1 << enum fix_version */
	const char **settings; /* "Name=Value" that the engine must have */
	unsigned n_settings;
	unsigned abilities; /* CC_CAN_* */
	bool mandatory;
	bool counted;       /* heartbeats are never passed over */
	bool alive;         /* we send heartbeats and answer TestRequests */
	unsigned heartbeat; /* HeartBtInt in seconds, 0: any */
	struct cc_step *steps;
	unsigned n_steps;
	char *memory;       /* all strings */
};

/**
 * Read a case.
 *
 * @param file  its name, for complaints; borrowed
 * @param why   cap bytes for "FILE:LINE: what is wrong, what was expected"
 * @return 0, -FIX_E_FORMAT with why, -FIX_E_NOMEM
 */
int cc_parse(struct cc_case **out, const char *file, const char *text,
    char *why, size_t cap) FIX_MUST_CHECK;
void cc_free(struct cc_case *c); /* NULL is fine */
/** One step from a line; text is cut up and must outlive it.
 * @return 0, -FIX_E_FORMAT with why, -FIX_E_NOMEM */
int cc_parse_step(struct cc_step *s, char *text, char *why, size_t cap)
    FIX_MUST_CHECK;
void cc_step_clear(struct cc_step *s);

/** Versions of "4.2+", "FIX.4.0-FIX.4.3", "<4.2", "FIXT", "5.0SP2", as bits.
 * @return 0: not understood */
uint32_t cc_versions(const char *text);
/** "3s", "250ms", "1.2hb". @return false: not understood */
bool cc_time(const char *text, struct cc_time *out);

/* What runs, to tell whether a guard or a need is met. */
struct cc_setup {
	unsigned role;      /* one of CC_ROLE_* */
	enum fix_version version;
	unsigned abilities;
	const char *const *settings; /* "Name=Value" that the engine has */
	unsigned n_settings;
	unsigned heartbeat; /* of an initiator's setting, 0: any will do */
};
/** Has the engine this setting? One that is not told has its default: Y for
 * Check..., Validate..., PersistMessages and UseDataDictionary, else N. */
bool cc_has_setting(const struct cc_setup *s, const char *name_value);
/** A guard, or a single word of one: "4.2+,acceptor,!echo".
 * @return 1 met, 0 not, -FIX_E_FORMAT */
int cc_guard(const char *guard, const struct cc_setup *s);
/** Can the case be run so? why: cap bytes for the reason if not. */
bool cc_applies(const struct cc_case *c, const struct cc_setup *s, char *why,
    size_t cap);

#endif
