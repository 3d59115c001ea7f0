"""The gateway with OANDA's adapter against a simulated OANDA: the contract of
venues, every kind of order, what a wrong setting or a bad venue is told as, and
orders through every fault. The venue's book is the judge."""
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

import venueclient
from gateway import FIXGATED
from oandavenue import Oanda
from tap import Tap
from venueclient import (CONF, accounts_agree, gateway, holdings, run_parts,
                         status, until, venue_pid)

t = Tap()
TOP = os.environ["TOP_SRCDIR"]

MORE = ("Symbols=EUR/USD,USD/JPY", "UnknownAfter=1500",
        "ReconcileInterval=1000")


class Client(venueclient.Client):
    SYMBOL, QTY, TIF = "EUR/USD", "1000", 1


def start(sim, *more):
    return gateway(*sim.settings(), *(more or MORE), collar="95")


def up(g):
    return until(lambda: status(g) == "up")


def log_of(g):
    with open(g.log) as f:
        return f.read()


def contract():
    with Oanda() as sim, tempfile.TemporaryDirectory() as folder:
        conf = os.path.join(folder, "c.conf")
        with open(conf, "w") as f:
            f.write(CONF % "\n".join([*sim.settings(), *MORE]))
        p = subprocess.run(
            [sys.executable, os.path.join(TOP, "tests/venues/contract.py"),
             "--symbol", "EUR/USD", "--qty", "100", "--rest", "1.05",
             "--cross", "1.101", FIXGATED, "-c", conf, "--venue", "VEN"],
            env=dict(os.environ, DATA_DIR=folder, FIX_PORT="0"),
            capture_output=True, text=True, timeout=300)
        bad = [x for x in p.stdout.splitlines() if x.startswith("not ok")]
        t.ok(p.returncode == 0 and not bad, "the adapter keeps the contract",
             p.stdout + p.stderr)


def kinds(sim, c):
    """One order of each kind, and what it is at the venue."""
    x = c.new("1.20000")
    m = c.wait(lambda m: m.get(11) == x and m.get(39) == "2")
    t.ok(Decimal(m.get(31)) == Decimal("1.10005") and m.get(14) == "1000",
         "a limit order that crosses is filled at the venue's price", m)
    x = c.new(tif=0, side=2)
    m = c.wait(lambda m: m.get(11) == x and m.get(39) == "2")
    t.ok(Decimal(m.get(31)) == Decimal("1.09995"),
         "a market order is filled", m)
    x = c.new("1.00000", tif=3)
    m = c.about(x, "C48")
    t.ok(m.get(39) == "4", "an IOC order that does not cross is canceled", m)
    sim.control(part=1)
    x = c.new("1.20000", tif=3)
    m = c.about(x, "4")
    t.ok(m.get(39) == "4" and 0 < int(m.get(14)) < 1000,
         "an IOC order's remainder is canceled", m)
    sim.control(part=2)
    x = c.new("1.20000", qty="5000")
    m = c.about(x, "F")
    t.ok(m.get(39) == "1", "a partial fill leaves a reissued order", m)
    c.change("F", x)
    m = c.about(x, "4")
    t.ok(m is not None and 0 < int(m.get(14)) < 5000,
         "which is canceled under its new number", m)
    sim.control(calm=True)
    x = c.new(kind=3, stop="1.20000", tif=0)
    t.ok(c.about(x, "08").get(39) == "0", "a stop order rests")
    sim.control(price="1.21000")
    m = c.about(x, "F")
    t.ok(m is not None and m.get(39) == "2", "and is filled when touched", m)
    sim.control(price="1.10000")
    for kind, args, wanted in (
            ("market if touched", dict(kind="J", stop="1.00000", tif=1),
             dict(type="MARKET_IF_TOUCHED", price="1",
                  timeInForce="GTC")),
            ("opening only", dict(price="1.00000", tif=1, more=[(77, "O")]),
             dict(type="LIMIT", positionFill="OPEN_ONLY")),
            ("reducing only", dict(price="1.00000", tif=1, more=[(77, "C")]),
             dict(type="LIMIT", positionFill="REDUCE_ONLY"))):
        x = c.new(**args)
        m = c.about(x, "08")
        body = [x for x in sim.book()["log"] if x.startswith("POST")][-1]
        t.ok(m.get(39) == "0" and all(f'"{k}":"{v}"' in body
                                      for k, v in wanted.items()),
             f"{kind} is at the venue what it is here", (m, body))
        c.change("F", x)
        c.about(x, "4")
    x = c.new("1.00000", tif=6, expire="20300101-00:00:00")
    t.ok(c.about(x, "08").get(39) == "0", "a GTD order rests")
    y = c.new("1.00000", tif=0)
    c.about(y, "0")
    sim.control(expire=True)
    m = c.about(y, "C")
    t.ok(m is not None and m.get(39) == "C", "a day order expires", m)
    y = c.change("G", x, "3000", "1.01")
    m = c.about(y, "59")
    t.ok(m.get(150) == "5" and m.get(38) == "3000",
         "a replace is one call with a new number", m)
    c.change("F", y)
    t.ok(c.about(y, "4") is not None, "and can be canceled")


