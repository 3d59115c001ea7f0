/*
 * struct venue_ops of a venue that speaks FIX.
 *
 * In: the desk's requests, and the session's messages. Out: bodies of messages
 * for the session, which numbers, journals and sends them with the turn; events
 * for the desk. The venue is up when its session is logged on and has all that
 * it missed, so that the first questions are asked after the last of what
 * happened meanwhile was heard.
 *
 * A new order or a replace that the session's dictionary does not allow is not
 * sent; a cancel and a question always are.
 */
#include "gateway/venue/fix.h"

#include <stdio.h>
#include <stdlib.h>

#include "fix/build.h"

struct fix_venue {
	struct venue venue;
	struct venue_fix_cfg cfg;
	struct venue_fix_line line;
	struct sim_symbol *symbols;
	uint8_t *fields;
	unsigned n_symbols;
	bool marked; /* reference prices were told */
	char asked_all[24]; /* MassStatusReqID(584) of what is out, "" */
	int64_t answers;    /* to that */
	struct fix_mono started;
	uint8_t body[VENUE_FIX_BODY_MAX];
};

static bool
check(struct fix_venue *f, char kind, struct fix_span type,
    const struct fix_build *b)
{
	struct venue *v = &f->venue;

	return (kind != 'D' && kind != 'G') ||
	       f->line.fits(
		   v->sink.arg, v, type, fix_build_body(b), v->refused);
}

static int
send_order(struct venue *v, char kind, const struct venue_order *o,
    struct fix_now now)
{
	struct fix_venue *f = (struct fix_venue *)v;
	struct fix_span type = { (const uint8_t *)&kind, 1 };
	struct fix_build b;
	int rc;

	if (!v->up)
		return -FIX_E_STATE;
	fix_build_start(&b, f->body, sizeof(f->body), type);
	rc = venue_fix_write(&f->cfg, kind, o, now, &b);
	if (rc != 0) {
		snprintf(v->refused, sizeof(v->refused),
		    rc == -FIX_E_RANGE ? "AccountMap has no account for %.40s"
				       : "order of %.40s can't be written",
		    o->account);
		return -FIX_E_RANGE;
	}
	if (!check(f, kind, type, &b))
		return -FIX_E_RANGE;
	if (kind != 'F' && !f->line.room(v->sink.arg, v))
		return -FIX_E_FULL;
	f->line.say(v->sink.arg, v, type, fix_build_body(&b));
	return 0;
}

static int
send_new(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	return send_order(v, 'D', o, now);
}

static int
send_cancel(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	return send_order(v, 'F', o, now);
}

static int
send_replace(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	return send_order(v, 'G', o, now);
}

static int
send_status(struct venue *v, const struct venue_order *o, struct fix_now now)
{
	return send_order(v, 'H', o, now);
}

/* All orders that the session's counterparty has of it: MassStatusReqType(585)
 * 7. */
static int
send_status_all(struct venue *v, struct fix_now now)
{
	static const struct fix_span type = { (const uint8_t *)"AF", 2 };
	struct fix_venue *f = (struct fix_venue *)v;
	struct fix_build b;

	if (!f->cfg.ask_all || !v->up)
		return -FIX_E_STATE;
	snprintf(f->asked_all, sizeof(f->asked_all), "M%lld",
	    (long long)now.utc.ns);
	f->answers = 0;
	fix_build_start(&b, f->body, sizeof(f->body), type);
	fix_build_str(&b, 584, f->asked_all);
	fix_build_char(&b, 585, '7');
	if (b.err != 0 || !f->line.fits(v->sink.arg, v, type,
			      fix_build_body(&b), v->refused)) {
		f->asked_all[0] = '\0';
		return -FIX_E_RANGE;
	}
	f->line.say(v->sink.arg, v, type, fix_build_body(&b));
	return 0;
}

/* ----- what it says ----- */

static void
all_told(struct fix_venue *f)
{
	struct venue_event e = { .kind = VENUE_ALL_TOLD, .cum_qty_e8 = -1 };

	f->asked_all[0] = '\0';
	f->venue.sink.event(f->venue.sink.arg, &f->venue, &e);
}

void
venue_fix_no_answer(struct venue *v)
{
	struct fix_venue *f = (struct fix_venue *)v;

	if (f->asked_all[0] != '\0')
		all_told(f);
}

