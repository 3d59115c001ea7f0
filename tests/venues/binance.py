"""The gateway with Binance's adapter against a simulated Binance: the contract
of venues, every order type, what a wrong setting or a bad venue is told as, and
orders through every fault. The venue's book is the judge."""
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
from decimal import Decimal

import venueclient
from binancevenue import Binance
from gateway import FIXGATED
from tap import Tap
from venueclient import (CONF, accounts_agree, gateway, holdings, run_parts,
                         status, until, venue_pid)

t = Tap()
TOP = os.environ["TOP_SRCDIR"]

MORE = ("Symbols=BTCUSDT,ETHUSDT", "RecvWindow=1000", "UnknownAfter=1500",
        "ReconcileInterval=1000")


class Client(venueclient.Client):
    SYMBOL, QTY, TIF = "BTCUSDT", "0.001", 1


def start(sim, *more, collar="95"):
    return gateway(*sim.settings(), *(more or MORE), collar=collar)


def contract():
    with Binance() as sim, tempfile.TemporaryDirectory() as folder:
        conf = os.path.join(folder, "c.conf")
        with open(conf, "w") as f:
            f.write(CONF % "\n".join([*sim.settings(), *MORE]))
        p = subprocess.run(
            [sys.executable, os.path.join(TOP, "tests/venues/contract.py"),
             "--symbol", "BTCUSDT", "--qty", "0.001", "--rest", "59000.00",
             "--cross", "60100.00", FIXGATED, "-c", conf, "--venue", "VEN"],
            env=dict(os.environ, DATA_DIR=folder, FIX_PORT="0"),
            capture_output=True, text=True, timeout=300)
        bad = [x for x in p.stdout.splitlines() if x.startswith("not ok")]
        t.ok(p.returncode == 0 and not bad, "the adapter keeps the contract",
             p.stdout + p.stderr)


# What is sent, and what the venue is to get of it.
KINDS = (
    ("post-only", dict(price="59000.00", more=[(18, "6")]),
     {"type": "LIMIT_MAKER", "timeInForce": None, "price": "59000"}),
    ("market if touched", dict(kind="J", stop="59000.00"),
     {"type": "TAKE_PROFIT", "stopPrice": "59000", "timeInForce": None}),
    ("stop", dict(kind=3, stop="61000.00"),
     {"type": "STOP_LOSS", "stopPrice": "61000", "timeInForce": None}),
    ("in USDT", dict(price="59000.00", more=[(15, "USDT")]),
     {"type": "LIMIT", "price": "59000"}),
    ("iceberg", dict(price="59000.00", more=[(111, "0.0005")]),
     {"type": "LIMIT", "icebergQty": "0.0005", "timeInForce": "GTC"}),
    ("peg to its own side", dict(kind="P", more=[
        (18, "R"), (211, "2"), (836, "3")]),
     {"type": "LIMIT", "pegPriceType": "PRIMARY_PEG",
      "pegOffsetType": "PRICE_LEVEL", "pegOffsetValue": "2", "price": None}),
)
UNKIND = (
    ("MinQty(110)", dict(price="59000.00", more=[(110, "0.0005")])),
    ("MaxFloor requires", dict(price="59000.00", tif=3,
                               more=[(111, "0.0005")])),
    ("OrdType(40)=K", dict(kind="K", tif=1)),
    ("OrdType(40)=Pa", dict(kind="P", more=[(18, "a"), (211, "10")])),
    ("TimeInForce(59)=7", dict(tif=7)),
    ("Currency(15)=BTC: BTCUSDT trades in USDT",
     dict(price="59000.00", more=[(15, "BTC")])),
    ("TradingSessionID(336)", dict(price="59000.00", more=[
        (386, "1"), (336, "EXTENDED")])),
)


