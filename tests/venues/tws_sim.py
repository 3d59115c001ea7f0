#!/usr/bin/env python3
"""A TWS for tests: a process that speaks the TWS API, and strictly.

    tws_sim.py [--port N] [--version V] [--seed N] [--accounts A,B] [--slow-fee]
               [--duplicate] [--split] [--shuffle] [--read-only]

It prints "ready PORT CONTROL-PORT". A request whose fields are not exactly
those of its server version is answered with error 320 and counted as a fault
of the client. Orders meet a book of one price level each way, which the control
channel moves; how much of an order a level takes, and in which of the orders
that a real TWS uses answers come, is drawn from the seed. Orders, executions
and order ids survive all faults, as they do at IB.

The control channel takes a line and answers with a line of JSON:

    state                     everything that is known here
    price SYMBOL BID ASK      the market moves; what it reaches is filled
    cut                       every connection ends
    restart SECONDS           connections end, and nobody listens for a while
    hang SECONDS              nothing is read or said
    lost · back 1101|1102     the connection to IB
    reset N                   the operator resets the order ids to N
    by-hand SYMBOL QTY        a person has traded so much of it
    deposit AMOUNT            there is more in cash
    no-cash                   nothing more is said of it
    cancel REF                IB cancels an order by itself
    correct EXEC PRICE        an execution is corrected
    resend                    all executions are told again
"""
import argparse
import asyncio
import json
import random
import struct
import sys
import time
from decimal import Decimal

import tws_table as table
from tws_table import MAX_DBL, MAX_INT

RATE = 50
CONTRACTS = {  # conId: symbol, secType, exchange, primary, currency, bid, ask
    265598: ("AAPL", "STK", "NASDAQ", "185.00", "185.02"),
    272093: ("MSFT", "STK", "NASDAQ", "410.00", "410.05"),
    756733: ("SPY", "STK", "ARCA", "500.00", "500.01"),
}
TYPES = {"MKT", "LMT", "STP", "STP LMT", "MIT", "MTL", "MOC", "LOC",
         "TRAIL"}
TIFS = {"DAY", "GTC", "IOC", "FOK", "GTD", "OPG"}
PRICED = {"LMT", "STP LMT", "LOC"}
STOPS = {"STP", "STP LMT", "MIT"}
SHOWN = ("ORDER_TYPE", "AUX_PRICE", "TRAILING_PERCENT", "MIN_QTY",
         "DISPLAY_SIZE", "ALL_OR_NONE", "GOOD_AFTER_TIME")
DONE = {"Filled", "Cancelled", "Inactive"}


def text_of(d):
    """As Java writes a double or a Decimal: 189.5, 100."""
    d = Decimal(d)
    if d == d.to_integral_value():
        return str(int(d))
    return format(d.normalize(), "f")


class Order:
    def __init__(self, client, order_id, values, perm_id):
        self.client, self.id, self.perm_id = client, order_id, perm_id
        self.first = values  # contract, side, account stay
        self.filled = Decimal(0)
        self.paid = Decimal(0)
        self.last_px = "0"
        self.status, self.held = "PendingSubmit", ""
        self.changes, self.ending = 0, False
        self.set(values)

    def set(self, v):
        self.v = v
        self.qty = Decimal(v["TOTAL_QUANTITY"])
        self.type, self.tif = v["ORDER_TYPE"], v["TIF"] or "DAY"
        self.px = Decimal(v["LMT_PRICE"]) if self.type in PRICED else None
        self.stop = Decimal(v["AUX_PRICE"]) if self.type in STOPS else None
        if self.type == "TRAIL" and v["TRAIL_STOP_PRICE"]:
            self.stop = Decimal(v["TRAIL_STOP_PRICE"])

    def trail(self, bid, ask):
        """The stop of a trailing stop follows the market."""
        buy, v = self.v["ACTION"] == "BUY", self.v
        px = ask if buy else bid
        off = px * Decimal(v["TRAILING_PERCENT"]) / 100 if v[
            "TRAILING_PERCENT"] else Decimal(v["AUX_PRICE"])
        at = px + off if buy else px - off
        if self.stop is None or (at < self.stop if buy else at > self.stop):
            self.stop = at

    @property
    def left(self):
        return self.qty - self.filled

    @property
    def avg(self):
        return text_of(round(self.paid / self.filled, 8)) if self.filled \
            else "0"

    def json(self):
        return {"client": self.client, "id": self.id, "perm": self.perm_id,
                "ref": self.v["ORDER_REF"], "status": self.status,
                "side": self.v["ACTION"], "qty": text_of(self.qty),
                "type": self.type, "tif": self.tif,
                "price": None if self.px is None else text_of(self.px),
                "filled": text_of(self.filled), "account": self.v["ACCOUNT"],
                "conId": self.con_id, "changes": self.changes,
                "sent": {k: self.v[k] for k in SHOWN}}


