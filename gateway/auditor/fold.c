/*
 * The fold: which record makes which event.
 *
 * Messages, notes, decisions of risk, starts and stops make events. Of the
 * pairs that the trader keeps only positions do, as they are opened and closed; names of sessions
 * are remembered. Fills of a turn are held until its positions come, behind
 * them in the same turn, to tell by which execution a position was opened.
 */
#include "gateway/auditor/fold.h"

#include <stdio.h>
#include <stdlib.h>

#include "risk/risk.h"

int
fold_init(struct fold *f)
{
	memset(f, 0, sizeof(*f));
	f->fills = calloc(FOLD_FILLS_MAX, sizeof(*f->fills));
	f->fields = calloc(FIX_FIELDS_MAX, sizeof(*f->fields));
	if (f->fills != NULL && f->fields != NULL)
		return 0;
	fold_fini(f);
	return -FIX_E_NOMEM;
}

void
fold_fini(struct fold *f)
{
	free(f->fills);
	free(f->fields);
	free(f->raw);
	pairs_fini(&f->pairs);
}

int
fold_kept(void *fold, struct fix_span key, struct fix_span value)
{
	struct fold *f = fold;
	int rc = pairs_put(&f->pairs, key, value);

	return rc < 0 ? rc : 0;
}

int
fold_keep_all(void *fold, struct audit *a)
{
	const struct fold *f = fold;
	int rc = 0;

	for (uint32_t i = 0; i < f->pairs.n && rc == 0; i++) {
		const struct pair *p = f->pairs.list[i];

		if (p->value_len > 0)
			rc = audit_keep(a,
			    (struct fix_span){ p->key, p->key_len },
			    (struct fix_span){ p->value, p->value_len });
	}
	return rc;
}

int
fold_keep(struct fold *f, struct fix_span key, struct fix_span value)
{
	int rc = pairs_put(&f->pairs, key, value);

	return rc == 1 ? audit_keep(f->audit, key, value) : rc;
}

static struct fix_span
session_key(uint8_t out[5], uint32_t session)
{
	out[0] = 's';
	return (struct fix_span){ out, 1 + fix_key_u32(out + 1, session) };
}

struct fix_span
fold_session(const struct fold *f, uint32_t session, struct fix_span *address)
{
	uint8_t key[5];
	struct fix_span v = pairs_get(&f->pairs, session_key(key, session));
	const uint8_t *nul = v.len == 0 ? NULL : memchr(v.p, '\0', v.len);

	*address = (struct fix_span){ NULL, 0 };
	if (nul != NULL) {
		address->p = nul + 1;
		address->len = v.len - (size_t)(nul + 1 - v.p);
		v.len = (size_t)(nul - v.p);
	}
	return v;
}

int
fold_set_session(struct fold *f, uint32_t session, struct fix_span name,
    struct fix_span address)
{
	uint8_t key[5], value[PAIR_VALUE_MAX];
	size_t n = 0;

	if (name.len + address.len + 1 > sizeof(value))
		return 0; /* no name of ours is that long */
	if (name.len > 0)
		memcpy(value, name.p, name.len);
	n = name.len;
	value[n++] = '\0';
	if (address.len > 0)
		memcpy(value + n, address.p, address.len);
	return fold_keep(f, session_key(key, session),
	    (struct fix_span){ value, n + address.len });
}

struct fix_span
fold_peer(struct fix_span name)
{
	for (size_t i = 0; i + 1 < name.len; i++)
		if (name.p[i] == '-' && name.p[i + 1] == '>')
			return (struct fix_span){ name.p + i + 2,
				name.len - i - 2 };
	return name;
}

void
fold_start(struct fold *f, const struct fix_rec *r, const char *type,
    const char *action, const char *resource_type)
{
	struct audit_event *e = &f->e;
	struct fix_span name, address;

	memset(e, 0, sizeof(*e));
	f->n_amounts = 0;
	e->type = type;
	e->action = action;
	e->resource_type = resource_type;
	e->actor = fix_span_of("fixgate");
	e->when = r->wall;
	audit_number(e, "journal_record", (int64_t)r->number);
	f->of_session = r->session != 0;
	f->from_outside = r->type == REC_IN ||
			  (r->type == REC_NOTE && r->session != 0);
	if (r->session == 0)
		return;
	name = fold_session(f, r->session, &address);
	(void)fix_span_copy(name, f->session, sizeof(f->session));
	audit_text(e, "session", fix_span_of(f->session));
	e->ip = address;
}

/* Does the gateway run, as far as the records say? */
#define RUNS "r"

static int
set_runs(struct fold *f, bool runs)
{
	return fold_keep(f, fix_span_of(RUNS), fix_span_of(runs ? "1" : ""));
}

/* A start without a stop before it: what was on its way then, in memory or
 * unsynced, is not in any record. */
