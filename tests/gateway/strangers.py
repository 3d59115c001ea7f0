"""Peers that mean no good, or do no good: none of them may cost another session
its heartbeat, grow memory or stay for ever."""
import os
import select
import socket
import time

from fixclient import FixClient, frame, utc
from gateway import Gateway, free_port
from tap import Tap

t = Tap()
with open(os.path.join(os.environ["TOP_SRCDIR"], "gateway",
                       "demo.conf")) as f:
    DEMO = f.read()


def logon(name="CLIENT42", begin="FIX.4.2", target="FIXGATE", seq=1):
    return frame(begin, [(35, "A"), (49, name), (56, target), (34, seq),
                         (52, utc()), (98, 0), (108, 30)])


def dial(port):
    s = socket.create_connection(("127.0.0.1", port), 30)
    s.settimeout(30)
    return s


def ends(s, timeout=30):
    """What comes until the other side closes; None: it does not."""
    got = b""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            data = s.recv(65536)
        except socket.timeout:
            return None
        except ConnectionError:
            return got
        if not data:
            return got
        got += data
    return None


def well(c):
    """Is this session served?"""
    return c.up and c.settle()


conf = DEMO.replace("[GATEWAY]", "[GATEWAY]\nMaxConnectionsPerAddress=12\n"
                    "MaxQueuedBytes=64K")
other = free_port()
conf = conf.replace("TargetCompID=CLIENT50", "TargetCompID=CLIENT50\n"
                    f"SocketAcceptPort={other}")
conf = conf.replace("TargetCompID=CLIENT42", "TargetCompID=CLIENT42\n"
                    "AllowedRemoteAddresses=127.0.0.1, ::1")
conf += """
[SESSION]
BeginString=FIX.4.4
TargetCompID=FAR
AllowedRemoteAddresses=192.0.2.1,2001:db8::7
"""

with Gateway(conf) as g:
    g.start()
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE").connect(g.port)
    idle = dial(g.port)           # says nothing, see below
    idle_since = time.monotonic()

    for what, data in (
            ("bytes that are no FIX", b"GET / HTTP/1.1\r\n\r\n" * 3000),
            ("a first message that is no Logon",
             frame("FIX.4.4", [(35, "0"), (49, "CLIENT42"),
                               (56, "FIXGATE"), (34, 1), (52, utc())])),
            ("a CompID that nobody has", logon("NOBODY")),
            ("another's BeginString", logon("CLIENT42", "FIX.4.4")),
            ("a first message of a megabyte",
             b"8=FIX.4.2\x019=1000000\x0135=A\x01" + b"58=x\x01" * 200000)):
        s = dial(g.port)
        try:
            s.sendall(data)
        except ConnectionError:
            pass
        got = ends(s)
        t.ok(got == b"", f"{what}: closed without a word", got)
        s.close()

    s = dial(other)
    s.sendall(logon())
    t.ok(ends(s) == b"", "a session at another session's port is refused")
    s = dial(g.port)
    s.sendall(logon("FAR", "FIX.4.4"))
    t.ok(ends(s) == b"", "an address that its session does not list is refused")
    s = dial(g.port)
    s.sendall(logon())
    t.ok(b"\x0135=A\x01" in s.recv(65536), "a listed address is let in")
    s2 = dial(g.port)
    s2.sendall(logon(seq=2))
    t.ok(ends(s2) == b"" and well(c),
         "a second connection of a session that lives is refused")
    s.close()

    s = dial(other)
    for b in frame("FIXT.1.1", [(35, "A"), (49, "CLIENT50"),
                                (56, "FIXGATE"), (34, 1), (52, utc()),
                                (98, 0), (108, 30), (1137, 9)]):
        s.sendall(bytes([b]))
        time.sleep(0.001)
    t.ok(b"\x0135=A\x01" in s.recv(65536), "a Logon byte by byte is a Logon")
    s.close()

    many = [dial(g.port) for _ in range(12)]
    closed = 0
    end = time.monotonic() + 30
    while closed == 0 and time.monotonic() < end:
        ready, _, _ = select.select(many, [], [], 1)
        closed = len(ready)
    t.ok(closed >= 1, "connections over the address's cap are closed at once")
    for s in many:
        s.close()
    t.ok(well(c), "and nobody else notices")
    s = None
    while s is None and time.monotonic() < end + 30:
        s = dial(g.port)
        try:
            s.sendall(logon(seq=2))
            if b"\x0135=A" not in s.recv(65536):
                s = None
        except ConnectionError:
            s = None
    t.ok(s is not None, "connections that are gone make room for others")
    if s is not None:
        s.close()

    # A consumer that never reads: closed, its memory bounded.
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", g.port))
    slow.settimeout(5)
    seq, cut = 3, False
    s42 = []
    end = time.monotonic() + 120
    try:
        slow.sendall(logon(seq=seq))
        while time.monotonic() < end:
            seq += 1
            slow.sendall(frame("FIX.4.2", [
                (35, "1"), (49, "CLIENT42"), (56, "FIXGATE"), (34, seq),
                (52, utc()), (112, "x" * 2000)]))
    except (ConnectionError, socket.timeout) as e:
        cut = isinstance(e, ConnectionError) or "MaxQueuedBytes" in g.tail(50)
    t.ok(cut and "MaxQueuedBytes" in g.tail(50),
         "a peer that does not read is closed", g.tail())
    t.ok(well(c), "and nobody else notices")
    slow.close()

    got = ends(idle)
    took = time.monotonic() - idle_since
    t.ok(got == b"" and took < 60, "silence instead of a Logon is closed",
         f"{took:.1f} s, {got}")
    t.ok("no Logon in time" in g.tail(100), "and the log says why")
    t.ok(well(c), "and the first session has been served all the time")
    t.ok(g.stop() == 0, "the gateway stops in order")
t.done()
