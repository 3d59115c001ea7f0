/*
 * Every conformance case that comes with the program against struct
 * fix_session, in every version and role it is for, and three ways of carrying
 * bytes.
 *
 * One TAP line is a case in one role and one way; the versions are inside it.
 * CASES=GLOB takes some only, CASES_DIR=DIR those of a folder, VERSION=4.4 one
 * version; WITHOUT_PROFILE=1 plays those of a profile by the text. A case that
 * fails shows its transcript, with SHOW=1 every one does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/conform/suite.h"
#include "tests/conformance/engine.h"

#define N_ROLES 2u

static const char *const way_names[N_CARRIAGE] = { "whole", "byte by byte",
	"refused" };

static struct {
	struct cc_suite s;
	struct conf *conf;
	struct setup *setup;
	char *text; /* of the settings: a session for each case and setup */
	size_t len, cap;
	unsigned tests, failed;
} t;

static void add(const char *fmt, ...) FIX_PRINTF(1, 2);

static void
add(const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t.cap - t.len < 4096) {
		t.cap = t.cap * 2 + 65536;
		t.text = realloc(t.text, t.cap);
		if (t.text == NULL)
			abort();
	}
	va_start(ap, fmt);
	n = vsnprintf(t.text + t.len, t.cap - t.len, fmt, ap);
	va_end(ap);
	t.len += (size_t)n;
}

static unsigned
number_of(unsigned i, unsigned role, enum fix_version v)
{
	return (i * N_ROLES + role) * FIX_N_VERSION + v;
}

static void
add_session(unsigned i, unsigned role, enum fix_version v)
{
	const struct cc_case *c = t.s.cases[i];

	add("[SESSION]\n# %s\nBeginString=%s\nSenderCompID=ENGINE\n"
	    "TargetCompID=P%u\n",
	    c->file, fix_version_begin(v), number_of(i, role, v));
	if (v >= FIX_V_50)
		add("DefaultApplVerID=%s\n", fix_version_appl(v));
	if (role == 0)
		add("ConnectionType=acceptor\nSocketAcceptPort=1\n");
	else
		add("ConnectionType=initiator\nSocketConnectHost=localhost\n"
		    "SocketConnectPort=1\nSocketUseSSL=N\n");
	if (c->heartbeat != 0)
		add("HeartBtInt=%u\n", c->heartbeat);
	if ((c->abilities & CC_CAN_ORDERS) != 0)
		return; /* not played here, and its settings are a venue's */
	for (unsigned k = 0; k < c->n_settings; k++)
		if (strncmp(c->settings[k], "Profile=", 8) != 0 ||
		    getenv("WITHOUT_PROFILE") == NULL)
			add("%s\n", c->settings[k]);
}

static void
complaint(
    void *arg, bool error, const char *file, unsigned line, const char *text)
{
	const char *at = t.text, *what = NULL;

	(void)arg;
	(void)file;
	if (!error)
		return;
	for (unsigned i = 1; i < line && at != NULL; i++) {
		if (at[0] == '#')
			what = at;
		at = strchr(at, '\n');
		at = at == NULL ? NULL : at + 1;
	}
	printf("# %.*s: %s\n", what == NULL ? 0 : (int)strcspn(what, "\n"),
	    what, text);
}

static int
read_settings(void)
{
	const struct conf_sink sink = { NULL, complaint };

	for (unsigned i = 0; i < t.s.n; i++)
		for (unsigned role = 0; role < N_ROLES; role++)
			for (int v = FIX_V_40; v <= FIX_V_50SP2; v++)
				if ((t.s.cases[i]->versions >> v & 1) != 0 &&
				    (t.s.cases[i]->roles & 1u << role) != 0)
					add_session(
					    i, role, (enum fix_version)v);
	if (conf_read_mem(&t.conf, "settings", t.text, t.len, &sink) < 0)
		return -1;
	return setup_read(&t.setup, t.conf);
}

static const struct fix_session_cfg *
session_named(const char *target)
{
	for (uint32_t i = 0; i < t.setup->n_sessions; i++)
		if (strcmp(t.setup->sessions[i].fix.target_comp_id, target) ==
		    0)
			return &t.setup->sessions[i].fix;
	return NULL;
}

