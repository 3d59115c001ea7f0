/*
 * Parties of an order: out of a message, and into one of another version.
 *
 * In: a message, or the bytes that fix_parties_read() made of one. Out: those
 * bytes, their parties one by one, or fields in a message. The bytes say
 * themselves which form they have: a group begins with its count, "453=".
 * Whether an id, a source or a role exists is the dictionary's to say; here
 * only the group's shape is looked at, since it is sent again as it stands.
 */
#include "fix/parties.h"

#include "fix/bytes.h"

/* FIX.4.2's fields, and the role of each. */
static const struct {
	uint32_t tag;
	const char *role;
} old[] = { { 109, "3" }, { 76, "1" }, { 439, "4" } };

#define N_OLD (sizeof(old) / sizeof(old[0]))

static bool
is_member(uint32_t tag)
{
	return tag == 448 || tag == 447 || tag == 452 || tag == 2376 ||
	       tag == 802 || tag == 523 || tag == 803;
}

static int
read_group(const struct fix_msg *m, uint32_t i, uint8_t *out)
{
	uint32_t n = 0, end = i + 1;
	const struct fix_field *last;
	int64_t declared;
	size_t len;

	if (fix_int_parse(fix_msg_at(m, i), &declared) != 0)
		return -FIX_E_FORMAT;
	for (; end < m->n && is_member(m->fields[end].tag); end++) {
		if (m->fields[end].len == 0 ||
		    (n == 0 && m->fields[end].tag != 448))
			return -FIX_E_FORMAT;
		n += m->fields[end].tag == 448;
	}
	if (declared != n)
		return -FIX_E_FORMAT;
	if (n == 0)
		return 0;
	last = &m->fields[end - 1];
	len = (size_t)last->off + last->len + 1 - m->fields[i].at;
	if (len > FIX_PARTIES_MAX)
		return -FIX_E_TOOBIG;
	memcpy(out, m->bytes + m->fields[i].at, len);
	return (int)len;
}

static int
read_old(const struct fix_msg *m, uint8_t *out)
{
	size_t at = 0, len;

	for (size_t k = 0; k < N_OLD; k++) {
		uint32_t i = fix_msg_find(m, old[k].tag, 0);
		const struct fix_field *f;

		if (i == FIX_MSG_NONE)
			continue;
		f = &m->fields[i];
		if (f->len == 0)
			return -FIX_E_FORMAT;
		len = (size_t)f->off + f->len + 1 - f->at;
		if (len > FIX_PARTIES_MAX - at)
			return -FIX_E_TOOBIG;
		memcpy(out + at, m->bytes + f->at, len);
		at += len;
	}
	return (int)at;
}

int
fix_parties_read(const struct fix_msg *m, uint8_t *out)
{
	enum fix_version v = fix_version_of_begin(fix_msg_at(m, 0));
	uint32_t i;

	if (v != FIX_V_NONE && v <= FIX_V_42)
		return read_old(m, out);
	i = fix_msg_find(m, 453, 0);
	return i == FIX_MSG_NONE ? 0 : read_group(m, i, out);
}

/* The next field of s, which is cut behind it. @return its tag, 0: none */
static uint32_t
field(struct fix_span *s, struct fix_span *value)
{
	const uint8_t *end, *p = s->p;
	uint32_t tag = 0;

	if (s->len == 0)
		return 0;
	end = memchr(p, FIX_SOH, s->len);
	if (end == NULL)
		return 0;
	for (; p < end && *p >= '0' && *p <= '9' && tag < 10000; p++)
		tag = tag * 10 + (uint32_t)(*p - '0');
	if (p == end || *p != '=' || p + 1 == end)
		return 0;
	*value = (struct fix_span){ p + 1, (size_t)(end - p - 1) };
	s->len -= (size_t)(end - s->p) + 1;
	s->p = end + 1;
	return tag;
}

static const char *
old_role(uint32_t tag)
{
	for (size_t k = 0; k < N_OLD; k++)
		if (old[k].tag == tag)
			return old[k].role;
	return NULL;
}

static bool
is_group(struct fix_span parties)
{
	return parties.len > 4 && memcmp(parties.p, "453=", 4) == 0;
}

