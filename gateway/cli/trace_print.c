/*
 * The steps of one order, in time: client, risk, venue, execution, report, drop
 * copy.
 *
 * Messages stand in the journal where they happened. What the desk decided
 * stands in the rows that a turn keeps, once, at its end: the difference to the
 * row before says what risk and the venue did. Such steps are told behind the
 * requests of their turn and before its reports, which is where they were taken.
 */
#include "gateway/cli/trace.h"

#include <stdarg.h>
#include <stdlib.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/record.h"

static const char *const stage_names[] = { "client", "risk", "venue",
	"execution", "report", "drop copy" };
_Static_assert(sizeof(stage_names) / sizeof(stage_names[0]) == TRACE_N_STAGE,
    "every stage has a name");

struct step {
	enum trace_stage stage;
	uint64_t record;
	struct fix_utc wall;
	uint32_t session;
	char *text;
	json_t *message; /* NULL: none */
};

struct print {
	struct trace *t;
	const struct trace_order *o;
	json_t *steps;      /* NULL: lines */
	struct step *turn;
	size_t n, cap;
	struct order was;   /* its row before, number 0: none yet */
	int64_t begin_ns;   /* wall clock of the first step */
	int rc;
};

static struct fix_field fields[FIX_FIELDS_MAX];

static struct step *
add(struct print *p, enum trace_stage stage, const struct fix_rec *r)
{
	struct step *s;

	if (p->n == p->cap) {
		p->cap = p->cap == 0 ? 16 : p->cap * 2;
		s = realloc(p->turn, p->cap * sizeof(*s));
		if (s == NULL) {
			p->rc = -FIX_E_NOMEM;
			return NULL;
		}
		p->turn = s;
	}
	s = &p->turn[p->n++];
	memset(s, 0, sizeof(*s));
	s->stage = stage;
	s->record = r->number;
	s->wall = r->wall;
	s->session = r->session;
	return s;
}

