"""Dictionaries and levels of validation of a real gateway: what the settings
say, and what SIGHUP changes while orders are under way."""
import os
import re
import signal
import subprocess
import time

from fixclient import FixClient, frame, utc
from gateway import FIXGATED, FULL, Gateway
from tap import Tap

t = Tap()
TOP = os.environ["TOP_SRCDIR"]
with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    DEMO = f.read()
with open(os.path.join(TOP, "dictionaries", "FIX44.xml")) as f:
    FIX44 = f.read()
with open(os.path.join(TOP, "dictionaries", "FIX42.xml")) as f:
    FIX42 = f.read()
MEMBER = "<message name='NewOrderSingle' msgtype='D' msgcat='app'>"
WIDER = FIX44.replace(MEMBER, MEMBER + "<field name='OwnDesk' required='N'/>") \
    .replace("</fields>", "<field number='9001' name='OwnDesk' type='STRING'>"
             "<value enum='X' description='EX'/></field></fields>")
assert WIDER.count("OwnDesk") == 2


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


def settings(**keys):
    """demo.conf whose FIX.4.4 session has more settings."""
    old = "BeginString=FIX.4.4\nTargetCompID=CLIENT44\n"
    assert old in DEMO
    return DEMO.replace(old, old + "".join(
        f"{k}={v}\n" for k, v in keys.items()), 1)


def write(path, text):
    """As an operator should: whole, or not at all."""
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)


def check(conf):
    with Gateway(conf) as g:
        p = subprocess.run([FIXGATED, "-c", g.conf, "--check-config"],
                           env=g.env, capture_output=True, text=True)
        return p.returncode, p.stderr


def order(c, cl_ord_id, *more):
    c.send("D", [(11, cl_ord_id), (1, "DEMO"), (55, "AAPL"), (54, 1),
                 (38, 100), (40, 2), (44, "187.00"),
                 (60, "20260101-00:00:00"), *more])


def answer(c, cl_ord_id, *more):
    """Send an order. @return what it is answered with: report or Reject"""
    n = len(c.rejects)
    order(c, cl_ord_id, *more)
    c.settle()
    if len(c.rejects) > n:
        return c.rejects[-1]
    return c.wait(lambda m: m.get(11) == cl_ord_id)


def hup(g, says):
    at = len(log_of(g))
    g.process.send_signal(signal.SIGHUP)
    return wait_for(lambda: re.search(says, log_of(g)[at:]))


def test_settings():
    for value, says in (
            ("maybe", "expected one level (reject, report or off)"),
            ("reject, 8", "not '8'"),
            ("8:perhaps", "level of MsgType 8 must be reject, report or off"),
            ("report, QQ:off", "has no MsgType 'QQ'"),
            ("9:reject", "never rejected"),
            ("D:off, D:report", "two levels")):
        status, err = check(settings(ValidationLevel=value))
        t.ok(status == 1 and says in err and "fixgated.conf:" in err,
             f"ValidationLevel={value} is refused", err)
    status, err = check(settings(AllowUnknownEnumValues="103,x"))
    t.ok(status == 1 and "Y, N or tags" in err,
         "AllowUnknownEnumValues takes tags only", err)
    status, err = check(settings(
        ValidationLevel="report, D:reject  AE:off,U7:report",
        AllowUnknownEnumValues="103, 59", ValidateRequiredFields="N",
        ValidateGroupCount="N", ValidateUnorderedGroupFields="N",
        FirstFieldInGroupIsDelimiter="Y", RejectInvalidMessage="N",
        ValidateIncomingMessage="N"))
    t.ok(status == 0 and err == "", "every switch is taken", err)
    for key, value in (("ValidateChecksum", "N"),
                       ("ValidateLengthAndChecksum", "N"),
                       ("RejectGarbledMessage", "Y")):
        status, err = check(settings(**{key: value}))
        t.ok(status == 0 and f"notice: {value} " in err,
             f"{key}={value} gets a notice", err)


