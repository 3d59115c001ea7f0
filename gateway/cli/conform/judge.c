/*
 * Is it what was expected? Fields of a step against a message, and what every
 * message of an engine must hold whatever a step says: CompIDs, a SendingTime
 * of now, a number that is the next one or a possible duplicate with 122, and,
 * if there is a dictionary, nothing that it does not allow.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "fix/scan.h"
#include "gateway/cli/conform/play_int.h"

#define FIELD_SHOWN 60

static void
show_field(char *out, size_t cap, const char *tag, struct fix_span v)
{
	size_t n = v.len > FIELD_SHOWN ? FIELD_SHOWN : v.len;

	snprintf(out, cap, "%s=%.*s%s", tag, (int)n, (const char *)v.p,
	    v.len > n ? "..." : "");
}

void
play_show(struct play *p, const struct got *g, char *out, size_t cap)
{
	struct fix_msg m;
	size_t n = 0;

	out[0] = '\0';
	if (g == NULL || g->kind == GOT_CLOSE) {
		snprintf(out, cap, "%s",
		    g == NULL ? "nothing" : "the connection was closed");
		return;
	}
	if (g->kind == GOT_GARBAGE) {
		snprintf(
		    out, cap, "bytes that are no message (%s)", g->garbled);
		return;
	}
	play_msg_of(p, g, &m);
	for (uint32_t i = 2; i + 1 < m.n && n < cap; i++) {
		struct fix_span v = fix_msg_at(&m, i);
		uint32_t tag = m.fields[i].tag;

		if (tag == 49 || tag == 56 || tag == 52 || tag == 554 ||
		    tag == 96 || tag == 925)
			continue;
		n += (size_t)snprintf(out + n, cap - n, "%s%u=%.*s",
		    n > 0 ? " " : "", tag,
		    (int)(v.len > FIELD_SHOWN ? FIELD_SHOWN : v.len),
		    (const char *)v.p);
	}
}

/* A value as written against one of a message: alternatives with '|' between,
 * '*' for anything. */
static bool
value_fits(struct play *p, const struct cc_field *f, struct fix_span v)
{
	const char *at = f->value;
	ssize_t n;

	if (strcmp(at, "*") == 0 || play_capture(p, at) != NULL)
		return v.len > 0;
	for (;;) {
		n = play_value(p, at, '|', &at, p->value, MSG_BYTES);
		if (n < 0)
			return false;
		if (f->op == CC_CONTAINS) {
			if (n > 0 && v.len > 0 &&
			    memmem(v.p, v.len, p->value, (size_t)n) != NULL)
				return true;
		} else if ((size_t)n == v.len &&
			   memcmp(v.p, p->value, v.len) == 0) {
			return true;
		}
		if (*at == '\0')
			return false;
		at++;
	}
}

static uint32_t
find_tag(const struct fix_msg *m, const char *tag, uint32_t from)
{
	return fix_msg_find(m, (uint32_t)strtoul(tag, NULL, 10), from);
}

/* Where the step's field i is looked for: behind an earlier one of its tag. */
static uint32_t
from_where(const struct cc_step *s, unsigned i, const struct fix_msg *m)
{
	uint32_t at = 0;

	for (unsigned k = 0; k < i; k++)
		if (strcmp(s->fields[k].tag, s->fields[i].tag) == 0) {
			at = find_tag(m, s->fields[i].tag, at);
			if (at == FIX_MSG_NONE)
				return m->n;
			at++;
		}
	return at;
}

static bool
field_fits(struct play *p, const struct cc_step *s, unsigned i,
    const struct fix_msg *m, char *why, size_t cap)
{
	const struct cc_field *f = &s->fields[i];
	uint32_t at = find_tag(m, f->tag, from_where(s, i, m));
	struct fix_span none = { (const uint8_t *)"", 0 };
	bool there = at != FIX_MSG_NONE, fits;
	struct fix_span v = there ? fix_msg_at(m, at) : none;
	char shown[FIELD_SHOWN + 24];
	uint8_t want[160];
	ssize_t n;

	if (f->op == CC_ABSENT)
		fits = !there;
	else if (f->op == CC_MAY_BE && !there)
		fits = true;
	else
		fits = there && value_fits(p, f, v);
	if (fits || why == NULL)
		return fits;
	show_field(shown, sizeof(shown), f->tag, v);
	if (f->op == CC_ABSENT) {
		snprintf(why, cap, "%s should not be there", shown);
		return false;
	}
	n = play_capture(p, f->value) != NULL
		? -1
		: play_value(p, f->value, 0, NULL, want, sizeof(want) - 1);
	want[n < 0 ? 0 : n] = '\0';
	snprintf(why, cap, "%s%s where %s%s%s was expected",
	    there ? shown : f->tag, there ? "" : " is missing", f->tag,
	    f->op == CC_CONTAINS ? "~" : "=",
	    n < 0 ? f->value : (const char *)want);
	return false;
}

