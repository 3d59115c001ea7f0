/*
 * A FIX session as pure logic: bytes, messages and time in, actions out.
 *
 * It knows no socket, no store and no clock. The caller carries the actions
 * out in order, and must have made every RECEIVED, PERSIST and NUMBERS durable
 * before it lets any later SEND reach the wire. FIX 4.0 to 4.4 and FIXT.1.1;
 * rules: FIX volume 2, session protocol, and the official session test cases.
 */
#ifndef FIXGATE_SESSION_SESSION_H
#define FIXGATE_SESSION_SESSION_H

#include "dictionaries/dict.h"
#include "fix/build.h"
#include "fix/msg.h"
#include "fix/time.h"
#include "session/pace.h"

struct fix_session; /* opaque: laid out in session.c; one thread at a time */
struct fix_acts;    /* queue of actions and their bytes, shared by sessions */

enum fix_act_kind {
	FIX_ACT_RECEIVED, /* .bytes used up inbound number .seq: keep it */
	FIX_ACT_PERSIST,  /* keep .bytes as outbound .seq before any later SEND */
	FIX_ACT_NUMBERS,  /* next_in is .seq, next_out is .seq_end: keep that.
	                     .flag: a reset, messages sent before are void */
	FIX_ACT_SEND,     /* write .bytes to the peer, in this order */
	FIX_ACT_DELIVER,  /* .msg: valid, in sequence, for the application;
	                     .flag: PossDupFlag or PossResend is set */
	FIX_ACT_REPLAY,   /* peer asks for .seq to .seq_end: read them back and
	                     give them to fix_session_replay(), then _done() */
	FIX_ACT_NOT_RESENT, /* the peer asks for our message .seq, .bytes, and a
	                     gap fill stands for it: see resend_aged. .text names
	                     MsgType and ClOrdID. An order that the peer has
	                     not answered yet is as good as refused. Told again
	                     whenever it is asked for again */
	FIX_ACT_QUEUED,   /* an application message of ours waits: keep .bytes,
	                     "35=D|" and its body, under .seq, which is no
	                     MsgSeqNum, until it is told again with .flag: then
	                     it has got a number, by the PERSIST behind that.
	                     Kept ones are given to fix_session_send() after a
	                     restart, ascending by .seq, while down */
	FIX_ACT_REPORT,   /* .why happened, .text says it: log it, count it */
	FIX_ACT_UP,       /* logged on: application messages may flow */
	FIX_ACT_DOWN,     /* logged off or lost; .flag: by a Logout that the peer
	                     sent, first or as its answer */
	FIX_ACT_CLOSE,    /* flush, then close the transport; .why says why */
};

enum fix_why {
	FIX_WHY_NONE,
	FIX_WHY_GARBLED,         /* bytes skipped */
	FIX_WHY_NOT_LOGON,       /* first message was no Logon */
	FIX_WHY_IDENTITY,        /* unknown or wrong CompID, BeginString */
	FIX_WHY_LOGON_REFUSED,
	FIX_WHY_SENDING_TIME,    /* SendingTime out of MaxLatency */
	FIX_WHY_SEQ_LOW,         /* MsgSeqNum too low */
	FIX_WHY_SEQ_HIGH,        /* gap: a ResendRequest went out */
	FIX_WHY_REJECTED,        /* we sent a session Reject */
	FIX_WHY_PEER_REJECTED,   /* peer sent one; .seq_end: our message that it
	                            is about, 0: not said */
	FIX_WHY_TEST_TIMEOUT,    /* no answer to a TestRequest */
	FIX_WHY_LOGON_TIMEOUT,
	FIX_WHY_LOGOUT_TIMEOUT,
	FIX_WHY_LOGOUT,          /* orderly */
	FIX_WHY_OUT_OF_SCHEDULE,
	FIX_WHY_RESET,           /* numbers back to 1 */
	FIX_WHY_TRANSPORT,       /* connection lost */
	FIX_WHY_TOOBIG,          /* message over MaxMessageSize */
	FIX_WHY_QUEUE_FULL,      /* more messages held in a gap than allowed */
	FIX_WHY_DUPLICATE,       /* possible duplicate ignored */
	FIX_WHY_TOLERATED,       /* a fault in an execution: taken all the same */
	FIX_WHY_REPLAY_BAD,      /* a kept message did not read: gap-filled */
	FIX_WHY_RESEND_FLOOD,    /* the same ResendRequest without end */
	FIX_WHY_NOT_RESENT,      /* of NOT_RESENT */
	FIX_WHY_COUNT,           /* peer's 369 is beyond what we sent; told once a
	                            connection */
	FIX_N_WHY
};

