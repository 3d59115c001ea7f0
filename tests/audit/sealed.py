"""Personal data in the audit trail: sealed before it is hashed, opened by
Python's cryptography and by the guide's own classes, gone when its key is
destroyed, while the chain still verifies."""
import base64
import glob
import hashlib
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chain  # noqa: E402
from fixclient import FixClient, frame, utc  # noqa: E402
from gateway import FIXGATE, FIXGATED, TOP, Gateway  # noqa: E402
from tap import Tap  # noqa: E402

t = Tap()
SHARED = os.environ.get("FIXGATE_SHARED", os.path.join(TOP, "..", "shared"))
GUIDE = os.path.join(SHARED, "reference", "enterprise-guide.md")
PERSONAL = "Jane Trader 555-0199"
DESK = "jane.trader"
YEAR = time.gmtime().tm_year

with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    DEMO = f.read().replace(
        "DataDir=", "SegmentSize=1M\nTableSize=16M\nDataDir=") + \
        "\n[AUDIT]\nName=audit.example/sealed\n"
KEYS = "[KEYS]\nPersonalData=sealed\n"


def wait_for(what, timeout=60):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.02)
    return None


def run(g, *args, stdin=None):
    p = subprocess.run([FIXGATE, *args, "-c", g.conf], env=g.env, input=stdin,
                       capture_output=True, text=True, timeout=120)
    return p.returncode, p.stdout, p.stderr


def export(g):
    return run(g, "audit", "export")[1].splitlines()


def events(g, kind):
    return [e for e in map(json.loads, export(g)) if e["event_type"] == kind]


def order(c, cl_ord_id):
    c.send("D", [(50, DESK), (11, cl_ord_id), (1, "DEMO"), (55, "AAPL"),
                 (54, 1), (38, 100), (40, 2), (44, "190.00"), (58, PERSONAL),
                 (60, "20260101-00:00:00")])
    c.wait(lambda m: m.get(11) == cl_ord_id and m.get(39) == "2")


def in_folder(folder, text):
    """Files below a folder that hold a text."""
    found = []
    for path in glob.glob(folder + "/**", recursive=True):
        if os.path.isfile(path):
            with open(path, "rb") as f:
                if text.encode() in f.read():
                    found.append(os.path.basename(path))
    return found


def ring(g):
    """@return {id: (subject, wrapped)} as the manual has it"""
    out = {}
    with open(os.path.join(g.dir, "data", "keys", "ring")) as f:
        lines = f.read().splitlines()
    assert lines[0] == "fixgate-keys 1" and lines[1].startswith("check ")
    for line in lines[2:]:
        _, n, year, made, gone, held, wrapped, subject = line.split(" ")
        out[int(n)] = (subject, base64.b64decode(wrapped)
                       if wrapped != "-" else None)
    return out


def message_of(g, e):
    """The sealed message's bytes, found by their hash."""
    n = e["details"]["message_bytes"]
    for path in sorted(glob.glob(g.dir + "/data/audit/chain/*")):
        with open(path, "rb") as f:
            data = f.read(1 << 18)
        for at in range(len(data) - n):
            if hashlib.sha256(data[at:at + n]).hexdigest() == \
                    e["details"]["message_sha256"]:
                return data[at:at + n]
    return None


def by_python(g, master):
    """What Python's cryptography makes of it."""
    try:
        from cryptography.fernet import Fernet
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        t.skip("Python opens what we sealed", "no cryptography here")
        return
    e = events(g, "ORDER_SUBMITTED")[0]
    n = e["details"]["personal_key"]
    subject, wrapped = ring(g)[n]
    key = AESGCM(master).decrypt(wrapped[:12], wrapped[12:],
                                 b"fixgate-key %d" % n)
    f = Fernet(base64.urlsafe_b64encode(key))
    t.ok(subject == "CLIENT44" and
         f.decrypt(e["ip_address"].encode()) == b"127.0.0.1" and
         f.decrypt(e["details"]["text"].encode()).decode() == PERSONAL and
         f.decrypt(e["details"]["sender_sub_id"].encode()).decode() == DESK,
         "Python opens address, text and SenderSubID", e)
    token = f.encrypt(b"written by Python").decode()
    out = run(g, "keys", "decrypt", stdin=f'{{"x": "{token}"}}\n')[1]
    t.ok(out == '{"x": "written by Python"}\n',
         "and we what Python has written", out)
    raw = message_of(g, e)
    plain = AESGCM(key).decrypt(raw[:12], raw[12:], None) if raw else b""
    t.ok(PERSONAL.encode() in plain and plain.startswith(b"8=FIX.4.4\x019="),
         "and the message behind the event", plain)
    by_the_guide(g, key, e, raw)


