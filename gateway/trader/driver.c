/*
 * The joint of session, desk and journal: carries out what a session asks.
 *
 * RECEIVED, PERSIST and NUMBERS go to the journal's open turn, SEND to the
 * connection's bytes of this turn, DELIVER to the desk. The desk's reports are
 * encoded at once and wait until the session at work has no action left, for
 * the queue of actions serves one session at a time.
 */
#include "fix/scan.h"
#include "gateway/trader/fields.h"
#include "gateway/trader/inside.h"
#include "gateway/trader/secrets.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What must not stand in a file. A copy: the same bytes go to the wire.
 * @return false: the trader has stopped */
static bool
mask(struct trader *t, struct fix_span *bytes)
{
	if (!secrets_may_be_in(*bytes))
		return true;
	if (bytes->len > t->scratch_cap) {
		trader_fail(t, -FIX_E_TOOBIG, "a Logon");
		return false;
	}
	memcpy(t->scratch, bytes->p, bytes->len);
	(void)secrets_mask(t->scratch, bytes->len);
	bytes->p = t->scratch;
	return true;
}

/* IN and OUT: seq before bytes; the order number is the generation, and venue. */
static bool
append_message(struct trader *t, struct client *c, enum rec_type type,
    uint32_t venue, const struct fix_act *a, uint64_t *pos)
{
	struct fix_span parts[2] = {
		{ (const uint8_t *)&a->seq, sizeof(a->seq) }, a->bytes,
	};

	return mask(t, &parts[1]) &&
	       trader_append(t, type, c->number,
		   c->generation | (uint64_t)venue << REC_VENUE_SHIFT, parts, 2,
		   pos);
}

static void
note_numbers(struct trader *t, struct client *c,
    struct fix_session_numbers numbers)
{
	struct rec_numbers n = {
		.next_in = numbers.next_in,
		.next_out = numbers.next_out,
		.generation = c->generation,
		.owed = c->owed,
		.flags = c->up ? REC_NUM_UP : 0,
	};
	struct fix_span part = { (const uint8_t *)&n, sizeof(n) };

	(void)trader_append(t, REC_NUMBERS, c->number, 0, &part, 1, NULL);
	c->ahead = 0;
}

void
client_note_numbers(struct trader *t, struct client *c)
{
	note_numbers(t, c, fix_session_numbers(c->fix));
}

/* A report that has waited for its pace is not the desk's: look its order up. */
static uint32_t
venue_of(struct trader *t, const struct client *c, struct fix_span bytes)
{
	struct fix_msg m = { .fields = t->fields, .cap = FIX_FIELDS_MAX };
	const struct order *o;
	struct fix_span id;

	if (c->cfg->fix.out_pace.n == 0 || is_admin(bytes))
		return t->out_venue;
	if (fix_split(bytes.p, bytes.len, &m) != 0 || !fix_msg_get(&m, 37, &id))
		return 0;
	o = desk_find(t->desk, order_number(id));
	return o == NULL ? 0 : o->venue;
}

/* On a full disk heartbeats are not kept: those that come are filled after a
 * crash, and of ours the numbers are noted as used, many at once. */
static bool
takes_no_room(struct trader *t, struct client *c, const struct fix_act *a)
{
	struct fix_session_numbers n = { 0, a->seq + SPACE_HEARTBEATS };
	bool none = space_tight(t) && is_heartbeat(a->bytes);

	if (none && a->kind == FIX_ACT_PERSIST && a->seq >= c->ahead) {
		n.next_in = fix_session_numbers(c->fix).next_in;
		note_numbers(t, c, n);
		c->ahead = n.next_out;
	}
	return none;
}

static void
persist(struct trader *t, struct client *c, const struct fix_act *a)
{
	uint64_t pos;

	t->counts.out_msgs++;
	if (takes_no_room(t, c, a))
		return;
	c->ahead = 0; /* it says the next number itself */
	if (BROKEN("sent") && !is_admin(a->bytes))
		return;
	if (!c->up && c->owed == 0 && !is_admin(a->bytes)) {
		c->owed = a->seq;
		client_note_numbers(t, c);
	}
	if (append_message(t, c, REC_OUT, venue_of(t, c, a->bytes), a, &pos) &&
	    sent_add(&c->sent, a->seq, pos) != 0)
		trader_fail(t, -FIX_E_NOMEM, "index of sent messages");
}

static void
numbers(struct trader *t, struct client *c, const struct fix_act *a)
{
	struct fix_session_numbers n = { a->seq, a->seq_end };

	if (a->flag) {
		client_reset(t, c);
		trader_note(t, LOG_L_INFO, c->number, "%s: numbers reset",
		    c->id);
	}
	note_numbers(t, c, n);
}

