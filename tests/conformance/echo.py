"""fixgate echo itself: acceptor, initiator, what it sends back, how it ends.

Needs nothing but the program: both sides of the wire are written here.
"""
import os
import re
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from fixclient import Msg, frame, utc
from tap import Tap

BUILD = Path(os.environ.get("TOP_BUILDDIR", "build"))
SRC = Path(os.environ.get("TOP_SRCDIR", "."))
PROGRAM = BUILD / "gateway" / "fixgate"
WAIT = 30
t = Tap()


class Wire:
    """The far end of a connection: numbers what it says, reads messages."""

    def __init__(self, sock, me="CLIENT", begin="FIX.4.4"):
        self.sock, self.me, self.begin, self.out, self.buf = sock, me, begin, 1, b""
        sock.settimeout(WAIT)

    def say(self, mtype, *fields, seq=None, early=()):
        if seq is None:
            seq, self.out = self.out, self.out + 1
        head = [(35, mtype), (34, seq), (49, self.me), (52, utc()), (56, "ECHO"), *early]
        self.sock.sendall(frame(self.begin, head + list(fields)))

    def hear(self):
        """The next message, None at the end."""
        while True:
            nine = re.match(rb"8=[^\x01]*\x019=(\d+)\x01", self.buf)
            size = nine.end() + int(nine[1]) + 7 if nine else 0
            if nine and len(self.buf) >= size:
                raw, self.buf = self.buf[:size], self.buf[size:]
                return Msg(raw)
            try:
                data = self.sock.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                return None
            self.buf += data

    def log_on(self):
        self.say("A", (98, 0), (108, 30))
        return self.hear()


class Echo:
    def __init__(self, folder, text):
        self.path = Path(folder) / "echo.cfg"
        self.path.write_text(text)
        self.process = subprocess.Popen([PROGRAM, "echo", "-c", self.path], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.port = 0

    def listening(self):
        found = re.match(r"listening on \S+ port (\d+)", self.process.stdout.readline())
        self.port = int(found[1]) if found else 0
        return self.port != 0

    def connect(self, **more):
        return Wire(socket.create_connection(("127.0.0.1", self.port), timeout=WAIT), **more)

    def end(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self):
        errors = self.process.communicate(timeout=WAIT)[1]
        return self.process.returncode, errors


def body(m):
    return [f for f in m.fields if f[0] not in (8, 9, 35, 34, 49, 52, 56, 10)]


SESSION = f"""[SESSION]
BeginString=FIX.4.4
SenderCompID=ECHO
TargetCompID=CLIENT
DataDictionary={SRC.resolve()}/dictionaries/FIX44.xml
"""
ORDER = [(55, "X"), (11, "a"), (54, 1), (60, "20260101-00:00:00"), (38, "002.50"), (40, 1),
         (453, 2), (448, "p1"), (447, "D"), (452, 1), (448, "p2"), (447, "D"), (452, 3),
         (354, 3), (355, "a=b"), (21, 1)]


def acceptor(folder, profile):
    with_profile = f"[DEFAULT]\nSocketAcceptPort=0\n{'Profile=quickfix' if profile else ''}\n{SESSION}"
    name = "quickfix" if profile else "plain"
    echo = Echo(folder, with_profile)
    t.ok(echo.listening(), f"{name}: it says on which port it listens")
    w = echo.connect()
    m = w.log_on()
    t.ok(m is not None and m.type == "A" and m.get(108) == "30", f"{name}: a Logon is answered", m)
    w.say("D", *ORDER)
    m = w.hear()
    want = [(int(a), str(b)) for a, b in ORDER]
    if profile:
        want = [(11, "a"), (21, "1"), (38, "002.50"), (40, "1"), (54, "1"), (55, "X"),
                (60, "20260101-00:00:00"), (354, "3"), (355, "a=b"), *want[6:13]]
    t.ok(body(m) == want, f"{name}: an order comes back, "
         + ("ascending by tag, groups whole" if profile else "as it was"), f"{m}\nwant {want}")
    w.say("D", *ORDER, early=[(97, "Y")])
    w.say("8", (37, 1), (11, "x"), (17, 1), (150, 0), (39, 0), (55, "X"), (54, 1), (151, 0), (14, 0), (6, 0))
    m = w.hear()
    t.ok(m.type == "j" and m.get(380) == "3" and m.get(45) == "4",
         f"{name}: a repeated PossResend order does not, and another type is refused", m)
    second = echo.connect()
    second.say("A", (98, 0), (108, 30))
    t.ok(second.hear() is None, f"{name}: a second connection of a live session is closed without a word")
    stranger = echo.connect(me="NOBODY")
    stranger.say("A", (98, 0), (108, 30))
    t.ok(stranger.hear() is None, f"{name}: a stranger is, too")
    w.say("2", (7, 2), (16, 0))
    m = w.hear()
    t.ok(m.get(43) == "Y" and m.type == "D" and m.get(34) == "2", f"{name}: what was sent is resent", m)
    m = w.hear()
    w.sock.close()
    w = echo.connect()
    w.out = 6
    m = w.log_on()
    t.ok(m is not None and m.get(34) == "4", f"{name}: numbers go on over connections", m)
    echo.end()
    m = w.hear()
    t.ok(m is not None and m.type == "5", f"{name}: SIGTERM logs out", m)
    w.say("5")
    t.ok(w.hear() is None, f"{name}: and closes when that was answered")
    status, errors = echo.wait()
    t.ok(status == 0, f"{name}: and ends with status 0", errors)


def initiator(folder):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT)
        port = listener.getsockname()[1]
        echo = Echo(folder, f"[DEFAULT]\nConnectionType=initiator\nReconnectInterval=1\nHeartBtInt=20\n{SESSION}"
                            f"SocketConnectHost=127.0.0.1\nSocketConnectPort={port}\n")
        w = Wire(listener.accept()[0])
        m = w.hear()
        t.ok(m.type == "A" and m.get(108) == "20" and m.get(34) == "1", "initiator: it sends the Logon", m)
        w.say("A", (98, 0), (108, 20))
        w.say("D", *ORDER)
        m = w.hear()
        t.ok(m.type == "D" and m.get(11) == "a", "initiator: it sends orders back", m)
        w.sock.close()
        again = Wire(listener.accept()[0])
        m = again.hear()
        t.ok(m.type == "A" and m.get(34) == "3", "initiator: it comes back when the connection is lost", m)
        echo.end()
        status, errors = echo.wait()
        t.ok(status == 0, "initiator: it ends with status 0", errors)


def complaints(folder):
    echo = Echo(folder, f"[DEFAULT]\nSocketAcceptPort=0\nSenderCompId2=x\n{SESSION}")
    status, errors = echo.wait()
    t.ok(status != 0 and ":3:" in errors, "a bad setting is told with file and line", errors)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        echo = Echo(folder, f"[DEFAULT]\nSocketAcceptPort={port}\n{SESSION}")
        status, errors = echo.wait()
        t.ok(status != 0 and str(port) in errors, "a port in use is told by its number", errors)
    done = subprocess.run([PROGRAM, "echo"], capture_output=True, text=True, timeout=WAIT)
    t.ok(done.returncode == 2, "without a file it says how it is used", done.stderr)


def main():
    with tempfile.TemporaryDirectory(prefix="fixgate-echo-") as folder:
        acceptor(folder, profile=False)
        acceptor(folder, profile=True)
        initiator(folder)
        complaints(folder)
    t.done()


if __name__ == "__main__":
    main()