def kinds(sim, c):
    for what, args, wanted in KINDS:
        x = c.new(**args)
        m = c.about(x, "08")
        o = sim.book()["orders"][-1]["sent"]
        t.ok(m is not None and m.get(39) == "0" and
             all(o.get(k) == v for k, v in wanted.items()),
             f"{what} is at the venue what it is here", (m, o))
        c.change("F", x)
        c.about(x, "4")
    x = c.new(tif=3, more=[(38, None), (152, "120")])
    m = c.wait(lambda m: m.get(11) == x and m.get(39) == "2")
    o = sim.book()["orders"][-1]["sent"]
    t.ok(o.get("quoteOrderQty") == "120" and "quantity" not in o and
         m.get(152) == "120" and m.get(38) == m.get(14) == "0.002" and
         m.get(151) == "0", "an amount is filled and then has a quantity",
         (m, o))
    at = sum(x.startswith("POST") for x in sim.book()["log"])
    for what, args in UNKIND:
        m = c.about(c.new(**args), "8")
        t.ok(m is not None and m.get(103) == "11" and what in m.get(58, ""),
             f"{what} is refused", m)
    t.ok(sum(x.startswith("POST") for x in sim.book()["log"]) == at,
         "before it is sent")


def orders():
    """One of each kind, and what is refused before it is sent."""
    with Binance() as sim, start(sim) as g:
        g.start()
        until(lambda: status(g) == "up")
        c = Client().connect(g.port)
        x = c.new("60100.00")
        m = c.wait(lambda m: m.get(11) == x and m.get(39) == "2")
        t.ok(m.get(31) == "60000.01" and m.get(14) == "0.001",
             "a limit order that crosses is filled", m)
        t.ok(Decimal(m.get(12)) == Decimal(m.get(32)) / 1000 and
             m.get(13) == "3" and m.get(479) == "BTC" and m.get(58) is None,
             "with the venue's commission", m)
        x = c.new(tif=0)
        m = c.wait(lambda m: m.get(11) == x and m.get(39) == "2")
        t.ok(m is not None, "a market order is filled")
        x = c.new("59000.00", tif=3)
        m = c.about(x, "C48")
        t.ok(m.get(39) == "C" and "IOC" in m.get(58, ""),
             "an IOC order that does not cross expires", m)
        x = c.new("59000.00", side=1, kind=4, stop="61000.00")
        m = c.about(x, "08")
        t.ok(m.get(39) == "0", "a stop limit order rests", m)
        c.change("F", x)
        t.ok(c.about(x, "4") is not None, "and is canceled")
        x = c.new("59000.00", qty="0.002")
        c.about(x, "0")
        y = c.change("G", x, "0.001", "59000.00")
        m = c.about(y, "59")
        t.ok(m.get(150) == "5" and m.get(38) == "0.001",
             "a smaller quantity is an amendment", m)
        z = c.change("G", y, "0.003", "59500.00")
        m = c.about(z, "59")
        t.ok(m.get(150) == "5" and m.get(44) == "59500",
             "another price is cancel and replace", m)
        c.change("F", z)
        m = c.about(z, "4")
        t.ok(m is not None and m.get(14) == "0", "which can be canceled", m)
        kinds(sim, c)
        calls = [x.split("?")[0] for x in sim.book()["log"]]
        t.ok("PUT /api/v3/order/amend/keepPriority" in calls and
             "POST /api/v3/order/cancelReplace" in calls,
             "both by the venue's own call")
        at = sum(x.startswith("POST") for x in sim.book()["log"])
        for what, args, reason in (
                ("LOT_SIZE", dict(qty="0.000001", price="59000.00"), "13"),
                ("PRICE_FILTER", dict(price="59000.001"), "99"),
                ("NOTIONAL", dict(qty="0.00001", price="59000.00"), "13"),
                ("Day", dict(price="59000.00", tif=0), "11")):
            m = c.about(c.new(**args), "8")
            t.ok(m is not None and m.get(103) == reason and
                 what in m.get(58, ""), f"{what} is refused with its name", m)
        t.ok(sum(x.startswith("POST") for x in sim.book()["log"]) == at,
             "and costs the venue nothing")
        m = c.about(c.new("59000.00", qty="8000"), "8")
        t.ok(m is not None and m.get(103) == "3", "what the venue refuses "
             "is passed on: NOTIONAL", m)
        m = c.about(c.new("59000.00", qty="100", side=1), "80")
        c.change("F", f"C{c.n}")
        t.ok("live 0" in (until(lambda: "live 0 " in g.fixgate(
            "control", "status") and "live 0") or ""), "nothing is left live")
        secrets = sim.secret.encode()
        t.ok(len(secrets) > 0 and g.stop() == 0, "it stops in order")