static void
send(struct trader *t, struct client *c, const struct fix_act *a)
{
	if (c->peer == NULL || c->peer->closing)
		return;
	peer_out(t, c->peer, a->bytes);
}

void
client_refuse(struct trader *t, struct client *c, const struct fix_msg *m,
    int reason, const char *text)
{
	struct fix_span id = { NULL, 0 };

	(void)fix_msg_get(m, 11, &id);
	t->counts.refused++;
	if (fix_session_refuse(c->fix, m, reason, id, text, t->now) != 0)
		trader_note(t, LOG_L_ERROR, c->number,
		    "%s: a BusinessMessageReject can't be sent", c->id);
}

static bool
is_order_request(struct fix_span type)
{
	return type.len == 1 && memchr("DFGH", type.p[0], 4) != NULL;
}

/* New risk is not taken when the journal is full; a cancel is. */
static bool
refused_for_space(struct trader *t, struct client *c, const struct fix_msg *m,
    char kind)
{
	if (!space_ended(t) || (kind != 'D' && kind != 'G'))
		return false;
	client_refuse(t, c, m, 4, "the gateway's disk is full: only cancels are taken");
	return true;
}

static void
order_request(struct trader *t, struct client *c, const struct fix_msg *m)
{
	struct fix_order o;
	const char *why = NULL;
	uint32_t bad = 0;
	bool poss_dup = false;
	char text[FIELDS_TEXT_MAX + 1];
	uint8_t parties[FIX_PARTIES_MAX];

	if (refused_for_space(t, c, m, (char)fix_msg_type(m).p[0]))
		return;
	if (fix_order_read(&o, m, &bad) != 0) {
		snprintf(text, sizeof(text), "field %u can't be read", bad);
		client_refuse(t, c, m, 5, text);
		return;
	}
	if (fix_msg_bool(m, 43, &poss_dup) != 0)
		poss_dup = false;
	why = person_read(m, &o, parties);
	if (why != NULL) {
		client_refuse(t, c, m, 0, why);
		return;
	}
	if (flow_stale(t, c, m, &o, poss_dup))
		return;
	o.wrong = fields_lost(
	    m, c->cfg->ignore_fields, fix_session_dict(c->fix, m), text);
	t->counts.orders += o.kind == 'D';
	stage(t, STAGE_PARSED);
	markets_look(t);
	if (desk_request(t->desk, c->number, &o, poss_dup, t->now, &why) != 0)
		client_refuse(t, c, m, 0, why);
	stage(t, STAGE_DECIDED);
}

static void
mass_request(struct trader *t, struct client *c, const struct fix_msg *m)
{
	struct order_mass r = { .kind = (char)fix_msg_type(m).p[0] };
	struct fix_span v;
	const char *why = NULL;

	(void)fix_msg_get(m, r.kind == 'q' ? 11 : 584, &r.id);
	if (fix_msg_get(m, r.kind == 'q' ? 530 : 585, &v) && v.len == 1)
		r.scope = (char)v.p[0];
	if (fix_msg_get(m, 54, &v) && v.len == 1)
		r.side = (char)v.p[0];
	(void)fix_msg_get(m, 55, &r.symbol);
	(void)fix_msg_get(m, 1, &r.account);
	r.poss_resend = fix_msg_get(m, 97, &v) && fix_span_is(v, "Y");
	if (desk_mass(t->desk, c->number, &r, t->now, &why) != 0)
		client_refuse(t, c, m, 0, why);
}

static const char *
not_taken(struct fix_span type)
{
	if (fix_span_is(type, "E"))
		return "lists of orders are not taken: send each order by "
		    "itself";
	if (fix_span_is(type, "AB"))
		return "multileg orders are not taken: send an order for each "
		    "leg";
	return "this gateway does not take the message type";
}

static bool
listed(const char *list, struct fix_span name)
{
	while (*(list += strspn(list, ", \t")) != '\0') {
		size_t n = strcspn(list, ", \t");

		if (fix_span_eq(name,
			(struct fix_span){ (const uint8_t *)list, n }))
			return true;
		list += n;
	}
	return false;
}

/* Who speaks for others, or to others through us, must be known to.
 * @return NULL, or what is wrong */
static const char *
routed_wrong(const struct client *c, const struct fix_msg *m)
{
	const struct trader_session_cfg *cfg = c->cfg;
	struct fix_span v;

	if (cfg->on_behalf_of != NULL && fix_msg_get(m, 115, &v) &&
	    !listed(cfg->on_behalf_of, v))
		return "OnBehalfOfCompID (115) is not listed for this session";
	if (cfg->deliver_to != NULL && fix_msg_get(m, 128, &v) &&
	    !listed(cfg->deliver_to, v))
		return "DeliverToCompID (128) is not listed for this session";
	return NULL;
}

