"""Starts the real gateway for a test: its own folder, free ports, SIGKILL."""
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import canary

TOP = os.environ.get("TOP_SRCDIR", ".")
BUILD = os.environ.get("TOP_BUILDDIR", "build")
FIXGATED = os.path.join(BUILD, "gateway", "fixgated")
FIXGATE = os.path.join(BUILD, "gateway", "fixgate")
FULL = os.environ.get("FIXGATE_TEST_SIZE") == "full"


def free_port():
    """Below those that the system gives to clients: one of them would be gone by
    the time that a server binds it."""
    while True:
        port = random.SystemRandom().randrange(10000, 32768)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Gateway:
    def __init__(self, conf=None, env=None):
        """conf: text of a settings file; None: gateway/demo.conf."""
        self.dir = tempfile.mkdtemp(prefix="fixgate-")
        self.port = free_port()
        self.env = dict(os.environ, **canary.ENV)
        self.env.update(FIX_PORT=str(self.port),
                        API_PORT=str(free_port()),
                        METRICS_PORT=str(free_port()),
                        DATA_DIR=os.path.join(self.dir, "data"),
                        **(env or {}))
        self.conf = os.path.join(self.dir, "fixgated.conf")
        if conf is None:
            with open(os.path.join(TOP, "gateway", "demo.conf")) as f:
                conf = f.read()
        if os.geteuid() != 0:
            # Tests look into /proc, where a process that may not be dumped
            # hides from its own user.
            conf = conf.replace("[GATEWAY]\n", "[GATEWAY]\nCoreDumps=Y\n", 1)
        with open(self.conf, "w") as f:
            f.write(conf)
        self.log = os.path.join(self.dir, "log")
        self.process = None
        self.canaries = True  # none may be in its files at the end

    def start(self, timeout=60, env=None):
        at = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                [FIXGATED, "-c", self.conf], stdin=subprocess.DEVNULL,
                stdout=out, stderr=out, env=dict(self.env, **(env or {})),
                start_new_session=True)
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            with open(self.log, "rb") as f:
                f.seek(at)
                if re.search(rb"\bready\b", f.read()):
                    return self
            if self.process.poll() is not None:
                raise RuntimeError(f"fixgated ended with status "
                                   f"{self.process.returncode}:\n{self.tail()}")
            time.sleep(0.002)
        raise TimeoutError("fixgated is not ready:\n" + self.tail())

    def tail(self, lines=30):
        with open(self.log, errors="replace") as f:
            return "".join(f.readlines()[-lines:])

    def kill(self):
        """SIGKILL to every process of the gateway, at once."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def wait_dead(self, timeout=60):
        self.process.wait(timeout)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def stop(self, timeout=60):
        """SIGTERM. @return exit status"""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def fixgate(self, *args, check=True):
        """Run `fixgate COMMAND -c CONF ...`. @return its output"""
        p = subprocess.run([FIXGATE, args[0], "-c", self.conf, *args[1:]],
                           env=self.env, capture_output=True, text=True,
                           timeout=120)
        if check and p.returncode != 0:
            raise RuntimeError(f"fixgate {' '.join(args)}: status "
                               f"{p.returncode}\n{p.stdout}{p.stderr}")
        return p.stdout

    def ask(self, line):
        """A command on the control socket. @return the answer"""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(60)
            s.connect(os.path.join(self.dir, "data", "trading",
                                   "control.sock"))
            s.sendall(line.encode() + b"\n")
            out = b""
            while got := s.recv(65536):
                out += got
            return out.decode()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        if self.canaries:
            canary.note(self.dir)
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
