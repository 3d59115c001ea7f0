/*
 * What venues tell of orders that no client of ours has sent: given by
 * telephone, or not known any more. No client gets a report, so whoever gets
 * drop copies is told, as of the account SUSPENSE and by the venue's OrderID,
 * in the face of FIX.4.4. Order state scenario E.1.a, race N4.
 */
#include "gateway/order/desk.h"

static const struct {
	char exec_type, ord_status;
} kinds[VENUE_N_EVENT] = {
	[VENUE_ACK] = { '0', '0' },
	[VENUE_CANCELED] = { '4', '4' },
	[VENUE_EXPIRED] = { 'C', 'C' },
	[VENUE_DONE_FOR_DAY] = { '3', '3' },
	[VENUE_REPLACED] = { '5', '0' },
	[VENUE_RESTATED] = { 'D', '0' },
	[VENUE_FILL] = { 'F', '1' },
	[VENUE_BUST] = { 'H', '0' },
	[VENUE_CORRECT] = { 'G', '1' },
};

static struct fix_span
first_of(const char *a, const char *b, const char *c)
{
	if (a != NULL && a[0] != '\0')
		return fix_span_of(a);
	return fix_span_of(b != NULL && b[0] != '\0' ? b : c);
}

static bool
is_trade(enum venue_event_kind k)
{
	return k == VENUE_FILL || k == VENUE_BUST || k == VENUE_CORRECT;
}

/* As far as the venue says them. */
static void
quantities(struct fix_exec *e, const struct venue_event *v, int64_t last_e8)
{
	e->cum_qty_e8 = v->cum_qty_e8 >= 0 ? v->cum_qty_e8 : last_e8;
	e->order_qty_e8 = v->qty_e8 > 0 ? v->qty_e8 : e->cum_qty_e8;
	if (!is_trade(v->kind) && e->ord_status != '0')
		return;
	if (e->order_qty_e8 > e->cum_qty_e8)
		e->leaves_qty_e8 = e->order_qty_e8 - e->cum_qty_e8;
	else if (e->exec_type == 'F' || e->exec_type == 'G')
		e->ord_status = '2';
}

void
shown_event(struct desk *d, const struct venue *v, const struct venue_event *e,
    const struct shown *s, struct fix_now now)
{
	char exec_id[ORDER_ID_MAX + 1], text[DESK_TEXT_MAX + 1];
	struct fix_exec x = { .kind = '8',
		.has = FIX_EH_QTYS | FIX_EH_TRANSACT_TIME,
		.exec_type = kinds[e->kind].exec_type,
		.ord_status = kinds[e->kind].ord_status,
		.order_id = first_of(e->venue_order_id, e->cl_ord_id, "NONE"),
		.cl_ord_id = fix_span_of(e->cl_ord_id),
		.exec_ref_id = fix_span_of(s->ref_id),
		.account = fix_span_of(DESK_SUSPENSE),
		.symbol = first_of(s->symbol, e->symbol, "[N/A]"),
		.side = s->side != '\0' ? s->side : e->side,
		.avg_px = fix_dec_of_e8(s->px_e8),
		.transact_time = e->when.ns != 0 ? e->when : now.utc };

	if (x.exec_type == '\0')
		return;
	if (x.side == '\0')
		x.side = '7'; /* undisclosed */
	if (is_trade(e->kind))
		x.has |= FIX_EH_LAST;
	x.last_qty_e8 = s->qty_e8;
	x.last_px_e8 = s->px_e8;
	quantities(&x, e, s->qty_e8);
	if (e->kind == VENUE_RESTATED ||
	    (e->kind == VENUE_CANCELED && e->reason > 0)) {
		x.exec_restatement_reason = e->reason;
		x.has |= FIX_EH_RESTATEMENT;
	}
	x.text = fix_span_of(report_clean(e->text, text));
	if (s->exec_id == NULL)
		ids_exec(d, exec_id);
	x.exec_id = fix_span_of(s->exec_id != NULL ? s->exec_id : exec_id);
	d->ops.report(d->ops.arg, 0, v->number, &x);
}
