/*
 * fixgate backup: a copy of a gateway's data while it trades, or what a copy
 * says of itself. gateway/backup/ does it; this is its face.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/backup/backup.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/keys.h"

static const char help[] =
    "usage: fixgate backup -c FILE --sign KEY [--key FILE] [--rate MB]\n"
    "                      [--since BACKUP] TO\n"
    "       fixgate backup --show BACKUP [--signer PUB]\n"
    "Copy a gateway's data into one file, sealed and signed, while it runs.\n"
    "\n"
    "  -c, --config FILE   the gateway's settings file\n"
    "  -s, --sign KEY      file of the signing key (PEM), made if missing;\n"
    "                      its public half goes to KEY.pub, for restore\n"
    "  -k, --key FILE      file with the encryption key, its owner's alone;\n"
    "                      else the environment's ENCRYPTION_KEY\n"
    "  -i, --since BACKUP  only what BACKUP does not have; it must stay, in\n"
    "                      the same folder\n"
    "  -r, --rate MB       read at most so much a second; 50\n"
    "  -l, --show BACKUP   print the list of a backup, as JSON\n"
    "  -S, --signer PUB    with --show: file with the public key that must\n"
    "                      have signed it\n"
    "  -h, --help\n";

struct face {
	const char *conf, *key_file, *sign, *show, *signer;
	struct backup_job job;
	struct gateway_paths paths;
};

static int
put_public(const char *path, const struct audit_key *key)
{
	char to[4096], text[AUDIT_VKEY_MAX];
	FILE *f;

	snprintf(to, sizeof(to), "%s.pub", path);
	audit_key_text(key, text);
	f = fopen(to, "w");
	if (f == NULL)
		return cli_fail("%s: %m", to);
	fprintf(f, "%s\n", text);
	return fclose(f) == 0 ? CLI_OK : cli_fail("%s: %m", to);
}

static int
make(struct face *o, uint8_t key[CRYPT_KEY])
{
	struct audit_key *sign = NULL;
	struct fix_store_error e = { "" };
	int rc = keys_of_backup(o->key_file, key);

	if (rc == CLI_OK && gateway_read(&o->paths, o->conf) != 0)
		rc = CLI_USAGE;
	o->job.data = o->paths.data;
	if (rc == CLI_OK && access(o->paths.journal, R_OK) != 0)
		rc = cli_fail("%s: %m: has this gateway ever run?",
		    o->paths.journal);
	if (rc == CLI_OK &&
	    audit_key_open(&sign, o->sign, "fixgate-backup", &e) != 0)
		rc = cli_fail("%s", e.text);
	if (rc == CLI_OK)
		rc = put_public(o->sign, sign);
	o->job.key = key;
	o->job.sign = sign;
	if (rc == CLI_OK && backup_make(&o->job, &e) != 0)
		rc = cli_fail("%s", e.text);
	if (rc == CLI_OK)
		printf("%s: written, read back and signed\n", o->job.file);
	if (rc == CLI_OK && e.text[0] != '\0')
		fprintf(stderr, "fixgate backup: %s\n", e.text);
	audit_key_free(sign);
	gateway_done(&o->paths);
	return rc;
}

static int
show(const struct face *o)
{
	struct audit_key *signer = NULL;
	struct fix_store_error e = { "" };
	struct backup_list l = { 0 };
	char *text = NULL;
	int rc = o->signer == NULL ? CLI_OK
				   : keys_signer(o->signer, &signer);

	if (rc == CLI_OK && backup_list_load(&l, o->show, signer, &e) != 0)
		rc = cli_fail("%s", e.text);
	if (rc == CLI_OK)
		text = backup_list_text(&l);
	if (text != NULL)
		puts(text);
	free(text);
	backup_list_free(&l);
	audit_key_free(signer);
	return rc;
}

static int
run(struct face *o, int argc, char **argv)
{
	uint8_t key[CRYPT_KEY];
	int rc;

	if (o->show != NULL && optind != argc)
		return cli_usage("--show takes one backup");
	if (o->show != NULL)
		return show(o);
	if (optind + 1 != argc)
		return cli_usage(
		    "which file is to be written? One is expected");
	if (o->sign == NULL)
		return cli_usage("--sign KEY is missing: the file of the key "
				 "that signs the backup");
	o->job.file = argv[optind];
	rc = make(o, key);
	crypt_wipe(key, sizeof(key));
	return rc;
}

int
cmd_backup(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "sign", required_argument, NULL, 's' },
		{ "signer", required_argument, NULL, 'S' },
		{ "since", required_argument, NULL, 'i' },
		{ "show", required_argument, NULL, 'l' },
		{ "key", required_argument, NULL, 'k' },
		{ "rate", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct face o = { .job = { .rate = 50 } };
	int c;

	opterr = 0;
	while ((c = getopt_long(
		    argc, argv, "c:s:S:i:l:k:r:h", options, NULL)) != -1) {
		if (c == 'c')
			o.conf = optarg;
		else if (c == 's')
			o.sign = optarg;
		else if (c == 'S')
			o.signer = optarg;
		else if (c == 'i')
			o.job.since = optarg;
		else if (c == 'l')
			o.show = optarg;
		else if (c == 'k')
			o.key_file = optarg;
		else if (c == 'h')
			return cli_help(help);
		else if (c != 'r')
			return opt_unknown(argc, argv, optind);
		else if (opt_number(
			     "--rate", optarg, 1, 100000, &o.job.rate) != 0)
			return CLI_USAGE;
	}
	return run(&o, argc, argv);
}
