"""Backups taken while orders come and what comes back of them: whole, in
increments, up to a moment, and after a death at each place on the way."""
import os
import re
import shutil
import signal
import struct
import subprocess
import time

from copies import KEY, Load, conf, ids, listed, run
from gateway import BUILD, FIXGATE, FULL, Gateway
from tap import Tap

t = Tap()
COPIER = os.path.join(BUILD, "tests", "audit", "copier")
SIZE = 600 if FULL else 300
RATE = 4 if FULL else 2  # MB/s of the slow one


TABLES = os.path.join("trading", "tables", "data.mdb")


def restored(g, pub, what, source, *args, hashes=True, tables=None):
    """Restore into an empty place, and ask every verifier. tables: record that
    the tables must hold; 0: none may be there."""
    data = g.env["DATA_DIR"]
    shutil.rmtree(data, ignore_errors=True)
    rc, said = run(g, "restore", "--signer", pub, *args, source)
    if not t.ok(rc == 0, f"{what}: it is restored", said):
        return
    if tables is not None:
        now = re.findall(r"tables \w+ at (\d+)", run(g, "journal", "hash")[1])
        t.ok(now == ([str(tables)] if tables else []) and
             os.path.exists(os.path.join(data, TABLES)) == (tables > 0) and
             (f"tables hold record {tables}:" if tables else
              "made by the first start") in said,
             f"{what}: the tables are " + ("the backup's" if tables else
                                           "left out"), (now, said))
    for check in ("journal", "audit"):
        if check == "journal" or not args:
            rc, said = run(g, check, "verify")
            t.ok(rc == 0, f"{what}: {check} verify", said)
    found = ids(g)
    if hashes:
        g.start()
        g.stop()
        said = run(g, "journal", "hash")[1]
        replay, after = (x.split()[1:] for x in said.splitlines())
        t.ok(replay == after and "dropped" not in g.tail(1000) and
             "made again" not in g.tail(1000),
             f"{what}: tables are what a replay makes", said + g.tail(20))
    return found


MARK = 64  # where a journal file's mark stands: committed up to there, | closed


def mark_of(file):
    with open(file, "rb") as f:
        f.seek(MARK)
        return struct.unpack("=Q", f.read(8))[0]


def set_mark(file, mark):
    with open(file, "r+b") as f:
        f.seek(MARK)
        f.write(struct.pack("=Q", mark))


def a_turns_end(file):
    """Offset behind the first record that ends a turn, and its number."""
    off = 4096
    with open(file, "rb") as f:
        while True:
            f.seek(off)
            crc, seal, _, size, number = struct.unpack("=IIIIQ", f.read(24))
            off += 56 + (size + 7) // 8 * 8
            if crc ^ seal == 0xc3d2e1f0:
                return off, number


def open_files(pid):
    held = []
    try:
        for n in os.listdir(f"/proc/{pid}/fd"):
            held.append(os.readlink(f"/proc/{pid}/fd/{n}"))
    except OSError:
        pass  # it was closed, or the process is gone
    return held


def while_next_is_open(file, act):
    """Back up, and act once it has opened file. @return status, said"""
    p = subprocess.Popen([COPIER, "make", data, other, sign],
                         stderr=subprocess.PIPE, text=True)
    while p.poll() is None:
        if file in open_files(p.pid):
            p.send_signal(signal.SIGSTOP)
            act()
            p.send_signal(signal.SIGCONT)
            break
    said = p.communicate(timeout=60)[1]
    return p.returncode, said


