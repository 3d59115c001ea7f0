/*
 * Settings of venues. Rows as in conf_keys.c.
 */
#include <stddef.h>

#include "gateway/settings/conf_keys.h"

const struct conf_key conf_venue[] = {
	{ "Type", CONF_T_WORD, "sim|told|process|tws|binance|fix|alpaca|oanda",
	    "what kind of venue" },
	{ "Command", CONF_T_TEXT, NULL,
	    "of Type=process: the program that speaks "
	    "fixgate-venue-link(7)" },
	{ "Session", CONF_T_TEXT, NULL,
	    "of Type=fix: the initiator that speaks with it, by its "
	    "TargetCompID or as FIX.4.4:SENDER->TARGET" },
	{ "AccountMap", CONF_T_TEXT, NULL,
	    "and what our accounts are called there, OURS:THEIRS with commas; "
	    "* is any other, - none [the same]" },
	{ "HandlInst", CONF_T_WORD, "1|2|3|none",
	    "tag 21 of orders [1 up to FIX.4.3, later none]" },
	{ "ExDestination", CONF_T_TEXT, NULL, "tag 100 of orders [none]" },
	{ "SecurityExchange", CONF_T_TEXT, NULL, "tag 207 [none]" },
	{ "Fields", CONF_T_TEXT, NULL,
	    "more fields of orders and replaces, TAG=VALUE with commas "
	    "[none]" },
	{ "Reconcile", CONF_T_BOOL, NULL,
	    "when it has come up it takes only what reduces, until it has told "
	    "of every order that was live there [Y]" },
	{ "UnknownOrders", CONF_T_WORD, "reject|resend",
	    "an order in doubt that it does not know is rejected, or sent "
	    "once more with PossResend(97) [reject]" },
	{ "StatusRequests", CONF_T_WORD, "each|all",
	    "when it is back, its orders are asked for one by one, or by one "
	    "OrderMassStatusRequest(AF) [each]" },
	{ "DontKnow", CONF_T_WORD, "never|unknown",
	    "answer an execution of an order that nobody knows with 35=Q "
	    "[never]" },
	{ "AccountId", CONF_T_TEXT, NULL, "our account there" },
	{ "Host", CONF_T_TEXT, NULL,
	    "where TWS or IB Gateway runs [127.0.0.1]" },
	{ "Port", CONF_T_INT, NULL,
	    "7496 TWS, 7497 its paper account, 4001 IB Gateway, 4002 its paper "
	    "account [7497]" },
	{ "ClientId", CONF_T_INT, NULL,
	    "our id there, which owns our orders: never another [1]" },
	{ "MessagesPerSecond", CONF_T_INT, NULL,
	    "at most so many leave, of the 50 that TWS takes of all its "
	    "clients [45]" },
	{ "MarketData", CONF_T_BOOL, NULL,
	    "ask for last prices, as reference prices of risk [N]" },
	{ "ApiKey", CONF_T_SECRET, NULL, "our key there" },
	{ "ApiSecret", CONF_T_SECRET, NULL, "and what belongs to it" },
	{ "PrivateKey", CONF_T_SECRET, NULL,
	    "or its Ed25519 key, PEM, as file:PATH" },
	{ "RestUrl", CONF_T_TEXT, NULL,
	    "where requests go: https://HOST; http only on loopback" },
	{ "StreamUrl", CONF_T_TEXT, NULL,
	    "where events come from: wss://HOST/PATH, oanda: https://HOST; ws "
	    "and http only on loopback" },
	{ "MarketUrl", CONF_T_TEXT, NULL,
	    "where prices come from: wss://HOST [no reference prices]" },
	{ "CAFile", CONF_T_PATH, NULL,
	    "certificates that may vouch for the venue's, PEM [the system's]" },
	{ "RecvWindow", CONF_T_INT, NULL,
	    "milliseconds within which a request must arrive there [5000]" },
	{ "UnknownAfter", CONF_T_INT, NULL,
	    "milliseconds after which an order that the venue does not know "
	    "can't arrive any more [RecvWindow + 15000; alpaca, "
	    "oanda: 20000]" },
	{ "MaxOrderWait", CONF_T_INT, NULL,
	    "milliseconds that an order may wait for the venue's rate limit; "
	    "then it is refused [5000]" },
	{ "ReconcileInterval", CONF_T_INT, NULL,
	    "milliseconds between comparisons of orders, executions and "
	    "balances [30000; tws: 200000]" },
	{ "Prices", CONF_T_PATH, NULL, "file of symbols and prices" },
	{ "Symbols", CONF_T_TEXT, NULL,
	    "the same in place: SYMBOL PRICE [TICK "
	    "[SIZE [LEVELS]]], with commas between" },
	{ "Currency", CONF_T_TEXT, NULL,
	    "of Type=sim: what its symbols trade in; orders with another "
	    "Currency(15) are refused [not known: all with one are]" },
	{ "LatencyUs", CONF_T_INT, NULL, "microseconds to an answer [0]" },
	{ "RefillMs", CONF_T_INT, NULL,
	    "milliseconds until taken liquidity is "
	    "back [1000]" },
	{ "Seed", CONF_T_INT, NULL, "seed of all chance [1]" },
	{ "FaultLateAckMs", CONF_T_INT, NULL, "acknowledge so much later [0]" },
	{ "FaultFillBeforeAck", CONF_T_INT, NULL,
	    "one in n orders is filled "
	    "before it is acknowledged; 0: none [0]" },
	{ "FaultNoAck", CONF_T_INT, NULL, "one in n is never answered [0]" },
	{ "FaultDuplicateExec", CONF_T_INT, NULL,
	    "one in n executions is told "
	    "twice [0]" },
	{ "FaultReject", CONF_T_INT, NULL, "one in n orders is refused [0]" },
	{ "FaultDisconnect", CONF_T_INT, NULL,
	    "one in n orders takes the "
	    "venue down [0]" },
	{ "FaultDownMs", CONF_T_INT, NULL, "for so many milliseconds [1000]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};
