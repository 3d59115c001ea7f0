/*
 * The trader's venues: what they say goes to the desk, what they want kept goes
 * to the journal, and an operator sees when one that lives in a process of its
 * own comes and goes, and why.
 */
#include <stdlib.h>

#include "gateway/trader/holdings.h"
#include "gateway/venue/fix.h"
#include "gateway/venue/process.h"

static void
note_state(struct trader *t, const struct venue *v, const struct venue_event *e)
{
	if (!venue_is_process(v) && !venue_is_fix(v))
		return;
	if (e->kind == VENUE_UP)
		trader_note(t, LOG_L_INFO, 0, "venue %s is up", v->name);
	else if (e->kind == VENUE_DOWN)
		trader_note(t, LOG_L_WARN, 0, "venue %s is down: %s", v->name,
		    v->why[0] == '\0' ? "it does not say why" : v->why);
}

static void
on_event(void *arg, struct venue *v, const struct venue_event *e)
{
	struct trader *t = arg;

	FAILPOINT("K7_venue_event_read");
	if (e->kind == VENUE_MARK && space_tight(t))
		return; /* prices go to the journal, and no order needs one */
	note_state(t, v, e);
	if (e->kind == VENUE_FILL) {
		t->counts.fills++;
		t->turn_fills++;
	}
	desk_venue_event(t->desk, v, e, t->now);
}

/* A venue's pairs stand under its name, so that a config may be reordered. */
static void
on_keep(void *arg, struct venue *v, struct fix_span key, struct fix_span value)
{
	struct trader *t = arg;
	uint8_t full[FIX_STORE_KEY_MAX];
	size_t name = strlen(v->name) + 1;
	struct fix_span k = { full, name + key.len };

	if (k.len > sizeof(full)) {
		trader_fail(t, -FIX_E_TOOBIG, "a venue's key is too long");
		return;
	}
	memcpy(full, v->name, name);
	memcpy(full + name, key.p, key.len);
	trader_keep(t, FIX_TAB_VENUES, 0, k, value);
}

static void
on_alert(void *arg, struct venue *v, const char *text)
{
	trader_note(
	    arg, LOG_L_WARN, 0, "alert: venue %s: %s", v->name, text);
}

struct venue_sink
trader_sink(struct trader *t)
{
	return (struct venue_sink){ t, on_event, on_keep, on_alert,
		holdings_account };
}

int
trader_add_venue(struct trader *t, struct venue *v)
{
	struct venue **more = realloc(t->venues,
	    (t->n_venues + 1) * sizeof(struct venue *));

	if (more == NULL)
		return -FIX_E_NOMEM;
	t->venues = more;
	t->venues[t->n_venues++] = v;
	return 0;
}

struct venue *
trader_venue_at(struct trader *t, uint32_t n)
{
	return n < t->n_venues ? t->venues[n] : NULL;
}

struct venue *
trader_venue(struct trader *t, const char *name)
{
	for (uint32_t i = 0; i < t->n_venues; i++)
		if (strcmp(t->venues[i]->name, name) == 0)
			return t->venues[i];
	return NULL;
}

void
venues_free(struct trader *t)
{
	for (uint32_t i = 0; i < t->n_venues; i++)
		t->venues[i]->ops->free(t->venues[i]);
	free(t->venues);
	holdings_free(t);
}
