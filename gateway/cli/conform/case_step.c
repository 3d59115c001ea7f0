/*
 * One step of a case, from words to what is to be done. fixgate-conform(1)
 * has every form.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/conform/case.h"

struct words {
	char *rest;
	char *why;
	size_t cap;
};

static const char verbs[] =
    "connect, disconnect, logon, send, raw, expect, may, reject, bmr, answer, "
    "gapfill, quiet, wait, sync, link, set, mark, do, either, or, repeat, "
    "together, end";

/* The next word; blanks in quotes belong to it. NULL: no more. */
static char *
word(struct words *w)
{
	bool quoted = false;
	char *p = w->rest + strspn(w->rest, " "), *from = p;

	if (*p == '\0' || *p == '#')
		return NULL;
	for (; *p != '\0' && (quoted || *p != ' '); p++) {
		if (*p == '\\' && quoted && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
	}
	w->rest = p + (*p != '\0');
	*p = '\0';
	return from;
}

static int
wrong(struct words *w, const char *text, const char *given)
{
	snprintf(w->why, w->cap, "%s%s%s%s", text, given != NULL ? ": '" : "",
	    given != NULL ? given : "", given != NULL ? "'" : "");
	return -FIX_E_FORMAT;
}

static bool
is_name(const char *t)
{
	const char *p = t;

	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
	       *p == '_' || (p > t && *p >= '0' && *p <= '9'))
		p++;
	return p > t && *p == '\0';
}

/* @return 0, -FIX_E_NOMEM */
static int
add_field(struct cc_step *s, enum cc_op op, const char *tag, const char *value)
{
	struct cc_field *f = realloc(s->fields, (s->n_fields + 1) * sizeof(*f));

	if (f == NULL)
		return -FIX_E_NOMEM;
	s->fields = f;
	f[s->n_fields++] = (struct cc_field){ op, tag, value };
	return 0;
}

/* "tag=value", "tag?=value", "tag~value", "!tag". @return 1: none of them */
static int
field(struct cc_step *s, struct words *w, char *t)
{
	size_t n = strcspn(t, "=~\"");
	enum cc_op op = t[n] == '~' ? CC_CONTAINS : CC_IS;

	if (*t == '!' && t[n] == '\0')
		return add_field(s, CC_ABSENT, t + 1, "");
	if (t[n] != '=' && t[n] != '~')
		return 1;
	if (n > 1 && t[n] == '=' && t[n - 1] == '?') {
		op = CC_MAY_BE;
		t[n - 1] = '\0';
	}
	if (n == 0)
		return wrong(w, "a field without a tag", t);
	t[n] = '\0';
	return add_field(s, op, t, t + n + 1);
}

static int
time_word(struct words *w, struct cc_time *out)
{
	const char *t = word(w);

	if (t == NULL || !cc_time(t, out))
		return wrong(
		    w, "expected a time such as 3s, 250ms or 1.2hb", t);
	return 0;
}

static int
name_word(struct words *w, const char **out)
{
	*out = word(w);
	if (*out == NULL || !is_name(*out))
		return wrong(w, "expected a name of letters and digits", *out);
	return 0;
}

/* Words that a step of this kind takes. */
enum { FIELDS = 1, TIMES = 2, AS = 4, SECOND = 8, THIRD = 16 };

static int
other_word(struct cc_step *s, struct words *w, char *t, unsigned takes)
{
	int rc = field(s, w, t);

	if (rc == 0 && (takes & FIELDS) == 0)
		return wrong(w, "no fields are expected here", t);
	if (rc != 1)
		return rc;
	if (strcmp(t, "within") == 0 && takes & TIMES)
		return time_word(w, &s->within);
	if (strcmp(t, "after") == 0 && takes & TIMES)
		return time_word(w, &s->after);
	if (strcmp(t, "from") == 0 && takes & TIMES)
		return name_word(w, &s->from);
	if (strcmp(t, "as") == 0 && takes & AS)
		return name_word(w, &s->as);
	if (takes & SECOND && s->as == NULL && s->n_fields == 0) {
		s->as = t;
		return 0;
	}
	if (takes & THIRD && s->from == NULL && s->n_fields == 0) {
		s->from = t;
		return 0;
	}
	return wrong(w, "not understood here", t);
}

static int
others(struct cc_step *s, struct words *w, unsigned takes)
{
	char *t;
	int rc = 0;

	while (rc == 0 && (t = word(w)) != NULL)
		rc = other_word(s, w, t, takes);
	return rc;
}

static int
what(struct cc_step *s, struct words *w, const char *expected)
{
	s->what = word(w);
	if (s->what != NULL && strcspn(s->what, "=~") == strlen(s->what))
		return 0;
	s->what = "";
	return wrong(w, expected, NULL);
}

static int
read_plain(struct cc_step *s, struct words *w)
{
	return others(s, w, 0);
}

static int
read_connect(struct cc_step *s, struct words *w)
{
	return others(s, w, TIMES);
}

static int
read_fields(struct cc_step *s, struct words *w)
{
	return others(s, w, FIELDS);
}

static int
read_send(struct cc_step *s, struct words *w)
{
	int rc = what(s, w, "expected a MsgType or a template");

	return rc == 0 ? others(s, w, FIELDS | SECOND) : rc;
}

static int
read_answer(struct cc_step *s, struct words *w)
{
	return others(s, w, FIELDS | TIMES | SECOND);
}

static int
read_raw(struct cc_step *s, struct words *w)
{
	s->what = word(w);
	if (s->what == NULL || *s->what != '"')
		return wrong(w, "expected text in quotes, '|' for SOH", NULL);
	return others(s, w, 0);
}

