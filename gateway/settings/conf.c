/*
 * Reading the settings file.
 *
 * In: an INI file of ours, or an existing QuickFIX settings file. Out: sections
 * and values that remember their line, so that every later complaint can name
 * it. A line is a [SECTION], a Key=Value, a comment ('#' or ';' in front) or
 * blank; there are no continuation lines and no comments behind a value, since
 * QuickFIX has neither and values may hold any character.
 *
 * ${NAME} is put in after the line has been taken apart, so that the
 * environment can fill a value but never add a key or a section.
 *
 * Every fault is told and reading goes on: an operator mends a file once, not
 * once for each mistake. Nothing of a faulty file is handed out. Which keys
 * exist is conf_keys.c's; how values read is conf_get.c's.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "gateway/settings/conf_int.h"
#include "gateway/settings/conf_keys.h"

#define ENTRIES_MAX 4096 /* of one section */

struct reader {
	struct conf *c;
	struct conf_section *section; /* NULL: none yet, or a bad one */
	bool lost;                    /* in a bad section: keys are skipped */
	bool keys_only;               /* a profile: no sections */
	unsigned line;
	char *value; /* CONF_LINE_MAX + 1 bytes */
};

char *
conf_alloc(struct conf *c, size_t len)
{
	struct conf_piece *p = calloc(1, sizeof(*p) + len);

	if (p == NULL) {
		c->nomem = true;
		return NULL;
	}
	p->len = len;
	p->next = c->pieces;
	c->pieces = p;
	return p->text;
}

char *
conf_copy(struct conf *c, const char *from, size_t len)
{
	char *s = conf_alloc(c, len + 1);

	if (s != NULL && len > 0)
		memcpy(s, from, len);
	return s;
}

/* A fault in [DEFAULT] is found again in every session: once is enough. */
static bool
told_before(
    struct conf *c, const char *file, unsigned line, const char *text)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ line;

	for (; *file != '\0'; file++)
		h = (h ^ (unsigned char)*file) * UINT64_C(1099511628211);
	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
	for (unsigned i = 0; i < 64 && i < c->n_told; i++)
		if (c->told[i] == h)
			return true;
	c->told[c->n_told++ % 64] = h;
	return false;
}

void
conf_vtell_at(struct conf *c, bool error, const char *file, unsigned line,
    const char *fmt, va_list ap)
{
	char text[1024];

	if (error)
		c->faults++;
	if (c->sink.tell == NULL)
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	if (!told_before(c, file, line, text))
		c->sink.tell(c->sink.arg, error, file, line, text);
}

void
conf_tell(struct conf *c, bool error, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	conf_vtell_at(c, error, c->file, line, fmt, ap);
	va_end(ap);
}

static bool
is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r';
}

static void
trim(const char **p, const char **end)
{
	while (*p < *end && is_blank(**p))
		(*p)++;
	while (*end > *p && is_blank((*end)[-1]))
		(*end)--;
}

static const char *
kind_name_at(const void *arg, unsigned i)
{
	const struct conf_kind *k = conf_kind_at(i);

	(void)arg;
	return k == NULL ? NULL : k->kind;
}

static const char *
key_name_at(const void *arg, unsigned i)
{
	const struct conf_key *k = conf_key_at(arg, i);

	return k == NULL ? NULL : k->name;
}

static void
tell_unknown(struct reader *r, const char *what, const char *written,
    const char *nearest, const struct conf_kind *in)
{
	const char *where = in == NULL ? "" : in->kind;

	conf_tell(r->c, true, r->line, "unknown %s '%s'%s%s%s%s%s%s", what,
	    written, in == NULL ? "" : " in [", where, in == NULL ? "" : "]",
	    nearest == NULL ? "" : ": did you mean '",
	    nearest == NULL ? "" : nearest, nearest == NULL ? "" : "'?");
}

static const struct conf_section *
find_section(const struct conf *c, const struct conf_kind *k, const char *name)
{
	for (const struct conf_section *s = c->first; s != NULL; s = s->next)
		if (s->kind == k && strcasecmp(s->name, name) == 0)
			return s;
	return NULL;
}

static bool
section_allowed(struct reader *r, const struct conf_kind *k, const char *name)
{
	const struct conf_section *old;

	if (k->naming == CONF_NAMED && *name == '\0') {
		conf_tell(r->c, true, r->line,
		    "[%s] needs a name behind it: [%s NAME]", k->kind, k->kind);
		return false;
	}
	if (k->naming == CONF_NAMELESS && *name != '\0') {
		conf_tell(r->c, true, r->line, "[%s] takes no name, here '%s'",
		    k->kind, name);
		return false;
	}
	if (!k->once || (old = find_section(r->c, k, name)) == NULL)
		return true;
	conf_tell(r->c, true, r->line, "[%s%s%s] stands in line %u already",
	    k->kind, *name == '\0' ? "" : " ", name, old->line);
	return false;
}

static void
add_section(struct reader *r, const struct conf_kind *k, char *name)
{
	struct conf_section *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		r->c->nomem = true;
		return;
	}
	s->conf = r->c;
	s->kind = k;
	s->name = name;
	s->line = r->line;
	if (r->c->last == NULL)
		r->c->first = s;
	else
		r->c->last->next = s;
	r->c->last = s;
	r->section = s;
	r->lost = false;
}

