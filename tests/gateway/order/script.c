/*
 * The interpreter of scenarios: script.h says the language.
 */
#include "tests/gateway/order/script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define WORDS 24

struct label {
	char name[16];
	char ours[80]; /* ExecID of our report */
};

struct script {
	struct rig *r;
	const char *line;
	char *word[WORDS];
	unsigned n;
	uint32_t session;
	char cur[80]; /* ClOrdID of the order that events are about */
	uint32_t cur_session;
	unsigned next_exec;
	struct label labels[16];
	unsigned n_labels;
	bool restarting;
};

static _Noreturn void
bad(const struct script *s, const char *what, const char *got)
{
	fail_msg("at \"%s\": %s%s%s", s->line, what, got[0] != '\0' ? ": " : "",
	    got);
	abort();
}

static void
split(struct script *s, char *line)
{
	char *save, *w;

	s->n = 0;
	for (w = strtok_r(line, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save)) {
		if (s->n == WORDS)
			bad(s, "too many words", "");
		s->word[s->n++] = w;
	}
}

static int64_t
number(const struct script *s, const char *w)
{
	struct fix_dec d;
	int64_t v;

	if (fix_dec_parse(fix_span_of(w), &d) != 0 || fix_dec_to_e8(d, &v) != 0)
		bad(s, "no number", w);
	return v;
}

static const char *
value_of(const char *word, const char *key)
{
	size_t n = strlen(key);

	return strncmp(word, key, n) == 0 && word[n] == '=' ? word + n + 1
							    : NULL;
}

/* ----- > ----- */

static void
ids(char *word, struct fix_order *o)
{
	char *comma = strchr(word, ',');

	if (comma != NULL) {
		*comma = '\0';
		o->orig_cl_ord_id = fix_span_of(comma + 1);
	}
	o->cl_ord_id = fix_span_of(strcmp(word, "-") == 0 ? "" : word);
}

static const char *
order_id_of(const struct script *s, const char *v)
{
	const struct order *o;

	if (strcmp(v, "OK") != 0)
		return v;
	o = desk_find_client(s->r->desk, s->cur_session, fix_span_of(s->cur));
	assert_non_null(o);
	return o->order_id;
}

/* TransactTime of the last report, or a millisecond before; to milliseconds. */
static void
mod_time(const struct script *s, const char *v, struct fix_order *o)
{
	const struct rig *r = s->r;

	assert_true(r->n_told > 0);
	o->orig_ord_mod_time.utc = r->told[r->n_told - 1].e.transact_time;
	o->orig_ord_mod_time.utc.ns -= o->orig_ord_mod_time.utc.ns % FIX_MSEC;
	if (strcmp(v, "OLD") == 0)
		o->orig_ord_mod_time.utc.ns -= FIX_MSEC;
	o->orig_ord_mod_time.digits = 3;
	o->has |= FIX_OH_ORIG_ORD_MOD_TIME;
}

static void
option(struct script *s, const char *w, struct fix_order *o, bool *dup)
{
	const char *v;

	if ((v = value_of(w, "37")) != NULL)
		o->order_id = fix_span_of(order_id_of(s, v));
	else if ((v = value_of(w, "586")) != NULL)
		mod_time(s, v, o);
	else if ((v = value_of(w, "s")) != NULL)
		s->session = (uint32_t)atoi(v);
	else if (strcmp(w, "43") == 0)
		*dup = true;
	else if (!script_field(o, w))
		bad(s, "no such field", w);
}

static void
client(struct script *s)
{
	struct fix_order o = {
		.side = '1', .ord_type = '2', .symbol = fix_span_of("ABC")
	};
	bool dup = false;
	unsigned i;

	assert_true(s->n >= 3);
	o.kind = s->word[1][0];
	s->session = 1;
	ids(s->word[2], &o);
	for (i = 3; i < s->n; i++)
		option(s, s->word[i], &o, &dup);
	if ((o.has & FIX_OH_PRICE) == 0 && strchr("24BP", o.ord_type) != NULL) {
		o.has |= FIX_OH_PRICE;
		o.price = rig_dec(10 * FIX_E8);
	}
	if (o.kind == 'D') {
		snprintf(s->cur, sizeof(s->cur), "%s", s->word[2]);
		s->cur_session = s->session;
	}
	rig_request(s->r, s->session, &o, dup);
}

