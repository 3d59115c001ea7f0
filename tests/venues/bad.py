"""Venues over TLS and HTTP/2, beside them one for each thing that can be wrong
with a venue: all in one gateway. What is wrong is marked with its reason and
with what to do, refuses orders with that, is in the log once, and the others
go on."""
import json
import os
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import urllib.request

import venueclient
from alpacavenue import Alpaca
from binancevenue import Binance
from fixclient import frame, utc
from gateway import TOP, Gateway
from oandavenue import Oanda
from pki import Pki, have_openssl
from tap import Tap
from tlsfront import TlsFront
from twssim import TwsSim
from venueclient import CONF, status, until

t = Tap()
MORE = "UnknownAfter=1500\nReconcileInterval=1000"
TYPES = {   # symbol, quantity, TimeInForce, a price that does not trade
    "binance": ("BTCUSDT", "0.001", 1, "59000.00"),
    "alpaca": ("AAPL", "10", 0, "180.00"),
    "oanda": ("EUR/USD", "1000", 1, "1.05"),
    "tws": ("AAPL", "10", 0, "100.00"),
    "fix": ("AAPL", "10", 0, "100.00")}
CERT = "see the address and CAFile"


def take_id(port, client):
    """Another program has this client id at TWS. @return its socket"""
    s = socket.create_connection(("127.0.0.1", port), timeout=60)
    hello = b"v176..193"
    s.sendall(b"API\0" + struct.pack(">I", len(hello)) + hello)
    assert s.recv(4096)
    start = b"71\x002\x00%d\x00\x00" % client
    s.sendall(struct.pack(">I", len(start)) + start)
    assert s.recv(4096)
    return s


class Rigs:
    """Simulators, what stands in front of them, and the settings."""

    def __init__(self, pki):
        self.pki, self.all = pki, []
        self.h2 = None
        for name, args in (("b", Binance()), ("a", Alpaca()), ("o", Oanda()),
                           ("ban", Binance()), ("bm", Binance()),
                           ("am", Alpaca()), ("om", Oanda()),
                           ("bw", Binance()), ("aw", Alpaca()),
                           ("ow", Oanda()), ("be", Binance()),
                           ("ae", Alpaca()), ("oe", Oanda()),
                           ("bclock", Binance()), ("aclock", Alpaca()),
                           ("oclock", Oanda())):
            setattr(self, name, args)
            self.all.append(args)
        self.tws = TwsSim()
        self.all.append(self.tws)
        self.taken = take_id(self.tws.port, 5)
        self.front = {
            (s, c): self.keep(TlsFront(s.port, pki.at(c + ".pem"),
                                       pki.at(c + ".key"))).port
            for s in (self.b, self.a, self.o) for c in ("venue", "other")}
        for sim, path in ((self.bm, ""), (self.am, ""), (self.om, "")):
            sim.control(fault="status503", n=1 << 30, path=path)
        for sim, status in ((self.bw, 403), (self.aw, 403), (self.ow, 418)):
            sim.control(fault=f"status{status}", n=1 << 30, path="")
        self.ban.control(fault="418", n=1 << 30, seconds=300)
        self.bclock.control(skew=100000)
        self.aclock.control(skew=100)
        self.oclock.control(skew=-100)
        self.fix = Refuser()
        self.all.append(self.fix)
        self.front[self.fix, "other"] = self.keep(TlsFront(
            self.fix.port, pki.at("other.pem"), pki.at("other.key"))).port

    def keep(self, x):
        self.all.append(x)
        return x

    def h2_of(self, sim):
        """Our own process in front of it. @return its port"""
        p = subprocess.Popen(
            ["node", os.path.join(TOP, "tests/venues/h2front.js"),
             str(sim.port), self.pki.at("venue.pem"),
             self.pki.at("venue.key")], stdout=subprocess.PIPE, text=True)
        self.h2 = p
        return int(p.stdout.readline().split()[1])

    def close(self):
        if self.h2 is not None:
            self.h2.kill()
            self.h2.wait()
        for x in self.all:
            x.close()

    def tls(self, sim, rest="venue", stream="venue", host="localhost"):
        """Its settings, with addresses of TLS."""
        out = []
        for line in sim.settings():
            key, _, value = line.partition("=")
            if key.endswith("Url"):
                cert = rest if key == "RestUrl" else stream
                value = value.replace("http:", "https:").replace(
                    "ws:", "wss:").replace(
                    f"127.0.0.1:{sim.port}",
                    f"{host}:{self.front[sim, cert]}")
            out.append(f"{key}={value}")
        return [*out, f"CAFile={self.pki.at('ca.pem')}"]

    def tws_at(self, client=7, port=None, account="DU1234567"):
        return ["Type=tws", f"Port={port or self.tws.port}",
                f"ClientId={client}", f"AccountId={account}"]


