/*
 * The report of a run for people: one HTML page that needs nothing else, no
 * script and no network, and prints well.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "fix/scan.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/conform/run.h"
#include "gateway/cli/show.h"

#define SAID_SHOWN 400u /* lines of one transcript */

static const char style[] =
    "body{font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;"
    "color:#1c2733;background:#fff;max-width:72rem;margin:2rem auto;"
    "padding:0 1.5rem}\n"
    "h1{font-size:1.7rem;margin:0}h2{font-size:1.25rem;margin:2.2rem 0 .6rem}\n"
    "h3{font-size:1.05rem;margin:0 0 .3rem}\n"
    ".sub{color:#5b6b7b;margin:.2rem 0 1.2rem}\n"
    ".verdict{border-left:.4rem solid #1b7f4b;background:#eef8f2;"
    "padding:.8rem 1.1rem;font-size:1.1rem}\n"
    ".verdict.bad{border-color:#b3261e;background:#fdf0ef}\n"
    ".verdict.open{border-color:#9a6b00;background:#fdf7e8}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;"
    "border-bottom:1px solid #dde4ea}\n"
    "th{font-weight:600;color:#42505e;background:#f5f7f9}\n"
    "table.facts th{width:12rem;background:none}\n"
    "table.sum{width:auto}table.sum td,table.sum th{text-align:right;"
    "padding:.35rem 1.1rem}table.sum th:first-child{text-align:left}\n"
    ".r{white-space:nowrap;font-weight:600}\n"
    ".passed{color:#1b7f4b}.failed{color:#b3261e}.notrun{color:#8a6100}\n"
    ".small{color:#5b6b7b;font-size:.87rem}\n"
    ".case{border:1px solid #dde4ea;border-radius:.4rem;padding:1rem 1.2rem;"
    "margin:1rem 0}\n"
    ".steps,.wire{font:13px/1.45 ui-monospace,'DejaVu Sans Mono',Consolas,"
    "monospace}\n"
    ".steps{background:#f5f7f9;padding:.6rem .8rem;margin:.6rem 0;"
    "white-space:pre-wrap}\n"
    ".steps .at{background:#f9d9d6;font-weight:700;display:block}\n"
    ".wire td{border-bottom:1px solid #eef1f4;padding:.25rem .5rem;"
    "overflow-wrap:anywhere}\n"
    ".wire td.t{white-space:nowrap;color:#5b6b7b}\n"
    ".wire tr.us td.d{color:#1f5fa8}.wire tr.them td.d{color:#6b3fa0}\n"
    ".wire .raw{display:block;color:#7a8896;font-size:11.5px}\n"
    "code{font-family:ui-monospace,'DejaVu Sans Mono',Consolas,monospace}\n"
    "@media print{body{margin:0;max-width:none;font-size:11px}"
    ".case,tr{break-inside:avoid}.case{border:none;padding:0}"
    "h2{break-after:avoid}.verdict,th,.steps,.steps .at{"
    "-webkit-print-color-adjust:exact;print-color-adjust:exact}}\n";

static void
fact(FILE *f, const char *name, const char *value)
{
	fprintf(f, "<tr><th scope=\"row\">%s</th><td>", name);
	cc_escape(f, value);
	fputs("</td></tr>\n", f);
}

static void
date_text(struct fix_utc at, char *out, size_t cap)
{
	uint8_t s[FIX_STAMP_MAX];
	size_t n = fix_utc_format(s, at, 0);

	snprintf(out, cap, "%.4s-%.2s-%.2s %.*s UTC", s, s + 4, s + 6,
	    (int)n - 9, s + 9);
}

