/*
 * Runs seeds of the simulated world and speaks TAP: one case for each block of
 * seeds. A failing seed prints the command that repeats it.
 *
 *	test_world [--seeds N] [--from SEED] [--trace]
 *
 * Built a second time with FIXGATE_SEND_FIRST (bytes leave before they are
 * persisted) it must fail: that program expects a broken promise.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/world.h"

#define BLOCKS 10
#define SEEN_FROM 50 /* seeds in a block from which everything has happened */

static struct fix_dict *dict;

static uint64_t
run_block(uint64_t from, uint64_t n, const char *self, struct seen *seen,
    FILE *out)
{
	uint64_t bad = 0;

	for (uint64_t s = from; s < from + n; s++) {
		char fault[512];

		if (world_run(s, dict, NULL, seen, fault, sizeof(fault)))
			continue;
		bad++;
		if (bad <= 3)
			fprintf(out, "# seed %lu: %s\n# again: %s --from %lu "
			    "--seeds 1 --trace\n", (unsigned long)s, fault,
			    self, (unsigned long)s);
	}
	return bad;
}

/* A block this long without one of these has not tried what it should. */
static bool
all_seen(const struct seen *s, FILE *out)
{
	fprintf(out, "# gaps on both sides at once %lu, resets %lu, floods of "
	    "ResendRequests %lu (%lu), orders withheld %lu\n",
	    (unsigned long)s->both_gaps, (unsigned long)s->resets,
	    (unsigned long)s->floods, (unsigned long)s->asked,
	    (unsigned long)s->withheld);
	return s->both_gaps > 0 && s->resets > 0 && s->floods > 0 &&
	    s->withheld > 0 && s->tried > 0;
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

static int
send_first_is_caught(void)
{
	char fault[512] = "";
	uint64_t s, tried = 400;

	for (s = 0; s < tried; s++) {
		if (!world_run(s, dict, NULL, NULL, fault, sizeof(fault)))
			break;
	}
	printf("1..1\n%s 1 - sending before persisting breaks a promise\n",
	    s < tried ? "ok" : "not ok");
	printf("# seed %lu: %s\n", (unsigned long)s, fault);
	return s < tried ? 0 : 1;
}

int
main(int argc, char **argv)
{
	const char *size = getenv("FIXGATE_TEST_SIZE");
	uint64_t seeds = size != NULL && strcmp(size, "full") == 0 ? 10000 :
	    1000, from = 0;
	struct fix_dict_error e;
	bool trace = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc)
			seeds = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--from") == 0 && i + 1 < argc)
			from = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--trace") == 0)
			trace = true;
	}
	if (fix_dict_load_version(&dict, FIX_V_44, &e) != 0) {
		printf("Bail out! %s\n", e.text);
		return 1;
	}
#ifdef FIXGATE_SEND_FIRST
	(void)run_all;
	(void)trace;
	(void)from;
	(void)seeds;
	return send_first_is_caught();
#else
	(void)send_first_is_caught;
	if (trace) {
		char fault[512];
		bool good = world_run(from, dict, stderr, NULL, fault,
		    sizeof(fault));

		printf("%s\n", good ? "good" : fault);
		return good ? 0 : 1;
	}
	printf("1..%d\n", BLOCKS);
	fflush(stdout);
	return run_all(from, seeds, argv[0]) == 0 ? 0 : 1;
#endif
}