struct fix_act {
	enum fix_act_kind kind;
	uint64_t seq, seq_end;
	bool flag;
	enum fix_why why;
	struct fix_span bytes;     /* valid until fix_session_next() says 0; if
	                              the queue is short of room while held
	                              messages are taken up, until the next
	                              action is taken */
	const struct fix_msg *msg; /* DELIVER: as bytes; until the next action
	                              is taken */
	const char *text;          /* static or in the acts' own memory */
};

/** Queue for the actions of any number of sessions of one loop.
 * @param max_acts, max_bytes  what one call may queue; 0: 64, 256 KiB; a
 *        session with a larger max_msg_bytes makes it larger
 * @return NULL when out of memory; to be freed with fix_acts_free() */
FIX_API struct fix_acts *fix_acts_new(unsigned max_acts, size_t max_bytes);
FIX_API void fix_acts_free(struct fix_acts *q);

#define FIX_WHOLE_SECONDS UINT32_MAX /* for time_digits */
#define FIX_ANY_AGE UINT32_MAX       /* for resend_max_age_s */

enum fix_role { FIX_ACCEPTOR, FIX_INITIATOR };

/* Where a session may leave the text, because its peer expects something else.
 * tests/conformance/README.md has both sides of each, with the test case. */
enum fix_deviation {
	FIX_DEV_LOGON_SILENT,    /* a Logon with a fault: close without a word */
	FIX_DEV_LOW_CLOSE,       /* 2c: Logout, then close at once */
	FIX_DEV_LOW_REJECT,      /* 2c: Reject in place of Logout, then close */
	FIX_DEV_ORIG_OLD_ONLY,   /* 2f, 2g: 122 is looked at in old numbers */
	FIX_DEV_ORIG_LOGOUT,     /* 2f: Reject and Logout, close after the reply */
	FIX_DEV_NO_REF_ID,       /* 2k: no 371 for reason 9 */
	FIX_DEV_NO_REF_TIME,     /* 2f, 2o, 2q: none for reasons 10 and 11 */
	FIX_DEV_NO_REF_NEW_SEQ,  /* 11c: no 371 */
	FIX_DEV_NO_LOGOUT_TEXT,  /* 2k, 2o: no 58 in the Logout */
	FIX_DEV_LOW_LOGOUT,      /* a Logout too low is answered */
	FIX_DEV_LOW_RESEND,      /* so is a ResendRequest */
	FIX_DEV_HIGH_LOGOUT,     /* a Logout too high is answered at once */
	FIX_DEV_ASK_ONCE,        /* 20: our ResendRequest is not repeated */
	FIX_DEV_TEST_NO_BEATS,   /* 6: no heartbeat while a TestRequest is open */
	FIX_DEV_TEST_ID,         /* 6: TestReqID is TEST */
	FIX_DEV_TEST_ANY,        /* 6: any message answers a TestRequest */
	FIX_DEV_SILENCE_SILENT,  /* 6: close without a word */
	FIX_DEV_BYE_CLOSE,       /* 13b: close behind the reply */
	FIX_DEV_NO_REJECT_AGAIN, /* 8: a Reject asked for is gap-filled */
	FIX_DEV_DUP_ADMIN,       /* R35: session messages with 43=Y are obeyed */
	FIX_DEV_RESET_UNTOLD,    /* reset_on_logon: no 141=Y unless asked */
	FIX_DEV_REJECT_EXEC,     /* faults in 8, 9, j, AE: Reject */
	FIX_DEV_ORIG_OPTIONAL,   /* 2g: a possible duplicate needs no 122 */
	FIX_DEV_ORIG_ADMIN,      /* 2g: nor does a session message */
	FIX_DEV_GAP_LOGOUT,      /* 2b: Logout in place of ResendRequest */
	FIX_DEV_RESET_REPLY,     /* the answer to our 141=Y resets once more: our
	                            next message is number 1 */
	FIX_DEV_TEXTS_QFJ,       /* Text as QuickFIX/J words it */
	FIX_DEV_APPL_OF_PEER,    /* FIXT: the answer has the peer's 1137 */
	FIX_DEV_CHUNKS_OPEN,     /* resend_chunk: the last chunk is open, and a gap
	                            fill to its end asks for the next */
	FIX_DEV_GARBLED_REJECT,  /* 2d: Reject, if its number is the next */
	FIX_DEV_ANY_CHECKSUM,    /* 3b: CheckSum is not looked at */
	FIX_N_DEV
};
#define FIX_DEV(name) (UINT64_C(1) << FIX_DEV_##name)

