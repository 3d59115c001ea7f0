/*
 * Settings of who a peer is and who we are: what a Logon to us must prove, and
 * what ours proves to others. Rows as in conf_keys.c.
 */
#include <stddef.h>

#include "gateway/settings/conf_keys.h"

const struct conf_key conf_logon[] = {
	{ "LogonAuth", CONF_T_TEXT, NULL,
	    "acceptor: what a Logon must prove, all of it: none, password, "
	    "hmac, ed25519, certificate, with commas [none]" },
	{ "LogonWindow", CONF_T_INT, NULL,
	    "acceptor: seconds that a signed Logon may be off our clock, 1 to "
	    "30 [5]" },
	{ "HeartBtIntMin", CONF_T_INT, NULL,
	    "acceptor: least HeartBtInt(108) of a Logon; 0: any [0]" },
	{ "HeartBtIntMax", CONF_T_INT, NULL,
	    "acceptor: largest HeartBtInt(108) of a Logon, which then must not "
	    "be 0; 0: any [0]" },
	{ "OnBehalfOfCompIDs", CONF_T_TEXT, NULL,
	    "whom the peer's messages may name in tag 115, with commas [none "
	    "with LogonAuth, else any]" },
	{ "DeliverToCompIDs", CONF_T_TEXT, NULL,
	    "the same of tag 128 [none with LogonAuth, else any]" },
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
