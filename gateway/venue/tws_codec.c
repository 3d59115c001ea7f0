/*
 * Frames and messages of the TWS API.
 *
 * In: bytes of a peer, or the values of fields. Out: the fields as spans over
 * those bytes, or a frame. Both directions walk the rows of tws_table.h once,
 * with the server version and the fields in front as their only state, so that
 * what one writes the other reads. What a value means is not known here: see
 * tws_value.c.
 */
#include "config.h"

#include "gateway/venue/tws_codec.h"

#include <assert.h>
#include <stdio.h>

enum type { INT, I64, BOOL, DBL, DEC, STR, LIST1, LIST2, LIST4, LIST8, CONDS };
enum op { OP_ALWAYS, OP_GIVEN, OP_IS, OP_ABOVE_0, OP_TO_MID };

struct row {
	const char *name;
	enum type type;
	unsigned since, until;
	enum op op;
	int of;         /* which field it asks for */
	const char *is; /* what it must be */
	const char *unset;
};

struct table {
	const char *name;
	const char *id;
	const struct row *rows;
	unsigned n;
};

#define MAX_DBL "1.7976931348623157E308"
#define MAX_INT "2147483647"
#define ALL 0, 9999
#define SINCE(v) v, 9999
#define UNTIL(v) 0, v
#define WITHIN(v, w) v, w
#define ALWAYS OP_ALWAYS, 0, NULL
#define GIVEN(f) OP_GIVEN, f, NULL
#define IS(f, text) OP_IS, f, text
#define ABOVE_0(f) OP_ABOVE_0, f, NULL
#define TO_MID OP_TO_MID, 0, NULL
#define A_FUND IS(TWS_CD_SEC_TYPE, "FUND")

#define ROW(name, type, versions, when, unset) \
	{ #name, type, versions, when, unset },
#define ROWS(message, prefix, id) \
	static const struct row rows_##prefix[TWS_##prefix##_N + 1] = { \
		TWS_##message##_FIELDS(ROW) { NULL, STR, ALL, ALWAYS, NULL } \
	}; \
	_Static_assert(TWS_##prefix##_N <= TWS_MAX_FIELDS, #message);
#define TABLE(message, prefix, id) \
	[TWS_##message] = { #message, #id, rows_##prefix, TWS_##prefix##_N },

TWS_REQUESTS(ROWS)
TWS_ANSWERS(ROWS)

static const struct table tables[TWS_N_KIND] = { TWS_REQUESTS(TABLE)
	    TWS_ANSWERS(TABLE) };

#define FIRST_ANSWER TWS_TICK_PRICE

/* ----- frames ----- */

ssize_t
tws_frame(const uint8_t *in, size_t len, struct fix_span *payload)
{
	size_t n;

	if (len < 4)
		return 0;
	n = (size_t)in[0] << 24 | (size_t)in[1] << 16 | (size_t)in[2] << 8 |
	    in[3];
	if (n > TWS_FRAME_MAX)
		return -FIX_E_TOOBIG;
	if (n == 0)
		return -FIX_E_FORMAT;
	if (len - 4 < n)
		return 0;
	if (in[4 + n - 1] != '\0')
		return -FIX_E_FORMAT;
	payload->p = in + 4;
	payload->len = n;
	return (ssize_t)n + 4;
}

static void
put_length(uint8_t *out, size_t n)
{
	out[0] = (uint8_t)(n >> 24);
	out[1] = (uint8_t)(n >> 16);
	out[2] = (uint8_t)(n >> 8);
	out[3] = (uint8_t)n;
}

ssize_t
tws_write_hello(uint8_t *out, size_t cap)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "v%u..%u", TWS_MIN_VERSION,
	    TWS_MAX_VERSION);

	if (cap < 8 + (size_t)n)
		return -FIX_E_SPACE;
	memcpy(out, "API", 4);
	put_length(out + 4, (size_t)n);
	memcpy(out + 8, text, (size_t)n);
	return n + 8;
}

/* The next field, without its NUL. @return false: there is none */
static bool
take(struct fix_span *rest, struct fix_span *field)
{
	const uint8_t *nul = rest->len == 0 ? NULL
					    : memchr(rest->p, '\0', rest->len);

	if (nul == NULL)
		return false;
	field->p = rest->p;
	field->len = (size_t)(nul - rest->p);
	rest->p += field->len + 1;
	rest->len -= field->len + 1;
	return true;
}

int
tws_read_hello(struct fix_span payload, unsigned *version,
    struct fix_span *time)
{
	struct fix_span first;
	int64_t v;

