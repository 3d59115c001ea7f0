#!/usr/bin/env python3
"""OANDA v20 for tests: REST, transaction stream and pricing stream on one port,
as strict as the real one where it is strict, and with faults on command.

    oanda_sim.py [--port N] [--seed N] [--token T] [--account A] [--balance B]

Prints "port N". Only the standard library. POST /control {"fault": ..., ...}
arms faults, GET /control/book tells every order and transaction:
  {"fault": KIND, "path": PREFIX, "n": COUNT, ...} does so to the next COUNT
  requests of that method and path ("POST /v3/accounts/"):
    status500 status503 json huge slow    before anything is done
    status403 status418                   by a firewall, without words
    drop-before drop-after                connection closed, not done / done
    unknown-before unknown-after          504, not done / done
    429                                   with Retry-After: SECONDS
    hang-before hang-after                no answer at all for SECONDS
    late                                  no answer, and done 0.8 s later
    lag                                   GET of an order: NO_SUCH_ORDER
  {"stream": "lose" | "twice" | "swap" | "split", "n": COUNT}  the next lines
  {"cut": true} all streams, in the middle of a line; {"stall": true} silence
  {"lie": {INSTRUMENT or "EUR": MORE}} what the account is said to hold
  {"halt": INSTRUMENT|null}; {"part": COUNT} fills are partial
  {"price": PX, "instrument": I} moves the market; {"expire": true} ends the day
  {"key": TOKEN} another is taken from now on; {"skew": SECONDS} its clock
"""
import argparse
import asyncio
import collections
import json
from urllib.parse import parse_qsl, unquote

from oanda_exchange import Account, Refused


def pack(obj):
    return json.dumps(obj, separators=(",", ":")).encode()


