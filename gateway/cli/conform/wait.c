/*
 * Waiting for what a step expects, and what may come in between: heartbeats
 * that are merely due, what a case said may come, further reports about an
 * order that was answered. Anything else fails the case.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/cli/conform/play_int.h"

static struct fix_mono
base_of(struct play *p, const struct cc_step *s)
{
	const struct var *v;

	if (s->from == NULL)
		return p->moment;
	v = play_var(p, s->from, false);
	if (v == NULL || v->kind != VAR_MARK) {
		play_fail(p, "no moment was marked as '%s'", s->from);
		return p->moment;
	}
	return v->at;
}

static struct fix_mono
limit_of(struct play *p, const struct cc_step *s, struct fix_mono base)
{
	if (s->within.n >= 0) {
		base.ns += play_ns(p, s->within) + p->cfg->slack_ns;
		return base;
	}
	if (s->after.n >= 0)
		base.ns += play_ns(p, s->after);
	else
		base = play_now(p).mono;
	base.ns += p->cfg->timeout_ns;
	return base;
}

static bool
is_type(const struct fix_msg *m, const char *type)
{
	return m->n > 2 && fix_span_is(fix_msg_type(m), type);
}

/* What a "may" step told of. @return as tolerate() */
static int
told_of(struct play *p, const struct got *g)
{
	struct form f;
	int rc;

	for (unsigned i = 0; i < p->n_mays; i++) {
		if (play_form(p, p->mays[i], &f) < 0)
			return -FIX_E_NOMEM;
		rc = play_fits(p, &f.step, g, NULL, 0);
		if (rc == 1)
			rc = play_accept(p, &f.step, g) < 0 ? FAILED : 1;
		play_form_clear(&f);
		if (rc == 0)
			continue;
		p->mays[i] = p->mays[--p->n_mays];
		if (rc == 1 && g->kind == GOT_CLOSE)
			play_disconnect(p);
		else
			play_drop_front(p);
		return rc;
	}
	return 0;
}

/* Reports go on when an order lives on. */
static bool
of_known_order(struct play *p, const struct fix_msg *m)
{
	struct fix_span id;

	if (!is_type(m, "8") || !fix_msg_get(m, 11, &id))
		return false;
	for (unsigned i = 0; i < p->n_orders; i++)
		if (fix_span_is(id, p->orders[i]))
			return true;
	return false;
}

static int
answer_test(struct play *p, const struct fix_msg *m)
{
	struct fix_span id = { NULL, 0 };

	(void)fix_msg_get(m, 112, &id);
	if (play_set(p, "test_", id) < 0)
		return FAILED;
	return play_line(p, "send 0 112=$test_") < 0 ? FAILED : 1;
}

/* The engine asks for numbers of before this case. A TestRequest that was under
 * way is filled over with them, so it is said once more. */
static int
fill_old(struct play *p)
{
	bool tested = strcmp(p->last_type, "1") == 0;

	if (play_line(p, "send 4 34=$old_ 43=Y 123=Y 36=$out") < 0)
		return FAILED;
	if (tested && play_line(p, "send 1 112=SYNC%u", p->n_sync) < 0)
		return FAILED;
	return 1;
}

/* Take what no step asked for, if that is fair.
 * @return 1 taken, 0 no, FAILED, -FIX_E_NOMEM */
static int
tolerate(struct play *p, const struct got *g)
{
	struct fix_span v;
	struct fix_msg m = { .n = 0 };
	bool beat, test, old;
	int rc = told_of(p, g);

	if (rc != 0 || g->kind != GOT_MSG)
		return rc;
	play_msg_of(p, g, &m);
	beat = is_type(&m, "0") && !fix_msg_get(&m, 112, &v) && !p->c->counted;
	test = is_type(&m, "1") && p->c->alive;
	old = is_type(&m, "2") && p->adapting;
	if (!beat && !test && !old && !of_known_order(p, &m))
		return 0;
	if (play_accept(p, NULL, g) < 0)
		return FAILED;
	if (test)
		rc = answer_test(p, &m);
	else if (old && fix_msg_get(&m, 7, &v))
		rc = play_set(p, "old_", v) < 0 ? FAILED : fill_old(p);
	else
		rc = 1;
	play_drop_front(p);
	return rc;
}

