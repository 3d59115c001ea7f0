#!/usr/bin/env python3
"""What `fixgate sessions` shows of a gateway that runs: the peers' clocks and
counts, which are nowhere but in its memory."""
import json
import socket
import time

from cli import run
from fixclient import frame
from gateway import Gateway
from tap import Tap

t = Tap()
AHEAD = 30


def stamp():
    return time.strftime("%Y%m%d-%H:%M:%S.000",
                         time.gmtime(time.time() + AHEAD))


def say(s, *fields):
    s.sendall(frame("FIX.4.4", [(35, fields[0]), (49, "CLIENT44"),
                                (56, "FIXGATE"), (34, fields[1]),
                                (52, stamp()), *fields[2:]]))


with Gateway() as g:
    g.start()
    s = socket.create_connection(("127.0.0.1", g.port), 60)
    say(s, "A", 1, (98, 0), (108, 30))
    say(s, "1", 2, (369, 1), (112, "done"))
    got = b""
    while b"\x01112=done\x01" not in got:
        got += s.recv(4096)
    status, out, err = run("sessions", "-c", g.conf, "--json", env=g.env)
    rows = {r["session"]: r for r in json.loads(out)}
    r = rows["FIX.4.4:FIXGATE->CLIENT44"]
    off = r["clock_offset_ns"]
    # Whole seconds, and the way here on a busy machine.
    t.ok(status == 0 and r["up"] and r["state"] == "active" and
         (AHEAD - 20) * 10**9 < off <= AHEAD * 10**9,
         "sessions --json has the peer's clock", out + err)
    t.ok(r["peer_processed"] == 1, "and what it has processed", out)
    other = rows["FIX.4.2:FIXGATE->CLIENT42"]
    t.ok(other["clock_offset_ns"] is None and
         other["peer_processed"] is None and not other["up"],
         "nothing is known of one that never came", out)
    status, out, err = run("sessions", "-c", g.conf, env=g.env)
    head, *lines = out.splitlines()
    line = next(x for x in lines if "CLIENT44" in x).split()
    t.ok(status == 0 and "Clock (ms)" in head and "Processed" in head and
         (AHEAD - 20) * 1000 < float(line[6]) <= AHEAD * 1000 and line[6][0] == "+" and
         line[7] == "1", "the table has both", out + err)
    line = next(x for x in lines if "CLIENT42" in x).split()
    t.ok(line[6:8] == ["-", "-"], "and a dash where nothing is known", out)
    s.close()
t.done()
