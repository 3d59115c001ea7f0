/*
 * An order as bytes that are kept, and back: see order_keep().
 */
#include <string.h>

#include "gateway/order/order.h"

_Static_assert(sizeof(struct order) % 8 == 0, "an order is whole words");
_Static_assert(ORDER_WORDS < 256, "their number is one byte");

size_t
order_keep(const struct order *o, uint8_t *out)
{
	uint64_t w[ORDER_WORDS];
	uint8_t bits[(ORDER_WORDS + 7) / 8] = { 0 };
	size_t n = ORDER_WORDS, at;

	memcpy(w, o, sizeof(w));
	while (n > 0 && w[n - 1] == 0)
		n--;
	at = 1 + (n + 7) / 8;
	for (size_t i = 0; i < n; i++) {
		memcpy(out + at, &w[i], 8);
		at += w[i] != 0 ? 8 : 0;
		bits[i / 8] |= (uint8_t)((w[i] != 0) << i % 8);
	}
	out[0] = (uint8_t)n;
	memcpy(out + 1, bits, (n + 7) / 8);
	return at;
}

bool
order_of_kept(struct order *o, struct fix_span value)
{
	uint64_t w[ORDER_WORDS] = { 0 };
	size_t n = value.len == 0 ? 0 : value.p[0];
	size_t at = 1 + (n + 7) / 8;

	if (n == 0 || n > ORDER_WORDS || at > value.len)
		return false;
	for (size_t i = 0; i < n; i++) {
		if ((value.p[1 + i / 8] >> i % 8 & 1) == 0)
			continue;
		if (value.len - at < 8)
			return false;
		memcpy(&w[i], value.p + at, 8);
		at += 8;
	}
	memcpy(o, w, sizeof(w));
	return at == value.len;
}