def refusals(sim, c):
    at = sum(x.startswith("POST") for x in sim.book()["log"])
    for what, args, reason in (
            ("UNITS_PRECISION", dict(qty="10.5", price="1.1"), "13"),
            ("UNITS_LIMIT", dict(qty="100000001", price="1.1"), "13"),
            ("PRICE_PRECISION", dict(price="1.100001"), "99"),
            ("Stop-limit", dict(price="1.2", stop="1.2", kind=4), "11"),
            ("TimeInForce", dict(tif=1), "11"),
            ("PositionEffect(77)", dict(tif=1, kind=2, price="1.1",
                                        more=[(77, "R")]), "11"),
            ("MaxFloor(111)", dict(price="1.1", tif=1, more=[(111, "1")]),
             "11"),
            ("CashOrderQty(152)", dict(tif=3, more=[
                (38, None), (152, "100")]), "11"),
            ("OrdType(40)=Pa", dict(kind="P", tif=1, more=[
                (18, "a"), (211, "0.1")]), "11"),
            ("TimeInForce(59)=2", dict(price="1.1", tif=2), "11"),
            ("TimeInForce(59)=3", dict(kind="J", stop="1.0", tif=3), "11")):
        m = c.about(c.new(**args), "8")
        t.ok(m is not None and m.get(103) == reason and
             what in m.get(58, ""), f"{what} is refused with its name", m)
    t.ok(sum(x.startswith("POST") for x in sim.book()["log"]) == at,
         "and costs the venue nothing")
    sim.control(halt="EUR_USD")
    m = c.about(c.new(tif=0), "8")
    t.ok(m is not None and m.get(103) == "2" and "HALTED" in m.get(58, ""),
         "a halted market refuses, and there was no New before", m)
    sim.control(halt=None)
    m = c.about(c.new(qty="5000000", tif=0), "048")
    t.ok(m is not None and m.get(39) in "04",
         "what there is no liquidity for is there and canceled", m)


def orders():
    with Oanda() as sim, start(sim) as g:
        g.start()
        up(g)
        c = Client().connect(g.port)
        kinds(sim, c)
        refusals(sim, c)
        posts = [x for x in sim.book()["log"] if x.startswith("POST")]
        t.ok(any('"units":"-1000"' in x for x in posts) and
             any('"type":"STOP"' in x and '"GFD"' in x for x in posts) and
             any('"gtdTime":"2030-01-01T00:00:00.000000000Z"' in x
                 for x in posts), "signed units, GFD and gtdTime", posts[-3:])
        fills = {x["id"]: x for x in sim.book()["transactions"]
                 if x["type"] == "ORDER_FILL"}
        ids = {m.get(17) for m in c.all if m.get(150) == "F"}
        t.ok(len(fills) >= 5 and len(ids) == len(fills) and until(lambda: "live 0 " in g.fixgate(
            "control", "status")), "nothing is left live", (ids, set(fills)))
        t.ok(sim.token not in log_of(g), "the token is in no log")
        t.ok(g.stop() == 0, "it stops in order")


