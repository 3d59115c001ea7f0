"""The auditor beside a gateway that trades: what it writes, that two other
programs verify it, that it may die or be away, and that no secret gets in."""
import csv
import io
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chain  # noqa: E402
from fixclient import FixClient, frame, utc  # noqa: E402
from gateway import BUILD, FIXGATE, TOP, Gateway  # noqa: E402
from tap import Tap  # noqa: E402

t = Tap()
CANARY = "canary-4f1c77-secret"
BIG = (41, 37, 17, 19, 1, 48, 207, 38, 152, 44, 99, 126, 150, 20, 39, 32, 31, 58)
FORGE = os.path.join(BUILD, "tests", "gateway", "forge_risk")
SHARED = os.environ.get("FIXGATE_SHARED", os.path.join(TOP, "..", "shared"))
GUIDE = os.path.join(SHARED, "reference", "enterprise-guide.md")

with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    DEMO = f.read().replace(
        "DataDir=", "SegmentSize=1M\nTableSize=16M\nDataDir=") + \
        "\n[AUDIT]\nName=audit.example/demo\n"
PLAIN = DEMO.replace("[GATEWAY]", "[GATEWAY]\nRoles=trader")


def wait_for(what, timeout=60):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.02)
    return None


def audit(g, *args, check=True):
    p = subprocess.run([FIXGATE, "audit", *args, "-c", g.conf], env=g.env,
                       capture_output=True, text=True, timeout=120)
    if check and p.returncode != 0:
        raise RuntimeError(f"audit {args}: {p.stdout}{p.stderr}\n{g.tail()}")
    return p


def export(g):
    return audit(g, "export").stdout.splitlines()


def records(g):
    return int(json.loads(g.fixgate("journal", "list", "--json")
                          .splitlines()[-1])["record"])


def caught_up(g):
    """The auditor has read all that the journal has now."""
    want = records(g)

    def there():
        try:
            with open(os.path.join(g.dir, "data", "audit", "cursor")) as f:
                return int(f.read()) >= want
        except (OSError, ValueError):
            return False
    return wait_for(there)


def auditor_of(g):
    """Its pid, by the name that the kernel has of who holds the chain."""
    try:
        with open(os.path.join(g.dir, "data", "audit", "chain", "lock")) as f:
            pid = int(f.read())
        os.kill(pid, 0)
        return pid
    except (OSError, ValueError):
        return None


def order(c, cl_ord_id, qty=100, px="190.00", side=1, text=None):
    c.send("D", [(11, cl_ord_id), (1, "DEMO"), (55, "AAPL"), (54, side),
                 (38, qty), (40, 2), (44, px), (60, "20260101-00:00:00")] +
           ([(58, text)] if text else []))


def types(lines):
    return [json.loads(x)["event_type"] for x in lines]


def the_day(g):
    """Everything that a journal has, once."""
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
    c.connect(g.port)
    order(c, "A1", text='=cmd|"x"\\ \x7f\xe9\x80 "q"')
    c.wait(lambda m: m.get(11) == "A1" and m.get(150) == "F")
    order(c, "A2", 250, "180.00", 2)
    c.wait(lambda m: m.get(11) == "A2" and m.get(39) == "2")
    order(c, "A3", 100000000)
    c.wait(lambda m: m.get(11) == "A3" and m.get(150) == "8")
    order(c, "A4", 100, "180.00")
    c.wait(lambda m: m.get(11) == "A4" and m.get(150) == "0")
    c.send("G", [(11, "A5"), (41, "A4"), (1, "DEMO"), (55, "AAPL"), (54, 1),
                 (38, 90), (40, 2), (44, "181.00"),
                 (60, "20260101-00:00:00")])
    c.wait(lambda m: m.get(150) == "5")
    c.send("F", [(11, "A6"), (41, "A5"), (55, "AAPL"), (54, 1), (38, 90),
                 (60, "20260101-00:00:00")])
    c.wait(lambda m: m.get(150) == "4")
    # Texts that escapes make six times as long, more than an event may have.
    c.send("D", [(11, "BIG"), (55, "AAPL"), (54, 1), (40, 2),
                 (60, "20260101-00:00:00")] + [(n, "\xff" * 512) for n in BIG])
    g.fixgate("risk", "put", "account", "DEMO", "if=1", "MaxOrderQty=500")
    order(c, "=A7", 501, "187.00")
    c.wait(lambda m: m.get(11) == "=A7" and m.get(150) == "8")
    # A logon of nobody, with a password that nobody must ever see.
    with socket.create_connection(("127.0.0.1", g.port), 30) as x:
        x.sendall(frame("FIX.4.4", [
            (35, "A"), (49, "NOBODY"), (56, "FIXGATE"), (34, 1), (52, utc()),
            (98, 0), (108, 30), (553, "nobody"), (554, CANARY),
            (925, CANARY)]))
        x.recv(4096)
    g.fixgate("risk", "kill", "account", "DEMO", "reason=fat finger")
    g.fixgate("risk", "release", "1")
    g.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "settings reloaded" in g.tail(10))
    return c


