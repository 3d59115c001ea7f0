"""Checks a bundle of audit events, with nothing of the gateway at hand.

    verify_bundle.py BUNDLE.json KEY.pub

A bundle is one JSON object, spelled as json.dumps(x, sort_keys=True) and a line
end: checkpoint, a C2SP signed note; events; format; key, the public key that
signed. Each event has event (twelve fields), message (base64 of the FIX message
behind it, or null) and proof (base64 hashes of an RFC 6962 audit path). KEY.pub
must have come another way: a key out of the bundle would prove nothing.
"""
import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FIELDS = {"event_id", "timestamp", "event_type", "actor", "action",
          "resource_type", "resource_id", "details", "ip_address",
          "user_agent", "previous_hash", "event_hash"}


class Bad(Exception):
    """Why the bundle proves nothing."""


def need(condition, why):
    if not condition:
        raise Bad(why)


def sha(data):
    return hashlib.sha256(data).digest()


def b64(text):
    raw = base64.b64decode(text, validate=True)
    need(base64.b64encode(raw).decode() == text, "base64 in another spelling")
    return raw


def read_key(text):
    name, code, key = text.strip().split("+", 2)
    raw = b64(key)
    need(len(raw) == 33 and raw[0] == 1, "the key is no Ed25519 key")
    need(sha(name.encode() + b"\n" + raw)[:4].hex() == code,
         "the key's code is not its own")
    return name, bytes.fromhex(code), Ed25519PublicKey.from_public_bytes(raw[1:])


def read_checkpoint(note, key):
    """@return size, root"""
    name, code, public = key
    body, empty, tail = note.partition("\n\n")
    need(empty and tail.endswith("\n"), "the checkpoint is no signed note")
    lines = body.split("\n")
    need(len(lines) >= 3 and lines[0] == name, "the checkpoint of another chain")
    for signature in tail[:-1].split("\n"):
        dash, who, raw = signature.split(" ")
        raw = b64(raw)
        if dash == "\u2014" and who == name and raw[:4] == code:
            break  # another key may have signed, too
    else:
        raise Bad("the checkpoint is signed by another key")
    try:
        public.verify(raw[4:], (body + "\n").encode())
    except InvalidSignature:
        raise Bad("the checkpoint's signature is not good") from None
    need(str(int(lines[1])) == lines[1], "the checkpoint's size")
    return int(lines[1]), b64(lines[2])


def root_by(path, index, size, leaf):
    """RFC 9162, 2.1.3.2: the root to which an audit path leads."""
    need(0 <= index < size, "an event is outside of the checkpoint")
    node, last = leaf, size - 1
    for p in path:
        need(last > 0, "a proof is too long")
        if index & 1 or index == last:
            node = sha(b"\1" + p + node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = sha(b"\1" + node + p)
        index, last = index >> 1, last >> 1
    need(last == 0, "a proof is too short")
    return node


def check_event(item, size, root):
    need(set(item) == {"event", "message", "proof"}, "an event's parts")
    event = item["event"]
    need(set(event) == FIELDS, "an event's fields")
    rest = {k: v for k, v in event.items() if k != "event_hash"}
    digest = sha(json.dumps(rest, sort_keys=True).encode())
    seq = event["details"]["seq"]
    need(digest.hex() == event["event_hash"], f"event {seq}: its event_hash")
    path = [b64(p) for p in item["proof"]]
    need(root_by(path, seq - 1, size, sha(b"\0" + digest)) == root,
         f"event {seq}: its proof leads elsewhere")
    told = event["details"].get("message_sha256")
    if "message_bytes" not in event["details"]:
        told = None
    need((told is None) == (item["message"] is None),
         f"event {seq}: its message")
    if told is not None:
        need(sha(b64(item["message"])).hex() == told,
             f"event {seq}: its message is another one")
    return seq, event


def check(text, key):
    """@return the events, in order; raises Bad"""
    try:
        bundle = json.loads(text)
        need(json.dumps(bundle, sort_keys=True) + "\n" == text,
             "the bundle is not in its canonical spelling")
        need(set(bundle) == {"checkpoint", "events", "format", "key"} and
             bundle["format"] == "fixgate-audit-bundle-1", "no such bundle")
        need(bundle["key"] == key.strip(), "the bundle names another key")
        size, root = read_checkpoint(bundle["checkpoint"], read_key(key))
        seen, last = [], ("", 0)
        for item in bundle["events"]:
            seq, event = check_event(item, size, root)
            need(seq > last[1], f"event {seq} is out of order")
            need(seq != last[1] + 1 or last[1] == 0 or
                 event["previous_hash"] == last[0], f"event {seq}: the link")
            last = event["event_hash"], seq
            seen.append(event)
        return seen, size
    except Bad:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise Bad(f"it can't be read: {e!r}") from None


def main():
    with open(sys.argv[1], encoding="utf-8", newline="") as f, \
            open(sys.argv[2], encoding="utf-8") as k:
        try:
            events, size = check(f.read(), k.read())
        except (Bad, UnicodeDecodeError) as e:
            sys.exit(f"BAD: {e}")
    print(f"good: {len(events)} events of {size}")


if __name__ == "__main__":
    main()
