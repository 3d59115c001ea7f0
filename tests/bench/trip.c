/*
 * Round trips and throughput over loopback TCP.
 *
 * Round trips have client and server on one core: a wake-up across cores costs
 * ten times more than any engine, and hides it. ("apart" as the last word puts
 * the client on core 1.) Times run from before the
 * message is built until the report is parsed. Throughput has the client on a
 * core of its own, and its orders written beforehand.
 *
 *	trip floor                  raw epoll ping-pong, same sizes
 *	trip sync FOLDER            one fdatasync of a message, in place
 *	trip warm                   touch 3 GiB and give them back
 *	trip new  PORT SENDER N     NewOrderSingle until its New
 *	trip fill PORT SENDER N     until its Fill (New and Fill come back)
 *	trip window PORT SENDER N   N orders, 1,000 in flight, until their New
 *	trip echo PORT SENDER N     any server that answers a D with an 8
 *	trip windowecho PORT SENDER N
 *	trip resend PORT SENDER N   N orders, then all their reports once more
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fix/build.h"
#include "fix/scan.h"
#include "tests/bench/measure.h"

#define WARM 2000
#define WARM_MANY ((size_t)1 << 30)  /* bytes */
#define WARM_FEW ((size_t)128 << 20)
#define WINDOW 1000

static uint8_t in[1 << 20];
static size_t in_len;
static struct fix_field fields[FIX_FIELDS_MAX];
static uint64_t seq = 1;
static const char *sender;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static int
tcp(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* --- floor ----------------------------------------------------------------- */

#define ORDER_BYTES 185
#define REPORT_BYTES 250

static void
floor_server(int listener)
{
	struct epoll_event e = { .events = EPOLLIN };
	int ep = epoll_create1(0), fd = accept(listener, NULL, NULL), one = 1;
	static uint8_t buf[65536];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
	for (;;) {
		if (epoll_wait(ep, &e, 1, -1) < 1)
			continue;
		if (read(fd, buf, sizeof(buf)) <= 0)
			_exit(0);
		if (write(fd, buf, REPORT_BYTES) != REPORT_BYTES)
			_exit(1);
	}
}

static void
floor_run(size_t n)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;
	int64_t *v = calloc(n, sizeof(*v));
	uint8_t buf[1024] = { 0 };
	pid_t kid;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(listener, 1) != 0 ||
	    getsockname(listener, (struct sockaddr *)&a, &len) != 0)
		die("listen");
	kid = fork();
	if (kid == 0)
		floor_server(listener);
	fd = tcp(ntohs(a.sin_port));
	for (size_t i = 0; i < n + WARM; i++) {
		int64_t from = measure_now();
		ssize_t got = 0, r;

		if (write(fd, buf, ORDER_BYTES) != ORDER_BYTES)
			die("write");
		while (got < REPORT_BYTES) {
			r = read(fd, buf, sizeof(buf));
			if (r <= 0)
				die("read");
			got += r;
		}
		if (i >= WARM)
			v[i - WARM] = measure_now() - from;
	}
	measure_print("raw epoll ping-pong", "ns", v, n);
	close(fd);
	kill(kid, SIGKILL);
	waitpid(kid, NULL, 0);
	free(v);
}

/* --- one sync ---------------------------------------------------------------- */

#define SYNC_FILE (1 << 20)
#define SYNC_BYTES 512 /* an order, its report and what is kept of it */

static void
sync_run(const char *folder, size_t n)
{
	int64_t *v = calloc(n, sizeof(*v));
	uint8_t buf[SYNC_BYTES] = { 1 };
	char name[4096];
	int fd;

	snprintf(name, sizeof(name), "%s/sync", folder);
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		die(name);
	/* Its blocks are written once, so that a sync has data to carry only. */
	for (off_t at = 0; at < SYNC_FILE; at += SYNC_BYTES)
		if (pwrite(fd, buf, SYNC_BYTES, at) != SYNC_BYTES)
			die(name);
	if (fsync(fd) != 0)
		die(name);
	for (size_t i = 0; i < n; i++) {
		off_t at = (off_t)(i * SYNC_BYTES % SYNC_FILE);
		int64_t from = measure_now();

		if (pwrite(fd, buf, SYNC_BYTES, at) != SYNC_BYTES ||
		    fdatasync(fd) != 0)
			die(name);
		v[i] = measure_now() - from;
	}
	measure_print("one fdatasync", "ns", v, n);
	close(fd);
	unlink(name);
	free(v);
}

/* --- FIX client -------------------------------------------------------------- */

static void
header(struct fix_build *b)
{
	struct timespec t;
	struct fix_utc now;

	clock_gettime(CLOCK_REALTIME, &t);
	now.ns = (int64_t)t.tv_sec * FIX_SEC + t.tv_nsec;
	fix_build_str(b, 49, sender);
	fix_build_str(b, 56, "FIXGATE");
	fix_build_int(b, 34, (int64_t)seq++);
	fix_build_utc(b, 52, now, 3);
}

