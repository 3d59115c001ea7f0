#!/usr/bin/env python3
"""A paced subscriber with a small queue gets its copies slowly; the gateway
never stops for it."""
import os

from fixclient import FixClient
from gateway import TOP, Gateway
from tap import Tap

t = Tap()
with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    CONF = f.read()
CONF = CONF.replace("AAPL 187.25,", "AAPL 187.25 0.01 1000000 1,")
CONF += ("\n[DROPCOPY WHOLE]\nBeginString=FIX.4.4\nCopy=all\n"
         "CopyForm=enveloped\nOutboundLimit=10/1\nOutboundQueueBytes=65536\n")
N = 25

with Gateway(CONF) as g:
    g.start()
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
    # Long ones: a turn's worth of copies is more than the queue takes.
    c.send_all([("D", [(11, f"a{i}"), (21, 1), (55, "AAPL"), (54, 1),
                       (60, "20260302-10:00:00"), (38, 1), (40, 2), (44, 190),
                       (59, 0), (58, "x" * 6000)]) for i in range(N)])
    c.wait(lambda m: m.get(11) == f"a{N - 1}" and m.get(150) == "F")
    s = FixClient("FIX.4.4", "WHOLE", "FIXGATE").connect(g.port)
    while len(s.inbox) < 3 * N and s.pump(20):
        pass
    t.ok([m.get(35) for m in s.inbox] == ["n"] * 3 * N, "every copy comes",
         f"{len(s.inbox)}\n" + g.tail(6))
    t.ok("can't be sent" not in g.tail(), "and the gateway goes on",
         g.tail(6))
t.done()