def test_a_day_and_its_verifiers():
    with Gateway(DEMO) as g:
        g.start()
        c = the_day(g)
        c.lost()
        g.stop()
        lines = export(g)
        events = chain.check(lines)
        t.ok(len(events) > 20, "an independent verifier takes the export",
             len(events))
        with open(os.path.join(g.dir, "data/audit/key.pub")) as f:
            key = f.read()
        with open(os.path.join(g.dir, "data/audit/checkpoint")) as f:
            note = f.read()
        t.ok(chain.check_note(note, key, events) == len(events),
             "and the checkpoint: signature, root and head")
        out = audit(g, "verify").stdout
        t.ok("all good" in out and f"signed up to event {len(events)} " in out,
             "so does fixgate audit verify, up to the last event", out)
        check_types(events)
        check_fields(events)
        check_risk(events)
        check_reading(g, events)
        check_big(g, events)
        check_csv(g, events)
        check_guide(lines)
        check_secrets(g)


def check_types(events):
    have = [e["event_type"] for e in events]
    for want in ("GATEWAY_STARTED", "USER_LOGIN", "ORDER_SUBMITTED",
                 "ORDER_ACCEPTED", "ORDER_FILLED", "ORDER_REJECTED",
                 "RISK_LIMIT_BREACH", "ORDER_MODIFIED", "ORDER_CANCELLED",
                 "POSITION_OPENED", "POSITION_CLOSED",
                 "KILL_SWITCH_ACTIVATED", "KILL_SWITCH_RELEASED",
                 "CONFIG_CHANGED", "USER_LOGIN_REFUSED", "USER_LOGOUT",
                 "GATEWAY_STOPPED"):
        t.ok(want in have, f"{want} is there", sorted(set(have)))
    t.ok(have.count("ORDER_SUBMITTED") == 6, "each order once", have)
    moves = [(e["event_type"], e["details"]["quantity"]) for e in events
             if e["event_type"].startswith("POSITION")]
    t.ok(moves[0] == ("POSITION_OPENED", "100") and
         [m[0] for m in moves[1:]] == ["POSITION_CLOSED", "POSITION_OPENED"],
         "a position that is turned is closed and opened", moves)


def check_fields(events):
    t.ok(all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00",
                          e["timestamp"]) for e in events),
         "times are UTC with microseconds")
    t.ok(len({e["event_id"] for e in events}) == len(events),
         "no event_id stands twice")
    fill = next(e for e in events if e["event_type"] == "ORDER_FILLED")
    d = fill["details"]
    t.ok(all(isinstance(d[k], str) for k in
             ("quantity", "price", "last_quantity", "last_price")) and
         isinstance(d["journal_record"], int),
         "prices and quantities are strings, the record is a number", d)
    login = next(e for e in events if e["event_type"] == "USER_LOGIN")
    t.ok(login["ip_address"] == "127.0.0.1" and login["actor"] == "CLIENT44",
         "a login has its address and who it was", login)
    sub = next(e for e in events if e["event_type"] == "ORDER_SUBMITTED")
    t.ok(sub["details"]["text"] == '=cmd|"x"\\ \x7f\ufffd\ufffd "q"' and
         sub["actor"] == "CLIENT44" and sub["ip_address"] == "127.0.0.1",
         "text of any bytes survives, what is no UTF-8 as U+FFFD", sub)


