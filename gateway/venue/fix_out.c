/*
 * The desk's requests as FIX messages: NewOrderSingle(D), OrderCancelRequest(F),
 * OrderCancelReplaceRequest(G), OrderStatusRequest(H).
 *
 * Every version from 4.2 on gets the same fields; HandlInst(21), which 4.2 and
 * 4.3 require, is the settings' to say. A replace carries the whole order as it
 * is wanted, for what is left out is none (rule C11 of the order state tests).
 * ClOrdID(11) is ours, unique over all clients and days; nothing of a client
 * goes outside. What the session's version does not have its dictionary refuses.
 */
#include "fix/order.h"
#include "gateway/venue/fix.h"

static struct fix_span
part(const char **at, const char *stop)
{
	struct fix_span s;

	*at += strspn(*at, ", \t");
	s.p = (const uint8_t *)*at;
	s.len = strcspn(*at, stop);
	*at += s.len;
	return s;
}

const char *
venue_fix_account(
    const char *map, const char *account, char *buf, size_t cap)
{
	const char *at = map;
	struct fix_span ours, theirs;

	if (map == NULL)
		return account;
	while (at += strspn(at, ", \t"), *at != '\0') {
		ours = part(&at, ":, \t");
		at += *at == ':';
		theirs = part(&at, ", \t");
		if (!fix_span_is(ours, account) && !fix_span_is(ours, "*"))
			continue;
		if (fix_span_is(theirs, "-"))
			return "";
		(void)fix_span_copy(theirs, buf, cap);
		return buf;
	}
	return NULL;
}

static struct fix_stamp
stamp(struct fix_utc t)
{
	struct fix_stamp s = { .utc = t, .digits = 3 };

	return s;
}

static void
put_terms(struct fix_order *f, const struct venue_fix_cfg *cfg,
    const struct venue_order *o)
{
	f->currency = fix_span_of(o->currency);
	f->handl_inst = cfg->handl_inst;
	f->ex_destination = fix_span_of(cfg->destination);
	f->ord_type = o->ord_type;
	f->time_in_force = o->time_in_force;
	f->price = fix_dec_of_e8(o->price_e8);
	f->stop_px = fix_dec_of_e8(o->stop_e8);
	if (o->price_e8 != 0 || o->ord_type == '2' || o->ord_type == '4')
		f->has |= FIX_OH_PRICE;
	if (o->stop_e8 != 0 || o->ord_type == '3' || o->ord_type == '4')
		f->has |= FIX_OH_STOP_PX;
	if (o->expire.ns != 0) {
		f->expire_time = stamp(o->expire);
		f->has |= FIX_OH_EXPIRE_TIME;
	}
}

/* ExecInst(18), with a blank between letters; inst has room for four. */
static void
put_inst(struct fix_order *f, const struct venue_rare *r, char inst[8])
{
	size_t n = 0;

	for (size_t i = 0; i <= sizeof(r->inst); i++) {
		char c = i == 0 ? r->peg : r->inst[i - 1];

		if (c == '\0')
			continue;
		if (n > 0)
			inst[n++] = ' ';
		inst[n++] = c;
	}
	f->exec_inst = (struct fix_span){ (const uint8_t *)inst, n };
}

static void
put_rare(struct fix_order *f, enum fix_version v, const struct venue_rare *r,
    char inst[8])
{
	put_inst(f, r, inst);
	if (v >= FIX_V_50)
		f->peg_price_type = fix_span_of(r->peg == 'a' ? "8" :
		    r->peg == 'R' ? "5" : r->peg == 'P' ? "4" :
		    r->peg == 'M' ? "2" : NULL);
	f->min_qty = fix_dec_of_e8(r->min_qty_e8);
	f->max_floor = fix_dec_of_e8(r->max_floor_e8);
	f->cash_order_qty = fix_dec_of_e8(r->cash_e8);
	f->peg_offset = fix_dec_of_e8(r->offset_e8);
	f->effective_time = stamp((struct fix_utc){ r->effective_ns });
	f->peg_offset_type = r->offset_type;
	f->position_effect = r->position;
	if (r->min_qty_e8 != 0)
		f->has |= FIX_OH_MIN_QTY;
	if (r->max_floor_e8 != 0)
		f->has |= FIX_OH_MAX_FLOOR;
	if (r->offset_e8 != 0)
		f->has |= FIX_OH_PEG_OFFSET;
	if (r->effective_ns != 0)
		f->has |= FIX_OH_EFFECTIVE_TIME;
	if (r->cash_e8 == 0)
		return;
	f->has |= FIX_OH_CASH_ORDER_QTY;
	f->has &= ~(uint32_t)FIX_OH_ORDER_QTY;
}

int
venue_fix_write(const struct venue_fix_cfg *cfg, char kind,
    const struct venue_order *o, struct fix_now now, struct fix_build *b)
{
	char buf[64], whole[VENUE_ID_MAX + 1], inst[8];
	const char *account =
	    venue_fix_account(cfg->accounts, o->account, buf, sizeof(buf));
	struct fix_order f = { .kind = kind,
		.cl_ord_id = fix_span_of(o->cl_ord_id),
		.symbol = fix_span_of(o->symbol),
		.security_exchange = fix_span_of(cfg->exchange),
		.side = o->side };
	const char *id = o->venue_order_id;

	if (account == NULL)
		return -FIX_E_RANGE;
	f.account = fix_span_of(account);
	/* One that was too long is not known whole: it has a hash in it. */
	if (kind != 'D' && id != NULL && strlen(id) < VENUE_ID_MAX &&
	    venue_fix_id(fix_span_of(id), whole))
		f.order_id = fix_span_of(id);
	if (kind == 'F' || kind == 'G')
		f.orig_cl_ord_id = fix_span_of(o->orig_cl_ord_id);
	if (kind != 'H') {
		f.transact_time = stamp(now.utc);
		f.order_qty = fix_dec_of_e8(o->qty_e8);
		f.has |= FIX_OH_TRANSACT_TIME | FIX_OH_ORDER_QTY;
	}
	if (kind == 'D' || kind == 'G')
		put_terms(&f, cfg, o);
	if ((kind == 'D' || kind == 'G') && venue_is_rare(&o->rare))
		put_rare(&f, cfg->version, &o->rare, inst);
	if (o->again)
		fix_build_bool(b, 97, true); /* goes to the header */
	fix_order_write(b, &f);
	if (kind == 'D' || kind == 'G')
		fix_build_raw(b, cfg->fields);
	return b->err;
}
