/*
 * fixgate restore: a gateway's data out of a backup, whole or up to a record.
 *
 * All is written beside DataDir, checked, cut if asked, and only then given
 * DataDir's name by one rename: a death on the way leaves no DataDir. Cutting
 * takes a place between two turns. The audit trail tells of what was cut, so
 * then it is put aside as evidence and a new one begins.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/cli/backup.h"
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "store/journal_format.h"

static const char help[] =
    "usage: fixgate restore -c FILE --signer PUB [--key FILE]\n"
    "                       [--to N | --at TIME] FROM\n"
    "Make a gateway's data anew from a backup, where there is none.\n\n"
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
    "The old audit trail is in audit.evidence; a new one begins.\n";

/* Where a journal is cut. */
struct cut {
	uint64_t last;   /* record that stays; 0: none */
	uint64_t newest; /* there is */
	uint32_t segment;
	uint64_t off;
};

static int
find_cut(const char *dir, uint64_t to, int64_t at_ns, struct cut *c)
{
	struct fix_journal_reader *r = NULL;
	struct fix_store_error e;
	struct fix_disk *d;
	struct fix_rec rec;
	bool past = false;
	int rc = fix_disk_dir(&d, dir, false);

	if (rc != 0)
		return cli_fail("the backup holds no journal");
	rc = fix_journal_reader_open(&r, d, 0, &e);
	while (rc == 0 && (rc = fix_journal_next(r, &rec, &e)) == 1) {
		rc = 0;
		c->newest = rec.number;
		past = past || rec.number > to || rec.wall.ns > at_ns;
		if (past || !(rec.flags & FIX_REC_END))
			continue;
		c->last = rec.number;
		c->segment = (uint32_t)(rec.pos >> 32);
		c->off = (rec.pos & UINT32_MAX) + rec_bytes(rec.len);
	}
	if (r != NULL)
		fix_journal_reader_close(r);
	d->ops->close(d);
	return rc == 0 ? CLI_OK : cli_fail("%s", e.text);
}

/* Nothing behind the cut may be found again: zeros, and no later file. */
static int
cut_at(const char *dir, const struct cut *c)
{
	char path[4096], name[SEG_NAME_MAX];
	struct seg_head h;
	int fd, rc = 0;

	seg_name(name, c->segment);
	snprintf(path, sizeof(path), "%.4000s/%s", dir, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || pread(fd, &h, sizeof(h), 0) != sizeof(h)) {
		rc = -1;
	} else {
		h.mark = h.synced = h.high = c->off;
		rc = ftruncate(fd, (off_t)c->off) != 0 ||
			     posix_fallocate(fd, 0, (off_t)h.bytes) != 0 ||
			     pwrite(fd, &h, sizeof(h), 0) != sizeof(h) ||
			     fsync(fd) != 0
			 ? -1
			 : 0;
	}
	if (fd >= 0)
		close(fd);
	for (uint32_t n = c->segment + 1; rc == 0; n++) {
		seg_name(name, n);
		snprintf(path, sizeof(path), "%.4000s/%s", dir, name);
		if (unlink(path) != 0)
			break;
	}
	return rc == 0 ? CLI_OK : cli_fail("%s: %s", path, strerror(errno));
}

static int
cut(struct bk_job *j, const char *dir, int64_t at_ns, struct cut *c)
{
	char journal[4096], audit[4096], aside[4096];
	int rc;

	snprintf(journal, sizeof(journal), "%.4000s/trading/journal", dir);
	rc = find_cut(journal, j->to, at_ns, c);
	if (rc != CLI_OK || c->last == c->newest)
		return rc;
	if (c->last == 0)
		return cli_fail("the backup has nothing that old");
	rc = cut_at(journal, c);
	snprintf(audit, sizeof(audit), "%.4000s/audit", dir);
	snprintf(aside, sizeof(aside), "%.4000s/audit.evidence", dir);
	if (rc == CLI_OK && rename(audit, aside) != 0 && errno != ENOENT)
		rc = cli_fail("%s: %s", aside, strerror(errno));
	return rc;
}

static int
fill(struct bk_job *j, const struct audit_key *signer, int64_t at_ns)
{
	char dir[4096];
	struct cut c = { 0 };
	int rc;

	snprintf(dir, sizeof(dir), "%.4000s.restoring", j->paths.data);
	cli_remove_dir(dir); /* of one that died */
	if (mkdir(dir, 0700) != 0)
		return cli_fail("%s: %s", dir, strerror(errno));
	rc = bk_read(j, j->file, signer, dir);
	if (rc == CLI_OK)
		rc = cut(j, dir, at_ns, &c);
	sync();
	/* Takes the place of an empty folder only. */
	if (rc == CLI_OK && rename(dir, j->paths.data) != 0)
		rc = cli_fail(
		    "%s: %s: it must be empty", j->paths.data, strerror(errno));
	if (rc != CLI_OK) {
		cli_remove_dir(dir);
		return rc;
	}
	if (bk_sync_folder(j->paths.data) != 0)
		return cli_fail("%s: %s", j->paths.data, strerror(errno));
	printf("%s: restored to journal record %" PRIu64 " of %" PRIu64 "\n",
	    j->paths.data, c.last, c.newest);
	if (c.last != c.newest)
		fputs(advice, stdout);
	return CLI_OK;
}

static int
read_signer(const char *path, struct audit_key **out)
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

static int
read_time(const char *text, int64_t *ns)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (end == NULL || (*end != '\0' && strcmp(end, "Z") != 0))
		return cli_usage("--at takes a time in UTC as "
				 "2026-11-25T10:15:00, not '%s'",
		    text);
	*ns = timegm(&tm) * FIX_SEC;
	return CLI_OK;
}

static int
restore(struct bk_job *j, const char *pub)
{
	struct audit_key *signer = NULL;
	int64_t at_ns = INT64_MAX;
	int rc = j->at == NULL ? CLI_OK : read_time(j->at, &at_ns);

	if (rc == CLI_OK)
		rc = bk_key(j);
	if (rc == CLI_OK)
		rc = read_signer(pub, &signer);
	if (rc == CLI_OK && gateway_read(&j->paths, j->conf) != 0)
		rc = CLI_USAGE;
	if (rc == CLI_OK && rmdir(j->paths.data) != 0 && errno != ENOENT)
		rc = cli_fail("%s: %s: restore writes into an empty place only",
		    j->paths.data, strerror(errno));
	if (rc == CLI_OK)
		rc = fill(j, signer, at_ns);
	audit_key_free(signer);
	crypt_wipe(j->key, sizeof(j->key));
	gateway_done(&j->paths);
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
	struct bk_job j = { .to = UINT64_MAX };
	int c;

	opterr = 0;
	while (
	    (c = getopt_long(argc, argv, "c:s:k:t:a:h", options, NULL)) != -1) {
		if (c == 'c')
			j.conf = optarg;
		else if (c == 's')
			j.signer = optarg;
		else if (c == 'k')
			j.key_file = optarg;
		else if (c == 'a')
			j.at = optarg;
		else if (c == 'h')
			return cli_help(help);
		else if (c != 't')
			return opt_unknown(argc, argv, optind);
		else if (opt_number("--to", optarg, 1, INT64_MAX, &j.to) != 0)
			return CLI_USAGE;
	}
	if (optind + 1 != argc)
		return cli_usage("which backup? One file is expected");
	if (j.signer == NULL)
		return cli_usage("--signer PUB is missing: the file with the "
				 "signer's public key");
	j.file = argv[optind];
	return restore(&j, j.signer);
}
