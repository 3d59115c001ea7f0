"""Secrets that come from Vault: at the start, renewed, rotated under way, and
while Vault is sealed, away or says nonsense. Vault is a stand-in of its
documented API, tests/lib/vaultserver.py."""
import glob
import os
import re
import socket
import ssl
import subprocess
import threading

import venueclient
from alpacavenue import Alpaca
from fixclient import Msg, frame, utc
from gateway import FIXGATED, Gateway, free_port
from logon import canary, until
from pki import Pki
from tap import Tap
from vaultserver import Vault

t = Tap()
PATH = "trading/exchanges/fixvenue"

CONF = """
[GATEWAY]
DataDir=${DATA_DIR}
TableSize=16M
SegmentSize=1M
[VAULT]
%s
RefreshInterval=1
Timeout=20
[DEFAULT]
ConnectionType=initiator
SocketConnectHost=127.0.0.1
SocketConnectPort=%d
BeginString=FIX.4.4
ReconnectInterval=1
ResetOnLogon=Y
[SESSION]
SenderCompID=US
TargetCompID=FIXVENUE
Username=us
Password=vault:fixvenue#password
"""


class Peer:
    """A venue that keeps the passwords it is told."""

    def __init__(self):
        self.s = socket.socket()
        self.s.bind(("127.0.0.1", 0))
        self.s.listen()
        self.port = self.s.getsockname()[1]
        self.told = []
        self.line = None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                c, _ = self.s.accept()
                c.settimeout(20)
                got = b""
                while b"\x0110=" not in got:
                    data = c.recv(4096)
                    if not data:
                        raise OSError
                    got += data
                c.sendall(frame("FIX.4.4", [
                    (35, "A"), (49, "FIXVENUE"), (56, "US"), (34, 1),
                    (52, utc()), (98, 0), (108, 30), (141, "Y")]))
                self.line = c
                self.told.append(Msg(got).get(554))
            except OSError:
                if self.s.fileno() < 0:
                    return

    def next(self, want):
        """Hang up. Does the next Logon say so?"""
        n = len(self.told)
        if self.line:
            self.line.close()
            self.line = None
        return until(lambda: len(self.told) > n and self.told[n] == want, 60)

    def close(self):
        self.s.close()


def said(g, text):
    with open(g.log, errors="replace") as f:
        return text in f.read()


def times(g, text):
    with open(g.log, errors="replace") as f:
        return f.read().count(text)


def argv_of_all():
    out = b""
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as f:
                out += f.read()
        except OSError:
            pass
    return out


def run(g):
    p = subprocess.run([FIXGATED, "-c", g.conf, "--check-config"], env=g.env,
                       capture_output=True, text=True, timeout=60)
    return p.returncode, p.stderr


def token_file(g, v, mode=0o600, name="token.secret"):
    path = os.path.join(g.dir, name)
    with open(path, "w") as f:
        f.write(v.root + "\n")
    os.chmod(path, mode)


