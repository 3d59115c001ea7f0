"""A small FIX client for tests: written against the standard, shares no code
with the gateway, and keeps its state over connections as a good client does.

    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
    c.connect(port)              # Logon, recovery both ways
    c.send("D", [(11, "A1"), ...])
    m = c.wait(lambda m: m.get(35) == "8" and m.get(11) == "A1")
"""
import select
import socket
import time

import canary

SOH = "\x01"


class Broken(Exception):
    """The peer broke a rule of the protocol."""


class Msg:
    def __init__(self, raw):
        self.raw = raw
        self.fields = []
        text, at = raw.decode("latin-1"), 0
        while at < len(text):
            tag, _, rest = text[at:].partition("=")
            end = rest.index(SOH)
            if int(tag) == 213:  # data: as long as 212 said
                end = int(self.fields[-1][1])
            self.fields.append((int(tag), rest[:end]))
            at += len(tag) + 1 + end + 1
        self.map = {}
        for tag, value in self.fields:
            self.map.setdefault(tag, value)

    def get(self, tag, default=None):
        return self.map.get(tag, default)

    @property
    def type(self):
        return self.map[35]

    @property
    def seq(self):
        return int(self.map[34])

    def content(self):
        """What a resend must not change."""
        return tuple(f for f in self.fields
                     if f[0] not in (8, 9, 10, 43, 52, 122))

    def __str__(self):
        return self.raw.decode("latin-1").replace(SOH, "|")


def utc(ms=True):
    now = time.time()
    text = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime(now))
    return text + (f".{int(now * 1000) % 1000:03d}" if ms else "")


def frame(begin, fields):
    body = "".join(f"{t}={v}{SOH}" for t, v in fields)
    text = f"8={begin}{SOH}9={len(body)}{SOH}{body}"
    data = text.encode("latin-1")
    return data + f"10={sum(data) % 256:03d}{SOH}".encode()


