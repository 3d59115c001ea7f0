/*
 * The fold of journal records into tables.
 *
 * KEEP puts or forgets one pair. IN and OUT move a session's numbers, and OUT
 * also indexes the message by MsgSeqNum, so that a resend finds it. NUMBERS
 * sets the numbers; a new generation voids the index. Session rows are cached
 * here and written once a batch: they change with every message.
 *
 * The fold is the only writer of tables: the trader's memory and these tables
 * are both made of the same records, so deleting the tables loses nothing.
 */
#include "gateway/trader/tables.h"
#include "gateway/failpoint.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_SESSIONS 1000000u
#define NO_ROW UINT32_MAX

struct row {
	struct rec_session s;
	bool known, dirty;
	uint32_t next; /* of those that are dirty, or have moved; or NO_ROW */
};

struct tables {
	struct fix_store *store;
	struct fix_journal_reader *reader;
	uint64_t reader_at; /* next record that reader gives */
	struct row *rows;   /* by session number */
	uint32_t n_rows;
	uint32_t dirty;     /* first row that the open batch changes */
	uint32_t moved;     /* first one that the last batch changed */
	bool open;          /* a batch is */
	uint64_t applied;   /* by the open batch */
};

static struct row *
row_of(struct tables *t, uint32_t session)
{
	uint32_t n = t->n_rows == 0 ? 16 : t->n_rows;
	struct row *rows;

	if (session < t->n_rows)
		return &t->rows[session];
	if (session > MAX_SESSIONS)
		return NULL;
	while (n <= session)
		n *= 2;
	rows = realloc(t->rows, n * sizeof(*rows));
	if (rows == NULL)
		return NULL;
	memset(rows + t->n_rows, 0, (n - t->n_rows) * sizeof(*rows));
	t->rows = rows;
	t->n_rows = n;
	return &t->rows[session];
}

static void
set_dirty(struct tables *t, struct row *row)
{
	if (row->dirty)
		return;
	row->dirty = true;
	row->next = t->dirty;
	t->dirty = (uint32_t)(row - t->rows);
}

static int
set_row(struct tables *t, struct fix_span key, struct fix_span value,
    bool dirty)
{
	struct row *row;
	uint32_t number = 0;

	if (key.len != 4 || value.len != sizeof(struct rec_session))
		return -FIX_E_FOREIGN;
	for (size_t i = 0; i < 4; i++)
		number = number << 8 | key.p[i];
	row = row_of(t, number);
	if (row == NULL)
		return -FIX_E_NOMEM;
	memcpy(&row->s, value.p, sizeof(row->s));
	row->known = true;
	if (dirty)
		set_dirty(t, row);
	return 0;
}

static int
load_row(void *arg, struct fix_span key, struct fix_span value)
{
	return set_row(arg, key, value, false);
}

static int
load_rows(struct tables *t)
{
	struct fix_span all = { NULL, 0 };

	for (uint32_t i = 0; i < t->n_rows; i++)
		memset(&t->rows[i], 0, sizeof(t->rows[i]));
	t->dirty = t->moved = NO_ROW;
	return fix_store_each(t->store, FIX_TAB_SESSIONS, all, all, load_row,
	    t);
}

struct tables *
tables_new(struct fix_store *s)
{
	struct tables *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->store = s;
	t->dirty = t->moved = NO_ROW;
	t->applied = fix_store_applied(s);
	if (load_rows(t) != 0) {
		tables_free(t);
		return NULL;
	}
	return t;
}

void
tables_free(struct tables *t)
{
	if (t == NULL)
		return;
	if (t->open)
		fix_store_abort(t->store);
	if (t->reader != NULL)
		fix_journal_reader_close(t->reader);
	free(t->rows);
	free(t);
}

size_t
tables_sent_key(uint8_t out[12], uint32_t session, uint64_t seq)
{
	size_t n = fix_key_u32(out, session);

	return n + fix_key_u64(out + n, seq);
}

