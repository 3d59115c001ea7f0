/*
 * Messages for programs: one JSON object a message.
 *
 * Fields stand in the order of the wire as objects with tag, name, value and,
 * for an enumeration, text; a group's count field has "entries", an array of
 * arrays of fields. A value that JSON can't hold is escaped as for people and
 * stands as "hex" too. Secrets are masked: a program that needs them has the
 * bytes.
 */
#include <stdlib.h>

#include "gateway/cli/show.h"
#include "gateway/cli/walk.h"

struct pencil {
	const struct fix_msg *m;
	struct dict_pair p;
	json_t *fields[WALK_DEPTH_MAX + 2]; /* borrowed: being filled */
	json_t *entries[WALK_DEPTH_MAX + 2];
};

static void
set_hex(json_t *o, struct fix_span v)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = malloc(2 * v.len + 1);
	size_t i;

	if (hex == NULL)
		return;
	for (i = 0; i < v.len; i++) {
		hex[2 * i] = digits[v.p[i] >> 4];
		hex[2 * i + 1] = digits[v.p[i] & 15];
	}
	hex[2 * v.len] = '\0';
	json_object_set_new(o, "hex", json_string(hex));
	free(hex);
}

/* JSON holds UTF-8; jansson refuses the rest. */
static void
set_value(json_t *o, const char *key, struct fix_span v)
{
	bool secret = show_has_secret(v);
	json_t *s = secret ? NULL : json_stringn((const char *)v.p, v.len);
	char *text;

	if (s == NULL) {
		text = show_text_dup(v);
		s = json_string(text == NULL ? "" : text);
		free(text);
		if (!secret)
			set_hex(o, v);
	}
	json_object_set_new(o, key, s);
}

static json_t *
add_field(struct pencil *pc, unsigned depth, uint32_t i)
{
	json_t *o = json_object();
	struct fix_span v = fix_msg_at(pc->m, i);
	uint32_t tag = pc->m->fields[i].tag;
	const struct fix_dict_field *f = dicts_field(pc->p, tag);
	const char *word = dicts_value_name(pc->p, tag, v);

	json_object_set_new(o, "tag", json_integer(tag));
	if (f != NULL)
		json_object_set_new(o, "name", json_string(f->name));
	if (show_secret_field(pc->m, i))
		v = fix_span_of("***");
	set_value(o, "value", v);
	if (word != NULL)
		json_object_set_new(o, "text", json_string(word));
	json_array_append_new(pc->fields[depth], o);
	return o;
}

static void
on_field(void *arg, unsigned depth, uint32_t i)
{
	add_field(arg, depth, i);
}

static void
on_open(void *arg, unsigned depth, uint32_t i)
{
	struct pencil *pc = arg;
	json_t *o = add_field(pc, depth, i);

	pc->entries[depth] = json_array();
	json_object_set_new(o, "entries", pc->entries[depth]);
}

static void
on_entry(void *arg, unsigned depth, uint32_t k)
{
	struct pencil *pc = arg;

	(void)k;
	pc->fields[depth + 1] = json_array();
	json_array_append_new(pc->entries[depth], pc->fields[depth + 1]);
}

static void
nothing(void *arg, unsigned depth)
{
	(void)arg;
	(void)depth;
}

static void
set_header(json_t *o, const struct fix_msg *m, struct dict_pair p)
{
	struct fix_span v;
	const char *name = dicts_msg_name(p, fix_msg_type(m));
	int64_t seq;

	set_value(o, "begin", fix_msg_at(m, 0));
	set_value(o, "type", fix_msg_type(m));
	if (name != NULL)
		json_object_set_new(o, "name", json_string(name));
	if (fix_msg_get(m, 49, &v))
		set_value(o, "sender", v);
	if (fix_msg_get(m, 56, &v))
		set_value(o, "target", v);
	if (fix_msg_int(m, 34, &seq) == 0)
		json_object_set_new(o, "seq", json_integer(seq));
	if (fix_msg_get(m, 52, &v))
		set_value(o, "time", v);
}

json_t *
show_json(const struct show *sh, const struct fix_msg *m)
{
	struct pencil pc = { m, { NULL, NULL }, { NULL }, { NULL } };
	struct walk_ops ops = { &pc, on_field, on_open, on_entry, nothing,
		nothing };
	json_t *o = json_object();

	if (o == NULL)
		return NULL;
	if (sh->dicts != NULL)
		pc.p = dicts_of(sh->dicts, m);
	set_header(o, m, pc.p);
	pc.fields[0] = json_array();
	json_object_set_new(o, "fields", pc.fields[0]);
	walk_fields(m, pc.p, &ops);
	return o;
}
