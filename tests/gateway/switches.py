#!/usr/bin/env python3
"""Kill switches against the real program: by two local people, over a SIGKILL,
during a storm of logons (K7, K9), as a person sees them."""
import grp
import json
import os
import pwd
import shutil
import socket
import stat
import subprocess
import tempfile
import time

from fixclient import FixClient, utc
from gateway import FIXGATE, Gateway
from tap import Tap

t = Tap()
with open(os.path.join(os.environ["TOP_SRCDIR"], "gateway",
                       "demo.conf")) as f:
    DEMO = f.read()
ME = pwd.getpwuid(os.getuid()).pw_name
# Another local account, which only root can put on.
OTHER = next((p for p in pwd.getpwall()
              if p.pw_name in ("nobody", "daemon")), None) \
    if os.getuid() == 0 else None


def order(c, name, price="180.00", more=()):
    c.send("D", [(11, name), (21, 1), (55, "AAPL"), (54, 1), (60, utc()),
                 (38, 1), (40, 2), (44, price)] + list(more))


def told(c, name, **want):
    return c.wait(lambda m: m.type == "8" and m.get(11) == name and
                  all(m.get(int(k[1:])) == v for k, v in want.items()))


def other(place, *args):
    """fixgate risk as the other person, who can't read the settings."""
    def put_on():
        os.setgroups([OTHER.pw_gid])
        os.setgid(OTHER.pw_gid)
        os.setuid(OTHER.pw_uid)
    shutil.copy(FIXGATE if os.path.getsize(FIXGATE) > 100000 else
                os.path.join(os.path.dirname(FIXGATE), ".libs", "fixgate"),
                os.path.join(place, "fixgate"))
    os.chmod(os.path.join(place, "fixgate"), 0o755)
    p = subprocess.run([os.path.join(place, "fixgate"), "risk", "--socket",
                        os.path.join(place, "control.sock"), *args],
                       capture_output=True, text=True, timeout=60, cwd="/",
                       preexec_fn=put_on)
    return p.stdout + p.stderr


def two_people(place):
    """K6 with the kernel as the witness of who is who."""
    group = grp.getgrgid(OTHER.pw_gid if OTHER else os.getgid()).gr_name
    users = f"\n[USER {OTHER.pw_name}]\nRoles=risk_manager\n" if OTHER else ""
    conf = DEMO.replace("[GATEWAY]", "[GATEWAY]\nControlSocket=" +
                        os.path.join(place, "control.sock") +
                        f"\nControlGroup={group}") + users
    with Gateway(conf) as g:
        g.start()
        s = os.stat(os.path.join(place, "control.sock"))
        t.ok(stat.S_IMODE(s.st_mode) == 0o660 and
             s.st_gid == grp.getgrnam(group).gr_gid,
             "ControlGroup may open the socket, and nobody else")
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
        order(c, "A1")
        told(c, "A1", _150="0")
        out = g.fixgate("risk", "kill", "firm", "reason=nobody", "knows")
        t.ok(out.startswith("ok: kill 1: firm is halted, 1 orders"),
             "K7: a kill by the local socket alone", out)
        t.ok(told(c, "A1", _150="4"), "its order is canceled")
        order(c, "A2")
        m = told(c, "A2", _150="8")
        t.ok(m.get(58, "").startswith("RISK KILL scope=FIRM by=RISK"),
             "and the next is refused, by role", m)
        g.kill()
        c.lost()
        g.start()
        r = json.loads(g.fixgate("risk", "--json", "report", "1"))
        t.ok(r["state"] == "halted" and r["complete"] and
             r["by"] == ME and r["reason"] == "nobody knows" and
             (r["targeted"], r["cancelled"], r["pending"]) == (1, 1, 0),
             "K5: after kill -9 it stands, with its report", r)
        out = g.fixgate("risk", "release", "1")
        t.ok(out.startswith("waits:"), "K6: one person is not enough", out)
        out = g.fixgate("risk", "--json", "release", "9", check=False)
        t.ok(json.loads(out)["status"] == "error", "errors are JSON, too", out)
        if OTHER:
            out = other(place, "put", "account", "DEMO", "if=1", "MaxLong=1")
            t.ok(out.startswith("ok: version 2"), "another person's limit",
                 out)
            out = other(place, "release", "1")
            t.ok(out.startswith("ok: kill 1 of firm is released"),
                 "K6: two are, and the kernel says who they are", out)
            c.connect(g.port)
            order(c, "A3")
            t.ok(told(c, "A3", _150="0"), "then orders pass again")
            t.ok(f"by {OTHER.pw_name} and {ME}" in
                 g.fixgate("journal", "show"), "both stand in the journal")
        else:
            print("# SKIP only root can be another local person")


def storm():
    """K9: hundreds of logons wait, and the switch acts at once."""
    with Gateway(DEMO) as g:
        g.start()
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
        order(c, "B1")
        told(c, "B1", _150="0")
        crowd = []
        for i in range(200):
            s = socket.create_connection(("127.0.0.1", g.port), 30,
                                         (f"127.0.1.{i + 1}", 0))
            s.sendall(b"8=FIX.4.4\x019=60\x0135=A\x0149=NOBODY%d\x01" % i)
            crowd.append(s)
        begun = time.monotonic()
        g.fixgate("risk", "kill", "account", "DEMO")
        told(c, "B1", _150="4")
        took = time.monotonic() - begun
        t.ok(took < 5, f"K9: in a storm it took {took:.3f} s, under 5")
        for s in crowd:
            s.close()


with tempfile.TemporaryDirectory(prefix="fixgate-control-") as d:
    os.chmod(d, 0o755)
    two_people(d)
storm()
t.done()
