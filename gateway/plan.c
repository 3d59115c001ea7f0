/*
 * Reading and checking all of a settings file, so that what starts can start:
 * sessions and dictionaries, limits, venues and routes, TLS keys and
 * certificates, user and folders. fixgated --check-config ends here. The
 * supervisor does it once and its children inherit the result, so a crash is
 * never made worse by a settings file that was edited meanwhile.
 */
#include "config.h"

#include "gateway/plan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gateway/trader/conn.h"
#include "risk/tape.h"
#include "store/audit_note.h"


#define BACKLOG 4096
#define BIND_TRIES 20
#define BIND_PAUSE_NS (100 * FIX_MSEC)

static char *
join(const char *dir, const char *name)
{
	char *s = NULL;

	if (dir != NULL && asprintf(&s, "%s/%s", dir, name) < 0)
		return NULL;
	return s;
}

static bool
read_paths(struct plan *p, const struct conf_section *gw)
{
	const char *dir = conf_path(gw, "DataDir", NULL);

	if (dir == NULL) {
		conf_fault(gw, NULL, "[GATEWAY] sets no DataDir");
		return true;
	}
	p->data_dir = strdup(dir);
	p->trading = join(dir, "trading");
	p->journal = join(p->trading, "journal");
	p->tables = join(p->trading, "tables");
	p->control = conf_path(gw, "ControlSocket", NULL) != NULL ?
	    strdup(conf_path(gw, "ControlSocket", NULL)) :
	    join(p->trading, "control.sock");
	p->control_group = conf_str(gw, "ControlGroup", NULL);
	p->counters = join(p->trading, "counters");
	p->audit = join(p->data_dir, "audit");
	return p->audit != NULL && p->data_dir != NULL && p->journal != NULL && p->tables != NULL &&
	       p->control != NULL && p->counters != NULL;
}

static void
read_space(struct trader_space *s, const struct conf_section *gw)
{
	s->max_bytes = conf_bytes(gw, "JournalMaxBytes", 0, (size_t)1 << 46, 0);
	s->alarm = (unsigned)conf_int(gw, "JournalAlarm", 0, 100, 70);
	s->reducing = (unsigned)conf_int(gw, "JournalReducing", 0, 100, 90);
	s->halt = (unsigned)conf_int(gw, "JournalHalt", 0, 100, 97);
	if (s->reducing != 0 && s->halt != 0 && s->reducing > s->halt)
		conf_fault(gw, "JournalReducing", "JournalReducing must not be "
		    "over JournalHalt");
}

