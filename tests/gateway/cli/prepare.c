/*
 * Writes a gateway's store as a gateway would have left it: prepare DIR.
 *
 * Two sessions; an order that the tables hold as New, while the journal's tail,
 * which they do not hold yet, says that it is filled; another one that is in
 * the tail only. So whoever shows orders and sessions from the tables alone
 * shows the wrong thing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fix/build.h"
#include "gateway/order/order.h"
#include "gateway/trader/tables.h"

static struct fix_journal *journal;
static struct fix_now now = { { INT64_C(1764064800) * FIX_SEC }, { 0 } };

static void
must(long rc, const char *what)
{
	if (rc < 0) {
		fprintf(stderr, "prepare: %s: %s\n", what, fix_strerror(rc));
		exit(1);
	}
}

static struct fix_span
span(const void *p, size_t len)
{
	struct fix_span v = { p, len };

	return v;
}

static void
append(uint16_t type, uint32_t session, struct fix_span a, struct fix_span b,
    struct fix_span c)
{
	const struct fix_span parts[] = { a, b, c };

	must(fix_journal_append(journal, type, session, 0, now, parts, 3, NULL),
	    "append");
}

static void
commit(void)
{
	must(fix_journal_commit(journal), "commit");
	now.utc.ns += FIX_SEC;
}

static void
keep(uint32_t session, enum fix_table t, struct fix_span key,
    struct fix_span value)
{
	struct rec_keep k = { (uint16_t)t, (uint16_t)key.len };

	append(REC_KEEP, session, span(&k, sizeof(k)), key, value);
}

static void
put_session(
    uint32_t number, const char *id, uint64_t next_in, uint64_t next_out)
{
	struct rec_session s = { 0 };
	uint8_t key[4];

	s.numbers.next_in = next_in;
	s.numbers.next_out = next_out;
	s.changed_ns = now.utc.ns;
	snprintf(s.id, sizeof(s.id), "%s", id);
	keep(number, FIX_TAB_SESSIONS, span(key, fix_key_u32(key, number)),
	    span(&s, sizeof(s)));
}

static void
put_order(struct order *o)
{
	uint8_t key[8], value[ORDER_KEPT_MAX];

	keep(0, FIX_TAB_ORDERS, span(key, fix_key_u64(key, o->number)),
	    span(value, order_keep(o, value)));
}

static struct order
make_order(uint64_t number, const char *id, const char *symbol)
{
	struct order o;

	memset(&o, 0, sizeof(o));
	o.number = number;
	o.session = 1;
	snprintf(o.order_id, sizeof(o.order_id), "O-%u", (unsigned)number);
	snprintf(o.cl_ord_id, sizeof(o.cl_ord_id), "%s", id);
	snprintf(o.account, sizeof(o.account), "DEMO");
	snprintf(o.symbol, sizeof(o.symbol), "%s", symbol);
	o.side = '1';
	o.ord_type = '2';
	o.status = '0';
	o.acked = 1;
	o.qty_e8 = 100 * FIX_E8;
	o.leaves_e8 = o.qty_e8;
	o.price_e8 = 187 * FIX_E8 + FIX_E8 / 4;
	o.entered_ns = o.changed_ns = now.utc.ns;
	return o;
}

static void
fill(struct order *o)
{
	__int128 paid = (__int128)o->qty_e8 * o->price_e8;

	o->status = '2';
	o->cum_e8 = o->qty_e8;
	o->leaves_e8 = 0;
	o->paid_hi = (int64_t)(paid >> 64);
	o->paid_lo = (int64_t)paid;
}

/* "tag=value|..." from 49 on, as a record of a session. */
static void
message(uint16_t type, uint64_t seq, const char *msg_type, const char *text)
{
	uint8_t buf[1024], fields[1024];
	size_t i, n = strlen(text);
	struct fix_build b;
	ssize_t len;

	for (i = 0; i < n; i++)
		fields[i] = text[i] == '|' ? 1 : (uint8_t)text[i];
	fix_build_start(&b, buf, sizeof(buf), fix_span_of(msg_type));
	fix_build_raw(&b, span(fields, n));
	len = fix_build_end(&b, fix_span_of("FIX.4.4"));
	must(len, "build");
	append(type, 1, span(&seq, sizeof(seq)),
	    span(buf + b.begin, (size_t)len), span(NULL, 0));
}

static void
follow(const char *dir, struct fix_disk *disk)
{
	struct fix_store_error e;
	struct fix_store *s;
	struct tables *t;
	char path[4096];

	snprintf(path, sizeof(path), "%s/trading/tables", dir);
	must(fix_store_open(&s, path, (size_t)1 << 30, true, &e), "tables");
	t = tables_new(s);
	must(t == NULL ? -FIX_E_NOMEM : 0, "tables");
	must(tables_follow(t, disk, 1000, &e), "follow");
	must(tables_commit(t), "commit");
	tables_free(t);
	fix_store_close(s);
}

static void
morning(struct order *o)
{
	static const char up[] = "FIX.4.4:FIXGATE->ALICE: logged on";

	put_session(1, "FIX.4.4:FIXGATE->ALICE", 1, 1);
	put_session(2, "FIX.4.2:FIXGATE->BOB", 7, 9);
	commit();
	append(REC_NOTE, 1, fix_span_of(up), span(NULL, 0), span(NULL, 0));
	commit();
	message(REC_IN, 1, "D",
	    "49=ALICE|56=FIXGATE|34=1|52=20251125-10:00:02|"
	    "11=first|55=AAPL|54=1|60=20251125-10:00:02|"
	    "38=100|40=2|44=187.25|");
	*o = make_order(1, "first", "AAPL");
	put_order(o);
	commit();
}

static void
afternoon(struct order *o)
{
	struct order other;

	message(REC_OUT, 1, "8",
	    "49=FIXGATE|56=ALICE|34=1|52=20251125-10:00:03|37=O-1|11=first|"
	    "17=E1|150=F|39=2|55=AAPL|54=1|38=100|32=100|31=187.25|151=0|"
	    "14=100|6=187.25|60=20251125-10:00:03|");
	fill(o);
	put_order(o);
	commit();
	other = make_order(2, "second", "MSFT");
	put_order(&other);
	commit();
}

int
main(int argc, char **argv)
{
	struct fix_journal_cfg cfg = { NULL, 1 << 16, FIX_DURABLE_PROCESS };
	struct fix_store_error e = { "" };
	struct fix_disk *disk;
	struct order o;
	char path[4096];

	if (argc != 2)
		return 2;
	snprintf(path, sizeof(path), "%s/trading", argv[1]);
	(void)mkdir(argv[1], 0700);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/trading/journal", argv[1]);
	must(fix_disk_dir(&disk, path, true), "disk");
	cfg.disk = disk;
	must(fix_journal_open(&journal, &cfg, &e), e.text);
	morning(&o);
	follow(argv[1], disk);
	afternoon(&o);
	fix_journal_close(journal);
	disk->ops->close(disk);
	return 0;
}
