/*
 * The trader's notes as events: who logged on and off, who was refused, what an
 * operator did, what was read anew. What a note says stands in details.text;
 * the words by which they are told apart are those of gateway/trader.
 */
#include "gateway/auditor/fold.h"

static bool
begins(struct fix_span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && memcmp(s.p, prefix, n) == 0;
}

static struct fix_span
after(struct fix_span s, size_t n)
{
	return (struct fix_span){ s.p + n, s.len - n };
}

/* The first word of s, which is cut off it. */
static struct fix_span
word(struct fix_span *s)
{
	struct fix_span w;
	size_t n = 0;

	while (s->len > 0 && s->p[0] == ' ')
		*s = after(*s, 1);
	while (n < s->len && s->p[n] != ' ')
		n++;
	w = (struct fix_span){ s->p, n };
	*s = after(*s, n);
	return w;
}

/* 127.0.0.1 of 127.0.0.1:40112, ::1 of [::1]:40112. */
static struct fix_span
host(struct fix_span peer)
{
	size_t n = peer.len;

	while (n > 0 && peer.p[n - 1] != ':')
		n--;
	if (n > 0)
		peer.len = n - 1;
	if (peer.len > 1 && peer.p[0] == '[' && peer.p[peer.len - 1] == ']')
		peer = (struct fix_span){ peer.p + 1, peer.len - 2 };
	return peer;
}

/* Up to mark, which is cut off with it; all, if it is not there. */
static struct fix_span
until(struct fix_span *s, const char *mark)
{
	size_t n = strlen(mark), i = 0;
	struct fix_span w;

	while (i + n <= s->len && memcmp(s->p + i, mark, n) != 0)
		i++;
	if (i + n > s->len) {
		w = *s;
		*s = after(*s, s->len);
		return w;
	}
	w = (struct fix_span){ s->p, i };
	*s = after(*s, i + n);
	return w;
}

/* "NUMBER STATE by WHO (ROLE): SCOPE[: REASON]", or "NUMBER is complete: ..." */
static int
kill_switch(struct fold *f, const struct fix_rec *r, struct fix_span text,
    struct fix_span words)
{
	struct fix_span number = word(&words), state = word(&words);
	bool lifted = fix_span_is(state, "active");

	if (fix_span_is(state, "is")) {
		fold_start(f, r, "KILL_SWITCH_COMPLETED", "report",
		    "kill_switch");
		f->e.actor = fix_span_of("fixgate");
	} else {
		fold_start(f, r, lifted ? "KILL_SWITCH_RELEASED" :
		    "KILL_SWITCH_ACTIVATED", lifted ? "release" : "activate",
		    "kill_switch");
		(void)until(&words, " by ");
		f->e.actor = until(&words, " (");
		audit_text(&f->e, "role", until(&words, "): "));
		audit_text(&f->e, "scope", until(&words, ": "));
		audit_text(&f->e, "state", state);
		audit_text(&f->e, "reason", words);
	}
	f->e.resource_id = number;
	audit_text(&f->e, "text", text);
	return fold_add(f);
}

/* "denied: WHO lacks PERMISSION for: COMMAND" */
static int
denied(struct fold *f, const struct fix_rec *r, struct fix_span text,
    struct fix_span words)
{
	fold_start(f, r, "PERMISSION_DENIED", "deny", "gateway");
	f->e.actor = until(&words, " lacks ");
	audit_text(&f->e, "permission", until(&words, " for: "));
	audit_text(&f->e, "command", words);
	f->e.resource_id = fix_span_of("trader");
	audit_text(&f->e, "text", text);
	return fold_add(f);
}

/* "version NUMBER WHAT SCOPE by WHO", or "WHO proposes ..." */
static int
limits(struct fold *f, const struct fix_rec *r, struct fix_span text,
    struct fix_span words)
{
	bool made = begins(words, "version ");
	struct fix_span who = words;

	if (made)
		(void)until(&who, " by ");
	else
		who = word(&words);
	fold_start(f, r, made ? "LIMIT_CHANGED" : "LIMIT_PROPOSED",
	    made ? "change" : "propose", "limits");
	f->e.actor = who;
	f->e.resource_id = fix_span_of("limits");
	audit_text(&f->e, "text", text);
	return fold_add(f);
}

