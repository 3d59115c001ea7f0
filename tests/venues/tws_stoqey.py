#!/usr/bin/env python3
"""The TWS of our tests against @stoqey/ib of npm, a client that others wrote:
that it is understood, and understands, at every server version where a layout
changes. npm installs it once, below the build folder."""
import json
import os
import subprocess
import threading
import time

import npm
from gateway import FULL, TOP
from tap import Tap
from twssim import TwsSim

PACKAGE, VERSION = "@stoqey/ib", "1.6.10"
HERE = os.path.join(TOP, "tests", "venues", "tws")
AAPL = {"symbol": "AAPL", "secType": "STK", "exchange": "SMART",
        "currency": "USD"}
t = Tap()


class Client:
    def __init__(self, folder, port, client_id=7):
        self.events, self.used = [], 0
        self.process = subprocess.Popen(
            ["node", os.path.join(HERE, "client.js"), folder, str(port),
             str(client_id)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        self.changed = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                self.events.append(json.loads(line))
                self.changed.notify()

    def call(self, name, *args):
        self.process.stdin.write(json.dumps({"call": name, "args": args}) +
                                 "\n")
        self.process.stdin.flush()

    def wait(self, name, want=lambda *a: True, timeout=30):
        """@return arguments of the first such event, [None] if it has none;
        None: it did not come"""
        end = time.monotonic() + timeout
        with self.changed:
            while True:
                for e in self.events:
                    if e["event"] == name and want(*e["args"]):
                        return e["args"] or [None]
                left = end - time.monotonic()
                if left <= 0 or not self.changed.wait(left):
                    return None

    def count(self, name, want=lambda *a: True):
        with self.changed:
            return sum(e["event"] == name and want(*e["args"])
                       for e in self.events)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def order(qty, px, ref, action="BUY", **more):
    return {"action": action, "orderType": "LMT", "totalQuantity": qty,
            "lmtPrice": px, "tif": "DAY", "account": "DU1234567",
            "orderRef": ref, "transmit": True, **more}


def status_is(order_id, word):
    return lambda i, s, *_: i == order_id and s == word


def error_is(code):
    return lambda _text, c, *_: c == code


def trade(c, sim, first, ok):
    rest, fill = first, first + 1
    c.call("reqContractDetails", 1001, AAPL)
    m = c.wait("contractDetails")
    ok(m and m[1]["contract"]["conId"] == 265598 and m[1]["minTick"] == 0.01
       and c.wait("contractDetailsEnd"), "a contract is looked up", m)
    c.call("placeOrder", rest, AAPL, order(100, 150.5, "R-1"))
    m = c.wait("openOrder", lambda i, *_: i == rest)
    ok(m and m[2]["lmtPrice"] == 150.5 and m[2]["orderRef"] == "R-1" and
       m[2]["totalQuantity"] == 100 and m[1]["conId"] == 265598 and
       m[2]["permId"] > 2 ** 31 and c.wait("orderStatus",
                                           status_is(rest, "Submitted")),
       "an order rests", m)
    c.call("placeOrder", rest, AAPL, order(120, 151.25, "R-1"))
    m = c.wait("openOrder", lambda i, _c, o, *_: i == rest and
               o["lmtPrice"] == 151.25)
    ok(m and m[2]["totalQuantity"] == 120, "it is replaced", m)
    c.call("cancelOrder", rest)
    ok(c.wait("orderStatus", status_is(rest, "Cancelled")) and
       c.wait("error", error_is(202)), "it is canceled")
    c.call("placeOrder", fill, AAPL, order(100, 190, "F-1"))
    m = c.wait("orderStatus", status_is(fill, "Filled"))
    done = [e["args"][2] for e in c.events if e["event"] == "execDetails"]
    ok(m and m[2] == 100 and sum(x["shares"] for x in done) == 100 and
       all(x["price"] == 185.02 and x["orderRef"] == "F-1" and
           x["side"] == "BOT" and x["permId"] == m[5] for x in done),
       "another is filled, its executions add up", done)
    ok(all(c.wait("commissionReport", lambda r, x=x: r["execId"] ==
                  x["execId"] and r["currency"] == "USD") for x in done),
       "each execution has its commission")


def refusals(c, first, ok):
    for code, id_, o in (
            (103, first, order(1, 150, "D-1")),
            (110, first + 10, order(1, 150.001, "T-1")),
            (201, first + 11, order(100000, 150, "B-1")),
            (321, first + 12, order(1, 150, "X-1", orderType="NONE"))):
        if code == 103:
            id_ = first - 1
        c.call("placeOrder", id_, AAPL, o)
        m = c.wait("error", error_is(code))
        ok(m is not None and m[2] == id_, f"error {code} is told", m)
    c.call("cancelOrder", first + 99)
    ok(c.wait("error", error_is(10147)), "so is 10147")
    c.call("cancelOrder", first)
    ok(c.wait("error", error_is(10148)), "and 10148")


def queries(c, version, ok):
    c.call("placeOrder", 30, AAPL, order(
        7, 150, "Q-1", tif="GTD", goodTillDate="20361218-20:00:00"))
    ok(c.wait("orderStatus", status_is(30, "Submitted")), "an order is open")
    c.call("reqOpenOrders")
    ok(c.wait("openOrderEnd") and c.count(
        "openOrder", lambda i, *_: i == 30) >= 2, "open orders are told",
       [e["args"][0] for e in c.events if e["event"] == "openOrder"])
    c.call("reqAllOpenOrders")
    c.call("reqExecutions", 2001, {"clientId": 7})
    ok(c.wait("execDetailsEnd") and c.count(
        "execDetails", lambda r, *_: r == 2001) >= 1, "executions are told")
    if version > 176:  # @stoqey/ib does not know faProfile there
        c.call("reqCompletedOrders", True)
        m = c.wait("completedOrder", lambda _c, o, _s: o["orderRef"] == "R-1")
        ok(m and m[2]["status"] == "Cancelled" and m[2]["completedStatus"] ==
           "Cancelled by Trader" and c.wait("completedOrdersEnd"),
           "completed orders are told", m)
    for call, args, event in (
            ("reqPositions", (), "positionEnd"),
            ("reqAccountSummary", (3001, "All", "NetLiquidation"),
             "accountSummaryEnd"),
            ("reqAccountUpdates", (True, "DU1234567"), "accountDownloadEnd"),
            ("reqCurrentTime", (), "currentTime"),
            ("reqManagedAccts", (), "managedAccounts"),
            ("reqMarketRule", (26,), "marketRule"),
            ("reqMktData", (4001, AAPL, "", False, False), "tickPrice"),
            ("reqIds", (1,), "nextValidId")):
        c.call(call, *args)
        m = c.wait(event)
        ok(m is not None, f"{call} is answered", m)
    m = c.wait("position", lambda a, k, p, _: k["symbol"] == "AAPL")
    ok(m and m[2] == 100, "the position is what was filled", m)
    m = c.wait("tickPrice", lambda r, f, *_: r == 4001 and f == 4)
    ok(m and m[2] == 185.02, "the last price is streamed", m)


def faults(c, sim, ok):
    sim.say("lost")
    ok(c.wait("info", lambda _t, code: code == 1100), "1100 is told")
    sim.say("back", 1102)
    ok(c.wait("info", lambda _t, code: code == 1102), "and 1102")
    x = sim.state()["execs"][0]
    sim.say("correct", x["id"], "185.00")
    ok(c.wait("execDetails", lambda _r, _c, e: e["execId"][-3:] == ".02" and
              e["price"] == 185), "a correction is told")
    c.call("reqGlobalCancel")
    ok(c.wait("orderStatus", status_is(30, "Cancelled")),
       "all is canceled at once")
    sim.say("cut")
    ok(c.wait("disconnected"), "a cut ends the connection")


def one(folder, version):
    def ok(good, name, detail=""):
        t.ok(good, f"{version}: {name}", detail)

    with TwsSim("--version", str(version), "--duplicate", "--split") as sim:
        c = Client(folder, sim.port)
        try:
            m = c.wait("nextValidId")
            ok(m == [1] and c.wait("managedAccounts") == ["DU1234567"],
               "it connects", c.events)
            trade(c, sim, 1, ok)
            refusals(c, 2, ok)
            queries(c, version, ok)
            ok(not sim.state()["faults"],
               "each request had exactly the fields of its version",
               sim.state()["faults"])
            faults(c, sim, ok)
            known = {-1, 103, 110, 201, 202, 321, 1100, 1102, 2104, 10147,
                     10148, 509}
            odd = [e for e in c.events if e["event"] == "error" and
                   e["args"][1] not in known or e["event"] == "threw"]
            ok(not odd, "it found nothing wrong with any answer", odd[:3])
        finally:
            c.close()


def main():
    folder, why = npm.install(HERE, PACKAGE, VERSION, "npm-tws")
    if why:
        t.skip("@stoqey/ib", why)
        t.done()
    for v in ((176, 183, 187, 188, 189, 191, 192, 193) if FULL else
              (176, 193)):
        one(folder, v)
    t.done()


if __name__ == "__main__":
    main()
