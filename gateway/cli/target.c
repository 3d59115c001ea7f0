/*
 * The way to a counterparty.
 *
 * A gateway's settings file describes its side: for a client, sender and target
 * change places, and the port is where the gateway listens. An initiator's file
 * is already the client's. Options win over both, so that one file serves for
 * every session in it.
 */
#include "gateway/cli/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/cli.h"

static void
tell(void *arg, bool error, const char *file, unsigned line, const char *text)
{
	(void)arg;
	if (error)
		fprintf(stderr, "%s:%u: %s\n", file, line, text);
}

static bool
is_initiator(const struct conf_section *s)
{
	return strcmp(conf_str(s, "ConnectionType", "acceptor"), "initiator") ==
	       0;
}

/* Our name in a section: its own of an initiator, the peer's of an acceptor. */
static const char *
sender_of(const struct conf_section *s)
{
	return conf_str(
	    s, is_initiator(s) ? "SenderCompID" : "TargetCompID", NULL);
}

static const struct conf_section *
find_section(const struct conf *c, const char *sender)
{
	const struct conf_section *s = NULL;
	const char *name;

	while ((s = conf_next(c, "SESSION", s)) != NULL) {
		name = sender_of(s);
		if (sender == NULL || (name != NULL && !strcmp(name, sender)))
			return s;
	}
	while (sender != NULL && (s = conf_next(c, "DROPCOPY", s)) != NULL) {
		name = sender_of(s);
		if (name != NULL && strcmp(name, sender) == 0)
			return s;
	}
	return NULL;
}

static const char * or (const char *given, const char *found)
{
	return given != NULL ? given : found;
}

/* A gateway's file tells its certificate, an initiator's whom it believes. */
static void
take_tls(struct target *t, const struct conf_section *s, bool ini)
{
	struct wire_tls *tls = &t->tls;

	if (!conf_bool(s, "SocketUseSSL", false) && !tls->use)
		return;
	tls->use = true;
	if (tls->ca == NULL && !ini)
		tls->pin = conf_path(s, "ServerCertificateFile", NULL);
	if (tls->ca == NULL && ini)
		tls->ca = conf_path(s, "CertificationAuthoritiesFile", NULL);
	if (tls->cert == NULL && ini) {
		tls->cert = conf_path(s, "ClientCertificateFile", NULL);
		tls->key = conf_path(s, "ClientCertificateKeyFile", NULL);
	}
}

static void
take_section(struct target *t, const struct conf_section *s)
{
	bool ini = is_initiator(s);
	const char *any = "0.0.0.0", *at;
	long port = conf_int(
	    s, ini ? "SocketConnectPort" : "SocketAcceptPort", 1, 65535, 0);

	at = conf_str(
	    s, ini ? "SocketConnectHost" : "SocketAcceptAddress", "127.0.0.1");
	if (strcmp(at, any) == 0 || strcmp(at, "::") == 0)
		at = "127.0.0.1";
	t->host = or (t->host, at);
	if (t->port == NULL && port != 0) {
		snprintf(t->port_text, sizeof(t->port_text), "%ld", port);
		t->port = t->port_text;
	}
	t->sender = or (t->sender, sender_of(s));
	t->target =
	    or (t->target,
		   conf_str(s, ini ? "TargetCompID" : "SenderCompID", NULL));
	if (t->begin == NULL) {
		t->begin = conf_str(s, "BeginString", NULL);
		if (t->begin != NULL && strcmp(t->begin, "FIXT.1.1") == 0)
			t->begin = conf_str(s, "DefaultApplVerID", "9");
	}
	take_tls(t, s, ini);
	if (ini) {
		t->username = or (t->username, conf_str(s, "Username", NULL));
		t->password =
		    or (t->password, conf_secret(s, "Password", NULL));
	}
}

static int
read_file(struct target *t, const char *file)
{
	const struct conf_sink sink = { NULL, tell };
	const struct conf_section *s;

	if (conf_read(&t->conf, file, &sink) != 0)
		return cli_fail("can't use the settings file %s", file);
	s = find_section(t->conf, t->sender);
	if (s == NULL && t->sender != NULL)
		return cli_fail("%s has no session for %s", file, t->sender);
	if (s == NULL)
		return cli_fail("%s has no [SESSION]", file);
	take_section(t, s);
	return 0;
}

/* "FIX.4.4", "FIX44", "4.4", "9" */
static enum fix_version
version_of(const char *text)
{
	struct fix_span v = fix_span_of(text);
	enum fix_version by = fix_version_of_begin(v);
	int i;

	if (by == FIX_V_NONE)
		by = fix_version_of_appl(v);
	for (i = FIX_V_40; by == FIX_V_NONE && i <= FIX_V_50SP2; i++)
		if (strcmp(fix_version_file((enum fix_version)i), text) == 0 ||
		    strcmp(fix_version_name((enum fix_version)i) + 4, text) ==
			0)
			by = (enum fix_version)i;
	if (by == FIX_V_NONE && strcmp(text, "FIXT.1.1") == 0)
		by = FIX_V_50SP2;
	return by;
}

int
target_complete(struct target *t, const char *file)
{
	if (file != NULL && read_file(t, file) != 0)
		return -FIX_E_CONFIG;
	t->begin = or (t->begin, "FIX.4.4");
	t->version = version_of(t->begin);
	if (t->version == FIX_V_NONE || t->version == FIX_V_LATEST) {
		cli_usage("no FIX version '%s'; expected FIX.4.0 to FIX.4.4, "
			  "FIX.5.0, FIX.5.0SP1 or FIX.5.0SP2",
		    t->begin);
		return -FIX_E_CONFIG;
	}
	t->host = or (t->host, "127.0.0.1");
	if (t->port == NULL || t->sender == NULL || t->target == NULL) {
		cli_usage("where to? Expected -c FILE, or --port, --sender and "
			  "--target");
		return -FIX_E_CONFIG;
	}
	return 0;
}

int
target_password(struct target *t, const char *file)
{
	const char *why = conf_private(file);
	FILE *f;
	char *line;

	if (why != NULL) {
		cli_fail("password file %s: %s", file, why);
		return -FIX_E_CONFIG;
	}
	f = fopen(file, "re");
	line = f == NULL ? NULL : fgets(t->secret, sizeof(t->secret), f);
	if (f != NULL)
		fclose(f);
	t->secret[strcspn(t->secret, "\r\n")] = '\0';
	if (line == NULL || t->secret[0] == '\0') {
		cli_fail("password file %s: expected the password in its first "
			 "line",
		    file);
		return -FIX_E_CONFIG;
	}
	t->password = t->secret;
	return 0;
}

void
target_done(struct target *t)
{
	explicit_bzero(t->secret, sizeof(t->secret));
	conf_free(t->conf);
	t->conf = NULL;
}
