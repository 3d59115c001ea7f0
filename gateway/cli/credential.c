/*
 * fixgate credential: one line for a gateway's credentials file, with a
 * verifier made of a password, a new HMAC secret or an Ed25519 key.
 *
 * Secrets come from a terminal without echo or from standard input, never from
 * an argument, which every user of the machine could read.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "gateway/auth/credentials.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/options.h"

#define PEM_MAX 4096u

static const char help[] =
    "usage: fixgate credential --user NAME [--method METHOD]\n"
    "                          [--sessions LIST] [--may-reset] [--cost N]\n"
    "Print a line for a gateway's credentials file.\n\n"
    "  -u, --user NAME       user or key id, the peer's Username(553)\n"
    "  -m, --method METHOD   password: asked for, or standard input's first\n"
    "                        line; hmac: a new secret is made; ed25519: a\n"
    "                        public or private key, PEM, on standard input\n"
    "                        [password]\n"
    "  -s, --sessions LIST   sessions it may log on to: TargetCompIDs or\n"
    "                        whole names, with commas [*: all]\n"
    "      --may-reset       a Logon with ResetSeqNumFlag(141)=Y is taken\n"
    "      --cost N          scrypt's N is 2 to the power of this [15]\n"
    "  -h, --help\n";

struct wish {
	const char *user, *sessions;
	enum proof_method method;
	uint64_t cost;
	bool may_reset;
};

static bool
read_stdin_line(char *buf, size_t cap)
{
	if (fgets(buf, (int)cap, stdin) == NULL)
		return false;
	buf[strcspn(buf, "\r\n")] = '\0';
	return true;
}

static bool
ask(const char *what, char *buf, size_t cap)
{
	struct termios old, quiet;
	bool tty = tcgetattr(STDIN_FILENO, &old) == 0;
	bool ok;

	if (!tty)
		return read_stdin_line(buf, cap);
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	fprintf(stderr, "%s: ", what);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	ok = read_stdin_line(buf, cap);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
	fputc('\n', stderr);
	return ok;
}

static int
of_password(const struct wish *w, struct verifier *v)
{
	char one[PROOF_PASSWORD_MAX + 2] = "", two[PROOF_PASSWORD_MAX + 2];
	int rc = CLI_FAILED;

	if (!ask("Password", one, sizeof(one)))
		(void)cli_fail("no password");
	else if (strlen(one) < PROOF_PASSWORD_MIN)
		(void)cli_fail("a password needs %u bytes or more",
		    PROOF_PASSWORD_MIN);
	else if (isatty(STDIN_FILENO) &&
		 (!ask("Again", two, sizeof(two)) || strcmp(one, two) != 0))
		(void)cli_fail("the two differ");
	else if (verifier_of_password(
		     v, fix_span_of(one), (unsigned)w->cost, 0) != 0)
		(void)cli_fail("the password is longer than %u bytes, or "
			       "memory is short",
		    PROOF_PASSWORD_MAX);
	else
		rc = CLI_OK;
	proof_wipe(one, sizeof(one));
	proof_wipe(two, sizeof(two));
	return rc;
}

static int
of_key(struct verifier *v)
{
	uint8_t pem[PEM_MAX];
	struct fix_span text = { pem, fread(pem, 1, sizeof(pem), stdin) };
	int rc = proof_ed25519_public(text, v->key);

	proof_wipe(pem, sizeof(pem));
	v->key_len = 32;
	return rc == 0 ? CLI_OK
		       : cli_fail("standard input is no Ed25519 key in PEM; "
				  "one comes from 'openssl genpkey -algorithm "
				  "ed25519'");
}

static int
make(const struct wish *w, struct verifier *v)
{
	memset(v, 0, sizeof(*v));
	v->method = (uint8_t)w->method;
	if (w->method == PROOF_PASSWORD)
		return of_password(w, v);
	if (w->method == PROOF_ED25519)
		return of_key(v);
	v->key_len = PROOF_SECRET_MIN;
	return proof_random(v->key, v->key_len)
		   ? CLI_OK
		   : cli_fail("the system has no random bytes");
}

static void
tell(void *arg, unsigned line, const char *text)
{
	(void)arg;
	(void)line;
	(void)cli_usage("%s", text);
}

/* What is printed must be what the gateway reads. */
static int
print(const struct wish *w, const struct verifier *v)
{
	char text[PROOF_TEXT_MAX], line[CRED_LINE_MAX + 1];
	struct credentials *c = NULL;
	int n, rc;

	(void)verifier_format(v, text, sizeof(text));
	n = snprintf(line, sizeof(line), "%s %s %s %s%s\n", w->user,
	    proof_method_name(w->method), text, w->sessions,
	    w->may_reset ? " reset" : "");
	if (n < 0 || (size_t)n >= sizeof(line))
		return cli_usage("that line would be too long");
	rc = credentials_parse(&c, fix_span_of(line), tell, NULL);
	if (rc == 0 && credentials_n(c) != 1)
		rc = -FIX_E_CONFIG;
	credentials_free(c);
	if (rc == 0)
		fputs(line, stdout);
	proof_wipe(line, sizeof(line));
	proof_wipe(text, sizeof(text));
	return rc == 0 ? CLI_OK : CLI_USAGE;
}

static int
run(const struct wish *w)
{
	struct verifier v;
	int rc;

	if (w->user == NULL)
		return cli_usage("--user NAME is missing: whose credential?");
	rc = make(w, &v);
	if (rc == CLI_OK)
		rc = print(w, &v);
	proof_wipe(&v, sizeof(v));
	return rc;
}

int
cmd_credential(int argc, char **argv)
{
	static const struct option options[] = {
		{ "user", required_argument, NULL, 'u' },
		{ "method", required_argument, NULL, 'm' },
		{ "sessions", required_argument, NULL, 's' },
		{ "may-reset", no_argument, NULL, 'R' },
		{ "cost", required_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct wish w = { .sessions = "*", .method = PROOF_PASSWORD };
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "u:m:s:h", options, NULL)) != -1) {
		if (c == 'u')
			w.user = optarg;
		else if (c == 's')
			w.sessions = optarg;
		else if (c == 'R')
			w.may_reset = true;
		else if (c == 'm') {
			if (!proof_method_named(fix_span_of(optarg), &w.method))
				return cli_usage("--method expects password, "
						 "hmac or ed25519, not '%s'",
				    optarg);
		} else if (c == 'C') {
			if (opt_number("--cost", optarg, 12, 17, &w.cost) != 0)
				return CLI_USAGE;
		} else if (c == 'h')
			return cli_help(help);
		else
			return opt_unknown(argc, argv, optind);
	}
	if (optind < argc)
		return cli_usage(
		    "nothing was expected after the options: %s", argv[optind]);
	return run(&w);
}
