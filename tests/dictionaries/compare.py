#!/usr/bin/env python3
"""Our dictionaries against the published tables, field by field.

Every difference must be in known_differences.txt with its reason, and every
entry there must still be needed. The tables: QuickFIX's nine files, FIX
Orchestra's three, the FIX Repository of 5.0 SP2 EP240, all in ../shared; and,
where FIXGATE_FIX_REPOSITORY names the folder that npm's jspurefix carries
(data/fix_repo.zip, unpacked), the Repository of each version.

    compare.py --list     prints every difference, not only counts
"""
import fnmatch
import os
import sys
import tempfile
import zipfile
from pathlib import Path

TOP = Path(os.environ.get("TOP_SRCDIR", Path(__file__).parents[2]))
sys.path[:0] = [str(TOP / "dictionaries"), str(TOP / "tests/lib")]

import tables  # noqa: E402
from tap import Tap  # noqa: E402

SHARED = Path(os.environ.get("FIXGATE_SHARED", TOP / ".." / "shared"))
PUBLISHED = SHARED / "data" / "dictionaries"
REPOSITORY = os.environ.get("FIXGATE_FIX_REPOSITORY")
VERSIONS = {"FIX40": "FIX.4.0", "FIX41": "FIX.4.1", "FIX42": "FIX.4.2",
            "FIX43": "FIX.4.3", "FIX44": "FIX.4.4", "FIX50": "FIX.5.0",
            "FIX50SP1": "FIX.5.0SP1", "FIX50SP2": "FIX.5.0SP2",
            "FIXT11": None}


def values_of(t, f, other):
    """Values of a field; those by reference where the other lists some."""
    if f.like and other is not None and other.values:
        return t.fields[t.tag_of(f.like)].values
    return f.values


def facts(t, other):
    """{fact: its value} of fields and messages."""
    out = {}
    for tag, f in t.fields.items():
        out[f"field {tag}"] = f.name
        if tag not in other.fields:
            continue
        out[f"type {tag}"] = f.type
        for v, name in values_of(t, f, other.fields[tag]).items():
            out[f"value {tag}={v}"] = tables.snake(name or v)
    for kind, m in t.messages.items():
        out[f"message {kind}"] = m.name
        if kind in other.messages:
            out[f"admin {kind}"] = m.admin
    return out


class Members:
    """What stands where in a table's messages; each group is read once."""

    def __init__(self, t):
        self.t = t
        self.levels = {}
        self.hashes = {}
        self.parts = {k: m.members for k, m in t.messages.items()}
        self.parts.update(header=t.header, trailer=t.trailer)

    def level(self, members):
        key = id(members)
        if key not in self.levels:
            self.levels[key] = tables.level(self.t, members)
        return self.levels[key]

    def hash(self, members):
        if members is None:
            return 0
        key = id(members)
        if key not in self.hashes:
            self.hashes[key] = hash(tuple(
                (tag, need, self.hash(inner)) for tag, (need, inner)
                in self.level(members).items()))
        return self.hashes[key]

    def get(self, fact):
        """Value of "member D 453/448", "group D 453"; None if not there."""
        what, where, path = fact.split(" ")
        members, value = self.parts.get(where), None
        for tag in path.split("/"):
            if members is None:
                return None
            value = self.level(members).get(int(tag))
            members = None if value is None else value[1]
        if value is None:
            return None
        return say(value) if what == "member" else value[1] is not None


def say(value):
    if value is None:
        return None
    return "required" if value[0] else "optional"


def group_differences(a, b, where, path, x, y):
    """Of two lists of members, and of the groups in them."""
    if x is not None and y is not None and a.hash(x) == b.hash(y):
        return
    xs = {} if x is None else a.level(x)
    ys = {} if y is None else b.level(y)
    for tag in list(xs) + [k for k in ys if k not in xs]:
        v, w = xs.get(tag), ys.get(tag)
        if say(v) != say(w):
            yield f"member {where} {path}{tag}", say(v), say(w)
        v, w = v and v[1], w and w[1]
        if (v is None) != (w is None) and tag in xs and tag in ys:
            yield f"group {where} {path}{tag}", v is not None, w is not None
        if v is not None or w is not None:
            yield from group_differences(a, b, where, f"{path}{tag}/", v, w)
    ours = [m for m in xs if m in ys]
    theirs = [m for m in ys if m in xs]
    if path and ours != theirs:
        yield f"order {where} {path[:-1]}", ours, theirs


