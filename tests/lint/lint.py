#!/usr/bin/env python3
"""House rules that a compiler does not know. One TAP line a rule and file."""
import os
import re
import shutil
import subprocess
import sys

from tap import Tap

TOP = os.environ.get("TOP_SRCDIR", ".")
t = Tap()

# Who may include whom: a folder's files may name the folders on the right.
LAYERS = {
    "fix": {"fix"},
    "dictionaries": {"dictionaries", "fix"},
    "store": {"store", "fix"},
    "risk": {"risk", "fix"},
    "session": {"session", "dictionaries", "fix"},
    "line": {"line", "session", "store", "dictionaries", "fix"},
    "gateway": {"gateway", "line", "session", "dictionaries", "store", "risk", "fix"},
}
# Libraries that belong to one place each.
LIBRARIES = {
    r"libxml/": r"dictionaries/dict_",
    r"libpq-fe\.h": r"store/audit_pg\.c",
    r"lmdb\.h": r"store/store_lmdb",
    r"event2/": r"gateway/|examples/",
    r"openssl/": r"gateway/|store/audit_",
    r"jansson\.h": r"gateway/(api|cli|vault|venue)/|gateway/backup/list\.c|"
                    r"tests/fuzz/fuzz_json\.c",
    r"curl/": r"gateway/(vault/http|backup/s3|venue/rest_url)\.c|"
              r"gateway/(venue/multi\.[ch]|curl_why\.h)",
    r"wslay/": r"gateway/venue/ws\.c",
    r"hiredis/": r"gateway/bus/bus_redis\.c",
    r"amqp": r"gateway/bus/bus_rabbitmq\.c",
    r"librdkafka/": r"gateway/bus/bus_kafka\.c",
    r"histedit\.h|editline": r"gateway/cli/",
}
MAX_FILE = 600
MAX_FUNCTION = 100


