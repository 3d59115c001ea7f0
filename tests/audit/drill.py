"""Recovery drills in their short form: all pass, each fails when what it
recovers from was spoilt, the report is signed and its sum is in the trail."""
import base64
import concurrent.futures
import glob
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from copies import conf
from gateway import FIXGATE, FULL, Gateway
from pgserver import bindir
from tap import Tap

t = Tap()
TARGETS = {"database_failure": (900, 0), "data_corruption":
           (7200, "point in time"), "ransomware_simulation":
           (14400, "point in time"), "region_outage": (3600, 300)}
SPOILT = {"database_failure": "every event is in the new primary",
          "data_corruption": "a copy is restored",
          "ransomware_simulation": "a copy is restored",
          "region_outage": "a copy is restored"}


def signed(text, note, pub):
    """Does the note, C2SP signed-note, vouch for the text?"""
    body, _, line = note.rpartition("\n\n")
    name, number, root = body.split("\n")[:3]
    key = base64.b64decode(pub.split("+", 2)[2])
    blob = base64.b64decode(line.split()[2])
    try:
        Ed25519PublicKey.from_public_bytes(key[1:]).verify(
            blob[4:], (body + "\n").encode())
    except InvalidSignature:
        return False
    return int(number) == len(text) and \
        base64.b64decode(root) == hashlib.sha256(text).digest()


def drill(name, where, *args, env=os.environ):
    """@return status, what it said, its report"""
    file = os.path.join(where, name + ".json")
    tmp = os.path.join(where, name)
    os.mkdir(tmp)
    # Nobody must get to its folders, too, which PostgreSQL's are in.
    os.chmod(tmp, 0o755)
    p = subprocess.run([FIXGATE, "drill", name, "--short", "--report", file,
                        *args], env=dict(env, TMPDIR=tmp),
                       capture_output=True, text=True, timeout=300)
    with open(file, "rb") as f:
        return p.returncode, p.stdout + p.stderr, f.read()


def auditor(g):
    """The process that has the chain's folder open."""
    for pid in subprocess.run(["ps", "-o", "pid=", "--ppid",
                               str(g.process.pid)], capture_output=True,
                              text=True).stdout.split():
        if any("/audit/chain" in os.path.realpath(f)
               for f in glob.glob(f"/proc/{pid}/fd/*")):
            return int(pid)
    raise RuntimeError("no process has the chain open:\n" + g.tail())


names = [n for n in TARGETS if n not in ("database_failure", "region_outage")
         or bindir()]
for n in TARGETS.keys() - names:
    t.skip(n, "PostgreSQL is not installed: it was not tried")

with Gateway(conf()) as g, tempfile.TemporaryDirectory() as good, \
        tempfile.TemporaryDirectory() as bad, \
        concurrent.futures.ThreadPoolExecutor(2) as pool:
    os.chmod(good, 0o755)
    os.chmod(bad, 0o755)
    g.start()
    chain = auditor(g)
    os.kill(chain, signal.SIGSTOP)
    runs = {n: pool.submit(drill, n, good, "-c", g.conf, env=g.env)
            for n in names}
    spoilt = {n: pool.submit(drill, n, bad, "--sabotage") for n in names
              if FULL or n == "data_corruption"}
    # The journal has it at once; that is no proof yet.
    noted = set()
    end = time.monotonic() + 100
    while not noted and time.monotonic() < end:
        noted = set(re.findall(r"drill (\w+) passed rto_ms", g.fixgate(
            "journal", "list")))
        time.sleep(0.05)
    t.ok(noted and not concurrent.futures.wait(
        [runs[n] for n in noted], 0.5).done,
         "a drill has not passed while the audit trail lacks its result",
         noted)
    os.kill(chain, signal.SIGCONT)
    for n, run in runs.items():
        rc, said, text = run.result()
        r = json.loads(text)
        t.ok(rc == 0 and r["passed"] and all(c["ok"] for c in r["checks"]),
             f"{n}: passed", said)
        ms = r["ms_after_fault"]
        t.ok((r["rto"]["target_s"], r["rpo"]["target_s"]) == TARGETS[n] and
             0 < ms["detected"] and r["rto"]["ms"] == max(
                 ms["orders_accepted"], ms["audit_caught_up"]) > 0 and
             r["orders"]["answered_before"] > 50 and
             (r["rpo"]["ms"] > 0) == (r["orders"]["lost"] > 0),
             f"{n}: the figures are of this run, the targets the guide's",
             text.decode())
        t.ok(n == "database_failure" or
             ms["orders_accepted"] > ms["detected"],
             f"{n}: orders count as accepted again by the new gateway", ms)
        with open(os.path.join(good, f"{n}.json.sig")) as f, \
                open(os.path.join(good, f"{n}.json.pub")) as k:
            note, pub = f.read(), k.read()
        t.ok(signed(text, note, pub) and not signed(
            text.replace(b'"passed": true', b'"passed": "yes"'), note, pub),
             f"{n}: the report is signed", note)
        t.ok(not os.listdir(os.path.join(good, n)),
             f"{n}: nothing is left behind")
        found = g.fixgate("audit", "search", "--type", "OPERATOR_COMMAND",
                          "--json")
        t.ok(re.search(rf"drill {n} passed rto_ms={r['rto']['ms']} .*"
                       rf"report_sha256={hashlib.sha256(text).hexdigest()}",
                       found), f"{n}: its sum is in the audit trail", found)
    for n, run in spoilt.items():
        rc, said, text = run.result()
        failed = [c["what"] for c in json.loads(text)["checks"]
                  if not c["ok"]]
        t.ok(rc == 1 and not json.loads(text)["passed"] and
             any(SPOILT[n] in f for f in failed),
             f"{n}: one whose recovery is spoilt fails", said)
    rc = subprocess.run([FIXGATE, "drill", "data_corupttion"],
                        capture_output=True, text=True)
    t.ok(rc.returncode == 2 and "data_corruption" in rc.stderr,
         "a name that is not quite one", rc.stderr)
    for left in glob.glob(os.path.join(bad, "*", "fixgate-*")):
        shutil.rmtree(left, ignore_errors=True)
    g.stop()
t.done()
