#!/usr/bin/env python3
"""The duties of fixgate-venue-link(7), played against any venue's program.

    contract.py [--symbol S] [--qty Q] [--rest PRICE] [--cross PRICE]
                [--setting NAME=VALUE]... PROGRAM [ARGUMENT]...

--rest is a buyer's price that does not trade, --cross one that trades at once
in full. The program gets its link at descriptor 3, as from fixgated(8).
"""
import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from decimal import Decimal

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from tap import Tap                                             # noqa: E402
from venuelink import Broken, Link, pack                        # noqa: E402

ENDS = ("canceled", "expired", "reject")


class Rig:
    """The trader's side, and the program."""

    def __init__(self, args, t):
        self.args, self.t = args, t
        self.n = 0
        self.heard = []
        self.first = True

    def start(self, kept=()):
        ours, theirs = socket.socketpair()
        self.link = Link(ours)
        fd = theirs.fileno()

        def place():
            os.dup2(fd, 3)
        self.process = subprocess.Popen(
            self.args.program, preexec_fn=place, pass_fds=(3, fd),
            start_new_session=True)
        theirs.close()
        settings = dict(x.split("=", 1) for x in self.args.setting)
        settings.setdefault("Symbols", self.args.symbol)
        self.link.send("settings", Type="process", **settings)
        self.link.send("hello", version=1, venue="TEST")
        r = self.link.receive(30)
        for key, value in kept:
            self.link.send("kept", key=key, value=value)
        return r

    def go(self):
        self.link.send("start")
        up = self.wait(lambda k, f: k in ("up", "down"), 60)
        self.link.send("reconcile", since=0)
        r = self.wait(lambda k, f: k == "reconciled", 60)
        self.t.ok(r is not None, "reconcile is answered")
        return up

    def stop(self):
        self.link.sock.close()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.link.sock.close()

    def wait(self, want, timeout=30):
        """The first record that fits; all go to heard. There are some that
        always come, as prices do."""
        end = time.monotonic() + timeout
        while True:
            r = self.link.receive(max(0, end - time.monotonic()))
            if r is None:
                return None
            self.heard.append(r)
            if want(*r):
                return r

    def about(self, id_, *kinds, timeout=30):
        r = self.wait(lambda k, f: k in kinds and id_ in (
            f.get("id"), f.get("orig")), timeout)
        return r if r is not None else ("nothing", {})

    def quiet(self):
        """All that comes until a question that is asked now is answered."""
        self.link.send("ping")
        self.wait(lambda k, f: k == "pong")

    def fills(self, id_, since=0):
        return [f for k, f in self.heard[since:]
                if k == "fill" and f.get("id") == id_]

    def id(self):
        self.n += 1
        return f"1-{os.getpid():X}-{self.n}-0"

    def order(self, kind="new", id_=None, **fields):
        id_ = id_ or self.id()
        a = self.args
        base = dict(id=id_, symbol=a.symbol, account="TEST", side=1, type=2,
                    tif=1, qty=a.qty, price=a.rest, cum=0)
        base.update(fields)
        self.link.send(kind, **base)
        return id_


def greeting(r, t):
    hello = r.start()
    t.ok(hello is not None and hello[0] == "hello" and
         hello[1].get("version") == "1", "hello comes first, of version 1",
         hello)
    t.ok(r.link.receive(0.2) is None, "nothing else before start")
    up = r.go()
    t.ok(up is not None and up[0] == "up", "up after start", up)


def resting(r, t):
    x = r.order()
    ack = r.about(x, "ack", "reject")
    t.ok(ack[0] == "ack" and ack[1].get("order"),
         "a limit order rests: ack with the venue's order id", ack)
    r.quiet()
    t.ok(sum(k == "ack" and f.get("id") == x for k, f in r.heard) == 1,
         "it is acknowledged once")
    r.link.send("status", id=x, symbol=r.args.symbol)
    s = r.about(x, "status")
    t.ok(s[1].get("status") == "0" and Decimal(s[1].get("cum", -1)) == 0,
         "its status is New, nothing executed", s)
    r.order("new", id_=x)
    r.quiet()
    r.link.send("status", id=x, symbol=r.args.symbol)
    s2 = r.about(x, "status")
    t.ok(s2[1].get("order") == ack[1]["order"],
         "the same id again makes no second order", s2)
    return x, ack[1]["order"]


def canceling(r, t, x, order):
    c = r.order("cancel", orig=x, order=order)
    e = r.about(c, "canceled", "cancel-reject")
    t.ok(e[0] == "canceled" and e[1].get("id") == c and
         e[1].get("orig") == x, "a cancel is answered with both ids", e)
    c = r.order("cancel", orig=x, order=order)
    e = r.about(c, "canceled", "cancel-reject")
    t.ok(e[0] == "cancel-reject", "canceled once more it is refused", e)
    c = r.order("cancel", orig="1-ZZZZ-ZZZ-0")
    e = r.about(c, "canceled", "cancel-reject")
    t.ok(e[0] == "cancel-reject" and e[1].get("reason") == "1",
         "a cancel of no order is refused as unknown", e)
    r.link.send("status", id=x, order=order, symbol=r.args.symbol)
    s = r.about(x, "status", "unknown")
    t.ok(s[1].get("status") == "4", "its status is Canceled", s)