static void
read_numbers(struct plan *p, const struct conf_section *gw)
{
	p->segment_bytes =
	    conf_bytes(gw, "SegmentSize", 64u << 10, 1u << 30, 64u << 20);
	if (p->segment_bytes % 4096 != 0)
		conf_fault(gw, "SegmentSize",
		    "SegmentSize must be a multiple of 4096");
	p->table_bytes = conf_bytes(
	    gw, "TableSize", 1u << 20, (size_t)1 << 44, (size_t)16 << 30);
	p->max_queued_bytes =
	    conf_bytes(gw, "MaxQueuedBytes", 64u << 10, 1u << 30, 16u << 20);
	p->durability = conf_word(gw, "Durability", "process|disk", 0) == 0
			    ? FIX_DURABLE_PROCESS
			    : FIX_DURABLE_DISK;
	p->node = (unsigned)conf_int(gw, "Node", 0, 255, 0);
	p->keep_days = (unsigned)conf_int(gw, "JournalKeepDays", 0, 36500, 7);
	read_space(&p->space, gw);
	p->max_conns =
	    (unsigned)conf_int(gw, "MaxConnections", 1, 1000000, 10000);
	p->max_per_addr =
	    (unsigned)conf_int(gw, "MaxConnectionsPerAddress", 0, 1000000, 0);
	p->shake_s = (unsigned)conf_int(gw, "HandshakeTimeout", 1, 60, 5);
	p->max_shakes = (unsigned)conf_int(
	    gw, "MaxHandshakesPerAddress", 0, 1000000, 20);
	p->max_strangers =
	    (unsigned)conf_int(gw, "MaxStrangersPerAddress", 0, 1000000, 100);
	p->max_rate_per_addr = (unsigned)conf_int(
	    gw, "ConnectionsPerSecondPerAddress", 0, 1000000, 0);
	p->stranger_s =
	    (unsigned)conf_int(gw, "StrangerTimeout", 1, 3600, 5);
	p->stranger_bytes =
	    conf_bytes(gw, "StrangerMaxBytes", 512, 16u << 10, 4u << 10);
	p->max_dynamic =
	    (unsigned)conf_int(gw, "MaxDynamicSessions", 0, 100000, 1000);
	tuning_read(&p->tuning, gw);
	p->ready_orders =
	    (unsigned)conf_int(gw, "ReadyOrders", 0, 100000000, 1000);
	p->max_clock_error_us =
	    (unsigned)conf_int(gw, "MaxClockError", 0, 60000000, 0);
	p->drain_s = (unsigned)conf_int(gw, "DrainTimeout", 0, 3600, 10);
	p->core_dumps = conf_bool(gw, "CoreDumps", false);
	p->log_level = (enum log_level)conf_word(
	    gw, "LogLevel", "error|warn|info|debug", LOG_L_INFO);
	p->log_to = conf_word(gw, "LogTo", "stderr|syslog", 0) == 1 ? "syslog"
								    : "stderr";
	(void)conf_int(gw, "MetricsPort", 0, 65535, 9090);
}

static void
read_user(struct plan *p, const struct conf_section *gw)
{
	const char *group = conf_str(gw, "Group", NULL);
	const struct passwd *pw;
	const struct group *gr;

	p->user = conf_str(gw, "User", NULL);
	if (p->user == NULL) {
		if (group != NULL)
			conf_fault(gw, "Group", "Group needs a User");
		return;
	}
	pw = getpwnam(p->user);
	if (pw == NULL) {
		conf_fault(gw, "User", "there is no user %s", p->user);
		return;
	}
	p->uid = pw->pw_uid;
	p->gid = pw->pw_gid;
	gr = group == NULL ? NULL : getgrnam(group);
	if (group != NULL && gr == NULL)
		conf_fault(gw, "Group", "there is no group %s", group);
	if (gr != NULL)
		p->gid = gr->gr_gid;
	p->change_user = geteuid() == 0;
	conf_run_as(p->uid);
	if (!p->change_user && p->uid != geteuid())
		conf_fault(gw, "User",
		    "only root can become user %s; start "
		    "fixgated as root or as that user",
		    p->user);
}

static void
check_witness(const struct conf_section *s)
{
	const char *url = conf_str(s, "Url", ""), *key = conf_str(s, "Key", "");
	struct audit_key *k = NULL;

	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		conf_fault(s, "Url", "Url must be the witness's address, as "
		    "https://witness.example");
	if (strchr(conf_name(s), '/') != NULL)
		conf_fault(s, NULL, "a witness's name holds no slash");
	(void)conf_path(s, "CAFile", NULL);
	if (audit_key_read(&k, fix_span_of(key)) != 0)
		conf_fault(s, "Key", "Key must be the witness's public key, "
		    "NAME+HEX+BASE64, as it prints when it starts");
	else if (!audit_key_cosigns(k))
		conf_fault(s, "Key", "this is the key of a trail, not of a "
		    "witness");
	audit_key_free(k);
}

static void
check_witnesses(const struct plan *p)
{
	const struct conf_section *s = NULL;

	while ((s = conf_next(p->conf, "WITNESS", s)) != NULL)
		check_witness(s);
}

