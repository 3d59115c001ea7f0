/*
 * fixgate keys: the ring of keys that seal personal data, and what is sealed.
 *
 * What changes a key is told to the running gateway first, which journals it;
 * without a gateway that answers nothing is changed. Keys themselves are never
 * printed, but for a new one that becomes the master key of somebody's
 * settings.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/keys.h"
#include "gateway/cli/view.h"

static const char help[] =
    "usage: fixgate keys new\n"
    "       fixgate keys list    -c FILE [--json]\n"
    "       fixgate keys rotate  -c FILE [SUBJECT] [--year Y] [--reason TEXT]\n"
    "       fixgate keys rotate  -c FILE --master NEWKEY [--reason TEXT]\n"
    "       fixgate keys destroy -c FILE SUBJECT [--year Y] --reason TEXT\n"
    "       fixgate keys hold    -c FILE SUBJECT --reason TEXT\n"
    "       fixgate keys release -c FILE SUBJECT --reason TEXT\n"
    "       fixgate keys encrypt -c FILE SUBJECT <TEXT\n"
    "       fixgate keys decrypt -c FILE <TEXT\n"
    "       fixgate keys message -c FILE NUMBER\n"
    "Keys of a gateway's data at rest.\n\n"
    "  new      print a new master key, for EncryptionKey or ENCRYPTION_KEY\n"
    "  list     keys by subject and year; none of them is printed\n"
    "  rotate   new keys for what is written from now on, or, with --master,\n"
    "           the same keys wrapped by another master key\n"
    "  destroy  make what is sealed for a subject unreadable for ever\n"
    "  hold     forbid that, until release\n"
    "  encrypt  lines of standard input, each as a token of a subject\n"
    "  decrypt  copy standard input, tokens in it opened where keys are left\n"
    "  message  the sealed FIX message behind an event of the audit trail\n\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "  -y, --year Y        keys of that year only\n"
    "  -r, --reason TEXT   why: it goes into the audit trail\n"
    "  -m, --master FILE   file with the new master key, its owner's alone\n"
    "  -j, --json          a JSON object a key\n"
    "  -h, --help\n";

static int64_t
now_s(void)
{
	return time(NULL);
}

int
keys_open(struct keys_job *j)
{
	char why[KEYRING_WHY];

	if (gateway_read(&j->paths, j->file) != 0)
		return CLI_USAGE;
	if (keys_ring(&j->ring, j->paths.conf, j->paths.data, why) != 0)
		return cli_fail("%s", why);
	return CLI_OK;
}

/* The gateway's word that it is journaled. */
static int
announce(struct keys_job *j, const char *what)
{
	char line[512], answer[256] = "", year[32] = "";
	int fd = view_dial(&j->paths);
	ssize_t n;

	if (fd < 0)
		return cli_fail(
		    "no gateway answers on %s: what is done to keys "
		    "is journaled first, so it must run",
		    j->paths.control);
	if (j->year != 0)
		snprintf(year, sizeof(year), "year %" PRIu64 " ", j->year);
	snprintf(line, sizeof(line), "keys %s %.70s %s%s%.200s\n", what,
	    j->subject == NULL ? "*" : j->subject, year,
	    j->master == NULL ? "" : "master key ", j->reason);
	n = send(fd, line, strlen(line), MSG_NOSIGNAL) < 0
		? -1
		: read(fd, answer, sizeof(answer) - 1);
	close(fd);
	if (n > 0 && strncmp(answer, "ok", 2) == 0)
		return CLI_OK;
	answer[strcspn(answer, "\n")] = '\0';
	return cli_fail("the gateway did not journal it: %s",
	    n > 0 ? answer : strerror(errno));
}

static void
day(char out[16], int64_t s)
{
	time_t t = s;
	struct tm tm;

	if (s == 0 || gmtime_r(&t, &tm) == NULL)
		snprintf(out, 16, "-");
	else
		strftime(out, 16, "%Y-%m-%d", &tm);
}

static int
list(struct keys_job *j)
{
	const struct keyring_key *k;
	char made[16], gone[16];

	if (!j->json)
		printf("%-6s %-4s %-10s %-10s %-4s %s\n", "KEY", "YEAR", "MADE",
		    "DESTROYED", "HELD", "SUBJECT");
	for (unsigned i = 0; (k = keyring_nth(j->ring, i)) != NULL; i++) {
		day(made, k->made_s);
		day(gone, k->destroyed_s);
		if (j->json)
			printf("{\"key\": %" PRIu64 ", \"year\": %u, \"made\": "
			       "%" PRId64 ", \"destroyed\": %" PRId64 ", "
			       "\"held\": %s, \"subject\": \"%s\"}\n",
			    k->id, k->year, k->made_s, k->destroyed_s,
			    k->held ? "true" : "false", k->subject);
		else
			printf("%-6" PRIu64 " %-4u %-10s %-10s %-4s %s\n",
			    k->id, k->year, made, gone, k->held ? "yes" : "-",
			    k->subject);
	}
	return CLI_OK;
}

static int
told(int n, const char *what)
{
	if (n < 0)
		return cli_fail(
		    "the ring can't be changed: %s", fix_strerror(n));
	printf("%d key%s %s\n", n, n == 1 ? "" : "s", what);
	return CLI_OK;
}

static int
new_master(struct keys_job *j)
{
	uint8_t key[CRYPT_KEY];
	int rc = keys_read_file(j->master, key);

	if (rc == CLI_OK)
		rc = announce(j, "rotate");
	if (rc == CLI_OK)
		rc = told(keyring_rewrap(j->ring, key),
		    "wrapped anew: now put the new master key where "
		    "EncryptionKey reads it, and start the gateway again");
	crypt_wipe(key, sizeof(key));
	return rc;
}

