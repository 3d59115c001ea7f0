/*
 * Messages for people.
 *
 * Two ways: full, a field a line, for someone who looks into one message; and
 * brief, the headline and a flowing body, for someone who watches many go by.
 * Both name every tag and every enum value that the dictionary knows, show
 * unknown ones by number, and mask secrets. Entries of groups are indented and
 * begin with a dash.
 */
#include "gateway/cli/show.h"

#include <stdlib.h>
#include <unistd.h>

#include "gateway/cli/walk.h"

#define VALUE_MAX 1000  /* bytes of a value shown to people */
#define NAME_END_MAX 40 /* column behind the names; longer ones spill */

void
show_init(struct show *sh, FILE *out, struct dicts *dicts, int color)
{
	sh->out = out;
	sh->dicts = dicts;
	sh->columns = 80;
	sh->color = color > 0;
	if (color < 0)
		sh->color =
		    isatty(fileno(out)) == 1 && getenv("NO_COLOR") == NULL;
}

const char *
show_bold(const struct show *sh)
{
	return sh->color ? "\033[1m" : "";
}

const char *
show_dim(const struct show *sh)
{
	return sh->color ? "\033[2m" : "";
}

const char *
show_red(const struct show *sh)
{
	return sh->color ? "\033[31m" : "";
}

const char *
show_green(const struct show *sh)
{
	return sh->color ? "\033[32m" : "";
}

const char *
show_plain(const struct show *sh)
{
	return sh->color ? "\033[0m" : "";
}

struct pen { /* one message being shown */
	const struct show *sh;
	const struct fix_msg *m;
	struct dict_pair p;
	unsigned width;  /* full: of the name column */
	unsigned indent; /* brief: of the body */
	unsigned column; /* brief: characters on this line */
	bool dash;       /* full: the next field begins an entry */
};

/* A tag as it was written, which FIX_TAG_BAD does not tell. */
static struct fix_span
tag_text(const struct fix_msg *m, uint32_t i)
{
	const struct fix_field *f = &m->fields[i];
	struct fix_span v = { m->bytes + f->at, 0 };

	v.len = f->off > f->at ? f->off - f->at - 1 : 0;
	return v;
}

static uint32_t
real_tag(const struct fix_msg *m, uint32_t i)
{
	struct fix_span text = tag_text(m, i);
	uint32_t tag = m->fields[i].tag;
	int64_t n;

	if (tag == FIX_TAG_BAD && fix_int_parse(text, &n) == 0 && n > 0 &&
	    n <= FIX_TAG_MAX)
		tag = (uint32_t)n; /* 0554 is still a password */
	return tag;
}

/* A garbled message may have swallowed a Logon. */
static bool
holds_logon(const struct fix_msg *m)
{
	uint32_t i;

	for (i = 0; i < m->n; i++)
		if (m->fields[i].tag == 35 &&
		    fix_span_is(fix_msg_at(m, i), "A"))
			return true;
	return false;
}

bool
show_secret_field(const struct fix_msg *m, uint32_t i)
{
	uint32_t tag = real_tag(m, i);

	return show_secret(fix_msg_type(m), tag) ||
	       (tag == 96 && holds_logon(m));
}

static const char *
field_name(const struct pen *pen, uint32_t i)
{
	const struct fix_dict_field *f =
	    dicts_field(pen->p, pen->m->fields[i].tag);

	return f == NULL ? "" : f->name;
}

/* MULTIPLESTRING and MULTIPLECHAR: each of the words has a name. */
static void
print_words(const struct pen *pen, uint32_t tag, struct fix_span v)
{
	const char *name, *gap = "";
	struct fix_span word;
	const uint8_t *end;

	while (v.len > 0) {
		end = memchr(v.p, ' ', v.len);
		word.p = v.p;
		word.len = end == NULL ? v.len : (size_t)(end - v.p);
		name = dicts_value_name(pen->p, tag, word);
		fprintf(pen->sh->out, "%s%s", gap, name == NULL ? "?" : name);
		gap = " ";
		v.p += end == NULL ? v.len : word.len + 1;
		v.len -= end == NULL ? v.len : word.len + 1;
	}
}

