/*
 * SIGHUP: what can change while orders are under way.
 *
 * The whole file is read and checked first, keys and certificates included, so
 * that a fault in it changes nothing. Then each part of the table takes what is
 * its own from the fresh plan, which stays until the next reload: a part may
 * point into it. What is in no part (sessions, ports, venues, routes) keeps
 * the settings of the start.
 */
#include "config.h"

#include "gateway/trader/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_MAX 256

struct holding {
	struct trader *trader;
	bool good;
};

static void
hold(void *arg, const struct trader_scope *at)
{
	struct holding *h = arg;

	h->good = h->good && trader_limits_hold(h->trader, at) == 0;
}

static void
hold_last(void *arg, const struct trader_scope *at)
{
	struct holding *h = arg;

	h->good = h->good && trader_limits_hold_last(h->trader, at) == 0;
}

static void
tell_waiting(unsigned n)
{
	if (n > 0)
		log_warn("the file loosens limits of %u scope%s: that waits for "
		    "somebody's fixgate risk approve", n, n == 1 ? "" : "s");
}

bool
reload_compare(struct trader *t, const struct plan *p)
{
	struct holding h = { t, true };

	setup_limited(p->setup, t, hold_last, &h);
	h.good = h.good && trader_limits_hold_gone(t) == 0 &&
	    trader_grants_hold_last(t) == 0;
	tell_waiting(trader_limits_start(t));
	if (!h.good)
		log_error("the limits of before this start can't be read");
	return h.good;
}

static bool
take_limits(struct reload *r, const struct plan *fresh)
{
	struct holding h = { r->trader, true };

	setup_limited(fresh->setup, r->trader, hold, &h);
	trader_grants_hold(r->trader);
	h.good = h.good && setup_risk(fresh->setup, r->risk) == 0 &&
	    setup_traders(fresh->setup, r->trader, r->risk) == 0 &&
	    setup_markets(fresh->setup, r->trader) == 0 &&
	    trader_limits_again(r->trader) == 0 &&
	    trader_limits_hold_gone(r->trader) == 0;
	tell_waiting(trader_limits_tighter(r->trader));
	return h.good;
}

static bool
take_log(struct reload *r, const struct plan *fresh)
{
	(void)r;
	log_open("trader", fresh->log_to, fresh->log_level);
	return true;
}

struct pair {
	const struct reload *r;
	const struct plan *fresh;
};

static uint32_t
fresh_index(const void *arg, uint32_t i)
{
	const struct pair *p = arg;

	return reload_session(p->r, p->fresh, i);
}

static bool
take_certs(struct reload *r, const struct plan *fresh)
{
	const struct pair p = { r, fresh };

	return loop_certs(r->loop, fresh, fresh_index, &p);
}

/* Tell of dictionaries that the running setup does not have yet. */
static void
tell_dictionaries(struct reload *r, const struct plan *fresh)
{
	const struct setup *s = fresh->setup;
	char text[512];
	uint32_t n;

	for (const struct setup_dict *d = s->dicts; d != NULL; d = d->next) {
		if (setup_has_dict(r->plan->setup, d->dict))
			continue;
		n = 0;
		for (uint32_t i = 0; i < setup_all(s); i++)
			n += setup_uses_dict(&s->sessions[i].fix, d->dict);
		snprintf(text, sizeof(text),
		    "dictionary %s was read anew: %u session%s check%s by it "
		    "from now on",
		    d->path, n, n == 1 ? "" : "s", n == 1 ? "s" : "");
		trader_event(r->trader, text);
	}
}

/* Each session goes on with the next message it gets; one that the file does
 * not have any more stays as it is. */
static bool
take_dictionaries(struct reload *r, const struct plan *fresh)
{
	struct setup *now = r->plan->setup;
	struct fix_session_cfg *f;
	bool all = true;

	tell_dictionaries(r, fresh);
	if (!setup_add_dicts(now, fresh->setup))
		return false;
	for (uint32_t i = 0; i < setup_all(now); i++) {
		uint32_t j = reload_session(r, fresh, i);

		if (j >= setup_all(fresh->setup))
			continue;
		f = &fresh->setup->sessions[j].fix;
		if (trader_set_validation(r->trader, i, f) != 0) {
			all = false;
			continue;
		}
		now->sessions[i].fix.transport = f->transport;
		now->sessions[i].fix.app = f->app;
		memcpy(now->sessions[i].fix.apps, f->apps, sizeof(f->apps));
	}
	setup_sweep_dicts(now);
	return all;
}

