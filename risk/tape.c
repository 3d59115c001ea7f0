/*
 * Writes down what is said to a risk object: see tape.h.
 *
 * An entry is one byte of enum risk_call, two of its length, and its fields in a
 * fixed order: bytes, names as a length and bytes, numbers seven bits a byte,
 * lowest first, with the sign in bit 0. Whole structs stand as they are, behind
 * their size. An order leaves about 300 bytes until it is filled.
 *
 * The buffer grows at set-up and is used again from turn to turn; an object that
 * is not written down pays one comparison a call.
 */
#include <assert.h>
#include <stdlib.h>

#include "risk/inside.h"
#include "risk/eye.h"
#include "risk/tape.h"

#define TAPE_FIRST (64u * 1024)
#define HEAD 3 /* bytes: call, length */

struct pen {
	struct risk *r;
	uint8_t *p;
};

/* Room for one entry. */
static bool
more(struct tape *t)
{
	size_t cap = t->cap == 0 ? TAPE_FIRST : t->cap * 2;
	uint8_t *bytes;

	if (t->cap - t->len >= RISK_ENTRY_MAX)
		return true;
	bytes = realloc(t->bytes, cap);
	if (bytes == NULL) {
		t->torn = true;
		return false;
	}
	t->bytes = bytes;
	t->cap = cap;
	return true;
}

static bool
begin(struct pen *w, struct risk *r, enum risk_call call)
{
	if (!r->tape.on || !more(&r->tape))
		return false;
	w->r = r;
	w->p = r->tape.bytes + r->tape.len;
	w->p[0] = (uint8_t)call;
	w->p += HEAD;
	return true;
}

static void
end(struct pen *w)
{
	struct tape *t = &w->r->tape;
	uint8_t *head = t->bytes + t->len;
	size_t len = (size_t)(w->p - head);

	assert(len <= RISK_ENTRY_MAX);
	head[1] = (uint8_t)(len & 0xff);
	head[2] = (uint8_t)(len >> 8);
	t->len += len;
}

static void
put_byte(struct pen *w, unsigned v)
{
	*w->p++ = (uint8_t)v;
}

