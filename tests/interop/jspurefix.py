#!/usr/bin/env python3
"""jspurefix (npm) against the gateway: a client in FIX.4.2, FIX.4.4 and
FIXT.1.1 with FIX.5.0SP2, and its dictionaries in our loader.

npm installs it once, below the build folder; JSPUREFIX_DIR names another
folder that has it (the one with node_modules in it). An argument such as
4.2 runs that version alone.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

from day import Day
from fixclient import FixClient
from gateway import BUILD, FIXGATE, FULL, TOP, Gateway
from npm import install
from peers import VERSIONS, LinePeer, order
from tap import Tap

VERSION = "5.11.4"
HERE = os.path.join(TOP, "tests", "interop")
PEER = os.path.join(HERE, "jspurefix_peer.js")
DICT_TOOL = os.path.join(BUILD, "tests", "dictionaries", "dict_tool")
DICTS = {"4.2": "FIX42.xml", "4.4": "FIX44.xml", "5.0SP2": "FIX50SP2.xml"}
t = Tap()


# --- jspurefix itself ---------------------------------------------------------

def package(npm):
    return os.path.join(npm, "node_modules", "jspurefix")


def jspurefix():
    """@return the folder that has it; ends the test where there is none"""
    if os.environ.get("JSPUREFIX_DIR"):
        return os.environ["JSPUREFIX_DIR"]
    folder, why = install(HERE, "jspurefix", VERSION, "npm")
    if why:
        t.skip("jspurefix", why)
        t.done()
    return folder


class JsPureFix(LinePeer):
    """jspurefix as an initiator that keeps its sequence numbers in files."""

    def __init__(self, npm, version, port):
        begin, comp, _, appl = VERSIONS[version]
        self.dir = tempfile.mkdtemp(prefix="fixgate-js-")
        self.settings = {
            "application": {
                "type": "initiator", "name": "client", "protocol": "ascii",
                "tcp": {"host": "127.0.0.1", "port": port},
                "dictionary": os.path.join(package(npm), "data",
                                           DICTS[version]),
                "resilient": True, "reconnectSeconds": 0.5,
                "connectTimeoutSeconds": 90, "recoveryAttemptSeconds": 0.1,
                "backoffFailConnectSeconds": 0.1},
            "BeginString": begin, "SenderCompId": comp,
            "TargetCompID": "FIXGATE", "HeartBtInt": 30,
            "ResetSeqNumFlag": False,
            "store": {"type": "file", "directory": f"{self.dir}/store"},
            "Logon": {"DefaultApplVerID": appl} if appl else {}}
        super().__init__(["node", PEER, npm,
                          os.path.join(self.dir, "settings.json")])

    def start(self, reset=False):
        self.settings["ResetSeqNumFlag"] = reset
        with open(self.argv[-1], "w") as f:
            json.dump(self.settings, f)
        self.events.clear()  # of the process before
        return super().start()

    def close(self):
        self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


# --- what a bad day adds to a day ---------------------------------------------

def comes_back(day, qty, name):
    """An order from before the trouble is still there to be cancelled."""
    day.peer.wait_event("logon")
    day.report(day.cancel(day.live, "1", qty), "4", "4")
    day.ok(True, name)


def trouble(gw, day):
    """The connection is lost, then the gateway."""
    day.live = day.acked("1", 25, "179.00")
    day.peer.tell("drop")
    day.peer.wait_event("logout")
    comes_back(day, 25, "after a lost connection its order is there")
    day.live = day.acked("1", 27, "179.20")
    gw.kill()
    day.peer.wait_event("logout")
    gw.start()
    comes_back(day, 27, "a killed gateway comes back with the order")


def fill_while_away(gw, day, qty):
    """@return an order of the client's that filled when it was dead"""
    live = day.acked("1", qty, "187.25")
    day.peer.kill()
    other = FixClient("FIX.4.2", "OTHER", "FIXGATE")
    other.connect(gw.port)
    fields = order(f"{day.tag}-x{qty}", "2", qty, "187.25", tif="3")
    other.send("D", fields)
    m = other.wait(lambda m: m.type == "8" and m.get(39) in "24")
    other.logout()
    if m.get(39) != "2":
        day.ok(False, "the other side's order filled", str(m))
    return live