static void
deliver(struct trader *t, struct client *c, const struct fix_msg *m)
{
	struct fix_span type = fix_msg_type(m);
	const char *wrong = routed_wrong(c, m);

	if (c->venue != NULL) {
		fixvenue_deliver(t, c, m);
		return;
	}
	if (flow_refuses(t, c, m))
		return;
	if (complaint(t, c, m))
		return;
	if (wrong != NULL)
		client_refuse(t, c, m, c->cfg->desk.version >= FIX_V_43 ? 6 : 0,
		    wrong);
	else if (c->cfg->is_drop_copy)
		dropcopy_deliver(t, c, m);
	else if (is_order_request(type))
		order_request(t, c, m);
	else if (fix_span_is(type, "q") || fix_span_is(type, "AF"))
		mass_request(t, c, m);
	else
		client_refuse(t, c, m, 3, not_taken(type));
}

/* Where it logged on from, for people: fixgate sessions shows it. */
static void
keep_address(struct trader *t, struct client *c)
{
	const char *name = c->peer == NULL ? NULL : c->peer->conn->name;
	char key[32];
	struct fix_span k = { (const uint8_t *)key,
		(size_t)snprintf(key, sizeof(key), "peer %u", c->number) };

	if (name != NULL)
		trader_keep(t, FIX_TAB_CONTROL, c->number, k,
		    fix_span_of(name));
}

/* From where, and by TLS as whom: the journal keeps what was proven. */
static void
note_logon(struct trader *t, struct client *c)
{
	const struct conn *conn = c->peer == NULL ? NULL : c->peer->conn;
	const struct trader_who *who = conn == NULL ? NULL : conn->who;

	if (who == NULL)
		trader_note(t, LOG_L_INFO, c->number, "%s: logged on from %s",
		    c->id, c->peer != NULL ? c->peer->name : "?");
	else
		trader_note(t, LOG_L_INFO, c->number,
		    "%s: logged on from %s by %s %s%s%s%s", c->id,
		    c->peer->name, who->version, who->suite,
		    who->verified ? ", certificate " : "", who->subject,
		    who->bound ? ", the session's own" : "");
}

static void
went_up(struct trader *t, struct client *c)
{
	t->counts.sessions_up += !c->up;
	c->up = true;
	if (c->peer != NULL)
		c->peer->conn->up = true;
	keep_address(t, c);
	note_logon(t, c);
	client_note_numbers(t, c);
	flow_connected(c);
	dropcopy_up(t, c);
	cod_up(t, c);
}

static void
went_down(struct trader *t, struct client *c, bool orderly)
{
	t->counts.sessions_up -= c->up;
	c->up = false;
	client_note_resent(t, c);
	client_note_garbled(t, c);
	c->replay.open = false;
	dropcopy_down(c);
	trader_note(t, LOG_L_INFO, c->number, "%s: logged off", c->id);
	fixvenue_down(c);
	client_note_numbers(t, c);
	cod_down(t, c, orderly);
}

static void
carry_out(struct trader *t, struct client *c, const struct fix_act *a)
{
	switch (a->kind) {
	case FIX_ACT_RECEIVED:
		if (!takes_no_room(t, c, a))
			(void)append_message(t, c, REC_IN, 0, a, NULL);
		break;
	case FIX_ACT_PERSIST:
		persist(t, c, a);
		break;
	case FIX_ACT_NUMBERS:
		numbers(t, c, a);
		break;
	case FIX_ACT_SEND:
		send(t, c, a);
		break;
	case FIX_ACT_DELIVER:
		deliver(t, c, a->msg);
		break;
	case FIX_ACT_REPLAY:
		replay_open(t, c, a->seq, a->seq_end);
		break;
	case FIX_ACT_QUEUED:
		paced_keep(t, c, a);
		break;
	case FIX_ACT_NOT_RESENT:
		client_withheld(t, c, a);
		break;
	case FIX_ACT_REPORT:
		client_report(t, c, a);
		break;
	case FIX_ACT_UP:
		went_up(t, c);
		break;
	case FIX_ACT_DOWN:
		went_down(t, c, a->flag);
		break;
	case FIX_ACT_CLOSE:
		if (c->peer != NULL)
			peer_close(t, c->peer);
		break;
	}
}

void
client_carry_out(struct trader *t, struct client *c)
{
	struct fix_act act;

	while (t->failed == 0 && fix_session_next(c->fix, &act) == 1)
		carry_out(t, c, &act);
}

