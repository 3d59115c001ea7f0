"""Which case or test shows each row of the order state tables.

The ids are read from the reference itself; each must have a case that ran and
passed (its id stands behind the first dash: order-B2, told-B2c, told-42D17), or
a test of the order desk or the trader whose name begins with it and that
passed just now. A row with a branch ("|") needs two of them."""
import os
import re
import subprocess

from gateway import TOP

# Rows that no test of that name can show, and why.
NOT_HERE = {
    "42D18": "an order given by telephone has no session: as E1",
    "42D23": "as F3", "F3": "not used, says the table",
    "G4": "answers are at once: none is outstanding",
    "S3": "a request counts in InboundLimit like any other (test_flow)",
    "N15": "orders are not split over venues: routes choose one",
}
PROGRAMS = ["test_scenarios", "test_days", "test_appendix", "test_mass",
            "test_rows", "../venue/test_fix"]


def reference():
    shared = os.environ.get("FIXGATE_SHARED",
                            os.path.join(TOP, "..", "shared"))
    path = os.path.join(shared, "reference", "order-state.md")
    return open(path).read() if os.path.exists(path) else None


def rows(text):
    """{id: does it branch?} of sections 5, 6, 8, 9 and 13. Ids of 4.2's own
    begin with 42, rules of chaining with "chain "."""
    out = {}
    for m in re.finditer(r"^\| ([A-N]\d+b?)( \[[^|]*\])? \|(.*)$",
                         text[:text.index("## 13.")], re.M):
        out[m.group(1)] = r"\|" in m.group(3)
    part = text[text.index("## 13."):text.index("## 14.")]
    for m in re.finditer(r"^\| (D\d+) \|[^|]*\|(.*)$", part, re.M):
        out["42" + m.group(1)] = r"\|" in m.group(2)
    for m in re.finditer(r"\b(S[1-5]) ", text[text.index("## 9."):
                                              text.index("## 10.")]):
        out[m.group(1)] = False
    part = text[text.index("## 5."):text.index("| Report | 11 | 41 |")]
    for m in re.finditer(r"\bC(\d+)\. ", part):
        out["chain C" + m.group(1)] = False
    return out


def tests(folder):
    """Names of the tests of the desk that pass."""
    out = []
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="stdout")
    for name in PROGRAMS:
        p = subprocess.run([os.path.join(folder, name)], text=True, env=env,
                           capture_output=True, timeout=300)
        out += re.findall(r"^\[       OK \] (.*)$", p.stdout + p.stderr, re.M)
    return out


def shown(row, cases, desk):
    """What shows a row."""
    if row.startswith("chain "):
        name = "chain_" + row[6:].lower() + "_"
        return {x for x in desk if x.startswith(name)}
    out = {c for c in cases
           if re.fullmatch(r"(order|told)-%s[a-z]*" % row, c) and
           not (row == "B3" and c == "order-B3b")}
    low = row.lower()
    for x in desk:
        if x.startswith((low + "_", row + " ", row + "|")) or \
                (row[:2] == "42" and (x.startswith("4.2 " + row[2:] + " ") or
                 x.startswith("4.2 " + row[2:] + "|") or
                 f"4.2-{row[2:]} " in x)):
            out.add(re.sub(r" \(FIX.*", "", x))
    return out


def check(t, ran, folder):
    text = reference()
    if text is None:
        t.skip("every row of the order state tables has a case",
               "there is no ../shared/reference/order-state.md")
        return
    desk = tests(folder)
    want = rows(text)
    lacking = []
    for version in ran:
        for row, branch in want.items():
            if row in NOT_HERE or (row[:2] == "42" and version != "4.2"):
                continue
            n = len(shown(row, ran[version], desk))
            if n < (2 if branch else 1):
                lacking.append(f"{version} {row}: {n}")
    t.ok(len(want) > 110 and not lacking,
         f"each of {len(want)} rows of the order state tables has a case",
         "\n".join(lacking))
