/*
 * Composing what we send: header, number, time, and the queueing of it.
 *
 * Header fields always go out ascending by tag, which every version allows and
 * QuickFIX's acceptance cases compare. A new message is queued as PERSIST, then
 * SEND; one that carries an old number again (gap fill, resend) as SEND only.
 * Resending: FIX volume 2, "Possible Duplicates": nothing but 9, 10, 43, 52 and
 * 122 may differ from the first time. Rejects: volume 2, "Reject", and what
 * versions before 4.2 lack: 371, 372, 373, BusinessMessageReject.
 */
#include <assert.h>
#include <stdio.h>

#include "fix/scan.h"
#include "session/head.h"

static void
begin(struct fix_session *s, struct fix_build *b, struct fix_span type,
    const struct head *h)
{
	struct fix_acts *q = s->acts;

	fix_build_start(b, q->buf + q->used, q->cap_bytes - q->used, type);
	for (unsigned i = 0; i < h->n; i++)
		fix_build_span(b, h->f[i].tag, h->f[i].v);
}

/* Close the message; its bytes stay in the queue's memory. */
static int
finish(struct fix_session *s, struct fix_build *b, struct fix_span *out)
{
	ssize_t n = fix_build_end(b, fix_span_of(s->cfg.begin_string));

	if (n < 0)
		return (int)n;
	out->p = b->buf + b->begin;
	out->len = (size_t)n;
	s->acts->used += b->begin + (size_t)n;
	return 0;
}

static void
push_send(struct fix_session *s, uint64_t seq, struct fix_span bytes)
{
	fs_acts_push(s, (struct fix_act){
			    .kind = FIX_ACT_SEND, .seq = seq, .bytes = bytes });
	s->last_out = s->now.mono;
}

/* A message with a new number: kept first, then sent. */
static int
emit_new(struct fix_session *s, struct fix_build *b, bool keep, bool wire)
{
	uint64_t seq = s->next_out;
	struct fix_span bytes = { NULL, 0 };
	int rc = finish(s, b, &bytes);

	if (rc < 0)
		return rc;
	s->next_out++;
	if (keep)
		fs_acts_push(s,
		    (struct fix_act){
			.kind = FIX_ACT_PERSIST, .seq = seq, .bytes = bytes });
	else
		fs_tell_numbers(s, false);
	if (wire)
		push_send(s, seq, bytes);
	return 0;
}

static int
emit_old(struct fix_session *s, struct fix_build *b, uint64_t seq)
{
	struct fix_span bytes = { NULL, 0 };
	int rc = finish(s, b, &bytes);

	if (rc == 0)
		push_send(s, seq, bytes);
	return rc;
}

static void
put_there(struct fix_build *b, uint32_t tag, const char *v)
{
	if (v != NULL && *v != '\0')
		fix_build_str(b, tag, v);
}

/* What fs_head_ours() and begin() make of a header that holds nothing else, and
 * the way of nearly every message: straight into the buffer. */
static void
begin_ours(struct fix_session *s, struct fix_build *b, struct fix_span type)
{
	const struct fix_session_cfg *c = &s->cfg;
	struct fix_acts *q = s->acts;

	fix_build_start(b, q->buf + q->used, q->cap_bytes - q->used, type);
	fix_build_int(b, 34, (int64_t)wire_seq(s, s->next_out));
	put_there(b, 49, c->sender_comp_id);
	put_there(b, 50, c->sender_sub_id);
	fix_build_utc(b, 52, s->now.utc, fs_time_digits(s));
	put_there(b, 56, c->target_comp_id);
	put_there(b, 57, c->target_sub_id);
	put_there(b, 142, c->sender_location_id);
	put_there(b, 143, c->target_location_id);
	if (c->last_processed && s->version >= FIX_V_42)
		fix_build_int(b, 369, (int64_t)wire_seq(s, s->next_in - 1));
}

static void
begin_new(struct fix_session *s, struct fix_build *b, const char *type)
{
	begin_ours(s, b, fix_span_of(type));
}

/* Our own session messages are small and room for them was checked. */
static void
emit_admin(struct fix_session *s, struct fix_build *b)
{
	int rc = emit_new(s, b, true, true);

	if (rc < 0)
		fs_report(s, FIX_WHY_TOOBIG,
		    "a reply could not be composed: %s", fix_strerror(rc));
}

