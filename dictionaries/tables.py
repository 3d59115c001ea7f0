"""Published FIX tables, read into one model, whatever their format.

Three formats: QuickFIX's XML schema, the FIX Repository (2010 edition: Fields,
Enums, Messages, Components, MsgContents) and FIX Orchestra. Only facts are
read: numbers, names, types, values and their names, membership, order and
required flags. generate.py makes fixgate's dictionaries of them, and
tests/dictionaries/compare.py compares those with each table again.
"""
import re
import xml.etree.ElementTree as ET
from pathlib import Path

ORCHESTRA = "{http://fixprotocol.io/2020/orchestra/repository}"


class Field:
    def __init__(self, tag, name, kind):
        self.tag = tag
        self.name = name
        self.type = kind      # upper case, QuickFIX's spelling
        self.values = {}      # value: name
        self.open = False     # values outside the list are good too
        self.like = None      # name of the field whose values serve here
        self.enum_of = None   # its tag, as the Repository has it


class Member:
    """A line of a block: what is "field", "group" or "component"."""

    def __init__(self, what, ref, required, members=None):
        self.what = what
        self.ref = ref            # tag, or a component's name
        self.required = required
        self.members = members    # of a group


class Message:
    def __init__(self, kind, name, admin, members):
        self.type = kind
        self.name = name
        self.admin = admin
        self.members = members


class Tables:
    def __init__(self, label):
        self.label = label
        self.fields = {}      # tag: Field
        self.components = {}  # name: [Member]
        self.messages = {}    # type: Message
        self.header = []
        self.trailer = []
        self.shared = {}      # tag: tag of the field whose code set it uses

    def tag_of(self, name):
        for f in self.fields.values():
            if f.name == name:
                return f.tag
        raise KeyError(name)


# ---- QuickFIX ----

def _quickfix_members(node, tags):
    out = []
    for e in node:
        required = e.get("required", "N").upper() == "Y"
        if e.tag == "component":
            out.append(Member("component", e.get("name"), required))
        elif e.tag == "group":
            out.append(Member("group", tags[e.get("name")], required,
                              _quickfix_members(e, tags)))
        elif e.tag == "field":
            out.append(Member("field", tags[e.get("name")], required))
    return out


def read_quickfix(path):
    root = ET.parse(path).getroot()
    t = Tables("QuickFIX " + Path(path).stem)
    tags = {}
    for e in root.find("fields"):
        f = Field(int(e.get("number")), e.get("name"), e.get("type"))
        f.open = e.get("allowOtherValues") == "Y"
        f.like = e.get("valuesOf")
        for v in e:
            f.values[v.get("enum")] = v.get("description")
        t.fields[f.tag] = f
        tags[f.name] = f.tag
    for e in root.iterfind("components/component"):
        t.components[e.get("name")] = _quickfix_members(e, tags)
    for e in root.iterfind("messages/message"):
        t.messages[e.get("msgtype")] = Message(
            e.get("msgtype"), e.get("name"), e.get("msgcat") == "admin",
            _quickfix_members(e, tags))
    for part in ("header", "trailer"):
        node = root.find(part)
        if node is not None:
            setattr(t, part, _quickfix_members(node, tags))
    return t


# ---- FIX Repository ----

def _text(node, tag):
    e = node.find(tag)
    return None if e is None or e.text is None else e.text.strip()


def _rows_to_members(rows, i, indent):
    """Rows from i on that stand at indent or deeper. Returns members, next."""
    out = []
    while i < len(rows):
        ref, depth, required = rows[i]
        if depth < indent:
            break
        if depth > indent:        # members of the row before: it is a count
            members, i = _rows_to_members(rows, i, depth)
            out[-1] = Member("group", out[-1].ref, out[-1].required, members)
            continue
        if ref.isdigit():
            out.append(Member("field", int(ref), required))
        else:
            out.append(Member("component", ref, required))
        i += 1
    return out, i


