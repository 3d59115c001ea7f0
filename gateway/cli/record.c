/*
 * What a record says, in a line: what happened, to which session and order,
 * and the gist of it. Messages are told by name and by the few fields that make
 * one recognise them; pairs that are kept, by table and key.
 */
#include "gateway/cli/record.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "fix/scan.h"
#include "risk/tape.h"

static const char *
table_name(unsigned table)
{
	static const char *const names[] = { "META", "SESSIONS", "SENT",
		"ORDERS", "IDS", "EXECS", "POSITIONS", "VENUES", "CONTROL",
		"CURSORS", "SUMS" };

	_Static_assert(sizeof(names) / sizeof(names[0]) == FIX_N_TABLE,
	    "every table has a name");
	return table < FIX_N_TABLE ? names[table] : "?";
}

static bool
is_message(const struct fix_rec *r)
{
	return r->type == REC_IN || r->type == REC_OUT || r->type == REC_SHOWN;
}

bool
record_message(const struct fix_rec *r, struct fix_field *fields, uint64_t *seq,
    struct fix_msg *m)
{
	if (!is_message(r) || r->len <= sizeof(*seq))
		return false;
	memcpy(seq, r->data, sizeof(*seq));
	m->fields = fields;
	m->cap = FIX_FIELDS_MAX;
	m->n = 0;
	return fix_split(r->data + sizeof(*seq), r->len - sizeof(*seq), m) ==
		   0 &&
	       m->n >= 3;
}

/* One message at a time, and a tool has one thread. */
static struct fix_field scratch[FIX_FIELDS_MAX];

/* Is it about the order of this ClOrdID, OrigClOrdID or OrderID? */
static bool
names(const struct fix_msg *m, const char *id)
{
	static const uint32_t tags[] = { 11, 41, 37 };
	struct fix_span v;
	size_t i;

	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (fix_msg_get(m, tags[i], &v) && fix_span_is(v, id))
			return true;
	return false;
}

bool
record_wanted(const struct record_filter *f, const struct fix_rec *r,
    const struct record_show *rs)
{
	struct fix_msg m;
	const char *name;
	uint64_t seq;

	if (f->session != 0 && r->session != f->session)
		return false;
	if (f->id == NULL &&
	    (f->type == NULL ||
		strcasecmp(f->type, rec_type_name(r->type)) == 0))
		return true;
	if (!record_message(r, scratch, &seq, &m))
		return false;
	if (f->id != NULL && !names(&m, f->id))
		return false;
	if (f->type == NULL || strcasecmp(f->type, rec_type_name(r->type)) == 0)
		return true;
	if (fix_span_is(fix_msg_type(&m), f->type))
		return true;
	name = dicts_msg_name(dicts_of(rs->sh.dicts, &m), fix_msg_type(&m));
	return name != NULL && strcasecmp(name, f->type) == 0;
}

static void
print_gist(const struct record_show *rs, const struct fix_msg *m)
{
	static const uint32_t tags[] = { 11, 41, 55, 54, 150, 39, 38, 44, 32,
		31, 7, 16, 36, 45, 112, 58 };
	FILE *out = rs->sh.out;
	struct dict_pair p = dicts_of(rs->sh.dicts, m);
	const struct fix_dict_field *f;
	const char *name = dicts_msg_name(p, fix_msg_type(m));
	struct fix_span v;
	size_t i;

	if (name != NULL)
		fprintf(out, "%s%s%s", show_bold(&rs->sh), name,
		    show_plain(&rs->sh));
	else
		show_text(out, fix_msg_type(m), 16);
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (!fix_msg_get(m, tags[i], &v))
			continue;
		f = dicts_field(p, tags[i]);
		name = dicts_value_name(p, tags[i], v);
		fprintf(out, " %s=", f == NULL ? "?" : f->name);
		if (name != NULL)
			fputs(name, out);
		else
			show_text(out, v, 60);
	}
}

