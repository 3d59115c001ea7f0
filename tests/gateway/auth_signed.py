"""Logons that are signed, and new passwords over TLS. Rules L03 to L06 and L11
of the security design."""
import base64
import datetime
import os
import signal
import ssl
import time

from gateway import Gateway
from logon import (Line, by_ed25519, by_hmac, canary, credential, openssl,
                   password, signed, until, user, write_credentials)
from tap import Tap

t = Tap()
OLD, NEW = "canary-Correct-Horse-51", "canary-Battery-Staple-52"

CONF = """
[GATEWAY]
DataDir=${DATA_DIR}
TableSize=16M
SegmentSize=1M
CredentialsFile=credentials
[DEFAULT]
SocketAcceptPort=${FIX_PORT}
SenderCompID=FIXGATE
BeginString=FIX.4.4
[SESSION]
TargetCompID=HMAC
LogonAuth=hmac
[SESSION]
TargetCompID=EDDY
LogonAuth=ed25519
ResetOnLogout=Y
[SESSION]
TargetCompID=BOTH
LogonAuth=ed25519, password
[SESSION]
BeginString=FIXT.1.1
DefaultApplVerID=FIX.5.0SP2
TargetCompID=CHANGER
LogonAuth=password
SocketAcceptPort=0
SocketUseSSL=Y
ServerCertificateFile=server.pem
ServerCertificateKeyFile=server.key
[SESSION]
TargetCompID=CERT
LogonAuth=certificate, password
HeartBtIntMin=5
HeartBtIntMax=60
OnBehalfOfCompIDs=DESK
SocketAcceptPort=0
SocketAcceptAddress=127.0.0.2
SocketUseSSL=Y
ServerCertificateFile=server.pem
ServerCertificateKeyFile=server.key
CertificationAuthoritiesFile=client.pem
PeerCertificateName=cert-client
"""


def at(seconds):
    when = datetime.datetime.now(datetime.timezone.utc) + \
        datetime.timedelta(seconds=seconds)
    return when.strftime("%Y%m%d-%H:%M:%S.") + f"{when.microsecond // 1000:03}"


seqs = {}   # next number of each session that we know to be right


def lets_in(g, what, name, fields, **more):
    more.setdefault("seq", seqs.get(name, 1))
    a = Line(g.port, name, fields, **more)
    t.ok(a.up(), what, a.got + g.tail(2).encode())
    a.logout()
    if name == "EDDY":   # ResetOnLogout
        until(lambda: "numbers reset" in g.tail(3))
    seqs[name] = a.seq


def refuses(g, what, why, name, fields, good, **more):
    """Closed without a word and for this reason; then a good Logon, which
    proves that no number was used up, and so that the next is not refused for
    too many failures."""
    more.setdefault("seq", seqs.get(name, 1))
    s = Line(g.port, name, fields, **more)
    t.ok(s.refused() and until(lambda: why in g.tail(3), 5),
         f"{what}: closed without a word", s.got + g.tail(3).encode())
    s.close()
    lets_in(g, "and the right one is let in", name, good)


def hmacs(g, secret):
    good = signed("h1", by_hmac(secret))
    wrong, odd = "its proof is wrong", "no signature of the kind wanted"
    lets_in(g, "a Logon signed by HMAC-SHA256 is let in", "HMAC", good)
    refuses(g, "another secret's signature", wrong, "HMAC",
            signed("h1", by_hmac(b"x" * 32)), good)
    refuses(g, "a signature of another session's Logon", wrong, "HMAC",
            lambda name, *more: good("OTHER", *more), good)
    refuses(g, "a signature of another number", wrong, "HMAC",
            lambda name, target, seq, *more: good(name, target, 99, *more),
            good)
    refuses(g, "a signature of a Logon with 141=Y on one without", wrong,
            "HMAC", lambda name, target, seq, when, flags:
            good(name, target, seq, when, {141: "Y"}), good)
    refuses(g, "141=Y put into a signed Logon", wrong, "HMAC",
            lambda name, target, seq, when, flags:
            good(name, target, seq, when, {}), good, seq=1,
            flags=[(141, "Y")])
    refuses(g, "a SendingTime of seven seconds ago", "LogonWindow", "HMAC",
            good, good, when=at(-7))
    refuses(g, "one of seven seconds ahead", "LogonWindow", "HMAC", good,
            good, when=at(7))

    def spelled(change):
        def fields(*about):
            (u, n, raw) = good(*about)
            text = change(raw[1])
            return [u, (95, len(text)), (96, text)]
        return fields
    for what, change in (
            ("base64 without its padding", lambda x: x.rstrip("=")),
            ("base64 with a blank", lambda x: x + " "),
            ("base64 of another spelling",
             lambda x: x[:-2] + chr(ord(x[-2]) + 1) + "="),
            ("no signature", lambda x: "AAAA"),
            ("the signature twice", lambda x: x + x)):
        refuses(g, what, odd, "HMAC", spelled(change), good)


