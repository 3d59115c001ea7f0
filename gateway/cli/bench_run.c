/*
 * The load itself: orders are built while their window or their rate allows it,
 * bytes go out and come in without blocking, reports find their order by the
 * number in its ClOrdID(11).
 *
 * The session is the simplest one that an acceptor puts up with: it begins at 1
 * with ResetSeqNumFlag(141), answers TestRequests, and fills gaps when it is
 * asked for something again. Nothing is validated, so that the client costs
 * little.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fix/build.h"
#include "fix/scan.h"
#include "gateway/cli/bench.h"

#define IN_BYTES ((size_t)1 << 20)
#define OUT_BYTES ((size_t)256 << 10)
#define ORDER_BYTES 1024u /* one message of ours at most */
#define SILENCE_NS (10 * FIX_SEC)
#define HEART_BT_S 30

struct load {
	const struct bench_cfg *cfg;
	struct bench_result *res;
	struct wire *w;
	char *why;
	uint8_t *in, *out;
	size_t in_at, in_len, out_at, out_len;
	uint64_t seq;
	uint64_t id_base; /* ClOrdIDs of another run are others */
	uint64_t sent, done, total;
	uint64_t oldest; /* no order before it waits */
	int64_t *due;    /* by order: when it was due; 0: answered */
	int64_t began, measured, heard, told;
	bool up, ended;
	int rc; /* of what ended it */
};

static int64_t
mono(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * FIX_SEC + t.tv_nsec;
}

static struct fix_utc
wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (struct fix_utc){ t.tv_sec * FIX_SEC + t.tv_nsec };
}

static void
end(struct load *l, int rc, const char *why)
{
	if (l->ended)
		return;
	l->ended = true;
	l->rc = rc;
	snprintf(l->why, 256, "%s", why);
}

/* --- what we say ------------------------------------------------------------
 */

static void
start(struct load *l, struct fix_build *b, const char *type, struct fix_utc now)
{
	fix_build_start(
	    b, l->out + l->out_len, OUT_BYTES - l->out_len, fix_span_of(type));
	fix_build_str(b, 49, l->cfg->sender);
	fix_build_str(b, 56, l->cfg->target);
	fix_build_int(b, 34, (int64_t)l->seq);
	fix_build_utc(b, 52, now, 3);
}

static void
finish(struct load *l, struct fix_build *b)
{
	const char *begin = fix_version_begin(l->cfg->version);
	ssize_t n = fix_build_end(b, fix_span_of(begin));

	if (n < 0) {
		end(l, -FIX_E_FORMAT,
		    "an order can't be written: a field of it "
		    "is empty or too long");
		return;
	}
	memmove(l->out + l->out_len, l->out + l->out_len + b->begin, (size_t)n);
	l->out_len += (size_t)n;
	l->seq++;
}

static void
say_logon(struct load *l)
{
	struct fix_build b;

	start(l, &b, "A", wall());
	fix_build_int(&b, 98, 0);
	fix_build_int(&b, 108, HEART_BT_S);
	if (l->cfg->version >= FIX_V_41)
		fix_build_bool(&b, 141, true);
	if (l->cfg->version >= FIX_V_50)
		fix_build_str(&b, 1137, fix_version_appl(l->cfg->version));
	if (l->cfg->username != NULL)
		fix_build_str(&b, 553, l->cfg->username);
	if (l->cfg->password != NULL)
		fix_build_str(&b, 554, l->cfg->password);
	finish(l, &b);
}

/* Heartbeat, with the TestReqID if there is one, or Logout. */
static void
say_admin(struct load *l, const char *type, struct fix_span test_id)
{
	struct fix_build b;

	start(l, &b, type, wall());
	if (test_id.len > 0)
		fix_build_span(&b, 112, test_id);
	finish(l, &b);
}

/* What is asked for again is not: an order of a benchmark is not worth it. */
static void
say_gap_fill(struct load *l, const struct fix_msg *m)
{
	uint64_t next = l->seq;
	int64_t from = 1;
	struct fix_build b;

	if (fix_msg_int(m, 7, &from) != 0 || from < 1 || (uint64_t)from >= next)
		return;
	l->seq = (uint64_t)from;
	start(l, &b, "4", wall());
	fix_build_bool(&b, 43, true);
	fix_build_utc(&b, 122, wall(), 3);
	fix_build_bool(&b, 123, true);
	fix_build_int(&b, 36, (int64_t)next);
	finish(l, &b);
	l->seq = next;
}

