/*
 * Input: a conformance case, a NUL, and what an engine says to it. Whatever
 * either holds, the case is read or refused with its line, and playing it ends.
 */
#include <assert.h>
#include <stdlib.h>

#include "gateway/cli/conform/play.h"

#define TURN_BYTES 50u /* a message comes in pieces */
#define SENT_MAX 20000u
#define TEXT_MAX 65536u

struct world {
	const uint8_t *said;
	size_t len;
	unsigned sent;
	bool told;
	struct fix_now now;
};

static struct fix_now
world_now(void *arg)
{
	return ((struct world *)arg)->now;
}

static int
world_open(void *arg, unsigned link, struct fix_mono until, const char **why)
{
	(void)arg;
	(void)link;
	(void)until;
	(void)why;
	return 0;
}

/* An input may repeat without end what it sends: not for us. */
static int
world_send(void *arg, unsigned link, struct fix_span bytes)
{
	struct world *w = arg;

	(void)link;
	assert(bytes.len > 0 || bytes.p != NULL);
	return ++w->sent > SENT_MAX || bytes.len > TEXT_MAX ? -FIX_E_IO : 0;
}

static void
world_close(void *arg, unsigned link)
{
	(void)arg;
	assert(link < CC_LINKS);
}

static ssize_t
world_turn(void *arg, struct fix_mono until, unsigned *link, uint8_t *buf,
    size_t cap)
{
	struct world *w = arg;
	size_t n = w->len < TURN_BYTES ? w->len : TURN_BYTES;

	*link = 0;
	assert(n <= cap && until.ns != FIX_MONO_NEVER);
	if (n == 0 && !w->told) {
		w->told = true;
		return -FIX_E_STATE;
	}
	memcpy(buf, w->said, n);
	w->said += n;
	w->len -= n;
	if (n == 0 && until.ns > w->now.mono.ns) {
		w->now.utc.ns += until.ns - w->now.mono.ns;
		w->now.mono = until;
	}
	return (ssize_t)n;
}

static int
world_operate(void *arg, const char *verb, const char *word,
    struct fix_span body, const char **why)
{
	(void)arg;
	(void)body;
	(void)why;
	assert(verb != NULL && word != NULL);
	return 0;
}

static void
play(struct cc_case *c, const uint8_t *said, size_t len)
{
	struct world w = { .said = said, .len = len };
	struct cc_peer peer = { &w, world_now, world_open, world_send,
		world_close, world_turn, world_operate };
	struct cc_play_cfg cfg = { .peer = &peer,
		.us = "US",
		.them = "THEM",
		.symbol = "SYM",
		.run = "R",
		.heart_s = 30,
		.timeout_ns = FIX_SEC };
	struct cc_result r;

	w.now.utc.ns = INT64_C(1767225600) * FIX_SEC;
	cfg.setup.role = c->roles & CC_ROLE_ACCEPTOR ? CC_ROLE_ACCEPTOR
						     : CC_ROLE_INITIATOR;
	cfg.setup.version = FIX_V_44;
	if (cc_play(c, &cfg, &r) < 0)
		return;
	assert(r.passed == (r.why[0] == '\0'));
	cc_result_clear(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size == 0 ? NULL : memchr(data, 0, size);
	struct cc_case *c = NULL;
	char why[512] = "";
	int rc;

	if (nul == NULL || (size_t)(nul - data) > TEXT_MAX)
		return 0;
	rc = cc_parse(&c, "case", (const char *)data, why, sizeof(why));
	assert(rc == 0 || (c == NULL && strncmp(why, "case:", 5) == 0));
	if (rc < 0)
		return 0;
	assert(c->n_steps > 0 && *c->id != '\0');
	play(c, nul + 1, size - (size_t)(nul + 1 - data));
	cc_free(c);
	return 0;
}