static void
facts(FILE *f, const struct cc_run *r)
{
	const struct cc_play_cfg *cfg = r->cfg;
	char text[256];

	fputs("<table class=\"facts\">\n", f);
	fact(f, "Engine under test", r->engine);
	fact(f, "FIX version", cc_version_text(cfg->setup.version));
	fact(f, "Its role",
	    cfg->setup.role == CC_ROLE_ACCEPTOR ? "acceptor: it was dialled"
						: "initiator: it dialled");
	fact(f, "Address", r->where);
	snprintf(
	    text, sizeof(text), "%s (engine), %s (tester)", cfg->them, cfg->us);
	fact(f, "CompIDs", text);
	fputs("<tr><th scope=\"row\">Settings told</th><td>", f);
	for (unsigned i = 0; i < cfg->setup.n_settings; i++) {
		fputs(i > 0 ? ", <code>" : "<code>", f);
		cc_escape(f, cfg->setup.settings[i]);
		fputs("</code>", f);
	}
	fputs(cfg->setup.n_settings == 0 ? "none</td></tr>\n" : "</td></tr>\n",
	    f);
	snprintf(text, sizeof(text), "%s%s%s",
	    cfg->setup.abilities & CC_CAN_ECHO ? "answers orders; " : "",
	    cfg->setup.abilities & CC_CAN_ORDERS ? "works orders; " : "",
	    cfg->setup.abilities & CC_CAN_OPERATOR ? "was operated"
						   : "was not operated");
	fact(f, "Application", text);
	snprintf(text, sizeof(text), "%s%s%s",
	    r->bytes ? "sent byte by byte; " : "",
	    r->slow ? "read slowly; " : "",
	    cfg->transport != NULL ? "messages checked against the dictionary"
				   : "framing, header and numbers checked");
	fact(f, "Manner", text);
	date_text(r->began, text, sizeof(text));
	fact(f, "Date", text);
	snprintf(text, sizeof(text), "%" PRId64 " s", r->took_ns / FIX_SEC);
	fact(f, "Duration", text);
	fact(f, "Tester", "fixgate " PACKAGE_VERSION);
	fputs("</table>\n", f);
}

/* What the figures come to, in a sentence that claims no more than they do. */
static void
verdict(FILE *f, const struct cc_run *r)
{
	unsigned run = r->count[CC_PASSED] + r->count[CC_FAILED];

	if (r->count[CC_FAILED] > 0)
		fprintf(f,
		    "<p class=\"verdict bad\"><strong>Not conformant:"
		    "</strong> %u of the %u cases that were run failed"
		    ", %u of them mandatory.",
		    r->count[CC_FAILED], run, r->mandatory[CC_FAILED]);
	else if (run == 0)
		fputs("<p class=\"verdict open\"><strong>Nothing was tested."
		      "</strong>",
		    f);
	else
		fprintf(f,
		    "<p class=\"verdict%s\"><strong>All %u cases that "
		    "were run passed</strong>, %u of them mandatory.",
		    r->interrupted ? " open" : "", run,
		    r->mandatory[CC_PASSED]);
	if (r->interrupted)
		fputs(" The run was stopped before its end.", f);
	if (r->count[CC_NOT_RUN] > 0)
		fprintf(f,
		    " %u cases were not run, %u of them mandatory: "
		    "nothing is known about those.",
		    r->count[CC_NOT_RUN], r->mandatory[CC_NOT_RUN]);
	fputs("</p>\n", f);
}

static void
summary(FILE *f, const struct cc_run *r)
{
	static const char *const class[] = { "passed", "failed", "notrun" };

	fputs("<table class=\"sum\"><thead><tr><th></th><th>mandatory</th>"
	      "<th>optional</th><th>all</th></tr></thead><tbody>\n",
	    f);
	for (int v = 0; v < CC_N_VERDICTS; v++)
		fprintf(f,
		    "<tr><th scope=\"row\" class=\"%s\">%s</th><td>%u</td>"
		    "<td>%u</td><td>%u</td></tr>\n",
		    class[v], cc_verdict_name((enum cc_verdict)v),
		    r -> mandatory[v], r -> count[v] - r -> mandatory[v],
		    r -> count[v]);
	fputs("</tbody></table>\n", f);
}

