#!/usr/bin/env python3
"""SIGKILL from outside, at random moments of bursts of 200 orders.

The client is independent of the gateway's code and resends what the gateway
asks for. After each kill: every order answered exactly once, no ExecID twice,
no MsgSeqNum with two contents, fills that add up.

    kill_outside.py [KILLS] [SEED]
"""
import json
import random
import sys
import time

from fixclient import Broken, FixClient
from gateway import FULL, Gateway
from tap import Tap

BURST = 200
KILLS = 1000 if FULL else 20
SEED = 1
PER_FOLDER = 50 # then a new one: a day's orders are all loaded at each start


class Book:
    """What the client has been told of its orders."""

    def __init__(self):
        self.acks = {}     # ClOrdID -> number of New or Rejected
        self.cum = {}
        self.exec_ids = set()
        self.sent = []

    def take(self, m):
        if m.type == "j":
            raise Broken(f"refused: {m}")
        cid, kind = m.get(11), m.get(150)
        if m.get(17) in self.exec_ids:
            raise Broken(f"ExecID twice: {m}")
        self.exec_ids.add(m.get(17))
        if kind in ("0", "8"):
            self.acks[cid] = self.acks.get(cid, 0) + 1
            if self.acks[cid] > 1:
                raise Broken(f"handled twice: {m}")
        if kind == "F":
            cum = self.cum.get(cid, 0) + int(m.get(32))
            if cum != int(m.get(14)):
                raise Broken(f"fills do not add up to CumQty: {m}")
            self.cum[cid] = cum

    def missing(self):
        return [c for c in self.sent if c not in self.acks]


def order(rng, cid):
    side = rng.choice("12")
    tif = rng.choice("0033")
    price = 187.25 + rng.randint(-8, 8) / 100
    return ("D", [(11, cid), (1, "DEMO"), (21, 1), (55, "AAPL"), (54, side),
                  (60, time.strftime("%Y%m%d-%H:%M:%S", time.gmtime())),
                  (38, rng.randint(1, 50)), (40, 2), (44, f"{price:.2f}"),
                  (59, tif)])


def drain(c, book):
    for m in c.inbox:
        book.take(m)
    c.inbox.clear()


def one_pass(gw, c, book, rng, tag):
    """A burst with a kill in it, then recovery. Raises what is wrong."""
    orders = [order(rng, f"{tag}.{i}") for i in range(BURST)]
    book.sent += [dict(f)[11] for _, f in orders]
    kill_after = rng.random() * 0.06
    cut = rng.randint(1, BURST)
    c.send_all(orders[:cut])
    end = time.monotonic() + kill_after
    while time.monotonic() < end and c.pump(0.001):
        pass
    c.send_all(orders[cut:])
    gw.kill()
    while c.pump(0.05) and c.sock is not None:
        pass
    drain(c, book)
    gw.start()
    c.connect(gw.port)
    end = time.monotonic() + 60
    while book.missing():
        if time.monotonic() > end:
            raise Broken(f"never answered: {book.missing()[:5]}")
        if not c.pump(0.2):
            raise Broken("connection lost after the restart")
        drain(c, book)


def check_books(gw, c, book):
    """The gateway's own view, read from its disk, against the client's."""
    c.settle()
    drain(c, book)
    rows = json.loads(gw.fixgate("orders", "--json"))
    if len(rows) != len(book.sent):
        raise Broken(f"{len(rows)} orders at the gateway, "
                     f"{len(book.sent)} sent")
    for r in rows:
        cum = float(r["filled"])
        if cum != book.cum.get(r["cl_ord_id"], 0):
            raise Broken(f"CumQty {cum} at the gateway, "
                         f"{book.cum.get(r['cl_ord_id'], 0)} told: {r}")


def folder(first, kills, t):
    rng = random.Random(SEED * 1000003 + first)
    book = Book()
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
    k = first
    with Gateway() as gw:
        try:
            gw.start()
            c.connect(gw.port)
            for k in range(first, first + kills):
                one_pass(gw, c, book, rng, f"K{k}")
            check_books(gw, c, book)
            return t.ok(True, f"kills {first + 1} to {first + kills}: "
                        f"{len(book.sent)} orders, {len(book.exec_ids)} "
                        f"executions, {c.resent} resent, all accounted for")
        except Exception as e: # any surprise is a failed case, with its log
            return t.ok(False, f"kills {first + 1} to {first + kills}",
                        f"kill {k + 1}: {type(e).__name__}: {e}\n"
                        f"again: kill_outside.py {first + kills} {SEED}\n" +
                        gw.tail())


def main():
    global SEED
    t = Tap()
    done = 0
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    SEED = int(sys.argv[2]) if len(sys.argv) > 2 else SEED
    while done < kills:
        n = min(PER_FOLDER, kills - done)
        folder(done, n, t)
        done += n
    t.done()


if __name__ == "__main__":
    main()
