/*
 * FIX messages as events.
 *
 * In: a message as it was on the wire, its secrets masked by the trader. Out:
 * an event with the fields by which orders are reconstructed, prices and
 * quantities as the texts that they were, and the message itself behind it,
 * bound by its SHA-256. A report that refuses for risk makes a second event.
 * Heartbeats and test requests make none; copies for drop copy sessions are
 * told apart from the executions that they repeat.
 */
#include "gateway/auditor/fold.h"

#include "fix/scan.h"

struct kind {
	const char *code; /* MsgType, or ExecType of a report */
	const char *type, *action;
};

static const struct kind requests[] = {
	{ "D", "ORDER_SUBMITTED", "submit" },
	{ "G", "ORDER_MODIFY_REQUESTED", "request_modify" },
	{ "F", "ORDER_CANCEL_REQUESTED", "request_cancel" },
	{ "H", "ORDER_STATUS_REQUESTED", "request_status" },
	{ "q", "ORDER_MASS_CANCEL_REQUESTED", "request_mass_cancel" },
	{ "2", "RESEND_REQUESTED", "request_resend" },
	{ "4", "SEQUENCE_RESET", "reset" },
	{ NULL, "MESSAGE_RECEIVED", "receive" },
};

static const struct kind answers[] = {
	{ "9", "ORDER_CANCEL_REJECTED", "reject_request" },
	{ "3", "MESSAGE_REJECTED", "reject" },
	{ "j", "MESSAGE_REJECTED", "reject" },
	{ "2", "RESEND_REQUESTED", "request_resend" },
	{ "4", "SEQUENCE_RESET", "reset" },
	{ NULL, "MESSAGE_SENT", "send" },
};

static const struct kind reports[] = { /* by ExecType(150) */
	{ "0", "ORDER_ACCEPTED", "accept" },
	{ "1", "ORDER_FILLED", "fill" },
	{ "2", "ORDER_FILLED", "fill" },
	{ "F", "ORDER_FILLED", "fill" },
	{ "3", "ORDER_DONE_FOR_DAY", "end_day" },
	{ "4", "ORDER_CANCELLED", "cancel" },
	{ "5", "ORDER_MODIFIED", "modify" },
	{ "6", "ORDER_CANCEL_PENDING", "hold_for_cancel" },
	{ "E", "ORDER_MODIFY_PENDING", "hold_for_modify" },
	{ "8", "ORDER_REJECTED", "reject" },
	{ "A", "ORDER_PENDING", "hold_for_accept" },
	{ "C", "ORDER_EXPIRED", "expire" },
	{ "D", "ORDER_RESTATED", "restate" },
	{ "G", "TRADE_CORRECTED", "correct_trade" },
	{ "H", "TRADE_CANCELLED", "cancel_trade" },
	{ "I", "ORDER_STATUS_SENT", "tell_status" },
	{ "L", "ORDER_TRIGGERED", "trigger" },
	{ NULL, "MESSAGE_SENT", "send" },
};

/* ExecTransType(20) of FIX 4.2 and before, where it is not New. */
static const struct kind transactions[] = {
	{ "1", "TRADE_CANCELLED", "cancel_trade" },
	{ "2", "TRADE_CORRECTED", "correct_trade" },
	{ "3", "ORDER_STATUS_SENT", "tell_status" },
	{ NULL, NULL, NULL },
};

static const struct kind drop_copy = { NULL, "DROP_COPY_SENT", "copy" };