def check_risk(events):
    """What each order was checked with, and under which limits."""
    ids = {e["details"]["cl_ord_id"]: e["details"]["order_id"] for e in events
           if e["event_type"] in ("ORDER_ACCEPTED", "ORDER_REJECTED")}
    names = {v: k for k, v in ids.items()}
    got = [(names[e["resource_id"]], e["details"]) for e in events
           if e["event_type"] == "RISK_CHECKED"]
    t.ok([(n, d["request"], d["verdict"]) for n, d in got] == [
        ("A1", "new", "accepted"), ("A2", "new", "accepted"),
        ("A3", "new", "refused"), ("A4", "new", "accepted"),
        ("A4", "replace", "accepted"), ("=A7", "new", "refused")],
         "each decision of risk has its event, by OrderID", got)
    d = got[0][1]
    want = {"account": "DEMO", "symbol": "AAPL", "side": "1", "venue": "SIM",
            "session": "FIX.4.4:FIXGATE->CLIENT44", "quantity": "100",
            "price": "190", "order_type": "2", "reference_price": "187.25",
            "reserved_quantity": "100", "reserved_notional": "19000",
            "limits_version": 1, "order_id": ids["A1"]}
    t.ok(want.items() <= d.items(), "with all that went into it", d)
    d = got[4][1]
    want = {"quantity": "90", "price": "181", "cumulative_quantity": "0",
            "held_quantity": "100", "held_notional": "18000"}
    t.ok(want.items() <= d.items() and "control" not in d,
         "a replace with what the order held", d)
    d = got[5][1]
    want = {"control": "QTY_MAX", "scope": "account", "scope_id": "DEMO",
            "limit": "500", "value": "501", "limit_owner": "firm",
            "limits_version": 2}
    t.ok(want.items() <= d.items() and "reserved_quantity" not in d,
         "a refusal with control, limit and value, by the limits of then", d)
    t.ok(d["decision"] == int(re.search(r"dec=(\d+)", next(
        e["details"]["text"] for e in events if e["event_type"] ==
        "ORDER_REJECTED" and e["details"]["cl_ord_id"] == "=A7"))[1]),
        "it is the decision that the client was told of", d)


def check_reading(g, events):
    lines = audit(g, "search", "--order", "A5").stdout.splitlines()
    want = [e for e in events if "A5" in
            (e["details"].get("cl_ord_id"), e["details"].get("orig_cl_ord_id"))]
    t.ok(len(want) >= 3 and len(lines) == len(want),
         "search --order finds every event of it", lines)
    got = types(audit(g, "search", "-t", "ORDER_FILLED", "--account", "DEMO",
                      "--json").stdout.splitlines())
    t.ok(got and set(got) == {"ORDER_FILLED"}, "search by type and account")
    n = len(audit(g, "search", "--actor", "CLIENT44").stdout.splitlines())
    t.ok(0 < n < len(events), "search by actor", n)
    day = events[0]["timestamp"][:10]
    n = len(audit(g, "search", "--since", day, "--until",
                  events[3]["timestamp"][:26]).stdout.splitlines())
    t.ok(4 <= n < len(events), "search by time", n)
    t.ok(audit(g, "search", "--since", "2999-01-01").stdout == "",
         "and nothing of the future")
    when = events[5]["timestamp"][:26]
    for name, of in (
            (("--order", "A5"), want), (("--account", "DEMO"), [
                e for e in events if e["details"].get("account") == "DEMO"]),
            (("--actor", "CLIENT44"), [e for e in events if "CLIENT44" in (
                e["actor"], e["details"].get("peer"))]),
            (("--since", when, "--until", when), [
                e for e in events if e["timestamp"][:26] == when])):
        got = audit(g, "export", *name).stdout.splitlines()
        t.ok(0 < len(of) < len(events) and
             [json.loads(x) for x in got] == of,
             f"export {name[0]}: those events, whole", (len(got), len(of)))
    tail = audit(g, "tail", "-n", "3", "--json").stdout.splitlines()
    t.ok([json.loads(x) for x in tail] == events[-3:], "tail: the last three")
    fill = next(e for e in events if e["event_type"] == "ORDER_FILLED")
    for ident in (fill["event_id"], str(fill["details"]["seq"])):
        out = audit(g, "show", ident).stdout
        t.ok("|35=8|" in out and f"17={fill['details']['exec_id']}|" in out and
             fill["event_hash"] in out, "show: the event and its message", out)
    p = audit(g, "show", "no-such", check=False)
    t.ok(p.returncode == 1 and "no event" in p.stderr, "show: none of that id")


