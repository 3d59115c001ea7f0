"""The event bus: a gateway that publishes to Redis, RabbitMQ and Kafka at once,
while publishers are killed and brokers go away. What they have at the end is
what the audit trail has: nothing missing, and what came twice with one key."""
import json
import os
import re
import shutil
import signal
import subprocess
import time

from brokers import Kafka, PEER, RABBIT, RabbitMQ, Redis
from fixclient import FixClient
from gateway import FIXGATE, FIXGATED, TOP, Gateway
from tap import Tap

t = Tap()
SECRET = "canary-Bus%Pass"
STREAMS = ("orders", "executions", "risk_alerts", "audit_events")

with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    DEMO = f.read().replace(
        "DataDir=", "SegmentSize=1M\nTableSize=16M\nDataDir=")
AUDIT = "\n[AUDIT]\nName=bus.example/t\n"


def until(what, timeout=90):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.05)
    return None


def order(c, cl_ord_id, qty=100):
    c.send("D", [(11, cl_ord_id), (1, "DEMO"), (55, "AAPL"), (54, 1),
                 (38, qty), (40, 2), (44, "190.00"),
                 (60, "20260101-00:00:00")])


def export(g):
    p = subprocess.run([FIXGATE, "audit", "export", "-c", g.conf], env=g.env,
                       capture_output=True, text=True, timeout=120)
    assert p.returncode == 0, p.stderr
    return p.stdout.splitlines()


def published(g, kind):
    try:
        with open(os.path.join(g.dir, "data", "bus", kind + ".status")) as f:
            return json.load(f)
    except (OSError, ValueError):
        return {}


def caught_up(g, kinds):
    def there():
        n = len(export(g))
        return all(published(g, k).get("published", 0) >= n for k in kinds)
    return until(there)


def channel(kind):
    if kind == "ORDER_FILLED" or kind.startswith("TRADE_"):
        return "executions"
    if kind.startswith("ORDER_"):
        return "orders"
    if kind in ("RISK_LIMIT_BREACH", "GATEWAY_ALERT") or \
            kind.startswith("KILL_SWITCH_"):
        return "risk_alerts"
    return None


def check(name, broker, lines, once=False):
    """Each stream holds its part of the trail."""
    events = [json.loads(x) for x in lines]
    key = {f"bus.example/t/{e['details']['seq']}": x
           for e, x in zip(events, lines)}
    kind = {f"bus.example/t/{e['details']['seq']}": e["event_type"]
            for e in events}
    twice = 0
    for s in STREAMS:
        got = broker.messages("trading." + s)
        want = {k for k in key if s == "audit_events" or
                channel(kind[k]) == s}
        have = {m[0] for m in got}
        t.ok(len(want) > 0 and want <= have,
             f"{name} {s}: nothing is missing of {len(want)}",
             sorted(want - have)[:5])
        extra = {k for k in have - want if k in key}
        t.ok(not extra, f"{name} {s}: nothing that belongs elsewhere", extra)
        bad = [m for m in got if m[0] in key and
               (m[3] != key[m[0]] or m[1] != kind[m[0]])]
        t.ok(not bad, f"{name} {s}: each as in an export", bad[:2])
        twice += len(got) - len(have)
        order = [int(m[0].rsplit("/", 1)[1]) for m in got]
        if name == "redis":
            t.ok(order == sorted(order), f"{name} {s}: in order", order[:20])
    t.note(f"{name}: {twice} came twice, {len(lines)} events")
    if once:
        t.ok(twice == 0, f"{name}: and nothing twice, by its IDs")


class Flow:
    """Orders that go on whatever happens."""

    def __init__(self, g):
        self.c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
        self.c.connect(g.port)
        self.n = 0

    def some(self, n, meanwhile=None):
        for i in range(n):
            if meanwhile and i == n // 2:
                meanwhile()
            self.n += 1
            order(self.c, f"B{self.n}", 1 if self.n % 10 else 100000000)
        last = f"B{self.n}"
        self.c.wait(lambda m: m.get(11) == last and
                    m.get(39) in ("0", "1", "2", "8"))


def publishers(g):
    """Pids: the supervisor's children that neither audit nor trade."""
    with open(f"/proc/{g.process.pid}/task/{g.process.pid}/children") as f:
        pids = {int(x) for x in f.read().split()}
    for lock in ("audit/chain/lock", "trading/journal/lock"):
        with open(os.path.join(g.dir, "data", lock)) as f:
            pids.discard(int(f.read()))
    return pids


