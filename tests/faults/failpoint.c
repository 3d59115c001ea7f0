/* What FAILPOINT() does in the gateway that tests/faults builds. */
#include "gateway/failpoint.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

struct point {
	char name[32];
	unsigned pass;
	char file[256];
	bool set;
};

static const struct point *
wanted(void)
{
	static struct point p;
	static bool read;
	const char *text = getenv("FAILPOINT");

	if (!read && text != NULL)
		p.set = sscanf(text, "%31[^:]:%u:%255s", p.name, &p.pass,
			    p.file) == 3;
	read = true;
	return &p;
}

bool
failpoint_hit(const char *name)
{
	static unsigned passes;
	const struct point *p = wanted();
	int fd;

	if (!p->set || strcmp(p->name, name) != 0 || ++passes != p->pass)
		return false;
	fd = open(p->file, O_CREAT | O_EXCL | O_WRONLY, 0600);
	if (fd < 0)
		return false;
	close(fd);
	return true;
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

bool
failpoint_broken(const char *name)
{
	static const char *off;
	static bool read;

	if (!read)
		off = getenv("BROKEN");
	read = true;
	return off != NULL && strcmp(off, name) == 0;
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
