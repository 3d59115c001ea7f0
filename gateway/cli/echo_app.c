/*
 * What fixgate echo answers: the application that acceptance suites expect.
 *
 * NewOrderSingle(D), SecurityDefinition(d) and Email(C) go back as they came,
 * except a PossResend(97)=Y order whose ClOrdID was seen since the Logon (test
 * case 19) and an order whose OrdType needs a price that it has not (14m). Any
 * other type is refused (2r). With PreserveMessageFieldsOrder=N the fields
 * of the answer are in ascending order of tag, groups staying whole, as QuickFIX
 * writes them; otherwise in the order they came. Values are never rewritten.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fix/group.h"
#include "fix/scan.h"
#include "gateway/cli/echo.h"
#include "gateway/log.h"

#define IDS_FIRST 64u
#define IDS_MAX (1u << 20)

/* Fields that stay together: one, a length and its data, or a group. */
struct unit {
	uint32_t tag;
	uint32_t begin, end;
};

static bool
is_ours(uint32_t tag)
{
	static const uint8_t tags[] = { 8, 9, 10, 34, 35, 43, 49, 52, 56, 122 };

	for (size_t i = 0; i < sizeof(tags); i++)
		if (tags[i] == tag)
			return true;
	return false;
}

static uint32_t
group_end(const struct fix_group_def *def, const struct fix_msg *m, uint32_t i)
{
	struct fix_group g;
	struct fix_entry e;
	uint32_t end = i + 1;

	if (fix_group_open(&g, m, def, i, m->n - 1) != 1)
		return end;
	while (fix_group_next(&g, &e) == 1)
		end = e.end;
	return end;
}

static uint32_t
unit_end(const struct fix_dict *dict, const struct fix_msg *m, uint32_t i)
{
	uint32_t tag = m->fields[i].tag;
	const struct fix_group_def *def;

	def = fix_dict_group(dict, fix_msg_type(m), tag);
	if (def != NULL)
		return group_end(def, m, i);
	if (fix_data_tag_of(tag) != 0 && i + 1 < m->n &&
	    m->fields[i + 1].tag == fix_data_tag_of(tag))
		return i + 2;
	return i + 1;
}

static bool
is_empty_group(
    const struct fix_session_cfg *cfg, const struct fix_msg *m, uint32_t i)
{
	return fix_dict_group(cfg->app, fix_msg_type(m), m->fields[i].tag) !=
		   NULL &&
	       fix_span_is(fix_msg_at(m, i), "0");
}

static int
by_tag(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/* Units of the header, or of the body, that the answer keeps. */
static uint32_t
collect(const struct echo_session *es, const struct fix_msg *m, bool header,
    struct unit *out)
{
	const struct fix_session_cfg *cfg = es->cfg;
	const struct fix_dict *app = fix_session_dict(es->s, m);
	uint32_t n = 0, end;

	for (uint32_t i = 3; i + 1 < m->n; i = end) {
		uint32_t tag = m->fields[i].tag;

		end = unit_end(app != NULL ? app : cfg->app, m, i);
		if (is_ours(tag) || fix_dict_in_trailer(cfg->transport, tag) ||
		    fix_dict_in_header(cfg->transport, tag) != header)
			continue;
		if (cfg->no_empty_groups && is_empty_group(cfg, m, i))
			continue;
		out[n++] = (struct unit){ tag, i, end };
	}
	if (cfg->sort_fields)
		qsort(out, n, sizeof(*out), by_tag);
	return n;
}

static size_t
raw(const struct fix_msg *m, const struct unit *u, const uint8_t **p)
{
	const struct fix_field *last = &m->fields[u->end - 1];

	*p = m->bytes + m->fields[u->begin].at;
	return (size_t)last->off + last->len + 1 - m->fields[u->begin].at;
}

ssize_t
echo_body(const struct echo_session *es, const struct fix_msg *m, uint8_t *out,
    size_t cap)
{
	static struct unit units[FIX_FIELDS_MAX];
	size_t len = 0;

	for (int body = 0; body < 2; body++) {
		uint32_t n = collect(es, m, body == 0, units);

		for (uint32_t i = 0; i < n; i++) {
			const uint8_t *p;
			size_t k = raw(m, &units[i], &p);

			if (k > cap - len)
				return -FIX_E_SPACE;
			memcpy(out + len, p, k);
			len += k;
		}
	}
	return (ssize_t)len;
}

/* FNV-1a; 0 marks a free place. */
static uint64_t
hash_of(struct fix_span v)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < v.len; i++)
		h = (h ^ v.p[i]) * UINT64_C(1099511628211);
	return h == 0 ? 1 : h;
}