static int
add_logon_credentials(struct fix_session *s, struct fix_build *b)
{
	if (s->cfg.role != FIX_INITIATOR)
		return 0;
	if (s->cfg.logon_fields != NULL)
		return fs_sign_logon(s, b);
	if (s->version < FIX_V_43)
		return 0;
	if (s->cfg.username != NULL)
		fix_build_str(b, 553, s->cfg.username);
	if (s->cfg.password != NULL)
		fix_build_str(b, 554, s->cfg.password);
	return 0;
}

void
fs_send_logon(struct fix_session *s, bool reset)
{
	struct fix_build b;

	begin_new(s, &b, "A");
	fix_build_int(&b, 98, 0);
	fix_build_int(&b, 108, s->heart_ns / FIX_SEC);
	if (reset)
		fix_build_bool(&b, 141, true);
	if (add_logon_credentials(s, &b) != 0)
		return; /* the time for a Logon will be over */
	if (s->cfg.next_expected && s->version >= FIX_V_44)
		fix_build_int(&b, 789, (int64_t)wire_seq(s, s->next_in));
	if (s->fixt && s->peer_appl != FIX_V_NONE &&
	    deviates(s, FIX_DEV_APPL_OF_PEER))
		fix_build_str(&b, 1137, fix_version_appl(s->peer_appl));
	else if (s->fixt)
		fix_build_str(&b, 1137, fix_version_appl(s->cfg.default_appl));
	emit_admin(s, &b);
}

void
fs_send_logout(struct fix_session *s, const char *text)
{
	struct fix_build b;

	begin_new(s, &b, "5");
	if (text != NULL && *text != '\0')
		fix_build_str(&b, 58, text);
	emit_admin(s, &b);
}

void
fs_send_heartbeat(struct fix_session *s, struct fix_span id)
{
	struct fix_build b;

	begin_new(s, &b, "0");
	if (id.len > 0)
		fix_build_span(&b, 112, id);
	else if (id.p != NULL)
		fix_build_raw(&b, fix_span_of("112=\001"));
	emit_admin(s, &b);
}

void
fs_send_test(struct fix_session *s, const char *id)
{
	struct fix_build b;

	begin_new(s, &b, "1");
	fix_build_str(&b, 112, id);
	emit_admin(s, &b);
}

/* to 0: everything from there on, which 4.0 and 4.1 write as 999999. */
void
fs_send_resend_request(struct fix_session *s, uint64_t from, uint64_t to)
{
	bool old = to == 0 && s->version < FIX_V_42;
	struct fix_build b;

	if (old)
		to = 999999;
	begin_new(s, &b, "2");
	fix_build_int(&b, 7, (int64_t)wire_seq(s, from));
	fix_build_int(&b, 16, (int64_t)(old ? to : wire_seq(s, to)));
	emit_admin(s, &b);
}

/* The tag a fault names, as the peer wrote it: "-1" stays "-1". */
static struct fix_span
ref_tag(const struct fix_msg *m, const struct fix_fault *f, uint8_t *buf)
{
	const struct fix_field *at;
	struct fix_span v = { NULL, 0 };

	if (f->tag != 0)
		return fs_num(buf, f->tag);
	if (f->field == FIX_MSG_NONE || f->field >= m->n)
		return v;
	at = &m->fields[f->field];
	if (at->off > at->at + 1) {
		v.p = m->bytes + at->at;
		v.len = at->off - 1 - at->at;
	}
	return fs_quoted(v);
}

/* The text's test cases name the tag for all of these. */
static bool
tag_is_told(const struct fix_session *s, const struct fix_fault *f)
{
	if (f->reason == 9)
		return !deviates(s, FIX_DEV_NO_REF_ID);
	if (f->reason == 10 || f->reason == 11)
		return !deviates(s, FIX_DEV_NO_REF_TIME);
	return true;
}

/* Of a group whose entry does not begin with its delimiter, or of one whose
 * members are in another order. */
static void
group_text(const struct fix_session *s, const struct fix_msg *m, uint32_t field,
    char *out, size_t cap)
{
	const struct fix_dict *d = s->cfg.app;
	const struct fix_group_def *g = NULL;

	if (s->fixt)
		d = fs_appl_dict(s, fix_session_msg_version(s, m));
	if (d != NULL && field != FIX_MSG_NONE && field > 0 && field < m->n)
		g = fix_dict_group(
		    d, fix_msg_type(m), m->fields[field - 1].tag);
	if (g != NULL)
		(void)snprintf(out, cap,
		    "The group %u must set the delimiter field %u",
		    g->count_tag, g->delimiter);
	else
		(void)snprintf(out, cap, "Out of order repeating group members");
}

