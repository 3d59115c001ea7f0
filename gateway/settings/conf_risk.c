/*
 * Settings of [RISK ...], by name, type and meaning; setup_risk.c and
 * setup_rules.c read them.
 */
#include <stddef.h>

#include "gateway/settings/conf_keys.h"

const struct conf_key conf_risk[] = {
	{ "MaxOrderQty", CONF_T_DEC, NULL, "largest quantity of an order" },
	{ "MaxOrderNotional", CONF_T_DEC, NULL,
	    "largest quantity times price" },
	{ "MaxLong", CONF_T_DEC, NULL, "largest position with all open buys" },
	{ "MaxShort", CONF_T_DEC, NULL,
	    "largest short position with all open "
	    "sells" },
	{ "MaxOpenOrders", CONF_T_DEC, NULL, "live orders at once" },
	{ "MaxOpenNotional", CONF_T_DEC, NULL, "their notional together" },
	{ "CollarPercent", CONF_T_DEC, NULL,
	    "how far a price may be from the "
	    "reference" },
	{ "OrdersPerSecond", CONF_T_DEC, NULL, "new and replace requests" },
	{ "OrderBurst", CONF_T_DEC, NULL,
	    "that may come at once "
	    "[OrdersPerSecond]" },
	{ "CancelsPerSecond", CONF_T_DEC, NULL,
	    "counted, never blocked "
	    "[unlimited]" },
	{ "Group", CONF_T_TEXT, NULL, "account: its [RISK group]" },
	{ "Class", CONF_T_TEXT, NULL, "symbol: its [RISK class]" },
	{ "TickSize", CONF_T_DEC, NULL, "symbol: step of prices [any]" },
	{ "LotSize", CONF_T_DEC, NULL, "symbol: step of quantities [any]" },
	{ "Multiplier", CONF_T_DEC, NULL, "symbol: contract multiplier [1]" },
	{ "OrdTypes", CONF_T_TEXT, NULL,
	    "that are allowed, of market, limit, stop, stop-limit, "
	    "market-on-close, limit-on-close, market-if-touched, "
	    "market-to-limit, pegged, trailing-stop [all]" },
	{ "TimesInForce", CONF_T_TEXT, NULL,
	    "that are allowed, of day, gtc, opening, ioc, fok, gtd [all]" },
	{ "FarPercent", CONF_T_DEC, NULL,
	    "how far a buy may be below the reference, a sell above it "
	    "[unlimited]" },
	{ "CollarTicks", CONF_T_DEC, NULL,
	    "how many ticks a price may be off the reference, for prices near "
	    "or below 0 [unlimited]" },
	{ "MaxVolumePercent", CONF_T_DEC, NULL,
	    "largest share of AverageDailyVolume [unlimited]" },
	{ "VolumeMissing", CONF_T_TEXT, NULL,
	    "of a symbol without AverageDailyVolume: refuse or pass [refuse]" },
	{ "DuplicateMax", CONF_T_DEC, NULL,
	    "orders alike within DuplicateWindow [unlimited]" },
	{ "DuplicateWindow", CONF_T_INT, NULL, "milliseconds [1000]" },
	{ "MaxExecutedOrders", CONF_T_DEC, NULL,
	    "account, session: orders executed until a person re-arms it "
	    "[unlimited]" },
	{ "ShortSales", CONF_T_TEXT, NULL,
	    "any; checked: a sale of more than is held must be marked short; "
	    "strict: and of less must not [any]" },
	{ "SelfTrade", CONF_T_TEXT, NULL,
	    "account, group, firm: may its orders meet each other? allow or "
	    "refuse [allow]" },
	{ "Traders", CONF_T_TEXT, NULL,
	    "any; known: a trader that an order names must have a "
	    "[RISK trader]; required: and it must name one [any]" },
	{ "SoftLimits", CONF_T_TEXT, NULL,
	    "refusals that a token of fixgate risk lifts, of quantity, "
	    "notional, collar, volume, duplicate [none]" },
	{ "Symbols", CONF_T_TEXT, NULL,
	    "trader: that it may trade, with those of Classes [all]" },
	{ "Classes", CONF_T_TEXT, NULL, "trader: see Symbols" },
	{ "Sides", CONF_T_TEXT, NULL,
	    "trader: of buy, sell, short, exempt [all]" },
	{ "Venues", CONF_T_TEXT, NULL, "trader: that its orders may go to [all]" },
	{ "MaxSymbols", CONF_T_DEC, NULL,
	    "trader: different ones in a day, UTC [unlimited]" },
	{ "MaxVenues", CONF_T_DEC, NULL, "trader: the same [unlimited]" },
	{ "PositionMode", CONF_T_TEXT, NULL,
	    "net, or conservative: of MaxLong and MaxShort, a short position "
	    "is no room for buys, nor a long one for sales [net]" },
	{ "MaxNet", CONF_T_DEC, NULL,
	    "worst sides at their references, with their signs [unlimited]" },
	{ "MaxGross", CONF_T_DEC, NULL, "and without [unlimited]" },
	{ "MaxTurnover", CONF_T_DEC, NULL,
	    "notional executed today and open, of both sides [unlimited]" },
	{ "MaxBought", CONF_T_DEC, NULL, "of buys [unlimited]" },
	{ "MaxSold", CONF_T_DEC, NULL, "of sales [unlimited]" },
	{ "MaxTradedQty", CONF_T_DEC, NULL,
	    "quantity executed today and open [unlimited]" },
	{ "MaxOrderToTrade", CONF_T_DEC, NULL,
	    "orders for each trade, less 1, of an account in a symbol, today "
	    "[unlimited]" },
	{ "MaxVolumeToTrade", CONF_T_DEC, NULL,
	    "the same by quantity [unlimited]" },
	{ "OrderToTradeMin", CONF_T_INT, NULL,
	    "orders before the ratios are looked at [0]" },
	{ "MaxCancelPercent", CONF_T_DEC, NULL,
	    "session: cancels of new orders; over it, no new ones "
	    "[unlimited]" },
	{ "CancelMin", CONF_T_INT, NULL,
	    "session: new orders before that is looked at [100]" },
	{ "CancelWindow", CONF_T_INT, NULL,
	    "session: seconds in which both are counted [60]" },
	{ "Cash", CONF_T_DEC, NULL,
	    "account: buys may cost what there is, with Credit" },
	{ "Credit", CONF_T_DEC, NULL, "account: on top of Cash [0]" },
	{ "FeePercent", CONF_T_DEC, NULL,
	    "account: of notional, reserved and paid [0]" },
	{ "MaxLoss", CONF_T_DEC, NULL,
	    "account, group, firm: loss of the day that halts it until a "
	    "person re-arms it [unlimited]" },
	{ "MaxDrawdown", CONF_T_DEC, NULL,
	    "the same, from the day's best [unlimited]" },
	{ "ReducingLoss", CONF_T_DEC, NULL,
	    "loss from which only what reduces may go [unlimited]" },
	{ "Alerts", CONF_T_BOOL, NULL,
	    "firm: tell when a limit is used to 70, 90 and 100 % [N]" },
	{ "LimitMaxAge", CONF_T_INT, NULL,
	    "firm: days after which limits that nobody has set anew are told; "
	    "0: never [365]" },
	{ "LimitIdleDays", CONF_T_INT, NULL,
	    "firm: days after which a limit is told of which less than 1 % was "
	    "used; 0: never [30]" },
	{ "NoTrade", CONF_T_TEXT, NULL, "account: symbols it may not trade" },
	{ "SellOnly", CONF_T_TEXT, NULL, "account: symbols it may only sell" },
	{ "Locates", CONF_T_TEXT, NULL,
	    "account: SYMBOL QUANTITY,... that it may sell short in a day" },
	{ "ShortExempt", CONF_T_BOOL, NULL,
	    "account: it may mark sales Side(54)=6 [N]" },
	{ "TickBands", CONF_T_TEXT, NULL,
	    "symbol: FROM-PRICE TICK,... instead of TickSize" },
	{ "AverageDailyVolume", CONF_T_DEC, NULL,
	    "symbol: what MaxVolumePercent is a share of" },
	{ "RangeWindow", CONF_T_INT, NULL,
	    "symbol: seconds in which prices may span RangeTicks [0]" },
	{ "RangeTicks", CONF_T_DEC, NULL, "symbol: see RangeWindow" },
	{ "Active", CONF_T_BOOL, NULL,
	    "symbol: N: orders are refused as for one that is not known [Y]" },
	{ "Expires", CONF_T_TEXT, NULL,
	    "symbol: time in UTC, YYYYMMDD-HH:MM:SS, from which it is the same "
	    "[never]" },
	{ "Restriction", CONF_T_TEXT, NULL,
	    "symbol: none, sell-only or no-trade, for every account [none]" },
	{ "Shortable", CONF_T_TEXT, NULL,
	    "symbol: never, easy, or located by the account's Locates "
	    "[never]" },
	{ "StartTime", CONF_T_TIME, NULL,
	    "symbol, class: orders come from then on, by TimeZone; with the "
	    "keys below, as of a session [always]" },
	{ "EndTime", CONF_T_TIME, NULL,
	    "symbol, class: and before then [StartTime]" },
	{ "StartDay", CONF_T_DAY, NULL,
	    "symbol, class: weekly: day of StartTime" },
	{ "EndDay", CONF_T_DAY, NULL, "symbol, class: weekly: day of EndTime" },
	{ "Weekdays", CONF_T_TEXT, NULL,
	    "symbol, class: days on which it opens [all]" },
	{ "TimeZone", CONF_T_TEXT, NULL,
	    "symbol, class: zone of these times, a name of tzdata [UTC]" },
	{ "Calendar", CONF_T_TEXT, NULL,
	    "symbol, class: files, with commas, of dates that are closed or "
	    "shorter" },
	{ "ClosedTimesInForce", CONF_T_TEXT, NULL,
	    "symbol, class: TimesInForce that the venue queues while it is "
	    "closed, and are taken then, too [none]" },
	{ "ExchangeLimits", CONF_T_TEXT, NULL,
	    "firm: external: exchanges see to their own; stated: without "
	    "[RISK exchange ...] of its scopes an order is blocked "
	    "[external]" },
	{ "ClearingLimits", CONF_T_TEXT, NULL,
	    "firm: the same of the clearing member [external]" },
	{ "ReferenceMaxAge", CONF_T_INT, NULL,
	    "firm: seconds until a "
	    "reference price is too old; 0: never [0]" },
	{ NULL, CONF_T_TEXT, NULL, NULL },
};
