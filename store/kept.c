/*
 * A session's memory, on the journal.
 *
 * Three kinds of records: a number received, a message sent, numbers set. The
 * fold of them, made at open, is the next numbers and an index from MsgSeqNum
 * to the message's place. The journal's rules give what the FIX session
 * protocol asks for: what was committed before it left can be sent again after
 * any crash, and a folder has one owner.
 */
#include "store/kept.h"

#include <stdio.h>
#include <stdlib.h>

#define SEGMENT (8u << 20)
#define SEQ_MAX 100000000u /* messages indexed */

enum { K_RECEIVED = 1, K_SENT = 2, K_NUMBERS = 3 };

struct numbers_rec {
	uint64_t next_in, next_out;
	uint64_t reset;
};

struct fix_kept {
	struct fix_disk *disk;
	struct fix_journal *journal;
	uint64_t next_in, next_out;
	uint64_t *pos; /* by MsgSeqNum, 0: none */
	uint64_t n_pos;
};

static int
set_pos(struct fix_kept *k, uint64_t seq, uint64_t pos)
{
	uint64_t n = k->n_pos == 0 ? 1024 : k->n_pos;
	uint64_t *p;

	if (seq > SEQ_MAX)
		return -FIX_E_TOOBIG;
	while (n <= seq)
		n *= 2;
	if (n != k->n_pos) {
		p = realloc(k->pos, n * sizeof(*p));
		if (p == NULL)
			return -FIX_E_NOMEM;
		memset(p + k->n_pos, 0, (n - k->n_pos) * sizeof(*p));
		k->pos = p;
		k->n_pos = n;
	}
	k->pos[seq] = pos;
	return 0;
}

static void
set_numbers(struct fix_kept *k, const struct numbers_rec *n)
{
	k->next_in = n->next_in;
	k->next_out = n->next_out;
	if (n->reset != 0 && k->pos != NULL)
		memset(k->pos, 0, k->n_pos * sizeof(*k->pos));
}

static int
fold(struct fix_kept *k, const struct fix_rec *r)
{
	struct numbers_rec n;
	uint64_t seq;

	if (r->len < sizeof(seq))
		return -FIX_E_FOREIGN;
	memcpy(&seq, r->data, sizeof(seq));
	switch (r->type) {
	case K_RECEIVED:
		k->next_in = seq + 1;
		return 0;
	case K_SENT:
		k->next_out = seq + 1;
		return set_pos(k, seq, r->pos);
	case K_NUMBERS:
		if (r->len != sizeof(n))
			return -FIX_E_FOREIGN;
		memcpy(&n, r->data, sizeof(n));
		set_numbers(k, &n);
		return 0;
	default:
		return -FIX_E_FOREIGN;
	}
}

static int
load(struct fix_kept *k, struct fix_store_error *e)
{
	struct fix_journal_reader *r;
	struct fix_rec rec;
	int rc;

	if (fix_journal_last(k->journal) == 0)
		return 0;
	rc = fix_journal_reader_open(&r, k->disk, 0, e);
	if (rc != 0)
		return rc;
	while ((rc = fix_journal_next(r, &rec, e)) == 1) {
		rc = fold(k, &rec);
		if (rc != 0) {
			snprintf(e->text, sizeof(e->text),
			    "its records are not those of one session");
			break;
		}
	}
	fix_journal_reader_close(r);
	return rc;
}

int
fix_kept_open(struct fix_kept **out, const char *dir, enum fix_durability d,
    struct fix_store_error *e)
{
	struct fix_journal_cfg cfg = { NULL, SEGMENT, d };
	struct fix_kept *k = calloc(1, sizeof(*k));
	int rc = -FIX_E_NOMEM;

	snprintf(e->text, sizeof(e->text), "it can't be opened");
	if (k == NULL)
		return rc;
	k->next_in = k->next_out = 1;
	rc = fix_disk_dir(&k->disk, dir, true);
	cfg.disk = k->disk;
	if (rc == 0)
		rc = fix_journal_open(&k->journal, &cfg, e);
	if (rc == 0)
		rc = load(k, e);
	if (rc != 0) {
		fix_kept_close(k);
		return rc;
	}
	*out = k;
	return 0;
}

void
fix_kept_close(struct fix_kept *k)
{
	if (k == NULL)
		return;
	if (k->journal != NULL)
		fix_journal_close(k->journal);
	if (k->disk != NULL)
		k->disk->ops->close(k->disk);
	free(k->pos);
	free(k);
}

void
fix_kept_ready(struct fix_kept *k, bool next_file)
{
	fix_journal_warm(k->journal);
	if (next_file && fix_journal_prepare(k->journal) != 0)
		return; /* the next commit tells */
}

void
fix_kept_numbers(
    const struct fix_kept *k, uint64_t *next_in, uint64_t *next_out)
{
	*next_in = k->next_in;
	*next_out = k->next_out;
}

static int
append(struct fix_kept *k, uint16_t type, const void *data, size_t len,
    struct fix_span more, struct fix_now now, uint64_t *pos)
{
	struct fix_span parts[2] = { { data, len }, more };

	return fix_journal_append(k->journal, type, 0, 0, now, parts, 2, pos);
}

static int
received(void *of, uint64_t seq, struct fix_span msg, struct fix_now now)
{
	struct fix_kept *k = of;
	struct fix_span none = { NULL, 0 };

	(void)msg;
	k->next_in = seq + 1;
	return append(k, K_RECEIVED, &seq, sizeof(seq), none, now, NULL);
}

static int
sent(void *of, uint64_t seq, struct fix_span msg, struct fix_now now)
{
	struct fix_kept *k = of;
	uint64_t pos = 0;
	int rc = append(k, K_SENT, &seq, sizeof(seq), msg, now, &pos);

	if (rc != 0)
		return rc;
	k->next_out = seq + 1;
	return set_pos(k, seq, pos);
}

static int
numbers(void *of, uint64_t next_in, uint64_t next_out, bool reset,
    struct fix_now now)
{
	struct numbers_rec n = { next_in, next_out, reset };
	struct fix_span none = { NULL, 0 };
	struct fix_kept *k = of;

	set_numbers(k, &n);
	return append(k, K_NUMBERS, &n, sizeof(n), none, now, NULL);
}

static int
commit(void *of)
{
	const struct fix_kept *k = of;
	ssize_t rc = fix_journal_commit(k->journal);

	return rc < 0 ? (int)rc : 0;
}

static int
message(void *of, uint64_t seq, struct fix_span *out)
{
	const struct fix_kept *k = of;
	struct fix_rec rec;
	int rc;

	if (seq >= k->n_pos || k->pos[seq] == 0)
		return -FIX_E_NOTFOUND;
	rc = fix_journal_at(k->journal, k->pos[seq], &rec);
	if (rc != 0)
		return rc;
	out->p = rec.data + sizeof(seq);
	out->len = rec.len - sizeof(seq);
	return 0;
}

struct fix_keep
fix_kept_face(struct fix_kept *k)
{
	struct fix_keep face = { k, received, sent, numbers, commit, message };

	return face;
}
