/*
 * Deleting every table and replaying the journal must give the same state.
 *
 * The replay goes into tables in memory, by the same fold that the trader uses
 * for those on disk. The tables of a gateway that runs may be behind.
 */
#include "gateway/cli/journal_hash.h"

#include <inttypes.h>
#include <stdio.h>

#include "gateway/cli/cli.h"
#include "gateway/trader/tables.h"

#define TABLES_BYTES ((size_t)1 << 40)
#define BATCH 100000
#define TRIES_MAX 100

struct state {
	uint64_t hash, at;
};

static int
of_tables(const char *path, struct state *out, struct fix_store_error *e)
{
	struct fix_store *s;
	unsigned tries = 0;
	int rc = fix_store_open(&s, path, TABLES_BYTES, false, e);

	if (rc != 0)
		return rc;
	/* A gateway that runs may write between two tables. */
	do {
		out->at = fix_store_applied(s);
		out->hash = fix_store_hash(s);
	} while (fix_store_applied(s) != out->at && ++tries < TRIES_MAX);
	if (tries == TRIES_MAX) {
		snprintf(e->text, sizeof(e->text), "the tables change too fast "
		    "to be read as one: try again when there is less to do");
		rc = -FIX_E_STATE;
	}
	fix_store_close(s);
	return rc;
}

static int
replay(struct fix_disk *disk, struct fix_store *s, struct fix_store_error *e)
{
	struct tables *t = tables_new(s);
	ssize_t n;

	if (t == NULL)
		return -FIX_E_NOMEM;
	while ((n = tables_follow(t, disk, BATCH, e)) > 0)
		;
	tables_free(t);
	return (int)n;
}

static int
of_journal(const char *path, struct state *out, struct fix_store_error *e)
{
	struct fix_disk *disk = NULL;
	struct fix_store *s = NULL;
	int rc = fix_disk_dir(&disk, path, false);

	if (rc == 0)
		rc = fix_store_open_mem(&s);
	if (rc == 0)
		rc = replay(disk, s, e);
	if (rc == 0) {
		out->hash = fix_store_hash(s);
		out->at = fix_store_applied(s);
	}
	fix_store_close(s);
	if (disk != NULL)
		disk->ops->close(disk);
	return rc;
}

int
journal_hash(const struct gateway_paths *g)
{
	struct fix_store_error e = { "" };
	struct state tables = { 0 }, journal = { 0 };
	int rc = of_journal(g->journal, &journal, &e);

	if (rc == 0)
		rc = of_tables(g->tables, &tables, &e);
	if (rc != 0)
		return cli_fail("%s", e.text[0] != '\0' ? e.text :
		    fix_strerror(rc));
	printf("replay %016" PRIx64 " at %" PRIu64 "\n", journal.hash,
	    journal.at);
	printf("tables %016" PRIx64 " at %" PRIu64 "\n", tables.hash,
	    tables.at);
	if (journal.at == tables.at && journal.hash != tables.hash)
		return cli_fail("the tables are not what the journal gives: stop the "
		    "gateway and remove %s, it is made anew", g->tables);
	return CLI_OK;
}
