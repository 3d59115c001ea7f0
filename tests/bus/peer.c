/*
 * Brokers' other side for tests.
 *
 *   peer rabbitmq HOST PORT QUEUE   print what a queue holds, and empty it
 *   peer mock                       a Kafka cluster of librdkafka's own; the
 *                                   first line is its brokers; "down N" and
 *                                   "up N" on stdin, each answered with "ok"
 *   peer kafka BROKERS TOPIC        print what a topic holds
 *
 * A line a message: key, type, what it is about ("" in RabbitMQ), body, with
 * tabs between.
 */
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTITIONS 4

static void
die(const char *what)
{
	fprintf(stderr, "peer: %s\n", what);
	exit(1);
}

static int
rabbitmq(const char *host, int port, const char *queue)
{
	amqp_connection_state_t c = amqp_new_connection();
	amqp_socket_t *s = amqp_tcp_socket_new(c);
	amqp_rpc_reply_t r;
	amqp_message_t m;

	if (s == NULL || amqp_socket_open(s, host, port) != 0)
		die("no connection");
	r = amqp_login(
	    c, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest");
	if (r.reply_type != AMQP_RESPONSE_NORMAL)
		die("no login");
	amqp_channel_open(c, 1);
	for (;;) {
		r = amqp_basic_get(c, 1, amqp_cstring_bytes(queue), 1);
		if (r.reply_type != AMQP_RESPONSE_NORMAL)
			die("no such queue");
		if (r.reply.id == AMQP_BASIC_GET_EMPTY_METHOD)
			break;
		r = amqp_read_message(c, 1, &m, 0);
		if (r.reply_type != AMQP_RESPONSE_NORMAL)
			die("a message broke off");
		if (m.properties.delivery_mode != 2)
			die("a message that is not persistent");
		printf("%.*s\t%.*s\t\t%.*s\n", (int)m.properties.message_id.len,
		    (char *)m.properties.message_id.bytes,
		    (int)m.properties.type.len, (char *)m.properties.type.bytes,
		    (int)m.body.len, (char *)m.body.bytes);
		amqp_destroy_message(&m);
		amqp_maybe_release_buffers(c);
	}
	amqp_destroy_connection(c);
	return 0;
}

static int
mock(void)
{
	static const char *const topics[] = { "trading.orders",
		"trading.executions", "trading.risk_alerts",
		"trading.audit_events" };
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_mock_cluster_t *m;
	char why[256], line[64];
	rd_kafka_t *rk;
	int n;

	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (rk == NULL)
		die(why);
	m = rd_kafka_mock_cluster_new(rk, 3);
	if (m == NULL)
		die("no mock cluster");
	for (size_t i = 0; i < 4; i++)
		rd_kafka_mock_topic_create(m, topics[i], PARTITIONS, 3);
	printf("%s\n", rd_kafka_mock_cluster_bootstraps(m));
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (sscanf(line, "down %d", &n) == 1)
			rd_kafka_mock_broker_set_down(m, n);
		else if (sscanf(line, "up %d", &n) == 1)
			rd_kafka_mock_broker_set_up(m, n);
		puts("ok");
		fflush(stdout);
	}
	rd_kafka_mock_cluster_destroy(m);
	rd_kafka_destroy(rk);
	return 0;
}

static void
header(const rd_kafka_message_t *m, const char *name)
{
	rd_kafka_headers_t *h;
	const void *v = "";
	size_t n = 0;

	if (rd_kafka_message_headers(m, &h) == 0)
		(void)rd_kafka_header_get_last(h, name, &v, &n);
	printf("%.*s\t", (int)n, (const char *)v);
}

static int
kafka(const char *brokers, const char *topic)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *l;
	rd_kafka_message_t *m;
	char why[256];
	rd_kafka_t *rk;
	int left = PARTITIONS;

	rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
	rd_kafka_conf_set(conf, "group.id", "peer", NULL, 0);
	rd_kafka_conf_set(conf, "enable.partition.eof", "true", NULL, 0);
	rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
	if (rk == NULL)
		die(why);
	rd_kafka_poll_set_consumer(rk);
	l = rd_kafka_topic_partition_list_new(PARTITIONS);
	for (int i = 0; i < PARTITIONS; i++)
		rd_kafka_topic_partition_list_add(l, topic, i)->offset =
		    RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(rk, l);
	while (left > 0 && (m = rd_kafka_consumer_poll(rk, 30000)) != NULL) {
		if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
			left--;
		} else if (m->err == 0) {
			header(m, "key");
			header(m, "type");
			printf("%.*s\t%.*s\n", (int)m->key_len, (char *)m->key,
			    (int)m->len, (char *)m->payload);
		}
		rd_kafka_message_destroy(m);
	}
	rd_kafka_topic_partition_list_destroy(l);
	rd_kafka_destroy(rk);
	return left == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "rabbitmq") == 0)
		return rabbitmq(argv[2], atoi(argv[3]), argv[4]);
	if (argc == 2 && strcmp(argv[1], "mock") == 0)
		return mock();
	if (argc == 4 && strcmp(argv[1], "kafka") == 0)
		return kafka(argv[2], argv[3]);
	return 2;
}
