/*
 * libpq, and nothing else of ours speaks to it.
 *
 * In: events in order, checkpoints. Out: calls of audit.append(chain, first,
 * events, hashes, messages) with binary arrays, each its own transaction: after
 * every call stands a sync. The connection never blocks but when it is made;
 * a wait has an end, since a server may hang without closing anything.
 */
#include "store/audit_pg.h"

#include <arpa/inet.h>
#include <endian.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/fail.h"

#define OID_BYTEA 17
#define OID_TEXT 25
#define OID_INT8 20
#define OID_TEXT_ARRAY 1009
#define OID_BYTEA_ARRAY 1001
#define ARRAY_HEAD 20u
#define ASKS_MAX (8 * AUDIT_PG_DEPTH)

struct array { /* of PostgreSQL, in its binary form */
	char *p;
	size_t len, cap;
};

struct audit_pg {
	PGconn *conn;
	char chain[AUDIT_NAME_MAX + 1];
	struct array events, hashes, raws;
	uint64_t first; /* of the open batch */
	unsigned n, n_raws;
	uint64_t asked[ASKS_MAX]; /* last event of each call; 0: a checkpoint */
	unsigned at, n_asked;
};

/* The server's words in one line. libpq's never hold the password. */
static int
fail(struct fix_store_error *e, int rc, const char *what, const char *text)
{
	char line[400];
	size_t n = 0;

	for (; *text != '\0' && n < sizeof(line) - 1; text++)
		line[n++] = *text == '\n' || *text == '\t' ? ' ' : *text;
	while (n > 0 && line[n - 1] == ' ')
		n--;
	line[n] = '\0';
	return fix_store_fail(e, rc, "%s: %s", what, line);
}

static int
room(struct array *a, size_t more)
{
	size_t cap = a->cap == 0 ? 65536 : a->cap;
	char *p;

	while (cap - a->len < more)
		cap *= 2;
	if (cap == a->cap)
		return 0;
	p = realloc(a->p, cap);
	if (p == NULL)
		return -FIX_E_NOMEM;
	a->p = p;
	a->cap = cap;
	return 0;
}

static void
put_u32(char *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, sizeof(v));
}

/* One element; p NULL: NULL. Call room() first. */
static void
put(struct array *a, const void *p, size_t len)
{
	if (a->len == 0)
		a->len = ARRAY_HEAD;
	put_u32(a->p + a->len, p == NULL ? UINT32_MAX : (uint32_t)len);
	a->len += 4;
	if (p != NULL) {
		memcpy(a->p + a->len, p, len);
		a->len += len;
	}
}

static void
put_head(struct array *a, uint32_t oid, unsigned n)
{
	put_u32(a->p, 1); /* dimensions */
	put_u32(a->p + 4, 1); /* there may be NULLs */
	put_u32(a->p + 8, oid);
	put_u32(a->p + 12, n);
	put_u32(a->p + 16, 1); /* the first index */
}

static uint64_t
number(const PGresult *r, int row, int column)
{
	return strtoull(PQgetvalue(r, row, column), NULL, 10);
}

static int
ask_stand(struct audit_pg *p, struct audit_pg_stand *s,
    struct fix_store_error *e)
{
	const char *v[1] = { p->chain };
	PGresult *r = PQexecParams(p->conn, "SELECT seq, hash, checkpoint, "
	    "last_day - date '1970-01-01' FROM audit.stand($1)", 1, NULL, v,
	    NULL, NULL, 0);
	int rc = 0;

	if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != 1) {
		rc = fail(e, PQstatus(p->conn) == CONNECTION_OK ? -FIX_E_STATE
		    : -FIX_E_IO, "the audit trail in PostgreSQL can't be used",
		    PQerrorMessage(p->conn));
	} else {
		struct fix_span hex = fix_span_of(PQgetvalue(r, 0, 1));

		s->events = number(r, 0, 0);
		s->checkpoint = number(r, 0, 2);
		s->last_day = PQgetisnull(r, 0, 3) == 1
			? INT64_MAX : (int64_t)number(r, 0, 3);
		if (!audit_of_hex(s->head, hex))
			rc = fail(e, -FIX_E_STATE, "the audit trail in "
			    "PostgreSQL", "its head is no hash");
	}
	PQclear(r);
	return rc;
}

static int
go_live(struct audit_pg *p, const char *url, unsigned timeout_s,
    struct fix_store_error *e)
{
	char limit[16];
	const char *names[] = { "connect_timeout", "application_name",
		"tcp_user_timeout", "dbname", NULL };
	const char *values[] = { limit, "fixgate", "30000", url, NULL };