def limits():
    """So many orders a day; cancels and amendments do not count."""
    with Binance() as sim:
        sim.control(orders=6)
        with start(sim) as g:
            g.start()
            until(lambda: status(g) == "up")
            c = Client().connect(g.port)
            ids = [c.new("59000.00", qty="0.003") for _ in range(5)]
            t.ok(all(c.about(x, "08").get(150) == "0" for x in ids),
                 "orders within the venue's limit are taken")
            x = ids.pop()
            y = c.change("G", x, "0.003", "59100.00")
            t.ok(c.about(y, "59").get(150) == "5", "a replace counts as one")
            at = sum(x.startswith("POST") for x in sim.book()["log"])
            m = c.about(c.new("59000.00"), "08")
            t.ok(m.get(150) == "8" and m.get(103) == "0" and
                 "6 orders in 1d, all are spent" in m.get(58, ""),
                 "the next one is refused with the limit", m)
            z = c.change("G", y, "0.003", "59200.00")
            m = c.about(z, "59")
            t.ok(m.get(434) == "2" and "are spent" in m.get(58, ""),
                 "and so is a replace", m)
            t.ok(sum(x.startswith("POST") for x in sim.book()["log"]) == at,
                 "before it is sent")
            z = c.change("G", ids[0], "0.001", "59000.00")
            t.ok(c.about(z, "59").get(150) == "5", "an amendment goes")
            for x in (y, z, *ids[1:]):
                x = c.change("F", x)
                m = c.about(x, "49")
                if m.get(150) != "4":
                    break
            t.ok(m.get(150) == "4", "and cancels go all the same", m)
            with open(g.log) as f:
                n = f.read().count("all are spent; cancels go on")
            t.ok(n == 1, "the log says it once", n)


def bad():
    """What is wrong is said, refused with, and does not repeat in the log."""
    with Binance(key="another") as sim:
        sim.key = "K"
        with start(sim, collar="unlimited") as g:
            g.start()
            why = until(lambda: "-2015" in status(g) and status(g))
            t.ok(why is not None, "a wrong key is told", status(g))
            c = Client().connect(g.port)
            m = c.about(c.new("59000.00"), "8")
            t.ok(m is not None and "-2015" in m.get(58, ""),
                 "and refuses orders with that reason", m)
            with open(g.log) as f:
                n = f.read().count("-2015")
            t.ok(n <= 3, "the log says it once", n)
    with Binance() as sim, start(sim) as g:
        sim.control(skew=100000)
        g.start()
        t.ok(until(lambda: status(g) == "up"),
             "another clock at the venue is followed", status(g))
        c = Client().connect(g.port)
        sim.control(fault="418", path="POST /api/v3/order", seconds=2)
        m = c.about(c.new("59000.00"), "8")
        t.ok(m is not None, "a ban refuses the order", m)
        t.ok(until(lambda: "ban" in status(g)), "and is told", status(g))
        at = len(sim.book()["log"])
        m = c.about(c.new("59000.00"), "8")
        t.ok(m is not None and "ban" in m.get(58, "") and
             len(sim.book()["log"]) == at, "nothing is sent meanwhile", m)
        t.ok(until(lambda: status(g) == "up"), "it comes back by itself")
        sim.control(fault="429", path="POST /api/v3/order", seconds=1)
        m = c.about(c.new("59000.00"), "8")
        t.ok(m is not None and m.get(103) == "0", "429 refuses with the "
             "reason", m)
    with Binance() as sim, start(sim, "Symbols=BTCUSDT,NOSUCH") as g:
        g.start()
        t.ok(until(lambda: "-1121" in status(g)),
             "an unknown symbol is told", status(g))
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
        f.write(CONF % "Type=binance\nSymbols=A\nRestUrl=http://api.b.com\n"
                "StreamUrl=wss://x\nApiKey=K\nApiSecret=S")
        f.flush()
        p = subprocess.run([FIXGATED, "--check-config", "-c", f.name],
                           env=dict(os.environ, DATA_DIR="/tmp",
                                    FIX_PORT="0"),
                           capture_output=True, text=True)
    t.ok(p.returncode == 1 and "only for" in p.stderr,
         "plain http beyond loopback is a fault", p.stderr)


