#!/usr/bin/env python3
"""fixgate profiles: what it lists and prints is what profiles/ holds."""
import os
import tempfile

from cli import TOP, run
from tap import Tap

t = Tap()
FOLDER = os.path.join(TOP, "profiles")
files = sorted(f[:-5] for f in os.listdir(FOLDER) if f.endswith(".conf"))
status, out, err = run("profiles")
lines = [line.split(None, 1) for line in out.splitlines()]
t.ok(status == 0 and [name for name, _ in lines] == files,
     "it lists what profiles/ holds, by name", out + err)
for name, summary in lines:
    with open(os.path.join(FOLDER, name + ".conf"), encoding="utf-8") as f:
        text = f.read()
    t.ok(text.startswith(f"# {summary}\n"), f"{name}: in its own words",
         summary)
    status, out, err = run("profiles", name)
    t.ok(status == 0 and out == text, f"{name}: prints the file", err)

# A session with the profile and its own identity has no fault: what a profile
# says exists, and is in range. Its keys are the user's: no signing here.
SESSION = """[SESSION]
ConnectionType=initiator
BeginString=FIX.4.4
SenderCompID=US
TargetCompID=VENUE
SocketConnectHost=127.0.0.1
SocketConnectPort=9
SocketUseSSL=N
LogonSigner=none
Profile="""
with tempfile.TemporaryDirectory() as folder:
    conf = os.path.join(folder, "session.conf")
    for name in files:
        with open(conf, "w", encoding="utf-8") as f:
            f.write(f"{SESSION}{name}\n")
        status, out, err = run("schedule", "-c", conf)
        t.ok(status == 0 and err == "", f"{name}: a session with it is good",
             err)
for shell, path in (("bash", "bash/fixgate"), ("zsh", "zsh/_fixgate")):
    with open(os.path.join(TOP, "gateway/cli/completion", path)) as f:
        text = f.read()
    t.ok(all(name in text for name in files), f"{shell} completes them all")
status, out, err = run("profiles", "nobody")
t.ok(status == 1 and out == "" and all(name in err for name in files),
     "an unknown one lists the known ones", err)
status, out, err = run("profiles", "cme", "cqg")
t.ok(status == 2, "two names are one too many", err)
t.done()
