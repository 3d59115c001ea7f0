#!/usr/bin/env python3
"""Hours over every change of the clocks of five zones, 2000 to 2037, as
Python's own reader of the zone files has them: intervals by day and by week,
over midnight, with start, end or reset in the hour that is skipped or shown
twice, and from one zone to another."""
import os
import subprocess
from datetime import datetime, timedelta, timezone

from tap import Tap

try:
    from zoneinfo import TZPATH, ZoneInfo
except ImportError:
    TZPATH, ZoneInfo = (), None

TOOL = os.path.join(os.environ.get("TOP_BUILDDIR", "."),
                    "tests/session/intervals")
NAMES = ("America/New_York", "Europe/London", "Australia/Sydney",
         "Pacific/Chatham", "Europe/Madrid")
EPOCH = datetime(1970, 1, 1)
DAY = 86400
t = Tap()


def path_of(name):
    for folder in (os.environ.get("TZDIR", "/usr/share/zoneinfo"), *TZPATH):
        if os.path.exists(os.path.join(folder, name)):
            return os.path.join(folder, name)
    return None


class Zone:
    """A zone of Python's, by seconds, each question answered once."""

    def __init__(self, name):
        self.name, self.path = name, path_of(name)
        self.info = ZoneInfo(name)
        self.moments = {}

    def offset(self, at):
        d = datetime.fromtimestamp(at, self.info).utcoffset()
        return d.days * DAY + d.seconds

    def moment(self, local):
        """When the clocks show it first, or jump over it."""
        if local not in self.moments:
            self.moments[local] = self.find(local)
        return self.moments[local]

    def find(self, local):
        wall = EPOCH + timedelta(seconds=local)
        at = int(wall.replace(tzinfo=self.info, fold=0)
                 .astimezone(timezone.utc).timestamp())
        if at + self.offset(at) == local:
            return at
        # Skipped: search the jump, the first second that shows a later time.
        low, high = at - DAY // 4, at + DAY // 4
        while high - low > 1:
            mid = (low + high) // 2
            if mid + self.offset(mid) < local:
                low = mid
            else:
                high = mid
        return high

    def changes(self, first, last):
        at, step, found = first, DAY, []
        while at < last:
            if self.offset(at) != self.offset(at + step):
                low, high = at, at + step
                while high - low > 1:
                    mid = (low + high) // 2
                    if self.offset(mid) == self.offset(low):
                        low = mid
                    else:
                        high = mid
                found.append(high)
            at += step
        return found


def weekday(day):
    return (day + 4) % 7  # 1970-01-01 was a Thursday; 0: Sunday


def daily(z, start, other, end, days, frm, until):
    """Intervals by the words of fixgated.conf(5)."""
    out = []
    first = (frm + z.offset(frm)) // DAY - 2
    last = (until + z.offset(until)) // DAY + 2
    named = [d for d in range(first, last) if days == 0 or
             days >> weekday(d) & 1]
    for d in named:
        a = z.moment(d * DAY + start)
        if other is z:
            b = z.moment((d + (end <= start)) * DAY + end)
        else:
            e = (a + other.offset(a)) // DAY
            b = next(m for m in (other.moment((e + i) * DAY + end)
                                 for i in range(-1, 9)) if m > a)
            after = [x for x in range(d + 1, d + 9)
                     if days == 0 or days >> weekday(x) & 1]
            b = min(b, z.moment(after[0] * DAY + start))
        if a < b and frm <= a < until:
            out += [a, b]
    return out


def weekly(z, start, a_day, end, b_day, frm, until):
    out = []
    for d in range((frm + z.offset(frm)) // DAY - 2,
                   (until + z.offset(until)) // DAY + 2):
        if weekday(d) != a_day:
            continue
        n = (b_day - a_day) % 7
        if n == 0 and end <= start:
            n = 7
        a, b = z.moment(d * DAY + start), z.moment((d + n) * DAY + end)
        if a < b and frm <= a < until:
            out += [a, b]
    return out


def resets(z, at, frm, until):
    first = (frm + z.offset(frm)) // DAY - 2
    last = (until + z.offset(until)) // DAY + 2
    every = (z.moment(d * DAY + at) for d in range(first, last))
    return [m for m in every if frm <= m < until]


def hours_around(z, change):
    """Times of day in, at the edges of, and around the skipped or repeated
    hour of a change, then plain ones."""
    before, after = z.offset(change - 1), z.offset(change)
    low = (change + min(before, after)) % DAY
    high = (change + max(before, after)) % DAY
    mid = (low + (high - low) % DAY // 2) % DAY
    return ((low, high), (mid, mid), (mid, (mid + 600) % DAY),
            (17 * 3600, mid), (mid, 5 * 3600), (high, low),
            (17 * 3600, 16 * 3600 + 1800), ((low - 1) % DAY, (high + 1) % DAY),
            (0, 0))


def cases(z, others, change):
    frm, until = change - 3 * DAY - 1234, change + 3 * DAY + 1234
    for start, end in hours_around(z, change):
        yield (z, start, z, end, 0, 0, 0, frm, until)
        yield (z, start, z, end, 0b0100010, 0, 0, frm, until)
        wide = (frm - 7 * DAY, until + 7 * DAY)
        yield (z, start, z, end, -1, 0, 5, *wide)
        yield (z, start, z, end, -1, 6, 6, *wide)
    start, end = hours_around(z, change)[1]
    for other in others:
        yield (z, start, other, 22 * 3600, 0, 0, 0, frm, until)
        yield (other, 17 * 3600, z, end, 0, 0, 0, frm, until)


def expected(case):
    z, start, other, end, days, a, b, frm, until = case
    found = (weekly(z, start, a, end, b, frm, until) if days < 0 else
             daily(z, start, other, end, days, frm, until))
    return found, resets(z, start, frm, until)


def line(case):
    z, start, other, end, *rest = case
    return " ".join(map(str, (z.path, start, other.path, end, *rest)))


def compare(z, others):
    first = int(datetime(2000, 1, 1, tzinfo=timezone.utc).timestamp())
    last = int(datetime(2038, 1, 1, tzinfo=timezone.utc).timestamp())
    changes = z.changes(first, last)
    every = [c for at in changes for c in cases(z, others, at)]
    run = subprocess.run([TOOL], input="\n".join(map(line, every)) + "\n",
                         capture_output=True, text=True)
    lines = run.stdout.splitlines()
    t.ok(run.returncode == 0 and len(lines) == len(every),
         f"{z.name}: every question is answered", run.stderr)
    wrong, n = [], 0
    for case, said in zip(every, lines):
        spans, _, at = said.partition("R")
        got = list(map(int, spans.split())), list(map(int, at.split()))
        want = expected(case)
        n += len(want[0]) // 2 + len(want[1])
        if got != want:
            wrong.append((line(case), got, want))
    t.ok(len(changes) == 76 and n > 30000 and not wrong,
         f"{z.name}: {len(changes)} changes of the clocks, "
         f"{n} intervals and resets are Python's", wrong[:2])


try:
    zones = [Zone(n) for n in NAMES] if ZoneInfo else []
except Exception:  # no tzdata
    zones = []
if not zones or None in [z.path for z in zones]:
    t.skip("changes of the clocks", "no tzdata, or no zoneinfo")
else:
    for i, zone in enumerate(zones):
        compare(zone, [zones[i - 1], zones[i - 2]])
t.done()