def check_big(g, events):
    e = next(e for e in events if e["details"].get("cl_ord_id") == "BIG")
    raw = subprocess.run([FIXGATE, "audit", "show", "--raw", "-c", g.conf,
                          str(e["details"]["seq"])], env=g.env,
                         capture_output=True).stdout
    t.ok(raw.count(b"\xff" * 512) == len(BIG) and
         set(e["details"]["orig_cl_ord_id"]) == {"\ufffd"},
         "what is too long for an event is whole in its message", e)


def check_csv(g, events):
    rows = list(csv.DictReader(io.StringIO(
        audit(g, "export", "--format", "csv").stdout, newline="")))
    t.ok(len(rows) == len(events) and list(rows[0]) == chain.FIELDS,
         "CSV has a row for each event and the fields in their order")
    same = all(json.loads(r["details"]) == e["details"] and
               r["event_hash"] == e["event_hash"]
               for r, e in zip(rows, events))
    t.ok(same, "with the same values")
    cells = [v for r in rows for v in r.values()]
    t.ok("'=A7" in cells and not [v for v in cells if v[:1] in tuple("=+-@")],
         "and nothing that a spreadsheet takes for a formula")


def check_guide(lines):
    """The class of the guide, unchanged, on our export."""
    name = "the guide's own AuditLogger verifies the export"
    try:
        with open(GUIDE) as f:
            text = f.read()
    except OSError:
        t.skip(name, f"{GUIDE} is not there")
        return
    code = next(x for x in re.findall(r"```python\n(.*?)```", text, re.S)
                if "class AuditLogger" in x)
    space = {"__name__": "guide"}
    sys.modules["guide"] = type(sys)("guide")
    exec(compile(code, GUIDE, "exec"), space)

    def verdict(some):
        logger = object.__new__(space["AuditLogger"])
        events = [space["AuditEvent"](**json.loads(x)) for x in some]
        logger._storage = type("Storage", (), {
            "get_range": lambda self, a, b: events})()
        return logger.verify_chain_integrity("first", "last")
    t.ok(verdict(lines) is True, name)
    bad = list(lines)
    bad[5] = bad[5].replace("DEMO", "DEM0").replace("CLIENT44", "CLIENT45")
    t.ok(verdict(bad) is False, "and not a changed one")
    t.ok(verdict(lines[:4] + lines[5:]) is False, "nor one that lacks an event")


def check_secrets(g):
    hits, said = [], audit(g, "export").stdout + audit(
        g, "export", "-F", "csv").stdout + audit(g, "tail", "-n", "99").stdout
    for root, _, names in os.walk(g.dir):
        for n in names:
            with open(os.path.join(root, n), "rb") as f:
                if CANARY.encode() in f.read():
                    hits.append(n)
    t.ok(not hits and CANARY not in said, "a password stands nowhere", hits)
    mode = os.stat(os.path.join(g.dir, "data/audit/key.pem")).st_mode & 0o777
    t.ok(mode == 0o600, "the key is its owner's alone", oct(mode))


