/*
 * A client at its desk.
 *
 * Lines go through the composer to the wire; what crosses it is shown and
 * entered into the books, requests when they leave, reports when they arrive in
 * sequence. The session's own gap filling is invisible here, as it should be:
 * a report that was asked for again is a report.
 */
#include "gateway/cli/trading.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fix/scan.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/inbox.h"

static void
print_json(struct trading *t, bool out, const struct fix_msg *m)
{
	json_t *o = show_json(&t->sh, m);

	if (o == NULL)
		return;
	json_object_set_new(o, "direction", json_string(out ? "out" : "in"));
	json_dumpf(o, t->sh.out, JSON_COMPACT);
	fputc('\n', t->sh.out);
	json_decref(o);
}

/* Heartbeats and tests say nothing to someone who trades. */
static bool
is_dull(const struct fix_msg *m)
{
	return fix_span_is(fix_msg_type(m), "0") ||
	       fix_span_is(fix_msg_type(m), "1");
}

static void
print(struct trading *t, const char *arrow, const struct fix_msg *m)
{
	uint8_t now[FIX_STAMP_MAX];
	size_t n = fix_utc_format(now, client_now().utc, 3);
	char lead[40];

	if (t->quiet || (is_dull(m) && !t->verbose))
		return;
	if (t->before != NULL)
		t->before();
	if (t->json) {
		print_json(t, *arrow == '-', m);
	} else {
		snprintf(lead, sizeof(lead), "%.*s %s ", (int)(n - 9), now + 9,
		    arrow);
		show_brief(&t->sh, lead, m);
	}
	if (t->after != NULL)
		t->after();
	fflush(t->sh.out);
}

static void
on_wire(void *arg, bool out, const struct fix_msg *m)
{
	struct trading *t = arg;

	print(t, out ? "->" : "<-", m);
	if (out)
		return;
	t->last_in_ns = client_now().mono.ns;
	inbox_add(t->inbox, m);
	if (fix_span_is(fix_msg_type(m), "3"))
		ledger_report(t->ledger, m); /* never delivered: it is ours */
}

static void
on_numbered(void *arg, const struct fix_msg *m)
{
	struct trading *t = arg;

	ledger_request(t->ledger, m);
	if (t->client != NULL && !client_connected(t->client))
		print(t, "..", m); /* kept, until the peer asks for it */
}

static void
on_deliver(void *arg, const struct fix_msg *m, bool dup)
{
	struct trading *t = arg;

	(void)dup;
	ledger_report(t->ledger, m);
}

void
trading_say(struct trading *t, const char *fmt, ...)
{
	va_list ap;

	if (t->quiet || t->json)
		return;
	if (t->before != NULL)
		t->before();
	fprintf(t->sh.out, "%s-- ", show_dim(&t->sh));
	va_start(ap, fmt);
	vfprintf(t->sh.out, fmt, ap);
	va_end(ap);
	fprintf(t->sh.out, "%s\n", show_plain(&t->sh));
	if (t->after != NULL)
		t->after();
}

static void
on_note(void *arg, enum fix_why why, const char *text)
{
	struct trading *t = arg;

	if (why != FIX_WHY_DUPLICATE || t->verbose)
		trading_say(t, "%s", text);
}

static void
enter_kept(void *arg, const struct fix_msg *m)
{
	struct trading *t = arg;

	ledger_request(t->ledger, m);
}

int
trading_open(
    struct trading *t, struct client_cfg *cfg, const char *account, int color)
{
	struct client_ops ops = { t, on_wire, on_numbered, on_deliver,
		on_note };
	struct fix_dict_error e;
	struct dicts *dicts = dicts_new(NULL, &e);
	int rc;

	show_init(&t->sh, stdout, dicts, color);
	t->ledger = ledger_new();
	t->inbox = inbox_new();
	if (dicts == NULL || t->ledger == NULL || t->inbox == NULL) {
		cli_fail("out of memory");
		trading_close(t);
		return -FIX_E_NOMEM;
	}
	t->dicts = dicts_of_version(dicts, cfg->version);
	cfg->dicts = t->dicts;
	composer_init(&t->composer, cfg->version, account, t->ledger, NULL);
	t->composer.dict = t->dicts.app;
	rc = client_new(&t->client, cfg, &ops);
	if (rc == 0)
		client_each_sent(t->client, enter_kept, t);
	if (rc == 0)
		ledger_close_run(t->ledger);
	else
		trading_close(t);
	return rc;
}

void
trading_close(struct trading *t)
{
	client_free(t->client);
	ledger_free(t->ledger);
	inbox_free(t->inbox);
	dicts_free(t->sh.dicts);
	memset(t, 0, sizeof(*t));
}

static bool
is_up(void *arg)
{
	struct trading *t = arg;

	return client_up(t->client);
}

int
trading_logon(struct trading *t, bool quiet)
{
	int rc = client_connect(t->client, t->timeout_ms, quiet);

	if (rc != 0)
		return rc;
	rc = client_until(t->client, is_up, t, t->timeout_ms);
	if (rc == -FIX_E_NOTFOUND && !quiet)
		cli_fail(
		    "no answer to the Logon in %d s", t->timeout_ms / 1000);
	if (rc == -FIX_E_STATE && !quiet)
		cli_fail("the Logon was refused or the connection lost");
	return rc;
}

