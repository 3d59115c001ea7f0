"""QuickFIX's acceptance cases against `fixgate echo`, a line a case.

The suites of FIX 4.2, 4.4 and 5.0SP2 are in ../shared (or FIXGATE_SHARED);
those of 4.0, 4.1, 4.3, 5.0, 5.0SP1 and "validate" are derived from them, see
derive.py: 468 cases. For each set of dictionaries (QuickFIX's and ours) an
acceptor is started on a free port, and ../shared/tools/acceptance_runner.py
plays the suites against it, side by side. Cases that take long (4a, 6) are
played once, at the same time, against acceptors of their own. Times are sent in
seconds, as BodyLengths were counted for that; but 2o would fall on the edge of
its two minutes: it is played with milliseconds. With Profile=quickfixj come
QuickFIX/J's suites and cases, see quickfixj.py.

Where ../shared is absent the test says so and skips.
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import quickfixj
from derive import derive, validate
from tap import Tap

SRC = Path(os.environ.get("TOP_SRCDIR", "."))
BUILD = Path(os.environ.get("TOP_BUILDDIR", "build"))
SHARED = Path(os.environ.get("FIXGATE_SHARED", SRC / ".." / "shared"))
SUITES = ["fix42", "fix44"]
DERIVED_SUITES = ["fix40", "fix41", "fix43", "fix50", "fix50sp1", "fix50sp2"]
# Played apart: which cases, with which options, with each set of dictionaries?
APART = {"test request": (["6_*"], [], False), "heartbeat": (["4a_*"], [], False),
         "edge": (["2o_*"], ["--time-precision", "ms"], True)}
RUNNER_OPTIONS = ["--timeout", "30", "--settle", "0.02", "--jobs", "9"]
CASES, LONG, QUICKFIXJ_CASES = 468, 16, 403


def quickfix_settings(dictionaries: Path):
    """The suites' own settings, on a port of the system's choice."""
    settings = (SHARED / "data" / "acceptance" / "settings.cfg").read_text()
    settings = settings.replace("DICTIONARIES", str(dictionaries))
    return re.sub(r"SocketAcceptPort=\d+", "SocketAcceptPort=0", settings)


class Acceptor:
    """`fixgate echo` with some settings."""

    def __init__(self, folder: Path, settings: str):
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


def folders(top):
    out = {suite: SHARED / "data" / "acceptance" / suite for suite in SUITES}
    out |= {suite: derive(SHARED, top, suite) for suite in DERIVED_SUITES}
    return out


def quickfixj_parts(sources, top, dictionaries):
    """What is played with Profile=quickfixj: settings and folders of each part.
    fixLatest is of the same session as fix50: it has an acceptor of its own."""
    suites = quickfixj.suites(sources, top / "quickfixj")
    parts = {"suites": ("", suites[:-1]), "latest": ("", suites[-1:])}
    for more, folder in quickfixj.own(top / "quickfixj").items():
        parts[more or "own cases"] = (more, [folder])
    return {kind: (quickfixj.settings(dictionaries, more), played) for kind, (more, played) in parts.items()}


def start(t, running, name, kind, folder, settings, options, played):
    """An acceptor and a runner that plays these folders against it."""
    acceptor = Acceptor(folder, settings)
    if not acceptor.port:
        t.ok(False, f"{name}: fixgate echo listens", acceptor.said())
        return
    out = folder / "results.json"
    running.append((name, kind, acceptor, out, run(acceptor.port, out, *options, *map(str, played))))


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
    parts = {kind: ([word for glob in globs for word in ("--match", glob)] + options, both)
             for kind, (globs, options, both) in APART.items()}
    parts["usual"] = ([word for globs, _, _ in APART.values() for glob in globs for word in ("--skip", glob)], True)
    with tempfile.TemporaryDirectory(prefix="fixgate-acceptance-") as top:
        running, sources = [], folders(Path(top))
        played = [*sources.values(), validate(Path(top))]
        for i, (name, dictionaries) in enumerate(sets.items()):
            # A session plays one case at a time: each part has its own.
            for kind, (options, both) in parts.items():
                if i > 0 and not both:
                    continue
                folder = Path(top) / f"{kind} {i}"
                start(t, running, name, kind, folder, quickfix_settings(dictionaries.resolve()), options, played)
        parts = quickfixj_parts(sources, Path(top), sets["QuickFIX's dictionaries"].resolve())
        for kind, (settings, own) in parts.items():
            start(t, running, "quickfixj", kind, Path(top) / f"quickfixj {kind}", settings,
                  ["--dialect", "quickfixj"], own)
        count = 0
        for name, kind, acceptor, out, process in running:
            count += told(t, name, out, process)
            t.ok(acceptor.stop() == 0, f"{name}: the acceptor of the {kind} cases ends well", acceptor.said())
        t.ok(count == 2 * CASES - LONG + QUICKFIXJ_CASES, "no case was left out", f"{count} cases")
    t.done()


if __name__ == "__main__":
    main()