/* What becomes of a message that its dictionary does not allow. Whatever is
 * set, Reject, Logout, BusinessMessageReject and OrderCancelReject are never
 * rejected: two engines would reject each other without end, and a fault in a
 * header that says who sent what is always refused unless OFF. */
enum fix_level {
	FIX_LEVEL_REJECT, /* Reject(3) with reason and tag */
	FIX_LEVEL_REPORT, /* taken as if it were good; REPORT with
	                     FIX_WHY_TOLERATED, .seq_end: how often the same
	                     fault came on this session so far */
	FIX_LEVEL_OFF,    /* not looked at */
	FIX_N_LEVEL
};

/* Level of one MsgType. */
struct fix_type_level {
	const char *type; /* "8" */
	enum fix_level level;
};

/* A Logon of ours as it will be on the wire: spans into the message under way,
 * for the call. */
struct fix_logon_draft {
	struct fix_span seq, sender, target; /* 34, 49, 56 */
	struct fix_span sending_time;        /* 52, whose value is: */
	struct fix_utc time;
	struct fix_span heart_bt_int;        /* 108 */
	struct fix_span reset;               /* 141, empty: it has none */
};

/* Settings, with QuickFIX's names and meaning. Strings are borrowed for the
 * session's life; it holds the dictionaries (fix_dict_hold()) and copies the
 * lists of check and levels. 0 means the default in brackets. */
