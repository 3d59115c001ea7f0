/*
 * The suite against one engine, case by case.
 *
 * The session lives on from case to case. Where a Logon can begin it anew
 * (141=Y), the cases do so themselves; elsewhere an engine may expect other
 * numbers than we think, since many a case ends a session in disorder. There a
 * short exchange before each case finds out: the engine names the number that
 * it expects in its Logout, asks for what it lacks, and tells its own number in
 * its Logon.
 */
#include "gateway/cli/conform/run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/conform/tcp.h"
#include "gateway/cli/show.h"

#define UNREACHED_MAX 2 /* cases without a connection in a row: no more */

struct voice {
	bool verbose, tty;
	const char *good, *bad, *dim, *plain;
};

const char *
cc_verdict_name(enum cc_verdict v)
{
	static const char *const names[] = { "passed", "failed", "not run" };

	_Static_assert(sizeof(names) / sizeof(names[0]) == CC_N_VERDICTS,
	    "a name for every verdict");
	return names[v];
}

const char *
cc_version_text(enum fix_version v)
{
	if (v == FIX_V_50)
		return "FIXT.1.1/FIX.5.0";
	if (v == FIX_V_50SP1)
		return "FIXT.1.1/FIX.5.0SP1";
	if (v == FIX_V_50SP2)
		return "FIXT.1.1/FIX.5.0SP2";
	return fix_version_name(v);
}

static const char get_in_step[] =
    "case - getting in step\nsource -\nlogon !141\nsync\n";

/* The number that a Logout of the engine named last. */
static uint64_t
number_told(const struct cc_result *r)
{
	static const char word[] = "expecting ";
	uint64_t n = 0;

	for (unsigned i = 0; i < r->n_said; i++) {
		const struct cc_said *s = &r->said[i];
		const uint8_t *at = s->dir != '<' ? NULL
						  : memmem(s->bytes, s->len,
							word, sizeof(word) - 1);

		if (at != NULL)
			n = strtoull(
			    (const char *)at + sizeof(word) - 1, NULL, 10);
	}
	return n;
}

static int
step_in(struct cc_run *r)
{
	struct cc_case *c;
	struct cc_result res;
	char why[200];
	uint64_t told;
	int rc = cc_parse(&c, "start", get_in_step, why, sizeof(why));

	if (rc < 0)
		return rc;
	for (int i = 0; rc == 0 && i < 3; i++) {
		rc = cc_play(c, r->cfg, &res);
		if (rc < 0)
			break;
		told = number_told(&res);
		if (!res.passed && told > 0)
			r->cfg->numbers->out = told;
		else
			i = 3;
		cc_result_clear(&res);
	}
	cc_free(c);
	return rc;
}

/* Can every case begin the session anew by itself? */
static bool
can_reset(const struct cc_run *r)
{
	const struct cc_setup *s = &r->cfg->setup;

	if (cc_has_setting(s, "ResetOnLogon=Y"))
		return true;
	return s->role == CC_ROLE_ACCEPTOR && s->version >= FIX_V_41;
}

void
cc_said_line(FILE *f, const struct cc_said *s)
{
	static const char *const dirs[] = { "->", "<-", "  " };
	uint8_t at[FIX_STAMP_MAX];
	size_t n = fix_utc_format(at, s->at, 3);
	struct fix_span v = { s->bytes, s->len };

	fprintf(f, "%.*s %s ", (int)(n - 9), (char *)at + 9,
	    dirs[s->dir == '>'   ? 0
		 : s->dir == '<' ? 1
				 : 2]);
	if (s->link > 1)
		fprintf(f, "[%u] ", s->link);
	if (s->dir == '-')
		show_text(f, v, 400);
	else
		show_raw(f, v, 2000);
	fputc('\n', f);
}

static void
tell_failure(
    const struct voice *v, const struct cc_case *c, const struct cc_result *r)
{
	printf("        %s:%u: %s\n", c->file, r->line, r->step);
	printf("        %s%s%s\n", v->bad, r->why, v->plain);
	if (r->came[0] != '\0') {
		printf("        came: ");
		show_text(stdout, fix_span_of(r->came), 0);
		putchar('\n');
	}
}

static void
tell_said(const struct voice *v, const struct cc_result *r)
{
	for (unsigned i = 0; i < r->n_said; i++) {
		printf("        %s", v->dim);
		cc_said_line(stdout, &r->said[i]);
		printf("%s", v->plain);
	}
}

