#!/usr/bin/env python3
"""Interactive Brokers through the gateway: a FIX client on one side, a TWS of
the test on the other. What is sent, what comes back, and that after any fault
no order is there twice and none is forgotten: the client's view is TWS's."""
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from decimal import Decimal

from fixclient import FixClient
from gateway import FIXGATED, FULL, TOP, Gateway
from tap import Tap
from twssim import TwsSim
from venueclient import holdings

ORDERS = int(os.environ.get("ORDERS", "1000" if FULL else "60"))
SEED = int(os.environ.get("SEED", "7"))
CONF = """
[GATEWAY]
DataDir=${DATA_DIR}
TableSize=16M
SegmentSize=1M
[VENUE IB]
Type=tws
Port=%d
ClientId=7
AccountId=DU1234567
Symbols=AAPL, MSFT=272093, SPY=STK:SMART:USD:ARCA, NOPE
MarketData=Y
ReconcileInterval=2000
MessagesPerSecond=%d
[ROUTE]
Venue=IB
[RISK account DEMO]
MaxOrderQty=1000000
MaxOrderNotional=unlimited
MaxLong=100000000
MaxShort=100000000
MaxOpenOrders=200000
MaxOpenNotional=unlimited
CollarPercent=90
OrdersPerSecond=100000
OrderBurst=100000
[DEFAULT]
ConnectionType=acceptor
SocketAcceptAddress=127.0.0.1
SocketAcceptPort=${FIX_PORT}
BeginString=FIX.4.4
SenderCompID=FIXGATE
Accounts=DEMO
ResetOnLogon=N
[SESSION]
TargetCompID=CLIENT
"""
ENDED = set("248C")
t = Tap()


def until(what, timeout=60):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.02)
    return None


def children(g):
    with open(f"/proc/{g.process.pid}/task/{g.process.pid}/children") as f:
        return [int(p) for p in f.read().split()]


def venue_pid(g, sim):
    """The child whose socket is connected to the TWS of the test."""
    inodes = set()
    with open("/proc/net/tcp") as f:
        for line in f.readlines()[1:]:
            words = line.split()
            if int(words[2].split(":")[1], 16) == sim.port:
                inodes.add(f"socket:[{words[9]}]")
    for p in children(g):
        try:
            for fd in os.listdir(f"/proc/{p}/fd"):
                if os.readlink(f"/proc/{p}/fd/{fd}") in inodes:
                    return p
        except OSError:
            pass
    return None


def venue_is(g, state):
    return re.search(rf"^venue IB {state}", g.fixgate("control", "status"),
                     re.M)


class Client:
    """A client that keeps what it was told."""

    def __init__(self, g):
        self.g, self.n = g, 0
        self.orders = {}  # OrderID -> what was told last
        self.fills, self.heard = Counter(), []
        self.ours = {}                     # ClOrdID -> OrderID
        self.connect()

    def connect(self):
        seen = self

        class Remembers(FixClient):
            def use(self, m):
                super().use(m)
                seen.use(m)
        self.c = Remembers("FIX.4.4", "CLIENT", "FIXGATE")
        self.c.connect(self.g.port)

    def use(self, m):
        if m.type not in ("8", "9"):
            return
        self.heard.append(m)
        for tag in (11, 41):
            if m.get(tag):
                self.ours.setdefault(m.get(tag), m.get(37))
        view = self.orders.setdefault(m.get(37), {})
        view["status"] = m.get(39)
        if m.type == "8":
            view.update(cum=Decimal(m.get(14)), qty=Decimal(m.get(38) or 0),
                        px=Decimal(m.get(44, "0")), why=m.get(58))
        if m.get(150) == "F":
            self.fills[m.get(17)] += 1

    def id(self):
        self.n += 1
        return f"C{self.n}"

    def new(self, price=None, qty=10, symbol="AAPL", side="1", type_="2",
            tif="0", stop=None, more=()):
        id_ = self.id()
        body = [(11, id_), (1, "DEMO"), (55, symbol), (54, side),
                *([(38, qty)] if qty is not None else []), (40, type_), (59, tif), (60, "20260101-00:00:00"), *more]
        if price is not None:
            body.append((44, price))
        if stop is not None:
            body.append((99, stop))
        self.c.send("D", body)
        return id_

    def change(self, kind, orig, price=None, qty=10, symbol="AAPL", side="1"):
        id_ = self.id()
        body = [(11, id_), (41, orig), (55, symbol), (54, side),
                (60, "20260101-00:00:00")]
        if kind == "G":
            body += [(1, "DEMO"), (38, qty), (40, "2"), (44, price),
                     (59, "0")]
        self.c.send(kind, body)
        return id_

    def wait(self, want, timeout=30):
        end, at = time.monotonic() + timeout, 0
        while True:
            while at < len(self.heard):
                at += 1
                if want(self.heard[at - 1]):
                    return self.heard[at - 1]
            left = end - time.monotonic()
            if left <= 0:
                return None
            self.c.pump(min(left, 0.2))

    def report(self, id_, exec_type, timeout=30):
        return self.wait(lambda m: m.get(11) == id_ and m.type == "8" and
                         m.get(150) == exec_type, timeout)


