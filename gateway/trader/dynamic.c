/*
 * Sessions made from templates, as QuickFIX/J's AcceptorTemplate makes them.
 *
 * In: the identity of a Logon that no session of the settings is for; it has
 * passed every check that stands before the trader (address, TLS, credentials).
 * Out: a session of its own, whose number, row and identity are journaled in
 * the turn of its first Logon, so that a crash behind its answer finds the
 * session and its numbers again. It stays until a person takes it away; where
 * its template is gone, or MaxDynamicSessions has become less, a start says
 * that it is not served, and keeps what belongs to it.
 *
 * A stranger's text becomes part of names here, in the journal and for people:
 * so only letters, digits and a few signs are taken, and nothing that parts the
 * pieces of a session's id.
 */
#include "gateway/trader/inside.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define PARTS 7
#define PART_MAX 64

struct made {
	struct trader_session_cfg cfg;
	uint32_t from; /* index of its template in cfg->sessions */
	char text[PARTS][PART_MAX + 1];
};

/* Ours and the peer's parts of an identity, in the same order. Its sender is
 * our target. */
static void
ours_of(const struct fix_session_cfg *f, const char *out[PARTS])
{
	out[0] = f->begin_string;
	out[1] = f->sender_comp_id;
	out[2] = f->sender_sub_id;
	out[3] = f->sender_location_id;
	out[4] = f->target_comp_id;
	out[5] = f->target_sub_id;
	out[6] = f->target_location_id;
}

static void
theirs_of(const struct fix_identity *id, struct fix_span out[PARTS])
{
	out[0] = id->begin_string;
	out[1] = id->target_comp_id;
	out[2] = id->target_sub_id;
	out[3] = id->target_location_id;
	out[4] = id->sender_comp_id;
	out[5] = id->sender_sub_id;
	out[6] = id->sender_location_id;
}

static bool
is_wild(const char *ours)
{
	return ours != NULL && strcmp(ours, "*") == 0;
}

static bool
may_be_a_name(struct fix_span s)
{
	if (s.len < 1 || s.len > PART_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum(s.p[i]) && (s.p[i] == '\0' ||
		    strchr("._-+@#&", s.p[i]) == NULL))
			return false;
	return true;
}

bool
trader_template_fits(const struct fix_session_cfg *tpl,
    const struct fix_identity *id)
{
	const char *ours[PARTS];
	struct fix_span theirs[PARTS];

	ours_of(tpl, ours);
	theirs_of(id, theirs);
	for (int i = 0; i < PARTS; i++) {
		if (ours[i] == NULL)
			continue;
		if (is_wild(ours[i]) ? !may_be_a_name(theirs[i]) :
		    !fix_span_is(theirs[i], ours[i]))
			return false;
	}
	return true;
}

static void
resolve(struct made *m, const struct trader_session_cfg *tpl,
    const struct fix_identity *id)
{
	const char *ours[PARTS];
	struct fix_span theirs[PARTS];

	ours_of(&tpl->fix, ours);
	theirs_of(id, theirs);
	for (int i = 0; i < PARTS; i++)
		if (is_wild(ours[i])) {
			(void)fix_span_copy(theirs[i], m->text[i],
			    sizeof(m->text[i]));
			ours[i] = m->text[i];
		}
	m->cfg = *tpl;
	m->cfg.fix.begin_string = ours[0];
	m->cfg.fix.sender_comp_id = ours[1];
	m->cfg.fix.sender_sub_id = ours[2];
	m->cfg.fix.sender_location_id = ours[3];
	m->cfg.fix.target_comp_id = ours[4];
	m->cfg.fix.target_sub_id = ours[5];
	m->cfg.fix.target_location_id = ours[6];
}

size_t
trader_template_id(const struct fix_session_cfg *tpl,
    const struct fix_identity *id, char *out, size_t cap)
{
	struct trader_session_cfg cfg = { .fix = *tpl };
	struct made m = { .from = 0 };

	resolve(&m, &cfg, id);
	return client_id(&m.cfg.fix, out, cap);
}

static uint32_t
n_all(const struct trader *t)
{
	return t->cfg.n_sessions + t->cfg.n_templates;
}

static uint32_t
template_for(const struct trader *t, const struct fix_identity *id)
{
	uint32_t i = t->cfg.n_sessions;

	while (i < n_all(t) &&
	    !trader_template_fits(&t->cfg.sessions[i].fix, id))
		i++;
	return i;
}

uint32_t
dynamic_template(const struct client *c)
{
	return c->made == NULL ? UINT32_MAX : c->made->from;
}

void
dynamic_free(struct client *c)
{
	free(c->made);
}

int
trader_permit(struct risk *r, uint32_t number, const char *accounts)
{
	char account[RISK_ID_MAX + 1];
	int rc = 0;

	while (rc == 0 && *(accounts += strspn(accounts, ", \t")) != '\0') {
		size_t len = strcspn(accounts, ", \t");

		if (len > RISK_ID_MAX)
			return -FIX_E_TOOBIG;
		memcpy(account, accounts, len);
		account[len] = '\0';
		accounts += len;
		if (r != NULL)
			rc = risk_permit(r, number, account);
	}
	return rc;
}

