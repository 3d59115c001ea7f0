/*
 * TLS settings of a session: files, who the peer must be, what its certificate
 * must be pinned to.
 *
 * Names are QuickFIX's where it has them, and where QuickFIX/J or QuickFIX/n
 * have a switch that makes a connection safer (SSLEnable, NeedClientAuth), it
 * is kept and not ignored. Files are opened and suites are understood where the
 * context is made (tls_context.c); here is what can be said without OpenSSL.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "gateway/settings/setup.h"

static int
hex_digit(char c)
{
	const char *at, *digits = "0123456789abcdef";

	at = c == '\0' ? NULL : strchr(digits, c | 0x20);
	return at == NULL ? -1 : (int)(at - digits);
}

/* 64 digits, colons between bytes do not count. */
static bool
read_hex(const char *p, size_t len, uint8_t out[SETUP_PIN_BYTES])
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int d = hex_digit(p[i]);

		if (p[i] == ':')
			continue;
		if (d < 0 || n == 2 * (size_t)SETUP_PIN_BYTES)
			return false;
		out[n / 2] = (uint8_t)(n % 2 == 0 ? d << 4 : out[n / 2] | d);
		n++;
	}
	return n == 2 * (size_t)SETUP_PIN_BYTES;
}

static int
base64_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* 43 digits and a '=': 32 bytes have no other form. */
static bool
read_base64(const char *p, size_t len, uint8_t out[SETUP_PIN_BYTES])
{
	uint32_t bits = 0;
	size_t n = 0;

	if (len != 44 || p[43] != '=')
		return false;
	for (size_t i = 0; i < 43; i++) {
		int d = base64_digit(p[i]);

		if (d < 0)
			return false;
		bits = bits << 6 | (uint32_t)d;
		if (i % 4 == 0)
			continue;
		out[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	return (bits & 3) == 0;
}

static bool
read_pin(const char *p, size_t len, uint8_t out[SETUP_PIN_BYTES])
{
	if (len > 7 && strncasecmp(p, "sha256", 6) == 0 &&
	    (p[6] == '/' || p[6] == ':')) {
		p += 7;
		len -= 7;
	}
	return read_base64(p, len, out) || read_hex(p, len, out);
}

static void
read_pins(const struct conf_section *sec, struct setup_peer *peer)
{
	const char *p = conf_str(sec, "PeerCertificatePins", "");

	while (*(p += strspn(p, ", \t")) != '\0') {
		size_t len = strcspn(p, ", \t");

		if (peer->n_pins == SETUP_PINS_MAX) {
			conf_fault(sec, "PeerCertificatePins",
			    "at most %d pins", SETUP_PINS_MAX);
			return;
		}
		if (!read_pin(p, len, peer->pins[peer->n_pins]))
			conf_fault(sec, "PeerCertificatePins",
			    "a pin is the SHA-256 of a public key, 64 hex "
			    "digits or sha256/ and 44 of base64, not '%.*s'; "
			    "fixgated.conf(5) says how to make one",
			    len > 80 ? 80 : (int)len, p);
		else
			peer->n_pins++;
		p += len;
	}
}

static const char *
first_of(const struct conf_section *sec, const char *const *keys,
    const char **which)
{
	for (; *keys != NULL; keys++)
		if (conf_has(sec, *keys, NULL)) {
			*which = *keys;
			return conf_str(sec, *keys, NULL);
		}
	return NULL;
}

static void
read_versions(const struct conf_section *sec, struct setup_tls *t)
{
	static const char *const protocols[] = { "SSLProtocol",
		"EnabledProtocols", "SSLProtocols", NULL };
	static const char *const suites[] = { "SSLCipherSuite", "CipherSuites",
		NULL };

	t->protocols = first_of(sec, protocols, &t->protocols_key);
	t->suites = first_of(sec, suites, &t->suites_key);
}

static void
read_own(const struct conf_section *sec, bool initiator, struct setup_tls *t)
{
	const char *cert_key =
	    initiator ? "ClientCertificateFile" : "ServerCertificateFile";
	const char *key_key =
	    initiator ? "ClientCertificateKeyFile" : "ServerCertificateKeyFile";
	const char *why;

	t->cert = conf_path(sec, cert_key, NULL);
	t->key = conf_str(sec, key_key, NULL);
	if (t->key != NULL && strncmp(t->key, "vault:", 6) == 0)
		t->key_pem = conf_secret(sec, key_key, "");
	else
		t->key = conf_path(sec, key_key, NULL);
	if (initiator ? (t->cert == NULL) != (t->key == NULL)
		      : t->cert == NULL || t->key == NULL)
		conf_fault(sec, "SocketUseSSL", "TLS needs both %s and %s",
		    cert_key, key_key);
	else if (t->key != NULL && t->key_pem == NULL &&
		 (why = conf_private(t->key)) != NULL)
		conf_fault(sec, key_key, "key file %s: %s", t->key, why);
}

static void
read_trust(const struct conf_section *sec, struct setup_tls *t)
{
	t->ca = conf_path(sec, "CertificationAuthoritiesFile", NULL);
	t->ca_dir = conf_path(sec, "CertificationAuthoritiesDirectory", NULL);
	t->crl = conf_path(sec, "CertificateRevocationListFile", NULL);
	t->crl_dir =
	    conf_path(sec, "CertificateRevocationListDirectory", NULL);
	t->stale_crl = conf_word(sec, "CertificateRevocationListStale",
			   "refuse|allow", 0) == 1;
	if ((t->crl != NULL || t->crl_dir != NULL) && t->ca == NULL &&
	    t->ca_dir == NULL)
		conf_fault(sec, "CertificateRevocationListFile",
		    "a revocation list needs the authorities whose list it is: "
		    "CertificationAuthoritiesFile");
}

/* Is a client's certificate asked for? */
static void
read_level(const struct conf_section *sec, struct setup_link *l)
{
	struct setup_tls *t = &l->tls_cfg;
	bool ca = t->ca != NULL || t->ca_dir != NULL;
	bool asked = conf_bool(sec, "NeedClientAuth",
	    conf_bool(sec, "SSLRequireClientCertificate", false));

	t->verify = (int)conf_int(sec, "CertificateVerifyLevel", 0, 2,
	    asked || ca || l->peer.n_pins > 0);
	t->pinned = !ca && l->peer.n_pins > 0;
	if (t->verify != 0 && !ca && !t->pinned)
		conf_fault(sec, "CertificateVerifyLevel",
		    "client certificates can't be verified without "
		    "CertificationAuthoritiesFile or PeerCertificatePins");
	if (t->verify == 0 && (l->peer.name != NULL || l->peer.n_pins > 0))
		conf_fault(sec, "CertificateVerifyLevel",
		    "PeerCertificateName and PeerCertificatePins need "
		    "CertificateVerifyLevel=1");
	else if (t->verify != 0 && l->peer.name == NULL && l->peer.n_pins == 0)
		conf_notice(sec, "CertificateVerifyLevel",
		    "whoever has a certificate of these authorities can log on "
		    "here: PeerCertificateName or PeerCertificatePins bind it "
		    "to one party");
}

static bool
wants_tls(const struct conf_section *sec)
{
	bool tls = conf_bool(
	    sec, "SocketUseSSL", conf_bool(sec, "SSLEnable", false));

	if (tls && !conf_bool(sec, "SSLValidateCertificates", true))
		conf_fault(sec, "SSLValidateCertificates",
		    "certificates are always verified: name an authority, or "
		    "PeerCertificatePins for a self-signed one");
	return tls;
}

void
setup_tls(const struct conf_section *sec, struct setup_link *l)
{
	l->tls = wants_tls(sec);
	l->peer.name = conf_str(sec, "PeerCertificateName", NULL);
	l->peer.server = conf_str(sec, "SSLServerName", NULL);
	read_pins(sec, &l->peer);
	if (!l->tls) {
		if (l->peer.name != NULL || l->peer.n_pins > 0)
			conf_fault(sec, NULL,
			    "PeerCertificateName and PeerCertificatePins need "
			    "SocketUseSSL=Y");
		return;
	}
	read_own(sec, l->initiator, &l->tls_cfg);
	read_trust(sec, &l->tls_cfg);
	read_versions(sec, &l->tls_cfg);
	if (!l->initiator)
		read_level(sec, l);
	else
		l->tls_cfg.pinned = l->peer.n_pins > 0 &&
				    l->tls_cfg.ca == NULL &&
				    l->tls_cfg.ca_dir == NULL;
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool
setup_same_tls(const struct setup_tls *a, const struct setup_tls *b)
{
	return same(a->cert, b->cert) && same(a->key, b->key) &&
	       same(a->key_pem, b->key_pem) &&
	       same(a->ca, b->ca) && same(a->ca_dir, b->ca_dir) &&
	       same(a->crl, b->crl) && same(a->crl_dir, b->crl_dir) &&
	       same(a->protocols, b->protocols) &&
	       same(a->suites, b->suites) && a->stale_crl == b->stale_crl &&
	       a->verify == b->verify && a->pinned == b->pinned;
}
