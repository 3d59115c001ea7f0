/*
 * How fast a client may be, and how old what it sends.
 *
 * InboundLimit counts application messages but cancels. What is beyond it is
 * refused, or waits unread in its connection, or ends the session. Messages
 * that keep a session alive count only for InboundLogoutLimit, which counts
 * all. A cancel (F, q) is carried out whatever the limits say: beyond
 * InboundCancelLimit that is told, and no more. It can't overtake what was sent
 * before it on the same connection, so with delay it waits behind a message
 * that waits.
 *
 * On a full disk, once half of what is left beside the cancels' part is used
 * (space.c), messages but cancels are taken (to be refused) a hundred a second,
 * and of each client ten a second that are none of an application: at first, for
 * the less is left, the longer they wait. Heartbeats and TestRequests are not kept
 * then (driver.c). A client may log on four times then, and every ten minutes. A
 * cancel of more than a kilobyte waits as other messages do, and so does the next
 * one after a mass cancel, or after one that was refused, for it had no order to
 * cancel.
 *
 * A message that came again (43=Y) after our own ResendRequest is not counted:
 * how many there are was our wish. Its age is looked at instead: an order that
 * nobody here has seen, and that its client gave too long ago, is refused.
 */
#include "gateway/trader/inside.h"

#include <inttypes.h>
#include <stdio.h>

#define SAY_EVERY (60 * FIX_SEC)
/* On a full disk: a message to refuse, over all clients; another for its client;
 * and for each byte of it. */
#define REFUSE_EVERY (10 * FIX_MSEC)
#define REFUSE_BYTE (10 * FIX_USEC)
#define ADMIN_EVERY (100 * FIX_MSEC)
#define ADMIN_BYTE (100 * FIX_USEC)
#define REFUSE_MOST FIX_SEC
#define ADMIN_MOST (30 * FIX_SEC)
#define LOGON_EVERY (600 * FIX_SEC)
#define CANCEL_MAX 1024u /* bytes: what SPACE_CANCEL reckons with */
#define PEEK 64u /* bytes in which MsgType stands */

int
flow_load(struct client *c)
{
	const struct trader_flow_cfg *cfg = &c->cfg->flow;
	int rc = fix_pace_init(&c->flow.in, &cfg->in);

	c->flow.said_at = INT64_MIN / 2;
	if (rc == 0)
		rc = fix_pace_init(&c->flow.cancels, &cfg->in_cancels);
	if (rc == 0)
		rc = fix_pace_init(&c->flow.all, &cfg->in_all);
	return rc;
}

void
flow_free(struct client *c)
{
	fix_pace_fini(&c->flow.in);
	fix_pace_fini(&c->flow.cancels);
	fix_pace_fini(&c->flow.all);
}

void
flow_connected(struct client *c)
{
	c->flow.waits_at = 0;
	c->flow.ended = false;
}

static bool
is_cancel(struct fix_span type)
{
	return type.len == 1 && (type.p[0] == 'F' || type.p[0] == 'q');
}

/* Messages like this begin with 8, 9, 35: MsgType as it will be read. Empty: it
 * has not come yet, or is none. */
static struct fix_span
type_ahead(const uint8_t *in, size_t len)
{
	struct fix_span none = { NULL, 0 };
	const uint8_t *at, *end;

	if (len > PEEK)
		len = PEEK;
	at = memmem(in, len, "\x01" "35=", 4);
	if (at == NULL)
		return none;
	at += 4;
	end = memchr(at, 1, (size_t)(in + len - at));
	if (end == NULL)
		return none;
	return (struct fix_span){ at, (size_t)(end - at) };
}

/* Of the message that begins here, by its BodyLength(9); it is checked later. */
static size_t
message_bytes(const uint8_t *in, size_t len)
{
	const uint8_t *at = memmem(in, len < PEEK ? len : PEEK, "\x01" "9=", 3);
	size_t n = 0;

	if (at == NULL)
		return len;
	for (at += 3; at < in + len && *at >= '0' && *at <= '9' && n < len; at++)
		n = n * 10 + (size_t)(*at - '0');
	n += (size_t)(at - in) + 8; /* SOH behind it, and the trailer */
	return n < len ? n : len;
}

/* The first time, and then once a minute with the count. */
static void
say(struct trader *t, struct client *c, const char *key, uint64_t n,
    const char *what)
{
	int64_t now = t->now.mono.ns;

	if (n > 1 && now - c->flow.said_at < SAY_EVERY)
		return;
	c->flow.said_at = now;
	trader_note(t, LOG_L_WARN, c->number, "%s: over %s: %s, %" PRIu64
	    " so far", c->id, key, what, n);
}

