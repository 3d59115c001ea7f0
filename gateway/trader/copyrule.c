/*
 * Entitlements of drop copies, as a function of a message: used by the trader
 * for the copies, and by fixgate dropcopy for the files and accounts of the
 * same day.
 *
 * Account, Symbol and parties are the message's own, or, where it has none (an
 * OrderCancelReject), those of its order.
 */
#include "gateway/trader/copyrule.h"

#include <stdio.h>

bool
copy_listed(const char *list, struct fix_span name)
{
	if (list == NULL || list[strspn(list, ", \t")] == '\0')
		return true;
	while (*(list += strspn(list, ", \t")) != '\0') {
		size_t n = strcspn(list, ", \t");

		if (fix_span_eq(name,
		    (struct fix_span){ (const uint8_t *)list, n }))
			return true;
		list += n;
	}
	return false;
}

static char
letter(const struct fix_msg *m, uint32_t tag)
{
	struct fix_span v;

	return fix_msg_get(m, tag, &v) && v.len == 1 ? (char)v.p[0] : '\0';
}

/* FIX.4.2 says by ExecTransType(20) what later versions say by 150. */
static unsigned
class_of_report(const struct fix_msg *m)
{
	char trans = letter(m, 20), type = letter(m, 150);

	if (trans == '3' || type == 'I') /* a fee behind its execution? */
		return fix_msg_find(m, 19, 3) != FIX_MSG_NONE ? COPY_TRADES : 0;
	if (trans == '1' || trans == '2' ||
	    (type != '\0' && strchr("FGH", type) != NULL) ||
	    (trans == '0' && (type == '1' || type == '2')))
		return COPY_TRADES;
	return type == '8' ? COPY_REJECTS : COPY_STATUS;
}

/* An OrderMassCancelReport refuses by 531=0. */
unsigned
copy_class_of(const struct fix_msg *m, bool sent)
{
	struct fix_span type = fix_msg_type(m);
	char t = type.len == 1 ? (char)type.p[0] : '\0';

	if (!sent)
		return fix_span_is(type, "AF") || fix_span_is(type, "AB") ||
			       (t != '\0' && strchr("DEFGHq", t) != NULL)
			   ? COPY_REQUESTS
			   : 0;
	if (t == '8')
		return class_of_report(m);
	if (t == 'r')
		return letter(m, 531) == '0' ? COPY_REJECTS : COPY_STATUS;
	return t == '9' || t == 'j' ? COPY_REJECTS : 0;
}

static bool
set(const char *list)
{
	return list != NULL && list[strspn(list, ", \t")] != '\0';
}

static bool
has(const struct fix_msg *m, uint32_t tag)
{
	return fix_msg_find(m, tag, 0) != FIX_MSG_NONE;
}

bool
copy_asks_order(
    const struct copy_rule *r, const struct fix_msg *m, uint32_t venue)
{
	return (set(r->venues) && venue == 0) || set(r->parties) ||
	       (set(r->accounts) && !has(m, 1)) ||
	       (set(r->symbols) && !has(m, 55));
}

static struct fix_span
field_or(const struct fix_msg *m, uint32_t tag, const char *other)
{
	struct fix_span v;

	return fix_msg_get(m, tag, &v) ? v : fix_span_of(other);
}

static bool
party_listed(
    const char *list, const struct fix_msg *m, const struct copy_about *a)
{
	uint8_t own[FIX_PARTIES_MAX];
	struct fix_span rest = a->parties;
	struct fix_party p;
	int n;

	if (!set(list))
		return true;
	n = fix_parties_read(m, own);
	if (n > 0)
		rest = (struct fix_span){ own, (size_t)n };
	while (fix_parties_next(&rest, &p))
		if (copy_listed(list, p.id))
			return true;
	return false;
}

bool
copy_wanted(const struct copy_rule *r, const struct fix_msg *m,
    const struct copy_about *a)
{
	return (copy_class_of(m, a->sent) & r->classes) != 0 &&
	       copy_listed(r->sessions, a->client) &&
	       copy_listed(r->accounts, field_or(m, 1, a->account)) &&
	       copy_listed(r->symbols, field_or(m, 55, a->symbol)) &&
	       copy_listed(r->venues, fix_span_of(a->venue)) &&
	       party_listed(r->parties, m, a);
}

/* Adds what fits. */
static void
say(char *out, size_t cap, const char *what, const char *list)
{
	size_t n = strlen(out);

	if (list != NULL && list[0] != '\0')
		(void)snprintf(out + n, cap - n, "%s%s", what, list);
}

size_t
copy_rule_text(const struct copy_rule *r, char *out, size_t cap)
{
	static const char *const names[] = { "trades", "status", "requests",
		"rejects" };

	out[0] = '\0';
	for (unsigned i = 0; i < 4; i++)
		if ((r->classes & 1u << i) != 0)
			say(out, cap, out[0] == '\0' ? "" : ", ", names[i]);
	if (r->classes == 0)
		say(out, cap, "", "nothing");
	say(out, cap, "; ", r->enveloped ? "enveloped" : "native");
	say(out, cap, "; sessions ", r->sessions);
	say(out, cap, "; accounts ", r->accounts);
	say(out, cap, "; symbols ", r->symbols);
	say(out, cap, "; venues ", r->venues);
	say(out, cap, "; parties ", r->parties);
	return strlen(out);
}