with Gateway(conf()) as g:
    g.start()
    data, sign = g.env["DATA_DIR"], os.path.join(g.dir, "sign.pem")
    pub = sign + ".pub"
    folder = os.path.join(g.dir, "copies")
    os.mkdir(folder)
    at = {n: os.path.join(folder, n + ".fgb")
          for n in ("full", "slow", "one", "two", "three", "other")}

    # Slow: the copy is taken while the journal grows.
    load = Load(g, "L")
    load.reach(SIZE)
    before, began = set(load.acked), time.monotonic()
    p = subprocess.Popen([FIXGATE, "backup", "-c", g.conf, "--sign", sign,
                          "--rate", str(RATE), at["slow"]],
                         env=dict(g.env, ENCRYPTION_KEY=KEY),
                         stdout=subprocess.DEVNULL)
    t.ok(p.wait(120) == 0, "a backup while orders come")
    took, after = time.monotonic() - began, load.done()
    t.ok(len(after) > len(before), "orders went on meanwhile")
    slow = listed(at["slow"], "--signer", pub)
    read = sum(f["bytes"] for f in slow["files"])
    t.ok(read > 1000000 and took >= read / 1e6 / RATE,
         "no faster than the rate allows", f"{read} bytes in {took} s")
    t.ok(slow["base"] is None and slow["journal"]["first"] == 1 and
         abs(slow["time_ns"] / 1e9 - time.time()) < 100,
         "the list says what it is", slow["journal"])
    t.ok(0 < slow["tables"]["last"] < slow["journal"]["last"],
         "the tables are those of a moment before its end", slow["tables"])
    with open(sign + ".key", "w") as f:
        f.write(KEY + "\n")
    os.chmod(sign + ".key", 0o644)
    rc, said = run(g, "backup", "--sign", sign, "--key", sign + ".key",
                   at["full"], key="x")
    t.ok(rc != 0 and not os.path.exists(at["full"]),
         "a key that others may read is refused", said)
    os.chmod(sign + ".key", 0o600)
    rc, said = run(g, "backup", "--sign", sign, "--key", sign + ".key",
                   at["full"], key="x")
    t.ok(rc == 0, "the key of a file", said)
    full = listed(at["full"])

    # Increments, each on the one before.
    load = Load(g, "M", SIZE // 4, load.client)
    load.reach(SIZE // 8)
    early = set(load.acked)
    rc, said = run(g, "backup", "--sign", sign, "--since", at["full"],
                   at["one"])
    t.ok(rc == 0, "an increment while orders come", said)
    load.join()
    acked = load.done()
    time.sleep(0.01)
    moment = time.time_ns()
    time.sleep(0.01)
    last = listed(at["one"])["journal"]["last"]
    load = Load(g, "N", SIZE // 8, load.client)
    load.join()
    third = load.done()
    rc, said = run(g, "backup", "--sign", sign, "--since", at["one"],
                   at["two"])
    t.ok(rc == 0, "an increment of an increment", said)
    two = listed(at["two"])
    held = [f for f in two["files"] if f.get("backup") == full["id"]]
    here = [f for f in two["files"] if "backup" not in f]
    t.ok(TABLES in [f["name"] for f in held] and
         two["tables"] == full["tables"],
         "an increment has the tables of its full backup", two["tables"])
    t.ok(held and os.path.getsize(at["two"]) < sum(
        f["bytes"] for f in two["files"]) - sum(f["bytes"] for f in held) +
         50000 and all(f.get("closed") for f in held
                       if f["name"].startswith("trading/journal/")),
         "closed segments are not copied again")
    g.stop()
    os.rename(data, data + ".lost")

    found = restored(g, pub, "under load", at["slow"], hashes=FULL,
                     tables=slow["tables"]["last"])
    t.ok(before <= found["L"] and not found["M"],
         "every order acknowledged before is there",
         sorted(before - found["L"])[:5])
    found = restored(g, pub, "increments", at["two"],
                     tables=full["tables"]["last"])
    t.ok(after <= found["L"] and acked <= found["M"] and third <= found["N"],
         "what base and increments hold is all there")
    found = restored(g, pub, "the first increment", at["one"], hashes=False)
    t.ok(early <= found["M"] and not found["N"], "and each of them alone")
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment // 10 ** 9))
    found = restored(g, pub, "a moment", at["two"], "--at",
                     f"{text}.{moment % 10 ** 9:09d}Z", hashes=FULL)
    t.ok(acked <= found["M"] and not found["N"],
         "up to the moment, and nothing after it")
    found = restored(g, pub, "a record", at["two"], "--to", str(last),
                     hashes=False)
    t.ok(early <= found["M"] and not found["N"], "up to the record")
    found = restored(g, pub, "before the tables", at["two"], "--to",
                     str(full["tables"]["last"] - 1), tables=0)
    t.ok(found["L"] and not found["M"], "they don't keep it from that")

    shutil.rmtree(data)

    def refused(what, source, why):
        rc, said = run(g, "restore", "--signer", pub, source)
        t.ok(rc == 1 and why in said and not os.path.exists(data) and
             not os.path.exists(data + ".restoring"), what, said)

    os.rename(at["one"], at["one"] + ".away")
    refused("a base that is missing is named", at["two"], "one.fgb")
    shutil.copy(at["slow"], at["one"])
    refused("another backup in a base's place is refused", at["two"],
            "another backup")
    with open(at["one"] + ".away", "rb") as f:
        whole = bytearray(f.read())
    whole[len(whole) // 3] ^= 1
    with open(at["one"], "wb") as f:
        f.write(whole)
    refused("a base that was changed is refused", at["two"], "one.fgb")
    os.replace(at["one"] + ".away", at["one"])
    with open(at["two"], "rb") as f:
        whole = f.read()
    bad = os.path.join(folder, "bad.fgb")
    with open(bad, "wb") as f:
        f.write(whole.replace(b'"closed": true', b'"closed":true ', 1))
    refused("a list that was changed is refused", bad, "signature")

    # Tables that are damaged keep nobody from a backup of what is true.
    os.rename(data + ".lost", data)
    mdb = os.path.join(data, TABLES)
    os.rename(mdb, mdb + ".good")
    for what in ("a value", "LMDB's pages"):
        with open(mdb + ".good", "rb") as f:
            whole = bytearray(f.read(full["tables"]["last"] * 4096))
        if what == "a value":
            whole = whole.replace(b"L-10", b"L-1O")  # free pages, too
        else:
            whole[8192:] = os.urandom(len(whole) - 8192)
        with open(mdb, "wb") as f:
            f.write(whole)
        rc, said = run(g, "backup", "--sign", sign, at["other"])
        t.ok(rc == 0 and "the tables are not in it" in said and
             "tables" not in listed(at["other"]) and TABLES not in
             [f["name"] for f in listed(at["other"])["files"]],
             f"with {what} damaged the tables are left out, and it is told",
             said)
        os.remove(at["other"])
    os.replace(mdb + ".good", mdb)

    # A segment that was closed and differs now.
    name = next(f["name"] for f in held if f["name"].startswith("trading/journal/"))
    with open(os.path.join(data, name), "r+b") as f:
        f.seek(6000)
        byte = f.read(1)
        f.seek(6000)
        f.write(bytes([byte[0] ^ 4]))
    rc, said = run(g, "backup", "--sign", sign, at["other"])
    t.ok(rc == 1 and "damaged journal" in said and
         not os.path.exists(at["other"]), "a damaged journal is not copied",
         said)
    with open(os.path.join(data, name), "r+b") as f:
        f.seek(6000)
        f.write(byte)
        f.seek(4000)  # in the header's page, where no checksum looks
        f.write(b"\x01")
    rc, said = run(g, "backup", "--sign", sign, "--since", at["two"],
                   at["other"])
    t.ok(rc == 1 and "has changed since" in said,
         "a closed file that was changed by hand ends an increment", said)
    with open(os.path.join(data, name), "r+b") as f:
        f.seek(4000)
        f.write(b"\x00")
    os.rename(os.path.join(data, "trading"), os.path.join(data, "t"))
    shutil.copytree(os.path.join(data, "t"), os.path.join(data, "trading"))
    files = sorted(os.listdir(os.path.join(data, "trading", "journal")))
    for f in files[1:]:
        os.remove(os.path.join(data, "trading", "journal", f))
    rc, said = run(g, "backup", "--sign", sign, "--since", at["two"],
                   at["other"])
    t.ok(rc == 1 and "records that the journal has not" in said,
         "an increment of a journal that went back is refused", said)
    shutil.rmtree(os.path.join(data, "trading"))
    os.rename(os.path.join(data, "t"), os.path.join(data, "trading"))

    # Deaths on the way.
    zero = "0" * 64

    def die(point, *args):
        arm = os.path.join(g.dir, point)
        with open(arm, "w") as f:
            f.write(f"{point} 1 x")
        p = subprocess.run([COPIER, *args], capture_output=True, text=True,
                           env=dict(os.environ, FAILPOINT=arm))
        return p.returncode == -signal.SIGKILL and not os.path.exists(arm)

    def copier(*args):
        p = subprocess.run([COPIER, *args], capture_output=True, text=True)
        return p.returncode, p.stderr

    other = at["other"]
    for point in ("B1_data_written", "B2_list_written"):
        t.ok(die(point, "make", data, other, sign) and
             not os.path.exists(other), f"a death at {point}: no backup")
        part = other + ".partial"
        rc, said = run(g, "restore", "--signer", pub, part, key=zero)
        t.ok(rc == 1, "what it left is not taken for one while data is there",
             said)
    # What was left whole but without its name is whole; half is refused.
    with open(part, "rb") as f:
        whole = f.read()
    os.rename(data, data + ".lost")
    with open(bad, "wb") as f:
        f.write(whole[:-1])
    rc, said = run(g, "restore", "--signer", pub, bad, key=zero)
    t.ok(rc == 1 and not os.path.exists(data), "one byte short is refused",
         said)
    rc, said = copier("make", data + ".lost", other, sign)
    t.ok(rc == 0 and not os.path.exists(part), "the next one takes its place",
         said)
    os.remove(other)
    t.ok(die("B3_named", "make", data + ".lost", other, sign) and
         os.path.exists(other), "a death behind the name: a backup")
    for point in ("B4_files_written", "B5_cut"):
        t.ok(die(point, "restore", data, other, pub) and
             not os.path.exists(data), f"a death at {point}: no DataDir")
    rc, said = copier("restore", data, other, pub)
    t.ok(rc == 0 and not os.path.exists(data + ".restoring"),
         "the next restore begins anew", said)
    rc, said = run(g, "journal", "verify")
    t.ok(rc == 0, "and is whole", said)

    # A writer that closes a file while the copy has gone on to the next.
    shutil.rmtree(data)
    os.rename(data + ".lost", data)
    os.remove(other)
    folder = os.path.join(data, "trading", "journal")
    one, two = (os.path.join(folder, f) for f in sorted(os.listdir(folder))[:2])
    mark = mark_of(one)
    off, number = a_turns_end(one)
    set_mark(one, off)
    rc, said = copier("make", data, other, sign)
    t.ok(rc == 1 and "does not follow" in said,
         "behind a file that stays open nothing follows", said)
    rc, said = while_next_is_open(two, lambda: set_mark(one, off | 1))
    t.ok(rc == 0 and listed(other)["journal"]["last"] == number,
         "a file that was closed meanwhile is the copy's last", said)
    os.remove(other)
    set_mark(one, mark)
    with open(two, "r+b") as f:
        f.write(bytes(128))
    rc, said = copier("make", data, other, sign)
    t.ok(rc == 1 and "lost its header" in said,
         "behind a file that is closed one stands", said)
t.done()