static const struct {
	uint32_t tag;
	const char *key;
} fields[] = {
	{ 11, "cl_ord_id" }, { 41, "orig_cl_ord_id" }, { 37, "order_id" },
	{ 17, "exec_id" }, { 19, "exec_ref_id" }, { 1, "account" },
	{ 55, "symbol" }, { 48, "security_id" }, { 207, "exchange" },
	{ 54, "side" }, { 38, "quantity" }, { 152, "cash_quantity" },
	{ 40, "order_type" }, { 44, "price" }, { 99, "stop_price" },
	{ 59, "time_in_force" }, { 126, "expire_time" }, { 150, "exec_type" },
	{ 20, "exec_trans_type" }, { 39, "order_status" },
	{ 32, "last_quantity" }, { 31, "last_price" },
	{ 14, "cumulative_quantity" }, { 151, "leaves_quantity" },
	{ 6, "average_price" }, { 528, "capacity" }, { 103, "reject_reason" },
	{ 102, "cancel_reject_reason" }, { 373, "session_reject_reason" },
	{ 380, "business_reject_reason" }, { 372, "ref_msg_type" },
	{ 45, "ref_seq_num" }, { 58, "text" }, { 60, "transact_time" },
	{ 50, "sender_sub_id" }, { 115, "on_behalf_of" }, { 43, "poss_dup" },
	{ 7, "begin_seq_num" }, { 16, "end_seq_num" }, { 36, "new_seq_num" },
	{ 123, "gap_fill" },
};

/* Beside those: seq, journal_record, session, peer, msg_type, msg_seq_num,
 * parent_order_id, message_sha256, message_bytes, personal_key. */
_Static_assert(sizeof(fields) / sizeof(fields[0]) + 10 <= AUDIT_DETAILS_MAX,
    "no detail is left out");

static const struct kind *
find(const struct kind *table, struct fix_span code)
{
	while (table->code != NULL && !fix_span_is(code, table->code))
		table++;
	return table;
}

static const struct kind *
kind_of(const struct fix_rec *r, const struct fix_msg *m)
{
	struct fix_span type = fix_msg_type(m), v;
	const struct kind *k;

	if (r->type == REC_IN)
		return find(requests, type);
	if (!fix_span_is(type, "8"))
		return find(answers, type);
	if (fix_msg_get(m, 115, &v))
		return &drop_copy;
	if (fix_msg_get(m, 20, &v)) {
		k = find(transactions, v);
		if (k->code != NULL)
			return k;
	}
	if (!fix_msg_get(m, 150, &v) && !fix_msg_get(m, 39, &v))
		v.len = 0;
	return find(reports, v);
}

static struct fix_span
value_of(const struct fix_msg *m, uint32_t tag)
{
	struct fix_span v = { NULL, 0 };

	(void)fix_msg_get(m, tag, &v);
	return v;
}

static bool
is_fill(const struct kind *k)
{
	return strcmp(k->type, "ORDER_FILLED") == 0;
}

/* Held until the turn's positions come. */
static void
hold_fill(struct fold *f, const struct fix_msg *m)
{
	struct fix_span account = value_of(m, 1), symbol = value_of(m, 55);
	struct fix_span side = value_of(m, 54);
	struct fold_fill *x;
	struct fix_dec qty;

	if (f->n_fills == FOLD_FILLS_MAX ||
	    account.len + symbol.len + 1 > sizeof(x->key) ||
	    fix_msg_dec(m, 32, &qty) != 0) {
		f->too_many = true;
		return;
	}
	x = &f->fills[f->n_fills++];
	memset(x, 0, sizeof(*x));
	if (fix_dec_to_e8(qty, &x->qty_e8) != 0)
		f->too_many = true;
	if (!fix_span_is(side, "1") && !fix_span_is(side, "3"))
		x->qty_e8 = -x->qty_e8;
	memcpy(x->key, account.p, account.len);
	memcpy(x->key + account.len + 1, symbol.p, symbol.len);
	x->key_len = account.len + 1 + symbol.len;
	(void)fix_span_copy(value_of(m, 17), x->exec_id, sizeof(x->exec_id));
}

static void
describe(struct fold *f, const struct fix_rec *r, const struct fix_msg *m,
    uint64_t seq, bool at_venue)
{
	static const uint32_t ids[] = { 37, 11, 45, 34 };
	struct audit_event *e = &f->e;

	if (r->type == REC_IN)
		e->actor = value_of(m, 49);
	for (unsigned i = 0; i < 4 && e->resource_id.len == 0; i++)
		e->resource_id = value_of(m, ids[i]);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		audit_text(e, at_venue && fields[i].tag == 37 ? "venue_order_id"
							      : fields[i].key,
		    value_of(m, fields[i].tag));
	audit_text(e, "peer", value_of(m, r->type == REC_IN ? 49 : 56));
	audit_text(e, "msg_type", fix_msg_type(m));
	audit_number(e, "msg_seq_num", (int64_t)seq);
}