def eddy(g, key):
    when = at(0)
    good = signed("e1", by_ed25519(key))
    taped = []

    def once(*about):
        taped[:] = taped or good(*about)
        return taped
    lets_in(g, "a Logon signed by Ed25519 is let in", "EDDY", once, when=when)
    seqs["EDDY"] = 1
    refuses(g, "the same bytes once more, though their number fits",
            "used before", "EDDY", once, good, when=when)
    g.kill()
    g.start()
    seqs["EDDY"] = 1
    refuses(g, "also after kill -9 and a new start", "used before", "EDDY",
            once, good, when=when)

    def flipped(*about):
        (u, n, raw) = good(*about)
        b = bytearray(base64.b64decode(raw[1]))
        b[40] ^= 1
        return [u, n, (96, base64.b64encode(bytes(b)).decode())]
    seqs["EDDY"] = 1
    refuses(g, "a signature with a bit turned", "its proof is wrong", "EDDY",
            flipped, good)
    # R and the key of a user that there is not are the neutral point, S is 0:
    # by arithmetic that fits.
    forged = base64.b64encode(bytes([1]) + bytes(63)).decode()
    refuses(g, "a forgery of a user that there is not", "no such user", "EDDY",
            [(553, "nobody"), (95, len(forged)), (96, forged)], good)
    lets_in(g, "a key that may reset signs 141=Y, too", "EDDY", good, seq=1,
            flags=[(141, "Y")])


def both(g, key):
    sign = signed("two", by_ed25519(key))

    def fields(text):
        return lambda *about: sign(*about) + [(554, text)]
    good = fields(OLD)
    refuses(g, "a right signature without the password", "no Password (554)",
            "BOTH", sign, good)
    refuses(g, "a right signature and a wrong password", "its proof is wrong",
            "BOTH", fields("y" * 20), good)
    refuses(g, "a right password without the signature",
            "no signature of the kind wanted", "BOTH", user("two", OLD), good)
    refuses(g, "a password of another's signature", "its proof is wrong",
            "BOTH", lambda name, *more: sign("EDDY", *more) + [(554, OLD)],
            good)


def changer(g, port, tls):
    """New passwords: the old one checked, kept over restarts, until the
    operator changes the file."""
    def line(fields, seq):
        return Line(port(), "CHANGER", fields + [(1137, "9")], seq=seq,
                    begin="FIXT.1.1", tls=tls)
    s = line(user("ch", "z" * 20, NEW), 1)
    t.ok(s.refused(), "no new password without the old one", s.got)
    s = line(user("ch", OLD, "short"), 1)
    t.ok(s.refused() and "15 bytes" in g.tail(5), "none that is too short",
         g.tail(3))
    a = line(user("ch", OLD, NEW), 1)
    t.ok(a.up(), "with the old one a new one is taken", a.got)
    a.logout()
    t.ok(line(user("ch", OLD), 3).refused(), "then the old one is wrong")
    a = line(user("ch", NEW), 3)
    t.ok(a.up(), "and the new one is right", a.got)
    g.process.send_signal(signal.SIGHUP)
    t.ok(until(lambda: "settings reloaded" in g.tail(5)), "SIGHUP is taken")
    a.got = b""
    a.send("1", [(112, "STAYS")])
    t.ok(b"112=STAYS" in a.read(b"112=STAYS"),
         "SIGHUP does not log out who has changed his password", a.got)
    g.kill()
    g.start()
    t.ok(line(user("ch", OLD), 6).refused(),
         "kill -9 does not bring the old one back")
    a = line(user("ch", NEW), 6)
    t.ok(a.up(), "the new one is right after it", a.got)
    a.logout()


