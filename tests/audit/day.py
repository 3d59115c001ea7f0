"""A small trading day for the tests of the trail."""
import json
import os
import subprocess
import time

from fixclient import FixClient
from gateway import FIXGATE, TOP

NAME = "audit.example/demo"
with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    CONF = f.read().replace(
        "DataDir=", "SegmentSize=1M\nTableSize=16M\nDataDir=") + \
        f"\n[AUDIT]\nName={NAME}\n"


def wait_for(what, timeout=60):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.02)
    return None


def audit(g, *args, check=True, env=None):
    p = subprocess.run([FIXGATE, "audit", *args, "-c", g.conf],
                       env=dict(g.env, **(env or {})), capture_output=True,
                       text=True, timeout=120)
    if check and p.returncode != 0:
        raise RuntimeError(f"audit {args}: {p.stdout}{p.stderr}\n{g.tail()}")
    return p


def status(g):
    """Of a gateway that runs: a new one is ready before its auditor has begun
    the chain."""
    def told():
        p = audit(g, "status", "--json", check=False)
        return p if "no audit trail in" not in p.stderr else None
    p = wait_for(told) or audit(g, "status", "--json")
    if p.returncode != 0:
        raise RuntimeError(f"audit status: {p.stdout}{p.stderr}\n{g.tail()}")
    return json.loads(p.stdout)


def shipped(g):
    """PostgreSQL has all that the journal has. @return False after a time"""
    last = json.loads(g.fixgate("journal", "list", "--json")
                      .splitlines()[-1])["record"]

    def there():
        s = status(g)
        return s["journal_record"] >= int(last) and \
            s["postgresql"]["lag_events"] == 0 and s
    return wait_for(there)


def order(c, cl_ord_id, qty=1, px="190.00", side=1, text=None, account="DEMO"):
    c.send("D", [(11, cl_ord_id), (1, account), (55, "AAPL"), (54, side),
                 (38, qty), (40, 2), (44, px), (60, "20260101-00:00:00")] +
           ([(58, text)] if text else []))


def client(g, nums=None):
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
    if nums:
        c.next_out, c.next_in = nums
    c.connect(g.port)
    return c


def trade(c, name, n):
    for i in range(n):
        order(c, f"{name}{i}")
    c.wait(lambda m: m.get(11) == f"{name}{n - 1}" and m.get(150) == "F")


def busy_day(c):
    """A fill, a live order, a replace, a cancel, a refusal, odd bytes."""
    order(c, "A1", 100, text='=x\nALERT \x7f\xe9\x80 "q"')
    c.wait(lambda m: m.get(11) == "A1" and m.get(150) == "F")
    order(c, "A2", 250, "180.00", 2)
    c.wait(lambda m: m.get(11) == "A2" and m.get(39) == "2")
    order(c, "A3", 100000000)
    c.wait(lambda m: m.get(11) == "A3" and m.get(150) == "8")
    order(c, "A4", 100, "180.00")
    c.wait(lambda m: m.get(11) == "A4" and m.get(150) == "0")
    c.send("G", [(11, "A5"), (41, "A4"), (1, "DEMO"), (55, "AAPL"), (54, 1),
                 (38, 90), (40, 2), (44, "181.00"),
                 (60, "20260101-00:00:00")])
    c.wait(lambda m: m.get(150) == "5")
    order(c, "B1", 70, "179.00")
    c.wait(lambda m: m.get(11) == "B1" and m.get(150) == "0")
    c.send("F", [(11, "B2"), (41, "B1"), (55, "AAPL"), (54, 1), (38, 70),
                 (60, "20260101-00:00:00")])
    c.wait(lambda m: m.get(150) == "4")
