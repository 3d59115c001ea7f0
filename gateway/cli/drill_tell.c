/*
 * What a drill came to, in the audit trail of a gateway that runs: told on its
 * control socket as an operator's command, which it journals, and then looked
 * for in the chain, which another process writes. Before it stands there the
 * drill has left no proof.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/cli/cli.h"
#include "gateway/cli/drill.h"
#include "gateway/cli/view.h"
#include "store/audit.h"

struct trail {
	char path[PATH_MAX];
	struct fix_disk *disk;
	struct fix_journal_reader *reader;
	uint64_t from; /* record to look from */
};

static void
trail_close(struct trail *t)
{
	if (t->reader != NULL)
		fix_journal_reader_close(t->reader);
	if (t->disk != NULL)
		t->disk->ops->close(t->disk);
}

/* Where what comes from now on will stand, as near as the segments tell; a
 * chain that has nothing yet is looked at from its beginning. */
static void
trail_mark(struct trail *t, const struct gateway_paths *g)
{
	struct fix_utc now = { drill_now() };
	struct fix_store_error e;

	snprintf(t->path, sizeof(t->path), "%s/audit/chain", g->data);
	if (fix_disk_dir(&t->disk, t->path, false) == 0 &&
	    fix_journal_since(t->disk, now, &t->from, &e) != 0)
		t->from = 0;
}

/* @return 1 a record, 0 not yet, the journal's errors */
static int
trail_next(struct trail *t, struct fix_rec *r, struct fix_store_error *e)
{
	int rc = 0;

	if (t->disk == NULL)
		rc = fix_disk_dir(&t->disk, t->path, false);
	if (rc == 0 && t->reader == NULL)
		rc = fix_journal_reader_open(&t->reader, t->disk, t->from, e);
	if (t->reader == NULL)
		return rc == -FIX_E_NOTFOUND ? 0 : rc;
	return fix_journal_next(t->reader, r, e);
}

static int
trail_has(struct trail *t, const char *text)
{
	int64_t end = drill_now() + DRILL_WAIT_NS;
	struct fix_store_error e = { "it does not open" };
	uint8_t hash[AUDIT_HASH];
	struct fix_span json;
	struct fix_rec r;
	int rc = 0;

	while (rc >= 0 && drill_now() < end) {
		rc = trail_next(t, &r, &e);
		if (rc == 0)
			drill_nap(20);
		else if (rc == 1 && audit_event_of(&r, hash, &json) &&
			 memmem(json.p, json.len, text, strlen(text)) != NULL)
			return CLI_OK;
	}
	return rc < 0 ? cli_fail("%s can't be read: %s", t->path, e.text)
		      : cli_fail("the gateway has journaled the result, but "
				 "%s has not got it: does its auditor run?",
			    t->path);
}

static int
tell(const struct gateway_paths *g, const char *line)
{
	char answer[256] = "";
	ssize_t n = -1;
	int fd = view_dial(g);

	if (fd >= 0 && send(fd, line, strlen(line), MSG_NOSIGNAL) > 0)
		n = read(fd, answer, sizeof(answer) - 1);
	if (fd >= 0)
		close(fd);
	answer[strcspn(answer, "\n")] = '\0';
	return n > 0 && strncmp(answer, "ok", 2) == 0
		   ? CLI_OK
		   : cli_fail("the gateway did not journal the result: %s",
			 n > 0 ? answer : "does it run?");
}

int
drill_announce(const struct drill *d, const struct gateway_paths *to,
    int64_t rto_ns, const uint8_t sum[32])
{
	struct trail t = { .disk = NULL };
	char line[400], hex[65];
	int rc;

	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	snprintf(line, sizeof(line),
	    "drill %s %s rto_ms=%" PRId64 " rpo_ms=%" PRId64 " lost=%" PRIu64
	    " report_sha256=%s\n",
	    d->name, d->failed ? "failed" : "passed",
	    d->fault_ns == 0 ? 0 : rto_ns / FIX_MSEC, d->lost_ns / FIX_MSEC,
	    d->lost, hex);
	trail_mark(&t, to);
	rc = tell(to, line);
	if (rc == CLI_OK && conf_next(to->conf, "AUDIT", NULL) != NULL)
		rc = trail_has(&t, hex);
	trail_close(&t);
	return rc;
}
