"""The clock in the trail: how good it is, that it was set while orders came, that
midnight comes, and that an end without a stop is told (T8, T18, T19, K16)."""
import contextlib
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
from pgserver import Postgres, bindir  # noqa: E402
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


def days_of(e):
    """Days that were closed, each where it ends and the next begins, with the
    root over all before it. @return None: one is not"""
    days, first = [], 1
    for x in e:
        if x["action"] != "close_day":
            continue
        d, seq = x["details"], x["details"]["seq"]
        own = {y["timestamp"][:10] for y in e[first - 1:seq - 1]}
        if (d["first_seq"], d["last_seq"]) != (first, seq - 1) or \
                own != {x["resource_id"]} or d["merkle_root"] != chain.root(
                    [bytes.fromhex(y["event_hash"])
                     for y in e[:seq - 1]]).hex():
            return None
        days.append(seq)
        first = seq + 1
    return days


def midnight():
    """T19: while orders run, and while the gateway is stopped; in the database,
    too, where there is one."""
    conf = day.CONF.replace("[DEFAULT]", "[DEFAULT]\nCheckLatency=N", 1)
    with (Postgres() if bindir() else contextlib.nullcontext()) as pg, \
            Gateway(conf) as g:
        path = os.path.join(g.dir, "aside")

        def put(seconds):
            with open(path, "wb") as f:
                f.write(struct.pack("q", round(seconds * S)))
        if pg is not None:
            pg.start().trail()
            with open(g.conf, "a") as f:
                f.write(f"Database={pg.url('audit_writer')}\n")
        env = {"FAILPOINT_CLOCK": path}
        now = time.time()
        to = 86400 - now % 86400
        put(to - 3)  # it is three seconds to midnight
        g.start(env=env)
        c = day.client(g)
        n = 0
        while time.time() < now + 3.2 or n < 100:
            day.trade(c, f"M{n}-", 10)
            n += 10
        nums = c.next_out, c.next_in
        c.lost()
        told(g)
        g.stop()
        e = events(g)
        days = days_of(e)
        around = days and [x["event_type"] for x in
                           e[days[0] - 20:days[0] + 20]]
        t.ok(days and len(days) == 1 and around.count("ORDER_FILLED") > 3,
             "T19: a day ends while orders run: it is closed, and the next one "
             "begins behind it", (days, around))
        put(to + 86400 - (time.time() - now))
        g.start(env=env)
        c = day.client(g, nums)
        day.trade(c, "N", 10)
        c.lost()
        told(g)
        g.stop()
        e = events(g)
        t.ok(len(days_of(e) or []) == 2, "T19: so does one that ended while it "
             "was stopped", days_of(e))
        p = day.audit(g, "verify", *([] if pg is None else [
            "--database=" + pg.url("audit_inspector")]), check=False)
        t.ok(p.returncode == 0, "T19: all of it verifies", p.stdout + p.stderr)
        if pg is None:
            t.skip("T19: in PostgreSQL, too", "it is not installed")
            return
        got = pg.rows("SELECT chain_day, count(*) FROM audit.audit_events "
                      "GROUP BY 1 ORDER BY 1")
        want = [[d, str(sum(x["timestamp"][:10] == d for x in e))]
                for d in sorted({x["timestamp"][:10] for x in e})]
        t.ok(got == want and len(got) == 3, "T19: in PostgreSQL, too, each day "
             "has its own events", (got, want))


readings()
ends()
gateway.FIXGATED = os.path.join(BUILD, "tests", "faults", "fixgated_failpoints")
steps()
midnight()
sys.exit(t.done())