static int
unexpected(struct play *p, const struct got *g, const char *why)
{
	play_show(p, g, p->r->came, sizeof(p->r->came));
	if (g->kind == GOT_CLOSE)
		return play_fail(p, "the engine closed the connection");
	if (*why != '\0')
		return play_fail(p, "%s", why);
	return play_fail(p, "this came instead");
}

static int
check_times(struct play *p, const struct cc_step *s, struct fix_mono base,
    const struct got *g)
{
	int64_t took = g->at.ns - base.ns, slack = p->cfg->slack_ns;

	if (s->after.n >= 0 && took < play_ns(p, s->after) - slack / 4)
		return play_fail(p, "it came too early, after %" PRId64 " ms",
		    took / FIX_MSEC);
	if (s->within.n >= 0 && took > play_ns(p, s->within) + slack)
		return play_fail(p, "it came too late, after %" PRId64 " ms",
		    took / FIX_MSEC);
	return 0;
}

/* An order that was answered may be reported on. */
static void
remember_order(struct play *p, const struct got *g)
{
	struct fix_msg m;
	struct fix_span id;

	if (g->kind != GOT_MSG)
		return;
	play_msg_of(p, g, &m);
	if (is_type(&m, "8") && fix_msg_get(&m, 11, &id) &&
	    p->n_orders < sizeof(p->orders) / sizeof(p->orders[0]))
		(void)fix_span_copy(id, p->orders[p->n_orders++], NAME_BYTES);
}

static int
take(struct play *p, const struct cc_step *s, struct fix_mono base,
    const struct got *g)
{
	if (check_times(p, s, base, g) < 0 || play_accept(p, s, g) < 0) {
		play_show(p, g, p->r->came, sizeof(p->r->came));
		return FAILED;
	}
	if (strcmp(s->what, "D|8") == 0)
		remember_order(p, g);
	p->n_mays = 0;
	p->moment = g->at;
	if (strcmp(s->what, "A") != 0)
		p->adapting = false;
	if (g->kind == GOT_CLOSE)
		play_disconnect(p);
	else
		play_drop_front(p);
	return 0;
}

static int
await(struct play *p, const struct cc_step *s)
{
	struct fix_mono base = base_of(p, s), until = limit_of(p, s, base);
	char why[300] = "";
	struct got *g;
	int rc;

	for (;;) {
		rc = play_front(p, until, &g);
		if (rc < 0)
			return rc;
		if (g == NULL)
			return play_fail(p, "nothing came in %" PRId64 " ms",
			    (until.ns - base.ns) / FIX_MSEC);
		if (play_fits(p, s, g, why, sizeof(why)))
			return take(p, s, base, g);
		if (p->r->why[0] != '\0')
			return FAILED;
		rc = tolerate(p, g);
		if (rc < 0)
			return rc;
		if (rc == 0)
			return unexpected(p, g, why);
	}
}

int
play_expect(struct play *p, const struct cc_step *s)
{
	struct form f;
	int rc;

	if (s->may) {
		if (p->n_mays == MAYS_MAX)
			return play_fail(p, "too many 'may' steps");
		p->mays[p->n_mays++] = s;
		return 0;
	}
	if (p->links[p->cur].first == NULL && !p->links[p->cur].open)
		return play_fail(p, "there is no connection");
	rc = play_form(p, s, &f);
	if (rc < 0)
		return rc;
	rc = await(p, &f.step);
	play_form_clear(&f);
	return rc;
}

