#!/usr/bin/env python3
"""fixgate conform over TCP against fixgate echo, as acceptor and as initiator:
it passes, its reports are well-formed and true, and a wrong engine is caught."""
import html.parser
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
import xml.etree.ElementTree as ET

from tap import Tap

t = Tap()
FIXGATE = os.path.join(os.environ["TOP_BUILDDIR"], "gateway", "fixgate")
WAIT = 120
# Quick ones, and of each kind: gap, end of session, resend, text.
QUICK = ["1S[ad]", "2b", "2c", "2d", "2m", "3b", "4b", "8*", "10*", "11*", "14[a-j]",
         "15", "17b"]
FULL = os.environ.get("FIXGATE_TEST_SIZE") == "full"


class Echo:
    def __init__(self, folder, settings):
        path = os.path.join(folder, "echo.cfg")
        with open(path, "w") as f:
            f.write(settings)
        self.p = subprocess.Popen([FIXGATE, "echo", "-c", path],
                                  stdout=subprocess.PIPE, text=True,
                                  stderr=subprocess.DEVNULL)

    def port(self):
        return re.search(r"port (\d+)", self.p.stdout.readline()).group(1)

    def end(self):
        self.p.terminate()
        self.p.wait(WAIT)


def acceptor(folder, versions, more=""):
    text = f"[DEFAULT]\nSocketAcceptPort=0\nSenderCompID=ENGINE\n{more}\n"
    for v in versions:
        text += f"[SESSION]\nTargetCompID=T{v}\n"
        text += (f"BeginString=FIXT.1.1\nDefaultApplVerID=FIX.{v}\n"
                 if v >= "5" else f"BeginString=FIX.{v}\n")
    return Echo(folder, text)


def conform(*args, cases=QUICK):
    cmd = [FIXGATE, "conform", "--target-comp-id", "ENGINE", "--no-color",
           "--can", "echo", "--slack", "5000", "--timeout", "30", *args]
    for c in cases:
        cmd += ["--case", c]
    p = subprocess.run(cmd, capture_output=True, text=True, timeout=WAIT)
    return p.returncode, p.stdout, p.stderr


def counts(out):
    m = re.search(r"(\d+) passed, (\d+) failed, (\d+) not run\n$", out)
    return tuple(int(x) for x in m.groups()) if m else None


