"""OANDA v20's account and rules, without sockets: what oanda_sim.py serves.
Written after the venue's specification; strict where it is strict."""
import collections
import datetime
import random
import re
import time
from decimal import Decimal as D

NUMBER = re.compile(r"^-?[0-9]{1,15}(\.[0-9]{1,10})?$")
TYPES = ("MARKET", "LIMIT", "STOP", "MARKET_IF_TOUCHED")
TIFS = {"MARKET": ("FOK", "IOC"), "LIMIT": ("GTC", "GTD", "GFD", "FOK", "IOC"),
        "STOP": ("GTC", "GTD", "GFD", "FOK", "IOC"),
        "MARKET_IF_TOUCHED": ("GTC", "GTD", "GFD")}
INSTRUMENTS = {"EUR_USD": ("1.10000", 5, D("0.00005")),
               "USD_JPY": ("150.000", 3, D("0.005"))}
MAX_UNITS, DEPTH = 100000000, 1000000


class Refused(Exception):
    def __init__(self, status, message, code=None, more=None):
        self.status = status
        self.body = {**(more or {}), "errorMessage": message}
        if code:
            self.body["errorCode"] = code


class Order:
    def __init__(self, spec, tx, units):
        self.spec, self.id, self.units = spec, tx["id"], units
        self.cid = (spec.get("clientExtensions") or {}).get("id")
        self.state, self.time, self.done = "PENDING", tx["time"], {}
        self.above = None

    def shown(self):
        return {**self.spec, "id": self.id, "createTime": self.time,
                "state": self.state, "units": str(self.units), **self.done}


