"""Every setting in fixgated.conf(5), every option in fixgated(8), the example
of the manual and the demo load: neither can drift from the code."""
import os
import re
import subprocess

from gateway import FIXGATED, Gateway
from tap import Tap

t = Tap()
TOP = os.environ["TOP_SRCDIR"]


def page(name):
    with open(os.path.join(TOP, "gateway", name)) as f:
        return f.read()


p = subprocess.run([FIXGATED, "--keys"], capture_output=True, text=True)
known, section = {}, None
for line in p.stdout.splitlines():
    m = re.match(r"\[(\w+)", line)
    if m:
        section = known.setdefault(m.group(1), set())
    else:
        section.add(line.split()[0])
t.ok(len(known) >= 9 and len(known["DEFAULT"]) > 50, "--keys lists settings")

conf5 = page("fixgated.conf.5")
parts = re.split(r"^\.Sh (.*)$", conf5, flags=re.M)
told = {}
for title, text in zip(parts[1::2], parts[2::2]):
    m = re.search(r"\[(\w+)", title)
    if m and m.group(1) in known:
        told[m.group(1)] = re.findall(r"^\.It Cm ([\w.]+)", text, re.M)
for name in known:
    if name in ("SESSION", "DROPCOPY"):
        continue
    t.ok(known[name] == set(told.get(name, [])),
         f"fixgated.conf(5) has the settings of [{name}], all and no other",
         f"{known[name] ^ set(told.get(name, []))}")
    t.ok(len(told[name]) == len(set(told[name])), f"each of [{name}] once")
for name in known:
    t.ok(f"[{name}" in conf5 or f"Bq {name}" in conf5,
         f"fixgated.conf(5) has [{name}]")

usage = subprocess.run([FIXGATED, "--help"], capture_output=True,
                       text=True).stdout
page8 = page("fixgated.8")
options = set(re.findall(r"--([a-z-]+)", usage))
t.ok(options == set(re.findall(r"Fl -([a-z-]+)", page8)),
     "fixgated(8) has the options of --help",
     options ^ set(re.findall(r"Fl -([a-z-]+)", page8)))
commands = set()
for source in ("command.c", "control.c"):
    with open(os.path.join(TOP, "gateway", "trader", source)) as f:
        commands |= set(re.findall(
            r'(?:strcmp\(c->line,|\{) "(\w+)"(?:\)|, (?:NULL|"))', f.read()))
t.ok(commands and commands == set(re.findall(
    r"^\.It Cm (\w+)", page8.split("operator's socket", 1)[1].split(
        ".Sh FILES")[0], re.M)),
     "fixgated(8) has the operator's commands", commands)

example = conf5.split(".Sh EXAMPLES")[1].split(
    ".Bd -literal -offset indent\n")[1].split(".Ed")[0]
for what, conf in (("the manual's example", example), ("demo.conf", None)):
    with Gateway(conf) as g:
        p = subprocess.run([FIXGATED, "-c", g.conf, "--check-config"],
                           env=g.env, capture_output=True, text=True)
        t.ok(p.returncode == 0 and p.stderr == "", f"{what} has no fault",
             p.stderr)

# What --print-config prints is a settings file that means the same.
with Gateway() as g:
    one = subprocess.run([FIXGATED, "-c", g.conf, "--print-config"],
                         env=g.env, capture_output=True, text=True).stdout
    with open(g.conf, "w") as f:
        f.write(one)
    two = subprocess.run([FIXGATED, "-c", g.conf, "--print-config"],
                         env={}, capture_output=True, text=True).stdout
    t.ok(one == two and f"SocketAcceptPort={g.port}" in one,
         "what --print-config prints reads as the same", two)
t.done()
