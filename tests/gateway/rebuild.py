#!/usr/bin/env python3
"""Risk after a restart, and every decision again (section 12 of the pre-trade
controls, property P5): a day of accepted and refused orders, of limits that
change, of kill switches, restarts and SIGKILL, made again from the journal;
then S1 to S6, with a venue in a process of its own that remembers."""
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time

import canary
from fixclient import FixClient, utc
import gateway
from gateway import BUILD, FULL, TOP, Gateway
from tap import Tap

t = Tap()
with open(os.path.join(os.environ["TOP_SRCDIR"], "gateway",
                       "demo.conf")) as f:
    DEMO = f.read().replace("[GATEWAY]\n",
                            "[GATEWAY]\nSegmentSize=4M\nTableSize=16M\n", 1)
RULES = DEMO.replace("Accounts=DEMO", "Accounts=DEMO,ALT").replace(
    "[RISK account DEMO]", """[RISK account ALT]
Group=G
MaxOrderQty=500
MaxOrderNotional=unlimited
MaxLong=2000
MaxShort=2000
MaxOpenOrders=30
MaxOpenNotional=unlimited
CollarPercent=10
OrdersPerSecond=40
OrderBurst=40
MaxTurnover=3000000
MaxGross=unlimited
MaxNet=400000
Cash=2000000
FeePercent=0.1
MaxLoss=900000

[RISK group G]
MaxOrderQty=unlimited
MaxOrderNotional=unlimited
MaxLong=unlimited
MaxShort=unlimited
MaxOpenOrders=unlimited
MaxOpenNotional=unlimited
CollarPercent=unlimited
OrdersPerSecond=unlimited
OrderBurst=unlimited

[RISK session CLIENT44]
MaxOrderQty=900

[RISK account DEMO]
SelfTrade=refuse
DuplicateMax=3
DuplicateWindow=1000
NoTrade=BTCUSDT
MaxOrderToTrade=500
OrderToTradeMin=20""", 1)
FORGE = os.path.join(BUILD, "tests", "gateway", "forge_risk")
PRICES = {"AAPL": 187.25, "MSFT": 410.0, "BTCUSDT": 60000.0, "NONE": 1.0}


def replay(g, *args):
    """@return status, output, decisions"""
    p = subprocess.run([os.path.join(BUILD, "gateway", "fixgate"), "risk",
                        "replay", *(args or ("-c", g.conf))], env=g.env,
                       capture_output=True, text=True, timeout=120)
    words = p.stdout.split()
    n = int(words[0]) if words and words[0].isdigit() else -1
    return p.returncode, p.stdout + p.stderr, n


def same_state(g):
    """A replay from zero gives the tables as they were left. @return hash"""
    words = [x.split() for x in
             g.fixgate("journal", "hash").splitlines()[:2]]
    t.ok(words[0][1] == words[1][1] and words[0][3] == words[1][3],
         "the tables are what the journal gives", words)
    return words[1][1]


def leave(c):
    """Or a stop waits for the answers to its Logouts."""
    if c.sock is not None:
        c.logout()


