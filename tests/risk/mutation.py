"""Does a test of tests/risk fail when a line of risk/ is wrong?

A mutant is one change of one place in risk/*.c: a comparison turned round or moved
by one, an and that becomes an or, a plus that becomes a minus, an offset of one
left out. It is compiled alone, linked in front of the library and the tests that
are built already, and tried until something notices it: first the tests that take
milliseconds, in one process, those first that have noticed most of this file; then
the slower ones; then those that have a malloc of their own; at last the quick ones
with the sanitizers on. One that uses ten times the processor time of the code as it
is has no end, and is noticed by that. One that nothing notices is printed.

Those that change nothing that can be seen stand in mutants.txt, each with its
reason. All tries them, too: what a test notices does not belong there.

    mutation.py            a small sample, always the same
    mutation.py all        every one (make mutation): some five minutes of two
                           processors
    mutation.py FILE...    of these, as risk/day.c

What has been found is kept in tests/risk/mutation.json of the build: a run that was
stopped goes on there, unless the code, the tests or the flags have changed; then
only what noticed a mutant is remembered, and asked first.

Left out: tape.c, eye.c and play.c, which fuzzing and the replay of whole runs look
at.
"""
import hashlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SRC = Path(os.environ.get("TOP_SRCDIR", ".")).resolve()
BUILD = Path(os.environ.get("TOP_BUILDDIR", "build")).resolve()
KEPT = BUILD / "tests/risk/mutation.json"
LEFT_OUT = {"tape.c", "eye.c", "play.c"}
JOBS = min(2, os.cpu_count() or 2)
LONGER = 10 # times the processor time of the code as it is: no end
WALL_S = 120 # with no processor time used: it waits
SLOW = ["test_rules", "test_promises"]
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
TURNS = {"<": (">=", "<="), "<=": (">", "<"), ">": ("<=", ">="),
         ">=": ("<", ">"), "==": ("!=",), "!=": ("==",), "&&": ("||",),
         "||": ("&&",), "+": ("-",), "-": ("+",), "+=": ("-=",), "-=": ("+=",)}
WRAP = [f"-Wl,--wrap={f}" for f in ("malloc", "calloc", "realloc",
                                    "reallocarray")]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


# A mutant that only the full size of the tests notices counts as not noticed.
ENV = {k: v for k, v in os.environ.items() if k != "FIXGATE_TEST_SIZE"}


def cpu_of(pid):
    """@return its processor time, in ticks"""
    with open(f"/proc/{pid}/stat") as f:
        words = f.read().rpartition(")")[2].split()
    return int(words[11]) + int(words[12])


def variable(name):
    p = subprocess.run(["make", "-s", "-f", "-", "print"], cwd=BUILD,
                       text=True, capture_output=True, check=True,
                       input=f"include Makefile\nprint:\n\t@echo $({name})\n",
                       env={k: v for k, v in os.environ.items()
                            if not k.startswith(("MAKE", "MFLAGS"))})
    return p.stdout.splitlines()[-1].split()


class Try:
    """Some tests in one program."""

    def __init__(self, tests, objects, flags=(), sanitized=False):
        self.tests, self.objects, self.flags = tests, objects, list(flags)
        self.sanitized = sanitized
        self.cpu_s = None  # that a run may use; None: not known yet
        self.lock = threading.Lock()