class Sim:
    def __init__(self, args):
        self.args = args
        self.random = random.Random(args.seed)
        self.orders, self.execs = [], []
        self.next_ids, self.perm = {}, 3000000000
        self.market = {c: [Decimal(x[3]), Decimal(x[4])]
                       for c, x in CONTRACTS.items()}
        self.clients, self.faults = {}, []
        self.refs, self.placed = {}, 0
        self.by_hand = {}               # traded by a person
        self.cash = Decimal(1000000)
        self.asked = []                 # of what the account holds
        self.ib, self.hung = True, 0.0
        self.server = None

    # ----- telling -----

    def later(self, fn, *args):
        """In a moment; seldom in a longer one."""
        wait = self.random.choice((0, 0, 0.001, 0.004))
        asyncio.get_running_loop().call_later(wait, fn, *args)

    def tell(self, order, name, **values):
        c = self.clients.get(order.client)
        if c is not None:
            c.say(name, **values)

    def open_values(self, o):
        _, sec, primary, *_ = CONTRACTS[o.con_id]
        v = o.v
        return dict(
            ORDER_ID=o.id, CON_ID=o.con_id, SYMBOL=CONTRACTS[o.con_id][0],
            SEC_TYPE=sec, STRIKE="0", RIGHT="?", EXCHANGE="SMART",
            CURRENCY="USD", LOCAL_SYMBOL=CONTRACTS[o.con_id][0],
            TRADING_CLASS="NMS", ACTION=v["ACTION"],
            TOTAL_QUANTITY=text_of(o.qty), ORDER_TYPE=o.type,
            LMT_PRICE="0.0" if o.px is None else text_of(o.px),
            AUX_PRICE=(v["AUX_PRICE"] or MAX_DBL) if o.type == "TRAIL" else
            "0.0" if o.stop is None else text_of(o.stop),
            **({"TRAILING_PERCENT": v["TRAILING_PERCENT"] or MAX_DBL,
                "TRAIL_STOP_PRICE": text_of(o.stop)}
               if o.type == "TRAIL" and o.stop is not None else {}),
            TIF=o.tif, ACCOUNT=v["ACCOUNT"], ORIGIN="0",
            ORDER_REF=v["ORDER_REF"], CLIENT_ID=o.client, PERM_ID=o.perm_id,
            OUTSIDE_RTH="0", HIDDEN="0", DISCRETIONARY_AMT="0",
            SHARES_ALLOCATION=f"{o.perm_id}.{o.changes}/{v['ACCOUNT']}/100",
            GOOD_TILL_DATE=v["GOOD_TILL_DATE"], SHORT_SALE_SLOT="0",
            EXEMPT_CODE="-1", AUCTION_STRATEGY="0", DISPLAY_SIZE=MAX_INT,
            BLOCK_ORDER="0", SWEEP_TO_FILL="0", ALL_OR_NONE="0", OCA_TYPE="3",
            E_TRADE_ONLY="0", FIRM_QUOTE_ONLY="0", PARENT_ID="0",
            TRIGGER_METHOD="0", VOLATILITY_TYPE="0", DN_ORDER_TYPE="None",
            DN_CON_ID="0", DN_OPEN_CLOSE="?", DN_SHORT_SALE="0",
            DN_SHORT_SALE_SLOT="0", CONTINUOUS_UPDATE="0",
            REFERENCE_PRICE_TYPE="0", SCALE_INIT_LEVEL_SIZE=MAX_INT,
            SCALE_SUBS_LEVEL_SIZE=MAX_INT, OPT_OUT_SMART_ROUTING="0",
            CLEARING_INTENT="IB", NOT_HELD="0", DN_CONTRACT_PRESENT="0",
            SOLICITED="0", WHAT_IF="0", STATUS=o.status,
            **{k: MAX_DBL for k in (
                "INIT_MARGIN_BEFORE", "MAINT_MARGIN_BEFORE",
                "EQUITY_WITH_LOAN_BEFORE", "INIT_MARGIN_CHANGE",
                "MAINT_MARGIN_CHANGE", "EQUITY_WITH_LOAN_CHANGE",
                "INIT_MARGIN_AFTER", "MAINT_MARGIN_AFTER",
                "EQUITY_WITH_LOAN_AFTER", "TRIGGER_PRICE", "TRAIL_STOP_AGAIN",
                "LMT_PRICE_OFFSET", "ADJUSTED_STOP_PRICE",
                "ADJUSTED_STOP_LIMIT_PRICE", "ADJUSTED_TRAILING_AMOUNT")},
            RANDOMIZE_SIZE="0", RANDOMIZE_PRICE="0",
            ADJUSTED_ORDER_TYPE="None", ADJUSTABLE_TRAILING_UNIT="0",
            CASH_QTY="0", DONT_USE_AUTO_PRICE_FOR_HEDGE="1",
            IS_OMS_CONTAINER="0", DISCRETIONARY_UP_TO_LIMIT_PRICE="0",
            USE_PRICE_MGMT_ALGO="0", AUTO_CANCEL_PARENT="0",
            PROFESSIONAL_CUSTOMER="0", INCLUDE_OVERNIGHT="0",
            MANUAL_ORDER_INDICATOR=MAX_INT)

    def status_values(self, o):
        return dict(ORDER_ID=o.id, STATUS=o.status, FILLED=text_of(o.filled),
                    REMAINING=text_of(o.left), AVG_FILL_PRICE=o.avg,
                    PERM_ID=o.perm_id, PARENT_ID="0", LAST_FILL_PRICE=o.last_px,
                    CLIENT_ID=o.client, WHY_HELD=o.held, MKT_CAP_PRICE="0")

    def tell_open(self, o):
        self.tell(o, "OPEN_ORDER", **self.open_values(o))
        self.tell_status(o)

    def tell_status(self, o):
        times = self.random.choice((1, 2, 3)) if self.args.duplicate else 1
        for _ in range(times):
            self.tell(o, "ORDER_STATUS", **self.status_values(o))

    def error(self, client, id_, code, text):
        client.say("ERROR", ID=id_, CODE=code, TEXT=text)

    # ----- orders -----

    def place(self, c, v):
        order_id = int(v["ORDER_ID"])
        known = [o for o in self.orders
                 if o.client == c.id and o.id == order_id]
        why = self.refused(c, v)
        if why:
            if not known:
                self.use_id(c, order_id)
            self.error(c, order_id, *why)
        elif known:
            self.modify(c, known[0], v)
        elif order_id < self.next_ids.get(c.id, 1):
            self.error(c, order_id, 103, "Duplicate order id")
        else:
            self.use_id(c, order_id)
            self.perm += 1
            o = Order(c.id, order_id, v, self.perm)
            o.con_id = self.con_id(v)
            ref = (c.id, v["ORDER_REF"])
            if v["ORDER_REF"]:
                self.refs[ref] = self.refs.get(ref, 0) + 1
            self.orders.append(o)
            self.placed += 1
            self.later(self.accept, o)

    def use_id(self, c, order_id):
        self.next_ids[c.id] = max(self.next_ids.get(c.id, 1), order_id + 1)

    def con_id(self, v):
        for con, (symbol, sec, *_rest) in CONTRACTS.items():
            if v["CON_ID"] in (str(con),) or (
                    v["CON_ID"] in ("", "0") and v["SYMBOL"] == symbol and
                    v["SEC_TYPE"] in ("", sec)):
                return con
        return None

    def refused(self, c, v):
        if self.args.read_only:
            return 321, ("Error validating request: the API interface is "
                         "currently in Read-Only mode.")
        if int(v["ORDER_ID"]) <= 0:
            return 10149, "Invalid order id"
        if not v["EXCHANGE"] or self.con_id(v) is None:
            return 200, "No security definition has been found for the request"
        if v["ORDER_TYPE"] not in TYPES:
            return 321, "Error validating request: Invalid order type was entered"
        if (v["TIF"] or "DAY") not in TIFS:
            return 321, "Error validating request: Invalid time in force"
        if v["ACCOUNT"] not in self.args.accounts.split(","):
            return 321, "Error validating request: The account is not valid"
        if v["ACTION"] not in ("BUY", "SELL"):
            return 303, "Invalid action"
        if v["E_TRADE_ONLY"] == "1":
            return 10268, "The EtradeOnly order attribute is not supported."
        return self.bad_values(v)

    def bad_values(self, v):
        if not v["TOTAL_QUANTITY"] or Decimal(v["TOTAL_QUANTITY"]) <= 0:
            return 434, "The order size cannot be zero."
        if v["ORDER_TYPE"] == "TRAIL" and bool(v["AUX_PRICE"]) == bool(
                v["TRAILING_PERCENT"]):
            return 321, "Error validating request: one trailing offset"
        if int(v["MIN_QTY"] or 0) > Decimal(v["TOTAL_QUANTITY"]) or int(
                v["DISPLAY_SIZE"] or 0) > Decimal(v["TOTAL_QUANTITY"]):
            return 321, "Error validating request: more than the order"
        for field, types in (("LMT_PRICE", PRICED), ("AUX_PRICE", STOPS)):
            if v["ORDER_TYPE"] in types:
                if not v[field] or Decimal(v[field]) <= 0:
                    return 403, f"Invalid price {field}"
                if Decimal(v[field]) % Decimal("0.01"):
                    return 110, ("The price does not conform to the minimum "
                                 "price variation for this contract.")
        if v["TIF"] == "GTD" and not v["GOOD_TILL_DATE"]:
            return 391, "The time or time-zone entered is invalid."
        if Decimal(v["TOTAL_QUANTITY"]) >= 100000:
            return 201, ("Order rejected - reason:YOUR ORDER IS NOT ACCEPTED. "
                         "MINIMUM OF 18650000 USD REQUIRED.")
        return None

    def accept(self, o):
        if o.status != "PendingSubmit":
            return
        if o.type == "TRAIL":
            o.trail(*self.market[o.con_id])
        o.status = "PreSubmitted" if o.stop else self.random.choice(
            ("Submitted", "PreSubmitted", "Submitted"))
        o.held = "trigger" if o.stop else ""
        fast = self.marketable(o) and self.random.random() < 0.3
        if not (fast and self.args.shuffle):  # it may jump to Filled
            self.tell_open(o)
        if o.status == "PreSubmitted" and not o.stop:
            o.status = "Submitted"
            if not (fast and self.args.shuffle):
                self.tell_open(o)
        self.later(self.match, o)

    def modify(self, c, o, v):
        if o.status == "Filled":
            return self.error(c, o.id, 104, "Cannot modify a filled order.")
        if o.status in DONE:
            return self.error(c, o.id, 103, "Duplicate order id")
        if o.ending:
            return self.error(c, o.id, 201, "Order rejected - reason:it is "
                              "being canceled")
        same = ("ACTION", "ACCOUNT", "SYMBOL", "CON_ID")
        if any(v[k] != o.first[k] for k in same):
            return self.error(c, o.id, 105, "Order being modified does not "
                              "match original order")
        if Decimal(v["TOTAL_QUANTITY"]) < o.filled:
            return self.error(c, o.id, 201, "Order rejected - reason:size is "
                              "below what is filled")
        self.later(self.apply, c, o, v)

    def apply(self, c, o, v):
        if o.status in DONE or o.ending:
            return self.error(c, o.id, 104 if o.status == "Filled" else 201,
                              "Cannot modify a filled order.")
        if Decimal(v["TOTAL_QUANTITY"]) < o.filled:
            return self.error(c, o.id, 201, "Order rejected - reason:size is "
                              "below what is filled")
        o.set(v)
        o.changes += 1
        o.status = "PreSubmitted" if o.stop else "Submitted"
        if o.left == 0:
            o.status = "Filled"
        self.tell_open(o)
        self.tell_open(o)
        if o.left > 0:
            self.later(self.match, o)

    def cancel(self, c, order_id):
        if self.args.read_only:
            return self.error(c, order_id, 321, "Error validating request: the "
                              "API interface is currently in Read-Only mode.")
        found = [o for o in self.orders
                 if o.client == c.id and o.id == order_id]
        if not found:
            return self.error(c, order_id, 10147, f"OrderId {order_id} that "
                              "needs to be cancelled is not found.")
        o = found[0]
        if o.status in DONE:
            return self.error(c, order_id, 10148, f"OrderId {order_id} that "
                              "needs to be cancelled cannot be cancelled, "
                              f"state: {o.status}.")
        if self.random.random() < 0.7:
            o.status = "PendingCancel"
            self.tell_status(o)
        if self.random.random() < 0.2:
            self.match(o)  # a fill in between
        o.ending = True
        self.later(self.end, o, "Order Canceled - reason:")

    def end(self, o, text, status="Cancelled"):
        if o.status in DONE:
            return
        o.status, o.held, o.ending = status, "", False
        first = self.args.shuffle and self.random.random() < 0.3
        if not first:
            self.tell_status(o)
        if text is not None:
            self.tell(o, "ERROR", ID=o.id, CODE=202, TEXT=text)
        if first:
            self.tell_status(o)

    # ----- the market -----

    def marketable(self, o):
        bid, ask = self.market[o.con_id]
        if o.held == "trigger":
            return False
        if o.px is None:
            return o.tif != "OPG" and o.type not in ("MOC", "LOC")
        return o.px >= ask if o.v["ACTION"] == "BUY" else o.px <= bid

    def match(self, o):
        bid, ask = self.market[o.con_id]
        buy = o.v["ACTION"] == "BUY"
        if o.status in DONE or o.status == "PendingSubmit" or o.ending:
            return
        if o.held == "trigger":
            if o.type == "TRAIL":
                o.trail(bid, ask)
            if not (ask >= o.stop if buy == (o.type != "MIT") else
                    bid <= o.stop):
                return
            o.held, o.status = "", "Submitted"
            self.tell_open(o)
        if self.marketable(o):
            if o.tif != "FOK" and o.left > 1 and self.random.random() < 0.5:
                part = (o.left * self.random.choice((2, 4, 5)) / 10).quantize(
                    Decimal(1))
                self.fill(o, max(part, Decimal(1)), ask if buy else bid)
                if o.tif != "IOC":
                    return self.later(self.match, o)
            else:
                self.fill(o, o.left, ask if buy else bid)
        if o.status in DONE:
            return
        if o.tif == "FOK":
            self.end(o, None, "Inactive")
        elif o.tif == "IOC":
            o.status, o.ending = "PendingCancel", True
            self.tell_status(o)
            self.end(o, None)

    def fill(self, o, qty, px):
        qty = min(qty, o.left)
        o.filled += qty
        o.paid += qty * px
        o.last_px = text_of(px)
        if o.left == 0:
            o.status = "Filled"
        x = dict(order=o, no=len(self.execs) + 1, part=1, qty=qty, px=px,
                 cum=o.filled, avg=o.avg, fee=round(qty * Decimal("0.01"), 2),
                 time=time.strftime("%Y%m%d-%H:%M:%S", time.gmtime()))
        self.execs.append(x)
        self.cash -= x["fee"] + (qty if o.v["ACTION"] == "BUY" else -qty) * px
        says = [lambda: self.tell(o, "EXEC_DETAILS",
                                  **self.exec_values(x, "-1")),
                lambda: self.tell_status(o)]
        if self.args.shuffle and self.random.random() < 0.4:
            says.reverse()
        fee = lambda: self.tell_fee(self.clients.get(o.client), x)
        if self.args.slow_fee:
            asyncio.get_running_loop().call_later(0.3, fee)
        elif self.args.shuffle and self.random.random() < 0.2:
            says.insert(0, fee)
        else:
            says.append(fee)
        for say in says:
            say()
        self.tell_position(o.con_id)

    def tell_position(self, con):
        for c in self.clients.values():
            if c.positions:
                c.tell_position(con)

    @staticmethod
    def exec_id(x):
        return f"0000e0d5.{x['no']:08x}.01.{x['part']:02d}"

    def exec_values(self, x, req):
        o = x["order"]
        return dict(
            REQ_ID=req, ORDER_ID=o.id, CON_ID=o.con_id,
            SYMBOL=CONTRACTS[o.con_id][0], SEC_TYPE="STK", STRIKE="0.0",
            EXCHANGE="ISLAND", CURRENCY="USD",
            LOCAL_SYMBOL=CONTRACTS[o.con_id][0], TRADING_CLASS="NMS",
            EXEC_ID=self.exec_id(x), TIME=x["time"],
            ACCT_NUMBER=o.v["ACCOUNT"], EXCHANGE2="ISLAND",
            SIDE="BOT" if o.v["ACTION"] == "BUY" else "SLD",
            SHARES=text_of(x["qty"]), PRICE=text_of(x["px"]),
            PERM_ID=o.perm_id, CLIENT_ID=o.client, LIQUIDATION="0",
            CUM_QTY=text_of(x["cum"]), AVG_PRICE=x["avg"],
            ORDER_REF=o.v["ORDER_REF"], LAST_LIQUIDITY="2",
            PENDING_PRICE_REVISION="0")

    def tell_fee(self, c, x):
        if c is not None:
            c.say("COMMISSION_REPORT", EXEC_ID=self.exec_id(x),
                  COMMISSION=text_of(x["fee"]), CURRENCY="USD",
                  REALIZED_PNL=MAX_DBL, YIELD=MAX_DBL)

    def move(self, symbol, bid, ask):
        for con, row in CONTRACTS.items():
            if row[0] == symbol:
                self.market[con] = [Decimal(bid), Decimal(ask)]
                for c in list(self.clients.values()):
                    c.tell_ticks(con)
                for o in list(self.orders):
                    if o.con_id == con:
                        self.match(o)

    # ----- control -----

    def state(self):
        return {"orders": [o.json() for o in self.orders],
                "execs": [dict(id=self.exec_id(x), qty=text_of(x["qty"]),
                               px=text_of(x["px"]), ref=x["order"].v["ORDER_REF"],
                               order=x["order"].id)
                          for x in self.execs],
                "twice": [r[1] for r, n in self.refs.items() if n > 1],
                "log": self.asked, "faults": self.faults, "clients": sorted(self.clients),
                "next": self.next_ids}

    def cut(self):
        for c in list(self.clients.values()):
            c.close()

    async def restart(self, seconds):
        self.server.close()
        self.cut()
        await asyncio.sleep(seconds)
        await self.listen(self.port)

    def lost(self):
        self.ib = False
        for c in self.clients.values():
            self.error(c, -1, 1100, "Connectivity between IB and Trader "
                       "Workstation has been lost.")

    def back(self, code):
        self.ib = True
        for c in self.clients.values():
            if code == 1101:
                c.ticks.clear()  # subscriptions are lost
            self.error(c, -1, code, "Connectivity between IB and Trader "
                       "Workstation has been restored")

    def correct(self, exec_id, px):
        x = next(x for x in self.execs if self.exec_id(x) == exec_id)
        o = x["order"]
        more = (Decimal(px) - x["px"]) * x["qty"]
        o.paid += more
        self.cash -= more if o.v["ACTION"] == "BUY" else -more
        x["px"], x["part"], x["avg"] = Decimal(px), x["part"] + 1, o.avg
        self.tell(o, "EXEC_DETAILS", **self.exec_values(x, "-1"))

    async def command(self, words):
        name, *args = words
        if name == "price":
            self.move(*args)
        elif name == "cut":
            self.cut()
        elif name == "restart":
            await self.restart(float(args[0]))
        elif name == "hang":
            self.hung = time.monotonic() + float(args[0])
        elif name == "lost":
            self.lost()
        elif name == "back":
            self.back(int(args[0]))
        elif name == "reset":
            self.next_ids = {c: int(args[0]) for c in self.next_ids}
        elif name == "cancel":
            for o in self.orders:
                if o.v["ORDER_REF"] == args[0]:
                    self.end(o, "Order Canceled - reason:by IB")
        elif name == "by-hand":
            con = next(c for c, x in CONTRACTS.items() if x[0] == args[0])
            self.by_hand[con] = Decimal(args[1])
            self.tell_position(con)
        elif name == "no-cash":
            self.cash = None
        elif name == "deposit":
            self.cash += Decimal(args[0])
        elif name == "correct":
            self.correct(*args)
        elif name == "resend":
            for x in self.execs:
                self.tell(x["order"], "EXEC_DETAILS",
                          **self.exec_values(x, "-1"))
        elif name != "state":
            return {"error": f"unknown command {name}"}
        return self.state()

    async def control(self, reader, writer):
        while line := await reader.readline():
            try:
                answer = await self.command(line.decode().split())
            except Exception as e:  # pylint: disable=broad-except
                answer = {"error": f"{type(e).__name__}: {e}"}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    async def listen(self, port):
        self.server = await asyncio.start_server(
            lambda r, w: Client(self, r, w).run(), "127.0.0.1", port)
        self.port = self.server.sockets[0].getsockname()[1]


