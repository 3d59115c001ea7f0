/*
 * What an error code of TWS is about: reference tws-protocol.md 12 and 18.5.
 *
 * An error never proves by itself that an order is dead. A code that is not in
 * the table refuses whatever is under way: an order that was never
 * acknowledged, or the request on one that was.
 */
#include "config.h"

#include "gateway/venue/tws_int.h"

struct code {
	int from, to;
	enum tws_class class;
	int reason; /* tag 103 of an order that it refuses */
};

/* The first that fits counts. */
static const struct code codes[] = {
	{ 100, 100, TWS_E_LINK, 0 },
	{ 103, 103, TWS_E_ORDER, 6 },
	{ 104, 104, TWS_E_CHANGE, 99 },
	{ 105, 107, TWS_E_ORDER, 11 },
	{ 111, 113, TWS_E_ORDER, 11 },
	{ 116, 116, TWS_E_ORDER, 2 },
	{ 134, 134, TWS_E_CHANGE, 99 },
	{ 135, 136, TWS_E_CANCEL, 99 },
	{ 140, 140, TWS_E_ORDER, 13 },
	{ 145, 145, TWS_E_ORDER, 11 },
	{ 152, 152, TWS_E_ORDER, 11 },
	{ 154, 154, TWS_E_ORDER, 2 },
	{ 157, 158, TWS_E_ORDER, 11 },
	{ 160, 160, TWS_E_ORDER, 13 },
	{ 161, 161, TWS_E_CANCEL, 99 },
	{ 200, 200, TWS_E_ORDER, 1 },
	{ 201, 201, TWS_E_ORDER, 0 },
	{ 202, 202, TWS_E_DONE, 0 },
	{ 203, 203, TWS_E_ORDER, 0 },
	{ 321, 321, TWS_E_ORDER, 11 },
	{ 325, 325, TWS_E_ORDER, 11 },
	{ 326, 326, TWS_E_LINK, 0 },
	{ 338, 338, TWS_E_ORDER, 11 },
	{ 355, 355, TWS_E_ORDER, 13 },
	{ 387, 387, TWS_E_ORDER, 11 },
	{ 388, 388, TWS_E_ORDER, 13 },
	{ 392, 392, TWS_E_ORDER, 4 },
	{ 395, 397, TWS_E_ORDER, 2 },
	{ 399, 399, TWS_E_WARN, 0 },
	{ 404, 404, TWS_E_WARN, 0 },
	{ 411, 411, TWS_E_ORDER, 11 },
	{ 412, 412, TWS_E_ORDER, 2 },
	{ 422, 422, TWS_E_CHANGE, 99 },
	{ 426, 426, TWS_E_ORDER, 3 },
	{ 434, 434, TWS_E_ORDER, 13 },
	{ 435, 436, TWS_E_ORDER, 15 },
	{ 460, 460, TWS_E_ORDER, 0 },
	{ 1100, 1300, TWS_E_LINK, 0 },
	{ 2102, 2102, TWS_E_CHANGE, 99 },
	{ 2103, 2108, TWS_E_LINK, 0 },
	{ 2110, 2110, TWS_E_LINK, 0 },
	{ 2119, 2119, TWS_E_LINK, 0 },
	{ 2157, 2158, TWS_E_LINK, 0 },
	{ 2100, 2199, TWS_E_WARN, 0 },
	{ 10015, 10015, TWS_E_ORDER, 0 },
	{ 10020, 10020, TWS_E_ORDER, 11 },
	{ 10147, 10148, TWS_E_CANCEL, 99 },
	{ 10167, 10167, TWS_E_WARN, 0 },
	{ 10233, 10233, TWS_E_WARN, 0 },
	{ 10250, 10250, TWS_E_ORDER, 13 },
	{ 10244, 10252, TWS_E_ORDER, 11 },
	{ 10268, 10274, TWS_E_ORDER, 11 },
	{ 10311, 10311, TWS_E_WARN, 0 },
	{ 10318, 10318, TWS_E_ORDER, 11 },
	{ 10349, 10349, TWS_E_WARN, 0 },
};

static const struct code *
find(int64_t code)
{
	static const struct code other = { 0, 0, TWS_E_ORDER, 99 };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (code >= codes[i].from && code <= codes[i].to)
			return &codes[i];
	return &other;
}

enum tws_class
tws_class_of(int64_t code)
{
	return find(code)->class;
}

/* Any of the words, in any case. */
static bool
says(struct fix_span text, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= text.len; i++) {
		size_t j = 0;

		while (j < n && (text.p[i + j] | 0x20) == (word[j] | 0x20))
			j++;
		if (j == n)
			return true;
	}
	return false;
}

int
tws_rej_reason(int64_t code, struct fix_span text)
{
	if (code == 201 && (says(text, "size") || says(text, "margin") ||
	    says(text, "minimum of")))
		return 3;
	if (code == 321 && says(text, "read-only"))
		return 0;
	if (code == 321 && says(text, "account"))
		return 15;
	return find(code)->reason;
}

int
tws_cxl_reason(int64_t code, struct fix_span text)
{
	if (code == 104 || ((code == 10148 || code == 161) &&
	    (says(text, "filled") || says(text, "cancelled"))))
		return 0;
	if (code == 135 || code == 10147)
		return 1;
	return code == 2102 ? 3 : 2;
}