class Bench:
    """What mutants are made and tried with."""

    def __init__(self, folder):
        self.folder = Path(folder)
        names = ("CC", "DEFS", "DEFAULT_INCLUDES", "INCLUDES", "AM_CPPFLAGS",
                 "CPPFLAGS", "AM_CFLAGS", "CFLAGS")
        words = variable(") $(".join(names))
        self.cc = [w for w in words if w != "ccache" and
                   not re.match(r"-(W|g|O)", w)] + ["-O0", "-w"]
        self.libs = [BUILD / "fix/.libs/libfix.a", *variable("CMOCKA_LIBS")]
        self.kills = defaultdict(Counter)  # file: test: mutants it noticed
        self.tests = sorted(p.stem for p in
                            (SRC / "tests/risk").glob("test_*.c"))
        together = [t for t in self.tests if t not in ALONE]
        quick = [t for t in together if t not in SLOW]
        tests = self.join(together)
        risk = BUILD / "risk/.libs/librisk.a"
        self.tries = [Try(quick, [tests, risk]), Try(SLOW, [tests, risk]),
                      *(Try([t], [self.built(t), risk], WRAP) for t in ALONE)]
        if not any("-fsanitize" in w for w in words):
            self.tries.append(Try(quick + SLOW[:1], [tests], SANITIZE, True))

    def built(self, test):
        return BUILD / "tests/risk" / f"{test}.o"

    def join(self, tests):
        """One object of all tests, that runs those it is told until one fails."""
        source = self.folder / "all.c"
        source.write_text(
            "#include <stdio.h>\n#include <string.h>\n" +
            "".join(f"int {t}_main(void);\n" for t in tests) +
            "int main(int n, char **v)\n{\nfor (int i = 1; i < n; i++) {\n" +
            "".join(f'if (strcmp(v[i], "{t}") == 0 && {t}_main() != 0)\n'
                    "{ fprintf(stderr, \"noticed %s\\n\", v[i]); return 1; }\n"
                    for t in tests) + "}\nreturn 0;\n}\n")
        self.run([*self.cc, "-c", "-o", self.folder / "main.o", source])
        parts = [self.folder / "main.o"]
        for t in tests:
            parts.append(self.folder / f"{t}.o")
            self.run(["objcopy", "--redefine-sym", f"main={t}_main",
                      self.built(t), parts[-1]])
        whole = self.folder / "tests.o"
        self.run(["ld", "-r", "-o", whole, *parts])
        return whole

    def sanitized(self):
        """risk/ with the sanitizers, for what reads or writes beyond its own."""
        made = []
        for source in sorted((SRC / "risk").glob("*.c")):
            made.append(self.folder / f"{source.stem}.o")
            self.run([*self.cc, *SANITIZE, "-c", "-o", made[-1], source])
        whole = self.folder / "risk.a"
        self.run(["ar", "rc", whole, *made])
        return whole

    def control(self, t):
        """Before the first mutant: the code as it is must pass, or nothing is
        shown. What it uses sets the time."""
        if t.sanitized:
            t.objects.append(self.sanitized())
        t.cpu_s = 600
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with tempfile.TemporaryDirectory(dir=self.folder) as d:
            by = self.fails(t, [], t.tests, d)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if by is not None:
            sys.exit(f"the tests fail without a mutant, too: {by}")
        t.cpu_s = 2 + int(LONGER * (after.ru_utime - before.ru_utime))

    @staticmethod
    def run(words):
        p = subprocess.run(words, cwd=BUILD, capture_output=True, text=True)
        if p.returncode != 0:
            sys.exit(f"{' '.join(map(str, words))}:\n{p.stderr}")

    def fails(self, t, made, names, folder):
        """@return what noticed it; None: nothing"""
        program = Path(folder) / "program"
        self.run([*self.cc, *t.flags, "-o", program, *made, *t.objects,
                  *self.libs])

        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (t.cpu_s, t.cpu_s + 1))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        p = subprocess.Popen([program, *names], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True,
                             errors="replace", preexec_fn=limit, env=ENV)
        said, used = None, -1
        while said is None:
            try:
                said = p.communicate(timeout=WALL_S)[1]
            except subprocess.TimeoutExpired:
                before, used = used, cpu_of(p.pid)
                if used == before:
                    p.kill()
                    p.communicate()
                    return "time"
        if p.returncode == 0:
            return None
        if -p.returncode in (signal.SIGXCPU, signal.SIGKILL):
            return "time"
        by = re.findall(r"noticed (\w+)", said)
        if t.sanitized and "Sanitizer" in said:
            return "a sanitizer"
        return by[0] if by else names[0] if len(names) == 1 else "a crash"

    def noticed(self, mutant, hint):
        """What notices it; None."""
        path = mutant.path
        first = self.kills[path.name]
        order = lambda t: (t != hint, -first[t], t != f"test_{path.stem}", t)
        with tempfile.TemporaryDirectory(dir=self.folder) as d:
            source, made = Path(d) / path.name, Path(d) / "mutant.o"
            source.write_text(mutant.text())
            for t in self.tries:
                if not made.exists() or t.sanitized:
                    extra = SANITIZE if t.sanitized else []
                    if subprocess.run([*self.cc, *extra, "-c", "-o", made,
                                       source], cwd=BUILD,
                                      capture_output=True).returncode != 0:
                        return "the compiler"
                with t.lock:
                    if t.cpu_s is None:
                        self.control(t)
                by = self.fails(t, [made], sorted(t.tests, key=order), d)
                if by is not None:
                    first[by] += 1
                    return by
        return None


