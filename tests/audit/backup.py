"""A backup taken while orders come, what restore refuses, and that a gateway
made anew from it has the same state and a trail that verifies."""
import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fixclient import FixClient  # noqa: E402
from gateway import FIXGATE, TOP, Gateway  # noqa: E402
from tap import Tap  # noqa: E402

t = Tap()
with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    CONF = f.read().replace(
        "DataDir=", "SegmentSize=1M\nTableSize=16M\nDataDir=") + \
        "\n[AUDIT]\nName=audit.example/demo\n"
KEY = subprocess.run([FIXGATE, "keys", "new"], capture_output=True,
                     text=True).stdout.strip()


def run(g, *args, key=KEY):
    p = subprocess.run([FIXGATE, args[0], "-c", g.conf, *args[1:]],
                       env=dict(g.env, ENCRYPTION_KEY=key),
                       capture_output=True, text=True, timeout=120)
    return p.returncode, p.stdout + p.stderr


def trade(c, run_no, n):
    for i in range(n):
        c.send("D", [(11, f"R{run_no}-{i}"), (1, "DEMO"), (55, "AAPL"),
                     (54, 1), (38, 1), (40, 2), (44, "190.00"),
                     (60, "20260101-00:00:00")])
    c.wait(lambda m: m.get(11) == f"R{run_no}-{n - 1}" and m.get(150) == "F")


with Gateway(CONF) as g:
    g.start()
    data, pub = g.env["DATA_DIR"], os.path.join(g.dir, "sign.pem.pub")
    sign = os.path.join(g.dir, "sign.pem")
    at = [os.path.join(g.dir, f"{n}.fgb") for n in range(3)]
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
    c.connect(g.port)
    trade(c, 0, 20)
    rc, said = run(g, "backup", "--sign", sign, at[0])
    t.ok(rc == 0, "a backup while the gateway runs", said)
    trade(c, 1, 20)
    rc, said = run(g, "backup", "--sign", sign, at[0])
    t.ok(rc == 1 and "overwritten" in said, "none is overwritten", said)
    with open(at[1] + ".partial", "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        rc, said = run(g, "backup", "--sign", sign, at[1])
        t.ok(rc == 1 and "another backup writes it" in said,
             "a name that another backup is writing is refused", said)
    os.remove(at[1] + ".partial")
    # Slow enough to be met in the middle.
    p = subprocess.Popen([FIXGATE, "backup", "-c", g.conf, "--sign", sign,
                          "--rate", "1", at[1]], stdout=subprocess.DEVNULL,
                         env=dict(g.env, ENCRYPTION_KEY=KEY))
    while not os.path.exists(at[1] + ".partial") and p.poll() is None:
        pass
    p.send_signal(signal.SIGKILL)
    p.wait()
    t.ok(not os.path.exists(at[1]), "one that is killed has no name")
    c.lost()
    g.stop()
    # One that is there at the beginning and gone when its turn comes.
    folder = os.path.join(data, "trading", "journal")
    files = sorted(x for x in os.listdir(folder) if x.endswith(".journal"))
    last, gone = files[-1], files[1]
    later = os.path.join(folder, f"{int(last[:-8]) + 2:0{len(last) - 8}d}"
                         ".journal")
    os.rename(os.path.join(folder, gone), later)
    rc, said = run(g, "backup", "--sign", sign, at[2])
    t.ok(rc == 1 and "was pruned while" in said and
         not os.path.exists(at[2]), "a copy with a hole is none", said)
    os.rename(later, os.path.join(folder, gone))
    with open(os.path.join(folder, files[0]), "r+b") as f:
        head = f.read(8192)
        f.seek(0)
        f.write(bytes(8192))
    rc, said = run(g, "backup", "--sign", sign, at[2])
    t.ok(rc == 1 and "has no file with a header" in said and
         not os.path.exists(at[2]), "nor is one without its beginning", said)
    with open(os.path.join(folder, files[0]), "r+b") as f:
        f.write(head)
    rc, said = run(g, "backup", "--sign", sign, at[2])
    t.ok(rc == 0, "a backup of a stopped gateway", said)

    rc, said = run(g, "restore", "--signer", pub, at[2])
    t.ok(rc == 1 and "empty" in said, "nothing is written over data", said)
    os.rename(data, data + ".lost")

    with open(at[2], "rb") as f:
        whole = f.read()
    bad = os.path.join(g.dir, "bad.fgb")

    def refused(what, content, key=KEY, signer=pub):
        with open(bad, "wb") as f:
            f.write(content)
        rc, said = run(g, "restore", "--signer", signer, bad, key=key)
        t.ok(rc == 1 and "fixgate" in said and not os.path.exists(data)
             and not os.path.exists(data + ".restoring"), what, said)

    rng = random.Random(7)
    for n in range(6):
        k = rng.randrange(len(whole))
        refused(f"a flipped bit is refused ({n})", whole[:k] +
                bytes([whole[k] ^ 1 << rng.randrange(8)]) + whole[k + 1:])
    first = 28 + int.from_bytes(whole[24:28], "little")
    second = first + 4 + int.from_bytes(whole[first:first + 4], "little")
    refused("a cut file is refused", whole[:len(whole) // 2])
    refused("a file without its signature is refused", whole[:-150])
    refused("a piece that is missing is refused", whole[:24] + whole[first:])
    refused("pieces that changed places are refused", whole[:24] +
            whole[first:second] + whole[24:first] + whole[second:])
    with open(at[0], "rb") as f:
        other = f.read()
    refused("another backup's head is refused", other[:24] + whole[24:])
    refused("another backup's signature is refused",
            whole[:whole.rindex(b"fixgate-backup\n")] +
            other[other.rindex(b"fixgate-backup\n"):])
    refused("another key is refused", whole, key="k" * 32)

    rc, said = run(g, "restore", "--signer", pub, at[2])
    t.ok(rc == 0, "the backup is restored", said)
    lost, now = (run(g, "journal", "verify", *a)[1] for a in (
        ("--dir", os.path.join(data + ".lost", "trading", "journal")), ()))
    t.ok(lost.split()[:1] and lost == now.replace(data, data + ".lost"),
         "the journal is the one that was lost", lost + now)
    rc, said = run(g, "audit", "verify")
    t.ok(rc == 0, "its audit trail verifies", said)
    g.start()
    g.stop()
    now = run(g, "journal", "hash")[1]
    replay, tables = (line.split()[1:] for line in now.splitlines())
    t.ok(replay == tables, "tables are what a replay makes", now)

    shutil.rmtree(data)
    rc, said = run(g, "restore", "--signer", pub, "--to", "40", at[2])
    t.ok(rc == 0 and "sequence numbers" in said, "up to a record", said)
    g.start()
    g.stop()
    rc, said = run(g, "journal", "verify")
    t.ok(rc == 0, "the gateway goes on from there", said)
t.done()