/* The next free client, made for id. @return NULL: no memory */
static struct client *
make(struct trader *t, uint32_t from, const struct fix_identity *id)
{
	struct client *c = &t->clients[t->n_clients];
	const struct trader_session_cfg *tpl = &t->cfg.sessions[from];
	struct desk_session d = tpl->desk;

	c->made = calloc(1, sizeof(*c->made));
	if (c->made == NULL)
		return NULL;
	resolve(c->made, tpl, id);
	c->made->from = from;
	c->made->cfg.schedule = t->hours[from - t->cfg.n_sessions];
	t->n_clients++; /* from here on trader_free() sees to it */
	if (client_load(t, c, &c->made->cfg) != 0)
		return NULL;
	d.number = c->number;
	if (desk_add_session(t->desk, &d) != 0 || (tpl->accounts != NULL &&
	    trader_permit(t->risk, c->number, tpl->accounts) != 0))
		return NULL;
	return c;
}

static struct fix_span
key_of(const struct client *c, char out[32])
{
	return (struct fix_span){ (const uint8_t *)out,
		(size_t)snprintf(out, 32, "dynamic %u", c->number) };
}

/* What it takes to make it again: the parts of its Logon, SOH between. */
static void
keep(struct trader *t, const struct client *c)
{
	const char *ours[PARTS];
	char value[PARTS * (PART_MAX + 2)], key[32];
	struct fix_span v = { (const uint8_t *)value, 0 };

	ours_of(&c->made->cfg.fix, ours);
	for (int i = 0; i < PARTS; i++)
		v.len += (size_t)snprintf(value + v.len, sizeof(value) - v.len,
		    "%s\x01", ours[i] == NULL ? "" : ours[i]);
	trader_keep(t, FIX_TAB_CONTROL, c->number, key_of(c, key), v);
}

static bool
is_open(const struct trader *t, uint32_t from)
{
	return fix_schedule_open(&t->hours[from - t->cfg.n_sessions],
	    t->now.utc);
}

struct client *
dynamic_make(struct trader *t, const struct fix_identity *id, const char **why)
{
	uint32_t from = template_for(t, id);
	char name[2 * SESSION_ID_MAX];
	struct client *c;

	*why = NULL;
	if (from == n_all(t))
		*why = "no session has these CompIDs and BeginString";
	else if (trader_template_id(&t->cfg.sessions[from].fix, id, name,
	    sizeof(name)) > SESSION_ID_MAX)
		*why = "its CompIDs together are too long for a session";
	else if (t->n_clients - t->cfg.n_sessions >= t->cfg.max_dynamic)
		*why = "it would be a new session, and there are "
		    "MaxDynamicSessions already";
	else if (space_tight(t))
		*why = "it would be a new session, and the disk is full";
	else if (!is_open(t, from))
		*why = "it would be a new session, out of its template's hours";
	if (*why != NULL)
		return NULL;
	c = make(t, from, id);
	if (c == NULL) {
		trader_fail(t, -FIX_E_NOMEM, "a session from a template");
		return NULL;
	}
	if (c->shut)
		fix_session_schedule(c->fix, false, false, t->now);
	keep(t, c);
	trader_note(t, LOG_L_WARN, c->number, "%s: a new session, made from a "
	    "template at its first Logon", c->id);
	return c;
}

/* Empty parts are none. @return false: this is no kept identity */
static bool
read_kept(struct fix_span value, struct fix_identity *id)
{
	struct fix_span part[PARTS];
	const uint8_t *p = value.p, *end = value.p + value.len;

	for (int i = 0; i < PARTS; i++) {
		const uint8_t *soh = p == end ? NULL :
		    memchr(p, 1, (size_t)(end - p));

		if (soh == NULL)
			return false;
		part[i] = (struct fix_span){ p, (size_t)(soh - p) };
		p = soh + 1;
	}
	*id = (struct fix_identity){ .begin_string = part[0],
		.target_comp_id = part[1], .target_sub_id = part[2],
		.target_location_id = part[3], .sender_comp_id = part[4],
		.sender_sub_id = part[5], .sender_location_id = part[6] };
	return p == end;
}

static uint32_t
number_in(struct fix_span key)
{
	uint32_t n = 0;

	for (size_t i = strlen("dynamic "); i < key.len; i++)
		n = n * 10 + (uint32_t)(key.p[i] - '0');
	return n;
}

static int
load_one(void *arg, struct fix_span key, struct fix_span value)
{
	struct trader *t = arg;
	uint32_t number = number_in(key), from;
	const char *why = NULL;
	struct fix_identity id;

	if (!read_kept(value, &id))
		return -FIX_E_FOREIGN;
	if (client_numbered(t, number) != NULL)
		return 0; /* the settings have it by now */
	from = template_for(t, &id);
	if (from == n_all(t))
		why = "no template fits any more";
	else if (t->n_clients - t->cfg.n_sessions >= t->cfg.max_dynamic)
		why = "MaxDynamicSessions has become less";
	if (why == NULL)
		return make(t, from, &id) == NULL ? -FIX_E_NOMEM : 0;
	trader_note(t, LOG_L_WARN, number, "session %u of %.*s, made from a "
	    "template, is kept but not served: %s", number,
	    (int)id.sender_comp_id.len, (const char *)id.sender_comp_id.p, why);
	return 0;
}

int
dynamic_load(struct trader *t)
{
	static const struct fix_span all = { NULL, 0 };

	return fix_store_each(t->cfg.store, FIX_TAB_CONTROL,
	    fix_span_of("dynamic "), all, load_one, t);
}
