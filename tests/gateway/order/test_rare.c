/*
 * Orders that are not plain: kinds that a venue takes or not, how they are told,
 * what of them a replace may change, and what risk makes of them. The reference
 * price is 100, and so is what every price of the scripts is compared with.
 */
#include "tests/gateway/order/scenario.h"

#define TAKES                                                                  \
	"K J:016 K:0 5:0 B:0 Pa:01 PR:1 PP:1 PM:1 1:27 2:27 110:12 111:2 "      \
	"152:1 77:2 18=6:2P 18=G:2\n"
#define REFUSED(kind, text)                                                    \
	"> D X 100 " kind "\n42|< 8 X 8/8 100 0 0 103=0 58=" text "\n"          \
	"4+|< 8 X 8/8 100 0 0 103=11 58=" text "\n"
#define TAKEN(kind, sent, told)                                                \
	TAKES "> D X 100 " kind "\n= D 100 " sent                               \
	      "\nV ack\n< 8 X 0/0 100 0 100 " told "\n"

static const struct scenario scenarios[] = {
	{ "market if touched", TAKEN("type=J stop=9", "99=9", "99=9") },
	{ "market if touched, where Price says it",
	    TAKEN("type=J @9", "99=9", "99=9") },
	{ "market to limit", TAKEN("type=K", "44=0", "") },
	{ "market on close", TAKEN("type=5", "", "") },
	{ "limit on close", TAKEN("type=B @9", "44=9", "44=9") },
	{ "at the opening, at the close",
	    TAKES "> D X 100 tif=2\n= D 100\nV ack\n< 8 X 0/0 100 0 100\n"
		  "> D Y 100 tif=7 type=1\n= D 100\nV ack\n"
		  "< 8 Y 0/0 100 0 100\n" },
	{ "participate, don't initiate",
	    TAKEN("inst=6", "18=6", "18=6") },
	{ "all or none", TAKEN("inst=G", "18=G", "18=G") },
	{ "MinQty and MaxFloor",
	    TAKEN("110=10 111=20", "110=10 111=20", "110=10 111=20") },
	{ "DisplayQty is MaxFloor", TAKEN("1138=20", "111=20", "111=20") },
	{ "PositionEffect", TAKEN("77=C", "77=C", "77=C") },
	{ "trailing stop, in prices",
	    TAKES "> D X 100 type=P inst=a 211=2\n= D 100 18=a 211=2 836=0\n"
		  "V ack\n42|< 8 X 0/0 100 0 100 18=a 211=2\n"
		  "44|< 8 X 0/0 100 0 100 18=a 211=2 836=0\n"
		  "50|< 8 X 0/0 100 0 100 1094=8 211=2 836=0\n" },
	{ "trailing stop, by PegPriceType and in hundredths of a percent",
	    TAKES "> D X 100 type=P 1094=8 211=150 836=1\n"
		  "= D 100 18=a 211=150 836=1\nV ack\n< 8 X 0/0 100 0 100\n" },
	{ "peg to the near side with a limit",
	    TAKES "> D X 100 type=P inst=R tif=1 @99\n= D 100 18=R 44=99\n"
		  "V ack\n< 8 X 0/0 100 0 100 44=99\n" },
	{ "an amount, and its quantity with the first execution",
	    TAKES "> D X type=1 152=1900\n= D 20 152=1900\nV ack\n"
		  "< 8 X 0/0 - 0 20 152=1900\nV fill 5 38=15 @100\n"
		  "< 8 X F/1 15 5 10 5 152=1900\nV fill 10 @100\n"
		  "< 8 X F/2 15 15 0 10\n" },
	{ "an amount that buys more than was thought",
	    TAKES "> D X type=1 152=1900\nV ack\n< 8 X 0/0 - 0 20\n"
		  "V fill 25 @80\n< 8 X F/2 - 25 0 25\n" },
	{ "the fee of an execution is its Commission",
	    "> D X 100\nV ack\n< 8 X 0/0 100 0 100 12=0\nV fill 10 fee=0.25\n"
	    "42|< 8 X F/1 100 10 90 10 12=0.25 13=3 479=\n"
	    "4+|< 8 X F/1 100 10 90 10 12=0.25 13=3 479=USD\n"
	    "V fill 10\n< 8 X F/1 100 20 80 10 12=0 13=\n" },
	{ "extended hours, where the venue has them",
	    "K 336:2\n> D X 100 336=EXTENDED\n= D 100 336=X\nV ack\n"
	    "< 8 X 0/0 100 0 100\n> G Y,X 100\n< 9 Y,X 0 2/2\n"
	    "> G Z,X 90 336=EXTENDED\n= G 90 336=X\n< 8 Z,X E/E 100 0 100\n"
	    "V replaced\n42|< 8 Z,X 5/5 90 0 90\n4+|< 8 Z,X 5/0 90 0 90\n" },
	{ "where it has none, and of a type that has none",
	    REFUSED("336=EXTENDED", "TradingSessionID(336)") "K 336:2\n"
	    "> D Y 100 type=1 336=EXTENDED\n42|< 8 Y 8/8 100 0 0 58=336\n"
	    "4+|< 8 Y 8/8 100 0 0 58=336\n" },
	{ "another session than the regular one",
	    "K 336:2\n" REFUSED("336=6", "TradingSessionID(336)") },
	{ "the regular session", "> D X 100 336=1\n= D 100 336=\n" },
	{ "a currency, where the venue knows that of the symbol",
	    "K 15:2\n> D X 100 15=USD\n= D 100 15=USD\nV ack\n"
	    "< 8 X 0/0 100 0 100\n> G Y,X 90 15=EUR\n< 9 Y,X 0 2/2\n"
	    "> G Z,X 90\n= G 90 15=USD\n< 8 Z,X E/E 100 0 100\n" },
	{ "a currency, where it does not", REFUSED("15=USD", "Currency(15)") },
	{ "a currency longer than any",
	    "K 15:2\n" REFUSED("15=USDUSDUSD", "Currency(15)") },
	{ "a limit that the type does not have",
	    REFUSED("type=1 @10", "Price(44)") },
	{ "and one of a stop order", REFUSED("type=3 stop=9 @10", "Price(44)") },
	{ "and beside where market-if-touched touches",
	    TAKES REFUSED("type=J stop=9 @9", "Price(44)") },
	{ "no limit said as 0", "> D X 100 type=1 @0\n= D 100 44=0\n" },
	{ "a stop that the type does not have",
	    REFUSED("stop=9", "StopPx(99)") },
	{ "an expiry without good till date",
	    REFUSED("432=20300101", "ExpireDate(432)") },
	{ "an amount beside a quantity",
	    TAKES REFUSED("type=1 152=1900", "CashOrderQty(152)") },
	{ "two that say what is shown",
	    TAKES REFUSED("111=20 1138=30", "MaxFloor(111)") },
	{ "a field that would be lost",
	    REFUSED("lost", "SettlDate(64)")
	    "> D Y 100\nV ack\n< 8 Y 0/0 100 0 100\n> G Z,Y 90 lost\n"
	    "42|< 9 Z,Y 0 2/2 58=SettlDate(64)\n"
	    "4+|< 9 Z,Y 0 99/2 58=SettlDate(64)\n= D\n= -\n" },
	{ "a fee that is told behind its execution, once",
	    "> D X 100\nV ack\n< 8 X 0/0 100 0 100\nV fill 10 =E\n"
	    "< 8 X F/1 100 10 90 10\n"
	    "V fee ref=E fee=0.25\n"
	    "42|< 8 X I/1 100 10 90 12=0.25 13=3 58=FEE\n"
	    "4+|< 8 X I/1 100 10 90 12=0.25 13=3 479=USD 58=FEE\n"
	    "V fee ref=E fee=0.25\n" },
	{ "a kind that the venue does not take",
	    REFUSED("type=J stop=9", "OrdType(40)=J:") },
	{ "a time in force that it does not take",
	    "K J:016\n" REFUSED("type=J stop=9 tif=3", "TimeInForce(59)=3") },
	{ "a field with a type that it does not take it with",
	    TAKES REFUSED("type=1 111=5", "MaxFloor(111)") },
	{ "a peg without its type", TAKES REFUSED("inst=a", "peg") },
	{ "type P without a peg", TAKES REFUSED("type=P", "MISSING") },
	{ "a trailing stop without an offset",
	    TAKES REFUSED("type=P inst=a", "PegOffsetValue(211)") },
	{ "two pegs", TAKES REFUSED("type=P inst=aR 211=1", "ExecInst(18)") },
	{ "an offset without a peg", TAKES REFUSED("211=1", "211") },
	{ "a hidden order", TAKES REFUSED("111=0", "MaxFloor(111)") },
	{ "an amount of a limit order",
	    TAKES "> D X 152=100\n42|< 8 X 8/8 - 0 0 103=0 58=152\n"
		  "4+|< 8 X 8/8 - 0 0 103=11 58=152\n" },
	{ "more to show than there is",
	    TAKES "> D X 100 111=101\n42|< 8 X 8/8 100 0 0 103=0 58=QUANTITY\n"
		  "4+|< 8 X 8/8 100 0 0 103=13 58=QUANTITY\n" },
	{ "what can't rest can't be only that",
	    TAKES REFUSED("inst=6 tif=3", "ExecInst(18)=6") },
	{ "a trailing stop beyond the collar",
	    TAKES "> D X 100 type=P inst=a 211=2000\n"
		  "< 8 X 8/8 100 0 0 58=COLLAR\n" },
	{ "a replace may change what is shown and the offset",
	    TAKES "> D X 100 111=20\n= D 100 111=20\nV ack\n"
		  "< 8 X 0/0 100 0 100 111=20\n> G Y,X 100 111=10\n"
		  "= G 100 111=10\n< 8 Y,X E/E 100 0 100 111=20\n"
		  "V replaced\n42|< 8 Y,X 5/5 100 0 100 111=10\n"
		  "4+|< 8 Y,X 5/0 100 0 100 111=10\n" },
	{ "what a replace leaves out is none",
	    TAKES "> D X 100 inst=6\n= D 100 18=6\nV ack\n"
		  "< 8 X 0/0 100 0 100 18=6\n> G Y,X 100 @9\n= G 100 18=\n"
		  "< 8 Y,X E/E 100 0 100\nV replaced\n"
		  "42|< 8 Y,X 5/5 100 0 100 18=\n4+|< 8 Y,X 5/0 100 0 100 18=\n" },
	{ "a replace that waits keeps its terms",
	    TAKES "> D X 100 111=20\n= D 100\nV ack\n< 8 X 0/0 100 0 100\n"
		  "> G Y,X 100 111=10\n= G 100 111=10\n"
		  "< 8 Y,X E/E 100 0 100\n> G Z,Y 100 111=5\n= -\n"
		  "V replaced\n42|< 8 Y,X 5/5 100 0 100\n"
		  "4+|< 8 Y,X 5/0 100 0 100\n= G 100 111=5\n"
		  "< 8 Z,Y E/E 100 0 100 111=10\n" },
	{ "a replace can't change the position, a peg, an amount",
	    TAKES "> D X 100 77=C\nV ack\n< 8 X 0/0 100 0 100\n"
		  "> G Y,X 100\n< 9 Y,X 0 2/2\n"
		  "> D P 100 type=P inst=R tif=1\nV ack\n< 8 P 0/0 100 0 100\n"
		  "> G Q,P 100 type=P inst=P tif=1\n< 9 Q,P 0 2/2\n"
		  "> D A type=1 152=950\nV ack\n< 8 A 0/0 - 0 10\n"
		  "> G B,A type=1 152=95\n< 9 B,A 0 2/2\n" },
	{ "a replace to a kind that the venue does not take",
	    "K J:01\n> D X 100 type=J stop=9\nV ack\n< 8 X 0/0 100 0 100\n"
	    "> G Y,X 100 type=K\n42|< 9 Y,X 0 2/2\n4+|< 9 Y,X 0 99/2\n= D\n"
	    "= -\n" },
};

int
main(void)
{
	return scenario_main("orders that are not plain", scenarios,
	    sizeof(scenarios) / sizeof(scenarios[0]));
}
