/*
 * The interactive client.
 *
 * libedit's callback interface, because a FIX session can't wait for a person:
 * the turn's poll() watches the terminal too, and every character goes to the
 * editor when it is there. A message that arrives in the middle of a line takes
 * the line away, is printed, and puts it back.
 */
#include "gateway/cli/prompt.h"

#include <editline/readline.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "gateway/cli/cli.h"

static const char usage[] =
    "  new SYMBOL buy|sell|short QTY [@ PRICE] [stop P] [ioc|fok|gtc|day]\n"
    "      [account A] [id ID] [TAG=VALUE...]\n"
    "  cancel ID            replace ID QTY [PRICE]      status ID\n"
    "  35=D|11=a|55=AAPL|...        any message in FIX text\n"
    "  wait TYPE [TAG=VALUE...] [within S]      sleep S\n"
    "  orders               what was sent, and how it stands\n"
    "  drop, connect, logout, quit\n";

static const char *const verbs[] = { "new", "cancel", "replace", "status",
	"wait", "sleep", "orders", "drop", "connect", "logout", "help",
	"quit" };

/* libedit's callbacks take no argument. */
static struct {
	struct trading *t;
	bool done;
	bool installed;
} prompt;

static void
hide(void)
{
	if (prompt.installed)
		fputs("\r\033[K", stdout);
}

static void
show(void)
{
	fflush(stdout);
	if (prompt.installed)
		rl_forced_update_display();
}

static void
list_orders(const struct trading *t)
{
	const struct ledger_order *o;
	struct fix_span v;
	char qty[FIX_DEC_MAX + 1], cum[FIX_DEC_MAX + 1];
	const char *word;
	size_t i;

	for (i = 0; i < ledger_n_orders(t->ledger); i++) {
		o = ledger_order_at(t->ledger, i);
		qty[fix_dec_format((uint8_t *)qty, fix_dec_of_e8(o->qty_e8))] =
		    '\0';
		cum[fix_dec_format((uint8_t *)cum, fix_dec_of_e8(o->cum_e8))] =
		    '\0';
		v.p = (const uint8_t *)&o->status;
		v.len = o->status == '\0' ? 0 : 1;
		word = v.len == 0 ? "no answer yet"
				  : dicts_value_name(t->dicts, 39, v);
		printf("  %-16s %-4s %s %s, %s filled: %s\n", o->id,
		    o->side == '1' ? "buy" : "sell", qty, o->symbol, cum,
		    word == NULL ? "?" : word);
	}
}

static bool
own_word(struct trading *t, const char *line)
{
	if (strncasecmp(line, "quit", 4) == 0 ||
	    strncasecmp(line, "exit", 4) == 0)
		prompt.done = true;
	else if (strncasecmp(line, "help", 4) == 0 || *line == '?')
		fputs(usage, stdout);
	else if (strncasecmp(line, "orders", 6) == 0)
		list_orders(t);
	else
		return false;
	return true;
}

static void on_line(char *line);

/* libedit goes back to a cooked terminal after each line. */
static void
ready(void)
{
	fflush(stdout);
	rl_callback_handler_install("fix> ", on_line);
	prompt.installed = true;
}

static void
on_line(char *line)
{
	if (line == NULL) {
		prompt.done = true;
		putchar('\n');
		return;
	}
	prompt.installed = false; /* the line is over: nothing to put back */
	if (*line != '\0')
		add_history(line);
	if (!own_word(prompt.t, line))
		(void)!trading_line(prompt.t, line); /* it has complained */
	free(line);
	if (!prompt.done)
		ready();
}

static char *
next_verb(const char *text, int state)
{
	static size_t i;

	if (state == 0)
		i = 0;
	while (i < sizeof(verbs) / sizeof(verbs[0])) {
		i++;
		if (strncasecmp(verbs[i - 1], text, strlen(text)) == 0)
			return strdup(verbs[i - 1]);
	}
	return NULL;
}

static char **
complete(const char *text, int start, int end)
{
	(void)end;
	return start == 0 ? rl_completion_matches(text, next_verb) : NULL;
}

static int
turns(struct trading *t)
{
	bool was_up = true;
	int rc = 0;

	while (!prompt.done && rc >= 0) {
		rc = client_turn(t->client, -1, STDIN_FILENO);
		if (rc == 1)
			rl_callback_read_char();
		if (was_up && !client_connected(t->client) && !prompt.done)
			trading_say(t, "the connection is gone; 'connect' or "
				       "'quit'");
		was_up = client_connected(t->client);
	}
	return rc < 0 ? CLI_FAILED : CLI_OK;
}

int
prompt_run(struct trading *t)
{
	static char name[] = "fixgate";
	int status;

	rl_readline_name = name;
	rl_attempted_completion_function = complete;
	using_history();
	prompt.t = t;
	trading_say(t, "logged on; 'help' says what can be typed");
	t->before = hide;
	t->after = show;
	ready();
	status = turns(t);
	prompt.installed = false;
	rl_callback_handler_remove();
	t->before = t->after = NULL;
	return status;
}
