/* The harness of the session's tests: see world.h. */
#include "tests/session/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "fix/scan.h"

#define T0 (INT64_C(1767225600) * FIX_SEC) /* 20260101-00:00:00 */

int
world_setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->feed = (enum feed)(intptr_t)*state;
	w->cfg.begin_string = "FIX.4.4";
	w->cfg.sender_comp_id = "US";
	w->cfg.target_comp_id = "PEER";
	w->start.next_in = w->start.next_out = 1;
	w->now.utc.ns = T0;
	w->now.mono.ns = 1000 * FIX_SEC;
	*state = w;
	return 0;
}

static void
forget_kept(struct world *w)
{
	for (int i = 0; i < KEPT; i++) {
		free(w->kept[i]);
		w->kept[i] = NULL;
	}
}

int
world_teardown(void **state)
{
	struct world *w = *state;

	fix_session_free(w->s);
	fix_acts_free(w->acts);
	forget_kept(w);
	free(w);
	return 0;
}

void
start(struct world *w)
{
	w->acts = fix_acts_new(0, 0);
	assert_non_null(w->acts);
	w->s = fix_session_new(&w->cfg, w->start, w->acts);
	assert_non_null(w->s);
	w->fold = w->start;
}

void
connected(struct world *w)
{
	if (w->s == NULL)
		start(w);
	assert_int_equal(fix_session_connected(w->s, w->now), 0);
	drain(w);
}

void
up(struct world *w)
{
	uint64_t in;

	connected(w);
	in = fix_session_numbers(w->s).next_in;
	say(w, "35=A|34=%llu|98=0|108=30", (unsigned long long)in);
	assert_true(fix_session_up(w->s));
	forget(w);
}

static void line(struct world *w, const char *fmt, ...) FIX_PRINTF(2, 3);

static void
line(struct world *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(
	    w->log + w->log_len, sizeof(w->log) - w->log_len, fmt, ap);
	va_end(ap);
	assert_true(n >= 0 && (size_t)n < sizeof(w->log) - w->log_len);
	w->log_len += (size_t)n;
}

static bool
is_shown(uint32_t tag)
{
	return tag != 8 && tag != 9 && tag != 10 && tag != 49 && tag != 52 &&
	       tag != 56;
}

static struct fix_msg
split(struct fix_span b)
{
	static struct fix_field fields[FIX_FIELDS_MAX];
	struct fix_msg m = { .fields = fields, .cap = FIX_FIELDS_MAX };
	struct fix_scan scan = { .max_bytes = 1 << 20 };

	/* What we send must pass the strictest reader. */
	assert_int_equal(fix_scan(&scan, b.p, b.len, &m), b.len);
	assert_int_equal(scan.why, FIX_G_NONE);
	return m;
}

/* Durable before the wire: nothing new is sent that was not kept. */
static void
check_kept(struct world *w, const struct fix_act *a, const struct fix_msg *m)
{
	bool dup = false;
	uint64_t round = w->cfg.max_seq + 1;
	int64_t seq = 0;

	assert_int_equal(fix_msg_int(m, 34, &seq), 0);
	assert_int_equal(seq, round == 1 ? a->seq : a->seq % round);
	if (fix_msg_bool(m, 43, &dup) == 0 && dup)
		return;
	assert_true(a->seq < w->fold.next_out);
	if (w->cfg.no_persist && a->seq < KEPT && w->kept[a->seq] == NULL)
		return;
	assert_true(a->seq < KEPT);
	assert_non_null(w->kept[a->seq]);
	assert_int_equal(w->kept_len[a->seq], a->bytes.len);
	assert_memory_equal(w->kept[a->seq], a->bytes.p, a->bytes.len);
}

static void
show_send(struct world *w, const struct fix_act *a)
{
	struct fix_msg m = split(a->bytes);
	const char *sep = "> ";

	check_kept(w, a, &m);
	w->sends++;
	for (uint32_t i = 0; i < m.n; i++) {
		struct fix_span v = fix_msg_at(&m, i);

		if (!is_shown(m.fields[i].tag))
			continue;
		line(w, "%s%u=%.*s", sep, m.fields[i].tag,
		    (int)(v.len > 500 ? 500 : v.len), (const char *)v.p);
		sep = "|";
	}
	line(w, "\n");
}