int
play_quiet(struct play *p, struct fix_mono until, const char *how_long)
{
	struct got *g;
	int rc;

	for (;;) {
		rc = play_front(p, until, &g);
		if (rc < 0)
			return rc;
		if (g == NULL)
			return 0;
		rc = tolerate(p, g);
		if (rc < 0)
			return rc;
		if (rc > 0)
			continue;
		play_show(p, g, p->r->came, sizeof(p->r->came));
		return play_fail(p, "nothing was expected for %s", how_long);
	}
}

/* One fill, or several in a row, from one number to another. */
int
play_gapfill(struct play *p, const struct cc_step *s)
{
	uint64_t from, to, at;
	char at_text[24];
	struct fix_span v = { (const uint8_t *)at_text, 0 };
	int rc = 0;

	if (play_number(p, s->what, &from) < 0 ||
	    play_number(p, s->as, &to) < 0)
		return FAILED;
	for (at = from; rc == 0 && at < to;) {
		v.len =
		    (size_t)snprintf(at_text, sizeof(at_text), "%" PRIu64, at);
		if (play_set(p, "at_", v) < 0)
			return FAILED;
		play_unset(p, "to_");
		rc = play_line(p, "expect 4 34=$at_ 123=Y 36=$to_");
		if (rc == 0)
			rc = play_number(p, "$to_", &at);
		if (rc == 0 && at > to)
			return play_fail(p,
			    "filled up to %" PRIu64 ", not %" PRIu64, at, to);
	}
	return rc;
}

static int
first_fit(struct play *p, const struct cc_step *const *first, unsigned n,
    const struct got *g)
{
	struct form f;
	bool fits;

	for (unsigned i = 0; i < n; i++) {
		if (first[i]->verb == CC_QUIET)
			continue;
		if (first[i]->verb == CC_GAPFILL) {
			struct fix_msg m = { .n = 0 };

			if (g->kind == GOT_MSG)
				play_msg_of(p, g, &m);
			if (is_type(&m, "4"))
				return (int)i;
			continue;
		}
		if (play_form(p, first[i], &f) < 0)
			return -FIX_E_NOMEM;
		fits = play_fits(p, &f.step, g, NULL, 0);
		play_form_clear(&f);
		if (fits)
			return (int)i;
	}
	return FAILED;
}

/* Until when, and which branch if nothing comes. */
static struct fix_mono
choose_until(
    struct play *p, const struct cc_step *const *first, unsigned n, int *none)
{
	struct fix_mono until = { 0 }, at;

	*none = FAILED;
	for (unsigned i = 0; i < n; i++) {
		if (first[i]->verb == CC_QUIET) {
			*none = (int)i;
			at = play_now(p).mono;
			at.ns += play_ns(p, first[i]->span);
			return at;
		}
		at = limit_of(p, first[i], base_of(p, first[i]));
		if (at.ns > until.ns)
			until = at;
	}
	return until;
}

int
play_choose(struct play *p, const struct cc_step *const *first, unsigned n)
{
	int none, rc;
	struct fix_mono until = choose_until(p, first, n, &none);
	struct got *g;

	for (;;) {
		rc = play_front(p, until, &g);
		if (rc < 0)
			return rc;
		if (g == NULL && none != FAILED)
			return none;
		if (g == NULL)
			return play_fail(p, "nothing came");
		rc = first_fit(p, first, n, g);
		if (rc != FAILED)
			return rc;
		rc = tolerate(p, g);
		if (rc < 0)
			return rc;
		if (rc == 0)
			return unexpected(p, g, "it fits none of the branches");
	}
}

int
play_leftovers(struct play *p)
{
	struct got *g;
	int rc;

	for (unsigned i = 0; i < CC_LINKS; i++)
		for (;;) {
			play_link(p, i);
			rc = play_front(p, play_now(p).mono, &g);
			if (rc < 0)
				return rc;
			if (g == NULL)
				break;
			if (g->kind == GOT_CLOSE) {
				play_drop_front(p);
				continue;
			}
			rc = tolerate(p, g);
			if (rc < 0)
				return rc;
			if (rc == 0)
				return unexpected(
				    p, g, "this came behind the last step");
		}
	return 0;
}