class Server:
    def __init__(self, args):
        self.args, self.x = args, Account(args)
        self.faults, self.stream_faults, self.held = [], [], None
        self.streams, self.prices = set(), set()
        self.stalled = False
        self.log, self.hits = [], collections.Counter()

    # --- faults ---

    def fault(self, method, path):
        for f in self.faults:
            if f"{method} {path}".startswith(f.get("path", "")) and (
                    f["fault"] != "lag" or (method == "GET" and
                                            "/orders/" in path)):
                f["n"] -= 1
                if f["n"] <= 0:
                    self.faults.remove(f)
                self.hits[f["fault"]] += 1
                return f
        return None

    def control(self, c):
        if "fault" in c:
            self.faults.append({"n": 1, **c})
        if "stream" in c:
            self.stream_faults += [c["stream"]] * c.get("n", 1)
        if "halt" in c:
            self.x.halted = c["halt"]
        if "part" in c:
            self.x.part = c["part"]
        if "price" in c:
            self.x.move(c.get("instrument", "EUR_USD"), c["price"])
        self.x.lie = c.get("lie", self.x.lie)
        self.x.token = c.get("key", self.x.token)
        self.x.skew = c.get("skew", self.x.skew)
        if c.get("expire"):
            self.x.expire()
        self.stalled = c.get("stall", self.stalled)
        if c.get("calm"):
            self.faults, self.stream_faults = [], []
            self.x.part = 0
        if c.get("cut"):
            for w in list(self.streams | self.prices):
                self.chunk(w, b'{"type":"HEART')
                w.close()
            self.streams.clear()
        self.flush()
        return {}

    def book(self):
        return {"orders": [o.shown() for o in self.x.orders],
                "transactions": self.x.tx, "log": self.log[-3000:],
                "net": {k: str(v) for k, v in self.x.net.items()},
                "posts": self.x.posts, "hits": self.hits, "streams": len(self.streams)}

    # --- streams ---

    def chunk(self, w, data):
        if not w.transport.is_closing():
            w.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def deliver(self, t, split=False):
        data = pack(t) + b"\n"
        for w in self.streams:
            if split:
                self.chunk(w, data[:17])
                self.chunk(w, data[17:])
            else:
                self.chunk(w, data)

    def flush(self):
        events, self.x.events = self.x.events, []
        if self.stalled:
            return
        for e in events:
            f = self.stream_faults.pop(0) if self.stream_faults else None
            if f is not None:
                self.hits[f] += 1
            if f == "lose":
                continue
            if f == "swap" and self.held is None:
                self.held = e
                continue
            self.deliver(e, f == "split")
            if f == "twice":
                self.deliver(e)
            if self.held is not None:
                self.deliver(self.held)
                self.held = None

    async def stream(self, path, q, reader, w):
        w.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream"
                b"\r\nTransfer-Encoding: chunked\r\n\r\n")
        if "/pricing/" in path:
            names = unquote(q.get("instruments", "")).split(",")
            self.prices.add(w)
            task = asyncio.ensure_future(self.tell_prices(w, names))
        else:
            self.streams.add(w)
            task = None
        try:
            await reader.read()
        finally:
            self.streams.discard(w)
            self.prices.discard(w)
            if task is not None:
                task.cancel()

    async def tell_prices(self, w, names):
        while True:
            for i in names:
                if i in self.x.mid:
                    self.chunk(w, pack(self.x.price(i)) + b"\n")
            await asyncio.sleep(0.25)

    async def beat(self):
        while True:
            await asyncio.sleep(1)
            if self.stalled:
                continue
            for w in self.streams:
                self.chunk(w, pack({"type": "HEARTBEAT",
                                    "lastTransactionID": self.x.last(),
                                    "time": self.x.now()}) + b"\n")

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
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        path, _, query = target.partition("?")
        return method, unquote(path), dict(parse_qsl(query)), headers, body

    def reply(self, w, status, obj, more=(), raw=None):
        data = raw if raw is not None else pack(obj)
        head = [f"HTTP/1.1 {status} X", "Content-Type: application/json",
                f"Content-Length: {len(data)}",
                f"RequestID: {self.x.next}", *more]
        w.write("\r\n".join(head).encode() + b"\r\n\r\n" + data)

    def act(self, method, path, q, headers, body):
        try:
            try:
                body = json.loads(body) if body else None
            except ValueError:
                raise Refused(400, "Invalid JSON") from None
            return self.x.rest(method, path, headers, q, body)
        except Refused as r:
            return r.status, r.body

    async def spoil(self, f, w, act):
        """@return True: the connection is to be closed"""
        kind, s = f["fault"], f.get("seconds", 1)
        if kind.endswith("-after"):
            act()
        if kind in ("status500", "status503"):
            self.reply(w, int(kind[6:]), {"errorMessage": "Internal error"})
        elif kind.startswith("status"):
            self.reply(w, int(kind[6:]), None, raw=b"<html>no</html>")
        elif kind == "json":
            self.reply(w, 200, None, raw=b'{"lastTransactionID": 12, ')
        elif kind == "huge":
            self.reply(w, 200, None, raw=b'{"lastTransactionID":"' +
                       b"9" * 400 + b'"}')
        elif kind == "429":
            self.reply(w, 429, {"errorMessage": "Too many requests"},
                       [f"Retry-After: {s}"])
        elif kind.startswith("unknown"):
            self.reply(w, 504, {"errorMessage": "Gateway Timeout"})
        elif kind.startswith("hang"):
            self.flush()
            await asyncio.sleep(s)
            return True
        elif kind == "late":
            asyncio.get_running_loop().call_later(
                0.8, lambda: (act(), self.flush()))
            return True
        elif kind == "lag":
            self.reply(w, 404, {"errorMessage": "The order ID specified does "
                                "not exist", "errorCode": "NO_SUCH_ORDER",
                                "lastTransactionID": self.x.last()})
        elif kind.startswith("drop"):
            return True
        elif kind == "slow":
            status, obj = act()
            data = pack(obj)
            w.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(data)}"
                    "\r\n\r\n".encode())
            for i in range(0, len(data), 200):
                w.write(data[i:i + 200])
                await asyncio.sleep(0.01)
        return False

    async def one(self, q, reader, w):
        """@return False: the connection is over"""
        method, path, query, headers, body = q
        if path == "/control":
            self.reply(w, 200, self.control(json.loads(body)))
            return True
        if path == "/control/book":
            self.reply(w, 200, self.book())
            return True
        self.log.append(f"{method} {path} {body.decode()}")
        f = self.fault(method, path)

        def act():
            return self.act(method, path, query, headers, body)
        if f is not None:
            if await self.spoil(f, w, act):
                w.transport.abort()
                self.flush()
                return False
        elif method == "GET" and path.endswith("/stream"):
            if headers.get("authorization") == f"Bearer {self.x.token}":
                await self.stream(path, query, reader, w)
                return False
            self.reply(w, 401, {"errorMessage": "Insufficient authorization "
                                "to perform request."})
        else:
            status, obj = act()
            if self.x.rnd.random() < 0.5:
                self.flush()    # the line before the answer
            self.reply(w, status, obj)
        self.flush()
        return True

    async def serve(self, reader, w):
        try:
            while True:
                q = await self.request(reader)
                if q is None or not await self.one(q, reader, w):
                    break
                await w.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            w.close()

    async def run(self):
        server = await asyncio.start_server(
            self.serve, "127.0.0.1", self.args.port, limit=1 << 20)
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await self.beat()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--token", default="T")
    p.add_argument("--account", default="101-001-1234567-001")
    p.add_argument("--balance", default="100000")
    asyncio.run(Server(p.parse_args()).run())


if __name__ == "__main__":
    main()
