/*
 * Executions again on request: TradeCaptureReportRequest(AD) of a drop copy
 * session. FIX 4.4, volume 5, "Trade Capture Reporting".
 *
 * Taken are all trades (569=0 or 1) as a snapshot (263=0, or none), in this
 * connection. ExecID(17) means those behind it, NoDates(580) from the first
 * entry on and, with two, to the second; Symbol(55), OrderID(37) and
 * ClOrdID(11) narrow it. A late execution counts by when it became known, too.
 * Whatever else narrows a request is refused: what was not asked for must not
 * come.
 *
 * Answered by TradeCaptureReportRequestAck(AQ), then by one
 * TradeCaptureReport(AE) for each execution the session is entitled to, up to
 * where the journal stood when the request came, and an AQ with their number.
 * The journal is read a bounded piece a turn: by time from near its place, by
 * ExecID from the youngest segment back to the one that has it. One request at
 * a time; it ends with the connection.
 */
#include <stdlib.h>

#include "fix/group.h"
#include "gateway/trader/dropcopy.h"

#define BODY_MAX 2048u
#define SLACK (10 * 60 * FIX_SEC) /* a venue's clock may be so far ahead */

struct again {
	struct fix_journal_reader *reader;
	char id[65];                            /* TradeRequestID(568) */
	char since[65];                         /* ExecID(17), "": none */
	char symbol[65], order[65], cl_ord[65]; /* "": any */
	int64_t since_ns, until_ns;
	uint64_t end, told;
	uint64_t from, to;   /* records in which `since` is looked for: [,) */
	int64_t type;        /* TradeRequestType(569) */
	int result;          /* 749 of a refusal */
	const char *refused; /* NULL: it is worked */
	char snapshot;       /* SubscriptionRequestType(263), NUL: none */
	bool found, acked;
};

enum { /* TradeRequestResult(749) */
	RESULT_OK = 0,
	RESULT_TRANSPORT = 4,
	RESULT_TYPE = 8,
	RESULT_UNAUTHORIZED = 9,
	RESULT_OTHER = 99,
};

static void
let_go(struct again *a)
{
	if (a->reader != NULL)
		fix_journal_reader_close(a->reader);
	a->reader = NULL;
}

void
again_close(struct client *c)
{
	if (c->copies->again == NULL)
		return;
	let_go(c->copies->again);
	free(c->copies->again);
	c->copies->again = NULL;
}

bool
again_due(const struct client *c)
{
	return c->copies->again != NULL;
}

/* ----- the request ----- */

static const char *
refuse(struct again *a, int result, const char *why)
{
	a->result = result;
	return why;
}

/* Fields that say what is wanted, and those that say nothing. */
static bool
is_known(uint32_t tag)
{
	static const uint32_t tags[] = { 8, 9, 35, 49, 56, 34, 52, 50, 57, 142,
		143, 43, 97, 122, 115, 116, 128, 129, 144, 145, 369, 1128, 1129,
		568, 569, 263, 17, 37, 11, 55, 580, 75, 60, 725, 58, 354, 355,
		10 };

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (tags[i] == tag)
			return true;
	return false;
}

static const char *
read_kind(struct again *a, const struct fix_msg *m)
{
	struct fix_span v;

	if (fix_msg_int(m, 569, &a->type) != 0 || a->type < 0 || a->type > 1)
		return refuse(a, RESULT_TYPE,
		    "TradeRequestType(569) must be 0 "
		    "or 1: all trades, as far as they are entitled to");
	if (fix_msg_get(m, 263, &v) && v.len == 1)
		a->snapshot = (char)v.p[0];
	if (a->snapshot != '\0' && a->snapshot != '0')
		return refuse(a, RESULT_OTHER,
		    "SubscriptionRequestType(263) "
		    "must be 0: new executions come without being asked for");
	if (fix_msg_get(m, 725, &v) && !fix_span_is(v, "0"))
		return refuse(a, RESULT_TRANSPORT,
		    "ResponseTransportType(725) must be 0, inband");
	for (uint32_t i = 0; i < m->n; i++)
		if (!is_known(m->fields[i].tag))
			return refuse(a, RESULT_OTHER,
			    "only ExecID(17), "
			    "NoDates(580), Symbol(55), OrderID(37) and "
			    "ClOrdID(11) narrow a request here");
	return NULL;
}

static bool
read_text(const struct fix_msg *m, uint32_t tag, char out[65])
{
	struct fix_span v;

	return !fix_msg_get(m, tag, &v) || fix_span_copy(v, out, 65);
}

