/*
 * Values of the case language: text, quotes with escapes, and $names, which are
 * numbers of the session, times, and what a case has kept.
 *
 * "$out+2" and "$now-121s" reckon; anything else that follows a name is text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/cli/conform/play_int.h"

struct pen {
	struct play *p;
	uint8_t *out;
	size_t len, cap;
	bool full;
};

static void
put(struct pen *w, const void *bytes, size_t n)
{
	if (n > w->cap - w->len) {
		w->full = true;
		return;
	}
	memcpy(w->out + w->len, bytes, n);
	w->len += n;
}

static void
put_number(struct pen *w, uint64_t v)
{
	char text[24];

	put(w, text, (size_t)snprintf(text, sizeof(text), "%" PRIu64, v));
}

size_t
play_stamp(const struct play *p, int64_t plus_ns, uint8_t *out)
{
	struct fix_utc t = p->said_at.ns != 0 ? p->said_at : play_now(p).utc;
	enum fix_version v = p->cfg->setup.version;

	t.ns += plus_ns;
	return fix_utc_format(out, t, v < FIX_V_42 ? 0 : 3);
}

struct var *
play_var(struct play *p, const char *name, bool make)
{
	struct var *v;

	for (unsigned i = 0; i < p->n_vars; i++)
		if (strcmp(p->vars[i].name, name) == 0)
			return &p->vars[i];
	if (!make || strlen(name) >= NAME_BYTES)
		return NULL;
	for (v = p->vars; v < p->vars + p->n_vars; v++)
		if (v->name[0] == '\0')
			break;
	if (v == p->vars + VARS_MAX)
		return NULL;
	if (v == p->vars + p->n_vars)
		p->n_vars++;
	memset(v, 0, sizeof(*v));
	memcpy(v->name, name, strlen(name) + 1);
	return v;
}

void
play_unset(struct play *p, const char *name)
{
	struct var *v = play_var(p, name, false);

	if (v == NULL)
		return;
	free(v->p);
	memset(v, 0, sizeof(*v));
}

int
play_set(struct play *p, const char *name, struct fix_span v)
{
	struct var *var = play_var(p, name, true);
	uint8_t *copy = malloc(v.len + 1);

	if (var == NULL || copy == NULL) {
		free(copy);
		return play_fail(p, "no room for the name '%s'", name);
	}
	if (v.len > 0)
		memcpy(copy, v.p, v.len);
	copy[v.len] = '\0';
	free(var->p);
	var->p = copy;
	var->len = v.len;
	var->kind = VAR_VALUE;
	return 0;
}

/* A number that the session or the case has by this name. */
static bool
number_named(const struct play *p, const char *name, uint64_t *out)
{
	const struct {
		const char *name;
		uint64_t v;
	} known[] = {
		{ "out", p->out },
		{ "in", p->in },
		{ "last", p->last },
		{ "heart", p->heart_s },
		{ "len", p->len },
		{ "i", p->loop },
		{ "inf", p->cfg->setup.version < FIX_V_42 ? 999999 : 0 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].name, name) == 0) {
			*out = known[i].v;
			return true;
		}
	return false;
}

static const char *
text_named(const struct play *p, const char *name)
{
	enum fix_version v = p->cfg->setup.version;

	if (strcmp(name, "us") == 0)
		return p->cfg->us;
	if (strcmp(name, "them") == 0)
		return p->cfg->them;
	if (strcmp(name, "begin") == 0)
		return fix_version_begin(v);
	if (strcmp(name, "appl") == 0)
		return fix_version_appl(v);
	if (strcmp(name, "run") == 0)
		return p->cfg->run;
	if (strcmp(name, "symbol") == 0)
		return p->cfg->symbol;
	if (strcmp(name, "username") == 0)
		return p->cfg->username;
	if (strcmp(name, "password") == 0)
		return p->cfg->password;
	return NULL;
}

static bool
is_built_in(const struct play *p, const char *name)
{
	uint64_t n;

	return number_named(p, name, &n) || text_named(p, name) != NULL ||
	       strcmp(name, "now") == 0 || strcmp(name, "sum") == 0;
}

static bool
name_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (c >= '0' && c <= '9');
}

/* "name" or "{name}" behind a '$'. @return where it ends, NULL: none */
static const char *
read_name(const char *at, char *name)
{
	bool braced = *at == '{';
	size_t n = 0;

	at += braced;
	while (name_letter(at[n]))
		n++;
	if (n == 0 || n >= NAME_BYTES || (braced && at[n] != '}'))
		return NULL;
	memcpy(name, at, n);
	name[n] = '\0';
	return at + n + braced;
}

/* "+2", "-121s". @return where it ends; at itself: there is none */
static const char *
read_offset(const char *at, int64_t *n, int64_t *unit)
{
	const char *p = at + 1;
	int64_t v = 0;

	*n = 0;
	*unit = FIX_SEC;
	if ((*at != '+' && *at != '-') || *p < '0' || *p > '9')
		return at;
	for (; *p >= '0' && *p <= '9' && v < INT64_C(1) << 40; p++)
		v = v * 10 + (*p - '0');
	*n = *at == '-' ? -v : v;
	if (p[0] == 'm' && p[1] == 's') {
		*unit = FIX_MSEC;
		p += 2;
	} else if (*p == 's' && !name_letter(p[1])) {
		p++;
	}
	return p;
}

