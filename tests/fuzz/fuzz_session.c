/*
 * A session fed by a peer that means harm: whatever comes, nothing crashes, no
 * more is eaten than was given, nothing is sent before it was kept, what is
 * held has its limit, and the fold of the actions is what the session says.
 *
 * Input: two bytes of choices (role, version, profile, settings; size of the
 * pieces), then lines. A line that begins with '!' goes to the session as it
 * stands ('|' for SOH); '+' lets as many seconds pass as the next byte says,
 * '-' cuts the connection and makes another, '<' sends an application message,
 * '~' logs out; any other line is a message without 8, 9, 49, 52, 56 and 10,
 * which are put round it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fix/scan.h"
#include "session/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEPT 512u
#define LINES 400
#define HELD_MAX 20000u

static struct {
	struct fix_session_cfg cfg;
	struct fix_session *s;
	struct fix_acts *acts;
	struct fix_session_numbers fold;
	struct fix_now now;
	uint8_t *kept[KEPT];
	size_t kept_len[KEPT];
	uint64_t replay_at, replay_end;
	uint8_t in[1 << 16];
	size_t n_in, piece;
	bool closed;
} h;

static void
need(bool good)
{
	if (!good)
		abort();
}

static void
keep(const struct fix_act *a)
{
	need(a->seq == h.fold.next_out);
	h.fold.next_out = a->seq + 1;
	if (a->seq >= KEPT)
		return;
	free(h.kept[a->seq]);
	h.kept[a->seq] = malloc(a->bytes.len);
	need(h.kept[a->seq] != NULL);
	memcpy(h.kept[a->seq], a->bytes.p, a->bytes.len);
	h.kept_len[a->seq] = a->bytes.len;
}

/* What we send passes the strictest reader, and was kept before. */
static void
check_sent(const struct fix_act *a)
{
	static struct fix_field f[FIX_FIELDS_MAX];
	struct fix_msg m = { .fields = f, .cap = FIX_FIELDS_MAX };
	struct fix_scan scan = { .max_bytes = 1 << 20 };
	ssize_t n = fix_scan(&scan, a->bytes.p, a->bytes.len, &m);

	need(n == (ssize_t)a->bytes.len && scan.why == FIX_G_NONE);
	if (!fs_flag_set(&m, 43))
		need(a->seq < h.fold.next_out);
}

static void
carry_out(const struct fix_act *a)
{
	switch (a->kind) {
	case FIX_ACT_RECEIVED:
		need(a->seq == h.fold.next_in && a->bytes.len > 0);
		h.fold.next_in = a->seq + 1;
		break;
	case FIX_ACT_PERSIST:
		keep(a);
		break;
	case FIX_ACT_NUMBERS:
		h.fold.next_in = a->seq;
		h.fold.next_out = a->seq_end;
		break;
	case FIX_ACT_SEND:
		check_sent(a);
		break;
	case FIX_ACT_DELIVER:
		need(a->msg->bytes == a->bytes.p);
		(void)!fix_session_refuse(
		    h.s, a->msg, 3, (struct fix_span){ NULL, 0 }, "no", h.now);
		break;
	case FIX_ACT_REPLAY:
		need(a->seq > 0 && a->seq <= a->seq_end &&
		     a->seq_end < h.fold.next_out);
		h.replay_at = a->seq;
		h.replay_end = a->seq_end;
		break;
	case FIX_ACT_QUEUED:
		need(a->seq > 0);
		need(a->flag == (a->bytes.len == 0));
		break;
	case FIX_ACT_NOT_RESENT:
		need(a->seq > 0 && a->seq < h.fold.next_out && a->seq < KEPT);
		need(a->bytes.len == h.kept_len[a->seq]);
		break;
	case FIX_ACT_REPORT:
		need(strlen(a->text) < 4096);
		break;
	case FIX_ACT_UP:
	case FIX_ACT_DOWN:
		break;
	case FIX_ACT_CLOSE:
		h.closed = true;
		break;
	}
}

static void
replay(void)
{
	int rc;

	for (; h.replay_at <= h.replay_end && h.replay_at < KEPT;
	     h.replay_at++) {
		struct fix_span v = { h.kept[h.replay_at],
			h.kept_len[h.replay_at] };

		if (v.p == NULL)
			continue;
		rc = fix_session_replay(h.s, h.replay_at, v, h.now);
		if (rc == -FIX_E_SPACE)
			return;
	}
	if (fix_session_replay_done(h.s, h.now) != -FIX_E_SPACE)
		h.replay_at = 0;
}

static void
drain(void)
{
	struct fix_session_numbers n;
	struct fix_act a;
	bool any = true;

	while (any) {
		any = false;
		while (fix_session_next(h.s, &a) == 1) {
			carry_out(&a);
			any = true;
		}
		if (h.replay_at != 0)
			replay();
	}
	n = fix_session_numbers(h.s);
	need(n.next_in == h.fold.next_in && n.next_out == h.fold.next_out);
	need(h.s->held.tail - h.s->held.head <= HELD_MAX);
}

static void
feed(const uint8_t *p, size_t len)
{
	while (len > 0 && !h.closed) {
		size_t n = len < h.piece ? len : h.piece;
		ssize_t eaten;

		if (n > sizeof(h.in) - h.n_in)
			return;
		memcpy(h.in + h.n_in, p, n);
		h.n_in += n;
		p += n;
		len -= n;
		do {
			eaten = fix_session_recv(h.s, h.in, h.n_in, h.now);
			need(eaten <= (ssize_t)h.n_in);
			drain();
			if (eaten > 0) {
				h.n_in -= (size_t)eaten;
				memmove(h.in, h.in + eaten, h.n_in);
			}
		} while (eaten > 0 && !h.closed);
	}
}