def the_bus():
    redis, kafka, rabbit = Redis(SECRET), Kafka(), RabbitMQ()
    kinds = ["redis", "rabbitmq", "kafka"]
    conf = DEMO + AUDIT + f"""
[BUS redis]
URL=redis://:{SECRET.replace('%', '%25')}@127.0.0.1:{redis.port}/0
BatchEvents=20
[BUS rabbitmq]
URL=file:amqp.secret
BatchEvents=20
Timeout=5
[BUS kafka]
URL={kafka.brokers}
BatchEvents=20
Timeout=3
"""
    try:
        with Gateway(conf) as g:
            path = os.path.join(g.dir, "amqp.secret")
            with open(path, "w") as f:
                f.write(f"amqp://guest:guest@127.0.0.1:{rabbit.port}")
            os.chmod(path, 0o600)
            kafka.down()
            g.start()
            flow = Flow(g)
            flow.some(30)
            t.ok(until(lambda: all(f"{k} can't be published to" in
                                   g.tail(200) for k in kinds)),
                 "brokers that are away are told, orders go on", g.tail())
            redis.start()
            rabbit.start()
            kafka.up()
            t.ok(caught_up(g, kinds), "they come, and get all that waited",
                 [published(g, k) for k in kinds] + [g.tail()])
            for n in range(3):
                pids = until(lambda: len(publishers(g)) == 3 and
                             publishers(g))
                flow.some(120, lambda: [os.kill(p, signal.SIGKILL)
                                        for p in pids])
                t.ok(caught_up(g, kinds), "publishers are killed under way, others go on",
                     [published(g, k) for k in kinds] + [g.tail()])
            flow.some(20)
            redis.kill()
            rabbit.kill()
            kafka.down()
            flow.some(60)
            t.ok(until(lambda: all(published(g, k).get("up") is False and
                                   published(g, k)["behind"] > 0
                                   for k in kinds)),
                 "brokers go away: their status says so",
                 [published(g, k) for k in kinds])
            redis.start()
            rabbit.start()
            kafka.up()
            flow.some(20)
            t.ok(caught_up(g, kinds), "and back: all is published",
                 [published(g, k) for k in kinds] + [g.tail()])
            n = g.tail(2000).count("publishes behind event")
            g.process.send_signal(signal.SIGHUP)
            t.ok(until(lambda: g.tail(2000).count("publishes behind event")
                       == n + 3) and "trading goes on" not in g.tail(5),
                 "after SIGHUP publishers begin anew, with fresh settings",
                 g.tail())
            flow.some(5)
            t.ok(caught_up(g, kinds), "and go on", g.tail())
            flow.c.lost()
            t.ok(g.stop() == 0, "all end in order", g.tail())
            t.ok(SECRET not in g.tail(10000), "no password in the log")
            lines = [x for x in export(g)]
            done = min(published(g, k)["published"] for k in kinds)
            lines = lines[:done]
            check("redis", redis, lines, once=True)
            check("rabbitmq", rabbit, lines)
            check("kafka", kafka, lines)
            about = {}
            for m in kafka.messages("trading.executions"):
                about.setdefault(m[2], []).append(
                    int(m[0].rsplit("/", 1)[1]))
            t.ok(about and all(list(dict.fromkeys(x)) == sorted(set(x))
                               for x in about.values()),
                 "kafka: of one order in order")
            another(redis, lines)
    finally:
        rabbit.close()
        kafka.close()
        redis.close()


def another(redis, lines):
    """A stream that somebody else writes to is no place for our numbers."""
    redis.call("XADD", "other.audit_events", "999999999-0", "key", "x/1")
    with Gateway(DEMO + AUDIT + f"""
[BUS redis]
URL=redis://:{SECRET.replace('%', '%25')}@127.0.0.1:{redis.port}
Prefix=other
Streams=audit_events
""") as g:
        g.start()
        t.ok(until(lambda: "not ours: give this" in g.tail(50)),
             "a foreign stream takes nothing for ours", g.tail())
        g.stop()
        t.ok(published(g, "redis")["published"] == 0 and
             not os.path.exists(os.path.join(g.dir, "data/bus/redis.cursor")),
             "and the cursor stays", published(g, "redis"))


def settings():
    with Gateway("") as g:
        for conf, want in (
                ("[BUS nats]\nURL=x\n", "redis, rabbitmq and kafka"),
                ("[BUS kafka]\n", "needs a URL"),
                ("[BUS kafka]\nURL=x\nStreams=orders,foo\n", "not 'foo'"),
                ("[BUS kafka]\nURL=x\nPrefix=a b\n", "Prefix"),
                ("[BUS redis]\nURL=file:nowhere\n", "No such file")):
            with open(g.conf, "w") as f:
                f.write(DEMO + AUDIT + conf)
            p = subprocess.run([FIXGATED, "-c", g.conf, "--check-config"],
                               env=g.env, capture_output=True, text=True)
            t.ok(p.returncode == 1 and want in p.stderr and
                 re.search(r"conf:\d+: ", p.stderr), f"a fault: {want}",
                 p.stderr)
        with open(g.conf, "w") as f:
            f.write(DEMO + "[BUS kafka]\nURL=x\n")
        p = subprocess.run([FIXGATED, "-c", g.conf, "--check-config"],
                           env=g.env, capture_output=True, text=True)
        t.ok(p.returncode == 1 and "[AUDIT]" in p.stderr,
             "a bus without the audit trail is a fault", p.stderr)


lacks = [x for x in ("redis-server", os.path.join(RABBIT, "rabbitmq-server"),
                     PEER) if not shutil.which(x)]
if lacks:
    t.skip("the event bus", f"not here: {', '.join(lacks)}")
else:
    settings()
    the_bus()
t.done()
