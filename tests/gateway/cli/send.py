#!/usr/bin/env python3
"""fixgate send against the real gateway, and against fixgate echo."""
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import time

from cli import FIXGATE, TOP, run
from gateway import Gateway, free_port
from tap import Tap

t = Tap()
tmp = tempfile.mkdtemp(prefix="fixgate-send-")
g = Gateway().start()
WAIT = ("-t", "60")


def send(*args, stdin=None, sender="CLIENT44", env=None):
    return run("send", "-c", g.conf, "--sender", sender, "--account", "DEMO",
               *WAIT, *args, stdin=stdin, env=dict(g.env, **(env or {})))


def order(*args, **kw):
    return send("--symbol", "AAPL", "--side", "buy", "--qty", "10", *args, **kw)


# One order, in three faces.
for sender, begin in [("CLIENT42", "FIX.4.2"), ("CLIENT44", "FIX.4.4"),
                      ("CLIENT50", "FIXT.1.1")]:
    status, out, err = order("--id", "one", sender=sender)
    t.ok(status == 0 and "-> NewOrderSingle (D) #2" in out and
         "39 OrdStatus=2 FILLED" in out and "<- Logout" in out,
         f"a market order over {begin} is filled: status 0",
         f"{status} {out}{err}")
status, out, err = order("--price", "150", "--tif", "gtc")
t.ok(status == 0 and "39 OrdStatus=0 NEW" in out and "40 OrdType=2" in out,
     "a limit order that rests has worked", out + err)
status, out, err = order("--price", "187.26", "--tif", "fok", "--qty", "5000")
t.ok(status == 0 and "39 OrdStatus=4 CANCELED" in out,
     "a fill-or-kill that is killed was not refused", out + err)
status, out, err = order("--qty", "5000000")
t.ok(status == 1 and "refused" in err and "58 Text=RISK QTY_MAX" in out,
     "an order that risk refuses: status 1", out + err)
status, out, err = order("--field", "54=Z", "--side", "sell")
t.ok(status == 1 and "(3)" in out, "a rejected message: status 1", out + err)
status, out, err = order("--quiet")
t.ok(status == 0 and out == "", "--quiet prints nothing", out + err)
status, out, err = order("--json")
msgs = [json.loads(x) for x in out.splitlines()]
t.ok(status == 0 and [m["type"] for m in msgs] ==
     ["A", "A", "D", "8", "8", "5", "5"] and
     [m["direction"] for m in msgs][:4] == ["out", "in", "out", "in"],
     "--json is an object a message", out + err)

# Not understood: nothing is sent.
for args, why in [(["--side", "up"], "buy, sell or short"),
                  (["--qty", "many"], "'many' is no quantity"),
                  (["--price", "1,5"], "'1,5' is no price"),
                  (["--tif", "never"], "never"),
                  (["--field", "58=a b"], "holds a blank")]:
    status, out, err = order(*args)
    t.ok(status == 2 and why in err and "(D)" not in out,
         f"{' '.join(args)} is a usage error", f"{status} {out}{err}")
for args, why in [(["--symbol", "X"], "--side"), (["--begin", "FIX.9"],
                                                  "FIX.4.0 to"),
                  (["--reset"], "--state"), (["extra"], "extra"),
                  (["-t", "x"], "--timeout takes a number"),
                  (["--sender", "NOBODY"], "no session for NOBODY")]:
    status, out, err = send(*args)
    t.ok(status == 2 and why in err, f"{' '.join(args)} is a usage error",
         f"{status} {out}{err}")
status, out, err = run("send", "--port", str(free_port()), "--sender", "A",
                       "--target", "B", "--symbol", "A", "--side", "buy",
                       "--qty", "1")
t.ok(status == 1 and "Connection refused" in err,
     "nobody listens: one sentence, status 1", err)
status, out, err = run("send", "--port", str(g.port), "--sender", "STRANGER",
                       "--target", "FIXGATE", *WAIT, "--symbol", "A", "--side",
                       "buy", "--qty", "1")
t.ok(status == 1 and "refused" in err, "a Logon refused: status 1", out + err)

