"""No canary in anything that a run of the tests has left: output of the tests,
logs and data of every gateway (tests/lib/canary.py searched them as they went),
a core dump, the answers of the tools. And that the search would find one."""
import glob
import os
import resource
import signal
import subprocess
import tempfile
import time

import canary
from fixclient import FixClient
from gateway import BUILD, FIXGATE, FIXGATED, TOP, Gateway
from tap import Tap

t = Tap()

with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    DEMO = f.read().replace(
        "DataDir=", "SegmentSize=1M\nTableSize=16M\nDataDir=") + \
        "\n[AUDIT]\nName=audit.example/canary\n"

# A session that calls nobody, with a secret of each kind of reference.
SECRETS = """
[SESSION]
ConnectionType=initiator
SocketConnectHost=127.0.0.1
SocketConnectPort=1
ReconnectInterval=3600
BeginString=FIX.4.4
SenderCompID=%s
TargetCompID=ELSEWHERE
Username=u
Password=%s
"""


def until(what, timeout=60):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.02)
    return None


def the_search_finds_one():
    with tempfile.TemporaryDirectory() as d:
        n, bad = canary.scan(d)
        t.ok((n, bad) == (0, []), "an empty folder has none", (n, bad))
        text = canary.secret("control").encode()
        for name, at in (("small", 0), ("over_a_page_of_the_search",
                                        (1 << 20) - 5), ("behind_a_hole",
                                                         50 << 20)):
            with open(os.path.join(d, name), "wb") as f:
                if name.startswith("over"):
                    f.write(b"x" * at)
                f.seek(at)
                f.write(text)
                f.truncate(at + (1 << 20))
            n, bad = canary.scan(d)
            t.ok(name in bad, f"a canary is found: {name}", bad)


def trader_of(g):
    with open(os.path.join(g.dir, "data/trading/journal/lock")) as f:
        return int(f.read())


def crash(g):
    """SIGABRT to the trader. @return core files of it"""
    pid = trader_of(g)
    os.kill(pid, signal.SIGABRT)
    until(lambda: "was killed by signal 6" in g.tail(100))
    return [p for p in glob.glob(os.path.join(g.dir, "core*"))
            if os.path.isfile(p)]


def start_in_its_folder(g):
    """With core dumps as large as they like, where they can be found."""
    def allow():
        os.chdir(g.dir)
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    with open(g.log, "ab") as out:
        g.process = subprocess.Popen(
            [os.path.abspath(FIXGATED), "-c", g.conf], preexec_fn=allow,
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=g.env,
            start_new_session=True)
    until(lambda: "ready" in g.tail(100))


def sanitized():
    for path in (FIXGATED, os.path.join(BUILD, "gateway/.libs/fixgated")):
        if os.path.exists(path):
            with open(path, "rb") as f:
                if b"__asan_init" in f.read():
                    return True
    return False


def a_gateway_with_secrets(dumps):
    conf = DEMO + SECRETS % ("CALLER", "file:word.secret") + \
        SECRETS % ("CALLER2", canary.secret("in the settings")) + \
        SECRETS % ("CALLER3", "${BINANCE_API_SECRET}")
    conf = conf.replace("[GATEWAY]\n", "[GATEWAY]\nCoreDumps=%s\n" %
                        ("Y" if dumps else "N"), 1)
    with Gateway() as g:
        with open(g.conf, "w") as f:
            f.write(conf)
        path = os.path.join(g.dir, "word.secret")
        with open(path, "w") as f:
            f.write(canary.secret("in a file") + "\n")
        os.chmod(path, 0o600)
        start_in_its_folder(g)
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
        c.connect(g.port)
        c.lost()
        said = ""
        for args in (("journal", "show"), ("journal", "show", "--json"),
                     ("audit", "export"), ("audit", "tail", "--json"),
                     ("sessions",), ("sessions", "--json"),
                     ("control", "status"), ("control", "sessions")):
            p = subprocess.run([FIXGATE, args[0], *args[1:], "-c", g.conf]
                               if args[0] != "control" else
                               [FIXGATE, "control", "-c", g.conf, args[1]],
                               env=g.env, capture_output=True, text=True)
            said += p.stdout + p.stderr
        p = subprocess.run([FIXGATED, "-c", g.conf, "--print-config"],
                           env=g.env, capture_output=True, text=True)
        said += p.stdout + p.stderr
        with open("/proc/%d/cmdline" % trader_of(g)) as f:
            said += f.read()
        t.ok(canary.MARK not in said and "Password=***" in said,
             "no secret in what the tools say, in settings as printed, in "
             "arguments", [x for x in said.splitlines()
                           if canary.MARK in x][:3])
        return cores_of(g, dumps)


def cores_of(g, dumps):
    with open("/proc/sys/kernel/core_pattern") as f:
        pattern = f.read().strip()
    if pattern != "core" or sanitized():
        t.skip("core dumps", f"core_pattern is {pattern}, or a sanitizer "
               "forbids them")
        return
    cores = crash(g)
    if not dumps:
        t.ok(cores == [], "a trader that crashes leaves no core", cores)
        return
    g.canaries = False  # the control: here it is to be found
    t.ok(cores and canary.scan(g.dir)[1],
         "with CoreDumps=Y it does, and the search finds secrets in it",
         cores)


def a_leak_is_found():
    """What is no secret's setting is journaled, and then the search tells."""
    with Gateway(DEMO + SECRETS % (canary.secret("name"), "p")) as g:
        g.canaries = False
        g.start()
        g.stop()
        n, bad = canary.scan(g.dir)
        t.ok(any(x.endswith(".journal") for x in bad) and n > 3,
             "a leak into the journal is found", bad)


def what_the_others_wrote():
    own = os.path.join(BUILD, "tests", "canary", "last")
    logs = [p for p in glob.glob(os.path.join(BUILD, "tests/**/*"),
                                 recursive=True)
            if p.endswith((".log", ".trs")) and not p.startswith(own)]
    logs += glob.glob(os.path.join(BUILD, "test-suite.log"))
    bad = []
    for path in logs:
        with open(path, "rb") as f:
            if canary.MARK.encode() in f.read():
                bad.append(path)
    t.ok(not bad, f"no secret in the output of {len(logs)} tests", bad)
    notes = []
    if os.path.exists(canary.NOTES):
        with open(canary.NOTES) as f:
            notes = f.read().splitlines()
        os.unlink(canary.NOTES)
    found = [x for x in notes if " found " in x]
    n = sum(int(x.rsplit(" ", 1)[1]) for x in notes if " searched " in x)
    t.note(f"{n} files of {len(notes) - len(found)} gateways and servers")
    t.ok(not found, "nor in any file that they left", found[:20])
    t.ok(n > 0, "and there were files", notes)


the_search_finds_one()
a_leak_is_found()
a_gateway_with_secrets(False)
a_gateway_with_secrets(True)
what_the_others_wrote()
t.done()