/* R36: a message sent again differs in 9, 10, 43, 52 and 122 only. */
static bool
may_differ(uint32_t tag)
{
	return tag == 9 || tag == 10 || tag == 43 || tag == 52 || tag == 122;
}

static uint32_t
next_kept(const struct fix_msg *m, uint32_t i)
{
	while (i < m->n && may_differ(m->fields[i].tag))
		i++;
	return i;
}

static bool
same_again(struct play *p, const char *name, const struct fix_msg *m, char *why,
    size_t cap)
{
	const struct var *v = play_var(p, name, false);
	struct fix_msg old = { .fields = p->fields2, .cap = FIX_FIELDS_MAX };
	uint32_t i = 0, k = 0;
	char shown[FIELD_SHOWN + 24], tag[12];
	struct fix_span was, is;

	if (v == NULL || v->kind != VAR_MSG || fix_split(v->p, v->len, &old)) {
		play_fail(p, "no message was kept as %s", name);
		return false;
	}
	for (;; i++, k++) {
		i = next_kept(&old, i);
		k = next_kept(m, k);
		if (i >= old.n || k >= m->n)
			break;
		was = fix_msg_at(&old, i);
		is = fix_msg_at(m, k);
		if (old.fields[i].tag != m->fields[k].tag ||
		    !fix_span_eq(was, is))
			break;
	}
	if (i >= old.n && k >= m->n) {
		if (fix_msg_get(m, 122, &is) && fix_msg_get(&old, 52, &was) &&
		    fix_span_eq(is, was))
			return true;
		if (why != NULL)
			snprintf(
			    why, cap, "122 is not the first one's SendingTime");
		return false;
	}
	if (why != NULL) {
		uint32_t at = i < old.n ? i : old.n - 1;

		snprintf(tag, sizeof(tag), "%u", old.fields[at].tag);
		show_field(shown, sizeof(shown), tag, fix_msg_at(&old, at));
		snprintf(why, cap, "not the same again: %s was sent at first",
		    shown);
	}
	return false;
}

static bool
type_fits(const struct cc_step *s, const struct fix_msg *m)
{
	struct fix_span t = fix_msg_type(m);
	const char *at = s->what;

	if (strcmp(at, "again") == 0 || strcmp(at, "*") == 0)
		return true;
	/* "D|8" */
	while (*at != '\0') {
		size_t n = strcspn(at, "|");

		if (t.len == n && memcmp(t.p, at, n) == 0)
			return true;
		at += n + (at[n] == '|');
	}
	return false;
}

bool
play_fits(struct play *p, const struct cc_step *s, const struct got *g,
    char *why, size_t cap)
{
	struct fix_msg m;

	if (why != NULL)
		why[0] = '\0';
	if (strcmp(s->what, "disconnect") == 0)
		return g->kind == GOT_CLOSE;
	if (g->kind != GOT_MSG)
		return false;
	play_msg_of(p, g, &m);
	if (!type_fits(s, &m))
		return false;
	if (strcmp(s->what, "again") == 0 &&
	    !same_again(p, s->as, &m, why, cap))
		return false;
	for (unsigned i = 0; i < s->n_fields; i++)
		if (!field_fits(p, s, i, &m, why, cap))
			return false;
	return true;
}

static bool
is_true(const struct fix_msg *m, uint32_t tag)
{
	bool v = false;

	return fix_msg_bool(m, tag, &v) == 0 && v;
}

static int
check_id(
    struct play *p, const struct fix_msg *m, uint32_t tag, const char *want)
{
	struct fix_span v;

	if (!fix_msg_get(m, tag, &v) || !fix_span_is(v, want))
		return play_fail(p, "its field %u is not '%s'", tag, want);
	return 0;
}

static int
check_time(struct play *p, const struct fix_msg *m, const struct got *g)
{
	struct fix_stamp sent, orig;
	struct fix_now now = play_now(p);
	int64_t off;

	if (fix_msg_stamp(m, 52, &sent) < 0)
		return play_fail(p, "its SendingTime(52) is no UTC timestamp");
	off = sent.utc.ns - (now.utc.ns - (now.mono.ns - g->at.ns));
	if (off > 120 * FIX_SEC || off < -120 * FIX_SEC)
		return play_fail(p,
		    "its SendingTime(52) is %" PRId64 " s off our clock",
		    off / FIX_SEC);
	if (!is_true(m, 43))
		return 0;
	if (fix_msg_stamp(m, 122, &orig) < 0)
		return play_fail(p, "43=Y without an OrigSendingTime(122)");
	if (orig.utc.ns > sent.utc.ns)
		return play_fail(p, "its OrigSendingTime(122) is later than "
				    "its SendingTime(52)");
	return 0;
}

