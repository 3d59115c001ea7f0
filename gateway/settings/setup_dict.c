/*
 * Dictionaries of a setup: every file once, and those of an older setup again
 * where the file is still the one that was read.
 *
 * A running gateway reads its settings anew while its sessions hold the old
 * dictionaries. Each holder counts (fix_dict_hold()), so a dictionary goes when
 * the last session and the last setup have left it, whichever that is.
 */
#include "config.h"

#include "gateway/settings/setup.h"

#include <stdlib.h>
#include <sys/stat.h>

static bool
same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool
same_file(const struct setup_dict *d, const struct stat *st)
{
	return d->file.st_dev == st->st_dev && d->file.st_ino == st->st_ino &&
	       d->file.st_size == st->st_size &&
	       same_time(d->file.st_mtim, st->st_mtim) &&
	       same_time(d->file.st_ctim, st->st_ctim);
}

static bool
take_old(const struct setup *old, struct setup_dict *d)
{
	const struct setup_dict *o = old == NULL ? NULL : old->dicts;

	for (; o != NULL; o = o->next) {
		if (o->dict == NULL || strcmp(o->path, d->path) != 0 ||
		    !same_file(o, &d->file))
			continue;
		d->dict = fix_dict_hold(o->dict);
		return true;
	}
	return false;
}

int
setup_dict_load(
    const struct setup *s, struct setup_dict *d, struct fix_dict_error *e)
{
	struct fix_dict *fresh;
	int rc;

	/* Looked at before it is read: written meanwhile, it is read again
	 * next time. */
	if (stat(d->path, &d->file) != 0)
		memset(&d->file, 0, sizeof(d->file));
	if (take_old(s->old, d))
		return 0;
	rc = fix_dict_load(&fresh, d->path, e);
	if (rc == 0)
		d->dict = fresh;
	return rc;
}

void
setup_dicts_free(struct setup *s)
{
	struct setup_dict *next;

	for (struct setup_dict *d = s->dicts; d != NULL; d = next) {
		next = d->next;
		fix_dict_free(d->dict);
		free(d);
	}
	s->dicts = NULL;
}

bool
setup_has_dict(const struct setup *s, const struct fix_dict *dict)
{
	for (const struct setup_dict *d = s->dicts; d != NULL; d = d->next)
		if (d->dict == dict)
			return true;
	return false;
}

bool
setup_uses_dict(
    const struct fix_session_cfg *f, const struct fix_dict *dict)
{
	for (unsigned v = 0; v < FIX_N_VERSION; v++)
		if (f->apps[v] == dict)
			return true;
	return f->transport == dict || f->app == dict;
}

static bool
is_used(const struct setup *s, const struct fix_dict *dict)
{
	for (uint32_t i = 0; i < setup_all(s); i++)
		if (setup_uses_dict(&s->sessions[i].fix, dict))
			return true;
	return false;
}

static bool
add(struct setup *s, const struct setup_dict *from)
{
	size_t n = sizeof(*from) + strlen(from->path) + 1;
	struct setup_dict *d = malloc(n);

	if (d == NULL)
		return false;
	memcpy(d, from, n);
	d->dict = fix_dict_hold(from->dict);
	d->next = s->dicts;
	s->dicts = d;
	return true;
}

bool
setup_add_dicts(struct setup *s, const struct setup *fresh)
{
	for (const struct setup_dict *d = fresh->dicts; d != NULL; d = d->next)
		if (d->dict != NULL && !setup_has_dict(s, d->dict) &&
		    !add(s, d))
			return false;
	return true;
}

void
setup_sweep_dicts(struct setup *s)
{
	struct setup_dict **at = &s->dicts, *d;

	while ((d = *at) != NULL) {
		if (is_used(s, d->dict)) {
			at = &d->next;
			continue;
		}
		*at = d->next;
		fix_dict_free(d->dict);
		free(d);
	}
}
