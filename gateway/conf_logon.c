/*
 * Settings of who a peer is and who we are: what a Logon to us must prove, and
 * what ours proves to others. Rows as in conf_keys.c.
 */
#include <stddef.h>

#include "gateway/conf_keys.h"

const struct conf_key conf_logon[] = {
	{ "LogonAuth", CONF_T_TEXT, NULL,
	    "acceptor: what a Logon must prove, all of it: none, password, "
	    "hmac, ed25519, certificate, with commas [none]" },
	{ "LogonWindow", CONF_T_INT, NULL,
	    "acceptor: seconds that a signed Logon may be off our clock, 1 to "
	    "30 [5]" },
	{ "LogonSigner", CONF_T_TEXT, NULL,
	    "initiator: how our Logon proves who we are, a scheme's name "
	    "[password with Username and Password, else none]" },
	{ "LogonKey", CONF_T_SECRET, NULL,
	    "initiator: the secret or private key that LogonSigner signs with" },
	{ "LogonFields", CONF_T_TEXT, NULL,
	    "initiator: more fields of our Logon, TAG=VALUE with | between "
	    "[none]" },
	{ "Username", CONF_T_TEXT, NULL, "initiator: tag 553 of our Logon" },
	{ "Password", CONF_T_SECRET, NULL, "initiator: tag 554 of our Logon" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};