static void
case_row(FILE *f, const struct cc_run *r, unsigned i)
{
	static const char *const class[] = { "passed", "failed", "notrun" };
	const struct cc_case *c = r->suite->cases[i];
	const struct cc_outcome *o = &r->outcomes[i];

	fputs("<tr><td>", f);
	if (o->verdict == CC_FAILED)
		fprintf(f, "<a href=\"#c%u\">", i);
	cc_escape(f, c->id);
	fputs(o->verdict == CC_FAILED ? "</a></td><td>" : "</td><td>", f);
	cc_escape(f, c->title);
	fputs("<div class=\"small\">", f);
	cc_escape(f, c->source);
	fprintf(f, "</div></td><td>%s</td><td class=\"r %s\">%s</td><td>",
	    c->mandatory ? "mandatory" : "optional", class[o->verdict],
	    cc_verdict_name(o->verdict));
	if (o->verdict == CC_NOT_RUN)
		cc_escape(f, o->reason);
	else
		fprintf(f, "%" PRId64 ".%" PRId64 " s",
		    o->result.took_ns / FIX_SEC,
		    o->result.took_ns / (FIX_SEC / 10) % 10);
	fputs("</td></tr>\n", f);
}

/* "NewOrderSingle MsgSeqNum(34)=2 ClOrdID(11)=a" */
static void
named(FILE *f, const struct cc_run *r, const struct cc_said *s)
{
	static struct fix_field fields[FIX_FIELDS_MAX];
	struct fix_msg m = { .fields = fields, .cap = FIX_FIELDS_MAX };
	struct dict_pair p = dicts_of_version(r->dicts, r->cfg->setup.version);
	const struct fix_dict_field *d;
	const char *name;

	if (fix_split(s->bytes, s->len, &m) < 0 || m.n < 4)
		return;
	name = dicts_msg_name(p, fix_msg_type(&m));
	if (name != NULL)
		fprintf(f, "<strong>%s</strong>", name);
	for (uint32_t i = 3; i + 1 < m.n; i++) {
		uint32_t tag = m.fields[i].tag;

		if (tag == 49 || tag == 56 || tag == 52)
			continue;
		d = dicts_field(p, tag);
		fprintf(f, " %s(%u)=", d == NULL ? "" : d->name, tag);
		if (show_secret_field(&m, i))
			fputs("***", f);
		else
			cc_escape_wire(f, fix_msg_at(&m, i));
	}
}

static void
said_row(FILE *f, const struct cc_run *r, const struct cc_said *s)
{
	uint8_t at[FIX_STAMP_MAX];
	size_t n = fix_utc_format(at, s->at, 3);
	struct fix_span v = { s->bytes, s->len };

	fprintf(f,
	    "<tr class=\"%s\"><td class=\"t\">%.*s</td><td class=\"t "
	    "d\">",
	    s->dir == '>'   ? "us"
	    : s->dir == '<' ? "them"
			    : "note",
	    (int)n - 9, at + 9);
	if (s->dir != '-')
		fputs(s->dir == '>' ? "tester &rarr;" : "&larr; engine", f);
	if (s->link > 1)
		fprintf(f, " (%u)", s->link);
	fputs("</td><td>", f);
	if (s->dir == '-') {
		cc_escape_wire(f, v);
	} else {
		named(f, r, s);
		fputs("<span class=\"raw\">", f);
		cc_escape_wire(f, v);
		fputs("</span>", f);
	}
	fputs("</td></tr>\n", f);
}

static void
steps(FILE *f, const struct cc_case *c, unsigned failed)
{
	fputs("<div class=\"steps\">", f);
	for (unsigned i = 0; i < c->n_steps; i++) {
		const struct cc_step *s = &c->steps[i];
		bool here = s->line == failed;

		fprintf(
		    f, "%s%3u  ", here ? "<span class=\"at\">" : "", s->line);
		if (s->guard != NULL) {
			cc_escape(f, s->guard);
			fputs(": ", f);
		}
		cc_escape(f, s->text);
		fputs(here ? "</span>" : "\n", f);
	}
	fputs("</div>\n", f);
}

