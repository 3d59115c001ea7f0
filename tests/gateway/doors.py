"""Who gets in at all: PROXY headers, lists of addresses, limits of strangers,
and peers that do not read. On loopback, where 127.0.0.2 is another address."""
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import time

from fixclient import FixClient, frame, utc
from gateway import Gateway, free_port
from tap import Tap

t = Tap()
with open(os.path.join(os.environ["TOP_SRCDIR"], "gateway",
                       "demo.conf")) as f:
    DEMO = f.read()
SIGN = b"\r\n\r\n\0\r\nQUIT\n"


def dial(port, source="127.0.0.1"):
    s = socket.create_connection(("127.0.0.1", port), 30, (source, 0))
    s.settimeout(30)
    return s


def logon(name, seq=1, begin="FIX.4.4", *more):
    return frame(begin, [(35, "A"), (49, name), (56, "FIXGATE"), (34, seq),
                         (52, utc()), (98, 0), (108, 30), *more])


def ends(s, timeout=30):
    """What comes until the other side closes; None: it does not."""
    got, end = b"", time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            data = s.recv(65536)
        except socket.timeout:
            return None
        except ConnectionError:
            return got
        if not data:
            return got
        got += data
    return None


def up(s):
    try:
        return b"\x0135=A\x01" in s.recv(65536)
    except OSError:
        return False


def v1(address, port=56324):
    kind = "TCP6" if ":" in address else "TCP4"
    to = "2001:db8::1" if ":" in address else "10.0.0.1"
    return f"PROXY {kind} {address} {to} {port} 443\r\n".encode()


def v2(address, tlvs=b""):
    a = socket.inet_pton(socket.AF_INET, address)
    body = a + b"\x0a\0\0\1" + struct.pack("!HH", 56324, 443) + tlvs
    return SIGN + b"\x21\x11" + struct.pack("!H", len(body)) + body


def said(g, what, timeout=30):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if what in g.tail(200):
            return True
        time.sleep(0.02)
    return False


def session(g, name):
    for s in json.loads(g.fixgate("sessions", "--json")):
        if s["session"].endswith(">" + name):
            return s
    return {}


def extra(name, *lines):
    return "\n".join(["", "[SESSION]", "BeginString=FIX.4.4",
                      f"TargetCompID={name}", *lines, ""])


behind = free_port()
listed = free_port()
conf = DEMO.replace("[GATEWAY]", "[GATEWAY]\nMaxConnectionsPerAddress=12\n"
                    "MaxStrangersPerAddress=6\nStrangerTimeout=2")
conf += extra("BEHIND", f"SocketAcceptPort={behind}",
              "TrustedProxies=127.0.0.1, 10.0.0.0/8",
              "AllowedRemoteAddresses=192.0.2.0/24,2001:db8::/32")
conf += extra("BEHIND2", f"SocketAcceptPort={behind}",
              "TrustedProxies=127.0.0.1, 10.0.0.0/8",
              "AllowedRemoteAddresses=192.0.2.9, 127.0.0.3")
conf += extra("LISTED", f"SocketAcceptPort={listed}",
              "AllowedRemoteAddresses=127.0.0.2/31, 192.0.2.1")
conf += extra("SMALL", "MaxQueuedBytes=64K")

