/*
 * fixgate dictionary: what stands in a dictionary, and what changes between
 * two of them, for whoever reviews a venue's new file before it is loaded.
 *
 * The comparison is dict_diff.c's. Here it becomes text or JSON: first what
 * happens to whole messages, then each change once with the messages it is in,
 * stricter ones first, and at the end the messages that are refused tomorrow
 * though they are good today, and the other way round.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/dict_diff.h"
#include "gateway/cli/options.h"

static const char help[] =
    "usage: fixgate dictionary diff A B [--json]\n"
    "       fixgate dictionary show FILE [MESSAGE | FIELD]\n"
    "Compare two dictionaries, or look one up.\n\n"
    "  diff     what changes from A to B, and which messages that are valid\n"
    "           today would be refused (stricter), or the other way (looser)\n"
    "  show     the messages of a dictionary; the members of one, by MsgType\n"
    "           or name; or a field with its values, by tag or name\n\n"
    "A, B and FILE are files of QuickFIX's schema or FIX Orchestra, or a\n"
    "dictionary of ours by its name, as FIX44.\n\n"
    "  -j, --json     diff: one JSON object\n"
    "  -h, --help\n"
    "\n"
    "diff ends with 0: the same, 1: they differ, 2: it could not compare.\n";

/* A file, or one of ours by its name. */
static int
load(struct fix_dict **out, const char *name)
{
	struct fix_dict_error e = { "" };
	char path[1024];
	int rc;

	snprintf(path, sizeof(path), "%s", name);
	if (strchr(name, '/') == NULL && access(name, F_OK) != 0)
		snprintf(path, sizeof(path), "%s/%s.xml",
		    fix_dict_default_dir(), name);
	rc = fix_dict_load(out, access(path, F_OK) == 0 ? path : name, &e);
	if (rc != 0)
		cli_fail(
		    "%s", e.text[0] != '\0' ? e.text : fix_strerror(rc));
	return rc;
}

static const char *
version_of(const struct fix_dict *d)
{
	enum fix_version v = fix_dict_version(d);

	return v == FIX_V_NONE ? "FIXT.1.1" : fix_version_name(v);
}

/* ---- diff, as text ---- */

static void
say_dict(char which, const char *name, const struct fix_dict *d)
{
	printf("%c  %s  %s, %u messages, %u fields\n", which, name,
	    version_of(d), fix_dict_n_msgs(d), fix_dict_n_fields(d));
}

static bool
same_change(const struct diff_change *a, const struct diff_change *b)
{
	return a->part == b->part && a->effect == b->effect &&
	       a->mark == b->mark && strcmp(a->text, b->text) == 0;
}

static void
say_type(const struct fix_dict *a, const struct fix_dict *b, const char *type)
{
	struct fix_span t = fix_span_of(type);
	const char *name = fix_dict_msg_name(b, t);

	if (name == NULL)
		name = fix_dict_msg_name(a, t);
	if (name == NULL)
		printf("%s", type);
	else
		printf("%s %s", type, name);
}

/* One change and all the messages it is in. @return the next change */
static uint32_t
say_change(const struct diff *d, uint32_t i, const struct fix_dict *a,
    const struct fix_dict *b)
{
	const struct diff_change *c = &d->changes[i];
	uint32_t end = i + 1;

	while (end < d->n && same_change(c, &d->changes[end]))
		end++;
	printf("  %c ", c->mark);
	if (c->part == DIFF_MESSAGE)
		printf("35=%s ", c->type);
	printf("%s", c->text);
	if (c->effect != 0)
		printf("  [%s]", diff_effect_name(c->effect));
	printf("\n");
	if (c->part != DIFF_MEMBER)
		return i + 1;
	printf("      in ");
	for (uint32_t k = i; k < end; k++) {
		printf("%s", k == i ? "" : ", ");
		say_type(a, b, d->changes[k].type);
	}
	printf("\n");
	return end;
}

static void
say_verdict(const struct diff *d, const struct fix_dict *a,
    const struct fix_dict *b, unsigned effect, const char *title)
{
	const char *type, *name;
	bool admin, any = false;

	printf("%s: ", title);
	if ((diff_effect_on_all(d, a, b) & effect) != 0)
		printf("every message, by header or trailer; by itself ");
	for (int of_b = 0; of_b < 2; of_b++) {
		const struct fix_dict *x = of_b ? b : a;

		for (uint32_t i = 0; i < fix_dict_n_msgs(x); i++) {
			fix_dict_msg_at(x, i, &type, &name, &admin);
			if (of_b &&
			    fix_dict_msg_name(a, fix_span_of(type)) != NULL)
				continue; /* said as one of a's */
			if ((diff_effect_on(d, a, b, type) & effect) == 0)
				continue;
			printf("%s%s", any ? ", " : "", type);
			any = true;
		}
	}
	printf("%s\n", any ? "" : "none");
}

