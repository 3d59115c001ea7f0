/*
 * A client's report in the face of a subscriber's version.
 *
 * FIX.4.2 tells by ExecTransType(20) what later versions tell by ExecType, and
 * reasons that a version does not have become the nearest that it has, as in
 * the reports themselves (gateway/order/report.c). The version of the original
 * is read from the message: its session may be gone from the settings.
 *
 * Where it came from stands in the header: OnBehalfOfCompID(115) names the
 * client, or the venue of an execution that is no client's. With CopyHops, from
 * FIX.4.3 on, a hop (627) says the original's MsgSeqNum(630) and
 * SendingTime(629); QuickFIX rejects a message with one, since it does not know
 * the group in a header. FIX.4.2 has OnBehalfOfSendingTime(370) for the latter.
 */
#include "gateway/trader/dropcopy.h"

static enum fix_version
version_of(const struct fix_msg *m)
{
	enum fix_version v = fix_version_of_begin(fix_msg_at(m, 0));

	return v == FIX_V_NONE ? FIX_V_50SP2 : v;
}

/* @return false: no execution */
static bool
to_later(struct fix_exec *e)
{
	bool traded = e->exec_type == '1' || e->exec_type == '2';

	if (e->exec_trans_type == '3' && e->exec_ref_id.len == 0)
		return false;
	if (e->exec_trans_type == '3')
		e->exec_type = 'I'; /* a fee: see is_status() */
	else if (e->exec_trans_type == '1')
		e->exec_type = 'H';
	else if (e->exec_trans_type == '2')
		e->exec_type = 'G';
	else if (traded)
		e->exec_type = 'F';
	else
		e->has &= ~(uint32_t)FIX_EH_LAST;
	if (e->ord_status == '5')
		e->ord_status = '0';
	e->exec_trans_type = '\0';
	return true;
}

static void
to_42(struct fix_exec *e)
{
	char type = e->exec_type;

	e->exec_trans_type = type == 'H' ? '1' : type == 'G' ? '2' :
	    type == 'I' ? '3' : '0';
	if (type == 'I')
		e->exec_type = e->ord_status;
	if (type == 'F' || type == 'G' || type == 'H')
		e->exec_type = e->cum_qty_e8 >= e->order_qty_e8 ? '2' : '1';
	if (type == '5' && e->ord_status == '0')
		e->ord_status = '5';
	if ((e->has & FIX_EH_LAST) == 0)
		e->last_qty_e8 = e->last_px_e8 = 0;
	e->has |= FIX_EH_LAST;
	e->ord_status_req_id = (struct fix_span){ NULL, 0 };
}

/* 103, 378 and 102 as the version has them: up to the highest that it knows;
 * others become `other`, FIX.4.3 and before have none such. */
struct reasons {
	int most_103, other_103, most_378, other_378;
};

static struct reasons
reasons_of(enum fix_version v)
{
	if (v <= FIX_V_42)
		return (struct reasons){ 8, 0, 5, 4 };
	if (v == FIX_V_43)
		return (struct reasons){ 12, 0, 8, 4 };
	if (v < FIX_V_50SP2)
		return (struct reasons){ 15, 99, 10, 99 };
	return (struct reasons){ 29, 99, 13, 99 };
}

static void
reasons(struct fix_exec *e, enum fix_version to)
{
	struct reasons r = reasons_of(to);

	if (e->ord_rej_reason > r.most_103)
		e->ord_rej_reason = r.other_103;
	if (e->exec_restatement_reason > r.most_378)
		e->exec_restatement_reason = r.other_378;
	if (e->kind != '9')
		return;
	e->cxl_rej_reason = report_cxl_reason(to, (int)e->cxl_rej_reason);
	if (to == FIX_V_43 && e->cxl_rej_reason > 6)
		e->cxl_rej_reason = 2;
}

/* An answer to a question; what has an ExecRefID(19) is the fee of that one. */
static bool
is_status(const struct fix_exec *e)
{
	return (e->exec_trans_type == '3' || e->exec_type == 'I') &&
	       e->exec_ref_id.len == 0;
}

bool
copy_exec(const struct fix_msg *m, enum fix_version to, struct fix_exec *e)
{
	enum fix_version from = version_of(m);
	uint32_t bad;

	if (fix_exec_read(e, m, &bad) != 0)
		return false;
	reasons(e, to);
	if (e->kind == '9')
		return true;
	if (from <= FIX_V_42)
		return to <= FIX_V_42 ? !is_status(e) : to_later(e);
	if (is_status(e) || (e->exec_type == 'L' && to <= FIX_V_44))
		return false; /* a status; a type that it does not have */
	if (to <= FIX_V_42)
		to_42(e);
	return true;
}

static void
hop(struct fix_build *b, struct fix_span name, struct fix_span time,
    struct fix_span number)
{
	fix_build_int(b, 627, 1);
	fix_build_span(b, 628, name);
	fix_build_span(b, 629, time);
	fix_build_span(b, 630, number);
}

void
copy_parties(struct fix_build *b, const struct fix_msg *m, enum fix_version to)
{
	uint8_t text[FIX_PARTIES_MAX];
	int n = fix_parties_read(m, text);

	if (n > 0)
		fix_parties_write(
		    b, (struct fix_span){ text, (size_t)n }, to);
}

void
copy_origin(struct fix_build *b, struct trader *t, const struct fix_rec *r,
    const struct fix_msg *m, const struct client *c)
{
	enum fix_version to = c->cfg->desk.version;
	struct fix_span name = { NULL, 0 }, time = name, number = name;

	if (!fix_msg_get(m, r->type == REC_IN ? 49 : 56, &name)) {
		name = fix_span_of(venue_called(t, rec_venue(r)));
		if (name.len == 0)
			name = fix_span_of("NONE");
		fix_build_span(b, 115, name);
		return;
	}
	fix_build_span(b, 115, name);
	if (c->cfg->copy.enveloped || !fix_msg_get(m, 52, &time) ||
	    !fix_msg_get(m, 34, &number))
		return;
	if (to == FIX_V_42)
		fix_build_span(b, 370, time);
	else if (c->cfg->copy.hops)
		hop(b, name, time, number);
}
