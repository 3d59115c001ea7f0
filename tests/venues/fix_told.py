#!/usr/bin/env python3
"""The rows of the order state tables, with a venue that says each event in FIX.

The cases told-* of `fixgate conform` are played against a gateway whose venue
is an acceptor in FIX.4.2, and one in FIX.4.4: it hears the same words as a venue
of Type=told, and the client must hear the same reports."""
import os
import re
import subprocess
import sys
import tempfile
import threading
import xml.etree.ElementTree

from fixpair import LIMITS, VERSIONS, wait_up
from fixtold import Told
from gateway import FIXGATE, FULL, Gateway
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
ConnectionType=initiator
%(version)s
SenderCompID=GATE
TargetCompID=VENUE
SocketConnectHost=127.0.0.1
SocketConnectPort=%(port)d
ReconnectInterval=1
[RISK account DEMO]
""" + LIMITS + """
[VENUE FAR]
Type=fix
Reconcile=N
Session=VENUE
Symbols=SYM 10
[ROUTE]
Venue=FAR
"""
AT_ONCE = 50    # cases that the command takes


def cases(version):
    out = subprocess.run([FIXGATE, "conform", "--list", "--case", "told-*"],
                         capture_output=True, text=True, check=True).stdout
    return [x.split()[0] for x in out.splitlines()
            if re.findall(r"\[(\w+=\w+)\]", x) == ["VenueTold=Y"] and
            (version == "4.2" or not x.startswith("told-42"))]


def play(g, venue, version, only):
    args = [FIXGATE, "conform", "--target", f"127.0.0.1:{g.port}", "--sender",
            "T" + version, "--target-comp-id", "FIXGATE", "--version", version,
            "--can", "orders", "--timeout", "20", "--strict", "--no-color",
            "--setting", "VenueTold=Y", "--hook",
            f"exec {FIXGATE} control --socket {venue.path} venue FAR $2 "
            f">/dev/null"]
    for case in only:
        args += ["--case", case]
    with tempfile.NamedTemporaryFile(suffix=".xml") as f:
        p = subprocess.run(args + ["--junit", f.name], env=g.env, text=True,
                           capture_output=True, timeout=500)
        tree = xml.etree.ElementTree.parse(f.name)
    passed = {c.get("name").split()[0] for c in tree.iter("testcase")
              if not list(c)}
    return passed, p.stdout + p.stderr


def told(theirs, ours, only=None):
    """Clients in one version, the venue in another."""
    with tempfile.TemporaryDirectory() as d:
        venue = Told(theirs, d)
        with Gateway(CONF % {"version": VERSIONS[theirs],
                             "port": venue.port}) as g:
            g.start()
            venue.start(g)
            wait_up(g)
            want = only or cases(ours)
            if not FULL and not only:
                want = want[PAIRS.index((theirs, ours))::4]
            passed, text = set(), ""
            for i in range(0, len(want), AT_ONCE):
                more, said = play(g, venue, ours, want[i:i + AT_ONCE])
                passed, text = passed | more, text + said
            results.append((theirs, ours, want, passed, text, venue.error,
                            g.tail(60)))
            venue.stop()


results = []
PAIRS = [("4.2", "4.2"), ("4.4", "4.4")]
if FULL:
    PAIRS += [("4.2", "4.4"), ("4.4", "4.2")]
threads = [threading.Thread(target=told, args=(*x, sys.argv[1:]))
           for x in PAIRS]
for x in threads:
    x.start()
for x in threads:
    x.join()
for theirs, ours, want, passed, text, error, log in sorted(
        results, key=lambda r: r[:2]):
    missing = [x for x in want if x not in passed]
    t.ok(want and not missing,
         f"venue {theirs}, client {ours}: {len(want)} rows",
         f"not {missing}\n{text[-6000:]}\n{error}" +
         (log if sys.argv[1:] else ""))
t.ok(len(results) == len(PAIRS), "all were played")
t.done()
