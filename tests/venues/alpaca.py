"""The gateway with Alpaca's adapter against a simulated Alpaca: the contract of
venues, every order type and time in force, what a wrong setting or a bad venue
is told as, and orders through every fault. The venue's book is the judge."""
import collections
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
from decimal import Decimal

from alpacavenue import Alpaca
from gateway import FIXGATED
from tap import Tap
from venueclient import (CONF, Client, accounts_agree, gateway, holdings,
                         run_parts, status, until, venue_pid)

t = Tap()
TOP = os.environ["TOP_SRCDIR"]
MORE = ("Symbols=AAPL,SPY,PENNY,BRK.A,BTC/USD", "UnknownAfter=1500",
        "ReconcileInterval=1000")


def start(sim, *more):
    return gateway(*sim.settings(), *MORE, *more)


def contract():
    with Alpaca() as sim, tempfile.TemporaryDirectory() as folder:
        conf = os.path.join(folder, "c.conf")
        with open(conf, "w") as f:
            f.write(CONF % "\n".join([*sim.settings(), *MORE]))
        p = subprocess.run(
            [sys.executable, os.path.join(TOP, "tests/venues/contract.py"),
             "--symbol", "AAPL", "--qty", "10", "--rest", "180.00",
             "--cross", "191.00", FIXGATED, "-c", conf, "--venue", "VEN"],
            env=dict(os.environ, DATA_DIR=folder, FIX_PORT="0"),
            capture_output=True, text=True, timeout=300)
        bad = [x for x in p.stdout.splitlines() if x.startswith("not ok")]
        t.ok(p.returncode == 0 and not bad, "the adapter keeps the contract",
             p.stdout + p.stderr)


def posts(sim):
    return sum(x.startswith("POST") for x in sim.book()["log"])


TAKEN = (   # what is sent, and what the venue is to get
    ("market day", dict(), "market", "day"),
    ("stop", dict(kind=3, stop="189.00"), "stop", "day"),
    ("limit day", dict(price="191.00"), "limit", "day"),
    ("limit gtc", dict(price="191.00", tif=1), "limit", "gtc"),
    ("limit ioc", dict(price="191.00", tif=3, qty="1"), "limit", "ioc"),
    ("limit fok", dict(price="191.00", tif=4), "limit", "fok"),
    ("stop limit", dict(kind=4, stop="189.00", price="191.00"),
     "stop_limit", "day"),
    ("at the opening", dict(price="191.00", tif=2), "limit", "opg"),
    ("at the close", dict(tif=7), "market", "cls"),
    ("a fraction", dict(price="191.00", qty="1.5"), "limit", "day"),
    ("below a dollar", dict(price="0.5010", symbol="PENNY"), "limit", "day"),
    ("crypto", dict(price="60100.00", qty="0.0125", tif=1,
                    symbol="BTC/USD"), "limit", "gtc"),
    ("in dollars", dict(price="191.00", more=[(15, "USD")]), "limit", "day"),
)
REFUSED = (     # before anything is sent: reason and words
    ("2 decimals", dict(price="180.001"), "99", "2 decimals"),
    ("4 decimals", dict(price="0.50001", symbol="PENNY"), "99", "4 decimals"),
    ("a fraction with GTC", dict(price="180", qty="1.5", tif=1), "13", "Day"),
    ("no fractions", dict(price="600000", qty="1.5", symbol="BRK.A"), "13",
     "not fractionable"),
    ("not shortable", dict(price="0.5", side=5, symbol="PENNY"), "11", "not shortable"),
    ("stop limit IOC", dict(kind=4, price="195", stop="195", tif=3), "11",
     "TimeInForce"),
    ("MaxFloor", dict(price="191.00", more=[(111, "1")]), "11",
     "MaxFloor(111)"),
    ("GTD", dict(price="191.00", tif=6, expire="20300101-00:00:00"), "11",
     "TimeInForce"),
    ("market if touched", dict(kind="J", stop="189"), "11", "OrdType(40)=J"),
    ("a trailing stop at the close", dict(
        kind="P", tif=7, more=[(18, "a"), (211, "1")]), "11",
     "TimeInForce(59)=7"),
    ("settlement on another day", dict(price="191.00", more=[
        (64, "20300101")]), "11", "SettlDate(64): no venue would"),
    ("an amount", dict(more=[(38, None), (152, "500")]), "11",
     "CashOrderQty(152): venue VEN does not take it"),
    ("another currency", dict(price="191.00", more=[(15, "EUR")]), "11",
     "Currency(15)=EUR: AAPL trades in USD"),
    ("extended hours of a market order", dict(more=[
        (386, "1"), (336, "EXTENDED")]), "11", "TradingSessionID(336)"),
    ("extended hours at once", dict(price="191.00", tif=3, more=[
        (386, "1"), (336, "EXTENDED")]), "11", "EXTENDED of AAPL"),
    ("crypto day", dict(price="60000", qty="1", symbol="BTC/USD"), "11",
     "TimeInForce"),
    ("min_order_size", dict(price="60000", qty="0.00001", tif=1,
                            symbol="BTC/USD"), "13", "min_order_size"),
    ("price_increment", dict(price="60000.001", qty="1", tif=1,
                             symbol="BTC/USD"), "99", "price_increment"),
)