def under_way():
    peer = Peer()
    with Vault() as v, Gateway(CONF % (
            f"Address={v.address}/\nToken=file:token.secret", peer.port)) as g:
        v.put(PATH, username="us", password="canary-Vault-One")
        token_file(g, v)
        g.start()
        t.ok(peer.next("canary-Vault-One"), "our Logon has Vault's password",
             g.tail())
        t.ok(v.root.encode() not in argv_of_all() and
             b"canary-Vault" not in argv_of_all(),
             "no process has a secret among its arguments")
        v.put(PATH, username="us", password="canary-Vault-Two")
        t.ok(until(lambda: said(g, "(reload 1)")) and
             peer.next("canary-Vault-Two"),
             "a new version is used from the next Logon on, without a restart",
             g.tail())
        t.ok(said(g, PATH + " has version 2 now, it was 1"), "and told",
             g.tail())

        v.mode = "sealed"
        t.ok(until(lambda: said(g, "sealed")) and
             peer.next("canary-Vault-Two"),
             "a sealed Vault: what was read stays in use", g.tail())
        t.ok(re.search(r"stays in use, it is \d+ s old", g.tail(50)),
             "and the log has its age", g.tail())
        v.mode = None
        t.ok(until(lambda: said(g, "answers again")), "unsealed, told once",
             g.tail())
        v.stop()
        t.ok(until(lambda: times(g, "stays in use") == 2) and
             peer.next("canary-Vault-Two"),
             "Vault away: what was read stays in use", g.tail())
        v.start()
        t.ok(until(lambda: times(g, "answers again") == 2), "it is back",
             g.tail())
        for mode, word in (("garbage", "not the JSON"), ("huge", "larger"),
                           ("redirect", "redirect"), ("standby", "standby"),
                           ("deny", "permission denied")):
            v.mode = mode
            t.ok(until(lambda: said(g, word)) and
                 peer.next("canary-Vault-Two"),
                 f"{mode}: told, and nothing is lost", g.tail())
            n = times(g, "answers again")
            v.mode = None
            until(lambda: times(g, "answers again") > n)
        v.delete(PATH)
        t.ok(until(lambda: said(g, "status 404")) and
             peer.next("canary-Vault-Two"),
             "a deleted secret stays in use", g.tail())
        v.put(PATH, username="us", password="canary-Vault-Three")
        t.ok(until(lambda: said(g, "(reload 2)")) and peer.next("canary-Vault-Three"), "until there is a new one",
             g.tail())
        # The vault process dies: another takes its place, trading goes on.
        n = times(g, "the vault was killed")
        for pid in subprocess.run(
                ["ps", "-o", "pid=", "--ppid", str(g.process.pid)],
                capture_output=True, text=True).stdout.split()[1:]:
            os.kill(int(pid), 9)
        t.ok(until(lambda: times(g, "the vault was killed") > n),
             "the vault process dies", g.tail())
        v.put(PATH, username="us", password="canary-Vault-Four")
        t.ok(until(lambda: said(g, "(reload 3)")) and peer.next("canary-Vault-Four"), "and another goes on", g.tail())
        t.ok(v.wrong == [], "all that was asked is as documented", v.wrong)
        t.ok(g.stop() == 0, "it stops in order", g.tail())
        canary(t, g, [v.root, "canary-Vault"])
        with open(g.conf) as f:
            t.ok("canary" not in f.read(), "the settings hold references only")
    peer.close()


def approle():
    peer = Peer()
    with Vault(namespace="desk/fx") as v, Gateway(CONF % (
            f"Address={v.address}\nAuth=approle\nNamespace=desk/fx",
            peer.port)) as g:
        v.put(PATH, username="us", password="canary-Role-One")
        v.roles["canary-role"] = "canary-secret-id"
        v.ttl = 3
        g.env.update(VAULT_ROLE_ID="canary-role",
                     VAULT_SECRET_ID="canary-secret-id")
        g.start()
        t.ok(peer.next("canary-Role-One"), "AppRole, in a namespace", g.tail())
        t.ok(until(lambda: v.count("renew-self") >= 2),
             "the token is renewed before it ends", v.asked)
        t.ok(v.count("approle/login") == 1, "without another login", v.asked)
        with v.lock:
            v.tokens.clear()
        t.ok(until(lambda: v.count("approle/login") == 2),
             "a revoked token: we log in anew", v.asked)
        with v.lock:
            v.renewable = False
            v.tokens.clear()
        n = v.count("approle/login")
        t.ok(until(lambda: v.count("approle/login") >= n + 3),
             "a token that can't be renewed: a login before it ends", v.asked)
        v.put(PATH, username="us", password="canary-Role-Two")
        t.ok(until(lambda: said(g, "(reload 1)")) and peer.next("canary-Role-Two"), "and what it opens is read",
             g.tail())
        t.ok(v.wrong == [], "all that was asked is as documented", v.wrong)
        g.stop()
        canary(t, g, ["canary-Role", "canary-secret-id"])
    peer.close()