static void
reject_text(const struct fix_session *s, char *out, size_t cap,
    const char *text, struct fix_span tag)
{
	if (s->version < FIX_V_42 && tag.len > 0)
		(void)snprintf(out, cap,
		    deviates(s, FIX_DEV_TEXTS_QFJ) ? "%s, field=%.*s"
						    : "%s (%.*s)",
		    text, (int)tag.len, (const char *)tag.p);
	else
		(void)snprintf(out, cap, "%s", text);
}

/* Session Reject(3). text NULL: the usual one for the reason. */
void
fs_send_reject(struct fix_session *s, const struct event *e,
    const struct fix_fault *f, const char *text)
{
	int reason = f->reason < 0 ? 11 : f->reason;
	struct head h = { .n = 0 };
	struct fix_build b;
	struct fix_span tag;
	uint8_t digits_of_tag[24];
	char say[256];

	if (text == NULL)
		text = fix_reject_text(reason);
	fs_head_ours(&h, s, s->next_out);
	fs_head_reverse_route(&h, s, e->m);
	tag = ref_tag(e->m, f, digits_of_tag);
	if (!tag_is_told(s, f))
		tag.len = 0;
	if (reason == 15 && deviates(s, FIX_DEV_TEXTS_QFJ))
		group_text(s, e->m, f->field, say, sizeof(say));
	else
		reject_text(s, say, sizeof(say), text, tag);
	begin(s, &b, fix_span_of("3"), &h);
	fix_build_int(&b, 45, (int64_t)wire_seq(s, e->seq));
	fix_build_str(&b, 58, say);
	if (s->version >= FIX_V_42) {
		struct fix_span type = fs_quoted(fix_msg_type(e->m));

		if (tag.len > 0)
			fix_build_span(&b, 371, tag);
		if (type.len > 0)
			fix_build_span(&b, 372, type);
		/* 12 and more are younger than 4.2. */
		if (s->version > FIX_V_42 || reason <= 11)
			fix_build_int(&b, 373, reason);
	}
	emit_admin(s, &b);
}

/* For a message that was garbled; its MsgType may not be known. */
void
fs_send_garbled_reject(
    struct fix_session *s, uint64_t seq, struct fix_span type)
{
	struct fix_build b;

	type = fs_quoted(type);
	begin_new(s, &b, "3");
	fix_build_int(&b, 45, (int64_t)wire_seq(s, seq));
	fix_build_str(&b, 58, "Message failed basic validity check");
	if (type.len > 0 && s->version >= FIX_V_42)
		fix_build_span(&b, 372, type);
	emit_admin(s, &b);
}

void
fs_send_gap_fill(struct fix_session *s, uint64_t from, uint64_t next)
{
	struct head h = { .n = 0 };
	struct fix_build b;

	fs_head_ours(&h, s, from);
	fs_head_dup(
	    &h, (struct fix_span){ h.time,
		    fix_utc_format(h.time, s->now.utc, fs_time_digits(s)) });
	begin(s, &b, fix_span_of("4"), &h);
	fix_build_int(&b, 36, (int64_t)wire_seq(s, next));
	fix_build_bool(&b, 123, true);
	if (emit_old(s, &b, from) < 0)
		fs_report(
		    s, FIX_WHY_TOOBIG, "a gap fill could not be composed");
}

/* A clock may have been set back since: OrigSendingTime(122) must not be later
 * than SendingTime(52), or the peer has to reject the resend (case 2f). */
static struct fix_span
earlier(struct fix_span orig, struct fix_span now)
{
	size_t n = orig.len < now.len ? orig.len : now.len;

	return memcmp(orig.p, now.p, n) > 0 ? now : orig;
}

/* Everything from field i up to the trailer, as it stands. */
static struct fix_span
rest_of(const struct fix_msg *m, uint32_t i)
{
	struct fix_span v = { NULL, 0 };

	if (i < m->n) {
		v.p = m->bytes + m->fields[i].at;
		v.len = m->fields[m->n - 1].at - m->fields[i].at;
	}
	return v;
}