static int
apply_keep(struct tables *t, const struct fix_rec *r)
{
	struct rec_keep head;
	struct fix_span key, value;

	if (r->len < sizeof(head))
		return -FIX_E_CORRUPT;
	memcpy(&head, r->data, sizeof(head));
	if (head.table == FIX_TAB_META || head.table >= FIX_N_TABLE ||
	    head.key_len > r->len - sizeof(head))
		return -FIX_E_CORRUPT;
	key.p = r->data + sizeof(head);
	key.len = head.key_len;
	value.p = key.p + key.len;
	value.len = r->len - sizeof(head) - key.len;
	if (head.table == FIX_TAB_SESSIONS)
		return set_row(t, key, value, true);
	if (value.len == 0)
		return fix_store_del(t->store, (enum fix_table)head.table, key);
	return fix_store_put(t->store, (enum fix_table)head.table, key, value);
}

/* Messages of another generation are void. A session that was not seen before
 * has none: a pruned journal begins in the middle of one. */
static int
set_generation(struct tables *t, struct row *row, uint32_t session,
    uint64_t generation)
{
	bool was = row->known;
	uint8_t key[4];
	struct fix_span k = { key, fix_key_u32(key, session) };

	row->known = true;
	set_dirty(t, row);
	if (row->s.numbers.generation == generation)
		return 0;
	row->s.numbers.generation = generation;
	return was ? fix_store_del_prefix(t->store, FIX_TAB_SENT, k) : 0;
}

static int
apply_message(struct tables *t, const struct fix_rec *r)
{
	struct row *row = row_of(t, r->session);
	uint64_t seq;
	int rc;

	if (row == NULL || r->len < sizeof(seq))
		return -FIX_E_CORRUPT;
	memcpy(&seq, r->data, sizeof(seq));
	rc = set_generation(t, row, r->session, rec_generation(r));
	if (rc != 0)
		return rc;
	if (r->type == REC_IN) {
		row->s.numbers.next_in = seq + 1;
		return 0;
	}
	row->s.numbers.next_out = seq + 1;
	uint8_t key[12];
	struct fix_span k = { key, tables_sent_key(key, r->session, seq) };
	struct fix_span v = { (const uint8_t *)&r->pos, sizeof(r->pos) };

	return fix_store_put(t->store, FIX_TAB_SENT, k, v);
}

static int
apply_numbers(struct tables *t, const struct fix_rec *r)
{
	struct row *row = row_of(t, r->session);
	struct rec_numbers n;
	int rc;

	if (row == NULL || r->len != sizeof(n))
		return -FIX_E_CORRUPT;
	memcpy(&n, r->data, sizeof(n));
	rc = set_generation(t, row, r->session, n.generation);
	row->s.numbers = n;
	row->s.changed_ns = r->wall.ns;
	return rc;
}

int
tables_apply(struct tables *t, const struct fix_rec *r)
{
	int rc;

	if (!t->open) {
		rc = fix_store_begin(t->store);
		if (rc != 0)
			return rc;
		t->open = true;
	}
	switch (r->type) {
	case REC_KEEP:
		rc = apply_keep(t, r);
		break;
	case REC_IN:
	case REC_OUT:
		rc = apply_message(t, r);
		break;
	case REC_NUMBERS:
		rc = apply_numbers(t, r);
		break;
	case REC_NOTE:
	case REC_START:
	case REC_STOP:
	case REC_SHOWN:
	case REC_CLOCK:
	case REC_RISK:
		rc = 0;
		break;
	default:
		rc = -FIX_E_CORRUPT;
	}
	if (rc == 0)
		t->applied = r->number;
	return rc;
}

/* What went wrong stays out of the tables, and of the cached rows. */
static void
give_up(struct tables *t)
{
	if (t->open)
		fix_store_abort(t->store);
	t->open = false;
	t->applied = fix_store_applied(t->store);
	(void)load_rows(t);
	if (t->reader != NULL)
		fix_journal_reader_close(t->reader);
	t->reader = NULL;
}

