#!/usr/bin/env python3
"""Limits and cancel on disconnect in the running gateway: a flood is read at
the pace that was set, nothing of it lost; orders of a client that is gone are
canceled, by a closed connection as by a crash of the gateway."""
import json
import subprocess
import time

from fixclient import FixClient
from gateway import FIXGATED, Gateway
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


def settings(g, lines):
    with open(g.conf) as f:
        text = f.read()
    with open(g.conf, "w") as f:
        f.write(text.replace("[DEFAULT]", "[DEFAULT]\n" + lines, 1))


def order(n):
    return ("D", [(11, f"F{n}"), (1, "DEMO"), (55, "AAPL"), (54, 1), (38, 1),
                  (40, 2), (44, "150.00"), (60, "20260101-00:00:00")])


def session(g):
    for s in json.loads(g.fixgate("sessions", "--json")):
        if s["session"].endswith("->CLIENT44"):
            return s
    return {}


def live(g):
    for line in g.fixgate("control", "status").splitlines():
        w = line.split()
        if w[0] == "orders":
            return int(w[3])
    return -1


def test_delay():
    with Gateway() as g:
        settings(g, "InboundLimit=5/1\nInboundOverLimit=delay")
        g.start()
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
        begun = time.monotonic()
        c.send_all([order(n) for n in range(20)])
        for n in range(20):
            c.wait(lambda m, n=n: m.get(11) == f"F{n}" and m.get(39) == "0")
        took = time.monotonic() - begun
        t.ok(took > 2.5, "20 messages at 5 a second take three seconds", took)
        t.ok(not any(m.type == "j" for m in c.inbox) and not c.rejects,
             "none of them is refused")
        s = session(g)
        t.ok(s["inbound_over"] > 0 and s["inbound_use"] > 0 and
             s["outbound_use"] is None and
             s["cancel_on_disconnect"] == "off",
             "fixgate sessions shows it", s)
        c.logout()


def test_disconnect():
    with Gateway() as g:
        settings(g, "CancelOnDisconnect=drop\nCancelOnDisconnectGrace=1")
        g.start()
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
        c.send(*order(1))
        c.wait(lambda m: m.get(11) == "F1" and m.get(39) == "0")
        t.ok(live(g) == 1 and session(g)["cancel_on_disconnect"] == "armed",
             "an order lives")
        c.sock.close()
        c.lost()
        t.ok(wait_for(lambda: live(g) == 0), "its client is gone, then it is",
             g.tail())
        c.connect(g.port)
        m = c.wait(lambda m: m.get(11) == "F1" and m.get(150) == "4")
        t.ok(m.get(58) == "COD" and m.get(378) == "99" and m.get(41) is None,
             "the client is told so when it comes back", m)
        c.send(*order(2))
        c.wait(lambda m: m.get(11) == "F2" and m.get(39) == "0")
        g.kill()
        c.lost()
        g.start()
        t.ok(wait_for(lambda: live(g) == 0), "a crash drops its clients",
             g.tail())
        c.connect(g.port)
        m = c.wait(lambda m: m.get(11) == "F2" and m.get(150) == "4")
        t.ok(m.get(58) == "COD", "and they are told")
        c.logout()


def test_settings():
    for line, want in (("InboundLimit=50", "MESSAGES/SECONDS"),
                       ("OutboundLimit=5/0", "MESSAGES/SECONDS"),
                       ("InboundLogoutLimit=1/1,1/2,1/3,1/4,1/5",
                        "more than 4 windows"),
                       ("CancelOnDisconnect=yes", "off")):
        with Gateway() as g:
            settings(g, line)
            with open(g.conf) as f:
                at = [x.strip() for x in f].index(line) + 1
            p = subprocess.run([FIXGATED, "-c", g.conf, "--check-config"],
                               env=g.env, capture_output=True, text=True)
            t.ok(p.returncode != 0 and f":{at}:" in p.stderr and
                 want in p.stderr, f"{line} is told, and where", p.stderr)


test_settings()
test_delay()
test_disconnect()
t.done()