class Client:
    def __init__(self, sim, reader, writer):
        self.sim, self.reader, self.writer = sim, reader, writer
        self.id = self.version = None
        self.recent, self.ticks = [], {}
        self.closed = self.positions = False
        self.summaries = set()

    def close(self):
        self.closed = True
        if self.sim.clients.get(self.id) is self:
            del self.sim.clients[self.id]
        self.writer.transport.abort()

    def say(self, name, **values):
        if not self.closed and not self.writer.is_closing():
            self.put(table.write(self.version, name, **values))

    def put(self, frame):
        if self.sim.args.split and self.sim.random.random() < 0.2:
            cut = self.sim.random.randrange(1, len(frame))
            self.writer.write(frame[:cut])
            frame = frame[cut:]
        self.writer.write(frame)

    async def run(self):
        try:
            if await self.hello():
                while not self.closed:
                    await self.one()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            if not self.closed:
                self.close()

    async def hello(self):
        if await self.reader.readexactly(4) != b"API\0":
            return False
        n, = struct.unpack(">I", await self.reader.readexactly(4))
        if n > 64:
            return False
        offer = (await self.reader.readexactly(n)).decode().split(" ")[0]
        low, _, high = offer.lstrip("v").partition("..")
        self.version = min(int(high or low), self.sim.args.version)
        if self.version < int(low):
            return False
        p = (f"{self.version}\0" + time.strftime("%Y%m%d %H:%M:%S UTC") +
             "\0").encode()
        self.put(struct.pack(">I", len(p)) + p)
        return True

    async def one(self):
        n, = struct.unpack(">I", await self.reader.readexactly(4))
        if not 0 < n <= 0xffffff:
            raise OSError("a frame's length")
        payload = await self.reader.readexactly(n)
        while self.sim.hung > time.monotonic():
            await asyncio.sleep(0.02)
        self.pace()
        try:
            message, values = table.read(self.version, payload)
        except (table.Wrong, ValueError) as e:
            self.fault(f"{e}: {payload!r}")
            return self.say("ERROR", ID=-1, CODE=320,
                            TEXT=f"Error reading request: {e}")
        if self.id is None and message.name != "START_API":
            return self.fault(f"{message.name} before START_API")
        getattr(self, "on_" + message.name.lower())(values)

    def fault(self, text):
        self.sim.faults.append(text)
        print(text, file=sys.stderr, flush=True)

    def pace(self):
        now = time.monotonic()
        self.recent = [t for t in self.recent if t > now - 1] + [now]
        if len(self.recent) > RATE:
            self.fault(f"{len(self.recent)} messages in a second")
            self.say("ERROR", ID=-1, CODE=100, TEXT="Max rate of messages per "
                     "second has been exceeded")
            self.close()

    # ----- requests -----

    def on_start_api(self, v):
        client = int(v["CLIENT_ID"])
        if client in self.sim.clients:
            self.say("ERROR", ID=-1, CODE=326, TEXT="Unable to connect as the "
                     "client id is already in use.")
            self.writer.close()
            self.closed = True
            return
        self.id = client
        self.sim.clients[client] = self
        self.sim.next_ids.setdefault(client, 1)
        says = [lambda: self.say("ACCOUNTS", ACCOUNTS=self.sim.args.accounts),
                self.tell_next_id]
        if self.sim.random.random() < 0.5:
            says.reverse()
        for say in says:
            say()
            self.say("ERROR", CODE=2104,
                     TEXT="Market data farm connection is OK:usfarm")
        if not self.sim.ib:
            self.say("ERROR", CODE=1100, TEXT="Connectivity between IB and "
                     "Trader Workstation has been lost.")

    def tell_next_id(self):
        self.say("NEXT_VALID_ID", ORDER_ID=self.sim.next_ids[self.id])

    def on_req_ids(self, _v):
        self.tell_next_id()

    def on_req_accounts(self, _v):
        self.say("ACCOUNTS", ACCOUNTS=self.sim.args.accounts)

    def on_req_time(self, _v):
        self.say("TIME", SECONDS=int(time.time()))

    def on_set_log_level(self, _v):
        pass

    def on_req_market_rule(self, v):
        self.say("MARKET_RULE", RULE_ID=v["RULE_ID"],
                 INCREMENTS=[["0", "0.01"]])

    def on_req_contract(self, v):
        con = self.sim.con_id(v)
        if con is None:
            return self.say("ERROR", ID=v["REQ_ID"], CODE=200, TEXT="No "
                            "security definition has been found")
        symbol, sec, primary, *_ = CONTRACTS[con]
        self.say("CONTRACT", REQ_ID=v["REQ_ID"], SYMBOL=symbol, SEC_TYPE=sec,
                 STRIKE="0", EXCHANGE=v["EXCHANGE"], CURRENCY="USD",
                 LOCAL_SYMBOL=symbol, MARKET_NAME="NMS", TRADING_CLASS="NMS",
                 CON_ID=con, MIN_TICK="0.01",
                 ORDER_TYPES="ACTIVETIM,DAY,GTC,GTD,IOC,LIT,LMT,LOC,MIT,MKT,"
                 "MOC,MTL,STP,STPLMT,TRAIL,WHATIF", VALID_EXCHANGES="SMART",
                 PRICE_MAGNIFIER="1", UNDER_CON_ID="0", LONG_NAME=symbol,
                 PRIMARY_EXCH=primary, TIME_ZONE_ID="US/Eastern",
                 EV_MULTIPLIER="0", SEC_ID_LIST=[["ISIN", "US0378331005"]],
                 AGG_GROUP="1", MARKET_RULE_IDS="26", STOCK_TYPE="COMMON",
                 MIN_SIZE="1", SIZE_INCREMENT="1",
                 SUGGESTED_SIZE_INCREMENT="100")
        self.say("CONTRACT_END", REQ_ID=v["REQ_ID"])

    def on_place_order(self, v):
        if not self.sim.ib:
            return self.say("ERROR", ID=v["ORDER_ID"], CODE=504,
                            TEXT="Not connected")
        self.sim.place(self, v)

    def on_cancel_order(self, v):
        self.sim.cancel(self, int(v["ORDER_ID"]))

    def on_global_cancel(self, _v):
        for o in self.sim.orders:
            self.sim.end(o, "Order Canceled - reason:")

    def list_orders(self, mine):
        for o in self.sim.orders:
            if o.status not in DONE and (o.client == self.id or not mine):
                self.say("OPEN_ORDER", **self.sim.open_values(o))
                self.say("ORDER_STATUS", **self.sim.status_values(o))
        self.say("OPEN_ORDER_END")

    def on_req_open_orders(self, _v):
        self.list_orders(True)

    def on_req_all_open_orders(self, _v):
        self.list_orders(False)

    def on_req_auto_open_orders(self, _v):
        if self.id != 0:
            self.say("ERROR", CODE=327, TEXT="Only the default client (i.e 0) "
                     "can auto bind orders.")

    def on_req_executions(self, v):
        for x in self.sim.execs:
            o = x["order"]
            if v["CLIENT_ID"] in ("", "0", str(o.client)):
                self.say("EXEC_DETAILS", **self.sim.exec_values(x, v["REQ_ID"]))
                self.sim.tell_fee(self, x)
        self.say("EXECUTIONS_END", REQ_ID=v["REQ_ID"])

    def on_req_completed_orders(self, _v):
        for o in self.sim.orders:
            if o.status not in DONE:
                continue
            v = self.sim.open_values(o)
            names = {row.name for row in
                     table.ANSWERS["COMPLETED_ORDER"].rows}
            v = {k: x for k, x in v.items() if k in names}
            self.say("COMPLETED_ORDER", **{
                **v, "FILLED_QUANTITY": text_of(o.filled),
                "REF_FUTURES_CON_ID": MAX_INT, "SHAREHOLDER": "Not an insider",
                "IMBALANCE_ONLY": "0", "ROUTE_MARKETABLE_TO_BBO": "0",
                "PARENT_PERM_ID": "9223372036854775807",
                "COMPLETED_TIME": "20260413 16:00:00 US/Eastern",
                "COMPLETED_STATUS": "Cancelled by Trader"
                if o.status == "Cancelled" else o.status})
        self.say("COMPLETED_END")

    def position_of(self, con):
        done = self.sim.by_hand.get(con, Decimal(0))
        for o in self.sim.orders:
            if o.con_id == con:
                done += o.filled if o.v["ACTION"] == "BUY" else -o.filled
        return text_of(done)

    def tell_position(self, con):
        symbol, sec, primary, *_rest = CONTRACTS[con]
        self.say("POSITION", ACCOUNT=self.sim.args.accounts.split(",")[0],
                 CON_ID=con, SYMBOL=symbol, SEC_TYPE=sec, STRIKE="0.0",
                 EXCHANGE=primary, CURRENCY="USD", LOCAL_SYMBOL=symbol,
                 TRADING_CLASS="NMS", POSITION=self.position_of(con),
                 AVG_COST="0.0")

    def on_req_positions(self, _v):
        self.positions = True
        self.sim.asked.append("positions")
        for con in CONTRACTS:
            self.tell_position(con)
        self.say("POSITION_END")

    def on_cancel_positions(self, _v):
        self.positions = False

    def on_req_account_summary(self, v):
        if len(self.summaries) == 2 or v["REQ_ID"] in self.summaries:
            self.fault(f"too many account summaries: {v}")
            return self.say("ERROR", ID=v["REQ_ID"], CODE=322,
                            TEXT="Error processing request: Maximum number of "
                            "account summary requests exceeded")
        self.summaries.add(v["REQ_ID"])
        for tag in v["TAGS"].split(","):
            self.tell_summary(v["REQ_ID"], tag)
        self.say("ACCOUNT_SUMMARY_END", REQ_ID=v["REQ_ID"])

    def tell_summary(self, req, tag):
        rows = [(tag, "1000000.00", "USD")]
        if self.sim.cash is None:
            rows = []
        elif tag == "$LEDGER:ALL":
            rows = [(name, value, currency) for currency in ("BASE", "USD")
                    for name, value in (
                        ("Currency", currency), ("AccruedCash", "0.00"),
                        ("CashBalance", f"{self.sim.cash:.2f}"),
                        ("TotalCashBalance", f"{self.sim.cash:.2f}"))]
        for name, value, currency in rows:
            self.say("ACCOUNT_SUMMARY", REQ_ID=req, TAG=name, VALUE=value,
                     ACCOUNT=self.sim.args.accounts.split(",")[0],
                     CURRENCY=currency)

    def on_cancel_account_summary(self, v):
        self.summaries.discard(v["REQ_ID"])

    def on_req_account_updates(self, v):
        if v["SUBSCRIBE"] != "1":
            return
        self.say("ACCOUNT_VALUE", KEY="NetLiquidation", VALUE="1000000.00",
                 CURRENCY="USD", ACCOUNT=v["ACCOUNT"])
        for con, (symbol, sec, primary, *_rest) in CONTRACTS.items():
            self.say("PORTFOLIO", CON_ID=con, SYMBOL=symbol, SEC_TYPE=sec,
                     STRIKE="0", RIGHT="0", PRIMARY_EXCH=primary,
                     CURRENCY="USD", LOCAL_SYMBOL=symbol, TRADING_CLASS="NMS",
                     POSITION=self.position_of(con), MARKET_PRICE="1.0",
                     MARKET_VALUE="1.0", AVERAGE_COST="0.0",
                     UNREALIZED_PNL="0.0", REALIZED_PNL="0.0",
                     ACCOUNT=v["ACCOUNT"])
        self.say("ACCOUNT_TIME", TIME="15:27")
        self.say("ACCOUNT_END", ACCOUNT=v["ACCOUNT"])

    def on_req_mkt_data(self, v):
        con = self.sim.con_id(v)
        if con is None:
            return self.say("ERROR", ID=v["REQ_ID"], CODE=200, TEXT="No "
                            "security definition has been found")
        if v["REQ_ID"] in self.ticks:
            self.fault(f"market data asked for twice: {v}")
            return self.say("ERROR", ID=v["REQ_ID"], CODE=322,
                            TEXT="Duplicate ticker id")
        self.ticks[v["REQ_ID"]] = con
        self.tell_ticks(con)

    def on_cancel_mkt_data(self, v):
        self.ticks.pop(v["REQ_ID"], None)

    def tell_ticks(self, con):
        bid, ask = self.sim.market[con]
        for req, c in self.ticks.items():
            if c == con:
                for type_, px in (("1", bid), ("2", ask), ("4", ask)):
                    self.say("TICK_PRICE", REQ_ID=req, TICK_TYPE=type_,
                             PRICE=text_of(px), SIZE="100", ATTRIBS="0")
                self.say("TICK_SIZE", REQ_ID=req, TICK_TYPE="5", SIZE="100")


async def main():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--version", type=int, default=193)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--accounts", default="DU1234567")
    for flag in ("slow-fee", "duplicate", "split", "shuffle", "read-only"):
        p.add_argument("--" + flag, action="store_true")
    sim = Sim(p.parse_args())
    await sim.listen(sim.args.port)
    control = await asyncio.start_server(sim.control, "127.0.0.1", 0)
    print("ready", sim.port, control.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
