/*
 * Reading case files: a header, then steps, one a line.
 *
 * In comes a text, out goes a case whose every word has been looked at, or the
 * first complaint with file and line. Values stay as they are written; they are
 * worked out when a case is played, see value.c. Single steps are read by
 * case_step.c.
 */
#include "gateway/cli/conform/case.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALL_ROLES (CC_ROLE_ACCEPTOR | CC_ROLE_INITIATOR)
#define NEST_MAX 8

struct reader {
	struct cc_case *c;
	const char *file;
	unsigned line;
	char *why;
	size_t cap;
	unsigned open[NEST_MAX]; /* blocks that wait for their end */
	unsigned n_open;
};

static int complain(struct reader *r, const char *fmt, ...) FIX_PRINTF(2, 3);

static int
complain(struct reader *r, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(r->why, r->cap, "%s:%u: ", r->file, r->line);

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < r->cap)
		vsnprintf(r->why + n, r->cap - (size_t)n, fmt, ap);
	va_end(ap);
	return -FIX_E_FORMAT;
}

static int
head_case(struct reader *r, char *rest)
{
	char *title = rest + strcspn(rest, " ");

	if (*title != '\0')
		*title++ = '\0';
	title += strspn(title, " ");
	if (*rest == '\0' || *title == '\0')
		return complain(r, "expected 'case ID TITLE'");
	r->c->id = rest;
	r->c->title = title;
	return 0;
}

static int
head_role(struct reader *r, char *rest)
{
	char *w;

	r->c->roles = 0;
	while ((w = strsep(&rest, " ")) != NULL) {
		if (strcmp(w, "acceptor") == 0)
			r->c->roles |= CC_ROLE_ACCEPTOR;
		else if (strcmp(w, "initiator") == 0)
			r->c->roles |= CC_ROLE_INITIATOR;
		else if (*w != '\0')
			return complain(
			    r, "role '%s': expected acceptor or initiator", w);
	}
	return 0;
}

static int
head_versions(struct reader *r, char *rest)
{
	uint32_t v;
	char *w;

	r->c->versions = 0;
	while ((w = strsep(&rest, " ")) != NULL) {
		if (*w == '\0')
			continue;
		v = cc_versions(w);
		if (v == 0)
			return complain(r,
			    "versions '%s': expected such as 4.2+, "
			    "FIX.4.0-FIX.4.4, FIXT or 5.0SP2",
			    w);
		r->c->versions |= v;
	}
	return 0;
}

static int
add_setting(struct reader *r, const char *w)
{
	struct cc_case *c = r->c;
	const char **p = realloc(c->settings, (c->n_settings + 1) * sizeof(*p));

	if (p == NULL)
		return -FIX_E_NOMEM;
	c->settings = p;
	p[c->n_settings++] = w;
	return 0;
}

static int
head_needs(struct reader *r, char *rest)
{
	char *w;
	int rc = 0;

	while (rc == 0 && (w = strsep(&rest, " ")) != NULL) {
		if (strcmp(w, "echo") == 0)
			r->c->abilities |= CC_CAN_ECHO;
		else if (strcmp(w, "orders") == 0)
			r->c->abilities |= CC_CAN_ORDERS;
		else if (strcmp(w, "operator") == 0)
			r->c->abilities |= CC_CAN_OPERATOR;
		else if (strchr(w, '=') != NULL)
			rc = add_setting(r, w);
		else if (*w != '\0')
			return complain(r,
			    "needs '%s': expected echo, orders, operator or "
			    "Setting=Value",
			    w);
	}
	return rc;
}

static int
head_level(struct reader *r, char *rest)
{
	if (strcmp(rest, "mandatory") != 0 && strcmp(rest, "optional") != 0)
		return complain(r, "level: expected mandatory or optional");
	r->c->mandatory = *rest == 'm';
	return 0;
}