def sources(*suffixes):
    for folder in list(LAYERS) + ["tests", "examples"]:
        for root, dirs, files in os.walk(os.path.join(TOP, folder)):
            dirs[:] = [d for d in dirs if d != "node_modules"]
            for name in sorted(files):
                if name.endswith(suffixes):
                    yield os.path.relpath(os.path.join(root, name), TOP)


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def code_only(text):
    """Comments and string literals blanked, lines kept."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
                  blank, text, flags=re.S)


def rule(name, faults):
    t.ok(not faults, name, "\n".join(faults[:20]))


def includes():
    faults = []
    for path in sources(".c", ".h"):
        layer = path.split("/")[0]
        for n, line in enumerate(read(path).splitlines(), 1):
            m = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
            if not m:
                continue
            where = f"{path}:{n}: includes {m.group(2)}"
            if m.group(1) == '"':
                other = m.group(2).split("/")[0]
                if m.group(2) == "config.h":
                    continue
                if "/" not in m.group(2):
                    faults.append(where + ": name its folder")
                elif layer in LAYERS and other not in LAYERS[layer]:
                    faults.append(where + ": points up or sideways")
            elif layer in LAYERS:
                for lib, home in LIBRARIES.items():
                    if re.match(lib, m.group(2)) and not re.match(home, path):
                        faults.append(where + f": belongs to {home}")
    rule("includes point down and name their folder", faults)


def headers_alone():
    faults = []
    flags = ["-std=c11", "-D_GNU_SOURCE", f"-I{TOP}", "-fsyntax-only", "-Wall",
             "-Wextra", "-x", "c"]
    cc = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    for path in sources(".h"):
        if path.startswith("tests/"):
            continue
        text = f'#include "{path}"\n#include "{path}"\n'
        p = subprocess.run([cc, *flags, "-"], input=text, text=True,
                           capture_output=True)
        if p.returncode != 0:
            faults.append(path + ": " + p.stderr.splitlines()[0])
    rule("every header compiles alone and twice", faults)


def no_floats():
    faults = []
    for path in sources(".c", ".h"):
        if path.startswith(("tests/bench/",)):
            continue
        for n, line in enumerate(code_only(read(path)).splitlines(), 1):
            if re.search(r"\b(float|double|strtod|atof)\b", line):
                faults.append(f"{path}:{n}: {line.strip()}")
    rule("no floating point", faults)


def no_threads():
    faults = []
    for path in sources(".c", ".h"):
        if path.startswith("tests/"):
            continue
        for n, line in enumerate(code_only(read(path)).splitlines(), 1):
            if re.search(r"\b(pthread_create|pthread_mutex\w*|thrd_create)\b",
                         line):
                faults.append(f"{path}:{n}: {line.strip()}")
    rule("no threads and no locks", faults)


def logic_without_io():
    """Sessions, risk and orders never see a clock, a socket or a file."""
    faults = []
    bad = re.compile(r"\b(time|clock_gettime|gettimeofday|socket|open|fopen|"
                     r"read|write|send|recv|printf|fprintf|getenv|rand|"
                     r"random)\s*\(")
    member = re.compile(r"(->|\.)\s*$")
    for path in sources(".c"):
        if not path.startswith(("fix/", "session/", "risk/",
                                "gateway/order/")):
            continue
        for n, line in enumerate(code_only(read(path)).splitlines(), 1):
            for m in bad.finditer(line):
                if member.search(line[:m.start()]):
                    continue
                if re.match(r"(static\s+)?[\w \*]*\b" + m.group(1) + r"\s*\(",
                            line) and not line.startswith("\t"):
                    continue  # a function of ours of that name
                if re.search(r"^static[^\n]*\n?" + m.group(1) + r"\(",
                             code_only(read(path)), flags=re.M):
                    continue
                faults.append(f"{path}:{n}: {line.strip()}")
    rule("logic does no I/O", faults)


def sizes():
    long_files, long_functions = [], []
    for path in sources(".c", ".h"):
        lines = read(path).splitlines()
        if len(lines) > MAX_FILE:
            long_files.append(f"{path}: {len(lines)} lines")
        opened = 0
        for n, line in enumerate(lines, 1):
            if line.startswith("{"):
                opened = n
            elif line.startswith("}") and opened:
                if n - opened > MAX_FUNCTION and not line.startswith("};"):
                    long_functions.append(f"{path}:{opened}: {n - opened}")
                opened = 0
    rule(f"no file over {MAX_FILE} lines", long_files)
    rule(f"no function over {MAX_FUNCTION} lines", long_functions)


def essays():
    faults = []
    for path in sources(".c"):
        if not read(path).lstrip().startswith("/*"):
            faults.append(path)
    rule("every .c opens by saying what it is", faults)


def typedefs():
    faults = []
    for path in sources(".c", ".h"):
        for n, line in enumerate(code_only(read(path)).splitlines(), 1):
            if re.match(r"\s*typedef\s+(struct|union|enum)\b", line):
                faults.append(f"{path}:{n}")
    rule("no typedef for structs", faults)


def blanks():
    faults = []
    for path in sources(".c", ".h", ".py", ".sh", ".am"):
        text = read(path)
        if text and not text.endswith("\n"):
            faults.append(path + ": no newline at the end")
        for n, line in enumerate(text.splitlines(), 1):
            if line != line.rstrip():
                faults.append(f"{path}:{n}: blanks at the end")
            if len(line.expandtabs(8)) > 100 and path.endswith((".c", ".h")):
                faults.append(f"{path}:{n}: over 100 columns")
    rule("no trailing blanks, no lines far over 80 columns", faults)


def unfinished():
    faults = []
    words = "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"])
    for path in sources(".c", ".h", ".py", ".sh", ".am"):
        for n, line in enumerate(read(path).splitlines(), 1):
            if re.search(rf"\b({words})\b", line) and \
                    "NoXXX" not in line:
                faults.append(f"{path}:{n}: {line.strip()}")
    rule("nothing is marked as unfinished", faults)


def man_pages():
    mandoc = shutil.which("mandoc")
    if mandoc is None:
        t.skip("man pages are clean", "no mandoc")
        return
    faults = []
    for root, _, files in os.walk(os.path.join(TOP, "gateway")):
        for name in sorted(files):
            if re.search(r"\.[1-9]$", name):
                p = subprocess.run([mandoc, "-Tlint", "-Wstyle",
                                    os.path.join(root, name)],
                                   capture_output=True, text=True)
                # A page that refers to one of ours finds it only installed.
                faults += [x for x in p.stdout.splitlines()
                           if "referenced manual not found" not in x
                           and "operating system explicitly" not in x]
    rule("man pages are clean", faults)


def installed_headers():
    am = read("Makefile.am").replace("\\\n", " ")
    return re.search(r"^nobase_fixgateinclude_HEADERS = (.*)$", am,
                     flags=re.M).group(1).split()


def public_headers():
    """What is installed stands on what is installed, and says of each function
    what it returns."""
    headers, faults = installed_headers(), []
    for path in headers:
        for m in re.finditer(r'^#include "([^"]+)"', read(path), flags=re.M):
            if m.group(1) not in headers:
                faults.append(f"{path}: {m.group(1)} is not installed")
    rule("installed headers include installed headers", faults)

    faults, functions = [], 0
    for path in headers:
        comment, after_blank = "", True
        text = re.sub(r"/\*.*?\*/", lambda m: m.group(0).replace("\n", "\0"),
                      read(path), flags=re.S)
        for line in text.splitlines():
            if line.startswith("/*"):
                comment = line
            elif line.strip() == "":
                comment = ""
            elif line.startswith("FIX_API "):
                functions += 1
                name = re.search(r"(\w+)\(", line + "x(").group(1)
                if not comment:
                    faults.append(f"{path}: {name}: no comment")
                elif not re.match(r"FIX_API void \w", line) and \
                        "@return" not in comment and \
                        not re.search(r"\?|NULL|\bfalse\b", comment):
                    faults.append(f"{path}: {name}: what does it return?")
    if functions < 100:
        faults.append(f"only {functions} functions were found")
    rule("each public function says what it returns", faults)


def echo_on_public_headers():
    """fixgate echo is what others could write: of the engine it knows what is
    installed, of the gateway how settings are read and lines are logged."""
    headers, faults = installed_headers(), []
    allowed = {"gateway/settings/setup.h", "gateway/log.h", "gateway/tls/tls.h",
               "gateway/cli/cli.h", "gateway/cli/echo.h"}
    found = [p for p in sources(".c", ".h")
             if p.startswith("gateway/cli/echo")]
    for path in found:
        for m in re.finditer(r'^#include "([^"]+)"', read(path), flags=re.M):
            if m.group(1) not in headers and m.group(1) not in allowed:
                faults.append(f"{path}: {m.group(1)}")
    if len(found) < 4:
        faults.append("where is fixgate echo?")
    rule("fixgate echo is built on the public headers", faults)


def examples_are_short():
    faults = []
    for path in sources(".c"):
        if path.startswith("examples/"):
            n = sum(1 for x in re.sub(r"/\*.*?\*/", "", read(path),
                                      flags=re.S).splitlines() if x.strip())
            if n > 60:
                faults.append(f"{path}: {n} lines of code")
    rule("no example is over 60 lines of code", faults)


# What risk does to itself is made again from its tape (risk/tape.h): a function
# that changes the risk object writes there, or has a reason not to.
UNTAPED = {
    "risk_free": "nothing is left to make again",
    "risk_watch": "switches alerts on, which decide nothing",
    "risk_alert_next": "takes an alert out of its queue",
    "risk_breach_next": "takes a breach out of its queue; an order looks again",
    "risk_tripped": "takes a halt out of its queue",
    "risk_changed": "takes a row out of the list of those to keep",
    "risk_moved": "takes a row out of the list of those to keep",
    "risk_excess": "counts for one run of cancels, which the desk makes",
    "risk_hold_of": "computes; its order changes nothing",
}


def functions(text):
    """@return {name: body} of a source in the house's layout"""
    return {m.group(1): m.group(2)
            for m in re.finditer(r"^[a-z][^\n;{}()]*\n(\w+)\([^{};]*\)\n"
                                 r"\{\n(.*?)^\}", text, re.M | re.S)}


