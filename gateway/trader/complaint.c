/*
 * What a client has to say of our messages: BusinessMessageReject(j) and
 * DontKnowTrade(Q). It is for people, is never answered, and changes no order.
 *
 * A Q disputes an execution: one that this client was told raises an alert,
 * with its ids and the reason; of any other it is noted.
 */
#include "gateway/trader/inside.h"

#include <stdio.h>

#define SAID_MAX 200

static const char *
dk_reason(struct fix_span v)
{
	static const struct {
		char value;
		const char *text;
	} known[] = { { 'A', "unknown symbol" }, { 'B', "wrong side" },
		{ 'C', "quantity exceeds order" }, { 'D', "no matching order" },
		{ 'E', "price exceeds limit" }, { 'F', "calculation difference" },
		{ 'G', "no matching execution report" }, { 'Z', "other" } };

	for (size_t i = 0; v.len == 1 && i < sizeof(known) / sizeof(known[0]);
	     i++)
		if (known[i].value == (char)v.p[0])
			return known[i].text;
	return "no known reason";
}

static int
shown(struct fix_span s, int most)
{
	return s.len > (size_t)most ? most : (int)s.len;
}

static void
disputed(struct trader *t, struct client *c, const struct fix_msg *m,
    struct fix_span text)
{
	struct fix_span order = { NULL, 0 }, exec = { NULL, 0 };
	struct fix_span why = { NULL, 0 };
	bool known;

	(void)fix_msg_get(m, 37, &order);
	(void)fix_msg_get(m, 17, &exec);
	(void)fix_msg_get(m, 127, &why);
	known = desk_executed(t->desk, c->number, order, exec);
	trader_note(t, known ? LOG_L_ERROR : LOG_L_WARN, c->number,
	    "%s%s: disputes (35=Q) execution %.*s of order %.*s, %s: "
	    "DKReason(127)=%.*s, %s%s%.*s", known ? "alert: " : "", c->id,
	    shown(exec, ORDER_ID_MAX), (const char *)exec.p,
	    shown(order, ORDER_ID_MAX), (const char *)order.p,
	    known ? "which it was told" : "which is none of its executions",
	    shown(why, 1), (const char *)why.p, dk_reason(why),
	    text.len > 0 ? ": " : "", shown(text, SAID_MAX),
	    (const char *)text.p);
}

bool
complaint(struct trader *t, struct client *c, const struct fix_msg *m)
{
	struct fix_span type = fix_msg_type(m), text = { (const uint8_t *)"", 0 };

	if (!fix_span_is(type, "j") && !fix_span_is(type, "Q"))
		return false;
	(void)fix_msg_get(m, 58, &text);
	if (fix_span_is(type, "Q"))
		disputed(t, c, m, text);
	else
		trader_note(t, LOG_L_WARN, c->number, "%s: peer sends 35=j: "
		    "%.*s", c->id, shown(text, SAID_MAX),
		    (const char *)text.p);
	return true;
}