def guide_classes():
    """Its encryption service, unchanged."""
    with open(GUIDE) as f:
        text = f.read()
    code = re.search(r"```python\n(# services/encryption.py\n.*?)```", text,
                     re.S).group(1)
    space = {}
    exec(code, space)
    return space


def by_the_guide(g, key, e, raw):
    if not os.path.exists(GUIDE):
        t.skip("the guide's classes open it", GUIDE + " is not there")
        return
    c = guide_classes()
    db, data = c["DatabaseEncryption"](key), c["DataEncryption"](key)
    t.ok(db.decrypt_field(e["ip_address"]) == "127.0.0.1",
         "the guide's DatabaseEncryption opens a field")
    out = run(g, "keys", "decrypt",
              stdin=db.encrypt_field("from the guide") + "\n")[1]
    t.ok(out == "from the guide\n", "and we open its", out)
    t.ok(PERSONAL.encode() in data.decrypt(raw),
         "the guide's DataEncryption opens a message")


def a_passphrase():
    phrase = "canary correct horse battery"
    with Gateway(DEMO + KEYS + "EncryptionPassphrase=file:phrase.secret\n") \
            as g:
        path = os.path.join(g.dir, "phrase.secret")
        with open(path, "w") as f:
            f.write(phrase + "\n")
        os.chmod(path, 0o600)
        g.start()
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
        c.connect(g.port)
        order(c, "P1")
        c.lost()
        wait_for(lambda: events(g, "ORDER_FILLED"))
        g.stop()
        with open(os.path.join(g.dir, "data/keys/salt"), "rb") as f:
            salt = f.read()
        master = hashlib.pbkdf2_hmac("sha256", phrase.encode(), salt, 600000)
        if os.path.exists(GUIDE):
            try:
                theirs = guide_classes()["DataEncryption"].derive_key(
                    phrase, salt)
                t.ok(theirs == master, "the guide derives the same key")
            except ImportError:
                pass
        out = run(g, "keys", "decrypt", stdin="\n".join(export(g)))[1]
        t.ok(PERSONAL in out, "a passphrase opens what it sealed", out[:200])
        g.env["ENCRYPTION_KEY"] = base64.b64encode(master).decode()
        with open(g.conf, "w") as f:
            f.write(DEMO + KEYS)
        out = run(g, "keys", "decrypt", stdin="\n".join(export(g)))[1]
        t.ok(PERSONAL in out, "by PBKDF2 with 600,000 rounds", out[:200])


