/*
 * Finding cases and reading them: every fault is told, and a suite with one is
 * not handed out.
 */
#include "gateway/cli/conform/suite.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/conform/builtin.h"

#define FILE_BYTES (256u << 10)
#define CASES_MAX 5000u

struct loader {
	struct cc_suite *s;
	const char *const *globs;
	unsigned n_globs;
	unsigned faults;
};

static bool
is_wanted(const struct loader *l, const struct cc_case *c)
{
	for (unsigned i = 0; i < l->n_globs; i++)
		if (fnmatch(l->globs[i], c->id, 0) == 0 ||
		    fnmatch(l->globs[i], c->file, 0) == 0)
			return true;
	return l->n_globs == 0;
}

/* @return 0, -FIX_E_NOMEM */
static int
take(struct loader *l, const char *name, const char *text)
{
	struct cc_suite *s = l->s;
	struct cc_case *c, **p;
	char why[512];
	int rc = cc_parse(&c, name, text, why, sizeof(why));

	if (rc == -FIX_E_FORMAT) {
		cli_fail("%s", why);
		l->faults++;
		return 0;
	}
	if (rc < 0)
		return rc;
	if (!is_wanted(l, c)) {
		cc_free(c);
		return 0;
	}
	p = realloc(s->cases, (s->n + 1) * sizeof(*p));
	if (p == NULL || s->n == CASES_MAX) {
		cc_free(c);
		return -FIX_E_NOMEM;
	}
	s->cases = p;
	p[s->n++] = c;
	return 0;
}

static char *
file_text(const char *dir, const char *name)
{
	char path[4096], *text;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "re");
	text = f == NULL ? NULL : calloc(1, FILE_BYTES + 1);
	if (text == NULL) {
		cli_fail("can't read %s: %s", path, strerror(errno));
		if (f != NULL)
			fclose(f);
		return NULL;
	}
	n = fread(text, 1, FILE_BYTES + 1, f);
	fclose(f);
	if (n > FILE_BYTES || strlen(text) != n) {
		cli_fail(
		    "%s: more than %u bytes, or no text", path, FILE_BYTES);
		free(text);
		return NULL;
	}
	return text;
}

static int
is_case(const struct dirent *d)
{
	return fnmatch("*.case", d->d_name, FNM_PERIOD) == 0;
}

static int
take_file(struct loader *l, const char *dir, const char *name)
{
	struct cc_suite *s = l->s;
	char **names, **texts;

	names = realloc(s->names, (s->n_files + 1) * sizeof(*names));
	if (names == NULL)
		return -FIX_E_NOMEM;
	s->names = names;
	texts = realloc(s->texts, (s->n_files + 1) * sizeof(*texts));
	if (texts == NULL)
		return -FIX_E_NOMEM;
	s->texts = texts;
	names[s->n_files] = strdup(name);
	texts[s->n_files] = file_text(dir, name);
	if (names[s->n_files] == NULL || texts[s->n_files] == NULL) {
		free(names[s->n_files]);
		free(texts[s->n_files]);
		l->faults++;
		return 0;
	}
	s->n_files++;
	return take(l, names[s->n_files - 1], texts[s->n_files - 1]);
}

static int
read_dir(struct loader *l, const char *dir)
{
	struct dirent **list;
	int n = scandir(dir, &list, is_case, versionsort), rc = 0;

	if (n < 0) {
		cli_fail("can't read the folder %s: %s", dir, strerror(errno));
		return -FIX_E_IO;
	}
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = take_file(l, dir, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return rc;
}

int
cc_suite_read(struct cc_suite *out, const char *dir, const char *const *globs,
    unsigned n_globs)
{
	struct loader l = { out, globs, n_globs, 0 };
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (dir != NULL)
		rc = read_dir(&l, dir);
	else
		for (unsigned i = 0; rc == 0 && cc_builtin[i].name != NULL; i++)
			rc = take(&l, cc_builtin[i].name, cc_builtin[i].text);
	if (rc == 0 && l.faults == 0 && out->n == 0) {
		cli_fail("no case %s", dir == NULL || n_globs > 0
					   ? "has such a name"
					   : "in the folder");
		l.faults++;
	}
	if (rc == 0 && l.faults > 0)
		rc = -FIX_E_CONFIG;
	if (rc < 0)
		cc_suite_clear(out);
	return rc;
}

void
cc_suite_limit(struct cc_suite *s, const struct cc_setup *to)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++) {
		struct cc_case *c = s->cases[i];

		if ((c->versions >> to->version & 1) != 0 &&
		    (c->roles & to->role) != 0)
			s->cases[n++] = c;
		else
			cc_free(c);
	}
	s->n_others = s->n - n;
	s->n = n;
}

void
cc_suite_clear(struct cc_suite *s)
{
	for (unsigned i = 0; i < s->n; i++)
		cc_free(s->cases[i]);
	for (unsigned i = 0; i < s->n_files; i++) {
		free(s->names[i]);
		free(s->texts[i]);
	}
	free(s->cases);
	free(s->names);
	free(s->texts);
	memset(s, 0, sizeof(*s));
}