/* Our id at a venue, of which order? It is the OrderID and one part more.
 * @return false: no id of ours */
static bool
order_of_request(struct fix_span id, char out[ORDER_ID_MAX + 1])
{
	uint64_t number = order_number(id);

	while (id.len > 0 && id.p[id.len - 1] != '-')
		id.len--;
	if (id.len == 0 || number == 0)
		return false;
	id.len--;
	return order_number(id) == number &&
	       fix_span_copy(id, out, ORDER_ID_MAX + 1);
}

/* A venue is to whom we send orders. What goes there, and what comes from there,
 * has its OrderIDs, which may look like ours, and belongs to a client's order.
 * @return 1 it is of a venue, 0, an error */
static int
venue_leg(struct fold *f, const struct fix_rec *r, const struct fix_msg *m)
{
	struct fix_span type = fix_msg_type(m);
	uint8_t key[5] = { 'x' };
	struct fix_span k = { key, 1 + fix_key_u32(key + 1, r->session) };
	int rc;

	if (r->type == REC_OUT && type.len == 1 &&
	    memchr("DFGH", type.p[0], 4) != NULL) {
		rc = fold_keep(f, k, fix_span_of("1"));
		if (rc != 0)
			return rc;
	}
	if (pairs_get(&f->pairs, k).len == 0)
		return 0;
	if (order_of_request(value_of(m, 11), f->parent) ||
	    order_of_request(value_of(m, 379), f->parent)) {
		audit_text(&f->e, "parent_order_id", fix_span_of(f->parent));
		f->e.resource_id = fix_span_of(f->parent);
	}
	return 1;
}

static int
risk_event(struct fold *f, const struct fix_rec *r, const struct fix_msg *m,
    uint64_t seq)
{
	struct fix_span text = value_of(m, 58);

	if (text.len < 5 || memcmp(text.p, "RISK ", 5) != 0)
		return 0;
	fold_start(f, r, "RISK_LIMIT_BREACH", "refuse", "risk_limit");
	f->e.resource_id = value_of(m, 1);
	describe(f, r, m, seq, false);
	return fold_add(f);
}

int
fold_message(struct fold *f, const struct fix_rec *r)
{
	struct fix_msg m = { .fields = f->fields, .cap = FIX_FIELDS_MAX };
	struct fix_span raw, type;
	const struct kind *k;
	uint8_t hash[AUDIT_HASH];
	uint64_t seq;
	int rc;

	if (r->len <= sizeof(seq))
		return 0;
	memcpy(&seq, r->data, sizeof(seq));
	raw = (struct fix_span){ r->data + sizeof(seq), r->len - sizeof(seq) };
	if (fix_split(raw.p, raw.len, &m) != 0 || m.n < 3)
		return 0;
	type = fix_msg_type(&m);
	if (fix_span_is(type, "0") || fix_span_is(type, "1"))
		return 0;
	k = kind_of(r, &m);
	fold_start(f, r, k->type, k->action,
	    fix_msg_find(&m, 11, 0) != FIX_MSG_NONE ? "order" : "message");
	rc = venue_leg(f, r, &m);
	if (rc < 0)
		return rc;
	describe(f, r, &m, seq, rc == 1);
	rc = fold_seal_raw(f, &raw);
	if (rc != 0)
		return rc;
	audit_sha256(hash, raw.p, raw.len);
	audit_hex(f->hash, hash);
	audit_text(&f->e, "message_sha256", fix_span_of(f->hash));
	audit_number(&f->e, "message_bytes", (int64_t)raw.len);
	rc = fold_add(f);
	if (rc == 0)
		rc = audit_raw(f->audit, raw);
	if (rc == 0 && r->type == REC_OUT && k != &drop_copy)
		rc = risk_event(f, r, &m, seq);
	if (is_fill(k))
		hold_fill(f, &m);
	return rc;
}
