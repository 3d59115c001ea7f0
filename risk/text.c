/*
 * What a refusal says: Text(58), OrdRejReason(103), CxlRejReason(102).
 *
 * A session may only be told values that its version's dictionary knows, so
 * each reason is a row by version. Where 5.0SP2 (with its extension packs) has
 * a value for the very control, earlier versions fall back to "exceeds limit"
 * (3), "other" (99, from 4.4) or "broker option" (0). CxlRejReason has no
 * "broker option" before 4.2 and no "other" before 4.4.
 *
 * Numbers in the text are of the client's own scopes. The group's and the
 * firm's are not the client's to know.
 */
#include "fix/version.h"
#include "risk/inside.h"
#include "risk/tape.h"

enum form { F_NONE, F_COUNT, F_E8, F_PRICE }; /* F_PRICE: with the reference */

struct reason {
	const char *name;
	enum form form;
	/* FIX.4.0 4.1 4.2 4.3 4.4 5.0 5.0SP1 5.0SP2 and later */
	int8_t ord[8], cxl[8];
};

/* What is no better said than "refused": 0, 2, 99 by version. */
#define ORD_OTHER                                                              \
	{                                                                      \
		0, 0, 0, 0, 99, 99, 99, 99                                     \
	}
#define CXL_OTHER                                                              \
	{                                                                      \
		0, 0, 2, 2, 99, 99, 99, 99                                     \
	}
#define ORD_ALL(n)                                                             \
	{                                                                      \
		n, n, n, n, n, n, n, n                                         \
	}

static const struct reason reasons[] = {
	[RISK_OK] = { "OK", F_NONE, ORD_ALL(0), ORD_ALL(0) },
	[RISK_ACCOUNT] = { "ACCOUNT", F_NONE, { 0, 0, 0, 0, 15, 15, 15, 15 },
	    ORD_ALL(1) },
	[RISK_SYMBOL] = { "SYMBOL", F_NONE, ORD_ALL(1), ORD_ALL(1) },
	[RISK_PERM] = { "PERM", F_NONE, ORD_OTHER, CXL_OTHER },
	[RISK_CHARACTERISTIC] = { "CHARACTERISTIC", F_NONE,
	    { 0, 0, 0, 11, 11, 11, 11, 11 }, CXL_OTHER },
	[RISK_KILL] = { "KILL", F_NONE, ORD_OTHER, CXL_OTHER },
	[RISK_RATE] = { "RATE", F_COUNT, ORD_OTHER, CXL_OTHER },
	[RISK_DUP_CLORDID] = { "DUP_CLORDID", F_NONE,
	    { 0, 6, 6, 6, 6, 6, 6, 6 }, { 0, 0, 2, 6, 6, 6, 6, 6 } },
	[RISK_HOURS] = { "HOURS", F_NONE, ORD_ALL(2), ORD_ALL(0) },
	[RISK_TICK] = { "TICK", F_E8, { 0, 0, 0, 0, 99, 18, 18, 18 },
	    { 0, 0, 2, 2, 99, 18, 18, 18 } },
	[RISK_LOT] = { "LOT", F_E8, { 0, 0, 0, 0, 13, 13, 13, 13 }, CXL_OTHER },
	[RISK_QTY_MAX] = { "QTY_MAX", F_E8, { 3, 3, 3, 3, 3, 3, 3, 26 },
	    CXL_OTHER },
	[RISK_NOTIONAL_MAX] = { "NOTIONAL_MAX", F_E8,
	    { 3, 3, 3, 3, 3, 3, 3, 27 }, CXL_OTHER },
	[RISK_COLLAR] = { "COLLAR", F_PRICE, { 0, 0, 0, 0, 99, 99, 16, 16 },
	    { 0, 0, 2, 2, 99, 99, 8, 8 } },
	[RISK_REF_MISSING] = { "REF_MISSING", F_NONE,
	    { 0, 0, 0, 0, 99, 99, 99, 19 }, CXL_OTHER },
	[RISK_POS_LONG] = { "POS_LONG", F_E8, ORD_ALL(3), CXL_OTHER },
	[RISK_POS_SHORT] = { "POS_SHORT", F_E8, ORD_ALL(3), CXL_OTHER },
	[RISK_OPEN_ORDERS] = { "OPEN_ORDERS", F_COUNT, ORD_ALL(3), CXL_OTHER },
	[RISK_OPEN_NOTIONAL] = { "OPEN_NOTIONAL", F_E8, ORD_ALL(3), CXL_OTHER },
	[RISK_INTERNAL] = { "INTERNAL", F_NONE, ORD_OTHER, CXL_OTHER },
	[RISK_FAT_FINGER] = { "FAT_FINGER", F_E8, { 3, 3, 3, 3, 3, 3, 3, 26 },
	    CXL_OTHER },
	[RISK_RESTRICTED] = { "RESTRICTED", F_NONE, ORD_OTHER, CXL_OTHER },
	[RISK_SHORT_MARK] = { "SHORT_MARK", F_E8,
	    { 0, 0, 0, 0, 99, 99, 99, 22 }, CXL_OTHER },
	[RISK_SHORT_LOCATE] = { "SHORT_LOCATE", F_E8,
	    { 0, 0, 0, 0, 99, 99, 99, 23 }, CXL_OTHER },
	[RISK_SHORT_ACCOUNT] = { "SHORT_ACCOUNT", F_NONE,
	    { 0, 0, 0, 0, 99, 99, 99, 24 }, CXL_OTHER },
	[RISK_DUP_CONTENT] = { "DUP_CONTENT", F_COUNT,
	    { 0, 6, 6, 6, 6, 6, 6, 6 }, CXL_OTHER },
	[RISK_REPEAT_EXEC] = { "REPEAT_EXEC", F_COUNT,
	    { 0, 0, 0, 0, 99, 99, 99, 21 }, CXL_OTHER },
	[RISK_NET] = { "NET", F_E8, ORD_ALL(3), CXL_OTHER },
	[RISK_GROSS] = { "GROSS", F_E8, ORD_ALL(3), CXL_OTHER },
	[RISK_TURNOVER] = { "TURNOVER", F_E8, ORD_ALL(3), CXL_OTHER },
	[RISK_OTR] = { "OTR", F_NONE, ORD_OTHER, CXL_OTHER },
	[RISK_CANCEL_RATE] = { "CANCEL_RATE", F_NONE, ORD_OTHER, CXL_OTHER },
	[RISK_CREDIT] = { "CREDIT", F_E8, { 3, 3, 3, 3, 3, 3, 3, 25 },
	    CXL_OTHER },
	[RISK_LOSS_HALT] = { "LOSS_HALT", F_NONE, ORD_OTHER, CXL_OTHER },
	[RISK_SELF_TRADE] = { "SELF_TRADE", F_NONE, ORD_OTHER, CXL_OTHER },
};
_Static_assert(sizeof(reasons) / sizeof(reasons[0]) == RISK_N_CODE,
    "every code has a reason");

