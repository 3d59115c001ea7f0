#!/usr/bin/env python3
"""fixgate decode: whatever people have, made readable."""
import json
import os
import subprocess
import tempfile

from cli import FIXGATE, message, order, run
from tap import Tap

t = Tap()


def squeeze(text):
    return [" ".join(line.split()) for line in text.splitlines()]


# Every version, as it is on the wire.
for begin, word in [("FIX.4.0", "BUY"), ("FIX.4.1", "BUY"), ("FIX.4.2", "BUY"),
                    ("FIX.4.3", "BUY"), ("FIX.4.4", "BUY"),
                    ("FIXT.1.1", "BUY")]:
    status, out, err = run("decode", stdin=order(begin))
    lines = squeeze(out)
    t.ok(status == 0 and f"54 Side 1 {word}" in lines and
         "11 ClOrdID a1" in lines and "44 Price 187.25" in lines and
         any(x.startswith("NewOrderSingle (D) #2 CLIENT > GATE") or
             x.startswith("OrderSingle (D) #2 CLIENT > GATE")
             for x in lines),
         f"an order of {begin} is named and worded", f"{status} {out}{err}")

# FIXT: which version, by 1128 and by the Logon's 1137.
status, out, err = run("decode", stdin=message("FIXT.1.1", [
    "35=A", "49=C", "56=G", "34=1", "52=20261125-10:00:00", "98=0", "108=30",
    "1137=7"]) + message("FIXT.1.1", [
        "35=8", "49=G", "56=C", "34=2", "52=20261125-10:00:01", "37=o", "17=e",
        "150=F", "39=2", "55=X", "54=1", "151=0", "14=1", "31=5", "32=1"]))
t.ok(status == 0 and "17 ExecID e" in squeeze(out) and
     "150 ExecType F TRADE" in squeeze(out),
     "DefaultApplVerID of the Logon names the version that follows", out + err)

# Golden: groups nested, entries marked, columns in line.
party = message("FIX.4.4", [
    "35=D", "49=C", "56=G", "34=7", "52=20261125-10:00:00", "11=a", "453=2",
    "448=BANK", "447=B", "452=1", "802=1", "523=desk", "803=1", "448=ME",
    "447=D", "452=3", "55=MSFT", "54=2", "60=20261125-10:00:00", "38=5",
    "40=1"])
GOLDEN = """\
NewOrderSingle (D) #7  C > G
     8 BeginString             FIX.4.4
     9 BodyLength              157
    35 MsgType                 D  NEW_ORDER_SINGLE
    49 SenderCompID            C
    56 TargetCompID            G
    34 MsgSeqNum               7
    52 SendingTime             20261125-10:00:00
    11 ClOrdID                 a
   453 NoPartyIDs              2
     - 448 PartyID             BANK
       447 PartyIDSource       B  BIC
       452 PartyRole           1  EXECUTING_FIRM
       802 NoPartySubIDs       1
         - 523 PartySubID      desk
           803 PartySubIDType  1  FIRM
     - 448 PartyID             ME
       447 PartyIDSource       D  PROPRIETARY
       452 PartyRole           3  CLIENT_ID
    55 Symbol                  MSFT
    54 Side                    2  SELL
    60 TransactTime            20261125-10:00:00
    38 OrderQty                5
    40 OrdType                 1  MARKET
    10 CheckSum                %s
""" % party[-4:-1].decode()
status, out, err = run("decode", stdin=party)
t.ok(status == 0 and out == GOLDEN, "groups are indented, entries marked",
     out + err)

status, out, err = run("decode", "--brief", stdin=party)
t.ok(status == 0 and out.splitlines()[0] == "NewOrderSingle (D) #7  C > G" and
     "11 ClOrdID=a" in out and "- 448 PartyID=ME" in out and
     "CheckSum" not in out and max(map(len, out.splitlines())) <= 80,
     "--brief lets the body flow, without header and trailer", out)

status, out, err = run("decode", "--json", stdin=party + order())
rows = [json.loads(x) for x in out.splitlines()]
group = [f for f in rows[0]["fields"] if f["tag"] == 453][0]
t.ok(status == 0 and len(rows) == 2 and rows[0]["name"] == "NewOrderSingle" and
     rows[0]["seq"] == 7 and rows[0]["faults"] == [] and
     [[f["value"] for f in e][:2] for e in group["entries"]] ==
     [["BANK", "B"], ["ME", "D"]] and
     group["entries"][0][3]["entries"][0][0]["value"] == "desk",
     "--json is an object a line with groups nested", out)