static void
tell(const struct voice *v, const struct cc_case *c, const struct cc_outcome *o)
{
	bool good = o->verdict == CC_PASSED;

	if (v->tty)
		printf("\r\033[K");
	if (o->verdict == CC_NOT_RUN) {
		printf("%snot run %-8s %s: %s%s\n", v->dim, c->id, c->title,
		    o->reason, v->plain);
		return;
	}
	printf("%s%-7s%s %-8s %s (%" PRId64 ".%" PRId64 " s)\n",
	    good ? v->good : v->bad, cc_verdict_name(o->verdict), v->plain,
	    c->id, c->title, o->result.took_ns / FIX_SEC,
	    o->result.took_ns / (FIX_SEC / 10) % 10);
	if (!good)
		tell_failure(v, c, &o->result);
	if (!good || v->verbose)
		tell_said(v, &o->result);
}

static void
count(struct cc_run *r, unsigned i)
{
	enum cc_verdict v = r->outcomes[i].verdict;

	r->count[v]++;
	if (r->suite->cases[i]->mandatory)
		r->mandatory[v]++;
}

/* @return as cc_play() */
static int
one(struct cc_run *r, unsigned i, const struct voice *v)
{
	const struct cc_case *c = r->suite->cases[i];
	struct cc_outcome *o = &r->outcomes[i];
	int rc;

	if (r->interrupted || r->unreached >= UNREACHED_MAX) {
		snprintf(o->reason, sizeof(o->reason), "%s",
		    r->interrupted ? "the run was stopped"
				   : "the engine could not be reached");
		return 0;
	}
	if (!cc_applies(c, &r->cfg->setup, o->reason, sizeof(o->reason)))
		return 0;
	if (v->tty) {
		printf(
		    "%srunning%s %-8s %s", v->dim, v->plain, c->id, c->title);
		fflush(stdout);
	}
	rc = cc_play(c, r->cfg, &o->result);
	if (rc < 0) {
		snprintf(o->reason, sizeof(o->reason), "the run was stopped");
		return rc;
	}
	o->verdict = o->result.passed ? CC_PASSED : CC_FAILED;
	/* Without a connection nothing has been said. */
	r->unreached = o->result.n_said == 0 ? r->unreached + 1 : 0;
	return 0;
}

static int
all(struct cc_run *r, const struct voice *v)
{
	bool lost = !can_reset(r);
	int rc;

	for (unsigned i = 0; i < r->suite->n; i++) {
		struct cc_outcome *o = &r->outcomes[i];

		if (lost && !r->interrupted && r->unreached == 0 &&
		    step_in(r) == -FIX_E_IO)
			r->interrupted = true;
		rc = one(r, i, v);
		if (rc == -FIX_E_IO)
			r->interrupted = true;
		else if (rc < 0)
			return rc;
		count(r, i);
		tell(v, r->suite->cases[i], o);
		fflush(stdout);
		if (o->verdict == CC_PASSED)
			cc_result_clear(&o->result);
	}
	return r->interrupted ? -FIX_E_IO : 0;
}

int
cc_run_all(struct cc_run *r, bool verbose, int color)
{
	struct voice v = { verbose, isatty(STDOUT_FILENO) != 0, "", "", "",
		"" };
	struct fix_now now = r->cfg->peer->now(r->cfg->peer->arg);
	int rc;

	if (color == 1 || (color < 0 && v.tty && getenv("NO_COLOR") == NULL)) {
		v.good = "\033[32m";
		v.bad = "\033[31m";
		v.dim = "\033[2m";
		v.plain = "\033[0m";
	}
	r->outcomes = calloc(r->suite->n + 1, sizeof(*r->outcomes));
	if (r->outcomes == NULL)
		return -FIX_E_NOMEM;
	for (unsigned i = 0; i < r->suite->n; i++)
		r->outcomes[i].verdict = CC_NOT_RUN;
	r->began = now.utc;
	rc = all(r, &v);
	r->took_ns = r->cfg->peer->now(r->cfg->peer->arg).mono.ns - now.mono.ns;
	return rc;
}

void
cc_run_clear(struct cc_run *r)
{
	for (unsigned i = 0; r->outcomes != NULL && i < r->suite->n; i++)
		cc_result_clear(&r->outcomes[i].result);
	free(r->outcomes);
	r->outcomes = NULL;
}