static int
check_dict(struct play *p, const struct fix_msg *m)
{
	struct fix_fault f;
	struct fix_check all = fix_check_all;

	if (p->cfg->transport == NULL)
		return 0;
	all.group_order = true;
	all.user_defined_fields = false; /* those are between the two */
	if (fix_dict_check(p->cfg->transport, p->cfg->app, m, &all, &f) == 0)
		return 0;
	return play_fail(p, "the dictionary does not allow it: %s, tag %u",
	    fix_reject_text(f.reason), f.tag);
}

/* Number of a message that is no duplicate; given: the step said which. */
static int
count_in(struct play *p, const struct fix_msg *m, bool given)
{
	struct fix_span t = fix_msg_type(m);
	int64_t seq = 0, to = 0;
	bool reset = fix_span_is(t, "A") && is_true(m, 141);
	bool skip = fix_span_is(t, "4");

	if (fix_msg_int(m, 34, &seq) < 0 || seq < 1)
		return play_fail(p, "it has no MsgSeqNum(34)");
	if (skip && (fix_msg_int(m, 36, &to) < 0 || to < 1))
		return play_fail(p, "it has no NewSeqNo(36)");
	if (skip && !is_true(m, 123)) {
		p->in = (uint64_t)to;
		return 0;
	}
	if (is_true(m, 43))
		return 0;
	/* A heartbeat that was under way when we said that we begin anew. */
	if (fix_span_is(t, "0") && p->logon_open && p->in_before > 1 &&
	    (uint64_t)seq == p->in_before) {
		p->in_before++;
		return 0;
	}
	if (reset) {
		p->in = 1;
		if (!p->logon_open)
			p->out = 1;
	}
	if (fix_span_is(t, "A")) {
		p->logon_due = !p->logon_open;
		p->reset_told = reset && p->logon_due;
		p->logon_open = false;
	}
	if (!given && (uint64_t)seq != p->in && p->adapting &&
	    (fix_span_is(t, "A") || fix_span_is(t, "5"))) {
		p->in = (uint64_t)seq;
	} else if (!given && (uint64_t)seq != p->in) {
		return play_fail(p,
		    "its MsgSeqNum(34) is %" PRId64
		    ", the next one was %" PRIu64,
		    seq, p->in);
	}
	p->in = skip ? (uint64_t)to : (uint64_t)seq + 1;
	return 0;
}

static int
keep_as(struct play *p, const char *name, const struct got *g)
{
	struct fix_span v = { g->bytes, g->len };
	struct var *var;

	if (play_set(p, name, v) < 0)
		return FAILED;
	var = play_var(p, name, false);
	var->kind = VAR_MSG;
	return 0;
}

static int
capture(struct play *p, const struct cc_step *s, const struct fix_msg *m)
{
	const char *name;
	uint32_t at;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < s->n_fields; i++) {
		name = play_capture(p, s->fields[i].value);
		if (name == NULL || s->fields[i].op == CC_CONTAINS)
			continue;
		at = find_tag(m, s->fields[i].tag, from_where(s, i, m));
		if (at != FIX_MSG_NONE)
			rc = play_set(p, name, fix_msg_at(m, at));
	}
	return rc;
}

static bool
names_tag(const struct cc_step *s, const char *tag)
{
	for (unsigned i = 0; s != NULL && i < s->n_fields; i++)
		if (strcmp(s->fields[i].tag, tag) == 0)
			return true;
	return false;
}

int
play_accept(struct play *p, const struct cc_step *s, const struct got *g)
{
	struct fix_msg m;

	if (g->kind != GOT_MSG)
		return 0;
	play_msg_of(p, g, &m);
	if (check_id(p, &m, 8, fix_version_begin(p->cfg->setup.version)) < 0 ||
	    (!names_tag(s, "49") && check_id(p, &m, 49, p->cfg->them) < 0) ||
	    (!names_tag(s, "56") && check_id(p, &m, 56, p->cfg->us) < 0) ||
	    check_time(p, &m, g) < 0 || check_dict(p, &m) < 0 ||
	    count_in(p, &m, names_tag(s, "34")) < 0)
		return FAILED;
	if (s != NULL && s->as != NULL && strcmp(s->what, "again") != 0 &&
	    keep_as(p, s->as, g) < 0)
		return FAILED;
	return s == NULL ? 0 : capture(p, s, &m);
}
