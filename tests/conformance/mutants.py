"""Each protection against what other engines got wrong has a test that fails
without it: here the protections are taken out, one by one, to see that.

A row names the source file, a piece of it that is the protection, what stands
there without it, and the test that must then fail. The file is compiled anew
into the test program (its object is put in front of the libraries), everything
else stays as it was built. A piece that is not found just once is a failure:
the row has to follow the code.

    python3 tests/conformance/mutants.py [NUMBER...]     only these
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from burns import BURNS
from tap import Tap

SRC = Path(os.environ.get("TOP_SRCDIR", ".")).resolve()
BUILD = Path(os.environ.get("TOP_BUILDDIR", "build")).resolve()
LIMIT = 120  # seconds for a test


FLAGS = ["DEFS", "DEFAULT_INCLUDES", "INCLUDES", "AM_CPPFLAGS", "CPPFLAGS", "AM_CFLAGS", "CFLAGS"]
PARTS = ["EVENT", "OPENSSL", "XML", "PQ", "LMDB", "JANSSON", "CURL", "HIREDIS", "RDKAFKA", "RABBITMQ", "WSLAY"]
GATEWAY = "gateway/fixgated"


def objects_of(program):
    return re.sub(r"\W", "_", program) + "_OBJECTS"


def variables(names):
    """What the Makefile of the build says, asked once: reading it takes long."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    rule = "".join(f"\t@echo $({name})\n" for name in names)
    p = subprocess.run(["make", "-s", "-f", "-", "print"], cwd=BUILD, text=True, capture_output=True,
                       input="include Makefile\nprint:\n" + rule, check=True, env=env)
    lines = p.stdout.split("\n")
    assert len(lines) == len(names) + 1, "a variable of the Makefile has more than one line"
    return {name: line.split() for name, line in zip(names, lines)}


MAKE = variables(["CC", "SAN_FLAGS", "CMOCKA_LIBS", "LIBS", *FLAGS,
                  *(part + end for part in PARTS for end in ("_CFLAGS", "_LIBS")),
                  *sorted({objects_of(r.program) for r in BURNS if not r.program.endswith(".py")}),
                  objects_of(GATEWAY)])


def run(command, **more):
    return subprocess.run([str(c) for c in command], text=True, capture_output=True, cwd=BUILD, timeout=LIMIT, **more)


def flags():
    return [w for name in FLAGS + [p + "_CFLAGS" for p in PARTS] for w in MAKE[name]]


def link(program, mutant, out):
    """The program with the mutant's object in front of the libraries."""
    objects = [o for o in MAKE[objects_of(program)] if not re.search(rf"[-/]{mutant.stem}\.o$", o)]
    archives = sorted(a for depth in range(1, 4) for a in BUILD.glob("*/" * depth + ".libs/*.a"))
    system = [w for p in PARTS for w in MAKE[p + "_LIBS"]] + MAKE["CMOCKA_LIBS"] + MAKE["LIBS"]
    return run([*MAKE["CC"], *MAKE["CFLAGS"], *MAKE["SAN_FLAGS"], "-o", out, mutant, *objects,
                "-Wl,-S", "-Wl,--start-group", *archives, "-Wl,--end-group", *system, "-lpthread"])


def mutate(row, folder):
    """@return (object file, None) or (None, what is wrong)"""
    source = SRC / row.file
    text = source.read_text()
    if text.count(row.old) != 1:
        return None, f"{row.file}: this stands there {text.count(row.old)} times:\n{row.old}"
    copy = folder / source.name
    copy.write_text(text.replace(row.old, row.new))
    out = folder / (source.stem + ".o")
    p = run([*MAKE["CC"], *flags(), f"-I{source.parent}", "-O0", "-g0", "-w", "-Wno-error", "-c", "-o", out, copy])
    return (out, None) if p.returncode == 0 else (None, p.stderr)


def with_program(folder, program):
    """The build, but for its fixgated."""
    top = folder / "build"
    (top / "gateway").mkdir(parents=True)
    for at in BUILD.iterdir():
        if at.name != "gateway":
            (top / at.name).symlink_to(at)
    for at in (BUILD / "gateway").iterdir():
        (top / "gateway" / at.name).symlink_to(program if at.name == "fixgated" else at)
    return top


def play(row, program, env):
    """Run its test; a script is stopped when the test has failed. @return (status, what it said)"""
    if not row.program.endswith(".py"):
        p = run([program], env=env)
        return p.returncode, p.stdout + p.stderr
    said = ""
    with subprocess.Popen([sys.executable, SRC / row.program], cwd=BUILD, env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as p:
        late = threading.Timer(LIMIT, p.kill)
        late.start()
        for line in p.stdout:
            said += line
            if row.test in line and line.startswith("not ok"):
                p.send_signal(signal.SIGINT)  # it puts away what it has started
        p.wait()
        if not late.is_alive():
            raise subprocess.TimeoutExpired(row.program, LIMIT)
        late.cancel()
    return p.returncode, said


def failed_as_it_should(row, folder):
    """@return None, or why the row proves nothing"""
    mutant, wrong = mutate(row, folder)
    if mutant is None:
        return wrong
    script = row.program.endswith(".py")
    program = folder / "program"
    p = link(GATEWAY if script else row.program, mutant, program)
    if p.returncode != 0:
        return p.stderr[-2000:]
    env = {**os.environ, **row.env}
    if script:
        env["TOP_BUILDDIR"] = str(with_program(folder, program))
    try:
        status, said = play(row, program, env)
    except subprocess.TimeoutExpired as e:
        return f"{row.program} has no end without the protection: {e}"
    named = [line for line in said.splitlines() if row.test in line]
    if any(re.match(r"not ok|\[  FAILED  \]", line) for line in named):
        return None
    good = any(re.match(r"ok|\[       OK \]", line) for line in named)
    if status != 0 and not good:
        return None  # it died before it came so far
    return f"{row.program} passes {row.test} without the protection:\n{said[-1500:]}"


def main():
    t = Tap()
    only = {int(a) for a in sys.argv[1:]}
    rows = [r for r in BURNS if not only or r.number in only]
    if not only and os.environ.get("FIXGATE_TEST_SIZE") != "full":
        rows = [r for r in rows if not r.program.endswith(".py")][::4]  # seconds each

    def one(row):
        with tempfile.TemporaryDirectory(prefix="fixgate-mutant-") as d:
            return failed_as_it_should(row, Path(d))

    with ThreadPoolExecutor(max_workers=2) as pool:
        # Scripts take longest: they go first, the rest beside them
        first = sorted(rows, key=lambda r: not r.program.endswith(".py"))
        wrong = dict(zip((r.number for r in first), pool.map(one, first)))
    for row in rows:
        t.ok(wrong[row.number] is None, f"{row.number}, {row.what}: {row.test} fails without its protection",
             wrong[row.number] or "")
    if not only:
        t.ok({r.number for r in BURNS} == set(range(1, 41)), "all forty are there")
    t.done()


if __name__ == "__main__":
    main()
