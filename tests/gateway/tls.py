"""TLS: versions, certificates, names, both ways. Rules F01 to F05 of FIXS."""
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from fixclient import FixClient, Msg, frame, utc
from gateway import Gateway, free_port
from tap import Tap

t = Tap()
with open(os.path.join(os.environ["TOP_SRCDIR"], "gateway",
                       "demo.conf")) as f:
    DEMO = f.read()
if shutil.which("openssl") is None:
    t.skip("TLS", "no openssl command")
    t.done()
pki = tempfile.mkdtemp(prefix="fixgate-tls-")


def openssl(*args, data=None):
    p = subprocess.run(["openssl", *args], cwd=pki, input=data,
                       capture_output=True, timeout=120)
    return p.returncode, (p.stdout + p.stderr).decode("latin-1")


def issue(name, san, issuer="ca"):
    """name.pem and name.key, signed by issuer, for san."""
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", f"/CN={name}")
    with open(os.path.join(pki, f"{name}.ext"), "w") as ext:
        ext.write(f"subjectAltName={san}\n")
    rc, out = openssl("x509", "-req", "-in", f"{name}.csr", "-CA",
                      f"{issuer}.pem", "-CAkey", f"{issuer}.key",
                      "-CAcreateserial", "-days", "2", "-out", f"{name}.pem",
                      "-extfile", f"{name}.ext")
    assert rc == 0, out
    os.chmod(os.path.join(pki, f"{name}.key"), 0o600)


def authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
            "-out", f"{name}.pem", "-days", "2", "-subj", f"/CN={name}")


def at(name):
    return os.path.join(pki, name)


def tls_session(extra=""):
    return (f"SocketUseSSL=Y\nServerCertificateFile={at('server.pem')}\n"
            f"ServerCertificateKeyFile={at('server.key')}\n{extra}")


def context(client=None):
    c = ssl.create_default_context(cafile=at("ca.pem"))
    if client:
        c.load_cert_chain(at(client + ".pem"), at(client + ".key"))
    return c


def log_on(port, name, begin, ctx, host="localhost"):
    """@return the answer to a Logon; b"" for a closed door"""
    with socket.create_connection(("127.0.0.1", port), 30) as raw:
        with ctx.wrap_socket(raw, server_hostname=host) as s:
            s.sendall(frame(begin, [(35, "A"), (49, name), (56, "FIXGATE"),
                                    (34, 1), (52, utc()), (98, 0), (108, 30),
                                    (141, "Y")]))
            return s.recv(65536)


def tried(*args):
    try:
        return log_on(*args)
    except (ssl.SSLError, ConnectionError, socket.timeout) as e:
        return e


def up(answer):
    return isinstance(answer, bytes) and b"\x0135=A\x01" in answer


authority("ca")
authority("stranger")
issue("server", "DNS:localhost,IP:127.0.0.1")
issue("CLIENT44", "DNS:CLIENT44")
issue("CLIENT50", "DNS:CLIENT50")
issue("other", "DNS:elsewhere.example")
issue("forged", "DNS:CLIENT44", "stranger")

mutual = free_port()
conf = DEMO.replace("TargetCompID=CLIENT42\n", "TargetCompID=CLIENT42\n" +
                    tls_session())
conf = conf.replace(
    "TargetCompID=CLIENT44\n",
    f"TargetCompID=CLIENT44\nSocketAcceptPort={mutual}\n" +
    tls_session(f"CertificationAuthoritiesFile={at('ca.pem')}\n"
                "PeerCertificateName=CLIENT44\n"))
plain = free_port()
conf = conf.replace("TargetCompID=CLIENT50\n",
                    f"TargetCompID=CLIENT50\nSocketAcceptPort={plain}\n")
conf = conf.replace("TargetCompID=DROPCOPY\n",
                    f"TargetCompID=DROPCOPY\nSocketAcceptPort={plain}\n")

