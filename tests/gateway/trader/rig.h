/*
 * A trader on a disk in memory, with a clock and connections of ours: messages
 * are written as "35=D|34=2|..." and what it sends is kept as text.
 */
#ifndef FIXGATE_TESTS_GATEWAY_TRADER_RIG_H
#define FIXGATE_TESTS_GATEWAY_TRADER_RIG_H

#include "gateway/trader/inside.h"
#include "gateway/venue/sim.h"
#include "tests/lib/memdisk.h"

#define RIG_CONNS 4

struct rig_conn {
	struct conn conn; /* first member */
	char out[1 << 18]; /* what was sent, '|' for SOH */
	size_t out_len;
	bool closed;
};

struct rig {
	struct fix_now now;
	struct memdisk *disk;
	struct fix_disk *handle;
	struct fix_journal *journal;
	struct fix_store *store;
	struct trader *trader;
	unsigned n_templates, max_dynamic; /* templates: sessions[3], [4] */
	struct trader_session_cfg sessions[5]; /* CLIENTA and CLIENTB, and
	                                       CLIENTC for drop copy; FIX.4.4 */
	struct rig_conn conns[RIG_CONNS];
	struct fix_dict *dict;
	unsigned keep_days, unread_days;
	struct trader_space space;
	uint64_t unread; /* by an auditor; 0: there is none */
	size_t segment_bytes; /* of the journal; 0: 64 KiB */
	bool deaf; /* what is sent is not kept: it is measured only */
	unsigned connects; /* connections that initiators asked for */
	char log[1 << 15];
	size_t log_len;
};

struct rig *rig_new(void);
void rig_free(struct rig *r);
/** A process begins on what the disk holds. @return trader_recover()'s */
int rig_start(struct rig *r);
/** SIGKILL: what was not committed is gone. Tables too, if asked. */
void rig_kill(struct rig *r, bool tables_too);
/** An inbound connection, number i. */
struct rig_conn *rig_accept(struct rig *r, int i);
/** A message of CLIENTA (or 49= as given) arrives; no turn is ended. */
void rig_feed(struct rig *r, struct rig_conn *c, const char *text);
/** The same, which may be left waiting. @return was it eaten? */
bool rig_offer(struct rig *r, struct rig_conn *c, const char *text);
/** End the turn. @return trader_commit()'s */
int rig_turn(struct rig *r);
/** feed and turn */
void rig_say(struct rig *r, struct rig_conn *c, const char *text);
/** Both clocks go on, then a turn. To set the wall clock alone, change
 * r->now.utc. */
void rig_pass(struct rig *r, int64_t seconds);
/** The peer closes. */
void rig_hangup(struct rig *r, struct rig_conn *c);
/** Was this sent on the connection since the last rig_clear()? */
bool rig_sent(const struct rig_conn *c, const char *part);
void rig_clear(struct rig_conn *c);
/** An order's text: ClOrdID, MsgSeqNum, side, qty, price. */
const char *rig_order(unsigned seq, const char *id, int qty, const char *price);

#endif
