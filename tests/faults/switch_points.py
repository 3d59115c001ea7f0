#!/usr/bin/env python3
"""SIGKILL between the journal and all that follows of a kill switch (K14) and
of a change of limits (K13): the next trader has it in force before its first
order, the cancels go out, and O1 to O6 hold.

    switch_points.py [PASSES [SEED]]
"""
import json
import random
import sys

from fixclient import Broken
from gateway import FULL
import oracles
from tap import Tap
from world import World, settings

PASSES = int(sys.argv[1]) if len(sys.argv) > 1 else 50 if FULL else 4
SEED = sys.argv[2] if len(sys.argv) > 2 else "1"
PER_FOLDER = 10


def send(w, name, qty=1):
    w.client.send_all([w.order(name, 1, qty, "180.00")])


def die(w, point, *command):
    """An operator's command, and the next trader."""
    w.arm(point, 1)
    out = w.gw.fixgate("risk", *command, check=False)
    if out:
        raise Broken(f"answered, and then it died: {out}")
    w.bury()
    w.judge_dead()
    w.start()


def k14(w, rng, tag):
    names = [f"{tag}.{i}" for i in range(rng.randint(1, 8))]
    for n in names:
        send(w, n)
    acked = names[:rng.randint(0, len(names))]
    for n in acked: # the others may be on their way still
        w.told(n, "0")
    die(w, "K14_kill_journaled", "kill", "account", "DEMO")
    send(w, f"{tag}.late")
    if "RISK KILL" not in w.told(f"{tag}.late", "08").get(58, ""):
        raise Broken("an order passed behind the kill")
    for n in acked:
        w.told(n, "4")
    r = json.loads(w.gw.fixgate("risk", "--json", "report"))[-1]
    if r["state"] != "halted" or r["targeted"] < len(acked) or \
       r["targeted"] != r["cancelled"] + r["rejected"] or not r["complete"]:
        raise Broken(f"report: {r}")
    # Those that were not acknowledged: never known, refused, or canceled
    w.gw.fixgate("risk", "release", str(r["kill"]))
    w.settle()
    left = json.loads(w.gw.fixgate("orders", "--live", "--json"))
    if left:
        raise Broken(f"still live: {left}")


def version(w):
    return json.loads(w.gw.fixgate("risk", "--json", "get", "account", "DEMO"))


def k13(w, _rng, tag):
    was = version(w)
    qty = int(was["limits"]["MaxOrderQty"]) - 1
    die(w, "K13_limits_journaled", "put", "account", "DEMO",
        f"if={was['version']}", f"MaxOrderQty={qty}")
    send(w, f"{tag}.over", qty + 1)
    if "RISK QTY_MAX" not in w.told(f"{tag}.over", "08").get(58, ""):
        raise Broken("the first order met the old limit")
    now = version(w)
    if (now["version"], now["limits"]["MaxOrderQty"]) != \
       (was["version"] + 1, str(qty)):
        raise Broken(f"limits: {now}")
    w.settle()


def folder(point, run, first, passes, t):
    rng = random.Random(f"{SEED} {point} {first}")
    k = first
    with World(settings()) as w:
        try:
            w.start()
            for k in range(first, first + passes):
                run(w, rng, f"{point}.{k}")
                oracles.check(w.views)
            w.stop()
            t.ok(True, f"{point}, passes {first + 1} to {first + passes}")
        except Exception as e: # any surprise is a failed case, with its log
            t.ok(False, f"{point}, pass {k + 1}",
                 f"{type(e).__name__}: {e}\n" + w.gw.tail())


def main():
    t = Tap()
    for point, run in (("K13_limits_journaled", k13),
                       ("K14_kill_journaled", k14)):
        for first in range(0, PASSES, PER_FOLDER):
            folder(point, run, first, min(PER_FOLDER, PASSES - first), t)
    t.done()


if __name__ == "__main__":
    main()