/* One blank between the words of a name, however many were written. */
static void
squeeze(char *s)
{
	char *to = s;

	for (const char *from = s; *from != '\0'; from++) {
		if (is_blank(*from) && to > s && to[-1] == ' ')
			continue;
		*to++ = is_blank(*from) ? ' ' : *from;
	}
	*to = '\0';
}

/* [KIND] or [KIND name]; p stands behind the '['. */
static void
read_section(struct reader *r, const char *p, const char *end)
{
	const struct conf_kind *k;
	const char *q;
	char *kind, *name;

	if (r->keys_only) {
		conf_tell(r->c, true, r->line, "a profile has no sections");
		return;
	}
	r->section = NULL;
	r->lost = true;
	if (end == p || end[-1] != ']') {
		conf_tell(r->c, true, r->line, "'[' without a ']' at the end");
		return;
	}
	end--;
	trim(&p, &end);
	for (q = p; q < end && !is_blank(*q);)
		q++;
	kind = conf_copy(r->c, p, (size_t)(q - p));
	trim(&q, &end);
	name = conf_copy(r->c, q, (size_t)(end - q));
	if (kind == NULL || name == NULL)
		return;
	squeeze(name);
	k = conf_kind_named(kind);
	if (k == NULL)
		tell_unknown(r, "section", kind,
		    conf_nearest(kind, kind_name_at, NULL), NULL);
	else if (section_allowed(r, k, name))
		add_section(r, k, name);
}

/* The table's spelling with the number that was written. */
static const char *
numbered_name(struct reader *r, const struct conf_key *k, const char *written)
{
	size_t len = strlen(k->name);
	char *name = conf_copy(r->c, written, strlen(written));

	if (name != NULL)
		memcpy(name, k->name, len);
	return name;
}

static bool
set_entry(struct reader *r, const struct conf_key *k, const char *name,
    size_t len)
{
	struct conf_section *s = r->section;
	struct conf_entry *more;
	char *value = conf_copy(r->c, r->value, len);

	if (conf_is_numbered(k))
		name = numbered_name(r, k, name);
	if (value == NULL || name == NULL)
		return false;
	if (s->n == s->cap) {
		more = realloc(s->entries, (s->cap + 16) * sizeof(*more));
		if (more == NULL) {
			r->c->nomem = true;
			return false;
		}
		s->entries = more;
		s->cap += 16;
	}
	s->entries[s->n++] = (struct conf_entry){
		.known = k,
		.name = name,
		.value = value,
		.file = r->c->file,
		.dir = r->c->dir,
		.line = r->line,
	};
	return true;
}

static bool
is_twice(struct reader *r, const char *name)
{
	const struct conf_section *s = r->section;

	for (unsigned i = 0; i < s->n; i++)
		if (strcasecmp(s->entries[i].name, name) == 0) {
			conf_tell(r->c, true, r->line,
			    "%s is set in line %u already", s->entries[i].name,
			    s->entries[i].line);
			return true;
		}
	if (s->n < ENTRIES_MAX)
		return false;
	conf_tell(r->c, true, r->line, "more than %d keys in one section",
	    ENTRIES_MAX);
	return true;
}

static void
read_value(struct reader *r, const struct conf_key *k, const char *name,
    const char *p, const char *end)
{
	struct conf_expand x = { r->c, r->line, r->value, 0 };
	const char *want;

	if (is_twice(r, name) || !conf_expand(&x, p, end))
		return;
	want = conf_form(k, r->value);
	if (want != NULL && k->type == CONF_T_SECRET)
		conf_tell(r->c, true, r->line, "%s must be %s", name, want);
	else if (want != NULL)
		conf_tell(r->c, true, r->line, "%s must be %s, not '%.100s'",
		    name, want, r->value);
	else if (set_entry(r, k, name, x.n) && k->type == CONF_T_IGNORED)
		conf_tell(r->c, false, r->line,
		    "%s is QuickFIX's and has no meaning here: ignored",
		    k->name);
}

static void
read_pair(struct reader *r, const char *p, const char *end)
{
	const char *eq = memchr(p, '=', (size_t)(end - p));
	const char *key_end = eq, *v;
	const struct conf_key *k;
	char key[CONF_NAME_MAX];

	if (eq == NULL) {
		conf_tell(r->c, true, r->line,
		    "neither [SECTION] nor Key=Value: '%.*s'",
		    (int)(end - p > 60 ? 60 : end - p), p);
		return;
	}
	if (r->lost)
		return; /* its section was told already */
	trim(&p, &key_end);
	if (r->section == NULL || p == key_end ||
	    key_end - p >= CONF_NAME_MAX) {
		conf_tell(r->c, true, r->line,
		    r->section == NULL
			? "a key before the first [SECTION]"
			: "nothing, or far too much, in front of the '='");
		return;
	}
	memcpy(key, p, (size_t)(key_end - p));
	key[key_end - p] = '\0';
	k = conf_key_named(r->section->kind, key);
	v = eq + 1;
	trim(&v, &end);
	if (k != NULL)
		read_value(r, k, conf_is_numbered(k) ? key : k->name, v, end);
	else
		tell_unknown(r, "key", key,
		    conf_nearest(key, key_name_at, r->section->kind),
		    r->section->kind);
}

