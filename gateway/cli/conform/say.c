/*
 * What we say: a step's words into a message.
 *
 * Header fields come first, in the order 35 49 56 34 52 and then as given; body
 * fields follow, a template's first. Everything that is filled in can be given
 * instead, also wrongly, and "!tag" leaves it out, or lets it stand where the
 * step has it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/cli/conform/play_int.h"

#define FIELDS_MAX 64

/* A message being built: what stands between BodyLength and CheckSum. */
struct draft {
	struct play *p;
	const struct cc_step *s;
	bool used[FIELDS_MAX]; /* of the step's fields */
	size_t len;            /* in p->body */
};

static bool
is_header(const char *tag)
{
	static const uint16_t tags[] = { 8, 9, 34, 35, 43, 49, 50, 52, 56, 57,
		90, 91, 97, 115, 116, 122, 128, 129, 142, 143, 144, 145, 212,
		213, 347, 369, 370, 627, 628, 629, 630, 1128, 1129, 1156 };
	unsigned long v = strtoul(tag, NULL, 10);

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (tags[i] == v)
			return true;
	return false;
}

static bool
is_dropped(const struct cc_step *s, const char *tag)
{
	for (unsigned i = 0; i < s->n_fields; i++)
		if (s->fields[i].op == CC_ABSENT &&
		    strcmp(s->fields[i].tag, tag) == 0)
			return true;
	return false;
}

/* The step's field of this tag that has not been used. NULL: none */
static const char *
take_given(struct draft *d, const char *tag)
{
	for (unsigned i = 0; i < d->s->n_fields; i++) {
		const struct cc_field *f = &d->s->fields[i];

		if (f->op == CC_ABSENT || d->used[i] || strcmp(f->tag, tag))
			continue;
		d->used[i] = true;
		return f->value;
	}
	return NULL;
}

static int
add(struct draft *d, const char *tag, const char *value)
{
	struct play *p = d->p;
	size_t n = strlen(tag), room = MSG_BYTES - d->len;
	ssize_t v;

	if (n + 2 > room)
		return play_fail(p, "a message that is too long");
	memcpy(p->body + d->len, tag, n);
	p->body[d->len + n++] = '=';
	v = play_value(p, value, 0, NULL, p->body + d->len + n, room - n - 1);
	if (v < 0)
		return FAILED;
	d->len += n + (size_t)v;
	p->body[d->len++] = 1;
	return 0;
}

/* A field that is filled in unless the step says otherwise. */
static int
add_auto(struct draft *d, const char *tag, const char *value)
{
	const char *given;

	if (is_dropped(d->s, tag))
		return 0;
	given = take_given(d, tag);
	return add(d, tag, given != NULL ? given : value);
}

static int
add_header(struct draft *d)
{
	const struct cc_step *s = d->s;
	bool dup = false, orig = is_dropped(s, "122");
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < s->n_fields; i++) {
		const struct cc_field *f = &s->fields[i];

		if (f->op == CC_ABSENT || d->used[i] || !is_header(f->tag) ||
		    is_dropped(s, f->tag))
			continue;
		if (strcmp(f->tag, "8") == 0 || strcmp(f->tag, "9") == 0)
			continue;
		d->used[i] = true;
		dup |= strcmp(f->tag, "43") == 0 && strcmp(f->value, "Y") == 0;
		orig |= strcmp(f->tag, "122") == 0;
		rc = add(d, f->tag, f->value);
	}
	return rc == 0 && dup && !orig ? add(d, "122", "$now") : rc;
}

/* Fields with blanks between, each replaced by the step's own if it has it. */
static int
add_template(struct draft *d, const char *fields)
{
	char copy[512], *rest = copy, *t, *value;
	int rc = 0;

	snprintf(copy, sizeof(copy), "%s", fields);
	while (rc == 0 && (t = strsep(&rest, " ")) != NULL) {
		value = strchr(t, '=');
		if (value == NULL)
			continue;
		*value++ = '\0';
		rc = add_auto(d, t, value);
	}
	return rc;
}

static int
add_rest(struct draft *d)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < d->s->n_fields; i++) {
		const struct cc_field *f = &d->s->fields[i];

		if (f->op == CC_ABSENT || d->used[i])
			continue;
		if (!is_dropped(d->s, f->tag) &&
		    (strcmp(f->tag, "8") == 0 || strcmp(f->tag, "9") == 0 ||
			strcmp(f->tag, "10") == 0))
			continue;
		d->used[i] = true;
		rc = add(d, f->tag, f->value);
	}
	return rc;
}

