#!/usr/bin/env python3
"""A venue for fixgate, in Python, after fixgate-venue-link(7).

    [VENUE TOY]
    Type=process
    Command=python3 /path/to/examples/venue.py
    Symbols=ACME

Orders rest in a book of their own; a house stands behind it that trades any
quantity at 100.00 bid and 100.02 ask. What must outlive this process (orders,
executions) stands in a file, FIXGATE_VENUE_FILE, if that is set: a real venue
has its own memory. Needs only the standard library.
"""
import json
import os
import socket
import struct
import sys
import time
from decimal import Decimal

BID, ASK = Decimal("100.00"), Decimal("100.02")
LIVE = "01"


class End(Exception):
    pass


class Venue:
    def __init__(self, sock):
        self.sock = sock
        self.buf = b""
        self.orders = {}    # our id -> order; every id it ever had
        self.fills = []
        self.seen = set()   # ids of requests
        self.count = 0
        self.file = os.environ.get("FIXGATE_VENUE_FILE")
        self.up = False
        if self.file and os.path.exists(self.file):
            self.load()

    # --- the link ---

    def say(self, kind, **fields):
        text = kind + "".join(f"\n{k}={v}" for k, v in fields.items()
                              if v not in (None, ""))
        data = text.encode()
        self.sock.sendall(struct.pack(">I", len(data)) + data)

    def read(self):
        while True:
            if len(self.buf) >= 4:
                n = struct.unpack(">I", self.buf[:4])[0]
                if not 0 < n <= 4096:
                    sys.exit("venue.py: the trader says what is no record")
                if len(self.buf) >= 4 + n:
                    text = self.buf[4:4 + n].decode()
                    self.buf = self.buf[4 + n:]
                    kind, *lines = text.split("\n")
                    return kind, dict(x.split("=", 1) for x in lines)
            data = self.sock.recv(65536)
            if not data:
                raise End
            self.buf += data

    # --- what must not be forgotten ---

    def load(self):
        with open(self.file) as f:
            kept = json.load(f)
        self.count, self.fills = kept["count"], kept["fills"]
        self.seen = set(kept["seen"])
        for o in kept["orders"]:
            for id_ in o["ids"]:
                self.orders[id_] = o

    def save(self):
        if not self.file:
            return
        once = {o["order"]: o for o in self.orders.values()}
        with open(self.file + ".new", "w") as f:
            json.dump({"count": self.count, "fills": self.fills,
                       "seen": sorted(self.seen),
                       "orders": list(once.values())}, f)
        os.replace(self.file + ".new", self.file)

    def number(self):
        self.count += 1
        return f"T{self.count}"

    # --- orders ---

    def trade(self, o):
        """With the house. @return the fills"""
        buy, out = o["side"] == "1", []
        best = ASK if buy else BID
        limit = Decimal(o["price"]) if o["price"] else None
        open_qty = Decimal(o["qty"]) - Decimal(o["cum"])
        if open_qty > 0 and (limit is None or
                             (limit >= best if buy else limit <= best)):
            o["cum"] = o["qty"]
            o["status"] = "2"
            out.append({"id": o["ids"][-1], "order": o["order"],
                        "exec": self.number(), "last_qty": str(open_qty),
                        "last_px": str(best), "cum": o["cum"],
                        "symbol": o["symbol"], "side": o["side"],
                        "time": time.time_ns()})
            self.fills += out
        elif o["tif"] in "34" or limit is None:
            o["status"] = "C"
        return out

    def after(self, o):
        """What happened is kept first, then told."""
        fills = self.trade(o)
        self.save()
        for f in fills:
            self.say("fill", **f)
        if o["status"] == "C":
            self.say("expired", id=o["ids"][-1], order=o["order"],
                     cum=o["cum"])

    def on_new(self, r):
        if r["id"] in self.seen:
            return                  # given twice: there is one already
        self.seen.add(r["id"])
        if not self.up or r["type"] not in "12":
            self.say("reject", id=r["id"], reason=11 if self.up else 99,
                     text="only market and limit orders trade here")
            return
        o = {"ids": [r["id"]], "order": self.number(), "side": r["side"],
             "symbol": r["symbol"], "qty": r["qty"],
             "price": r.get("price"), "tif": r["tif"], "cum": "0",
             "status": "0"}
        self.orders[r["id"]] = o
        self.save()
        self.say("ack", id=r["id"], order=o["order"])
        self.after(o)

    def find(self, r):
        """The order of a request; tells the trader when there is none."""
        if r["id"] in self.seen:
            return None
        self.seen.add(r["id"])
        o = self.orders.get(r.get("orig"))
        if o is None or o["status"] not in LIVE:
            self.say("cancel-reject", id=r["id"], orig=r.get("orig"),
                     reason=1 if o is None else 0,
                     text="no such order" if o is None else "too late")
            return None
        return o

    def on_cancel(self, r):
        o = self.find(r)
        if o is not None:
            o["status"] = "4"
            self.save()
            self.say("canceled", id=r["id"], orig=r["orig"],
                     order=o["order"], cum=o["cum"])

    def on_replace(self, r):
        o = self.find(r)
        if o is None:
            return
        o["qty"], o["price"] = r["qty"], r.get("price")
        if Decimal(o["qty"]) <= Decimal(o["cum"]):
            o["qty"], o["status"] = o["cum"], "2"
        o["ids"].append(r["id"])
        self.orders[r["id"]] = o
        self.save()
        self.say("replaced", id=r["id"], orig=r["orig"], order=o["order"],
                 qty=o["qty"], price=o["price"])
        if o["status"] in LIVE:
            self.after(o)

    def on_status(self, r):
        o = self.orders.get(r["id"])
        if o is None:
            self.say("unknown", id=r["id"])
            return
        for f in self.fills:
            if f["order"] == o["order"]:
                self.say("fill", **f)
        self.say("status", id=o["ids"][-1], order=o["order"],
                 status=o["status"], cum=o["cum"], qty=o["qty"],
                 price=o["price"])

    def on_reconcile(self, r):
        for f in self.fills:
            if f["time"] >= int(r.get("since", 0)):
                self.say("fill", **f)
        self.say("reconciled")

    def on_start(self, r):
        for symbol in self.symbols:
            self.say("mark", symbol=symbol, bid=BID, ask=ASK,
                     time=time.time_ns())
        self.up = True
        self.say("up")

    def on_settings(self, r):
        self.symbols = r.get("Symbols", "").replace(",", " ").split()

    def on_ping(self, r):
        self.say("pong")

    def run(self):
        self.symbols = []
        self.say("hello", version=1, name="venue.py")
        while True:
            kind, fields = self.read()
            if kind == "hello" and fields.get("version") != "1":
                sys.exit("venue.py: the trader speaks another version")
            handler = getattr(self, "on_" + kind, None)
            if handler is not None: # others are for newer venues
                handler(fields)


if __name__ == "__main__":
    try:
        Venue(socket.socket(fileno=3)).run()
    except (End, ConnectionError):
        sys.exit(0)
