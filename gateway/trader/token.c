/*
 * Leave for one order, as people give it: risk token, risk tokens, risk revoke.
 *
 * A second person issues a token for what a soft limit has refused: account,
 * symbol, side, at most so much, at no worse a price, for at most five minutes;
 * the client sends the order again and names it. It is journaled before it
 * counts, with who gave it and why; so is the order that has spent it, before
 * that order leaves. A restart finds the tokens that are open.
 *
 * Rows of FIX_TAB_CONTROL: "token NUMBER" one that is open, "tokens" the number
 * given last.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/trader/operator.h"
#include "gateway/trader/token.h"

#define LONGEST_S 300

static void
keep(struct trader *t, const struct token_op *op, bool gone)
{
	struct fix_span v = { (const uint8_t *)op, gone ? 0 : sizeof(*op) };
	char key[32];

	snprintf(key, sizeof(key), "token %010" PRIu32, op->risk.number);
	trader_keep(t, FIX_TAB_CONTROL, 0, fix_span_of(key), v);
}

static void
drop(struct trader *t, struct token_op *op)
{
	keep(t, op, true);
	(void)risk_token_drop(t->risk, op->risk.number);
	*op = t->tokens.open[--t->tokens.n];
}

static struct token_op *
numbered(struct trader *t, uint32_t number)
{
	for (unsigned i = 0; i < t->tokens.n; i++)
		if (t->tokens.open[i].risk.number == number)
			return &t->tokens.open[i];
	return NULL;
}

void
tokens_spent(void *arg, uint32_t number, const struct order *o)
{
	struct trader *t = arg;
	struct token_op *op = numbered(t, number);

	if (op == NULL)
		return;
	trader_note(t, LOG_L_WARN, o->session, "token RISK-%" PRIu32 " of %s is "
	    "spent by order %s of trader %s: %s", number, op->risk.issuer,
	    o->order_id, o->trader[0] != '\0' ? o->trader : "-", op->reason);
	drop(t, op);
}

void
tokens_tick(struct trader *t)
{
	for (unsigned i = t->tokens.n; i-- > 0;)
		if (t->tokens.open[i].risk.until.ns <= t->now.utc.ns) {
			trader_note(t, LOG_L_WARN, 0, "token RISK-%" PRIu32
			    " has expired", t->tokens.open[i].risk.number);
			drop(t, &t->tokens.open[i]);
		}
}

int64_t
tokens_due(const struct trader *t)
{
	int64_t first = INT64_MAX, left;

	for (unsigned i = 0; i < t->tokens.n; i++)
		if (t->tokens.open[i].risk.until.ns < first)
			first = t->tokens.open[i].risk.until.ns;
	if (first == INT64_MAX)
		return FIX_MONO_NEVER;
	left = first - t->now.utc.ns;
	return t->now.mono.ns + (left > 0 ? left : 0);
}

static int
load(void *arg, struct fix_span key, struct fix_span value)
{
	struct trader *t = arg;
	struct token_op *op = &t->tokens.open[t->tokens.n];

	(void)key;
	if (t->tokens.n == RISK_TOKENS_MAX || value.len != sizeof(*op))
		return -FIX_E_FOREIGN;
	memcpy(op, value.p, sizeof(*op));
	op->risk.account[RISK_ID_MAX] = op->risk.symbol[RISK_ID_MAX] = '\0';
	op->risk.issuer[RISK_ISSUER_MAX] = '\0';
	op->reason[sizeof(op->reason) - 1] = '\0';
	t->tokens.n++;
	return risk_token_add(t->risk, &op->risk);
}

int
tokens_load(struct trader *t)
{
	const struct fix_span all = { NULL, 0 };

	if (fix_store_get(t->cfg.store, FIX_TAB_CONTROL, fix_span_of("tokens"),
		&t->tokens.last, sizeof(t->tokens.last)) !=
	    (ssize_t)sizeof(t->tokens.last))
		t->tokens.last = 0;
	return fix_store_each(t->cfg.store, FIX_TAB_CONTROL,
	    fix_span_of("token "), all, load, t);
}

static bool
read_e8(const char *text, int64_t *out)
{
	struct fix_dec d;

	return fix_dec_parse(fix_span_of(text), &d) == 0 &&
	       fix_dec_to_e8(d, out) == 0;
}

static bool
read_side(const char *text, char *side)
{
	static const char *const names[] = { "buy", "sell", "short", "exempt" };

	for (unsigned i = 0; i < 4; i++)
		if (strcasecmp(names[i], text) == 0) {
			*side = "1256"[i];
			return true;
		}
	return false;
}

static bool
read_name(const char *text, char out[RISK_ID_MAX + 1])
{
	return fix_span_copy(fix_span_of(text), out, RISK_ID_MAX + 1);
}

static bool
read_seconds(const char *text, int64_t *s)
{
	return fix_int_parse(fix_span_of(text), s) == 0 && *s > 0 &&
	       *s <= LONGEST_S;
}

enum { W_ACCOUNT = 1, W_SYMBOL = 2, W_SIDE = 4, W_QTY = 8, W_PRICE = 16,
	W_FOR = 32 };
#define W_MUST (W_ACCOUNT | W_SYMBOL | W_SIDE | W_QTY | W_PRICE)

/* One word and what follows it. @return its bit, 0 if it is none */
static unsigned
read_pair(struct token_op *op, const char *word, const char *value, int64_t *s)
{
	if (strcmp(word, "account") == 0)
		return read_name(value, op->risk.account) ? W_ACCOUNT : 0;
	if (strcmp(word, "symbol") == 0)
		return read_name(value, op->risk.symbol) ? W_SYMBOL : 0;
	if (strcmp(word, "side") == 0)
		return read_side(value, &op->risk.side) ? W_SIDE : 0;
	if (strcmp(word, "qty") == 0)
		return read_e8(value, &op->risk.qty_e8) &&
			       op->risk.qty_e8 > 0 ? W_QTY : 0;
	if (strcmp(word, "price") == 0)
		return read_e8(value, &op->risk.price_e8) ? W_PRICE : 0;
	if (strcmp(word, "for") == 0)
		return read_seconds(value, s) ? W_FOR : 0;
	return 0;
}

