"""QuickFIX/J's suites: QuickFIX's cases with what QuickFIX/J expects otherwise,
made at run time, and its own cases and settings in words of ours.

All its sessions are ISLD->TW. It wants reasons in Logouts, RefTagID for all but
CompIDs, ", field=N" in the texts of 4.0 and 4.1, and no group of count 0; a
Text is compared by its beginning.
"""
import re
from pathlib import Path

from derive import DERIVED, OLD, SOH, get, join, split

BEGIN = {"fix40": "FIX.4.0", "fix41": "FIX.4.1", "fix42": "FIX.4.2", "fix43": "FIX.4.3", "fix44": "FIX.4.4",
         "fix50": "FIXT.1.1", "fixLatest": "FIXT.1.1"}
TIME, COMP_ID = b"SendingTime accuracy problem", b"CompID problem"
LOGON = "iCONNECT\n>35=A|34=1|98=0|108=30|\n<35=A|34=1|98=0|108=30|\n"
CHECK = "Message failed basic validity check"

# Settings, BeginString, what is said and heard: '>' from the client, '<' to it,
# without 8, 49, 52, 56.
OWN = {
    "chunks": ("ResendRequestChunkSize=5", "FIX.4.2", LOGON + """\
>35=0|34=14|
<35=2|34=2|7=2|16=6|
>35=4|34=2|123=Y|36=6|
<35=2|34=3|7=6|16=10|
>35=0|34=6|
>35=0|34=7|
>35=0|34=8|
>35=0|34=9|
>35=0|34=10|
<35=2|34=4|7=11|16=0|
>35=4|34=11|123=Y|36=14|
>35=1|34=15|112=after|
<35=0|34=5|112=after|
"""),
    "processed": ("EnableLastMsgSeqNumProcessed=Y", "FIX.4.4", """\
iCONNECT
>35=A|34=1|369=0|98=0|108=30|
<35=A|34=1|369=1|98=0|108=30|
>35=0|34=2|369=1|
>35=1|34=3|369=1|112=x|
<35=0|34=2|369=3|112=x|
>35=5|34=4|369=2|
<35=5|34=3|369=4|
eDISCONNECT
"""),
    "next expected": ("EnableNextExpectedMsgSeqNum=Y", "FIX.4.4", """\
iCONNECT
>35=A|34=1|98=0|108=30|789=1|
<35=A|34=1|98=0|108=30|789=2|
>35=5|34=2|
<35=5|34=2|
eDISCONNECT
iCONNECT
>35=A|34=7|98=0|108=30|789=90|
<35=5|34=1|58=Tag 789 (NextExpectedMsgSeqNum) is higher than expected. Expected 1, Received 90|
eDISCONNECT
"""),
    "garbled": ("RejectGarbledMessage=Y", "FIX.4.4", LOGON + f"""\
>35=0|34=2|10=256|
<35=3|34=2|45=2|58={CHECK}|372=0|
>34=3|35=0|
<35=3|34=3|45=3|58={CHECK}|372=0|
>34=4|
<35=3|34=4|45=4|58={CHECK}|
>35=1|34=5|112=x|
<35=0|34=5|112=x|
"""),
    "checksum": ("ValidateChecksum=N", "FIX.4.4", LOGON + """\
>35=1|34=2|112=x|10=256|
<35=0|34=2|112=x|
"""),
    "nanos": ("TimeStampPrecision=NANOS", "FIX.4.4", LOGON + "".join(f"""\
>35=D|34={n}|11=a|21=1|38=5|40=1|54=1|55=X|60=20260101-10:00:00.{"1" * digits}|
<35=D|34={n}|11=a|21=1|38=5|40=1|54=1|55=X|60=20260101-10:00:00.{"1" * digits}|
""" for n, digits in ((2, 3), (3, 6), (4, 9), (5, 12))) + f"""\
>35=D|34=6|11=a|21=1|38=5|40=1|54=1|55=X|60=20260101-10:00:00.{"1" * 15}|
<35=3|34=6|45=6|58=Incorrect data format for value|371=60|372=D|373=6|
"""),
    "negative interval": ("", "FIX.4.4", """\
iCONNECT
>35=A|34=1|98=0|108=-3|
<35=5|34=1|58=HeartBtInt must not be negative|
eDISCONNECT
"""),
    "no number": ("", "FIX.4.4", LOGON + """\
>35=0|
<35=5|34=2|58=Received message without MsgSeqNum|
eDISCONNECT
"""),
    "order in a group": ("", "FIX.4.4", LOGON + """\
>35=D|34=2|11=a|21=1|38=5|40=1|54=1|55=X|60=<TIME>|78=1|79=acc|80=5|661=1|
<35=3|34=2|45=2|58=Out of order repeating group members|371=661|372=D|373=15|
>35=C|34=3|164=t|94=0|147=s|146=1|864=1|865=1|33=1|58=t|
<35=3|34=3|45=3|58=The group 146 must set the delimiter field 55|371=864|372=C|373=15|
"""),
    "minimum quantity": ("", "FIX.4.4", LOGON + """\
>35=D|34=2|11=a|21=1|38=5|40=1|54=1|55=X|60=<TIME>|110=2|
<35=D|34=2|11=a|21=1|38=5|40=1|54=1|55=X|60=<TIME>|110=2|
"""),
    "resends and fills": ("", "FIX.4.4", LOGON + """\
>35=0|34=7|
<35=2|34=2|7=2|16=0|
>35=1|34=2|43=Y|122=<TIME-10>|112=a|
<35=0|34=3|112=a|
>35=4|34=3|123=Y|36=5|
>35=1|34=5|43=Y|122=<TIME-10>|112=b|
<35=0|34=4|112=b|
>35=4|34=6|123=Y|36=7|
>35=1|34=8|112=c|
<35=0|34=5|112=c|
"""),
    "unknown version": ("", "FIXT.1.1", """\
iCONNECT
>35=A|34=1|98=0|108=30|1137=33|
<35=5|34=1|58=Invalid DefaultApplVerID=33|
eDISCONNECT
"""),
    "other version": ("", "FIXT.1.1", """\
iCONNECT
>35=A|34=1|98=0|108=30|1137=9|
<35=A|34=1|98=0|108=30|1137=9|
>35=D|34=2|11=a|40=1|54=1|55=X|60=<TIME>|
<35=D|34=2|11=a|40=1|54=1|55=X|60=<TIME>|
"""),
}


