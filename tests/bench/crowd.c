/*
 * Many clients that are logged on and silent: what sessions cost that do nothing.
 *
 *	crowd PORT N	logs on U00000 to U<N-1>, says how many ns that took, and
 *			keeps them alive until its stdin is closed
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fix/build.h"
#include "tests/bench/measure.h"

#define AT_ONCE 90 /* of MaxStrangersPerAddress */
#define BEAT_NS (25LL * 1000000000)
#define HEART_BT_S 30

struct user {
	int fd;
	unsigned seq;
	bool up;
};

static struct user *users;
static unsigned n_users, n_up, n_open;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
say(unsigned i, const char *type, bool logon)
{
	struct user *u = &users[i];
	struct timespec t;
	struct fix_build b;
	uint8_t buf[512];
	char name[16];
	ssize_t n;

	clock_gettime(CLOCK_REALTIME, &t);
	snprintf(name, sizeof(name), "U%05u", i);
	fix_build_start(&b, buf, sizeof(buf), fix_span_of(type));
	fix_build_str(&b, 49, name);
	fix_build_str(&b, 56, "FIXGATE");
	fix_build_int(&b, 34, u->seq++);
	fix_build_utc(&b, 52, (struct fix_utc){
	    (int64_t)t.tv_sec * FIX_SEC + t.tv_nsec }, 3);
	if (logon) {
		fix_build_int(&b, 98, 0);
		fix_build_int(&b, 108, HEART_BT_S);
		fix_build_bool(&b, 141, true);
	}
	n = fix_build_end(&b, fix_span_of("FIX.4.4"));
	if (n < 0 || write(u->fd, buf + b.begin, (size_t)n) != n)
		die("write");
}

static void
begin(int ep, uint16_t port, unsigned i)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };
	struct user *u = &users[i];
	int one = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	u->fd = socket(AF_INET, SOCK_STREAM, 0);
	u->seq = 1;
	if (u->fd < 0 || connect(u->fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		die("connect");
	setsockopt(u->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	say(i, "A", true);
	if (epoll_ctl(ep, EPOLL_CTL_ADD, u->fd, &e) != 0)
		die("epoll_ctl");
	n_open++;
}

static void
hear(unsigned i)
{
	uint8_t buf[4096];
	ssize_t n = read(users[i].fd, buf, sizeof(buf));

	if (n <= 0) {
		fprintf(stderr, "the gateway closed connection %u\n", i);
		exit(1);
	}
	if (!users[i].up && memmem(buf, (size_t)n, "\x01" "35=A", 5) != NULL) {
		users[i].up = true;
		n_up++;
	}
}

/* @return false: stdin is closed */
static bool
turn(int ep, int wait_ms)
{
	struct epoll_event e[256];
	int n = epoll_wait(ep, e, 256, wait_ms);

	if (n < 0 && errno != EINTR)
		die("epoll_wait");
	for (int k = 0; k < n; k++) {
		if (e[k].data.u32 == UINT32_MAX)
			return false;
		hear(e[k].data.u32);
	}
	return true;
}

static void
stay(int ep)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = UINT32_MAX };
	int64_t from = measure_now();
	unsigned next = 0;

	if (epoll_ctl(ep, EPOLL_CTL_ADD, STDIN_FILENO, &e) != 0)
		die("stdin");
	while (turn(ep, 10)) {
		/* Each once in BEAT_NS, spread over it. */
		uint64_t due = (uint64_t)(measure_now() - from) * n_users /
			       (uint64_t)BEAT_NS;

		while (next < due) {
			say(next % n_users, "0", false);
			next++;
		}
	}
}

int
main(int argc, char **argv)
{
	struct rlimit r;
	int ep = epoll_create1(0);
	int64_t from;

	if (argc != 3) {
		fprintf(stderr, "usage: crowd PORT N\n");
		return 2;
	}
	n_users = (unsigned)atoi(argv[2]);
	users = calloc(n_users, sizeof(*users));
	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
	measure_pin(1);
	from = measure_now();
	while (n_up < n_users) {
		while (n_open < n_users && n_open - n_up < AT_ONCE)
			begin(ep, (uint16_t)atoi(argv[1]), n_open);
		(void)turn(ep, 100);
	}
	printf("%ld\n", (long)(measure_now() - from));
	fflush(stdout);
	stay(ep);
	return 0;
}
