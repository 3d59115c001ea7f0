/*
 * Giving settings out: typed values, with a complaint that names file and line
 * when one is out of range. What a value must look like by its type was checked
 * while reading (conf_form.c), so that a key that nothing asks for is
 * checked too; the getters see to ranges and to what depends on other files.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/settings/conf_int.h"
#include "gateway/settings/conf_keys.h"

#define SECRET_MAX 4096

const struct conf_section *
conf_next(
    const struct conf *c, const char *kind, const struct conf_section *after)
{
	const struct conf_section *s = after == NULL ? c->first : after->next;

	while (s != NULL && strcasecmp(s->kind->kind, kind) != 0)
		s = s->next;
	return s;
}

const char *
conf_name(const struct conf_section *s)
{
	return s->name;
}

const char *
conf_file(const struct conf_section *s)
{
	return s->conf->file;
}

unsigned
conf_line(const struct conf_section *s)
{
	return s->line;
}

static const struct conf_entry *
own_entry(const struct conf_section *s, const char *key)
{
	for (unsigned i = 0; i < s->n; i++)
		if (strcasecmp(s->entries[i].name, key) == 0)
			return &s->entries[i];
	return NULL;
}

/* The section's own, [DEFAULT]'s, and last the profile's. */
const struct conf_entry *
conf_entry_of(const struct conf_section *s, const char *key)
{
	const struct conf_section *profile = NULL;
	const struct conf_entry *e;

	for (; s != NULL; s = s->defaults) {
		e = own_entry(s, key);
		if (e != NULL)
			return e;
		if (profile == NULL)
			profile = s->profile;
	}
	return profile == NULL ? NULL : own_entry(profile, key);
}

bool
conf_has(const struct conf_section *s, const char *key, unsigned *line)
{
	const struct conf_entry *e = conf_entry_of(s, key);

	if (e != NULL && line != NULL)
		*line = e->line;
	return e != NULL;
}

static void FIX_PRINTF(4, 0) tell_of(const struct conf_section *s, bool error,
    const char *key, const char *fmt, va_list ap)
{
	const struct conf_entry *e = conf_entry_of(s, key == NULL ? "" : key);

	conf_vtell_at(s->conf, error, e == NULL ? s->conf->file : e->file,
	    e == NULL ? s->line : e->line, fmt, ap);
}

void
conf_fault(const struct conf_section *s, const char *key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell_of(s, true, key, fmt, ap);
	va_end(ap);
}

void
conf_notice(const struct conf_section *s, const char *key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell_of(s, false, key, fmt, ap);
	va_end(ap);
}

unsigned
conf_faults(const struct conf *c)
{
	return c->faults;
}

const char *
conf_str(const struct conf_section *s, const char *key, const char *def)
{
	const struct conf_entry *e = conf_entry_of(s, key);

	return e == NULL ? def : e->value;
}

long
conf_int(
    const struct conf_section *s, const char *key, long min, long max, long def)
{
	const struct conf_entry *e = conf_entry_of(s, key);
	long v;

	if (e == NULL)
		return def;
	if (conf_read_int(e->value, &v) && v >= min && v <= max)
		return v;
	conf_fault(s, key,
	    "%s must be a whole number from %ld to %ld, "
	    "not '%.100s'",
	    e->name, min, max, e->value);
	return def;
}

bool
conf_bool(const struct conf_section *s, const char *key, bool def)
{
	const struct conf_entry *e = conf_entry_of(s, key);
	bool v;

	if (e == NULL)
		return def;
	if (conf_read_bool(e->value, &v))
		return v;
	conf_fault(s, key, "%s must be Y or N, not '%.100s'", e->name,
	    e->value);
	return def;
}

size_t
conf_bytes(const struct conf_section *s, const char *key, size_t min,
    size_t max, size_t def)
{
	const struct conf_entry *e = conf_entry_of(s, key);
	size_t v;

	if (e == NULL)
		return def;
	if (conf_read_bytes(e->value, &v) && v >= min && v <= max)
		return v;
	conf_fault(s, key, "%s must be from %zu to %zu bytes, not '%.100s'",
	    e->name, min, max, e->value);
	return def;
}

int64_t
conf_e8(const struct conf_section *s, const char *key, int64_t def)
{
	const struct conf_entry *e = conf_entry_of(s, key);
	int64_t v;

	if (e == NULL)
		return def;
	if (conf_read_e8(e->value, &v))
		return v;
	conf_fault(s, key,
	    "%s must be a decimal of at most 8 places, or "
	    "unlimited, not '%.100s'",
	    e->name, e->value);
	return def;
}

