"""Binance Spot's book, account and rules, without sockets: what binance_sim.py
serves. Written after the venue's documentation; strict where it is strict."""
import hashlib
import hmac
import json
import random
import re
import time
from decimal import ROUND_DOWN, Decimal
from urllib.parse import parse_qsl

D = Decimal
ID = re.compile(r"^[a-zA-Z0-9-_]{1,36}$")
NUMBER = re.compile(r"^([0-9]{1,20})(\.[0-9]{1,20})?$")
LIVE = ("NEW", "PARTIALLY_FILLED")
SYMBOLS = {"BTCUSDT": ("BTC", "USDT", "60000"),
           "ETHUSDT": ("ETH", "USDT", "3000")}
TYPES = ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT",
         "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"]


class Refused(Exception):
    def __init__(self, status, code, msg, data=None):
        self.status, self.body = status, {"code": code, "msg": msg}
        if data is not None:
            self.body["data"] = data


def text(d):
    return f"{D(d):.8f}"


class Order:
    def __init__(self, p, symbol, oid, cid, now):
        self.p, self.symbol, self.id, self.cid = p, symbol, oid, cid
        self.first = cid
        self.side, self.type = p["side"], p["type"]
        self.tif = p.get("timeInForce", "GTC")
        self.amount = D(p.get("quoteOrderQty", "0"))
        self.qty = D(p.get("quantity", "0"))
        self.iceberg = D(p.get("icebergQty", "0"))
        self.price = D(p.get("price", "0"))
        self.stop = D(p.get("stopPrice", "0"))
        self.cum = self.quote = D(0)
        self.status, self.reason, self.time = "NEW", None, now
        self.working = "STOP" not in self.type and "TAKE" not in self.type

    def common(self):
        return {"symbol": self.symbol, "orderId": self.id, "orderListId": -1,
                "clientOrderId": self.cid, "price": text(self.price),
                "origQty": text(self.qty), "executedQty": text(self.cum),
                "origQuoteOrderQty": text(self.amount),
                "cummulativeQuoteQty": text(self.quote),
                "status": self.status, "timeInForce": self.tif,
                "type": self.type, "side": self.side,
                "selfTradePreventionMode": "EXPIRE_MAKER",
                **({"expiryReason": self.reason} if self.reason else {})}

    def shown(self):
        return {**self.common(), "stopPrice": text(self.stop),
                "icebergQty": text(self.iceberg), "time": self.time,
                "updateTime": self.time, "isWorking": self.working,
                "workingTime": self.time}


