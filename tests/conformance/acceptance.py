"""QuickFIX's acceptance cases against `fixgate echo`, a line a case.

For each set of dictionaries (QuickFIX's and ours) one acceptor is started on a
free port, and ../shared/tools/acceptance_runner.py plays the suites of FIX 4.2,
4.4 and 5.0SP2 against it, the suites side by side. Cases that take long (4a, 6)
are played at the same time against acceptors of their own. Times are sent in
milliseconds, or 2o might fall on the edge of its two minutes; but 2m's wrong
BodyLength was counted for whole seconds.

Where ../shared (or FIXGATE_SHARED) is absent the test says so and skips.
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tap import Tap

SRC = Path(os.environ.get("TOP_SRCDIR", "."))
BUILD = Path(os.environ.get("TOP_BUILDDIR", "build"))
SHARED = Path(os.environ.get("FIXGATE_SHARED", SRC / ".." / "shared"))
SUITES = ["fix42", "fix44", "fix50sp2"]
APART = {"long": ["6_*"], "whole seconds": ["4a_*", "2m_*"]}
# 2r: QuickFIX writes 1137 into its BusinessMessageReject, which no dictionary
# of FIXT.1.1 allows there.
RUNNER_OPTIONS = ["--ignore", "1137", "--timeout", "30", "--settle", "0.02"]


class Acceptor:
    """`fixgate echo` with the suites' settings, on a port of its choice."""

    def __init__(self, folder: Path, dictionaries: Path):
        settings = (SHARED / "data" / "acceptance" / "settings.cfg").read_text()
        settings = settings.replace("DICTIONARIES", str(dictionaries))
        settings = re.sub(r"SocketAcceptPort=\d+", "SocketAcceptPort=0", settings)
        folder.mkdir()
        (folder / "echo.cfg").write_text(settings)
        self.log = open(folder / "log", "w+")
        self.process = subprocess.Popen(
            [BUILD / "gateway" / "fixgate", "echo", "-c", folder / "echo.cfg"],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        found = re.match(r"listening on \S+ port (\d+)", line)
        self.port = int(found[1]) if found else 0

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=30)
        self.process.stdout.close()
        return status


def run(port, out, *options):
    """Start the runner; its results are in the file out when it ends."""
    return subprocess.Popen(
        [sys.executable, SHARED / "tools" / "acceptance_runner.py", "--port", str(port), "--json", out,
         *RUNNER_OPTIONS, *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def folders():
    return [str(SHARED / "data" / "acceptance" / suite) for suite in SUITES]


def told(t, name, out, process):
    errors = process.communicate()[1]
    if not out.exists():
        t.ok(False, f"{name}: the runner ran", errors)
        return 0
    cases = json.loads(out.read_text())["cases"]
    for case in cases:
        line = f"{name}: {case['suite']}/{case['case']}"
        detail = "\n".join([f"line {case['line']}: {case['reason']}", *case["transcript"]])
        t.ok(case["status"] == "passed", line, detail)
    return len(cases)


def main():
    t = Tap()
    if not (SHARED / "tools" / "acceptance_runner.py").exists():
        t.skip("QuickFIX's acceptance suites", f"{SHARED} is not there")
        t.done()
    sets = {"QuickFIX's dictionaries": SHARED / "data" / "dictionaries" / "quickfix",
            "our dictionaries": SRC / "dictionaries"}
    parts = {kind: [word for glob in globs for word in ("--match", glob)] for kind, globs in APART.items()}
    parts["usual"] = ["--time-precision", "ms"]
    parts["usual"] += [word for globs in APART.values() for glob in globs for word in ("--skip", glob)]
    with tempfile.TemporaryDirectory(prefix="fixgate-acceptance-") as top:
        running = []
        for i, (name, dictionaries) in enumerate(sets.items()):
            # A session plays one case at a time: each part has its own.
            for kind, options in parts.items():
                folder = Path(top) / f"{kind}{i}"
                acceptor = Acceptor(folder, dictionaries.resolve())
                if not acceptor.port:
                    t.ok(False, f"{name}: fixgate echo listens", acceptor.said())
                    continue
                out = folder / "results.json"
                running.append((name, kind, acceptor, out,
                                run(acceptor.port, out, "--jobs", "3", *options, *folders())))
        count = 0
        for name, kind, acceptor, out, process in running:
            count += told(t, name, out, process)
            t.ok(acceptor.stop() == 0, f"{name}: the acceptor of the {kind} cases ends well", acceptor.said())
        t.ok(count == 2 * 177, "no case was left out", f"{count} cases")
    t.done()


if __name__ == "__main__":
    main()