static int
write_rows(struct tables *t)
{
	for (uint32_t i = t->dirty; i != NO_ROW; i = t->rows[i].next) {
		struct row *row = &t->rows[i];
		uint8_t key[4];
		struct fix_span k = { key, fix_key_u32(key, i) };
		struct fix_span v = { (const uint8_t *)&row->s,
			sizeof(row->s) };
		int rc;

		rc = fix_store_put(t->store, FIX_TAB_SESSIONS, k, v);
		if (rc != 0)
			return rc;
		row->dirty = false;
	}
	t->moved = t->dirty;
	t->dirty = NO_ROW;
	return 0;
}

int
tables_commit(struct tables *t)
{
	int rc;

	if (!t->open)
		return 0;
	rc = write_rows(t);
	FAILPOINT("K15_rows_written");
	if (rc == 0) {
		rc = fix_store_commit(t->store, t->applied);
		t->open = rc != 0 && t->open;
	}
	if (rc == 0)
		t->open = false;
	else
		give_up(t);
	return rc;
}

/* Why they could not be written, in words that say what to do. */
static void
say_why(const struct tables *t, int rc, struct fix_store_error *e)
{
	uint64_t most = 0;
	const char *place = fix_store_place(t->store, &most);

	if (e->text[0] != '\0')
		return;
	if (rc == -FIX_E_FULL && (errno == ENOSPC || errno == EDQUOT))
		snprintf(e->text, sizeof(e->text), "%s: %s: free space there",
		    place == NULL ? "tables" : place, strerror(errno));
	else if (rc == -FIX_E_FULL && place != NULL)
		snprintf(e->text, sizeof(e->text), "the tables in %s are full "
		    "with the %" PRIu64 " bytes of TableSize: set at least "
		    "TableSize=%" PRIu64 "M in [GATEWAY] and start again",
		    place, most, (most >> 19) + 1);
	else if (rc == -FIX_E_IO && errno != 0)
		snprintf(e->text, sizeof(e->text), "%s: %s",
		    place == NULL ? "tables" : place, strerror(errno));
	else
		snprintf(e->text, sizeof(e->text), "%s", fix_strerror(rc));
}

ssize_t
tables_follow(struct tables *t, struct fix_disk *disk, uint64_t max,
    struct fix_store_error *e)
{
	struct fix_rec r;
	uint64_t n = 0;
	int rc = 0;

	e->text[0] = '\0';
	errno = 0;
	if (!t->open)
		t->moved = NO_ROW;
	if (t->reader == NULL) {
		/* Empty tables begin with what is kept: maybe a snapshot. */
		rc = fix_journal_reader_open(&t->reader, disk,
		    t->applied == 0 ? 0 : t->applied + 1, e);
		if (rc != 0) {
			t->reader = NULL;
			return rc;
		}
	}
	while (n < max) {
		rc = fix_journal_next(t->reader, &r, e);
		if (rc <= 0)
			break;
		rc = tables_apply(t, &r);
		if (rc != 0)
			break;
		n++;
	}
	if (rc < 0) {
		say_why(t, rc, e);
		give_up(t);
		return rc;
	}
	rc = tables_commit(t);
	if (rc != 0)
		say_why(t, rc, e);
	return rc != 0 ? rc : (ssize_t)n;
}

uint32_t
tables_moved(const struct tables *t, uint32_t after)
{
	uint32_t i = after == 0 ? t->moved : t->rows[after].next;

	return i == NO_ROW ? 0 : i;
}

const struct rec_session *
tables_session(const struct tables *t, uint32_t session)
{
	if (session >= t->n_rows || !t->rows[session].known)
		return NULL;
	return &t->rows[session].s;
}

uint32_t
tables_n_sessions(const struct tables *t)
{
	uint32_t n = t->n_rows;

	while (n > 1 && !t->rows[n - 1].known)
		n--;
	return n > 0 ? n - 1 : 0;
}
