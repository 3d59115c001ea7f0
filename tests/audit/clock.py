"""The clock in the trail: how good it is, that it was set while orders came, and
that an end without a stop is told (T8, T18, K16)."""
import json
import mmap
import os
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chain  # noqa: E402
import day  # noqa: E402
import gateway  # noqa: E402
from gateway import BUILD, Gateway  # noqa: E402
from tap import Tap  # noqa: E402

t = Tap()
S = 10 ** 9


def events(g, kind=None):
    lines = chain.check(day.audit(g, "export").stdout.splitlines())
    return [e for e in lines if kind is None or e["event_type"] in kind]


def told(g):
    """The auditor has read all that the journal has."""
    last = int(json.loads(g.fixgate("journal", "list", "--json")
                          .splitlines()[-1])["record"])
    return day.wait_for(lambda: day.status(g)["journal_record"] >= last, 20)


def readings():
    with Gateway(day.CONF.replace("[GATEWAY]", "[GATEWAY]\nMaxClockError=1",
                                  1)) as g:
        g.start()
        told(g)
        e = events(g, ["CLOCK_CHECKED"])
        t.ok(len(e) >= 1 and {"offset_ns", "error_ns", "max_error_ns",
                              "synchronised", "leap", "clock_bad"} <=
             set(e[0]["details"]), "a start says how good the clock is", e)
        t.ok(e[0]["details"]["clock_bad"] == 1 and
             e[0]["details"]["max_error_ns"] > 1000 and
             "MaxClockError is 1" in g.tail(), "a clock that may be wrong by "
             "more than it should makes an alert", g.tail())
        t.ok("CLOCK" in g.fixgate("journal", "list"),
             "journal list shows the reading")


def ends():
    """Killed twice, stopped once: two gaps."""
    with Gateway(day.CONF) as g:
        for how in (g.kill, g.stop, g.kill, None):
            g.start()
            if how is not None:
                told(g)
                how()
        told(g)
        e = events(g, ["AUDIT_GAP", "GATEWAY_STARTED", "GATEWAY_STOPPED"])
        got = [(x["event_type"][:9], x["action"]) for x in e]
        start, gap = ("GATEWAY_S", "start"), ("AUDIT_GAP", "miss_stop")
        t.ok(got == [start, gap, start, ("GATEWAY_S", "stop"), start, gap,
                     start],
             "T8, K16: a start behind an end without a stop is told as a gap",
             got)
        n = [x["details"] for x in e if x["event_type"] == "AUDIT_GAP"]
        t.ok(all(x["last_record"] == x["journal_record"] - 1 for x in n),
             "with the last record before it", n)


def steps():
    """The wall clock is set while orders come."""
    conf = day.CONF.replace("[DEFAULT]", "[DEFAULT]\nCheckLatency=N", 1)
    with Gateway(conf) as g:
        path = os.path.join(g.dir, "aside")
        with open(path, "wb") as f:
            f.write(struct.pack("q", 0))
        with open(path, "r+b") as f:
            aside = mmap.mmap(f.fileno(), 8)
        g.start(env={"FAILPOINT_CLOCK": path})
        c = day.client(g)
        end, sent = threading.Event(), [0]

        def load():
            while not end.is_set() or sent[0] % 10:
                day.order(c, "L%d" % sent[0])
                sent[0] += 1
                time.sleep(0.002)
        thread = threading.Thread(target=load)
        thread.start()
        slow = []
        by = [1, -1, 3600, -3600, -1]
        at = 0
        for n, s in enumerate(by):
            time.sleep(0.2)
            at += s
            begun = time.monotonic()
            aside[:] = struct.pack("q", at * S)
            if not day.wait_for(lambda: g.tail(1000).count(
                    "the clock was set") == n + 1, 6):
                slow.append(s)
            elif time.monotonic() - begun > 5:
                slow.append(s)
        # Slewed by less than a step: no alert.
        for _ in range(20):
            at_ns = struct.unpack("q", aside[:])[0] + 4 * 10 ** 6
            aside[:] = struct.pack("q", at_ns)
            time.sleep(0.01)
        end.set()
        thread.join()
        last = "L%d" % (sent[0] - 1)
        c.wait(lambda m: m.get(11) == last and m.get(150) == "F")
        t.ok(not slow, "T18: each time the clock is set there is an alert "
             "within 5 s", slow)
        t.ok(c.up and c.resent == 0 and not c.held and not c.rejects,
             "T18: the session stays up, its numbers unbroken",
             (c.up, c.resent, len(c.held), c.rejects))
        told(g)
        e = events(g)
        got = [round(x["details"]["step_ns"] / S) for x in e
               if x["event_type"] == "CLOCK_STEPPED"]
        t.ok(got == by, "T18: and an event that says by how much, no more for "
             "a slew", got)
        new = [x["details"]["cl_ord_id"] for x in e
               if x["event_type"] == "ORDER_SUBMITTED"]
        t.ok(new == ["L%d" % i for i in range(sent[0])],
             "T18: every order is in the trail once, in its order",
             (sent[0], len(new)))
        t.ok(day.audit(g, "verify").returncode == 0, "T18: it verifies")
        beats = g.fixgate("journal", "list").count("35=0")
        t.ok(beats <= 2, "T18: no storm of heartbeats", beats)
        c.lost()
        g.stop()


readings()
ends()
gateway.FIXGATED = os.path.join(BUILD, "tests", "faults", "fixgated_failpoints")
steps()
sys.exit(t.done())
