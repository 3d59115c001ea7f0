/*
 * How a connection ends: what the peer did wrong, Logout in all its forms, and
 * silence.
 *
 * FIX volume 2, "When to send a Logout": whoever is known is told the reason;
 * a stranger is not told anything, since a message would take a number and
 * say which sessions exist (test cases 1S, 2S). Heartbeat and TestRequest are
 * here too, being the way in which a session finds out that it has ended.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "session/actions.h"

#define LOW_TEXT_MAX 256

enum state
fs_end_with(struct fix_session *s, enum fix_why why, const char *text)
{
	fs_report(s, why, "%s", text);
	fs_send_logout(s, text);
	s->why = why;
	return S_ENDING;
}

/* Put v where {name} stands in the text. */
static void
put_number(char *text, size_t cap, const char *name, uint64_t v)
{
	char rest[LOW_TEXT_MAX], *at = strstr(text, name);

	if (at == NULL)
		return;
	(void)snprintf(rest, sizeof(rest), "%s", at + strlen(name));
	(void)snprintf(at, cap - (size_t)(at - text), "%" PRIu64 "%s", v, rest);
}

/* Test case 2c: the peer is told which number was expected. */
void
fs_tell_too_low(struct fix_session *s, const struct event *e)
{
	struct fix_fault f = { .reason = 5, .field = FIX_MSG_NONE, .tag = 34 };
	const char *text = s->cfg.low_seq_text;
	char say[LOW_TEXT_MAX];

	(void)snprintf(say, sizeof(say), "%s",
	    text != NULL ? text
			 : "MsgSeqNum too low, expecting {expected} but "
			   "received {received}");
	put_number(say, sizeof(say), "{expected}", wire_seq(s, s->next_in));
	put_number(say, sizeof(say), "{received}", wire_seq(s, e->seq));
	fs_report(s, FIX_WHY_SEQ_LOW, "%s", say);
	s->why = FIX_WHY_SEQ_LOW;
	if (deviates(s, FIX_DEV_LOW_REJECT))
		fs_send_reject(s, e, &f, say);
	else
		fs_send_logout(s, say);
}

enum state
fs_too_low(struct fix_session *s, struct event *e)
{
	fs_tell_too_low(s, e);
	if (deviates(s, FIX_DEV_LOW_CLOSE) || deviates(s, FIX_DEV_LOW_REJECT))
		return S_CLOSED;
	return S_ENDING;
}

/* The Logout behind a Reject. */
void
fs_send_logout_after(struct fix_session *s, const struct fix_fault *f)
{
	const char *text = fix_reject_text(f->reason);
	char say[96];

	(void)snprintf(say, sizeof(say), "%s", text);
	if (deviates(s, FIX_DEV_TEXTS_QFJ) && f->reason == 10)
		(void)snprintf(say, sizeof(say), "%s, field=%u", text, f->tag);
	fs_send_logout(s, deviates(s, FIX_DEV_NO_LOGOUT_TEXT) ? NULL : say);
}

/* Reject, then Logout: test cases 2k, 2o. */
static enum state
reject_and_end(struct fix_session *s, struct event *e, enum fix_why why)
{
	fs_consume_if(s, e);
	fs_report(s, why, "%s", fix_reject_text(e->fault.reason));
	fs_send_reject(s, e, &e->fault, NULL);
	fs_send_logout_after(s, &e->fault);
	s->why = why;
	return S_ENDING;
}

enum state
fs_bad_time(struct fix_session *s, struct event *e)
{
	return reject_and_end(s, e, FIX_WHY_SENDING_TIME);
}

enum state
fs_bad_id(struct fix_session *s, struct event *e)
{
	return reject_and_end(s, e, FIX_WHY_IDENTITY);
}

/* Test case 2i: no Reject. */
enum state
fs_bad_begin(struct fix_session *s, struct event *e)
{
	(void)e;
	return fs_end_with(s, FIX_WHY_IDENTITY, "Incorrect BeginString");
}

