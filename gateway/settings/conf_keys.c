/*
 * Every setting that a file may hold: one row each, with its type and one line
 * of meaning. The reader refuses what is not here; the manual's test compares
 * these rows with fixgated.conf.5, so neither can drift from the other.
 *
 * The names of [DEFAULT] and [SESSION] are QuickFIX's, with QuickFIX's meaning,
 * so that an existing file loads unchanged. Its settings that mean nothing here
 * (its own stores, logs and Java sockets) stand in conf_quickfix.c: a notice,
 * not an error. Names are compared without regard to case, as QuickFIX does.
 */
#include "gateway/settings/conf_keys.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "gateway/settings/conf.h"

#define APP_DICTIONARY(v)                                                      \
	{                                                                      \
		"AppDataDictionary." v, CONF_T_PATH, NULL, "and of " v         \
	}

static const struct conf_key session_keys[] = {
	{ "ConnectionType", CONF_T_WORD, "acceptor|initiator",
	    "who connects: acceptor waits for the peer [acceptor]" },
	{ "BeginString", CONF_T_TEXT, NULL,
	    "FIX version: FIX.4.0 to FIX.4.4, "
	    "FIXT.1.1" },
	{ "SenderCompID", CONF_T_TEXT, NULL, "our name in this session" },
	{ "SenderSubID", CONF_T_TEXT, NULL, "our desk or trader, tag 50" },
	{ "SenderLocationID", CONF_T_TEXT, NULL, "our location, tag 142" },
	{ "TargetCompID", CONF_T_TEXT, NULL, "the peer's name" },
	{ "TargetSubID", CONF_T_TEXT, NULL, "the peer's desk, tag 57" },
	{ "TargetLocationID", CONF_T_TEXT, NULL,
	    "the peer's location, tag 143" },
	{ "DefaultApplVerID", CONF_T_TEXT, NULL,
	    "FIXT.1.1: version of "
	    "application messages, as 9 or FIX.5.0SP2; 10 or FIXLatest" },
	{ "UseDataDictionary", CONF_T_BOOL, NULL,
	    "check messages against a dictionary [Y]" },
	{ "DataDictionary", CONF_T_PATH, NULL, "dictionary file, FIX.4.x" },
	{ "TransportDataDictionary", CONF_T_PATH, NULL,
	    "session messages' dictionary, FIXT.1.1" },
	{ "AppDataDictionary", CONF_T_PATH, NULL,
	    "application messages' dictionary, FIXT.1.1" },
	{ "AppDataDictionary.FIX.4.0", CONF_T_PATH, NULL,
	    "the same of messages with ApplVerID(1128) FIX.4.0" },
	APP_DICTIONARY("FIX.4.1"),
	APP_DICTIONARY("FIX.4.2"),
	APP_DICTIONARY("FIX.4.3"),
	APP_DICTIONARY("FIX.4.4"),
	APP_DICTIONARY("FIX.5.0"),
	APP_DICTIONARY("FIX.5.0SP1"),
	APP_DICTIONARY("FIX.5.0SP2"),
	APP_DICTIONARY("FIXLatest"),
	{ "HeartBtInt", CONF_T_INT, NULL,
	    "initiator: seconds between heartbeats [30]" },
	{ "LogonTimeout", CONF_T_INT, NULL,
	    "seconds to wait for a Logon [10]" },
	{ "LogoutTimeout", CONF_T_INT, NULL,
	    "seconds to wait for a Logout [2]" },
	{ "MaxLatency", CONF_T_INT, NULL,
	    "seconds SendingTime may be off [120]" },
	{ "CheckLatency", CONF_T_BOOL, NULL, "check SendingTime [Y]" },
	{ "CheckCompID", CONF_T_BOOL, NULL,
	    "check the CompIDs of every message [Y]" },
	{ "ResetOnLogon", CONF_T_BOOL, NULL,
	    "numbers begin at 1 at a Logon [N]" },
	{ "ResetOnLogout", CONF_T_BOOL, NULL, "and after a Logout [N]" },
	{ "ResetOnDisconnect", CONF_T_BOOL, NULL,
	    "and after a lost connection [N]" },
	{ "RefuseResetSeqNum", CONF_T_BOOL, NULL,
	    "refuse a Logon with ResetSeqNumFlag=Y [N]" },
	{ "PersistMessages", CONF_T_BOOL, NULL,
	    "resend what the peer missed; N fills every gap [Y]" },
	{ "SendRedundantResendRequests", CONF_T_BOOL, NULL,
	    "ask again while a resend is under way [N]" },
	{ "ResendRequestChunkSize", CONF_T_INT, NULL,
	    "messages asked for at a time; 0: all [0]" },
	{ "MaxMessagesInResendRequest", CONF_T_INT, NULL,
	    "the same, by its QuickFIX/n name" },
	{ "ClosedResendInterval", CONF_T_BOOL, NULL,
	    "ask for the last number missing instead of all (0) [N]" },
	{ "ResendNever", CONF_T_TEXT, NULL,
	    "MsgTypes, with commas, that are never sent again [none]" },
	{ "ResendMaxAge", CONF_T_INT, NULL,
	    "seconds after which ResendMaxAgeTypes are not sent again; 0: "
	    "never [60]" },
	{ "ResendMaxAgeTypes", CONF_T_TEXT, NULL,
	    "MsgTypes, with commas, that grow too old [initiator: "
	    "D,F,G,E,AB,AC; acceptor: none]" },
	{ "ResendMaxMessages", CONF_T_INT, NULL,
	    "numbers served a ResendRequest; 0: any [0]" },
	{ "ResendSurplus", CONF_T_WORD, "fill|refuse",
	    "asked for more: gap-fill the oldest, or refuse the request "
	    "[fill]" },
	{ "EnableLastMsgSeqNumProcessed", CONF_T_BOOL, NULL,
	    "write tag 369 [N]" },
	{ "SendNextExpectedMsgSeqNum", CONF_T_BOOL, NULL,
	    "use tag 789 in Logons [N]" },
	{ "EnableNextExpectedMsgSeqNum", CONF_T_BOOL, NULL,
	    "the same, by its QuickFIX/J name" },
	{ "ValidateFieldsOutOfOrder", CONF_T_BOOL, NULL,
	    "refuse header or "
	    "trailer fields in the body [Y]" },
	{ "ValidateFieldsHaveValues", CONF_T_BOOL, NULL,
	    "refuse empty fields "
	    "[Y]" },
	{ "ValidateUserDefinedFields", CONF_T_BOOL, NULL,
	    "refuse tags from "
	    "5000 on that the dictionary lacks in this message [Y]" },
	{ "AllowUnknownMsgFields", CONF_T_BOOL, NULL,
	    "take tags below 5000 "
	    "that the dictionary lacks, or has in other messages [N]" },
	{ "AllowUnknownEnumValues", CONF_T_TEXT, NULL,
	    "take values outside a field's enumeration: Y, N, or tags of such "
	    "fields with commas [N]" },
	{ "ValidateRequiredFields", CONF_T_BOOL, NULL,
	    "refuse messages that lack a required field [Y]" },
	{ "ValidateGroupCount", CONF_T_BOOL, NULL,
	    "refuse a group whose count is not the number of its entries "
	    "[Y]" },
	{ "ValidateUnorderedGroupFields", CONF_T_BOOL, NULL,
	    "refuse members of a group in another order than the dictionary's "
	    "[Y]" },
	{ "FirstFieldInGroupIsDelimiter", CONF_T_BOOL, NULL,
	    "the first field found in a group opens each of its entries [N]" },
	{ "ValidationLevel", CONF_T_TEXT, NULL,
	    "what becomes of a message that is not valid: reject, report or "
	    "off, then TYPE:LEVEL of single MsgTypes, with commas [reject]" },
	{ "RejectInvalidMessage", CONF_T_BOOL, NULL,
	    "N is the same as ValidationLevel=report [Y]" },
	{ "ValidateIncomingMessage", CONF_T_BOOL, NULL,
	    "N is the same as ValidationLevel=off [Y]" },
	{ "TimestampPrecision", CONF_T_WORD,
	    "0|3|6|9|seconds|millis|micros|nanos",
	    "digits of a second in our timestamps [3]" },
	{ "MillisecondsInTimeStamp", CONF_T_BOOL, NULL,
	    "N is the same as "
	    "TimestampPrecision=0 [Y]" },
	{ "MaxMessageSize", CONF_T_BYTES, NULL,
	    "a longer message ends the "
	    "connection [64K]" },
	{ "MaxHeldBytes", CONF_T_BYTES, NULL,
	    "messages kept while a gap is "
	    "open [1M]" },
	{ "MaxHeldMessages", CONF_T_INT, NULL,
	    "and so many messages [10000]" },
	{ "SocketUseSSL", CONF_T_BOOL, NULL, "TLS on this connection [N]" },
	{ "ServerCertificateFile", CONF_T_PATH, NULL,
	    "acceptor's certificate "
	    "and chain, PEM" },
	{ "ServerCertificateKeyFile", CONF_T_PATH, NULL,
	    "its key, PEM, "
	    "readable by the owner only" },
	{ "ClientCertificateFile", CONF_T_PATH, NULL,
	    "initiator's "
	    "certificate and chain, PEM" },
	{ "ClientCertificateKeyFile", CONF_T_PATH, NULL,
	    "its key, PEM, "
	    "readable by the owner only" },
	{ "CertificationAuthoritiesFile", CONF_T_PATH, NULL,
	    "whom we trust "
	    "to vouch for the peer, PEM [initiator: the system's]" },
	{ "CertificateVerifyLevel", CONF_T_INT, NULL,
	    "acceptor: client "
	    "certificate 0 not asked for, 1 required, 2 optional [1 with "
	    "authorities, else 0]" },
	{ "NeedClientAuth", CONF_T_BOOL, NULL,
	    "acceptor: Y is CertificateVerifyLevel=1, by its QuickFIX/J name" },
	{ "SSLRequireClientCertificate", CONF_T_BOOL, NULL,
	    "the same, by its QuickFIX/n name" },
	{ "PeerCertificateName", CONF_T_TEXT, NULL,
	    "name that the peer's certificate must carry: DNS name or common "
	    "name, URI:, or DN: and the whole subject; *: the peer's CompID "
	    "[any]" },
	{ "PeerCertificatePins", CONF_T_TEXT, NULL,
	    "SHA-256 of public keys, with commas, of which the peer's must be "
	    "one; without authorities they vouch for it [any]" },
	{ "SSLServerName", CONF_T_TEXT, NULL,
	    "initiator: name to ask for and to find in the peer's certificate "
	    "[SocketConnectHost]" },
	{ "SSLEnable", CONF_T_BOOL, NULL,
	    "SocketUseSSL by its QuickFIX/n name" },
	{ "SSLValidateCertificates", CONF_T_BOOL, NULL,
	    "N is refused: certificates are always verified [Y]" },
	{ "SSLProtocol", CONF_T_TEXT, NULL,
	    "versions, as TLSv1_2 or all -TLSv1_3 [1.2 and 1.3]" },
	{ "EnabledProtocols", CONF_T_TEXT, NULL,
	    "the same, as QuickFIX/J writes it" },
	{ "SSLProtocols", CONF_T_TEXT, NULL,
	    "the same, as QuickFIX/n writes it" },
	{ "SSLCipherSuite", CONF_T_TEXT, NULL,
	    "suites, an OpenSSL cipher list [all that are allowed]" },
	{ "CipherSuites", CONF_T_TEXT, NULL,
	    "the same, as QuickFIX/J writes it, with commas" },
	{ "CertificationAuthoritiesDirectory", CONF_T_PATH, NULL,
	    "folder of such files" },
	{ "CertificateRevocationListFile", CONF_T_PATH, NULL,
	    "certificates that are revoked, PEM; read again when it changes" },
	{ "CertificateRevocationListDirectory", CONF_T_PATH, NULL,
	    "folder of such files" },
	{ "CertificateRevocationListStale", CONF_T_WORD, "refuse|allow",
	    "what a list past its date does to the certificates of its "
	    "authority [refuse]" },
	{ "Accounts", CONF_T_TEXT, NULL,
	    "accounts that may be used, with "
	    "commas [every one]" },
	{ "PendingReports", CONF_T_WORD, "always|never",
	    "reports of 39=6 and "
	    "39=E before the result [always]" },
	{ "MassStatusEmpty", CONF_T_WORD, "report|reject",
	    "what a mass status request gets if no order is live: a report "
	    "with 911=0, or a BusinessMessageReject [report]" },
	{ "ReplaceAfterReject", CONF_T_WORD, "rebase|refuse",
	    "a request that "
	    "names a rejected one [rebase]" },
	{ "ReplaceFilled", CONF_T_WORD, "refuse|allow",
	    "a replace of a filled order to a greater quantity [refuse]" },
	{ "IgnoreFields", CONF_T_TEXT, NULL,
	    "tags of orders, with commas, that are taken for nothing said "
	    "instead of refused [none]" },
	{ "LowMsgSeqNumText", CONF_T_TEXT, NULL,
	    "Text for a MsgSeqNum too low; {expected} and {received} are the "
	    "numbers [MsgSeqNum too low, expecting {expected} but received "
	    "{received}]" },
	{ "MaxMsgSeqNum", CONF_T_INT, NULL,
	    "MsgSeqNum after which 0 comes; 0: none [0]" },
	{ "EchoEmptyGroups", CONF_T_BOOL, NULL,
	    "in fixgate echo: N sends no group back whose count is 0 [Y]" },
	{ "PreserveMessageFieldsOrder", CONF_T_BOOL, NULL,
	    "in fixgate echo: N sends fields back ascending by tag [Y]" },
	{ "Profile", CONF_T_TEXT, NULL,
	    "counterparty whose manners the settings not set here follow: one "
	    "of fixgate profiles, or a file of settings with a '/' in its "
	    "name [standard]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};

/* When a session is open. */
static const struct conf_key schedule_keys[] = {
	{ "StartTime", CONF_T_TIME, NULL,
	    "the session opens; a zone may "
	    "stand behind it. Without StartTime and EndTime it is always "
	    "open [00:00:00]" },
	{ "EndTime", CONF_T_TIME, NULL,
	    "and closes; as StartTime: it is "
	    "always open and begins anew each time [StartTime]" },
	{ "StartDay", CONF_T_DAY, NULL, "weekly: day of StartTime" },
	{ "EndDay", CONF_T_DAY, NULL, "weekly: day of EndTime" },
	{ "LogonTime", CONF_T_TIME, NULL,
	    "logons are taken from here on [StartTime]" },
	{ "LogoutTime", CONF_T_TIME, NULL,
	    "and until here: the session "
	    "logs out, its numbers go on [EndTime]" },
	{ "LogonDay", CONF_T_DAY, NULL,
	    "weekly: day of LogonTime "
	    "[StartDay]" },
	{ "LogoutDay", CONF_T_DAY, NULL,
	    "weekly: day of LogoutTime "
	    "[EndDay]" },
	{ "ResetSeqTime", CONF_T_TIME, NULL,
	    "numbers begin anew at this time of each day, by Logon with "
	    "ResetSeqNumFlag=Y" },
	{ "EnableResetSeqTime", CONF_T_BOOL, NULL,
	    "N: leave ResetSeqTime alone [Y]" },
	{ "ResetSeqStarter", CONF_T_WORD, "us|peer",
	    "who starts that reset [us for an initiator, else peer]" },
	{ "Calendar", CONF_T_TEXT, NULL,
	    "files, with commas, of dates that are closed or shorter" },
	{ "TimeZone", CONF_T_TEXT, NULL,
	    "zone of these times, a name of tzdata [UTC]" },
	{ "UseLocalTime", CONF_T_BOOL, NULL,
	    "these times are of the host's zone "
	    "[N]" },
	{ "NonStopSession", CONF_T_BOOL, NULL,
	    "open always, and never begun anew [N]" },
	{ "Weekdays", CONF_T_TEXT, NULL,
	    "days, with commas, on which an interval "
	    "may start [all]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};

static const struct conf_key gateway_keys[] = {
	{ "DataDir", CONF_T_PATH, NULL,
	    "folder of journal, tables and control "
	    "socket" },
	{ "ControlSocket", CONF_T_PATH, NULL,
	    "where fixgate control and risk speak to it "
	    "[DataDir/trading/control.sock]" },
	{ "ControlGroup", CONF_T_TEXT, NULL,
	    "local group that may open that socket, too [the owner alone]" },
	{ "Durability", CONF_T_WORD, "process|disk",
	    "what is kept before "
	    "anything leaves: process survives kill -9, disk a power cut "
	    "[process]" },
	{ "SegmentSize", CONF_T_BYTES, NULL, "bytes of a journal file [64M]" },
	{ "ReadyOrders", CONF_T_INT, NULL,
	    "orders for which memory and journal are made ready at start "
	    "[1000]" },
	{ "Cpu", CONF_T_INT, NULL, "CPU that the trader stays on [-1: any]" },
	{ "BusyPoll", CONF_T_INT, NULL,
	    "microseconds to go on looking for more after something came, "
	    "instead of sleeping [0]" },
	{ "SocketBusyPoll", CONF_T_INT, NULL,
	    "microseconds that the system polls the network card: SO_BUSY_POLL "
	    "[0]" },
	{ "LockMemory", CONF_T_BOOL, NULL, "keep the trader in memory [N]" },
	{ "HugePages", CONF_T_BOOL, NULL,
	    "large pages for orders and their maps [Y]" },
	{ "TableSize", CONF_T_BYTES, NULL, "upper bound of the tables [16G]" },
	{ "JournalKeepDays", CONF_T_INT, NULL,
	    "days that journal files stay "
	    "[7]" },
	{ "JournalMaxBytes", CONF_T_BYTES, NULL,
	    "bytes of all journal files [0: what the disk has room for]" },
	{ "JournalAlarm", CONF_T_INT, NULL,
	    "percent of that at which there is an alert [70]" },
	{ "JournalReducing", CONF_T_INT, NULL,
	    "from here on orders must reduce positions [90]" },
	{ "JournalHalt", CONF_T_INT, NULL,
	    "from here on only cancels are taken [97]" },
	{ "Node", CONF_T_INT, NULL, "number of this node, 0 to 255 [0]" },
	{ "Roles", CONF_T_TEXT, NULL,
	    "roles to run: trader, or trader,auditor "
	    "[trader; with an [AUDIT] section both]" },
	{ "CredentialsFile", CONF_T_PATH, NULL,
	    "who may log on where, and what proves it, for LogonAuth; see "
	    "fixgate-credentials(5)" },
	{ "User", CONF_T_TEXT, NULL, "started as root: run as this user" },
	{ "Group", CONF_T_TEXT, NULL, "and this group [the user's]" },
	{ "CoreDumps", CONF_T_BOOL, NULL,
	    "let the system write core dumps, which hold secrets [N]" },
	{ "LogTo", CONF_T_WORD, "stderr|syslog",
	    "where the log goes [stderr]" },
	{ "LogLevel", CONF_T_WORD, "error|warn|info|debug", "how much [info]" },
	{ "MetricsPort", CONF_T_INT, NULL,
	    "port of the metrics; nothing "
	    "listens there yet" },
	{ "MaxConnections", CONF_T_INT, NULL, "connections at once [10000]" },
	{ "MaxConnectionsPerAddress", CONF_T_INT, NULL,
	    "from one address; "
	    "0: as MaxConnections [0]" },
	{ "HandshakeTimeout", CONF_T_INT, NULL,
	    "seconds for a TLS handshake [5]" },
	{ "MaxHandshakesPerAddress", CONF_T_INT, NULL,
	    "TLS handshakes of one address at once, further ones wait; 0: any "
	    "number [20]" },
	{ "MaxStrangersPerAddress", CONF_T_INT, NULL,
	    "of them, such as have not logged on; 0: any number [100]" },
	{ "ConnectionsPerSecondPerAddress", CONF_T_INT, NULL,
	    "new connections of an address; 0: any number [0]" },
	{ "MaxDynamicSessions", CONF_T_INT, NULL,
	    "sessions made from templates [1000]" },
	{ "StrangerTimeout", CONF_T_INT, NULL,
	    "seconds for a PROXY header, and for the whole Logon of a "
	    "connection, or from the end of its TLS handshake [5]" },
	{ "StrangerMaxBytes", CONF_T_BYTES, NULL,
	    "longest Logon, up to 16K [4K]" },
	{ "MaxQueuedBytes", CONF_T_BYTES, NULL,
	    "queued for a peer that reads "
	    "too slowly, then it is closed [16M]" },
	{ "DrainTimeout", CONF_T_INT, NULL,
	    "seconds for Logouts at the end "
	    "[10]" },
	{ "MaxClockError", CONF_T_INT, NULL,
	    "alert when the clock may be wrong by more microseconds; 0: never "
	    "[0]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};

static const struct conf_key api_keys[] = {
	{ "Listen", CONF_T_TEXT, NULL,
	    "address:port of API and console; "
	    "nothing listens there yet" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};

static const struct conf_key route_keys[] = {
	{ "Symbol", CONF_T_TEXT, NULL, "orders of this symbol [any]" },
	{ "SecurityExchange", CONF_T_TEXT, NULL, "with this tag 207 [any]" },
	{ "ExDestination", CONF_T_TEXT, NULL, "with this tag 100 [any]" },
	{ "Account", CONF_T_TEXT, NULL, "of this account [any]" },
	{ "Venue", CONF_T_TEXT, NULL, "go to this venue" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};

static const struct conf_key user_keys[] = {
	{ "Roles", CONF_T_TEXT, NULL,
	    "viewer, trader, risk_manager, strategy_developer, administrator, "
	    "super_admin [none]" },
	{ "Permissions", CONF_T_TEXT, NULL,
	    "more of them, as risk:kill_switch [none]" },
	{ "Denied", CONF_T_TEXT, NULL, "permissions it has not [none]" },
	{ "Scopes", CONF_T_TEXT, NULL,
	    "its own, as account NAME, trader NAME: it may stop those with "
	    "trading:execute, and may not re-arm them [none]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};

static const struct conf_key audit_keys[] = {
	{ "Name", CONF_T_TEXT, NULL,
	    "of the chain and of the key that signs it [fixgate]" },
	{ "Database", CONF_T_SECRET, NULL,
	    "PostgreSQL that gets a copy of the trail, as postgresql://... "
	    "[DATABASE_URL of the environment]" },
	{ "Witness", CONF_T_PATH, NULL,
	    "folder on another disk where each checkpoint is put, too" },
	{ "UnreadKeepDays", CONF_T_INT, NULL,
	    "days that journal files stay for an auditor that has not read "
	    "them [30]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};

static const struct conf_key witness_keys[] = {
	{ "Url", CONF_T_TEXT, NULL,
	    "of a C2SP tlog-witness that gets each checkpoint and cosigns it" },
	{ "Key", CONF_T_TEXT, NULL, "its public key, NAME+HEX+BASE64" },
	{ "CAFile", CONF_T_PATH, NULL,
	    "certificates that may vouch for its own, PEM [the system's]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};

static const struct conf_key *const session_tables[] = { session_keys,
	conf_reach, conf_deviations, conf_logon, conf_flow, conf_dropcopy,
	schedule_keys,
	conf_quickfix,
	NULL };
static const struct conf_key *const gateway_tables[] = { gateway_keys, NULL };
static const struct conf_key *const user_tables[] = { user_keys, NULL };
static const struct conf_key *const api_tables[] = { api_keys, NULL };
static const struct conf_key *const venue_tables[] = { conf_venue, NULL };
static const struct conf_key *const route_tables[] = { route_keys, NULL };
static const struct conf_key *const risk_tables[] = { conf_risk, NULL };
static const struct conf_key *const audit_tables[] = { audit_keys, NULL };
static const struct conf_key *const witness_tables[] = { witness_keys, NULL };
static const struct conf_key *const bus_tables[] = { conf_bus, NULL };
static const struct conf_key *const backup_tables[] = { conf_backup, NULL };
static const struct conf_key *const rest_tables[] = { conf_rest, NULL };
static const struct conf_key *const vault_tables[] = { conf_vault_keys, NULL };

static const struct conf_kind kinds[] = {
	{ "GATEWAY", gateway_tables, CONF_NAMELESS, true, false,
	    "the process: folder, durability, log" },
	{ "DEFAULT", session_tables, CONF_NAMELESS, true, false,
	    "what every SESSION and DROPCOPY has that does not say otherwise" },
	{ "SESSION", session_tables, CONF_MAY_BE_NAMED, false, true,
	    "a FIX session" },
	{ "DROPCOPY", session_tables, CONF_NAMED, true, true,
	    "a FIX session that gets copies of what clients get; the name is "
	    "its TargetCompID if none is set" },
	{ "VENUE", venue_tables, CONF_NAMED, true, false,
	    "a place where orders trade" },
	{ "ROUTE", route_tables, CONF_NAMELESS, false, false,
	    "which venue takes an order; the first that fits counts" },
	{ "RISK", risk_tables, CONF_NAMED, true, false,
	    "limits of firm, account NAME, group NAME, symbol NAME, class "
	    "NAME or session NAME" },
	{ "USER", user_tables, CONF_NAMED, true, false,
	    "what a local account may do with fixgate control and risk" },
	{ "API", api_tables, CONF_NAMELESS, true, false,
	    "the HTTP API and the console" },
	{ "AUDIT", audit_tables, CONF_NAMELESS, true, false,
	    "the audit trail" },
	{ "WITNESS", witness_tables, CONF_NAMED, true, false,
	    "who cosigns the audit trail's checkpoints" },
	{ "KEYS", rest_tables, CONF_NAMELESS, true, false,
	    "data at rest: the master key, and what it seals" },
	{ "BACKUP", backup_tables, CONF_NAMELESS, true, false,
	    "snapshots, and where they go" },
	{ "BUS", bus_tables, CONF_NAMED, true, false,
	    "where events are published: redis, rabbitmq or kafka" },
	{ "VAULT", vault_tables, CONF_NAMELESS, true, false,
	    "HashiCorp Vault, where secrets may come from" },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char *const type_names[] = {
	[CONF_T_TEXT] = "text",
	[CONF_T_BOOL] = "Y or N",
	[CONF_T_INT] = "number",
	[CONF_T_BYTES] = "bytes",
	[CONF_T_DEC] = "decimal",
	[CONF_T_WORD] = "word",
	[CONF_T_PATH] = "path",
	[CONF_T_TIME] = "time",
	[CONF_T_DAY] = "day",
	[CONF_T_SECRET] = "secret",
	[CONF_T_IGNORED] = "ignored",
};

_Static_assert(sizeof(type_names) / sizeof(type_names[0]) == CONF_N_TYPE,
    "every type has a name");

const char *
conf_type_name(enum conf_type t)
{
	return type_names[t];
}

const struct conf_kind *
conf_kind_at(unsigned i)
{
	return i < N_KINDS ? &kinds[i] : NULL;
}

const struct conf_kind *
conf_kind_named(const char *name)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (strcasecmp(kinds[i].kind, name) == 0)
			return &kinds[i];
	return NULL;
}

const struct conf_key *
conf_key_at(const struct conf_kind *k, unsigned i)
{
	for (unsigned t = 0; k->tables[t] != NULL; t++)
		for (unsigned j = 0; k->tables[t][j].name != NULL; j++)
			if (i-- == 0)
				return &k->tables[t][j];
	return NULL;
}

bool
conf_is_numbered(const struct conf_key *k)
{
	return k->words != NULL && strcmp(k->words, CONF_NUMBERED) == 0;
}

static bool
is_called(const struct conf_key *k, const char *name)
{
	size_t len = strlen(k->name), n;

	if (!conf_is_numbered(k))
		return strcasecmp(k->name, name) == 0;
	if (strncasecmp(k->name, name, len) != 0)
		return false;
	n = strspn(name + len, "0123456789");
	return n > 0 && n < 4 && name[len] != '0' && name[len + n] == '\0';
}

const struct conf_key *
conf_key_named(const struct conf_kind *k, const char *name)
{
	for (unsigned t = 0; k->tables[t] != NULL; t++)
		for (unsigned j = 0; k->tables[t][j].name != NULL; j++)
			if (is_called(&k->tables[t][j], name))
				return &k->tables[t][j];
	return NULL;
}

const char *
conf_known(const char *kind, unsigned i)
{
	const struct conf_kind *k = conf_kind_named(kind);
	const struct conf_key *key = k == NULL ? NULL : conf_key_at(k, i);

	return key == NULL ? NULL : key->name;
}
