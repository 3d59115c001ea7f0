"""Reads an exported audit trail and says whether it is whole: written from
RFC 6962, RFC 8032 and the C2SP notes alone, sharing no code with the gateway.

    python3 chain.py EXPORT.jsonl [KEY.pub CHECKPOINT...]
"""
import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile

FIELDS = ["event_id", "timestamp", "event_type", "actor", "action",
          "resource_type", "resource_id", "details", "ip_address",
          "user_agent", "previous_hash", "event_hash"]


class Bad(Exception):
    """The chain is not whole; event: number of the first bad one."""

    def __init__(self, event, why):
        super().__init__(f"event {event}: {why}")
        self.event = event


def sha(data):
    return hashlib.sha256(data).digest()


def no_twice(pairs):
    d = dict(pairs)
    if len(d) != len(pairs):
        raise ValueError("a key stands twice")
    return d


def event_hash(event):
    rest = {k: v for k, v in event.items() if k != "event_hash"}
    return sha(json.dumps(rest, sort_keys=True).encode()).hex()


def check(lines):
    """@return the events; raises Bad"""
    events, prev = [], "0" * 64
    for n, line in enumerate(lines, 1):
        try:
            e = json.loads(line, object_pairs_hook=no_twice)
        except ValueError as x:
            raise Bad(n, x)
        if sorted(e) != sorted(FIELDS):
            raise Bad(n, f"fields {sorted(e)}")
        if json.dumps(e, sort_keys=True) != line:
            raise Bad(n, "it is not canonical")
        if e["details"].get("seq") != n:
            raise Bad(n, f"it says that it is {e['details'].get('seq')}")
        if e["previous_hash"] != prev:
            raise Bad(n, "previous_hash")
        if event_hash(e) != e["event_hash"]:
            raise Bad(n, "event_hash")
        prev = e["event_hash"]
        events.append(e)
    return events


def root(leaves):
    """RFC 6962 section 2.1, as it is written there."""
    n = len(leaves)
    if n == 0:
        return sha(b"")
    if n == 1:
        return sha(b"\0" + leaves[0])
    k = 1
    while k * 2 < n:
        k *= 2
    return sha(b"\1" + root(leaves[:k]) + root(leaves[k:]))


def read_key(text):
    name, code, b64 = text.strip().split("+", 2)
    raw = base64.b64decode(b64, validate=True)
    assert raw[0] == 1 and len(raw) == 33
    assert sha(name.encode() + b"\n" + raw)[:4].hex() == code
    return name, raw[1:], bytes.fromhex(code)


def signed(public, message, signature):
    """Ed25519 by the openssl program."""
    der = bytes.fromhex("302a300506032b6570032100") + public
    with tempfile.TemporaryDirectory() as d:
        for name, data in (("key", der), ("text", message), ("sig", signature)):
            with open(os.path.join(d, name), "wb") as f:
                f.write(data)
        return subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER",
             "-inkey", d + "/key", "-rawin", "-in", d + "/text",
             "-sigfile", d + "/sig"], capture_output=True).returncode == 0


def check_note(note, key, events):
    """@return its size; raises Bad"""
    name, public, code = read_key(key)
    body, _, tail = note.partition("\n\n")
    body += "\n"
    lines = body.split("\n")
    size = int(lines[1])
    for line in tail.splitlines():
        dash, who, b64 = line.split(" ")
        raw = base64.b64decode(b64)
        if dash == "\u2014" and who == name and raw[:4] == code:
            if not signed(public, body.encode(), raw[4:]):
                raise Bad(size, "the checkpoint's signature")
            break
    else:
        raise Bad(size, "no signature of " + name)
    if lines[0] != name or size > len(events):
        raise Bad(len(events) + 1, f"the checkpoint is over {size} events")
    leaves = [bytes.fromhex(e["event_hash"]) for e in events[:size]]
    if base64.b64encode(root(leaves)).decode() != lines[2]:
        raise Bad(size, "the checkpoint has another root")
    if lines[3] != "head " + (leaves[-1].hex() if leaves else "0" * 64):
        raise Bad(size, "the checkpoint has another head")
    return size


def main():
    with open(sys.argv[1]) as f:
        events = check(f.read().splitlines())
    sys.setrecursionlimit(10000)
    for path in sys.argv[3:]:
        with open(sys.argv[2]) as k, open(path) as f:
            check_note(f.read(), k.read(), events)
    print(f"{len(events)} events, {len(sys.argv[3:])} checkpoints: good")


if __name__ == "__main__":
    main()
