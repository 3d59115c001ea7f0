"""What many sessions, a long resend, a full store and slow neighbours cost.

Each function starts gateways of its own and returns records as bench.py wants
them. By hand: scale.py
[sessions|resend|start|slow|audit|cost|beside]
"""
import json
import os
import resource
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time

from gateway import BUILD, FIXGATE, TOP, Gateway, free_port
from pgserver import Postgres
from pki import Pki

HERE = os.path.join(BUILD, "tests", "bench")
TRIP = os.path.join(HERE, "trip")
CROWD = os.path.join(HERE, "crowd")
SESSIONS = 10000
DEAF_ORDERS = 50000  # reports of 13 MB: what the system does not hold waits
MESSAGES = 1_000_000
TICK = os.sysconf("SC_CLK_TCK")


def settings(more="", gateway=""):
    """The demo, without limits that a bench meets, and with what is asked for."""
    with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
        conf = f.read()
    for a, b in (("AAPL 187.25,", "AAPL 187.25 0.01 90000000,"),
                 ("MaxOpenOrders=200000", "MaxOpenOrders=9000000"),
                 ("OrdersPerSecond=100000", "OrdersPerSecond=9000000"),
                 ("[GATEWAY]\n", "[GATEWAY]\nMaxConnections=20000\n"
                  f"MaxDynamicSessions=20000\n{gateway}")):
        conf = conf.replace(a, b, 1)
    return conf + more


# A template: whoever logs on gets a session.
ANYONE = """
[SESSION]
BeginString=FIX.4.4
TargetCompID=*
"""


def files_allowed():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def trader_of(gw):
    """The process of the gateway that uses the most memory is its trader."""
    pids = subprocess.run(["pgrep", "-P", str(gw.process.pid)],
                          capture_output=True, text=True).stdout.split()
    return max(pids or [str(gw.process.pid)], key=resident)


def resident(pid):
    with open(f"/proc/{pid}/status") as f:
        for line in f:
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0


def cpu(pid):
    with open(f"/proc/{pid}/stat") as f:
        v = f.read().rsplit(")", 1)[1].split()
    return (int(v[11]) + int(v[12])) / TICK


def pin(gw):
    subprocess.run(["sh", "-c", f"for p in {gw.process.pid} $(pgrep -P "
                    f"{gw.process.pid}); do taskset -cp 0 $p; done"],
                   check=True, capture_output=True)


def record(name, unit, value, n, **more):
    return {"name": name, "unit": unit, "p50": value, "n": n, **more}


def trip(what, port, sender, n, *more):
    out = subprocess.run([TRIP, what, str(port), sender, str(n), *more],
                         check=True, capture_output=True, text=True,
                         timeout=600).stdout
    return [json.loads(line) for line in out.splitlines() if line[:1] == "{"]


def named(name, records):
    return [dict(r, name=name) for r in records]


