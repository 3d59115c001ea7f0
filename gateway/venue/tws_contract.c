/*
 * Contracts: what IB calls the symbols of the settings.
 *
 * Each is looked up once and then held; a new day asks again, since a restart
 * of TWS can bring new definitions, and goes on with what it has until the
 * answer is there. More than one answer, or none, leaves the symbol unknown:
 * its orders are refused. Reference tws-protocol.md 14.
 */
#include "config.h"

#include <stdio.h>

#include "gateway/venue/tws_int.h"

static int64_t
today(const struct tws *t)
{
	return t->now.utc.ns / FIX_DAY;
}

static void
ask(struct tws *t, unsigned i)
{
	struct tws_contract *c = &t->contracts[i];
	const struct tws_symbol *s = &c->s;
	struct tws_msg m;

	tws_begin(&m, TWS_REQ_CONTRACT, t->version);
	tws_set_int(&m, TWS_RC_REQ_ID, TWS_REQ_FIRST + (int64_t)i);
	if (s->symbol[0] == '\0')
		tws_set_int(&m, TWS_RC_CON_ID, s->con_id);
	tws_set_str(&m, TWS_RC_SYMBOL, s->symbol);
	tws_set_str(&m, TWS_RC_SEC_TYPE, s->sec_type);
	tws_set_str(&m, TWS_RC_EXPIRY, s->expiry);
	tws_set_str(&m, TWS_RC_EXCHANGE, s->exchange);
	tws_set_str(&m, TWS_RC_PRIMARY_EXCH, s->primary);
	tws_set_str(&m, TWS_RC_CURRENCY, s->currency);
	c->ambiguous = false;
	c->asked = tws_queue_put(t, false, &m, NULL);
}

/* The connection is new. */
void
tws_lookup(struct tws *t)
{
	for (unsigned i = 0; i < t->cfg.n_symbols; i++) {
		t->contracts[i].asked = false;
		if (t->contracts[i].day != today(t))
			ask(t, i);
	}
}

/* None is without an answer. */
bool
tws_lookup_done(const struct tws *t)
{
	for (unsigned i = 0; i < t->cfg.n_symbols; i++)
		if (t->contracts[i].asked && t->contracts[i].con_id == 0)
			return false;
	return true;
}

static struct tws_contract *
of_request(struct tws *t, int64_t req)
{
	req -= TWS_REQ_FIRST;
	return req < 0 || req >= (int64_t)t->cfg.n_symbols ? NULL
							    : &t->contracts[req];
}

void
tws_on_contract(struct tws *t, const struct tws_msg *m)
{
	struct fix_span types = tws_get(m, TWS_CD_ORDER_TYPES);
	struct tws_contract *c;
	int64_t req, con_id;

	tws_read_int(tws_get(m, TWS_CD_REQ_ID), &req);
	c = of_request(t, req);
	if (c == NULL || !c->asked)
		return;
	if (tws_read_int(tws_get(m, TWS_CD_CON_ID), &con_id) != 1 ||
	    con_id <= 0)
		return;
	if (c->day == today(t) && con_id != c->con_id) {
		c->ambiguous = true;
		return;
	}
	c->con_id = con_id;
	c->day = today(t);
	tws_price_e8(tws_get(m, TWS_CD_MIN_TICK), &c->tick_e8);
	tws_qty_e8(tws_get(m, TWS_CD_SIZE_INCREMENT), &c->step_e8);
	tws_qty_e8(tws_get(m, TWS_CD_MIN_SIZE), &c->least_e8);
	c->share = fix_span_is(tws_get(m, TWS_CD_SEC_TYPE), "STK");
	fix_span_copy(tws_get(m, TWS_CD_CURRENCY), c->currency,
	    sizeof(c->currency));
	if (!fix_span_copy(tws_get(m, TWS_CD_SYMBOL), c->of, sizeof(c->of)))
		c->of[0] = '\0'; /* no currency */
	c->order_types[0] = '\0'; /* then TWS decides */
	if (types.len > 0 && types.len + 3 <= sizeof(c->order_types))
		snprintf(c->order_types, sizeof(c->order_types), ",%.*s,",
		    (int)types.len, (const char *)types.p);
}

static void
answered(struct tws *t, struct tws_contract *c)
{
	c->asked = false;
	if (c->ambiguous) {
		tws_say(t, true, "symbol %s is more than one contract at TWS: "
		    "say its conId", c->s.name);
		c->con_id = 0;
		c->day = -1;
	}
	if (t->phase == TWS_SYNC && t->round == TWS_NONE)
		t->phase_due_ns = t->now.mono.ns + TWS_ANSWER_WAIT;
	tws_try_ready(t);
}

void
tws_on_contract_end(struct tws *t, int64_t req)
{
	struct tws_contract *c = of_request(t, req);

	if (c != NULL && c->asked)
		answered(t, c);
}

bool
tws_contract_error(
    struct tws *t, int64_t req, int64_t code, struct fix_span text)
{
	struct tws_contract *c = of_request(t, req);

	if (c == NULL)
		return false;
	if (!c->asked)
		return true;
	tws_say(t, true, "symbol %s is not known at TWS: %lld %.*s", c->s.name,
	    (long long)code, (int)text.len, (const char *)text.p);
	if (code == 200)
		c->con_id = 0;
	answered(t, c);
	return true;
}

/* conId and exchange say it all; an order's echo has the rest. */
void
tws_set_contract(const struct tws *t, struct tws_msg *m, unsigned symbol)
{
	const struct tws_symbol *s = &t->contracts[symbol].s;

	tws_set_int(m, TWS_PO_CON_ID, t->contracts[symbol].con_id);
	tws_set_str(m, TWS_PO_SYMBOL, s->symbol);
	tws_set_str(m, TWS_PO_SEC_TYPE, s->sec_type);
	tws_set_str(m, TWS_PO_EXPIRY, s->expiry);
	tws_set_str(m, TWS_PO_EXCHANGE, s->exchange);
	tws_set_str(m, TWS_PO_PRIMARY_EXCH, s->primary);
	tws_set_str(m, TWS_PO_CURRENCY, s->currency);
}
