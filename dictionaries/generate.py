#!/usr/bin/env python3
"""Make fixgate's dictionaries out of the published FIX tables.

    generate.py --tables ../shared/data/dictionaries --repository fix_repo OUT

--tables has quickfix/*.xml, orchestra/*.xml and repository/*EP240.zip;
--repository has FIX.4.0 ... FIX.5.0SP1, each with Base/*.xml, unpacked from
data/fix_repo.zip of npm's jspurefix 5.11.4 (npm pack jspurefix@5.11.4).

Facts only: numbers, names, types, values and their names, membership, order,
required flags. What comes from where, and why:

* Membership and order: the FIX Repository of the version. FIX 5.0 SP2 has grown
  by extension packs; what came after EP240, the latest Repository at hand, is
  in QuickFIX's table only, so that is the base there, and EP240 the check.
* The Repository that npm carries for FIX 4.3 has FIX 4.2's Fields file in
  place of its own: names and types of fields are QuickFIX's there.
* FIXT 1.1: FIX Orchestra's session layer. QuickFIX's lacks the NoMsgTypes
  group of Logon and what extension packs have added.
* Members that only Orchestra's FIX 4.4 has (errata) are taken in: who sends
  them is right.
* Names of messages, fields and values: QuickFIX's, as counterparties know them
  (D is NewOrderSingle in 4.2 too); values that QuickFIX lacks are named after
  the Repository's symbolic names in the same style.
* Types: QuickFIX's. They differ in ten fields, and there the values listed need
  them (MiscFeeType has values of two characters, so it can't be a char), or
  they are a later erratum.
* Required: some groups' counts are required in EP240 that are optional in
  QuickFIX's FIX50SP2.xml; the milder flag is taken, since real traffic follows
  that. No flag here is stricter than QuickFIX's: the script stops if one is.
* Values that the Repository lists by reference ("same values as PartyRole")
  become valuesOf='PartyRole': names for those who read messages, no check.
  QuickFIX's tables leave these fields open too.
* A list of values that only Orchestra has is marked allowOtherValues='Y'.
* Session messages and the header stand in FIXT11.xml, not in FIX50*.xml.
"""
import argparse
import sys
import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import tables
from tables import Field, flat, snake

VERSIONS = {
    # file: (Repository, FIX major, minor, service pack, Orchestra)
    "FIX40": ("FIX.4.0", 4, 0, 0, None),
    "FIX41": ("FIX.4.1", 4, 1, 0, None),
    "FIX42": ("FIX.4.2", 4, 2, 0, "OrchestraFIX42"),
    "FIX43": ("FIX.4.3", 4, 3, 0, None),
    "FIX44": ("FIX.4.4", 4, 4, 0, "OrchestraFIX44"),
    "FIX50": ("FIX.5.0", 5, 0, 0, None),
    "FIX50SP1": ("FIX.5.0SP1", 5, 0, 1, None),
    "FIX50SP2": (None, 5, 0, 2, None),
    "FIXT11": (None, 1, 1, 0, "FIXTSession"),
}
MSG_TYPE = 35
REF_MSG_TYPE = 372
APPL_VER_ID = 1128
# Values of another field's list, where no source says so by reference.
LIKE = {"FIXT11": {REF_MSG_TYPE: MSG_TYPE, 1130: APPL_VER_ID,
                   1137: APPL_VER_ID}}


def merge_fields(base, named, others):
    """Fields of base with the names and types of named, values of all."""
    out = {}
    for tag in sorted(set(base.fields) | set(named.fields)):
        b, n = base.fields.get(tag), named.fields.get(tag)
        first = n or b
        f = Field(tag, first.name, first.type)
        f.like = b.enum_of if b else None
        f.open = any(t.fields[tag].open for t in [base, named] + others
                     if tag in t.fields)
        lists = [x.values for x in (n, b) if x is not None and not (
            x is b and f.like)]
        ours = any(lists)
        lists += [t.fields[tag].values for t in others if tag in t.fields
                  and tag not in shared(t)]
        for values in lists:
            for value, name in values.items():
                f.values.setdefault(value, snake(name or value))
        if f.type == "NUMINGROUP":      # a count has none: EP240's slip
            f.values = {}
        if f.values and not ours:       # QuickFIX's table leaves it open
            f.open = True
        if n is not None:   # the published spelling, not ours
            f.values.update({v: d for v, d in n.values.items() if d})
        out[tag] = f
    return out


