#!/usr/bin/env python3
"""Risk after a restart, and every decision again (section 12 of the pre-trade
controls, property P5): a day of accepted and refused orders, of limits that
change, of kill switches, restarts and SIGKILL, made again from the journal."""
import os
import random
import re
import signal
import subprocess
import time

from fixclient import FixClient, utc
from gateway import BUILD, FULL, Gateway
from tap import Tap

t = Tap()
with open(os.path.join(os.environ["TOP_SRCDIR"], "gateway",
                       "demo.conf")) as f:
    DEMO = f.read()
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
        elif self.g.stop() != 0:
            t.ok(False, "SIGTERM ends it with status 0")
        self.c.lost()
        self.g.start()


def risk(g, *args):
    return g.fixgate("risk", *args)


def version(g):
    return risk(g, "get", "firm").split()[0].replace("version=", "if=")


def a_day():
    n = 400 if FULL else 60
    with Gateway(RULES) as g:
        g.start()
        d = Trader(g)
        d.storm(n)
        risk(g, "put", "account", "DEMO", version(g), "MaxOrderQty=199")
        d.storm(n)
        risk(g, "put", "account", "ALT", version(g), "MaxLong=100",
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
        risk(g, "put", "account", "ALT", version(g), "MaxShort=100", "for=2")
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
        t.ok(len(kinds) >= 9, "many controls had a hand in it", kinds)
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


a_day()
t.done()
