#!/usr/bin/env python3
"""SIGKILL while a snapshot is written and the journal is pruned behind it (K15):
before its commit the old journal is used, after it the snapshot is; live orders
and positions are what they were, from the tables as well as from the journal
alone.

    snapshot_points.py
"""
import json
import os
import shutil
import struct

from fixclient import Broken, FixClient, utc
from tap import Tap
from world import World, settings

POINTS = ["K15_snapshot_begun", "K15_snapshot_kept", "K15_pruned"]
ORDERS = 200


def trade(w):
    """Some segments of a day, of which nothing will have to be resent."""
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(w.gw.port)
    for i in range(ORDERS):
        c.send("D", [(11, f"O{i}"), (1, "DEMO"), (21, 1), (55, "AAPL"),
                     (54, 1), (60, utc()), (38, 1 + i % 10), (40, 2),
                     (44, "180.00" if i % 10 == 0 else "190.00"), (59, 1)])
    filled(c)
    c.logout()
    d = FixClient("FIX.4.4", "DROPCOPY", "FIXGATE").connect(w.gw.port)
    filled(d)
    d.logout()


def filled(c):
    while len([m for m in c.inbox if m.get(150) == "F"]) < ORDERS * 9 // 10:
        if not c.pump(20):
            raise Broken("connection lost")


def live(w):
    return sorted((o["cl_ord_id"], o["qty"], o["filled"]) for o in json.loads(
        w.gw.fixgate("orders", "--live", "--json")))


def segments(w):
    return sorted(n for n in os.listdir(w.journal.folder)
                  if n.endswith(".journal"))


def one(w, point):
    w.gw.start(env=w.env)
    trade(w)
    was, first = live(w), segments(w)[0]
    if len(was) != ORDERS // 10 or w.gw.stop() != 0:
        raise Broken(f"live at first: {was}")
    w.env["FAILPOINT_CLOCK"] = os.path.join(w.gw.dir, "clock")
    with open(w.env["FAILPOINT_CLOCK"], "wb") as f:
        f.write(struct.pack("<q", 5 * 86400 * 10 ** 9))
    w.arm(point, 1)
    w.gw.start(env=w.env) # the supervisor goes on with a second trader
    if os.path.exists(w.file):
        raise Broken("the point was never reached")
    if w.gw.stop() != 0 or segments(w)[0] == first:
        raise Broken(f"nothing is pruned: {segments(w)}")
    w.tables(0)
    if w.views.hashes["tables"] != w.views.hashes["replay"]:
        raise Broken(f"O6: another state: {w.views.hashes}")
    if live(w) != was:
        raise Broken(f"live orders: {live(w)}, were: {was}")
    shutil.rmtree(os.path.join(w.gw.dir, "data", "trading", "tables"))
    w.gw.start(env=w.env)
    if live(w) != was:
        raise Broken(f"from the journal alone: {live(w)}, were: {was}")
    w.gw.stop()


def main():
    t = Tap()
    for point in POINTS:
        conf = settings("JournalKeepDays=1\n").replace(
            "SegmentSize=1M", "SegmentSize=64K").replace(
            "ResetOnLogout=N", "ResetOnLogout=Y")
        with World(conf) as w:
            try:
                one(w, point)
                t.ok(True, point)
            except Exception as e: # any surprise is a failed case
                t.ok(False, point, f"{type(e).__name__}: {e}\n" + w.gw.tail())
    t.done()


if __name__ == "__main__":
    main()