def bad():
    """What is wrong is said, refused with, and does not repeat in the log."""
    with Oanda() as sim:
        sim.token = "another"
        with start(sim) as g:
            g.start()
            why = until(lambda: "401" in status(g) and status(g))
            t.ok(why is not None and "ApiKey" in why,
                 "a wrong token is told with what to do", status(g))
            time.sleep(1.5)
            n = log_of(g).count("HTTP status 401")
            t.ok(0 < n <= 3, "the log says it once", n)
    with Oanda() as sim, start(sim, "Symbols=EUR/USD,NO/SUCH") as g:
        g.start()
        t.ok(until(lambda: "NO_SUCH" in status(g)),
             "an unknown instrument is told", status(g))
    with Oanda(balance=0) as sim, start(sim) as g:
        g.start()
        t.ok(until(lambda: "no funds" in status(g)),
             "an account without funds is told", status(g))
    with Oanda() as sim, start(sim, *MORE, "MaxOrderWait=300") as g:
        sim.control(fault="status503", n=4)
        g.start()
        t.ok(up(g), "it comes up when the venue does", status(g))
        c = Client().connect(g.port)
        sim.control(fault="429", path="POST", seconds=1)
        m = c.about(c.new("1.00000"), "8")
        t.ok(m is not None and m.get(103) == "0", "429 refuses", m)
        m = c.about(c.new("1.00000"), "8")
        t.ok(m is not None and "too old to be sent" in m.get(58, ""),
             "an order does not wait for longer than MaxOrderWait", m)
        t.ok(until(lambda: c.about(c.new("1.00000"), "08").get(150) == "0"),
             "and it is over by itself")
        sim.control(fault="late", path="POST", n=1)
        y = c.new("1.01000")
        t.ok(c.about(y, "0") is not None, "an order without an answer is "
             "found by its id")
        sim.control(fault="drop-before", path="POST", n=1)
        m = c.about(c.new("1.02000"), "8")
        t.ok(m is not None and "never got it" in m.get(58, ""),
             "or refused when it can't come any more", m)
        sim.control(cut=True)
        t.ok(until(lambda: "stream" in status(g)), "a stream that is cut is "
             "told", status(g))
        t.ok(up(g), "and comes back", status(g))
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
        f.write(CONF % "Type=oanda\nSymbols=A\nRestUrl=http://api.b.com\n"
                "StreamUrl=https://x\nApiKey=K\nAccountId=1/2")
        f.flush()
        p = subprocess.run([FIXGATED, "--check-config", "-c", f.name],
                           env=dict(os.environ, DATA_DIR="/tmp",
                                    FIX_PORT="0"),
                           capture_output=True, text=True)
    t.ok(p.returncode == 1 and "only for" in p.stderr and
         "AccountId" in p.stderr,
         "plain http beyond loopback and a bad account are faults", p.stderr)


FAULTS = ["status500", "status503", "json", "huge", "slow", "drop-before",
          "drop-after", "unknown-before", "unknown-after", "429",
          "hang-before", "hang-after", "late", "lag"]
PATHS = ["POST /v3", "PUT /v3", "GET /v3", ""]


# What says that the venue is not there, has no price yet, or not all answers.
REFUSED = re.compile("VENUE VEN is|RISK|stream")


def disturb(sim, g, rnd):
    what = rnd.random()
    if what < 0.05:
        p = venue_pid(g)
        if p is not None:
            os.kill(p, signal.SIGKILL)
    elif what < 0.55:
        sim.control(fault=rnd.choice(FAULTS), path=rnd.choice(PATHS),
                    seconds=1)
    elif what < 0.8:
        sim.control(stream=rnd.choice(("lose", "twice", "swap", "split")),
                    n=rnd.randrange(1, 4))
    elif what < 0.85:
        sim.control(cut=True)
    elif what < 0.93:
        sim.control(part=1)
    else:
        sim.control(price=f"{1.1 + rnd.randrange(-300, 300) / 10000:.5f}")