def sessions(n=SESSIONS, idle_s=10):
    """Many sessions: memory, time to log on, an idle core, an active one's p99."""
    n = min(n, files_allowed() - 200)
    out = []
    with Gateway(settings(ANYONE)) as gw:
        gw.start()
        pin(gw)
        pid = trader_of(gw)
        trip("new", gw.port, "CLIENT44", 2000)
        out += named("active session alone: New out",
                     trip("new", gw.port, "CLIENT44", 20000))
        before = resident(pid)
        p = subprocess.Popen([CROWD, str(gw.port), str(n)], text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        took = int(p.stdout.readline())
        out.append(record(f"{n:,} sessions: all logged on", "ns", took, n))
        out.append(record(f"{n:,} sessions: resident each", "bytes",
                          (resident(pid) - before) // n, n))
        time.sleep(1)
        used, at = cpu(pid), time.monotonic()
        time.sleep(idle_s)
        share = (cpu(pid) - used) / (time.monotonic() - at)
        out.append(record(f"{n:,} sessions: idle, of a core", "ppm",
                          round(share * 1e6), n))
        out += named(f"active session beside {n:,}: New out",
                     trip("new", gw.port, "CLIENT44", 20000))
        p.stdin.close()
        p.wait()
    return out


class Watch(threading.Thread):
    """The largest memory of a process while something runs."""

    def __init__(self, pid):
        super().__init__()
        self.pid, self.most, self.on = pid, 0, True
        self.start()

    def run(self):
        while self.on:
            self.most = max(self.most, resident(self.pid))
            time.sleep(0.05)

    def stop(self):
        self.on = False
        self.join()
        return self.most


def resend(n=MESSAGES):
    """A long resend: everything again to one session while another trades. The gateway
    has a core for itself, and never sleeps, so that both cases are alike."""
    out = []
    with Gateway(settings(ANYONE, "SegmentSize=512M\nBusyPoll=1000\n")) as gw:
        gw.start()
        pin(gw)
        pid = trader_of(gw)
        out += named("trading alone: New out",
                     trip("new", gw.port, "CLIENT44", 20000, "apart"))
        p = subprocess.Popen(["nice", "-n", "19", TRIP, "resend",
                              str(gw.port), "MANY", str(n)], stdout=subprocess.PIPE, text=True)
        p.stdout.readline()  # the window is over, the resend begins
        before = resident(pid)
        watch = Watch(pid)
        out += named("trading beside the resend: New out",
                     trip("new", gw.port, "CLIENT44", 20000, "apart"))
        out += [json.loads(p.stdout.readline())]
        p.wait()
        out.append(record("resend: memory it takes", "bytes",
                          max(watch.stop() - before, 0), n))
    return out


def ready_ms(gw, timeout=60):
    """Its memory is that which another process has just given back: see
    measure_warm()."""
    subprocess.run([TRIP, "warm"], check=True)
    began = time.monotonic()
    gw.start(timeout)
    return (time.monotonic() - began) * 1000


def start(orders=MESSAGES, n=SESSIONS):
    """A full store: from exec to ready, with orders and sessions in the store; after a
    stop in order, after a kill with the tables behind the journal, and after a
    restore, with the backup's tables and without."""
    n = min(n, files_allowed() - 200)
    out = []
    with Gateway(settings(ANYONE)) as gw:
        gw.start()
        p = subprocess.Popen([CROWD, str(gw.port), str(n)], text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        p.stdout.readline()
        p.stdin.close()
        p.wait()
        trip("window", gw.port, "MANY", orders)
        gw.kill()
        out.append(record("start after a kill: ready", "ms",
                          round(ready_ms(gw)), orders, sessions=n))
        gw.stop()
        out.append(record("start after a stop: ready", "ms",
                          round(ready_ms(gw)), orders, sessions=n))
        gw.stop()
        restore(gw)
        out.append(record("start after a restore: ready", "ms",
                          round(ready_ms(gw)), orders, sessions=n))
        gw.stop()
        shutil.rmtree(os.path.join(gw.env["DATA_DIR"], "trading", "tables"))
        out.append(record("start without tables: ready", "ms",
                          round(ready_ms(gw, 600)), orders, sessions=n))
    return out


def restore(gw):
    """All of its data by way of a backup."""
    sign, to = (os.path.join(gw.dir, x) for x in ("sign.pem", "full.fgb"))
    env = dict(gw.env, ENCRYPTION_KEY=BACKUP_KEY)
    subprocess.run([FIXGATE, "backup", "-c", gw.conf, "--sign", sign, "--rate",
                    "10000", to], check=True, env=env, capture_output=True)
    shutil.rmtree(gw.env["DATA_DIR"])
    subprocess.run([FIXGATE, "restore", "-c", gw.conf, "--signer",
                    sign + ".pub", to], check=True, env=env,
                   capture_output=True)
    os.remove(to)


def politely():
    """This thread gets what others leave of the core."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


class Storm(threading.Thread):
    """TLS handshakes without end, each thrown away."""

    def __init__(self, port):
        super().__init__()
        self.port, self.on, self.n = port, True, 0
        self.start()

    def run(self):
        politely()
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
        while self.on:
            try:
                with socket.create_connection(("127.0.0.1", self.port)) as s:
                    c.wrap_socket(s).close()
                self.n += 1
            except OSError:
                pass

    def stop(self):
        self.on = False
        self.join()


def tls_session(pki):
    """An acceptor with TLS on a port of its own."""
    port = free_port()
    return port, f"""
[SESSION]
BeginString=FIX.4.4
TargetCompID=SECRET
SocketAcceptPort={port}
SocketUseSSL=Y
ServerCertificateFile={pki.at("gw.pem")}
ServerCertificateKeyFile={pki.at("gw.key")}
"""


class Deaf:
    """Logs on, sends orders, and never reads a report of them: they wait."""

    def __init__(self, port):
        self.s = socket.create_connection(("127.0.0.1", port))
        self.s.settimeout(10)
        self.seq = 1
        self.say("A", (98, 0), (108, 0), (141, "Y"))
        stamp = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime())
        try:
            for n in range(DEAF_ORDERS):
                self.say("D", (11, f"DEAF{n}"), (1, "DEMO"), (21, 1),
                         (55, "AAPL"), (54, 1), (60, stamp), (38, 1), (40, 2),
                         (44, 180), (59, 0))
        except TimeoutError:
            pass  # nothing of ours is read any more either

    def say(self, kind, *fields):
        stamp = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime())
        body = "".join(f"{t}={v}\x01" for t, v in (
            (35, kind), (49, "DEAF"), (56, "FIXGATE"), (34, self.seq),
            (52, stamp), *fields))
        text = f"8=FIX.4.4\x019={len(body)}\x01{body}".encode()
        self.s.sendall(text + b"10=%03d\x01" % (sum(text) % 256))
        self.seq += 1

    def stop(self):
        self.s.close()


def slow():
    """Slow neighbours: New and Fill beside what is slow. The gateway has a core
    for itself and never sleeps; client and neighbours share the other."""
    out, pki = [], Pki()
    pki.self_signed("gw")
    port, tls = tls_session(pki)
    conf = settings(ANYONE + tls, "SegmentSize=512M\nBusyPoll=1000\n"
                    "ReadyOrders=300000\n")
    with Gateway(conf) as gw:
        gw.start()
        pin(gw)
        os.sched_setaffinity(0, {1})

        def fills(name):
            out.extend(named(name, trip("fill", gw.port, "CLIENT44", 20000,
                                        "apart")))

        trip("fill", gw.port, "CLIENT44", 2000, "apart")
        fills("nothing slow: New and Fill out")
        deaf = Deaf(gw.port)
        fills("beside a slow consumer: New and Fill out")
        deaf.stop()
        storm = Storm(port)
        fills("beside TLS handshakes: New and Fill out")
        storm.stop()
        out.append(record("TLS handshakes meanwhile", "handshakes", storm.n,
                          storm.n))
    pki.close()
    return out


TRAIL = "\n[AUDIT]\nName=audit.example/bench\n"
BACKUP_KEY = "0123456789abcdef" * 4


def aside(gw):
    """What runs beside the trader gets what others leave of core 1."""
    trader = trader_of(gw)
    for pid in subprocess.run(["pgrep", "-P", str(gw.process.pid)], text=True,
                              capture_output=True).stdout.split():
        core = "0" if pid == trader else "1"
        subprocess.run(["taskset", "-cp", core, pid], check=True,
                       capture_output=True)
        if pid != trader:
            subprocess.run(["renice", "-n", "19", "-p", pid], check=True,
                           capture_output=True)


def database():
    """A server with the schema, on core 1 behind everybody else."""
    pg = Postgres().start()
    os.setpriority(os.PRIO_PGRP, pg.pid(), 19)
    pg.trail()
    return pg


class Backups(threading.Thread):
    """One hot copy after another."""

    def __init__(self, gw):
        super().__init__()
        self.gw, self.on, self.n = gw, True, 0
        self.start()

    def run(self):
        sign = os.path.join(self.gw.dir, "sign.pem")
        while self.on:
            to = os.path.join(self.gw.dir, f"{self.n}.fgb")
            subprocess.run(["nice", "-n", "19", FIXGATE, "backup", "-c",
                            self.gw.conf, "--sign", sign, to], check=True,
                           env=dict(self.gw.env, ENCRYPTION_KEY=BACKUP_KEY),
                           capture_output=True)
            os.remove(to)
            self.n += 1

    def stop(self):
        self.on = False
        self.join()


def beside_the_trail():
    """Slow neighbours: the trail's processes, with the database up and gone, and
    backups; as slow()."""
    out, pg = [], database()
    conf = settings(TRAIL + f"Database={pg.url('audit_writer')}\n",
                    "SegmentSize=512M\nBusyPoll=1000\nReadyOrders=300000\n")
    with Gateway(conf) as gw:
        gw.start()
        aside(gw)
        os.sched_setaffinity(0, {1})

        def fills(name):
            out.extend(named(name, trip("fill", gw.port, "CLIENT44", 20000,
                                        "apart")))

        fills("to warm up")
        out.clear()
        fills("beside auditor and PostgreSQL: New and Fill out")
        pg.stop()
        fills("beside auditor, PostgreSQL gone: New and Fill out")
        copies = Backups(gw)
        fills("beside a backup: New and Fill out")
        copies.stop()
        out.append(record("backups meanwhile", "backups", copies.n, copies.n))
    pg.close()
    return out


def timed(name, events, *args, **more):
    began = time.monotonic()
    subprocess.run(args, check=True, capture_output=True, **more)
    return record(name, "events/s",
                  round(events / (time.monotonic() - began)), events)


def audit(orders=100_000):
    """The trail: events a second chained, verified, shipped and compared."""
    out, pg = [], database()
    with Gateway(settings()) as gw:
        gw.start()
        trip("window", gw.port, "CLIENT44", orders)
        gw.stop()
        folder = os.path.join(gw.dir, "trail")
        journal = os.path.join(gw.dir, "data", "trading", "journal")
        began = time.monotonic()
        subprocess.run([os.path.join(BUILD, "tests", "audit", "follow"),
                        journal, folder, "--once"], check=True)
        took = time.monotonic() - began
        status = json.loads(subprocess.run(
            [FIXGATE, "audit", "status", "--dir", folder, "--json"],
            check=True, capture_output=True, text=True).stdout)
        n = status["events"]
        out.append(record("audit: events chained and signed", "events/s",
                          round(n / took), n))
        where = ["--dir", folder]
        url = "--database=" + pg.url("audit_writer")
        out.append(timed("audit: events verified", n, FIXGATE, "audit",
                         "verify", *where))
        out.append(timed("audit: events shipped to PostgreSQL", n, FIXGATE,
                         "audit", "ship", *where, url))
        out.append(timed("audit: verified and compared with PostgreSQL", n,
                         FIXGATE, "audit", "verify", *where, "--database=" +
                         pg.url("audit_inspector")))
    pg.close()
    return out


def cost(rounds=3):
    """The trail: what an order costs the trader with the auditor on its core's
    neighbour and without."""
    out = []
    for name, more in (("without", ""), ("with", TRAIL)):
        with Gateway(settings(more, "SegmentSize=512M\n"
                              "ReadyOrders=300000\n")) as gw:
            gw.start()
            aside(gw)
            for _ in range(rounds):
                out += named(f"window of 1,000 {name} an auditor",
                             trip("window", gw.port, "CLIENT44", 100000))
    return out


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else "sessions"
    for r in {"sessions": sessions, "resend": resend, "start": start,
              "slow": slow, "audit": audit, "cost": cost,
              "beside": beside_the_trail}[what]():
        print(json.dumps(r))


if __name__ == "__main__":
    main()
