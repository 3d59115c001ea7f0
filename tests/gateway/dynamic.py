"""Sessions made from templates by the real gateway: only a Logon that has
proven itself makes one, under no other's name; kill -9 behind its answer loses
nothing; a reload serves them, too."""
import json
import os
import signal
import socket
import subprocess
import time

from fixclient import Msg, frame, utc
from gateway import FIXGATE, Gateway, free_port
from tap import Tap

t = Tap()
with open(os.path.join(os.environ["TOP_SRCDIR"], "gateway",
                       "demo.conf")) as f:
    DEMO = f.read()
PASSWORD = "canary-Correct-Horse-41"


def logon(port, name, seq=1, *fields):
    s = socket.create_connection(("127.0.0.1", port), 30)
    s.settimeout(30)
    s.sendall(frame("FIX.4.4", [(35, "A"), (49, name), (56, "FIXGATE"),
                                (34, seq), (52, utc()), (98, 0), (108, 30),
                                *fields]))
    return s


def answer(s):
    """The first message; None: closed without a word."""
    got = b""
    try:
        while b"\x0110=" not in got or not got.endswith(b"\x01"):
            data = s.recv(65536)
            if not data:
                return None
            got += data
    except ConnectionError:
        return None
    return Msg(got)


def up(s):
    m = answer(s)
    return m is not None and m.type == "A"


def row(g, name):
    for s in json.loads(g.fixgate("sessions", "--json")):
        if s["session"].endswith(">" + name):
            return s
    return {}


def said(g, what, timeout=30):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if what in g.tail(300):
            return True
        time.sleep(0.02)
    return False


def password(user, text, sessions):
    p = subprocess.run([FIXGATE, "credential", "--user", user, "--method",
                        "password", "--sessions", sessions, "--cost", "12"],
                       input=text.encode() + b"\n", capture_output=True,
                       timeout=60)
    assert p.returncode == 0, p.stderr
    return p.stdout.decode()


TEMPLATE = """
[SESSION]
BeginString=FIX.4.4
TargetCompID=*
"""
PROVEN = """
[SESSION]
BeginString=FIX.4.4
AcceptorTemplate=Y
SocketAcceptPort={port}
LogonAuth=password
"""
proven = free_port()

with Gateway(DEMO.replace("[GATEWAY]", "[GATEWAY]\nMaxDynamicSessions=2") +
             TEMPLATE) as g:
    g.start()
    s = logon(g.port, "NEW1")
    t.ok(up(s), "a Logon that fits a template makes a session", g.tail())
    g.kill()
    g.start()
    t.ok(row(g, "NEW1").get("next_in") == 2 and row(g, "NEW1").get("dynamic"),
         "kill -9 behind its answer loses nothing", row(g, "NEW1"))
    s = logon(g.port, "NEW1", 2)
    m = answer(s)
    t.ok(m is not None and m.type == "A" and m.seq == 2,
         "and its numbers go on", m)
    s.sendall(frame("FIX.4.4", [
        (35, "D"), (49, "NEW1"), (56, "FIXGATE"), (34, 3), (52, utc()),
        (11, "O1"), (1, "DEMO"), (55, "AAPL"), (54, 1), (38, 10), (40, 2),
        (44, "180"), (59, 0), (60, utc())]))
    m = answer(s)
    t.ok(m is not None and m.get(35) == "8" and m.get(39) != "8",
         "it trades as its template's settings say", m)
    s2 = logon(g.port, "NEW1", 4)
    t.ok(answer(s2) is None, "a second connection of it is refused")
    s.close()
    t.ok(up(logon(g.port, "CLIENT44")) and
         not row(g, "CLIENT44").get("dynamic"),
         "a session of the settings is none of them")
    t.ok(up(logon(g.port, "NEW2")), "others make others")
    t.ok(answer(logon(g.port, "NEW3")) is None and
         said(g, "MaxDynamicSessions already"), "up to MaxDynamicSessions",
         g.tail())
    t.ok(answer(logon(g.port, "NEW/4")) is None and not row(g, "NEW/4"),
         "a name that could be another id makes none")
    t.ok("was not held" in g.fixgate("control", "release", "NEW1"),
         "operators can name it")
    g.process.send_signal(signal.SIGHUP)
    t.ok(said(g, "settings reloaded"), "a reload is taken", g.tail())
    t.ok(up(logon(g.port, "NEW1", row(g, "NEW1")["next_in"])),
         "and it logs on after that", g.tail())
    t.ok(g.stop() == 0, "the gateway stops in order")
    with open(g.conf) as f:
        text = f.read()
    with open(g.conf, "w") as f:
        f.write(text.replace(TEMPLATE, ""))
    g.start()
    t.ok(said(g, "kept but not served: no template") and row(g, "NEW1"),
         "without its template a start tells, and keeps it", g.tail())

with Gateway(DEMO.replace("[GATEWAY]", "[GATEWAY]\n"
                          "CredentialsFile=credentials") +
             PROVEN.format(port=proven)) as g:
    path = os.path.join(g.dir, "credentials")
    with open(path, "w") as f:
        f.write(password("u1", PASSWORD, "MINE"))
    os.chmod(path, 0o600)
    g.start()

    def who(text):
        return (553, "u1"), (554, text)

    t.ok(answer(logon(proven, "MINE", 1, *who("wrong-wrong-wrong"))) is None
         and not row(g, "MINE"), "a wrong password makes no session", g.tail())
    t.ok(answer(logon(proven, "MINE")) is None and not row(g, "MINE"),
         "nor does none at all", g.tail())
    # Failures of an address make it wait: another one tries.
    s = socket.create_connection(("127.0.0.1", proven), 30, ("127.0.0.7", 0))
    s.settimeout(30)
    s.sendall(frame("FIX.4.4", [(35, "A"), (49, "YOURS"), (56, "FIXGATE"),
                                (34, 1), (52, utc()), (98, 0), (108, 30),
                                *who(PASSWORD)]))
    t.ok(answer(s) is None and not row(g, "YOURS"),
         "a credential makes no session of another's name", g.tail())
    s = socket.create_connection(("127.0.0.1", proven), 30, ("127.0.0.8", 0))
    s.settimeout(30)
    s.sendall(frame("FIX.4.4", [(35, "A"), (49, "MINE"), (56, "FIXGATE"),
                                (34, 1), (52, utc()), (98, 0), (108, 30),
                                *who(PASSWORD)]))
    t.ok(up(s) and row(g, "MINE").get("dynamic"),
         "the right one makes its own", g.tail())
    t.ok(said(g, "FIXGATE->MINE: user u1 has proven itself"),
         "and the log says who", g.tail())
    # Taken away, it is logged out.
    with open(path, "w") as f:
        f.write(password("u2", PASSWORD, "MINE"))
    g.process.send_signal(signal.SIGHUP)
    m = answer(s)
    t.ok(m is not None and m.type == "5", "without its credential it is "
         "logged out", g.tail())

# Nobody makes sessions from afar without proof.
with Gateway(DEMO + TEMPLATE + "SocketAcceptAddress=0.0.0.0\n"
             f"SocketAcceptPort={free_port()}\n") as g:
    try:
        g.start()
        t.ok(False, "a template that is open to all is a fault")
    except RuntimeError as e:
        t.ok("anybody could make sessions" in str(e),
             "a template that is open to all is a fault", e)
t.done()
