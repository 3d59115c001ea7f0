/* A word of a script's request, as "tif=3" or "@11", into the request. */
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
	{ "sym=", TEXT, AT(symbol), 0 },
	{ "acc=", TEXT, AT(account), 0 },
	{ "inst=", TEXT, AT(exec_inst), 0 },
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