def kinds(sim, c):
    for name, args, kind, tif in TAKEN:
        x = c.new(**args)
        m = c.wait(lambda m: m.get(11) == x and m.get(39) in "248C")
        o = sim.book()["orders"][-1]
        t.ok(m.get(39) == "2" and (o["type"], o["time_in_force"]) ==
             (kind, tif), f"{name} is filled", m)
    x = c.new("191.00", side=5, qty="3")
    c.about(x, "0")
    t.ok(sim.book()["orders"][-1]["position_intent"] == "sell_to_open",
         "a short sale opens")
    c.change("F", x, side=5)
    c.about(x, "4")
    x = c.new("180.00", more=[(386, "1"), (336, "EXTENDED")])
    m = c.about(x, "08")
    t.ok(m.get(39) == "0" and sim.book()["orders"][-1]["extended_hours"],
         "an order for the extended hours, too", m)
    c.change("F", x)
    c.about(x, "4")
    at = posts(sim)
    for name, args, reason, words in REFUSED:
        m = c.about(c.new(**args), "8")
        t.ok(m is not None and m.get(103) == reason and
             words in m.get(58, ""), f"{name} is refused with its reason", m)
    t.ok(posts(sim) == at, "and costs the venue nothing")


def trailing(sim, c):
    for offset, kind, field, value in (("1.5", "0", "trail_price", "1.5"),
                                       ("150", "1", "trail_percent", "1.5")):
        x = c.new(kind="P", more=[(18, "a"), (211, offset), (836, kind)])
        m = c.about(x, "08")
        o = sim.book()["orders"][-1]
        t.ok(m.get(39) == "0" and o["type"] == "trailing_stop" and
             o[field] == value and m.get(211) == offset,
             f"a trailing stop by {field}", (m, o))
        more, there = (("2.5", "2.5") if kind == "0" else ("250", "2.5"))
        y = c.change("G", x, terms=[(38, "12"), (40, "P"), (59, 0), (18, "a"),
                                    (211, more), (836, kind)])
        m = c.about(y, "59")
        o = sim.book()["orders"][-1]
        patch = [x for x in sim.book()["log"] if x.startswith("PATCH")][-1]
        t.ok(m.get(150) == "5" and m.get(211) == more and m.get(38) == "12" and
             o["type"] == "trailing_stop" and o[field] == there and
             o["qty"] == "12" and o["replaces"] and '"trail"' in patch,
             f"trails at another {field} by PATCH", (m, o, patch))
        c.change("F", y)
        t.ok(c.about(y, "4") is not None, "and can be canceled")