static const struct {
	const char *name, *text;
	bool shows; /* its numbers are the client's own */
} scopes[] = {
	[RISK_SCOPE_SYMBOL] = { "symbol", "SYMBOL", true },
	[RISK_SCOPE_CLASS] = { "class", "CLASS", true },
	[RISK_SCOPE_ACCOUNT] = { "account", "ACCOUNT", true },
	[RISK_SCOPE_GROUP] = { "group", "GROUP", false },
	[RISK_SCOPE_FIRM] = { "firm", "FIRM", false },
	[RISK_SCOPE_SESSION] = { "session", "SESSION", true },
	[RISK_SCOPE_TRADER] = { "trader", "TRADER", true },
	[RISK_SCOPE_VENUE] = { "venue", "VENUE", true },
};
_Static_assert(sizeof(scopes) / sizeof(scopes[0]) == RISK_N_SCOPE,
    "every scope has a name");

struct writer {
	char *out;
	size_t len;
};

/* Names of ours and of venues; only printable ASCII leaves. */
static void
put(struct writer *w, const char *s)
{
	for (; *s != '\0' && w->len < RISK_TEXT_MAX; s++)
		w->out[w->len++] = *s > ' ' && *s <= '~' ? *s : '?';
}

/* The text of a kill switch, in which blanks part its words. */
static void
put_words(struct writer *w, const char *s)
{
	for (; *s != '\0' && w->len < RISK_TEXT_MAX; s++)
		w->out[w->len++] = *s >= ' ' && *s <= '~' ? *s : '?';
}

static void
put_number(struct writer *w, const char *label, int64_t v, bool e8)
{
	uint8_t digits[FIX_DEC_MAX + 1];
	size_t n;

	n = e8 ? fix_dec_format(digits, fix_dec_of_e8(v))
	       : fix_int_format(digits, v);
	digits[n] = '\0';
	w->out[w->len++] = ' ';
	put(w, label);
	put(w, (const char *)digits);
}

static void
put_numbers(struct writer *w, const struct risk_verdict *v)
{
	enum form form = reasons[v->code].form;

	if (form == F_NONE || !scopes[v->scope].shows)
		return;
	put_number(w, "lim=", v->limit, form != F_COUNT);
	if (v->code != RISK_RATE)
		put_number(w, "val=", v->value, form != F_COUNT);
	if (form == F_PRICE && v->ref != 0)
		put_number(w, "ref=", v->ref, true);
}

size_t
risk_text(const struct risk_verdict *v, char out[RISK_TEXT_MAX + 1])
{
	struct writer w = { out, 0 };

	put(&w, "RISK");
	out[w.len++] = ' ';
	put(&w, reasons[v->code].name);
	out[w.len++] = ' ';
	put(&w, "scope=");
	if (v->kill != NULL)
		put_words(&w, v->kill);
	else
		put(&w, scopes[v->scope].text);
	if (v->kill == NULL && v->scope_id[0] != '\0') {
		put(&w, ":");
		put(&w, v->scope_id);
	}
	if (v->kill == NULL &&
	    (v->owned || v->owner != RISK_OWNER_FIRM)) {
		put_words(&w, " owner=");
		put(&w, risk_owner_name(v->owner));
	}
	put_numbers(&w, v);
	if (v->soft)
		put_words(&w, " override=possible");
	put_number(&w, "dec=", (int64_t)(v->decision & INT64_MAX), false);
	out[w.len] = '\0';
	return w.len;
}

const char *
risk_code_name(enum risk_code c)
{
	return c < RISK_N_CODE ? reasons[c].name : "?";
}

enum risk_numbers
risk_code_numbers(enum risk_code c)
{
	enum form form = c < RISK_N_CODE ? reasons[c].form : F_NONE;

	if (form == F_NONE)
		return RISK_NUMBERS_NONE;
	return form == F_COUNT ? RISK_NUMBERS_PLAIN : RISK_NUMBERS_E8;
}

const char *
risk_scope_name(enum risk_scope s)
{
	return s < RISK_N_SCOPE ? scopes[s].name : "?";
}

static unsigned
column(int fix_version)
{
	if (fix_version < FIX_V_40)
		return 0;
	return fix_version > FIX_V_50SP2 ? 7 : (unsigned)fix_version - FIX_V_40;
}

int
risk_ord_rej_reason(enum risk_code c, int fix_version)
{
	return reasons[c].ord[column(fix_version)];
}

int
risk_cxl_rej_reason(enum risk_code c, int fix_version)
{
	return reasons[c].cxl[column(fix_version)];
}