def taped(name, here, depth=3):
    body = here[name]
    return re.search(r"\btape_\w+\(", body) is not None or depth > 0 and any(
        taped(f, here, depth - 1) for f in set(re.findall(r"\b(\w+)\(", body))
        if f != name and f in here)


def risk_on_tape():
    header = code_only(read("risk/risk.h") + read("risk/alert.h"))
    names = re.findall(r"\b(risk_\w+)\(struct risk(?:_rest)? \*", header)
    bodies = [functions(code_only(read(p))) for p in sources(".c")
              if p.startswith("risk/")]
    where = {n: here for here in bodies for n in here if n in names}
    faults = [f"{n} changes risk and writes nothing to its tape: see "
              "risk/tape.h, or say why in UNTAPED" for n in names
              if n not in UNTAPED and
              (n not in where or not taped(n, where[n]))]
    faults += [f"{n} is in UNTAPED, but is not in risk.h or alert.h, or is on "
               "the tape"
               for n in UNTAPED if n not in names or taped(n, where[n])]
    if len(names) < 30:
        faults.append(f"only {len(names)} functions are found in risk.h")
    rule("what changes risk is on its tape", faults)


def failpoints_compiled():
    """A file that is not named there is linked from a library, where its places
    to die at and its protections to take away are nothing."""
    build = read("tests/faults/subdir.am") + read("tests/audit/subdir.am")
    found = [p for p in sources(".c") if p.startswith("gateway/") and re.search(
        r"\b(FAILPOINT|FAILPOINT_HIT|BROKEN|CLOCK_ASIDE)\(", read(p))]
    rule("files with failpoints are compiled for the tests of faults",
         [f"{p}: to be named in tests/faults/subdir.am" for p in found
          if p not in build] + ([] if found else ["none is found"]))


def main():
    public_headers()
    failpoints_compiled()
    echo_on_public_headers()
    risk_on_tape()
    examples_are_short()
    includes()
    headers_alone()
    no_floats()
    no_threads()
    logic_without_io()
    sizes()
    essays()
    typedefs()
    blanks()
    unfinished()
    man_pages()
    t.done()


if __name__ == "__main__":
    sys.exit(main())
