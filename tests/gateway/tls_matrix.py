"""TLS both ways against the openssl command: every version and suite, every
kind of certificate, names, pins, revocation, reload, and handshakes that fail.
Rules F01 to F09 of FIXS; scenarios of TLS downgrade and of client certificates.

What is refused must leave no trace: no answer, no number used, no descriptor.
"""
import base64
import os
import pwd
import random
import re
import signal
import socket
import ssl
import subprocess
import time

from fixclient import frame, utc
from gateway import FIXGATED, FULL, Gateway, free_port
from pki import Pki, have_openssl
from tap import Tap

t = Tap()
TOP = os.environ["TOP_SRCDIR"]
with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    DEMO = f.read()
if not have_openssl():
    t.skip("TLS against openssl", "no openssl command")
    t.done()
pki = Pki()
PAST = ("20200101000000Z", "20210101000000Z")
FUTURE = ("20480101000000Z", "20490101000000Z")
URI = "URI:spiffe://firm.example/gw"
SUITES = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
WAIT = 60


def make_certificates():
    pki.authority("ca")
    pki.authority("stranger")
    server = "DNS:localhost,IP:127.0.0.1"
    pki.issue("server", server, eku="serverAuth")
    pki.issue("second", server, eku="serverAuth", days=5)
    pki.issue("rsa", server, kind=2048)
    pki.issue("short", server, kind=1024)
    pki.issue("M_A", "DNS:M_A", eku="clientAuth")
    pki.issue("M_B", "DNS:M_B", eku="clientAuth")
    pki.issue("M_STAR", "DNS:M_STAR")
    pki.issue("M_MADE", "DNS:M_MADE")
    pki.issue("M_URI", URI, subject="/CN=anything")
    pki.issue("M_DN", subject="/O=Firm/CN=M_DN")
    pki.issue("expired", "DNS:M_A", dates=PAST)
    pki.issue("early", "DNS:M_A", dates=FUTURE)
    pki.issue("revoked", "DNS:M_A")
    pki.issue("later", "DNS:M_A")
    pki.issue("purpose", "DNS:M_A", eku="serverAuth")
    pki.issue("forged", "DNS:M_A", by="stranger")
    pki.issue("clientonly", server, eku="clientAuth")
    pki.issue("elsewhere", "DNS:elsewhere.example")
    pki.issue("late", server, dates=PAST)
    pki.issue("gone", server)
    pki.issue("fake", server, by="stranger")
    for name in ("P_A", "P_A2", "P_B", "unknown"):
        pki.self_signed(name)
    pki.self_signed("venue", extra=("-addext", "subjectAltName=" + server))
    # Its key is pinned, its date is over: an authority of ours made it so.
    pki.issue("P_OLD", dates=PAST)
    pki.revoke("revoked")
    pki.revoke("gone")
    pki.crl("ca.crl")


def session(name, port, extra, cert="server"):
    return (f"\n[SESSION]\nBeginString=FIX.4.4\nTargetCompID={name}\n"
            f"SocketAcceptPort={port}\nSocketUseSSL=Y\n"
            f"ServerCertificateFile={pki.at(cert + '.pem')}\n"
            f"ServerCertificateKeyFile={pki.at(cert + '.key')}\n{extra}")


def logon(name, seq=1, reset="Y"):
    return frame("FIX.4.4", [(35, "A"), (49, name), (56, "FIXGATE"),
                             (34, seq), (52, utc()), (98, 0), (108, 30)] +
                 ([(141, reset)] if reset else []))


def s_client(port, *args, data=b"", wait_for=None, host="127.0.0.1"):
    """openssl s_client. @return (what the peer said, what openssl said)"""
    p = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"{host}:{port}", "-CAfile",
         "ca.pem", *args], cwd=pki.dir, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    out = b""
    try:
        p.stdin.write(data)
        p.stdin.flush()
        if wait_for is None:
            p.stdin.close()
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            got = os.read(p.stdout.fileno(), 65536)
            out += got
            if not got or (wait_for and wait_for in out):
                break
    except OSError:
        pass
    p.kill()
    p.wait()
    return out.decode("latin-1")


def logs_on(port, name, cert=None, *args):
    """Does a Logon over s_client get its answer?"""
    who = ["-cert", cert + ".pem", "-key", cert + ".key"] if cert else []
    out = s_client(port, "-ign_eof", *who, *args, data=logon(name),
                   wait_for=b"\x0135=A\x01")
    return "\x0135=A\x01" in out, out


def shook(out):
    """Were hands shaken? @return version and suite, or None"""
    m = re.search(r"New, (\S+), Cipher is (\S+)", out)
    return (m.group(1).rstrip(","), m.group(2)) \
        if m and m.group(2) != "(NONE)" else None


def wait(what, timeout=WAIT):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.05)
    return what()


