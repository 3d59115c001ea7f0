"""A FIX client of a gateway whose venue is a simulator of ours: what it sends,
what it was told, and comparison with the venue's book.

A test of a venue ends with storms of faults: 1,000 orders in four seeds in full
size, 40 otherwise. SEED=7 ORDERS=1000 PARTS=chaos in the environment make it
one storm of 1,000 orders and nothing else."""
import os
import re
import time

from fixclient import FixClient
from gateway import FULL, Gateway

CONF_ = """
[GATEWAY]
DataDir=${DATA_DIR}
TableSize=16M
SegmentSize=1M
[VENUE VEN]
%s
[ROUTE]
Venue=VEN
[RISK account DEMO]
MaxOrderQty=1000000000
MaxOrderNotional=unlimited
MaxLong=10000000000
MaxShort=10000000000
MaxOpenOrders=200000
MaxOpenNotional=unlimited
CollarPercent=%s
OrdersPerSecond=100000
OrderBurst=100000
[DEFAULT]
ConnectionType=acceptor
SocketAcceptAddress=127.0.0.1
SocketAcceptPort=${FIX_PORT}
BeginString=FIX.4.4
SenderCompID=FIXGATE
Accounts=DEMO
ResetOnLogon=N
[SESSION]
TargetCompID=CLIENT
"""


FIRST_SEED = int(os.environ.get("SEED", "1"))
ORDERS = int(os.environ.get("ORDERS", "0"))


def run_parts(chaos, **parts):
    wanted = os.environ.get("PARTS", " ".join(parts) + " chaos").split()
    for name, part in parts.items():
        if name in wanted:
            part()
    seeds = 4 if FULL and not ORDERS else 1
    for seed in range(FIRST_SEED, FIRST_SEED + seeds):
        if "chaos" in wanted:
            chaos(seed, ORDERS or (250 if FULL else 40))


CONF = CONF_ % ("%s", "unlimited")      # in which the venue's settings go


def gateway(*settings, collar="unlimited", more=""):
    """more: sections behind the client's"""
    return Gateway(CONF_ % ("\n".join(settings), collar) + more)


def until(what, timeout=60):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.02)
    return None


def status(g, name="VEN"):
    m = re.search(rf"^venue {name} (.*)$", g.fixgate("control", "status"),
                  re.M)
    return m.group(1) if m else ""


def holdings(g, name="VEN"):
    """@return {asset: (the account's, ours, difference or None)}"""
    text = g.fixgate("control", "holdings", name)
    return {m[1]: m.groups()[1:] for m in re.finditer(
        rf"^{name} (\S+) holds (\S+) ours (\S+)(?: differs by (\S+))?$", text,
        re.M)}


def accounts_agree(g):
    """The venue's account is what our executions make of it."""
    return until(lambda: all(x == y and d is None
                             for x, y, d in holdings(g).values()), 20)


def venue_pid(g):
    pid = g.process.pid
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        for p in f.read().split():
            try:
                with open(f"/proc/{p}/comm") as name:
                    if name.read().strip() == "VEN":
                        return int(p)
            except FileNotFoundError:
                pass
    return None


class Client(FixClient):
    """A venue's test may set what its orders are, if nothing is said."""
    SYMBOL, QTY, TIF = "AAPL", "10", 0

    def __init__(self):
        super().__init__("FIX.4.4", "CLIENT", "FIXGATE")
        self.all, self.n = [], 0

    def use(self, m):
        super().use(m)
        if m.type not in self.ADMIN:
            self.all.append(m)

    def new(self, price=None, qty=None, tif=None, side=1, symbol=None,
            kind=None, stop=None, expire=None, more=()):
        """more: fields as pairs; (38, None) for an order without it."""
        self.n += 1
        kind = kind or (2 if price else 1)
        self.send("D", [(11, f"C{self.n}"), (1, "DEMO"), (55, symbol or self.SYMBOL),
                        (54, side), *([(114, "Y")] if side == 5 else []),
                        *([] if (38, None) in more else
                          [(38, qty or self.QTY)]), (40, kind),
                        *([(44, price)] if price else []),
                        *([(99, stop)] if stop else []),
                        (59, self.TIF if tif is None else tif),
                        *([(126, expire)] if expire else []),
                        *[f for f in more if f[1] is not None],
                        (60, "20260101-00:00:00")])
        return f"C{self.n}"

    def change(self, kind, orig, qty=None, price=None, side=1, symbol=None,
               tif=None, terms=None):
        """terms: fields of a G as pairs, instead of a limit's."""
        self.n += 1
        self.send(kind, [(11, f"C{self.n}"), (41, orig), (55, symbol or self.SYMBOL),
                         (54, side), (1, "DEMO"),
                         *(terms or [(38, qty), (40, 2), (44, price),
                                     (59, self.TIF if tif is None else tif)]
                           if kind == "G" else []),
                         (60, "20260101-00:00:00")])
        return f"C{self.n}"

    def about(self, id_, types, timeout=60):
        try:
            return self.wait(lambda m: id_ in (m.get(11), m.get(41)) and
                             (m.get(150) in types if m.type == "8" else
                              m.type in types), timeout)
        except TimeoutError:
            return None

    def view(self):
        """The last state of each order as it was told, by OrderID."""
        last = {}
        for m in self.all:
            if m.get(150) == "I" or m.get(37) in (None, "NONE"):
                continue
            if m.type == "8":
                last[m.get(37)] = {t: m.get(t)
                                   for t in (39, 14, 11, 54, 55, 38)}
            elif m.type == "9" and m.get(37) in last:
                last[m.get(37)][39] = m.get(39)
        return last

    def finish(self, timeout=120, ids=()):
        """Cancel what lives until all has ended, and of ids something was
        told. @return has it?"""
        asked = {}

        def over():
            self.pump(0.05)
            last, now = self.view(), time.monotonic()
            for k, o in last.items():
                if o[39] in "01A" and asked.get(k, 0) < now - 3:
                    asked[k] = now
                    self.change("F", o[11], side=o[54], symbol=o[55])
            told = {m.get(tag) for m in self.all for tag in (11, 41)}
            return len(last) > 0 and told.issuperset(ids) and all(
                o[39] in "248C" for o in last.values())
        return until(over, timeout)
