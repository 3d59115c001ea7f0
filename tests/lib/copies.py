"""What tests of backups share: a gateway with small files, orders from a thread
of its own, and what is in a journal."""
import collections
import json
import os
import re
import subprocess
import threading
import time

from fixclient import FixClient
from gateway import FIXGATE, TOP

KEY = subprocess.run([FIXGATE, "keys", "new"], capture_output=True,
                     text=True).stdout.strip()


def conf(more=""):
    with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
        return f.read().replace(
            "DataDir=", "SegmentSize=256K\nTableSize=128M\nDataDir=") + \
            "\n[AUDIT]\nName=audit.example/demo\n" + more


def run(g, *args, key=KEY, timeout=120):
    """fixgate ARGS. @return status, what it said"""
    p = subprocess.run([FIXGATE, args[0], "-c", g.conf, *args[1:]],
                       env=dict(g.env, ENCRYPTION_KEY=key),
                       capture_output=True, text=True, timeout=timeout)
    return p.returncode, p.stdout + p.stderr


def listed(path, *args):
    """The list of a backup."""
    return json.loads(subprocess.run(
        [FIXGATE, "backup", "--show", path, *args], capture_output=True,
        text=True, check=True).stdout)


def order(name, qty=1, px="190.00"):
    return "D", [(11, name), (1, "DEMO"), (55, "AAPL"), (54, 1), (38, qty),
                 (40, 2), (44, px), (60, "20260101-00:00:00")]


def ids(g):
    """Which orders NAME-n were answered, by the journal: by NAME."""
    rc, out = run(g, "journal", "list", "--type", "8")
    assert rc == 0, out
    found = collections.defaultdict(set)
    for name, n in re.findall(r"\b([A-Z])-(\d+)\b", out):
        found[name].add(f"{name}-{n}")
    return found


class Load(threading.Thread):
    """Sends orders until told to stop; .acked are those that were answered."""

    def __init__(self, g, name, most=10 ** 9, client=None):
        """client: that of an earlier one, whose numbers go on."""
        super().__init__(daemon=True)
        self.name_, self.most, self.acked, self.enough = name, most, [], False
        self.fault = None
        self.client = client or FixClient("FIX.4.4", "CLIENT44", "FIXGATE")
        self.client.connect(g.port)
        self.start()

    def run(self):
        try:
            self.trade()
        except Exception as e:  # told by done()
            self.fault = e

    def trade(self):
        n = 0
        while n < self.most and not self.enough:
            self.client.send_all([order(f"{self.name_}-{n + i}")
                                  for i in range(10)])
            for i in range(10):
                self.client.wait(lambda m: m.get(11) ==
                                 f"{self.name_}-{n + i}" and
                                 m.get(150) == "F")
                self.acked.append(f"{self.name_}-{n + i}")
            self.client.inbox.clear()
            n += 10
            time.sleep(0.01)

    def reach(self, n):
        while len(self.acked) < n and self.is_alive():
            time.sleep(0.002)

    def done(self):
        self.enough = True
        self.join()
        if self.fault:
            raise self.fault
        self.client.lost()
        return set(self.acked)
