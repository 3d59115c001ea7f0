/*
 * Framing under fire: whatever comes in, fix_scan() eats no more than it was
 * given, keeps its message inside it, always gets on, and gives the same
 * messages however the bytes came and whichever scanner looked.
 *
 * Input: one byte for the size of a piece, then what the peer sends.
 */
#include <stdlib.h>

#include "fix/scan.h"

#define CAP 256u
#define MAX (1u << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fix_field fields[CAP];

static void
need(bool good)
{
	if (!good)
		abort();
}

/* What is promised of a message. */
static void
check_message(const struct fix_msg *m, const uint8_t *in, size_t bytes)
{
	uint32_t i;

	need(m->bytes == in && m->len == bytes);
	need(m->n >= 4 && m->n <= CAP);
	need(m->fields[0].tag == 8 && m->fields[1].tag == 9);
	need(m->fields[2].tag == 35 && m->fields[m->n - 1].tag == 10);
	for (i = 0; i < m->n; i++) {
		const struct fix_field *f = &m->fields[i];
		size_t end = (size_t)f->off + f->len;

		need(f->at < f->off && end < bytes);
		need(in[f->off - 1] == '=' && in[end] == 1);
		need(i + 1 == m->n ? end + 1 == bytes
				   : end + 1 == m->fields[i + 1].at);
	}
}

static uint64_t
mix(uint64_t h, const uint8_t *p, size_t n)
{
	while (n-- > 0)
		h = (h ^ *p++) * 1099511628211u;
	return h;
}

/* One number for all messages that come out. Each piece is copied to a block
 * of its own size, so that a sanitizer sees a read behind it. */
static uint64_t
digest(const uint8_t *in, size_t len, size_t piece, bool unchecked)
{
	struct fix_scan s = { .max_bytes = MAX, .sum_unchecked = unchecked };
	struct fix_msg m = { .fields = fields, .cap = CAP };
	uint64_t h = 14695981039346656037u;
	size_t eaten = 0, seen = 0;
	ssize_t rc = 0;

	while (seen < len && rc >= 0) {
		seen = len - seen < piece ? len : seen + piece;
		do {
			size_t n = seen - eaten;
			uint8_t *p = malloc(n + (n == 0));

			need(p != NULL);
			memcpy(p, in + eaten, n);
			rc = fix_scan(&s, p, n, &m);
			need(rc <= (ssize_t)n);
			if (rc > 0 && s.why == FIX_G_NONE) {
				check_message(&m, p, (size_t)rc);
				h = mix(h, p, m.len) ^ m.n;
			}
			if (rc <= 0)
				need(s.why == FIX_G_NONE);
			free(p);
			eaten += rc > 0 ? (size_t)rc : 0;
		} while (rc > 0 && eaten < seen);
	}
	return rc < 0 ? h ^ (uint64_t)rc : h;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum fix_simd all[] = { FIX_SIMD_NONE, FIX_SIMD_SSE2,
		FIX_SIMD_AVX2 };
	uint64_t want;
	size_t i, piece;

	if (size < 2 || size > 8192)
		return 0;
	piece = (size_t)(data[0] & 127) + 1;
	need(fix_scan_use(FIX_SIMD_NONE) == 0);
	want = digest(data + 1, size - 1, size, data[0] > 127);
	for (i = 0; i < 3; i++) {
		if (fix_scan_use(all[i]) != 0)
			continue;
		need(digest(data + 1, size - 1, size, data[0] > 127) == want);
		need(digest(data + 1, size - 1, piece, data[0] > 127) == want);
	}
	return 0;
}
