#!/usr/bin/env python3
"""Drop copies of the real gateway: who may see what, in which form, what comes
again on request, and that a subscriber that dies misses and repeats nothing."""
import hashlib
import json
import os
import re
import subprocess
import time

from fixclient import FixClient, frame
from gateway import FIXGATE, FIXGATED, TOP, Gateway
from tap import Tap

t = Tap()
NOW = "20260302-10:00:00"
with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    DEMO = f.read()
# Entitlements of further subscribers, by name.
MORE = {"NOTHING": "", "TRADES": "Copy=trades",
        "HOPS": "Copy=all\nCopyHops=Y",
        "MSFTONLY": "Copy=trades,status\nCopySymbols=MSFT, EUR_USD",
        "OF42": "Copy=all\nCopySessions=CLIENT42",
        "OTHERACC": "Copy=all\nCopyAccounts=OTHER",
        "OTHERVENUE": "Copy=all\nCopyVenues=ELSEWHERE",
        "SIMVENUE": "Copy=trades\nCopyVenues=SIM",
        "REJECTS": "Copy=rejects",
        "OLD": "Copy=all\nBeginString=FIX.4.2\nCopyCounts=1",
        "V43": "Copy=all\nBeginString=FIX.4.3\nCopyCounts=1",
        "V50": "Copy=all\nBeginString=FIXT.1.1\nDefaultApplVerID=9\n"
               "CopyCounts=1",
        "WHOLE": "Copy=all\nCopyForm=enveloped"}
# Of parties, in each form; of clients of this part alone.
PARTIES = {"ACME44": "Copy=all\nCopyParties=NOBODY, ACME",
           "ACME42": "Copy=all\nCopyParties=ACME\nBeginString=FIX.4.2",
           "ACME50": "Copy=trades\nCopyParties=ACME\nBeginString=FIXT.1.1\n"
                     "DefaultApplVerID=9",
           "ACMEN": "Copy=requests,rejects\nCopyForm=enveloped\n"
                    "CopyParties=ACME",
           "BANK": "Copy=trades\nCopyParties=BANK"}
MORE.update(PARTIES)
CONF = DEMO + "".join(
    f"\n[DROPCOPY {name}]\n" +
    ("" if "BeginString" in text else "BeginString=FIX.4.4\n") + text + "\n"
    for name, text in MORE.items())


BEGIN = {"OLD": ("FIX.4.2", None), "V43": ("FIX.4.3", None),
         "V50": ("FIXT.1.1", "9"), "ACME42": ("FIX.4.2", None),
         "ACME50": ("FIXT.1.1", "9")}
heard = []  # every byte that subscribers were sent


class Subscriber(FixClient):
    """Takes its copies, and leaves counts alone."""

    def __init__(self, name, target="FIXGATE"):
        begin, appl = BEGIN.get(name, ("FIX.4.4", None))
        super().__init__(begin, name, target, appl=appl)
        self.counts = []

    def watch(self, m):
        heard.append(m.raw)
        super().watch(m)

    def use(self, m):
        if m.type == "B":
            self.next_in = m.seq + 1
            self.counts.append(m)
        else:
            super().use(m)


def subscriber(g, name):
    return Subscriber(name).connect(g.port)


def order(c, ident, price=190, symbol="AAPL", more=()):
    c.send("D", [(11, ident), *more, (21, 1), (55, symbol), (54, 1),
                 (60, NOW), (38, 10), (40, 2), (44, price), (59, 0)])


def filled(c, ident):
    return c.wait(lambda m: m.get(11) == ident and m.get(39) == "2")