def read_repository(folder, label):
    folder = Path(folder)
    load = {n: ET.parse(folder / (n + ".xml")).getroot() for n in
            ("Fields", "Enums", "Messages", "Components", "MsgContents")}
    t = Tables(label)
    for e in load["Fields"]:
        f = Field(int(_text(e, "Tag")), _text(e, "Name"),
                  _text(e, "Type").upper())
        f.open = bool(_text(e, "UnionDataType"))
        f.enum_of = _text(e, "EnumDatatype")
        t.fields[f.tag] = f
    for e in load["Enums"]:
        f = t.fields.get(int(_text(e, "Tag")))
        if f is not None and _text(e, "Value") is not None:
            f.values[_text(e, "Value")] = _text(e, "SymbolicName")
    rows = {}
    for e in load["MsgContents"]:
        rows.setdefault(_text(e, "ComponentID"), []).append(
            (float(_text(e, "Position")), _text(e, "TagText"),
             int(_text(e, "Indent") or 0), _text(e, "Reqd") == "1"))
    blocks = {}
    for key, list_ in rows.items():
        list_.sort(key=lambda r: r[0])
        plain = [(r[1], r[2], r[3]) for r in list_]
        blocks[key] = _rows_to_members(plain, 0, 0)[0]
    for e in load["Components"]:
        t.components[_text(e, "Name")] = blocks.get(
            _text(e, "ComponentID"), [])
    t.header = t.components.pop("StandardHeader", [])
    t.trailer = t.components.pop("StandardTrailer", [])
    for e in load["Messages"]:
        members = [m for m in blocks.get(_text(e, "ComponentID"), [])
                   if m.ref not in ("StandardHeader", "StandardTrailer")]
        t.messages[_text(e, "MsgType")] = Message(
            _text(e, "MsgType"), _text(e, "Name"),
            _text(e, "CategoryID") == "Session", members)
    return t


# ---- FIX Orchestra ----

def _orchestra_members(node, t, names, groups):
    out = []
    for e in node:
        what = e.tag.replace(ORCHESTRA, "")
        required = e.get("presence") == "required"
        if what == "fieldRef":
            out.append(Member("field", int(e.get("id")), required))
        elif what == "componentRef":
            out.append(Member("component", names[e.get("id")], required))
        elif what == "groupRef":
            out.append(Member("component", groups[e.get("id")], required))
    return [m for m in out
            if m.ref not in ("StandardHeader", "StandardTrailer")]


def read_orchestra(path):
    root = ET.parse(path).getroot()
    t = Tables("Orchestra " + Path(path).stem)
    codes = {}
    owner = {}
    for e in root.iter(ORCHESTRA + "codeSet"):
        owner[e.get("name")] = int(e.get("id"))
        codes[e.get("name")] = (e.get("type"), {
            c.get("value"): c.get("name")
            for c in e.iterfind(ORCHESTRA + "code")})
    for e in root.iterfind(f"{ORCHESTRA}fields/{ORCHESTRA}field"):
        kind, values = codes.get(e.get("type"), (e.get("type"), {}))
        f = Field(int(e.get("id")), e.get("name"), kind.upper())
        f.values = values
        f.open = e.get("unionDataType") is not None
        t.fields[f.tag] = f
        if owner.get(e.get("type"), f.tag) != f.tag:
            t.shared[f.tag] = owner[e.get("type")]
    comps = list(root.iterfind(f"{ORCHESTRA}components/{ORCHESTRA}component"))
    group_nodes = list(root.iterfind(f"{ORCHESTRA}groups/{ORCHESTRA}group"))
    names = {e.get("id"): e.get("name") for e in comps}
    groups = {e.get("id"): e.get("name") for e in group_nodes}
    for e in comps:
        t.components[e.get("name")] = _orchestra_members(e, t, names, groups)
    for e in group_nodes:   # a component that holds it: whether it is
        count = int(e.find(ORCHESTRA + "numInGroup").get("id"))
        t.components[e.get("name")] = [Member(  # required says the groupRef
            "group", count, True, _orchestra_members(e, t, names, groups))]
    t.header = t.components.pop("StandardHeader", [])
    t.trailer = t.components.pop("StandardTrailer", [])
    for e in root.iterfind(f"{ORCHESTRA}messages/{ORCHESTRA}message"):
        t.messages[e.get("msgType")] = Message(
            e.get("msgType"), e.get("name"), e.get("category") == "Session",
            _orchestra_members(e.find(ORCHESTRA + "structure"), t, names,
                               groups))
    return t


# ---- comparing ----

def snake(name):
    """PartiallyFilled as PARTIALLY_FILLED, the way counterparties know it."""
    s = re.sub(r"[^A-Za-z0-9]+", "_", name)
    s = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", s)
    s = re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])", "_", s)
    return s.strip("_").upper()


def level(t, members, required=True, out=None):
    """{tag: (required, members of the group or None)}, components dissolved,
    groups closed. The order is that of the members."""
    out = {} if out is None else out
    for m in members:
        need = required and m.required
        if m.what == "component":
            level(t, t.components[m.ref], need, out)
        elif m.ref not in out:
            out[m.ref] = (need, m.members)
    return out


def flat(t, members, path="", out=None):
    """{path of tags: (required, is a group)}, groups opened."""
    out = {} if out is None else out
    for tag, (need, inner) in level(t, members).items():
        out[f"{path}{tag}"] = (need, inner is not None)
        if inner is not None:
            flat(t, inner, f"{path}{tag}/", out)
    return out
