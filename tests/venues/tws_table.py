"""The TWS API's messages, read from the gateway's own table of fields.

gateway/venue/tws_table.h says what a row means. That the table is right is
proven elsewhere: with the frames of other people's clients in
tests/gateway/venue/tws_frames.txt, and with @stoqey/ib in tws_stoqey.py.
"""
import os
import re
import struct

TOP = os.environ.get("TOP_SRCDIR", ".")
MAX_DBL = "1.7976931348623157E308"
MAX_INT = "2147483647"
LISTS = {"LIST1": 1, "LIST2": 2, "LIST4": 4, "LIST8": 8}
CONDITION = {"1": 5, "3": 2, "4": 2, "5": 3, "6": 4, "7": 4}
TYPES = {
    "INT": r"-?\d{1,10}|", "I64": r"-?\d{1,19}|", "BOOL": r"[01]|",
    "DBL": r"-?\d+(\.\d+)?([eE][+-]?\d+)?|Infinity|",
    "DEC": r"-?\d+(\.\d+)?([eE][+-]?\d+)?|", "STR": r"[\t\n\r -~]*",
}


class Wrong(Exception):
    """A message that does not fit the table."""


def _versions(text):
    m = re.match(r"(\w+)(?:\((\d+)(?:, (\d+))?\))?$", text)
    kind, a, b = m.groups()
    return {"ALL": (0, 9999), "SINCE": (int(a or 0), 9999),
            "UNTIL": (0, int(a or 0)),
            "WITHIN": (int(a or 0), int(b or 0))}[kind]


class Row:
    def __init__(self, prefix, name, kind, versions, when, unset):
        self.name, self.kind = name, kind
        self.since, self.until = _versions(versions)
        m = re.match(r"(\w+)(?:\((\w+)(?:, \"([^\"]*)\")?\))?$", when)
        self.op, of, self.text = m.groups()
        self.of = of[len(f"TWS_{prefix}_"):] if of else None
        self.unset = {"MAX_DBL": MAX_DBL, "MAX_INT": MAX_INT}.get(
            unset, unset.strip('"'))

    def there(self, version, values):
        if not self.since <= version <= self.until:
            return False
        if self.op == "ALWAYS":
            return True
        if self.op == "A_FUND":
            return values.get("SEC_TYPE") == "FUND"
        if self.op == "TO_MID":
            return values.get("ORDER_TYPE") == "PEG MID" or (
                values.get("ORDER_TYPE") == "PEG BEST" and
                values.get("COMPETE_AGAINST_BEST_OFFSET") == "Infinity")
        v = values.get(self.of, "")
        if self.op == "GIVEN":
            return v not in ("", [])
        if self.op == "IS":
            return v == self.text
        if isinstance(v, list):
            return len(v) > 0
        return v not in ("", MAX_DBL) and float(v) > 0


class Message:
    def __init__(self, name, number, rows):
        self.name, self.number, self.rows = name, number, rows


def _load():
    text = ""
    for name in ("tws_orders.h", "tws_table.h"):
        with open(os.path.join(TOP, "gateway", "venue", name)) as f:
            text += f.read()
    text = text.replace("\\\n", "\n")
    row = re.compile(r'^\tX\((\w+), (\w+), (\w+(?:\([\d, ]+\))?), '
                     r'(\w+(?:\(\w+(?:, "[^"]*")?\))?), ("[^"]*"|\w+)\)',
                     re.M)
    requests, answers = {}, {}
    for way, out in (("REQUESTS", requests), ("ANSWERS", answers)):
        block = re.search(rf"#define TWS_{way}\(X\)\s*\n((?:\tX.*\n)+)", text)
        for name, prefix, number in re.findall(
                r"X\((\w+), (\w+), (\d+)\)", block.group(1)):
            fields = re.search(
                rf"#define TWS_{name}_FIELDS\(X\)[^\n]*\n((?:\tX.*\n)*)",
                text).group(1)
            rows = [Row(prefix, *m) for m in row.findall(fields)]
            assert len(rows) == fields.count("X("), name
            m = Message(name, int(number), rows)
            out[m.number if way == "REQUESTS" else m.name] = m
    return requests, answers


REQUESTS, ANSWERS = _load()


def _take(fields, at, n):
    if at + n > len(fields):
        raise Wrong("too few fields")
    return fields[at:at + n], at + n


def _take_list(row, fields, at):
    count, at = _take(fields, at, 1)
    if not re.fullmatch(r"\d{0,4}", count[0]):
        raise Wrong(f"{row.name}: {count[0]} is no count")
    rows = []
    for _ in range(int(count[0] or 0)):
        if row.kind == "CONDS":
            head, at = _take(fields, at, 2)
            if head[0] not in CONDITION or head[1] not in "ao":
                raise Wrong(f"{row.name}: unknown condition {head}")
            rest, at = _take(fields, at, CONDITION[head[0]])
            rows.append(head + rest)
        else:
            one, at = _take(fields, at, LISTS[row.kind])
            rows.append(one)
    return rows, at


def read(version, payload):
    """A request: (Message, values). Every field there, and none too many."""
    if not payload.endswith(b"\0"):
        raise Wrong("no NUL at the end")
    fields = payload[:-1].decode("ascii").split("\0")
    message = REQUESTS.get(int(fields[0]))
    if message is None:
        raise Wrong(f"unknown request {fields[0]}")
    values, at = {}, 1
    for row in message.rows:
        if not row.there(version, values):
            continue
        if row.kind in TYPES:
            (v,), at = _take(fields, at, 1)
            if not re.fullmatch(TYPES[row.kind], v):
                raise Wrong(f"{message.name} {row.name}: {v!r}")
            values[row.name] = v
        else:
            values[row.name], at = _take_list(row, fields, at)
    if at != len(fields):
        raise Wrong(f"{message.name}: {len(fields) - at} fields too many")
    return message, values


def write(version, name, **values):
    """An answer as a frame; what is not said is empty, or 0 for a list."""
    message = ANSWERS[name]
    unknown = set(values) - {row.name for row in message.rows}
    assert not unknown, (name, unknown)
    out = [str(message.number)]
    for row in message.rows:
        if not row.there(version, values):
            continue
        v = values.get(row.name, row.unset)
        if isinstance(v, list):
            out.append(str(len(v)))
            out += [x for one in v for x in one]
        else:
            out.append(str(v))
    payload = b"".join(x.encode("ascii") + b"\0" for x in out)
    return struct.pack(">I", len(payload)) + payload