	snprintf(limit, sizeof(limit), "%u", timeout_s);
	p->conn = PQconnectdbParams(names, values, 1);
	if (PQstatus(p->conn) != CONNECTION_OK)
		return fail(e, -FIX_E_IO, "PostgreSQL can't be reached",
		    PQerrorMessage(p->conn));
	return 0;
}

int
audit_pg_open(struct audit_pg **out, const char *url, const char *chain,
    unsigned timeout_s, struct audit_pg_stand *stand, struct fix_store_error *e)
{
	struct audit_pg *p = calloc(1, sizeof(*p));
	int rc;

	e->text[0] = '\0';
	if (p == NULL)
		return -FIX_E_NOMEM;
	snprintf(p->chain, sizeof(p->chain), "%s", chain);
	rc = go_live(p, url, timeout_s, e);
	if (rc == 0)
		rc = ask_stand(p, stand, e);
	if (rc == 0 && PQsetnonblocking(p->conn, 1) != 0)
		rc = -FIX_E_IO;
	if (rc != 0) {
		audit_pg_close(p);
		return rc;
	}
	*out = p;
	return 0;
}

void
audit_pg_close(struct audit_pg *p)
{
	if (p == NULL)
		return;
	PQfinish(p->conn);
	free(p->events.p);
	free(p->hashes.p);
	free(p->raws.p);
	free(p);
}

/* The last event came without a message. */
static int
end_raws(struct audit_pg *p)
{
	if (p->n_raws == p->n)
		return 0;
	if (room(&p->raws, ARRAY_HEAD + 4) != 0)
		return -FIX_E_NOMEM;
	put(&p->raws, NULL, 0);
	p->n_raws++;
	return 0;
}

int
audit_pg_add(struct audit_pg *p, uint64_t seq, struct fix_span json,
    const uint8_t hash[AUDIT_HASH])
{
	char hex[AUDIT_HEX + 1];

	if (end_raws(p) != 0 ||
	    room(&p->events, json.len + ARRAY_HEAD + 4) != 0 ||
	    room(&p->hashes, AUDIT_HEX + ARRAY_HEAD + 4) != 0)
		return -FIX_E_NOMEM;
	if (p->n++ == 0)
		p->first = seq;
	audit_hex(hex, hash);
	put(&p->events, json.p, json.len);
	put(&p->hashes, hex, AUDIT_HEX);
	return 0;
}

int
audit_pg_raw(struct audit_pg *p, struct fix_span raw)
{
	if (p->n_raws >= p->n)
		return 0; /* of an event that is not in this batch */
	if (room(&p->raws, raw.len + ARRAY_HEAD + 4) != 0)
		return -FIX_E_NOMEM;
	put(&p->raws, raw.p, raw.len);
	p->n_raws++;
	return 0;
}

bool
audit_pg_full(const struct audit_pg *p)
{
	return p->n >= AUDIT_PG_EVENTS ||
	    p->events.len + p->raws.len >= AUDIT_PG_BYTES;
}

unsigned
audit_pg_open_events(const struct audit_pg *p)
{
	return p->n;
}

unsigned
audit_pg_pending(const struct audit_pg *p)
{
	return p->n_asked;
}

/* A call was queued: a transaction of its own. */
static int
asked(struct audit_pg *p, int queued, uint64_t last, struct fix_store_error *e)
{
	if (queued != 1 || PQpipelineSync(p->conn) != 1 ||
	    PQflush(p->conn) < 0)
		return fail(e, -FIX_E_IO, "PostgreSQL",
		    PQerrorMessage(p->conn));
	p->asked[(p->at + p->n_asked++) % ASKS_MAX] = last;
	return 0;
}

static int
pipeline(struct audit_pg *p, struct fix_store_error *e)
{
	if (p->n_asked == ASKS_MAX)
		return fail(e, -FIX_E_FULL, "PostgreSQL", "too many calls");
	if (PQpipelineStatus(p->conn) == PQ_PIPELINE_OFF &&
	    PQenterPipelineMode(p->conn) != 1)
		return fail(e, -FIX_E_IO, "PostgreSQL",
		    PQerrorMessage(p->conn));
	return 0;
}

