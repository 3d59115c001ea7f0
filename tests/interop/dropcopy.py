#!/usr/bin/env python3
"""A drop copy consumer made with QuickFIX, killed in the middle of the stream and
away for long: in the end it has every fill, and none twice but marked so."""
import os
import time

from fixclient import FixClient
from gateway import FULL, TOP, Gateway
from peers import QF_PEER, QuickFix
from tap import Tap

t = Tap()
LIVE = 500                       # while it is there and is killed
AWAY = 100000 if FULL else 2000   # while it is away


def orders(c, tag, n):
    """n orders that are filled at once. @return ExecIDs of their fills"""
    for at in range(0, n, 500):
        c.send_all([("D", [(11, f"{tag}{i}"), (21, 1), (55, "AAPL"), (54, 1),
                           (60, "20260302-10:00:00"), (38, 1), (40, 2),
                           (44, "190"), (59, 0)])
                    for i in range(at, min(at + 500, n))])
        last = f"{tag}{min(at + 500, n) - 1}"
        c.wait(lambda m: m.get(11) == last and m.get(150) == "F")
    return n


def fills(messages):
    return [m for m in messages if m.get(35) == "8" and m.get(150) == "F"]


def drain(qf):
    """What a dead consumer had still told."""
    qf.pump(1)
    while not qf.lines.empty():
        qf.pump(0)


def until(qf, n, timeout=120):
    """Distinct fills that have come; waits for n of them."""
    end = time.monotonic() + timeout
    got, at = set(), 0
    while True:
        got |= {m.get(17) for m in fills(qf.apps[at:])}
        at = len(qf.apps)
        if len(got) >= n:
            return got
        if time.monotonic() > end:
            raise TimeoutError(f"{len(got)} of {n} fills")
        qf.pump(0.2)


def main():
    if not os.path.exists(QF_PEER):
        t.skip("QuickFIX", "libquickfix-dev is not installed")
        t.done()
    with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
        conf = f.read()
    conf = conf.replace("AAPL 187.25,", "AAPL 187.25 0.01 1000000 1,")
    with Gateway(conf) as g:
        qf = QuickFix("4.4", g.port, comp="DROPCOPY")
        try:
            g.start()
            c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
            qf.start()
            qf.wait_event("logon")
            done = orders(c, "a", LIVE)
            until(qf, LIVE // 2)
            qf.kill()
            drain(qf)
            done += orders(c, "b", AWAY)
            qf.start()
            began = time.monotonic()
            got = until(qf, done)
            t.ok(len(got) == done, f"it has all {done} fills, {AWAY} of which "
                 f"were while it was away ({time.monotonic() - began:.1f} s)")
            g.kill()
            g.start()
            qf.wait_event("logon")
            c.lost()
            c.connect(g.port)
            done += orders(c, "c", 10)
            got = until(qf, done)
            drain(qf)
            seen, twice = set(), []
            for m in fills(qf.apps):
                if m.get(17) in seen and m.get(43) != "Y":
                    twice.append(m.get(17))
                seen.add(m.get(17))
            t.ok(len(seen) == done and not twice,
                 "after a death of the gateway too, none is missing and none "
                 "comes twice unmarked", str(twice[:5]))
            t.ok(all(m.get(797) == "Y" and m.get(115) == "CLIENT44"
                     for m in fills(qf.apps)), "all are marked as copies")
        finally:
            qf.close()
    t.done()


main()
