/*
 * What one order costs the trader, sockets left out: NewOrderSingle in, New (or
 * New and Fill) out, on a disk in memory. turn [ORDERS [PER_TURN [fill]]]
 *
 * valgrind --tool=callgrind --toggle-collect=run_orders counts instructions.
 */
#include <stdlib.h>

#include "tests/bench/measure.h"
#include "tests/gateway/trader/rig.h"

struct message {
	uint8_t bytes[256];
	size_t len;
};

static void
make(struct rig *r, struct message *m, unsigned i, bool fill)
{
	char body[512], stamp[FIX_STAMP_MAX + 1] = { 0 };
	unsigned sum = 0;
	int n, len;

	fix_utc_format((uint8_t *)stamp, r->now.utc, 3);
	len = snprintf(body, sizeof(body), "35=D|49=CLIENTA|56=FIXGATE|34=%u|"
	    "52=%s|11=ORD-%08u|1=DEMO|21=1|55=AAPL|54=1|60=%s|38=1|40=2|"
	    "44=%s|59=%c|", i + 2, stamp, i, stamp, fill ? "101" : "90",
	    fill ? '3' : '0');
	n = snprintf((char *)m->bytes, sizeof(m->bytes), "8=FIX.4.4|9=%d|%s",
	    len, body);
	for (int k = 0; k < n; k++) {
		if (m->bytes[k] == '|')
			m->bytes[k] = 1;
		sum += m->bytes[k];
	}
	m->len = (size_t)(n + sprintf((char *)m->bytes + n, "10=%03u\x01",
	    sum & 255));
}

__attribute__((noinline)) static void
run_orders(struct rig *r, struct rig_conn *c, struct message *m, unsigned n,
    unsigned per_turn)
{
	for (unsigned i = 0; i < n; i++) {
		if (trader_received(r->trader, &c->conn, m[i].bytes, m[i].len,
		    r->now) != m[i].len)
			abort();
		if ((i + 1) % per_turn != 0 && i + 1 < n)
			continue;
		trader_tick(r->trader, r->now);
		if (trader_commit(r->trader, r->now) != 0)
			abort();
	}
}

int
main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 20000;
	unsigned per_turn = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	bool fill = argc > 3;
	struct message *m = calloc(n, sizeof(*m));
	struct rig *r = rig_new();
	struct rig_conn *c;
	int64_t from, took[1];
	char name[80];

	r->segment_bytes = 16 << 20;
	if (m == NULL || rig_start(r) != 0)
		return 1;
	for (unsigned i = 0; i < n; i++)
		make(r, &m[i], i, fill);
	c = rig_accept(r, 0);
	rig_say(r, c, "35=A|34=1|98=0|108=30");
	r->deaf = true;
	from = measure_cpu();
	run_orders(r, c, m, n, per_turn);
	took[0] = (measure_cpu() - from) * 1000 / n;
	snprintf(name, sizeof(name), "trader without sockets, %s, %u a turn",
	    fill ? "New and Fill" : "New", per_turn);
	measure_print(name, "ps", took, 1);
	rig_free(r);
	free(m);
	return 0;
}
