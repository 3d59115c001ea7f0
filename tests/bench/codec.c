/*
 * The codec beside what is physically there: an AVX2 tokeniser that checks no
 * more than sum and length, and straight-line C, which checks nothing or can
 * write one message only.
 *
 * Touched: framed, checksum and length verified, every field reached.
 * Converted: every number, decimal, character and time of it a value, too.
 * A ring of 64 different messages is cycled, so that the branch predictor
 * can't learn one. Each figure is the median of 31 batches of CPU time.
 *
 *	codec [NAME N]	all of them, or one batch of N messages of one, for
 *			who counts instructions
 *	codec print NAME	the messages, for a peer
 */
#include <assert.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "dictionaries/dict.h"
#include "fix/build.h"
#include "fix/order.h"
#include "fix/scan.h"
#include "tests/bench/measure.h"

#define RING 64
#define BATCHES 31
#define PER_BATCH 40000

static uint8_t ring[RING][1024];
static size_t ring_len[RING];
static volatile uint64_t sink;

static size_t
finish(uint8_t *out, const char *body)
{
	int n = sprintf((char *)out, "8=FIX.4.4|9=%zu|%s", strlen(body), body);
	unsigned sum = 0;

	for (int i = 0; i < n; i++) {
		if (out[i] == '|')
			out[i] = 1;
		sum += out[i];
	}
	return (size_t)n + (size_t)sprintf((char *)out + n, "10=%03u\x01",
	    sum & 255);
}

static void
make_orders(void)
{
	for (int i = 0; i < RING; i++) {
		char body[512];

		sprintf(body, "35=D|49=BUYSIDE|56=VENUE|34=%d|52=20250314-14:"
		    "30:15.%03d|11=ORD-%06d|453=1|448=TRADER9|447=D|452=11|"
		    "55=CSCO|54=%d|60=20250314-14:30:15.%03d|38=%d|40=2|"
		    "44=%d.%02d|", 178 + i, 124 + i, 178 + i * 7, 1 + i % 2,
		    123 + i, 100 * (1 + i % 9), 290 + i % 9, i);
		ring_len[i] = finish(ring[i], body);
	}
}

static void
make_reports(void)
{
	for (int i = 0; i < RING; i++) {
		char body[768];

		sprintf(body, "35=8|49=VENUE|56=BUYSIDE|34=%d|52=20250314-14:"
		    "30:15.%03d|37=V%08d|11=ORD-%06d|453=1|448=TRADER3|447=D|"
		    "452=11|17=E%09d|150=F|39=1|1=ACCT-8427|55=CSCO|54=1|"
		    "38=1500|40=2|44=347.17|59=0|32=%d|31=347.17|30=XNAS|"
		    "151=1275|14=225|6=347.17|60=20250314-14:30:15.%03d|"
		    "58=Partial fill|", 1178 + i, 125 + i, 8246 + i, 1178 + i,
		    15314 + i, 100 + i, 124 + i);
		ring_len[i] = finish(ring[i], body);
	}
}

/* Ten entries; no price has more than four places. */
static void
make_market_data(void)
{
	for (int i = 0; i < RING; i++) {
		char body[1000];
		int n = sprintf(body, "35=X|49=VENUE|56=BUYSIDE|34=%d|"
		    "52=20250314-14:30:15.%03d|262=MDREQ-7|268=10|", 9178 + i,
		    125 + i);

		for (int k = 0; k < 10; k++)
			n += sprintf(body + n, "279=%d|269=%d|278=%d|55=TSLA|"
			    "270=%d.%0*d|271=%d|", k % 2, (i + k) % 2,
			    880000 + i * 100 + k, 100 + i * 9 + k, 2 + k % 3,
			    10 + k, 5 + 50 * k);
		ring_len[i] = finish(ring[i], body);
	}
}

static int64_t per[BATCHES];
static const char *only;
static int batches = BATCHES, per_batch = PER_BATCH;

/* ps per message, so that the record keeps a digit below the nanosecond. */
#define TIME(label, body)                                                     \
	do {                                                                  \
		if (only != NULL && strcmp(only, label) != 0)                 \
			break;                                                \
		for (int batch = 0; batch < batches; batch++) {               \
			int64_t from = measure_cpu();                         \
			for (int k = 0; k < per_batch; k++) {                 \
				int r = k & (RING - 1);                       \
				body;                                         \
			}                                                     \
			per[batch] = (measure_cpu() - from) * 1000 /          \
			    per_batch;                                        \
		}                                                             \
		measure_print(label, "ps", per, (size_t)batches);             \
	} while (0)

/* --- floors --------------------------------------------------------------- */

static struct fix_field fields[FIX_FIELDS_MAX];

