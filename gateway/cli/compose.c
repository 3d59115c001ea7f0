/*
 * From a line to a message.
 *
 * Orders are written by fix/order.c, so a field has the same form here and in
 * the gateway. What a version asks for beyond that is added, and what it does
 * not know is left out, by its dictionary. Cancels and replaces name an order
 * by any ClOrdID of its chain; symbol, side and quantity, which FIX wants
 * repeated, come from the books. FIX text passes as it is, less the header and
 * trailer that the session writes.
 */
#include "gateway/cli/compose.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "fix/scan.h"

#define SOH 0x01
#define MAX_WORDS 64
#define LINE_BYTES 8192

struct words {
	char line[LINE_BYTES];
	char *w[MAX_WORDS];
	unsigned n, at;
	struct fix_span extra[MAX_WORDS]; /* TAG=VALUE */
	unsigned n_extra;
};

static int bad(struct composer *c, const char *fmt, ...) FIX_PRINTF(2, 3);

static int
bad(struct composer *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	return -FIX_E_FORMAT;
}

void
composer_init(struct composer *c, enum fix_version version, const char *account,
    const struct ledger *ledger, const char *prefix)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	struct timespec ts;
	uint64_t t;
	size_t i;

	memset(c, 0, sizeof(*c));
	c->version = version;
	c->account = account;
	c->ledger = ledger;
	c->next = 1;
	if (prefix != NULL) {
		snprintf(c->prefix, sizeof(c->prefix), "%s", prefix);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	t = (uint64_t)ts.tv_sec * 1000 + (uint64_t)(ts.tv_nsec / 1000000);
	for (i = 9; i > 0; i--) {
		c->prefix[i - 1] = digits[t % 36];
		t /= 36;
	}
	c->prefix[9] = '-';
}

static int
split_words(struct composer *c, struct words *w, const char *line)
{
	char *save = NULL, *p;

	memset(w, 0, sizeof(*w));
	if (!fix_span_copy(fix_span_of(line), w->line, sizeof(w->line)))
		return bad(c, "the line is over %d bytes", LINE_BYTES - 1);
	for (p = strtok_r(w->line, " \t\r\n", &save); p != NULL;
	     p = strtok_r(NULL, " \t\r\n", &save)) {
		if (w->n == MAX_WORDS)
			return bad(c, "more than %d words", MAX_WORDS);
		w->w[w->n++] = p;
	}
	return 0;
}

static const char *
next_word(struct words *w)
{
	return w->at < w->n ? w->w[w->at++] : NULL;
}

static int
number(
    struct composer *c, const char *what, const char *word, struct fix_dec *out)
{
	if (word == NULL)
		return bad(c, "expected %s", what);
	if (fix_dec_parse(fix_span_of(word), out) != 0)
		return bad(c, "'%s' is no %s", word, what);
	return 0;
}

struct word_value {
	const char *word;
	char value;
};

static const struct word_value sides[] = {
	{ "buy", '1' },
	{ "b", '1' },
	{ "sell", '2' },
	{ "s", '2' },
	{ "short", '5' },
	{ "sellshort", '5' },
	{ NULL, '\0' },
};

static const struct word_value types[] = {
	{ "market", '1' },
	{ "limit", '2' },
	{ "stop", '3' },
	{ "stoplimit", '4' },
	{ NULL, '\0' },
};

static const struct word_value tifs[] = {
	{ "day", '0' },
	{ "gtc", '1' },
	{ "opg", '2' },
	{ "ioc", '3' },
	{ "fok", '4' },
	{ "gtd", '6' },
	{ NULL, '\0' },
};

static char
value_of(const struct word_value *table, const char *word)
{
	for (; table->word != NULL; table++)
		if (word != NULL && strcasecmp(table->word, word) == 0)
			return table->value;
	return '\0';
}

/* Text behind a word, as the words that take one do. */
static int
text_after(
    struct composer *c, struct words *w, const char *what, struct fix_span *out)
{
	const char *word = next_word(w);

	if (word == NULL)
		return bad(c, "expected something after '%s'", what);
	*out = fix_span_of(word);
	return 0;
}

static bool
is_field(const char *word)
{
	size_t n = strspn(word, "0123456789");

	return n > 0 && n < 10 && word[n] == '=' && word[n + 1] != '\0';
}