# Scripts.
status, out, err = send(stdin="""\
# a day in a file
new ETHUSDT buy 10 @ 2950 id s1 gtc
wait 8 11=s1 39=NEW
replace s1 20 2940 id s2
wait ExecutionReport 150=REPLACED 38=20 44=2940
status s1
wait 8 39=0
cancel s1
wait 8 39=4 within 60
new MSFT sell 5 stop 400 id s3
wait 8 11=s3 39=0
cancel s3
wait 8 41=s3 39=4
35=D|11=text|1=DEMO|55=AAPL|54=1|38=1|40=1|60=20261125-10:00:00|
wait 8 11=text 39=FILLED
new NOPE buy 1 id bad
wait 8 11=bad 39=8
sleep 0.01
""")
t.ok(status == 0, "a script: orders, changes, waits", out + err)
status, out, err = send("-t", "1", stdin="new AAPL buy 1\nwait 8 39=9\n")
t.ok(status == 1 and "waited in vain for 8 39=9" in err.replace("  ", " ") and
     "line 2" in err, "a wait in vain: status 1", err)
status, out, err = send(stdin="cancel nothing\n")
t.ok(status == 1 and "no order 'nothing'" in err, "a cancel of nothing", err)
path = os.path.join(tmp, "script")
with open(path, "w") as f:
    f.write("frobnicate\n")
status, out, err = send("--script", path)
t.ok(status == 1 and "frobnicate" in err and "line 1" in err,
     "a line that is no line names itself", err)

