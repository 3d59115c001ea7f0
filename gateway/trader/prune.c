/*
 * Old journal segments go, at start and once an hour, by this rule: a segment
 * is removed when all its records are older than JournalKeepDays, none of them
 * is a message that a session may still have to resend, and no drop copy waits
 * for one, as far back as its CopyKeepDays and CopyKeepBytes. So a session that
 * never resets its numbers keeps its journal. What the auditor has not read
 * stays, too, but not for ever: a disk that it fills would stop trading.
 *
 * Before the first segment goes, a snapshot of all tables is written at the
 * journal's end, while orders flow in pieces: what is left can still be replayed
 * from its beginning to the same state. One that was cut off is begun anew.
 */
#include "gateway/trader/copyrow.h"
#include "gateway/trader/inside.h"

#include <inttypes.h>
#include <limits.h>

#define EVERY_NS (3600 * FIX_SEC) /* while the trader runs */
#define PIECE_ROWS 200u           /* of the snapshot, in an idle moment */

static const struct fix_span all = { NULL, 0 };

/* Number of the first record that is at most so many days old, or of one before
 * it in the same segment: segments go as a whole. */
static int
first_young(struct trader *t, unsigned days, uint64_t *number)
{
	struct fix_utc since = { t->now.utc.ns - (int64_t)days * FIX_DAY };
	struct fix_store_error e;
	int rc = fix_journal_since(t->cfg.disk, since, number, &e);

	*number = rc == 0 ? *number : 0;
	return rc == -FIX_E_NOTFOUND ? 0 : rc;
}

/* Number of the first record of the youngest segments that have so many bytes
 * together, the last one begun. */
static int
first_within(struct trader *t, uint64_t most, uint64_t *number)
{
	uint64_t at = fix_journal_last(t->cfg.journal) + 1, bytes, sum = 0;
	struct fix_store_error e;
	int rc = 0;

	for (*number = at; rc == 0; *number = at) {
		rc = fix_journal_before(t->cfg.disk, *number, &at, &bytes, &e);
		if (rc == 0 && sum + bytes > most)
			break;
		sum += bytes;
	}
	return rc == -FIX_E_NOTFOUND ? 0 : rc;
}

struct oldest {
	struct trader *t;
	uint64_t number;
};

static int
first_sent(void *arg, struct fix_span key, struct fix_span value)
{
	struct oldest *o = arg;
	struct fix_rec rec;
	uint64_t pos;

	(void)key;
	if (value.len != sizeof(pos))
		return 1;
	memcpy(&pos, value.p, sizeof(pos));
	if (fix_journal_at(o->t->cfg.journal, pos, &rec) == 0 &&
	    rec.number < o->number)
		o->number = rec.number;
	return 1;
}

/* Number of the oldest message that may have to be resent. */
static uint64_t
first_needed(struct trader *t, uint64_t number)
{
	struct oldest o = { t, number };
	uint32_t n = tables_n_sessions(t->tables);

	for (uint32_t s = 1; s <= n; s++) {
		uint8_t key[4];
		struct fix_span prefix = { key, fix_key_u32(key, s) };

		(void)fix_store_each(t->cfg.store, FIX_TAB_SENT, prefix, all,
		    first_sent, &o);
	}
	return o.number;
}

/* From where on the journal may be kept for a subscriber, whatever it has. */
static int
copy_limit(struct trader *t, const struct copy_rule *r, uint64_t *limit)
{
	uint64_t within;
	int rc = first_young(t, r->keep_days, limit);

	if (rc != 0 || r->keep_bytes == 0)
		return rc;
	rc = first_within(t, r->keep_bytes, &within);
	if (rc == 0 && within > *limit)
		*limit = within;
	return rc;
}

/* What it has not got yet keeps the journal, but not for ever: one that is gone
 * for good would fill the disk. */
static int
keep_for(struct trader *t, const struct trader_session_cfg *s, uint64_t *number)
{
	char id[SESSION_ID_MAX + 1];
	struct copy_cursor at;
	uint64_t limit;
	int rc;

	(void)client_id(&s->fix, id, sizeof(id));
	(void)copy_cursor_read(t->cfg.store, id, &at);
	if (at.record + 1 >= *number)
		return 0;
	rc = copy_limit(t, &s->copy, &limit);
	if (rc != 0)
		return rc;
	if (limit > *number)
		limit = *number;
	if (at.record + 1 < limit &&
	    fix_journal_can_prune(t->cfg.journal, limit))
		trader_note(t, LOG_L_ERROR, 0,
		    "alert: %s: records %" PRIu64 " to %" PRIu64
		    " are removed before they were copied: they "
		    "are beyond its CopyKeepDays or CopyKeepBytes",
		    id, at.record + 1, limit - 1);
	else
		trader_log(t, LOG_L_WARN,
		    "%s: the journal is kept from record "
		    "%" PRIu64 " on, which was not copied yet",
		    id, at.record + 1);
	*number = at.record + 1 < limit ? limit : at.record + 1;
	return 0;
}

static int
first_uncopied(struct trader *t, uint64_t *number)
{
	int rc = 0;

	for (uint32_t i = 0; i < t->cfg.n_sessions && rc == 0; i++) {
		const struct trader_session_cfg *s = &t->cfg.sessions[i];

		if (s->is_drop_copy && s->copy.classes != 0)
			rc = keep_for(t, s, number);
	}
	return rc;
}

