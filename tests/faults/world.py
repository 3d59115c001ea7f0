"""A gateway with places to die at, a client, a drop copy subscriber, and the
views that oracles.py judges.

    with World(conf) as w:
        w.arm("K4_committed", 7)
        w.until_death(lambda: ...)   # requests, until it has died
        w.after_death()              # oracles, new start, all heard, oracles
"""
import json
import os
import re
import subprocess
import time

from fixclient import Broken, FixClient, utc
import gateway
from gateway import BUILD, FIXGATE, TOP, Gateway
from journalfile import Journal
import oracles

FAILPOINTS = os.path.join(BUILD, "tests", "faults", "fixgated_failpoints")
CLIENT, COPIES = 1, 2  # session numbers, by their order in the settings


def settings(more="", sim=""):
    """demo.conf with one client, small files, and an audit trail."""
    with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
        text = f.read()
    for name in ("CLIENT42", "CLIENT50"):
        text = re.sub(r"\[SESSION\]\n(?:(?!\[).)*?TargetCompID=" + name + "\n",
                      "", text, count=1, flags=re.S)
    text = text.replace("Type=sim", f"Type=sim\n{sim}", 1)
    return text.replace("[GATEWAY]", f"[GATEWAY]\nSegmentSize=1M\n"
                        f"TableSize=16M\n{more}", 1) + \
        "\n[AUDIT]\nName=audit.example/faults\n"


class Peer(FixClient):
    """Leaves judgement to the oracles."""

    def __init__(self, name, session):
        super().__init__("FIX.4.4", name, "FIXGATE")
        self.view = oracles.Wire(session)

    def watch(self, m):
        self.view.take(m)
        if m.type != "4":
            self.seen[m.seq] = m.content()

    def use(self, m):
        if m.type != "B":
            super().use(m)
        else:
            self.next_in = m.seq + 1
        self.view.next_in = self.next_in


class World:
    def __init__(self, conf, broken=None):
        gateway.FIXGATED = FAILPOINTS
        self.gw = Gateway(conf)
        self.file = os.path.join(self.gw.dir, "armed")
        self.env = {"FAILPOINT": self.file}
        if broken:
            self.env["BROKEN"] = broken
        self.arms = 0
        self.client = Peer("CLIENT44", CLIENT)
        self.copies = Peer("DROPCOPY", COPIES)
        self.journal = Journal(os.path.join(self.gw.dir, "data", "trading",
                                            "journal"))
        self.views = oracles.Views(self.client.view, self.copies.view, [])
        self.unanswered = set()  # ClOrdIDs of requests

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.client.lost()
        self.copies.lost()
        self.gw.close()

    def start(self):
        self.gw.start(env=self.env)
        self.connect()

    def connect(self):
        self.client.connect(self.gw.port)
        self.copies.connect(self.gw.port)

    def arm(self, place, n):
        self.arms += 1
        with open(self.file + ".new", "w") as f:
            f.write(f"{place} {n} {self.arms}\n")
        os.rename(self.file + ".new", self.file)

    # --- requests ----------------------------------------------------------

    def order(self, name, side, qty, price, tif=0):
        fields = [(11, name), (1, "DEMO"), (21, 1), (55, "AAPL"), (54, side),
                  (60, utc()), (38, qty), (40, 2), (44, price), (59, tif)]
        self.client.view.sent[name] = tuple(fields)
        self.unanswered.add(name)
        return "D", fields

    def cancel(self, name, of):
        """of: the order's name."""
        sent = dict(self.client.view.sent[of])
        self.client.view.cancels.add(name)
        self.unanswered.add(name)
        return "F", [(11, name), (41, of), (55, "AAPL"), (54, sent[54]),
                     (60, utc()), (38, sent[38])]

    def heard(self):
        """Which requests are answered: New, Rejected, Canceled, 9."""
        for m in self.client.inbox:
            if m.type == "j":
                raise Broken(f"refused: {m}")
            if m.type == "9" or m.get(150) in ("0", "8", "4", "5"):
                self.unanswered.discard(m.get(11))
        self.client.inbox.clear()
        self.copies.inbox.clear()

    # --- death and what comes after ----------------------------------------

    def until_death(self, requests, wait=0.05, tries=600):
        """requests(): a list to send, each time one was heard of."""
        for _ in range(tries):
            self.client.send_all(requests())
            self.client.pump(wait)
            self.copies.pump(0)
            self.heard()
            if self.client.sock is None:
                break
        self.bury()

    def bury(self):
        """It must have died; what it has said is heard to the end."""
        if os.path.exists(self.file):
            raise Broken("the point was never reached")
        for peer in (self.client, self.copies):
            while peer.pump(1) and peer.sock is not None:
                pass
        self.heard()
        self.gw.kill()

    def told(self, name, want, timeout=60):
        """The client's report of that ClOrdID and ExecType."""
        end = time.monotonic() + timeout
        while True:
            for m in self.client.view.first_told():
                if m[35] == "8" and m[11] == name and m[150] in want:
                    return m
            if not self.client.pump(0.2) or time.monotonic() > end:
                raise Broken(f"{name} was not told 150={want}")
            self.heard()

    def read_journal(self):
        self.views.turns += self.journal.more()

    def judge_dead(self):
        """What stands in the journal, before anything comes after it."""
        self.read_journal()
        self.views.settled = False
        oracles.check(self.views)

    def after_death(self):
        self.judge_dead()
        self.start()
        self.settle()
        oracles.check(self.views)

    def settle(self, timeout=60):
        """All has been heard, the tables and the auditor have followed."""
        end = time.monotonic() + timeout
        while self.unanswered:
            if not self.client.pump(0.2) or time.monotonic() > end:
                raise Broken(f"never answered: {list(self.unanswered)[:5]}")
            self.heard()
        self.client.settle()
        self.heard()
        self.read_journal()
        while self.uncopied():
            if not self.copies.pump(0.2) or time.monotonic() > end:
                raise Broken("never copied")
            self.read_journal()
        self.copies.settle()
        self.heard()
        self.read_journal()
        self.tables(end)
        self.audit(end)
        self.views.settled = True

    def uncopied(self):
        theirs = {m[17] for m in oracles.executions(
            oracles.told(self.views, self.client.view))}
        return theirs - {m[17] for m in oracles.executions(
            self.copies.view.first_told())}

    def tables(self, end):
        while True:
            out = self.gw.fixgate("journal", "hash", check=False)
            found = {w[0]: (w[1], int(w[3]))
                     for w in map(str.split, out.splitlines()) if len(w) == 4}
            if found and found["tables"][1] == found["replay"][1] or \
               time.monotonic() > end:
                break
        self.views.hashes = found
        self.views.rows = json.loads(self.gw.fixgate("orders", "--json"))

    def audit(self, end):
        want = oracles.audited(self.views)
        while True:
            records = {int(n) for n in re.findall(
                r'"journal_record": ?(\d+)',
                self.fixgate("audit", "export").stdout)}
            if want <= records or time.monotonic() > end:
                break
            time.sleep(0.005)
        p = self.fixgate("audit", "verify")
        self.views.audit = (p.returncode, p.stdout + p.stderr, records)

    def fixgate(self, *args):
        return subprocess.run([FIXGATE, *args, "-c", self.gw.conf],
                              env=self.gw.env, capture_output=True, text=True,
                              timeout=120)

    def stop(self):
        """In order. The tables are the journal's then, too."""
        self.client.logout()
        self.copies.logout()
        if self.gw.stop() != 0:
            raise Broken("SIGTERM did not end it with status 0")
        self.read_journal()
        self.tables(0)
        oracles.o6(self.views)