def kubernetes():
    with Vault() as v, Gateway(CONF % (
            f"Address={v.address}\nAuth=kubernetes\nJwtFile=jwt",
            free_port())) as g:
        v.put(PATH, username="us", password="canary-Pod")
        v.jwts["trading-platform"] = "canary-jwt-1"
        with open(os.path.join(g.dir, "jwt"), "w") as f:
            f.write("canary-jwt-1\n")
        rc, err = run(g)
        t.ok(rc == 0, "Kubernetes: the service account's token opens Vault",
             err)
        v.jwts["trading-platform"] = "canary-jwt-2"
        rc, err = run(g)
        t.ok(rc == 1 and "auth/kubernetes: permission denied" in err and
             "canary" not in err, "another account is refused", err)
        os.unlink(os.path.join(g.dir, "jwt"))
        rc, err = run(g)
        t.ok(rc == 1 and "JwtFile" in err and "No such file" in err,
             "no service account: said so", err)


def at_start():
    """Each is a start that must not be."""
    with Vault() as v, Gateway("") as g:
        token_file(g, v)
        token_file(g, v, 0o644, "open.secret")

        def start(vault, password="vault:fixvenue#password"):
            conf = CONF % (vault, free_port())
            with open(g.conf, "w") as f:
                f.write(conf.replace("vault:fixvenue#password", password))
            return run(g)

        good = f"Address={v.address}\nToken=file:token.secret"
        rc, err = start(good)
        t.ok(rc == 1 and re.search(
            r"fixgated.conf:\d+: Password: vault:fixvenue#password: .*"
            r"nothing \(status 404\)", err),
            "no such secret: file, line, setting and why", err)
        v.put(PATH, username="us", password="canary-Start", empty="", n=5)
        rc, err = start(good)
        t.ok(rc == 0, "now there is", err)
        cases = [
            (good, "vault:fixvenue#pasword", "no field 'pasword'"),
            (good, "vault:fixvenue#empty", "empty"),
            (good, "vault:fixvenue#n", "no field 'n'"),
            (good, "vault:fixvenue", "was expected"),
            (good, "vault:../sys/raw#x", "was expected"),
            (good, "vault:other/place#x", "secret/other/place"),
            ("Address=" + v.address, None, "needs Token"),
            (f"Address={v.address}\nToken=file:open.secret", None, "chmod 600"),
            (f"Address={v.address}\nToken=vault:a#b", None, "can't be in it"),
            (f"Address={v.address}\nToken=hvs.canary-wrong", None, "denied"),
            (good + "\nNamespace=x", None, "404"),
            ("Address=http://192.0.2.1:8200\nToken=file:token.secret", None,
             "loopback"),
            ("Address=http://user:pw@127.0.0.1\nToken=file:token.secret", None,
             "no user"),
            ("Address=ftp://127.0.0.1\nToken=file:token.secret", None, "https"),
            (f"Address=http://127.0.0.1:{free_port()}\nToken=file:token.secret", None,
             "onnect"),
        ]
        for vault, ref, want in cases:
            rc, err = start(vault, ref or "vault:fixvenue#password")
            t.ok(rc == 1 and want in err and "canary" not in err and
                 v.root not in err, f"no start: {want}", err)
        for mode, want in (("sealed", "sealed"), ("standby", "standby"),
                           ("redirect", "redirect"), ("huge", "larger"),
                           ("garbage", "not the JSON"), ("deny", "denied")):
            v.mode = mode
            rc, err = start(good)
            t.ok(rc == 1 and want in err, f"no start: {mode}", err)
            v.mode = None
        conf = CONF.replace("[VAULT]\n%s\nRefreshInterval=1\nTimeout=20\n", "")
        with open(g.conf, "w") as f:
            f.write(conf % free_port())
        rc, err = run(g)
        t.ok(rc == 1 and "no section [VAULT]" in err,
             "a reference without [VAULT]", err)
        t.ok(v.wrong == [], "all that was asked is as documented", v.wrong)