def rows(g):
    """Sessions by the peer's CompID."""
    return {x["session"].split(">")[1]: x
            for x in json.loads(g.fixgate("sessions", "--json"))}


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
    all_of = {name: subscriber(g, name) for name in MORE}
    got = {name: settle(s) for name, s in all_of.items()}
    hop = next(m for m in all_of["HOPS"].inbox if gist(m) == ("8", "b", "F"))
    t.ok(hop.get(628) == "CLIENT42" and hop.get(630) == b.get(34) and
         hop.get(629) == b.get(52) and copy.get(627) is None,
         "CopyHops=Y: it says which message it is made of", f"{b}\n{hop}")
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

    every = [("8", "a", "0"), ("8", "a", "F"), ("8", "b", "0"),
             ("8", "b", "F"), ("8", "bad", "8"), ("9", "f", None)]
    t.ok(got["V43"] == every and got["V50"] == every, "or in a later one",
         f"{got['V43']}\n{got['V50']}")
    for name in ("OLD", "V43", "V50"):
        s = all_of[name]
        while not s.counts and s.pump(20):
            pass
        text = [v for tag, v in s.counts[0].fields if tag == 58]
        t.ok(text == ["CLIENT42 copies=2 last=3 lost=0",
                      "CLIENT44 copies=4 last=5 lost=0"],
             f"{name}: counts of each client", str(s.counts[0]))
    for s in all_of.values():
        s.lost()

    whole = Subscriber("WHOLE")
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
    tr = Subscriber("TRADES")
    tr.next_out = 100
    tr.connect(g.port)

    def again(s, ident, *fields):
        s.send("AD", [(568, ident), (569, 0), (263, 0), *fields])
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
    rej = Subscriber("REJECTS")
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
    text = g.fixgate("dropcopy", "file", "TRADES")
    lines = text.splitlines()
    t.ok(lines[0] == "#fixgate dropcopy,1,TRADES,all" and
         lines[1].startswith("Record,Session,MsgSeqNum,ExecID,") and
         f",CLIENT44,{a.get(34)},{a.get(17)},F," in lines[2] and
         b.get(17) in lines[3] and
         lines[4:6] == [f"#session,CLIENT42,1,{b.get(34)}",
                        f"#session,CLIENT44,1,{a.get(34)}"] and
         lines[6] == "#end,2," + hashlib.sha256(
             text[:text.index("#end")].encode()).hexdigest(),
         "a file of all executions, with a checksum", text)
    t.ok(text == g.fixgate("dropcopy", "file", "TRADES"),
         "the same each time it is made")
    t.ok(",E0-" not in g.fixgate("dropcopy", "file", "TRADES", "--day",
                                 "20200101"), "or of one day")
    lines = g.fixgate("dropcopy", "file", "OF42", "--json").splitlines()
    t.ok([json.loads(x)["ExecID"] for x in lines] == [b.get(17)],
         "and of those that a session may see", "\n".join(lines))
    log = os.path.join(g.dir, "subscriber.log")
    fill = {m.get(17): m.raw for m in all_of["TRADES"].inbox}
    one, two = fill[a.get(17)], fill[b.get(17)]
    enveloped = b"".join(m.raw for m in whole.inbox)
    other = bytes(one).replace(b"\x0132=10\x01", b"\x0132=11\x01")
    other = other[:-7]
    other += b"10=%03d\x01" % (sum(other) % 256)
    again = frame("FIX.4.4", [(35, "8"), (43, "Y")] + [
        f for f in all_of["TRADES"].inbox[0].fields
        if f[0] not in (8, 9, 35, 10)])
    bars = one.replace(b"\x01", b"|") + b"\n"
    quickfix = (b"20261126-10:00:00.000000000 : " + one +
                b"\n20261126-10:00:00.000000001 : " + two + b"\n")
    ae = b"".join(m.raw for m in tr.inbox if m.get(568) == "r1")
    for name, data, want in (
            ("lines with bars, one execution", bars,
             [("missing", b.get(17))]),
            ("QuickFIX's log", quickfix, []),
            ("a store's bytes, with one resent", one + again + two, []),
            ("the same twice", one + one + two, [("doubled", a.get(17))]),
            ("another quantity", other + two,
             [("different: LastQty", a.get(17))]),
            ("an execution of nobody's", quickfix.replace(
                b"\x0117=E", b"\x0117=X"),
             [("unknown", "X" + a.get(17)[1:]),
              ("unknown", "X" + b.get(17)[1:]),
              ("missing", a.get(17)), ("missing", b.get(17))]),
            ("envelopes", enveloped, []), ("TradeCaptureReports", ae, []),
            ("our own file", text.encode(), []),
            ("our own file, changed", text.replace(
                ",10,", ",11,").encode(), None),
            ("something else", b"hello\n", None)):
        with open(log, "wb") as f:
            f.write(data)
        p = subprocess.run([FIXGATE, "dropcopy", "reconcile", "TRADES", log,
                            "-c", g.conf, "--json"], capture_output=True,
                           text=True, env=g.env)
        said = [json.loads(x) for x in p.stdout.splitlines()]
        t.ok(p.returncode == (0 if want == [] else 1) and
             (want is None or want ==
              [(x["problem"], x["ExecID"]) for x in said]),
             f"reconcile: {name}", f"{want}\n{p.stdout}{p.stderr}")
    counts = json.loads(g.fixgate("dropcopy", "counts", "OLD", "--json"))
    t.ok([(x["session"], x["copies"]) for x in counts["counts"]] ==
         [("CLIENT42", 2), ("CLIENT44", 4)] and
         counts["behind_records"] > 0, "counts, by the command", str(counts))

    def top():
        """Copies in the file of counters, which follows ten times a second."""
        out = json.loads(g.fixgate("top", "-n", "1", "--json"))["copies"]
        return {(x["subscriber"], x["session"]):
                (x["copies"], x["last"], x["lost"]) for x in out}

    end = time.monotonic() + 60
    while top().get(("OLD", "CLIENT44")) != (4, 5, 0) and \
            time.monotonic() < end:
        c.settle()
    t.ok([top().get(("OLD", x)) for x in ("CLIENT42", "CLIENT44")] ==
         [(2, 3, 0), (4, 5, 0)] and
         not any("NOTHING" in pair for pair in top()),
         "and in fixgate top", str(top()))
    t.ok(re.search(r"^OLD +CLIENT44 +4 +5 +0$", g.fixgate("top", "-n", "1"),
                   re.M), "and its table", g.fixgate("top", "-n", "1"))

    # A subscriber that goes and comes, with a gateway that is killed.
    everything.lost()
    t.ok(rows(g)["DROPCOPY"]["behind_records"] < 50, "it is not behind",
         str(rows(g)["DROPCOPY"]))
    for i in range(20):
        order(c, f"x{i}")
        filled(c, f"x{i}")
    row = rows(g)["DROPCOPY"]
    t.ok(row["behind_records"] > 50 and row["behind_ns"] > 0,
         "fixgate sessions shows how far one is behind", str(row))
    t.ok("behind_records" not in rows(g)["CLIENT44"], "clients never are")
    before = top()
    end = time.monotonic() + 60
    g.kill()
    with open(g.conf, "a") as f:
        f.write("\n[DROPCOPY LATER]\nBeginString=FIX.4.4\nCopy=all\n"
                "CopyBackfill=N\n")
    g.start()
    while ("OLD", "CLIENT44") not in top() and time.monotonic() < end:
        time.sleep(0.1)
    t.ok(top().get(("OLD", "CLIENT44")) == before[("OLD", "CLIENT44")],
         "after a kill counts go on", f"{before}\n{top()}")
    c.lost()
    t.ok(settle(subscriber(g, "LATER")) == [],
         "CopyBackfill=N: nothing of before it was there")
    everything.connect(g.port)
    last = everything.wait(lambda m: m.get(11) == "x19" and m.get(39) == "2")
    everything.inbox.append(last)
    settle(everything)
    execs = [m.get(17) for m in everything.inbox if m.get(35) == "8"]
    t.ok(len(execs) == len(set(execs)) and
         sum(m.get(150) == "F" for m in everything.inbox) == 22,
         "over deaths of both, every execution is copied once", str(execs))
    everything.lost()
    # All that was said is what the dictionaries of its version say.
    with open(log, "wb") as f:
        f.write(b"".join(heard))
    p = subprocess.run([FIXGATE, "decode", "--brief", log],
                       capture_output=True, text=True, env=g.env)
    types = {m.split(b"\x01")[2] for m in heard}
    t.ok(p.returncode == 0 and {b"35=8", b"35=9", b"35=n", b"35=AE", b"35=AQ",
                                b"35=B"} <= types,
         f"every message is right by its dictionary: {len(heard)}",
         f"{types}\n" + "\n".join(x for x in p.stdout.splitlines()
                                   if "!" in x)[:2000])

