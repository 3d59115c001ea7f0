/*
 * Calendars from text: dates that are closed, or open for a part of the day.
 *
 * A file is read whole into a list of its own, sorted, and merged only when
 * all of it was sound, so that a fault leaves the calendar as it was. What is
 * no date, word and time as session/calendar.h shows them is a fault with its
 * line: a holiday that is passed over in silence is a day of trading.
 */
#include "session/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fix/span.h"
#include "fix/time.h"

#define FILES_MAX 64u
#define LINE_MAX_BYTES 512u
#define DAY_S 86400
#define YEAR_MIN 1970
#define YEAR_MAX 2199

struct file {
	char *name;
	int32_t last_day;
};

struct fix_calendar {
	unsigned refs;
	struct fix_calendar_day *days;
	size_t n;
	struct file files[FILES_MAX];
	size_t n_files;
};

/* A line under way. */
struct text {
	const uint8_t *p, *end;
};

/* Dates of one file, with the lines that they stand on. */
struct list {
	struct dated {
		struct fix_calendar_day d;
		unsigned line;
	} * v;
	size_t n, cap;
};

struct fix_calendar *
fix_calendar_new(void)
{
	struct fix_calendar *c = calloc(1, sizeof(*c));

	if (c != NULL)
		c->refs = 1;
	return c;
}

struct fix_calendar *
fix_calendar_hold(struct fix_calendar *c)
{
	if (c != NULL)
		c->refs++;
	return c;
}

void
fix_calendar_free(struct fix_calendar *c)
{
	if (c == NULL || --c->refs > 0)
		return;
	for (size_t i = 0; i < c->n_files; i++)
		free(c->files[i].name);
	free(c->days);
	free(c);
}

/* --- a line -------------------------------------------------------------- */

static bool
is_blank(uint8_t ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r';
}

static void
skip_blanks(struct text *t)
{
	while (t->p < t->end && is_blank(*t->p))
		t->p++;
}

static bool
eat(struct text *t, char ch)
{
	if (t->p == t->end || *t->p != (uint8_t)ch)
		return false;
	t->p++;
	return true;
}

/* Exactly so many digits. */
static bool
eat_digits(struct text *t, int digits, int *out)
{
	*out = 0;
	for (int i = 0; i < digits; i++, t->p++) {
		if (t->p == t->end || *t->p < '0' || *t->p > '9')
			return false;
		*out = *out * 10 + (*t->p - '0');
	}
	return true;
}

static bool
eat_word(struct text *t, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n) != 0 ||
	    (t->p + n < t->end && !is_blank(t->p[n])))
		return false;
	t->p += n;
	return true;
}

