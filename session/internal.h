/*
 * What the files of session/ share: the session itself, its states and inputs,
 * and who offers what to whom. Nothing here is for other folders.
 */
#ifndef FIXGATE_SESSION_INTERNAL_H
#define FIXGATE_SESSION_INTERNAL_H

#include "fix/scan.h"
#include "session/session.h"

/* What one inbound message, or one timer, may queue at most. */
#define ACTS_PER_STEP 24u
/* Bytes that our own words need beside what is quoted from the peer. */
#define BYTES_PER_STEP 8192u
#define HEART_MAX_S 86400 /* HeartBtInt(108) beyond a day is nonsense */
#define GARBLED_MAX 100u  /* in a row, then the line is given up */
#define LOGONS_MAX 3u     /* in a row: two sides resetting each other */
#define SAME_RESEND_MAX 20u /* ResendRequests for one number in a row */
#define TESTS_MAX 3u /* TestRequests in a row that nobody answers */
#define RESET_TEST_ID "RESET" /* 112 before a reset of ours */
#define QUOTE_MAX 64u     /* bytes of a peer's value that we repeat */

enum state {
	S_DOWN,        /* no transport */
	S_WAIT_LOGON,  /* acceptor: nothing but a Logon may come */
	S_LOGON_SENT,  /* initiator: waits for the reply */
	S_UP,          /* logged on, all numbers in order */
	S_GAP,         /* logged on, numbers up to gap_top are missing */
	S_LOGOUT_SENT, /* we asked to end, the peer's Logout is awaited */
	S_ENDING,      /* the peer broke a rule: Logout sent, nothing counts */
	S_BYE,         /* peer's Logout was answered: it closes, or we do */
	S_CLOSED,      /* CLOSE is queued, the transport's end is awaited */
	N_STATES
};
#define S_TABLE N_STATES /* an action's answer: go where the table says */

enum input {
	/* valid messages whose turn it is */
	I_LOGON,
	I_HEARTBEAT,
	I_TEST,
	I_RESEND,
	I_REJECT,
	I_FILL,
	I_LOGOUT,
	I_APP,
	I_STALE, /* session message with 43=Y: only its number counts */
	/* messages whose MsgSeqNum doesn't matter */
	I_RELOGON, /* Logon with 141=Y inside a session */
	I_RESET,   /* SequenceReset without GapFillFlag */
	/* out of turn */
	I_HIGH,
	I_HIGH_RESEND,
	I_HIGH_LOGOUT,
	I_LOW,
	I_DUP,
	I_DUP_BAD,
	/* not as they should be */
	I_NOT_LOGON,
	I_FAULT,
	I_BAD_TIME,
	I_BAD_ID,
	I_BAD_BEGIN,
	I_NO_SEQ,
	I_GARBLED,
	I_TOOBIG,
	/* no message at all */
	I_CONNECT,
	I_LOST,
	I_FILLED,  /* the gap has closed */
	I_IDLE,    /* we were silent for HeartBtInt */
	I_SILENCE, /* the peer was silent for more than HeartBtInt */
	I_DEAD,    /* it did not answer the TestRequest either */
	I_STALL,   /* the gap makes no progress */
	I_TIMEOUT, /* the state has lasted long enough */
	I_WANT_LOGOUT,
	N_INPUTS
};

/* What fs_step() and the actions are given. */
struct event {
	const struct fix_msg *m; /* NULL: no message */
	uint64_t seq;            /* its MsgSeqNum, 0 where it has none */
	bool dup;                /* PossDupFlag(43)=Y */
	bool held;               /* was held; its SendingTime is checked */
	bool sent_known;         /* its SendingTime reads: the next */
	int64_t sent_ns;
	struct fix_fault fault;  /* I_FAULT, I_DUP_BAD, I_BAD_ID, I_BAD_TIME */
	const char *text;        /* I_WANT_LOGOUT: why, may be NULL */
	bool refused;            /* I_WANT_LOGOUT: instead of a Logon */
	enum fix_garbled garbled;
	struct fix_span bytes; /* I_GARBLED: the stretch */
};

/* A fault that was tolerated, and how often. */
struct tolerated {
	uint64_t n;
	uint32_t tag;
	int reason;
	char type[8]; /* NUL-terminated, cut */
};
#define TOLERATED_MAX 32u /* told apart; what comes after shares the last */

/* Messages that came too early, ascending, one behind the other. */
struct held {
	uint8_t *buf;
	size_t cap, head, tail;
	unsigned n;
	uint64_t last_seq;
};

/* The peer's clock less ours, at least; see peer.c. */
struct clock {
	bool known;
	int64_t ns;
};

struct appl_type;

/* Messages of ours that wait for their turn, one behind the other. */
struct line {
	uint8_t *buf;
	size_t cap, head, tail;
	unsigned n;
};