def replaces():
    """A replace whose answer and events are lost is found by its own id; also
    by another process than the one that sent it."""
    with Binance() as sim, start(sim) as g:
        g.start()
        until(lambda: status(g) == "up")
        c = Client().connect(g.port)
        for what, fault in (("", "unknown-after"), ("killed ", "hang-after")):
            x = c.new("59000.00")
            c.about(x, "0")
            sim.control(stream="lose", n=2)
            sim.control(fault=fault, seconds=3,
                        path="POST /api/v3/order/cancelReplace")
            n = len(sim.book()["orders"])
            y = c.change("G", x, "0.002", "59100.00")
            until(lambda: len(sim.book()["orders"]) > n)
            if what:
                os.kill(venue_pid(g), signal.SIGKILL)
            m = c.about(y, "594C8")
            t.ok(m is not None and m.get(150) == "5" and
                 m.get(44) == "59100", f"{what}{fault}: replaced", m)
            z = c.change("F", y)
            m = c.about(z, "4")
            t.ok(m is not None, "and can be canceled")
        t.ok(not [o for o in sim.book()["orders"] if o["status"] == "NEW"],
             "none is left at the venue")


def parts():
    """A price of an order that is partly filled is changed, whatever fills or
    fails meanwhile: what is executed in all is what was wanted."""
    with Binance() as sim, start(sim, MORE[0], "RecvWindow=500",
                                 "UnknownAfter=700") as g:
        g.start()
        until(lambda: status(g) == "up")
        c = Client().connect(g.port)

        def partly():
            x = c.new("59000.00", qty="0.004")
            c.about(x, "0")
            sim.control(fill="0.25")
            return x if c.about(x, "F") else None

        def move(x, qty="0.004"):
            return c.change("G", x, qty, "59100.00")

        def legs():
            return [o for o in sim.book()["orders"] if o["status"] != "FILLED"]

        y = move(partly())
        m = c.about(y, "59")
        is_ = sim.book()["orders"][-1]
        t.ok(m.get(150) == "5" and m.get(44) == "59100" and
             (m.get(38), m.get(14), m.get(151)) == ("0.004", "0.001", "0.003")
             and (is_["price"], is_["origQty"]) == ("59100.00000000",
                                                    "0.00300000"),
             "a price is changed after a part is filled", (m, is_))
        sim.control(fill="1")
        m = c.wait(lambda m: m.get(11) == y and m.get(39) == "2")
        t.ok(m.get(14) == "0.004", "and what is left is filled", m)

        x = partly()
        sim.control(fault="fill-first", path="DELETE", part="0.5", seconds=0)
        y = move(x)
        m = c.about(y, "59")
        t.ok(m.get(150) == "5" and (m.get(14), m.get(151)) == (
             "0.0025", "0.0015") and legs()[-1]["origQty"] == "0.00150000",
             "what fills during the replace is not ordered again", m)
        z = c.change("G", y, "0.002", "59200.00")
        m = c.about(z, "59")
        t.ok(m.get(434) == "2" and m.get(102) == "2" and "CumQty" in
             m.get(58, ""), "less than is executed is refused", m)
        z = c.change("G", y, "0.003", "59100.00")
        m = c.about(z, "59")
        t.ok(m.get(150) == "5" and m.get(151) == "0.0005",
             "a smaller quantity amends the rest", m)
        z = c.change("F", z)
        m = c.about(z, "4")
        t.ok(m.get(14) == "0.0025", "and it can be canceled", m)

        x = partly()
        sim.control(fault="refuse", path="POST /api/v3/order")
        y = move(x)
        m, n = c.about(y, "9"), c.about(x, "4")
        t.ok(m is not None and m.get(434) == "2" and n is not None and
             n.get(14) == "0.001" and "insufficient" in n.get(58, ""),
             "a rest that the venue refuses leaves a canceled order", (m, n))

        for what, path in (("unknown-before", "DELETE"),
                           ("unknown-after", "DELETE"),
                           ("unknown-before", "POST /api/v3/order"),
                           ("unknown-after", "POST /api/v3/order"),
                           ("hang-after", "DELETE"),
                           ("hang-after", "POST /api/v3/order")):
            x = partly()
            if what != "unknown-before":
                sim.control(stream="lose", n=1)
            n = len(sim.book()["orders"])
            sim.control(fault=what, path=path, seconds=3)
            y = move(x)
            killed = what == "hang-after"
            if killed:
                until(lambda: (legs()[-1]["status"] == "CANCELED" if
                               path == "DELETE" else
                               len(sim.book()["orders"]) > n))
                os.kill(venue_pid(g), signal.SIGKILL)
            m = c.about(y, "59")
            done = what == "unknown-after" or (killed and path != "DELETE")
            gone = not done and (killed or path != "DELETE")
            t.ok(m is not None and (m.get(150) == "5") == done,
                 f"{what} {path}: the replace is "
                 f"{'done' if done else 'refused'}", m)
            if gone:
                t.ok(c.about(x, "4") is not None, "and the order is canceled")
            else:
                z = c.change("F", y if done else x)
                m = c.about(z, "4")
                t.ok(m is not None and m.get(14) == "0.001",
                     "and the order can be canceled", m)
        t.ok(not [o for o in sim.book()["orders"]
                  if o["status"] in ("NEW", "PARTIALLY_FILLED")] and
             until(lambda: "live 0 " in g.fixgate("control", "status")),
             "none is left at the venue")
        t.ok(accounts_agree(g), "and the account is what executions make of "
             "it", holdings(g))


