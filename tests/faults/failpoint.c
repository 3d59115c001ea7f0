/* What FAILPOINT() does in the gateway that tests/faults builds. */
#include "gateway/failpoint.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