static int
rotate(struct keys_job *j)
{
	int rc;

	if (j->master != NULL)
		return new_master(j);
	rc = announce(j, "rotate");
	return rc != CLI_OK ? rc
			    : told(keyring_rotate(j->ring, j->subject,
				       (unsigned)j->year, now_s()),
				  "made; the old ones still open what they "
				  "sealed");
}

static int
destroy(struct keys_job *j)
{
	char why[KEYRING_WHY] = "";
	unsigned keep = keys_retention_days(j->paths.conf);
	int rc;

	/* Asked twice, so that nothing is announced that is not done. */
	rc = keyring_may_destroy(
	    j->ring, j->subject, (unsigned)j->year, keep, now_s(), why);
	if (rc == 0)
		return cli_fail(
		    "no key of %s is there to be destroyed", j->subject);
	if (rc < 0)
		return cli_fail("%s", why[0] != '\0' ? why : fix_strerror(rc));
	rc = announce(j, "destroy");
	if (rc != CLI_OK)
		return rc;
	rc = keyring_destroy(
	    j->ring, j->subject, (unsigned)j->year, keep, now_s(), why);
	return told(rc, "destroyed; copies in backups end with the master key "
			"that wrapped them: 'fixgate keys rotate --master'");
}

static int
hold(struct keys_job *j, bool yes)
{
	int rc = announce(j, yes ? "hold" : "release");

	return rc != CLI_OK ? rc
			    : told(keyring_hold(j->ring, j->subject, yes),
				  yes ? "held" : "released");
}

static int
print_new(void)
{
	uint8_t key[CRYPT_KEY];
	char text[CRYPT_KEY_TEXT];

	if (crypt_new(key) != 0)
		return cli_fail("the system has no random bytes");
	crypt_key_text(text, key);
	puts(text);
	crypt_wipe(key, sizeof(key));
	crypt_wipe(text, sizeof(text));
	return CLI_OK;
}

/* What each word takes: a subject or number, a reason. */
static const struct word {
	const char *name;
	int subject; /* 0 none, 1 must be, 2 may be */
	bool reason;
} words[] = {
	{ "new", 0, false },
	{ "list", 0, false },
	{ "rotate", 2, false },
	{ "destroy", 1, true },
	{ "hold", 1, true },
	{ "release", 1, true },
	{ "encrypt", 1, false },
	{ "decrypt", 0, false },
	{ "message", 1, false },
};

#define N_WORDS (sizeof(words) / sizeof(words[0]))

static int
run(struct keys_job *j, const char *w)
{
	int rc;

	if (strcmp(w, "new") == 0)
		return print_new();
	rc = keys_open(j);
	if (rc != CLI_OK)
		return rc;
	if (strcmp(w, "list") == 0)
		return list(j);
	if (strcmp(w, "rotate") == 0)
		return rotate(j);
	if (strcmp(w, "destroy") == 0)
		return destroy(j);
	if (strcmp(w, "encrypt") == 0)
		return keys_encrypt(j);
	if (strcmp(w, "decrypt") == 0)
		return keys_decrypt(j);
	if (strcmp(w, "message") == 0)
		return keys_message(j);
	return hold(j, strcmp(w, "hold") == 0);
}

static int
take_words(struct keys_job *j, int argc, char **argv)
{
	size_t i = 0;
	int rest = argc - optind - 1;

	if (optind == argc)
		return cli_usage("new, list, rotate, destroy, hold, release, "
				 "encrypt, decrypt or message?");
	while (i < N_WORDS && strcmp(words[i].name, argv[optind]) != 0)
		i++;
	if (i == N_WORDS)
		return cli_usage("new, list, rotate, destroy, hold, release, "
				 "encrypt, decrypt or message? Not '%s'",
		    argv[optind]);
	if (rest > 1 || (rest == 1 && words[i].subject == 0))
		return cli_usage(
		    "nothing was expected after '%s'", argv[optind]);
	if (rest == 0 && words[i].subject == 1)
		return cli_usage("%s what? A %s is missing", argv[optind],
		    strcmp(argv[optind], "message") == 0 ? "number"
							 : "subject");
	if (words[i].reason && *j->reason == '\0')
		return cli_usage("--reason TEXT is missing: it goes into the "
				 "audit trail");
	if (strpbrk(j->reason, "\r\n") != NULL)
		return cli_usage("--reason is one line");
	j->subject = rest == 1 ? argv[optind + 1] : NULL;
	if (j->subject != NULL && strpbrk(j->subject, " \t\r\n") != NULL)
		return cli_usage("no subject has blanks in it");
	return run(j, argv[optind]);
}

int
cmd_keys(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "year", required_argument, NULL, 'y' },
		{ "reason", required_argument, NULL, 'r' },
		{ "master", required_argument, NULL, 'm' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct keys_job j = { .reason = "" };
	int c, rc;

	opterr = 0;
	while (
	    (c = getopt_long(argc, argv, "c:y:r:m:jh", options, NULL)) != -1) {
		if (c == 'c')
			j.file = optarg;
		else if (c == 'r')
			j.reason = optarg;
		else if (c == 'm')
			j.master = optarg;
		else if (c == 'j')
			j.json = true;
		else if (c == 'h')
			return cli_help(help);
		else if (c != 'y')
			return opt_unknown(argc, argv, optind);
		else if (opt_number("--year", optarg, 1970, 9999, &j.year) != 0)
			return CLI_USAGE;
	}
	rc = take_words(&j, argc, argv);
	keyring_close(j.ring);
	gateway_done(&j.paths);
	return rc;
}
