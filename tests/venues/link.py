"""A venue in a process of its own, examples/venue.py, under the real gateway:
trading, the process killed under load, hung up on, the gateway killed, and
what clients are told meanwhile. At the end nothing is forgotten and nothing was
sent twice, by the venue's own book."""
import json
import os
import random
import re
import signal
import time

from decimal import Decimal
from fixclient import FixClient
from gateway import FULL, Gateway
from tap import Tap

t = Tap()
TOP = os.environ["TOP_SRCDIR"]
ORDERS = 400 if FULL else 40

CONF = """
[GATEWAY]
DataDir=${DATA_DIR}
TableSize=16M
SegmentSize=1M
[VENUE TOY]
Type=process
Command=python3 %s
Symbols=ACME
ApiSecret=canary-of-the-link
[ROUTE]
Venue=TOY
[RISK account DEMO]
MaxOrderQty=1000000
MaxOrderNotional=unlimited
MaxLong=100000000
MaxShort=100000000
MaxOpenOrders=200000
MaxOpenNotional=unlimited
CollarPercent=50
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


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(x) for x in f.read().split()]


def command_of(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as f:
        return f.read().decode(errors="replace")


def until(what, timeout=60):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.02)
    return None


def venue_pid(g):
    for p in children(g.process.pid):
        try:
            if "venue.py" in command_of(p):
                return p
        except FileNotFoundError:
            pass
    return None


def venue_is(g, state):
    return re.search(rf"^venue TOY {state}", g.fixgate("control", "status"),
                     re.M)


class Remembers(FixClient):
    """Keeps what it has heard, also what somebody waited for."""

    def __init__(self, *names):
        super().__init__(*names)
        self.all = []

    def use(self, m):
        super().use(m)
        if m.type not in self.ADMIN:
            self.all.append(m)


def final(m):
    return m.get(39) in "248C"


class Client:
    def __init__(self, g):
        self.g, self.n = g, 0
        self.c = Remembers("FIX.4.4", "CLIENT", "FIXGATE")
        self.c.connect(g.port)

    def new(self, price, qty=10):
        self.n += 1
        self.c.send("D", [(11, f"C{self.n}"), (1, "DEMO"), (55, "ACME"),
                          (54, 1), (38, qty), (40, 2), (44, price), (59, 1),
                          (60, "20260101-00:00:00")])
        return f"C{self.n}"

    def cancel(self, orig):
        self.n += 1
        self.c.send("F", [(11, f"C{self.n}"), (41, orig), (55, "ACME"),
                          (54, 1), (60, "20260101-00:00:00")])

    def wait(self, want, timeout=60):
        return self.c.wait(want, timeout)


def trade(g, c):
    x = c.new("101.00")
    m = c.wait(lambda m: m.get(11) == x and m.get(150) == "F")
    t.ok(m is not None and m.get(31) == "100.02" and m.get(39) == "2",
         "an order trades at the venue's price", m)
    y = c.new("90.00")
    m = c.wait(lambda m: m.get(11) == y and m.get(150) == "0")
    t.ok(m is not None, "another rests")
    c.cancel(y)
    m = c.wait(lambda m: m.get(41) == y and m.get(150) == "4")
    t.ok(m is not None, "and is canceled")
    p = venue_pid(g)
    with open(f"/proc/{p}/environ", "rb") as f:
        seen = command_of(p).encode() + f.read()
    t.ok(b"canary-of-the-link" not in seen,
         "its secret is in neither arguments nor environment")


def dies(g, c):
    """Killed: orders stay, new ones are refused with the reason."""
    x = c.new("90.00")
    c.wait(lambda m: m.get(11) == x and m.get(150) == "0")
    was = venue_pid(g)
    at = len(c.c.all)
    os.kill(was, signal.SIGSTOP)
    y = c.new("101.00")             # it never reads this one
    until(lambda: "orders 4" in g.fixgate("control", "status"))
    os.kill(was, signal.SIGKILL)
    m = c.wait(lambda m: m.get(11) == y and final(m))
    t.ok(m is not None and m.get(39) == "8" and
         "does not know" in m.get(58, ""),
         "an order that died on the way is refused once the venue says that "
         "it does not know it", m)
    t.ok(venue_pid(g) not in (None, was), "the process is started again")
    c.cancel(x)
    m = c.wait(lambda m: m.get(41) == x and m.get(150) == "4")
    t.ok(m is not None, "an order at rest outlived it, and is canceled")
    t.ok(not any(m.get(11) == x and m.get(39) in "48"
                 for m in c.c.all[at:] if m.get(41) != x), "and was never told dead before")


def hangs(g, c):
    """Twenty seconds of silence: killed, and another takes its place."""
    was = venue_pid(g)
    os.kill(was, signal.SIGSTOP)
    t.ok(until(lambda: venue_pid(g) not in (None, was)),
         "a process that hangs is killed and started again")
    until(lambda: venue_is(g, "up"))
    x = c.new("101.00")
    m = c.wait(lambda m: m.get(11) == x and final(m))
    t.ok(m.get(39) == "2", "and trades", m)
    with open(g.log) as f:
        t.ok("venue TOY does not answer: it is killed" in f.read(),
             "the log says why")


def gateway_dies(g, c):
    x = c.new("90.00")
    c.wait(lambda m: m.get(11) == x and m.get(150) == "0")
    c.new("101.00")                 # whatever becomes of it
    g.kill()
    g.start()
    until(lambda: venue_is(g, "up"))
    c.c.connect(g.port)
    c.cancel(x)
    m = c.wait(lambda m: m.get(41) == x and m.get(150) == "4")
    t.ok(m is not None, "after a SIGKILL of all the order is still known")


def storm(g, c):
    """Orders while the process dies now and then."""
    rnd = random.Random(7)
    ids = []
    for i in range(ORDERS):
        ids.append(c.new(rnd.choice(("90.00", "101.00"))))
        if rnd.random() < 0.3:
            c.cancel(rnd.choice(ids))
        if i % (ORDERS // 4) == ORDERS // 8:
            p = until(lambda: venue_pid(g))
            os.kill(p, signal.SIGKILL)
            until(lambda: venue_pid(g) not in (None, p))
            until(lambda: venue_is(g, "up"))
        c.c.pump(0)
    until(lambda: venue_is(g, "up"))
    last = {}

    def note():
        for m in c.c.all:
            if m.get(150) == "I" or m.get(37) == "NONE":
                continue
            if m.type == "8":
                last[m.get(37)] = m
            elif m.type == "9" and m.get(37) in last:
                last[m.get(37)].map[39] = m.get(39)
        return last

    def settled():
        c.c.pump(0.05)
        told = {m.get(tag) for m in c.c.all for tag in (11, 41)}
        return set(ids) <= told and all(m.get(39) in "0248" for m in note().values())
    until(settled)
    for m in list(note().values()):
        if m.get(39) == "0":
            c.cancel(m.get(11))
    t.ok(until(lambda: c.c.pump(0.05) is not None and
               all(final(m) for m in note().values())),
         "every order ends", [str(m) for m in last.values() if not final(m)])
    return last


def compare(g, c, last):
    with open(os.path.join(g.dir, "book.json")) as f:
        book = json.load(f)
    by_gateway = {}
    for o in book["orders"]:
        by_gateway.setdefault(o["ids"][0].rpartition("-")[0], []).append(o)
    t.ok(all(len(v) == 1 for v in by_gateway.values()),
         "no order is at the venue twice")
    theirs = {k: v[0] for k, v in by_gateway.items()}
    wrong = [(k, o["cum"], str(last.get(k))) for k, o in theirs.items()
             if k not in last or Decimal(last[k].get(14)) != Decimal(o["cum"])
             or last[k].get(39) != o["status"]]
    t.ok(not wrong, "the client's view of each is the venue's", wrong)
    t.ok(all(m.get(39) == "8" for k, m in last.items() if k not in theirs),
         "and what the venue never had is refused")
    for _ in range(100):
        c.c.pump(0)
    t.ok("live 0 " in g.fixgate("control", "status"), "nothing is left live")
    execs = [m.get(17) for m in c.c.all if m.get(150) == "F"]
    t.ok(len(execs) == len(set(execs)) == len(book["fills"]),
         "every execution was told, once",
         (len(execs), len(set(execs)), len(book["fills"])))


def main():
    g = Gateway("")
    command = (f"env FIXGATE_VENUE_FILE={g.dir}/book.json python3 " +
               os.path.abspath(os.path.join(TOP, "examples", "venue.py")))
    with open(g.conf, "w") as f:
        f.write(CONF.replace("python3 %s", command))
    with g:
        g.start()
        until(lambda: venue_is(g, "up"))
        c = Client(g)
        trade(g, c)
        dies(g, c)
        if FULL:
            hangs(g, c)
        gateway_dies(g, c)
        compare(g, c, storm(g, c))
        t.ok(g.stop() == 0, "it stops in order")
        with open(g.log) as f:
            log = f.read()
        t.ok("canary-of-the-link" not in log, "the log holds no secret")


main()
t.done()
