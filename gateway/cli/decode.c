/*
 * fixgate decode: messages made readable, from a file, a pipe or a journal.
 *
 * Takes what people have: raw captures, logs with '|' or ^A and a time stamp
 * in front, a gateway's journal. Each message is shown with names and words,
 * checked against its dictionary, and followed by what is wrong with it; a bad
 * one never stops the rest. The status says whether all were good, so that a
 * script can use it as a check.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/input.h"
#include "gateway/cli/options.h"
#include "gateway/cli/show.h"
#include "gateway/trader/records.h"

#define RAW_MAX 2000 /* bytes shown of what can't be split */

static const char help[] =
    "usage: fixgate decode [-d FILE] [--brief | --json] [--no-check] "
    "[FILE | -]\n"
    "       fixgate decode [...] --journal DIR\n"
    "Show FIX messages with the names of their tags and values.\n\n"
    "  FILE           raw messages, or lines of a log; '-' or none: standard "
    "input.\n"
    "                 SOH, '|', '^A' or '<SOH>' may stand between fields\n"
    "  -d, --dict FILE     dictionary for application messages; default: by "
    "the\n"
    "                      message's version\n"
    "  -b, --brief         fields in a flow instead of one a line\n"
    "  -j, --json          one JSON object a line\n"
    "      --no-check      don't check messages against the dictionary\n"
    "      --journal DIR   the messages of a journal, or of a gateway's "
    "DataDir\n"
    "      --color, --no-color\n"
    "  -h, --help\n\n"
    "The status is 0 if every message was good, 1 if one was not.\n";

enum style { STYLE_FULL, STYLE_BRIEF, STYLE_JSON };

struct decode {
	struct show sh;
	enum style style;
	bool check;
	const char *dict, *file, *journal;
	int color;
	uint64_t shown, bad;
};

/* Sentences about a message, most weighty first. */
struct faults {
	char text[2][256];
	unsigned n;
};

static void
check_dictionary(struct decode *d, const struct fix_msg *m, struct faults *f)
{
	struct dict_pair p = dicts_of(d->sh.dicts, m);
	struct fix_check c = fix_check_all;
	const struct fix_dict_field *field;
	struct fix_fault fault;

	if (p.transport == NULL || p.app == NULL)
		return;
	c.user_defined_fields = false;
	if (fix_dict_check(p.transport, p.app, m, &c, &fault) == 0)
		return;
	field = fault.tag == 0 ? NULL : dicts_field(p, fault.tag);
	if (fault.tag == 0)
		snprintf(f->text[f->n++], sizeof(f->text[0]), "%s",
		    fix_reject_text(fault.reason));
	else
		snprintf(f->text[f->n++], sizeof(f->text[0]), "%u %s%s%s",
		    fault.tag, field == NULL ? "" : field->name,
		    field == NULL ? "" : ": ", fix_reject_text(fault.reason));
}

static void
print_people(
    struct decode *d, const struct input_item *it, const struct faults *f)
{
	FILE *out = d->sh.out;
	unsigned i;

	if (d->shown > 1 && d->style == STYLE_FULL)
		fputc('\n', out);
	if (it->msg == NULL) {
		fputs("not a message: ", out);
		show_raw(out, it->bytes, RAW_MAX);
		fputc('\n', out);
	} else if (d->style == STYLE_FULL) {
		show_full(&d->sh, it->msg);
	} else {
		show_brief(&d->sh, "", it->msg);
	}
	for (i = 0; i < f->n; i++)
		fprintf(out, "  %s! %s%s\n", show_red(&d->sh), f->text[i],
		    show_plain(&d->sh));
}

static void
print_program(
    struct decode *d, const struct input_item *it, const struct faults *f)
{
	json_t *o =
	    it->msg == NULL ? json_object() : show_json(&d->sh, it->msg);
	json_t *list = json_array();
	char *raw = NULL;
	size_t len;
	FILE *mem;
	unsigned i;

	for (i = 0; i < f->n; i++)
		json_array_append_new(list, json_string(f->text[i]));
	json_object_set_new(o, "faults", list);
	if (it->msg == NULL && (mem = open_memstream(&raw, &len)) != NULL) {
		show_raw(mem, it->bytes, RAW_MAX);
		fclose(mem);
		json_object_set_new(o, "raw", json_string(raw));
		free(raw);
	}
	json_dumpf(o, d->sh.out, JSON_COMPACT);
	fputc('\n', d->sh.out);
	json_decref(o);
}

static void
on_item(void *arg, const struct input_item *it)
{
	struct decode *d = arg;
	struct faults f = { { "" }, 0 };

	if (it->why != FIX_G_NONE || it->cut)
		input_say_why(it, f.text[f.n++], sizeof(f.text[0]));
	if (d->check && it->msg != NULL && !it->cut)
		check_dictionary(d, it->msg, &f);
	d->shown++;
	d->bad += f.n > 0;
	if (d->style == STYLE_JSON)
		print_program(d, it, &f);
	else
		print_people(d, it, &f);
}

