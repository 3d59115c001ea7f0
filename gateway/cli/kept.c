/*
 * A client's memory, on the gateway's own journal.
 *
 * Three kinds of records: a number received, a message sent, numbers set. The
 * fold of them, made at open, is the next numbers and an index from MsgSeqNum
 * to the message. The journal's rules give a client what the FIX session
 * protocol asks of it: what was kept before it left can be sent again after
 * any crash, and a folder has one owner.
 */
#include "gateway/cli/kept.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "store/journal.h"

#define SEGMENT (1u << 20)
#define SEQ_MAX 100000000u /* messages indexed */

enum { K_RECEIVED = 1, K_SENT = 2, K_NUMBERS = 3 };

struct kept_numbers_rec {
	uint64_t next_in, next_out;
	uint64_t reset;
};

struct kept {
	struct fix_disk *disk;
	struct fix_journal *journal;
	struct fix_session_numbers numbers;
	uint64_t *pos; /* by MsgSeqNum, 0: none */
	uint64_t n_pos;
	char temp[PATH_MAX]; /* folder to remove, "": none */
};

static int
set_pos(struct kept *k, uint64_t seq, uint64_t pos)
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
set_numbers(struct kept *k, const struct kept_numbers_rec *n)
{
	k->numbers.next_in = n->next_in;
	k->numbers.next_out = n->next_out;
	if (n->reset != 0 && k->pos != NULL)
		memset(k->pos, 0, k->n_pos * sizeof(*k->pos));
}

static int
fold(struct kept *k, const struct fix_rec *r)
{
	struct kept_numbers_rec n;
	uint64_t seq;

	if (r->len < sizeof(seq))
		return -FIX_E_FOREIGN;
	memcpy(&seq, r->data, sizeof(seq));
	switch (r->type) {
	case K_RECEIVED:
		k->numbers.next_in = seq + 1;
		return 0;
	case K_SENT:
		k->numbers.next_out = seq + 1;
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
load(struct kept *k, struct fix_store_error *e)
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
			    "its records are not those of a client");
			break;
		}
	}
	fix_journal_reader_close(r);
	return rc;
}

static int
open_in(struct kept *k, const char *dir)
{
	struct fix_journal_cfg cfg = { NULL, SEGMENT, FIX_DURABLE_PROCESS };
	struct fix_store_error e = { "it can't be opened" };
	int rc;

	if (dir == NULL) {
		if (cli_temp_dir(k->temp, sizeof(k->temp)) != 0) {
			k->temp[0] = '\0';
			cli_fail("can't make a temporary folder: %s",
			    strerror(errno));
			return -FIX_E_IO;
		}
		dir = k->temp;
	}
	rc = fix_disk_dir(&k->disk, dir, true);
	cfg.disk = k->disk;
	if (rc == 0)
		rc = fix_journal_open(&k->journal, &cfg, &e);
	if (rc == 0)
		rc = load(k, &e);
	if (rc != 0)
		cli_fail("session folder %s: %s", dir, e.text);
	return rc;
}

int
kept_open(struct kept **out, const char *dir)
{
	struct kept *k = calloc(1, sizeof(*k));
	int rc;

	if (k == NULL)
		return -FIX_E_NOMEM;
	k->numbers.next_in = k->numbers.next_out = 1;
	rc = open_in(k, dir);
	if (rc != 0) {
		kept_close(k);
		return rc;
	}
	*out = k;
	return 0;
}

void
kept_close(struct kept *k)
{
	if (k == NULL)
		return;
	if (k->journal != NULL)
		fix_journal_close(k->journal);
	if (k->disk != NULL)
		k->disk->ops->close(k->disk);
	if (k->temp[0] != '\0')
		cli_remove_dir(k->temp);
	free(k->pos);
	free(k);
}

struct fix_session_numbers
kept_numbers(const struct kept *k)
{
	return k->numbers;
}

static int
append(struct kept *k, uint16_t type, const void *data, size_t len,
    struct fix_span more, struct fix_now now, uint64_t *pos)
{
	struct fix_span parts[2] = { { data, len }, more };

	return fix_journal_append(k->journal, type, 0, 0, now, parts, 2, pos);
}

int
kept_note(struct kept *k, const struct fix_act *act, struct fix_now now)
{
	struct kept_numbers_rec n = { act->seq, act->seq_end, act->flag };
	struct fix_span none = { NULL, 0 };
	uint64_t pos = 0;
	int rc;

	if (act->kind == FIX_ACT_RECEIVED) {
		k->numbers.next_in = act->seq + 1;
		return append(k, K_RECEIVED, &act->seq, sizeof(act->seq), none,
		    now, NULL);
	}
	if (act->kind == FIX_ACT_NUMBERS) {
		set_numbers(k, &n);
		return append(k, K_NUMBERS, &n, sizeof(n), none, now, NULL);
	}
	rc = append(
	    k, K_SENT, &act->seq, sizeof(act->seq), act->bytes, now, &pos);
	if (rc != 0)
		return rc;
	k->numbers.next_out = act->seq + 1;
	return set_pos(k, act->seq, pos);
}

int
kept_commit(struct kept *k)
{
	ssize_t rc = fix_journal_commit(k->journal);

	return rc < 0 ? (int)rc : 0;
}

int
kept_message(const struct kept *k, uint64_t seq, struct fix_span *out)
{
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
