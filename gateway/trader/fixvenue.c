/*
 * Venues that speak FIX and their sessions, initiators like any other.
 *
 * What a venue is to get waits among the reports of the turn and is numbered,
 * journaled and sent as they are; what it says goes to gateway/venue/fix.c. A
 * message that the venue has refused (35=3, 35=j), or will not get again, is
 * looked up by its number: an order that was not acknowledged is rejected by
 * that, a request is refused, and of anything else the venue is asked what is
 * so. Nothing is ever sent twice from here.
 */
#include <stdio.h>

#include "fix/scan.h"
#include "gateway/trader/inside.h"
#include "gateway/venue/fix.h"

static struct client *
client_of(struct trader *t, const struct venue *v)
{
	return &t->clients[venue_fix_session(v)];
}

static void
line_say(void *arg, struct venue *v, struct fix_span type, struct fix_span body)
{
	struct trader *t = arg;

	report_say(t, client_of(t, v)->number, type, body);
}

/* "OrdType(40): Value is incorrect ..." */
static bool
line_fits(void *arg, struct venue *v, struct fix_span type,
    struct fix_span body, char *why)
{
	struct trader *t = arg;
	struct client *c = client_of(t, v);
	const struct fix_dict_field *field;
	struct fix_fault f = { .reason = 0 };
	int rc = fix_session_fits(c->fix, type, body, t->now, &f);

	if (rc == 0)
		return true;
	field = rc < 0 || f.tag == 0 || c->cfg->fix.app == NULL
		    ? NULL
		    : fix_dict_field(c->cfg->fix.app, f.tag);
	if (rc < 0)
		snprintf(why, VENUE_WHY_MAX + 1, "it is too long");
	else
		snprintf(why, VENUE_WHY_MAX + 1, "%s(%u): %s",
		    field == NULL ? "field " : field->name, f.tag,
		    fix_reject_text(f.reason));
	return false;
}

/* A quarter of what may wait is left to cancels. */
static bool
line_room(void *arg, struct venue *v)
{
	struct trader *t = arg;
	struct client *c = client_of(t, v);
	size_t max = c->cfg->fix.max_paced_bytes;
	struct fix_session_paced p;

	if (c->cfg->fix.out_pace.n == 0)
		return true;
	fix_session_paced(c->fix, t->now, &p);
	return p.bytes <= (max == 0 ? 1u << 20 : max) / 4 * 3;
}

static bool
line_ready(void *arg, struct venue *v)
{
	struct trader *t = arg;
	const struct client *c = client_of(t, v);

	return c->up && !fix_session_recovering(c->fix);
}

static bool
line_cum(void *arg, struct venue *v, const struct venue_event *e,
    int64_t *cum_e8)
{
	struct trader *t = arg;
	const struct order *o = desk_find_event(t->desk, v, e);

	if (o != NULL)
		*cum_e8 = o->cum_e8;
	return o != NULL;
}

static void
line_doubt(void *arg, struct venue *v, const char *id)
{
	struct trader *t = arg;

	desk_doubt(t->desk, v, id, t->now);
}

int
trader_add_fix_venue(struct trader *t, const struct venue_fix_cfg *cfg)
{
	static const struct venue_fix_line line = { line_say, line_fits,
		line_room, line_ready, line_cum, line_doubt };
	struct venue *v = venue_fix_new(cfg, &line, trader_sink(t));

	return v == NULL ? -FIX_E_NOMEM : trader_add_venue(t, v);
}

void
fixvenue_bind(struct trader *t)
{
	for (uint32_t i = 0; i < t->n_venues; i++)
		if (venue_is_fix(t->venues[i]))
			client_of(t, t->venues[i])->venue = t->venues[i];
}

void
fixvenue_down(struct client *c)
{
	if (c->venue != NULL)
		venue_fix_down(c->venue, "its session is not logged on");
}

/* Our message, as it was refused. NULs end what they are copied into. */
struct refused {
	char kind; /* MsgType, 'a': AF, NUL: longer than a letter */
	char id[VENUE_ID_MAX + 1];
};

static bool
read_refused(struct trader *t, struct fix_span message, struct refused *r)
{
	struct fix_msg m = { .fields = t->fields, .cap = FIX_FIELDS_MAX };
	struct fix_span v;

	if (message.p == NULL || fix_split(message.p, message.len, &m) != 0)
		return false;
	v = fix_msg_type(&m);
	r->kind = v.len == 1 ? (char)v.p[0] : '\0';
	if (fix_span_is(v, "AF"))
		r->kind = 'a';
	if (!fix_msg_get(&m, 11, &v))
		v = fix_span_of("");
	return fix_span_copy(v, r->id, sizeof(r->id));
}

/* unknown: it says that it does not know the order asked for. */
static void
refuse(struct trader *t, struct client *c, const struct refused *r,
    bool unknown, const char *text)
{
	const struct order *o = desk_find_at(t->desk, c->venue, r->id);
	struct venue_event e = { .cl_ord_id = r->id,
		.text = text,
		.reason = 99,
		.cum_qty_e8 = -1 };
	struct venue *v = c->venue;

	if (r->kind == 'a')
		venue_fix_no_answer(v);
	if (o == NULL)
		return;
	if (r->kind == 'D' && !o->acked && o->cum_e8 == 0)
		e.kind = VENUE_REJECT;
	else if (r->kind == 'F' || r->kind == 'G')
		e.kind = VENUE_CXL_REJECT;
	else if (r->kind == 'H' && unknown)
		e.kind = VENUE_UNKNOWN;
	else if (r->kind == 'H')
		return; /* it can't be asked; it was told already */
	else {
		desk_doubt(t->desk, v, r->id, t->now);
		return;
	}
	v->sink.event(v->sink.arg, v, &e);
}

void
fixvenue_rejected(
    struct trader *t, struct client *c, uint64_t seq, const char *text)
{
	struct refused r;

	if (seq != 0 && read_refused(t, client_sent(t, c, seq), &r))
		refuse(t, c, &r, false, text);
}

void
fixvenue_not_resent(
    struct trader *t, struct client *c, struct fix_span message)
{
	struct refused r;

	if (read_refused(t, message, &r))
		desk_doubt(t->desk, c->venue, r.id, t->now);
}

/* BusinessMessageReject(j). 380: 1 unknown id, 5 a field is missing, ... */
static void
business(struct trader *t, struct client *c, const struct fix_msg *m)
{
	struct fix_span text = { NULL, 0 };
	int64_t seq = 0, reason = 0;
	char said[VENUE_FIX_TEXT_MAX + 1];
	struct refused r;

	(void)fix_msg_get(m, 58, &text);
	(void)fix_span_copy(text, said, sizeof(said));
	if (fix_msg_int(m, 380, &reason) != 0)
		reason = 0;
	if (fix_msg_int(m, 45, &seq) != 0 || seq < 0)
		seq = 0;
	trader_note(t, LOG_L_WARN, c->number, "%s: 35=j, reason %lld, about "
	    "message %lld: %.200s", c->id, (long long)reason, (long long)seq,
	    said);
	if (read_refused(t, client_sent(t, c, (uint64_t)seq), &r))
		refuse(t, c, &r, reason == 1, said);
}

void
fixvenue_deliver(struct trader *t, struct client *c, const struct fix_msg *m)
{
	struct fix_span type = fix_msg_type(m);

	if (venue_fix_message(c->venue, m))
		return;
	if (fix_span_is(type, "j"))
		business(t, c, m);
	else
		client_refuse(t, c, m, 3, "this session takes reports of "
		    "orders alone");
}