static bool
ids_put(uint64_t *table, size_t cap, uint64_t h)
{
	size_t i = h & (cap - 1);

	while (table[i] != 0 && table[i] != h)
		i = (i + 1) & (cap - 1);
	if (table[i] == h)
		return false;
	table[i] = h;
	return true;
}

static bool
ids_grow(struct echo_ids *ids)
{
	size_t cap = ids->cap == 0 ? IDS_FIRST : ids->cap * 2;
	uint64_t *t;

	if (cap > IDS_MAX)
		return false;
	t = calloc(cap, sizeof(*t));
	if (t == NULL)
		return false;
	for (size_t i = 0; i < ids->cap; i++)
		if (ids->hash[i] != 0)
			ids_put(t, cap, ids->hash[i]);
	free(ids->hash);
	ids->hash = t;
	ids->cap = cap;
	return true;
}

/* @return true if the id is new; a full set forgets and begins again */
static bool
ids_add(struct echo_ids *ids, struct fix_span id)
{
	if (ids->n * 2 >= ids->cap && !ids_grow(ids))
		echo_ids_clear(ids);
	if (ids->cap == 0 && !ids_grow(ids))
		return true;
	if (!ids_put(ids->hash, ids->cap, hash_of(id)))
		return false;
	ids->n++;
	return true;
}

void
echo_ids_clear(struct echo_ids *ids)
{
	free(ids->hash);
	memset(ids, 0, sizeof(*ids));
}

static bool
goes_back(const struct echo_session *es, const struct fix_msg *m)
{
	struct fix_span t = fix_msg_type(m);
	enum fix_version v = fix_session_msg_version(es->s, m);

	return fix_span_is(t, "D") || fix_span_is(t, "C") ||
	       (fix_span_is(t, "d") && v >= FIX_V_42);
}

static bool
seen_resend(struct echo_session *es, const struct fix_msg *m)
{
	struct fix_span id;
	bool resend = false;

	if (!fix_span_is(fix_msg_type(m), "D") || !fix_msg_get(m, 11, &id))
		return false;
	if (fix_msg_bool(m, 97, &resend) < 0)
		resend = false;
	return !ids_add(&es->ids, id) && resend;
}

/* Test case 14m. @return the tag that OrdType requires and that is missing */
static uint32_t
missing(const struct fix_msg *m)
{
	struct fix_span type, v;
	bool limit, stop;

	if (!fix_span_is(fix_msg_type(m), "D") || !fix_msg_get(m, 40, &type))
		return 0;
	limit = fix_span_is(type, "2") || fix_span_is(type, "4");
	stop = fix_span_is(type, "3") || fix_span_is(type, "4");
	if (limit && !fix_msg_get(m, 44, &v))
		return 44;
	return stop && !fix_msg_get(m, 99, &v) ? 99 : 0;
}

static void
refuse(struct echo_session *es, const struct fix_msg *m, int reason,
    struct fix_span id, const char *text)
{
	if (fix_session_refuse(es->s, m, reason, id, text, echo_now()) < 0)
		log_warn("a message could not be refused");
}

static void
refuse_order(struct echo_session *es, const struct fix_msg *m, uint32_t tag)
{
	struct fix_span id = { NULL, 0 };
	char text[64];

	(void)fix_msg_get(m, 11, &id);
	snprintf(text, sizeof(text),
	    "Conditionally required field missing (%u)", tag);
	refuse(es, m, 5, id, text);
}

static void
send_back(struct echo_session *es, const struct fix_msg *m)
{
	static uint8_t body[1u << 20];
	ssize_t n = echo_body(es, m, body, sizeof(body));
	struct fix_span v = { body, n < 0 ? 0 : (size_t)n };
	int rc = (int)n;

	if (n >= 0)
		rc = fix_session_send(
		    es->s, fix_msg_type(m), v, echo_now(), NULL);
	if (rc < 0)
		log_warn(
		    "a message could not be sent back: %s", fix_strerror(rc));
}

void
echo_answer(struct echo_session *es, const struct fix_msg *m)
{
	bool old = fix_session_msg_version(es->s, m) < FIX_V_42;
	struct fix_span none = { NULL, 0 }, t = fix_msg_type(m);
	uint32_t tag;

	if (fix_span_is(t, "j"))
		return; /* a refusal is not refused */
	if (es->away) { /* test case 14l */
		refuse(es, m, 4, none, "Application not available");
		return;
	}
	if (seen_resend(es, m))
		return;
	tag = missing(m);
	if (tag != 0)
		refuse_order(es, m, tag);
	else if (goes_back(es, m))
		send_back(es, m);
	else
		refuse(es, m, 3, none,
		    old ? "Unsupported message type"
			: "Unsupported Message Type");
}