# Parties: of the order, echoed in its reports, and what entitles a subscriber.
GROUP = [(453, 2), (448, "ACME"), (447, "D"), (452, 3), (802, 1), (523, "desk"),
         (803, 25), (448, "BANK"), (447, "B"), (452, 1)]


def named(m):
    """What a message says of parties."""
    return [(k, v) for k, v in m.fields
            if k in (453, 448, 447, 452, 802, 523, 803, 109, 76, 439)]


def as_text(fields):
    return [(k, str(v)) for k, v in fields]


with Gateway(CONF) as g:
    g.start()
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
    d = FixClient("FIX.4.2", "CLIENT42", "FIXGATE").connect(g.port)
    e = FixClient("FIXT.1.1", "CLIENT50", "FIXGATE", appl="9").connect(g.port)
    order(c, "none")
    filled(c, "none")
    order(c, "p", more=GROUP)
    got = [c.wait(lambda m: m.get(11) == "p" and m.get(39) == "0"),
           filled(c, "p")]
    order(c, "rest", 180, more=GROUP)
    got.append(c.wait(lambda m: m.get(11) == "rest" and m.get(39) == "0"))
    t.ok(all(named(m) == as_text(GROUP) for m in got),
         "reports of an order have its parties, with what belongs to them",
         "\n".join(map(str, got)))
    order(d, "o", more=[(109, "ACME"), (76, "BANK")])
    m = filled(d, "o")
    t.ok(named(m) == [(109, "ACME"), (76, "BANK")],
         "FIX.4.2 has ClientID and ExecBroker", str(m))
    order(e, "q", more=[(453, 1), (448, "BANK"), (447, "D"), (452, 1)])
    m = filled(e, "q")
    t.ok(named(m) == [(453, "1"), (448, "BANK"), (447, "D"), (452, "1")],
         "FIX.5.0SP2 has the group", str(m))
    order(c, "bad", more=[(453, 1), (448, "x" * 400), (447, "D"), (452, 3)])
    m = c.wait(lambda m: m.get(35) == "j")
    t.ok("parties of more than 400 bytes" in (m.get(58) or ""),
         "more parties than are kept are refused", str(m))
    c.send("F", [(11, "f"), (41, "p"), (55, "AAPL"), (54, 1), (60, NOW),
                 (38, 10)])
    c.wait(lambda m: m.get(35) == "9")
    g.kill()
    g.start()
    c.lost()
    c.connect(g.port)
    c.send("H", [(11, "rest"), (55, "AAPL"), (54, 1)])
    m = c.wait(lambda m: m.get(11) == "rest" and m.get(150) == "I")
    t.ok(named(m) == as_text(GROUP), "and so after a kill", str(m))
    all_of = {name: subscriber(g, name) for name in PARTIES}
    got = {name: settle(s) for name, s in all_of.items()}
    of_p = [("8", "p", "0"), ("8", "p", "F"), ("8", "rest", "0")]
    t.ok(got["ACME44"] == of_p + [("8", "o", "0"), ("8", "o", "F"),
                                  ("9", "f", None)],
         "CopyParties: of orders that name one, rejects of requests on them, "
         "too", str(got["ACME44"]))
    t.ok(got["ACME42"] == [("8", "p", "0"), ("8", "p", "2"),
                           ("8", "rest", "0"), ("8", "o", "0"),
                           ("8", "o", "2"), ("9", "f", None)] and
         got["ACME50"] == [("8", "p", "F"), ("8", "o", "F")] and
         got["BANK"] == [("8", "p", "F"), ("8", "o", "F"), ("8", "q", "F")],
         "in every version", str(got))
    raws = [m.raw for m in all_of["ACMEN"].inbox]
    t.ok(len(raws) == 6 and
         sum(b"\x0135=D\x01" in r for r in raws) == 3 and
         not any(b"\x0111=none\x01" in r for r in raws),
         "requests as well", "\n".join(map(str, raws)))

    def copy_of(name, ident):
        return named(next(m for m in all_of[name].inbox
                          if m.get(11) == ident and m.get(150) in "F2"))

    flat = [(453, "2"), (448, "ACME"), (447, "D"), (452, "3"), (448, "BANK"),
            (447, "D"), (452, "1")]
    t.ok(copy_of("ACME44", "p") == as_text(GROUP) and
         copy_of("ACME50", "p") == as_text(GROUP) and
         copy_of("ACME42", "p") == [(109, "ACME"), (76, "BANK")] and
         copy_of("ACME42", "o") == [(109, "ACME"), (76, "BANK")] and
         copy_of("ACME44", "o") == flat and copy_of("ACME50", "o") == flat,
         "a copy has them as its own version does",
         str([all_of[n].inbox for n in ("ACME44", "ACME42", "ACME50")]))
    s = all_of["ACME44"]
    s.send("AD", [(568, "r"), (569, 0), (263, 0)])
    m = s.wait(lambda m: m.get(35) == "AE" and m.get(11) == "p")
    t.ok(named(m) == as_text(GROUP), "and so has one that is asked for again",
         str(m))
    lines = g.fixgate("dropcopy", "file", "ACME44", "--json").splitlines()
    t.ok([json.loads(x)["ClOrdID"] for x in lines] == ["p", "o"],
         "the file holds those that CopyParties lets through",
         "\n".join(lines))
    with open(os.path.join(g.dir, "heard"), "wb") as f:
        f.write(b"".join(m.raw for s in all_of.values() for m in s.inbox))
    p = subprocess.run([FIXGATE, "decode", "--brief", f.name],
                       capture_output=True, text=True, env=g.env)
    t.ok(p.returncode == 0, "all of it is right by its dictionary",
         "\n".join(x for x in p.stdout.splitlines() if "!" in x)[:2000])

with Gateway(DEMO + "\n[DROPCOPY OLD]\nCopy=all\nBeginString=FIX.4.1\n") as g:
    p = subprocess.run([FIXGATED, "-c", g.conf, "--check-config"],
                       capture_output=True, text=True, env=g.env)
    t.ok(p.returncode != 0 and "need FIX.4.2" in p.stderr,
         "FIX.4.1 has no copies: the settings are refused", p.stderr)
t.done()
