"""Who is it? Logons with passwords, and those who have none. Rules L07 to L09
and L12 to L14 of the security design; a stranger's Logon, with 141=Y or without,
changes nothing."""
import glob
import os
import re
import signal
import time

from gateway import Gateway
from logon import Line, canary, password, until, user, write_credentials
from tap import Tap

t = Tap()
PASSWORD = "canary-Correct-Horse-41"
FRESH = "canary-Battery-Staple-42"
SECRETS = [PASSWORD, FRESH]


def numbers(g, name):
    """The row of a session as the operator sees it."""
    return [x for x in g.fixgate("sessions").splitlines()
            if f"->{name} " in x + " "]


def settled(g, name):
    """The row once the tables have caught up with the journal."""
    end = time.monotonic() + 30
    row = numbers(g, name)
    while time.monotonic() < end:
        status = g.fixgate("control", "status")
        m = re.search(r"journal record (\d+) tables (\d+)", status)
        row = numbers(g, name)
        if m and m.group(1) == m.group(2):
            break
        time.sleep(0.05)
    return row


def worker_of(g):
    """Process id of the gateway's worker."""
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as f:
                said = f.read()
            pid = int(path.split("/")[2])
            if b"--worker" in said and os.getpgid(pid) == g.process.pid:
                return pid
        except (OSError, ProcessLookupError):
            pass
    return None


CONF = """
[GATEWAY]
DataDir=${DATA_DIR}
TableSize=16M
SegmentSize=1M
CredentialsFile=credentials
[DEFAULT]
SocketAcceptPort=${FIX_PORT}
SenderCompID=FIXGATE
BeginString=FIX.4.4
LogonAuth=password
[SESSION]
TargetCompID=ALICE
[SESSION]
TargetCompID=BOB
[SESSION]
TargetCompID=OPEN
LogonAuth=none
"""


def passwords():
    line = password("alice", PASSWORD, "ALICE")
    with Gateway(CONF) as g:
        write_credentials(g, "# who\n\n" + line +
                          password("bob", "another-long-password", "BOB") +
                          password("carol", PASSWORD, "ALICE", "--may-reset"))
        g.start()
        c = Line(g.port, "OPEN", [])
        t.ok(c.up(), "a session that asks for nothing lets in as before")
        c.logout()

        a = Line(g.port, "ALICE", user("alice", PASSWORD))
        t.ok(a.up(), "the right password logs on")
        a.logout()
        before = settled(g, "ALICE")
        t.ok(len(before) == 1, "its session is listed", before)
        for what, name, fields, more in (
                ("a wrong password", "ALICE", user("alice", "x" * 20), {}),
                ("an empty one", "ALICE", [(553, "alice")], {}),
                ("no user", "ALICE", [(554, PASSWORD)], {}),
                ("a user that nobody knows", "ALICE",
                 user("mallory", PASSWORD), {}),
                ("another session's user", "ALICE",
                 user("bob", "another-long-password"), {}),
                ("a password too long to be one", "ALICE",
                 user("eve", "x" * 300), {}),
                ("two users in one Logon", "ALICE",
                 user("eve", "x") + user("alice", PASSWORD), {}),
                ("141=Y and a wrong password", "ALICE",
                 user("dora", "x" * 20), {"flags": [(141, "Y")]}),
                ("141=Y, a number beyond all and no password", "ALICE",
                 [(553, "dan")], {"flags": [(141, "Y")], "seq": 77})):
            s = Line(g.port, name, fields, **more)
            t.ok(s.refused(), f"{what}: closed without a word", s.got)
            s.close()
        t.ok(settled(g, "ALICE") == before,
             "strangers have not moved its numbers, 141=Y or not",
             f"{before}\n{settled(g, 'ALICE')}")
        log = g.tail(200)
        for why in ("its proof is wrong", "no such user", "may not log on",
                    "stands there twice", "too long"):
            t.ok(why in log, f"the log says why: {why}")
        t.ok("mallory" not in log, "a name that nobody knows is not repeated")

        # While one who is in stays in, a stranger with its name gets nothing.
        a = Line(g.port, "ALICE", user("alice", PASSWORD), seq=3)
        t.ok(a.up(), "after all of them the right one logs on, numbers go on",
             a.got)
        s = Line(g.port, "ALICE", user("frank", "x" * 20), seq=4)
        t.ok(s.refused(), "a stranger beside a live session: closed")
        a.got = b""
        a.send("1", [(112, "ALIVE")])
        t.ok(b"112=ALIVE" in a.read(b"112=ALIVE"), "who is up stays up")
        a.logout()

        a = Line(g.port, "ALICE", user("alice", PASSWORD), seq=1,
                 flags=[(141, "Y")])
        t.ok(b"\x0135=5\x01" in a.read(b"no such bytes") and
             b"141" in a.got, "141=Y needs a permission of its own", a.got)
        a = Line(g.port, "ALICE", user("carol", PASSWORD), seq=1,
                 flags=[(141, "Y")])
        t.ok(a.up() and a.answer().get(141) == "Y",
             "who has the permission begins at 1", a.got)
        a.logout()

        s = Line(g.port, "ALICE", user("alice", PASSWORD, FRESH), seq=3)
        t.ok(s.refused(), "a new password over plain TCP is not taken")

        worker(g)
        lockout(g)
        reload(g, line)
        t.ok(g.stop() == 0, "the gateway stops in order")
        canary(t, g, SECRETS)


