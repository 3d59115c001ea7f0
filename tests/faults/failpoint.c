/*
 * What FAILPOINT() does in the gateway that tests/faults builds.
 *
 * FAILPOINT in the environment names a file, which arms a place: its line is
 * NAME N TAG, and the N-th pass of NAME since then ends the process. It may be
 * written while the gateway runs; another TAG begins the count anew.
 */
#include "gateway/failpoint.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LINE_MAX_BYTES 128

/* The line that arms. @return false: none */
static bool
armed(char line[LINE_MAX_BYTES])
{
	static const char *file;
	static bool read_env;
	ssize_t n;
	int fd;

	if (!read_env)
		file = getenv("FAILPOINT");
	read_env = true;
	fd = file == NULL ? -1 : open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, line, LINE_MAX_BYTES - 1);
	close(fd);
	line[n > 0 ? n : 0] = '\0';
	return n > 0;
}

bool
failpoint_hit(const char *name)
{
	static char last[LINE_MAX_BYTES];
	static unsigned passes;
	char line[LINE_MAX_BYTES], place[32];
	unsigned pass;

	if (!armed(line) || sscanf(line, "%31s %u", place, &pass) != 2 ||
	    strcmp(place, name) != 0)
		return false;
	if (strcmp(line, last) != 0) {
		memcpy(last, line, sizeof(last));
		passes = 0;
	}
	return ++passes == pass && unlink(getenv("FAILPOINT")) == 0;
}

long long
failpoint_clock(void)
{
	static const volatile int64_t *aside;
	static bool opened;
	const char *path = getenv("FAILPOINT_CLOCK");
	int fd;

	if (!opened && path != NULL && (fd = open(path, O_RDONLY)) >= 0) {
		void *p = mmap(NULL, sizeof(*aside), PROT_READ, MAP_SHARED, fd, 0);

		aside = p == MAP_FAILED ? NULL : p;
		close(fd);
	}
	opened = true;
	return aside == NULL ? 0 : *aside;
}

/* NAME or NAME,NAME */
static bool
is_in(const char *list, const char *name)
{
	size_t n = strlen(name);
	const char *at;

	for (at = list; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, name, n) == 0 &&
		    (at[n] == '\0' || at[n] == ','))
			return true;
	}
	return false;
}

bool
failpoint_broken(const char *name)
{
	static const char *off;
	static bool read_env;

	if (!read_env)
		off = getenv("BROKEN");
	read_env = true;
	return off != NULL && is_in(off, name);
}

void
failpoint(const char *name)
{
	if (!failpoint_hit(name))
		return;
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}