def changes(sim, c):
    x = c.new("180.00")
    c.about(x, "0")
    y = c.change("G", x, "12", "181.00")
    m = c.about(y, "59")
    t.ok(m.get(150) == "5" and m.get(38) == "12" and m.get(44) == "181",
         "a replace is a PATCH", m)
    z = c.change("G", y, "12", "181.00")
    m = c.about(z, "59")
    t.ok(m.get(434) == "2" and "not changed" in m.get(58, ""),
         "without a change it is refused", m)
    c.change("F", y)
    m = c.about(y, "4")
    t.ok(m is not None and m.get(14) == "0", "a cancel cancels what replaces")
    partly(sim, c)
    x = c.new("180.00")
    c.about(x, "0")
    sim.control(race="fill")
    y = c.change("F", x)
    m = c.about(y, "94")
    t.ok(m.type == "9" and m.get(39) == "2" and m.get(102) == "0",
         "a fill may win over a cancel, which is refused then", m)
    x = c.new("180.00")
    c.about(x, "0")
    sim.control(race="refuse")
    y = c.change("G", x, "12", "181.00")
    m = c.about(y, "59")
    t.ok(m.get(434) == "2", "a replace that the market refuses is refused", m)
    sim.control(race="part")
    y = c.change("G", x, "12", "181.00")
    m = c.wait(lambda m: m.get(39) == "4" and m.get(37) == m.get(37) and
               y in (m.get(11), m.get(41)))
    t.ok(m.get(14) == "1", "executed while it is replaced: no more than was "
         "wanted is left open", m)


def partly(sim, c):
    """An order with executions is canceled, and there is one for the rest."""
    x = c.new("180.00", qty="100", symbol="SPY")
    c.about(x, "0")
    sim.control(part="SPY")
    m = c.about(x, "F")
    y = c.change("G", x, "90", "181.00", symbol="SPY")
    m = c.about(y, "59")
    last = sim.book()["orders"][-1]
    t.ok(m.get(150) == "5" and m.get(38) == "90" and m.get(14) == "1" and
         last["qty"] == "89" and last["replaces"] is None,
         "with executions it is a cancel, and an order for the rest", m)
    c.change("F", y, symbol="SPY")
    m = c.about(y, "4")
    t.ok(m is not None and m.get(14) == "1", "which can be canceled", m)
    x = c.new("180.00", symbol="SPY")
    c.about(x, "0")
    sim.control(stream="lose")
    sim.control(part="SPY")
    sim.control(part="SPY")
    m = c.wait(lambda m: m.get(11) == x and m.get(14) == "2")
    t.ok(m.get(150) == "F", "an execution that the stream has lost is read "
         "from the account's list, before the next one", m)
    c.change("F", x, symbol="SPY")
    c.about(x, "4")


def orders():
    with Alpaca() as sim, start(sim) as g:
        g.start()
        until(lambda: status(g) == "up")
        c = Client().connect(g.port)
        kinds(sim, c)
        changes(sim, c)
        trailing(sim, c)
        m = c.about(c.new("590000.00", qty="1000", symbol="BRK.A"), "8")
        t.ok(m is not None and m.get(103) == "3", "what the venue refuses is "
             "passed on: buying power", m)
        sim.control(open=False)
        x = c.new("180.00")
        m = c.about(x, "0")
        t.ok(m is not None, "outside of hours an order waits at the venue")
        m = c.about(c.change("G", x, "12", "181.00"), "59")
        t.ok("not replaceable in status accepted" in m.get(58, ""),
             "and can't be replaced there", m)
        c.change("F", x)
        t.ok(c.about(x, "4") is not None, "but canceled")
        sim.control(open=True)
        t.ok(c.finish() and until(lambda: "live 0 " in g.fixgate(
            "control", "status")), "nothing is left live", c.view())
        t.ok(g.stop() == 0, "it stops in order")
        with open(g.log) as f:
            log = f.read()
        t.ok("its account holds" not in log, "account and executions agree",
             [x for x in log.splitlines() if "holds" in x])


def refuses(sim, words, name, *more):
    with start(sim, *more) as g:
        g.start()
        until(lambda: words in status(g), 20)
        t.ok(words in status(g), f"{name} is told", status(g))
        c = Client().connect(g.port)
        m = c.about(c.new("180.00"), "8")
        t.ok(m is not None and words in m.get(58, ""),
             "and refuses orders with that reason", m)
        with open(g.log) as f:
            n = f.read().count(words)
        t.ok(0 < n <= 3, "the log says it once", n)


