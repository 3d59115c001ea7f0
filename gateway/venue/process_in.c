/*
 * What a venue's process says, as events for the desk.
 *
 * A record whose type is not known is left out, with one line in the log for
 * each link; so is a field that is not known. What is known and can't be read
 * is told to an operator, and is not acted upon; only an execution is never
 * left out: one whose numbers can't be read goes on without them, and the desk
 * puts it into suspense.
 */
#include <stdio.h>

#include "gateway/venue/process_int.h"

#define ID_BYTES 256u /* the desk says of one what is too long for it */

struct heard { /* an event and its strings */
	struct venue_event e;
	char id[ID_BYTES], orig[ID_BYTES], order[ID_BYTES], exec[ID_BYTES];
	char ref[ID_BYTES], symbol[ID_BYTES], text[ID_BYTES];
	char fee_currency[ID_BYTES];
};

static const struct {
	const char *type;
	enum venue_event_kind kind;
} kinds[] = {
	{ "ack", VENUE_ACK },
	{ "reject", VENUE_REJECT },
	{ "fill", VENUE_FILL },
	{ "canceled", VENUE_CANCELED },
	{ "replaced", VENUE_REPLACED },
	{ "cancel-reject", VENUE_CXL_REJECT },
	{ "expired", VENUE_EXPIRED },
	{ "done-for-day", VENUE_DONE_FOR_DAY },
	{ "restated", VENUE_RESTATED },
	{ "triggered", VENUE_TRIGGERED },
	{ "stopped", VENUE_STOPPED },
	{ "bust", VENUE_BUST },
	{ "correct", VENUE_CORRECT },
	{ "status", VENUE_STATUS },
	{ "unknown", VENUE_UNKNOWN },
	{ "mark", VENUE_MARK },
	{ "fee", VENUE_FEE },
};

static void
alert(struct process *p, const char *what, struct fix_span type)
{
	char text[200];

	snprintf(text, sizeof(text), "its process says a '%.*s' %s",
	    (int)(type.len < 40 ? type.len : 40), (const char *)type.p, what);
	if (p->venue.sink.alert != NULL)
		p->venue.sink.alert(p->venue.sink.arg, &p->venue, text);
}

static const char *
take(const struct record *r, const char *name, char buf[ID_BYTES])
{
	return record_copy(r, name, buf, ID_BYTES) && buf[0] != '\0' ? buf
								     : NULL;
}

/* Quantities and prices are never negative but for prices of spreads. */
static bool
number(const struct record *r, const char *name, int64_t *out)
{
	int rc = record_e8(r, name, out);

	return rc == 0 || rc == -FIX_E_NOTFOUND;
}

static bool
read_numbers(const struct record *r, struct venue_event *e)
{
	int64_t reason = 0;
	bool ok = number(r, "qty", &e->qty_e8) &&
		  number(r, "price", &e->price_e8) &&
		  number(r, "stop", &e->stop_e8) &&
		  number(r, "cum", &e->cum_qty_e8) &&
		  number(r, "last_qty", &e->last_qty_e8) &&
		  number(r, "last_px", &e->last_px_e8);
	int rc = record_int(r, "reason", &reason);

	if (rc != 0 && rc != -FIX_E_NOTFOUND)
		ok = false;
	if (reason < 0 || reason > 9999)
		ok = false;
	e->reason = ok ? (int)reason : 0;
	rc = record_int(r, "time", &e->when.ns);
	if (rc != 0 || e->when.ns < 0)
		e->when.ns = 0;
	return ok && e->cum_qty_e8 >= -1 && e->qty_e8 >= 0;
}

static char
letter(const struct record *r, const char *name)
{
	struct fix_span s = record_get(r, name);

	return s.len == 1 ? (char)s.p[0] : '\0';
}

/* Where no report can have it exactly it stands in Text. */
static void
add_fee(const struct record *r, struct heard *h)
{
	struct fix_span fee = record_get(r, "fee");

	if ((h->e.kind != VENUE_FILL && h->e.kind != VENUE_FEE) || fee.len == 0 || fee.len > 40)
		return;
	h->e.fee_currency = take(r, "fee_currency", h->fee_currency);
	if (record_e8(r, "fee", &h->e.fee_e8) == 0 || h->e.text != NULL)
		return;
	h->e.fee_e8 = 0;
	snprintf(h->text, sizeof(h->text), "FEE %.*s %.16s", (int)fee.len,
	    (const char *)fee.p,
	    h->e.fee_currency == NULL ? "" : h->e.fee_currency);
	h->e.text = h->text;
}

