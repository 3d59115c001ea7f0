"""Two gateways in a row: the FIX venue of A is B, which has a simulated one, and
between them a wire that can be cut."""
import os
import socket
import sys
import threading
import time

from fixclient import FixClient, utc
from gateway import TOP, Gateway

sys.path.insert(0, os.path.join(TOP, "tests", "faults"))
import journalfile as jf                                        # noqa: E402

E8 = 10 ** 8
VERSIONS = {"4.2": "BeginString=FIX.4.2", "4.3": "BeginString=FIX.4.3",
            "4.4": "BeginString=FIX.4.4",
            "5.0SP2": "BeginString=FIXT.1.1\nDefaultApplVerID=9"}
LIMITS = """
MaxOrderQty=1000
MaxOrderNotional=1000000000
MaxLong=100000000
MaxShort=100000000
MaxOpenOrders=200000
MaxOpenNotional=unlimited
CollarPercent=10
OrdersPerSecond=unlimited
OrderBurst=unlimited
"""
GATE = """
[GATEWAY]
DataDir=${DATA_DIR}
[DEFAULT]
SenderCompID=FIXGATE
[SESSION]
ConnectionType=acceptor
SocketAcceptPort=${FIX_PORT}
BeginString=FIX.4.4
TargetCompID=%(client)s
Accounts=DEMO
[DROPCOPY COPIES]
ConnectionType=acceptor
SocketAcceptPort=${FIX_PORT}
BeginString=FIX.4.4
Copy=all
[SESSION]
ConnectionType=initiator
%(version)s
SenderCompID=GATE
TargetCompID=VENUE
SocketConnectHost=127.0.0.1
SocketConnectPort=%(port)d
ReconnectInterval=1
%(session)s
[RISK account DEMO]
%(limits)s"""
FAR = """
[VENUE FAR]
Type=fix
Session=VENUE
Symbols=AAPL 100, MSFT 100
%s
[ROUTE]
Venue=FAR
"""
SECOND = """
[GATEWAY]
DataDir=${DATA_DIR}
[SESSION]
ConnectionType=acceptor
SocketAcceptPort=${FIX_PORT}
SenderCompID=VENUE
%(version)s
TargetCompID=GATE
[RISK account HOUSE]
%(limits)s
[VENUE SIM]
Type=sim
Symbols=%(symbols)s
%(sim)s
[ROUTE]
Venue=SIM
"""


def gate(version, port, session="", client="CLIENT", limits=LIMITS):
    """Settings of a gateway with a session to a venue at a port; the venues are
    still to be added."""
    return GATE % {"version": VERSIONS[version], "port": port,
                   "session": session, "client": client, "limits": limits}


def first(version, port, session="", venue="AccountMap=DEMO:HOUSE"):
    """Settings of a gateway whose venue speaks FIX at a port."""
    return gate(version, port, session) + FAR % venue


def second(version, symbols="AAPL 100 0.01 10 5", sim="", limits=LIMITS):
    """Settings of a gateway that is the venue of the first."""
    return SECOND % {"version": VERSIONS[version], "symbols": symbols,
                     "sim": sim, "limits": limits}


def wait_up(g, times=1, timeout=60, text="venue FAR is up"):
    """Until its venue has come up so many times."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        with open(g.log) as f:
            if f.read().count(text) >= times:
                return
        time.sleep(0.005)
    raise TimeoutError("its venue is not up:\n" + g.tail())


class Wire:
    """TCP from A to B, in threads of its own; cut() breaks what flows."""

    def __init__(self, port):
        self.to = port
        self.lst = socket.create_server(("127.0.0.1", 0))
        self.port = self.lst.getsockname()[1]
        self.pairs = []
        self.open = True
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                a, _ = self.lst.accept()
            except OSError:
                return
            try:
                if not self.open:
                    raise ConnectionError
                b = socket.create_connection(("127.0.0.1", self.to), 5)
            except OSError:
                a.close()
                continue
            for s in (a, b):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.pairs.append((a, b))
            for x, y in ((a, b), (b, a)):
                threading.Thread(target=self.carry, args=(x, y),
                                 daemon=True).start()

    def carry(self, x, y):
        try:
            while True:
                data = x.recv(1 << 16)
                if not data:
                    break
                y.sendall(data)
        except OSError:
            pass
        for s in (x, y):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        for a, b in self.pairs:
            for s in (a, b):
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs = []

    def close(self):
        self.open = False
        self.cut()
        self.lst.close()


class Heard(FixClient):
    """A client that keeps all it was told."""

    def __init__(self, name):
        super().__init__("FIX.4.4", name, "FIXGATE")
        self.all = []

    def use(self, m):
        super().use(m)
        if m.type not in self.ADMIN:
            self.all.append(m)


class Pair:
    def __init__(self, version, sim="", session=""):
        self.b = Gateway(second(version, sim=sim))
        self.wire = Wire(self.b.port)
        self.a = Gateway(first(version, self.wire.port, session))
        self.client = Heard("CLIENT")
        self.copies = Heard("COPIES")

    def __enter__(self):
        self.b.start()
        self.a.start()
        self.client.connect(self.a.port)
        wait_up(self.a)
        return self

    def __exit__(self, *exc):
        self.wire.close()
        self.a.close()
        self.b.close()


def order(name, side, qty, px, tif="0", symbol="AAPL"):
    return [(11, name), (1, "DEMO"), (55, symbol), (54, side), (60, utc()),
            (38, qty), (40, "2"), (44, px), (59, tif)]


def cancel(name, orig, side):
    return [(11, name), (41, orig), (55, "AAPL"), (54, side), (60, utc())]


def replace(name, orig, side, qty, px):
    return [(11, name), (41, orig), (55, "AAPL"), (54, side), (60, utc()),
            (38, qty), (40, "2"), (44, px)]


def position_told(messages):
    """What executions add up to, each ExecID once."""
    seen = {}
    for m in messages:
        if m.type == "8" and m.get(150) == "F":
            sign = 1 if m.get(54) == "1" else -1
            seen[m.get(17)] = sign * int(m.get(32))
    return sum(seen.values())


class Books:
    """A gateway's journal: its positions, orders and what they hold."""

    def __init__(self, g):
        self.positions, self.orders, self.asked = {}, {}, []
        self.e8 = {}        # positions, in 10^-8
        for turn in jf.Journal(os.path.join(g.dir, "data", "trading", "journal")).more():
            for r in turn:
                if r.kind == jf.IN and r.msg.type == "D":
                    self.asked.append(r.msg)
                if r.kind != jf.KEEP or not r.value:
                    continue
                if r.table == jf.POSITIONS:
                    key = r.key.replace(b"\0", b" ").decode()
                    self.e8[key] = jf.I64.unpack_from(r.value)[0]
                    self.positions[key] = self.e8[key] // E8
                elif r.table == jf.ORDERS:
                    self.orders[r.key] = jf.order_row(r.value)

    def live(self):
        return [o for o in self.orders.values() if o.status in "0157A9U6E"]
