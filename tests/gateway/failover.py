"""fixgate calling out to several hosts: only an answered Logon is a success,
the order of hosts, bounded attempts, sessions that are held after a low
MsgSeqNum, socket options, and no descriptor lost over thousands of failures."""
import ctypes
import json
import os
import socket
import threading
import time

from fixclient import Msg, frame, utc
from gateway import Gateway
from tap import Tap

t = Tap()
with open(os.path.join(os.environ["TOP_SRCDIR"], "gateway",
                       "demo.conf")) as f:
    DEMO = f.read()


def conf(*lines, name="VENUE"):
    return DEMO + "\n".join([
        "\n[SESSION]", "ConnectionType=initiator", "BeginString=FIX.4.4",
        f"TargetCompID={name}", *lines, ""])


def hosts(*ports, host="127.0.0.1"):
    out = [f"SocketConnectHost={host}", f"SocketConnectPort={ports[0]}"]
    for i, port in enumerate(ports[1:], 1):
        out += [f"SocketConnectHost{i}={host}", f"SocketConnectPort{i}={port}"]
    return out


class Closed:
    """A port where nobody listens, kept from others."""
    def __enter__(self):
        self.s = socket.socket()
        self.s.bind(("127.0.0.1", 0))
        return self.s.getsockname()[1]

    def __exit__(self, *exc):
        self.s.close()


def server(port=0):
    s = socket.create_server(("127.0.0.1", port))
    s.settimeout(60)
    return s, s.getsockname()[1]


def one(s, timeout=60):
    s.settimeout(timeout)
    data = b""
    while b"\x0110=" not in data or not data.endswith(b"\x01"):
        got = s.recv(4096)
        if not got:
            return None
        data += got
    return Msg(data)


def say(s, mtype, seq, *fields):
    s.sendall(frame("FIX.4.4", [(35, mtype), (49, "VENUE"), (56, "FIXGATE"),
                                (34, seq), (52, utc()), *fields]))


def answer(s, seq):
    say(s, "A", seq, (98, 0), (108, 30))


def until(what, timeout=60):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return False


def log_of(g):
    with open(g.log, errors="replace") as f:
        return f.read()


def session(g, name="VENUE"):
    for s in json.loads(g.fixgate("sessions", "--json")):
        if s["session"].endswith(">" + name):
            return s
    return {}


def logged_on(g):
    return until(lambda: "FIXGATE->VENUE: logged on" in log_of(g))


def closes_at_once(s):
    """Accepts and closes, as a balancer without a back end does."""
    def run():
        while True:
            try:
                s.accept()[0].close()
            except OSError:
                return
    threading.Thread(target=run, daemon=True).start()


# An hour between rounds: whatever is tried in time, is tried in one round.
balancer, balancer_port = server()
closes_at_once(balancer)
real, real_port = server()
with Closed() as shut:
    with Gateway(conf(*hosts(balancer_port, shut, balancer_port, real_port),
                      "ReconnectInterval=3600")) as g:
        g.start()
        t.ok(until(lambda: f":{shut}: Connection refused" in log_of(g)) and
             f"can't connect to 127.0.0.1 port {balancer_port} " in log_of(g),
             "a host that accepts and closes is no success", g.tail())
        s, _ = real.accept()
        m = one(s)
        t.ok(m.type == "A", "nor is one that refuses, nor the first again: the "
             "fourth gets the Logon", g.tail())
        t.ok(log_of(g).count("; next is 127.0.0.1") == 3,
             "and the log says so", g.tail())

        answer(s, int(session(g)["next_in"]))
        t.ok(logged_on(g), "which is answered", g.tail())
        t.ok(session(g).get("from") == f"127.0.0.1:{real_port}",
             "fixgate sessions says where", session(g))
        s.close()
        s, _ = real.accept()
        t.ok(one(s).type == "A", "after a loss all are tried once more, "
             "from the next one on", g.tail())
        s.close()

