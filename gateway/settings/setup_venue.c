/*
 * Venues and routes from the settings file.
 *
 * A simulated venue's symbols come from its prices file, or stand in the
 * settings: Symbols=AAPL 187.25, MSFT 410.00. Both are read by the venue's own
 * reader, so that both mean the same. Every symbol of a venue is known to risk,
 * with or without a [RISK symbol] of its own.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/settings/setup.h"
#include "gateway/venue/process.h"
#include "gateway/venue/told.h"
#include "gateway/venue/tws_session.h"

/* @param v  NULL: there was no memory for it */
static int
add(struct trader *t, const struct conf_section *sec, struct venue *v)
{
	if (v == NULL)
		return -FIX_E_NOMEM;
	v->open_in_doubt = !conf_bool(sec, "Reconcile", true);
	return trader_add_venue(t, v);
}

/* The list as a prices file: one line a symbol. @return fd, -1 */
static int
as_file(const char *list)
{
	int fd = memfd_create("Symbols", MFD_CLOEXEC);
	size_t len = strlen(list);
	char *text = strdup(list);

	for (size_t i = 0; text != NULL && i < len; i++)
		if (text[i] == ',')
			text[i] = '\n';
	if (fd >= 0 && (text == NULL || write(fd, text, len) != (ssize_t)len)) {
		close(fd);
		fd = -1;
	}
	free(text);
	return fd;
}

static int
read_list(
    const struct conf_section *sec, const char *list, struct sim_symbol **out)
{
	char path[64], err[512] = "";
	int fd = as_file(list), n;
	const char *why;

	if (fd < 0)
		return -FIX_E_NOMEM;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = venue_sim_read_prices(path, out, err);
	close(fd);
	if (n >= 0)
		return n;
	why = strstr(err, ": "); /* behind a file name that says nothing */
	conf_fault(sec, "Symbols", "Symbols: %s", why == NULL ? err : why + 2);
	return -FIX_E_CONFIG;
}

int
setup_sim_symbols(const struct conf_section *sec, struct sim_symbol **out)
{
	const char *path = conf_path(sec, "Prices", NULL);
	const char *list = conf_str(sec, "Symbols", NULL);
	char err[512] = "";
	int n;

	*out = NULL;
	if ((path == NULL) == (list == NULL)) {
		conf_fault(sec, NULL,
		    "[VENUE %s] needs either Prices or "
		    "Symbols",
		    conf_name(sec));
		return -FIX_E_CONFIG;
	}
	if (list != NULL)
		return read_list(sec, list, out);
	n = venue_sim_read_prices(path, out, err);
	if (n < 0)
		conf_fault(sec, "Prices", "%s", err);
	return n;
}

static unsigned
ms_of(const struct conf_section *sec, const char *key, long def)
{
	return (unsigned)conf_int(sec, key, 0, 86400000, def);
}

static void
read_faults(const struct conf_section *sec, struct sim_faults *f)
{
	const long any = 1000000000;

	f->late_ack_ms = ms_of(sec, "FaultLateAckMs", 0);
	f->fill_before_ack =
	    (unsigned)conf_int(sec, "FaultFillBeforeAck", 0, any, 0);
	f->no_ack = (unsigned)conf_int(sec, "FaultNoAck", 0, any, 0);
	f->dup_exec = (unsigned)conf_int(sec, "FaultDuplicateExec", 0, any, 0);
	f->reject = (unsigned)conf_int(sec, "FaultReject", 0, any, 0);
	f->disconnect = (unsigned)conf_int(sec, "FaultDisconnect", 0, any, 0);
	f->down_ms = ms_of(sec, "FaultDownMs", 1000);
}

static int
add_sim(const struct conf_section *sec, struct trader *t)
{
	struct sim_cfg cfg = { .name = conf_name(sec) };
	struct sim_symbol *symbols;
	int n = setup_sim_symbols(sec, &symbols), rc = 0;
	struct venue *v;

	cfg.currency = conf_str(sec, "Currency", "");
	cfg.latency_us = (unsigned)conf_int(sec, "LatencyUs", 0, 60000000, 0);
	cfg.refill_ms = ms_of(sec, "RefillMs", 1000);
	cfg.seed = (uint64_t)conf_int(sec, "Seed", 0, INT64_MAX, 1);
	read_faults(sec, &cfg.faults);
	if (n < 0)
		return n == -FIX_E_NOMEM ? n : 0;
	if (t != NULL) {
		cfg.symbols = symbols;
		cfg.n_symbols = (unsigned)n;
		v = venue_sim_new(&cfg, trader_sink(t));
		rc = add(t, sec, v);
	}
	free(symbols);
	return rc;
}

static int
add_told(const struct conf_section *sec, struct trader *t)
{
	struct sim_symbol *symbols;
	int n = setup_sim_symbols(sec, &symbols), rc = 0;
	struct venue *v;

	if (n < 0)
		return n == -FIX_E_NOMEM ? n : 0;
	if (t != NULL) {
		v = venue_told_new(
		    conf_name(sec), symbols, (unsigned)n, trader_sink(t));
		rc = add(t, sec, v);
	}
	free(symbols);
	return rc;
}

/* Symbols=BTCUSDT, ETHUSDT: the names, for the rest is the venue's to say;
 * what stands behind '=' is for it, too. */