	*version = 0;
	if (!take(&payload, &first) || !take(&payload, time) ||
	    fix_int_parse(first, &v) != 0)
		return -FIX_E_FORMAT;
	if (v >= 0 && v <= 9999)
		*version = (unsigned)v;
	return *version < TWS_MIN_VERSION || *version > TWS_MAX_VERSION
		   ? -FIX_E_RANGE
		   : 0;
}

/* ----- which fields there are ----- */

static bool
above_0(struct fix_span s)
{
	struct fix_dec d;
	const uint8_t *nul = s.len == 0 ? NULL : memchr(s.p, '\0', s.len);

	if (nul != NULL) /* a list: its count */
		s.len = (size_t)(nul - s.p);
	return tws_read_dbl(s, &d) == 1 && d.mant > 0;
}

/* PEG MID, or PEG BEST without another limit than the middle. */
static bool
to_mid(const struct tws_msg *m)
{
	struct fix_span type = tws_get(m, TWS_PO_ORDER_TYPE);

	return fix_span_is(type, "PEG MID") ||
	       (fix_span_is(type, "PEG BEST") &&
		   fix_span_is(tws_get(m, TWS_PO_COMPETE_AGAINST_BEST_OFFSET),
		       "Infinity"));
}

static bool
present(const struct tws_msg *m, const struct row *r)
{
	struct fix_span of = m->v[r->of];

	if (m->version < r->since || m->version > r->until)
		return false;
	switch (r->op) {
	case OP_ALWAYS:
		return true;
	case OP_GIVEN:
		return of.len > 0;
	case OP_IS:
		return fix_span_is(of, r->is);
	case OP_ABOVE_0:
		return above_0(of);
	case OP_TO_MID:
		return to_mid(m);
	}
	return false;
}

/* ----- lists ----- */

/* Fields of a condition behind its type and its conjunction; 0: unknown. */
static unsigned
condition_fields(struct fix_span type)
{
	static const unsigned fields[] = { 0, 5, 0, 2, 2, 3, 4, 4 };

	if (type.len != 1 || type.p[0] < '0' || type.p[0] > '7')
		return 0;
	return fields[type.p[0] - '0'];
}

static unsigned
list_fields(enum type t)
{
	static const unsigned fields[] = { [LIST1] = 1, [LIST2] = 2,
		[LIST4] = 4, [LIST8] = 8, [CONDS] = 1 };

	return fields[t];
}

static bool
take_row(struct fix_span *rest, enum type t)
{
	struct fix_span f;
	unsigned n = list_fields(t);

	if (t == CONDS) {
		if (!take(rest, &f))
			return false;
		n = condition_fields(f);
		if (n == 0)
			return false;
		n++; /* the conjunction */
	}
	while (n-- > 0)
		if (!take(rest, &f))
			return false;
	return true;
}

/* An empty count is none. However many rows it promises: each has a byte. */
static bool
take_list(struct fix_span *rest, enum type t, struct fix_span *list)
{
	struct fix_span count;
	int64_t n = 0;

	if (!take(rest, &count) ||
	    (count.len > 0 && fix_int_parse(count, &n) != 0) || n < 0)
		return false;
	list->p = count.p;
	while (n-- > 0)
		if (!take_row(rest, t))
			return false;
	list->len = (size_t)(rest->p - list->p);
	return true;
}

static bool
is_list(enum type t)
{
	return t >= LIST1;
}

/* ----- reading ----- */

static int
find_kind(enum tws_way way, struct fix_span id)
{
	unsigned k = way == TWS_TO_SERVER ? 0 : FIRST_ANSWER;
	unsigned end = way == TWS_TO_SERVER ? FIRST_ANSWER : TWS_N_KIND;

	for (; k < end; k++)
		if (fix_span_is(id, tables[k].id))
			return (int)k;
	return -1;
}

int
tws_decode(struct tws_msg *m, enum tws_way way, unsigned version,
    struct fix_span payload)
{
	const struct table *t;
	struct fix_span id;
	int64_t number;
	int kind;

	if (payload.len == 0 || payload.p[payload.len - 1] != '\0' ||
	    !take(&payload, &id) || fix_int_parse(id, &number) != 0)
		return -FIX_E_FORMAT;
	kind = find_kind(way, id);
	if (kind < 0)
		return -FIX_E_NOTFOUND;
	tws_begin(m, (enum tws_kind)kind, version);
	t = &tables[kind];
	for (unsigned i = 0; i < t->n; i++) {
		const struct row *r = &t->rows[i];

		if (!present(m, r))
			continue;
		if (payload.len == 0)
			m->missing++;
		else if (!is_list(r->type))
			take(&payload, &m->v[i]);
		else if (!take_list(&payload, r->type, &m->v[i]))
			return -FIX_E_FORMAT;
	}
	m->extra = payload.len;
	return 0;
}

