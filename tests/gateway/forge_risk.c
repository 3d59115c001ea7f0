/*
 * Copies a trading journal record by record through the journal's own writer, so
 * that every checksum is right, and on the way changes what risk decided.
 *
 *     forge_risk FROM TO {none | outcome | order | sums | old}
 *     forge_risk TABLES - {position | state}
 *
 * outcome: what the 20th decision came to; order: the quantity of an accepted
 * order; sums: what a turn kept as reserved. Prints the record's number. old:
 * starts as they were before they had the node.
 *
 * position: the first of the tables is one more, with a valid checksum; state: a
 * hash of all that a restart may not change (an order has the time of its last
 * change, which is when its venue was asked).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/trader/records.h"
#include "risk/tape.h"

#define NTH 20
#define SEGMENT (64 * 1024 * 1024)

struct forge {
	const char *what;
	struct fix_journal *out;
	uint8_t *data;
	unsigned seen;
	bool done;
};

static bool
is(const struct forge *f, const char *what)
{
	return strcmp(f->what, what) == 0;
}

/* The code is the first byte of a check; of the quantity, a varint with other
 * numbers behind, one bit is turned round. */
static void
change_check(struct forge *f, uint8_t *entry, size_t len,
    const struct risk_played *p)
{
	if (++f->seen < NTH)
		return;
	if (is(f, "outcome")) {
		entry[3] = p->was.code == RISK_OK ? RISK_QTY_MAX : RISK_OK;
		f->done = true;
	} else if (p->was.code == RISK_OK && p->o.qty_e8 == 5 * FIX_E8) {
		static const uint8_t five[] = { 0x80, 0x94, 0xeb, 0xdc, 0x03 };
		uint8_t *at = entry + len;

		while (at > entry && memcmp(at, five, sizeof(five)) != 0)
			at--;
		if (at == entry)
			return;
		at[1] ^= 1;
		f->done = true;
	}
}

static void
change_risk(struct forge *f, size_t len)
{
	struct fix_span tape = { f->data, len };
	struct risk_played p;
	uint8_t *entry = f->data;

	while (!f->done && risk_tape_read(&tape, &p) == 1) {
		size_t n = (size_t)(tape.p - entry);

		if (p.call == RISK_CALL_CHECK && !is(f, "sums") &&
		    !is(f, "none"))
			change_check(f, entry, n, &p);
		entry += n;
	}
}

static void
change_sums(struct forge *f, size_t len)
{
	struct rec_keep k;
	struct risk_sums s;
	uint8_t *at = f->data + len - sizeof(s);

	memcpy(&k, f->data, sizeof(k));
	if (k.table != FIX_TAB_SUMS ||
	    len != sizeof(k) + k.key_len + sizeof(s) || ++f->seen < NTH)
		return;
	memcpy(&s, at, sizeof(s));
	s.buys_e8 += FIX_E8;
	memcpy(at, &s, sizeof(s));
	f->done = true;
}

static void
copy(struct forge *f, const struct fix_rec *r)
{
	struct fix_span part = { f->data, r->len };
	struct fix_now now = { r->wall, r->mono };
	bool was = f->done;

	memcpy(f->data, r->data, r->len);
	if (!f->done && r->type == REC_RISK)
		change_risk(f, r->len);
	else if (!f->done && r->type == REC_KEEP && is(f, "sums"))
		change_sums(f, r->len);
	else if (r->type == REC_START && is(f, "old"))
		part.len = REC_START_LEAST;
	if (f->done && !was)
		printf("%llu\n", (unsigned long long)r->number);
	if (fix_journal_append(f->out, r->type, r->session, r->order, now,
		&part, 1, NULL) != 0)
		abort();
	if ((r->flags & FIX_REC_END) != 0 && fix_journal_commit(f->out) < 0)
		abort();
}

struct row {
	struct risk_position p;
	uint8_t key[FIX_STORE_KEY_MAX];
	size_t len;
};

static int
find_position(void *arg, struct fix_span key, struct fix_span value)
{
	struct row *row = arg;

	memcpy(&row->p, value.p, sizeof(row->p));
	memcpy(row->key, key.p, key.len);
	row->len = key.len;
	return 1;
}

static int
change_position(struct fix_store *s)
{
	const struct fix_span all = { NULL, 0 };
	struct row row;

	if (fix_store_each(s, FIX_TAB_POSITIONS, all, all, find_position,
		&row) != 1)
		return 1;
	row.p.qty_e8 += FIX_E8;
	return fix_store_begin(s) != 0 ||
	       fix_store_put(s, FIX_TAB_POSITIONS,
		   (struct fix_span){ row.key, row.len },
		   (struct fix_span){ (const uint8_t *)&row.p,
		       sizeof(row.p) }) != 0 ||
	       fix_store_commit(s, fix_store_applied(s)) != 0;
}

static int
mix(void *arg, struct fix_span key, struct fix_span value)
{
	uint64_t *h = arg;

	if (fix_span_is(key, "incarnation"))
		return 0;
	for (size_t i = 0; i < key.len; i++)
		*h = (*h ^ key.p[i]) * UINT64_C(0x100000001b3);
	for (size_t i = 0; i < value.len; i++)
		*h = (*h ^ value.p[i]) * UINT64_C(0x100000001b3);
	return 0;
}

static int
tables(const char *path, bool change)
{
	static const enum fix_table state[] = { FIX_TAB_IDS, FIX_TAB_EXECS,
		FIX_TAB_POSITIONS, FIX_TAB_SUMS, FIX_TAB_CONTROL };
	const struct fix_span all = { NULL, 0 };
	struct fix_store_error e;
	struct fix_store *s;
	uint64_t h = 0;
	int rc = fix_store_open(&s, path, (size_t)1 << 34, change, &e);

	if (rc != 0)
		return 2;
	if (change)
		rc = change_position(s);
	for (size_t i = 0; !change && rc == 0 &&
	     i < sizeof(state) / sizeof(state[0]); i++)
		rc = fix_store_each(s, state[i], all, all, mix, &h);
	printf("%016llx\n", (unsigned long long)h);
	fix_store_close(s);
	return rc;
}

int
main(int argc, char **argv)
{
	struct forge f = { .what = argc == 4 ? argv[3] : "" };
	struct fix_journal_reader *in;
	struct fix_journal_cfg cfg = { NULL, SEGMENT, FIX_DURABLE_PROCESS };
	struct fix_disk *from, *to;
	struct fix_store_error e;
	struct fix_rec r;

	if (argc == 4 && strcmp(argv[2], "-") == 0)
		return tables(argv[1], is(&f, "position"));
	f.data = malloc(FIX_JOURNAL_DATA_MAX);
	if (argc != 4 || f.data == NULL ||
	    fix_disk_dir(&from, argv[1], false) != 0 ||
	    fix_disk_dir(&to, argv[2], true) != 0 ||
	    fix_journal_reader_open(&in, from, 0, &e) != 0)
		return 2;
	cfg.disk = to;
	if (fix_journal_open(&f.out, &cfg, &e) != 0)
		return 2;
	while (fix_journal_next(in, &r, &e) == 1)
		copy(&f, &r);
	fix_journal_close(f.out);
	fix_journal_reader_close(in);
	from->ops->close(from);
	to->ops->close(to);
	free(f.data);
	return f.done || is(&f, "none") || is(&f, "old") ? 0 : 1;
}