def log_of(g):
    with open(g.log, errors="replace") as f:
        return f.read()


def trader_of(g):
    pid = g.process.pid
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return int(f.read().split()[0])


def descriptors(g):
    return len(os.listdir(f"/proc/{trader_of(g)}/fd"))


# --- acceptor ----------------------------------------------------------------

def versions_and_suites(ports):
    for key, port in (("ECDSA", ports["ec"]), ("RSA", ports["rsa"])):
        for v in ("-tls1", "-tls1_1"):
            out = s_client(port, v, "-cipher", "ALL:@SECLEVEL=0")
            t.ok(shook(out) is None, f"{key}: {v[1:]} is refused", out)
        for suite in SUITES:
            name = f"ECDHE-{key}-{suite}"
            got = shook(s_client(port, "-tls1_2", "-cipher", name))
            t.ok(got == ("TLSv1.2", name), f"1.2 has {name}", got)
        bad = ["DHE-RSA-AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA",
               f"ECDHE-{key}-AES128-SHA256", f"ECDHE-{key}-AES256-SHA",
               f"ECDHE-{key}-NULL-SHA", "AECDH-AES128-SHA"]
        if key == "ECDSA":
            bad += ["ECDHE-ECDSA-AES128-CCM", "ECDHE-ECDSA-CAMELLIA128-SHA256"]
        out = s_client(port, "-tls1_2", "-cipher",
                       ":".join(bad) + ":@SECLEVEL=0")
        t.ok(shook(out) is None and "alert" in out,
             f"{key}: no CBC, CCM, NULL, static RSA, DHE, anonymous", out)
    for suite in ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                  "TLS_CHACHA20_POLY1305_SHA256"):
        got = shook(s_client(ports["ec"], "-tls1_3", "-ciphersuites", suite))
        t.ok(got == ("TLSv1.3", suite), f"1.3 has {suite}", got)
    out = s_client(ports["ec"], "-tls1_3", "-ciphersuites",
                   "TLS_AES_128_CCM_SHA256")
    t.ok(shook(out) is None, "1.3 has no CCM", out)
    got = shook(s_client(ports["ec"]))
    t.ok(got and got[0] == "TLSv1.3", "who has both gets 1.3", got)
    for group, good in (("X25519", True), ("P-256", True), ("P-384", False),
                        ("P-521", False), ("X448", False),
                        ("ffdhe2048", False)):
        out = s_client(ports["ec"], "-tls1_3", "-groups", group)
        t.ok((shook(out) is not None) == good,
             f"group {group} is {'taken' if good else 'refused'}", out)


def nothing_else(ports):
    for v in ("-tls1_2", "-tls1_3"):
        name = "kept" + v
        out = s_client(ports["ec"], v, "-comp", "-sess_out", name,
                       "-ign_eof", data=logon("T_EC"),
                       wait_for=b"\x0135=A\x01")
        t.ok("Compression: NONE" in out and "Expansion: NONE" in out,
             f"{v[1:]}: no compression", out)
        t.ok("session ticket" not in out.lower(), f"{v[1:]}: no ticket", out)
        if os.path.exists(pki.at(name)):
            out = s_client(ports["ec"], v, "-sess_in", name)
            t.ok("Reused," not in out, f"{v[1:]}: no session is resumed", out)
    out = s_client(ports["ec"], "-tls1_2", "-legacy_renegotiation",
                   data=b"R\n", wait_for=b"no renegotiation")
    t.ok("RENEGOTIATING" in out and "no renegotiation" in out,
         "a client can't renegotiate", out)
    for name in ("localhost", "wrong.example"):
        out = s_client(ports["ec"], "-servername", name, "-verify_hostname",
                       name, "-verify_return_error")
        t.ok((shook(out) is not None and "Verify return code: 0" in out) ==
             (name == "localhost"), f"the certificate is not {name}'s by SNI"
             if name != "localhost" else "the certificate is localhost's", out)


def narrowed(ports):
    for port, good in (("v12", ("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384")),
                       ("j13", ("TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256")),
                       ("high", ("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384"))):
        got = shook(s_client(ports[port]))
        t.ok(got == good, f"settings narrow to {good}", got)
    t.ok(shook(s_client(ports["v12"], "-tls1_3")) is None,
         "SSLProtocol=TLSv1_2 leaves out 1.3")
    t.ok(shook(s_client(ports["v12"], "-cipher",
                        "ECDHE-ECDSA-AES128-GCM-SHA256")) is None,
         "SSLCipherSuite leaves out another suite")
    t.ok(shook(s_client(ports["j13"], "-tls1_2")) is None,
         "CipherSuites of 1.3 alone leaves out 1.2")
    t.ok(shook(s_client(ports["j13"], "-ciphersuites",
                        "TLS_AES_128_GCM_SHA256")) is None,
         "and other suites of 1.3")