#ifdef __x86_64__
/* Tags, offsets and lengths by SOH masks, with the checksum: no framing, no
 * data fields, no limits, nothing that could go wrong is looked at. */
__attribute__((target("avx2"))) static unsigned
tokenise(const uint8_t *p, size_t len, unsigned *sum_out)
{
	const __m256i soh = _mm256_set1_epi8(1);
	__m256i sum = _mm256_setzero_si256();
	unsigned n = 0;
	size_t start = 0;
	uint64_t total;

	for (size_t i = 0; i < len; i += 32) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(p + i));
		uint32_t mask = (uint32_t)_mm256_movemask_epi8(
		    _mm256_cmpeq_epi8(v, soh));

		sum = _mm256_add_epi64(sum,
		    _mm256_sad_epu8(v, _mm256_setzero_si256()));
		while (mask != 0) {
			size_t end = i + (size_t)__builtin_ctz(mask);
			size_t at = start;
			uint32_t tag = 0;

			if (end >= len)
				break;
			while (p[at] != '=')
				tag = tag * 10 + (uint32_t)(p[at++] - '0');
			fields[n].tag = tag;
			fields[n].off = (uint32_t)at + 1;
			fields[n].len = (uint32_t)(end - at - 1);
			n++;
			start = end + 1;
			mask &= mask - 1;
		}
	}
	total = (uint64_t)_mm256_extract_epi64(sum, 0) +
	    (uint64_t)_mm256_extract_epi64(sum, 1) +
	    (uint64_t)_mm256_extract_epi64(sum, 2) +
	    (uint64_t)_mm256_extract_epi64(sum, 3);
	for (size_t i = len - 7; i < len; i++)
		total -= p[i];
	*sum_out = (unsigned)total;
	return n;
}

/* CheckSum and BodyLength are right; as little else as can be. */
static bool
verified(const uint8_t *p, size_t len, unsigned n, unsigned sum)
{
	const uint8_t *t = p + len - 4, *b = p + fields[1].off;
	unsigned body = 0;

	for (uint32_t i = 0; i < fields[1].len; i++)
		body = body * 10 + b[i] - (unsigned)'0';
	return fields[1].tag == 9 && fields[n - 1].tag == 10 &&
	    fields[1].off + fields[1].len + 1 + body == len - 7 &&
	    (t[0] - 48u) * 100 + (t[1] - 48u) * 10 + t[2] - 48u == (sum & 255);
}
#endif

/* What the value of a tag is: its kind by the tag, 0 text. */
static uint8_t kinds[2048];

static void
set_kinds(void)
{
	static const uint16_t numbers[] = { 9, 34, 447, 452, 453, 268, 269,
		279 }, decimals[] = { 6, 14, 31, 32, 38, 44, 151, 270, 271 },
		chars[] = { 39, 40, 54, 59, 150 }, times[] = { 52, 60 };

#define SET(list, kind)                                                       \
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)           \
		kinds[list[i]] = kind;
	SET(numbers, 'i')
	SET(decimals, 'd')
	SET(chars, 'c')
	SET(times, 't')
#undef SET
	kinds[447] = 'c';
}

static uint64_t
digits(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v * 10 + (uint64_t)(*p++ - '0');
	return v;
}

static uint64_t
plain_decimal(const uint8_t *p, size_t n)
{
	uint64_t v = 0;
	int places = 0, after = 0;

	for (; n > 0; n--, p++) {
		if (*p == '.') {
			after = 1;
			continue;
		}
		v = v * 10 + (uint64_t)(*p - '0');
		places += after;
	}
	return v - (uint64_t)places;
}

static uint64_t
plain_time(const uint8_t *p)
{
	uint64_t day = digits(p, 8), h = digits(p + 9, 2), m = digits(p + 12, 2);

	return ((day * 24 + h) * 60 + m) * 60000 + digits(p + 15, 2) * 1000 +
	    digits(p + 18, 3);
}

/* Every field a value, nothing looked at twice. */
static uint64_t
plain_convert(const uint8_t *p, unsigned n)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < n; i++) {
		const uint8_t *v = p + fields[i].off;
		size_t len = fields[i].len;

		switch (kinds[fields[i].tag & 2047]) {
		case 'i':
			all += digits(v, len);
			break;
		case 'd':
			all += plain_decimal(v, len);
			break;
		case 't':
			all += plain_time(v);
			break;
		default:
			all += v[0] + len;
			break;
		}
	}
	return all;
}

