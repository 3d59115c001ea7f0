"""What many sessions, a long resend, a full store and slow neighbours cost.

Each function starts gateways of its own and returns records as bench.py wants
them. By hand: scale.py [sessions|resend|start|slow]
"""
import json
import os
import resource
import ssl
import subprocess
import sys
import threading
import time

from gateway import BUILD, TOP, Gateway

HERE = os.path.join(BUILD, "tests", "bench")
TRIP = os.path.join(HERE, "trip")
CROWD = os.path.join(HERE, "crowd")
SESSIONS = 10000
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
    """Line 8: memory, time to log on, an idle core, an active one's p99."""
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
    """Line 9: everything again to one session while another trades. The gateway
    has a core for itself, and never sleeps, so that both cases are alike."""
    out = []
    with Gateway(settings(ANYONE, "SegmentSize=512M\nBusyPoll=1000\n")) as gw:
        gw.start()
        pin(gw)
        pid = trader_of(gw)
        out += named("trading alone: New out",
                     trip("new", gw.port, "CLIENT44", 20000, "apart"))
        p = subprocess.Popen(["nice", "-n", "19", TRIP, "resend", str(gw.port), "MANY",
                              str(n)], stdout=subprocess.PIPE, text=True)
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


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else "sessions"
    for r in {"sessions": sessions, "resend": resend}[what]():
        print(json.dumps(r))


if __name__ == "__main__":
    main()
