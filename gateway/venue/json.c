/*
 * Getters over jansson. A number with a point in it is refused where a decimal
 * is wanted: jansson has made a binary fraction of it.
 */
#include "gateway/venue/json.h"

#include <stdlib.h>
#include <string.h>

#include "fix/decimal.h"

json_t *
json_read(struct fix_span body)
{
	if (body.len == 0 || body.len > JSON_BODY_MAX)
		return NULL;
	return json_loadb(
	    (const char *)body.p, body.len, JSON_REJECT_DUPLICATES, NULL);
}

/* Bytes of the number at p; *whole: without point and exponent. */
static size_t
number_at(const char *p, size_t len, bool *whole)
{
	size_t n = 0;

	*whole = true;
	for (; n < len && p[n] != '\0' && strchr("+-.0123456789eE", p[n]) !=
		 NULL; n++)
		if (strchr(".eE", p[n]) != NULL)
			*whole = false;
	return n;
}

/* Quotes round each fraction. out has room for 3 * len bytes. */
static size_t
quote_fractions(const char *p, size_t len, char *out)
{
	size_t at = 0, n;
	bool in = false, whole;

	for (size_t i = 0; i < len; i += n) {
		n = 1;
		whole = true;
		if (in && p[i] == '\\' && i + 1 < len)
			n = 2;
		else if (p[i] == '"')
			in = !in;
		else if (!in && (p[i] == '-' || (p[i] >= '0' && p[i] <= '9')))
			n = number_at(p + i, len - i, &whole);
		if (!whole)
			out[at++] = '"';
		memcpy(out + at, p + i, n);
		at += n;
		if (!whole)
			out[at++] = '"';
	}
	return at;
}

json_t *
json_read_exact(struct fix_span body)
{
	json_t *j;
	char *out;

	if (body.len == 0 || body.len > JSON_BODY_MAX)
		return NULL;
	out = malloc(3 * body.len);
	if (out == NULL)
		return NULL;
	j = json_loadb(out,
	    quote_fractions((const char *)body.p, body.len, out),
	    JSON_REJECT_DUPLICATES, NULL);
	free(out);
	return j;
}

const char *
json_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s == NULL ? "" : s;
}

int
json_whole(const json_t *o, const char *key, int64_t *out)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL || json_is_null(v))
		return -FIX_E_NOTFOUND;
	if (!json_is_integer(v))
		return -FIX_E_FORMAT;
	*out = json_integer_value(v);
	return 0;
}

int
json_e8(const json_t *o, const char *key, int64_t *out)
{
	const json_t *v = json_object_get(o, key);
	struct fix_dec d;
	int rc;

	if (v == NULL || json_is_null(v))
		return -FIX_E_NOTFOUND;
	if (json_is_integer(v)) {
		d = (struct fix_dec){ json_integer_value(v), 0 };
		return fix_dec_to_e8(d, out);
	}
	if (!json_is_string(v))
		return -FIX_E_FORMAT;
	rc = fix_dec_parse(fix_span_of(json_string_value(v)), &d);
	return rc != 0 ? rc : fix_dec_to_e8(d, out);
}

int64_t
json_whole_or(const json_t *o, const char *key, int64_t def)
{
	int64_t v;

	return json_whole(o, key, &v) == 0 ? v : def;
}

int64_t
json_e8_or(const json_t *o, const char *key, int64_t def)
{
	int64_t v;

	return json_e8(o, key, &v) == 0 ? v : def;
}