def certificate(g, port, d):
    """Who is known by TLS is told, in one text, that the rest is wrong."""
    c = ssl.create_default_context(cafile=os.path.join(d, "server.pem"))
    c.load_cert_chain(os.path.join(d, "client.pem"),
                      os.path.join(d, "client.key"))

    def line(fields, **more):
        return Line(port, "CERT", fields, tls=c, host="127.0.0.2", **more)
    for what, fields in (("a wrong password", user("cert", "q" * 20)),
                         ("no password", [(553, "cert")])):
        s = line(fields, seq=5, flags=[(141, "Y")])
        got = s.read(b"no such bytes")
        t.ok(b"58=Logon refused\x01" in got and b"\x0135=5\x01" in got,
             f"{what} of who is known by TLS: a Logout, in one text", got)
    a = line(user("cert", OLD), seq=1)
    t.ok(a.up() and a.answer().seq == 3,
         "each of them has used up a number, and nothing of the peer's", a.got)
    order = [(11, "O1"), (55, "DEMO"), (54, 1), (38, 1), (40, 2), (44, 1),
             (60, "20260302-08:00:00")]
    a.got = b""
    a.send("D", [(115, "SOMEONE")] + order)
    t.ok(b"115) is not listed" in a.read(b"\x0110="),
         "an order on behalf of one that is not listed is refused", a.got)
    a.got = b""
    a.send("D", [(128, "SOMEONE")] + order)
    t.ok(b"128) is not listed" in a.read(b"\x0110="),
         "one to deliver to another as well", a.got)
    a.got = b""
    a.send("D", [(115, "DESK")] + order)
    a.read(b"\x0110=")
    t.ok(b"not listed" not in a.got, "one on behalf of a listed one is not",
         a.got)
    a.logout()
    for beat in (4, 61, 0):
        s = line(user("cert", OLD), seq=7, beat=beat)
        got = s.read(b"no such bytes")
        t.ok(b"\x0135=5\x01" in got and b"HeartBtInt" in got,
             f"HeartBtInt {beat} is refused", got)


with Gateway(CONF) as g:
    d = g.dir
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", "client.key",
            "-out", "client.pem", "-days", "2", "-subj", "/CN=cert-client",
            "-addext", "subjectAltName=DNS:cert-client", cwd=d)
    openssl("genpkey", "-algorithm", "ed25519", "-out", "eddy.pem", cwd=d)
    public = openssl("pkey", "-in", "eddy.pem", "-pubout", cwd=d)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", "server.key",
            "-out", "server.pem", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", cwd=d)
    os.chmod(os.path.join(d, "server.key"), 0o600)
    tls = ssl.create_default_context(cafile=os.path.join(d, "server.pem"))
    key = os.path.join(d, "eddy.pem")
    hline = credential("h1", "hmac", "HMAC")
    secret = base64.b64decode(hline.split()[2])
    lines = hline + \
        credential("e1", "ed25519", "EDDY", "--may-reset", data=public) + \
        credential("two", "ed25519", "BOTH", data=public) + \
        password("two", OLD, "BOTH") + password("cert", OLD, "CERT")
    write_credentials(g, lines + password("ch", OLD, "CHANGER"))
    g.start()

    def tls_port():
        ports = [x for x in g.tail(1000).splitlines() if "ready: FIX" in x]
        return int(ports[-1].split(" (TLS)")[0].rsplit(":", 1)[1])
    cert_port = int(g.tail(1000).split("127.0.0.2:")[1].split(" ")[0])
    certificate(g, cert_port, d)
    hmacs(g, secret)
    eddy(g, key)
    both(g, key)
    changer(g, tls_port, tls)
    write_credentials(g, lines + password("ch", OLD, "CHANGER"))
    g.process.send_signal(signal.SIGHUP)
    t.ok(until(lambda: "settings reloaded" in g.tail(3)), "SIGHUP is taken")
    a = Line(tls_port(), "CHANGER", user("ch", OLD) + [(1137, "9")], seq=8,
             begin="FIXT.1.1", tls=tls)
    t.ok(a.up(), "the operator's line counts again once he has changed it",
         a.got)
    a.logout()
    t.ok(g.stop() == 0, "the gateway stops in order")
    os.unlink(key)
    canary(t, g, [OLD, NEW, base64.b64encode(secret).decode()])
t.done()
