/*
 * fixgate audit status, ship and verify --database: the chain and its copies.
 *
 * Status reads the small files beside the chain and one event of it. Comparing
 * walks chain and database side by side: every event, its hash, its message and
 * the columns made from it must be the same; what the database has not yet is
 * its lag, what it has beyond the chain is a fault.
 */
#include <glob.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/auditor/file.h"
#include "gateway/auditor/shipper.h"
#include "gateway/cli/audit.h"

/* Events that the last checkpoint is over, and those of the chain. */
static int
chain_size(struct audit_job *j, struct audit_state *s)
{
	struct fix_journal_reader *r;
	struct fix_store_error e = { "it can't be read" };
	struct fix_rec rec;
	int rc = fix_journal_reader_open(&r, j->disk, 0, &e);

	memset(s, 0, sizeof(*s));
	if (rc != 0)
		return cli_fail("%s", e.text);
	while ((rc = fix_journal_next(r, &rec, &e)) == 1)
		if (rec.type == AUDIT_REC_STATE && rec.len >= sizeof(*s))
			memcpy(s, rec.data, sizeof(*s));
	fix_journal_reader_close(r);
	return rc < 0 ? cli_fail("%s", e.text) : CLI_OK;
}

/* When the first event behind a record was; 0: there is none. */
static int64_t
next_event_ns(struct audit_job *j, uint64_t record, uint64_t event)
{
	struct fix_journal_reader *r;
	struct fix_store_error e;
	struct fix_rec rec;
	int64_t ns = 0;

	if (fix_journal_reader_open(&r, j->disk, record, &e) != 0)
		return 0;
	while (ns == 0 && fix_journal_next(r, &rec, &e) == 1)
		if (rec.type == AUDIT_REC_EVENT && rec.order > event)
			ns = rec.wall.ns;
	fix_journal_reader_close(r);
	return ns;
}

/* Two lines of a small file. */
static void
read_lines(const char *folder, const char *name, char one[32], char two[600])
{
	char *path = audit_path(folder, name);
	FILE *f = path == NULL ? NULL : fopen(path, "re");

	one[0] = two[0] = '\0';
	if (f != NULL) {
		if (fgets(one, 32, f) != NULL && fgets(two, 600, f) != NULL)
			two[strcspn(two, "\n")] = '\0';
		one[strcspn(one, "\n")] = '\0';
		fclose(f);
	}
	free(path);
}

static void
print_copy(struct audit_job *j, const struct audit_state *s)
{
	uint64_t record, shipped = shipper_cursor(j->folder, &record);
	uint64_t lag = s->events > shipped ? s->events - shipped : 0;
	int64_t oldest = lag == 0 ? 0 : next_event_ns(j, record, shipped);
	int64_t age = oldest == 0 ? 0 : time(NULL) - oldest / FIX_SEC;
	char state[32], why[600];

	read_lines(j->folder, "shipping", state, why);
	if (j->json) {
		printf(", \"postgresql\": {\"state\": \"%s\", \"events\": %"
		    PRIu64 ", \"lag_events\": %" PRIu64 ", \"lag_seconds\": %"
		    PRId64 "}", state[0] == '\0' ? "none" : state, shipped, lag,
		    age < 0 ? 0 : age);
		return;
	}
	if (state[0] == '\0') {
		puts("PostgreSQL   none");
		return;
	}
	printf("PostgreSQL   %s: %" PRIu64 " events, %" PRIu64 " behind",
	    state, shipped, lag);
	if (age > 0)
		printf(", the oldest for %" PRId64 " s", age);
	printf("%s%s\n", why[0] == '\0' ? "" : "\n             ", why);
}

/* One file as the process that asks witnesses leaves it. */
static void
print_witness(const struct audit_job *j, const struct audit_state *s,
    const char *path, bool first)
{
	const char *name = strrchr(path, '/') + sizeof("/witness-") - 1;
	char state[32] = "", why[600] = "";
	uint64_t size = 0, lag;
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return;
	if (fscanf(f, "%31s\n%" SCNu64 "\n", state, &size) != 2 ||
	    fgets(why, sizeof(why), f) == NULL)
		why[0] = '\0';
	fclose(f);
	why[strcspn(why, "\n")] = '\0';
	lag = s->events > size ? s->events - size : 0;
	if (j->json)
		printf("%s{\"name\": \"%s\", \"state\": \"%s\", \"events\": %"
		    PRIu64 ", \"lag_events\": %" PRIu64 "}",
		    first ? "" : ", ", name, state, size, lag);
	else
		printf("witness      %s %s: %" PRIu64 " events, %" PRIu64
		    " behind%s%s\n", name, state, size, lag,
		    why[0] == '\0' ? "" : "\n             ", why);
}