static void
say_diff(const struct diff *d, const char *const names[2],
    const struct fix_dict *a, const struct fix_dict *b)
{
	uint32_t i = 0;

	say_dict('a', names[0], a);
	say_dict('b', names[1], b);
	for (int part = 0; part < DIFF_N_PART; part++) {
		if (i < d->n && d->changes[i].part == (enum diff_part)part)
			printf("\n%s\n", diff_part_name((enum diff_part)part));
		while (i < d->n && d->changes[i].part == (enum diff_part)part)
			i = say_change(d, i, a, b);
	}
	if (d->n == 0) {
		printf("\nthe same\n");
		return;
	}
	printf("\n");
	say_verdict(d, a, b, DIFF_STRICTER,
	    "stricter, valid by a and refused by b");
	say_verdict(
	    d, a, b, DIFF_LOOSER, "looser, refused by a and valid by b");
}

/* ---- diff, as JSON ---- */

static json_t *
text_or_null(const char *s)
{
	return s == NULL ? json_null() : json_string(s);
}

static json_t *
change_json(const struct diff_change *c)
{
	char mark[2] = { c->mark, '\0' };

	return json_pack("{s:s, s:s, s:o, s:I, s:s, s:b, s:b}", "part",
	    diff_part_name(c->part), "mark", mark, "in", text_or_null(c->type),
	    "tag", (json_int_t)c->tag, "text", c->text, "stricter",
	    (c->effect & DIFF_STRICTER) != 0, "looser",
	    (c->effect & DIFF_LOOSER) != 0);
}

static json_t *
verdict_json(const struct diff *d, const struct fix_dict *a,
    const struct fix_dict *b, unsigned effect)
{
	unsigned all = diff_effect_on_all(d, a, b);
	json_t *list = json_array();
	const char *type, *name;
	bool admin;

	for (int of_b = 0; of_b < 2; of_b++) {
		const struct fix_dict *x = of_b ? b : a;

		for (uint32_t i = 0; i < fix_dict_n_msgs(x); i++) {
			fix_dict_msg_at(x, i, &type, &name, &admin);
			if (of_b &&
			    fix_dict_msg_name(a, fix_span_of(type)) != NULL)
				continue;
			if (((all | diff_effect_on(d, a, b, type)) & effect))
				json_array_append_new(list, json_string(type));
		}
	}
	return list;
}

static int
dump_diff(const struct diff *d, const char *const names[2],
    const struct fix_dict *a, const struct fix_dict *b)
{
	json_t *changes = json_array(), *o;
	int rc;

	for (uint32_t i = 0; i < d->n; i++)
		json_array_append_new(changes, change_json(&d->changes[i]));
	o = json_pack("{s:s, s:s, s:b, s:o, s:o, s:o}", "a", names[0], "b",
	    names[1], "same", d->n == 0, "stricter",
	    verdict_json(d, a, b, DIFF_STRICTER), "looser",
	    verdict_json(d, a, b, DIFF_LOOSER), "changes", changes);
	if (o == NULL)
		return -FIX_E_NOMEM;
	rc = json_dumpf(o, stdout, JSON_INDENT(1));
	printf("\n");
	json_decref(o);
	return rc == 0 ? 0 : -FIX_E_IO;
}

static int
diff_files(const char *const names[2], bool json)
{
	struct fix_dict *a = NULL, *b = NULL;
	struct diff d = { 0 };
	int status = CLI_USAGE;

	if (load(&a, names[0]) == 0 && load(&b, names[1]) == 0) {
		int rc = diff_dicts(&d, a, b);

		if (rc == 0 && json)
			rc = dump_diff(&d, names, a, b);
		else if (rc == 0)
			say_diff(&d, names, a, b);
		if (rc == 0)
			status = d.n == 0 ? CLI_OK : CLI_FAILED;
		else
			cli_fail("%s", fix_strerror(rc));
		diff_free(&d);
	}
	fix_dict_free(a);
	fix_dict_free(b);
	return status;
}

/* ---- show ---- */

