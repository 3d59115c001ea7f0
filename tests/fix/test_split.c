/*
 * All scanners give the same fields, and never touch a byte that is not theirs.
 *
 * In: random and adversarial messages from a generator with a fixed seed, laid
 * against pages that can't be read. The judge is a splitter written the slow
 * and plain way, here. Then streams with faults in them: what comes out may not
 * depend on the scanner nor on the pieces in which bytes came.
 */
#include "fix/bytes.h"
#include "tests/fix/text.h"

#define CAP 200
#define ROUNDS 4000
#define MAX_BODY 2000

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint32_t
roll(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

/* Number of digits at p, up to n; UINT64_MAX where it is not all digits. */
static uint64_t
number(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return UINT64_MAX;
		if (v < UINT32_MAX)
			v = v * 10 + (uint64_t)(p[i] - '0');
	}
	return n == 0 ? UINT64_MAX : v;
}

/* Tag of the text at p, which has n bytes; false if it is no number. */
static bool
slow_tag(const uint8_t *p, size_t n, uint32_t *tag)
{
	size_t minus = n > 0 && p[0] == '-' ? 1 : 0;
	uint64_t v = number(p + minus, n - minus);

	if (v == UINT64_MAX)
		return false;
	*tag = p[0] == '0' || minus || v > FIX_TAG_MAX ? 0 : (uint32_t)v;
	return true;
}

static enum fix_garbled
slow_field(const uint8_t *p, uint32_t at, uint32_t end, struct fix_field *f,
    const struct fix_field *before)
{
	uint32_t stop = at, eq = at;
	uint64_t n;

	while (p[stop] != 1)
		stop++;
	while (eq < stop && p[eq] != '=')
		eq++;
	if (eq == stop || !slow_tag(p + at, eq - at, &f->tag))
		return FIX_G_TAG;
	if (f->tag == 10)
		return FIX_G_CHECKSUM;
	f->at = at;
	f->off = eq + 1;
	f->len = stop - f->off;
	if (f->tag == FIX_TAG_BAD || fix_data_tag_of(before->tag) != f->tag)
		return FIX_G_NONE;
	n = number(p + before->off, before->len);
	if (n == UINT64_MAX)
		return FIX_G_NONE;
	if (n >= end - f->off || p[f->off + n] != 1)
		return FIX_G_DATA;
	f->len = (uint32_t)n;
	return FIX_G_NONE;
}

static enum fix_garbled
slow_split(const uint8_t *p, uint32_t at, uint32_t end, struct fix_msg *m)
{
	enum fix_garbled why;

	while (at < end) {
		struct fix_field f = { 0 };

		why = slow_field(p, at, end, &f, &m->fields[m->n - 1]);
		if (why == FIX_G_TAG)
			return why;
		if (m->n == m->cap)
			return FIX_G_FIELDS;
		if (why != FIX_G_NONE)
			return why;
		m->fields[m->n++] = f;
		at = f.off + f.len + 1;
	}
	return FIX_G_NONE;
}

/* A random field, SOH included; long ones and odd ones now and then. */
static size_t
random_field(uint8_t *p)
{
	static const char *const odd[] = { "0=x|", "-1=|", "035=a|", "=|", "|",
		"9999999999=1|", "1=|", "10=000|", "x=1|", "1x|", "12|", "123|",
		"1=1=1=|", "40004=2|40005=|||", "95=3|96=|1|||", "95=3|58=|",
		"354=5|355=1=|2=|", "95=99999|96=|", "90=2|91=a|",
		"1=\377\200\001|" };
	static const uint32_t tags[] = { 1, 9, 11, 55, 99, 100, 448, 1128, 5000,
		40005, 123456789 };
	size_t n, len;

	if (roll(40) == 0)
		return wire(p, odd[roll(sizeof(odd) / sizeof(odd[0]))]);
	n = (size_t)sprintf(
	    (char *)p, "%u=", tags[roll(sizeof(tags) / sizeof(tags[0]))]);
	len = roll(16) == 0 ? roll(90) : roll(12);
	while (len-- > 0)
		p[n++] = (uint8_t)(roll(200) + 32);
	p[n++] = 1;
	return n;
}

static size_t
random_data(uint8_t *p)
{
	size_t len = roll(70) + 1;
	size_t n = (size_t)sprintf((char *)p, "95=%zu", len);

	p[n++] = 1;
	n += (size_t)sprintf((char *)p + n, "96=");
	while (len-- > 0)
		p[n++] = (uint8_t)(roll(4) == 0 ? 1 : roll(256));
	p[n++] = 1;
	return n;
}