static void
keep(struct world *w, const struct fix_act *a)
{
	assert_int_equal(a->seq, w->fold.next_out);
	w->fold.next_out = a->seq + 1;
	if (a->seq >= KEPT)
		return;
	free(w->kept[a->seq]);
	w->kept[a->seq] = malloc(a->bytes.len);
	assert_non_null(w->kept[a->seq]);
	memcpy(w->kept[a->seq], a->bytes.p, a->bytes.len);
	w->kept_len[a->seq] = a->bytes.len;
}

static void
replay_all(struct world *w, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i <= to; i++) {
		struct fix_span v;

		if (i >= KEPT || w->kept[i] == NULL)
			continue;
		v.p = w->kept[i];
		v.len = w->kept_len[i];
		assert_int_equal(fix_session_replay(w->s, i, v, w->now), 0);
	}
	assert_int_equal(fix_session_replay_done(w->s, w->now), 0);
}

static void
carry_out(struct world *w, const struct fix_act *a)
{
	struct fix_span t;

	switch (a->kind) {
	case FIX_ACT_RECEIVED:
		assert_int_equal(a->seq, w->fold.next_in);
		assert_true(a->bytes.len > 0);
		w->fold.next_in = a->seq + 1;
		break;
	case FIX_ACT_PERSIST:
		keep(w, a);
		break;
	case FIX_ACT_NUMBERS:
		w->fold.next_in = a->seq;
		w->fold.next_out = a->seq_end;
		if (a->flag)
			forget_kept(w);
		break;
	case FIX_ACT_SEND:
		show_send(w, a);
		break;
	case FIX_ACT_DELIVER:
		t = fix_msg_type(a->msg);
		assert_ptr_equal(a->msg->bytes, a->bytes.p);
		assert_int_equal(a->seq + 1, w->fold.next_in);
		line(w, "app %.*s %llu%s\n", (int)t.len, (const char *)t.p,
		    (unsigned long long)a->seq, a->flag ? " dup" : "");
		break;
	case FIX_ACT_REPLAY:
		w->replay_from = a->seq;
		w->replay_to = a->seq_end;
		if (w->hold_replay)
			line(w, "replay %u-%u\n", (unsigned)a->seq,
			    (unsigned)a->seq_end);
		else
			replay_all(w, a->seq, a->seq_end);
		break;
	case FIX_ACT_QUEUED:
		assert_int_equal(a->flag, a->bytes.len == 0);
		line(w, "%s %u\n", a->flag ? "unqueued" : "queued",
		    (unsigned)a->seq);
		break;
	case FIX_ACT_NOT_RESENT:
		assert_true(a->seq < KEPT && w->kept[a->seq] != NULL);
		assert_int_equal(a->bytes.len, w->kept_len[a->seq]);
		assert_memory_equal(
		    a->bytes.p, w->kept[a->seq], a->bytes.len);
		line(w, "not resent %u %s\n", (unsigned)a->seq, a->text);
		break;
	case FIX_ACT_REPORT:
		assert_non_null(a->text);
		w->noted[a->why] = true;
		w->times = a->seq_end;
		snprintf(w->note[a->why], sizeof(w->note[0]), "%s", a->text);
		break;
	case FIX_ACT_UP:
		line(w, "up\n");
		break;
	case FIX_ACT_DOWN:
		line(w, "down\n");
		break;
	case FIX_ACT_CLOSE:
		line(w, "close %s\n", fix_why_name(a->why));
		break;
	}
}

void
drain(struct world *w)
{
	struct fix_session_numbers n;
	struct fix_act a;

	while (fix_session_next(w->s, &a) == 1)
		carry_out(w, &a);
	n = fix_session_numbers(w->s);
	assert_int_equal(n.next_in, w->fold.next_in);
	assert_int_equal(n.next_out, w->fold.next_out);
}

const char *
stamp(struct world *w, int64_t plus_ms)
{
	static char buf[8][32];
	static unsigned turn;
	char *p = buf[turn++ % 8];
	struct fix_utc t = { w->now.utc.ns + plus_ms * FIX_MSEC };

	p[fix_utc_format((uint8_t *)p, t, 3)] = '\0';
	return p;
}

static bool
has_field(const char *text, const char *field)
{
	char bar[16];

	snprintf(bar, sizeof(bar), "|%s", field);
	return strstr(text, bar) != NULL;
}