def client_certificates(g, ports):
    """Port mutual: an authority and its list. Port pin: pins alone."""
    mutual, pin, both = ports["mutual"], ports["pin"], ports["both"]
    for v in ("-tls1_2", "-tls1_3"):
        for name, cert in (("M_A", "M_A"), ("M_B", "M_B"), ("M_URI", "M_URI"),
                           ("M_DN", "M_DN")):
            good, out = logs_on(mutual, name, cert, v)
            t.ok(good, f"{v[1:]}: {name} logs on with its certificate", out)
        for name, cert, good in (("M_STAR", "M_STAR", True),
                                 ("M_STAR", "M_A", False),
                                 ("M_MADE", "M_MADE", True),
                                 ("M_MADE", "M_STAR", False),
                                 ("M_NEW", "M_MADE", False)):
            t.ok(logs_on(mutual, name, cert, v)[0] == good,
                 f"{v[1:]}: PeerCertificateName=*: {name} with {cert}'s "
                 f"certificate {'logs on' if good else 'is refused'}")
        for cert, why in ((None, "without one"),
                          ("forged", "of a strange authority"),
                          ("expired", "that is over"),
                          ("early", "that is not valid yet"),
                          ("revoked", "that was revoked"),
                          ("purpose", "for servers only"),
                          ("unknown", "that is self-signed"),
                          ("M_B", "of another session"),
                          ("M_URI", "with another name"),
                          ("M_DN", "with another subject")):
            good, out = logs_on(mutual, "M_A", cert, v)
            t.ok(not good and "8=FIX" not in out,
                 f"{v[1:]}: M_A with a certificate {why} is refused", out)
    for name, cert in (("M_URI", "M_A"), ("M_DN", "M_A"), ("M_B", "M_A")):
        t.ok(not logs_on(mutual, name, cert)[0],
             f"and {cert}'s is no good for {name}")
    for name, cert, good, why in (
            ("P_A", "P_A", True, "the pinned key"),
            ("P_A", "P_A2", True, "the next key, pinned too"),
            ("P_B", "P_B", True, "a pin in base64"),
            ("P_A", "P_B", False, "the key of another session"),
            ("P_B", "P_A", False, "the key of another session"),
            ("P_A", "unknown", False, "a key that nobody pinned"),
            ("P_A", "M_A", False, "a certificate of an authority"),
            ("P_A", None, False, "no certificate"),
            ("P_OLD", "P_OLD", False, "a pinned key past its date")):
        t.ok(logs_on(pin, name, cert)[0] == good,
             f"pins alone: {name} with {why}"
             f"{'' if good else ' is refused'}")
    for cert, good, why in (
            ("M_A", True, "authority and pin"),
            ("M_B", False, "authority without pin"),
            ("P_A", False, "pin without authority")):
        t.ok(logs_on(both, "BOTH", cert)[0] == good,
             f"authority and pins: {why} is {'taken' if good else 'refused'}")
    # A few refusals a second are told, the rest counted: ask again until then.
    for port, name, cert, why in (
            (mutual, "M_A", "M_B", "its certificate is not "
             "PeerCertificateName"),
            (pin, "P_A", "P_B", "its key is none of PeerCertificatePins"),
            (mutual, "M_A", None, "TLS refused: peer did not return a "
             "certificate"),
            (mutual, "M_A", "forged", "TLS refused: certificate verify "
             "failed")):
        t.ok(wait(lambda: not logs_on(port, name, cert)[0] and
                  f" refused: {why}" in log_of(g)), f"the log says: {why}",
             g.tail())


def context(cert=None):
    c = ssl.create_default_context(cafile=pki.at("ca.pem"))
    if cert:
        c.load_cert_chain(pki.at(cert + ".pem"), pki.at(cert + ".key"))
    return c


def talk(port, cert, data, source="127.0.0.1"):
    """@return the connection and the first answer, b"" for a closed door"""
    raw = socket.create_connection(("127.0.0.1", port), 30, (source, 0))
    try:
        s = context(cert).wrap_socket(raw, server_hostname="localhost")
    except OSError:
        raw.close()
        return None, b""
    s.settimeout(WAIT)
    try:
        s.sendall(data)
        return s, s.recv(65536)
    except OSError:
        s.close()
        return None, b""


def state_is_untouched(g, ports):
    port = ports["mutual"]
    s, got = talk(port, "M_A", logon("M_A"))
    t.ok(b"\x0135=A\x01" in got and b"\x0134=1\x01" in got,
         "M_A logs on with 1", got)
    s.close()
    t.ok(wait(lambda: re.search(
        r"->M_A: logged on from \S+ by TLSv1.3 \S+, certificate CN=M_A, the "
        r"session's own", log_of(g))), "the log says who it is", g.tail())
    for seq in (1, 7, 2):
        _, got = talk(port, "M_B", logon("M_A", seq))
        t.ok(got == b"", f"M_B's certificate with M_A's Logon {seq} and "
             "ResetSeqNumFlag gets no answer", got)
    s, got = talk(port, "M_A", logon("M_A", 2, None))
    t.ok(b"\x0135=A\x01" in got and b"\x0134=2\x01" in got,
         "and M_A goes on with 2 both ways", got)
    s.close()


