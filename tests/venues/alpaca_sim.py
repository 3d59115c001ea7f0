#!/usr/bin/env python3
"""Alpaca for tests: REST and the stream of trade_updates on one port, as strict
as the real one where it is strict, and with faults on command.

    alpaca_sim.py [--port N] [--seed N] [--key K] [--secret S] [--limit N]

Prints "port N". Only the standard library. POST /control {"fault": ..., ...}
arms faults, GET /control/book tells every order and execution:
  {"fault": KIND, "path": PREFIX, "n": COUNT, ...} does so to the next COUNT
  requests of that method and path ("POST /v2/orders"):
    status500 status503 json huge slow    before anything is done
    status403 status418                   by a firewall, without words
    drop-before drop-after                connection closed, not done / done
    unknown-before unknown-after          504, not done / done
    429                                   with Retry-After: SECONDS
    hang-before hang-after                no answer at all for SECONDS
    late                                  no answer, and done 0.8 s later
    lag                                   GET: as if not there yet
  {"stream": "lose" | "twice" | "swap", "n": COUNT}   the next events
  {"cut": true} all streams, {"error": true} with an error frame before it
  {"race": "fill" | "part" | "refuse"}  the next cancel or replace
  {"charge": [[ASSET, COST, DAYS]]} a fee is booked, with a row of days ago
  {"lie": {ASSET: MORE}} what the account is said to hold, beyond what it does
  {"key": KEY} another is taken from now on; {"skew": SECONDS} its clock
  {"lag": S} by_client_order_id, {"limit": N} requests a minute
  {"part": SYMBOL} one share of what is open
  {"open": false} the clock, {"account": {...}}, {"untradable": SYMBOL|null}
  {"binary": false} text frames, {"price": PX, "symbol": S} moves the house
"""
import argparse
import asyncio
import base64
import collections
import hashlib
import json
import struct
import time

from alpaca_exchange import D, Exchange, Refused, stamp
from binance_sim import Server as Base
from binance_sim import Stream


class Num(str):
    """A number that is written with all its digits."""


def plain(x):
    """JSON, as the real one writes it."""
    if isinstance(x, Num):
        return str(x)
    if isinstance(x, dict):
        return "{%s}" % ",".join(f'"{k}":{plain(v)}' for k, v in x.items())
    if isinstance(x, list):
        return "[%s]" % ",".join(map(plain, x))
    return json.dumps(x)


def pack(x):
    """MessagePack, as far as the feed needs it."""
    if isinstance(x, Num):
        return b"\xcb" + struct.pack(">d", float(x))
    if isinstance(x, int):
        return b"\xce" + struct.pack(">I", x)
    if isinstance(x, str):
        return b"\xda" + struct.pack(">H", len(x.encode())) + x.encode()
    if isinstance(x, list):
        return b"\xdc" + struct.pack(">H", len(x)) + b"".join(map(pack, x))
    return b"\xde" + struct.pack(">H", len(x)) + b"".join(
        pack(y) for pair in x.items() for y in pair)


def unpack(data):
    def one(at):
        b = data[at]
        if b < 0x90 and b >= 0x80:
            out, at = {}, at + 1
            for _ in range(b & 15):
                k, at = one(at)
                out[k], at = one(at)
            return out, at
        if 0x90 <= b < 0xa0:
            out, at = [], at + 1
            for _ in range(b & 15):
                v, at = one(at)
                out.append(v)
            return out, at
        n, at = (b & 31, at + 1) if 0xa0 <= b < 0xc0 else (
            data[at + 1], at + 2)
        return data[at:at + n].decode(), at + n
    return one(0)[0]


