/*
 * Executions again on request: TradeCaptureReportRequest(AD) of a drop copy
 * session, since an ExecID(17), since a TransactTime(60) in NoDates(580), or all that the
 * journal has.
 *
 * Answered by TradeCaptureReportRequestAck(AQ), then by one
 * TradeCaptureReport(AE) for each execution the session is entitled to, up to
 * where the journal stood when the request came, and an AQ with their number.
 * The journal is read a bounded piece a turn, from its beginning: what stands
 * before the ExecID is passed over. One request at a time; it ends with the
 * connection.
 */
#include "gateway/trader/inside.h"

#include <stdlib.h>

#define PIECE 1024u
#define BODY_MAX 2048u

struct again {
	struct fix_journal_reader *reader;
	char id[65], since[65]; /* TradeRequestID; ExecID, "": none */
	int64_t since_ns;
	uint64_t end, told;
	int result;          /* 749 of a refusal */
	const char *refused; /* NULL: it is worked */
	bool found, acked;
};

void
again_close(struct client *c)
{
	if (c->again == NULL)
		return;
	if (c->again->reader != NULL)
		fix_journal_reader_close(c->again->reader);
	free(c->again);
	c->again = NULL;
}

static void
send(struct trader *t, struct client *c, const char *type, struct fix_build *b,
    size_t at)
{
	struct fix_span body = { b->buf + at, b->len - at };

	if (b->err != 0 || fix_session_send(c->fix, fix_span_of(type), body,
	    t->now, NULL) != 0)
		trader_fail(t, -FIX_E_SPACE, "executions can't be sent again");
	else
		client_work(t, c);
}

/* result: 749; status: 750, 0 accepted, 1 completed, 2 rejected */
static void
ack(struct trader *t, struct client *c, struct fix_span id, int result,
    int status, uint64_t told, const char *text)
{
	struct fix_build b;
	size_t at;

	fix_build_start(&b, t->scratch, BODY_MAX, fix_span_of("AQ"));
	at = b.len;
	fix_build_span(&b, 568, id);
	fix_build_int(&b, 569, 0);
	if (status == 1)
		fix_build_int(&b, 748, (int64_t)told);
	fix_build_int(&b, 749, result);
	fix_build_int(&b, 750, status);
	fix_build_str(&b, 55, "[N/A]");
	if (text != NULL)
		fix_build_str(&b, 58, text);
	send(t, c, "AQ", &b, at);
}

/* @return NULL, or why not */
static const char *
begin(struct trader *t, struct again *a, const struct fix_msg *m)
{
	struct fix_stamp s = { 0 };
	struct fix_store_error e;
	struct fix_span v;

	a->result = 99;
	a->end = fix_journal_last(t->cfg.journal);
	if (!fix_msg_get(m, 568, &v) || !fix_span_copy(v, a->id,
	    sizeof(a->id)))
		return "TradeRequestID(568) is too long";
	if (fix_msg_get(m, 17, &v) && !fix_span_copy(v, a->since,
	    sizeof(a->since)))
		return "ExecID(17) is too long";
	if (fix_msg_get(m, 60, &v) && fix_stamp_parse(v, &s) != 0)
		return "TransactTime(60) can't be read";
	a->since_ns = s.utc.ns;
	a->found = a->since[0] == '\0';
	if (fix_journal_reader_open(&a->reader, t->cfg.disk, 0, &e) == 0)
		return NULL;
	a->reader = NULL;
	return "the journal can't be read";
}

/* Answers leave at the end of the turn, when no session is at work. */
const char *
again_request(struct trader *t, struct client *c, const struct fix_msg *m)
{
	if (c->again != NULL)
		return "another TradeCaptureReportRequest is under way";
	c->again = calloc(1, sizeof(*c->again));
	if (c->again == NULL)
		return "no memory for another request";
	c->again->refused = begin(t, c->again, m);
	if ((c->cfg->copy.classes & COPY_TRADES) == 0) {
		c->again->refused = "trades are not copied to this session";
		c->again->result = 9;
	}
	return NULL;
}

static void
tell(struct trader *t, struct client *c, const struct client *from,
    const struct fix_exec *e)
{
	uint8_t day[FIX_STAMP_MAX];
	struct fix_build b;
	size_t at;

	(void)fix_utc_format(day, e->transact_time, 3);
	fix_build_start(&b, t->scratch, BODY_MAX, fix_span_of("AE"));
	at = b.len;
	fix_build_str(&b, 115, from->cfg->fix.target_comp_id);
	fix_build_span(&b, 571, e->exec_id);
	fix_build_str(&b, 568, c->again->id);
	fix_build_char(&b, 150, e->exec_type);
	fix_build_bool(&b, 570, false);
	fix_build_span(&b, 17, e->exec_id);
	fix_build_span(&b, 55, e->symbol);
	fix_build_e8(&b, 32, e->last_qty_e8);
	fix_build_e8(&b, 31, e->last_px_e8);
	fix_build_span(&b, 75, (struct fix_span){ day, 8 });
	fix_build_utc(&b, 60, e->transact_time, 3);
	fix_build_bool(&b, 797, true);
	fix_build_int(&b, 552, 1);
	fix_build_char(&b, 54, e->side);
	fix_build_span(&b, 37, e->order_id);
	fix_build_span(&b, 11, e->cl_ord_id);
	fix_build_span(&b, 1, e->account);
	c->again->told++;
	send(t, c, "AE", &b, at); /* may end the session, and this */
}

static void
take(struct trader *t, struct client *c, const struct fix_rec *r)
{
	struct fix_msg m = { .fields = t->fields, .cap = FIX_FIELDS_MAX };
	const struct client *from;
	struct again *a = c->again;
	struct fix_exec e;
	bool was_found = a->found;

	if (!dropcopy_read(t, c, r, &m, &from) ||
	    copy_class_of(&m, true) != COPY_TRADES ||
	    !dropcopy_exec(&m, from, FIX_V_44, &e))
		return;
	if (!a->found)
		a->found = fix_span_is(e.exec_id, a->since);
	if (was_found && e.transact_time.ns >= a->since_ns)
		tell(t, c, from, &e);
}

static void
work(struct trader *t, struct client *c)
{
	struct again *a = c->again;
	struct fix_store_error e;
	struct fix_rec r = { 0 };
	int rc = 1;

	for (unsigned i = 0;
	     i < PIECE && dropcopy_may_send(t, c) && t->failed == 0; i++) {
		rc = fix_journal_next(a->reader, &r, &e);
		if (rc != 1 || r.number > a->end)
			break;
		take(t, c, &r);
	}
	if (!dropcopy_may_send(t, c) || t->failed != 0 ||
	    (rc == 1 && r.number < a->end))
		return;
	if (rc < 0)
		ack(t, c, fix_span_of(a->id), 99, 2, 0,
		    "the journal can't be read");
	else if (!a->found)
		ack(t, c, fix_span_of(a->id), 99, 2, 0,
		    "the journal has no execution with this ExecID(17) for "
		    "this session");
	else
		ack(t, c, fix_span_of(a->id), 0, 1, a->told, NULL);
	again_close(c);
}

void
again_work(struct trader *t, struct client *c)
{
	struct again *a = c->again;

	if (a->refused != NULL) {
		ack(t, c, fix_span_of(a->id), a->result, 2, 0, a->refused);
		again_close(c);
		return;
	}
	if (!a->acked) {
		a->acked = true;
		ack(t, c, fix_span_of(a->id), 0, 0, 0, NULL);
	}
	if (dropcopy_may_send(t, c) && t->failed == 0)
		work(t, c);
}
