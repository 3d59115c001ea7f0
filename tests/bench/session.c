/*
 * A session alone: no orders, no risk, no venue. Every NewOrderSingle is
 * answered by an ExecutionReport, which is kept before it leaves, so that a
 * client measures what the engine costs without the gateway.
 *
 *	session FOLDER [CORE]		says its port, takes one connection
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "fix/order.h"
#include "line/line.h"
#include "tests/bench/measure.h"

static struct fix_line *line;
static int64_t execs;

static void
deliver(void *arg, const struct fix_msg *m, bool again)
{
	struct fix_span type = fix_span_of("8");
	struct fix_now now = fix_line_now(line);
	struct fix_exec x = { .kind = '8', .exec_type = '0', .ord_status = '0',
		.has = FIX_EH_QTYS | FIX_EH_TRANSACT_TIME };
	struct fix_build b;
	struct fix_order o;
	uint8_t buf[1024], id[20];
	uint32_t bad;

	(void)arg, (void)again;
	if (fix_order_read(&o, m, &bad) != 0 ||
	    fix_dec_to_e8(o.order_qty, &x.order_qty_e8) != 0)
		abort();
	x.exec_id = x.order_id = (struct fix_span){ id,
		fix_int_format(id, ++execs) };
	x.cl_ord_id = o.cl_ord_id;
	x.account = o.account;
	x.symbol = o.symbol;
	x.side = o.side;
	x.leaves_qty_e8 = x.order_qty_e8;
	x.transact_time = now.utc;
	fix_build_start(&b, buf, sizeof(buf), type);
	fix_exec_write(&b, &x);
	if (b.err != 0 || fix_session_send(fix_line_session(line), type,
	    fix_build_body(&b), now, NULL) != 0)
		abort();
}

static int
listening(uint16_t *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, 1) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0) {
		perror("listen");
		exit(1);
	}
	*port = ntohs(a.sin_port);
	return fd;
}

int
main(int argc, char **argv)
{
	struct fix_session_cfg cfg = { .role = FIX_ACCEPTOR,
		.begin_string = "FIX.4.4", .sender_comp_id = "FIXGATE",
		.target_comp_id = "CLIENT44", .check = fix_check_all };
	struct fix_drive_ops ops = { .deliver = deliver };
	struct fix_line_error e;
	uint16_t port;
	int fd, one = 1, rc;

	if (argc < 2)
		return 2;
	measure_pin(argc > 2 ? atoi(argv[2]) : 0);
	if (fix_line_open(&line, &cfg, argv[1], &ops, &e) != 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	fd = listening(&port);
	printf("%u\n", (unsigned)port);
	fflush(stdout);
	fd = accept(fd, NULL, NULL);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	rc = fix_line_run(line, fd);
	fix_line_close(line);
	return rc == 0 ? 0 : 1;
}