/* One of the words behind QTY. */
static int
order_word(
    struct composer *c, struct words *w, struct fix_order *o, const char *word)
{
	if (strcmp(word, "@") == 0) {
		o->has |= FIX_OH_PRICE;
		return number(c, "price", next_word(w), &o->price);
	}
	if (strcasecmp(word, "stop") == 0) {
		o->has |= FIX_OH_STOP_PX;
		return number(c, "stop price", next_word(w), &o->stop_px);
	}
	if (strcasecmp(word, "account") == 0)
		return text_after(c, w, word, &o->account);
	if (strcasecmp(word, "id") == 0)
		return text_after(c, w, word, &o->cl_ord_id);
	if (strcasecmp(word, "to") == 0)
		return text_after(c, w, word, &o->security_exchange);
	if (strcasecmp(word, "type") == 0) {
		word = next_word(w);
		o->ord_type = value_of(types, word);
		return o->ord_type != '\0' ? 0
					   : bad(c, "type market, limit, stop "
						    "or stoplimit?");
	}
	if (value_of(tifs, word) != '\0') {
		o->time_in_force = value_of(tifs, word);
		return 0;
	}
	if (is_field(word)) {
		w->extra[w->n_extra++] = fix_span_of(word);
		return 0;
	}
	return bad(c, "don't know what '%s' means here", word);
}

/* Market without a price, limit with one, and the same for stops. */
static char
type_by_prices(uint32_t has)
{
	if ((has & FIX_OH_STOP_PX) != 0)
		return (has & FIX_OH_PRICE) != 0 ? '4' : '3';
	return (has & FIX_OH_PRICE) != 0 ? '2' : '1';
}

static int
read_new(struct composer *c, struct words *w, struct fix_order *o)
{
	const char *word = next_word(w);
	int rc;

	if (word == NULL)
		return bad(c, "expected: new SYMBOL buy|sell QTY [@ PRICE]");
	o->symbol = fix_span_of(word);
	word = next_word(w);
	o->side = value_of(sides, word);
	if (o->side == '\0')
		return bad(c, "side buy, sell or short? Not '%s'",
		    word == NULL ? "" : word);
	rc = number(c, "quantity", next_word(w), &o->order_qty);
	o->has |= FIX_OH_ORDER_QTY;
	while (rc == 0 && w->at < w->n)
		rc = order_word(c, w, o, next_word(w));
	if (o->ord_type == '\0')
		o->ord_type = type_by_prices(o->has);
	if (o->account.len == 0 && c->account != NULL)
		o->account = fix_span_of(c->account);
	return rc;
}

/* What a cancel, replace or status request repeats of its order. */
static int
read_target(struct composer *c, struct words *w, struct fix_order *o)
{
	const char *id = next_word(w);
	const struct ledger_order *of;

	if (id == NULL)
		return bad(c, "of which order? Expected its ClOrdID");
	of = ledger_find(c->ledger, id);
	if (of == NULL)
		return bad(c, "no order '%s' was sent from here", id);
	o->symbol = fix_span_of(of->symbol);
	o->account = fix_span_of(of->account);
	o->side = of->side;
	if (o->kind == 'H') {
		o->cl_ord_id = fix_span_of(of->id);
		return 0;
	}
	o->orig_cl_ord_id = fix_span_of(of->id);
	o->has |= FIX_OH_ORDER_QTY;
	o->order_qty = fix_dec_of_e8(of->qty_e8);
	return 0;
}

static int
read_replace(struct composer *c, struct words *w, struct fix_order *o)
{
	const struct ledger_order *of;
	const char *word;
	int rc = read_target(c, w, o);

	if (rc == 0)
		rc = number(c, "quantity", next_word(w), &o->order_qty);
	if (rc != 0)
		return rc;
	of = ledger_find(c->ledger, w->w[1]);
	o->ord_type = of->ord_type;
	o->time_in_force = of->time_in_force;
	if (of->price_e8 != 0) {
		o->has |= FIX_OH_PRICE;
		o->price = fix_dec_of_e8(of->price_e8);
	}
	if (of->stop_e8 != 0) {
		o->has |= FIX_OH_STOP_PX;
		o->stop_px = fix_dec_of_e8(of->stop_e8);
	}
	word = w->at < w->n ? w->w[w->at] : "";
	if (strcmp(word, "@") == 0)
		word = ++w->at < w->n ? w->w[w->at] : "";
	if (!isdigit((unsigned char)*word) || is_field(word))
		return 0;
	w->at++;
	o->has |= FIX_OH_PRICE;
	return number(c, "price", word, &o->price);
}

