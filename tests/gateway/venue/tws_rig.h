/*
 * A session with TWS whose other side, trader and clock are the test's.
 * Frames are said as text, with | for each NUL and without their length.
 */
#ifndef FIXGATE_TESTS_GATEWAY_VENUE_TWS_RIG_H
#define FIXGATE_TESTS_GATEWAY_VENUE_TWS_RIG_H

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "gateway/venue/tws_session.h"

#define E8 FIX_E8
#define RIG_LOG 16384

struct rig {
	struct tws *t;
	struct fix_now now;
	char sent[RIG_LOG];   /* frames, each on a line */
	char events[RIG_LOG]; /* what the trader was told, each on a line */
	char said[RIG_LOG];
	char account[RIG_LOG]; /* what it holds, each on a line */
	char kept[64], dropped[256];
	unsigned n_sent;
};

extern struct rig rig;

/* A contractDetails for a request. */
#define CONTRACT(req, id, types) \
	"10|" req "|AAPL|STK|||0||SMART|USD|AAPL|NMS|NMS|" id "|0.01||" types \
	"|SMART|1|0|APPLE INC|NASDAQ|||||US/Eastern||||0|0|1|||26||COMMON|" \
	"1|1|100|0|"

/* What was sent, or told to the trader, since the last look is this. */
void rig_sent_are(const char *lines);
void rig_told(const char *lines);
/* Forget what was sent, told and said. */
void rig_forget(void);
void rig_wait_ms(int64_t ms);
void rig_tws_says(const char *text);
void rig_open_order(int id, const char *ref, const char *qty, const char *px,
    const char *status);
void rig_status(int id, const char *word, int filled, const char *held);
void rig_execution(int id, const char *ref, const char *exec, int qty, const
    char *px, int cum);
void rig_error(int id, int code, const char *text);
/* A new session; to_logon(): connected, its version agreed on. */
void rig_fresh(void);
void rig_fresh_for(enum tws_paper paper);
void rig_to_logon(void);
void rig_contracts(void);
/* TWS answers a round with nothing. */
void rig_round_of_questions(void);
/* A count is due: TWS says these positions, and cash in dollars. */
void rig_count(const char *positions);
/* Ready; working(): with order 5, A-1, 100 at 185.50, acknowledged. */
void rig_up(void);
struct venue_order rig_an_order(const char *id, int qty, int cents);
void rig_send_order(const char *id, int qty, int cents);
/* 'F' or 'G' of an order. */
int rig_change(char kind, const char *id, const char *orig, int qty, int cents);
void rig_ask(const char *id);
void rig_working(void);
bool rig_placed_any(void);
/* The connection breaks and comes back, up to the round. */
void rig_again(void);

#endif
