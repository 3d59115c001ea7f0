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

import gateway
from gateway import BUILD, TOP, Gateway, free_port

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
HERE = os.path.join(BUILD, "tests", "bench")
TRIP = os.path.join(HERE, "trip")
QF = os.path.join(HERE, "qf_server")
CONDITIONS = ("Durability=process, dictionary check, risk and journal on, no "
              "TLS, client and server on one core")

records = {}


def add(text, rename=None):
    for line in text.splitlines():
        if line.startswith("{"):
            r = json.loads(line)
            records.setdefault(rename or r["name"], []).append(r)


def trip(*args):
    return subprocess.run([TRIP, *map(str, args)], check=True, text=True,
                          capture_output=True, timeout=600).stdout


def pinned(process):
    """The gateway's processes on core 0, as the client is."""
    subprocess.run(["sh", "-c", f"for p in {process.pid} $(pgrep -P "
                    f"{process.pid}); do taskset -cp 0 $p; done"],
                   check=True, capture_output=True)


def ours():
    with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
        conf = f.read().replace("AAPL 187.25,", "AAPL 187.25 0.01 90000000,")
    with Gateway(conf) as gw:
        gw.start()
        pinned(gw.process)
        add(trip("new", gw.port, "CLIENT44", 20000))
        add(trip("fill", gw.port, "CLIENT44", 20000))
        add(trip("window", gw.port, "CLIENT44", 60000), "window of 1,000")


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
            add(trip("echo", port, "CLIENT44", 5000), "QuickFIX, report out")
            add(trip("windowecho", port, "CLIENT44", 20000),
                "QuickFIX, window of 1,000")
        finally:
            p.kill()
            p.wait()


def median(name, key="p50"):
    v = [r[key] for r in records.get(name, []) if key in r]
    return statistics.median(v) if v else None


def table():
    floor = median("raw epoll ping-pong")
    print(f"\n{platform.processor() or platform.machine()}, "
          f"{os.cpu_count()} cores, {platform.release()}; median of {ROUNDS} "
          f"interleaved rounds\n{CONDITIONS}\n")
    print(f"{'':52}{'p50':>10}{'p99':>10}{'p99.9':>10}  x floor")
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
        print(f"{name:52}" + "".join(f"{x:>10}" for x in cells) + "  " + ratio)


def save():
    floor = median("raw epoll ping-pong")
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
            f.write(json.dumps(r) + "\n")
    print(f"\nwritten: {out}/bench.json")


def main():
    for i in range(ROUNDS):
        print(f"round {i + 1} of {ROUNDS}", file=sys.stderr, flush=True)
        add(subprocess.run(["taskset", "-c", "0", os.path.join(HERE, "codec")],
                           check=True, text=True, capture_output=True).stdout)
        for args in (("20000", "1"), ("20000", "100"), ("20000", "1", "fill")):
            add(subprocess.run(["taskset", "-c", "0",
                                os.path.join(HERE, "turn"), *args], check=True,
                               text=True, capture_output=True).stdout)
        add(trip("floor"))
        ours()
        if os.path.exists(QF):
            quickfix()
    table()
    save()


if __name__ == "__main__":
    main()
