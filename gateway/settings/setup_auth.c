/*
 * Who must prove what at a logon: LogonAuth of a session. The proofs themselves
 * stand in the credentials file, which plan.c reads.
 */
#include "config.h"

#include "gateway/settings/setup.h"

#include <stdio.h>
#include <strings.h>

#define WORDS "none|password|hmac|ed25519|certificate"

static const uint8_t bits[] = { 0, SETUP_AUTH_PASSWORD, SETUP_AUTH_HMAC,
	SETUP_AUTH_ED25519, SETUP_AUTH_CERTIFICATE };
static const char *const words[] = { "none", "password", "hmac", "ed25519",
	"certificate" };

static int
word_of(const char *p, size_t n)
{
	for (int i = 0; i < (int)(sizeof(words) / sizeof(words[0])); i++)
		if (strlen(words[i]) == n && strncasecmp(words[i], p, n) == 0)
			return i;
	return -1;
}

static uint8_t
read_words(const struct conf_section *sec)
{
	const char *p = conf_str(sec, "LogonAuth", "none");
	uint8_t auth = 0;
	bool none = false;

	while (*(p += strspn(p, ", \t")) != '\0') {
		size_t n = strcspn(p, ", \t");
		int i = word_of(p, n);

		if (i < 0)
			conf_fault(sec, "LogonAuth",
			    "LogonAuth must be " WORDS
			    ", or several with commas, not '%.*s'",
			    (int)(n > 40 ? 40 : n), p);
		else
			auth |= bits[i];
		none = none || i == 0;
		p += n;
	}
	if (none && auth != 0)
		conf_fault(sec, "LogonAuth",
		    "LogonAuth=none asks for nothing: leave the other out");
	return auth;
}

static bool
is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static void
check_wire(const struct setup *s, const struct conf_section *sec,
    const struct setup_link *l)
{
	const char *at = s->listens[l->listen].address;

	if (l->tls || (l->auth & SETUP_AUTH_PROOFS) == 0)
		return;
	if (is_loopback(at))
		return;
	if ((l->auth & SETUP_AUTH_PASSWORD) != 0)
		conf_fault(sec, "LogonAuth",
		    "a password must not cross a network as plain text: set "
		    "SocketUseSSL=Y, or listen on a loopback address");
	else
		conf_notice(sec, "LogonAuth",
		    "without SocketUseSSL a logon is signed, but what follows "
		    "it is not");
}

void
setup_bounds(const struct conf_section *sec, struct trader_session_cfg *out)
{
	bool proven = out->fix.role == FIX_ACCEPTOR && read_words(sec) != 0;
	const char *others = proven ? "" : NULL;

	out->fix.heart_min_s =
	    (unsigned)conf_int(sec, "HeartBtIntMin", 0, 3600, 0);
	out->fix.heart_max_s =
	    (unsigned)conf_int(sec, "HeartBtIntMax", 0, 86400, 0);
	if (out->fix.heart_max_s != 0 &&
	    out->fix.heart_max_s < out->fix.heart_min_s)
		conf_fault(sec, "HeartBtIntMax",
		    "HeartBtIntMax must not be less than HeartBtIntMin");
	out->on_behalf_of = conf_str(sec, "OnBehalfOfCompIDs", others);
	out->deliver_to = conf_str(sec, "DeliverToCompIDs", others);
}

void
setup_auth(const struct setup *s, const struct conf_section *sec,
    struct setup_link *l)
{
	const struct conf_section *gw = conf_next(s->conf, "GATEWAY", NULL);
	const uint8_t both = SETUP_AUTH_HMAC | SETUP_AUTH_ED25519;

	l->logon_window_s = (unsigned)conf_int(sec, "LogonWindow", 1, 30, 5);
	l->auth = read_words(sec);
	if (l->initiator || l->auth == 0) {
		l->auth = 0; /* [DEFAULT] may speak of acceptors */
		return;
	}
	if ((l->auth & both) == both)
		conf_fault(sec, "LogonAuth",
		    "a Logon has one RawData (96): hmac or ed25519, not both");
	if ((l->auth & SETUP_AUTH_CERTIFICATE) != 0 && l->peer.name == NULL &&
	    l->peer.n_pins == 0)
		conf_fault(sec, "LogonAuth",
		    "certificate needs PeerCertificateName or "
		    "PeerCertificatePins: whose it must be");
	if ((l->auth & SETUP_AUTH_PROOFS) != 0 &&
	    !conf_has(gw, "CredentialsFile", NULL))
		conf_fault(sec, "LogonAuth",
		    "proofs are checked against CredentialsFile of [GATEWAY], "
		    "which is not set");
	check_wire(s, sec, l);
}
