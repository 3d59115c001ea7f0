"""A gateway that signs its Logons, against one that asks for proof."""
import base64
import os
import socket
import subprocess

from fixclient import Msg
from gateway import FIXGATED, Gateway, free_port
from logon import (canary, credential, openssl, password, until,
                   write_credentials)
from tap import Tap

t = Tap()
PASSWORD = "canary-Correct-Horse-61"
NAMES = ("HMAC", "EDDY", "WORD")

ACCEPTOR = """
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
[SESSION]
TargetCompID=WORD
LogonAuth=password
"""

INITIATOR = """
[GATEWAY]
DataDir=${DATA_DIR}
TableSize=16M
SegmentSize=1M
[DEFAULT]
ConnectionType=initiator
SocketConnectHost=127.0.0.1
SocketConnectPort=%d
TargetCompID=FIXGATE
BeginString=FIX.4.4
ReconnectInterval=1
"""
HMAC = """
[SESSION]
SenderCompID=HMAC
LogonSigner=fixgate-hmac
Username=h1
LogonKey=file:hmac.secret
"""
EDDY = """
[SESSION]
SenderCompID=EDDY
LogonSigner=fixgate-ed25519
Username=e1
LogonKey=file:eddy.secret
"""
WORD = """
[SESSION]
SenderCompID=WORD
LogonSigner=password
Username=w1
Password=file:word.secret
"""
OTHER = """
[SESSION]
SenderCompID=EXAMPLE
LogonSigner=binance
Username=key-1
LogonKey=file:eddy.secret
LogonFields=25035=1|7000=x y
ResetOnLogon=Y
SocketConnectPort=%d
"""


def secret(g, name, data, mode=0o600):
    path = os.path.join(g.dir, name + ".secret")
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


def check(g, conf):
    """What --check-config says to other settings."""
    with open(g.conf, "w") as f:
        f.write(conf)
    p = subprocess.run([FIXGATED, "-c", g.conf, "--check-config"], env=g.env,
                       capture_output=True, text=True, timeout=60)
    return p.returncode, p.stderr


other = socket.socket()
other.bind(("127.0.0.1", 0))
other.listen()
other.settimeout(60)
with Gateway(ACCEPTOR) as a, \
        Gateway(INITIATOR % a.port + HMAC + EDDY + WORD +
                OTHER % other.getsockname()[1]) as b:
    pem = openssl("genpkey", "-algorithm", "ed25519")
    public = openssl("pkey", "-pubout", data=pem)
    line = credential("h1", "hmac", "HMAC")
    write_credentials(a, line +
                      credential("e1", "ed25519", "EDDY", data=public) +
                      password("w1", PASSWORD, "WORD"))
    secret(b, "hmac", line.split()[2].encode() + b"\n")
    secret(b, "eddy", pem)
    secret(b, "word", PASSWORD.encode())
    a.start()
    b.start()
    for name in NAMES:
        t.ok(until(lambda: f"{name}->FIXGATE: logged on" in b.tail(100)),
             f"{name}: the peer takes our proof", a.tail(4))
    t.ok("refused" not in a.tail(100), "each at the first attempt", a.tail(9))

    s, _ = other.accept()
    s.settimeout(30)
    got = b""
    while b"\x0110=" not in got:
        got += s.recv(4096)
    m = Msg(got)
    text = "\x01".join(["A", "EXAMPLE", "FIXGATE", m.get(34), m.get(52)])
    with open(os.path.join(b.dir, "sig"), "wb") as f:
        f.write(base64.b64decode(m.get(96)))
    with open(os.path.join(b.dir, "text"), "wb") as f:
        f.write(text.encode())
    with open(os.path.join(b.dir, "pub"), "wb") as f:
        f.write(public)
    said = openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "pub",
                   "-sigfile", "sig", "-in", "text", cwd=b.dir)
    t.ok(b"Successfully" in said and m.get(553) == "key-1" and
         m.get(95) == "88", "another scheme's signature is of what left", m)
    t.ok(m.get(25035) == "1" and m.get(7000) == "x y" and m.get(141) == "Y",
         "with the fields that LogonFields names", m)
    for name in ("sig", "text", "pub"):
        os.unlink(os.path.join(b.dir, name))
    s.close()
    t.ok(b.stop() == 0 and a.stop() == 0, "both stop in order")
    inner = base64.b64encode(base64.b64decode(line.split()[2])).decode()
    canary(t, a, [PASSWORD, inner])
    canary(t, b, [PASSWORD, inner, m.get(96), pem.decode().split("\n")[1]])

    base = INITIATOR % free_port()
    rc, err = check(b, base + HMAC.replace("fixgate-hmac", "nonesuch"))
    t.ok(rc == 1 and "fixgate-ed25519, binance" in err,
         "an unknown signer is a fault that names them all", err)
    rc, err = check(b, base + HMAC.replace("hmac.secret", "word.secret"))
    t.ok(rc == 1 and "not base64" in err and PASSWORD not in err,
         "a key of the wrong kind is a fault, which does not repeat it", err)
    secret(b, "hmac", b"AAAA", 0o644)
    rc, err = check(b, base + HMAC)
    t.ok(rc == 1 and "chmod 600" in err,
         "a key file that others may read is a fault", err)
t.done()