/* R22: without a number there is no way to go on. */
enum state
fs_no_number(struct fix_session *s, struct event *e)
{
	(void)e;
	(void)fs_end_with(
	    s, FIX_WHY_REJECTED, "Received message without MsgSeqNum");
	return S_CLOSED;
}

/* Test cases 2d, 2m, 2t, 3b, 3c: as if it had never come. */
enum state
fs_garbled(struct fix_session *s, struct event *e)
{
	uint64_t seq = s->next_in;
	struct fix_span type;

	fs_report(s, FIX_WHY_GARBLED, "%s", fix_garbled_name(e->garbled));
	if (deviates(s, FIX_DEV_GARBLED_REJECT) &&
	    (s->state == S_UP || s->state == S_GAP) &&
	    fs_consume_garbled(s, e->bytes, &type))
		fs_send_garbled_reject(s, seq, type);
	if (++s->garbled <= GARBLED_MAX)
		return S_TABLE;
	s->why = FIX_WHY_GARBLED;
	return S_CLOSED;
}

enum state
fs_too_big(struct fix_session *s, struct event *e)
{
	(void)e;
	(void)fs_end_with(s, FIX_WHY_TOOBIG, "message is too long");
	return S_CLOSED;
}

/* Close without a word, which would take a number and tell a stranger
 * something: test cases 1Sb, 1Sc, 2S. */
static enum state
hang_up(struct fix_session *s, enum fix_why why, const char *text)
{
	fs_report(s, why, "%s", text);
	s->why = why;
	return S_CLOSED;
}

enum state
fs_not_logon(struct fix_session *s, struct event *e)
{
	(void)e;
	return hang_up(s, FIX_WHY_NOT_LOGON, "first message is no Logon");
}

enum state
fs_stranger(struct fix_session *s, struct event *e)
{
	(void)e;
	return hang_up(s, FIX_WHY_IDENTITY, "not the peer of this session");
}

enum state
fs_noise(struct fix_session *s, struct event *e)
{
	(void)e;
	return hang_up(s, FIX_WHY_GARBLED, "first message is garbled");
}

enum state
fs_hang_up_big(struct fix_session *s, struct event *e)
{
	(void)e;
	return hang_up(s, FIX_WHY_TOOBIG, "first message is too long");
}

/* Test case 1Be: the initiator may say goodbye. */
enum state
fs_no_reply(struct fix_session *s, struct event *e)
{
	(void)e;
	(void)fs_end_with(s, FIX_WHY_NOT_LOGON, "first message is not a Logon");
	return S_CLOSED;
}

/* The peer answers our Logon by Logout. */
enum state
fs_turned_away(struct fix_session *s, struct event *e)
{
	(void)fs_note_reject(s, e);
	return hang_up(s, FIX_WHY_LOGON_REFUSED, "peer refused our Logon");
}

/* Test case 13b: answer, and let the peer close. */
enum state
fs_say_bye(struct fix_session *s, struct event *e)
{
	fs_consume_if(s, e);
	s->logged_out = true;
	fs_send_logout(s, NULL);
	s->why = FIX_WHY_LOGOUT;
	return deviates(s, FIX_DEV_BYE_CLOSE) ? S_CLOSED : S_BYE;
}

/* Test case 13a: the answer to ours. */
enum state
fs_bye(struct fix_session *s, struct event *e)
{
	fs_consume_if(s, e);
	s->logged_out = true;
	s->why = FIX_WHY_LOGOUT;
	return S_CLOSED;
}

/* The answer to a Logout that broken rules called for: why is known. */
enum state
fs_bye_at_last(struct fix_session *s, struct event *e)
{
	fs_consume_if(s, e);
	return S_CLOSED;
}

enum state
fs_log_out(struct fix_session *s, struct event *e)
{
	fs_send_logout(s, e->text);
	return S_TABLE;
}