static bool
read_event(const struct record *r, struct heard *h)
{
	struct venue_event *e = &h->e;
	bool ok = read_numbers(r, e);

	e->cl_ord_id = take(r, "id", h->id);
	e->orig_cl_ord_id = take(r, "orig", h->orig);
	e->venue_order_id = take(r, "order", h->order);
	e->exec_id = take(r, "exec", h->exec);
	e->ref_exec_id = take(r, "ref", h->ref);
	e->symbol = take(r, "symbol", h->symbol);
	record_copy(r, "text", h->text, sizeof(h->text));
	e->text = h->text[0] == '\0' ? NULL : h->text;
	e->side = letter(r, "side");
	e->status = letter(r, "status");
	add_fee(r, h);
	return ok;
}

/* What each kind can't do without. */
static bool
complete(const struct venue_event *e)
{
	bool named = e->cl_ord_id != NULL || e->venue_order_id != NULL;

	if (e->kind == VENUE_MARK)
		return e->symbol != NULL && e->last_px_e8 > 0;
	if (e->kind == VENUE_BUST || e->kind == VENUE_CORRECT ||
	    e->kind == VENUE_FEE)
		return e->ref_exec_id != NULL;
	if (e->kind == VENUE_STATUS)
		return named && e->status != '\0' && e->cum_qty_e8 >= 0;
	return named || e->kind == VENUE_FILL;
}

/* Of bid, ask and last, the last trade counts; without one, the middle. */
static void
read_mark(const struct record *r, struct venue_event *e)
{
	int64_t bid = 0, ask = 0;

	e->last_px_e8 = 0;
	if (record_e8(r, "last", &e->last_px_e8) == 0)
		return;
	if (record_e8(r, "bid", &bid) == 0 && record_e8(r, "ask", &ask) == 0 &&
	    bid > 0 && ask >= bid)
		e->last_px_e8 = bid + (ask - bid) / 2;
}

static void
on_event(struct process *p, const struct record *r, enum venue_event_kind kind,
    struct fix_now now)
{
	struct heard h;
	bool ok;

	memset(&h.e, 0, sizeof(h.e));
	h.e.kind = kind;
	h.e.cum_qty_e8 = -1;
	ok = read_event(r, &h);
	if (kind == VENUE_MARK)
		read_mark(r, &h.e);
	if (kind == VENUE_FILL && !ok) {
		alert(p, "whose numbers can't be read", r->type);
		h.e.last_qty_e8 = h.e.last_px_e8 = 0;
		h.e.cum_qty_e8 = -1;
	} else if (!ok || !complete(&h.e)) {
		alert(p, "that lacks a field or has a bad one", r->type);
		return;
	}
	if (kind == VENUE_FILL && h.e.when.ns > p->since_ns &&
	    h.e.when.ns <= now.utc.ns)
		p->since_ns = h.e.when.ns;
	p->venue.sink.event(p->venue.sink.arg, &p->venue, &h.e);
}

/* ----- the link itself ----- */

static bool
is(const struct record *r, const char *type)
{
	return fix_span_is(r->type, type);
}

static void
on_hello(struct process *p, const struct record *r)
{
	char why[VENUE_WHY_MAX + 1], name[40];
	int64_t version;

	if (record_int(r, "version", &version) != 0 ||
	    version != RECORD_VERSION) {
		snprintf(why, sizeof(why), "its process speaks another version "
		    "of the link, ours is %d", RECORD_VERSION);
		process_drop(p, why);
		return;
	}
	record_copy(r, "name", name, sizeof(name));
	record_copy(r, "takes", p->venue.takes, sizeof(p->venue.takes));
	p->state = PROCESS_LINKED;
	snprintf(why, sizeof(why), "%s is not connected yet",
	    name[0] == '\0' ? "its process" : name);
	venue_why(&p->venue, why);
	process_start(p);
}

bool
process_set_kept(
    struct process *p, struct fix_span key, struct fix_span value)
{
	struct process_kept *k;
	unsigned i = 0;

	if (key.len == 0 || key.len >= sizeof(k->key) ||
	    value.len >= sizeof(k->value))
		return false;
	while (i < p->n_kept && !fix_span_is(key, p->kept[i].key))
		i++;
	if (i == PROCESS_KEPT)
		return false;
	k = &p->kept[i];
	if (value.len == 0) {
		if (i < p->n_kept)
			*k = p->kept[--p->n_kept];
		return true;
	}
	fix_span_copy(key, k->key, sizeof(k->key));
	fix_span_copy(value, k->value, sizeof(k->value));
	p->n_kept += i == p->n_kept;
	return true;
}

