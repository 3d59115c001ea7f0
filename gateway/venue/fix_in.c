/*
 * ExecutionReport(8) and OrderCancelReject(9) of a venue as events.
 *
 * ExecTransType(20), where it stands, says what a report is for (4.2), else
 * ExecType(150) alone does (4.3 on); both ways are read in every version, since
 * venues mix them. A report changes what it says and no more: pending states,
 * a calculation, a suspension change nothing. What is about an order's answer
 * to a question (20=3, 150=I) is a STATUS.
 *
 * A reject whose OrdStatus(39) is not "rejected", or whose reason is "duplicate
 * order", is a notice about a second order of the same id: the first lives on
 * (F1 and F5 of the order state tests). A fill without a change of CumQty that
 * says "stopped" is a guarantee (L1, 4.2's D37).
 */
#include <stdio.h>

#include "fix/decimal.h"
#include "gateway/venue/fix.h"

enum { ID_CL, ID_ORIG, ID_ORDER, ID_EXEC, ID_REF };

#define HASH_AT (VENUE_ID_MAX - 17)

bool
venue_fix_id(struct fix_span id, char out[VENUE_ID_MAX + 1])
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	if (id.len <= VENUE_ID_MAX)
		return fix_span_copy(id, out, VENUE_ID_MAX + 1);
	for (size_t i = 0; i < id.len; i++)
		h = (h ^ id.p[i]) * UINT64_C(0x100000001b3);
	memcpy(out, id.p, HASH_AT);
	snprintf(out + HASH_AT, VENUE_ID_MAX + 1 - HASH_AT, "~%016llx",
	    (unsigned long long)h);
	return false;
}

static const char *
id_of(const struct fix_msg *m, uint32_t tag, char out[VENUE_ID_MAX + 1])
{
	struct fix_span v;

	if (!fix_msg_get(m, tag, &v) || v.len == 0)
		return NULL;
	(void)venue_fix_id(v, out);
	return out;
}

static char
char_of(const struct fix_msg *m, uint32_t tag)
{
	char c;

	return fix_msg_char(m, tag, &c) == 0 ? c : '\0';
}

/* @return def if it is not there; *bad is set if it does not read */
static int64_t
e8_of(const struct fix_msg *m, uint32_t tag, int64_t def, bool *bad)
{
	struct fix_dec d;
	int64_t v;
	int rc = fix_msg_dec(m, tag, &d);

	if (rc == 0)
		rc = fix_dec_to_e8(d, &v);
	if (rc == 0)
		return v;
	*bad |= rc != -FIX_E_NOTFOUND;
	return def;
}

static int
int_of(const struct fix_msg *m, uint32_t tag, int def)
{
	int64_t v;

	return fix_msg_int(m, tag, &v) == 0 && v >= 0 && v <= INT32_MAX
		   ? (int)v
		   : def;
}

static bool
says_none(const struct fix_msg *m)
{
	struct fix_span v;

	return fix_msg_get(m, 37, &v) && fix_span_is(v, "NONE");
}

static void
begin(const struct fix_msg *m, struct venue_fix_said *s, bool *bad)
{
	struct venue_event *e = &s->e;
	struct fix_stamp t;
	struct fix_span v;

	memset(s, 0, sizeof(*s));
	e->cl_ord_id = id_of(m, 11, s->ids[ID_CL]);
	e->orig_cl_ord_id = id_of(m, 41, s->ids[ID_ORIG]);
	e->venue_order_id =
	    says_none(m) ? NULL : id_of(m, 37, s->ids[ID_ORDER]);
	e->exec_id = id_of(m, 17, s->ids[ID_EXEC]);
	e->ref_exec_id = id_of(m, 19, s->ids[ID_REF]);
	if (fix_msg_get(m, 55, &v)) {
		(void)fix_span_copy(v, s->symbol, sizeof(s->symbol));
		e->symbol = s->symbol;
	}
	if (fix_msg_get(m, 58, &v) && v.len > 0) {
		(void)fix_span_copy(v, s->text, sizeof(s->text));
		e->text = s->text;
	}
	e->side = char_of(m, 54);
	e->status = char_of(m, 39);
	e->qty_e8 = e8_of(m, 38, 0, bad);
	e->price_e8 = e8_of(m, 44, 0, bad);
	e->stop_e8 = e8_of(m, 99, 0, bad);
	e->cum_qty_e8 = e8_of(m, 14, -1, bad);
	e->last_qty_e8 = e8_of(m, 32, 0, bad);
	e->last_px_e8 = e8_of(m, 31, 0, bad);
	if (fix_msg_stamp(m, 60, &t) == 0)
		e->when = t.utc;
}

static enum venue_fix_says
event(struct venue_fix_said *s, enum venue_event_kind kind)
{
	s->e.kind = kind;
	return VENUE_FIX_EVENT;
}

static enum venue_fix_says
say(struct venue_fix_said *s, enum venue_fix_says what, const char *note)
{
	(void)fix_span_copy(fix_span_of(note), s->note, sizeof(s->note));
	return what;
}

