#!/usr/bin/env python3
"""The cases of gateways that work orders over TCP, against a real fixgated.

order-*: a simulated venue that answers at once, one that takes its time, some
with faults. told-*: a venue that says what the case tells it to, each event and
race of the order state tables. In the end every id of those tables must have a
case that ran and passed, or a test of the desk that does (orders_ids.py)."""
import concurrent.futures
import os
import re
import subprocess
import tempfile
import threading
import xml.etree.ElementTree

import orders_ids
from gateway import BUILD, FIXGATE, Gateway
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
%s
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
MaxOrderQty=1000
MaxOrderNotional=1000000000
MaxLong=100000000
MaxShort=100000000
MaxOpenOrders=200000
MaxOpenNotional=unlimited
CollarPercent=10
OrdersPerSecond=unlimited
OrderBurst=unlimited
[VENUE SIM]
Symbols=SYM 10 0.01 1 0
%s
[ROUTE]
Venue=SIM
"""
VERSIONS = ["4.2", "4.4", "5.0SP2"]
TOLD = "Type=told\nReconcile=N"
# Of sessions, of the venue, and what the cases call that.
KINDS = [("", "Type=sim", []),
         ("", "Type=sim\nLatencyUs=60000", ["VenueSlow=Y"]),
         ("", "Type=sim\nFaultFillBeforeAck=1", ["FaultFillBeforeAck=1"]),
         ("", "Type=sim\nFaultDuplicateExec=1", ["FaultDuplicateExec=1"]),
         ("", "Type=sim\nFaultNoAck=1", ["FaultNoAck=1"]),
         ("", TOLD, ["VenueTold=Y"]),
         ("ReplaceAfterReject=rebase", TOLD,
          ["VenueTold=Y", "ReplaceAfterReject=rebase"]),
         ("ReplaceAfterReject=refuse\nReplaceFilled=allow", TOLD,
          ["VenueTold=Y", "ReplaceAfterReject=refuse", "ReplaceFilled=allow"])]


def listed(version=None):
    """Lines of the command's list; of a version, those that are for it."""
    out = subprocess.run([FIXGATE, "conform", "--list", "--case", "order-*",
                          "--case", "told-*"], capture_output=True, text=True,
                         check=True).stdout.splitlines()
    not_for = ("order-M", "order-S") if version == "4.2" else \
        ("told-42",) if version else ()
    return [x for x in out if not x.startswith(not_for)]


def needs_of(line):
    return sorted(re.findall(r"\[(\w+=\w+)\]", line))


class Operator(threading.Thread):
    """Carries what --hook says, thousands of times, to the control socket of a
    gateway: no program is started for it."""

    def __init__(self, g):
        super().__init__(daemon=True)
        self.g = g
        self.line, self.answer = (os.path.join(g.dir, x)
                                  for x in ("hook.line", "hook.answer"))
        os.mkfifo(self.line)
        os.mkfifo(self.answer)
        self.hook = f"echo $2 >{self.line}; read -r a <{self.answer}; " \
            'case $a in error*) echo "$a"; exit 1; esac'
        self.start()

    def run(self):
        while True:
            with open(self.line) as f:
                line = f.read().strip()
            try:
                said = self.g.ask(f"venue SIM {line}")
            except OSError as e:
                said = f"error: {e}"
            with open(self.answer, "w") as f:
                f.write(said or "error: no answer\n")


def play(g, version, settings, only, hook=None):
    """@return exit status, ids that passed, what was said"""
    args = [FIXGATE, "conform", "--target", f"127.0.0.1:{g.port}", "--sender",
            "T" + version, "--target-comp-id", "FIXGATE", "--version", version,
            "--can", "orders", "--timeout", "30", "--strict", "--no-color"]
    for case in only if len(only) < 60 else ["told-*"]:
        args += ["--case", case]
    for s in settings:
        args += ["--setting", s]
    if hook:
        args += ["--hook", hook]
    with tempfile.NamedTemporaryFile(suffix=".xml") as f:
        p = subprocess.run(args + ["--junit", f.name], env=g.env, text=True,
                           capture_output=True, timeout=400)
        tree = xml.etree.ElementTree.parse(f.name)
    passed = [c.get("name").split()[0] for c in tree.iter("testcase")
              if not list(c)]
    return p.returncode, passed, p.stdout + p.stderr


def kind(sessions, venue, settings):
    """Every version, one after the other: they share the book."""
    out = []
    with Gateway(CONF % (sessions, venue)) as g:
        g.start()
        hook = Operator(g).hook if "VenueTold=Y" in settings else None
        for v in VERSIONS:
            want = [x.split()[0] for x in listed(v)
                    if needs_of(x) == sorted(settings)]
            rc, passed, text = play(g, v, settings, want, hook)
            out.append((rc == 0 and sorted(passed) == sorted(want) and want,
                        f"{v}, {' '.join(settings) or 'plain venue'}: "
                        f"{len(want)} cases", text, v, passed))
    return out


ran = {v: set() for v in VERSIONS}
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    jobs = [pool.submit(kind, *k) for k in KINDS]
    for j in jobs:
        for good, name, text, v, passed in j.result():
            t.ok(good, name, text)
            ran[v] |= set(passed)
known = [sorted(k[2]) for k in KINDS]
t.ok(all(needs_of(x) in known for x in listed()), "no case is left out")
# A gateway that can't be what a case needs does not pass it.
with Gateway(CONF % ("", "Type=sim\nFaultReject=1")) as g:
    g.start()
    rc, passed, text = play(g, "4.4", [], ["order-A1", "order-B1"])
    t.ok(rc == 1 and " 2 failed" in text, "a venue that refuses all fails them",
         text)
orders_ids.check(t, ran, os.path.join(BUILD, "tests", "gateway", "order"))
t.done()
