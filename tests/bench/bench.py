#!/usr/bin/env python3
"""Figures: ours, the peer's and the raw floor's, from one run, interleaved.

Writes a table for people and build/bench/bench.json (one record a line).
    bench.py [ROUNDS]
"""
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile

import scale
import venues
from fixclient import FixClient
from gateway import BUILD, TOP, Gateway, free_port

ROUNDS = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdigit() else 5
HERE = os.path.join(BUILD, "tests", "bench")
TRIP = os.path.join(HERE, "trip")
SESSION = os.path.join(HERE, "session")
PEERS = os.path.join(HERE, "peers")
QF = os.path.join(PEERS, "qf_server")
CONDITIONS = ("dictionary check, risk and journal on, ReadyOrders=300000, no "
              "TLS. Round trips: client and server on one core. Throughput: "
              "the server has one core for itself, the client another. Venues: "
              "the gateway has one core, client and simulator the other")

FLOOR = "raw epoll ping-pong"
SYNC = "one fdatasync"
SESSION_TRIP = "session alone: report out"
SESSION_RATE = "session alone: window of 1,000"
NEW = "gateway: New out"
FILL = "gateway: New and Fill out"
ALL_ON = "gateway, all controls on: New and Fill out"
APART = "gateway: New and Fill out, client on the other core"
COPIED = "the same, three drop copies, one of which does not read"
RATE = "gateway: window of 1,000"
QF_TRIP = "QuickFIX: report out"
DISK_NEW = "gateway, Durability=disk: New out"
DISK_RATE = "gateway, Durability=disk: window of 1,000"

NOS, ER, MD = ("NewOrderSingle", "ExecutionReport",
               "MarketDataIncrementalRefresh")
C = "straight-line C, converted"
WRITTEN = "straight-line C writes it"

SESSIONS = f"{scale.SESSIONS:,} sessions"
NANOSECONDS = "ns"    # a goal that is a time of its own
AT_MOST = "at most"   # a goal in the figure's own unit
# Of which figure which percentile, at most (times) or at least (orders/s) how
# many times which other figure's; None: as it stands.
GOALS = [
    *((f"{m}: touched", "p50", 1.3, f"{m}: bare AVX2 tokeniser") for m in (NOS, ER, MD)),
    *((f"{m}: converted", "p50", 1.25, f"{m}: {C}") for m in (NOS, ER, MD)),
    (f"{NOS}: dictionary check", "p50", 250, NANOSECONDS),
    *((f"{m}: dictionary check", "p50", round(1 / 12, 4),
       f"QuickFIX, {m}: dictionary check") for m in (NOS, ER, MD)),
    (f"{ER}: built from typed values", "p50", 1.25, f"{ER}: {WRITTEN}"),
    ("risk: decision beside 10000 live orders", "p50", 1.3,
     "risk: decision beside 1 live orders"),
    (SESSION_TRIP, "p50", 1.35, FLOOR),
    (SESSION_TRIP, "p99", 2, FLOOR),
    (SESSION_TRIP, "p50", 0.2, QF_TRIP),
    (FILL, "p50", 1.75, FLOOR),
    (FILL, "p99", 3, FLOOR),
    (SESSION_RATE, "p50", 1_000_000, None),
    (RATE, "p50", 400_000, None),
    (DISK_RATE, "p50", 100_000, None),
    (DISK_NEW, "p50", 1.3, SYNC),
    (f"{SESSIONS}: resident each", "p50", 16384, AT_MOST),
    (f"{SESSIONS}: all logged on", "p50", 10_000_000_000, AT_MOST),
    (f"{SESSIONS}: idle, of a core", "p50", 20_000, AT_MOST),
    (f"active session beside {scale.SESSIONS:,}: New out", "p99", 1.2,
     "active session alone: New out"),
    ("resend", "p50", 500_000, None),
    ("resend: memory it takes", "p50", 33_554_432, AT_MOST),
    ("trading beside the resend: New out", "p99", 1.5,
     "trading alone: New out"),
    ("start after a kill: ready", "p50", 2000, AT_MOST),
    ("start after a stop: ready", "p50", 2000, AT_MOST),
    ("beside a slow consumer: New and Fill out", "p99", 1.2,
     "nothing slow: New and Fill out"),
    (venues.STOPPED, "p99", 1.2, venues.ALONE),
    (venues.SILENT, "p99", 1.2, venues.ALONE),
    *((f"beside {what}: New and Fill out", "p99", 1.2,
       "nothing slow: New and Fill out")
      for what in ("TLS handshakes", "auditor and PostgreSQL",
                   "auditor, PostgreSQL gone", "a backup")),
]

