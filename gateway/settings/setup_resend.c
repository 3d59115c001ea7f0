/*
 * Gaps, in both directions: what we ask a peer to send again, what of ours goes
 * out again when it asks, and how much is kept meanwhile. Names that QuickFIX
 * has are QuickFIX's.
 */
#include "gateway/settings/setup.h"

#define TYPE_MAX 7u /* bytes of a MsgType */

static bool
is_one_of(const char *list, const char *p, size_t n)
{
	for (const char *at = list; *at != '\0'; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		if (len == n && memcmp(at, p, n) == 0)
			return true;
		at += len;
	}
	return false;
}

/* MsgTypes, with commas or blanks between. */
static const char *
read_types(const struct conf_section *sec, const char *key)
{
	const char *v = conf_str(sec, key, NULL);
	size_t n;

	for (const char *p = v; p != NULL && *p != '\0'; p += n) {
		p += strspn(p, " ,");
		n = strcspn(p, " ,");
		if (n > TYPE_MAX || memchr(p, '=', n) != NULL)
			conf_fault(sec, key, "%s must be MsgTypes with commas, "
			    "as D,F,G: not '%.*s'", key, (int)n, p);
		else if (is_one_of("8 9 AE", p, n))
			conf_fault(sec, key, "executions (8, 9, AE) are always "
			    "sent again: take %.*s out", (int)n, p);
		else if (is_one_of("0 1 2 3 4 5 A", p, n))
			conf_fault(sec, key, "%.*s is a session message: for "
			    "3 there is ResendSessionLevelRejects, the others "
			    "are never sent again", (int)n, p);
	}
	return v;
}

static unsigned
read_n(const struct conf_section *sec, const char *key, long def)
{
	return (unsigned)conf_int(sec, key, 0, 1000000, def);
}

void
setup_resend(const struct conf_section *sec, struct fix_session_cfg *f)
{
	unsigned age = (unsigned)conf_int(sec, "ResendMaxAge", 0, 864000, 60);

	f->resend_chunk = read_n(sec, "ResendRequestChunkSize",
	    (long)read_n(sec, "MaxMessagesInResendRequest", 0));
	f->closed_resend = conf_bool(sec, "ClosedResendInterval", false);
	f->redundant_resend =
	    conf_bool(sec, "SendRedundantResendRequests", false);
	f->max_held_bytes =
	    conf_bytes(sec, "MaxHeldBytes", 65536, 256u << 20, 1u << 20);
	f->max_held_msgs =
	    (unsigned)conf_int(sec, "MaxHeldMessages", 1, 1000000, 10000);
	f->resend_never = read_types(sec, "ResendNever");
	f->resend_aged = read_types(sec, "ResendMaxAgeTypes");
	f->resend_max_age_s = age == 0 ? FIX_ANY_AGE : age;
	f->resend_max = read_n(sec, "ResendMaxMessages", 0);
	f->resend_refuse = conf_word(sec, "ResendSurplus", "fill|refuse", 0) == 1;
}