/* Is it one of the answers to our question for all orders? */
static bool
answers_all(const struct fix_venue *f, const struct fix_msg *m)
{
	struct fix_span id;

	return f->asked_all[0] != '\0' && fix_msg_get(m, 584, &id) &&
	       fix_span_is(id, f->asked_all);
}

/* LastRptRequested(912), or as many as TotNumReports(911) says. */
static bool
is_last(struct fix_venue *f, const struct fix_msg *m)
{
	int64_t total;
	char last;

	f->answers++;
	if (fix_msg_char(m, 912, &last) == 0 && last == 'Y')
		return true;
	return fix_msg_int(m, 911, &total) == 0 && f->answers >= total;
}

static void
alert(struct venue *v, const struct venue_fix_said *s)
{
	const char *id = s->e.cl_ord_id != NULL ? s->e.cl_ord_id : "";
	char text[VENUE_WHY_MAX + VENUE_ID_MAX + VENUE_FIX_TEXT_MAX + 32];

	snprintf(text, sizeof(text), "order %s: %s%s%s", id, s->note,
	    s->e.text == NULL ? "" : ": ", s->e.text == NULL ? "" : s->e.text);
	v->sink.alert(v->sink.arg, v, text);
}

/* An execution of an order that nobody here knows. */
static void
dont_know(struct fix_venue *f, const struct venue_fix_said *s)
{
	static const struct fix_span type = { (const uint8_t *)"Q", 1 };
	const struct venue_event *e = &s->e;
	struct fix_build b;

	fix_build_start(&b, f->body, sizeof(f->body), type);
	fix_build_str(
	    &b, 37, e->venue_order_id != NULL ? e->venue_order_id : "NONE");
	fix_build_str(&b, 17, e->exec_id != NULL ? e->exec_id : "NONE");
	fix_build_char(&b, 127, 'D');
	if (e->symbol != NULL && e->symbol[0] != '\0')
		fix_build_str(&b, 55, e->symbol);
	if (e->side != '\0')
		fix_build_char(&b, 54, e->side);
	fix_build_e8(&b, 38, e->qty_e8);
	fix_build_e8(&b, 32, e->last_qty_e8);
	fix_build_e8(&b, 31, e->last_px_e8);
	if (b.err == 0)
		f->line.say(f->venue.sink.arg, &f->venue, type,
		    fix_build_body(&b));
}

/* A first look: whose is it, and what do we know of that? */
static bool
look(struct fix_venue *f, const struct fix_msg *m, int64_t *cum_e8)
{
	struct venue *v = &f->venue;
	struct venue_fix_said s;

	*cum_e8 = -1;
	(void)venue_fix_read(m, -1, &s);
	return f->line.cum(v->sink.arg, v, &s.e, cum_e8);
}

bool
venue_fix_message(struct venue *v, const struct fix_msg *m)
{
	struct fix_venue *f = (struct fix_venue *)v;
	struct fix_span type = fix_msg_type(m);
	struct venue_fix_said s;
	enum venue_fix_says says;
	int64_t cum;
	bool known, of_all;

	if (!fix_span_is(type, "8") && !fix_span_is(type, "9"))
		return false;
	known = look(f, m, &cum);
	says = venue_fix_read(m, cum, &s);
	if (s.note[0] != '\0')
		alert(v, &s);
	if (says == VENUE_FIX_ASK)
		f->line.doubt(v->sink.arg, v, s.e.cl_ord_id);
	of_all = answers_all(f, m);
	/* That there is none names none. */
	if (says == VENUE_FIX_EVENT && !(of_all && s.e.cl_ord_id == NULL &&
					   s.e.kind == VENUE_UNKNOWN))
		v->sink.event(v->sink.arg, v, &s.e);
	if (says == VENUE_FIX_EVENT && f->cfg.dont_know &&
	    s.e.kind == VENUE_FILL && !known)
		dont_know(f, &s);
	if (of_all && is_last(f, m))
		all_told(f);
	return true;
}

void
venue_fix_down(struct venue *v, const char *why)
{
	struct venue_event e = { .kind = VENUE_DOWN, .cum_qty_e8 = -1 };
	bool was = v->up;

	((struct fix_venue *)v)->asked_all[0] = '\0';
	v->up = false;
	venue_why(v, why);
	if (was)
		v->sink.event(v->sink.arg, v, &e);
}