static void
failed_case(FILE *f, const struct cc_run *r, unsigned i)
{
	const struct cc_case *c = r->suite->cases[i];
	const struct cc_result *res = &r->outcomes[i].result;
	unsigned n = res->n_said;

	fprintf(f, "<div class=\"case\" id=\"c%u\"><h3>", i);
	cc_escape(f, c->id);
	fputs(" &ndash; ", f);
	cc_escape(f, c->title);
	fputs("</h3>\n<div class=\"small\">", f);
	cc_escape(f, c->source);
	fputs("</div>\n", f);
	if (*c->about != '\0') {
		fputs("<p>", f);
		cc_escape(f, c->about);
		fputs("</p>\n", f);
	}
	fputs("<table class=\"facts\">\n<tr><th scope=\"row\">Expected</th>"
	      "<td><code>",
	    f);
	cc_escape(f, res->step);
	fprintf(f,
	    "</code> (line %u)</td></tr>\n<tr><th scope=\"row\">"
	    "Wrong</th><td class=\"failed\">",
	    res->line);
	cc_escape_wire(f, fix_span_of(res->why));
	fputs("</td></tr>\n", f);
	if (res->came[0] != '\0') {
		fputs("<tr><th scope=\"row\">Came</th><td><code>", f);
		cc_escape_wire(f, fix_span_of(res->came));
		fputs("</code></td></tr>\n", f);
	}
	fputs("</table>\n", f);
	steps(f, c, res->line);
	fputs("<table class=\"wire\"><tbody>\n", f);
	for (unsigned k = n > SAID_SHOWN ? n - SAID_SHOWN : 0; k < n; k++)
		said_row(f, r, &res->said[k]);
	fputs("</tbody></table></div>\n", f);
}

static void
page(FILE *f, const struct cc_run *r)
{
	fputs(
	    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "\n<meta name=\"viewport\" content=\"width=device-width\">\n"
	    "<title>FIX session conformance: ",
	    f);
	cc_escape(f, r->engine);
	fprintf(f,
	    "</title>\n<style>\n%s</style></head><body>\n"
	    "<h1>FIX session conformance</h1>\n<p class=\"sub\">",
	    style);
	cc_escape(f, r->engine);
	fprintf(f, ", %s</p>\n", cc_version_text(r->cfg->setup.version));
	verdict(f, r);
	summary(f, r);
	fputs("<h2>What was tested, and how</h2>\n", f);
	facts(f, r);
	fputs("<h2>Cases</h2>\n<table><thead><tr><th>Case</th><th>Title and "
	      "source</th><th>Level</th><th>Result</th><th>Time, or why not "
	      "run</th></tr></thead><tbody>\n",
	    f);
	for (unsigned i = 0; i < r->suite->n; i++)
		case_row(f, r, i);
	fputs("</tbody></table>\n", f);
	if (r->suite->n_others > 0)
		fprintf(f,
		    "<p class=\"small\">Left out: %u cases of other "
		    "versions, or of engines that %s.</p>\n",
		    r->suite->n_others,
		    r->cfg->setup.role == CC_ROLE_ACCEPTOR ? "connect"
							   : "accept");
	if (r->count[CC_FAILED] > 0)
		fputs("<h2>What failed</h2>\n", f);
	for (unsigned i = 0; i < r->suite->n; i++)
		if (r->outcomes[i].verdict == CC_FAILED)
			failed_case(f, r, i);
	fputs("</body></html>\n", f);
}

int
cc_html(const struct cc_run *r, const char *path)
{
	FILE *f = fopen(path, "we");
	bool bad;

	if (f == NULL) {
		cli_fail("can't write %s: %s", path, strerror(errno));
		return -FIX_E_IO;
	}
	page(f, r);
	bad = ferror(f) != 0;
	if (fclose(f) != 0 || bad) {
		cli_fail("can't write %s: %s", path, strerror(errno));
		return -FIX_E_IO;
	}
	return 0;
}
