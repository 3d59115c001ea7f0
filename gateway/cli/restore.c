/*
 * fixgate restore: a gateway's data out of a backup, whole or up to a record or
 * a moment. gateway/backup/ does it; this is its face.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/backup/backup.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/keys.h"

static const char help[] =
    "usage: fixgate restore -c FILE --signer PUB [--key FILE]\n"
    "                       [--to N | --at TIME] FROM\n"
    "Make a gateway's data anew from a backup, where there is none. What FROM\n"
    "stands on is looked for in its folder.\n\n"
    "  -c, --config FILE   the gateway's settings file; DataDir must be empty\n"
    "  -s, --signer PUB    file with the signer's public key (KEY.pub)\n"
    "  -k, --key FILE      file with the encryption key, its owner's alone;\n"
    "                      else the environment's ENCRYPTION_KEY\n"
    "  -t, --to N          the journal up to record N, in whole turns\n"
    "  -a, --at TIME       up to a moment, in UTC: 2026-11-25T10:15:00\n"
    "  -h, --help\n";

static const char advice[] =
    "The peers have seen messages that this journal does not know. Before the\n"
    "gateway starts, agree with each peer on new sequence numbers: both sides\n"
    "reset to 1, or each tells its next one and they are set. Then compare\n"
    "open orders and executions with the venue's since the moment above.\n"
    "The old audit trail is in audit.evidence; a new one begins. If PostgreSQL\n"
    "or a witness has the old one, give the new one another Name in [AUDIT].\n";

static const char older[] =
    "If PostgreSQL or a witness has more of the audit trail than this copy, it\n"
    "refuses what follows as another history: 'fixgate audit status' says\n"
    "refused. Then stop the gateway, move %s/audit to\n"
    "%s/audit.evidence, and give the trail, which begins\n"
    "anew from the journal, another Name in [AUDIT].\n";

struct face {
	const char *conf, *key_file, *signer, *at;
	struct backup_restore r;
	struct gateway_paths paths;
};

int
keys_signer(const char *path, struct audit_key **out)
{
	char text[AUDIT_VKEY_MAX] = "";
	FILE *f = fopen(path, "re");

	if (f == NULL || fgets(text, sizeof(text), f) == NULL)
		text[0] = '\0';
	if (f != NULL)
		fclose(f);
	text[strcspn(text, "\r\n")] = '\0';
	return audit_key_read(out, fix_span_of(text)) == 0
		   ? CLI_OK
		   : cli_fail(
			 "%s holds no public key; 'fixgate backup' writes one "
			 "beside its signing key",
			 path);
}

/* A second, or a part of one down to a nanosecond. */
static int
read_time(const char *text, int64_t *ns)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t part = 0, unit = FIX_SEC;

	if (end != NULL && *end == '.')
		for (end++; *end >= '0' && *end <= '9' && unit > 1; end++) {
			unit /= 10;
			part += (*end - '0') * unit;
		}
	if (end == NULL || (*end != '\0' && strcmp(end, "Z") != 0))
		return cli_usage("--at takes a time in UTC as "
				 "2026-11-25T10:15:00, not '%s'",
		    text);
	*ns = timegm(&tm) * FIX_SEC + part;
	return CLI_OK;
}

/* The files are to be those of [GATEWAY] User, if root restores. */
static int
find_owner(struct face *o)
{
	const struct conf_section *gw = conf_next(o->paths.conf, "GATEWAY", NULL);
	const char *user = conf_str(gw, "User", NULL);
	const struct passwd *pw;

	o->r.uid = (uid_t)-1;
	o->r.gid = (gid_t)-1;
	if (user == NULL || geteuid() != 0)
		return CLI_OK;
	pw = getpwnam(user);
	if (pw == NULL)
		return cli_fail("there is no user %s, whose the data are to be",
		    user);
	o->r.uid = pw->pw_uid;
	o->r.gid = pw->pw_gid;
	return CLI_OK;
}

static int
fill(struct face *o)
{
	struct fix_store_error e = { "" };

	if (rmdir(o->r.data) != 0 && errno != ENOENT)
		return cli_fail("%s: %m: restore writes into an empty place "
				"only",
		    o->r.data);
	if (backup_restore(&o->r, &e) != 0)
		return cli_fail("%s", e.text);
	printf("%s: restored to journal record %" PRIu64 " of %" PRIu64 "\n",
	    o->r.data, o->r.last, o->r.newest);
	if (o->r.tables != 0)
		printf("its tables hold record %" PRIu64
		       ": the first start goes on from there\n",
		    o->r.tables);
	else
		puts("tables are made by the first start, from the whole "
		     "journal");
	if (o->r.last != o->r.newest)
		fputs(advice, stdout);
	else
		printf(older, o->r.data, o->r.data);
	return CLI_OK;
}

static int
restore(struct face *o)
{
	struct audit_key *signer = NULL;
	uint8_t key[CRYPT_KEY];
	int rc = o->at == NULL ? CLI_OK : read_time(o->at, &o->r.at_ns);

	if (rc == CLI_OK)
		rc = keys_of_backup(o->key_file, key);
	if (rc == CLI_OK)
		rc = keys_signer(o->signer, &signer);
	if (rc == CLI_OK && gateway_read(&o->paths, o->conf) != 0)
		rc = CLI_USAGE;
	if (rc == CLI_OK)
		rc = find_owner(o);
	o->r.key = key;
	o->r.signer = signer;
	o->r.data = o->paths.data;
	if (rc == CLI_OK)
		rc = fill(o);
	audit_key_free(signer);
	crypt_wipe(key, sizeof(key));
	gateway_done(&o->paths);
	return rc;
}

int
cmd_restore(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "signer", required_argument, NULL, 's' },
		{ "key", required_argument, NULL, 'k' },
		{ "to", required_argument, NULL, 't' },
		{ "at", required_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct face o = { .r = { .to = UINT64_MAX, .at_ns = INT64_MAX } };
	int c;

	opterr = 0;
	while (
	    (c = getopt_long(argc, argv, "c:s:k:t:a:h", options, NULL)) != -1) {
		if (c == 'c')
			o.conf = optarg;
		else if (c == 's')
			o.signer = optarg;
		else if (c == 'k')
			o.key_file = optarg;
		else if (c == 'a')
			o.at = optarg;
		else if (c == 'h')
			return cli_help(help);
		else if (c != 't')
			return opt_unknown(argc, argv, optind);
		else if (opt_number("--to", optarg, 1, INT64_MAX, &o.r.to) != 0)
			return CLI_USAGE;
	}
	if (optind + 1 != argc)
		return cli_usage("which backup? One file is expected");
	if (o.signer == NULL)
		return cli_usage("--signer PUB is missing: the file with the "
				 "signer's public key");
	o.r.file = argv[optind];
	return restore(&o);
}
