"""What an operator gets wrong: one clear sentence, a status that is not zero,
and nothing started."""
import os
import shutil
import socket
import subprocess

from gateway import FIXGATED, Gateway
from tap import Tap

t = Tap()
TOP = os.environ["TOP_SRCDIR"]
with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
    DEMO = f.read()


def run(conf, *args, files=(), prefix=(), env=None):
    """fixgated on these settings. @return status, stderr, what was started"""
    with Gateway(conf) as g:
        for name, text, mode in files:
            path = os.path.join(g.dir, name)
            with open(path, "w") as out:
                out.write(text)
            os.chmod(path, mode)
        p = subprocess.run([*prefix, FIXGATED, "-c", g.conf, *args],
                           env=dict(g.env, **(env or {})), text=True,
                           capture_output=True, timeout=120)
        started = os.path.exists(os.path.join(g.dir, "data", "trading"))
        return p.returncode, p.stderr.replace(g.dir, "DIR"), started


def refused(name, conf, *says, **more):
    status, err, started = run(conf, **more)
    lines = err.splitlines()
    good = status == 1 and len(lines) == 1 and not started and \
        all(s in err for s in says)
    t.ok(good, name, f"status {status}, started {started}\n{err}")


def changed(old, new):
    assert old in DEMO, old
    return DEMO.replace(old, new, 1)


LINE = {text: i + 1 for i, text in enumerate(DEMO.splitlines())}

refused("an unknown key names file, line and the nearest known key",
        changed("MaxOrderQty=", "MaxOrderQyt="),
        f"fixgated: DIR/fixgated.conf:{LINE['MaxOrderQty=1000000']}: ",
        "did you mean 'MaxOrderQty'?")
refused("a limit that is not stated", changed("CollarPercent=10\n", ""),
        "does not state CollarPercent", "unlimited")
refused("a variable that is not set",
        changed("${FIX_PORT:-5001}", "${NO_SUCH_PORT}"), "NO_SUCH_PORT")
refused("a dictionary that is not there",
        changed("BeginString=FIX.4.2",
                "BeginString=FIX.4.2\nDataDictionary=nowhere/X.xml"),
        "X.xml is not there")
refused("a further version's dictionary that is not there",
        changed("DefaultApplVerID=",
                "AppDataDictionary.FIX.4.2=nowhere/X.xml\nDefaultApplVerID="),
        "X.xml is not there")
refused("a dictionary that does not load",
        changed("BeginString=FIX.4.2",
                "BeginString=FIX.4.2\nDataDictionary=bad.xml"),
        "dictionary does not load: DIR/bad.xml:",
        files=[("bad.xml", "<fix major='4' minor='2'><fields/>", 0o644)])
refused("no DataDir", changed("DataDir=${DATA_DIR:-fixgate-data}\n", ""),
        "[GATEWAY] sets no DataDir")
refused("a DataDir that can't be made", DEMO, "can't make DataDir",
        "No such file", env={"DATA_DIR": "/nowhere/at/all"})
refused("a route to a venue that is not there",
        changed("Venue=SIM", "Venue=SIMM"), "there is no [VENUE SIMM]")
refused("a session twice",
        DEMO + "\n[SESSION]\nBeginString=FIX.4.2\nTargetCompID=CLIENT42\n",
        "the same session as in line")
for key, value, says in (
        ("ResendNever", "B,AE", "executions (8, 9, AE) are always sent again"),
        ("ResendMaxAgeTypes", "D 8", "executions (8, 9, AE) are always"),
        ("ResendNever", "D,5", "5 is a session message"),
        ("ResendMaxAgeTypes", "35=D", "must be MsgTypes with commas")):
    refused(f"{key}={value}",
            changed("BeginString=FIX.4.2", f"BeginString=FIX.4.2\n{key}={value}"),
            says)
refused("a user that is not there",
        changed("[GATEWAY]", "[GATEWAY]\nUser=nobody-of-this-name"),
        "there is no user")
