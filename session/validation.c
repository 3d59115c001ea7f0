/*
 * What a session checks messages by: dictionaries, switches and levels, taken
 * when it is made and again while it runs.
 *
 * The session holds the dictionaries and has its own copy of the lists, so the
 * caller may free his at once. A change is whole or not at all, and comes
 * between two messages: nothing that is queued points into a dictionary.
 * Messages held in a gap are judged when their turn comes, by what is valid
 * then.
 */
#include <stdlib.h>
#include <string.h>

#include "session/internal.h"

/* Bytes of the lists and of the texts that they point to. */
static size_t
list_bytes(const struct fix_session_cfg *c)
{
	size_t n = c->n_levels * sizeof(*c->levels) +
		   c->check.n_open_enums * sizeof(*c->check.open_enums);

	for (uint32_t i = 0; i < c->n_levels; i++)
		n += strlen(c->levels[i].type) + 1;
	return n;
}

static void
copy_lists(struct fix_session_cfg *c, void *to)
{
	struct fix_type_level *levels = to;
	uint32_t *tags = (uint32_t *)(levels + c->n_levels);
	char *text = (char *)(tags + c->check.n_open_enums);

	if (c->check.n_open_enums > 0)
		memcpy(tags, c->check.open_enums,
		    c->check.n_open_enums * sizeof(*tags));
	for (uint32_t i = 0; i < c->n_levels; i++) {
		size_t n = strlen(c->levels[i].type) + 1;

		levels[i].level = c->levels[i].level;
		levels[i].type = memcpy(text, c->levels[i].type, n);
		text += n;
	}
	c->levels = levels;
	c->check.open_enums = tags;
}

static void
hold(const struct fix_session_cfg *c)
{
	(void)fix_dict_hold(c->transport);
	(void)fix_dict_hold(c->app);
	for (unsigned v = 0; v < FIX_N_VERSION; v++)
		(void)fix_dict_hold(c->apps[v]);
}

static void
leave(const struct fix_session_cfg *c)
{
	fix_dict_free(c->transport);
	fix_dict_free(c->app);
	for (unsigned v = 0; v < FIX_N_VERSION; v++)
		fix_dict_free(c->apps[v]);
}

/* s->cfg points to what the caller has: make it the session's own. */
bool
fs_validation_own(struct fix_session *s)
{
	size_t n = list_bytes(&s->cfg);

	s->lists = malloc(n == 0 ? 1 : n);
	if (s->lists == NULL)
		return false;
	copy_lists(&s->cfg, s->lists);
	hold(&s->cfg);
	return true;
}

void
fs_validation_leave(struct fix_session *s)
{
	leave(&s->cfg);
	free(s->lists);
}

int
fix_session_set_validation(
    struct fix_session *s, const struct fix_session_cfg *cfg)
{
	struct fix_session_cfg old = s->cfg;
	void *old_lists = s->lists;

	if (cfg->default_appl != s->cfg.default_appl)
		return -FIX_E_STATE;
	s->cfg.transport = cfg->transport;
	s->cfg.app = cfg->app;
	memcpy(s->cfg.apps, cfg->apps, sizeof(s->cfg.apps));
	s->cfg.check = cfg->check;
	s->cfg.level = cfg->level;
	s->cfg.levels = cfg->levels;
	s->cfg.n_levels = cfg->n_levels;
	if (!fs_validation_own(s)) {
		s->cfg = old;
		s->lists = old_lists;
		return -FIX_E_NOMEM;
	}
	leave(&old);
	free(old_lists);
	return 0;
}

void
fix_session_set_logon(
    struct fix_session *s, const struct fix_session_cfg *cfg)
{
	s->cfg.username = cfg->username;
	s->cfg.password = cfg->password;
	s->cfg.logon_fields = cfg->logon_fields;
	s->cfg.logon_arg = cfg->logon_arg;
}