/* Bytes [0, at) that are not split, fields, and a trailer behind. */
static size_t
random_frame(uint8_t *p, uint32_t at, uint32_t *end)
{
	size_t n = at;
	uint32_t i, count = roll(30);

	memset(p, 1, at); /* SOH where no field may be found */
	for (i = 0; i < count; i++)
		n += roll(12) == 0 ? random_data(p + n) : random_field(p + n);
	*end = (uint32_t)n;
	memcpy(p + n, "10=", 3);
	return n + 3;
}

static void
same_fields(const struct fix_msg *a, const struct fix_msg *b)
{
	uint32_t i;

	assert_int_equal(a->n, b->n);
	for (i = 0; i < a->n; i++) {
		assert_int_equal(a->fields[i].tag, b->fields[i].tag);
		assert_int_equal(a->fields[i].off, b->fields[i].off);
		assert_int_equal(a->fields[i].len, b->fields[i].len);
		assert_int_equal(a->fields[i].at, b->fields[i].at);
	}
}

/* One frame through the scanner in use, laid at both ends of a room. */
static void
as_the_slow_way(const struct guarded *g, const uint8_t *p, size_t n,
    uint32_t at, uint32_t end)
{
	static struct fix_field fast[CAP], slow[CAP];
	struct fix_msg a = { .fields = fast }, b = { .fields = slow };
	enum fix_garbled want, got;
	uint8_t sum;
	int i;

	memset(fast, 0, 2 * sizeof(fast[0])); /* where 8 and 9 are */
	memset(slow, 0, 2 * sizeof(slow[0]));
	b.n = 2;
	a.cap = b.cap = roll(10) == 0 ? 2 + roll(20) : CAP;
	want = slow_split(p, at, end, &b);
	for (i = 0; i < 2; i++) {
		a.bytes = i == 0 ? lay_last(g, p, n) : lay_first(g, p, n);
		a.n = 2;
		got = fix_split_fields(&a, at, end, &sum);
		assert_int_equal(got, want);
		same_fields(&a, &b);
		if (got == FIX_G_NONE)
			assert_int_equal(sum, sum_up(p, end));
	}
}

static void
split_random(enum fix_simd which)
{
	uint8_t p[MAX_BODY * 4];
	struct guarded g = guarded_new(sizeof(p));
	uint32_t i, at, end;
	size_t n;

	if (fix_scan_use(which) != 0) {
		print_message("# this processor has no scanner %d\n", which);
		guarded_free(&g);
		return;
	}
	for (i = 0; i < ROUNDS; i++) {
		at = roll(8) == 0 ? roll(40) : 14 + roll(6);
		n = random_frame(p, at, &end);
		if (n <= MAX_BODY)
			as_the_slow_way(&g, p, n, at, end);
	}
	guarded_free(&g);
	assert_int_equal(fix_scan_use(FIX_SIMD_AUTO), 0);
}

static void
plain_scanner_splits_as_the_slow_way(void **state)
{
	(void)state;
	split_random(FIX_SIMD_NONE);
}

static void
sse2_scanner_splits_as_the_slow_way(void **state)
{
	(void)state;
	split_random(FIX_SIMD_SSE2);
}

static void
avx2_scanner_splits_as_the_slow_way(void **state)
{
	(void)state;
	split_random(FIX_SIMD_AVX2);
}

/* A SOH at every place of a block, alone and beside another. */
static void
soh_is_found_at_every_place(void **state)
{
	static const enum fix_simd all[] = { FIX_SIMD_NONE, FIX_SIMD_SSE2,
		FIX_SIMD_AVX2 };
	uint8_t p[256];
	struct guarded g = guarded_new(sizeof(p));
	uint32_t first, second, n;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		if (fix_scan_use(all[i]) != 0)
			continue;
		for (first = 3; first < 100; first++) {
			second = first + 3 + roll(70);
			memset(p, 'x', sizeof(p));
			memcpy(p, "1=", 2);
			p[first] = 1;
			memcpy(p + first + 1, "2=", 2);
			p[second] = 1;
			n = second + 1;
			memcpy(p + n, "10=", 3);
			as_the_slow_way(&g, p, n + 3, 0, n);
		}
	}
	guarded_free(&g);
	assert_int_equal(fix_scan_use(FIX_SIMD_AUTO), 0);
}

static void
sum_is_right_at_every_length(void **state)
{
	uint8_t p[300];
	struct guarded g = guarded_new(sizeof(p));
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(p); i++)
		p[i] = (uint8_t)roll(256);
	for (i = 0; i <= sizeof(p); i++)
		assert_int_equal(fix_sum8(lay_last(&g, p, i), i), sum_up(p, i));
	guarded_free(&g);
}