def settings(dictionaries: Path, more: str) -> str:
    out = ("[DEFAULT]\nSocketAcceptPort=0\nSenderCompID=ISLD\nTargetCompID=TW\nResetOnDisconnect=Y\n"
           f"ValidateUserDefinedFields=Y\nProfile=quickfixj\n{more}\n")
    for suite, begin in BEGIN.items():
        if suite == "fix50":
            out += (f"[SESSION]\nBeginString={begin}\nDefaultApplVerID=7\n"
                    f"TransportDataDictionary={dictionaries}/FIXT11.xml\n"
                    f"AppDataDictionary={dictionaries}/FIX50.xml\n"
                    f"AppDataDictionary.FIX.5.0SP2={dictionaries}/FIX50SP2.xml\n")
        elif suite != "fixLatest":
            out += f"[SESSION]\nBeginString={begin}\nDataDictionary={dictionaries}/{suite.upper()}.xml\n"
    return out


def own_case(begin: str, text: str) -> bytes:
    """A case of OWN with its headers, and a Logout at the end if it has none."""
    lines = []
    if not text.endswith("eDISCONNECT\n"):
        numbers = [int(n) for n in re.findall(r"^>.*\b34=(\d+)\|", text, re.M)]
        heard = [int(n) for n in re.findall(r"^<.*\b34=(\d+)\|", text, re.M)]
        text += f">35=5|34={max(numbers) + 1}|\n<35=5|34={heard[-1] + 1}|\neDISCONNECT\n"
    for line in text.splitlines():
        if line[0] == ">":
            m = re.match(r"(35=[^|]*\||34=[^|]*\|)", line[1:])
            line = f"I8={begin}|{m[1]}49=TW|52=<TIME>|56=ISLD|{line[1 + m.end():]}"
        elif line[0] == "<":
            line = f"E8={begin}|49=ISLD|52=<TIME>|56=TW|{line[1:]}10=0|"
        lines.append(line)
    return "\n".join(lines).encode().replace(b"|", SOH)


