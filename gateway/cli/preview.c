/*
 * A session's next interval, with its windows, resets, dates and the days on
 * which its clocks are set, as lines or as JSON.
 *
 * Everything comes from session/schedule.h, as the gateway reckons it; here it
 * is only put in order. Moments are told by the clocks of the session, with
 * their offset, and in UTC, so that a change of the clocks can be seen.
 */
#include "gateway/cli/preview.h"

#include <inttypes.h>
#include <stdio.h>

#define DAY_S INT64_C(86400)

static int64_t
floor_s(struct fix_utc t)
{
	return t.ns / FIX_SEC - (t.ns % FIX_SEC < 0);
}

static int64_t
day_of(const struct fix_tz *z, struct fix_utc t)
{
	int64_t s = floor_s(t);

	s += fix_tz_offset(z, s);
	return s / DAY_S - (s % DAY_S < 0);
}

/* --- what there is ---------------------------------------------------------
 */

static bool
same(const struct fix_interval *a, const struct fix_interval *b)
{
	return a->start.ns == b->start.ns && a->end.ns == b->end.ns;
}

static void
find_logons(struct preview *p, struct fix_utc from, unsigned count)
{
	struct fix_interval w;
	struct fix_utc t = from;

	while (p->n_logons < count && t.ns < p->v.end.ns &&
	       fix_schedule_window(p->s, t, &w) && w.start.ns < p->v.end.ns &&
	       !same(&w, &p->v)) {
		p->logons[p->n_logons++] = w;
		t = w.end;
	}
}

/* One at the start is none: the numbers begin there anyway. */
static void
find_resets(struct preview *p, struct fix_utc from, unsigned count)
{
	struct fix_utc t = from;

	while (p->n_resets < count && fix_schedule_next_reset(p->s, t, &t) &&
	       t.ns < p->v.end.ns)
		p->resets[p->n_resets++] = t;
}

static void
find_clocks(struct preview *p, struct fix_utc from, struct fix_utc until)
{
	int64_t t = floor_s(from);

	while (p->n_clocks < PREVIEW_MAX) {
		t = fix_tz_next_change(p->s->hours.start_tz, t);
		if (t >= floor_s(until))
			break;
		p->clocks[p->n_clocks++].ns = t * FIX_SEC;
	}
}

/* The last interval told of the date that it ended on. */
static int64_t
first_date(const struct fix_tz *z, struct fix_utc from, struct fix_utc now)
{
	struct fix_utc last = { from.ns - 1 };

	return from.ns == now.ns ? day_of(z, from) : day_of(z, last) + 1;
}

static void
find_dates(
    struct preview *p, struct fix_utc from, struct fix_utc now, unsigned count)
{
	const struct fix_tz *z = p->s->hours.start_tz;
	int64_t first = p->always ? INT64_MAX : day_of(z, p->v.start);
	int64_t last = INT64_MAX;
	size_t i = fix_calendar_from(p->s->calendar, first_date(z, from, now));
	const struct fix_calendar_day *d;

	if (!p->always) {
		struct fix_utc end = { p->v.end.ns - 1 };

		last = day_of(z, end);
	}
	for (;
	     p->n_dates < count &&
	     (d = fix_calendar_at(p->s->calendar, i)) != NULL && d->day <= last;
	     i++) {
		p->n_before += d->day < first;
		p->dates[p->n_dates++] = d;
	}
}

bool
preview_next(struct preview *p, const struct fix_schedule *s,
    struct fix_utc from, struct fix_utc now, unsigned count)
{
	struct fix_utc inside;

	memset(p, 0, sizeof(*p));
	p->s = s;
	p->always = s->hours.kind == FIX_SCHED_ALWAYS;
	if (!fix_schedule_at(s, from, &p->v))
		return false;
	if (!p->always || count > PREVIEW_MAX)
		count = PREVIEW_MAX;
	inside = p->always ? from : p->v.start;
	p->now = p->v.start.ns <= now.ns;
	find_logons(p, inside, count);
	find_resets(p, inside, count);
	find_dates(p, from, now, count);
	if (!p->always)
		find_clocks(p, from, p->v.end);
	return true;
}

/* --- lines -----------------------------------------------------------------
 */