static void
put_count(struct pen *w, uint64_t v)
{
	while (v >= 0x80) {
		*w->p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*w->p++ = (uint8_t)v;
}

static void
put_int(struct pen *w, int64_t v)
{
	put_count(w, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

static void
put_name(struct pen *w, struct fix_span s)
{
	size_t n = s.len > RISK_KILL_TEXT ? RISK_KILL_TEXT : s.len;

	put_byte(w, (unsigned)n);
	if (n > 0)
		memcpy(w->p, s.p, n);
	w->p += n;
}

static void
put_text(struct pen *w, const char *s)
{
	put_name(w, s == NULL ? (struct fix_span){ NULL, 0 } : fix_span_of(s));
}

static void
put_whole(struct pen *w, const void *p, size_t len)
{
	put_count(w, len);
	memcpy(w->p, p, len);
	w->p += len;
}

static void
put_hold(struct pen *w, struct risk_hold h)
{
	put_int(w, h.qty_e8);
	put_int(w, h.notional_e8);
}

int
risk_tape_begin(struct risk *r)
{
	struct pen w;

	r->tape.on = true;
	if (!begin(&w, r, RISK_CALL_BEGIN)) {
		r->tape.on = false;
		return -FIX_E_NOMEM;
	}
	put_byte(&w, RISK_TAPE_VERSION);
	put_int(&w, r->ref_max_age_ns);
	end(&w);
	return 0;
}

struct fix_span
risk_tape(const struct risk *r)
{
	return (struct fix_span){ r->tape.bytes, r->tape.len };
}

bool
risk_tape_torn(const struct risk *r)
{
	return r->tape.torn;
}

void
risk_tape_clear(struct risk *r)
{
	r->tape.len = 0;
}

size_t
risk_tape_cut(struct fix_span tape, size_t max)
{
	size_t at = 0, len;

	for (; tape.len - at >= HEAD; at += len) {
		len = tape.p[at + 1] | (size_t)tape.p[at + 2] << 8;
		if (len < HEAD || len > tape.len - at || at + len > max)
			break;
	}
	return at;
}

void
tape_number(struct risk *r, enum risk_call call, uint64_t n)
{
	struct pen w;

	if (!begin(&w, r, call))
		return;
	put_count(&w, n);
	end(&w);
}

void
tape_time(struct risk *r, enum risk_call call, int64_t ns)
{
	struct pen w;

	if (!begin(&w, r, call))
		return;
	put_int(&w, ns);
	end(&w);
}

void
tape_names(struct risk *r, enum risk_call call, const char *a, const char *b,
    int64_t n)
{
	struct pen w;

	if (!begin(&w, r, call))
		return;
	put_text(&w, a);
	put_text(&w, b);
	put_int(&w, n);
	end(&w);
}

void
tape_symbol(struct risk *r, const struct risk_symbol *s)
{
	struct pen w;

	if (!begin(&w, r, RISK_CALL_SYMBOL))
		return;
	put_text(&w, s->symbol);
	put_text(&w, s->class_);
	put_int(&w, s->tick_e8);
	put_int(&w, s->lot_e8);
	put_int(&w, s->multiplier_e8);
	end(&w);
}

void
tape_session(struct risk *r, enum risk_call call, uint32_t session,
    struct fix_span account, struct fix_span symbol, int64_t ns)
{
	struct pen w;

	if (!begin(&w, r, call))
		return;
	put_count(&w, session);
	put_name(&w, account);
	put_name(&w, symbol);
	put_int(&w, ns);
	end(&w);
}

void
tape_scope(struct risk *r, enum risk_call call, enum risk_scope kind,
    const char *id, const void *whole, size_t len)
{
	struct pen w;

	if (!begin(&w, r, call))
		return;
	put_byte(&w, (unsigned)kind);
	put_text(&w, kind == RISK_SCOPE_FIRM ? "" : id);
	if (whole != NULL)
		put_whole(&w, whole, len);
	end(&w);
}

void
tape_limits(struct risk *r, enum risk_owner owner, enum risk_scope kind,
    const char *id, const struct risk_limits *l)
{
	struct pen w;

	if (!begin(&w, r, RISK_CALL_LIMITS))
		return;
	put_byte(&w, (unsigned)kind);
	put_text(&w, kind == RISK_SCOPE_FIRM ? "" : id);
	put_byte(&w, (unsigned)owner);
	put_whole(&w, l, sizeof(*l));
	end(&w);
}

void
tape_pair(struct risk *r, enum risk_call call, struct fix_span a,
    struct fix_span b, const void *whole, size_t len)
{
	struct pen w;

	if (!begin(&w, r, call))
		return;
	put_name(&w, a);
	put_name(&w, b);
	put_whole(&w, whole, len);
	end(&w);
}

/* Of a symbol whose values nobody looks at, only once a check does. */
void
tape_ref(struct scope *symbol, struct risk *r)
{
	struct pen w;

	symbol->ref_untold = false;
	if (!begin(&w, r, RISK_CALL_REF))
		return;
	put_text(&w, symbol->id);
	put_int(&w, symbol->ref_e8);
	put_int(&w, symbol->ref_ns);
	end(&w);
}

static void
put_order(struct pen *w, const struct risk_order *o)
{
	put_byte(w, (unsigned)o->has_price | (unsigned)o->has_stop << 1 |
	    (o->cash_e8 != 0 ? EYE_CASH : 0) |
	    (o->kind != RISK_KIND_PLAIN ? EYE_KIND : 0));
	put_byte(w, (uint8_t)o->side);
	put_byte(w, (uint8_t)o->ord_type);
	put_byte(w, (uint8_t)o->time_in_force);
	put_count(w, o->session);
	put_count(w, o->venue);
	put_count(w, o->number);
	put_count(w, o->rest == NULL ? 0 : o->rest->number);
	put_name(w, o->account);
	put_name(w, o->symbol);
	put_name(w, o->trader);
	put_int(w, o->qty_e8);
	put_int(w, o->cum_e8);
	put_int(w, o->price_e8);
	put_int(w, o->stop_e8);
	if (o->cash_e8 != 0)
		put_int(w, o->cash_e8);
	if (o->kind != RISK_KIND_PLAIN)
		put_byte(w, o->kind);
	put_count(w, o->skip);
	if (o->token != 0)
		put_count(w, o->token);
}

static void
put_verdict(struct pen *w, const struct risk_verdict *v)
{
	put_byte(w, v->code);
	put_byte(w, v->scope);
	put_text(w, v->scope_id);
	put_byte(w, (unsigned)v->owner << 1 | v->owned |
	    (v->soft ? EYE_SOFT : 0) | (v->token != 0 ? EYE_SPENT : 0));
	put_count(w, v->decision);
	put_hold(w, v->hold);
	put_int(w, v->limit);
	put_int(w, v->value);
	put_int(w, v->ref);
}

/* Before the check, so that the number of its resting order is known. */
void
tape_before(struct check *c)
{
	struct scope *s = c->scope[RISK_SCOPE_SYMBOL];

	if (!c->r->tape.on)
		return;
	if (s != NULL && s->ref_untold)
		tape_ref(s, c->r);
	if (c->o->rest != NULL && c->o->rest->number == 0 &&
	    c->r->self_trade)
		c->o->rest->number = ++c->r->n_rest;
}

void
tape_check(const struct check *c)
{
	struct pen w;

	if (!begin(&w, c->r, c->replace ? RISK_CALL_REPLACE : RISK_CALL_CHECK))
		return;
	put_verdict(&w, c->v);
	put_int(&w, c->now.mono.ns);
	put_int(&w, c->now.utc.ns);
	put_hold(&w, c->held);
	put_order(&w, c->o);
	end(&w);
}

void
tape_hold(struct risk *r, struct fix_span account, struct fix_span symbol,
    char side, struct risk_hold was, struct risk_hold is, int opened)
{
	struct pen w;

	if (!begin(&w, r, RISK_CALL_HOLD))
		return;
	put_name(&w, account);
	put_name(&w, symbol);
	put_byte(&w, (uint8_t)side);
	put_hold(&w, was);
	put_hold(&w, is);
	put_int(&w, opened);
	end(&w);
}

void
tape_fill(struct risk *r, struct fix_span account, struct fix_span symbol,
    char side, int64_t qty_e8, int64_t px_e8)
{
	struct pen w;

	if (!begin(&w, r, RISK_CALL_FILL))
		return;
	put_name(&w, account);
	put_name(&w, symbol);
	put_byte(&w, (uint8_t)side);
	put_int(&w, qty_e8);
	put_int(&w, px_e8);
	end(&w);
}

void
tape_rest(struct risk *r, const struct risk_order *o)
{
	struct pen w;

	if (!begin(&w, r, RISK_CALL_REST))
		return;
	put_order(&w, o);
	end(&w);
}

void
tape_saw(struct risk *r, const struct risk_order *o, struct fix_utc when)
{
	struct pen w;

	if (!begin(&w, r, RISK_CALL_SAW))
		return;
	put_int(&w, when.ns);
	put_order(&w, o);
	end(&w);
}

void
tape_token(struct risk *r, const struct risk_token *t)
{
	struct pen w;

	if (!begin(&w, r, RISK_CALL_TOKEN))
		return;
	put_count(&w, t->number);
	put_byte(&w, (uint8_t)t->side);
	put_text(&w, t->account);
	put_text(&w, t->symbol);
	put_text(&w, t->issuer);
	put_int(&w, t->qty_e8);
	put_int(&w, t->price_e8);
	put_int(&w, t->until.ns);
	end(&w);
}

void
tape_kill(struct risk *r, uint64_t number, const struct risk_where *where,
    enum risk_state state, const char *text)
{
	struct pen w;
	unsigned i;

	if (!begin(&w, r, RISK_CALL_KILL))
		return;
	put_count(&w, number);
	put_byte(&w, (unsigned)state);
	put_text(&w, text);
	put_count(&w, where->kinds);
	for (i = 0; i < RISK_N_SCOPE; i++)
		if ((where->kinds & 1u << i) != 0)
			put_text(&w, where->id[i]);
	end(&w);
}

void
risk_set_version(struct risk *r, uint64_t version)
{
	tape_number(r, RISK_CALL_VERSION, version);
}

void
risk_set_ready(struct risk *r)
{
	tape_number(r, RISK_CALL_READY, 0);
}
