#!/usr/bin/env python3
"""Orders in doubt at a venue that speaks FIX: cut before the answer, killed in
flight, never got, refused in every way that FIX has, executions that were
missed, told twice, or are nobody's."""
import os
import subprocess
import tempfile
import time

from fixclient import utc
from fixpair import Books, Heard, cancel, first, order, replace, wait_up
from fixtold import Acceptor
from gateway import FIXGATED, Gateway
from tap import Tap

t = Tap()
DICT = "AccountMap=DEMO:HOUSE\nDontKnow=unknown"


class Rig:
    """A gateway, its client, and its venue in our hands."""

    def __init__(self, session="", venue=DICT, version="4.4"):
        self.old = version == "4.2"
        self.v = Acceptor("FIX.4.2" if self.old else "FIX.4.4")
        self.g = Gateway(first(version, self.v.port, session, venue))
        self.c = Heard("CLIENT")

    def __enter__(self):
        self.g.start()
        self.up(1)
        self.c.connect(self.g.port)
        return self

    def __exit__(self, *exc):
        self.v.close()
        self.g.close()

    def up(self, times):
        """Its venue's session is there, so many times by now."""
        end = time.monotonic() + 60
        while self.v.logons < times and time.monotonic() < end:
            self.v.turn(0.05)
        self.v.taken()
        wait_up(self.g, times)

    def get(self, kind, name="", timeout=30):
        """The next message of the gateway to its venue."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            for i, m in enumerate(self.v.inbox):
                if m.type == kind and (m.get(11) or "").startswith(name):
                    return self.v.inbox.pop(i)
            self.v.turn(0.05)
        raise TimeoutError(f"no {kind} {name}")

    def say(self, *fields, head=()):
        self.v.send("8", [*head, *fields, (55, "AAPL"), (6, 0), (60, utc())])
        self.v.taken()

    def told(self, name, kind, timeout=30):
        return self.c.wait(lambda m: m.type == "8" and m.get(11) == name and
                           m.get(150) == kind, timeout)

    def quiet(self, kind):
        """No such message for the venue is under way."""
        self.c.settle()
        self.v.taken()
        return not [m for m in self.v.inbox if m.type == kind]

    def ack(self, m, venue_id="V1"):
        self.say((37, venue_id), (11, m.get(11)), (17, "A" + m.get(11)),
                 (150, 0), (39, 0), (54, m.get(54)), (38, m.get(38)),
                 (151, m.get(38)), (14, 0))

    def fill(self, m, exec_id, qty, cum, px="100", head=(), venue_id="V1",
             ids=True):
        self.say((37, venue_id), *([(11, m.get(11))] if ids else []),
                 (17, exec_id), (150, "F"), (39, 1), (54, m.get(54)),
                 (38, m.get(38)), (32, qty), (31, px), (151, 0), (14, cum),
                 head=head)


def status(m, what, cum=0, **more):
    """Fields of an answer to H."""
    return [(37, "NONE" if what == "8" else "V1"), (11, m.get(11)), (17, 0),
            (150, "I"), (39, what), (54, m.get(54)), (38, 10), (151, 0),
            (14, cum)] + ([(103, 5)] if what == "8" else [])


def in_doubt(age, name):
    """A D that the venue never got."""
    with Rig(f"ResendMaxAge={age}") as r:
        r.v.open = False
        sock, r.v.sock = r.v.sock, None     # it hears nothing any more
        r.c.send("D", order("L1", "1", 10, "99"))
        r.c.settle()
        r.c.send("F", cancel("L2", "L1", "1"))
        r.c.settle()
        sock.close()
        if age == 1:
            time.sleep(2.2)
        r.v.open = True
        r.up(2)
        h = r.get("H")
        again = [m for m in r.v.inbox if m.type == "D"]
        if age == 1:
            t.ok(not again, f"{name}: it is not sent again")
        else:
            t.ok(len(again) == 1 and again[0].get(43) == "Y" and
                 again[0].get(11) == h.get(11),
                 f"{name}: the session sends it again as the same order",
                 again)
        t.ok(not [m for m in r.c.all if m.get(11) == "L1" and
                  m.get(39) == "8"], f"{name}: and is not told dead yet")
        r.say(*status(h, "8"))
        m = r.told("L1", "8")
        t.ok(m.get(39) == "8" and "does not know" in m.get(58),
             f"{name}: 'unknown order' ends it as rejected", m)
        t.ok(not Books(r.g).live(), f"{name}: nothing is reserved any more")


def killed(name):
    with Rig() as r:
        r.c.send("D", order("K1", "1", 10, "99"))
        d1 = r.get("D")
        r.ack(d1)
        r.told("K1", "0")
        r.c.send("D", order("K2", "1", 10, "99"))
        d2 = r.get("D", d1.get(11)[:4])
        r.c.send("G", replace("K3", "K1", "1", 12, "98"))
        g = r.get("G")
        r.g.kill()
        r.v.lost()
        r.fill(d1, "E1", 4, 4)      # while it is dead
        r.g.start()
        r.c.lost()
        r.up(2)
        wait_up(r.g, 2)
        asked = {r.get("H").get(11): 1, r.get("H").get(11): 1}
        t.ok(set(asked) == {d1.get(11), d2.get(11)},
             f"{name}: each order is asked for", asked)
        t.ok(r.quiet("D") if r.c.connect(r.g.port) else 0,
             f"{name}: none is sent again")
        m = r.told("K1", "F")
        t.ok(m.get(32) == "4" and m.get(14) == "4",
             f"{name}: what was missed has come", m)
        r.say(*status(g, "1", 4)[:-3], (38, 12), (44, 98), (151, 8), (14, 4))
        m = r.told("K3", "5")
        t.ok(m.get(38) == "12" and m.get(14) == "4",
             f"{name}: the answer shows that the replace was done", m)
        r.say(*status(d2, "0"))
        t.ok(r.told("K2", "0"), f"{name}: and that the order was taken")
        for m in (g, d2):
            r.say((37, "V"), (11, m.get(11)), (17, "C" + m.get(11)),
                  (150, 4), (39, 4), (54, 1), (38, 10), (151, 0),
                  (14, 4 if m is g else 0))
        r.told("K3", "4")
        r.told("K2", "4")
        t.ok(not Books(r.g).live(), f"{name}: nothing is left")


def silent(name):
    """A venue that does not answer a question, and then refuses it."""
    with Rig() as r:
        r.c.send("D", order("N1", "1", 10, "99"))
        r.ack(r.get("D"))
        r.told("N1", "0")
        r.v.lost()
        r.up(2)
        first_h = r.get("H")
        again = r.get("H", first_h.get(11))
        t.ok(r.quiet("D"), f"{name}: it is asked again, and not sent again",
             again)
        state = r.g.fixgate("control", "status")
        t.ok("1 orders are unanswered" in state and "live 1 " in state,
             f"{name}: an operator sees that it is not known", state)
        t.ok(Books(r.g).live(), f"{name}: what it may trade stays reserved")
        r.c.send("D", order("N2", "1", 10, "99"))
        m = r.told("N2", "8")
        t.ok(m.get(39) == "8" and r.quiet("D"),
             f"{name}: nothing that adds to it is taken", m)
        r.v.send("j", [(45, again.seq), (372, "H"), (380, 3),
                       (58, "no status requests")])
        r.v.taken()
        t.ok(r.quiet("D") and Books(r.g).live() and
             not [m for m in r.c.all if m.get(11) == "N1" and
                  m.get(39) != "0" and m.get(39) != "A"],
             f"{name}: a refused question says nothing of the order", r.c.all)
        r.c.send("F", cancel("N3", "N1", "1"))
        f = r.get("F")
        r.say((37, "V1"), (11, f.get(11)), (41, f.get(41)), (17, "CN"),
              (150, 4), (39, 4), (54, 1), (38, 10), (151, 0), (14, 0))
        t.ok(r.told("N3", "4") and not Books(r.g).live(),
             f"{name}: a cancel goes, and its answer ends it")


def reset(name):
    """Its Logon begins anew at 1: what the venue did not get is void, and so is
    what waited for its turn."""
    with Rig("ResetOnLogon=Y\nOutboundLimit=1/2") as r:
        r.v.open = False
        sock, r.v.sock = r.v.sock, None
        r.c.send("D", order("Z1", "1", 10, "99"))
        r.c.send("D", order("Z2", "1", 10, "99"))
        r.c.settle()
        sock.close()
        r.v.open = True
        r.up(2)
        asked = [r.get("H"), r.get("H")]
        t.ok(r.quiet("D") and asked[0].get(11) != asked[1].get(11),
             f"{name}: each is asked for, none is sent again",
             [str(m) for m in r.v.inbox])
        for h in asked:
            r.say(*status(h, "8"))
        t.ok(r.told("Z1", "8") and r.told("Z2", "8"),
             f"{name}: and they end when they are not known")


def resent(name):
    with Rig("ResendMaxAge=1", "UnknownOrders=resend") as r:
        r.v.open = False
        sock, r.v.sock = r.v.sock, None
        r.c.send("D", order("S1", "1", 10, "99"))
        r.c.settle()
        sock.close()
        time.sleep(2.2)
        r.v.open = True
        r.up(2)
        r.say(*status(r.get("H"), "8"))
        d = r.get("D")
        t.ok(d.get(97) == "Y" and d.get(43) is None,
             f"{name}: once more, as a possible resend", d)
        r.ack(d)
        t.ok(r.told("S1", "0"), f"{name}: and taken")
        r.fill(d, "E1", 10, 10)
        r.told("S1", "F")


def at_once(name):
    """One question for all: what the answer leaves out is asked for, and all
    is when there is no answer."""
    with Rig(venue=DICT + "\nStatusRequests=all") as r:
        ds = {}
        for x in ("A1", "A2", "A3"):
            r.c.send("D", order(x, "1", 10, "99"))
            m = r.get("D", ds["A1"].get(11)[:4] if ds else "")
            r.ack(m, "V" + x)
            r.told(x, "0")
            ds[x] = m
        ids = {m.get(11) for m in ds.values()}

        def back(times):
            r.v.lost()
            r.up(times)
            return r.get("AF")

        def each(n):
            return {r.get("H").get(11) for _ in range(n)}

        af = back(2)
        t.ok(af.get(585) == "7" and r.quiet("H"),
             f"{name}: one AF, and no H", af)
        for n, x in enumerate(("A1", "A2")):
            r.say(*status(ds[x], "0"), (584, af.get(584)), (911, 2),
                  *([(912, "Y")] if n else []))
        t.ok(r.get("H").get(11) == ds["A3"].get(11) and r.quiet("H"),
             f"{name}: what it leaves out is asked for by itself")
        r.say(*status(ds["A3"], "0"))
        t.ok("are unanswered" not in r.g.fixgate("control", "status"),
             f"{name}: then all is known")
        af = back(3)
        r.v.send("j", [(45, af.seq), (372, "AF"), (380, 3), (58, "no")])
        t.ok(each(3) == ids, f"{name}: refused, each is asked for")
        af = back(4)
        r.say((37, "NONE"), (17, 0), (150, "I"), (39, 8), (103, 5), (54, 7),
              (38, 0), (151, 0), (14, 0), (584, af.get(584)), (911, 0))
        t.ok(each(3) == ids, f"{name}: 'none' is no proof, each is asked for")
        alerts = [x for x in r.g.tail(60).splitlines() if "unknown order" in x]
        t.ok(not alerts, f"{name}: and no order is told unknown", alerts)
        for x in ("A1", "A2"):
            r.say((37, "V" + x), (11, ds[x].get(11)), (17, "C" + x), (150, 4),
                  (39, 4), (54, 1), (38, 10), (151, 0), (14, 0))
            r.told(x, "4")
        r.v.lost()
        r.up(5)
        t.ok(r.get("H").get(11) == ds["A3"].get(11) and r.quiet("AF"),
             f"{name}: a single order is asked for by H")


def missed(name):
    """The questions come behind all that was missed."""
    with Rig() as r:
        r.c.send("D", order("M1", "1", 10, "99"))
        d = r.get("D")
        r.ack(d)
        r.told("M1", "0")
        r.v.lost()
        r.fill(d, "E1", 2, 2)
        r.v.hold = []
        end = time.monotonic() + 60
        while not r.v.hold and time.monotonic() < end:
            r.v.turn(0.05)
        r.c.settle()
        r.c.send("D", order("M2", "1", 10, "99"))
        m = r.told("M2", "8")
        r.v.turn(0.1)
        t.ok("not connected" in m.get(58) and
             not [x for x in r.v.inbox if x.type == "H"],
             f"{name}: until then it is not up, and nothing is asked", m)
        r.v.release()
        t.ok(r.told("M1", "F") and r.get("H").get(11) == d.get(11),
             f"{name}: then it is")


def refused():
    with Rig() as r:
        r.c.send("D", order("R1", "1", 10, "99"))
        d = r.get("D")
        r.v.send("3", [(45, d.seq), (58, "no such tag"), (371, 9999)])
        m = r.told("R1", "8")
        t.ok("no such tag" in m.get(58), "35=3 for a D rejects the order", m)
        r.c.send("D", order("R2", "1", 10, "99"))
        d = r.get("D")
        r.v.send("j", [(45, d.seq), (372, "D"), (380, 4), (58, "closed")])
        m = r.told("R2", "8")
        t.ok("closed" in m.get(58), "35=j for a D rejects the order", m)
        r.c.send("D", order("R3", "1", 10, "99"))
        d = r.get("D")
        r.ack(d)
        r.told("R3", "0")
        r.c.send("F", cancel("R4", "R3", "1"))
        f = r.get("F")
        r.v.send("j", [(45, f.seq), (372, "F"), (380, 3), (58, "no cancels")])
        m = r.c.wait(lambda m: m.type == "9")
        t.ok(m.get(11) == "R4" and m.get(39) == "0" and
             "no cancels" in m.get(58), "35=j for an F refuses the cancel", m)
        r.v.send("9", [(37, "V1"), (11, "0-0-0-1"), (41, "0-0-0-0"),
                       (39, 0), (102, 0), (434, 1)])
        r.say((37, "V1"), (11, d.get(11)), (17, "E0"), (150, 8), (39, 0),
              (103, 0), (54, 1), (38, 10), (151, 10), (14, 0))
        t.ok(not [m for m in r.c.all if m.get(11) == "R3" and
                  m.get(39) == "8"],
             "F5: a duplicate's reject does not end the first")
        r.fill(d, "E1", 3, 3)
        t.ok(r.told("R3", "F").get(14) == "3", "which goes on")


def executions():
    with Rig() as r:
        r.c.send("D", order("X1", "1", 10, "99"))
        d = r.get("D")
        r.ack(d)
        r.fill(d, "E1", 2, 2)
        r.fill(d, "E1", 2, 2, head=[(97, "Y")])
        r.fill(d, "E2", 1, 3, px="x")
        r.fill(d, "E3", 1, 4, ids=False)
        r.told("X1", "F")
        r.c.settle()
        fills = [m for m in r.c.all if m.get(150) == "F"]
        t.ok([m.get(14) for m in fills] == ["2", "3", "4"],
             "told twice counts once; a fault in its price, and a missing "
             "ClOrdID, lose none", [str(m) for m in fills])
        r.c.send("D", order("X2", "1", 10, "99"))
        d2 = r.get("D", d.get(11)[:4])
        r.ack(d2, "V2")
        r.fill(d2, "E1", 5, 5, venue_id="V2")
        r.fill(d2, "E1", 5, 5, venue_id="V2", head=[(97, "Y")])
        t.ok(r.told("X2", "F").get(14) == "5",
             "an ExecID that another order's had is another execution's")
        r.say((37, "V2"), (11, d2.get(11)), (17, "B1"), (19, "E1"),
              (150, "H"), (39, 0), (54, 1), (38, 10), (151, 10), (14, 0))
        t.ok(r.told("X2", "H").get(14) == "0" and
             Books(r.g).positions["DEMO AAPL"] == 4,
             "and is busted as that", Books(r.g).positions)
        r.say((37, "W9"), (11, "nobody's"), (17, "E9"), (150, "F"), (39, 1),
              (54, 2), (38, 7), (32, 7), (31, 100), (151, 0), (14, 7))
        q = r.get("Q")
        t.ok(q.get(17) == "E9" and q.get(37) == "W9" and q.get(127) == "D",
             "one of nobody's order is not known, says 35=Q", q)
        t.ok(Books(r.g).positions.get("SUSPENSE AAPL") == -7,
             "and stands in suspense", Books(r.g).positions)


def not_sent():
    with Rig(venue="Fields=18=?") as r:
        r.c.send("D", order("N1", "1", 10, "99"))
        m = r.told("N1", "8")
        t.ok("ExecInst(18)" in m.get(58) and r.quiet("D"),
             "what its dictionary does not allow is refused, and not sent", m)
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
        f.write(first("4.2", 1, venue="StatusRequests=all"))
        f.flush()
        p = subprocess.run([FIXGATED, "--check-config", "-c", f.name],
                           env=dict(os.environ, DATA_DIR="/tmp",
                                    FIX_PORT="0"),
                           capture_output=True, text=True)
    t.ok(p.returncode == 1 and "use each" in p.stderr,
         "FIX.4.2 has no question for all orders",
         p.stderr)
    with Rig(venue="AccountMap=OTHER:X") as r:
        r.c.send("D", order("N2", "1", 10, "99"))
        m = r.told("N2", "8")
        t.ok("AccountMap" in m.get(58) and r.quiet("D"),
             "nor an account that the map lacks", m)


in_doubt(60, "lost on the way")
in_doubt(1, "lost and too old")
silent("not answered")
reset("lost in a reset")
at_once("all at once")
missed("missed")
resent("not known, and to be sent again")
killed("killed in flight")
refused()
executions()
not_sent()
t.done()
