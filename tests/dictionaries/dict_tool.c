/*
 * Loads the dictionaries named on its command line, one line of outcome each:
 * FILE ok fields=N messages=N members=N cpu_us=N, or FILE failed: why. The
 * time is the processor's, so that other load does not count. For tests that
 * are written in Python.
 */
#include <stdio.h>
#include <time.h>

#include "dictionaries/dict.h"

static long
microseconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static unsigned long
members_of(const struct fix_dict *d)
{
	unsigned long all = 0;
	uint32_t i, n;

	for (i = 0; i < fix_dict_n_msgs(d); i++) {
		(void)fix_dict_members(d, i, &n);
		all += n;
	}
	return all;
}

int
main(int argc, char **argv)
{
	struct fix_dict_error e;
	struct fix_dict *d;
	int i, failed = 0;
	long began;

	for (i = 1; i < argc; i++) {
		began = microseconds();
		if (fix_dict_load(&d, argv[i], &e) != 0) {
			printf("%s failed: %s\n", argv[i], e.text);
			failed = 1;
			continue;
		}
		printf("%s ok fields=%u messages=%u members=%lu cpu_us=%ld\n",
		    argv[i], fix_dict_n_fields(d), fix_dict_n_msgs(d),
		    members_of(d), microseconds() - began);
		fix_dict_free(d);
	}
	return failed;
}
