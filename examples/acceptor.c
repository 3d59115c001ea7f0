/*
 * A FIX.4.4 acceptor: takes one connection after the other and fills every
 * NewOrderSingle at its price. Executions are kept in FOLDER before they leave.
 *
 *	cc acceptor.c $(pkg-config --cflags --libs fixgate) -o acceptor
 *	./acceptor PORT SENDER TARGET FOLDER
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fix/order.h"
#include "line/line.h"

static struct fix_line *line;
static unsigned fills;

static void
deliver(void *arg, const struct fix_msg *m, bool again)
{
	struct fix_session *s = fix_line_session(line);
	struct fix_now now = fix_line_now(line);
	struct fix_span type = fix_span_of("8"), none = { NULL, 0 };
	struct fix_exec x = { .kind = '8', .exec_type = 'F', .ord_status = '2',
		.has = FIX_EH_QTYS | FIX_EH_LAST | FIX_EH_TRANSACT_TIME, .transact_time = now.utc };
	struct fix_build b;
	struct fix_order o;
	uint8_t buf[2048];
	uint32_t bad;
	char id[48];

	(void)arg, (void)again; /* in sequence, so not seen before; 97=Y may have been */
	if (fix_order_read(&o, m, &bad) != 0 || o.kind != 'D' || o.poss_resend ||
	    (o.has & FIX_OH_PRICE) == 0 || fix_dec_to_e8(o.price, &x.last_px_e8) != 0 ||
	    fix_dec_to_e8(o.order_qty, &x.order_qty_e8) != 0 || x.order_qty_e8 <= 0) {
		if (fix_session_refuse(s, m, 3, none, "new limit orders only", now) != 0)
			fix_session_logout(s, "no room", now);
		return;
	}
	snprintf(id, sizeof(id), "%lld-%u", (long long)now.utc.ns, fills++);
	x.order_id = x.exec_id = fix_span_of(id);
	x.cl_ord_id = o.cl_ord_id, x.symbol = o.symbol, x.side = o.side, x.avg_px = o.price;
	x.cum_qty_e8 = x.last_qty_e8 = x.order_qty_e8;
	fix_build_start(&b, buf, sizeof(buf), type);
	fix_exec_write(&b, &x);
	if (b.err != 0 || fix_session_send(s, type, fix_build_body(&b), now, NULL) != 0)
		fix_session_logout(s, "no room", now);
}

int
main(int argc, char **argv)
{
	if (argc != 5)
		return fprintf(stderr, "usage: acceptor PORT SENDER TARGET FOLDER\n"), 2;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct fix_session_cfg cfg = { .role = FIX_ACCEPTOR, .begin_string = "FIX.4.4",
		.sender_comp_id = argv[2], .target_comp_id = argv[3], .check = fix_check_all };
	struct fix_drive_ops ops = { .deliver = deliver };
	struct fix_line_error e;
	int rc = 0, fd, l = socket(AF_INET, SOCK_STREAM, 0);

	if (fix_line_open(&line, &cfg, argv[4], &ops, &e) != 0)
		return fprintf(stderr, "%s\n", e.text), 2;
	if (bind(l, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(l, 1) != 0)
		return perror("listen"), 1;
	for (; rc == 0 && (fd = accept(l, NULL, NULL)) >= 0; close(fd))
		rc = fix_line_run(line, fd);
	fix_line_close(line);
	return fprintf(stderr, "%s\n", fix_strerror(rc)), 1;
}