/* ClOrdID of "send order a": made at first, the same ever after. */
static int
name_order(struct play *p, const char *name)
{
	char id[NAME_BYTES * 2];
	const struct var *v;
	struct fix_span made = { (const uint8_t *)id, 0 };

	if (name == NULL)
		return play_set(p, "name",
		    (struct fix_span){ (const uint8_t *)id,
			(size_t)snprintf(id, sizeof(id), "%s%" PRIu64,
			    p->cfg->run, ++p->n_ids) });
	v = play_var(p, name, false);
	if (v != NULL)
		return play_set(p, "name", (struct fix_span){ v->p, v->len });
	made.len = (size_t)snprintf(
	    id, sizeof(id), "%s%" PRIu64 "%s", p->cfg->run, ++p->n_ids, name);
	return play_set(p, name, made) < 0 ? FAILED : play_set(p, "name", made);
}

/* MsgType and template's fields of what a step sends. @return 0, FAILED */
static int
choose(struct play *p, const char *what, const char *name, const char **type,
    char *fields, size_t cap)
{
	const char *found;

	if (strcmp(what, "logon") == 0) {
		*type = "A";
		play_logon_fields(p, fields, cap);
		return 0;
	}
	*type = play_template(p, what, &found);
	snprintf(fields, cap, "%s", found);
	if (*type != NULL)
		return name_order(p, name);
	if (strlen(what) > 3)
		return play_fail(p, "no template '%s'", what);
	if (name != NULL)
		return play_fail(p, "'%s' is not understood", name);
	*type = what;
	return 0;
}

/* Value of a tag in a step, as a number; 0: not there, or none. */
static uint64_t
number_of(struct play *p, const struct cc_step *s, const char *tag)
{
	uint64_t v = 0;
	uint8_t buf[32];

	for (unsigned i = 0; i < s->n_fields; i++) {
		ssize_t n;

		if (s->fields[i].op == CC_ABSENT ||
		    strcmp(s->fields[i].tag, tag) != 0)
			continue;
		n = play_value(
		    p, s->fields[i].value, 0, NULL, buf, sizeof(buf));
		for (ssize_t k = 0; k < n; k++)
			v = v * 10 + (uint64_t)(buf[k] - '0');
		return v;
	}
	return 0;
}

static bool
says(const struct cc_step *s, const char *tag, const char *value)
{
	for (unsigned i = 0; i < s->n_fields; i++)
		if (s->fields[i].op != CC_ABSENT &&
		    strcmp(s->fields[i].tag, tag) == 0)
			return strcmp(s->fields[i].value, value) == 0;
	return false;
}

/* What the numbers are once this has been said. */
static void
count(struct play *p, const struct cc_step *s, const char *type, uint64_t seq,
    bool reset)
{
	uint64_t to, next = seq + 1;

	p->last = seq;
	snprintf(p->last_type, sizeof(p->last_type), "%s", type);
	if (strcmp(type, "A") == 0) {
		if (reset) {
			p->in_before = p->logon_due ? 0 : p->in;
			p->in = p->logon_due ? p->in : 1;
			p->out = next;
		}
		p->logon_open = !p->logon_due;
		p->logon_due = p->reset_told = false;
		if (reset)
			return;
	}
	if (strcmp(type, "4") == 0) {
		to = number_of(p, s, "36");
		if (!says(s, "123", "Y") || to > seq)
			next = to;
	}
	if (next > p->out)
		p->out = next;
}

static int
put_out(struct play *p, size_t len)
{
	const struct cc_peer *peer = p->cfg->peer;
	struct fix_span v = { p->msg, len };

	play_tell(p, '>', p->cur, v);
	if (p->together) {
		if (len > MSG_BYTES - p->n_batch)
			return play_fail(p, "too much together");
		memcpy(p->batch + p->n_batch, p->msg, len);
		p->n_batch += len;
		return 0;
	}
	p->out_at = play_now(p).mono;
	if (peer->send(peer->arg, p->cur, v) < 0)
		return play_fail(p, "the engine has closed the connection");
	return 0;
}

int
play_flush(struct play *p)
{
	const struct cc_peer *peer = p->cfg->peer;
	struct fix_span v = { p->batch, p->n_batch };

	p->together = false;
	p->n_batch = 0;
	p->out_at = play_now(p).mono;
	if (v.len > 0 && peer->send(peer->arg, p->cur, v) < 0)
		return play_fail(p, "the engine has closed the connection");
	return 0;
}

/* One field of the frame: 8, 9 or 10, at the end of p->msg. */
static int
put_frame(struct draft *d, size_t *len, const char *tag, const char *value)
{
	struct play *p = d->p;
	const char *given = is_dropped(d->s, tag) ? NULL : take_given(d, tag);
	ssize_t n;

	if (is_dropped(d->s, tag))
		return 0;
	*len += (size_t)snprintf((char *)p->msg + *len, 8, "%s=", tag);
	n = play_value(
	    p, given != NULL ? given : value, 0, NULL, p->msg + *len, 4096);
	if (n < 0)
		return FAILED;
	*len += (size_t)n;
	p->msg[(*len)++] = 1;
	return 0;
}

