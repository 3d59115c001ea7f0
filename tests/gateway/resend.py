"""What fixgated sends again and what not, and messages of other versions: by
settings, on the real program."""
import os
import socket
import subprocess

from fixclient import Msg, frame, utc
from gateway import FIXGATE, Gateway
from tap import Tap

t = Tap()
with open(os.path.join(os.environ["TOP_SRCDIR"], "gateway",
                       "demo.conf")) as f:
    DEMO = f.read()


class Peer:
    def __init__(self, port, begin, name, *logon):
        self.begin, self.name, self.seq = begin, name, 0
        self.s = socket.create_connection(("127.0.0.1", port), 60)
        self.buf = b""
        self.say("A", (98, 0), (108, 30), *logon)

    def say(self, mtype, *fields):
        self.seq += 1
        self.s.sendall(frame(self.begin, [
            (35, mtype), (49, self.name), (56, "FIXGATE"), (34, self.seq),
            (52, utc()), *fields]))

    def hear(self):
        """The next message."""
        while True:
            at = self.buf.find(b"\x0110=")
            end = self.buf.find(b"\x01", at + 1) if at >= 0 else -1
            if end >= 0:
                one, self.buf = self.buf[:end + 1], self.buf[end + 1:]
                return Msg(one)
            got = self.s.recv(4096)
            if not got:
                raise EOFError(self.buf)
            self.buf += got


ORDER = [(11, "o1"), (55, "AAPL"), (54, 1), (60, utc()), (38, 1), (40, 1),
         (1, "DEMO")]

conf = DEMO.replace("TargetCompID=CLIENT44\n",
                    "TargetCompID=CLIENT44\nResendNever=j\n", 1)
conf = conf.replace("DefaultApplVerID=9\n", "DefaultApplVerID=9\n"
                    "AppDataDictionary.FIX.4.2=FIX42.xml\n", 1)
assert "ResendNever" in conf and "AppDataDictionary" in conf

with Gateway(conf) as g:
    g.start()
    p = Peer(g.port, "FIX.4.4", "CLIENT44")
    p.hear()
    p.say("B", (148, "news"), (33, 1), (58, "x"))
    m = p.hear()
    t.ok(m.type == "j" and m.seq == 2, "a refusal", m)
    p.say("2", (7, 2), (16, 2))
    m = p.hear()
    t.ok(m.type == "4" and m.seq == 2 and m.get(36) == "3" and
         m.get(123) == "Y", "asked for again, a gap fill stands for it", m)
    said = "message 2 is not sent again: 35=j ClOrdID : never sent again"
    t.ok(said in g.tail(), "the log says so", g.tail())
    out = subprocess.run([FIXGATE, "journal", "list", "-c", g.conf], env=g.env,
                         capture_output=True, text=True, timeout=60).stdout
    t.ok(said in out, "and the journal", out)

    p = Peer(g.port, "FIXT.1.1", "CLIENT50", (1137, 9))
    p.hear()
    p.say("D", (1128, 4), (21, 1), *ORDER)
    m = p.hear()
    t.ok(m.type == "8", "a FIX.4.2 order in a FIX.5.0SP2 session", m)
    while m.get(39) not in ("2", "4", "8"):
        m = p.hear()
    p.say("D", (1128, 4), *ORDER)
    m = p.hear()
    t.ok(m.type == "3" and m.get(371) == "21" and m.get(373) == "1",
         "it is checked as what it says it is", m)
    p.say("D", (1128, 6), *ORDER)
    m = p.hear()
    t.ok(m.type == "3" and m.get(371) == "1128" and m.get(373) == "18",
         "a version without a dictionary is rejected", m)
t.done()
