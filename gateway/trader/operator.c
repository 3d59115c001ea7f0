/*
 * Operators: who they are, and what they may.
 *
 * The kernel says who has called (control.c). With [USER] sections a person has
 * the permissions of his; without one he has none, except for the account that
 * the gateway runs as, and root: who holds the data folder can't be kept out of
 * it, but stands in the journal. Two people are two names, always.
 */
#include <stdio.h>

#include "gateway/trader/operator.h"

void
trader_operator(struct trader *t, const char *who, bool owner)
{
	const struct trader_user *u = t->cfg.users;

	snprintf(t->who.name, sizeof(t->who.name), "%s", who);
	t->who.may = owner ? ACCESS_ALL : 0;
	t->who.scopes = NULL;
	for (uint32_t i = 0; i < t->cfg.n_users; i++)
		if (strcmp(u[i].name, who) == 0) {
			t->who.may = u[i].may;
			t->who.scopes = u[i].scopes;
		}
}

const char *
access_who(const struct trader *t)
{
	return t->who.name;
}

bool
access_may(const struct trader *t, enum access what)
{
	return access_has(t->who.may, what);
}

/* "account A, trader T": does one of them hold all of where? */
bool
access_owns(const struct trader *t, const struct risk_where *where)
{
	char text[1024], *save = NULL;

	if (t->who.scopes == NULL || !access_may(t, ACCESS_TRADING_EXECUTE))
		return false;
	snprintf(text, sizeof(text), "%s", t->who.scopes);
	for (char *p = strtok_r(text, ",", &save); p != NULL;
	     p = strtok_r(NULL, ",", &save)) {
		struct words w = { .n = 0 };
		char *word = NULL, id[RISK_ID_MAX + 1], nowhere[200];
		struct answer a = { nowhere, sizeof(nowhere), 0, false };
		enum risk_scope kind;

		for (char *q = strtok_r(p, " \t", &word); q != NULL && w.n < 2;
		     q = strtok_r(NULL, " \t", &word))
			w.w[w.n++] = q;
		if (command_scope(t, &a, &w, 0, &kind, id, sizeof(id)) != 0 &&
		    (where->kinds & 1u << kind) != 0 &&
		    strcmp(where->id[kind], id) == 0)
			return true;
	}
	return false;
}

void
access_deny(struct trader *t, struct answer *a, enum access what)
{
	trader_note(t, LOG_L_WARN, 0, "denied: %s lacks %s for: %s",
	    t->who.name[0] != '\0' ? t->who.name : "somebody unknown",
	    access_name(what), t->who.line);
	command_say(a, "error: denied: %s does not have the permission %s\n",
	    t->who.name[0] != '\0' ? t->who.name : "whoever you are",
	    access_name(what));
}
