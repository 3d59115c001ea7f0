"""The disk of the gateway fills up while orders come (T16, S-05): an alarm, then
only orders that reduce, then only cancels; nothing that a client was told is
lost by a kill, and the trail has all of it once there is room again."""
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chain  # noqa: E402
import day  # noqa: E402
from gateway import Gateway  # noqa: E402
from tap import Tap  # noqa: E402

DISK = os.environ.get("FULL_DISK")  # a folder where we may mount
CONF = day.CONF.replace("SegmentSize=1M\nTableSize=16M",
                        "SegmentSize=256K\nTableSize=8M\nReadyOrders=0", 1)
STEPS = ["this is an alarm only", "orders must reduce positions",
         "only cancels are taken"]



class T16(Tap):
    def ok(self, good, name, detail=""):
        return super().ok(good, "T16: " + name, detail)


t = T16()


def private():
    """Run again where a file system may be mounted that nobody else sees."""
    me = [sys.executable, os.path.abspath(__file__)]
    with tempfile.TemporaryDirectory(prefix="fixgate-full-") as at:
        probe = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", at]
        for ns in (["unshare", "-m"], ["unshare", "-Urm"]):
            try:
                able = subprocess.run([*ns, *probe],
                                      capture_output=True).returncode == 0
            except FileNotFoundError:
                able = False
            if able:
                return subprocess.run([*ns, *me], env=dict(
                    os.environ, FULL_DISK=at)).returncode
    t.skip("T16: the disk of the journal fills up", "no file system can be "
           "mounted here: neither as root nor in a user namespace")
    t.done()


class Disk:
    """A small file system at a folder."""

    def __init__(self, at, size):
        self.at = at
        self.ballast = os.path.join(at, "ballast")
        os.makedirs(at, 0o700)
        self.mount(f"mode=700,size={size}")

    def mount(self, options):
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", self.at],
                       check=True)

    def fill(self):
        """To the last byte."""
        try:
            with open(self.ballast, "wb", buffering=0) as f:
                while f.write(b"x" * 4096):
                    pass
        except OSError:
            pass

    def room(self):
        if os.path.exists(self.ballast):
            os.unlink(self.ballast)
        self.mount("remount,size=64m")


def log(g):
    with open(g.log, errors="replace") as f:
        return f.read()


class Client:
    """What one client was told, by ClOrdID."""

    def __init__(self, g):
        self.c = day.client(g)
        self.n, self.told, self.refused, self.live = 0, [], [], []

    def read(self):
        for m in self.c.inbox:
            if m.type == "j":
                self.refused.append(m)
            elif m.type == "8":
                self.told.append((m.get(11), m.get(17), m.get(150)))
                if m.get(150) == "0":
                    self.live.append(m.get(11))
                if m.get(150) == "4":
                    self.live.remove(m.get(41))
                if m.get(150) == "8":
                    self.refused.append(m)
        self.c.inbox.clear()

    def orders(self, n=50):
        for _ in range(n):
            self.n += 1
            day.order(self.c, f"A{self.n}", 1, "180.00", text="x" * 200)
        last = f"A{self.n}"
        m = self.c.wait(lambda m: m.type == "j" and m.get(379) == last or
                        m.get(11) == last and m.get(150) in "08")
        self.c.inbox.append(m)
        self.read()

    def until(self, g, what):
        end = time.monotonic() + 60
        while not what(log(g)) and time.monotonic() < end:
            self.orders()
        return what(log(g))

    def ask_cancel(self, which):
        self.n += 1
        self.c.send("F", [(11, f"C{self.n}"), (41, which), (55, "AAPL"),
                          (54, 1), (38, 1), (60, "20260101-00:00:00")])

    def cancel_at_once(self, which):
        """@return those that were not canceled"""
        for name in which:
            self.ask_cancel(name)
        left = set(which)

        def ends(m):
            if m.get(41) in left and m.get(150) == "4":
                left.remove(m.get(41))
            return not left or m.type in "9j"
        self.c.inbox.append(self.c.wait(ends))
        self.read()
        return sorted(left)

    def cancel(self, which):
        """@return it was canceled"""
        self.ask_cancel(which)
        m = self.c.wait(lambda m: m.get(41) == which and
                        (m.get(150) == "4" or m.type in "9j"))
        self.c.inbox.append(m)
        self.read()
        if m.get(150) != "4":
            t.note(m)
        return m.get(150) == "4"


