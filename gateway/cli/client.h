/*
 * A FIX client: one session as initiator, over TCP or TLS, that keeps what it sent, so
 * that it can answer a ResendRequest after a restart.
 *
 * Everything is kept in a small journal before it reaches the wire, as the
 * gateway does it: in a folder of the caller's, or in a temporary one that goes
 * with the client.
 */
#ifndef FIXGATE_GATEWAY_CLI_CLIENT_H
#define FIXGATE_GATEWAY_CLI_CLIENT_H

#include "gateway/cli/dicts.h"
#include "gateway/cli/wire.h"
#include "session/session.h"

struct client;

struct client_ops {
	void *arg;
	/* A message that crossed the wire. NULL: not wanted. */
	void (*wire)(void *arg, bool out, const struct fix_msg *m);
	/* An application message of ours has its number and is kept: it leaves
	 * now, or when the peer asks for it. Once for each. NULL: not wanted. */
	void (*numbered)(void *arg, const struct fix_msg *m);
	/* An application message in sequence; dup: 43=Y or 97=Y. Must not call
	 * the client. NULL: not wanted. */
	void (*deliver)(void *arg, const struct fix_msg *m, bool dup);
	/* Something happened to the session, as a phrase. NULL: not wanted. */
	void (*note)(void *arg, enum fix_why why, const char *text);
};

struct client_cfg { /* strings and dictionaries are borrowed */
	const char *host, *port;
	struct wire_tls tls;
	enum fix_version version;
	const char *sender, *target;
	const char *username, *password; /* NULL: none */
	unsigned heart_bt_s;             /* 0: 30 */
	const char *state; /* folder that keeps the session; NULL: a fresh
			      session, both sides begin at 1 (141=Y) */
	bool reset;        /* begin at 1 although there is a folder */
	bool strict; /* reject what the dictionary does not allow */
	struct dict_pair dicts;
};

struct client_counts {
	uint64_t sent;         /* application messages, each once */
	uint64_t resent;       /* application messages sent again at request */
	uint64_t received;     /* application messages in sequence, each once */
	uint64_t received_dup; /* of those: with PossDupFlag(43) */
	uint64_t gaps_asked;   /* ResendRequests that we sent */
	uint64_t logon_seq;    /* MsgSeqNum of the peer's last Logon */
	uint64_t gaps_told;    /* and that we got */
};

/** @return 0; -FIX_E_CONFIG, -FIX_E_IO, -FIX_E_LOCKED, -FIX_E_NOMEM with a
 * complaint on stderr */
int client_new(struct client **out, const struct client_cfg *cfg,
    const struct client_ops *ops) FIX_MUST_CHECK;
void client_free(struct client *c); /* NULL is fine */

/** Connect and send the Logon. @return 0; -FIX_E_IO with a complaint, unless
 * quiet */
int client_connect(struct client *c, int timeout_ms, bool quiet) FIX_MUST_CHECK;
/**
 * One turn: wait for bytes or time, take them in, keep, send.
 *
 * @param fd  also wait for this one to be readable; -1: none
 * @return 0; 1: fd is readable; -FIX_E_IO: what is to be kept could not be;
 *         -FIX_E_STATE: a signal, see client_catch_signals()
 */
int client_turn(struct client *c, int timeout_ms, int fd) FIX_MUST_CHECK;
/** Turns until done() or the time is over. @return 0 done, -FIX_E_NOTFOUND not
 * in time, -FIX_E_STATE the connection is gone first, -FIX_E_IO */
int client_until(struct client *c, bool (*done)(void *arg), void *arg,
    int timeout_ms) FIX_MUST_CHECK;
/** Number and send an application message; without a connection it is kept,
 * and sent when the peer asks. body: "tag=value SOH ..." without header.
 * @return 0, or the session's or the journal's error */
int client_send(struct client *c, struct fix_span type,
    struct fix_span body) FIX_MUST_CHECK;
/** Log out in order; waits for the answer. @return as client_until() */
int client_logout(struct client *c, int timeout_ms) FIX_MUST_CHECK;
/** Cut the connection; bytes that were not read are lost. */
void client_drop(struct client *c);

/** Every application message that was sent and is still kept. */
void client_each_sent(struct client *c, void (*fn)(void *arg,
    const struct fix_msg *m), void *arg);

/** SIGINT, SIGTERM and SIGHUP end the turn under way with -FIX_E_STATE, once
 * each, so that there is time to log out. */
void client_catch_signals(void);

bool client_up(const struct client *c);        /* logged on */
bool client_connected(const struct client *c); /* TCP is there */
struct fix_session_numbers client_numbers(const struct client *c);
void client_counts(const struct client *c, struct client_counts *out);
struct fix_now client_now(void);

#endif