def config_faults():
    base = ("[GATEWAY]\nDataDir=x\n[RISK account A]\nMaxOrderQty=1\n"
            "MaxOrderNotional=1\nMaxLong=1\nMaxShort=1\nMaxOpenOrders=1\n"
            "MaxOpenNotional=1\nCollarPercent=1\nOrdersPerSecond=1\n"
            "[VENUE SIM]\nType=sim\nSymbols=A 1\n[ROUTE]\nVenue=SIM\n"
            "[DEFAULT]\nSenderCompID=FIXGATE\n")
    ca = f"CertificationAuthoritiesFile={pki.at('ca.pem')}\n"
    pki.write("broken.pem", "-----BEGIN CERTIFICATE-----\nxx\n")
    pki.write("loose.key", open(pki.at("server.key")).read())
    os.chmod(pki.at("loose.key"), 0o644)
    os.makedirs(pki.at("empty"), exist_ok=True)
    for extra, want in (
            ("SSLProtocol=SSLv3\n", "SSLv3 is refused"),
            ("SSLProtocol=TLSv1_1 TLSv1_2\n", "TLSv1_1 is refused"),
            ("SSLProtocol=all -TLSv1_2 -TLSv1_3\n", "no version is left"),
            ("EnabledProtocols=TLSv1.2,TLSv1\n", "TLSv1 is refused"),
            ("SSLProtocols=Tls11\n", "Tls11 is refused"),
            ("SSLProtocol=TLS9\n", "no version 'TLS9'"),
            ("SSLCipherSuite=AES128-SHA\n", "suite AES128-SHA is refused"),
            ("SSLProtocol=TLSv1_2\nSSLCipherSuite=HIGH:!ECDHE\n",
             "leaves no suite"),
            ("SSLCipherSuite=NONSENSE\n", "no list of suites"),
            ("CipherSuites=TLS_RSA_WITH_AES_128_CBC_SHA\n",
             "TLS_RSA_WITH_AES_128_CBC_SHA is refused"),
            ("SSLProtocol=TLSv1_2\nCipherSuites=TLS_AES_128_GCM_SHA256\n",
             "leaves no suite"),
            ("SSLValidateCertificates=N\n", "always verified"),
            ("NeedClientAuth=Y\n", "can't be verified without"),
            ("CertificateVerifyLevel=1\n", "can't be verified without"),
            (ca + "CertificateVerifyLevel=0\nPeerCertificateName=A\n",
             "need CertificateVerifyLevel=1"),
            ("PeerCertificatePins=abc\n", "a pin is the SHA-256"),
            ("PeerCertificatePins=" + 43 * "A" + "B=\n",
             "a pin is the SHA-256"),
            ("PeerCertificatePins=" + ",".join(["ab" * 32] * 9) + "\n",
             "at most 8 pins"),
            (f"CertificateRevocationListFile={pki.at('ca.crl')}\n",
             "needs the authorities"),
            (ca + f"CertificateRevocationListFile={pki.at('ca.pem')}\n",
             "holds nothing of that kind"),
            (ca + "CertificateRevocationListFile=not-there\n",
             "no such file"),
            (ca + f"CertificateRevocationListDirectory={pki.at('empty')}\n",
             "has no files"),
            (f"CertificationAuthoritiesFile={pki.at('broken.pem')}\n",
             "broken.pem"),
            ("ServerCertificateFile=%s\nServerCertificateKeyFile=%s\n" %
             (pki.at("short.pem"), pki.at("short.key")), "too small"),
            ("ServerCertificateFile=%s\nServerCertificateKeyFile=%s\n" %
             (pki.at("server.pem"), pki.at("loose.key")), "chmod 600"),
            ("ServerCertificateFile=%s\nServerCertificateKeyFile=%s\n" %
             (pki.at("server.pem"), pki.at("second.key")), "mismatch")):
        one = session("A", 0, extra)
        if "ServerCertificateFile" in extra:
            one = one.replace(one[one.index("ServerCert"):one.index(extra)],
                              "")
        pki.write("bad.conf", base + one)
        p = subprocess.run([FIXGATED, "-c", pki.at("bad.conf"),
                            "--check-config"], capture_output=True, text=True)
        t.ok(p.returncode == 1 and want in p.stderr and
             re.search(r"bad\.conf:\d+: ", p.stderr),
             f"{extra.splitlines()[0][:50]} is told: {want}", p.stderr)


