/*
 * Fuzz target: a dictionary's file, QuickFIX's schema or FIX Orchestra.
 *
 * Promises: what is refused says where and why and leaves nothing behind; what
 * is taken agrees with itself: every field is found by tag and by name, every
 * message by type and name, members are defined, groups have a delimiter that
 * is their first member, and a check against it comes to an end.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "dictionaries/dict.h"
#include "fix/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
walk_fields(const struct fix_dict *d)
{
	const struct fix_dict_field *f;
	const char *value, *name;
	uint32_t i, k;

	for (i = 0; i < fix_dict_n_fields(d); i++) {
		f = fix_dict_field_at(d, i);
		assert(fix_dict_field(d, f->tag) == f);
		assert(fix_dict_field_named(d, f->name) == f);
		assert(f->type < FIX_N_TYPE);
		for (k = 0; k < f->n_values; k++) {
			fix_dict_value(d, f->tag, k, &value, &name);
			assert(fix_dict_value_name(
				   d, f->tag, fix_span_of(value)) != NULL);
		}
	}
}

static void
walk_members(const struct fix_dict *d, uint32_t msg, struct fix_span type)
{
	const struct fix_dict_member *m;
	const struct fix_group_def *g;
	uint32_t i, n;

	m = fix_dict_members(d, msg, &n);
	for (i = 0; i < n; i++) {
		assert(fix_dict_field(d, m[i].tag) != NULL);
		assert(m[i].depth <= 16);
		if (!m[i].group)
			continue;
		assert(i + 1 < n && m[i + 1].depth == m[i].depth + 1);
		g = fix_dict_group(d, type, m[i].tag);
		assert(g != NULL && g->count_tag == m[i].tag);
		assert(g->n_members > 0 && g->delimiter == g->members[0]);
	}
}

static void
check_some(const struct fix_dict *d, const char *type)
{
	static const char begin[] = "8=FIX.4.4\0019=1\00135=";
	static const char fields[] =
	    "\00149=A\00156=B\00134=1\00152=20250314-14:30:15\001453=2\001"
	    "448=A\001447=D\001448=B\00155=X\00154=1\00110=000\001";
	struct fix_field list[64];
	struct fix_msg m = { .fields = list, .cap = 64 };
	struct fix_fault f;
	uint8_t text[8192];
	size_t n;

	if (strlen(type) > 4096)
		return;
	n = (size_t)snprintf(
	    (char *)text, sizeof(text), "%s%s%s", begin, type, fields);
	if (fix_split(text, n, &m) != 0)
		return;
	if (fix_dict_check(d, d, &m, &fix_check_all, &f) == 1)
		assert(f.field == FIX_MSG_NONE || f.field < m.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fix_dict_error e;
	const char *type, *name;
	struct fix_dict *d;
	uint32_t i;
	bool admin;

	if (fix_dict_load_mem(&d, "f", data, size, &e) != 0) {
		assert(d == NULL);
		assert(strncmp(e.text, "f:", 2) == 0);
		return 0;
	}
	assert(e.text[0] == '\0');
	walk_fields(d);
	walk_members(d, FIX_DICT_HEADER, fix_span_of(""));
	for (i = 0; i < fix_dict_n_msgs(d); i++) {
		fix_dict_msg_at(d, i, &type, &name, &admin);
		assert(fix_dict_msg_name(d, fix_span_of(type)) == name);
		assert(fix_dict_msg_type(d, name) == type);
		walk_members(d, i, fix_span_of(type));
		check_some(d, type);
	}
	fix_dict_free(d);
	return 0;
}
