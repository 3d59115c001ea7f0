#!/usr/bin/env python3
"""A gateway whose venue speaks FIX, and that venue is a gateway: in each version
orders are filled, changed, canceled and refused; then the wire between the two
is cut and either is killed, by chance of a seed, and in the end nobody's
accounts differ."""
import os
import random
import time

from fixclient import FixClient
from fixpair import Books, Pair, cancel, order, position_told, replace, \
    wait_up
from gateway import FULL, TOP, Gateway, free_port
from tap import Tap

t = Tap()


def report(c, name, kind, timeout=30):
    return c.wait(lambda m: m.type == "8" and m.get(11) == name and
                  m.get(150) == kind, timeout)


def plain(version):
    with Pair(version) as p:
        c = p.client
        c.send("D", order("X0", "1", 1, "100", symbol="MSFT"))
        m = c.wait(lambda m: m.get(11) == "X0")
        t.ok(m.get(150) == "8" and m.get(39) == "8",
             f"{version}: what B refuses is rejected", m)
        c.send("D", order("X1", "1", 15, "100.01", "3"))
        t.ok(report(c, "X1", "0") and report(c, "X1", "F").get(32) == "10" and
             report(c, "X1", "4").get(14) == "10",
             f"{version}: new, partial fill, and the rest of an IOC is "
             "canceled")
        c.send("D", order("X2", "2", 10, "105"))
        report(c, "X2", "0")
        c.send("G", replace("X3", "X2", "2", 20, "106"))
        m = report(c, "X3", "5")
        t.ok(m.get(41) == "X2" and m.get(38) == "20" and m.get(44) == "106",
             f"{version}: replaced", m)
        c.send("F", cancel("X4", "X3", "2"))
        m = report(c, "X4", "4")
        t.ok(m.get(41) == "X3" and m.get(151) == "0", f"{version}: canceled",
             m)
        c.send("F", cancel("X5", "X3", "2"))
        m = c.wait(lambda m: m.type == "9")
        t.ok(m.get(102) == "0", f"{version}: too late to cancel", m)
        c.send("D", order("X6", "2", 4, "99.99"))
        report(c, "X6", "F")
        agree(p, version)


def agree(p, name):
    """Position told to the client = A's = the copies' = B's; no order twice."""
    p.client.settle()
    p.copies.connect(p.a.port)
    p.copies.settle()
    end = time.monotonic() + 20
    while position_told(p.copies.all) != position_told(p.client.all) and \
            time.monotonic() < end:
        p.copies.pump(0.1)
    a, b = Books(p.a), Books(p.b)
    mine = position_told(p.client.all)
    ours = a.positions.get("DEMO AAPL", 0)
    theirs = b.positions.get("HOUSE AAPL", 0)
    copied = position_told(p.copies.all)
    t.ok(mine == ours == theirs == copied,
         f"{name}: accounts add up: {mine}",
         f"client {mine}, A {ours}, B {theirs}, copies {copied}")
    t.ok("SUSPENSE AAPL" not in a.positions, f"{name}: nothing in suspense")
    ids = {m.get(11) for m in b.asked}
    t.ok(0 < len(b.orders) <= len(ids) <= len(a.orders),
         f"{name}: no order came to be twice",
         f"A {len(a.orders)}, ids at B {len(ids)}, orders {len(b.orders)}")
    t.ok(not [o for x in (a, b) for o in x.orders.values() if o.held],
         f"{name}: nothing is reserved")
    t.ok(not a.live() and not b.live(), f"{name}: no order is left",
         f"A {[(o.cl_ord_id, o.status) for o in a.live()]} "
         f"B {[(o.cl_ord_id, o.status) for o in b.live()]}")


class Chaos:
    """Orders, and misfortunes between them."""

    def __init__(self, p, seed):
        self.p, self.c = p, p.client
        self.rnd = random.Random(seed)
        self.n = 0
        self.live = []  # (ClOrdID, side)

    def act(self):
        rnd, c = self.rnd, self.c
        self.n += 1
        name = f"C{self.n}"
        what = rnd.choice("DDDDDFG" if self.live else "D")
        side = rnd.choice("12")
        if what == "D":
            px = rnd.choice(["99.99", "100.01", "99.50", "100.50"])
            c.send("D", order(name, side, rnd.randint(1, 12), px,
                              rnd.choice("003")))
            self.live.append((name, side))
            return
        i = rnd.randrange(len(self.live))
        orig, side = self.live[i]
        if what == "F":
            c.send("F", cancel(name, orig, side))
        else:
            c.send("G", replace(name, orig, side, rnd.randint(1, 12),
                                rnd.choice(["99.98", "100.02"])))
            self.live[i] = (name, side)

    def misfortune(self):
        p, what = self.p, self.rnd.choice(["cut", "cut", "A", "B"])
        if what == "cut":
            p.wire.cut()
        elif what == "A":
            p.a.kill()
            p.a.start()
        else:
            p.b.kill()
            p.b.start()
        if p.client.sock is not None:
            p.client.pump(0)
        if what == "A":
            p.client.lost()
            p.client.connect(p.a.port)

    def calm(self):
        """All is well again: cancel whatever may live, until nothing does."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            self.c.pump(0.2)
            if " live 0 " in self.p.a.fixgate("control", "status") and \
                    " live 0 " in self.p.b.fixgate("control", "status"):
                return
            self.p.a.fixgate("control", "cancel", "firm", check=False)
        t.note(self.p.a.tail(40))
        t.note(self.p.b.tail(20))


def chaos(version, seed, requests):
    sim = "LatencyUs=3000\nRefillMs=50\nFaultDuplicateExec=7\nSeed=%d" % seed
    name = f"{version}, seed {seed}"
    with Pair(version, sim) as p:
        c = Chaos(p, seed)
        while c.n < requests:
            for _ in range(c.rnd.randint(3, 30)):
                c.act()
            p.client.pump(c.rnd.random() * 0.02)
            c.misfortune()
        c.calm()
        agree(p, name)


def example():
    """examples/fix-venue.conf: its venue is the demo's gateway."""
    with open(os.path.join(TOP, "examples", "fix-venue.conf")) as f:
        text = f.read()
    with Gateway() as demo:
        demo.start()
        with Gateway(text, {"FRONT_DATA_DIR": "front",
                            "FRONT_PORT": str(free_port())}) as g:
            g.env["FIX_PORT"] = str(demo.port)
            g.start()
            wait_up(g, text="venue DEMO is up")
            c = FixClient("FIX.4.4", "DESK", "FRONT")
            c.connect(int(g.env["FRONT_PORT"]))
            c.send("D", [x for x in order("E1", "1", 10, "187.30")
                         if x[0] != 1])
            t.ok(report(c, "E1", "F").get(14) == "10",
                 "the example's order is filled by the demo's gateway")


example()
for v in ("4.2", "4.4", "5.0SP2"):
    plain(v)
seed = int(os.environ.get("SEED", "1"))
requests = int(os.environ.get("ORDERS", "500" if FULL else "80"))
chaos("4.4", seed, requests)
if FULL and "ORDERS" not in os.environ:
    for s in range(2, 5):
        chaos(("4.2", "5.0SP2", "4.3")[s % 3], s, 200)
t.done()
