"""Foreign FIX engines as subprocesses that are driven by lines."""
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time

from fixclient import utc
from gateway import BUILD, TOP

QF_PEER = os.path.join(BUILD, "tests", "interop", "qf_peer")
WAIT = 90  # QuickFIX needs seconds of CPU to load FIX50SP2

VERSIONS = {
    # name: BeginString, CompID, dictionaries (transport, application), 1137
    "4.2": ("FIX.4.2", "CLIENT42", ("FIX42.xml",), None),
    "4.4": ("FIX.4.4", "CLIENT44", ("FIX44.xml",), None),
    "5.0SP2": ("FIXT.1.1", "CLIENT50", ("FIXT11.xml", "FIX50SP2.xml"), "9"),
}


def parse(text):
    m = {}
    for part in text.split("|"):
        tag, eq, value = part.partition("=")
        if eq:
            m.setdefault(int(tag), value)
    return m


class LinePeer:
    """A subprocess that tells events by lines: app, admin, logon, logout."""

    def __init__(self, argv, env=None):
        self.argv, self.env = argv, env
        self.apps, self.admins, self.events = [], [], []
        self.process = None

    def start(self):
        self.lines = queue.Queue()
        self.events = []
        self.process = subprocess.Popen(
            self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env=self.env, bufsize=1)
        lines, out = self.lines, self.process.stdout
        threading.Thread(target=lambda: [lines.put(x) for x in out] and None,
                         daemon=True).start()
        return self

    def pump(self, timeout):
        try:
            line = self.lines.get(timeout=timeout).rstrip("\n")
        except queue.Empty:
            return
        word, _, rest = line.partition(" ")
        if word in ("app", "admin"):
            index, _, text = rest.partition(" ")
            (self.apps if word == "app" else self.admins).append(parse(text))
        else:
            self.events.append(line)

    def wait(self, what, find, timeout=WAIT):
        end = time.monotonic() + timeout
        while True:
            got = find()
            if got is not None:
                return got
            if time.monotonic() > end:
                raise TimeoutError(
                    f"no {what}; last messages: {self.apps[-3:]}, events: "
                    f"{self.events[-5:]}, admin: {self.admins[-3:]}")
            self.pump(0.2)

    def wait_event(self, word, timeout=WAIT):
        def find():
            for i, e in enumerate(self.events):
                if e.split(" ")[0] == word:
                    return self.events.pop(i)
            return None
        return self.wait(word, find, timeout)

    def wait_app(self, **want):
        """wait_app(t35="8", t39="2"): the first such message, taken out."""
        need = {int(k[1:]): v for k, v in want.items()}

        def find():
            for i, m in enumerate(self.apps):
                if all(m.get(t) == v for t, v in need.items()):
                    return self.apps.pop(i)
            return None
        return self.wait(str(need), find)

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def send(self, mtype, fields, index=0):
        text = "|".join(f"{t}={v}" for t, v in [(35, mtype), *fields])
        self.tell(f"send {index} {text}")

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        try:
            self.tell("stop")
            self.process.wait(30)
        except (OSError, subprocess.TimeoutExpired):
            self.kill()


class QuickFix(LinePeer):
    """libquickfix as initiator or acceptor for one session."""

    def __init__(self, version, port, role="initiator", dicts=None,
                 extra="", tls=False, comp=None):
        begin, theirs, xml, appl = VERSIONS[version]
        comp = comp or theirs
        self.dir = tempfile.mkdtemp(prefix="fixgate-qf-")
        dicts = dicts or os.path.join(TOP, "dictionaries")
        if len(xml) == 1:
            d = f"DataDictionary={dicts}/{xml[0]}"
        else:
            d = (f"TransportDataDictionary={dicts}/{xml[0]}\n"
                 f"AppDataDictionary={dicts}/{xml[1]}\n"
                 f"DefaultApplVerID={appl}")
        where = (f"SocketConnectHost=127.0.0.1\nSocketConnectPort={port}"
                 if role == "initiator" else f"SocketAcceptPort={port}")
        path = os.path.join(self.dir, "settings")
        with open(path, "w") as f:
            f.write(f"""[DEFAULT]
ConnectionType={role}
HeartBtInt=30
ReconnectInterval=1
FileStorePath={self.dir}/store
StartTime=00:00:00
EndTime=00:00:00
SocketNodelay=Y
SocketReuseAddress=Y
{extra}
[SESSION]
BeginString={begin}
SenderCompID={comp}
TargetCompID=FIXGATE
{d}
{where}
""")
        super().__init__([QF_PEER, path, ("tls-" if tls else "") + role])

    def close(self):
        self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


def order(cid, side, qty, price=None, symbol="AAPL", tif="0", otype=None,
          extra=()):
    otype = otype or ("1" if price is None else "2")
    fields = [(11, cid), (1, "DEMO"), (21, "1"), (55, symbol), (54, side),
              (60, utc()), (38, qty), (40, otype), (59, tif), *extra]
    if price is not None:
        fields.append((44, price))
    return fields