/* TransactTime in milliseconds, in seconds before FIX.4.2. */
static void
stamp(struct composer *c, struct fix_order *o)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	o->transact_time.utc.ns =
	    ts.tv_sec * FIX_SEC + ts.tv_nsec / FIX_MSEC * FIX_MSEC;
	o->transact_time.digits = c->version < FIX_V_42 ? 0 : 3;
	if (c->version < FIX_V_42)
		o->transact_time.utc.ns -= o->transact_time.utc.ns % FIX_SEC;
	o->has |= FIX_OH_TRANSACT_TIME;
}

/* Header and trailer are the session's to write. */
static bool
is_envelope(uint32_t tag)
{
	return tag == 8 || tag == 9 || tag == 10 || tag == 34 || tag == 35 ||
	       tag == 43 || tag == 49 || tag == 52 || tag == 56 || tag == 97 ||
	       tag == 122;
}

/* Has the version's message this field, or did the user name it? */
static bool
belongs(const struct composer *c, const struct words *w, struct fix_span type,
    uint32_t tag)
{
	const struct fix_dict_member *list;
	const char *t, *name;
	uint32_t n = 0, i, k;
	bool admin;

	for (i = 0; i < w->n_extra; i++)
		if (strtoul((const char *)w->extra[i].p, NULL, 10) == tag)
			return true;
	for (k = 0; k < fix_dict_n_msgs(c->dict); k++) {
		fix_dict_msg_at(c->dict, k, &t, &name, &admin);
		if (!fix_span_is(type, t))
			continue;
		list = fix_dict_members(c->dict, k, &n);
		for (i = 0; i < n; i++)
			if (list[i].tag == tag)
				return true;
		return false;
	}
	return true;
}

/* Take the body out of a whole message; w NULL: as it is. */
static int
take_body(struct composer *c, const struct fix_msg *m, const struct words *w,
    struct composed *out)
{
	const struct fix_field *f;
	size_t len;
	uint32_t i;

	if (!fix_span_copy(fix_msg_type(m), out->type, sizeof(out->type)))
		return bad(c, "the message type is too long");
	for (i = 0; i < m->n; i++) {
		f = &m->fields[i];
		if (is_envelope(f->tag) ||
		    (w != NULL && c->dict != NULL &&
			!belongs(c, w, fix_msg_type(m), f->tag)))
			continue;
		len = f->off + f->len - f->at;
		if (len + 1 > sizeof(out->body) - out->len)
			return bad(
			    c, "the message is over %d bytes", COMPOSE_MAX);
		memcpy(out->body + out->len, m->bytes + f->at, len);
		out->len += len;
		out->body[out->len++] = SOH;
	}
	return 0;
}

/* "TAG=VALUE" as a whole field. */
static void
add_extra(struct fix_build *b, struct fix_span text)
{
	static uint8_t field[LINE_BYTES + 1];
	struct fix_span v = { field, text.len + 1 };

	memcpy(field, text.p, text.len);
	field[text.len] = SOH;
	fix_build_raw(b, v);
}

static int
write_order(struct composer *c, struct words *w, struct fix_order *o,
    struct composed *out)
{
	static uint8_t buf[COMPOSE_MAX];
	static struct fix_field fields[FIX_FIELDS_MAX];
	struct fix_msg m = { NULL, 0, fields, 0, FIX_FIELDS_MAX };
	struct fix_span type = { (const uint8_t *)&o->kind, 1 };
	struct fix_build b;
	ssize_t n;
	unsigned i;

	stamp(c, o);
	if (c->version <= FIX_V_43) /* required there */
		o->handl_inst = '1';
	fix_build_start(&b, buf, sizeof(buf), type);
	fix_order_write(&b, o);
	if (c->version == FIX_V_40 && o->kind == 'F')
		fix_build_char(&b, 125, 'F'); /* CxlType: all of it */
	for (i = 0; i < w->n_extra; i++)
		add_extra(&b, w->extra[i]);
	n = fix_build_end(&b, fix_span_of(fix_version_begin(c->version)));
	if (n < 0 || fix_split(buf + b.begin, (size_t)n, &m) != 0)
		return bad(c, "that can't be written as a message");
	return take_body(c, &m, w, out);
}