static void
read_line(struct reader *r, const char *p, const char *end)
{
	trim(&p, &end);
	if (p == end || *p == '#' || *p == ';')
		return;
	if ((size_t)(end - p) > CONF_LINE_MAX)
		conf_tell(r->c, true, r->line, "line of more than %u bytes",
		    CONF_LINE_MAX);
	else if (conf_has_control(p, (size_t)(end - p)))
		conf_tell(r->c, true, r->line,
		    "a control character: is this a settings file?");
	else if (*p == '[')
		read_section(r, p + 1, end);
	else
		read_pair(r, p, end);
}

static void
read_lines(struct reader *r, const char *p, const char *end)
{
	const char *eol;

	if (end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0)
		p += 3; /* an editor's byte order mark */
	while (p < end && !r->c->nomem) {
		eol = memchr(p, '\n', (size_t)(end - p));
		if (eol == NULL)
			eol = end;
		r->line++;
		read_line(r, p, eol);
		p = eol < end ? eol + 1 : end;
	}
}

static void
link_defaults(struct conf *c)
{
	const struct conf_section *d = conf_next(c, "DEFAULT", NULL);

	for (struct conf_section *s = c->first; s != NULL; s = s->next)
		if (s->kind->defaults)
			s->defaults = d;
}

/* Until it is called again, this is the file that faults are told of. */
static void
set_file(struct conf *c, const char *name)
{
	const char *slash = strrchr(name, '/');

	c->file = conf_copy(c, name, strlen(name));
	c->dir = slash == NULL
		     ? conf_copy(c, ".", 1)
		     : conf_copy(
			   c, name, slash == name ? 1 : (size_t)(slash - name));
}

static struct conf *
conf_new(const char *name, const struct conf_sink *sink)
{
	struct conf *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	if (sink != NULL)
		c->sink = *sink;
	set_file(c, name);
	if (c->nomem) {
		conf_free(c);
		return NULL;
	}
	return c;
}

static void
read_text(struct reader *r, const char *text, size_t len)
{
	r->value = malloc(CONF_LINE_MAX + 1);
	if (r->value == NULL)
		r->c->nomem = true;
	else if (len > CONF_FILE_MAX)
		conf_tell(r->c, true, 0, "over %u bytes: no settings file",
		    CONF_FILE_MAX);
	else
		read_lines(r, text, text + len);
	free(r->value);
}

void
conf_read_keys(struct conf *c, struct conf_section *into, const char *file,
    const char *text, size_t len)
{
	struct reader r = { .c = c, .section = into, .keys_only = true };
	char *own_file = c->file, *own_dir = c->dir;

	set_file(c, file);
	if (!c->nomem)
		read_text(&r, text, len);
	c->file = own_file;
	c->dir = own_dir;
}

int
conf_read_mem(struct conf **out, const char *name, const char *text, size_t len,
    const struct conf_sink *sink)
{
	struct conf *c = conf_new(name, sink);
	struct reader r = { .c = c };
	int rc = 0;

	if (c == NULL)
		return -FIX_E_NOMEM;
	read_text(&r, text, len);
	link_defaults(c);
	conf_link_profiles(c);
	if (c->nomem)
		rc = -FIX_E_NOMEM;
	else if (c->faults > 0)
		rc = -FIX_E_CONFIG;
	if (rc != 0)
		conf_free(c);
	else
		*out = c;
	return rc;
}

char *
conf_slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text;

	if (f == NULL)
		return NULL;
	text = malloc(CONF_FILE_MAX + 1);
	if (text != NULL) {
		*len = fread(text, 1, CONF_FILE_MAX + 1, f);
		if (ferror(f)) {
			free(text);
			text = NULL;
		}
	}
	fclose(f);
	return text;
}

int
conf_read(struct conf **out, const char *path, const struct conf_sink *sink)
{
	size_t len;
	char *text = conf_slurp(path, &len);
	int rc;

	if (text == NULL) {
		if (sink != NULL && sink->tell != NULL)
			sink->tell(sink->arg, true, path, 0, strerror(errno));
		return -FIX_E_IO;
	}
	rc = conf_read_mem(out, path, text, len, sink);
	explicit_bzero(text, len);
	free(text);
	return rc;
}

static void
free_sections(struct conf_section *s)
{
	struct conf_section *next;

	for (; s != NULL; s = next) {
		next = s->next;
		free(s->entries);
		free(s);
	}
}

void
conf_free(struct conf *c)
{
	struct conf_piece *p, *next_p;

	if (c == NULL)
		return;
	free_sections(c->first);
	free_sections(c->profiles);
	for (p = c->pieces; p != NULL; p = next_p) {
		next_p = p->next;
		explicit_bzero(p->text, p->len); /* passwords are among them */
		free(p);
	}
	free(c);
}
