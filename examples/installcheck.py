#!/usr/bin/env python3
"""What an installed library must do for a stranger: its headers compile as C
and as C++, the examples build by pkg-config alone, and they trade with each
other and with fixgate echo.

usage: installcheck.py CC CXX PKGCONFIGDIR DESTDIR FIXGATE EXAMPLES [CFLAG...]
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

CC, CXX, PC, DESTDIR, FIXGATE, EXAMPLES = sys.argv[1:7]
EXTRA = sys.argv[7:]
tmp = tempfile.mkdtemp(prefix="fixgate-installed-")


def fail(what, more=""):
    print(f"installcheck: {what}\n{more}", file=sys.stderr)
    shutil.rmtree(tmp, ignore_errors=True)
    sys.exit(1)


def pkg_config(*args):
    p = subprocess.run(
        ["pkg-config", *args, "fixgate"], text=True, capture_output=True,
        env=dict(os.environ, PKG_CONFIG_PATH=PC))
    if p.returncode != 0:
        fail("pkg-config does not know fixgate", p.stderr)
    return p.stdout.split()


def staged(flags):
    """Where the files are before a package is unpacked."""
    return [re.sub(r"^(-[IL])/", rf"\1{DESTDIR}/", f) for f in flags]


CFLAGS = staged(pkg_config("--cflags"))
LIBS = staged(pkg_config("--libs"))
INCLUDE = staged([f"-I{x}" for x in pkg_config("--variable=includedir")])[0][2:]
LIBDIR = staged([f"-L{x}" for x in pkg_config("--variable=libdir")])[0][2:]
DATADIR = os.path.join(os.path.dirname(LIBDIR), "share", "fixgate",
                       "dictionaries")
ENV = dict(os.environ, LD_LIBRARY_PATH=LIBDIR)
if os.path.isdir(DATADIR):
    ENV["FIXGATE_DICTIONARIES"] = DATADIR


def compiles(cc, *args, text=None):
    p = subprocess.run([*cc.split(), *EXTRA, *args], input=text, text=True,
                       capture_output=True)
    if p.returncode != 0 or p.stderr:
        fail(f"{cc} {' '.join(args)}", p.stderr)


def headers():
    found = []
    for root, _, files in os.walk(INCLUDE):
        found += [os.path.relpath(os.path.join(root, f), INCLUDE)
                  for f in files if f.endswith(".h")]
    if len(found) < 15:
        fail(f"only {len(found)} headers in {INCLUDE}")
    one = "".join(f'#include "{h}"\n' for h in sorted(found))
    for h in found:
        compiles(CC, "-std=c11", "-Wall", "-Wextra", "-Werror", *CFLAGS,
                 "-fsyntax-only", "-x", "c", "-", text=f'#include "{h}"\n')
    compiles(CXX, "-std=c++17", "-Wall", "-Wextra", "-Werror", *CFLAGS,
             "-x", "c++", "-", "-o", os.path.join(tmp, "cxx"), *LIBS,
             text=one + "int main() { return fix_strerror(0) == nullptr || "
             "fix_check_all.enums != true || "
             "fix_span_of(\"x\").len != 1; }\n")
    if subprocess.run([os.path.join(tmp, "cxx")], env=ENV).returncode != 0:
        fail("the C++ program does not run")
    return len(found)


def build(name):
    out = os.path.join(tmp, name)
    compiles(CC, "-Wall", "-Wextra", "-Werror",
             os.path.join(EXAMPLES, name + ".c"), *CFLAGS, "-o", out, *LIBS)
    return out


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port, process, timeout=60):
    end = time.monotonic() + timeout
    while time.monotonic() < end and process.poll() is None:
        with open("/proc/net/tcp") as f:
            if any(f":{port:04X} 00000000:0000 0A" in x for x in f):
                return True
        time.sleep(0.02)
    return False


def trade(initiator, port, folder, says):
    """Twice: the second time with the numbers of the first."""
    for n in (1, 2):
        p = subprocess.run([initiator, str(port), "INI", "ACC", folder],
                           capture_output=True, text=True, env=ENV, timeout=60)
        if p.returncode != 0 or says not in p.stdout:
            fail(f"initiator, time {n}: status {p.returncode}",
                 p.stdout.replace("\x01", "|") + p.stderr)


def served(args, port, initiator, says):
    server = subprocess.Popen(args, env=ENV, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    try:
        if not listens(port, server):
            fail(f"{args[0]} does not listen", server.stderr.read()
                 if server.poll() is not None else "")
        trade(initiator, port, os.path.join(tmp, f"kept-{port}"), says)
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()


def main():
    n = headers()
    fields = build("fields")
    line = "8=FIX.4.4|9=41|35=0|49=A|56=B|34=1|52=20260302-12:00:00|10=120|"
    p = subprocess.run([fields, os.path.join(
        ENV.get("FIXGATE_DICTIONARIES", ""), "FIX44.xml")],
        input=line.replace("|", "\x01"), text=True, capture_output=True,
        env=ENV)
    if not re.search(r"49 SenderCompID +A\n", p.stdout):
        fail("fields", p.stdout + p.stderr)

    initiator, acceptor = build("initiator"), build("acceptor")
    port = free_port()
    served([acceptor, str(port), "ACC", "INI", os.path.join(tmp, "kept-acceptor")],
           port, initiator, "\x0139=2\x01")
    port = free_port()
    conf = os.path.join(tmp, "echo.conf")
    with open(conf, "w") as f:
        f.write(f"[SESSION]\nConnectionType=acceptor\nBeginString=FIX.4.4\n"
                f"SenderCompID=ACC\nTargetCompID=INI\n"
                f"SocketAcceptPort={port}\n")
    served([FIXGATE, "echo", "-c", conf], port, initiator, "\x0135=D\x01")
    print(f"installed: {n} headers in C and C++, 3 examples built; initiator "
          "and acceptor traded, and with fixgate echo")
    shutil.rmtree(tmp)


main()