static int
head_heartbeat(struct reader *r, char *rest)
{
	char *end;
	unsigned long v = strtoul(rest, &end, 10);

	if (*rest < '0' || *rest > '9' || *end != '\0' || v < 1 || v > 3600)
		return complain(r, "heartbeat: expected 1 to 3600 seconds");
	r->c->heartbeat = (unsigned)v;
	return 0;
}

static int
head_source(struct reader *r, char *rest)
{
	r->c->source = rest;
	return 0;
}

static int
head_about(struct reader *r, char *rest)
{
	if (*r->c->about != '\0')
		return complain(r, "about: once only, on one line");
	r->c->about = rest;
	return 0;
}

static int
head_count(struct reader *r, char *rest)
{
	if (strcmp(rest, "heartbeats") != 0)
		return complain(r, "expected 'count heartbeats'");
	r->c->counted = true;
	return 0;
}

static int
head_alive(struct reader *r, char *rest)
{
	if (*rest != '\0')
		return complain(r, "alive stands alone");
	r->c->alive = true;
	return 0;
}

static const struct {
	const char *word;
	int (*read)(struct reader *r, char *rest);
} heads[] = {
	{ "case", head_case },
	{ "source", head_source },
	{ "about", head_about },
	{ "role", head_role },
	{ "versions", head_versions },
	{ "needs", head_needs },
	{ "level", head_level },
	{ "heartbeat", head_heartbeat },
	{ "count", head_count },
	{ "alive", head_alive },
};

/* @return 1: no line of the header */
static int
head_line(struct reader *r, char *line)
{
	size_t n = strcspn(line, " ");

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		char *rest = line + n;

		if (strlen(heads[i].word) != n ||
		    memcmp(heads[i].word, line, n) != 0)
			continue;
		if (r->c->n_steps > 0)
			return complain(r, "'%s' belongs above the first step",
			    heads[i].word);
		return heads[i].read(r, rest + strspn(rest, " "));
	}
	return 1;
}

/* A branch is chosen by what comes, so it begins with something that does. */
static int
check_branch(struct reader *r, unsigned from)
{
	const struct cc_step *s = &r->c->steps[from + 1];

	if (from + 1 >= r->c->n_steps)
		return complain(r, "a branch without a step");
	switch ((int)s->verb) {
	case CC_EXPECT:
	case CC_REJECT:
	case CC_BMR:
	case CC_ANSWER:
	case CC_GAPFILL:
	case CC_QUIET:
		if (!s->may && s->guard == NULL)
			return 0;
	}
	r->line = s->line;
	return complain(
	    r, "a branch must begin with what is expected, or with quiet");
}

/* Or and end close the block that is open. */
static int
close_block(struct reader *r, unsigned at)
{
	struct cc_step *s = &r->c->steps[at], *open;

	if (r->n_open == 0)
		return complain(r, "'%s' without a block", s->what);
	open = &r->c->steps[r->open[r->n_open - 1]];
	if (s->verb == CC_OR && open->verb != CC_EITHER && open->verb != CC_OR)
		return complain(r, "'or' without either");
	open->next = at;
	if (open->verb == CC_EITHER || open->verb == CC_OR) {
		int rc = check_branch(r, r->open[r->n_open - 1]);

		if (rc < 0)
			return rc;
	}
	if (s->verb == CC_OR)
		r->open[r->n_open - 1] = at;
	else
		r->n_open--;
	return 0;
}

static int
nest(struct reader *r, unsigned at)
{
	const struct cc_step *s = &r->c->steps[at];

	switch ((int)s->verb) {
	case CC_OR:
	case CC_END:
		return close_block(r, at);
	case CC_EITHER:
	case CC_REPEAT:
	case CC_TOGETHER:
		if (r->n_open == NEST_MAX)
			return complain(r, "blocks too deep");
		r->open[r->n_open++] = at;
	}
	return 0;
}

/* A guard ends with a colon: "4.2+: send ..." */
static char *
take_guard(char *line, const char **guard)
{
	size_t n = strcspn(line, " ");

	*guard = NULL;
	if (n < 2 || line[n - 1] != ':')
		return line;
	line[n - 1] = '\0';
	*guard = line;
	line += n + (line[n] != '\0');
	return line + strspn(line, " ");
}

