/*
 * Runs seeds of the simulated world and speaks TAP: one case for each block of
 * seeds. A failing seed prints the command that repeats it.
 *
 *	test_world [--seeds N] [--from SEED] [--trace]
 *
 * Built a second time with FIXGATE_FAILPOINTS each protection of broken[] is
 * taken away in turn, and that program expects a broken promise each time.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/world.h"

#define BLOCKS 10
#define SEEN_FROM 50 /* seeds in a block from which everything has happened */

static struct dicts dicts;

static uint64_t
run_block(
    uint64_t from, uint64_t n, const char *self, struct seen *seen, FILE *out)
{
	uint64_t bad = 0;

	for (uint64_t s = from; s < from + n; s++) {
		char fault[512];

		if (world_run(s, &dicts, NULL, seen, fault, sizeof(fault)))
			continue;
		bad++;
		if (bad <= 3)
			fprintf(out,
			    "# seed %lu: %s\n# again: %s --from %lu "
			    "--seeds 1 --trace\n",
			    (unsigned long)s, fault, self, (unsigned long)s);
	}
	return bad;
}

/* A block this long without one of these has not tried what it should. */
static bool
all_seen(const struct seen *s, FILE *out)
{
	static const char *const names[] = { "gaps on both sides at once",
		"orders offered while down", "resets", "floods",
		"ResendRequests in them", "orders withheld", "fills", "busts",
		"corrects", "overfills", "fills told twice",
		"venue's words lost", "out of order", "changes unasked",
		"venue away", "told again", "requests lost", "switches thrown",
		"mass cancels", "deaths", "executions copied" };
	const uint64_t *n = (const uint64_t *)s;
	bool all = true;

	_Static_assert(
	    sizeof(names) / sizeof(names[0]) == sizeof(*s) / sizeof(*n),
	    "a name for each");
	for (size_t i = 0; i < sizeof(*s) / sizeof(*n); i++) {
		fprintf(out, "%s%s %lu",
		    i == 0       ? "# "
		    : i % 6 == 0 ? ",\n# "
				 : ", ",
		    names[i], (unsigned long)n[i]);
		all = all && n[i] > 0;
	}
	fputc('\n', out);
	return all;
}

/* Blocks in two processes: every other one each. @return broken seeds */
static uint64_t
run_all(uint64_t from, uint64_t seeds, const char *self)
{
	uint64_t per = (seeds + BLOCKS - 1) / BLOCKS, bad_blocks = 0;
	FILE *outs[BLOCKS];
	pid_t kids[2];

	for (int b = 0; b < BLOCKS; b++)
		outs[b] = tmpfile();
	for (int k = 0; k < 2; k++) {
		kids[k] = fork();
		if (kids[k] != 0)
			continue;
		for (int b = k; b < BLOCKS; b += 2) {
			struct seen seen = { 0 };
			uint64_t bad = run_block(from + per * (uint64_t)b, per,
			    self, &seen, outs[b]);

			bad += per >= SEEN_FROM && !all_seen(&seen, outs[b]);
			fprintf(outs[b], "%s %d - seeds %lu to %lu\n",
			    bad == 0 ? "ok" : "not ok", b + 1,
			    (unsigned long)(from + per * (uint64_t)b),
			    (unsigned long)(from + per * (uint64_t)(b + 1) -
					    1));
			fflush(outs[b]);
		}
		_exit(0);
	}
	for (int k = 0; k < 2; k++)
		waitpid(kids[k], NULL, 0);
	for (int b = 0; b < BLOCKS; b++) {
		char line[1024];
		bool ok = false;

		rewind(outs[b]);
		while (fgets(line, sizeof(line), outs[b]) != NULL) {
			fputs(line, stdout);
			ok = ok || strncmp(line, "ok ", 3) == 0;
		}
		bad_blocks += !ok;
		fclose(outs[b]);
	}
	return bad_blocks;
}

#ifdef FIXGATE_FAILPOINTS
#define TRIES 400

static const char *off; /* the protection that is off */

bool
failpoint_broken(const char *name)
{
	return off != NULL && strcmp(name, off) == 0;
}

bool
failpoint_hit(const char *name)
{
	(void)name;
	return false;
}

void
failpoint(const char *name)
{
	(void)name;
}

static bool
is_caught(const char *what, unsigned number, const char *means)
{
	char fault[512] = "";
	uint64_t s;

	off = what;
	for (s = 0; s < TRIES; s++)
		if (!world_run(s, &dicts, NULL, NULL, fault, sizeof(fault)))
			break;
	printf("%s %u - %s: %s\n# seed %lu: %s\n", s < TRIES ? "ok" : "not ok",
	    number, what, means, (unsigned long)s, fault);
	fflush(stdout);
	return s < TRIES;
}

static int
run_broken(void)
{
	static const char *const broken[][2] = {
		{ "send_first", "bytes leave before they are persisted" },
		{ "intent", "a turn is committed without its orders" },
		{ "dedupe", "an ExecID counts as often as it is told" },
		{ "hold_in_doubt", "a lost venue frees reservations" },
		{ "copy_first", "a drop copy's cursor moves before copies" },
		{ "copy_cursor", "a drop copy's cursor is not kept" },
		{ "post_once", "a restart posts fills again" },
		{ "sent", "what was sent is not kept" },
	};
	unsigned n = sizeof(broken) / sizeof(broken[0]), bad = 0;

	printf("1..%u\n", n);
	for (unsigned i = 0; i < n; i++)
		bad += !is_caught(broken[i][0], i + 1, broken[i][1]);
	return bad > 0;
}
#else
static int
run_broken(void)
{
	return -1;
}
#endif

int
main(int argc, char **argv)
{
	const char *size = getenv("FIXGATE_TEST_SIZE");
	uint64_t seeds =
		     size != NULL && strcmp(size, "full") == 0 ? 10000 : 1000,
		 from = 0;
	struct fix_dict_error e;
	bool trace = false;
	int rc;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc)
			seeds = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--from") == 0 && i + 1 < argc)
			from = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--trace") == 0)
			trace = true;
	}
	if (fix_dict_load_version(&dicts.v42, FIX_V_42, &e) != 0 ||
	    fix_dict_load_version(&dicts.v44, FIX_V_44, &e) != 0 ||
	    fix_dict_load_version(&dicts.v50, FIX_V_50SP2, &e) != 0 ||
	    fix_dict_load_version(&dicts.fixt, FIX_V_NONE, &e) != 0) {
		printf("Bail out! %s\n", e.text);
		return 1;
	}
	rc = run_broken();
	if (rc >= 0)
		return rc;
	if (trace) {
		char fault[512];
		bool good =
		    world_run(from, &dicts, stderr, NULL, fault, sizeof(fault));

		printf("%s\n", good ? "good" : fault);
		return good ? 0 : 1;
	}
	printf("1..%d\n", BLOCKS);
	fflush(stdout);
	return run_all(from, seeds, argv[0]) == 0 ? 0 : 1;
}
