/*
 * Dictionaries for showing messages.
 *
 * BeginString names the version up to FIX.4.4. FIXT.1.1 carries any later one:
 * ApplVerID(1128) in the message names it, else DefaultApplVerID(1137) of the
 * session's Logon, else FIX.5.0SP2 is as good a guess as any, for later
 * versions keep the tags of earlier ones. A missing dictionary is no reason to
 * show nothing: tags stand without names then.
 */
#include "gateway/cli/dicts.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_SEEN 256 /* sessions whose 1137 is remembered; oldest go first */
#define COMP_MAX 64

struct seen {
	char sender[COMP_MAX], target[COMP_MAX];
	enum fix_version version;
};

struct dicts {
	struct fix_dict *given; /* of the user, for application messages */
	struct fix_dict *by_version[FIX_N_VERSION];
	struct fix_dict *fixt; /* session layer of FIXT.1.1 */
	bool tried[FIX_N_VERSION];
	bool tried_fixt;
	struct seen seen[MAX_SEEN];
	unsigned n_seen; /* ever; the ring holds the last MAX_SEEN */
};

struct dicts *
dicts_new(const char *path, struct fix_dict_error *why)
{
	struct dicts *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		snprintf(why->text, sizeof(why->text), "out of memory");
		return NULL;
	}
	if (path != NULL && fix_dict_load(&d->given, path, why) != 0) {
		free(d);
		return NULL;
	}
	return d;
}

void
dicts_free(struct dicts *d)
{
	unsigned v;

	if (d == NULL)
		return;
	for (v = 0; v < FIX_N_VERSION; v++)
		fix_dict_free(d->by_version[v]);
	fix_dict_free(d->fixt);
	fix_dict_free(d->given);
	free(d);
}

/* v FIX_V_NONE: the session layer's. */
static struct fix_dict *
load(enum fix_version v)
{
	struct fix_dict *d = NULL;
	struct fix_dict_error e;

	if (fix_dict_load_version(&d, v, &e) == 0)
		return d;
	fprintf(stderr, "fixgate: no names for %s: %s\n",
	    v == FIX_V_NONE ? "FIXT.1.1" : fix_version_name(v), e.text);
	return NULL;
}

static const struct fix_dict *
of_version(struct dicts *d, enum fix_version v)
{
	if (v == FIX_V_LATEST)
		v = FIX_V_50SP2; /* no other file has its names */
	if (v == FIX_V_NONE)
		return NULL;
	if (!d->tried[v]) {
		d->tried[v] = true;
		d->by_version[v] = load(v);
	}
	return d->by_version[v];
}

static const struct fix_dict *
of_fixt(struct dicts *d)
{
	if (!d->tried_fixt) {
		d->tried_fixt = true;
		d->fixt = load(FIX_V_NONE);
	}
	return d->fixt;
}

static struct seen *
seen_of(struct dicts *d, const struct fix_msg *m, bool make)
{
	unsigned i, n = d->n_seen < MAX_SEEN ? d->n_seen : MAX_SEEN;
	struct fix_span from = { NULL, 0 }, to = { NULL, 0 };
	struct seen *s;

	fix_msg_get(m, 49, &from);
	fix_msg_get(m, 56, &to);
	for (i = 0; i < n; i++) {
		s = &d->seen[i];
		if ((fix_span_is(from, s->sender) &&
			fix_span_is(to, s->target)) ||
		    (fix_span_is(from, s->target) &&
			fix_span_is(to, s->sender)))
			return s;
	}
	if (!make)
		return NULL;
	s = &d->seen[d->n_seen++ % MAX_SEEN];
	fix_span_copy(from, s->sender, sizeof(s->sender));
	fix_span_copy(to, s->target, sizeof(s->target));
	return s;
}

/* Version of an application message over FIXT.1.1. */
static enum fix_version
fixt_version(struct dicts *d, const struct fix_msg *m)
{
	enum fix_version v = FIX_V_NONE;
	struct fix_span text;
	struct seen *s;

	if (fix_span_is(fix_msg_type(m), "A") && fix_msg_get(m, 1137, &text)) {
		v = fix_version_of_appl(text);
		if (v != FIX_V_NONE)
			seen_of(d, m, true)->version = v;
	} else if (fix_msg_get(m, 1128, &text)) {
		v = fix_version_of_appl(text);
	} else {
		s = seen_of(d, m, false);
		v = s == NULL ? FIX_V_NONE : s->version;
	}
	return v == FIX_V_NONE ? FIX_V_50SP2 : v;
}

struct dict_pair
dicts_of(struct dicts *d, const struct fix_msg *m)
{
	struct fix_span begin = fix_msg_at(m, 0);
	struct dict_pair p;

	if (fix_span_is(begin, "FIXT.1.1")) {
		p.transport = of_fixt(d);
		p.app = d->given != NULL ? d->given
					 : of_version(d, fixt_version(d, m));
		return p;
	}
	p.transport = d->given != NULL
			  ? d->given
			  : of_version(d, fix_version_of_begin(begin));
	p.app = p.transport;
	return p;
}

struct dict_pair
dicts_of_version(struct dicts *d, enum fix_version v)
{
	struct dict_pair p;

	p.app = d->given != NULL ? d->given : of_version(d, v);
	p.transport = v >= FIX_V_50 ? of_fixt(d) : p.app;
	return p;
}

const struct fix_dict_field *
dicts_field(struct dict_pair p, uint32_t tag)
{
	const struct fix_dict_field *f = NULL;

	if (p.app != NULL)
		f = fix_dict_field(p.app, tag);
	if (f == NULL && p.transport != NULL)
		f = fix_dict_field(p.transport, tag);
	return f;
}

const char *
dicts_value_name(struct dict_pair p, uint32_t tag, struct fix_span value)
{
	const char *name = NULL;

	if (p.app != NULL)
		name = fix_dict_value_name(p.app, tag, value);
	if (name == NULL && p.transport != NULL)
		name = fix_dict_value_name(p.transport, tag, value);
	return name;
}

const char *
dicts_msg_name(struct dict_pair p, struct fix_span type)
{
	const char *name = NULL;

	if (p.app != NULL)
		name = fix_dict_msg_name(p.app, type);
	if (name == NULL && p.transport != NULL)
		name = fix_dict_msg_name(p.transport, type);
	return name;
}
