#!/usr/bin/env python3
"""libquickfix trades on all five kinds of venue at once, through one gateway:
Binance, Alpaca, OANDA, TWS, and a FIX venue, which is a second gateway. At the
end five accounts must be the same for every symbol: the venue's own book, the
gateway's positions, what the client was told, what its drop copy was told, and
what the client asked for."""
import os
import random
import time
from decimal import Decimal as D

from alpacavenue import Alpaca
from binancevenue import Binance
from fixclient import utc
from fixpair import LIMITS, Books, Heard, gate, second
from gateway import FULL, Gateway
from oandavenue import Oanda
from peers import QF_PEER, QuickFix
from tap import Tap
from twssim import TwsSim
from venueclient import status, until

ORDERS = 40 if FULL else 8      # on each venue
SEED = int(os.environ.get("SEED", "1"))
WIDE = LIMITS.replace("MaxOrderQty=1000\n", "MaxOrderQty=100000\n").replace(
    "CollarPercent=10", "CollarPercent=95")
VENUES = {  # symbol, a unit, TimeInForce; prices that cross buying, selling;
            # one that rests
    "BIN": ("BTCUSDT", "0.001", "1", "60500.00", "59500.00", "59000.00"),
    "ALP": ("AAPL", "5", "0", "195.00", "185.00", "180.00"),
    "FX": ("EUR/USD", "1000", "1", "1.15000", "1.05000", "1.02000"),
    "IB": ("MSFT", "10", "0", "420.00", "400.00", "390.00"),
    "FAR": ("NVDA", "10", "0", "101.00", "99.00", "95.00")}
t = Tap()


class Sims:
    def __init__(self):
        self.b, self.a, self.o = Binance(), Alpaca(), Oanda()
        self.tws = TwsSim()
        self.far = Gateway(second("4.4", "NVDA 100 0.01 1000 5", limits=WIDE))
        self.far.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for x in (self.b, self.a, self.o, self.tws, self.far):
            x.close()

    def conf(self):
        out = [gate("4.4", self.far.port, client="CLIENT44", limits=WIDE)]
        for name, settings in (
                ("BIN", self.b.settings()), ("ALP", self.a.settings()),
                ("FX", self.o.settings()),
                ("IB", ["Type=tws", f"Port={self.tws.port}", "ClientId=7",
                        "AccountId=DU1234567", "MarketData=Y"]),
                ("FAR", ["Type=fix", "Session=VENUE",
                         "AccountMap=DEMO:HOUSE"])):
            symbol = VENUES[name][0]
            more = {"IB": "MSFT=272093", "FAR": "NVDA 100"}.get(name, symbol)
            out += [f"[VENUE {name}]", *settings, f"Symbols={more}",
                    f"[ROUTE]\nSymbol={symbol}\nVenue={name}"]
        return "\n".join(out) + "\n"

    def held(self):
        """What each venue says was traded, by symbol."""
        sign = {True: 1, False: -1}
        out = {"BTCUSDT": sum(sign[x["isBuyer"]] * D(x["qty"])
                              for x in self.b.book()["trades"]),
               "AAPL": sum(sign[x["side"] == "buy"] * D(x["qty"])
                           for x in self.a.book()["fills"]),
               "EUR/USD": D(self.o.book()["net"]["EUR_USD"])}
        s = self.tws.state()
        sides = {o["id"]: o["side"] for o in s["orders"]}
        out["MSFT"] = sum(sign[sides[x["order"]] == "BUY"] * D(x["qty"])
                          for x in s["execs"])
        out["NVDA"] = D(Books(self.far).positions.get("HOUSE NVDA", 0))
        return out

    def executions(self):
        return (len(self.b.book()["trades"]) + len(self.a.book()["fills"]) +
                len(self.tws.state()["execs"]) +
                sum(x["type"] == "ORDER_FILL"
                    for x in self.o.book()["transactions"]))