# Order after a loss.
for policy, start_over, want in (("ROUND_ROBIN", 120, 1), ("PRIORITY", 0, 0),
                                 ("PRIORITY", 120, 1)):
    a, b = server(), server()
    with Gateway(conf(
            *hosts(a[1], b[1]), f"HostSelectionPolicy={policy}",
            f"HostSelectionPolicyPriorityStartOverInterval={start_over}",
            "ReconnectInterval=3600")) as g:
        g.start()
        s, _ = a[0].accept()
        one(s)
        answer(s, 1)
        logged_on(g)
        s.close()
        s, _ = (a, b)[want][0].accept()
        m = one(s)
        t.ok(m is not None and m.type == "A",
             f"{policy} {start_over}: after a loss host {want} is next",
             g.tail())
        s.close()
    a[0].close()
    b[0].close()

# A name with addresses of which one works.
with Gateway(conf("SocketConnectHost=localhost",
                  f"SocketConnectPort={real_port}",
                  "ReconnectInterval=3600")) as g:
    g.start()
    s, _ = real.accept()
    t.ok(one(s).type == "A", "all addresses of a name are tried in a round")
    s.close()

# Waits of a list, and the budget.
with Closed() as shut:
    with Gateway(conf(*hosts(shut), "ReconnectInterval=2x1;7200")) as g:
        g.start()
        t.ok(until(lambda: log_of(g).count("can't connect") == 3),
             "a list of waits is gone through", g.tail())
        last = [x for x in log_of(g).splitlines() if "again in" in x][-1]
        wait = int(last.split("again in ")[1].split()[0])
        t.ok(5000 <= wait <= 9000,
             "and its last one stays, a quarter more or less", last)
    with Gateway(conf(*hosts(*[shut] * 10), "ReconnectInterval=1",
                      "MaxConnectAttempts=4",
                      "ConnectAttemptsWindow=3600")) as g:
        g.start()
        t.ok(until(lambda: "MaxConnectAttempts are used up" in log_of(g)),
             "attempts have a budget", g.tail())
        time.sleep(0.5)
        t.ok(log_of(g).count("can't connect") == 4,
             "which is not exceeded", log_of(g).count("can't connect"))

# Held after a MsgSeqNum too low: the peer says it, then we do.
with Gateway(conf(*hosts(real_port), "ReconnectInterval=1")) as g:
    g.start()
    s, _ = real.accept()
    one(s)
    say(s, "5", 1, (58, "MsgSeqNum too low, expecting 5 but received 1"))
    s.close()
    t.ok(until(lambda: "held after" in log_of(g)),
         "a peer's Logout for a low MsgSeqNum holds the session", g.tail())
    real.settimeout(2)
    try:
        real.accept()[0].close()
        again = True
    except socket.timeout:
        again = False
    real.settimeout(60)
    t.ok(not again, "it does not connect again", g.tail())
    t.ok("too low" in session(g).get("held", ""),
         "fixgate sessions says so", session(g))
    t.ok(" held " in g.fixgate("sessions"), "in the table, too")
    g.kill()
    g.start()
    t.ok("too low" in session(g).get("held", ""), "a crash changes nothing")
    said = g.fixgate("control", "release", "VENUE")
    t.ok("released" in said, "an operator releases it", said)
    s, _ = real.accept()
    m = one(s)
    t.ok(m.type == "A" and "held" not in session(g), "and it connects", m)
    answer(s, int(session(g)["next_in"]))
    logged_on(g)
    s.close()
    s, _ = real.accept()
    one(s)
    answer(s, 1)
    m = one(s)
    t.ok(m is not None and m.type == "5" and "too low" in m.get(58),
         "a peer whose Logon is too low is logged out", m)
    s.close()
    t.ok(until(lambda: log_of(g).count("held after") == 2),
         "and that holds the session, too", g.tail())