static uint64_t
big_endian(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

static size_t
printable(const uint8_t *p, size_t len)
{
	size_t n = 0;

	while (n < len && isgraph(p[n]))
		n++;
	return n;
}

/* One part of a key: a name, or a number of four or eight bytes.
 * @return bytes it took, with the NUL behind a name */
static size_t
print_part(FILE *out, struct fix_span key)
{
	size_t n = printable(key.p, key.len);

	if (n > 0) {
		fprintf(out, "%.*s", (int)n, (const char *)key.p);
		return n + (n < key.len && key.p[n] == '\0');
	}
	n = key.len < 8 ? key.len : 8;
	if (key.len >= 4 && printable(key.p + 4, key.len - 4) == key.len - 4)
		n = 4;
	fprintf(out, "%llu", (unsigned long long)big_endian(key.p, n));
	return n;
}

/* Keys are made of names and numbers; shown with '/' between. */
static void
print_key(FILE *out, struct fix_span key)
{
	const char *gap = "";
	size_t n;

	while (key.len > 0) {
		fputs(gap, out);
		gap = "/";
		n = print_part(out, key);
		key.p += n;
		key.len -= n;
	}
}

static bool
split_keep(const struct fix_rec *r, struct rec_keep *k, struct fix_span *key,
    struct fix_span *value)
{
	if (r->len < sizeof(*k))
		return false;
	memcpy(k, r->data, sizeof(*k));
	if (k->key_len > r->len - sizeof(*k))
		return false;
	key->p = r->data + sizeof(*k);
	key->len = k->key_len;
	value->p = key->p + key->len;
	value->len = r->len - sizeof(*k) - k->key_len;
	return true;
}

static void
print_amount(FILE *out, int64_t e8)
{
	char text[FIX_DEC_MAX];
	size_t n = fix_dec_format((uint8_t *)text, fix_dec_of_e8(e8));

	fprintf(out, "%.*s", (int)n, text);
}

/* What an order has become, for someone who follows one. */
static void
print_order(FILE *out, const struct order *o)
{
	fprintf(out, " OrderID=%s ClOrdID=", o->order_id);
	show_text(out, fix_span_of(o->cl_ord_id), 0);
	fprintf(out, " OrdStatus=%c CumQty=", o->status);
	print_amount(out, o->cum_e8);
	fputs(" LeavesQty=", out);
	print_amount(out, o->leaves_e8);
}

static void
print_position(FILE *out, struct fix_span value)
{
	struct risk_position p;

	memcpy(&p, value.p, sizeof(p));
	fputc(' ', out);
	print_amount(out, p.qty_e8);
}

static void
print_keep(FILE *out, const struct fix_rec *r)
{
	struct rec_keep k;
	struct fix_span key, value;
	struct order o;

	if (!split_keep(r, &k, &key, &value)) {
		fputs("not readable", out);
		return;
	}
	fprintf(out, "%s ", table_name(k.table));
	print_key(out, key);
	if (value.len == 0)
		fputs(" forgotten", out);
	else if (k.table == FIX_TAB_ORDERS && order_of_kept(&o, value))
		print_order(out, &o);
	else if (k.table == FIX_TAB_POSITIONS &&
		 value.len == sizeof(struct risk_position))
		print_position(out, value);
	else
		fprintf(out, " (%zu bytes)", value.len);
}

static void
print_numbers(FILE *out, const struct fix_rec *r)
{
	struct rec_numbers n;

	if (r->len < sizeof(n)) {
		fputs("not readable", out);
		return;
	}
	memcpy(&n, r->data, sizeof(n));
	fprintf(out, "next in %llu, next out %llu, generation %llu%s",
	    (unsigned long long)n.next_in, (unsigned long long)n.next_out,
	    (unsigned long long)n.generation,
	    (n.flags & REC_NUM_UP) != 0 ? ", up" : "");
}

static void
print_start(FILE *out, const struct fix_rec *r)
{
	struct rec_start s;

	if (r->len < REC_START_LEAST) {
		fputs("not readable", out);
		return;
	}
	memcpy(&s, r->data, REC_START_LEAST);
	fprintf(out, "run %llu, process %u", (unsigned long long)s.incarnation,
	    s.pid);
}

/* The decisions in it, and how much else risk was told. */
static void
print_risk(FILE *out, const struct fix_rec *r)
{
	struct fix_span tape = { r->data, r->len };
	struct risk_played p;
	unsigned other = 0;
	int rc;

	while ((rc = risk_tape_read(&tape, &p)) == 1) {
		if (p.call != RISK_CALL_CHECK && p.call != RISK_CALL_REPLACE) {
			other++;
			continue;
		}
		fprintf(out, "%llu %s order %llu; ",
		    (unsigned long long)p.was.decision,
		    risk_code_name(p.was.code), (unsigned long long)p.o.number);
	}
	fprintf(out, "%u more", other);
	if (rc < 0)
		fputs(", not readable to the end", out);
}

static void
print_clock(FILE *out, const struct fix_rec *r)
{
	struct rec_clock c;

	if (r->len < sizeof(c))
		return;
	memcpy(&c, r->data, sizeof(c));
	fprintf(out, "off by %lld ns, at most %lld us, %s",
	    (long long)c.offset_ns, (long long)(c.max_error_ns / FIX_USEC),
	    c.synchronised ? "synchronised" : "not synchronised");
	if (c.step_ns != 0)
		fprintf(out, "; set by %lld ms", (long long)(c.step_ns / FIX_MSEC));
}

static void
print_body(const struct record_show *rs, const struct fix_rec *r)
{
	FILE *out = rs->sh.out;
	struct fix_span text = { r->data, r->len };
	struct fix_msg m;
	uint64_t seq;

	switch (r->type) {
	case REC_IN:
	case REC_OUT:
	case REC_SHOWN:
		if (!record_message(r, scratch, &seq, &m)) {
			fputs("not readable", out);
			return;
		}
		fprintf(out, "#%llu ", (unsigned long long)seq);
		print_gist(rs, &m);
		return;
	case REC_KEEP:
		print_keep(out, r);
		return;
	case REC_NUMBERS:
		print_numbers(out, r);
		return;
	case REC_START:
		print_start(out, r);
		return;
	case REC_CLOCK:
		print_clock(out, r);
		return;
	case REC_RISK:
		print_risk(out, r);
		return;
	case REC_NOTE:
		show_text(out, text, 0);
		return;
	default:
		return;
	}
}

static void
session_name(
    const struct record_show *rs, uint32_t session, char *name, size_t cap)
{
	if (session == 0)
		snprintf(name, cap, "-");
	else if (rs->view != NULL)
		view_session_name(rs->view, session, name, cap);
	else
		snprintf(name, cap, "%u", session);
}

static void
print_full(const struct record_show *rs, const struct fix_rec *r)
{
	struct fix_msg m;
	uint64_t seq;

	if (!record_message(r, scratch, &seq, &m))
		return;
	show_full(&rs->sh, &m);
	fputc('\n', rs->sh.out);
}

/* A kept pair: its table, and its key as it is shown. */
static void
set_pair(json_t *o, const struct fix_rec *r)
{
	struct rec_keep k;
	struct fix_span key, value;
	char *text = NULL;
	size_t len;
	FILE *f;

	if (!split_keep(r, &k, &key, &value))
		return;
	f = open_memstream(&text, &len);
	if (f == NULL)
		return;
	print_key(f, key);
	if (fclose(f) == 0) {
		json_object_set_new(
		    o, "table", json_string(table_name(k.table)));
		json_object_set_new(o, "key", json_string(text));
	}
	free(text);
}

static void
print_json(const struct record_show *rs, const struct fix_rec *r,
    const char *when, const char *session)
{
	json_t *o = json_object();
	struct fix_span text = { r->data, r->len };
	struct fix_msg m;
	uint64_t seq;
	char *s;

	json_object_set_new(o, "record", json_integer((json_int_t)r->number));
	json_object_set_new(o, "time", json_string(when));
	json_object_set_new(o, "type", json_string(rec_type_name(r->type)));
	if (r->session != 0)
		json_object_set_new(o, "session", json_string(session));
	if (r->order != 0)
		json_object_set_new(
		    o, "order", json_integer((json_int_t)r->order));
	json_object_set_new(
	    o, "end", json_boolean((r->flags & FIX_REC_END) != 0));
	if (record_message(r, scratch, &seq, &m)) {
		json_object_set_new(o, "seq", json_integer((json_int_t)seq));
		json_object_set_new(o, "message", show_json(&rs->sh, &m));
	} else if (r->type == REC_NOTE && (s = show_text_dup(text)) != NULL) {
		json_object_set_new(o, "note", json_string(s));
		free(s);
	} else {
		if (r->type == REC_KEEP)
			set_pair(o, r);
		json_object_set_new(
		    o, "bytes", json_integer((json_int_t)r->len));
	}
	json_dumpf(o, rs->sh.out, JSON_COMPACT);
	fputc('\n', rs->sh.out);
	json_decref(o);
}

void
record_print(const struct record_show *rs, const struct fix_rec *r, bool full)
{
	uint8_t when[FIX_STAMP_MAX + 1];
	char session[64];

	when[fix_utc_format(when, r->wall, 6)] = '\0';
	session_name(rs, r->session, session, sizeof(session));
	if (rs->json) {
		print_json(rs, r, (const char *)when, session);
		return;
	}
	fprintf(rs->sh.out, "%s%8llu  %s%s  %-7s  %-10s ", show_dim(&rs->sh),
	    (unsigned long long)r->number, when, show_plain(&rs->sh),
	    rec_type_name(r->type), session);
	print_body(rs, r);
	fputc('\n', rs->sh.out);
	if (full)
		print_full(rs, r);
}
