/*
 * Reading a stored event: canonical JSON and nothing else.
 *
 * In: bytes of a file that somebody may have changed. Out: where each field
 * stands, or a refusal. A second spelling of the same values is refused, since
 * only one of them has the hash: key order, blanks, an escape where a plain
 * character would do, a number with leading zeros.
 */
#include "fix/decimal.h"
#include "store/audit_event.h"

struct in {
	const uint8_t *p, *end;
};

static const char *const names[] = {
	[AUDIT_ACTION] = "action",
	[AUDIT_ACTOR] = "actor",
	[AUDIT_DETAILS] = "details",
	[AUDIT_EVENT_ID] = "event_id",
	[AUDIT_EVENT_TYPE] = "event_type",
	[AUDIT_IP] = "ip_address",
	[AUDIT_PREVIOUS] = "previous_hash",
	[AUDIT_RESOURCE_ID] = "resource_id",
	[AUDIT_RESOURCE_TYPE] = "resource_type",
	[AUDIT_TIMESTAMP] = "timestamp",
	[AUDIT_AGENT] = "user_agent",
};

_Static_assert(sizeof(names) / sizeof(names[0]) == AUDIT_N_FIELD,
    "every field has a name");

const char *
audit_field_name(enum audit_field f)
{
	return names[f];
}