size_t
frame(struct world *w, const char *text, uint8_t *out, size_t cap)
{
	static char body[1 << 17];
	const char *begin = w->cfg.begin_string, *rest = strchr(text, '|');
	unsigned sum = 0;
	int n;

	if (rest == NULL)
		rest = text + strlen(text);
	n = snprintf(body, sizeof(body), "%.*s|", (int)(rest - text), text);
	if (!has_field(text, "49="))
		n += snprintf(body + n, 32, "49=%s|", w->cfg.target_comp_id);
	if (!has_field(text, "52="))
		n += snprintf(body + n, 40, "52=%s|", stamp(w, 0));
	if (!has_field(text, "56="))
		n += snprintf(body + n, 32, "56=%s|", w->cfg.sender_comp_id);
	if (*rest == '|')
		n += snprintf(
		    body + n, sizeof(body) - (size_t)n, "%s|", rest + 1);
	n = snprintf((char *)out, cap, "8=%s|9=%d|%s", begin, n, body);
	assert_true(n > 0 && (size_t)n + 8 < cap);
	for (int i = 0; i < n; i++) {
		if (out[i] == '|')
			out[i] = 1;
		sum += out[i];
	}
	n += snprintf((char *)out + n, 8, "10=%03u\001", sum % 256);
	return (size_t)n;
}

/* Offer what has come, as a driver does. */
static void
offer(struct world *w)
{
	ssize_t n;

	for (;;) {
		n = fix_session_recv(w->s, w->in, w->in_len, w->now);
		assert_true(n <= (ssize_t)w->in_len);
		if (w->feed == FEED_LATE)
			fix_session_tick(w->s, w->now);
		drain(w);
		if (n <= 0)
			return;
		w->in_len -= (size_t)n;
		memmove(w->in, w->in + n, w->in_len);
	}
}

void
say_bytes(struct world *w, const uint8_t *p, size_t n)
{
	size_t step = w->feed == FEED_BYTES ? 1 : n;

	for (size_t i = 0; i < n; i += step) {
		assert_true(w->in_len + step <= sizeof(w->in));
		memcpy(w->in + w->in_len, p + i, step);
		w->in_len += step;
		offer(w);
	}
}

void
say_raw(struct world *w, const char *text)
{
	static uint8_t b[1 << 17];
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		b[i] = text[i] == '|' ? 1 : (uint8_t)text[i];
	say_bytes(w, b, n);
}

void
say(struct world *w, const char *fmt, ...)
{
	static char text[1 << 16];
	static uint8_t out[1 << 17];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_true(n > 0 && (size_t)n < sizeof(text));
	say_bytes(w, out, frame(w, text, out, sizeof(out)));
}

void
lost(struct world *w)
{
	fix_session_lost(w->s, w->now);
	w->in_len = 0;
	drain(w);
}

void
pass(struct world *w, int64_t ms)
{
	int64_t end = w->now.mono.ns + ms * FIX_MSEC, at;

	for (;;) {
		at = fix_session_deadline(w->s).ns;
		if (at > end)
			break;
		assert_true(at >= w->now.mono.ns);
		w->now.utc.ns += at - w->now.mono.ns;
		w->now.mono.ns = at;
		fix_session_tick(w->s, w->now);
		drain(w);
	}
	w->now.utc.ns += end - w->now.mono.ns;
	w->now.mono.ns = end;
}

int
app_send(struct world *w, const char *type, const char *body)
{
	static uint8_t b[1 << 17];
	struct fix_span v = { b, strlen(body) };
	int rc;

	for (size_t i = 0; i < v.len; i++)
		b[i] = body[i] == '|' ? 1 : (uint8_t)body[i];
	rc = fix_session_send(w->s, fix_span_of(type), v, w->now, NULL);
	drain(w);
	return rc;
}

void
expect(struct world *w, ...)
{
	static char want[sizeof(w->log)];
	const char *l;
	size_t n = 0;
	va_list ap;

	va_start(ap, w);
	want[0] = '\0';
	while ((l = va_arg(ap, const char *)) != NULL)
		n += (size_t)snprintf(want + n, sizeof(want) - n, "%s\n", l);
	va_end(ap);
	w->log[w->log_len] = '\0';
	assert_string_equal(w->log, want);
	forget(w);
}

void
forget(struct world *w)
{
	w->log_len = 0;
	w->log[0] = '\0';
}

void
assert_numbers(struct world *w, uint64_t in, uint64_t out)
{
	struct fix_session_numbers n = fix_session_numbers(w->s);

	assert_int_equal(n.next_in, in);
	assert_int_equal(n.next_out, out);
}

void
assert_noted(struct world *w, enum fix_why why)
{
	assert_true(w->noted[why]);
}