def over_tls():
    pki = Pki()
    pki.authority("root")
    pki.authority("other")
    pki.issue("vault", by="root", san="DNS:localhost")
    with Vault(tls=(pki.at("vault.pem"), pki.at("vault.key"))) as v, \
            Gateway("") as g:
        v.put(PATH, username="us", password="canary-Tls")
        token_file(g, v)
        for ca, address, want in (
                ("root", v.address, 0), ("other", v.address, 1),
                (None, v.address, 1),
                ("root", v.address.replace("localhost", "127.0.0.1"), 1)):
            line = f"Address={address}\nToken=file:token.secret"
            if ca:
                line += "\nCAFile=" + pki.at(ca + ".pem")
            n = len(v.asked)
            with open(g.conf, "w") as f:
                f.write(CONF % (line, free_port()))
            rc, err = run(g)
            t.ok(rc == want and (want == 0 or len(v.asked) == n),
                 f"TLS by {ca}, {address.split(':')[1]}: " +
                 ("taken" if want == 0 else "refused, and no token sent"), err)
    a_key_from_vault(pki)
    pki.close()


def a_key_from_vault(pki):
    """The private key of a TLS listener, which is in no file."""
    with open(pki.at("vault.key")) as f:
        pem = f.read()
    with Vault() as v, Gateway("") as g:
        token_file(g, v)
        with open(g.conf, "w") as f:
            f.write(f"""
[GATEWAY]
DataDir=${{DATA_DIR}}
TableSize=16M
SegmentSize=1M
[VAULT]
Address={v.address}
Token=file:token.secret
[DEFAULT]
BeginString=FIX.4.4
SenderCompID=US
SocketAcceptPort=${{FIX_PORT}}
SocketUseSSL=Y
ServerCertificateFile={pki.at("vault.pem")}
ServerCertificateKeyFile=vault:tls/gateway#key
CertificationAuthoritiesFile={pki.at("root.pem")}
CertificateVerifyLevel=0
[SESSION]
TargetCompID=THEM
""")
        v.put("tls/gateway", key="no PEM at all")
        rc, err = run(g)
        t.ok(rc == 1 and "key file vault:tls/gateway#key" in err,
             "no key where one should be", err)
        v.put("tls/gateway", key=pem)
        g.start()
        ctx = ssl.create_default_context(cafile=pki.at("root.pem"))
        with socket.create_connection(("127.0.0.1", g.port), 30) as s, \
                ctx.wrap_socket(s, server_hostname="localhost") as x:
            t.ok(x.version() is not None, "TLS with a key out of Vault")
        g.stop()
        canary(t, g, [pem.split("\n")[1]])


def a_venue():
    """An exchange's key, by the path that Vault has it at."""
    one, two = "canary-key-one", "canary-key-two"
    with Vault() as v, Alpaca(key=one, secret="canary-word") as sim:
        v.put("trading/exchanges/alpaca", api_key=one,
              api_secret="canary-word")
        here = [x for x in sim.settings() if not x.startswith("Api")]
        conf = venueclient.CONF % "\n".join(
            [*here, "Symbols=AAPL", "ApiKey=vault:alpaca#api_key",
             "ApiSecret=vault:alpaca#api_secret"])
        with Gateway(conf + f"[VAULT]\nAddress={v.address}\n"
                     "Token=file:token.secret\nRefreshInterval=1\n"
                     "Timeout=20\n") as g:
            token_file(g, v)
            g.start()

            def up():
                return until(lambda: venueclient.status(g) == "up")

            t.ok(up(), "a venue takes the key that Vault has", g.tail())
            c = venueclient.Client().connect(g.port)
            t.ok(c.about(c.new("180.00"), "0"), "and orders go there")
            sim.control(key=two, cut=True)
            t.ok(until(lambda: venueclient.status(g) != "up"),
                 "a key that the venue takes no more", g.tail())
            v.put("trading/exchanges/alpaca", api_key=two,
                  api_secret="canary-word")
            t.ok(up() and c.about(c.new("181.00"), "0"),
                 "Vault has the new one: orders go on, without a restart",
                 g.tail())
            t.ok(c.up, "and no client was disturbed")
            c.lost()
            g.stop()
            canary(t, g, ["canary-key", "canary-word"])



under_way()
a_venue()
approle()
kubernetes()
at_start()
over_tls()
t.done()