static const char *
weekday(int64_t day)
{
	static const char *const days[] = { "Thu", "Fri", "Sat", "Sun", "Mon",
		"Tue", "Wed" };

	return days[(day % 7 + 7) % 7];
}

static void
put_date(int64_t day)
{
	int y, m, d;

	fix_civil_of(day, &y, &m, &d);
	printf("%s %04d-%02d-%02d", weekday(day), y, m, d);
}

/* "Sun 2026-03-08 17:00:00 -04:00" */
static void
put_local(const struct fix_tz *z, struct fix_utc t)
{
	int64_t s = floor_s(t), day = day_of(z, t);
	int32_t off = fix_tz_offset(z, s), west = off < 0 ? -off : off;

	s += off - day * DAY_S;
	put_date(day);
	printf(" %02d:%02d:%02d %c%02d:%02d", (int)(s / 3600),
	    (int)(s / 60 % 60), (int)(s % 60), off < 0 ? '-' : '+', west / 3600,
	    west / 60 % 60);
}

static void
put_utc(struct fix_utc t)
{
	uint8_t text[FIX_STAMP_MAX];
	size_t n = fix_utc_format(text, t, 0);

	printf("%.*s", (int)n, (const char *)text);
}

static void
put_span(const char *what, const struct fix_tz *start, const struct fix_tz *end,
    const struct fix_interval *v)
{
	printf("%s", what);
	put_local(start, v->start);
	printf("  to  ");
	put_local(end, v->end);
	printf("  UTC ");
	put_utc(v->start);
	printf(" to ");
	put_utc(v->end);
}

static void
put_moment(const char *what, const struct fix_tz *z, struct fix_utc t)
{
	printf("%s", what);
	put_local(z, t);
	printf("  UTC ");
	put_utc(t);
}

static void
put_day(const char *indent, const struct fix_calendar_day *d)
{
	printf("%s%-8s ", indent, d->closed ? "holiday" : "half day");
	put_date(d->day);
	if (d->closed)
		printf(" closed");
	else
		printf(" open %02d:%02d-%02d:%02d", d->open_s / 3600,
		    d->open_s / 60 % 60, d->close_s / 3600,
		    d->close_s / 60 % 60);
	printf("%s%s\n", d->name[0] != '\0' ? "  " : "", d->name);
}

/* What the clocks gain at a moment. */
static int32_t
step_of(const struct fix_tz *z, struct fix_utc t)
{
	return fix_tz_offset(z, floor_s(t)) - fix_tz_offset(z, floor_s(t) - 1);
}

static void
put_clocks(const struct preview *p, const char *indent, bool before)
{
	const struct fix_tz *z = p->s->hours.start_tz;

	for (unsigned i = 0; i < p->n_clocks; i++) {
		int32_t step = step_of(z, p->clocks[i]);
		int32_t size = step < 0 ? -step : step;

		if ((p->clocks[i].ns < p->v.start.ns) != before)
			continue;
		printf("%s", indent);
		put_moment("clocks   ", z, p->clocks[i]);
		printf("  set %s by %d:%02d\n", step < 0 ? "back" : "forward",
		    size / 3600, size / 60 % 60);
	}
}

static void
put_within(const struct preview *p, const char *indent)
{
	const struct fix_hours *l = &p->s->logon;
	bool own = l->kind != FIX_SCHED_ALWAYS;
	const struct fix_tz *from = own ? l->start_tz : p->s->hours.start_tz;
	const struct fix_tz *to = own ? l->end_tz : p->s->hours.start_tz;

	for (unsigned i = 0; i < p->n_logons; i++) {
		printf("%s", indent);
		put_span("logons   ", from, to, &p->logons[i]);
		putchar('\n');
	}
	for (unsigned i = 0; i < p->n_resets; i++) {
		printf("%s", indent);
		put_moment("reset    ", p->s->reset_tz, p->resets[i]);
		printf("  numbers begin at 1, started by %s\n",
		    p->s->peer_resets ? "the peer" : "us");
	}
	put_clocks(p, indent, false);
	for (unsigned i = p->n_before; i < p->n_dates; i++)
		put_day(indent, p->dates[i]);
}

