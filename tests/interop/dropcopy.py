#!/usr/bin/env python3
"""A drop copy consumer made with QuickFIX that is killed again and again, with
the gateway now and then, and is away for long: in the end it has every fill,
and none twice but marked so. Its log is held against the journal as well."""
import os
import re
import subprocess
import time

from gateway import FIXGATE, FULL, TOP, Gateway
from peers import QF_PEER, QuickFix
from tap import Tap

t = Tap()
LIVE = 300                        # orders in each of the rounds below
ROUNDS = 6                        # it is killed in each, in the midst of it
AWAY = 100000 if FULL else 2000   # while it is away
WAIT = 120


class Consumer:
    """QuickFIX, which writes what it gets to a file before it goes on."""

    def __init__(self, qf):
        self.qf = qf
        self.log = os.path.join(qf.dir, "log")
        self.process = None

    def start(self):
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                self.qf.argv, stdin=subprocess.PIPE, stdout=out, stderr=out)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
        self.process = None

    def size(self):
        return os.path.getsize(self.log) if os.path.exists(self.log) else 0

    def reaches(self, size):
        """Wait until its log is so long."""
        end = time.monotonic() + WAIT
        while self.size() < size:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.size()} of {size} bytes")
            time.sleep(0.002)

    def messages(self):
        """Whole lines of reports: ExecID, and is it marked as a repetition?"""
        with open(self.log, "rb") as f:
            for line in f:
                if line.startswith(b"app ") and b"|35=8|" in line and \
                        line.endswith(b"|\n"):
                    got = re.search(rb"\|17=([^|]+)\|", line)
                    yield (got.group(1), b"|43=Y|" in line,
                           b"|797=Y|" in line and b"|115=CLIENT44|" in line)

    def until(self, n):
        """Wait for n different fills. @return how many it has"""
        end, at = time.monotonic() + WAIT, -1
        got = set()
        while len(got) < n and time.monotonic() < end:
            if self.size() == at:
                time.sleep(0.02)
                continue
            at = self.size()
            got = {m[0] for m in self.messages()}
        return len(got)


def orders(g, n):
    """n orders that are filled, as fast as the gateway takes them."""
    subprocess.run([FIXGATE, "bench", "--target", f"127.0.0.1:{g.port}",
                    "--sender", "CLIENT44", "--target-comp-id", "FIXGATE",
                    "--price", "190", "--until", "fill", "--window", "500",
                    "--warm", "0", "--count", str(n), "--quiet", "--json"],
                   check=True, stdout=subprocess.DEVNULL, timeout=WAIT)
    return n


def settings():
    with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
        conf = f.read()
    conf = conf.replace("AAPL 187.25,", "AAPL 187.25 0.01 1000000 1,")
    for limit in ("OrdersPerSecond", "OrderBurst"):  # none is refused for speed
        conf = conf.replace(f"{limit}=100000", f"{limit}=100000000")
    conf = conf.replace("Copy=all", "Copy=trades\nCopyCounts=1", 1)
    return conf + "".join(
        f"\n[DROPCOPY {name}]\nCopy=all\nCopyCounts=1\n{more}\n"
        for name, more in (("C42", "BeginString=FIX.4.2"),
                           ("C50", "BeginString=FIXT.1.1\n"
                            "DefaultApplVerID=9")))


def every_version(g, done):
    """Its own dictionaries check what other versions' consumers get."""
    for name, version in (("C42", "4.2"), ("C50", "5.0SP2"))[:2 if FULL else 1]:
        qf = QuickFix(version, g.port, comp=name)
        c = Consumer(qf)
        try:
            c.start()
            got = c.until(done)
            t.ok(got == done, f"{version}: QuickFIX takes every report",
                 f"{got} of {done}\n{g.tail()}")
        finally:
            c.kill()
            qf.close()
    with open(g.log, errors="replace") as f:
        wrong = [x for x in f if "rejected by the peer" in x or
                 "peer sends 35=j" in x and "DROP COPY" not in x]
    t.ok(not wrong, "and rejects none", "".join(wrong[:5]))


def killed_in_the_midst(g, c):
    """@return fills of all rounds"""
    done = 0
    for i in range(ROUNDS):
        at = c.size()
        c.start()
        if i % 3 == 0:
            c.reaches(at + 120)  # it is logged on
        done += orders(g, LIVE)
        c.reaches(at + 20000)
        c.kill()
        if i % 2 == 1:
            g.kill()
            g.start()
    return done


def main():
    if not os.path.exists(QF_PEER):
        t.skip("QuickFIX", "libquickfix-dev is not installed")
        t.done()
    with Gateway(settings()) as g:
        qf = QuickFix("4.4", g.port, comp="DROPCOPY")
        c = Consumer(qf)
        try:
            g.start()
            every_version(g, 2 * orders(g, 50))
            done = 50 + killed_in_the_midst(g, c)
            began = time.monotonic()
            done += orders(g, AWAY)
            made = time.monotonic() - began
            at = c.size()
            for i in range(1, 5):  # and as it catches up
                enough = max(at + i * AWAY * 50, c.size() + 120)
                c.start()
                c.reaches(enough)
                c.kill()
            c.start()
            began = time.monotonic()
            got = c.until(done)
            t.ok(got == done, f"it has all {done} fills; {AWAY} of them, made "
                 f"in {made:.1f} s, while it was away "
                 f"({time.monotonic() - began:.1f} s after its last death)",
                 f"{got}\n{g.tail()}")
            g.kill()
            g.start()
            done += orders(g, 10)
            got = c.until(done)
            c.kill()
            seen, twice = set(), []
            for ident, marked, is_copy in c.messages():
                if ident in seen and not marked:
                    twice.append(ident)
                seen.add(ident)
            t.ok(got == len(seen) == done and not twice,
                 "after the last death of the gateway none is missing, and "
                 "none comes twice unmarked", f"{got} {done} {twice[:5]}")
            t.ok(all(m[2] for m in c.messages()), "all are marked as copies")
            p = subprocess.run([FIXGATE, "dropcopy", "reconcile", "DROPCOPY",
                                c.log, "-c", g.conf], env=g.env,
                               capture_output=True, text=True)
            t.ok(p.returncode == 0 and f"{done} executions: 0 missing" in
                 p.stderr, "and fixgate dropcopy reconcile finds nothing",
                 p.stdout[:1000] + p.stderr)
        finally:
            c.kill()
            qf.close()
    t.done()


main()