class FixClient:
    ADMIN = "0A12345"

    def __init__(self, begin, sender, target, heartbeat=30, appl=None):
        self.begin, self.sender, self.target = begin, sender, target
        self.heartbeat = heartbeat
        self.appl = appl            # DefaultApplVerID(1137) under FIXT
        self.next_out = 1
        self.next_in = 1
        self.sent = {}              # number -> (type, fields, SendingTime)
        self.seen = {}              # number -> content, to catch a second one
        self.beats = {}             # TestReqID -> number of its Heartbeat
        self.inbox = []             # application messages in order
        self.rejects = []           # session Rejects received
        self.held = {}
        self.resent = 0             # messages the peer asked for again
        self.sock = None
        self.buf = b""
        self.up = False
        self.asked = 0              # open ResendRequest up to here

    # --- out ---------------------------------------------------------------

    def header(self, mtype, seq, extra=(), when=None):
        return [(35, mtype), (49, self.sender), (56, self.target), (34, seq),
                (52, when or utc()), *extra]

    def number(self, mtype, fields):
        seq = self.next_out
        self.next_out += 1
        when = utc()
        self.sent[seq] = (mtype, list(fields), when)
        return frame(self.begin, self.header(mtype, seq, (), when) +
                     list(fields))

    def write(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            self.lost()

    def send(self, mtype, fields):
        """Number it, keep it, send it if there is a connection."""
        data = self.number(mtype, fields)
        if self.sock is not None and self.up:
            self.write(data)

    def send_all(self, messages):
        data = b"".join(self.number(t, f) for t, f in messages)
        if self.sock is not None and self.up:
            self.write(data)

    def resend(self, begin, end):
        last = self.next_out - 1
        end = last if end == 0 else min(end, last)
        out, gap = [], None
        for seq in range(begin, end + 1):
            mtype, fields, when = self.sent.get(seq, ("0", [], utc()))
            if mtype in self.ADMIN:
                gap = gap or seq
                continue
            if gap:
                out.append(self.gap_fill(gap, seq))
                gap = None
            out.append(frame(self.begin, self.header(
                mtype, seq, [(43, "Y"), (122, when)]) + fields))
            self.resent += 1
        if gap:
            out.append(self.gap_fill(gap, end + 1))
        self.write(b"".join(out))

    def gap_fill(self, seq, new):
        return frame(self.begin, self.header(
            "4", seq, [(43, "Y"), (122, utc())]) + [(123, "Y"), (36, new)])

    # --- in ----------------------------------------------------------------

    def lost(self):
        if self.sock is not None:
            self.sock.close()
        self.sock = None
        self.up = False
        self.buf = b""
        self.held = {}
        self.asked = 0

    def frames(self):
        while True:
            start = self.buf.find(b"8=FIX")
            if start < 0:
                return
            if start > 0:
                raise Broken(f"bytes before a message: {self.buf[:start]!r}")
            nine = self.buf.find(b"\x019=")
            stop = self.buf.find(b"\x01", nine + 3) if nine > 0 else -1
            if stop < 0:
                return
            whole = stop + 1 + int(self.buf[nine + 3:stop]) + 7
            if len(self.buf) < whole:
                return
            raw, self.buf = self.buf[:whole], self.buf[whole:]
            if not raw.endswith(f"10={sum(raw[:-7]) % 256:03d}\x01".encode()):
                raise Broken(f"wrong length or checksum: {raw!r}")
            yield Msg(raw)

    def pump(self, timeout):
        """Read what comes within timeout. @return False: connection lost"""
        if self.sock is None:
            return False
        ready, _, _ = select.select([self.sock], [], [], timeout)
        if not ready:
            return True
        try:
            data = self.sock.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            self.lost()
            return False
        self.buf += data
        for m in self.frames():
            self.take(m)
            if self.sock is None:
                return False
        return True

    def watch(self, m):
        if m.type == "4":
            return
        known = self.seen.setdefault(m.seq, m.content())
        if known != m.content():
            raise Broken(f"MsgSeqNum {m.seq} has two contents:\n{known}\n{m}")

    def take(self, m):
        self.watch(m)
        if m.type == "0" and m.get(112):
            self.beats[m.get(112)] = m.seq
        if m.type == "4" and m.get(123) != "Y":
            self.next_in = max(self.next_in, int(m.get(36)))
            return
        if m.type == "A":
            self.up = True
        if m.type == "2":
            self.resend(int(m.get(7)), int(m.get(16)))
        if m.seq < self.next_in:
            if m.get(43) != "Y":
                raise Broken(f"number too low, expected {self.next_in}: {m}")
            return
        if m.seq > self.next_in:
            self.held[m.seq] = m
            if self.asked < self.next_in:
                self.asked = m.seq
                self.write(self.number("2", [(7, self.next_in), (16, 0)]))
            return
        self.use(m)
        while self.next_in in self.held:
            self.use(self.held.pop(self.next_in))
        self.held = {n: x for n, x in self.held.items() if n > self.next_in}

    def use(self, m):
        self.next_in = m.seq + 1
        if m.type == "4":
            self.next_in = int(m.get(36))
        elif m.type == "1":
            self.write(self.number("0", [(112, m.get(112))]))
        elif m.type == "5":
            self.up = False
        elif m.type == "3":
            self.rejects.append(m)
        elif m.type not in self.ADMIN:
            self.inbox.append(m)

    # --- session -----------------------------------------------------------

    def connect(self, port, timeout=60, host="127.0.0.1", tries_until=None):
        """Connect and log on; tries again until it works or time is up."""
        end = time.monotonic() + timeout
        while True:
            try:
                self.sock = socket.create_connection((host, port), 5)
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                logon = [(98, 0), (108, self.heartbeat)]
                if self.appl:
                    logon.append((1137, self.appl))
                if self.begin in ("FIX.4.3", "FIX.4.4", "FIXT.1.1"):
                    logon += [(553, "tests"), (554, canary.secret("554"))]
                self.write(self.number("A", logon))
                while self.sock is not None and not self.up and \
                        time.monotonic() < end:
                    self.pump(0.2)
                if self.up:
                    return self
            except (ConnectionError, socket.timeout):
                self.sock = None
            if time.monotonic() > end:
                raise TimeoutError(f"no Logon at port {port}")
            time.sleep(0.01)

    def wait(self, want, timeout=60):
        """The first message in the inbox that want() likes, taken out."""
        end = time.monotonic() + timeout
        while True:
            for i, m in enumerate(self.inbox):
                if want(m):
                    return self.inbox.pop(i)
            if time.monotonic() > end:
                raise TimeoutError("not received; inbox: " +
                                   "; ".join(map(str, self.inbox[-5:])))
            if not self.pump(0.2) and self.sock is None:
                raise ConnectionError("connection lost while waiting")

    def settle(self, timeout=60):
        """TestRequest and its answer: everything before has been handled."""
        mark = f"S{self.next_out}"
        self.beats.pop(mark, None)
        self.write(self.number("1", [(112, mark)]))
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if not self.held and self.next_in > self.beats.get(mark, 1 << 62):
                return True
            if not self.pump(0.1) and self.sock is None:
                return False
        raise TimeoutError("no answer to a TestRequest")

    def logout(self, timeout=30):
        if self.sock is None:
            return
        self.write(self.number("5", []))
        end = time.monotonic() + timeout
        while self.sock is not None and time.monotonic() < end:
            self.pump(0.2)
            if not self.up:
                break
        self.lost()