def chaos(seed, n):
    rnd = random.Random(seed)
    # Orders come faster than OANDA takes them: here they may wait for it.
    with Oanda(seed) as sim, start(sim, *MORE, "Reconcile=N",
                                   "MaxOrderWait=600000") as g:
        g.start()
        up(g)
        c = Client().connect(g.port)
        c.pump(0.5)
        live = []
        for i in range(n):
            if rnd.random() < 0.3:
                disturb(sim, g, rnd)
            symbol = rnd.choice(("EUR/USD", "USD/JPY"))
            base, d = (Decimal("1.1"), 5) if symbol == "EUR/USD" else (
                Decimal(150), 3)
            side = rnd.choice((1, 2))
            price = f"{base * (1 + Decimal(rnd.choice((-2, 2))) / 100):.{d}f}"
            qty = str(rnd.randrange(100, 9000))
            x = c.new(price, qty, rnd.choice((1, 1, 1, 3)), side, symbol)
            live.append((x, side, symbol))
            if rnd.random() < 0.4:
                o = rnd.choice(live)
                if rnd.random() < 0.5:
                    c.change("F", o[0], side=o[1], symbol=o[2])
                elif o[2] == symbol:
                    c.change("G", o[0], qty, price, o[1], o[2])
            c.pump(0.02)
            if c.all and REFUSED.search(c.all[-1].get(58, "")):
                up(g)
                c.pump(0.4)
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


def family(cid):
    return cid.rpartition("-")[0]


def compare(sim, g, c, seed):
    book, last = sim.book(), c.view()
    theirs, cums, filled = {}, {}, {}
    for o in book["orders"]:
        theirs[family(o["clientExtensions"]["id"])] = o
    fills = [x for x in book["transactions"] if x["type"] == "ORDER_FILL"]
    for x in fills:
        k = family(x["clientOrderID"])
        cums[k] = cums.get(k, 0) + abs(int(x["units"]))
        filled[x["orderID"]] = x["units"]
    t.ok(sum(book["hits"].values()) >= len(last) // 20 and
         len(theirs) >= len(last) // 4,
         f"seed {seed}: faults struck, and orders got there",
         (book["hits"], len(theirs), len(last)))
    t.note(f"seed {seed}: {len(theirs)} orders, {len(fills)} fills, "
           f"faults {book['hits']}")
    t.ok(max(book["posts"].values()) == 1, f"seed {seed}: no order twice",
         book["posts"])
    left = [o for o in book["orders"] if o["state"] == "PENDING"]
    t.ok(not left, f"seed {seed}: none is forgotten at the venue", left)
    wrong = []
    for k, o in theirs.items():
        whole = filled.get(o["id"]) == o["units"]
        want = "2" if o["state"] == "FILLED" and whole else "4"
        is_ = last.get(k)
        if is_ is None or int(is_[14]) != cums.get(k, 0) or is_[39] != want:
            wrong.append((k, cums.get(k, 0), want, is_))
    t.ok(not wrong, f"seed {seed}: the client's view is the venue's", wrong)
    t.ok(all(o[39] == "8" for k, o in last.items() if k not in theirs),
         f"seed {seed}: what never got there is refused")
    t.ok("live 0 " in g.fixgate("control", "status"),
         f"seed {seed}: no exposure is left", g.fixgate("control", "status"))
    t.ok(accounts_agree(g), f"seed {seed}: the account is what executions "
         "make of it", holdings(g))
    execs = [m.get(17) for m in c.all if m.get(150) == "F"]
    t.ok(len(execs) == len(set(execs)) == len(fills),
         f"seed {seed}: every execution is told once",
         (len(execs), len(set(execs)), len(fills)))


if __name__ == "__main__":
    run_parts(chaos, contract=contract, orders=orders, bad=bad)
    t.done()