static void FIX_PRINTF(4, 5)
say(struct print *p, enum trace_stage stage, const struct fix_rec *r,
    const char *fmt, ...)
{
	struct step *s = add(p, stage, r);
	char line[512];
	va_list ap;

	if (s == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	s->session = 0;
	s->text = strdup(line);
	if (s->text == NULL)
		p->rc = -FIX_E_NOMEM;
}

struct amount {
	char text[FIX_DEC_MAX + 1];
};

static struct amount
amount_of(int64_t e8)
{
	struct amount a;
	size_t n = fix_dec_format((uint8_t *)a.text, fix_dec_of_e8(e8));

	a.text[n] = '\0';
	return a;
}

static const char *
venue_name(const struct print *p, uint32_t number, char spare[16])
{
	const struct conf_section *s = NULL;
	uint32_t n = 0;

	if (p->t->conf != NULL)
		while ((s = conf_next(p->t->conf, "VENUE", s)) != NULL)
			if (++n == number)
				return conf_name(s);
	snprintf(spare, 16, "%u", number);
	return spare;
}

static void
taken(struct print *p, const struct fix_rec *r, const struct order *o)
{
	char spare[16];

	if (o->venue == 0 || o->venue_cl_ord_id[0] == '\0') {
		say(p, TRACE_RISK, r, "refused: nothing went to a venue");
		return;
	}
	say(p, TRACE_RISK, r, "accepted, %s %s reserved as %s",
	    amount_of(o->hold.qty_e8).text, o->symbol,
	    amount_of(o->hold.notional_e8).text);
	say(p, TRACE_VENUE, r, "sent to %s as %s",
	    venue_name(p, o->venue, spare), o->venue_cl_ord_id);
}

/* Of a request that was sent and answered within a turn the row has only what
 * became of it. */
static const char *
request_name(const struct order *o, uint32_t i, const char *id)
{
	if (strcmp(id, o->venue_request_id) == 0)
		return o->pending == 'G' ? "replace" : "cancel";
	if (strcmp(id, o->venue_cl_ord_id) == 0)
		return "replace";
	return o->status == '4' && i + 1 == o->requests ? "cancel" : "request";
}

/* Ids at the venue count the requests on an order, in base 36; the first is
 * the order's own. */
static void
requests(struct print *p, const struct fix_rec *r, const struct order *o)
{
	uint32_t i = p->was.requests == 0 ? 1 : p->was.requests;
	char id[ORDER_ID_MAX + 16];

	for (; i < o->requests; i++) {
		char digits[8];
		size_t n = sizeof(digits);
		uint32_t v = i;

		digits[--n] = '\0';
		do {
			digits[--n] =
			    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[v % 36];
			v /= 36;
		} while (v > 0);
		snprintf(id, sizeof(id), "%s-%s", o->order_id, digits + n);
		say(p, TRACE_VENUE, r, "%s sent as %s", request_name(o, i, id),
		    id);
	}
}

static void
changed(struct print *p, const struct fix_rec *r, const struct order *o)
{
	const struct order *was = &p->was;

	if (was->number == 0)
		taken(p, r, o);
	requests(p, r, o);
	if (o->venue_order_id[0] != '\0' &&
	    strcmp(o->venue_order_id, was->venue_order_id) != 0)
		say(p, TRACE_VENUE, r, "has it as %s", o->venue_order_id);
	if (o->status == 'U' && was->status != 'U')
		say(p, TRACE_VENUE, r, "in doubt: the venue is asked");
	if (was->number != 0 && was->status != o->status &&
	    strchr("348C", o->status) != NULL)
		say(p, TRACE_VENUE, r, "%s: %s",
		    o->status == '4' ? "canceled" : o->status == 'C' ?
		    "expired" : o->status == '3' ? "done for the day" :
		    "rejected", amount_of(o->cum_e8).text);
	p->was = *o;
}

static void
executed(struct print *p, const struct fix_rec *r, struct fix_span key,
    struct fix_span value)
{
	struct order_exec x;
	char spare[16];
	uint32_t venue;

	if (value.len != sizeof(x) || key.len < 4)
		return;
	memcpy(&x, value.p, sizeof(x));
	if (x.order != p->o->number)
		return;
	venue = (uint32_t)key.p[0] << 24 | (uint32_t)key.p[1] << 16 |
	    (uint32_t)key.p[2] << 8 | key.p[3];
	say(p, TRACE_EXECUTION, r, "%s at %s by %s, its %.*s, our %s%s",
	    amount_of(x.qty_e8).text, amount_of(x.px_e8).text,
	    venue_name(p, venue, spare), (int)(key.len - 4),
	    (const char *)key.p + 4, x.exec_id,
	    x.live ? "" : ", taken back or corrected");
}

static bool
of_the_order(const struct print *p, const struct fix_rec *r,
    const struct fix_msg *m)
{
	static const uint32_t tags[] = { 11, 41, 379 };
	struct fix_span v;

	if (fix_msg_get(m, 37, &v) && fix_span_is(v, p->o->order_id))
		return true;
	if (r->session != p->o->session)
		return false;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (fix_msg_get(m, tags[i], &v) && trace_has_id(p->o, v))
			return true;
	return false;
}

/* "ExecutionReport ExecType=TRADE OrdStatus=FILLED ..." */
static char *
gist(const struct trace *t, const struct fix_msg *m)
{
	static const uint32_t tags[] = { 11, 41, 17, 150, 39, 38, 44, 32, 31,
		14, 151, 19, 102, 103, 58 };
	struct dict_pair d = dicts_of(t->sh.dicts, m);
	const struct fix_dict_field *f;
	const char *name = dicts_msg_name(d, fix_msg_type(m));
	struct fix_span v;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	fputs(name == NULL ? "?" : name, out);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (!fix_msg_get(m, tags[i], &v))
			continue;
		f = dicts_field(d, tags[i]);
		name = dicts_value_name(d, tags[i], v);
		fprintf(out, " %s=", f == NULL ? "?" : f->name);
		if (name != NULL)
			fputs(name, out);
		else
			show_text(out, v, 80);
	}
	return fclose(out) == 0 ? text : NULL;
}

