#!/usr/bin/env python3
"""SIGKILL at named places of an order's path (K1 to K10), of the tables (T1,
T2) and of the journal (J1), at several passes of each.

The trader dies by its own hand there, the supervisor starts the next one, the
client comes back. Then the oracles: O1 no order at the venue without an
intent, O2 fills = position = what the client was told, O3 no MsgSeqNum with
two contents, O4 no order twice, O6 the state is what a replay from zero gives.

    kill_points.py [POINT [PASS]]
"""
import json
import os
import random
import sys
import time

from fixclient import Broken, FixClient
import gateway
from gateway import BUILD, FULL, Gateway
from kill_outside import Book, drain, order
from tap import Tap

POINTS = ["K1_read", "K2_parsed", "K3_decided", "K4_committed",
          "K5_under_way", "K6_partly_sent", "K7_venue_event_read",
          "K8_execution_stored", "K9_half_sent", "K10_sent",
          "T1_before_tables", "T2_after_tables", "J1_segment_ready"]
PASSES = [1, 2, 3, 5, 8, 13] if FULL else [1, 4]
RARE = {"T1_before_tables", "T2_after_tables", "J1_segment_ready"}
ORDERS = 60


def fixgate_json(gw, *args):
    return json.loads(gw.fixgate(*args, "--json"))


def run(point, n):
    rng = random.Random(f"{point} {n}")
    with open(os.path.join(gateway.TOP, "gateway", "demo.conf")) as f:
        conf = f.read().replace("[GATEWAY]",
                                "[GATEWAY]\nSegmentSize=64K", 1)
    place = point
    if point == "K5_under_way":
        # Inside the trader no request is ever half written. Its like: it has
        # left for the venue, is durable, and no answer has come.
        conf = conf.replace("Type=sim", "Type=sim\nLatencyUs=3000", 1)
        place = "K10_sent"
    book = Book()
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
    with Gateway(conf) as gw:
        mark = os.path.join(gw.dir, "died")
        gw.start(env={"FAILPOINT": f"{place}:{n}:{mark}"})
        c.connect(gw.port)
        orders = [order(rng, f"{point}.{i}") for i in range(ORDERS)]
        book.sent = [dict(f)[11] for _, f in orders]
        end = time.monotonic() + 60
        while orders or book.missing() or not os.path.exists(mark):
            if time.monotonic() > end:
                break
            if c.sock is None:
                c.connect(gw.port)
            if orders:
                k = rng.randint(1, 4)
                c.send_all(orders[:k])
                del orders[:k]
            c.pump(0.02)
            drain(c, book)
        died = os.path.exists(mark)
        if book.missing():
            raise Broken(f"never answered: {book.missing()[:5]}")
        if c.sock is None:
            c.connect(gw.port)
        c.settle()
        drain(c, book)
        oracles(gw, book)
        c.logout()
        if gw.stop() != 0:
            raise Broken("SIGTERM did not end it with status 0")
        same_state(gw)
        return died


def oracles(gw, book):
    known = {r["cl_ord_id"]: r for r in fixgate_json(gw, "orders")}
    if set(known) != set(book.sent):
        raise Broken(f"orders differ: {set(known) ^ set(book.sent)}")
    for cid, r in known.items():
        if float(r["filled"]) != book.cum.get(cid, 0):
            raise Broken(f"CumQty of {cid}: {r['filled']}, told "
                         f"{book.cum.get(cid, 0)}")


def same_state(gw):
    """Tables as they were left, and made anew from the journal alone."""
    out = gw.fixgate("journal", "hash")
    hashes = dict(line.split()[:2] for line in out.splitlines()
                  if len(line.split()) >= 2)
    if hashes["tables"] != hashes["replay"]:
        raise Broken(f"a replay from zero gives another state: {out}")


def main():
    t = Tap()
    gateway.FIXGATED = os.path.join(BUILD, "tests", "faults",
                                    "fixgated_failpoints")
    points = sys.argv[1:2] or POINTS
    passes = [int(sys.argv[2])] if len(sys.argv) > 2 else PASSES
    for point in points:
        for n in [n for n in passes if n <= 2 or point not in RARE]:
            name = f"{point}, pass {n}"
            try:
                died = run(point, n)
                t.ok(died, name, "the point was never reached")
            except Exception as e:
                t.ok(False, name, f"{type(e).__name__}: {e}")
    t.done()


if __name__ == "__main__":
    main()
