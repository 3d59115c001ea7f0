#!/usr/bin/env python3
"""Instructions a message, by callgrind, beside the committed counts.

Times move with whatever else a machine does; instructions are the same each
time, so that a change which costs 5 % more is seen. The counts in counts.txt
are of x86-64 with AVX2, gcc 12, -O2.
    counts.py            compare; status 1: one of them has grown by 5 %
    counts.py --write    these are the new counts
"""
import os
import re
import subprocess
import sys
import tempfile

TOP = os.environ.get("TOP_SRCDIR", ".")
BUILD = os.environ.get("TOP_BUILDDIR", "build")
HERE = os.path.join(BUILD, "tests", "bench")
FILE = os.path.join(TOP, "tests", "bench", "counts.txt")
MAY_GROW = 1.05

CODEC = [f"{kind}: {what}"
         for kind in ("NewOrderSingle", "ExecutionReport",
                      "MarketDataIncrementalRefresh")
         for what in ("touched", "converted", "dictionary check")]
CODEC += ["NewOrderSingle: read as an order",
          "ExecutionReport: read as an execution",
          "ExecutionReport: built from typed values"]
RISK = {f"risk: decision beside {n} live orders": n
        for n in ("1", "100", "10000")}
TRADER = {"trader: New, 1 a turn": ("1",),
          "trader: New, 100 a turn": ("100",),
          "trader: New and Fill, 1 a turn": ("1", "fill"),
          "trader: New and Fill, 100 a turn": ("100", "fill")}


def instructions(program, toggle, *args):
    with tempfile.TemporaryDirectory() as d:
        p = subprocess.run(
            [os.path.join(BUILD, "libtool"), "--mode=execute", "valgrind",
             "--tool=callgrind", f"--callgrind-out-file={d}/out",
             *([f"--toggle-collect={toggle}"] if toggle else []),
             os.path.join(HERE, program), *args],
            capture_output=True, text=True, timeout=600)
        found = re.search(r"Collected : (\d+)", p.stderr)
        if p.returncode != 0 or found is None:
            sys.exit(f"{program} {args}: status {p.returncode}\n{p.stderr}")
        return int(found.group(1))


def per_message(program, toggle, before, after, sizes):
    """What a message more costs: what happens once falls out."""
    few, many = (instructions(program, toggle, *before, str(n), *after)
                 for n in sizes)
    return round((many - few) / (sizes[1] - sizes[0]))


def measure():
    counts = {}
    for name in CODEC:
        counts[name] = per_message("codec", None, (name,), (), (640, 1920))
    for name, n in RISK.items():
        counts[name] = per_message("risk", None, (n,), (), (2000, 6000))
    for name, args in TRADER.items():
        counts[name] = per_message("turn", "run_orders", (), args,
                                   (2000, 6000))
    return counts


def committed():
    with open(FILE) as f:
        return {name: int(n) for n, name in
                (line.rstrip("\n").split("\t") for line in f
                 if not line.startswith("#"))}


def write(counts):
    with open(FILE, "w") as f:
        f.write("# Instructions a message, see counts.py; `make bench-check` "
                "compares.\n")
        f.writelines(f"{n}\t{name}\n" for name, n in counts.items())


def main():
    counts = measure()
    if "--write" in sys.argv:
        write(counts)
        return 0
    was, worse = committed(), 0
    for name, n in counts.items():
        before = was.get(name)
        too_many = before is None or n > before * MAY_GROW
        worse += too_many
        change = "" if before is None else f"{(n / before - 1) * 100:+.1f} %"
        print(f"{n:>8} {change:>8}  {name}" + ("  TOO MANY" if too_many else ""))
    if worse:
        print(f"{worse} of {len(counts)} need over 5 % more instructions than "
              "tests/bench/counts.txt says; make them fewer, or say in the "
              "commit what they buy and run tests/bench/counts.py --write")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