/* ----- struct venue_ops ----- */

static void
fix_load(struct venue *v, struct fix_span key, struct fix_span value)
{
	(void)v;
	(void)key;
	(void)value;
}

static void
fix_start(struct venue *v, struct fix_now now)
{
	((struct fix_venue *)v)->started = now.mono;
}

static void
mark(struct fix_venue *f, struct fix_now now)
{
	struct venue_event e = { .kind = VENUE_MARK,
		.cum_qty_e8 = -1,
		.when = now.utc };

	f->marked = true;
	for (unsigned i = 0; i < f->n_symbols; i++) {
		e.symbol = f->symbols[i].symbol;
		e.last_px_e8 = f->symbols[i].ref_e8;
		f->venue.sink.event(f->venue.sink.arg, &f->venue, &e);
	}
}

static bool
is_due(const struct fix_venue *f)
{
	struct venue *v = (struct venue *)(uintptr_t)&f->venue;

	return !v->up && f->line.ready(v->sink.arg, v);
}

static void
fix_tick(struct venue *v, struct fix_now now)
{
	struct fix_venue *f = (struct fix_venue *)v;
	struct venue_event e = { .kind = VENUE_UP, .cum_qty_e8 = -1 };

	if (!f->marked)
		mark(f, now);
	if (!is_due(f))
		return;
	v->up = true;
	venue_why(v, NULL);
	v->sink.event(v->sink.arg, v, &e);
}

static struct fix_mono
fix_deadline(const struct venue *v)
{
	const struct fix_venue *f = (const struct fix_venue *)v;
	struct fix_mono never = { FIX_MONO_NEVER };

	return f->marked && !is_due(f) ? never : f->started;
}

static void
fix_free(struct venue *v)
{
	struct fix_venue *f = (struct fix_venue *)v;

	free(f->symbols);
	free(f->fields);
	free(f);
}

static const struct venue_ops ops = {
	.send_new = send_new,
	.send_cancel = send_cancel,
	.send_replace = send_replace,
	.send_status = send_status,
	.send_status_all = send_status_all,
	.load = fix_load,
	.start = fix_start,
	.tick = fix_tick,
	.deadline = fix_deadline,
	.free = fix_free,
};

bool
venue_is_fix(const struct venue *v)
{
	return v->ops == &ops;
}

uint32_t
venue_fix_session(const struct venue *v)
{
	return ((const struct fix_venue *)v)->cfg.session;
}

struct venue *
venue_fix_new(const struct venue_fix_cfg *cfg,
    const struct venue_fix_line *line, struct venue_sink sink)
{
	/* its dictionary, then the counterparty, say what not */
	static const char all[] =
	    "1:257 2:257 3:257 4:257 5:01234567 B:01234567 J:01234567 "
	    "K:01234567 Pa:01234567 PR:01234567 PP:01234567 PM:01234567 "
	    "110:12345BJKP 111:12345BJKP 152:1 168:12345BJKP 77:12345BJKP "
	    "18=6:24BP 18=G:12345BJKP 15:12345BJKP";
	struct fix_venue *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->symbols = calloc(cfg->n_symbols + 1, sizeof(*f->symbols));
	f->fields = malloc(cfg->fields.len + 1);
	if (f->symbols == NULL || f->fields == NULL) {
		fix_free(&f->venue);
		return NULL;
	}
	for (unsigned i = 0; i < cfg->n_symbols; i++)
		f->symbols[i] = cfg->symbols[i];
	f->n_symbols = cfg->n_symbols;
	f->cfg = *cfg;
	f->cfg.symbols = NULL;
	if (cfg->fields.len > 0)
		memcpy(f->fields, cfg->fields.p, cfg->fields.len);
	f->cfg.fields.p = f->fields;
	f->line = *line;
	f->venue.ops = &ops;
	f->venue.sink = sink;
	f->venue.resends = cfg->resends;
	fix_span_copy(fix_span_of(all), f->venue.takes, sizeof(f->venue.takes));
	f->venue.open_in_doubt = cfg->open_in_doubt;
	fix_span_copy(
	    fix_span_of(cfg->name), f->venue.name, sizeof(f->venue.name));
	venue_why(&f->venue, "its session is not logged on");
	return &f->venue;
}
