#!/usr/bin/env python3
"""Dictionaries that others publish load: QuickFIX's, FIX Orchestra's,
jspurefix's; and ours, with the time it takes (told, not asserted).

JSPUREFIX_DIR names a folder in which npm has installed jspurefix.
"""
import os
import subprocess
from pathlib import Path

from tap import Tap

TOP = Path(os.environ["TOP_SRCDIR"])
TOOL = Path(os.environ["TOP_BUILDDIR"]) / "tests/dictionaries/dict_tool"
SHARED = Path(os.environ.get("FIXGATE_SHARED", TOP / ".." / "shared"))
PUBLISHED = SHARED / "data" / "dictionaries"
t = Tap()


def load(files, name, note=False):
    """All of them load, with fields and messages in them."""
    run = subprocess.run([str(TOOL)] + [str(f) for f in files],
                         capture_output=True, text=True, timeout=300)
    lines = run.stdout.splitlines()
    t.ok(files and run.returncode == 0 and len(lines) == len(files) and
         all(" ok " in line and "=0 " not in line for line in lines),
         name, run.stdout + run.stderr)
    for line in lines if note else []:
        path, _, rest = line.partition(" ")
        t.note(f"{Path(path).name} {rest}")


load(sorted((TOP / "dictionaries").glob("*.xml")), "ours load", note=True)
for folder, who in (("quickfix", "QuickFIX's"), ("orchestra", "Orchestra's")):
    files = sorted((PUBLISHED / folder).glob("*.xml"))
    if files:
        load(files, f"{who} load")
    else:
        t.skip(f"{who} load", f"{PUBLISHED / folder} is not there")
there = os.environ.get("JSPUREFIX_DIR")
if there:
    load([f for f in sorted(Path(there).rglob("FIX*.xml"))
          if f.parent.name == "data"], "jspurefix's load")
else:
    t.skip("jspurefix's load", "JSPUREFIX_DIR is not set")
t.done()