/* ----- V ----- */

static const struct {
	const char *name;
	enum venue_event_kind kind;
	bool request; /* about the request, not the order */
} says[] = {
	{ "ack", VENUE_ACK, false },
	{ "reject", VENUE_REJECT, false },
	{ "fill", VENUE_FILL, false },
	{ "canceled", VENUE_CANCELED, true },
	{ "killed", VENUE_CANCELED, false }, /* unsolicited */
	{ "replaced", VENUE_REPLACED, true },
	{ "refused", VENUE_CXL_REJECT, true },
	{ "expired", VENUE_EXPIRED, false },
	{ "done", VENUE_DONE_FOR_DAY, false },
	{ "restated", VENUE_RESTATED, false },
	{ "triggered", VENUE_TRIGGERED, false },
	{ "stopped", VENUE_STOPPED, false },
	{ "bust", VENUE_BUST, false },
	{ "correct", VENUE_CORRECT, false }, { "fee", VENUE_FEE, false },
	{ "status", VENUE_STATUS, false },
	{ "unknown", VENUE_UNKNOWN, false },
	{ "up", VENUE_UP, false },
	{ "down", VENUE_DOWN, false },
};

static const struct sent *
last_change(const struct script *s)
{
	unsigned i;

	for (i = s->r->n_sent; i-- > 0;) {
		if (s->r->sent[i].kind == 'F' || s->r->sent[i].kind == 'G')
			return &s->r->sent[i];
	}
	return NULL;
}

static void
quantity(struct script *s, struct venue_event *e, int64_t v)
{
	(void)s;
	if (e->kind == VENUE_FILL || e->kind == VENUE_CORRECT ||
	    e->kind == VENUE_STOPPED)
		e->last_qty_e8 = v;
	else
		e->qty_e8 = v;
}

static const char *
venue_option(struct script *s, struct venue_event *e, const char *w)
{
	const char *v;

	if (w[0] == '=') {
		e->exec_id = w + 1;
		return w + 1;
	}
	if (w[0] == '@') {
		e->last_px_e8 = number(s, w + 1);
		e->price_e8 = number(s, w + 1);
	} else if ((v = value_of(w, "ref")) != NULL) {
		e->ref_exec_id = v;
	} else if ((v = value_of(w, "why")) != NULL) {
		e->reason = atoi(v);
	} else if ((v = value_of(w, "fee")) != NULL) {
		e->fee_e8 = number(s, v);
		e->fee_currency = "USD";
	} else if ((v = value_of(w, "38")) != NULL) {
		e->qty_e8 = number(s, v);
	} else if ((v = value_of(w, "cum")) != NULL) {
		e->cum_qty_e8 = number(s, v);
	} else if ((v = value_of(w, "39")) != NULL) {
		e->status = v[0];
	} else if ((v = value_of(w, "id")) != NULL) {
		e->cl_ord_id = v;
	} else if ((v = value_of(w, "vid")) != NULL) {
		e->venue_order_id = v;
	} else if ((v = value_of(w, "text")) != NULL) {
		e->text = v;
	} else {
		quantity(s, e, number(s, w));
	}
	return NULL;
}

static void
note_label(struct script *s, const char *name)
{
	struct label *l;
	unsigned i;

	if (name == NULL)
		return;
	for (i = s->r->n_told; i-- > 0;) {
		const struct told *t = &s->r->told[i];

		if ((t->e.has & FIX_EH_LAST) == 0 || t->e.last_qty_e8 == 0)
			continue;
		assert_true(s->n_labels < 16);
		l = &s->labels[s->n_labels++];
		snprintf(l->name, sizeof(l->name), "%s", name);
		snprintf(l->ours, sizeof(l->ours), "%s", t->exec);
		return;
	}
}