static void
say_order(struct load *l, int64_t due)
{
	const struct bench_cfg *c = l->cfg;
	struct fix_utc now = wall();
	struct fix_build b;
	char id[40];

	snprintf(id, sizeof(id), "B%llx-%llu", (unsigned long long)l->id_base,
	    (unsigned long long)l->sent);
	start(l, &b, "D", now);
	fix_build_str(&b, 11, id);
	if (c->account != NULL)
		fix_build_str(&b, 1, c->account);
	fix_build_char(&b, 21, '1');
	fix_build_str(&b, 55, c->symbol);
	fix_build_str(&b, 54, c->side);
	fix_build_utc(&b, 60, now, 3);
	fix_build_str(&b, 38, c->qty);
	fix_build_char(&b, 40, c->price == NULL ? '1' : '2');
	if (c->price != NULL)
		fix_build_str(&b, 44, c->price);
	fix_build_str(&b, 59, c->tif);
	finish(l, &b);
	l->due[l->sent++] = due;
}

/* --- what we hear ------------------------------------------------------------
 */

static bool
order_of(const struct load *l, const struct fix_msg *m, uint64_t *out)
{
	char head[32];
	struct fix_span id, number;
	int64_t n;

	snprintf(head, sizeof(head), "B%llx-", (unsigned long long)l->id_base);
	if (!fix_msg_get(m, 11, &id) || id.len <= strlen(head) ||
	    memcmp(id.p, head, strlen(head)) != 0)
		return false;
	number =
	    (struct fix_span){ id.p + strlen(head), id.len - strlen(head) };
	if (fix_int_parse(number, &n) != 0 || n < 0 || (uint64_t)n >= l->sent)
		return false;
	*out = (uint64_t)n;
	return l->due[*out] != 0;
}

static void
note_refusal(struct load *l, const struct fix_msg *m)
{
	struct fix_span text = fix_span_of("no Text(58)");
	char *to = l->res->first_refusal;

	l->res->refused++;
	if (to[0] != '\0')
		return;
	(void)fix_msg_get(m, 58, &text);
	for (size_t i = 0;
	     i < text.len && i + 1 < sizeof(l->res->first_refusal); i++)
		to[i] = text.p[i] >= ' ' && text.p[i] < 0x7f ? (char)text.p[i]
							     : '?';
}

static void
answered(struct load *l, uint64_t i, int64_t now, bool refused)
{
	if (i >= l->cfg->warm && !refused) {
		hist_add(&l->res->latency, now - l->due[i]);
		l->res->answered++;
	}
	l->due[i] = 0;
	l->done++;
}

static void
hear_report(struct load *l, const struct fix_msg *m, int64_t now)
{
	char type = '\0';
	uint64_t i;
	bool refused;

	if (!order_of(l, m, &i))
		return;
	if (fix_msg_char(m, 150, &type) != 0)
		type = '\0';
	refused = type == '8';
	if (refused)
		note_refusal(l, m);
	if (l->cfg->version < FIX_V_43 && (type == '1' || type == '2'))
		type = 'F';
	if (refused || l->cfg->until == '\0' || type == l->cfg->until)
		answered(l, i, now, refused);
}

/* A Reject names our message by number only: the orders that wait are answered
 * in their order, so it is the oldest. */
static void
hear_reject(struct load *l, const struct fix_msg *m, int64_t now)
{
	note_refusal(l, m);
	while (l->oldest < l->sent && l->due[l->oldest] == 0)
		l->oldest++;
	if (l->oldest < l->sent)
		answered(l, l->oldest, now, true);
}

static void
hear_logout(struct load *l, const struct fix_msg *m)
{
	struct fix_span text = fix_span_of("it gave no reason");
	char why[256];

	(void)fix_msg_get(m, 58, &text);
	snprintf(why, sizeof(why), "the acceptor logs us out: %.*s",
	    (int)(text.len < 200 ? text.len : 200), (const char *)text.p);
	end(l, l->done == l->total ? 0 : -FIX_E_STATE, why);
}

static void
hear(struct load *l, const struct fix_msg *m, int64_t now)
{
	struct fix_span type = fix_msg_type(m), id = { NULL, 0 };

	switch (type.len == 1 ? type.p[0] : 0) {
	case '8':
		hear_report(l, m, now);
		return;
	case 'A':
		l->up = true;
		return;
	case '1':
		(void)fix_msg_get(m, 112, &id);
		say_admin(l, "0", id);
		return;
	case '2':
		say_gap_fill(l, m);
		return;
	case '3':
	case 'j':
		hear_reject(l, m, now);
		return;
	case '5':
		hear_logout(l, m);
		return;
	default:
		return;
	}
}

static void
take(struct load *l)
{
	static struct fix_field fields[FIX_FIELDS_MAX];
	int64_t now = mono();

	while (!l->ended) {
		struct fix_scan s = { .max_bytes = 65536 };
		struct fix_msg m = { .fields = fields, .cap = FIX_FIELDS_MAX };
		ssize_t n =
		    fix_scan(&s, l->in + l->in_at, l->in_len - l->in_at, &m);

		if (n < 0) {
			end(l, -FIX_E_STATE, "a message that is too long");
			return;
		}
		if (n == 0)
			break;
		l->in_at += (size_t)n;
		l->heard = now;
		if (s.why == FIX_G_NONE)
			hear(l, &m, now);
	}
	memmove(l->in, l->in + l->in_at, l->in_len - l->in_at);
	l->in_len -= l->in_at;
	l->in_at = 0;
}