class Exchange:
    """The book and the account; no sockets."""

    def __init__(self, args):
        self.key, self.secret = args.key, args.secret
        self.rnd = random.Random(args.seed)
        self.skew = 0
        self.orders, self.trades, self.events = [], [], []
        self.next_order, self.next_trade, self.next_exec = 28, 56, 8641985
        self.halted, self.lie = None, {}
        self.mid = {s: D(v[2]) for s, v in SYMBOLS.items()}
        self.free = {"BTC": D(1000), "ETH": D(10000), "USDT": D(10) ** 9}
        self.locked = {k: D(0) for k in self.free}
        self.amends = {}
        self.order_limit, self.ordered = 160000, 0  # a day

    def now(self):
        return int(time.time() * 1000) + self.skew

    # --- requests in general ---

    def check_key(self, headers):
        key = headers.get("x-mbx-apikey", "")
        if not key:
            raise Refused(401, -2014, "API-key format invalid.")
        if key != self.key:
            raise Refused(401, -2015,
                          "Invalid API-key, IP, or permissions for action.")

    def check_time(self, p):
        if not p.get("timestamp", "").isdigit():
            raise Refused(400, -1102, "Mandatory parameter 'timestamp' was "
                          "not sent, was empty/null, or malformed.")
        stamp = int(p["timestamp"])
        if stamp > 10 ** 14:
            stamp //= 1000
        window = float(p.get("recvWindow", "5000"))
        if window > 60000:
            raise Refused(400, -1131, "recvWindow must be less than 60000.")
        now = self.now()
        if stamp >= now + 1000:
            raise Refused(400, -1021, "Timestamp for this request was 1000ms "
                          "ahead of the server's time.")
        if now - stamp > window:
            raise Refused(400, -1021, "Timestamp for this request is outside "
                          "of the recvWindow.")

    def sign(self, payload):
        return hmac.new(self.secret.encode(), payload.encode(),
                        hashlib.sha256).hexdigest()

    def signed(self, headers, query, body):
        """Over query and body exactly as they came."""
        self.check_key(headers)
        parts = []
        for raw in (query, body):
            parts.append("&".join(x for x in raw.split("&")
                                  if not x.startswith("signature=")))
        names = parse_qsl(body) + parse_qsl(query)
        p = dict(names)
        if not hmac.compare_digest(p.pop("signature", "").lower(),
                                   self.sign("".join(parts))):
            raise Refused(400, -1022,
                          "Signature for this request is not valid.")
        self.check_time(p)
        return p

    def need(self, p, *names):
        for n in names:
            if not p.get(n):
                raise Refused(400, -1102, f"Mandatory parameter '{n}' was not "
                              "sent, was empty/null, or malformed.")

    def symbol(self, p):
        self.need(p, "symbol")
        if p["symbol"] not in SYMBOLS:
            raise Refused(400, -1121, "Invalid symbol.")
        return p["symbol"]

    # --- what the account has ---

    def move(self, order, qty, price, sign):
        """Lock (sign 1) or unlock the money of an order."""
        base, quote, _ = SYMBOLS[order.symbol]
        asset, much = ((quote, qty * price) if order.side == "BUY"
                       else (base, qty))
        self.free[asset] -= sign * much
        self.locked[asset] += sign * much

    def rate(self, order):
        return order.price or self.mid[order.symbol] * D("1.01")

    def emit_account(self, symbol):
        base, quote, _ = SYMBOLS[symbol]
        now = self.now()
        self.events.append({
            "e": "outboundAccountPosition", "E": now, "u": now,
            "B": [{"a": a, "f": text(self.free[a]), "l": text(self.locked[a])}
                  for a in (base, quote)]})

    # --- events ---

    def emit(self, o, x, **more):
        now = self.now()
        self.next_exec += self.rnd.randrange(1, 6)
        e = {"e": "executionReport", "E": now, "s": o.symbol, "c": o.cid,
             "S": o.side, "o": o.type, "f": o.tif, "q": text(o.qty),
             "p": text(o.price), "P": text(o.stop), "F": text(o.iceberg), "g": -1,
             "C": "", "x": x, "X": o.status, "r": "NONE", "i": o.id,
             "l": text(0), "z": text(o.cum), "L": text(0), "n": "0",
             "N": None, "T": now, "t": -1, "I": self.next_exec,
             "w": o.working and o.status in LIVE, "m": False, "M": False,
             "O": o.time, "Z": text(o.quote), "Y": text(0), "Q": text(o.amount),
             "V": "EXPIRE_MAKER", **more}
        self.events.append(e)

    # --- matching with the house: 1 tick around the middle ---

    def match(self, o, part=None):
        mid = self.mid[o.symbol]
        buys = o.side == "BUY"
        at = mid + (D("0.01") if buys else -D("0.01"))
        left = o.qty - o.cum
        if o.status not in LIVE or not o.working or left <= 0:
            return
        if o.price and (o.price < at if buys else o.price > at):
            return
        pieces = [left]
        step = D("0.00001")
        if left >= 2 * step and self.rnd.random() < 0.5:
            first = (left * D(self.rnd.randrange(1, 9)) / 10) // step * step
            if first > 0:
                pieces = [first, left - first]
        if part is not None:
            pieces = [part]
        for qty in pieces:
            self.trade(o, qty, at)

    def trade(self, o, qty, px):
        base, quote, _ = SYMBOLS[o.symbol]
        self.move(o, qty, self.rate(o), -1)
        if o.side == "BUY":
            self.free[quote] -= qty * px
            self.free[base] += qty
            fee, asset = qty / 1000, base
        else:
            self.free[base] -= qty
            self.free[quote] += qty * px
            fee, asset = qty * px / 1000, quote
        fee = fee.quantize(D("1e-8"), ROUND_DOWN)
        self.free[asset] -= fee
        o.cum += qty
        o.quote += qty * px
        o.status = "FILLED" if o.cum == o.qty else "PARTIALLY_FILLED"
        t = {"symbol": o.symbol, "id": self.next_trade, "orderId": o.id,
             "orderListId": -1, "price": text(px), "qty": text(qty),
             "quoteQty": text(qty * px), "commission": text(fee),
             "commissionAsset": asset, "time": self.now(),
             "isBuyer": o.side == "BUY", "isMaker": False,
             "isBestMatch": True}
        self.next_trade += 1
        self.trades.append(t)
        self.emit(o, "TRADE", l=text(qty), L=text(px), n=text(fee), N=asset,
                  t=t["id"], Y=text(qty * px))
        self.emit_account(o.symbol)

    def fill(self, part):
        """Somebody trades with a part of what rests, of orders that have
        more: part of one is "0.1" of what is left, or more."""
        step = D("0.00001")
        for o in reversed(self.orders):
            qty = ((o.qty - o.cum) * D(part)) // step * step
            if o.status in LIVE and o.working and 0 < qty:
                self.trade(o, qty, o.price or self.mid[o.symbol])
                return

    def finish(self, o, status, x, reason=None, **more):
        self.move(o, o.qty - o.cum, self.rate(o), -1)
        o.status, o.reason = status, reason
        if reason:
            more["eR"] = reason
        self.emit(o, x, **more)
        self.emit_account(o.symbol)

    def set_price(self, px):
        for s in self.mid:
            self.mid[s] = D(SYMBOLS[s][2]) * D(px) / D(SYMBOLS["BTCUSDT"][2])
        for o in list(self.orders):
            if o.status in LIVE:
                self.match(o)

    # --- new orders ---

    def number(self, p, name):
        if name not in p:
            return None
        if not NUMBER.match(p[name]):
            raise Refused(400, -1100, f"Illegal characters found in parameter "
                          f"'{name}'; legal range is "
                          "'^([0-9]{1,20})(\\.[0-9]{1,20})?$'.")
        if len(p[name].partition(".")[2]) > 8:
            raise Refused(400, -1111,
                          f"Parameter '{name}' has too much precision.")
        return D(p[name])

    def filters(self, p, symbol):
        qty, price = self.number(p, "quantity"), self.number(p, "price")
        stop = self.number(p, "stopPrice")

        def fail(name):
            raise Refused(400, -1013, f"Filter failure: {name}")
        for v in (price, stop):
            if v is not None and (v < D("0.01") or v > 1000000 or
                                  v % D("0.01")):
                fail("PRICE_FILTER")
        iceberg = self.number(p, "icebergQty")
        if iceberg is not None and (iceberg % D("0.00001") or
                                    not 0 < iceberg <= qty):
            fail("LOT_SIZE")
        if iceberg and -(-qty // iceberg) > 100:
            fail("ICEBERG_PARTS")
        if qty < D("0.00001") or qty > 9000 or qty % D("0.00001"):
            fail("LOT_SIZE")
        if p["type"] == "MARKET" and qty > 75:
            fail("MARKET_LOT_SIZE")
        at = price if price else self.mid[symbol]
        if price and not self.mid[symbol] / 5 <= price <= \
                self.mid[symbol] * 5:
            fail("PERCENT_PRICE_BY_SIDE")
        if not 5 <= at * qty <= 9000000:
            fail("NOTIONAL")

    KNOWN = set("symbol side type timeInForce quantity quoteOrderQty price "
                "newClientOrderId stopPrice icebergQty newOrderRespType "
                "selfTradePreventionMode strategyId strategyType recvWindow "
                "timestamp trailingDelta pegPriceType pegOffsetType "
                "pegOffsetValue".split())

    def check_new(self, p):
        symbol = self.symbol(p)
        self.need(p, "side", "type")
        if p["side"] not in ("BUY", "SELL"):
            raise Refused(400, -1117, "Invalid side.")
        if p["type"] not in TYPES:
            raise Refused(400, -1116, "Invalid orderType.")
        if p["type"] in ("LIMIT", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"):
            self.need(p, "timeInForce", "quantity",
                      *(() if "pegPriceType" in p else ("price",)))
            if p["timeInForce"] not in ("GTC", "IOC", "FOK"):
                raise Refused(400, -1115, "Invalid timeInForce.")
        elif "timeInForce" in p:
            raise Refused(400, -1106, "Parameter 'timeInForce' sent when not "
                          "required.")
        if "pegPriceType" in p and (p["type"] != "LIMIT" or p[
                "pegPriceType"] not in ("PRIMARY_PEG", "MARKET_PEG")):
            raise Refused(400, -1100, "Illegal pegPriceType.")
        if "icebergQty" in p and p.get("timeInForce", "GTC") != "GTC":
            raise Refused(400, -1106, "icebergQty needs GTC.")
        if p["type"] == "MARKET" and "quoteOrderQty" in p:
            if "quantity" in p:
                raise Refused(400, -1106, "Parameter 'quantity' sent when "
                              "not required.")
            if self.number(p, "quoteOrderQty") < 5:
                raise Refused(400, -1013, "Filter failure: NOTIONAL")
            p["quantity"] = text(D(p["quoteOrderQty"]) // (self.mid[symbol] *
                                 D("0.00001")) * D("0.00001"))
        self.need(p, "quantity")
        if "STOP" in p["type"] or "TAKE" in p["type"]:
            self.need(p, "stopPrice")
        cid = p.get("newClientOrderId")
        if cid is not None and not ID.match(cid):
            raise Refused(400, -1100, "Illegal characters found in parameter "
                          "'newClientOrderId'; legal range is "
                          "'^[a-zA-Z0-9-_]{1,36}$'.")
        self.filters(p, symbol)
        if self.halted == symbol:
            raise Refused(400, -2010, "Market is closed.")
        if any(o.cid == cid and o.status in LIVE for o in self.orders):
            raise Refused(400, -2010, "Duplicate order sent.")
        return symbol

    def only(self, p, known):
        extra = set(p) - known
        if extra:
            raise Refused(400, -1104, f"Not all sent parameters were read; "
                          f"read '{len(p) - len(extra)}' parameter(s) but was "
                          f"sent '{len(p)}'.")

    def place(self, p):
        self.only(p, self.KNOWN)
        sent = dict(p)
        symbol = self.check_new(p)
        if "pegPriceType" in p and "price" not in p:
            p["price"] = text(self.mid[symbol] - D("0.01"))
        cid = p.get("newClientOrderId") or "".join(
            self.rnd.choices("abcdefghijkXYZ0123456789", k=22))
        o = Order(p, symbol, self.next_order, cid, self.now())
        o.sent = sent
        base, quote, _ = SYMBOLS[symbol]
        need = o.qty * self.rate(o) if o.side == "BUY" else o.qty
        if need > self.free[quote if o.side == "BUY" else base]:
            raise Refused(400, -2010, "Account has insufficient balance for "
                          "requested action.")
        at = self.mid[symbol] + (D("0.01") if o.side == "BUY" else
                                 -D("0.01"))
        if o.type == "LIMIT_MAKER" and (o.price >= at if o.side == "BUY"
                                        else o.price <= at):
            raise Refused(400, -2010,
                          "Order would immediately match and take.")
        up = self.mid[symbol] < o.stop
        if not o.working and up != (("STOP" in o.type) ==
                                    (o.side == "BUY")):
            raise Refused(400, -2010, "Order would trigger immediately.")
        self.next_order += 1
        self.orders.append(o)
        self.move(o, o.qty, self.rate(o), 1)
        self.emit(o, "NEW")
        crosses = o.working and (not o.price or (
            o.price >= at if o.side == "BUY" else o.price <= at))
        if o.tif == "IOC" and crosses and self.rnd.random() < 0.3:
            self.match(o, part=D("0.00001"))
        else:
            self.match(o)
        if o.status in LIVE and o.working and o.tif in ("IOC", "FOK"):
            self.finish(o, "EXPIRED", "EXPIRED",
                        f"UNFILLED_{o.tif}_QUANTITY_EXPIRED"
                        if o.tif == "IOC" else "UNFILLED_FOK_ORDER_EXPIRED")
        return o

    def answer_new(self, p, o):
        full = "FULL" if o.type in ("MARKET", "LIMIT") else "ACK"
        kind = p.get("newOrderRespType", full)
        a = {**o.common(), "transactTime": o.time, "workingTime": o.time}
        if kind == "ACK":
            return {k: a[k] for k in ("symbol", "orderId", "orderListId",
                                      "clientOrderId", "transactTime")}
        if kind == "FULL":
            a["fills"] = [{"price": t["price"], "qty": t["qty"],
                           "commission": t["commission"],
                           "commissionAsset": t["commissionAsset"],
                           "tradeId": t["id"]}
                          for t in self.trades if t["orderId"] == o.id]
        return a

    # --- finding, canceling, changing ---

    def find(self, p, oid="orderId", cid="origClientOrderId"):
        symbol = self.symbol(p)
        if not p.get(oid) and not p.get(cid):
            raise Refused(400, -1102, f"Param '{cid}' or '{oid}' must be "
                          "sent, but both were empty/null!")
        if p.get(oid):
            hits = [o for o in self.orders if o.symbol == symbol and
                    str(o.id) == p[oid]]
        else:
            hits = [o for o in self.orders if o.symbol == symbol and
                    o.cid == p[cid]]
        return hits[-1] if hits else None

    def cancel(self, p, oid="orderId", cid="origClientOrderId",
               new="newClientOrderId"):
        o = self.find(p, oid, cid)
        if o is None or o.status not in LIVE:
            raise Refused(400, -2011, "Unknown order sent.")
        rule = p.get("cancelRestrictions")
        if (rule == "ONLY_NEW" and o.status != "NEW") or (
                rule == "ONLY_PARTIALLY_FILLED" and o.status == "NEW"):
            raise Refused(400, -2011, "Order was not canceled due to cancel "
                          "restrictions.")
        was = o.cid
        o.cid = p.get(new) or "".join(
            self.rnd.choices("abcdefghijkXYZ0123456789", k=22))
        self.finish(o, "CANCELED", "CANCELED", C=was)
        return {**o.common(), "origClientOrderId": was,
                "transactTime": self.now()}

    def replace(self, p):
        self.need(p, "cancelReplaceMode")
        self.check_new(p)
        new = {k: v for k, v in p.items() if k in self.KNOWN}
        data = {"cancelResult": "FAILURE", "newOrderResult": "NOT_ATTEMPTED",
                "cancelResponse": None, "newOrderResponse": None}
        try:
            data["cancelResponse"] = self.cancel(
                p, "cancelOrderId", "cancelOrigClientOrderId",
                "cancelNewClientOrderId")
            data["cancelResult"] = "SUCCESS"
        except Refused as r:
            data["cancelResponse"] = r.body
            if p["cancelReplaceMode"] == "STOP_ON_FAILURE":
                raise Refused(400, -2022, "Order cancel-replace failed.",
                              data)
        try:
            o = self.place(new)
            data["newOrderResponse"] = self.answer_new(new, o)
            data["newOrderResult"] = "SUCCESS"
        except Refused as r:
            data["newOrderResponse"] = r.body
            data["newOrderResult"] = "FAILURE"
        if data["cancelResult"] == data["newOrderResult"] == "SUCCESS":
            return data
        if data["cancelResult"] == data["newOrderResult"]:
            raise Refused(400, -2022, "Order cancel-replace failed.", data)
        raise Refused(409, -2021, "Order cancel-replace partially failed.",
                      data)

    def amend(self, p):
        self.need(p, "newQty")
        o, qty = self.find(p), self.number(p, "newQty")
        if o is None or o.status not in LIVE:
            raise Refused(400, -2038, "Unknown order sent.")
        if qty >= o.qty:
            raise Refused(400, -2038, "Order amend (quantity increase) is not "
                          "supported." if qty > o.qty else "The requested "
                          "action would change no state; rejecting")
        if qty <= o.cum or qty % D("0.00001"):
            raise Refused(400, -1013, "Filter failure: LOT_SIZE")
        was = o.cid
        self.move(o, o.qty - qty, self.rate(o), -1)
        o.qty, o.cid = qty, p.get("newClientOrderId", o.cid)
        self.emit(o, "REPLACED", C=was)
        c = o.common()
        return {"transactTime": self.now(), "executionId": self.next_exec,
                "amendedOrder": {
                    **{k: c[k] for k in (
                        "symbol", "orderId", "orderListId", "clientOrderId",
                        "price", "executedQty", "status", "timeInForce",
                        "type", "side", "selfTradePreventionMode")},
                    "origClientOrderId": was, "qty": text(qty),
                    "preventedQty": text(0), "quoteOrderQty": text(0),
                    "cumulativeQuoteQty": text(o.quote),
                    "workingTime": o.time}}

    def one(self, p):
        o = self.find(p)
        if o is None:
            raise Refused(400, -2013, "Order does not exist.")
        return o.shown()

    def open(self, p):
        s = self.symbol(p) if "symbol" in p else None
        return [o.shown() for o in self.orders
                if o.status in LIVE and s in (None, o.symbol)]

    def all(self, p):
        s, least = self.symbol(p), int(p.get("orderId", 0))
        return [o.shown() for o in self.orders
                if o.symbol == s and o.id >= least][
                    :int(p.get("limit", 500))]

    def my_trades(self, p):
        s = self.symbol(p)
        hits = [t for t in self.trades if t["symbol"] == s and
                ("orderId" not in p or str(t["orderId"]) == p["orderId"]) and
                t["id"] >= int(p.get("fromId", 0)) and
                t["time"] >= int(p.get("startTime", 0))]
        return hits[:int(p.get("limit", 500))]

    def cancel_all(self, p):
        s = self.symbol(p)
        live = [o for o in self.orders if o.symbol == s and o.status in LIVE]
        if not live:
            raise Refused(400, -2011, "Unknown order sent.")
        return [self.cancel({"symbol": s, "orderId": str(o.id)})
                for o in live]

    def account(self, p):
        held = [(a, n + D(self.lie.get(a, 0))) for a, n in self.free.items()]
        return {"makerCommission": 10, "takerCommission": 10,
                "buyerCommission": 0, "sellerCommission": 0,
                "commissionRates": {"maker": text("0.001"),
                                    "taker": text("0.001"),
                                    "buyer": text(0), "seller": text(0)},
                "canTrade": True, "canWithdraw": True, "canDeposit": True,
                "brokered": False, "requireSelfTradePrevention": False,
                "preventSor": False, "updateTime": self.now(),
                "accountType": "SPOT",
                "balances": [{"asset": a, "free": text(free),
                              "locked": text(self.locked[a])}
                             for a, free in held if free or
                             self.locked[a] or
                             p.get("omitZeroBalances") != "true"],
                "permissions": ["SPOT"], "uid": 354937868}

    def info(self, p):
        want = list(SYMBOLS)
        if "symbol" in p:
            want = [self.symbol(p)]
        if "symbols" in p:
            want = json.loads(p["symbols"])
            if any(s not in SYMBOLS for s in want):
                raise Refused(400, -1121, "Invalid symbol.")
        return {"timezone": "UTC", "serverTime": self.now(),
                "rateLimits": [
                    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE",
                     "intervalNum": 1, "limit": 600000},
                    {"rateLimitType": "ORDERS", "interval": "SECOND",
                     "intervalNum": 10, "limit": 50000},
                    {"rateLimitType": "ORDERS", "interval": "DAY",
                     "intervalNum": 1, "limit": self.order_limit}],
                "exchangeFilters": [],
                "symbols": [self.symbol_info(s) for s in want]}

    def symbol_info(self, s):
        base, quote, _ = SYMBOLS[s]
        return {
            "symbol": s, "status": "HALT" if self.halted == s else "TRADING",
            "baseAsset": base, "baseAssetPrecision": 8, "quoteAsset": quote,
            "quotePrecision": 8, "quoteAssetPrecision": 8,
            "baseCommissionPrecision": 8, "quoteCommissionPrecision": 8,
            "orderTypes": TYPES, "icebergAllowed": True,
            "pegInstructionsAllowed": True, "ocoAllowed": True,
            "otoAllowed": True, "quoteOrderQtyMarketAllowed": True,
            "allowTrailingStop": True, "cancelReplaceAllowed": True,
            "amendAllowed": True, "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": "0.01000000",
                 "maxPrice": "1000000.00000000", "tickSize": "0.01000000"},
                {"filterType": "LOT_SIZE", "minQty": "0.00001000",
                 "maxQty": "9000.00000000", "stepSize": "0.00001000"},
                {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000",
                 "maxQty": "75.00000000", "stepSize": "0.00000000"},
                {"filterType": "PERCENT_PRICE_BY_SIDE",
                 "bidMultiplierUp": "5", "bidMultiplierDown": "0.2",
                 "askMultiplierUp": "5", "askMultiplierDown": "0.2",
                 "avgPriceMins": 5},
                {"filterType": "NOTIONAL", "minNotional": "5.00000000",
                 "applyMinToMarket": True, "maxNotional": "9000000.00000000",
                 "applyMaxToMarket": False, "avgPriceMins": 5}],
            "permissions": [], "permissionSets": [["SPOT"]],
            "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
            "allowedSelfTradePreventionModes": ["EXPIRE_MAKER"]}

    def new(self, p):
        return self.answer_new(p, self.place(p))

    def test(self, p):
        self.check_new(p)
        return {}

    SIGNED = {
        ("POST", "/api/v3/order"): new,
        ("POST", "/api/v3/order/test"): test,
        ("GET", "/api/v3/order"): one,
        ("DELETE", "/api/v3/order"): cancel,
        ("POST", "/api/v3/order/cancelReplace"): replace,
        ("PUT", "/api/v3/order/amend/keepPriority"): amend,
        ("GET", "/api/v3/openOrders"): open,
        ("DELETE", "/api/v3/openOrders"): cancel_all,
        ("GET", "/api/v3/allOrders"): all,
        ("GET", "/api/v3/myTrades"): my_trades,
        ("GET", "/api/v3/account"): account,
    }

    METHODS = {
        "order.place": new, "order.status": one, "order.cancel": cancel,
        "order.cancelReplace": replace, "openOrders.status": open,
        "account.status": account, "myTrades": my_trades,
        "order.amend.keepPriority": amend,
    }

    def rest(self, method, path, headers, query, body):
        if path == "/api/v3/ping":
            return {}
        if path == "/api/v3/time":
            return {"serverTime": self.now()}
        if path == "/api/v3/exchangeInfo":
            return self.info(dict(parse_qsl(query)))
        handler = self.SIGNED.get((method, path))
        if handler is None:
            raise Refused(404, -1100, "no such path")
        if path in ("/api/v3/order", "/api/v3/order/cancelReplace") and \
                method == "POST":
            if self.ordered >= self.order_limit:
                raise Refused(429, -1015, "Too many new orders; current limit "
                              f"is {self.order_limit} orders per 1 DAY.")
            self.ordered += 1
        return handler(self, self.signed(headers, query, body))

    def call(self, params):
        """A signed WebSocket call: parameters sorted by name."""
        p = {k: str(v) for k, v in params.items()}
        if p.get("apiKey") != self.key:
            raise Refused(401, -2015,
                          "Invalid API-key, IP, or permissions for action.")
        sig = p.pop("signature", "")
        payload = "&".join(f"{k}={p[k]}" for k in sorted(p))
        if not hmac.compare_digest(sig.lower(), self.sign(payload)):
            raise Refused(400, -1022,
                          "Signature for this request is not valid.")
        self.check_time(p)
        p.pop("apiKey")
        return p