int
conf_word(
    const struct conf_section *s, const char *key, const char *words, int def)
{
	const struct conf_entry *e = conf_entry_of(s, key);
	int i;

	if (e == NULL)
		return def;
	i = conf_word_index(words, e->value);
	if (i >= 0)
		return i;
	conf_fault(s, key, "%s must be %s, not '%.100s'", e->name, words,
	    e->value);
	return def;
}

const char *
conf_beside(struct conf *c, const char *dir, const char *path)
{
	size_t len = strlen(dir) + 1 + strlen(path);
	char *p;

	if (path[0] == '/' || strcmp(dir, ".") == 0)
		return path;
	p = conf_alloc(c, len + 1);
	if (p == NULL)
		return path;
	snprintf(p, len + 1, "%s%s%s", dir, strcmp(dir, "/") == 0 ? "" : "/",
	    path);
	return p;
}

const char *
conf_path(const struct conf_section *s, const char *key, const char *def)
{
	const struct conf_entry *e = conf_entry_of(s, key);

	return e == NULL ? def : conf_beside(s->conf, e->dir, e->value);
}

const char *
conf_path_in(const struct conf_section *s, const char *key, const char *name)
{
	const struct conf_entry *e = conf_entry_of(s, key);

	return e == NULL ? name : conf_beside(s->conf, e->dir, name);
}

/* Whom the gateway will become: his files are as good as ours. */
static uid_t run_as = (uid_t)-1;

void
conf_run_as(uid_t uid)
{
	run_as = uid;
}

/* Is the open file its owner's alone, and the owner us or root? */
static const char *
not_private(int fd, struct stat *st)
{
	if (fstat(fd, st) != 0)
		return strerror(errno);
	if (!S_ISREG(st->st_mode))
		return "it is no plain file";
	if ((st->st_mode & 077) != 0)
		return "others than its owner may read or write it: "
		       "chmod 600 it";
	if (st->st_uid != 0 && st->st_uid != geteuid() && st->st_uid != run_as)
		return "it belongs to another user";
	return NULL;
}

const char *
conf_private(const char *path)
{
	struct stat st;
	const char *why;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return strerror(errno);
	why = not_private(fd, &st);
	close(fd);
	return why;
}

static const char *
read_secret(struct conf *c, const char *path, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	ssize_t n;
	char *text;

	if (fd < 0) {
		*why = strerror(errno);
		return NULL;
	}
	text = conf_alloc(c, SECRET_MAX + 1);
	*why = not_private(fd, &st);
	n = text == NULL || *why != NULL ? 0 : read(fd, text, SECRET_MAX);
	close(fd);
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = '\0';
	if (n > 0)
		return text;
	if (*why == NULL)
		*why = "it is empty";
	return NULL;
}

static conf_vault_fn *vault;

void
conf_vault(conf_vault_fn *fn)
{
	vault = fn;
}

static const char *
vault_secret(const struct conf_section *s, const struct conf_entry *e,
    const char *def)
{
	char why[600] = "only fixgated itself asks Vault";
	char *text = conf_alloc(s->conf, SECRET_MAX + 1);
	ssize_t n = text == NULL || vault == NULL ? -FIX_E_STATE
		  : vault(s->conf, e->value + 6, text, SECRET_MAX + 1, why,
			sizeof(why));

	if (n < 0)
		conf_fault(s, e->name, "%s: %.200s: %s", e->name, e->value,
		    why);
	return n < 0 ? def : text;
}

const char *
conf_secret(const struct conf_section *s, const char *key, const char *def)
{
	const struct conf_entry *e = conf_entry_of(s, key);
	const char *path, *text, *why;

	if (e == NULL)
		return def;
	if (strncmp(e->value, "vault:", 6) == 0)
		return vault_secret(s, e, def);
	if (strncmp(e->value, "file:", 5) != 0)
		return e->value;
	path = conf_beside(s->conf, e->dir, e->value + 5);
	text = read_secret(s->conf, path, &why);
	if (text == NULL)
		conf_fault(s, key, "%s: %s: %s", e->name, path, why);
	return text == NULL ? def : text;
}

void
conf_print(const struct conf *c, FILE *to)
{
	for (const struct conf_section *s = c->first; s != NULL; s = s->next) {
		fprintf(to, "%s[%s%s%s]\n", s == c->first ? "" : "\n",
		    s->kind->kind, *s->name == '\0' ? "" : " ", s->name);
		for (unsigned i = 0; i < s->n; i++) {
			const struct conf_entry *e = &s->entries[i];
			bool mask = e->known->type == CONF_T_SECRET &&
				    strncmp(e->value, "file:", 5) != 0 &&
				    strncmp(e->value, "vault:", 6) != 0;

			if (e->known->type == CONF_T_IGNORED)
				continue; /* may be a password, too */
			fprintf(to, "%s=%s\n", e->name,
			    mask ? "***" : e->value);
		}
	}
}