static bool
is_over(const struct fix_pace *p, struct fix_now now)
{
	return fix_pace_when(p, now.mono).ns > now.mono.ns;
}

/* Counted where it is read: a message that may be read may also pass. */
static bool
counts_where_read(const struct client *c)
{
	return c->cfg->flow.over == TRADER_DELAY;
}

static void
wait_until(struct trader *t, struct client *c, struct fix_mono at)
{
	c->peer->conn->later = at;
	c->flow.waits_at = at.ns;
	timers_set(&t->timers, &c->timer, at.ns);
}

static int64_t
slow(const struct trader *t, int64_t ns, int64_t most)
{
	ns = space_slow(t, ns);
	return t->now.mono.ns + (ns < most ? ns : most);
}

bool
flow_may_log_on(struct trader *t, struct client *c)
{
	struct flow *f = &c->flow;

	if (!t->short_of_space) {
		t->logons_told = false;
		f->logons = 0;
	}
	if (!space_tight(t))
		return true;
	if (f->logons < SPACE_LOGONS) {
		f->logons++;
	} else if (f->logon_at > t->now.mono.ns) {
		if (!t->logons_told)
			trader_note(t, LOG_L_ERROR, c->number, "alert: %s logs "
			    "on again and again while the disk is full: that "
			    "is refused, and of others, too, for cancels need "
			    "the room", c->id);
		t->logons_told = true;
		return false;
	}
	f->logon_at = t->now.mono.ns + LOGON_EVERY;
	return true;
}

void
flow_told(struct trader *t, struct client *c, struct fix_span type)
{
	if ((fix_span_is(type, "9") || fix_span_is(type, "r")) &&
	    space_tight(t))
		c->flow.cancel_at = slow(t, REFUSE_EVERY, REFUSE_MOST);
}

/* Refused messages take room in the journal, too, and so do those that keep a
 * session up: when the disk is full they must not use up what is left for
 * cancels. */
static bool
waits_for_space(
    struct trader *t, struct client *c, const uint8_t *in, size_t len)
{
	struct fix_span type;
	int64_t *at, n;
	bool admin;

	if (!space_tight(t) || !c->up)
		return false;
	type = type_ahead(in, len);
	if (type.len == 0)
		return false;
	if (is_cancel(type) && message_bytes(in, len) <= CANCEL_MAX) {
		if (c->flow.cancel_at <= t->now.mono.ns)
			return false;
		wait_until(t, c, (struct fix_mono){ c->flow.cancel_at });
		return true;
	}
	n = (int64_t)message_bytes(in, len);
	admin = is_admin((struct fix_span){ in, len });
	at = admin ? &c->flow.admin_at : &t->refuse_at;
	if (*at <= t->now.mono.ns) {
		*at = admin ? slow(t, ADMIN_EVERY + n * ADMIN_BYTE, ADMIN_MOST)
		    : slow(t, REFUSE_EVERY + n * REFUSE_BYTE, REFUSE_MOST);
		return false;
	}
	wait_until(t, c, (struct fix_mono){ *at });
	return true;
}

bool
flow_waits(struct trader *t, struct client *c, const uint8_t *in, size_t len)
{
	struct flow *f = &c->flow;
	struct fix_mono at;
	struct fix_span type;

	c->peer->conn->later.ns = 0;
	if (waits_for_space(t, c, in, len))
		return true;
	if (f->in.cfg.n == 0 || !counts_where_read(c) || !c->up)
		return false;
	type = type_ahead(in, len);
	at = fix_pace_when(&f->in, t->now.mono);
	if (at.ns <= t->now.mono.ns || type.len == 0 || is_cancel(type) ||
	    is_admin((struct fix_span){ in, len }))
		return false;
	if (f->waits_at == 0)
		say(t, c, "InboundLimit", ++f->over, "messages wait");
	wait_until(t, c, at);
	return true;
}

void
flow_tick(struct trader *t, struct client *c)
{
	if (c->flow.waits_at == 0)
		return;
	if (c->peer != NULL)
		fix_session_unread(c->fix, t->now);
	if (c->peer == NULL || c->flow.waits_at <= t->now.mono.ns)
		c->flow.waits_at = 0;
}

static void
log_out(struct trader *t, struct client *c, const char *key)
{
	char text[96];

	if (c->flow.ended)
		return;
	c->flow.ended = true;
	snprintf(text, sizeof(text), "too many messages: over %s", key);
	trader_note(t, LOG_L_WARN, c->number, "%s: logged out: %s", c->id,
	    text);
	fix_session_logout(c->fix, text, t->now);
}

