"""Which test proves what a reference asks for: a table of its cases, held against
the logs of the tests' last run and against the reference itself.

    PLAYED = {"T2": (TAMPER, "T2: an event is removed"), ...}

A log's name, as "audit/tamper", counts until the next one; behind it stand the
beginnings of names of tests that must have passed."""
import os
import re

SRC = os.environ.get("TOP_SRCDIR", ".")
BUILD = os.environ.get("TOP_BUILDDIR", "build")
SHARED = os.environ.get("FIXGATE_SHARED", os.path.join(SRC, "..", "shared"))


def tests(played):
    """(log, test) of an entry."""
    log = None
    for word in played:
        if re.fullmatch(r"[a-z]+(/[a-z_0-9]+)+", word):
            log = word
        else:
            yield log, word


class Log:
    """What the last run of a test says."""

    def __init__(self, log):
        path = os.path.join(BUILD, "tests", log + ".log")
        self.passed, self.skipped = [], []
        if not os.path.exists(path):
            return
        with open(path, errors="replace") as f:
            for name, why in re.findall(r"^ok \d+ - (.*?)( # SKIP .*)?$",
                                        f.read(), re.M):
                (self.skipped if why else self.passed).append(name + why)


def check(t, played):
    """Each log is there, and each test of each entry passed. One that lacks tests
    of a log that skipped something is skipped, with its words."""
    logs = {log: Log(log)
            for log in sorted({x for p in played.values() for x, _ in tests(p)})}
    for log, said in logs.items():
        t.ok(said.passed or said.skipped, f"tests/{log} has run",
             "there is no log of it, or none of its tests passed")
    for name, p in played.items():
        lacking = [(log, test) for log, test in tests(p) if not any(
            x.startswith(test) for x in logs[log].passed)]
        why = sorted({x for log, _ in lacking for x in logs[log].skipped})
        if lacking and all(logs[log].skipped for log, _ in lacking):
            t.skip(f"{name} is played", "; ".join(why).replace("#", ""))
        else:
            t.ok(p and not lacking, f"{name} is played",
                 "\n".join(f"{log}: {test}" for log, test in lacking))


def against(t, played, file, cases, least):
    """The table has the cases of a reference, cases(its text), and no others."""
    path = os.path.join(SHARED, "reference", file)
    if not os.path.exists(path):
        t.skip(f"each case of {file} has a test", f"no {path}")
        return
    with open(path) as f:
        want = set(cases(f.read()))
    have = set(played)
    t.ok(len(want) >= least and want == have,
         f"each of {len(want)} cases of {file} has a test",
         f"without one: {sorted(want - have)}\n"
         f"not in the reference: {sorted(have - want)}")