def expected(suite, name, fields, logout_says):
    """A message as QuickFIX/J expects it, and what the next Logout says."""
    text, mtype = get(fields, b"58"), get(fields, b"35")
    if mtype == b"5" and logout_says:
        return [*fields, (b"58", logout_says)], None
    if mtype == b"d":
        return [f for f in fields if f != (b"454", b"0")], None
    if mtype == b"j":
        return [f for f in fields if f[0] != b"1137"], None
    if mtype != b"3":
        return fields, None
    tag, says = None, None
    if text == TIME:
        tag = b"122" if name.startswith("2f") else b"52"
        says = TIME + b", field=" + tag
    elif text == b"Invalid MsgType":
        tag = b"35"
    elif text == COMP_ID:
        says = COMP_ID
    elif name.startswith("11c"):
        tag = b"36"
    if suite in OLD:
        fields = [(t, re.sub(rb" \((-?\d+)\)$", rb", field=\1", v) if t == b"58" else v) for t, v in fields]
    elif tag:
        fields = [*fields, (b"371", tag)]
    return fields, says


def case(suite, client, name, content):
    lines, says = [], None
    for line in content.split(b"\n"):
        m = re.match(rb"([IE])(\d+,)?(.*=.*)$", line.rstrip(b"\r"))
        if m:
            fields = [(t, b"TW" if v == client and t in (b"49", b"56") else v) for t, v in split(m[3])]
            if suite == "fixLatest":
                fields = [(t, b"10" if t == b"1137" else v) for t, v in fields]
            if m[1] == b"E":
                fields, says = expected(suite, name, fields, says)
            line = m[1] + (m[2] or b"") + join(fields)
        lines.append(line)
        if m and name.startswith("1d_InvalidLogonBadSendingTime"):
            lines.append(own_case(BEGIN[suite], "<35=5|34=1|58=Invalid Logon message: SendingTime accuracy problem, "
                                  "field=52|\neDISCONNECT\n").split(b"\n")[0])
    return b"\n".join(lines)


def suites(sources: dict, out: Path) -> list:
    """Write QuickFIX/J's folders. @param sources folders of QuickFIX's suites
    @return the folders; fixLatest, of the same session as fix50, is the last"""
    folders = []
    for suite in BEGIN:
        source = "fix50" if suite == "fixLatest" else suite
        folder = out / suite
        folder.mkdir(parents=True)
        client = DERIVED[source][2] if source in DERIVED else b"TW" + source[3:].upper().encode()
        for path in sorted(sources[source].glob("*.def")):
            # What it answers to these is not known; 4a and 6 take long.
            unknown = "NoDefaultApplVerID" in path.name or (suite == "fix42" and path.name.startswith("21_"))
            if not unknown and not path.name.startswith(("6_", "4a_")):
                (folder / path.name).write_bytes(case(suite, client, path.stem, path.read_bytes()))
        folders.append(folder)
    return folders


def own(out: Path) -> dict:
    """Write the cases of OWN. @return folders by their settings"""
    folders = {}
    for name, (more, begin, text) in OWN.items():
        folder = out / ("own " + (more or "plain"))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / (name.replace(" ", "_") + ".def")).write_bytes(own_case(begin, text))
        folders[more] = folder
    return folders