def bad():
    with Alpaca(key="another") as sim:
        sim.key = "K"
        refuses(sim, "ApiKey", "a wrong key")
    with Alpaca() as sim:
        refuses(sim, "AccountId says", "another account", "AccountId=PA9")
        sim.control(account={"account_blocked": True})
        refuses(sim, "blocked", "a blocked account")
        sim.control(account={}, fault="status503", path="GET /v2/clock", n=9)
        refuses(sim, "503", "maintenance")
        sim.control(calm=True)
    with Alpaca() as sim, gateway(*sim.settings(), "Symbols=NOSUCH") as g:
        g.start()
        t.ok(until(lambda: "NOSUCH" in status(g)),
             "an unknown symbol is told", status(g))
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
        f.write(CONF % "Type=alpaca\nRestUrl=http://api.b.com\n"
                "StreamUrl=wss://x\nApiKey=K\nSymbols=A")
        f.flush()
        p = subprocess.run([FIXGATED, "--check-config", "-c", f.name],
                           env=dict(os.environ, DATA_DIR="/tmp",
                                    FIX_PORT="0"),
                           capture_output=True, text=True)
    t.ok(p.returncode == 1 and "only for" in p.stderr and
         "needs ApiSecret" in p.stderr, "faults of settings are told",
         p.stderr)


def limits():
    """Requests are few: orders leave some for cancels."""
    with Alpaca(limit=60) as sim, start(sim) as g:
        g.start()
        until(lambda: status(g) == "up")
        c = Client().connect(g.port)
        x = c.new("180.00")
        c.about(x, "0")
        for _ in range(80):
            y = c.new("180.00")
            m = c.about(y, "08")
            if m is None or m.get(150) == "8":
                break
        t.ok(m is not None and m.get(103) == "0" and
             "rate limit" in m.get(58, ""),
             "when orders have spent their share they are refused",
             m or (y, status(g), sim.book()["log"][-20:], g.tail(40)))
        c.change("F", x)
        t.ok(c.about(x, "4") is not None, "a cancel goes all the same")
        t.ok(not [x for x in sim.book()["log"] if "429" in x],
             "the venue has refused nothing")
    with Alpaca() as sim, start(sim) as g:
        g.start()
        until(lambda: status(g) == "up")
        c = Client().connect(g.port)
        sim.control(fault="429", path="POST /v2/orders", seconds=2)
        m = c.about(c.new("180.00"), "8")
        t.ok(m is not None and m.get(103) == "0", "429 refuses", m)
        at = posts(sim)
        x = c.new("180.00")
        c.pump(0.5)
        t.ok(posts(sim) == at, "nothing is sent for as long as it says")
        t.ok(c.about(x, "0") is not None, "then it is")


FAULTS = ["status500", "status503", "json", "huge", "slow", "drop-before",
          "drop-after", "unknown-before", "unknown-after", "429",
          "hang-before", "hang-after", "late", "lag"]
PATHS = ["POST /v2/orders", "DELETE /v2/orders", "GET /v2/orders",
         "PATCH /v2/orders", "GET /v2/account/activities", ""]


AWAY = re.compile("VENUE VEN is|stream|rate limit")


def disturb(sim, g, rnd):
    what = rnd.random()
    if what < 0.04:
        p = venue_pid(g)
        if p is not None:
            os.kill(p, signal.SIGKILL)
    elif what < 0.55:
        sim.control(fault=rnd.choice(FAULTS), path=rnd.choice(PATHS),
                    seconds=1)
    elif what < 0.8:
        sim.control(stream=rnd.choice(("lose", "twice", "swap")),
                    n=rnd.randrange(1, 4))
    elif what < 0.9:
        sim.control(race=rnd.choice(("fill", "part", "refuse")))
    elif what < 0.95:
        sim.control(**{rnd.choice(("cut", "error")): True})
    else:
        sim.control(lag=rnd.choice((0, 0.5)),
                    price=str(190 + rnd.randrange(-8, 8)))


