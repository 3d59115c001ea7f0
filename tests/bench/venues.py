"""Venues in processes of their own: how long an order takes from a client's
socket to the venue's, and what a venue that hangs costs orders of another.

Between gateway and simulator stands a process that notes when a request has
come. As scale.py; by hand: venues.py [out|slow] [ORDERS]
"""
import json
import os
import select
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "venues"))

import scale                                                    # noqa: E402
import venueclient                                              # noqa: E402
from alpacavenue import Alpaca                                  # noqa: E402
from binancevenue import Binance                                # noqa: E402
from fixclient import FixClient                                 # noqa: E402
from gateway import TOP, Gateway                                # noqa: E402
from oandavenue import Oanda                                    # noqa: E402
from twssim import TwsSim                                       # noqa: E402

ORDERS = 1000


class Front:
    """Passes bytes on, in a process of its own; stamps what begins an order."""

    def __init__(self, port, is_order):
        self.to, self.is_order = port, is_order
        self.listen = socket.create_server(("127.0.0.1", 0))
        self.port = self.listen.getsockname()[1]
        self.stamps, out = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self.run(out)
            finally:
                os._exit(1)
        os.close(out)
        self.listen.close()

    def run(self, out):
        other = {}
        while True:
            for s in select.select([self.listen, *other], [], [])[0]:
                if s is self.listen:
                    a, b = s.accept()[0], socket.create_connection(
                        ("127.0.0.1", self.to))
                    for x in (a, b):
                        x.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    other[a], other[b] = (b, True), (a, False)
                elif s in other:
                    self.carry(s, other, out)

    def carry(self, s, other, out):
        to, ours = other[s]
        try:
            data = s.recv(1 << 16)
            now = time.monotonic_ns()
            if data:
                to.sendall(data)
        except OSError:
            data = b""
        if data and ours and self.is_order(data):
            os.write(out, now.to_bytes(8, "little"))
        if not data:
            for x in (s, to):
                del other[x]
                x.close()

    def next(self):
        if not select.select([self.stamps], [], [], 30)[0]:
            raise RuntimeError("an order did not come to its venue")
        return int.from_bytes(os.read(self.stamps, 8), "little")

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.stamps)


def times(name, ns):
    ns.sort()
    at = lambda p: ns[min(len(ns) - 1, int(len(ns) * p))]   # noqa: E731
    return {"name": name, "unit": "ns", "p50": at(.5), "p99": at(.99),
            "p99.9": at(.999), "n": len(ns)}