struct fix_session {
	struct fix_session_cfg cfg;
	struct fix_acts *acts;
	struct fix_now now;
	enum fix_version version; /* FIXT.1.1: FIX_V_50 */
	bool fixt;
	enum state state;
	struct fix_mono since; /* when it came into this state */
	enum fix_why why;      /* of the CLOSE to come */
	uint64_t next_in, next_out;
	bool shut;      /* outside of the schedule */
	void *lists;          /* that cfg points to */
	uint64_t n_tolerated; /* messages */
	struct tolerated tolerated[TOLERATED_MAX];
	bool say_reset; /* a reset of ours was cut short: 141=Y next time */
	struct fix_pace pace;        /* of our application messages */
	struct line cancels, others; /* line.c */
	uint64_t line_id;            /* the last one given */
	bool replay_waits;           /* for room in the windows */
	bool owes_reset; /* agreed on, ours to start, not answered yet */
	bool cut_off; /* reset_on_disconnect, and it was made with the numbers
	                 of a connection that nobody saw end */
	enum { RESET_NO, RESET_WAITS, RESET_TESTED } reset_due;

	/* Of this connection or, while down, the last one. */
	struct clock clock[2]; /* of this window, and the last one's */
	struct fix_mono clock_at;
	uint64_t processed; /* 369 as last received */
	bool processed_told;

	/* From here on: of this connection. */
	bool was_up;     /* UP was told and DOWN not yet */
	bool logged_out; /* in order, by Logout */
	bool test_open;  /* a TestRequest of ours awaits its Heartbeat */
	bool reset_asked; /* our 141=Y is not answered yet */
	bool no_reset;   /* of the peer's is taken */
	bool full_told;  /* held messages were dropped, and it was said */
	bool want_logout; /* asked for when the queue had no room */
	int64_t heart_ns; /* HeartBtInt(108), 0: none */
	struct fix_mono last_in, last_out, test_at;
	char test_id[FIX_STAMP_MAX + 1]; /* 112 of the open one */
	unsigned tests; /* in a row, without their Heartbeat */
	struct fix_mono reset_at; /* a step of a reset of ours within it waits
	                             for its answer since; NEVER: none does */
	enum fix_version peer_appl;
	struct appl_type *appl; /* versions of MsgTypes by its Logon, n_appl */
	unsigned n_appl;
	size_t peer_max; /* its 383, 0: none told, or told of already */
	unsigned garbled, logons, same_resend;
	uint64_t last_resend;
	uint64_t logon_seq; /* number of our Logon */

	/* The gap in what the peer sent. */
	uint64_t gap_top;  /* last number missing */
	uint64_t asked_to; /* end of the chunk asked for, 0: all */
	uint64_t asked_again; /* next_in when a request of ours was repeated */
	struct fix_mono gap_at;    /* last progress */
	struct fix_mono logout_at; /* a Logout waits behind it, NEVER: none */
	bool ask_after_replay;
	struct held held;

	/* What the peer asked us to send again. */
	bool replaying;
	uint64_t replay_next, replay_end; /* still to come */
	uint64_t fill_from;               /* first number not sent yet */
	uint64_t surplus_end; /* up to here too much was asked for, 0: no */
	uint64_t again_from, again_to;    /* asked for meanwhile, 0: no */
};

_Static_assert(FIX_N_DEV <= 64, "a deviation is a bit");

static inline bool
deviates(const struct fix_session *s, enum fix_deviation d)
{
	return (s->cfg.deviations >> d & 1) != 0;
}

/* A number as it is written: beyond max_seq it begins anew at 0. */
static inline uint64_t
wire_seq(const struct fix_session *s, uint64_t seq)
{
	uint64_t max = s->cfg.max_seq;

	return max == 0 ? seq : seq % (max + 1);
}

static inline struct fix_mono
mono_after(struct fix_mono t, int64_t ns)
{
	struct fix_mono r = { t.ns > FIX_MONO_NEVER - ns ? FIX_MONO_NEVER
							 : t.ns + ns };

	return r;
}

/* acts.c */
struct fix_acts {
	struct {
		struct fix_session *owner;
		struct fix_act act;
	} *ring;
	unsigned cap, head, tail; /* live entries lie in [head, tail) */
	unsigned live;
	uint8_t *buf;
	size_t cap_bytes, used;
	bool spent;          /* all told: the bytes may be overwritten */
	struct fix_msg msg;  /* what recv split last */
	struct fix_msg kept; /* what replay split last */
	struct fix_field fields[FIX_FIELDS_MAX];
	struct fix_field kept_fields[FIX_FIELDS_MAX];
};

void fs_acts_push(struct fix_session *s, struct fix_act a);
bool fs_acts_pop(struct fix_session *s, struct fix_act *out);
bool fs_acts_fit(struct fix_acts *q, size_t bytes);
bool fs_acts_room(struct fix_acts *q, unsigned acts, size_t bytes);
bool fs_acts_room_by_force(struct fix_acts *q, size_t bytes);
bool fs_acts_deliver_waits(const struct fix_acts *q);
bool fs_acts_wait(const struct fix_acts *q, const struct fix_session *s);
void fs_acts_forget(struct fix_acts *q, const struct fix_session *s);
struct fix_span fs_acts_copy(struct fix_session *s, struct fix_span bytes);
const char *fs_acts_text(struct fix_session *s, const char *fmt, ...)
    FIX_PRINTF(2, 3);