class Server(Base):
    def __init__(self, args):
        self.args = args
        self.x = Exchange(args)
        self.faults, self.stream_faults = [], []
        self.streams, self.held = set(), None
        self.log, self.hits = [], collections.Counter()
        self.limit, self.used, self.minute = args.limit, 0, 0
        self.binary = True

    def control(self, body):
        c = json.loads(body)
        x = self.x
        if "fault" in c:
            self.faults.append({"n": 1, **c})
        if "stream" in c:
            self.stream_faults += [c["stream"]] * c.get("n", 1)
        for name in ("race", "lag", "open", "untradable", "wash", "lie"):
            if name in c:
                setattr(x, name, c[name])
        for row in c.get("charge", []):
            x.charge(*row)
        x.account = c.get("account", x.account)
        x.key = c.get("key", x.key)
        x.skew = c.get("skew", x.skew)
        self.limit = c.get("limit", self.limit)
        self.binary = c.get("binary", self.binary)
        for o in x.orders:
            if o.symbol == c.get("part") and o.status in (
                    "new", "partially_filled"):
                x.fill(o, 1)
        if "price" in c:
            x.set_price(c.get("symbol", "AAPL"), c["price"])
        if c.get("calm"):
            self.faults, self.stream_faults, x.race = [], [], None
        for s in list(self.streams) if c.get("cut") or c.get("error") else ():
            if c.get("error"):
                s.send({"action": "error", "data": {
                    "error_message": "internal server error"}})
                s.w.close()
            else:
                s.w.transport.abort()
        self.flush()
        return {}

    def book(self):
        self.x.run()
        return {"orders": [o.shown() for o in self.x.orders],
                "hits": self.hits, "fills": [{k: v for k, v in f.items() if k != "at"}
                          for f in self.x.fills], "log": self.log[-3000:],
                "positions": {k: str(v) for k, v in self.x.position.items()},
                "streams": sum(s.subscribed for s in self.streams)}

    # --- events out ---

    def deliver(self, e):
        data = json.dumps({"stream": "trade_updates", "data": e},
                          separators=(",", ":")).encode()
        for s in self.streams:
            if s.subscribed:
                s.frame(2 if self.binary else 1, data)

    def flush(self):
        events, self.x.events = self.x.events, []
        for e in events:
            f = self.stream_faults.pop(0) if self.stream_faults else None
            if f is not None:
                self.hits[f] += 1
            if f == "lose":
                continue
            if f == "swap" and self.held is None:
                self.held = e
                continue
            self.deliver(e)
            if f == "twice":
                self.deliver(e)
            if self.held is not None and f != "swap":
                e, self.held = self.held, None
                self.deliver(e)

    # --- HTTP ---

    def reply(self, writer, status, obj, more=(), raw=None):
        data = raw if raw is not None else b"" if obj is None else \
            json.dumps(obj, separators=(",", ":")).encode()
        head = [f"HTTP/1.1 {status} X",
                f"X-RateLimit-Limit: {self.limit}",
                f"X-RateLimit-Remaining: {max(self.limit - self.used, 0)}",
                f"X-RateLimit-Reset: {(self.minute + 1) * 60}",
                f"X-Request-ID: {self.x.rnd.getrandbits(128):032x}", *more]
        if status != 204:
            head += ["Content-Type: application/json; charset=UTF-8",
                     f"Content-Length: {len(data)}"]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + data)

    def act(self, method, path, query, headers, body):
        minute = int(time.time()) // 60
        if minute != self.minute:
            self.minute, self.used = minute, 0
        self.used += 1
        if self.used > self.limit:
            return 429, {"code": 42910000, "message": "rate limit exceeded"}
        try:
            return self.x.rest(method, path, headers, query,
                               json.loads(body) if body else None)
        except json.JSONDecodeError:
            return 400, {"code": 40010000, "message": "malformed request"}
        except Refused as r:
            return r.status, r.body

    async def spoil(self, f, writer, act):
        """@return True: the connection is to be closed"""
        kind, s = f["fault"], f.get("seconds", 1)
        if kind.endswith("-after"):
            act()
        if kind in ("status500", "status503"):
            self.reply(writer, int(kind[6:]), {
                "code": 50010000, "message": "internal server error "
                "occurred"} if kind == "status500" else None,
                raw=b"<html>down</html>" if kind == "status503" else None)
        elif kind.startswith("status"):
            self.reply(writer, int(kind[6:]), None, raw=b"<html>no</html>")
        elif kind == "json":
            self.reply(writer, 200, None, raw=b'{"id": "61e69015-')
        elif kind == "huge":
            self.reply(writer, 200, None, raw=b'{"id":' + b"9" * 400 + b"}")
        elif kind == "429":
            self.reply(writer, 429, {"code": 42910000, "message":
                       "rate limit exceeded"}, [f"Retry-After: {s}"])
        elif kind.startswith("unknown"):
            self.reply(writer, 504, {"message": "gateway timeout"})
        elif kind.startswith("hang"):
            self.flush()
            await asyncio.sleep(s)
            return True
        elif kind.startswith("drop"):
            return True
        elif kind == "late":
            asyncio.get_running_loop().call_later(
                0.8, lambda: (act(), self.flush()))
            return True
        elif kind == "lag":
            self.reply(writer, 404, {"code": 40410000, "message":
                                     "order is not found."})
        elif kind == "slow":
            status, obj = act()
            data = b"" if obj is None else json.dumps(obj).encode()
            writer.write(f"HTTP/1.1 {status} X\r\n".encode() +
                         (b"\r\n" if status == 204 else
                          f"Content-Length: {len(data)}\r\n\r\n".encode()))
            for i in range(0, len(data), 100):
                writer.write(data[i:i + 100])
                await asyncio.sleep(0.01)
        return False

    # --- WebSocket ---

    def answer(self, s, m):
        action, data = m.get("action"), m.get("data") or {}
        if action in ("auth", "authenticate"):
            key = (m.get("key"), m.get("secret")) if action == "auth" else (
                data.get("key_id"), data.get("secret_key"))
            s.known = key == (self.x.key, self.x.secret)
            self.say(s, "authorization", {
                "status": "authorized" if s.known else "unauthorized",
                "action": "authenticate"})
            return s.known
        if action == "listen" and not s.known:
            self.say(s, "authorization", {"status": "unauthorized",
                                          "action": "listen"})
        elif action == "listen":
            names = [x for x in data.get("streams", [])
                     if x == "trade_updates"]
            s.subscribed = bool(names)
            self.say(s, "listening", {"streams": names})
        return True

    def say(self, s, stream, data):
        s.frame(2 if self.binary else 1, json.dumps(
            {"stream": stream, "data": data}).encode())

    async def websocket(self, path, query, headers, reader, writer):
        if path.startswith("/v2/"):
            return await self.market(headers, reader, writer)
        s = self.upgrade(headers, reader, writer)
        s.known = False
        self.streams.add(s)
        try:
            while True:
                op, data = await s.receive()
                if op == 8:
                    s.frame(8, data[:2])
                    break
                if op == 9:
                    s.frame(10, data)
                elif op in (1, 2) and not self.answer(s, json.loads(data)):
                    break
        finally:
            self.streams.discard(s)

    # --- prices ---

    async def quote(self, s):
        told = len(self.x.fills)
        while not s.w.is_closing():
            data = [{"T": "t", "S": f["symbol"], "i": told + i, "x": "V",
                     "p": Num(f["price"]), "s": Num(f["qty"]), "c": ["@"],
                     "z": "C", "t": f["transaction_time"]}
                    for i, f in enumerate(self.x.fills[told:])
                    if f["symbol"] in s.names["trades"]]
            told = len(self.x.fills)
            data += [{"T": "q", "S": n, "bx": "V",
                      "bp": Num(self.x.mid[n] - D("0.01")), "bs": 1,
                      "ax": "V", "ap": Num(self.x.mid[n] + D("0.01")),
                      "as": 1, "c": ["R"], "z": "C",
                      "t": stamp(self.x.now())} for n in s.names["quotes"]]
            if data:
                self.tell(s, data)
            await asyncio.sleep(0.25)

    def tell(self, s, data):
        """Numbers are written as such; what a client asks for decides how."""
        s.frame(2 if s.packed else 1, pack(data) if s.packed else
                plain(data).encode())

    def subscribe(self, s, m):
        for kind in s.names:
            s.names[kind] += [n for n in m.get(kind, ())
                              if n not in s.names[kind]]
        self.tell(s, [{"T": "subscription", **s.names, "bars": []}])
        if not s.quoting:
            s.quoting = asyncio.ensure_future(self.quote(s))

    async def market(self, headers, reader, writer):
        s = self.upgrade(headers, reader, writer)
        s.packed = "msgpack" in headers.get("content-type", "")
        s.names, s.quoting = {"trades": [], "quotes": []}, None

        def error(code, msg):
            self.tell(s, [{"T": "error", "code": code, "msg": msg}])
        self.tell(s, [{"T": "success", "msg": "connected"}])
        while True:
            op, data = await s.receive()
            if op == 8:
                return
            if op not in (1, 2):
                continue
            m = unpack(data) if s.packed else json.loads(data)
            if m.get("action") == "auth" and s.known:
                error(403, "already authenticated")
            elif m.get("action") == "auth":
                s.known = (m.get("key"), m.get("secret")) == (
                    self.x.key, self.x.secret)
                if s.known:
                    self.tell(s, [{"T": "success", "msg": "authenticated"}])
                else:
                    error(402, "auth failed")
            elif not s.known:
                error(401, "not authenticated")
            elif m.get("action") == "subscribe":
                self.subscribe(s, m)
            else:
                error(400, "invalid syntax")

    def upgrade(self, headers, reader, writer):
        accept = base64.b64encode(hashlib.sha1((
            headers["sec-websocket-key"] +
            "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()
            ).digest()).decode()
        writer.write((f"HTTP/1.1 101 Switching Protocols\r\n"
                      f"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        s = Stream(reader, writer)
        s.known = False
        return s

    async def run(self):
        server = await asyncio.start_server(
            self.serve, "127.0.0.1", self.args.port, limit=1 << 20)
        print("port", server.sockets[0].getsockname()[1], flush=True)
        while True:
            await asyncio.sleep(0.01)
            self.x.run()
            self.flush()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--key", default="K")
    p.add_argument("--secret", default="S")
    p.add_argument("--limit", type=int, default=200)
    asyncio.run(Server(p.parse_args()).run())


if __name__ == "__main__":
    main()