static int
decode_fd(struct decode *d, int fd, const char *name)
{
	struct input *in = input_new(on_item, d);
	static uint8_t buf[65536];
	ssize_t n = 0;
	int rc = in == NULL ? -FIX_E_NOMEM : 0;

	while (rc == 0 && (n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		rc = input_feed(in, buf, (size_t)n);
		fflush(d->sh.out);
	}
	if (rc == 0)
		input_end(in);
	if (rc == 0 && n == 0 && input_idle_lines(in) > 0)
		fprintf(stderr, "fixgate decode: %llu lines held no message\n",
		    (unsigned long long)input_idle_lines(in));
	input_free(in);
	if (rc != 0)
		return cli_fail("out of memory");
	if (n < 0)
		return cli_fail("can't read %s: %s", name, strerror(errno));
	return CLI_OK;
}

/* A record's message behind its MsgSeqNum. */
static void
decode_record(struct decode *d, const struct fix_rec *rec)
{
	struct input *in;
	size_t skip = sizeof(uint64_t);

	if ((rec->type != REC_IN && rec->type != REC_OUT) || rec->len <= skip)
		return;
	in = input_new(on_item, d);
	if (in != NULL &&
	    input_feed(in, rec->data + skip, rec->len - skip) == 0)
		input_end(in);
	input_free(in);
}

static int
decode_journal(struct decode *d, const char *dir)
{
	struct gateway_paths g;
	struct fix_disk *disk = NULL;
	struct fix_journal_reader *r = NULL;
	struct fix_store_error e = { "it can't be read" };
	struct fix_rec rec;
	int rc;

	if (gateway_at(&g, dir) != 0)
		return CLI_FAILED;
	rc = fix_disk_dir(&disk, g.journal, false);
	if (rc == 0)
		rc = fix_journal_reader_open(&r, disk, 0, &e);
	while (rc >= 0 && (rc = fix_journal_next(r, &rec, &e)) == 1)
		decode_record(d, &rec);
	if (rc < 0)
		cli_fail("journal %s: %s", g.journal, e.text);
	if (r != NULL)
		fix_journal_reader_close(r);
	if (disk != NULL)
		disk->ops->close(disk);
	gateway_done(&g);
	return rc < 0 ? CLI_FAILED : CLI_OK;
}

static int
decode_file(struct decode *d, const char *name)
{
	struct stat st;
	int fd, status;

	if (name == NULL || strcmp(name, "-") == 0)
		return decode_fd(d, STDIN_FILENO, "standard input");
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cli_fail("can't open %s: %s", name, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		status = decode_journal(d, name);
	else
		status = decode_fd(d, fd, name);
	close(fd);
	return status;
}

enum { O_NO_CHECK = 256, O_JOURNAL, O_COLOR, O_NO_COLOR };

/* @return -1: go on; else the status to leave with */
static int
read_options(struct decode *d, int argc, char **argv)
{
	static const struct option options[] = {
		{ "dict", required_argument, NULL, 'd' },
		{ "brief", no_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },
		{ "no-check", no_argument, NULL, O_NO_CHECK },
		{ "journal", required_argument, NULL, O_JOURNAL },
		{ "color", no_argument, NULL, O_COLOR },
		{ "no-color", no_argument, NULL, O_NO_COLOR },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "d:bjh", options, NULL)) != -1) {
		if (c == 'd')
			d->dict = optarg;
		else if (c == 'b')
			d->style = STYLE_BRIEF;
		else if (c == 'j')
			d->style = STYLE_JSON;
		else if (c == O_NO_CHECK)
			d->check = false;
		else if (c == O_JOURNAL)
			d->journal = optarg;
		else if (c == O_COLOR || c == O_NO_COLOR)
			d->color = c == O_COLOR;
		else if (c == 'h')
			return cli_help(help);
		else
			return opt_unknown(argc, argv, optind);
	}
	if (optind < argc)
		d->file = argv[optind++];
	if (optind < argc || (d->file != NULL && d->journal != NULL))
		return cli_usage("one thing to read at a time, please");
	return -1;
}

int
cmd_decode(int argc, char **argv)
{
	struct decode d = { .style = STYLE_FULL, .check = true, .color = -1 };
	struct fix_dict_error e;
	struct dicts *dicts;
	int status = read_options(&d, argc, argv);

	if (status >= 0)
		return status;
	dicts = dicts_new(d.dict, &e);
	if (dicts == NULL)
		return cli_fail("%s", e.text);
	show_init(&d.sh, stdout, dicts, d.color);
	status = d.journal != NULL ? decode_journal(&d, d.journal)
				   : decode_file(&d, d.file);
	dicts_free(dicts);
	if (status == CLI_OK && d.bad > 0)
		status = CLI_FAILED;
	return status;
}
