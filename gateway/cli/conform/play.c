/*
 * The player: one case, step by step, against an engine.
 *
 * A step says something (say.c), waits for something (wait.c, judge.c,
 * forms.c), logs on (enter.c) or asks the operator; blocks choose or repeat.
 * The first thing that is not as the case has it ends the case.
 */
#include "gateway/cli/conform/play.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/cli/conform/play_int.h"

#define SAID_MAX 20000u
#define SAID_BYTES 8192u /* kept of a message, for people */
#define REPEAT_MAX 100000u
#define STEPS_MAX 500000u
#define BRANCHES_MAX 8u

struct fix_now
play_now(const struct play *p)
{
	return p->cfg->peer->now(p->cfg->peer->arg);
}

int64_t
play_ns(const struct play *p, struct cc_time t)
{
	if (t.n < 0)
		return FIX_SEC;
	return t.beats ? t.n * p->heart_s * (FIX_SEC / 1000) : t.n;
}

int
play_fail(struct play *p, const char *fmt, ...)
{
	struct cc_result *r = p->r;
	va_list ap;

	if (r->why[0] != '\0')
		return FAILED; /* the first reason is the one to tell */
	va_start(ap, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
	r->line = p->step == NULL ? 0 : p->step->line;
	r->step = p->step == NULL ? "" : p->step->text;
	return FAILED;
}

void
play_tell(struct play *p, char dir, unsigned link, struct fix_span bytes)
{
	struct cc_result *r = p->r;
	struct cc_said *s;

	if (r->n_said == SAID_MAX)
		return;
	if (bytes.len > SAID_BYTES)
		bytes.len = SAID_BYTES;
	if (r->n_said % 64 == 0) {
		s = realloc(r->said, (r->n_said + 64) * sizeof(*s));
		if (s == NULL)
			return;
		r->said = s;
	}
	s = &r->said[r->n_said];
	s->bytes = malloc(bytes.len + 1);
	if (s->bytes == NULL)
		return;
	memcpy(s->bytes, bytes.p, bytes.len);
	s->bytes[bytes.len] = '\0';
	s->len = bytes.len;
	s->at = play_now(p).utc;
	s->dir = dir;
	s->link = link + 1;
	s->line = p->step == NULL ? 0 : p->step->line;
	r->n_said++;
}

int
play_line(struct play *p, const char *fmt, ...)
{
	char text[200], why[400];
	struct cc_step s;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	rc = cc_parse_step(&s, text, why, sizeof(why));
	if (rc == -FIX_E_FORMAT)
		return play_fail(p, "%s", why);
	if (rc < 0)
		return rc;
	rc = play_step(p, &s);
	cc_step_clear(&s);
	return rc;
}

static int
do_set(struct play *p, const struct cc_step *s)
{
	uint8_t buf[4096];
	ssize_t n;

	if (strcmp(s->what, "out") == 0 || strcmp(s->what, "in") == 0)
		return play_number(p, s->as == NULL ? "" : s->as,
		    *s->what == 'o' ? &p->out : &p->in);
	if (s->as == NULL) {
		play_unset(p, s->what);
		return 0;
	}
	n = play_value(p, s->as, 0, NULL, buf, sizeof(buf));
	if (n < 0)
		return FAILED;
	return play_set(p, s->what, (struct fix_span){ buf, (size_t)n });
}

static int
do_mark(struct play *p, const struct cc_step *s)
{
	struct var *v = play_var(p, s->what, true);

	if (v == NULL)
		return play_fail(p, "no room for the name '%s'", s->what);
	v->kind = VAR_MARK;
	v->at = p->moment;
	return 0;
}

static int
do_operate(struct play *p, const struct cc_step *s)
{
	const struct cc_peer *peer = p->cfg->peer;
	const char *why = "the operator could not do it";
	struct fix_span body = { p->body, 0 };
	const char *word = s->as == NULL ? "" : s->as;
	uint8_t text[512];
	ssize_t n = 0;

	if (strcmp(s->what, "venue") == 0) {
		n = play_value(p, word, 0, NULL, text, sizeof(text) - 1);
		if (n < 0)
			return FAILED;
		text[n] = '\0';
		word = (const char *)text;
		n = 0;
	}
	if (strcmp(s->what, "send") == 0) {
		if (s->as == NULL)
			return play_fail(p, "do send: what?");
		n = play_app_body(p, s, s->as);
		if (n < 0)
			return FAILED;
	}
	body.len = (size_t)n;
	play_tell(
	    p, '-', p->cur, fix_span_of(s->text == NULL ? s->what : s->text));
	if (peer->operate(
		peer->arg, s->what, word, body, &why) < 0)
		return play_fail(p, "%s", why);
	return 0;
}

static int
do_sync(struct play *p)
{
	unsigned n = ++p->n_sync;
	int rc = play_line(p, "send 1 112=SYNC%u", n);

	return rc == 0 ? play_line(p, "expect 0 112=SYNC%u", n) : rc;
}

/* Numbers belong to a link; a second one begins with the first one's. */
void
play_link(struct play *p, unsigned to)
{
	p->others[p->cur] = (struct cc_numbers){ p->in, p->out, 0 };
	if (p->others[to].out == 0)
		p->others[to] = p->others[0];
	p->cur = to;
	p->in = p->others[to].in;
	p->out = p->others[to].out;
}

static int
do_wait(struct play *p, const struct cc_step *s)
{
	struct fix_mono until = p->moment;
	int rc;

	until.ns += play_ns(p, s->span);
	if (s->verb == CC_QUIET)
		return play_quiet(p, until, s->span.n < 0 ? "1s" : s->text);
	rc = play_pass(p, until);
	p->moment = play_now(p).mono;
	return rc;
}

int
play_step(struct play *p, const struct cc_step *s)
{
	int rc = 0;

	switch (s->verb) {
	case CC_CONNECT:
		rc = play_connect(p, s);
		break;
	case CC_DISCONNECT:
		play_disconnect(p);
		break;
	case CC_LOGON:
		return play_logon(p, s);
	case CC_SEND:
		rc = play_send(p, s);
		break;
	case CC_RAW:
		rc = play_raw(p, s);
		break;
	case CC_EXPECT:
	case CC_REJECT:
	case CC_BMR:
	case CC_ANSWER:
		return play_expect(p, s);
	case CC_GAPFILL:
		return play_gapfill(p, s);
	case CC_QUIET:
	case CC_WAIT:
		rc = do_wait(p, s);
		break;
	case CC_SYNC:
		return do_sync(p);
	case CC_LINK:
		play_link(p, (unsigned)(s->what[0] - '1'));
		return 0;
	case CC_SET:
		return do_set(p, s);
	case CC_MARK:
		return do_mark(p, s);
	case CC_DO:
		rc = do_operate(p, s);
		break;
	case CC_EITHER:
	case CC_OR:
	case CC_REPEAT:
	case CC_TOGETHER:
	case CC_END:
	case CC_N_VERBS:
		break;
	}
	p->moment = play_now(p).mono;
	return rc;
}

static int run(struct play *p, unsigned from, unsigned to);

static unsigned
end_of(const struct cc_case *c, unsigned i)
{
	do
		i = c->steps[i].next;
	while (c->steps[i].verb == CC_OR);
	return i;
}

static int
run_either(struct play *p, unsigned at)
{
	const struct cc_step *steps = p->c->steps, *first[BRANCHES_MAX];
	unsigned where[BRANCHES_MAX], n = 0, i;
	int k;

	for (i = at; steps[i].verb != CC_END; i = steps[i].next) {
		if (n == BRANCHES_MAX)
			return play_fail(p, "too many branches");
		where[n] = i;
		first[n++] = &steps[i + 1];
	}
	k = play_choose(p, first, n);
	if (k < 0)
		return k;
	i = where[k];
	return run(p, i + 1 + (steps[i + 1].verb == CC_QUIET), steps[i].next);
}

static int
run_repeat(struct play *p, unsigned at)
{
	uint64_t n, was = p->loop;
	int rc = play_number(p, p->c->steps[at].what, &n);

	if (rc == 0 && n > REPEAT_MAX)
		return play_fail(p, "repeat: at most %u", REPEAT_MAX);
	for (uint64_t i = 1; rc == 0 && i <= n; i++) {
		p->n_steps++; /* also where the block is empty */
		p->loop = i;
		rc = run(p, at + 1, p->c->steps[at].next);
	}
	p->loop = was;
	return rc;
}

static int
run_together(struct play *p, unsigned at)
{
	int rc;

	p->together = true;
	rc = run(p, at + 1, p->c->steps[at].next);
	return rc == 0 ? play_flush(p) : rc;
}

static int
run(struct play *p, unsigned from, unsigned to)
{
	const struct cc_case *c = p->c;
	int rc = 0;

	for (unsigned i = from; rc == 0 && i < to; i++) {
		const struct cc_step *s = &c->steps[i];
		bool block = s->verb == CC_EITHER || s->verb == CC_REPEAT ||
			     s->verb == CC_TOGETHER;

		p->step = s;
		if (++p->n_steps > STEPS_MAX)
			return play_fail(p, "more than %u steps", STEPS_MAX);
		if (s->guard == NULL || cc_guard(s->guard, &p->cfg->setup) == 1)
			rc = s->verb == CC_EITHER     ? run_either(p, i)
			     : s->verb == CC_REPEAT   ? run_repeat(p, i)
			     : s->verb == CC_TOGETHER ? run_together(p, i)
						      : play_step(p, s);
		if (block)
			i = end_of(c, i);
	}
	return rc;
}

static struct play *
play_new(
    const struct cc_case *c, const struct cc_play_cfg *cfg, struct cc_result *r)
{
	struct play *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->c = c;
	p->cfg = cfg;
	p->r = r;
	p->in = p->out = 1;
	if (cfg->numbers != NULL) {
		p->in = cfg->numbers->in;
		p->out = cfg->numbers->out;
		p->n_ids = cfg->numbers->ids;
	}
	p->heart_s = c->heartbeat != 0 ? c->heartbeat : cfg->heart_s;
	p->batch = malloc(MSG_BYTES);
	p->value = malloc(MSG_BYTES);
	p->msg = malloc(MSG_BYTES);
	p->body = malloc(MSG_BYTES);
	p->moment = p->out_at = play_now(p).mono;
	return p;
}

static void
play_free(struct play *p)
{
	if (p == NULL)
		return;
	for (unsigned i = 0; i < CC_LINKS; i++)
		play_link_clear(&p->links[i]);
	for (unsigned i = 0; i < p->n_vars; i++)
		free(p->vars[i].p);
	free(p->batch);
	free(p->value);
	free(p->msg);
	free(p->body);
	free(p);
}

/* Leave the engine as it was found: logged out, no connection. */
static void
leave(struct play *p)
{
	struct cc_result seen = { .step = "" }, *r = p->r;

	seen.n_said = SAID_MAX; /* this is no part of the case */
	p->r = &seen;
	for (unsigned i = CC_LINKS; i-- > 0;) {
		play_link(p, i);
		if (p->links[p->cur].open && p->cfg->numbers != NULL &&
		    p->logged_on && play_line(p, "send 5") == 0)
			(void)play_line(p, "expect 5 within 2s");
		play_disconnect(p);
	}
	p->r = r;
}

int
cc_play(
    const struct cc_case *c, const struct cc_play_cfg *cfg, struct cc_result *r)
{
	struct play *p;
	int64_t began;
	int rc;

	memset(r, 0, sizeof(*r));
	r->step = "";
	p = play_new(c, cfg, r);
	if (p == NULL || p->batch == NULL || p->value == NULL ||
	    p->msg == NULL || p->body == NULL) {
		play_free(p);
		return -FIX_E_NOMEM;
	}
	began = p->moment.ns;
	rc = run(p, 0, c->n_steps);
	if (rc == 0)
		rc = play_leftovers(p);
	r->passed = rc == 0;
	play_link(p, 0);
	r->took_ns = play_now(p).mono.ns - began;
	leave(p);
	if (cfg->numbers != NULL)
		*cfg->numbers = (struct cc_numbers){ p->in, p->out, p->n_ids };
	play_free(p);
	if (rc == 0 || rc == FAILED)
		return 0;
	cc_result_clear(r);
	return rc;
}

void
cc_result_clear(struct cc_result *r)
{
	for (unsigned i = 0; i < r->n_said; i++)
		free(r->said[i].bytes);
	free(r->said);
	r->said = NULL;
	r->n_said = 0;
}
