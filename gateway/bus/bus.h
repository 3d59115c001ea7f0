/*
 * The event bus: every event of the audit trail to Redis Streams, RabbitMQ or
 * Kafka, at least once, in order.
 *
 * A publisher is a process of its own for each bus that the settings name. It
 * follows the committed audit journal from its own cursor, which advances only
 * when the broker has confirmed, so it may die or the broker be away at any
 * moment: nothing is left out, and what comes twice has the same key.
 */
#ifndef FIXGATE_GATEWAY_BUS_BUS_H
#define FIXGATE_GATEWAY_BUS_BUS_H

#include "gateway/plan.h"

enum bus_kind { BUS_REDIS, BUS_RABBITMQ, BUS_KAFKA, BUS_N_KIND };

#define BUS_KEY_MAX 160
#define BUS_NAME_MAX 128
#define BUS_BATCH_MAX 10000
#define BUS_BATCH_BYTES (8u << 20)

/* Settings of a [BUS]. Strings are the conf's. */
struct bus_cfg {
	enum bus_kind kind;
	const char *url; /* a secret: it may hold a password */
	const char *user, *password, *ca_file, *properties; /* or NULL */
	const char *prefix; /* of stream, queue and topic names */
	unsigned streams;   /* bits of enum bus_stream */
	unsigned timeout_s, batch;
};

enum bus_stream {
	BUS_ORDERS,
	BUS_EXECUTIONS,
	BUS_RISK_ALERTS,
	BUS_AUDIT,
	BUS_N_STREAM
};

struct bus_message {
	uint64_t number; /* of the event in the audit trail: rises by one */
	char stream[BUS_NAME_MAX]; /* "trading.orders" */
	char key[BUS_KEY_MAX];     /* NAME/NUMBER: the same however often it
				      comes */
	char type[64];             /* ORDER_FILLED */
	struct fix_span about;     /* resource_id: orders things of one order */
	struct fix_span json;      /* the event, as in an export */
};

/* One kind of broker. All block, up to the time-out. */
struct bus_ops {
	/** @return NULL, said in why */
	void *(*open)(const struct bus_cfg *cfg, char *why, size_t cap);
	/** Publish all and wait until each is confirmed.
	 * @return 0, or an error said in why: none may be taken as confirmed,
	 *         and the connection is to be closed */
	int (*send)(void *bus, const struct bus_message *m, unsigned n,
	    char *why, size_t cap);
	void (*close)(void *bus); /* NULL is fine */
};

extern const struct bus_ops bus_redis, bus_rabbitmq, bus_kafka;

/** NULL: this gateway was built without it. */
const struct bus_ops *bus_ops_of(enum bus_kind kind);
const char *bus_kind_name(enum bus_kind kind);
/** "orders". */
const char *bus_stream_name(enum bus_stream s);
/** Which streams an event goes to: bits. Every event goes to BUS_AUDIT. */
unsigned bus_streams_of(struct fix_span event_type);

/** Read [BUS name] of a kind. @return false: there is none */
bool bus_read(const struct conf *c, enum bus_kind kind, struct bus_cfg *out);
/** Check every [BUS], faults to the sink. @return false: there was one */
bool bus_check(const struct plan *p);

bool bus_wanted_redis(const struct plan *p);
bool bus_wanted_rabbitmq(const struct plan *p);
bool bus_wanted_kafka(const struct plan *p);
/** Run until SIGTERM, which must be blocked. @return an exit status */
int role_bus_redis(const struct plan *p);
int role_bus_rabbitmq(const struct plan *p);
int role_bus_kafka(const struct plan *p);

#endif
