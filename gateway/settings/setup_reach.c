/*
 * How the peer of a session is reached: addresses that may come in, hosts that
 * are called, how often, and the options of the socket.
 *
 * Sections from which sessions are made at a Logon are recognised here, too.
 *
 * Names and meaning are QuickFIX's (SocketConnectHost1 and so on,
 * HostSelectionPolicy with its 120 seconds) and QuickFIX/J's (ReconnectInterval
 * as a list, SocketKeepAlive). Where ours differs it is the safer way: NODELAY
 * and keep-alive are on, and a list with a hole is a fault.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/settings/setup.h"

#define HOSTS_MAX 1000

static void
read_socket(const struct conf_section *sec, struct setup_socket *k)
{
	k->nodelay = conf_bool(sec, "SocketNodelay", true);
	k->keepalive = conf_bool(sec, "SocketKeepAlive", true);
	k->reuse = conf_bool(sec, "SocketReuseAddress", true);
	k->sndbuf =
	    (int)conf_bytes(sec, "SocketSendBufferSize", 0, 1u << 30, 0);
	k->rcvbuf =
	    (int)conf_bytes(sec, "SocketReceiveBufferSize", 0, 1u << 30, 0);
}

static void
read_list(const struct conf_section *sec, const char *key,
    struct addr_list *out)
{
	const char *text = conf_str(sec, key, NULL);
	char why[160] = "out of memory";

	if (text != NULL && addr_list_read(out, text, why, sizeof(why)) != 0)
		conf_fault(sec, key,
		    "%s: %s; expected addresses and networks as 192.0.2.7, "
		    "10.1.0.0/16",
		    key, why);
}

void
setup_proxies(const struct conf_section *sec, struct setup_listen *at)
{
	at->proxies_text = conf_str(sec, "TrustedProxies", NULL);
	read_list(sec, "TrustedProxies", &at->proxies);
}

/* Key of host i; the first one has no number. */
static const char *
numbered(char out[48], const char *base, unsigned i)
{
	if (i == 0)
		snprintf(out, 48, "%s", base);
	else
		snprintf(out, 48, "%s%u", base, i);
	return out;
}

static void
check_source(const struct conf_section *sec, const char *key, const char *from)
{
	struct in6_addr any;

	if (from != NULL && !addr_read(from, &any))
		conf_fault(sec, key, "%s must be an address, not '%.100s'",
		    key, from);
}

static void
read_host(const struct conf_section *sec, unsigned i, struct setup_host *h)
{
	char key[48], first[48];
	long port = conf_int(sec, "SocketConnectPort", 1, 65535, 1);
	long from_port = conf_int(sec, "SocketConnectSourcePort", 0, 65535, 0);

	h->host = conf_str(sec, numbered(key, "SocketConnectHost", i), "");
	h->port = (unsigned)conf_int(
	    sec, numbered(key, "SocketConnectPort", i), 1, 65535, port);
	h->from_port = (unsigned)conf_int(sec,
	    numbered(key, "SocketConnectSourcePort", i), 0, 65535, from_port);
	h->from = conf_str(sec, numbered(key, "SocketConnectSourceHost", i),
	    conf_str(sec, numbered(first, "SocketConnectSourceHost", 0), NULL));
	check_source(sec, key, h->from);
}

/* How many there are; a hole in the numbers is told. */
static unsigned
count_hosts(const struct conf_section *sec)
{
	char key[48], lacks[48];
	unsigned n = 1;

	for (unsigned i = 1; i < HOSTS_MAX; i++) {
		if (!conf_has(sec, numbered(key, "SocketConnectHost", i),
			NULL))
			continue;
		if (i != n)
			conf_fault(sec, key, "%s is there, but %s is not", key,
			    numbered(lacks, "SocketConnectHost", n));
		n = i + 1;
	}
	return n;
}