static bool
digits_only(const struct var *v, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < v->len; i++) {
		if (v->p[i] < '0' || v->p[i] > '9' || i > 18)
			return false;
		*out = *out * 10 + (v->p[i] - '0');
	}
	return v->len > 0;
}

/* $pad(N): N letters. @return where it ends, NULL: it is not that */
static const char *
put_pad(struct pen *w, const char *at)
{
	char *end;
	unsigned long n;

	if (strncmp(at, "pad(", 4) != 0)
		return NULL;
	n = strtoul(at + 4, &end, 10);
	if (*end != ')' || n > w->cap - w->len) {
		w->full = true;
		return at + strlen(at);
	}
	memset(w->out + w->len, 'x', n);
	w->len += n;
	return end + 1;
}

static const char *
put_kept(struct pen *w, const char *name, const char *at)
{
	const struct var *v = play_var(w->p, name, false);
	int64_t n, unit;
	uint64_t num;

	if (v == NULL || v->kind != VAR_VALUE) {
		play_fail(w->p, "$%s has no value", name);
		return NULL;
	}
	if (digits_only(v, &num)) {
		at = read_offset(at, &n, &unit);
		if (n == 0)
			put(w, v->p, v->len);
		else
			put_number(w, num + (uint64_t)n);
		return at;
	}
	put(w, v->p, v->len);
	return at;
}

/* What stands behind a '$'. @return where it ends, NULL: told */
static const char *
put_named(struct pen *w, const char *at)
{
	char name[NAME_BYTES], sum[8];
	uint8_t stamp[FIX_STAMP_MAX];
	const char *end = put_pad(w, at), *text;
	int64_t n, unit;
	uint64_t v;

	if (end != NULL)
		return end;
	at = read_name(at, name);
	if (at == NULL) {
		play_fail(w->p, "no name behind '$'");
		return NULL;
	}
	text = text_named(w->p, name);
	if (text != NULL) {
		put(w, text, strlen(text));
		return at;
	}
	if (strcmp(name, "now") == 0) {
		at = read_offset(at, &n, &unit);
		put(w, stamp, play_stamp(w->p, n * unit, stamp));
		return at;
	}
	if (strcmp(name, "sum") == 0) {
		at = read_offset(at, &n, &unit);
		snprintf(sum, sizeof(sum), "%03u",
		    (unsigned)((w->p->sum + (uint64_t)n) % 256));
		put(w, sum, 3);
		return at;
	}
	if (!number_named(w->p, name, &v))
		return put_kept(w, name, at);
	at = read_offset(at, &n, &unit);
	put_number(w, v + (uint64_t)n);
	return at;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Behind a backslash in quotes. @return where it ends */
static const char *
put_escape(struct pen *w, const char *at)
{
	int hi, lo;
	uint8_t byte;

	if (*at == 'x' && (hi = hex(at[1])) >= 0 && (lo = hex(at[2])) >= 0) {
		byte = (uint8_t)(hi * 16 + lo);
		put(w, &byte, 1);
		return at + 3;
	}
	put(w, at, 1);
	return at + 1;
}

ssize_t
play_value(struct play *p, const char *text, char stop, const char **rest,
    uint8_t *out, size_t cap)
{
	struct pen w = { p, out, 0, cap, false };
	bool quoted = false;

	while (*text != '\0' && (quoted || stop == 0 || *text != stop)) {
		if (*text == '"') {
			quoted = !quoted;
			text++;
		} else if (quoted && *text == '\\' && text[1] != '\0') {
			text = put_escape(&w, text + 1);
		} else if (*text == '$' && text[1] != '$') {
			text = put_named(&w, text + 1);
			if (text == NULL)
				return FAILED;
		} else {
			text += *text == '$'; /* "$$" */
			put(&w, text++, 1);
		}
	}
	if (w.full)
		return play_fail(p, "a value that is too long");
	if (rest != NULL)
		*rest = text;
	return (ssize_t)w.len;
}

int
play_number(struct play *p, const char *text, uint64_t *out)
{
	uint8_t buf[32];
	ssize_t n = play_value(p, text, 0, NULL, buf, sizeof(buf));
	struct var v = { .len = n < 0 ? 0 : (size_t)n, .p = buf };

	if (n < 0)
		return FAILED;
	if (!digits_only(&v, out))
		return play_fail(p, "'%s' is no number", text);
	return 0;
}

const char *
play_capture(struct play *p, const char *text)
{
	char name[NAME_BYTES];
	const char *end;

	if (*text != '$')
		return NULL;
	end = read_name(text + 1, name);
	if (end == NULL || *end != '\0' || text[1] == '{' ||
	    is_built_in(p, name) || play_var(p, name, false) != NULL)
		return NULL;
	return text + 1;
}