def test_levels():
    bad = ((9001, "X"),)
    for keys, taken in (
            ({}, False),
            ({"ValidationLevel": "report"}, True),
            ({"ValidationLevel": "D:off"}, True),
            ({"ValidationLevel": "report, D:reject"}, False),
            ({"RejectInvalidMessage": "N"}, True),
            ({"ValidateIncomingMessage": "N"}, True),
            ({"UseDataDictionary": "N"}, True),
            ({"ValidateUserDefinedFields": "N"}, True),
            ({"AllowUnknownMsgFields": "Y"}, False)):
        with Gateway(settings(**keys)) as g:
            g.start()
            c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
            m = answer(c, "L1", *bad)
            t.ok(m.type == ("8" if taken else "3"),
                 f"an unknown tag with {keys or 'the default'}", m)
            if keys.get("ValidationLevel") != "report":
                continue
            for i in range(19):
                order(c, f"M{i}", *bad)
            c.settle()
            log = log_of(g)
            t.ok(log.count("Invalid tag number (tag 9001)") == 2 and
                 "taken all the same, 10 times" in log,
                 "is told the first and the tenth time",
                 g.tail())
            t.ok("tolerated 20" in g.fixgate("control", "status"),
                 "and counted", g.fixgate("control", "status"))


def trader_rss(g):
    with open(f"/proc/{g.process.pid}/task/{g.process.pid}/children") as f:
        pid = int(f.read().split()[0])
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


def two_files(**keys):
    return settings(DataDictionary="peer.xml", **keys).replace(
        "TargetCompID=CLIENT42",
        "TargetCompID=CLIENT42\nDataDictionary=other.xml", 1)


