#!/usr/bin/env python3
"""Every profile that comes with fixgate has a script: cases of
cases/profiles that pass with it and, where it deviates from the text by more
than a signature (gateway/signer.py has those), fail without."""
import os
import re
import subprocess
from pathlib import Path

from tap import Tap

SRC = Path(os.environ.get("TOP_SRCDIR", "."))
BUILD = Path(os.environ.get("TOP_BUILDDIR", "build"))
CASES = SRC / "tests" / "conformance" / "cases" / "profiles"
BY_THE_TEXT = {"standard", "coinbase-prime", "kraken"}
t = Tap()


def profiles():
    out = subprocess.run([BUILD / "gateway" / "fixgate", "profiles"], capture_output=True, text=True, check=True)
    return [line.split()[0] for line in out.stdout.splitlines()]


def play(**more):
    """@return id of a case: [has each of its roles and ways passed?], output"""
    env = {**os.environ, "CASES_DIR": str(CASES), **more}
    out = subprocess.run([BUILD / "tests" / "conformance" / "test_cases"], capture_output=True, text=True,
                         env=env, check=False).stdout
    results = {}
    for good, name in re.findall(r"^(not ok|ok) \d+ - (\S+) .*, (?:acceptor|initiator), ", out, re.M):
        results.setdefault(name, []).append(good == "ok")
    return results, out


def needed():
    """@return profile: ids of the cases that need it"""
    by = {}
    for path in sorted(CASES.glob("*.case")):
        text = path.read_text()
        by.setdefault(re.search(r"Profile=(\S+)", text)[1], []).append(re.search(r"^case (\S+)", text, re.M)[1])
    return by


cases = needed()
with_it, said = play()
without, _ = play(WITHOUT_PROFILE="1")
names = profiles()
t.ok(len(names) > 5 and set(cases) <= set(names), "cases are of profiles that there are",
     f"{set(cases) - set(names)}")
for profile in names:
    mine = cases.get(profile, [])
    t.ok(mine and all(with_it.get(c) and all(with_it[c]) for c in mine), f"{profile}: its cases pass", said)
    if profile not in BY_THE_TEXT:
        t.ok(mine and all(without.get(c) and not any(without[c]) for c in mine),
             f"{profile}: without it they fail", {c: without.get(c) for c in mine})
t.done()