static void
print_witnesses(const struct audit_job *j, const struct audit_state *s)
{
	char *pattern = audit_path(j->folder, "witness-*");
	glob_t g = { 0 };

	if (j->json)
		printf(", \"witnesses\": [");
	if (pattern != NULL && glob(pattern, 0, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc; i++)
			print_witness(j, s, g.gl_pathv[i], i == 0);
	if (j->json)
		putchar(']');
	globfree(&g);
	free(pattern);
}

int
audit_status(struct audit_job *j)
{
	struct audit_state s;
	int status = chain_size(j, &s);

	if (status != CLI_OK)
		return status;
	if (j->json)
		printf("{\"events\": %" PRIu64 ", \"signed\": %" PRIu64
		    ", \"journal_record\": %" PRIu64, s.events, s.checkpoint,
		    s.cursor);
	else
		printf("chain        %" PRIu64 " events, signed up to %" PRIu64
		    ", from the journal up to record %" PRIu64 "\n", s.events,
		    s.checkpoint, s.cursor);
	print_copy(j, &s);
	print_witnesses(j, &s);
	if (j->json)
		puts("}");
	return CLI_OK;
}

static int
need_database(const struct audit_job *j)
{
	if (j->database != NULL && *j->database != '\0')
		return CLI_OK;
	return cli_usage("which database? Name it with --database=URL, by "
			 "Database in [AUDIT] or by DATABASE_URL");
}

int
audit_ship(struct audit_job *j)
{
	struct fix_store_error e;
	struct audit_key *key = audit_read_key(j);
	struct shipper *s = NULL;
	const char *notice;
	int rc = 1, status = key == NULL ? CLI_FAILED : need_database(j);

	if (status == CLI_OK)
		s = shipper_new(j->folder, audit_key_name(key), j->database);
	while (s != NULL && rc == 1) {
		rc = shipper_work(s, &e);
		notice = shipper_notice(s);
		if (notice != NULL)
			fprintf(stderr, "fixgate: %s\n", notice);
		if (rc == 1 && isatty(STDERR_FILENO) == 1)
			fprintf(stderr, "\r%" PRIu64 " events", shipper_at(s));
	}
	if (s != NULL && rc < 0)
		status = cli_fail("%s", e.text);
	else if (s != NULL)
		printf("PostgreSQL has %" PRIu64 " events\n", shipper_at(s));
	shipper_free(s);
	audit_key_free(key);
	return status;
}

/*
 * The comparison.
 */
struct compare {
	struct audit_job *j;
	struct fix_rec rec;  /* the chain's next record */
	bool more;           /* there is one */
	uint64_t events;     /* that were the same, or retired: */
	uint64_t retired;    /* so many */
	bool gap;            /* the next one is not there */
	struct audit_keys keys;
	struct audit_tree tree; /* of the chain, up to the last checkpoint */
	uint64_t noted, notes;  /* its size; how many */
	char why[200];
};

static void
step(struct compare *c)
{
	struct fix_store_error e;

	c->more = fix_journal_next(c->j->reader, &c->rec, &e) == 1;
}

static int FIX_PRINTF(2, 3)
differs(struct compare *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	return -FIX_E_CORRUPT;
}

/* This one, changed, or another one? */
static int
says_else(struct compare *c, struct fix_span json)
{
	struct audit_seen e;
	int64_t seq;

	if (audit_event_read(&e, json) == 0 &&
	    audit_detail_number(&e, "seq", &seq) &&
	    (uint64_t)seq != c->events + 1)
		return differs(c, "event %" PRId64 " stands there in its place",
		    seq);
	return differs(c, "it says something else there");
}

static int
same_event(void *arg, uint64_t seq, struct fix_span json,
    const uint8_t hash[AUDIT_HASH], struct fix_span raw, bool columns)
{
	struct compare *c = arg;
	struct fix_span mine, mine_raw = { NULL, 0 };
	uint8_t my_hash[AUDIT_HASH];
	bool same;

	c->gap = seq != c->events + 1;
	if (c->gap)
		return differs(c, "it is missing there");
	while (c->more && c->rec.type != AUDIT_REC_EVENT)
		step(c);
	if (!c->more)
		return differs(c, "the chain has no such event");
	if (!audit_event_of(&c->rec, my_hash, &mine))
		return differs(c, "the chain's can't be read");
	same = fix_span_eq(mine, json);
	step(c);
	if (c->more && c->rec.type == AUDIT_REC_RAW)
		mine_raw = (struct fix_span){ c->rec.data, c->rec.len };
	if (!same)
		return says_else(c, json);
	if (memcmp(hash, my_hash, AUDIT_HASH) != 0)
		return differs(c, "it has another event_hash there");
	if ((raw.p == NULL) != (mine_raw.p == NULL) ||
	    !fix_span_eq(raw, mine_raw))
		return differs(c, "another message stands behind it there");
	if (!columns)
		return differs(c, "its columns there are not those of the "
		    "event");
	c->events = seq;
	return 0;
}

/* Each checkpoint there is of the chain as it is here: signed, and its root is
 * that of as many events. */
static int
same_note(void *arg, uint64_t size, struct fix_span note)
{
	struct compare *c = arg;
	uint8_t hash[AUDIT_HASH], root[AUDIT_HASH];
	struct fix_span json;
	struct audit_note n;

	c->noted = size;
	if (audit_note_of_any(&n, note, &c->keys) != 0 || n.size != size)
		return differs(c, "the checkpoint over it there is not signed by "
		    "the key of %s", audit_key_name(c->keys.v[0]));
	while (c->more && c->tree.size < size) {
		if (audit_event_of(&c->rec, hash, &json))
			audit_tree_add(&c->tree, hash);
		step(c);
	}
	audit_tree_root(&c->tree, root);
	if (c->tree.size != size)
		return differs(c, "the checkpoint over it there is of a longer "
		    "chain");
	if (memcmp(root, n.root, AUDIT_HASH) != 0)
		return differs(c, "the checkpoint over it there is of another "
		    "history");
	c->notes++;
	return 0;
}

/* Where events are missing: were they retired? Then the chain has them, and the
 * last of them is what was noted when they went.
 * @return 1 they were, 0, or an error */
static ssize_t
pass_retired(struct compare *c, struct audit_pg *pg, const char *name,
    struct fix_store_error *e)
{
	uint8_t hash[AUDIT_HASH] = { 0 };
	struct audit_pg_retired r;
	struct fix_span json;
	int rc = audit_pg_retired(pg, name, c->events + 1, &r, e);

	if (rc != 1)
		return rc;
	c->why[0] = '\0';
	c->gap = false;
	c->retired += r.last - c->events;
	while (c->more && c->events < r.last) {
		if (audit_event_of(&c->rec, hash, &json))
			c->events = c->rec.order;
		step(c);
	}
	if (c->events != r.last || memcmp(hash, r.hash, AUDIT_HASH) != 0)
		return differs(c, "those of %s were retired there with another "
		    "end than the chain has", r.day);
	if (!c->j->json)
		printf("events up to %" PRIu64 " were retired there, with the "
		    "day %s\n", r.last, r.day);
	return 1;
}

static ssize_t
compare_events(struct compare *c, struct audit_pg *pg, const char *name,
    uint64_t want, struct fix_store_error *e)
{
	ssize_t n = 1;

	step(c);
	while (n > 0) {
		n = audit_pg_read(pg, name, c->events, same_event, c, e);
		if ((n < 0 && c->gap) || (n == 0 && want > c->events)) {
			ssize_t passed = pass_retired(c, pg, name, e);

			n = passed == 0 ? n : passed;
		}
		if (n > 0 && isatty(STDERR_FILENO) == 1)
			fprintf(stderr, "\r%" PRIu64 " events of PostgreSQL",
			    c->events);
	}
	if (n == 0 && want > c->events)
		n = differs(c, "it is missing there: the database should have "
		    "%" PRIu64, want);
	return n;
}

static ssize_t
compare_notes(struct compare *c, struct audit_pg *pg, const char *name,
    struct fix_store_error *e)
{
	ssize_t n = 1;

	if (audit_reopen(c->j) != CLI_OK)
		return differs(c, "the chain can't be read again");
	step(c);
	while (n > 0)
		n = audit_pg_read_notes(pg, name, c->noted, same_note, c, e);
	if (n == 0 && c->noted > c->events)
		n = differs(c, "a checkpoint there is over more events than "
		    "there are: its end was cut off");
	return n;
}

static int
compare_all(struct compare *c, const char *name, struct fix_store_error *e)
{
	struct audit_pg_stand stand;
	struct audit_pg *pg;
	uint64_t at;
	ssize_t n;
	int rc = audit_pg_open(&pg, c->j->database, name, 10, &stand, e);

	if (rc != 0)
		return cli_fail("%s", e->text);
	n = compare_events(c, pg, name, stand.events, e);
	at = c->events + 1;
	if (n == 0) {
		n = compare_notes(c, pg, name, e);
		at = c->noted;
	}
	audit_pg_close(pg);
	if (n < 0 && c->why[0] == '\0')
		return cli_fail("%s", e->text);
	if (n < 0)
		return cli_fail("event %" PRIu64 " in PostgreSQL is bad: %s\n"
		    "trusted there are events 1 to %" PRIu64, at, c->why,
		    at - 1 < c->events ? at - 1 : c->events);
	return CLI_OK;
}

int
audit_compare(struct audit_job *j)
{
	struct fix_store_error e;
	struct compare c = { .j = j };
	uint64_t record, shipped = shipper_cursor(j->folder, &record);
	int status = audit_read_keys(j, &c.keys) ? need_database(j) : CLI_FAILED;

	if (status == CLI_OK)
		status = audit_reopen(j);
	if (status == CLI_OK)
		status = compare_all(&c, audit_key_name(c.keys.v[0]), &e);
	if (status == CLI_OK && c.events < shipped)
		status = cli_fail("PostgreSQL has %" PRIu64 " events and had %"
		    PRIu64 ": it was set back, or its end was cut off",
		    c.events, shipped);
	if (status == CLI_OK && !j->json)
		printf("%" PRIu64 " events in PostgreSQL: the same; %" PRIu64
		    " checkpoints there: all good\n",
		    c.events - c.retired, c.notes);
	audit_free_keys(&c.keys);
	return status;
}