def pin64(name):
    return "sha256/" + base64.b64encode(bytes.fromhex(
        pki.pin(name))).decode()


def acceptor_conf(ports, crl="ca.crl"):
    ca = f"CertificationAuthoritiesFile={pki.at('ca.pem')}\n"
    listed = (f"{ca}CertificateRevocationListFile={pki.at(crl)}\n")
    conf = DEMO.replace("[GATEWAY]\n", "[GATEWAY]\nHandshakeTimeout=2\n"
                        "MaxHandshakesPerAddress=3\n", 1)
    conf += session("T_EC", ports["ec"], "")
    conf += session("T_RSA", ports["rsa"], "", "rsa")
    conf += session("T_V12", ports["v12"], "SSLProtocol=TLSv1_2\n"
                    "SSLCipherSuite=ECDHE-ECDSA-AES256-GCM-SHA384\n")
    conf += session("T_J13", ports["j13"],
                    "EnabledProtocols=TLSv1.2,TLSv1.3\n"
                    "CipherSuites=TLS_CHACHA20_POLY1305_SHA256\n")
    conf += session("T_HIGH", ports["high"], "SSLProtocol=all -TLSv1_3\n"
                    "SSLCipherSuite=AES256:HIGH:!AES128:!CHACHA20\n")
    for name, want in (("M_A", "M_A"), ("M_B", "DNS:M_B"), ("M_URI", URI),
                       ("M_DN", "DN:" + pki.must(
                           "x509", "-in", "M_DN.pem", "-noout", "-subject",
                           "-nameopt", "RFC2253").strip()[len("subject="):])):
        conf += session(name, ports["mutual"],
                        listed + f"PeerCertificateName={want}\n")
    conf += session("M_STAR", ports["mutual"],
                    listed + "PeerCertificateName=*\n")
    conf += session("*", ports["mutual"], listed + "AcceptorTemplate=Y\n"
                    "Accounts=DEMO\nPeerCertificateName=*\n")
    for name, pins in (("P_A", f"{pki.pin('P_A')}, {pki.pin('P_A2')}"),
                       ("P_B", pin64("P_B")), ("P_OLD", pki.pin("P_OLD"))):
        conf += session(name, ports["pin"], f"PeerCertificatePins={pins}\n")
    conf += session("BOTH", ports["both"], ca + "PeerCertificatePins="
                    f"{pki.pin('M_A')} {pki.pin('P_A')}\n")
    return conf


def acceptor():
    ports = {p: free_port() for p in ("ec", "rsa", "v12", "j13", "high",
                                      "mutual", "pin", "both")}
    with Gateway(acceptor_conf(ports)) as g:
        g.start()
        versions_and_suites(ports)
        nothing_else(ports)
        narrowed(ports)
        client_certificates(g, ports)
        state_is_untouched(g, ports)
        failing_handshakes(g, ports)
        waiting_handshakes(ports)
        reload(g, ports)
        t.ok(g.stop() == 0, "the gateway stops in order", g.tail())


# --- handshakes that fail ----------------------------------------------------

def client_hello():
    out = ssl.MemoryBIO()
    c = context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost")
    try:
        c.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def strange_bytes(rnd, hello):
    kind = rnd.randrange(6)
    if kind == 0:
        return rnd.randbytes(rnd.randrange(1, 600))
    if kind == 1:
        return hello[:rnd.randrange(1, len(hello))]
    if kind == 2:
        data = bytearray(hello)
        for _ in range(rnd.randrange(1, 20)):
            data[rnd.randrange(len(data))] = rnd.randrange(256)
        return bytes(data)
    if kind == 3:
        return logon("T_EC")
    if kind == 4:
        return b"\x16\x03\x01" + rnd.randbytes(2) + hello[5:]
    return b""


def poke(port, data, how):
    """Send, then end: by FIN and reading on, by RST, or after an answer."""
    with socket.create_connection(("127.0.0.1", port), 30) as s:
        s.settimeout(WAIT)
        got = b""
        try:
            s.sendall(data)
            if how == "rst":
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b"\x01\0\0\0\0\0\0\0")
                return got
            s.shutdown(socket.SHUT_WR)
            while True:
                more = s.recv(4096)
                if not more:
                    return got
                got += more
        except OSError:
            return got


