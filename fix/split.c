/*
 * From the bytes of one whole message to fields, and their sum.
 *
 * In: a frame whose ends scan.c has found. Out: tag, offset and length of each
 * field, and the sum that CheckSum(10) wants, in the same pass: sixteen or
 * thirty-two bytes at a time are compared with SOH and added up bytewise; the
 * work that remains is per field, not per byte.
 *
 * A data field (FIX volume 1, "data") may hold any byte, SOH too: where one
 * stands right behind its length field, the length says where it ends.
 * Whether a tag is known, or a value reads as its type, is not asked here.
 *
 * There are three scanners, chosen once by what the processor can do; all give
 * the same answer, which tests/fix/test_split.c proves.
 */
#include "fix/bytes.h"

#include <assert.h>
#include <stdatomic.h>

#include "fix/pairs.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

struct pair {
	uint32_t length;
	uint32_t data;
};

#define ROW(l, d) { l, d },
static const struct pair pairs[] = { { 0, 0 },
	FIX_PAIRS_LOW(ROW) FIX_PAIRS_HIGH(ROW) };
#undef ROW

#define N_PAIRS (sizeof(pairs) / sizeof(pairs[0]))

/* What needs a second look: index of a data tag's pair, or SPECIAL_SUM. */
#define NAME(l, d) P_##d,
enum { P_NONE, FIX_PAIRS_LOW(NAME) N_LOW };
#undef NAME
#define SPECIAL_SUM UINT8_MAX
#define SLOT(l, d) [d] = P_##d,
static const uint8_t special[FIX_PAIRS_LOW_END] = { [10] = SPECIAL_SUM,
	FIX_PAIRS_LOW(SLOT) };
#undef SLOT

/* Index of a length tag's pair. */
#define SLOT(l, d) [l] = P_##d,
static const uint8_t lengths[FIX_PAIRS_LOW_END] = { FIX_PAIRS_LOW(SLOT) };
#undef SLOT

_Static_assert(N_PAIRS < SPECIAL_SUM, "an index fits a byte");

uint32_t
fix_data_tag_of(uint32_t length_tag)
{
	size_t i;

	if (length_tag < FIX_PAIRS_LOW_END)
		return pairs[lengths[length_tag]].data;
	if (length_tag < FIX_PAIRS_HIGH_BEGIN)
		return 0;
	for (i = N_LOW; i < N_PAIRS; i++)
		if (pairs[i].length == length_tag)
			return pairs[i].data;
	return 0;
}

uint32_t
fix_length_tag_of(uint32_t data_tag)
{
	size_t i;

	if (data_tag < FIX_PAIRS_LOW_END)
		return data_tag == 10 ? 0 : pairs[special[data_tag]].length;
	if (data_tag < FIX_PAIRS_HIGH_BEGIN)
		return 0;
	for (i = N_LOW; i < N_PAIRS; i++)
		if (pairs[i].data == data_tag)
			return pairs[i].length;
	return 0;
}

/* Where splitting stands. */
struct cut {
	const uint8_t *p;
	struct fix_field *f;    /* next to fill */
	struct fix_field *stop; /* no room from here on */
	uint32_t at;            /* the open field begins here */
};

/*
 * A tag from text of n bytes up to the SOH. Returns the tag's bytes, 0 if it
 * is no number.
 */
static uint32_t
read_tag(const uint8_t *t, uint32_t n, uint32_t *tag)
{
	uint32_t i = 0, v = 0, first;

	if (i < n && t[i] == '-')
		i++;
	for (first = i; i < n && fix_is_digit(t[i]); i++)
		if (i - first < 9)
			v = v * 10 + (t[i] - (uint32_t)'0');
	if (i == first || i == n || t[i] != '=')
		return 0;
	*tag = t[0] == '-' || t[0] == '0' || i - first > 9 ? FIX_TAG_BAD : v;
	return i;
}

/* Tag of two digits by its digits as four bits each; 0: not as simple as that.
 * Left out are 10 and the data fields 89, 91 and 96. */
#define TEN(d)                                                                 \
	[(d) << 4] = (d)*10, (d)*10 + 1, (d)*10 + 2, (d)*10 + 3, (d)*10 + 4,   \
		(d)*10 + 5, (d)*10 + 6, (d)*10 + 7, (d)*10 + 8, (d)*10 + 9