/* A kept message once more, under its old number. */
int
fs_send_again(struct fix_session *s, uint64_t seq, const struct fix_msg *kept)
{
	struct head h = { .n = 0 };
	struct fix_build b;
	struct fix_span now = { h.time,
		fix_utc_format(h.time, s->now.utc, fs_time_digits(s)) };
	uint32_t i = 3;

	fs_head_dup(&h, earlier(fs_value_of(kept, 52), now));
	fs_head_add(&h, 52, now);
	while (i < kept->n && fs_is_head_tag(kept->fields[i].tag)) {
		fs_head_add(&h, kept->fields[i].tag, fix_msg_at(kept, i));
		i++;
	}
	begin(s, &b, fix_msg_type(kept), &h);
	fix_build_raw(&b, rest_of(kept, i));
	return emit_old(s, &b, seq);
}

/* MaxMessageSize(383) has no rule for what is longer (R11): sent all the same,
 * and told once. */
static void
note_peer_max(struct fix_session *s, size_t len)
{
	if (s->peer_max == 0 || len <= s->peer_max)
		return;
	fs_report(s, FIX_WHY_TOOBIG,
	    "a message of %zu bytes and more: the peer takes %zu", len,
	    s->peer_max);
	s->peer_max = 0;
}

/* @return the body, without what the header has taken of it */
static struct fix_span
begin_app(struct fix_session *s, struct fix_build *b, struct fix_span type,
    struct fix_span body, enum fix_version version)
{
	const char *appl = fix_version_appl(version);
	struct fix_span v;
	struct head h;
	uint32_t tag;

	if (!fs_head_in_front(body, &tag, &v)) {
		begin_ours(s, b, type);
		put_there(b, 1128, appl);
	} else {
		h.n = 0;
		fs_head_ours(&h, s, s->next_out);
		fs_head_add(&h, 1128, fix_span_of(appl));
		body = fs_head_from_body(&h, body);
		begin(s, b, type, &h);
	}
	return body;
}

/* An application message: on the wire only while the session is up. v: its
 * version, FIX_V_NONE for the session's. */
int
fs_send_app(struct fix_session *s, struct fix_span type, struct fix_span body,
    enum fix_version v, uint64_t *seq)
{
	bool wire = fs_wire(s);
	struct fix_build b;
	int rc;

	body = begin_app(s, &b, type, body, v);
	fix_build_raw(&b, body);
	if (seq != NULL)
		*seq = s->next_out;
	rc = emit_new(s, &b, !s->cfg.no_persist, wire);
	if (rc == 0 && wire) {
		fix_pace_take(&s->pace, s->now.mono);
		note_peer_max(s, body.len);
	}
	return rc;
}

/* The message that fs_send_app() would make, checked and thrown away. */
int
fix_session_fits(struct fix_session *s, struct fix_span type,
    struct fix_span body, struct fix_now now, struct fix_fault *f)
{
	struct fix_acts *q = s->acts;
	struct fix_build b;
	ssize_t n;

	s->now = now;
	if (s->cfg.transport == NULL || s->cfg.app == NULL)
		return 0;
	if (q->cap_bytes - q->used < type.len + body.len + BYTES_PER_STEP)
		return -FIX_E_SPACE;
	body = begin_app(s, &b, type, body, FIX_V_NONE);
	fix_build_raw(&b, body);
	n = fix_build_end(&b, fix_span_of(s->cfg.begin_string));
	if (n < 0 || fix_split(b.buf + b.begin, (size_t)n, &q->kept) != 0)
		return -FIX_E_SPACE;
	return fix_dict_check(
	    s->cfg.transport, s->cfg.app, &q->kept, &fix_check_all, f);
}

/* BusinessMessageReject(j), or Reject(3) where there is none yet. */
int
fs_send_refusal(struct fix_session *s, const struct fix_msg *m, int reason,
    struct fix_span ref_id, const char *text)
{
	bool wire = fs_wire(s);
	bool old = s->version < FIX_V_42;
	struct fix_build b;

	begin_new(s, &b, old ? "3" : "j");
	fix_build_span(&b, 45, fs_value_of(m, 34));
	if (text != NULL && *text != '\0')
		fix_build_str(&b, 58, text);
	if (!old) {
		fix_build_span(&b, 372, fix_msg_type(m));
		if (ref_id.len > 0)
			fix_build_span(&b, 379, ref_id);
		fix_build_int(&b, 380, reason);
		if (wire)
			fix_pace_take(&s->pace, s->now.mono);
	}
	return emit_new(s, &b, !s->cfg.no_persist || old, wire);
}
