/*
 * Base64, strictly.
 *
 * In: bytes, or text that a peer or an operator wrote. Out: the other one. A
 * decoder that skips white space, takes missing padding or drops loose bits
 * gives one signature many spellings, and a cache of signatures seen would not
 * know them as one. OpenSSL's EVP_DecodeBlock() does all three.
 */
#include "gateway/auth/b64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
			     "wxyz0123456789+/";

size_t
b64_encode(char *out, size_t cap, struct fix_span in)
{
	size_t n = 0;

	if (cap < B64_CHARS(in.len) + 1)
		return 0;
	for (size_t i = 0; i < in.len; i += 3) {
		size_t left = in.len - i;
		uint32_t v = (uint32_t)in.p[i] << 16;

		v |= left > 1 ? (uint32_t)in.p[i + 1] << 8 : 0;
		v |= left > 2 ? in.p[i + 2] : 0;
		out[n++] = digits[v >> 18];
		out[n++] = digits[v >> 12 & 63];
		out[n++] = left > 1 ? digits[v >> 6 & 63] : '=';
		out[n++] = left > 2 ? digits[v & 63] : '=';
	}
	out[n] = '\0';
	return n;
}

static int
value_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters, of which the last pad ones are padding. */
static bool
read_four(const uint8_t *p, unsigned pad, uint32_t *out)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++) {
		int d = i >= 4 - pad ? 0 : value_of(p[i]);

		if (d < 0)
			return false;
		v = v << 6 | (uint32_t)d;
	}
	*out = v;
	/* Bits behind the last whole byte must not be lost. */
	return (v & (pad == 2 ? 0xffffu : pad == 1 ? 0xffu : 0)) == 0;
}

ssize_t
b64_decode(uint8_t *out, size_t cap, struct fix_span text)
{
	size_t n = 0;

	if (text.len % 4 != 0)
		return -FIX_E_FORMAT;
	for (size_t i = 0; i < text.len; i += 4) {
		const uint8_t *p = text.p + i;
		bool last = i + 4 == text.len;
		unsigned pad = !last || p[3] != '=' ? 0 : p[2] != '=' ? 1 : 2;
		uint32_t v;

		if (!read_four(p, pad, &v))
			return -FIX_E_FORMAT;
		if (cap - n < 3 - pad)
			return -FIX_E_SPACE;
		for (unsigned j = 0; j < 3 - pad; j++)
			out[n++] = (uint8_t)(v >> (16 - 8 * j));
	}
	return (ssize_t)n;
}