/* "operator: COMMAND, by WHO" */
static int
command(struct fold *f, const struct fix_rec *r, struct fix_span text)
{
	struct fix_span who = text, part = text;

	while (part.len > 0) {
		who = part;
		(void)until(&part, ", by ");
	}
	fold_start(f, r, "OPERATOR_COMMAND", "command",
	    r->session != 0 ? "session" : "gateway");
	f->e.actor = who.len < text.len ? who : fix_span_of("operator");
	f->e.resource_id =
	    fix_span_of(r->session != 0 ? f->session : "trader");
	audit_text(&f->e, "text", text);
	return fold_add(f);
}

static int
plain(struct fold *f, const struct fix_rec *r, const char *type,
    const char *action, const char *actor, struct fix_span text)
{
	fold_start(f, r, type, action, r->session != 0 ? "session" : "gateway");
	f->e.actor = fix_span_of(actor);
	f->e.resource_id =
	    fix_span_of(r->session != 0 ? f->session : "trader");
	audit_text(&f->e, "text", text);
	return fold_add(f);
}

/* "keys WORD SUBJECT REASON" */
static int
key_event(struct fold *f, const struct fix_rec *r, struct fix_span text,
    struct fix_span words)
{
	static const struct {
		const char *word, *type;
	} kinds[] = {
		{ "rotate", "ENCRYPTION_KEY_ROTATED" },
		{ "destroy", "ENCRYPTION_KEY_DESTROYED" },
		{ "hold", "ENCRYPTION_KEY_HELD" },
		{ "release", "ENCRYPTION_KEY_RELEASED" },
	};
	struct fix_span what = word(&words), subject = word(&words);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!fix_span_is(what, kinds[i].word))
			continue;
		fold_start(f, r, kinds[i].type, kinds[i].word,
		    "encryption_key");
		while (words.len > 0) {
			f->e.actor = words;
			(void)until(&words, ", by ");
		}
		f->e.resource_id = subject;
		audit_text(&f->e, "text", text);
		return fold_add(f);
	}
	return plain(f, r, "OPERATOR_COMMAND", "command", "operator", text);
}

static int
login(struct fold *f, const struct fix_rec *r, struct fix_span text,
    struct fix_span from)
{
	struct fix_span name, address;
	int rc;

	name = fold_session(f, r->session, &address);
	(void)fix_span_copy(name, f->id, sizeof(f->id));
	address = host(from);
	rc = fold_seal_address(
	    f, r->session, fix_span_of(f->id), r->wall, &address);
	if (rc == 0)
		rc = fold_set_session(
		    f, r->session, fix_span_of(f->id), address);
	if (rc < 0)
		return rc;
	fold_start(f, r, "USER_LOGIN", "log_on", "session");
	f->e.actor = fold_peer(fix_span_of(f->session));
	f->e.resource_id = fix_span_of(f->session);
	audit_text(&f->e, "text", text);
	return fold_add(f);
}

static int
logout(struct fold *f, const struct fix_rec *r, struct fix_span text)
{
	struct fix_span none = { NULL, 0 };
	int rc;

	fold_start(f, r, "USER_LOGOUT", "log_off", "session");
	f->e.actor = fold_peer(fix_span_of(f->session));
	f->e.resource_id = fix_span_of(f->session);
	audit_text(&f->e, "text", text);
	rc = fold_add(f);
	if (rc != 0)
		return rc;
	return fold_set_session(f, r->session, fix_span_of(f->session), none);
}

static int
refused(struct fold *f, const struct fix_rec *r, struct fix_span text,
    struct fix_span from)
{
	struct fix_span peer = word(&from);

	fold_start(f, r, "USER_LOGIN_REFUSED", "refuse", "connection");
	f->e.actor = host(peer);
	f->e.ip = host(peer);
	f->e.resource_id = peer;
	audit_text(&f->e, "text", text);
	return fold_add(f);
}

