/*
 * FIX's words for orders and TWS's: reference tws-protocol.md 9 and 18.1.
 *
 * An order that is not in the table, or that its contract does not allow, is
 * refused here, before it is sent: TWS's own answer would come later and say
 * less. TIF 7 (at the close) is a type at TWS, which wants DAY with it.
 */
#include "config.h"

#include <stdio.h>

#include "gateway/venue/tws_int.h"

static const struct tws_kind_of_order types[] = {
	{ '1', '7', "MOC", "MOC", false, false },
	{ '2', '7', "LOC", "LOC", true, false },
	{ '5', '\0', "MOC", "MOC", false, false },
	{ 'B', '\0', "LOC", "LOC", true, false },
	{ '1', '\0', "MKT", "MKT", false, false },
	{ '2', '\0', "LMT", "LMT", true, false },
	{ '3', '\0', "STP", "STP", false, true },
	{ '4', '\0', "STP LMT", "STPLMT", true, true },
	{ 'J', '\0', "MIT", "MIT", false, true },
	{ 'K', '\0', "MTL", "MTL", false, false },
	{ 'P', '\0', "TRAIL", "TRAIL", false, false },
};

static const struct {
	char tif;
	const char *tws;
} tifs[] = { { '0', "DAY" }, { '1', "GTC" }, { '2', "OPG" }, { '3', "IOC" },
	{ '4', "FOK" }, { '6', "GTD" }, { '7', "DAY" } };

#define N(a) (sizeof(a) / sizeof((a)[0]))

const struct tws_kind_of_order *
tws_map_type(char type, char tif)
{
	for (size_t i = 0; i < N(types); i++)
		if (types[i].type == type &&
		    (types[i].tif == '\0' || types[i].tif == tif))
			return &types[i];
	return NULL;
}

const char *
tws_map_tif(char type, char tif)
{
	if (type == '5' || type == 'B')
		return tif == '0' || tif == '7' ? "DAY" : NULL;
	for (size_t i = 0; i < N(tifs); i++)
		if (tifs[i].tif == tif && (tif != '2' || type == '1' ||
		    type == '2') && (tif != '7' || type == '1' || type == '2'))
			return tifs[i].tws;
	return NULL;
}

bool
tws_unmap(
    struct fix_span type, struct fix_span tif, char *fix_type, char *fix_tif)
{
	*fix_type = *fix_tif = '\0';
	for (size_t i = 2; i < N(types) && *fix_type == '\0'; i++)
		if (fix_span_is(type, types[i].tws_type))
			*fix_type = types[i].type;
	for (size_t i = 0; i < N(tifs) && *fix_tif == '\0'; i++)
		if (fix_span_is(tif, tifs[i].tws))
			*fix_tif = tifs[i].tif;
	return *fix_type != '\0' && *fix_tif != '\0';
}

unsigned
tws_symbol_of(const struct tws *t, const char *name)
{
	unsigned i;

	for (i = 0; i < t->cfg.n_symbols; i++)
		if (strcmp(t->contracts[i].s.name, name) == 0)
			break;
	return i;
}

static bool
is_managed(const struct tws *t, const char *account)
{
	char word[40];

	snprintf(word, sizeof(word), ",%s,", account);
	return account[0] != '\0' && strstr(t->accounts, word) != NULL;
}

/* The one of the settings; else the order's if the login has it; else the
 * only one there is. */
bool
tws_account_of(const struct tws *t, const char *account, char out[32])
{
	const char *first = t->accounts + (t->accounts[0] == ',');
	size_t n = strcspn(first, ",");

	if (t->account[0] != '\0')
		account = t->account;
	else if (!is_managed(t, account) && n > 0 && first[n] == ',' &&
	    first[n + 1] == '\0') {
		fix_span_copy((struct fix_span){ (const uint8_t *)first, n },
		    out, 32);
		return true;
	}
	fix_span_copy(fix_span_of(account), out, 32);
	return is_managed(t, account);
}

static bool
on_grid(int64_t v, int64_t step)
{
	return step <= 0 || v % step == 0;
}

static bool
allowed(const struct tws_contract *c, const char *code)
{
	char word[24];

	snprintf(word, sizeof(word), ",%s,", code);
	return c->order_types[0] == '\0' || strstr(c->order_types, word);
}

static const char *
contract_refuses(const struct tws_contract *c, const struct venue_order *o,
    const struct tws_kind_of_order *k, int *reason)
{
	*reason = 1;
	if (c->con_id == 0)
		return "UNKNOWN Symbol(55) at TWS";
	*reason = 11;
	if (!allowed(c, k->code))
		return "UNSUPPORTED OrdType(40) for this contract";
	*reason = 13;
	if (o->qty_e8 < c->least_e8 || !on_grid(o->qty_e8, c->step_e8))
		return "OrderQty(38) is not in the contract's steps";
	*reason = 99;
	if (k->price && !on_grid(o->price_e8, c->tick_e8))
		return "Price(44) is not on a tick";
	if ((k->stop || o->ord_type == 'P') &&
	    !on_grid(o->stop_e8, c->tick_e8))
		return "StopPx(99) is not on a tick";
	return NULL;
}

static bool
is_count(int64_t e8)
{
	return e8 % FIX_E8 == 0 && e8 / FIX_E8 <= INT32_MAX;
}

static const char *
rare_refused(const struct venue_order *o)
{
	const struct venue_rare *r = &o->rare;

	if (!is_count(r->min_qty_e8) || !is_count(r->max_floor_e8))
		return "MinQty(110) and MaxFloor(111) must be whole";
	if (o->ord_type == 'P' && (r->peg != 'a' || r->offset_e8 <= 0))
		return "UNSUPPORTED peg, but a trailing stop";
	if (o->ord_type == 'P' && o->price_e8 != 0)
		return "UNSUPPORTED Price(44) of a trailing stop";
	return NULL;
}

/* A spot FX order's quantity is in the first of the pair's. */
static bool
wrong_currency(struct tws *t, const struct tws_symbol *s,
    const struct venue_order *o)
{
	return venue_wrong_currency(fix_span_of(o->currency), s->name,
	    strcmp(s->sec_type, "CASH") == 0 ? s->symbol : s->currency,
	    t->why, sizeof(t->why));
}

const char *
tws_refusal(struct tws *t, const struct venue_order *o, int *reason)
{
	const struct tws_kind_of_order *k =
	    tws_map_type(o->ord_type, o->time_in_force);
	unsigned symbol = tws_symbol_of(t, o->symbol);
	char account[32];

	*reason = 11;
	if (k == NULL)
		return "UNSUPPORTED OrdType(40)";
	if (tws_map_tif(o->ord_type, o->time_in_force) == NULL)
		return "UNSUPPORTED TimeInForce(59) with this OrdType(40)";
	if (rare_refused(o) != NULL)
		return rare_refused(o);
	if (o->side != '1' && o->side != '2' && o->side != '5')
		return "UNSUPPORTED Side(54)";
	if (o->time_in_force == '6' && o->expire.ns == 0)
		return "MISSING ExpireTime(126)";
	*reason = 13;
	if (o->qty_e8 <= 0)
		return "OrderQty(38) must be above 0";
	*reason = 15;
	if (!tws_account_of(t, o->account, account))
		return "UNKNOWN Account(1) at TWS";
	*reason = 1;
	if (symbol == t->cfg.n_symbols)
		return "UNKNOWN Symbol(55)";
	*reason = 11;
	if (wrong_currency(t, &t->contracts[symbol].s, o))
		return t->why;
	return contract_refuses(&t->contracts[symbol], o, k, reason);
}
