#!/usr/bin/env python3
"""Pictures: build/bench/latency.png and build/bench/sessions.png.

fixgate bench drives this gateway, and QuickFIX where it is built, with one order
in flight and at a fixed rate; and one to 32 sessions at once with as many orders
as they take. gnuplot draws. Server and client have a core each.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import bench
import scale
from gateway import BUILD, FIXGATE, TOP, Gateway, free_port

OUT = os.path.join(BUILD, "bench")
COUNT = 40000
RATE = 10000
SESSIONS = (1, 2, 4, 8, 16, 32)

LATENCY = """set terminal pngcairo size 1000,560 font "sans,12"
set output "{out}"
set title "NewOrderSingle to ExecutionReport, loopback, a core each"
set xlabel "percentile"
set ylabel "microseconds"
set logscale x
set logscale y
set xrange [1:10000]
set xtics ("0" 1, "90" 10, "99" 100, "99.9" 1000, "99.99" 10000)
set grid
set key right bottom
plot {curves}
"""

THROUGHPUT = """set terminal pngcairo size 1000,560 font "sans,12"
set output "{out}"
set title "NewOrderSingle to New, sessions at once, 1,000 orders in flight in all"
set xlabel "sessions"
set ylabel "orders a second"
set logscale x 2
set yrange [0:*]
set grid
set key right bottom
plot {curves}
"""


def load(port, sender, *args):
    return ["taskset", "-c", "1", FIXGATE, "bench", "--target",
            f"127.0.0.1:{port}", "--sender", sender, "--target-comp-id",
            "FIXGATE", "--account", "DEMO", "--price", "180", "--quiet",
            "--json", *map(str, args)]


def percentiles(name, port, directory):
    """Two curves: one in flight, and at a rate."""
    out = []
    for what, args in ((f"{name}, one in flight", ()),
                       (f"{name}, {RATE:,} a second", ("--rate", RATE))):
        hdr = os.path.join(directory, f"{len(os.listdir(directory))}.hgrm")
        subprocess.run(load(port, "CLIENT44", "--count", COUNT, "--hdr", hdr,
                            *args), check=True, capture_output=True)
        out.append((what, hdr))
    return out


def at_once(port, n):
    """Orders a second of n sessions together."""
    ps = [subprocess.Popen(load(port, f"MANY{i}", "--until", "new", "--count",
                                COUNT * 4 // n, "--window", 1000 // n),
                           stdout=subprocess.PIPE, text=True)
          for i in range(n)]
    return sum(json.loads(p.communicate()[0])["orders_per_s"] for p in ps)


def gnuplot(script, data):
    subprocess.run(["gnuplot", "-"], input=script, text=True, check=True,
                   cwd=data, env=dict(os.environ, LC_ALL="C.UTF-8"))


def main():
    if shutil.which("gnuplot") is None:
        sys.exit("plot.py: gnuplot is missing: install Debian's gnuplot-nox")
    os.makedirs(OUT, exist_ok=True)
    with tempfile.TemporaryDirectory() as d:
        conf = bench.settings("process") + scale.ANYONE
        with Gateway(conf) as gw:
            gw.start()
            bench.pinned(gw.process)
            curves = percentiles("fixgate", gw.port, d)
            rates = [at_once(gw.port, n) for n in SESSIONS]
        with Gateway(conf.replace("[GATEWAY]\n", "[GATEWAY]\nBusyPoll=200\n",
                                  1)) as gw:
            gw.start()
            bench.pinned(gw.process)
            curves += percentiles("fixgate, BusyPoll=200", gw.port, d)
        if os.path.exists(bench.QF):
            with bench.QuickFix() as port:
                curves += percentiles("QuickFIX", port, d)
        gnuplot(LATENCY.format(out=f"{OUT}/latency.png", curves=", \\\n".join(
            f'"{h}" using 4:1 every ::2 with lines lw 2 title "{n}"'
            for n, h in curves)), d)
        with open(os.path.join(d, "rates"), "w") as f:
            f.writelines(f"{n} {r}\n" for n, r in zip(SESSIONS, rates))
        gnuplot(THROUGHPUT.format(
            out=f"{OUT}/sessions.png",
            curves='"rates" with linespoints lw 2 pt 7 title "fixgate"'), d)
    print(f"written: {OUT}/latency.png {OUT}/sessions.png")


if __name__ == "__main__":
    main()
