/*
 * Settings of how much may come and go in how much time, and of what a client
 * leaves behind that is gone. Rows as in conf_keys.c.
 */
#include <stddef.h>

#include "gateway/settings/conf_keys.h"

const struct conf_key conf_flow[] = {
	{ "InboundLimit", CONF_T_TEXT, NULL,
	    "application messages but cancels that the peer may send, as "
	    "MESSAGES/SECONDS, up to four with commas [none]" },
	{ "InboundOverLimit", CONF_T_WORD, "reject|delay|logout",
	    "what is beyond: refuse it, read on when there is room, or log out "
	    "[reject]" },
	{ "InboundCancelLimit", CONF_T_TEXT, NULL,
	    "the same of cancels, MsgTypes F and q: more are told and carried "
	    "out [none]" },
	{ "InboundLogoutLimit", CONF_T_TEXT, NULL,
	    "the same of messages of every type: more log the session out "
	    "[none]" },
	{ "OutboundLimit", CONF_T_TEXT, NULL,
	    "the same of application messages that we send: more wait, cancels "
	    "first [none]" },
	{ "OutboundQueueBytes", CONF_T_BYTES, NULL,
	    "of messages that wait, then the next is refused, or a client "
	    "logged out [1M]" },
	{ "PaceResends", CONF_T_BOOL, NULL,
	    "what is sent again keeps to OutboundLimit, too [Y]" },
	{ "MaxOrderAge", CONF_T_INT, NULL,
	    "seconds after which an order or replace that is marked as sent "
	    "again is stale and refused; 0: never [60]" },
	{ "MaxFirstOrderAge", CONF_T_INT, NULL,
	    "the same of one that is not marked; 0: never [0]" },
	{ "OrderAgeFrom", CONF_T_WORD, "sending|transact",
	    "the age counts from when it was first sent, or from "
	    "TransactTime(60) [sending]" },
	{ "CancelOnDisconnect", CONF_T_WORD, "off|drop|any",
	    "cancel a session's orders when its connection is lost, or also "
	    "after a Logout [off]" },
	{ "CancelOnDisconnectGrace", CONF_T_INT, NULL,
	    "seconds in which it may log on again before that, 0 to 86400 "
	    "[10]" },
	{ "CancelOnDisconnectGT", CONF_T_BOOL, NULL,
	    "cancel orders good till cancel or till date, too [N]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};