records = {}


def add(text, rename=None):
    for line in text.splitlines():
        if line.startswith("{"):
            r = json.loads(line)
            records.setdefault(rename or r["name"], []).append(r)


def run(*args):
    return subprocess.run([*map(str, args)], check=True, text=True,
                          capture_output=True, timeout=600).stdout


def trip(*args):
    return run(TRIP, *args)


def codec():
    add(run("taskset", "-c", "0", os.path.join(HERE, "codec")))
    add(run("taskset", "-c", "0", os.path.join(HERE, "risk")))
    for args in (("20000", "1"), ("20000", "100"), ("20000", "1", "fill")):
        add(run("taskset", "-c", "0", os.path.join(HERE, "turn"), *args))
    qf_codec = os.path.join(PEERS, "qf_codec")
    for m in (NOS, ER, MD) if os.path.exists(qf_codec) else ():
        ring = subprocess.run([os.path.join(HERE, "codec"), "print", m],
                              check=True, capture_output=True).stdout
        p = subprocess.run([qf_codec, os.path.join(TOP, "dictionaries",
                                                   "FIX44.xml"), m],
                           input=ring, check=True, capture_output=True,
                           timeout=600)
        add(p.stdout.decode())


def session():
    """Each run a folder of its own: its numbers begin at 1."""
    for what, n, name in (("echo", 20000, SESSION_TRIP),
                          ("windowecho", 300000, SESSION_RATE)):
        with tempfile.TemporaryDirectory() as d:
            p = subprocess.Popen([SESSION, d], stdout=subprocess.PIPE,
                                 text=True)
            port = p.stdout.readline().strip()
            try:
                add(trip(what, port, "CLIENT44", n), name)
            finally:
                p.kill()
                p.wait()


def pinned(process):
    """The gateway's processes on core 0, as the client of round trips is."""
    run("sh", "-c", f"for p in {process.pid} $(pgrep -P {process.pid}); do "
        "taskset -cp 0 $p; done")


def settings(durability):
    with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
        conf = f.read().replace("AAPL 187.25,", "AAPL 187.25 0.01 90000000,")
    conf = conf.replace("MaxOpenOrders=200000", "MaxOpenOrders=9000000")
    conf = conf.replace("[GATEWAY]\n", "[GATEWAY]\nReadyOrders=300000\n"
                        "SegmentSize=512M\n", 1)
    conf = conf.replace("OrdersPerSecond=100000", "OrdersPerSecond=9000000")
    return conf.replace("Durability=process", f"Durability={durability}")


MANY = 9_000_000_000
WIDE = "".join(f"{k}=unlimited\n" for k in (
    "MaxOrderQty", "MaxOrderNotional", "MaxLong", "MaxShort", "MaxOpenOrders",
    "MaxOpenNotional", "CollarPercent", "OrdersPerSecond", "OrderBurst"))
# What an account, a group and the firm have, wide enough for the run. Its orders
# are all alike, and R-16 looks at those of the window one by one.
RULES = f"""OrdTypes=market,limit
TimesInForce=day,gtc,ioc
FarPercent=50
CollarTicks=10000
MaxVolumePercent=50
DuplicateMax=60000
DuplicateWindow=1
PositionMode=conservative
MaxNet={MANY}
MaxGross={MANY}
MaxTurnover={MANY}
MaxBought={MANY}
MaxSold={MANY}
MaxTradedQty={MANY}
MaxOrderToTrade=1000000
MaxVolumeToTrade=1000000
OrderToTradeMin=20
MaxLoss={MANY}
MaxDrawdown={MANY}
ReducingLoss={MANY - 1}
"""


