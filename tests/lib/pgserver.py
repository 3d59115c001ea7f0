"""A PostgreSQL of a test's own: its cluster in a temp folder, reached by a Unix
socket and a free port on loopback, run as nobody where root is refused."""
import glob
import os
import shutil
import signal
import subprocess
import tempfile
import time

import canary
from gateway import TOP, free_port


def bindir():
    """Where the server's programs are, the newest first; None: nowhere."""
    found = glob.glob("/usr/lib/postgresql/*/bin/postgres") + \
        glob.glob("/usr/pgsql-*/bin/postgres")
    found += [p for p in [shutil.which("postgres")] if p]
    good = [os.path.dirname(os.path.realpath(p)) for p in found]
    good.sort(key=lambda p: [int(x) for x in p.split("/") if x.isdigit()],
              reverse=True)
    return good[0] if good else None


def alive(pid):
    """It runs, and is not only waited for."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


class Denied(Exception):
    """What PostgreSQL said no to."""


class Postgres:
    def __init__(self):
        self.bin = bindir()
        self.dir = tempfile.mkdtemp(prefix="fgpg")
        self.port = free_port()
        self.user = []
        self.options = []  # more of the server's
        if os.geteuid() == 0:
            self.user = ["setpriv", "--reuid=nobody", "--regid=nogroup",
                         "--clear-groups"]
            shutil.chown(self.dir, "nobody", "nogroup")
        os.chmod(self.dir, 0o755)
        self.data = os.path.join(self.dir, "data")
        self.log = os.path.join(self.dir, "log")
        self.run("initdb", "-D", self.data, "-A", "trust", "-N", "-U",
                 "postgres", "--encoding=UTF8", "--no-locale")

    def run(self, program, *args):
        p = subprocess.run([*self.user, os.path.join(self.bin, program), *args],
                           capture_output=True, text=True, cwd="/",
                           env=dict(os.environ, LC_ALL="C"))
        if p.returncode != 0:
            raise RuntimeError(f"{program}: {p.stdout}{p.stderr}")
        return p.stdout

    def start(self):
        p = subprocess.run(
            [*self.user, os.path.join(self.bin, "pg_ctl"), "-D", self.data,
             "-w", "-l", self.log, "-o",
             f"-p {self.port} -k {self.dir} -c listen_addresses=127.0.0.1 "
             "-c fsync=off -c full_page_writes=off -c shared_buffers=16MB "
             "-c max_connections=20 -c log_statement=all " +
             " ".join(self.options), "start"],
            stdout=subprocess.DEVNULL, cwd="/",
            env=dict(os.environ, LC_ALL="C"))
        if p.returncode != 0:
            with open(self.log, errors="replace") as f:
                raise RuntimeError("PostgreSQL: " + f.read()[-2000:])
        return self

    def pid(self):
        try:
            with open(os.path.join(self.data, "postmaster.pid")) as f:
                return int(f.readline())
        except OSError:
            return None

    def stop(self, mode="fast"):
        if self.pid() is not None:
            self.run("pg_ctl", "-D", self.data, "-w", "-m", mode, "stop")

    def kill(self):
        """SIGKILL to the server and its children, as a machine dies."""
        pid = self.pid()
        kids = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)],
                              capture_output=True, text=True).stdout.split()
        for p in [pid, *map(int, kids)]:
            try:
                os.kill(p, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for p in [pid, *map(int, kids)]:
            while alive(p):
                time.sleep(0.005)
        # Its pid may still be there, waited for by nobody.
        for left in (os.path.join(self.data, "postmaster.pid"),
                     f"{self.dir}/.s.PGSQL.{self.port}.lock"):
            os.remove(left)

    def url(self, user="postgres", db="trading"):
        return f"postgresql://{user}@127.0.0.1:{self.port}/{db}"

    def psql(self, *args, user="postgres", db="trading", stdin=None):
        p = subprocess.run(
            [os.path.join(self.bin, "psql"), "-X", "-q", "-A", "-t", "-v",
             "ON_ERROR_STOP=1", self.url(user, db), *args], input=stdin,
            capture_output=True, text=True, timeout=120)
        if p.returncode != 0:
            raise Denied(p.stderr)
        return p.stdout.strip("\n")

    def sql(self, text, user="postgres", db="trading"):
        return self.psql("-c", text, user=user, db=db)

    def rows(self, text, user="postgres"):
        out = self.psql("-F", "\x1f", "-c", text, user=user)
        return [x.split("\x1f") for x in out.splitlines()]

    def trail(self):
        """The database of an audit trail."""
        self.sql("CREATE DATABASE trading", db="postgres")
        where = os.path.join(TOP, "deploy", "postgresql")
        self.psql("-f", os.path.join(where, "roles.sql"),
                  "-f", os.path.join(where, "schema.sql"))
        return self

    def close(self):
        if self.pid() is not None:
            try:
                self.stop("immediate")
            except RuntimeError:
                pass
        canary.note(self.dir)  # its log has all statements, with what was sent
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