static void
floors(const char *name)
{
	char label[80];

#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2")) {
		snprintf(label, sizeof(label), "%s: bare AVX2 tokeniser", name);
		TIME(label, {
			unsigned sum;
			unsigned n = tokenise(ring[r], ring_len[r], &sum);
			if (!verified(ring[r], ring_len[r], n, sum))
				abort();
			sink += n;
		});
		snprintf(label, sizeof(label), "%s: straight-line C, "
		    "converted", name);
		TIME(label, {
			unsigned sum;
			unsigned n = tokenise(ring[r], ring_len[r], &sum);
			sink += plain_convert(ring[r], n) + sum;
		});
	}
#endif
}

/* --- decode ---------------------------------------------------------------- */

static struct fix_msg
scanned(int r)
{
	struct fix_scan s = { .max_bytes = 65536 };
	struct fix_msg m = { .fields = fields, .cap = FIX_FIELDS_MAX };

	if (fix_scan(&s, ring[r], ring_len[r], &m) != (ssize_t)ring_len[r] ||
	    s.why != FIX_G_NONE)
		abort();
	return m;
}

static uint64_t
convert(const struct fix_msg *m)
{
	uint64_t all = 0;

	for (uint32_t i = 0; i < m->n; i++) {
		struct fix_span v = fix_msg_at(m, i);
		struct fix_stamp t;
		struct fix_dec d;
		int64_t number;
		int rc = 0;

		switch (kinds[m->fields[i].tag & 2047]) {
		case 'i':
			rc = fix_int_parse(v, &number);
			all += (uint64_t)number;
			break;
		case 'd':
			rc = fix_dec_parse(v, &d);
			all += (uint64_t)d.mant;
			break;
		case 't':
			rc = fix_stamp_parse(v, &t);
			all += (uint64_t)t.utc.ns;
			break;
		default:
			all += v.p[0] + v.len;
			break;
		}
		if (rc != 0)
			abort();
	}
	return all;
}

static void
decode(const char *name, const struct fix_dict *dict)
{
	char label[80];

	floors(name);
	snprintf(label, sizeof(label), "%s: touched", name);
	TIME(label, {
		struct fix_msg m = scanned(r);
		uint64_t all = 0; /* one store to sink, not one a field */
		for (uint32_t i = 0; i < m.n; i++)
			all += fix_msg_at(&m, i).p[0] + m.fields[i].len;
		sink += all;
	});
	snprintf(label, sizeof(label), "%s: converted", name);
	TIME(label, {
		struct fix_msg m = scanned(r);
		sink += convert(&m);
	});
	snprintf(label, sizeof(label), "%s: dictionary check", name);
	TIME(label, {
		struct fix_msg m = scanned(r);
		struct fix_fault f;
		if (fix_dict_check(dict, dict, &m, &fix_check_all, &f) != 0)
			abort();
	});
}

static void
typed_orders(void)
{
	TIME("NewOrderSingle: read as an order", {
		struct fix_msg m = scanned(r);
		struct fix_order o;
		uint32_t bad;
		if (fix_order_read(&o, &m, &bad) != 0)
			abort();
		sink += (uint64_t)o.price.mant + (uint64_t)o.order_qty.mant;
	});
}

static void
typed_reports(void)
{
	TIME("ExecutionReport: read as an execution", {
		struct fix_msg m = scanned(r);
		struct fix_exec e;
		uint32_t bad;
		if (fix_exec_read(&e, &m, &bad) != 0)
			abort();
		sink += (uint64_t)e.cum_qty_e8;
	});
}

/* --- encode ---------------------------------------------------------------- */

static uint8_t *
put_int(uint8_t *p, uint64_t v)
{
	uint8_t digits[20];
	int n = 0;

	do
		digits[n++] = (uint8_t)('0' + v % 10);
	while ((v /= 10) != 0);
	while (n > 0)
		*p++ = digits[--n];
	return p;
}

static uint8_t *
put_text(uint8_t *p, const char *s)
{
	size_t n = strlen(s);

	memcpy(p, s, n);
	return p + n;
}