/* @return false after a complaint */
static bool
read_words(struct answer *a, const struct words *w, struct token_op *op,
    int64_t *seconds)
{
	unsigned seen = 0, bit;

	for (unsigned i = 2; i < w->n; i += 2) {
		bit = i + 1 < w->n ?
		    read_pair(op, w->w[i], w->w[i + 1], seconds) : 0;
		if (bit == 0 || (seen & bit) != 0) {
			command_say(a, "error: %s %s: expected, once, account "
			    "NAME, symbol NAME, side buy|sell|short|exempt, "
			    "qty NUMBER, price NUMBER or for SECONDS (1 to "
			    "%d)\n", w->w[i], i + 1 < w->n ? w->w[i + 1] : "",
			    LONGEST_S);
			return false;
		}
		seen |= bit;
	}
	if ((seen & W_MUST) != W_MUST)
		command_say(a, "error: account, symbol, side, qty and price "
		    "must be said\n");
	else if (w->reason[0] == '\0')
		command_say(a, "error: reason=TEXT is missing\n");
	else
		return true;
	return false;
}

/* Who may give leave: a person with a name, of whom the account is not. */
static bool
may_issue(struct trader *t, struct answer *a, const struct token_op *op)
{
	struct risk_where where = { 0 };

	if (op->risk.issuer[0] == '\0')
		command_say(a, "error: nobody knows who you are\n");
	else if (!risk_where_add(
		     &where, RISK_SCOPE_ACCOUNT, op->risk.account) ||
		 access_owns(t, &where))
		command_say(a, "error: account %s is your own: somebody else "
		    "must issue it\n", op->risk.account);
	else if (t->tokens.n == RISK_TOKENS_MAX ||
		 t->tokens.last == UINT32_MAX)
		command_say(a, "error: too many tokens are open\n");
	else
		return true;
	return false;
}

static void
describe(const struct token_op *op, char *out, size_t cap)
{
	uint8_t qty[FIX_DEC_MAX + 1], price[FIX_DEC_MAX + 1];
	const struct risk_token *k = &op->risk;

	qty[fix_dec_format(qty, fix_dec_of_e8(k->qty_e8))] = '\0';
	price[fix_dec_format(price, fix_dec_of_e8(k->price_e8))] = '\0';
	snprintf(out, cap, "RISK-%" PRIu32 " account %s symbol %s side %s qty %s "
	    "price %s by %s: %s", k->number, k->account, k->symbol,
	    k->side == '1' ? "buy" : k->side == '2' ? "sell" :
	    k->side == '5' ? "short" : "exempt",
	    (const char *)qty, (const char *)price, k->issuer, op->reason);
}

void
tokens_issue(struct trader *t, struct answer *a, const struct words *w)
{
	struct token_op op;
	int64_t seconds = LONGEST_S;
	char text[400];

	memset(&op, 0, sizeof(op));
	if (!read_words(a, w, &op, &seconds))
		return;
	snprintf(op.risk.issuer, sizeof(op.risk.issuer), "%s", access_who(t));
	snprintf(op.reason, sizeof(op.reason), "%s", w->reason);
	op.reason[strcspn(op.reason, "\r\n")] = '\0';
	if (!may_issue(t, a, &op))
		return;
	op.risk.number = (uint32_t)++t->tokens.last;
	op.risk.until.ns = t->now.utc.ns + seconds * FIX_SEC;
	if (risk_token_add(t->risk, &op.risk) != 0) {
		command_say(a, "error: no such token\n");
		return;
	}
	t->tokens.open[t->tokens.n++] = op;
	trader_keep(t, FIX_TAB_CONTROL, 0, fix_span_of("tokens"),
	    (struct fix_span){ (const uint8_t *)&t->tokens.last,
		sizeof(t->tokens.last) });
	keep(t, &op, false);
	describe(&op, text, sizeof(text));
	trader_note(t, LOG_L_WARN, 0, "token %s", text);
	command_say(a, "ok: RISK-%" PRIu32 "\n", op.risk.number);
}

void
tokens_list(struct trader *t, struct answer *a, const struct words *w)
{
	char text[400];

	(void)w;
	if (t->tokens.n == 0)
		command_say(a, "no tokens\n");
	for (unsigned i = 0; i < t->tokens.n; i++) {
		describe(&t->tokens.open[i], text, sizeof(text));
		command_say(a, "%s\n", text);
	}
}

void
tokens_revoke(struct trader *t, struct answer *a, const struct words *w)
{
	struct token_op *op = NULL;
	int64_t n;

	if (w->n == 3 && strncmp(w->w[2], "RISK-", 5) == 0 &&
	    fix_int_parse(fix_span_of(w->w[2] + 5), &n) == 0 && n > 0 &&
	    n <= UINT32_MAX)
		op = numbered(t, (uint32_t)n);
	if (op == NULL) {
		command_say(a, "error: there is no such token open\n");
		return;
	}
	trader_note(t, LOG_L_WARN, 0, "token RISK-%" PRIu32 " is revoked by %s",
	    op->risk.number, access_who(t));
	drop(t, op);
	command_say(a, "ok: revoked\n");
}
