/*
 * Segments and records as bytes: making headers, checking what a file holds,
 * and finding the files. Nothing here writes to a disk or keeps state.
 *
 * Every byte may be damaged: each number is laid against the file's size before
 * it is used, and nothing is believed before its checksum holds. What is said
 * about damage names the file, the offset and the record, because whoever reads
 * it must decide what to do with somebody's orders.
 */
#include "store/journal_format.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/crc32c.h"
#include "store/fail.h"

#define NAME_DIGITS 10
#define NAME_TAIL ".journal"

#define WHAT_TO_DO                                                             \
	"Nothing was changed. Keep a copy of the folder, then put the "        \
	"damaged file back from a copy of it; `fixgate journal verify` tells " \
	"what can be read"

void
seg_name(char out[SEG_NAME_MAX], uint32_t number)
{
	(void)snprintf(out, SEG_NAME_MAX, "%0*lu" NAME_TAIL, NAME_DIGITS,
	    (unsigned long)number);
}

bool
seg_number(const char *name, uint32_t *number)
{
	uint64_t v = 0;
	unsigned i;

	for (i = 0; i < NAME_DIGITS; i++) {
		if (name[i] < '0' || name[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(name[i] - '0');
	}
	if (strcmp(name + NAME_DIGITS, NAME_TAIL) != 0 || v == 0 ||
	    v > UINT32_MAX)
		return false;
	*number = (uint32_t)v;
	return true;
}

static uint32_t
head_crc(const struct seg_head *h)
{
	return fix_crc32c(0, h, offsetof(struct seg_head, crc));
}

void
seg_bear(uint8_t *at, const struct seg_head *h)
{
	struct seg_head *to = (struct seg_head *)at;
	struct seg_head full = *h;

	full.magic = SEG_MAGIC;
	full.version = SEG_VERSION;
	full.crc = head_crc(&full);
	full.magic = 0;
	*to = full;
	__atomic_store_n(&to->magic, SEG_MAGIC, __ATOMIC_RELEASE);
}

void
seg_unbear(uint8_t *at)
{
	struct seg_head *to = (struct seg_head *)at;

	/* First the record: an unborn file with one tells of damage. */
	memset(at + SEG_DATA, 0, sizeof(struct rec_head));
	__atomic_store_n(&to->magic, 0, __ATOMIC_RELEASE);
}

static bool
mark_possible(uint64_t mark, uint64_t bytes)
{
	uint64_t off = mark_off(mark);

	return (mark & 6) == 0 && off >= SEG_DATA && off <= bytes;
}

int
seg_check(const uint8_t *at, uint64_t bytes, uint32_t number, const char **what)
{
	const struct seg_head *h = (const struct seg_head *)at;
	uint64_t magic = __atomic_load_n(&h->magic, __ATOMIC_ACQUIRE);

	if (magic == 0)
		return 1;
	*what = "is not a journal file of fixgate";
	if (magic != SEG_MAGIC)
		return -FIX_E_FOREIGN;
	*what = "was written by another version of fixgate";
	if (h->version != SEG_VERSION)
		return -FIX_E_FOREIGN;
	*what = "has a damaged header (checksum differs)";
	if (h->crc != head_crc(h) || h->first == 0 || h->first > INT64_MAX)
		return -FIX_E_CORRUPT;
	*what = "has another segment number inside than in its name";
	if (h->number != number)
		return -FIX_E_CORRUPT;
	*what = "has another size than when it was written";
	if (h->bytes != bytes)
		return -FIX_E_CORRUPT;
	*what = "has a damaged header (impossible mark)";
	if (!mark_possible(
		__atomic_load_n(&h->mark, __ATOMIC_ACQUIRE), bytes) ||
	    !mark_possible(h->synced, bytes))
		return -FIX_E_CORRUPT;
	return 0;
}

int
rec_sound(const uint8_t *at, uint64_t off, uint64_t limit, const char **what)
{
	const struct rec_head *h;

	*what = "no whole record";
	if (off % 8 != 0 || off > limit || limit - off < sizeof(*h))
		return -FIX_E_CORRUPT;
	h = (const struct rec_head *)(at + off);
	if (h->len > FIX_JOURNAL_DATA_MAX || rec_bytes(h->len) > limit - off)
		return -FIX_E_CORRUPT;
	*what = "checksum differs";
	if (h->seal != (h->crc ^ REC_OPEN) && h->seal != (h->crc ^ REC_SEALED))
		return -FIX_E_CORRUPT;
	if (h->crc != fix_crc32c(0, &h->chain,
			  rec_bytes(h->len) - offsetof(struct rec_head, chain)))
		return -FIX_E_CORRUPT;
	return 0;
}

int
rec_check(const uint8_t *at, uint64_t limit, const struct rec_cursor *c,
    const char **what)
{
	const struct rec_head *h;
	int rc = rec_sound(at, c->off, limit, what);

	if (rc != 0)
		return rc;
	h = (const struct rec_head *)(at + c->off);
	*what = "another record than expected";
	return h->number == c->number && h->chain == c->chain ? 0
							      : -FIX_E_CORRUPT;
}

void
rec_step(const uint8_t *at, struct rec_cursor *c)
{
	const struct rec_head *h = (const struct rec_head *)(at + c->off);

	c->chain = h->crc;
	c->off += rec_bytes(h->len);
	c->number++;
}

bool
rec_ends_turn(const uint8_t *at, uint64_t off)
{
	const struct rec_head *h = (const struct rec_head *)(at + off);

	return h->seal == (h->crc ^ REC_SEALED);
}

void
rec_show(const uint8_t *at, uint32_t segment, uint64_t off, struct fix_rec *out)
{
	const struct rec_head *h = (const struct rec_head *)(at + off);

	out->number = h->number;
	out->pos = pos_of(segment, off);
	out->wall.ns = h->wall_ns;
	out->mono.ns = h->mono_ns;
	out->type = h->type;
	out->flags = rec_ends_turn(at, off) ? FIX_REC_END : 0;
	out->session = h->session;
	out->order = h->order;
	out->data = (const uint8_t *)(h + 1);
	out->len = h->len;
}

struct listing {
	struct fix_disk *disk;
	struct seg_list *list;
	size_t cap;
	struct fix_store_error *e;
};

static int
note_file(void *arg, const char *name, size_t bytes)
{
	struct listing *l = arg;
	struct seg_file *more;
	uint32_t number;

	if (!seg_number(name, &number))
		return 0;
	if (bytes < SEG_MIN || bytes > SEG_MAX || bytes % 4096 != 0)
		return seg_say_bad(l->e, l->disk, number, -FIX_E_FOREIGN,
		    "has a size that no journal file has");
	if (l->list->n == l->cap) {
		l->cap = l->cap == 0 ? 16 : l->cap * 2;
		more = realloc(l->list->v, l->cap * sizeof(*more));
		if (more == NULL)
			return fix_store_fail(
			    l->e, -FIX_E_NOMEM, "out of memory");
		l->list->v = more;
	}
	l->list->v[l->list->n++] = (struct seg_file){ number, bytes };
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	const struct seg_file *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static int
no_gaps(const struct listing *l)
{
	const struct seg_list *s = l->list;
	size_t i;

	for (i = 1; i < s->n; i++)
		if (s->v[i].number != s->v[i - 1].number + 1)
			return seg_say_bad(l->e, l->disk,
			    s->v[i - 1].number + 1, -FIX_E_CORRUPT,
			    "is missing");
	return 0;
}

int
seg_files(struct fix_disk *d, struct seg_list *out, struct fix_store_error *e)
{
	struct listing l = { d, out, 0, e };
	int rc;

	fix_store_fine(e);
	*out = (struct seg_list){ NULL, 0 };
	rc = d->ops->list(d, note_file, &l);
	if (rc == -FIX_E_IO)
		fix_store_fail(e, rc, "%s: can't list the folder",
		    d->where != NULL ? d->where : "journal");
	if (rc == 0 && out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), by_number);
	if (rc == 0)
		rc = no_gaps(&l);
	if (rc != 0) {
		free(out->v);
		*out = (struct seg_list){ NULL, 0 };
	}
	return rc;
}

struct seg_path
seg_path(const struct fix_disk *d, uint32_t number)
{
	struct seg_path p;
	char name[SEG_NAME_MAX];

	seg_name(name, number);
	(void)snprintf(p.text, sizeof(p.text), "%.200s%s%s",
	    d->where != NULL ? d->where : "", d->where != NULL ? "/" : "",
	    name);
	return p;
}

int
seg_say_bad(struct fix_store_error *e, const struct fix_disk *d,
    uint32_t number, int rc, const char *what)
{
	return fix_store_fail(
	    e, rc, "%s %s. %s", seg_path(d, number).text, what, WHAT_TO_DO);
}

int
rec_say_bad(struct fix_store_error *e, const struct fix_disk *d,
    const struct rec_cursor *c, const char *what)
{
	return fix_store_fail(e, -FIX_E_CORRUPT,
	    "%s is damaged at offset %llu, record %llu: %s. %s",
	    seg_path(d, c->segment).text, (unsigned long long)c->off,
	    (unsigned long long)c->number, what, WHAT_TO_DO);
}
