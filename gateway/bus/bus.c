/*
 * [BUS]: which broker, and which events go where.
 *
 * In: a section and event types. Out: settings that a publisher can use, or
 * faults with their lines.
 */
#include "config.h"

#include "gateway/bus/bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const char *const kinds[] = {
	[BUS_REDIS] = "redis",
	[BUS_RABBITMQ] = "rabbitmq",
	[BUS_KAFKA] = "kafka",
};

_Static_assert(
    sizeof(kinds) / sizeof(kinds[0]) == BUS_N_KIND, "every kind has a name");

static const char *const streams[] = {
	[BUS_ORDERS] = "orders",
	[BUS_EXECUTIONS] = "executions",
	[BUS_RISK_ALERTS] = "risk_alerts",
	[BUS_AUDIT] = "audit_events",
};

_Static_assert(sizeof(streams) / sizeof(streams[0]) == BUS_N_STREAM,
    "every stream has a name");

const char *
bus_kind_name(enum bus_kind kind)
{
	return kinds[kind];
}

const char *
bus_stream_name(enum bus_stream s)
{
	return streams[s];
}

const struct bus_ops *
bus_ops_of(enum bus_kind kind)
{
	switch (kind) {
	case BUS_REDIS:
#ifdef HAVE_HIREDIS
		return &bus_redis;
#else
		return NULL;
#endif
	case BUS_RABBITMQ:
#ifdef HAVE_RABBITMQ
		return &bus_rabbitmq;
#else
		return NULL;
#endif
	case BUS_KAFKA:
#ifdef HAVE_RDKAFKA
		return &bus_kafka;
#else
		return NULL;
#endif
	case BUS_N_KIND:
		break;
	}
	return NULL;
}

static bool
begins(struct fix_span s, const char *with)
{
	size_t n = strlen(with);

	return s.len >= n && memcmp(s.p, with, n) == 0;
}

unsigned
bus_streams_of(struct fix_span type)
{
	unsigned all = 1u << BUS_AUDIT;

	if (fix_span_is(type, "ORDER_FILLED") || begins(type, "TRADE_"))
		return all | 1u << BUS_EXECUTIONS;
	if (begins(type, "ORDER_"))
		return all | 1u << BUS_ORDERS;
	if (fix_span_is(type, "RISK_LIMIT_BREACH") ||
	    begins(type, "KILL_SWITCH_") || fix_span_is(type, "GATEWAY_ALERT"))
		return all | 1u << BUS_RISK_ALERTS;
	return all;
}

static const struct conf_section *
section(const struct conf *c, enum bus_kind kind)
{
	const struct conf_section *s = NULL;

	while ((s = conf_next(c, "BUS", s)) != NULL)
		if (strcasecmp(conf_name(s), kinds[kind]) == 0)
			return s;
	return NULL;
}

static unsigned
read_streams(const struct conf_section *s)
{
	const char *p = conf_str(s, "Streams", NULL);
	unsigned bits = 0;

	if (p == NULL)
		return (1u << BUS_N_STREAM) - 1;
	while (*(p += strspn(p, ", \t")) != '\0') {
		size_t n = strcspn(p, ", \t"), i = 0;

		while (i < BUS_N_STREAM && (strlen(streams[i]) != n ||
					       memcmp(streams[i], p, n) != 0))
			i++;
		if (i == BUS_N_STREAM)
			conf_fault(s, "Streams",
			    "Streams must be of orders, executions, "
			    "risk_alerts and audit_events, not '%.*s'",
			    (int)(n > 40 ? 40 : n), p);
		else
			bits |= 1u << i;
		p += n;
	}
	return bits;
}

static bool
is_name(const char *s)
{
	return strlen(s) < 64 && s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
					     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					     "0123456789._-")] == '\0';
}

bool
bus_read(const struct conf *c, enum bus_kind kind, struct bus_cfg *out)
{
	const struct conf_section *s = section(c, kind);
	const char *env = kind == BUS_REDIS ? getenv("REDIS_URL") : NULL;

	if (s == NULL)
		return false;
	*out = (struct bus_cfg){
		.kind = kind,
		.url = conf_secret(s, "URL", env),
		.user = conf_str(s, "Username", NULL),
		.password = conf_secret(s, "Password", NULL),
		.ca_file = conf_path(s, "CAFile", NULL),
		.properties = conf_str(s, "Properties", NULL),
		.prefix = conf_str(s, "Prefix", "trading"),
		.streams = read_streams(s),
		.timeout_s = (unsigned)conf_int(s, "Timeout", 1, 300, 10),
		.batch =
		    (unsigned)conf_int(s, "BatchEvents", 1, BUS_BATCH_MAX, 500),
	};
	if (out->url == NULL)
		conf_fault(s, NULL, "[BUS %s] needs a URL%s", kinds[kind],
		    kind == BUS_REDIS ? ", or REDIS_URL in the environment"
				      : "");
	if (!is_name(out->prefix))
		conf_fault(s, "Prefix",
		    "Prefix must be up to 63 letters, digits, '.', '_', '-'");
	return true;
}

static void
check_one(const struct plan *p, const struct conf_section *s)
{
	struct bus_cfg cfg;
	size_t i = 0;

	while (i < BUS_N_KIND && strcasecmp(conf_name(s), kinds[i]) != 0)
		i++;
	if (i == BUS_N_KIND) {
		conf_fault(s, NULL,
		    "[BUS %.40s]: there are redis, rabbitmq and kafka",
		    conf_name(s));
		return;
	}
	if (bus_ops_of((enum bus_kind)i) == NULL)
		conf_fault(s, NULL,
		    "[BUS %s]: this fixgate was built without it; configure "
		    "--with-%s needs its library",
		    kinds[i], kinds[i]);
	if (!p->auditor)
		conf_fault(s, NULL,
		    "[BUS %s] publishes the audit trail: it needs a section "
		    "[AUDIT]%s",
		    kinds[i],
		    conf_next(p->conf, "AUDIT", NULL) == NULL
			? ""
			: ", and the auditor among Roles");
	(void)bus_read(p->conf, (enum bus_kind)i, &cfg);
}

bool
bus_check(const struct plan *p)
{
	const struct conf_section *s = NULL;

	while ((s = conf_next(p->conf, "BUS", s)) != NULL)
		check_one(p, s);
	return conf_faults(p->conf) == 0;
}

bool
bus_wanted_redis(const struct plan *p)
{
	return section(p->conf, BUS_REDIS) != NULL;
}

bool
bus_wanted_rabbitmq(const struct plan *p)
{
	return section(p->conf, BUS_RABBITMQ) != NULL;
}

bool
bus_wanted_kafka(const struct plan *p)
{
	return section(p->conf, BUS_KAFKA) != NULL;
}
