/*
 * Connections and logging on, whichever side dials.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/cli/conform/play_int.h"

int
play_connect(struct play *p, const struct cc_step *s)
{
	const struct cc_peer *peer = p->cfg->peer;
	struct fix_mono until = play_now(p).mono;
	const char *why = "no connection";
	struct link *l = &p->links[p->cur];

	if (l->open)
		return play_fail(p, "there is a connection already");
	until.ns += s->within.n >= 0 ? play_ns(p, s->within) : p->cfg->open_ns;
	play_link_clear(l);
	if (peer->open(peer->arg, p->cur, until, &why) < 0)
		return play_fail(p, "%s", why);
	l->open = true;
	p->reset_told = p->logon_open = p->logon_due = false;
	p->fresh = true;
	/* The first Logon of an engine that goes on says where it is. */
	if (p->cfg->setup.role == CC_ROLE_INITIATOR)
		p->adapting = p->cfg->numbers != NULL && !p->logged_on;
	play_tell(p, '-', p->cur, fix_span_of("connected"));
	return 0;
}

void
play_disconnect(struct play *p)
{
	const struct cc_peer *peer = p->cfg->peer;
	struct link *l = &p->links[p->cur];

	if (l->open)
		play_tell(
		    p, '-', p->cur, fix_span_of("we closed the connection"));
	peer->close(peer->arg, p->cur);
	play_link_clear(l);
}

/* An engine that goes on from an earlier run names the number it expects. */
static bool
told_number(struct play *p, const struct got *g, uint64_t *out)
{
	static const char word[] = "expecting ";
	const uint8_t *at;
	struct fix_msg m;
	struct fix_span text;

	if (g->kind != GOT_MSG)
		return false;
	play_msg_of(p, g, &m);
	if (!fix_span_is(fix_msg_type(&m), "5") || !fix_msg_get(&m, 58, &text))
		return false;
	at = memmem(text.p, text.len, word, sizeof(word) - 1);
	if (at == NULL)
		return false;
	at += sizeof(word) - 1;
	*out = 0;
	for (; at < text.p + text.len && *at >= '0' && *at <= '9' &&
	       *out < UINT64_MAX / 20;
	     at++)
		*out = *out * 10 + (uint64_t)(*at - '0');
	return *out > 0;
}

static int
say_logon(struct play *p, const struct cc_step *s)
{
	struct cc_step say = *s;

	say.verb = CC_SEND;
	say.what = "logon";
	return play_send(p, &say);
}

/* The engine does not know where we are, nor we where it is. */
static int
logon_adapting(struct play *p, const struct cc_step *s)
{
	struct fix_mono until = play_now(p).mono;
	struct got *g;
	uint64_t number;
	int rc;

	until.ns += p->cfg->timeout_ns;
	rc = play_front(p, until, &g);
	if (rc < 0 || g == NULL || !told_number(p, g, &number))
		return rc;
	if (play_accept(p, NULL, g) < 0)
		return FAILED;
	play_disconnect(p);
	p->out = number;
	rc = play_connect(p, s);
	return rc == 0 ? say_logon(p, s) : rc;
}

static int
logon_first(struct play *p, const struct cc_step *s)
{
	bool reset = p->cfg->setup.version >= FIX_V_41;
	int rc;

	if (cc_has_setting(&p->cfg->setup, "ResetOnLogon=Y"))
		reset = true;
	p->adapting = p->cfg->numbers != NULL && !p->logged_on && !reset;
	rc = say_logon(p, s);
	if (rc == 0 && p->adapting)
		rc = logon_adapting(p, s);
	if (rc == 0)
		rc = play_line(p, "expect A 98=0 108=$heart");
	return rc;
}

static int
logon_second(struct play *p, const struct cc_step *s)
{
	int rc;

	rc = play_line(p, "expect A 98=0 108=*");
	if (rc == 0)
		rc = say_logon(p, s);
	return rc;
}

int
play_logon(struct play *p, const struct cc_step *s)
{
	int rc = 0;

	if (!p->links[p->cur].open)
		rc = play_connect(p, s);
	if (rc == 0)
		rc = p->cfg->setup.role == CC_ROLE_ACCEPTOR
			 ? logon_first(p, s)
			 : logon_second(p, s);
	if (rc == 0)
		p->logged_on = true;
	return rc;
}
