/*
 * Does a value read as its type?
 *
 * FIX volume 1, "Data types", as every version has them: no '+', no exponent,
 * leading zeros legal in numbers (but not in a TagNum), sign legal in int and
 * float only. Numbers are held to 18 digits that count, because more would not
 * be held exactly further in. Codes of countries, currencies, exchanges and
 * languages are texts: venues use their own (USDT, XBT). In FIX 4.0 and 4.1
 * "char" means a text; the loaders see to that.
 *
 * The commonest types are in dict_type.h, to be compiled into the check.
 * Enumerations are dict.c's, the length of data fields is dict_check.c's.
 */
#include "dictionaries/dict_type.h"
#include "dictionaries/dict_impl.h"

#include "fix/time.h"

#include <strings.h>

static bool
tagnum_ok(struct fix_span v)
{
	return dict_natural_ok(v) && (v.p[0] != '0' || v.len == 1);
}

static bool
day_ok(struct fix_span v)
{
	uint32_t day = 0;
	size_t i;

	if (!dict_natural_ok(v))
		return false;
	for (i = 0; i < v.len; i++)
		day = day * 10 + (uint32_t)(v.p[i] - '0');
	return v.len <= 9 && day >= 1 && day <= 31;
}

/* Tokens with one space between; of one character each, where that is asked. */
static bool
list_ok(struct fix_span v, bool chars)
{
	size_t i, token = 0;

	for (i = 0; i <= v.len; i++) {
		if (i < v.len && v.p[i] != ' ') {
			token++;
			continue;
		}
		if (token == 0 || (chars && token > 1))
			return false;
		token = 0;
	}
	return true;
}

static bool
stamp_ok(struct fix_span v)
{
	struct fix_stamp t;

	return fix_stamp_parse(v, &t) == 0;
}

bool
dict_type_ok(enum fix_type type, struct fix_span v)
{
	switch (type) {
	case FIX_T_STRING:
	case FIX_T_COUNTRY:
	case FIX_T_CURRENCY:
	case FIX_T_EXCHANGE:
	case FIX_T_LANGUAGE:
	case FIX_T_DATA:
	case FIX_T_XMLDATA:
		return true;
	case FIX_T_CHAR:
		return v.len == 1;
	case FIX_T_BOOLEAN:
		return dict_boolean_ok(v);
	case FIX_T_INT:
		return dict_int_ok(v);
	case FIX_T_LENGTH:
	case FIX_T_SEQNUM:
	case FIX_T_NUMINGROUP:
		return dict_natural_ok(v);
	case FIX_T_TAGNUM:
		return tagnum_ok(v);
	case FIX_T_DAYOFMONTH:
		return day_ok(v);
	case FIX_T_FLOAT:
	case FIX_T_QTY:
	case FIX_T_PRICE:
	case FIX_T_PRICEOFFSET:
	case FIX_T_AMT:
	case FIX_T_PERCENTAGE:
		return dict_float_ok(v);
	case FIX_T_MULTIPLECHAR:
		return list_ok(v, true);
	case FIX_T_MULTIPLESTRING:
		return list_ok(v, false);
	case FIX_T_MONTHYEAR:
		return fix_monthyear_ok(v);
	case FIX_T_UTCTIMESTAMP:
		return stamp_ok(v);
	case FIX_T_UTCTIMEONLY:
		return fix_timeonly_ok(v);
	case FIX_T_UTCDATEONLY:
	case FIX_T_LOCALMKTDATE:
		return fix_date_ok(v);
	case FIX_T_TZTIMEONLY:
		return fix_tztime_ok(v);
	case FIX_T_TZTIMESTAMP:
		return fix_tzstamp_ok(v);
	case FIX_N_TYPE:
		break;
	}
	return true;
}

/* Names in use in the published tables, QuickFIX's and Orchestra's. */
static const struct {
	const char *name;
	enum fix_type type;
} type_names[] = {
	{ "STRING", FIX_T_STRING },
	{ "CHAR", FIX_T_CHAR },
	{ "BOOLEAN", FIX_T_BOOLEAN },
	{ "INT", FIX_T_INT },
	{ "LENGTH", FIX_T_LENGTH },
	{ "SEQNUM", FIX_T_SEQNUM },
	{ "NUMINGROUP", FIX_T_NUMINGROUP },
	{ "TAGNUM", FIX_T_TAGNUM },
	{ "DAYOFMONTH", FIX_T_DAYOFMONTH },
	{ "FLOAT", FIX_T_FLOAT },
	{ "QTY", FIX_T_QTY },
	{ "QUANTITY", FIX_T_QTY },
	{ "PRICE", FIX_T_PRICE },
	{ "PRICEOFFSET", FIX_T_PRICEOFFSET },
	{ "AMT", FIX_T_AMT },
	{ "PERCENTAGE", FIX_T_PERCENTAGE },
	{ "MULTIPLECHARVALUE", FIX_T_MULTIPLECHAR },
	{ "MULTIPLEVALUESTRING", FIX_T_MULTIPLESTRING },
	{ "MULTIPLESTRINGVALUE", FIX_T_MULTIPLESTRING },
	{ "COUNTRY", FIX_T_COUNTRY },
	{ "CURRENCY", FIX_T_CURRENCY },
	{ "EXCHANGE", FIX_T_EXCHANGE },
	{ "LANGUAGE", FIX_T_LANGUAGE },
	{ "MONTHYEAR", FIX_T_MONTHYEAR },
	{ "UTCTIMESTAMP", FIX_T_UTCTIMESTAMP },
	{ "TIME", FIX_T_UTCTIMESTAMP }, /* FIX 4.0, 4.1 */
	{ "UTCTIMEONLY", FIX_T_UTCTIMEONLY },
	{ "UTCDATEONLY", FIX_T_UTCDATEONLY },
	{ "UTCDATE", FIX_T_UTCDATEONLY },
	{ "DATE", FIX_T_UTCDATEONLY }, /* FIX 4.0, 4.1 */
	{ "LOCALMKTDATE", FIX_T_LOCALMKTDATE },
	{ "LOCALMKTTIME", FIX_T_STRING },
	{ "TZTIMEONLY", FIX_T_TZTIMEONLY },
	{ "TZTIMESTAMP", FIX_T_TZTIMESTAMP },
	{ "DATA", FIX_T_DATA },
	{ "XMLDATA", FIX_T_XMLDATA },
	{ "XID", FIX_T_STRING },
	{ "XIDREF", FIX_T_STRING },
	{ "TENOR", FIX_T_STRING },
	{ "PATTERN", FIX_T_STRING },
	{ "RESERVED100PLUS", FIX_T_INT },
	{ "RESERVED1000PLUS", FIX_T_INT },
	{ "RESERVED4000PLUS", FIX_T_INT },
};

const char *
fix_type_name(enum fix_type t)
{
	for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++)
		if (type_names[i].type == t)
			return type_names[i].name;
	return "unknown";
}

enum fix_type
dict_type_named(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
		if (strncasecmp(type_names[i].name, name, len) == 0 &&
		    type_names[i].name[len] == '\0')
			return type_names[i].type;
	}
	return FIX_N_TYPE;
}