def away(gw, day):
    """With its own numbers it is resent; after 141=Y it comes as new."""
    day.live = day.acked("1", 26, "179.10")
    live = fill_while_away(gw, day, 5)
    day.peer.start()
    comes_back(day, 26, "killed, it comes back with its own numbers")
    m = day.report(live, day.fill_type("2"), "2")
    day.ok(m.get(43) == "Y" and 122 in m,
           "a fill while it was dead is resent, 43=Y", m)
    live = fill_while_away(gw, day, 6)
    day.peer.start(reset=True)
    day.peer.wait_event("logon")
    logon = next(m for m in reversed(day.peer.admins) if m.get(35) == "A")
    day.ok(logon.get(141) == "Y" and logon[34] == "1",
           "its 141=Y is answered with 141=Y and MsgSeqNum 1", logon)
    m = day.report(live, day.fill_type("2"), "2")
    day.ok(43 not in m and int(m[34]) < 20,
           "after 141=Y the fill comes under a new number", m)
    day.market()


def gap(day):
    """MsgSeqNums that never came are asked for, and filled by its engine."""
    day.peer.admins.clear()
    day.peer.tell("skip 3")
    day.peer.send("H", [(11, "unknown"), (55, "AAPL"), (54, "1")])

    def asked():
        return next((m for m in day.peer.admins if m.get(35) == "2"), None)
    m = day.peer.wait("ResendRequest", asked)
    day.ok(int(m[7]) > 1, "a gap in its numbers is asked for", m)
    day.market()


def client(npm, version):
    comp = VERSIONS[version][1]
    with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
        conf = f.read()
    conf += "\n[SESSION]\nBeginString=FIX.4.2\nTargetCompID=OTHER\n"
    with Gateway(conf) as gw:
        js = JsPureFix(npm, version, gw.port)
        day = Day(t, js, version, f"JS-{comp}")
        try:
            gw.start()
            js.start()
            js.wait_event("logon")
            day.ok(True, f"jspurefix logs on in {version}")
            day.run()
            trouble(gw, day)
            gap(day)
            away(gw, day)
            js.tell("logout")
            js.wait_event("logout")
            js.process.wait(60)
            day.ok(True, "a Logout ends the session on both sides")
            rejects = [m for m in js.admins if m.get(35) == "3"]
            errors = [e for e in js.events if e.startswith("error")]
            day.ok(not rejects and not errors,
                   "no session Reject and no error of the client's",
                   rejects[:3] + errors[:3])
        except Exception as e:
            day.ok(False, "the day ends", f"{type(e).__name__}: {e}\n" +
                   gw.tail())
        finally:
            js.close()


# --- its dictionaries ---------------------------------------------------------

MESSAGES = {
    "FIX42.xml": ("FIX.4.2", []),
    "FIX43.xml": ("FIX.4.3", []),
    "FIX44.xml": ("FIX.4.4", []),
    "FIX50SP2.xml": ("FIXT.1.1", [(1128, "9")]),
}


def message(begin, extra):
    """An order on one line, as fixgate decode reads it."""
    body = [(35, "D"), *extra, (49, "A"), (56, "B"), (34, 2),
            (52, "20260101-00:00:00"), *order("C1", "2", 7, "187.25")]
    text = "".join(f"{tag}={value}\x01" for tag, value in body)
    text = f"8={begin}\x019={len(text)}\x01{text}"
    return f"{text}10={sum(text.encode()) % 256:03d}\x01\n"


def decodes(path, begin, extra):
    name = f"an order is decoded with jspurefix's {os.path.basename(path)}"
    run = subprocess.run([FIXGATE, "decode", "-d", path],
                         input=message(begin, extra), capture_output=True,
                         text=True, timeout=120)
    words = ("NewOrderSingle", "Side", "SELL", "OrderQty", "187.25")
    missing = [w for w in words if w.lower() not in run.stdout.lower()]
    t.ok(run.returncode == 0 and not missing, name,
         f"status {run.returncode}, without {missing}\n{run.stdout}"
         f"{run.stderr}")


def dictionaries(npm):
    data = os.path.join(package(npm), "data")
    files = sorted(os.path.join(data, f) for f in os.listdir(data)
                   if f.startswith("FIX") and f.endswith(".xml"))
    run = subprocess.run([DICT_TOOL, *files], capture_output=True, text=True,
                         timeout=300)
    lines = run.stdout.splitlines()
    t.ok(len(files) >= 5 and run.returncode == 0 and
         len(lines) == len(files) and
         all(" ok " in line and "=0 " not in line for line in lines),
         "jspurefix's dictionaries load", run.stdout + run.stderr)
    for name, (begin, extra) in MESSAGES.items():
        decodes(os.path.join(data, name), begin, extra)


def main():
    npm = jspurefix()
    dictionaries(npm)
    for version in sys.argv[1:] or (list(VERSIONS) if FULL else ["4.4"]):
        client(npm, version)
    t.done()


if __name__ == "__main__":
    main()