/* TransactTime(60) of an entry, else TradeDate(75), its begin or its end. */
static bool
read_moment(
    const struct fix_group *g, struct fix_entry e, bool end, int64_t *out)
{
	uint8_t text[32];
	struct fix_span v, when = { text, 17 };
	struct fix_stamp s;

	if (fix_entry_get(g, e, 60, &v)) {
		if (fix_stamp_parse(v, &s) != 0)
			return false;
		*out = s.utc.ns;
		return true;
	}
	if (!fix_entry_get(g, e, 75, &v) || v.len != 8)
		return false;
	memcpy(text, v.p, 8);
	memcpy(text + 8, "-00:00:00", 9);
	if (fix_stamp_parse(when, &s) != 0)
		return false;
	*out = s.utc.ns + (end ? FIX_DAY - 1 : 0);
	return true;
}

static const char *
read_dates(struct again *a, const struct fix_msg *m)
{
	static const uint32_t members[] = { 75, 779, 60 };
	static const struct fix_group_def dates = { 580, 75, members, 3, NULL,
		0 };
	struct fix_group g;
	struct fix_entry e;

	a->until_ns = INT64_MAX;
	if (fix_msg_find(m, 580, 0) == FIX_MSG_NONE)
		return NULL;
	if (fix_group_open(&g, m, &dates, 0, m->n) != 1 || g.declared < 1 ||
	    g.declared > 2 || !fix_group_next(&g, &e) ||
	    !read_moment(&g, e, false, &a->since_ns) ||
	    (g.declared == 2 && (!fix_group_next(&g, &e) ||
				    !read_moment(&g, e, true, &a->until_ns))))
		return refuse(a, RESULT_OTHER,
		    "NoDates(580) must be 1, since, "
		    "or 2, since and until, each with a TradeDate(75) and "
		    "maybe "
		    "a TransactTime(60)");
	return NULL;
}

/* Stand in the segment before the last one looked at. @return false: there is
 * none, or it can't be read */
static bool
step_back(struct trader *t, struct again *a)
{
	struct fix_store_error e;

	let_go(a);
	a->to = a->from;
	if (fix_journal_before(t->cfg.disk, a->to, &a->from, NULL, &e) != 0)
		return false;
	if (fix_journal_reader_open(&a->reader, t->cfg.disk, a->from, &e) != 0)
		a->reader = NULL;
	return a->reader != NULL;
}

static const char *
open_journal(struct trader *t, struct again *a)
{
	static const char unread[] = "the journal can't be read";
	struct fix_utc since = { a->since_ns - SLACK };
	struct fix_store_error e;

	a->end = fix_journal_last(t->cfg.journal);
	a->from = a->end + 1;
	a->found = a->since[0] == '\0';
	if (!a->found)
		return step_back(t, a) ? NULL : refuse(a, RESULT_OTHER, unread);
	if (fix_journal_since(t->cfg.disk, since, &a->from, &e) == 0 &&
	    fix_journal_reader_open(&a->reader, t->cfg.disk, a->from, &e) == 0)
		return NULL;
	a->reader = NULL;
	return refuse(a, RESULT_OTHER, unread);
}

/* @return NULL, or why not */
static const char *
begin(struct trader *t, const struct client *c, struct again *a,
    const struct fix_msg *m)
{
	const char *why;

	if (!read_text(m, 568, a->id))
		return refuse(
		    a, RESULT_OTHER, "TradeRequestID(568) is longer than 64");
	if ((c->cfg->copy.classes & COPY_TRADES) == 0)
		return refuse(a, RESULT_UNAUTHORIZED,
		    "trades are not copied to this session");
	if (!read_text(m, 17, a->since) || !read_text(m, 55, a->symbol) ||
	    !read_text(m, 37, a->order) || !read_text(m, 11, a->cl_ord))
		return refuse(a, RESULT_OTHER, "a value is longer than 64");
	if (strcmp(a->symbol, "[N/A]") == 0)
		a->symbol[0] = '\0';
	why = read_kind(a, m);
	if (why == NULL)
		why = read_dates(a, m);
	return why != NULL ? why : open_journal(t, a);
}

/* Answers leave at the end of the turn, when no session is at work. */
static const char *
request(struct trader *t, struct client *c, const struct fix_msg *m)
{
	struct again *a;

	if (c->copies->again != NULL)
		return "another TradeCaptureReportRequest is under way";
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return "no memory for another request";
	c->copies->again = a;
	a->refused = begin(t, c, a, m);
	return NULL;
}

