#!/usr/bin/env python3
"""Binance Spot for tests: REST, user data stream and market stream on one port,
as strict as the real one where it is strict, and with faults on command.

    binance_sim.py [--port N] [--seed N] [--key K] [--secret S]

Prints "port N". Only the standard library. POST /control {"fault": ..., ...}
arms faults, GET /control/book tells every order and trade:
  {"fault": KIND, "path": PREFIX, "n": COUNT, ...} does so to the next COUNT
  requests of that method and path ("POST /api/v3/order"):
    status500 status503 json huge slow    before anything is done
    status403                             by a firewall, without words
    drop-before drop-after                connection closed, not done / done
    unknown-before unknown-after          -1007, not done / done
    429 418                               with Retry-After: SECONDS
    hang-before hang-after                no answer at all for SECONDS
    late                                  no answer, and done 0.8 s later
    lag                                   GET: -2013, as if not there yet
    refuse                                -2010, not done
    fill-first                            PART of an order is filled, then done
    answer-late                           done, told, answered SECONDS later
  {"fill": PART} of the newest order that rests is executed
  {"stream": "lose" | "twice" | "swap", "n": COUNT}   the next events
  {"cut": true} all streams; {"skew": MS} its clock; {"key": KEY} another is taken; {"halt": SYMBOL|null}
  {"price": PX} moves the house
  {"lie": {ASSET: MORE}} what the account is said to hold, beyond what it does
"""
import argparse
import asyncio
import base64
import collections
import hashlib
import json
import struct
from decimal import Decimal as D
from urllib.parse import parse_qsl, unquote

from binance_exchange import Exchange, Refused, text

class Stream:
    """One WebSocket, the server's side of RFC 6455."""

    def __init__(self, reader, writer):
        self.r, self.w = reader, writer
        self.subscribed = False
        self.symbols = []

    def frame(self, opcode, data):
        n = len(data)
        head = bytes([0x80 | opcode])
        head += bytes([n]) if n < 126 else (
            bytes([126]) + struct.pack(">H", n) if n < 65536 else
            bytes([127]) + struct.pack(">Q", n))
        self.w.write(head + data)

    def send(self, obj):
        if self.w.transport.is_closing():
            return
        self.frame(1, json.dumps(obj, separators=(",", ":")).encode())

    async def receive(self):
        """@return (opcode, data)"""
        whole = b""
        first = 0
        while True:
            a, b = await self.r.readexactly(2)
            n = b & 127
            if n == 126:
                n = struct.unpack(">H", await self.r.readexactly(2))[0]
            elif n == 127:
                n = struct.unpack(">Q", await self.r.readexactly(8))[0]
            if not b & 128:
                raise ConnectionError("a client's frame is masked")
            mask = await self.r.readexactly(4)
            data = bytes(x ^ mask[i % 4] for i, x in enumerate(
                await self.r.readexactly(n)))
            op = a & 15
            if op >= 8:
                return op, data
            first = first or op
            whole += data
            if a & 128:
                return first, whole