struct fix_session_cfg {
	enum fix_role role;
	const char *begin_string;       /* "FIX.4.2", "FIXT.1.1" */
	const char *sender_comp_id;     /* ours: 49 of what we send */
	const char *target_comp_id;     /* peer's */
	const char *sender_sub_id;      /* NULL: none; also the next four */
	const char *sender_location_id;
	const char *target_sub_id;
	const char *target_location_id;
	enum fix_version default_appl;  /* FIXT: DefaultApplVerID(1137) */
	const struct fix_dict *transport;
	const struct fix_dict *app;     /* same as transport before FIXT; of
	                                   default_appl with it */
	const struct fix_dict *apps[FIX_N_VERSION]; /* FIXT: of further
	                                   versions. A message of one without
	                                   is refused, 373=18; FIX Latest and
	                                   5.0SP2 may do with the other's */
	struct fix_check check;         /* what the dictionary check refuses */
	enum fix_level level;           /* what then; FIX_LEVEL_REJECT means
	                                   REPORT for the executions 8 and AE,
	                                   unless levels say otherwise */
	const struct fix_type_level *levels; /* n_levels */
	uint32_t n_levels;
	unsigned heart_bt_int_s;        /* initiator's HeartBtInt(108) [30] */
	unsigned max_latency_s;         /* MaxLatency [120] */
	unsigned logon_timeout_s;       /* [10] */
	unsigned logout_timeout_s;      /* [2] */
	size_t max_msg_bytes;           /* MaxMessageSize [65536] */
	size_t max_held_bytes;          /* held while a gap is open [1 MiB] */
	unsigned max_held_msgs;         /* and so many messages [10000] */
	const char *low_seq_text;       /* 58 for a number too low, with {expected}
	                                   and {received}; NULL: as QuickFIX */
	uint64_t max_seq;               /* MaxMsgSeqNum: after it comes 0 [0: no
	                                   end]. On the wire alone: here and in
	                                   the store numbers go on */
	unsigned resend_chunk;          /* ResendRequestChunkSize [0: no chunks] */
	bool closed_resend;             /* ClosedResendInterval: ask for the last
	                                   number missing, not for all (0) */
	/* What of ours does not go out again when the peer asks for it: a gap
	 * fill stands for it, and NOT_RESENT tells of each. MsgTypes with blanks
	 * or commas between. Executions (8, 9, AE) always go out again; of session
	 * messages only Reject(3) may, by a deviation not even that. */
	const char *resend_never;       /* at any age [none] */
	const char *resend_aged;        /* when older than the next [initiator:
	                                   D F G E AB AC; acceptor: none] */
	unsigned resend_max_age_s;      /* by 52 as first sent, or as far ahead of
	                                   our clock; FIX_ANY_AGE [60] */
	unsigned resend_max;            /* numbers served a ResendRequest; 0: any.
	                                   Of more the oldest are gap-filled,
	                                   executions apart */
	bool resend_refuse;             /* or the request is rejected (35=3) */
	unsigned time_digits;           /* TimestampPrecision: 3, 6, 9 [3] or
	                                   FIX_WHOLE_SECONDS; 4.0, 4.1: always
	                                   whole seconds */
	unsigned heart_min_s;           /* acceptor: HeartBtIntMin [0: none] */
	unsigned heart_max_s;           /* acceptor: HeartBtIntMax [0: none] */
	bool reset_on_logon;            /* ResetOnLogon */
	bool reset_on_logout;           /* ResetOnLogout */
	bool reset_on_disconnect;       /* ResetOnDisconnect; to be made with
	                                   other numbers than 1 is a connection
	                                   that was lost, too */
	bool refuse_reset_flag;         /* a peer's 141=Y is refused */
	bool no_check_latency;          /* CheckLatency=N */
	bool no_check_comp_id;          /* CheckCompID=N */
	bool no_persist;                /* PersistMessages=N: gap-fill all */
	bool next_expected;             /* SendNextExpectedMsgSeqNum (789) */
	bool last_processed;            /* EnableLastMsgSeqNumProcessed (369) */
	/* Our application messages go out at this pace. What is over it waits,
	 * cancels (F, q) before the rest, unless an order waits that they may
	 * be for. Session messages go at once and do not count, nor does
	 * BusinessMessageReject wait, but it counts. */
	struct fix_pace_cfg out_pace;   /* OutboundLimit [no limit] */
	size_t max_paced_bytes;         /* OutboundQueueBytes: what waits, and
	                                   cancels apart [1 MiB] */
	bool pace_resends;              /* what is sent again keeps to it, too */
	bool redundant_resend;          /* SendRedundantResendRequests */
	bool sends_void_anew;           /* the caller sends anew, after the
	                                   Logon, what a reset has voided (NUMBERS
	                                   with .flag): see fix_session_send() */
	bool no_empty_groups;           /* echo: no group whose count is 0 */
	bool sort_fields;               /* echo: body ascending by tag, as our
	                                   headers always are */
	uint64_t deviations;            /* FIX_DEV() of each that is wanted [0:
	                                   by the text] */
	const char *username, *password; /* 553, 554 of our Logon, or NULL */
	/* An initiator's Logon gets more fields, instead of the two above: a
	 * signature over what stands in it already. The same draft must give
	 * the same fields. @return 0, or an error: the Logon is not sent */
	int (*logon_fields)(void *arg, const struct fix_logon_draft *d,
	    struct fix_build *b);
	void *logon_arg;
};