/* An ExecutionReport by a function that can write nothing else. */
static size_t
straight(uint8_t *out, int r)
{
	uint8_t *p = out + 32, *begin = p;
	unsigned sum = 0;
	size_t body;

	p = put_text(p, "35=8\x01" "49=VENUE\x01" "56=BUYSIDE\x01" "34=");
	p = put_int(p, (uint64_t)(1178 + r));
	p = put_text(p, "\x01" "52=20250314-14:30:15.125\x01" "37=V");
	p = put_int(p, (uint64_t)(8246 + r));
	p = put_text(p, "\x01" "11=ORD-001178\x01" "17=E");
	p = put_int(p, (uint64_t)(15314 + r));
	p = put_text(p, "\x01" "150=F\x01" "39=1\x01" "1=ACCT-8427\x01"
	    "55=CSCO\x01" "54=1\x01" "38=");
	p = put_int(p, 1500);
	p = put_text(p, "\x01" "40=2\x01" "44=347.17\x01" "59=0\x01" "32=");
	p = put_int(p, (uint64_t)(100 + r));
	p = put_text(p, "\x01" "31=347.17\x01" "151=");
	p = put_int(p, 1275);
	p = put_text(p, "\x01" "14=");
	p = put_int(p, 225);
	p = put_text(p, "\x01" "6=347.17\x01" "60=20250314-14:30:15.124\x01");
	body = (size_t)(p - begin);
	begin = out;
	{
		uint8_t head[32], *h = put_text(head, "8=FIX.4.4\x01" "9=");

		h = put_int(h, body);
		*h++ = 1;
		begin = out + 32 - (h - head);
		memcpy(begin, head, (size_t)(h - head));
	}
	for (const uint8_t *q = begin; q < p; q++)
		sum += *q;
	p = put_text(p, "10=");
	sum &= 255;
	*p++ = (uint8_t)('0' + sum / 100);
	*p++ = (uint8_t)('0' + sum / 10 % 10);
	*p++ = (uint8_t)('0' + sum % 10);
	*p++ = 1;
	return (size_t)(p - begin);
}

static struct fix_exec
report(int r, char *order_id, char *exec_id)
{
	struct fix_exec e = { .kind = '8', .exec_type = 'F',
		.ord_status = '1', .side = '1', .ord_type = '2',
		.time_in_force = '0' };

	sprintf(order_id, "V%08d", 8246 + r);
	sprintf(exec_id, "E%09d", 15314 + r);
	e.order_id = fix_span_of(order_id);
	e.exec_id = fix_span_of(exec_id);
	e.cl_ord_id = fix_span_of("ORD-001178");
	e.account = fix_span_of("ACCT-8427");
	e.symbol = fix_span_of("CSCO");
	e.has = FIX_EH_LAST | FIX_EH_PRICE | FIX_EH_QTYS |
	    FIX_EH_TRANSACT_TIME;
	e.order_qty_e8 = 1500 * FIX_E8;
	e.cum_qty_e8 = 225 * FIX_E8;
	e.leaves_qty_e8 = 1275 * FIX_E8;
	e.last_qty_e8 = (100 + r) * FIX_E8;
	e.last_px_e8 = e.price_e8 = 34717 * (FIX_E8 / 100);
	e.avg_px = (struct fix_dec){ 34717, -2 };
	e.transact_time.ns = INT64_C(1741962615124000000);
	return e;
}

static void
encode(void)
{
	static uint8_t buf[1024];
	static struct fix_exec e[RING];
	static char ids[RING][2][24];

	for (int i = 0; i < RING; i++)
		e[i] = report(i, ids[i][0], ids[i][1]);
	TIME("ExecutionReport: straight-line C writes it", {
		sink += straight(buf, r);
	});
	TIME("ExecutionReport: built from typed values", {
		struct fix_build b;
		struct fix_utc t = { INT64_C(1741962615125000000) };
		fix_build_start(&b, buf, sizeof(buf), fix_span_of("8"));
		fix_build_str(&b, 49, "VENUE");
		fix_build_str(&b, 56, "BUYSIDE");
		fix_build_int(&b, 34, 1178 + r);
		fix_build_utc(&b, 52, t, 3);
		fix_exec_write(&b, &e[r]);
		sink += (uint64_t)fix_build_end(&b, fix_span_of("FIX.4.4"));
	});
}

/* For a peer that decodes the same. */
static int
print_ring(const char *name)
{
	if (strcmp(name, "NewOrderSingle") == 0)
		make_orders();
	else if (strcmp(name, "ExecutionReport") == 0)
		make_reports();
	else
		make_market_data();
	for (int i = 0; i < RING; i++)
		(void)fwrite(ring[i], 1, ring_len[i], stdout);
	return 0;
}

int
main(int argc, char **argv)
{
	struct fix_dict *dict;
	struct fix_dict_error err;

	if (argc > 2 && strcmp(argv[1], "print") == 0)
		return print_ring(argv[2]);
	if (argc > 2) {
		only = argv[1];
		batches = 1;
		per_batch = atoi(argv[2]);
	}

	if (fix_dict_load_version(&dict, FIX_V_44, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	set_kinds();
	make_orders();
	decode("NewOrderSingle", dict);
	typed_orders();
	make_reports();
	decode("ExecutionReport", dict);
	typed_reports();
	make_market_data();
	decode("MarketDataIncrementalRefresh", dict);
	encode();
	fix_dict_free(dict);
	return 0;
}