/* [AUDIT] asks for the auditor, unless Roles says otherwise. */
static void
read_roles(struct plan *p, const struct conf_section *gw)
{
	const struct conf_section *audit = conf_next(p->conf, "AUDIT", NULL);
	const char *roles = conf_str(gw, "Roles",
	    audit == NULL ? "trader" : "trader,auditor");

	p->auditor = strcasecmp(roles, "trader,auditor") == 0;
	if (!p->auditor && strcasecmp(roles, "trader") != 0)
		conf_fault(gw, "Roles",
		    "Roles must be trader or trader,auditor, not '%.100s'",
		    roles);
	p->audit_name = conf_str(audit, "Name", "fixgate");
	if (!audit_name_ok(p->audit_name))
		conf_fault(audit, "Name", "Name must be up to %d printable "
		    "ASCII characters without blank and plus", AUDIT_NAME_MAX);
	p->database = audit == NULL ? NULL
	    : conf_secret(audit, "Database", getenv("DATABASE_URL"));
	if (p->database != NULL && *p->database == '\0')
		p->database = NULL;
	p->witness = conf_path(audit, "Witness", NULL);
	check_witnesses(p);
	p->unread_days =
	    (unsigned)conf_int(audit, "UnreadKeepDays", 1, 36500, 30);
}

static bool
read_gateway(struct plan *p)
{
	const struct conf_section *gw = conf_next(p->conf, "GATEWAY", NULL);

	if (gw == NULL) {
		const struct conf_section *any =
		    conf_next(p->conf, "DEFAULT", NULL);

		any = any != NULL ? any : conf_next(p->conf, "SESSION", NULL);
		if (any != NULL)
			conf_fault(any, NULL,
			    "this file has no [GATEWAY] with "
			    "a DataDir; see the copy that comes with fixgate");
		return false;
	}
	read_numbers(p, gw);
	read_user(p, gw);
	read_roles(p, gw);
	return read_paths(p, gw);
}

struct risk *
plan_risk(const struct plan *p)
{
	struct risk *r = risk_new(setup_ref_max_age(p->setup));

	if (r != NULL && (risk_tape_begin(r) != 0 ||
			     setup_risk(p->setup, r) != 0)) {
		risk_free(r);
		return NULL;
	}
	return r;
}

/* Hundreds of sessions with one certificate read it once. Pins are in the
 * context only where no authority vouches. */
static SSL_CTX *
shared_tls(const struct plan *p, uint32_t session)
{
	const struct setup_link *l = &p->setup->links[session], *other;

	for (uint32_t i = session; i-- > 0 && !l->tls_cfg.pinned;) {
		other = &p->setup->links[i];
		if (p->link_tls[i] != NULL && !other->tls_cfg.pinned &&
		    setup_same_tls(&l->tls_cfg, &other->tls_cfg))
			return tls_context_share(p->link_tls[i]);
	}
	return NULL;
}

static void
load_all_tls(struct plan *p)
{
	const struct setup *s = p->setup;
	struct tls_fault f = { "SocketUseSSL", "" };

	for (uint32_t i = 0; i < s->n_listens; i++) {
		if (!s->listens[i].tls)
			continue;
		p->listen_tls[i] = tls_of_listen(s, i, &f);
		if (p->listen_tls[i] == NULL)
			conf_fault(
			    s->listens[i].section, f.key, "%s", f.text);
	}
	for (uint32_t i = 0; i < s->n_sessions; i++) {
		if (!s->links[i].initiator || !s->links[i].tls)
			continue;
		p->link_tls[i] = shared_tls(p, i);
		if (p->link_tls[i] == NULL)
			p->link_tls[i] = tls_of_link(s, i, &f);
		if (p->link_tls[i] == NULL)
			conf_fault(s->links[i].section, f.key, "%s", f.text);
	}
}

static void
tell_credential(void *arg, unsigned line, const char *text)
{
	const struct conf_section *gw = arg;
	const char *path = conf_path(gw, "CredentialsFile", "");

	if (line == 0)
		conf_fault(gw, "CredentialsFile",
		    "%s: %s; \"fixgate credential --user NAME\" prints a line "
		    "for it", path, text);
	else
		conf_fault(
		    gw, "CredentialsFile", "%s:%u: %s", path, line, text);
}

