/*
 * An order as bytes that are kept, and back: see order_keep().
 */
#include <stddef.h>
#include <string.h>

#include "gateway/order/order.h"

_Static_assert(sizeof(struct order) % 8 == 0, "an order is whole words");
_Static_assert(ORDER_WORDS < 256, "their number is one byte");

/* From here on most orders are zero. */
#define RARE offsetof(struct order, rare)
_Static_assert(RARE % 8 == 0, "and these are whole words");

static uint64_t
word_at(const struct order *o, size_t i)
{
	uint64_t w;

	memcpy(&w, (const uint8_t *)o + 8 * i, sizeof(w));
	return w;
}

/* Words i to n, at most 64, those that are not zero. Every order is written at
 * every change: it is seen without a branch which ones they are, and only they
 * are copied. @return a bit for each */
static uint64_t
put_words(const struct order *o, size_t i, size_t n, uint8_t *out, size_t *at)
{
	uint64_t bits = 0, w;

	for (size_t k = n - i < 64 ? n - i : 64; k-- > 0;)
		bits = bits << 1 | (word_at(o, i + k) != 0);
	for (uint64_t left = bits; left != 0; left &= left - 1) {
		w = word_at(o, i + (size_t)__builtin_ctzll(left));
		memcpy(out + *at, &w, sizeof(w));
		*at += sizeof(w);
	}
	return bits;
}

size_t
order_keep(const struct order *o, uint8_t *out)
{
	static const uint8_t zero[sizeof(*o) - RARE];
	size_t n = ORDER_WORDS, at, bytes;

	if (memcmp((const uint8_t *)o + RARE, zero, sizeof(zero)) == 0)
		n = RARE / 8;
	while (n > 0 && word_at(o, n - 1) == 0)
		n--;
	bytes = (n + 7) / 8;
	at = 1 + bytes;
	out[0] = (uint8_t)n;
	for (size_t i = 0; i < n; i += 64) {
		uint64_t bits = put_words(o, i, n, out, &at);

		for (size_t k = i / 8; k < bytes && k < i / 8 + 8; k++)
			out[1 + k] = (uint8_t)(bits >> (k * 8 - i));
	}
	return at;
}

/* Bytes of the words of an order. @return 0: these are none of an order */
static size_t
words_len(struct fix_span value)
{
	size_t n = value.len == 0 ? 0 : value.p[0];
	size_t at = 1 + (n + 7) / 8, bits = 0;

	if (n == 0 || n > ORDER_WORDS || at > value.len)
		return 0;
	for (size_t i = 1; i < at; i++)
		bits += (size_t)__builtin_popcount(value.p[i]);
	return bits * 8 <= value.len - at ? at + bits * 8 : 0;
}

struct fix_span
order_parties_of_kept(struct fix_span value)
{
	size_t n = words_len(value);

	return (struct fix_span){ value.p + n, value.len - n };
}

bool
order_of_kept(struct order *o, struct fix_span value)
{
	uint64_t w[ORDER_WORDS] = { 0 };
	size_t len = words_len(value), n, at;

	if (len == 0 || (len < value.len &&
	    !fix_parties_ok(order_parties_of_kept(value))))
		return false;
	n = value.p[0];
	at = 1 + (n + 7) / 8;
	for (size_t i = 0; i < n; i++) {
		if ((value.p[1 + i / 8] >> i % 8 & 1) == 0)
			continue;
		memcpy(&w[i], value.p + at, 8);
		at += 8;
	}
	memcpy(o, w, sizeof(w));
	return at == len;
}