with Gateway(conf) as g:
    g.start()

    def proxied(head, name="BEHIND", parts=1, source="127.0.0.1"):
        s = dial(behind, source)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = head + logon(name, session(g, name).get("next_in", 1))
        size = max(1, len(head) // parts)
        cuts = list(range(0, len(head), size)) if parts > 1 else [0]
        for i, at in enumerate(cuts):
            stop = cuts[i + 1] if i + 1 < len(cuts) else len(data)
            try:
                s.sendall(data[at:stop])
            except ConnectionError:
                break
            if parts > 1:
                time.sleep(0.002)
        return s

    for what, head, parts in (
            ("version 1", v1("192.0.2.7"), 1),
            ("version 1, byte by byte", v1("192.0.2.7"), 1000),
            ("version 1, IPv6", v1("2001:db8::7"), 1),
            ("version 2", v2("192.0.2.7"), 1),
            ("version 2, byte by byte", v2("192.0.2.7"), 1000),
            ("version 2 with TLVs", v2("192.0.2.7", b"\x04\0\2xx"), 3)):
        s = proxied(head, parts=parts)
        t.ok(up(s), f"behind a proxy: {what}", g.tail())
        s.close()
    t.ok(session(g, "BEHIND").get("from") == "192.0.2.7:56324",
         "fixgate sessions says who it was", session(g, "BEHIND"))
    t.ok("logged on from 192.0.2.7:56324" in g.tail(200) and
         "logged on from [2001:db8::7]:56324" in g.tail(200),
         "and so does the log")
    for what, head, why in (
            ("an address that no session lists", v1("198.51.100.1"),
             "198.51.100.1:56324 refused: no session of this port"),
            ("LOCAL is the proxy itself", SIGN + b"\x20\0\0\0",
             "refused: no session of this port"),
            ("no header", b"", "refused: no PROXY header"),
            ("half a TLV", v2("192.0.2.7", b"\x04\0"), "half a TLV"),
            ("a length that is too long", SIGN + b"\x21\x11\xff\xff",
             "more than 4096 bytes"),
            ("a line that does not read", b"PROXY TCP4 x y 1 2\r\n",
             "does not read")):
        s = proxied(head)
        t.ok(ends(s) == b"" and said(g, why),
             f"behind a proxy: {what}: closed without a word", g.tail())
    s = proxied(v1("192.0.2.8"), "BEHIND2")
    t.ok(ends(s) == b"" and said(g, "192.0.2.8:56324 refused: Allowed"),
         "an address that another session of the port lists", g.tail())
    s = proxied(v1("192.0.2.9"), "BEHIND2", source="127.0.0.2")
    t.ok(ends(s) == b"", "a header from one that is no proxy", g.tail())
    s = proxied(v1("192.0.2.9"), "BEHIND2", source="127.0.0.3")
    t.ok(ends(s) == b"" and said(g, "refused: a PROXY header from"),
         "even where its address may log on", g.tail())
    s = proxied(b"", "BEHIND2", source="127.0.0.3")
    t.ok(up(s), "which it does without one", g.tail())
    s.close()
    s = dial(g.port)
    s.sendall(v1("192.0.2.7") + logon("CLIENT44"))
    t.ok(ends(s) == b"", "a port without proxies takes no header", g.tail())

    # Limits are the peer's, not the proxy's.
    many = [dial(behind) for _ in range(7)]
    for s in many:
        s.sendall(v1("192.0.2.20"))
    t.ok(said(g, "192.0.2.20:56324 refused: its address has "
                 "MaxStrangersPerAddress"),
         "strangers of an address are counted as the header names it",
         g.tail())
    s = proxied(v1("192.0.2.7"))
    t.ok(up(s), "and another address has room", g.tail())
    s.close()
    for s in many:
        s.close()
    half = dial(behind)
    half.sendall(b"PROXY TCP4 192.")
    t.ok(ends(half) == b"" and said(g, "no Logon in time"),
         "half a header has an end", g.tail())

    # Lists without a proxy.
    s = dial(listed)
    t.ok(ends(s) == b"" and said(g, "127.0.0.1:" + str(s.getsockname()[1]) +
                                 " refused: no session of this port"),
         "an address outside of every network is closed at once", g.tail())
    s = dial(listed, "127.0.0.3")
    s.sendall(logon("LISTED"))
    t.ok(up(s), "one inside of a network logs on", g.tail())
    s.close()

    # A Logon's bounds.
    s = dial(g.port)
    s.sendall(logon("CLIENT44", 1, "FIX.4.4", (95, 5000), (96, "x" * 5000)))
    t.ok(ends(s) == b"" and said(g, "StrangerMaxBytes"),
         "a Logon of more than StrangerMaxBytes is not waited for", g.tail())
    s = dial(g.port)
    s.sendall(logon("CLIENT44", 1, "FIX.4.4", (95, 3500), (96, "x" * 3500)))
    t.ok(up(s), "one of less is taken", g.tail())
    s.close()
    began = time.monotonic()
    s = dial(g.port)
    t.ok(ends(s) == b"" and time.monotonic() - began < 30,
         "StrangerTimeout ends silence")

    # A peer that writes before it reads is read, as long as its answers fit.
    c = FixClient("FIX.4.4", "SMALL", "FIXGATE").connect(g.port)
    c.logout()
    big = FixClient("FIX.4.2", "CLIENT42", "FIXGATE").connect(g.port)
    big.sock.settimeout(60)
    n = 1500
    big.sock.sendall(b"".join(big.number("1", [(112, f"B{i}-" + "x" * 4000)])
                              for i in range(n)))
    got, end = b"", time.monotonic() + 60
    while f"B{n - 1}-".encode() not in got[-9000:] and time.monotonic() < end:
        got += big.sock.recv(1 << 18)
    t.ok(got.count(b"\x0135=0\x01") == n,
         "six megabytes are read from a peer that does not read meanwhile",
         got.count(b"\x0135=0\x01"))
    big.lost()

    # One whose answers do not fit is cut off; its numbers stand.
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(("127.0.0.1", g.port))
    slow.settimeout(60)
    seq = session(g, "SMALL")["next_in"]
    slow.sendall(logon("SMALL", seq))
    cut, sent = False, 0
    try:
        while sent < 40 << 20:
            seq += 1
            m = frame("FIX.4.4", [(35, "1"), (49, "SMALL"), (56, "FIXGATE"),
                                  (34, seq), (52, utc()), (112, "x" * 4000)])
            slow.sendall(m)
            sent += len(m)
    except ConnectionError:
        cut = True
    t.ok(cut and said(g, "MaxQueuedBytes is 65536"),
         "a session's own MaxQueuedBytes cuts it off, and the log says why",
         g.tail())
    slow.close()
    kept = session(g, "SMALL")
    s = dial(g.port)
    s.sendall(logon("SMALL", kept["next_in"]))
    got = s.recv(65536)
    t.ok(f"\x0134={kept['next_out']}\x01".encode() in got,
         "and its numbers go on", got)
    # What it missed comes, as fast as it is read, for a resend waits for it.
    s.sendall(frame("FIX.4.4", [(35, "2"), (49, "SMALL"), (56, "FIXGATE"),
                                (34, kept["next_in"] + 1), (52, utc()),
                                (7, 1), (16, 0)]))
    t.ok(b"\x0135=4\x01" in s.recv(65536), "a resend answers", g.tail())
    s.close()
    t.ok(g.stop() == 0, "the gateway stops in order")

with Gateway(DEMO.replace("[GATEWAY]", "[GATEWAY]\n"
                          "ConnectionsPerSecondPerAddress=3")) as g:
    g.start()
    many = [dial(g.port) for _ in range(30)]
    t.ok(said(g, "refused: its address has used up ConnectionsPerSecond"),
         "new connections of an address have a rate", g.tail())
    s = dial(g.port, "127.0.0.2")
    s.sendall(logon("CLIENT44"))
    t.ok(up(s), "which is not another's")
    s.close()
    for s in many:
        s.close()

# Behind TLS all of this comes first.
if shutil.which("openssl") is None:
    t.skip("TLS behind a proxy", "no openssl command")
    t.done()
pki = tempfile.mkdtemp(prefix="fixgate-doors-")
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-keyout", "k.pem",
                "-out", "c.pem", "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost"], cwd=pki,
               capture_output=True, check=True)