def failing_handshakes(g, ports):
    rnd, hello = random.Random(7), client_hello()
    before = wait(lambda: descriptors(g))
    n, told = 2000 if FULL else 300, b""
    # The notes of this second may be used up already.
    time.sleep(1.05 - time.monotonic() % 1)
    at, began = len(log_of(g)), time.monotonic()
    for i in range(n):
        told += poke(ports["ec"], strange_bytes(rnd, hello),
                     "rst" if i % 3 == 0 else "fin")
    t.ok(b"8=FIX" not in told, f"{n} broken handshakes get no FIX back", told)
    t.ok(told and told[0] in (0x15, 0x16), "only TLS records", told[:40])
    got = poke(g.port, hello, "fin")
    t.ok(got == b"", "TLS at a plain port gets no answer", got)
    good, out = logs_on(ports["ec"], "T_EC")
    t.ok(good, "and who knows TLS logs on after it", out)
    after = wait(lambda: descriptors(g) <= before and descriptors(g))
    t.ok(after, "no descriptor is left over",
         f"{before} before, {descriptors(g)} after")
    lines = log_of(g)[at:].count("TLS refused")
    t.ok(0 < lines <= 20 * (time.monotonic() - began + 2),
         "the log is not flooded", f"{lines} lines")


def waiting_handshakes(ports):
    hello = client_hello()
    began = time.monotonic()
    stuck = []
    for _ in range(3):
        s = socket.create_connection(("127.0.0.1", ports["ec"]), 30,
                                     ("127.0.0.3", 0))
        s.sendall(hello[:50])
        stuck.append(s)
    time.sleep(0.3)
    s, got = talk(ports["ec"], None, logon("T_EC"))
    t.ok(b"\x0135=A\x01" in got, "three handshakes that hang do not hold up "
         "another address", got)
    if s:
        s.close()
    s, got = talk(ports["ec"], None, logon("T_EC"), "127.0.0.3")
    took = time.monotonic() - began
    t.ok(b"\x0135=A\x01" in got and took > 1.5,
         "a fourth of their address waits until they are over",
         f"{took:.2f} s, {got}")
    if s:
        s.close()
    for x in stuck:
        x.settimeout(WAIT)
        try:
            t.ok(x.recv(100) == b"", "HandshakeTimeout closes it")
        except OSError as e:
            t.ok(isinstance(e, ConnectionError), "HandshakeTimeout closes it",
                 e)
        x.close()


# --- reload ------------------------------------------------------------------

def hup(g, word):
    at = len(log_of(g))
    g.process.send_signal(signal.SIGHUP)
    return wait(lambda: word in log_of(g)[at:])


def served(port):
    with socket.create_connection(("127.0.0.1", port), 30) as raw:
        with context().wrap_socket(raw, server_hostname="localhost") as s:
            return dict(x[0] for x in s.getpeercert()["subject"])["commonName"]


def alive(s, name, seq):
    try:
        s.sendall(frame("FIX.4.4", [(35, "1"), (49, name), (56, "FIXGATE"),
                                    (34, seq), (52, utc()), (112, "T")]))
        return b"\x01112=T\x01" in s.recv(65536)
    except OSError:
        return False


def reload(g, ports):
    with open(g.conf) as f:
        conf = f.read()
    s, got = talk(ports["mutual"], "later", logon("M_A"))
    t.ok(b"\x0135=A\x01" in got, "a session is up", got)
    b, _ = talk(ports["mutual"], "M_B", logon("M_B"))
    t.ok(served(ports["ec"]) == "server", "the first certificate is served")

    new = conf.replace(pki.at("server."), pki.at("second."))
    with open(g.conf, "w") as f:
        f.write(new)
    t.ok(hup(g, "settings reloaded: limits, log, certificates"),
         "SIGHUP takes new certificates", g.tail())
    t.ok(served(ports["ec"]) == "second", "new connections get the new one")
    t.ok(alive(s, "M_A", 2), "and the session stays")
    t.ok(wait(lambda: re.search(r"certificate CN=second: 4 days", log_of(g))),
         "a certificate that ends in days is warned of", g.tail())
    t.ok("CN=server" not in "".join(x for x in log_of(g).splitlines()
                                    if " days, " in x),
         "one that ends in months is not")
    out = g.fixgate("control", "certificates")
    t.ok("certificate CN=second: 4 days" in out and
         "authority CN=ca: " in out and "revocation list CN=ca: " in out,
         "control certificates shows what is in use", out)

    good = open(pki.at("second.pem")).read()
    pki.write("second.pem", good[:200])
    t.ok(hup(g, "settings not reloaded: nothing has changed"),
         "a broken certificate is not taken", g.tail())
    t.ok(served(ports["ec"]) == "second" and alive(s, "M_A", 3),
         "the old one goes on, and so does the session")
    pki.write("second.pem", good)

    pki.write("good.crl", open(pki.at("ca.crl")).read())
    pki.write("ca.crl", "no list\n")
    t.ok(wait(lambda: "revocation lists not read again, the old ones stay"
              in log_of(g)), "a broken list is told, without SIGHUP", g.tail())
    t.ok(alive(s, "M_A", 4) and not logs_on(ports["mutual"], "M_A",
                                            "revoked")[0],
         "and the old one counts")
    pki.revoke("later")
    pki.crl("ca.crl")
    s.settimeout(WAIT)
    try:
        rest = s.recv(65536)
    except OSError:
        rest = b""
    t.ok(rest == b"" and "its certificate passes no more" in log_of(g),
         "a new list is read, and whom it revokes is disconnected", g.tail())
    t.ok(b is not None and alive(b, "M_B", 2), "the other session stays")

    pki.crl("ca.crl", dates=PAST)
    t.ok(wait(lambda: re.search(r"ERROR.*revocation list CN=ca: expired",
                                log_of(g), re.I)),
         "a list past its date is an alarm", g.tail())
    t.ok(not logs_on(ports["mutual"], "M_A", "M_A")[0],
         "and refuses its authority's certificates")
    t.ok(alive(b, "M_B", 3), "but ends no session")
    with open(g.conf, "w") as f:
        f.write(new.replace("CertificateRevocationListFile=",
                            "CertificateRevocationListStale=allow\n"
                            "CertificateRevocationListFile="))
    hup(g, "settings reloaded")
    t.ok(logs_on(ports["mutual"], "M_A", "M_A")[0],
         "CertificateRevocationListStale=allow takes them")
    t.ok(not logs_on(ports["mutual"], "M_A", "later")[0],
         "but not what the list names")
    with open(g.conf, "w") as f:
        f.write(new.replace("PeerCertificateName=DNS:M_B",
                            "PeerCertificateName=M_C"))
    hup(g, "settings reloaded")
    t.ok(wait(lambda: not alive(b, "M_B", 4)),
         "a session whose peer's name was changed is disconnected", g.tail())
    s.close()
    b.close()