static int
read_expect(struct cc_step *s, struct words *w)
{
	int rc = what(s, w, "expected a MsgType, 'disconnect' or 'again NAME'");

	if (rc == 0 && strcmp(s->what, "disconnect") == 0)
		return others(s, w, TIMES);
	if (rc == 0 && strcmp(s->what, "again") == 0) {
		rc = name_word(w, &s->as);
		return rc == 0 ? others(s, w, FIELDS | TIMES) : rc;
	}
	return rc == 0 ? others(s, w, FIELDS | TIMES | AS) : rc;
}

static int
read_form(struct cc_step *s, struct words *w)
{
	return others(s, w, FIELDS | TIMES | AS);
}

static int
read_gapfill(struct cc_step *s, struct words *w)
{
	int rc = what(s, w, "expected 'gapfill FROM TO'");

	s->as = word(w);
	if (rc == 0 && s->as == NULL)
		return wrong(w, "expected 'gapfill FROM TO'", NULL);
	return rc == 0 ? others(s, w, TIMES) : rc;
}

static int
read_quiet(struct cc_step *s, struct words *w)
{
	char *t = word(w);

	if (t == NULL && s->verb == CC_QUIET)
		return 0;
	if (t == NULL || !cc_time(t, &s->span))
		return wrong(
		    w, "expected a time such as 3s, 250ms or 1.2hb", t);
	return others(s, w, 0);
}

static int
read_link(struct cc_step *s, struct words *w)
{
	s->what = word(w);
	if (s->what == NULL || s->what[0] < '1' || s->what[0] > '4' ||
	    s->what[1] != '\0')
		return wrong(w, "expected a number from 1 to 4", s->what);
	return others(s, w, 0);
}

static int
read_set(struct cc_step *s, struct words *w)
{
	int rc = name_word(w, &s->what);

	s->as = word(w);
	return rc == 0 ? others(s, w, 0) : rc;
}

static int
read_mark(struct cc_step *s, struct words *w)
{
	int rc = name_word(w, &s->what);

	return rc == 0 ? others(s, w, 0) : rc;
}

static int
read_do(struct cc_step *s, struct words *w)
{
	static const char *const known[] = { "logout", "send", "restart",
		"lose", "reset", "schedule", "application", NULL };
	int rc = what(s, w, "expected what the operator does");

	if (rc == 0 && strcmp(s->what, "venue") == 0) {
		s->as = w->rest; /* all of it */
		return 0;
	}
	for (unsigned i = 0; rc == 0 && known[i] != NULL; i++)
		if (strcmp(known[i], s->what) == 0)
			return others(s, w, FIELDS | SECOND | THIRD);
	return rc < 0 ? rc
		      : wrong(w,
			    "expected logout, send, restart, lose, reset, "
			    "schedule, application or venue",
			    s->what);
}

static int
read_repeat(struct cc_step *s, struct words *w)
{
	int rc = what(s, w, "expected 'repeat COUNT'");

	return rc == 0 ? others(s, w, 0) : rc;
}

static const struct {
	const char *word;
	enum cc_verb verb;
	int (*read)(struct cc_step *s, struct words *w);
} table[] = {
	{ "connect", CC_CONNECT, read_connect },
	{ "disconnect", CC_DISCONNECT, read_plain },
	{ "logon", CC_LOGON, read_fields },
	{ "send", CC_SEND, read_send },
	{ "raw", CC_RAW, read_raw },
	{ "expect", CC_EXPECT, read_expect },
	{ "reject", CC_REJECT, read_form },
	{ "bmr", CC_BMR, read_form },
	{ "answer", CC_ANSWER, read_answer },
	{ "gapfill", CC_GAPFILL, read_gapfill },
	{ "quiet", CC_QUIET, read_quiet },
	{ "wait", CC_WAIT, read_quiet },
	{ "sync", CC_SYNC, read_plain },
	{ "link", CC_LINK, read_link },
	{ "set", CC_SET, read_set },
	{ "mark", CC_MARK, read_mark },
	{ "do", CC_DO, read_do },
	{ "either", CC_EITHER, read_plain },
	{ "or", CC_OR, read_plain },
	{ "repeat", CC_REPEAT, read_repeat },
	{ "together", CC_TOGETHER, read_plain },
	{ "end", CC_END, read_plain },
};

static bool
can_be_optional(enum cc_verb v)
{
	return v == CC_EXPECT || v == CC_REJECT || v == CC_BMR ||
	       v == CC_ANSWER;
}

static int
read_verb(struct cc_step *s, struct words *w, const char *t)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (t == NULL || strcmp(table[i].word, t) != 0)
			continue;
		s->verb = table[i].verb;
		s->what = table[i].word;
		if (s->may && !can_be_optional(s->verb))
			return wrong(w,
			    "may: expected expect, reject, bmr or answer", t);
		return table[i].read(s, w);
	}
	snprintf(w->why, w->cap, "no step '%s'; expected one of %s",
	    t == NULL ? "" : t, verbs);
	return -FIX_E_FORMAT;
}

int
cc_parse_step(struct cc_step *s, char *text, char *why, size_t cap)
{
	struct words w = { text, why, cap };
	const char *t;
	int rc;

	memset(s, 0, sizeof(*s));
	s->what = "";
	s->within.n = s->after.n = s->span.n = -1;
	t = word(&w);
	if (t != NULL && strcmp(t, "may") == 0) {
		s->may = true;
		t = word(&w);
	}
	rc = read_verb(s, &w, t);
	if (rc < 0)
		cc_step_clear(s);
	return rc;
}

void
cc_step_clear(struct cc_step *s)
{
	free(s->fields);
	s->fields = NULL;
	s->n_fields = 0;
}
