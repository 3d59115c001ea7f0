#!/usr/bin/env python3
"""An initiator whose Logons begin anew at 1 owes its peer what it said while
it was away: a SIGKILL between the Logon that voids it and the answer to that
Logon loses none of it, and nothing of it comes twice."""
import os
import time

from fixclient import utc
from fixpair import LIMITS
from fixtold import Acceptor
from gateway import Gateway
from tap import Tap

t = Tap()
CONF = """
[GATEWAY]
DataDir=${DATA_DIR}
[SESSION]
ConnectionType=initiator
BeginString=FIX.4.4
SenderCompID=GATE
TargetCompID=DESK
SocketConnectHost=127.0.0.1
SocketConnectPort=%d
ReconnectInterval=1
ResetOnLogon=Y
Accounts=DEMO
[RISK account DEMO]
""" + LIMITS + """
[VENUE FAR]
Type=told
Symbols=AAPL 100
[ROUTE]
Venue=FAR
"""


class Peer(Acceptor):
    mute = False    # a Logon is heard, and not answered

    def take(self, m):
        if self.mute and m.type == "A":
            self.logons += 1
            return
        super().take(m)


def until(p, what):
    end = time.monotonic() + 60
    while not what() and time.monotonic() < end:
        p.turn(0.05)
    return what()


def fills(p):
    return [m for m in p.inbox if m.get(150) == "F"]


p = Peer("FIX.4.4", sender="DESK")
with Gateway(CONF % p.port) as g:
    g.start()
    until(p, lambda: p.logons == 1)
    p.send("D", [(11, "A1"), (1, "DEMO"), (55, "AAPL"), (54, 1), (60, utc()),
                 (38, 10), (40, 2), (44, 100)])
    p.taken()
    p.open = False
    p.lost()
    while "logged off" not in open(g.log).read():
        time.sleep(0.01)
    g.fixgate("control", "venue", "FAR", "fill", "A1", "4")
    p.mute, p.open = True, True
    until(p, lambda: p.logons == 2)     # 141=Y: what was said is void
    g.kill()
    p.lost()
    p.mute = False
    p.inbox = []
    g.start()
    until(p, lambda: p.logons == 3)
    until(p, lambda: fills(p))
    p.taken()
    got = fills(p)
    t.ok(len(got) == 1 and got[0].get(32) == "4" and got[0].get(97) == "Y",
         "the execution comes after the reset, as a possible resend",
         [str(m) for m in p.inbox])
    g.kill()
    p.lost()
    g.start()
    until(p, lambda: p.logons == 4)
    p.taken()
    t.ok(len(fills(p)) == 1, "and not once more after the next",
         [str(m) for m in p.inbox])
p.close()
t.done()
