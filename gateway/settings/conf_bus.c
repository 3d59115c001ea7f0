/*
 * Settings of an event bus. Rows as in conf_keys.c.
 */
#include <stddef.h>

#include "gateway/settings/conf_keys.h"

const struct conf_key conf_bus[] = {
	{ "URL", CONF_T_SECRET, NULL,
	    "redis://[USER:PASSWORD@]HOST[:PORT][/NUMBER], "
	    "amqp[s]://USER:PASSWORD@HOST[:PORT][/VHOST], or Kafka's brokers, "
	    "HOST:PORT with commas [redis: $REDIS_URL]" },
	{ "Prefix", CONF_T_TEXT, NULL,
	    "first part of the names of streams, queues and topics, and "
	    "RabbitMQ's exchange [trading]" },
	{ "Streams", CONF_T_TEXT, NULL,
	    "which are published: orders, executions, risk_alerts, "
	    "audit_events, with commas [all]" },
	{ "Username", CONF_T_TEXT, NULL, "kafka: SASL user, over TLS" },
	{ "Password", CONF_T_SECRET, NULL, "kafka: SASL password" },
	{ "CAFile", CONF_T_PATH, NULL,
	    "rabbitmq, kafka: certificates that may vouch for the broker's, "
	    "PEM; kafka: speak TLS" },
	{ "Properties", CONF_T_TEXT, NULL,
	    "kafka: properties of librdkafka, NAME=VALUE with commas" },
	{ "BatchEvents", CONF_T_INT, NULL,
	    "events that are published together, 1 to 10000 [500]" },
	{ "Timeout", CONF_T_INT, NULL,
	    "seconds for the broker's confirmation [10]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};