def shared(orchestra):
    """{tag: tag of the field whose code set it uses}, of an Orchestra file."""
    return orchestra.shared


def set_likes(t, name, others):
    """valuesOf: from the Repository's references, or a shared code set."""
    for tag, f in t.fields.items():
        like = f.like
        for o in others:
            like = like or shared(o).get(tag)
        like = LIKE.get(name, {}).get(tag, like)
        like = None if like is None else int(like)
        if like is None or like == tag or f.values:
            f.like = None
        elif like in t.fields and t.fields[like].values:
            f.like = t.fields[like].name
        else:
            f.like = None


def adopt(t, other):
    """Take members of groups that only the other source has."""
    for name, members in other.components.items():
        if name in t.components:
            adopt_members(t.components[name], members)


def adopt_members(ours, theirs):
    refs = [m.ref for m in ours]
    for i, m in enumerate(theirs):
        if m.ref not in refs:
            before = theirs[i - 1].ref if i > 0 else None
            at = refs.index(before) + 1 if before in refs else len(refs)
            ours.insert(at, m)
            refs.insert(at, m.ref)
        elif m.what == "group":
            adopt_members(ours[refs.index(m.ref)].members, m.members)


def check_required(t, quickfix):
    """Ours may be milder than QuickFIX's flags, never stricter."""
    for kind, m in quickfix.messages.items():
        theirs = flat(quickfix, m.members)
        for path, (need, _) in flat(t, t.messages[kind].members).items():
            if need and path in theirs and not theirs[path][0]:
                sys.exit(f"{t.label} {m.name} {path}: stricter than QuickFIX")


# ---- writing ----

def quote(text):
    return escape(text, {"'": "&apos;"})


def write_members(out, t, members, indent):
    seen = set()
    for m in members:
        if m.ref in seen:
            continue
        seen.add(m.ref)
        name = m.ref if m.what == "component" else t.fields[m.ref].name
        need = "Y" if m.required else "N"
        head = f"{indent}<{m.what} name='{quote(name)}' required='{need}'"
        if m.what == "group":
            out.append(head + ">")
            write_members(out, t, m.members, indent + "  ")
            out.append(f"{indent}</group>")
        else:
            out.append(head + "/>")


def write_block(out, t, head, members, indent):
    if not members:
        out.append(f"{indent}<{head}/>")
        return
    out.append(f"{indent}<{head}>")
    write_members(out, t, members, indent + "  ")
    out.append(f"{indent}</{head.split()[0]}>")


def write_field(out, f):
    head = f"    <field number='{f.tag}' name='{quote(f.name)}' type='{f.type}'"
    if f.open and f.values:
        head += " allowOtherValues='Y'"
    if f.like:
        head += f" valuesOf='{quote(f.like)}'"
    if not f.values:
        out.append(head + "/>")
        return
    out.append(head + ">")
    for value, name in f.values.items():
        out.append(f"      <value enum='{quote(value)}' "
                   f"description='{quote(name)}'/>")
    out.append("    </field>")


def used_components(t):
    """Components that a message reaches, in the order of their names."""
    used = set()

    def walk(members):
        for m in members:
            if m.what == "component" and m.ref not in used:
                used.add(m.ref)
                walk(t.components[m.ref])
            elif m.what == "group":
                walk(m.members)
    for m in t.messages.values():
        walk(m.members)
    walk(t.header)
    walk(t.trailer)
    return sorted(used)