static int
send_line(struct trading *t, const char *line)
{
	static struct composed c;
	struct fix_span type, body;
	int rc = compose(&t->composer, line, &c);

	if (rc != 0) {
		cli_fail("%s", t->composer.why);
		return rc;
	}
	type = fix_span_of(c.type);
	body.p = c.body;
	body.len = c.len;
	rc = client_send(t->client, type, body);
	if (rc != 0)
		cli_fail("can't send that: %s", fix_strerror(rc));
	return rc;
}

/* Seconds with up to three decimals, as milliseconds. */
static int
read_seconds(const char *word, int *ms)
{
	struct fix_dec d;
	int64_t e8;

	if (word == NULL || fix_dec_parse(fix_span_of(word), &d) != 0 ||
	    fix_dec_to_e8(d, &e8) != 0 || e8 < 0 || e8 > 86400 * FIX_E8) {
		cli_fail(
		    "expected seconds, not '%s'", word == NULL ? "" : word);
		return -FIX_E_FORMAT;
	}
	*ms = (int)(e8 / 100000);
	return 0;
}

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

static int
do_sleep(struct trading *t, char *args)
{
	int ms, rc = read_seconds(strtok(args, " \t\r\n"), &ms);

	if (rc != 0)
		return rc;
	rc = client_until(t->client, never, t, ms);
	if (rc == -FIX_E_STATE && !client_connected(t->client)) {
		trading_say(t, "the connection is gone");
		return 0;
	}
	return rc == -FIX_E_NOTFOUND ? 0 : rc;
}

static bool
has_come(void *arg)
{
	struct trading *t = arg;

	return inbox_match(t->inbox);
}

static int
do_wait(struct trading *t, char *args)
{
	int ms = t->timeout_ms, rc;
	char *within = strstr(args, " within ");

	args[strcspn(args, "\r\n")] = '\0';
	if (within != NULL) {
		*within = '\0';
		rc = read_seconds(strtok(within + 8, " "), &ms);
		if (rc != 0)
			return rc;
	}
	if (!inbox_want(t->inbox, args, t->dicts)) {
		cli_fail("expected: wait TYPE [TAG=VALUE...] [within SECONDS]");
		return -FIX_E_FORMAT;
	}
	rc = client_until(t->client, has_come, t, ms);
	if (rc != 0)
		cli_fail("waited in vain for %s%s", args,
		    client_connected(t->client) ? ""
						: ": the connection is gone");
	return rc;
}

static int
do_logout(struct trading *t, char *args)
{
	(void)args;
	return client_logout(t->client, t->timeout_ms);
}

static int
do_connect(struct trading *t, char *args)
{
	(void)args;
	return trading_logon(t, false);
}

static int
do_drop(struct trading *t, char *args)
{
	(void)args;
	client_drop(t->client);
	return 0;
}

static const struct verb {
	const char *name;
	int (*fn)(struct trading *t, char *args);
} verbs[] = {
	{ "wait", do_wait },
	{ "sleep", do_sleep },
	{ "logout", do_logout },
	{ "drop", do_drop },
	{ "connect", do_connect },
};

int
trading_line(struct trading *t, const char *line)
{
	size_t i, n;
	char *args;
	int rc;

	line += strspn(line, " \t");
	n = strcspn(line, " \t\r\n");
	if (n == 0 || *line == '#')
		return 0;
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strlen(verbs[i].name) != n ||
		    strncasecmp(verbs[i].name, line, n) != 0)
			continue;
		args = strdup(line + n);
		if (args == NULL)
			return -FIX_E_NOMEM;
		rc = verbs[i].fn(t, args);
		free(args);
		return rc;
	}
	return send_line(t, line);
}

static bool
is_answered(const struct ledger_order *o)
{
	bool waits = o->time_in_force == '3' || o->time_in_force == '4' ||
		     o->ord_type == '1';

	if (o->open_request)
		return false;
	if (o->old)
		return true;
	if (o->status == '\0' || o->status == 'A')
		return false;
	return !waits || ledger_ended(o);
}

struct settling {
	struct trading *t;
	int64_t quiet_ns;
};

static bool
is_settled(void *arg)
{
	struct settling *s = arg;
	struct ledger_counts c;
	size_t i;

	ledger_counts(s->t->ledger, &c);
	for (i = 0; c.rejects == 0 && i < ledger_n_orders(s->t->ledger); i++)
		if (!is_answered(ledger_order_at(s->t->ledger, i)))
			return false;
	return client_now().mono.ns - s->t->last_in_ns >= s->quiet_ns;
}

int
trading_settle(struct trading *t, int quiet_ms, int timeout_ms)
{
	struct settling s = { t, quiet_ms * FIX_MSEC };
	int64_t end = client_now().mono.ns + timeout_ms * FIX_MSEC;
	int rc;

	for (;;) {
		if (is_settled(&s))
			return 0;
		if (!client_connected(t->client))
			return -FIX_E_STATE;
		if (client_now().mono.ns >= end)
			return -FIX_E_NOTFOUND;
		rc = client_turn(t->client, 20, -1);
		if (rc < 0)
			return rc;
	}
}