static int
unclean_end(struct fold *f, const struct fix_rec *r)
{
	if (pairs_get(&f->pairs, fix_span_of(RUNS)).len == 0)
		return 0;
	fold_start(f, r, "AUDIT_GAP", "miss_stop", "gateway");
	f->e.resource_id = fix_span_of("trader");
	audit_number(&f->e, "last_record", (int64_t)r->number - 1);
	audit_text(&f->e, "text", fix_span_of("it ended without a stop: it was "
	    "killed, or the power failed"));
	return fold_add(f);
}

static int
process_event(struct fold *f, const struct fix_rec *r)
{
	bool start = r->type == REC_START;
	struct rec_start s;
	int rc = start ? unclean_end(f, r) : 0;

	if (rc == 0)
		rc = set_runs(f, start);
	if (rc == 0 && start)
		rc = fold_node(f, r);
	if (rc != 0)
		return rc;
	fold_start(f, r, start ? "GATEWAY_STARTED" : "GATEWAY_STOPPED",
	    start ? "start" : "stop", "gateway");
	f->e.resource_id = fix_span_of("trader");
	if (start && r->len >= REC_START_LEAST) {
		memcpy(&s, r->data, REC_START_LEAST);
		audit_number(&f->e, "run", (int64_t)s.incarnation);
		audit_number(&f->e, "process", s.pid);
	}
	return fold_add(f);
}

/* An ordinary reading, or the clock was set. */
static int
clock_event(struct fold *f, const struct fix_rec *r)
{
	struct rec_clock c;

	if (r->len < sizeof(c))
		return 0;
	memcpy(&c, r->data, sizeof(c));
	fold_start(f, r, c.step_ns == 0 ? "CLOCK_CHECKED" : "CLOCK_STEPPED",
	    c.step_ns == 0 ? "check" : "step", "clock");
	f->e.resource_id = fix_span_of("trader");
	audit_number(&f->e, "offset_ns", c.offset_ns);
	audit_number(&f->e, "error_ns", c.error_ns);
	audit_number(&f->e, "max_error_ns", c.max_error_ns);
	if (c.step_ns != 0)
		audit_number(&f->e, "step_ns", c.step_ns);
	audit_number(&f->e, "synchronised", c.synchronised);
	audit_number(&f->e, "leap", c.leap);
	audit_number(&f->e, "clock_bad", c.bad);
	return fold_add(f);
}

void
fold_amount(struct fold *f, const char *key, int64_t e8)
{
	char *out = f->amount[f->n_amounts];
	struct fix_span text = { (const uint8_t *)out, 0 };

	if (f->n_amounts == FOLD_AMOUNTS)
		return;
	f->n_amounts++;
	text.len = fix_e8_format((uint8_t *)out, e8);
	audit_text(&f->e, key, text);
}

static int
position_event(struct fold *f, const struct fix_rec *r, struct fix_span key,
    const char *exec_id, int64_t was, int64_t is)
{
	bool closed = is == 0;
	const uint8_t *nul = memchr(key.p, '\0', key.len);
	struct fix_span account = { key.p,
		nul == NULL ? key.len : (size_t)(nul - key.p) };
	struct fix_span symbol = { key.p + account.len + (nul != NULL),
		key.len - account.len - (nul != NULL) };

	fold_start(f, r, closed ? "POSITION_CLOSED" : "POSITION_OPENED",
	    closed ? "close" : "open", "position");
	snprintf(f->id, sizeof(f->id), "%.*s/%.*s", (int)account.len,
	    (const char *)account.p, (int)symbol.len, (const char *)symbol.p);
	f->e.resource_id = fix_span_of(f->id);
	audit_text(&f->e, "account", account);
	audit_text(&f->e, "symbol", symbol);
	audit_text(&f->e, "exec_id", fix_span_of(exec_id));
	fold_amount(f, "quantity", is);
	fold_amount(f, "previous_quantity", was);
	return fold_add(f);
}

/* From one quantity to another: through zero it is closed and opened. */
static int
position_step(struct fold *f, const struct fix_rec *r, struct fix_span key,
    const char *exec_id, int64_t was, int64_t is)
{
	bool crosses = (was > 0 && is < 0) || (was < 0 && is > 0);
	int rc = 0;

	if (was != 0 && (is == 0 || crosses))
		rc = position_event(f, r, key, exec_id, was, 0);
	if (rc == 0 && is != 0 && (was == 0 || crosses))
		rc = position_event(f, r, key, exec_id, crosses ? 0 : was, is);
	return rc;
}

static bool
is_of(const struct fold_fill *x, struct fix_span key)
{
	return fix_span_eq((struct fix_span){ x->key, x->key_len }, key);
}

/* Do the fills that we hold lead from what it was to what it is? */
static bool
fills_explain(const struct fold *f, struct fix_span key, int64_t was, int64_t is)
{
	int64_t sum = was;

	for (unsigned i = 0; i < f->n_fills; i++)
		if (is_of(&f->fills[i], key) &&
		    __builtin_add_overflow(sum, f->fills[i].qty_e8, &sum))
			return false;
	return !f->too_many && sum == is;
}