with Gateway(conf(*hosts(real_port), "ReconnectInterval=1",
                  "HoldAfterLowMsgSeqNum=N")) as g:
    g.start()
    s, _ = real.accept()
    one(s)
    say(s, "5", 1, (58, "MsgSeqNum too low, expecting 5 but received 1"))
    s.close()
    s, _ = real.accept()
    t.ok(one(s).type == "A", "HoldAfterLowMsgSeqNum=N goes on")
    s.close()

# Socket options, as the kernel has them.
libc = ctypes.CDLL(None, use_errno=True)


def pids(g):
    for p in os.listdir("/proc"):
        try:
            if p.isdigit() and os.getpgid(int(p)) == g.process.pid:
                yield int(p)
        except OSError:
            pass


def their_socket(g, port):
    """Our copy of the gateway's socket whose peer is this port."""
    for pid in pids(g):
        fd = os.pidfd_open(pid)
        for n in os.listdir(f"/proc/{pid}/fd"):
            got = libc.syscall(438, fd, int(n), 0)  # pidfd_getfd
            if got < 0:
                continue
            try:
                s = socket.socket(fileno=got)
                if s.getpeername()[1] == port:
                    os.close(fd)
                    return s
                s.close()
            except (OSError, IndexError):
                pass
        os.close(fd)
    return None


def options(s):
    def get(level, name):
        return s.getsockopt(level, name)
    return (get(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0,
            get(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0,
            get(socket.SOL_SOCKET, socket.SO_SNDBUF),
            get(socket.SOL_SOCKET, socket.SO_RCVBUF))


def look(*lines):
    with Gateway(conf(*hosts(real_port), *lines)) as g:
        g.start()
        s, peer = real.accept()
        one(s)
        theirs = their_socket(g, real_port)
        got = None
        if theirs is not None:
            got = options(theirs)
            theirs.close()
        s.close()
        return got, peer


got, peer = look("SocketNodelay=N", "SocketKeepAlive=N",
                 "SocketSendBufferSize=20000", "SocketReceiveBufferSize=30000",
                 "SocketConnectSourceHost=127.0.0.9")
t.ok(peer[0] == "127.0.0.9", "it comes from SocketConnectSourceHost", peer)
if got is None:
    t.skip("socket options", "no pidfd_getfd here")
else:
    t.ok(got == (False, False, 40000, 60000),
         "socket options are as set (Linux doubles sizes)", got)
    got, _ = look()
    t.ok(got[:2] == (True, True), "NODELAY and keep-alive by default", got)
with socket.socket() as probe:
    probe.bind(("127.0.0.8", 0))
    own = probe.getsockname()[1]
_, peer = look("SocketConnectSourceHost=127.0.0.8",
               f"SocketConnectSourcePort={own}")
t.ok(peer == ("127.0.0.8", own), "and from SocketConnectSourcePort", peer)


# Thousands of failures leave no descriptor behind.
def fds(g):
    return sum(len(os.listdir(f"/proc/{p}/fd")) for p in pids(g))


with Closed() as shut:
    many = "".join(conf(*hosts(*[shut] * 100), "ReconnectInterval=3600",
                        name=f"V{i}")[len(DEMO):] for i in range(20))
    tls = (f"SocketUseSSL=Y\nSocketConnectHost=127.0.0.1\n"
           f"SocketConnectPort={balancer_port}\nReconnectInterval=1\n")
    with Gateway(DEMO + many + conf(tls, name="T")[len(DEMO):]) as g:
        g.start()
        t.ok(until(lambda: log_of(g).count("can't connect") >= 2001, 120),
             "2000 connections fail, and some in TLS",
             log_of(g).count("can't connect"))
        t.ok(until(lambda: fds(g) < 80), "and no descriptor is lost", fds(g))
        t.ok(g.stop() == 0, "the gateway stops in order")
real.close()
balancer.close()
t.done()
