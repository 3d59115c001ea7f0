/*
 * Sessions that may not call out for now.
 *
 * When an initiator's numbers and its peer's do not agree, because one of the
 * two was restored or reset, every Logon ends in a Logout that says "MsgSeqNum
 * too low", and calling again only repeats it. So the session is held, and that
 * is kept over restarts, until an operator releases it or its schedule begins
 * its numbers anew. Which of the two sides saw the low number does not matter;
 * a number in the peer's text is for people and never taken over.
 */
#include "gateway/trader/inside.h"

#include <stdio.h>

#define TEXT_MAX 160u

static struct fix_span
held_key(const struct client *c, char out[32])
{
	return (struct fix_span){ (const uint8_t *)out,
		(size_t)snprintf(out, 32, "held %u", c->number) };
}

void
hold_load(struct trader *t, struct client *c)
{
	char key[32], text[TEXT_MAX];

	c->held = fix_store_get(t->cfg.store, FIX_TAB_CONTROL,
	    held_key(c, key), text, sizeof(text)) > 0 && c->cfg->hold_low_seq;
	if (c->held)
		trader_log(t, LOG_L_WARN, "%s: held: it does not connect "
		    "until it is released", c->id);
}

void
hold(struct trader *t, struct client *c, struct fix_span why)
{
	char key[32];

	if (c->held || !c->cfg->hold_low_seq ||
	    c->cfg->fix.role != FIX_INITIATOR)
		return;
	c->held = true;
	c->wants_connect = false;
	if (why.len > TEXT_MAX)
		why.len = TEXT_MAX;
	trader_keep(t, FIX_TAB_CONTROL, c->number, held_key(c, key), why);
	trader_note(t, LOG_L_ERROR, c->number, "%s: held after \"%.*s\": it "
	    "does not reconnect until an operator or its schedule acts; see "
	    "fixgate control release", c->id, (int)why.len,
	    (const char *)why.p);
}

/* "\x01" "58=" up to the next SOH. */
static struct fix_span
text_of(const uint8_t *p, size_t len)
{
	const uint8_t *at = memmem(p, len, "\x01" "58=", 4), *end;

	if (at == NULL)
		return (struct fix_span){ NULL, 0 };
	at += 4;
	end = memchr(at, 1, (size_t)(p + len - at));
	return (struct fix_span){ at, end == NULL ? 0 : (size_t)(end - at) };
}

void
hold_heard(struct trader *t, struct client *c, const uint8_t *p, size_t len)
{
	struct fix_span text;
	char say[TEXT_MAX];

	if (c->cfg->fix.role != FIX_INITIATOR ||
	    memmem(p, len < 64 ? len : 64, "\x01" "35=5\x01", 6) == NULL)
		return;
	text = text_of(p, len);
	snprintf(say, sizeof(say), "%.*s", (int)(text.len < TEXT_MAX ?
	    text.len : TEXT_MAX - 1), text.p == NULL ? "" :
	    (const char *)text.p);
	if (strcasestr(say, "too low") != NULL ||
	    strcasestr(say, "lower than expected") != NULL)
		hold(t, c, fix_span_of(say));
}

/* @return false: it was not held */
bool
hold_release(struct trader *t, struct client *c, const char *who)
{
	char key[32];
	struct fix_span none = { NULL, 0 };

	if (!c->held)
		return false;
	c->held = false;
	trader_keep(t, FIX_TAB_CONTROL, c->number, held_key(c, key), none);
	trader_note(t, LOG_L_WARN, c->number, "%s: released by %s", c->id,
	    who);
	if (hours_may_log_on(c) && c->peer == NULL && !c->wants_connect) {
		c->wants_connect = true;
		t->io.connect(t->io.arg, c->number);
	}
	return true;
}