static bool
take_schedules(struct reload *r, const struct plan *fresh)
{
	uint32_t n = setup_all(r->plan->setup), j;
	const struct fix_schedule **s = calloc(n + 1, sizeof(*s));

	if (s == NULL) {
		log_error("out of memory");
		return false;
	}
	for (uint32_t i = 0; i < n; i++) {
		j = reload_session(r, fresh, i);
		if (j < setup_all(fresh->setup))
			s[i] = &fresh->setup->sessions[j].schedule;
	}
	trader_set_schedules(r->trader, s, loop_now(r->loop));
	free(s);
	return true;
}

static bool
take_credentials(struct reload *r, const struct plan *fresh)
{
	loop_credentials(r->loop, fresh->credentials);
	return true;
}

/* A session that the file does not have any more goes back to what it was
 * started with: the last file's secrets are about to be wiped. */
static bool
take_logons(struct reload *r, const struct plan *fresh)
{
	const struct setup *now = r->plan->setup, *s;
	uint32_t j;

	for (uint32_t i = 0; i < now->n_sessions; i++) {
		j = reload_session(r, fresh, i);
		s = j < setup_all(fresh->setup) ? fresh->setup : now;
		trader_set_logon(r->trader, i,
		    &s->sessions[s == now ? i : j].fix);
	}
	return true;
}

/* @return false, with a log line: the part keeps what it had */
static const struct part {
	const char *name;
	bool (*take)(struct reload *r, const struct plan *fresh);
} parts[] = {
	{ "limits", take_limits },
	{ "log", take_log },
	{ "certificates", take_certs },
	{ "dictionaries and validation", take_dictionaries },
	{ "schedules", take_schedules },
	{ "credentials", take_credentials },
	{ "our logons", take_logons },
};

#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

static bool
is_session(const struct setup *s, uint32_t i, const char *id)
{
	char its[ID_MAX];

	if (i >= setup_all(s))
		return false;
	setup_session_id(&s->sessions[i], its, sizeof(its));
	return strcmp(its, id) == 0;
}

uint32_t
reload_session(const struct reload *r, const struct plan *fresh, uint32_t i)
{
	const struct setup *s = fresh->setup;
	char id[ID_MAX];
	uint32_t j = 0;

	setup_session_id(&r->plan->setup->sessions[i], id, sizeof(id));
	if (is_session(s, i, id))
		return i; /* as nearly always: few files change their order */
	while (j < setup_all(s) && !is_session(s, j, id))
		j++;
	return j;
}

static void
tell(void *arg, bool error, const char *file, unsigned line, const char *text)
{
	(void)arg;
	log_at(error ? LOG_L_ERROR : LOG_L_INFO, "%s:%u: %s", file, line, text);
}

void
reload_settings(struct reload *r)
{
	struct conf_sink sink = { NULL, tell };
	struct plan *fresh;
	char done[256] = "", text[320];
	size_t len = 0;

	if (plan_read_after(&fresh, r->plan->file, &sink,
		r->fresh != NULL ? r->fresh : r->plan) != 0) {
		log_error("settings not reloaded: nothing has changed");
		return;
	}
	for (size_t i = 0; i < N_PARTS; i++) {
		if (!parts[i].take(r, fresh))
			log_error("not reloaded: %s", parts[i].name);
		else if (len < sizeof(done))
			len += (size_t)snprintf(done + len, sizeof(done) - len,
			    "%s%s", len == 0 ? "" : ", ", parts[i].name);
	}
	plan_free(r->fresh);
	r->fresh = fresh;
	/* Numbered, or the log would take the second for the first again. */
	snprintf(text, sizeof(text), "settings reloaded: %s (reload %u)", done,
	    ++r->n);
	trader_event(r->trader, text);
}

void
reload_free(struct reload *r)
{
	plan_free(r->fresh);
	r->fresh = NULL;
}
