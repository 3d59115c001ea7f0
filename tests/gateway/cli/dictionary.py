"""fixgate dictionary: what it says of a change is what the check does."""
import glob
import json
import os
import tempfile

from cli import TOP, message, run
from tap import Tap

t = Tap()
OURS = os.path.join(TOP, "dictionaries")
SHARED = os.path.join(os.environ.get(
    "FIXGATE_SHARED", os.path.join(TOP, "..", "shared")), "data",
    "dictionaries")
with open(os.path.join(OURS, "FIX44.xml")) as f:
    FIX44 = f.read()
tmp = tempfile.TemporaryDirectory()
A = os.path.join(tmp.name, "a.xml")
B = os.path.join(tmp.name, "b.xml")
with open(A, "w") as f:
    f.write(FIX44)

MEMBER = "<message name='NewOrderSingle' msgtype='D' msgcat='app'>"
HEAD = ["35=D", "49=A", "56=B", "34=2", "52=20261126-10:00:00"]
BODY = ["11=1", "55=X", "54=1", "60=20261126-10:00:00", "38=1", "40=1"]


def valid(dictionary, fields):
    status, out, err = run("decode", "-d", dictionary, "--brief",
                           stdin=message("FIX.4.4", fields))
    return status == 0


def field(name):
    """The line that defines a field."""
    line = next(x for x in FIX44.splitlines()
                if x.startswith("    <field number=") and
                f" name='{name}'" in x)
    return line


def claim(name, old, new, says, stricter, looser, was=None, now=None):
    """b is a with one text changed. was: fields that a takes and b does not;
    now: the other way round."""
    assert FIX44.count(old) >= 1, old
    with open(B, "w") as f:
        f.write(FIX44.replace(old, new, 1))
    status, out, err = run("dictionary", "diff", A, B)
    ends = {k: [x for x in v.split("; by itself ")[-1].strip().split(", ")
                if x != "none"]
            for k, v in (x.split(": ", 1) for x in out.splitlines()[-2:])}
    got = (ends["stricter, valid by a and refused by b"],
           ends["looser, refused by a and valid by b"])
    want = ([stricter] if stricter else [], [looser] if looser else [])
    t.ok(status == 1 and says in out and
         all(set(w) <= set(g) and bool(w) == bool(g)
             for w, g in zip(want, got)), name, f"{status} {got}\n{out}{err}")
    status, out, err = run("dictionary", "diff", "--json", A, B)
    data = json.loads(out)
    t.ok(status == 1 and not data["same"] and
         (stricter in data["stricter"] if stricter
          else data["stricter"] == []) and
         (looser in data["looser"] if looser else data["looser"] == []) and
         any(says.startswith(f"{c['mark']} {c['text']}")
             for c in data["changes"]), name + ", as JSON", out[-900:])
    if was:
        t.ok(valid(A, was) and not valid(B, was),
             name + ": a message that b refuses")
    if now:
        t.ok(valid(B, now) and not valid(A, now),
             name + ": a message that b takes")


def without(tag):
    return HEAD + [x for x in BODY if not x.startswith(f"{tag}=")]


claim("a member more", MEMBER, MEMBER + "<field name='ExecID' required='N'/>",
      "+ 17 ExecID, optional  [looser]", None, "D",
      now=HEAD + BODY + ["17=x"])
claim("a required member more", MEMBER,
      MEMBER + "<field name='ExecID' required='Y'/>",
      "+ 17 ExecID, required  [stricter, looser]", "D", "D",
      was=HEAD + BODY, now=HEAD + BODY + ["17=x"])
claim("a member less", MEMBER + "\n      <field name='ClOrdID' required='Y'/>",
      MEMBER, "- 11 ClOrdID, was required  [stricter, looser]", "D", "D",
      was=HEAD + BODY, now=without(11))
claim("a member that is required now",
      MEMBER + "\n      <field name='ClOrdID' required='Y'/>\n"
      "      <field name='SecondaryClOrdID' required='N'/>",
      MEMBER + "\n      <field name='ClOrdID' required='Y'/>\n"
      "      <field name='SecondaryClOrdID' required='Y'/>",
      "~ 526 SecondaryClOrdID is required now  [stricter]", "D", None,
      was=HEAD + BODY)
claim("one that is not any more",
      MEMBER + "\n      <field name='ClOrdID' required='Y'/>",
      MEMBER + "\n      <field name='ClOrdID' required='N'/>",
      "~ 11 ClOrdID is not required any more  [looser]", None, "D",
      now=without(11))
side = FIX44[FIX44.index(field("Side")):]
value = side[side.index("      <value"):].splitlines()[0]
claim("a value less", value + "\n", "", "- 54 Side: value 1 BUY  [stricter]",
      "D", None, was=HEAD + BODY)
claim("a value more", value,
      value + "<value enum='Z' description='ZERO'/>",
      "+ 54 Side: value Z ZERO  [looser]", None, "D",
      now=without(54) + ["54=Z"])
claim("a wider type", field("Price"),
      field("Price").replace("'PRICE'", "'STRING'"),
      "~ 44 Price is of type STRING, was PRICE  [looser]", None, "D",
      now=HEAD + BODY + ["44=x"])
claim("a narrower type", field("Text"),
      field("Text").replace("'STRING'", "'INT'"),
      "~ 58 Text is of type INT, was STRING  [stricter]", "D", None,
      was=HEAD + BODY + ["58=x"])
