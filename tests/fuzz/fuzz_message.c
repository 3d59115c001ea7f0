/*
 * Reading values: whatever stands in a message, typed reading gives an error or
 * a value that is written back and read to the same value again.
 *
 * Input: one message as it would be read from a store, checksum and BodyLength
 * of no matter.
 */
#include <stdlib.h>

#include "fix/order.h"
#include "fix/parties.h"
#include "fix/scan.h"
#include "fix/version.h"

#define CAP 256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fix_field fields[CAP], again[CAP];
static uint8_t out[1 << 17];

static void
need(bool good)
{
	if (!good)
		abort();
}

static void
check_dec(struct fix_span v)
{
	uint8_t text[FIX_DEC_MAX];
	struct fix_dec a, b;
	int64_t e8, i;

	if (fix_dec_parse(v, &a) == 0) {
		v = (struct fix_span){ text, fix_dec_format(text, a) };
		need(v.len > 0 && v.len <= FIX_DEC_MAX);
		need(fix_dec_parse(v, &b) == 0);
		need(a.mant == b.mant && a.exp == b.exp);
		need(fix_dec_cmp(a, b) == 0);
		if (fix_dec_to_e8(a, &e8) == 0)
			need(fix_dec_cmp(a, fix_dec_of_e8(e8)) == 0);
		if (fix_dec_add(a, b, &b) == 0)
			need(fix_dec_cmp(b, a) == (a.mant > 0) - (a.mant < 0));
		if (fix_dec_mul(a, a, &b) == 0)
			need(b.mant >= 0);
	}
	if (fix_int_parse(v, &e8) == 0) {
		v = (struct fix_span){ text, fix_int_format(text, e8) };
		need(fix_int_parse(v, &i) == 0 && i == e8);
	}
}

static void
check_time(struct fix_span v)
{
	uint8_t text[FIX_STAMP_MAX];
	struct fix_stamp t;

	if (fix_stamp_parse(v, &t) == 0) {
		need(fix_stamp_format(text, &t) == v.len);
		need(memcmp(text, v.p, v.len) == 0); /* the very same text */
	}
	need(!fix_date_ok(v) || v.len == 8);
	need(!fix_timeonly_ok(v) || v.len >= 8);
	need(!fix_monthyear_ok(v) || v.len >= 6);
	need(!fix_tztime_ok(v) || v.len >= 5);
	need(!fix_tzstamp_ok(v) || v.len >= 17);
	need(fix_version_of_begin(v) < FIX_N_VERSION);
	need(fix_version_of_appl(v) < FIX_N_VERSION);
}

/* What was written reads as a message again. */
static struct fix_msg
built(struct fix_build *b)
{
	struct fix_msg m = { .fields = again, .cap = CAP };
	struct fix_scan s = { .max_bytes = sizeof(out) };
	ssize_t n = fix_build_end(b, fix_span_of("FIX.4.4"));

	need(n > 0);
	need(fix_scan(&s, out + b->begin, (size_t)n, &m) == n);
	need(s.why == FIX_G_NONE);
	return m;
}

static void
check_order(const struct fix_msg *m)
{
	struct fix_order o, p;
	struct fix_build b;
	struct fix_msg n;
	uint32_t bad;

	if (fix_order_read(&o, m, &bad) != 0)
		return;
	fix_build_start(&b, out, sizeof(out), fix_msg_type(m));
	fix_order_write(&b, &o);
	n = built(&b);
	need(fix_order_read(&p, &n, &bad) == 0);
	need(o.has == p.has && o.kind == p.kind && o.side == p.side);
	need(fix_span_eq(o.cl_ord_id, p.cl_ord_id));
	need(fix_dec_cmp(o.price, p.price) == 0);
	need(o.transact_time.utc.ns == p.transact_time.utc.ns);
}

static void
check_exec(const struct fix_msg *m)
{
	struct fix_exec e, f;
	struct fix_build b;
	struct fix_msg n;
	uint32_t bad;

	if (fix_exec_read(&e, m, &bad) != 0)
		return;
	fix_build_start(&b, out, sizeof(out), fix_msg_type(m));
	fix_exec_write(&b, &e);
	n = built(&b);
	need(fix_exec_read(&f, &n, &bad) == 0);
	need(e.has == f.has && e.kind == f.kind);
	if ((e.has & FIX_EH_QTYS) != 0)
		need(e.cum_qty_e8 == f.cum_qty_e8);
	if ((e.has & FIX_EH_LAST) != 0)
		need(e.last_px_e8 == f.last_px_e8);
}

/* Parties in every version: fields that are parties again, and no more. */
static void
check_parties(const struct fix_msg *m)
{
	uint8_t own[FIX_PARTIES_MAX], back[FIX_PARTIES_MAX];
	struct fix_span parties = { own, 0 }, rest;
	int len = fix_parties_read(m, own);
	struct fix_party p;
	unsigned n = 0;

	if (len <= 0)
		return;
	parties.len = (size_t)len;
	for (rest = parties; fix_parties_next(&rest, &p); n++)
		need(p.id.len > 0);
	need(n > 0 && fix_parties_ok(parties));
	for (enum fix_version v = FIX_V_42; v < FIX_N_VERSION; v++) {
		struct fix_build b;
		struct fix_msg o;

		fix_build_start(&b, out, sizeof(out), fix_span_of("8"));
		fix_parties_write(&b, parties, v);
		o = built(&b);
		len = fix_parties_read(&o, back);
		need(len >= 0 || len == -FIX_E_TOOBIG);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fix_msg m = { .fields = fields, .cap = CAP };
	uint32_t i;

	if (size > 8192 || fix_split(data, size, &m) != 0)
		return 0;
	for (i = 0; i < m.n; i++) {
		check_dec(fix_msg_at(&m, i));
		check_time(fix_msg_at(&m, i));
	}
	check_order(&m);
	check_exec(&m);
	check_parties(&m);
	return 0;
}