# What stands between fields, and before messages.
good = squeeze(run("decode", stdin=order())[1])
for sep in (b"|", b"^A", b"<SOH>", b"\\x01", b";"):
    log = (b"20261125-10:00:00.123 : in  " + order().replace(b"\x01", sep) +
           b"\r\nnothing here\n" + order().replace(b"\x01", sep)[:-len(sep)] +
           b"\n")
    status, out, err = run("decode", stdin=log)
    lines = squeeze(out)
    t.ok(status == 0 and lines == good + [""] + good and
         "1 lines held no message" in err,
         f"a log with {sep.decode()} between fields reads the same", out + err)
status, out, err = run("decode", stdin=message("FIX.4.4", [
    "35=D", "49=C", "56=G", "34=2", "52=20261125-10:00:00", "11=a|b",
    "55=X", "54=1", "60=20261125-10:00:00", "38=1", "40=1", "58=p|q=r|"]
    ).replace(b"\x01", b"|"))
t.ok("11 ClOrdID a|b" in squeeze(out) and "58 Text p|q=r|" in squeeze(out),
     "a '|' within a text stays", out)
status, out, err = run("decode", stdin=b"[1] " + order() + b"\n[2] " + order())
t.ok(status == 0 and squeeze(out) == good + [""] + good,
     "raw messages in log lines are found", out + err)
status, out, err = run("decode", stdin=message("FIX.4.4", [
    "35=B", "49=C", "56=G", "34=2", "52=20261125-10:00:00", "148=h", "33=1",
    "58=t", "354=9", b"355=a\x0110=000\x01", "95=3", b"96=\x01=\x01"]))
t.ok("355 EncodedText a\\x0110=000\\x01" in squeeze(out),
     "data with SOH and 10= inside is one value", out)