def by_ref(sim):
    """OrderID -> orders of TWS that were placed for it."""
    out = {}
    for o in sim.state()["orders"]:
        out.setdefault(o["ref"].rpartition("-")[0], []).append(o)
    return out


def at_tws(sim, c, id_):
    order_id = c.ours.get(id_)
    found = by_ref(sim).get(order_id, [])
    return found[0] if len(found) == 1 else None


def trade(sim, g, c):
    x = c.new("150.50")
    m = c.report(x, "0")
    o = at_tws(sim, c, x)
    t.ok(m and o and o["price"] == "150.5" and o["type"] == "LMT" and
         o["status"] == "Submitted" and o["account"] == "DU1234567",
         "an order rests at TWS", (m, o))
    y = c.change("G", x, "151.25", 20)
    m = c.report(y, "5")
    o = at_tws(sim, c, y)
    t.ok(m and m.get(38) == "20" and o["price"] == "151.25" and
         o["qty"] == "20" and o["changes"] == 1, "it is replaced", (m, o))
    z = c.change("F", y)
    m = c.report(z, "4")
    t.ok(m and m.get(41) == y and at_tws(sim, c, z)["status"] == "Cancelled",
         "and canceled", m)
    x = c.new("190.00", 100)
    m = c.wait(lambda m: m.get(11) == x and m.get(39) == "2")
    t.ok(m and m.get(14) == "100" and m.get(6) == "185.02" and
         sum(Decimal(e["qty"]) for e in sim.state()["execs"]) == 100,
         "another is filled", m)
    fees = [m for m in c.heard if m.get(150) == "I" and m.get(12)]
    t.ok(c.wait(lambda m: m.get(150) == "I" and m.get(12)) and
         until(lambda: pause(c) or sum(
             Decimal(m.get(12)) for m in c.heard if m.get(150) == "I") == 1),
         "the commission of each execution comes behind it", fees)
    fees = [m for m in c.heard if m.get(150) == "I"]
    t.ok(all(m.get(13) == "3" and m.get(479) == "USD" and m.get(39) in "12" and
             m.get(19) in c.fills for m in fees) and
         len({m.get(19) for m in fees}) == len(fees),
         "once, and names it", fees)
    at = len(c.heard)
    sim.say("resend")
    x = sim.state()["execs"][0]
    sim.say("correct", x["id"], "185.00")
    m = c.wait(lambda m: m.type == "8" and m.get(150) == "G")
    t.ok(m and m.get(31) == "185.00" or m and m.get(31) == "185",
         "a corrected execution is a correction, not a second one", m)
    t.ok(len(c.heard) == at + 1 and max(c.fills.values()) == 1,
         "executions that are told again are told to nobody")


def pause(c):
    """Read what comes for a moment."""
    c.wait(lambda m: False, 0.3)


# What few orders have, and what TWS is to get of it.
RARE = (
    ("market if touched", dict(price=None, type_="J", stop="150"),
     {"ORDER_TYPE": "MIT", "AUX_PRICE": "150"}),
    ("a trailing stop", dict(price=None, type_="P", more=[
        (18, "a"), (211, "5")]),
     {"ORDER_TYPE": "TRAIL", "AUX_PRICE": "5", "TRAILING_PERCENT": ""}),
    ("a trailing stop in percent", dict(price=None, type_="P", more=[
        (18, "a"), (211, "250"), (836, "1")]),
     {"ORDER_TYPE": "TRAIL", "TRAILING_PERCENT": "2.5", "AUX_PRICE": ""}),
    ("MinQty", dict(more=[(110, "4")]), {"MIN_QTY": "4"}),
    ("MaxFloor", dict(more=[(111, "3")]), {"DISPLAY_SIZE": "3"}),
    ("all or none", dict(more=[(18, "G")]), {"ALL_OR_NONE": "1"}),
    ("not before", dict(more=[(168, "20361218-20:00:00")]),
     {"GOOD_AFTER_TIME": "20361218-20:00:00"}),
)