class Mutant:
    def __init__(self, path, whole, at, old, new, nth):
        self.path, self.whole = path, whole
        self.at, self.old, self.new = at, old, new
        start = whole.rfind("\n", 0, at) + 1
        self.line = whole.count("\n", 0, at) + 1
        self.source = whole[start:whole.find("\n", at)].strip()
        self.key = (path.name, self.source, f"{old} {new}", nth)

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
    pattern = r"(?<= )(?:<=|>=|==|!=|<|>|\+=|-=|\+|-|&&|\|\|)(?=[ \n])"
    for m in re.finditer(pattern, blank):
        old = m.group()
        for new in TURNS[old]:
            start = blank.rfind("\n", 0, m.start()) + 1
            line = whole[start:whole.find("\n", m.start())].strip()
            seen[line, old, new] += 1
            yield Mutant(path, whole, m.start(), old, new,
                         seen[line, old, new])


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


class Kept:
    """What earlier runs have found, if it was with what is there now."""

    def __init__(self, bench):
        h = hashlib.sha256(" ".join(map(str, bench.cc)).encode())
        for p in [Path(__file__), *sorted((SRC / "risk").glob("*.[ch]")),
                  BUILD / "fix/.libs/libfix.a", *map(bench.built, bench.tests)]:
            h.update(p.read_bytes())
        self.of = h.hexdigest()
        self.hints, self.by = {}, {}
        if KEPT.exists():
            was = json.loads(KEPT.read_text())
            self.hints = {**was["hints"], **was["by"]}
            self.by = was["by"] if was["of"] == self.of else {}

    def write(self):
        new = KEPT.with_suffix(".new")
        new.write_text(json.dumps({"of": self.of, "by": dict(self.by),
                                   "hints": self.hints}))
        new.rename(KEPT)


def tried(jobs, keep):
    """Each mutant with what noticed it, as they come."""
    with tempfile.TemporaryDirectory(prefix="fixgate-mutation-") as d, \
            ThreadPoolExecutor(JOBS) as pool:
        bench = Bench(d)
        kept = Kept(bench) if keep else None

        def one(m):
            if not keep:
                return bench.noticed(m, None)
            key = str(m.key)
            if key not in kept.by:
                kept.by[key] = bench.noticed(m, kept.hints.get(key))
            return kept.by[key]

        try:
            for i, (m, by) in enumerate(zip(jobs, pool.map(one, jobs))):
                yield m, by
                if keep and i % 50 == 0:
                    kept.write()
        finally:
            pool.shutdown(cancel_futures=True)
            if keep:
                kept.write()


def sample(jobs, same):
    chosen = {key_of(line) for line in SAMPLE.split("\n") if line}
    known = {m.key for m in jobs}
    stale = sorted((same | chosen) - known)
    picked = [m for m in jobs if m.key in chosen]
    alive = [m for m, by in tried(picked, False) if by is None]
    print("1..2")
    print(f"{'not ' * bool(alive)}ok 1 - a sample of {len(picked)} of "
          f"{len(known - same)} mutants: {len(picked) - len(alive)} killed")
    for m in alive:
        print("#", m)
    print(f"{'not ' * bool(stale)}ok 2 - mutants.txt and the sample name "
          "places that exist")
    for k in stale:
        print("#", k)
    return not alive and not stale


class Score:
    def __init__(self):
        self.killed = self.late = self.same = 0
        self.alive = []

    def __str__(self):
        n = self.killed + len(self.alive)
        return (f"{n:7} {self.killed:6} {self.late:6} {len(self.alive):9} "
                f"{self.same:10} {100 * self.killed // max(n, 1):3} %")


def whole(jobs, same, files):
    """Print the scores. @return is there nothing to do"""
    total = Score()
    names = [p.name for p in files]
    wrong = [f"mutants.txt: there is no such place: {k}" for k in
             sorted(same - {m.key for m in jobs}) if k[0] in names]
    print(f"{'':12} mutants killed (time) survivors equivalent score")
    score, name = Score(), names[0]
    for m, by in tried(jobs, True):
        if m.path.name != name:
            print(f"{name:12} {score}", flush=True)
            score, name = Score(), m.path.name
        for s in (score, total):
            if m.key in same:
                s.same += 1
            elif by is None:
                s.alive.append(m)
            else:
                s.killed += 1
                s.late += by == "time"
        if m.key in same and by is not None:
            wrong.append(f"mutants.txt: {by} notices {m}")
        elif m.key not in same and by is None:
            print(f"survives: {m}", flush=True)
    print(f"{name:12} {score}\n{'together':12} {total}")
    for w in wrong:
        print(w)
    return not wrong and not total.alive


def main():
    files = [p for p in sorted((SRC / "risk").glob("*.c"))
             if p.name not in LEFT_OUT]
    args = sys.argv[1:]
    if args and args != ["all"]:
        files = [SRC / f for f in args]
    jobs = [m for p in files for m in mutants(p)]
    same = equivalent()
    sys.exit(not (whole(jobs, same, files) if args else sample(jobs, same)))


main()