# One byte at a time, and a message that is still to come.
p = subprocess.Popen([FIXGATE, "decode", "--json"], stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
for b in order():
    p.stdin.write(bytes([b]))
    p.stdin.flush()
first = p.stdout.readline()
p.stdin.write(party)
out, err = p.communicate(timeout=120)
t.ok(json.loads(first)["seq"] == 2 and json.loads(out)["seq"] == 7,
     "a pipe is followed: a message is shown when it is whole", first)

# Bad ones.
bad = order().replace(b"187.25", b"187.26")
status, out, err = run("decode", stdin=order() + bad + order())
t.ok(status == 1 and out.count("NewOrderSingle") == 3 and
     f"! CheckSum(10) says {bad[-4:-1].decode()}, the bytes give "
     f"{sum(bad[:-7]) % 256:03d}" in squeeze(out),
     "a wrong CheckSum is told with both values, and it goes on", out)
long = order().replace(b"\x019=", b"\x019=1", 1)
status, out, err = run("decode", stdin=long + order() + order())
t.ok(status == 1 and "BodyLength(9) says" in out and
     out.count("NewOrderSingle") >= 2, "a wrong BodyLength is told", out)
status, out, err = run("decode", stdin=order()[:60])
t.ok(status == 1 and "ends before its end" in out and
     "34 MsgSeqNum 2" in squeeze(out), "a cut message is shown as far as it is",
     out)
for what, fields, said in [
        ("a value outside the enumeration", {"_54": "Z"}, "54 Side:"),
        ("a value of the wrong type", {"_38": "many"}, "38 OrderQty:"),
        ("a missing required field", {"_11": None}, "11 ClOrdID:"),
        ("a tag that the message does not have", {"_98": "0"},
         "98 EncryptMethod:")]:
    m = order(**{k: v for k, v in fields.items() if v is not None})
    if None in fields.values():
        m = message("FIX.4.4", ["35=D", "49=C", "56=G", "34=2",
                                "52=20261125-10:00:00", "55=A", "54=1",
                                "60=20261125-10:00:00", "38=1", "40=1"])
    status, out, err = run("decode", stdin=m)
    t.ok(status == 1 and f"! {said}" in out, f"{what} is told", out)
    status, out, err = run("decode", "--no-check", stdin=m)
    t.ok(status == 0 and "!" not in out, f"{what} is not, with --no-check",
         out)
status, out, err = run("decode", stdin=b"8=FIX.4.4\x01garbage")
t.ok(status == 1 and "not a message: 8=FIX.4.4|garbage" in out,
     "what can't be split is shown raw", out)
status, out, err = run("decode", stdin=b"\x00\xff" * 5000)
t.ok(status == 0 and out == "", "noise is nothing", out + err)

# Secrets, and terminals.
logon = ["35=A", "49=C", "56=G", "34=1", "52=20261125-10:00:00", "98=0",
         "108=30", "95=7", b"96=se\x01cret", "553=me", "554=hunter2",
         "925=hunter3"]
for what, data in [
        ("a good Logon", message("FIX.4.4", logon)),
        ("one with a wrong CheckSum",
         message("FIX.4.4", logon).replace(b"=me", b"=us")),
        ("one cut off", message("FIX.4.4", logon)[:-25]),
        ("one that can't be split",
         message("FIX.4.4", logon).replace(b"\x0135=A", b"\x01x35A")),
        ("one with tags as 0554",
         message("FIX.4.4", [x.replace("554", "0554") if isinstance(x, str)
                             else x for x in logon])),
        ("one swallowed by a message cut off before it",
         order()[:-12] + b"58=" + message("FIX.4.4", logon).replace(
             b"\x01", b"|") + b"\x01"),
        ("a log line", message("FIX.4.4", logon).replace(b"\x01", b"|"))]:
    for style in ([], ["--brief"], ["--json"]):
        status, out, err = run("decode", *style, stdin=data)
        said = out + err
        t.ok("hunter" not in said and "cret" not in said and out != "",
             f"{what} shows no secret ({' '.join(style) or 'full'})", said)
status, out, err = run("decode", stdin=order(
    _58="\x1b[2J\x07 caf\u00e9 \u202e \x9b"))
text = [x for x in out.splitlines() if " Text " in x][0]
t.ok("\\x1b[2J\\x07 caf\u00e9 \\xe2\\x80\\xae \\xc2\\x9b" in text,
     "escape sequences of a peer never reach the terminal", text)

# Dictionaries.
with tempfile.TemporaryDirectory() as tmp:
    path = os.path.join(tmp, "own.xml")
    with open(path, "w") as f:
        f.write("""<fix type='FIX' major='4' minor='4' servicepack='0'>
<header><field name='BeginString' required='Y'/>
<field name='BodyLength' required='Y'/><field name='MsgType' required='Y'/>
</header><trailer><field name='CheckSum' required='Y'/></trailer>
<messages><message name='Ours' msgtype='U1' msgcat='app'>
<field name='OurTag' required='Y'/></message></messages><components/><fields>
<field number='8' name='BeginString' type='STRING'/>
<field number='9' name='BodyLength' type='LENGTH'/>
<field number='35' name='MsgType' type='STRING'/>
<field number='10' name='CheckSum' type='STRING'/>
<field number='5001' name='OurTag' type='CHAR'>
<value enum='x' description='EXCELLENT'/></field></fields></fix>""")
    status, out, err = run("decode", "-d", path, stdin=message(
        "FIX.4.4", ["35=U1", "5001=x"]))
    t.ok(status == 0 and out.startswith("Ours (U1)") and
         "5001 OurTag x EXCELLENT" in squeeze(out),
         "-d takes a dictionary of one's own", out + err)
    status, out, err = run("decode", "-d", os.path.join(tmp, "none.xml"),
                           stdin=order())
    t.ok(status == 1 and "none.xml" in err and out == "",
         "a dictionary that is not there is named", err)
status, out, err = run("decode", stdin=order(), env={
    "FIXGATE_DICTIONARIES": "/nonexistent"})
t.ok("11 a1" in squeeze(out) and err.count("no names for FIX.4.4") == 1,
     "without a dictionary tags stand alone, told once", out + err)
status, out, err = run("decode", "/nonexistent/file")
t.ok(status == 1 and "/nonexistent/file" in err, "a missing file is named",
     err)
with tempfile.NamedTemporaryFile() as f:
    f.write(order() * 3)
    f.flush()
    status, out, err = run("decode", f.name)
    t.ok(status == 0 and out.count("NewOrderSingle (D)") == 3,
         "a file is read", out + err)
    status, out, err = run("decode", f.name, "another")
    t.ok(status == 2, "two files are a usage error", err)
t.done()