static const uint8_t two[256] = { [0x11] = 11,
	12,
	13,
	14,
	15,
	16,
	17,
	18,
	19,
	TEN(2),
	TEN(3),
	TEN(4),
	TEN(5),
	TEN(6),
	TEN(7),
	[0x80] = 80,
	81,
	82,
	83,
	84,
	85,
	86,
	87,
	88,
	[0x90] = 90,
	[0x92] = 92,
	93,
	94,
	95,
	[0x97] = 97,
	98,
	99 };
#undef TEN

/* Tag of three bytes whose upper halves are those of digits; 0: not simple. */
INLINE uint32_t
three_digits(uint32_t w)
{
	uint32_t a = w & 0xf, b = w >> 8 & 0xf, d = w >> 16 & 0xf;
	uint32_t tag = a * 100 + b * 10 + d;

	return a - 1 < 9 && b < 10 && d < 10 && special[tag] == 0 ? tag : 0;
}

/* Length that the field before announces, or UINT32_MAX if it does not. */
static uint32_t
announced(const struct cut *c, uint32_t length_tag)
{
	const struct fix_field *f = c->f - 1;
	const uint8_t *v = c->p + f->off;
	uint64_t n = 0;
	uint32_t i;

	if (f->tag != length_tag || f->len == 0)
		return UINT32_MAX;
	for (i = 0; i < f->len; i++) {
		if (!fix_is_digit(v[i]))
			return UINT32_MAX;
		n = n * 10 + (v[i] - (uint64_t)'0');
		if (n >= UINT32_MAX)
			n = UINT32_MAX - 1; /* longer than any message */
	}
	return (uint32_t)n;
}

enum look { L_FIELD, L_INSIDE, L_SUM, L_DATA };