class Refuser:
    """A FIX venue that takes no Logon."""

    def __init__(self):
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                s, _ = self.sock.accept()
            except OSError:
                return
            with s:
                s.settimeout(60)
                if s.recv(4096):
                    s.sendall(frame("FIX.4.4", [
                        (35, "5"), (34, 1), (49, "FKEY"), (52, utc()),
                        (56, "GATE"), (58, "wrong password")]))
                    s.recv(4096)

    def close(self):
        self.sock.close()


def but(settings, **other):
    return [f"{k}={other.get(k, v)}" for k, _, v in
            (x.partition("=") for x in settings)]


def url(settings, key):
    return dict(x.split("=", 1) for x in settings)[key]


def bad_ones(r):
    """Name, settings, words that tell the reason, and what to do."""
    b, a, o = r.b.settings(), r.a.settings(), r.o.settings()
    return (
        ("BKEY", but(b, ApiKey="another"), "-2015", "see ApiKey"),
        ("BSECRET", but(b, ApiSecret="another"), "ignature", "see ApiKey"),
        ("BSYMBOL", [*b, "Symbols=BTCUSDT,NOSUCH"], "-1121", "see Symbols"),
        ("BBAN", r.ban.settings(), "banned", "fewer requests are needed"),
        ("BWALL", r.bw.settings(), "403", "fewer requests are needed"),
        ("BMAINT", r.bm.settings(), "maintained", "wait for it"),
        ("BCERT", r.tls(r.b, rest="other"), "certificate", CERT),
        ("BSTREAM", r.tls(r.b, stream="other"), "certificate", CERT),
        ("BISSUER", but(b, RestUrl=url(r.tls(r.b), "RestUrl")),
         "certificate", CERT),
        ("BSISSUER", but(b, StreamUrl=url(r.tls(r.b), "StreamUrl")),
         "certificate", CERT),
        ("AKEY", but(a, ApiKey="another"), "401", "see ApiKey"),
        ("ASYMBOL", [*a, "Symbols=AAPL,NOSUCH"], "NOSUCH", "see Symbols"),
        ("AWALL", r.aw.settings(), "403", "fewer requests are needed"),
        ("AMAINT", r.am.settings(), "maintained", "wait for it"),
        ("ACERT", r.tls(r.a, rest="other"), "certificate", CERT),
        ("ASTREAM", r.tls(r.a, stream="other"), "certificate", CERT),
        ("OKEY", but(o, ApiKey="another"), "401", "see ApiKey"),
        ("OACCOUNT", but(o, AccountId="101-001-1-001"), "403", "AccountId"),
        ("OSYMBOL", [*o, "Symbols=EUR/USD,NO/SUCH"], "NO_SUCH",
         "see Symbols"),
        ("OWALL", r.ow.settings(), "418", "fewer requests are needed"),
        ("OMAINT", r.om.settings(), "maintained", "wait for it"),
        ("OCERT", r.tls(r.o, rest="other"), "certificate", CERT),
        ("OSTREAM", r.tls(r.o, stream="other"), "certificate", CERT),
        ("OISSUER", but(o, StreamUrl=url(r.tls(r.o), "StreamUrl")),
         "certificate", CERT),
        ("TID", r.tws_at(5), "326", "ClientId"),
        ("TACCOUNT", r.tws_at(8, account="DU7654321"), "DU7654321",
         "AccountId"),
        ("TGONE", r.tws_at(9, port=1), "be reached", "see Host and Port"),
    )


def section(name, settings):
    kind = settings[0].partition("=")[2]
    lines = [f"[VENUE {name}]", *settings]
    if not any(x.startswith("Symbols=") for x in settings):
        lines.append(f"Symbols={TYPES[kind][0]}")
    if kind not in ("tws", "fix"):
        lines.append(MORE)
    return "\n".join(lines), f"[ROUTE]\nExDestination={name}\nVenue={name}"


def fix_ones(r):
    """Name, lines of its [SESSION], what the log says of it."""
    return (    # an order is told no more than that it is not logged on
        ("FGONE", ["SocketConnectPort=1"], "can't connect to 127.0.0.1 port 1"),
        ("FKEY", [f"SocketConnectPort={r.fix.port}"], "wrong password"),
        ("FCERT", ["SocketUseSSL=Y", "SSLServerName=localhost",
                   f"CertificationAuthoritiesFile={r.pki.at('ca.pem')}",
                   f"SocketConnectPort={r.front[r.fix, 'other']}"],
         f"{r.front[r.fix, 'other']}: TLS refused: certificate"))


def fix_sessions(r):
    return "".join(f"""[SESSION]
ConnectionType=initiator
BeginString=FIX.4.4
SenderCompID=GATE
TargetCompID={name}
SocketConnectHost=127.0.0.1
ReconnectInterval=60
""" + "\n".join(lines) + "\n" for name, lines, _ in fix_ones(r))


