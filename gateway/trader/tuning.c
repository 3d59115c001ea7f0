/*
 * Affinity, locked memory, huge pages and polling sockets.
 *
 * Memory is locked as it is touched (MCL_ONFAULT): the map of the tables is far
 * larger than what is in it.
 */
#include "config.h"

#include "gateway/trader/tuning.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "gateway/log.h"

void
tuning_read(struct tuning *t, const struct conf_section *gw)
{
	t->cpu = (int)conf_int(gw, "Cpu", -1, CPU_SETSIZE - 1, -1);
	t->busy_poll_us = (unsigned)conf_int(gw, "BusyPoll", 0, 1000000, 0);
	t->socket_us = (unsigned)conf_int(gw, "SocketBusyPoll", 0, 10000, 0);
	t->lock_memory = conf_bool(gw, "LockMemory", false);
	t->small_pages = !conf_bool(gw, "HugePages", true);
}

static void
stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		log_warn("Cpu=%d: %s; the trader runs on any", cpu,
		    errno == EINVAL ? "this machine or its cgroup has no such CPU"
				    : strerror(errno));
}

static void
lock_memory(void)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0)
		return;
	log_warn("LockMemory: %s; raise the limit of locked memory (systemd: "
		 "LimitMEMLOCK=infinity) or grant CAP_IPC_LOCK",
	    strerror(errno));
}

void
tuning_apply(const struct tuning *t)
{
	if (t->cpu >= 0)
		stay_on(t->cpu);
	if (t->small_pages && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0)
		log_warn("HugePages=N: %s", strerror(errno));
	if (t->lock_memory)
		lock_memory();
}

void
tuning_socket(const struct tuning *t, int fd)
{
	static bool told;
	int us = (int)t->socket_us;

	if (us == 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BUSY_POLL, &us, sizeof(us)) == 0)
		return;
	if (!told)
		log_warn("SocketBusyPoll=%d: %s; it takes CAP_NET_ADMIN, or "
			 "net.core.busy_read set as high",
		    us, strerror(errno));
	told = true;
}
