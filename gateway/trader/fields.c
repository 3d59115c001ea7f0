/*
 * Fields of an order or replace that nobody would obey.
 *
 * A field of a NewOrderSingle(D) or OrderCancelReplaceRequest(G) is read by the
 * desk, or says nothing of how the order trades and stands in one of the lists
 * below, or refuses the order: whoever set it would else believe that it holds.
 * A session's IgnoreFields takes more of them for nothing said. Tags of the
 * parties' own, 5000 to 39999, mean what they have agreed on; the dictionary
 * lets them in or not.
 */
#include "gateway/trader/fields.h"

#include <stdio.h>

#include "fix/order.h"

/* Of header and trailer; of the groups of parties and of checks (person.c). */
#define ELSEWHERE                                                              \
	8, 9, 10, 34, 35, 43, 49, 50, 52, 56, 57, 89, 90, 91, 93, 97, 115, 116,\
	    122, 128, 129, 142, 143, 144, 145, 212, 213, 347, 369, 370, 627,   \
	    628, 629, 630, 1128, 1129, 1156, /* header and trailer */          \
	    76, 109, 439, 447, 448, 452, 453, 523, 802, 803, 2376, /* parties */\
	    1868, 1869, 1870, 376 /* checks and leave of risk */

/* What an order is called, says in words, or is for the books of others; and who
 * is to locate what is sold short, for risk decides of it. */
#define SAID                                                                   \
	47, 106, 107, 114, 140, 204, 348, 349, 350, 351, 354, 355, 377, 526,   \
	    528, 529, 581, 582, 660, 1815

static const uint16_t harmless[] = { ELSEWHERE, SAID };

/* Harmless only with one of these values, with commas between. */
static const struct {
	uint32_t tag;
	const char *values;
} only[] = {
	{ 21, "1,2" },   /* HandlInst: automated */
	{ 63, "0" },     /* SettlType: regular */
	{ 78, "0" },     /* NoAllocs */
	{ 121, "N" },    /* ForexReq */
	{ 167, "CS" },   /* SecurityType: what Symbol says alone */
	{ 386, "1" },    /* NoTradingSessions: the one that is read */
	{ 423, "2" },    /* PriceType: per unit */
	{ 854, "0" },    /* QtyType: units */
};

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define TAGS 2400u
enum { LOST, FINE, BY_VALUE };

static const uint8_t *
verdicts(void)
{
	static uint8_t of[TAGS];

	if (of[8] == FINE)
		return of;
	for (uint32_t i = 0; i < TAGS; i++)
		if (fix_order_reads(i))
			of[i] = FINE;
	for (size_t i = 0; i < N(harmless); i++)
		of[harmless[i]] = FINE;
	for (size_t i = 0; i < N(only); i++)
		of[only[i].tag] = BY_VALUE;
	return of;
}

static bool
listed(const char *list, const char *stop, struct fix_span v)
{
	while (*(list += strspn(list, stop)) != '\0') {
		size_t n = strcspn(list, stop);

		if (fix_span_eq(v,
			(struct fix_span){ (const uint8_t *)list, n }))
			return true;
		list += n;
	}
	return false;
}

const char *
fields_values(uint32_t tag)
{
	for (size_t i = 0; i < N(only); i++)
		if (only[i].tag == tag)
			return only[i].values;
	return NULL;
}

bool
fields_harmless(uint32_t tag)
{
	return (tag >= 5000 && tag < 40000) ||
	       (tag < TAGS && verdicts()[tag] == FINE);
}

static bool
ignored(const char *ignore, uint32_t tag)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", tag);
	return ignore != NULL && listed(ignore, ", \t", fix_span_of(text));
}

static const char *
say(const struct fix_dict *d, uint32_t tag, struct fix_span is,
    char text[FIELDS_TEXT_MAX + 1])
{
	const size_t cap = FIELDS_TEXT_MAX + 1;
	const struct fix_dict_field *f =
	    d == NULL ? NULL : fix_dict_field(d, tag);
	const char *values = fields_values(tag);
	const char *name = f == NULL ? "field " : f->name;
	const char *open = f == NULL ? "" : "(", *close = f == NULL ? "" : ")";

	if (values == NULL)
		snprintf(text, cap, "UNSUPPORTED %.80s%s%u%s: no venue would "
		    "be told of it", name, open, tag, close);
	else
		snprintf(text, cap, "UNSUPPORTED %.80s%s%u%s=%.*s: here it can "
		    "be %s", name, open, tag, close,
		    (int)(is.len > 20 ? 20 : is.len), (const char *)is.p,
		    values);
	return text;
}

const char *
fields_lost(const struct fix_msg *m, const char *ignore,
    const struct fix_dict *d, char text[FIELDS_TEXT_MAX + 1])
{
	const uint8_t *of = verdicts();
	struct fix_span type = fix_msg_type(m);

	if (!fix_span_is(type, "D") && !fix_span_is(type, "G"))
		return NULL;
	for (uint32_t i = 3; i < m->n; i++) {
		uint32_t tag = m->fields[i].tag;

		if (tag < TAGS ? of[tag] == FINE : tag >= 5000 && tag < 40000)
			continue;
		if (tag < TAGS && of[tag] == BY_VALUE &&
		    listed(fields_values(tag), ",", fix_msg_at(m, i)))
			continue;
		if (!ignored(ignore, tag))
			return say(d, tag, fix_msg_at(m, i), text);
	}
	return NULL;
}
