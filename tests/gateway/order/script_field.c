/* A word of a script's request, as "tif=3" or "@11", into the request. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/gateway/order/script.h"

enum kind { TEXT, LETTER, DECIMAL };

static const struct {
	const char *begins;
	enum kind kind;
	size_t at;
	uint32_t has;
} fields[] = {
#define AT(member) offsetof(struct fix_order, member)
	{ "@", DECIMAL, AT(price), FIX_OH_PRICE },
	{ "stop=", DECIMAL, AT(stop_px), FIX_OH_STOP_PX },
	{ "110=", DECIMAL, AT(min_qty), FIX_OH_MIN_QTY },
	{ "111=", DECIMAL, AT(max_floor), FIX_OH_MAX_FLOOR },
	{ "152=", DECIMAL, AT(cash_order_qty), FIX_OH_CASH_ORDER_QTY },
	{ "211=", DECIMAL, AT(peg_offset), FIX_OH_PEG_OFFSET },
	{ "1138=", DECIMAL, AT(display_qty), FIX_OH_DISPLAY_QTY },
	{ "836=", LETTER, AT(peg_offset_type), 0 },
	{ "77=", LETTER, AT(position_effect), 0 },
	{ "1094=", TEXT, AT(peg_price_type), 0 },
	{ "sym=", TEXT, AT(symbol), 0 },
	{ "acc=", TEXT, AT(account), 0 },
	{ "inst=", TEXT, AT(exec_inst), 0 },
	{ "15=", TEXT, AT(currency), 0 },
	{ "336=", TEXT, AT(trading_session), 0 },
	{ "790=", TEXT, AT(ord_status_req_id), 0 },
	{ "432=", TEXT, AT(expire_date), 0 },
	{ "tif=", LETTER, AT(time_in_force), 0 },
	{ "side=", LETTER, AT(side), 0 },
	{ "type=", LETTER, AT(ord_type), 0 },
	{ "", DECIMAL, AT(order_qty), FIX_OH_ORDER_QTY },
#undef AT
};

bool
script_field(struct fix_order *o, const char *w)
{
	unsigned i = 0;
	size_t n;
	char *to;

	if (strcmp(w, "97") == 0) {
		o->poss_resend = true;
		return true;
	}
	if (strcmp(w, "lost") == 0) {
		o->wrong = "UNSUPPORTED SettlDate(64)";
		return true;
	}
	while (strncmp(w, fields[i].begins, n = strlen(fields[i].begins)) != 0)
		i++;
	to = (char *)o + fields[i].at;
	o->has |= fields[i].has;
	if (fields[i].kind == TEXT)
		*(struct fix_span *)(void *)to = fix_span_of(w + n);
	else if (fields[i].kind == LETTER)
		*to = w[n];
	else
		return fix_dec_parse(fix_span_of(w + n),
			   (struct fix_dec *)(void *)to) == 0;
	return true;
}

static void
number(char out[40], bool there, int64_t e8)
{
	out[fix_e8_format((uint8_t *)out, there ? e8 : 0)] = '\0';
}

static void
letter(char out[40], char c)
{
	out[0] = c;
	out[1] = '\0';
}

bool
script_told(const struct fix_exec *e, int tag, char out[40])
{
	uint32_t has = e->has;

	if (tag == 12)
		number(out, has & FIX_EH_COMMISSION, e->commission_e8);
	else if (tag == 13)
		letter(out, e->comm_type);
	else if (tag == 479)
		fix_span_copy(e->comm_currency, out, 40);
	else if (tag == 18)
		fix_span_copy(e->exec_inst, out, 40);
	else if (tag == 77)
		letter(out, e->position_effect);
	else if (tag == 99)
		number(out, has & FIX_EH_STOP_PX, e->stop_px_e8);
	else if (tag == 110)
		number(out, has & FIX_EH_MIN_QTY, e->min_qty_e8);
	else if (tag == 111)
		number(out, has & FIX_EH_MAX_FLOOR, e->max_floor_e8);
	else if (tag == 152)
		number(out, has & FIX_EH_CASH_ORDER_QTY, e->cash_order_qty_e8);
	else if (tag == 211)
		number(out, has & FIX_EH_PEG_OFFSET, e->peg_offset_e8);
	else if (tag == 836)
		letter(out, e->peg_offset_type);
	else if (tag == 1094)
		fix_span_copy(e->peg_price_type, out, 40);
	else
		return false;
	return true;
}

bool
script_sent(const struct sent *s, int tag, char out[40])
{
	const struct venue_rare *r = &s->rare;

	if (tag == 18 && r->peg != '\0')
		snprintf(out, 40, "%c%.*s", r->peg, (int)sizeof(r->inst),
		    r->inst);
	else if (tag == 18)
		snprintf(out, 40, "%.*s", (int)sizeof(r->inst), r->inst);
	else if (tag == 44)
		number(out, true, s->price_e8);
	else if (tag == 77)
		letter(out, r->position);
	else if (tag == 99)
		number(out, true, s->stop_e8);
	else if (tag == 110)
		number(out, true, r->min_qty_e8);
	else if (tag == 111)
		number(out, true, r->max_floor_e8);
	else if (tag == 152)
		number(out, true, r->cash_e8);
	else if (tag == 211)
		number(out, true, r->offset_e8);
	else if (tag == 836)
		letter(out, r->offset_type);
	else if (tag == 336)
		letter(out, r->session);
	else if (tag == 15)
		snprintf(out, 40, "%s", s->currency);
	else
		return false;
	return true;
}