def differences(ours, theirs):
    x, y = facts(ours, theirs), facts(theirs, ours)
    for k in sorted(x.keys() | y.keys()):
        if x.get(k) != y.get(k):
            yield k, x.get(k), y.get(k)
    a, b = Members(ours), Members(theirs)
    for where in sorted(a.parts.keys() & b.parts.keys()):
        yield from group_differences(a, b, where, "", a.parts[where],
                                     b.parts[where])


class Fallback:
    """What QuickFIX's table says of a fact."""

    def __init__(self, t, ours):
        self.facts = facts(t, ours)
        self.members = Members(t)

    def get(self, fact):
        if fact.split(" ")[0] in ("member", "group"):
            return self.members.get(fact)
        return self.facts.get(fact)


class Known:
    """known_differences.txt: REASON text, then patterns; see its head."""

    def __init__(self, path):
        self.entries = []    # [reason, table, pattern, condition, uses]
        reason = None
        for line in Path(path).read_text().splitlines():
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("REASON "):
                reason = line[7:]
                continue
            table, _, rest = line.partition(": ")
            pattern, _, condition = rest.partition(" if ")
            self.entries.append([reason, table, pattern, condition, 0])

    def find(self, label, key, ours, theirs, quickfix):
        for e in self.entries:
            if not fnmatch.fnmatchcase(label, e[1]):
                continue
            if not fnmatch.fnmatchcase(key, e[2]):
                continue
            if e[3] and quickfix.get(key) != ours:
                continue
            if e[3] == "added" and theirs is not None:
                continue
            e[4] += 1
            return e[0]
        return None


def published(quickfix):
    """(label, our file, their tables) of all that is at hand."""
    for name in VERSIONS:
        yield f"{name} quickfix", name, quickfix[name]
    for name, file in (("FIX42", "OrchestraFIX42"),
                       ("FIX44", "OrchestraFIX44"),
                       ("FIXT11", "FIXTSession")):
        yield (f"{name} orchestra", name, tables.read_orchestra(
            PUBLISHED / "orchestra" / f"{file}.xml"))
    with tempfile.TemporaryDirectory() as folder:
        archive = next((PUBLISHED / "repository").glob("*EP240.zip"))
        with zipfile.ZipFile(archive) as z:
            z.extractall(folder, [n for n in z.namelist() if
                                  n.startswith("Basic/") and
                                  n.endswith(".xml")])
        yield ("FIX50SP2 ep240", "FIX50SP2",
               tables.read_repository(Path(folder) / "Basic", "EP240"))
    for name, version in VERSIONS.items():
        if REPOSITORY and version:
            yield (f"{name} repository", name, tables.read_repository(
                Path(REPOSITORY) / version / "Base", version))


def main():
    t = Tap()
    if not PUBLISHED.is_dir():
        t.skip("our dictionaries agree with the published tables",
               f"{PUBLISHED} is not there")
        t.done()
    every = "--list" in sys.argv
    known = Known(TOP / "tests/dictionaries/known_differences.txt")
    quickfix = {n: tables.read_quickfix(PUBLISHED / "quickfix" / f"{n}.xml")
                for n in VERSIONS}
    ours = {n: tables.read_quickfix(TOP / "dictionaries" / f"{n}.xml")
            for n in VERSIONS}
    for label, name, theirs in published(quickfix):
        qf = Fallback(quickfix[name], ours[name])
        counts, unknown = {}, []
        for key, x, y in differences(ours[name], theirs):
            reason = known.find(label, key, x, y, qf)
            if reason is None:
                unknown.append(f"{label}: {key}: ours {x}, theirs {y}")
                continue
            counts[reason] = counts.get(reason, 0) + 1
            if every:
                t.note(f"{label}: {key}: ours {x}, theirs {y}: {reason}")
        for reason, n in counts.items():
            t.note(f"{label}: {n} differences: {reason}")
        t.ok(not unknown, f"{label}: every difference has its reason",
             "\n".join(unknown[:200]))
    if not REPOSITORY:
        t.skip("our dictionaries agree with the Repository of each version",
               "FIXGATE_FIX_REPOSITORY is not set")
    stale = [f"{e[1]}: {e[2]}" for e in known.entries if e[4] == 0 and
             (REPOSITORY or not e[1].endswith("repository"))]
    t.ok(not stale, "every known difference is still one", "\n".join(stale))
    t.done()


main()