/** Numbers as the store has them. */
struct fix_session_numbers {
	uint64_t next_in;  /* expected MsgSeqNum, 1 for a new session */
	uint64_t next_out; /* number of the next message we send */
};

/**
 * A session, down.
 *
 * @param cfg  copied; what it points to is borrowed
 * @return NULL when out of memory or when a needed setting is missing
 */
FIX_API struct fix_session *fix_session_new(const struct fix_session_cfg *cfg,
    struct fix_session_numbers start, struct fix_acts *acts);
FIX_API void fix_session_free(struct fix_session *s);

/**
 * Check by other dictionaries and rules from the next message on, in any state:
 * transport, app, apps, check, level and levels of cfg; the rest of it is not looked
 * at, but default_appl must be the session's.
 *
 * @param cfg  as for fix_session_new(); nothing of it is borrowed afterwards
 * @return 0; -FIX_E_STATE another default_appl, -FIX_E_NOMEM: nothing has
 *         changed
 */
FIX_API int fix_session_set_validation(struct fix_session *s,
    const struct fix_session_cfg *cfg) FIX_MUST_CHECK;

/** What an initiator's Logons prove from the next one on: username, password,
 * logon_fields and logon_arg of cfg, borrowed as at fix_session_new(). */
FIX_API void fix_session_set_logon(
    struct fix_session *s, const struct fix_session_cfg *cfg);

/** The transport is there. An initiator queues its Logon.
 * @return 0, -FIX_E_STATE if it has one already */
FIX_API int fix_session_connected(struct fix_session *s, struct fix_now now)
    FIX_MUST_CHECK;
/** For this connection a peer's 141=Y is refused, as with refuse_reset_flag:
 * after fix_session_connected(), until the transport is gone. */
FIX_API void fix_session_refuse_reset(struct fix_session *s);
/** An acceptor that waits for the Logon of a peer that is known, but refused:
 * a Logout with this text, which uses up a number, then CLOSE.
 * @return 0, -FIX_E_STATE */
FIX_API int fix_session_turn_away(struct fix_session *s, const char *text,
    struct fix_now now) FIX_MUST_CHECK;
/** The transport is gone (also after CLOSE was carried out). */
FIX_API void fix_session_lost(struct fix_session *s, struct fix_now now);

/**
 * Take bytes that the peer sent: at most one message, or one stretch of
 * garbage, a call, so that its actions fit the queue.
 *
 * @param in   untrusted bytes, borrowed until the actions are carried out
 * Take its actions out before the next call.
 *
 * @return     bytes eaten; 0: need more, or the session was told to CLOSE, or
 *             actions of the last call still wait in the queue;
 *             -FIX_E_TOOBIG: over max_msg_bytes, a CLOSE is queued
 */
FIX_API ssize_t fix_session_recv(struct fix_session *s, const uint8_t *in,
    size_t len, struct fix_now now) FIX_MUST_CHECK;
/** The same for a message that fix_scan() has split already: an acceptor reads
 * the first Logon to find the session it is for. */
FIX_API void fix_session_recv_msg(struct fix_session *s,
    const struct fix_msg *m, struct fix_now now);

