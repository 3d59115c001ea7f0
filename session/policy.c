/*
 * What of ours goes out again when the peer asks for it.
 *
 * An order that lay in a dead connection for minutes is not what its sender
 * still wants: orders and their like are gap-filled once they are too old, and
 * the application is told of each, since nobody else will tell it. Executions
 * always go out again: the peer has to learn of them, however late. FIX volume
 * 2, "Message Recovery": aged orders may be gap-filled, and of session
 * messages Reject(3) alone may be sent again. The age is that of the kept
 * bytes, so that every driver decides alike.
 */
#include "session/internal.h"

static bool
in_list(const char *list, struct fix_span type)
{
	size_t n;

	if (list == NULL)
		return false;
	for (; *list != '\0'; list += n) {
		list += strspn(list, " ,");
		n = strcspn(list, " ,");
		if (n == type.len && memcmp(list, type.p, n) == 0 && n > 0)
			return true;
	}
	return false;
}

static bool
is_execution(struct fix_span type)
{
	return in_list("8 9 AE", type);
}

/* A time that does not read, or lies ahead of our clock: no order is sent on
 * the strength of that. */
static bool
is_aged(const struct fix_session *s, const struct fix_msg *kept)
{
	uint64_t max = (uint64_t)s->cfg.resend_max_age_s * (uint64_t)FIX_SEC;
	struct fix_stamp t;

	if (s->cfg.resend_max_age_s == FIX_ANY_AGE)
		return false;
	if (fix_msg_stamp(kept, 52, &t) < 0)
		return true;
	return fs_apart(t.utc.ns, s->now.utc.ns) > max;
}

bool
fs_may_resend(const struct fix_session *s, const struct fix_msg *kept)
{
	if (fs_type_is(kept, '3'))
		return !deviates(s, FIX_DEV_NO_REJECT_AGAIN);
	return !fs_is_admin(fix_msg_type(kept));
}

/* @return why a message is not sent again, NULL: it is */
static const char *
reason(const struct fix_session *s, const struct fix_msg *kept, uint64_t seq)
{
	struct fix_span type = fix_msg_type(kept);

	if (is_execution(type) || fs_type_is(kept, '3'))
		return NULL;
	if (in_list(s->cfg.resend_never, type))
		return "never sent again";
	if (in_list(s->cfg.resend_aged, type) && is_aged(s, kept))
		return "too old";
	return seq <= s->surplus_end ? "too much was asked for" : NULL;
}

/* Is a kept application message not to be sent again? Then it is told. */
bool
fs_withhold(
    struct fix_session *s, const struct fix_msg *kept, uint64_t seq)
{
	struct fix_span type = fix_msg_type(kept), id = { NULL, 0 };
	const char *why = reason(s, kept, seq);
	struct fix_act a = { .kind = FIX_ACT_NOT_RESENT,
		.why = FIX_WHY_NOT_RESENT,
		.seq = seq };

	if (why == NULL)
		return false;
	(void)fix_msg_get(kept, 11, &id);
	a.bytes = fs_acts_copy(
	    s, (struct fix_span){ kept->bytes, kept->len });
	a.text = fs_acts_text(s, "35=%.*s ClOrdID %.*s: %s", (int)type.len,
	    (const char *)type.p, (int)(id.len > QUOTE_MAX ? QUOTE_MAX : id.len),
	    id.p == NULL ? "" : (const char *)id.p, why);
	fs_acts_push(s, a);
	return true;
}