int
audit_pg_send(struct audit_pg *p, struct fix_store_error *e)
{
	static const Oid types[5] = { OID_TEXT, OID_INT8, OID_TEXT_ARRAY,
		OID_TEXT_ARRAY, OID_BYTEA_ARRAY };
	static const int binary[5] = { 1, 1, 1, 1, 1 };
	uint64_t first = htobe64(p->first);
	const char *values[5] = { p->chain, (const char *)&first };
	int lengths[5] = { (int)strlen(p->chain), sizeof(first) };
	struct array *arrays[3] = { &p->events, &p->hashes, &p->raws };
	uint64_t last = p->first + p->n - 1;
	int rc;

	if (p->n == 0)
		return 0;
	rc = end_raws(p);
	if (rc == 0)
		rc = pipeline(p, e);
	if (rc != 0)
		return rc;
	for (unsigned i = 0; i < 3; i++) {
		put_head(arrays[i], i < 2 ? OID_TEXT : OID_BYTEA, p->n);
		values[i + 2] = arrays[i]->p;
		lengths[i + 2] = (int)arrays[i]->len;
	}
	rc = PQsendQueryParams(p->conn, "SELECT audit.append($1, $2, $3, $4, "
	    "$5)", 5, types, values, lengths, binary, 0);
	p->events.len = p->hashes.len = p->raws.len = 0;
	p->n = p->n_raws = 0;
	return asked(p, rc, last, e);
}

int
audit_pg_note(struct audit_pg *p, uint64_t size, struct fix_span note,
    struct fix_store_error *e)
{
	static const Oid types[3] = { OID_TEXT, OID_INT8, OID_TEXT };
	static const int binary[3] = { 1, 1, 1 };
	uint64_t be = htobe64(size);
	const char *values[3] = { p->chain, (const char *)&be,
		(const char *)note.p };
	int lengths[3] = { (int)strlen(p->chain), sizeof(be), (int)note.len };
	int rc = pipeline(p, e);

	if (rc != 0)
		return rc;
	return asked(p, PQsendQueryParams(p->conn, "SELECT "
	    "audit.put_checkpoint($1, $2, $3)", 3, types, values, lengths,
	    binary, 0), 0, e);
}

static int64_t
mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until a result can be had without blocking. @return 1, 0 not in time, or an
 * error */
static int
wait_ready(struct audit_pg *p, int64_t end_ms, struct fix_store_error *e)
{
	for (;;) {
		struct pollfd f = { PQsocket(p->conn), POLLIN, 0 };
		int more = PQflush(p->conn);
		int64_t left = end_ms - mono_ms();

		if (more < 0 || PQconsumeInput(p->conn) != 1)
			return fail(e, -FIX_E_IO, "PostgreSQL is gone",
			    PQerrorMessage(p->conn));
		if (PQisBusy(p->conn) == 0)
			return 1;
		if (left <= 0)
			return 0;
		if (more == 1)
			f.events |= POLLOUT;
		(void)poll(&f, 1, (int)left);
	}
}

static int
refused(struct audit_pg *p, const PGresult *r, struct fix_store_error *e)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	int rc = PQstatus(p->conn) != CONNECTION_OK ? -FIX_E_IO : -FIX_E_STATE;

	if (state != NULL && strcmp(state, "XX001") == 0)
		return fail(e, -FIX_E_CORRUPT, "PostgreSQL holds another "
		    "history", PQresultErrorMessage(r));
	if (state != NULL && (strncmp(state, "57", 2) == 0 ||
		strncmp(state, "08", 2) == 0))
		rc = -FIX_E_IO; /* it shuts down */
	return fail(e, rc, "PostgreSQL refuses the events",
	    PQresultErrorMessage(r));
}

/* The results of one call up to its sync. @return 1, 0, or an error */
int
audit_pg_take(struct audit_pg *p, int wait_ms, uint64_t *seq,
    struct fix_store_error *e)
{
	int64_t end = mono_ms() + wait_ms;
	PGresult *r;
	bool done;
	int rc;

	if (p->n_asked == 0)
		return 0;
	for (;;) {
		rc = wait_ready(p, end, e);
		if (rc == 0 && wait_ms > 0)
			return fail(e, -FIX_E_IO, "PostgreSQL", "no answer");
		if (rc != 1)
			return rc;
		r = PQgetResult(p->conn);
		if (r == NULL)
			continue; /* the end of a call: its sync follows */
		done = PQresultStatus(r) == PGRES_PIPELINE_SYNC;
		rc = done || PQresultStatus(r) == PGRES_TUPLES_OK
			? 0 : refused(p, r, e);
		PQclear(r);
		if (rc != 0)
			return rc;
		if (done)
			break;
	}
	*seq = p->asked[p->at];
	p->at = (p->at + 1) % ASKS_MAX;
	p->n_asked--;
	return 1;
}