class Page(html.parser.HTMLParser):
    """Every tag closed in its order, nothing fetched from elsewhere."""
    VOID = ("meta", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.bad, self.text, self.fetched = [], [], "", []
        self.feed(text)
        self.bad += self.open

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.fetched += [a for a in attrs if a[0] in ("src", "srcset")
                         or (a[0] == "href" and not a[1].startswith("#"))]
        if tag in ("script", "link", "iframe"):
            self.fetched.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.bad.append(tag)

    def handle_data(self, data):
        self.text += data


def reports(folder):
    names = [os.path.join(folder, n) for n in ("r.xml", "r.html")]
    return names, ["--junit", names[0], "--html", names[1]]


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def passes(folder):
    versions = ["4.0", "4.1", "4.2", "4.3", "4.4", "5.0", "5.0SP1", "5.0SP2"]
    if not FULL:
        versions = ["4.0", "4.2", "5.0SP2"]
    echo = acceptor(folder, versions)
    port = echo.port()
    for v in versions:
        for way in [], ["--bytes"], ["--slow"]:
            cases = QUICK if not way else ["2b", "2c", "8*"]
            (xml, page), extra = reports(folder)
            rc, out, err = conform("--target", f"127.0.0.1:{port}",
                                   "--sender", f"T{v}", "--version", v,
                                   "--strict", *way, *extra, cases=cases)
            n = counts(out)
            t.ok(rc == 0 and n and n[0] >= len(cases) and n[1] == 0,
                 f"acceptor, {v} {' '.join(way)}: passes", out + err)
            suite = ET.parse(xml).getroot().find("testsuite")
            cases_told = suite.findall("testcase")
            skipped = [c for c in cases_told if c.find("skipped") is not None]
            t.ok(len(cases_told) == sum(n) == int(suite.get("tests"))
                 and len(skipped) == n[2] == int(suite.get("skipped"))
                 and suite.get("failures") == "0",
                 f"acceptor, {v} {' '.join(way)}: JUnit has the same figures",
                 ET.tostring(suite)[:500])
            p = Page(read(page))
            t.ok(not p.bad and not p.fetched and f"T{v}" in p.text
                 and "Not conformant" not in p.text,
                 f"acceptor, {v} {' '.join(way)}: the page is whole",
                 f"{p.bad} {p.fetched}")
    # An engine that knows its ClOrdIDs must not take one case's for another's.
    rc, out, err = conform("--target", f"127.0.0.1:{port}", "--sender",
                           "T4.2", "--version", "4.2", "-v",
                           cases=["2b", "2e", "15"])
    by_case = [set(re.findall(r"-> .*\|35=D\|.*?\|11=([^|]*)", part))
               for part in re.split(r"(?m)^passed ", out)]
    ids = [i for case in by_case for i in case]
    t.ok(rc == 0 and len(ids) >= 5 and len(ids) == len(set(ids)),
         "no ClOrdID is in two cases", out + err)
    for setting in "ResetOnLogout=Y", "ResetOnDisconnect=Y", "ResetOnLogon=Y":
        anew = acceptor(folder, ["4.4"], setting)
        rc, out, err = conform("--target", f"127.0.0.1:{anew.port()}",
                               "--sender", "T4.4", "--setting", setting,
                               cases=["1S[acd]", "13b", "burn1[0368]"])
        anew.end()
        n = counts(out)
        t.ok(rc == 0 and n and n[0] >= 3 and n[1] == 0,
             f"an engine with {setting} passes", out + err)
    # A stranger: nothing passes, and nothing is claimed.
    rc, out, err = conform("--target", f"127.0.0.1:{port}", "--sender",
                           "NOBODY", "--timeout", "5", cases=["2b", "10b"])
    t.ok(rc == 1 and counts(out) == (0, 2, 0), "a stranger passes nothing",
         out + err)
    echo.end()
    rc, out, err = conform("--target", f"127.0.0.1:{port}", "--sender", "T4.2")
    n = counts(out)
    t.ok(rc == 1 and n and n[0] == 0 and n[1] == 2 and n[2] > 10
         and "could not be reached" in out,
         "no engine: two cases try, the rest is not run", out + err)


def initiator(folder, begin, more, *args):
    cmd = [FIXGATE, "conform", "--target-comp-id", "ENGINE", "--sender", "T",
           "--listen", "0", "--can", "echo", "--slack", "5000", "--timeout",
           "30", "--no-color", *args]
    for c in ["1B[abc]", "2b", "2c", "2k", "10b", "1S*"]:
        cmd += ["--case", c]
    p = subprocess.Popen(cmd, stdout=subprocess.PIPE, text=True)
    port = re.search(r"port (\d+)", p.stdout.readline()).group(1)
    echo = Echo(folder, "[SESSION]\nConnectionType=initiator\n"
                f"SocketConnectHost=127.0.0.1\nSocketConnectPort={port}\n"
                f"ReconnectInterval=1\nSenderCompID=ENGINE\nTargetCompID=T\n"
                f"BeginString={begin}\n{more}\n")
    out = p.communicate(timeout=WAIT)[0]
    echo.end()
    n = counts(out)
    t.ok(p.returncode == 0 and n and n[0] == 7 and n[1] == 0
         and "1S" not in out,
         f"initiator, {begin} {' '.join(args)}: passes, and no case is for an "
         "acceptor", out)


def is_caught(folder):
    """An engine whose clock check is off: 2o fails by name; the Logon's
    Password shows nowhere."""
    echo = acceptor(folder, ["4.4"], "CheckLatency=N")
    secret = os.path.join(folder, "secret")
    with open(secret, "w") as f:
        f.write("hunter<2>\n")
    os.chmod(secret, 0o600)
    (xml, page), extra = reports(folder)
    rc, out, err = conform(
        "--target", f"127.0.0.1:{echo.port()}", "--sender", "T4.4",
        "--username", "me", "--password-file", secret, "--timeout", "3",
        "--name", "An <engine> & \"more\"", *extra,
        cases=["2b", "2o", "12"])
    t.ok(rc == 1 and counts(out) == (1, 1, 1)
         and re.search(r"^failed +2o .*\n +2o\.case:\d+: reject", out, re.M)
         and re.search(r"^not run 12 .*operator", out, re.M),
         "a wrong engine: the case that it fails is named, with its line",
         out + err)
    suite = ET.parse(xml).getroot().find("testsuite")
    failed = [c for c in suite.findall("testcase")
              if c.find("failure") is not None]
    t.ok(len(failed) == 1 and failed[0].get("name").startswith("2o ")
         and "35=0|" in failed[0].find("failure").text
         and suite.find("properties/property").get("value")
         == "An <engine> & \"more\"",
         "a wrong engine: JUnit says so, with what crossed the wire",
         read(xml)[:2000])
    p = Page(read(page))
    t.ok(not p.bad and not p.fetched and "Not conformant" in p.text
         and "An <engine> & \"more\"" in p.text
         and "Heartbeat MsgSeqNum(34)=" in p.text,
         "a wrong engine: the page says so, and holds what is no HTML",
         f"{p.bad} {p.fetched}")
    everything = out + err + read(xml) + read(page)
    t.ok("hunter" not in everything and "554=***" in everything,
         "a password is masked wherever the Logon is shown")
    echo.end()


def operated(folder):
    """The operator's command: called with the step's words, and believed."""
    hook = os.path.join(folder, "hook")
    cases = os.path.join(folder, "cases")
    os.mkdir(cases)
    with open(os.path.join(cases, "a.case"), "w") as f:
        f.write("case a told\nsource test\nneeds operator\n\nlogon\n"
                "do send order 11=x 38=7\ndo schedule close\nsync\n")
    with open(os.path.join(cases, "b.case"), "w") as f:
        f.write("case b refused\nsource test\nneeds operator\n\nlogon\n"
                "do restart\n")
    with open(hook, "w") as f:
        f.write('#!/bin/sh\necho "$1 $2 $3 $CONFORM_SENDER" >>"$0.log"\n'
                '[ "$1" != restart ]\n')
    os.chmod(hook, 0o700)
    echo = acceptor(folder, ["4.4"])
    rc, out, err = conform(
        "--target", f"127.0.0.1:{echo.port()}", "--sender", "T4.4", "--hook",
        f"'{hook}' \"$@\"", "--cases", cases, cases=[])
    said = read(hook + ".log").splitlines()
    t.ok(rc == 1 and counts(out) == (1, 1, 0) and len(said) == 3
         and re.match(r"send order 35=D\|11=x\|.*\|38=7\|.* T4\.4$", said[0])
         and said[1].split() == ["schedule", "close", "T4.4"],
         "the operator's command has the step's words and the message",
         out + err + "\n".join(said))
    echo.end()


class Liar(threading.Thread):
    """An engine of a few lines that answers a TestRequest as it is told to:
    how(reply) gives the messages, each a list of fields, or None to close."""

    def __init__(self, how):
        super().__init__(daemon=True)
        self.how = how
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.start()

    @staticmethod
    def message(fields, off=0):
        stamp = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime())
        head = {35: "0", 34: 2, 49: "ENGINE", 52: stamp, 56: "T"}
        head.update(x for x in fields if x[0] in head)
        body = "".join(f"{k}={v}\x01" for k, v in list(head.items())
                       + [x for x in fields if x[0] not in head])
        text = f"8=FIX.4.4\x019={len(body)}\x01{body}"
        total = (sum(text.encode()) + off) % 256
        return f"{text}10={total:03d}\x01".encode()

    def run(self):
        c = self.server.accept()[0]
        data = b""
        while True:
            got = c.recv(4096)
            if not got:
                return
            data += got
            while (m := re.search(rb"\x0110=\d{3}\x01", data)):
                one, data = data[:m.end()], data[m.end():]
                if not self.answer(c, dict(
                        f.split(b"=", 1) for f in one.split(b"\x01")[:-1])):
                    c.close()
                    return

    def answer(self, c, m):
        if m[b"35"] == b"A":
            c.sendall(self.message([(35, "A"), (34, 1), (98, 0), (108, 30),
                                    (141, "Y")]))
        elif m[b"35"] == b"5":
            c.sendall(self.message([(35, "5"), (34, 3)]))
        elif m[b"35"] == b"1":
            said = self.how([(112, m[b"112"].decode())])
            if said is None:
                return False
            c.sendall(b"".join(x if isinstance(x, bytes) else self.message(x)
                               for x in said))
        return True