def kinds(sim, c):
    """Types and times in force that go through the gateway."""
    for name, type_, tif, px, stop, end, words in (
            ("market", "1", "0", None, None, "2", ("MKT", "DAY")),
            ("limit till canceled", "2", "1", "150", None, "0",
             ("LMT", "GTC")),
            ("immediate or cancel", "2", "3", "150", None, "4",
             ("LMT", "IOC")),
            ("fill or kill", "2", "4", "150", None, "4", ("LMT", "FOK")),
            ("stop", "3", "0", None, "200", "0", ("STP", "DAY")),
            ("stop limit", "4", "0", "201", "200", "0", ("STP LMT", "DAY")),
            ("till a date", "2", "6", "150", None, "0", ("LMT", "GTD"))):
        more = [(126, "20361218-20:00:00")] if tif == "6" else []
        x = c.new(px, type_=type_, tif=tif, stop=stop, more=more)
        m = c.wait(lambda m, x=x: m.get(11) == x and m.type == "8" and
                   m.get(39) == end)
        o = at_tws(sim, c, x)
        t.ok(m and o and (o["type"], o["tif"]) == words, f"{name} goes",
             (m, o))
    for name, args, wanted in RARE:
        x = c.new(**{"price": "150", **args})
        m = c.wait(lambda m, x=x: m.get(11) == x and m.type == "8" and
                   m.get(39) in "08")
        o = at_tws(sim, c, x)
        t.ok(m and o and m.get(39) == "0" and
             all(o["sent"][k] == v for k, v in wanted.items()),
             f"{name} goes", (m, m and m.get(58), o))
        c.change("F", x)
        c.wait(lambda m, x=x: m.get(41) == x and m.get(39) == "4")
    sim.say("price", "AAPL", "200.01", "200.02")
    m = c.wait(lambda m: m.get(40) == "3" and m.get(39) == "2")
    t.ok(m is not None, "a stop that triggers is filled", m)
    sim.say("price", "AAPL", "185.00", "185.02")


def refusals(sim, c):
    before = len(sim.state()["orders"])
    for name, fields, reason in (
            ("off the tick", dict(price="150.001"), "99"),
            ("a broken lot", dict(price="150", qty="1.5"), "13")):
        x = c.new(**fields)
        m = c.wait(lambda m, x=x: m.get(11) == x and m.get(39) == "8")
        t.ok(m and m.get(103) == reason, f"{name}: refused", m)
    for words, fields in (
            ("CashOrderQty(152)", dict(type_="1", qty=None,
                                       more=[(152, "1000")])),
            ("ExecInst(18)=6", dict(price="150", more=[(18, "6")])),
            ("OrdType(40)=PR", dict(type_="P", more=[(18, "R")])),
            ("TimeInForce(59)=5", dict(price="150", tif="5"))):
        x = c.new(**fields)
        m = c.wait(lambda m, x=x: m.get(11) == x and m.get(39) == "8")
        t.ok(m and m.get(103) == "11" and words in m.get(58),
             f"{words}: refused with its name", m)
    t.ok(len(sim.state()["orders"]) == before, "and never sent")
    x = c.new("150", 100000)
    m = c.wait(lambda m: m.get(11) == x and m.get(39) == "8")
    t.ok(m and m.get(103) == "3" and "201" in m.get(58), "what TWS refuses is refused",
         m)
    x = c.new("150.00")
    c.report(x, "0")
    y = c.change("G", x, "150.00", 100000)
    m = c.wait(lambda m: m.type == "9" and m.get(11) == y)
    t.ok(m and m.get(434) == "2" and m.get(39) == "0",
         "a refused replace leaves the order", m)
    sim.say("cancel", at_tws(sim, c, x)["ref"])
    m = c.wait(lambda m: m.type == "8" and m.get(37) == c.ours[x] and
               m.get(150) == "4")
    t.ok(m and "by IB" in m.get(58), "a cancel that nobody asked for is told", m)


def back_up(g):
    return until(lambda: venue_is(g, "up"))