static void
print_value(const struct pen *pen, uint32_t i, const char *gap)
{
	FILE *out = pen->sh->out;
	struct fix_span v = fix_msg_at(pen->m, i);
	uint32_t tag = pen->m->fields[i].tag;
	const struct fix_dict_field *f = dicts_field(pen->p, tag);
	const char *word = dicts_value_name(pen->p, tag, v);

	if (show_secret_field(pen->m, i)) {
		fputs("***", out);
		return;
	}
	show_text(out, v, VALUE_MAX);
	if (tag == 8 || (word == NULL && (f == NULL || f->n_values == 0)))
		return;
	fprintf(out, "%s%s", gap, show_green(pen->sh));
	if (word == NULL && memchr(v.p, ' ', v.len) != NULL)
		print_words(pen, tag, v);
	else
		fputs(word == NULL ? "?" : word, out);
	fputs(show_plain(pen->sh), out);
}

static void
headline(const struct pen *pen)
{
	const struct show *sh = pen->sh;
	struct fix_span v, type = fix_msg_type(pen->m);
	const char *name = dicts_msg_name(pen->p, type);
	bool flag;

	fprintf(sh->out, "%s%s%s%s(", show_bold(sh), name == NULL ? "" : name,
	    show_plain(sh), name == NULL ? "" : " ");
	show_text(sh->out, type, 16);
	fputc(')', sh->out);
	if (fix_msg_get(pen->m, 34, &v)) {
		fputs(" #", sh->out);
		show_text(sh->out, v, 20);
	}
	if (fix_msg_get(pen->m, 49, &v)) {
		fputs("  ", sh->out);
		show_text(sh->out, v, 64);
	}
	if (fix_msg_get(pen->m, 56, &v)) {
		fputs(" > ", sh->out);
		show_text(sh->out, v, 64);
	}
	if (fix_msg_bool(pen->m, 43, &flag) == 0 && flag)
		fputs("  (possible duplicate)", sh->out);
	if (fix_msg_bool(pen->m, 97, &flag) == 0 && flag)
		fputs("  (possible resend)", sh->out);
	fputc('\n', sh->out);
}

/* Columns before a field's name. */
static unsigned
full_indent(unsigned depth, size_t tag_len)
{
	unsigned width = tag_len > 16 ? 16 : (unsigned)tag_len;

	if (depth == 0)
		return width < 6 ? 7 : width + 1;
	return depth * 4 + 1 + 2 + width + 1;
}

static void
measure_field(void *arg, unsigned depth, uint32_t i)
{
	struct pen *pen = arg;
	unsigned w = full_indent(depth, tag_text(pen->m, i).len) +
		     (unsigned)strlen(field_name(pen, i));

	if (w > pen->width)
		pen->width = w < NAME_END_MAX ? w : NAME_END_MAX;
}

static void
full_field(void *arg, unsigned depth, uint32_t i)
{
	struct pen *pen = arg;
	const struct show *sh = pen->sh;
	struct fix_span tag = tag_text(pen->m, i);
	unsigned used = full_indent(depth, tag.len);
	size_t width = tag.len > 16 ? 16 : tag.len;

	fprintf(sh->out, "%*s", (int)(used - width - (depth > 0 ? 3 : 1)), "");
	if (depth > 0)
		fputs(pen->dash ? "- " : "  ", sh->out);
	pen->dash = false;
	fputs(show_dim(sh), sh->out);
	show_text(sh->out, tag, 16);
	fprintf(sh->out, "%s %-*s  ", show_plain(sh),
	    used < pen->width ? (int)(pen->width - used) : 0,
	    field_name(pen, i));
	print_value(pen, i, "  ");
	fputc('\n', sh->out);
}

