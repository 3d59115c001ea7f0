/*
 * A trader's grant as text: "SIDES MAXSYMBOLS MAXVENUES\n", as struct risk_grant
 * has them, and a line "KIND ID\n" for each symbol, class and venue.
 */
#include "gateway/trader/grant_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/trader/operator.h"
#include "risk/known.h"

static const enum risk_scope kinds[] = { RISK_SCOPE_SYMBOL, RISK_SCOPE_CLASS,
	RISK_SCOPE_VENUE };
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *
grant_text_line(const char *p)
{
	p = strchr(p, '\n');
	return p == NULL || p[1] == '\0' ? NULL : p + 1;
}

/* The next line of a kind. */
static const char *
next_of(const char *p, enum risk_scope kind)
{
	while ((p = grant_text_line(p)) != NULL && atoi(p) != (int)kind)
		;
	return p;
}

static struct risk_grant
head_of(const char *text)
{
	struct risk_grant g = RISK_GRANT_INIT;

	(void)sscanf(text, "%" SCNu32 " %" SCNd64 " %" SCNd64, &g.sides,
	    &g.max_symbols, &g.max_venues);
	return g;
}

static bool
has_line(const char *text, const char *line)
{
	size_t len = strcspn(line, "\n") + 1;

	while ((text = grant_text_line(text)) != NULL)
		if (strncmp(text, line, len) == 0)
			return true;
	return false;
}

char *
grant_text_of(const struct risk *r, const char *name, bool *oom)
{
	struct risk_grant g;
	const char *id;
	char *text = NULL;
	size_t len;
	FILE *f;

	if (!risk_get_grant(r, name, &g))
		return NULL;
	f = open_memstream(&text, &len);
	if (f != NULL) {
		fprintf(f, "%" PRIu32 " %" PRId64 " %" PRId64 "\n", g.sides,
		    g.max_symbols, g.max_venues);
		for (size_t k = 0; k < N_KINDS; k++)
			for (size_t i = 0; (id = risk_granted(r, name, kinds[k],
						i)) != NULL; i++)
				fprintf(f, "%d %s\n", (int)kinds[k], id);
		if (fclose(f) == 0)
			return text;
	}
	free(text);
	*oom = true;
	return NULL;
}

/* Lines of these kinds that both have. An empty list is everything; where
 * nothing would be left, the old one stays. */
static void
both(FILE *f, const char *is, const char *was, const enum risk_scope *kind,
    size_t n)
{
	size_t n_is = 0, n_was = 0, n_both = 0;
	const char *take, *p;

	for (size_t k = 0; k < n; k++) {
		for (p = is; (p = next_of(p, kind[k])) != NULL; n_is++)
			n_both += has_line(was, p);
		for (p = was; (p = next_of(p, kind[k])) != NULL;)
			n_was++;
	}
	take = n_was == 0 || (n_is > 0 && n_both > 0) ? is : was;
	for (size_t k = 0; k < n; k++)
		for (p = take; (p = next_of(p, kind[k])) != NULL;)
			if (take == was || n_was == 0 || has_line(was, p))
				fprintf(f, "%.*s\n", (int)strcspn(p, "\n"), p);
}

static uint32_t
both_sides(uint32_t is, uint32_t was)
{
	if (was == 0)
		return is;
	return is == 0 || (is & was) == 0 ? was : is & was;
}

char *
grant_text_meet(const char *is, const char *was)
{
	struct risk_grant a = head_of(is), b = head_of(was);
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		return NULL;
	fprintf(f, "%" PRIu32 " %" PRId64 " %" PRId64 "\n",
	    both_sides(a.sides, b.sides),
	    a.max_symbols < b.max_symbols ? a.max_symbols : b.max_symbols,
	    a.max_venues < b.max_venues ? a.max_venues : b.max_venues);
	both(f, is, was, kinds, 2); /* symbols and classes are one list */
	both(f, is, was, kinds + 2, 1);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

bool
grant_text_same(const char *a, const char *b)
{
	const char *p;

	if (strncmp(a, b, strcspn(a, "\n") + 1) != 0)
		return false;
	for (p = a; (p = grant_text_line(p)) != NULL;)
		if (!has_line(b, p))
			return false;
	for (p = b; (p = grant_text_line(p)) != NULL;)
		if (!has_line(a, p))
			return false;
	return true;
}

int
grant_text_use(struct risk *r, const char *name, const char *text)
{
	struct risk_grant g = head_of(text);
	char id[RISK_ID_MAX + 1];
	int kind, rc = risk_grant(r, name, &g);

	for (const char *p = text; rc == 0 && (p = grant_text_line(p)) != NULL;) {
		if (sscanf(p, "%d %32[^\n]", &kind, id) == 2)
			rc = risk_grant_to(r, name, (enum risk_scope)kind, id);
	}
	return rc;
}

static void
say_most(struct answer *a, const char *key, int64_t most)
{
	command_say(a, a->json ? "\",\"%s\":\"" : "\n%s=", key);
	if (most == RISK_UNLIMITED)
		command_say(a, "unlimited");
	else
		command_say(a, "%" PRId64, most);
}

static void
say_sides(struct answer *a, uint32_t bits)
{
	static const char *const sides[] = { ['1'] = "buy", ['2'] = "sell",
		['5'] = "short", ['6'] = "exempt" };
	const char *gap = "";

	for (unsigned i = '1'; i <= '6'; i++) {
		if (sides[i] == NULL ||
		    (bits != 0 && (bits >> (i - '0') & 1) == 0))
			continue;
		command_say(a, "%s%s", gap, sides[i]);
		gap = ",";
	}
}

static void
say_list(struct trader *t, struct answer *a, const char *text,
    enum risk_scope kind)
{
	const char *id, *gap = "";

	while ((text = next_of(text, kind)) != NULL) {
		id = strchr(text, ' ') + 1;
		if (kind == RISK_SCOPE_VENUE)
			command_say(a, "%s%s", gap, venue_called(t,
			    (uint32_t)strtoul(id, NULL, 10)));
		else
			command_say(a, "%s%.*s", gap, (int)strcspn(id, "\n"),
			    id);
		gap = ",";
	}
}

void
grant_text_say(struct trader *t, struct answer *a, const char *text)
{
	static const char *const keys[N_KINDS] = { "Symbols", "Classes",
		"Venues" };
	struct risk_grant g;

	if (text == NULL) {
		command_say(a, a->json ? "\"grant\":null" : "no grant\n");
		return;
	}
	g = head_of(text);
	command_say(a, a->json ? "\"grant\":{\"Sides\":\"" : "Sides=");
	say_sides(a, g.sides);
	for (size_t k = 0; k < N_KINDS; k++) {
		command_say(a, a->json ? "\",\"%s\":\"" : "\n%s=", keys[k]);
		say_list(t, a, text, kinds[k]);
	}
	say_most(a, "MaxSymbols", g.max_symbols);
	say_most(a, "MaxVenues", g.max_venues);
	command_say(a, a->json ? "\"}" : "\n");
}