class Trader:
    """The client: an order of each kind on each venue, in a random order, none
    waiting for another."""

    def __init__(self, qf):
        self.qf, self.n = qf, 0
        self.last, self.reports, self.wanted = {}, [], {}

    def send(self, kind, fields):
        self.n += 1
        self.qf.send(kind, [(11, f"V{self.n}"), (1, "DEMO"), (60, utc()),
                            *fields])
        return f"V{self.n}"

    def trade(self, rnd, venue):
        symbol, unit, tif, buy, sell, rest = VENUES[venue]
        side = rnd.choice("12")
        qty = D(unit) * rnd.randrange(1, 4)
        kind = rnd.choice(("fill", "fill", "cancel", "replace"))
        px = (buy if side == "1" else sell) if kind == "fill" else rest
        if kind == "fill":
            self.wanted[symbol] = self.wanted.get(symbol, 0) + (
                qty if side == "1" else -qty)
        else:
            side = "1"
        x = self.send("D", [(55, symbol), (54, side), (38, qty), (40, "2"),
                            (44, px), (59, tif), (21, "1")])
        return kind, x, symbol, side, qty, px

    def hear(self, seconds):
        self.qf.pump(seconds)
        while self.qf.apps:
            m = self.qf.apps.pop(0)
            self.reports.append(m)
            if m.get(35) == "8":
                self.last[m[11]] = m

    def until(self, ok, timeout=90):
        end = time.monotonic() + timeout
        while not ok() and time.monotonic() < end:
            self.hear(0.05)
        return ok()

    def go_on(self, row):
        """Behind the order itself: its replace, its cancel. @return over?"""
        kind, x, symbol, side, qty, px = row
        m = self.last.get(x)
        if m is None or m[39] not in "0528C4":
            return False
        if kind == "fill" or m[39] in "28C4":
            return m[39] in "28C4"
        base = [(41, x), (55, symbol), (54, side), (38, qty)]
        if kind == "replace":
            more = qty + D(VENUES[self.venue_of(symbol)][1])
            row[0] = "cancel"
            row[4] = more
            row[1] = self.send("G", [(41, x), (55, symbol), (54, side),
                                     (38, more), (40, "2"), (44, px),
                                     (59, VENUES[self.venue_of(symbol)][2]),
                                     (21, "1")])
        else:
            row[0] = "end"
            row[1] = self.send("F", base)
        return False

    @staticmethod
    def venue_of(symbol):
        return next(v for v, x in VENUES.items() if x[0] == symbol)


def sums(reports, get):
    """Executions by symbol, each ExecID once."""
    seen = {}
    for m in reports:
        if get(m, 150) == "F":
            seen[get(m, 17)] = (get(m, 55), D(get(m, 32)) * (
                1 if get(m, 54) == "1" else -1))
    out = {}
    for symbol, qty in seen.values():
        out[symbol] = out.get(symbol, D(0)) + qty
    return out, len(seen)


def same(a, b):
    return all(a.get(x[0], 0) == b.get(x[0], 0) for x in VENUES.values())


def day(sims, g, qf):
    for name in VENUES:
        t.ok(until(lambda n=name: status(g, n) == "up"), f"{name} is up",
             status(g, name))
    qf.start()
    qf.wait_event("logon")
    copies = Heard("COPIES").connect(g.port)
    c, rnd = Trader(qf), random.Random(SEED)
    plan = [v for v in VENUES for _ in range(ORDERS)]
    rnd.shuffle(plan)
    t.note(f"seed {SEED}: {len(plan)} orders")
    rows = [list(c.trade(rnd, v)) for v in plan]

    def over():
        return all([c.go_on(r) for r in rows])
    t.ok(c.until(over), "every order ends",
         [(r, c.last.get(r[1])) for r in rows if not c.go_on(r)][:3])
    bad = [m for m in c.reports if m.get(39) == "8" or m.get(35) in "9j3"]
    t.ok(not bad, "and nothing is refused", bad[:3])
    told, n = sums(c.reports, lambda m, k: m.get(k))
    held = sims.held()
    t.ok(held == c.wanted | {k: v for k, v in held.items() if v == 0},
         "the venues hold what was asked for", (held, c.wanted))
    t.ok(same(held, told), "the client was told just that", (held, told))
    b = Books(g)
    ours = {k.split(" ", 1)[1]: D(v) / 10 ** 8 for k, v in b.e8.items()
            if k.startswith("DEMO ")}
    t.ok(same(held, ours) and not b.live(),
         "the gateway's positions are the same, and no order is open",
         (held, ours))

    def copied():
        copies.pump(0.05)
        return sums(copies.all, lambda m, k: m.get(k))[1] >= n
    until(copied)
    copied_sums, copied_n = sums(copies.all, lambda m, k: m.get(k))
    t.ok(same(held, copied_sums) and copied_n == n,
         "so is what the drop copy was told", (held, copied_sums))
    far = sum(m.get(150) == "F" and m.get(55) == "NVDA" for m in c.reports)
    t.ok(n == sims.executions() + far, "and no execution is twice or missing",
         (n, sims.executions(), far))


if not os.path.exists(QF_PEER):
    t.skip("QuickFIX on five venues at once", "libquickfix is not installed")
else:
    with Sims() as s, Gateway(s.conf()) as gateway:
        peer = QuickFix("4.4", gateway.port)
        try:
            gateway.start()
            day(s, gateway, peer)
        finally:
            peer.close()
t.done()
