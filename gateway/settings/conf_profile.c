/*
 * Profiles: the settings that stand behind a section's own.
 *
 * A SESSION, DROPCOPY or DEFAULT section with Profile=NAME gets those of the
 * profile that came with fixgate, with Profile=PATH (a '/' is in it) those of a
 * file of the user's. What the settings file itself says, in the section or in
 * [DEFAULT], counts before them. A profile is read once, by the same reader, so
 * that a fault in it names its file and line; it has no sections and names no
 * other profile.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "gateway/settings/conf_int.h"
#include "gateway/settings/conf_keys.h"
#include "gateway/settings/profile.h"

#define KEY "Profile"

static struct conf_section *
new_profile(struct conf *c, const struct conf_section *from, const char *value)
{
	struct conf_section *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		c->nomem = true;
		return NULL;
	}
	p->conf = c;
	p->kind = from->kind;
	p->name = conf_copy(c, value, strlen(value));
	p->next = c->profiles;
	c->profiles = p;
	return p;
}

static void
read_file(struct conf *c, struct conf_section *p, const struct conf_entry *e)
{
	const char *path = conf_beside(c, e->dir, e->value);
	size_t len;
	struct stat st;
	char *text = NULL;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		errno = EINVAL; /* a device or a pipe might never end */
	else
		text = conf_slurp(path, &len);
	if (text == NULL) {
		conf_tell(c, true, e->line, "profile %s: %s", path,
		    strerror(errno));
		return;
	}
	conf_read_keys(c, p, path, text, len);
	free(text);
}

static void
read_shipped(struct conf *c, struct conf_section *p, const struct conf_entry *e)
{
	const struct profile *shipped = profile_named(e->value);
	char file[CONF_NAME_MAX + 32], names[512];

	if (shipped != NULL) {
		snprintf(file, sizeof(file), "profiles/%s.conf", shipped->name);
		conf_read_keys(
		    c, p, file, shipped->text, strlen(shipped->text));
		return;
	}
	profile_names(names, sizeof(names));
	conf_tell(c, true, e->line,
	    "no profile '%.100s': there are %s; a file of your own has a "
	    "'/' in its name",
	    e->value, names);
}

static const struct conf_section *
profile_of(
    struct conf *c, const struct conf_section *from, const struct conf_entry *e)
{
	struct conf_section *p;

	for (p = c->profiles; p != NULL; p = p->next)
		if (strcmp(p->name, e->value) == 0)
			return p;
	p = new_profile(c, from, e->value);
	if (p == NULL || p->name == NULL)
		return NULL;
	if (strchr(e->value, '/') != NULL)
		read_file(c, p, e);
	else
		read_shipped(c, p, e);
	for (unsigned i = 0; i < p->n; i++)
		if (strcmp(p->entries[i].known->name, KEY) == 0)
			conf_fault(p, KEY, "a profile can't name another");
	return p;
}

void
conf_link_profiles(struct conf *c)
{
	for (struct conf_section *s = c->first; s != NULL; s = s->next)
		for (unsigned i = 0; i < s->n; i++)
			if (strcmp(s->entries[i].known->name, KEY) == 0)
				s->profile = profile_of(c, s, &s->entries[i]);
}