static bool
eat_date(struct text *t, int32_t *day)
{
	int y, m, d, back_y, back_m, back_d;
	int64_t n;

	if (!eat_digits(t, 4, &y) || !eat(t, '-') || !eat_digits(t, 2, &m) ||
	    !eat(t, '-') || !eat_digits(t, 2, &d) ||
	    (t->p < t->end && !is_blank(*t->p)) || y < YEAR_MIN ||
	    y > YEAR_MAX || m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	n = fix_days_of(y, m, d);
	fix_civil_of(n, &back_y, &back_m, &back_d);
	*day = (int32_t)n;
	return back_m == m && back_d == d; /* no 30th of February */
}

static bool
eat_time(struct text *t, int32_t *out)
{
	int h, m, s = 0;

	if (!eat_digits(t, 2, &h) || !eat(t, ':') || !eat_digits(t, 2, &m) ||
	    (eat(t, ':') && !eat_digits(t, 2, &s)) || m > 59 || s > 59)
		return false;
	*out = h * 3600 + m * 60 + s;
	return *out <= DAY_S;
}

static bool
eat_hours(struct text *t, struct fix_calendar_day *d)
{
	skip_blanks(t);
	return eat_time(t, &d->open_s) && eat(t, '-') &&
	       eat_time(t, &d->close_s) && d->open_s < d->close_s &&
	       (t->p == t->end || is_blank(*t->p));
}

/* What is left of a line, without its remark. Bytes that are no text would go
 * to terminals and logs: they are a fault. */
static bool
read_name(struct text *t, char *out)
{
	size_t n = 0;
	bool cut = false;

	skip_blanks(t);
	while (t->p < t->end && *t->p != '#') {
		if ((*t->p < 0x20 && !is_blank(*t->p)) || *t->p == 0x7f)
			return false;
		cut = n == FIX_CALENDAR_NAME_MAX;
		if (!cut)
			out[n++] = (char)*t->p;
		t->p++;
	}
	/* UTF-8 is not cut within a character. */
	while (cut && n > 0 && ((uint8_t)out[n - 1] & 0xc0) == 0x80)
		n--;
	if (cut && n > 0 && ((uint8_t)out[n - 1] & 0x80) != 0)
		n--;
	while (n > 0 && is_blank((uint8_t)out[n - 1]))
		n--;
	out[n] = '\0';
	return true;
}

/* @return NULL, or what was expected */
static const char *
read_line(struct text t, struct fix_calendar_day *d, bool *there)
{
	skip_blanks(&t);
	*there = t.p < t.end && *t.p != '#';
	if (!*there)
		return NULL;
	memset(d, 0, sizeof(*d));
	if (!eat_date(&t, &d->day))
		return "a date as 2026-12-25, from 1970 to 2199";
	skip_blanks(&t);
	d->closed = eat_word(&t, "closed");
	if (!d->closed && !eat_word(&t, "open"))
		return "'closed', or 'open' with hours, behind the date";
	if (!d->closed && !eat_hours(&t, d))
		return "hours as 09:30-13:00 behind 'open', the first one "
		       "earlier";
	return read_name(&t, d->name) ? NULL : "a name of plain text";
}

/* --- a file -------------------------------------------------------------- */

static int
fault(struct fix_calendar_error *e, int rc, unsigned line, const char *text)
{
	e->line = line;
	(void)snprintf(e->text, sizeof(e->text), "%s", text);
	return rc;
}

static int
push(struct list *l, const struct fix_calendar_day *d, unsigned line)
{
	size_t cap = l->cap == 0 ? 64 : l->cap * 2;
	void *more;

	if (l->n == l->cap) {
		more = realloc(l->v, cap * sizeof(*l->v));
		if (more == NULL)
			return -FIX_E_NOMEM;
		l->v = more;
		l->cap = cap;
	}
	l->v[l->n].d = *d;
	l->v[l->n++].line = line;
	return 0;
}

static int
by_day(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;

	if (x->d.day != y->d.day)
		return x->d.day < y->d.day ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static int
read_lines(struct list *l, struct text file, struct fix_calendar_error *e)
{
	struct fix_calendar_day d;
	const char *expected;
	unsigned line = 1;
	bool there;
	int rc = 0;

	for (; file.p < file.end && rc == 0; line++) {
		struct text t = { file.p, NULL };

		t.end = memchr(file.p, '\n', (size_t)(file.end - file.p));
		if (t.end == NULL)
			t.end = file.end;
		file.p = t.end < file.end ? t.end + 1 : t.end;
		if ((size_t)(t.end - t.p) > LINE_MAX_BYTES)
			return fault(e, -FIX_E_FORMAT, line,
			    "a line of at most 512 bytes was expected");
		expected = read_line(t, &d, &there);
		if (expected != NULL) {
			rc = fault(e, -FIX_E_FORMAT, line, "");
			(void)snprintf(
			    e->text, sizeof(e->text), "expected %s", expected);
		} else if (there && l->n == FIX_CALENDAR_DATES_MAX) {
			rc = fault(e, -FIX_E_TOOBIG, line, "too many dates");
		} else if (there) {
			rc = push(l, &d, line);
		}
	}
	return rc;
}

static int
read_file(struct list *l, struct text file, struct fix_calendar_error *e)
{
	int rc = read_lines(l, file, e);

	if (rc != 0)
		return rc;
	if (l->n == 0)
		return fault(e, -FIX_E_FORMAT, 0,
		    "there is no date in it: an empty calendar is none");
	qsort(l->v, l->n, sizeof(*l->v), by_day);
	for (size_t i = 1; i < l->n; i++) {
		if (l->v[i].d.day != l->v[i - 1].d.day)
			continue;
		rc = fault(e, -FIX_E_FORMAT, l->v[i].line, "");
		(void)snprintf(e->text, sizeof(e->text),
		    "the date stands on line %u already", l->v[i - 1].line);
		return rc;
	}
	return 0;
}

/* One date in two files: open only while both are. */
static void
join(struct fix_calendar_day *d, const struct fix_calendar_day *other)
{
	if (other->closed && !d->closed) {
		*d = *other;
	} else if (!d->closed) {
		if (other->open_s > d->open_s)
			d->open_s = other->open_s;
		if (other->close_s < d->close_s)
			d->close_s = other->close_s;
		d->closed = d->open_s >= d->close_s;
	}
}

static int
merge(struct fix_calendar *c, const struct list *l)
{
	struct fix_calendar_day *v = malloc((c->n + l->n) * sizeof(*v));
	size_t i = 0, j = 0, n = 0;

	if (v == NULL)
		return -FIX_E_NOMEM;
	while (i < c->n || j < l->n) {
		if (j == l->n || (i < c->n && c->days[i].day < l->v[j].d.day)) {
			v[n++] = c->days[i++];
		} else if (i == c->n || l->v[j].d.day < c->days[i].day) {
			v[n++] = l->v[j++].d;
		} else {
			v[n] = c->days[i++];
			join(&v[n++], &l->v[j++].d);
		}
	}
	free(c->days);
	c->days = v;
	c->n = n;
	return 0;
}

int
fix_calendar_add(struct fix_calendar *c, const char *file, const uint8_t *p,
    size_t len, struct fix_calendar_error *e)
{
	struct list l = { NULL, 0, 0 };
	char *name = NULL;
	int rc;

	memset(e, 0, sizeof(*e));
	if (c->n_files == FILES_MAX)
		return fault(e, -FIX_E_TOOBIG, 0, "too many files");
	rc = read_file(&l, (struct text){ p, p + len }, e);
	if (rc == 0 && c->n + l.n > FIX_CALENDAR_DATES_MAX)
		rc = fault(e, -FIX_E_TOOBIG, 0, "too many dates");
	if (rc == 0) {
		name = strdup(file);
		rc = name == NULL ? -FIX_E_NOMEM : merge(c, &l);
	}
	if (rc == 0) {
		c->files[c->n_files].name = name;
		c->files[c->n_files++].last_day = l.v[l.n - 1].d.day;
	} else {
		free(name);
	}
	free(l.v);
	return rc;
}

/* --- asking -------------------------------------------------------------- */

const struct fix_calendar_day *
fix_calendar_at(const struct fix_calendar *c, size_t index)
{
	return c != NULL && index < c->n ? &c->days[index] : NULL;
}

size_t
fix_calendar_from(const struct fix_calendar *c, int64_t day)
{
	size_t lo = 0, hi = c == NULL ? 0 : c->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (c->days[mid].day < day)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct fix_calendar_day *
fix_calendar_on(const struct fix_calendar *c, int64_t day)
{
	const struct fix_calendar_day *d =
	    fix_calendar_at(c, fix_calendar_from(c, day));

	return d != NULL && d->day == day ? d : NULL;
}

const char *
fix_calendar_file(const struct fix_calendar *c, size_t index, int32_t *last_day)
{
	if (c == NULL || index >= c->n_files)
		return NULL;
	*last_day = c->files[index].last_day;
	return c->files[index].name;
}