def test_swap():
    with Gateway(two_files()) as g:
        path = os.path.join(g.dir, "peer.xml")
        other_path = os.path.join(g.dir, "other.xml")
        write(path, FIX44)
        write(other_path, FIX42)
        g.start()
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
        other = FixClient("FIX.4.2", "CLIENT42", "FIXGATE").connect(g.port)
        m = answer(c, "A1", (9001, "X"))
        t.ok(m.type == "3" and m.get(371) == "9001",
             "a tag that the dictionary lacks is refused", m)

        # Under load: orders before, while and after it is swapped.
        write(path, WIDER)
        n = 3000 if FULL else 600
        for i in range(n):
            order(c, f"B{i}")
            if i == n // 3:
                g.process.send_signal(signal.SIGHUP)
            if i % 50 == 0:
                c.pump(0)
        for i in range(n):
            c.wait(lambda m: m.get(11) == f"B{i}" and m.get(39) == "0")
        t.ok(wait_for(lambda: "settings reloaded" in log_of(g)),
             "SIGHUP is taken under load", g.tail())
        t.ok(len(c.rejects) == 1 and log_of(g).count("logged on") == 2,
             "every order is answered, and nobody had to log on again",
             g.tail())
        t.ok("peer.xml was read anew: 1 session checks by it" in log_of(g),
             "the log names the file and how many use it", g.tail())
        m = answer(c, "A2", (9001, "X"))
        t.ok(m.type == "8", "what was refused before is taken now", m)
        m = answer(c, "A3", (9001, "Y"))
        t.ok(m.type == "3" and m.get(373) == "5",
             "by all that the new dictionary says", m)
        other.settle()
        t.ok(other.up, "a session with another dictionary goes on")
        notes = g.fixgate("journal", "show", "--type", "NOTE")
        t.ok("peer.xml was read anew" in notes, "it stands in the journal",
             notes[-2000:])

        # A file that is broken: its place is told, the old one stays.
        lines = WIDER.splitlines()
        at = next(i for i, x in enumerate(lines) if "'ClOrdID' required" in x)
        lines[at] = "<field name='NoSuchField' required='Y'/>"
        write(path, "\n".join(lines) + "\n")
        t.ok(hup(g, "not reloaded") and
             re.search(rf"peer\.xml:{at + 1}: .*NoSuchField", log_of(g)),
             "a broken file is refused with file and line", g.tail())
        write(path, WIDER[:len(WIDER) // 2])
        t.ok(hup(g, "not reloaded"), "so is half a file", g.tail())
        os.unlink(path)
        t.ok(hup(g, "not reloaded"), "and a missing one", g.tail())
        m = answer(c, "A4", (9001, "X"))
        t.ok(m.type == "8", "the old one goes on meanwhile", m)

        # Of two files the one that has changed is read.
        write(path, WIDER)
        hup(g, "settings reloaded")
        write(other_path, FIX42 + "<!-- -->")
        at = len(log_of(g))
        t.ok(hup(g, "settings reloaded") and
             "other.xml was read anew" in log_of(g)[at:] and
             "peer.xml" not in log_of(g)[at:],
             "a file that did not change is not read again", g.tail())

        # Levels change the same way, and a session that is gone from the
        # file keeps its own.
        write(g.conf, two_files(AllowUnknownEnumValues="9001"))
        hup(g, "settings reloaded")
        m = answer(c, "A5", (9001, "Y"))
        t.ok(m.type == "8", "AllowUnknownEnumValues holds at once", m)
        write(g.conf, two_files().replace(
            "TargetCompID=CLIENT44", "TargetCompID=CLIENT45", 1))
        hup(g, "settings reloaded")
        write(other_path, FIX42)
        hup(g, "settings reloaded")
        m = answer(c, "A6", (9001, "Y"))
        t.ok(m.type == "8", "a session that is gone from the file goes on", m)
        write(g.conf, two_files())

        # What is left is freed: forty dictionaries are some sixty MB.
        texts = (FIX44, WIDER)
        for i in range(4):
            write(path, texts[i % 2])
            hup(g, "settings reloaded")
        before = trader_rss(g)
        for i in range(40):
            write(path, texts[i % 2])
            hup(g, "settings reloaded")
        grown = trader_rss(g) - before
        t.ok(grown < 12000, "dictionaries that nobody uses are freed",
             f"{grown} KiB more")
        m = answer(c, "A7", (9001, "X"))
        t.ok(m.type == "8" and c.up and len(c.rejects) == 2,
             "and the session has never left", m)
        t.ok(g.stop() == 0, "it ends in order", g.tail())


def test_versions():
    """FIXT.1.1: one more application version, with a file of its own."""
    old = "DefaultApplVerID=9\nTargetCompID=CLIENT50\n"
    assert old in DEMO
    with Gateway(DEMO.replace(
            old, old + "AppDataDictionary.FIX.4.4=peer.xml\n")) as g:
        path = os.path.join(g.dir, "peer.xml")
        write(path, FIX44)
        g.start()
        c = FixClient("FIXT.1.1", "CLIENT50", "FIXGATE", appl="9")
        c.connect(g.port)

        def answered(cl_ord_id, *more):
            """1128 stands in the header, so the message is written here."""
            n = len(c.rejects)
            fields = [(11, cl_ord_id), (1, "DEMO"), (55, "AAPL"), (54, 1),
                      (38, 100), (40, 2), (44, "187.00"),
                      (60, "20260101-00:00:00"), *more]
            raw = frame("FIXT.1.1", c.header("D", c.next_out, [(1128, 6)]) +
                        fields)
            c.sent[c.next_out] = ("D", fields, utc())
            c.next_out += 1
            c.write(raw)
            c.settle()
            return c.rejects[-1] if len(c.rejects) > n else c.wait(
                lambda m: m.get(11) == cl_ord_id)

        m = answered("V1", (9001, "X"))
        t.ok(m.type == "3", "a version's own dictionary refuses", m)
        for i, text in enumerate((WIDER, FIX44 + "<!-- -->", WIDER)):
            write(path, text)
            t.ok(hup(g, rf"reloaded.*reload {i + 1}\b") and
                 "peer.xml was read anew: 1 session" in log_of(g),
                 f"it is swapped, time {i + 1}", g.tail())
            m = answered(f"W{i}", (9001, "X"))
            t.ok(m.type == ("8" if text == WIDER else "3"),
                 "and counts at once", m)


test_settings()
test_levels()
test_swap()
test_versions()
t.done()