void
client_work(struct trader *t, struct client *c)
{
	bool was_up = c->up;

	assert(!t->working);
	t->working = true;
	client_carry_out(t, c);
	t->working = false;
	if (t->failed != 0)
		return;
	if (c->resetting && !fix_session_resetting(c->fix))
		hours_reset_done(t, c);
	timers_set(&t->timers, &c->timer, fix_session_deadline(c->fix).ns);
	if (c->up && !was_up && c->n_orphans > 0)
		orphans_send(t, c);
	reports_send(t);
}

static bool
room_for_report(struct trader *t, size_t bytes)
{
	if (t->n_waiting == t->cap_waiting) {
		uint32_t cap = t->cap_waiting == 0 ? 256 : t->cap_waiting * 2;
		struct waiting *w = realloc(t->waiting, cap * sizeof(*w));

		if (w == NULL)
			return false;
		t->waiting = w;
		t->cap_waiting = cap;
	}
	if (t->bodies_cap - t->bodies_len < bytes) {
		size_t cap = t->bodies_cap == 0 ? 64 * 1024 :
		    t->bodies_cap * 2;
		uint8_t *b = realloc(t->bodies, cap);

		if (b == NULL)
			return false;
		t->bodies = b;
		t->bodies_cap = cap;
	}
	return true;
}

#define REPORT_MAX 4096u

void
report_queue(
    void *arg, uint32_t session, uint32_t venue, const struct fix_exec *e)
{
	struct trader *t = arg;
	struct fix_span type = { (const uint8_t *)&e->kind, 1 };
	struct fix_build b;
	struct waiting *w;
	size_t from;

	if (!room_for_report(t, REPORT_MAX)) {
		trader_fail(t, -FIX_E_NOMEM, "reports of a turn");
		return;
	}
	fix_build_start(&b, t->bodies + t->bodies_len, REPORT_MAX, type);
	from = b.len;
	fix_exec_write(&b, e);
	if (b.err != 0) {
		trader_fail(t, b.err, "a report can't be written");
		return;
	}
	if (session == 0) {
		shown_keep(t, 0, venue, fix_build_body(&b));
		return;
	}
	w = &t->waiting[t->n_waiting++];
	w->session = session;
	w->venue = venue;
	(void)fix_span_copy(type, w->type, sizeof(w->type));
	w->off = (uint32_t)(t->bodies_len + from);
	w->len = (uint32_t)(b.len - from);
	t->bodies_len += b.len;
}

void
report_say(void *arg, uint32_t session, struct fix_span type,
    struct fix_span body)
{
	struct trader *t = arg;
	struct waiting *w;

	if (!room_for_report(t, body.len)) {
		trader_fail(t, -FIX_E_NOMEM, "reports of a turn");
		return;
	}
	memcpy(t->bodies + t->bodies_len, body.p, body.len);
	w = &t->waiting[t->n_waiting++];
	w->session = session;
	w->venue = 0;
	(void)fix_span_copy(type, w->type, sizeof(w->type));
	w->off = (uint32_t)t->bodies_len;
	w->len = (uint32_t)body.len;
	t->bodies_len += body.len;
}

static void
report_send(struct trader *t, const struct waiting *w)
{
	struct client *c = client_numbered(t, w->session);
	struct fix_span type = fix_span_of(w->type);
	struct fix_span body = { t->bodies + w->off, w->len };
	int rc;

	if (c == NULL) {
		trader_note(t, LOG_L_ERROR, w->session, "a report for session "
		    "%u, which the settings do not have any more: %.*s",
		    w->session, (int)(body.len > 300 ? 300 : body.len),
		    (const char *)body.p);
		if (w->type[0] == '8')
			shown_keep(t, w->session, w->venue, body);
		return;
	}
	t->counts.reports++;
	rc = paced_send(t, c, type, body);
	if (rc != 0)
		trader_fail(t, rc, "a report can't be sent");
}

void
reports_send(struct trader *t)
{
	while (t->next_waiting < t->n_waiting && t->failed == 0) {
		struct waiting w = t->waiting[t->next_waiting++];
		struct client *c = client_numbered(t, w.session);

		t->out_venue = w.venue;
		report_send(t, &w);
		if (c != NULL)
			client_carry_out(t, c);
		t->out_venue = 0;
		if (c == NULL)
			continue;
		timers_set(
		    &t->timers, &c->timer, fix_session_deadline(c->fix).ns);
	}
	if (t->next_waiting == t->n_waiting) {
		t->n_waiting = t->next_waiting = 0;
		t->bodies_len = 0;
	}
}
