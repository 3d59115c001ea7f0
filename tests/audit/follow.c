/*
 * An auditor without a supervisor: follows a journal until it is killed, or,
 * with --once, until there is nothing more.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gateway/auditor/auditor.h"

int
main(int argc, char **argv)
{
	struct auditor_cfg cfg = { .name = "audit.example/demo",
		.segment_bytes = 1024 * 1024 };
	struct fix_store_error e = { "" };
	bool once = argc == 4 && strcmp(argv[3], "--once") == 0;
	struct auditor *a;
	struct timespec now;
	ssize_t n = 1;

	if (argc < 3)
		return 2;
	cfg.journal = argv[1];
	cfg.folder = argv[2];
	if (auditor_open(&a, &cfg, &e) != 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	while (n > 0 || !once) {
		clock_gettime(CLOCK_REALTIME, &now);
		n = auditor_work(a, (struct fix_utc){ now.tv_sec * FIX_SEC +
		    now.tv_nsec }, once, &e);
		if (n < 0) {
			fprintf(stderr, "%s\n", e.text);
			return 1;
		}
		if (n == 0 && !once)
			usleep(1000);
	}
	auditor_close(a);
	return 0;
}