static void
show_messages(const struct fix_dict *d)
{
	const char *type, *name;
	bool admin;

	printf("%s, %u fields\n", version_of(d), fix_dict_n_fields(d));
	for (uint32_t i = 0; i < fix_dict_n_msgs(d); i++) {
		fix_dict_msg_at(d, i, &type, &name, &admin);
		printf("%-4s %s%s\n", type, name, admin ? "  (session)" : "");
	}
}

static void
show_members(const struct fix_dict *d, uint32_t msg)
{
	uint32_t n;
	const struct fix_dict_member *m = fix_dict_members(d, msg, &n);

	for (uint32_t i = 0; i < n; i++) {
		const struct fix_dict_field *f = fix_dict_field(d, m[i].tag);

		printf("%*s%5u %-28s %-14s%s%s\n", 2 + 4 * m[i].depth, "",
		    m[i].tag, f == NULL ? "" : f->name,
		    f == NULL ? "" : fix_type_name(f->type),
		    m[i].required ? " required" : "",
		    m[i].group ? " group" : "");
	}
}

static bool
show_message(const struct fix_dict *d, const char *what)
{
	const char *type, *name;
	bool admin;

	for (uint32_t i = 0; i < fix_dict_n_msgs(d); i++) {
		fix_dict_msg_at(d, i, &type, &name, &admin);
		if (strcmp(type, what) != 0 && strcmp(name, what) != 0)
			continue;
		printf("35=%s %s\n", type, name);
		show_members(d, i);
		return true;
	}
	if (strcmp(what, "header") == 0)
		show_members(d, FIX_DICT_HEADER);
	else if (strcmp(what, "trailer") == 0)
		show_members(d, FIX_DICT_TRAILER);
	else
		return false;
	return true;
}

static void
show_uses(const struct fix_dict *d, uint32_t tag)
{
	const char *type, *name;
	bool admin;
	uint32_t n;

	printf("  in");
	if (fix_dict_in_header(d, tag))
		printf(" header");
	if (fix_dict_in_trailer(d, tag))
		printf(" trailer");
	for (uint32_t i = 0; i < fix_dict_n_msgs(d); i++) {
		const struct fix_dict_member *m = fix_dict_members(d, i, &n);

		for (uint32_t k = 0; k < n; k++) {
			if (m[k].tag != tag)
				continue;
			fix_dict_msg_at(d, i, &type, &name, &admin);
			printf(" %s", type);
			break;
		}
	}
	printf("\n");
}

static bool
show_field(const struct fix_dict *d, const char *what)
{
	const struct fix_dict_field *f = fix_dict_field_named(d, what);
	const char *value, *name;
	int64_t tag;

	if (f == NULL && fix_int_parse(fix_span_of(what), &tag) == 0 &&
	    tag > 0 && tag <= FIX_TAG_MAX)
		f = fix_dict_field(d, (uint32_t)tag);
	if (f == NULL)
		return false;
	printf("%u %s %s%s\n", f->tag, f->name, fix_type_name(f->type),
	    f->n_values == 0 ? ""
	    : f->closed	     ? ", these values only"
			     : ", other values too");
	show_uses(d, f->tag);
	for (uint32_t i = 0; i < f->n_values; i++) {
		fix_dict_value(d, f->tag, i, &value, &name);
		printf("  %-6s %s\n", value, name);
	}
	return true;
}

/* A number of one digit is a MsgType and a tag: both are shown. */
static int
show_file(const char *file, const char *what)
{
	struct fix_dict *d = NULL;
	int status = CLI_OK;

	if (load(&d, file) != 0)
		return CLI_FAILED;
	if (what == NULL) {
		show_messages(d);
	} else {
		bool message = show_message(d, what);

		if (!show_field(d, what) && !message)
			status = cli_fail(
			    "%s has no message and no field %s", file, what);
	}
	fix_dict_free(d);
	return status;
}

int
cmd_dictionary(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool json = false;
	int c, n;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		if (c == 'h')
			return cli_help(help);
		if (c != 'j')
			return opt_unknown(argc, argv, optind);
		json = true;
	}
	n = argc - optind;
	argv += optind;
	if (n == 3 && strcmp(argv[0], "diff") == 0) {
		const char *const names[2] = { argv[1], argv[2] };

		return diff_files(names, json);
	}
	if ((n == 2 || n == 3) && strcmp(argv[0], "show") == 0 && !json)
		return show_file(argv[1], n == 3 ? argv[2] : NULL);
	return cli_usage("diff A B, or show FILE [MESSAGE | FIELD] was "
			 "expected");
}
