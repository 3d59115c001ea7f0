/*
 * Counters and latches that outlive a restart, and what of them
 * begins anew each day.
 *
 * Each use of limits, and each session, has one memory. Whoever changes it
 * says so; the caller fetches what changed and keeps it in the same turn as
 * what caused it. Counters of a day are looked at through tally_now(), which
 * empties those of another day. A latch has no day: only a person clears it.
 */
#include "risk/inside.h"

void
risk_set_day(struct risk *r, struct fix_utc now)
{
	if (r->day == now.ns / FIX_DAY)
		return;
	r->day = now.ns / FIX_DAY;
	tape_time(r, RISK_CALL_DAY, now.ns);
}

struct risk_memory *
tally_now(struct risk *r, struct tally *t)
{
	if (t->m.day != r->day) {
		t->m.day = r->day;
		t->m.shorted_e8 = 0;
		t->m.bought_e8 = t->m.sold_e8 = t->m.traded_qty_e8 = 0;
		t->m.orders = t->m.trades = 0;
		t->m.order_qty_e8 = t->m.ratio_qty_e8 = 0;
	}
	return &t->m;
}

void
tally_changed(struct risk *r, struct tally *t)
{
	if (t->changed)
		return;
	t->changed = true;
	t->next = NULL;
	*r->last_changed = t;
	r->last_changed = &t->next;
}

/* Kind and name, NUL, kind and name: an id has no NUL. */
static size_t
put_name(uint8_t *out, const struct scope *s)
{
	size_t n = strlen(s->id);

	out[0] = (uint8_t)('0' + (int)s->kind);
	memcpy(out + 1, s->id, n);
	return 1 + n;
}

bool
risk_changed(struct risk *r, uint8_t key[RISK_MEMORY_KEY], size_t *key_len,
    const struct risk_memory **m)
{
	struct tally *t = r->first_changed;
	size_t n;

	if (t == NULL)
		return false;
	r->first_changed = t->next;
	if (r->first_changed == NULL)
		r->last_changed = &r->first_changed;
	t->changed = false;
	n = put_name(key, t->owner);
	if (t->within != NULL) {
		key[n++] = '\0';
		n += put_name(key + n, t->within);
	}
	*key_len = n;
	*m = &t->m;
	return true;
}

static int
get_scope(struct risk *r, struct fix_span name, struct scope **out)
{
	char id[RISK_ID_MAX + 1];
	int kind;

	*out = NULL;
	if (name.len == 0 || name.len - 1 > RISK_ID_MAX)
		return -FIX_E_CORRUPT;
	kind = name.p[0] - '0';
	if (kind < 0 || kind >= RISK_N_SCOPE)
		return -FIX_E_CORRUPT;
	memcpy(id, name.p + 1, name.len - 1);
	id[name.len - 1] = '\0';
	return scope_named(r, (enum risk_scope)kind, id, out);
}

int
risk_remember(struct risk *r, struct fix_span key, struct fix_span value)
{
	const uint8_t *nul = memchr(key.p, '\0', key.len);
	struct fix_span first = key, second = { NULL, 0 };
	struct scope *owner, *within = NULL;
	struct tally *t;
	int rc;

	if (value.len != sizeof(t->m))
		return -FIX_E_CORRUPT;
	if (nul != NULL) {
		first.len = (size_t)(nul - key.p);
		second.p = nul + 1;
		second.len = key.len - first.len - 1;
	}
	rc = get_scope(r, first, &owner);
	if (rc == 0 && nul != NULL)
		rc = get_scope(r, second, &within);
	if (rc != 0)
		return rc;
	t = tally_of(r, owner, within);
	if (t == NULL)
		return -FIX_E_NOMEM;
	memcpy(&t->m, value.p, sizeof(t->m));
	tape_pair(r, RISK_CALL_REMEMBER, key, (struct fix_span){ NULL, 0 },
	    &t->m, sizeof(t->m));
	return 0;
}

static void
count_executed(struct risk *r, struct scope *s, struct tally *t)
{
	if (!s->ruled || s->rules.max_executed == RISK_UNLIMITED)
		return;
	if (t->m.executed < INT64_MAX)
		t->m.executed++;
	if (t->m.executed >= s->rules.max_executed)
		t->m.repeat_latch = 1;
	tally_changed(r, t);
}

void
risk_executed(struct risk *r, uint32_t session, struct fix_span account,
    struct fix_span symbol)
{
	struct scope *s = scope_of_session(r, session);
	struct holding *h = holding_named(r, account, symbol);

	count_executed(
	    r, h->account, &h->orders[RISK_SCOPE_ACCOUNT]->tally);
	if (s != NULL)
		count_executed(r, s, &s->tally);
	tape_session(r, RISK_CALL_EXECUTED, session, account, symbol, 0);
}

int
risk_rearm(struct risk *r, enum risk_scope kind, const char *id)
{
	struct scope *s;
	struct tally *t;

	for (s = r->first_scope; s != NULL; s = s->next)
		if (s->kind == kind && strcmp(s->id, id) == 0)
			break;
	if (s == NULL)
		return -FIX_E_NOTFOUND;
	t = tally_of(r, s, NULL);
	if (t == NULL || (t->m.executed == 0 && t->m.repeat_latch == 0 &&
			     t->m.loss_state == RISK_ACTIVE))
		return -FIX_E_NOTFOUND;
	if (t->m.loss_state != RISK_ACTIVE)
		t->m.loss_day = -1; /* begins anew */
	t->m.loss_state = RISK_ACTIVE;
	t->m.executed = 0;
	t->m.repeat_latch = 0;
	tally_changed(r, t);
	tape_scope(r, RISK_CALL_REARM, kind, id, NULL, 0);
	return 0;
}

/* */
static enum risk_code
check_latch(struct check *c, enum risk_scope kind, const struct tally *t)
{
	const struct scope *s = c->scope[kind];

	if (s == NULL || t->m.repeat_latch == 0)
		return RISK_OK;
	return refuse(c, RISK_REPEAT_EXEC, kind,
	    s->ruled ? s->rules.max_executed : 0, t->m.executed);
}

enum risk_code
check_repeat(struct check *c)
{
	struct scope *s = c->scope[RISK_SCOPE_SESSION];
	enum risk_code code = check_latch(c, RISK_SCOPE_ACCOUNT,
	    &c->h->orders[RISK_SCOPE_ACCOUNT]->tally);

	if (code == RISK_OK && s != NULL)
		code = check_latch(c, RISK_SCOPE_SESSION, &s->tally);
	return code;
}
