#!/usr/bin/env python3
"""A venue does more than was asked of it: an execution that carries a scope over
its limit marks it BREACHED at the execution, with an alert, an event of the audit
trail and only what reduces going on, over a restart and in every decision that is
made again."""
import json
import os
import time

from fixclient import FixClient, utc
from gateway import Gateway
from tap import Tap

t = Tap()
with open(os.path.join(os.environ["TOP_SRCDIR"], "gateway",
                       "demo.conf")) as f:
    CONF = f.read()
CONF = CONF.replace("[GATEWAY]\n",
                    "[GATEWAY]\nSegmentSize=4M\nTableSize=16M\n", 1)
CONF = CONF.replace("Type=sim\n", "Type=told\nReconcile=N\n", 1)
CONF = CONF.replace("MaxLong=100000000", "MaxLong=100\nMaxTradedQty=100000", 1)
CONF = CONF.replace("[RISK account DEMO]", """[RISK firm]
Alerts=Y
MaxOrderQty=unlimited
MaxOrderNotional=unlimited
MaxLong=150
MaxShort=unlimited
MaxOpenOrders=unlimited
MaxOpenNotional=unlimited
CollarPercent=unlimited
OrdersPerSecond=unlimited
OrderBurst=unlimited

[RISK account DEMO]""", 1) + "\n[AUDIT]\nName=audit.example/demo\n"


def order(c, name, side, qty, symbol="AAPL"):
    """@return the first answer, or the second if the first is only New."""
    seen = len(c.inbox)
    c.send("D", [(11, name), (1, "DEMO"), (21, 1), (55, symbol), (54, side),
                 (60, utc()), (38, qty), (40, 2),
                 (44, "187.00" if symbol == "AAPL" else "410.00"), (59, 0)])
    c.settle()
    got = [m for m in c.inbox[seen:] if m.get(11) == name]
    return got[-1] if got else None


def refused(c, name, side, qty, symbol="AAPL"):
    m = order(c, name, side, qty, symbol)
    return "" if m is None or m.get(150) != "8" else m.get(58, "")


def venue(g, *words):
    g.fixgate("control", "venue", "SIM", *words)


def notes(g, begin):
    """Lines of the log from "breached" on."""
    with open(g.log, errors="replace") as f:
        return [x[x.index(begin):].strip() for x in f if begin in x]


def events(g, want):
    """Of the audit trail, once there are so many."""
    end = time.monotonic() + 60
    while True:
        all_ = [json.loads(x) for x in
                g.fixgate("audit", "export").splitlines()]
        got = [x for x in all_ if x["event_type"] == "RISK_LIMIT_BREACH" and
               x["action"].startswith("breach")]
        if len(got) >= want or time.monotonic() > end:
            return got
        time.sleep(0.05)


def replayed(g):
    out = g.fixgate("risk", "replay", check=False)
    n = out.split()[0]
    return out.startswith(f"{n} decisions, {n} same:"), out


def main():
    with Gateway(CONF) as g:
        g.start()
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
        c.connect(g.port)
        order(c, "a", "1", 95)
        venue(g, "ack", "a")
        venue(g, "fill", "a", "60")
        c.settle()
        t.ok(not notes(g, "breached") and
             len(notes(g, "90 % of its limit")) == 1 and
             not notes(g, "100 % of its limit"),
             "an execution of what was reserved breaches and raises nothing",
             g.tail())
        venue(g, "fill", "a", "50")
        c.settle()
        t.ok(notes(g, "breached")[:1] == [
            "breached: account DEMO: the long position of account DEMO, "
            "symbol AAPL is 11000000000 of 10000000000 (10^-8), only what "
            "reduces passes"], "an overfill breaches the account at once",
            notes(g, "breached"))
        t.ok("breached: MaxLong is used to 110" in
             g.fixgate("risk", "get", "account", "DEMO"),
             "risk get says so")
        text = refused(c, "b", "1", 1, "MSFT")
        t.ok("POS_LONG scope=ACCOUNT:DEMO lim=100 val=110" in text,
             "what raises is refused in every symbol of the account", text)
        order(c, "c", "2", 5)
        venue(g, "ack", "c")
        c.settle()
        t.ok(c.inbox[-1].get(150) == "0", "what reduces passes", c.inbox[-1])
        venue(g, "canceled", "c")
        # of an order that nobody knows
        venue(g, "fill", "-", "151")
        c.settle()
        t.ok(len(notes(g, "breached: firm: ")) == 1,
             "an execution in suspense breaches the firm",
             notes(g, "breached"))
        c.logout()
        g.stop()
        c.lost()
        g.start()
        c.connect(g.port)
        text = refused(c, "d", "1", 1, "MSFT")
        t.ok("POS_LONG scope=ACCOUNT:DEMO lim=100" in text and
             len(notes(g, "breached: account DEMO: ")) == 2,
             "a restart keeps it, and says it again", text)
        order(c, "e", "2", 20)
        venue(g, "ack", "e")
        venue(g, "fill", "e", "20")
        c.settle()
        t.ok(notes(g, "breached no more: account DEMO is within"),
             "sold down to the limit, it is over", notes(g, "breached"))
        text = refused(c, "f", "1", 1, "MSFT")
        t.ok("POS_LONG scope=FIRM" in text,
             "what refuses then is the firm, for what is in suspense", text)
        # 110 of AAPL at 187.00 were bought on this day, and 50 at no price
        version = g.fixgate("risk", "get", "account",
                            "DEMO").split()[0].split("=")[1]
        out = g.fixgate("risk", "put", "account", "DEMO", f"if={version}",
                        "MaxTradedQty=129")
        t.ok("breached: MaxTradedQty is used to 130" in out and
             "breached: MaxTradedQty is used to 130" in
             g.fixgate("risk", "get", "account", "DEMO"),
             "limits of a day that are cut below what is used are broken, too",
             out)
        t.ok("TURNOVER scope=ACCOUNT:DEMO lim=129 val=" in
             refused(c, "g", "2", 1), "nothing more passes of it",
             c.inbox[-1])
        t.ok(len(notes(g, "breached: account DEMO: the traded quantity")) == 1
             and "nothing passes that raises it" in
             notes(g, "breached: account DEMO: the traded")[0],
             "and that is told", notes(g, "breached"))
        got = [x["action"] for x in events(g, 6)]
        t.ok(got.count("breach") >= 5 and "breach_end" in got,
             "the audit trail has each of it", got)
        same, out = replayed(g)
        t.ok(same, "every decision comes out again from the journal", out)
        c.logout()
        g.stop()


main()
t.done()
