/*
 * What waits for the pace of its client (session/waiting.c) is kept like what was
 * sent: the report of an execution is owed from the turn that made it, number
 * or no number. After a restart it is numbered first of all, as what is made
 * while a session is down, and goes out when the client asks for it.
 */
#include "gateway/trader/inside.h"

#include <inttypes.h>
#include <stdio.h>

/* Ascending by the text: found again in order. */
static struct fix_span
key_of(const struct client *c, uint64_t id, char out[48])
{
	return (struct fix_span){ (const uint8_t *)out,
		(size_t)snprintf(out, 48, "paced %u %020" PRIu64, c->number,
		    id) };
}

void
paced_keep(struct trader *t, struct client *c, const struct fix_act *a)
{
	char key[48];

	trader_keep(t, FIX_TAB_CONTROL, 0, key_of(c, a->seq, key), a->bytes);
}

struct load {
	struct trader *t;
	struct client *c;
};

/* "35=8" SOH body */
static int
load(void *arg, struct fix_span key, struct fix_span value)
{
	const struct load *l = arg;
	const struct fix_span none = { NULL, 0 };
	const uint8_t *end = value.len < 5 ? NULL :
	    memchr(value.p, 1, value.len);
	struct fix_span type, body;
	int rc;

	if (end == NULL)
		return -FIX_E_FOREIGN;
	type = (struct fix_span){ value.p + 3, (size_t)(end - value.p) - 3 };
	body.p = end + 1;
	body.len = value.len - (size_t)(body.p - value.p);
	rc = fix_session_send(l->c->fix, type, body, l->t->now, NULL);
	if (rc != 0)
		return rc;
	client_carry_out(l->t, l->c);
	trader_keep(l->t, FIX_TAB_CONTROL, 0, key, none);
	return l->t->failed;
}

int
paced_load(struct trader *t, struct client *c)
{
	const struct fix_span all = { NULL, 0 };
	struct load l = { t, c };
	char prefix[32];
	struct fix_span p = { (const uint8_t *)prefix,
		(size_t)snprintf(prefix, sizeof(prefix), "paced %u ",
		    c->number) };

	return fix_store_each(t->cfg.store, FIX_TAB_CONTROL, p, all, load, &l);
}

int
paced_send(struct trader *t, struct client *c, struct fix_span type,
    struct fix_span body)
{
	int rc;

	flow_told(t, c, type);
	rc = fix_session_send(c->fix, type, body, t->now, NULL);
	if (rc != -FIX_E_FULL)
		return rc;
	trader_note(t, LOG_L_ERROR, c->number, "%s: logged out: more than "
	    "OutboundQueueBytes wait for its OutboundLimit", c->id);
	fix_session_logout(c->fix, "too many messages wait for you", t->now);
	client_carry_out(t, c);
	if (fix_session_up(c->fix)) { /* in a gap it would not end yet */
		fix_session_lost(c->fix, t->now);
		client_carry_out(t, c);
		if (c->peer != NULL)
			peer_close(t, c->peer);
	}
	return fix_session_send(c->fix, type, body, t->now, NULL);
}

bool
paced_waits(const struct trader *t, const struct client *c)
{
	struct fix_session_paced p;

	fix_session_paced(c->fix, t->now, &p);
	return p.messages > 0;
}