def fills(g, a, alone):
    """The steps, on the way to a disk without room."""
    for says in STEPS:
        t.ok(a.until(g, lambda text: says in text or not alone and
                     "no room for the next" in text),
             f"as the disk fills up, {says}", g.tail())
        if alone and says == STEPS[0]:
            t.ok(not a.refused, "at the alarm all orders are taken",
                 a.refused[:1])
    a.orders(3)
    why = " ".join(m.get(58, "") for m in a.refused)
    if alone:
        t.ok("by=DISK" in why, "REDUCING refuses what does not reduce",
             why[:200])
    t.ok("only cancels are taken" in why, "HALT refuses every order",
         why[-200:])


def is_full(g, a, disk):
    disk.fill()
    good = [a.cancel(a.live[-1 - i]) for i in range(20)]
    t.ok(all(good), "not a byte is free, and cancels are carried out",
         good)
    day.order(a.c, "N1")
    m = a.c.wait(lambda m: m.type == "j")
    t.ok("disk" in m.get(58), "orders are refused, by a code and a text", m)
    left = a.cancel_at_once(a.live[-200:])
    t.ok(not left, "200 cancels at once are carried out, too", left)
    t.ok(g.process.poll() is None and a.c.up,
         "the gateway lives and the session is up", g.tail())


def taken(a):
    """@return a new order is; not before the venue's orders are known again"""
    a.n += 1
    name = f"L{a.n}"
    day.order(a.c, name, 1, "180.00")
    m = a.c.wait(lambda m: m.get(11) == name and m.get(150) in "08")
    a.c.inbox.append(m)
    a.read()
    if m.get(150) == "8" and "not reconciled yet" not in m.get(58):
        raise RuntimeError(str(m))
    return m.get(150) == "0"


def comes_back(g, a, disk):
    """Killed on the full disk; started when there is room."""
    g.kill()
    a.c.lost()
    disk.room()
    g.start()
    a.c.connect(g.port)
    a.c.settle()
    a.read()
    t.ok(a.cancel(a.live[0]), "an order of before the kill is there")
    t.ok(day.wait_for(lambda: taken(a), 20), "with room again orders are taken",
         g.tail())


def whole(g, a):
    """Client, journal and trail say the same."""
    said = g.fixgate("journal", "list")
    t.ok("torn" not in said, "no record is torn")
    events = chain.check(day.audit(g, "export").stdout.splitlines())
    execs = {e["details"].get("exec_id") for e in events}
    lost = [x for x in a.told if x[1] not in execs]
    t.ok(len(a.told) > 500 and not lost,
         "every report that a client had is in the trail",
         f"{len(lost)} of {len(a.told)}: {lost[:3]}")
    new = [e["details"]["cl_ord_id"] for e in events
           if e["event_type"] == "ORDER_SUBMITTED"]
    t.ok(len(new) == len(set(new)), "none of them twice", len(new))
    p = day.audit(g, "verify", check=False)
    t.ok(p.returncode == 0, "the trail verifies", p.stdout + p.stderr)


def run(name, where, size):
    with Gateway(CONF) as g:
        g.env["DATA_DIR"] = os.path.join(DISK, name)
        disk = Disk(os.path.join(DISK, name, where), size)
        g.start()
        a = Client(g)
        fills(g, a, where != "")
        is_full(g, a, disk)
        comes_back(g, a, disk)
        last = g.fixgate("journal", "list", "--json").count("\n")
        day.wait_for(lambda: day.status(g)["journal_record"] >= last, 20)
        whole(g, a)
        t.ok(g.stop() == 0, "and it stops as always")
        subprocess.run(["umount", disk.at], check=True)


if DISK is None:
    sys.exit(private())
for name, where, size in (("own", "trading/journal", "8m"),
                          ("shared", "", "12m")):
    t.note(f"the journal's disk is {name}")
    run(name, where, size)
t.done()