static bool
eat(struct in *in, const char *s)
{
	size_t n = strlen(s);

	if ((size_t)(in->end - in->p) < n || memcmp(in->p, s, n) != 0)
		return false;
	in->p += n;
	return true;
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* XXXX of \uXXXX. */
static bool
unit(struct in *in, uint32_t *out)
{
	int d;

	*out = 0;
	for (unsigned i = 0; i < 4; i++) {
		if (in->p == in->end || (d = hex_digit(*in->p)) < 0)
			return false;
		*out = *out << 4 | (uint32_t)d;
		in->p++;
	}
	return true;
}

/* What stands behind a backslash. @return false if it is not canonical */
static bool
escape(struct in *in, uint32_t *code)
{
	static const char to[] = "\"\\nrtfb", from[] = "\"\\\n\r\t\f\b";
	const char *two;
	uint32_t low;

	if (in->p == in->end)
		return false;
	two = *in->p == '\0' ? NULL : strchr(to, *in->p);
	if (two != NULL) {
		*code = (uint32_t)from[two - to];
		in->p++;
		return true;
	}
	if (!eat(in, "u") || !unit(in, code))
		return false;
	if (*code == 0 || (*code >= 0x20 && *code < 0x7f) ||
	    (*code < 0x20 && strchr(from, (int)*code) != NULL))
		return false;
	if (*code >= 0xdc00 && *code < 0xe000)
		return false;
	if (*code < 0xd800 || *code >= 0xdc00)
		return true;
	if (!eat(in, "\\u") || !unit(in, &low) || low < 0xdc00 || low >= 0xe000)
		return false;
	*code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

static bool
string(struct in *in, struct fix_span *out)
{
	uint32_t code;

	if (!eat(in, "\""))
		return false;
	out->p = in->p;
	while (in->p < in->end && *in->p != '"') {
		uint8_t c = *in->p++;

		if (c < 0x20 || c > 0x7e)
			return false;
		if (c == '\\' && !escape(in, &code))
			return false;
	}
	out->len = (size_t)(in->p - out->p);
	return eat(in, "\"");
}

static bool
number(struct in *in, struct fix_span *out)
{
	bool negative = eat(in, "-");
	const uint8_t *digits = in->p;
	int64_t v;

	while (in->p < in->end && *in->p >= '0' && *in->p <= '9')
		in->p++;
	if (in->p == digits || (*digits == '0' && (in->p > digits + 1 || negative)))
		return false;
	out->p = digits - negative;
	out->len = (size_t)(in->p - out->p);
	return fix_int_parse(*out, &v) == 0;
}

static bool
is_key(struct fix_span key)
{
	for (size_t i = 0; i < key.len; i++)
		if (key.p[i] != '_' && (key.p[i] < 'a' || key.p[i] > 'z') &&
		    (key.p[i] < '0' || key.p[i] > '9'))
			return false;
	return key.len > 0;
}

static int
compare(struct fix_span a, struct fix_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return c != 0 ? c : a.len < b.len ? -1 : a.len > b.len;
}

static bool
pair(struct in *in, struct fix_span *key, struct fix_span *value,
    bool *is_number)
{
	if (!string(in, key) || !is_key(*key) || !eat(in, ": "))
		return false;
	*is_number = in->p < in->end && *in->p != '"';
	return *is_number ? number(in, value) : string(in, value);
}

static bool
details(struct in *in, struct fix_span *out)
{
	struct fix_span last = { NULL, 0 }, key, value;
	bool is_number;

	out->p = in->p;
	if (!eat(in, "{"))
		return false;
	while (!eat(in, "}")) {
		if (last.p != NULL && !eat(in, ", "))
			return false;
		if (!pair(in, &key, &value, &is_number) ||
		    (last.p != NULL && compare(last, key) >= 0))
			return false;
		last = key;
	}
	out->len = (size_t)(in->p - out->p);
	return true;
}

static bool
field(struct in *in, enum audit_field f, struct fix_span *out)
{
	if (!eat(in, f == AUDIT_ACTION ? "{\"" : ", \"") ||
	    !eat(in, names[f]) || !eat(in, "\": "))
		return false;
	if (f == AUDIT_DETAILS)
		return details(in, out);
	if ((f == AUDIT_IP || f == AUDIT_AGENT) && eat(in, "null"))
		return true;
	return string(in, out);
}

int
audit_event_read(struct audit_seen *out, struct fix_span json)
{
	struct in in = { json.p, json.p + json.len };

	memset(out, 0, sizeof(*out));
	if (json.len == 0 || json.len > AUDIT_EVENT_MAX)
		return -FIX_E_FORMAT;
	out->json = json;
	for (int f = 0; f < AUDIT_N_FIELD; f++) {
		if (!field(&in, (enum audit_field)f, &out->field[f]))
			return -FIX_E_FORMAT;
		if (f == AUDIT_DETAILS)
			out->hash_at = (size_t)(in.p - json.p);
	}
	return eat(&in, "}") && in.p == in.end ? 0 : -FIX_E_FORMAT;
}

bool
audit_detail_next(const struct audit_seen *e, size_t *at, struct fix_span *key,
    struct fix_span *value, bool *is_number)
{
	struct fix_span d = e->field[AUDIT_DETAILS];
	struct in in = { d.p + *at, d.p + d.len };

	if (!eat(&in, *at == 0 ? "{" : ", ") || !pair(&in, key, value, is_number))
		return false;
	*at = (size_t)(in.p - d.p);
	return true;
}

bool
audit_detail_of(const struct audit_seen *e, const char *key,
    struct fix_span *value, bool *is_number)
{
	struct fix_span k;
	size_t at = 0;

	while (audit_detail_next(e, &at, &k, value, is_number))
		if (fix_span_is(k, key))
			return true;
	return false;
}

bool
audit_detail_number(const struct audit_seen *e, const char *key, int64_t *out)
{
	struct fix_span v;
	bool is_number;

	return audit_detail_of(e, key, &v, &is_number) && is_number &&
	    fix_int_parse(v, out) == 0;
}

size_t
audit_plain(char *out, struct fix_span text)
{
	struct in in = { text.p, text.p + text.len };
	uint32_t c;
	size_t n = 0;

	while (in.p < in.end) {
		c = *in.p++;
		if (c == '\\' && !escape(&in, &c))
			break;
		if (c < 0x80) {
			out[n++] = (char)c;
		} else if (c < 0x800) {
			out[n++] = (char)(0xc0 | c >> 6);
			out[n++] = (char)(0x80 | (c & 0x3f));
		} else if (c < 0x10000) {
			out[n++] = (char)(0xe0 | c >> 12);
			out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
			out[n++] = (char)(0x80 | (c & 0x3f));
		} else {
			out[n++] = (char)(0xf0 | c >> 18);
			out[n++] = (char)(0x80 | (c >> 12 & 0x3f));
			out[n++] = (char)(0x80 | (c >> 6 & 0x3f));
			out[n++] = (char)(0x80 | (c & 0x3f));
		}
	}
	return n;
}
