#!/usr/bin/env python3
"""SIGKILL at named places of an order's path (K1 to K10), of the tables (K15,
T1, T2) and of the journal (J1), at the n-th pass of each, n from 1 to 50.

A client sends orders and cancels until the trader dies by its own hand. The
oracles judge what stands in the journal then; a new gateway is started, client
and drop copy subscriber come back, and they judge all there is.

    kill_points.py [POINT [PASS]]
"""
import random
import sys

from fixclient import Broken
from gateway import FULL
import oracles
from tap import Tap
from world import World, settings

POINTS = ["K1_read", "K2_parsed", "K3_decided", "K4_committed",
          "K5_under_way", "K6_partly_sent", "K7_venue_event_read",
          "K8_execution_stored", "K9_half_sent", "K10_sent",
          "K15_rows_written", "T1_before_tables", "T2_after_tables",
          "J1_segment_ready"]
PASSES = list(range(1, 51)) if FULL else [1, 4]
IDLE = {"K15_rows_written", "T1_before_tables", "T2_after_tables",
        "J1_segment_ready"}
PER_FOLDER = 5 # the oracles judge all that is in it each time


class Load:
    """Orders of which most are filled at once, and cancels of the others."""

    def __init__(self, w, rng, tag):
        self.w, self.rng, self.tag = w, rng, tag
        self.n = 0
        self.resting = []

    def one(self):
        self.n += 1
        name = f"{self.tag}.{self.n}"
        if self.resting and self.rng.random() < 0.3:
            return self.w.cancel(name, self.resting.pop())
        side = self.rng.choice("12")
        rests = self.rng.random() < 0.3
        if rests:
            self.resting.append(name)
        price = 187.25 + (0.09 if (side == "1") != rests else -0.09)
        return self.w.order(name, side, self.rng.randint(1, 50),
                            f"{price:.2f}", 0 if rests else
                            self.rng.choice("03"))

    def __call__(self):
        return [self.one() for _ in range(self.rng.randint(1, 2))]


def under_way(w):
    """Orders that the venue has not answered, by the journal."""
    orders, _, _ = oracles.last_rows(w.views)
    return sum(o.status == "A" for o in orders.values())


def one_pass(w, point, n, tag, rng):
    load = Load(w, rng, tag)
    w.arm(point, n)
    if point in IDLE: # tables follow when there is nothing else to do
        w.until_death(lambda: load() if rng.random() < 0.5 else [], 0.02)
    else:
        w.until_death(load)
    w.after_death()


def k5(w, n, rng):
    """Inside the trader no request is ever half written. Its like: it has left
    for the venue, is durable, and no answer has come."""
    for i in range(5):
        w.arm("K10_sent", n)
        w.until_death(Load(w, rng, f"K5.{n}.{i}"), 0.001)
        w.read_journal()
        found = under_way(w)
        w.after_death()
        if found:
            return
    raise Broken("nothing was under way")


def folder(point, passes, t, control):
    rng = random.Random(f"{point} {passes}")
    n = 0
    sim = "LatencyUs=3000" if point == "K5_under_way" else ""
    with World(settings(sim=sim)) as w:
        try:
            w.start()
            for i, n in enumerate(passes):
                if point == "K5_under_way":
                    k5(w, n, rng)
                else:
                    one_pass(w, point, n, f"{point}.{i}", rng)
            if control:
                oracles.controls(w.views, t)
            w.stop()
            t.ok(True, f"{point}, {len(passes)} deaths, at pass " +
                 ", ".join(map(str, passes)))
        except Exception as e: # any surprise is a failed case, with its log
            t.ok(False, f"{point}, pass {n}",
                 f"{type(e).__name__}: {e}\n" + w.gw.tail())


TAKEN_AWAY = [("send_first", "K6_partly_sent"), ("intent", "K10_sent"),
              ("sent", "K10_sent"), ("post_once", "K10_sent"),
              ("post_once,sums", "K10_sent"),
              ("copy_cursor", "K10_sent")]


def found(protection, point):
    """What the oracles say to a gateway without it. @return None: nothing"""
    rng = random.Random(protection)
    with World(settings(), broken=protection) as w:
        try:
            w.start()
            for n in range(3, 8):
                one_pass(w, point, n, f"{protection}.{n}", rng)
        except oracles.Wrong as e:
            return str(e)
        except RuntimeError as e: # a start that finds its sums wrong
            if "Nothing opens" not in str(e):
                raise
            return "it does not open, its sums are wrong"
    return None


def main():
    t = Tap()
    points = sys.argv[1:2] or POINTS
    for point in points:
        passes = [1 + n % 3 for n in PASSES] if point in IDLE else PASSES
        if point[0] != "K":
            passes = passes[:6]
        if len(sys.argv) > 2:
            passes = [int(sys.argv[2])]
        for at in range(0, len(passes), PER_FOLDER):
            folder(point, passes[at:at + PER_FOLDER], t,
                   point == "K8_execution_stored" and at == 0)
    if points == POINTS:
        for protection, point in TAKEN_AWAY:
            said = found(protection, point)
            t.ok(said is not None, f"without {protection}: {said}"[:100])
    t.done()


if __name__ == "__main__":
    main()