FAULTS = ["status500", "status503", "json", "huge", "slow", "drop-before",
          "drop-after", "unknown-before", "unknown-after", "429",
          "hang-before", "hang-after", "late", "lag", "refuse", "fill-first",
          "answer-late"]
PATHS = ["POST /api/v3/order", "DELETE /api/v3/order", "GET /api/v3/order",
         "POST /api/v3/order/cancelReplace", "GET /api/v3/myTrades", ""]


def disturb(sim, g, rnd):
    what = rnd.random()
    if what < 0.05:
        p = venue_pid(g)
        if p is not None:
            os.kill(p, signal.SIGKILL)
    elif what < 0.15:
        sim.control(fill=str(Decimal(rnd.randrange(1, 8)) / 10))
    elif what < 0.6:
        kind = rnd.choice(FAULTS)
        sim.control(fault=kind, path=rnd.choice(PATHS), seconds=1)
    elif what < 0.9:
        sim.control(stream=rnd.choice(("lose", "twice", "swap")),
                    n=rnd.randrange(1, 4))
    elif what < 0.95:
        sim.control(cut=True)
    else:
        sim.control(price=str(60000 + rnd.randrange(-1500, 1500)))


def chaos(seed, n):
    rnd = random.Random(seed)
    with Binance(seed) as sim, start(sim, *MORE, "Reconcile=N") as g:
        g.start()
        until(lambda: status(g) == "up")
        c = Client().connect(g.port)
        live = []
        for i in range(n):
            if rnd.random() < 0.3:
                disturb(sim, g, rnd)
            symbol = rnd.choice(("BTCUSDT", "ETHUSDT"))
            base = Decimal(60000 if symbol == "BTCUSDT" else 3000)
            side = rnd.choice((1, 2))
            off = Decimal(rnd.choice((-2, 2))) / 100
            price = f"{base * (1 + off):.2f}"
            qty = f"{Decimal(rnd.randrange(100, 900)) / 100000:.5f}"
            x = c.new(price, qty, rnd.choice((1, 1, 1, 3)), side, symbol)
            live.append((x, side, symbol))
            if rnd.random() < 0.4:
                o = rnd.choice(live)
                if rnd.random() < 0.5:
                    c.change("F", o[0], side=o[1], symbol=o[2])
                else:
                    c.change("G", o[0], qty, price, o[1], o[2])
            c.pump(0.02)
            if c.all and "VENUE" in c.all[-1].get(58, ""):
                until(lambda: status(g) == "up")
            if i == n // 2:
                g.kill()
                g.start()
                c.connect(g.port)
        sim.control(calm=True)
        t.ok(c.finish(ids={x for x, _, _ in live}),
             f"seed {seed}: every order ends",
             ([(k, o) for k, o in c.view().items() if o[39] not in "248C"],
              status(g), g.tail(10)))
        until(lambda: "live 0 " in g.fixgate("control", "status"), 30)
        c.pump(0.2)
        compare(sim, g, c, seed)