def all_on():
    """Every control that the settings have, in every scope of an order."""
    conf = settings("process").replace("[RISK account DEMO]", f"""[RISK firm]
{WIDE}{RULES}Alerts=Y
SelfTrade=allow
[RISK group DESK]
{WIDE}{RULES}[RISK class EQ]
{WIDE}[RISK symbol AAPL]
Class=EQ
TickBands=0 0.0001,1 0.01
AverageDailyVolume={MANY}
RangeWindow=10
RangeTicks=100000
StartTime=00:00:00
EndTime=23:59:59
TimeZone=UTC
{WIDE}[RISK session CLIENT44]
{WIDE}MaxCancelPercent=95
[RISK exchange symbol AAPL]
{WIDE}[RISK client account DEMO]
{WIDE}[RISK account DEMO]
Group=DESK
Cash={MANY}
FeePercent=0.1
MaxExecutedOrders={MANY}
{RULES}""", 1)
    with Gateway(conf) as gw:
        gw.start()
        pinned(gw.process)
        add(trip("fill", gw.port, "CLIENT44", 20000), ALL_ON)


def ours():
    with Gateway(settings("process")) as gw:
        gw.start()
        pinned(gw.process)
        add(trip("new", gw.port, "CLIENT44", 20000), NEW)
        add(trip("fill", gw.port, "CLIENT44", 20000), FILL)
        add(trip("window", gw.port, "CLIENT44", 200000), RATE)


class Subscribers:
    """Drop copies of all, on core 1: two read, one does not after its Logon."""

    NAMES = ("COPY1", "COPY2", "COPY3")
    CONF = "".join(f"\n[DROPCOPY {n}]\nBeginString=FIX.4.4\nCopy=all\n"
                   for n in NAMES)

    def __init__(self, port):
        self.children = []
        for name in self.NAMES:
            pid = os.fork()
            if pid == 0:
                os.sched_setaffinity(0, {1 % os.cpu_count()})
                self.read(name, port)
            self.children.append(pid)

    def read(self, name, port):
        try:
            c = FixClient("FIX.4.4", name, "FIXGATE", heartbeat=600)
            c.connect(port)
            while name != self.NAMES[2] and c.sock.recv(1 << 20):
                pass
            signal.pause()
        finally:
            os._exit(0)

    def close(self):
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def copied():
    with Gateway(settings("process") + Subscribers.CONF) as gw:
        gw.start()
        pinned(gw.process)
        s = None
        try:
            add(trip("fill", gw.port, "CLIENT44", 20000, "apart"), APART)
            s = Subscribers(gw.port)
            while gw.fixgate("sessions", "--json").count('"up": true') < 3:
                pass
            add(trip("fill", gw.port, "CLIENT44", 20000, "apart"), COPIED)
        finally:
            if s is not None:
                s.close()


def on_disk():
    """What earlier runs left to be written would count as a sync's time, so it
    is written first; and a sync is measured before and after."""
    os.sync()
    with Gateway(settings("disk")) as gw:
        gw.start()
        pinned(gw.process)
        add(trip("sync", gw.dir))
        add(trip("new", gw.port, "CLIENT44", 3000), DISK_NEW)
        add(trip("sync", gw.dir))
        add(trip("window", gw.port, "CLIENT44", 60000), DISK_RATE)


class QuickFix:
    """The peer, on core 0; its port."""

    def __enter__(self):
        port = free_port()
        self.dir = tempfile.TemporaryDirectory()
        path = os.path.join(self.dir.name, "settings")
        with open(path, "w") as f:
            f.write(f"""[DEFAULT]
ConnectionType=acceptor
SocketAcceptPort={port}
SocketReuseAddress=Y
SocketNodelay=Y
StartTime=00:00:00
EndTime=00:00:00
FileStorePath={self.dir.name}/store
DataDictionary={TOP}/dictionaries/FIX44.xml
ResetOnLogon=Y
[SESSION]
BeginString=FIX.4.4
SenderCompID=FIXGATE
TargetCompID=CLIENT44
""")
        self.p = subprocess.Popen(["taskset", "-c", "0", QF, path],
                                  stdout=subprocess.PIPE, text=True)
        self.p.stdout.readline()
        return port

    def __exit__(self, *exc):
        self.p.kill()
        self.p.wait()
        self.p.stdout.close()
        self.dir.cleanup()


