"""Suites for the versions that ../shared has none of, made of those it has.

The cases are the same in every version; what differs is what the FIX versions
themselves differ in: BeginString, 1137, seconds in the times of 4.0 and 4.1,
16=999999 for "all", Rejects of 45 and 58 alone, which fields an order has.
CompIDs are those of the settings. The BodyLength of what is expected is reckoned
anew, and compared exactly: it tells whether times have the right width.
"""
import re
from pathlib import Path

SOH = b"\x01"
# suite: from which, BeginString, the client's CompID, 1137
DERIVED = {
    "fix40": ("fix42", b"FIX.4.0", b"TW40", None),
    "fix41": ("fix42", b"FIX.4.1", b"TW41", None),
    "fix43": ("fix44", b"FIX.4.3", b"TW43", None),
    "fix50": ("fix50sp2", b"FIXT.1.1", b"TW50", b"7"),
    "fix50sp1": ("fix50sp2", b"FIXT.1.1", b"TW50SP1", b"8"),
    # As it is, but for 2r: QuickFIX writes 1137 into its BusinessMessageReject,
    # which no dictionary of FIXT.1.1 allows there.
    "fix50sp2": ("fix50sp2", b"FIXT.1.1", b"TW50SP2", b"9"),
}
# validate/CheckFieldsHaveValues: an empty 112 is refused, or sent back.
EMPTY = """iCONNECT
I8=FIX.4.4|35=A|34=1|49={id}|52=<TIME>|56=ISLD|98=0|108=30|
E8=FIX.4.4|35=A|34=1|49=ISLD|52=00000000-00:00:00.000|56={id}|98=0|108=30|10=0|
I8=FIX.4.4|35=1|34=2|49={id}|52=<TIME>|56=ISLD|112=|
E8=FIX.4.4|{answer}|10=0|
I8=FIX.4.4|35=5|34=3|49={id}|52=<TIME>|56=ISLD|
E8=FIX.4.4|35=5|34=3|49=ISLD|52=00000000-00:00:00.000|56={id}|10=0|
eDISCONNECT
"""
REFUSED = ("35=3|34=2|49=ISLD|52=00000000-00:00:00.000|56=TW|45=2|58=Tag specified without a value"
           "|371=112|372=1|373=4")
SENT_BACK = "35=0|34=2|49=ISLD|52=00000000-00:00:00.000|56=NO_CHECK_FIELDS_HAVE_VALUES|112="
# What a version has not: groups with a count of their own, ResetSeqNumFlag.
LEFT_OUT = {
    "fix40": ["14i", "21"],
    "fix41": ["14i", "21"],
    "fix43": ["SessionReset"],
}
OLD = ("fix40", "fix41")
# An ExecutionReport of 4.0, which 2r sends; 4.1 wants two fields more.
OLD_REPORT = [(b"11", b"id"), (b"31", b"10.5"), (b"32", b"100"), (b"37", b"id"), (b"38", b"100"), (b"17", b"1"),
              (b"20", b"0"), (b"39", b"0"), (b"55", b"WLRI"), (b"54", b"1"), (b"14", b"0"), (b"6", b"0.0")]
HEADER = (b"8", b"9", b"35", b"34", b"43", b"49", b"52", b"56", b"97", b"115", b"116", b"122", b"128", b"129")


def split(text):
    return [tuple(field.split(b"=", 1)) for field in text.rstrip(SOH).split(SOH)]


def join(fields):
    return b"".join(tag + b"=" + value + SOH for tag, value in fields)


def get(fields, tag):
    return next((value for have, value in fields if have == tag), None)


def put_before(fields, tag, value, later):
    """A field more, in front of the first of those that come later."""
    at = next((i for i, (have, _) in enumerate(fields) if have in later), len(fields))
    return fields[:at] + [(tag, value)] + fields[at:]


def old_reject(fields):
    """35=3 and 35=j as 4.0 and 4.1 have them: 45 and 58 with the tag."""
    tag = get(fields, b"371")
    told = {b"371", b"372", b"373", b"380"}
    fields = [f for f in fields if f[0] not in told]
    text = get(fields, b"58")
    if text == b"Unsupported Message Type":
        text = b"Unsupported message type"
    if tag is not None:
        text += b" (" + tag + b")"
    return [(t, b"3" if t == b"35" else text if t == b"58" else v) for t, v in fields]