static int
read_names(const struct conf_section *sec, struct sim_symbol **out)
{
	const char *p = conf_str(sec, "Symbols", "");
	size_t room = strlen(p) / 2 + 1, n = 0;
	struct sim_symbol *s = calloc(room, sizeof(*s));

	if (s == NULL)
		return -FIX_E_NOMEM;
	while (*(p += strspn(p, ", \t")) != '\0') {
		struct fix_span name = { (const uint8_t *)p,
			strcspn(p, ", \t=") };

		if (!fix_span_copy(name, s[n].symbol, sizeof(s[n].symbol))) {
			conf_fault(sec, "Symbols",
			    "'%.*s' is too long for a symbol", (int)name.len,
			    p);
			free(s);
			return -FIX_E_CONFIG;
		}
		n++;
		p += strcspn(p, ", \t");
	}
	*out = s;
	if (n > 0)
		return (int)n;
	free(s);
	conf_fault(sec, NULL, "[VENUE %s] needs Symbols, the names that are "
	    "traded there", conf_name(sec));
	return -FIX_E_CONFIG;
}

int
setup_venue_symbols(const struct conf_section *sec, struct sim_symbol **out)
{
	*out = NULL;
	switch (setup_venue_type(sec)) {
	case SETUP_VENUE_SIM:
	case SETUP_VENUE_TOLD:
	case SETUP_VENUE_FIX:
		return setup_sim_symbols(sec, out);
	case SETUP_VENUE_PROCESS:
	case SETUP_VENUE_TWS:
	case SETUP_VENUE_BINANCE:
	case SETUP_VENUE_ALPACA:
	case SETUP_VENUE_OANDA:
		break;
	}
	return read_names(sec, out);
}

static int
add_outside(const struct conf_section *sec, struct trader *t)
{
	struct sim_symbol *symbols;
	int n = read_names(sec, &symbols);
	struct venue *v;

	if (n < 0)
		return n == -FIX_E_NOMEM ? n : 0;
	free(symbols);
	if (t == NULL)
		return 0;
	v = venue_process_new(conf_name(sec), trader_sink(t));
	return add(t, sec, v);
}

static int
add_process(const struct conf_section *sec, struct trader *t)
{
	if (!conf_has(sec, "Command", NULL))
		conf_fault(sec, NULL, "[VENUE %s] needs Command, the program "
		    "that speaks fixgate-venue-link(7)", conf_name(sec));
	return add_outside(sec, t);
}

static int
add_tws(const struct conf_section *sec, struct trader *t)
{
	struct setup_tws s;
	struct tws_cfg cfg;
	int rc = setup_tws(sec, &s, &cfg);

	if (rc != 0)
		return rc == -FIX_E_NOMEM ? rc : 0;
	free(s.symbols);
	return add_outside(sec, t);
}

enum setup_venue_type
setup_venue_type(const struct conf_section *sec)
{
	return (enum setup_venue_type)conf_word(
	    sec, "Type", SETUP_VENUE_TYPES, SETUP_VENUE_SIM);
}

static int
add_venue(
    const struct setup *s, const struct conf_section *sec, struct trader *t)
{
	if (strlen(conf_name(sec)) > VENUE_NAME_MAX ||
	    strchr(conf_name(sec), ' ') != NULL)
		conf_fault(sec, NULL,
		    "a venue's name is one word of at most "
		    "%d bytes",
		    VENUE_NAME_MAX);
	if (!conf_has(sec, "Type", NULL)) {
		conf_fault(sec, NULL, "[VENUE %s] has no Type", conf_name(sec));
		return 0;
	}
	switch (setup_venue_type(sec)) {
	case SETUP_VENUE_SIM:
		return add_sim(sec, t);
	case SETUP_VENUE_TOLD:
		return add_told(sec, t);
	case SETUP_VENUE_TWS:
		return add_tws(sec, t);
	case SETUP_VENUE_BINANCE:
	case SETUP_VENUE_ALPACA:
	case SETUP_VENUE_OANDA:
		return add_outside(sec, t);
	case SETUP_VENUE_FIX:
		return setup_fix_venue(s, sec, t);
	case SETUP_VENUE_PROCESS:
		break;
	}
	return add_process(sec, t);
}

static bool
venue_exists(const struct conf *c, const char *name)
{
	const struct conf_section *sec = NULL;

	while ((sec = conf_next(c, "VENUE", sec)) != NULL)
		if (strcmp(conf_name(sec), name) == 0)
			return true;
	return false;
}

static int
add_route(
    const struct conf *c, const struct conf_section *sec, struct trader *t)
{
	struct desk_route r = {
		.symbol = conf_str(sec, "Symbol", ""),
		.exchange = conf_str(sec, "SecurityExchange", ""),
		.destination = conf_str(sec, "ExDestination", ""),
		.account = conf_str(sec, "Account", ""),
		.venue = conf_str(sec, "Venue", NULL),
	};

	if (r.venue == NULL)
		conf_fault(sec, NULL, "this [ROUTE] has no Venue");
	else if (!venue_exists(c, r.venue))
		conf_fault(sec, "Venue", "there is no [VENUE %s]", r.venue);
	else if (t != NULL)
		return trader_add_route(t, &r);
	return 0;
}

int
setup_venues(const struct setup *s, struct trader *t)
{
	const struct conf_section *sec = NULL;
	unsigned before = conf_faults(s->conf);
	int rc = 0;

	while (rc == 0 && (sec = conf_next(s->conf, "VENUE", sec)) != NULL)
		rc = add_venue(s, sec, t);
	while (rc == 0 && (sec = conf_next(s->conf, "ROUTE", sec)) != NULL)
		rc = add_route(s->conf, sec, t);
	if (rc == 0 && conf_faults(s->conf) > before)
		rc = -FIX_E_CONFIG;
	return rc;
}