def quickfix():
    with QuickFix() as port:
        add(trip("echo", port, "CLIENT44", 5000), QF_TRIP)
        add(trip("windowecho", port, "CLIENT44", 20000),
            "QuickFIX: window of 1,000")


def median(name, key="p50"):
    v = [r[key] for r in records.get(name, []) if key in r]
    return statistics.median(v) if v else None


def goals():
    """@return [(name, key, goal's text, what was reached, met)]"""
    out = []
    for name, key, bound, of in GOALS:
        is_rate = of is None
        got = median(name, key)
        base = (1 if is_rate or of == AT_MOST else
                1000 if of == NANOSECONDS else median(of, key))
        if got is None or base is None:
            continue
        got /= base
        unit = records[name][0]["unit"]
        text = (f">= {bound:,} {unit}" if is_rate else
                f"<= {bound} ns" if of == NANOSECONDS else
                f"<= {bound:,} {unit}" if of == AT_MOST else
                f"<= {bound} x {of}, {key}")
        out.append((name, key, text, round(got, 3),
                    got >= bound if is_rate else got <= bound))
    return out


def table():
    floor = median(FLOOR)
    print(f"\n{platform.processor() or platform.machine()}, "
          f"{os.cpu_count()} cores, {platform.release()}; median of {ROUNDS} "
          f"interleaved rounds\n{CONDITIONS}\n")
    print(f"{'':56}{'p50':>10}{'p99':>10}{'p99.9':>10}  x floor")
    for name in sorted(records, key=list(records).index):
        unit = records[name][0]["unit"]
        a, b, c = (median(name, k) for k in ("p50", "p99", "p99.9"))
        ratio = (f"{a / floor:7.2f}" if unit == "ns" and b is not None and
                 floor else "")
        if unit in ("ps", "ns") and b is not None:
            name_of = {"ps": "ns", "ns": "us"}[unit]
            cells = [f"{x / 1000:8.1f}{name_of}" for x in (a, b, c)]
        else:
            cells = [f"{a:>10,.0f}", "", unit]
        print(f"{name:56}" + "".join(f"{x:>10}" for x in cells) + "  " + ratio)
    print("\ngoals")
    for name, key, text, got, met in goals():
        print(f"  {'met   ' if met else 'MISSED'} {name}, {key}: {got:,} "
              f"({text})")


def save():
    floor = median(FLOOR)
    out = os.path.join(BUILD, "bench")
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "bench.json"), "w") as f:
        for name, runs in records.items():
            r = {"name": name, "unit": runs[0]["unit"],
                 "settings": CONDITIONS, "rounds": len(runs),
                 "n": runs[0]["n"]}
            for k in ("p50", "p99", "p99.9"):
                if median(name, k) is not None:
                    r[k] = median(name, k)
            if r["unit"] == "ns" and floor:
                r["ratio_to_floor"] = round(r["p50"] / floor, 3)
            own = [g for g in goals() if g[0] == name]
            if own:
                r["goal"] = "; ".join(g[2] for g in own)
                r["goal_met"] = all(g[4] for g in own)
            f.write(json.dumps(r) + "\n")
    print(f"\nwritten: {out}/bench.json")


def main():
    for i in range(ROUNDS):
        print(f"round {i + 1} of {ROUNDS}", file=sys.stderr, flush=True)
        codec()
        add(trip("floor"))
        session()
        ours()
        all_on()
        copied()
        on_disk()
        if os.path.exists(QF):
            quickfix()
    for part in (scale.sessions, scale.resend, scale.start, scale.slow,
                 scale.beside_the_trail, scale.audit, scale.cost, venues.out,
                 venues.slow):
        print(part.__doc__.split(".")[0], file=sys.stderr, flush=True)
        for r in part():
            records.setdefault(r["name"], []).append(r)
    table()
    save()


if __name__ == "__main__":
    main()