/* An id for a request that names none. */
static void
set_id(struct composer *c, struct fix_order *o, char id[40])
{
	if (o->cl_ord_id.len > 0)
		return;
	snprintf(id, 40, "%s%llu", c->prefix, (unsigned long long)c->next++);
	o->cl_ord_id = fix_span_of(id);
}

static int
compose_order(struct composer *c, const char *line, struct composed *out)
{
	struct fix_order o;
	struct words w;
	const char *verb;
	char id[40];
	int rc = split_words(c, &w, line);

	if (rc != 0)
		return rc;
	memset(&o, 0, sizeof(o));
	verb = next_word(&w);
	if (verb == NULL)
		return bad(c, "nothing there");
	if (strcasecmp(verb, "new") == 0) {
		o.kind = 'D';
		rc = read_new(c, &w, &o);
	} else if (strcasecmp(verb, "cancel") == 0) {
		o.kind = 'F';
		rc = read_target(c, &w, &o);
	} else if (strcasecmp(verb, "replace") == 0) {
		o.kind = 'G';
		rc = read_replace(c, &w, &o);
	} else if (strcasecmp(verb, "status") == 0) {
		o.kind = 'H';
		rc = read_target(c, &w, &o);
	} else {
		return bad(c,
		    "don't know '%s'; expected new, cancel, replace, "
		    "status or FIX text with 35=",
		    verb);
	}
	while (rc == 0 && w.at < w.n)
		rc = order_word(c, &w, &o, next_word(&w));
	if (rc != 0)
		return rc;
	set_id(c, &o, id);
	return write_order(c, &w, &o, out);
}

/* FIX text: '|' before a tag or the end is a SOH. */
static size_t
plain_text(const char *line, uint8_t *out, size_t cap)
{
	const char *p, *q;
	size_t n = 0;

	for (p = line; *p != '\0' && *p != '\n' && *p != '\r'; p++) {
		if (n + 2 > cap)
			return 0;
		for (q = p + 1; isdigit((unsigned char)*q); q++)
			;
		if (*p == '|' &&
		    (*q == '=' || p[1] == '\0' || p[1] == '\n' || p[1] == '\r'))
			out[n++] = SOH;
		else
			out[n++] = (uint8_t)*p;
	}
	if (n > 0 && out[n - 1] != SOH)
		out[n++] = SOH;
	return n;
}

/* Fields 8, 9 and 35 in front and a 10 behind, so that it splits as a whole
 * message whatever was left out. */
static int
compose_text(struct composer *c, const char *line, struct composed *out)
{
	static uint8_t text[COMPOSE_MAX], whole[COMPOSE_MAX + 64];
	static struct fix_field fields[FIX_FIELDS_MAX];
	struct fix_msg m = { NULL, 0, fields, 0, FIX_FIELDS_MAX };
	size_t n = plain_text(line, text, sizeof(text)), head;
	const uint8_t *type, *end;

	type = n > 3 && memcmp(text, "35=", 3) == 0 ? text
						    : memmem(text, n,
							  "\x01"
							  "35=",
							  4);
	if (type == NULL)
		return bad(c, "FIX text without MsgType(35)");
	type += *type == SOH;
	end = memchr(type, SOH, n - (size_t)(type - text));
	if (end == NULL || end - type > 16)
		return bad(c, "MsgType(35) is too long");
	head = (size_t)snprintf((char *)whole, sizeof(whole),
	    "8=FIX.4.4\x01"
	    "9=0\x01%.*s\x01",
	    (int)(end - type), (const char *)type);
	memcpy(whole + head, text, n);
	memcpy(whole + head + n, "10=000\x01", 7);
	if (fix_split(whole, head + n + 7, &m) != 0)
		return bad(c, "not FIX text: expected TAG=VALUE with '|' or "
			      "SOH between");
	return take_body(c, &m, NULL, out);
}

int
compose(struct composer *c, const char *line, struct composed *out)
{
	out->len = 0;
	out->type[0] = '\0';
	line += strspn(line, " \t");
	if (isdigit((unsigned char)*line))
		return compose_text(c, line, out);
	return compose_order(c, line, out);
}