claim("another name of the same type", field("Price"),
      field("Price").replace("'PRICE'", "'AMT'"),
      "~ 44 Price is of type AMT, was PRICE\n", None, None)
# Groups: what opens an entry, and the order in it.
GROUP = FIX44[FIX44.index("<component name='Parties'>"):]
GROUP = GROUP[:GROUP.index("</component>")]
first, second, third = [x for x in GROUP.splitlines()
                        if "<field name='Party" in x][:3]
claim("another first member of a group", GROUP,
      GROUP.replace(first + "\n" + second, second + "\n" + first),
      "~ 453 NoPartyIDs > entries open with 447 PartyIDSource, did with 448 "
      "PartyID  [stricter, looser]", "D", "D",
      was=HEAD + BODY + ["453=1", "448=A", "447=D", "452=1"],
      now=HEAD + BODY + ["453=1", "447=D", "448=A", "452=1"])
claim("another order in a group", GROUP,
      GROUP.replace(second + "\n" + third, third + "\n" + second),
      "~ 453 NoPartyIDs > order: 452 PartyRole stands where 447 PartyIDSource "
      "was  [stricter, looser]", "D", "D",
      was=HEAD + BODY + ["453=1", "448=A", "447=D", "452=1"],
      now=HEAD + BODY + ["453=1", "448=A", "452=1", "447=D"])

# What is in many messages is said once.
with open(B, "w") as f:
    f.write(FIX44.replace(GROUP, GROUP.replace(
        first, first.replace("'N'", "'Y'")), 1))
status, out, err = run("dictionary", "diff", A, B)
t.ok(out.count("~ 453 NoPartyIDs > 448 PartyID is required now") == 1 and
     "D NewOrderSingle, " in out and "8 ExecutionReport" in out,
     "a component's change is told once, with its messages", out)

# Messages as a whole, and what is in all of them.
with open(B, "w") as f:
    f.write(FIX44.replace(
        "<field name='OnBehalfOfCompID' required='N'/>",
        "<field name='OnBehalfOfCompID' required='Y'/>", 1).replace(
        "  </messages>", "<message name='Ours' msgtype='UX' msgcat='app'>"
        "<field name='Text' required='N'/></message></messages>"))
status, out, err = run("dictionary", "diff", A, B)
t.ok("+ 35=UX Ours  [looser]" in out and
     "refused by b: every message, by header or trailer" in out and
     "valid by b: UX\n" in out, "a message more, and a header's member", out)
status, back, err = run("dictionary", "diff", B, A)
t.ok("- 35=UX Ours  [stricter]" in back and
     "valid by b: every message" in back and
     "refused by b: UX\n" not in back or "by itself UX" not in back,
     "and the other way round", back)

status, out, err = run("dictionary", "diff", "FIX44", A)
t.ok(status == 0 and "the same" in out, "ours by its name, and a copy of it",
     out + err)
status, out, err = run("dictionary", "diff", "FIX44", "NOSUCH")
t.ok(status == 2 and "NOSUCH" in err, "a file that is not there", err)
with open(B, "w") as f:
    f.write("<fix")
status, out, err = run("dictionary", "diff", A, B)
t.ok(status == 2 and "b.xml:1" in err, "one that is broken: its line", err)
status, out, err = run("dictionary", "diff", A)
t.ok(status == 2, "one file alone is not understood", err)

status, out, err = run("dictionary", "show", "FIX44")
t.ok(status == 0 and "D    NewOrderSingle" in out and
     "A    Logon  (session)" in out, "show lists the messages", out[:300])
status, out, err = run("dictionary", "show", "FIX44", "NewOrderSingle")
t.ok(status == 0 and "   11 ClOrdID" in out and " required" in out and
     "        448 PartyID  " in out, "show lists a message's members", out)
status, out, err = run("dictionary", "show", "FIX44", "54")
t.ok(status == 0 and "54 Side CHAR, these values only" in out and
     "  1      BUY" in out and " D " in out, "show tells of a field", out)
status, out, err = run("dictionary", "show", "FIX44", "Nothing")
t.ok(status == 1 and "no message and no field Nothing" in err,
     "show says what is not there", err)

# Every published file with itself and its neighbour: no crash, and the
# verdicts mirror each other.
files = sorted(glob.glob(os.path.join(OURS, "FIX*.xml")))
found = sorted(glob.glob(os.path.join(SHARED, "*", "*.xml")))
if not found:
    t.skip("published dictionaries", f"{SHARED} is not there")
for x, y in zip(files + found, (files + found)[1:]):
    name = "/".join(y.split("/")[-2:])
    status, out, err = run("dictionary", "diff", "--json", y, y)
    t.ok(status == 0 and json.loads(out)["changes"] == [],
         f"{name} is the same as itself", err)
    one = run("dictionary", "diff", "--json", x, y)
    two = run("dictionary", "diff", "--json", y, x)
    d, e = json.loads(one[1]), json.loads(two[1])
    t.ok(set(d["stricter"]) == set(e["looser"]) and
         set(d["looser"]) == set(e["stricter"]) and
         len(d["changes"]) > 0 and one[0] == two[0] == 1,
         f"to {name} and back", one[2] + two[2])
t.done()
