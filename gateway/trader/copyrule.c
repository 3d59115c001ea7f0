/*
 * Entitlements of drop copies, as a function of a message: used by the trader
 * for the copies, and by fixgate dropcopy for the files and accounts of the
 * same day.
 *
 * Account and Symbol are the message's own, or, where it has none (an
 * OrderCancelReject), those of its order.
 */
#include "gateway/trader/copyrule.h"

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

	if (trans == '3' || type == 'I')
		return 0;
	if (trans == '1' || trans == '2' ||
	    (type != '\0' && strchr("FGH", type) != NULL) ||
	    (trans == '0' && (type == '1' || type == '2')))
		return COPY_TRADES;
	return type == '8' ? COPY_REJECTS : COPY_STATUS;
}

unsigned
copy_class_of(const struct fix_msg *m, bool sent)
{
	struct fix_span type = fix_msg_type(m);
	char t = type.len == 1 ? (char)type.p[0] : '\0';

	if (t == '\0')
		return 0;
	if (!sent)
		return strchr("DFGq", t) != NULL ? COPY_REQUESTS : 0;
	if (t == '8')
		return class_of_report(m);
	return t == '9' || t == 'j' ? COPY_REJECTS : 0;
}

static struct fix_span
field_or(const struct fix_msg *m, uint32_t tag, const char *other)
{
	struct fix_span v;

	return fix_msg_get(m, tag, &v) ? v : fix_span_of(other);
}

bool
copy_wanted(const struct copy_rule *r, const struct fix_msg *m, bool sent,
    const char *client, const struct order *o, const char *venue)
{
	return (copy_class_of(m, sent) & r->classes) != 0 &&
	    copy_listed(r->sessions, fix_span_of(client)) &&
	    copy_listed(r->accounts,
		field_or(m, 1, o == NULL ? NULL : o->account)) &&
	    copy_listed(r->symbols,
		field_or(m, 55, o == NULL ? NULL : o->symbol)) &&
	    copy_listed(r->venues, fix_span_of(venue));
}