static int
give_row(const PGresult *r, int row, int (*fn)(void *arg, uint64_t seq,
    struct fix_span json, const uint8_t hash[AUDIT_HASH], struct fix_span raw,
    bool columns), void *arg)
{
	uint8_t hash[AUDIT_HASH] = { 0 };
	struct fix_span raw = { NULL, 0 };
	uint64_t seq;

	memcpy(&seq, PQgetvalue(r, row, 0), sizeof(seq));
	(void)audit_of_hex(hash, (struct fix_span){
	    (const uint8_t *)PQgetvalue(r, row, 2),
	    (size_t)PQgetlength(r, row, 2) }); /* else: never the right one */
	if (PQgetisnull(r, row, 3) == 0)
		raw = (struct fix_span){
			(const uint8_t *)PQgetvalue(r, row, 3),
			(size_t)PQgetlength(r, row, 3) };
	return fn(arg, be64toh(seq), (struct fix_span){
	    (const uint8_t *)PQgetvalue(r, row, 1),
	    (size_t)PQgetlength(r, row, 1) }, hash, raw,
	    *PQgetvalue(r, row, 4) == 1);
}

ssize_t
audit_pg_read(struct audit_pg *p, const char *chain, uint64_t after,
    int (*fn)(void *arg, uint64_t seq, struct fix_span json,
	const uint8_t hash[AUDIT_HASH], struct fix_span raw, bool columns),
    void *arg, struct fix_store_error *e)
{
	char from[24];
	const char *v[2] = { chain, from };
	PGresult *r;
	ssize_t n;
	int rc = 0;

	snprintf(from, sizeof(from), "%llu", (unsigned long long)after);
	r = PQexecParams(p->conn, "SELECT seq, event, event_hash, raw, "
	    "coalesce(columns_good, false) FROM audit.read_all($1, $2, 1000)",
	    2, NULL, v, NULL, NULL, 1);
	n = PQntuples(r);
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		rc = fail(e, -FIX_E_IO, "the copy in PostgreSQL can't be read",
		    PQerrorMessage(p->conn));
	for (int i = 0; i < n && rc == 0; i++)
		rc = give_row(r, i, fn, arg);
	PQclear(r);
	return rc != 0 ? rc : n;
}

int
audit_pg_retired(struct audit_pg *p, const char *chain, uint64_t first,
    struct audit_pg_retired *out, struct fix_store_error *e)
{
	char from[24];
	const char *v[2] = { chain, from };
	PGresult *r;
	int n;

	snprintf(from, sizeof(from), "%llu", (unsigned long long)first);
	r = PQexecParams(p->conn, "SELECT last_seq, last_hash, day FROM "
	    "audit.retired_from($1, $2)", 2, NULL, v, NULL, NULL, 0);
	n = PQntuples(r);
	if (PQresultStatus(r) != PGRES_TUPLES_OK) {
		n = fail(e, -FIX_E_IO, "what was retired in PostgreSQL can't be "
		    "read", PQerrorMessage(p->conn));
	} else if (n > 0) {
		n = 1;
		memset(out, 0, sizeof(*out));
		out->last = strtoull(PQgetvalue(r, 0, 0), NULL, 10);
		(void)audit_of_hex(out->hash, (struct fix_span){
		    (const uint8_t *)PQgetvalue(r, 0, 1),
		    (size_t)PQgetlength(r, 0, 1) });
		snprintf(out->day, sizeof(out->day), "%s",
		    PQgetvalue(r, 0, 2));
	}
	PQclear(r);
	return n;
}

static int
give_note(const PGresult *r, int i,
    int (*fn)(void *arg, uint64_t size, struct fix_span note), void *arg)
{
	struct fix_span note = { (const uint8_t *)PQgetvalue(r, i, 1),
		(size_t)PQgetlength(r, i, 1) };

	return fn(arg, strtoull(PQgetvalue(r, i, 0), NULL, 10), note);
}

ssize_t
audit_pg_read_notes(struct audit_pg *p, const char *chain, uint64_t after,
    int (*fn)(void *arg, uint64_t size, struct fix_span note), void *arg,
    struct fix_store_error *e)
{
	char from[24];
	const char *v[2] = { chain, from };
	PGresult *r;
	ssize_t n;
	int rc = 0;

	snprintf(from, sizeof(from), "%llu", (unsigned long long)after);
	r = PQexecParams(p->conn, "SELECT size, note FROM report.checkpoints "
	    "WHERE chain = $1 AND size > $2 ORDER BY size LIMIT 1000", 2, NULL,
	    v, NULL, NULL, 0);
	n = PQntuples(r);
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		rc = fail(e, -FIX_E_IO, "the checkpoints in PostgreSQL can't be "
		    "read", PQerrorMessage(p->conn));
	for (int i = 0; i < n && rc == 0; i++)
		rc = give_note(r, i, fn, arg);
	PQclear(r);
	return rc != 0 ? rc : n;
}
