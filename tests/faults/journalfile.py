"""The trading journal, read from its files by a reader of the tests' own.

It goes by store/journal_format.h, up to the committed mark and no further, and
goes on where it stood: a new trader may have died in between.
"""
import functools
import os
import struct

from fixclient import Msg

DATA = 4096
HEAD = struct.Struct("<IIIIQqqQIHH")
SEALED = 0xc3d2e1f0
KEEP, IN, OUT, NUMBERS, NOTE, START, STOP, SHOWN = range(1, 9)
SESSIONS, ORDERS, EXECS, POSITIONS, VENUES = 1, 3, 5, 6, 7
I64 = struct.Struct("<q")


class Record:
    """One of a turn. IN, OUT: seq and msg; KEEP: table, key and value."""
    __slots__ = ("number", "kind", "session", "wall", "seq", "msg", "table",
                 "key", "value", "text")

    def __init__(self, number, kind, session, wall, data):
        self.number, self.kind = number, kind
        self.session, self.wall = session, wall
        self.seq = self.msg = self.table = self.key = self.value = None
        self.text = None
        if kind in (IN, OUT, SHOWN):
            self.seq = struct.unpack_from("<Q", data)[0]
            self.msg = Msg(data[8:])
        elif kind == KEEP:
            self.table, n = struct.unpack_from("<HH", data)
            self.key, self.value = data[4:4 + n], data[4 + n:]
        elif kind == NOTE:
            self.text = data.decode("latin-1")


class Journal:
    def __init__(self, folder):
        self.folder = folder
        self.segment = None
        self.off = DATA
        self.last = 0       # number of the last record read
        self.turn = []

    def path(self, segment):
        return os.path.join(self.folder, f"{segment:010d}.journal")

    def first_segment(self):
        return min(int(n[:10]) for n in os.listdir(self.folder)
                   if n.endswith(".journal"))

    def more(self):
        """@return turns that were committed since the last call"""
        turns = []
        if self.segment is None:
            self.segment = self.first_segment()
        while True:
            with open(self.path(self.segment), "rb") as f:
                mark = struct.unpack("<Q", os.pread(f.fileno(), 8, 64))[0]
                data = os.pread(f.fileno(), (mark & ~7) - self.off, self.off)
            self.records(data, turns)
            self.off += len(data)
            if not mark & 1:
                return turns
            self.segment += 1
            self.off = DATA

    def records(self, data, turns):
        at = 0
        while at < len(data):
            crc, seal, _, n, number, wall, _, _, session, kind, _ = \
                HEAD.unpack_from(data, at)
            if self.last and number != self.last + 1:
                raise ValueError(f"record {number} behind {self.last}")
            self.last = number
            body = data[at + HEAD.size:at + HEAD.size + n]
            self.turn.append(Record(number, kind, session, wall, body))
            at += (HEAD.size + n + 7) & ~7
            if seal == crc ^ SEALED:
                turns.append(self.turn)
                self.turn = []


def words(value):
    """An order as it is kept: its 8-byte words, those that are zero left out."""
    n = value[0]
    bits = value[1:1 + (n + 7) // 8]
    at, out = 1 + len(bits), []
    for i in range(n):
        if bits[i // 8] >> i % 8 & 1:
            out.append(value[at:at + 8])
            at += 8
        else:
            out.append(bytes(8))
    return b"".join(out)


def text(b):
    return b.split(b"\0", 1)[0].decode("latin-1")


class OrderRow:
    """Of struct order (gateway/order/order.h), what is looked at."""

    def __init__(self, value):
        w = words(value)
        w = w.ljust(672, b"\0")  # what is zero at its end is left out
        self.number, self.cum = I64.unpack_from(w)[0], I64.unpack_from(w, 32)[0]
        self.status = chr(w[153])
        self.held = any(w[96:112])
        self.account, self.cl_ord_id = text(w[248:281]), text(w[314:379])
        self.venue_ids = [i for i in (text(w[184:208]), text(w[379:403])) if i]


@functools.lru_cache(None)
def order_row(value):
    return OrderRow(value)


@functools.lru_cache(None)
def venue_row(value):
    """Of the simulated venue. (side, cum, symbol, ids), or None: no order"""
    if value[:1] != b"O":
        return None
    cum = I64.unpack_from(value, 6 + 32)[0]
    at, texts = 6 + 48, []
    while at < len(value):
        n = value[at]
        texts.append(value[at + 1:at + 1 + n].decode())
        at += 1 + n
    return chr(value[1]), cum, texts[0], texts[1:]