os.chmod(os.path.join(pki, "k.pem"), 0o600)
files = ("SocketUseSSL=Y", f"ServerCertificateFile={pki}/c.pem",
         f"ServerCertificateKeyFile={pki}/k.pem")
behind, listed = free_port(), free_port()
ctx = ssl.create_default_context(cafile=os.path.join(pki, "c.pem"))
with Gateway(DEMO + extra("TLSP", f"SocketAcceptPort={behind}", *files,
                          "TrustedProxies=127.0.0.1",
                          "AllowedRemoteAddresses=192.0.2.0/24") +
             extra("TLSL", f"SocketAcceptPort={listed}", *files,
                   "AllowedRemoteAddresses=127.0.0.2")) as g:
    g.start()

    def tls(port, name, head=b"", source="127.0.0.1"):
        raw = dial(port, source)
        try:
            raw.sendall(head)
            with ctx.wrap_socket(raw, server_hostname="localhost") as s:
                s.sendall(logon(name, session(g, name).get("next_in", 1)))
                return s.recv(65536)
        except (ssl.SSLError, OSError) as e:
            return str(e).encode()

    got = tls(behind, "TLSP", v1("192.0.2.7"))
    t.ok(b"\x0135=A\x01" in got, "a PROXY header comes before TLS", got)
    t.ok(session(g, "TLSP").get("from") == "192.0.2.7:56324", "and names it")
    got = tls(behind, "TLSP", v1("198.51.100.1"))
    t.ok(b"35=A" not in got and said(g, "198.51.100.1:56324 refused: no "),
         "one that no session lists gets no handshake", g.tail())
    s = dial(listed)
    t.ok(ends(s) == b"" and said(g, "refused: no session of this port"),
         "a list holds on a TLS port, before the handshake", g.tail())
    got = tls(listed, "TLSL", source="127.0.0.2")
    t.ok(b"\x0135=A\x01" in got, "whom it lists logs on", got)

    def fds():
        n = 0
        for p in os.listdir("/proc"):
            try:
                if p.isdigit() and os.getpgid(int(p)) == g.process.pid:
                    n += len(os.listdir(f"/proc/{p}/fd"))
            except OSError:
                pass
        return n

    before = fds()
    for i in range(500):
        s = dial(listed, "127.0.0.2")
        s.sendall(b"\x16\x03\x01\x00\x05hello" if i % 2 else b"GET / ")
        s.close()
    end = time.monotonic() + 30
    while fds() > before and time.monotonic() < end:
        time.sleep(0.05)
    t.ok(fds() <= before, "500 handshakes that fail leave no descriptor",
         f"{before} {fds()}")
    got = b""  # some may wait in the queue of the socket still
    while b"\x0135=A\x01" not in got and time.monotonic() < end:
        got = tls(listed, "TLSL", source="127.0.0.2")
    t.ok(b"\x0135=A\x01" in got, "and keep nobody out", got)
shutil.rmtree(pki)
t.done()