def fix_is_bad(r, g, c):
    for name, _, why in fix_ones(r):
        t.ok(until(lambda w=why: w in g.tail(10 ** 5)),
             f"{name}: the log says why", why)
        is_bad(g, c, name, ["Type=fix"], "not logged on", "session")


def order(c, name, settings):
    symbol, qty, tif, px = TYPES[settings[0].partition("=")[2]]
    return c.new(px, qty, tif, symbol=symbol, more=((100, name),))


def warnings(g, name):
    """What of it is in the log, without times."""
    with open(g.log) as f:
        return [x.split(" ", 1)[1] for x in f if f" {name}: " in x and
                (" warn " in x or " error " in x)]


def is_bad(g, c, name, settings, why, what):
    got = until(lambda: why in status(g, name) and status(g, name))
    t.ok(got and got.startswith("down") and what in got,
         f"{name}: marked with {why!r} and {what!r}", status(g, name))
    m = c.about(order(c, name, settings), "8")
    t.ok(m is not None and why in m.get(58, "") and what in m.get(58, ""),
         f"{name}: an order is refused with that", m)


def goes_on(c, name, settings):
    m = c.about(order(c, name, settings), "08")
    t.ok(m is not None and m.get(150) == "0", f"{name} goes on", m)


def two(r, g, good):
    """HTTP/2, of many requests on few connections."""
    ctx = ssl.create_default_context(cafile=r.pki.at("ca.pem"))
    with urllib.request.urlopen(f"https://localhost:{good}/front",
                                context=ctx) as f:
        seen = json.load(f)
    t.ok(seen["2.0"] >= 5 and seen["1.1"] == 0 and
         seen["connections"] <= 2, "requests are HTTP/2 where it is offered, "
         "and share a connection", seen)


def main(r):
    good = [("BGOOD", r.tls(r.b)), ("AGOOD", r.tls(r.a, host="127.0.0.1")),
            ("OGOOD", r.tls(r.o)), ("TGOOD", r.tws_at()),
            ("BCLOCK", r.bclock.settings()), ("ACLOCK", r.aclock.settings()),
            ("OCLOCK", r.oclock.settings())]
    # Their keys are good until they are up.
    expire = [("BEXP", r.be, "-2015", "see ApiKey"),
              ("AEXP", r.ae, "401", "see ApiKey"),
              ("OEXP", r.oe, "401", "see ApiKey")]
    h2 = r.h2_of(r.b) if shutil.which("node") else None
    if h2 is not None:
        good.append(("BTWO", but(r.tls(r.b),
                                 RestUrl=f"https://localhost:{h2}")))
    rows = bad_ones(r)
    parts = [section(x[0], x[1]) for x in (*good, *rows)]
    parts += [section(x[0], x[1].settings()) for x in expire]
    parts += [section(n, ["Type=fix", f"Session={n}", "Symbols=AAPL 100"])
              for n, *_ in fix_ones(r)]
    conf = CONF.replace("[VENUE VEN]\n%s\n[ROUTE]\nVenue=VEN\n", "%s\n%s\n")
    with Gateway(conf % ("\n".join(x[0] for x in parts),
                         "\n".join(x[1] for x in parts)) +
                 fix_sessions(r)) as g:
        g.start()
        for name in [x[0] for x in (*good, *expire)]:
            t.ok(until(lambda n=name: status(g, n) == "up"), f"{name} is up",
                 status(g, name))
        for _, sim, *_ in expire:
            sim.control(key="another", cut=True)
        rows += tuple((n, s.settings(), *words) for n, s, *words in expire)
        c = venueclient.Client().connect(g.port)
        for row in rows:
            is_bad(g, c, *row)
        fix_is_bad(r, g, c)
        for name, settings in good:
            goes_on(c, name, settings)
        for name, *_, what in rows:
            said = warnings(g, name)
            t.ok(any(what in x for x in said) and len(said) == len(set(said)) and
                 not any("more times" in x for x in said),
                 f"{name}: the log says it once", said[:5])
        for n in ("BCLOCK", "ACLOCK", "OCLOCK"):
            t.ok(until(lambda n=n: [x for x in warnings(g, n)
                                    if "clock" in x]) and
                 len([x for x in warnings(g, n) if "clock" in x]) == 1,
                 f"{n}: a clock that is wrong is told once", warnings(g, n))
        if h2 is not None:
            two(r, g, h2)


if not have_openssl():
    t.skip("venues over TLS, and bad ones", "openssl is not installed")
else:
    pki = Pki()
    pki.authority("ca")
    pki.issue("venue", san="DNS:localhost,IP:127.0.0.1")
    pki.issue("other", san="DNS:venue.example")
    rigs = Rigs(pki)
    try:
        main(rigs)
    finally:
        rigs.close()
        pki.close()
t.done()