/* A TradeCaptureReportAck(AR) needs no answer; one that rejects is for people.
 */
static void
acknowledged(struct trader *t, struct client *c, const struct fix_msg *m)
{
	struct fix_span status, id = { NULL, 0 };

	if (!fix_msg_get(m, 939, &status) || !fix_span_is(status, "1"))
		return;
	(void)fix_msg_get(m, 571, &id);
	trader_note(t, LOG_L_WARN, c->number,
	    "%s: peer rejects trade report %.*s", c->id,
	    (int)(id.len > 64 ? 64 : id.len),
	    id.p == NULL ? "" : (const char *)id.p);
}

void
dropcopy_deliver(struct trader *t, struct client *c, const struct fix_msg *m)
{
	enum fix_version v = c->cfg->desk.version;
	struct fix_span type = fix_msg_type(m);
	const char *why;

	if (fix_span_is(type, "AR")) {
		acknowledged(t, c, m);
	} else if (fix_span_is(type, "AD") && v >= FIX_V_44) {
		why = request(t, c, m);
		if (why != NULL)
			client_refuse(t, c, m, 0, why);
	} else {
		client_refuse(t, c, m, v >= FIX_V_43 ? 6 : 0,
		    "a drop copy session sends no orders");
	}
}

/* ----- the answer ----- */

/* status: 750, 0 accepted, 1 completed, 2 rejected
 * @return false: not now */
static bool
ack(struct trader *t, struct client *c, int status, int result,
    const char *text)
{
	const struct again *a = c->copies->again;
	struct fix_build b;
	size_t at;

	fix_build_start(&b, t->scratch, BODY_MAX, fix_span_of("AQ"));
	at = b.len;
	fix_build_str(&b, 568, a->id);
	fix_build_int(&b, 569, a->type);
	if (a->snapshot != '\0')
		fix_build_char(&b, 263, a->snapshot);
	if (status == 1)
		fix_build_int(&b, 748, (int64_t)a->told);
	fix_build_int(&b, 749, result);
	fix_build_int(&b, 750, status);
	fix_build_str(&b, 55, a->symbol[0] == '\0' ? "[N/A]" : a->symbol);
	if (text != NULL)
		fix_build_str(&b, 58, text);
	return copy_send(t, c, "AQ", &b, at) != COPY_LATER;
}

/* One side of a trade. From FIX.5.0SP1 on its OrderID stands behind. */
static void
put_side(struct fix_build *b, const struct fix_msg *m,
    const struct fix_exec *e, enum fix_version v)
{
	fix_build_int(b, 552, 1);
	fix_build_char(b, 54, e->side);
	if (v < FIX_V_50SP1)
		fix_build_span(b, 37, e->order_id);
	if (v < FIX_V_50SP1 && e->cl_ord_id.len > 0)
		fix_build_span(b, 11, e->cl_ord_id);
	copy_parties(b, m, v);
	if (e->account.len > 0)
		fix_build_span(b, 1, e->account);
	if (v >= FIX_V_50SP1)
		fix_build_span(b, 37, e->order_id);
	if (v >= FIX_V_50SP1 && e->cl_ord_id.len > 0)
		fix_build_span(b, 11, e->cl_ord_id);
}

static void
put_trade(struct fix_build *b, const struct again *a, const struct fix_msg *m,
    const struct fix_exec *e, enum fix_version v)
{
	uint8_t day[FIX_STAMP_MAX];

	(void)fix_utc_format(day, e->transact_time, 3);
	fix_build_span(b, 571, e->exec_id);
	fix_build_int(b, 487,
	    e->exec_type == 'H'   ? 1
	    : e->exec_type == 'G' ? 2
				  : 0);
	fix_build_str(b, 568, a->id);
	fix_build_char(b, 150, e->exec_type);
	if (e->exec_ref_id.len > 0)
		fix_build_span(b, 572, e->exec_ref_id);
	fix_build_span(b, 17, e->exec_id);
	fix_build_bool(b, 570, false);
	fix_build_span(b, 55, e->symbol);
	fix_build_e8(b, 32, e->last_qty_e8);
	fix_build_e8(b, 31, e->last_px_e8);
	fix_build_span(b, 75, (struct fix_span){ day, 8 });
	fix_build_utc(b, 60, e->transact_time, 3);
	put_side(b, m, e, v);
	fix_build_bool(b, 797, true);
}