static int
load_credentials(struct plan *p)
{
	struct conf_section *gw = (struct conf_section *)(uintptr_t)conf_next(
	    p->conf, "GATEWAY", NULL);
	const char *path = conf_path(gw, "CredentialsFile", NULL);
	int rc;

	if (path == NULL)
		return 0;
	rc = credentials_load(&p->credentials, path, tell_credential, gw);
	return rc == -FIX_E_NOMEM ? rc : 0;
}

static int
read_sessions(struct plan *p, const struct plan *old)
{
	struct risk *r;
	int rc = setup_read_after(
	    &p->setup, p->conf, old == NULL ? NULL : old->setup);

	if (rc != 0)
		return rc;
	p->listen_tls = calloc(p->setup->n_listens + 1, sizeof(SSL_CTX *));
	p->link_tls = calloc(setup_all(p->setup) + 1, sizeof(SSL_CTX *));
	p->listen_fds = calloc(p->setup->n_listens + 1, sizeof(int));
	if (p->listen_tls == NULL || p->link_tls == NULL ||
	    p->listen_fds == NULL)
		return -FIX_E_NOMEM;
	for (uint32_t i = 0; i < p->setup->n_listens; i++)
		p->listen_fds[i] = -1;
	load_all_tls(p);
	rc = load_credentials(p);
	if (rc != 0)
		return rc;
	rc = setup_venues(p->setup, NULL);
	if (rc == -FIX_E_NOMEM)
		return rc;
	rc = setup_risk_sessions(p->setup, NULL, NULL);
	if (rc == -FIX_E_NOMEM)
		return rc;
	rc = setup_markets(p->setup, NULL);
	if (rc == -FIX_E_NOMEM)
		return rc;
	r = plan_risk(p);
	rc = r == NULL ? 0 : setup_traders(p->setup, NULL, r);
	risk_free(r);
	if (rc == -FIX_E_NOMEM)
		return rc;
	return r == NULL && conf_faults(p->conf) == 0 ? -FIX_E_NOMEM : 0;
}

static void
tell_sink(const struct conf_sink *sink, const char *file, const char *text)
{
	if (sink != NULL && sink->tell != NULL)
		sink->tell(sink->arg, true, file, 0, text);
}

int
plan_read(struct plan **out, const char *file, const struct conf_sink *sink)
{
	return plan_read_after(out, file, sink, NULL);
}

int
plan_read_after(struct plan **out, const char *file,
    const struct conf_sink *sink, const struct plan *old)
{
	struct plan *p = calloc(1, sizeof(*p));
	int rc = -FIX_E_NOMEM;

	if (p == NULL)
		return rc;
	p->courier_fd = -1;
	p->file = strdup(file);
	if (p->file == NULL)
		goto fail;
	rc = conf_read(&p->conf, file, sink);
	if (rc != 0)
		goto fail;
	rc = -FIX_E_CONFIG;
	if (!read_gateway(p) && conf_faults(p->conf) == 0) {
		tell_sink(sink, file, "it has no [GATEWAY] and no [SESSION]");
		goto fail;
	}
	rc = read_sessions(p, old);
	if (rc == 0 && setup_all(p->setup) == 0) {
		rc = -FIX_E_CONFIG;
		tell_sink(sink, file, "it has no [SESSION]");
	}
	if (rc == 0 && conf_faults(p->conf) > 0)
		rc = -FIX_E_CONFIG;
	if (rc != 0)
		goto fail;
	*out = p;
	return 0;
fail:
	plan_free(p);
	return rc;
}

void
plan_free(struct plan *p)
{
	if (p == NULL)
		return;
	for (uint32_t i = 0; p->setup != NULL && i < p->setup->n_listens; i++) {
		if (p->listen_tls != NULL)
			tls_context_free(p->listen_tls[i]);
		if (p->listen_fds != NULL && p->listen_fds[i] >= 0)
			close(p->listen_fds[i]);
	}
	for (uint32_t i = 0; p->setup != NULL && p->link_tls != NULL &&
			     i < p->setup->n_sessions;
	     i++)
		tls_context_free(p->link_tls[i]);
	free(p->listen_tls);
	free(p->link_tls);
	free(p->listen_fds);
	credentials_free(p->credentials);
	setup_free(p->setup);
	conf_free(p->conf);
	free(p->data_dir);
	free(p->trading);
	free(p->journal);
	free(p->tables);
	free(p->control);
	free(p->counters);
	free(p->audit);
	free(p->file);
	free(p);
}