# A signal logs out, and leaves nothing behind.
spare = os.path.join(tmp, "spare")
os.mkdir(spare)
p = subprocess.Popen([FIXGATE, "send", "-c", g.conf, *WAIT],
                     env=dict(g.env, TMPDIR=spare), stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
seen = ""
while "<- Logon" not in seen:
    seen += p.stdout.readline()
t.ok(os.listdir(spare) != [], "without --state the session is temporary")
p.send_signal(signal.SIGINT)
out, err = p.communicate(timeout=120)
t.ok(p.returncode == 1 and "<- Logout" in out and os.listdir(spare) == [],
     "SIGINT logs out in order, and the temporary session goes", out + err)

# A session that is kept.
state = os.path.join(tmp, "state")
kept = ("--state", state, "--sender", "CLIENT50")
status, out, err = send(*kept, "--reset", stdin="new AAPL buy 1 @ 150 id k1\n"
                        "wait 8 39=0\n")
t.ok(status == 0 and "141 ResetSeqNumFlag=Y" in out, "--reset begins anew",
     out + err)
status, out, err = send(*kept, stdin="cancel k1\nwait 8 39=4\n")
t.ok(status == 0 and "Logon (A) #4" in out and "ResetSeqNumFlag" not in out,
     "--state goes on with numbers and orders", out + err)
status, out, err = send(*kept, stdin="drop\nnew AAPL buy 1 @ 150 id k2\n"
                        "connect\nwait 8 11=k2 39=0\n")
t.ok(status == 0 and ".. NewOrderSingle" in out and
     "<- ResendRequest" in out and "(possible duplicate)" in out,
     "an order entered without a connection goes when it is asked for",
     out + err)
p = subprocess.Popen([FIXGATE, "send", "-c", g.conf, "--account", "DEMO",
                      *kept, *WAIT], env=g.env, stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
p.stdin.write("drop\nnew AAPL buy 2 @ 150 id k3\n")
p.stdin.flush()
seen = ""
while ".. NewOrderSingle" not in seen:
    seen += p.stdout.readline()
status, out, err = send(*kept, stdin="")
t.ok(status == 1 and ("another" in err or "owns" in err),
     "a state folder has one owner", err)
p.send_signal(signal.SIGKILL)
p.wait()
status, out, err = send(*kept, stdin="wait 8 11=k3 39=0\n")
t.ok(status == 0 and "<- ResendRequest" in out,
     "after kill -9 the client still answers a ResendRequest", out + err)
g.kill()
g.start()
status, out, err = send(*kept, stdin="cancel k3\nwait 8 39=4\n")
t.ok(status == 0, "the session goes on after kill -9 of the gateway",
     out + err)
live = json.loads(g.fixgate("orders", "--json", "--session", "CLIENT50"))
t.ok(sorted(o["cl_ord_id"] for o in live if o["live"]) == ["k2"],
     "and the gateway has each order once", live)


# At a terminal.
def typed(*lines):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(g.env, TERM="xterm", NO_COLOR="1")
        os.execv(FIXGATE, ["fixgate", "send", "-c", g.conf, "--account",
                           "DEMO", *WAIT])
    out, end = b"", time.monotonic() + 120

    def read_to(what):
        nonlocal out
        at = len(out)
        while what not in out[at:] and time.monotonic() < end:
            if select.select([fd], [], [], 1)[0]:
                try:
                    got = os.read(fd, 65536)
                except OSError:
                    return
                out += got

    read_to(b"fix> ")
    for line, answer in lines:
        os.write(fd, line.encode())
        read_to(answer.encode())
    status = os.waitpid(pid, 0)[1]
    os.close(fd)
    return os.waitstatus_to_exitcode(status), out.decode(errors="replace")


status, out = typed(("help\n", "cancel ID"), ("bogus\n", "don't know 'bogus'"),
                    ("new AAPL buy 1 @ 150 id p1\n", "39 OrdStatus=0 NEW"),
                    ("can\t p1\n", "39 OrdStatus=4 CANCELED"),
                    ("orders\n", "AAPL, 0 filled: CANCELED"),
                    ("quit\n", "<- Logout"))
t.ok(status == 0 and "<- Logout" in out,
     "at the prompt: editing, completion, orders, quit", out)
g.close()

# TLS, to a gateway of its own.
if shutil.which("openssl"):
    def certificate(name, cn):
        key, crt = (os.path.join(tmp, f"{name}.{x}") for x in ("key", "crt"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                        "-nodes", "-days", "2", "-subj", f"/CN={cn}",
                        "-addext", f"subjectAltName=DNS:{cn}", "-keyout", key,
                        "-out", crt], check=True, capture_output=True)
        os.chmod(key, 0o600)
        return key, crt

    key, crt = certificate("gate", "gate.test")
    other = certificate("other", "gate.test")[1]
    with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
        text = f.read().replace(
            "[DEFAULT]\n", "[DEFAULT]\nSocketUseSSL=Y\n"
            f"ServerCertificateFile={crt}\nServerCertificateKeyFile={key}\n")
    g = Gateway(text).start()
    status, out, err = order()
    t.ok(status == 0 and "FILLED" in out,
         "TLS: -c believes the gateway's own certificate", out + err)
    to = ("send", "--port", str(g.port), "--sender", "CLIENT44", "--target",
          "FIXGATE", *WAIT, "--symbol", "AAPL", "--side", "buy", "--qty", "1",
          "--account", "DEMO")
    status, out, err = run(*to, "--ca", crt, "--tls-name", "gate.test")
    t.ok(status == 0 and "FILLED" in out, "TLS: an authority and a name",
         out + err)
    for args, why in [(["--ca", crt], "mismatch"),
                      (["--ca", crt, "--tls-name", "x.test"], "mismatch"),
                      (["--ca", other, "--tls-name", "gate.test"],
                       "certificate"),
                      (["--tls", "--tls-name", "gate.test"], "self-signed"),
                      (["--ca", "/nonexistent"], "/nonexistent")]:
        status, out, err = run(*to, *args)
        t.ok(status == 1 and why in err and "Logon" not in out,
             f"TLS: {' '.join(os.path.basename(a) for a in args)} is refused",
             out + err)
    wrong = os.path.join(g.dir, "wrong.conf")
    with open(wrong, "w") as f:
        f.write(text.replace(crt, other))
    status, out, err = run("send", "-c", wrong, "--sender", "CLIENT44", *WAIT,
                           "--symbol", "AAPL", "--side", "buy", "--qty", "1",
                           env=g.env)
    t.ok(status == 1 and "certificate is not that of" in err,
         "TLS: another certificate than the gateway's is refused", out + err)
    g.close()
else:
    t.skip("TLS", "no openssl")

# A tiny acceptor: fixgate echo.
port = free_port()
conf = os.path.join(tmp, "echo.conf")
with open(conf, "w") as f:
    f.write("[DEFAULT]\nConnectionType=acceptor\nSenderCompID=ECHO\n"
            f"SocketAcceptPort={port}\nSocketAcceptAddress=127.0.0.1\n"
            "ResetOnLogon=Y\n")
    for v in ("FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.3", "FIX.4.4"):
        f.write(f"[SESSION]\nBeginString={v}\nTargetCompID=C{v[4:]}\n")
    f.write("[SESSION]\nBeginString=FIXT.1.1\nDefaultApplVerID=9\n"
            "TargetCompID=C5.0\n")
echo = subprocess.Popen([FIXGATE, "echo", "-c", conf],
                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
end = time.monotonic() + 60
while time.monotonic() < end:
    status, out, err = run("send", "-c", conf, "--sender", "C4.4", "-q",
                           stdin="")
    if status == 0:
        break
    time.sleep(0.05)
for v in ("4.0", "4.1", "4.2", "4.3", "4.4", "5.0"):
    status, out, err = run(
        "send", "-c", conf, "--sender", f"C{v}", *WAIT,
        stdin="new AAPL buy 100 @ 1.5 id e1 58=hello\n"
              "wait D 11=e1 58=hello\nlogout\n")
    t.ok(status == 0, f"a FIX {v} session logs on, sends, reads and logs out",
         out + err)
echo.terminate()
echo.wait()
shutil.rmtree(tmp)
t.done()
