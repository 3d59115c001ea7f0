/*
 * What every venue has: names of what it says, why it is not up, and what kinds
 * of orders it takes.
 */
#include "gateway/venue/venue.h"

#include <stdio.h>

static const char *const names[] = {
	[VENUE_ACK] = "ack",
	[VENUE_REJECT] = "reject",
	[VENUE_FILL] = "fill",
	[VENUE_CANCELED] = "canceled",
	[VENUE_REPLACED] = "replaced",
	[VENUE_CXL_REJECT] = "cancel reject",
	[VENUE_EXPIRED] = "expired",
	[VENUE_DONE_FOR_DAY] = "done for day",
	[VENUE_RESTATED] = "restated",
	[VENUE_TRIGGERED] = "triggered",
	[VENUE_STOPPED] = "stopped",
	[VENUE_BUST] = "bust",
	[VENUE_CORRECT] = "correct",
	[VENUE_STATUS] = "status",
	[VENUE_UNKNOWN] = "unknown",
	[VENUE_UP] = "up",
	[VENUE_DOWN] = "down",
	[VENUE_MARK] = "mark",
	[VENUE_FEE] = "fee",
	[VENUE_ALL_TOLD] = "all told",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == VENUE_N_EVENT,
    "every event has a name");

const char *
venue_event_name(enum venue_event_kind k)
{
	return k < VENUE_N_EVENT ? names[k] : "?";
}

void
venue_why(struct venue *v, const char *why)
{
	fix_span_copy(fix_span_of(why), v->why, sizeof(v->why));
}

bool
venue_is_rare(const struct venue_rare *r)
{
	static const struct venue_rare none;

	return memcmp(r, &none, sizeof(none)) != 0;
}

/* ----- takes ----- */

/* Letters behind "WHAT:" in takes. @return none: empty */
static struct fix_span
letters_of(const char *takes, const char *what)
{
	size_t n = strlen(what);

	for (;;) {
		takes += strspn(takes, " ");
		if (*takes == '\0')
			return (struct fix_span){ NULL, 0 };
		if (strncmp(takes, what, n) == 0 && takes[n] == ':')
			break;
		takes += strcspn(takes, " ");
	}
	takes += n + 1;
	return (struct fix_span){ (const uint8_t *)takes,
		strcspn(takes, " ") };
}

static bool
holds(struct fix_span letters, char c)
{
	return letters.len > 0 && memchr(letters.p, c, letters.len) != NULL;
}

static bool
is_plain_type(char type)
{
	return type >= '1' && type <= '4';
}

static bool
is_plain_time(char tif)
{
	return tif != '\0' && strchr("01346", tif) != NULL;
}

/* OrdTypes beyond the plain ones, each with a blank behind. */
static void
list_types(const char *takes, char *out, size_t cap)
{
	size_t n = 0, len;

	for (; *takes != '\0'; takes += strcspn(takes, " ")) {
		takes += strspn(takes, " ");
		len = strcspn(takes, ": ");
		if (len < 1 || len > 2 || (len == 1 && is_plain_type(*takes)) ||
		    n + len + 2 > cap)
			continue;
		memcpy(out + n, takes, len);
		out[n + len] = ' ';
		n += len + 1;
	}
	out[n] = '\0';
}

static bool
refuses_kind(const struct venue *v, const struct venue_order *o, char *text,
    size_t cap)
{
	char kind[3] = { o->ord_type, o->rare.peg, '\0' }, types[80];
	struct fix_span times = letters_of(v->takes, kind);
	const char *plain = is_plain_type(o->ord_type) ? "01346" : "";

	if (holds(times, o->time_in_force) ||
	    (plain[0] != '\0' && is_plain_time(o->time_in_force)))
		return false;
	list_types(v->takes, types, sizeof(types));
	if (times.len == 0 && plain[0] == '\0')
		snprintf(text, cap, "UNSUPPORTED OrdType(40)=%s: venue %s takes "
		    "1 2 3 4 %s", kind, v->name, types);
	else
		snprintf(text, cap, "UNSUPPORTED TimeInForce(59)=%c with "
		    "OrdType(40)=%s: venue %s takes %s%.*s", o->time_in_force,
		    kind, v->name, plain, (int)times.len,
		    times.len == 0 ? "" : (const char *)times.p);
	return true;
}

struct extra { /* a field that few orders have */
	const char *word, *name;
	bool has;
};

static bool
refuses_field(const struct venue *v, char ord_type, const struct extra *x,
    char *text, size_t cap)
{
	struct fix_span types = letters_of(v->takes, x->word);

	if (!x->has || holds(types, ord_type))
		return false;
	if (types.len == 0)
		snprintf(text, cap, "UNSUPPORTED %s: venue %s does not take it",
		    x->name, v->name);
	else
		snprintf(text, cap, "UNSUPPORTED %s with OrdType(40)=%c: venue "
		    "%s takes it with %.*s", x->name, ord_type, v->name,
		    (int)types.len, (const char *)types.p);
	return true;
}

bool
venue_refuses(const struct venue *v, const struct venue_order *o, char *text,
    size_t cap)
{
	const struct venue_rare *r = &o->rare;
	bool has_currency = o->currency != NULL && o->currency[0] != '\0';
	const struct extra extras[] = {
		{ "110", "MinQty(110)", r->min_qty_e8 != 0 },
		{ "111", "MaxFloor(111)", r->max_floor_e8 != 0 },
		{ "152", "CashOrderQty(152)", r->cash_e8 != 0 },
		{ "168", "EffectiveTime(168)", r->effective_ns != 0 },
		{ "77", "PositionEffect(77)", r->position != '\0' },
		{ "336", "TradingSessionID(336)", r->session != '\0' },
		{ "15", "Currency(15)", has_currency },
		{ "18=6", "ExecInst(18)=6",
		    memchr(r->inst, '6', sizeof(r->inst)) != NULL },
		{ "18=G", "ExecInst(18)=G",
		    memchr(r->inst, 'G', sizeof(r->inst)) != NULL },
	};

	if (is_plain_type(o->ord_type) && is_plain_time(o->time_in_force) &&
	    !venue_is_rare(r) && !has_currency)
		return false;
	if (refuses_kind(v, o, text, cap))
		return true;
	for (size_t i = 0; i < sizeof(extras) / sizeof(extras[0]); i++)
		if (refuses_field(v, o->ord_type, &extras[i], text, cap))
			return true;
	return false;
}

bool
venue_wrong_currency(struct fix_span currency, const char *symbol,
    const char *is, char *text, size_t cap)
{
	if (currency.len == 0 || fix_span_is(currency, is))
		return false;
	snprintf(text, cap, "UNSUPPORTED Currency(15)=%.*s: %s%s %s",
	    (int)(currency.len > 8 ? 8 : currency.len),
	    (const char *)currency.p,
	    is[0] == '\0' ? "that of " : "", symbol,
	    is[0] == '\0' ? "is not known" : "trades in ");
	if (is[0] != '\0')
		snprintf(text + strlen(text), cap - strlen(text), "%s", is);
	return true;
}