def lies(folder):
    """Whatever a case says, these are told of every message."""
    cases = os.path.join(folder, "sync")
    os.mkdir(cases)
    with open(os.path.join(cases, "s.case"), "w") as f:
        f.write("case s in sync\nsource test\n\nlogon\nsync\n")
    late = time.strftime("%Y%m%d-%H:%M:%S", time.gmtime(time.time() + 300))
    for name, how, want, more in [
            ("the truth", lambda r: [r], None, []),
            ("a Heartbeat that is merely due",
             lambda r: [[], r + [(34, 3)]], None, []),
            ("a wrong CheckSum", lambda r: [Liar.message(r, 1)],
             "no message", []),
            ("a number left out", lambda r: [r + [(34, 3)]],
             "its MsgSeqNum(34) is 3, the next one was 2", []),
            ("another's CompID", lambda r: [r + [(56, "U")]],
             "its field 56 is not 'T'", []),
            ("a clock that is wrong", lambda r: [r + [(52, late)]],
             "s off our clock", []),
            ("43=Y without 122", lambda r: [r + [(43, "Y")]],
             "43=Y without an OrigSendingTime(122)", []),
            ("something else first",
             lambda r: [[(35, "3"), (45, 2)], r + [(34, 3)]],
             "this came instead", []),
            ("another id", lambda r: [[(112, "OTHER")]],
             "112=OTHER where 112=SYNC1 was expected", []),
            ("more than was asked",
             lambda r: [r, [(35, "3"), (34, 3), (45, 2)]],
             "this came behind the last step", []),
            ("silence", lambda r: [], "nothing came in", ["--timeout", "1"]),
            ("a field of its own", lambda r: [r + [(4999, "x")]], None, []),
            ("a field of its own, strictly", lambda r: [r + [(4999, "x")]],
             "the dictionary does not allow it: Invalid tag number, tag 4999",
             ["--strict"]),
            ("the end", lambda r: None, "the engine closed the connection",
             [])]:
        liar = Liar(how)
        rc, out, err = conform("--target", f"127.0.0.1:{liar.port}",
                               "--sender", "T", "--cases", cases,
                               "--slack", "0", *more, cases=[])
        t.ok(rc == (want is not None) and (want is None or want in out),
             f"an engine that says {name}: {want or 'passes'}", out + err)


