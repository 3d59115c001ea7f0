/*
 * Amounts of venues' accounts, which may be larger, and finer, than a quantity
 * of an order can be: decimal text to 10^-16 and back. No exponents.
 */
#include "gateway/venue/amount.h"

#define FRACTION 16
#define WHOLE_MAX 18

bool
amount_read(const char *text, amount *out)
{
	bool below = *text == '-';
	amount v = 0;
	int whole = 0, fraction = -1;

	for (const char *p = text + below; *p != '\0'; p++) {
		if (*p == '.' && fraction < 0 && whole > 0) {
			fraction = 0;
			continue;
		}
		if (*p < '0' || *p > '9')
			return false;
		if (fraction < 0 && ++whole > WHOLE_MAX)
			return false;
		if (fraction >= FRACTION) {
			if (*p != '0')
				return false;
			continue;
		}
		v = v * 10 + (*p - '0');
		fraction += fraction >= 0;
	}
	for (int i = fraction < 0 ? 0 : fraction; i < FRACTION; i++)
		v *= 10;
	if (whole > 0)
		*out = below ? -v : v;
	return whole > 0;
}

const char *
amount_show(amount v, char buf[AMOUNT_BYTES])
{
	char *p = buf + AMOUNT_BYTES;
	unsigned __int128 u = v < 0 ? -(unsigned __int128)v :
				      (unsigned __int128)v;
	bool digits = false; /* behind the point there are any */

	*--p = '\0';
	for (int i = 0; u > 0 || i <= FRACTION; i++, u /= 10) {
		if (i == FRACTION && digits)
			*--p = '.';
		digits = digits || u % 10 != 0;
		if (digits || i >= FRACTION)
			*--p = (char)('0' + (int)(u % 10));
	}
	if (v < 0)
		*--p = '-';
	return p;
}
