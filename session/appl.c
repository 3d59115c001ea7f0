/*
 * FIXT.1.1: which version an application message is of, and the dictionary that
 * belongs to it.
 *
 * ApplVerID(1128) in the message comes first, then what the peer's Logon says
 * of its MsgType in NoMsgTypes(384), then its DefaultApplVerID(1137). Of several
 * entries of one type that with DefaultVerIndicator(1410)=Y counts; of those
 * that lack it, one that stands alone. FIX 5.0SP2 volume 2, "ApplVerID"; R16. A
 * message of a version without a dictionary is refused, 373=18. FIX Latest is
 * FIX.5.0SP2 and what came after: where it has no dictionary of its own that of
 * FIX.5.0SP2 serves, and what is younger is refused by that.
 */
#include <stdlib.h>

#include "session/internal.h"

#define TYPES_MAX 512u /* entries of a Logon that are looked at */

/* What a Logon says of one MsgType. */
struct appl_type {
	char type[8];
	enum fix_version version;
	bool marked; /* 1410=Y */
};

struct entry {
	struct fix_span type;
	enum fix_version version;
	bool marked, received;
};

static bool
of_group(uint32_t tag)
{
	return tag == 372 || tag == 385 || tag == 1130 || tag == 1406 ||
	       tag == 1131 || tag == 1410;
}

/* One entry, from its RefMsgType(372) on. @return where the next one begins */
static uint32_t
read_entry(const struct fix_msg *m, uint32_t i, struct entry *e)
{
	memset(e, 0, sizeof(*e));
	e->type = fix_msg_at(m, i);
	for (i++; i < m->n && of_group(m->fields[i].tag) &&
		  m->fields[i].tag != 372;
	     i++) {
		struct fix_span v = fix_msg_at(m, i);

		if (m->fields[i].tag == 385)
			e->received = fix_span_is(v, "R");
		else if (m->fields[i].tag == 1130)
			e->version = fix_version_of_appl(v);
		else if (m->fields[i].tag == 1410)
			e->marked = fix_span_is(v, "Y");
	}
	return i;
}

static struct appl_type *
type_named(const struct fix_session *s, struct fix_span type)
{
	for (unsigned i = 0; i < s->n_appl; i++)
		if (fix_span_is(type, s->appl[i].type))
			return &s->appl[i];
	return NULL;
}

/* Entries of what the peer sends, one for each type. */
static void
take_entry(struct fix_session *s, const struct entry *e)
{
	struct appl_type *t = type_named(s, e->type);

	if (e->received || e->version == FIX_V_NONE || e->type.len == 0 ||
	    e->type.len >= sizeof(t->type))
		return;
	if (t == NULL) {
		t = &s->appl[s->n_appl++];
		memcpy(t->type, e->type.p, e->type.len);
		t->version = e->version;
		t->marked = e->marked;
	} else if (e->marked && !t->marked) {
		t->version = e->version;
		t->marked = true;
	} else if (!t->marked) {
		t->version = FIX_V_NONE; /* several, and none is the default */
	}
}

void
fs_forget_types(struct fix_session *s)
{
	free(s->appl);
	s->appl = NULL;
	s->n_appl = 0;
}

/* NoMsgTypes of the peer's Logon. @return false: out of memory */
bool
fs_read_types(struct fix_session *s, const struct fix_msg *m)
{
	uint32_t i, n = 0, first;
	struct entry e;

	fs_forget_types(s);
	for (i = 0; i < m->n && m->fields[i].tag != 384; i++)
		;
	for (first = ++i; i < m->n && of_group(m->fields[i].tag); i++)
		n += m->fields[i].tag == 372;
	if (n == 0 || m->fields[first].tag != 372)
		return true;
	if (n > TYPES_MAX)
		n = TYPES_MAX;
	s->appl = calloc(n, sizeof(*s->appl));
	if (s->appl == NULL)
		return false;
	for (i = first; n > 0; n--) {
		i = read_entry(m, i, &e);
		take_entry(s, &e);
	}
	return true;
}

/* @return FIX_V_NONE for an ApplVerID that nobody knows */
static enum fix_version
version_of(const struct fix_session *s, const struct fix_msg *m)
{
	const struct appl_type *t;
	struct fix_span v;

	if (!s->fixt)
		return s->version;
	if (fix_msg_get(m, 1128, &v))
		return fix_version_of_appl(v);
	t = s->n_appl == 0 ? NULL : type_named(s, fix_msg_type(m));
	if (t != NULL && t->version != FIX_V_NONE)
		return t->version;
	return s->peer_appl != FIX_V_NONE ? s->peer_appl : s->cfg.default_appl;
}

enum fix_version
fix_session_msg_version(const struct fix_session *s, const struct fix_msg *m)
{
	enum fix_version v = version_of(s, m);

	return v != FIX_V_NONE ? v : s->cfg.default_appl;
}

static const struct fix_dict *
own_dict(const struct fix_session *s, enum fix_version v)
{
	const struct fix_session_cfg *c = &s->cfg;

	if (c->apps[v] != NULL)
		return c->apps[v];
	return v == c->default_appl ? c->app : NULL;
}

/* Application dictionary of a version of a FIXT.1.1 session, NULL: none. */
const struct fix_dict *
fs_appl_dict(const struct fix_session *s, enum fix_version v)
{
	const struct fix_dict *d = v == FIX_V_NONE ? NULL : own_dict(s, v);

	if (d == NULL && v == FIX_V_LATEST)
		d = own_dict(s, FIX_V_50SP2);
	if (d == NULL && v == FIX_V_50SP2 &&
	    s->cfg.default_appl == FIX_V_LATEST)
		d = own_dict(s, FIX_V_LATEST);
	return d;
}

const struct fix_dict *
fix_session_dict(const struct fix_session *s, const struct fix_msg *m)
{
	const struct fix_session_cfg *c = &s->cfg;

	if (s->fixt && !fs_is_admin(fix_msg_type(m)))
		return fs_appl_dict(s, version_of(s, m));
	return c->app != NULL && !s->fixt ? c->app : c->transport;
}

/* Does the check refuse anything at all? If not, a version without a dictionary
 * is taken, too. */
bool
fs_checks(const struct fix_session *s)
{
	const struct fix_check *c = &s->cfg.check;

	return s->cfg.transport != NULL && s->cfg.level != FIX_LEVEL_OFF &&
	       (c->unknown_fields || c->unknown_msg_fields || c->enums ||
		   c->required);
}
