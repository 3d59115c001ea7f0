"""Snapshots that a gateway makes while it trades: made anew, taken elsewhere,
removed in time, and what is said when something fails."""
import glob
import os
import shutil
import signal
import subprocess
import time

from copies import KEY, Load, conf, ids, listed, run
from gateway import FIXGATED, Gateway, free_port
from s3server import ACCESS, REGION, S3, SECRET
from tap import Tap

t = Tap()
PORT = free_port()
SECTION = f"""
[BACKUP]
Folder=copies
SigningKey=sign.pem
Interval=1
Rate=1000
S3=http://127.0.0.1:{PORT}/copies/node0
S3Region={REGION}
"""


def until(what, timeout=60):
    end = time.monotonic() + timeout
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def log(g):
    with open(g.log, errors="replace") as f:
        return f.read()


def checked(section, env=()):
    """What --check-config says."""
    with Gateway(conf(section), env=dict(env)) as g:
        p = subprocess.run([FIXGATED, "-c", g.conf, "--check-config"],
                           env=g.env, capture_output=True, text=True)
        return p.returncode, p.stdout + p.stderr


ENV = {"ENCRYPTION_KEY": KEY, "AWS_ACCESS_KEY_ID": ACCESS,
       "AWS_SECRET_ACCESS_KEY": SECRET}
for what, section, env, why in (
        ("no folder", SECTION.replace("Folder=copies\n", ""), ENV,
         "no Folder"),
        ("a folder in DataDir", SECTION.replace("=copies", "=data/x"), ENV,
         "would be lost with it"),
        ("no signing key", SECTION.replace("SigningKey=sign.pem\n", ""), ENV,
         "SigningKey"),
        ("no key", SECTION, dict(ENV, ENCRYPTION_KEY=""), "EncryptionKey"),
        ("no name in S3", SECTION, dict(ENV, AWS_ACCESS_KEY_ID=""),
         "S3AccessKey"),
        ("S3 in plain to another machine",
         SECTION.replace("127.0.0.1", "10.0.0.1"), ENV, "https://")):
    rc, said = checked(section, env)
    t.ok(rc == 1 and why in said, f"{what} is a fault", said)

