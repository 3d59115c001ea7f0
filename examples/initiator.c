/*
 * A FIX.4.4 initiator: logs on, buys 100 AAPL, prints what comes back, logs out.
 * What it sends is kept in FOLDER first: killed at any moment, it goes on there.
 *
 *	cc initiator.c $(pkg-config --cflags --libs fixgate) -o initiator
 *	./initiator PORT SENDER TARGET FOLDER
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "line/line.h"
#include "store/clock.h"

static struct fix_line *line;
static int answers;

static void
up(void *arg)
{
	struct fix_now now = fix_clock_now();
	char t[FIX_STAMP_MAX + 1] = "", body[200];

	(void)arg;
	fix_utc_format((uint8_t *)t, now.utc, 3);
	snprintf(body, sizeof(body), "11=%s\00155=AAPL\00154=1\00160=%s\00138=100\001"
	    "40=2\00144=187.00\001", t, t);
	if (fix_session_send(fix_line_session(line), fix_span_of("D"),
		fix_span_of(body), now, NULL) != 0)
		fix_session_logout(fix_line_session(line), "no room", now);
}

static void
deliver(void *arg, const struct fix_msg *m, bool again)
{
	(void)arg, (void)again;
	answers++;
	printf("%.*s\n", (int)m->len, (const char *)m->bytes);
	fix_session_logout(fix_line_session(line), NULL, fix_clock_now());
}

int
main(int argc, char **argv)
{
	if (argc != 5)
		return fprintf(stderr, "usage: initiator PORT SENDER TARGET FOLDER\n"), 2;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct fix_session_cfg cfg = { .role = FIX_INITIATOR, .begin_string = "FIX.4.4",
		.sender_comp_id = argv[2], .target_comp_id = argv[3], .check = fix_check_all };
	struct fix_drive_ops ops = { .up = up, .deliver = deliver };
	struct fix_line_error e;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fix_line_open(&line, &cfg, argv[4], &ops, &e) != 0)
		return fprintf(stderr, "%s\n", e.text), 2;
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || fix_line_run(line, fd) != 0)
		perror("the connection");
	fix_line_close(line);
	return answers > 0 ? 0 : 1;
}