enum state
fs_close_early(struct fix_session *s, struct event *e)
{
	if (e->refused)
		return fs_refuse_logon(s, e);
	s->why = FIX_WHY_LOGOUT;
	return S_TABLE;
}

enum state
fs_idle(struct fix_session *s, struct event *e)
{
	(void)e;
	fs_send_heartbeat(s, (struct fix_span){ NULL, 0 });
	return S_TABLE;
}

/* Test case 6. */
enum state
fs_probe(struct fix_session *s, struct event *e)
{
	if (s->test_open) {
		fs_report(s, FIX_WHY_TEST_TIMEOUT,
		    "TestRequest %s is not answered, but the peer lives",
		    s->test_id);
		if (s->tests >= TESTS_MAX)
			return fs_dead(s, e);
	}
	/* It may take up in turn what is being sent again. */
	if (!s->replaying)
		s->tests++;
	s->test_open = true;
	s->test_at = s->now.mono;
	if (deviates(s, FIX_DEV_TEST_ID))
		(void)snprintf(s->test_id, sizeof(s->test_id), "TEST");
	else
		s->test_id[fix_utc_format(
		    (uint8_t *)s->test_id, s->now.utc, 3)] = '\0';
	fs_send_test(s, s->test_id);
	return S_TABLE;
}

enum state
fs_dead(struct fix_session *s, struct event *e)
{
	(void)e;
	if (s->reset_asked && s->reset_at.ns != FIX_MONO_NEVER) {
		(void)fs_end_with(s, FIX_WHY_LOGON_TIMEOUT,
		    "no answer to Logon with ResetSeqNumFlag in time");
		return S_CLOSED;
	}
	if (deviates(s, FIX_DEV_SILENCE_SILENT))
		return hang_up(s, FIX_WHY_TEST_TIMEOUT, "peer is silent");
	(void)fs_end_with(
	    s, FIX_WHY_TEST_TIMEOUT, "no answer to TestRequest in time");
	return S_CLOSED;
}

enum state
fs_timed_out(struct fix_session *s, struct event *e)
{
	(void)e;
	if (s->state == S_WAIT_LOGON || s->state == S_LOGON_SENT)
		return hang_up(s, FIX_WHY_LOGON_TIMEOUT, "no Logon in time");
	if (s->state == S_LOGOUT_SENT)
		return hang_up(s, FIX_WHY_LOGOUT_TIMEOUT, "no Logout in time");
	return S_TABLE;
}

/* A Logout waited behind a gap that did not close. */
enum state
fs_say_bye_late(struct fix_session *s, struct event *e)
{
	(void)e;
	fs_report(s, FIX_WHY_LOGOUT_TIMEOUT, "gap did not close before Logout");
	s->logged_out = true;
	fs_send_logout(s, NULL);
	s->why = FIX_WHY_LOGOUT;
	return deviates(s, FIX_DEV_BYE_CLOSE) ? S_CLOSED : S_BYE;
}

enum state
fs_gone(struct fix_session *s, struct event *e)
{
	const struct fix_session_cfg *c = &s->cfg;

	(void)e;
	if (s->state != S_CLOSED && s->state != S_BYE)
		fs_report(s, FIX_WHY_TRANSPORT, "connection lost");
	if ((c->reset_on_disconnect || (c->reset_on_logout && s->logged_out) ||
		(s->reset_due != RESET_NO && !s->owes_reset) ||
		s->reset_asked) &&
	    (s->next_in != 1 || s->next_out != 1))
		fs_reset_numbers(s);
	/* Did the peer still get our 141=Y? Nobody knows: say it again. */
	if (s->reset_asked)
		s->say_reset = true;
	s->reset_due = RESET_NO;
	return S_TABLE;
}

/* A cell of the table that nobody filled. */
enum state
fs_violation(struct fix_session *s, struct event *e)
{
	(void)e;
	return fs_end_with(s, FIX_WHY_REJECTED, "message is not allowed now");
}
