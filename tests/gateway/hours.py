#!/usr/bin/env python3
"""Hours of the running gateway: SIGHUP takes new ones and calendars, who stays
inside stays logged on, who does not is logged out, and a fault changes
nothing; an operator's word counts apart from hours."""
import os
import signal
import time

from fixclient import FixClient
from gateway import Gateway
from tap import Tap

t = Tap()


def wait_for(what, timeout=60):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.02)
    return None


def log_of(g):
    with open(g.log, errors="replace") as f:
        return f.read()


def reload(g, text):
    with open(g.conf, "w") as f:
        f.write(text)
    before = log_of(g).count("reloaded")
    g.process.send_signal(signal.SIGHUP)
    return wait_for(lambda: log_of(g).count("reloaded") > before)


def calendar(g, kind):
    """Yesterday, today and tomorrow; the last one in a year."""
    day = [time.strftime("%Y-%m-%d", time.gmtime(time.time() + n * 86400))
           for n in (-1, 0, 1, 365)]
    with open(os.path.join(g.dir, "our.cal"), "w") as f:
        f.write("".join(f"{d} {kind} A Feast\n" for d in
                        (day if kind == "closed" else day[3:])))


def clock(seconds):
    return time.strftime("%H:%M:%S", time.gmtime(time.time() + seconds))


def order(c, cl_ord_id):
    c.send("D", [(11, cl_ord_id), (1, "DEMO"), (55, "AAPL"), (54, 1),
                 (38, 100), (40, 2), (44, "187.00"),
                 (60, "20260101-00:00:00")])
    return c.wait(lambda m: m.get(11) == cl_ord_id)


def gone(c):
    try:
        c.wait(lambda m: False, 60)
    except (TimeoutError, ConnectionError, OSError):
        pass
    return not c.up


def refused(g, c):
    before = log_of(g).count("refused")
    try:
        c.connect(g.port, 0.3)
    except (TimeoutError, ConnectionError, OSError):
        pass
    return not c.up and log_of(g).count("refused") > before


def test_reload():
    with Gateway() as g:
        with open(g.conf) as f:
            plain = f.read()
        g.start()
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
        hours = plain.replace("[DEFAULT]", "[DEFAULT]\nStartTime=%s\n"
                              "EndTime=%s" % (clock(-3600), clock(7200)), 1)
        t.ok(reload(g, hours) and "schedules" in log_of(g),
             "SIGHUP takes hours for a session that had none", g.tail())
        t.ok(order(c, "H1").get(39) == "0" and c.up,
             "who is within them stays logged on")
        calendar(g, "shut")
        dated = hours.replace("[DEFAULT]", "[DEFAULT]\nCalendar=our.cal", 1)
        reload(g, dated)
        t.ok("not reloaded" in log_of(g) and "our.cal:1: expected" in
             log_of(g), "a calendar with a fault is not taken", g.tail())
        t.ok(order(c, "H2").get(39) == "0" and c.up, "and changes nothing")
        calendar(g, "open 00:00-24:00")
        reload(g, dated)
        t.ok(order(c, "H3").get(39) == "0" and c.up,
             "a date far away changes nothing")
        calendar(g, "closed")
        reload(g, dated)
        t.ok(gone(c), "a holiday logs out", g.tail())
        t.ok("hours end" in log_of(g) and "(holiday: A Feast)" in log_of(g),
             "and the log has its name", g.tail())
        t.ok(refused(g, c), "nobody is let in on it", g.tail())
        t.ok("out of its hours" in g.fixgate("control", "hours", "CLIENT44"),
             "the operator sees why")
        reload(g, hours)
        c.connect(g.port)
        t.ok(c.up and c.next_out > 4 and order(c, "H4").get(39) == "0",
             "without it all goes on, with the same numbers", g.tail())


def test_operator():
    with Gateway() as g:
        g.start()
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
        t.ok("is disabled" in g.fixgate("control", "disable", "CLIENT44") and
             gone(c), "an operator disables a session", g.tail())
        t.ok(refused(g, c) and "disabled" in
             g.fixgate("control", "hours", "CLIENT44"), "it is refused")
        g.kill()
        g.start()
        t.ok(refused(g, c), "after a crash, too")
        g.fixgate("control", "enable", "CLIENT44")
        c.connect(g.port)
        t.ok(c.up and c.next_out > 2, "enabled, it goes on", g.tail())


test_reload()
test_operator()
t.done()