def follow(g, *args):
    return subprocess.Popen(
        [os.path.join(BUILD, "tests", "audit", "follow"),
         os.path.join(g.dir, "data", "trading", "journal"),
         os.path.join(g.dir, "data", "audit"), *args],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def check_each_once(g, n):
    events = chain.check(export(g))
    for kind in ("ORDER_SUBMITTED", "ORDER_ACCEPTED", "ORDER_FILLED"):
        ids = [e["details"]["cl_ord_id"] for e in events
               if e["event_type"] == kind]
        t.ok(ids == [f"K{i}" for i in range(1, n + 1)],
             f"{kind}: each of {n} exactly once, in order", len(ids))
    t.ok("all good" in audit(g, "verify").stdout, "and the chain is whole")


def test_killed_under_load():
    """Fifty deaths of the auditor while orders run."""
    luck = random.Random(1)
    with Gateway(PLAIN) as g:
        g.start()
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
        c.connect(g.port)
        n, said = 0, b""
        for _ in range(50):
            p = follow(g)
            for _ in range(luck.randint(1, 4)):
                for _ in range(20):
                    n += 1
                    order(c, f"K{n}", 1)
                c.wait(lambda m: m.get(11) == f"K{n}" and
                       m.get(150) == "F")
            time.sleep(luck.random() * 0.03)
            t_dead = p.poll()
            p.kill()
            said += p.communicate()[1] if t_dead is not None else b""
            p.wait()
        p = follow(g, "--once")
        said += p.communicate()[1]
        t.ok(p.returncode == 0 and said == b"", "50 deaths of the auditor, "
             "each time another goes on", said)
        check_each_once(g, n)
        c.lost()
        g.stop()


def test_killed_beside_the_gateway():
    with Gateway(DEMO) as g:
        g.start()
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
        c.connect(g.port)
        last, n = None, 0
        for _ in range(3):
            pid = wait_for(lambda: auditor_of(g) not in (None, last) and
                           auditor_of(g))
            os.kill(pid, signal.SIGKILL)
            last = pid
            for _ in range(20):
                n += 1
                order(c, f"K{n}", 1)
            c.wait(lambda m: m.get(11) == f"K{n}" and m.get(150) == "F")
        t.ok(c.up, "the auditor dies and comes back, and trading goes on")
        caught_up(g)
        check_each_once(g, n)
        c.lost()
        g.stop()


def test_away_while_orders_run():
    """Store and forward: the journal holds what the auditor has not read; what
    it writes later is what it would have written at once."""
    with Gateway(PLAIN) as g:
        g.start()
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
        c.connect(g.port)
        for i in range(200):
            order(c, f"W{i}", 1)
        c.wait(lambda m: m.get(11) == "W199" and m.get(150) == "F")
        c.lost()
        g.stop()
        t.ok(not os.path.exists(os.path.join(g.dir, "data", "audit")),
             "Roles=trader runs no auditor")
        with open(g.conf, "w") as f:
            f.write(DEMO)
        g.start()
        caught_up(g)
        g.stop()
        one = export(g)
        filled = [e for e in chain.check(one)
                  if e["event_type"] == "ORDER_FILLED"]
        t.ok(len(filled) == 200, "what was missed is audited later",
             len(filled))
        # Made anew from the same journal it is the same, event for event.
        data = os.path.join(g.dir, "data", "audit", "chain")
        for name in os.listdir(data):
            os.remove(os.path.join(data, name))
        os.remove(os.path.join(g.dir, "data", "audit", "cursor"))
        os.remove(os.path.join(g.dir, "data", "audit", "checkpoint"))
        g.start()
        caught_up(g)
        g.stop()
        t.ok(export(g)[:len(one)] == one, "and is the same whenever it is made")


def follow_once(journal, folder):
    p = subprocess.run([os.path.join(BUILD, "tests", "audit", "follow"),
                        journal, folder, "--once"], capture_output=True,
                       text=True, timeout=120)
    lines = subprocess.run([FIXGATE, "audit", "export", "--dir", folder],
                           capture_output=True, text=True).stdout.splitlines()
    return p, chain.check(lines)


def gaps(events):
    return [(e["details"]["journal_record"], e["details"]["last_record"])
            for e in events if e["event_type"] == "AUDIT_GAP"]


def trade(conf, name, orders):
    """A journal with so many orders. @return its gateway, stopped"""
    g = Gateway(conf)
    g.start()
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
    c.connect(g.port)
    for i in range(orders):
        order(c, f"{name}{i}", 1)
    c.wait(lambda m: m.get(11) == f"{name}{orders - 1}" and
           m.get(150) == "F")
    c.lost()
    g.stop()
    return g


def test_gaps_are_told():
    conf = PLAIN.replace("SegmentSize=1M", "SegmentSize=64K")
    # H has more records than G, however many orders came in a turn.
    with trade(conf, "G", 100) as g, trade(conf, "H", 250) as h:
        journal = os.path.join(g.dir, "data", "trading", "journal")
        other = os.path.join(h.dir, "data", "trading", "journal")
        folder = os.path.join(g.dir, "one")
        _, events = follow_once(journal, folder)
        t.ok(gaps(events) == [], "a journal that is whole has no gap")
        n = len(events)
        old = os.path.join(g.dir, "old")
        os.mkdir(old)
        subprocess.run([FORGE, journal, old, "old"], check=True)
        was = [e for e in events if e["event_type"] == "RISK_CHECKED"]
        now = [e for e in follow_once(old, os.path.join(g.dir, "three"))[1]
               if e["event_type"] == "RISK_CHECKED"]
        t.ok(len(was) == len(now) == 100 and
             not any("order_id" in e["details"] for e in now) and
             [e["details"]["decision"] for e in was] ==
             [e["details"]["decision"] for e in now],
             "a journal of before starts named their node is read, too",
             now[:1])
        # Other records stand under the numbers that were read.
        p, events = follow_once(other, folder)
        t.ok(p.returncode == 0 and len(gaps(events)) == 1 and
             events[n]["event_type"] == "AUDIT_GAP" and
             any(e["details"].get("cl_ord_id") == "H249" for e in events),
             "records that were replaced are told as a gap, and read again",
             (gaps(events), n, len(events), p.stderr))
        names = sorted(x for x in os.listdir(journal)
                       if x.endswith(".journal"))
        os.remove(os.path.join(journal, names[0]))
        p, events = follow_once(journal, os.path.join(g.dir, "two"))
        kept = json.loads(g.fixgate("journal", "list", "--json")
                          .splitlines()[0])["record"]
        t.ok(len(names) > 2 and gaps(events) == [(1, kept - 1)] and
             any(e["details"].get("cl_ord_id") == "G99" for e in events),
             "what was pruned unread is told as a gap, and the rest is read",
             (gaps(events), kept, p.stderr))


GARBLED, REFUSED = 200, 60


def logon_late(port, name):
    """A Logon of that session, an hour old. Until it is turned away."""
    with socket.create_connection(("127.0.0.1", port), 30) as s:
        s.sendall(frame("FIX.4.2", [
            (35, "A"), (49, name), (56, "FIXGATE"), (34, 1),
            (52, "20200101-00:00:00"), (98, 0), (108, 30)]))
        while s.recv(4096):
            pass


def counted(events, first, more):
    """How many these events tell of: each of one, or of so many more."""
    return sum(1 if not re.search(more, e["details"]["text"]) else
               int(re.search(more, e["details"]["text"])[1]) for e in events
               if re.search(first, e["details"]["text"]))


def test_what_else_sessions_do():
    """Garbled messages, refused Logons, and what is sent again."""
    with Gateway(PLAIN) as g:
        g.start()
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
        c.connect(g.port)
        for i in range(2):
            order(c, f"R{i}", 1)
        c.wait(lambda m: m.get(11) == "R1" and m.get(150) == "F")
        for _ in range(GARBLED // 50):  # 100 in a row would end the session
            c.write(b"8=FIX.4.4\x019=5\x0135=D\x0110=000\x01" * 50)
            c.send("0", [])
            c.settle()
        c.send("2", [(7, 2), (16, 5)])
        c.settle()
        for _ in range(REFUSED):
            logon_late(g.port, "CLIENT42")
        c.lost()
        g.stop()
        journal = os.path.join(g.dir, "data", "trading", "journal")
        _, events = follow_once(journal, os.path.join(g.dir, "trail"))
        by = {}
        for e in events:
            by.setdefault(e["event_type"], []).append(e)
        got = by.get("MESSAGE_GARBLED", [])
        t.ok(counted(got, "garbled: ", r"garbled: (\d+) more") == GARBLED and
             len(got) < GARBLED / 4 and
             got[0]["details"]["session"] == "FIX.4.4:FIXGATE->CLIENT44",
             "garbled messages are counted, and few events", got)
        got = by.get("RESEND_REQUESTED", [])
        t.ok([(e["actor"], e["details"]["begin_seq_num"],
               e["details"]["end_seq_num"]) for e in got] ==
             [("CLIENT44", "2", "5")], "who asks for a resend, and of what",
             got)
        got = by.get("MESSAGES_RESENT", [])
        t.ok([e["details"]["text"].split(": ", 1)[1] for e in got] ==
             ["resent 2 to 5: 4 messages, else gap fills"],
             "and what was sent again", got)
        got = by.get("USER_LOGIN_REFUSED", [])
        ours = [e for e in got if e["resource_type"] == "session"]
        more = by.get("GATEWAY_NOTE", [])
        n = len(ours) + counted(more, "more connections",
                                r"(\d+) more connections")
        t.ok(ours and {(e["actor"], e["ip_address"]) for e in ours} ==
             {("CLIENT42", "127.0.0.1")} and n <= REFUSED,
             "a refused Logon names whose it was and where it came from", got)
        seconds = {e["timestamp"][:19] for e in ours}
        t.ok(len(ours) < REFUSED if len(seconds) == 1 else
             len(ours) <= 20 * (len(seconds) + 1),
             "twenty a second have an event", len(ours))


def main():
    test_what_else_sessions_do()
    test_a_day_and_its_verifiers()
    test_killed_under_load()
    test_killed_beside_the_gateway()
    test_away_while_orders_run()
    test_gaps_are_told()
    t.done()


main()
