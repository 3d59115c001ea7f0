#!/usr/bin/env python3
"""Drop copies of the real gateway: who may see what, in which form, what comes
again on request, and that a subscriber that dies misses and repeats nothing."""
import json
import os
import subprocess

from fixclient import FixClient
from gateway import FIXGATE, TOP, Gateway
from tap import Tap

t = Tap()
NOW = "20260302-10:00:00"
with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    DEMO = f.read()
# Entitlements of further subscribers, by name.
MORE = {"NOTHING": "", "TRADES": "Copy=trades",
        "MSFTONLY": "Copy=trades,status\nCopySymbols=MSFT, EUR_USD",
        "OF42": "Copy=all\nCopySessions=CLIENT42",
        "OTHERACC": "Copy=all\nCopyAccounts=OTHER",
        "OTHERVENUE": "Copy=all\nCopyVenues=ELSEWHERE",
        "SIMVENUE": "Copy=trades\nCopyVenues=SIM",
        "REJECTS": "Copy=rejects",
        "OLD": "Copy=all\nBeginString=FIX.4.2",
        "WHOLE": "Copy=all\nCopyForm=enveloped"}
CONF = DEMO + "".join(
    f"\n[DROPCOPY {name}]\n" +
    ("" if "BeginString" in text else "BeginString=FIX.4.4\n") + text + "\n"
    for name, text in MORE.items())


def subscriber(g, name):
    begin = "FIX.4.2" if name == "OLD" else "FIX.4.4"
    return FixClient(begin, name, "FIXGATE").connect(g.port)


def order(c, ident, price=190, symbol="AAPL"):
    c.send("D", [(11, ident), (21, 1), (55, symbol), (54, 1), (60, NOW),
                 (38, 10), (40, 2), (44, price), (59, 0)])


def filled(c, ident):
    return c.wait(lambda m: m.get(11) == ident and m.get(39) == "2")


def gist(m):
    return m.get(35), m.get(11), m.get(150)


def settle(s):
    """All that was there when it asked has come: answers stand behind it."""
    n = len(s.inbox)
    while True:
        s.pump(0.3)
        if len(s.inbox) == n:
            return [gist(m) for m in s.inbox]
        n = len(s.inbox)


