#!/usr/bin/env python3
"""fixgate schedule: a year of hours over every DST change, as Python's own
reader of the same zone files reckons them; and what is said of bad hours."""
import os
import re
import tempfile
from datetime import date, datetime, timedelta, timezone

from cli import run
from tap import Tap

try:
    from zoneinfo import ZoneInfo
    ZONES = [(n, ZoneInfo(n)) for n in (
        "America/New_York", "Europe/London", "Australia/Sydney",
        "Pacific/Chatham")]
except Exception:  # no tzdata
    ZONES = []

t = Tap()
UTC = timezone.utc
folder = tempfile.TemporaryDirectory()


def settings(hours):
    path = os.path.join(folder.name, "conf")
    with open(path, "w") as f:
        f.write("[SESSION]\nBeginString=FIX.4.4\nSenderCompID=GATE\n"
                f"TargetCompID=PEER\nSocketAcceptPort=0\n{hours}\n")
    return path


def show(hours, count, at):
    return run("schedule", "-c", settings(hours), "--count", str(count),
               "--at", at)


def moment(day, h, m, zone):
    """When the clocks show it first, or jump over it."""
    local = datetime(day.year, day.month, day.day, h, m)
    at = local.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == local:
        return at
    # Skipped: the first minute from which the clocks are past it.
    at -= timedelta(hours=3)
    while at.astimezone(zone).replace(tzinfo=None) < local:
        at += timedelta(minutes=1)
    return at


if not ZONES:
    t.skip("hours over DST changes", "no tzdata, or no zoneinfo")
for name, zone in ZONES:
    for start, end in (((17, 0), (16, 30)), ((1, 30), (3, 30)),
                       ((2, 30), (2, 30))):
        status, out, err = show(
            "StartTime=%02d:%02d:00\nEndTime=%02d:%02d:00\nTimeZone=%s" %
            (*start, *end, name), 400, "20260102-00:00:00")
        got = re.findall(r"UTC (\S+) to (\S+)", out)
        want, day = [], date(2025, 12, 30)
        while len(want) < 400:
            a = moment(day, *start, zone)
            b = moment(day + timedelta(days=end <= start), *end, zone)
            if a < b and b > datetime(2026, 1, 2, tzinfo=UTC):
                want.append((a.strftime("%Y%m%d-%H:%M:%S"),
                             b.strftime("%Y%m%d-%H:%M:%S")))
            day += timedelta(days=1)
        wrong = [x for x in zip(got, want) if x[0] != x[1]]
        t.ok(status == 0 and len(got) == 400 and not wrong,
             f"{name} {start} to {end}: 400 days are as Python's", wrong[:3])

status, out, err = show("NonStopSession=Y\nStartTime=08:00:00\n"
                        "EndTime=09:00:00", 3, "20260302-00:00:00")
t.ok(status == 0 and "always open" in out, "NonStopSession is always open")
status, out, err = show("StartTime=08:00:00\nEndTime=09:00:00\n"
                        "Weekdays=mon,Friday", 2, "20260302-08:30:00")
t.ok("Mon 2026-03-02 08:00:00 +00:00" in out and "now" in out and
     "Fri 2026-03-06" in out, "the interval that has begun is marked", out)
for hours, said in (
        ("StartTime=08:00:00\nTimeZone=Mars/Phobos", "no time zone"),
        ("StartTime=08:00:00\nTimeZone=../../../etc/passwd", "no name"),
        ("StartTime=08:00:00\nTimeZone=/etc/passwd", "no name"),
        ("StartTime=08:00:00\nStartDay=mon", "no EndDay"),
        ("StartDay=mon\nEndDay=fri", "need StartTime"),
        ("StartTime=08:00:00\nWeekdays=mon;tue", "expected days"),
        ("StartTime=08:00:00\nStartDay=mon\nEndDay=fri\nWeekdays=mon",
         "either Weekdays")):
    status, out, err = show(hours, 1, "20260302-00:00:00")
    t.ok(status == 2 and said in err and re.search(r"conf:\d+: ", err),
         f"{hours.split()[-1]} is refused with its line", err)
status, out, err = run("schedule", "-c", settings(""), "-s", "NOBODY")
t.ok(status == 1 and "NOBODY" in err, "an unknown session is named", err)
t.done()
