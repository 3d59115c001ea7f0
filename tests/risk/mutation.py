"""Does a test fail when a comparison of risk/ is turned round? Each comparison
in risk/*.c (but for hashing and texts) is compiled turned round, alone, into
every test of tests/risk; one that no test notices is printed. It takes minutes:
`make mutation`, not part of check.

    mutation.py [FILE...]     only these, as risk/day.c
"""
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SRC = Path(os.environ.get("TOP_SRCDIR", ".")).resolve()
BUILD = Path(os.environ.get("TOP_BUILDDIR", "build")).resolve()
TURN = {" < ": " >= ", " <= ": " > ", " > ": " <= ", " >= ": " < ",
        " == ": " != ", " != ": " == "}
LEFT_OUT = {"table.c", "text.c"}
LIMIT = 60


def variable(name):
    p = subprocess.run(["make", "-s", "-f", "-", "print"], cwd=BUILD,
                       text=True, capture_output=True, check=True,
                       input=f"include Makefile\nprint:\n\t@echo $({name})\n",
                       env={k: v for k, v in os.environ.items()
                            if not k.startswith(("MAKE", "MFLAGS"))})
    return p.stdout.split()


CC = variable("CC")
FLAGS = [w for n in ("DEFS", "DEFAULT_INCLUDES", "INCLUDES", "AM_CPPFLAGS",
                     "CPPFLAGS", "AM_CFLAGS", "CFLAGS") for w in variable(n)]
LIBS = variable("CMOCKA_LIBS")
TESTS = [p.stem for p in sorted((SRC / "tests/risk").glob("test_*.c"))]
WRAP = [f"-Wl,--wrap={f}" for f in ("malloc", "calloc", "realloc",
                                    "reallocarray")]


def places(path):
    """(offset, old, new) of each comparison, comments left out."""
    text = path.read_text()
    blank = re.sub(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|^#.*?$",
                   lambda m: " " * len(m.group()), text, flags=re.S | re.M)
    for m in re.finditer(r" (?:<=|>=|==|!=|<|>) ", blank):
        yield m.start(), m.group(), TURN[m.group()]


def killed_by(job):
    path, at, old, new = job
    text = path.read_text()
    with tempfile.TemporaryDirectory() as d:
        source = Path(d) / path.name
        source.write_text(text[:at] + new + text[at + len(old):])
        objects = [o for o in (BUILD / "risk/.libs").glob("*.o")
                   if o.stem != path.stem]
        mutant = Path(d) / "mutant.o"
        p = subprocess.run([*CC, *FLAGS, "-w", "-c", "-o", mutant, source],
                           cwd=BUILD, capture_output=True)
        if p.returncode != 0:
            return "the compiler"
        for test in TESTS:
            made = BUILD / "tests/risk" / f"{test}-{test}.o"
            if not made.exists():
                made = next((BUILD / "tests/risk").glob(f"*{test}.o"))
            program = Path(d) / test
            wrap = WRAP if "wrap.h" in (
                SRC / f"tests/risk/{test}.c").read_text() else []
            p = subprocess.run([*CC, *FLAGS, *wrap, "-o", program, made,
                                mutant, *objects,
                                BUILD / "fix/.libs/libfix.a", *LIBS],
                               cwd=BUILD, capture_output=True, text=True)
            if p.returncode != 0:
                sys.exit(f"{test} does not link:\n{p.stderr}")
            try:
                p = subprocess.run([program], capture_output=True,
                                   timeout=LIMIT)
            except subprocess.TimeoutExpired:
                return test
            if p.returncode != 0:
                return test
    return None


def main():
    files = [SRC / f for f in sys.argv[1:]] or \
        [p for p in sorted((SRC / "risk").glob("*.c"))
         if p.name not in LEFT_OUT]
    jobs = [(p, *place) for p in files for place in places(p)]
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        answers = list(pool.map(killed_by, jobs))
    killed = 0
    for (path, at, old, new), by in zip(jobs, answers):
        if by is not None:
            killed += 1
            continue
        text = path.read_text()
        line = text.count("\n", 0, at) + 1
        print(f"{path.relative_to(SRC)}:{line}: {old.strip()} as "
              f"{new.strip()}: {text.splitlines()[line - 1].strip()}")
    print(f"mutation: {killed} of {len(jobs)} comparisons turned round are "
          f"noticed, {100 * killed // max(1, len(jobs))} %")


main()