int
fold_position(struct fold *f, const struct fix_rec *r, struct fix_span key,
    int64_t is)
{
	uint8_t k[PAIR_KEY_MAX];
	struct fix_span pair = { k, key.len + 1 }, value;
	int64_t was = 0, at;
	int rc = 0;

	if (key.len == 0 || key.len >= sizeof(k))
		return 0;
	k[0] = 'p';
	memcpy(k + 1, key.p, key.len);
	value = pairs_get(&f->pairs, pair);
	if (value.len == sizeof(was))
		memcpy(&was, value.p, sizeof(was));
	at = was;
	for (unsigned i = 0; i < f->n_fills && rc == 0; i++) {
		const struct fold_fill *x = &f->fills[i];

		if (!is_of(x, key) || !fills_explain(f, key, was, is))
			continue;
		rc = position_step(f, r, key, x->exec_id, at, at + x->qty_e8);
		at += x->qty_e8;
	}
	if (rc == 0)
		rc = position_step(f, r, key, "", at, is);
	value = (struct fix_span){ (const uint8_t *)&is,
		is == 0 ? 0 : sizeof(is) };
	return rc != 0 ? rc : fold_keep(f, pair, value);
}

static int
pair_event(struct fold *f, const struct fix_rec *r)
{
	struct rec_keep k;
	struct fix_span key, value, none = { NULL, 0 }, address;
	struct risk_position p;
	struct rec_session s;

	if (r->len < sizeof(k))
		return 0;
	memcpy(&k, r->data, sizeof(k));
	if (k.key_len > r->len - sizeof(k))
		return 0;
	key = (struct fix_span){ r->data + sizeof(k), k.key_len };
	value = (struct fix_span){ key.p + key.len,
		r->len - sizeof(k) - key.len };
	if (k.table == FIX_TAB_POSITIONS && value.len == 0)
		return fold_position(f, r, key, 0);
	if (k.table == FIX_TAB_POSITIONS && value.len >= sizeof(p.qty_e8)) {
		memcpy(&p.qty_e8, value.p, sizeof(p.qty_e8));
		return fold_position(f, r, key, p.qty_e8);
	}
	if (k.table == FIX_TAB_CONTROL)
		return fold_venue(f, key, value);
	if (k.table != FIX_TAB_SESSIONS || value.len < sizeof(s) ||
	    key.len != 4)
		return 0;
	memcpy(&s, value.p, sizeof(s));
	s.id[sizeof(s.id) - 1] = '\0';
	(void)fold_session(f, r->session, &address);
	if (address.len > 0)
		return 0; /* it is logged on: its name is known */
	return fold_set_session(f, r->session, fix_span_of(s.id), none);
}

int
fold_record(struct fold *f, const struct fix_rec *r)
{
	int rc = 0;

	if (r->type == REC_IN || r->type == REC_OUT || r->type == REC_SHOWN)
		rc = fold_message(f, r);
	else if (r->type == REC_NOTE)
		rc = fold_note(f, r);
	else if (r->type == REC_START || r->type == REC_STOP)
		rc = process_event(f, r);
	else if (r->type == REC_CLOCK)
		rc = clock_event(f, r);
	else if (r->type == REC_RISK)
		rc = fold_risk(f, r);
	else if (r->type == REC_KEEP)
		rc = pair_event(f, r);
	if ((r->flags & FIX_REC_END) != 0) {
		f->n_fills = 0;
		f->too_many = false;
	}
	return rc;
}

int
fold_gap(struct fold *f, uint64_t first, uint64_t last, const char *why,
    struct fix_utc when)
{
	struct fix_rec r = { .number = first, .wall = when };

	fold_start(f, &r, "AUDIT_GAP", "miss_records", "journal");
	f->e.resource_id = fix_span_of("trading");
	audit_number(&f->e, "last_record", (int64_t)last);
	audit_text(&f->e, "text", fix_span_of(why));
	return fold_add(f);
}

#define SIGNS "k" /* the key, once it was changed */

bool
fold_key_is(const struct fold *f, const char *text)
{
	return fix_span_is(pairs_get(&f->pairs, fix_span_of(SIGNS)), text);
}

int
fold_rotated(struct fold *f, const char *was, const char *is,
    struct fix_utc when)
{
	struct fix_rec r = { .wall = when };
	int rc;

	fold_start(f, &r, AUDIT_KEY_ROTATED, "rotate_key", "key");
	f->e.resource_id = fix_span_of("audit");
	audit_text(&f->e, "old_key", fix_span_of(was));
	audit_text(&f->e, "new_key", fix_span_of(is));
	rc = fold_add(f);
	return rc != 0 ? rc : fold_keep(f, fix_span_of(SIGNS), fix_span_of(is));
}
