/*
 * Reading answers. In: a body as it came. Out: values, or a refusal.
 */
#include "gateway/vault/answer.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 16 /* in front of each piece of jansson's: its size */

static void *
take(size_t n)
{
	uint8_t *p = n > SIZE_MAX - HEAD ? NULL : malloc(n + HEAD);

	if (p == NULL)
		return NULL;
	memcpy(p, &n, sizeof(n));
	return p + HEAD;
}

static void
give(void *p)
{
	uint8_t *whole;
	size_t n;

	if (p == NULL)
		return;
	whole = (uint8_t *)p - HEAD;
	memcpy(&n, whole, sizeof(n));
	explicit_bzero(p, n);
	free(whole);
}

void
vault_answer_init(void)
{
	json_set_alloc_funcs(take, give);
}

static json_t *
load(struct fix_span body)
{
	return json_loadb(
	    (const char *)body.p, body.len, JSON_REJECT_DUPLICATES, NULL);
}

/* A header line is made of it. */
static bool
is_token(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x21 || s[i] > 0x7e)
			return false;
	return n > 0 && n < VAULT_TOKEN_MAX;
}

static bool
seconds(const json_t *j, int64_t *out)
{
	*out = json_integer_value(j);
	return json_is_integer(j) && *out >= 0 && *out <= INT32_MAX;
}

int
vault_answer_login(struct vault_login *out, struct fix_span body)
{
	json_t *root = load(body), *auth = json_object_get(root, "auth");
	const json_t *renewable = json_object_get(auth, "renewable");
	const char *token =
	    json_string_value(json_object_get(auth, "client_token"));
	int rc = -FIX_E_FORMAT;

	memset(out, 0, sizeof(*out));
	if (token != NULL && is_token(token) && json_is_boolean(renewable) &&
	    seconds(json_object_get(auth, "lease_duration"), &out->lease_s)) {
		memcpy(out->token, token, strlen(token));
		out->renewable = json_is_true(renewable);
		rc = 0;
	}
	json_decref(root);
	return rc;
}

int
vault_answer_lookup(struct vault_login *out, struct fix_span body)
{
	json_t *root = load(body), *data = json_object_get(root, "data");
	const json_t *renewable = json_object_get(data, "renewable");
	int rc = -FIX_E_FORMAT;

	memset(out, 0, sizeof(*out));
	/* A root token has no "renewable". */
	if ((renewable == NULL || json_is_boolean(renewable)) &&
	    seconds(json_object_get(data, "ttl"), &out->lease_s)) {
		out->renewable = json_is_true(renewable);
		rc = 0;
	}
	json_decref(root);
	return rc;
}

static bool
add(struct vault_values *v, const char *name, const char *value)
{
	size_t a = strlen(name) + 1, b = strlen(value) + 1;

	if (a > sizeof(v->fields) - v->len ||
	    b > sizeof(v->fields) - v->len - a)
		return false;
	memcpy(v->fields + v->len, name, a);
	memcpy(v->fields + v->len + a, value, b);
	v->len += a + b;
	return true;
}

static int
read_fields(struct vault_values *out, json_t *data)
{
	const char *name;
	json_t *value;

	json_object_foreach(data, name,
	    value) if (json_is_string(value) &&
		       !add(out, name,
			   json_string_value(value))) return -FIX_E_TOOBIG;
	return 0;
}

int
vault_answer_secret(struct vault_values *out, struct fix_span body)
{
	json_t *root = load(body), *outer = json_object_get(root, "data");
	json_t *data = json_object_get(outer, "data");
	const json_t *meta = json_object_get(outer, "metadata");
	const json_t *lease = json_object_get(root, "lease_duration");
	const json_t *version = json_object_get(meta, "version");
	int rc = -FIX_E_FORMAT;

	memset(out, 0, sizeof(*out));
	out->version = json_integer_value(version);
	if (!json_is_integer(version) || out->version < 1 ||
	    (lease != NULL && !seconds(lease, &out->lease_s)))
		rc = -FIX_E_FORMAT;
	else if (json_is_null(data))
		rc = -FIX_E_NOTFOUND;
	else if (json_is_object(data))
		rc = read_fields(out, data);
	json_decref(root);
	return rc;
}

const char *
vault_value(const char *fields, size_t len, const char *name)
{
	const char *p = fields, *end = fields + len, *value;

	while (p < end) {
		value = p + strlen(p) + 1;
		if (strcmp(p, name) == 0)
			return value;
		p = value + strlen(value) + 1;
	}
	return NULL;
}

char *
vault_request(const char *a, const char *x, const char *b, const char *y)
{
	json_t *j = json_object();
	char *text = NULL;

	if (j != NULL && json_object_set_new(j, a, json_string(x)) == 0 &&
	    (b == NULL || json_object_set_new(j, b, json_string(y)) == 0))
		text = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	return text;
}

void
vault_answer_free(char *request)
{
	give(request);
}
