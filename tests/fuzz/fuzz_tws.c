/*
 * Input: a byte for the server version and the way, then what the other side
 * of a TWS connection sends. Frames and fields are read within their bytes;
 * a message that is neither too short nor too long is written again as it
 * came; every value reads or is refused, and is within its range.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/venue/tws_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_values(const struct tws_msg *m)
{
	struct fix_dec d;
	struct fix_utc t;
	int64_t v;

	for (unsigned i = 0; i < TWS_MAX_FIELDS; i++) {
		struct fix_span s = m->v[i];

		assert(tws_read_int(s, &v) <= 1 && v <= INT32_MAX);
		assert(tws_read_i64(s, &v) <= 1);
		assert(tws_read_dbl(s, &d) <= 1 && d.exp <= 0 && d.exp >= -18);
		assert(tws_price_e8(s, &v) <= 1 && tws_qty_e8(s, &v) <= 1);
		assert(tws_read_time(s, NULL, "UTC", &t) <= 1);
	}
}

static void
read_payload(enum tws_way way, unsigned version, struct fix_span payload)
{
	static uint8_t out[1 << 20];
	struct fix_span p;
	struct tws_msg m;
	ssize_t n;

	if (tws_decode(&m, way, version, payload) != 0)
		return;
	read_values(&m);
	(void)tws_odd_field(&m);
	assert(m.extra <= payload.len);
	n = tws_encode(out, sizeof(out), &m, NULL);
	if (n < 0 || m.missing > 0 || m.extra > 0)
		return;
	assert(tws_frame(out, (size_t)n, &p) == n);
	assert(fix_span_eq(p, payload));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fix_span payload, time;
	unsigned version, said;
	enum tws_way way;
	uint8_t *p;
	ssize_t n;

	if (size < 2 || size > 65536)
		return 0;
	version = TWS_MIN_VERSION +
	    (data[0] & 0x7fu) % (TWS_MAX_VERSION - TWS_MIN_VERSION + 1);
	way = data[0] < 0x80 ? TWS_FROM_SERVER : TWS_TO_SERVER;
	size--;
	p = malloc(size);
	if (p == NULL)
		abort();
	memcpy(p, data + 1, size);
	for (size_t at = 0; at < size; at += (size_t)n) {
		n = tws_frame(p + at, size - at, &payload);
		assert(n <= (ssize_t)(size - at));
		if (n <= 0)
			break;
		if (tws_read_hello(payload, &said, &time) == 0)
			version = said;
		read_payload(way, version, payload);
	}
	free(p);
	return 0;
}