/**
 * Number, stamp and queue an application message; while down it is persisted
 * only, and the peer asks for it after its Logon (test case 16, way 2). What has
 * grown too old by then, by resend_aged, is gap-filled and told: NOT_RESENT.
 * What is over out_pace waits without a number: QUEUED. If the session ends
 * meanwhile it is persisted like what is sent while it is down.
 *
 * @param type  MsgType(35)
 * @param body  fields after the header, "tag=value SOH ...", copied
 * @param seq   number it got, 0: it waits; may be NULL
 * With no_persist a message sent while down is lost; its number is used up and
 * the peer gets a gap fill.
 *
 * An initiator whose next Logon begins anew at 1 takes nothing while it is not
 * logged on, since that Logon would void it: one with reset_on_logon or
 * reset_on_disconnect; with reset_on_logout after a Logout and before its first
 * Logon; and one with a reset of ours on its way (fix_session_reset()). With
 * sends_void_anew it takes them: they are numbered and kept, voided by the
 * Logon, and the caller's to send anew. An acceptor always takes them: its peer
 * decides, and a 141=Y of the peer's voids what it has not asked for.
 * @return 0; -FIX_E_STATE: as said, nothing has changed: send it when UP was
 *         told; -FIX_E_SPACE: longer than 64 KiB and max_msg_bytes, or the
 *         queue of actions is full; -FIX_E_FULL: max_paced_bytes wait already,
 *         this one is refused; -FIX_E_NOMEM. What waits when such an initiator
 *         is cut off is not sent, and a REPORT names it (FIX_WHY_NOT_RESENT)
 */
FIX_API int fix_session_send(struct fix_session *s, struct fix_span type,
    struct fix_span body, struct fix_now now, uint64_t *seq) FIX_MUST_CHECK;

/** The same for a message in another version than the session's, FIXT.1.1
 * only: ApplVerID(1128) says so. @param v  the session's own: no 1128
 * @return also -FIX_E_RANGE: no version, or one that this session can't have */
FIX_API int fix_session_send_as(struct fix_session *s, enum fix_version v,
    struct fix_span type, struct fix_span body, struct fix_now now,
    uint64_t *seq) FIX_MUST_CHECK;

/**
 * Would the dictionaries of this session, by every one of their rules, allow an
 * application message of ours? Nothing is sent.
 *
 * @return 0: they would, or there are none; 1: *f says what not; -FIX_E_SPACE:
 *         too long to say
 */
FIX_API int fix_session_fits(struct fix_session *s, struct fix_span type,
    struct fix_span body, struct fix_now now, struct fix_fault *f)
    FIX_MUST_CHECK;

/**
 * Answer to REPLAY: the kept message with this number, in ascending order.
 * Numbers left out, and session messages, become gap fills.
 *
 * @return 0, -FIX_E_STATE (no replay is open), -FIX_E_SPACE (drain and repeat),
 *         -FIX_E_FULL (pace_resends: no room in the windows, repeat with the
 *         next tick)
 */
FIX_API int fix_session_replay(struct fix_session *s, uint64_t seq,
    struct fix_span bytes, struct fix_now now) FIX_MUST_CHECK;
FIX_API int fix_session_replay_done(struct fix_session *s, struct fix_now now)
    FIX_MUST_CHECK;

/** Reject an application message we don't take: BusinessMessageReject(j), or
 * Reject(3) before FIX.4.2. @param reason BusinessRejectReason(380)
 * @param ref_id  380's BusinessRejectRefID(379), empty: none
 * @param text    58, NUL-terminated, copied; may be NULL
 * @return 0, -FIX_E_SPACE: the queue is full, take its actions out first;
 *         -FIX_E_STATE as for fix_session_send() */
FIX_API int fix_session_refuse(struct fix_session *s, const struct fix_msg *m,
    int reason, struct fix_span ref_id, const char *text, struct fix_now now)
    FIX_MUST_CHECK;

/** Log out in order: Logout, wait for the reply, CLOSE. text may be NULL. */
FIX_API void fix_session_logout(struct fix_session *s, const char *text,
    struct fix_now now);
/** Schedule opened or closed: closing logs out, reset says to begin at 1. */
FIX_API void fix_session_schedule(struct fix_session *s, bool open, bool reset,
    struct fix_now now);
/**
 * Begin anew at 1 by agreement, this side being the one to start it (FIX
 * volume 2, "Logon", 24 hour sessions): logged on, by TestRequest, its
 * Heartbeat, and a Logon with 141=Y; else with the next Logon. It stays to be
 * done, over connections, until the peer has answered a 141=Y of ours or
 * begun anew by its own. FIX.4.0 knows no 141: nothing happens.
 */