def reload_as_another_user():
    """Started by root: keys of the user that it becomes are read again."""
    if os.geteuid() != 0:
        t.skip("certificates of User", "only root can become another")
        return
    uid = pwd.getpwnam("nobody").pw_uid
    os.chmod(pki.dir, 0o755)
    port = free_port()
    for name in ("server.key", "second.key"):
        os.chown(pki.at(name), uid, -1)
    conf = DEMO.replace("[GATEWAY]\n", "[GATEWAY]\nUser=nobody\n", 1) + \
        session("T_EC", port, "")
    with Gateway(conf) as g:
        os.chmod(g.dir, 0o755)
        g.start()
        t.ok(served(port) == "server", "User=nobody with a key of nobody's",
             g.tail())
        with open(g.conf, "w") as f:
            f.write(conf.replace(pki.at("server."), pki.at("second.")))
        t.ok(hup(g, "settings reloaded") and served(port) == "second",
             "SIGHUP reads the next one as nobody", g.tail())
        os.chown(pki.at("second.key"), uid + 1, -1)
        t.ok(hup(g, "it belongs to another user") and
             served(port) == "second", "a key of a third user's is refused",
             g.tail())
    for name in ("server.key", "second.key"):
        os.chown(pki.at(name), 0, -1)


# --- initiator ---------------------------------------------------------------

class Server:
    """openssl s_server: what it got, in a file."""

    def __init__(self, cert, *args):
        self.port = free_port()
        self.out = pki.at(f"server-{self.port}.out")
        with open(self.out, "wb") as out:
            self.p = subprocess.Popen(
                ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}",
                 "-cert", cert + ".pem", "-key", cert + ".key", *args],
                cwd=pki.dir, stdin=subprocess.PIPE, stdout=out, stderr=out)

    def got(self):
        with open(self.out, "rb") as f:
            return f.read().decode("latin-1")

    def close(self):
        self.p.kill()
        self.p.wait()


