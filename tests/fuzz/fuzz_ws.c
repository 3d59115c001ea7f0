/*
 * Input: what a venue's server answers to the upgrade, and frames behind it. It
 * goes over a real socket pair into a stream that believes it is connected: no
 * message is larger than the cap, none comes after the end, and the answer is
 * taken only with our key in it.
 */
#include <assert.h>
#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/venue/ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool over;

static void
opened(void *arg)
{
	assert(!over && arg != NULL);
}

static void
message(void *arg, struct fix_span text)
{
	assert(!over && arg != NULL && text.len <= WS_MESSAGE_MAX);
}

static void
closed(void *arg, const char *why)
{
	assert(!over && arg != NULL && why != NULL);
	over = true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char accept[29] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
	struct event_base *base = event_base_new();
	struct ws_cfg cfg = { base, NULL, "ws://127.0.0.1:9/", NULL, &over,
		opened, message, closed };
	struct ws *w;
	ssize_t n;
	int fds[2];

	over = false;
	n = ws_answer((struct fix_span){ data, size }, accept);
	assert(n <= (ssize_t)size);
	if (n > 0)
		assert(memmem(data, (size_t)n, accept, 28) != NULL);
	w = ws_new(&cfg);
	if (base == NULL || w == NULL || size > 60000 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
		abort();
	if (ws_adopt(w, fds[0]) != 0 ||
	    send(fds[1], data, size, 0) != (ssize_t)size)
		abort();
	(void)shutdown(fds[1], SHUT_WR);
	for (int i = 0; i < 50 && !over; i++)
		(void)event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	close(fds[1]);
	ws_free(w);
	event_base_free(base);
	return 0;
}
