"""A storm of logons: a thousand sessions at the same moment, some over TLS,
while one that is up goes on to trade."""
import multiprocessing
import os
import resource
import selectors
import socket
import ssl
import time

from fixclient import FixClient, frame, utc
from gateway import FULL, Gateway, free_port
from pki import Pki, have_openssl
from tap import Tap

t = Tap()
TOP = os.environ["TOP_SRCDIR"]
PLAIN = 1000
TLS = 400 if FULL else 100
SHARED = 50
PATIENCE = 120
NEED = 2 * (PLAIN + TLS) + 200


def conf_of(port, tls_port, pki):
    with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
        conf = f.read().replace("[GATEWAY]\n", "[GATEWAY]\n"
                                "MaxStrangersPerAddress=0\n"
                                f"HandshakeTimeout=60\n"
                                f"StrangerTimeout=60\n", 1)
    for i in range(PLAIN + 1):  # the last trades when the others have gone
        conf += (f"\n[SESSION]\nBeginString=FIX.4.4\nTargetCompID=S{i}\n"
                 f"SocketAcceptPort={port}\n")
    for i in range(TLS if pki else 0):
        conf += (f"\n[SESSION]\nBeginString=FIX.4.4\nTargetCompID=T{i}\n"
                 f"SocketAcceptPort={tls_port}\nSocketUseSSL=Y\n"
                 f"ServerCertificateFile={pki.at('server.pem')}\n"
                 f"ServerCertificateKeyFile={pki.at('server.key')}\n")
    return conf


def descriptors(g):
    pid = g.process.pid
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return len(os.listdir(f"/proc/{int(f.read().split()[0])}/fd"))


class Peer:
    """One connection that logs on, driven by what its socket is ready for."""

    def __init__(self, name, port, ctx):
        self.name, self.port, self.ctx = name, port, ctx
        self.got, self.up, self.lost = b"", False, ""
        self.s = socket.socket()
        self.s.setblocking(False)

    def begin(self):
        self.s.connect_ex(("127.0.0.1", self.port))
        self.step = self.connected

    def connected(self):
        err = self.s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if err:
            raise ConnectionError(os.strerror(err))
        self.step = self.log_on
        if self.ctx:
            self.s = self.ctx.wrap_socket(
                self.s, server_hostname="localhost",
                do_handshake_on_connect=False)
            self.step = self.shake
        return self.step()

    def shake(self):
        try:
            self.s.do_handshake()
        except ssl.SSLWantReadError:
            return selectors.EVENT_READ
        except ssl.SSLWantWriteError:
            return selectors.EVENT_WRITE
        return self.log_on()

    def log_on(self):
        self.s.send(frame("FIX.4.4", [
            (35, "A"), (49, self.name), (56, "FIXGATE"), (34, 1), (52, utc()),
            (98, 0), (108, 300)]))
        self.step = self.read
        return selectors.EVENT_READ

    def read(self):
        try:
            more = self.s.recv(65536)
        except (ssl.SSLWantReadError, BlockingIOError):
            return selectors.EVENT_READ
        if not more:
            raise ConnectionError("closed")
        self.got += more
        if b"\x0135=A\x01" in self.got:
            self.up = True
            return 0
        return selectors.EVENT_READ


class Trader:
    """A session that sends its next order when the last one is answered, in a
    process of its own: what it waits for is the gateway alone."""

    def __init__(self, port, name):
        self.port, self.name = port, name
        self.ours, theirs = multiprocessing.Pipe()
        self.p = multiprocessing.get_context("fork").Process(
            target=self.run, args=(theirs,), daemon=True)
        self.p.start()
        if not self.ours.poll(PATIENCE):
            raise TimeoutError(f"{name}: its first order is not answered")
        self.ours.recv()

    def run(self, pipe):
        c = FixClient("FIX.4.4", self.name, "FIXGATE").connect(self.port)
        self.order(c, "first")
        pipe.send("ready")
        pipe.recv()
        n, slowest = 0, 0.0
        while not pipe.poll():
            slowest = max(slowest, self.order(c, f"O{n}"))
            n += 1
        pipe.recv()
        pipe.send((n, slowest))
        pipe.recv()

    @staticmethod
    def order(c, name):
        since = time.monotonic()
        c.send("D", [(11, name), (1, "DEMO"), (55, "AAPL"), (54, 1), (38, 1),
                     (40, 2), (44, "180.00"), (59, 3), (60, utc())])
        c.wait(lambda m: m.get(11) == name)
        c.inbox.clear()
        return time.monotonic() - since

    def begin(self):
        self.ours.send("go")

    def end(self):
        """@return orders answered, the slowest answer in seconds"""
        self.ours.send("stop")
        return self.ours.recv() if self.ours.poll(PATIENCE) else (0, 0.0)

    def close(self):
        self.ours.send("bye")
        self.p.join(PATIENCE)