void
flow_heard(struct trader *t, struct client *c, const uint8_t *in, size_t len)
{
	struct flow *f = &c->flow;
	bool delays = f->in.cfg.n > 0 && counts_where_read(c);

	if ((f->all.cfg.n == 0 && !delays) || !c->up ||
	    fix_session_recovering(c->fix))
		return;
	if (delays && !is_cancel(type_ahead(in, len)) &&
	    !is_admin((struct fix_span){ in, len }))
		fix_pace_take(&f->in, t->now.mono);
	if (f->all.cfg.n == 0)
		return;
	if (is_over(&f->all, t->now)) {
		log_out(t, c, "InboundLogoutLimit");
		client_work(t, c);
	}
	fix_pace_take(&f->all, t->now.mono);
}

/* BusinessRejectReason 8 and 9 are of FIX.5.0SP2. */
static void
refuse(struct trader *t, struct client *c, const struct fix_msg *m)
{
	const struct fix_pace_window *w = &c->flow.in.cfg.window[0];
	bool knows = c->cfg->desk.version >= FIX_V_50SP2;
	char text[96];

	snprintf(text, sizeof(text), "too many messages: at most %u in %" PRId64
	    " s", w->most, w->ns / FIX_SEC);
	client_refuse(t, c, m, !knows ? 0 : c->flow.ended ? 9 : 8, text);
}

static void
cancel_came(struct trader *t, struct client *c)
{
	struct flow *f = &c->flow;

	if (is_over(&f->cancels, t->now))
		say(t, c, "InboundCancelLimit", ++f->cancels_over,
		    "cancels are carried out all the same");
	fix_pace_take(&f->cancels, t->now.mono);
}

bool
flow_refuses(struct trader *t, struct client *c, const struct fix_msg *m)
{
	struct flow *f = &c->flow;
	bool again = false;

	if (is_cancel(fix_msg_type(m))) {
		cancel_came(t, c);
		return false;
	}
	if (f->ended) {
		refuse(t, c, m);
		return true;
	}
	if (f->in.cfg.n == 0 || counts_where_read(c))
		return false;
	if (fix_session_recovering(c->fix) && fix_msg_bool(m, 43, &again) == 0 &&
	    again)
		return false;
	if (!is_over(&f->in, t->now)) {
		fix_pace_take(&f->in, t->now.mono);
		return false;
	}
	say(t, c, "InboundLimit", ++f->over, "messages are refused");
	if (c->cfg->flow.over == TRADER_LOGOUT)
		log_out(t, c, "InboundLimit");
	refuse(t, c, m);
	return true;
}

/* ----- orders that are too old ----- */

/* When was it given? By 122, or 52 where it was not sent before; 52 of a
 * PossResend is new, so by TransactTime. @return false: nothing says */
static bool
given_at(const struct client *c, const struct fix_msg *m,
    const struct fix_order *o, bool poss_dup, int64_t *ns)
{
	bool transact = c->cfg->flow.age_by_transact ||
	    (o->poss_resend && !poss_dup);
	struct fix_stamp at;

	if (transact && (o->has & FIX_OH_TRANSACT_TIME) != 0)
		at = o->transact_time;
	else if ((!poss_dup || fix_msg_stamp(m, 122, &at) != 0) &&
	    fix_msg_stamp(m, 52, &at) != 0)
		return false;
	*ns = at.utc.ns;
	return true;
}

bool
flow_stale(struct trader *t, struct client *c, const struct fix_msg *m,
    const struct fix_order *o, bool poss_dup)
{
	const struct trader_flow_cfg *cfg = &c->cfg->flow;
	unsigned age;
	int64_t at;

	if (o->kind != 'D' && o->kind != 'G')
		return false;
	age = poss_dup || o->poss_resend ? cfg->again_age_s : cfg->first_age_s;
	if (age == 0 || !given_at(c, m, o, poss_dup, &at) ||
	    t->now.utc.ns - at <= (int64_t)age * FIX_SEC ||
	    !desk_refuse_stale(t->desk, c->number, o, t->now))
		return false;
	trader_note(t, LOG_L_WARN, c->number, "%s: 35=%c ClOrdID %.*s is "
	    "stale, given %" PRId64 " s ago: refused", c->id, o->kind,
	    (int)(o->cl_ord_id.len > 64 ? 64 : o->cl_ord_id.len),
	    (const char *)o->cl_ord_id.p, (t->now.utc.ns - at) / FIX_SEC);
	return true;
}