refused("an address of another machine",
        changed("SocketAcceptAddress=127.0.0.1",
                "SocketAcceptAddress=203.0.113.7"),
        "can't listen on 203.0.113.7", "Cannot assign")
refused("TLS without a certificate",
        changed("[DEFAULT]", "[DEFAULT]\nSocketUseSSL=Y"),
        "TLS needs both ServerCertificateFile and")
refused("a venue's price that is none",
        changed("AAPL 187.25", "AAPL cheap"), "Symbols:", "cheap")
refused("a secret in a vault, which is not supported yet",
        changed("[DEFAULT]", "[DEFAULT]\nPassword=vault:x"), "vault:")

# Every fault is told, not only the first.
status, err, started = run(changed("MaxLong=", "MaxLnog=").replace(
    "Type=sim", "Type=simm"))
t.ok(status == 1 and err.count("\n") == 2 and not started,
     "two faults are two lines", err)

# --check-config does not touch anything.
status, err, started = run(DEMO, "--check-config")
t.ok(status == 0 and err == "" and not started,
     "--check-config says nothing of a good file and starts nothing", err)

# The real thing: a port that somebody has.
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    s.listen()
    port = str(s.getsockname()[1])
    refused("a port in use", DEMO, f"can't listen on 127.0.0.1 port {port}",
            "Address already in use", env={"FIX_PORT": port})

# A key that others may read.
key = "-----BEGIN PRIVATE KEY-----\n"
TLS = changed("[DEFAULT]", "[DEFAULT]\nSocketUseSSL=Y\n"
              "ServerCertificateFile=c.pem\nServerCertificateKeyFile=k.pem")
one = TLS.replace("[DROPCOPY DROPCOPY]", "[DROPCOPY X]")
status, err, started = run(one, files=[("k.pem", key, 0o644),
                                       ("c.pem", "", 0o644)])
t.ok(status == 1 and "chmod 600" in err and "k.pem" in err and not started,
     "a key file that others may read is refused", err)
status, err, started = run(one, files=[("k.pem", key, 0o600),
                                       ("c.pem", "nonsense", 0o644)])
t.ok(status == 1 and "certificate file DIR/c.pem" in err and not started,
     "a certificate that is none is refused", err)

# A disk without room: a tiny file system of our own, where we may make one.
small = os.path.join(os.environ["TOP_BUILDDIR"], f"small.{os.getpid()}")
os.mkdir(small)
mount = ["unshare", "-Urm", "sh", "-c",
         'mount -t tmpfs -o size=1m none "$0" && exec "$@"', small]
try:
    able = subprocess.run([*mount, "true"], capture_output=True).returncode == 0
except FileNotFoundError:
    able = False
if able:
    status, err, started = run(DEMO, prefix=mount, env={
        "DATA_DIR": os.path.join(small, "data")})
    t.ok(status == 1 and "ready" not in err and
         ("room" in err or "No space" in err),
         "a store without room is refused in a sentence", err)
else:
    t.skip("a store without room is refused", "no user namespaces here")
shutil.rmtree(small)

for args, what in (([], "no -c"), (["--nonsense"], "an unknown option"),
                   (["-c", "x", "y"], "a stray word")):
    p = subprocess.run([FIXGATED, *args], capture_output=True, text=True)
    t.ok(p.returncode == 2 and p.stderr != "" and p.stdout == "",
         f"{what} is status 2", p.stderr)
p = subprocess.run([FIXGATED, "--help"], capture_output=True, text=True)
t.ok(p.returncode == 0 and "--check-config" in p.stdout and p.stderr == "",
     "--help goes to stdout", p.stderr)
p = subprocess.run([FIXGATED, "--version"], capture_output=True, text=True)
t.ok(p.returncode == 0 and p.stdout.startswith("fixgated "), "--version")
p = subprocess.run([FIXGATED, "-c", "/nowhere"], capture_output=True, text=True)
t.ok(p.returncode == 1 and "No such file" in p.stderr,
     "a settings file that is not there", p.stderr)
t.done()