def sealed():
    master = os.urandom(32)
    env = {"ENCRYPTION_KEY": base64.urlsafe_b64encode(master).decode()}
    with Gateway(DEMO + KEYS + "RetentionDays=0\n", env=env) as g:
        g.start()
        c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
        c.connect(g.port)
        order(c, "S1")
        s = __import__("socket").create_connection(("127.0.0.1", g.port), 30)
        s.sendall(frame("FIX.4.4", [
            (35, "A"), (49, "NOBODY"), (56, "FIXGATE"), (34, 1), (52, utc()),
            (98, 0), (108, 30)]))
        s.recv(4096)
        s.close()
        wait_for(lambda: events(g, "ORDER_FILLED") and
                 events(g, "USER_LOGIN_REFUSED"))
        lines = export(g)
        text = "\n".join(lines)
        t.ok(PERSONAL not in text and "127.0.0.1" not in text and
             DESK not in text, "no personal text in an export",
             [x for x in lines if "127.0.0.1" in x][:2])
        t.ok(not in_folder(g.dir + "/data/audit", PERSONAL) and
             not in_folder(g.dir + "/data/audit", "127.0.0.1"),
             "nor in any file of the trail")
        chain.check(lines)
        rc, out, err = run(g, "audit", "verify")
        t.ok(rc == 0 and "all good" in out, "the chain verifies", out + err)
        refused = events(g, "USER_LOGIN_REFUSED")[0]
        plain = run(g, "keys", "decrypt", stdin=text)[1]
        t.ok(refused["actor"].startswith("gAAAA") and PERSONAL in plain and
             '"actor": "127.0.0.1"' in plain,
             "with the keys all of it is readable", refused)
        by_python(g, master)
        number = str(events(g, "ORDER_SUBMITTED")[0]["details"]["seq"])
        rc, out, err = run(g, "keys", "message", number)
        t.ok(rc == 0 and f"|58={PERSONAL}|" in out and out[:5] == "8=FIX",
             "fixgate keys message shows the message", out + err)

        rc, out, err = run(g, "keys", "rotate", "CLIENT44", "--reason", "x")
        t.ok(rc == 0 and out.startswith("1 key made"), "a key is rotated",
             out + err)
        old = events(g, "ORDER_SUBMITTED")[0]["details"]["personal_key"]
        order(c, "S2")
        e = wait_for(lambda: len(events(g, "ORDER_SUBMITTED")) > 1 and
                     events(g, "ORDER_SUBMITTED"))
        t.ok(e[0]["details"]["personal_key"] == old and
             e[1]["details"]["personal_key"] > old and
             run(g, "keys", "decrypt", stdin="\n".join(export(g)))[1].count(
                 PERSONAL) == 2,
             "new events by the new key, the old one still opens", e)

        with open(os.path.join(g.dir, "copy.secret"), "w") as f:
            f.write(base64.b64encode(os.urandom(32)).decode())
        os.chmod(f.name, 0o600)
        rc, out, err = run(g, "backup", "--key", f.name, "--sign",
                           os.path.join(g.dir, "sign"),
                           os.path.join(g.dir, "before.fgb"))
        t.ok(rc == 0, "a backup from before a key is destroyed", out + err)

        destroy = ("keys", "destroy", "CLIENT44", "--reason", "erasure 17")
        rc, out, err = run(g, "keys", "hold", "CLIENT44", "--reason", "court")
        t.ok(rc == 0, "a legal hold", err)
        rc, out, err = run(g, *destroy)
        t.ok(rc == 1 and "legal hold" in err, "forbids destruction", err)
        rc, out, err = run(g, "keys", "release", "CLIENT44", "--reason", "done")
        t.ok(rc == 0, "until it is released", err)
        with open(g.conf) as f:
            conf = f.read()
        with open(g.conf, "w") as f:
            f.write(conf.replace("RetentionDays=0", "RetentionDays=100"))
        rc, out, err = run(g, *destroy)
        t.ok(rc == 1 and "days more" in err, "so does the law's time", err)
        with open(g.conf, "w") as f:
            f.write(conf)
        rc, out, err = run(g, *destroy)
        t.ok(rc == 0 and out.startswith("2 keys destroyed"),
             "the subject's keys are destroyed", out + err)
        plain = run(g, "keys", "decrypt", stdin=text)[1]
        t.ok(PERSONAL not in plain and '"actor": "127.0.0.1"' in plain,
             "T21: what they sealed is gone, what others sealed is not")
        rc, out, err = run(g, "keys", "message", number)
        t.ok(rc == 1 and "destroyed" in err, "the message, too", err)
        rc, out, err = run(g, "audit", "verify")
        t.ok(rc == 0 and "all good" in out, "T21: and the chain verifies",
             out + err)
        order(c, "S3")
        wait_for(lambda: len(events(g, "ORDER_SUBMITTED")) > 2)
        t.ok(PERSONAL in run(g, "keys", "decrypt",
                             stdin="\n".join(export(g)))[1],
             "who comes again gets a new key")
        for kind in ("ROTATED", "HELD", "RELEASED", "DESTROYED"):
            got = wait_for(lambda: events(g, "ENCRYPTION_KEY_" + kind))
            t.ok(got and got[0]["resource_id"] == "CLIENT44",
                 f"ENCRYPTION_KEY_{kind} is in the trail", got)
        t.ok("erasure 17" in got[0]["details"]["text"], "with its reason", got)
        rc, out, err = run(g, "keys", "list", "--json")
        rows = [json.loads(x) for x in out.splitlines()]
        t.ok(rc == 0 and sum(r["destroyed"] > 0 for r in rows) == 2 and
             {r["subject"] for r in rows} == {"CLIENT44", "strangers"},
             "fixgate keys list shows them", out)
        a_new_master(g, c)
        an_old_copy(g)


