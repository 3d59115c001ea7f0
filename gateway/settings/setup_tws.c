/*
 * A [VENUE] of Type=tws: where it is, who we are there, and what our symbols
 * are called.
 *
 *	Symbols=AAPL, IBM=STK:SMART:USD:NYSE, ESZ6=FUT:CME:USD:202612,
 *	    EUR.USD=CASH:IDEALPRO:USD, BRK.B=72063691:SMART
 *
 * Behind the name: type of security, exchange, currency, and the listing
 * exchange or, of a future, its month; or the number that IB has given the
 * contract, and the exchange. A name alone is a US stock.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/settings/setup.h"
#include "gateway/venue/tws_session.h"

#define WORDS 5

/* Words between colons, the name in front of '='. @return how many; 0: bad */
static unsigned
split(struct fix_span item, char words[WORDS][TWS_NAME_MAX + 1])
{
	unsigned n = 0;
	size_t at = 0;

	while (at <= item.len) {
		struct fix_span w = { item.p + at, 0 };

		while (at + w.len < item.len && w.p[w.len] != ':' &&
		    (n > 0 || w.p[w.len] != '='))
			w.len++;
		if (n == WORDS || w.len == 0 ||
		    !fix_span_copy(w, words[n], TWS_NAME_MAX + 1))
			return 0;
		n++;
		at += w.len + 1;
	}
	return n;
}

/* @return does it fit? */
static bool
put(char *dst, size_t cap, const char *word)
{
	return fix_span_copy(fix_span_of(word), dst, cap);
}

static bool
by_number(struct tws_symbol *s, unsigned n, char words[WORDS][TWS_NAME_MAX + 1])
{
	return fix_int_parse(fix_span_of(words[1]), &s->con_id) == 0 &&
	       s->con_id > 0 && s->con_id <= INT32_MAX && n <= 3 &&
	       put(s->exchange, sizeof(s->exchange), n > 2 ? words[2] : "SMART");
}

static bool
by_name(struct tws_symbol *s, unsigned n, char words[WORDS][TWS_NAME_MAX + 1])
{
	bool future;

	put(s->symbol, sizeof(s->symbol), s->name);
	put(s->sec_type, sizeof(s->sec_type), "STK");
	put(s->exchange, sizeof(s->exchange), "SMART");
	put(s->currency, sizeof(s->currency), "USD");
	if (n == 1)
		return true;
	future = strcmp(words[1], "FUT") == 0;
	if (strcmp(words[1], "CASH") == 0)
		s->symbol[strcspn(s->symbol, ".")] = '\0';
	return n >= 4 && put(s->sec_type, sizeof(s->sec_type), words[1]) &&
	       put(s->exchange, sizeof(s->exchange), words[2]) &&
	       put(s->currency, sizeof(s->currency), words[3]) &&
	       (n == 4 || (future
		       ? put(s->expiry, sizeof(s->expiry), words[4])
		       : put(s->primary, sizeof(s->primary), words[4])));
}

static bool
read_symbol(struct fix_span item, struct tws_symbol *s)
{
	char words[WORDS][TWS_NAME_MAX + 1];
	unsigned n = split(item, words);

	memset(s, 0, sizeof(*s));
	if (n == 0 || !put(s->name, sizeof(s->name), words[0]))
		return false;
	if (n > 1 && words[1][0] >= '0' && words[1][0] <= '9')
		return by_number(s, n, words);
	return by_name(s, n, words);
}

static int
read_symbols(
    const struct conf_section *sec, struct setup_tws *out, struct tws_cfg *cfg)
{
	const char *p = conf_str(sec, "Symbols", "");
	struct tws_symbol *s = calloc(strlen(p) / 2 + 1, sizeof(*s));

	if (s == NULL)
		return -FIX_E_NOMEM;
	while (*(p += strspn(p, ", \t")) != '\0') {
		struct fix_span item = { (const uint8_t *)p,
			strcspn(p, ", \t") };

		if (!read_symbol(item, &s[cfg->n_symbols])) {
			conf_fault(sec, "Symbols", "'%.*s' is neither NAME nor "
			    "NAME=TYPE:EXCHANGE:CURRENCY nor NAME=CONID, as in "
			    "fixgated.conf(5)", (int)item.len, p);
			free(s);
			return -FIX_E_CONFIG;
		}
		cfg->n_symbols++;
		p += item.len;
	}
	out->symbols = s;
	cfg->symbols = s;
	return 0;
}

/* The usual ports say which kind of account is meant. */
static enum tws_paper
paper_of(unsigned port)
{
	if (port == 7497 || port == 4002)
		return TWS_PAPER;
	return port == 7496 || port == 4001 ? TWS_LIVE : TWS_EITHER;
}

int
setup_tws(
    const struct conf_section *sec, struct setup_tws *out, struct tws_cfg *cfg)
{
	memset(out, 0, sizeof(*out));
	memset(cfg, 0, sizeof(*cfg));
	out->host = conf_str(sec, "Host", "127.0.0.1");
	out->port = (unsigned)conf_int(sec, "Port", 1, 65535, 7497);
	cfg->client_id = (int)conf_int(sec, "ClientId", 1, INT32_MAX, 1);
	cfg->account = conf_str(sec, "AccountId", "");
	cfg->rate = (unsigned)conf_int(
	    sec, "MessagesPerSecond", 1, TWS_RATE_MAX, 45);
	cfg->marks = conf_bool(sec, "MarketData", false);
	cfg->count_every_ns = FIX_MSEC * (int64_t)conf_int(
	    sec, "ReconcileInterval", 100, 3600000, 200000);
	cfg->max_orders = 100000;
	cfg->zone_name = "";
	cfg->paper = paper_of(out->port);
	return read_symbols(sec, out, cfg);
}