FIX_API void fix_session_reset(struct fix_session *s, struct fix_now now);
/** Is such a reset still to be done? Numbers that are not to be kept over a
 * restart, as far as the peer knows: tell a new session of it again. */
FIX_API bool fix_session_resetting(const struct fix_session *s);
/** Operator's setting of numbers; 0 leaves one as it is. Down only.
 * @return 0, -FIX_E_STATE */
FIX_API int fix_session_set_numbers(struct fix_session *s, uint64_t next_in,
    uint64_t next_out) FIX_MUST_CHECK;

/** The peer was silent until now: heartbeat, test request or time-out. */
FIX_API void fix_session_tick(struct fix_session *s, struct fix_now now);
/** @return when to call fix_session_tick() next; FIX_MONO_NEVER when down */
FIX_API struct fix_mono fix_session_deadline(const struct fix_session *s);
/** Next action, to be carried out in order. @return 1 one set, 0 none left;
 * at 0 the queue's bytes are free for reuse */
FIX_API int fix_session_next(struct fix_session *s, struct fix_act *act);

/** The peer's bytes were left unread for a while, by our choice: until now its
 * silence says nothing of it. */
FIX_API void fix_session_unread(struct fix_session *s, struct fix_now now);
/** @return is it logged on? */
FIX_API bool fix_session_up(const struct fix_session *s);
/** @return is it, and messages of the peer that were missed are awaited? */
FIX_API bool fix_session_recovering(const struct fix_session *s);
/** @return the next numbers, both ways */
FIX_API struct fix_session_numbers fix_session_numbers(
    const struct fix_session *s);
/** @return messages taken although the dictionary does not allow them, since
 * the session was made */
FIX_API uint64_t fix_session_tolerated(const struct fix_session *s);
/* What the peer's messages tell of it, since it last connected. */
struct fix_session_peer {
	bool clock_known;
	int64_t clock_ns;   /* its clock less ours: the largest difference of
	                       SendingTime and arrival in the last five to ten
	                       minutes, too small by the quickest message's way
	                       and by what its SendingTime is rounded */
	uint64_t processed; /* LastMsgSeqNumProcessed(369), 0: not told */
};
FIX_API void fix_session_peer(const struct fix_session *s,
    struct fix_session_peer *out);
/* What out_pace does. */
struct fix_session_paced {
	unsigned messages; /* that wait */
	size_t bytes;
	unsigned use;      /* of the fullest window, in percent */
};
/** @param out  filled in, as it is now */
FIX_API void fix_session_paced(const struct fix_session *s, struct fix_now now,
    struct fix_session_paced *out);
/** @return name of its state for people, "active"; static, never NULL */
FIX_API const char *fix_session_state_name(const struct fix_session *s);
/** @return name of a reason for people; static, never NULL */
FIX_API const char *fix_why_name(enum fix_why why);
/** @return version of an application message that came: 1128 in it, else what the peer's
 * Logon says of its MsgType (384, 1130), else the peer's 1137, else the
 * BeginString's. */
FIX_API enum fix_version fix_session_msg_version(const struct fix_session *s,
    const struct fix_msg *m);
/** Dictionary of a message that came, by its version. @return NULL: none */
FIX_API const struct fix_dict *fix_session_dict(const struct fix_session *s,
    const struct fix_msg *m);

/** Ids of a Logon, to find its session: 8, 49, 56, 50, 142, 57, 143.
 * @return 0, -FIX_E_NOTFOUND if 49 or 56 is missing or it is no Logon */
struct fix_identity {
	struct fix_span begin_string, sender_comp_id, target_comp_id;
	struct fix_span sender_sub_id, sender_location_id;
	struct fix_span target_sub_id, target_location_id;
};
FIX_API int fix_session_identify(const struct fix_msg *m,
    struct fix_identity *out) FIX_MUST_CHECK;

#endif