def measure(name, front, c, n, order, pause):
    """One order in flight; each is over before the next."""
    took = []
    for i in range(n + n // 10):
        data = c.number("D", [(11, f"B{i}"), (1, "DEMO"), *order,
                              (60, "20260101-00:00:00")])
        at = time.monotonic_ns()
        c.sock.sendall(data)
        m = c.wait(lambda m: m.type == "8" and m.get(11) == f"B{i}" and
                   m.get(39) in "48C", 60)
        if m.get(39) == "8":
            raise RuntimeError(f"{name}: {m}")
        if i >= n // 10:
            took.append(front.next() - at)
        else:
            front.next()
        c.inbox.clear()
        time.sleep(pause)
    return times(f"{name}: order in to request out", took)


def order(symbol, qty, price):
    return [(55, symbol), (54, 1), (38, qty), (40, 2), (44, price), (59, 3)]


REST = (    # how orders begin there, one that ends at once, a pause for its pace
    (Binance, b"POST /api/v3/order", order("BTCUSDT", "0.001", "59000.00"), 0),
    (Alpaca, b"POST /v2/orders", order("AAPL", "10", "180.00"), 0),
    (Oanda, b"POST /v3/accounts/", order("EUR/USD", "1000", "1.05"), 0.02),
)


def rest(n):
    for kind, begins, what, pause in REST:
        with kind() as sim:
            front = Front(sim.port, lambda d, b=begins: d.startswith(b))
            conf = [x.replace(f":{sim.port}", f":{front.port}")
                    for x in sim.settings()]
            with venueclient.gateway(*conf, f"Symbols={what[0][1]}") as g:
                yield started(f"venue {kind.__name__}", g, front, n, what,
                              pause)
            front.close()


def started(name, g, front, n, what, pause):
    g.start()
    scale.pin(g)
    if not venueclient.until(lambda: venueclient.status(g) == "up"):
        raise RuntimeError(f"{name} is not up: {g.tail()}")
    c = venueclient.Client().connect(g.port)
    return measure(name, front, c, n, what, pause)


def tws(n):
    """45 messages a second are allowed there."""
    with TwsSim() as sim:
        front = Front(sim.port, lambda d: d[4:6] == b"3\0")
        with venueclient.gateway("Type=tws", f"Port={front.port}",
                                 "ClientId=7", "AccountId=DU1234567",
                                 "MarketData=Y", "Symbols=AAPL",
                                 collar="90") as g:
            yield started("venue TWS", g, front, n,
                          order("AAPL", "10", "150.00"), 0.03)
        front.close()


def fix(n):
    """The other gateway is the demo."""
    with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
        demo = Gateway(f.read())
    with demo:
        demo.start()
        front = Front(demo.port, lambda d: b"\00135=D\001" in d)
        with venueclient.gateway(
                "Type=fix", "Session=FIXGATE", "Symbols=AAPL 187.25", more=f"""
[SESSION]
ConnectionType=initiator
SocketConnectHost=127.0.0.1
SocketConnectPort={front.port}
SenderCompID=CLIENT44
TargetCompID=FIXGATE
""") as g:
            yield started("venue of FIX", g, front, n,
                          order("AAPL", "10", "180.00"), 0)
        front.close()


def out(n=ORDERS):
    """Orders out to each venue. The gateway has a core for itself, client,
    simulator and what stands between share the other."""
    os.sched_setaffinity(0, {1 % os.cpu_count()})
    return [*rest(n), *tws(min(n, 500)), *fix(n)]


class Sender:
    """Orders for the slow venue, a hundred a second, from another session."""

    def __init__(self, port):
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self.run(port)
            finally:
                os._exit(1)

    def run(self, port):
        c = FixClient("FIX.4.4", "CLIENT42", "FIXGATE", heartbeat=600)
        c.connect(port)
        signal.signal(signal.SIGUSR1, lambda *_: None)
        i, on = 0, False
        while True:
            got = signal.sigtimedwait({signal.SIGUSR1}, 0.01 if on else 60)
            if got is not None:
                on = not on
            if on:
                i += 1
                c.send("D", [(11, f"S{i}"), (1, "DEMO"), *order(
                    "BTCUSDT", "0.001", "59000.00"),
                    (60, "20260101-00:00:00")])
            c.pump(0)
            c.inbox.clear()

    def switch(self):
        os.kill(self.pid, signal.SIGUSR1)

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


ALONE = "no venue slow: New and Fill out"
STOPPED = "beside a venue's process that is stopped: New and Fill out"
SILENT = "beside a venue that does not answer: New and Fill out"


def slow(rounds=5, n=20000):
    """A venue that hangs, and gets a hundred orders a second, beside another
    session's orders at the simulated venue; and nothing of it, in turns."""
    out = []
    with Binance() as sim:
        conf = scale.settings("", "SegmentSize=512M\nBusyPoll=1000\n"
                              "ReadyOrders=300000\n")
        conf = conf.replace("[ROUTE]\n", "[VENUE VEN]\n" + "\n".join(
            [*sim.settings(), "Symbols=BTCUSDT"]) + "\n[ROUTE]\n"
            "Symbol=BTCUSDT\nVenue=VEN\n[ROUTE]\n", 1).replace(
            "BeginString=FIX.4.2\n", "BeginString=FIX.4.4\n", 1)
        with Gateway(conf) as g:
            g.start()
            scale.pin(g)
            venue = venueclient.venue_pid(g)
            os.sched_setaffinity(venue, {1 % os.cpu_count()})
            os.sched_setaffinity(0, {1 % os.cpu_count()})
            venueclient.until(lambda: venueclient.status(g) == "up")

            def fills(name, n=n):
                out.extend(scale.named(name, scale.trip(
                    "fill", g.port, "CLIENT44", n, "apart")))
            sender = Sender(g.port)
            fills("", 2000)
            out.clear()
            for _ in range(rounds):
                fills(ALONE)
                os.kill(venue, signal.SIGSTOP)
                sender.switch()
                fills(STOPPED)
                os.kill(venue, signal.SIGCONT)
                sim.control(fault="hang-after", path="POST /api/v3/order",
                            n=1000000, seconds=3600)
                fills(SILENT)
                sender.switch()
                sim.control(calm=True)
                venueclient.until(lambda: venueclient.status(g) == "up")
            sender.close()
    return out


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else "out"
    n = [int(x) for x in sys.argv[2:]]
    for r in {"out": out, "slow": slow}[what](*n):
        print(json.dumps(r))


if __name__ == "__main__":
    main()
