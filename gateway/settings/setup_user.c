/*
 * [USER name]: what a local account may do on the control socket.
 *
 * Roles and permissions have the names of access.h; Denied takes away what they
 * give. Scopes are a trader's own: what it may stop without the permission for
 * every kill switch, and may not let trade again alone.
 */
#include "config.h"

#include <stdlib.h>
#include <strings.h>

#include "gateway/access.h"
#include "gateway/settings/setup.h"

/* The next of words with commas or blanks between. @return false: no more */
static bool
next_word(const char **at, struct fix_span *w)
{
	*at += strspn(*at, ", \t");
	w->p = (const uint8_t *)*at;
	w->len = strcspn(*at, ", \t");
	*at += w->len;
	return w->len > 0;
}

static uint32_t
read_words(const struct conf_section *sec, const char *key,
    uint32_t (*one)(struct fix_span name), const char *what)
{
	const char *text = conf_str(sec, key, "");
	uint32_t may = 0, bits;
	struct fix_span w;

	while (next_word(&text, &w)) {
		bits = one(w);
		if (bits == 0)
			conf_fault(sec, key, "%s: there is no %s %.*s", key,
			    what, (int)w.len, (const char *)w.p);
		may |= bits;
	}
	return may;
}

static bool
is_scope(struct fix_span w)
{
	for (int i = 0; i < RISK_N_SCOPE; i++) {
		const char *name = risk_scope_name((enum risk_scope)i);

		if (i != RISK_SCOPE_FIRM && w.len == strlen(name) &&
		    strncasecmp((const char *)w.p, name, w.len) == 0)
			return true;
	}
	return false;
}

/* "account A, trader T" */
static void
check_scopes(const struct conf_section *sec)
{
	const char *text = conf_str(sec, "Scopes", "");
	struct fix_span kind, id;

	while (next_word(&text, &kind))
		if (!is_scope(kind) || !next_word(&text, &id)) {
			conf_fault(sec, "Scopes",
			    "Scopes must be account "
			    "NAME, symbol NAME, session NAME, trader NAME, "
			    "group NAME, class NAME or venue NAME, with "
			    "commas between them");
			return;
		}
}

static void
read_user(const struct conf_section *sec, struct trader_user *u)
{
	u->name = conf_name(sec);
	u->may = read_words(sec, "Roles", access_of_role, "role");
	u->may |= read_words(sec, "Permissions", access_of_name, "permission");
	u->may &= ~read_words(sec, "Denied", access_of_name, "permission");
	u->scopes = conf_str(sec, "Scopes", NULL);
	check_scopes(sec);
}

int
setup_users(struct setup *s)
{
	const struct conf_section *sec = NULL;
	uint32_t n = 0;

	while ((sec = conf_next(s->conf, "USER", sec)) != NULL)
		n++;
	s->users = calloc(n + 1, sizeof(*s->users));
	if (s->users == NULL)
		return -FIX_E_NOMEM;
	while ((sec = conf_next(s->conf, "USER", sec)) != NULL)
		read_user(sec, &s->users[s->n_users++]);
	return 0;
}