void fs_report(struct fix_session *s, enum fix_why why, const char *fmt, ...)
    FIX_PRINTF(3, 4);
/** The same, for the times-th time: .seq_end. */
void fs_report_times(struct fix_session *s, enum fix_why why, uint64_t times,
    const char *fmt, ...) FIX_PRINTF(4, 5);

/* rules.c */
void fs_step(struct fix_session *s, enum input in, struct event *e);
void fs_settle(struct fix_session *s);

/* check.c */
enum input fs_classify(struct fix_session *s, struct event *e);
bool fs_type_is(const struct fix_msg *m, char type);
bool fs_is_seq_reset(const struct fix_msg *m);
bool fs_is_admin(struct fix_span type);
bool fs_flag_set(const struct fix_msg *m, uint32_t tag);
uint64_t fs_apart(int64_t a, int64_t b);

/* validation.c */
bool fs_validation_own(struct fix_session *s);
void fs_validation_leave(struct fix_session *s);

/* logon.c */
void fs_reset_numbers(struct fix_session *s);
void fs_begin_reset(struct fix_session *s);
bool fs_would_void(const struct fix_session *s);

/* seq.c */
void fs_consume(struct fix_session *s, const struct event *e);
void fs_consume_if(struct fix_session *s, const struct event *e);
void fs_tell_numbers(struct fix_session *s, bool reset);
bool fs_hold(struct fix_session *s, const struct event *e, bool done);
void fs_open_gap(struct fix_session *s, uint64_t seen);
void fs_ask(struct fix_session *s);
void fs_held_drop_old(struct fix_session *s);
void fs_held_clear(struct fix_session *s);
void fs_held_trim(struct fix_session *s);
bool fs_held_peek(const struct fix_session *s, uint64_t *seq);
bool fs_held_ready(const struct fix_session *s);
void fs_take_up(struct fix_session *s);

/* appl.c */
bool fs_read_types(struct fix_session *s, const struct fix_msg *m);
void fs_forget_types(struct fix_session *s);
const struct fix_dict *fs_appl_dict(const struct fix_session *s,
    enum fix_version v);
bool fs_checks(const struct fix_session *s);

/* peer.c */
void fs_note_peer(struct fix_session *s, const struct event *e, enum input in);
void fs_forget_peer(struct fix_session *s);

/* policy.c */
bool fs_may_resend(const struct fix_session *s, const struct fix_msg *kept);
bool fs_withhold(struct fix_session *s, const struct fix_msg *kept,
    uint64_t seq);

uint64_t fs_seq_near(const struct fix_session *s, int64_t wire, uint64_t near);
bool fs_consume_garbled(
    struct fix_session *s, struct fix_span bytes, struct fix_span *type);

/* line.c */
bool fs_wire(const struct fix_session *s);
/** Must an application message wait behind others, or for room? */
bool fs_must_wait(const struct fix_session *s);
bool fs_waiting_any(const struct fix_session *s);
/** Does one wait that may go now? */
bool fs_waiting_ready(const struct fix_session *s);
int fs_waiting_put(struct fix_session *s, struct fix_span type,
    struct fix_span body, const char *appl);
void fs_waiting_send(struct fix_session *s);
void fs_waiting_free(struct line *l);

/* replay.c */
int fs_answer_resend(struct fix_session *s, const struct event *e, uint32_t *bad);
void fs_start_replay(struct fix_session *s, uint64_t from, uint64_t to);

/* out.c */
int fs_send_app(struct fix_session *s, struct fix_span type, struct fix_span body,
    enum fix_version v, uint64_t *seq);
void fs_send_logon(struct fix_session *s, bool reset);
int fs_sign_logon(struct fix_session *s, struct fix_build *b);
void fs_send_logout(struct fix_session *s, const char *text);
void fs_send_heartbeat(struct fix_session *s, struct fix_span id);
void fs_send_test(struct fix_session *s, const char *id);
void fs_send_resend_request(struct fix_session *s, uint64_t from, uint64_t to);
void fs_send_reject(struct fix_session *s, const struct event *e,
    const struct fix_fault *f, const char *text);
void fs_send_garbled_reject(struct fix_session *s, uint64_t seq,
    struct fix_span type);
void fs_send_gap_fill(struct fix_session *s, uint64_t from, uint64_t next);
int fs_send_again(
    struct fix_session *s, uint64_t seq, const struct fix_msg *kept);
int fs_send_refusal(struct fix_session *s, const struct fix_msg *m, int reason,
    struct fix_span ref_id, const char *text);

#endif