void
preview_print(const struct preview *p)
{
	if (p->always) {
		put_within(p, "  ");
		return;
	}
	for (unsigned i = 0; i < p->n_before; i++)
		put_day("  ", p->dates[i]);
	put_clocks(p, "  ", true);
	put_span(
	    "  interval ", p->s->hours.start_tz, p->s->hours.end_tz, &p->v);
	printf("%s\n", p->now ? "  now" : "");
	put_within(p, "    ");
}

/* --- JSON ------------------------------------------------------------------
 */

/* "2026-03-08T17:00:00-04:00", or with a Z for UTC. */
static json_t *
iso(const struct fix_tz *z, bool local, struct fix_utc t)
{
	int64_t s = floor_s(t), day = local ? day_of(z, t) : day_of(NULL, t);
	int32_t off = local ? fix_tz_offset(z, s) : 0;
	int32_t west = off < 0 ? -off : off;
	int y, m, d;
	char text[64];

	s += off - day * DAY_S;
	fix_civil_of(day, &y, &m, &d);
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d", y, m, d,
	    (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
	if (!local)
		return json_sprintf("%sZ", text);
	return json_sprintf("%s%c%02d:%02d", text, off < 0 ? '-' : '+',
	    west / 3600, west / 60 % 60);
}

static json_t *
span_json(const struct fix_tz *from, const struct fix_tz *to,
    const struct fix_interval *v)
{
	return json_pack("{so so so so}", "start", iso(NULL, false, v->start),
	    "end", iso(NULL, false, v->end), "start_local",
	    iso(from, true, v->start), "end_local", iso(to, true, v->end));
}

static json_t *
day_json(const struct fix_calendar_day *d)
{
	int y, m, day;
	json_t *j;

	fix_civil_of(d->day, &y, &m, &day);
	j = json_pack("{so sb ss}", "date",
	    json_sprintf("%04d-%02d-%02d", y, m, day), "closed", (int)d->closed,
	    "name", d->name);
	if (j != NULL && !d->closed) {
		json_object_set_new(j, "open",
		    json_sprintf("%02d:%02d:%02d", d->open_s / 3600,
			d->open_s / 60 % 60, d->open_s % 60));
		json_object_set_new(j, "close",
		    json_sprintf("%02d:%02d:%02d", d->close_s / 3600,
			d->close_s / 60 % 60, d->close_s % 60));
	}
	return j;
}

static void
add_lists(const struct preview *p, json_t *j)
{
	const struct fix_schedule *s = p->s;
	bool own = s->logon.kind != FIX_SCHED_ALWAYS;
	json_t *logons = json_array(), *resets = json_array();
	json_t *clocks = json_array(), *dates = json_array();

	for (unsigned i = 0; i < p->n_logons; i++)
		json_array_append_new(logons,
		    span_json(own ? s->logon.start_tz : s->hours.start_tz,
			own ? s->logon.end_tz : s->hours.start_tz,
			&p->logons[i]));
	if (p->n_logons == 0 && !p->always)
		json_array_append_new(logons,
		    span_json(s->hours.start_tz, s->hours.end_tz, &p->v));
	for (unsigned i = 0; i < p->n_resets; i++)
		json_array_append_new(
		    resets, json_pack("{so so ss}", "at",
				iso(NULL, false, p->resets[i]), "at_local",
				iso(s->reset_tz, true, p->resets[i]),
				"started_by", s->peer_resets ? "peer" : "us"));
	for (unsigned i = 0; i < p->n_clocks; i++)
		json_array_append_new(
		    clocks, json_pack("{so so si}", "at",
				iso(NULL, false, p->clocks[i]), "at_local",
				iso(s->hours.start_tz, true, p->clocks[i]),
				"set_by_seconds",
				(int)step_of(s->hours.start_tz, p->clocks[i])));
	for (unsigned i = 0; i < p->n_dates; i++)
		json_array_append_new(dates, day_json(p->dates[i]));
	json_object_set_new(j, "logons", logons);
	json_object_set_new(j, "resets", resets);
	json_object_set_new(j, "clocks", clocks);
	json_object_set_new(j, "dates", dates);
}

json_t *
preview_json(const struct preview *p)
{
	json_t *j = p->always ? json_object()
			      : span_json(p->s->hours.start_tz,
				    p->s->hours.end_tz, &p->v);

	if (j == NULL)
		return NULL;
	json_object_set_new(j, "now", json_boolean(p->now));
	add_lists(p, j);
	return j;
}