static int
bind_once(const struct addrinfo *ai, const struct setup_socket *s)
{
	int one = 1, reuse = s->reuse, saved;
	int fd = socket(
	    ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse));
	conn_buffers(fd, s); /* before listen(): they set the window's scale */
	if (ai->ai_family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int
listen_on(const struct setup_listen *at)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV };
	struct timespec pause = { 0, BIND_PAUSE_NS };
	struct addrinfo *ai;
	char port[8];
	int fd, rc;

	snprintf(port, sizeof(port), "%u", at->port);
	rc = getaddrinfo(at->address, port, &hints, &ai);
	if (rc != 0) {
		conf_fault(at->section, "SocketAcceptAddress",
		    "%s is no address of this machine: %s", at->address,
		    gai_strerror(rc));
		return -1;
	}
	for (int i = 0;
	     (fd = bind_once(ai, &at->sock)) < 0 && errno == EADDRINUSE && i < BIND_TRIES;
	     i++)
		nanosleep(&pause, NULL);
	if (fd < 0)
		conf_fault(at->section, "SocketAcceptPort",
		    "can't listen on %s port %u: %s", at->address, at->port,
		    strerror(errno));
	freeaddrinfo(ai);
	return fd;
}

int
plan_listen(struct plan *p)
{
	for (uint32_t i = 0; i < p->setup->n_listens; i++) {
		if (p->listen_fds[i] >= 0)
			continue;
		p->listen_fds[i] = listen_on(&p->setup->listens[i]);
		if (p->listen_fds[i] < 0)
			return -FIX_E_IO;
	}
	return 0;
}

static bool
inherit_one(struct plan *p, uint32_t i, struct plan *from)
{
	const struct setup_listen *at = &p->setup->listens[i];

	for (uint32_t j = 0; j < from->setup->n_listens; j++) {
		const struct setup_listen *old = &from->setup->listens[j];

		if (old->port != at->port || from->listen_fds[j] < 0 ||
		    strcmp(old->address, at->address) != 0)
			continue;
		p->listen_fds[i] = from->listen_fds[j];
		from->listen_fds[j] = -1;
		return true;
	}
	return false;
}

bool
plan_inherit(struct plan *p, struct plan *from)
{
	bool all = p->setup->n_listens == from->setup->n_listens;

	for (uint32_t i = 0; i < p->setup->n_listens; i++)
		if (!inherit_one(p, i, from))
			all = false;
	return all;
}

static void
describe_one(int fd, char *out, size_t cap)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	char host[64] = "?", port[8] = "?";

	if (getsockname(fd, (struct sockaddr *)&sa, &len) == 0)
		(void)getnameinfo((struct sockaddr *)&sa, len, host,
		    sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	snprintf(out, cap, sa.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
	    port);
}

void
plan_describe(const struct plan *p, char *out, size_t cap)
{
	uint32_t n = p->setup->n_listens, calls = 0;
	size_t at = 0;
	char one[96];

	out[0] = '\0';
	for (uint32_t i = 0; i < n && at < cap; i++) {
		describe_one(p->listen_fds[i], one, sizeof(one));
		at += (size_t)snprintf(out + at, cap - at, "%s%s%s",
		    i == 0 ? "FIX on " : ", ", one,
		    p->setup->listens[i].tls ? " (TLS)" : "");
	}
	for (uint32_t i = 0; i < p->setup->n_sessions; i++)
		calls += p->setup->links[i].initiator;
	if (calls > 0 && at < cap)
		snprintf(out + at, cap - at, "%s%u session%s calling out",
		    n == 0 ? "" : ", ", calls, calls == 1 ? "" : "s");
}
