"""Alpaca's book, account and rules, without sockets: what alpaca_sim.py serves.
Written after the venue's documentation; strict where it is strict."""
import base64
import random
import re
import time
import uuid
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from urllib.parse import parse_qs, unquote

D = Decimal
LIVE = ("new", "partially_filled", "accepted", "pending_new", "held",
        "pending_cancel", "pending_replace")
TYPES = ("market", "limit", "stop", "stop_limit", "trailing_stop")
TIFS = ("day", "gtc", "opg", "cls", "ioc", "fok")
ASSETS = {"AAPL": ("us_equity", "190"), "SPY": ("us_equity", "500"),
          "PENNY": ("us_equity", "0.5"), "BRK.A": ("us_equity", "600000"),
          "BTC/USD": ("crypto", "60000")}


class Refused(Exception):
    def __init__(self, status, code, message, **more):
        self.status = status
        self.body = {"code": code, "message": message, **more}


def text(d):
    """A decimal without trailing zeros, as the venue writes it."""
    if d is None:
        return None
    s = f"{D(d):f}"
    return s.rstrip("0").rstrip(".") if "." in s else s


def stamp(t):
    """RFC 3339 of nanoseconds, with as many digits as there are."""
    s = datetime.fromtimestamp(t // 10 ** 9, timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%S")
    ns = f"{t % 10 ** 9:09d}".rstrip("0")
    return s + (f".{ns}" if ns else "") + "Z"


def moment(s):
    m = re.match(r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?"
                 r"(Z|[+-]\d\d:\d\d)$", s)
    if not m:
        raise Refused(400, 40010000, f"invalid time: {s}")
    zone = "+0000" if m[4] == "Z" else m[4].replace(":", "")
    t = datetime.strptime(f"{m[1]} {m[2]} {zone}", "%Y-%m-%d %H:%M:%S %z")
    return int(t.timestamp()) * 10 ** 9 + int((m[3] or "0").ljust(9, "0"))


class Order:
    def __init__(self, oid, cid, p, now):
        self.id, self.cid, self.symbol = oid, cid, p["symbol"]
        self.side, self.type = p["side"], p["type"]
        self.tif = p["time_in_force"]
        self.qty, self.notional = p["qty"], p["notional"]
        self.limit, self.stop = p["limit_price"], p["stop_price"]
        self.trail = {k: p.get(k) for k in ("trail_price", "trail_percent")}
        self.extended = bool(p.get("extended_hours"))
        self.intent = p.get("position_intent")
        self.cum = self.cost = D(0)
        self.status, self.created, self.updated = "pending_new", now, now
        self.replaces = self.replaced_by = self.reason = None
        self.times = {}
        self.triggered = "stop" not in self.type

    def shown(self):
        avg = self.cost / self.cum if self.cum else None
        t = self.times
        return {
            "id": self.id, "client_order_id": self.cid,
            "created_at": stamp(self.created),
            "updated_at": stamp(self.updated),
            "submitted_at": stamp(self.created),
            "filled_at": t.get("filled"), "expired_at": t.get("expired"),
            "expires_at": stamp(self.created + 86400 * 10 ** 9),
            "canceled_at": t.get("canceled"), "failed_at": t.get("rejected"),
            "replaced_at": t.get("replaced"), "replaced_by": self.replaced_by,
            "replaces": self.replaces,
            "asset_id": str(uuid.uuid5(uuid.NAMESPACE_DNS, self.symbol)),
            "symbol": self.symbol, "asset_class": ASSETS[self.symbol][0],
            "notional": text(self.notional), "qty": text(self.qty),
            "filled_qty": text(self.cum),
            "filled_avg_price": text(round(avg, 8)) if avg else None,
            "order_class": "", "order_type": self.type, "type": self.type,
            "side": self.side, "position_intent": self.intent or
            f"{self.side}_to_open", "time_in_force": self.tif,
            "limit_price": text(self.limit), "stop_price": text(self.stop),
            "status": self.status, "extended_hours": self.extended,
            "legs": None, "trail_percent": text(self.trail["trail_percent"]),
            "trail_price": text(self.trail["trail_price"]),
            "hwm": None, "subtag": None, "source": None,
            **({"reject_reason": self.reason} if self.reason else {})}


class Exchange:
    """The book and the account; no sockets. What happens later is in `due`:
    (at, function), and run() does it."""

    def __init__(self, args):
        self.key, self.secret = args.key, args.secret
        self.rnd = random.Random(args.seed)
        self.delay = 0.02
        self.orders, self.fills, self.events = [], [], []
        self.due = []
        self.cids = {}
        self.mid = {s: D(v[1]) for s, v in ASSETS.items()}
        self.position = {}
        self.account = {"status": "ACTIVE"}
        self.open, self.lag, self.race = True, 0, None
        self.skew = 0
        self.untradable, self.lie = None, {}
        self.charged = []   # fees that are booked later
        self.last = 0
        self.cash = D(10) ** 8

    def now(self):
        self.last = max(self.last + 1, time.time_ns())
        return self.last

    def later(self, what, more=0.0):
        self.due.append((time.monotonic() + self.delay *
                         (0.5 + self.rnd.random()) + more, what))

    def run(self):
        now = time.monotonic()
        for item in [x for x in self.due if x[0] <= now]:
            self.due.remove(item)
            item[1]()

    def uuid(self):
        return str(uuid.UUID(int=self.rnd.getrandbits(128), version=4))

    # --- events ---

    def emit(self, o, event, **more):
        o.updated = self.now()
        self.events.append({
            "event": event, "event_id": base64.b32encode(
                self.rnd.randbytes(16)).decode()[:26],
            "at": stamp(o.updated), "timestamp": stamp(o.updated),
            **more, "order": o.shown()})

    def finish(self, o, status, event=None):
        o.status = status
        o.times[status] = stamp(self.now())
        self.emit(o, event or status)

    # --- matching with the house: one cent around the middle ---

    def price(self, o):
        tick = D("0.01") if self.mid[o.symbol] >= 1 else D("0.0001")
        return self.mid[o.symbol] + (tick if o.side == "buy" else -tick)

    def crosses(self, o):
        at = self.price(o)
        return o.limit is None or (
            at <= o.limit if o.side == "buy" else at >= o.limit)

    def trail(self, o, mid):
        """The stop follows the best price since the order came."""
        price, percent = o.trail["trail_price"], o.trail["trail_percent"]
        off = price if price is not None else mid * percent / 100
        at = mid + off if o.side == "buy" else mid - off
        if o.stop is None or (at < o.stop if o.side == "buy" else
                              at > o.stop):
            o.stop = at

    def trigger(self, o):
        mid = self.mid[o.symbol]
        if o.type == "trailing_stop":
            self.trail(o, mid)
        if not o.triggered and (mid >= o.stop if o.side == "buy" else
                                mid <= o.stop):
            o.triggered = True
            if o.type == "stop" and o.side == "buy":
                o.limit = o.stop * (D("1.04") if o.stop < 50 else D("1.025"))
        return o.triggered

    def match(self, o):
        if o.status not in ("new", "partially_filled", "pending_cancel",
                            "pending_replace") or not self.trigger(o) or \
                not self.crosses(o):
            return
        left = o.qty - o.cum
        if left > 1 and left == left // 1 and self.rnd.random() < 0.4:
            part = D(self.rnd.randrange(1, int(left)))
            self.fill(o, part)
            self.later(lambda: self.match(o))
        else:
            self.fill(o, left)

    def fill(self, o, qty):
        px = self.price(o)
        sign = 1 if o.side == "buy" else -1
        o.cum += qty
        o.cost += qty * px
        self.cash -= sign * qty * px
        self.position[o.symbol] = self.position.get(o.symbol, D(0)) + \
            sign * qty
        done = o.cum == o.qty
        if done or o.status in ("new", "partially_filled"):
            o.status = "filled" if done else "partially_filled"
        if done:
            o.times["filled"] = stamp(self.now())
        at = self.now()
        execution = self.uuid()
        kind = "fill" if done else "partial_fill"
        when = datetime.fromtimestamp(at // 10 ** 9, timezone.utc)
        self.fills.append({
            "activity_type": "FILL",
            "id": f"{when:%Y%m%d%H%M%S}{at // 10 ** 6 % 1000:03d}::"
                  f"{execution}",
            "transaction_time": stamp(at), "type": kind, "price": text(px),
            "qty": text(qty), "side": o.side, "symbol": o.symbol,
            "leaves_qty": text(o.qty - o.cum), "order_id": o.id,
            "cum_qty": text(o.cum),
            "order_status": "filled" if done else "partially_filled",
            "at": at})
        self.emit(o, kind, price=text(px), qty=text(qty),
                  position_qty=text(self.position[o.symbol]),
                  execution_id=execution, timestamp=stamp(at))

    def set_price(self, symbol, px):
        self.mid[symbol] = D(px)
        for o in list(self.orders):
            if o.symbol == symbol:
                self.match(o)

    # --- new orders ---

    def number(self, p, name, decimals=9):
        v = p.get(name)
        if v is None or v == "":
            return None
        if isinstance(v, bool) or not isinstance(v, (str, int, float)):
            raise Refused(400, 40010000, f"{name} is no number")
        try:
            d = D(str(v))
        except InvalidOperation:
            raise Refused(400, 40010000, f"{name} is no number")
        if not d.is_finite() or d != round(d, decimals):
            raise Refused(422, 42210000, f"{name} must be limited to "
                          f"{decimals} decimal places")
        return d

    def check_price(self, p, name, crypto):
        d = p[name]
        if d is None:
            return
        if d <= 0:
            raise Refused(422, 40010001, f"{name.replace('_', ' ')} must be "
                          "> 0")
        if not crypto and d != round(d, 2 if d >= 1 else 4):
            raise Refused(422, 42210000, f"invalid {name} {d}. sub-penny "
                          "increment does not fulfill minimum pricing "
                          "criteria")

    def check_kind(self, p, crypto):
        kind, tif = p.get("type"), p.get("time_in_force")
        if kind not in TYPES or tif not in TIFS or \
                p.get("side") not in ("buy", "sell"):
            raise Refused(422, 40010001, "invalid type, side or "
                          "time_in_force")
        limit, stop = kind in ("limit", "stop_limit"), "stop" in kind
        if kind == "market" and (p["limit_price"] is not None or
                                 p["stop_price"] is not None):
            raise Refused(422, 40010001,
                          "market orders require no stop or limit price")
        trails = [k for k in ("trail_price", "trail_percent")
                  if p[k] is not None]
        if len(trails) != (kind == "trailing_stop") or (
                trails and (p["stop_price"] is not None or
                            tif not in ("day", "gtc") or p[trails[0]] <= 0)):
            raise Refused(422, 40010001, "trailing stop orders require one of "
                          "trail_price and trail_percent, and day or gtc")
        if limit != (p["limit_price"] is not None) or (
                kind != "trailing_stop" and
                stop != (p["stop_price"] is not None)):
            raise Refused(422, 40010001, f"{kind} orders require their "
                          "prices and no other")
        if crypto:
            if kind in ("stop", "trailing_stop"):
                raise Refused(422, 40010001,
                              "invalid order type for crypto order")
            if tif not in ("gtc", "ioc") or (tif == "ioc" and stop):
                raise Refused(422, 42210000, "invalid crypto time_in_force")
        elif tif not in ("day", "gtc") and kind not in ("market", "limit"):
            raise Refused(422, 42210000, f"invalid time_in_force {tif}")
        if p.get("extended_hours") and (kind != "limit" or
                                        tif not in ("day", "gtc")):
            raise Refused(422, 40010001, 'only type="limit" is allowed for '
                          "extended hours orders")

    def check_qty(self, p, crypto):
        if (p["qty"] is None) == (p["notional"] is None):
            raise Refused(400 if p["qty"] is not None else 422, 40010000 if
                          p["qty"] is not None else 40010001,
                          "exactly one of qty and notional is required")
        if p["notional"] is not None:
            if p["type"] != "market" or p["time_in_force"] != "day":
                raise Refused(422, 40010001, "notional needs market and day")
            p["qty"] = round(p["notional"] / self.mid[p["symbol"]], 9)
        if p["qty"] <= 0:
            raise Refused(422, 40010001, "qty must be > 0")
        whole = p["qty"] == p["qty"] // 1
        if crypto:
            if p["qty"] < D("0.0001") or p["qty"] % D("0.000000001"):
                raise Refused(422, 42210000, "qty below min_order_size")
            if p["qty"] * (p["limit_price"] or self.mid[p["symbol"]]) < 10:
                raise Refused(403, 40310000, "cost basis must be >= minimal "
                              "amount of order 10")
        elif not whole and p["symbol"] == "BRK.A":
            raise Refused(422, 42210000,
                          "requested asset is not fractionable")
        elif not whole and p["time_in_force"] != "day":
            raise Refused(422, 42210000,
                          "fractional orders must be DAY orders")

    def check_money(self, p):
        if self.account.get("trade_suspended_by_user"):
            raise Refused(403, 40310000,
                          "new orders are rejected by user request")
        cost = p["qty"] * (p["limit_price"] or self.mid[p["symbol"]])
        held = sum((o.qty - o.cum) * (o.limit or self.mid[o.symbol])
                   for o in self.orders
                   if o.status in LIVE and o.side == "buy")
        if p["side"] == "buy" and cost > self.cash * 2 - held:
            raise Refused(403, 40310000, "insufficient buying power",
                          buying_power=text(round(self.cash * 2 - held, 2)),
                          cost_basis=text(cost))
        for o in self.orders:
            if o.status in LIVE and o.symbol == p["symbol"] and \
                    o.side != p["side"] and self.wash:
                buy, sell = (p, o) if p["side"] == "buy" else (o, p)
                a = buy["limit_price"] if buy is p else buy.limit
                b = sell["limit_price"] if sell is p else sell.limit
                if a is None or b is None or a >= b:
                    raise Refused(403, 40310000, "potential wash trade "
                                  "detected. use complex orders",
                                  existing_order_id=o.id)

    wash = False

    def check_cid(self, cid):
        if cid is not None and (not isinstance(cid, str) or
                                not 0 < len(cid) <= 128):
            raise Refused(422, 40010001, "client_order_id must be no more "
                          "than 128 characters")
        if cid in self.cids:
            raise Refused(422, 40010001, "client_order_id must be unique")

    def read(self, body):
        p = dict(body)
        for name in ("qty", "notional", "limit_price", "stop_price",
                     "trail_price", "trail_percent"):
            p[name] = self.number(body, name)
        return p

    def place(self, body):
        if not isinstance(body, dict):
            raise Refused(400, 40010000, "malformed request")
        p = self.read(body)
        if p.get("symbol") not in ASSETS:
            raise Refused(422, 40010001, f"asset \"{p.get('symbol')}\" not "
                          "found")
        crypto = ASSETS[p["symbol"]][0] == "crypto"
        self.check_kind(p, crypto)
        self.check_price(p, "limit_price", crypto)
        self.check_price(p, "stop_price", crypto)
        self.check_qty(p, crypto)
        if self.untradable == p["symbol"]:
            raise Refused(422, 42210000, f"asset {p['symbol']} is not "
                          "tradable")
        self.check_money(p)
        self.check_cid(p.get("client_order_id"))
        o = Order(self.uuid(), p.get("client_order_id") or self.uuid(), p,
                  self.now())
        self.add(o)
        if self.open:
            self.later(lambda: self.work(o))
        else:
            o.status = "accepted"
        return o.shown()

    def add(self, o):
        self.orders.append(o)
        self.cids[o.cid] = o

    def work(self, o):
        """It reaches the market."""
        if o.status not in ("pending_new", "accepted"):
            return
        self.finish(o, "new")
        if o.tif == "fok" and not self.crosses(o):
            self.finish(o, "canceled")
            return
        if o.tif == "fok":
            self.fill(o, o.qty)
            return
        self.match(o)
        if o.tif == "ioc" and o.status in ("new", "partially_filled"):
            self.finish(o, "canceled")

    # --- canceling, changing ---

    def by_id(self, oid):
        for o in self.orders:
            if o.id == oid:
                return o
        raise Refused(404, 40410000, f"order not found for {oid}")

    def cancel(self, oid):
        o = self.by_id(oid)
        if o.status not in LIVE or o.status == "pending_replace":
            raise Refused(422, 42210000, f"order is already in \"{o.status}\""
                          " state" if o.status not in LIVE else
                          "order is pending replace")
        race, self.race = self.race, None
        if race == "fill":
            self.later(lambda: self.fill_now(o))
        elif race == "refuse":
            self.later(lambda: self.emit(o, "order_cancel_rejected"))
            return None
        if self.rnd.random() < 0.3:
            o.status = "pending_cancel"
            self.emit(o, "pending_cancel")
        self.later(lambda: self.canceled(o), 0.05 if race else 0)
        return None

    def fill_now(self, o):
        if o.status in LIVE:
            self.fill(o, o.qty - o.cum)

    def canceled(self, o):
        if o.status in LIVE:
            self.finish(o, "canceled")

    def replace(self, oid, body):
        o = self.by_id(oid)
        if o.status not in ("new", "partially_filled", "held"):
            raise Refused(422, 42210000,
                          f"order is not replaceable in status {o.status}")
        p = self.read(body)
        if o.notional is not None or o.qty != o.qty // 1 or (
                p["qty"] is not None and p["qty"] != p["qty"] // 1):
            raise Refused(422, 42210000, "fractional orders can't be "
                          "replaced")
        new = {"symbol": o.symbol, "side": o.side, "type": o.type,
               "time_in_force": p.get("time_in_force") or o.tif,
               "qty": p["qty"] if p["qty"] is not None else o.qty,
               "notional": None,
               "limit_price": p["limit_price"] or o.limit,
               "stop_price": p["stop_price"] or (
                   None if o.type == "trailing_stop" else o.stop), **o.trail}
        trail = self.number(body, "trail")
        for k in ("trail_price", "trail_percent"):
            if trail is not None and o.trail[k] is not None:
                new[k] = trail
        if (new["qty"], new["limit_price"], new["stop_price"],
                new["time_in_force"], new["trail_price"],
                new["trail_percent"]) == (
                    o.qty, o.limit, o.stop, o.tif, *o.trail.values()):
            raise Refused(403, 40310000, "order parameters are not changed")
        crypto = ASSETS[o.symbol][0] == "crypto"
        self.check_kind(new, crypto)
        self.check_price(new, "limit_price", crypto)
        self.check_price(new, "stop_price", crypto)
        self.check_qty(new, crypto)
        self.check_cid(p.get("client_order_id"))
        n = Order(self.uuid(), p.get("client_order_id") or self.uuid(), new,
                  self.now())
        n.replaces = o.id
        self.add(n)
        race, self.race = self.race, None
        if race == "fill":
            self.later(lambda: self.fill_now(o))
        elif race == "part" and o.qty - o.cum > 1:
            self.fill(o, D(1))
        self.later(lambda: self.replaced(o, n, race == "refuse"),
                   0.05 if race == "fill" else 0)
        o.status = "pending_replace"
        return n.shown()

    def replaced(self, o, n, refuse):
        if o.status not in LIVE or refuse:
            if refuse and o.status in LIVE:
                o.status = "partially_filled" if o.cum else "new"
                self.emit(o, "order_replace_rejected")
            n.reason = "the order that it replaces can't be"
            self.finish(n, "rejected")
            return
        o.replaced_by = n.id
        self.finish(o, "replaced")
        self.work(n)

    # --- questions ---

    def one(self, oid):
        return self.by_id(oid).shown()

    def by_cid(self, q):
        o = self.cids.get(q.get("client_order_id"))
        if o is None or self.lag_of(o):
            raise Refused(404, 40410000, "order is not found.")
        return o.shown()

    def lag_of(self, o):
        return time.time_ns() - o.created < self.lag * 10 ** 9

    def list(self, q):
        state, limit = q.get("status", "open"), int(q.get("limit", 50))
        if not 0 < limit <= 500 or state not in ("open", "closed", "all"):
            raise Refused(422, 42210000, "invalid status or limit")
        hits = [o for o in self.orders if state == "all" or
                (o.status in LIVE) == (state == "open")]
        if "symbols" in q:
            hits = [o for o in hits if o.symbol in q["symbols"].split(",")]
        if "side" in q:
            hits = [o for o in hits if o.side == q["side"]]
        for name, sign in (("after_order_id", 1), ("before_order_id", -1)):
            if name in q:
                at = self.by_id(q[name]).created
                hits = [o for o in hits if sign * (o.created - at) > 0]
        if "after" in q:
            hits = [o for o in hits if o.created > moment(q["after"])]
        if "until" in q:
            hits = [o for o in hits if o.created < moment(q["until"])]
        if q.get("direction", "desc") == "desc":
            hits = hits[::-1]
        return [o.shown() for o in hits[:limit]]

    def activities(self, q):
        size = int(q.get("page_size", 100))
        if not 0 < size <= 100:
            raise Refused(422, 42210000, "invalid page_size")
        types = q.get("activity_types", "FILL").split(",")
        hits = [f for f in self.fills + self.charged if f["activity_type"] in
                types and ("after" not in q or f["at"] > moment(q["after"]))]
        hits.sort(key=lambda f: f["id"][:17])
        if q.get("direction", "desc") == "desc":
            hits = hits[::-1]
        if q.get("page_token"):
            ids = [f["id"] for f in hits]
            hits = hits[ids.index(q["page_token"]) + 1:] \
                if q["page_token"] in ids else []
        return [{k: v for k, v in f.items() if k != "at"}
                for f in hits[:size]]

    def charge(self, asset, cost, days=0):
        """What the venue books later; its row is of so many days ago."""
        at = (self.now() // 86400 // 10 ** 9 - days) * 86400 * 10 ** 9
        day = datetime.fromtimestamp(at // 10 ** 9, timezone.utc)
        row = {"id": f"{day:%Y%m%d}000000000::{self.uuid()}",
               "date": f"{day:%Y-%m-%d}", "status": "executed",
               "currency": "USD", "at": at}
        if asset == "USD":
            self.cash -= D(cost)
            row.update(activity_type="FEE", net_amount=text(-D(cost)),
                       description="TAF fee")
        else:
            self.position[asset] = self.position.get(asset, D(0)) - D(cost)
            row.update(activity_type="CFEE", net_amount="0",
                       symbol=asset.replace("/", ""), qty=text(-D(cost)),
                       description="Coin Pair Transaction Fee (Non USD)")
        self.charged.append(row)

    def positions(self):
        return [self.shown_position(s) for s in ASSETS if
                self.position.get(s, D(0)) + D(self.lie.get(s, 0))]

    def shown_position(self, s):
        n = self.position.get(s, D(0)) + D(self.lie.get(s, 0))
        if not n:
            raise Refused(404, 40410000, "position does not exist")
        return {"asset_id": str(uuid.uuid5(uuid.NAMESPACE_DNS, s)),
                "symbol": s.replace("/", ""), "exchange": "NASDAQ",
                "asset_class": ASSETS[s][0], "asset_marginable": True,
                "avg_entry_price": text(self.mid[s]), "qty": text(n),
                "qty_available": text(n), "side": "long" if n > 0 else
                "short", "market_value": text(n * self.mid[s]),
                "cost_basis": text(n * self.mid[s]), "unrealized_pl": "0",
                "current_price": text(self.mid[s])}

    def shown_account(self):
        return {"id": "5d1e9f3c-8c54-4a4e-9a3e-4b8a43e4d0a1",
                "account_number": "PA3ABCDEFGHI", "status": "ACTIVE",
                "currency": "USD", "cash": text(round(
                    self.cash + D(self.lie.get("USD", 0)), 2)),
                "buying_power": text(round(self.cash * 2, 2)),
                "equity": text(round(self.cash, 2)), "multiplier": "2",
                "shorting_enabled": True, "trading_blocked": False,
                "transfers_blocked": False, "account_blocked": False,
                "trade_suspended_by_user": False,
                "pattern_day_trader": False, "daytrade_count": 0,
                "crypto_status": "ACTIVE", "accrued_fees": "0",
                **self.account}

    def asset(self, s):
        if s not in ASSETS:
            raise Refused(404, 40410000, f"asset not found for {s}")
        crypto = ASSETS[s][0] == "crypto"
        return {"id": str(uuid.uuid5(uuid.NAMESPACE_DNS, s)),
                "class": ASSETS[s][0], "exchange": "CRYPTO" if crypto else
                "NASDAQ", "symbol": s, "name": s, "status": "active",
                "tradable": self.untradable != s, "marginable": not crypto,
                "shortable": not crypto and s != "PENNY",
                "borrow_status": "easy_to_borrow",
                "fractionable": s not in ("BRK.A", "PENNY"),
                "attributes": [],
                **({"min_order_size": "0.0001",
                    "min_trade_increment": "0.0001",
                    "price_increment": "0.01"} if crypto else {})}

    def clock(self):
        t = stamp(self.now() + self.skew * 10 ** 9)
        return {"timestamp": t, "is_open": self.open, "next_open": t,
                "next_close": t}

    def cancel_all(self):
        done = []
        for o in [o for o in self.orders if o.status in LIVE]:
            try:
                self.cancel(o.id)
                done.append({"id": o.id, "status": 200})
            except Refused:
                done.append({"id": o.id, "status": 500})
        return done

    def rest(self, method, path, headers, query, body):
        """@return (status, body); body None: none"""
        self.run()
        if (headers.get("apca-api-key-id"),
                headers.get("apca-api-secret-key")) != (self.key, self.secret):
            raise Refused(401, 40110000, "request is not authorized")
        q = {k: v[0] for k, v in parse_qs(query).items()}
        parts = unquote(path).split("/", 3)[2:]     # behind /v2/
        rest = parts[1] if len(parts) > 1 else None
        call = (method, parts[0], rest is not None)
        if call == ("POST", "orders", False):
            return 200, self.place(body)
        if call == ("PATCH", "orders", True):
            return 200, self.replace(rest, body or {})
        if call == ("DELETE", "orders", True):
            return 204, self.cancel(rest)
        if call == ("DELETE", "orders", False):
            return 207, self.cancel_all()
        if call == ("GET", "orders", True):
            return 200, self.one(rest)
        if call == ("GET", "orders", False):
            return 200, self.list(q)
        if call == ("GET", "orders:by_client_order_id", False):
            return 200, self.by_cid(q)
        if call == ("GET", "positions", False):
            return 200, self.positions()
        if call == ("GET", "positions", True):
            return 200, self.shown_position(rest)
        if call == ("GET", "account", False):
            return 200, self.shown_account()
        if call == ("GET", "account", True) and rest in (
                "activities/FILL", "activities"):
            return 200, self.activities(q)
        if call == ("GET", "clock", False):
            return 200, self.clock()
        if call == ("GET", "assets", True):
            return 200, self.asset(rest)
        if call == ("GET", "assets", False):
            return 200, [self.asset(s) for s in ASSETS
                         if q.get("asset_class") in (None, ASSETS[s][0])]
        raise Refused(404, 40410000, "endpoint not found.")