bool
fix_parties_ok(struct fix_span parties)
{
	bool group = is_group(parties);
	struct fix_span v;
	uint32_t tag;

	if (parties.len == 0 || parties.len > FIX_PARTIES_MAX)
		return false;
	if (group)
		(void)field(&parties, &v);
	while ((tag = field(&parties, &v)) != 0)
		if (group ? !is_member(tag) : old_role(tag) == NULL)
			return false;
	return parties.len == 0;
}

/* Has this version a field? 523 of its own is FIX.4.3's alone. */
static bool
has_field(enum fix_version v, uint32_t tag, bool counted)
{
	switch (tag) {
	case 2376:
		return v >= FIX_V_50SP2;
	case 802:
	case 803:
		return v >= FIX_V_44;
	case 523:
		return counted ? v >= FIX_V_44 : v == FIX_V_43;
	default:
		return true;
	}
}

/* The highest PartyRole(452) of a version; FIX.4.2 has the roles of its
 * fields. */
static int64_t
most_role(enum fix_version v)
{
	if (v <= FIX_V_43)
		return 20;
	if (v == FIX_V_44)
		return 38;
	return v < FIX_V_50SP2 ? 78 : INT64_MAX;
}

static bool
has_role(enum fix_version v, struct fix_span role)
{
	int64_t n;

	return role.len == 0 ||
	       (fix_int_parse(role, &n) == 0 && n <= most_role(v));
}

bool
fix_parties_fit(struct fix_span parties, enum fix_version v)
{
	bool group = is_group(parties), counted = false;
	struct fix_span value;
	uint32_t tag;

	if (group != (v > FIX_V_42))
		return false;
	while ((tag = field(&parties, &value)) != 0) {
		counted = tag == 802 || (counted && tag != 448);
		if (group && (!has_field(v, tag, counted) ||
		    (tag == 452 && !has_role(v, value))))
			return false;
	}
	return true;
}

bool
fix_parties_next(struct fix_span *rest, struct fix_party *p)
{
	struct fix_span at = *rest, v;
	uint32_t tag;

	memset(p, 0, sizeof(*p));
	while ((tag = field(&at, &v)) != 0) {
		const char *role = old_role(tag);

		if (p->id.len > 0 && (tag == 448 || role != NULL))
			return true;
		if (tag == 448 || role != NULL)
			p->id = v;
		if (role != NULL)
			p->role = fix_span_of(role);
		else if (tag == 447)
			p->source = v;
		else if (tag == 452)
			p->role = v;
		*rest = at;
	}
	return p->id.len > 0;
}

/* The first party of each role that there is a field for. */
static void
write_old(struct fix_build *b, struct fix_span parties)
{
	for (size_t k = 0; k < N_OLD; k++) {
		struct fix_span rest = parties;
		struct fix_party p;

		while (fix_parties_next(&rest, &p)) {
			if (!fix_span_is(p.role, old[k].role))
				continue;
			fix_build_span(b, old[k].tag, p.id);
			break;
		}
	}
}

static void
write_group(struct fix_build *b, struct fix_span parties, enum fix_version to)
{
	struct fix_span rest = parties;
	struct fix_party p;
	int64_t n = 0;

	while (fix_parties_next(&rest, &p))
		n += has_role(to, p.role);
	if (n == 0)
		return;
	fix_build_int(b, 453, n);
	for (rest = parties; fix_parties_next(&rest, &p);) {
		if (!has_role(to, p.role))
			continue;
		/* FIX.4.2's ids are the two sides' own: D, proprietary */
		if (!is_group(parties))
			p.source = fix_span_of("D");
		fix_build_span(b, 448, p.id);
		if (p.source.len > 0)
			fix_build_span(b, 447, p.source);
		if (p.role.len > 0)
			fix_build_span(b, 452, p.role);
	}
}

void
fix_parties_write(
    struct fix_build *b, struct fix_span parties, enum fix_version to)
{
	if (parties.len == 0)
		return;
	if (fix_parties_fit(parties, to))
		fix_build_raw(b, parties);
	else if (to <= FIX_V_42)
		write_old(b, parties);
	else
		write_group(b, parties, to);
}
