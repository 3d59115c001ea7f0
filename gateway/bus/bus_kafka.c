/*
 * Kafka: an idempotent producer, acknowledged by all in-sync replicas.
 *
 * A record's key is what the event is about, so that all of one order is in one
 * partition, in order; the header "key" is the event's. The library's own
 * retries make no duplicates; those of a publisher that dies do, under the
 * same header. What was not confirmed in time is purged and published again by
 * a new producer.
 */
#include "config.h"

#include "gateway/bus/bus.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct kafka {
	rd_kafka_t *rk;
	const struct bus_cfg *cfg;
	unsigned done, failed;
	char why[256];
};

static void
delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *arg)
{
	struct kafka *k = arg;

	(void)rk;
	k->done++;
	if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	k->failed++;
	snprintf(k->why, sizeof(k->why), "%s", rd_kafka_err2str(m->err));
}

static void
trouble(rd_kafka_t *rk, int err, const char *reason, void *arg)
{
	struct kafka *k = arg;

	(void)rk;
	(void)err;
	snprintf(k->why, sizeof(k->why), "%s", reason);
}

/* The library's own lines would go to stderr past the log. */
static void
quiet(const rd_kafka_t *rk, int level, const char *fac, const char *buf)
{
	(void)rk;
	(void)level;
	(void)fac;
	(void)buf;
}

static bool
set(rd_kafka_conf_t *c, const char *name, const char *value, char *why,
    size_t cap)
{
	return value == NULL ||
	       rd_kafka_conf_set(c, name, value, why, cap) == RD_KAFKA_CONF_OK;
}

/* "name=value, name=value" */
static bool
set_properties(rd_kafka_conf_t *c, const char *p, char *why, size_t cap)
{
	char name[128], value[512];
	size_t n, eq;

	while (p != NULL && *(p += strspn(p, ", \t")) != '\0') {
		n = strcspn(p, ", \t");
		eq = strcspn(p, "=");
		if (eq >= n || eq >= sizeof(name) || n - eq > sizeof(value)) {
			snprintf(why, cap,
			    "Properties are NAME=VALUE, with "
			    "commas between");
			return false;
		}
		snprintf(name, sizeof(name), "%.*s", (int)eq, p);
		snprintf(value, sizeof(value), "%.*s", (int)(n - eq - 1),
		    p + eq + 1);
		if (!set(c, name, value, why, cap))
			return false;
		p += n;
	}
	return true;
}

static bool
configure(rd_kafka_conf_t *c, const struct bus_cfg *cfg, char *why, size_t cap)
{
	char ms[32];

	snprintf(ms, sizeof(ms), "%u", cfg->timeout_s * 1000);
	rd_kafka_conf_set_dr_msg_cb(c, delivered);
	rd_kafka_conf_set_error_cb(c, trouble);
	rd_kafka_conf_set_log_cb(c, quiet);
	return set(c, "client.id", "fixgate", why, cap) &&
	       set(c, "message.timeout.ms", ms, why, cap) &&
	       set(c, "linger.ms", "0", why, cap) &&
	       set(c, "queue.buffering.max.messages", "100000", why, cap) &&
	       set(c, "ssl.ca.location", cfg->ca_file, why, cap) &&
	       set(c, "security.protocol",
		   cfg->user != NULL      ? "sasl_ssl"
		   : cfg->ca_file != NULL ? "ssl"
					  : NULL,
		   why, cap) &&
	       set(c, "sasl.mechanism",
		   cfg->user != NULL ? "SCRAM-SHA-256" : NULL, why, cap) &&
	       set(c, "sasl.username", cfg->user, why, cap) &&
	       set(c, "sasl.password", cfg->password, why, cap) &&
	       set_properties(c, cfg->properties, why, cap) &&
	       /* Behind what the settings say: these are the promise. */
	       set(c, "bootstrap.servers", cfg->url, why, cap) &&
	       set(c, "enable.idempotence", "true", why, cap) &&
	       set(c, "acks", "all", why, cap);
}

static void *
kafka_open(const struct bus_cfg *cfg, char *why, size_t cap)
{
	struct kafka *k = calloc(1, sizeof(*k));
	rd_kafka_conf_t *c = rd_kafka_conf_new();

	if (k == NULL || !configure(c, cfg, why, cap)) {
		if (k == NULL)
			snprintf(why, cap, "out of memory");
		rd_kafka_conf_destroy(c);
		free(k);
		return NULL;
	}
	k->cfg = cfg;
	rd_kafka_conf_set_opaque(c, k);
	k->rk = rd_kafka_new(RD_KAFKA_PRODUCER, c, why, cap);
	if (k->rk != NULL)
		return k;
	rd_kafka_conf_destroy(c);
	free(k);
	return NULL;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / FIX_MSEC;
}

static int
produce(struct kafka *k, const struct bus_message *m)
{
	/* clang-format off */
	return rd_kafka_producev(k->rk,
	    RD_KAFKA_V_TOPIC(m->stream),
	    RD_KAFKA_V_KEY((void *)(uintptr_t)m->about.p, m->about.len),
	    RD_KAFKA_V_VALUE((void *)(uintptr_t)m->json.p, m->json.len),
	    RD_KAFKA_V_HEADER("key", m->key, -1),
	    RD_KAFKA_V_HEADER("type", m->type, -1),
	    RD_KAFKA_V_END);
	/* clang-format on */
}

static int
kafka_send(
    void *bus, const struct bus_message *m, unsigned n, char *why, size_t cap)
{
	struct kafka *k = bus;
	int64_t until = now_ms() + (int64_t)k->cfg->timeout_s * 1000 + 500;
	unsigned i = 0;
	int rc = 0;

	k->done = k->failed = 0;
	k->why[0] = '\0';
	while (i < n && now_ms() < until) {
		rc = produce(k, &m[i]);
		if (rc == RD_KAFKA_RESP_ERR__QUEUE_FULL)
			(void)rd_kafka_poll(k->rk, 100);
		else if (rc != 0)
			break;
		else
			i++;
	}
	while (rc == 0 && k->done < n && now_ms() < until)
		(void)rd_kafka_poll(k->rk, 100);
	if (rc == 0 && k->done == n && k->failed == 0)
		return 0;
	snprintf(why, cap, "%u of %u confirmed: %s", k->done - k->failed, n,
	    rc != 0             ? rd_kafka_err2str((rd_kafka_resp_err_t)rc)
	    : k->why[0] != '\0' ? k->why
				: "no answer in time");
	return -FIX_E_IO;
}

static void
kafka_close(void *bus)
{
	struct kafka *k = bus;

	if (k == NULL)
		return;
	(void)rd_kafka_purge(
	    k->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	(void)rd_kafka_poll(k->rk, 0);
	rd_kafka_destroy(k->rk);
	free(k);
}

const struct bus_ops bus_kafka = { kafka_open, kafka_send, kafka_close };