def replacing(r, t):
    x = r.order()
    order = r.about(x, "ack")[1].get("order")
    more = str(Decimal(r.args.qty) * 2)
    y = r.order("replace", orig=x, order=order, qty=more)
    e = r.about(y, "replaced", "cancel-reject")
    t.ok(e[0] == "replaced" and Decimal(e[1].get("qty", 0)) == Decimal(more),
         "a replace is answered with what is in force", e)
    order = e[1].get("order", order)
    c = r.order("cancel", orig=y, order=order, qty=more)
    e = r.about(c, "canceled", "cancel-reject")
    t.ok(e[0] == "canceled", "the order is known by the replace's id", e)


def trading(r, t):
    x = r.order(price=r.args.cross)
    r.about(x, "ack", *ENDS)
    r.wait(lambda k, f: k == "fill" and f.get("id") == x and
           Decimal(f.get("cum", 0)) == Decimal(r.args.qty))
    fills = {f["exec"]: f for f in r.fills(x)}
    t.ok(sum(Decimal(f["last_qty"]) for f in fills.values()) ==
         Decimal(r.args.qty), "fills add up to the order", fills)
    t.ok(fills and all(f.get("time", "").isdigit() and
                       Decimal(f["last_px"]) <= Decimal(r.args.cross)
                       for f in fills.values()),
         "each with time, and no worse than the limit", fills)
    c = r.order("cancel", orig=x)
    e = r.about(c, "canceled", "cancel-reject")
    t.ok(e[0] == "cancel-reject", "a filled order can't be canceled", e)
    return x, fills


def burst(r, t):
    """Many records in one write, then one byte by byte."""
    ids = [r.id() for _ in range(20)]
    a = r.args
    data = b"".join(pack("new", id=i, symbol=a.symbol, account="TEST", side=1,
                         type=2, tif=1, qty=a.qty, price=a.rest, cum=0)
                    for i in ids)
    r.link.sock.sendall(data)
    acks = {r.wait(lambda k, f: k == "ack" and f["id"] in ids)[1]["id"]: 1
            for _ in ids}
    t.ok(len(acks) == 20, "twenty orders in one write are twenty orders",
         acks)
    for i in ids:
        r.order("cancel", orig=i)
    n = sum(r.wait(lambda k, f: k == "canceled" and f["orig"] in ids)
            is not None for _ in ids)
    t.ok(n == 20, "and twenty cancels end them", n)
    x = r.id()
    for b in pack("new", id=x, symbol=a.symbol, account="TEST", side=1,
                  type=2, tif=1, qty=a.qty, price=a.rest, cum=0):
        r.link.sock.sendall(bytes([b]))
    t.ok(r.about(x, "ack")[0] == "ack", "an order may come byte by byte")
    return x


def newer(r, t):
    r.link.send("a-thing-of-tomorrow", x=1)
    x = r.order(color="green")
    t.ok(r.about(x, "ack")[0] == "ack",
         "records and fields that are not known are left out")
    r.order("cancel", orig=x)


def again(r, t, resting_id, filled):
    """The process dies; the venue lives."""
    x, fills = filled
    lost = r.id()
    r.kill()
    at = len(r.heard)
    hello = r.start()
    up = r.go()
    t.ok(hello and up and up[0] == "up", "a new process comes up", up)
    told = {f["exec"]: f for k, f in r.heard[at:] if k == "fill"}
    t.ok(set(fills) <= set(told), "reconcile tells executions again, under "
         "the same ids", (set(fills), set(told)))
    r.link.send("status", id=resting_id, symbol=r.args.symbol)
    s = r.about(resting_id, "status", "unknown")
    t.ok(s[1].get("status") == "0", "an order at rest is still there", s)
    r.link.send("status", id=x, symbol=r.args.symbol)
    s = r.about(x, "status", "unknown")
    t.ok(s[1].get("status") == "2", "a filled one is known as filled", s)
    r.link.send("status", id=lost, symbol=r.args.symbol)
    s = r.about(lost, "status", "unknown", timeout=90)
    t.ok(s[0] == "unknown", "one that never came is unknown", s)


def end(r, t):
    t.ok(r.stop() == 0, "the end of the link ends it, with status 0")
    r.start()
    r.link.sock.sendall(b"\xff\xff\xff\xff")
    try:
        while r.link.receive(10) is not None:
            pass
    except Broken:
        pass
    t.ok(r.link.ended, "nonsense ends the link")
    r.stop()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--symbol", default="ACME")
    p.add_argument("--qty", default="10")
    p.add_argument("--rest", default="90.00")
    p.add_argument("--cross", default="110.00")
    p.add_argument("--setting", action="append", default=[])
    p.add_argument("program", nargs=argparse.REMAINDER)
    t = Tap()
    r = Rig(p.parse_args(), t)
    greeting(r, t)
    canceling(r, t, *resting(r, t))
    replacing(r, t)
    filled = trading(r, t)
    x = burst(r, t)
    newer(r, t)
    again(r, t, x, filled)
    end(r, t)
    t.done()


if __name__ == "__main__":
    main()
