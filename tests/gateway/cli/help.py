#!/usr/bin/env python3
"""Every command says how it is used, and manual and completions agree."""
import os
import re
import shutil
import subprocess

from cli import COMMANDS, TOP, run
from tap import Tap

t = Tap()
CLI = os.path.join(TOP, "gateway", "cli")


def text(*path):
    with open(os.path.join(CLI, *path), encoding="utf-8") as f:
        return f.read()


def options(said):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", said))


status, out, err = run("--help")
listed = re.findall(r"^  ([a-z]+) {2,}\S", out, flags=re.M)
t.ok(status == 0 and listed == COMMANDS, "--help lists every command",
     f"{status} {listed} {err}")
status, out, err = run()
t.ok(status == 2 and "COMMAND" in out, "no command is a usage error", out)
status, out, err = run("--version")
t.ok(status == 0 and re.match(r"fixgate \d", out), "--version says which", out)
status, out, err = run("oders")
t.ok(status == 2 and "did you mean 'orders'" in err,
     "an unknown command names the nearest one", err)
status, out, err = run("xyzzy")
t.ok(status == 2 and "did you mean" not in err,
     "a word that is like no command names none", err)

bash = text("completion", "bash", "fixgate")
zsh = text("completion", "zsh", "_fixgate")
for name in COMMANDS:
    status, said, err = run(name, "--help")
    t.ok(status == 0 and said.startswith(f"usage: fixgate {name}"),
         f"{name} --help says how it is used", f"{status} {said}{err}")
    t.ok(run("help", name)[1] == said, f"help {name} says the same")
    status, out, err = run(name, "--no-such-option")
    if name in ("help", "version"):
        continue
    t.ok(status == 2 and "--help" in err,
         f"{name} refuses an unknown option and says what to try", err)
    opts = options(said)
    page = text(f"fixgate-{name}.1")
    missing = [o for o in opts if f"Fl {o[1:]}" not in page]
    t.ok(not missing, f"fixgate-{name}.1 has every option of {name}", missing)
    arm = re.search(rf"^\t{name}\) echo \"(.*?)\" ;;", bash, flags=re.M | re.S)
    have = options(arm.group(1)) if arm else set()
    t.ok(opts <= have, f"bash completes every option of {name}", opts - have)
    arm = re.search(rf"^{name}\)\n(.*?)^\t;;", zsh, flags=re.M | re.S)
    have = options(arm.group(1)) if arm else set()
    t.ok(opts <= have, f"zsh completes every option of {name}", opts - have)

for name in COMMANDS:
    t.ok(re.search(rf"^_fixgate_commands=\"[^\"]*\b{name}\b", bash, re.M)
         and f"{name}:" in zsh and f".It Cm {name}" in text("fixgate.1"),
         f"completions and fixgate.1 know {name}")

if shutil.which("bash"):
    script = os.path.join(CLI, "completion", "bash", "fixgate")
    p = subprocess.run(
        ["bash", "-c", f'source "{script}"; COMP_WORDS=(fixgate jo); '
         'COMP_CWORD=1; _fixgate; echo "${COMPREPLY[@]}"; '
         'COMP_WORDS=(fixgate orders --sy); COMP_CWORD=2; _fixgate; '
         'echo "${COMPREPLY[@]}"'], capture_output=True, text=True)
    t.ok(p.stdout == "journal\n--symbol\n" and p.stderr == "",
         "bash completes commands and options", p.stdout + p.stderr)
else:
    t.skip("bash completes commands and options", "no bash")

pages = sorted(n for n in os.listdir(CLI) if n.endswith(".1"))
if shutil.which("mandoc"):
    p = subprocess.run(["mandoc", "-Tlint", "-Wstyle",
                        *(os.path.join(CLI, n) for n in pages)],
                       capture_output=True, text=True)
    faults = [x for x in p.stdout.splitlines()
              if "referenced manual not found" not in x]
    t.ok(not faults, "mandoc finds nothing in the pages", "\n".join(faults))
else:
    t.skip("mandoc finds nothing in the pages", "no mandoc")
t.ok(len(pages) == 1 + len(COMMANDS) - 2, "every command has a page", pages)
t.done()