class Trader:
    def __init__(self, g):
        self.c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
        self.g, self.n, self.live = g, 0, []
        self.rng = random.Random(1)

    def order(self, account, symbol, side, qty, price, kind="2", tif="0"):
        self.n += 1
        fields = [(11, f"o{self.n}"), (1, account), (21, 1), (55, symbol),
                  (54, side), (60, utc()), (38, qty), (40, kind), (59, tif)]
        if kind == "2":
            fields.append((44, f"{price:.2f}"))
        self.live.append((f"o{self.n}", symbol, side, qty, price))
        return "D", fields

    def change(self, kind):
        was, symbol, side, qty, price = self.live[
            self.rng.randrange(len(self.live))]
        self.n += 1
        fields = [(11, f"o{self.n}"), (41, was), (55, symbol), (54, side),
                  (60, utc()), (38, qty + 10)]
        if kind == "G":
            fields += [(21, 1), (40, 2), (44, f"{price:.2f}")]
            self.live.append((f"o{self.n}", symbol, side, qty + 10, price))
        return kind, fields

    def some(self):
        r = self.rng
        if self.live and r.random() < 0.3:
            return self.change(r.choice("FFG"))
        symbol = r.choice(["AAPL"] * 4 + ["MSFT"] * 3 + ["BTCUSDT", "NONE"])
        price = PRICES[symbol] * r.choice([0.95, 0.98, 0.99, 0.99, 1.0, 1.01,
                                           1.02, 0.5, 1.5])
        return self.order(r.choice(["DEMO", "DEMO", "ALT", "ALT", "WHO"]),
                          symbol, r.choice("1122"),
                          r.choice([1, 5, 5, 50, 200, 700, 5000]), price,
                          r.choice("22221"))

    def storm(self, n):
        if self.c.sock is None:
            self.c.connect(self.g.port)
        while n > 0:
            k = min(n, self.rng.randint(1, 12))
            self.c.send_all([self.some() for _ in range(k)])
            n -= k
            self.c.pump(0.002)
        self.c.settle()

    def gone(self, how):
        """SIGKILL or SIGTERM, and up again."""
        if how == "kill":
            self.g.kill()
        else:
            leave(self.c)
            if self.g.stop() != 0:
                t.ok(False, "SIGTERM ends it with status 0")
        self.c.lost()
        self.g.start()


def risk(g, *args):
    return g.fixgate("risk", *args)


def version(g):
    return risk(g, "get", "firm").split()[0].replace("version=", "if=")


def put(g, account, *what):
    """A limit that ends by itself meanwhile makes a new version."""
    for last in (False, False, True):
        try:
            return risk(g, "put", "account", account, version(g), *what)
        except Exception:
            if last:
                raise


