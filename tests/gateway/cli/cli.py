"""What the tests of the command line share."""
import os
import subprocess

TOP = os.environ.get("TOP_SRCDIR", ".")
BUILD = os.environ.get("TOP_BUILDDIR", "build")
FIXGATE = os.path.join(BUILD, "gateway", "fixgate")
COMMANDS = ["send", "decode", "journal", "audit", "sessions", "top", "schedule",
            "profiles", "dictionary", "orders", "dropcopy", "control", "risk",
            "credential", "keys", "backup", "restore", "drill", "witness",
            "echo", "conform", "bench", "demo", "help", "version"]


def run(*args, stdin=None, env=None, timeout=120):
    """fixgate ARGS. @return status, what it said, what it complained"""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    p = subprocess.run([FIXGATE, *args], input=data,
                       stdin=subprocess.DEVNULL if data is None else None,
                       env=dict(os.environ, **(env or {})),
                       capture_output=True, timeout=timeout)
    return (p.returncode, p.stdout.decode(errors="replace"),
            p.stderr.decode(errors="replace"))


def message(begin, fields, sep=b"\x01"):
    """A FIX message: BodyLength and CheckSum are right, with SOH between;
    sep is put in its place afterwards, as a log does it."""
    body = b"".join((f if isinstance(f, bytes) else f.encode()) + b"\x01"
                    for f in fields)
    m = b"8=%s\x019=%d\x01" % (begin.encode(), len(body)) + body
    m += b"10=%03d\x01" % (sum(m) % 256)
    return m.replace(b"\x01", sep)


def order(begin="FIX.4.4", **more):
    fields = {"35": "D", "49": "CLIENT", "56": "GATE", "34": "2",
              "52": "20261125-10:00:00", "11": "a1", "55": "AAPL", "54": "1",
              "60": "20261125-10:00:00", "38": "100", "40": "2",
              "44": "187.25"}
    if begin in ("FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.3"):
        fields["21"] = "1"
    if begin in ("FIX.4.0", "FIX.4.1"):
        del fields["60"]
    fields.update({k[1:]: v for k, v in more.items()})
    return message(begin, [f"{k}={v}" for k, v in fields.items()])
