"""What somebody with all rights on the files might do to a chain, and that
verify names the place. The cases are T1 to T9, T24 and T28 of tamper tests:
flip, remove, swap, insert, rewrite with hashes made anew, cut, replace."""
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chain  # noqa: E402
from fixclient import FixClient  # noqa: E402
from gateway import BUILD, FIXGATE, TOP, Gateway  # noqa: E402
from tap import Tap  # noqa: E402

t = Tap()
FORGE = os.path.join(BUILD, "tests", "audit", "forge")
with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    CONF = f.read().replace(
        "DataDir=", "SegmentSize=1M\nTableSize=16M\nDataDir=") + \
        "\n[AUDIT]\nName=audit.example/demo\n"


def verify(folder, *args):
    p = subprocess.run([FIXGATE, "audit", "verify", "--dir", folder, *args],
                       capture_output=True, text=True, timeout=120)
    return p.returncode, p.stdout + p.stderr


def make(g):
    """A chain with some turns and checkpoints. @return its events"""
    notes = []
    g.start()
    for run in range(3):
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
        if run:
            c.next_out, c.next_in = nums
        c.connect(g.port)
        for i in range(10):
            c.send("D", [(11, f"R{run}-{i}"), (1, "DEMO"), (55, "AAPL"),
                         (54, 1), (38, 1), (40, 2), (44, "190.00"),
                         (60, "20260101-00:00:00")])
        c.wait(lambda m: m.get(11) == f"R{run}-9" and m.get(150) == "F")
        nums = c.next_out, c.next_in
        c.lost()
        g.stop()
        with open(os.path.join(g.dir, "data/audit/checkpoint")) as f:
            notes.append(f.read())
        if run < 2:
            g.start()
    out = subprocess.run([FIXGATE, "audit", "export", "-c", g.conf], env=g.env,
                         capture_output=True, text=True).stdout
    return chain.check(out.splitlines()), notes


def forged(g, case, event=0):
    """A copy of the audit folder, changed. @return its path"""
    own = os.path.join(g.dir, "data", "audit")
    to = os.path.join(g.dir, "forged")
    shutil.rmtree(to, ignore_errors=True)
    os.makedirs(to)
    for name in ("key.pub", "checkpoint"):
        shutil.copy(os.path.join(own, name), to)
    subprocess.run([FORGE, os.path.join(own, "chain"),
                    os.path.join(to, "chain"), case, str(event)], check=True)
    return to


def case(g, name, what, event, first_bad, says, *args):
    folder = forged(g, what, event)
    status, out = verify(folder, *args)
    m = re.search(r"event (\d+) of .* is bad: (.*)\n"
                  r"trusted are events 1 to (\d+); signed are 1 to (\d+)", out)
    good = m and status == 1 and says in m.group(2) and \
        int(m.group(3)) == int(m.group(1)) - 1 >= int(m.group(4))
    if good and first_bad is not None:
        good = int(m.group(1)) == first_bad
    t.ok(good, name, out)
    return folder


def main():
    with Gateway(CONF) as g:
        events, notes = make(g)
        own = os.path.join(g.dir, "data", "audit")
        n = len(events)
        e = next(x["details"]["seq"] for x in events
                 if x["event_type"] == "ORDER_FILLED" and
                 x["details"]["seq"] > n // 2)
        sizes = [int(x.split("\n")[1]) for x in notes]
        status, out = verify(own)
        t.ok(status == 0 and sizes == sorted(set(sizes)) and sizes[-1] == n,
             "the chain as it was written is good, each run adds to it", out)
        status, out = verify(forged(g, "nothing"))
        t.ok(status == 0, "so is a true copy", out)
        kept = os.path.join(g.dir, "kept")
        os.mkdir(kept)
        for i, note in enumerate(notes):
            with open(os.path.join(kept, f"note{i}"), "w") as f:
                f.write(note)
        shutil.copy(os.path.join(own, "key.pub"), kept)

        case(g, "T1: a letter of an event", "letter", e, e, "not the hash")
        case(g, "T1: a letter, and its own hash made to fit", "hash", e,
             e + 1, "previous_hash")
        case(g, "T1: a letter of the message behind it", "message", e, e,
             "not the one that it tells of")
        case(g, "T2: an event is removed", "remove", e, e,
             f"event {e} is missing")
        case(g, "T2: its message is removed", "unmessage", e, e, "missing")
        case(g, "T3: two events change places", "swap", e, e, "is missing")
        case(g, "T4: an event stands twice", "insert", e, None, "missing")
        case(g, "T5: an event is rewritten and all later hashes made anew",
             "rehash", e, None, "not the one that was signed")
        case(g, "T24: a checkpoint that another key has signed", "checkpoint",
             0, 1, "not signed by the key")

        folder = case(g, "T7: the end is cut off: the last checkpoint says so",
                      "cut", sizes[1] + 1, None, "was cut")
        os.remove(os.path.join(folder, "checkpoint"))
        t.ok(verify(folder)[0] == 0,
             "T7: without any checkpoint the cut can't be seen")
        status, out = verify(folder, "--checkpoint",
                             os.path.join(kept, "note2"))
        t.ok(status == 1 and "was cut" in out,
             "T9: one that was kept elsewhere shows it", out)
        status, out = verify(folder, "--checkpoint",
                             os.path.join(kept, "note1"))
        t.ok(status == 0, "and an older one is still met", out)

        folder = forged(g, "replace", 1)
        for name in os.listdir(folder):
            if name not in ("chain",):
                os.remove(os.path.join(folder, name))
        shutil.copy(os.path.join(kept, "key.pub"), folder)
        status, out = verify(folder)
        t.ok(status == 1 and "not signed by the key" in out,
             "T6: a whole chain of a forger fails with the true key", out)
        status, out = verify(own, "--key", os.path.join(kept, "key.pub"),
                             *[x for i in range(3) for x in (
                                 "--checkpoint", f"{kept}/note{i}")])
        t.ok(status == 0, "the true one passes with all that was kept", out)

        flips(g, own, e)
        truncated(g, own)
        t.done()


def flips(g, own, e):
    """Bits of the file itself, whose own checksums then say no."""
    name = sorted(x for x in os.listdir(own + "/chain")
                  if x.endswith(".journal"))[0]
    with open(os.path.join(own, "chain", name), "rb") as f:
        data = f.read()
    at = data.index(f'"seq": {e}'.encode())
    to = os.path.join(g.dir, "forged")
    for where, first in ((at, e), (at + 7, e), (at - 100, e)):
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(own, to)
        with open(os.path.join(to, "chain", name), "r+b") as f:
            f.seek(where)
            f.write(bytes([data[where] ^ 4]))
        status, out = verify(to, "--json")
        r = json.loads(out.splitlines()[0])
        t.ok(status == 1 and not r["good"] and r["first_bad"] == first and
             r["events"] == first - 1,
             f"T1: a bit of the file at {where - at:+d} of event {e}", out)


def truncated(g, own):
    to = os.path.join(g.dir, "forged")
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(own, to)
    names = sorted(x for x in os.listdir(to + "/chain")
                   if x.endswith(".journal"))
    path = os.path.join(to, "chain", names[-1])
    os.truncate(path, os.path.getsize(path) // 2)
    status, out = verify(to)
    t.ok(status == 1, "T8: a file that was truncated", out)
    os.remove(path)
    status, out = verify(to)
    t.ok(status == 1, "T8: a file that is gone", out)


main()