static void
scanner_of_another_machine_is_refused(void **state)
{
	(void)state;
	assert_int_equal(
	    fix_scan_use((enum fix_simd)(FIX_SIMD_AVX2 + 1)), -FIX_E_STATE);
	assert_int_equal(fix_scan_use(FIX_SIMD_NONE), 0);
	assert_int_equal(fix_scan_use(FIX_SIMD_AUTO), 0);
}

static void
length_and_data_tags_name_each_other(void **state)
{
	uint32_t tag, n = 0;

	(void)state;
	for (tag = 0; tag < 50000; tag++) {
		if (fix_length_tag_of(tag) != 0)
			assert_int_equal(
			    fix_data_tag_of(fix_length_tag_of(tag)), tag);
		if (fix_data_tag_of(tag) != 0) {
			assert_int_equal(
			    fix_length_tag_of(fix_data_tag_of(tag)), tag);
			n++;
		}
	}
	assert_int_equal(n, 83); /* as FIX 5.0SP2 EP240 has them */
}

/* A stream of messages, some with a byte changed, lost or too many. */
static size_t
random_stream(uint8_t *p)
{
	uint8_t body[MAX_BODY * 4];
	size_t n = 0, len, count = 1 + roll(6), at, begin;

	while (count-- > 0) {
		len = (size_t)sprintf(
		    (char *)body, "35=0%c34=%zu%c", 1, count, 1);
		len += random_field(body + len);
		len += roll(3) == 0 ? random_data(body + len) : 0;
		begin = n;
		n += enclose(p + n, "FIX.4.4", body, len);
		at = begin + roll((uint32_t)(n - begin));
		switch (roll(8)) {
		case 0:
			p[at] = (uint8_t)(roll(2) ? 1 : roll(256));
			break;
		case 1:
			memmove(p + at, p + at + 1, n - at - 1);
			n--;
			break;
		case 2:
			memmove(p + at + 1, p + at, n - at);
			p[at] = (uint8_t) "8=FIX.|019"[roll(10)];
			n++;
			break;
		case 3: /* a BodyLength that is wrong */
			p[begin + 12] = (uint8_t)('0' + roll(10));
			break;
		default:
			break;
		}
	}
	return n;
}

/* One number for all the messages that come out, in order. */
static uint64_t
digest(const uint8_t *in, size_t len, size_t piece, const struct guarded *g)
{
	static struct fix_field fields[CAP];
	struct fix_scan s = { .max_bytes = 100000 };
	struct fix_msg m = { .fields = fields, .cap = CAP };
	uint64_t h = 14695981039346656037u;
	size_t eaten = 0, seen = 0, i;
	ssize_t rc;

	while (seen < len) {
		seen = len - seen < piece ? len : seen + piece;
		while ((rc = fix_scan(&s, lay_last(g, in + eaten, seen - eaten),
			    seen - eaten, &m)) > 0) {
			assert_true((size_t)rc <= seen - eaten);
			eaten += (size_t)rc;
			if (s.why != FIX_G_NONE)
				continue;
			for (i = 0; i < m.len; i++)
				h = (h ^ m.bytes[i]) * 1099511628211u;
			h = (h ^ m.n) * 1099511628211u;
		}
		if (rc < 0)
			return h ^ (uint64_t)rc;
	}
	return h;
}

static void
messages_do_not_depend_on_pieces_or_scanner(void **state)
{
	static const enum fix_simd all[] = { FIX_SIMD_NONE, FIX_SIMD_SSE2,
		FIX_SIMD_AVX2 };
	static uint8_t p[MAX_BODY * 8];
	struct guarded g = guarded_new(sizeof(p));
	uint64_t want;
	size_t i, j, n;

	(void)state;
	for (i = 0; i < ROUNDS / 4; i++) {
		n = random_stream(p);
		assert_int_equal(fix_scan_use(FIX_SIMD_NONE), 0);
		want = digest(p, n, n, &g);
		for (j = 0; j < 3; j++) {
			if (fix_scan_use(all[j]) != 0)
				continue;
			assert_true(digest(p, n, 1, &g) == want);
			assert_true(digest(p, n, 1 + roll(90), &g) == want);
			assert_true(digest(p, n, n, &g) == want);
		}
	}
	guarded_free(&g);
	assert_int_equal(fix_scan_use(FIX_SIMD_AUTO), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_scanner_splits_as_the_slow_way),
		cmocka_unit_test(sse2_scanner_splits_as_the_slow_way),
		cmocka_unit_test(avx2_scanner_splits_as_the_slow_way),
		cmocka_unit_test(soh_is_found_at_every_place),
		cmocka_unit_test(sum_is_right_at_every_length),
		cmocka_unit_test(scanner_of_another_machine_is_refused),
		cmocka_unit_test(length_and_data_tags_name_each_other),
		cmocka_unit_test(messages_do_not_depend_on_pieces_or_scanner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
