#!/usr/bin/env python3
"""The switches of fixgate-tuning(7) do what they say, as /proc sees it; one that
the system refuses is told, and orders are taken all the same."""
import os
import re
import subprocess
import time

from fixclient import FixClient, utc
from gateway import FIXGATED, TOP, Gateway
from tap import Tap

t = Tap()
with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    CONF = f.read()


def with_settings(text):
    return CONF.replace("[GATEWAY]\n", "[GATEWAY]\n" + text, 1)


def trader_of(gw):
    for pid in subprocess.run(["pgrep", "-P", str(gw.process.pid)],
                              capture_output=True, text=True).stdout.split():
        with open(f"/proc/{pid}/status") as f:
            yield pid, dict(re.findall(r"^(\w+):\s*(.*)$", f.read(), re.M))


def ticks(pid):
    with open(f"/proc/{pid}/stat") as f:
        return sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))


def order_is_taken(gw):
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
    c.connect(gw.port)
    c.send("D", [(11, "T1"), (1, "DEMO"), (21, "1"), (55, "AAPL"), (54, "1"),
                 (60, utc()), (38, "1"), (40, "2"), (44, "180"), (59, "0")])
    return c, c.wait(lambda m: m.type == "8").get(150) == "0"


with Gateway(with_settings("Cpu=0\nHugePages=N\nLockMemory=Y\nBusyPoll=1000000\n"
                           "SocketBusyPoll=10\nReadyOrders=5000\n")) as gw:
    gw.start()
    traders = list(trader_of(gw))
    pid, status = next((p, s) for p, s in traders
                       if s["Cpus_allowed_list"] == "0")
    t.ok(True, "Cpu=0 keeps the trader on that core")
    t.ok(status.get("THP_enabled", "0") == "0",
         "HugePages=N asks for small pages", status.get("THP_enabled"))
    log = gw.tail(500)
    with open(FIXGATED, "rb") as f:
        sanitized = b"__asan_init" in f.read()
    if sanitized:
        t.skip("LockMemory=Y locks memory, or the log says what it takes",
               "AddressSanitizer takes mlockall() for itself")
    else:
        t.ok(int(status["VmLck"].split()[0]) > 0 or "LockMemory: " in log,
             "LockMemory=Y locks memory, or the log says what it takes",
             log[-900:])
    c, taken = order_is_taken(gw)
    t.ok(taken, "orders are taken")
    before, end = ticks(pid), time.monotonic() + 60
    while ticks(pid) - before < 20 and time.monotonic() < end:
        c.send("1", [(112, "again")])
        c.pump(0.05)
    t.ok(ticks(pid) - before >= 20, "BusyPoll looks for more and does not sleep",
         f"{ticks(pid) - before} ticks")
    c.logout()

with Gateway(with_settings("Cpu=1023\n")) as gw:
    gw.start()
    t.ok("Cpu=1023" in gw.tail(500) and "no such CPU" in gw.tail(500),
         "a core that is not there is told", gw.tail(500)[-900:])
    c, taken = order_is_taken(gw)
    t.ok(taken, "and orders are taken all the same")
    c.logout()
t.done()
