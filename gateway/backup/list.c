/*
 * The list of a backup, as JSON: which backup it is, on which one it stands,
 * the records of the journal, and each file with its size and SHA-256.
 *
 * It is signed, but read as if it were not: whoever signs may be wrong. Names
 * are kept below DataDir, numbers in their range, and no name comes twice.
 */
#include "gateway/backup/list.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fix/time.h"

#define FORMAT "fixgate-backup/2"
#define FILES_MAX 1000000u

void
backup_list_free(struct backup_list *l)
{
	free(l->v);
	*l = (struct backup_list){ 0 };
}

struct backup_file *
backup_list_add(struct backup_list *l)
{
	size_t cap = l->cap == 0 ? 64 : l->cap * 2;
	struct backup_file *v = l->v;

	if (l->n == l->cap) {
		v = realloc(l->v, cap * sizeof(*v));
		if (v == NULL)
			return NULL;
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n] = (struct backup_file){ 0 };
	return &l->v[l->n++];
}

const struct backup_file *
backup_list_find(const struct backup_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].name, name) == 0)
			return &l->v[i];
	return NULL;
}

bool
backup_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < BK_NAME_MAX && strstr(name, "..") == NULL &&
	       strstr(name, "//") == NULL && name[n - 1] != '/' &&
	       (strncmp(name, "audit/", 6) == 0 ||
		   strncmp(name, "bus/", 4) == 0 ||
		   strncmp(name, "keys/", 5) == 0 ||
		   strncmp(name, "trading/journal/", 16) == 0 ||
		   strcmp(name, BK_TABLES) == 0);
}

void
backup_hex(char *out, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		snprintf(out + 2 * i, 3, "%02x", p[i]);
	out[2 * n] = '\0';
}

static json_t *
hex_of(const uint8_t *p, size_t n)
{
	char text[2 * BK_SUM + 1];

	backup_hex(text, p, n);
	return json_string(text);
}

static json_t *
file_json(const struct backup_list *l, const struct backup_file *f)
{
	json_t *j = json_pack("{s:s, s:I, s:I, s:o?}", "name", f->name, "bytes",
	    (json_int_t)f->bytes, "size", (json_int_t)f->size, "sha256",
	    hex_of(f->sum, BK_SUM));

	if (j != NULL && f->closed)
		json_object_set_new(j, "closed", json_true());
	if (j != NULL && strcmp(f->holder, l->id) != 0)
		json_object_set_new(j, "backup", json_string(f->holder));
	return j;
}

