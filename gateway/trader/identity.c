/*
 * What those have to tell the trader who check a peer before its Logon comes
 * in: notes for the journal, what must be known after a restart, and whom to
 * log out. Nothing here touches a session but the Logout.
 */
#include "gateway/trader/inside.h"

#include <stdio.h>

void
trader_proven(
    struct trader *t, uint32_t index, const char *text, struct fix_now now)
{
	struct client *c;

	t->now = now;
	if (index >= t->cfg.n_sessions) { /* its session may not be there yet */
		trader_note(t, LOG_L_INFO, 0, "%s", text);
		return;
	}
	c = &t->clients[index];
	trader_note(t, LOG_L_INFO, c->number, "%s: %s", c->id, text);
}

static void
log_out(struct trader *t, struct client *c, const char *text,
    struct fix_now now)
{
	t->now = now;
	trader_note(t, LOG_L_WARN, c->number, "%s: logged out: %s", c->id, text);
	fix_session_logout(c->fix, text, now);
	client_work(t, c);
}

void
trader_log_out_conn(struct trader *t, struct conn *conn, const char *text,
    struct fix_now now)
{
	if (conn->peer != NULL && conn->peer->client != NULL)
		log_out(t, conn->peer->client, text, now);
}

void
trader_remember(struct trader *t, struct fix_span key, struct fix_span value,
    struct fix_now now)
{
	t->now = now;
	trader_keep(t, FIX_TAB_CONTROL, 0, key, value);
}

void
trader_clock(struct trader *t, const struct rec_clock *c, const char *alert,
    struct fix_now now)
{
	struct fix_span part = { (const uint8_t *)c, sizeof(*c) };

	t->now = now;
	(void)trader_append(t, REC_CLOCK, 0, 0, &part, 1, NULL);
	if (alert != NULL)
		trader_note(t, LOG_L_WARN, 0, "alert: %s", alert);
}

int
trader_remembered(struct trader *t, const char *prefix,
    int (*fn)(void *arg, struct fix_span key, struct fix_span value),
    void *arg)
{
	static const struct fix_span all = { NULL, 0 };

	return fix_store_each(t->cfg.store, FIX_TAB_CONTROL,
	    fix_span_of(prefix), all, fn, arg);
}