def old_version(suite, kind, fields):
    """4.0 and 4.1: times of seconds, OrderQty in every order, no TransactTime."""
    mtype = get(fields, b"35")
    if kind == b"E":
        fields = [(t, v[:17] if t in (b"52", b"60", b"122") else v) for t, v in fields]
    if kind == b"E" and mtype in (b"3", b"j"):
        fields = old_reject(fields)
    if mtype == b"2":
        fields = [(t, b"999999" if t == b"16" and v == b"0" else v) for t, v in fields]
    if mtype == b"8" and kind == b"I":
        fields = [f for f in fields if f[0] in HEADER] + OLD_REPORT
        if suite == "fix41":
            fields += [(b"150", b"0"), (b"151", b"100")]
    if mtype == b"D":
        fields = [f for f in fields if f[0] != b"60"]
    if mtype == b"D" and get(fields, b"38") is None:
        fields = put_before(fields, b"38", b"100", (b"40", b"54", b"55"))
    return fields


def fix40(kind, fields):
    """4.0 has no tags 144 and 145."""
    for told, sent in ((b"144", b"145"), (b"145", b"144")):
        if kind == b"E" and get(fields, told) is not None:
            fields = [f for f in fields if f[0] != told]
            fields = [(t, b"Invalid tag number (" + sent + b")" if t == b"58" else v) for t, v in fields]
    return fields


def length(fields, stamp):
    """Bytes that BodyLength counts; our own stamps have this width, whatever
    stands for them."""
    return sum(len(t) + 2 + (stamp if t in (b"52", b"122") else len(v)) for t, v in fields
               if t not in (b"8", b"9", b"10"))


def message(suite, kind, text):
    source, begin, client, appl = DERIVED[suite]
    was = fields = split(text)
    old_begin = b"FIXT.1.1" if source == "fix50sp2" else b"FIX." + source[3:4].encode() + b"." + source[4:].encode()
    old_client = b"TW" + source[3:].upper().encode()
    swap = {b"8": (old_begin, begin), b"49": (old_client, client), b"56": (old_client, client)}
    if begin == b"FIX.4.1":
        swap[b"8"] = (old_begin, begin) if get(fields, b"8") != begin else (begin, b"FIX.4.0")  # 2i: the wrong one
    if appl:
        swap[b"1137"] = (b"9", appl)
    fields = [(t, swap[t][1] if t in swap and v == swap[t][0] else v) for t, v in fields]
    if suite in OLD:
        fields = old_version(suite, kind, fields)
    if suite == "fix40":
        fields = fix40(kind, fields)
    if kind == b"E" and get(fields, b"35") == b"j":
        fields = [f for f in fields if f[0] != b"1137"]
    if kind == b"E" and get(fields, b"9") is not None:
        now = int(get(was, b"9")) + length(fields, 17 if suite in OLD else 21) - length(was, 21)
        fields = [(t, b"%d" % now if t == b"9" else v) for t, v in fields]
    return join(fields)


def case(suite, name, content):
    # SecurityType has no list of values in 4.0 and 4.1: these steps go.
    short = suite in OLD and name.startswith("14e_")
    lines = []
    for line in content.split(b"\n"):
        line = line.rstrip(b"\r")
        m = re.match(rb"([IE])(\d+,)?(.*=.*)$", line)
        if m and short and get(split(m[3]), b"34") in (b"3", b"4"):
            continue
        if m and short:
            m = re.match(rb"([IE])(\d+,)?(.*=.*)$", line.replace(SOH + b"34=5" + SOH, SOH + b"34=3" + SOH))
        if m:
            line = m[1] + (m[2] or b"") + message(suite, m[1], m[3])
        lines.append(line)
    return b"\n".join(lines)


def derive(shared: Path, out: Path, suite: str) -> Path:
    """Write a suite's cases into a folder of out. @return the folder"""
    folder = out / suite
    folder.mkdir()
    for path in sorted((shared / "data" / "acceptance" / DERIVED[suite][0]).glob("*.def")):
        if path.name.split("_")[0].removesuffix(".def") not in LEFT_OUT.get(suite, []):
            (folder / path.name).write_bytes(case(suite, path.stem, path.read_bytes()))
    return folder


def validate(out: Path) -> Path:
    folder = out / "validate"
    folder.mkdir()
    text = EMPTY.format(id="TW", answer=REFUSED)
    text += EMPTY.format(id="NO_CHECK_FIELDS_HAVE_VALUES", answer=SENT_BACK)
    (folder / "CheckFieldsHaveValues.def").write_bytes(text.encode().replace(b"|", SOH))
    return folder