static void
full_entry(void *arg, unsigned depth, uint32_t k)
{
	struct pen *pen = arg;

	(void)depth;
	(void)k;
	pen->dash = true;
}

static void
nothing(void *arg, unsigned depth)
{
	(void)arg;
	(void)depth;
}

static struct pen
pen_of(const struct show *sh, const struct fix_msg *m)
{
	struct pen pen = { sh, m, { NULL, NULL }, 0, 0, 0, false };

	if (sh->dicts != NULL)
		pen.p = dicts_of(sh->dicts, m);
	return pen;
}

void
show_full(const struct show *sh, const struct fix_msg *m)
{
	struct pen pen = pen_of(sh, m);
	struct walk_ops ops = { &pen, measure_field, measure_field, full_entry,
		nothing, nothing };

	walk_fields(m, pen.p, &ops);
	pen.dash = false;
	ops.field = ops.open = full_field;
	headline(&pen);
	walk_fields(m, pen.p, &ops);
}

/* Fields that the headline tells, or that say nothing about the message. */
static bool
is_envelope(uint32_t tag)
{
	static const uint32_t tags[] = { 8, 9, 10, 34, 35, 43, 49, 52, 56, 97,
		122 };
	size_t i;

	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (tags[i] == tag)
			return true;
	return false;
}

/* One word of the flow: onto this line if it fits, else onto the next. */
static void
flow(struct pen *pen, const char *text, size_t width)
{
	FILE *out = pen->sh->out;

	if (pen->column == 0) {
		fprintf(out, "%*s", (int)pen->indent, "");
		pen->column = pen->indent;
	} else if (pen->column + 2 + width > pen->sh->columns) {
		fprintf(out, "\n%*s", (int)pen->indent, "");
		pen->column = pen->indent;
	} else {
		fputs("  ", out);
		pen->column += 2;
	}
	fputs(text, out);
	pen->column += (unsigned)width;
}

/* Characters that a terminal shows of it, escape sequences left out. */
static size_t
shown_width(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++) {
		if (*s == '\033') {
			while (*s != 'm')
				s++;
			continue;
		}
		n += ((unsigned char)*s & 0xc0) != 0x80;
	}
	return n;
}

static void
brief_word(struct pen *pen, uint32_t i, const char *before)
{
	struct show sh = *pen->sh;
	struct pen sub = *pen;
	struct fix_span tag = tag_text(pen->m, i);
	char *text = NULL;
	size_t len;

	sh.out = open_memstream(&text, &len);
	if (sh.out == NULL)
		return;
	sub.sh = &sh;
	fprintf(sh.out, "%s%s", before, show_dim(&sh));
	show_text(sh.out, tag, 32);
	fprintf(sh.out, "%s %s%s", show_plain(&sh), field_name(pen, i),
	    *field_name(pen, i) == '\0' ? "" : "=");
	print_value(&sub, i, " ");
	if (fclose(sh.out) == 0)
		flow(pen, text, shown_width(text));
	free(text);
}

static void
brief_field(void *arg, unsigned depth, uint32_t i)
{
	struct pen *pen = arg;

	if (depth == 0 && is_envelope(pen->m->fields[i].tag))
		return;
	brief_word(pen, i, pen->dash ? "- " : "");
	pen->dash = false;
}

void
show_brief(const struct show *sh, const char *lead, const struct fix_msg *m)
{
	struct pen pen = pen_of(sh, m);
	struct walk_ops ops = { &pen, brief_field, brief_field, full_entry,
		nothing, nothing };

	fputs(lead, sh->out);
	headline(&pen);
	pen.indent = *lead == '\0' ? 4 : (unsigned)shown_width(lead);
	walk_fields(m, pen.p, &ops);
	if (pen.column != 0)
		fputc('\n', sh->out);
}