with Gateway(conf(SECTION), env=ENV) as g:
    folder = os.path.join(g.dir, "copies")
    sign = os.path.join(g.dir, "sign.pem")

    def snaps(end=".fgb"):
        return sorted(glob.glob(os.path.join(folder, "*" + end)))

    g.start()
    load = Load(g, "L", 200)
    load.join()
    acked = load.done()
    begun = len(snaps())
    t.ok(until(lambda: len(snaps()) >= begun + 3), "snapshots are made",
         g.tail())
    files = snaps()
    t.ok(files[0].endswith("-full.fgb") and any(
        listed(f)["base"] and listed(f)["base"]["file"] ==
        os.path.basename(files[0]) for f in files[1:]),
        "the first is full, others stand on it", files)
    away = log(g).count("alert: taking snapshots elsewhere")
    t.ok(until(lambda: log(g).count("alert: taking snapshots") == 1) and
         not snaps(".sent"), "S3 is away: told once, and nothing is sent",
         log(g)[-2000:])

    # Back, busy at first, and one answer is lost.
    s3 = S3(port=PORT)
    s3.busy, s3.lose = 1, 1
    t.ok(until(lambda: len(snaps(".sent")) >= 3), "what waited is put there",
         log(g)[-2000:])
    t.ok("works again" in log(g) and not s3.refused,
         "that it works again is told", s3.refused)
    sent = [f[:-5] for f in snaps(".sent")]

    def there(f):
        return s3.objects["/copies/node0/" + os.path.basename(f)]

    same = []
    for f in sent:
        with open(f, "rb") as x:
            same.append(x.read() == there(f)[0])
    t.ok(all(same), "each is what was written")
    days = (there(sent[0])[2] - time.time()) / 86400
    t.ok(29.9 < days < 30.1, "and locked for its days", days)
    heads = [p for m, p in s3.requests if m == "HEAD"]
    puts = [p for m, p in s3.requests if m == "PUT"]
    t.ok(len(heads) == 1 and puts.count(heads[0]) >= 2,
         "one whose answer was lost is known again", s3.requests)
    curl = ["curl", "-s", "--aws-sigv4", f"aws:amz:{REGION}:s3", "--user",
            f"{ACCESS}:{SECRET}"]

    def ask(*args):
        return subprocess.run([*curl, "-o", "/dev/null", "-w", "%{http_code}",
                               *args], capture_output=True,
                              text=True).stdout

    url = f"{s3.url()}/node0/{os.path.basename(sent[0])}"
    t.ok(ask(url, "-H", "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb"
             "92427ae41e4649b934ca495991b7852b855") == "200" and
         ask("-X", "DELETE", url, "-H", "x-amz-content-sha256: e3b0c44298fc1c"
             "149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") == "403" and
         there(sent[0]), "with the account's own key it can't be deleted",
         s3.refused)

    # Another object in its place is no success.
    s3.refused.clear()
    with s3.lock:
        for k in range(1, 8):
            name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(
                time.time() + k))
            s3.objects[f"/copies/node0/{name}-more.fgb"] = (b"x", [], 0)
    t.ok(until(lambda: "is another one" in log(g)),
         "what another wrote there is told, not taken for ours",
         log(g)[-2000:])
    with s3.lock:
        s3.objects = {k: v for k, v in s3.objects.items() if v[0] != b"x"}

    # The process dies; trading does not notice.
    pids = subprocess.run(["ps", "-o", "pid=", "--ppid", str(g.process.pid)],
                          capture_output=True, text=True).stdout.split()
    load = Load(g, "M", client=load.client)
    before = len(snaps())

    def holds(pid, part):
        """Has it a file of that folder open?"""
        for f in glob.glob(f"/proc/{pid}/fd/*"):
            try:
                if part in os.readlink(f):
                    return True
            except OSError:
                pass
        return False

    # Trader and auditor have files there open all the time.
    victims = []
    until(lambda: len(victims.clear() or victims.extend(
        p for p in pids if not holds(p, "/trading/") and
        not holds(p, "/audit/")) or victims) == 1)
    for p in victims:
        os.kill(int(p), signal.SIGKILL)
    t.ok(len(victims) == 1 and until(lambda: "the backup was killed" in log(g)) and
         until(lambda: len(snaps()) > before),
         "one that is killed comes again", log(g)[-1500:])
    t.ok(len(load.done()) > 0 and "the trader was killed" not in log(g),
         "and trading went on")

    # Old ones go.
    now = time.time()
    full, more = [f for f in snaps() if "-full" in f][0], snaps()[-1]

    def old(days, kind, sent=True):
        name = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(
            now - days * 86400 - 7)) + f"-{kind}.fgb"
        shutil.copy(full, os.path.join(folder, name))
        if sent:
            open(os.path.join(folder, name + ".sent"), "w").close()
        return os.path.join(folder, name)

    # S3 takes nothing that is not locked for as long as the bucket demands.
    s3.lock_days = 40
    t.ok(until(lambda: any("40 days" in r for r in s3.refused)) and
         until(lambda: "object lock of 40 days is demanded" in log(g)),
         "too short a lock is refused, and told", s3.refused)
    waits = old(380, "full", sent=False)
    keep = [old(20, "full"), old(20, "more"), old(40, "full"),
            old(364, "full")]
    drop = [old(31, "more"), old(366, "full"), old(400, "more")]
    t.ok(until(lambda: not any(map(os.path.exists, drop))),
         "what is older than its days is removed")
    t.ok(all(map(os.path.exists, keep)) and os.path.exists(full) and
         not any(os.path.exists(f + ".sent") for f in drop),
         "and nothing else")
    t.ok(until(lambda: f"{os.path.basename(waits)} is older than its days, "
               "and is kept" in log(g)) and os.path.exists(waits),
         "one that never left is kept beyond its days, and it is told",
         log(g)[-1500:])
    s3.lock_days = 30
    t.ok(until(lambda: not os.path.exists(waits)) and
         f"/copies/node0/{os.path.basename(waits)}" in s3.objects,
         "until it is elsewhere", log(g)[-1500:])
    for f in keep:
        os.remove(f)

    # An increment that can't be: a full one is made.
    g.stop()
    s3.close()
    newest = snaps()[-1]
    rc, said = 1, ""
    data = g.env["DATA_DIR"]
    os.rename(data, data + ".lost")
    rc, said = run(g, "restore", "--signer", sign + ".pub", newest)
    t.ok(rc == 0 and run(g, "journal", "verify")[0] == 0 and
         acked <= ids(g)["L"], "the newest snapshot is restored", said)
    for f in snaps() + snaps(".sent"):
        os.remove(f)
    g.start()
    t.ok(until(lambda: len(snaps()) > 1), "snapshots of what was restored",
         log(g)[-2000:])
    g.stop()
    closed = [f["name"] for f in listed(snaps()[0])["files"]
              if f.get("closed") and f["name"].startswith("trading/journal/")]
    fulls = len([f for f in snaps() if "-full" in f])
    with open(os.path.join(data, closed[0]), "r+b") as f:
        f.seek(4000)  # in the header's page, where no checksum looks
        f.write(b"\x01")
    g.start()
    t.ok(until(lambda: len([f for f in snaps() if "-full" in f]) > fulls) and
         "has changed since" in log(g),
         "where an increment can't be, it is told, and a full one is made",
         log(g)[-2000:])
    g.stop()

# A program that takes them.
with Gateway(conf(SECTION.split("S3=")[0] + "Command=take\n"), env=ENV) as g:
    got = os.path.join(g.dir, "got")
    os.mkdir(got)
    take = os.path.join(g.dir, "take")
    with open(take, "w") as f:
        f.write(f"#!/bin/sh\n[ -e {g.dir}/works ] || exit 3\n"
                f"exec cp \"$1\" {got}/\n")
    os.chmod(take, 0o755)
    g.start()
    t.ok(until(lambda: "take ended with status 3" in log(g)),
         "a program that fails is told", log(g)[-1500:])
    open(os.path.join(g.dir, "works"), "w").close()
    t.ok(until(lambda: os.listdir(got)), "and asked again", log(g)[-1500:])
    t.ok(log(g).count("alert:") == 1, "it was told once", log(g)[-1500:])
    g.stop()
t.done()
