/* What the files of the player share: the state of one case under way. */
#ifndef FIXGATE_GATEWAY_CLI_CONFORM_PLAY_INT_H
#define FIXGATE_GATEWAY_CLI_CONFORM_PLAY_INT_H

#include "gateway/cli/conform/play.h"

#define VARS_MAX 64
#define NAME_BYTES 32
#define MSG_BYTES (1u << 20) /* of one message, and of what waits unread */
#define MAYS_MAX 16
#define FAILED (-1000) /* the case failed: r says how */

/* Something that came on a link. */
struct got {
	struct got *next;
	struct fix_mono at;
	enum { GOT_MSG, GOT_GARBAGE, GOT_CLOSE } kind;
	const char *garbled; /* GOT_GARBAGE: why */
	size_t len;
	uint8_t bytes[];
};

struct link {
	bool open;
	struct got *first, **last;
	uint8_t *rx; /* not a whole message yet */
	size_t n_rx;
};

struct var {
	char name[NAME_BYTES];
	enum { VAR_VALUE, VAR_MARK, VAR_MSG } kind;
	struct fix_mono at; /* VAR_MARK */
	size_t len;
	uint8_t *p;
};

struct play {
	const struct cc_case *c;
	const struct cc_play_cfg *cfg;
	struct cc_result *r;
	const struct cc_step *step; /* under way */
	struct link links[CC_LINKS];
	unsigned cur;               /* the link that steps are about */
	uint64_t in, out;           /* next numbers, the engine's and ours */
	struct cc_numbers others[CC_LINKS]; /* those of links not under way */
	uint64_t last;              /* number of the last message we sent */
	char last_type[8];
	uint64_t loop;              /* $i */
	unsigned n_sync;
	uint64_t n_ids;             /* ClOrdIDs made so far */
	unsigned heart_s;           /* $heart */
	bool logged_on;             /* once, in this case */
	bool logon_due;             /* the engine's Logon waits for our answer */
	bool reset_told;            /* and had 141=Y */
	uint64_t in_before;         /* $in before our Logon with 141=Y */
	bool logon_open;            /* ours waits for its answer */
	bool fresh;                 /* no Logon of ours on this connection */
	bool adapting;              /* numbers of old are still being told */
	unsigned n_steps;           /* played so far */
	struct fix_mono moment;     /* when the last step was done */
	struct fix_mono out_at;     /* when we last sent */
	const struct cc_step *mays[MAYS_MAX];
	unsigned n_mays;
	struct var vars[VARS_MAX];
	unsigned n_vars;
	char orders[32][NAME_BYTES]; /* ClOrdIDs that were answered */
	unsigned n_orders;
	bool together;
	uint8_t *batch;              /* MSG_BYTES */
	size_t n_batch;
	uint64_t len, sum;           /* $len, $sum while a message is built */
	struct fix_utc said_at;      /* $now while one is; 0: the clock's */
	uint8_t *value;              /* MSG_BYTES: a value being worked out */
	uint8_t *msg, *body;         /* MSG_BYTES each: being built */
	struct fix_field fields[FIX_FIELDS_MAX];
	struct fix_field fields2[FIX_FIELDS_MAX];
};

/* play.c */
/** The case has failed: say why. @return FAILED */
int play_fail(struct play *p, const char *fmt, ...) FIX_PRINTF(2, 3);
/** Play a step made here, as if it stood in place of the one under way. */
int play_line(struct play *p, const char *fmt, ...) FIX_PRINTF(2, 3);
void play_tell(struct play *p, char dir, unsigned link, struct fix_span bytes);
struct fix_now play_now(const struct play *p);
int64_t play_ns(const struct play *p, struct cc_time t);
/** Steps are about this link from now on. */
void play_link(struct play *p, unsigned to);
int play_step(struct play *p, const struct cc_step *s);

/* value.c */
/** Work out a value as written: quotes, escapes, $names. It ends at stop, where
 * that stands outside of quotes, and *rest is there; 0, NULL: at the end.
 * @return bytes in out; FAILED */
ssize_t play_value(struct play *p, const char *text, char stop,
    const char **rest, uint8_t *out, size_t cap);
/** A value that is a number. @return 0, FAILED */
int play_number(struct play *p, const char *text, uint64_t *out);
/** "$name" of something that was not set yet. */
const char *play_capture(struct play *p, const char *text);
struct var *play_var(struct play *p, const char *name, bool make);
void play_unset(struct play *p, const char *name);
int play_set(struct play *p, const char *name, struct fix_span v);
size_t play_stamp(const struct play *p, int64_t plus_ns, uint8_t *out);

/* say.c */
/** Build and send. @return 0, FAILED */
int play_send(struct play *p, const struct cc_step *s);
int play_raw(struct play *p, const struct cc_step *s);
/** Type and body of "send order ..." for the operator, in p->body. */
ssize_t play_app_body(struct play *p, const struct cc_step *s,
    const char *what);
int play_flush(struct play *p);

/* template.c */
/** MsgType of a template, and its fields: "tag=value" with blanks between.
 * @return NULL: no such template */
const char *play_template(const struct play *p, const char *name,
    const char **fields);
void play_logon_fields(const struct play *p, char *out, size_t cap);

/* hear.c */
/** What came first on the current link, left there; NULL: nothing until then.
 * @return 0, -FIX_E_IO, -FIX_E_NOMEM */
int play_front(struct play *p, struct fix_mono until, struct got **out);
/** Let time pass, taking in what comes. */
int play_pass(struct play *p, struct fix_mono until);
void play_drop_front(struct play *p);
void play_link_clear(struct link *l);
void play_msg_of(struct play *p, const struct got *g, struct fix_msg *m);

/* judge.c */
/** Does it fit the step, which is CC_EXPECT? why, if not NULL: what did not fit. */
bool play_fits(struct play *p, const struct cc_step *s, const struct got *g,
    char *why, size_t cap);
/** Take what fitted: numbers, captures. @return 0, FAILED */
int play_accept(struct play *p, const struct cc_step *s, const struct got *g);
/** In short, for a complaint. */
void play_show(struct play *p, const struct got *g, char *out, size_t cap);

/* forms.c */
struct form {
	struct cc_step step; /* CC_EXPECT, with fields of its own */
	char name[NAME_BYTES + 4];
};
/** A step that waits for a message, as CC_EXPECT. To be cleared after 0.
 * @return 0, -FIX_E_NOMEM */
int play_form(struct play *p, const struct cc_step *s, struct form *f)
    FIX_MUST_CHECK;
void play_form_clear(struct form *f);

/* wait.c */
/** Wait for what the step expects. */
int play_expect(struct play *p, const struct cc_step *s);
int play_quiet(struct play *p, struct fix_mono until, const char *how_long);
int play_gapfill(struct play *p, const struct cc_step *s);
/** Wait for something, and find the branch that it fits.
 * @param first, n  steps that branches begin with
 * @return its index; FAILED, -FIX_E_IO, -FIX_E_NOMEM */
int play_choose(struct play *p, const struct cc_step *const *first,
    unsigned n);
/** At the end nothing may be left that was not asked for. */
int play_leftovers(struct play *p);

/* enter.c */
int play_connect(struct play *p, const struct cc_step *s);
void play_disconnect(struct play *p);
int play_logon(struct play *p, const struct cc_step *s);

#endif