def outages(sim, g, c):
    x = c.new("150.00")
    c.report(x, "0")
    sim.say("lost")
    t.ok(until(lambda: venue_is(g, "down")), "1100: it is down")
    y = c.new("150.00")
    m = c.report(y, "8")
    t.ok(m and "lost" in m.get(58, ""), "an order is refused, with the reason",
         m)
    c.change("F", x)
    sim.say("back", 1102)
    m = c.wait(lambda m: m.type == "8" and m.get(37) == c.ours[x] and
               m.get(150) == "4")
    t.ok(m is not None, "1102: a cancel that waited goes")
    x = c.new("150.00")
    c.report(x, "0")
    sim.say("restart", "0.5")
    t.ok(back_up(g), "TWS restarts: it is up again")
    os.kill(venue_pid(g, sim), signal.SIGKILL)
    t.ok(until(lambda: venue_is(g, "down")) and back_up(g),
         "the venue's process dies: it is up again")
    y = c.change("F", x)
    t.ok(c.report(y, "4"), "the order of before can be canceled")
    sim.say("reset", 1)
    sim.say("cut")
    until(lambda: venue_is(g, "down"), 5)
    t.ok(back_up(g), "a cut connection is made again")
    x = c.new("150.00")
    t.ok(c.report(x, "0"), "order ids that were reset are not used again")