static size_t
order(uint8_t *out, size_t cap, uint64_t id, const char *price, char tif)
{
	struct fix_build b;
	struct timespec t;
	char cid[32];
	ssize_t n;

	clock_gettime(CLOCK_REALTIME, &t);
	snprintf(cid, sizeof(cid), "ORD-%012lu", (unsigned long)id);
	fix_build_start(&b, out, cap, fix_span_of("D"));
	header(&b);
	fix_build_str(&b, 11, cid);
	fix_build_str(&b, 1, "DEMO");
	fix_build_char(&b, 21, '1');
	fix_build_str(&b, 55, "AAPL");
	fix_build_char(&b, 54, '1');
	fix_build_utc(&b, 60, (struct fix_utc){ (int64_t)t.tv_sec * FIX_SEC +
		t.tv_nsec }, 3);
	fix_build_int(&b, 38, 1);
	fix_build_char(&b, 40, '2');
	fix_build_str(&b, 44, price);
	fix_build_char(&b, 59, tif);
	n = fix_build_end(&b, fix_span_of("FIX.4.4"));
	if (n < 0)
		abort();
	memmove(out, out + b.begin, (size_t)n);
	return (size_t)n;
}

static void
write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w <= 0)
			die("write");
		p += w;
		n -= (size_t)w;
	}
}

/* Next message; reads more when needed. */
static struct fix_msg
next(int fd, size_t *used)
{
	for (;;) {
		struct fix_scan s = { .max_bytes = 65536 };
		struct fix_msg m = { .fields = fields, .cap = FIX_FIELDS_MAX };
		ssize_t n = fix_scan(&s, in + *used, in_len - *used, &m);

		if (n > 0 && s.why == FIX_G_NONE) {
			*used += (size_t)n;
			return m;
		}
		if (n != 0) {
			fprintf(stderr, "garbage from the server\n");
			exit(1);
		}
		memmove(in, in + *used, in_len - *used);
		in_len -= *used;
		*used = 0;
		n = read(fd, in + in_len, sizeof(in) - in_len);
		if (n <= 0)
			die("read");
		in_len += (size_t)n;
	}
}

static size_t at;

static void
answer(int fd, const struct fix_msg *m)
{
	struct fix_build b;
	struct fix_span id;
	uint8_t buf[256];
	ssize_t n;

	if (!fix_msg_get(m, 112, &id))
		return;
	fix_build_start(&b, buf, sizeof(buf), fix_span_of("0"));
	header(&b);
	fix_build_span(&b, 112, id);
	n = fix_build_end(&b, fix_span_of("FIX.4.4"));
	write_all(fd, buf + b.begin, (size_t)n);
}

/* Reports until one with this ExecType; NUL: any. */
static void
wait_report(int fd, char exec_type)
{
	for (;;) {
		struct fix_msg m = next(fd, &at);
		char kind = (char)fix_msg_type(&m).p[0], type = 0;

		if (kind == '1')
			answer(fd, &m);
		if (kind == '3' || kind == 'j') {
			fprintf(stderr, "refused: %.*s\n", (int)m.len, m.bytes);
			exit(1);
		}
		if (kind != '8' && kind != 'D')
			continue;
		if (exec_type == 0)
			return;
		if (fix_msg_char(&m, 150, &type) == 0 &&
		    (type == '8' || (type == '4' && exec_type == 'F'))) {
			fprintf(stderr, "refused: %.*s\n", (int)m.len, m.bytes);
			exit(1);
		}
		if (type == exec_type)
			return;
	}
}

static int
logon(uint16_t port)
{
	struct fix_build b;
	uint8_t buf[512];
	int fd = tcp(port);
	ssize_t n;

	fix_build_start(&b, buf, sizeof(buf), fix_span_of("A"));
	header(&b);
	fix_build_int(&b, 98, 0);
	fix_build_int(&b, 108, 30);
	fix_build_bool(&b, 141, true);
	n = fix_build_end(&b, fix_span_of("FIX.4.4"));
	write_all(fd, buf + b.begin, (size_t)n);
	for (;;) {
		struct fix_msg m = next(fd, &at);

		if (fix_msg_type(&m).p[0] == 'A')
			return fd;
	}
}

static void
one_in_flight(const char *name, uint16_t port, size_t n, char want,
    const char *price, char tif)
{
	int64_t *v = calloc(n, sizeof(*v));
	int fd = logon(port);
	uint64_t base = (uint64_t)measure_now();
	uint8_t buf[512];

	for (size_t i = 0; i < n + WARM; i++) {
		int64_t from = measure_now();
		size_t len = order(buf, sizeof(buf), base + i, price, tif);

		write_all(fd, buf, len);
		wait_report(fd, want);
		if (i >= WARM)
			v[i - WARM] = measure_now() - from;
	}
	measure_print(name, "ns", v, n);
	close(fd);
	free(v);
}