class Server:
    def __init__(self, args):
        self.args = args
        self.x = Exchange(args)
        self.faults, self.stream_faults = [], []
        self.streams, self.held = set(), None
        self.weight = 0
        self.log, self.hits = [], collections.Counter()

    # --- faults ---

    def fault(self, method, path):
        for f in self.faults:
            if f"{method} {path}".startswith(f.get("path", "")) and (
                    f["fault"] != "lag" or method == "GET"):
                f["n"] -= 1
                if f["n"] <= 0:
                    self.faults.remove(f)
                self.hits[f["fault"]] += 1
                return f
        return None

    def control(self, body):
        c = json.loads(body)
        if "fault" in c:
            self.faults.append({"n": 1, **c})
        if "stream" in c:
            self.stream_faults += [c["stream"]] * c.get("n", 1)
        self.x.lie = c.get("lie", self.x.lie)
        if "skew" in c:
            self.x.skew = c["skew"]
        self.x.key = c.get("key", self.x.key)
        if "halt" in c:
            self.x.halted = c["halt"]
        if "orders" in c:               # how many are left of the day
            self.x.order_limit = self.x.ordered + c["orders"]
        if "price" in c:
            self.x.set_price(c["price"])
        if "fill" in c:
            self.x.fill(c["fill"])
        if c.get("calm"):
            self.faults, self.stream_faults = [], []
        if c.get("cut"):
            for s in list(self.streams):
                s.w.transport.abort()
        self.flush()
        return {}

    def book(self):
        return {"orders": [{**o.shown(), "first": o.first, "sent": o.sent}
                           for o in self.x.orders],
                "trades": self.x.trades, "log": self.log[-2000:],
                "hits": self.hits,
                "streams": sum(s.subscribed for s in self.streams)}

    # --- events out ---

    def deliver(self, e):
        for s in self.streams:
            if s.subscribed:
                s.send({"subscriptionId": 0, "event": e})

    def flush(self):
        events, self.x.events = self.x.events, []
        for e in events:
            f = self.stream_faults.pop(0) if (
                self.stream_faults and e["e"] == "executionReport") else None
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

    async def request(self, reader):
        line = (await reader.readline()).decode("latin-1")
        if not line.strip():
            return None
        method, target, _ = line.split(" ", 2)
        headers = {}
        while True:
            h = (await reader.readline()).decode("latin-1").strip()
            if not h:
                break
            k, _, v = h.partition(":")
            headers[k.lower()] = v.strip()
        if headers.get("transfer-encoding", "") == "chunked":
            body = b""
            while True:
                n = int(await reader.readline(), 16)
                body += await reader.readexactly(n)
                await reader.readline()
                if n == 0:
                    break
        else:
            body = await reader.readexactly(
                int(headers.get("content-length", 0)))
        path, _, query = target.partition("?")
        return method, path, query, headers, body.decode()

    def reply(self, writer, status, obj, more=(), raw=None):
        data = raw if raw is not None else json.dumps(
            obj, separators=(",", ":")).encode()
        head = [f"HTTP/1.1 {status} X", "Content-Type: application/json",
                f"Content-Length: {len(data)}",
                f"X-MBX-USED-WEIGHT-1M: {self.weight}", *more]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + data)

    def counts(self, method, path):
        if method == "GET" or not path.startswith("/api/v3/order"):
            return []
        return [f"X-MBX-ORDER-COUNT-10S: {min(self.x.ordered, 9)}",
                f"X-MBX-ORDER-COUNT-1D: {self.x.ordered}"]

    def act(self, method, path, query, headers, body):
        self.weight = (self.weight + 1) % 500
        try:
            return 200, self.x.rest(method, path, headers, query, body)
        except Refused as r:
            return r.status, r.body

    async def spoil(self, f, writer, act):
        """@return True: the connection is to be closed"""
        kind, s = f["fault"], f.get("seconds", 1)
        if kind.endswith("-after"):
            act()
        if kind in ("fill-first", "answer-late"):
            if kind == "fill-first":
                self.x.fill(f.get("part", "0.5"))
            status, obj = act()
            self.flush()
            await asyncio.sleep(s if kind == "answer-late" else 0)
            self.reply(writer, status, obj)
        if kind in ("status500", "status503"):
            self.reply(writer, int(kind[6:]), {"code": -1000, "msg":
                       "An unknown error occurred while processing the "
                       "request."})
        elif kind.startswith("status"):
            self.reply(writer, int(kind[6:]), None, raw=b"<html>no</html>")
        elif kind == "json":
            self.reply(writer, 200, None, raw=b'{"orderId": 12, ')
        elif kind == "huge":
            self.reply(writer, 200, None,
                       raw=b'{"orderId":' + b"9" * 400 + b"}")
        elif kind in ("429", "418"):
            self.reply(writer, int(kind), {
                "code": -1003, "msg": "Too many requests."},
                [f"Retry-After: {s}"])
        elif kind.startswith("unknown"):
            self.reply(writer, 504, {"code": -1007, "msg": "Timeout waiting "
                       "for response from backend server. Send status "
                       "unknown; execution status unknown."})
        elif kind.startswith("hang"):
            self.flush()
            await asyncio.sleep(s)
            return True
        elif kind == "late":
            asyncio.get_running_loop().call_later(
                0.8, lambda: (act(), self.flush()))
            return True
        elif kind == "refuse":
            self.reply(writer, 400, {"code": -2010, "msg": "Account has "
                       "insufficient balance for requested action."})
        elif kind == "lag":
            self.reply(writer, 400, {"code": -2013, "msg":
                                     "Order does not exist."})
        elif kind.startswith("drop"):
            return True
        elif kind == "slow":
            status, obj = act()
            data = json.dumps(obj).encode()
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: "
                         f"{len(data)}\r\n\r\n".encode())
            for i in range(0, len(data), 40):
                writer.write(data[i:i + 40])
                await asyncio.sleep(0.01)
        return False

    async def serve(self, reader, writer):
        try:
            while True:
                q = await self.request(reader)
                if q is None:
                    break
                method, path, query, headers, body = q
                if headers.get("upgrade", "").lower() == "websocket":
                    await self.websocket(path, query, headers, reader, writer)
                    break
                if path == "/control":
                    self.reply(writer, 200, self.control(body))
                    continue
                if path == "/control/book":
                    self.reply(writer, 200, self.book())
                    continue
                self.log.append(f"{method} {path}?{query} {body}")
                f = self.fault(method, path)
                if f is not None:
                    if await self.spoil(f, writer, lambda: self.act(
                            method, path, query, headers, body)):
                        writer.transport.abort()
                        self.flush()
                        return
                else:
                    status, obj = self.act(method, path, query, headers, body)
                    if self.x.rnd.random() < 0.5:
                        self.flush()    # the event before the answer
                    self.reply(writer, status, obj, self.counts(method, path))
                self.flush()
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.close()

    # --- WebSocket ---

    def answer(self, stream, m):
        method, params = m.get("method", ""), m.get("params") or {}
        out = {"id": m.get("id"), "status": 200}
        try:
            if method == "userDataStream.subscribe.signature":
                self.x.call(params)
                stream.subscribed = True
                out["result"] = {"subscriptionId": 0}
            elif method == "userDataStream.unsubscribe":
                stream.subscribed = False
                out["result"] = {}
            elif method == "session.subscriptions":
                out["result"] = [{"subscriptionId": 0}] * stream.subscribed
            elif method == "ping":
                out["result"] = {}
            elif method == "time":
                out["result"] = {"serverTime": self.x.now()}
            elif method in self.x.METHODS:
                out["result"] = self.x.METHODS[method](
                    self.x, self.x.call(params))
            else:
                raise Refused(400, -1100, "unknown method")
        except Refused as r:
            out.update(status=r.status, error=r.body)
        if params.get("returnRateLimits") is not False:
            out["rateLimits"] = []
        return out

    async def prices(self, stream):
        n = 0
        while True:
            for s in stream.symbols:
                n += 1
                mid = self.x.mid[s]
                stream.send({"stream": f"{s.lower()}@bookTicker", "data": {
                    "u": n, "s": s, "b": text(mid - D("0.01")),
                    "B": text(1), "a": text(mid + D("0.01")), "A": text(1)}})
            await asyncio.sleep(0.25)

    async def websocket(self, path, query, headers, reader, writer):
        key = headers["sec-websocket-key"]
        accept = base64.b64encode(hashlib.sha1((
            key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()
            ).digest()).decode()
        writer.write((f"HTTP/1.1 101 Switching Protocols\r\n"
                      f"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        s = Stream(reader, writer)
        task = None
        if path == "/stream":
            names = unquote(dict(parse_qsl(query)).get("streams", ""))
            s.symbols = [n.partition("@")[0].upper()
                         for n in names.split("/") if n]
            task = asyncio.ensure_future(self.prices(s))
        self.streams.add(s)
        try:
            while True:
                op, data = await s.receive()
                if op == 8:
                    s.frame(8, data[:2])
                    break
                if op == 9:
                    s.frame(10, data)
                elif op == 1:
                    s.send(self.answer(s, json.loads(data)))
                    self.flush()
        finally:
            self.streams.discard(s)
            if task is not None:
                task.cancel()

    async def run(self):
        server = await asyncio.start_server(
            self.serve, "127.0.0.1", self.args.port, limit=1 << 20)
        print("port", server.sockets[0].getsockname()[1], flush=True)
        while True:
            await asyncio.sleep(20)
            for s in list(self.streams):
                s.frame(9, b"ping")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--key", default="K")
    p.add_argument("--secret", default="S")
    asyncio.run(Server(p.parse_args()).run())


if __name__ == "__main__":
    main()