def compare(sim, g, c, seed):
    book, last = sim.book(), c.view()
    theirs = {}
    for o in book["orders"]:
        theirs.setdefault(o["first"].rpartition("-")[0], []).append(o)
    t.ok(sum(book["hits"].values()) >= len(last) // 20 and
         len(book["orders"]) >= len(last) // 3,
         f"seed {seed}: faults struck, and orders got there",
         (book["hits"], len(book["orders"]), len(last)))
    t.note(f"seed {seed}: {len(book['orders'])} orders, "
           f"{len(book['trades'])} trades, faults {book['hits']}")
    ids = [o["first"] for o in book["orders"]]
    t.ok(len(ids) == len(set(ids)), f"seed {seed}: no order twice")
    t.ok(not [o for o in book["orders"] if o["status"] in
              ("NEW", "PARTIALLY_FILLED")], f"seed {seed}: none is forgotten "
         "at the venue", [o for o in book["orders"]
                          if o["status"] in ("NEW", "PARTIALLY_FILLED")])
    wrong = []
    for k, legs in theirs.items():
        cum = sum(Decimal(o["executedQty"]) for o in legs)
        want = {"FILLED": "2", "CANCELED": "4", "EXPIRED": "C"}.get(
            legs[-1]["status"])
        is_ = last.get(k)
        room = re.search("c[0-9A-Z]+$", legs[-1]["clientOrderId"])
        if room and is_ is not None and Decimal(is_[38]) == cum:
            want = "2"  # nothing was left to order when there was room
        if is_ is None or Decimal(is_[14]) != cum or is_[39] != want:
            wrong.append((k, str(cum), want, is_))
    t.ok(not wrong, f"seed {seed}: the client's view is the venue's", wrong)
    t.ok(all(o[39] == "8" for k, o in last.items() if k not in theirs),
         f"seed {seed}: what never got there is refused")
    t.ok("live 0 " in g.fixgate("control", "status"),
         f"seed {seed}: no exposure is left", g.fixgate("control", "status"))
    t.ok(accounts_agree(g), f"seed {seed}: the account is what executions "
         "make of it", holdings(g))
    execs = [m.get(17) for m in c.all if m.get(150) == "F"]
    t.ok(len(execs) == len(set(execs)) == len(book["trades"]),
         f"seed {seed}: every execution is told once",
         (len(execs), len(set(execs)), len(book["trades"])))


run_parts(chaos, contract=contract, orders=orders, limits=limits, bad=bad,
          replaces=replaces, parts=parts)
t.done()