def a_new_master(g, c):
    fresh = run(g, "keys", "new")[1].strip()
    path = os.path.join(g.dir, "fresh.secret")
    with open(path, "w") as f:
        f.write(fresh + "\n")
    os.chmod(path, 0o644)
    rc, out, err = run(g, "keys", "rotate", "--master", path)
    t.ok(rc == 1 and "chmod 600" in err, "a master key others may read", err)
    os.chmod(path, 0o600)
    rc, out, err = run(g, "keys", "rotate", "--master", path)
    t.ok(rc == 0 and "wrapped anew" in out, "all keys by another master key",
         out + err)
    c.lost()
    t.ok(g.stop() == 0, "the gateway stops in order", g.tail())
    rc, out, err = run(g, "keys", "list")
    t.ok(rc == 1 and "does not open with this EncryptionKey" in err,
         "the old master key opens nothing any more", err)
    g.start()
    t.ok(wait_for(lambda: "does not open with this" in g.tail(100)),
         "with it the auditor writes nothing, and trading goes on", g.tail())
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
    c.connect(g.port)
    order(c, "S4")
    c.lost()
    g.stop()
    g.env["ENCRYPTION_KEY"] = fresh
    g.start()
    t.ok(wait_for(lambda: len(events(g, "ORDER_SUBMITTED")) == 4),
         "with the new one it catches up", g.tail())
    g.stop()
    t.ok(run(g, "keys", "decrypt", stdin="\n".join(export(g)))[1].count(
        PERSONAL) == 2, "and all that is left is readable")
    rc, out, err = run(g, "keys", "rotate", "CLIENT44")
    t.ok(rc == 1 and "must run" in err,
         "nothing is done to keys that is not journaled", err)
    for secret in (fresh, base64.urlsafe_b64encode(
            base64.urlsafe_b64decode(fresh)).decode()):
        t.ok(secret not in g.tail(100000) and
             not in_folder(g.dir + "/data", secret),
             "no master key in the log or the data")


def an_old_copy(g):
    """T21: a backup from before has the key, by a master key that was let go."""
    os.rename(g.dir + "/data", g.dir + "/data.now")
    rc, out, err = run(g, "restore", "--key", g.dir + "/copy.secret",
                       "--signer", g.dir + "/sign.pub", g.dir + "/before.fgb")
    rows = run(g, "audit", "export")[1]
    rc2, plain, why = run(g, "keys", "decrypt", stdin=rows)
    t.ok(rc == 0 and rows.count("personal_key") > 0 and
         not in_folder(g.dir + "/data/audit", PERSONAL) and PERSONAL not in plain and
         rc2 == 1 and "does not open with this EncryptionKey" in why,
         "T21: nor does a backup from before say what was sealed, once the "
         "master key has changed", out + err + why + plain[:300])


def faults():
    with Gateway("") as g:
        for conf, want in (
                (KEYS, "needs EncryptionKey"),
                (KEYS + "EncryptionKey=short\n", "32 bytes"),
                (KEYS + "EncryptionPassphrase=short\n", "15 characters"),
                (KEYS + "EncryptionKey=" + "0" * 64 +
                 "\nEncryptionPassphrase=long enough to be taken\n",
                 "one of them")):
            with open(g.conf, "w") as f:
                f.write(DEMO + conf)
            p = subprocess.run([FIXGATED, "-c", g.conf, "--check-config"],
                               env=g.env, capture_output=True, text=True)
            t.ok(p.returncode == 1 and want in p.stderr and
                 "short\n" not in p.stderr, f"a fault: {want}", p.stderr)


faults()
sealed()
a_passphrase()
t.done()