def drive(peers):
    """Until all are up or lost. @return seconds"""
    sel = selectors.DefaultSelector()
    began = time.monotonic()
    for p in peers:
        p.begin()
        sel.register(p.s, selectors.EVENT_WRITE, p)
    left = len(peers)
    while left and time.monotonic() < began + PATIENCE:
        for key, _ in sel.select(1):
            p = key.data
            try:
                want = p.step()
            except OSError as e:
                p.lost, want = str(e) or type(e).__name__, 0
            sel.unregister(key.fileobj)
            if want:
                sel.register(p.s, want, p)
            else:
                left -= 1
    sel.close()
    return time.monotonic() - began


def storm(g, port, tls_port, ctx):
    before = descriptors(g)
    trader = Trader(g.port, "CLIENT44")
    peers = [Peer(f"S{i}", port, None) for i in range(PLAIN)]
    peers += [Peer(f"T{i}", tls_port, ctx) for i in range(TLS if ctx else 0)]
    trader.begin()
    took = drive(peers)
    n, slowest = trader.end()
    up = sum(p.up for p in peers)
    t.ok(up == len(peers), f"{len(peers)} sessions log on at once",
         f"{up} in {took:.1f} s; {[p.lost for p in peers if p.lost][:5]}\n" +
         g.tail())
    t.ok(n >= 3, "an active session's orders are answered meanwhile",
         f"{n} orders, the slowest after {slowest:.3f} s\n" + g.tail())
    print(f"# {took:.2f} s, {n} orders meanwhile, the slowest answer after "
          f"{1000 * slowest:.1f} ms", flush=True)
    t.ok("up {}".format(len(peers) + 1) in g.fixgate("control", "status"),
         "the gateway says so, too", g.fixgate("control", "status"))
    for p in peers:
        p.s.close()
    trader.close()
    end = time.monotonic() + PATIENCE
    while descriptors(g) > before and time.monotonic() < end:
        time.sleep(0.05)
    t.ok(descriptors(g) <= before, "no descriptor is left over",
         f"{before} before, {descriptors(g)} after")


def shared(tls_port, ctx, trader):
    """Beside orders, handshakes get a small share of the time (share.h): fifty
    in a row then take more than a second, of some ten milliseconds' work."""
    trader.begin()
    began = time.monotonic()
    for _ in range(SHARED):
        with socket.create_connection(("127.0.0.1", tls_port)) as s:
            ctx.wrap_socket(s, server_hostname="localhost").close()
    took = time.monotonic() - began
    n, slowest = trader.end()
    trader.close()
    t.ok(took > 0.8 and n > SHARED, f"{SHARED} handshakes wait for their share "
         "while orders come", f"{took:.3f} s, {n} orders, the slowest after "
         f"{slowest:.3f} s")


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < NEED:
        t.skip("a storm of logons", f"only {hard} descriptors, {NEED} wanted")
        t.done()
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, NEED), hard))
    pki = Pki() if have_openssl() else None
    ctx = None
    if pki:
        pki.authority("ca")
        pki.issue("server", "DNS:localhost")
        ctx = ssl.create_default_context(cafile=pki.at("ca.pem"))
    else:
        t.skip("logons over TLS among them", "no openssl command")
    port, tls_port = free_port(), free_port()
    with Gateway(conf_of(port, tls_port, pki)) as g:
        g.start()
        storm(g, port, tls_port, ctx)
        if ctx:
            shared(tls_port, ctx, Trader(port, f"S{PLAIN}"))
        with open(g.log) as f:
            refused = [line for line in f if "refused" in line]
        t.ok(not refused, "nobody was refused", "".join(refused[:5]))
    if pki:
        pki.close()
    t.done()


main()