def write(t, path, kind, major, minor, sp):
    out = ["<?xml version='1.0' encoding='UTF-8'?>",
           "<!-- Made by generate.py: change that, not this. -->",
           f"<fix type='{kind}' major='{major}' minor='{minor}' "
           f"servicepack='{sp}'>"]
    write_block(out, t, "header", t.header, "  ")
    out.append("  <messages>")
    for m in t.messages.values():
        cat = "admin" if m.admin else "app"
        write_block(out, t, f"message name='{quote(m.name)}' "
                    f"msgtype='{quote(m.type)}' msgcat='{cat}'",
                    m.members, "    ")
    out.append("  </messages>")
    write_block(out, t, "trailer", t.trailer, "  ")
    out.append("  <components>")
    for name in used_components(t):
        write_block(out, t, f"component name='{quote(name)}'",
                    t.components[name], "    ")
    out.append("  </components>")
    out.append("  <fields>")
    for tag in sorted(t.fields):
        write_field(out, t.fields[tag])
    out.append("  </fields>")
    out.append("</fix>")
    Path(path).write_text("\n".join(out) + "\n", encoding="utf-8")


# ---- one version ----

def build(name, src):
    repository, major, minor, sp, orchestra = VERSIONS[name]
    quickfix = tables.read_quickfix(src.quickfix / f"{name}.xml")
    others = []
    if orchestra:
        others.append(tables.read_orchestra(src.orchestra /
                                            f"{orchestra}.xml"))
    if name == "FIX50SP2":
        base = quickfix
        others.append(src.ep240())
    elif name == "FIXT11":
        base = others[0]
    else:
        base = tables.read_repository(src.repository / repository / "Base",
                                      repository)
    if name == "FIX43":     # its Fields file is FIX 4.2's
        keep = {t: f.values for t, f in base.fields.items()}
        base.fields = dict(quickfix.fields)
        for tag, values in keep.items():
            if tag in base.fields and not base.fields[tag].values:
                base.fields[tag].values = values
    t = tables.Tables(name)
    t.components = base.components
    t.header, t.trailer, t.messages = base.header, base.trailer, base.messages
    t.fields = merge_fields(base, quickfix, others)
    if name == "FIX50SP2":  # its references are EP240's
        for tag, f in others[0].fields.items():
            if f.enum_of and tag in t.fields:
                t.fields[tag].like = f.enum_of
                if not quickfix.fields[tag].values:
                    t.fields[tag].values = {}
    if name == "FIXT11":    # MsgType is open: applications' types come too
        for tag in (MSG_TYPE, *LIKE[name]):
            t.fields[tag].values = {}
        t.fields[MSG_TYPE].values = {}
    if name == "FIX44":
        adopt(t, others[0])
    set_likes(t, name, others)
    if name.startswith("FIX50"):
        t.header, t.trailer = [], []
        t.messages = {k: m for k, m in t.messages.items() if not m.admin}
    for kind, m in t.messages.items():
        m.name = quickfix.messages[kind].name
    check_required(t, quickfix)
    return t, ("FIXT" if name == "FIXT11" else "FIX", major, minor, sp)


class Sources:
    def __init__(self, published, repository):
        published = Path(published)
        self.quickfix = published / "quickfix"
        self.orchestra = published / "orchestra"
        self.zip = next((published / "repository").glob("*EP240.zip"))
        self.repository = Path(repository)

    def ep240(self):
        with tempfile.TemporaryDirectory() as folder:
            with zipfile.ZipFile(self.zip) as z:
                z.extractall(folder, [n for n in z.namelist()
                                      if n.startswith("Basic/")
                                      and n.endswith(".xml")])
            return tables.read_repository(Path(folder) / "Basic",
                                          "Repository EP240")


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--tables", required=True)
    p.add_argument("--repository", required=True)
    p.add_argument("out")
    a = p.parse_args()
    src = Sources(a.tables, a.repository)
    for name in VERSIONS:
        t, root = build(name, src)
        write(t, Path(a.out) / f"{name}.xml", *root)


if __name__ == "__main__":
    main()