class Chaos:
    def __init__(self, sim, g, c):
        self.sim, self.g, self.c = sim, g, c
        self.random = random.Random(SEED)
        self.live, self.sent = {}, []

    def order(self):
        buy = self.random.random() < 0.5
        px = Decimal("185.00") + self.random.randrange(-300, 300) / \
            Decimal(100)
        id_ = self.c.new(str(px), self.random.randrange(1, 50),
                         side="1" if buy else "2",
                         tif=self.random.choice("00013"))
        self.live[id_] = (id_, "1" if buy else "2")
        self.sent.append(id_)

    def change(self):
        if not self.live:
            return
        first = self.random.choice(list(self.live))
        last, side = self.live[first]
        if self.random.random() < 0.5:
            self.c.change("F", last, side=side)
            del self.live[first]
        else:
            px = Decimal("185.00") + self.random.randrange(-300, 300) / \
                Decimal(100)
            id_ = self.c.change("G", last, str(px),
                                self.random.randrange(10, 60), side=side)
            self.live[first] = (id_, side)

    def fault(self, no):
        kind = ("cut", "restart", "lost", "venue", "gateway", "market")[no % 6]
        if kind == "cut":
            self.sim.say("cut")
        elif kind == "restart":
            self.sim.say("restart", "0.3")
        elif kind == "lost":
            self.sim.say("lost")
            pause(self.c)
            self.sim.say("back", 1101)
        elif kind == "venue":
            p = venue_pid(self.g, self.sim)
            if p:
                os.kill(p, signal.SIGKILL)
        elif kind == "gateway":
            self.g.kill()
            self.g.start()
            self.c.c.connect(self.g.port)
        bid = Decimal("185.00") + self.random.randrange(-200, 200) / \
            Decimal(100)
        self.sim.say("price", "AAPL", bid, bid + Decimal("0.02"))

    def run(self):
        faults = 6 if ORDERS < 240 else ORDERS // 40
        for i in range(ORDERS):
            self.order()
            if self.random.random() < 0.5:
                self.change()
            if i % 10 == 9:
                pause(self.c)
            if i % (ORDERS // faults) == ORDERS // faults - 1:
                self.fault(i // (ORDERS // faults))

    @staticmethod
    def same(v, o):
        live = o["status"] in ("Submitted", "PreSubmitted")
        if Decimal(o["filled"]) != v["cum"] or live == (v["status"] in ENDED):
            return False
        if (o["status"] == "Filled") != (v["status"] == "2"):
            return False
        return not live or (Decimal(o["qty"]) == v["qty"] and
                            Decimal(o["price"] or 0) == v["px"])

    def differs(self):
        """What the client sees and what TWS has, where they are not one."""
        there, out = by_ref(self.sim), []
        for order_id, v in self.c.orders.items():
            mine = there.pop(order_id, [])
            if len(mine) > 1:
                out.append(f"{order_id}: twice at TWS")
            elif not mine and (v["status"] not in "84" or v["cum"] != 0):
                out.append(f"{order_id}: {v}, but not at TWS")
            elif mine and not self.same(v, mine[0]):
                out.append(f"{order_id}: {v}, TWS has {mine[0]}")
        out += [f"{o}: at TWS, and the client was never told" for o in there]
        return out

    def settle(self):
        back_up(self.g)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            pause(self.c)
            missing = [x for x in self.sent if x not in self.c.ours]
            if not missing and not self.differs():
                return []
        return [f"{x}: never answered" for x in missing] + self.differs()


def chaos(sim, g, c):
    x = Chaos(sim, g, c)
    x.run()
    wrong = x.settle()
    t.ok(not wrong, f"chaos, seed {SEED}: the client's view is TWS's",
         "\n".join(wrong[:10]) + "\n" + g.tail())
    t.ok(until(lambda: "AAPL" in holdings(g, "IB") and all(
        x == y for asset, (x, y, _d) in holdings(g, "IB").items()
        if asset != "USD"), 20),
         "and its positions are what our executions make", holdings(g, "IB"))
    state = sim.state()
    t.ok(not state["twice"], "no order was placed twice", state["twice"])
    t.ok(max(c.fills.values()) == 1, "no execution was told twice")
    t.ok(not [f for f in state["faults"]],
         "TWS found every message right, and never too many",
         state["faults"][:5])


def duties(sim):
    """What fixgate-venue-link(7) demands of any venue."""
    with tempfile.TemporaryDirectory(prefix="fixgate-") as folder:
        conf = os.path.join(folder, "conf")
        with open(conf, "w") as f:
            f.write(CONF.replace("${DATA_DIR}", folder).replace(
                "${FIX_PORT}", "1") % (sim.port, 45))
        run = subprocess.run(
            [sys.executable, os.path.join(TOP, "tests", "venues",
                                          "contract.py"),
             "--symbol", "AAPL", "--qty", "10", "--rest", "150", "--cross",
             "190", FIXGATED, "-c", conf, "--venue", "IB"],
            capture_output=True, text=True, timeout=300)
    bad = [x for x in run.stdout.splitlines() if x.startswith("not ok")]
    t.ok(run.returncode == 0 and not bad,
         "the contract of the link is kept", "\n".join(bad) + run.stderr)


def check(text):
    """fixgated --check-config"""
    with tempfile.TemporaryDirectory(prefix="fixgate-") as folder:
        conf = os.path.join(folder, "conf")
        with open(conf, "w") as f:
            f.write(text.replace("${DATA_DIR}", folder).replace(
                "${FIX_PORT}", "1"))
        return subprocess.run([FIXGATED, "-c", conf, "--check-config"],
                              capture_output=True, text=True, timeout=60)


def settings():
    conf = CONF % (7497, 45)
    run = check(conf)
    t.ok(run.returncode == 0, "the settings are good", run.stderr)
    good = "Symbols=AAPL, MSFT=272093, SPY=STK:SMART:USD:ARCA, NOPE"
    wrong = []
    for symbols in ("AAPL=", "AAPL=STK", "AAPL=STK:SMART", "=STK:SMART:USD",
                    "AAPL=0", "AAPL=1:SMART:USD", "A=STK:SMART:USD:X:Y",
                    "AAPL=TOOLONGATYPE:SMART:USD"):
        run = check(conf.replace(good, f"Symbols={symbols}"))
        if run.returncode == 0 or "neither NAME nor" not in run.stderr:
            wrong.append((symbols, run.stderr))
    for line in ("ClientId=0", "MessagesPerSecond=51", "Port=0"):
        key = line.split("=")[0]
        run = check(re.sub(rf"(?m)^{key}=.*$", line, conf))
        if run.returncode == 0 or key not in run.stderr:
            wrong.append((line, run.stderr))
    t.ok(not wrong, "settings that are wrong are refused", wrong)


def main():
    settings()
    with TwsSim("--seed", str(SEED)) as sim:
        duties(sim)
    with TwsSim("--shuffle", "--duplicate", "--split", "--seed",
                str(SEED)) as sim, Gateway(CONF % (sim.port, 45)) as g:
        g.start()
        t.ok(back_up(g), "the venue is up", g.tail())
        t.ok("symbol NOPE is not known at TWS" in g.tail(),
             "a symbol that TWS does not know is told to the operator")
        c = Client(g)
        steps = {"trade": lambda: trade(sim, g, c),
                 "kinds": lambda: kinds(sim, c),
                 "refusals": lambda: refusals(sim, c),
                 "outages": lambda: outages(sim, g, c),
                 "chaos": lambda: chaos(sim, g, c)}
        for name in os.environ.get("PARTS", "").split() or steps:
            steps[name]()
    t.done()


if __name__ == "__main__":
    main()