static void
feed_message(const uint8_t *p, size_t len)
{
	static uint8_t body[9000], out[9200];
	uint8_t t[FIX_STAMP_MAX];
	const uint8_t *bar = memchr(p, '|', len);
	size_t first = bar == NULL ? len : (size_t)(bar - p);
	unsigned sum = 0;
	int n, k;

	if (len > 8000)
		return;
	n = snprintf((char *)body, sizeof(body),
	    "%.*s|49=%s|52=%.*s|56=%s|%.*s|", (int)first, (const char *)p,
	    h.cfg.target_comp_id, (int)fix_utc_format(t, h.now.utc, 3),
	    (const char *)t, h.cfg.sender_comp_id,
	    bar == NULL ? 0 : (int)(len - first - 1),
	    bar == NULL ? "" : (const char *)bar + 1);
	if (bar == NULL || (size_t)(bar - p) + 1 == len)
		n--; /* no field behind: no second bar */
	k = snprintf(
	    (char *)out, sizeof(out), "8=%s|9=%d|", h.cfg.begin_string, n);
	memcpy(out + k, body, (size_t)n);
	n += k;
	for (int i = 0; i < n; i++) {
		if (out[i] == '|')
			out[i] = 1;
		sum += out[i];
	}
	n += snprintf((char *)out + n, 8, "10=%03u\001", sum % 256);
	feed(out, (size_t)n);
}

static void
feed_raw(const uint8_t *p, size_t len)
{
	static uint8_t out[1 << 14];

	if (len > sizeof(out))
		len = sizeof(out);
	for (size_t i = 0; i < len; i++)
		out[i] = p[i] == '|' ? 1 : p[i];
	feed(out, len);
}

static void
reconnect(void)
{
	fix_session_lost(h.s, h.now);
	drain();
	h.n_in = 0;
	h.replay_at = 0;
	h.closed = false;
	need(fix_session_connected(h.s, h.now) == 0);
	drain();
}

static void
pass(unsigned seconds)
{
	h.now.mono.ns += seconds * FIX_SEC;
	h.now.utc.ns += seconds * FIX_SEC;
	if (fix_session_deadline(h.s).ns <= h.now.mono.ns)
		fix_session_tick(h.s, h.now);
	drain();
}

static void
line(const uint8_t *p, size_t len)
{
	struct fix_span d = { (const uint8_t *)"D", 1 };
	struct fix_span body = { (const uint8_t *)"11=x\001", 5 };

	if (len == 0)
		return;
	if (*p == '!')
		feed_raw(p + 1, len - 1);
	else if (*p == '+')
		pass(len > 1 ? p[1] : 1);
	else if (*p == '-')
		reconnect();
	else if (*p == '<')
		(void)!fix_session_send(h.s, d, body, h.now, NULL);
	else if (*p == '~')
		fix_session_logout(h.s, "bye", h.now);
	else
		feed_message(p, len);
	drain();
	if (h.closed)
		reconnect();
}

/* What QuickFIX's suites expect. */
#define QUICKFIX (~(FIX_DEV(LOW_REJECT)))

static void
configure(uint8_t choice)
{
	static const char *const begins[] = { "FIX.4.4", "FIX.4.2", "FIX.4.0",
		"FIXT.1.1" };

	h.cfg.begin_string = begins[choice & 3];
	h.cfg.default_appl = FIX_V_50SP2;
	h.cfg.sender_comp_id = "US";
	h.cfg.target_comp_id = "PEER";
	h.cfg.role = choice & 4 ? FIX_INITIATOR : FIX_ACCEPTOR;
	h.cfg.deviations = choice & 8 ? QUICKFIX : 0;
	h.cfg.resend_chunk = choice & 16 ? 3 : 0;
	h.cfg.next_expected = choice & 32;
	h.cfg.reset_on_logon = choice & 64;
	h.cfg.no_persist = choice & 128;
	h.cfg.max_msg_bytes = 16384;
	h.cfg.max_held_bytes = HELD_MAX;
	h.now.utc.ns = INT64_C(1767225600) * FIX_SEC;
	h.now.mono.ns = FIX_SEC;
	h.fold.next_in = h.fold.next_out = 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = data + size, *p;
	int lines = 0;

	if (size < 2)
		return 0;
	memset(&h, 0, sizeof(h));
	configure(data[0]);
	h.cfg.resend_max = data[1] & 1 ? 3 : 0;
	h.cfg.resend_refuse = data[1] & 2;
	h.cfg.resend_never = data[1] & 4 ? "B D" : NULL;
	h.cfg.max_held_msgs = data[1] & 8 ? 2 : 0;
	h.cfg.closed_resend = data[1] & 16;
	h.piece = (size_t)data[1] * 8 + 1;
	h.acts = fix_acts_new(0, 0);
	h.s = fix_session_new(&h.cfg, h.fold, h.acts);
	need(h.s != NULL);
	reconnect();
	for (p = data + 2; p < end && lines++ < LINES;) {
		const uint8_t *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl == NULL ? end : nl) - p);

		line(p, len);
		p += len + (nl != NULL);
	}
	fix_session_free(h.s);
	fix_acts_free(h.acts);
	for (unsigned i = 0; i < KEPT; i++)
		free(h.kept[i]);
	return 0;
}
