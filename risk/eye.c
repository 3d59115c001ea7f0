/*
 * Reads what tape.c writes: a cursor over one entry, which stops at its end and
 * remembers that it did. So all fields are read first, and one look says whether
 * they were there. What comes in are bytes of a journal.
 */
#include "risk/eye.h"

#define HEAD 3 /* bytes: call, length */

unsigned
eye_byte(struct eye *e)
{
	if (e->p == e->end) {
		e->bad = true;
		return 0;
	}
	return *e->p++;
}

uint64_t
eye_count(struct eye *e)
{
	uint64_t v = 0;
	unsigned shift = 0, b;

	do {
		b = eye_byte(e);
		if (shift == 63 && b > 1)
			e->bad = true;
		if (shift < 64)
			v |= (uint64_t)(b & 0x7f) << shift;
		shift += 7;
	} while (b >= 0x80 && !e->bad);
	return v;
}

uint32_t
eye_number(struct eye *e)
{
	uint64_t v = eye_count(e);

	e->bad = e->bad || v > UINT32_MAX;
	return (uint32_t)v;
}

int64_t
eye_int(struct eye *e)
{
	uint64_t v = eye_count(e);

	return (int64_t)(v >> 1 ^ ((v & 1) != 0 ? UINT64_MAX : 0));
}

unsigned
eye_below(struct eye *e, unsigned n)
{
	unsigned v = eye_byte(e);

	e->bad = e->bad || v >= n;
	return e->bad ? 0 : v;
}

struct fix_span
eye_name(struct eye *e)
{
	struct fix_span s = { NULL, eye_byte(e) };

	if (s.len > (size_t)(e->end - e->p)) {
		e->bad = true;
		s.len = 0;
	}
	s.p = e->p;
	e->p += s.len;
	return s;
}

/* A name that set-up gives: it ends where it says. */
void
eye_text(struct eye *e, char *out, size_t cap)
{
	struct fix_span s = eye_name(e);

	if (!fix_span_copy(s, out, cap) || strlen(out) != s.len) {
		e->bad = true;
		out[0] = '\0';
	}
}

/* @return -FIX_E_FOREIGN: of another size than here */
int
eye_whole(struct eye *e, void *out, size_t len)
{
	uint64_t n = eye_count(e);

	if (e->bad || n > (size_t)(e->end - e->p))
		return -FIX_E_CORRUPT;
	if (n != len)
		return -FIX_E_FOREIGN;
	memcpy(out, e->p, len);
	e->p += len;
	return 0;
}

struct risk_hold
eye_hold(struct eye *e)
{
	struct risk_hold h = { .qty_e8 = eye_int(e) };

	h.notional_e8 = eye_int(e);
	return h;
}

bool
eye_done(const struct eye *e)
{
	return !e->bad && e->p == e->end;
}

struct risk_order
eye_order(struct eye *e, uint64_t *rest)
{
	struct risk_order o = { .rest = NULL };
	unsigned flags = eye_below(e, EYE_KIND << 1);

	o.has_price = (flags & 1) != 0;
	o.has_stop = (flags & 2) != 0;
	o.side = (char)eye_byte(e);
	o.ord_type = (char)eye_byte(e);
	o.time_in_force = (char)eye_byte(e);
	o.session = eye_number(e);
	o.venue = eye_number(e);
	o.number = eye_count(e);
	*rest = eye_count(e);
	o.account = eye_name(e);
	o.symbol = eye_name(e);
	o.trader = eye_name(e);
	o.qty_e8 = eye_int(e);
	o.cum_e8 = eye_int(e);
	o.price_e8 = eye_int(e);
	o.stop_e8 = eye_int(e);
	if ((flags & EYE_CASH) != 0)
		o.cash_e8 = eye_int(e);
	if ((flags & EYE_KIND) != 0)
		o.kind = (uint8_t)eye_below(e, RISK_N_KIND);
	o.skip = eye_number(e);
	if (!e->bad && e->p < e->end)
		o.token = eye_number(e);
	return o;
}

static struct risk_verdict
get_verdict(struct eye *e, bool *spent)
{
	struct risk_verdict v = { .code = (enum risk_code)eye_below(
				      e, RISK_N_CODE) };
	unsigned whose;

	v.scope = (enum risk_scope)eye_below(e, RISK_N_SCOPE);
	eye_text(e, v.scope_id, sizeof(v.scope_id));
	whose = eye_below(e, EYE_SPENT << 1);
	*spent = (whose & EYE_SPENT) != 0;
	v.soft = (whose & EYE_SOFT) != 0;
	whose &= EYE_SOFT - 1;
	e->bad = e->bad || whose >> 1 >= RISK_N_OWNER;
	v.owner = (enum risk_owner)(whose >> 1);
	v.owned = (whose & 1) != 0;
	v.decision = eye_count(e);
	v.hold = eye_hold(e);
	v.limit = eye_int(e);
	v.value = eye_int(e);
	v.ref = eye_int(e);
	return v;
}

int
eye_check(struct eye *e, struct risk_played *out, uint64_t *rest)
{
	bool spent;

	out->was = get_verdict(e, &spent);
	out->now.mono.ns = eye_int(e);
	out->now.utc.ns = eye_int(e);
	out->held = eye_hold(e);
	out->o = eye_order(e, rest);
	out->was.token = spent ? out->o.token : 0;
	return eye_done(e) ? 0 : -FIX_E_CORRUPT;
}

/* @return as risk_play(), with the entry's fields in *e */
int
eye_entry(struct fix_span *tape, struct eye *e, struct risk_played *out)
{
	size_t len;

	if (tape->len == 0)
		return 0;
	if (tape->len < HEAD)
		return -FIX_E_CORRUPT;
	len = tape->p[1] | (size_t)tape->p[2] << 8;
	if (len < HEAD || len > tape->len || len > RISK_ENTRY_MAX)
		return -FIX_E_CORRUPT;
	*out = (struct risk_played){ .call = RISK_CALL_NONE };
	if (tape->p[0] == RISK_CALL_NONE || tape->p[0] >= RISK_N_CALL)
		return -FIX_E_FOREIGN;
	out->call = (enum risk_call)tape->p[0];
	*e = (struct eye){ tape->p + HEAD, tape->p + len, false };
	tape->p += len;
	tape->len -= len;
	return 1;
}

int
risk_tape_read(struct fix_span *tape, struct risk_played *out)
{
	uint64_t rest;
	struct eye e;
	int rc = eye_entry(tape, &e, out);

	if (rc <= 0)
		return rc;
	if (out->call == RISK_CALL_VERSION) {
		out->version = eye_count(&e);
		return eye_done(&e) ? 1 : -FIX_E_CORRUPT;
	}
	if (out->call != RISK_CALL_CHECK && out->call != RISK_CALL_REPLACE)
		return 1;
	rc = eye_check(&e, out, &rest);
	return rc == 0 ? 1 : rc;
}

bool
risk_verdict_same(const struct risk_verdict *a, const struct risk_verdict *b)
{
	return a->code == b->code && a->scope == b->scope &&
	       strcmp(a->scope_id, b->scope_id) == 0 && a->owner == b->owner &&
	       a->owned == b->owned && a->soft == b->soft &&
	       a->token == b->token && a->limit == b->limit &&
	       a->value == b->value && a->ref == b->ref &&
	       a->decision == b->decision && a->hold.qty_e8 == b->hold.qty_e8 &&
	       a->hold.notional_e8 == b->hold.notional_e8;
}
