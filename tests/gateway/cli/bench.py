#!/usr/bin/env python3
"""fixgate bench against the real gateway, and fixgate top beside it."""
import json
import os
import re
import socket
import subprocess
import threading
import time

from cli import run
from gateway import Gateway, TOP, free_port
from tap import Tap

t = Tap()
with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    CONF = f.read()
US = re.compile(r"^  (p50|p99|max) +(\d+)\.(\d{3}) us$", re.M)


def times(out):
    return {n: int(us) * 1000 + int(ns) for n, us, ns in US.findall(out)}


with Gateway(CONF) as gw:
    status, out, err = run("top", "-c", gw.conf, "-n", "1", env=gw.env)
    t.ok(status == 1 and "has not run yet" in err,
         "top of a gateway that never ran says so", err)
    gw.start()

    def bench(*args):
        return run("bench", "-c", gw.conf, "--sender", "CLIENT44",
                   "--account", "DEMO", *args, env=gw.env)

    status, out, err = bench("--price", "180", "--until", "new",
                             "--count", "500", "--warm", "10")
    v = times(out)
    t.ok(status == 0 and out.startswith("500 orders answered, 0 refused") and
         0 < v["p50"] <= v["p99"] <= v["max"],
         "a closed loop measures its orders", out + err)

    hdr = os.path.join(gw.dir, "x.hgrm")
    status, out, err = bench("--price", "180", "--rate", "2000", "--count",
                             "600", "--warm", "0", "--json", "--hdr", hdr)
    r = json.loads(out)
    t.ok(status == 0 and r["n"] == 600 and r["refused"] == 0 and
         1500 <= r["orders_per_s"] <= 2100,
         "an open loop keeps its rate", out + err)
    with open(hdr) as f:
        text = f.read()
    rows = [[float(x) for x in line.split()] for line in text.splitlines()
            if re.match(r"^ *\d", line)]
    t.ok(rows and rows[-1][1] == 1.0 and rows[-1][2] == 600 and
         all(a[0] <= b[0] and a[2] < b[2] for a, b in zip(rows, rows[1:])),
         "HdrHistogram's text adds up to every order", text[-400:])

    status, out, err = bench("--price", "190", "--tif", "3", "--until", "fill",
                             "--window", "50", "--count", "400", "--warm", "0",
                             "--json")
    t.ok(status == 0 and json.loads(out)["n"] == 400,
         "an order may end with its fill, many under way", out + err)

    status, out, err = run("bench", "-c", gw.conf, "--sender", "CLIENT44",
                           "--account", "NOBODY", "--count", "3", "--warm",
                           "0", env=gw.env)
    t.ok(status == 1 and "0 orders answered, 3 refused" in out and
         "first refusal: RISK ACCOUNT" in out and "p50" not in out,
         "refused orders are counted apart, and the reason told", out + err)

    for version, sender in (("FIX.4.2", "CLIENT42"), ("FIX.5.0SP2",
                                                      "CLIENT50")):
        status, out, err = run("bench", "-c", gw.conf, "--sender", sender,
                               "--account", "DEMO", "--count", "20", "--warm",
                               "0", "--price", "180", "--until", "new",
                               env=gw.env)
        t.ok(status == 0 and out.startswith("20 orders answered"),
             f"it speaks {version}", out + err)

    end = time.monotonic() + 30
    top = {"counts": {"orders": 0}}
    while top["counts"]["orders"] < 1543 and time.monotonic() < end:
        status, out, err = run("top", "-c", gw.conf, "-n", "1", "-j",
                               env=gw.env)
        top = json.loads(out)
    stages = [top["stages"][n] for n in ("parsed", "decided", "journaled",
                                         "written")]
    t.ok(status == 0 and top["counts"]["orders"] >= 1543 and
         0 < stages[0]["n"] <= top["counts"]["orders"] and
         len({s["n"] for s in stages}) == 1,
         "top counts orders, and each stage those that it followed", out)
    t.ok(top["stages"]["all"]["p50_ns"] >= max(s["p50_ns"] for s in stages),
         "the whole way is no shorter than a stage", out)
    status, out, err = run("top", "-c", gw.conf, "-n", "1", env=gw.env)
    t.ok(status == 0 and "read to written" in out and "orders live" in out,
         "top is a table for people", out + err)
    gw.stop()
    status, out, err = run("top", "-c", gw.conf, "-n", "1", env=gw.env)
    t.ok(status == 1 and "is not running" in err,
         "top of a gateway that has stopped says so", err)

status, out, err = run("bench", "--target", "localhost", "--sender", "A",
                       "--target-comp-id", "B")
t.ok(status in (1, 2) and "localhost" in err, "a port is needed", err)
status, out, err = run("bench", "--target", "127.0.0.1:1")
t.ok(status == 2 and "--sender" in err, "and names", err)
status, out, err = run("bench", "--target", f"127.0.0.1:{free_port()}",
                       "--sender", "A", "--target-comp-id", "B")
t.ok(status == 1 and "refused" in err, "nobody there is told", err)


def logs_out(listener):
    c, _ = listener.accept()
    c.recv(4096)
    body = b"35=5\x0149=B\x0156=A\x0134=1\x0152=20260101-00:00:00\x0158=go away\x01"
    m = b"8=FIX.4.4\x019=%d\x01" % len(body) + body
    c.sendall(m + b"10=%03d\x01" % (sum(m) % 256))
    c.close()


listener = socket.create_server(("127.0.0.1", 0))
thread = threading.Thread(target=logs_out, args=(listener,))
thread.start()
status, out, err = run("bench", "--target",
                       f"127.0.0.1:{listener.getsockname()[1]}", "--sender",
                       "A", "--target-comp-id", "B")
thread.join()
t.ok(status == 1 and "logs us out: go away" in err,
     "an acceptor's Logout is told with its reason", err)
t.done()
