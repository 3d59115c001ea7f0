#!/usr/bin/env python3
"""fixgate schedule: a year of hours over every DST change, as Python's own
reader of the same zone files reckons them; and what is said of bad hours."""
import json
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


def calendar(text):
    with open(os.path.join(folder.name, "our.cal"), "w") as f:
        f.write(text)


WEEK = ("StartTime=17:00:00\nStartDay=sun\nEndTime=17:00:00\nEndDay=fri\n"
        "TimeZone=America/New_York\nCalendar=our.cal\n")
calendar("# ours\n2026-03-10 closed A Feast\n"
         "2026-03-13 open 08:00-13:00 Half of Friday\n")
status, out, err = show(WEEK + "LogonTime=17:05:00\nResetSeqTime=16:00:00", 1,
                        "20260308-00:00:00")
lines = [l.split() for l in out.splitlines()]
kinds = [l[0] for l in lines]
t.ok(status == 0 and kinds[2:] == [
    "clocks", "interval", "logons", "logons", "logons"] + ["reset"] * 4 +
    ["holiday", "half"], "a week shows all that happens in it", out)
t.ok("forward by 1:00" in out and "UTC 20260308-07:00:00" in out,
     "a change of the clocks is shown", out)
t.ok("Sun 2026-03-08 17:05:00 -04:00  to  Tue 2026-03-10 00:00:00 -04:00" in
     out and "to  Fri 2026-03-13 13:00:00 -04:00" in out,
     "windows end with holidays and half days", out)
t.ok("A Feast" in out and "Half of Friday" in out and
     "our.cal until 2026-03-13" in out, "dates have their names", out)
status, out, err = run(
    "schedule", "-c", settings(WEEK + "ResetSeqTime=16:00:00"), "PEER",
    "--json", "-n", "2", "--at", "20260308-00:00:00")
j = json.loads(out)[0]
v = j["intervals"][0]
t.ok(len(j["intervals"]) == 2 and v["start"] == "2026-03-08T21:00:00Z" and
     v["end_local"] == "2026-03-13T13:00:00-04:00" and
     [d["closed"] for d in v["dates"]] == [True, False] and
     v["clocks"][0]["set_by_seconds"] == 3600 and len(v["resets"]) == 4 and
     v["resets"][0]["started_by"] == "peer" and len(v["logons"]) == 3 and
     len(j["intervals"][1]["logons"]) == 1, "the same as JSON", out)
t.ok(all(datetime.fromisoformat(x["start_local"]) ==
         datetime.fromisoformat(x["start"].replace("Z", "+00:00"))
         for x in j["intervals"] + v["logons"]),
     "local times and UTC are one moment")
status, out, err = show("LogonTime=08:00:00\nLogoutTime=17:00:00", 2,
                        "20260302-12:00:00")
t.ok("always open" in out and out.count("logons") == 2,
     "windows of a session that is always open", out)
status, out, err = show(WEEK.replace("our.cal", os.path.join(
    os.path.abspath(os.environ.get("TOP_SRCDIR", ".")),
    "gateway/example.cal")), 1, "20301223-00:00:00")
t.ok(status == 0 and "holiday  Wed 2030-12-25" in out and
     "half day Tue 2030-12-24 open 09:30-13:00  Christmas Eve" in out,
     "the example is a calendar", out + err)
HOURS = "StartTime=08:00:00\nEndTime=17:00:00\n"
for text, line, said in (
        ("2026-03-10 closed\n2026-3-11 closed\n", 2, "expected a date"),
        ("\n2026-03-10 shut\n", 2, "'closed', or 'open'"),
        ("2026-03-10 open 13:00-08:00\n", 1, "hours as"),
        ("2026-03-10 closed\n2026-03-10 closed\n", 2, "line 1 already")):
    calendar(text)
    status, out, err = show(HOURS + "Calendar=our.cal", 1, "20260302-00:00:00")
    t.ok(status == 2 and said in err and re.search(
        r"conf:8: .*our\.cal:%d: " % line, err),
        f"{text!r} is refused with both lines", err)
calendar("2026-03-10 closed\n")
for hours, said in (
        (HOURS + "Calendar=none.cal", "none.cal can't be read"),
        (HOURS + "LogonTime=07:59:59", "between StartTime and EndTime"),
        (HOURS + "LogoutTime=17:00:01", "between StartTime and EndTime"),
        (HOURS + "LogonDay=mon", "for a weekly session"),
        ("LogonTime=08:00:00", "both LogonTime and LogoutTime"),
        ("EnableResetSeqTime=Y", "needs ResetSeqTime"),
        ("ResetSeqTime=12:00:00\nRefuseResetSeqNum=Y", "refuses it")):
    status, out, err = show(hours, 1, "20260302-00:00:00")
    t.ok(status == 2 and said in err and re.search(r"conf:\d+: ", err),
         f"{hours.split()[-1]} is refused with its line", err)
for hours, shown in (
        (HOURS + "LogonTime=08:00:00\nLogoutTime=17:00:00", "interval"),
        (WEEK + "LogonDay=mon\nLogoutDay=fri\nLogoutTime=16:00:00", "Mon"),
        ("StartTime=18:00:00\nEndTime=17:00:00\nLogonTime=02:00:00",
         "logons"),
        ("ResetSeqTime=12:00:00\nEnableResetSeqTime=N", "always open\n"),
        ("ResetSeqTime=12:00:00\nResetSeqStarter=us", "started by us")):
    status, out, err = show(hours, 1, "20260302-00:00:00")
    t.ok(status == 0 and shown in out, f"{hours.split()[-1]} is taken",
         out + err)
status, out, err = run("schedule", "-c", settings(""), "-s", "NOBODY")
t.ok(status == 1 and "NOBODY" in err, "an unknown session is named", err)
with open(settings("ResetSeqTime=12:00:00")) as f:
    text = f.read().replace("FIX.4.4", "FIX.4.0")
with open(os.path.join(folder.name, "conf"), "w") as f:
    f.write(text)
status, out, err = run("schedule", "-c", os.path.join(folder.name, "conf"))
t.ok(status == 2 and "ResetSeqNumFlag" in err,
     "FIX.4.0 has nothing to reset by", err)
t.done()
