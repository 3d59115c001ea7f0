"""Canaries: secrets that every test run has in it, and the search for them.

Each holds MARK, which stands in no source as a text. Every gateway that a test
starts has them in its environment, under the names that the operators' guide
gives to secrets, and every FIX client of the tests sends one as its password.
When a gateway's folder is about to be removed all of its files are searched
(scan), and what is found is noted in the build folder, where the last test of a
run looks, beside the output of all others: tests/canary/last.py.
"""
import hashlib
import os
import sys

MARK = hashlib.sha256(b"fixgate canary").hexdigest()[:16]
NOTES = os.path.join(os.environ.get("TOP_BUILDDIR", "build"), "tests",
                     "canary.notes")


def secret(name):
    return f"{MARK}-{name}"


ENV = {name: secret(name) for name in (
    "BINANCE_API_KEY", "BINANCE_API_SECRET", "ALPACA_API_KEY",
    "ALPACA_API_SECRET", "OANDA_API_KEY", "JWT_SECRET_KEY")}

# Where a test itself puts secrets: settings, key files, what proves a logon.
PLACES = ("fixgated.conf", "credentials", ".secret", "redis.conf", ".aof",
          ".incr.aof")


def pieces(path):
    """What of a file is written: journals and tables have holes."""
    with open(path, "rb") as f:
        end, at = os.fstat(f.fileno()).st_size, 0
        while at < end:
            try:
                at = os.lseek(f.fileno(), at, os.SEEK_DATA)
                hole = os.lseek(f.fileno(), at, os.SEEK_HOLE)
            except OSError:
                return
            f.seek(at)
            tail = b""
            while at < hole:
                data = f.read(min(1 << 20, hole - at))
                if not data:
                    return
                yield tail + data
                tail, at = data[-len(MARK):], at + len(data)


def scan(folder):
    """@return (files searched, [files that hold a canary])"""
    n, bad = 0, []
    mark = MARK.encode()
    for root, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(root, name)
            if name.endswith(PLACES) or os.path.islink(path) or \
                    not os.path.isfile(path):
                continue
            n += 1
            try:
                if any(mark in p for p in pieces(path)):
                    bad.append(os.path.relpath(path, folder))
            except OSError:
                pass
    return n, bad


def note(folder):
    """Search a folder before it goes, and leave word of it."""
    n, bad = scan(folder)
    who = os.path.basename(sys.argv[0]) or "?"
    try:
        with open(NOTES, "a") as f:
            f.write("".join(f"{who} found {b}\n" for b in bad) +
                    f"{who} searched {n}\n")
    except OSError:
        pass