static int
step_line(struct reader *r, char *line, char *copy)
{
	static const struct cc_setup any = { .version = FIX_V_44 };
	struct cc_case *c = r->c;
	struct cc_step *p, s;
	const char *guard;
	char why[400];
	int rc;

	line = take_guard(line, &guard);
	if (guard != NULL && cc_guard(guard, &any) < 0)
		return complain(r,
		    "guard '%s': expected such as 4.2+, FIXT, acceptor, echo, "
		    "or Setting=Value, with ',' between and '!' for not",
		    guard);
	copy += strlen(copy) - strlen(line);
	rc = cc_parse_step(&s, line, why, sizeof(why));
	if (rc == -FIX_E_FORMAT)
		return complain(r, "%s", why);
	if (rc < 0)
		return rc;
	p = realloc(c->steps, (c->n_steps + 1) * sizeof(*p));
	if (p == NULL) {
		cc_step_clear(&s);
		return -FIX_E_NOMEM;
	}
	c->steps = p;
	s.line = r->line;
	s.guard = guard;
	s.text = copy;
	c->steps[c->n_steps++] = s;
	return nest(r, c->n_steps - 1);
}

static int
one_line(struct reader *r, char *line, char *copy)
{
	char *end = line + strlen(line);
	int rc;

	while (end > line && (end[-1] == ' ' || end[-1] == '\r'))
		*--end = '\0';
	copy[end - line] = '\0';
	if (strchr(line, '\t') != NULL)
		return complain(r, "a tab: blanks are expected");
	copy += strspn(line, " ");
	line += strspn(line, " ");
	if (*line == '\0' || *line == '#')
		return 0;
	rc = head_line(r, line);
	return rc == 1 ? step_line(r, line, copy) : rc;
}

static int
finish(struct reader *r)
{
	const struct cc_case *c = r->c;

	if (r->n_open > 0) {
		r->line = c->steps[r->open[r->n_open - 1]].line;
		return complain(r, "a block without its end");
	}
	if (*c->id == '\0')
		return complain(r, "no 'case ID TITLE'");
	if (*c->source == '\0')
		return complain(r, "no 'source': where the rule comes from");
	return c->n_steps == 0 ? complain(r, "no steps") : 0;
}

static int
read_lines(struct reader *r, size_t len)
{
	char *at = r->c->memory, *copy = at + len + 1, *line;
	int rc = 0;

	while (rc == 0 && at != NULL) {
		char *text = copy + (at - r->c->memory);

		line = strsep(&at, "\n");
		text[strlen(line)] = '\0';
		if (++r->line > CC_LINES_MAX)
			return complain(
			    r, "a case has at most %u lines", CC_LINES_MAX);
		rc = one_line(r, line, text);
	}
	return rc == 0 ? finish(r) : rc;
}

int
cc_parse(struct cc_case **out, const char *file, const char *text, char *why,
    size_t cap)
{
	size_t len = strlen(text);
	struct cc_case *c = calloc(1, sizeof(*c));
	struct reader r = { c, file, 0, why, cap, { 0 }, 0 };
	int rc;

	if (c == NULL)
		return -FIX_E_NOMEM;
	c->file = file;
	c->id = c->title = c->source = c->about = "";
	c->roles = ALL_ROLES;
	c->versions = cc_versions("all");
	c->mandatory = true;
	/* Twice: one is cut into words, one stays for people. */
	c->memory = malloc(2 * (len + 1));
	if (c->memory == NULL) {
		cc_free(c);
		return -FIX_E_NOMEM;
	}
	memcpy(c->memory, text, len + 1);
	memcpy(c->memory + len + 1, text, len + 1);
	rc = read_lines(&r, len);
	if (rc < 0) {
		cc_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

void
cc_free(struct cc_case *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < c->n_steps; i++)
		cc_step_clear(&c->steps[i]);
	free(c->steps);
	free(c->settings);
	free(c->memory);
	free(c);
}