/* LastPx is missing or is nonsense: the quantity counts all the same. */
static void
find_price(const struct fix_msg *m, struct venue_fix_said *s)
{
	struct fix_span v;
	bool bad = false;

	if (fix_msg_get(m, 31, &v) && e8_of(m, 31, -1, &bad) >= 0)
		return;
	s->e.last_px_e8 = e8_of(m, 6, 0, &bad);
	(void)say(s, VENUE_FIX_EVENT,
	    "an execution without LastPx(31): AvgPx(6) stands for it");
}

static enum venue_fix_says
fill(const struct fix_msg *m, int64_t cum_e8, struct venue_fix_said *s)
{
	struct venue_event *e = &s->e;

	if (e->status == '7' && e->last_qty_e8 > 0 &&
	    (e->cum_qty_e8 == cum_e8 ||
		(e->cum_qty_e8 >= 0 && e->cum_qty_e8 < e->last_qty_e8)))
		return event(s, VENUE_STOPPED);
	if (e->last_qty_e8 <= 0)
		return say(s, VENUE_FIX_ASK,
		    "an execution without a quantity that can be read");
	find_price(m, s);
	return event(s, VENUE_FILL);
}

static enum venue_fix_says
correct(const struct fix_msg *m, struct venue_fix_said *s)
{
	find_price(m, s);
	return event(s, VENUE_CORRECT);
}

static enum venue_fix_says
status(const struct fix_msg *m, struct venue_fix_said *s)
{
	if (s->e.status == '8' && (int_of(m, 103, -1) == 5 || says_none(m)))
		return event(s, VENUE_UNKNOWN);
	if (s->e.status == 'B')
		s->e.status = '3'; /* calculated: done for the day */
	if (s->e.status == '\0')
		return say(s, VENUE_FIX_NOTICE,
		    "an answer to a status request without OrdStatus(39)");
	return event(s, VENUE_STATUS);
}

static enum venue_fix_says
reject(const struct fix_msg *m, struct venue_fix_said *s)
{
	s->e.reason = int_of(m, 103, 99);
	if (s->e.status != '8' && s->e.status != '\0')
		return say(s, VENUE_FIX_NOTICE, "a second order with its "
		    "ClOrdID(11) was refused; the first one lives");
	if (s->e.reason == 6)
		return say(s, VENUE_FIX_ASK, "an order with this ClOrdID(11) "
		    "is known to it already");
	return event(s, VENUE_REJECT);
}

static enum venue_fix_says
restated(const struct fix_msg *m, struct venue_fix_said *s)
{
	s->e.reason = int_of(m, 378, 99);
	return event(s, VENUE_RESTATED);
}

static enum venue_fix_says
canceled(const struct fix_msg *m, struct venue_fix_said *s)
{
	s->e.reason = int_of(m, 378, -1);
	return event(s, VENUE_CANCELED);
}

/* By ExecType(150). */
static enum venue_fix_says
by_type(
    const struct fix_msg *m, char type, int64_t cum_e8, struct venue_fix_said *s)
{
	switch (type) {
	case '0':
		return event(s, VENUE_ACK);
	case '1':
	case '2':
	case 'F':
		return fill(m, cum_e8, s);
	case '3':
		return event(s, VENUE_DONE_FOR_DAY);
	case '4':
		return canceled(m, s);
	case '5':
		return event(s, VENUE_REPLACED);
	case '6': /* pending cancel, new, replace; calculated */
	case 'A':
	case 'E':
	case 'B':
		return VENUE_FIX_NOTHING;
	case '7':
		return event(s, VENUE_STOPPED);
	case '8':
		return reject(m, s);
	case '9':
		return say(s, VENUE_FIX_NOTICE, "the order is suspended");
	case 'C':
		return event(s, VENUE_EXPIRED);
	case 'D':
		return restated(m, s);
	case 'G':
		return correct(m, s);
	case 'H':
		return event(s, VENUE_BUST);
	case 'I':
		return status(m, s);
	case 'L':
		return event(s, VENUE_TRIGGERED);
	default:
		return say(s, VENUE_FIX_NOTICE,
		    "an ExecType(150) that says nothing here");
	}
}

static enum venue_fix_says
exec(const struct fix_msg *m, int64_t cum_e8, struct venue_fix_said *s)
{
	switch (char_of(m, 20)) {
	case '1':
		return event(s, VENUE_BUST);
	case '2':
		return correct(m, s);
	case '3':
		return status(m, s);
	default:
		return by_type(m, char_of(m, 150), cum_e8, s);
	}
}

enum venue_fix_says
venue_fix_read(
    const struct fix_msg *m, int64_t cum_e8, struct venue_fix_said *out)
{
	bool bad = false;
	enum venue_fix_says says;

	begin(m, out, &bad);
	if (fix_span_is(fix_msg_type(m), "9")) {
		out->kind = char_of(m, 434);
		out->e.reason = int_of(m, 102, 99);
		out->e.cum_qty_e8 = -1;
		says = event(out, VENUE_CXL_REJECT);
	} else {
		says = exec(m, cum_e8, out);
	}
	if (bad && out->note[0] == '\0')
		(void)say(out, says, "a quantity or price can't be read");
	return says;
}
