/*
 * Settings of how a session's peer is reached: addresses, hosts, sockets, and
 * who may come in. Rows as in conf_keys.c.
 */
#include <stddef.h>

#include "gateway/settings/conf_keys.h"

const struct conf_key conf_reach[] = {
	{ "SocketAcceptPort", CONF_T_INT, NULL,
	    "acceptor: port to listen on; "
	    "0: the system chooses" },
	{ "SocketAcceptAddress", CONF_T_TEXT, NULL,
	    "acceptor: address to "
	    "listen on [127.0.0.1]" },
	{ "SocketConnectHost", CONF_T_TEXT, NULL, "initiator: peer's host" },
	{ "SocketConnectPort", CONF_T_INT, NULL, "initiator: peer's port" },
	{ "SocketConnectHost", CONF_T_TEXT, CONF_NUMBERED,
	    "the host to try when the one before does not answer the Logon; "
	    "SocketConnectHost2 and so on go on" },
	{ "SocketConnectPort", CONF_T_INT, CONF_NUMBERED,
	    "and its port [SocketConnectPort]" },
	{ "HostSelectionPolicy", CONF_T_WORD, "ROUND_ROBIN|PRIORITY",
	    "where an initiator goes on after a loss: at the next host, or at "
	    "the first again [ROUND_ROBIN]" },
	{ "HostSelectionPolicyPriorityStartOverInterval", CONF_T_INT, NULL,
	    "PRIORITY: seconds after the last try of the first host until it "
	    "is tried again [120]" },
	{ "ReconnectInterval", CONF_T_TEXT, NULL,
	    "initiator: seconds between rounds of attempts, growing to ten "
	    "times that; or a list as 2x5;30, whose last stays [30]" },
	{ "MaxConnectAttempts", CONF_T_INT, NULL,
	    "initiator: connections begun within ConnectAttemptsWindow, 1 to "
	    "1000; 0: any number [0]" },
	{ "ConnectAttemptsWindow", CONF_T_INT, NULL,
	    "seconds for MaxConnectAttempts [30]" },
	{ "AcceptorTemplate", CONF_T_BOOL, NULL,
	    "acceptor: a Logon that fits makes a session from this; a name of "
	    "* fits any [Y with a name of *, else N]" },
	{ "DynamicSession", CONF_T_BOOL, NULL,
	    "the same, by another of QuickFIX/J's names" },
	{ "HoldAfterLowMsgSeqNum", CONF_T_BOOL, NULL,
	    "initiator: after a MsgSeqNum too low don't reconnect until an "
	    "operator or the schedule acts [Y]" },
	{ "AllowedRemoteAddresses", CONF_T_TEXT, NULL,
	    "acceptor: addresses and networks that may log on, with commas "
	    "[any]" },
	{ "TrustedProxies", CONF_T_TEXT, NULL,
	    "acceptor: addresses and networks of load balancers, which put a "
	    "PROXY header first [none]" },
	{ "SocketReuseAddress", CONF_T_BOOL, NULL,
	    "acceptor: listen although an earlier process's connections linger "
	    "[Y]" },
	{ "SocketNodelay", CONF_T_BOOL, NULL,
	    "TCP sends small messages at once [Y]" },
	{ "SocketKeepAlive", CONF_T_BOOL, NULL,
	    "TCP asks whether a silent peer is there [Y]" },
	{ "SocketSendBufferSize", CONF_T_BYTES, NULL,
	    "the kernel's send buffer; 0: as it likes [0]" },
	{ "SocketReceiveBufferSize", CONF_T_BYTES, NULL,
	    "and its receive buffer [0]" },
	{ "SocketConnectSourceHost", CONF_T_TEXT, NULL,
	    "initiator: address of ours to connect from [any]" },
	{ "SocketConnectSourcePort", CONF_T_INT, NULL,
	    "and its port; 0: any [0]" },
	{ "SocketConnectSourceHost", CONF_T_TEXT, CONF_NUMBERED,
	    "the same for SocketConnectHost1 and so on "
	    "[SocketConnectSourceHost]" },
	{ "SocketConnectSourcePort", CONF_T_INT, CONF_NUMBERED,
	    "and its port [SocketConnectSourcePort]" },
	{ "MaxQueuedBytes", CONF_T_BYTES, NULL,
	    "queued for a peer that reads too slowly, then it is closed [the "
	    "gateway's]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};