static void
venue(struct script *s)
{
	const struct order *o =
	    desk_find_client(s->r->desk, s->cur_session, fix_span_of(s->cur));
	const struct sent *change = last_change(s);
	struct venue_event e = { .cum_qty_e8 = -1, .last_px_e8 = 10 * FIX_E8 };
	const char *label = NULL, *l;
	char exec[16];
	unsigned i, k;

	for (k = 0; strcmp(says[k].name, s->word[1]) != 0;) {
		if (++k == sizeof(says) / sizeof(says[0]))
			bad(s, "no such event", s->word[1]);
	}
	e.kind = says[k].kind;
	if (says[k].request && change != NULL)
		e.cl_ord_id = change->id;
	else if (o != NULL)
		e.cl_ord_id = o->venue_cl_ord_id;
	e.symbol = "ABC";
	e.side = '1';
	snprintf(exec, sizeof(exec), "x%u", ++s->next_exec);
	e.exec_id = exec;
	for (i = 2; i < s->n; i++) {
		l = venue_option(s, &e, s->word[i]);
		label = l == NULL ? label : l;
	}
	if (e.kind == VENUE_UP || e.kind == VENUE_DOWN)
		s->r->venue.up = e.kind == VENUE_UP;
	rig_event(s->r, &e);
	note_label(s, label);
}

/* ----- < ----- */

static const char *
label_of(const struct script *s, const char *name)
{
	unsigned i;

	for (i = s->n_labels; i-- > 0;) {
		if (strcmp(s->labels[i].name, name) == 0)
			return s->labels[i].ours;
	}
	bad(s, "no such label", name);
}

static void
check_number(const struct script *s, const char *want, int64_t got)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, got);
	if (strcmp(want, text) != 0)
		bad(s, "value is", text);
}

static void
check_text(const struct script *s, const char *want, const char *got)
{
	if (strcmp(want, got) != 0)
		bad(s, "value is", got);
}

static void
check_e8(const struct script *s, const char *want, int64_t got)
{
	char text[64] = "";

	if (number(s, want) != got) {
		rig_whole(text, sizeof(text), got);
		bad(s, "value is", text);
	}
}

static void
check_rare(const struct script *s, const struct fix_exec *e,
    const struct sent *g, const char *w)
{
	char got[40];

	if (!(e != NULL ? script_told(e, atoi(w), got)
			: script_sent(g, atoi(w), got)))
		bad(s, "tag is not known to the script", w);
	check_text(s, strchr(w, '=') + 1, got);
}

static void
check_tag(const struct script *s, const struct told *t, const char *w)
{
	const struct fix_exec *e = &t->e;
	const char *v = strchr(w, '=') + 1;
	int64_t avg;

	switch (atoi(w)) {
	case 6:
		assert_int_equal(fix_dec_to_e8(e->avg_px, &avg), 0);
		check_e8(s, v, avg);
		break;
	case 17:
		check_text(s, v, t->exec);
		break;
	case 19:
		check_text(s, label_of(s, v), t->ref);
		break;
	case 31:
		check_e8(s, v, e->last_px_e8);
		break;
	case 37:
		check_text(s, order_id_of(s, v), t->order_id);
		break;
	case 44:
		check_e8(s, v, e->price_e8);
		break;
	case 54:
		assert_int_equal(e->side, v[0]);
		break;
	case 55:
		check_text(s, v, t->symbol);
		break;
	case 58:
		if (strstr(t->text, v) == NULL)
			bad(s, "Text is", t->text);
		break;
	case 103:
		assert_true((e->has & FIX_EH_ORD_REJ_REASON) != 0);
		check_number(s, v, e->ord_rej_reason);
		break;
	case 378:
		assert_true((e->has & FIX_EH_RESTATEMENT) != 0);
		check_number(s, v, e->exec_restatement_reason);
		break;
	case 424:
		assert_true((e->has & FIX_EH_DAY) != 0);
		check_e8(s, v, e->day_order_qty_e8);
		break;
	case 425:
		check_e8(s, v, e->day_cum_qty_e8);
		break;
	case 790:
		check_text(s, v, t->req_id);
		break;
	default:
		check_rare(s, e, NULL, w);
	}
}

static void
expect(struct script *s)
{
	const struct told *t;
	char want[RIG_TEXT] = "", got[RIG_TEXT];
	unsigned i;

	if (s->r->told_seen == s->r->n_told)
		bad(s, "no report came", "");
	t = &s->r->told[s->r->told_seen++];
	for (i = 1; i < s->n && strchr(s->word[i], '=') == NULL; i++)
		snprintf(want + strlen(want), sizeof(want) - strlen(want),
		    "%s%s", i > 1 ? " " : "", s->word[i]);
	rig_show(s->r, t, got);
	if (strcmp(want, got) != 0)
		bad(s, "report is", got);
	for (; i < s->n; i++)
		check_tag(s, t, s->word[i]);
}

