/*
 * Input: what the trader asks, what TWS says, time that passes and connections
 * that break, in any order. Whatever comes: an order id stands for one order
 * and an order for one order id, no more frames leave in a second than are
 * allowed, and nothing leaves without a connection.
 *
 * A byte says what comes. Below 0x20: a request (0 new, 1 cancel, 2 replace,
 * 3 status) about the order of the next byte. Below 0x40: so many times 50 ms
 * as the next byte says. 0x40: the connection breaks. 0x41: it is there, up to
 * the first question. From 0x80 on: a message of TWS, two bytes of length in
 * front.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/venue/tws_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ORDERS 16
#define RATE 45
#define IDS 4096

static struct {
	struct tws *t;
	struct fix_now now;
	bool linked, dropped;
	int64_t sent_ns[RATE];
	unsigned n_sent, requests;
	char ref_of[IDS][VENUE_ID_MAX + 1]; /* by order id */
	int64_t id_of[ORDERS];              /* by order */
	unsigned links, first[ORDERS]; /* a new order is told again at most
	                                * while its first link lasts */
} f;

/* One order, one id: the ref's letter says which order. */
static void
on_place(const struct tws_msg *m)
{
	struct fix_span ref = tws_get(m, TWS_PO_ORDER_REF);
	int64_t id;
	unsigned n;

	assert(tws_read_int(tws_get(m, TWS_PO_ORDER_ID), &id) == 1 && id > 0);
	assert(ref.len > 0 && ref.p[0] >= 'A' && ref.p[0] < 'A' + ORDERS);
	n = (unsigned)(ref.p[0] - 'A');
	assert(f.id_of[n] == 0 || f.id_of[n] == id);
	f.id_of[n] = id;
	if (id >= IDS)
		return;
	assert(f.ref_of[id][0] == '\0' || fix_span_is(ref, f.ref_of[id]));
	fix_span_copy(ref, f.ref_of[id], sizeof(f.ref_of[id]));
}

static void
on_send(void *arg, const uint8_t *p, size_t len)
{
	int64_t *slot = &f.sent_ns[f.n_sent % RATE];
	struct fix_span payload;
	struct tws_msg m;

	(void)arg;
	assert(f.linked);
	if (len >= 4 && memcmp(p, "API", 4) == 0)
		return;
	assert(f.n_sent < RATE || f.now.mono.ns - *slot >= FIX_SEC);
	*slot = f.now.mono.ns;
	f.n_sent++;
	assert(tws_frame(p, len, &payload) == (ssize_t)len);
	assert(tws_decode(&m, TWS_TO_SERVER, tws_version(f.t), payload) == 0);
	assert(m.missing == 0 && m.extra == 0 && tws_odd_field(&m) < 0);
	if (m.kind == TWS_PLACE_ORDER)
		on_place(&m);
}

static void
on_event(void *arg, const struct venue_event *e)
{
	(void)arg;
	assert((unsigned)e->kind < VENUE_N_EVENT);
	assert(e->kind != VENUE_FILL || e->last_qty_e8 > 0);
	assert(e->kind != VENUE_UP || tws_up(f.t));
}

static void
on_account(void *arg, const struct venue_account *a)
{
	(void)arg;
	assert(a->kind != VENUE_ACCOUNT_PAIR || a->base != NULL);
	assert(a->kind != VENUE_ACCOUNT_HOLDS || (a->asset[0] != '\0' &&
	    strchr(a->asset, ' ') == NULL));
}

static void
on_keep(void *arg, const char *key, const char *value)
{
	(void)arg;
	assert(strlen(key) < 32 && strlen(value) < 128);
}

static void
on_say(void *arg, bool alert, const char *text)
{
	(void)arg;
	(void)alert;
	assert(text != NULL);
}

static void
on_drop(void *arg, const char *why)
{
	(void)arg;
	assert(f.linked && why[0] != '\0');
	f.dropped = true;
}

static void
request(unsigned kind, uint8_t which)
{
	static int (*const send[])(struct tws *t, const struct venue_order *o,
	    struct fix_now now) = { tws_send_new, tws_send_cancel,
		tws_send_replace, tws_send_status };
	char id[24], orig[24];
	struct venue_order o = { .cl_ord_id = id, .orig_cl_ord_id = orig,
		.venue_order_id = "", .account = "", .symbol = "AAPL",
		.side = '1', .ord_type = which & 0x80 ? '4' : '2',
		.time_in_force = which & 0x40 ? '3' : '0',
		.qty_e8 = (1 + which) * FIX_E8, .price_e8 = which * FIX_E8,
		.stop_e8 = FIX_E8 };

	if (kind == 0 && f.first[which % ORDERS] == 0)
		f.first[which % ORDERS] = f.links + 1;
	if (kind == 0 && f.first[which % ORDERS] != f.links + 1)
		return;
	snprintf(orig, sizeof(orig), "%c-0", 'A' + which % ORDERS);
	snprintf(id, sizeof(id), "%c-%u", 'A' + which % ORDERS,
	    kind == 0 || kind == 3 ? 0 : ++f.requests);
	(void)send[kind](f.t, &o, f.now);
}

static void
say(const uint8_t *p, size_t n)
{
	uint8_t b[2052];

	if (n == 0 || n > 2048 || !f.linked)
		return;
	memcpy(b + 4, p, n);
	b[4 + n - 1] = '\0';
	b[0] = b[1] = 0;
	b[2] = (uint8_t)(n >> 8);
	b[3] = (uint8_t)n;
	(void)tws_received(f.t, b, n + 4, f.now);
}

static void
end_link(void)
{
	if (!f.linked)
		return;
	f.linked = f.dropped = false;
	f.links++;
	tws_closed(f.t, "gone", f.now);
}

static void
make_link(void)
{
	end_link();
	f.linked = true;
	tws_connected(f.t, f.now);
	say((const uint8_t *)"193\0now", 8);
	say((const uint8_t *)"15\0" "1\0DU1", 9);
	say((const uint8_t *)"9\0" "1\0" "5", 6);
}

static void
pass(int64_t ns)
{
	f.now.mono.ns += ns;
	f.now.utc.ns += ns;
	tws_tick(f.t, f.now);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tws_symbol symbol = { "AAPL", "AAPL", "STK",
		"SMART", "", "USD", "", 0 };
	struct tws_cfg cfg = { .client_id = 7, .account = "",
		.symbols = &symbol, .n_symbols = 1, .rate = RATE,
		.max_orders = 2 * ORDERS, .zone_name = "",
		.count_every_ns = 5 * FIX_SEC };
	struct tws_out out = { NULL, on_send, on_event, on_account, on_keep, on_say,
		on_drop };

	memset(&f, 0, sizeof(f));
	f.now.mono.ns = 1000 * FIX_SEC;
	f.now.utc.ns = 1795000000 * FIX_SEC;
	f.t = tws_new(&cfg, out);
	if (f.t == NULL)
		abort();
	for (size_t i = 0; i + 1 < size;) {
		uint8_t op = data[i++];
		size_t n = 0;

		if (op < 0x20) {
			request(op & 3, data[i++]);
		} else if (op < 0x40) {
			pass(data[i++] * 50 * FIX_MSEC);
		} else if (op == 0x40) {
			end_link();
		} else if (op == 0x41) {
			make_link();
		} else if (op >= 0x80 && i + 2 <= size) {
			n = (size_t)data[i] << 8 | data[i + 1];
			i += 2;
			n = n < size - i ? n : size - i;
			say(data + i, n);
			i += n;
		}
		if (f.dropped)
			end_link();
	}
	tws_free(f.t);
	return 0;
}