static int
frame(struct draft *d)
{
	struct play *p = d->p;
	size_t len = 0;

	p->len = d->len;
	if (put_frame(d, &len, "8", "$begin") < 0 ||
	    put_frame(d, &len, "9", "$len") < 0)
		return FAILED;
	if (len + d->len + 8192 > MSG_BYTES)
		return play_fail(p, "a message that is too long");
	memcpy(p->msg + len, p->body, d->len);
	len += d->len;
	p->sum = 0;
	for (size_t i = 0; i < len; i++)
		p->sum += p->msg[i];
	if (put_frame(d, &len, "10", "$sum") < 0)
		return FAILED;
	return put_out(p, len);
}

static int
no_link(struct play *p)
{
	return play_fail(p, "%s",
	    p->links[p->cur].first != NULL
		? "the engine has closed the connection"
		: "not connected: 'connect' comes first");
}

/* An engine that resets at every Logon begins at 1, and so do we. */
static void
begin_anew(struct play *p, const char *type)
{
	if (strcmp(type, "A") != 0 || !p->fresh)
		return;
	p->fresh = false;
	if (p->cfg->setup.role == CC_ROLE_ACCEPTOR &&
	    cc_has_setting(&p->cfg->setup, "ResetOnLogon=Y"))
		p->in = p->out = 1;
}

static int
send_one(struct play *p, const struct cc_step *s)
{
	struct draft d = { .p = p, .s = s };
	char fields[256];
	const char *type;
	uint64_t seq;
	bool reset;

	if (s->n_fields > FIELDS_MAX)
		return play_fail(p, "too many fields");
	if (!p->links[p->cur].open)
		return no_link(p);
	if (choose(p, s->what, s->as, &type, fields, sizeof(fields)) < 0)
		return FAILED;
	begin_anew(p, type);
	seq = number_of(p, s, "34");
	if (seq == 0 && !is_dropped(s, "34"))
		seq = p->out;
	reset = says(s, "141", "Y") ||
		(strstr(fields, "141=Y") != NULL && !is_dropped(s, "141") &&
		    !says(s, "141", "N"));
	if (reset && !says(s, "34", "$out") && number_of(p, s, "34") == 0)
		seq = p->out = 1;
	if (add_auto(&d, "35", type) < 0 || add_auto(&d, "49", "$us") < 0 ||
	    add_auto(&d, "56", "$them") < 0 || add_auto(&d, "34", "$out") < 0 ||
	    add_auto(&d, "52", "$now") < 0 || add_header(&d) < 0 ||
	    add_template(&d, fields) < 0 || add_rest(&d) < 0 || frame(&d) < 0)
		return FAILED;
	count(p, s, type, seq, reset);
	return 0;
}

int
play_send(struct play *p, const struct cc_step *s)
{
	int rc;

	p->said_at = play_now(p).utc; /* 52, 122 and 60 are of one moment */
	rc = send_one(p, s);
	p->said_at.ns = 0;
	return rc;
}

ssize_t
play_app_body(struct play *p, const struct cc_step *s, const char *what)
{
	struct draft d = { .p = p, .s = s };
	char fields[256];
	const char *type;

	if (s->n_fields > FIELDS_MAX ||
	    choose(p, what, s->from, &type, fields, sizeof(fields)) < 0)
		return FAILED;
	if (add(&d, "35", type) < 0 || add_template(&d, fields) < 0 ||
	    add_rest(&d) < 0)
		return FAILED;
	return (ssize_t)d.len;
}

/* The text between the quotes, '|' for SOH. 9=$len and 10=$sum are of the text
 * itself, as far as it has them. */
static size_t
raw_bytes(struct play *p, const char *text, ssize_t *err)
{
	uint8_t *from, *end;
	ssize_t n = play_value(p, text, 0, NULL, p->msg, MSG_BYTES);

	*err = n;
	if (n < 0)
		return 0;
	for (ssize_t i = 0; i < n; i++)
		if (p->msg[i] == '|')
			p->msg[i] = 1;
	from = memmem(p->msg, (size_t)n, "\0019=", 3);
	from = from == NULL
		   ? NULL
		   : memchr(from + 1, 1, (size_t)(p->msg + n - from - 1));
	end = from == NULL
		  ? NULL
		  : memmem(from, (size_t)(p->msg + n - from), "\00110=", 4);
	if (end != NULL)
		p->len = (uint64_t)(end - from);
	p->sum = 0;
	for (const uint8_t *b = p->msg; end != NULL && b <= end; b++)
		p->sum += *b;
	return (size_t)n;
}

int
play_raw(struct play *p, const struct cc_step *s)
{
	size_t len = 0;
	ssize_t err;

	if (!p->links[p->cur].open)
		return no_link(p);
	p->len = p->sum = 0;
	p->said_at = play_now(p).utc;
	/* Once for the length, once for the sum, once for good. */
	for (int i = 0; i < 3; i++) {
		len = raw_bytes(p, s->what, &err);
		if (err < 0)
			break;
	}
	p->said_at.ns = 0;
	return err < 0 ? FAILED : put_out(p, len);
}
