#!/usr/bin/env python3
"""Orders go to QuickFIX: libquickfix is the venue, in FIX.4.2, 4.4 and 5.0SP2.
New, fills, replace, cancel, reject, bust; either side is killed with orders in
flight, and what was said meanwhile comes by its engine's own resend."""
import os
import time

from fixclient import utc
from fixpair import Books, Heard, cancel, first, order, position_told, \
    replace, wait_up
from gateway import FULL, Gateway, free_port
from peers import QF_PEER, QuickFix
from tap import Tap

t = Tap()


class Day:
    def __init__(self, version):
        port = free_port()
        self.old = version == "4.2"
        self.qf = QuickFix(version, port, role="acceptor", comp="VENUE")
        self.g = Gateway(first(version, port).replace("SenderCompID=GATE",
                                                      "SenderCompID=FIXGATE"))
        self.c = Heard("CLIENT")

    def __enter__(self):
        self.qf.start()
        self.qf.wait_event("ready")
        self.g.start()
        self.qf.wait_event("logon")
        wait_up(self.g)
        self.c.connect(self.g.port)
        return self

    def __exit__(self, *exc):
        self.qf.close()
        self.g.close()

    def say(self, m, kind, qty, cum, last=None, exec_id=None, ref=None,
            status=None, orig=None, **more):
        """An ExecutionReport about a message of the gateway."""
        status = status or ("2" if cum >= qty else "1" if cum else "0")
        out = [(37, "Q1"), (11, m[11])]
        if orig:
            out.append((41, orig))
        out.append((17, exec_id or f"{kind}-{m[11]}-{cum}"))
        if self.old:
            fill = "2" if cum >= qty else "1"
            out.append((20, {"H": "1", "G": "2", "I": "3"}.get(kind, "0")))
            kind = {"H": fill, "G": fill, "F": fill, "I": status}.get(kind,
                                                                      kind)
        if ref:
            out.append((19, ref))
        out += [(150, kind), (39, status), (55, "AAPL"), (54, m[54]),
                (38, qty)]
        if last or self.old:
            out += [(32, (last or (0, 0))[0]), (31, (last or (0, 0))[1])]
        leaves = 0 if status in "48C" else qty - cum
        out += [(151, leaves), (14, cum), (6, 0)] + \
            [(int(k[1:]), v) for k, v in more.items()]
        self.qf.send("8", out)

    def got(self, kind):
        return self.qf.wait_app(t35=kind)

    def told(self, name, kind):
        try:
            return self.c.wait(lambda m: m.type == "8" and
                               m.get(11) == name and m.get(150) == kind)
        except TimeoutError as e:
            raise TimeoutError(f"{e}\n{self.g.tail()}\n{self.qf.apps}") from e


def day(version):
    tag = f"QuickFIX {version}"
    with Day(version) as d:
        c = d.c
        c.send("D", order("A1", "1", 100, "99"))
        m = d.got("D")
        t.ok(m[38] == "100" and m[44] == "99" and m[59] == "0" and
             (m.get(21) == "1") == d.old and m[1] == "HOUSE",
             f"{tag}: an order in its version", m)
        d.say(m, "0", 100, 0)
        d.told("A1", "0")
        d.say(m, "F", 100, 30, (30, "99"), "F1")
        t.ok(d.told("A1", "F").get(14) == "30", f"{tag}: filled in part")
        c.send("G", replace("A2", "A1", "1", 120, "98"))
        g = d.got("G")
        t.ok(g[41] == m[11] and g[38] == "120" and g[44] == "98",
             f"{tag}: a replace", g)
        d.say(g, "5", 120, 30, orig=m[11], t44="98")
        d.told("A2", "5")
        d.say(g, "H", 120, 0, ref="F1", exec_id="B1")
        x = d.told("A2", "H")
        t.ok(x.get(14) == "0" and x.get(151) == "120", f"{tag}: busted", x)
        c.send("F", cancel("A3", "A2", "1"))
        f = d.got("F")
        d.say(f, "4", 120, 0, status="4", orig=g[11])
        t.ok(d.told("A3", "4").get(41) == "A2", f"{tag}: canceled")
        c.send("D", order("A4", "2", 10, "101"))
        d.say(d.got("D"), "8", 10, 0, status="8", t103="3", t58="no")
        t.ok(d.told("A4", "8").get(58) == "no", f"{tag}: rejected")
        killed(d, tag)


def killed(d, tag):
    c = d.c
    c.send("D", order("B1", "2", 50, "101"))
    one = d.got("D")
    d.say(one, "0", 50, 0)
    d.told("B1", "0")
    d.qf.kill()
    d.qf.start()
    d.qf.wait_event("logon")
    wait_up(d.g, 2)
    h = d.got("H")
    t.ok(h[11] == one[11], f"{tag}: killed, it is asked for the order", h)
    d.say(h, "I", 50, 0, exec_id="0")
    while "not reconciled" in d.g.fixgate("control", "status"):
        time.sleep(0.02)
    c.send("D", order("B2", "2", 20, "101"))
    two = d.got("D")
    if two[11] == one[11]:      # it came again, for the peer that was killed
        t.ok(two.get(43) == "Y", f"{tag}: which is said", two)
        two = d.got("D")
    d.g.kill()
    d.say(two, "0", 20, 0)
    d.say(two, "F", 20, 20, (20, "101"), "F2")
    d.g.start()
    c.lost()
    wait_up(d.g, 3)
    asked = d.got("H")
    t.ok(asked[11] == one[11],
         f"{tag}: the gateway killed, what lives is asked for", asked)
    c.connect(d.g.port)
    t.ok(d.told("B2", "F").get(14) == "20",
         f"{tag}: and what was filled meanwhile has come")
    d.say(asked, "I", 50, 0, exec_id="0")
    c.send("F", cancel("B3", "B1", "2"))
    f = d.got("F")
    d.say(f, "4", 50, 0, status="4", orig=one[11])
    d.told("B3", "4")
    time.sleep(0.2)
    d.qf.pump(0.1)
    t.ok(not [m for m in d.qf.apps if m[35] == "D"],
         f"{tag}: no order was sent twice", d.qf.apps)
    b = Books(d.g)
    t.ok(position_told([m for m in c.all if m.get(17) and
                        m.get(11) == "B2"]) ==
         b.positions["DEMO AAPL"] == -20 and not b.live(),
         f"{tag}: the accounts add up", b.positions)


if os.path.exists(QF_PEER):
    for v in ("4.2", "4.4", "5.0SP2") if FULL else ("4.2", "4.4"):
        day(v)
else:
    t.skip("QuickFIX as the venue", "no libquickfix")
t.done()
