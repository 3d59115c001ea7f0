#!/usr/bin/env python3
"""Figures: ours, the peer's and the raw floor's, from one run, interleaved.

Writes a table for people and build/bench/bench.json (one record a line).
    bench.py [ROUNDS]
"""
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile

from gateway import BUILD, TOP, Gateway, free_port

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
HERE = os.path.join(BUILD, "tests", "bench")
TRIP = os.path.join(HERE, "trip")
SESSION = os.path.join(HERE, "session")
QF = os.path.join(HERE, "qf_server")
CONDITIONS = ("dictionary check, risk and journal on, ReadyOrders=300000, no "
              "TLS. Round trips: client and server on one core. Throughput: "
              "the server has one core for itself, the client another")

FLOOR = "raw epoll ping-pong"
SYNC = "one fdatasync"
SESSION_TRIP = "session alone: report out"
SESSION_RATE = "session alone: window of 1,000"
NEW = "gateway: New out"
FILL = "gateway: New and Fill out"
RATE = "gateway: window of 1,000"
QF_TRIP = "QuickFIX: report out"
DISK_NEW = "gateway, Durability=disk: New out"
DISK_RATE = "gateway, Durability=disk: window of 1,000"

NOS, ER, MD = ("NewOrderSingle", "ExecutionReport",
               "MarketDataIncrementalRefresh")
C = "straight-line C, converted"
WRITTEN = "straight-line C writes it"

NANOSECONDS = "ns"  # a goal that is a time of its own
# Of which figure which percentile, at most (times) or at least (orders/s) how
# many times which other figure's; None: as it stands.
GOALS = [
    *((f"{m}: touched", "p50", 1.3, f"{m}: bare AVX2 tokeniser") for m in (NOS, ER, MD)),
    *((f"{m}: converted", "p50", 1.25, f"{m}: {C}") for m in (NOS, ER, MD)),
    (f"{NOS}: dictionary check", "p50", 250, NANOSECONDS),
    (f"{ER}: built from typed values", "p50", 1.25, f"{ER}: {WRITTEN}"),
    (SESSION_TRIP, "p50", 1.35, FLOOR),
    (SESSION_TRIP, "p99", 2, FLOOR),
    (SESSION_TRIP, "p50", 0.2, QF_TRIP),
    (FILL, "p50", 1.75, FLOOR),
    (FILL, "p99", 3, FLOOR),
    (SESSION_RATE, "p50", 1_000_000, None),
    (RATE, "p50", 400_000, None),
    (DISK_RATE, "p50", 100_000, None),
    (DISK_NEW, "p50", 1.3, SYNC),
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
    for args in (("20000", "1"), ("20000", "100"), ("20000", "1", "fill")):
        add(run("taskset", "-c", "0", os.path.join(HERE, "turn"), *args))


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


def ours():
    with Gateway(settings("process")) as gw:
        gw.start()
        pinned(gw.process)
        add(trip("new", gw.port, "CLIENT44", 20000), NEW)
        add(trip("fill", gw.port, "CLIENT44", 20000), FILL)
        add(trip("window", gw.port, "CLIENT44", 200000), RATE)


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


def quickfix():
    port = free_port()
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "settings")
        with open(path, "w") as f:
            f.write(f"""[DEFAULT]
ConnectionType=acceptor
SocketAcceptPort={port}
SocketReuseAddress=Y
SocketNodelay=Y
StartTime=00:00:00
EndTime=00:00:00
FileStorePath={d}/store
DataDictionary={TOP}/dictionaries/FIX44.xml
ResetOnLogon=Y
[SESSION]
BeginString=FIX.4.4
SenderCompID=FIXGATE
TargetCompID=CLIENT44
""")
        p = subprocess.Popen(["taskset", "-c", "0", QF, path],
                             stdout=subprocess.PIPE, text=True)
        try:
            p.stdout.readline()
            add(trip("echo", port, "CLIENT44", 5000), QF_TRIP)
            add(trip("windowecho", port, "CLIENT44", 20000),
                "QuickFIX: window of 1,000")
        finally:
            p.kill()
            p.wait()


def median(name, key="p50"):
    v = [r[key] for r in records.get(name, []) if key in r]
    return statistics.median(v) if v else None


def goals():
    """@return [(name, key, goal's text, what was reached, met)]"""
    out = []
    for name, key, bound, of in GOALS:
        is_rate = of is None
        got = median(name, key)
        base = 1 if is_rate else 1000 if of == NANOSECONDS else median(of, key)
        if got is None or base is None:
            continue
        got /= base
        text = (f">= {bound:,} orders/s" if is_rate else
                f"<= {bound} ns" if of == NANOSECONDS else
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
        ratio = f"{a / floor:7.2f}" if unit == "ns" and floor else ""
        if unit == "ps":
            cells = [f"{x / 1000:8.1f}ns" for x in (a, b, c)]
        elif unit == "ns":
            cells = [f"{x / 1000:8.1f}us" for x in (a, b, c)]
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
        on_disk()
        if os.path.exists(QF):
            quickfix()
    table()
    save()


if __name__ == "__main__":
    main()