/* Keep back what the auditor has not read, up to its limit. */
static int
keep_unread(struct trader *t, uint64_t *number)
{
	uint64_t limit, unread;
	int rc;

	unread = t->cfg.unread == NULL ? 0 : t->cfg.unread(t->cfg.unread_arg);
	if (unread == 0 || unread >= *number)
		return 0;
	rc = first_young(t, t->cfg.unread_days, &limit);
	if (rc != 0)
		return rc;
	if (limit > *number)
		limit = *number;
	if (unread < limit && fix_journal_can_prune(t->cfg.journal, limit))
		trader_note(t, LOG_L_ERROR, 0, "alert: records %" PRIu64
		    " to %" PRIu64 " are removed before the auditor has read "
		    "them: they are older than %u days", unread, limit - 1,
		    t->cfg.unread_days);
	*number = unread < limit ? limit : unread;
	return 0;
}

/* Segments before *number may go; 0: none. */
static int
find_number(struct trader *t, uint64_t *number)
{
	int rc = first_young(t, t->cfg.keep_days, number);

	if (rc == 0)
		rc = first_uncopied(t, number);
	if (rc == 0) {
		*number = first_needed(t, *number);
		rc = keep_unread(t, number);
	}
	if (rc == 0 && !fix_journal_can_prune(t->cfg.journal, *number))
		*number = 0;
	return rc;
}

struct copy {
	struct trader *t;
	unsigned left; /* rows of this piece */
};

/* @return 1: the piece is done, and this row is the next one's first */
static int
copy_pair(void *arg, struct fix_span key, struct fix_span value)
{
	struct copy *c = arg;
	struct pruning *p = &c->t->pruning;

	if (c->left == 0) {
		memcpy(p->key, key.p, key.len);
		p->key_len = key.len;
		return 1;
	}
	c->left--;
	trader_keep(c->t, (enum fix_table)p->table, 0, key, value);
	return c->t->failed;
}

static bool
is_copied(int table)
{
	return table != FIX_TAB_META && table != FIX_TAB_SENT;
}

/* Rows of the snapshot from where it stands. What tables hold is what the
 * journal says up to now, so that a row which changes between two pieces is
 * right all the same: the change stands behind it.
 * @return 1 there are more, 0, -FIX_E_IO */
static int
snapshot(struct trader *t, unsigned rows)
{
	struct pruning *p = &t->pruning;
	struct copy c = { t, rows };
	int rc = 0;

	while (p->table < FIX_N_TABLE && rc == 0) {
		struct fix_span from = { p->key, p->key_len };

		if (is_copied(p->table))
			rc = fix_store_each(t->cfg.store,
			    (enum fix_table)p->table, all, from, copy_pair, &c);
		if (p->table == FIX_TAB_EXECS)
			FAILPOINT("K15_snapshot_begun");
		if (rc == 0) {
			p->table++;
			p->key_len = 0;
		}
	}
	if (rc < 0)
		return -FIX_E_IO;
	trader_append_keeps(t);
	if (t->failed != 0 || fix_journal_commit(t->cfg.journal) < 0)
		return -FIX_E_IO;
	return rc;
}

static int
remove_segments(struct trader *t)
{
	uint64_t number = t->pruning.number;
	int rc;

	t->pruning.number = 0;
	FAILPOINT("K15_snapshot_kept");
	rc = fix_journal_prune(t->cfg.journal, number);
	FAILPOINT("K15_pruned");
	if (rc < 0)
		return rc;
	trader_log(t, LOG_L_INFO, "%d journal segments before record %" PRIu64
	    " removed", rc, number);
	return 0;
}

/* @return what find_number() does; a snapshot may begin if it has found any */
static int
begin(struct trader *t)
{
	struct pruning *p = &t->pruning;

	p->at = t->now.mono.ns + EVERY_NS;
	p->table = 0;
	p->key_len = 0;
	return find_number(t, &p->number);
}

int
prune_journal(struct trader *t)
{
	int rc;

	if (t->cfg.keep_days == 0)
		return 0;
	rc = begin(t);
	if (rc != 0 || t->pruning.number == 0)
		return rc;
	rc = snapshot(t, UINT_MAX);
	return rc != 0 ? rc : remove_segments(t);
}

/* Old segments that can't be removed are no reason to stop trading. */
static void
give_up(struct trader *t, int rc)
{
	t->pruning.number = 0;
	trader_log(t, LOG_L_ERROR, "old journal segments can't be removed: %s; "
	    "it is tried again in an hour", fix_strerror(rc));
}

bool
prune_work(struct trader *t)
{
	struct pruning *p = &t->pruning;
	int rc = 0;

	if (t->cfg.keep_days == 0 || t->short_of_space || t->failed != 0)
		return false;
	if (p->number == 0) {
		if (t->now.mono.ns < p->at)
			return false;
		rc = begin(t);
	}
	if (rc == 0 && p->number != 0) {
		rc = snapshot(t, PIECE_ROWS);
		if (rc == 0)
			rc = remove_segments(t);
	}
	if (rc < 0)
		give_up(t, rc);
	return rc == 1;
}
