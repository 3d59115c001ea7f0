"""fixgated as a daemon: start, ready, stop, reload, crash of either process."""
import os
import pwd
import re
import signal
import socket
import stat
import subprocess
import time

from fixclient import FixClient
from gateway import FIXGATED, Gateway
from tap import Tap

t = Tap()


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(x) for x in f.read().split()]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(what, timeout=60):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.02)
    return None


def log_of(g):
    with open(g.log, errors="replace") as f:
        return f.read()


def client(g):
    c = FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
    return c.connect(g.port)


def order(c, cl_ord_id, qty):
    c.send("D", [(11, cl_ord_id), (1, "DEMO"), (55, "AAPL"), (54, 1),
                 (38, qty), (40, 2), (44, "187.00"),
                 (60, "20260101-00:00:00")])
    return c.wait(lambda m: m.get(11) == cl_ord_id)


def test_ready_line_names_the_port_that_the_system_chose():
    with Gateway() as g:
        g.start(env={"FIX_PORT": "0"})
        m = re.search(r"^fixgated: ready: FIX on 127\.0\.0\.1:(\d+)$",
                      log_of(g), re.M)
        t.ok(m and int(m.group(1)) > 0, "the ready line names the real port",
             log_of(g))
        g.port = int(m.group(1))
        t.ok(client(g).up, "and a client logs on there")


def test_notify_socket():
    with Gateway() as g, socket.socket(socket.AF_UNIX,
                                       socket.SOCK_DGRAM) as s:
        path = os.path.join(g.dir, "notify")
        s.bind(path)
        s.settimeout(60)
        g.start(env={"NOTIFY_SOCKET": path})
        t.ok(s.recv(100) == b"READY=1", "NOTIFY_SOCKET is told READY=1")
        g.stop()
        t.ok(s.recv(100) == b"STOPPING=1", "and STOPPING=1")


def test_sigterm_logs_out_and_ends_with_0():
    with Gateway() as g:
        g.start()
        c = client(g)
        g.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not c.up or not c.pump(0.1))
        logouts = [x for x in c.seen.values() if (35, "5") in x]
        t.ok(logouts, "SIGTERM sends every session a Logout")
        c.lost()
        t.ok(g.process.wait(60) == 0, "and ends with status 0", g.tail())
        t.ok("stopped in order" in log_of(g), "in order", g.tail())
        t.ok(not os.path.exists(os.path.join(
            g.dir, "data", "trading", "control.sock")),
            "the operator's socket is gone")


def test_sigterm_does_not_wait_for_ever():
    with open(os.path.join(os.environ["TOP_SRCDIR"], "gateway",
                           "demo.conf")) as f:
        conf = f.read().replace("[GATEWAY]", "[GATEWAY]\nDrainTimeout=1")
    conf = conf.replace("[DEFAULT]", "[DEFAULT]\nLogoutTimeout=600")
    with Gateway(conf) as g:
        g.start()
        c = client(g)          # and never answers the Logout
        status = g.stop()
        t.ok(status == 0, "a peer that does not answer can't hold up SIGTERM",
             g.tail())
        c.lost()


def test_killed_trader_comes_back_with_its_numbers():
    with Gateway() as g:
        g.start()
        c = client(g)
        t.ok(order(c, "A1", 5).get(39) == "0", "an order is taken")
        trader = children(g.process.pid)[0]
        os.kill(trader, signal.SIGKILL)
        t.ok(wait_for(lambda: not c.pump(0.1)),
             "a killed trader is a lost connection")
        c.connect(g.port)
        t.ok(c.up, "the client comes back to the same port")
        t.ok(order(c, "A2", 5).get(39) == "0", "and its numbers go on")
        t.ok(g.process.poll() is None and children(g.process.pid) != [trader],
             "the supervisor has started another trader", g.tail())
        t.ok("killed by signal 9" in log_of(g), "and says why", g.tail())


def test_killed_supervisor_takes_the_trader_down():
    with Gateway() as g:
        g.start()
        trader = children(g.process.pid)[0]
        os.kill(g.process.pid, signal.SIGKILL)
        g.process.wait()
        t.ok(wait_for(lambda: not alive(trader)),
             "a trader does not outlive its supervisor")
        g.start()
        t.ok(client(g).up, "and the gateway starts again at once")


def test_reload():
    with Gateway() as g:
        g.start()
        c = client(g)
        with open(g.conf) as f:
            text = f.read()
        t.ok(order(c, "R1", 500).get(39) == "0", "500 are within the limit")
        with open(g.conf, "w") as f:
            f.write(text.replace("MaxOrderQty=1000000", "MaxOrderQty=400"))
        g.process.send_signal(signal.SIGHUP)
        t.ok(wait_for(lambda: "settings reloaded" in log_of(g)),
             "SIGHUP reads the settings again", g.tail())
        m = order(c, "R2", 500)
        t.ok(m.get(39) == "8" and "QTY_MAX" in m.get(58),
             "a limit that was lowered holds at once", m)
        with open(g.conf, "w") as f:
            f.write(text + "\n[SESION]\n")
        g.process.send_signal(signal.SIGHUP)
        t.ok(wait_for(lambda: "not reloaded" in log_of(g)),
             "settings with a fault are not taken", g.tail())
        t.ok("did you mean 'SESSION'" in log_of(g), "and the fault is told")
        t.ok(order(c, "R3", 500).get(39) == "8", "and nothing has changed")
        t.ok(g.process.poll() is None, "the gateway goes on")


