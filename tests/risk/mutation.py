"""Does a test of tests/risk fail when a line of risk/ is wrong?

A mutant is one change of one place in risk/*.c: a comparison turned round or moved
by one, an and that becomes an or, a plus that becomes a minus, an offset of one
left out. It is compiled alone, linked in front of the library and the tests that
are built already, and tried until a test notices it; one that none notices is
printed. Those that change nothing that can be seen stand in mutants.txt, each with
its reason.

    mutation.py            a small sample, always the same
    mutation.py all        every one (make mutation): some twenty minutes
    mutation.py FILE...    of these, as risk/day.c

Left out: table.c and sums.c, whose faults are slower look-ups and sums that are
kept for a restart (tests/gateway); text.c, a table that the tests repeat; and
tape.c, eye.c and play.c, which fuzzing and the replay of whole runs look at.
"""
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SRC = Path(os.environ.get("TOP_SRCDIR", ".")).resolve()
BUILD = Path(os.environ.get("TOP_BUILDDIR", "build")).resolve()
LEFT_OUT = {"table.c", "text.c", "tape.c", "eye.c", "play.c", "sums.c"}
CPU_S = 60 # of a test; one that takes longer has noticed
SLOW = ["test_rules", "test_promises"] # of one program, tried last
ALONE = ["test_exposure", "test_positions"] # have a malloc of their own
SAMPLE = r"""
limits.c: return limit != RISK_UNLIMITED && value > limit; | > >= | 1
bands.c: bool ok = buy ? p <= c->ref_e8 * (wide_of(bp) + BP) | <= < | 1
bands.c: : p >= c->ref_e8 * (BP - wide_of(bp)); | - + | 1
throttle.c: return b->units >= TOKEN; | >= > | 1
once.c: if (n >= l->dup_max && | >= > | 1
selftrade.c: return a->key < b->key; | < >= | 1
day.c: return limit != RISK_UNLIMITED && value > limit; | > >= | 1
hours.c: if (now >= s->hours.from.ns && now < s->hours.until.ns) | < <= | 1
exposure.c: struct weight w = { .long_e8 = worst(h->pos.qty_e8 + h->buys_e8), | + - | 1
exposure.c: if (h->open == 0 && h->buys_e8 == 0 && h->sells_e8 == 0 && | == != | 2
"""
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
    return p.stdout.splitlines()[-1].split()


class Bench:
    """What mutants are made and tried with."""

    def __init__(self, folder):
        self.folder = Path(folder)
        names = ("CC", "DEFS", "DEFAULT_INCLUDES", "INCLUDES", "AM_CPPFLAGS",
                 "CPPFLAGS", "AM_CFLAGS", "CFLAGS")
        words = variable(") $(".join(names))
        self.cc = [w for w in words if w != "ccache" and
                   not re.match(r"-(W|g|O)", w)] + ["-O0", "-w"]
        self.libs = [BUILD / "risk/.libs/librisk.a",
                     BUILD / "fix/.libs/libfix.a", *variable("CMOCKA_LIBS")]
        self.tests = sorted(p.stem for p in
                            (SRC / "tests/risk").glob("test_*.c"))
        self.together = [t for t in self.tests if t not in ALONE]
        self.kills = defaultdict(Counter)  # file: test: mutants it noticed
        self.join()

    def built(self, test):
        """The newest object of a test: a name of another Makefile may be left."""
        return max((BUILD / "tests/risk").glob(f"*-{test}.o"),
                   key=lambda p: p.stat().st_mtime)

    def join(self):
        """One object of all tests, that runs those it is told until one fails."""
        source = self.folder / "all.c"
        source.write_text(
            "#include <stdio.h>\n#include <string.h>\n" +
            "".join(f"int {t}_main(void);\n" for t in self.together) +
            "int main(int n, char **v)\n{\nfor (int i = 1; i < n; i++) {\n" +
            "".join(f'if (strcmp(v[i], "{t}") == 0 && {t}_main() != 0)\n'
                    "{ fprintf(stderr, \"noticed %s\\n\", v[i]); return 1; }\n"
                    for t in self.together) + "}\nreturn 0;\n}\n")
        self.run([*self.cc, "-c", "-o", self.folder / "main.o", source])
        parts = [self.folder / "main.o"]
        for t in self.together:
            parts.append(self.folder / f"{t}.o")
            self.run(["objcopy", "--redefine-sym", f"main={t}_main",
                      self.built(t), parts[-1]])
        self.run(["ld", "-r", "-o", self.folder / "tests.o", *parts])

    @staticmethod
    def run(words):
        p = subprocess.run(words, cwd=BUILD, capture_output=True, text=True)
        if p.returncode != 0:
            sys.exit(f"{' '.join(map(str, words))}:\n{p.stderr}")

    def fails(self, objects, more, args, folder):
        """@return (does it fail, what it says)"""
        program = Path(folder) / "mutant"
        self.run([*self.cc, *more, "-o", program, *objects, *self.libs])
        p = subprocess.run(
            [program, *args], capture_output=True, text=True, errors="replace",
            preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_CPU, (CPU_S, CPU_S + 1)))
        return p.returncode != 0, p.stderr

    def noticed(self, mutant, alone=ALONE):
        """The test that notices it; None."""
        path = mutant.path
        first = self.kills[path.name]
        with tempfile.TemporaryDirectory(dir=self.folder) as d:
            source, made = Path(d) / path.name, Path(d) / "mutant.o"
            source.write_text(mutant.text())
            if subprocess.run([*self.cc, "-c", "-o", made, source], cwd=BUILD,
                              capture_output=True).returncode != 0:
                return "the compiler"
            order = sorted(self.together, key=lambda t: (
                t in SLOW, -first[t], t != f"test_{path.stem}"))
            failed, said = self.fails([made, self.folder / "tests.o"], [],
                                      order, d)
            if failed:
                by = re.findall(r"noticed (\w+)", said) or ["a crash"]
                first[by[0]] += 1
                return by[0]
            for t in alone:
                if self.fails([made, self.built(t)], WRAP, [], d)[0]:
                    return t
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


def key_of(line):
    """"FILE: SOURCE | CHANGE | N" as a mutant's key; a line number may stand
    behind FILE."""
    name, rest = line.strip().split(": ", 1)
    source, change, nth = rest.rsplit(" | ", 2)
    return name.split(":")[0], source, change, int(nth)


def equivalent():
    """Keys in mutants.txt; each block of them begins with its reason."""
    path = SRC / "tests/risk/mutants.txt"
    return {key_of(line) for line in path.read_text().splitlines()
            if line.startswith("\t")}


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
        chosen = {key_of(line) for line in SAMPLE.split("\n") if line}
        stale += chosen - {m.key for m in jobs}
        jobs = [m for m in jobs if m.key in chosen]
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
    print(f"{'not ' * bool(stale)}ok 2 - mutants.txt and the sample name places that exist")
    for k in stale:
        print("#", k)


main()
