#!/usr/bin/env python3
"""SIGKILL between the journal and all that follows of a kill switch (K14) and
of a change of limits (K13): the next trader has it in force before its first
order, the cancels go out, and a replay from zero gives the same state.

    switch_points.py [PASSES [SEED]]
"""
import json
import os
import random
import sys

from fixclient import Broken, FixClient, utc
import gateway
from gateway import BUILD, FULL, Gateway
from kill_points import same_state
from tap import Tap

PASSES = int(sys.argv[1]) if len(sys.argv) > 1 else 50 if FULL else 4
SEED = sys.argv[2] if len(sys.argv) > 2 else "1"
PER_FOLDER = 3 # the supervisor waits longer after each death


def order(c, name, qty=1):
    c.send("D", [(11, name), (21, 1), (1, "DEMO"), (55, "AAPL"), (54, 1),
                 (60, utc()), (38, qty), (40, 2), (44, "180.00")])


def told(c, name, want):
    return c.wait(lambda m: m.type == "8" and m.get(11) == name and
                  m.get(150) in want, 60)


def again(gw, c, mark):
    """It has died; the next one answers."""
    if not os.path.exists(mark):
        raise Broken("the point was never reached")
    os.unlink(mark)
    c.lost()
    c.connect(gw.port)


def k14(gw, c, rng, mark, tag):
    names = [f"{tag}.{i}" for i in range(rng.randint(1, 8))]
    for n in names:
        order(c, n)
    acked = names[:rng.randint(0, len(names))]
    for n in acked: # the others may be on their way still
        told(c, n, "0")
    out = gw.fixgate("risk", "kill", "account", "DEMO", check=False)
    if out:
        raise Broken(f"answered, and then it died: {out}")
    again(gw, c, mark)
    order(c, f"{tag}.late")
    if "RISK KILL" not in told(c, f"{tag}.late", "08").get(58, ""):
        raise Broken("an order passed behind the kill")
    live = [n for n in names if n in acked]
    for n in live:
        told(c, n, "4")
    r = json.loads(gw.fixgate("risk", "--json", "report"))[-1]
    if r["state"] != "halted" or r["targeted"] < len(live) or \
       r["targeted"] != r["cancelled"] + r["rejected"] or not r["complete"]:
        raise Broken(f"report: {r}")
    # Those that were not acknowledged: never known, refused, or canceled
    gw.fixgate("risk", "release", str(r["kill"]))
    left = json.loads(gw.fixgate("orders", "--live", "--json"))
    if left:
        raise Broken(f"still live: {left}")
    os.path.exists(mark) and os.unlink(mark)


def version(gw):
    return json.loads(gw.fixgate("risk", "--json", "get", "account", "DEMO"))


def k13(gw, c, _rng, mark, tag):
    was = version(gw)
    qty = int(was["limits"]["MaxOrderQty"]) - 1
    out = gw.fixgate("risk", "put", "account", "DEMO", f"if={was['version']}",
                     f"MaxOrderQty={qty}", check=False)
    if out:
        raise Broken(f"answered, and then it died: {out}")
    again(gw, c, mark)
    order(c, f"{tag}.over", qty + 1)
    if "RISK QTY_MAX" not in told(c, f"{tag}.over", "08").get(58, ""):
        raise Broken("the first order met the old limit")
    now = version(gw)
    if (now["version"], now["limits"]["MaxOrderQty"]) != \
       (was["version"] + 1, str(qty)):
        raise Broken(f"limits: {now}")


def folder(point, run, first, passes, t):
    rng = random.Random(f"{SEED} {point} {first}")
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
    k = first
    with Gateway() as gw:
        mark = os.path.join(gw.dir, "died")
        try:
            gw.start(env={"FAILPOINT": f"{point}:1:{mark}"})
            c.connect(gw.port)
            for k in range(first, first + passes):
                run(gw, c, rng, mark, f"{point}.{k}")
            c.logout()
            if gw.stop() != 0:
                raise Broken("SIGTERM did not end it with status 0")
            same_state(gw)
            t.ok(True, f"{point}, passes {first + 1} to {first + passes}")
        except Exception as e: # any surprise is a failed case, with its log
            t.ok(False, f"{point}, pass {k + 1}",
                 f"{type(e).__name__}: {e}\n" + gw.tail())


def main():
    t = Tap()
    gateway.FIXGATED = os.path.join(BUILD, "tests", "faults",
                                    "fixgated_failpoints")
    for point, run in (("K13_limits_journaled", k13),
                       ("K14_kill_journaled", k14)):
        for first in range(0, PASSES, PER_FOLDER):
            folder(point, run, first, min(PER_FOLDER, PASSES - first), t)
    t.done()


if __name__ == "__main__":
    main()