/* "Logon refused: WHY, from WHERE": by the session, or by its peer. */
static int
logon_refused(struct fold *f, const struct fix_rec *r, struct fix_span text,
    struct fix_span words)
{
	struct fix_span where = words, part = words;

	while (part.len > 0) {
		where = part;
		(void)until(&part, ", from ");
	}
	fold_start(f, r, "USER_LOGIN_REFUSED", "refuse", "session");
	f->e.actor = fold_peer(fix_span_of(f->session));
	f->e.ip = host(where);
	f->e.resource_id = fix_span_of(f->session);
	audit_text(&f->e, "text", text);
	return fold_add(f);
}

/* What a session reports by these words has a type of its own. */
static const struct {
	const char *words, *type, *action;
} kinds[] = {
	{ "garbled: ", "MESSAGE_GARBLED", "skip" },
	{ "resent ", "MESSAGES_RESENT", "resend" },
	{ "not sent again: ", "MESSAGE_NOT_RESENT", "fill_gap" },
	{ "MsgSeqNum too high: ", "SEQUENCE_GAP", "find_gap" },
	{ "MsgSeqNum too low: ", "SEQUENCE_TOO_LOW", "refuse" },
	{ "reset: ", "SEQUENCE_RESET", "reset" },
	{ "numbers reset", "SEQUENCE_RESET", "reset" },
};

static int
session_note(struct fold *f, const struct fix_rec *r, struct fix_span text,
    struct fix_span said)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (begins(said, kinds[i].words))
			return plain(f, r, kinds[i].type, kinds[i].action,
			    "fixgate", text);
	return plain(f, r, "SESSION_NOTE", "note", "fixgate", text);
}

/* Without the "NAME: " in front; what follows it. */
static struct fix_span
without_name(struct fold *f, const struct fix_rec *r, struct fix_span text)
{
	struct fix_span address, name = fold_session(f, r->session, &address);

	if (r->session != 0 && name.len > 0 && text.len > name.len + 2 &&
	    memcmp(text.p, name.p, name.len) == 0 && text.p[name.len] == ':')
		return after(text, name.len + 2);
	return text;
}

int
fold_note(struct fold *f, const struct fix_rec *r)
{
	static const char from[] = "logged on from ", no[] = "connection from ",
		kill[] = "kill ", no_right[] = "denied: ",
		keys[] = "operator: keys ", not_on[] = "Logon refused: ";
	struct fix_span text = { r->data, r->len };
	struct fix_span said = without_name(f, r, text), rest;

	if (r->session != 0 && begins(said, from)) {
		rest = after(said, sizeof(from) - 1);
		return login(f, r, text, word(&rest));
	}
	if (r->session != 0 && fix_span_is(said, "logged off"))
		return logout(f, r, text);
	if (r->session != 0 && begins(said, not_on))
		return logon_refused(
		    f, r, text, after(said, sizeof(not_on) - 1));
	if (begins(text, no))
		return refused(f, r, text, after(text, sizeof(no) - 1));
	if (begins(text, kill))
		return kill_switch(f, r, text, after(text, sizeof(kill) - 1));
	if (begins(text, no_right))
		return denied(f, r, text, after(text, sizeof(no_right) - 1));
	if (begins(text, keys))
		return key_event(f, r, text, after(text, sizeof(keys) - 1));
	if (begins(text, "breached: "))
		return plain(f, r, "RISK_LIMIT_BREACH", "breach", "fixgate",
		    text);
	if (begins(text, "breached no more: "))
		return plain(f, r, "RISK_LIMIT_BREACH", "breach_end", "fixgate",
		    text);
	if (begins(text, "operator: "))
		return command(f, r, text);
	if (begins(text, "limits: "))
		return limits(f, r, text, after(text, strlen("limits: ")));
	if (begins(text, "settings ") || begins(text, "dictionary "))
		return plain(f, r, "CONFIG_CHANGED", "reload", "operator", text);
	if (begins(text, "alert: "))
		return plain(f, r, "GATEWAY_ALERT", "alert", "fixgate", text);
	if (r->session != 0)
		return session_note(f, r, text, said);
	return plain(f, r, "GATEWAY_NOTE", "note", "fixgate", text);
}