/* ----- writing ----- */

void
tws_begin(struct tws_msg *m, enum tws_kind kind, unsigned version)
{
	memset(m, 0, sizeof(*m));
	m->kind = kind;
	m->version = version;
}

void
tws_set(struct tws_msg *m, unsigned field, struct fix_span value)
{
	assert(field < tables[m->kind].n);
	m->v[field] = value;
	if (value.p == NULL) /* given, and empty */
		m->v[field].p = m->text;
}

void
tws_set_str(struct tws_msg *m, unsigned field, const char *value)
{
	tws_set(m, field, fix_span_of(value));
}

void
tws_set_int(struct tws_msg *m, unsigned field, int64_t value)
{
	struct fix_span s = { m->text + m->used, 0 };

	assert(m->used + 20 <= sizeof(m->text));
	s.len = fix_int_format(m->text + m->used, value);
	m->used += s.len;
	tws_set(m, field, s);
}

void
tws_set_e8(struct tws_msg *m, unsigned field, int64_t value_e8)
{
	struct fix_span s = { m->text + m->used, 0 };

	assert(m->used + FIX_DEC_MAX <= sizeof(m->text));
	s.len = fix_e8_format(m->text + m->used, value_e8);
	m->used += s.len;
	tws_set(m, field, s);
}

static bool
can_be_sent(const struct row *r, struct fix_span v)
{
	struct fix_span list;

	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.p[i];

		if ((c < 32 || c > 126) && c != '\t' && c != '\n' &&
		    c != '\r' && (c != '\0' || !is_list(r->type)))
			return false;
	}
	return !is_list(r->type) ||
	       (take_list(&v, r->type, &list) && v.len == 0);
}

static struct fix_span
value_of(const struct row *r, struct fix_span v)
{
	if (v.p != NULL)
		return v;
	v = fix_span_of(r->unset);
	v.len += is_list(r->type);
	return v;
}

/* @return bytes; 0: no room */
static size_t
put(uint8_t *out, size_t cap, struct fix_span v, bool with_nul)
{
	if (v.len + with_nul > cap)
		return 0;
	memcpy(out, v.p, v.len);
	if (with_nul)
		out[v.len] = '\0';
	return v.len + with_nul;
}

ssize_t
tws_encode(uint8_t *out, size_t cap, const struct tws_msg *m, const char **bad)
{
	const struct table *t = &tables[m->kind];
	size_t at = 4, n;

	if (cap < at)
		return -FIX_E_SPACE;
	n = put(out + at, cap - at, fix_span_of(t->id), true);
	for (unsigned i = 0; i < t->n && n > 0; i++) {
		const struct row *r = &t->rows[i];
		struct fix_span v = value_of(r, m->v[i]);

		if (!present(m, r))
			continue;
		at += n;
		if (!can_be_sent(r, v)) {
			if (bad != NULL)
				*bad = r->name;
			return -FIX_E_RANGE;
		}
		n = put(out + at, cap - at, v, !is_list(r->type));
	}
	at += n;
	if (n == 0)
		return -FIX_E_SPACE;
	put_length(out, at - 4);
	return (ssize_t)at;
}

/* ----- names and types ----- */

const char *
tws_kind_name(enum tws_kind kind)
{
	return tables[kind].name;
}

const char *
tws_field_name(enum tws_kind kind, unsigned field)
{
	return tables[kind].rows[field].name;
}

static bool
reads(enum type t, struct fix_span v)
{
	struct fix_dec d;
	int64_t n;

	switch (t) {
	case INT:
	case BOOL:
		return tws_read_int(v, &n) >= 0;
	case I64:
		return tws_read_i64(v, &n) >= 0;
	case DBL:
		return tws_read_dbl(v, &d) >= 0 || fix_span_is(v, "Infinity");
	case DEC:
		return tws_read_dec(v, &d) >= 0;
	case STR:
	case LIST1:
	case LIST2:
	case LIST4:
	case LIST8:
	case CONDS:
		break;
	}
	return true;
}

int
tws_odd_field(const struct tws_msg *m)
{
	const struct table *t = &tables[m->kind];

	for (unsigned i = 0; i < t->n; i++)
		if (m->v[i].p != NULL && !reads(t->rows[i].type, m->v[i]))
			return (int)i;
	return -1;
}