with Gateway(CONF) as g:
    g.start()
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
    d = FixClient("FIX.4.2", "CLIENT42", "FIXGATE").connect(g.port)
    order(c, "a")
    a = filled(c, "a")
    order(d, "b", 412, "MSFT")
    b = filled(d, "b")
    order(c, "bad", 999)
    c.wait(lambda m: m.get(11) == "bad")
    c.send("F", [(11, "f"), (41, "a"), (55, "AAPL"), (54, 1), (60, NOW),
                 (38, 10)])
    c.wait(lambda m: m.get(35) == "9")
    everything = subscriber(g, "DROPCOPY")
    settle(everything)
    t.ok(sorted(gist(m) for m in everything.inbox) ==
         sorted([("8", "a", "0"), ("8", "a", "F"), ("8", "b", "0"),
                 ("8", "b", "F"), ("8", "bad", "8"), ("9", "f", None)]),
         "Copy=all has reports, rejects of orders and of requests",
         str([gist(m) for m in everything.inbox]))
    copy = next(m for m in everything.inbox if gist(m) == ("8", "b", "F"))
    t.ok(copy.get(17) == b.get(17) and copy.get(115) == "CLIENT42" and
         copy.get(797) == "Y", "a copy keeps its ExecID, whatever its face",
         str(copy))
    got = {name: settle(subscriber(g, name)) for name in MORE}
    t.ok(got["NOTHING"] == [], "a subscriber gets nothing by default",
         str(got["NOTHING"]))
    trades = [("8", "a", "F"), ("8", "b", "F")]
    t.ok(got["TRADES"] == trades and got["SIMVENUE"] == trades,
         "trades alone, and those of a venue", str(got))
    t.ok(got["MSFTONLY"] == [("8", "b", "0"), ("8", "b", "F")],
         "symbols narrow it", str(got["MSFTONLY"]))
    t.ok(got["OF42"] == [("8", "b", "0"), ("8", "b", "F")],
         "sessions narrow it", str(got["OF42"]))
    t.ok(got["OTHERACC"] == [] and got["OTHERVENUE"] == [],
         "and accounts and venues", str(got))
    t.ok(got["REJECTS"] == [("8", "bad", "8"), ("9", "f", None)],
         "rejects alone", str(got["REJECTS"]))
    t.ok(got["OLD"] == [("8", "a", "0"), ("8", "a", "2"), ("8", "b", "0"),
                        ("8", "b", "2"), ("8", "bad", "8"), ("9", "f", None)],
         "in the subscriber's own version", str(got["OLD"]))

    whole = FixClient("FIX.4.4", "WHOLE", "FIXGATE")
    whole.next_out = 100
    whole.connect(g.port)
    settle(whole)
    raws = [m.raw for m in whole.inbox]
    t.ok(len(raws) == 10 and all(b"\x0135=n\x01" in r for r in raws) and
         any(a.raw in r for r in raws) and
         sum(b"\x0135=D\x01" in r for r in raws) == 3,
         "envelopes hold requests and reports, byte by byte",
         "\n".join(map(str, raws)))

    # Again on request.
    tr = FixClient("FIX.4.4", "TRADES", "FIXGATE")
    tr.next_out = 100
    tr.connect(g.port)

    def again(s, ident, *fields):
        s.send("AD", [(568, ident), (569, 0), *fields])
        last = s.wait(lambda m: m.get(35) in "AQj" and
                      (m.get(35) == "j" or (m.get(568) == ident and
                                            m.get(750) != "0")))
        return last, [m for m in s.inbox if m.get(35) == "AE" and
                      m.get(568) == ident]

    last, told = again(tr, "r1")
    t.ok(last.get(750) == "1" and last.get(748) == "2" and
         [(m.get(17), m.get(32), m.get(115)) for m in told] ==
         [(a.get(17), "10", "CLIENT44"), (b.get(17), "10", "CLIENT42")],
         "AD: every execution again, AQ with their number",
         f"{last}\n{told}")
    last, told = again(tr, "r2", (17, a.get(17)))
    t.ok(last.get(748) == "1" and [m.get(17) for m in told] == [b.get(17)],
         "AD since an ExecID", f"{last}\n{told}")
    last, told = again(tr, "r3", (580, 1), (75, "20990101"),
                       (60, "20990101-00:00:00"))
    t.ok(last.get(748) == "0" and not told, "AD since a time", str(last))
    last, told = again(tr, "r4", (17, "NONE"))
    t.ok(last.get(750) == "2" and "ExecID" in last.get(58),
         "AD since an ExecID that there is not", str(last))
    rej = FixClient("FIX.4.4", "REJECTS", "FIXGATE")
    rej.next_out = 100
    rej.connect(g.port)
    last, told = again(rej, "r5")
    t.ok((last.get(749), last.get(750)) == ("9", "2") and not told,
         "AD of a session that may not see trades", str(last))
    order(tr, "mine")
    m = tr.wait(lambda m: m.get(35) == "j")
    t.ok(m.get(372) == "D", "orders of a subscriber are refused", str(m))
    tr.send("q", [(11, "Q"), (530, 7), (60, NOW)])
    m = tr.wait(lambda m: m.get(35) == "j" and m.get(372) == "q")
    t.ok(m is not None, "and so is a mass cancel", str(m))

    # Files and accounts of the same.
    lines = g.fixgate("dropcopy", "file", "TRADES").splitlines()
    t.ok(len(lines) == 3 and lines[0].startswith("Record,Session,ExecID") and
         a.get(17) in lines[1] and b.get(17) in lines[2],
         "a file of all executions", "\n".join(lines))
    lines = g.fixgate("dropcopy", "file", "OF42", "--json").splitlines()
    t.ok([json.loads(x)["ExecID"] for x in lines] == [b.get(17)],
         "and of those that a session may see", "\n".join(lines))
    log = os.path.join(g.dir, "subscriber.log")
    for text, missing in ((f"8=FIX.4.4|17={a.get(17)}|10=0|\n", [b.get(17)]),
                          (f"x\x0117={a.get(17)}\x01\n\x0117={b.get(17)}"
                           "\x01\n", [])):
        with open(log, "w") as f:
            f.write(text)
        p = subprocess.run([FIXGATE, "dropcopy", "reconcile", "TRADES", log,
                            "-c", g.conf, "--json"], capture_output=True,
                           text=True, env=g.env)
        t.ok(p.returncode == (1 if missing else 0) and
             [json.loads(x)["ExecID"] for x in p.stdout.splitlines()] ==
             missing and f"{len(missing)} missing" in p.stderr,
             f"reconcile names what is missing: {len(missing)}",
             p.stdout + p.stderr)

    # A subscriber that goes and comes, with a gateway that is killed.
    everything.lost()
    for i in range(20):
        order(c, f"x{i}")
        filled(c, f"x{i}")
    g.kill()
    g.start()
    c.lost()
    everything.connect(g.port)
    last = everything.wait(lambda m: m.get(11) == "x19" and m.get(39) == "2")
    everything.inbox.append(last)
    settle(everything)
    execs = [m.get(17) for m in everything.inbox if m.get(35) == "8"]
    t.ok(len(execs) == len(set(execs)) and
         sum(m.get(150) == "F" for m in everything.inbox) == 22,
         "over deaths of both, every execution is copied once", str(execs))
    everything.lost()
t.done()