static void
message(struct print *p, const struct fix_rec *r)
{
	struct fix_msg m = { 0 };
	struct step *s;
	uint64_t seq;

	if (!record_message(r, fields, &seq, &m) || !of_the_order(p, r, &m))
		return;
	s = add(p, r->type == REC_IN ? TRACE_CLIENT :
	    r->session == p->o->session ? TRACE_REPORT : TRACE_DROP_COPY, r);
	if (s == NULL)
		return;
	s->text = gist(p->t, &m);
	if (s->text == NULL)
		p->rc = -FIX_E_NOMEM;
	if (p->steps != NULL)
		s->message = show_json(&p->t->sh, &m);
}

static void
print_line(struct print *p, const struct step *s, int64_t since_us)
{
	char when[FIX_STAMP_MAX + 1], session[64] = "";

	when[fix_utc_format((uint8_t *)when, s->wall, 6)] = '\0';
	if (s->session != 0)
		view_session_name(p->t->view, s->session, session,
		    sizeof(session));
	fprintf(p->t->sh.out, "%s%8llu  %s  %+6lld.%06lld%s  %-9s  %s%s%s\n",
	    show_dim(&p->t->sh), (unsigned long long)s->record, when,
	    (long long)(since_us / 1000000),
	    (long long)llabs(since_us % 1000000), show_plain(&p->t->sh),
	    stage_names[s->stage], session, session[0] == '\0' ? "" : ": ",
	    s->text);
}

static void
print_json(struct print *p, struct step *s, int64_t since_us)
{
	char when[FIX_STAMP_MAX + 1], session[64];
	json_t *o;

	when[fix_utc_format((uint8_t *)when, s->wall, 6)] = '\0';
	o = json_pack("{sI ss sI ss ss}", "record", (json_int_t)s->record,
	    "time", when, "since_us", (json_int_t)since_us, "stage",
	    stage_names[s->stage], "text", s->text);
	if (s->session != 0) {
		view_session_name(p->t->view, s->session, session,
		    sizeof(session));
		json_object_set_new(o, "session", json_string(session));
	}
	if (s->message != NULL)
		json_object_set_new(o, "message", s->message);
	s->message = NULL;
	json_array_append_new(p->steps, o);
}

static void
print_step(struct print *p, struct step *s)
{
	int64_t since_us;

	if (p->begin_ns == 0)
		p->begin_ns = s->wall.ns;
	since_us = (s->wall.ns - p->begin_ns) / 1000;
	if (s->text == NULL)
		return;
	if (p->steps == NULL)
		print_line(p, s, since_us);
	else
		print_json(p, s, since_us);
}

static bool
decided(const struct step *s)
{
	return s->stage > TRACE_CLIENT && s->stage < TRACE_REPORT;
}

/* Requests up to the first report, what was decided, and the rest. */
static void
end_turn(struct print *p)
{
	size_t i, first = 0;

	while (first < p->n && p->turn[first].stage == TRACE_CLIENT)
		first++;
	for (i = 0; i < first; i++)
		print_step(p, &p->turn[i]);
	for (i = first; i < p->n; i++)
		if (decided(&p->turn[i]))
			print_step(p, &p->turn[i]);
	for (i = first; i < p->n; i++)
		if (!decided(&p->turn[i]))
			print_step(p, &p->turn[i]);
	for (i = 0; i < p->n; i++) {
		free(p->turn[i].text);
		json_decref(p->turn[i].message);
	}
	p->n = 0;
}

static int
take(void *arg, const struct fix_rec *r)
{
	struct print *p = arg;
	struct fix_span key, value;
	enum fix_table table;
	struct order o;

	if (r->type == REC_IN || r->type == REC_OUT) {
		message(p, r);
	} else if (trace_pair(r, &table, &key, &value)) {
		if (table == FIX_TAB_ORDERS && order_of_kept(&o, value) &&
		    o.number == p->o->number)
			changed(p, r, &o);
		else if (table == FIX_TAB_EXECS)
			executed(p, r, key, value);
	}
	if ((r->flags & FIX_REC_END) != 0)
		end_turn(p);
	return p->rc;
}

int
trace_print(struct trace *t, const struct trace_order *o, json_t *json)
{
	struct print p = { .t = t, .o = o, .steps = json };
	int rc = trace_walk(t, take, &p);

	end_turn(&p);
	free(p.turn);
	if (rc == -FIX_E_NOMEM)
		cli_fail("%s", fix_strerror(rc));
	return rc;
}
