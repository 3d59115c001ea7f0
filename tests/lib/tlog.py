"""Transparency logs and witnesses in Python, written from C2SP's signed-note,
tlog-checkpoint, tlog-cosignature and tlog-witness and from RFC 6962: the other
side of what the gateway does."""
import base64
import hashlib
import http.server
import threading

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

LOG, COSIGNER = 1, 4
DASH = "\u2014 "


def sha(data):
    return hashlib.sha256(data).digest()


def leaf(data):
    return sha(b"\0" + data)


def node(a, b):
    return sha(b"\1" + a + b)


def half(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root(leaves):
    if len(leaves) == 1:
        return leaf(leaves[0])
    if not leaves:
        return sha(b"")
    k = half(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def proof(m, leaves, whole=True):
    """RFC 6962 section 2.1.2."""
    n = len(leaves)
    if m == n:
        return [] if whole else [root(leaves)]
    k = half(n)
    if m <= k:
        return proof(m, leaves[:k], whole) + [root(leaves[k:])]
    return proof(m - k, leaves[k:], False) + [root(leaves[:k])]


def holds(m, old, n, new, path):
    """Walks down the new tree as proof() does, and takes its hashes from the
    end: returns whether they give both roots."""
    path = list(path)

    def walk(m, n, whole):
        if m == n:
            if whole:
                return old, old
            h = path.pop()
            return h, h
        k = half(n)
        h = path.pop()
        if m <= k:
            a, b = walk(m, k, whole)
            return a, node(b, h)
        a, b = walk(m - k, n - k, False)
        return node(h, a), node(h, b)
    if m == 0 or m == n:
        return not path and (m == 0 or old == new)
    try:
        return walk(m, n, True) == (old, new) and not path
    except IndexError:
        return False


class Key:
    def __init__(self, name, kind, secret=None, public=None):
        self.name, self.kind, self.secret = name, kind, secret
        self.public = public or secret.public_key()
        raw = bytes([kind]) + self.public.public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.hash = sha(name.encode() + b"\n" + raw)[:4]
        self.text = "%s+%s+%s" % (name, self.hash.hex(),
                                  base64.b64encode(raw).decode())

    @classmethod
    def of_text(cls, text):
        name, code, b64 = text.strip().split("+", 2)
        raw = base64.b64decode(b64, validate=True)
        key = cls(name, raw[0], public=ed25519.Ed25519PublicKey
                  .from_public_bytes(raw[1:]))
        assert key.hash.hex() == code
        return key

    @classmethod
    def of_pem(cls, path, name, kind=LOG):
        with open(path, "rb") as f:
            return cls(name, kind, serialization.load_pem_private_key(
                f.read(), None))

    @classmethod
    def new(cls, name, kind):
        return cls(name, kind, ed25519.Ed25519PrivateKey.generate())

    def line(self, signature):
        return DASH + self.name + " " + base64.b64encode(
            self.hash + signature).decode() + "\n"

    def _lines(self, lines):
        for got in lines.splitlines():
            if not got.startswith(DASH):
                continue
            name, _, b64 = got[len(DASH):].partition(" ")
            raw = base64.b64decode(b64, validate=True)
            if name == self.name and raw[:4] == self.hash:
                yield raw[4:]

    def note(self, size, tree_root, head="0" * 64):
        body = "%s\n%d\n%s\nhead %s\ntime 2026-01-01T00:00:00.000000+00:00\n" \
            % (self.name, size, base64.b64encode(tree_root).decode(), head)
        return body + "\n" + self.line(self.secret.sign(body.encode()))

    def read(self, note):
        """@return size and root of a note that this key has signed, or None"""
        body, _, lines = note.partition("\n\n")
        body += "\n"
        for signature in self._lines(lines):
            try:
                self.public.verify(signature, body.encode())
            except InvalidSignature:
                continue
            name, size, b64 = body.split("\n")[:3]
            assert name == self.name
            return int(size), base64.b64decode(b64, validate=True)
        return None

    def cosign(self, note, seconds):
        text = "cosignature/v1\ntime %d\n%s\n" % (
            seconds, note.partition("\n\n")[0])
        return self.line(seconds.to_bytes(8, "big") +
                         self.secret.sign(text.encode()))

    def cosigned(self, note):
        """@return the time of this key's cosignature, or None"""
        body, _, lines = note.partition("\n\n")
        for raw in self._lines(lines):
            seconds = int.from_bytes(raw[:8], "big")
            text = "cosignature/v1\ntime %d\n%s\n" % (seconds, body)
            try:
                self.public.verify(raw[8:], text.encode())
                return seconds
            except InvalidSignature:
                pass
        return None


def request(old, path, note):
    return "old %d\n%s\n%s" % (old, "".join(
        base64.b64encode(h).decode() + "\n" for h in path), note)


class Witness:
    """A strict one for one log, on a port of its own; close() it."""
    def __init__(self, log, key):
        self.log, self.key = log, key
        self.size, self.root = 0, b""
        self.seen, self.refused = [], []
        me = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                n = int(self.headers["Content-Length"])
                status, body = me.ask(self.path, self.rfile.read(n).decode())
                body = body.encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/a/path/" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def ask(self, path, text):
        head, _, note = text.partition("\n\n")
        lines = head.split("\n")
        got = self.log.read(note)
        status, body = 200, ""
        if path != "/a/path/add-checkpoint" or lines[0][:4] != "old ":
            status = 404
        elif got is None:
            status = 403
        elif int(lines[0][4:]) != self.size:
            status, body = 409, "%d\n" % self.size
        elif not holds(self.size, self.root, got[0], got[1],
                       [base64.b64decode(x, validate=True)
                        for x in lines[1:]]):
            status = 422
        if status != 200:
            self.refused.append((status, text))
            return status, body
        self.size, self.root = got
        self.seen.append(got[0])
        return 200, self.key.cosign(note, 1790000000 + len(self.seen))

    def close(self):
        self.server.shutdown()
        self.server.server_close()
