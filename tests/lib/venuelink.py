"""Records of fixgate-venue-link(7), written from the manual: both ends in one
process or two, for tests and for venues written in Python."""
import select
import socket
import struct
import time

MAX = 4096


class Broken(Exception):
    """What came is no record."""


def pack(kind, **fields):
    text = kind + "".join(f"\n{k}={v}" for k, v in fields.items()
                          if v not in (None, ""))
    data = text.encode()
    return struct.pack(">I", len(data)) + data


class Link:
    def __init__(self, sock):
        self.sock = sock
        self.buf = b""
        self.ended = False

    def send(self, kind, **fields):
        self.sock.sendall(pack(kind, **fields))

    def whole(self):
        """@return the next record that is here, None"""
        if len(self.buf) < 4:
            return None
        n = struct.unpack(">I", self.buf[:4])[0]
        if not 0 < n <= MAX:
            raise Broken(f"a record of {n} bytes")
        if len(self.buf) < 4 + n:
            return None
        text, self.buf = self.buf[4:4 + n].decode(), self.buf[4 + n:]
        kind, *lines = text.split("\n")
        if "\0" in text or not kind or any("=" not in x for x in lines):
            raise Broken(f"no record: {text!r}")
        return kind, dict(x.split("=", 1) for x in lines)

    def fill(self, timeout):
        """@return False: nothing came in time, or the end did"""
        if self.ended or not select.select([self.sock], [], [], timeout)[0]:
            return False
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError:
            data = b""
        self.buf += data
        self.ended = not data
        return bool(data)

    def receive(self, timeout=20):
        """@return (type, fields); None: the end, or nothing in time"""
        end = time.monotonic() + timeout
        while True:
            r = self.whole()
            if r is not None:
                return r
            left = end - time.monotonic()
            if left <= 0 or not self.fill(left):
                if self.ended or left <= 0:
                    return None


def pair():
    a, b = socket.socketpair()
    return Link(a), b