def a_day():
    n = 400 if FULL else 60
    with Gateway(RULES) as g:
        g.start()
        d = Trader(g)
        d.storm(n)
        put(g, "DEMO", "MaxOrderQty=199")
        d.storm(n)
        put(g, "ALT", "MaxLong=100",
             "for=1", "excess=cancel")
        d.storm(n // 2)
        risk(g, "kill", "symbol", "MSFT")
        risk(g, "reduce", "account", "ALT")
        d.storm(n // 2)
        time.sleep(0.6)
        d.gone("kill")
        d.storm(n)
        risk(g, "release", "1")
        g.process.send_signal(signal.SIGHUP)
        d.storm(n)
        d.gone("stop")
        d.storm(n)
        put(g, "ALT", "MaxShort=100", "for=2")
        d.gone("kill")
        d.storm(n)
        time.sleep(2.1)
        d.storm(n // 2)
        rc, out, decisions = replay(g)
        t.ok(rc == 0 and decisions > 4 * n and
             out.startswith(f"{decisions} decisions, {decisions} same:") and
             "4 starts" in out,
             "P5: while it runs, every decision of the day comes out again",
             out)
        kinds = set(texts(g))
        t.ok({"QTY_MAX", "ACCOUNT", "RESTRICTED", "COLLAR", "KILL",
              "SELF_TRADE", "SYMBOL", "NET"} <= kinds,
             "many controls had a hand in it", kinds)
        leave(d.c)
        g.stop()
        same_state(g)
        last = int(g.fixgate("journal", "verify").split("to ")[1]
                   .split(")")[0])
        half = replay(g, "-c", g.conf, "--from", str(last // 2))[2]
        other = replay(g, "-c", g.conf, "--to", str(last // 2 - 1))[2]
        t.ok(half > 0 and other > 0 and half + other == replay(g)[2],
             "--from and --to divide the day", (half, other))
        forged(g)


def texts(g):
    out = g.fixgate("journal", "show", "-t", "ExecutionReport", "--json")
    return re.findall(r"RISK ([A-Z_]+)", out)


def forged(g):
    journal = os.path.join(g.dir, "data", "trading", "journal")
    if not os.path.isdir(journal):
        journal = next(root for root, _, names in os.walk(g.dir)
                       if any(x.endswith(".seg") for x in names))
    for what, says in [("outcome", "differs"), ("none", ""),
                       ("sums", "account "), ("order", "")]:
        copy = os.path.join(g.dir, "forged-" + what)
        os.mkdir(copy)
        p = subprocess.run([FORGE, journal, copy, what], capture_output=True,
                           text=True, timeout=60)
        rc, out, _ = replay(g, "--dir", copy)
        if what == "none":
            t.ok(rc == 0, "a journal copied record by record is as good", out)
            continue
        forged_at = int((p.stdout.split() or [0])[0])
        told = int((re.findall(r"record (\d+):", out) or [-1])[0])
        # Sums are compared at the end of their turn.
        t.ok(p.returncode == 0 and rc == 1 and says in out and
             forged_at <= told <= forged_at + (20 if what == "sums" else 0) and
             "journal:" in out and "replay:" in out,
             f"a false record with a valid checksum is found: {what}",
             p.stdout + p.stderr + out)


TOY = DEMO[:DEMO.index("[VENUE SIM]")].replace(
    "MaxLong=100000000", "MaxLong=100").replace(
    "CollarPercent=10", "CollarPercent=50") + f"""
[VENUE TOY]
Type=process
Command=python3 {os.path.abspath(TOP)}/examples/venue.py
Symbols=ACME
[ROUTE]
Venue=TOY
"""
SLOW = f"""import os, select, sys
sys.path.insert(0, "{os.path.abspath(TOP)}/examples")
import venue
class Slow(venue.Venue):
    late = []
    def read(self):
        self.answer()
        while not self.buf and not select.select([self.sock], [], [], .02)[0]:
            self.answer()
        return super().read()
    def on_status(self, r):
        self.late.append(r)
    def answer(self):
        while self.late and not os.path.exists(self.file + ".hold"):
            super().on_status(self.late.pop(0))
try:
    Slow(venue.socket.socket(fileno=3)).run()
except (venue.End, ConnectionError):
    pass
"""
FAILPOINTS = os.path.join(BUILD, "tests", "faults", "fixgated_failpoints")


class Toy:
    """A gateway with places to die at, and a venue with a memory."""

    def __init__(self, slow=False):
        gateway.FIXGATED, self.was = FAILPOINTS, gateway.FIXGATED
        self.g = Gateway(TOY)
        if slow:
            script = os.path.join(self.g.dir, "slow.py")
            with open(script, "w") as f:
                f.write(SLOW)
            with open(self.g.conf, "w") as f:
                f.write(re.sub("Command=.*", f"Command=python3 {script}",
                               TOY))
        self.book = os.path.join(self.g.dir, "book.json")
        self.file = os.path.join(self.g.dir, "armed")
        self.env = {"FAILPOINT": self.file, "FIXGATE_VENUE_FILE": self.book}
        self.c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
        self.arms = self.n = 0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        gateway.FIXGATED = self.was
        self.g.close()

    def start(self):
        self.g.start(env=self.env)
        self.c.connect(self.g.port)
        self.up()

    def up(self):
        until(lambda: "venue TOY up" in self.g.fixgate("control", "status",
                                                       check=False))

    def die_at(self, place):
        self.arms += 1
        with open(self.file + ".new", "w") as f:
            f.write(f"{place} 1 {self.arms}\n")
        os.rename(self.file + ".new", self.file)

    def again(self):
        """The supervisor has started another trader."""
        until(lambda: not os.path.exists(self.file))
        while self.c.sock is not None:
            self.c.pump(0.1)
        self.c.connect(self.g.port)
        self.up()

    def buy(self, qty, price="90.00", side=1):
        self.n += 1
        self.c.send("D", [(11, f"T{self.n}"), (1, "DEMO"), (21, 1),
                          (55, "ACME"), (54, side), (60, utc()), (38, qty),
                          (40, 2), (44, price)])
        return f"T{self.n}"

    def told(self, name, kinds="08F4"):
        return self.c.wait(lambda m: m.type == "8" and m.get(11) == name and
                           m.get(150) in kinds)

    def orders(self):
        if not os.path.exists(self.book):
            return []
        with open(self.book) as f:
            return json.load(f)["orders"]

    def same(self, what):
        rc, out, _ = replay(self.g)
        t.ok(rc == 0, f"{what}: and every decision comes out again", out)


def until(what, timeout=60):
    end = time.monotonic() + timeout
    while not what() and time.monotonic() < end:
        time.sleep(0.01)


def s1_s2_s3():
    with Toy() as w:
        w.die_at("K4_committed")
        x = w.buy(100)
        w.again()
        m = w.told(x)
        t.ok(m.get(150) == "8" and "does not know the order" in m.get(58, "")
             and not w.orders(),
             "S1: killed before it was sent: unknown at the venue, rejected",
             m)
        y = w.buy(100)
        t.ok(w.told(y).get(150) == "0", "S1: and nothing of it is reserved")
        w.c.send("F", [(11, "cy"), (41, y), (55, "ACME"), (54, 1),
                       (60, utc())])
        w.c.wait(lambda m: m.get(41) == y and m.get(150) == "4")
        w.die_at("K7_venue_event_read")
        z = w.buy(100)
        w.again()
        m = w.told(z)
        t.ok(m.get(150) == "0" and len(w.orders()) == 2,
             "S2: killed with its answer unread: the venue has it, New", m)
        m = w.told(w.buy(1))
        t.ok(m.get(150) == "8" and "POS_LONG" in m.get(58, ""),
             "S2: and all of it is reserved", m)
        w.g.kill()
        w.c.lost()
        with open(w.book) as f:
            book = json.load(f)
        o = next(o for o in book["orders"] if o["status"] == "0")
        o["status"], o["cum"] = "2", o["qty"]
        book["fills"].append({
            "id": o["ids"][-1], "order": o["order"], "exec": "down1",
            "last_qty": o["qty"], "last_px": "90", "cum": o["qty"],
            "symbol": "ACME", "side": "1", "time": time.time_ns()})
        with open(w.book, "w") as f:
            json.dump(book, f)
        fills = []
        for n in range(3):
            w.start()
            if n == 0:
                fills.append(w.told(z, "F"))
            w.c.settle()
            fills += [m for m in w.c.inbox if m.get(150) == "F"]
            w.c.inbox.clear()
            leave(w.c)
            w.g.stop()
            w.c.lost()
        t.ok([m.get(32) for m in fills] == ["100"],
             "S3: a fill while it was down appears once", fills)
        same_state(w.g)
        w.same("S1, S2, S3")


def records(g):
    """Of the journal's last start, and the number of that."""
    out = [json.loads(x) for x in
           g.fixgate("journal", "list", "--json").splitlines()]
    first = max(i for i, r in enumerate(out) if r["type"] == "START")
    return out[first:]


def opening():
    """A client whose Logon and order wait in the socket while the trader
    recovers finds limits and kill switches in force."""
    with Gateway(RULES) as g:
        g.start()
        d = Trader(g)
        d.c.connect(g.port)
        risk(g, "kill", "symbol", "MSFT")
        put(g, "DEMO", "MaxOrderQty=199")
        leave(d.c)
        pid = g.process.pid
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            trader = int(f.read().split()[0])
        at = os.path.getsize(g.log)
        os.kill(trader, signal.SIGKILL)
        d.c.sock = socket.create_connection(("127.0.0.1", g.port), 5)
        d.c.write(d.c.number("A", [(98, 0), (108, 30), (553, "tests"),
                                   (554, canary.secret("554"))]))
        for order in (("MSFT", 1, 409.0), ("AAPL", 200, 187.0),
                      ("AAPL", 1, 187.0)):
            d.c.write(d.c.number(*d.order("DEMO", order[0], "1", *order[1:])))
        told = [d.c.wait(lambda m: m.get(11) == f"o{n}" and
                         m.get(150) in "08F").get(58, "") for n in (1, 2, 3)]
        t.ok("RISK KILL" in told[0] and "lim=199" in told[1] and
             "RISK" not in told[2], "opening: what waits for the start finds "
             "kill switches and limits in force", told)
        kinds = [r["type"] for r in records(g)]
        t.ok("RISK" in kinds[:kinds.index("IN")], "opening: the journal has "
             "them before the first message of a client", kinds[:20])
        with open(g.log, errors="replace") as f:
            f.seek(at)
            log = f.read()
        steps = ["1 drop copies go on", "control socket answers",
                 "sessions may log on", "logged on from"]
        found = [log.find(x) for x in steps]
        t.ok(-1 not in found and found == sorted(found), "opening: drop copies, "
             "then the control socket, then sessions", log)


def reconciled():
    with Toy(slow=True) as w:
        w.told(w.buy(60, "101.00"), "F")
        open(w.book + ".hold", "w").close()
        w.die_at("K7_venue_event_read")
        x = w.buy(10)
        w.again()
        m = w.told(w.buy(1))
        t.ok(m.get(150) == "8" and "scope=VENUE:TOY by=SYSTEM not reconciled "
             "yet" in m.get(58, ""), "point 8: an order is in doubt at its "
             "venue: more is refused", m)
        y = w.buy(60, "110.00", side=2)
        m = w.told(y)
        t.ok(m.get(150) == "0", "point 8: what reduces passes", m)
        w.c.send("F", [(11, "cy"), (41, y), (55, "ACME"), (54, 2),
                       (60, utc())])
        m = w.c.wait(lambda m: m.get(41) == y and m.get(150) == "4")
        out = w.g.fixgate("control", "status")
        t.ok("venue TOY takes only what reduces: 1 orders are unanswered" in
             out, "point 8: cancels pass, and the status says so", (m, out))
        os.remove(w.book + ".hold")
        w.told(x, "0")
        m = w.told(w.buy(1))
        t.ok(m.get(150) == "0" and "takes only" not in
             w.g.fixgate("control", "status"),
             "point 8: its answer ends it", m)
        w.g.kill()
        open(w.book + ".hold", "w").close()
        w.c.lost()
        w.start()
        was = w.told(w.buy(1))
        out = w.g.fixgate("risk", "release", "venue", "TOY",
                          "reason=telephone")
        m = w.told(w.buy(1))
        t.ok(was.get(150) == "8" and "2 orders there are unanswered" in out
             and m.get(150) == "0", "point 8: a person can end it", (was, out))
        w.same("point 8")


def latched(rules, code, first):
    conf = DEMO.replace("[RISK account DEMO]", "[RISK account DEMO]\n" + rules)
    with Gateway(conf) as g:
        g.start()
        d = Trader(g)
        d.c.connect(g.port)
        d.c.send_all([d.order("DEMO", "AAPL", "1", 10, 189.0)])
        d.c.wait(lambda m: m.get(150) == "F")
        told = []
        for how in (None, "kill", "stop"):
            if how:
                d.gone(how)
                d.c.connect(g.port)
            d.c.send_all([d.order("DEMO", "AAPL", "1", 1, 189.0)])
            told.append(d.c.wait(lambda m: m.get(11) == f"o{d.n}" and
                                 m.get(150) in "08F").get(58, ""))
        t.ok(all(code in x for x in told),
             f"S4: {first} stays over SIGKILL and restart", told)
        g.fixgate("control", "rearm", "account", "DEMO")
        d.c.send_all([d.order("DEMO", "AAPL", "2", 1, 186.0)])
        m = d.c.wait(lambda m: m.get(11) == f"o{d.n}" and m.get(150) in "08F")
        t.ok(m.get(150) != "8", "S4: until a person clears it", m)
        rc, out, _ = replay(g)
        t.ok(rc == 0, "S4: and every decision comes out again", out)


def state_hash(g):
    return subprocess.run([FORGE, os.path.join(g.dir, "data", "trading",
                                               "tables"), "-", "state"],
                          check=True, capture_output=True, text=True).stdout


def refused(g):
    """@return what it says instead of opening"""
    try:
        g.start()
    except RuntimeError as e:
        return str(e)
    return ""


def s5_s6():
    with Gateway(RULES) as g:
        g.start()
        d = Trader(g)
        d.storm(40)
        leave(d.c)
        g.stop()
        same_state(g)
        first = state_hash(g)
        tables = os.path.join(g.dir, "data", "trading", "tables")
        good = tables + ".good"
        shutil.copytree(tables, good)
        with open(os.path.join(tables, "data.mdb"), "r+b") as f:
            data = f.read()
            for at in re.finditer(rb"(DEMO|ALT)\0(AAPL|MSFT)", data):
                f.seek(at.end() + 2)
                f.write(bytes([data[at.end() + 2] ^ 64]))
        g.start()
        out = g.tail()
        g.stop()
        t.ok("damaged tables are dropped and made again" in out and
             state_hash(g) == first,
             "S5: damaged tables are made anew, with the same hash", out)
        shutil.rmtree(tables)
        shutil.copytree(good, tables)
        subprocess.run([FORGE, tables, "-", "position"], check=True)
        out = refused(g)
        t.ok("live orders and position add up to" in out and
             "Nothing opens" in out,
             "S5: so is one whose rows do not add up, with what differs", out)
        shutil.rmtree(tables)
        hashes, rows = [], []
        for n in range(3):
            g.start()
            g.stop()
            rows.append(re.sub(r'"changed":\s*"[^"]*"', "",
                               g.fixgate("orders", "--json")))
            hashes.append(state_hash(g))
            same_state(g)
        t.ok(hashes[0] == first, "S5: a full replay gives the same hash",
             (hashes, first))
        t.ok(rows[0] == rows[1] == rows[2] and len(set(hashes)) == 1,
             "S6: restarts in a row give the same state", (hashes, rows))
        rc, out, _ = replay(g)
        t.ok(rc == 0 and "starts" in out,
             "S6: and reserve what was reserved before", out)


def full_tables():
    """TableSize is too small: orders go on; a start says what to set."""
    small = DEMO.replace("TableSize=16M", "TableSize=1M\nReadyOrders=0", 1)
    with Gateway(small) as g:
        g.start()
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
        says = re.compile(r"tables can't follow the journal, orders go on: the "
                          r"tables in \S+ are full with the 1048576 bytes of "
                          r"TableSize: set at least TableSize=3M in \[GATEWAY\]")
        n, end = 0, time.monotonic() + 60
        while not says.search(g.tail(20000)) and time.monotonic() < end:
            for n in range(n + 1, n + 101):
                c.send("D", [(11, f"t{n}"), (21, 1), (55, "AAPL"), (54, 1),
                             (60, "20260302-10:00:00"), (38, 1), (40, 2),
                             (44, 180), (59, 0)])
            c.wait(lambda m: m.get(11) == f"t{n}")
        t.ok(says.search(g.tail(20000)), "full tables say why they can't "
             "follow, and what to set", g.tail())
        c.send("D", [(11, "after"), (21, 1), (55, "AAPL"), (54, 1),
                     (60, "20260302-10:00:00"), (38, 1), (40, 2), (44, 180),
                     (59, 0)])
        t.ok(c.wait(lambda m: m.get(11) == "after"), "and orders are answered")
        g.kill()
        p = subprocess.run([gateway.FIXGATED, "-c", g.conf], env=g.env,
                           capture_output=True, text=True, timeout=60)
        t.ok(p.returncode != 0 and re.search(
            r"can't be replayed: the tables in \S+ are full .* TableSize=3M",
            p.stderr), "a start that they stop says so, too", p.stderr)
        with open(g.conf) as f:
            text = f.read()
        with open(g.conf, "w") as f:
            f.write(text.replace("TableSize=1M", "TableSize=64M", 1))
        g.start()
        c.lost()
        c.connect(g.port)
        c.send("H", [(11, "after"), (55, "AAPL"), (54, 1)])
        t.ok(c.wait(lambda m: m.get(11) == "after" and m.get(150) == "I"),
             "with more room nothing is lost")


a_day()
s1_s2_s3()
latched("MaxExecutedOrders=1", "REPEAT_EXEC", "the latch of R-17")
latched("MaxLoss=0.01", "KILL scope=ACCOUNT:DEMO by=SYSTEM",
        "the latch of R-31")
s5_s6()
reconciled()
opening()
full_tables()
t.done()