static void
read_hosts(const struct conf_section *sec, struct setup_link *l)
{
	if (!conf_has(sec, "SocketConnectHost", NULL))
		conf_fault(
		    sec, NULL, "this session has no SocketConnectHost");
	if (!conf_has(sec, "SocketConnectPort", NULL))
		conf_fault(
		    sec, NULL, "this initiator has no SocketConnectPort");
	l->n_hosts = count_hosts(sec);
	l->hosts = calloc(l->n_hosts, sizeof(*l->hosts));
	if (l->hosts == NULL) {
		conf_fault(sec, NULL, "out of memory");
		return;
	}
	for (unsigned i = 0; i < l->n_hosts; i++)
		read_host(sec, i, &l->hosts[i]);
	l->priority = conf_word(sec, "HostSelectionPolicy",
			  "ROUND_ROBIN|PRIORITY", 0) == 1;
	l->start_over_s = (unsigned)conf_int(sec,
	    "HostSelectionPolicyPriorityStartOverInterval", 0, 86400, 120);
}

/* A whole number of at most five digits; *p stands behind it. */
static unsigned
number(const char **p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 5 && **p >= '0' && **p <= '9'; i++)
		n = n * 10 + (unsigned)(*(*p)++ - '0');
	return n;
}

/* "30", or "2x5;15;30": twice 5 seconds, then 15, then 30 each time. */
static bool
read_waits(const char *p, struct setup_link *l)
{
	l->n_waits = 0;
	do {
		unsigned times = 1, s;

		p += strspn(p, " \t");
		s = number(&p);
		if (*p == 'x' || *p == '*') {
			p++;
			times = s;
			s = number(&p);
		}
		p += strspn(p, " \t");
		if (s < 1 || s > 86400 || times < 1 ||
		    times > SETUP_WAITS_MAX - l->n_waits)
			return false;
		while (times-- > 0)
			l->waits_s[l->n_waits++] = s;
	} while (*p == ';' && *++p != '\0');
	return *p == '\0';
}

static void
read_attempts(const struct conf_section *sec, struct setup_link *l)
{
	const char *waits = conf_str(sec, "ReconnectInterval", "30");

	if (!read_waits(waits, l)) {
		l->n_waits = 1;
		conf_fault(sec, "ReconnectInterval",
		    "ReconnectInterval must be seconds from 1 to 86400, or at "
		    "most %d of them as 2x5;15;30, not '%.100s'",
		    SETUP_WAITS_MAX, waits);
	}
	l->max_attempts =
	    (unsigned)conf_int(sec, "MaxConnectAttempts", 0, 1000, 0);
	l->window_s =
	    (unsigned)conf_int(sec, "ConnectAttemptsWindow", 1, 86400, 30);
}

void
setup_reach(struct setup_link *l)
{
	const struct conf_section *sec = l->section;

	read_socket(sec, &l->sock);
	l->max_queued_bytes =
	    conf_bytes(sec, "MaxQueuedBytes", 64u << 10, 1u << 30, 0);
	if (l->initiator) {
		read_hosts(sec, l);
		read_attempts(sec, l);
	} else {
		read_list(sec, "AllowedRemoteAddresses", &l->allowed);
	}
}

void
setup_reach_free(struct setup_link *l)
{
	addr_list_free(&l->allowed);
	free(l->hosts);
	l->hosts = NULL;
}

static bool
has_wild(const struct conf_section *sec)
{
	static const char *const parts[] = { "SenderCompID", "SenderSubID",
		"SenderLocationID", "TargetCompID", "TargetSubID",
		"TargetLocationID" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strcmp(conf_str(sec, parts[i], ""), "*") == 0)
			return true;
	return false;
}

bool
setup_is_template(const struct conf_section *sec)
{
	return conf_bool(sec, "AcceptorTemplate", false) ||
	       conf_bool(sec, "DynamicSession", false) || has_wild(sec);
}

void
setup_template(const struct conf_section *sec, const struct setup_link *l)
{
	const char *at = conf_str(sec, "SocketAcceptAddress", "127.0.0.1");

	if (l->initiator)
		conf_fault(sec, "ConnectionType",
		    "only an acceptor can be a template, with "
		    "AcceptorTemplate=Y, DynamicSession=Y or a name of *");
	else if (l->auth == 0 && l->tls_cfg.verify != 1 && l->allowed.n == 0 &&
		 strncmp(at, "127.", 4) != 0 && strcmp(at, "::1") != 0)
		conf_fault(sec, NULL,
		    "anybody could make sessions from this template: set "
		    "LogonAuth, client certificates, AllowedRemoteAddresses, "
		    "or listen on a loopback address");
}