char *
backup_list_text(const struct backup_list *l)
{
	json_t *files = json_array(), *j, *base;
	char *text = NULL;
	int rc = files == NULL ? -1 : 0;

	for (size_t i = 0; i < l->n && rc == 0; i++)
		rc = json_array_append_new(files, file_json(l, &l->v[i]));
	base = l->base[0] == '\0' ? json_null()
				  : json_pack("{s:s, s:s}", "id", l->base,
					"file", l->base_file);
	j = json_pack("{s:s, s:s, s:I, s:o?, s:{s:I, s:I, s:I}, "
		      "s:{s:I, s:o?}, s:o?}",
	    "format", FORMAT, "id", l->id, "time_ns", (json_int_t)l->when_ns,
	    "base", base, "journal", "first", (json_int_t)l->first, "last",
	    (json_int_t)l->last, "last_time_ns", (json_int_t)l->last_ns,
	    "sealed", "bytes", (json_int_t)l->sealed, "sha256",
	    hex_of(l->sealed_sum, BK_SUM), "files", files);
	if (j != NULL && backup_list_find(l, BK_TABLES) != NULL)
		rc |= json_object_set_new(j, "tables",
		    json_pack("{s:I}", "last", (json_int_t)l->tables));
	if (j != NULL && rc == 0)
		text = json_dumps(j, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	json_decref(j);
	return text;
}

static bool
get_hex(const json_t *j, uint8_t *out, size_t n)
{
	const char *s = json_string_value(j);
	unsigned byte;

	if (s == NULL || strlen(s) != 2 * n ||
	    strspn(s, "0123456789abcdef") != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (sscanf(s + 2 * i, "%2x", &byte) != 1)
			return false;
		out[i] = (uint8_t)byte;
	}
	return true;
}

static bool
get_id(const json_t *j, char out[BK_ID])
{
	uint8_t bytes[(BK_ID - 1) / 2];

	if (!get_hex(j, bytes, sizeof(bytes)))
		return false;
	backup_hex(out, bytes, sizeof(bytes));
	return true;
}

static bool
get_number(const json_t *j, uint64_t *out)
{
	json_int_t v = json_integer_value(j);

	*out = (uint64_t)v;
	return json_is_integer(j) && v >= 0;
}

static bool
get_text(const json_t *j, char *out, size_t cap)
{
	const char *s = json_string_value(j);

	if (s == NULL || strlen(s) >= cap)
		return false;
	memcpy(out, s, strlen(s) + 1);
	return true;
}

static bool
get_file(struct backup_list *l, const json_t *j, struct backup_file *f)
{
	const json_t *holder = json_object_get(j, "backup");

	f->closed = json_is_true(json_object_get(j, "closed"));
	memcpy(f->holder, l->id, BK_ID);
	return get_text(json_object_get(j, "name"), f->name, BK_NAME_MAX) &&
	       backup_name_ok(f->name) &&
	       get_number(json_object_get(j, "bytes"), &f->bytes) &&
	       get_number(json_object_get(j, "size"), &f->size) &&
	       f->bytes <= f->size &&
	       get_hex(json_object_get(j, "sha256"), f->sum, BK_SUM) &&
	       (holder == NULL || get_id(holder, f->holder));
}

static bool
get_base(struct backup_list *l, const json_t *j)
{
	if (json_is_null(j))
		return true;
	/* In the same folder. */
	return get_id(json_object_get(j, "id"), l->base) &&
	       get_text(json_object_get(j, "file"), l->base_file,
		   sizeof(l->base_file)) &&
	       l->base_file[0] != '\0' && strchr(l->base_file, '/') == NULL;
}

static bool
get_head(struct backup_list *l, const json_t *j)
{
	const json_t *journal = json_object_get(j, "journal");
	const json_t *sealed = json_object_get(j, "sealed");
	const char *format = json_string_value(json_object_get(j, "format"));
	const json_t *tables = json_object_get(j, "tables");
	uint64_t when, last;

	if (format == NULL || strcmp(format, FORMAT) != 0 ||
	    !get_id(json_object_get(j, "id"), l->id) ||
	    !get_base(l, json_object_get(j, "base")) ||
	    !get_number(json_object_get(j, "time_ns"), &when) ||
	    !get_number(json_object_get(journal, "first"), &l->first) ||
	    !get_number(json_object_get(journal, "last"), &l->last) ||
	    !get_number(json_object_get(journal, "last_time_ns"), &last) ||
	    (tables != NULL &&
		!get_number(json_object_get(tables, "last"), &l->tables)) ||
	    !get_number(json_object_get(sealed, "bytes"), &l->sealed) ||
	    !get_hex(json_object_get(sealed, "sha256"), l->sealed_sum, BK_SUM))
		return false;
	l->when_ns = (int64_t)when;
	l->last_ns = (int64_t)last;
	return true;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* @return 1, 0: one comes twice, -FIX_E_NOMEM */
static int
names_differ(const struct backup_list *l)
{
	const char **v = malloc((l->n + 1) * sizeof(*v));
	int rc = v == NULL ? -FIX_E_NOMEM : 1;

	for (size_t i = 0; i < l->n && rc == 1; i++)
		v[i] = l->v[i].name;
	if (rc == 1 && l->n > 0)
		qsort(v, l->n, sizeof(*v), by_name);
	for (size_t i = 1; i < l->n && rc == 1; i++)
		rc = strcmp(v[i - 1], v[i]) != 0;
	free(v);
	return rc;
}

static int
get_files(struct backup_list *l, const json_t *files)
{
	struct backup_file *f;
	int rc;

	if (!json_is_array(files) || json_array_size(files) > FILES_MAX)
		return -FIX_E_FORMAT;
	for (size_t i = 0; i < json_array_size(files); i++) {
		f = backup_list_add(l);
		if (f == NULL)
			return -FIX_E_NOMEM;
		if (!get_file(l, json_array_get(files, i), f))
			return -FIX_E_FORMAT;
	}
	rc = names_differ(l);
	return rc == 1 ? 0 : rc == 0 ? -FIX_E_FORMAT : rc;
}

int
backup_list_parse(struct backup_list *l, struct fix_span text)
{
	json_t *j = json_loadb(
	    (const char *)text.p, text.len, JSON_REJECT_DUPLICATES, NULL);
	int rc = -FIX_E_FORMAT;

	*l = (struct backup_list){ 0 };
	if (j != NULL && get_head(l, j))
		rc = get_files(l, json_object_get(j, "files"));
	json_decref(j);
	if (rc != 0)
		backup_list_free(l);
	return rc;
}
