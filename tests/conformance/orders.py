#!/usr/bin/env python3
"""The cases of gateways that work orders (order-*) over TCP, against a real
fixgated with a simulated venue: one that answers at once, one that takes its
time, and some with faults."""
import concurrent.futures
import os
import re
import subprocess

from gateway import FIXGATE, Gateway
from tap import Tap

t = Tap()
CONF = """
[GATEWAY]
DataDir=${DATA_DIR}
[DEFAULT]
ConnectionType=acceptor
SocketAcceptAddress=127.0.0.1
SocketAcceptPort=${FIX_PORT}
SenderCompID=FIXGATE
Accounts=DEMO
[SESSION]
BeginString=FIX.4.2
TargetCompID=T4.2
[SESSION]
BeginString=FIX.4.4
TargetCompID=T4.4
[SESSION]
BeginString=FIXT.1.1
DefaultApplVerID=9
TargetCompID=T5.0SP2
[RISK account DEMO]
MaxOrderQty=1000000
MaxOrderNotional=1000000000
MaxLong=100000000
MaxShort=100000000
MaxOpenOrders=200000
MaxOpenNotional=unlimited
CollarPercent=10
OrdersPerSecond=unlimited
OrderBurst=unlimited
[VENUE SIM]
Type=sim
Symbols=SYM 10 0.01 1 0
%s
[ROUTE]
Venue=SIM
"""
VERSIONS = ["4.2", "4.4", "5.0SP2"]
# What the venue does, and what the cases call that.
KINDS = [("", None),
         ("LatencyUs=60000", "VenueSlow=Y"),
         ("FaultFillBeforeAck=1", "FaultFillBeforeAck=1"),
         ("FaultDuplicateExec=1", "FaultDuplicateExec=1"),
         ("FaultNoAck=1", "FaultNoAck=1")]


def cases(setting):
    """Ids of the cases that need just that, from the list of the command."""
    out = subprocess.run([FIXGATE, "conform", "--list", "--case", "order-*"],
                         capture_output=True, text=True, check=True).stdout
    found = []
    for line in out.splitlines():
        needs = re.findall(r"\[(\w+=\w+)\]", line)
        if needs == ([setting] if setting else []):
            found.append(line.split()[0])
    return found


def play(port, version, setting, only):
    args = [FIXGATE, "conform", "--target", f"127.0.0.1:{port}", "--sender",
            "T" + version, "--target-comp-id", "FIXGATE", "--version", version,
            "--can", "orders", "--timeout", "30", "--strict", "--no-color"]
    for case in only:
        args += ["--case", case]
    if setting:
        args += ["--setting", setting]
    p = subprocess.run(args, capture_output=True, text=True, timeout=200)
    return p.returncode, p.stdout + p.stderr


def kind(lines, setting):
    """Every version, one after the other: they share the book."""
    out = []
    want = cases(setting)
    with Gateway(CONF % lines) as g:
        g.start()
        for v in VERSIONS:
            rc, text = play(g.port, v, setting, want)
            n = len([c for c in want if v != "4.2" or
                     c not in ("order-M1", "order-S1")])
            m = re.search(r"(\d+) passed, (\d+) failed", text)
            good = rc == 0 and m and m.groups() == (str(n), "0")
            out.append((good and n > 0, f"{v}, {setting or 'plain venue'}: "
                        f"{n} cases", text))
    return out


with concurrent.futures.ThreadPoolExecutor(len(KINDS)) as pool:
    jobs = [pool.submit(kind, lines, setting) for lines, setting in KINDS]
    for j in jobs:
        for good, name, text in j.result():
            t.ok(good, name, text)
known = {k[1] for k in KINDS}
out = subprocess.run([FIXGATE, "conform", "--list", "--case", "order-*"],
                     capture_output=True, text=True, check=True).stdout
t.ok(all(set(re.findall(r"\[(\w+=\w+)\]", x)) <= known
         for x in out.splitlines()), "no case is left out", out)
# A gateway that can't be what a case needs does not pass it.
with Gateway(CONF % "FaultReject=1") as g:
    g.start()
    rc, text = play(g.port, "4.4", None, ["order-A1", "order-B1"])
    t.ok(rc == 1 and " 2 failed" in text, "a venue that refuses all fails them",
         text)
t.done()