def test_operator():
    with Gateway() as g:
        g.start()
        path = os.path.join(g.dir, "data", "trading", "control.sock")
        mode = stat.S_IMODE(os.stat(path).st_mode)
        t.ok(mode == 0o600, "the operator's socket is the owner's", oct(mode))
        data = stat.S_IMODE(os.stat(os.path.join(g.dir, "data")).st_mode)
        t.ok(data == 0o700, "and so is the data folder", oct(data))
        t.ok("sessions 4 up 0" in g.ask("status"), "it answers status",
             g.ask("status"))
        t.ok(g.ask("nonsense").startswith("error:"),
             "and refuses what it does not know")
        c = client(g)
        g.ask("risk kill firm")
        m = order(c, "K1", 1)
        t.ok(m.get(39) == "8" and "KILL" in m.get(58),
             "a kill switch holds", m)
        os.kill(children(g.process.pid)[0], signal.SIGKILL)
        wait_for(lambda: not c.pump(0.1))
        c.connect(g.port)
        m = order(c, "K2", 1)
        t.ok(m.get(39) == "8" and "KILL" in m.get(58),
             "and survives a crash", m)
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            s.sendall(b"x" * 100000)
            s.settimeout(60)
            try:
                while s.recv(65536):
                    pass
                ended = True
            except ConnectionError:
                ended = True
            t.ok(ended, "a line without end is answered and closed")
        t.ok("sessions 4" in g.ask("status"), "and harms nobody")


def test_second_gateway_on_the_same_data():
    with Gateway() as g, Gateway() as other:
        g.start()
        p = subprocess.run([FIXGATED, "-c", other.conf], text=True,
                           env=dict(other.env, DATA_DIR=g.env["DATA_DIR"]),
                           capture_output=True, timeout=120)
        t.ok(p.returncode == 1, "a second gateway on the same data ends",
             p.stderr)
        t.ok(client(g).up, "and the first one goes on")


def test_trader_that_never_becomes_ready():
    with Gateway() as g, Gateway() as other:
        g.start()
        # The first gateway has the store, so the second one's trader waits.
        p = subprocess.Popen([FIXGATED, "-c", other.conf],
                             env=dict(other.env, DATA_DIR=g.env["DATA_DIR"],
                                      # a leak check is a child to kill, too
                                      ASAN_OPTIONS="detect_leaks=0"),
                             stderr=subprocess.PIPE, text=True)
        killed, end = set(), time.monotonic() + 60
        while p.poll() is None and time.monotonic() < end:
            try:
                for pid in children(p.pid):
                    if pid not in killed:
                        killed.add(pid)
                        os.kill(pid, signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                pass
            time.sleep(0.01)
        _, err = p.communicate()
        t.ok(p.returncode == 1 and "never became ready" in err,
             "a trader that dies before it is ready is not started for ever",
             err)
        t.ok(err.count("started again") == 5, "but five times more", err)


def test_file_size_limit():
    with Gateway() as g:
        p = subprocess.run(["sh", "-c", 'ulimit -f 64; exec "$@"', "-",
                            FIXGATED, "-c", g.conf], env=g.env, text=True,
                           capture_output=True, timeout=120)
        t.ok(p.returncode == 1 and "ready" not in p.stderr and
             "killed by" not in p.stderr,
             "a limit on the size of files is told, not died of", p.stderr)


def test_damaged_journal():
    with Gateway() as g:
        g.start()
        c = client(g)
        for i in range(20):
            order(c, f"D{i}", 1)
        g.kill()
        folder = os.path.join(g.dir, "data", "trading", "journal")
        hit = 0
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "r+b") as f:
                at = f.read(1 << 20).find(b"35=A")
                if at > 0:  # the first Logon: records stand behind it
                    f.seek(at)
                    f.write(b"35=B")
                    hit += 1
        t.ok(hit == 1, "a byte of an old record is changed")
        p = subprocess.run([FIXGATED, "-c", g.conf], env=g.env, text=True,
                           capture_output=True, timeout=120)
        t.ok(p.returncode == 1, "a damaged journal is not started on",
             f"{p.returncode} {p.stderr}")
        t.ok("ready" not in p.stderr, "no door is opened", p.stderr)
        t.ok(len([x for x in p.stderr.splitlines() if " error " in x]) == 2,
             "one sentence says why, one that it ends", p.stderr)


def test_root_becomes_the_user():
    if os.geteuid() != 0:
        t.skip("root becomes the user", "we are not root")
        return
    with open(os.path.join(os.environ["TOP_SRCDIR"], "gateway",
                           "demo.conf")) as f:
        conf = f.read().replace("[GATEWAY]", "[GATEWAY]\nUser=nobody")
    with Gateway(conf) as g:
        os.chmod(g.dir, 0o711)
        g.start()
        trader = children(g.process.pid)[0]
        with open(f"/proc/{trader}/status") as f:
            status = f.read()
        nobody = pwd.getpwnam("nobody").pw_uid
        t.ok(f"Uid:\t{nobody}\t{nobody}\t{nobody}\t{nobody}\n" in status,
             "started as root, the trader is the user", status)
        t.ok(re.search(r"^CapEff:\t0+$", status, re.M),
             "and has no capability", status)
        t.ok(client(g).up and os.stat(os.path.join(
            g.dir, "data")).st_uid == nobody, "and works in a folder of its")
        os.kill(g.process.pid, signal.SIGKILL)
        g.process.wait()
        t.ok(wait_for(lambda: not alive(trader)),
             "and still dies with its supervisor")


for name, case in list(globals().items()):
    if name.startswith("test_"):
        try:
            case()
        except Exception as e:  # one broken case must not hide the others
            t.ok(False, name, repr(e))
t.done()
