/*
 * Any bytes as the files of a journal, opened by a reader and by the writer.
 *
 * Input: a byte of options, a header of 128 bytes, and what stands from the
 * first record on; the rest of a segment is zeros. With SECOND the rest is
 * halved over two segments. With MEND, headers and records get right sums, so
 * that the bytes get past the checks that would stop nearly all of them.
 */
#include <assert.h>
#include <stdlib.h>

#include "store/crc32c.h"
#include "store/journal_format.h"
#include "tests/lib/memdisk.h"

#define SEG 65536u
#define HEAD sizeof(struct seg_head)

enum option {
	MEND = 1,
	SECOND = 2,
	DISK = 4,
	BOOTED = 8,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
mend_head(uint8_t *at, uint32_t number)
{
	struct seg_head *h = (struct seg_head *)at;

	h->magic = SEG_MAGIC;
	h->version = SEG_VERSION;
	h->number = number;
	h->bytes = SEG;
	h->crc = fix_crc32c(0, h, offsetof(struct seg_head, crc));
}

static void
mend_records(uint8_t *at)
{
	const struct seg_head *s = (const struct seg_head *)at;
	uint32_t chain = s->chain, kind;
	uint64_t off = SEG_DATA, number = s->first;
	struct rec_head *h;

	while (SEG - off >= sizeof(*h)) {
		h = (struct rec_head *)(at + off);
		if (h->number == 0 || h->len > FIX_JOURNAL_DATA_MAX ||
		    rec_bytes(h->len) > SEG - off)
			return;
		kind = h->seal & 1 ? REC_SEALED : REC_OPEN;
		h->chain = chain;
		h->number = number++;
		chain = h->crc = fix_crc32c(0, &h->chain,
		    rec_bytes(h->len) - offsetof(struct rec_head, chain));
		h->seal = chain ^ kind;
		off += rec_bytes(h->len);
	}
}

static void
plant(struct memdisk *m, uint32_t number, uint8_t options, const uint8_t *data,
    size_t size)
{
	uint8_t *seg = calloc(1, SEG);
	size_t head = size < HEAD ? size : HEAD;
	char name[SEG_NAME_MAX];

	assert(seg != NULL);
	memcpy(seg, data, head);
	size -= head;
	if (size > SEG - SEG_DATA)
		size = SEG - SEG_DATA;
	if (size > 0)
		memcpy(seg + SEG_DATA, data + head, size);
	if (options & MEND) {
		mend_head(seg, number);
		mend_records(seg);
	}
	seg_name(name, number);
	assert(memdisk_put(m, name, seg, SEG) == 0);
	free(seg);
}

/* @return records seen before the end or damage */
static uint64_t
read_all(struct fix_disk *d, uint64_t from, bool must_work)
{
	struct fix_journal_reader *r;
	struct fix_store_error e;
	struct fix_rec rec;
	uint64_t n = 0, next = 0, sum = 0;
	size_t i;
	int rc = fix_journal_reader_open(&r, d, from, &e);

	assert(rc == 0 || e.text[0] != '\0');
	if (rc != 0) {
		assert(!must_work);
		return 0;
	}
	while ((rc = fix_journal_next(r, &rec, &e)) == 1) {
		assert(next == 0 || rec.number == next);
		next = rec.number + 1;
		for (i = 0; i < rec.len; i++)
			sum += rec.data[i]; /* it is there to be read */
		n++;
	}
	assert(rc == 0 || (e.text[0] != '\0' && !must_work));
	fix_journal_reader_close(r);
	return n + (sum & 0);
}

static struct fix_journal *
open_on(struct fix_disk *d, uint8_t options)
{
	struct fix_journal_cfg cfg = { d, SEG,
		options & DISK ? FIX_DURABLE_DISK : FIX_DURABLE_PROCESS };
	struct fix_store_error e;
	struct fix_journal *j;
	int rc = fix_journal_open(&j, &cfg, &e);

	if (rc == 0)
		return j;
	assert(rc == -FIX_E_CORRUPT || rc == -FIX_E_FOREIGN);
	assert(e.text[0] != '\0');
	return NULL;
}

/* Opened once, it stays a journal: it takes a turn and opens again. */
static void
go_on(struct fix_disk *d, struct fix_journal *j, uint8_t options)
{
	struct fix_span part = fix_span_of("8=FIX.4.4");
	struct fix_now now = { { 1 }, { 1 } };
	uint64_t last = fix_journal_last(j), n;
	struct fix_rec rec;
	uint64_t pos;

	/* That an older segment does not lead here is told when it is read. */
	n = read_all(d, last + 1, !(options & SECOND));
	assert(n == 0);
	assert(fix_journal_append(j, 1, 1, 1, now, &part, 1, &pos) == 0);
	assert(fix_journal_commit(j) == 1);
	assert(fix_journal_at(j, pos, &rec) == 0 && rec.number == last + 1);
	fix_journal_close(j);
	j = open_on(d, options);
	assert(j != NULL && fix_journal_last(j) == last + 1);
	assert(read_all(d, last + 1, true) == 1);
	fix_journal_close(j);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fix_journal *j;
	struct memdisk *m;
	struct fix_disk *d;
	size_t half;

	if (size < 1)
		return 0;
	m = memdisk_new(1);
	assert(m != NULL);
	half = data[0] & SECOND ? (size - 1) / 2 : size - 1;
	plant(m, 1, data[0], data + 1, half);
	if (data[0] & SECOND)
		plant(m, 2, data[0], data + 1 + half, size - 1 - half);
	if (data[0] & BOOTED)
		memdisk_crash(m, MEMDISK_POWER);
	d = memdisk_attach(m);
	assert(d != NULL);
	read_all(d, 0, false);
	j = open_on(d, data[0]);
	if (j != NULL)
		go_on(d, j, data[0]);
	read_all(d, 0, false);
	d->ops->close(d);
	memdisk_free(m);
	return 0;
}