def worker(g):
    first = worker_of(g)
    t.ok(first is not None, "passwords are checked by a process of its own")
    os.kill(first, signal.SIGKILL)
    again = until(lambda: worker_of(g) not in (None, first) and worker_of(g))
    t.ok(again, "a worker that is killed is started again")
    os.kill(again, signal.SIGSTOP)
    a = Line(g.port, "BOB", user("bob", "another-long-password"))
    time.sleep(0.2)
    os.kill(again, signal.SIGKILL)
    t.ok(a.refused(), "who waited for it is refused, not forgotten", a.got)
    until(lambda: worker_of(g) not in (None, again))
    b = Line(g.port, "BOB", user("bob", "another-long-password"))
    end = time.monotonic() + 30
    while not b.up() and time.monotonic() < end:
        time.sleep(0.2)
        b = Line(g.port, "BOB", user("bob", "another-long-password"))
    t.ok(b.up(), "and may try again", b.got)
    t.ok(b.answer().seq == 1, "no number was used up meanwhile", b.got)
    b.logout()
    with open(f"/proc/{worker_of(g)}/limits") as f:
        core = [x for x in f if "core file" in x]
    t.ok("core file" in core[0] and " 0 " in core[0], "it leaves no core",
         core)


def lockout(g):
    """Four wrong ones in a row: the fourth is not even checked."""
    for _ in range(4):
        Line(g.port, "BOB", user("bob", "wrong" * 5)).refused()
    t.ok("too many failures" in g.tail(20),
         "after some failures the next is refused unchecked", g.tail(5))
    b = Line(g.port, "BOB", user("bob", "another-long-password"), seq=3)
    t.ok(b.refused(), "also with the right password: it tells nothing")
    a = Line(g.port, "ALICE", user("carol", PASSWORD), seq=3)
    t.ok(a.up(), "another user from there is not locked", a.got)
    a.logout()

    def in_again():
        s = Line(g.port, "BOB", user("bob", "another-long-password"), seq=3)
        ok = s.up()
        if ok:
            s.logout()
        return ok
    t.ok(until(in_again), "time opens the lock")


def reload(g, line):
    a = Line(g.port, "ALICE", user("alice", PASSWORD), seq=5)
    b = Line(g.port, "BOB", user("bob", "another-long-password"), seq=5)
    t.ok(a.up() and b.up(), "two are on", (a.got, b.got))
    write_credentials(g, "alice password nonsense ALICE\n")
    g.process.send_signal(signal.SIGHUP)
    t.ok(until(lambda: "not reloaded" in g.tail(20)),
         "a file with a fault is not taken", g.tail(5))
    t.ok("credentials:1: " in g.tail(20) and "nonsense" not in g.tail(20),
         "the log names the line and repeats no verifier", g.tail(5))
    write_credentials(g, line)
    asked = time.monotonic()
    a.got = b.got = b""
    g.process.send_signal(signal.SIGHUP)
    t.ok(b"\x0135=5\x01" in b.read(b"\x0135=5\x01") and b"withdrawn" in b.got,
         "a credential that is gone logs its session out", b.got)
    t.note(f"{time.monotonic() - asked:.2f} s from SIGHUP to Logout")
    b.close()
    a.send("1", [(112, "STILL")])
    t.ok(b"112=STILL" in a.read(b"112=STILL"), "another's stays on", a.got)
    a.logout()
    s = Line(g.port, "BOB", user("bob", "another-long-password"), seq=7)
    t.ok(s.refused(), "and can't log on any more")
    without_file(g)


def without_file(g):
    """Sessions ask for proof until a restart, also when the new settings have
    no credentials: then nobody has any."""
    a = Line(g.port, "ALICE", user("alice", PASSWORD), seq=8)
    t.ok(a.up(), "one is on", a.got)
    with open(g.conf) as f:
        conf = f.read()
    with open(g.conf, "w") as f:
        f.write(conf.replace("CredentialsFile", "# CredentialsFile")
                .replace("LogonAuth", "# LogonAuth"))
    a.got = b""
    g.process.send_signal(signal.SIGHUP)
    t.ok(b"withdrawn" in a.read(b"withdrawn"),
         "settings without CredentialsFile log out all who proved themselves",
         a.got)
    a.close()
    s = Line(g.port, "ALICE", user("alice", PASSWORD), seq=9)
    t.ok(s.refused(), "and let nobody in", s.got)


passwords()
t.done()
