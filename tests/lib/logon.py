"""Logons with credentials, and those that fail: what the tests of
authentication share. Made against the standard and fixgate-credentials(5),
with Python's and OpenSSL's cryptography, never with the gateway's code."""
import base64
import hashlib
import hmac
import os
import socket
import ssl
import subprocess
import tempfile
import time

from fixclient import SOH, Msg, frame, utc
from gateway import FIXGATE


def openssl(*args, data=None, cwd=None):
    """@return what it printed"""
    p = subprocess.run(["openssl", *args], input=data, cwd=cwd,
                       capture_output=True, timeout=60)
    assert p.returncode == 0, p.stderr
    return p.stdout


def credential(user, method="password", sessions="*", *more, data=b""):
    p = subprocess.run([FIXGATE, "credential", "--user", user, "--method",
                        method, "--sessions", sessions, *more], input=data,
                       capture_output=True, timeout=60)
    assert p.returncode == 0, p.stderr
    return p.stdout.decode()


def password(user, text, *more):
    return credential(user, "password", *more, "--cost", "12",
                      data=text.encode() + b"\n")


class Line:
    """A connection that sends one Logon and says what came of it."""

    def __init__(self, port, name, fields, seq=1, begin="FIX.4.4", tls=None,
                 when=None, flags=(), target="FIXGATE", host="127.0.0.1",
                 beat=30):
        self.sock = socket.create_connection((host, port), 30)
        if tls:
            self.sock = tls.wrap_socket(self.sock, server_hostname="localhost")
        self.name, self.begin, self.target = name, begin, target
        self.seq, self.got = seq, b""
        self.sock.settimeout(30)
        when = when or utc()
        if callable(fields):
            fields = fields(name, target, seq, when, dict(flags))
        self.send("A", [(98, 0), (108, beat), *flags, *fields], when)

    def send(self, kind, fields, when=None):
        self.sock.sendall(frame(self.begin, [
            (35, kind), (49, self.name), (56, self.target), (34, self.seq),
            (52, when or utc()), *fields]))
        self.seq += 1

    def read(self, until=b"\x0110="):
        """Bytes up to and with until, or to the end of the connection."""
        while until not in self.got:
            try:
                data = self.sock.recv(65536)
            except (ConnectionError, ssl.SSLError):
                data = b""
            if not data:
                break
            self.got += data
        return self.got

    def up(self):
        return b"\x0135=A\x01" in self.read(b"\x0135=A\x01")

    def refused(self):
        """Closed, and not a byte of an answer?"""
        return self.read(b"8=FIX") == b""

    def answer(self):
        self.read(b"\x0135=A\x01")
        return Msg(self.got) if self.got else None

    def logout(self):
        self.got = b""
        self.send("5", [])
        self.read(b"\x0135=5\x01")
        self.sock.close()

    def close(self):
        self.sock.close()


def user(name, text, fresh=None):
    return [(553, name), (554, text)] + ([(925, fresh)] if fresh else [])


def until(what, timeout=30):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.05)
    return None


def text_of(name, target, seq, when, flags):
    """What our own scheme signs."""
    parts = ["FIXGW1", "A", name, target, str(seq), when]
    if 141 in flags:
        parts += ["30", flags[141]]
    return SOH.join(parts).encode()


def signed(user_name, sign):
    """Fields of a Logon that sign(text) signs; for Line."""
    def fields(*about):
        raw = base64.b64encode(sign(text_of(*about))).decode()
        return [(553, user_name), (95, len(raw)), (96, raw)]
    return fields


def by_hmac(secret):
    return lambda text: hmac.new(secret, text, hashlib.sha256).digest()


def by_ed25519(key):
    """key: path of a PEM file."""
    def sign(text):
        with tempfile.NamedTemporaryFile() as f:
            f.write(text)
            f.flush()
            return openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in",
                           f.name)
    return sign


def write_credentials(g, text, mode=0o600):
    path = os.path.join(g.dir, "credentials")
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)


def canary(t, g, secrets):
    """No secret stands in any output, log or file."""
    said = g.fixgate("journal", "show") + \
        g.fixgate("journal", "show", "--json") + g.tail(100000)
    bad = [x for x in secrets if x in said]
    t.ok(not bad, "no secret in the log and in what the journal shows", bad)
    bad = []
    for root, _, files in os.walk(g.dir):
        for name in files:
            if name in ("credentials", "fixgated.conf") or \
                    name.endswith(".secret"):
                continue
            with open(os.path.join(root, name), "rb") as f:
                data = f.read()
            bad += [f"{x[:12]} in {name}" for x in secrets
                    if x.encode() in data]
    t.ok(not bad, "nor in any file of the gateway", bad)
