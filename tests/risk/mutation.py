"""Does a test of tests/risk fail when a line of risk/ is wrong?

A mutant is one change of one place in risk/*.c (not of hashing, texts and tape, which
other tests look at): a comparison turned round or moved by one, an and that
becomes an or, a plus that becomes a minus, an offset of one left out. It is
compiled alone, linked with the tests of risk and run; one that no test notices
is printed. Those that change nothing that can be seen stand in mutants.txt, each
with its reason.

    mutation.py            a small sample, always the same
    mutation.py all        every one (make mutation): minutes
    mutation.py FILE...    of these, as risk/day.c
"""
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SRC = Path(os.environ.get("TOP_SRCDIR", ".")).resolve()
BUILD = Path(os.environ.get("TOP_BUILDDIR", "build")).resolve()
LEFT_OUT = {"table.c", "text.c", "tape.c", "eye.c", "play.c", "sums.c"}
LIMIT_S = 60
SLOW = ["test_exposure", "test_positions"] # tried last
SAMPLE = 20
TURNS = {" < ": (" >= ", " <= "), " <= ": (" > ", " < "),
         " > ": (" <= ", " >= "), " >= ": (" < ", " > "),
         " == ": (" != ",), " != ": (" == ",), " && ": (" || ",),
         " || ": (" && ",), " + ": (" - ",), " - ": (" + ",),
         " += ": (" -= ",), " -= ": (" += ",)}
WRAP = [f"-Wl,--wrap={f}" for f in ("malloc", "calloc", "realloc",
                                    "reallocarray")]


def variable(name):
    p = subprocess.run(["make", "-s", "-f", "-", "print"], cwd=BUILD,
                       text=True, capture_output=True, check=True,
                       input=f"include Makefile\nprint:\n\t@echo $({name})\n",
                       env={k: v for k, v in os.environ.items()
                            if not k.startswith(("MAKE", "MFLAGS"))})
    return p.stdout.split()