static enum copy_sent
tell(struct trader *t, struct client *c, const struct fix_rec *r,
    const struct fix_msg *m, const struct fix_exec *e)
{
	enum fix_version v = c->cfg->desk.version;
	struct fix_build b;
	size_t at;

	fix_build_start(&b, t->scratch, BODY_MAX, fix_span_of("AE"));
	at = b.len;
	copy_origin(&b, t, r, m, c);
	put_trade(&b, c->copies->again, m, e, v);
	return copy_send(t, c, "AE", &b, at);
}

static bool
wanted(const struct again *a, const struct fix_exec *e, const struct fix_rec *r)
{
	return (e->transact_time.ns >= a->since_ns ||
		   r->wall.ns >= a->since_ns) &&
	       e->transact_time.ns <= a->until_ns &&
	       (a->symbol[0] == '\0' || fix_span_is(e->symbol, a->symbol)) &&
	       (a->order[0] == '\0' || fix_span_is(e->order_id, a->order)) &&
	       (a->cl_ord[0] == '\0' || fix_span_is(e->cl_ord_id, a->cl_ord));
}

/* @return false: not now; *spent grows by what it cost */
static bool
take(struct trader *t, struct client *c, const struct fix_rec *r,
    unsigned *spent)
{
	struct fix_msg m = { .fields = t->fields, .cap = FIX_FIELDS_MAX };
	struct again *a = c->copies->again;
	enum copy_sent sent;
	struct fix_exec e;

	if (r->type == REC_IN || !copy_takes(t, c, r, &m) || copy_again(&m) ||
	    copy_class_of(&m, true) != COPY_TRADES ||
	    !copy_exec(&m, FIX_V_44, &e))
		return true;
	*spent += 1;
	if (!a->found) {
		a->found = fix_span_is(e.exec_id, a->since);
		return true;
	}
	if (!wanted(a, &e, r))
		return true;
	sent = tell(t, c, r, &m, &e);
	*spent += COPY_COST;
	a = c->copies->again; /* the session may have ended, and this */
	if (a != NULL && sent == COPY_SENT)
		a->told++;
	return sent != COPY_LATER;
}

static void
finish(struct trader *t, struct client *c, bool broken)
{
	const struct again *a = c->copies->again;
	bool sent;

	if (broken)
		sent = ack(t, c, 2, RESULT_OTHER,
		    "it was cut short: ask "
		    "again");
	else if (!a->found)
		sent = ack(t, c, 2, RESULT_OTHER,
		    "the journal has no "
		    "execution with this ExecID(17) for this session");
	else
		sent = ack(t, c, 1, RESULT_OK, NULL);
	if (sent)
		again_close(c);
	else
		c->copies->later = t->now.mono.ns + FIX_SEC;
}

/* Is the ExecID not in the part that was looked through? On to the one before.
 * @return false: there is none */
static bool
look_further(struct trader *t, struct again *a, uint64_t number)
{
	return a->found || number + 1 < a->to || step_back(t, a);
}

/* @return 1 go on, 0 all is told, or the journal's error */
static int
read_one(struct trader *t, struct client *c, unsigned *spent)
{
	struct again *a = c->copies->again;
	struct fix_store_error e;
	struct fix_rec r;
	int rc = fix_journal_next(a->reader, &r, &e);

	*spent += 1;
	if (rc <= 0 || r.number > a->end)
		return rc < 0 ? rc : 0;
	if (!take(t, c, &r, spent))
		return -FIX_E_STATE; /* the session takes none */
	a = c->copies->again;
	if (a == NULL)
		return 1;
	if (!look_further(t, a, r.number))
		return 0;
	return a->found && r.number >= a->end ? 0 : 1;
}

static void
start(struct trader *t, struct client *c)
{
	struct again *a = c->copies->again;

	if (a->refused == NULL) {
		a->acked = ack(t, c, 0, RESULT_OK, NULL);
		if (!a->acked)
			c->copies->later = t->now.mono.ns + FIX_SEC;
	} else if (ack(t, c, 2, a->result, a->refused)) {
		again_close(c);
	} else {
		c->copies->later = t->now.mono.ns + FIX_SEC;
	}
}

unsigned
again_work(struct trader *t, struct client *c, unsigned most)
{
	unsigned spent = 0;
	int rc = 1;

	if (!c->copies->again->acked) {
		start(t, c);
		return COPY_COST;
	}
	while (rc == 1 && spent < most && t->failed == 0 && c->up &&
	       c->copies->again != NULL && c->copies->later <= t->now.mono.ns &&
	       !client_choked(c) && !paced_waits(t, c))
		rc = read_one(t, c, &spent);
	if (rc != 1 && c->copies->again != NULL)
		finish(t, c, rc < 0);
	return spent;
}