static void
on_keep(struct process *p, const struct record *r)
{
	struct fix_span key = record_get(r, "key");
	struct fix_span value = record_get(r, "value");
	uint8_t full[sizeof(p->kept[0].key) + 1] = "k";

	if (!process_set_kept(p, key, value)) {
		alert(p, "that is too long, or one too many", r->type);
		return;
	}
	memcpy(full + 1, key.p, key.len);
	p->venue.sink.keep(p->venue.sink.arg, &p->venue,
	    (struct fix_span){ full, key.len + 1 }, value);
}

static void
on_state(struct process *p, const struct record *r)
{
	char text[ID_BYTES];

	record_copy(r, "text", text, sizeof(text));
	if (is(r, "up")) {
		if (p->venue.up)
			return;
		process_reconcile(p); /* in front of the desk's questions */
		p->venue.up = true;
		process_tell(p, VENUE_UP, NULL);
	} else if (p->venue.up) {
		process_tell(p, VENUE_DOWN, text);
	} else {
		venue_why(&p->venue, text);
	}
}

static void
on_alert(struct process *p, const struct record *r)
{
	char text[ID_BYTES];

	record_copy(r, "text", text, sizeof(text));
	if (p->venue.sink.alert != NULL)
		p->venue.sink.alert(p->venue.sink.arg, &p->venue, text);
}

static void
on_account(struct process *p, const struct record *r)
{
	char text[9][ID_BYTES];
	struct venue_account a = {
		.kind = is(r, "pair")	 ? VENUE_ACCOUNT_PAIR :
			is(r, "balance") ? VENUE_ACCOUNT_HOLDS :
					   VENUE_ACCOUNT_COUNTED,
		.symbol = take(r, "symbol", text[0]),
		.base = take(r, "base", text[1]),
		.quote = take(r, "quote", text[2]),
		.asset = take(r, "asset", text[3]),
		.free = take(r, "free", text[4]),
		.locked = take(r, "locked", text[5]),
		.ours = take(r, "ours", text[6]),
		.unit = take(r, "unit", text[7]),
		.charged = take(r, "charged", text[8]),
	};

	if ((a.kind == VENUE_ACCOUNT_PAIR && (a.symbol == NULL ||
	     a.base == NULL)) || (a.kind == VENUE_ACCOUNT_HOLDS &&
	     a.asset == NULL))
		alert(p, "that lacks a field or has a bad one", r->type);
	else if (p->venue.sink.account != NULL)
		p->venue.sink.account(p->venue.sink.arg, &p->venue, &a);
}

static void
on_other(struct process *p, const struct record *r, struct fix_now now)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (is(r, kinds[i].type)) {
			on_event(p, r, kinds[i].kind, now);
			return;
		}
	if (!p->told_unknown)
		alert(p, "that is not known here: left out", r->type);
	p->told_unknown = true;
}

static void
on_record(struct process *p, const struct record *r, struct fix_now now)
{
	if (p->state == PROCESS_GREETED && is(r, "hello"))
		on_hello(p, r);
	else if (p->state == PROCESS_GREETED || is(r, "hello"))
		process_drop(p, "its process does not begin with one hello");
	else if (is(r, "up") || is(r, "down"))
		on_state(p, r);
	else if (is(r, "keep"))
		on_keep(p, r);
	else if (is(r, "alert"))
		on_alert(p, r);
	else if (is(r, "pair") || is(r, "balance") || is(r, "counted"))
		on_account(p, r);
	else if (!is(r, "pong") && !is(r, "reconciled"))
		on_other(p, r, now);
}

static void
keep_since(struct process *p)
{
	uint8_t text[20];
	struct fix_span key = fix_span_of("s");
	struct fix_span value = { text, fix_int_format(text, p->since_ns) };

	p->venue.sink.keep(p->venue.sink.arg, &p->venue, key, value);
}

void
process_hand_over(struct process *p, struct fix_now now)
{
	int64_t since = p->since_ns;
	size_t at = 0;
	struct record r;
	ssize_t n = 0;

	for (unsigned i = 0; i < PROCESS_RECORDS && p->fd >= 0; i++) {
		n = record_read(&r, p->in + at, p->in_len - at);
		if (n <= 0)
			break;
		at += (size_t)n;
		on_record(p, &r, now);
	}
	if (p->since_ns != since)
		keep_since(p);
	if (p->fd < 0)
		return; /* closed: nothing is left */
	if (n < 0) {
		process_drop(p, "its process says what is no record");
		return;
	}
	p->in_len -= at;
	memmove(p->in, p->in + at, p->in_len);
}
