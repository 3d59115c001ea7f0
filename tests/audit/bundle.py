"""Bundles: a verifier that has nothing of ours takes them, and no changed byte.
T27, the inclusion proofs of T28 for trees of many sizes,
and a witness, T25 and T26."""
import json
import os
import random
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from day import CONF, audit, busy_day, client, order, wait_for  # noqa: E402
from gateway import BUILD, FIXGATE, FULL, Gateway  # noqa: E402
from tap import Tap  # noqa: E402

t = Tap()
HERE = os.path.dirname(os.path.abspath(__file__))


def python():
    """One that has the package cryptography."""
    for p in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([p, "-c", "import cryptography"],
                          capture_output=True).returncode == 0:
            return p
    return None


# Changes bytes of a bundle, one at a time, and prints those that were taken.
HARASS = """
import random, sys
sys.path.insert(0, sys.argv[1])
import verify_bundle as v
text, key = open(sys.argv[2]).read(), open(sys.argv[3]).read()
luck, taken = random.Random(7), []
many = int(sys.argv[4])
for at in luck.sample(range(len(text)), min(many, len(text))):
    for c in {chr(ord(text[at]) ^ 1), ' '} - {text[at]}:
        try:
            v.check(text[:at] + c + text[at + 1:], key)
            taken.append(at)
        except v.Bad:
            pass
print(taken)
"""


def verify(py, folder, bundle, key):
    """In an empty environment, as on a machine that has no gateway."""
    path = os.path.join(folder, "bundle.json")
    with open(path, "w") as f:
        f.write(bundle)
    p = subprocess.run([py, os.path.join(HERE, "verify_bundle.py"), path, key],
                       capture_output=True, text=True, env={"LC_ALL": "C.UTF-8"},
                       cwd="/")
    return p.returncode, p.stdout + p.stderr


def main():
    py = python()
    if py is None:
        t.skip("bundles", "python's package cryptography is not installed")
        t.done()
        return
    with open(os.path.join(HERE, "verify_bundle.py")) as f:
        n = len(f.readlines())
    t.ok(n <= 200, "the verifier has at most 200 lines", n)
    with Gateway(CONF) as g:
        g.start()
        c = client(g)
        busy_day(c)
        c.lost()
        g.stop()
        key = os.path.join(g.dir, "data/audit/key.pub")
        whole = audit(g, "bundle").stdout
        size = len(json.loads(whole)["events"])
        code, out = verify(py, g.dir, whole, key)
        t.ok(code == 0 and out == f"good: {size} events of {size}\n" and
             size > 20, "T27: all events, verified without gateway and database",
             out)
        some = audit(g, "bundle", "--order", "A5").stdout
        code, out = verify(py, g.dir, some, key)
        t.ok(code == 0 and out == f"good: 3 events of {size}\n",
             "T27: the events of an order", out)
        check_harm(py, g, some, key)
        p = audit(g, "bundle", "--order", "nobody", check=False)
        t.ok(p.returncode == 1 and "no signed event" in p.stderr,
             "a bundle of nothing is none", p.stderr)
        sizes(py, g, key)
    witness()
    t.done()


def check_harm(py, g, some, key):
    path = os.path.join(g.dir, "bundle.json")
    p = subprocess.run([py, "-c", HARASS, HERE, path, key,
                        "100000" if FULL else "1500"],
                       capture_output=True, text=True)
    t.ok(p.stdout == "[]\n", "T27: a changed byte is refused, wherever",
         p.stdout + p.stderr)
    b = json.loads(some)
    del b["events"][1]["proof"][0]
    code, out = verify(py, g.dir, json.dumps(b, sort_keys=True) + "\n", key)
    t.ok(code == 1 and "proof" in out, "T27: so is a proof that lacks a hash",
         out)
    with open(key) as f:
        other = f.read().replace("demo+", "other+")
    with open(key + "2", "w") as f:
        f.write(other)
    code, out = verify(py, g.dir, some, key + "2")
    t.ok(code == 1, "T27: so is one of another key", out)


def sizes(py, g, key):
    """Chains of growing size: every event's proof in each."""
    bad, c = [], None
    last = json.loads(audit(g, "bundle").stdout)["events"]
    nums = None
    for run in range(6 if FULL else 3):
        g.start()
        c = client(g, nums) if nums else client(g, (last_seq(last), 1))
        for i in range(random.Random(run).randint(1, 7)):
            order(c, f"Z{run}-{i}")
        c.wait(lambda m: m.get(11) == f"Z{run}-{i}" and m.get(150) == "F")
        nums = c.next_out, c.next_in
        c.lost()
        g.stop()
        code, out = verify(py, g.dir, audit(g, "bundle").stdout, key)
        if code != 0:
            bad.append(out)
    t.ok(not bad, "T28: every event's proof in trees of several sizes", bad)


def witness():
    """T25, T26: a folder that is away for a while, and shows a cut."""
    with Gateway(CONF + "Witness=safe\n") as g:
        safe = os.path.join(g.dir, "safe")
        g.start()
        c = client(g)
        busy_day(c)
        t.ok(wait_for(lambda: "witness" in g.tail(50)) and c.up,
             "T25: a witness that is away is told of, and trading goes on",
             g.tail(5))
        os.mkdir(safe)
        t.ok(wait_for(lambda: os.path.exists(f"{safe}/checkpoint")),
             "T25: when it is back it gets the newest checkpoint")
        c.lost()
        g.stop()
        own = os.path.join(g.dir, "data", "audit")
        with open(f"{safe}/checkpoint") as a, open(f"{own}/checkpoint") as b:
            size = int(b.read().split("\n")[1])
            t.ok(int(a.read().split("\n")[1]) == size,
                 "the witness has the last checkpoint", size)
        cut = os.path.join(g.dir, "cut")
        os.mkdir(cut)
        shutil.copy(f"{own}/key.pub", cut)
        subprocess.run([os.path.join(BUILD, "tests", "audit", "forge"),
                        f"{own}/chain", f"{cut}/chain", "cut", str(size - 1)],
                       check=True)
        p = subprocess.run([FIXGATE, "audit", "verify", "--dir", cut,
                            "--checkpoint", f"{safe}/checkpoint"],
                           capture_output=True, text=True)
        t.ok(p.returncode == 1 and "was cut" in p.stderr,
             "T26: a cut of the chain shows against the witness", p.stderr)
        # It has seen more than there is now: its copy is the evidence.
        with open(f"{safe}/checkpoint") as f:
            lines = f.read().split("\n")
        more = "\n".join([lines[0], str(size + 1000000), *lines[2:]])
        with open(f"{safe}/checkpoint", "w") as f:
            f.write(more)
        g.start()
        t.ok(wait_for(lambda: "knows another trail" in g.tail(50)),
             "T26: a witness that knows more than the trail is told of",
             g.tail(8))
        with open(f"{safe}/checkpoint") as f:
            t.ok(f.read() == more, "T26: and what it has stays")
        g.stop()


def last_seq(items):
    """MsgSeqNum that the client sends next."""
    return 1 + max(x["event"]["details"]["msg_seq_num"] for x in items
                   if x["event"]["actor"] == "CLIENT44" and
                   "msg_seq_num" in x["event"]["details"])


main()
