#!/usr/bin/env python3
"""fixgate demo: it works, it cleans up, and it fails when it should."""
import os
import re
import shutil
import signal
import socket
import tempfile
import time

from cli import BUILD, run
from tap import Tap

t = Tap()
tmp = tempfile.mkdtemp(prefix="fixgate-demo-test-")
os.environ["TMPDIR"] = tmp
FIXGATED = os.path.join(BUILD, "gateway", "fixgated")
LINE = re.compile(r"^  (\S.*?|  \S.*?) {2,}(\S+) +(\S+) +(\S+) +(ok|DIFFERS)$",
                  re.M)


def account(out):
    return {m.group(1).strip(): m.groups()[1:] for m in LINE.finditer(out)}


folder = os.path.join(tmp, "one")
status, out, err = run("demo", "--dir", folder)
lines = account(out)
t.ok(status == 0 and "Everything adds up." in out,
     "the demo ends with status 0 when everything adds up",
     f"{status}\n{out[-3000:]}{err}")
wanted = ["orders sent", "orders acknowledged", "orders filled",
          "orders cancelled", "orders refused", "executions",
          "ExecIDs, no two the same", "resent by the gateway",
          "resent by the client", "position in AAPL", "journal records",
          "time, seconds"]
t.ok(all(w in lines and lines[w][3] == "ok" for w in wanted),
     "the account has every line that was promised",
     [w for w in wanted if w not in lines])
t.ok(all(sum(c != "-" for c in v[:3]) >= 2 for v in lines.values()),
     "every line compares two sources", lines)
for text in ("39 OrdStatus=2 FILLED", "39 OrdStatus=1 PARTIALLY_FILLED",
             "150 ExecType=5 REPLACED", "59 TimeInForce=3 IMMEDIATE_OR_CANCEL",
             "59 TimeInForce=4 FILL_OR_KILL", "40 OrdType=1 MARKET",
             "103 OrdRejReason=1 UNKNOWN_SYMBOL", "58 Text=RISK QTY_MAX",
             "-> ResendRequest (2)", "<- ResendRequest (2)",
             "(possible duplicate)", "SIGKILL while they are in flight"):
    t.ok(text in out, f"the day shows: {text}")
t.ok(int(lines["resent by the gateway"][0]) >= 12 and
     int(lines["resent by the client"][0]) >= 3,
     "both sides really lost something", lines)
t.ok(sorted(os.listdir(folder)) == ["client", "data", "fixgated.conf",
                                    "fixgated.log"],
     "--dir leaves settings, data, log and the client's session",
     os.listdir(folder))
conf = os.path.join(folder, "fixgated.conf")
status, out, err = run("journal", "verify", "-c", conf)
t.ok(status == 0, "its journal is whole", out + err)
status, out, err = run("demo", "--dir", folder, "--quiet")
t.ok(status == 0 and "NewOrderSingle" not in out and
     {"data", "data.1", "client.1"} <= set(os.listdir(folder)),
     "again in the same folder: what was there is moved aside",
     f"{out}{err}{os.listdir(folder)}")

# Without --dir nothing is left.
before = sorted(os.listdir(tmp))
status, out, err = run("demo", "--quiet")
t.ok(status == 0 and sorted(os.listdir(tmp)) == before,
     "without --dir it works in a temporary folder and leaves nothing",
     f"{out}{err}{os.listdir(tmp)}")

# Ports of the environment, and --keep.
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
kept = os.path.join(tmp, "kept")
status, out, err = run("demo", "--quiet", "--keep", "--dir", kept,
                       env={"FIX_PORT": str(port)})
pid = int((re.search(r"kill (\d+)$", out, re.M) or [0, 0])[1])
t.ok(status == 0 and pid > 0 and f"port {port}" in out,
     "--keep says how to reach the gateway, on FIX_PORT", out + err)
conf = os.path.join(kept, "fixgated.conf")
status, out, err = run("control", "-c", conf, "status")
t.ok(status == 0 and "venue SIM up" in out, "--keep leaves it running",
     out + err)
status, out, err = run("send", "-c", conf, "--sender", "CLIENT42", "--account",
                       "DEMO", "--symbol", "AAPL", "--side", "buy", "--qty",
                       "1", env={"FIX_PORT": str(port)})
t.ok(status == 0 and "FILLED" in out, "and it trades", out + err)
if pid > 0:
    os.kill(pid, signal.SIGTERM)
end = time.monotonic() + 60
while time.monotonic() < end and run("control", "-c", conf, "status")[0] == 0:
    time.sleep(0.05)
t.ok(time.monotonic() < end, "kill ends it")


# It fails when it should.
def wrapper(name, text):
    path = os.path.join(tmp, name)
    with open(path, "w") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return path


status, out, err = run("demo", "--gateway", "/nonexistent/fixgated", "--dir",
                       os.path.join(tmp, "none"))
t.ok(status == 1 and "/nonexistent/fixgated" in err and "--gateway" in err,
     "no gateway: one sentence", err)
status, out, err = run("demo", "--dir", os.path.join(tmp, "dead"), "--gateway",
                       wrapper("dies", "echo it hurts >&2; exit 1\n"))
t.ok(status == 1 and "ended by itself" in err and "it hurts" in err,
     "a gateway that ends: the end of its log is shown", err)
forget = os.path.join(tmp, "forget-run")
status, out, err = run("demo", "--quiet", "--dir", forget, "--gateway", wrapper(
    "forget", f"rm -rf {forget}/data/trading\nexec {FIXGATED} \"$@\"\n"),
    timeout=300)
t.ok(status == 1 and "refused" in err + out,
     "a gateway that forgets at the crash fails the demo",
     out + err)
lossy = os.path.join(tmp, "lossy-run")
status, out, err = run("demo", "--quiet", "--dir", lossy, "--gateway", wrapper(
    "lossy", f"[ -e {lossy}/x ] && sed -i 's/^MaxOrderQty=.*/MaxOrderQty=1/' "
    f"{lossy}/fixgated.conf\ntouch {lossy}/x\nexec {FIXGATED} \"$@\"\n"),
    timeout=300)
t.ok(status == 1 and "should have come to" in err,
     "an order that comes to something else fails the demo", out + err)
shutil.rmtree(tmp)
t.done()