static void
no_report_left(const struct script *s)
{
	char got[RIG_TEXT];

	if (s->r->told_seen == s->r->n_told)
		return;
	rig_show(s->r, &s->r->told[s->r->told_seen], got);
	bad(s, "before it came", got);
}

/* ----- = and ! ----- */

static void
sent(struct script *s)
{
	const struct sent *got;
	char kind[2] = "";

	if (s->word[1][0] == '-') {
		if (s->r->sent_seen < s->r->n_sent) {
			kind[0] = s->r->sent[s->r->sent_seen].kind;
			bad(s, "the venue got", kind);
		}
		return;
	}
	if (s->r->sent_seen == s->r->n_sent)
		bad(s, "the venue got nothing", "");
	got = &s->r->sent[s->r->sent_seen++];
	kind[0] = got->kind;
	if (got->kind != s->word[1][0])
		bad(s, "the venue got", kind);
	if (s->n > 2)
		check_e8(s, s->word[2], got->qty_e8);
	for (unsigned i = 3; i < s->n; i++)
		check_rare(s, NULL, got, s->word[i]);
}

static void
alert(struct script *s, const char *words)
{
	const char *got;

	if (s->r->alerts_seen == s->r->n_alerts)
		bad(s, "no alert came", "");
	got = s->r->alerts[s->r->alerts_seen++];
	if (strstr(got, words) == NULL)
		bad(s, "alert is", got);
}

static bool
for_version(const char **line, enum fix_version v)
{
	static const struct {
		const char *text;
		enum fix_version only;
	} marks[] = { { "42|", FIX_V_42 }, { "44|", FIX_V_44 },
		{ "50|", FIX_V_50SP2 } };
	unsigned i;

	if (strncmp(*line, "4+|", 3) == 0) {
		*line += 3;
		return v != FIX_V_42;
	}
	for (i = 0; i < 3; i++) {
		if (strncmp(*line, marks[i].text, 3) == 0) {
			*line += 3;
			return v == marks[i].only;
		}
	}
	return true;
}

static void
step(struct script *s, char *line)
{
	char words[RIG_TEXT];

	if (s->restarting && strchr(">V", line[0]) != NULL)
		rig_die_and_return(s->r);
	snprintf(words, sizeof(words), "%s", line);
	if (strchr(">VTR", line[0]) != NULL)
		no_report_left(s);
	split(s, line);
	switch (words[0]) {
	case '>':
		client(s);
		break;
	case 'V':
		venue(s);
		break;
	case '<':
		expect(s);
		break;
	case '=':
		sent(s);
		break;
	case '!':
		alert(s, words + 2);
		break;
	case 'K':
		snprintf(s->r->venue.takes, sizeof(s->r->venue.takes), "%s",
		    words + 2);
		break;
	case 'T':
		rig_pass(s->r, atoi(s->word[1]) * FIX_SEC);
		break;
	case 'R':
		rig_restart(s->r);
		break;
	default:
		bad(s, "no such line", "");
	}
	rig_check_holds(s->r);
}

static void
run(struct rig *r, const char *text, bool restarting)
{
	struct script s = { .r = r, .restarting = restarting };
	char line[RIG_TEXT], copy[RIG_TEXT];

	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		const char *p = line;

		assert_true(n < sizeof(line));
		memcpy(line, text, n);
		line[n] = '\0';
		text += n + (text[n] == '\n');
		s.line = "";
		if (!for_version(&p, r->version))
			continue;
		snprintf(copy, sizeof(copy), "%s", p);
		s.line = p;
		step(&s, copy);
	}
	s.line = "the end";
	no_report_left(&s);
	if (r->alerts_seen < r->n_alerts)
		bad(&s, "alert", r->alerts[r->alerts_seen]);
}

void
script_run(struct rig *r, const char *text)
{
	run(r, text, false);
}

void
script_run_restarting(struct rig *r, const char *text)
{
	run(r, text, true);
}

bool
script_may_restart(const char *text)
{
	static const char *const not [] = { "V down", "\nT ", "\nR\n",
		"unknown", "why=1\n", "= -\nV" };
	unsigned i;

	for (i = 0; i < sizeof(not ) / sizeof(not [0]); i++) {
		if (strstr(text, not [i]) != NULL)
			return false;
	}
	return true;
}