class Bench:
    """What mutants are made and tried with."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.cc = [w for w in variable("CC") if w != "ccache"]
        self.flags = [w for n in ("DEFS", "DEFAULT_INCLUDES", "INCLUDES",
                                  "AM_CPPFLAGS", "CPPFLAGS", "AM_CFLAGS",
                                  "CFLAGS") for w in variable(n)
                      if not re.match(r"-(W|g|O)", w)] + ["-O1", "-w"]
        self.libs = [BUILD / "fix/.libs/libfix.a", *variable("CMOCKA_LIBS")]
        self.tests = {}
        for source in sorted((SRC / "tests/risk").glob("test_*.c")):
            self.tests[source.stem] = WRAP if '"tests/risk/wrap.h"' in \
                source.read_text() else []
            self.compile(source, self.folder / f"{source.stem}.o")
        for source in sorted((SRC / "risk").glob("*.c")):
            self.compile(source, self.folder / f"risk-{source.stem}.o")
        self.kills = defaultdict(Counter)  # file: test: mutants it noticed

    def compile(self, source, to):
        return subprocess.run([*self.cc, *self.flags, "-c", "-o", to, source],
                              cwd=BUILD, capture_output=True).returncode == 0

    def fails(self, test, objects, folder):
        program = Path(folder) / test
        p = subprocess.run([*self.cc, *self.flags, *self.tests[test], "-o",
                            program, self.folder / f"{test}.o", *objects,
                            *self.libs], cwd=BUILD, capture_output=True,
                           text=True)
        if p.returncode != 0:
            sys.exit(f"{test} does not link:\n{p.stderr}")
        try:
            return subprocess.run([program], capture_output=True,
                                  timeout=LIMIT_S).returncode != 0
        except subprocess.TimeoutExpired:
            return True

    def noticed(self, mutant):
        """The test that notices it; None."""
        path = mutant.path
        with tempfile.TemporaryDirectory(dir=self.folder) as d:
            source = Path(d) / path.name
            source.write_text(mutant.text())
            if not self.compile(source, Path(d) / "mutant.o"):
                return "the compiler"
            objects = [Path(d) / "mutant.o"] + [
                o for o in self.folder.glob("risk-*.o")
                if o.stem != f"risk-{path.stem}"]
            first = self.kills[path.name]
            for test in sorted(self.tests, key=lambda x: (x in SLOW, -first[x])):
                if self.fails(test, objects, d):
                    first[test] += 1
                    return test
        return None


class Mutant:
    def __init__(self, path, whole, at, old, new, nth):
        self.path, self.whole = path, whole
        self.at, self.old, self.new = at, old, new
        start = whole.rfind("\n", 0, at) + 1
        self.line = whole.count("\n", 0, at) + 1
        self.source = whole[start:whole.find("\n", at)].strip()
        self.key = (path.name, self.source, f"{old.strip()} {new.strip()}",
                    nth)

    def text(self):
        return (self.whole[:self.at] + self.new +
                self.whole[self.at + len(self.old):])

    def __str__(self):
        return (f"{self.path.name}:{self.line}: {self.source} | "
                f"{self.key[2]} | {self.key[3]}")


def mutants(path):
    whole = path.read_text()
    blank = re.sub(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'])'|^#.*?$",
                   lambda m: re.sub(r"[^\n]", "~", m.group()), whole,
                   flags=re.S | re.M)
    seen = Counter()
    pattern = r" (?:<=|>=|==|!=|<|>|\+=|-=|\+|-) | (?:&&|\|\|)(?=[ \n])"
    for m in re.finditer(pattern, blank):
        old = m.group()
        for new in TURNS[old if old.endswith(" ") else old + " "]:
            start = blank.rfind("\n", 0, m.start()) + 1
            line = whole[start:whole.find("\n", m.start())].strip()
            key = (line, old.strip(), new.strip())
            seen[key] += 1
            yield Mutant(path, whole, m.start(), old,
                         new if old.endswith(" ") else new.rstrip(),
                         seen[key])


def equivalent():
    """{key: reason} of mutants.txt."""
    out, why = {}, ""
    path = SRC / "tests/risk/mutants.txt"
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith("\t"):
            why = line
            continue
        name, rest = line.strip().split(": ", 1)
        source, change, nth = rest.rsplit(" | ", 2)
        out[(name, source, change, int(nth))] = why
    return out


def main():
    files = [p for p in sorted((SRC / "risk").glob("*.c"))
             if p.name not in LEFT_OUT]
    args = sys.argv[1:]
    if args and args != ["all"]:
        files = [SRC / f for f in args]
    same = equivalent()
    jobs = [m for p in files for m in mutants(p)]
    known = {m.key for m in jobs}
    n_same = sum(m.key in same for m in jobs)
    stale = [k for k in same if k not in known] if not args or \
        args == ["all"] else []
    jobs = [m for m in jobs if m.key not in same]
    n_all = len(jobs)
    if not args:
        jobs = random.Random(15).sample(jobs, SAMPLE)
    with tempfile.TemporaryDirectory() as d, \
            ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        bench = Bench(d)
        answers = list(pool.map(bench.noticed, jobs))
    alive = [m for m, by in zip(jobs, answers) if by is None]
    killed = len(jobs) - len(alive)
    score = 100 * killed // max(1, len(jobs))
    summary = (f"{len(jobs)} mutants, {killed} killed, score {score} % "
               f"({n_same} that change nothing are left out)")
    if args:
        for m in alive:
            print(m)
        for k in stale:
            print("mutants.txt: there is no such place:", k)
        print(summary)
        sys.exit(bool(stale))
    print("1..2")
    print(f"{'not ' * bool(alive)}ok 1 - of {n_all} mutants: {summary}")
    for m in alive:
        print("#", m)
    print(f"{'not ' * bool(stale)}ok 2 - mutants.txt names places that exist")
    for k in stale:
        print("#", k)


main()
