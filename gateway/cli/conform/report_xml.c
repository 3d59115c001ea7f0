/*
 * JUnit XML of a run, as build servers read it, and text that XML and HTML can
 * hold. A case that was not run is <skipped>, never a pass.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/conform/run.h"
#include "gateway/cli/show.h"

void
cc_escape(FILE *f, const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		switch (*p) {
		case '&':
			fputs("&amp;", f);
			break;
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		case '\'':
			fputs("&#39;", f);
			break;
		default:
			if ((unsigned char)*p >= ' ' || *p == '\n' ||
			    *p == '\t')
				fputc(*p, f);
			else
				fprintf(f, "\\x%02x", (unsigned char)*p);
		}
}

/* What fn prints, escaped. */
static void
escaped(FILE *f, void (*fn)(FILE *f, const void *arg), const void *arg)
{
	char *text = NULL;
	size_t len = 0;
	FILE *m = open_memstream(&text, &len);

	if (m == NULL)
		return;
	fn(m, arg);
	if (fclose(m) == 0)
		cc_escape(f, text);
	free(text);
}

static void
print_raw(FILE *f, const void *arg)
{
	const struct fix_span *v = arg;

	show_raw(f, *v, 4000);
}

void
cc_escape_wire(FILE *f, struct fix_span bytes)
{
	escaped(f, print_raw, &bytes);
}

/* Text of the engine, made safe to look at first. */
static void
print_text(FILE *f, const void *arg)
{
	show_text(f, fix_span_of(arg), 0);
}

static void
print_said(FILE *f, const void *arg)
{
	cc_said_line(f, arg);
}

static void
seconds(FILE *f, int64_t ns)
{
	fprintf(
	    f, "%" PRId64 ".%03" PRId64, ns / FIX_SEC, ns % FIX_SEC / FIX_MSEC);
}

static void
failure(FILE *f, const struct cc_case *c, const struct cc_result *r)
{
	fputs("      <failure type=\"conformance\" message=\"", f);
	escaped(f, print_text, r->why);
	fprintf(f, "\">%s:%u: ", c->file, r->line);
	cc_escape(f, r->step);
	fputs("\n", f);
	escaped(f, print_text, r->why);
	if (r->came[0] != '\0') {
		fputs("\ncame: ", f);
		escaped(f, print_text, r->came);
	}
	fputs("\n\n", f);
	for (unsigned i = 0; i < r->n_said; i++)
		escaped(f, print_said, &r->said[i]);
	fputs("</failure>\n", f);
}

static void
test_case(FILE *f, const struct cc_run *run, unsigned i)
{
	const struct cc_case *c = run->suite->cases[i];
	const struct cc_outcome *o = &run->outcomes[i];

	fprintf(f, "    <testcase classname=\"%s\" name=\"",
	    fix_version_name(run->cfg->setup.version));
	cc_escape(f, c->id);
	fputc(' ', f);
	cc_escape(f, c->title);
	fputs("\" time=\"", f);
	seconds(f, o->verdict == CC_NOT_RUN ? 0 : o->result.took_ns);
	if (o->verdict == CC_PASSED) {
		fputs("\"/>\n", f);
		return;
	}
	fputs("\">\n", f);
	if (o->verdict == CC_FAILED) {
		failure(f, c, &o->result);
	} else {
		fputs("      <skipped message=\"", f);
		cc_escape(f, o->reason);
		fputs("\"/>\n", f);
	}
	fputs("    </testcase>\n", f);
}

static void
property(FILE *f, const char *name, const char *value)
{
	fprintf(f, "      <property name=\"%s\" value=\"", name);
	cc_escape(f, value);
	fputs("\"/>\n", f);
}

static void
suite(FILE *f, const struct cc_run *r)
{
	const struct cc_setup *s = &r->cfg->setup;
	uint8_t at[FIX_STAMP_MAX];
	/* YYYYMMDD-HH:MM:SS */
	size_t n = fix_utc_format(at, r->began, 0);

	fprintf(f,
	    "  <testsuite name=\"fixgate conform %s\" tests=\"%u\" "
	    "failures=\"%u\" errors=\"0\" skipped=\"%u\" time=\"",
	    cc_version_text(s->version), r->suite->n, r->count[CC_FAILED],
	    r->count[CC_NOT_RUN]);
	seconds(f, r->took_ns);
	fprintf(f, "\" timestamp=\"%.4s-%.2s-%.2sT%.*s\">\n", at, at + 4,
	    at + 6, (int)n - 9, at + 9);
	fputs("    <properties>\n", f);
	property(f, "engine", r->engine);
	property(f, "where", r->where);
	property(
	    f, "role", s->role == CC_ROLE_ACCEPTOR ? "acceptor" : "initiator");
	for (unsigned i = 0; i < s->n_settings; i++)
		property(f, "setting", s->settings[i]);
	fputs("    </properties>\n", f);
	for (unsigned i = 0; i < r->suite->n; i++)
		test_case(f, r, i);
	fputs("  </testsuite>\n", f);
}

int
cc_junit(const struct cc_run *r, const char *path)
{
	FILE *f = fopen(path, "we");
	bool bad;

	if (f == NULL) {
		cli_fail("can't write %s: %s", path, strerror(errno));
		return -FIX_E_IO;
	}
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", f);
	suite(f, r);
	fputs("</testsuites>\n", f);
	bad = ferror(f) != 0;
	if (fclose(f) != 0 || bad) {
		cli_fail("can't write %s: %s", path, strerror(errno));
		return -FIX_E_IO;
	}
	return 0;
}