/* A SOH was met at pos in a field whose tag is special: is it the end? */
static enum look
look_again(const struct cut *c, uint32_t tag, uint32_t off, uint32_t pos)
{
	uint32_t length_tag = fix_length_tag_of(tag), n;

	if (tag == 10)
		return L_SUM; /* CheckSum before the end */
	if (length_tag == 0)
		return L_FIELD;
	n = announced(c, length_tag);
	if (n == UINT32_MAX || n == pos - off)
		return L_FIELD;
	return n > pos - off ? L_INSIDE : L_DATA;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TWO(first, second) ((uint64_t)(second) << 32 | (first))
#else
#define TWO(first, second) ((uint64_t)(first) << 32 | (second))
#endif

/* The field that is open ends at the SOH at pos, which is behind off. Written
 * as two words, for which compilers find the better instructions. */
INLINE void
put(struct cut *c, uint32_t tag, uint32_t off, uint32_t pos)
{
	uint64_t words[2] = { TWO(tag, off), TWO(pos - off, c->at) };

	_Static_assert(sizeof(*c->f) == sizeof(words), "tag, off, len, at");
	memcpy(c->f, &words[0], sizeof(words[0]));
	memcpy(&c->f->len, &words[1], sizeof(words[1]));
	c->f++;
	c->at = pos + 1;
}

/* take() for every field. */
static __attribute__((noinline)) enum fix_garbled
take_any(struct cut *c, uint32_t pos)
{
	uint32_t tag, n = read_tag(c->p + c->at, pos - c->at, &tag);

	if (n == 0)
		return FIX_G_TAG;
	if (c->f == c->stop)
		return FIX_G_FIELDS;
	n += c->at + 1;
	switch (look_again(c, tag, n, pos)) {
	case L_INSIDE:
		return FIX_G_NONE;
	case L_SUM:
		return FIX_G_CHECKSUM;
	case L_DATA:
		return FIX_G_DATA;
	case L_FIELD:
		break;
	}
	put(c, tag, n, pos);
	return FIX_G_NONE;
}

/*
 * The field that is open ends at the SOH at pos: take it. Here are the tags
 * that nearly all fields have, one to three digits and then '='; digits and
 * '=' are no SOH, so what is found is this field's.
 */
INLINE enum fix_garbled
take(struct cut *c, uint32_t pos)
{
	uint32_t w = fix_load32(c->p + c->at), tag = 0, n = 0;
	struct cut copy;
	enum fix_garbled why;

	if ((w & 0x00fff0f0) == 0x003d3030) {
		tag = two[(w << 4 & 0xf0) | (w >> 8 & 0xf)];
		n = 3;
	} else if ((w & 0xfff0f0f0) == 0x3d303030) {
		tag = three_digits(w);
		n = 4;
	} else if ((w & 0x0000fff0) == 0x00003d30 && (w & 0xf) < 10) {
		tag = w & 0xf;
		n = 2;
	}
	if (UNLIKELY(tag == 0 || c->f == c->stop)) {
		copy = *c; /* so that c may stay in registers */
		why = take_any(&copy, pos);
		*c = copy;
		return why;
	}
	put(c, tag, c->at + n, pos);
	return FIX_G_NONE;
}

/* Take every field that ends at a SOH marked in mask. */
INLINE enum fix_garbled
take_all(struct cut *c, uint32_t base, uint32_t mask)
{
	enum fix_garbled why;

	for (; mask != 0; mask &= mask - 1) {
		why = take(c, base + (uint32_t)__builtin_ctz(mask));
		if (UNLIKELY(why != FIX_G_NONE))
			return why;
	}
	return FIX_G_NONE;
}

/* The plain way: for short messages, and where there is no SIMD. */
static enum fix_garbled
split_plain(struct cut *c, uint32_t end, uint8_t *sum)
{
	const uint8_t *p = c->p;
	enum fix_garbled why;
	uint32_t i;

	*sum = fix_sum8(p, end);
	for (i = c->at; i < end; i++) {
		if (p[i] != FIX_SOH)
			continue;
		why = take(c, i);
		if (why != FIX_G_NONE)
			return why;
	}
	return FIX_G_NONE;
}

#if defined(__x86_64__)

/* Bits of a block that lie at or behind the first byte to split. */
INLINE uint32_t
from(uint32_t at)
{
	return at >= 32 ? 0 : UINT32_MAX << at;
}

/* Read at +n: what to keep of a block whose last n bytes are new. */
static const uint64_t keep_words[8] = { 0, 0, 0, 0, UINT64_MAX, UINT64_MAX,
	UINT64_MAX, UINT64_MAX };

#define KEEP(n) ((const uint8_t *)keep_words + (n))

INLINE uint8_t
sum_of(__m128i acc)
{
	__m128i s = _mm_sad_epu8(acc, _mm_setzero_si128());

	return (uint8_t)(_mm_cvtsi128_si32(s) +
			 _mm_cvtsi128_si32(_mm_srli_si128(s, 8)));
}

INLINE uint32_t
soh_16(__m128i v)
{
	return (uint32_t)_mm_movemask_epi8(
	    _mm_cmpeq_epi8(v, _mm_set1_epi8(FIX_SOH)));
}

INLINE __m128i
load_16(const uint8_t *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static enum fix_garbled
split_sse2(struct cut *out, uint32_t end, uint8_t *sum)
{
	struct cut c = *out;
	__m128i lo, hi, acc = _mm_setzero_si128();
	uint32_t i, left, mask, first = from(c.at);
	enum fix_garbled why = FIX_G_NONE;

	for (i = 0; i + 32 <= end && why == FIX_G_NONE; i += 32) {
		lo = load_16(c.p + i);
		hi = load_16(c.p + i + 16);
		acc = _mm_add_epi8(acc, _mm_add_epi8(lo, hi));
		mask = (soh_16(lo) | soh_16(hi) << 16) & first;
		first = UINT32_MAX;
		why = take_all(&c, i, mask);
	}
	left = end - i;
	if (left != 0 && why == FIX_G_NONE) {
		lo =
		    _mm_and_si128(load_16(c.p + end - 32), load_16(KEEP(left)));
		hi = _mm_and_si128(
		    load_16(c.p + end - 16), load_16(KEEP(left + 16)));
		acc = _mm_add_epi8(acc, _mm_add_epi8(lo, hi));
		mask = soh_16(lo) | soh_16(hi) << 16;
		why = take_all(&c, end - 32, mask);
	}
	*sum = sum_of(acc);
	*out = c;
	return why;
}

#define AVX2 __attribute__((target("avx2,bmi")))

AVX2 INLINE __m256i
load_32(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

AVX2 INLINE uint32_t
soh_32(__m256i v)
{
	return (uint32_t)_mm256_movemask_epi8(
	    _mm256_cmpeq_epi8(v, _mm256_set1_epi8(FIX_SOH)));
}

AVX2 static enum fix_garbled
split_avx2(struct cut *out, uint32_t end, uint8_t *sum)
{
	struct cut c = *out;
	__m256i v, acc = _mm256_setzero_si256();
	uint32_t i, left, first = from(c.at);
	enum fix_garbled why = FIX_G_NONE;

	for (i = 0; i + 32 <= end && why == FIX_G_NONE; i += 32) {
		v = load_32(c.p + i);
		acc = _mm256_add_epi8(acc, v);
		why = take_all(&c, i, soh_32(v) & first);
		first = UINT32_MAX;
	}
	left = end - i;
	if (left != 0 && why == FIX_G_NONE) {
		v = _mm256_and_si256(
		    load_32(c.p + end - 32), load_32(KEEP(left)));
		acc = _mm256_add_epi8(acc, v);
		why = take_all(&c, end - 32, soh_32(v));
	}
	*sum = sum_of(_mm_add_epi8(
	    _mm256_castsi256_si128(acc), _mm256_extracti128_si256(acc, 1)));
	*out = c;
	return why;
}

uint8_t
fix_sum8(const uint8_t *p, size_t n)
{
	__m128i acc = _mm_setzero_si128();
	uint8_t sum = 0;
	size_t i = 0;

	for (; i + 16 <= n; i += 16)
		acc = _mm_add_epi8(acc, load_16(p + i));
	for (; i < n; i++)
		sum = (uint8_t)(sum + p[i]);
	return (uint8_t)(sum + sum_of(acc));
}

#else

uint8_t
fix_sum8(const uint8_t *p, size_t n)
{
	uint8_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum = (uint8_t)(sum + p[i]);
	return sum;
}

#endif

struct scanner {
	enum fix_garbled (*split)(struct cut *c, uint32_t end, uint8_t *sum);
};

static const struct scanner plain = { split_plain };

#if defined(__x86_64__)

static const struct scanner sse2 = { split_sse2 };
static const struct scanner avx2 = { split_avx2 };

static const struct scanner *
scanner_of(enum fix_simd which)
{
	bool wide =
	    __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");

	switch (which) {
	case FIX_SIMD_AUTO:
		return wide ? &avx2 : &sse2;
	case FIX_SIMD_NONE:
		return &plain;
	case FIX_SIMD_SSE2:
		return &sse2;
	case FIX_SIMD_AVX2:
		return wide ? &avx2 : NULL;
	}
	return NULL;
}

#else

static const struct scanner *
scanner_of(enum fix_simd which)
{
	return which == FIX_SIMD_AUTO || which == FIX_SIMD_NONE ? &plain : NULL;
}

#endif

/* NULL until the first message. */
static _Atomic(const struct scanner *) chosen;

int
fix_scan_use(enum fix_simd which)
{
	const struct scanner *s = scanner_of(which);

	if (s == NULL)
		return -FIX_E_STATE;
	atomic_store_explicit(&chosen, s, memory_order_relaxed);
	return 0;
}

enum fix_garbled
fix_split_fields(struct fix_msg *m, uint32_t at, uint32_t end, uint8_t *sum)
{
	struct cut c = { m->bytes, m->fields + m->n, m->fields + m->cap, at };
	const struct scanner *s;
	enum fix_garbled why;

	assert(m->n > 0 && m->n <= m->cap);
	s = atomic_load_explicit(&chosen, memory_order_relaxed);
	if (UNLIKELY(s == NULL)) {
		s = scanner_of(FIX_SIMD_AUTO);
		atomic_store_explicit(&chosen, s, memory_order_relaxed);
	}
	if (UNLIKELY(end < 32 || at > 32))
		s = &plain;
	why = s->split(&c, end, sum);
	m->n = (uint32_t)(c.f - m->fields);
	if (why == FIX_G_NONE && c.at != end)
		why = FIX_G_DATA; /* a data field that runs over the end */
	return why;
}