def initiator():
    ca = f"CertificationAuthoritiesFile={pki.at('ca.pem')}\n"
    own = (f"ClientCertificateFile={pki.at('M_A.pem')}\n"
           f"ClientCertificateKeyFile={pki.at('M_A.key')}\n")
    crl = f"CertificateRevocationListFile={pki.at('init.crl')}\n"
    pki.crl("init.crl")
    name = "SocketConnectHost=localhost\n"
    ip = "SocketConnectHost=127.0.0.1\n"
    sni = ("-servername", "localhost", "-cert2", "server.pem", "-key2",
           "server.key", "-servername_fatal")
    # what, certificate, s_server's options, settings, why it is refused
    rows = [
        ("TLS 1.2", "server", ("-tls1_2",), name + ca, None),
        ("TLS 1.3", "server", ("-tls1_3",), name + ca, None),
        ("TLS 1.1", "rsa", ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
         name + ca, "version"),
        ("CBC", "server", ("-tls1_2", "-cipher",
                           "ECDHE-ECDSA-AES128-SHA256"), name + ca, "alert"),
        ("static RSA", "rsa", ("-tls1_2", "-cipher", "AES128-GCM-SHA256"),
         name + ca, "alert"),
        ("an RSA key", "rsa", (), name + ca, None),
        ("our certificate", "server", ("-Verify", "1", "-CAfile", "ca.pem",
                                       "-verify_return_error"),
         name + ca + own, None),
        ("SNI", "elsewhere", sni, name + ca, None),
        ("another SNI", "elsewhere", sni, name + ca +
         "SSLServerName=wrong.example\n", "unrecognized name"),
        ("SSLServerName at an address", "elsewhere", (),
         ip + ca + "SSLServerName=elsewhere.example\n", None),
        ("an address in the certificate", "server", (), ip + ca, None),
        ("another host", "elsewhere", (), name + ca,
         "certificate verify failed"),
        ("an address that it lacks", "elsewhere", (), ip + ca,
         "certificate verify failed"),
        ("a strange authority", "fake", (), name + ca,
         "certificate verify failed"),
        ("a date that is over", "late", (), name + ca,
         "certificate verify failed"),
        ("a purpose for clients", "clientonly", (), name + ca,
         "certificate verify failed"),
        ("a revoked one", "gone", (), name + ca + crl,
         "certificate verify failed"),
        ("a list and one not in it", "server", (), name + ca + crl, None),
        ("self-signed", "venue", (), name + ca, "certificate verify failed"),
        ("a pin alone, self-signed", "venue", (), name +
         f"PeerCertificatePins={pki.pin('venue')}\n", None),
        ("a pin alone, another host", "P_A", (), name +
         f"PeerCertificatePins={pki.pin('P_A')}\n",
         "certificate verify failed"),
        ("a pin of another key", "venue", (), name +
         f"PeerCertificatePins={pki.pin('server')}\n",
         "certificate verify failed"),
        ("authority and pin", "server", (), name + ca +
         f"PeerCertificatePins={pki.pin('server')}\n", None),
        ("authority and another pin", "server", (), name + ca +
         f"PeerCertificatePins={pki.pin('venue')}\n",
         "its key is none of PeerCertificatePins"),
        ("PeerCertificateName", "server", (), name + ca +
         "PeerCertificateName=localhost\n", None),
        ("another PeerCertificateName", "server", (), name + ca +
         "PeerCertificateName=venue.example\n",
         "its certificate is not PeerCertificateName"),
    ]
    servers, conf = [], DEMO
    for i, (what, cert, args, extra, why) in enumerate(rows):
        servers.append(Server(cert, *args))
        conf += (f"\n[SESSION]\nConnectionType=initiator\nBeginString=FIX.4.4"
                 f"\nTargetCompID=V{i}\nSocketConnectPort={servers[i].port}\n"
                 f"ReconnectInterval=1\nSocketUseSSL=Y\n{extra}")
    with Gateway(conf) as g:
        time.sleep(0.3)
        g.start()
        for s, (what, cert, args, extra, why) in zip(servers, rows):
            if why is None:
                t.ok(wait(lambda: "\x0135=A\x01" in s.got()),
                     f"initiator: {what}: logs on", s.got() + g.tail())
                continue
            said = wait(lambda: re.search(
                rf":{s.port}: TLS refused: .*{why}", log_of(g)))
            t.ok(said and "8=FIX" not in s.got(),
                 f"initiator: {what}: refused, nothing was sent",
                 s.got()[-500:] + "".join(
                     x + "\n" for x in log_of(g).splitlines()
                     if f":{s.port}" in x)[:1000])
        t.ok(g.stop() == 0, "and the gateway stops in order", g.tail())
    for s in servers:
        s.close()


def plain_peer():
    """A venue that answers a ClientHello with plain FIX gets nothing."""
    lst = socket.create_server(("127.0.0.1", 0))
    conf = (DEMO + "\n[SESSION]\nConnectionType=initiator\n"
            "BeginString=FIX.4.4\nTargetCompID=V\nReconnectInterval=1\n"
            f"SocketConnectPort={lst.getsockname()[1]}\nSocketUseSSL=Y\n"
            "SocketConnectHost=localhost\n"
            f"CertificationAuthoritiesFile={pki.at('ca.pem')}\n")
    with Gateway(conf) as g:
        g.start()
        lst.settimeout(WAIT)
        for _ in range(2):
            s, _ = lst.accept()
            s.settimeout(WAIT)
            got = s.recv(4096)
            s.sendall(logon("V"))
            try:
                while more := s.recv(4096):
                    got += more
            except OSError:
                pass
            s.close()
            t.ok(got[0] == 0x16 and b"8=FIX" not in got,
                 "an initiator never falls back to plain FIX", got[:80])
    lst.close()


try:
    make_certificates()
    config_faults()
    acceptor()
    reload_as_another_user()
    initiator()
    plain_peer()
finally:
    pki.close()
t.done()
