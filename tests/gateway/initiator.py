"""fixgate calling out: it connects by itself, comes back after a loss, waits
longer and longer for a peer that is not there, and keeps its numbers."""
import os
import select
import socket
import time

from fixclient import Msg, frame, utc
from gateway import Gateway
from tap import Tap

t = Tap()
with open(os.path.join(os.environ["TOP_SRCDIR"], "gateway",
                       "demo.conf")) as f:
    DEMO = f.read()


def conf(port, host="127.0.0.1"):
    return DEMO + f"""
[SESSION]
ConnectionType=initiator
BeginString=FIX.4.4
TargetCompID=VENUE
SocketConnectHost={host}
SocketConnectPort={port}
ReconnectInterval=1
"""


def one(s, timeout=60):
    s.settimeout(timeout)
    data = b""
    while b"\x0110=" not in data or not data.endswith(b"\x01"):
        got = s.recv(4096)
        if not got:
            return None
        data += got
    return Msg(data)


def answer(s, seq):
    s.sendall(frame("FIX.4.4", [(35, "A"), (49, "VENUE"), (56, "FIXGATE"),
                                (34, seq), (52, utc()), (98, 0), (108, 30)]))


with socket.create_server(("127.0.0.1", 0)) as lst:
    lst.settimeout(60)
    with Gateway(conf(lst.getsockname()[1])) as g:
        g.start()
        s, _ = lst.accept()
        m = one(s)
        t.ok(m.type == "A" and m.get(49) == "FIXGATE" and m.seq == 1 and
             m.get(108) == "30", "an initiator connects and logs on", m)
        answer(s, 1)
        s.close()
        s, _ = lst.accept()
        m = one(s)
        t.ok(m.type == "A" and m.seq == 2,
             "it comes back after a loss, with its numbers", m)
        answer(s, 2)
        g.process.terminate()
        m = one(s)
        t.ok(m.type == "5", "SIGTERM logs it out", m)
        s.sendall(frame("FIX.4.4", [(35, "5"), (49, "VENUE"),
                                    (56, "FIXGATE"), (34, 3), (52, utc())]))
        s.close()
        t.ok(g.process.wait(60) == 0, "and ends with 0", g.tail())
        g.start()
        s, _ = lst.accept()
        m = one(s)
        t.ok(m.type == "A" and m.seq == 4, "its numbers go on at a new start",
             m)
        s.close()

with socket.create_server(("127.0.0.1", 0)) as lst:
    port = lst.getsockname()[1]
    with Gateway(conf(port, "localhost")) as g:
        g.start()
        lst.settimeout(60)
        s, _ = lst.accept()
        t.ok(one(s).type == "A", "a host may be a name")
        s.close()

with socket.socket() as gone:
    gone.bind(("127.0.0.1", 0))  # a port where nobody listens
    with Gateway(conf(gone.getsockname()[1])) as g:
        g.start()
        tries, end = [], time.monotonic() + 60
        while len(tries) < 3 and time.monotonic() < end:
            with open(g.log) as f:
                tries = [x for x in f if "can't connect to 127.0.0.1" in x]
            time.sleep(0.05)
        t.ok(len(tries) == 3 and "Connection refused" in tries[0],
             "a peer that is not there is tried again and told", g.tail())
        # and the clients of this gateway do not notice
        with socket.create_connection(("127.0.0.1", g.port), 30) as s:
            s.sendall(frame("FIX.4.4", [
                (35, "A"), (49, "CLIENT44"), (56, "FIXGATE"), (34, 1),
                (52, utc()), (98, 0), (108, 30)]))
            t.ok(one(s).type == "A", "others log on meanwhile")
        t.ok(g.stop() == 0, "SIGTERM ends the waiting, too")
t.done()