/* --- the loop
 * ----------------------------------------------------------------- */

static void
read_wire(struct load *l)
{
	ssize_t n;

	do {
		n = wire_read(l->w, l->in + l->in_len, IN_BYTES - l->in_len);
		if (n < 0) {
			end(l, l->done == l->total ? 0 : -FIX_E_IO,
			    "the acceptor closed the connection");
			return;
		}
		l->in_len += (size_t)n;
		take(l);
	} while (n > 0 && !l->ended);
}

static void
write_wire(struct load *l)
{
	ssize_t n = 1;

	while (n > 0 && l->out_at < l->out_len) {
		n = wire_write(
		    l->w, l->out + l->out_at, l->out_len - l->out_at);
		if (n < 0)
			end(l, -FIX_E_IO, "the connection broke");
		else
			l->out_at += (size_t)n;
	}
	if (l->out_at == l->out_len)
		l->out_at = l->out_len = 0;
}

/* When order i is due; 0: as soon as there is room. */
static int64_t
due_at(const struct load *l, uint64_t i)
{
	if (l->cfg->rate == 0)
		return 0;
	return l->began +
	       (int64_t)((unsigned __int128)i * FIX_SEC / l->cfg->rate);
}

static void
fill(struct load *l)
{
	int64_t now = mono();

	while (l->up && !l->ended && l->sent < l->total &&
	       l->sent - l->done < l->cfg->window &&
	       OUT_BYTES - l->out_len >= ORDER_BYTES) {
		int64_t due = due_at(l, l->sent);

		if (due > now)
			return;
		if (l->cfg->rate == 0)
			due = now = mono();
		if (l->sent == l->cfg->warm)
			l->measured = due;
		say_order(l, due);
	}
}

static int
wait_ms(const struct load *l)
{
	int64_t left = due_at(l, l->sent) - mono();

	if (!l->up || l->sent == l->total ||
	    l->sent - l->done >= l->cfg->window)
		return 1000;
	return left <= 0 ? 0 : (int)(left / FIX_MSEC);
}

static void
tell(struct load *l)
{
	int64_t now = mono();

	if (!l->cfg->progress || now - l->told < FIX_SEC)
		return;
	l->told = now;
	fprintf(stderr, "\r%llu of %llu orders answered",
	    (unsigned long long)l->done, (unsigned long long)l->total);
}

static void
step(struct load *l)
{
	struct pollfd p;

	fill(l);
	write_wire(l);
	p.fd = wire_poll(l->w, l->out_len > l->out_at, &p.events);
	if (!wire_pending(l->w) && poll(&p, 1, wait_ms(l)) < 0 &&
	    errno != EINTR)
		end(l, -FIX_E_IO, strerror(errno));
	read_wire(l);
	if (mono() - l->heard > SILENCE_NS && (l->sent > l->done || !l->up))
		end(l, -FIX_E_IO,
		    l->up ? "no report for 10 s"
			  : "no answer to the Logon for 10 s");
	tell(l);
}

static void
log_out(struct load *l)
{
	struct fix_span none = { NULL, 0 };
	int64_t until = mono() + 2 * FIX_SEC;

	say_admin(l, "5", none);
	while (!l->ended && mono() < until)
		step(l);
	end(l, 0, "");
}

static void
play(struct load *l)
{
	l->heard = l->told = mono();
	say_logon(l);
	while (!l->ended && !l->up)
		step(l);
	l->began = mono();
	while (!l->ended && l->done < l->total)
		step(l);
	l->res->took_ns = mono() - l->measured;
	if (!l->ended)
		log_out(l);
	if (l->cfg->progress)
		fprintf(stderr, "\r%40s\r", "");
}

int
bench_run(const struct bench_cfg *cfg, struct wire *w, struct bench_result *out,
    char *why)
{
	struct load l = { .cfg = cfg,
		.res = out,
		.w = w,
		.why = why,
		.seq = 1,
		.total = cfg->warm + cfg->count };

	memset(out, 0, sizeof(*out));
	l.id_base = (uint64_t)wall().ns;
	l.in = malloc(IN_BYTES);
	l.out = malloc(OUT_BYTES);
	l.due = calloc(l.total + 1, sizeof(*l.due));
	if (l.in != NULL && l.out != NULL && l.due != NULL)
		play(&l);
	else
		end(&l, -FIX_E_NOMEM, "out of memory");
	free(l.in);
	free(l.out);
	free(l.due);
	return l.rc;
}