static void
show_said(const struct cc_said *s)
{
	uint8_t at[FIX_STAMP_MAX];
	size_t n = fix_utc_format(at, s->at, 3);

	printf(
	    "#   %4u %.*s %c ", s->line, (int)(n - 9), (char *)at + 9, s->dir);
	for (size_t i = 0; i < s->len && i < 400; i++) {
		uint8_t b = s->bytes[i];

		putchar(b == 1 ? '|' : b < ' ' || b > '~' ? '?' : b);
	}
	putchar('\n');
}

static void
show_failure(const struct cc_case *c, enum fix_version v,
    const struct cc_result *r, const char *fault)
{
	printf("# %s\n", fix_version_name(v));
	if (fault != NULL)
		printf("# the engine broke its promise: %s\n", fault);
	if (!r->passed) {
		printf("# %s:%u: %s\n#   wrong: %s\n", c->file, r->line,
		    r->step, r->why);
		if (r->came[0] != '\0')
			printf("#   came:  %s\n", r->came);
	}
	for (unsigned i = 0; i < r->n_said; i++)
		show_said(&r->said[i]);
}

static bool
play(unsigned i, unsigned role, enum carriage how, enum fix_version v)
{
	const struct cc_case *c = t.s.cases[i];
	struct cc_play_cfg cfg = { .setup = { .role = 1u << role,
				       .version = v,
				       .abilities =
					   CC_CAN_ECHO | CC_CAN_OPERATOR,
				       .settings = c->settings,
				       .n_settings = c->n_settings },
		.them = "ENGINE",
		.symbol = "SYM",
		.run = "R",
		.heart_s = 30,
		.timeout_ns = 60 * FIX_SEC,
		.open_ns = 60 * FIX_SEC };
	char us[16], why[128];
	const struct fix_session_cfg *sc;
	struct cc_result r;
	struct engine *e;
	bool good;

	snprintf(us, sizeof(us), "P%u", number_of(i, role, v));
	cfg.us = us;
	if (!cc_applies(c, &cfg.setup, why, sizeof(why)))
		return true;
	sc = session_named(us);
	e = engine_new(sc, how);
	cfg.peer = engine_peer(e);
	cfg.transport = sc->transport;
	cfg.app = sc->app;
	if (cc_play(c, &cfg, &r) < 0)
		abort();
	good = r.passed && engine_fault(e) == NULL;
	if (!good || getenv("SHOW") != NULL)
		show_failure(c, v, &r, engine_fault(e));
	cc_result_clear(&r);
	engine_free(e);
	return good;
}

static void
play_versions(unsigned i, unsigned role, enum carriage how)
{
	const char *only = getenv("VERSION");
	uint32_t which = only == NULL ? ~0u : cc_versions(only);
	const struct cc_case *c = t.s.cases[i];
	bool good = true;

	for (int v = FIX_V_40; v <= FIX_V_50SP2; v++)
		if ((c->versions & which) >> v & 1)
			good &= play(i, role, how, (enum fix_version)v);
	t.failed += !good;
	printf("%sok %u - %s %s, %s, %s\n", good ? "" : "not ", ++t.tests,
	    c->id, c->title, role == 0 ? "acceptor" : "initiator",
	    way_names[how]);
}

int
main(void)
{
	const char *glob = getenv("CASES");
	int rc = cc_suite_read(
	    &t.s, getenv("CASES_DIR"), &glob, glob == NULL ? 0 : 1);

	if (rc == 0)
		rc = read_settings();
	printf("%sok %u - the cases read, and their settings\n",
	    rc == 0 ? "" : "not ", ++t.tests);
	t.failed += rc != 0;
	for (unsigned i = 0; rc == 0 && i < t.s.n; i++)
		for (unsigned role = 0; role < N_ROLES; role++)
			for (int how = 0; how < N_CARRIAGE; how++)
				if ((t.s.cases[i]->roles & 1u << role) != 0)
					play_versions(
					    i, role, (enum carriage)how);
	printf("1..%u\n", t.tests);
	cc_suite_clear(&t.s);
	setup_free(t.setup);
	conf_free(t.conf);
	free(t.text);
	return t.failed > 0;
}
