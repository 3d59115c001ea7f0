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
	struct client *c = &t->clients[index];

	t->now = now;
	trader_note(t, LOG_L_INFO, c->number, "%s: %s", c->id, text);
}

void
trader_log_out(
    struct trader *t, uint32_t index, const char *text, struct fix_now now)
{
	struct client *c = &t->clients[index];

	t->now = now;
	trader_note(t, LOG_L_WARN, c->number, "%s: logged out: %s", c->id, text);
	fix_session_logout(c->fix, text, now);
	client_work(t, c);
}

void
trader_remember(struct trader *t, struct fix_span key, struct fix_span value,
    struct fix_now now)
{
	t->now = now;
	trader_keep(t, FIX_TAB_CONTROL, 0, key, value);
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