class Account:
    def __init__(self, args):
        self.id, self.token = args.account, args.token
        self.rnd = random.Random(args.seed)
        self.balance = D(args.balance)
        self.hedging = False
        self.tx, self.orders, self.events = [], [], []
        self.mid = {k: D(v[0]) for k, v in INSTRUMENTS.items()}
        self.net = {k: D(0) for k in INSTRUMENTS}
        self.halted, self.part, self.lie = None, 0, {}
        self.next, self.batch, self.skew = 6360, None, 0
        self.posts = collections.Counter()
        self.record("CREATE", {})

    # --- transactions ---

    def now(self):
        t = time.time_ns() + self.skew * 10 ** 9
        s = datetime.datetime.fromtimestamp(t // 10 ** 9,
                                            datetime.timezone.utc)
        return s.strftime("%Y-%m-%dT%H:%M:%S.") + f"{t % 10 ** 9:09d}Z"

    def begin(self):
        self.batch, self.related = str(self.next + 1), []
        self.request = str(42000000000000000 + self.next)

    def record(self, type_, more):
        if self.batch is None:
            self.begin()
        self.next += 1
        t = {"id": str(self.next), "time": self.now(),
             "userID": 1234567, "accountID": self.id, "batchID": self.batch,
             "requestID": self.request, **more, "type": type_}
        self.tx.append(t)
        self.events.append(t)
        self.related.append(t["id"])
        return t

    def last(self):
        return str(self.next)

    def answer(self, more):
        return {**more, "relatedTransactionIDs": self.related,
                "lastTransactionID": self.last()}

    # --- prices ---

    def bid(self, i):
        return self.mid[i] - INSTRUMENTS[i][2]

    def ask(self, i):
        return self.mid[i] + INSTRUMENTS[i][2]

    def price(self, i, full=True):
        digits = INSTRUMENTS[i][1]
        return {"type": "PRICE", "instrument": i, "time": self.now(),
                "tradeable": self.halted != i,
                "bids": [{"price": f"{self.bid(i):.{digits}f}",
                          "liquidity": DEPTH}],
                "asks": [{"price": f"{self.ask(i):.{digits}f}",
                          "liquidity": DEPTH}],
                "closeoutBid": f"{self.bid(i):.{digits}f}",
                "closeoutAsk": f"{self.ask(i):.{digits}f}"}

    # --- checks ---

    def fault(self, spec, replacing=None):
        """The reject reason of an order, None: it is good."""
        t, tif = spec["type"], spec["timeInForce"]
        i = spec.get("instrument")
        if i is None:
            return "INSTRUMENT_MISSING"
        if i not in INSTRUMENTS:
            return "INSTRUMENT_UNKNOWN"
        if "units" not in spec:
            return "UNITS_MISSING"
        u = abs(D(spec["units"]))
        if u != int(u):
            return "UNITS_PRECISION_EXCEEDED"
        if u < 1:
            return "UNITS_MIMIMUM_NOT_MET"
        if u > MAX_UNITS:
            return "UNITS_LIMIT_EXCEEDED"
        if tif not in TIFS[t]:
            return "TIME_IN_FORCE_INVALID"
        if tif == "GTD" and not spec.get("gtdTime"):
            return "TIME_IN_FORCE_GTD_TIMESTAMP_MISSING"
        if tif == "GTD" and spec["gtdTime"] <= self.now():
            return "TIME_IN_FORCE_GTD_TIMESTAMP_IN_PAST"
        if t != "MARKET" and "price" not in spec:
            return "PRICE_MISSING"
        for k in ("price", "priceBound"):
            if k in spec and D(spec[k]) != round(D(spec[k]),
                                                 INSTRUMENTS[i][1]):
                return ("PRICE_BOUND" if k == "priceBound" else
                        "PRICE") + "_PRECISION_EXCEEDED"
        cid = (spec.get("clientExtensions") or {}).get("id")
        if cid and any(o.cid == cid and o.state == "PENDING" and
                       o is not replacing for o in self.orders):
            return "CLIENT_ORDER_ID_ALREADY_EXISTS"
        return None

    def shape(self, body):
        spec = body.get("order") if isinstance(body, dict) else None
        if not isinstance(spec, dict):
            raise Refused(400, "The request was missing required data")
        if spec.get("type") not in TYPES:
            raise Refused(400, "Invalid value specified for 'order.type'")
        for k in ("units", "price", "priceBound"):
            if k in spec and not (isinstance(spec[k], str) and
                                  NUMBER.match(spec[k])):
                raise Refused(400, f"Invalid value specified for 'order.{k}'")
        spec = dict(spec)
        spec.setdefault("timeInForce",
                        "FOK" if spec["type"] == "MARKET" else "GTC")
        spec.setdefault("positionFill", "DEFAULT")
        if spec["type"] != "MARKET":
            spec.setdefault("triggerCondition", "DEFAULT")
        return spec

    def reject(self, spec, why, more):
        t = self.record(spec["type"] + "_ORDER_REJECT",
                        {**spec, "reason": "CLIENT_ORDER",
                         "rejectReason": why, **more})
        raise Refused(400, f"The order was rejected: {why}", why,
                      self.answer({"orderRejectTransaction": t}))

    # --- matching ---

    def crosses(self, o):
        i, p = o.spec["instrument"], o.spec.get("price")
        buys = o.units > 0
        if o.spec["type"] == "MARKET":
            return True
        p, q = D(p), self.ask(i) if buys else self.bid(i)
        if o.spec["type"] == "LIMIT":
            return q <= p if buys else q >= p
        if o.spec["type"] == "STOP":
            return q >= p if buys else q <= p
        return q <= p if o.above else q >= p

    def fill(self, o, units):
        i = o.spec["instrument"]
        digits = INSTRUMENTS[i][1]
        px = f"{self.ask(i) if units > 0 else self.bid(i):.{digits}f}"
        before = self.net[i]
        self.net[i] += units
        closed = min(abs(before), abs(units)) if before * units < 0 else D(0)
        opened = abs(units) - closed
        sign = 1 if units > 0 else -1
        more = {}
        if closed:
            more["tradesClosed"] = [{"tradeID": "1", "units":
                                     str(sign * closed), "price": px,
                                     "realizedPL": "0.0000"}]
        if opened:
            more["tradeOpened"] = {"tradeID": str(self.next + 1), "units":
                                   str(sign * opened), "price": px}
        kind = o.spec["type"] + "_ORDER"
        t = self.record("ORDER_FILL", {
            "orderID": o.id, "clientOrderID": o.cid, "instrument": i,
            "units": str(units), "price": px, "fullVWAP": px,
            "fullPrice": self.price(i), "reason": kind, "pl": "0.0000",
            "financing": "0.0000", "commission": "0.0000",
            "guaranteedExecutionFee": "0.0000",
            "accountBalance": f"{self.balance:.4f}", **more})
        o.state = "FILLED"
        o.done = {"fillingTransactionID": t["id"], "filledTime": t["time"]}
        return t

    def cancel_tx(self, o, why, more=None):
        t = self.record("ORDER_CANCEL", {
            "orderID": o.id, "clientOrderID": o.cid, "reason": why,
            **(more or {})})
        o.state = "CANCELLED"
        o.done = {"cancellingTransactionID": t["id"],
                  "cancelledTime": t["time"]}
        return t

    def create(self, spec, units, reason, more=None):
        t = self.record(spec["type"] + "_ORDER", {
            **spec, "units": str(units), "reason": reason, **(more or {})})
        o = Order(spec, t, units)
        if spec["type"] == "MARKET_IF_TOUCHED":
            i = spec["instrument"]
            o.above = self.mid[i] > D(spec["price"])
        self.orders.append(o)
        return o, t

    def match(self, o, cancel="orderCancelTransaction"):
        """What becomes of an order that is new, or that prices reach."""
        i, tif, out = o.spec["instrument"], o.spec["timeInForce"], {}
        if self.halted == i and (o.spec["type"] == "MARKET" or
                                 tif in ("FOK", "IOC")):
            return {cancel: self.cancel_tx(o, "MARKET_HALTED")}
        if self.halted == i or not self.crosses(o):
            if tif in ("FOK", "IOC"):
                out[cancel] = self.cancel_tx(o, "TIME_IN_FORCE_EXPIRED")
            return out
        bound = o.spec.get("priceBound")
        if bound and (self.ask(i) > D(bound) if o.units > 0 else
                      self.bid(i) < D(bound)):
            return {cancel: self.cancel_tx(o, "BOUNDS_VIOLATION")}
        size = abs(o.units)
        can = min(size, DEPTH)
        if self.part > 0 and size > 1 and tif != "FOK":
            self.part -= 1
            can = D(self.rnd.randrange(1, int(size)))
        if can < size and tif == "FOK":
            return {cancel: self.cancel_tx(o, "INSUFFICIENT_LIQUIDITY")}
        sign = 1 if o.units > 0 else -1
        out["orderFillTransaction"] = self.fill(o, sign * can)
        if can < size and tif not in ("FOK", "IOC"):
            _, t = self.create(o.spec, sign * (size - can), "CLIENT_ORDER")
            out["orderReissueTransaction"] = t
        return out

    def move(self, i, px):
        self.mid[i] = D(px)
        for o in list(self.orders):
            if o.state == "PENDING" and o.spec["instrument"] == i and \
                    self.crosses(o) and self.halted != i:
                self.begin()
                self.match(o)

    def expire(self):
        """The end of the day, by command."""
        for o in list(self.orders):
            if o.state == "PENDING" and o.spec["timeInForce"] == "GFD":
                self.begin()
                self.cancel_tx(o, "TIME_IN_FORCE_EXPIRED")

    # --- requests ---

    def post_order(self, body):
        spec = self.shape(body)
        self.begin()
        why = self.fault(spec)
        if why:
            self.reject(spec, why, {})
        o, t = self.create(spec, D(spec["units"]), "CLIENT_ORDER")
        self.posts[o.cid] += 1
        return 201, self.answer({"orderCreateTransaction": t, **self.match(o)})

    def find(self, spec):
        key = spec[1:] if spec.startswith("@") else None
        for o in reversed(self.orders):
            if o.id == spec or (key is not None and o.cid == key):
                return o
        return None

    def no_order(self, spec, kind="ORDER_CANCEL_REJECT"):
        t = self.record(kind, {"orderID": spec,
                               "rejectReason": "ORDER_DOESNT_EXIST"})
        raise Refused(404, "The Order specified does not exist",
                      "ORDER_DOESNT_EXIST",
                      self.answer({"orderCancelRejectTransaction": t}))

    def cancel(self, spec):
        self.begin()
        o = self.find(spec)
        if o is None or o.state != "PENDING":
            self.no_order(spec)
        t = self.cancel_tx(o, "CLIENT_REQUEST")
        return 200, self.answer({"orderCancelTransaction": t})

    def replace(self, at, body):
        spec = self.shape(body)
        self.begin()
        old = self.find(at)
        if old is None or old.state != "PENDING":
            self.no_order(at)
        spec.setdefault("clientExtensions",
                        old.spec.get("clientExtensions") or {})
        why = "REPLACING_ORDER_INVALID" if spec["type"] != old.spec["type"] \
            else self.fault(spec, old)
        if why:
            self.reject(spec, why, {"intendedReplacesOrderID": old.id})
        c = self.cancel_tx(old, "CLIENT_REQUEST_REPLACED",
                           {"replacedByOrderID": str(self.next + 2)})
        new, t = self.create(spec, D(spec["units"]), "REPLACEMENT",
                             {"replacesOrderID": old.id})
        return 201, self.answer({
            "orderCancelTransaction": c, "orderCreateTransaction": t,
            **self.match(new, "replacingOrderCancelTransaction")})

    def summary(self):
        return {"id": self.id, "currency": "EUR", "alias": "test",
                "balance": f"{self.balance + D(self.lie.get('EUR', 0)):.4f}",
                "hedgingEnabled": self.hedging,
                "marginAvailable": f"{self.balance:.4f}",
                "marginUsed": "0.0000",
                "pendingOrderCount": sum(o.state == "PENDING"
                                         for o in self.orders),
                "lastTransactionID": self.last()}

    def positions(self):
        return [{"instrument": i, "pl": "0.0000",
                 "long": {"units": str(max(n, D(0)))},
                 "short": {"units": str(min(n, D(0)))}}
                for i, n in ((i, n + D(self.lie.get(i, 0)))
                             for i, n in self.net.items()) if n]

    def since(self, q):
        if not q.get("id", "").isdigit():
            raise Refused(400, "Invalid value specified for 'id'")
        if int(q["id"]) > self.next:
            raise Refused(416, "The transaction ID range is not satisfiable")
        return [t for t in self.tx if int(t["id"]) > int(q["id"])][:1000]

    def window(self, q):
        first = [t for t in self.tx if t["time"] >= q.get("from", "")]
        pages = []
        for at in range(0, len(first), int(q.get("pageSize", 100))):
            ids = [t["id"] for t in first][at:at + int(
                q.get("pageSize", 100))]
            pages.append(f"https://sim/v3/accounts/{self.id}/transactions/"
                         f"idrange?from={ids[0]}&to={ids[-1]}")
        return {"from": q.get("from", ""), "to": self.now(), "pageSize": 1000,
                "count": len(first), "pages": pages}

    def get(self, path, q):
        if path in ("", "/summary"):
            return {"account": self.summary()}
        if path == "/instruments":
            return {"instruments": [
                {"name": k, "type": "CURRENCY", "displayName":
                 k.replace("_", "/"), "pipLocation": -4,
                 "displayPrecision": v[1], "tradeUnitsPrecision": 0,
                 "minimumTradeSize": "1", "maximumPositionSize": "0",
                 "maximumOrderUnits": str(MAX_UNITS), "marginRate": "0.02"}
                for k, v in INSTRUMENTS.items()]}
        if path in ("/pendingOrders", "/orders"):
            return {"orders": [o.shown() for o in self.orders
                               if o.state == "PENDING"]}
        if path.startswith("/orders/"):
            o = self.find(path[8:])
            if o is None:
                raise Refused(404, "The order ID specified does not exist",
                              "NO_SUCH_ORDER",
                              {"lastTransactionID": self.last()})
            return {"order": o.shown()}
        if path in ("/openPositions", "/positions"):
            return {"positions": self.positions()}
        if path == "/transactions/sinceid":
            return {"transactions": self.since(q)}
        if path == "/transactions":
            return self.window(q)
        raise Refused(404, "The resource does not exist")

    def rest(self, method, path, headers, q, body):
        if headers.get("authorization") != f"Bearer {self.token}":
            raise Refused(401, "Insufficient authorization to perform "
                          "request.")
        base = f"/v3/accounts/{self.id}"
        if not path.startswith(base):
            raise Refused(403, "The provided request was forbidden.")
        path = path[len(base):]
        if method in ("POST", "PUT") and body is not None and \
                "json" not in headers.get("content-type", ""):
            raise Refused(415, "Unsupported media type")
        if method == "POST" and path == "/orders":
            return self.post_order(body)
        if method == "PUT" and path.endswith("/cancel"):
            return self.cancel(path[8:-7])
        if method == "PUT" and path.startswith("/orders/"):
            return self.replace(path[8:], body)
        if method != "GET":
            raise Refused(405, "Method not allowed")
        return 200, {**self.get(path, q), "lastTransactionID": self.last()}