def chaos(seed, n):
    rnd = random.Random(seed)
    with Alpaca(seed) as sim, start(sim, "Reconcile=N") as g:
        g.start()
        until(lambda: status(g) == "up")
        c = Client().connect(g.port)
        live = []
        for i in range(n):
            if rnd.random() < 0.3:
                disturb(sim, g, rnd)
            symbol = rnd.choice(("AAPL", "SPY"))
            base = Decimal(190 if symbol == "AAPL" else 500)
            side = rnd.choice((1, 2))
            price = f"{base * (1 + Decimal(rnd.choice((-4, 4))) / 100):.2f}"
            qty = str(rnd.randrange(1, 50))
            x = c.new(price, qty, rnd.choice((0, 1, 1, 3)), side, symbol)
            live.append((x, side, symbol))
            if rnd.random() < 0.4:
                o = rnd.choice(live)
                if rnd.random() < 0.5:
                    c.change("F", o[0], side=o[1], symbol=o[2])
                else:
                    c.change("G", o[0], qty, price, o[1], o[2])
            c.pump(0.01)
            if c.all and AWAY.search(c.all[-1].get(58, "")):
                until(lambda: status(g) == "up", 20)
            if i == n // 2:
                g.kill()
                g.start()
                c.connect(g.port)
        sim.control(calm=True, lag=0)
        t.ok(c.finish(ids={x for x, _, _ in live}),
             f"seed {seed}: every order ends",
             ([(k, o) for k, o in c.view().items() if o[39] not in "248C"],
              status(g), g.tail(10)))
        until(lambda: "live 0 " in g.fixgate("control", "status"), 30)
        c.pump(0.2)
        compare(sim, g, c, seed)


STATES = {"filled": "2", "canceled": "4", "expired": "C", "rejected": "8"}


def compare(sim, g, c, seed):
    book, last = sim.book(), c.view()
    theirs = {}
    for o in book["orders"]:
        theirs.setdefault(o["client_order_id"].rpartition("-")[0],
                          []).append(o)
    t.ok(sum(book["hits"].values()) >= len(last) // 20 and
         len(theirs) >= len(last) // 3,
         f"seed {seed}: faults struck, and orders got there",
         (book["hits"], len(theirs), len(last)))
    t.note(f"seed {seed}: {len(theirs)} orders, {len(book['fills'])} fills, "
           f"faults {book['hits']}, refused with "
           f"{collections.Counter(m.get(58) for m in c.all if m.get(39) == '8').most_common(3)}")
    ids = [o["client_order_id"] for o in book["orders"]]
    t.ok(len(ids) == len(set(ids)), f"seed {seed}: no order twice")
    alive = [o for o in book["orders"]
             if o["status"] not in (*STATES, "replaced")]
    t.ok(not alive, f"seed {seed}: none is forgotten at the venue", alive)
    wrong = []
    for k, legs in theirs.items():
        cum = sum(Decimal(o["filled_qty"]) for o in legs)
        ends = [STATES[o["status"]] for o in legs if o["status"] in STATES and
                o["status"] != "rejected"]
        is_ = last.get(k)
        if is_ is None or Decimal(is_[14]) != cum or \
                is_[39] not in ends[-1:]:
            wrong.append((k, str(cum), ends, is_, legs))
    t.ok(not wrong, f"seed {seed}: the client's view is the venue's", wrong)
    t.ok(all(o[39] == "8" for k, o in last.items() if k not in theirs),
         f"seed {seed}: what never got there is refused")
    t.ok("live 0 " in g.fixgate("control", "status"),
         f"seed {seed}: no exposure is left", g.fixgate("control", "status"))
    t.ok(accounts_agree(g), f"seed {seed}: the account is what executions "
         "make of it", holdings(g))
    execs = [m.get(17) for m in c.all if m.get(150) == "F"]
    t.ok(len(execs) == len(set(execs)) == len(book["fills"]),
         f"seed {seed}: every execution is told once",
         (len(execs), len(set(execs)), len(book["fills"])))


run_parts(chaos, contract=contract, orders=orders, bad=bad, limits=limits)
t.done()