with Gateway(conf) as g:
    g.start()
    t.ok(f"127.0.0.1:{g.port} (TLS)" in g.tail(), "the ready line says TLS",
         g.tail())
    for version in ("-tls1_2", "-tls1_3"):
        rc, out = openssl("s_client", "-connect", f"127.0.0.1:{g.port}",
                          version, "-CAfile", "ca.pem", "-verify_return_error",
                          "-verify_hostname", "localhost", data=b"")
        t.ok(rc == 0 and "Verify return code: 0" in out,
             f"openssl s_client {version} verifies the server", out)
    rc, out = openssl("s_client", "-connect", f"127.0.0.1:{g.port}",
                      "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", data=b"")
    t.ok("Cipher is (NONE)" in out or rc != 0, "TLS 1.1 is refused", out)
    rc, out = openssl("s_client", "-connect", f"127.0.0.1:{g.port}",
                      "-tls1_2", "-cipher", "AES128-SHA:AES256-GCM-SHA384:"
                      "ECDHE-ECDSA-AES128-SHA", data=b"")
    t.ok("Cipher is (NONE)" in out, "static RSA and CBC are refused", out)
    rc, out = openssl("s_client", "-connect", f"127.0.0.1:{g.port}",
                      "-tls1_2", data=b"R\n")
    t.ok("no renegotiation" in out or "Secure Renegotiation IS" in out and
         "DONE" not in out.split("RENEGOTIATING")[-1],
         "a client can't renegotiate", out)

    t.ok(up(tried(g.port, "CLIENT42", "FIX.4.2", context())),
         "a client logs on over TLS")
    with socket.create_connection(("127.0.0.1", g.port), 30) as s:
        s.settimeout(60)
        s.sendall(frame("FIX.4.2", [(35, "A"), (49, "CLIENT42"),
                                    (56, "FIXGATE"), (34, 1), (52, utc()),
                                    (98, 0), (108, 30)]))
        got = b""
        try:
            while True:
                data = s.recv(4096)
                if not data:
                    break
                got += data
        except ConnectionError:
            pass
    t.ok(b"8=FIX" not in got, "plain FIX at a TLS port gets no answer", got)
    with socket.create_connection(("127.0.0.1", plain), 30) as s:
        s.settimeout(60)
        s.sendall(frame("FIX.4.2", [(35, "A"), (49, "CLIENT42"),
                                    (56, "FIXGATE"), (34, 1), (52, utc()),
                                    (98, 0), (108, 30)]))
        try:
            got = s.recv(4096)
        except ConnectionError:
            got = b""
    t.ok(got == b"", "a session with TLS can't be had at a plain port", got)

    t.ok(up(tried(mutual, "CLIENT44", "FIX.4.4", context("CLIENT44"))),
         "a client with its certificate logs on")
    t.ok(not up(tried(mutual, "CLIENT44", "FIX.4.4", context())),
         "without one it does not")
    t.ok(not up(tried(mutual, "CLIENT44", "FIX.4.4", context("forged"))),
         "nor with one of a strange authority")
    t.ok(not up(tried(mutual, "CLIENT44", "FIX.4.4", context("CLIENT50"))),
         "nor with another client's")
    t.ok("its certificate is not PeerCertificateName" in g.tail(),
         "and the log says so", g.tail())

    # A real exchange: many messages in one record and over several.
    with socket.create_connection(("127.0.0.1", g.port), 30) as raw:
        with context().wrap_socket(raw, server_hostname="localhost") as s:
            s.settimeout(60)
            n, seq = 3000, 2
            s.sendall(frame("FIX.4.2", [
                (35, "A"), (49, "CLIENT42"), (56, "FIXGATE"), (34, 1),
                (52, utc()), (98, 0), (108, 30), (141, "Y")]))
            s.recv(4096)
            s.sendall(b"".join(frame("FIX.4.2", [
                (35, "1"), (49, "CLIENT42"), (56, "FIXGATE"), (34, seq + i),
                (52, utc()), (112, f"T{i}-" + "x" * 100)]) for i in range(n)))
            got, end = b"", time.monotonic() + 120
            while f"T{n - 1}-".encode() not in got[-4000:] and \
                    time.monotonic() < end:
                got += s.recv(65536)
            t.ok(got.count(b"\x0135=0\x01") == n,
                 "3000 messages at once over TLS are all answered",
                 got.count(b"\x0135=0\x01"))

    # Handshakes that never end do not keep others out: silent ones nobody,
    # begun ones only their own address.
    stuck = [socket.create_connection(("127.0.0.1", g.port), 30)
             for _ in range(50)]
    for _ in range(50):
        stuck.append(socket.create_connection(
            ("127.0.0.1", g.port), 30, ("127.0.0.2", 0)))
        stuck[-1].sendall(b"\x16\x03\x01\x01\x00")
    t.ok(up(tried(g.port, "CLIENT42", "FIX.4.2", context())),
         "100 handshakes that never end keep nobody out")
    for s in stuck:
        s.close()
    t.ok(g.stop() == 0, "the gateway stops in order")


def serve(cert, seen):
    """An acceptor with this certificate for one connection at a time."""
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(at(cert + ".pem"), at(cert + ".key"))
    ctx.sni_callback = lambda s, name, c: seen.append(("sni", name))
    lst = socket.create_server(("127.0.0.1", 0))

    def run():
        while True:
            try:
                raw, _ = lst.accept()
            except OSError:
                return
            try:
                with ctx.wrap_socket(raw, server_side=True) as s:
                    data = s.recv(65536)
                    seen.append(("logon" if b"\x0135=A\x01" in data else
                                 "bytes", data))
            except (ssl.SSLError, OSError) as e:
                seen.append(("failed", e))
    threading.Thread(target=run, daemon=True).start()
    return lst


def initiate(cert, host="localhost"):
    seen = []
    lst = serve(cert, seen)
    conf = DEMO + f"""
[SESSION]
ConnectionType=initiator
BeginString=FIX.4.4
TargetCompID=VENUE
SocketConnectHost={host}
SocketConnectPort={lst.getsockname()[1]}
ReconnectInterval=1
SocketUseSSL=Y
CertificationAuthoritiesFile={at('ca.pem')}
"""
    with Gateway(conf) as g:
        g.start()
        end = time.monotonic() + 60
        while time.monotonic() < end and \
                not [x for x in seen if x[0] in ("logon", "failed", "bytes")]:
            time.sleep(0.05)
        # The alert is there before the line of the log is.
        while time.monotonic() < end and "failed" in [x[0] for x in seen] and \
                "TLS refused" not in g.tail():
            time.sleep(0.05)
        lst.close()
        return seen, g.tail()


seen, log = initiate("server")
t.ok("logon" in [x[0] for x in seen], "an initiator logs on over TLS", log)
t.ok(("sni", "localhost") in seen, "and says which host it wants", seen)
seen, log = initiate("server", "127.0.0.1")
t.ok("logon" in [x[0] for x in seen], "an address in the certificate will do",
     log)
for cert, what in (("other", "for another host"),
                   ("forged", "of a strange authority")):
    seen, log = initiate(cert)
    t.ok({"failed"} <= {x[0] for x in seen} and
         not {"logon", "bytes"} & {x[0] for x in seen},
         f"a certificate {what} is refused, and nothing was sent", seen)
    t.ok("TLS refused" in log and "certificate verify failed" in log,
         "the log says why", log)
shutil.rmtree(pki)
t.done()
