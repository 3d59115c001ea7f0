/*
 * Redis Streams: one XADD a message, all of a batch in one pipeline.
 *
 * The entry's ID is NUMBER-0, so Redis itself refuses an event that the stream
 * has already. It refuses any lower number in the same words: then we look
 * whether the entry that is there is ours, and take anything else for what it
 * is, a stream that somebody else writes to. Confirmed means that Redis has
 * answered; what a crash of Redis then loses is its appendfsync.
 */
#include "config.h"

#include "gateway/bus/bus.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "gateway/bus/url.h"
#include "gateway/crypt/crypt.h"

static int
failed(redisContext *c, redisReply *r, char *why, size_t cap)
{
	snprintf(why, cap, "%.200s",
	    r != NULL && r->type == REDIS_REPLY_ERROR ? r->str
	    : c->err != 0                             ? c->errstr
						      : "no such answer");
	if (r != NULL)
		freeReplyObject(r);
	return -FIX_E_IO;
}

/* @return 0, or an error said in why */
static int
command(redisContext *c, int n, const char **words, char *why, size_t cap)
{
	redisReply *r = redisCommandArgv(c, n, words, NULL);

	if (r == NULL || r->type == REDIS_REPLY_ERROR)
		return failed(c, r, why, cap);
	freeReplyObject(r);
	return 0;
}

static int
log_in(redisContext *c, const struct bus_url *u, char *why, size_t cap)
{
	const char *auth[] = { "AUTH", u->user, u->password };
	const char *plain[] = { "AUTH", u->password };
	const char *db[] = { "SELECT", *u->path == '\0' ? "0" : u->path };
	int rc = 0;

	if (*u->password != '\0')
		rc = *u->user != '\0' ? command(c, 3, auth, why, cap)
				      : command(c, 2, plain, why, cap);
	return rc != 0 ? rc : command(c, 2, db, why, cap);
}

static void *
redis_open(const struct bus_cfg *cfg, char *why, size_t cap)
{
	struct timeval t = { cfg->timeout_s, 0 };
	redisContext *c = NULL;
	struct bus_url u;

	if (!bus_url_read(&u, cfg->url, "redis", "6379")) {
		snprintf(why, cap,
		    "URL is not redis://[USER:PASSWORD@]HOST"
		    "[:PORT][/NUMBER]");
		return NULL;
	}
	c = redisConnectWithTimeout(u.host, atoi(u.port), t);
	if (c == NULL || c->err != 0 || redisSetTimeout(c, t) != REDIS_OK ||
	    log_in(c, &u, why, cap) != 0) {
		if (c == NULL || *why == '\0')
			snprintf(why, cap, "%s port %s: %s", u.host, u.port,
			    c == NULL ? "out of memory" : c->errstr);
		if (c != NULL)
			redisFree(c);
		c = NULL;
	}
	crypt_wipe(&u, sizeof(u));
	return c;
}

static int
append(redisContext *c, const struct bus_message *m)
{
	char id[32];
	const char *words[] = { "XADD", m->stream, id, "key", m->key, "type",
		m->type, "event", (const char *)m->json.p };
	size_t lens[9];

	snprintf(id, sizeof(id), "%" PRIu64 "-0", m->number);
	for (int i = 0; i < 8; i++)
		lens[i] = strlen(words[i]);
	lens[8] = m->json.len;
	return redisAppendCommandArgv(c, 9, words, lens);
}

/* The key of the entry with our number. @return 0: it is ours */
static int
is_there(redisContext *c, const struct bus_message *m, char *why, size_t cap)
{
	redisReply *r, *fields;
	char id[32];
	bool ours = false;

	snprintf(id, sizeof(id), "%" PRIu64 "-0", m->number);
	r = redisCommand(c, "XRANGE %s %s %s", m->stream, id, id);
	if (r != NULL && r->type == REDIS_REPLY_ARRAY && r->elements == 1 &&
	    r->element[0]->elements == 2) {
		fields = r->element[0]->element[1];
		ours = fields->elements >= 2 &&
		       fields->element[1]->type == REDIS_REPLY_STRING &&
		       strcmp(fields->element[1]->str, m->key) == 0;
	}
	if (r != NULL)
		freeReplyObject(r);
	if (ours)
		return 0;
	snprintf(why, cap,
	    "stream %s has entries behind ours that are not ours: give this "
	    "gateway a Prefix of its own",
	    m->stream);
	return -FIX_E_STATE;
}

/* @return 1 confirmed, 0 refused as not new, or an error */
static int
answer(redisContext *c, char *why, size_t cap)
{
	void *reply = NULL;
	redisReply *r;
	bool old;

	if (redisGetReply(c, &reply) != REDIS_OK)
		return failed(c, NULL, why, cap);
	r = reply;
	old = r->type == REDIS_REPLY_ERROR &&
	      strstr(r->str, "equal or smaller") != NULL;
	if (r->type != REDIS_REPLY_STRING && !old)
		return failed(c, r, why, cap);
	freeReplyObject(r);
	return !old;
}

static int
redis_send(
    void *bus, const struct bus_message *m, unsigned n, char *why, size_t cap)
{
	redisContext *c = bus;
	unsigned first_old = n, last_old = n;
	int rc;

	for (unsigned i = 0; i < n; i++)
		if (append(c, &m[i]) != REDIS_OK)
			return failed(c, NULL, why, cap);
	for (unsigned i = 0; i < n; i++) {
		rc = answer(c, why, cap);
		if (rc < 0)
			return rc;
		if (rc == 0) {
			first_old = first_old == n ? i : first_old;
			last_old = i;
		}
	}
	for (unsigned i = first_old; i <= last_old && i < n; i++) {
		rc = is_there(c, &m[i], why, cap);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static void
redis_close(void *bus)
{
	if (bus != NULL)
		redisFree(bus);
}

const struct bus_ops bus_redis = { redis_open, redis_send, redis_close };