def faults(folder):
    cases = os.path.join(folder, "bad")
    os.mkdir(cases)
    for text, want in [
            ("case x y\nsource z\nlogn\n", ":3: no step 'logn'"),
            ("case x y\nsource z\nlogon\ncase a b\n", ":4: 'case' belongs"),
            ("case x y\nlogon\n", "no 'source'"),
            ("case x y\nsource z\nversions 9.9\nlogon\n", ":3: versions"),
            ("case x y\nsource z\n4.9: logon\n", ":3: guard '4.9'"),
            ("case x y\nsource z\neither\nsend 0\nend\n", ":4: a branch"),
            ("case x y\nsource z\nrepeat 3\nlogon\n", ":3: a block"),
            ("case x y\nsource z\nend\n", ":3: 'end' without"),
            ("case x y\nsource z\nexpect 0 within soon\n", ":3: expected a t"),
            ("case x y\nsource z\nneeds magic\nlogon\n", ":3: needs 'magic'"),
            ("case x y\nsource z\nmay send 0\n", ":3: may"),
            ("case x y\nsource z\n\tlogon\n", ":3: a tab")]:
        with open(os.path.join(cases, "bad.case"), "w") as f:
            f.write(text)
        p = subprocess.run([FIXGATE, "conform", "--list", "--cases", cases],
                           capture_output=True, text=True)
        t.ok(p.returncode == 2 and "bad.case" in p.stderr and want in p.stderr,
             f"a fault in a case is told: {want}", p.stderr)
    for args, want in [
            ([], "--target or"),
            (["--target", "x:1"], "--sender"),
            (["--target", "x"], "HOST:PORT"),
            (["--target", "x:1", "--version", "9"], "no FIX version"),
            (["--target", "x:1", "--can", "fly"], "expected echo"),
            (["--list", "--case", "nothing*"], "no case"),
            (["--list", "--cases", "/nowhere"], "/nowhere")]:
        p = subprocess.run([FIXGATE, "conform", *args], capture_output=True,
                           text=True)
        t.ok(p.returncode == 2 and want in p.stderr,
             f"options: {' '.join(args)}", p.stderr)


def main():
    with tempfile.TemporaryDirectory(prefix="fixgate-conform-") as folder:
        faults(folder)
        passes(folder)
        initiator(folder, "FIX.4.4", "ResetOnLogon=Y", "--setting",
                  "ResetOnLogon=Y")
        if FULL:
            initiator(folder, "FIX.4.0", "", "--version", "4.0")
        lies(folder)
        is_caught(folder)
        operated(folder)
    t.done()


if __name__ == "__main__":
    main()