/* All orders, one behind the other. @return where each begins, and the end */
static size_t *
write_orders(uint8_t **out, size_t n, const char *price, char tif)
{
	uint64_t base = (uint64_t)measure_now();
	size_t *from = calloc(n + 1, sizeof(*from));
	uint8_t *bytes = malloc(n * 256 + 512);

	if (from == NULL || bytes == NULL)
		die("orders");
	for (size_t i = 0; i < n; i++)
		from[i + 1] = from[i] +
		    order(bytes + from[i], 512, base + i, price, tif);
	*out = bytes;
	return from;
}

static int
window(uint16_t port, size_t n, char want, const char *price, char tif)
{
	int fd = logon(port);
	uint8_t *bytes;
	size_t *begin = write_orders(&bytes, n, price, tif);
	size_t sent = 0, got = 0;
	int64_t from = measure_now(), took;

	while (got < n) {
		size_t to = got + WINDOW < n ? got + WINDOW : n;

		write_all(fd, bytes + begin[sent], begin[to] - begin[sent]);
		sent = to;
		/* A quarter of the window back before the next ones go. */
		for (size_t k = 0; k < WINDOW / 4 && got < sent; k++, got++)
			wait_report(fd, want);
	}
	took = measure_now() - from;
	printf("{\"name\": \"window of 1,000\", \"unit\": \"orders/s\", "
	    "\"p50\": %ld, \"n\": %zu}\n", (long)((int64_t)n * FIX_SEC / took),
	    n);
	fflush(stdout);
	free(begin);
	free(bytes);
	return fd;
}

/* Reports in what is read, without taking them apart: this client must cost
 * less than what it measures. The last bytes are counted with what follows. */
static size_t
count_reports(void)
{
	static const char mark[] = "\x01" "35=8\x01";
	const uint8_t *p = in, *end = in + in_len, *hit;
	size_t n = 0, rest;

	while ((hit = memmem(p, (size_t)(end - p), mark, 6)) != NULL) {
		n++;
		p = hit + 6;
	}
	rest = (size_t)(end - p) < 5 ? (size_t)(end - p) : 5;
	memmove(in, end - rest, rest);
	in_len = rest;
	return n;
}

/* Asks for everything again, and waits for it. */
static void
again(int fd, size_t n)
{
	int64_t from = measure_now(), took;
	struct fix_build b;
	uint8_t buf[256];
	size_t got = 0;
	ssize_t len;

	fix_build_start(&b, buf, sizeof(buf), fix_span_of("2"));
	header(&b);
	fix_build_int(&b, 7, 1);
	fix_build_int(&b, 16, 0);
	len = fix_build_end(&b, fix_span_of("FIX.4.4"));
	write_all(fd, buf + b.begin, (size_t)len);
	in_len = at = 0;
	while (got < n) {
		len = read(fd, in + in_len, sizeof(in) - in_len);
		if (len <= 0)
			die("read");
		in_len += (size_t)len;
		got += count_reports();
	}
	took = measure_now() - from;
	printf("{\"name\": \"resend\", \"unit\": \"messages/s\", "
	    "\"p50\": %ld, \"n\": %zu}\n", (long)((int64_t)n * FIX_SEC / took),
	    n);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	uint16_t port = argc > 2 ? (uint16_t)atoi(argv[2]) : 0;
	bool many;
	size_t n = argc > 4 ? (size_t)atol(argv[4]) : 20000;

	sender = argc > 3 ? argv[3] : "CLIENT44";
	many = strncmp(what, "window", 6) == 0 || strcmp(what, "resend") == 0;
	measure_pin(many || (argc > 5 && strcmp(argv[5], "apart") == 0));
	measure_warm(many ? WARM_MANY : WARM_FEW);
	if (strcmp(what, "warm") == 0)
		measure_warm((size_t)3 << 30);
	else if (strcmp(what, "floor") == 0)
		floor_run(20000);
	else if (strcmp(what, "sync") == 0 && argc > 2)
		sync_run(argv[2], 2000);
	else if (strcmp(what, "new") == 0)
		one_in_flight("New out", port, n, '0', "180.00", '0');
	else if (strcmp(what, "fill") == 0)
		one_in_flight("New and Fill out", port, n, 'F', "190.00", '3');
	else if (strcmp(what, "echo") == 0)
		one_in_flight("report out", port, n, 0, "180.00", '0');
	else if (strcmp(what, "window") == 0)
		close(window(port, n, '0', "180.00", '0'));
	else if (strcmp(what, "resend") == 0)
		again(window(port, n, '0', "180.00", '0'), n);
	else if (strcmp(what, "windowecho") == 0)
		close(window(port, n, 0, "180.00", '0'));
	else {
		fprintf(stderr, "usage: trip floor | sync FOLDER | new|fill|window|echo|"
		    "windowecho|resend PORT SENDER N\n");
		return 2;
	}
	return 0;
}
